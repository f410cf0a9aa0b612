/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * A flow of least cost by successive shortest paths with potentials. Treated nodes enter one after
 * another. The one that enters is linked along the shortest path back to the bank (a control with
 * room, or a treated node that gives up a link) as long as its worth is more than the path costs.
 * Dijkstra's search stops there, so that most searches see a few nodes only.
 */
#include "match_flow_private.h"

static bool comes_first(const struct match_flow *flow, uint32_t a, uint32_t b)
{
    return flow->length[a] != flow->length[b] ? flow->length[a] < flow->length[b] : a < b;
}

static void put(struct match_flow *flow, uint32_t hole, uint32_t node)
{
    flow->heap[hole] = node;
    flow->place[node] = hole + 1;
}

static void heap_rise(struct match_flow *flow, uint32_t hole, uint32_t node)
{
    for (uint32_t parent; hole > 0; hole = parent) {
        parent = (hole - 1) / 2;
        if (!comes_first(flow, node, flow->heap[parent]))
            break;
        put(flow, hole, flow->heap[parent]);
    }
    put(flow, hole, node);
}

static uint32_t heap_take(struct match_flow *flow)
{
    uint32_t top = flow->heap[0], node = flow->heap[--flow->heap_size], hole = 0;
    for (uint32_t child; (child = 2 * hole + 1) < flow->heap_size; hole = child) {
        if (child + 1 < flow->heap_size &&
            comes_first(flow, flow->heap[child + 1], flow->heap[child]))
            child++;
        if (!comes_first(flow, flow->heap[child], node))
            break;
        put(flow, hole, flow->heap[child]);
    }
    if (flow->heap_size > 0)
        put(flow, hole, node);
    flow->place[top] = MATCH_NONE; /* its length is final */
    return top;
}

static void reach(struct match_flow *flow, uint32_t node, int64_t length, uint32_t from,
                  uint32_t edge)
{
    if (length >= flow->length[node])
        return;
    if (flow->length[node] == INT64_MAX)
        flow->touched[flow->n_touched++] = node;
    flow->length[node] = length;
    flow->from[node] = from;
    flow->from_edge[node] = edge;
    heap_rise(flow, flow->place[node] == 0 ? flow->heap_size++ : flow->place[node] - 1, node);
}

static void scan_treated(struct match_flow *flow, uint32_t t, bool is_source)
{
    const struct match_graph *graph = flow->graph;
    for (size_t e = graph->begin[t]; e < graph->begin[t + 1]; e++)
        if (!graph->edge[e].is_made)
            reach(flow, graph->edge[e].control, flow->length[t] + match_reduced(flow, t, e), t,
                  (uint32_t)e);
    if (!is_source) /* it has a link, by which it was reached, and can give it up */
        reach(flow, match_bank(flow),
              flow->length[t] + match_worth_of(flow, t, flow->degree[t] - 1) + flow->potential[t],
              t, MATCH_NONE);
}

static void scan_control(struct match_flow *flow, uint32_t c)
{
    for (uint32_t o = flow->first_owner[c]; o != MATCH_NONE; o = flow->owner[o].next)
        reach(flow, flow->owner[o].treated,
              flow->length[c] - match_reduced(flow, flow->owner[o].treated, flow->owner[o].edge), c,
              flow->owner[o].edge);
    if (match_has_room(flow, c))
        reach(flow, match_bank(flow),
              flow->length[c] + flow->potential[c] - match_worth_of(flow, c, flow->degree[c]), c,
              MATCH_NONE);
}

/* Lengths of all nodes nearer than the bank, or than `limit`: the lesser of the two. */
static int64_t search(struct match_flow *flow, uint32_t source, int64_t limit)
{
    flow->heap_size = 0;
    reach(flow, source, 0, MATCH_NONE, MATCH_NONE);
    while (flow->heap_size > 0 && flow->length[flow->heap[0]] < limit) {
        uint32_t node = heap_take(flow);
        if (node == match_bank(flow))
            return flow->length[node];
        if (match_is_treated(flow, node))
            scan_treated(flow, node, node == source);
        else
            scan_control(flow, node);
    }
    return limit;
}

/* Nodes nearer than `length` get dearer by what they are nearer; then the search is forgotten. */
static void end_search(struct match_flow *flow, int64_t length)
{
    for (uint32_t i = 0; i < flow->n_touched; i++) {
        uint32_t node = flow->touched[i];
        if (node != match_bank(flow) && flow->length[node] < length)
            flow->potential[node] += flow->length[node] - length;
        flow->length[node] = INT64_MAX;
        flow->place[node] = 0;
    }
    flow->n_touched = 0;
}

static void link_up(struct match_flow *flow, uint32_t t, uint32_t c, uint32_t edge)
{
    uint32_t item = flow->free_owner;
    if (item == MATCH_NONE)
        item = flow->n_owners++;
    else
        flow->free_owner = flow->owner[item].next;
    flow->owner[item] = (struct match_owner){t, edge, flow->first_owner[c]};
    flow->first_owner[c] = item;
    flow->graph->edge[edge].is_made = 1;
}

static void unlink_pair(struct match_flow *flow, uint32_t c, uint32_t edge)
{
    uint32_t *at = &flow->first_owner[c], item;
    while (flow->owner[*at].edge != edge)
        at = &flow->owner[*at].next;
    item = *at;
    *at = flow->owner[item].next;
    flow->owner[item].next = flow->free_owner;
    flow->free_owner = item;
    flow->graph->edge[edge].is_made = 0;
}

void match_flow_step(struct match_flow *flow, uint32_t node, uint32_t next, uint32_t edge)
{
    /* To and from the bank the flow runs with the links at treated nodes, against them at controls. */
    if (node == match_bank(flow))
        flow->degree[next] += match_is_treated(flow, next) ? 1 : -1;
    else if (next == match_bank(flow))
        flow->degree[node] -= match_is_treated(flow, node) ? 1 : -1;
    else if (match_is_treated(flow, node))
        link_up(flow, node, next, edge);
    else
        unlink_pair(flow, node, edge);
}

static void enter(struct match_flow *flow, uint32_t t)
{
    const struct match_graph *graph = flow->graph;
    if (graph->begin[t] == graph->begin[t + 1])
        return;
    flow->potential[t] = INT64_MIN;
    for (size_t e = graph->begin[t]; e < graph->begin[t + 1]; e++) {
        int64_t least = flow->potential[graph->edge[e].control] - (int64_t)graph->edge[e].distance;
        flow->potential[t] = least > flow->potential[t] ? least : flow->potential[t];
    }
    while (match_has_room(flow, t)) {
        int64_t limit = flow->potential[t] + match_worth_of(flow, t, flow->degree[t]);
        if (limit <= 0)
            return;
        int64_t length = search(flow, t, limit);
        if (length < limit) {
            match_flow_step(flow, match_bank(flow), t, MATCH_NONE);
            for (uint32_t node = match_bank(flow); node != t; node = flow->from[node])
                match_flow_step(flow, flow->from[node], node, flow->from_edge[node]);
        }
        end_search(flow, length);
    }
}

static enum rwe_status start(struct match_flow *flow, struct rwe_arena *scratch)
{
    size_t n = flow->graph->n_nodes, n_edges = flow->graph->begin[flow->graph->n_treated];
    flow->potential = RWE_NEW(scratch, int64_t, n);
    flow->degree = RWE_NEW(scratch, uint32_t, n);
    flow->first_owner = RWE_NEW(scratch, uint32_t, n);
    flow->owner = RWE_NEW(scratch, struct match_owner, n_edges);
    flow->length = RWE_NEW(scratch, int64_t, n + 1);
    flow->from = RWE_NEW(scratch, uint32_t, n + 1);
    flow->from_edge = RWE_NEW(scratch, uint32_t, n + 1);
    flow->place = RWE_NEW(scratch, uint32_t, n + 1);
    flow->heap = RWE_NEW(scratch, uint32_t, n + 1);
    flow->touched = RWE_NEW(scratch, uint32_t, n + 1);
    if (rwe_arena_failed(scratch))
        return RWE_NO_MEMORY;
    flow->free_owner = MATCH_NONE;
    for (uint32_t i = 0; i <= n; i++)
        flow->length[i] = INT64_MAX;
    for (uint32_t i = 0; i < n; i++) {
        flow->first_owner[i] = MATCH_NONE;
        flow->potential[i] = match_is_treated(flow, i) ? 0 : match_worth_of(flow, i, 0);
    }
    return RWE_OK;
}

enum rwe_status match_flow_solve(struct match_flow *flow, struct rwe_arena *scratch)
{
    if (start(flow, scratch) != RWE_OK)
        return RWE_NO_MEMORY;
    for (uint32_t t = 0; t < flow->graph->n_treated; t++)
        enter(flow, t);
    return RWE_OK;
}
