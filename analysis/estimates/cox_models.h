/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Cox models of a cohort by name: the arm alone, the arm with the covariates, a covariate alone.
 * What --cox shows and --ph tests are these same fits.
 */
#ifndef RWE_ANALYSIS_COX_MODELS_H
#define RWE_ANALYSIS_COX_MODELS_H

#include "rwe/analysis/analysis.h"
#include "rwe/analysis/estimates.h"
#include "rwe/analysis/model_matrix.h"
#include "rwe/stats/cox_firth.h"

/** The options of --cox, which all that fit its models read. */
struct cox_settings {
    bool asked; /**< --cox */
    enum rwe_source
        asked_source; /**< who asked: the command, the study, another analysis, or nobody */
    enum rwe_cox_ties ties;
    bool profile, univariable;
    struct rwe_strings spline, interaction;
    bool predict;
    struct rwe_strings predict_at;
    const char *residuals; /**< path; NULL: none */
    double split_time;     /**< NaN: none */
};

extern const struct rwe_options cox_options;
extern const struct rwe_option cox_flag;

const struct cox_settings *cox_settings_of(const struct rwe_settings *settings);

enum rwe_cox_model_kind {
    RWE_COX_ARM,
    RWE_COX_ADJUSTED,    /**< the arm and all covariates */
    RWE_COX_UNIVARIABLE, /**< one covariate without the arm */
    RWE_COX_INTERACTION, /**< the adjusted one, and the arm times each covariate of --interaction */
};

/** What to fit, and on whom. */
struct rwe_cox_request {
    struct rwe_run *run;
    const struct rwe_endpoint *endpoint;
    const struct rwe_design *design;
    enum rwe_cox_model_kind kind;
    size_t covariate; /**< of RWE_COX_UNIVARIABLE */
};

/** A term of the model: a column of it, or all of a spline's. */
struct rwe_cox_term {
    const char *name;     /**< "arm", "age", "size=20-50" */
    const char *variable; /**< "arm", "age", "size": terms of one variable stand together, and share
                               the address of its name */
    size_t column;        /**< in the fit; RWE_NO_INDEX where it is not in it, or not all of it
                               (model_matrix.h) */
    size_t n_columns;     /**< 1; more for a spline, whose columns follow each other */
    bool is_product;      /**< of an arm and a covariate: "arm:age" */
    const char *contrast_name; /**< "61 against 45": quartiles, of a spline; or NULL */
    const double *contrast;    /**< n_columns: basis at the one less that at the other */
};

/** A model with its data and its fit. */
struct rwe_cox_model {
    const char *name; /**< `model` in facts */
    const struct rwe_cox_term *term;
    size_t n_terms;
    struct rwe_survival_data data; /**< of those with all the model's covariates */
    const uint32_t *subject;       /**< by row of data; NULL in a period */
    size_t n_events;
    size_t n_incomplete; /**< members of the design left out, since a covariate is missing */
    struct rwe_model_matrix matrix; /**< over the rows of data */
    struct rwe_cox_options options;
    struct rwe_cox fit;                    /**< where `failure.status` is RWE_OK */
    struct rwe_error failure;              /**< why there is no fit, in terms of the covariates */
    struct rwe_error separation;           /**< why `fit` is Firth's: the likelihood is monotone */
    bool is_repeated;                      /**< replicates fit it too, for the ratios of its arms */
    const struct rwe_cox_profile *profile; /**< by column, in place of Wald's limits and tests; or
                                                NULL. Set by rwe_cox_model_limits alone */
};

/**
 * Builds and fits. A model that the data do not hold (RWE_NOT_ESTIMABLE, RWE_COLLINEAR,
 * RWE_SEPARATED) is RWE_OK with `failure` set; what is returned is out of memory or a bad request.
 * Standard errors are robust where rows are clustered or weighted. Lives in the run's arena.
 */
enum rwe_status rwe_cox_model_fit(const struct rwe_cox_request *request,
                                  struct rwe_cox_model *model, struct rwe_error *error);

/**
 * The same for a list of estimates, which keeps what was found in the data: a replicate starts from it.
 * Its estimates are within 1e-9 standard errors of those that rwe_cox_model_fit finds in it.
 */
enum rwe_status rwe_cox_model_estimate(const struct rwe_cox_request *request,
                                       struct rwe_cox_model *model, struct rwe_error *error);

/** The same under another name, for a model that stands beside that of its kind in one population. */
enum rwe_status rwe_cox_model_estimate_as(const char *name, const struct rwe_cox_request *request,
                                          struct rwe_cox_model *model, struct rwe_error *error);

/**
 * Rows, terms and columns without the fit, of a `model` whose name is set: complete cases, n_events
 * those of cause 1. `failure` is set where a spline cannot be placed. Lives in the run's arena.
 */
enum rwe_status rwe_cox_model_build(const struct rwe_cox_request *request,
                                    struct rwe_design_view view, struct rwe_cox_model *model,
                                    struct rwe_error *error);

/** The terms that the model has in every design, without a place in a fit. RWE_OK or RWE_NO_MEMORY. */
enum rwe_status rwe_cox_model_list(const struct rwe_cox_request *request,
                                   struct rwe_cox_model *model);

/** rwe_model_matrix_reduce of the model and its `failure`; the terms know then what was left out. */
bool rwe_cox_model_reduce(struct rwe_cox_model *model);

/** Rewords a failure at a column (`reason->index`) in terms of the arms and covariates. */
void rwe_cox_model_explain(const struct rwe_cox_model *model, struct rwe_error *reason);

/**
 * Gives a model whose likelihood is monotone (`failure` RWE_SEPARATED) Firth's fit, and it or any
 * model under --profile the limits of the profile likelihood. Leaves a robust model alone, since no
 * such limits hold where rows depend on each other, and a monotone one with exact ties, for which
 * there is no penalty.
 */
enum rwe_status rwe_cox_model_limits(const struct rwe_cox_request *request,
                                     struct rwe_cox_model *model, struct rwe_error *error);

/**
 * The model's ratios in one period alone: up to `split`, where later events are not seen, or after it,
 * among those still at risk. An event belongs to one period, so that the two fits are those of one
 * model with a column for each period. `whole` is a fitted or failed model; `model` as above.
 */
enum rwe_status rwe_cox_model_period(const struct rwe_cox_request *request,
                                     const struct rwe_cox_model *whole, double split, bool after,
                                     struct rwe_cox_model *model, struct rwe_error *error);

/** RWE_USAGE where --spline names what is no numeric covariate. */
enum rwe_status rwe_cox_check_splines(const struct rwe_run *run, struct rwe_error *error);

/** "Efron's", "Breslow's" or "exact": the ties of the run, in the reader's language. */
const char *rwe_cox_ties_text(const struct rwe_run *run);

/** RWE_USAGE where --interaction names what is no covariate, or a spline. */
enum rwe_status rwe_cox_check_interactions(const struct rwe_run *run, struct rwe_error *error);

#endif
