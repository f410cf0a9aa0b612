/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Logistic regression by iteratively reweighted least squares (McCullagh & Nelder 1989, 4.4), each
 * step solved on a QR of the weighted design, built up block of rows by block of rows.
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
};
struct rwe_logistic_options rwe_logistic_options_default(void);

struct rwe_logistic {
    size_t n, p;              /**< p includes the intercept, which comes first */
    const double *estimate;   /**< p log odds ratios */
    const double *covariance; /**< p × p, inverse information */
    const double *linear;     /**< n linear predictors (logits), full precision */
    const double *fitted;     /**< n probabilities */
    double deviance;
    double auc; /**< c-statistic; ties count half */
    size_t n_iterations;
    bool converged;
};

/**
 * Fits logit P(y = 1 | x) = β0 + x'β. `x` holds k columns of n values, x[j * n + i], without the
 * intercept; p = k + 1. In error.index a column counts from 0 in x (RWE_NO_INDEX: the intercept).
 *
 * Errors: RWE_NOT_FINITE (index = position in x); RWE_NOT_ESTIMABLE when y is all 0 or all 1, or n
 * < p; RWE_COLLINEAR (the column is constant or a combination of earlier ones; tolerance as R's
 * glm); RWE_SEPARATED (some combination of columns splits the outcomes, wholly or in part, so that
 * the likelihood has no maximum; index = the column that contributes most to the direction).
 */
enum rwe_status rwe_logistic_fit(const double x[], size_t k, const uint8_t y[], size_t n,
                                 const struct rwe_logistic_options *options,
                                 struct rwe_arena *arena, struct rwe_logistic *result,
                                 struct rwe_error *error);

#endif
