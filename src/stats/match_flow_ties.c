/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Which of several optima. Two optima differ by cycles of residual arcs whose reduced cost is 0. So:
 * run through the pairs in order; one that is not made is made if such a cycle goes through it and
 * through no pair that was decided before. Pairs that are numbered up to the present one are decided.
 */
#include "match_flow_private.h"

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
            match_flow_step(flow, flow->from[node], node, flow->from_edge[node]);
        match_flow_step(flow, t, control, edge);
        last_made = last_made_of(s, t);
        s->round++;
    }
}

enum rwe_status match_flow_settle_ties(struct match_flow *flow, struct rwe_arena *scratch)
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
