/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * The product-limit estimator.
 *
 *   S(t) = Π over t_i <= t of (1 − d_i / n_i)         Kaplan & Meier, JASA 53:457 (1958)
 *   Var log S(t) = Σ d_i / (n_i (n_i − d_i))          Greenwood (1926)
 *
 * When everyone at risk fails S is 0; its standard error and limits are then not estimable: NaN.
 * While nobody has failed S is 1, its standard error 0 and both limits 1, whatever the transform (R
 * has NA on the log-log, logit and arcsine scales). Limits never leave [0, 1].
 *
 * A weight counts as so many subjects: Greenwood's formula then holds for replication weights only.
 */
#ifndef RWE_STATS_KM_H
#define RWE_STATS_KM_H

#include "rwe/base/arena.h"
#include "rwe/stats/event_table.h"

/** Scale on which the limits are symmetric. */
enum rwe_km_transform {
    RWE_KM_LOG_LOG,
    RWE_KM_LOG,
    RWE_KM_PLAIN,
    RWE_KM_LOGIT,
    RWE_KM_ARCSIN,
};

struct rwe_km_options {
    enum rwe_km_transform transform; /**< default log-log, as SAS and lifelines; R has log */
    double conf_level;               /**< in (0, 1), default 0.95 */
};
struct rwe_km_options rwe_km_options_default(void);

/** One group's curve: a point at each distinct time of the group, events or not. */
struct rwe_km_curve {
    size_t n_points;
    const double *time;
    const double *at_risk; /**< just before the time */
    const double *events;
    const double *censored;
    const double *survival;  /**< just after the time */
    const double *std_error; /**< of S; NaN where S = 0 */
    const double *conf_low;  /**< NaN where not estimable */
    const double *conf_high;
    double n; /**< subjects (sum of weights) */
    double n_events;
};

/** A quantile of the survival time with its limits; NaN: not reached. */
struct rwe_km_quantile {
    double value, conf_low, conf_high;
};

/** The curve read at a time. */
struct rwe_km_point {
    double survival, std_error, conf_low, conf_high; /**< NaN beyond the last time in the group */
    double at_risk;                                  /**< those with time >= t */
};

/**
 * The curve of `group` over an unstratified table. RWE_BAD_INPUT when the table has strata, the
 * group does not exist or the options are out of range; RWE_NOT_ESTIMABLE when the group is empty.
 */
enum rwe_status rwe_km_fit(const struct rwe_event_table *table, size_t group,
                           const struct rwe_km_options *options, struct rwe_arena *arena,
                           struct rwe_km_curve *curve, struct rwe_error *error);

/**
 * The curve of the time to censoring: events and censorings change places, so that its median is
 * the median follow-up (Schemper & Smith, Control Clin Trials 17:343, 1996).
 */
enum rwe_status rwe_km_fit_followup(const struct rwe_event_table *table, size_t group,
                                    const struct rwe_km_options *options, struct rwe_arena *arena,
                                    struct rwe_km_curve *curve, struct rwe_error *error);

/**
 * Least time at which S <= 1 − probability; where S equals it on a flat piece, the midpoint of that
 * piece that ends in a later event (R's rule in print and summary of a survfit; its quantile() also
 * halves a piece that ends in the last censoring). Equal means within sqrt(DBL_EPSILON). Limits
 * invert the pointwise band (Brookmeyer & Crowley, Biometrics 38:29, 1982), where it is estimable.
 * All NaN for a probability outside (0, 1).
 */
struct rwe_km_quantile rwe_km_quantile(const struct rwe_km_curve *curve, double probability);

/** S, its error and limits at `time`: 1, 0, 1, 1 before the first time. O(log n_points). */
struct rwe_km_point rwe_km_at(const struct rwe_km_curve *curve, double time);

#endif
