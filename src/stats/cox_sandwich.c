/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cox_private.h"

#include <string.h>

/* meat = Σ u u' and total = Σ u over n clusters, in order of their codes. */
static void sum_outer_products(const double u[], size_t n, size_t p, double meat[], double total[])
{
    memset(total, 0, p * sizeof *total);
    memset(meat, 0, p * p * sizeof *meat);
    for (size_t c = 0; c < n; c++)
        for (size_t j = 0; j < p; j++) {
            total[j] += u[c * p + j];
            for (size_t k = 0; k <= j; k++)
                meat[j * p + k] += u[c * p + j] * u[c * p + k];
        }
    for (size_t j = 0; j < p; j++)
        for (size_t k = 0; k < j; k++)
            meat[k * p + j] = meat[j * p + k];
}

/* out = V M V for symmetric V and M, made exactly symmetric; `half` holds p × p. */
static void sandwich_product(const double V[], const double M[], size_t p, double half[],
                             double out[])
{
    memset(half, 0, p * p * sizeof *half);
    for (size_t j = 0; j < p; j++)
        for (size_t m = 0; m < p; m++)
            for (size_t k = 0; k < p; k++)
                half[j * p + k] += V[j * p + m] * M[m * p + k];
    for (size_t j = 0; j < p; j++)
        for (size_t k = 0; k <= j; k++) {
            double sum = 0;
            for (size_t m = 0; m < p; m++)
                sum += half[j * p + m] * V[m * p + k];
            out[j * p + k] = out[k * p + j] = sum;
        }
}

static double *sum_by_cluster(const struct rwe_cox_rows *rows, const struct rwe_survival_data *data,
                              const double residual[], struct rwe_arena *arena)
{
    size_t p = rows->p;
    double *sum = rwe_arena_alloc(arena, data->n_clusters, p * sizeof *sum);
    for (size_t i = 0; sum != NULL && i < rows->n; i++) {
        double *u = sum + data->cluster[rows->origin[i]] * p;
        for (size_t j = 0; j < p; j++)
            u[j] += residual[i * p + j];
    }
    return sum;
}

enum rwe_status rwe_cox_meat(const struct rwe_cox_rows *rows, const struct rwe_survival_data *data,
                             enum rwe_cox_ties ties, const double beta[], struct rwe_arena *scratch,
                             struct rwe_cox_meat *meat)
{
    size_t p = rows->p;
    struct rwe_mark mark = rwe_arena_mark(scratch);
    struct rwe_cox_row_residuals residuals = {
        .score = rwe_arena_alloc(scratch, rows->n, p * sizeof(double)),
        .martingale = RWE_NEW(scratch, double, rows->n),
    };
    if (rwe_arena_failed(scratch) ||
        rwe_cox_row_residuals(rows, ties, beta, scratch, &residuals) != RWE_OK)
        return RWE_NO_MEMORY;
    for (size_t i = 0; i < rows->n; i++)
        for (size_t j = 0; j < p; j++)
            residuals.score[i * p + j] *= rows->weight[i];
    const double *u = residuals.score;
    if (data->cluster != NULL)
        u = sum_by_cluster(rows, data, residuals.score, scratch);
    if (u == NULL)
        return RWE_NO_MEMORY;
    sum_outer_products(u, data->cluster != NULL ? data->n_clusters : rows->n, p, meat->matrix,
                       meat->score);
    rwe_arena_release(scratch, mark);
    return RWE_OK;
}

enum rwe_status rwe_cox_sandwich(const struct rwe_cox_rows *rows,
                                 const struct rwe_survival_data *data, enum rwe_cox_ties ties,
                                 const double beta[], const double covariance[],
                                 struct rwe_arena *scratch, double robust[])
{
    size_t p = rows->p;
    struct rwe_mark mark = rwe_arena_mark(scratch);
    struct rwe_cox_meat meat = {
        .matrix = rwe_arena_alloc(scratch, p, p * sizeof(double)),
        .score = RWE_NEW(scratch, double, p),
    };
    double *half = rwe_arena_alloc(scratch, p, p * sizeof *half);
    if (rwe_arena_failed(scratch) || rwe_cox_meat(rows, data, ties, beta, scratch, &meat) != RWE_OK)
        return RWE_NO_MEMORY;
    sandwich_product(covariance, meat.matrix, p, half, robust);
    rwe_arena_release(scratch, mark);
    return RWE_OK;
}
