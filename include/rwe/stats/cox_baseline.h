/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * What a Cox model predicts for a subject with given covariates: cumulative hazard and survival
 * (Breslow's estimator, JRSS B 34:216, 1972, or Efron's to match his ties), with the standard error
 * of Tsiatis (Ann Stat 9:93, 1981).
 *
 * And standardised survival (direct adjustment, g-formula): the mean over subjects of the survival
 * predicted for each, with one covariate set to the same value in all, as the arm is (Makuch, J Chronic
 * Dis 35:437, 1982). What is averaged are survival curves, not covariates: the curve of an average
 * patient is another one.
 */
#ifndef RWE_STATS_COX_BASELINE_H
#define RWE_STATS_COX_BASELINE_H

#include "rwe/stats/cox.h"

/** By distinct event time of the stratum, ascending. */
struct rwe_cox_prediction {
    size_t n_times;
    const double *time;
    const double *cumulative_hazard; /**< H(t | x) = Σ exp(x'β) dH0 */
    const double *std_error; /**< of H; so limits of survival are exp(−H ± z std_error) */
    const double *survival;  /**< exp(−H) */
};

/** A fit with what it was made from, all borrowed: the arguments of rwe_cox_fit and its result. */
struct rwe_cox_fitted {
    const struct rwe_survival_data *data;
    const double *x;
    const struct rwe_cox *fit;
    const struct rwe_cox_options *options;
};

/**
 * Predicts for covariates at[0 … fit->p) in `stratum` (its code in data->stratum; 0 without strata),
 * at an offset of 0. `fit` is what rwe_cox_fit returned for the same data, x and options. The variance
 *
 *   Σ dN(u) exp(2 x'β) / S(u)² + q' V q,   q = Σ (x − x̄(u)) exp(x'β) dH0(u),
 *
 * takes V = fit->robust where there is one. A stratum without an event has no times. O(n p).
 *
 * Errors: those of rwe_survival_data_check; RWE_NOT_FINITE (index into `at`); RWE_BAD_INPUT for exact
 * ties or a stratum out of range; RWE_NO_MEMORY.
 */
enum rwe_status rwe_cox_predict_survival(const struct rwe_cox_fitted *model, const double at[],
                                         size_t stratum, struct rwe_arena *arena,
                                         struct rwe_cox_prediction *result,
                                         struct rwe_error *error);

/** The versions of the cohort whose survival is averaged. Borrowed. */
struct rwe_cox_versions {
    const double *const *x; /**< by version: columns as in the model, x[v][j * n + i] */
    size_t n;               /**< versions, at least 1 */
    const double *time;     /**< ascending */
    size_t n_times;
};

struct rwe_cox_standardised {
    const double *survival;   /**< [v * n_times + t]: Σ w S(t | x_i) / Σ w */
    const double *covariance; /**< [(t * n + v) * n + u] of versions v and u at time t */
};

/**
 * Predicts at an offset of 0, each subject with the baseline of its own stratum; weights are
 * data->weight. The covariance is that of Chen & Tsiatis (Biometrics 57:1030, 2001) for survival: what
 * the baseline hazards and the coefficients contribute (fit->robust where there is one), and, by
 * data->cluster, that the subjects are a sample themselves. With entries they are those who entered.
 * O(n p n_times) a version.
 *
 * Errors: those of rwe_survival_data_check; RWE_NOT_FINITE (index into x); RWE_BAD_INPUT for exact ties, an
 * offset, or times not ascending (index); RWE_NO_MEMORY.
 */
enum rwe_status rwe_cox_standardise(const struct rwe_cox_fitted *model,
                                    const struct rwe_cox_versions *versions,
                                    struct rwe_arena *arena, struct rwe_cox_standardised *result,
                                    struct rwe_error *error);

#endif
