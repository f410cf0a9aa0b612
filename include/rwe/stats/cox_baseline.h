/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * What a Cox model predicts for a subject with given covariates: cumulative hazard and survival
 * (Breslow's estimator, JRSS B 34:216, 1972, or Efron's to match his ties), with the standard error
 * of Tsiatis (Ann Stat 9:93, 1981).
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

#endif
