/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The parts of --cuminc: curves (cuminc.c), contrasts of the arms (cuminc_contrasts.c), and Fine–Gray's
 * model adjusted for the covariates (cuminc_adjusted.c). */
#ifndef ANALYSIS_CUMINC_H
#define ANALYSIS_CUMINC_H

#include "rwe/analysis/present.h"
#include "rwe/stats/aalen_johansen.h"

/** What is asked of one cause (from 1). */
struct rwe_cuminc_question {
    struct rwe_run *run;
    const struct rwe_endpoint *endpoint;
    const struct rwe_design *design;
    size_t cause;
};

/** Whether the data can be read but do not hold the quantity: a null fact and a warning. */
bool rwe_cuminc_is_absence(enum rwe_status status);

/** Warns of `what` in this question. */
void rwe_cuminc_warn(const struct rwe_cuminc_question *q, const char *code, const char *what,
                     const char *message);

/** The key of a fact about a cause (from 1). */
struct rwe_key rwe_key_cause(const char *analysis, const struct rwe_endpoint *endpoint,
                             const struct rwe_design *design, size_t cause);

/** RWE_NOT_ESTIMABLE where somebody enters late: neither Gray's test nor Fine–Gray is defined then. */
enum rwe_status rwe_cuminc_check_entry(const struct rwe_survival_data *data,
                                       struct rwe_error *error);

/** The curves of all arms, arm[n_arms] in the run's arena, with the variance that the population needs; of
 * all causes, whatever `q` asks. `scratch` is another arena, for the event table. */
enum rwe_status rwe_cuminc_fit(const struct rwe_cuminc_question *q, struct rwe_arena *scratch,
                               struct rwe_aalen_johansen arm[], struct rwe_error *error);

/** Starts the table of contrasts, for all endpoints. */
struct rwe_grid *rwe_cuminc_contrasts(struct rwe_run *run);

/** Adds the rows of one cause: Gray's test, Fine–Gray, Cox. */
enum rwe_status rwe_cuminc_contrast(struct rwe_run *run, struct rwe_grid *grid,
                                    const struct rwe_endpoint *endpoint,
                                    const struct rwe_design *design, size_t cause,
                                    struct rwe_error *error);

/** Says under the table what was done. */
void rwe_cuminc_contrasts_end(struct rwe_run *run, struct rwe_grid *grid);

/** The table of Fine–Gray models with the covariates, for all endpoints, populations and causes. */
enum rwe_status rwe_cuminc_adjusted(struct rwe_run *run, struct rwe_error *error);

/** Adds the figure of an endpoint in a population; curves by arm. */
void rwe_cuminc_add_figure(struct rwe_run *run, const struct rwe_endpoint *endpoint,
                           const struct rwe_design *design, const struct rwe_aalen_johansen arm[]);

/** Lists incidences at the run's times by arm and cause, and their differences, for replicates. */
enum rwe_status rwe_cuminc_estimate(struct rwe_run *run, struct rwe_estimates *estimates,
                                    struct rwe_error *error);

#endif
