/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether hazards are proportional, by term of the Cox models. See ph.md. */
#include "rwe/stats/ph.h"
#include "cox_models.h"
#include "cox_present.h"
#include "ph_figure.h"
#include "rwe/analysis/present.h"
#include "rwe/base/language.h"

#include <math.h>

struct settings {
    enum rwe_ph_transform transform;
    bool average;
};

static const struct rwe_option options[] = {
    {.name = "ph-transform",
     RWE_CHOICE_IN(struct settings, transform),
     .section = RWE_SECTION_MODELS,
     .argument = "km|rank|identity|log",
     .choices = "km|rank|identity|log",
     .fallback = "km",
     .help =
         N_("The function of time with which --ph lets log hazard ratios change (default km: one "
            "less the Kaplan-Meier curve, as R's cox.zph).")},
    {.name = "average-hr",
     RWE_FLAG_IN(struct settings, average),
     .section = RWE_SECTION_MODELS,
     .help =
         N_("With --ph, also the average hazard ratio of the arms: an answer where hazards are not "
            "proportional (Schemper, Wakounig and Heinze).")},
};
static const struct rwe_options option_list = RWE_OPTIONS_IN(struct settings, options);

static const struct settings *settings_of(const struct rwe_run *run)
{
    return rwe_settings_of(run->settings, &option_list);
}

/* The variables of a model, and which its columns belong to. */
struct variables {
    const char **name;
    uint32_t *of_column;
    size_t n;
};

/* Columns of one variable stand together and share its name, which is compared by address: a covariate
 * may well be called "arm". */
static enum rwe_status group_terms(const struct rwe_cox_model *model, struct rwe_arena *arena,
                                   struct variables *variables)
{
    *variables = (struct variables){RWE_NEW(arena, const char *, model->n_terms),
                                    RWE_NEW(arena, uint32_t, model->matrix.p), 0};
    if (rwe_arena_failed(arena))
        return RWE_NO_MEMORY;
    for (size_t c = 0; c < model->matrix.n_columns; c++) {
        const struct rwe_model_column *column = &model->matrix.column[c];
        const char *name = model->matrix.model.term[column->term].name;
        if (column->at == RWE_NO_INDEX)
            continue;
        if (variables->n == 0 || variables->name[variables->n - 1] != name)
            variables->name[variables->n++] = name;
        variables->of_column[column->at] = (uint32_t)variables->n - 1;
    }
    return RWE_OK;
}

static const char *test_name(const struct rwe_cox_request *request,
                             const struct rwe_cox_model *model)
{
    if (model->data.cluster == NULL)
        return model->data.weight == NULL ? rwe_text("score") : rwe_text("robust score");
    return rwe_design_is_matched(request->design) ? rwe_text("robust score, by matched set")
                                                  : rwe_text("robust score, by cluster");
}

/* The facts of a test, as cells unless `grid` is NULL. */
static void present_test(struct rwe_run *run, struct rwe_grid *grid, struct rwe_key key,
                         const struct rwe_ph_test *test)
{
    rwe_fact statistic = rwe_document_number(run->document, &key, "statistic", test->statistic);
    rwe_fact df = rwe_document_number(run->document, &key, "df", test->df);
    rwe_fact p = rwe_document_number(run->document, &key, "p.value", test->p_value);
    if (grid == NULL)
        return;
    rwe_grid_cell(grid, RWE_CELL_STATISTIC, statistic, RWE_NO_FACT, RWE_NO_FACT);
    rwe_grid_cell(grid, RWE_CELL_COUNT, df, RWE_NO_FACT, RWE_NO_FACT);
    rwe_grid_cell(grid, RWE_CELL_P_VALUE, p, RWE_NO_FACT, RWE_NO_FACT);
}

static const char *model_label(const struct rwe_cox_request *request)
{
    return request->kind == RWE_COX_ARM ? rwe_text("arm") : rwe_text("adjusted");
}

static void start_row(struct rwe_grid *grid, const struct rwe_cox_request *request)
{
    rwe_grid_row(grid, 0, "%s, %s: %s", request->endpoint->name, request->design->label,
                 request->kind == RWE_COX_ARM ? rwe_text("arm alone") : rwe_text("adjusted"));
}

static void warn_of_change(struct rwe_run *run, const struct rwe_cox_request *request,
                           const struct rwe_ph *ph)
{
    if (!(ph->term[0].p_value < 1 - rwe_statistics_of(run->settings)->conf_level))
        return;
    rwe_document_warning(run->document, "non-proportional", "ph",
                         "%s, %s, %s model: the hazard ratio of the arms changes over time; one "
                         "number for it is an average that depends on the follow-up",
                         request->endpoint->name, request->design->label, model_label(request));
}

static void warn_of_columns(struct rwe_run *run, const struct rwe_cox_request *request,
                            const struct rwe_cox_model *model)
{
    const char *left_out = rwe_model_matrix_left_out(&model->matrix, NULL);
    if (left_out != NULL)
        rwe_document_warning(run->document, "collinear", "ph", "%s, %s, %s model: left out: %s",
                             request->endpoint->name, request->design->label, model_label(request),
                             left_out);
}

/* The arms come first in both models, and are the only variable of one. */
static void present(struct rwe_run *run, struct rwe_grid *grid,
                    const struct rwe_cox_request *request, const struct rwe_cox_model *model,
                    const struct variables *variables, const struct rwe_ph *ph)
{
    struct rwe_key key = rwe_key_in("ph", request->endpoint, request->design);
    key.model = model->name;
    key.term = "GLOBAL";
    start_row(grid, request);
    present_test(run, grid, key, &ph->global);
    rwe_grid_words(grid, "%s", test_name(request, model));
    for (size_t v = 0; v < variables->n; v++) {
        key.term = variables->name[v];
        if (variables->n > 1)
            rwe_grid_row(grid, 1, "%s", key.term);
        present_test(run, variables->n > 1 ? grid : NULL, key, &ph->term[v]);
    }
    warn_of_change(run, request, ph);
    warn_of_columns(run, request, model);
}

/* No model, no test: null facts, and why. */
static void present_failure(struct rwe_run *run, struct rwe_grid *grid,
                            const struct rwe_cox_request *request,
                            const struct rwe_cox_model *model, const char *reason)
{
    struct rwe_key key = rwe_key_in("ph", request->endpoint, request->design);
    key.model = model->name;
    key.term = "GLOBAL";
    start_row(grid, request);
    present_test(run, grid, key, &(struct rwe_ph_test){NAN, (double)model->matrix.p, NAN});
    rwe_grid_words(grid, "none");
    rwe_document_warning(run->document, "not-estimable", "ph", "%s, %s, %s model: %s", key.endpoint,
                         request->design->label, model_label(request), reason);
}

static enum rwe_status run_one(struct rwe_run *run, struct rwe_grid *grid,
                               const struct rwe_cox_request *request, struct rwe_error *error)
{
    struct rwe_cox_model model;
    struct variables variables;
    struct rwe_ph ph;
    struct rwe_error reason = {0};
    struct rwe_ph_options test = rwe_ph_options_default();
    struct rwe_mark mark = rwe_arena_mark(run->arena);
    enum rwe_status status = rwe_cox_model_fit(request, &model, error);
    if (status != RWE_OK)
        return status;
    if (group_terms(&model, run->arena, &variables) != RWE_OK)
        return rwe_fail_memory(error);
    reason = model.failure;
    if (reason.status == RWE_OK && model.options.ties == RWE_COX_EXACT)
        rwe_error_set(&reason, RWE_NOT_ESTIMABLE, RWE_NO_INDEX,
                      "there is no such test with exact ties; take --ties efron");
    if (reason.status == RWE_OK) {
        test.transform = settings_of(run)->transform;
        test.ties = model.options.ties;
        test.robust = model.options.robust;
        rwe_ph_test(&model.data,
                    &(struct rwe_ph_model){model.matrix.x, model.matrix.p, model.fit.estimate,
                                           variables.of_column, variables.n},
                    &test, run->arena, &ph, &reason);
    }
    if (reason.status == RWE_NO_MEMORY)
        return rwe_fail_memory(error);
    if (reason.status == RWE_OK)
        present(run, grid, request, &model, &variables, &ph);
    else
        present_failure(run, grid, request, &model, reason.message);
    rwe_arena_release(run->arena, mark);
    return RWE_OK;
}

static void add_notes(struct rwe_run *run, struct rwe_grid *grid)
{
    static const char *const transforms[] = {N_("one less the Kaplan–Meier curve"),
                                             N_("the rank of time"), N_("time"),
                                             N_("the logarithm of time")};
    rwe_grid_note(grid,
                  "Score test of log hazard ratios that change with %s (Grambsch and "
                  "Therneau), for all terms of a model and for each. A large p does not show that "
                  "hazards are proportional.",
                  rwe_text(transforms[settings_of(run)->transform]));
    rwe_note_variances(run, grid, "ph", rwe_text("Variance of the score"),
                       rwe_text("the information"));
    if (run->cohort->stratum != NULL)
        rwe_grid_note(grid, "Stratified by %s.", run->cohort->strata_name);
}

/* ---- --average-hr ---- */

/* The model of the arms alone with average ratios for its fit. `robust` stays NULL: there is one
 * variance, and it is the sandwich. */
static enum rwe_status average_model(const struct rwe_cox_request *request,
                                     struct rwe_cox_model *model, struct rwe_error *error)
{
    enum rwe_status status = rwe_cox_model_fit(request, model, error);
    if (status != RWE_OK)
        return status;
    model->name = "average";
    if (model->failure.status != RWE_OK)
        return RWE_OK;
    struct rwe_average_hr average;
    status = rwe_average_hr_fit(&model->data, model->matrix.x, model->matrix.p, &model->options,
                                request->run->arena, &average, &model->failure);
    if (status == RWE_NO_MEMORY)
        return rwe_fail_memory(error);
    if (status != RWE_OK)
        return RWE_OK; /* the model says why */
    model->fit.estimate = average.estimate;
    model->fit.covariance = average.covariance;
    model->fit.robust = NULL;
    model->fit.converged = average.converged;
    return RWE_OK;
}

static enum rwe_status add_average(struct rwe_run *run, struct rwe_grid *grid,
                                   const struct rwe_cox_request *request, struct rwe_error *error)
{
    const struct rwe_cohort *cohort = run->cohort;
    struct rwe_cox_model model;
    struct rwe_mark mark = rwe_arena_mark(run->arena);
    enum rwe_status status = average_model(request, &model, error);
    if (status != RWE_OK)
        return status;
    struct rwe_key key = rwe_key_in("cox", request->endpoint, request->design);
    key.model = model.name;
    rwe_fact n = rwe_document_number(run->document, &key, "n", (double)model.data.n);
    rwe_fact n_events = rwe_document_number(run->document, &key, "n.event", (double)model.n_events);
    for (size_t t = 0; t < model.n_terms; t++) {
        struct rwe_cox_shown shown = rwe_cox_term_facts(run, &key, &model, t);
        rwe_grid_row(grid, 0, "%s, %s: %s against %s", request->endpoint->name,
                     request->design->label, cohort->arm_level[t + 1], cohort->arm_level[0]);
        rwe_grid_cell(grid, RWE_CELL_COUNT, n, RWE_NO_FACT, RWE_NO_FACT);
        rwe_grid_cell(grid, RWE_CELL_COUNT, n_events, RWE_NO_FACT, RWE_NO_FACT);
        rwe_grid_cell(grid, RWE_CELL_RATIO_LIMITS, shown.ratio, shown.low, shown.high);
        if (shown.p != RWE_NO_FACT)
            rwe_grid_cell(grid, RWE_CELL_P_VALUE, shown.p, RWE_NO_FACT, RWE_NO_FACT);
    }
    rwe_cox_model_warn(run, &key, request->design->label, &model);
    rwe_arena_release(run->arena, mark);
    return RWE_OK;
}

static enum rwe_status run_average(struct rwe_run *run, struct rwe_error *error)
{
    const struct rwe_cohort *cohort = run->cohort;
    enum rwe_status status = RWE_OK;
    struct rwe_grid *grid = rwe_document_table(run->document, "Average hazard ratio");
    rwe_grid_column(grid, "endpoint and contrast");
    rwe_grid_column(grid, "n");
    rwe_grid_column(grid, "events");
    rwe_grid_column(grid, "average hazard ratio\n(%s CI)", rwe_conf_level_text(run));
    rwe_grid_column(grid, "p");
    for (size_t e = 0; e < cohort->n_endpoints; e++)
        for (size_t d = 0; d < run->n_designs && status == RWE_OK; d++)
            status = add_average(run, grid,
                                 &(struct rwe_cox_request){run, &cohort->endpoint[e],
                                                           &run->design[d], RWE_COX_ARM, 0},
                                 error);
    rwe_grid_note(grid, "Events weighted by S(t−)/G(t−), survival over follow-up (Schemper, "
                        "Wakounig and Heinze); robust standard errors.");
    return status;
}

/* ---- figures ---- */

/* What is drawn must outlive the fit that it is made from: it waits in an arena of its own. */
static enum rwe_status draw_one(const struct rwe_cox_request *request, struct rwe_error *error)
{
    struct rwe_arena *wait = rwe_arena_new();
    if (wait == NULL)
        return rwe_fail_memory(error);
    struct rwe_mark mark = rwe_arena_mark(request->run->arena);
    struct rwe_cox_model model;
    struct rwe_ph_picture picture;
    enum rwe_status status = rwe_cox_model_fit(request, &model, error);
    if (status == RWE_OK)
        status = rwe_ph_look(request, &model, wait, &picture, error);
    if (status == RWE_OK) {
        rwe_arena_release(request->run->arena, mark);
        status = rwe_ph_add_figures(request, &picture, error);
    }
    rwe_arena_free(wait);
    return status;
}

static enum rwe_status run_ph(struct rwe_run *run, void *state, struct rwe_error *error)
{
    (void)state;
    const struct rwe_cohort *cohort = run->cohort;
    enum rwe_status status = rwe_need_endpoint(run, "ph", error);
    if (status == RWE_OK)
        status = rwe_cox_check_splines(run, error);
    if (status != RWE_OK)
        return status;
    rwe_document_section(run->document, 1, "Proportional hazards");
    struct rwe_grid *grid = rwe_document_table(run->document, "Tests of proportional hazards");
    rwe_grid_column(grid, "model and term");
    rwe_grid_column(grid, "chi-square");
    rwe_grid_column(grid, "df");
    rwe_grid_column(grid, "p");
    rwe_grid_column(grid, "test");
    int n_kinds = cohort->n_covariates > 0 ? 2 : 1;
    for (size_t e = 0; e < cohort->n_endpoints; e++)
        for (size_t d = 0; d < run->n_designs; d++)
            for (int k = 0; k < n_kinds && status == RWE_OK; k++)
                status =
                    run_one(run, grid,
                            &(struct rwe_cox_request){run, &cohort->endpoint[e], &run->design[d],
                                                      k == 0 ? RWE_COX_ARM : RWE_COX_ADJUSTED, 0},
                            error);
    add_notes(run, grid);
    for (size_t e = 0; e < cohort->n_endpoints; e++)
        for (size_t d = 0; d < run->n_designs && status == RWE_OK; d++)
            status = draw_one(&(struct rwe_cox_request){run, &cohort->endpoint[e], &run->design[d],
                                                        RWE_COX_ARM, 0},
                              error);
    if (status == RWE_OK && settings_of(run)->average)
        status = run_average(run, error);
    return status;
}

const struct rwe_analysis rwe_analysis_ph = {
    .name = "ph",
    .section = RWE_SECTION_MODELS,
    .method = N_("tests of proportional hazards"),
    .compares_arms = true,
    .help = N_("Tests of proportional hazards for the models of --cox, by term and for all; robust "
               "after matching."),
    .options = &option_list,
    .run = run_ph,
};
