/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Treated units one after another, each takes its nearest free control. The nearest queues of
 * controls that are not used up, to either side, come from a union-find forest with path halving
 * (Tarjan & van Leeuwen, J ACM 31:245, 1984): nearly constant time.
 */
#include "match_private.h"

#include "rwe/base/rng.h"
#include "rwe/base/sort.h"

#include <gsl/gsl_randist.h>

/* Queues are numbered from 1, so that 0 and n + 1 stand for "none to this side". left[i] points
 * towards the nearest queue at or below i that is not used up, right[i] at or above. */
struct free_queues {
    uint32_t *left, *right;
};

static uint32_t find(uint32_t towards[], uint32_t i)
{
    while (towards[i] != i)
        i = towards[i] = towards[towards[i]];
    return i;
}

static void list_treated(const struct match_task *task, uint32_t unit[], size_t n)
{
    for (size_t i = 0, k = 0; i < task->n && k < n; i++)
        if (task->treated[i] != 0)
            unit[k++] = (uint32_t)i;
}

/* Treated units in the order in which they choose. A stable sort leaves ties to the earlier unit.
 */
static enum rwe_status order_treated(const struct match_task *task,
                                     const struct rwe_match_options *options, size_t n,
                                     struct rwe_arena *scratch, uint32_t chooser[])
{
    uint32_t *unit = RWE_NEW(scratch, uint32_t, n), *order = RWE_NEW(scratch, uint32_t, n);
    double *key = RWE_NEW(scratch, double, n);
    if (rwe_arena_failed(scratch))
        return RWE_NO_MEMORY;
    list_treated(task, unit, n);
    if (options->order == RWE_MATCH_RANDOM) {
        struct rwe_rng rng;
        list_treated(task, chooser, n);
        if (n > 0) /* GSL's loop takes 0 items for the greatest number of them */
            gsl_ran_shuffle(rwe_rng_start(&rng, options->seed, RWE_RNG_MATCH_ORDER, 0), chooser, n,
                            sizeof *chooser);
        return RWE_OK;
    }
    for (size_t i = 0; i < n; i++)
        key[i] = options->order == RWE_MATCH_LARGEST ? -task->level[unit[i]] : task->level[unit[i]];
    if (rwe_sort_numbers(key, n, scratch, order) != RWE_OK)
        return RWE_NO_MEMORY;
    for (size_t i = 0; i < n; i++)
        chooser[i] = unit[order[i]];
    return RWE_OK;
}

/* For each treated unit the number, from 1, of the first queue of controls at or above its score.
 */
static void find_places(const struct match_task *task, uint32_t place[])
{
    const struct match_queues *treated = &task->treated_queues, *control = &task->control_queues;
    uint32_t c = 0;
    for (uint32_t t = 0; t < treated->n; t++) {
        while (c < control->n && control->queue[c].level < treated->queue[t].level)
            c++;
        for (uint32_t i = treated->queue[t].front; i < treated->queue[t].end; i++)
            place[treated->unit[i]] = c + 1;
    }
}

/* The queue, from 1, with the nearest free control, 0 when there is none: at equal distances the
 * one whose first unit is the earlier. */
static uint32_t nearest_queue(const struct match_task *task, struct free_queues *queues,
                              double level, uint32_t place)
{
    const struct match_queues *control = &task->control_queues;
    uint32_t below = find(queues->left, place - 1), above = find(queues->right, place);
    if (below == 0)
        return above == control->n + 1 ? 0 : above;
    if (above == control->n + 1)
        return below;
    const struct match_queue *low = &control->queue[below - 1], *high = &control->queue[above - 1];
    double down = match_distance(low->level, level), up = match_distance(level, high->level);
    if (down != up)
        return down < up ? below : above;
    return control->unit[low->front] < control->unit[high->front] ? below : above;
}

static void choose(struct match_task *task, struct free_queues *queues, uint32_t treated,
                   uint32_t place)
{
    double level = task->level[treated];
    uint32_t nearest = nearest_queue(task, queues, level, place);
    if (nearest == 0)
        return;
    struct match_queue *queue = &task->control_queues.queue[nearest - 1];
    if (match_distance(level, queue->level) > task->caliper)
        return;
    match_pair(task, treated, task->control_queues.unit[queue->front++]);
    if (match_queue_is_empty(queue)) {
        queues->left[nearest] = nearest - 1;
        queues->right[nearest] = nearest + 1;
    }
}

enum rwe_status match_in_order(struct match_task *task, const struct rwe_match_options *options,
                               struct rwe_arena *scratch)
{
    const struct match_queues *treated = &task->treated_queues;
    size_t n_treated = treated->n == 0 ? 0 : treated->queue[treated->n - 1].end;
    size_t n_ends = (size_t)task->control_queues.n + 2;
    struct free_queues queues = {.left = RWE_NEW(scratch, uint32_t, n_ends),
                                 .right = RWE_NEW(scratch, uint32_t, n_ends)};
    uint32_t *chooser = RWE_NEW(scratch, uint32_t, n_treated);
    uint32_t *place = RWE_NEW(scratch, uint32_t, task->n);
    if (rwe_arena_failed(scratch) ||
        order_treated(task, options, n_treated, scratch, chooser) != RWE_OK)
        return RWE_NO_MEMORY;
    for (uint32_t i = 0; i < n_ends; i++)
        queues.left[i] = queues.right[i] = i;
    find_places(task, place);
    for (size_t i = 0; i < n_treated; i++)
        choose(task, &queues, chooser[i], place[chooser[i]]);
    return RWE_OK;
}
