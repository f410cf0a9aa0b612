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

/** Values of a column by subject, NaN where missing. */
void rwe_column_values(const struct rwe_column *column, size_t n, double out[]);

/** Whether the subject's value is missing. */
bool rwe_variable_missing(const struct rwe_variable *variable, size_t subject);

/** Whether the column holds 0 and 1 only. */
bool rwe_column_is_binary(const struct rwe_column *column);

#endif
