/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "km_more.h"

#include "rwe/analysis/bootstrap.h"

#include <math.h>

static enum rwe_status compute_differences(const struct rwe_run *run, struct km_more *more,
                                           const struct rwe_survival_data *data,
                                           const struct rwe_event_table *table,
                                           struct rwe_arena *scratch, struct rwe_error *error)
{
    const struct rwe_km_arms arms = {
        .control = 0,
        .treated = 1,
        .control_curve = more->curve[0],
        .treated_curve = more->curve[1],
        .conf_level = rwe_settings_number(run->settings, "conf-level"),
    };
    enum rwe_status status = RWE_OK;
    for (size_t t = 0; t < more->n_times && status == RWE_OK; t++)
        status = rwe_km_compare_at(data, table, &arms, more->time[t], scratch, &more->difference[t],
                                   error);
    return status;
}

/* d / n² holds without weights and clusters; with them the error is made of influences. */
static enum rwe_status robust_hazard(const struct rwe_run *run, size_t arm, double time,
                                     const struct rwe_survival_data *data,
                                     const struct rwe_event_table *table, struct rwe_arena *scratch,
                                     struct rwe_hazard_point *point, struct rwe_error *error)
{
    const struct rwe_km_functional at = {RWE_KM_HAZARD, arm, time, 1};
    struct rwe_mark mark = rwe_arena_mark(scratch);
    double *influence = RWE_NEW(scratch, double, data->n);
    double variance;
    enum rwe_status status = influence == NULL ? rwe_fail_memory(error) : RWE_OK;
    if (status == RWE_OK)
        status = rwe_km_influence(data, table, &at, scratch, influence, error);
    if (status == RWE_OK)
        status = rwe_km_influence_variance(data, influence, scratch, &variance, error);
    if (status == RWE_OK) {
        double reach = exp(rwe_normal_limit(run) * sqrt(variance) / point->hazard);
        *point = (struct rwe_hazard_point){point->hazard, sqrt(variance), point->hazard / reach,
                                           point->hazard * reach};
    }
    rwe_arena_release(scratch, mark);
    return status;
}

static enum rwe_status compute_hazards(const struct rwe_run *run, struct km_more *more, size_t arm,
                                       const struct rwe_survival_data *data,
                                       const struct rwe_event_table *table,
                                       struct rwe_arena *scratch, struct rwe_error *error)
{
    struct rwe_cumulative_hazard hazard;
    struct rwe_mark mark = rwe_arena_mark(scratch);
    double level = rwe_settings_number(run->settings, "conf-level");
    enum rwe_status status =
        rwe_km_cumulative_hazard(more->curve[arm], level, scratch, &hazard, error);
    bool robust = rwe_design_arm_needs_robust(more->design, data);
    for (size_t t = 0; t < more->n_times && status == RWE_OK; t++) {
        struct rwe_hazard_point *point = &more->hazard[arm * more->n_times + t];
        *point = rwe_km_hazard_at(&hazard, more->time[t]);
        if (robust && point->hazard > 0)
            status = robust_hazard(run, arm, more->time[t], data, table, scratch, point, error);
    }
    rwe_arena_release(scratch, mark);
    return status;
}

enum rwe_status km_more_compute(struct rwe_run *run, struct km_more *more,
                                const struct rwe_survival_data *data,
                                const struct rwe_event_table *table, struct rwe_arena *scratch,
                                struct rwe_error *error)
{
    size_t n_arms = run->cohort->n_arms;
    more->hazard = RWE_NEW(run->arena, struct rwe_hazard_point, n_arms * more->n_times);
    more->difference =
        n_arms == 2 ? RWE_NEW(run->arena, struct rwe_km_difference, more->n_times) : NULL;
    if (rwe_arena_failed(run->arena))
        return rwe_fail_memory(error);
    enum rwe_status status = RWE_OK;
    for (size_t a = 0; a < n_arms && status == RWE_OK; a++)
        status = compute_hazards(run, more, a, data, table, scratch, error);
    if (status == RWE_OK && more->difference != NULL)
        status = compute_differences(run, more, data, table, scratch, error);
    return status;
}

void km_more_present_differences(struct rwe_run *run, const struct km_more *more)
{
    if (more->difference == NULL)
        return;
    struct rwe_document *document = run->document;
    struct rwe_grid *grid = rwe_document_table(document, "Difference in survival: %s, %s",
                                               more->endpoint->name, more->design->label);
    rwe_grid_column(grid, "time%s", rwe_time_unit_suffix(run));
    rwe_grid_column(grid, "%s − %s\n(%s CI)", run->cohort->arm_level[1], run->cohort->arm_level[0],
                    rwe_conf_level_text(run));
    rwe_grid_column(grid, "p");
    struct rwe_key key = rwe_key_in("km", more->endpoint, more->design);
    key.term = "difference";
    for (size_t t = 0; t < more->n_times; t++) {
        const struct rwe_km_difference *difference = &more->difference[t];
        key.time = more->time[t];
        struct rwe_inference of = {.std_error = difference->std_error,
                                   .conf_low = difference->conf_low,
                                   .conf_high = difference->conf_high,
                                   .p_value = difference->p_value};
        rwe_bootstrap_infer(run, &key, "estimate", &of);
        rwe_fact value = rwe_document_number(document, &key, "estimate", difference->estimate);
        rwe_document_number(document, &key, "std.error", of.std_error);
        rwe_fact low = rwe_document_number(document, &key, "conf.low", of.conf_low);
        rwe_fact high = rwe_document_number(document, &key, "conf.high", of.conf_high);
        rwe_fact p = rwe_document_number(document, &key, "p.value", of.p_value);
        rwe_grid_row(grid, 0, "%g", key.time);
        rwe_grid_cell(grid, RWE_CELL_SURVIVAL_LIMITS, value, low, high);
        rwe_grid_cell(grid, RWE_CELL_P_VALUE, p, RWE_NO_FACT, RWE_NO_FACT);
    }
    const char *words =
        rwe_variance_words(run, more->design, RWE_VARIANCE_OF_CONTRAST, "the sum of Greenwood's");
    key.time = NAN;
    rwe_document_string(document, &key, "variance", words);
    rwe_grid_note(grid,
                  "In percentage points; Wald limits and p at each time by itself. The variance is "
                  "%s.",
                  words);
    rwe_bootstrap_note(run, grid);
}

void km_more_present_hazards(struct rwe_run *run, const struct km_more *more)
{
    struct rwe_document *document = run->document;
    for (size_t t = 0; t < more->n_times; t++)
        for (size_t a = 0; a < run->cohort->n_arms; a++) {
            const struct rwe_hazard_point *point = &more->hazard[a * more->n_times + t];
            struct rwe_key key =
                rwe_key_arm(rwe_key_in("km", more->endpoint, more->design), run->cohort, a);
            key.time = more->time[t];
            rwe_document_number(document, &key, "cumhaz", point->hazard);
            rwe_document_number(document, &key, "cumhaz.std.error", point->std_error);
            rwe_document_number(document, &key, "cumhaz.conf.low", point->conf_low);
            rwe_document_number(document, &key, "cumhaz.conf.high", point->conf_high);
        }
}

struct rwe_km_quantile km_quantile(const struct rwe_run *run, const struct rwe_km_curve *curve,
                                   double probability)
{
    bool midpoint = rwe_settings_choice(run->settings, "median-rule") == 0;
    return midpoint ? rwe_km_quantile(curve, probability)
                    : rwe_km_quantile_first(curve, probability);
}

static void present_quantile(struct rwe_run *run, struct rwe_grid *grid, struct rwe_key key,
                             const struct rwe_km_curve *curve, double probability)
{
    struct rwe_km_quantile quantile = km_quantile(run, curve, probability);
    key.level = rwe_arena_format(run->arena, "%.15g", probability);
    rwe_fact value = rwe_document_number(run->document, &key, "quantile", quantile.value);
    rwe_fact low = rwe_document_number(run->document, &key, "quantile.conf.low", quantile.conf_low);
    rwe_fact high =
        rwe_document_number(run->document, &key, "quantile.conf.high", quantile.conf_high);
    rwe_grid_cell(grid, RWE_CELL_TIME_LIMITS, value, low, high);
}

/* Probabilities asked for twice would give a fact twice. */
static bool asked_before(struct rwe_numbers asked, size_t q)
{
    for (size_t k = 0; k < q; k++)
        if (asked.item[k] == asked.item[q])
            return true;
    return false;
}

void km_more_present_quantiles(struct rwe_run *run, const struct km_more more[], size_t n)
{
    struct rwe_numbers asked = rwe_settings_numbers(run->settings, "quantiles");
    if (asked.n == 0)
        return;
    struct rwe_grid *grid = rwe_document_table(run->document, "Quantiles of the time to the event");
    rwe_grid_column(grid, "endpoint and arm");
    for (size_t q = 0; q < asked.n; q++)
        if (!asked_before(asked, q))
            rwe_grid_column(grid, "%g%% had it%s\n(%s CI)", 100 * asked.item[q],
                            rwe_time_unit_suffix(run), rwe_conf_level_text(run));
    for (size_t r = 0; r < n; r++) {
        rwe_grid_row(grid, 0, "%s, %s", more[r].endpoint->name, more[r].design->label);
        for (size_t a = 0; a < run->cohort->n_arms; a++) {
            rwe_grid_row(grid, 1, "%s", run->cohort->arm_level[a]);
            for (size_t q = 0; q < asked.n; q++)
                if (!asked_before(asked, q))
                    present_quantile(run, grid,
                                     rwe_key_arm(rwe_key_in("km", more[r].endpoint, more[r].design),
                                                 run->cohort, a),
                                     more[r].curve[a], asked.item[q]);
        }
    }
}
