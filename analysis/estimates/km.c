/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kaplan–Meier curves by arm: medians, survival at times, differences, follow-up, numbers at risk. See km.md. */
#include "km.h"
#include "km_figure.h"
#include "rwe/analysis/bootstrap.h"
#include "rwe/analysis/times.h"
#include "rwe/base/language.h"

#include <math.h>
#include <string.h>

enum median_rule { MEDIAN_MIDPOINT, MEDIAN_FIRST };

enum band_choice { BANDS_NONE, BANDS_HALL_WELLNER, BANDS_EQUAL_PRECISION };

struct km_settings {
    enum rwe_km_transform conf_type;
    enum median_rule median_rule;
    enum band_choice bands;
    struct rwe_numbers quantiles;
};

static const struct rwe_option options[] = {
    {.name = "conf-type",
     RWE_CHOICE_IN(struct km_settings, conf_type),
     .section = RWE_SECTION_SURVIVAL,
     .argument = "TYPE",
     .choices = "log-log|log|plain|logit|arcsin",
     .fallback = "log-log",
     .acts_with = "km timedep",
     .help =
         N_("Scale on which limits of survival are made: log-log|log|plain|logit|arcsin (default "
            "log-log, as SAS; R has log).")},
    {.name = "median-rule",
     RWE_CHOICE_IN(struct km_settings, median_rule),
     .section = RWE_SECTION_SURVIVAL,
     .argument = "midpoint|first",
     .choices = "midpoint|first",
     .fallback = "midpoint",
     .acts_with = "km timedep",
     .help = N_(
         "A median (or other quantile) where the curve stays at exactly that height: the middle of "
         "that piece (default, as R and SAS), or its first time (as Stata).")},
    {.name = "bands",
     RWE_CHOICE_IN(struct km_settings, bands),
     .section = RWE_SECTION_SURVIVAL,
     .argument = "KIND",
     .choices = "none|hall-wellner|equal-precision",
     .fallback = "none",
     .help = N_("Bands that hold the whole curve at once, beside the limits at each time: "
                "none|hall-wellner|equal-precision (default none).")},
    {.name = "quantiles",
     RWE_NUMBERS_IN(struct km_settings, quantiles),
     .section = RWE_SECTION_SURVIVAL,
     .argument = "P,P,…",
     .low = 0.001,
     .high = 0.999,
     .help = N_("Times by which these fractions had the event, beside the median: 0.25,0.75.")},
};
static const struct rwe_options option_list = RWE_OPTIONS_IN(struct km_settings, options);

static const struct km_settings *settings_of(const struct rwe_run *run)
{
    return rwe_settings_of(run->settings, &option_list);
}

enum rwe_km_transform km_transform_of(const struct rwe_settings *settings)
{
    const struct km_settings *own = rwe_settings_of(settings, &option_list);
    return own->conf_type;
}

/* What is known of one arm in one population. */
struct arm_result {
    struct rwe_km_curve curve;
    struct rwe_inference median;
    struct rwe_km_quantile followup;
    struct rwe_km_band band; /* without points unless asked for and there is one */
    const char *no_band;     /* why there is none; NULL */
    rwe_fact median_fact;
    struct rwe_inference *quantile;  /* by probability of --quantiles */
    struct rwe_inference *survival;  /* by time */
    struct rwe_hazard_point *hazard; /* by time: the cumulative hazard */
};

/* All arms of an endpoint in a population. */
struct result {
    const struct rwe_design *design;
    const struct rwe_endpoint *endpoint;
    struct arm_result *arm;
    struct rwe_times times;
    struct rwe_inference
        *difference; /* by time, of the second arm and the first; NULL: not two arms */
    const struct rwe_km_curve **curve;     /* by arm */
    struct km_counts *counts;              /* by arm */
    const struct rwe_km_curve *unweighted; /* by arm; NULL without weights */
    bool clustered;
};

static struct rwe_km_options options_of(const struct rwe_run *run)
{
    struct rwe_km_options km = rwe_km_options_default();
    km.transform = settings_of(run)->conf_type;
    km.conf_level = rwe_statistics_of(run->settings)->conf_level;
    return km;
}

static struct rwe_key key_of(const struct rwe_run *run, const struct result *result, size_t arm)
{
    return rwe_key_arm(rwe_key_in("km", result->endpoint, result->design), run->cohort, arm);
}

/* ---- computing: the rows of a population while they are at hand ---- */

/* Rows of an endpoint in a population, in memory that goes when its curves are made. */
struct rows {
    struct rwe_survival_data data;
    struct rwe_event_table table;
    struct rwe_arena *scratch; /* another than the run's */
};

/* A replicate needs no variance. */
static bool is_robust(const struct rwe_run *run, const struct result *result,
                      const struct rows *rows)
{
    return run->replicate == 0 && rwe_design_arm_needs_robust(result->design, &rows->data);
}

static enum rwe_status fit_curve(struct rwe_run *run, struct result *result,
                                 const struct rows *rows, size_t arm, struct rwe_error *error)
{
    struct rwe_km_options km = options_of(run);
    struct rwe_km_curve *curve = &result->arm[arm].curve;
    result->curve[arm] = curve;
    return is_robust(run, result, rows)
               ? rwe_km_fit_robust(&rows->data, &rows->table, arm, &km, run->arena, curve, error)
               : rwe_km_fit(&rows->table, arm, &km, run->arena, curve, error);
}

static bool wants_bands(const struct rwe_run *run)
{
    return settings_of(run)->bands != BANDS_NONE;
}

/* The critical values are for Greenwood's variance. */
static enum rwe_status compute_band(struct rwe_run *run, struct result *result,
                                    const struct rows *rows, size_t arm, struct rwe_error *error)
{
    struct rwe_km_options km = options_of(run);
    struct rwe_error reason = {0};
    struct arm_result *of = &result->arm[arm];
    enum rwe_km_band_kind kind = settings_of(run)->bands == BANDS_HALL_WELLNER
                                     ? RWE_KM_HALL_WELLNER
                                     : RWE_KM_EQUAL_PRECISION;
    enum rwe_status status =
        is_robust(run, result, rows)
            ? rwe_fail(&reason, RWE_NOT_ESTIMABLE, RWE_NO_INDEX,
                       "bands are not defined under weights or clusters")
            : rwe_km_band_fit(&of->curve, kind, &km, run->arena, &of->band, &reason);
    if (status == RWE_NOT_ESTIMABLE) {
        of->band = (struct rwe_km_band){.from = NAN, .to = NAN, .critical = NAN};
        of->no_band = rwe_arena_string(run->arena, reason.message);
        return RWE_OK;
    }
    if (status != RWE_OK)
        *error = reason;
    return status;
}

struct rwe_km_quantile km_quantile_of(const struct rwe_settings *settings,
                                      const struct rwe_km_curve *curve, double probability)
{
    const struct km_settings *own = rwe_settings_of(settings, &option_list);
    return own->median_rule == MEDIAN_MIDPOINT ? rwe_km_quantile(curve, probability)
                                               : rwe_km_quantile_first(curve, probability);
}

static enum rwe_status compute_followup(struct rwe_run *run, const struct rows *rows, size_t arm,
                                        struct arm_result *result, struct rwe_error *error)
{
    struct rwe_km_options km = options_of(run);
    struct rwe_km_curve followup;
    enum rwe_status status =
        rwe_km_fit_followup(&rows->table, arm, &km, rows->scratch, &followup, error);
    if (status == RWE_OK)
        result->followup = km_quantile_of(run->settings, &followup, 0.5);
    return status;
}

/* d / n² holds without weights and clusters; with them the error is made of influences. */
static enum rwe_status robust_hazard(const struct rwe_run *run, const struct rows *rows, size_t arm,
                                     double time, struct rwe_hazard_point *point,
                                     struct rwe_error *error)
{
    const struct rwe_km_functional at = {RWE_KM_HAZARD, arm, time, 1};
    struct rwe_mark mark = rwe_arena_mark(rows->scratch);
    double *influence = RWE_NEW(rows->scratch, double, rows->data.n);
    double variance;
    enum rwe_status status = influence == NULL ? rwe_fail_memory(error) : RWE_OK;
    if (status == RWE_OK)
        status = rwe_km_influence(&rows->data, &rows->table, &at, rows->scratch, influence, error);
    if (status == RWE_OK)
        status = rwe_km_influence_variance(&rows->data, influence, rows->scratch, &variance, error);
    if (status == RWE_OK) {
        double reach = exp(rwe_normal_limit(run) * sqrt(variance) / point->hazard);
        *point = (struct rwe_hazard_point){point->hazard, sqrt(variance), point->hazard / reach,
                                           point->hazard * reach};
    }
    rwe_arena_release(rows->scratch, mark);
    return status;
}

static enum rwe_status compute_hazards(struct rwe_run *run, struct result *result,
                                       const struct rows *rows, size_t arm, struct rwe_error *error)
{
    struct rwe_cumulative_hazard hazard;
    struct arm_result *of = &result->arm[arm];
    double level = rwe_statistics_of(run->settings)->conf_level;
    of->hazard = RWE_NEW(run->arena, struct rwe_hazard_point, result->times.n);
    if (of->hazard == NULL)
        return rwe_fail_memory(error);
    struct rwe_mark mark = rwe_arena_mark(rows->scratch);
    enum rwe_status status =
        rwe_km_cumulative_hazard(&of->curve, level, rows->scratch, &hazard, error);
    for (size_t t = 0; t < result->times.n && status == RWE_OK; t++) {
        of->hazard[t] = rwe_km_hazard_at(&hazard, result->times.at[t]);
        if (is_robust(run, result, rows) && of->hazard[t].hazard > 0)
            status = robust_hazard(run, rows, arm, result->times.at[t], &of->hazard[t], error);
    }
    rwe_arena_release(rows->scratch, mark);
    return status;
}

/* How many patients stand behind the weights. */
static enum rwe_status compute_unweighted(struct rwe_run *run, struct result *result,
                                          const struct rows *rows, struct rwe_error *error)
{
    struct rwe_survival_data data = rows->data;
    struct rwe_event_table table;
    struct rwe_km_options km = options_of(run);
    struct rwe_km_curve *curve = RWE_NEW(run->arena, struct rwe_km_curve, run->cohort->n_arms);
    if (curve == NULL)
        return rwe_fail_memory(error);
    data.weight = NULL;
    data.estimation = NULL;
    enum rwe_status status = rwe_event_table_build(&data, rows->scratch, &table, error);
    for (size_t a = 0; status == RWE_OK && a < run->cohort->n_arms; a++)
        status = rwe_km_fit(&table, a, &km, run->arena, &curve[a], error);
    result->unweighted = curve;
    return status;
}

/* What only the report of the data has. */
static enum rwe_status compute_told(struct rwe_run *run, struct result *result,
                                    const struct rows *rows, struct rwe_error *error)
{
    enum rwe_status status = RWE_OK;
    for (size_t a = 0; status == RWE_OK && a < run->cohort->n_arms; a++) {
        status = compute_followup(run, rows, a, &result->arm[a], error);
        if (status == RWE_OK && wants_bands(run))
            status = compute_band(run, result, rows, a, error);
        if (status == RWE_OK)
            status = compute_hazards(run, result, rows, a, error);
    }
    result->clustered = rows->data.cluster != NULL;
    return status == RWE_OK && rows->data.weight != NULL
               ? compute_unweighted(run, result, rows, error)
               : status;
}

/* ---- estimates ---- */

static struct rwe_inference list_quantile(struct rwe_run *run, const struct rwe_key *key,
                                          const char *stat, struct rwe_km_quantile quantile)
{
    const struct rwe_inference own = {.value = quantile.value,
                                      .std_error = NAN,
                                      .df = INFINITY,
                                      .conf_low = quantile.conf_low,
                                      .conf_high = quantile.conf_high,
                                      .p_value = NAN};
    return rwe_run_estimate(run, key, stat, RWE_ESTIMATE_TIME, &own);
}

static void list_quantiles(struct rwe_run *run, struct arm_result *arm, struct rwe_key key)
{
    struct rwe_numbers asked = settings_of(run)->quantiles;
    arm->median =
        list_quantile(run, &key, "median", km_quantile_of(run->settings, &arm->curve, 0.5));
    for (size_t q = 0; q < asked.n; q++) {
        key.level = rwe_arena_format(run->arena, "%.15g", asked.item[q]);
        arm->quantile[q] = list_quantile(run, &key, "quantile",
                                         km_quantile_of(run->settings, &arm->curve, asked.item[q]));
    }
}

static struct rwe_inference list_survival(struct rwe_run *run, const struct rwe_key *key,
                                          const struct rwe_km_curve *curve)
{
    struct rwe_km_point point = rwe_km_at(curve, key->time);
    const struct rwe_inference own = {.value = point.survival,
                                      .std_error = point.std_error,
                                      .df = INFINITY,
                                      .conf_low = point.conf_low,
                                      .conf_high = point.conf_high,
                                      .p_value = NAN};
    return rwe_run_estimate(run, key, "estimate", RWE_ESTIMATE_PROBABILITY, &own);
}

static enum rwe_status list_difference(struct rwe_run *run, struct result *result,
                                       const struct rows *rows, size_t t, struct rwe_error *error)
{
    const struct rwe_km_arms arms = {
        .control = 0,
        .treated = 1,
        .control_curve = result->curve[0],
        .treated_curve = result->curve[1],
        .conf_level = rwe_statistics_of(run->settings)->conf_level,
    };
    struct rwe_key key = rwe_key_in("km", result->endpoint, result->design);
    key.term = "difference";
    key.time = result->times.at[t];
    struct rwe_km_difference of = {.std_error = NAN};
    of.estimate = rwe_km_at(result->curve[1], key.time).survival -
                  rwe_km_at(result->curve[0], key.time).survival;
    if (run->replicate == 0) {
        enum rwe_status status = rwe_km_compare_at(&rows->data, &rows->table, &arms, key.time,
                                                   rows->scratch, &of, error);
        if (status != RWE_OK)
            return status;
    }
    const struct rwe_inference own = {.value = of.estimate,
                                      .std_error = of.std_error,
                                      .df = INFINITY,
                                      .conf_low = of.conf_low,
                                      .conf_high = of.conf_high,
                                      .p_value = of.p_value};
    result->difference[t] = rwe_run_estimate(run, &key, "estimate", RWE_ESTIMATE_PLAIN, &own);
    return RWE_OK;
}

static enum rwe_status list_all(struct rwe_run *run, struct result *result, const struct rows *rows,
                                struct rwe_error *error)
{
    enum rwe_status status = RWE_OK;
    for (size_t a = 0; a < run->cohort->n_arms; a++)
        list_quantiles(run, &result->arm[a], key_of(run, result, a));
    for (size_t t = 0; t < result->times.n && status == RWE_OK; t++) {
        for (size_t a = 0; a < run->cohort->n_arms; a++) {
            struct rwe_key key = key_of(run, result, a);
            key.time = result->times.at[t];
            result->arm[a].survival[t] = list_survival(run, &key, result->curve[a]);
        }
        if (result->difference != NULL)
            status = list_difference(run, result, rows, t, error);
    }
    return status;
}

static enum rwe_status make_room(struct rwe_run *run, struct result *result,
                                 struct rwe_error *error)
{
    size_t n_arms = run->cohort->n_arms, n_quantiles = settings_of(run)->quantiles.n;
    result->times = rwe_times_of(run, result->endpoint);
    result->arm = RWE_NEW(run->arena, struct arm_result, n_arms);
    result->curve = RWE_NEW(run->arena, const struct rwe_km_curve *, n_arms);
    if (run->document != NULL)
        result->counts = RWE_NEW(run->arena, struct km_counts, n_arms);
    if (n_arms == 2)
        result->difference = RWE_NEW(run->arena, struct rwe_inference, result->times.n);
    for (size_t a = 0; result->arm != NULL && a < n_arms; a++) {
        result->arm[a].quantile = RWE_NEW(run->arena, struct rwe_inference, n_quantiles);
        result->arm[a].survival = RWE_NEW(run->arena, struct rwe_inference, result->times.n);
    }
    return rwe_arena_failed(run->arena) ? rwe_fail_memory(error) : RWE_OK;
}

static enum rwe_status compute_from(struct rwe_run *run, struct result *result, struct rows *rows,
                                    struct rwe_error *error)
{
    enum rwe_status status =
        rwe_design_survival(run->cohort, result->design, result->endpoint,
                            (struct rwe_design_view){0}, rows->scratch, &rows->data, error);
    if (status == RWE_OK)
        status = rwe_event_table_build(&rows->data, rows->scratch, &rows->table, error);
    for (size_t a = 0; status == RWE_OK && a < run->cohort->n_arms; a++)
        status = fit_curve(run, result, rows, a, error);
    if (status == RWE_OK)
        status = list_all(run, result, rows, error);
    return status == RWE_OK && run->document != NULL ? compute_told(run, result, rows, error)
                                                     : status;
}

static enum rwe_status compute(struct rwe_run *run, struct result *result, struct rwe_error *error)
{
    struct rows rows = {.scratch =
                            rwe_arena_new()}; /* the event table need not outlive its curves */
    enum rwe_status status = rows.scratch == NULL ? rwe_fail_memory(error) : RWE_OK;
    if (status == RWE_OK)
        status = make_room(run, result, error);
    if (status == RWE_OK)
        status = compute_from(run, result, &rows, error);
    rwe_arena_free(rows.scratch);
    return status;
}

/* ---- the summary: n, events, median, follow-up ---- */

static const struct rwe_table_column summary_columns[] = {
    {.heading = N_("endpoint and arm")},
    {N_("n"), RWE_CELL_COUNT, "n"},
    {N_("events"), RWE_CELL_COUNT, "n.event"},
    {N_("median{unit}\n({level} CI)"), RWE_CELL_TIME_LIMITS,
     "median median.conf.low median.conf.high"},
    {N_("median follow-up{unit}\n({level} CI)"), RWE_CELL_TIME_LIMITS,
     "followup.median followup.median.conf.low followup.median.conf.high"},
};

static const char *const scale_notes[] = {
    [RWE_KM_LOG_LOG] = N_(
        "Product-limit estimate; limits on the log-log scale with Greenwood's variance, those of "
        "the median by inverting the same band. Follow-up by the reverse Kaplan–Meier method."),
    [RWE_KM_LOG] =
        N_("Product-limit estimate; limits on the log scale with Greenwood's variance, those of "
           "the median by inverting the same band. Follow-up by the reverse Kaplan–Meier method."),
    [RWE_KM_PLAIN] =
        N_("Product-limit estimate; limits on the plain scale with Greenwood's variance, those of "
           "the median by inverting the same band. Follow-up by the reverse Kaplan–Meier method."),
    [RWE_KM_LOGIT] =
        N_("Product-limit estimate; limits on the logit scale with Greenwood's variance, those of "
           "the median by inverting the same band. Follow-up by the reverse Kaplan–Meier method."),
    [RWE_KM_ARCSIN] =
        N_("Product-limit estimate; limits on the arcsin scale with Greenwood's variance, those of "
           "the median by inverting the same band. Follow-up by the reverse Kaplan–Meier method."),
};

static void note_summary(struct rwe_run *run, struct rwe_grid *grid)
{
    rwe_grid_note(grid, "%s", rwe_text(scale_notes[options_of(run).transform]));
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

static void present_summary(struct rwe_run *run, const struct result results[], size_t n)
{
    struct rwe_grid *grid = rwe_document_table(run->document, "Kaplan–Meier summary");
    RWE_GRID_COLUMNS(grid, summary_columns);
    for (size_t r = 0; r < n; r++) {
        rwe_grid_row(grid, 0, "%s, %s", results[r].endpoint->name, results[r].design->label);
        for (size_t a = 0; a < run->cohort->n_arms; a++) {
            struct arm_result *arm = &results[r].arm[a];
            struct rwe_key key = key_of(run, &results[r], a);
            rwe_grid_row(grid, 1, "%s", run->cohort->arm_level[a]);
            rwe_grid_put(grid, &key, arm->curve.n);
            rwe_grid_put(grid, &key, arm->curve.n_events);
            rwe_grid_put(grid, &key, arm->median.value, arm->median.conf_low,
                         arm->median.conf_high);
            rwe_grid_put(grid, &key, arm->followup.value, arm->followup.conf_low,
                         arm->followup.conf_high);
            arm->median_fact = rwe_document_find(run->document, &key, "median");
        }
    }
    note_summary(run, grid);
}

/* Probabilities asked for twice would give a fact twice. */
static bool asked_before(struct rwe_numbers asked, size_t q)
{
    for (size_t k = 0; k < q; k++)
        if (asked.item[k] == asked.item[q])
            return true;
    return false;
}

static void present_quantiles(struct rwe_run *run, const struct result results[], size_t n)
{
    struct rwe_numbers asked = settings_of(run)->quantiles;
    if (asked.n == 0)
        return;
    struct rwe_grid *grid = rwe_document_table(run->document, "Quantiles of the time to the event");
    rwe_grid_column(grid, "endpoint and arm");
    for (size_t q = 0; q < asked.n; q++)
        if (!asked_before(asked, q))
            rwe_grid_fact_column(grid, RWE_CELL_TIME_LIMITS,
                                 "quantile quantile.conf.low quantile.conf.high",
                                 "%g%% had it%s\n(%s CI)", 100 * asked.item[q],
                                 rwe_time_unit_suffix(run), rwe_conf_level_text(run));
    for (size_t r = 0; r < n; r++) {
        rwe_grid_row(grid, 0, "%s, %s", results[r].endpoint->name, results[r].design->label);
        for (size_t a = 0; a < run->cohort->n_arms; a++) {
            struct rwe_key key = key_of(run, &results[r], a);
            rwe_grid_row(grid, 1, "%s", run->cohort->arm_level[a]);
            for (size_t q = 0; q < asked.n; q++) {
                const struct rwe_inference *of = &results[r].arm[a].quantile[q];
                key.level = rwe_arena_format(run->arena, "%.15g", asked.item[q]);
                if (!asked_before(asked, q))
                    rwe_grid_put(grid, &key, of->value, of->conf_low, of->conf_high);
            }
        }
    }
}

/* ---- the curve at times ---- */

/* The band at a time: where the curve was at its last point before. */
static void present_band_at(struct rwe_run *run, struct rwe_grid *grid, const struct rwe_key *key,
                            const struct arm_result *arm)
{
    double low = NAN, high = NAN;
    for (size_t i = 0; i < arm->band.n_points && arm->curve.time[i] <= key->time; i++) {
        low = arm->band.conf_low[i];
        high = arm->band.conf_high[i];
    }
    bool within = key->time >= arm->band.from && key->time <= arm->band.to;
    rwe_fact from = rwe_document_number(run->document, key, "band.low", within ? low : NAN);
    rwe_fact to = rwe_document_number(run->document, key, "band.high", within ? high : NAN);
    rwe_fact survival = rwe_document_find(run->document, key, "estimate");
    rwe_grid_cell(grid, RWE_CELL_SURVIVAL_LIMITS, survival, from, to);
}

static void note_bands(struct rwe_run *run, struct rwe_grid *grid, const struct result *result)
{
    for (size_t a = 0; a < run->cohort->n_arms; a++) {
        const struct rwe_km_band *band = &result->arm[a].band;
        struct rwe_key key = key_of(run, result, a);
        rwe_document_number(run->document, &key, "band.critical", band->critical);
        rwe_document_number(run->document, &key, "band.from", band->from);
        rwe_document_number(run->document, &key, "band.to", band->to);
    }
    for (size_t a = 0; a < run->cohort->n_arms; a++)
        if (result->arm[a].no_band != NULL)
            rwe_document_warning(run->document, "no-band", "km", "%s, %s, arm %s: %s.",
                                 result->endpoint->name, result->design->label,
                                 run->cohort->arm_level[a], result->arm[a].no_band);
    if (settings_of(run)->bands == BANDS_HALL_WELLNER)
        rwe_grid_note(grid, "The band holds the whole curve at once with this probability "
                            "(Hall–Wellner), from its first event to the last time above 0.");
    else
        rwe_grid_note(grid,
                      "The band holds the curve at once with this probability (equal precision) "
                      "where nσ² / (1 + nσ²) is from %g to %g, σ² = Var log S; nearer the ends of "
                      "the curve its probability would fall short.",
                      RWE_KM_EQUAL_PRECISION_FROM, RWE_KM_EQUAL_PRECISION_TO);
}

static void present_survival(struct rwe_run *run, const struct result *result)
{
    const struct rwe_cohort *cohort = run->cohort;
    const char *level = rwe_conf_level_text(run);
    struct rwe_grid *grid = rwe_document_table(run->document, "Survival at times: %s, %s",
                                               result->endpoint->name, result->design->label);
    rwe_grid_column(grid, "time%s", rwe_time_unit_suffix(run));
    for (size_t a = 0; a < cohort->n_arms; a++)
        rwe_grid_fact_column(grid, RWE_CELL_SURVIVAL_LIMITS,
                             "estimate [std.error] conf.low conf.high", "%s\n(%s CI)",
                             cohort->arm_level[a], level);
    for (size_t a = 0; wants_bands(run) && a < cohort->n_arms; a++)
        rwe_grid_column(grid, "%s\n(%s band)", cohort->arm_level[a], level);
    for (size_t t = 0; t < result->times.n; t++) {
        rwe_grid_row(grid, 0, "%g", result->times.at[t]);
        for (size_t a = 0; a < cohort->n_arms; a++) {
            const struct rwe_inference *of = &result->arm[a].survival[t];
            struct rwe_key key = key_of(run, result, a);
            key.time = result->times.at[t];
            rwe_grid_put(grid, &key, of->value, of->std_error, of->conf_low, of->conf_high);
        }
        for (size_t a = 0; wants_bands(run) && a < cohort->n_arms; a++) {
            struct rwe_key key = key_of(run, result, a);
            key.time = result->times.at[t];
            present_band_at(run, grid, &key, &result->arm[a]);
        }
    }
    if (wants_bands(run))
        note_bands(run, grid, result);
}

static void present_differences(struct rwe_run *run, const struct result *result)
{
    if (result->difference == NULL)
        return;
    struct rwe_grid *grid = rwe_document_table(run->document, "Difference in survival: %s, %s",
                                               result->endpoint->name, result->design->label);
    rwe_grid_column(grid, "time%s", rwe_time_unit_suffix(run));
    rwe_grid_fact_column(grid, RWE_CELL_SURVIVAL_LIMITS, "estimate [std.error] conf.low conf.high",
                         "%s − %s\n(%s CI)", run->cohort->arm_level[1], run->cohort->arm_level[0],
                         rwe_conf_level_text(run));
    rwe_grid_fact_column(grid, RWE_CELL_P_VALUE, "p.value", "p");
    struct rwe_key key = rwe_key_in("km", result->endpoint, result->design);
    key.term = "difference";
    for (size_t t = 0; t < result->times.n; t++) {
        const struct rwe_inference *of = &result->difference[t];
        key.time = result->times.at[t];
        rwe_grid_row(grid, 0, "%g", key.time);
        rwe_grid_put(grid, &key, of->value, of->std_error, of->conf_low, of->conf_high);
        rwe_grid_put(grid, &key, of->p_value);
    }
    const char *words = rwe_variance_words(run, result->design, RWE_VARIANCE_OF_CONTRAST,
                                           rwe_text("the sum of Greenwood's"));
    key.time = NAN;
    rwe_document_string(run->document, &key, "variance", words);
    rwe_grid_note(grid,
                  "In percentage points; Wald limits and p at each time by itself. The variance is "
                  "%s.",
                  words);
    rwe_bootstrap_note(run, grid);
}

/* Facts without a table. */
static void add_hazards(struct rwe_run *run, const struct result *result)
{
    for (size_t t = 0; t < result->times.n; t++)
        for (size_t a = 0; a < run->cohort->n_arms; a++) {
            const struct rwe_hazard_point *point = &result->arm[a].hazard[t];
            struct rwe_key key = key_of(run, result, a);
            key.time = result->times.at[t];
            rwe_document_number(run->document, &key, "cumhaz", point->hazard);
            rwe_document_number(run->document, &key, "cumhaz.std.error", point->std_error);
            rwe_document_number(run->document, &key, "cumhaz.conf.low", point->conf_low);
            rwe_document_number(run->document, &key, "cumhaz.conf.high", point->conf_high);
        }
}

static void present_at_risk(struct rwe_run *run, const struct result *result)
{
    struct rwe_grid *grid =
        rwe_document_table(run->document, "At risk (events; censored so far): %s, %s",
                           result->endpoint->name, result->design->label);
    rwe_grid_column(grid, "time%s", rwe_time_unit_suffix(run));
    struct rwe_times times = result->times;
    rwe_times_insert(&times, 0);
    for (size_t t = 0; t < times.n; t++)
        rwe_grid_column(grid, "%g", times.at[t]);
    for (size_t a = 0; a < run->cohort->n_arms; a++) {
        struct rwe_key key = key_of(run, result, a);
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
        struct rwe_key key = key_of(run, result, a);
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
                                     .curve = result->curve,
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
    present_summary(run, results, n);
    present_quantiles(run, results, n);
    for (size_t r = 0; r < n; r++) {
        add_figure(run, &results[r]);
        present_survival(run, &results[r]);
        present_differences(run, &results[r]);
        add_hazards(run, &results[r]);
        present_at_risk(run, &results[r]);
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
        struct rwe_mark mark = rwe_arena_mark(run->arena);
        results[r].endpoint = &run->cohort->endpoint[r / run->n_designs];
        results[r].design = &run->design[r % run->n_designs];
        status = compute(run, &results[r], error);
        if (run->document == NULL)
            rwe_arena_release(run->arena, mark);
    }
    if (status == RWE_OK && run->document != NULL)
        present(run, results, n);
    return status;
}

const struct rwe_analysis rwe_analysis_km = {
    .name = "km",
    .section = RWE_SECTION_SURVIVAL,
    .method = N_("Kaplan–Meier curves"),
    .measure = N_("survival and its difference at times"),
    .compares_arms = true,
    .help =
        N_("Kaplan–Meier curves by arm: medians, survival at times, follow-up, numbers at risk. "
           "Brings the log-rank test and the hazard ratio."),
    .also_runs = "logrank cox",
    .options = &option_list,
    .lists = RWE_LISTS_ESTIMATES,
    .run = run_km,
};
