/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Gray's test of equal cumulative incidence of one cause in K groups, stratified where the table has
 * strata (Gray, Ann Stat 16:1141, 1988).
 *
 * It is the log-rank test for subdistribution hazards: a group's number at risk n_g is made
 * R_g = n_g (1 − F_g(t−)) / S_g(t−), since those who met a competitor remain at risk of what they
 * will never meet, as far as they would not have been censored. With d events of the cause at t, of
 * which d_g in group g, its score is
 *
 *   Σ over t of (1 − F(t−))^ρ (d_g − d R_g / ΣR)
 *
 * where F is the cumulative incidence of all groups together. Variance as Gray has it, with
 * his correction for ties; statistic and p are those of cmprsk's cuminc.
 *
 * The numbers in the table are taken as counts: a weight is so many subjects. For sampling weights and
 * for clusters there is rwe_gray_robust.
 */
#ifndef RWE_STATS_GRAY_H
#define RWE_STATS_GRAY_H

#include "rwe/base/arena.h"
#include "rwe/stats/event_table.h"

struct rwe_gray {
    size_t n_groups;
    const double *score; /**< observed less expected, weighted, by group: they sum to 0 */
    double statistic;    /**< chi-square */
    double df;           /**< groups with subjects, less one */
    double p_value;      /**< upper tail; right down to 1e-300 */
};

/**
 * Tests `cause` (from 1). `rho` weighs early differences (> 0) or late ones (< 0); 0 is usual.
 * O(rows × groups³). Errors: RWE_BAD_INPUT when the table has no such cause, rho is not finite, or
 * somebody enters late (the test does not exist for left-truncated data); RWE_NOT_ESTIMABLE without
 * an event of the cause, or when groups are never at risk together at one; RWE_NO_MEMORY.
 */
enum rwe_status rwe_gray_test(const struct rwe_event_table *table, size_t cause, double rho,
                              struct rwe_arena *arena, struct rwe_gray *result,
                              struct rwe_error *error);

/**
 * The same score, of sampling weights where data->weight is given, against the robust covariance
 * Σ (Σ ψ)(Σ ψ)' over clusters (each row its own without data->cluster). ψ_i = w_i ∂score / ∂w_i is the
 * infinitesimal jackknife through the numbers at risk and through the curves F_g and S_g that make R_g
 * of them, with the weights (1 − F)^ρ of times as given: rows' ψ sum to the score. It does not change
 * with the scale of the weights. `table` is that of `data`. O(n log n + rows × groups²).
 * Errors: those of rwe_gray_test; RWE_NOT_ESTIMABLE too with fewer clusters than degrees of freedom.
 */
enum rwe_status rwe_gray_robust(const struct rwe_survival_data *data,
                                const struct rwe_event_table *table, size_t cause, double rho,
                                struct rwe_arena *arena, struct rwe_gray *result,
                                struct rwe_error *error);

#endif
