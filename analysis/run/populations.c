/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "populations.h"

#include "figures.h"
#include "rwe/base/language.h"

#include <string.h>

struct list {
    struct population *item;
    size_t n;
};

static void add_range(struct list *list, const struct rwe_run *run, size_t begin, size_t end)
{
    for (size_t d = begin; d < end; d++)
        list->item[list->n++] = (struct population){.name = run->design[d].name,
                                                    .label = rwe_design_title(run, &run->design[d]),
                                                    .design = &run->design[d],
                                                    .run = run};
}

enum rwe_status populations_of(const struct rwe_run *run, struct populations *populations,
                               struct rwe_error *error)
{
    size_t most = (run->n_subruns + 1) * RWE_MOST_DESIGNS, n_disjoint = rwe_run_n_disjoint(run);
    struct list list = {RWE_NEW(run->arena, struct population, most), 0};
    if (list.item == NULL)
        return rwe_fail_memory(error);
    add_range(&list, run, 0, n_disjoint);
    for (size_t i = 0; i < run->n_subruns; i++)
        add_range(&list, run->subrun[i], 0, run->subrun[i]->n_populations);
    add_range(&list, run, run->n_designs, run->n_populations);
    add_range(&list, run, n_disjoint, run->n_designs);
    *populations = (struct populations){list.item, list.n, run->cohort->exposure_start != NULL};
    return rwe_arena_failed(run->arena) ? rwe_fail_memory(error) : RWE_OK;
}

struct rwe_caution population_caution(const struct population *population, size_t e)
{
    return rwe_run_caution(population->run, population->design,
                           &population->run->cohort->endpoint[e]);
}

const char *population_mark(const struct population *population, const char *label,
                            const struct rwe_caution *caution)
{
    if (caution->grade < RWE_CAUTION_CARE)
        return label;
    const char *marked = rwe_arena_format(population->run->arena,
                                          rwe_text(caution->grade == RWE_CAUTION_CARE
                                                       ? N_("%s (caution)")
                                                       : N_("%s (not the effect of a strategy)")),
                                          label);
    return marked == NULL ? label : marked;
}

const char *population_heading(const struct population *population,
                               const struct rwe_caution *caution)
{
    const char *heading = population->design->words.heading;
    return population->design->naive ? heading : population_mark(population, heading, caution);
}

void populations_note_cautions(const struct populations *populations, size_t e,
                               struct rwe_grid *grid)
{
    const char *last = NULL;
    for (size_t p = 0; p < populations->n; p++) {
        const char *reason = population_caution(&populations->item[p], e).reason;
        if (reason == NULL || (last != NULL && strcmp(reason, last) == 0))
            continue;
        rwe_grid_note(grid, "%s", reason);
        last = reason;
    }
}

int population_rank(const struct rwe_design *design)
{
    bool at_landmark = design->clock.start == RWE_CLOCK_LANDMARK;
    if (design->contrast == RWE_CONTRAST_ARMS)
        return (at_landmark ? 3 : 0) + design->arms_alike;
    return design->contrast == RWE_CONTRAST_STATES ? 2 : BEST_RANK;
}
