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
 * For other weights, and where subjects come in clusters, there is the robust variance: the sum of
 * squares, over clusters, of the influence of their subjects on the estimate (the infinitesimal
 * jackknife; Efron, Biometrika 68:589, 1981). Without weights, clusters and late entry it equals
 * Greenwood's.
 */
#ifndef RWE_STATS_KM_H
#define RWE_STATS_KM_H

#include "rwe/base/arena.h"
#include "rwe/stats/event_table.h"
#include <stdbool.h>

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
    double n; /**< subjects (sum of weights, of pieces where the follow-up begins) */
    double n_events;
};

/** A quantile of the survival time with its limits; NaN: not reached. */
struct rwe_km_quantile {
    double value, conf_low, conf_high;
};

/** The curve read at a time. */
struct rwe_km_point {
    double survival, std_error, conf_low, conf_high; /**< NaN beyond the last time in the group */
    double
        at_risk; /**< at the curve's next point: those with time >= t, unless some enter between */
};

/**
 * The curve of `group` over an unstratified table. RWE_BAD_INPUT when the table has strata, the
 * group does not exist or the options are out of range; RWE_NOT_ESTIMABLE when the group is empty.
 */
enum rwe_status rwe_km_fit(const struct rwe_event_table *table, size_t group,
                           const struct rwe_km_options *options, struct rwe_arena *arena,
                           struct rwe_km_curve *curve, struct rwe_error *error);

/**
 * The same curve with the robust variance of influence.h: `table` is that of `data`. Errors and limits
 * alone differ. Linear in n, with entries n log n: clusters enter the sum of squares through running
 * sums, not one by one; q parameters of the weights make it n q + points q². Errors as in rwe_km_fit.
 */
enum rwe_status rwe_km_fit_robust(const struct rwe_survival_data *data,
                                  const struct rwe_event_table *table, size_t group,
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

/** The same without midpoints: the least time at which S <= 1 − probability, as Stata has it. */
struct rwe_km_quantile rwe_km_quantile_first(const struct rwe_km_curve *curve, double probability);

/** S, its error and limits at `time`: 1, 0, 1, 1 before the first time. O(log n_points). */
struct rwe_km_point rwe_km_at(const struct rwe_km_curve *curve, double time);

/**
 * Nelson and Aalen's cumulative hazard at each point of a curve.
 *
 *   H(t) = Σ over t_i <= t of d_i / n_i,   Var H(t) = Σ d_i / n_i²   Aalen, Ann Stat 6:701 (1978)
 *
 * Limits are symmetric on the log scale (Bie, Borgan & Liestøl, Scand J Stat 14:221, 1987); while H
 * is 0 they do not exist: NaN. Under weights use RWE_KM_HAZARD of rwe_km_influence for the variance.
 */
struct rwe_cumulative_hazard {
    size_t n_points; /**< those of the curve */
    const double *time, *hazard, *std_error, *conf_low, *conf_high;
};

/** RWE_BAD_INPUT when the level is not in (0, 1); RWE_NO_MEMORY. */
enum rwe_status rwe_km_cumulative_hazard(const struct rwe_km_curve *curve, double conf_level,
                                         struct rwe_arena *arena,
                                         struct rwe_cumulative_hazard *result,
                                         struct rwe_error *error);

/** H and its error and limits at a time: 0, 0 and NaN before the first; NaN beyond the last. */
struct rwe_hazard_point {
    double hazard, std_error, conf_low, conf_high;
};
struct rwe_hazard_point rwe_km_hazard_at(const struct rwe_cumulative_hazard *hazard, double time);

/** What rwe_km_influence differentiates. */
enum rwe_km_quantity {
    RWE_KM_SURVIVAL, /**< S(time) */
    RWE_KM_HAZARD,   /**< Nelson–Aalen's cumulative hazard at `time` */
    RWE_KM_MEAN,     /**< ∫ S from 0 to `time`: the restricted mean */
};

/** A number read off one group's curve, times a factor. */
struct rwe_km_functional {
    enum rwe_km_quantity quantity;
    size_t group;
    double time;
    double factor;
};

/**
 * Adds to influence[i], for each row i of `data`, factor × w_i ∂(quantity)/∂w_i: how far the row
 * moves it. Rows of other groups are left as they are, so that several calls on one array give the
 * influence on a difference between arms. `table` is that of `data`, without strata. It does not
 * look whether the curve reaches `time`. O(n + rows), with entries n log n; `scratch` is left as it
 * was found. RWE_BAD_INPUT as in rwe_km_fit; RWE_NO_MEMORY.
 */
enum rwe_status rwe_km_influence(const struct rwe_survival_data *data,
                                 const struct rwe_event_table *table,
                                 const struct rwe_km_functional *functional,
                                 struct rwe_arena *scratch, double influence[],
                                 struct rwe_error *error);

/**
 * The robust variance of what `influence` is about, by the rule of rwe_influence_covariance.
 * *variance is set; RWE_NO_MEMORY or RWE_OK.
 */
enum rwe_status rwe_km_influence_variance(const struct rwe_survival_data *data,
                                          const double influence[], struct rwe_arena *scratch,
                                          double *variance, struct rwe_error *error);

/** Two groups of one table, with their curves. */
struct rwe_km_arms {
    size_t control, treated; /**< groups */
    const struct rwe_km_curve *control_curve, *treated_curve;
    double conf_level; /**< in (0, 1) */
};

/** S of the treated less S of the control. Limits are Wald's, within [−1, 1]. */
struct rwe_km_difference {
    double estimate, std_error, conf_low, conf_high;
    double p_value; /**< two-sided, of no difference; NaN where std_error is 0 */
};

/**
 * The difference at `time`. Its variance is the sum of the arms', but robust where
 * rwe_km_needs_robust, so that the members of a pair do not count as independent. All NaN where an
 * arm's curve does not reach `time`; errors and limits NaN where an S is 0. O(log n), robust O(n).
 * RWE_BAD_INPUT as in rwe_km_fit; RWE_NO_MEMORY.
 */
enum rwe_status rwe_km_compare_at(const struct rwe_survival_data *data,
                                  const struct rwe_event_table *table,
                                  const struct rwe_km_arms *arms, double time,
                                  struct rwe_arena *scratch, struct rwe_km_difference *result,
                                  struct rwe_error *error);

/** Bands that hold the whole curve at once. */
enum rwe_km_band_kind {
    RWE_KM_HALL_WELLNER,    /**< Hall & Wellner, Biometrika 67:133 (1980) */
    RWE_KM_EQUAL_PRECISION, /**< Nair, Technometrics 26:265 (1984): pointwise limits, widened */
};

/** An equal-precision band stands where a = nσ² / (1 + nσ²) is within these. Towards 0 and 1 its
 * probability falls short and no n repairs it: analysis/estimates/km.md has the coverage. */
#define RWE_KM_EQUAL_PRECISION_FROM 0.1
#define RWE_KM_EQUAL_PRECISION_TO 0.9

/**
 * A simultaneous band of a curve between two of its times, by point of the curve.
 *
 * With σ² = Var log S, n subjects and a = nσ² / (1 + nσ²) at either end, log S lies within
 * k (1 + nσ²) / √n (Hall–Wellner) or c σ (equal precision) of its estimate at all times between
 * with the asked probability; the limits take these in the place of z σ on the curve's scale
 * (Borgan & Liestøl, Scand J Stat 17:35, 1990). k and c are computed, not read off tables.
 */
struct rwe_km_band {
    size_t n_points;                    /**< those of the curve */
    const double *conf_low, *conf_high; /**< NaN outside [from, to] */
    double from, to; /**< Hall–Wellner: the first event, the last time with 0 < S; equal precision:
                          the first and the last time of the curve with a within the above */
    double a_from, a_to;
    double critical; /**< k or c */
};

/**
 * For a curve with Greenwood's errors. RWE_BAD_INPUT: options out of range; RWE_NOT_ESTIMABLE: no
 * time with 0 < S < 1 (and a in reach), or one step alone for a Hall–Wellner band; RWE_NO_MEMORY.
 */
enum rwe_status rwe_km_band_fit(const struct rwe_km_curve *curve, enum rwe_km_band_kind kind,
                                const struct rwe_km_options *options, struct rwe_arena *arena,
                                struct rwe_km_band *band, struct rwe_error *error);

/**
 * k with P(|B(u)| <= k for all u in [low, high]) = level, B a Brownian bridge; 0 <= low < high <= 1.
 * NaN where out of range. Good to 1e-8.
 */
double rwe_km_hall_wellner(double low, double high, double level);

/**
 * c with P(|B(u)| <= c sqrt(u (1 − u)) for all u in [low, high]) = level; 0 < low <= high < 1. NaN
 * where out of range. Good to 1e-7.
 */
double rwe_km_equal_precision(double low, double high, double level);

/** Whether Greenwood's formula does not hold for these data: they have weights or clusters. */
bool rwe_km_needs_robust(const struct rwe_survival_data *data);

#endif
