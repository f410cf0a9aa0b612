/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "populations.h"

#include "rwe/analysis/immortal.h"
#include "rwe/analysis/pipeline.h"

struct list {
    struct rwe_arena *arena;
    struct population *item;
    size_t n;
};

static void add_zero(struct list *list, const struct rwe_run *run)
{
    bool naive = rwe_immortal_is_naive(run->cohort);
    for (size_t d = 0; d < rwe_run_people_designs(run); d++)
        list->item[list->n++] = (struct population){
            .name = run->design[d].name,
            .design = &run->design[d],
            .label = run->design[d].label,
            .group = naive ? rwe_immortal_banner : "From time zero",
            .kind = d == 0 ? POPULATION_ALL : POPULATION_DESIGN,
            .run = run,
            .is_naive = naive,
            .is_given = d == 0,
        };
}

static void add_landmark(struct list *list, const struct rwe_landmark_run *landmark)
{
    const struct rwe_run *run = &landmark->run;
    for (size_t d = 0; d < run->n_designs; d++)
        list->item[list->n++] = (struct population){
            .name = run->design[d].name,
            .design = &run->design[d],
            .label = rwe_arena_format(list->arena, "Landmark %.10g%s%s", landmark->at.time,
                                      d == 0 ? "" : ", ", d == 0 ? "" : run->design[d].label),
            .group = "Landmark: the clock starts there",
            .kind = d == 0 ? POPULATION_LANDMARK : POPULATION_LANDMARK_DESIGN,
            .run = run,
            .is_given = d == 0,
        };
}

static void add_clones(struct list *list, const struct rwe_run *run)
{
    for (size_t d = rwe_run_people_designs(run); d < run->n_designs; d++)
        list->item[list->n++] = (struct population){.name = run->design[d].name,
                                                    .design = &run->design[d],
                                                    .label = run->design[d].label,
                                                    .group = "Clones: strategies from time zero",
                                                    .kind = POPULATION_CLONES,
                                                    .run = run};
}

enum rwe_status populations_of(const struct rwe_run *run, struct populations *populations,
                               struct rwe_error *error)
{
    size_t most = (run->n_landmarks + 1) * RWE_MOST_DESIGNS + 1;
    struct list list = {run->arena, RWE_NEW(run->arena, struct population, most), 0};
    if (list.item == NULL)
        return rwe_fail_memory(error);
    bool has_start = run->cohort->exposure_start != NULL;
    add_zero(&list, run);
    for (size_t i = 0; i < run->n_landmarks; i++)
        add_landmark(&list, &run->landmark[i]);
    if (has_start)
        list.item[list.n++] = (struct population){.name = "timedep",
                                                  .label = "Time-dependent",
                                                  .group = "Exposure as a state",
                                                  .run = run,
                                                  .kind = POPULATION_STATE,
                                                  .is_given = true};
    add_clones(&list, run);
    *populations = (struct populations){list.item, list.n, has_start};
    return rwe_arena_failed(run->arena) ? rwe_fail_memory(error) : RWE_OK;
}
