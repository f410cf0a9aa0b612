/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/stats/rmst.h"
#include "km_private.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

struct rwe_rmst_options rwe_rmst_options_default(void)
{
    return (struct rwe_rmst_options){.tau = NAN, .conf_level = 0.95};
}

static enum rwe_status check(const struct rwe_event_table *table, size_t group,
                             const struct rwe_rmst_options *options, struct rwe_error *error)
{
    if (table->n_strata != 1)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX, "the event table has strata");
    if (group >= table->n_groups)
        return rwe_fail(error, RWE_BAD_INPUT, group, "there is no group %zu", group);
    if (!(options->conf_level > 0 && options->conf_level < 1))
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "the confidence level must lie between 0 and 1");
    if (!(options->tau > 0 && isfinite(options->tau)))
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX, "tau must be above 0");
    return RWE_OK;
}

/* Area and variance up to the time reached. As the area grows by a, each A_i does, so that
 * Σ A_i² g_i grows by 2a Σ A_i g_i + a² Σ g_i: sums of what is never negative. */
struct walk {
    double survival, time, area;
    double g, area_g, area2_g; /* Σ g, Σ A g, Σ A² g, with g = d / (n (n − d)) */
};

static void walk_to(struct walk *walk, double time)
{
    double a = walk->survival * (time - walk->time);
    walk->area += a;
    if (a > 0) { /* g is infinite once S is 0 */
        walk->area2_g += 2 * a * walk->area_g + a * a * walk->g;
        walk->area_g += a * walk->g;
    }
    walk->time = time;
}

static enum rwe_status walk_group(const struct rwe_event_table *table, size_t group, double tau,
                                  struct walk *walk, struct rwe_error *error)
{
    double last = NAN;
    *walk = (struct walk){.survival = 1};
    for (size_t row = 0; row < table->n_rows; row++) {
        size_t cell = row * table->n_groups + group;
        double d = table->events[cell], n = table->at_risk[cell];
        if (d + table->censored[cell] <= 0)
            continue;
        last = table->time[row];
        if (last >= tau)
            break;
        if (d > 0) {
            walk_to(walk, last);
            walk->survival *= rwe_km_left(n, d) / n;
            walk->g += d / (n * rwe_km_left(n, d));
        }
    }
    if (isnan(last))
        return rwe_fail(error, RWE_NOT_ESTIMABLE, group, "group %zu is empty", group);
    if (last < tau && walk->survival > 0)
        return rwe_fail(error, RWE_NOT_ESTIMABLE, group,
                        "group %zu is followed up to %g only, and tau is %g", group, last, tau);
    walk_to(walk, tau);
    return RWE_OK;
}

/* The robust variance of factor[0] μ of group[0] + factor[1] μ of group[1], or of the first alone. */
static enum rwe_status robust_variance(const struct rwe_survival_data *data,
                                       const struct rwe_event_table *table,
                                       const struct rwe_km_functional mean[], size_t n_means,
                                       struct rwe_arena *scratch, double *variance,
                                       struct rwe_error *error)
{
    struct rwe_mark mark = rwe_arena_mark(scratch);
    double *influence = RWE_NEW(scratch, double, data->n);
    enum rwe_status status = influence == NULL ? rwe_fail_memory(error) : RWE_OK;
    for (size_t m = 0; status == RWE_OK && m < n_means; m++)
        status = rwe_km_influence(data, table, &mean[m], scratch, influence, error);
    if (status == RWE_OK)
        status = rwe_km_influence_variance(data, influence, scratch, variance, error);
    rwe_arena_release(scratch, mark);
    return status;
}

enum rwe_status rwe_rmst_fit(const struct rwe_survival_data *data,
                             const struct rwe_event_table *table, size_t group,
                             const struct rwe_rmst_options *options, struct rwe_arena *scratch,
                             struct rwe_rmst *result, struct rwe_error *error)
{
    struct walk walk;
    enum rwe_status status = check(table, group, options, error);
    if (status == RWE_OK)
        status = walk_group(table, group, options->tau, &walk, error);
    if (status != RWE_OK)
        return status;
    double variance = walk.area2_g;
    bool robust = rwe_km_needs_robust(data);
    const struct rwe_km_functional mean = {RWE_KM_MEAN, group, options->tau, 1};
    if (robust)
        status = robust_variance(data, table, &mean, 1, scratch, &variance, error);
    if (status != RWE_OK)
        return status;
    double reach = gsl_cdf_ugaussian_Qinv((1 - options->conf_level) / 2) * sqrt(variance);
    *result = (struct rwe_rmst){
        .estimate = walk.area,
        .std_error = sqrt(variance),
        .conf_low = fmax(0, walk.area - reach),
        .conf_high = fmin(options->tau, walk.area + reach),
        .robust = robust,
    };
    return RWE_OK;
}

/* The contrast as a function of two means: its estimate, on the log scale for a ratio, and how it
 * changes with each. */
struct slope {
    double centre, by_treated, by_control;
};

static struct slope contrast_slope(enum rwe_rmst_contrast contrast, double treated, double control,
                                   double tau)
{
    switch (contrast) {
    case RWE_RMST_DIFFERENCE:
        break;
    case RWE_RMST_RATIO:
        return (struct slope){log(treated / control), 1 / treated, -1 / control};
    case RWE_RMST_LOST_RATIO:
        return (struct slope){log((tau - treated) / (tau - control)), -1 / (tau - treated),
                              1 / (tau - control)};
    }
    return (struct slope){treated - control, 1, -1};
}

static void fill(const struct slope *slope, double variance, bool log_scale, double conf_level,
                 struct rwe_rmst_comparison *result)
{
    double error = sqrt(variance);
    double reach = gsl_cdf_ugaussian_Qinv((1 - conf_level) / 2) * error;
    double low = slope->centre - reach, high = slope->centre + reach;
    result->estimate = log_scale ? exp(slope->centre) : slope->centre;
    result->std_error = error;
    result->conf_low = log_scale ? exp(low) : low;
    result->conf_high = log_scale ? exp(high) : high;
    result->p_value = error > 0 ? 2 * gsl_cdf_ugaussian_Q(fabs(slope->centre) / error) : NAN;
}

enum rwe_status rwe_rmst_compare(const struct rwe_survival_data *data,
                                 const struct rwe_event_table *table,
                                 const struct rwe_rmst_request *request,
                                 const struct rwe_rmst_options *options, struct rwe_arena *scratch,
                                 struct rwe_rmst_comparison *result, struct rwe_error *error)
{
    struct rwe_rmst treated, control;
    enum rwe_status status =
        rwe_rmst_fit(data, table, request->control, options, scratch, &control, error);
    if (status == RWE_OK)
        status = rwe_rmst_fit(data, table, request->treated, options, scratch, &treated, error);
    if (status != RWE_OK)
        return status;
    struct slope slope =
        contrast_slope(request->contrast, treated.estimate, control.estimate, options->tau);
    if (!isfinite(slope.centre))
        return rwe_fail(error, RWE_NOT_ESTIMABLE, RWE_NO_INDEX,
                        "a ratio of which one side is 0 does not exist");
    double variance =
        pow(slope.by_treated * treated.std_error, 2) + pow(slope.by_control * control.std_error, 2);
    const struct rwe_km_functional means[] = {
        {RWE_KM_MEAN, request->treated, options->tau, slope.by_treated},
        {RWE_KM_MEAN, request->control, options->tau, slope.by_control},
    };
    if (treated.robust)
        status = robust_variance(data, table, means, 2, scratch, &variance, error);
    if (status != RWE_OK)
        return status;
    fill(&slope, variance, request->contrast != RWE_RMST_DIFFERENCE, options->conf_level, result);
    result->robust = treated.robust;
    return RWE_OK;
}

double rwe_rmst_horizon(const struct rwe_event_table *table, size_t group, double least)
{
    double last = NAN;
    for (size_t row = table->n_rows; row-- > 0;) {
        size_t cell = row * table->n_groups + group;
        if (table->events[cell] + table->censored[cell] <= 0)
            continue;
        if (table->at_risk[cell] >= least)
            return table->time[row];
        if (isnan(last))
            last = table->time[row];
    }
    return last;
}

/* The last time at which anyone has an event, or ends at all. */
static double last_of_all(const struct rwe_event_table *table, bool events_only)
{
    double last = NAN;
    for (size_t row = 0; row < table->n_rows; row++)
        for (size_t group = 0; group < table->n_groups; group++) {
            size_t cell = row * table->n_groups + group;
            if (table->events[cell] + (events_only ? 0 : table->censored[cell]) > 0)
                last = table->time[row];
        }
    return last;
}

double rwe_rmst_tau(const struct rwe_event_table *table, enum rwe_rmst_rule rule)
{
    if (rule == RWE_RMST_EVENT || rule == RWE_RMST_LONGEST)
        return last_of_all(table, rule == RWE_RMST_EVENT);
    double tau = NAN;
    for (size_t group = 0; group < table->n_groups; group++) /* fmin passes over NaN */
        tau = fmin(tau,
                   rwe_rmst_horizon(table, group, rule == RWE_RMST_AT_RISK ? RWE_RMST_ENOUGH : 0));
    return tau;
}
