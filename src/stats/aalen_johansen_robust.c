/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The infinitesimal jackknife of F_k. A subject's share in the cause-specific hazards at u is
 * (dN_c − Y d_c / n) / n, and F_k(t) changes with that of cause c by S(u−) (J_c + (F(u) − F(t)) / S(u)).
 * So its influence on F_k(t) is G − F(t) B, where
 *
 *   G = Σ over u <= t, c of S(u−) (J_c + F(u) / S(u)) (dN_c − Y d_c / n) / n
 *   B = Σ over u <= t, c of S(u−) / S(u)              (dN_c − Y d_c / n) / n
 *
 * The part with Y is the same for all who are at risk, so that a cluster's influence is
 * P − W A(t): P holds what its subjects have brought by entering and leaving, W is its weight at risk,
 * A the common sum. Second moments of (P_G, P_B, W) over clusters then give the variance at every t,
 * and each subject changes them twice.
 */
#include "rwe/base/sort.h"
#include "rwe/stats/aalen_johansen.h"

#include "aalen_johansen_private.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdbool.h>

/* A sum that keeps what rounding takes (Neumaier, ZAMM 54:39, 1974): terms are added and, later,
 * taken off again, and what remains at last is small. */
struct sum {
    double value, lost;
};

static void add(struct sum *sum, double x)
{
    double total = sum->value + x;
    sum->lost += fabs(sum->value) >= fabs(x) ? (sum->value - total) + x : (x - total) + sum->value;
    sum->value = total;
}

struct cluster {
    double G, B, W;
};

struct walk {
    const struct rwe_survival_data *data;
    const struct rwe_aalen_johansen *curve;
    size_t k;                          /* cause − 1 */
    const uint32_t *by_entry;          /* rows in ascending entry; NULL: nobody enters late */
    struct cluster *cluster;           /* by cluster, or by row where there are none */
    struct sum GG, GB, BB, GW, BW, WW; /* over clusters */
    struct cluster common;             /* A up to the present point; W unused */
    double step_own, step_any, step_gap; /* S(u−) / n, S(u−) F(u) / S(u) / n, S(u−) / S(u) / n */
};

static void count_moments(struct walk *walk, const struct cluster *c, double sign)
{
    add(&walk->GG, sign * c->G * c->G);
    add(&walk->GB, sign * c->G * c->B);
    add(&walk->BB, sign * c->B * c->B);
    add(&walk->GW, sign * c->G * c->W);
    add(&walk->BW, sign * c->B * c->W);
    add(&walk->WW, sign * c->W * c->W);
}

/* Row i brings `G` and `B` to its cluster, and its weight comes under risk (1) or leaves it (−1). */
static void change(struct walk *walk, size_t i, double G, double B, double sign)
{
    const struct rwe_survival_data *data = walk->data;
    struct cluster *c = &walk->cluster[data->cluster == NULL ? i : data->cluster[i]];
    double weight = data->weight == NULL ? 1 : data->weight[i];
    count_moments(walk, c, -1);
    c->G += weight * G;
    c->B += weight * B;
    c->W += sign * weight;
    count_moments(walk, c, 1);
}

static void enter(struct walk *walk, size_t i)
{
    change(walk, i, walk->common.G, walk->common.B, 1);
}

static void leave(struct walk *walk, size_t i)
{
    size_t cause = walk->data->event[i];
    double G = -walk->common.G, B = -walk->common.B;
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
    walk->common.G += walk->step_own * own + walk->step_any * any;
    walk->common.B += walk->step_gap * any;
}

static double variance_at(const struct walk *walk, double F)
{
    double m = walk->common.G - F * walk->common.B;
    double GG = walk->GG.value + walk->GG.lost, GB = walk->GB.value + walk->GB.lost;
    double BB = walk->BB.value + walk->BB.lost, GW = walk->GW.value + walk->GW.lost;
    double BW = walk->BW.value + walk->BW.lost, WW = walk->WW.value + walk->WW.lost;
    return fmax(0, GG + F * (F * BB - 2 * GB) + m * (m * WW - 2 * GW + 2 * F * BW));
}

static bool is_of_group(const struct walk *walk, size_t i)
{
    return (walk->data->group == NULL ? 0 : walk->data->group[i]) == walk->curve->group;
}

/* Standard errors of one cause at each point. False where the curve is not of these data. */
static bool walk_points(struct walk *walk, double std_error[])
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
        step_common(walk, point);
        for (; row < data->n && data->time[row] <= time; row++) {
            if (is_of_group(walk, row) && data->time[row] < time)
                return false;
            if (is_of_group(walk, row))
                leave(walk, row);
        }
        std_error[point] =
            sqrt(variance_at(walk, curve->incidence[walk->k * curve->n_points + point]));
    }
    for (; row < data->n; row++)
        if (is_of_group(walk, row))
            return false;
    return true;
}

static enum rwe_status walk_causes(const struct rwe_survival_data *data,
                                   const struct rwe_aalen_johansen *curve, double std_error[],
                                   struct rwe_arena *scratch, struct rwe_error *error)
{
    uint32_t *by_entry = data->entry == NULL ? NULL : RWE_NEW(scratch, uint32_t, data->n);
    if (by_entry != NULL && rwe_sort_numbers(data->entry, data->n, scratch, by_entry) != RWE_OK)
        return rwe_fail_memory(error);
    for (size_t k = 0; k < curve->n_causes; k++) {
        struct rwe_mark mark = rwe_arena_mark(scratch);
        struct walk walk = {.data = data, .curve = curve, .k = k, .by_entry = by_entry};
        walk.cluster =
            RWE_NEW(scratch, struct cluster, data->cluster == NULL ? data->n : data->n_clusters);
        if (rwe_arena_failed(scratch))
            return rwe_fail_memory(error);
        if (!walk_points(&walk, std_error + k * curve->n_points))
            return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX, "the curve is not of these data");
        rwe_arena_release(scratch, mark);
    }
    return RWE_OK;
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
