/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Treated units one after another, each takes its nearest free control; then the same order again
 * for the second control, and so on. Who finds none in one round finds none later.
 */
#include "match_private.h"

#include "rwe/base/rng.h"
#include "rwe/base/sort.h"

#include <gsl/gsl_randist.h>

static void list_treated(const struct match_task *task, uint32_t unit[])
{
    for (size_t i = 0, k = 0; i < task->n && k < task->n_treated; i++)
        if (task->treated[i] != 0)
            unit[k++] = (uint32_t)i;
}

/* Treated units in the order in which they choose. A stable sort leaves ties to the earlier unit.
 */
enum rwe_status match_order_treated(const struct match_task *task, struct rwe_arena *scratch,
                                    uint32_t chooser[])
{
    size_t n = task->n_treated;
    uint32_t *unit = RWE_NEW(scratch, uint32_t, n), *order = RWE_NEW(scratch, uint32_t, n);
    double *key = RWE_NEW(scratch, double, n);
    if (rwe_arena_failed(scratch))
        return RWE_NO_MEMORY;
    list_treated(task, unit);
    if (task->options->order == RWE_MATCH_RANDOM) {
        struct rwe_rng rng;
        list_treated(task, chooser);
        if (n > 0) /* GSL's loop takes 0 items for the greatest number of them */
            gsl_ran_shuffle(rwe_rng_start(&rng, task->options->seed, RWE_RNG_MATCH_ORDER, 0),
                            chooser, n, sizeof *chooser);
        return RWE_OK;
    }
    for (size_t i = 0; i < n; i++)
        key[i] = task->options->order == RWE_MATCH_LARGEST ? -task->level[unit[i]]
                                                           : task->level[unit[i]];
    if (rwe_sort_numbers(key, n, scratch, order) != RWE_OK)
        return RWE_NO_MEMORY;
    for (size_t i = 0; i < n; i++)
        chooser[i] = unit[order[i]];
    return RWE_OK;
}

static bool choose(struct match_task *task, uint32_t treated)
{
    struct match_seeker seeker = match_seeker_of(task, treated);
    struct match_offer low =
        match_first_offer(task, &seeker, match_find_below(task, seeker.place - 1));
    struct match_offer high =
        match_first_offer(task, &seeker, match_find_above(task, seeker.place));
    const struct match_offer *best = match_offer_is_better(&low, &high) ? &low : &high;
    if (isinf(best->distance))
        return false;
    match_take(task, treated, best->place);
    return true;
}

enum rwe_status match_in_order(struct match_task *task, struct rwe_arena *scratch)
{
    uint32_t *chooser = RWE_NEW(scratch, uint32_t, task->n_treated);
    if (chooser == NULL || match_order_treated(task, scratch, chooser) != RWE_OK)
        return RWE_NO_MEMORY;
    size_t n_left = task->n_treated;
    for (size_t round = 0; round < task->options->ratio && n_left > 0; round++) {
        size_t n_served = 0;
        for (size_t i = 0; i < n_left; i++)
            if (choose(task, chooser[i]))
                chooser[n_served++] = chooser[i];
        n_left = n_served;
    }
    return RWE_OK;
}
