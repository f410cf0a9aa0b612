/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * MaxCombo: the largest of several weighted log-rank statistics of two groups, with the p-value of
 * that largest (Lee, Biometrics 52:721, 1996; Karrison, Stata J 16:678, 2016). It keeps power
 * whether hazards are proportional, differ late, or early.
 */
#ifndef RWE_STATS_MAXCOMBO_H
#define RWE_STATS_MAXCOMBO_H

#include "rwe/stats/logrank.h"
#include "rwe/stats/normal_maximum.h"

enum { RWE_MAXCOMBO_MOST = RWE_NORMAL_MAXIMUM_MOST };

struct rwe_maxcombo {
    size_t n_weights;
    double z[RWE_MAXCOMBO_MOST]; /**< by weight; positive: group 1 fails more than expected. NaN
                                      where the weight is 0 at every event that could tell */
    double correlation[RWE_MAXCOMBO_MOST * RWE_MAXCOMBO_MOST]; /**< n_weights × n_weights */
    double statistic;                                          /**< max |z| */
    size_t best;    /**< the weight that attains it, the first of several */
    double p_value; /**< P(max |Z| > statistic), Z jointly normal; right down to 1e-300 */
};

/** G(0,0), G(1,0), G(0,1) and G(1,1) of Fleming and Harrington: equal, early, late, middle. */
extern const struct rwe_logrank_weight rwe_maxcombo_weights[RWE_MAXCOMBO_MOST];

/**
 * The test on a table of two groups, with 1 … 4 weights. Cov(U_a, U_b) = Σ W_a W_b V, V the
 * hypergeometric variance at each event time of each stratum.
 * Errors: RWE_BAD_INPUT unless there are two groups and 1 … 4 weights in range; RWE_NOT_ESTIMABLE
 * with no event or when all statistics are NaN.
 */
enum rwe_status rwe_maxcombo_test(const struct rwe_event_table *table,
                                  const struct rwe_logrank_weight weights[], size_t n_weights,
                                  struct rwe_maxcombo *result, struct rwe_error *error);

/**
 * The same for sampling weights and clusters: Cov(U_a, U_b) = Σ (Σ ψ_a)(Σ ψ_b) over clusters (each row
 * its own without data->cluster), ψ_a a row's influence on U_a as in rwe_logrank_robust. `table` is that of `data`. n log n.
 * Errors: those of rwe_maxcombo_test; RWE_NO_MEMORY.
 */
enum rwe_status rwe_maxcombo_robust(const struct rwe_survival_data *data,
                                    const struct rwe_event_table *table,
                                    const struct rwe_logrank_weight weights[], size_t n_weights,
                                    struct rwe_arena *scratch, struct rwe_maxcombo *result,
                                    struct rwe_error *error);

#endif
