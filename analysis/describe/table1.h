/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The table of variables by arm that Table 1 is: for others that describe patients the same way. */
#ifndef ANALYSIS_TABLE1_H
#define ANALYSIS_TABLE1_H

#include "rwe/analysis/covariate_balance.h"

struct table1 {
    const char *analysis; /**< of the facts */
    const char *
        title; /**< of the table, in the reader's language as all texts; with many populations each has its own, with its name */
    const char *heading; /**< over the names of the variables */
    const struct rwe_variable *variable;
    size_t n_variables;
    const char *const *label; /**< by variable, what readers see; NULL: its name */
    const struct rwe_covariate_balance
        *balance;        /**< of these variables, for their SMD; NULL: none */
    const char *missing; /**< label of the row of missing values: "missing" */
    bool has_range;      /**< a row with least and greatest in place of mean and SD */
    bool blank;          /**< an arm without any value has empty cells, as the dose of those who
                              were not irradiated */
    const char *note;    /**< under the tables, or NULL */
};

/**
 * Numbers by mean and SD, median and quartiles, categories and 0/1 by n (%), in every population of the
 * run that compares people, the populations two by two side by side. Keys: group, term = variable,
 * level; and the arms' sizes without a term. RWE_NO_MEMORY or RWE_OK.
 */
enum rwe_status table1_present(struct rwe_run *run, const struct table1 *what,
                               struct rwe_error *error);

#endif
