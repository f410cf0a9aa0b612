/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exposure that changes in time: Cox's model, the test of Mantel and Byar, the curves of Simon and
 * Makuch, all on rows that count as exposed only once exposure has started. See timedep.md. */
#include "estimates/cox_present.h"
#include "rwe/analysis/bootstrap.h"
#include "rwe/analysis/estimates.h"
#include "rwe/analysis/protocol.h"
#include "rwe/base/language.h"
#include "rwe/data/response.h"
#include "timedep_private.h"

#include <math.h>
#include <string.h>

static const struct rwe_option options[] = {
    {.name = "timedep-response",
     .kind = RWE_OPTION_FLAG,
     .section = RWE_SECTION_METHOD,
     .help = "Adjust the model of --timedep for response too (CR or PR in --response-column), as "
             "if it had been known from the start: it says who is given the treatment."},
    {.name = "curves-from",
     .kind = RWE_OPTION_NUMBER,
     .section = RWE_SECTION_METHOD,
     .argument = "T",
     .fallback = "0",
     .low = 0,
     .high = 1e300,
     .help = "Simon and Makuch's curves start here, among those without the event by then (default "
             "0), in the file's unit: early on few are exposed."},
};
static const struct rwe_options option_list = RWE_OPTIONS(options);

/* ---- the rows of an endpoint ---- */

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
    return rwe_settings_choice(run->settings, "ties") == RWE_COX_EXACT;
}

static enum rwe_status start_part(const struct rwe_run *run, size_t e, struct timedep_part *part,
                                  struct rwe_error *error)
{
    struct rwe_cohort *rows = RWE_NEW(run->arena, struct rwe_cohort, 1);
    enum rwe_status status =
        rows == NULL ? rwe_fail_memory(error)
                     : rwe_cohort_timedep(run->cohort, e, run->arena, &part->cut, error);
    if (status != RWE_OK)
        return status;
    *rows = *part->cut.rows;
    if (rwe_settings_flag(run->settings, "timedep-response"))
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

static void warn_left_out(struct rwe_run *run, const struct timedep_part *part)
{
    if (part->cut.n_without > 0)
        rwe_document_warning(run->document, "no-follow-up", "timedep",
                             "%s: %zu subjects without any time at risk are left out of the "
                             "time-dependent analysis.",
                             timedep_endpoint(part)->name, part->cut.n_without);
}

/* Whether the arms, which say who was ever exposed, go with the starts. */
static void warn_arms(struct rwe_run *run)
{
    const struct rwe_cohort *cohort = run->cohort;
    size_t unknown = 0, unexpected = 0;
    for (size_t i = 0; i < cohort->n; i++) {
        unknown += cohort->arm[i] == 1 && isnan(cohort->exposure_start[i]);
        unexpected += cohort->arm[i] == 0 && !isnan(cohort->exposure_start[i]);
    }
    if (unknown + unexpected > 0)
        rwe_document_warning(
            run->document, "arm-without-start", "timedep",
            "The arms and the starts of exposure do not go together: %zu subjects of arm \"%s\" "
            "have no start, and count as never exposed; %zu of arm \"%s\" have one, and count as "
            "exposed from then on.",
            unknown, cohort->arm_level[1], unexpected, cohort->arm_level[0]);
}

static void present_states(struct rwe_run *run, const struct timedep_part part[])
{
    const struct rwe_cohort *cohort = run->cohort;
    struct rwe_grid *grid = rwe_document_table(run->document, "Time and events by state");
    rwe_grid_column(grid, "endpoint and state");
    rwe_grid_column(grid, "subjects");
    rwe_grid_column(grid, "events");
    rwe_grid_column(grid, "time at risk%s", rwe_time_unit_suffix(run));
    for (size_t e = 0; e < cohort->n_endpoints; e++) {
        const struct rwe_timedep *cut = &part[e].cut;
        const struct rwe_endpoint *endpoint = timedep_endpoint(&part[e]);
        struct rwe_key key = rwe_key_in("timedep", endpoint, &part[e].run.design[0]);
        rwe_document_number(run->document, &key, "n", (double)cut->n);
        rwe_document_number(run->document, &key, "n.rows", (double)cut->rows->n);
        rwe_document_number(run->document, &key, "n.switched", (double)cut->n_switched);
        rwe_document_number(run->document, &key, "n.too.late", (double)cut->n_too_late);
        rwe_document_number(run->document, &key, "n.without.time", (double)cut->n_without);
        rwe_grid_row(grid, 0, "%s", endpoint->name);
        for (size_t state = 0; state < 2; state++) {
            struct rwe_key of = rwe_key_arm(key, cohort, state);
            double events = 0;
            for (size_t k = 0; k < cut->rows->n; k++)
                events += cut->rows->arm[k] == state && endpoint->event[k] > 0;
            rwe_fact n =
                rwe_document_number(run->document, &of, "n", (double)cut->rows->arm_size[state]);
            rwe_fact event = rwe_document_number(run->document, &of, "n.event", events);
            rwe_fact time = rwe_document_number(run->document, &of, "time", cut->time[state]);
            rwe_grid_row(grid, 1, "%s: %s", state == 0 ? "not, or not yet" : "exposed",
                         cohort->arm_level[state]);
            rwe_grid_cell(grid, RWE_CELL_COUNT, n, RWE_NO_FACT, RWE_NO_FACT);
            rwe_grid_cell(grid, RWE_CELL_COUNT, event, RWE_NO_FACT, RWE_NO_FACT);
            rwe_grid_cell(grid, RWE_CELL_NUMBER, time, RWE_NO_FACT, RWE_NO_FACT);
        }
    }
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
    terms->term[0].name = rwe_arena_format(run->arena, "while %s", run->cohort->arm_level[1]);
    for (size_t t = 1; t < terms->n; t++)
        if (model->term[t].contrast_name != NULL)
            terms->term[t].name =
                rwe_arena_format(run->arena, "%s (Q3 against Q1)", model->term[t].name);
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

static enum rwe_status fit_model(struct timedep_part *part, enum rwe_cox_model_kind kind,
                                 struct rwe_grid *grid, struct terms *terms,
                                 struct rwe_error *error)
{
    struct rwe_run *run = &part->run;
    struct rwe_cox_request request = {run, timedep_endpoint(part), &run->design[0], kind, 0};
    struct rwe_cox_model model;
    enum rwe_status status = rwe_cox_model_fit(&request, &model, error);
    if (status == RWE_OK)
        status = rwe_cox_model_limits(&request, &model, error);
    struct rwe_cox_shown *shown = RWE_NEW(run->arena, struct rwe_cox_shown, model.n_terms);
    if (status == RWE_OK && shown == NULL)
        status = rwe_fail_memory(error);
    if (status != RWE_OK)
        return status;
    struct rwe_key key = rwe_key_in("cox", request.endpoint, request.design);
    key.model = model.name;
    size_t n = count_subjects(run->cohort, &model);
    rwe_fact sizes[2];
    sizes[0] = rwe_document_number(run->document, &key, "n", (double)n);
    sizes[1] = rwe_document_number(run->document, &key, "n.event", (double)model.n_events);
    rwe_document_number(run->document, &key, "n.rows", (double)model.data.n);
    if (kind == RWE_COX_ADJUSTED)
        rwe_document_number(run->document, &key, "n.missing", (double)(part->cut.n - n));
    rwe_cox_model_facts(run, &key, &model);
    for (size_t t = 0; t < model.n_terms; t++)
        shown[t] = rwe_cox_term_facts(run, &key, &model, t);
    model_row(grid, run, kind == RWE_COX_ADJUSTED, sizes, &shown[0]);
    rwe_cox_model_warn(run, &key, request.design->label, &model);
    return kind == RWE_COX_ADJUSTED ? keep_terms(run, &model, shown, terms, error) : RWE_OK;
}

static void present_terms(struct timedep_part *part, const struct terms *terms)
{
    struct rwe_run *run = &part->run;
    const char *title = rwe_arena_format(run->arena, "Adjusted time-dependent model: %s",
                                         timedep_endpoint(part)->name);
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
    else
        rwe_grid_note(grid, "Standard errors robust, by %s.",
                      cohort->cluster == NULL ? "subject"
                                              : rwe_settings_text(run->settings, "cluster"));
    if (cohort->stratum != NULL)
        rwe_grid_note(grid, "Stratified by %s.", cohort->strata_name);
    if (rwe_settings_flag(run->settings, "timedep-response"))
        rwe_grid_note(grid, "Adjusted for response too (CR or PR; not evaluable and missing count "
                            "as none). It was found after time zero and is taken as if known from "
                            "the start.");
    rwe_bootstrap_note(run, grid);
}

static bool is_adjusted(const struct timedep_part *part)
{
    return part->run.cohort->n_covariates > 0;
}

static enum rwe_status present_models(struct rwe_run *run, struct timedep_part part[],
                                      struct rwe_error *error)
{
    enum rwe_status status = RWE_OK;
    size_t n = run->cohort->n_endpoints;
    struct terms *terms = RWE_NEW(run->arena, struct terms, n);
    struct rwe_grid *grid =
        rwe_document_table(run->document, "Hazard while exposed against while not");
    rwe_grid_column(grid, "endpoint and contrast");
    rwe_grid_column(grid, "n");
    rwe_grid_column(grid, "events");
    rwe_grid_column(grid, "hazard ratio\n(%s CI)", rwe_conf_level_text(run));
    rwe_grid_column(grid, "log HR");
    rwe_grid_column(grid, "std. error");
    rwe_grid_column(grid, "p");
    if (terms == NULL)
        return rwe_fail_memory(error);
    for (size_t e = 0; e < n && status == RWE_OK; e++) {
        status = fit_model(&part[e], RWE_COX_ARM, grid, NULL, error);
        if (status == RWE_OK && is_adjusted(&part[e]))
            status = fit_model(&part[e], RWE_COX_ADJUSTED, grid, &terms[e], error);
    }
    note_models(run, grid);
    for (size_t e = 0; e < n && status == RWE_OK; e++)
        if (is_adjusted(&part[e]))
            present_terms(&part[e], &terms[e]);
    return status;
}

/* ---- the analysis ---- */

static enum rwe_status check(const struct rwe_run *run, struct rwe_error *error)
{
    enum rwe_status status = rwe_need_endpoint(run, "timedep", error);
    if (status == RWE_OK && run->cohort->exposure_start == NULL)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--timedep needs to know when exposure began: say --exposure-start COL");
    if (status == RWE_OK && rwe_settings_flag(run->settings, "timedep-response") &&
        run->cohort->response == NULL)
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

static enum rwe_status run_timedep(struct rwe_run *run, void *state, struct rwe_error *error)
{
    (void)state;
    size_t n = run->cohort->n_endpoints;
    struct timedep_part *part = RWE_NEW(run->arena, struct timedep_part, n);
    enum rwe_status status = part == NULL ? rwe_fail_memory(error) : RWE_OK;
    for (size_t e = 0; e < n && status == RWE_OK; e++)
        status = start_part(run, e, &part[e], error);
    if (status != RWE_OK)
        return status;
    rwe_document_section(run->document, 1, "Exposure that changes in time");
    tell_estimand(run);
    warn_arms(run);
    for (size_t e = 0; e < n; e++)
        warn_left_out(run, &part[e]);
    present_states(run, part);
    status = present_models(run, part, error);
    if (status == RWE_OK)
        status = timedep_present_tests(run, part, error);
    for (size_t e = 0; e < n && status == RWE_OK; e++)
        status = timedep_present_curves(&part[e], error);
    return status;
}

/* ---- for replicates ---- */

static enum rwe_status estimate_model(struct timedep_part *part, enum rwe_cox_model_kind kind,
                                      struct rwe_estimates *estimates, struct rwe_error *error)
{
    struct rwe_run *run = &part->run;
    struct rwe_cox_request request = {run, timedep_endpoint(part), &run->design[0], kind, 0};
    struct rwe_cox_model model;
    enum rwe_status status = rwe_cox_model_estimate(&request, &model, error);
    if (status != RWE_OK)
        return status;
    struct rwe_key key = rwe_key_in("cox", request.endpoint, request.design);
    key.model = model.name;
    key.term = "arm";
    rwe_estimates_add(estimates, &key, "hr", RWE_ESTIMATE_LOG_RATIO,
                      model.failure.status == RWE_OK ? model.fit.estimate[model.term[0].column]
                                                     : NAN);
    return RWE_OK;
}

static enum rwe_status estimate_timedep(struct rwe_run *run, struct rwe_estimates *estimates,
                                        struct rwe_error *error)
{
    enum rwe_status status = RWE_OK;
    for (size_t e = 0; e < run->cohort->n_endpoints && status == RWE_OK; e++) {
        struct timedep_part part;
        struct rwe_mark mark = rwe_arena_mark(run->arena);
        status = start_part(run, e, &part, error);
        if (status == RWE_OK)
            status = estimate_model(&part, RWE_COX_ARM, estimates, error);
        if (status == RWE_OK && is_adjusted(&part))
            status = estimate_model(&part, RWE_COX_ADJUSTED, estimates, error);
        if (!rwe_estimates_are_of_data(estimates)) /* else the list grows in the same arena */
            rwe_arena_release(run->arena, mark);
    }
    return status;
}

/* ---- in the protocol ---- */

static void emulate(const struct rwe_run *run, struct rwe_protocol *protocol)
{
    if (rwe_settings_flag(run->settings, "timedep-response"))
        rwe_protocol_say(protocol, RWE_PROTOCOL_ASSIGNMENT,
                         "time-dependent model: given response too");
    rwe_protocol_say(protocol, RWE_PROTOCOL_CONTRAST,
                     "time-dependent: a ratio of hazards, no strategy");
}

const struct rwe_analysis rwe_analysis_timedep = {
    .name = "timedep",
    .from_zero = true,
    .help = "Exposure that starts after time zero (--exposure-start) as what it is: Cox's model "
            "with a time-dependent exposure, Mantel and Byar's test, Simon and Makuch's curves.",
    .options = &option_list,
    .method = N_("time-dependent Cox model"),
    .emulate = emulate,
    .design = design,
    .run = run_timedep,
    .estimate = estimate_timedep,
};
