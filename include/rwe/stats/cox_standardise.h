/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Standardised survival from a Cox model (direct adjustment, g-formula): the mean over subjects of the
 * survival predicted for each, with one covariate set to the same value in all, as the arm is
 * (Makuch, J Chronic Dis 35:437, 1982). What is averaged are survival curves, not covariates: the
 * curve of an average patient is another one.
 */
#ifndef RWE_STATS_COX_STANDARDISE_H
#define RWE_STATS_COX_STANDARDISE_H

#include "rwe/stats/cox_baseline.h"

/** What to predict. Borrowed. */
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
