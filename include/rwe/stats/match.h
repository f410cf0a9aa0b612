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
};
struct rwe_match_options rwe_match_options_default(void);

/** No pair. */
#define RWE_UNMATCHED UINT32_MAX

struct rwe_match {
    const uint32_t *pair; /**< n: the unit's pair, 0 … n_pairs − 1 in the order of the treated
                             units, or RWE_UNMATCHED */
    size_t n_pairs;
    double distance_total; /**< Σ |score treated − score control|, in the order of pairs */
};

/**
 * Matches units with treated[i] = 1 to units with treated[i] = 0. Errors: RWE_NOT_FINITE (a score;
 * index), RWE_BAD_INPUT (a negative caliper), RWE_NO_MEMORY. No pair within the caliper is a result
 * with n_pairs = 0.
 */
enum rwe_status rwe_match_nearest(const double score[], const uint8_t treated[], size_t n,
                                  const struct rwe_match_options *options, struct rwe_arena *arena,
                                  struct rwe_match *result, struct rwe_error *error);

/** SD of the score pooled within arms: sqrt((s²treated + s²control) / 2), s² with n − 1. Units of a
 * caliper (Austin, Pharm Stat 10:150, 2011). NaN when an arm has fewer than two units. */
double rwe_match_pooled_sd(const double score[], const uint8_t treated[], size_t n);

#endif
