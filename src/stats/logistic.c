/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "logistic_private.h"

#include "rank_private.h"
#include "rwe/base/parallel.h"
#include "rwe/base/sort.h"

#include <gsl/gsl_blas.h>
#include <math.h>
#include <string.h>

/* Newton's method on the log-likelihood, the columns centred; what a visit of the rows at some β
 * finds is in logistic_rows.c, and what Firth's penalty adds in logistic_firth.c. */

/* A step that takes every row towards its own outcome, or leaves it in place, proves separation
 * (Albert & Anderson, Biometrika 71:1, 1984): the likelihood grows along it for ever. Diverging
 * rows move by about 1 in each iteration, and rows that another direction decides come to rest like
 * exp(−iteration), so that "in place" needs a tolerance. (One value 1e11 times as large as all
 * others therefore passes for separation.) */
#define SEPARATED_REST 1e-10
#define SEPARATED_STEP 0.1

/* Newton's steps shrink quadratically. One below this size that has not even halved is rounding:
 * nearly collinear columns keep the step from reaching a fine tolerance. Firth's shrink by a factor
 * that need not be below a half: there, only one that has not shrunk at all. */
#define ROUNDING_STEP 1e-4

/* Rounding may raise the objective by a little at the optimum; more means that the step was too
 * long and is halved, at the most down to LEAST_PART of it. */
#define OBJECTIVE_SLACK 1e-9
#define LEAST_PART 0x1p-20

struct rwe_logistic_options rwe_logistic_options_default(void)
{
    return (struct rwe_logistic_options){.max_iterations = 50, .tolerance = 1e-10, .threads = 1};
}

/* From one β to the next. */
struct climb {
    struct rwe_logistic_model model;
    double *previous; /* p: β before the last step */
    double *step;     /* p: δ */
    double *spread;   /* k: lengths of the centred columns at the first visit */
};

static void centre_column(size_t j, void *context)
{
    struct rwe_logistic_model *model = context;
    model->centre[j] = rwe_column_centre(model->x + j * model->n, model->weight, model->n);
}

static gsl_matrix_view information_root(const struct rwe_logistic_model *model)
{
    return gsl_matrix_view_array_with_tda(model->triangle, model->p, model->p, model->p + 1);
}

/* First column that earlier ones determine, or k. Column j of the triangle, less its first entry,
 * is the centred column; with `centre` times the intercept's column added it is the one given. */
static size_t find_collinear(struct climb *climb)
{
    const struct rwe_logistic_model *model = &climb->model;
    gsl_matrix_view r = information_root(model);
    for (size_t j = 0; j < model->k; j++) {
        gsl_vector_view below = gsl_matrix_subcolumn(&r.matrix, j + 1, 1, j + 1);
        double first = model->triangle[j + 1] + model->triangle[0] * model->centre[j];
        double unexplained = fabs(gsl_matrix_get(&r.matrix, j + 1, j + 1));
        climb->spread[j] = gsl_blas_dnrm2(&below.vector);
        double whole = hypot(climb->spread[j], first);
        if (rwe_column_is_determined(unexplained, climb->spread[j], whole))
            return j;
    }
    return model->k;
}

static bool is_separated(const struct rwe_logistic_tally *tally)
{
    return tally->forward >= SEPARATED_STEP && tally->backward <= SEPARATED_REST;
}

static enum rwe_status fail_separated(const struct climb *climb, struct rwe_error *error)
{
    const double *step = climb->step + 1, *spread = climb->spread;
    size_t most = 0;
    for (size_t j = 1; j < climb->model.k; j++)
        if (fabs(step[j]) * spread[j] > fabs(step[most]) * spread[most])
            most = j;
    return rwe_fail(
        error, RWE_SEPARATED, most,
        "the columns split the outcomes, mostly column %zu: the likelihood has no maximum", most);
}

static void move_from_previous(struct climb *climb, double part)
{
    for (size_t j = 0; j < climb->model.p; j++)
        climb->model.beta[j] = climb->previous[j] + part * climb->step[j];
    rwe_logistic_visit(&climb->model);
}

/* One Newton step, halved while it overshoots. Returns the part of it that was taken, 0 when no
 * part leads upwards. */
static double take_step(struct climb *climb)
{
    struct rwe_logistic_model *model = &climb->model;
    double before = model->objective;
    memcpy(climb->previous, model->beta, model->p * sizeof *model->beta);
    rwe_logistic_propose(model, climb->step);
    for (double part = 1; part >= LEAST_PART; part /= 2) {
        move_from_previous(climb, part);
        if (model->objective <= before + OBJECTIVE_SLACK * (fabs(before) + 0.1))
            return part;
    }
    memset(climb->step, 0, model->p * sizeof *climb->step);
    move_from_previous(climb, 0);
    return 0;
}

static bool has_arrived(double change, double previous, const struct rwe_logistic_options *options)
{
    double stalled = options->firth ? previous : previous / 2;
    return change <= options->tolerance || (change < ROUNDING_STEP && change > stalled);
}

static enum rwe_status climb_to_top(struct climb *climb, const struct rwe_logistic_options *options,
                                    struct rwe_logistic *result, struct rwe_error *error)
{
    const struct rwe_logistic_model *model = &climb->model;
    double previous = INFINITY, part = 1;
    while (result->n_iterations < options->max_iterations && part > 0 &&
           rwe_logistic_has_information(model)) {
        part = take_step(climb);
        result->n_iterations++;
        if (part == 1 && !options->firth && is_separated(&model->overall))
            return fail_separated(climb, error);
        if (part == 1 && has_arrived(model->overall.change, previous, options)) {
            result->converged = true;
            break;
        }
        previous = model->overall.change;
    }
    return RWE_OK;
}

/* Estimates of the columns as given, β0 less Σ centre × β, and their covariance (T R^-1)(T R^-1)'
 * with T that same change of origin. */
static void take_origin_back(const struct rwe_logistic_model *model, double estimate[],
                             double covariance[], double root[])
{
    size_t p = model->p;
    gsl_matrix_view r = information_root(model), inverse = gsl_matrix_view_array(root, p, p);
    gsl_matrix_view c = gsl_matrix_view_array(covariance, p, p);
    memcpy(estimate, model->beta, p * sizeof *estimate);
    for (size_t j = 0; j < model->k; j++)
        estimate[0] -= model->centre[j] * model->beta[j + 1];
    if (!rwe_logistic_has_information(model)) {
        gsl_matrix_set_all(&c.matrix, NAN);
        return;
    }
    gsl_matrix_set_identity(&inverse.matrix);
    gsl_blas_dtrsm(CblasLeft, CblasUpper, CblasNoTrans, CblasNonUnit, 1, &r.matrix,
                   &inverse.matrix);
    for (size_t j = 0; j < model->k; j++)
        for (size_t i = 0; i < p; i++)
            root[i] -= model->centre[j] * root[(j + 1) * p + i];
    gsl_blas_dgemm(CblasNoTrans, CblasTrans, 1, &inverse.matrix, &inverse.matrix, 0, &c.matrix);
}

/* c-statistic: pairs of a 1 and a 0 in which the 1 is predicted higher, ties half. */
static enum rwe_status measure_auc(const struct rwe_logistic_model *model, struct rwe_arena *arena,
                                   double *auc)
{
    uint32_t *order = RWE_NEW(arena, uint32_t, model->n);
    if (order == NULL)
        return RWE_NO_MEMORY;
    enum rwe_status status = rwe_sort_numbers(model->linear, model->n, arena, order);
    double zeros = 0, ones = 0, concordant = 0;
    for (size_t i = 0, end; status == RWE_OK && i < model->n; i = end) {
        double tied[2] = {0, 0};
        for (end = i; end < model->n && model->linear[order[end]] == model->linear[order[i]]; end++)
            tied[model->y[order[end]] != 0] += rwe_logistic_weight(model, order[end]);
        concordant += tied[1] * (zeros + tied[0] / 2);
        zeros += tied[0];
        ones += tied[1];
    }
    *auc = concordant / (zeros * ones);
    return status;
}

static enum rwe_status check_rows(const struct rwe_logistic_model *model, struct rwe_error *error)
{
    size_t rows[2] = {0, 0}; /* with each outcome */
    for (size_t i = 0; i < model->k * model->n; i++)
        if (!isfinite(model->x[i]))
            return rwe_fail(error, RWE_NOT_FINITE, i, "value %zu is not a finite number", i);
    for (size_t i = 0; i < model->n; i++) {
        double weight = rwe_logistic_weight(model, i);
        if (!isfinite(weight))
            return rwe_fail(error, RWE_NOT_FINITE, i, "weight %zu is not a finite number", i);
        if (weight < 0)
            return rwe_fail(error, RWE_BAD_INPUT, i, "weight %zu is negative", i);
        rows[model->y[i] != 0] += weight > 0;
    }
    if (rows[0] == 0 || rows[1] == 0)
        return rwe_fail(error, RWE_NOT_ESTIMABLE, RWE_NO_INDEX, "the outcome has only one value");
    if (rows[0] + rows[1] < model->p)
        return rwe_fail(error, RWE_NOT_ESTIMABLE, RWE_NO_INDEX,
                        "%zu rows cannot determine %zu coefficients", rows[0] + rows[1], model->p);
    return RWE_OK;
}

/* A start better than the intercept alone, and with information on every column. */
static bool start_from(struct climb *climb, const double estimate[], double null_deviance)
{
    struct rwe_logistic_model *model = &climb->model;
    memcpy(model->beta, estimate, model->p * sizeof *estimate);
    for (size_t j = 0; j < model->k; j++)
        model->beta[0] += model->centre[j] * estimate[j + 1];
    if (!isfinite(model->beta[0]))
        return false;
    rwe_logistic_visit(model);
    return model->overall.deviance < null_deviance && find_collinear(climb) == model->k;
}

/* Starts from the intercept alone, log odds of the outcome, unless the caller knows better. */
static enum rwe_status begin(struct climb *climb, const double start[], struct rwe_error *error)
{
    struct rwe_logistic_model *model = &climb->model;
    double total[2] = {0, 0};
    for (size_t i = 0; i < model->n; i++)
        total[model->y[i] != 0] += rwe_logistic_weight(model, i);
    rwe_parallel_for(model->k, model->threads, centre_column, model);
    double share = total[1] / (total[0] + total[1]);
    if (start != NULL &&
        start_from(climb, start, -2 * (total[1] * log(share) + total[0] * log1p(-share))))
        return RWE_OK;
    memset(model->beta, 0, model->p * sizeof *model->beta);
    model->beta[0] = log(total[1] / total[0]);
    rwe_logistic_visit(model);
    size_t j = find_collinear(climb);
    if (j < model->k)
        return rwe_fail(error, RWE_COLLINEAR, j,
                        "column %zu is constant or a combination of earlier columns", j);
    return RWE_OK;
}

static enum rwe_status fit(struct climb *climb, const struct rwe_logistic_options *options,
                           struct rwe_arena *arena, struct rwe_logistic *result,
                           struct rwe_error *error)
{
    struct rwe_logistic_model *model = &climb->model;
    climb->previous = RWE_NEW(arena, double, model->p);
    climb->step = RWE_NEW(arena, double, model->p);
    climb->spread = RWE_NEW(arena, double, model->k);
    rwe_logistic_model_prepare(model, arena);
    if (rwe_arena_failed(arena))
        return rwe_fail_memory(error);
    enum rwe_status status = begin(climb, options->start, error);
    if (status == RWE_OK)
        status = climb_to_top(climb, options, result, error);
    if (status != RWE_OK)
        return status;
    result->deviance = model->overall.deviance;
    result->penalised = options->firth;
    result->loglik_penalised = options->firth ? -model->objective / 2 : NAN;
    result->auc = NAN;
    if (!options->estimate_only && measure_auc(model, arena, &result->auc) != RWE_OK)
        return rwe_fail_memory(error);
    return RWE_OK;
}

enum rwe_status rwe_logistic_fit(const double x[], size_t k, const uint8_t y[], size_t n,
                                 const struct rwe_logistic_options *options,
                                 struct rwe_arena *arena, struct rwe_logistic *result,
                                 struct rwe_error *error)
{
    struct climb climb = {.model = {.x = x,
                                    .y = y,
                                    .weight = options->weight,
                                    .n = n,
                                    .k = k,
                                    .p = k + 1,
                                    .firth = options->firth,
                                    .threads = options->threads}};
    struct rwe_logistic_model *model = &climb.model;
    enum rwe_status status = check_rows(model, error);
    if (status != RWE_OK)
        return status;
    double *estimate = RWE_NEW(arena, double, model->p);
    double *covariance = RWE_NEW(arena, double, model->p * model->p);
    model->linear = RWE_NEW(arena, double, n);
    model->fitted = RWE_NEW(arena, double, n);
    struct rwe_mark mark = rwe_arena_mark(arena);
    double *root = RWE_NEW(arena, double, model->p * model->p);
    if (rwe_arena_failed(arena))
        return rwe_fail_memory(error);
    *result = (struct rwe_logistic){.n = n, .p = model->p};
    status = fit(&climb, options, arena, result, error);
    if (status != RWE_OK)
        return status;
    take_origin_back(model, estimate, covariance, root);
    rwe_arena_release(arena, mark);
    result->estimate = estimate;
    result->covariance = covariance;
    result->linear = model->linear;
    result->fitted = model->fitted;
    return RWE_OK;
}
