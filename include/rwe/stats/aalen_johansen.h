/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Cumulative incidence under competing risks.
 *
 *   F_k(t) = Σ over t_i <= t of S(t_i−) d_ki / n_i       Aalen & Johansen, Scand J Stat 5:141 (1978)
 *
 * with S the product-limit estimate of being free of any event. ΣF_k + S = 1 at all times. One less
 * the Kaplan–Meier estimate with competitors censored exceeds F_k: it is the incidence where nobody
 * meets a competitor.
 *
 * Two variances:
 *
 * Aalen's (Ann Stat 6:534, 1978), as cmprsk and tidycmprsk have it, and the default here: with
 * J_c = 1 for c = k and else 0,
 *
 *   Σ over t_i <= t, causes c of  S(t_i−)² d_ci (n_i − d_ci) / (n_i² (n_i − 1))
 *                                × (J_c − (F_k(t) − F_k(t_i)) / S(t_i))²
 *
 * the infinitesimal jackknife (Efron, Biometrika 68:589, 1981), as survival's survfit has it: the sum
 * over clusters of their squared influence on F_k(t). It is right under sampling weights and
 * clusters; Aalen's takes weights as replication. Without both the two differ by terms of order 1/n.
 *
 * Limits are symmetric for log(−log F), as in tidycmprsk and SAS: they stay in (0, 1). Where F = 0 the
 * error is 0 and both limits are 0; where F = 1 they are not estimable: NaN.
 */
#ifndef RWE_STATS_AALEN_JOHANSEN_H
#define RWE_STATS_AALEN_JOHANSEN_H

#include "rwe/base/arena.h"
#include "rwe/stats/event_table.h"

/** One group's curves: a point at each distinct time of the group, events or not. */
struct rwe_aalen_johansen {
    size_t group; /**< of the data */
    double conf_level;
    size_t n_points;
    size_t n_causes;
    const double *time;
    const double *at_risk; /**< just before the time */
    const double *censored;
    const double *survival; /**< free of any event just after the time */
    /** By cause, each [(cause − 1) * n_points + point]: */
    const double *events;
    const double *incidence; /**< F just after the time */
    const double *std_error; /**< of F */
    const double *conf_low;  /**< NaN where not estimable */
    const double *conf_high;
    double n; /**< subjects (sum of weights); with late entry those at risk at first */
    const double *n_events; /**< by cause − 1 */
};

/** The curves read at a time. */
struct rwe_aalen_johansen_point {
    double incidence, std_error, conf_low, conf_high; /**< NaN beyond the last time in the group */
    double at_risk;                                   /**< those with time >= t */
};

/**
 * The curves of `group` over an unstratified table, with Aalen's variance. Linear in the rows.
 * RWE_BAD_INPUT when the table has strata, the group does not exist or the level is not in (0, 1);
 * RWE_NOT_ESTIMABLE when the group is empty.
 */
enum rwe_status rwe_aalen_johansen_fit(const struct rwe_event_table *table, size_t group,
                                       double conf_level, struct rwe_arena *arena,
                                       struct rwe_aalen_johansen *curve, struct rwe_error *error);

/**
 * Puts the infinitesimal jackknife, by the rule of influence.h, in place of Aalen's variance of a curve
 * that was fitted to a table of these data (RWE_BAD_INPUT when it was not). n log n. With
 * late entry a subject of several rows needs them in one cluster.
 */
enum rwe_status rwe_aalen_johansen_robust(const struct rwe_survival_data *data,
                                          struct rwe_arena *arena, struct rwe_aalen_johansen *curve,
                                          struct rwe_error *error);

/** F of `cause` (from 1), its error and limits at `time`; 0 before the first time. O(log n_points). */
struct rwe_aalen_johansen_point rwe_aalen_johansen_at(const struct rwe_aalen_johansen *curve,
                                                      size_t cause, double time);

#endif
