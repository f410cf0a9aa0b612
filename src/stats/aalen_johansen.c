/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/stats/aalen_johansen.h"

#include "running_influence_private.h"
#include "rwe/base/sort.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdbool.h>

/* One group's curves while their arrays may still be written to. */
struct points {
    double *time, *at_risk, *censored, *survival;
    double *events, *incidence, *std_error, *conf_low, *conf_high, *n_events; /* by cause */
};

/* Limits of F that are symmetric for log(−log F). */
static void loglog_limits(double f, double std_error, double z, double *low, double *high)
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
static void walk_curves(size_t n_points, size_t n_causes, struct points *points)
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
        loglog_limits(points->incidence[i], points->std_error[i], z, &points->conf_low[i],
                      &points->conf_high[i]);
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
    walk_curves(n_points, n_causes, &points);
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

/* ---- the infinitesimal jackknife ---- */

/*
 * The infinitesimal jackknife of F_k. A subject's share in the cause-specific hazards at u is
 * (dN_c − Y d_c / n) / n, and F_k(t) changes with that of cause c by S(u−) (J_c + (F(u) − F(t)) / S(u)).
 * So its influence on F_k(t) is G − F(t) B, where
 *
 *   G = Σ over u <= t, c of S(u−) (J_c + F(u) / S(u)) (dN_c − Y d_c / n) / n
 *   B = Σ over u <= t, c of S(u−) / S(u)              (dN_c − Y d_c / n) / n
 *
 * The part with Y is the same for all who are at risk, so that a row's influence is P − W A(t): P
 * holds what it has brought by entering and leaving, W is its weight while at risk, A the common sum.
 * So there are three parts, P_G, P_B and W, with coefficients 1, −F(t) and −(A_G − F A_B), and each row
 * changes its own twice.
 */

enum { N_PARTS = 3 };

struct walk {
    const struct rwe_survival_data *data;
    const struct rwe_aalen_johansen *curve;
    size_t k;                 /* cause − 1 */
    const uint32_t *by_entry; /* rows in ascending entry; NULL: nobody enters late */
    struct rwe_running_influence running;
    double common_G, common_B;           /* A up to the present point */
    double step_own, step_any, step_gap; /* S(u−) / n, S(u−) F(u) / S(u) / n, S(u−) / S(u) / n */
};

/* Row i brings `G` and `B`, and its weight comes under risk (1) or leaves it (−1). */
static void change(struct walk *walk, size_t i, double G, double B, double sign)
{
    double weight = walk->data->weight == NULL ? 1 : walk->data->weight[i];
    const double parts[N_PARTS] = {weight * G, weight * B, sign * weight};
    rwe_running_influence_add(&walk->running, i, parts);
}

static void enter(struct walk *walk, size_t i)
{
    change(walk, i, walk->common_G, walk->common_B, 1);
}

static void leave(struct walk *walk, size_t i)
{
    size_t cause = walk->data->event[i];
    double G = -walk->common_G, B = -walk->common_B;
    if (cause > 0) {
        G += (cause == walk->k + 1 ? walk->step_own : 0) + walk->step_any;
        B += walk->step_gap;
    }
    change(walk, i, G, B, -1);
}

/* The sums common to all at risk, over the hazards at point i. Where everyone fails F stays as it
 * is, and what depends on the later course has no influence. */
static void step_common(struct walk *walk, size_t i)
{
    const struct rwe_aalen_johansen *curve = walk->curve;
    double n = curve->at_risk[i];
    double before = i == 0 ? 1 : curve->survival[i - 1];
    double after = curve->survival[i];
    double own = curve->events[walk->k * curve->n_points + i] / n, any = 0;
    for (size_t c = 0; c < curve->n_causes; c++)
        any += curve->events[c * curve->n_points + i] / n;
    walk->step_own = before / n;
    walk->step_gap = after > 0 ? before / after / n : 0;
    walk->step_any = walk->step_gap * curve->incidence[walk->k * curve->n_points + i];
    walk->common_G += walk->step_own * own + walk->step_any * any;
    walk->common_B += walk->step_gap * any;
}

static double variance_at(const struct walk *walk, double F)
{
    const double coefficient[N_PARTS] = {1, -F, F * walk->common_B - walk->common_G};
    return rwe_running_influence_variance(&walk->running, coefficient);
}

static bool is_of_group(const struct walk *walk, size_t i)
{
    return (walk->data->group == NULL ? 0 : walk->data->group[i]) == walk->curve->group;
}

/* Whether the row ends before `time`, and another takes up its follow-up; or it is of another group,
 * whose rows are passed over. */
static bool goes_on_before(const struct walk *walk, size_t i, double time)
{
    const struct rwe_survival_data *data = walk->data;
    if (data->piece == NULL || data->time[i] >= time)
        return false;
    return !is_of_group(walk, i) || (data->piece[i] & RWE_PIECE_GOES_ON) != 0;
}

/* Variances of one cause at each point by one way. False where the curve is not of these data. */
static bool walk_points(struct walk *walk, size_t way, struct rwe_running_total *total)
{
    const struct rwe_survival_data *data = walk->data;
    const struct rwe_aalen_johansen *curve = walk->curve;
    size_t row = 0, entrant = 0;
    for (size_t i = 0; walk->by_entry == NULL && i < data->n; i++)
        if (is_of_group(walk, i))
            enter(walk, i);
    for (size_t point = 0; point < curve->n_points; point++) {
        double time = curve->time[point];
        for (; walk->by_entry != NULL && entrant < data->n &&
               data->entry[walk->by_entry[entrant]] < time;
             entrant++)
            if (is_of_group(walk, walk->by_entry[entrant]))
                enter(walk, walk->by_entry[entrant]);
        for (; row < data->n && goes_on_before(walk, row, time); row++)
            if (is_of_group(walk, row))
                leave(walk, row);
        step_common(walk, point);
        for (; row < data->n && data->time[row] <= time; row++) {
            if (is_of_group(walk, row) && data->time[row] < time)
                return false;
            if (is_of_group(walk, row))
                leave(walk, row);
        }
        rwe_running_total_add(
            total, point, way, walk->running.way.sign,
            variance_at(walk, curve->incidence[walk->k * curve->n_points + point]));
    }
    for (; row < data->n; row++)
        if (is_of_group(walk, row))
            return false;
    return true;
}

/* Standard errors of the cause that `start` names. */
static enum rwe_status walk_ways(const struct walk *start, double std_error[],
                                 struct rwe_arena *scratch, struct rwe_error *error)
{
    struct rwe_dependence rows = rwe_survival_dependence(start->data);
    struct rwe_clustering ways[RWE_MOST_CLUSTERINGS];
    size_t n_ways = rwe_clusterings(&rows, ways);
    struct rwe_running_total total;
    if (rwe_running_total_init(&total, start->curve->n_points, scratch) != RWE_OK)
        return rwe_fail_memory(error);
    for (size_t w = 0; w < n_ways; w++) {
        struct walk walk = *start;
        if (rwe_running_influence_init(&walk.running, &rows, &ways[w], N_PARTS, scratch) != RWE_OK)
            return rwe_fail_memory(error);
        if (!walk_points(&walk, w, &total))
            return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX, "the curve is not of these data");
    }
    for (size_t point = 0; point < start->curve->n_points; point++)
        std_error[point] = sqrt(rwe_running_total_at(&total, point));
    return RWE_OK;
}

static enum rwe_status walk_causes(const struct rwe_survival_data *data,
                                   const struct rwe_aalen_johansen *curve, double std_error[],
                                   struct rwe_arena *scratch, struct rwe_error *error)
{
    uint32_t *by_entry = data->entry == NULL ? NULL : RWE_NEW(scratch, uint32_t, data->n);
    if (by_entry != NULL && rwe_sort_numbers(data->entry, data->n, scratch, by_entry) != RWE_OK)
        return rwe_fail_memory(error);
    if (rwe_arena_failed(scratch))
        return rwe_fail_memory(error);
    enum rwe_status status = RWE_OK;
    for (size_t k = 0; status == RWE_OK && k < curve->n_causes; k++) {
        struct rwe_mark mark = rwe_arena_mark(scratch);
        const struct walk start = {.data = data, .curve = curve, .k = k, .by_entry = by_entry};
        status = walk_ways(&start, std_error + k * curve->n_points, scratch, error);
        rwe_arena_release(scratch, mark);
    }
    return status;
}

enum rwe_status rwe_aalen_johansen_robust(const struct rwe_survival_data *data,
                                          struct rwe_arena *arena, struct rwe_aalen_johansen *curve,
                                          struct rwe_error *error)
{
    enum rwe_status status = rwe_survival_data_check(data, error);
    if (status != RWE_OK)
        return status;
    if ((data->n_causes < 1 ? 1 : data->n_causes) != curve->n_causes)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX, "the curve is not of these data");
    size_t n = curve->n_points * curve->n_causes;
    double *std_error = RWE_NEW(arena, double, n), *low = RWE_NEW(arena, double, n);
    double *high = RWE_NEW(arena, double, n);
    if (rwe_arena_failed(arena))
        return rwe_fail_memory(error);
    struct rwe_mark mark = rwe_arena_mark(arena);
    status = walk_causes(data, curve, std_error, arena, error);
    rwe_arena_release(arena, mark);
    if (status != RWE_OK)
        return status;
    double z = gsl_cdf_ugaussian_Qinv((1 - curve->conf_level) / 2);
    for (size_t i = 0; i < n; i++)
        loglog_limits(curve->incidence[i], std_error[i], z, &low[i], &high[i]);
    curve->std_error = std_error;
    curve->conf_low = low;
    curve->conf_high = high;
    return RWE_OK;
}
