/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Cox's model by Firth's penalised likelihood, which has a finite maximum where the likelihood
 * itself is monotone (Heinze & Schemper, Biometrics 57:114, 2001; Firth, Biometrika 80:27, 1993):
 *
 *   l*(β) = l(β) + ½ log |I(β)|.
 */
#ifndef RWE_STATS_COX_FIRTH_H
#define RWE_STATS_COX_FIRTH_H

#include "rwe/stats/cox.h"

/**
 * Fits as rwe_cox_fit does, to the same data and with the same options, but maximises l*. In the
 * result loglik, loglik_null and lr_statistic are of l*; covariance is the inverse of I at the estimate;
 * score statistics are NaN and robust is NULL. Wald's statistic misleads where the likelihood is
 * monotone: take limits and tests from rwe_cox_profile.
 *
 * Newton's steps take I for the Hessian of l*, so that convergence is linear and up to 20 times
 * max_iterations are allowed; each is O(n p²).
 *
 * Errors: those of rwe_cox_fit except RWE_SEPARATED; RWE_BAD_INPUT also for exact ties and robust.
 */
enum rwe_status rwe_cox_firth_fit(const struct rwe_survival_data *data, const double x[], size_t p,
                                  const struct rwe_cox_options *options, struct rwe_arena *arena,
                                  struct rwe_cox *result, struct rwe_error *error);

struct rwe_cox_profile_options {
    size_t column; /**< whose coefficient */
    double level;  /**< of the limits, in (0, 1), default 0.95 */
    bool firth;    /**< the fit is rwe_cox_firth_fit's: profile l*; default false */
};
struct rwe_cox_profile_options rwe_cox_profile_options_default(void);

struct rwe_cox_profile {
    double low, high; /**< of the coefficient; −∞ or ∞ where the likelihood never falls so far */
    double lr_statistic; /**< 2 (l(β̂) − max l with this coefficient 0); df = 1 */
    bool converged;
};

/**
 * Profile-likelihood limits of one coefficient: where twice the log-likelihood, maximised over the
 * other coefficients, is the chi-squared quantile below its maximum (Venzon & Moolgavkar, Appl Stat
 * 37:87, 1988). Not valid under sampling weights or dependent rows. `fit` is what the fit returned
 * for the same data, x and options.
 *
 * Errors: those of rwe_survival_data_check; RWE_BAD_INPUT for a column or level out of range, or the
 * penalty with exact ties; RWE_NO_MEMORY.
 */
enum rwe_status rwe_cox_profile(const struct rwe_survival_data *data, const double x[],
                                const struct rwe_cox *fit, const struct rwe_cox_options *options,
                                const struct rwe_cox_profile_options *request,
                                struct rwe_arena *scratch, struct rwe_cox_profile *result,
                                struct rwe_error *error);

struct rwe_cox_joint_request {
    size_t column, n_columns; /**< the coefficients under test: from `column` on, at least 1 */
    bool firth;               /**< the fit is rwe_cox_firth_fit's */
};

struct rwe_cox_joint_test {
    double lr_statistic; /**< 2 (l(β̂) − max l with these coefficients 0); df = n_columns */
    bool converged;
};

/**
 * The likelihood-ratio test of several coefficients at once: a factor, a spline. Under the penalty
 * both likelihoods have that of the whole model (Heinze & Schemper 2001, 3). Errors as
 * rwe_cox_profile's.
 */
enum rwe_status rwe_cox_joint_test(const struct rwe_survival_data *data, const double x[],
                                   const struct rwe_cox *fit, const struct rwe_cox_options *options,
                                   const struct rwe_cox_joint_request *request,
                                   struct rwe_arena *scratch, struct rwe_cox_joint_test *result,
                                   struct rwe_error *error);

#endif
