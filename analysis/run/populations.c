/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "populations.h"

#include "figures.h"
#include "rwe/analysis/caution.h"

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

int population_rank(const struct population *population, const struct rwe_endpoint *endpoint)
{
    const struct rwe_design *design = population->design;
    bool at_landmark = design->clock.start == RWE_CLOCK_LANDMARK;
    bool may_be_read = rwe_run_caution(population->run, design, endpoint).grade < RWE_CAUTION_CARE;
    if (design->contrast == RWE_CONTRAST_ARMS)
        return (at_landmark ? 3 : 0) + design->arms_alike;
    if (design->contrast == RWE_CONTRAST_STATES)
        return may_be_read ? 2 : -1;
    return may_be_read ? BEST_RANK : 2;
}
