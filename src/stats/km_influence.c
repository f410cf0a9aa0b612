/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "km_private.h"

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
            survival *= km_left(n, d) / n;
    }
    for (size_t row = 0; survival > 0 && row < n_rows; row++) {
        double d = events_in(table, group, row);
        if (d > 0)
            jump[row] = -survival / km_left(at_risk_in(table, group, row), d);
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
            survival *= km_left(n, d) / n;
        jump[n_rows] = survival; /* for the way back */
    }
    double area = 0, right = time;
    for (size_t row = n_rows; row-- > 0; right = table->time[row]) {
        double d = events_in(table, group, row), n = at_risk_in(table, group, row);
        area += jump[row] * (right - table->time[row]);
        jump[row] = d > 0 && km_left(n, d) > 0 ? -area / km_left(n, d) : 0;
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
