/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Optimal matching on a line: what its parts share.
 *
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
#ifndef STATS_MATCH_OPTIMAL_PRIVATE_H
#define STATS_MATCH_OPTIMAL_PRIVATE_H

#include "rwe/base/arena.h"
#include "rwe/base/status.h"
#include <stdbool.h>
#include <stdint.h>

/** No place, no unit. */
#define OPTIMAL_NONE UINT32_MAX

/** Units by ascending score, at places 0 … n − 1; at least one. */
struct optimal_line {
    size_t n;
    const double *level;    /**< scores in units of the grid */
    const int64_t *at;      /**< the same, rounded; has a place n, whatever is there */
    const uint8_t *treated; /**< 0 or 1 */
    double caliper;         /**< in whole units of the grid */
};

/** Finds the matched units of an optimal matching. RWE_NO_MEMORY or RWE_OK. */
enum rwe_status optimal_sweep(const struct optimal_line *line, struct rwe_arena *scratch,
                              bool matched[]);

/* ---- the surplus: match_optimal_surplus.c -------------------------------------------------------
 */

/** What a place can be to a newcomer: the first two the end of a treated unit's path, the others of
 * a control's. */
enum optimal_kind {
    OPTIMAL_FREE_CONTROL,
    OPTIMAL_MATCHED_TREATED,
    OPTIMAL_FREE_TREATED,
    OPTIMAL_MATCHED_CONTROL,
    OPTIMAL_KINDS,
    OPTIMAL_TO_COME = OPTIMAL_KINDS, /**< not taken up yet */
};

struct optimal_path {
    uint32_t end; /**< its place, or OPTIMAL_NONE */
    int64_t cost; /**< change of the total distance */
};

struct optimal_surplus;

/** Surplus 0 everywhere, all places still to come. NULL when memory is out. `at` is borrowed. */
struct optimal_surplus *optimal_surplus_new(const int64_t at[], size_t n,
                                            struct rwe_arena *scratch);

/** The cheapest path from `to` down to a place of `kind` in [from, to); among equals the nearest. */
struct optimal_path optimal_surplus_path(struct optimal_surplus *surplus, uint32_t from,
                                         uint32_t to, enum optimal_kind kind);

/** A place and what it becomes. */
struct optimal_end {
    uint32_t place;
    enum optimal_kind kind;
};

/** Adds `change` (1 or −1) between two places, whose kinds are set. */
void optimal_surplus_add(struct optimal_surplus *surplus, struct optimal_end low,
                         struct optimal_end high, int change);

void optimal_surplus_set(struct optimal_surplus *surplus, uint32_t place, enum optimal_kind kind);

/* ---- slacks: match_optimal_slack.c ------------------------------------------------------------- */

struct optimal_slack;

/** n slacks of 0. NULL when memory is out. */
struct optimal_slack *optimal_slack_new(size_t n, struct rwe_arena *scratch);

/** Adds `change` to the slacks from … to − 1; does nothing when from >= to. */
void optimal_slack_add(struct optimal_slack *slack, uint32_t from, uint32_t to, int change);

/** The last slack of 0 below `end`, or OPTIMAL_NONE. No slack may be negative. */
uint32_t optimal_slack_last_zero(const struct optimal_slack *slack, uint32_t end);

#endif
