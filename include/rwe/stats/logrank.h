/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * The log-rank test of equal survival in K groups, stratified where the table has strata.
 *
 * O − E summed over event times and strata against its hypergeometric covariance
 * (Mantel, Cancer Chemother Rep 50:163, 1966; Peto & Peto, JRSS A 135:185, 1972). The numbers in
 * the table are taken as counts, as that distribution wants: a weight is so many subjects.
 */
#ifndef RWE_STATS_LOGRANK_H
#define RWE_STATS_LOGRANK_H

#include "rwe/base/arena.h"
#include "rwe/stats/event_table.h"

struct rwe_logrank {
    size_t n_groups;
    const double *observed; /**< events, by group */
    const double *expected; /**< under equal hazards within strata, by group */
    double statistic;       /**< chi-square */
    double df;              /**< groups ever at risk with others at an event, less one for each
                                 set of groups that such events link: one set, but for strata */
    double p_value;         /**< upper tail; right down to 1e-300 */
};

/** RWE_NOT_ESTIMABLE with no event, or when no two groups are ever at risk together at one. */
enum rwe_status rwe_logrank_test(const struct rwe_event_table *table, struct rwe_arena *arena,
                                 struct rwe_logrank *result, struct rwe_error *error);

#endif
