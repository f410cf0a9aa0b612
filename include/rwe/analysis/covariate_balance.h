/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The balance of the covariates in each design, measured once for --balance and Table 1. */
#ifndef RWE_ANALYSIS_COVARIATE_BALANCE_H
#define RWE_ANALYSIS_COVARIATE_BALANCE_H

#include "rwe/analysis/covariates.h"
#include "rwe/stats/balance.h"

/** Balance of every column in every design. */
struct rwe_covariate_balance {
    struct rwe_columns columns;
    const struct rwe_balance *at; /**< [design * columns.n + column] */
    const double *denominator;    /**< of the SMD, by column: the same in every design */
};

/** Measures it, once a run. Two arms only (RWE_USAGE otherwise). */
enum rwe_status rwe_covariate_balance(struct rwe_run *run,
                                      const struct rwe_covariate_balance **balance,
                                      struct rwe_error *error);

/** What the balance is measured of: values by subject, made one item at a time. */
struct rwe_balance_items {
    size_t n;
    void (*values)(const void *context, size_t item, double out[]); /**< NaN: missing */
    bool (*is_binary)(const void *context, size_t item);
    const void *context;
    bool means_only; /**< rwe_balance_of_means in place of rwe_balance_measure */
};

/**
 * Measures every item in every design of a run of two arms, at[design * items->n + item], with the
 * denominators of the whole cohort. The same for any number of threads. RWE_NO_MEMORY or RWE_OK.
 */
enum rwe_status rwe_balance_of_items(struct rwe_run *run, const struct rwe_balance_items *items,
                                     const struct rwe_balance **at, const double **denominator,
                                     struct rwe_error *error);

#endif
