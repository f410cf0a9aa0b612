/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/stats/aalen_johansen.h"

#include "aalen_johansen_private.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdbool.h>

/* One group's curves while their arrays may still be written to. */
struct points {
    double *time, *at_risk, *censored, *survival;
    double *events, *incidence, *std_error, *conf_low, *conf_high, *n_events; /* by cause */
};

void rwe_aalen_johansen_limits(double f, double std_error, double z, double *low, double *high)
{
    *low = *high = f <= 0 ? 0 : NAN;
    if (f <= 0 || f >= 1)
        return;
    double half = z * std_error / (f * -log(f)); /* of log(−log F), which falls as F rises */
    *low = pow(f, exp(half));
    *high = pow(f, exp(-half));
}

static enum rwe_status check_request(const struct rwe_event_table *table, size_t group,
                                     double conf_level, struct rwe_error *error)
{
    if (table->n_strata != 1)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX, "the event table has strata");
    if (group >= table->n_groups)
        return rwe_fail(error, RWE_BAD_INPUT, group, "there is no group %zu", group);
    if (!(conf_level > 0 && conf_level < 1))
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "the confidence level must lie between 0 and 1");
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

static enum rwe_status points_allocate(size_t n_points, size_t n_causes, struct rwe_arena *arena,
                                       struct points *to)
{
    double **const once[] = {&to->time, &to->at_risk, &to->censored, &to->survival};
    double **const by_cause[] = {&to->events, &to->incidence, &to->std_error, &to->conf_low,
                                 &to->conf_high};
    for (size_t a = 0; a < sizeof once / sizeof *once; a++)
        *once[a] = RWE_NEW(arena, double, n_points);
    for (size_t a = 0; a < sizeof by_cause / sizeof *by_cause; a++)
        *by_cause[a] = rwe_arena_alloc(arena, n_causes, n_points * sizeof(double));
    to->n_events = RWE_NEW(arena, double, n_causes);
    return rwe_arena_failed(arena) ? RWE_NO_MEMORY : RWE_OK;
}

/* The table's rows at which something happens in the group, as points. */
static void gather(const struct rwe_event_table *table, size_t group, size_t n_points,
                   struct points *to)
{
    size_t point = 0;
    for (size_t row = 0; row < table->n_rows; row++) {
        size_t cell = row * table->n_groups + group;
        if (table->events[cell] + table->censored[cell] <= 0)
            continue;
        to->time[point] = table->time[row];
        to->at_risk[point] = table->at_risk[cell];
        to->censored[point] = table->censored[cell];
        for (size_t c = 0; c < table->n_causes; c++) {
            double d = table->causes == NULL ? table->events[cell]
                                             : table->causes[cell * table->n_causes + c];
            to->events[c * n_points + point] = d;
            to->n_events[c] += d;
        }
        point++;
    }
}

static double events_at(const struct points *points, size_t n_points, size_t n_causes, size_t i)
{
    double d = 0;
    for (size_t c = 0; c < n_causes; c++)
        d += points->events[c * n_points + i];
    return d;
}

/* S falls by S(t−) d / n and each F rises by its share of that. S is a product, and not one less
 * the sum, so that it is exactly 0 when everyone at risk fails. */
static void walk(size_t n_points, size_t n_causes, struct points *points)
{
    double before = 1;
    for (size_t i = 0; i < n_points; i++) {
        double n = points->at_risk[i];
        double d = events_at(points, n_points, n_causes, i);
        for (size_t c = 0; c < n_causes; c++) {
            double *incidence = points->incidence + c * n_points;
            incidence[i] =
                (i == 0 ? 0 : incidence[i - 1]) + before * points->events[c * n_points + i] / n;
        }
        before *= d > 0 ? (n - d) / n : 1;
        points->survival[i] = before;
    }
}

/*
 * Aalen's variance of F_k. With J_c + (F(u) − F(t)) / S(u) = a − F(t) b, where a = J_c + F(u) / S(u)
 * and b = 1 / S(u), the sum over u <= t is Σ a² v − 2 F(t) Σ a b v + F(t)² Σ b² v: three running sums
 * give it at every t. Nothing follows where S(u) = 0: b is 0 there.
 */
static void aalen_variance(size_t n_points, size_t n_causes, size_t k, struct points *points)
{
    const double *F = points->incidence + k * n_points;
    double *std_error = points->std_error + k * n_points;
    double aa = 0, ab = 0, bb = 0;
    for (size_t i = 0; i < n_points; i++) {
        double n = points->at_risk[i];
        double before = i == 0 ? 1 : points->survival[i - 1];
        double b = points->survival[i] > 0 ? 1 / points->survival[i] : 0;
        for (size_t c = 0; c < n_causes; c++) {
            double d = points->events[c * n_points + i];
            if (d <= 0)
                continue;
            double ties = d > 1 && n > 1 ? (n - d) / (n - 1) : 1;
            double v = before * before * ties * d / (n * n);
            double a = (c == k) + b * F[i];
            aa += a * a * v;
            ab += a * b * v;
            bb += b * b * v;
        }
        std_error[i] = sqrt(fmax(0, aa + F[i] * (F[i] * bb - 2 * ab)));
    }
}

static void find_limits(double conf_level, size_t n, struct points *points)
{
    double z = gsl_cdf_ugaussian_Qinv((1 - conf_level) / 2);
    for (size_t i = 0; i < n; i++)
        rwe_aalen_johansen_limits(points->incidence[i], points->std_error[i], z,
                                  &points->conf_low[i], &points->conf_high[i]);
}

enum rwe_status rwe_aalen_johansen_fit(const struct rwe_event_table *table, size_t group,
                                       double conf_level, struct rwe_arena *arena,
                                       struct rwe_aalen_johansen *curve, struct rwe_error *error)
{
    enum rwe_status status = check_request(table, group, conf_level, error);
    if (status != RWE_OK)
        return status;
    size_t n_points = count_points(table, group), n_causes = table->n_causes;
    if (n_points == 0)
        return rwe_fail(error, RWE_NOT_ESTIMABLE, group, "group %zu is empty", group);
    struct points points;
    if (points_allocate(n_points, n_causes, arena, &points) != RWE_OK)
        return rwe_fail_memory(error);
    gather(table, group, n_points, &points);
    walk(n_points, n_causes, &points);
    for (size_t k = 0; k < n_causes; k++)
        aalen_variance(n_points, n_causes, k, &points);
    find_limits(conf_level, n_points * n_causes, &points);
    *curve = (struct rwe_aalen_johansen){
        .group = group,
        .conf_level = conf_level,
        .n_points = n_points,
        .n_causes = n_causes,
        .time = points.time,
        .at_risk = points.at_risk,
        .censored = points.censored,
        .survival = points.survival,
        .events = points.events,
        .incidence = points.incidence,
        .std_error = points.std_error,
        .conf_low = points.conf_low,
        .conf_high = points.conf_high,
        .n = table->begun != NULL ? table->begun[group] : points.at_risk[0],
        .n_events = points.n_events,
    };
    return RWE_OK;
}

/* How many points lie before `time`; with `inclusive`, also one at it. */
static size_t points_before(const struct rwe_aalen_johansen *curve, double time, bool inclusive)
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

struct rwe_aalen_johansen_point rwe_aalen_johansen_at(const struct rwe_aalen_johansen *curve,
                                                      size_t cause, double time)
{
    size_t before = points_before(curve, time, false);
    if (isnan(time) || cause < 1 || cause > curve->n_causes || before == curve->n_points)
        return (struct rwe_aalen_johansen_point){NAN, NAN, NAN, NAN, 0};
    double at_risk = curve->at_risk[before];
    size_t reached = points_before(curve, time, true);
    if (reached == 0)
        return (struct rwe_aalen_johansen_point){0, 0, 0, 0, at_risk};
    size_t i = (cause - 1) * curve->n_points + reached - 1;
    return (struct rwe_aalen_johansen_point){curve->incidence[i], curve->std_error[i],
                                             curve->conf_low[i], curve->conf_high[i], at_risk};
}
