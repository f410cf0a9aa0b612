/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * The log-rank test and its weighted relatives: equal survival in K groups, stratified where the
 * table has strata.
 *
 * W (O − E) summed over event times and strata against its hypergeometric covariance (Mantel,
 * Cancer Chemother Rep 50:163, 1966; Peto & Peto, JRSS A 135:185, 1972). The weight W of a time
 * depends on the pooled sample of its stratum only:
 *
 *   log-rank           1
 *   Gehan–Breslow      n             (Gehan, Biometrika 52:203, 1965; Breslow, ibid. 57:579, 1970)
 *   Tarone–Ware        sqrt(n)       (Tarone & Ware, Biometrika 64:156, 1977)
 *   Peto–Peto          S~(t)         S~ = product of 1 − d / (n + 1) up to and with t
 *   Fleming–Harrington S(t−)^ρ (1 − S(t−))^γ, S the Kaplan–Meier estimate just before t
 *                                    (Harrington & Fleming, Biometrika 69:553, 1982)
 *
 * with n at risk and d events. S and S~ start at 1 in each stratum, as in R's survdiff(rho = ρ).
 *
 * The numbers in the table are taken as counts, as the hypergeometric distribution wants: a weight
 * is so many subjects. For sampling weights and for clusters there is rwe_logrank_robust.
 */
#ifndef RWE_STATS_LOGRANK_H
#define RWE_STATS_LOGRANK_H

#include "rwe/base/arena.h"
#include "rwe/stats/event_table.h"

enum rwe_logrank_family {
    RWE_LOGRANK_PLAIN,
    RWE_LOGRANK_GEHAN,
    RWE_LOGRANK_TARONE_WARE,
    RWE_LOGRANK_PETO,
    RWE_LOGRANK_FLEMING_HARRINGTON,
};

/** How event times are weighted. Zero-initialised: the log-rank test. */
struct rwe_logrank_weight {
    enum rwe_logrank_family family;
    double rho, gamma; /**< of Fleming–Harrington, finite and >= 0 */
};

struct rwe_logrank {
    size_t n_groups;
    const double *observed;   /**< events times their weight, by group */
    const double *expected;   /**< the same under equal hazards within strata, by group */
    const double *covariance; /**< of observed − expected, n_groups × n_groups */
    double statistic;         /**< chi-square */
    double df;                /**< groups ever at risk with others at an event, less one for each
                                   set of groups that such events link: one set, but for strata */
    double p_value;           /**< upper tail; right down to 1e-300 */
};

/** The log-rank test: rwe_logrank_weighted with weight 1. */
enum rwe_status rwe_logrank_test(const struct rwe_event_table *table, struct rwe_arena *arena,
                                 struct rwe_logrank *result, struct rwe_error *error);

/**
 * A test of the family. Linear in rows × groups.
 * Errors: RWE_NOT_ESTIMABLE with no event, or when no two groups are ever at risk together at one
 * that has weight; RWE_BAD_INPUT for ρ or γ out of range; RWE_NO_MEMORY.
 */
enum rwe_status rwe_logrank_weighted(const struct rwe_event_table *table,
                                     struct rwe_logrank_weight weight, struct rwe_arena *arena,
                                     struct rwe_logrank *result, struct rwe_error *error);

/** A test against ordered hazards. */
struct rwe_logrank_trend {
    double z;         /**< positive: hazards rise with the scores */
    double statistic; /**< z², chi-square with one degree of freedom */
    double p_value;   /**< two-sided; right down to 1e-300 */
};

/**
 * z = a'(O − E) / sqrt(a'Va) for the scores a of the groups (Tarone, Biometrika 62:679, 1975), from
 * any result above or below. Shifting or scaling the scores by positive numbers changes nothing.
 * Errors: RWE_NOT_FINITE (index = group) for a score; RWE_NOT_ESTIMABLE when nothing varies with
 * the scores.
 */
enum rwe_status rwe_logrank_trend(const struct rwe_logrank *result, const double scores[],
                                  struct rwe_logrank_trend *trend, struct rwe_error *error);

/**
 * The same O − E, of sampling weights where data->weight is given, against the robust covariance of
 * rwe_influence_covariance: over clusters (each row its own without data->cluster), and with the
 * step that estimated the weights where data->estimation tells of it. ψ is a row's influence
 *
 *   ψ_ig = w_i [ δ_i W(t_i) ([g_i = g] − n_g/n(t_i)) − Σ W d/n ([g_i = g] − n_g/n) ],
 *
 * the sum over event times in (entry, t_i] of its stratum. It is the score residual of a weighted
 * Cox model (Breslow's ties) at no effect, and the test is the robust score test of Lin & Wei (JASA
 * 84:1074, 1989). It does not change with the scale of the weights, except for Peto–Peto's S~, whose
 * n + 1 counts subjects. `table` is that of `data`. n log n.
 * Errors: those of rwe_logrank_weighted; RWE_NOT_ESTIMABLE too with fewer clusters than degrees of
 * freedom.
 */
enum rwe_status rwe_logrank_robust(const struct rwe_survival_data *data,
                                   const struct rwe_event_table *table,
                                   struct rwe_logrank_weight weight, struct rwe_arena *arena,
                                   struct rwe_logrank *result, struct rwe_error *error);

/**
 * The scores c_i of a test of the family: O − E of any group is the sum of its members' scores,
 * whoever they are, as W depends on the pooled sample only:
 *
 *   c_i = w_i [ δ_i W(t_i) − Σ W d/n over event times in (entry, t_i] of its stratum ].
 *
 * Without weights they are the martingale residuals of a model without covariates where W = 1, and
 * sum to 0 in each stratum. `score` holds data->n numbers. n log n.
 * Errors: RWE_BAD_INPUT for ρ or γ out of range; RWE_NO_MEMORY.
 */
enum rwe_status rwe_logrank_scores(const struct rwe_survival_data *data,
                                   const struct rwe_event_table *table,
                                   struct rwe_logrank_weight weight, struct rwe_arena *scratch,
                                   double score[], struct rwe_error *error);

#endif
