/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Concordance: how often the one who fails first had the higher score. Harrell's C counts pairs alike;
 * Uno's makes up for those that censoring takes away.
 *
 * A pair of the same stratum is comparable when the earlier time is an event and the later time is
 * later, or is a censoring at the same time. C = (concordant + tied / 2) / comparable
 * (Harrell, Lee & Mark, Stat Med 15:361, 1996). A pair counts the product of its weights.
 * With entries the other one must be at risk at the earlier time, as in R's concordance().
 */
#ifndef RWE_STATS_CONCORDANCE_H
#define RWE_STATS_CONCORDANCE_H

#include "rwe/base/arena.h"
#include "rwe/stats/survival_data.h"

struct rwe_concordance {
    double concordant; /**< comparable pairs in which the one who fails first scores higher */
    double discordant; /**< … lower */
    double tied;       /**< … the same */
    double index;      /**< C, in [0, 1]; NaN when no pair is comparable */
};

/**
 * O(n log n), strata one after the other. A high `score` (by row of `data`) stands for an early
 * event. Errors: those of rwe_survival_data_check; RWE_NOT_FINITE (index into score);
 * RWE_NO_MEMORY. data->group and data->cluster are not used.
 */
enum rwe_status rwe_concordance(const struct rwe_survival_data *data, const double score[],
                                struct rwe_arena *scratch, struct rwe_concordance *result,
                                struct rwe_error *error);

/**
 * Uno's C (Uno, Cai, Pencina, D'Agostino & Wei, Stat Med 30:1105, 2011): the pairs whose first event is
 * at or before `tau` (INFINITY: all), each divided by G(t−)², so that C does not depend on the
 * censoring. G is the stratum's Kaplan–Meier estimate of being uncensored and t the time of that
 * event. The counts are sums of such weights. Late τ, where G is small, make C unstable. As survival's
 * concordance(timewt = "n/G2", ymax = tau).
 *
 * O(n log n). Errors: those of rwe_concordance; RWE_BAD_INPUT when tau is not above 0, and with entries,
 * for which no G is agreed on.
 */
enum rwe_status rwe_uno_concordance(const struct rwe_survival_data *data, const double score[],
                                    double tau, struct rwe_arena *scratch,
                                    struct rwe_concordance *result, struct rwe_error *error);

#endif
