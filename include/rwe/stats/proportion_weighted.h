/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Shares by arm under a design: with weights, matched sets of any shape, subjects in several sets.
 * For response and toxicity in every population; counts without weights have better limits
 * (proportion.h).
 *
 *   p = Σ w y / Σ w over the arm,   influence of a row: w (y − p) / Σ w
 *
 * Errors are robust, by the rule of influence.h. In a finite sample they are the survey package's
 * (svymean) but for its factor n / (n − 1).
 */
#ifndef RWE_STATS_PROPORTION_WEIGHTED_H
#define RWE_STATS_PROPORTION_WEIGHTED_H

#include "rwe/stats/influence.h"

/** Who had the event. Borrowed. */
struct rwe_proportion_data {
    size_t n;             /**< rows */
    const uint8_t *event; /**< by row: 0 no, else yes */
    const uint32_t *arm;  /**< 0 … n_arms − 1 */
    size_t n_arms;
    const double *weight; /**< > 0; NULL: all 1 */
    struct rwe_dependence dependence;
};

struct rwe_weighted_share {
    size_t n, n_events; /**< rows */
    double
        n_effective; /**< (Σ W)² / Σ W² over the clusters of the arm, W their weights in it (Kish,
                             Survey Sampling, 1965); where crossed over clusters or subjects, what is
                             less; n without weights and clusters */
    double estimate;
    double std_error; /**< 0 where the share is 0 or 1; NaN where the arm is in one cluster */
    double conf_low, conf_high;
};

/**
 * The shares by arm, into `share` with n_arms elements; `scratch` is left as it was found. Limits are symmetric for logit p. A share of
 * 0 or 1 has those of Clopper and Pearson with n_effective for n (after Korn & Graubard, Surv Methodol
 * 24:193, 1998): 1 − (α/2)^(1/n) above 0. O(n × n_arms).
 *
 * Errors: RWE_NOT_FINITE (weight), RWE_BAD_INPUT (weight not above 0, arm or code out of range) with
 * error.index; RWE_BAD_INPUT without one for the level, no arm, or as in rwe_dependence_check;
 * RWE_NOT_ESTIMABLE (index = arm) for an arm without rows; RWE_NO_MEMORY.
 */
enum rwe_status rwe_proportion_weighted(const struct rwe_proportion_data *data, double conf_level,
                                        struct rwe_arena *scratch,
                                        struct rwe_weighted_share share[], struct rwe_error *error);

/** Two arms of the same data, with their shares. */
struct rwe_weighted_pair {
    size_t control, treated;                /**< arms */
    const struct rwe_weighted_share *share; /**< by arm, of rwe_proportion_weighted */
    double conf_level;                      /**< in (0, 1) */
};

/** A contrast of treated with control, its standard error, Wald limits and two-sided p. */
struct rwe_weighted_contrast {
    double estimate;
    double std_error; /**< of the difference; of the log of the ratio */
    double conf_low, conf_high;
    double p_value;
};

struct rwe_weighted_comparison {
    struct rwe_weighted_contrast difference; /**< limits within [−1, 1] */
    struct rwe_weighted_contrast ratio;
};

/**
 * The difference and the ratio of two shares, with how the arms hang together in their errors. Where a
 * share is 0 or 1 its own error is 0 and too small: the difference then has the limits that join
 * those of the arms (Newcombe, Stat Med 17:873, 1998, without covariance between the arms), and no
 * error or p: NaN. The ratio has neither limits nor p where a share is 0; it is then 0, infinite or
 * NaN. O(n). RWE_NO_MEMORY or RWE_OK: the data are those that the shares were found in.
 */
enum rwe_status rwe_proportion_weighted_compare(const struct rwe_proportion_data *data,
                                                const struct rwe_weighted_pair *pair,
                                                struct rwe_arena *scratch,
                                                struct rwe_weighted_comparison *result,
                                                struct rwe_error *error);

#endif
