/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Cohorts with two causes, as tests/oracle/competing_risks.R has them. */
#ifndef TESTS_SUPPORT_COMPETING_H
#define TESTS_SUPPORT_COMPETING_H

#include "cohort.h"

/** Relapse (1) or death before it (2); `p` columns of x are left for the caller to fill. */
struct cohort competing_rotterdam(const struct csv_table *table, const char *group, size_t p);

/** Malignancy (1) or death before it (2) in mgus2.csv; also the shape of other files that have
 * `etime` and `etype`. */
struct cohort competing_mgus2(const struct csv_table *table, const char *group, size_t p);

/** Transplant (1) or death (2) of the 312 randomised patients; the table holds all 418, so codes of
 * `column` are counted among the 312 only if it is "trt" or "stage". */
struct cohort competing_pbc(const struct csv_table *table, const char *group, size_t p);

/** cohort_sort with two causes. */
struct rwe_survival_data competing_sort(struct cohort *cohort, struct rwe_arena *arena);

/** Random times with causes 1 (40 %), 2 (30 %) and censoring, from seed; multiples of grain. */
struct cohort competing_random(struct rwe_arena *arena, size_t n, size_t p, double grain,
                               uint64_t seed);

#endif
