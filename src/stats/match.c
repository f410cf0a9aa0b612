/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/stats/match.h"

#include "match_private.h"
#include "rwe/base/sort.h"
#include "rwe/stats/balance.h"

#include <float.h>

struct rwe_match_options rwe_match_options_default(void)
{
    return (struct rwe_match_options){.order = RWE_MATCH_CLOSEST, .caliper = INFINITY};
}

double rwe_match_pooled_sd(const double score[], const uint8_t treated[], size_t n)
{
    return rwe_balance_denominator(
        &(struct rwe_balance_data){.n = n, .value = score, .treated = treated});
}

/* Two patients of 60 and 63 years are as far apart as two of 62 and 65, but sums in binary make one
 * of the distances longer in the 16th digit. Which, would depend on the machine's exp and log. So
 * scores and distances count as tied within 2^-30 (about 1e-9) of the largest score: far above
 * rounding, far below anything that matters, and a power of two, so that scaling is exact. */
double match_grid_of(const double score[], size_t n)
{
    double largest = 0;
    int exponent;
    for (size_t i = 0; i < n; i++)
        largest = fmax(largest, fabs(score[i]));
    frexp(largest, &exponent); /* 2^(exponent − 1) <= largest < 2^exponent */
    return fmax(ldexp(1, exponent - 1 - 30), DBL_MIN);
}

static void queues_add(struct match_queues *queues, double level, uint32_t unit)
{
    uint32_t n_units = queues->n == 0 ? 0 : queues->queue[queues->n - 1].end;
    if (queues->n == 0 || queues->queue[queues->n - 1].level != level)
        queues->queue[queues->n++] = (struct match_queue){level, n_units, n_units};
    queues->queue[queues->n - 1].end++;
    queues->unit[n_units] = unit;
}

enum rwe_status match_level_scores(const double score[], size_t n, double grid, double level[],
                                   struct rwe_arena *scratch)
{
    uint32_t *order = RWE_NEW(scratch, uint32_t, n);
    if (order == NULL || rwe_sort_numbers(score, n, scratch, order) != RWE_OK)
        return RWE_NO_MEMORY;
    double present = -INFINITY;
    for (size_t i = 0; i < n; i++) {
        double scaled = score[order[i]] / grid;
        present = scaled - present > 1 ? scaled : present;
        level[order[i]] = present;
    }
    return RWE_OK;
}

static enum rwe_status queue_units(struct match_task *task, struct rwe_arena *scratch)
{
    uint32_t *order = RWE_NEW(scratch, uint32_t, task->n);
    struct match_queues *arms[] = {&task->control_queues, &task->treated_queues};
    for (int a = 0; a < 2; a++) {
        arms[a]->queue = RWE_NEW(scratch, struct match_queue, task->n);
        arms[a]->unit = RWE_NEW(scratch, uint32_t, task->n);
    }
    if (rwe_arena_failed(scratch) ||
        rwe_sort_numbers(task->level, task->n, scratch, order) != RWE_OK)
        return RWE_NO_MEMORY;
    for (size_t i = 0; i < task->n; i++) /* a stable order: the earliest unit comes first */
        queues_add(arms[task->treated[order[i]] != 0], task->level[order[i]], order[i]);
    return RWE_OK;
}

static enum rwe_status match_units(struct match_task *task, const struct rwe_match_options *options,
                                   struct rwe_arena *scratch)
{
    if (queue_units(task, scratch) != RWE_OK)
        return RWE_NO_MEMORY;
    return options->order == RWE_MATCH_CLOSEST ? match_closest(task, scratch)
                                               : match_in_order(task, options, scratch);
}

struct match_sets match_sets_new(size_t n, struct rwe_arena *arena)
{
    return (struct match_sets){.set = RWE_NEW(arena, uint32_t, n),
                               .row_unit = RWE_NEW(arena, uint32_t, n),
                               .row_set = RWE_NEW(arena, uint32_t, n)};
}

static void add_row(struct rwe_match *result, const struct match_sets *sets, uint32_t unit)
{
    sets->set[unit] = (uint32_t)result->n_sets;
    sets->row_unit[result->n_rows] = unit;
    sets->row_set[result->n_rows++] = (uint32_t)result->n_sets;
}

struct rwe_match match_number_sets(const struct match_task *task, const double score[],
                                   const struct match_sets *sets)
{
    struct rwe_match result = {
        .set = sets->set, .row_unit = sets->row_unit, .row_set = sets->row_set};
    for (size_t i = 0; i < task->n; i++)
        sets->set[i] = RWE_UNMATCHED;
    for (size_t i = 0; i < task->n; i++) {
        uint32_t partner = task->partner[i];
        if (task->treated[i] == 0 || partner == RWE_UNMATCHED)
            continue;
        add_row(&result, sets, (uint32_t)i);
        add_row(&result, sets, partner);
        result.n_sets++;
        result.distance_total += fabs(score[i] - score[partner]);
    }
    return result;
}

enum rwe_status match_check_input(const double score[], size_t n,
                                  const struct rwe_match_options *options, struct rwe_error *error)
{
    if (!(options->caliper >= 0))
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX, "the caliper %g is not 0 or more",
                        options->caliper);
    for (size_t i = 0; i < n; i++)
        if (!isfinite(score[i]))
            return rwe_fail(error, RWE_NOT_FINITE, i, "score %zu is not a finite number", i);
    return RWE_OK;
}

enum rwe_status rwe_match_nearest(const double score[], const uint8_t treated[], size_t n,
                                  const struct rwe_match_options *options, struct rwe_arena *arena,
                                  struct rwe_match *result, struct rwe_error *error)
{
    enum rwe_status status = match_check_input(score, n, options, error);
    if (status != RWE_OK)
        return status;
    struct match_sets sets = match_sets_new(n, arena);
    struct rwe_mark mark = rwe_arena_mark(arena);
    double grid = match_grid_of(score, n), *level = RWE_NEW(arena, double, n);
    uint32_t *partner = RWE_NEW(arena, uint32_t, n);
    if (rwe_arena_failed(arena) || match_level_scores(score, n, grid, level, arena) != RWE_OK)
        return rwe_fail_memory(error);
    for (size_t i = 0; i < n; i++)
        partner[i] = RWE_UNMATCHED;
    struct match_task task = {.level = level,
                              .treated = treated,
                              .n = n,
                              .caliper = rint(options->caliper / grid),
                              .partner = partner};
    if (match_units(&task, options, arena) != RWE_OK)
        return rwe_fail_memory(error);
    *result = match_number_sets(&task, score, &sets);
    rwe_arena_release(arena, mark);
    return RWE_OK;
}
