/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hazard ratios by Cox's model: of the arms alone, adjusted for covariates, in two periods, and of
 * each covariate alone. See cox.md. */
#include "cox_more.h"
#include "rwe/analysis/bootstrap.h"
#include "rwe/analysis/estimates.h"
#include "rwe/base/language.h"

#include <math.h>

/* ---- the table of arms ---- */

struct arm_table {
    struct rwe_grid *grid;
    struct rwe_grid *concordance;          /* NULL where --km brought the ratio alone */
    struct rwe_grid *influence;            /* NULL without --residuals */
    struct rwe_cox_predictions *predicted; /* NULL without --predict */
    bool firth;                            /* a row is of Firth's fit */
};

static void add_sizes(struct rwe_run *run, const struct rwe_key *key,
                      const struct rwe_cox_model *model, rwe_fact sizes[2])
{
    /* One statement each: C does not say which item of a list comes first. */
    sizes[0] = rwe_document_number(run->document, key, "n",
                                   (double)rwe_survival_data_followups(&model->data));
    sizes[1] = rwe_document_number(run->document, key, "n.event", (double)model->n_events);
}

/* What is said of one model's arms. */
struct arm_part {
    const char *what; /* below the first rows: "adjusted"; NULL for those */
    rwe_fact sizes[2];
    const struct rwe_cox_shown *shown;
    bool firth;
};

/* The rows of one model's arms: "os, Matched 1:1: 1 against 0", and below it what else is said of
 * the same contrast: "adjusted". */
static void arm_rows(struct rwe_run *run, struct arm_table *table,
                     const struct rwe_cox_request *request, const struct arm_part *part)
{
    const struct rwe_cohort *cohort = run->cohort;
    table->firth |= part->firth;
    for (size_t arm = 1; arm < cohort->n_arms; arm++) {
        const char *label =
            part->what == NULL    ? rwe_arena_format(run->arena, rwe_text("%s, %s: %s against %s"),
                                                     request->endpoint->name, request->design->label,
                                                     cohort->arm_level[arm], cohort->arm_level[0])
            : cohort->n_arms == 2 ? part->what
                                  : rwe_arena_format(run->arena, rwe_text("%s: %s"), part->what,
                                                     cohort->arm_level[arm]);
        rwe_grid_row(table->grid, part->what != NULL, part->firth ? N_("%s (Firth)") : "%s",
                     label == NULL ? "" : label);
        rwe_cox_row_cells(table->grid, part->sizes, &part->shown[arm - 1]);
    }
}

static const char *fit_label(const struct rwe_cox_request *request, const char *model)
{
    const char *label = rwe_arena_format(request->run->arena, rwe_text("%s, %s model"),
                                         request->design->label, model);
    return label == NULL ? "" : label;
}

/* ---- one endpoint in one design ---- */

/* The arms in one period. */
static enum rwe_status run_period(struct rwe_run *run, struct arm_table *table,
                                  const struct rwe_cox_request *request,
                                  const struct rwe_cox_model *whole, bool after,
                                  struct rwe_error *error)
{
    double split = cox_settings_of(run->settings)->split_time;
    struct rwe_cox_model model;
    struct arm_part part = {0};
    enum rwe_status status = rwe_cox_model_period(request, whole, split, after, &model, error);
    if (status == RWE_OK)
        status = rwe_cox_model_limits(request, &model, error);
    if (status != RWE_OK)
        return status;
    struct rwe_key key = rwe_key_in("cox", request->endpoint, request->design);
    key.model = model.name;
    key.level = rwe_arena_format(run->arena, "%s%.15g", after ? ">" : "<=", split);
    const char *label = rwe_arena_format(
        run->arena, rwe_text(after ? N_("after %.15g") : N_("up to %.15g")), split);
    struct rwe_cox_shown *shown = RWE_NEW(run->arena, struct rwe_cox_shown, model.n_terms);
    if (rwe_arena_failed(run->arena))
        return rwe_fail_memory(error);
    add_sizes(run, &key, &model, part.sizes);
    for (size_t t = 0; t < model.n_terms; t++)
        shown[t] = rwe_cox_term_facts(run, &key, &model, t);
    part.what = label;
    part.shown = shown;
    part.firth = model.separation.status != RWE_OK;
    arm_rows(run, table, request, &part);
    rwe_cox_model_warn(run, &key, fit_label(request, label), &model);
    return RWE_OK;
}

static enum rwe_status run_arm(struct rwe_run *run, struct arm_table *table,
                               const struct rwe_cox_request *request, struct rwe_error *error)
{
    struct rwe_cox_model model;
    struct arm_part part = {0};
    enum rwe_status status = rwe_cox_model_estimate(request, &model, error);
    if (status == RWE_OK)
        status = rwe_cox_model_limits(request, &model, error);
    struct rwe_cox_shown *shown = RWE_NEW(run->arena, struct rwe_cox_shown, run->cohort->n_arms);
    if (status == RWE_OK && shown == NULL)
        status = rwe_fail_memory(error);
    if (status != RWE_OK)
        return status;
    struct rwe_key key = rwe_key_in("cox", request->endpoint, request->design);
    key.model = model.name;
    add_sizes(run, &key, &model, part.sizes);
    rwe_fact harrell = rwe_cox_model_facts(run, &key, &model);
    for (size_t t = 0; t < model.n_terms; t++)
        shown[t] = rwe_cox_term_facts(run, &key, &model, t);
    part.shown = shown;
    part.firth = model.separation.status != RWE_OK;
    arm_rows(run, table, request, &part);
    rwe_cox_model_warn(run, &key, request->design->label, &model);
    status = rwe_cox_concordance_row(table->concordance, request, &model, harrell, error);
    if (status == RWE_OK)
        status = rwe_cox_influence(table->influence, request, &model, error);
    if (!isnan(cox_settings_of(run->settings)->split_time))
        for (int after = 0; after < 2 && status == RWE_OK; after++)
            status = run_period(run, table, request, &model, after, error);
    return status;
}

/* The terms of all designs for one endpoint, until their table is written. */
struct terms {
    struct rwe_cox_term *term;
    size_t n_terms;
    struct rwe_cox_shown *shown; /* [design * n_terms + term] */
    bool firth;                  /* a model is Firth's fit */
};

/* Whether the adjusted model was asked for: by name, not by --km, which brings the arms' ratio only. */
static bool is_adjusted(const struct rwe_run *run)
{
    return run->cohort->n_covariates > 0 && cox_settings_of(run->settings)->asked;
}

/* Where another analysis asks for Cox models (triangulation), it shows adjusted ones of all patients alone:
 * replicates of the others would only cost time. */
static bool is_adjusted_in_replicates(const struct rwe_run *run, size_t design)
{
    bool by_name = cox_settings_of(run->settings)->asked_source > RWE_FROM_DEFAULT;
    return is_adjusted(run) && (by_name || design == 0);
}

static enum rwe_status fit_adjusted(const struct rwe_cox_request *request, size_t design,
                                    struct rwe_cox_model *model, struct rwe_error *error)
{
    return is_adjusted_in_replicates(request->run, design)
               ? rwe_cox_model_estimate(request, model, error)
               : rwe_cox_model_fit(request, model, error);
}

/* Adds the adjusted model's facts and the row of its arms; its terms go to those of design d. */
static enum rwe_status run_adjusted(struct rwe_run *run, struct arm_table *table,
                                    const struct rwe_cox_request *request, size_t d,
                                    struct terms *terms, struct rwe_error *error)
{
    struct rwe_cox_model model;
    struct arm_part part = {.what = rwe_text("adjusted")};
    struct rwe_cox_shown *shown = terms->shown + d * terms->n_terms;
    enum rwe_status status = fit_adjusted(request, d, &model, error);
    if (status == RWE_OK)
        status = rwe_cox_model_limits(request, &model, error);
    if (status != RWE_OK)
        return status;
    struct rwe_key key = rwe_key_in("cox", request->endpoint, request->design);
    key.model = model.name;
    add_sizes(run, &key, &model, part.sizes);
    rwe_document_number(run->document, &key, "n.missing", (double)model.n_incomplete);
    rwe_fact harrell = rwe_cox_model_facts(run, &key, &model);
    for (size_t t = 0; t < model.n_terms; t++)
        shown[t] = rwe_cox_term_facts(run, &key, &model, t);
    part.shown = shown;
    part.firth = model.separation.status != RWE_OK;
    terms->firth |= part.firth;
    arm_rows(run, table, request, &part);
    rwe_cox_model_warn(run, &key, fit_label(request, rwe_text("adjusted")), &model);
    status = rwe_cox_concordance_row(table->concordance, request, &model, harrell, error);
    if (status == RWE_OK)
        status = rwe_cox_influence(table->influence, request, &model, error);
    if (status != RWE_OK || !request->design->disjoint_arms) /* pieces are no patients */
        return status;
    return rwe_cox_add_predictions(table->predicted, request, &model, error);
}

/* The terms' names, as every design has them: the arms first where `arms`, then the covariates. */
static enum rwe_status list_terms(struct rwe_run *run, bool arms, struct terms *terms,
                                  struct rwe_error *error)
{
    const struct rwe_cohort *cohort = run->cohort;
    const struct rwe_cox_request request = {.run = run, .kind = RWE_COX_ADJUSTED};
    struct rwe_cox_model model;
    if (rwe_cox_model_list(&request, &model) != RWE_OK)
        return rwe_fail_memory(error);
    size_t n_arms = arms ? cohort->n_arms - 1 : 0, first = arms ? 0 : cohort->n_arms - 1;
    terms->n_terms = model.n_terms - first;
    terms->term = RWE_NEW(run->arena, struct rwe_cox_term, terms->n_terms);
    terms->shown = RWE_NEW(run->arena, struct rwe_cox_shown, run->n_designs * terms->n_terms);
    if (rwe_arena_failed(run->arena))
        return rwe_fail_memory(error);
    for (size_t a = 0; a < n_arms; a++)
        terms->term[a].name = rwe_arena_format(run->arena, rwe_text("arm: %s against %s"),
                                               cohort->arm_level[a + 1], cohort->arm_level[0]);
    for (size_t t = n_arms; t < terms->n_terms; t++) {
        const struct rwe_cox_term *term = &model.term[first + t];
        terms->term[t].name =
            term->n_columns > 1
                ? rwe_arena_format(run->arena, rwe_text("%s (Q3 against Q1)"), term->name)
                : term->name;
    }
    return rwe_arena_failed(run->arena) ? rwe_fail_memory(error) : RWE_OK;
}

static enum rwe_status run_one(struct rwe_run *run, struct arm_table *table,
                               const struct rwe_endpoint *endpoint, size_t d, struct terms *terms,
                               struct rwe_error *error)
{
    struct rwe_mark mark = rwe_arena_mark(run->arena);
    struct rwe_cox_request request = {run, endpoint, &run->design[d], RWE_COX_ARM, 0};
    enum rwe_status status = run_arm(run, table, &request, error);
    request.kind = RWE_COX_ADJUSTED;
    if (status == RWE_OK && terms->n_terms > 0)
        status = run_adjusted(run, table, &request, d, terms, error);
    if (status == RWE_OK)
        rwe_arena_release(run->arena, mark);
    return status;
}

/* ---- the tables of terms ---- */

static void note_strata_and_errors(struct rwe_run *run, struct rwe_grid *grid)
{
    const struct rwe_cohort *cohort = run->cohort;
    if (cohort->stratum != NULL)
        rwe_grid_note(grid, "Stratified by %s.", cohort->strata_name);
    rwe_note_variances(run, grid, "cox", rwe_text("Standard errors"),
                       rwe_text("from the information"));
}

static void note_limits(struct rwe_run *run, struct rwe_grid *grid)
{
    if (cox_settings_of(run->settings)->profile)
        rwe_grid_note(grid, "Profile-likelihood limits and likelihood-ratio p-values in place of "
                            "Wald's where standard errors are not robust.");
}

static void note_firth(struct rwe_grid *grid, const char *which)
{
    rwe_grid_note(grid,
                  "%s: the likelihood has no maximum; that with Firth's penalty has. Its profile "
                  "limits and likelihood-ratio p-value.",
                  which);
}

static void note_splines(struct rwe_run *run, struct rwe_grid *grid)
{
    if (cox_settings_of(run->settings)->spline.n > 0)
        rwe_grid_note(grid, "Q3 against Q1: natural cubic spline with 3 degrees of freedom; the "
                            "ratio of its quartiles, and p of all its terms.");
}

static void present_terms(struct rwe_run *run, const struct rwe_endpoint *endpoint,
                          const struct terms *terms)
{
    struct rwe_mark mark = rwe_arena_mark(run->arena);
    const char *title =
        rwe_arena_format(run->arena, rwe_text("Adjusted hazard ratios: %s"), endpoint->name);
    struct rwe_grid *grid = rwe_cox_comparison_table(
        run, &(struct rwe_cox_comparison){title, terms->term, terms->n_terms, terms->shown});
    rwe_grid_note(grid, "One Cox model a population, with the arm and all covariates; a number per "
                        "unit of its variable, a category against its first level. Only the arm's "
                        "ratio is a comparison of treatments.");
    note_limits(run, grid);
    if (terms->firth)
        note_firth(grid, rwe_text("Where a warning says so"));
    note_splines(run, grid);
    rwe_cox_comparison_figure(run, grid,
                              rwe_arena_format(run->arena, "forest-cox-%s", endpoint->name), title);
    rwe_arena_release(run->arena, mark);
}

/* Each covariate alone, in one design: fills the terms in the order of the covariates' columns. */
static enum rwe_status run_univariable(struct rwe_run *run, const struct rwe_endpoint *endpoint,
                                       size_t d, struct terms *terms, struct rwe_error *error)
{
    size_t next = d * terms->n_terms;
    enum rwe_status status = RWE_OK;
    for (size_t j = 0; j < run->cohort->n_covariates && status == RWE_OK; j++) {
        struct rwe_mark mark = rwe_arena_mark(run->arena);
        struct rwe_cox_request request = {run, endpoint, &run->design[d], RWE_COX_UNIVARIABLE, j};
        struct rwe_cox_model model;
        rwe_fact sizes[2];
        status = rwe_cox_model_fit(&request, &model, error);
        if (status == RWE_OK)
            status = rwe_cox_model_limits(&request, &model, error);
        if (status != RWE_OK)
            return status;
        struct rwe_key key = rwe_key_in("cox", endpoint, request.design);
        key.model = model.name;
        for (size_t t = 0; t < model.n_terms; t++)
            terms->shown[next++] = rwe_cox_term_facts(run, &key, &model, t);
        terms->firth |= model.separation.status != RWE_OK;
        key.term = run->cohort->covariate[j].name;
        add_sizes(run, &key, &model, sizes);
        rwe_cox_model_warn(run, &key, fit_label(&request, key.term), &model);
        rwe_arena_release(run->arena, mark);
    }
    return status;
}

static enum rwe_status run_all_univariable(struct rwe_run *run, const struct rwe_endpoint *endpoint,
                                           struct rwe_error *error)
{
    struct terms terms = {0};
    struct rwe_mark mark = rwe_arena_mark(run->arena);
    enum rwe_status status = list_terms(run, false, &terms, error);
    for (size_t d = 0; d < run->n_designs && status == RWE_OK; d++)
        status = run_univariable(run, endpoint, d, &terms, error);
    if (status != RWE_OK)
        return status;
    const char *title = rwe_arena_format(
        run->arena, rwe_text("Hazard ratios of covariates, each alone: %s"), endpoint->name);
    struct rwe_grid *grid = rwe_cox_comparison_table(
        run, &(struct rwe_cox_comparison){title, terms.term, terms.n_terms, terms.shown});
    rwe_grid_note(grid, "A Cox model of each covariate by itself, among those who have it.");
    note_limits(run, grid);
    if (terms.firth)
        note_firth(grid, rwe_text("Where a warning says so"));
    note_splines(run, grid);
    rwe_cox_comparison_figure(
        run, grid, rwe_arena_format(run->arena, "forest-univariable-%s", endpoint->name), title);
    rwe_arena_release(run->arena, mark);
    return RWE_OK;
}

/* ---- the analysis ---- */

static struct arm_table start_arm_table(struct rwe_run *run)
{
    struct rwe_grid *grid = rwe_document_table(run->document, "Hazard ratios of the arms");
    rwe_grid_column(grid, "endpoint and contrast");
    rwe_grid_column(grid, "n");
    rwe_grid_column(grid, "events");
    rwe_grid_column(grid, "hazard ratio\n(%s CI)", rwe_conf_level_text(run));
    rwe_grid_column(grid, "log HR");
    rwe_grid_column(grid, "std. error");
    rwe_grid_column(grid, "p");
    bool named = cox_settings_of(run->settings)->asked;
    struct rwe_grid *concordance = named ? rwe_cox_concordance_table(run) : NULL;
    struct rwe_grid *influence = rwe_cox_influence_table(run);
    return (struct arm_table){grid, concordance, influence, NULL, false};
}

static void end_arm_table(struct rwe_run *run, const struct arm_table *table)
{
    struct rwe_grid *grid = table->grid;
    const char *ties = rwe_cox_ties_text(run);
    rwe_grid_note(grid, "Cox model with the arm alone, %s ties; Wald limits and p-values.", ties);
    note_limits(run, grid);
    if (table->firth)
        note_firth(grid, rwe_text("Firth"));
    if (is_adjusted(run))
        rwe_grid_note(grid, "Adjusted: with all covariates, in subjects who have them all.");
    if (!isnan(cox_settings_of(run->settings)->split_time))
        rwe_grid_note(grid, "Up to a time: later events are not seen. After it: those still at "
                            "risk, who are no longer as comparable as at the start.");
    note_strata_and_errors(run, grid);
    rwe_bootstrap_note(run, grid);
    if (table->concordance != NULL)
        rwe_cox_concordance_end(run, table->concordance);
    if (table->predicted != NULL)
        rwe_cox_predict_end(run, table->predicted);
}

static enum rwe_status run_univariable_part(struct rwe_run *run, struct rwe_error *error)
{
    enum rwe_status status = RWE_OK;
    if (!cox_settings_of(run->settings)->univariable)
        return RWE_OK;
    if (run->cohort->n_covariates == 0)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--univariable needs covariates: say --covariates A,B,…");
    for (size_t e = 0; e < run->cohort->n_endpoints && status == RWE_OK; e++)
        status = run_all_univariable(run, &run->cohort->endpoint[e], error);
    return status;
}

/* ---- in a replicate: the arms' ratios alone ---- */

static enum rwe_status estimate_model(const struct rwe_cox_request *request,
                                      struct rwe_error *error)
{
    struct rwe_run *run = request->run;
    struct rwe_mark mark = rwe_arena_mark(run->arena);
    struct rwe_cox_model model;
    enum rwe_status status = rwe_cox_model_estimate(request, &model, error);
    if (status != RWE_OK)
        return status;
    struct rwe_key key = rwe_key_in("cox", request->endpoint, request->design);
    key.model = model.name;
    for (size_t a = 0; a + 1 < run->cohort->n_arms; a++) {
        bool fitted = model.failure.status == RWE_OK;
        const struct rwe_inference of = {.value = fitted ? model.fit.estimate[model.term[a].column]
                                                         : NAN};
        key.term = model.term[a].name;
        rwe_run_estimate(run, &key, "hr", RWE_ESTIMATE_LOG_RATIO, &of);
    }
    rwe_arena_release(run->arena, mark);
    return RWE_OK;
}

static enum rwe_status run_replicate(struct rwe_run *run, struct rwe_error *error)
{
    enum rwe_status status = RWE_OK;
    for (size_t e = 0; e < run->cohort->n_endpoints; e++)
        for (size_t d = 0; d < run->n_designs && status == RWE_OK; d++) {
            struct rwe_cox_request request = {run, &run->cohort->endpoint[e], &run->design[d],
                                              RWE_COX_ARM, 0};
            status = estimate_model(&request, error);
            request.kind = RWE_COX_ADJUSTED;
            if (status == RWE_OK && is_adjusted_in_replicates(run, d))
                status = estimate_model(&request, error);
        }
    return status;
}

static enum rwe_status run_cox(struct rwe_run *run, void *state, struct rwe_error *error)
{
    (void)state;
    const struct rwe_cohort *cohort = run->cohort;
    if (run->replicate > 0)
        return run_replicate(run, error);
    enum rwe_status status = rwe_need_endpoint(run, "cox", error);
    if (status == RWE_OK)
        status = rwe_cox_check_splines(run, error);
    if (status == RWE_OK)
        status = rwe_cox_check_interactions(run, error);
    if (status == RWE_OK)
        status = rwe_cox_check_predict(run, error);
    if (status != RWE_OK)
        return status;
    rwe_document_section(run->document, 1, "Cox model");
    struct arm_table table = start_arm_table(run);
    status = rwe_cox_predict_start(run, &table.predicted, error);
    if (status != RWE_OK)
        return status;
    struct rwe_mark mark = rwe_arena_mark(run->arena);
    struct terms *terms = RWE_NEW(run->arena, struct terms, cohort->n_endpoints);
    if (terms == NULL)
        return rwe_fail_memory(error);
    for (size_t e = 0; e < cohort->n_endpoints && status == RWE_OK; e++) {
        if (is_adjusted(run))
            status = list_terms(run, true, &terms[e], error);
        for (size_t d = 0; d < run->n_designs && status == RWE_OK; d++)
            status = run_one(run, &table, &cohort->endpoint[e], d, &terms[e], error);
    }
    end_arm_table(run, &table);
    for (size_t e = 0; e < cohort->n_endpoints && status == RWE_OK; e++)
        if (is_adjusted(run))
            present_terms(run, &cohort->endpoint[e], &terms[e]);
    if (status == RWE_OK)
        rwe_arena_release(run->arena, mark);
    if (status == RWE_OK)
        status = rwe_cox_run_interactions(run, error);
    return status == RWE_OK ? run_univariable_part(run, error) : status;
}

const struct rwe_analysis rwe_analysis_cox = {
    .name = "cox",
    .section = RWE_SECTION_MODELS,
    .method = N_("Cox models"),
    .measure = N_("hazard ratio"),
    .compares_arms = true,
    .help =
        N_("Hazard ratio of the arms by Cox's model; robust and clustered by pair after matching. "
           "Asked for by name, not by --km, also adjusted for the covariates."),
    .implied_by = "predict",
    .flag = &cox_flag,
    .options = &cox_options,
    .lists = RWE_LISTS_ESTIMATES,
    .run = run_cox,
    .write_files = rwe_cox_write_residuals,
};
