/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who leaves a strategy: a Cox model of the start of exposure, and a logistic model of having begun
 * it by the end of the grace period. See ccw.md. */
#include "ccw_models.h"

#include "rwe/base/language.h"
#include "rwe/base/sort.h"
#include "rwe/data/response.h"
#include "rwe/stats/cox_baseline.h"
#include "rwe/stats/cox_firth.h"

#include <math.h>
#include <string.h>

/* ---- columns ---- */

/* Whether somebody responded, as a covariate. */
static struct rwe_variable *response_of(const struct rwe_run *run)
{
    const int8_t *response = run->cohort->response;
    struct rwe_variable *variable = RWE_NEW(run->arena, struct rwe_variable, 1);
    double *responded = RWE_NEW(run->arena, double, run->cohort->n);
    if (rwe_arena_failed(run->arena))
        return NULL;
    for (size_t i = 0; i < run->cohort->n; i++)
        responded[i] = response[i] < 0 ? NAN : response[i] <= RWE_RESPONSE_PR;
    *variable = (struct rwe_variable){.name = "response", .binary = true, .number = responded};
    return variable;
}

enum rwe_status ccw_columns(struct rwe_run *run, const char *flag, bool with_response,
                            struct ccw_columns *columns, struct rwe_error *error)
{
    const struct rwe_variable *response = NULL;
    struct rwe_propensity propensity;
    if (with_response) {
        if (run->cohort->response == NULL)
            return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                            "--%s-response needs the best response: say --response-column COL",
                            flag);
        response = response_of(run);
        if (response == NULL)
            return rwe_fail_memory(error);
    }
    enum rwe_status status = rwe_propensity_columns(run, flag, response, &propensity, error);
    if (status == RWE_OK && run->replicate == 0) /* told once, and not by each model */
        status = rwe_model_matrix_decide(&propensity.matrix, error);
    *columns = (struct ccw_columns){flag, propensity.n, propensity.subject, propensity.matrix};
    return status;
}

struct rwe_estimand ccw_estimand(const struct rwe_run *run, const struct ccw_columns *columns,
                                 enum rwe_estimand_of of)
{
    struct rwe_estimand estimand = {.of = of, .n = run->cohort->n};
    estimand.left_out[RWE_LEFT_MISSING] = run->cohort->n - columns->n;
    return estimand;
}

/* ---- replicates start where the data ended ---- */

/* A replicate's last steps are no longer than 3e-5 standard errors, or 1e-5 on the logit: they leave the
 * square of that. */
static const double SETTLED_HAZARD = 1e-9, SETTLED_LOGIT = 1e-5;

/* Where to begin: the data's coefficients, at start[0] the intercept; NULL in the data. */
static enum rwe_status write_start(const struct ccw_model *data, const struct ccw_model *model,
                                   double **start)
{
    const struct rwe_model_matrix *matrix = &model->matrix;
    *start = data == NULL ? NULL : RWE_NEW(matrix->model.arena, double, matrix->p + 1);
    if (*start != NULL) {
        (*start)[0] = data->intercept;
        rwe_model_matrix_start(matrix, &data->matrix, data->coefficient, *start + 1);
    }
    return rwe_arena_failed(matrix->model.arena) ? RWE_NO_MEMORY : RWE_OK;
}

/* Keeps the estimates of the columns. RWE_OK or RWE_NO_MEMORY. */
static enum rwe_status keep(struct ccw_model *model, const double estimate[])
{
    double *coefficient = RWE_NEW(model->matrix.model.arena, double, model->matrix.n_columns);
    if (coefficient == NULL)
        return RWE_NO_MEMORY;
    rwe_model_matrix_spread(&model->matrix, estimate, coefficient);
    model->coefficient = coefficient;
    return RWE_OK;
}

/* Whether to fit again with Firth's penalty. */
static bool is_separated(struct ccw_model *model, const struct rwe_error *reason)
{
    if (reason->status != RWE_SEPARATED || model->separates != NULL)
        return false;
    const struct rwe_model_column *most = rwe_model_matrix_column(&model->matrix, reason->index);
    model->separates = most == NULL ? rwe_text("the covariates together") : most->name;
    return true;
}

/* ---- the hazard of exposure, which ends clones of arm 0 ---- */

/* How long exposure could begin for subject k. */
static double at_risk_until(const struct rwe_clones *clones, size_t k)
{
    return fmin(clones->end[0][k], clones->open[k]);
}

/* Whether exposure begins, or cannot any more, at the same times for both endpoints. */
static bool same_starts(const struct rwe_clones *a, const struct rwe_clones *b)
{
    if (a->n != b->n)
        return false;
    for (size_t k = 0; k < a->n; k++)
        if (at_risk_until(a, k) != at_risk_until(b, k) || a->left[0][k] != b->left[0][k])
            return false;
    return true;
}

/* Everybody as long as exposure could begin. */
static enum rwe_status sort_clones(const struct rwe_clones *clones, struct rwe_arena *arena,
                                   struct rwe_survival_data *data, uint32_t **order)
{
    double *at_risk = RWE_NEW(arena, double, clones->n), *time = RWE_NEW(arena, double, clones->n);
    uint8_t *event = RWE_NEW(arena, uint8_t, clones->n);
    *order = RWE_NEW(arena, uint32_t, clones->n);
    if (rwe_arena_failed(arena))
        return RWE_NO_MEMORY;
    for (size_t k = 0; k < clones->n; k++)
        at_risk[k] = at_risk_until(clones, k);
    if (rwe_sort_numbers(at_risk, clones->n, arena, *order) != RWE_OK)
        return RWE_NO_MEMORY;
    for (size_t i = 0; i < clones->n; i++) {
        time[i] = at_risk[(*order)[i]];
        event[i] = clones->left[0][(*order)[i]];
    }
    *data = (struct rwe_survival_data){
        .n = clones->n, .time = time, .event = event, .n_causes = 1, .n_groups = 1, .n_strata = 1};
    return RWE_OK;
}

/* H for the mean of the columns, and everybody's hazard relative to that one; row[k] is the subject of
 * the model's row k. */
static enum rwe_status predict(const struct rwe_cox_fitted *fitted,
                               const struct rwe_model_matrix *matrix, const uint32_t row[],
                               struct rwe_clone_weights *weights, struct rwe_error *error)
{
    struct rwe_arena *arena = matrix->model.arena;
    struct rwe_cox_prediction of;
    double *at = RWE_NEW(arena, double, matrix->p), *risk = RWE_NEW(arena, double, matrix->n);
    if (rwe_arena_failed(arena))
        return rwe_fail_memory(error);
    for (size_t j = 0; j < matrix->p; j++) {
        const double *x = matrix->x + j * matrix->n;
        for (size_t i = 0; i < matrix->n; i++)
            at[j] += x[i] / (double)matrix->n;
        for (size_t i = 0; i < matrix->n; i++)
            risk[row[i]] += (x[i] - at[j]) * fitted->fit->estimate[j];
    }
    for (size_t k = 0; k < matrix->n; k++)
        risk[k] = exp(risk[k]);
    enum rwe_status status = rwe_cox_predict_survival(fitted, at, 0, arena, &of, error);
    weights->n_times = of.n_times;
    weights->time = of.time;
    weights->hazard = of.cumulative_hazard;
    weights->risk = risk;
    return status;
}

static enum rwe_status no_exposure(const struct ccw_endpoint *of, struct rwe_error *error)
{
    const char *template =
        of->clones.n_exposed == 0
            ? N_("--ccw: of %zu subjects nobody began exposure by %g while at risk for \"%s\": "
                 "there are no two strategies. Look at --exposure-start, or at the grace period")
            : N_("--ccw: of %zu subjects everybody began exposure by %g while at risk for \"%s\": "
                 "there are no two strategies. Look at --exposure-start, or at the grace period");
    return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX, template, of->clones.n, of->clones.grace,
                    of->endpoint->name);
}

/* `template` has places for the flag, the endpoint and the reason. */
static enum rwe_status explain(const char *template, const struct ccw_columns *columns,
                               const struct ccw_endpoint *of, const struct rwe_error *reason,
                               struct rwe_error *error)
{
    if (reason->status != RWE_NO_MEMORY)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX, template, columns->flag,
                        of->endpoint->name, reason->message);
    *error = *reason;
    return reason->status;
}

static enum rwe_status fit_hazard(const struct rwe_survival_data *rows,
                                  const struct ccw_model *data, struct rwe_cox_options *options,
                                  struct ccw_model *model, struct rwe_cox *fit,
                                  struct rwe_error *reason)
{
    const struct rwe_model_matrix *matrix = &model->matrix;
    double *start;
    if (write_start(data, model, &start) != RWE_OK)
        return rwe_fail_memory(reason);
    options->start = start == NULL ? NULL : start + 1;
    return model->separates != NULL
               ? rwe_cox_firth_fit(rows, matrix->x, matrix->p, options, matrix->model.arena, fit,
                                   reason)
               : rwe_cox_fit(rows, matrix->x, matrix->p, options, matrix->model.arena, fit, reason);
}

static void take_hazard(const struct ccw_endpoint *before, struct ccw_endpoint *of)
{
    of->hazard = before->hazard;
    of->weights.n_times = before->weights.n_times;
    of->weights.time = before->weights.time;
    of->weights.hazard = before->weights.hazard;
    of->weights.risk = before->weights.risk;
}

enum rwe_status ccw_hazard(const struct rwe_run *run, const struct ccw_columns *columns,
                           const struct ccw_endpoint *before, struct ccw_endpoint *of,
                           struct rwe_error *error)
{
    if (before != NULL && same_starts(&before->clones, &of->clones)) {
        take_hazard(before, of);
        return RWE_OK;
    }
    struct rwe_cox_options options = rwe_cox_options_default();
    struct ccw_model *model = &of->hazard;
    model->columns = columns;
    const struct ccw_model *data = of->data == NULL ? NULL : &of->data->hazard;
    struct rwe_survival_data rows;
    struct rwe_error reason = {0};
    struct rwe_cox fit;
    uint32_t *order;
    options.estimate_only = true;
    if (data != NULL)
        options.settled_rise = SETTLED_HAZARD;
    if (sort_clones(&of->clones, run->arena, &rows, &order) != RWE_OK ||
        rwe_model_matrix_take(&columns->matrix, order, rows.n, &model->matrix) != RWE_OK)
        return rwe_fail_memory(error);
    do
        fit_hazard(&rows, data, &options, model, &fit, &reason);
    while (rwe_model_matrix_reduce(&model->matrix, &reason));
    if (is_separated(model, &reason)) {
        reason = (struct rwe_error){0};
        fit_hazard(&rows, data, &options, model, &fit, &reason);
    }
    if (reason.status != RWE_OK)
        return explain(N_("--%s, \"%s\": model of the start of exposure: %s"), columns, of, &reason,
                       error);
    model->n_events = of->clones.n_exposed;
    const struct rwe_cox_fitted fitted = {&rows, model->matrix.x, &fit, &options};
    enum rwe_status status = predict(&fitted, &model->matrix, order, &of->weights, error);
    if (status == RWE_OK && keep(model, fit.estimate) != RWE_OK)
        return rwe_fail_memory(error);
    return status;
}

/* ---- the probability of exposure by the end of grace, which keeps clones in arm 1 ---- */

/* Those who could still begin exposure at the end of the grace period. */
static enum rwe_status list_beyond(const struct rwe_clones *clones, struct rwe_arena *arena,
                                   uint32_t **row, uint8_t **exposed, size_t *n)
{
    *row = RWE_NEW(arena, uint32_t, clones->n);
    *exposed = RWE_NEW(arena, uint8_t, clones->n);
    *n = 0;
    if (rwe_arena_failed(arena))
        return RWE_NO_MEMORY;
    for (uint32_t k = 0; k < clones->n; k++)
        if (clones->beyond[k]) {
            (*row)[*n] = k;
            (*exposed)[(*n)++] = clones->exposed[k];
        }
    return RWE_OK;
}

/* 1/p by subject of the list; 1 for those who need none. */
static enum rwe_status invert(const uint32_t row[], const double fitted[], const uint8_t exposed[],
                              struct rwe_arena *arena, struct ccw_endpoint *of)
{
    double *late = RWE_NEW(arena, double, of->clones.n);
    if (late == NULL)
        return RWE_NO_MEMORY;
    of->least_probability = 1;
    for (size_t k = 0; k < of->clones.n; k++)
        late[k] = 1;
    for (size_t i = 0; i < of->probability.matrix.n; i++) {
        late[row[i]] = 1 / fitted[i];
        of->probability.n_events += exposed[i];
        if (exposed[i])
            of->least_probability = fmin(of->least_probability, fitted[i]);
    }
    of->weights.late = late;
    return RWE_OK;
}

static enum rwe_status fit_logit(const uint8_t exposed[], const struct ccw_model *data,
                                 struct rwe_logistic_options *options, struct ccw_model *model,
                                 struct rwe_logistic *fit, struct rwe_error *reason)
{
    const struct rwe_model_matrix *matrix = &model->matrix;
    double *start;
    if (write_start(data, model, &start) != RWE_OK)
        return rwe_fail_memory(reason);
    options->start = start;
    options->firth = model->separates != NULL;
    return rwe_logistic_fit(matrix->x, matrix->p, exposed, matrix->n, options, matrix->model.arena,
                            fit, reason);
}

/* Whether the same subjects could still begin exposure at the end of grace, and the same had. */
static bool same_beyond(const struct rwe_clones *a, const struct rwe_clones *b)
{
    return a->n == b->n && memcmp(a->beyond, b->beyond, a->n * sizeof *a->beyond) == 0 &&
           memcmp(a->exposed, b->exposed, a->n * sizeof *a->exposed) == 0;
}

static void take_probability(const struct ccw_endpoint *before, struct ccw_endpoint *of)
{
    of->probability = before->probability;
    of->least_probability = before->least_probability;
    of->weights.late = before->weights.late;
}

static enum rwe_status fit_probability(const struct rwe_run *run, const struct ccw_columns *columns,
                                       struct ccw_endpoint *of, struct rwe_error *error)
{
    struct rwe_logistic_options options = rwe_logistic_options_default();
    struct ccw_model *model = &of->probability;
    model->columns = columns;
    const struct ccw_model *data = of->data == NULL ? NULL : &of->data->probability;
    struct rwe_error reason = {0};
    struct rwe_logistic fit;
    uint32_t *row;
    uint8_t *exposed;
    size_t n;
    options.threads = run->threads;
    options.estimate_only = true;
    if (data != NULL)
        options.tolerance = SETTLED_LOGIT;
    if (list_beyond(&of->clones, run->arena, &row, &exposed, &n) != RWE_OK ||
        rwe_model_matrix_take(&columns->matrix, row, n, &model->matrix) != RWE_OK)
        return rwe_fail_memory(error);
    do
        fit_logit(exposed, data, &options, model, &fit, &reason);
    while (rwe_model_matrix_reduce(&model->matrix, &reason));
    if (is_separated(model, &reason)) {
        reason = (struct rwe_error){0};
        fit_logit(exposed, data, &options, model, &fit, &reason);
    }
    if (reason.status != RWE_OK)
        return explain(N_("--%s, \"%s\": model of exposure by the end of the grace period: %s"),
                       columns, of, &reason, error);
    model->intercept = fit.estimate[0];
    if (invert(row, fit.fitted, exposed, run->arena, of) != RWE_OK ||
        keep(model, fit.estimate + 1) != RWE_OK)
        return rwe_fail_memory(error);
    return RWE_OK;
}

enum rwe_status ccw_weights(const struct rwe_run *run, const struct ccw_columns *columns,
                            const struct ccw_endpoint *before, struct ccw_endpoint *of,
                            struct rwe_error *error)
{
    if (of->clones.n_exposed == 0 || of->clones.n_exposed == of->clones.n)
        return no_exposure(of, error);
    enum rwe_status status = ccw_hazard(run, columns, before, of, error);
    if (status != RWE_OK)
        return status;
    if (before == NULL || !same_beyond(&before->clones, &of->clones))
        return fit_probability(run, columns, of, error);
    take_probability(before, of);
    return RWE_OK;
}

/* ---- what is told of them ---- */

void ccw_present_columns(struct rwe_run *run, const struct ccw_columns *columns)
{
    const char *left_out = rwe_model_matrix_left_out(&columns->matrix, NULL);
    if (left_out != NULL)
        rwe_document_warning(run->document, "collinear", columns->flag,
                             "Models of exposure: left out: %s", left_out);
}

void ccw_present_model(struct rwe_run *run, const struct rwe_key *of, const struct ccw_model *model)
{
    struct rwe_key key = *of;
    const char *left_out = rwe_model_matrix_left_out(&model->matrix, &model->columns->matrix);
    rwe_document_number(run->document, &key, "n", (double)model->matrix.n);
    rwe_document_number(run->document, &key, "n.event", (double)model->n_events);
    for (size_t c = 0; c < model->matrix.n_columns; c++) {
        key.term = model->matrix.column[c].name;
        rwe_document_number(run->document, &key, "estimate", model->coefficient[c]);
    }
    key.term = NULL;
    for (size_t c = 0; c < model->matrix.n_columns; c++)
        if (model->matrix.column[c].at == RWE_NO_INDEX)
            rwe_document_string(run->document, &key, "left.out", model->matrix.column[c].name);
    if (left_out != NULL)
        rwe_document_warning(run->document, "collinear", key.analysis, "%s, %s: left out: %s",
                             key.endpoint, key.model, left_out);
    if (model->separates != NULL)
        rwe_document_warning(run->document, "positivity", key.analysis,
                             "%s: some of the %zu subjects at risk could not, or had to, begin "
                             "exposure, as told most of all by \"%s\" (Firth's penalty used). No "
                             "weight makes up for them: look at the covariate, or restrict the "
                             "cohort.",
                             key.endpoint, model->matrix.n, model->separates);
}
