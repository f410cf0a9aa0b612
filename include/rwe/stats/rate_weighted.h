/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Events per time at risk under a design: weights, matched sets of any shape, clusters. Counts of
 * independent subjects have exact limits (rate.h).
 *
 *   r = D / T with D = Σ w d and T = Σ w t over the group,   influence on log r: w (d / D − t / T)
 *
 * Errors are robust, by the rule of influence.h; limits are symmetric for log r, and for the log of
 * the ratio of two. They do not take events as Poisson: where n subjects without weights have one event at
 * most and all the same time, the error of log r is √(1/D − 1/n), that of a log proportion. In a finite
 * sample it is that of the survey package's
 * svyratio, but for its factor n / (n − 1).
 */
#ifndef RWE_STATS_RATE_WEIGHTED_H
#define RWE_STATS_RATE_WEIGHTED_H

#include "rwe/stats/influence.h"
#include "rwe/stats/proportion.h"

/** Events and time of each row. Borrowed. */
struct rwe_rate_data {
    size_t n;
    const double *events; /**< >= 0 */
    const double *time;   /**< >= 0, in any unit; a row of no time and no events says nothing */
    const uint32_t *group;
    size_t n_groups;
    const double *weight; /**< > 0; NULL: all 1 */
    struct rwe_dependence dependence;
};

struct rwe_weighted_rate {
    double events, time; /**< sums of weights */
    double estimate;     /**< NaN without time */
    double log_error;    /**< of log r; NaN without events */
    double conf_low, conf_high;
};

/**
 * The rates by group into rate[n_groups]; limits are NaN where a group has no event. `scratch` is left
 * as it was. RWE_NOT_FINITE or RWE_BAD_INPUT with error.index for a bad row; RWE_BAD_INPUT for the level or
 * as in rwe_dependence_check; RWE_NO_MEMORY.
 */
enum rwe_status rwe_rate_weighted(const struct rwe_rate_data *data, double conf_level,
                                  struct rwe_arena *scratch, struct rwe_weighted_rate rate[],
                                  struct rwe_error *error);

/** Group 1 over group 0, whose rates are of rwe_rate_weighted; limits NaN where one has no event. */
enum rwe_status rwe_rate_weighted_ratio(const struct rwe_rate_data *data,
                                        const struct rwe_weighted_rate rate[], double conf_level,
                                        struct rwe_arena *scratch, struct rwe_interval *ratio,
                                        struct rwe_error *error);

#endif
