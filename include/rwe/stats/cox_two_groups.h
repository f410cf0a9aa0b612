/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Cox's model (cox.h) of one group against the other and nothing else, where the estimate alone is
 * wanted and is known to lie near: for replicates. From the event table; linear in rows, and with
 * entries n log n, but linear in events a step.
 */
#ifndef RWE_STATS_COX_TWO_GROUPS_H
#define RWE_STATS_COX_TWO_GROUPS_H

#include "rwe/stats/cox.h"

/**
 * The log hazard ratio of group 1 against group 0: what rwe_cox_fit gives for that indicator, to some
 * 1e-12, by Newton's steps from `start`, the estimate of like data. Strata, weights, entries and ties
 * (Efron's or Breslow's) count as there.
 *
 * Errors: those of rwe_survival_data_check; RWE_BAD_INPUT for other than two groups, exact ties, or a
 * start that is not finite; RWE_NOT_ESTIMABLE where the steps do not shrink as near a maximum: the
 * maximum is far or infinite, or the groups never meet, which is for rwe_cox_fit to tell;
 * RWE_NO_MEMORY. `estimate` is written with RWE_OK alone.
 */
enum rwe_status rwe_cox_two_groups(const struct rwe_survival_data *data, enum rwe_cox_ties ties,
                                   double start, struct rwe_arena *scratch, double *estimate,
                                   struct rwe_error *error);

#endif
