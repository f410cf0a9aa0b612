/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * The surplus between neighbouring places, and the cheapest paths through it: a binary tree over
 * blocks of places.
 *
 * A node knows what a path pays for all its gaps, and for each kind of place the cheapest path from
 * the node's upper end down to one within it. A change of the surplus by one leaves these as they
 * are unless somewhere below the surplus leaves or reaches 0. Then the change goes down to where
 * that happens; but where the surplus is the same throughout a node, all its paths are known at
 * once: the cheapest ends at its last or at its first place.
 */
#include "match_optimal_private.h"

enum { BLOCK = 32 };

/* A treated unit that comes lowers the surplus, a control raises it. */
enum { LOWER, RAISE, DIRECTIONS };

struct node {
    int32_t least, most;         /* surplus in its gaps */
    int32_t pending;             /* change of the surplus that has not gone down yet */
    int64_t cost[DIRECTIONS];    /* of a path through all its gaps */
    int64_t best[OPTIMAL_KINDS]; /* cost of the cheapest path, INT64_MAX when there is none … */
    uint32_t end[OPTIMAL_KINDS]; /* … and where it ends */
    uint32_t first[OPTIMAL_KINDS], last[OPTIMAL_KINDS]; /* places, or OPTIMAL_NONE */
};

struct optimal_surplus {
    const int64_t *at;
    int32_t *value; /* between a place and the next */
    uint8_t *kind;
    struct node
        *node; /* the root is 1, below i are 2 i and 2 i + 1; the last n_leaves are leaves */
    uint32_t n, n_leaves;
};

/* Places under a node: begin … begin + size − 1, less those from n on. */
struct span {
    uint32_t node, begin, size;
};

static struct span half(struct span span, uint32_t which)
{
    return (struct span){2 * span.node + which, span.begin + which * (span.size / 2),
                         span.size / 2};
}

static struct span whole(const struct optimal_surplus *surplus)
{
    return (struct span){1, 0, surplus->n_leaves * BLOCK};
}

static uint32_t least_of(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static uint32_t end_of(const struct optimal_surplus *surplus, struct span span)
{
    return least_of(span.begin + span.size, surplus->n);
}

static int direction_of(unsigned kind)
{
    return kind < OPTIMAL_FREE_TREATED ? LOWER : RAISE;
}

/* Whether a change away from 0 or towards it: 1 or −1 for each unit of length. */
static int64_t price(int32_t surplus, int direction)
{
    return (direction == LOWER ? surplus <= 0 : surplus >= 0) ? 1 : -1;
}

/* All about a node whose gaps have one and the same surplus. */
static void refresh_even(const struct optimal_surplus *surplus, struct span span)
{
    struct node *node = &surplus->node[span.node];
    if (span.begin >= surplus->n)
        return;
    int64_t top = surplus->at[end_of(surplus, span)];
    for (int d = 0; d < DIRECTIONS; d++)
        node->cost[d] = price(node->least, d) * (top - surplus->at[span.begin]);
    for (unsigned kind = 0; kind < OPTIMAL_KINDS; kind++) {
        if (node->first[kind] == OPTIMAL_NONE)
            continue;
        int64_t unit = price(node->least, direction_of(kind));
        node->end[kind] = unit > 0 ? node->last[kind] : node->first[kind];
        node->best[kind] = unit * (top - surplus->at[node->end[kind]]);
    }
}

static void refresh_block(struct optimal_surplus *surplus, struct span span)
{
    struct node fresh = {.least = INT32_MAX, .most = INT32_MIN};
    for (unsigned kind = 0; kind < OPTIMAL_KINDS; kind++) {
        fresh.best[kind] = INT64_MAX;
        fresh.first[kind] = fresh.last[kind] = OPTIMAL_NONE;
    }
    for (uint32_t i = end_of(surplus, span); i-- > span.begin;) {
        int64_t length = surplus->at[i + 1] - surplus->at[i];
        int32_t value = surplus->value[i];
        unsigned kind = surplus->kind[i];
        fresh.least = value < fresh.least ? value : fresh.least;
        fresh.most = value > fresh.most ? value : fresh.most;
        fresh.cost[LOWER] += price(value, LOWER) * length;
        fresh.cost[RAISE] += price(value, RAISE) * length;
        if (kind == OPTIMAL_TO_COME)
            continue;
        if (fresh.last[kind] == OPTIMAL_NONE)
            fresh.last[kind] = i;
        fresh.first[kind] = i;
        if (fresh.cost[direction_of(kind)] < fresh.best[kind]) {
            fresh.best[kind] = fresh.cost[direction_of(kind)];
            fresh.end[kind] = i;
        }
    }
    surplus->node[span.node] = fresh;
}

static void refresh_from_halves(struct node *node, const struct node *left,
                                const struct node *right)
{
    node->least = left->least < right->least ? left->least : right->least;
    node->most = left->most > right->most ? left->most : right->most;
    for (int d = 0; d < DIRECTIONS; d++)
        node->cost[d] = left->cost[d] + right->cost[d];
    for (unsigned kind = 0; kind < OPTIMAL_KINDS; kind++) {
        node->first[kind] =
            left->first[kind] != OPTIMAL_NONE ? left->first[kind] : right->first[kind];
        node->last[kind] = right->last[kind] != OPTIMAL_NONE ? right->last[kind] : left->last[kind];
        node->best[kind] = right->best[kind];
        node->end[kind] = right->end[kind];
        if (left->best[kind] == INT64_MAX)
            continue;
        int64_t cost = left->best[kind] + right->cost[direction_of(kind)];
        if (cost < node->best[kind]) {
            node->best[kind] = cost;
            node->end[kind] = left->end[kind];
        }
    }
}

static void change_all(const struct optimal_surplus *surplus, struct span span, int32_t change)
{
    struct node *node = &surplus->node[span.node];
    node->least += change;
    node->most += change;
    node->pending += change;
    if (node->least == node->most)
        refresh_even(surplus, span);
}

/* Hands what is pending to those below. */
static void hand_down(struct optimal_surplus *surplus, struct span span)
{
    struct node *node = &surplus->node[span.node];
    if (node->pending == 0)
        return;
    if (span.size > BLOCK)
        for (uint32_t which = 0; which < 2; which++)
            change_all(surplus, half(span, which), node->pending);
    else
        for (uint32_t i = span.begin; i < end_of(surplus, span); i++)
            surplus->value[i] += node->pending;
    node->pending = 0;
}

/* Whether the paths of a node stay known when its surplus changes by one. */
static bool stays_known(const struct node *node, int change)
{
    if (node->least == node->most)
        return true;
    return change < 0 ? node->least > 1 || node->most < 0 : node->least > 0 || node->most < -1;
}

static void refresh(struct optimal_surplus *surplus, struct span span)
{
    struct node *node = &surplus->node[span.node];
    if (span.size > BLOCK)
        refresh_from_halves(node, node - span.node + 2 * span.node,
                            node - span.node + 2 * span.node + 1);
    else
        refresh_block(surplus, span);
}

static void add_below(struct optimal_surplus *surplus, struct span span, struct span range,
                      int change)
{
    uint32_t end = end_of(surplus, span), to = range.begin + range.size;
    if (range.begin >= end || to <= span.begin)
        return;
    if (range.begin <= span.begin && end <= to && stays_known(&surplus->node[span.node], change)) {
        change_all(surplus, span, change);
        return;
    }
    hand_down(surplus, span);
    if (span.size > BLOCK) {
        add_below(surplus, half(span, 0), range, change);
        add_below(surplus, half(span, 1), range, change);
    } else {
        uint32_t i = range.begin > span.begin ? range.begin : span.begin;
        for (end = least_of(end, to); i < end; i++)
            surplus->value[i] += change;
    }
    refresh(surplus, span);
}

void optimal_surplus_add(struct optimal_surplus *surplus, uint32_t from, uint32_t to, int change)
{
    if (from < to)
        add_below(surplus, whole(surplus), (struct span){0, from, to - from}, change);
}

static void set_below(struct optimal_surplus *surplus, struct span span, uint32_t place)
{
    hand_down(surplus, span);
    if (span.size > BLOCK)
        set_below(surplus, half(span, place >= span.begin + span.size / 2), place);
    refresh(surplus, span);
}

void optimal_surplus_set(struct optimal_surplus *surplus, uint32_t place, enum optimal_kind kind)
{
    surplus->kind[place] = (uint8_t)kind;
    set_below(surplus, whole(surplus), place);
}

/* A search for the cheapest path: downwards, with the cost of all gaps passed so far. */
struct search {
    uint32_t from, to;
    unsigned kind;
    int64_t passed;
    struct optimal_path best;
};

static void search_block(const struct optimal_surplus *surplus, struct span span,
                         struct search *search)
{
    uint32_t from = search->from > span.begin ? search->from : span.begin;
    int direction = direction_of(search->kind);
    for (uint32_t i = least_of(end_of(surplus, span), search->to); i-- > from;) {
        search->passed +=
            price(surplus->value[i], direction) * (surplus->at[i + 1] - surplus->at[i]);
        if (surplus->kind[i] == search->kind && search->passed < search->best.cost)
            search->best = (struct optimal_path){i, search->passed};
    }
}

static void search_below(struct optimal_surplus *surplus, struct span span, struct search *search)
{
    const struct node *node = &surplus->node[span.node];
    uint32_t end = end_of(surplus, span);
    if (search->from >= end || search->to <= span.begin)
        return;
    if (search->from <= span.begin && end <= search->to) {
        if (node->best[search->kind] != INT64_MAX &&
            node->best[search->kind] + search->passed < search->best.cost)
            search->best = (struct optimal_path){node->end[search->kind],
                                                 node->best[search->kind] + search->passed};
        search->passed += node->cost[direction_of(search->kind)];
        return;
    }
    hand_down(surplus, span);
    if (span.size == BLOCK) {
        search_block(surplus, span, search);
        return;
    }
    search_below(surplus, half(span, 1), search);
    search_below(surplus, half(span, 0), search);
}

struct optimal_path optimal_surplus_path(struct optimal_surplus *surplus, uint32_t from,
                                         uint32_t to, enum optimal_kind kind)
{
    struct search search = {
        .from = from, .to = to, .kind = kind, .best = {OPTIMAL_NONE, INT64_MAX}};
    search_below(surplus, whole(surplus), &search);
    return search.best;
}

struct optimal_surplus *optimal_surplus_new(const int64_t at[], size_t n, struct rwe_arena *scratch)
{
    struct optimal_surplus *surplus = RWE_NEW(scratch, struct optimal_surplus, 1);
    uint32_t n_leaves = 1;
    while ((size_t)n_leaves * BLOCK < n)
        n_leaves *= 2;
    int32_t *value = RWE_NEW(scratch, int32_t, n);
    uint8_t *kind = RWE_NEW(scratch, uint8_t, n);
    struct node *node = RWE_NEW(scratch, struct node, 2 * (size_t)n_leaves);
    if (rwe_arena_failed(scratch))
        return NULL;
    for (size_t i = 0; i < n; i++)
        kind[i] = OPTIMAL_TO_COME;
    *surplus = (struct optimal_surplus){at, value, kind, node, (uint32_t)n, n_leaves};
    for (uint32_t i = 2 * n_leaves; i-- > 1;) {
        /* Surplus 0 and nobody there yet. What it costs to pass is known when it is passed: by then
         * each of its places has come, and has refreshed it. */
        for (unsigned k = 0; k < OPTIMAL_KINDS; k++) {
            node[i].best[k] = INT64_MAX;
            node[i].first[k] = node[i].last[k] = OPTIMAL_NONE;
        }
    }
    return surplus;
}
