/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Residuals of a Cox model (Therneau & Grambsch, Modeling Survival Data, 2000, chapters 4 and 7).
 */
#ifndef RWE_STATS_COX_RESIDUALS_H
#define RWE_STATS_COX_RESIDUALS_H

#include "rwe/stats/cox.h"

/** By row of the data; none is multiplied by the row's weight except dfbeta. */
struct rwe_cox_residuals {
    size_t n, p, n_events;
    const double *martingale;  /**< n: event less expected events, in (−∞, 1] */
    const double *deviance;    /**< n: sign(M) √(−2 (M + δ log(δ − M))) */
    const double *score;       /**< [i * p + j]: the row's part in the score */
    const double *dfbeta;      /**< [i * p + j]: how far the row moved the estimate, in first order:
                                   weight × covariance × score */
    const uint32_t *event_row; /**< n_events: rows with an event, ascending */
    const double *schoenfeld;  /**< [e * p + j]: x less its mean among those at risk; with Efron's
                                    ties the mean over the steps of that time */
    const double *scaled_schoenfeld; /**< [e * p + j]: β + n_events × covariance × schoenfeld
                                          (Grambsch & Therneau, Biometrika 81:515, 1994) */
};

/**
 * Residuals of `fit`, which rwe_cox_fit returned for the same data, x and options. The martingale
 * residuals sum to 0 by stratum (with weights: weighted), score and Schoenfeld residuals to 0 at the
 * maximum. O(n (p + log n)).
 *
 * Errors: those of rwe_survival_data_check; RWE_BAD_INPUT for exact ties, whose residuals are not
 * defined here; RWE_NO_MEMORY.
 */
enum rwe_status rwe_cox_residuals(const struct rwe_survival_data *data, const double x[],
                                  const struct rwe_cox *fit, const struct rwe_cox_options *options,
                                  struct rwe_arena *arena, struct rwe_cox_residuals *result,
                                  struct rwe_error *error);

#endif
