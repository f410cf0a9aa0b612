/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Entropy balancing: of all weights that give an arm exactly the target's means, those nearest to
 * the base weights (Hainmueller, Polit Anal 20:25, 2012). They are
 *
 *     w_i = b_i exp(λ0 + λ'x_i),    Σ_arm w_i (1, x_i) = Σ_target b_i (1, x_i)
 *
 * with λ the minimum of a smooth convex function, log Σ_arm b_i exp(λ'(x_i − target mean)), the dual
 * (Zhao & Percival, J Causal Inference 5, 2017). Newton's method with a halved step finds it: the
 * matrix of second derivatives is wanted for the estimation step anyway, and a minimiser that
 * compares values of the function cannot see λ closer than to about 1e-8.
 *
 *     ATT   controls get the means of the treated, whose weights stay; sums are equal
 *     ATC   the mirror image
 *     ATE   both arms get the means of the whole cohort; a stabilised arm sums to its own size (as
 *           stabilised ATE weights do), otherwise to that of the cohort
 *
 * Columns are standardised by mean and SD of the whole cohort, so origin and unit do not matter.
 * A column that is constant is balanced already; one that earlier ones determine within the arm is
 * left out, and must come out balanced all the same. Subjects come in the canonical order of the
 * cohort. Time n (terms)² a step, memory n × terms.
 */
#ifndef RWE_STATS_ENTROPY_BALANCE_H
#define RWE_STATS_ENTROPY_BALANCE_H

#include "rwe/base/arena.h"
#include "rwe/base/status.h"
#include "rwe/stats/influence.h"
#include "rwe/stats/weights.h"
#include <stdbool.h>
#include <stdint.h>

struct rwe_entropy_data {
    size_t n, k;
    const double *x;        /**< k columns of n */
    const uint8_t *treated; /**< n: 1 treated, 0 control */
    const double *base;     /**< n, >= 0: a subject counts as so many, in the target too; 0 = left
                                 out; NULL: all 1 */
};

struct rwe_entropy_options {
    enum rwe_weight_kind estimand; /**< ATE (default), ATT or ATC */
    bool squares;                  /**< means of squares too, so variances; default false */
    bool stabilised;               /**< ATE only; default true */
    bool estimation;               /**< fill `estimation`; default false */
    double tolerance;      /**< on the greatest difference from the target, in SD of the cohort;
                                default 1e-10 */
    size_t max_iterations; /**< of Newton's steps; default 100 */
};
struct rwe_entropy_options rwe_entropy_options_default(void);

/** What became of a term in an arm. */
enum rwe_entropy_term {
    RWE_ENTROPY_BALANCED,
    RWE_ENTROPY_DETERMINED, /**< constant within the arm, or determined by earlier terms: no λ */
};

struct rwe_entropy_balance {
    size_t n, n_terms;      /**< terms: k columns, then their k squares if asked for */
    const double *weight;   /**< n; 0 = left out */
    const uint8_t *term[2]; /**< n_terms enum rwe_entropy_term by arm; NULL: not reweighted */
    double imbalance;       /**< greatest |mean − target| of any term and arm, in SD */
    size_t n_iterations;    /**< Newton's steps, of the slower arm */
    bool converged;         /**< imbalance of the terms with a λ is within tolerance */
    /** If asked for. Parameters: by reweighted arm (controls first) the level λ0 and each λ, of
     * standardised terms; then the share of the treated, if ATE weights are stabilised. The target
     * is a sample mean, and its own variation is in the influence. */
    struct rwe_weight_estimation estimation;
};

/**
 * Errors: RWE_USAGE (estimand); RWE_NOT_FINITE (index = position in x); RWE_BAD_INPUT (a base weight
 * below 0 or not finite; index = subject); RWE_NOT_ESTIMABLE when an arm is empty, or when no
 * weights reach the target, which lies outside of what the arm holds or on its edge (index = the
 * column that leads in the direction in which λ runs away, or that cannot be balanced).
 */
enum rwe_status rwe_entropy_balance(const struct rwe_entropy_data *data,
                                    const struct rwe_entropy_options *options,
                                    struct rwe_arena *arena, struct rwe_entropy_balance *result,
                                    struct rwe_error *error);

#endif
