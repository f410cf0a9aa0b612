/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What --cox tells beyond hazard ratios: concordance, predicted survival, residuals. */
#ifndef RWE_ANALYSIS_COX_MORE_H
#define RWE_ANALYSIS_COX_MORE_H

#include "cox_present.h"

/** Starts the table of concordances. */
struct rwe_grid *rwe_cox_concordance_table(struct rwe_run *run);

/** Adds a model's row and its facts; nothing without a fit, or where `grid` is NULL. */
enum rwe_status rwe_cox_concordance_row(struct rwe_grid *grid,
                                        const struct rwe_cox_request *request,
                                        const struct rwe_cox_model *model, rwe_fact harrell,
                                        struct rwe_error *error);
void rwe_cox_concordance_end(const struct rwe_run *run, struct rwe_grid *grid);

/** RWE_USAGE where --predict is asked of no adjusted model, or --predict-at names no covariate or level. */
enum rwe_status rwe_cox_check_predict(const struct rwe_run *run, struct rwe_error *error);

/** The table of predicted survival, and room for its series. */
struct rwe_cox_predictions {
    struct rwe_grid *grid;
    double *column; /**< what series have not taken yet */
};

/** Starts it. The series are borrowed by the document, so no mark taken before may be released. `*all`
 * is NULL where --predict does not ask for it. */
enum rwe_status rwe_cox_predict_start(struct rwe_run *run, struct rwe_cox_predictions **all,
                                      struct rwe_error *error);

/** Adds the adjusted model's predictions: rows, facts and series. Nothing where `all` is NULL. */
enum rwe_status rwe_cox_add_predictions(struct rwe_cox_predictions *all,
                                        const struct rwe_cox_request *request,
                                        const struct rwe_cox_model *model, struct rwe_error *error);
void rwe_cox_predict_end(const struct rwe_run *run, const struct rwe_cox_predictions *all);

/** Starts the table of influential subjects; NULL where --residuals does not ask for it. */
struct rwe_grid *rwe_cox_influence_table(struct rwe_run *run);

/** Adds the subjects with the ten greatest dfbeta of each arm: of the adjusted model, or of the arm alone
 * where there is none. Nothing where `grid` is NULL, or the model has no residuals. */
enum rwe_status rwe_cox_influence(struct rwe_grid *grid, const struct rwe_cox_request *request,
                                  const struct rwe_cox_model *model, struct rwe_error *error);

/** Writes --residuals: one residual a line, of the same models, subjects in the cohort's order. */
enum rwe_status rwe_cox_write_residuals(const struct rwe_run *run, const void *state,
                                        struct rwe_error *error);

#endif
