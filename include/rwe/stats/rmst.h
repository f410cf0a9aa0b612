/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * The restricted mean survival time and the time lost: areas under and above a survival curve up to
 * a horizon τ.
 *
 *   μ(τ) = ∫ S(t) dt from 0 to τ;   time lost = τ − μ(τ)
 *   Var μ(τ) = Σ over t_i <= τ of A_i² d_i / (n_i (n_i − d_i)),   A_i = ∫ S(t) dt from t_i to τ
 *
 * Klein & Moeschberger, Survival Analysis (2nd ed. 2003), section 4.5; Royston & Parmar, BMC Med Res
 * Methodol 13:152 (2013). Without the factor m / (m − 1) that some programs multiply it by. Under
 * weights or clusters the variance is the robust one of km.h, of an arm and of contrasts alike: so a
 * matched pair's two members count as one.
 *
 * A curve that ends above 0 before τ is not carried on: what lies beyond is not in the data, and
 * the mean is RWE_NOT_ESTIMABLE. A curve that has reached 0 has its whole area left of τ.
 */
#ifndef RWE_STATS_RMST_H
#define RWE_STATS_RMST_H

#include "rwe/stats/km.h"

struct rwe_rmst_options {
    double tau;        /**< the horizon, > 0, in the unit of time */
    double conf_level; /**< in (0, 1), default 0.95 */
};

/** conf_level 0.95; tau must be set. */
struct rwe_rmst_options rwe_rmst_options_default(void);

/** One group's mean. Limits are symmetric and do not leave [0, τ]. */
struct rwe_rmst {
    double estimate, std_error, conf_low, conf_high;
    bool robust; /**< std_error is that of km.h's robust variance */
};

enum rwe_rmst_contrast {
    RWE_RMST_DIFFERENCE, /**< μ1 − μ0 */
    RWE_RMST_RATIO,      /**< μ1 / μ0, limits on the log scale */
    RWE_RMST_LOST_RATIO, /**< (τ − μ1) / (τ − μ0), limits on the log scale */
};

/** Group 1 against group 0. */
struct rwe_rmst_comparison {
    double estimate;
    double std_error; /**< of the difference, or of the log of the ratio */
    double conf_low, conf_high;
    double p_value; /**< two-sided, of no difference or of a ratio of 1; NaN where std_error is 0 */
    bool robust;
};

/**
 * The mean of `group` over the unstratified `table` of `data`. O(n + rows).
 * RWE_BAD_INPUT: the table has strata, no such group, options out of range. RWE_NOT_ESTIMABLE: the
 * group is empty, or followed up for less than τ; error.index is the group. `scratch` is left as found.
 */
enum rwe_status rwe_rmst_fit(const struct rwe_survival_data *data,
                             const struct rwe_event_table *table, size_t group,
                             const struct rwe_rmst_options *options, struct rwe_arena *scratch,
                             struct rwe_rmst *result, struct rwe_error *error);

/** Which two groups, and how. */
struct rwe_rmst_request {
    enum rwe_rmst_contrast contrast;
    size_t control, treated; /**< groups */
};

/**
 * Errors as in rwe_rmst_fit; RWE_NOT_ESTIMABLE also for a ratio with a zero in it.
 */
enum rwe_status rwe_rmst_compare(const struct rwe_survival_data *data,
                                 const struct rwe_event_table *table,
                                 const struct rwe_rmst_request *request,
                                 const struct rwe_rmst_options *options, struct rwe_arena *scratch,
                                 struct rwe_rmst_comparison *result, struct rwe_error *error);

/**
 * The last time of `group` with at least `least` at risk; its last time at all where there never
 * are so many. NaN for an empty group. The least of the arms' is a horizon that all of them reach.
 */
double rwe_rmst_horizon(const struct rwe_event_table *table, size_t group, double least);

/** Rules for a horizon that nobody has given. */
enum rwe_rmst_rule {
    RWE_RMST_AT_RISK, /**< least of the groups' last times with RWE_RMST_ENOUGH at risk */
    RWE_RMST_LAST,    /**< least of the groups' largest times, events or not */
    RWE_RMST_EVENT,   /**< largest time of an event in any group */
    RWE_RMST_LONGEST, /**< largest time in any group, event or not */
};

/** How many (by weight) must be at risk at the horizon: fewer tell little about the tail. */
enum { RWE_RMST_ENOUGH = 10 };

/**
 * The horizon by `rule`, over all groups that are not empty; NaN where no time meets it. All groups
 * reach the first two; beyond the last time of one its mean may not be estimable.
 */
double rwe_rmst_tau(const struct rwe_event_table *table, enum rwe_rmst_rule rule);

#endif
