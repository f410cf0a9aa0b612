/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Models of who leaves a strategy, for --ccw and --sequential: when exposure starts, and whether it has by
 * the end of a grace period. See ccw.md. */
#ifndef ANALYSIS_CCW_MODELS_H
#define ANALYSIS_CCW_MODELS_H

#include "rwe/analysis/propensity.h"
#include "rwe/data/clones.h"

/** Those cloned, and what the models know of them. */
struct ccw_columns {
    const char *flag; /**< of the analysis, for messages: "ccw" */
    size_t n;
    const uint32_t *subject;        /**< of the cohort, ascending */
    struct rwe_model_matrix matrix; /**< by subject of the list */
};

/** A model of leaving, as it was fitted. */
struct ccw_model {
    const struct ccw_columns *columns; /**< what it was made from */
    size_t n_events;                   /**< rows of those who began exposure */
    struct rwe_model_matrix matrix;    /**< over the rows of the fit */
    const double *coefficient; /**< by column: log hazard or odds ratio of exposure; NaN where the
                                    column was left out */
    double intercept;          /**< of the logistic model */
    const char *separates;     /**< the column to blame most where the fit is Firth's; else NULL */
};

/** One endpoint. */
struct ccw_endpoint {
    const struct rwe_endpoint *endpoint;
    const struct ccw_endpoint
        *data; /**< of a replicate: the same of the data, where fits begin; or NULL */
    struct rwe_clones clones;
    struct ccw_model hazard;          /**< Cox: who leaves arm 0, and when */
    struct ccw_model probability;     /**< logistic: who has not left arm 1 by the end of grace */
    double least_probability;         /**< of those exposed and followed beyond grace */
    struct rwe_clone_weights weights; /**< what the models give */
    struct rwe_clone_rows rows;
};

/** The columns of the propensity model, without its fit, and that of the response where `with_response`
 * (--FLAG-response). */
enum rwe_status ccw_columns(struct rwe_run *run, const char *flag, bool with_response,
                            struct ccw_columns *columns, struct rwe_error *error);

/** An estimand of everybody in the cohort but those who lack a covariate. */
struct rwe_estimand ccw_estimand(const struct rwe_run *run, const struct ccw_columns *columns,
                                 enum rwe_estimand_of of);

/** Fits both models of an endpoint whose clones are made. Those of `before`, another endpoint or NULL, are
 * taken over where exposure began, or could not any more, at the same times. RWE_BAD_INPUT where one cannot
 * be fitted. */
enum rwe_status ccw_weights(const struct rwe_run *run, const struct ccw_columns *columns,
                            const struct ccw_endpoint *before, struct ccw_endpoint *of,
                            struct rwe_error *error);

/** Fits the hazard of exposure alone: time, hazard and risk of the weights. The clones leave arm 0, at
 * least one of them. */
enum rwe_status ccw_hazard(const struct rwe_run *run, const struct ccw_columns *columns,
                           const struct ccw_endpoint *before, struct ccw_endpoint *of,
                           struct rwe_error *error);

/** Warns of covariates that no model of `columns` can have. */
void ccw_present_columns(struct rwe_run *run, const struct ccw_columns *columns);

/** Facts of a model under its key, and the warning where exposure is told without error. */
void ccw_present_model(struct rwe_run *run, const struct rwe_key *key,
                       const struct ccw_model *model);

#endif
