/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cox_private.h"

#include <string.h>

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

/* w times the score residual by row of the data: 0 for those in no risk set. */
static enum rwe_status find_influence(const struct rwe_cox_rows *rows, enum rwe_cox_ties ties,
                                      const double beta[], struct rwe_arena *scratch,
                                      double influence[])
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
            influence[rows->origin[i] * p + j] = rows->weight[i] * residuals.score[i * p + j];
    rwe_arena_release(scratch, mark);
    return RWE_OK;
}

enum rwe_status rwe_cox_meat(const struct rwe_cox_rows *rows, const struct rwe_survival_data *data,
                             enum rwe_cox_ties ties, const double beta[], struct rwe_arena *scratch,
                             struct rwe_cox_meat *meat)
{
    size_t p = rows->p;
    struct rwe_mark mark = rwe_arena_mark(scratch);
    double *influence = rwe_arena_alloc(scratch, data->n, p * sizeof *influence);
    struct rwe_dependence dependence = rwe_survival_dependence(data);
    if (influence == NULL || find_influence(rows, ties, beta, scratch, influence) != RWE_OK ||
        rwe_influence_covariance(influence, p, &dependence, scratch, meat->matrix) != RWE_OK)
        return RWE_NO_MEMORY;
    dependence.estimation = NULL;
    if (meat->known != NULL &&
        rwe_influence_covariance(influence, p, &dependence, scratch, meat->known) != RWE_OK)
        return RWE_NO_MEMORY;
    memset(meat->score, 0, p * sizeof(double));
    for (size_t i = 0; i < data->n; i++)
        for (size_t j = 0; j < p; j++)
            meat->score[j] += influence[i * p + j];
    rwe_arena_release(scratch, mark);
    return RWE_OK;
}

enum rwe_status rwe_cox_sandwich(const struct rwe_cox_rows *rows,
                                 const struct rwe_survival_data *data, enum rwe_cox_ties ties,
                                 const struct rwe_cox_variance *variance, struct rwe_arena *scratch)
{
    size_t p = rows->p, cells = p * sizeof(double);
    struct rwe_mark mark = rwe_arena_mark(scratch);
    bool known = variance->robust_known != NULL;
    struct rwe_cox_meat meat = {
        .matrix = rwe_arena_alloc(scratch, p, cells),
        .known = known ? rwe_arena_alloc(scratch, p, cells) : NULL,
        .score = RWE_NEW(scratch, double, p),
    };
    double *half = rwe_arena_alloc(scratch, p, cells);
    if (rwe_arena_failed(scratch) ||
        rwe_cox_meat(rows, data, ties, variance->beta, scratch, &meat) != RWE_OK)
        return RWE_NO_MEMORY;
    sandwich_product(variance->covariance, meat.matrix, p, half, variance->robust);
    if (known)
        sandwich_product(variance->covariance, meat.known, p, half, variance->robust_known);
    rwe_arena_release(scratch, mark);
    return RWE_OK;
}
