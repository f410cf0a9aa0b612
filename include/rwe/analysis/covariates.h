/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Covariates as columns of numbers, a level each: for balance and distances. Models have model_matrix.h. */
#ifndef RWE_ANALYSIS_COVARIATES_H
#define RWE_ANALYSIS_COVARIATES_H

#include "rwe/analysis/analysis.h"

/** A covariate, or one level of it as 0/1. */
struct rwe_column {
    const struct rwe_variable *variable;
    int32_t level;    /**< of a category; −1 for numbers */
    const char *name; /**< "age" or "size=20-50" */
};

struct rwe_columns {
    struct rwe_column *item;
    size_t n;
};

/** The columns of all covariates: one for numbers, one a level for categories. {NULL, 0} when memory is
 * out. */
struct rwe_columns rwe_covariate_columns(const struct rwe_cohort *cohort, struct rwe_arena *arena);

/** Values of a column by subject, NaN where missing. */
void rwe_column_values(const struct rwe_column *column, size_t n, double out[]);

/** Whether --missing indicator keeps subjects with missing covariates in the propensity model. */
bool rwe_missing_has_indicator(const struct rwe_settings *settings);

/** Whether the subject's value is missing. */
bool rwe_variable_missing(const struct rwe_variable *variable, size_t subject);

/** The mean of the n subjects who have a value; 0 where nobody has. Of numbers. */
double rwe_variable_mean(const struct rwe_variable *variable, size_t n);

/** The covariate whose name are these bytes; NULL where there is none. */
const struct rwe_variable *rwe_covariate_find(const struct rwe_cohort *cohort, const char *name,
                                              size_t length);

/** RWE_USAGE: what --OPTION names is no covariate, with the nearest that is one. */
enum rwe_status rwe_covariate_unknown(const struct rwe_run *run, const char *option,
                                      const char *name, struct rwe_error *error);

/** Whether the column holds 0 and 1 only. */
bool rwe_column_is_binary(const struct rwe_column *column);

#endif
