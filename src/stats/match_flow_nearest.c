/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Greedy matching on the graph of admissible pairs, in rounds: a first control for each treated
 * unit, then a second, and so on. */
#include "match_flow_private.h"

#include "rwe/base/sort.h"

struct choice {
    struct match_graph *graph;
    bool *is_used;      /* by node: a control that is not free */
    uint32_t *n_chosen; /* by treated node */
};

static void take(struct choice *choice, uint32_t t, size_t edge)
{
    choice->graph->edge[edge].is_made = 1;
    choice->n_chosen[t]++;
    choice->is_used[choice->graph->edge[edge].control] = !choice->graph->task.options->replace;
}

/* All pairs by distance, each round once. Ties stay in order: treated unit, then control. */
static enum rwe_status choose_closest(struct choice *choice, struct rwe_arena *scratch)
{
    const struct match_graph *graph = choice->graph;
    size_t n_edges = graph->begin[graph->n_treated], n_before = 1, n_made = 0;
    uint64_t *key = RWE_NEW(scratch, uint64_t, n_edges);
    uint32_t *order = RWE_NEW(scratch, uint32_t, n_edges);
    uint32_t *treated = RWE_NEW(scratch, uint32_t, n_edges);
    if (rwe_arena_failed(scratch))
        return RWE_NO_MEMORY;
    for (uint32_t t = 0; t < graph->n_treated; t++)
        for (size_t e = graph->begin[t]; e < graph->begin[t + 1]; e++) {
            key[e] = graph->edge[e].distance;
            treated[e] = t;
        }
    if (rwe_sort_integers(key, n_edges, scratch, order) != RWE_OK)
        return RWE_NO_MEMORY;
    for (uint32_t round = 0; round < graph->task.options->ratio && n_made != n_before; round++) {
        n_before = n_made;
        for (size_t k = 0; k < n_edges; k++) {
            const struct match_edge *edge = &graph->edge[order[k]];
            uint32_t t = treated[order[k]];
            if (choice->n_chosen[t] != round || edge->is_made || choice->is_used[edge->control])
                continue;
            take(choice, t, order[k]);
            n_made++;
        }
    }
    return RWE_OK;
}

static bool choose_one(struct choice *choice, uint32_t t)
{
    const struct match_graph *graph = choice->graph;
    size_t best = SIZE_MAX;
    for (size_t e = graph->begin[t]; e < graph->begin[t + 1]; e++) {
        const struct match_edge *edge = &graph->edge[e];
        if (!edge->is_made && !choice->is_used[edge->control] &&
            (best == SIZE_MAX || edge->distance < graph->edge[best].distance))
            best = e;
    }
    if (best != SIZE_MAX)
        take(choice, t, best);
    return best != SIZE_MAX;
}

static enum rwe_status choose_in_order(struct choice *choice, struct rwe_arena *scratch)
{
    const struct match_graph *graph = choice->graph;
    uint32_t *chooser = RWE_NEW(scratch, uint32_t, graph->n_treated);
    uint32_t *node = RWE_NEW(scratch, uint32_t, graph->n_nodes), n = graph->n_treated;
    if (rwe_arena_failed(scratch) || match_order_treated(&graph->task, scratch, chooser) != RWE_OK)
        return RWE_NO_MEMORY;
    for (uint32_t t = 0; t < graph->n_treated; t++)
        node[graph->unit[t]] = t;
    /* Who finds none in one round finds none later. */
    for (size_t round = 0; round < graph->task.options->ratio && n > 0; round++) {
        uint32_t n_left = 0;
        for (uint32_t k = 0; k < n; k++)
            if (choose_one(choice, node[chooser[k]]))
                chooser[n_left++] = chooser[k];
        n = n_left;
    }
    return RWE_OK;
}

enum rwe_status match_choose_nearest(struct match_graph *graph, const void *unused,
                                     struct rwe_arena *scratch)
{
    (void)unused;
    struct choice choice = {.graph = graph,
                            .is_used = RWE_NEW(scratch, bool, graph->n_nodes),
                            .n_chosen = RWE_NEW(scratch, uint32_t, graph->n_treated)};
    if (rwe_arena_failed(scratch))
        return RWE_NO_MEMORY;
    return graph->task.options->order == RWE_MATCH_CLOSEST ? choose_closest(&choice, scratch)
                                                           : choose_in_order(&choice, scratch);
}
