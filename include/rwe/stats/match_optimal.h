/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Optimal 1:1 matching without replacement on a score, within a caliper, with unmatched units
 * allowed; exact. Of all sets of pairs (treated, control), each unit in at most one and no pair
 * farther apart than the caliper, the result has
 *   1. the most pairs, and among those
 *   2. the least total distance.
 * (Optimal matching: Rosenbaum, J Am Stat Assoc 84:1024, 1989.) Units that cannot be served stay
 * unmatched: nothing is infeasible.
 *
 * Exact means: on the grid of match.h. Scores are rounded to whole multiples of about 2^-30 of the
 * largest |score|, and on these the total is the least, in whole numbers and without a tolerance;
 * on the scores as given the mean distance of a pair is therefore the least but for one unit of the
 * grid. Whether a pair is within the caliper is judged as rwe_match_nearest does.
 *
 * Ties. No two pairs cross: within a stratum, the i-th matched treated unit by score goes with the
 * i-th matched control, equal scores by unit. So what ties leave open is how many units are matched
 * at each score; of units of one arm at one score it is the earliest. The number is settled by the
 * scores alone: they are taken up from the least to the largest, controls before treated units of
 * the same score, and each unit that comes changes the matching of those before it as cheaply as
 * it can: of changes that cost the same, that which ends nearest to it, and none when it gains
 * nothing. So neither the order of units of different scores nor that of the arms plays a part.
 *
 * One unit comes at a time and finds its cheapest change in a tree, in O(log n) steps, unless the
 * change passes many stretches where as many, or all but one as many, treated units as controls
 * are matched below: then in up to O(n), which bounds the whole by O(n²). Most such changes undo an
 * earlier one, which the tree remembers, so that in practice the time grows as n log n: 1 to 3 µs a
 * unit up to a million (tests/bench/bench_match_optimal.c), the most where arms are of one size
 * and scores alike.
 *
 * Several controls for a treated unit, or another distance: by a network flow (match_flow.h). That one
 * finds as many pairs at the same total, but from all admissible pairs: in the same run it took 6 s
 * against 0.003 s here for 2,000 units without a caliper and 33 s against 0.06 s for 10,000 within
 * 0.2 SD, and it refuses 100,000 within 0.2 SD, for which this takes a second.
 */
#ifndef RWE_STATS_MATCH_OPTIMAL_H
#define RWE_STATS_MATCH_OPTIMAL_H

#include "rwe/stats/match.h"

/**
 * Matches units with treated[i] = 1 to units with treated[i] = 0. Of the options `caliper` and
 * `exact` count; all others are not read. Errors: RWE_NOT_FINITE (a score; index), RWE_BAD_INPUT (a
 * negative or NaN caliper), RWE_NO_MEMORY. No pair within the caliper is a result with n_sets = 0.
 */
enum rwe_status rwe_match_optimal(const double score[], const uint8_t treated[], size_t n,
                                  const struct rwe_match_options *options, struct rwe_arena *arena,
                                  struct rwe_match *result, struct rwe_error *error);

#endif
