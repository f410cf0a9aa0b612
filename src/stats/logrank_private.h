/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The one walk along event times that all tests of the log-rank family share. */
#ifndef RWE_STATS_LOGRANK_PRIVATE_H
#define RWE_STATS_LOGRANK_PRIVATE_H

#include "rwe/stats/logrank.h"

#include <stdbool.h>

/** A row of the table with an event, seen in the pooled sample of its stratum. */
struct rwe_logrank_step {
    size_t row, stratum;
    const double *at_risk, *events; /**< by group */
    double n, d;                    /**< at risk, events */
    double spread;   /**< d (n − d) / (n − 1): variance = spread × shares; 0 for n <= 1 */
    double survival; /**< Kaplan–Meier just before */
    double peto;     /**< product of 1 − d / (n + 1), this time included */
};

struct rwe_logrank_walk {
    const struct rwe_event_table *table;
    size_t next_row, stratum;
    double survival, peto; /**< after the last step */
};

/** Before the first row. */
struct rwe_logrank_walk rwe_logrank_walk_start(const struct rwe_event_table *table);

/** The next row with an event, or false after the last. */
bool rwe_logrank_walk_next(struct rwe_logrank_walk *walk, struct rwe_logrank_step *step);

/** W of a step. */
double rwe_logrank_weight_at(struct rwe_logrank_weight weight, const struct rwe_logrank_step *step);

/** RWE_OK, or RWE_BAD_INPUT for ρ or γ out of range. */
enum rwe_status rwe_logrank_weight_check(struct rwe_logrank_weight weight, struct rwe_error *error);

/**
 * The influence ψ of rwe_logrank_robust of every row on O − E of group `g`. Errors: those of
 * rwe_logrank_scores.
 */
enum rwe_status rwe_logrank_influence(const struct rwe_survival_data *data,
                                      const struct rwe_event_table *table,
                                      struct rwe_logrank_weight weight, size_t g,
                                      struct rwe_arena *scratch, double influence[],
                                      struct rwe_error *error);

#endif
