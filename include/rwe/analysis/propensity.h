/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * The propensity score of a run: the probability of the treated arm given the covariates. Fitted once,
 * whichever designs are made from it, and told once.
 */
#ifndef RWE_ANALYSIS_PROPENSITY_H
#define RWE_ANALYSIS_PROPENSITY_H

#include "rwe/analysis/analysis.h"
#include "rwe/stats/logistic.h"

struct rwe_propensity {
    size_t n;                /**< subjects in the model: those with all covariates */
    const uint32_t *subject; /**< of the cohort, by row of the model, ascending */
    const uint8_t *treated;  /**< by row */
    size_t n_treated;
    const char *const *term; /**< names of the model's columns, "age", "size=20-50" */
    size_t n_terms;
    const double *x;           /**< [term * n + row] */
    struct rwe_logistic model; /**< by row; the intercept first, then the terms */
};

/**
 * Fits the model once a run; run->propensity afterwards. `flag` is the option that needs it, for
 * messages. RWE_USAGE without covariates or with other than two arms; RWE_BAD_INPUT where the model
 * cannot be fitted, with the covariate at fault.
 */
enum rwe_status rwe_propensity(struct rwe_run *run, const char *flag,
                               const struct rwe_propensity **propensity, struct rwe_error *error);

/** Tells the model in the document, the first time that it is called in a run. */
void rwe_propensity_present(struct rwe_run *run);

#endif
