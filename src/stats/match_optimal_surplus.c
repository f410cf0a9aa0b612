/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * The surplus between neighbouring places, and the cheapest paths through it: a binary tree over
 * blocks of places.
 *
 * A node knows what a path pays for all its gaps, and for each kind of place the cheapest path from
 * the node's upper end down to one within it. A change of the surplus by one throughout a node
 * leaves these as they are if it nowhere leaves or reaches 0; if it is the same everywhere, they
 * are known too: the cheapest path ends at the node's last or first place. Else the change goes
 * down to where it matters. As newcomers of both arms often undo each other's paths, a node keeps
 * what it knew at the last few values of its offset (the sum of changes since anything else in it
 * changed), and need not ask below when it comes back to one of them.
 */
#include "match_optimal_private.h"

#include <string.h>

enum { BLOCK = 32, MEMORIES = 16 }; /* of memories a power of two */

/* A treated unit that comes lowers the surplus, a control raises it. */
enum { LOWER, RAISE, DIRECTIONS };

/* Paths through a node and within it. */
struct paths {
    int64_t cost[DIRECTIONS];    /* of a path through all gaps */
    int64_t best[OPTIMAL_KINDS]; /* of the cheapest within, INT64_MAX when there is none … */
    uint32_t end[OPTIMAL_KINDS]; /* … and where it ends */
};

struct node {
    int32_t least, most; /* surplus in its gaps */
    int32_t pending;     /* change of the surplus that has not gone down yet */
    int32_t offset;
    int32_t
        offset_of[MEMORIES]; /* those at which memories were made. Zeros mean none but the first:
                                    an offset is kept at itself modulo MEMORIES */
    uint32_t first[OPTIMAL_KINDS], last[OPTIMAL_KINDS]; /* places, or OPTIMAL_NONE */
    struct paths memory[MEMORIES];
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

static unsigned memory_at(int32_t offset)
{
    return (uint32_t)offset % MEMORIES;
}

static struct paths *paths_of(struct node *node)
{
    return &node->memory[memory_at(node->offset)];
}

/* The paths of a node whose gaps have one and the same surplus. */
static void find_even_paths(const struct optimal_surplus *surplus, struct span span)
{
    struct node *node = &surplus->node[span.node];
    struct paths *paths = paths_of(node);
    if (span.begin >= surplus->n)
        return;
    int64_t top = surplus->at[end_of(surplus, span)];
    for (int d = 0; d < DIRECTIONS; d++)
        paths->cost[d] = price(node->least, d) * (top - surplus->at[span.begin]);
    for (unsigned kind = 0; kind < OPTIMAL_KINDS; kind++) {
        paths->best[kind] = INT64_MAX;
        if (node->first[kind] == OPTIMAL_NONE)
            continue;
        int64_t unit = price(node->least, direction_of(kind));
        paths->end[kind] = unit > 0 ? node->last[kind] : node->first[kind];
        paths->best[kind] = unit * (top - surplus->at[paths->end[kind]]);
    }
}

static void find_block_paths(struct optimal_surplus *surplus, struct span span)
{
    struct node *node = &surplus->node[span.node];
    struct paths paths = {.cost = {0}};
    node->least = INT32_MAX;
    node->most = INT32_MIN;
    for (unsigned kind = 0; kind < OPTIMAL_KINDS; kind++) {
        paths.best[kind] = INT64_MAX;
        node->first[kind] = node->last[kind] = OPTIMAL_NONE;
    }
    for (uint32_t i = end_of(surplus, span); i-- > span.begin;) {
        int64_t length = surplus->at[i + 1] - surplus->at[i];
        int32_t value = surplus->value[i];
        unsigned kind = surplus->kind[i];
        node->least = value < node->least ? value : node->least;
        node->most = value > node->most ? value : node->most;
        paths.cost[LOWER] += price(value, LOWER) * length;
        paths.cost[RAISE] += price(value, RAISE) * length;
        if (kind == OPTIMAL_TO_COME)
            continue;
        if (node->last[kind] == OPTIMAL_NONE)
            node->last[kind] = i;
        node->first[kind] = i;
        if (paths.cost[direction_of(kind)] < paths.best[kind]) {
            paths.best[kind] = paths.cost[direction_of(kind)];
            paths.end[kind] = i;
        }
    }
    *paths_of(node) = paths;
}

static void join_paths(const struct paths *left, const struct paths *right, struct paths *paths)
{
    for (int d = 0; d < DIRECTIONS; d++)
        paths->cost[d] = left->cost[d] + right->cost[d];
    for (unsigned kind = 0; kind < OPTIMAL_KINDS; kind++) {
        paths->best[kind] = right->best[kind];
        paths->end[kind] = right->end[kind];
        if (left->best[kind] == INT64_MAX)
            continue;
        int64_t cost = left->best[kind] + right->cost[direction_of(kind)];
        if (cost < paths->best[kind]) {
            paths->best[kind] = cost;
            paths->end[kind] = left->end[kind];
        }
    }
}

/* All about a node at its present offset, from below, where nothing may be pending for it. */
static void look_below(struct optimal_surplus *surplus, struct span span)
{
    struct node *node = &surplus->node[span.node];
    if (span.size == BLOCK) {
        find_block_paths(surplus, span);
        return;
    }
    struct node *left = &surplus->node[2 * span.node], *right = left + 1;
    node->least = left->least < right->least ? left->least : right->least;
    node->most = left->most > right->most ? left->most : right->most;
    for (unsigned kind = 0; kind < OPTIMAL_KINDS; kind++) {
        const struct node *low = left->first[kind] != OPTIMAL_NONE ? left : right;
        const struct node *high = right->last[kind] != OPTIMAL_NONE ? right : left;
        node->first[kind] = low->first[kind];
        node->last[kind] = high->last[kind];
    }
    join_paths(paths_of(left), paths_of(right), paths_of(node));
}

/* After anything but a change throughout: no memory holds any more. */
static void refresh(struct optimal_surplus *surplus, struct span span)
{
    struct node *node = &surplus->node[span.node];
    node->offset = 0;
    memset(node->offset_of, 0, sizeof node->offset_of);
    look_below(surplus, span);
}

/* Whether the paths are known after a change throughout the node, without a look below. */
static bool find_known_paths(struct optimal_surplus *surplus, struct span span, int32_t change)
{
    struct node *node = &surplus->node[span.node];
    const struct paths *before = &node->memory[memory_at(node->offset - change)];
    unsigned here = memory_at(node->offset);
    if (node->offset_of[here] == node->offset)
        return true;
    node->offset_of[here] = node->offset;
    if (node->least == node->most) {
        find_even_paths(surplus, span);
        return true;
    }
    bool same = change < 0 ? node->least > 0 || node->most - change < 0
                           : node->least - change > 0 || node->most < 0;
    if (same && before != paths_of(node))
        *paths_of(node) = *before;
    return same;
}

static void change_all(struct optimal_surplus *surplus, struct span span, int32_t change);

/* Hands what is pending to those below. */
static void hand_down(struct optimal_surplus *surplus, struct span span)
{
    struct node *node = &surplus->node[span.node];
    int32_t change = node->pending;
    node->pending = 0;
    if (change == 0 || span.begin >= surplus->n)
        return;
    if (span.size > BLOCK) {
        change_all(surplus, half(span, 0), change);
        change_all(surplus, half(span, 1), change);
    } else
        for (uint32_t i = span.begin; i < end_of(surplus, span); i++)
            surplus->value[i] += change;
}

/* Changes the surplus throughout a node. */
static void change_all(struct optimal_surplus *surplus, struct span span, int32_t change)
{
    struct node *node = &surplus->node[span.node];
    node->least += change;
    node->most += change;
    node->pending += change;
    node->offset += change;
    if (find_known_paths(surplus, span, change))
        return;
    hand_down(surplus, span);
    look_below(surplus, span);
}

/* Changes the surplus between two places, and refreshes the nodes above them. */
static void add_below(struct optimal_surplus *surplus, struct span span, uint32_t from, uint32_t to,
                      int change)
{
    uint32_t end = end_of(surplus, span);
    if (end <= from || to < span.begin)
        return;
    if (from < span.begin && end <= to) {
        change_all(surplus, span, change);
        return;
    }
    hand_down(surplus, span);
    if (span.size > BLOCK) {
        add_below(surplus, half(span, 0), from, to, change);
        add_below(surplus, half(span, 1), from, to, change);
    } else {
        for (uint32_t i = from > span.begin ? from : span.begin; i < least_of(end, to); i++)
            surplus->value[i] += change;
    }
    refresh(surplus, span);
}

void optimal_surplus_add(struct optimal_surplus *surplus, struct optimal_end low,
                         struct optimal_end high, int change)
{
    surplus->kind[low.place] = (uint8_t)low.kind;
    surplus->kind[high.place] = (uint8_t)high.kind;
    add_below(surplus, whole(surplus), low.place, high.place, change);
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
    const struct paths *paths = paths_of(&surplus->node[span.node]);
    uint32_t end = end_of(surplus, span);
    if (search->from >= end || search->to <= span.begin)
        return;
    if (search->from <= span.begin && end <= search->to) {
        if (paths->best[search->kind] != INT64_MAX &&
            paths->best[search->kind] + search->passed < search->best.cost)
            search->best = (struct optimal_path){paths->end[search->kind],
                                                 paths->best[search->kind] + search->passed};
        search->passed += paths->cost[direction_of(search->kind)];
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
            node[i].memory[0].best[k] = INT64_MAX;
            node[i].first[k] = node[i].last[k] = OPTIMAL_NONE;
        }
    }
    return surplus;
}
