/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Admissible pairs: around each control, by score, the treated units within its caliper. */
#include "match_flow_private.h"

#include <float.h>

enum rwe_status match_check_units(const struct rwe_match_units *units,
                                  const struct rwe_match_options *options, struct rwe_error *error)
{
    if (!(options->caliper >= 0))
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX, "the caliper %g is not 0 or more",
                        options->caliper);
    if (options->ratio == 0)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "the ratio of controls to a treated unit is 0");
    for (size_t i = 0; i < units->n; i++)
        if (!isfinite(units->score[i]))
            return rwe_fail(error, RWE_NOT_FINITE, i, "score %zu is not a finite number", i);
    return RWE_OK;
}

/* Nodes of units: node[unit]. */
static uint32_t *number_nodes(struct match_graph *graph, const struct rwe_match_units *units,
                              struct rwe_arena *scratch)
{
    uint32_t *node = RWE_NEW(scratch, uint32_t, units->n);
    graph->unit = RWE_NEW(scratch, uint32_t, units->n);
    graph->begin = RWE_NEW(scratch, size_t, graph->n_treated + 1);
    if (rwe_arena_failed(scratch))
        return NULL;
    uint32_t next[2] = {graph->n_treated, 0};
    for (uint32_t i = 0; i < units->n; i++) {
        node[i] = next[units->treated[i] != 0]++;
        graph->unit[node[i]] = i;
    }
    return node;
}

static uint32_t stratum_of(const struct match_task *task, uint32_t unit)
{
    return task->options->exact == NULL ? 0 : task->options->exact[unit];
}

/* Where a queue of treated units lies to a control's window: −1 before it, 0 in it, 1 after it. The
 * distance is rounded as in greedy matching, so that all see the same pairs. */
static int side_of(const struct match_task *task, const struct match_queue *queue, uint32_t control)
{
    uint32_t stratum = stratum_of(task, control);
    double apart = queue->level - task->level[control];
    if (queue->stratum != stratum)
        return queue->stratum < stratum ? -1 : 1;
    if (rint(fabs(apart)) <= task->caliper)
        return 0;
    return apart < 0 ? -1 : 1;
}

/* The first queue of treated units on this side of the control's window or beyond. */
static uint32_t first_queue(const struct match_task *task, uint32_t control, int side)
{
    uint32_t low = 0, high = task->treated_queues.n;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (side_of(task, &task->treated_queues.queue[middle], control) < side)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The treated units that a control may be paired with: *count from the first on. */
static const uint32_t *partners_of(const struct match_task *task, uint32_t control, uint32_t *count)
{
    uint32_t begin = first_queue(task, control, 0), end = first_queue(task, control, 1);
    const struct match_queues *queues = &task->treated_queues;
    *count = 0;
    if (begin == end)
        return NULL;
    *count = queues->queue[end - 1].end - queues->queue[begin].front;
    return queues->unit + queues->queue[begin].front;
}

/* begin[t + 1]: number of pairs of t. The largest distance too. */
static enum rwe_status count_pairs(struct match_graph *graph, const struct rwe_match_units *units,
                                   const uint32_t node[], double *largest, struct rwe_error *error)
{
    size_t n_pairs = 0;
    for (uint32_t c = graph->n_treated; c < graph->n_nodes; c++) {
        uint32_t count;
        const uint32_t *treated = partners_of(&graph->task, graph->unit[c], &count);
        n_pairs += count;
        if (n_pairs > RWE_MATCH_PAIRS_MOST)
            return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                            "more than %zu admissible pairs of units; a narrower caliper or exact "
                            "strata make fewer",
                            RWE_MATCH_PAIRS_MOST);
        for (uint32_t i = 0; i < count; i++) {
            double distance = units->distance(units->data, treated[i], graph->unit[c]);
            if (!(distance >= 0 && isfinite(distance)))
                return rwe_fail(error, RWE_BAD_INPUT, treated[i],
                                "the distance %g of units %u and %u is not 0 or more", distance,
                                treated[i], graph->unit[c]);
            *largest = fmax(*largest, distance);
            graph->begin[node[treated[i]] + 1]++;
        }
    }
    return RWE_OK;
}

/* Controls in order, so that those of each treated unit come in order. Leaves begin[t] at the end of
 * t's pairs, which is the place of begin[t + 1]. */
static void fill_pairs(struct match_graph *graph, const struct rwe_match_units *units,
                       const uint32_t node[], double grid)
{
    for (uint32_t c = graph->n_treated; c < graph->n_nodes; c++) {
        uint32_t count;
        const uint32_t *treated = partners_of(&graph->task, graph->unit[c], &count);
        for (uint32_t i = 0; i < count; i++) {
            double distance = units->distance(units->data, treated[i], graph->unit[c]);
            graph->edge[graph->begin[node[treated[i]]]++] = (struct match_edge){
                .control = c, .distance = (uint32_t)rint(distance / grid) & 0x7fffffff};
        }
    }
    for (uint32_t t = graph->n_treated; t > 0; t--)
        graph->begin[t] = graph->begin[t - 1];
    graph->begin[0] = 0;
}

/* Half to one 2^30th of the largest, a power of two (match_queues.c says why). */
static double grid_of(double largest)
{
    int exponent;
    frexp(largest, &exponent);
    return fmax(ldexp(1, exponent - 30), DBL_MIN);
}

enum rwe_status match_graph_make(struct match_graph *graph, const struct rwe_match_units *units,
                                 const struct rwe_match_options *options, struct rwe_arena *scratch,
                                 struct rwe_error *error)
{
    enum rwe_status status = match_check_units(units, options, error);
    if (status != RWE_OK)
        return status;
    *graph =
        (struct match_graph){.task = {.n = units->n, .treated = units->treated, .options = options},
                             .n_nodes = (uint32_t)units->n};
    for (size_t i = 0; i < units->n; i++)
        graph->n_treated += units->treated[i] != 0;
    graph->task.n_treated = graph->n_treated;
    graph->task.n_controls = units->n - graph->n_treated;
    const uint32_t *node = number_nodes(graph, units, scratch);
    if (node == NULL || match_queue_units(&graph->task, units->score, scratch) != RWE_OK)
        return rwe_fail_memory(error);
    double largest = 0;
    status = count_pairs(graph, units, node, &largest, error);
    if (status != RWE_OK)
        return status;
    for (uint32_t t = 0; t < graph->n_treated; t++)
        graph->begin[t + 1] += graph->begin[t];
    graph->edge = RWE_NEW(scratch, struct match_edge, graph->begin[graph->n_treated]);
    if (graph->edge == NULL)
        return rwe_fail_memory(error);
    fill_pairs(graph, units, node, grid_of(largest));
    return RWE_OK;
}

struct match_link *match_links_of(const struct match_graph *graph, struct rwe_arena *arena,
                                  size_t *n_links)
{
    *n_links = 0;
    for (size_t e = 0; e < graph->begin[graph->n_treated]; e++)
        *n_links += graph->edge[e].is_made;
    struct match_link *link = RWE_NEW(arena, struct match_link, *n_links);
    if (link == NULL)
        return NULL;
    for (uint32_t t = 0, k = 0; t < graph->n_treated; t++)
        for (size_t e = graph->begin[t]; e < graph->begin[t + 1]; e++)
            if (graph->edge[e].is_made)
                link[k++] = (struct match_link){graph->unit[t], graph->unit[graph->edge[e].control],
                                                graph->edge[e].distance};
    return link;
}
