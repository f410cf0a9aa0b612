/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What the files of the propensity score share. */
#ifndef RWE_ANALYSIS_PROPENSITY_PRIVATE_H
#define RWE_ANALYSIS_PROPENSITY_PRIVATE_H

#include "rwe/analysis/propensity.h"

/** RWE_USAGE where --ps-spline or --ps-interaction name what cannot be bent or multiplied, and where a
 * covariate has a level "missing" of its own under --missing indicator. */
enum rwe_status rwe_propensity_check_terms(const struct rwe_run *run, struct rwe_error *error);

/**
 * Fills the columns of the model for its subjects: covariates as they stand or bent, then products,
 * then the indicators of missing values. RWE_BAD_INPUT where a spline cannot be placed.
 */
enum rwe_status rwe_propensity_add_columns(const struct rwe_run *run, struct rwe_propensity *p,
                                           struct rwe_error *error);

/** Takes a column out of the model, and notes its name. */
void rwe_propensity_leave_out(struct rwe_propensity *p, size_t column);

/** Adds facts, tables and series on how far the arms' scores overlap, and warns where little. */
void rwe_propensity_present_overlap(struct rwe_run *run);

#endif
