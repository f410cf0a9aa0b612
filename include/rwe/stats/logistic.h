/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Logistic regression by iteratively reweighted least squares (McCullagh & Nelder 1989, 4.4), each
 * step solved on a QR of the weighted design, built up block of rows by block of rows.
 *
 * Firth's penalised likelihood (Biometrika 80:27, 1993), log L + ½ log |information|, has a finite
 * maximum even where the columns split the outcomes (Heinze & Schemper, Stat Med 21:2409, 2002),
 * and takes the first-order bias out of the estimates. Its score is Σ (y − μ + h (½ − μ)) x with h
 * the hat diagonals; in a 2 × 2 table, that adds ½ to each cell.
 */
#ifndef RWE_STATS_LOGISTIC_H
#define RWE_STATS_LOGISTIC_H

#include "rwe/base/arena.h"
#include "rwe/base/status.h"
#include <stdbool.h>
#include <stdint.h>

struct rwe_logistic_options {
    size_t max_iterations; /**< default 50 */
    double tolerance;      /**< on the change of the linear predictor in a step, relative where that
                                is beyond ±1; default 1e-10 */
    unsigned threads;      /**< default 1; results do not depend on it */
    bool firth;            /**< default false: no penalty */
    const double *weight;  /**< n, ≥ 0, as if the row stood there that many times; 0 leaves it out
                                of all but `linear` and `fitted`. NULL (default): all 1 */
    const double *start;   /**< p, intercept first: where to begin, as a bootstrap does at the
                                estimate of the whole sample. Costs nothing when it is bad. NULL
                                (default): at the intercept alone */
};
struct rwe_logistic_options rwe_logistic_options_default(void);

struct rwe_logistic {
    size_t n, p;              /**< p includes the intercept, which comes first */
    const double *estimate;   /**< p log odds ratios */
    const double *covariance; /**< p × p, inverse information */
    const double *linear;     /**< n linear predictors (logits), full precision */
    const double *fitted;     /**< n probabilities */
    double deviance;          /**< −2 log L, without penalty */
    double auc;               /**< c-statistic; ties count half */
    size_t n_iterations;
    bool converged;
    bool penalised;          /**< Firth's: options.firth */
    double loglik_penalised; /**< log L + ½ log |information|; NaN without penalty. Twice the
                                  difference of two nested models is their likelihood ratio */
};

/**
 * Fits logit P(y = 1 | x) = β0 + x'β. `x` holds k columns of n values, x[j * n + i], without the
 * intercept; p = k + 1. In error.index a column counts from 0 in x (RWE_NO_INDEX: the intercept).
 *
 * Errors: RWE_NOT_FINITE (index = position in x or in weight); RWE_BAD_INPUT (a negative weight;
 * index); RWE_NOT_ESTIMABLE when y is all 0 or all 1, or n < p, rows of weight 0 not counted;
 * RWE_COLLINEAR (the column is constant or a combination of earlier ones; tolerance as R's
 * glm); RWE_SEPARATED (some combination of columns splits the outcomes, wholly or in part, so that
 * the likelihood has no maximum; index = the column that contributes most to the direction; never
 * with firth).
 */
enum rwe_status rwe_logistic_fit(const double x[], size_t k, const uint8_t y[], size_t n,
                                 const struct rwe_logistic_options *options,
                                 struct rwe_arena *arena, struct rwe_logistic *result,
                                 struct rwe_error *error);

#endif
