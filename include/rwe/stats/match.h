/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Greedy 1:1 nearest-neighbour matching without replacement on a score, within a caliper
 * (Rosenbaum & Rubin, Am Stat 39:33, 1985; orders compared in Austin, Stat Med 33:1057, 2014).
 *
 * Units come in the canonical order of the cohort (by subject identifier), and every tie goes to
 * the earlier unit: first the earlier treated unit, then the earlier control. So the order of rows
 * in a file cannot change the pairs. Covariates in whole numbers make many equal distances, which
 * sums in binary tell apart in the last digit only; therefore scores and distances that differ by
 * less than about 2^-30 of the largest |score| are tied, and a caliper is met to that. O(n log n).
 */
#ifndef RWE_STATS_MATCH_H
#define RWE_STATS_MATCH_H

#include "rwe/base/arena.h"
#include "rwe/base/status.h"
#include <stdint.h>

/** In no set. */
#define RWE_UNMATCHED UINT32_MAX

/**
 * Who is matched with whom: the one shape of pairs, of 1:k sets, of matching with replacement and of
 * full matching. A set holds units of both arms. Sets are numbered from 0 in the order of their
 * (first) treated units.
 *
 * The rows are what an analysis works on: one for each time a unit is in a set, so a control that is
 * used twice has two rows. They come by set, in it the treated unit first, then its controls by
 * distance, those equally far by unit. (In full matching several treated units can share a control;
 * the set then begins with its treated units in their order.) Arrays are the arena's.
 */
struct rwe_match {
    size_t n_sets;
    const uint32_t *set;      /**< n, by unit: its set or RWE_UNMATCHED; with replacement, of a
                                 control the first set it is in */
    size_t n_rows;            /**< 2 n_sets for pairs */
    const uint32_t *row_unit; /**< n_rows: the unit, 0 … n − 1 */
    const uint32_t *row_set;  /**< n_rows: its set, ascending */
    double distance_total; /**< Σ |score treated − score control| over the pairs (treated, control)
                                 of each set, in the order of rows */
};

enum rwe_match_order {
    RWE_MATCH_CLOSEST,  /**< of all possible pairs the closest first */
    RWE_MATCH_LARGEST,  /**< treated units from the largest score down, each takes its nearest
                           control */
    RWE_MATCH_SMALLEST, /**< from the smallest score up */
    RWE_MATCH_RANDOM,   /**< in an order drawn with `seed` */
};

struct rwe_match_options {
    enum rwe_match_order order; /**< default closest */
    double caliper;             /**< largest distance of a pair, on the scale of the score; >= 0, or
                                     infinite (default): none */
    uint64_t seed;              /**< for RWE_MATCH_RANDOM */
    const uint32_t *exact;      /**< n, by unit: code of the stratum within which partners are
                                     sought; default NULL: none. Borrowed. */
};
struct rwe_match_options rwe_match_options_default(void);

/**
 * Matches units with treated[i] = 1 to units with treated[i] = 0. Errors: RWE_NOT_FINITE (a score;
 * index), RWE_BAD_INPUT (a negative caliper), RWE_NO_MEMORY. No pair within the caliper is a result
 * with n_sets = 0.
 */
enum rwe_status rwe_match_nearest(const double score[], const uint8_t treated[], size_t n,
                                  const struct rwe_match_options *options, struct rwe_arena *arena,
                                  struct rwe_match *result, struct rwe_error *error);

/** SD of the score pooled within arms: sqrt((s²treated + s²control) / 2), s² with n − 1. Units of a
 * caliper (Austin, Pharm Stat 10:150, 2011). NaN when an arm has fewer than two units. */
double rwe_match_pooled_sd(const double score[], const uint8_t treated[], size_t n);

#endif
