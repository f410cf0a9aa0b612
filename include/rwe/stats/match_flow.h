/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Matching on any distance (mahalanobis.h) among admissible pairs: a treated unit and a control whose
 * propensity scores are within the caliper and whose exact stratum is the same. Optimal matching, full
 * matching and greedy matching see the same pairs.
 *
 * Distances are put on a grid of whole units, about 2^-30 of the largest among admissible pairs, so
 * that a least total is exactly the least and a tie is a tie. Of several optimal matchings the
 * canonical one is given: run through the admissible pairs by treated unit, then by control; a pair is
 * made if an optimal matching has it together with those made and without those left out before. Units
 * come in the canonical order of the cohort, so the order of rows in a file changes nothing.
 *
 * Pairs are kept in memory, 8 bytes each, 20 in a flow, some 40 in greedy matching of the closest
 * first; more than RWE_MATCH_PAIRS_MOST are refused rather than make the machine swap. A flow takes at
 * worst one search of all pairs for each pair made; most searches see few. By
 * tests/bench/bench_match_flow.c, pairs / 2:1 / full take 0.004 / 0.03 / 0.04 s for 600 units without a
 * caliper, 0.6 / 8 / 3 s for 5,000, and 0.06 / 0.4 / 0.2 s for 5,000 within 0.2 SD of the score.
 */
#ifndef RWE_STATS_MATCH_FLOW_H
#define RWE_STATS_MATCH_FLOW_H

#include "rwe/stats/match.h"

/** 320 MiB in a flow: two arms of 4,096 units each without a caliper. */
#define RWE_MATCH_PAIRS_MOST ((size_t)1 << 24)

/** What is matched. Borrowed. */
struct rwe_match_units {
    size_t n;
    const uint8_t *treated; /**< n */
    const double *score;    /**< n, finite: what the caliper and the order of choice look at */
    double (*distance)(const void *data, size_t treated, size_t control); /**< >= 0, finite */
    const void *data;                                                     /**< for `distance` */
};

/**
 * Optimal matching of each treated unit with up to options->ratio controls, no control twice
 * (Rosenbaum, J Am Stat Assoc 84:1024, 1989). Who has no partner stays unmatched. It has, in this
 * order, the most treated units with a control, the most pairs, the least total distance; the first two
 * never conflict. `order` and `seed` play no part.
 *
 * Errors: RWE_NOT_FINITE (a score; index), RWE_BAD_INPUT (a caliper that is negative, a ratio of 0,
 * `replace`, too many pairs; a distance that is negative or not finite, index: the treated unit),
 * RWE_NO_MEMORY. No admissible pair is a result without sets.
 */
enum rwe_status rwe_match_optimal_distance(const struct rwe_match_units *units,
                                           const struct rwe_match_options *options,
                                           struct rwe_arena *arena, struct rwe_match *result,
                                           struct rwe_error *error);

/** Largest sizes of the sets of full matching; 0: no limit. */
struct rwe_match_full_limits {
    size_t controls; /**< controls of a treated unit */
    size_t treated;  /**< treated units of a control; 1: no control is shared */
};

/**
 * Full matching (Rosenbaum, J R Stat Soc B 53:597, 1991; Hansen & Klopfer, J Comput Graph Stat
 * 15:609, 2006): every unit with an admissible partner is in a set of one treated unit and some
 * controls or of one control and some treated units, and the sum of distances within sets, each from
 * the one to the others, is least. Under limits as many units as possible are in sets. `limits` may
 * be NULL. options->ratio plays no part; errors as above.
 */
enum rwe_status rwe_match_full_distance(const struct rwe_match_units *units,
                                        const struct rwe_match_options *options,
                                        const struct rwe_match_full_limits *limits,
                                        struct rwe_arena *arena, struct rwe_match *result,
                                        struct rwe_error *error);

/**
 * Greedy matching on the distance, as rwe_match_nearest on the score, with all of its options: the
 * closest pair first, or treated units choose in the order of their scores. Errors as above, but
 * `replace` is allowed.
 */
enum rwe_status rwe_match_nearest_distance(const struct rwe_match_units *units,
                                           const struct rwe_match_options *options,
                                           struct rwe_arena *arena, struct rwe_match *result,
                                           struct rwe_error *error);

/**
 * Full matching on the score itself, exact, in O(n log n) for any caliper and without limits. Equal
 * totals go to the lower score, then to the earlier unit.
 */
enum rwe_status rwe_match_full(const double score[], const uint8_t treated[], size_t n,
                               const struct rwe_match_options *options, struct rwe_arena *arena,
                               struct rwe_match *result, struct rwe_error *error);

#endif
