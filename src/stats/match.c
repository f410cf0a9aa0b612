/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/stats/match.h"

#include "match_private.h"
#include "rwe/base/sort.h"
#include "rwe/stats/balance.h"

struct rwe_match_options rwe_match_options_default(void)
{
    return (struct rwe_match_options){.order = RWE_MATCH_CLOSEST, .caliper = INFINITY};
}

double rwe_match_pooled_sd(const double score[], const uint8_t treated[], size_t n)
{
    return rwe_balance_denominator(
        &(struct rwe_balance_data){.n = n, .value = score, .treated = treated});
}

/* Queues of one arm. `order` is ascending and stable, so each queue has its earliest unit first. */
static struct match_queues queues_build(const struct match_task *task, const uint32_t order[],
                                        bool treated, struct rwe_arena *arena)
{
    struct match_queues queues = {.queue = RWE_NEW(arena, struct match_queue, task->n)};
    uint32_t *unit = RWE_NEW(arena, uint32_t, task->n);
    uint32_t n_units = 0;
    if (rwe_arena_failed(arena))
        return queues;
    for (size_t i = 0; i < task->n; i++) {
        if ((task->treated[order[i]] != 0) != treated)
            continue;
        double score = task->score[order[i]];
        if (queues.n == 0 || queues.queue[queues.n - 1].score != score)
            queues.queue[queues.n++] = (struct match_queue){score, n_units, n_units};
        unit[n_units++] = order[i];
        queues.queue[queues.n - 1].end = n_units;
    }
    queues.unit = unit;
    return queues;
}

static enum rwe_status match_units(struct match_task *task, const struct rwe_match_options *options,
                                   struct rwe_arena *scratch)
{
    uint32_t *order = RWE_NEW(scratch, uint32_t, task->n);
    if (order == NULL || rwe_sort_numbers(task->score, task->n, scratch, order) != RWE_OK)
        return RWE_NO_MEMORY;
    task->treated_queues = queues_build(task, order, true, scratch);
    task->control_queues = queues_build(task, order, false, scratch);
    if (rwe_arena_failed(scratch))
        return RWE_NO_MEMORY;
    return options->order == RWE_MATCH_CLOSEST ? match_closest(task, scratch)
                                               : match_in_order(task, options, scratch);
}

/* Turns partners into numbers of pairs, in place where the result is kept. */
static void number_pairs(const struct match_task *task, uint32_t pair[], struct rwe_match *result)
{
    for (size_t i = 0; i < task->n; i++)
        pair[i] = RWE_UNMATCHED;
    for (size_t i = 0; i < task->n; i++) {
        if (task->treated[i] == 0 || task->partner[i] == RWE_UNMATCHED)
            continue;
        pair[i] = pair[task->partner[i]] = (uint32_t)result->n_pairs++;
        result->distance_total += fabs(task->score[i] - task->score[task->partner[i]]);
    }
    result->pair = pair;
}

enum rwe_status rwe_match_nearest(const double score[], const uint8_t treated[], size_t n,
                                  const struct rwe_match_options *options, struct rwe_arena *arena,
                                  struct rwe_match *result, struct rwe_error *error)
{
    if (!(options->caliper >= 0))
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX, "the caliper %g is not 0 or more",
                        options->caliper);
    for (size_t i = 0; i < n; i++)
        if (!isfinite(score[i]))
            return rwe_fail(error, RWE_NOT_FINITE, i, "score %zu is not a finite number", i);
    uint32_t *pair = RWE_NEW(arena, uint32_t, n);
    struct rwe_mark mark = rwe_arena_mark(arena);
    struct match_task task = {.score = score,
                              .treated = treated,
                              .n = n,
                              .caliper = options->caliper,
                              .partner = RWE_NEW(arena, uint32_t, n)};
    if (rwe_arena_failed(arena))
        return rwe_fail_memory(error);
    for (size_t i = 0; i < n; i++)
        task.partner[i] = RWE_UNMATCHED;
    if (match_units(&task, options, arena) != RWE_OK)
        return rwe_fail_memory(error);
    *result = (struct rwe_match){0};
    number_pairs(&task, pair, result);
    rwe_arena_release(arena, mark);
    return RWE_OK;
}
