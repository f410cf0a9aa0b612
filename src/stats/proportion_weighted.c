/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/stats/proportion_weighted.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

/* An arm whose effective size is nearer to 1 than this is in one cluster, but for rounding. */
static const double ONE_CLUSTER = 1e-9;

static double weight_of(const struct rwe_proportion_data *data, size_t i)
{
    return data->weight == NULL ? 1 : data->weight[i];
}

static enum rwe_status check(const struct rwe_proportion_data *data, double conf_level,
                             struct rwe_error *error)
{
    if (!(conf_level > 0 && conf_level < 1))
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "the confidence level must lie between 0 and 1");
    if (data->n_arms == 0 || data->dependence.n != data->n)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX, "there is no arm, or not every row");
    for (size_t i = 0; i < data->n; i++) {
        if (data->arm[i] >= data->n_arms)
            return rwe_fail(error, RWE_BAD_INPUT, i, "arm %u is out of range", data->arm[i]);
        if (!isfinite(weight_of(data, i)))
            return rwe_fail(error, RWE_NOT_FINITE, i, "weight is not a finite number");
        if (weight_of(data, i) <= 0)
            return rwe_fail(error, RWE_BAD_INPUT, i, "weight is not positive");
    }
    return rwe_dependence_check(&data->dependence, error);
}

/* ---- sums by arm ---- */

struct totals {
    double weight, events;
};

static struct totals total_of(const struct rwe_proportion_data *data, size_t arm)
{
    struct totals totals = {0};
    for (size_t i = 0; i < data->n; i++)
        if (data->arm[i] == arm) {
            totals.weight += weight_of(data, i);
            totals.events += data->event[i] ? weight_of(data, i) : 0;
        }
    return totals;
}

/* Kish's effective size of the arm when rows are summed in this way. */
static enum rwe_status effective_size(const struct rwe_proportion_data *data, size_t arm,
                                      const struct rwe_clustering *way, struct rwe_arena *scratch,
                                      double *size)
{
    struct rwe_mark mark = rwe_arena_mark(scratch);
    double *sum = RWE_NEW(scratch, double, way->n), total = 0, squares = 0;
    if (sum == NULL && way->n > 0)
        return RWE_NO_MEMORY;
    for (size_t i = 0; i < data->n; i++)
        if (data->arm[i] == arm)
            sum[way->code == NULL ? i : way->code[i]] += weight_of(data, i);
    for (size_t c = 0; c < way->n; c++) {
        total += sum[c];
        squares += sum[c] * sum[c];
    }
    *size = total * total / squares;
    rwe_arena_release(scratch, mark);
    return RWE_OK;
}

static enum rwe_status least_effective_size(const struct rwe_proportion_data *data, size_t arm,
                                            struct rwe_arena *scratch, double *least)
{
    struct rwe_clustering ways[RWE_MOST_CLUSTERINGS];
    size_t n_ways = rwe_clusterings(&data->dependence, ways);
    *least = INFINITY;
    for (size_t w = 0; w < n_ways; w++) {
        double size;
        if (effective_size(data, arm, &ways[w], scratch, &size) != RWE_OK)
            return RWE_NO_MEMORY;
        *least = fmin(*least, size);
    }
    return RWE_OK;
}

/* ---- robust variances ---- */

/* A share of an arm and how much a combination of shares changes with it. */
struct slope {
    size_t arm;
    double by;
    struct totals totals;
};

static enum rwe_status variance_of(const struct rwe_proportion_data *data,
                                   const struct slope slope[], size_t n_slopes,
                                   struct rwe_arena *scratch, double *variance)
{
    struct rwe_mark mark = rwe_arena_mark(scratch);
    double *influence = RWE_NEW(scratch, double, data->n);
    if (influence == NULL)
        return RWE_NO_MEMORY;
    for (size_t s = 0; s < n_slopes; s++) {
        struct totals totals = slope[s].totals;
        for (size_t i = 0; i < data->n; i++)
            if (data->arm[i] == slope[s].arm)
                influence[i] += slope[s].by * (weight_of(data, i) / totals.weight) *
                                ((data->event[i] != 0) - totals.events / totals.weight);
    }
    enum rwe_status status =
        rwe_influence_covariance(influence, 1, &data->dependence, scratch, variance);
    rwe_arena_release(scratch, mark);
    return status;
}

/* ---- shares ---- */

static double logistic(double logit)
{
    return 1 / (1 + exp(-logit));
}

static void write_limits(struct rwe_weighted_share *share, double conf_level)
{
    double p = share->estimate, tail = (1 - conf_level) / 2;
    double reach = gsl_cdf_ugaussian_Qinv(tail) * share->std_error / (p * (1 - p));
    double far = pow(tail, 1 / share->n_effective);
    if (p <= 0 || p >= 1) {
        share->conf_low = p <= 0 ? 0 : far;
        share->conf_high = p <= 0 ? 1 - far : 1;
        return;
    }
    share->conf_low = logistic(log(p / (1 - p)) - reach);
    share->conf_high = logistic(log(p / (1 - p)) + reach);
}

static void count(const struct rwe_proportion_data *data, size_t arm,
                  struct rwe_weighted_share *share)
{
    *share = (struct rwe_weighted_share){0};
    for (size_t i = 0; i < data->n; i++)
        if (data->arm[i] == arm) {
            share->n++;
            share->n_events += data->event[i] != 0;
        }
}

static enum rwe_status fit_arm(const struct rwe_proportion_data *data, size_t arm,
                               double conf_level, struct rwe_arena *scratch,
                               struct rwe_weighted_share *share)
{
    const struct slope slope = {arm, 1, total_of(data, arm)};
    double variance;
    if (least_effective_size(data, arm, scratch, &share->n_effective) != RWE_OK ||
        variance_of(data, &slope, 1, scratch, &variance) != RWE_OK)
        return RWE_NO_MEMORY;
    bool all_alike = share->n_events == 0 || share->n_events == share->n;
    share->estimate = all_alike ? share->n_events > 0 : slope.totals.events / slope.totals.weight;
    share->std_error = all_alike ? 0 : share->n_effective < 1 + ONE_CLUSTER ? NAN : sqrt(variance);
    write_limits(share, conf_level);
    return RWE_OK;
}

enum rwe_status rwe_proportion_weighted(const struct rwe_proportion_data *data, double conf_level,
                                        struct rwe_arena *scratch,
                                        struct rwe_weighted_share share[], struct rwe_error *error)
{
    enum rwe_status status = check(data, conf_level, error);
    for (size_t arm = 0; status == RWE_OK && arm < data->n_arms; arm++) {
        count(data, arm, &share[arm]);
        if (share[arm].n == 0)
            return rwe_fail(error, RWE_NOT_ESTIMABLE, arm, "arm %zu is empty", arm);
        if (fit_arm(data, arm, conf_level, scratch, &share[arm]) != RWE_OK)
            return rwe_fail_memory(error);
    }
    return status;
}

/* ---- contrasts ---- */

static double p_of(double estimate, double std_error)
{
    return std_error > 0 ? 2 * gsl_cdf_ugaussian_Q(fabs(estimate) / std_error) : NAN;
}

static bool at_an_end(const struct rwe_weighted_share *share)
{
    return share->n_events == 0 || share->n_events == share->n;
}

static struct rwe_weighted_contrast difference_of(const struct rwe_weighted_share *treated,
                                                  const struct rwe_weighted_share *control,
                                                  double variance, double z)
{
    double d = treated->estimate - control->estimate, e = sqrt(variance);
    struct rwe_weighted_contrast result = {d, e, fmax(-1, d - z * e), fmin(1, d + z * e),
                                           p_of(d, e)};
    if (!at_an_end(treated) && !at_an_end(control))
        return result;
    result.std_error = result.p_value = NAN;
    result.conf_low =
        d - hypot(treated->estimate - treated->conf_low, control->conf_high - control->estimate);
    result.conf_high =
        d + hypot(treated->conf_high - treated->estimate, control->estimate - control->conf_low);
    return result;
}

static struct rwe_weighted_contrast ratio_of(const struct rwe_weighted_share *treated,
                                             const struct rwe_weighted_share *control,
                                             double variance, double z)
{
    double ratio = treated->estimate / control->estimate, e = sqrt(variance);
    if (!(ratio > 0 && isfinite(ratio)))
        return (struct rwe_weighted_contrast){ratio, NAN, NAN, NAN, NAN};
    return (struct rwe_weighted_contrast){ratio, e, ratio * exp(-z * e), ratio * exp(z * e),
                                          p_of(log(ratio), e)};
}

/* NaN where an arm is in one cluster: its rows' influences sum to 0 there. */
static double variance_or_nan(double variance, const struct rwe_weighted_share *treated,
                              const struct rwe_weighted_share *control)
{
    return isnan(treated->std_error) || isnan(control->std_error) ? NAN : variance;
}

enum rwe_status rwe_proportion_weighted_compare(const struct rwe_proportion_data *data,
                                                const struct rwe_weighted_pair *pair,
                                                struct rwe_arena *scratch,
                                                struct rwe_weighted_comparison *result,
                                                struct rwe_error *error)
{
    const struct rwe_weighted_share *treated = &pair->share[pair->treated];
    const struct rwe_weighted_share *control = &pair->share[pair->control];
    struct totals of_treated = total_of(data, pair->treated);
    struct totals of_control = total_of(data, pair->control);
    const struct slope plain[] = {{pair->treated, 1, of_treated}, {pair->control, -1, of_control}};
    const struct slope logs[] = {{pair->treated, 1 / treated->estimate, of_treated},
                                 {pair->control, -1 / control->estimate, of_control}};
    double z = gsl_cdf_ugaussian_Qinv((1 - pair->conf_level) / 2);
    double of_difference, of_ratio;
    if (variance_of(data, plain, 2, scratch, &of_difference) != RWE_OK ||
        variance_of(data, logs, 2, scratch, &of_ratio) != RWE_OK)
        return rwe_fail_memory(error);
    result->difference =
        difference_of(treated, control, variance_or_nan(of_difference, treated, control), z);
    result->ratio = ratio_of(treated, control, variance_or_nan(of_ratio, treated, control), z);
    return RWE_OK;
}
