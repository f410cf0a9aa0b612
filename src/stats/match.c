/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "match_private.h"
#include "rwe/stats/balance.h"

struct rwe_match_options rwe_match_options_default(void)
{
    return (struct rwe_match_options){.order = RWE_MATCH_CLOSEST, .caliper = INFINITY, .ratio = 1};
}

double rwe_match_pooled_sd(const double score[], const uint8_t treated[], size_t n)
{
    return rwe_balance_denominator(
        &(struct rwe_balance_data){.n = n, .value = score, .treated = treated});
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

static struct match_task task_of(const uint8_t treated[], size_t n,
                                 const struct rwe_match_options *options)
{
    struct match_task task = {.n = n, .treated = treated, .options = options};
    for (size_t i = 0; i < n; i++)
        task.n_treated += treated[i] != 0;
    task.n_controls = n - task.n_treated;
    return task;
}

static size_t most_pairs(const struct match_task *task)
{
    size_t ratio =
        task->options->ratio < task->n_controls ? task->options->ratio : task->n_controls;
    size_t most = task->n_treated * ratio; /* units have 32 bits: no overflow */
    return task->options->replace || most < task->n_controls ? most : task->n_controls;
}

static enum rwe_status make_pairs(struct match_task *task, const double score[],
                                  struct rwe_arena *scratch)
{
    task->pair = RWE_NEW(scratch, struct match_pair, most_pairs(task));
    if (task->pair == NULL || match_queue_units(task, score, scratch) != RWE_OK)
        return RWE_NO_MEMORY;
    if (task->options->replace) {
        match_with_replacement(task);
        return RWE_OK;
    }
    return task->options->order == RWE_MATCH_CLOSEST ? match_closest(task, scratch)
                                                     : match_in_order(task, scratch);
}

/* The result's arrays. */
struct sets {
    uint32_t *set, *row_unit, *row_set;
};

static void add_row(struct rwe_match *result, const struct sets *sets, uint32_t unit)
{
    if (sets->set[unit] == RWE_UNMATCHED)
        sets->set[unit] = (uint32_t)result->n_sets;
    sets->row_unit[result->n_rows] = unit;
    sets->row_set[result->n_rows++] = (uint32_t)result->n_sets;
}

/* Each treated unit with its controls in the order in which it got them. That is the order of rows:
 * it always takes the best that is left, and what is left only shrinks. `end` is workspace, n
 * zeros. */
static struct rwe_match number_sets(const struct match_task *task, const double score[],
                                    size_t end[], uint32_t control[], const struct sets *sets)
{
    struct rwe_match result = {
        .set = sets->set, .row_unit = sets->row_unit, .row_set = sets->row_set};
    for (size_t k = 0; k < task->n_pairs; k++)
        end[task->pair[k].treated]++;
    for (size_t i = 0, sum = 0, size; i < task->n; i++, sum += size) {
        size = end[i];
        end[i] = sum;
        sets->set[i] = RWE_UNMATCHED;
    }
    for (size_t k = 0; k < task->n_pairs; k++)
        control[end[task->pair[k].treated]++] = task->pair[k].control;
    for (size_t i = 0, k = 0; i < task->n; i++) {
        if (k == end[i])
            continue;
        add_row(&result, sets, (uint32_t)i);
        for (; k < end[i]; k++) {
            add_row(&result, sets, control[k]);
            result.distance_total += fabs(score[i] - score[control[k]]);
        }
        result.n_sets++;
    }
    return result;
}

enum rwe_status rwe_match_nearest(const double score[], const uint8_t treated[], size_t n,
                                  const struct rwe_match_options *options, struct rwe_arena *arena,
                                  struct rwe_match *result, struct rwe_error *error)
{
    enum rwe_status status = match_check_input(score, n, options, error);
    if (status != RWE_OK)
        return status;
    if (options->ratio == 0)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "the ratio of controls to a treated unit is 0");
    struct match_task task = task_of(treated, n, options);
    size_t most_rows = most_pairs(&task) + task.n_treated;
    struct sets sets = {.set = RWE_NEW(arena, uint32_t, n),
                        .row_unit = RWE_NEW(arena, uint32_t, most_rows),
                        .row_set = RWE_NEW(arena, uint32_t, most_rows)};
    struct rwe_mark mark = rwe_arena_mark(arena);
    if (rwe_arena_failed(arena) || make_pairs(&task, score, arena) != RWE_OK)
        return rwe_fail_memory(error);
    size_t *end = RWE_NEW(arena, size_t, n);
    uint32_t *control = RWE_NEW(arena, uint32_t, task.n_pairs);
    if (rwe_arena_failed(arena))
        return rwe_fail_memory(error);
    *result = number_sets(&task, score, end, control, &sets);
    rwe_arena_release(arena, mark);
    return RWE_OK;
}
