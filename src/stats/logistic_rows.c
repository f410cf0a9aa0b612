/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "logistic_private.h"

#include "rank_private.h"
#include "rwe/base/parallel.h"

#include <gsl/gsl_blas.h>
#include <math.h>
#include <string.h>

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

struct rwe_logistic_block rwe_logistic_block(const struct rwe_logistic_model *model, size_t index)
{
    size_t start = index * RWE_BLOCK_ROWS, rest = model->n - start;
    return (struct rwe_logistic_block){
        .index = index, .start = start, .rows = rest < RWE_BLOCK_ROWS ? rest : RWE_BLOCK_ROWS};
}

static size_t workspace_size(const struct rwe_logistic_model *model)
{
    return (model->p + 1) * (model->n < RWE_BLOCK_ROWS ? model->n : RWE_BLOCK_ROWS);
}

void rwe_logistic_model_prepare(struct rwe_logistic_model *model, struct rwe_arena *arena)
{
    size_t width = model->p + 1;
    model->n_blocks = (model->n + RWE_BLOCK_ROWS - 1) / RWE_BLOCK_ROWS;
    model->n_workspaces = model->n_blocks < MOST_WORKSPACES ? model->n_blocks : MOST_WORKSPACES;
    model->centre = RWE_NEW(arena, double, model->k);
    model->beta = RWE_NEW(arena, double, model->p);
    model->workspace = RWE_NEW(arena, double, model->n_workspaces *workspace_size(model));
    model->stack = RWE_NEW(arena, double, model->n_blocks *width *width);
    model->tally = RWE_NEW(arena, struct rwe_logistic_tally, model->n_blocks);
    model->triangle = RWE_NEW(arena, double, model->p *width);
    model->firth_triangle = model->firth ? RWE_NEW(arena, double, model->p *width) : NULL;
}

/* η of the block's rows, by columns. */
static void predict_rows(const struct rwe_logistic_model *model, struct rwe_logistic_block block,
                         double eta[])
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

static void tally_move(struct rwe_logistic_tally *tally, double eta, double change, bool y)
{
    double forward = y ? change : -change;
    tally->change = greater(fabs(change) / greater(1, fabs(eta)), tally->change);
    tally->backward = greater(-forward, tally->backward);
    if (fabs(eta) < RWE_LOGISTIC_CERTAIN)
        tally->forward = greater(forward, tally->forward);
}

/* With e = exp(−|η|/2): W^½ = e/(1 + e²); the less likely outcome has probability e²/(1 + e²); and
 * W^-½ (y − μ) is ±e where the likelier outcome came true, else ±1/e. Nothing cancels, however near
 * μ is to 0 or 1. */
static struct rwe_logistic_tally weigh_rows(struct rwe_logistic_model *model,
                                            struct rwe_logistic_block block, const double eta[],
                                            double root[], double residual[])
{
    struct rwe_logistic_tally tally = {0};
    for (size_t r = 0; r < block.rows; r++) {
        size_t i = block.start + r;
        bool y = model->y[i] != 0, likelier = y == (eta[r] >= 0);
        double size = fabs(eta[r]), e = exp(-size / 2), e2 = e * e, odds = 1 / (1 + e2);
        double weight = rwe_logistic_weight(model, i), change = eta[r] - model->linear[i];
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

static void fill_newton(struct rwe_logistic_model *model, struct rwe_logistic_block block,
                        double column[])
{
    double eta[RWE_BLOCK_ROWS];
    predict_rows(model, block, eta);
    model->tally[block.index] =
        weigh_rows(model, block, eta, column, column + model->p * block.rows);
    rwe_logistic_weigh_columns(model, block, column);
}

void rwe_logistic_weigh_columns(const struct rwe_logistic_model *model,
                                struct rwe_logistic_block block, double column[])
{
    for (size_t j = 0; j < model->k; j++) {
        const double *x = model->x + j * model->n + block.start;
        double *weighed = column + (j + 1) * block.rows, centre = model->centre[j];
        for (size_t i = 0; i < block.rows; i++)
            weighed[i] = column[i] * (x[i] - centre);
    }
}

struct reduction {
    struct rwe_logistic_model *model;
    void (*fill)(struct rwe_logistic_model *model, struct rwe_logistic_block block,
                 double column[]);
};

/* The block's triangle goes into its own rows of the stack. */
static void reduce_block(const struct reduction *reduction, size_t index, double column[])
{
    const struct rwe_logistic_model *model = reduction->model;
    struct rwe_logistic_block block = rwe_logistic_block(model, index);
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
    const struct rwe_logistic_model *model = reduction->model;
    for (size_t block = piece; block < model->n_blocks; block += model->n_workspaces)
        reduce_block(reduction, block, model->workspace + piece * workspace_size(model));
}

void rwe_logistic_reduce(struct rwe_logistic_model *model,
                         void (*fill)(struct rwe_logistic_model *model,
                                      struct rwe_logistic_block block, double column[]),
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

void rwe_logistic_visit(struct rwe_logistic_model *model)
{
    struct rwe_logistic_tally overall = {0};
    rwe_logistic_reduce(model, fill_newton, model->triangle);
    for (size_t block = 0; block < model->n_blocks; block++) {
        const struct rwe_logistic_tally *tally = &model->tally[block];
        overall.deviance += tally->deviance;
        overall.change = greater(tally->change, overall.change);
        overall.backward = greater(tally->backward, overall.backward);
        overall.forward = greater(tally->forward, overall.forward);
    }
    model->overall = overall;
    model->objective = overall.deviance;
    if (model->firth)
        rwe_logistic_penalise(model);
}

bool rwe_logistic_has_information(const struct rwe_logistic_model *model)
{
    for (size_t j = 0; j < model->p; j++) {
        const double *row = model->triangle + j * (model->p + 1);
        if (row[j] == 0 || !isfinite(row[j]) || !isfinite(row[model->p]))
            return false;
    }
    return true;
}

/* x := R⁻¹ x, R the left part of a triangle. */
static void solve_triangle(double triangle[], size_t p, double x[])
{
    gsl_matrix_view r = gsl_matrix_view_array_with_tda(triangle, p, p, p + 1);
    gsl_vector_view right = gsl_vector_view_array(x, p);
    gsl_blas_dtrsv(CblasUpper, CblasNoTrans, CblasNonUnit, &r.matrix, &right.vector);
}

void rwe_logistic_propose(const struct rwe_logistic_model *model, double step[])
{
    size_t p = model->p;
    double *proposing = model->firth ? model->firth_triangle : model->triangle;
    for (size_t j = 0; j < p; j++)
        step[j] = proposing[j * (p + 1) + p];
    solve_triangle(proposing, p, step);
    if (model->firth)
        solve_triangle(model->triangle, p, step);
}
