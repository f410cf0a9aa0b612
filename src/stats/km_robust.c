/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "km_private.h"
#include "running_influence_private.h"
#include "rwe/base/sort.h"
#include "rwe/stats/km.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

/* ---- the influence of a subject on one number of the curve ---- */

/* A quantity q of the curve depends on subject i through the hazards h_j = d_j / n_j alone:
 *
 *   ∂q/∂w_i = Σ_j q_j (dN_ij − Y_ij h_j) / n_j,   q_j = ∂q/∂h_j
 *
 * (dN: i fails at time j; Y: i is at risk there). With jump_j = q_j / n_j the sum over j is jump at
 * the failure less Σ jump_j h_j over the times at risk: a difference of two running sums. */
struct slopes {
    double *jump;
    double *before; /* by row and one more: Σ of jump × hazard over the rows before it */
};

static double events_in(const struct rwe_event_table *table, size_t group, size_t row)
{
    return table->events[row * table->n_groups + group];
}

static double at_risk_in(const struct rwe_event_table *table, size_t group, size_t row)
{
    return table->at_risk[row * table->n_groups + group];
}

/* S falls by the factor 1 − h_j: ∂S/∂h_j = −S n_j / (n_j − d_j). Once S is 0 nobody moves it. */
static void slopes_of_survival(const struct rwe_event_table *table, size_t group, double time,
                               double jump[])
{
    double survival = 1;
    size_t n_rows = 0;
    for (; n_rows < table->n_rows && table->time[n_rows] <= time; n_rows++) {
        double d = events_in(table, group, n_rows), n = at_risk_in(table, group, n_rows);
        if (d > 0)
            survival *= rwe_km_left(n, d) / n;
    }
    for (size_t row = 0; survival > 0 && row < n_rows; row++) {
        double d = events_in(table, group, row);
        if (d > 0)
            jump[row] = -survival / rwe_km_left(at_risk_in(table, group, row), d);
    }
}

static void slopes_of_hazard(const struct rwe_event_table *table, size_t group, double time,
                             double jump[])
{
    for (size_t row = 0; row < table->n_rows && table->time[row] <= time; row++)
        if (events_in(table, group, row) > 0)
            jump[row] = 1 / at_risk_in(table, group, row);
}

/* The area: what lies right of time j shrinks by the factor 1 − h_j. Where S becomes 0 nothing
 * lies right of it, and all at risk fail: nobody's dN − Y h differs from 0. */
static void slopes_of_mean(const struct rwe_event_table *table, size_t group, double time,
                           double jump[])
{
    double survival = 1;
    size_t n_rows = 0;
    for (; n_rows < table->n_rows && table->time[n_rows] < time; n_rows++) {
        double d = events_in(table, group, n_rows), n = at_risk_in(table, group, n_rows);
        if (d > 0)
            survival *= rwe_km_left(n, d) / n;
        jump[n_rows] = survival; /* for the way back */
    }
    double area = 0, right = time;
    for (size_t row = n_rows; row-- > 0; right = table->time[row]) {
        double d = events_in(table, group, row), n = at_risk_in(table, group, row);
        area += jump[row] * (right - table->time[row]);
        jump[row] = d > 0 && rwe_km_left(n, d) > 0 ? -area / rwe_km_left(n, d) : 0;
    }
}

static void find_jumps(const struct rwe_event_table *table,
                       const struct rwe_km_functional *functional, double jump[])
{
    switch (functional->quantity) {
    case RWE_KM_SURVIVAL:
        slopes_of_survival(table, functional->group, functional->time, jump);
        break;
    case RWE_KM_HAZARD:
        slopes_of_hazard(table, functional->group, functional->time, jump);
        break;
    case RWE_KM_MEAN:
        slopes_of_mean(table, functional->group, functional->time, jump);
        break;
    }
}

/* The first row whose time is after `entry`. */
static size_t row_after(const struct rwe_event_table *table, double entry)
{
    size_t low = 0, high = table->n_rows;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (table->time[middle] > entry)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static void add_up(const struct rwe_survival_data *data, const struct rwe_event_table *table,
                   const struct rwe_km_functional *functional, struct slopes slopes,
                   double influence[])
{
    size_t row = 0;
    for (size_t i = 0; i < data->n; i++) {
        while (table->time[row] != data->time[i])
            row++;
        if ((data->group == NULL ? 0 : data->group[i]) != functional->group)
            continue;
        size_t first = data->entry == NULL ? 0 : row_after(table, data->entry[i]);
        double weight = data->weight == NULL ? 1 : data->weight[i];
        double slope = data->event[i] ? slopes.jump[row] : 0;
        slope -= slopes.before[row + 1] - slopes.before[first];
        influence[i] += functional->factor * weight * slope;
    }
}

enum rwe_status rwe_km_influence(const struct rwe_survival_data *data,
                                 const struct rwe_event_table *table,
                                 const struct rwe_km_functional *functional,
                                 struct rwe_arena *scratch, double influence[],
                                 struct rwe_error *error)
{
    if (table->n_strata != 1)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX, "the event table has strata");
    if (functional->group >= table->n_groups)
        return rwe_fail(error, RWE_BAD_INPUT, functional->group, "there is no group %zu",
                        functional->group);
    struct rwe_mark mark = rwe_arena_mark(scratch);
    struct slopes slopes = {.jump = RWE_NEW(scratch, double, table->n_rows),
                            .before = RWE_NEW(scratch, double, table->n_rows + 1)};
    if (rwe_arena_failed(scratch))
        return rwe_fail_memory(error);
    find_jumps(table, functional, slopes.jump);
    for (size_t row = 0; row < table->n_rows; row++) {
        double hazard = slopes.jump[row] == 0 ? 0
                                              : events_in(table, functional->group, row) /
                                                    at_risk_in(table, functional->group, row);
        slopes.before[row + 1] = slopes.before[row] + slopes.jump[row] * hazard;
    }
    add_up(data, table, functional, slopes, influence);
    rwe_arena_release(scratch, mark);
    return RWE_OK;
}

enum rwe_status rwe_km_influence_variance(const struct rwe_survival_data *data,
                                          const double influence[], struct rwe_arena *scratch,
                                          double *variance, struct rwe_error *error)
{
    struct rwe_dependence rows = rwe_survival_dependence(data);
    if (rwe_influence_covariance(influence, 1, &rows, scratch, variance) != RWE_OK)
        return rwe_fail_memory(error);
    return RWE_OK;
}

bool rwe_km_needs_robust(const struct rwe_survival_data *data)
{
    return data->weight != NULL || data->cluster != NULL || data->crossed;
}

/* ---- robust errors along the whole curve ---- */

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
        state->a += d / (n * rwe_km_left(n, d));
        let_leave(state, curve->time[point], rwe_km_left(n, d));
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
        struct rwe_km_interval limits = {NAN, NAN};
        if (s > 0)
            limits = rwe_km_limits(s, e, z, options->transform);
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

/* ---- the difference of two curves at a time ---- */

static enum rwe_status robust_variance(const struct rwe_survival_data *data,
                                       const struct rwe_event_table *table,
                                       const struct rwe_km_arms *arms, double time,
                                       struct rwe_arena *scratch, double *variance,
                                       struct rwe_error *error)
{
    const struct rwe_km_functional treated = {RWE_KM_SURVIVAL, arms->treated, time, 1};
    const struct rwe_km_functional control = {RWE_KM_SURVIVAL, arms->control, time, -1};
    struct rwe_mark mark = rwe_arena_mark(scratch);
    double *influence = RWE_NEW(scratch, double, data->n);
    enum rwe_status status = influence == NULL ? rwe_fail_memory(error) : RWE_OK;
    if (status == RWE_OK)
        status = rwe_km_influence(data, table, &treated, scratch, influence, error);
    if (status == RWE_OK)
        status = rwe_km_influence(data, table, &control, scratch, influence, error);
    if (status == RWE_OK)
        status = rwe_km_influence_variance(data, influence, scratch, variance, error);
    rwe_arena_release(scratch, mark);
    return status;
}

enum rwe_status rwe_km_compare_at(const struct rwe_survival_data *data,
                                  const struct rwe_event_table *table,
                                  const struct rwe_km_arms *arms, double time,
                                  struct rwe_arena *scratch, struct rwe_km_difference *result,
                                  struct rwe_error *error)
{
    if (!(arms->conf_level > 0 && arms->conf_level < 1))
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "the confidence level must lie between 0 and 1");
    struct rwe_km_point treated = rwe_km_at(arms->treated_curve, time);
    struct rwe_km_point control = rwe_km_at(arms->control_curve, time);
    double variance = treated.std_error * treated.std_error + control.std_error * control.std_error;
    enum rwe_status status = RWE_OK;
    if (rwe_km_needs_robust(data) && !isnan(variance))
        status = robust_variance(data, table, arms, time, scratch, &variance, error);
    if (status != RWE_OK)
        return status;
    double estimate = treated.survival - control.survival, std_error = sqrt(variance);
    double reach = gsl_cdf_ugaussian_Qinv((1 - arms->conf_level) / 2) * std_error;
    bool known = !isnan(std_error); /* fmax and fmin pass over NaN */
    *result = (struct rwe_km_difference){
        .estimate = estimate,
        .std_error = std_error,
        .conf_low = known ? fmax(-1, estimate - reach) : NAN,
        .conf_high = known ? fmin(1, estimate + reach) : NAN,
        .p_value = std_error > 0 ? 2 * gsl_cdf_ugaussian_Q(fabs(estimate) / std_error) : NAN,
    };
    return RWE_OK;
}
