/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Scores on a grid, units in queues by stratum and score, and which controls are still free. */
#include "match_private.h"

#include "rwe/base/sort.h"

#include <float.h>

enum rwe_status rwe_match_check_input(const double score[], size_t n,
                                      const struct rwe_match_options *options,
                                      struct rwe_error *error)
{
    if (!(options->caliper >= 0))
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX, "the caliper %g is not 0 or more",
                        options->caliper);
    for (size_t i = 0; i < n; i++)
        if (!isfinite(score[i]))
            return rwe_fail(error, RWE_NOT_FINITE, i, "score %zu is not a finite number", i);
    return RWE_OK;
}

/* Two patients of 60 and 63 years are as far apart as two of 62 and 65, but sums in binary make one
 * of the distances longer in the 16th digit. Which, would depend on the machine's exp and log. So
 * scores and distances count as tied within 2^-30 (about 1e-9) of the largest score: far above
 * rounding, far below anything that matters, and a power of two, so that scaling is exact. */
double rwe_match_grid_of(const double score[], size_t n)
{
    double largest = 0;
    int exponent;
    for (size_t i = 0; i < n; i++)
        largest = fmax(largest, fabs(score[i]));
    frexp(largest, &exponent); /* 2^(exponent − 1) <= largest < 2^exponent */
    return fmax(ldexp(1, exponent - 1 - 30), DBL_MIN);
}

enum rwe_status rwe_match_level_scores(const double score[], size_t n, double level[],
                                       struct rwe_arena *scratch, uint32_t order[])
{
    double grid = rwe_match_grid_of(score, n), present = -INFINITY;
    bool is_ordered = true;
    if (rwe_sort_numbers(score, n, scratch, order) != RWE_OK)
        return RWE_NO_MEMORY;
    for (size_t k = 0; k < n; k++) {
        double scaled = score[order[k]] / grid;
        if (scaled - present > 1)
            present = scaled;
        else if (order[k] < order[k - 1]) /* nearly equal scores, the later unit's is the less */
            is_ordered = false;
        level[order[k]] = present;
    }
    return is_ordered ? RWE_OK : rwe_sort_numbers(level, n, scratch, order);
}

/* A stable sort by stratum of units in order of level. */
static enum rwe_status order_by_stratum(const uint32_t exact[], size_t n, struct rwe_arena *scratch,
                                        uint32_t order[])
{
    struct rwe_mark mark = rwe_arena_mark(scratch);
    uint64_t *key = RWE_NEW(scratch, uint64_t, n);
    uint32_t *by_level = RWE_NEW(scratch, uint32_t, n), *by_key = RWE_NEW(scratch, uint32_t, n);
    if (rwe_arena_failed(scratch))
        return RWE_NO_MEMORY;
    for (size_t k = 0; k < n; k++) {
        by_level[k] = order[k];
        key[k] = exact[order[k]];
    }
    if (rwe_sort_integers(key, n, scratch, by_key) != RWE_OK)
        return RWE_NO_MEMORY;
    for (size_t k = 0; k < n; k++)
        order[k] = by_level[by_key[k]];
    rwe_arena_release(scratch, mark);
    return RWE_OK;
}

static void queues_add(struct match_queues *queues, double level, uint32_t stratum, uint32_t unit)
{
    const struct match_queue *last = queues->n == 0 ? NULL : &queues->queue[queues->n - 1];
    uint32_t n_units = last == NULL ? 0 : last->end;
    if (last == NULL || last->level != level || last->stratum != stratum)
        queues->queue[queues->n++] = (struct match_queue){level, stratum, n_units, n_units, unit};
    queues->queue[queues->n - 1].end++;
    queues->unit[n_units] = unit;
}

static bool is_below(const struct match_queue *a, const struct match_queue *b)
{
    return a->stratum != b->stratum ? a->stratum < b->stratum : a->level < b->level;
}

static void find_places(struct match_task *task)
{
    const struct match_queues *treated = &task->treated_queues, *control = &task->control_queues;
    uint32_t c = 0;
    for (uint32_t t = 0; t < treated->n; t++) {
        while (c < control->n && is_below(&control->queue[c], &treated->queue[t]))
            c++;
        for (uint32_t i = treated->queue[t].front; i < treated->queue[t].end; i++)
            task->place[treated->unit[i]] = c + 1;
    }
}

static enum rwe_status new_queues(struct match_queues *queues, size_t n, struct rwe_arena *scratch)
{
    queues->queue = RWE_NEW(scratch, struct match_queue, n);
    queues->unit = RWE_NEW(scratch, uint32_t, n);
    return rwe_arena_failed(scratch) ? RWE_NO_MEMORY : RWE_OK;
}

static uint32_t stratum_of(const struct match_task *task, uint32_t unit)
{
    return task->options->exact == NULL ? 0 : task->options->exact[unit];
}

static void fill_queues(struct match_task *task, const uint32_t order[])
{
    for (size_t k = 0; k < task->n; k++) {
        uint32_t i = order[k];
        queues_add(task->treated[i] != 0 ? &task->treated_queues : &task->control_queues,
                   task->level[i], stratum_of(task, i), i);
    }
}

enum rwe_status rwe_match_queue_units(struct match_task *task, const double score[],
                                      struct rwe_arena *scratch)
{
    size_t n_ends = task->n_controls + 2;
    double *level = RWE_NEW(scratch, double, task->n);
    task->place = RWE_NEW(scratch, uint32_t, task->n);
    task->below = RWE_NEW(scratch, uint32_t, n_ends);
    task->above = RWE_NEW(scratch, uint32_t, n_ends);
    if (new_queues(&task->treated_queues, task->n_treated, scratch) != RWE_OK ||
        new_queues(&task->control_queues, task->n_controls, scratch) != RWE_OK)
        return RWE_NO_MEMORY;
    struct rwe_mark mark = rwe_arena_mark(scratch);
    uint32_t *order = RWE_NEW(scratch, uint32_t, task->n);
    if (order == NULL || rwe_match_level_scores(score, task->n, level, scratch, order) != RWE_OK)
        return RWE_NO_MEMORY;
    if (task->options->exact != NULL &&
        order_by_stratum(task->options->exact, task->n, scratch, order) != RWE_OK)
        return RWE_NO_MEMORY;
    task->level = level;
    task->caliper = rint(task->options->caliper / rwe_match_grid_of(score, task->n));
    fill_queues(task, order);
    rwe_arena_release(scratch, mark);
    find_places(task);
    for (uint32_t i = 0; i < n_ends; i++)
        task->below[i] = task->above[i] = i;
    return RWE_OK;
}

static uint32_t find(uint32_t towards[], uint32_t i)
{
    while (towards[i] != i)
        i = towards[i] = towards[towards[i]];
    return i;
}

uint32_t rwe_match_find_below(struct match_task *task, uint32_t place)
{
    return find(task->below, place);
}

uint32_t rwe_match_find_above(struct match_task *task, uint32_t place)
{
    return find(task->above, place);
}

struct match_seeker rwe_match_seeker_of(const struct match_task *task, uint32_t treated)
{
    return (struct match_seeker){task->level[treated], stratum_of(task, treated),
                                 task->place[treated]};
}

static const struct match_offer no_offer = {.distance = INFINITY, .control = RWE_UNMATCHED};

static bool is_place(const struct match_task *task, uint32_t place)
{
    return place > 0 && place <= task->control_queues.n;
}

struct match_offer rwe_match_offer_of(const struct match_task *task,
                                      const struct match_seeker *seeker, uint32_t place,
                                      uint32_t control)
{
    if (!is_place(task, place))
        return no_offer;
    const struct match_queue *queue = &task->control_queues.queue[place - 1];
    double distance = match_distance(seeker->level, queue->level);
    if (distance > task->caliper || seeker->stratum != queue->stratum)
        return no_offer;
    return (struct match_offer){distance, control, place};
}

struct match_offer rwe_match_first_offer(const struct match_task *task,
                                         const struct match_seeker *seeker, uint32_t place)
{
    if (!is_place(task, place))
        return no_offer;
    return rwe_match_offer_of(task, seeker, place, task->control_queues.queue[place - 1].first);
}

void rwe_match_take(struct match_task *task, uint32_t treated, uint32_t place)
{
    struct match_queue *queue = &task->control_queues.queue[place - 1];
    match_add_pair(task, treated, match_queue_pop(&task->control_queues, queue));
    if (match_queue_is_empty(queue)) {
        task->below[place] = place - 1;
        task->above[place] = place + 1;
    }
}
