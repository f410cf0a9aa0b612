/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/stats/km.h"

#include "km_private.h"

#include <float.h>
#include <gsl/gsl_cdf.h>
#include <math.h>

struct rwe_km_options rwe_km_options_default(void)
{
    return (struct rwe_km_options){.transform = RWE_KM_LOG_LOG, .conf_level = 0.95};
}

/* One group's curve while its arrays may still be written to. */
struct points {
    double *time, *at_risk, *events, *censored, *survival, *std_error, *conf_low, *conf_high;
};

static double clip(double x)
{
    return x < 0 ? 0 : x > 1 ? 1 : x;
}

/* Symmetric limits on the scale g(S) whose standard error, by the delta method, is |g'(S)| S e,
 * where e² is the variance of log S. Kalbfleisch & Prentice (2nd ed. 2002), section 1.4, has
 * log(−log); Borgan & Liestøl, Scand J Stat 17:35 (1990), arcsine and log. At S = 1 nothing has
 * happened yet and e is 0: both limits are 1 on every scale (R has NA on three of the five). */
struct rwe_km_interval rwe_km_limits(double s, double e, double z, enum rwe_km_transform transform)
{
    if (s == 0)
        return (struct rwe_km_interval){NAN, NAN};
    if (s >= 1)
        return (struct rwe_km_interval){1, 1};
    double centre, half;
    switch (transform) {
    case RWE_KM_LOG_LOG: /* g = log(−log S) falls as S rises; half < 0 since log S < 0 */
        centre = log(-log(s));
        half = z * e / log(s);
        return (struct rwe_km_interval){exp(-exp(centre - half)), exp(-exp(centre + half))};
    case RWE_KM_LOG:
        centre = log(s);
        return (struct rwe_km_interval){exp(centre - z * e), clip(exp(centre + z * e))};
    case RWE_KM_PLAIN:
        return (struct rwe_km_interval){clip(s - z * e * s), clip(s + z * e * s)};
    case RWE_KM_LOGIT:
        centre = log(s / (1 - s));
        half = z * e / (1 - s);
        return (struct rwe_km_interval){1 / (1 + exp(half - centre)),
                                        1 / (1 + exp(-half - centre))};
    case RWE_KM_ARCSIN:
        centre = asin(sqrt(s));
        half = 0.5 * z * e * sqrt(s / (1 - s));
        return (struct rwe_km_interval){pow(sin(fmax(0, centre - half)), 2),
                                        pow(sin(fmin(M_PI_2, centre + half)), 2)};
    }
    return (struct rwe_km_interval){NAN, NAN};
}

static enum rwe_status check_request(const struct rwe_event_table *table, size_t group,
                                     const struct rwe_km_options *options, struct rwe_error *error)
{
    if (table->n_strata != 1)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX, "the event table has strata");
    if (group >= table->n_groups)
        return rwe_fail(error, RWE_BAD_INPUT, group, "there is no group %zu", group);
    if (!(options->conf_level > 0 && options->conf_level < 1))
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "the confidence level must lie between 0 and 1");
    if (options->transform < RWE_KM_LOG_LOG || options->transform > RWE_KM_ARCSIN)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX, "unknown confidence transform");
    return RWE_OK;
}

static size_t count_points(const struct rwe_event_table *table, size_t group)
{
    size_t n_points = 0;
    for (size_t row = 0; row < table->n_rows; row++) {
        size_t cell = row * table->n_groups + group;
        n_points += table->events[cell] + table->censored[cell] > 0;
    }
    return n_points;
}

static enum rwe_status points_allocate(size_t n_points, struct rwe_arena *arena,
                                       struct points *points)
{
    double **const all[] = {&points->time,     &points->at_risk,  &points->events,
                            &points->censored, &points->survival, &points->std_error,
                            &points->conf_low, &points->conf_high};
    for (size_t a = 0; a < sizeof all / sizeof *all; a++)
        *all[a] = RWE_NEW(arena, double, n_points);
    return rwe_arena_failed(arena) ? RWE_NO_MEMORY : RWE_OK;
}

/* S(t) = Π (1 − d / n) over the times up to t (Kaplan & Meier, J Am Stat Assoc 53:457, 1958); the variance
 * of log S is Σ d / (n (n − d)) (Greenwood 1926). `events` and `censored` are the table's, or the other
 * way round: then it is the curve of follow-up. */
static void walk(const struct rwe_event_table *table, size_t group, const double events[],
                 const double censored[], const struct rwe_km_options *options,
                 struct points *points)
{
    double z = gsl_cdf_ugaussian_Qinv((1 - options->conf_level) / 2);
    double survival = 1;
    double greenwood = 0; /* Σ d / (n (n − d)) */
    size_t point = 0;
    for (size_t row = 0; row < table->n_rows; row++) {
        size_t cell = row * table->n_groups + group;
        double n = table->at_risk[cell], d = events[cell], c = censored[cell];
        if (d + c <= 0)
            continue;
        if (d > 0) {
            survival *= rwe_km_left(n, d) / n;
            /* infinite when all fail; S is 0 then, and stays */
            greenwood += d / (n * rwe_km_left(n, d));
        }
        struct rwe_km_interval limits =
            rwe_km_limits(survival, sqrt(greenwood), z, options->transform);
        points->time[point] = table->time[row];
        points->at_risk[point] = n;
        points->events[point] = d;
        points->censored[point] = c;
        points->survival[point] = survival;
        points->std_error[point] = survival > 0 ? survival * sqrt(greenwood) : NAN;
        points->conf_low[point] = limits.low;
        points->conf_high[point] = limits.high;
        point++;
    }
}

static enum rwe_status fit(const struct rwe_event_table *table, size_t group, bool followup,
                           const struct rwe_km_options *options, struct rwe_arena *arena,
                           struct rwe_km_curve *curve, struct rwe_error *error)
{
    enum rwe_status status = check_request(table, group, options, error);
    if (status != RWE_OK)
        return status;
    size_t n_points = count_points(table, group);
    if (n_points == 0)
        return rwe_fail(error, RWE_NOT_ESTIMABLE, group, "group %zu is empty", group);
    struct points points;
    if (points_allocate(n_points, arena, &points) != RWE_OK)
        return rwe_fail_memory(error);
    walk(table, group, followup ? table->censored : table->events,
         followup ? table->events : table->censored, options, &points);
    double n_events = 0, n = 0;
    for (size_t i = 0; i < n_points; i++)
        n_events += points.events[i];
    for (size_t i = n_points; i-- > 0;) /* not at_risk[0]: some may enter later */
        n += points.events[i] + points.censored[i];
    if (table->begun != NULL) /* pieces of a follow-up may have other weights than where it began */
        n = table->begun[group];
    *curve = (struct rwe_km_curve){
        .n_points = n_points,
        .time = points.time,
        .at_risk = points.at_risk,
        .events = points.events,
        .censored = points.censored,
        .survival = points.survival,
        .std_error = points.std_error,
        .conf_low = points.conf_low,
        .conf_high = points.conf_high,
        .n = n,
        .n_events = n_events,
    };
    return RWE_OK;
}

enum rwe_status rwe_km_fit(const struct rwe_event_table *table, size_t group,
                           const struct rwe_km_options *options, struct rwe_arena *arena,
                           struct rwe_km_curve *curve, struct rwe_error *error)
{
    return fit(table, group, false, options, arena, curve, error);
}

enum rwe_status rwe_km_fit_followup(const struct rwe_event_table *table, size_t group,
                                    const struct rwe_km_options *options, struct rwe_arena *arena,
                                    struct rwe_km_curve *curve, struct rwe_error *error)
{
    return fit(table, group, true, options, arena, curve, error);
}

/* First time at which y reaches `level`; with `midpoint`, the middle to the next drop where y lies
 * flat on it.
 * S is a product of fractions, so that 0.5 may come out as 0.5 + 1e-16: hence a tolerance, R's. */
static double first_crossing(const double time[], const double y[], size_t n, double level,
                             bool midpoint)
{
    const double tolerance = sqrt(DBL_EPSILON);
    size_t i = 0;
    while (i < n && !(y[i] < level + tolerance)) /* passes over NaN too */
        i++;
    if (i == n)
        return NAN;
    if (!midpoint || fabs(y[i] - level) >= tolerance)
        return time[i];
    for (size_t k = i + 1; k < n; k++)
        if (y[k] < y[i])
            return (time[i] + time[k]) / 2;
    return time[i];
}

static struct rwe_km_quantile quantile(const struct rwe_km_curve *curve, double probability,
                                       bool midpoint)
{
    const double *time = curve->time;
    size_t n = curve->n_points;
    double level = 1 - probability;
    if (!(probability > 0 && probability < 1))
        return (struct rwe_km_quantile){NAN, NAN, NAN};
    return (struct rwe_km_quantile){
        .value = first_crossing(time, curve->survival, n, level, midpoint),
        .conf_low = first_crossing(time, curve->conf_low, n, level, midpoint),
        .conf_high = first_crossing(time, curve->conf_high, n, level, midpoint),
    };
}

struct rwe_km_quantile rwe_km_quantile(const struct rwe_km_curve *curve, double probability)
{
    return quantile(curve, probability, true);
}

struct rwe_km_quantile rwe_km_quantile_first(const struct rwe_km_curve *curve, double probability)
{
    return quantile(curve, probability, false);
}

/* How many points lie before `time`; with `inclusive`, also one at it. */
static size_t points_before(const struct rwe_km_curve *curve, double time, bool inclusive)
{
    size_t low = 0, high = curve->n_points;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (curve->time[middle] < time || (inclusive && curve->time[middle] == time))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct rwe_km_point rwe_km_at(const struct rwe_km_curve *curve, double time)
{
    size_t before = points_before(curve, time, false);
    if (isnan(time) || before == curve->n_points)
        return (struct rwe_km_point){NAN, NAN, NAN, NAN, 0};
    double at_risk = curve->at_risk[before];
    size_t reached = points_before(curve, time, true);
    if (reached == 0)
        return (struct rwe_km_point){1, 0, 1, 1, at_risk};
    size_t i = reached - 1;
    return (struct rwe_km_point){curve->survival[i], curve->std_error[i], curve->conf_low[i],
                                 curve->conf_high[i], at_risk};
}

/* ---- the Nelson–Aalen estimator ---- */

/* H(t) = Σ d / n with variance Σ d / n² (Aalen, Ann Stat 6:701, 1978); limits are symmetric for log H. */
enum rwe_status rwe_km_cumulative_hazard(const struct rwe_km_curve *curve, double conf_level,
                                         struct rwe_arena *arena,
                                         struct rwe_cumulative_hazard *result,
                                         struct rwe_error *error)
{
    if (!(conf_level > 0 && conf_level < 1))
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "the confidence level must lie between 0 and 1");
    double *hazard = RWE_NEW(arena, double, curve->n_points);
    double *std_error = RWE_NEW(arena, double, curve->n_points);
    double *low = RWE_NEW(arena, double, curve->n_points);
    double *high = RWE_NEW(arena, double, curve->n_points);
    if (rwe_arena_failed(arena))
        return rwe_fail_memory(error);
    double z = gsl_cdf_ugaussian_Qinv((1 - conf_level) / 2);
    double sum = 0, variance = 0;
    for (size_t i = 0; i < curve->n_points; i++) {
        double d = curve->events[i], n = curve->at_risk[i];
        sum += d / n;
        variance += d / (n * n);
        double reach = exp(z * sqrt(variance) / sum); /* 0 / 0, NaN, while nobody has failed */
        hazard[i] = sum;
        std_error[i] = sqrt(variance);
        low[i] = sum / reach;
        high[i] = sum * reach;
    }
    *result =
        (struct rwe_cumulative_hazard){curve->n_points, curve->time, hazard, std_error, low, high};
    return RWE_OK;
}

struct rwe_hazard_point rwe_km_hazard_at(const struct rwe_cumulative_hazard *hazard, double time)
{
    size_t low = 0, high = hazard->n_points;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (hazard->time[middle] <= time)
            low = middle + 1;
        else
            high = middle;
    }
    if (isnan(time) || hazard->n_points == 0 || time > hazard->time[hazard->n_points - 1])
        return (struct rwe_hazard_point){NAN, NAN, NAN, NAN};
    if (low == 0)
        return (struct rwe_hazard_point){0, 0, NAN, NAN};
    return (struct rwe_hazard_point){hazard->hazard[low - 1], hazard->std_error[low - 1],
                                     hazard->conf_low[low - 1], hazard->conf_high[low - 1]};
}
