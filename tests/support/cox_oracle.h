/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Cox fits against R's, and the cohorts that both read. */
#ifndef TESTS_SUPPORT_COX_ORACLE_H
#define TESTS_SUPPORT_COX_ORACLE_H

#include "cohort.h"
#include "rwe/stats/cox.h"

/** Compares a fit with the lines cox.<name>.*: estimates to 1e-8, standard errors to 1e-7. */
void cox_oracle_compare(const struct oracle *oracle, const char *name, const struct rwe_cox *cox);

/** Rows of the table in which none of the columns is missing. */
uint8_t *csv_complete(const struct csv_table *table, const char *const columns[], size_t n);

/** time and event (where equal to `code`), and covariates: numeric columns, or 0 where NULL. */
struct cohort cohort_load(const struct csv_table *table, const char *time, const char *event,
                          double code, const char *const columns[], size_t p);

#endif
