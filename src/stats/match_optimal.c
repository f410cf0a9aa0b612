/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/stats/match_optimal.h"

#include "match_flow_private.h"
#include "rwe/base/sort.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/*
 * An optimal matching can be taken without crossings: the i-th matched treated unit goes with the
 * i-th matched control. So the two sets of matched units say all. With A(x) and B(x) the numbers of
 * matched treated units and controls up to x,
 *     the total distance is ∫ |A − B| dx  (A − B is called the surplus here), and
 *     the caliper c holds if and only if A(x) <= B(x + c) and B(x) <= A(x + c) for every x.
 * It is enough to look at the first where x is a treated unit and at the second where x is a
 * control; the differences are called the slack of that unit.
 *
 * Units come one by one from the left. By the theory of augmenting paths the matching stays optimal
 * when each newcomer takes its best alternating path. For a treated unit at x such a path ends
 *     at a free control at q, which becomes matched too (one pair more), or
 *     at a matched treated unit at q, which becomes free instead (no pair more);
 * for a control the same with the arms exchanged. Either lowers the surplus by one on [q, x) (for a
 * control: raises it) and changes slacks by one on two ranges. Its cost is what it adds to
 * ∫ |surplus|: the lengths where it moves away from 0 less those where it moves towards 0. It is
 * forbidden if it lowers a slack of 0. (General theory: Ahuja, Magnanti & Orlin, Network Flows,
 * 1993, chapter 9.)
 */

/* No place, no unit. */
#define NONE UINT32_MAX

/* Units by ascending score, at places 0 … n − 1; at least one. */
struct line {
    size_t n;
    const double *level;    /* scores in units of the grid */
    const int64_t *at;      /* the same, rounded; has a place n, whatever is there */
    const uint8_t *treated; /* 0 or 1 */
    double caliper;         /* in whole units of the grid */
};

/* What a place can be to a newcomer: the first two the end of a treated unit's path, the others of
 * a control's. */
enum kind {
    FREE_CONTROL,
    MATCHED_TREATED,
    FREE_TREATED,
    MATCHED_CONTROL,
    KINDS,
    TO_COME = KINDS, /* not taken up yet */
};

struct path {
    uint32_t end; /* its place, or NONE */
    int64_t cost; /* change of the total distance */
};

/* A place and what it becomes. */
struct path_end {
    uint32_t place;
    enum kind kind;
};

/* ---- slacks ---- */

/*
 * Slacks under sums over ranges: a binary tree over blocks of slacks. A node adds its `sum` to all
 * below it, and knows the least of them, its own sum included but not those above it.
 */

enum { SLACK_BLOCK = 64 };

struct slack_node {
    int32_t least, sum;
};

struct slack {
    int32_t *value;
    struct slack_node *node; /* root 1, below i are 2 i and 2 i + 1; the last n_leaves are leaves */
    uint32_t n, n_leaves;
};

/* What is under a node: begin … begin + size − 1, less those from n on. */
struct span {
    uint32_t node, begin, size;
};

static struct span half(struct span span, uint32_t which)
{
    return (struct span){2 * span.node + which, span.begin + which * (span.size / 2),
                         span.size / 2};
}

static struct span whole_slack(const struct slack *slack)
{
    return (struct span){1, 0, slack->n_leaves * SLACK_BLOCK};
}

static uint32_t slack_end(const struct slack *slack, struct span span)
{
    uint32_t end = span.begin + span.size;
    return end < slack->n ? end : slack->n;
}

/* n slacks of 0. NULL when memory is out. */
static struct slack *slack_new(size_t n, struct rwe_arena *scratch)
{
    struct slack *slack = RWE_NEW(scratch, struct slack, 1);
    uint32_t n_leaves = 1;
    while ((size_t)n_leaves * SLACK_BLOCK < n)
        n_leaves *= 2;
    int32_t *value = RWE_NEW(scratch, int32_t, n);
    struct slack_node *node = RWE_NEW(scratch, struct slack_node, 2 * (size_t)n_leaves);
    if (rwe_arena_failed(scratch))
        return NULL;
    *slack = (struct slack){value, node, (uint32_t)n, n_leaves};
    return slack;
}

static void add_in_block(struct slack *slack, struct span span, struct span range, int change)
{
    uint32_t from = range.begin > span.begin ? range.begin : span.begin;
    uint32_t to = range.begin + range.size, end = slack_end(slack, span);
    int32_t least = INT32_MAX;
    for (uint32_t i = from; i < to && i < end; i++)
        slack->value[i] += change;
    for (uint32_t i = span.begin; i < end; i++)
        least = slack->value[i] < least ? slack->value[i] : least;
    slack->node[span.node].least = least + slack->node[span.node].sum;
}

static void add_to_slack(struct slack *slack, struct span span, struct span range, int change)
{
    struct slack_node *node = &slack->node[span.node];
    uint32_t end = slack_end(slack, span), to = range.begin + range.size;
    if (range.begin >= end || to <= span.begin)
        return;
    if (range.begin <= span.begin && end <= to) {
        node->least += change;
        node->sum += change;
        return;
    }
    if (span.size == SLACK_BLOCK) {
        add_in_block(slack, span, range, change);
        return;
    }
    add_to_slack(slack, half(span, 0), range, change);
    add_to_slack(slack, half(span, 1), range, change);
    int32_t left = slack->node[2 * span.node].least, right = slack->node[2 * span.node + 1].least;
    node->least = (left < right ? left : right) + node->sum;
}

/* Adds `change` to the slacks from … to − 1; does nothing when from >= to. */
static void slack_add(struct slack *slack, uint32_t from, uint32_t to, int change)
{
    if (from < to)
        add_to_slack(slack, whole_slack(slack), (struct span){0, from, to - from}, change);
}

/* `above` is the sum of the nodes above. */
static uint32_t last_zero_below(const struct slack *slack, struct span span, uint32_t end,
                                int32_t above)
{
    const struct slack_node *node = &slack->node[span.node];
    if (span.begin >= end || node->least + above > 0)
        return NONE;
    above += node->sum;
    if (span.size > SLACK_BLOCK) {
        uint32_t found = last_zero_below(slack, half(span, 1), end, above);
        return found != NONE ? found : last_zero_below(slack, half(span, 0), end, above);
    }
    uint32_t i = slack_end(slack, span);
    for (i = i < end ? i : end; i-- > span.begin;)
        if (slack->value[i] + above == 0)
            return i;
    return NONE;
}

/* The last slack of 0 below `end`, or NONE. No slack may be negative. */
static uint32_t slack_last_zero(const struct slack *slack, uint32_t end)
{
    return last_zero_below(slack, whole_slack(slack), end, 0);
}

/* ---- the surplus ---- */

/*
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

enum { SURPLUS_BLOCK = 32, MEMORIES = 16 }; /* of memories a power of two */

/* A treated unit that comes lowers the surplus, a control raises it. */
enum { LOWER, RAISE, DIRECTIONS };

/* Paths through a node and within it. */
struct paths {
    int64_t cost[DIRECTIONS]; /* of a path through all gaps */
    int64_t best[KINDS];      /* of the cheapest within, INT64_MAX when there is none … */
    uint32_t end[KINDS];      /* … and where it ends */
};

struct surplus_node {
    int32_t least, most; /* surplus in its gaps */
    int32_t pending;     /* change of the surplus that has not gone down yet */
    int32_t offset;
    /* Those at which memories were made. Zeros mean none but the first: an offset is kept at itself
     * modulo MEMORIES. */
    int32_t offset_of[MEMORIES];
    uint32_t first[KINDS], last[KINDS]; /* places, or NONE */
    struct paths memory[MEMORIES];
};

struct surplus {
    const int64_t *at;
    int32_t *value; /* between a place and the next */
    uint8_t *kind;
    struct surplus_node
        *node; /* root 1, below i are 2 i and 2 i + 1; the last n_leaves are leaves */
    uint32_t n, n_leaves;
};

static struct span whole_surplus(const struct surplus *surplus)
{
    return (struct span){1, 0, surplus->n_leaves * SURPLUS_BLOCK};
}

static uint32_t least_of(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static uint32_t surplus_end(const struct surplus *surplus, struct span span)
{
    return least_of(span.begin + span.size, surplus->n);
}

static int direction_of(unsigned kind)
{
    return kind < FREE_TREATED ? LOWER : RAISE;
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

static struct paths *paths_of(struct surplus_node *node)
{
    return &node->memory[memory_at(node->offset)];
}

/* The paths of a node whose gaps have one and the same surplus. */
static void find_even_paths(const struct surplus *surplus, struct span span)
{
    struct surplus_node *node = &surplus->node[span.node];
    struct paths *paths = paths_of(node);
    if (span.begin >= surplus->n)
        return;
    int64_t top = surplus->at[surplus_end(surplus, span)];
    for (int d = 0; d < DIRECTIONS; d++)
        paths->cost[d] = price(node->least, d) * (top - surplus->at[span.begin]);
    for (unsigned kind = 0; kind < KINDS; kind++) {
        paths->best[kind] = INT64_MAX;
        if (node->first[kind] == NONE)
            continue;
        int64_t unit = price(node->least, direction_of(kind));
        paths->end[kind] = unit > 0 ? node->last[kind] : node->first[kind];
        paths->best[kind] = unit * (top - surplus->at[paths->end[kind]]);
    }
}

static void find_block_paths(struct surplus *surplus, struct span span)
{
    struct surplus_node *node = &surplus->node[span.node];
    struct paths paths = {.cost = {0}};
    node->least = INT32_MAX;
    node->most = INT32_MIN;
    for (unsigned kind = 0; kind < KINDS; kind++) {
        paths.best[kind] = INT64_MAX;
        node->first[kind] = node->last[kind] = NONE;
    }
    for (uint32_t i = surplus_end(surplus, span); i-- > span.begin;) {
        int64_t length = surplus->at[i + 1] - surplus->at[i];
        int32_t value = surplus->value[i];
        unsigned kind = surplus->kind[i];
        node->least = value < node->least ? value : node->least;
        node->most = value > node->most ? value : node->most;
        paths.cost[LOWER] += price(value, LOWER) * length;
        paths.cost[RAISE] += price(value, RAISE) * length;
        if (kind == TO_COME)
            continue;
        if (node->last[kind] == NONE)
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
    for (unsigned kind = 0; kind < KINDS; kind++) {
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
static void look_below(struct surplus *surplus, struct span span)
{
    struct surplus_node *node = &surplus->node[span.node];
    if (span.size == SURPLUS_BLOCK) {
        find_block_paths(surplus, span);
        return;
    }
    struct surplus_node *left = &surplus->node[2 * span.node], *right = left + 1;
    node->least = left->least < right->least ? left->least : right->least;
    node->most = left->most > right->most ? left->most : right->most;
    for (unsigned kind = 0; kind < KINDS; kind++) {
        const struct surplus_node *low = left->first[kind] != NONE ? left : right;
        const struct surplus_node *high = right->last[kind] != NONE ? right : left;
        node->first[kind] = low->first[kind];
        node->last[kind] = high->last[kind];
    }
    join_paths(paths_of(left), paths_of(right), paths_of(node));
}

/* After anything but a change throughout: no memory holds any more. */
static void refresh(struct surplus *surplus, struct span span)
{
    struct surplus_node *node = &surplus->node[span.node];
    node->offset = 0;
    memset(node->offset_of, 0, sizeof node->offset_of);
    look_below(surplus, span);
}

/* Whether the paths are known after a change throughout the node, without a look below. */
static bool find_known_paths(struct surplus *surplus, struct span span, int32_t change)
{
    struct surplus_node *node = &surplus->node[span.node];
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

static void change_all(struct surplus *surplus, struct span span, int32_t change);

/* Hands what is pending to those below. */
static void hand_down(struct surplus *surplus, struct span span)
{
    struct surplus_node *node = &surplus->node[span.node];
    int32_t change = node->pending;
    node->pending = 0;
    if (change == 0 || span.begin >= surplus->n)
        return;
    if (span.size > SURPLUS_BLOCK) {
        change_all(surplus, half(span, 0), change);
        change_all(surplus, half(span, 1), change);
    } else
        for (uint32_t i = span.begin; i < surplus_end(surplus, span); i++)
            surplus->value[i] += change;
}

/* Changes the surplus throughout a node. */
static void change_all(struct surplus *surplus, struct span span, int32_t change)
{
    struct surplus_node *node = &surplus->node[span.node];
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
static void add_to_surplus(struct surplus *surplus, struct span span, uint32_t from, uint32_t to,
                           int change)
{
    uint32_t end = surplus_end(surplus, span);
    if (end <= from || to < span.begin)
        return;
    if (from < span.begin && end <= to) {
        change_all(surplus, span, change);
        return;
    }
    hand_down(surplus, span);
    if (span.size > SURPLUS_BLOCK) {
        add_to_surplus(surplus, half(span, 0), from, to, change);
        add_to_surplus(surplus, half(span, 1), from, to, change);
    } else {
        for (uint32_t i = from > span.begin ? from : span.begin; i < least_of(end, to); i++)
            surplus->value[i] += change;
    }
    refresh(surplus, span);
}

/* Adds `change` (1 or −1) between two places, whose kinds are set. */
static void surplus_add(struct surplus *surplus, struct path_end low, struct path_end high,
                        int change)
{
    surplus->kind[low.place] = (uint8_t)low.kind;
    surplus->kind[high.place] = (uint8_t)high.kind;
    add_to_surplus(surplus, whole_surplus(surplus), low.place, high.place, change);
}

static void set_in_surplus(struct surplus *surplus, struct span span, uint32_t place)
{
    hand_down(surplus, span);
    if (span.size > SURPLUS_BLOCK)
        set_in_surplus(surplus, half(span, place >= span.begin + span.size / 2), place);
    refresh(surplus, span);
}

static void surplus_set(struct surplus *surplus, uint32_t place, enum kind kind)
{
    surplus->kind[place] = (uint8_t)kind;
    set_in_surplus(surplus, whole_surplus(surplus), place);
}

/* A search for the cheapest path: downwards, with the cost of all gaps passed so far. */
struct search {
    uint32_t from, to;
    unsigned kind;
    int64_t passed;
    struct path best;
};

static void search_block(const struct surplus *surplus, struct span span, struct search *search)
{
    uint32_t from = search->from > span.begin ? search->from : span.begin;
    int direction = direction_of(search->kind);
    for (uint32_t i = least_of(surplus_end(surplus, span), search->to); i-- > from;) {
        search->passed +=
            price(surplus->value[i], direction) * (surplus->at[i + 1] - surplus->at[i]);
        if (surplus->kind[i] == search->kind && search->passed < search->best.cost)
            search->best = (struct path){i, search->passed};
    }
}

static void search_below(struct surplus *surplus, struct span span, struct search *search)
{
    const struct paths *paths = paths_of(&surplus->node[span.node]);
    uint32_t end = surplus_end(surplus, span);
    if (search->from >= end || search->to <= span.begin)
        return;
    if (search->from <= span.begin && end <= search->to) {
        if (paths->best[search->kind] != INT64_MAX &&
            paths->best[search->kind] + search->passed < search->best.cost)
            search->best =
                (struct path){paths->end[search->kind], paths->best[search->kind] + search->passed};
        search->passed += paths->cost[direction_of(search->kind)];
        return;
    }
    hand_down(surplus, span);
    if (span.size == SURPLUS_BLOCK) {
        search_block(surplus, span, search);
        return;
    }
    search_below(surplus, half(span, 1), search);
    search_below(surplus, half(span, 0), search);
}

/* The cheapest path from `to` down to a place of `kind` in [from, to); among equals the nearest. */
static struct path surplus_path(struct surplus *surplus, uint32_t from, uint32_t to, enum kind kind)
{
    struct search search = {.from = from, .to = to, .kind = kind, .best = {NONE, INT64_MAX}};
    search_below(surplus, whole_surplus(surplus), &search);
    return search.best;
}

/* Surplus 0 everywhere, all places still to come. NULL when memory is out. `at` is borrowed. */
static struct surplus *surplus_new(const int64_t at[], size_t n, struct rwe_arena *scratch)
{
    struct surplus *surplus = RWE_NEW(scratch, struct surplus, 1);
    uint32_t n_leaves = 1;
    while ((size_t)n_leaves * SURPLUS_BLOCK < n)
        n_leaves *= 2;
    int32_t *value = RWE_NEW(scratch, int32_t, n);
    uint8_t *kind = RWE_NEW(scratch, uint8_t, n);
    struct surplus_node *node = RWE_NEW(scratch, struct surplus_node, 2 * (size_t)n_leaves);
    if (rwe_arena_failed(scratch))
        return NULL;
    for (size_t i = 0; i < n; i++)
        kind[i] = TO_COME;
    *surplus = (struct surplus){at, value, kind, node, (uint32_t)n, n_leaves};
    for (uint32_t i = 2 * n_leaves; i-- > 1;) {
        /* Surplus 0 and nobody there yet. What it costs to pass is known when it is passed: by then
         * each of its places has come, and has refreshed it. */
        for (unsigned k = 0; k < KINDS; k++) {
            node[i].memory[0].best[k] = INT64_MAX;
            node[i].first[k] = node[i].last[k] = NONE;
        }
    }
    return surplus;
}

/* ---- the sweep ---- */

enum { CONTROL, TREATED, ARMS };

/* Units of an arm are numbered by place. For each place, the first unit of the arm … */
struct bounds {
    uint32_t *level; /* … whose score is at least that of the place */
    uint32_t *reach; /* … that is within the caliper of the place, or above it */
};

struct sweep {
    const struct line *line;
    struct bounds first[ARMS];
    struct slack *slack[ARMS]; /* of the units of an arm */
    struct surplus *surplus;
    bool *matched; /* by place */
};

static enum rwe_status find_bounds(const struct line *line, int arm, struct rwe_arena *scratch,
                                   struct bounds *bounds)
{
    size_t n = line->n;
    uint32_t *place = RWE_NEW(scratch, uint32_t, n), n_units = 0;
    *bounds = (struct bounds){RWE_NEW(scratch, uint32_t, n), RWE_NEW(scratch, uint32_t, n)};
    if (rwe_arena_failed(scratch))
        return RWE_NO_MEMORY;
    for (size_t i = 0; i < n; i++)
        if (line->treated[i] == arm)
            place[n_units++] = (uint32_t)i;
    uint32_t same = 0, near = 0;
    for (size_t i = 0; i < n; i++) {
        double here = line->level[i];
        while (same < n_units && line->level[place[same]] < here)
            same++;
        while (near < same && rint(here - line->level[place[near]]) > line->caliper)
            near++;
        bounds->level[i] = same;
        bounds->reach[i] = near;
    }
    return RWE_OK;
}

/* The first place below `end` whose bound is above `limit`, or `end`; bounds ascend. */
static uint32_t first_above(const uint32_t bound[], uint32_t end, uint32_t limit)
{
    uint32_t low = 0, high = end;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (bound[middle] > limit)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static enum kind kind_of(int arm, bool matched)
{
    if (arm == TREATED)
        return matched ? MATCHED_TREATED : FREE_TREATED;
    return matched ? MATCHED_CONTROL : FREE_CONTROL;
}

/*
 * A path lowers the slacks of the other arm's units from here up to the first that the newcomer
 * reaches: whom it does not reach it does not help. An end in the other arm counts, once matched,
 * from its own score on. (If the newcomer reaches beyond that end, it helps those between instead.)
 * An end in the newcomer's arm, now free, was a help to those in its reach.
 */
static const uint32_t *lowered_from(const struct bounds *others, bool ends_in_other_arm)
{
    return ends_in_other_arm ? others->level : others->reach;
}

static struct path find_path(const struct sweep *sweep, uint32_t newcomer)
{
    int arm = sweep->line->treated[newcomer], other = !arm;
    const struct bounds *others = &sweep->first[other];
    uint32_t obstacle = slack_last_zero(sweep->slack[other], others->reach[newcomer]);
    struct path path = {NONE, 0};
    /* One pair more at any price, else the same number if it becomes cheaper. */
    for (int more = 1; more >= 0 && path.end == NONE; more--) {
        uint32_t from =
            obstacle == NONE ? 0 : first_above(lowered_from(others, more), newcomer, obstacle);
        path = surplus_path(sweep->surplus, from, newcomer,
                            more ? kind_of(other, false) : kind_of(arm, true));
        if (!more && path.cost >= 0)
            path.end = NONE;
    }
    return path;
}

static void take_path(const struct sweep *sweep, uint32_t newcomer, uint32_t end)
{
    int arm = sweep->line->treated[newcomer], other = !arm;
    bool in_other_arm = sweep->line->treated[end] != arm;
    const struct bounds *others = &sweep->first[other], *own = &sweep->first[arm];
    assert(own->reach != NULL && own->level != NULL); /* sweep_line has found the bounds */
    uint32_t lowered = lowered_from(others, in_other_arm)[end], reach = others->reach[newcomer];
    slack_add(sweep->slack[other], lowered, reach, -1);
    slack_add(sweep->slack[other], reach, lowered, 1); /* one of the two is empty */
    slack_add(sweep->slack[arm], (in_other_arm ? own->reach : own->level)[end],
              own->level[newcomer], 1);
    surplus_add(sweep->surplus,
                (struct path_end){end, kind_of(sweep->line->treated[end], in_other_arm)},
                (struct path_end){newcomer, kind_of(arm, true)}, arm == TREATED ? -1 : 1);
    sweep->matched[end] = in_other_arm;
    sweep->matched[newcomer] = true;
}

/* Finds the matched units of an optimal matching. RWE_NO_MEMORY or RWE_OK. */
static enum rwe_status sweep_line(const struct line *line, struct rwe_arena *scratch,
                                  bool matched[])
{
    struct sweep sweep = {.line = line, .matched = matched};
    size_t n_units[ARMS] = {0};
    for (size_t i = 0; i < line->n; i++) {
        n_units[line->treated[i]]++;
        matched[i] = false;
    }
    for (int arm = 0; arm < ARMS; arm++) {
        sweep.slack[arm] = slack_new(n_units[arm], scratch);
        if (find_bounds(line, arm, scratch, &sweep.first[arm]) != RWE_OK)
            return RWE_NO_MEMORY;
    }
    sweep.surplus = surplus_new(line->at, line->n, scratch);
    if (rwe_arena_failed(scratch))
        return RWE_NO_MEMORY;
    for (uint32_t i = 0; i < line->n; i++) {
        struct path path = find_path(&sweep, i);
        if (path.end != NONE)
            take_path(&sweep, i, path.end);
        else
            surplus_set(sweep.surplus, i, kind_of(line->treated[i], false));
    }
    return RWE_OK;
}

/* ---- lines, and pairs on them ---- */

/* What is given, with scores in units of the grid of match_private.h. */
struct task {
    const uint8_t *treated;
    const uint32_t *exact; /* NULL: one stratum */
    size_t n;
    double *level;
    double caliper;
};

/* The units by stratum, in it by ascending score, in it controls first, in it by number; and what
 * is known of the unit at each place. */
struct layout {
    uint32_t *unit;
    double *level;
    int64_t *at;
    uint8_t *treated;
    bool *matched;
};

/* unit[i] = before[order[i]], where order sorts what the units have as level (or stratum). */
static enum rwe_status sort_units(const struct task *task, bool by_stratum, uint32_t unit[],
                                  struct rwe_arena *arena)
{
    struct rwe_mark mark = rwe_arena_mark(arena);
    size_t n = task->n;
    uint32_t *order = RWE_NEW(arena, uint32_t, n), *before = RWE_NEW(arena, uint32_t, n);
    double *key = RWE_NEW(arena, double, n);
    if (rwe_arena_failed(arena))
        return RWE_NO_MEMORY;
    for (size_t i = 0; i < n; i++) {
        before[i] = unit[i];
        key[i] = by_stratum ? task->exact[unit[i]] : task->level[unit[i]];
    }
    if (rwe_sort_numbers(key, n, arena, order) != RWE_OK)
        return RWE_NO_MEMORY;
    for (size_t i = 0; i < n; i++)
        unit[i] = before[order[i]];
    rwe_arena_release(arena, mark);
    return RWE_OK;
}

static enum rwe_status lay_out(const struct task *task, struct rwe_arena *arena,
                               struct layout *layout)
{
    size_t n = task->n, n_listed = 0;
    *layout = (struct layout){.unit = RWE_NEW(arena, uint32_t, n),
                              .level = RWE_NEW(arena, double, n),
                              .at = RWE_NEW(arena, int64_t, n + 1),
                              .treated = RWE_NEW(arena, uint8_t, n),
                              .matched = RWE_NEW(arena, bool, n)};
    if (rwe_arena_failed(arena))
        return RWE_NO_MEMORY;
    for (int arm = 0; arm < 2; arm++)
        for (size_t i = 0; i < n; i++)
            if ((task->treated[i] != 0) == arm)
                layout->unit[n_listed++] = (uint32_t)i;
    if (sort_units(task, false, layout->unit, arena) != RWE_OK ||
        (task->exact != NULL && sort_units(task, true, layout->unit, arena) != RWE_OK))
        return RWE_NO_MEMORY;
    for (size_t i = 0; i < n; i++) {
        uint32_t unit = layout->unit[i];
        layout->level[i] = task->level[unit];
        layout->at[i] = (int64_t)rint(task->level[unit]);
        layout->treated[i] = task->treated[unit] != 0;
    }
    return RWE_OK;
}

/* Whether no pair can lie across the gap before this place. */
static bool begins_line(const struct task *task, const struct layout *layout, size_t place)
{
    const uint32_t *unit = &layout->unit[place];
    if (task->exact != NULL && task->exact[unit[0]] != task->exact[unit[-1]])
        return true;
    return match_distance(layout->level[place], layout->level[place - 1]) > task->caliper;
}

/* Of the units of one arm with one score it is the earliest that are matched. */
static void settle_ties(struct layout *layout, size_t begin, size_t end)
{
    for (size_t i = begin, next; i < end; i = next) {
        size_t n_matched = 0;
        for (next = i; next < end && layout->level[next] == layout->level[i] &&
                       layout->treated[next] == layout->treated[i];
             next++)
            n_matched += layout->matched[next];
        for (size_t k = i; k < next; k++)
            layout->matched[k] = k - i < n_matched;
    }
}

/* The next matched unit of an arm from a place on; `end` when there is none. */
static size_t next_matched(const struct layout *layout, size_t place, size_t end, int arm)
{
    while (place < end && !(layout->matched[place] && layout->treated[place] == arm))
        place++;
    return place;
}

/* The i-th matched treated unit goes with the i-th matched control. */
static void pair_by_rank(const struct layout *layout, size_t begin, size_t end, uint32_t partner[])
{
    size_t treated = next_matched(layout, begin, end, 1);
    size_t control = next_matched(layout, begin, end, 0);
    while (treated < end) {
        partner[layout->unit[treated]] = layout->unit[control];
        partner[layout->unit[control]] = layout->unit[treated];
        treated = next_matched(layout, treated + 1, end, 1);
        control = next_matched(layout, control + 1, end, 0);
    }
}

static enum rwe_status match_line(const struct task *task, struct layout *layout, size_t begin,
                                  size_t end, struct rwe_arena *arena)
{
    struct rwe_mark mark = rwe_arena_mark(arena);
    size_t n_treated = 0;
    for (size_t i = begin; i < end; i++)
        n_treated += layout->treated[i];
    if (n_treated == 0 || n_treated == end - begin)
        return RWE_OK;
    struct line line = {.n = end - begin,
                        .level = &layout->level[begin],
                        .at = &layout->at[begin],
                        .treated = &layout->treated[begin],
                        .caliper = task->caliper};
    if (sweep_line(&line, arena, &layout->matched[begin]) != RWE_OK)
        return RWE_NO_MEMORY;
    settle_ties(layout, begin, end);
    rwe_arena_release(arena, mark);
    return RWE_OK;
}

static enum rwe_status match_lines(const struct task *task, struct rwe_arena *arena,
                                   uint32_t partner[])
{
    struct layout layout;
    if (lay_out(task, arena, &layout) != RWE_OK)
        return RWE_NO_MEMORY;
    for (size_t i = 0; i < task->n; i++)
        partner[i] = RWE_UNMATCHED;
    for (size_t begin = 0, end; begin < task->n; begin = end) {
        for (end = begin + 1; end < task->n && !begins_line(task, &layout, end); end++)
            ;
        if (match_line(task, &layout, begin, end, arena) != RWE_OK)
            return RWE_NO_MEMORY;
        pair_by_rank(&layout, begin, end, partner);
    }
    return RWE_OK;
}

static size_t link_partners(const struct task *task, const uint32_t partner[],
                            struct match_link link[])
{
    size_t n_links = 0;
    for (uint32_t i = 0; i < task->n; i++)
        if (task->treated[i] != 0 && partner[i] != RWE_UNMATCHED)
            link[n_links++] = (struct match_link){.treated = i, .control = partner[i]};
    return n_links;
}

enum rwe_status rwe_match_optimal(const double score[], const uint8_t treated[], size_t n,
                                  const struct rwe_match_options *options, struct rwe_arena *arena,
                                  struct rwe_match *result, struct rwe_error *error)
{
    enum rwe_status status = rwe_match_check_input(score, n, options, error);
    if (status != RWE_OK)
        return status;
    struct match_link *link = RWE_NEW(arena, struct match_link, n);
    struct rwe_mark mark = rwe_arena_mark(arena);
    double grid = rwe_match_grid_of(score, n);
    struct task task = {.treated = treated,
                        .exact = options->exact,
                        .n = n,
                        .level = RWE_NEW(arena, double, n),
                        .caliper = rint(options->caliper / grid)};
    uint32_t *partner = RWE_NEW(arena, uint32_t, n), *order = RWE_NEW(arena, uint32_t, n);
    if (rwe_arena_failed(arena) ||
        rwe_match_level_scores(score, n, task.level, arena, order) != RWE_OK ||
        match_lines(&task, arena, partner) != RWE_OK)
        return rwe_fail_memory(error);
    size_t n_links = link_partners(&task, partner, link);
    rwe_arena_release(arena, mark);
    const struct rwe_match_units units = rwe_match_units_on_score(score, treated, n);
    if (rwe_match_sets_make(&units, link, n_links, false, arena, result) != RWE_OK)
        return rwe_fail_memory(error);
    return RWE_OK;
}
