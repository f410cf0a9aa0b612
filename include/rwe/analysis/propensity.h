/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * The propensity score of a run: the probability of the treated arm given the covariates. Fitted once,
 * whichever designs are made from it, and told once. See propensity.md.
 */
#ifndef RWE_ANALYSIS_PROPENSITY_H
#define RWE_ANALYSIS_PROPENSITY_H

#include "rwe/analysis/model_matrix.h"
#include "rwe/stats/logistic.h"

/** --ps-spline, --ps-interaction, --common-support. */
extern const struct rwe_options rwe_propensity_options;

struct rwe_propensity {
    size_t n; /**< subjects in the model: those with all covariates, or all (--missing indicator) */
    const uint32_t *subject; /**< of the cohort, by row of the model, ascending */
    const uint8_t *treated;  /**< by row */
    size_t n_treated;
    struct rwe_model_matrix matrix; /**< by row */
    struct rwe_logistic model; /**< by row; the intercept first, then the columns of matrix.x */
    const double *coefficient; /**< by column of the matrix; NaN where one was left out */
    const uint8_t *supported;  /**< by row: 1 within common support; NULL: not asked for, and
                                   everybody may be matched and weighted */
    const char
        *separates; /**< the column to blame most when the likelihood is monotone and the model
                                is Firth's; else NULL */
};

/**
 * Fits the model once a run; run->propensity afterwards. `flag` is the option that needs it, for
 * messages. Where the covariates tell the arms apart the likelihood has no maximum, and the fit is
 * Firth's (logistic.h): its scores, and its information in the variance of weights. Where they do so without a single exception there
 * is nothing to compare, which is an error. RWE_USAGE without
 * covariates, with other than two arms, or for terms that cannot be; RWE_BAD_INPUT where the model
 * cannot be fitted, with the covariate at fault.
 */
enum rwe_status rwe_propensity(struct rwe_run *run, const char *flag,
                               const struct rwe_propensity **propensity, struct rwe_error *error);

/**
 * The subjects and columns of the model without its fit (`model` is empty), for models of something
 * else than the arm, with `also` as a further covariate for those who have a value of it; NULL: none.
 * Errors as above but for those of the fit.
 */
enum rwe_status rwe_propensity_columns(struct rwe_run *run, const char *flag,
                                       const struct rwe_variable *also,
                                       struct rwe_propensity *propensity, struct rwe_error *error);

/** The estimand of a design that is made from the model, with those left out of it for a missing
 * covariate: in the treated, the controls, or everybody else. */
struct rwe_estimand rwe_propensity_estimand(const struct rwe_run *run,
                                            const struct rwe_propensity *propensity,
                                            enum rwe_estimand_of of);

/** Tells the model, and how far the arms' scores overlap, the first time that it is called in a run. */
void rwe_propensity_present(struct rwe_run *run);

#endif
