/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kaplan–Meier curves by arm: medians, survival at times, follow-up, numbers at risk. See km.md. */
#include "km_figure.h"
#include "km_more.h"
#include "rwe/analysis/bootstrap.h"
#include "rwe/analysis/times.h"

#include <math.h>
#include <string.h>

static const struct rwe_option options[] = {
    {.name = "conf-type",
     .kind = RWE_OPTION_CHOICE,
     .section = RWE_SECTION_METHOD,
     .argument = "TYPE",
     .choices = "log-log|log|plain|logit|arcsin",
     .fallback = "log-log",
     .help = "Scale on which limits of survival are made: log-log|log|plain|logit|arcsin (default "
             "log-log, as SAS; R has log)."},
    {.name = "median-rule",
     .kind = RWE_OPTION_CHOICE,
     .section = RWE_SECTION_METHOD,
     .argument = "midpoint|first",
     .choices = "midpoint|first",
     .fallback = "midpoint",
     .help =
         "A median (or other quantile) where the curve stays at exactly that height: the middle of "
         "that piece (default, as R and SAS), or its first time (as Stata)."},
    {.name = "bands",
     .kind = RWE_OPTION_CHOICE,
     .section = RWE_SECTION_METHOD,
     .argument = "KIND",
     .choices = "none|hall-wellner|equal-precision",
     .fallback = "none",
     .help = "Bands that hold the whole curve at once, beside the limits at each time: "
             "none|hall-wellner|equal-precision (default none)."},
    {.name = "quantiles",
     .kind = RWE_OPTION_NUMBERS,
     .section = RWE_SECTION_METHOD,
     .argument = "P,P,…",
     .low = 0.001,
     .high = 0.999,
     .help = "Times by which these fractions had the event, beside the median: 0.25,0.75."},
};
static const struct rwe_options option_list = RWE_OPTIONS(options);

/* What is shown of one arm in one population. */
struct arm_result {
    struct rwe_km_curve curve;
    struct rwe_km_quantile median;
    struct rwe_km_quantile followup;
    struct rwe_km_band band; /* without points unless asked for and there is one */
    const char *no_band;     /* why there is none; NULL */
    rwe_fact median_fact;
};

/* All arms of an endpoint in a population. */
struct result {
    const struct rwe_design *design;
    const struct rwe_endpoint *endpoint;
    struct arm_result *arm;
    struct rwe_times times;
    struct km_more more;
    struct km_counts *counts;              /* by arm */
    const struct rwe_km_curve *unweighted; /* by arm; NULL without weights */
    bool clustered;
};

static struct rwe_km_options options_of(const struct rwe_run *run)
{
    struct rwe_km_options km = rwe_km_options_default();
    km.transform = (enum rwe_km_transform)rwe_settings_choice(run->settings, "conf-type");
    km.conf_level = rwe_settings_number(run->settings, "conf-level");
    return km;
}

/* ---- computing ---- */

static enum rwe_status fit_curve(struct rwe_run *run, const struct rwe_survival_data *data,
                                 const struct rwe_event_table *table, size_t arm,
                                 struct result *result, struct rwe_error *error)
{
    struct rwe_km_options km = options_of(run);
    struct rwe_km_curve *curve = &result->arm[arm].curve;
    return rwe_design_arm_needs_robust(result->design, data)
               ? rwe_km_fit_robust(data, table, arm, &km, run->arena, curve, error)
               : rwe_km_fit(table, arm, &km, run->arena, curve, error);
}

/* "none" is the first choice. */
static bool wants_bands(const struct rwe_run *run)
{
    return rwe_settings_choice(run->settings, "bands") != 0;
}

static enum rwe_km_band_kind band_kind(const struct rwe_run *run)
{
    return (enum rwe_km_band_kind)(rwe_settings_choice(run->settings, "bands") - 1);
}

/* The critical values are for Greenwood's variance. */
static enum rwe_status compute_band(struct rwe_run *run, size_t arm, bool robust,
                                    struct result *result, struct rwe_error *error)
{
    struct rwe_km_options km = options_of(run);
    struct rwe_error reason = {0};
    struct arm_result *of = &result->arm[arm];
    enum rwe_status status =
        robust ? rwe_fail(&reason, RWE_NOT_ESTIMABLE, RWE_NO_INDEX,
                          "bands are not defined under weights or clusters")
               : rwe_km_band_fit(&of->curve, band_kind(run), &km, run->arena, &of->band, &reason);
    if (status == RWE_NOT_ESTIMABLE) {
        of->band = (struct rwe_km_band){.from = NAN, .to = NAN, .critical = NAN};
        of->no_band = rwe_arena_string(run->arena, reason.message);
        return RWE_OK;
    }
    if (status != RWE_OK)
        *error = reason;
    return status;
}

static enum rwe_status compute_arm(struct rwe_run *run, const struct rwe_event_table *table,
                                   size_t arm, struct arm_result *result, struct rwe_error *error)
{
    struct rwe_km_options km = options_of(run);
    result->median = km_quantile(run, &result->curve, 0.5);
    struct rwe_mark mark = rwe_arena_mark(run->arena);
    struct rwe_km_curve followup;
    enum rwe_status status = rwe_km_fit_followup(table, arm, &km, run->arena, &followup, error);
    if (status != RWE_OK)
        return status;
    result->followup = km_quantile(run, &followup, 0.5);
    rwe_arena_release(run->arena, mark);
    return RWE_OK;
}

static enum rwe_status compute_more(struct rwe_run *run, struct result *result,
                                    const struct rwe_survival_data *data,
                                    const struct rwe_event_table *table, struct rwe_arena *scratch,
                                    struct rwe_error *error)
{
    const struct rwe_km_curve **curve =
        RWE_NEW(run->arena, const struct rwe_km_curve *, run->cohort->n_arms);
    if (curve == NULL)
        return rwe_fail_memory(error);
    for (size_t a = 0; a < run->cohort->n_arms; a++)
        curve[a] = &result->arm[a].curve;
    result->times = rwe_times_of(run, result->endpoint);
    result->more = (struct km_more){.endpoint = result->endpoint,
                                    .design = result->design,
                                    .time = result->times.at,
                                    .n_times = result->times.n,
                                    .curve = curve};
    result->clustered = data->cluster != NULL;
    return km_more_compute(run, &result->more, data, table, scratch, error);
}

/* How many patients stand behind the weights. */
static enum rwe_status compute_unweighted(struct rwe_run *run, struct result *result,
                                          struct rwe_survival_data data, struct rwe_arena *scratch,
                                          struct rwe_error *error)
{
    struct rwe_event_table table;
    struct rwe_km_options km = options_of(run);
    struct rwe_km_curve *curve = RWE_NEW(run->arena, struct rwe_km_curve, run->cohort->n_arms);
    if (curve == NULL)
        return rwe_fail_memory(error);
    data.weight = NULL;
    data.estimation = NULL;
    enum rwe_status status = rwe_event_table_build(&data, scratch, &table, error);
    for (size_t a = 0; status == RWE_OK && a < run->cohort->n_arms; a++)
        status = rwe_km_fit(&table, a, &km, run->arena, &curve[a], error);
    result->unweighted = curve;
    return status;
}

static enum rwe_status compute_arms(struct rwe_run *run, struct result *result,
                                    struct rwe_arena *scratch, struct rwe_error *error)
{
    struct rwe_survival_data data;
    struct rwe_event_table table;
    enum rwe_status status =
        rwe_design_survival(run->cohort, result->design, result->endpoint,
                            (struct rwe_design_view){0}, scratch, &data, error);
    if (status == RWE_OK)
        status = rwe_event_table_build(&data, scratch, &table, error);
    for (size_t a = 0; status == RWE_OK && a < run->cohort->n_arms; a++)
        status = fit_curve(run, &data, &table, a, result, error);
    for (size_t a = 0; status == RWE_OK && a < run->cohort->n_arms; a++)
        status = compute_arm(run, &table, a, &result->arm[a], error);
    for (size_t a = 0; status == RWE_OK && wants_bands(run) && a < run->cohort->n_arms; a++)
        status =
            compute_band(run, a, rwe_design_arm_needs_robust(result->design, &data), result, error);
    if (status == RWE_OK)
        status = compute_more(run, result, &data, &table, scratch, error);
    if (status == RWE_OK && data.weight != NULL)
        status = compute_unweighted(run, result, data, scratch, error);
    return status;
}

static enum rwe_status compute(struct rwe_run *run, struct result *result, struct rwe_error *error)
{
    struct rwe_arena *scratch = rwe_arena_new(); /* the event table need not outlive its curves */
    result->arm = RWE_NEW(run->arena, struct arm_result, run->cohort->n_arms);
    result->counts = RWE_NEW(run->arena, struct km_counts, run->cohort->n_arms);
    enum rwe_status status = scratch == NULL || rwe_arena_failed(run->arena)
                                 ? rwe_fail_memory(error)
                                 : compute_arms(run, result, scratch, error);
    rwe_arena_free(scratch);
    return status;
}

/* ---- the summary: n, events, median, follow-up ---- */

static rwe_fact present_quantile(struct rwe_run *run, struct rwe_grid *grid,
                                 const struct rwe_key *key, const char *stat,
                                 struct rwe_km_quantile q)
{
    const char *low = rwe_arena_format(run->arena, "%s.conf.low", stat);
    const char *high = rwe_arena_format(run->arena, "%s.conf.high", stat);
    if (low == NULL || high == NULL)
        return RWE_NO_FACT;
    rwe_fact value = rwe_document_number(run->document, key, stat, q.value);
    struct rwe_inference of = {.conf_low = q.conf_low, .conf_high = q.conf_high};
    rwe_bootstrap_infer(run, key, stat, &of);
    rwe_fact from = rwe_document_number(run->document, key, low, of.conf_low);
    rwe_fact to = rwe_document_number(run->document, key, high, of.conf_high);
    rwe_grid_cell(grid, RWE_CELL_TIME_LIMITS, value, from, to);
    return value;
}

static void present_summary(struct rwe_run *run, const struct result results[], size_t n)
{
    static const char *const names[] = {"log-log", "log", "plain", "logit", "arcsin"};
    const char *level = rwe_conf_level_text(run);
    struct rwe_grid *grid = rwe_document_table(run->document, "Kaplan–Meier summary");
    rwe_grid_column(grid, "endpoint and arm");
    rwe_grid_column(grid, "n");
    rwe_grid_column(grid, "events");
    rwe_grid_column(grid, "median%s\n(%s CI)", rwe_time_unit_suffix(run), level);
    rwe_grid_column(grid, "median follow-up%s\n(%s CI)", rwe_time_unit_suffix(run), level);
    for (size_t r = 0; r < n; r++) {
        rwe_grid_row(grid, 0, "%s, %s", results[r].endpoint->name, results[r].design->label);
        for (size_t a = 0; a < run->cohort->n_arms; a++) {
            struct arm_result *arm = &results[r].arm[a];
            struct rwe_key key = rwe_key_arm(
                rwe_key_in("km", results[r].endpoint, results[r].design), run->cohort, a);
            rwe_grid_row(grid, 1, "%s", run->cohort->arm_level[a]);
            rwe_grid_cell(grid, RWE_CELL_COUNT,
                          rwe_document_number(run->document, &key, "n", arm->curve.n), RWE_NO_FACT,
                          RWE_NO_FACT);
            rwe_grid_cell(grid, RWE_CELL_COUNT,
                          rwe_document_number(run->document, &key, "n.event", arm->curve.n_events),
                          RWE_NO_FACT, RWE_NO_FACT);
            arm->median_fact = present_quantile(run, grid, &key, "median", arm->median);
            present_quantile(run, grid, &key, "followup.median", arm->followup);
        }
    }
    rwe_grid_note(grid,
                  "Product-limit estimate; limits on the %s scale with Greenwood's variance, those "
                  "of the median by inverting the same band. Follow-up by the reverse "
                  "Kaplan–Meier method.",
                  names[options_of(run).transform]);
    for (size_t d = 0; d < run->n_designs; d++) {
        const char *words = rwe_variance_words(run, &run->design[d], RWE_VARIANCE_OF_ARM, NULL);
        if (words != NULL)
            rwe_grid_note(grid, "%s: in place of Greenwood's the variance is %s.",
                          run->design[d].label, words);
    }
    rwe_bootstrap_note(run, grid);
    for (size_t e = 0; e < run->cohort->n_endpoints; e++)
        if (run->cohort->endpoint[e].n_causes > 1)
            rwe_grid_note(grid,
                          "%s: free of an event of any cause. Incidence of one cause is not 1 "
                          "minus this curve.",
                          run->cohort->endpoint[e].name);
}

/* ---- the curve at times ---- */

/* S and its limits at a time as facts and as a cell; the fact of S. */
static rwe_fact present_point(struct rwe_run *run, struct rwe_grid *grid, const struct rwe_key *key,
                              const struct rwe_km_curve *curve)
{
    struct rwe_km_point point = rwe_km_at(curve, key->time);
    struct rwe_inference of = {
        .std_error = point.std_error, .conf_low = point.conf_low, .conf_high = point.conf_high};
    rwe_bootstrap_infer(run, key, "estimate", &of);
    rwe_fact value = rwe_document_number(run->document, key, "estimate", point.survival);
    rwe_document_number(run->document, key, "std.error", of.std_error);
    rwe_fact low = rwe_document_number(run->document, key, "conf.low", of.conf_low);
    rwe_fact high = rwe_document_number(run->document, key, "conf.high", of.conf_high);
    rwe_grid_cell(grid, RWE_CELL_SURVIVAL_LIMITS, value, low, high);
    return value;
}

/* The band at a time: where the curve was at its last point before. */
static void present_band_at(struct rwe_run *run, struct rwe_grid *grid, const struct rwe_key *key,
                            rwe_fact survival, const struct arm_result *arm)
{
    double low = NAN, high = NAN;
    for (size_t i = 0; i < arm->band.n_points && arm->curve.time[i] <= key->time; i++) {
        low = arm->band.conf_low[i];
        high = arm->band.conf_high[i];
    }
    bool within = key->time >= arm->band.from && key->time <= arm->band.to;
    rwe_fact from = rwe_document_number(run->document, key, "band.low", within ? low : NAN);
    rwe_fact to = rwe_document_number(run->document, key, "band.high", within ? high : NAN);
    rwe_grid_cell(grid, RWE_CELL_SURVIVAL_LIMITS, survival, from, to);
}

static void note_bands(struct rwe_run *run, struct rwe_grid *grid, const struct result *result)
{
    for (size_t a = 0; a < run->cohort->n_arms; a++) {
        const struct rwe_km_band *band = &result->arm[a].band;
        struct rwe_key key =
            rwe_key_arm(rwe_key_in("km", result->endpoint, result->design), run->cohort, a);
        rwe_document_number(run->document, &key, "band.critical", band->critical);
        rwe_document_number(run->document, &key, "band.from", band->from);
        rwe_document_number(run->document, &key, "band.to", band->to);
    }
    for (size_t a = 0; a < run->cohort->n_arms; a++)
        if (result->arm[a].no_band != NULL)
            rwe_document_warning(run->document, "no-band", "km", "%s, %s, arm %s: %s.",
                                 result->endpoint->name, result->design->label,
                                 run->cohort->arm_level[a], result->arm[a].no_band);
    if (band_kind(run) == RWE_KM_HALL_WELLNER)
        rwe_grid_note(grid, "The band holds the whole curve at once with this probability "
                            "(Hall–Wellner), from its first event to the last time above 0.");
    else
        rwe_grid_note(grid,
                      "The band holds the curve at once with this probability (equal precision) "
                      "where nσ² / (1 + nσ²) is from %g to %g, σ² = Var log S; nearer the ends of "
                      "the curve its probability would fall short.",
                      RWE_KM_EQUAL_PRECISION_FROM, RWE_KM_EQUAL_PRECISION_TO);
}

static void present_survival(struct rwe_run *run, const struct result *result,
                             const struct rwe_times *times)
{
    struct rwe_grid *grid = rwe_document_table(run->document, "Survival at times: %s, %s",
                                               result->endpoint->name, result->design->label);
    rwe_grid_column(grid, "time%s", rwe_time_unit_suffix(run));
    for (size_t a = 0; a < run->cohort->n_arms; a++)
        rwe_grid_column(grid, "%s\n(%s CI)", run->cohort->arm_level[a], rwe_conf_level_text(run));
    for (size_t a = 0; wants_bands(run) && a < run->cohort->n_arms; a++)
        rwe_grid_column(grid, "%s\n(%s band)", run->cohort->arm_level[a], rwe_conf_level_text(run));
    rwe_fact *survival = RWE_NEW(run->arena, rwe_fact, run->cohort->n_arms);
    for (size_t t = 0; survival != NULL && t < times->n; t++) {
        struct rwe_key key = rwe_key_in("km", result->endpoint, result->design);
        key.time = times->at[t];
        rwe_grid_row(grid, 0, "%g", key.time);
        for (size_t a = 0; a < run->cohort->n_arms; a++) {
            struct rwe_key arm = rwe_key_arm(key, run->cohort, a);
            survival[a] = present_point(run, grid, &arm, &result->arm[a].curve);
        }
        for (size_t a = 0; wants_bands(run) && a < run->cohort->n_arms; a++) {
            struct rwe_key arm = rwe_key_arm(key, run->cohort, a);
            present_band_at(run, grid, &arm, survival[a], &result->arm[a]);
        }
    }
    if (wants_bands(run))
        note_bands(run, grid, result);
}

static void present_at_risk(struct rwe_run *run, const struct result *result,
                            const struct rwe_times *survival_times)
{
    struct rwe_grid *grid =
        rwe_document_table(run->document, "At risk (events; censored so far): %s, %s",
                           result->endpoint->name, result->design->label);
    rwe_grid_column(grid, "time%s", rwe_time_unit_suffix(run));
    struct rwe_times times = *survival_times;
    rwe_times_insert(&times, 0);
    for (size_t t = 0; t < times.n; t++)
        rwe_grid_column(grid, "%g", times.at[t]);
    for (size_t a = 0; a < run->cohort->n_arms; a++) {
        struct rwe_key key =
            rwe_key_arm(rwe_key_in("km", result->endpoint, result->design), run->cohort, a);
        rwe_grid_row(grid, 0, "%s", run->cohort->arm_level[a]);
        for (size_t t = 0; t < times.n; t++) {
            key.time = times.at[t];
            const struct km_count *count =
                km_count_at(run, &result->counts[a], &key, &result->arm[a].curve);
            rwe_grid_cell(grid, RWE_CELL_AT_RISK, count->risk, count->event, count->censor);
        }
    }
}

static void add_series(struct rwe_run *run, const struct result *result)
{
    static const char *const names[] = {"time",     "n.risk",    "n.event",  "n.censor",
                                        "estimate", "std.error", "conf.low", "conf.high",
                                        "band.low", "band.high"};
    for (size_t a = 0; a < run->cohort->n_arms; a++) {
        const struct rwe_km_curve *c = &result->arm[a].curve;
        const double *const columns[] = {c->time,
                                         c->at_risk,
                                         c->events,
                                         c->censored,
                                         c->survival,
                                         c->std_error,
                                         c->conf_low,
                                         c->conf_high,
                                         result->arm[a].band.conf_low,
                                         result->arm[a].band.conf_high};
        size_t n_columns = result->arm[a].band.n_points > 0 ? 10 : 8;
        struct rwe_key key =
            rwe_key_arm(rwe_key_in("km", result->endpoint, result->design), run->cohort, a);
        rwe_document_series(run->document, &key, "step", c->n_points, n_columns, names, columns);
    }
}

static void add_figure(struct rwe_run *run, const struct result *result)
{
    rwe_fact *median = RWE_NEW(run->arena, rwe_fact, run->cohort->n_arms);
    for (size_t a = 0; median != NULL && a < run->cohort->n_arms; a++)
        median[a] = result->arm[a].median_fact;
    const struct km_figure figure = {.endpoint = result->endpoint,
                                     .design = result->design,
                                     .curve = result->more.curve,
                                     .median = median,
                                     .counts = result->counts,
                                     .unweighted = result->unweighted,
                                     .clustered = result->clustered};
    if (median != NULL)
        km_add_figure(run, &figure);
}

static void present(struct rwe_run *run, const struct result results[], size_t n)
{
    rwe_document_section(run->document, 1, "Kaplan–Meier");
    struct km_more *more = RWE_NEW(run->arena, struct km_more, n);
    present_summary(run, results, n);
    for (size_t r = 0; more != NULL && r < n; r++)
        more[r] = results[r].more;
    if (more != NULL)
        km_more_present_quantiles(run, more, n);
    for (size_t r = 0; r < n; r++) {
        add_figure(run, &results[r]);
        present_survival(run, &results[r], &results[r].times);
        km_more_present_differences(run, &results[r].more);
        km_more_present_hazards(run, &results[r].more);
        present_at_risk(run, &results[r], &results[r].times);
        add_series(run, &results[r]);
    }
}

static enum rwe_status run_km(struct rwe_run *run, void *state, struct rwe_error *error)
{
    (void)state;
    enum rwe_status status = rwe_need_endpoint(run, "km", error);
    size_t n = run->cohort->n_endpoints * run->n_designs;
    struct result *results = RWE_NEW(run->arena, struct result, n);
    if (status == RWE_OK && results == NULL)
        status = rwe_fail_memory(error);
    for (size_t r = 0; status == RWE_OK && r < n; r++) {
        results[r].endpoint = &run->cohort->endpoint[r / run->n_designs];
        results[r].design = &run->design[r % run->n_designs];
        status = compute(run, &results[r], error);
    }
    if (status == RWE_OK)
        present(run, results, n);
    return status;
}

const struct rwe_analysis rwe_analysis_km = {
    .name = "km",
    .compares_arms = true,
    .help = "Kaplan–Meier curves by arm: medians, survival at times, follow-up, numbers at risk. "
            "Brings the log-rank test and the hazard ratio.",
    .brings = "logrank cox",
    .options = &option_list,
    .run = run_km,
    .estimate = km_estimate,
};
