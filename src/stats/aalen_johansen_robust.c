/* SPDX-License-Identifier: GPL-3.0-or-later */
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
#include "rwe/base/sort.h"
#include "rwe/stats/aalen_johansen.h"

#include "aalen_johansen_private.h"
#include "running_influence_private.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdbool.h>

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
        rwe_aalen_johansen_limits(curve->incidence[i], std_error[i], z, &low[i], &high[i]);
    curve->std_error = std_error;
    curve->conf_low = low;
    curve->conf_high = high;
    return RWE_OK;
}
