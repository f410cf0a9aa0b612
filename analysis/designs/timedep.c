/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exposure that changes in time: Cox's model, the test of Mantel and Byar, the curves of Simon and
 * Makuch, all on rows that count as exposed only once exposure has started. See timedep.md. */
#include "rwe/data/timedep.h"
#include "estimates/cox_present.h"
#include "estimates/km.h"
#include "estimates/km_figure.h"
#include "rwe/analysis/bootstrap.h"
#include "rwe/analysis/estimates.h"
#include "rwe/analysis/protocol.h"
#include "rwe/base/language.h"
#include "rwe/data/response.h"
#include "rwe/stats/logrank.h"
#include "rwe/stats/rmst.h"

#include <math.h>
#include <string.h>

struct timedep_settings {
    bool response; /* is a covariate of the model */
    double curves_from;
};

static const struct rwe_option options[] = {
    {.name = "timedep-response",
     RWE_FLAG_IN(struct timedep_settings, response),
     .section = RWE_SECTION_METHOD,
     .help = N_("Adjust the model of --timedep for response too (CR or PR in --response-column), "
                "as if it had been known from the start: it says who is given the treatment.")},
    {.name = "curves-from",
     RWE_NUMBER_IN(struct timedep_settings, curves_from),
     .section = RWE_SECTION_METHOD,
     .argument = "T",
     .fallback = "0",
     .low = 0,
     .high = 1e300,
     .help = N_("Simon and Makuch's curves start here, among those without the event by then "
                "(default 0), in the file's unit: early on few are exposed.")},
};
static const struct rwe_options option_list = RWE_OPTIONS_IN(struct timedep_settings, options);

static const struct timedep_settings *settings_of(const struct rwe_run *run)
{
    return rwe_settings_of(run->settings, &option_list);
}

/* ---- the rows of an endpoint ---- */

/* An endpoint in rows of time. */
struct part {
    struct rwe_timedep cut;
    /* The rows as a run of their own: their cohort, with one endpoint, and the one population "timedep". It shares
     * document, estimates and arena with the run that it came from. */
    struct rwe_run run;
};

static const struct rwe_endpoint *endpoint_of(const struct part *part)
{
    return &part->run.cohort->endpoint[0];
}

/* Who did not respond, or not evaluably, did not respond: as response rates count them. */
static enum rwe_status add_response(const struct rwe_run *run, struct rwe_cohort *rows,
                                    struct rwe_error *error)
{
    size_t n = rows->n_covariates;
    struct rwe_variable *covariate = RWE_NEW(run->arena, struct rwe_variable, n + 1);
    double *responded = RWE_NEW(run->arena, double, rows->n);
    if (rwe_arena_failed(run->arena))
        return rwe_fail_memory(error);
    memcpy(covariate, rows->covariate, n * sizeof *covariate);
    for (size_t k = 0; k < rows->n; k++)
        responded[k] = rows->response[k] == RWE_RESPONSE_CR || rows->response[k] == RWE_RESPONSE_PR;
    covariate[n] = (struct rwe_variable){.name = "response", .binary = true, .number = responded};
    rows->covariate = covariate;
    rows->n_covariates = n + 1;
    return RWE_OK;
}

/* The population of states. Each endpoint cuts its own rows, on which only this analysis runs: what
 * others would make of them are no curves or shares of arms. */
static struct rwe_design describe(void)
{
    return (struct rwe_design){
        .name = "timedep",
        .label = rwe_text("Time-dependent exposure"),
        .kind = RWE_DESIGN_STATES,
        .contrast = RWE_CONTRAST_STATES,
        .words = {.heading = rwe_text("Exposure as a state"),
                  .compared = rwe_text("hazard while exposed against not, or not yet"),
                  .strategies = rwe_text("exposed against not, or not yet: a state, no strategy"),
                  .variable = rwe_text("time to %s, its hazard"),
                  .intercurrent = rwe_text("exposure changes the state; it has no other part"),
                  .summary = rwe_text("hazard ratio given covariates"),
                  .method = rwe_text("Cox model with time-dependent exposure")},
    };
}

static bool is_exact(const struct rwe_run *run)
{
    return cox_settings_of(run->settings)->ties == RWE_COX_EXACT;
}

static enum rwe_status start_part(const struct rwe_run *run, size_t e, struct part *part,
                                  struct rwe_error *error)
{
    struct rwe_cohort *rows = RWE_NEW(run->arena, struct rwe_cohort, 1);
    enum rwe_status status =
        rows == NULL ? rwe_fail_memory(error)
                     : rwe_cohort_timedep(run->cohort, e, run->arena, &part->cut, error);
    if (status != RWE_OK)
        return status;
    *rows = *part->cut.rows;
    if (settings_of(run)->response)
        status = add_response(run, rows, error);
    if (is_exact(run) && run->cohort->cluster == NULL)
        rows->cluster = NULL; /* there is no robust error, and a subject has one event at most */
    part->run = *run;
    part->run.cohort = rows;
    part->run.balance = NULL;
    part->run.propensity = NULL;
    part->run.n_designs = part->run.n_populations = 1;
    part->run.design[0] = describe();
    return status == RWE_OK ? rwe_design_complete(rows, &part->run.design[0], run->arena, error)
                            : status;
}

/* ---- who was in which state, and for how long ---- */

static void warn_left_out(struct rwe_run *run, const struct part *part)
{
    if (part->cut.n_without > 0)
        rwe_document_warning(run->document, "no-follow-up", "timedep",
                             "%s: %zu subjects without any time at risk are left out of the "
                             "time-dependent analysis.",
                             endpoint_of(part)->name, part->cut.n_without);
}

static const struct rwe_table_column state_columns[] = {
    {.heading = N_("endpoint and state")},
    {N_("subjects"), RWE_CELL_COUNT, "n"},
    {N_("events"), RWE_CELL_COUNT, "n.event"},
    {N_("time at risk{unit}"), RWE_CELL_NUMBER, "time"},
};

static void present_states_of(struct rwe_run *run, struct rwe_grid *grid, const struct part *part)
{
    static const char *const labels[] = {N_("not, or not yet: %s"), N_("exposed: %s")};
    const struct rwe_timedep *cut = &part->cut;
    const struct rwe_endpoint *endpoint = endpoint_of(part);
    struct rwe_key key = rwe_key_in("timedep", endpoint, &part->run.design[0]);
    rwe_document_number(run->document, &key, "n", (double)cut->n);
    rwe_document_number(run->document, &key, "n.rows", (double)cut->rows->n);
    rwe_document_number(run->document, &key, "n.switched", (double)cut->n_switched);
    rwe_document_number(run->document, &key, "n.too.late", (double)cut->n_too_late);
    rwe_document_number(run->document, &key, "n.without.time", (double)cut->n_without);
    rwe_grid_row(grid, 0, "%s", endpoint->name);
    for (size_t state = 0; state < 2; state++) {
        struct rwe_key of = rwe_key_arm(key, run->cohort, state);
        double events = 0;
        for (size_t k = 0; k < cut->rows->n; k++)
            events += cut->rows->arm[k] == state && endpoint->event[k] > 0;
        rwe_grid_row(grid, 1, labels[state], run->cohort->arm_level[state]);
        rwe_grid_put(grid, &of, (double)cut->rows->arm_size[state]);
        rwe_grid_put(grid, &of, events);
        rwe_grid_put(grid, &of, cut->time[state]);
    }
}

static void present_states(struct rwe_run *run, const struct part part[])
{
    struct rwe_grid *grid = rwe_document_table(run->document, "Time and events by state");
    RWE_GRID_COLUMNS(grid, state_columns);
    for (size_t e = 0; e < run->cohort->n_endpoints; e++)
        present_states_of(run, grid, &part[e]);
    rwe_grid_note(grid, "Who is exposed later is in both rows: unexposed until then. An event at "
                        "the very start of exposure counts as unexposed, and exposure that starts "
                        "at the end of follow-up or later does not count.");
}

/* ---- Cox's model ---- */

/* Of the model's rows; a subject's rows stand together, and both are in it or none. */
static size_t count_subjects(const struct rwe_cohort *rows, const struct rwe_cox_model *model)
{
    size_t n = 0;
    for (size_t k = 0; k < model->data.n; k++) {
        uint32_t row = model->subject[k];
        n += row == 0 || rows->source[row] != rows->source[row - 1];
    }
    return n;
}

/* The terms of an endpoint's adjusted model, until their table is written. */
struct terms {
    struct rwe_cox_term *term;
    struct rwe_cox_shown *shown;
    size_t n;
};

static enum rwe_status keep_terms(struct rwe_run *run, const struct rwe_cox_model *model,
                                  const struct rwe_cox_shown shown[], struct terms *terms,
                                  struct rwe_error *error)
{
    terms->n = model->n_terms;
    terms->term = RWE_NEW(run->arena, struct rwe_cox_term, model->n_terms);
    terms->shown = RWE_NEW(run->arena, struct rwe_cox_shown, model->n_terms);
    if (rwe_arena_failed(run->arena))
        return rwe_fail_memory(error);
    memcpy(terms->term, model->term, model->n_terms * sizeof *terms->term);
    memcpy(terms->shown, shown, model->n_terms * sizeof *terms->shown);
    terms->term[0].name =
        rwe_arena_format(run->arena, rwe_text("while %s"), run->cohort->arm_level[1]);
    for (size_t t = 1; t < terms->n; t++)
        if (model->term[t].contrast_name != NULL)
            terms->term[t].name =
                rwe_arena_format(run->arena, rwe_text("%s (Q3 against Q1)"), model->term[t].name);
    return rwe_arena_failed(run->arena) ? rwe_fail_memory(error) : RWE_OK;
}

static void model_row(struct rwe_grid *grid, const struct rwe_run *run, bool adjusted,
                      const rwe_fact sizes[2], const struct rwe_cox_shown *shown)
{
    const struct rwe_cohort *rows = run->cohort;
    if (adjusted)
        rwe_grid_row(grid, 1, "adjusted");
    else
        rwe_grid_row(grid, 0, "%s: while %s against while not", rows->endpoint[0].name,
                     rows->arm_level[1]);
    rwe_grid_cell(grid, RWE_CELL_COUNT, sizes[0], RWE_NO_FACT, RWE_NO_FACT);
    rwe_grid_cell(grid, RWE_CELL_COUNT, sizes[1], RWE_NO_FACT, RWE_NO_FACT);
    rwe_grid_cell(grid, RWE_CELL_RATIO_LIMITS, shown->ratio, shown->low, shown->high);
    if (shown->coefficient == RWE_NO_FACT)
        return;
    rwe_grid_cell(grid, RWE_CELL_COEFFICIENT, shown->coefficient, RWE_NO_FACT, RWE_NO_FACT);
    rwe_grid_cell(grid, RWE_CELL_COEFFICIENT, shown->error, RWE_NO_FACT, RWE_NO_FACT);
    rwe_grid_cell(grid, RWE_CELL_P_VALUE, shown->p, RWE_NO_FACT, RWE_NO_FACT);
}

/* Of a replicate: the ratio of the exposure alone. */
static void list_ratio(struct rwe_run *run, struct rwe_key key, const struct rwe_cox_model *model)
{
    bool fitted = model->failure.status == RWE_OK;
    const struct rwe_inference own = {.value = fitted ? model->fit.estimate[model->term[0].column]
                                                      : NAN};
    key.term = "arm";
    rwe_run_estimate(run, &key, "hr", RWE_ESTIMATE_LOG_RATIO, &own);
}

static enum rwe_status present_model(struct part *part, const struct rwe_key *key,
                                     const struct rwe_cox_model *model, struct rwe_grid *grid,
                                     struct terms *terms, struct rwe_error *error)
{
    struct rwe_run *run = &part->run;
    bool adjusted = terms != NULL;
    struct rwe_cox_shown *shown = RWE_NEW(run->arena, struct rwe_cox_shown, model->n_terms);
    if (shown == NULL)
        return rwe_fail_memory(error);
    size_t n = count_subjects(run->cohort, model);
    rwe_fact sizes[2];
    sizes[0] = rwe_document_number(run->document, key, "n", (double)n);
    sizes[1] = rwe_document_number(run->document, key, "n.event", (double)model->n_events);
    rwe_document_number(run->document, key, "n.rows", (double)model->data.n);
    if (adjusted)
        rwe_document_number(run->document, key, "n.missing", (double)(part->cut.n - n));
    rwe_cox_model_facts(run, key, model);
    for (size_t t = 0; t < model->n_terms; t++)
        shown[t] = rwe_cox_term_facts(run, key, model, t);
    model_row(grid, run, adjusted, sizes, &shown[0]);
    rwe_cox_model_warn(run, key, run->design[0].label, model);
    return adjusted ? keep_terms(run, model, shown, terms, error) : RWE_OK;
}

static enum rwe_status run_model(struct part *part, enum rwe_cox_model_kind kind,
                                 struct rwe_grid *grid, struct terms *terms,
                                 struct rwe_error *error)
{
    struct rwe_run *run = &part->run;
    struct rwe_cox_request request = {run, endpoint_of(part), &run->design[0], kind, 0};
    struct rwe_cox_model model;
    enum rwe_status status = rwe_cox_model_estimate(&request, &model, error);
    if (status != RWE_OK)
        return status;
    struct rwe_key key = rwe_key_in("cox", request.endpoint, request.design);
    key.model = model.name;
    if (run->replicate > 0) {
        list_ratio(run, key, &model);
        return RWE_OK;
    }
    status = rwe_cox_model_limits(&request, &model, error);
    return status == RWE_OK ? present_model(part, &key, &model, grid, terms, error) : status;
}

static void present_terms(struct part *part, const struct terms *terms)
{
    struct rwe_run *run = &part->run;
    const char *title = rwe_arena_format(run->arena, rwe_text("Adjusted time-dependent model: %s"),
                                         endpoint_of(part)->name);
    const struct rwe_cox_comparison comparison = {title, terms->term, terms->n, terms->shown};
    struct rwe_grid *grid = rwe_cox_comparison_table(run, &comparison);
    rwe_grid_note(grid,
                  "One Cox model with the exposure as it changes and all covariates as they "
                  "were at time zero; only the exposure's ratio is a comparison of treatments.");
}

static void note_models(struct rwe_run *run, struct rwe_grid *grid)
{
    const struct rwe_cohort *cohort = run->cohort;
    rwe_grid_note(grid,
                  "Cox model with the exposure as a time-dependent covariate, %s ties; Wald limits "
                  "and p-values.",
                  rwe_cox_ties_text(run));
    if (is_exact(run) && cohort->cluster == NULL)
        rwe_grid_note(grid, "Standard errors from the information.");
    else if (cohort->cluster == NULL)
        rwe_grid_note(grid, "Standard errors robust, by subject.");
    else
        rwe_grid_note(grid, "Standard errors robust, by %s.", rwe_study_of(run->settings)->cluster);
    if (cohort->stratum != NULL)
        rwe_grid_note(grid, "Stratified by %s.", cohort->strata_name);
    if (settings_of(run)->response)
        rwe_grid_note(grid, "Adjusted for response too (CR or PR; not evaluable and missing count "
                            "as none). It was found after time zero and is taken as if known from "
                            "the start.");
    rwe_bootstrap_note(run, grid);
}

static bool is_adjusted(const struct part *part)
{
    return part->run.cohort->n_covariates > 0;
}

static const struct rwe_table_column model_columns[] = {
    {.heading = N_("endpoint and contrast")},
    {.heading = N_("n")},
    {.heading = N_("events")},
    {.heading = N_("hazard ratio\n({level} CI)")},
    {.heading = N_("log HR")},
    {.heading = N_("std. error")},
    {.heading = N_("p")},
};

static enum rwe_status run_models(struct rwe_run *run, struct part part[], struct rwe_error *error)
{
    enum rwe_status status = RWE_OK;
    size_t n = run->cohort->n_endpoints;
    struct terms *terms = RWE_NEW(run->arena, struct terms, n);
    struct rwe_grid *grid =
        rwe_document_table(run->document, "Hazard while exposed against while not");
    RWE_GRID_COLUMNS(grid, model_columns);
    if (terms == NULL)
        return rwe_fail_memory(error);
    for (size_t e = 0; e < n && status == RWE_OK; e++) {
        status = run_model(&part[e], RWE_COX_ARM, grid, NULL, error);
        if (status == RWE_OK && is_adjusted(&part[e]))
            status = run_model(&part[e], RWE_COX_ADJUSTED, grid, &terms[e], error);
    }
    note_models(run, grid);
    for (size_t e = 0; e < n && status == RWE_OK; e++)
        if (run->replicate == 0 && is_adjusted(&part[e]))
            present_terms(&part[e], &terms[e]);
    return status;
}

/* ---- Mantel and Byar ---- */

/* Observed and expected of each state, and the test; empty cells where the data do not hold it. */
static void present_test(struct part *part, struct rwe_grid *grid, struct rwe_key key,
                         const struct rwe_logrank *result)
{
    struct rwe_run *run = &part->run;
    const struct rwe_inference own = {.value = result->statistic,
                                      .std_error = NAN,
                                      .df = (double)result->df,
                                      .conf_low = NAN,
                                      .conf_high = NAN,
                                      .p_value = result->p_value};
    for (size_t state = 0; state < 2; state++) {
        struct rwe_key of = rwe_key_arm(key, run->cohort, state);
        rwe_grid_put(grid, &of, result->observed[state], result->expected[state]);
    }
    struct rwe_inference of =
        rwe_run_estimate(run, &key, "statistic", RWE_ESTIMATE_STATISTIC, &own);
    rwe_grid_put(grid, &key, of.value, of.df);
    rwe_grid_put(grid, &key, of.p_value);
}

static enum rwe_status run_test(struct part *part, struct rwe_grid *grid, bool stratified,
                                struct rwe_error *error)
{
    struct rwe_run *run = &part->run;
    struct rwe_mark mark = rwe_arena_mark(run->arena);
    const struct rwe_endpoint *endpoint = endpoint_of(part);
    const struct rwe_design_view view = {stratified ? RWE_STRATA_DECLARED : RWE_STRATA_NONE,
                                         RWE_EVENTS_OWN};
    struct rwe_survival_data data;
    struct rwe_event_table table;
    struct rwe_logrank result;
    struct rwe_error reason = {0};
    enum rwe_status status =
        rwe_design_survival(run->cohort, &run->design[0], endpoint, view, run->arena, &data, error);
    if (status == RWE_OK)
        status = rwe_event_table_build(&data, run->arena, &table, error);
    if (status != RWE_OK)
        return status;
    status = rwe_logrank_test(&table, run->arena, &result, &reason);
    struct rwe_key key = rwe_key_in("logrank", endpoint, &run->design[0]);
    key.term = "mantel-byar";
    key.model = stratified ? "stratified" : NULL;
    rwe_grid_row(grid, 0, stratified ? N_("%s, stratified") : "%s", endpoint->name);
    if (status == RWE_OK) {
        present_test(part, grid, key, &result);
    } else if (status == RWE_NOT_ESTIMABLE) {
        rwe_document_number(run->document, &key, "statistic", NAN);
        rwe_document_warning(run->document, "not-estimable", "timedep", "%s: %s", endpoint->name,
                             reason.message);
        status = RWE_OK;
    } else {
        *error = reason;
    }
    rwe_arena_release(run->arena, mark);
    return status;
}

static enum rwe_status run_tests(struct rwe_run *run, struct part part[], struct rwe_error *error)
{
    static const struct rwe_table_column last[] = {
        {N_("χ²"), RWE_CELL_STATISTIC, "statistic [df]"},
        {N_("p"), RWE_CELL_P_VALUE, "p.value"},
    };
    const struct rwe_cohort *cohort = run->cohort;
    enum rwe_status status = RWE_OK;
    struct rwe_grid *grid = rwe_document_table(run->document, "Mantel–Byar test");
    rwe_grid_column(grid, "endpoint");
    rwe_grid_fact_column(grid, RWE_CELL_OBSERVED_EXPECTED, "observed expected",
                         "while not\nobserved (expected)");
    rwe_grid_fact_column(grid, RWE_CELL_OBSERVED_EXPECTED, "observed expected",
                         "while %s\nobserved (expected)", cohort->arm_level[1]);
    RWE_GRID_COLUMNS(grid, last);
    for (size_t e = 0; e < cohort->n_endpoints && status == RWE_OK; e++) {
        status = run_test(&part[e], grid, false, error);
        if (status == RWE_OK && cohort->stratum != NULL)
            status = run_test(&part[e], grid, true, error);
    }
    rwe_grid_note(grid, "Log-rank test over risk sets in which everybody stands in the state of "
                        "that moment; not adjusted for covariates.");
    return status;
}

/* ---- Simon and Makuch ---- */

/* Both states of an endpoint, from where the curves start. */
struct curves {
    struct part *part;
    double from;
    struct rwe_survival_data data;
    struct rwe_event_table table;
    struct rwe_km_curve curve[2];
    bool drawn[2]; /* false: nobody is ever in that state */
    rwe_fact median[2];
    struct km_counts counts[2];
};

static struct rwe_key curve_key(const struct curves *curves, size_t state)
{
    const struct rwe_run *run = &curves->part->run;
    return rwe_key_arm(rwe_key_in("km", endpoint_of(curves->part), &run->design[0]), run->cohort,
                       state);
}

/* Only what lies after `from`: who is at risk then enters there. */
static enum rwe_status cut_before(struct rwe_survival_data *data, double from,
                                  struct rwe_arena *arena)
{
    size_t n = 0;
    double *entry = RWE_NEW(arena, double, data->n), *time = RWE_NEW(arena, double, data->n);
    uint8_t *event = RWE_NEW(arena, uint8_t, data->n);
    uint32_t *group = RWE_NEW(arena, uint32_t, data->n);
    uint32_t *cluster = RWE_NEW(arena, uint32_t, data->n);
    uint32_t *subject = RWE_NEW(arena, uint32_t, data->n);
    if (rwe_arena_failed(arena))
        return RWE_NO_MEMORY;
    for (size_t k = 0; k < data->n; k++) {
        if (data->time[k] <= from)
            continue;
        entry[n] = fmax(data->entry[k], from);
        time[n] = data->time[k];
        event[n] = data->event[k];
        group[n] = data->group[k];
        subject[n] = data->subject[k];
        cluster[n++] = data->cluster == NULL ? 0 : data->cluster[k];
    }
    data->n = n;
    data->entry = entry;
    data->time = time;
    data->event = event;
    data->group = group;
    data->subject = subject;
    data->cluster = data->cluster == NULL ? NULL : cluster;
    return RWE_OK;
}

/* A state holds a subject in one row, so its rows depend on each other only in declared clusters,
 * which those of the original cohort are. */
static enum rwe_status fit_curve(struct curves *curves, bool clusters, size_t state,
                                 struct rwe_error *error)
{
    struct rwe_run *run = &curves->part->run;
    struct rwe_km_options km = rwe_km_options_default();
    struct rwe_km_curve *curve = &curves->curve[state];
    km.transform = km_transform_of(run->settings);
    km.conf_level = rwe_statistics_of(run->settings)->conf_level;
    enum rwe_status status =
        clusters
            ? rwe_km_fit_robust(&curves->data, &curves->table, state, &km, run->arena, curve, error)
            : rwe_km_fit(&curves->table, state, &km, run->arena, curve, error);
    curves->drawn[state] = status == RWE_OK;
    return status == RWE_NOT_ESTIMABLE ? RWE_OK : status;
}

static enum rwe_status fit_curves(struct curves *curves, struct rwe_error *error)
{
    struct rwe_run *run = &curves->part->run;
    enum rwe_status status =
        rwe_design_survival(run->cohort, &run->design[0], endpoint_of(curves->part),
                            (struct rwe_design_view){0}, run->arena, &curves->data, error);
    if (status == RWE_OK && curves->from > 0 &&
        cut_before(&curves->data, curves->from, run->arena) != RWE_OK)
        status = rwe_fail_memory(error);
    if (status == RWE_OK)
        status = rwe_event_table_build(&curves->data, run->arena, &curves->table, error);
    bool clusters = rwe_study_of(run->settings)->cluster != NULL;
    for (size_t state = 0; state < 2 && status == RWE_OK; state++)
        status = fit_curve(curves, clusters, state, error);
    return status;
}

/* Events before as many as RWE_RMST_ENOUGH were at risk for the first time, and when that was. */
struct thin {
    size_t n_events;
    double first, at_risk; /* the first such event, and among how many */
    double enough;         /* NaN: never */
};

static struct thin find_thin(const struct rwe_km_curve *curve)
{
    struct thin thin = {0, NAN, NAN, NAN};
    for (size_t p = 0; p < curve->n_points; p++) {
        if (curve->at_risk[p] >= RWE_RMST_ENOUGH) {
            thin.enough = curve->time[p];
            break;
        }
        if (curve->events[p] > 0 && thin.n_events == 0) {
            thin.first = curve->time[p];
            thin.at_risk = curve->at_risk[p];
        }
        thin.n_events += (size_t)curve->events[p];
    }
    return thin;
}

static void warn_thin_curve(const struct curves *curves, size_t state, const struct thin *thin)
{
    struct rwe_document *document = curves->part->run.document;
    const char *endpoint = endpoint_of(curves->part)->name;
    const char *level = curves->part->run.cohort->arm_level[state];
    if (isnan(thin->enough))
        rwe_document_warning(document, "thin-curve", "timedep",
                             "%s: the curve of the state \"%s\" begins with events among few: the "
                             "first fell on %g at risk, and all that follows is multiplied by it.",
                             endpoint, level, thin->at_risk);
    else
        rwe_document_warning(document, "thin-curve", "timedep",
                             "%s: the curve of the state \"%s\" begins with events among few: the "
                             "first fell on %g at risk, and all that follows is multiplied by it. "
                             "--curves-from %.3g starts both curves when there were %d.",
                             endpoint, level, thin->at_risk, thin->enough, RWE_RMST_ENOUGH);
}

static void warn_thin(const struct curves *curves)
{
    for (size_t state = 0; state < 2; state++) {
        if (!curves->drawn[state])
            continue;
        struct thin thin = find_thin(&curves->curve[state]);
        if (thin.n_events == 0)
            continue;
        warn_thin_curve(curves, state, &thin);
    }
}

static void summary_facts(struct curves *curves, size_t state)
{
    struct rwe_run *run = &curves->part->run;
    const struct rwe_km_curve *curve = &curves->curve[state];
    struct rwe_key key = curve_key(curves, state);
    struct rwe_km_quantile median = km_quantile_of(run->settings, curve, 0.5);
    rwe_document_number(run->document, &key, "n", curve->n);
    rwe_document_number(run->document, &key, "n.event", curve->n_events);
    curves->median[state] = rwe_document_number(run->document, &key, "median", median.value);
    rwe_document_number(run->document, &key, "median.conf.low", median.conf_low);
    rwe_document_number(run->document, &key, "median.conf.high", median.conf_high);
    rwe_document_number(run->document, &key, "from", curves->from);
    static const char *const names[] = {"time",     "n.risk",    "n.event",  "n.censor",
                                        "estimate", "std.error", "conf.low", "conf.high"};
    const double *const columns[] = {curve->time,     curve->at_risk,  curve->events,
                                     curve->censored, curve->survival, curve->std_error,
                                     curve->conf_low, curve->conf_high};
    rwe_document_series(run->document, &key, "step", curve->n_points, 8, names, columns);
}

static const char *state_label(const struct rwe_run *run, size_t state)
{
    return state == 0 ? rwe_text("not, or not yet") : run->cohort->arm_level[1];
}

/* Null before the curves start. */
static rwe_fact risk_at(struct curves *curves, size_t state, const struct rwe_key *key)
{
    if (curves->drawn[state] && key->time >= curves->from)
        return km_count_at(&curves->part->run, &curves->counts[state], key, &curves->curve[state])
            ->risk;
    return rwe_document_number(curves->part->run.document, key, "n.risk", NAN);
}

static void present_point(struct curves *curves, struct rwe_grid *grid, size_t state, double time)
{
    struct rwe_key key = curve_key(curves, state);
    key.time = time;
    struct rwe_km_point at = {NAN, NAN, NAN, NAN, NAN};
    if (curves->drawn[state] && time >= curves->from)
        at = rwe_km_at(&curves->curve[state], time);
    rwe_grid_cell(grid, RWE_CELL_COUNT, risk_at(curves, state, &key), RWE_NO_FACT, RWE_NO_FACT);
    rwe_grid_put(grid, &key, at.survival, at.std_error, at.conf_low, at.conf_high);
}

static const struct rwe_table_column survival_column[] = {
    {N_("event-free\n({level} CI)"), RWE_CELL_SURVIVAL_LIMITS,
     "estimate [std.error] conf.low conf.high"},
};

static void present_curves(struct curves *curves)
{
    struct rwe_run *run = &curves->part->run;
    const struct rwe_endpoint *endpoint = endpoint_of(curves->part);
    struct rwe_times times = rwe_times_of(run, endpoint);
    struct rwe_grid *grid =
        rwe_document_table(run->document, "Simon–Makuch curves: %s", endpoint->name);
    rwe_grid_column(grid, "time%s", rwe_time_unit_suffix(run));
    for (size_t state = 0; state < 2; state++) {
        rwe_grid_column(grid, "%s\nat risk", state_label(run, state));
        RWE_GRID_COLUMNS(grid, survival_column);
    }
    for (size_t t = 0; t < times.n; t++) {
        rwe_grid_row(grid, 0, "%g", times.at[t]);
        for (size_t state = 0; state < 2; state++)
            present_point(curves, grid, state, times.at[t]);
    }
    rwe_grid_note(grid,
                  "Product-limit estimates from %g on; patients leave the first curve for the "
                  "second when exposure starts. A curve is what would become of somebody who stays "
                  "in that state, if switching did not depend on prognosis; it is not adjusted.",
                  curves->from);
}

/* ---- the figure ---- */

static double add_state(struct curves *curves, struct rwe_figure *figure, size_t state)
{
    struct rwe_run *run = &curves->part->run;
    const struct rwe_km_curve *c = &curves->curve[state];
    double until = rwe_drawn_until(run, c->n_points, c->time, c->at_risk);
    rwe_figure_curve(figure, &(struct rwe_curve){.label = state_label(run, state),
                                                 .style = RWE_CURVE_STEP,
                                                 .group = state,
                                                 .n = c->n_points,
                                                 .x = c->time,
                                                 .y = c->survival,
                                                 .low = c->conf_low,
                                                 .high = c->conf_high,
                                                 .at_risk = c->at_risk,
                                                 .start = 1,
                                                 .until = until});
    rwe_figure_drop(figure, state, curves->median[state], 0.5);
    return isnan(until) ? c->time[c->n_points - 1] : until;
}

static void add_counts(struct curves *curves, struct rwe_figure *figure,
                       const struct rwe_times *ticks)
{
    struct rwe_run *run = &curves->part->run;
    struct rwe_grid *grid = rwe_figure_grid(figure);
    for (size_t state = 0; state < 2; state++) {
        struct rwe_key key = curve_key(curves, state);
        rwe_grid_row(grid, 0, "%s", state_label(run, state));
        for (int events = 0; events < 2; events++) {
            rwe_grid_row(grid, 1, events ? N_("Events") : N_("At risk"));
            for (size_t t = 0; t < ticks->n; t++) {
                key.time = ticks->at[t];
                if (key.time < curves->from) {
                    rwe_grid_empty(grid);
                    continue;
                }
                const struct km_count *count =
                    km_count_at(run, &curves->counts[state], &key, &curves->curve[state]);
                rwe_grid_cell(grid, RWE_CELL_COUNT, events ? count->event : count->risk,
                              RWE_NO_FACT, RWE_NO_FACT);
            }
        }
    }
}

/* At the start of the axis: who is in the state by then. A curve knows only who is at its first point. */
static void count_start(struct curves *curves, size_t state)
{
    struct rwe_run *run = &curves->part->run;
    const struct rwe_survival_data *data = &curves->data;
    struct rwe_key key = curve_key(curves, state);
    double n = 0;
    for (size_t k = 0; k < data->n; k++)
        n += data->group[k] == state && data->entry[k] <= curves->from;
    key.time = curves->from;
    struct km_count *count = &curves->counts[state].at[curves->counts[state].n++];
    count->time = key.time;
    count->risk = rwe_document_number(run->document, &key, "n.risk", n);
    count->event = rwe_document_number(run->document, &key, "n.event", 0);
    count->censor = rwe_document_number(run->document, &key, "n.censor", 0);
}

static void add_figure(struct curves *curves)
{
    static const char *const ratio[] = {"hr", "conf.low", "conf.high"};
    static const char *const p_value[] = {"p.value", NULL, NULL};
    struct rwe_run *run = &curves->part->run;
    const struct rwe_endpoint *endpoint = endpoint_of(curves->part);
    struct rwe_figure *figure = rwe_plot_new(run, "simon-makuch", rwe_text("Simon–Makuch curves"),
                                             endpoint, &run->design[0]);
    rwe_figure_describe(figure,
                        "Curves of the probability of staying free of the event (%s) in each "
                        "state of exposure, with limits; patients leave the first for the second "
                        "when exposure starts. Beneath them the numbers at risk and of events.",
                        endpoint->name);
    double end = fmax(add_state(curves, figure, 0), add_state(curves, figure, 1));
    struct rwe_times ticks = rwe_times_ticks(run, end);
    rwe_figure_x_axis(figure, &(struct rwe_axis){.label = rwe_time_axis_label(run),
                                                 .from = curves->from,
                                                 .to = ticks.at[ticks.n - 1],
                                                 .step = ticks.at[1]});
    rwe_figure_y_axis(
        figure, &(struct rwe_axis){.label = rwe_text("Event-free"), .to = 1, .percent = true});
    count_start(curves, 0);
    count_start(curves, 1);
    add_counts(curves, figure, &ticks);
    struct rwe_key key = rwe_key_in("cox", endpoint, &run->design[0]);
    key.model = key.term = "arm";
    const char *words =
        rwe_arena_format(run->arena, rwe_text("Hazard ratio (%s CI)"), rwe_conf_level_text(run));
    if (words != NULL)
        rwe_figure_result(figure, words, RWE_CELL_RATIO_LIMITS, &key, ratio);
    key = rwe_key_in("logrank", endpoint, &run->design[0]);
    key.term = "mantel-byar";
    rwe_figure_result(figure, rwe_text("Mantel–Byar p"), RWE_CELL_P_VALUE, &key, p_value);
    rwe_figure_note(figure, "Shaded: limits (%s) at each time. Dashed: medians. Not adjusted.",
                    rwe_conf_level_text(run));
    rwe_note_cut(run, figure);
}

static enum rwe_status present_curves_of(struct part *part, struct rwe_error *error)
{
    struct curves curves = {.part = part, .from = settings_of(&part->run)->curves_from};
    enum rwe_status status = fit_curves(&curves, error);
    if (status != RWE_OK)
        return status;
    for (size_t state = 0; state < 2; state++)
        if (curves.drawn[state])
            summary_facts(&curves, state);
    if (curves.drawn[0] && curves.drawn[1])
        add_figure(&curves);
    present_curves(&curves);
    warn_thin(&curves);
    return RWE_OK;
}

/* ---- the analysis ---- */

static enum rwe_status check(const struct rwe_run *run, struct rwe_error *error)
{
    enum rwe_status status = rwe_need_endpoint(run, "timedep", error);
    if (status == RWE_OK && run->cohort->exposure_start == NULL)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--timedep needs to know when exposure began: say --exposure-start COL");
    if (status == RWE_OK && settings_of(run)->response && run->cohort->response == NULL)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--timedep-response needs the column of responses: say --response-column "
                        "COL");
    return status == RWE_OK ? rwe_cox_check_splines(run, error) : status;
}

static void tell_estimand(struct rwe_run *run)
{
    rwe_document_paragraph(
        run->document,
        "Estimand: the hazard while exposed (%s) against the hazard while not exposed, or not yet, "
        "at the same time since time zero; adjusted, between patients alike in the covariates. "
        "Everybody counts as unexposed until exposure starts, so nobody is immortal. It is a ratio "
        "of hazards given the covariates, and compares no strategies: what would happen to "
        "patients "
        "who are all given the treatment, or none, it does not say.",
        run->cohort->arm_level[1]);
}

static enum rwe_status design(struct rwe_run *run, void **state, struct rwe_error *error)
{
    struct rwe_design states = describe();
    (void)state;
    enum rwe_status status = check(run, error);
    return status == RWE_OK ? rwe_run_add_design(run, &states, error) : status;
}

static enum rwe_status tell(struct rwe_run *run, struct part part[], struct rwe_error *error)
{
    size_t n = run->cohort->n_endpoints;
    rwe_document_section(run->document, 1, "Exposure that changes in time");
    tell_estimand(run);
    for (size_t e = 0; e < n; e++)
        warn_left_out(run, &part[e]);
    present_states(run, part);
    enum rwe_status status = run_models(run, part, error);
    if (status == RWE_OK)
        status = run_tests(run, part, error);
    for (size_t e = 0; run->document != NULL && e < n && status == RWE_OK; e++)
        status = present_curves_of(&part[e], error);
    return status;
}

static enum rwe_status run_timedep(struct rwe_run *run, void *state, struct rwe_error *error)
{
    (void)state;
    size_t n = run->cohort->n_endpoints;
    struct part *part = RWE_NEW(run->arena, struct part, n);
    enum rwe_status status = part == NULL ? rwe_fail_memory(error) : RWE_OK;
    for (size_t e = 0; e < n && status == RWE_OK; e++)
        status = start_part(run, e, &part[e], error);
    if (status != RWE_OK)
        return status;
    return run->replicate > 0 ? run_models(run, part, error) : tell(run, part, error);
}

/* ---- in the protocol ---- */

static void emulate(const struct rwe_run *run, struct rwe_protocol *protocol)
{
    if (settings_of(run)->response)
        rwe_protocol_say(protocol, RWE_PROTOCOL_ASSIGNMENT,
                         "time-dependent model: given response too");
    rwe_protocol_say(protocol, RWE_PROTOCOL_CONTRAST,
                     "time-dependent: a ratio of hazards, no strategy");
}

const struct rwe_analysis rwe_analysis_timedep = {
    .name = "timedep",
    .from_zero = true,
    .help =
        N_("Exposure that starts after time zero (--exposure-start) as what it is: Cox's model "
           "with a time-dependent exposure, Mantel and Byar's test, Simon and Makuch's curves."),
    .options = &option_list,
    .method = N_("time-dependent Cox model"),
    .emulate = emulate,
    .design = design,
    .lists = RWE_LISTS_ESTIMATES,
    .run = run_timedep,
};
