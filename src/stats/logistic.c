/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/stats/logistic.h"

#include "rwe/base/parallel.h"
#include "rwe/base/sort.h"

#include <gsl/gsl_blas.h>
#include <gsl/gsl_linalg.h>
#include <math.h>
#include <string.h>

/* Newton's method on the log-likelihood, the columns centred. At a given β every block of rows
 * makes the least-squares problem of the next step
 *
 *     minimise | W^½ X δ − W^-½ (y − μ) |        W = diag μ (1 − μ)
 *
 * and GSL's Householder QR turns its rows [W^½ X | W^-½ (y − μ)] into a small triangle. The
 * triangles, stacked in the order of blocks, go through one more QR (TSQR: Demmel et al., SIAM J
 * Sci Comput 34:A206, 2012). Its triangle holds R, Q'z and so both the step and the information
 * R'R; no thread count can change it. */

/* Blocks share this many workspaces: enough for every thread to find work, few enough to stay small
 * beside the data. */
#define MOST_WORKSPACES ((size_t)64)

/* A column is collinear when earlier ones explain all but this much of its length: the tolerance of
 * R's glm (epsilon / 1000). Rounding leaves about 1e-16. */
#define COLLINEAR 1e-11

/* A step that takes every row towards its own outcome, or leaves it in place, proves separation
 * (Albert & Anderson, Biometrika 71:1, 1984): the likelihood grows along it for ever. Diverging
 * rows move by about 1 in each iteration, and rows that another direction decides come to rest like
 * exp(−iteration), so that "in place" needs a tolerance. (One value 1e11 times as large as all
 * others therefore passes for separation.) Rows past CERTAIN logits, far out in a long tail, move
 * widely in any step and do not count as diverging. */
#define SEPARATED_REST 1e-10
#define SEPARATED_STEP 0.1
#define CERTAIN 40

/* Newton's steps shrink quadratically. One below this size that has not even halved is rounding:
 * nearly collinear columns keep the step from reaching a fine tolerance. */
#define ROUNDING_STEP 1e-4

/* Rounding may raise the deviance by a little at the optimum; more means that the step was too long
 * and is halved, at the most down to LEAST_PART of it. */
#define DEVIANCE_SLACK 1e-9
#define LEAST_PART 0x1p-20

struct rwe_logistic_options rwe_logistic_options_default(void)
{
    return (struct rwe_logistic_options){.max_iterations = 50, .tolerance = 1e-10, .threads = 1};
}

/* What a block, or all of them, found at the present β about the rows' last move: change of the
 * linear predictor, towards the row's own outcome. */
struct tally {
    double deviance;
    double change;   /* the greatest, either way, relative where the predictor is beyond ±1 */
    double backward; /* the greatest away from the row's own outcome */
    double forward;  /* the greatest towards it, of rows not yet certain */
};

struct model {
    const double *x;
    const uint8_t *y;
    size_t n, k, p;
    unsigned threads;
    size_t n_blocks, n_workspaces;
    double *centre;       /* k: column means */
    double *beta;         /* p: of the centred columns, intercept first */
    double *previous;     /* p: β before the last step */
    double *step;         /* p: δ */
    double *linear;       /* n */
    double *fitted;       /* n */
    double *workspace;    /* n_workspaces × workspace_size */
    double *stack;        /* n_blocks × (p + 1) × (p + 1): the triangles */
    struct tally *tally;  /* n_blocks */
    double *triangle;     /* p × (p + 1): [R | Q'z] of all rows */
    struct tally overall; /* at the present β */
};

/* A block is padded with rows of zeros to at least as many rows as columns. */
static size_t workspace_rows(const struct model *model)
{
    return model->p + 1 > RWE_BLOCK_ROWS ? model->p + 1 : RWE_BLOCK_ROWS;
}

static size_t workspace_size(const struct model *model)
{
    return (workspace_rows(model) + 1) * (model->p + 1);
}

static double column_mean(const double x[], size_t n, double shift)
{
    double sum = 0;
    for (size_t start = 0; start < n; start += RWE_BLOCK_ROWS) {
        size_t end = start + RWE_BLOCK_ROWS < n ? start + RWE_BLOCK_ROWS : n;
        double block = 0;
        for (size_t i = start; i < end; i++)
            block += x[i] - shift;
        sum += block;
    }
    return shift + sum / (double)n;
}

/* The second pass takes the rounding of the first out of the mean. */
static void centre_column(size_t j, void *context)
{
    struct model *model = context;
    const double *column = model->x + j * model->n;
    model->centre[j] = column_mean(column, model->n, column_mean(column, model->n, column[0]));
}

/* η of the block's rows, by columns. */
static void predict_rows(const struct model *model, size_t start, size_t rows, double eta[])
{
    for (size_t i = 0; i < rows; i++)
        eta[i] = model->beta[0];
    for (size_t j = 0; j < model->k; j++) {
        const double *column = model->x + j * model->n + start;
        double centre = model->centre[j], beta = model->beta[j + 1];
        for (size_t i = 0; i < rows; i++)
            eta[i] += (column[i] - centre) * beta;
    }
}

static void tally_row(struct tally *tally, double eta, double change, bool y)
{
    double forward = y ? change : -change;
    tally->change = fmax(tally->change, fabs(change) / fmax(1, fabs(eta)));
    tally->backward = fmax(tally->backward, -forward);
    if (fabs(eta) < CERTAIN)
        tally->forward = fmax(tally->forward, forward);
}

/* With e = exp(−|η|/2): W^½ = e/(1 + e²); the less likely outcome has probability e²/(1 + e²); and
 * W^-½ (y − μ) is ±e where the likelier outcome came true, else ±1/e. Nothing cancels, however near
 * μ is to 0 or 1. */
static struct tally weigh_rows(struct model *model, size_t start, size_t rows, const double eta[],
                               double row[])
{
    struct tally tally = {0};
    size_t width = model->p + 1;
    for (size_t i = 0; i < rows; i++) {
        bool y = model->y[start + i] != 0;
        double size = fabs(eta[i]), e = exp(-size / 2), e2 = e * e;
        bool likelier = y == (eta[i] >= 0);
        double residual = likelier ? e : 1 / e;
        tally_row(&tally, eta[i], eta[i] - model->linear[start + i], y);
        tally.deviance += 2 * (log1p(e2) + (likelier ? 0 : size));
        model->linear[start + i] = eta[i];
        model->fitted[start + i] = (eta[i] >= 0 ? 1 : e2) / (1 + e2);
        row[i * width] = e / (1 + e2);
        row[i * width + model->p] = y ? residual : -residual;
    }
    return tally;
}

static void visit_block(struct model *model, size_t block, double workspace[])
{
    double eta[RWE_BLOCK_ROWS];
    size_t width = model->p + 1, start = block * RWE_BLOCK_ROWS;
    size_t rows = model->n - start < RWE_BLOCK_ROWS ? model->n - start : RWE_BLOCK_ROWS;
    size_t padded = rows < width ? width : rows;
    double *row = workspace + width;
    predict_rows(model, start, rows, eta);
    model->tally[block] = weigh_rows(model, start, rows, eta, row);
    for (size_t j = 0; j < model->k; j++) {
        const double *column = model->x + j * model->n + start;
        for (size_t i = 0; i < rows; i++)
            row[i * width + j + 1] = row[i * width] * (column[i] - model->centre[j]);
    }
    memset(row + rows * width, 0, (padded - rows) * width * sizeof *row);
    gsl_matrix_view a = gsl_matrix_view_array(row, padded, width);
    gsl_vector_view tau = gsl_vector_view_array(workspace, width);
    gsl_linalg_QR_decomp(&a.matrix, &tau.vector);
    double *triangle = model->stack + block * width * width;
    memset(triangle, 0, width * width * sizeof *triangle);
    for (size_t i = 0; i < width; i++)
        memcpy(triangle + i * width + i, row + i * width + i, (width - i) * sizeof *row);
}

static void visit_share(size_t piece, void *context)
{
    struct model *model = context;
    double *workspace = model->workspace + piece * workspace_size(model);
    for (size_t block = piece; block < model->n_blocks; block += model->n_workspaces)
        visit_block(model, block, workspace);
}

/* Everything at the present β: linear predictors, their change, the deviance and the triangle. */
static void visit_rows(struct model *model)
{
    size_t width = model->p + 1;
    rwe_parallel_for(model->n_workspaces, model->threads, visit_share, model);
    struct tally overall = {0};
    for (size_t block = 0; block < model->n_blocks; block++) {
        const struct tally *tally = &model->tally[block];
        overall.deviance += tally->deviance;
        overall.change = fmax(overall.change, tally->change);
        overall.backward = fmax(overall.backward, tally->backward);
        overall.forward = fmax(overall.forward, tally->forward);
    }
    model->overall = overall;
    gsl_matrix_view stack = gsl_matrix_view_array(model->stack, model->n_blocks * width, width);
    gsl_vector_view tau = gsl_vector_view_array(model->workspace, width);
    gsl_linalg_QR_decomp(&stack.matrix, &tau.vector);
    memcpy(model->triangle, model->stack, model->p * width * sizeof *model->triangle);
}

static gsl_matrix_view information_root(const struct model *model)
{
    return gsl_matrix_view_array_with_tda(model->triangle, model->p, model->p, model->p + 1);
}

/* False when the weights have vanished, so that some coefficient has no information left. */
static bool has_information(const struct model *model)
{
    for (size_t j = 0; j < model->p; j++) {
        const double *row = model->triangle + j * (model->p + 1);
        if (row[j] == 0 || !isfinite(row[j]) || !isfinite(row[model->p]))
            return false;
    }
    return true;
}

/* Length of the centred column j; the first triangle's rows have equal weights. */
static double centred_length(const struct model *model, size_t j)
{
    gsl_matrix_view r = information_root(model);
    gsl_vector_view above = gsl_matrix_subcolumn(&r.matrix, j + 1, 1, j + 1);
    return gsl_blas_dnrm2(&above.vector);
}

/* At the first visit all weights are equal, so the triangle is that of the columns times W^½. */
static enum rwe_status check_columns(const struct model *model, double spread[],
                                     struct rwe_error *error)
{
    double root_n_w = fabs(model->triangle[0]); /* = sqrt(n) W^½ */
    for (size_t j = 0; j < model->k; j++) {
        double unexplained = fabs(model->triangle[(j + 1) * (model->p + 1) + j + 1]);
        spread[j] = centred_length(model, j);
        double length = hypot(spread[j], root_n_w * model->centre[j]);
        if (!(unexplained > COLLINEAR * length))
            return rwe_fail(error, RWE_COLLINEAR, j,
                            "column %zu is constant or a combination of earlier columns", j);
    }
    return RWE_OK;
}

static void solve_step(struct model *model)
{
    gsl_matrix_view r = information_root(model);
    gsl_vector_view step = gsl_vector_view_array(model->step, model->p);
    for (size_t j = 0; j < model->p; j++)
        model->step[j] = model->triangle[j * (model->p + 1) + model->p];
    gsl_blas_dtrsv(CblasUpper, CblasNoTrans, CblasNonUnit, &r.matrix, &step.vector);
}

static bool is_separated(const struct tally *tally)
{
    return tally->forward >= SEPARATED_STEP && tally->backward <= SEPARATED_REST;
}

static enum rwe_status fail_separated(const struct model *model, const double spread[],
                                      struct rwe_error *error)
{
    size_t most = 0;
    for (size_t j = 1; j < model->k; j++)
        if (fabs(model->step[j + 1]) * spread[j] > fabs(model->step[most + 1]) * spread[most])
            most = j;
    return rwe_fail(
        error, RWE_SEPARATED, most,
        "the columns split the outcomes, mostly column %zu: the likelihood has no maximum", most);
}

static void move_from_previous(struct model *model, double part)
{
    for (size_t j = 0; j < model->p; j++)
        model->beta[j] = model->previous[j] + part * model->step[j];
    visit_rows(model);
}

/* One Newton step, halved while it overshoots. Returns the part of it that was taken, 0 when no
 * part leads upwards. */
static double take_step(struct model *model)
{
    double before = model->overall.deviance;
    memcpy(model->previous, model->beta, model->p * sizeof *model->beta);
    solve_step(model);
    for (double part = 1; part >= LEAST_PART; part /= 2) {
        move_from_previous(model, part);
        if (model->overall.deviance <= before + DEVIANCE_SLACK * (before + 0.1))
            return part;
    }
    memset(model->step, 0, model->p * sizeof *model->step);
    move_from_previous(model, 0);
    return 0;
}

static enum rwe_status climb(struct model *model, const struct rwe_logistic_options *options,
                             const double spread[], struct rwe_logistic *result,
                             struct rwe_error *error)
{
    double previous = INFINITY, part = 1;
    while (result->n_iterations < options->max_iterations && part > 0 && has_information(model)) {
        part = take_step(model);
        double change = model->overall.change;
        result->n_iterations++;
        if (part == 1 && is_separated(&model->overall))
            return fail_separated(model, spread, error);
        if (part == 1 &&
            (change <= options->tolerance || (change < ROUNDING_STEP && change > previous / 2))) {
            result->converged = true;
            break;
        }
        previous = change;
    }
    return RWE_OK;
}

/* Estimates of the columns as given, β0 less Σ centre × β, and their covariance (T R^-1)(T R^-1)'
 * with T that same change of origin. */
static void take_origin_back(const struct model *model, double estimate[], double covariance[],
                             double root[])
{
    size_t p = model->p;
    gsl_matrix_view r = information_root(model), inverse = gsl_matrix_view_array(root, p, p);
    gsl_matrix_view c = gsl_matrix_view_array(covariance, p, p);
    memcpy(estimate, model->beta, p * sizeof *estimate);
    for (size_t j = 0; j < model->k; j++)
        estimate[0] -= model->centre[j] * model->beta[j + 1];
    if (!has_information(model)) {
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
static enum rwe_status measure_auc(const struct model *model, struct rwe_arena *arena, double *auc)
{
    uint32_t *order = RWE_NEW(arena, uint32_t, model->n);
    if (order == NULL)
        return RWE_NO_MEMORY;
    enum rwe_status status = rwe_sort_numbers(model->linear, model->n, arena, order);
    double zeros = 0, ones = 0, concordant = 0;
    for (size_t i = 0, end; status == RWE_OK && i < model->n; i = end) {
        double tied[2] = {0, 0};
        for (end = i; end < model->n && model->linear[order[end]] == model->linear[order[i]]; end++)
            tied[model->y[order[end]] != 0]++;
        concordant += tied[1] * (zeros + tied[0] / 2);
        zeros += tied[0];
        ones += tied[1];
    }
    *auc = concordant / (zeros * ones);
    return status;
}

static enum rwe_status check_input(const double x[], size_t k, const uint8_t y[], size_t n,
                                   struct rwe_error *error)
{
    size_t ones = 0;
    for (size_t i = 0; i < k * n; i++)
        if (!isfinite(x[i]))
            return rwe_fail(error, RWE_NOT_FINITE, i, "value %zu is not a finite number", i);
    for (size_t i = 0; i < n; i++)
        ones += y[i] != 0;
    if (ones == 0 || ones == n)
        return rwe_fail(error, RWE_NOT_ESTIMABLE, RWE_NO_INDEX, "the outcome has only one value");
    if (n < k + 1)
        return rwe_fail(error, RWE_NOT_ESTIMABLE, RWE_NO_INDEX,
                        "%zu rows cannot determine %zu coefficients", n, k + 1);
    return RWE_OK;
}

static void model_prepare(struct model *model, struct rwe_arena *arena)
{
    size_t width = model->p + 1;
    model->n_blocks = (model->n + RWE_BLOCK_ROWS - 1) / RWE_BLOCK_ROWS;
    model->n_workspaces = model->n_blocks < MOST_WORKSPACES ? model->n_blocks : MOST_WORKSPACES;
    model->centre = RWE_NEW(arena, double, model->k);
    model->beta = RWE_NEW(arena, double, model->p);
    model->previous = RWE_NEW(arena, double, model->p);
    model->step = RWE_NEW(arena, double, model->p);
    model->workspace = RWE_NEW(arena, double, model->n_workspaces *workspace_size(model));
    model->stack = RWE_NEW(arena, double, model->n_blocks *width *width);
    model->tally = RWE_NEW(arena, struct tally, model->n_blocks);
    model->triangle = RWE_NEW(arena, double, model->p *width);
}

/* Starts from the intercept alone: log odds of the outcome. */
static void start(struct model *model)
{
    double ones = 0;
    for (size_t i = 0; i < model->n; i++)
        ones += model->y[i] != 0;
    rwe_parallel_for(model->k, model->threads, centre_column, model);
    model->beta[0] = log(ones / ((double)model->n - ones));
    visit_rows(model);
}

enum rwe_status rwe_logistic_fit(const double x[], size_t k, const uint8_t y[], size_t n,
                                 const struct rwe_logistic_options *options,
                                 struct rwe_arena *arena, struct rwe_logistic *result,
                                 struct rwe_error *error)
{
    enum rwe_status status = check_input(x, k, y, n, error);
    if (status != RWE_OK)
        return status;
    struct model model = {.x = x, .y = y, .n = n, .k = k, .p = k + 1, .threads = options->threads};
    double *estimate = RWE_NEW(arena, double, model.p);
    double *covariance = RWE_NEW(arena, double, model.p *model.p);
    model.linear = RWE_NEW(arena, double, n);
    model.fitted = RWE_NEW(arena, double, n);
    struct rwe_mark mark = rwe_arena_mark(arena);
    double *spread = RWE_NEW(arena, double, k);
    double *root = RWE_NEW(arena, double, model.p *model.p);
    model_prepare(&model, arena);
    if (rwe_arena_failed(arena))
        return rwe_fail_memory(error);
    *result = (struct rwe_logistic){.n = n, .p = model.p};
    start(&model);
    status = check_columns(&model, spread, error);
    if (status == RWE_OK)
        status = climb(&model, options, spread, result, error);
    if (status != RWE_OK)
        return status;
    take_origin_back(&model, estimate, covariance, root);
    if (measure_auc(&model, arena, &result->auc) != RWE_OK)
        return rwe_fail_memory(error);
    rwe_arena_release(arena, mark);
    result->deviance = model.overall.deviance;
    result->estimate = estimate;
    result->covariance = covariance;
    result->linear = model.linear;
    result->fitted = model.fitted;
    return RWE_OK;
}
