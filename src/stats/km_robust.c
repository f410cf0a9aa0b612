/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "km_private.h"
#include "running_influence_private.h"
#include "rwe/base/sort.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

/* The influence of a row on log S(t) is −(G − A(t) W), where A = Σ d / (n (n − d)) up to t, W is its
 * weight while it is at risk and
 *
 *   G = w A(entry), and once gone + w (1 / (n − d) if it failed − A(exit)),
 *
 * changes only when it enters or leaves: two parts, with coefficients −1 and A. So the whole curve
 * costs as much as one pass over the rows. */
enum { N_PARTS = 2 };

/* Where the walk stands. */
struct state {
    const struct rwe_survival_data *data;
    size_t group;
    const uint32_t *by_entry; /* rows in order of entry; NULL: all enter at once */
    size_t entered, left; /* how many rows of data have gone by, in order of entry and of time */
    double a;             /* A(t) */
    struct rwe_running_influence running;
};

static double weight_of(const struct rwe_survival_data *data, size_t i)
{
    return data->weight == NULL ? 1 : data->weight[i];
}

static void change(struct state *state, size_t i, double g, double at_risk)
{
    double w = weight_of(state->data, i);
    const double parts[N_PARTS] = {w * g, w * at_risk};
    rwe_running_influence_add(&state->running, i, parts);
}

static bool is_member(const struct state *state, size_t i)
{
    return (state->data->group == NULL ? 0 : state->data->group[i]) == state->group;
}

/* Lets those enter whose entry lies before `time`; their hazards begin here. */
static void let_enter(struct state *state, double time)
{
    const struct rwe_survival_data *data = state->data;
    for (; state->entered < data->n; state->entered++) {
        size_t i = state->by_entry == NULL ? state->entered : state->by_entry[state->entered];
        if (state->by_entry != NULL && data->entry[i] >= time)
            break;
        if (is_member(state, i))
            change(state, i, state->a, 1);
    }
}

/* Rows that end between two points of the curve go on in another one. */
static void let_go_on(struct state *state, double time)
{
    const struct rwe_survival_data *data = state->data;
    for (; state->left < data->n && data->time[state->left] < time; state->left++)
        if (is_member(state, state->left))
            change(state, state->left, -state->a, -1);
}

/* Those whose time this is leave; n_after is n − d. */
static void let_leave(struct state *state, double time, double n_after)
{
    const struct rwe_survival_data *data = state->data;
    for (; state->left < data->n && data->time[state->left] <= time; state->left++) {
        size_t i = state->left;
        if (is_member(state, i))
            change(state, i, (data->event[i] ? 1 / n_after : 0) - state->a, -1);
    }
}

/* The variance of log S at each point by one way; where S is 0 there is none, and so it stays. */
static void walk(struct state *state, const struct rwe_km_curve *curve, size_t way,
                 struct rwe_running_total *total)
{
    double sign = state->running.way.sign;
    for (size_t point = 0; point < curve->n_points && curve->survival[point] > 0; point++) {
        double n = curve->at_risk[point], d = curve->events[point];
        let_enter(state, curve->time[point]);
        let_go_on(state, curve->time[point]);
        state->a += d / (n * km_left(n, d));
        let_leave(state, curve->time[point], km_left(n, d));
        const double coefficient[N_PARTS] = {-1, state->a};
        rwe_running_total_add(total, point, way, sign,
                              rwe_running_influence_variance(&state->running, coefficient));
    }
}

static enum rwe_status walk_ways(const struct rwe_survival_data *data, size_t group,
                                 const struct rwe_km_curve *curve, struct rwe_arena *scratch,
                                 struct rwe_running_total *total)
{
    struct rwe_dependence rows = rwe_survival_dependence(data);
    struct rwe_clustering ways[RWE_MOST_CLUSTERINGS];
    size_t n_ways = rwe_clusterings(&rows, ways);
    uint32_t *by_entry = data->entry == NULL ? NULL : RWE_NEW(scratch, uint32_t, data->n);
    if (rwe_running_total_init(total, curve->n_points, scratch) != RWE_OK ||
        (by_entry != NULL && rwe_sort_numbers(data->entry, data->n, scratch, by_entry) != RWE_OK))
        return RWE_NO_MEMORY;
    for (size_t w = 0; w < n_ways; w++) {
        struct state state = {.data = data, .group = group, .by_entry = by_entry};
        if (rwe_running_influence_init(&state.running, &rows, &ways[w], N_PARTS, scratch) != RWE_OK)
            return RWE_NO_MEMORY;
        walk(&state, curve, w, total);
    }
    return RWE_OK;
}

/* The errors to be put in the place of Greenwood's. */
struct errors {
    double *std_error, *conf_low, *conf_high;
};

static void write_errors(const struct rwe_km_curve *curve, const struct rwe_running_total *total,
                         const struct rwe_km_options *options, struct errors *errors)
{
    double z = gsl_cdf_ugaussian_Qinv((1 - options->conf_level) / 2);
    for (size_t point = 0; point < curve->n_points; point++) {
        double s = curve->survival[point], e = sqrt(rwe_running_total_at(total, point));
        struct km_limits limits = {NAN, NAN};
        if (s > 0)
            limits = km_limits(s, e, z, options->transform);
        errors->std_error[point] = s > 0 ? s * e : NAN;
        errors->conf_low[point] = limits.low;
        errors->conf_high[point] = limits.high;
    }
}

enum rwe_status rwe_km_fit_robust(const struct rwe_survival_data *data,
                                  const struct rwe_event_table *table, size_t group,
                                  const struct rwe_km_options *options, struct rwe_arena *arena,
                                  struct rwe_km_curve *curve, struct rwe_error *error)
{
    enum rwe_status status = rwe_km_fit(table, group, options, arena, curve, error);
    if (status != RWE_OK)
        return status;
    struct errors errors = {.std_error = RWE_NEW(arena, double, curve->n_points),
                            .conf_low = RWE_NEW(arena, double, curve->n_points),
                            .conf_high = RWE_NEW(arena, double, curve->n_points)};
    struct rwe_mark mark = rwe_arena_mark(arena);
    struct rwe_running_total total;
    if (rwe_arena_failed(arena) || walk_ways(data, group, curve, arena, &total) != RWE_OK)
        return rwe_fail_memory(error);
    write_errors(curve, &total, options, &errors);
    rwe_arena_release(arena, mark);
    curve->std_error = errors.std_error;
    curve->conf_low = errors.conf_low;
    curve->conf_high = errors.conf_high;
    return RWE_OK;
}
