/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Permutation test of K groups on scores of the subjects, within blocks: who belongs to which group
 * is drawn anew in each block, as often as asked for. With pairs as blocks, pairs are flipped.
 *
 * The statistic is the quadratic form of the groups' sums of scores about their mean over all
 * permutations, in the exact covariance of these (Strasser & Weber, Math Methods Stat 8:220, 1999);
 * for two groups, any function of |sum − mean| would give the same p. With the scores of
 * rwe_logrank_scores it is the permutation version of the tests of that family.
 */
#ifndef RWE_STATS_PERMUTATION_H
#define RWE_STATS_PERMUTATION_H

#include "rwe/base/arena.h"
#include "rwe/base/progress.h"
#include "rwe/base/status.h"
#include <stdint.h>

struct rwe_permutation_options {
    size_t n_replicates; /**< at least 1 */
    uint64_t seed;       /**< replicate r draws from its own stream of RWE_RNG_PERMUTATION */
    unsigned threads;    /**< the result does not depend on it */
    struct rwe_progress progress; /**< told of the replicates, as `task` */
    const char *task;
};

/** What is permuted: borrowed. */
struct rwe_permutation_data {
    size_t n;
    const double *score;   /**< finite */
    const uint32_t *group; /**< 0 … n_groups − 1 */
    size_t n_groups;
    const uint32_t *block; /**< 0 … n_blocks − 1; NULL: one block */
    size_t n_blocks;
};

struct rwe_permutation {
    double statistic; /**< of the data as they are; chi-square with df when n is large */
    double df;
    size_t n_extreme; /**< replicates with a statistic as large or larger; smaller by a relative
                              1e-9 is as large, so that rounding decides no tie */
    size_t n_replicates;
    double p_value; /**< (n_extreme + 1) / (n_replicates + 1): valid for any number of them (Phipson
                         & Smyth, Stat Appl Genet Mol Biol 9:39, 2010) */
};

/**
 * O(n) a replicate; a thread needs n × 4 bytes.
 * Errors: RWE_NOT_FINITE (index) for a score; RWE_BAD_INPUT (index) for a code out of range, or no
 * replicate; RWE_NOT_ESTIMABLE when no permutation changes anything; RWE_NO_MEMORY.
 */
enum rwe_status rwe_permutation_test(const struct rwe_permutation_data *data,
                                     const struct rwe_permutation_options *options,
                                     struct rwe_arena *scratch, struct rwe_permutation *result,
                                     struct rwe_error *error);

#endif
