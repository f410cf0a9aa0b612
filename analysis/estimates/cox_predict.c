/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Survival that the adjusted model predicts, by arm: of one patient, and standardised. */
#include "cox_more.h"

#include "run/figures.h"
#include "rwe/base/number.h"
#include "rwe/stats/cox_baseline.h"

#include "rwe/base/language.h"
#include <math.h>
#include <string.h>

/* Of a series; its figure has one more, everybody at time 0. */
enum { CURVE_POINTS = 50, DRAWN_POINTS };

/* ---- the patient ---- */

/* What --predict-at says of a covariate, or NULL. */
static const char *asked_value(const struct rwe_run *run, const struct rwe_variable *variable)
{
    struct rwe_strings list = cox_settings_of(run->settings)->predict_at;
    size_t length = strlen(variable->name);
    for (size_t i = 0; i < list.n; i++)
        if (strncmp(list.item[i], variable->name, length) == 0 && list.item[i][length] == '=')
            return list.item[i] + length + 1;
    return NULL;
}

static size_t level_of(const struct rwe_variable *variable, const char *text)
{
    for (size_t l = 0; l < variable->n_levels; l++)
        if (strcmp(variable->level[l], text) == 0)
            return l;
    return RWE_NO_INDEX;
}

static enum rwe_status check_value(const struct rwe_variable *variable, const char *text,
                                   struct rwe_error *error)
{
    double value;
    if (variable->categorical && level_of(variable, text) == RWE_NO_INDEX)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX, "--predict-at: nobody has %s = \"%s\"",
                        variable->name, text);
    if (!variable->categorical &&
        (!rwe_number_parse(text, strlen(text), &value) || !isfinite(value)))
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX, "--predict-at: %s is a number, not \"%s\"",
                        variable->name, text);
    return RWE_OK;
}

enum rwe_status rwe_cox_check_predict(const struct rwe_run *run, struct rwe_error *error)
{
    const struct rwe_cohort *cohort = run->cohort;
    struct rwe_strings list = cox_settings_of(run->settings)->predict_at;
    size_t n_found = 0;
    enum rwe_status status = RWE_OK;
    if (list.n > 0 && !cox_settings_of(run->settings)->predict)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX, "--predict-at goes with --predict");
    if (!cox_settings_of(run->settings)->predict)
        return RWE_OK;
    if (cohort->n_covariates == 0 || !cox_settings_of(run->settings)->asked)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--predict tells what the adjusted model predicts: say --cox and "
                        "--covariates A,B,…");
    for (size_t j = 0; j < cohort->n_covariates && status == RWE_OK; j++) {
        const char *text = asked_value(run, &cohort->covariate[j]);
        n_found += text != NULL;
        if (text != NULL)
            status = check_value(&cohort->covariate[j], text, error);
    }
    if (status == RWE_OK && n_found < list.n)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--predict-at takes COVARIATE=VALUE, each covariate once, of those in "
                        "--covariates");
    return status;
}

/* The level that most of the model's subjects have; the first of several. */
static size_t common_level(const struct rwe_cox_model *model, const struct rwe_variable *variable,
                           struct rwe_arena *arena)
{
    size_t *count = RWE_NEW(arena, size_t, variable->n_levels), best = 0;
    for (size_t k = 0; count != NULL && k < model->data.n; k++)
        count[variable->code[model->subject[k]]]++;
    for (size_t l = 1; count != NULL && l < variable->n_levels; l++)
        if (count[l] > count[best])
            best = l;
    return best;
}

/* The mean over the model's subjects, of 0 and 1 what most of them have. */
static double common_number(const struct rwe_cox_model *model, const struct rwe_variable *variable)
{
    double sum = 0;
    for (size_t k = 0; k < model->data.n; k++)
        sum += variable->number[model->subject[k]];
    double mean = sum / (double)model->data.n;
    return variable->binary ? mean > 0.5 : mean;
}

/* Fills the columns of a covariate's terms; returns "age = 62.4" for readers. */
static const char *place(const struct rwe_cox_request *request, const struct rwe_cox_model *model,
                         const struct rwe_variable *variable, double at[])
{
    struct rwe_arena *arena = request->run->arena;
    const char *text = asked_value(request->run, variable);
    size_t level = 0;
    double value = 0;
    if (variable->categorical)
        level = text == NULL ? common_level(model, variable, arena) : level_of(variable, text);
    else if (text == NULL || !rwe_number_parse(text, strlen(text), &value))
        value = common_number(model, variable);
    rwe_model_matrix_set(&model->matrix, variable, variable->categorical ? (double)level : value,
                         at);
    return variable->categorical
               ? rwe_arena_format(arena, "%s = %s", variable->name, variable->level[level])
               : rwe_arena_format(arena, "%s = %.6g", variable->name, value);
}

/* ---- predictions ---- */

/* S with its limits. */
struct predicted {
    double survival, std_error, low, high;
};

/* Limits exp(−H ± z se(H)), as R's default; S is a probability. */
static struct predicted with_limits(const struct rwe_run *run, double survival, double hazard_error)
{
    double reach = rwe_normal_limit(run) * hazard_error;
    return (struct predicted){survival, survival * hazard_error, survival * exp(-reach),
                              fmin(1, survival * exp(reach))};
}

static struct predicted at_time(const struct rwe_run *run, const struct rwe_cox_prediction *curve,
                                double time)
{
    size_t k = 0;
    while (k < curve->n_times && curve->time[k] <= time)
        k++;
    return k == 0 ? (struct predicted){1, 0, 1, 1}
                  : with_limits(run, curve->survival[k - 1], curve->std_error[k - 1]);
}

static struct predicted of_mean(const struct rwe_run *run, const struct rwe_cox_standardised *mean,
                                size_t n_versions, size_t n_times, size_t v, size_t t)
{
    double S = mean->survival[v * n_times + t];
    double error = sqrt(mean->covariance[(t * n_versions + v) * n_versions + v]);
    return with_limits(run, S, error / S);
}

/* A request with its model and what is predicted of it. */
struct prediction {
    const struct rwe_cox_request *request;
    const struct rwe_cox_model *model;
    struct rwe_cox_fitted fitted;
    struct rwe_times times;
    struct rwe_cox_prediction *patient;      /* by arm; NULL under strata */
    const double **version;                  /* by arm: columns with all in it */
    struct rwe_cox_standardised mean, curve; /* at the times; at points of the series */
    double point[CURVE_POINTS];
    size_t n_points;
};

static enum rwe_status predict_patient(struct prediction *of, struct rwe_error *error)
{
    struct rwe_run *run = of->request->run;
    const struct rwe_cohort *cohort = run->cohort;
    struct rwe_key key = rwe_key_in("cox", of->request->endpoint, of->request->design);
    double *at = RWE_NEW(run->arena, double, of->model->matrix.p);
    of->patient = RWE_NEW(run->arena, struct rwe_cox_prediction, cohort->n_arms);
    const char *who = NULL;
    if (rwe_arena_failed(run->arena))
        return rwe_fail_memory(error);
    for (size_t j = 0; j < cohort->n_covariates; j++) {
        const char *one = place(of->request, of->model, &cohort->covariate[j], at);
        who = who == NULL ? one : rwe_arena_format(run->arena, rwe_text("%s, %s"), who, one);
    }
    if (rwe_arena_failed(run->arena))
        return rwe_fail_memory(error);
    key.model = of->model->name;
    rwe_document_string(run->document, &key, "predicted.at", who);
    enum rwe_status status = RWE_OK;
    for (size_t arm = 0; arm < cohort->n_arms && status == RWE_OK; arm++) {
        for (size_t a = 1; a < cohort->n_arms; a++)
            at[of->model->term[a - 1].column] = a == arm;
        status = rwe_cox_predict_survival(&of->fitted, at, 0, run->arena, &of->patient[arm], error);
    }
    return status;
}

/* The model's columns with everybody in each arm. */
static enum rwe_status make_versions(struct prediction *of, struct rwe_error *error)
{
    struct rwe_run *run = of->request->run;
    size_t n_arms = run->cohort->n_arms, n = of->model->data.n;
    of->version = RWE_NEW(run->arena, const double *, n_arms);
    for (size_t arm = 0; of->version != NULL && arm < n_arms; arm++) {
        double *x = rwe_arena_alloc(run->arena, of->model->matrix.p, n * sizeof *x);
        if (x == NULL)
            break;
        memcpy(x, of->model->matrix.x, of->model->matrix.p * n * sizeof *x);
        for (size_t a = 1; a < n_arms; a++)
            for (size_t i = 0; i < n; i++)
                x[of->model->term[a - 1].column * n + i] = a == arm;
        of->version[arm] = x;
    }
    return rwe_arena_failed(run->arena) ? rwe_fail_memory(error) : RWE_OK;
}

static enum rwe_status standardise(struct prediction *of, struct rwe_error *error)
{
    struct rwe_run *run = of->request->run;
    const struct rwe_survival_data *data = &of->model->data;
    double last = data->time[data->n - 1];
    for (of->n_points = 0; of->n_points < CURVE_POINTS; of->n_points++)
        of->point[of->n_points] = last * (double)(of->n_points + 1) / CURVE_POINTS;
    enum rwe_status status = make_versions(of, error);
    struct rwe_cox_versions versions = {of->version, run->cohort->n_arms, of->times.at,
                                        of->times.n};
    if (status == RWE_OK)
        status = rwe_cox_standardise(&of->fitted, &versions, run->arena, &of->mean, error);
    versions.time = of->point;
    versions.n_times = of->n_points;
    if (status == RWE_OK)
        status = rwe_cox_standardise(&of->fitted, &versions, run->arena, &of->curve, error);
    return status;
}

/* ---- facts and rows ---- */

static void present_predicted(struct rwe_run *run, struct rwe_grid *grid, const struct rwe_key *key,
                              struct predicted p)
{
    rwe_fact value = rwe_document_number(run->document, key, "predicted", p.survival);
    rwe_document_number(run->document, key, "std.error", p.std_error);
    rwe_fact low = rwe_document_number(run->document, key, "conf.low", p.low);
    rwe_fact high = rwe_document_number(run->document, key, "conf.high", p.high);
    rwe_grid_cell(grid, RWE_CELL_SURVIVAL_LIMITS, value, low, high);
}

static void present_difference(const struct prediction *of, struct rwe_grid *grid,
                               struct rwe_key key, size_t arm, size_t t)
{
    struct rwe_run *run = of->request->run;
    size_t V = run->cohort->n_arms, n = of->times.n;
    const double *C = of->mean.covariance + t * V * V;
    double value = of->mean.survival[arm * n + t] - of->mean.survival[t];
    double error = sqrt(fmax(0, C[arm * V + arm] - 2 * C[arm * V] + C[0]));
    double reach = rwe_normal_limit(run) * error;
    key.term = "difference";
    rwe_fact shown = rwe_document_number(run->document, &key, "estimate", value);
    rwe_document_number(run->document, &key, "std.error", error);
    rwe_fact low = rwe_document_number(run->document, &key, "conf.low", value - reach);
    rwe_fact high = rwe_document_number(run->document, &key, "conf.high", value + reach);
    rwe_grid_cell(grid, RWE_CELL_SURVIVAL_LIMITS, shown, low, high);
}

static void present_row(const struct prediction *of, struct rwe_grid *grid, size_t arm, size_t t)
{
    struct rwe_run *run = of->request->run;
    struct rwe_key key = rwe_key_arm(rwe_key_in("cox", of->request->endpoint, of->request->design),
                                     run->cohort, arm);
    key.time = of->times.at[t];
    rwe_grid_row(grid, 1, "%s at %.10g", run->cohort->arm_level[arm], key.time);
    key.model = of->model->name;
    if (of->patient == NULL)
        rwe_grid_empty(grid);
    else
        present_predicted(run, grid, &key, at_time(run, &of->patient[arm], key.time));
    key.model = "standardised";
    present_predicted(run, grid, &key,
                      of_mean(run, &of->mean, run->cohort->n_arms, of->times.n, arm, t));
    if (arm > 0)
        present_difference(of, grid, key, arm, t);
    else
        rwe_grid_empty(grid);
}

static void add_series(const struct prediction *of, struct rwe_cox_predictions *all, size_t arm,
                       struct rwe_figure *figure)
{
    static const char *const names[] = {"time", "predicted", "conf.low", "conf.high"};
    struct rwe_run *run = of->request->run;
    double *column[4];
    for (size_t c = 0; c < 4; c++, all->column += DRAWN_POINTS) {
        column[c] = all->column;
        column[c][0] = c == 0 ? 0 : 1;
    }
    for (size_t k = 0; k < of->n_points; k++) {
        struct predicted p = of_mean(run, &of->curve, run->cohort->n_arms, of->n_points, arm, k);
        column[0][k + 1] = of->point[k];
        column[1][k + 1] = p.survival;
        column[2][k + 1] = p.low;
        column[3][k + 1] = p.high;
    }
    struct rwe_key key = rwe_key_arm(rwe_key_in("cox", of->request->endpoint, of->request->design),
                                     run->cohort, arm);
    key.model = "standardised";
    const double *const columns[] = {column[0] + 1, column[1] + 1, column[2] + 1, column[3] + 1};
    rwe_document_series(run->document, &key, NULL, of->n_points, 4, names, columns);
    rwe_figure_curve(figure, &(struct rwe_curve){.label = rwe_arm_label(run, arm),
                                                 .style = RWE_CURVE_LINE,
                                                 .group = arm,
                                                 .n = of->n_points + 1,
                                                 .x = column[0],
                                                 .y = column[1],
                                                 .low = column[2],
                                                 .high = column[3],
                                                 .until = NAN});
}

/* The standardised curves of all arms. */
static struct rwe_figure *start_figure(const struct prediction *of)
{
    struct rwe_run *run = of->request->run;
    struct rwe_times ticks = rwe_times_ticks(run, of->point[of->n_points - 1]);
    struct rwe_figure *figure = rwe_plot_new(run, "standardised", rwe_text("Standardised survival"),
                                             of->request->endpoint, of->request->design);
    rwe_figure_describe(figure,
                        "Curves of event-free survival (%s) that the adjusted model predicts for "
                        "the whole population, were all in one arm or all in another, with limits.",
                        of->request->endpoint->name);
    rwe_figure_x_axis(figure, &(struct rwe_axis){.label = rwe_time_axis_label(run),
                                                 .to = ticks.at[ticks.n - 1],
                                                 .step = ticks.n < 2 ? 0 : ticks.at[1]});
    rwe_figure_y_axis(
        figure, &(struct rwe_axis){.label = rwe_text("Event-free"), .to = 1, .percent = true});
    rwe_figure_note(figure,
                    "Mean of all patients' predicted curves, each with its own covariates. "
                    "Shaded: limits (%s).",
                    rwe_conf_level_text(run));
    return figure;
}

enum rwe_status rwe_cox_predict_start(struct rwe_run *run, struct rwe_cox_predictions **all,
                                      struct rwe_error *error)
{
    size_t n_curves = run->cohort->n_endpoints * run->n_designs * run->cohort->n_arms;
    *all = NULL;
    if (!cox_settings_of(run->settings)->predict)
        return RWE_OK;
    *all = RWE_NEW(run->arena, struct rwe_cox_predictions, 1);
    double *column = rwe_arena_alloc(run->arena, n_curves, 4 * DRAWN_POINTS * sizeof *column);
    if (rwe_arena_failed(run->arena))
        return rwe_fail_memory(error);
    struct rwe_grid *grid =
        rwe_document_table(run->document, "Survival that the adjusted model predicts");
    const char *level = rwe_conf_level_text(run);
    rwe_grid_column(grid, "endpoint, arm and time%s", rwe_time_unit_suffix(run));
    rwe_grid_column(grid, "one patient\n(%s CI)", level);
    rwe_grid_column(grid, "standardised\n(%s CI)", level);
    rwe_grid_column(grid, "difference\n(%s CI)", level);
    **all = (struct rwe_cox_predictions){grid, column};
    return RWE_OK;
}

/* Why there is no prediction of this model; NULL: there is. */
static const char *refusal(const struct rwe_cox_model *model)
{
    if (model->failure.status != RWE_OK)
        return rwe_text("the model has no estimate");
    if (model->separation.status != RWE_OK)
        return rwe_text("the model is Firth's, whose baseline hazard has no standard error here");
    if (model->options.ties == RWE_COX_EXACT)
        return rwe_text("exact ties have no baseline hazard; take --ties efron");
    return NULL;
}

enum rwe_status rwe_cox_add_predictions(struct rwe_cox_predictions *all,
                                        const struct rwe_cox_request *request,
                                        const struct rwe_cox_model *model, struct rwe_error *error)
{
    struct rwe_run *run = request->run;
    if (all == NULL)
        return RWE_OK;
    if (refusal(model) != NULL) {
        rwe_document_warning(run->document, "not-estimable", "cox", "%s, %s, --predict: %s",
                             request->endpoint->name, request->design->label, refusal(model));
        return RWE_OK;
    }
    struct prediction of = {request,
                            model,
                            {&model->data, model->matrix.x, &model->fit, &model->options},
                            .times = rwe_times_of(run, request->endpoint)};
    enum rwe_status status = model->data.stratum == NULL ? predict_patient(&of, error) : RWE_OK;
    if (status == RWE_OK)
        status = standardise(&of, error);
    if (status != RWE_OK)
        return status;
    rwe_grid_row(all->grid, 0, "%s, %s", request->endpoint->name, request->design->label);
    for (size_t t = 0; t < of.times.n; t++)
        for (size_t arm = 0; arm < run->cohort->n_arms; arm++)
            present_row(&of, all->grid, arm, t);
    struct rwe_figure *figure = start_figure(&of);
    for (size_t arm = 0; arm < run->cohort->n_arms; arm++)
        add_series(&of, all, arm, figure);
    return RWE_OK;
}

void rwe_cox_predict_end(const struct rwe_run *run, const struct rwe_cox_predictions *all)
{
    struct rwe_grid *grid = all->grid;
    const struct rwe_cohort *cohort = run->cohort;
    if (cohort->stratum == NULL)
        rwe_grid_note(grid,
                      "One patient: at --predict-at, else at the mean of numbers and the most "
                      "frequent category.");
    else
        rwe_grid_note(grid, "No curve of one patient: each stratum has its own baseline.");
    rwe_grid_note(grid,
                  "Standardised: the mean of all patients' predicted curves, each with its own "
                  "covariates, were all in that arm; it is the population's, if the model is "
                  "right.");
    if (cohort->entry != NULL)
        rwe_grid_note(grid, "All patients are those who entered.");
}
