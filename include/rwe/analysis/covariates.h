/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Covariates as columns of numbers: for models, and for balance. */
#ifndef RWE_ANALYSIS_COVARIATES_H
#define RWE_ANALYSIS_COVARIATES_H

#include "rwe/analysis/analysis.h"

/** A covariate, or one level of it as 0/1. */
struct rwe_column {
    const struct rwe_variable *variable;
    int32_t level;    /**< of a category; −1 for numbers */
    const char *name; /**< "age" or "size=20-50": the term in models */
    bool missing;     /**< 1 where the value is missing, 0 where there is one: "age=missing" */
};

struct rwe_columns {
    struct rwe_column *item;
    size_t n;
};

/**
 * The columns of all covariates: one for numbers; for categories one a level, without the first
 * (the reference) when `for_model`. {NULL, 0} when memory is out.
 */
struct rwe_columns rwe_covariate_columns(const struct rwe_cohort *cohort, bool for_model,
                                         struct rwe_arena *arena);

/**
 * One column for each covariate with missing values, numbers and categories alike: "age=missing".
 * {NULL, 0} when memory is out; n = 0 where nothing is missing.
 */
struct rwe_columns rwe_missing_columns(const struct rwe_cohort *cohort, struct rwe_arena *arena);

/** Values of a column by subject, NaN where missing (but in a column that says just that). */
void rwe_column_values(const struct rwe_column *column, size_t n, double out[]);

/**
 * The same for a model with the columns of rwe_missing_columns beside it: where missing, the mean of
 * those with a value (returned), and 0 for a level. What is put there changes no fitted value of a
 * model in which the number is linear, only the coefficient of that column.
 */
double rwe_column_values_filled(const struct rwe_column *column, size_t n, double out[]);

/** Whether --missing indicator keeps subjects with missing covariates in the propensity model. */
bool rwe_missing_has_indicator(const struct rwe_settings *settings);

/** Whether the subject's value is missing. */
bool rwe_variable_missing(const struct rwe_variable *variable, size_t subject);

/** Whether the column holds 0 and 1 only. */
bool rwe_column_is_binary(const struct rwe_column *column);

#endif
