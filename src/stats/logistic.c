/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/stats/logistic.h"

#include "rank_private.h"
#include "rwe/base/parallel.h"
#include "rwe/base/sort.h"

#include <gsl/gsl_blas.h>
#include <math.h>
#include <string.h>

/* Rows past this many logits, far out in a long tail, move widely in any step and do not count as
 * diverging. */
#define CERTAIN 40

/* What a block, or all of them, found at the present β about the rows' last move: change of the
 * linear predictor, towards the row's own outcome. Rows of weight 0 are not asked. */
struct tally {
    double deviance;
    double change;   /* the greatest, either way, relative where the predictor is beyond ±1 */
    double backward; /* the greatest away from the row's own outcome */
    double forward;  /* the greatest towards it, of rows not yet certain */
};

/* A logistic model at one β, and what a visit of the rows found there. */
struct model {
    const double *x;
    const uint8_t *y;
    const double *weight; /* n; NULL: all 1 */
    size_t n, k, p;
    bool firth;
    unsigned threads;
    size_t n_blocks, n_workspaces;
    double *centre;         /* k: weighted column means */
    double *beta;           /* p: of the centred columns, intercept first */
    double *linear;         /* n */
    double *fitted;         /* n */
    double *workspace;      /* n_workspaces × (p + 1) columns of a block's rows */
    double *stack;          /* p + 1 columns of n_blocks × (p + 1) rows: the triangles */
    struct tally *tally;    /* n_blocks */
    double *triangle;       /* p × (p + 1), row-major: [R | Q'z] of all rows */
    double *firth_triangle; /* the same of Firth's step, in units of R; NULL without */
    struct tally overall;   /* at the present β */
    double objective; /* deviance, less log |information| under Firth; ∞ where that vanishes */
};

static inline double weight_of(const struct model *model, size_t i)
{
    return model->weight == NULL ? 1 : model->weight[i];
}

/* Rows [start, start + rows) of one block. */
struct block {
    size_t index, start, rows;
};

/* ---- the rows at one β ---- */

/* At a given β every block of rows makes the least-squares problem of the next Newton step
 *
 *     minimise | (CW)^½ X δ − C^½ W^-½ (y − μ) |        W = diag μ (1 − μ), C = case weights
 *
 * and Householder's QR turns its rows [(CW)^½ X | C^½ W^-½ (y − μ)] into a small triangle. The
 * triangles, stacked in the order of blocks, go through one more QR (TSQR: Demmel et al., SIAM J
 * Sci Comput 34:A206, 2012). Its triangle holds R, Q'z and so both the step and the information
 * R'R; no thread count can change it. */

/* Blocks share this many workspaces: enough for every thread to find work, few enough to stay small
 * beside the data. */
#define MOST_WORKSPACES ((size_t)64)

static struct block block_at(const struct model *model, size_t index)
{
    size_t start = index * RWE_BLOCK_ROWS, rest = model->n - start;
    return (struct block){
        .index = index, .start = start, .rows = rest < RWE_BLOCK_ROWS ? rest : RWE_BLOCK_ROWS};
}

static size_t workspace_size(const struct model *model)
{
    return (model->p + 1) * (model->n < RWE_BLOCK_ROWS ? model->n : RWE_BLOCK_ROWS);
}

/* From sizes n, k, p, firth: workspace and results of the visits. */
static void model_prepare(struct model *model, struct rwe_arena *arena)
{
    size_t width = model->p + 1;
    model->n_blocks = (model->n + RWE_BLOCK_ROWS - 1) / RWE_BLOCK_ROWS;
    model->n_workspaces = model->n_blocks < MOST_WORKSPACES ? model->n_blocks : MOST_WORKSPACES;
    model->centre = RWE_NEW(arena, double, model->k);
    model->beta = RWE_NEW(arena, double, model->p);
    model->workspace = RWE_NEW(arena, double, model->n_workspaces *workspace_size(model));
    model->stack = RWE_NEW(arena, double, model->n_blocks *width *width);
    model->tally = RWE_NEW(arena, struct tally, model->n_blocks);
    model->triangle = RWE_NEW(arena, double, model->p *width);
    model->firth_triangle = model->firth ? RWE_NEW(arena, double, model->p *width) : NULL;
}

/* η of the block's rows, by columns. */
static void predict_rows(const struct model *model, struct block block, double eta[])
{
    for (size_t i = 0; i < block.rows; i++)
        eta[i] = model->beta[0];
    for (size_t j = 0; j < model->k; j++) {
        const double *column = model->x + j * model->n + block.start;
        double centre = model->centre[j], beta = model->beta[j + 1];
        for (size_t i = 0; i < block.rows; i++)
            eta[i] += (column[i] - centre) * beta;
    }
}

static inline double greater(double a, double b)
{
    return a > b ? a : b;
}

static void tally_move(struct tally *tally, double eta, double change, bool y)
{
    double forward = y ? change : -change;
    tally->change = greater(fabs(change) / greater(1, fabs(eta)), tally->change);
    tally->backward = greater(-forward, tally->backward);
    if (fabs(eta) < CERTAIN)
        tally->forward = greater(forward, tally->forward);
}

/* With e = exp(−|η|/2): W^½ = e/(1 + e²); the less likely outcome has probability e²/(1 + e²); and
 * W^-½ (y − μ) is ±e where the likelier outcome came true, else ±1/e. Nothing cancels, however near
 * μ is to 0 or 1. */
static struct tally weigh_rows(struct model *model, struct block block, const double eta[],
                               double root[], double residual[])
{
    struct tally tally = {0};
    for (size_t r = 0; r < block.rows; r++) {
        size_t i = block.start + r;
        bool y = model->y[i] != 0, likelier = y == (eta[r] >= 0);
        double size = fabs(eta[r]), e = exp(-size / 2), e2 = e * e, odds = 1 / (1 + e2);
        double weight = weight_of(model, i), change = eta[r] - model->linear[i];
        model->linear[i] = eta[r];
        model->fitted[i] = (eta[r] >= 0 ? 1 : e2) * odds;
        root[r] = residual[r] = 0;
        if (weight == 0)
            continue;
        tally_move(&tally, eta[r], change, y);
        tally.deviance += 2 * weight * (log1p(e2) + (likelier ? 0 : size));
        double root_weight = sqrt(weight), surprise = root_weight * (likelier ? e : 1 / e);
        root[r] = root_weight * e * odds;
        residual[r] = y ? surprise : -surprise;
    }
    return tally;
}

/* Columns of W^½ times 1 and the centred x, into p columns of block.rows values. */
static void weigh_columns(const struct model *model, struct block block, double column[])
{
    for (size_t j = 0; j < model->k; j++) {
        const double *x = model->x + j * model->n + block.start;
        double *weighed = column + (j + 1) * block.rows, centre = model->centre[j];
        for (size_t i = 0; i < block.rows; i++)
            weighed[i] = column[i] * (x[i] - centre);
    }
}

static void fill_newton(struct model *model, struct block block, double column[])
{
    double eta[RWE_BLOCK_ROWS];
    predict_rows(model, block, eta);
    model->tally[block.index] =
        weigh_rows(model, block, eta, column, column + model->p * block.rows);
    weigh_columns(model, block, column);
}

struct reduction {
    struct model *model;
    void (*fill)(struct model *model, struct block block, double column[]);
};

/* The block's triangle goes into its own rows of the stack. */
static void reduce_block(const struct reduction *reduction, size_t index, double column[])
{
    const struct model *model = reduction->model;
    struct block block = block_at(model, index);
    size_t width = model->p + 1, stack_rows = model->n_blocks * width;
    reduction->fill(reduction->model, block, column);
    rwe_householder_triangle(column, block.rows, width);
    for (size_t j = 0; j < width; j++) {
        double *to = model->stack + j * stack_rows + index * width;
        size_t filled = j + 1 < block.rows ? j + 1 : block.rows;
        memcpy(to, column + j * block.rows, filled * sizeof *to);
        memset(to + filled, 0, (width - filled) * sizeof *to);
    }
}

static void reduce_share(size_t piece, void *context)
{
    const struct reduction *reduction = context;
    const struct model *model = reduction->model;
    for (size_t block = piece; block < model->n_blocks; block += model->n_workspaces)
        reduce_block(reduction, block, model->workspace + piece * workspace_size(model));
}

/* Calls `fill` for each block, which leaves p + 1 columns of block.rows values in `column`, and
 * makes the triangle [R | Q'z] of all of them. */
static void reduce(struct model *model,
                   void (*fill)(struct model *model, struct block block, double column[]),
                   double triangle[])
{
    struct reduction reduction = {.model = model, .fill = fill};
    size_t width = model->p + 1, stack_rows = model->n_blocks * width;
    rwe_parallel_for(model->n_workspaces, model->threads, reduce_share, &reduction);
    rwe_householder_triangle(model->stack, stack_rows, width);
    for (size_t i = 0; i < model->p; i++)
        for (size_t j = i; j < width; j++)
            triangle[i * width + j] = model->stack[j * stack_rows + i];
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

/* ---- Firth's penalty (Biometrika 80:27, 1993) ---- */

/* Firth's score Σ c (y − μ + h (½ − μ)) x is that of rows which hold each patient once as he is and
 * h times as half a success and half a failure. Their information X' CW (1 + H) X is nearer to the
 * penalised likelihood's own curvature than X' CW X, exactly it in a saturated model, so the step
 * is taken with it. With V = (CW)^½ X R⁻¹, whose columns are orthonormal, h = |v|² / c, and
 *
 *     minimise | (1 + H)^½ V γ − C^½ (1 + H)^-½ W^-½ (y − μ + H (½ − μ)) |,    δ = R⁻¹ γ
 *
 * stays well conditioned whatever the weights: all singular values are between 1 and √2. */

/* V in place of the weighted columns, one column of R after the other, and |v|² of each row. */
static void make_orthonormal(const struct model *model, size_t rows, double column[],
                             double squares[])
{
    for (size_t i = 0; i < rows; i++)
        squares[i] = 0;
    for (size_t j = 0; j < model->p; j++) {
        double *v = column + j * rows;
        for (size_t l = 0; l < j; l++) {
            const double *earlier = column + l * rows;
            double r = model->triangle[l * (model->p + 1) + j];
            for (size_t i = 0; i < rows; i++)
                v[i] -= r * earlier[i];
        }
        double pivot = model->triangle[j * (model->p + 1) + j];
        for (size_t i = 0; i < rows; i++) {
            v[i] /= pivot;
            squares[i] += v[i] * v[i];
        }
    }
}

/* (CW)^½ into root; C^½ W^-½ (y − μ) and C^½ W^-½ (½ − μ) = −C^½ sinh(η/2) into the other two. */
static void weigh_firth_rows(const struct model *model, struct block block, double root[],
                             double residual[], double pull[])
{
    for (size_t r = 0; r < block.rows; r++) {
        size_t i = block.start + r;
        double eta = model->linear[i], e = exp(-fabs(eta) / 2);
        bool y = model->y[i] != 0, likelier = y == (eta >= 0);
        double root_weight = sqrt(weight_of(model, i));
        root[r] = residual[r] = pull[r] = 0;
        if (root_weight == 0)
            continue;
        root[r] = root_weight * e / (1 + e * e);
        residual[r] = root_weight * (likelier ? e : 1 / e) * (y ? 1 : -1);
        pull[r] = -root_weight * sinh(eta / 2);
    }
}

static void fill_firth(struct model *model, struct block block, double column[])
{
    double squares[RWE_BLOCK_ROWS], pull[RWE_BLOCK_ROWS];
    size_t p = model->p, rows = block.rows;
    double *right = column + p * rows;
    weigh_firth_rows(model, block, column, right, pull);
    weigh_columns(model, block, column);
    make_orthonormal(model, rows, column, squares);
    for (size_t i = 0; i < rows; i++) {
        double weight = weight_of(model, block.start + i);
        double h = weight == 0 ? 0 : squares[i] / weight, root = sqrt(1 + h);
        right[i] = (right[i] + h * pull[i]) / root;
        for (size_t j = 0; j < p; j++)
            column[j * rows + i] *= root;
    }
}

/* Firth's part of a visit: firth_triangle and objective, from linear and triangle. */
static void penalise(struct model *model)
{
    if (!has_information(model)) {
        model->objective = INFINITY;
        return;
    }
    for (size_t j = 0; j < model->p; j++)
        model->objective -= 2 * log(fabs(model->triangle[j * (model->p + 1) + j]));
    reduce(model, fill_firth, model->firth_triangle);
}

/* ---- a visit, and the step that it proposes ---- */

/* Everything at the present β: linear, fitted, triangle, overall, objective. */
static void visit(struct model *model)
{
    struct tally overall = {0};
    reduce(model, fill_newton, model->triangle);
    for (size_t block = 0; block < model->n_blocks; block++) {
        const struct tally *tally = &model->tally[block];
        overall.deviance += tally->deviance;
        overall.change = greater(tally->change, overall.change);
        overall.backward = greater(tally->backward, overall.backward);
        overall.forward = greater(tally->forward, overall.forward);
    }
    model->overall = overall;
    model->objective = overall.deviance;
    if (model->firth)
        penalise(model);
}

/* x := R⁻¹ x, R the left part of a triangle. */
static void solve_triangle(double triangle[], size_t p, double x[])
{
    gsl_matrix_view r = gsl_matrix_view_array_with_tda(triangle, p, p, p + 1);
    gsl_vector_view right = gsl_vector_view_array(x, p);
    gsl_blas_dtrsv(CblasUpper, CblasNoTrans, CblasNonUnit, &r.matrix, &right.vector);
}

/* The step δ that the triangles of the last visit propose. */
static void propose(const struct model *model, double step[])
{
    size_t p = model->p;
    double *proposing = model->firth ? model->firth_triangle : model->triangle;
    for (size_t j = 0; j < p; j++)
        step[j] = proposing[j * (p + 1) + p];
    solve_triangle(proposing, p, step);
    if (model->firth)
        solve_triangle(model->triangle, p, step);
}

/* ---- the climb ---- */

/* Newton's method on the log-likelihood, penalised or not, with the columns centred. */

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
    struct model model;
    double *previous; /* p: β before the last step */
    double *step;     /* p: δ */
    double *spread;   /* k: lengths of the centred columns at the first visit */
};

static void centre_column(size_t j, void *context)
{
    struct model *model = context;
    model->centre[j] = rwe_column_centre(model->x + j * model->n, model->weight, model->n);
}

static gsl_matrix_view information_root(const struct model *model)
{
    return gsl_matrix_view_array_with_tda(model->triangle, model->p, model->p, model->p + 1);
}

/* First column that earlier ones determine, or k. Column j of the triangle, less its first entry,
 * is the centred column; with `centre` times the intercept's column added it is the one given. */
static size_t find_collinear(struct climb *climb)
{
    const struct model *model = &climb->model;
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

static bool is_separated(const struct tally *tally)
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
    visit(&climb->model);
}

/* One Newton step, halved while it overshoots. Returns the part of it that was taken, 0 when no
 * part leads upwards. */
static double take_step(struct climb *climb)
{
    struct model *model = &climb->model;
    double before = model->objective;
    memcpy(climb->previous, model->beta, model->p * sizeof *model->beta);
    propose(model, climb->step);
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
    const struct model *model = &climb->model;
    double previous = INFINITY, part = 1;
    while (result->n_iterations < options->max_iterations && part > 0 && has_information(model)) {
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
            tied[model->y[order[end]] != 0] += weight_of(model, order[end]);
        concordant += tied[1] * (zeros + tied[0] / 2);
        zeros += tied[0];
        ones += tied[1];
    }
    *auc = concordant / (zeros * ones);
    return status;
}

static enum rwe_status check_rows(const struct model *model, struct rwe_error *error)
{
    size_t rows[2] = {0, 0}; /* with each outcome */
    for (size_t i = 0; i < model->k * model->n; i++)
        if (!isfinite(model->x[i]))
            return rwe_fail(error, RWE_NOT_FINITE, i, "value %zu is not a finite number", i);
    for (size_t i = 0; i < model->n; i++) {
        double weight = weight_of(model, i);
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
    struct model *model = &climb->model;
    memcpy(model->beta, estimate, model->p * sizeof *estimate);
    for (size_t j = 0; j < model->k; j++)
        model->beta[0] += model->centre[j] * estimate[j + 1];
    if (!isfinite(model->beta[0]))
        return false;
    visit(model);
    return model->overall.deviance < null_deviance && find_collinear(climb) == model->k;
}

/* Starts from the intercept alone, log odds of the outcome, unless the caller knows better. */
static enum rwe_status begin(struct climb *climb, const double start[], struct rwe_error *error)
{
    struct model *model = &climb->model;
    double total[2] = {0, 0};
    for (size_t i = 0; i < model->n; i++)
        total[model->y[i] != 0] += weight_of(model, i);
    rwe_parallel_for(model->k, model->threads, centre_column, model);
    double share = total[1] / (total[0] + total[1]);
    if (start != NULL &&
        start_from(climb, start, -2 * (total[1] * log(share) + total[0] * log1p(-share))))
        return RWE_OK;
    memset(model->beta, 0, model->p * sizeof *model->beta);
    model->beta[0] = log(total[1] / total[0]);
    visit(model);
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
    struct model *model = &climb->model;
    climb->previous = RWE_NEW(arena, double, model->p);
    climb->step = RWE_NEW(arena, double, model->p);
    climb->spread = RWE_NEW(arena, double, model->k);
    model_prepare(model, arena);
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
    struct model *model = &climb.model;
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
