/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "km_private.h"
#include "rwe/base/sort.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

/* The influence of cluster c on log S(t) is −(G_c − A(t) W_c), where A = Σ d / (n (n − d)) up to t,
 * W_c is the weight of its members at risk and
 *
 *   G_c = Σ w A(entry) over members, + Σ w (1 / (n − d) where it failed, − A(exit)) over those gone
 *
 * changes only when a member enters or leaves. So Σ (G − A W)² = ΣG² − 2 A ΣGW + A² ΣW² is kept by
 * three sums, and the whole curve costs as much as one pass over the rows. */
struct sums {
    double *g, *w; /* by cluster, or by row where there are none */
    double gg, gw, ww;
};

static void add(struct sums *sums, size_t c, double g, double w)
{
    sums->gg -= sums->g[c] * sums->g[c];
    sums->gw -= sums->g[c] * sums->w[c];
    sums->ww -= sums->w[c] * sums->w[c];
    sums->g[c] += g;
    sums->w[c] += w;
    sums->gg += sums->g[c] * sums->g[c];
    sums->gw += sums->g[c] * sums->w[c];
    sums->ww += sums->w[c] * sums->w[c];
}

/* Where the walk stands. */
struct state {
    const struct rwe_survival_data *data;
    size_t group;
    const uint32_t *by_entry; /* rows in order of entry; NULL: all enter at once */
    size_t entered, left; /* how many rows of data have gone by, in order of entry and of time */
    double a;             /* A(t) */
    struct sums sums;
};

static double weight_of(const struct rwe_survival_data *data, size_t i)
{
    return data->weight == NULL ? 1 : data->weight[i];
}

static size_t cluster_of(const struct rwe_survival_data *data, size_t i)
{
    return data->cluster == NULL ? i : data->cluster[i];
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
        if (!is_member(state, i))
            continue;
        double w = weight_of(data, i);
        add(&state->sums, cluster_of(data, i), w * state->a, w);
    }
}

/* Those whose time this is leave; n_after is n − d. */
static void let_leave(struct state *state, double time, double n_after)
{
    const struct rwe_survival_data *data = state->data;
    for (; state->left < data->n && data->time[state->left] <= time; state->left++) {
        size_t i = state->left;
        if (!is_member(state, i))
            continue;
        double w = weight_of(data, i);
        double g = (data->event[i] ? 1 / n_after : 0) - state->a;
        add(&state->sums, cluster_of(data, i), w * g, -w);
    }
}

/* The errors to be put in the place of Greenwood's. */
struct errors {
    double *std_error, *conf_low, *conf_high;
};

static void walk(struct state *state, const struct rwe_km_curve *curve,
                 const struct rwe_km_options *options, struct errors *errors)
{
    double z = gsl_cdf_ugaussian_Qinv((1 - options->conf_level) / 2);
    for (size_t point = 0; point < curve->n_points; point++) {
        double n = curve->at_risk[point], d = curve->events[point], s = curve->survival[point];
        errors->std_error[point] = errors->conf_low[point] = errors->conf_high[point] = NAN;
        if (s <= 0)
            continue; /* and so it stays */
        let_enter(state, curve->time[point]);
        state->a += d / (n * km_left(n, d));
        let_leave(state, curve->time[point], km_left(n, d));
        const struct sums *sums = &state->sums;
        double variance = sums->gg - 2 * state->a * sums->gw + state->a * state->a * sums->ww;
        double e = sqrt(fmax(0, variance));
        struct km_limits limits = km_limits(s, e, z, options->transform);
        errors->std_error[point] = s * e;
        errors->conf_low[point] = limits.low;
        errors->conf_high[point] = limits.high;
    }
}

static enum rwe_status begin(struct state *state, struct rwe_arena *scratch)
{
    const struct rwe_survival_data *data = state->data;
    size_t n_clusters = data->cluster == NULL ? data->n : data->n_clusters;
    state->sums.g = RWE_NEW(scratch, double, n_clusters);
    state->sums.w = RWE_NEW(scratch, double, n_clusters);
    if (data->entry == NULL || rwe_arena_failed(scratch))
        return rwe_arena_failed(scratch) ? RWE_NO_MEMORY : RWE_OK;
    uint32_t *order = RWE_NEW(scratch, uint32_t, data->n);
    state->by_entry = order;
    return order == NULL ? RWE_NO_MEMORY : rwe_sort_numbers(data->entry, data->n, scratch, order);
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
    struct state state = {.data = data, .group = group};
    if (rwe_arena_failed(arena) || begin(&state, arena) != RWE_OK)
        return rwe_fail_memory(error);
    walk(&state, curve, options, &errors);
    rwe_arena_release(arena, mark);
    curve->std_error = errors.std_error;
    curve->conf_low = errors.conf_low;
    curve->conf_high = errors.conf_high;
    return RWE_OK;
}
