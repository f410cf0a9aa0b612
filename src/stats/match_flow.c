/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/stats/match_flow.h"

#include "match_flow_private.h"

/* ---- the flow of least cost ---- */

/*
 * A flow of least cost by successive shortest paths with potentials. Treated nodes enter one after
 * another. The one that enters is linked along the shortest path back to the bank (a control with
 * room, or a treated node that gives up a link) as long as its worth is more than the path costs.
 * Dijkstra's search stops there, so that most searches see a few nodes only.
 */

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

static void flow_step(struct match_flow *flow, uint32_t node, uint32_t next, uint32_t edge)
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
            flow_step(flow, match_bank(flow), t, MATCH_NONE);
            for (uint32_t node = match_bank(flow); node != t; node = flow->from[node])
                flow_step(flow, flow->from[node], node, flow->from_edge[node]);
        }
        end_search(flow, length);
    }
}

static enum rwe_status flow_init(struct match_flow *flow, struct rwe_arena *scratch)
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

enum rwe_status rwe_match_flow_solve(struct match_flow *flow, struct rwe_arena *scratch)
{
    if (flow_init(flow, scratch) != RWE_OK)
        return RWE_NO_MEMORY;
    for (uint32_t t = 0; t < flow->graph->n_treated; t++)
        enter(flow, t);
    return RWE_OK;
}

/* ---- which of several optima ---- */

/*
 * Which of several optima. Two optima differ by cycles of residual arcs whose reduced cost is 0. So:
 * run through the pairs in order; one that is not made is made if such a cycle goes through it and
 * through no pair that was decided before. Pairs that are numbered up to the present one are decided.
 */

struct settling {
    struct match_flow *flow;
    size_t *begin; /* tight[begin[t]] …: pairs of t with a reduced cost of 0 */
    uint32_t *tight;
    uint32_t *seen, round; /* n_nodes + 1: the round in which a node was last seen */
    uint32_t *queue, first, last;
};

static enum rwe_status list_tight(struct settling *s, struct rwe_arena *scratch)
{
    const struct match_graph *graph = s->flow->graph;
    s->begin = RWE_NEW(scratch, size_t, graph->n_treated + 1);
    if (s->begin == NULL)
        return RWE_NO_MEMORY;
    for (uint32_t t = 0; t < graph->n_treated; t++) {
        s->begin[t + 1] = s->begin[t];
        for (size_t e = graph->begin[t]; e < graph->begin[t + 1]; e++)
            s->begin[t + 1] += match_reduced(s->flow, t, e) == 0;
    }
    s->tight = RWE_NEW(scratch, uint32_t, s->begin[graph->n_treated]);
    if (s->tight == NULL)
        return RWE_NO_MEMORY;
    for (uint32_t t = 0, k = 0; t < graph->n_treated; t++)
        for (size_t e = graph->begin[t]; e < graph->begin[t + 1]; e++)
            if (match_reduced(s->flow, t, e) == 0)
                s->tight[k++] = (uint32_t)e;
    return RWE_OK;
}

static void see(struct settling *s, uint32_t node, uint32_t from, uint32_t edge)
{
    if (s->seen[node] == s->round)
        return;
    s->seen[node] = s->round;
    s->flow->from[node] = from;
    s->flow->from_edge[node] = edge;
    s->queue[s->last++] = node;
}

/* Whether one link more, or one less, at this node costs nothing: the potential says what it costs. */
static bool is_free_to_gain(const struct match_flow *flow, uint32_t node)
{
    int64_t sign = match_is_treated(flow, node) ? -1 : 1;
    return match_has_room(flow, node) &&
           flow->potential[node] == sign * match_worth_of(flow, node, flow->degree[node]);
}

static bool is_free_to_lose(const struct match_flow *flow, uint32_t node)
{
    int64_t sign = match_is_treated(flow, node) ? -1 : 1;
    return flow->degree[node] > 0 &&
           flow->potential[node] == sign * match_worth_of(flow, node, flow->degree[node] - 1);
}

static void look_from_treated(struct settling *s, uint32_t t, uint32_t decided)
{
    const struct match_edge *edge = s->flow->graph->edge;
    for (size_t k = s->begin[t]; k < s->begin[t + 1]; k++)
        if (s->tight[k] > decided && !edge[s->tight[k]].is_made)
            see(s, edge[s->tight[k]].control, t, s->tight[k]);
    if (is_free_to_lose(s->flow, t))
        see(s, match_bank(s->flow), t, MATCH_NONE);
}

static void look_from_control(struct settling *s, uint32_t c, uint32_t decided)
{
    const struct match_flow *flow = s->flow;
    for (uint32_t o = flow->first_owner[c]; o != MATCH_NONE; o = flow->owner[o].next) {
        const struct match_owner *owner = &flow->owner[o];
        if (owner->edge > decided && match_reduced(flow, owner->treated, owner->edge) == 0)
            see(s, owner->treated, c, owner->edge);
    }
    if (is_free_to_gain(flow, c))
        see(s, match_bank(flow), c, MATCH_NONE);
}

static void look_from_bank(struct settling *s)
{
    const struct match_flow *flow = s->flow;
    for (uint32_t i = 0; i < flow->graph->n_nodes; i++)
        if (match_is_treated(flow, i) ? is_free_to_gain(flow, i) : is_free_to_lose(flow, i))
            see(s, i, match_bank(flow), MATCH_NONE);
}

/* Whether a path leads from a control to `t`. Nodes seen in vain stay seen for t's next pair. */
static bool find_path(struct settling *s, uint32_t control, uint32_t t, uint32_t decided)
{
    s->first = s->last = 0;
    see(s, control, MATCH_NONE, MATCH_NONE);
    while (s->first < s->last) {
        uint32_t node = s->queue[s->first++];
        if (node == t)
            return true;
        if (node == match_bank(s->flow))
            look_from_bank(s);
        else if (match_is_treated(s->flow, node))
            look_from_treated(s, node, decided);
        else
            look_from_control(s, node, decided);
    }
    return false;
}

/* Whether `t` can get a pair at all: for one that it has and that is not decided, or for nothing. */
static bool can_change(const struct settling *s, uint32_t t, uint32_t last_made, uint32_t edge)
{
    return (last_made != MATCH_NONE && last_made > edge) || is_free_to_gain(s->flow, t);
}

static uint32_t last_made_of(const struct settling *s, uint32_t t)
{
    for (size_t k = s->begin[t + 1]; k-- > s->begin[t];)
        if (s->flow->graph->edge[s->tight[k]].is_made)
            return s->tight[k];
    return MATCH_NONE;
}

static void settle(struct settling *s, uint32_t t)
{
    struct match_flow *flow = s->flow;
    uint32_t last_made = last_made_of(s, t);
    s->round++;
    for (size_t k = s->begin[t]; k < s->begin[t + 1]; k++) {
        uint32_t edge = s->tight[k], control = flow->graph->edge[edge].control;
        if (!can_change(s, t, last_made, edge))
            return;
        if (flow->graph->edge[edge].is_made || !find_path(s, control, t, edge))
            continue;
        for (uint32_t node = t; node != control; node = flow->from[node])
            flow_step(flow, flow->from[node], node, flow->from_edge[node]);
        flow_step(flow, t, control, edge);
        last_made = last_made_of(s, t);
        s->round++;
    }
}

enum rwe_status rwe_match_flow_settle_ties(struct match_flow *flow, struct rwe_arena *scratch)
{
    struct settling s = {.flow = flow,
                         .seen = RWE_NEW(scratch, uint32_t, flow->graph->n_nodes + 1),
                         .queue = RWE_NEW(scratch, uint32_t, flow->graph->n_nodes + 1)};
    if (rwe_arena_failed(scratch) || list_tight(&s, scratch) != RWE_OK)
        return RWE_NO_MEMORY;
    for (uint32_t t = 0; t < flow->graph->n_treated; t++)
        settle(&s, t);
    return RWE_OK;
}

/* ---- optimal and full matching ---- */

static enum rwe_status choose_by_flow(struct match_graph *graph, const void *worth,
                                      struct rwe_arena *scratch)
{
    const struct match_worth *of_arm = worth;
    struct match_flow flow = {.graph = graph, .worth = {of_arm[0], of_arm[1]}};
    if (rwe_match_flow_solve(&flow, scratch) != RWE_OK)
        return RWE_NO_MEMORY;
    return rwe_match_flow_settle_ties(&flow, scratch);
}

/* More than the distances of any matching of n units can add up to. */
static int64_t prize_of(size_t n)
{
    return ((int64_t)n + 1) << 30;
}

static uint32_t most_of(size_t limit)
{
    return limit == 0 || limit > UINT32_MAX ? UINT32_MAX : (uint32_t)limit;
}

/* A pair is worth one prize, a treated unit's first pair another: most treated units and most pairs
 * can be had together (numbers of pairs that can be had form a polymatroid), so neither is at the
 * expense of the other. */
enum rwe_status rwe_match_optimal_distance(const struct rwe_match_units *units,
                                           const struct rwe_match_options *options,
                                           struct rwe_arena *arena, struct rwe_match *result,
                                           struct rwe_error *error)
{
    int64_t prize = prize_of(units->n);
    const struct match_worth worth[2] = {
        {.most = 1}, {.first = 2 * prize, .more = prize, .most = most_of(options->ratio)}};
    enum rwe_status status = rwe_match_refuse_replacement(options, error);
    if (status != RWE_OK)
        return status;
    return rwe_match_in_graph(units, options, choose_by_flow, worth, arena, result, error);
}

/* The first link of each unit is worth a prize. The least cover has no link between two units that
 * both have others, unless its distance is 0: so it consists of stars. */
enum rwe_status rwe_match_full_distance(const struct rwe_match_units *units,
                                        const struct rwe_match_options *options,
                                        const struct rwe_match_full_limits *limits,
                                        struct rwe_arena *arena, struct rwe_match *result,
                                        struct rwe_error *error)
{
    const struct rwe_match_full_limits none = {0};
    const struct rwe_match_full_limits *most = limits == NULL ? &none : limits;
    const struct match_worth worth[2] = {
        {.first = prize_of(units->n), .most = most_of(most->treated)},
        {.first = prize_of(units->n), .most = most_of(most->controls)}};
    enum rwe_status status = rwe_match_refuse_replacement(options, error);
    if (status != RWE_OK)
        return status;
    return rwe_match_in_graph(units, options, choose_by_flow, worth, arena, result, error);
}
