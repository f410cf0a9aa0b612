/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The score of group i is a function of the cells of the table: numbers at risk n_k, events of the cause
 * e_k and of any cause a_k, by row and group k. With g_k = (1 − F_k) / S_k just before the row,
 *
 *   score_i = Σ W (e_i − e R_i / ΣR),   R_k = n_k g_k,
 *   F_k ← F_k + S_k e_k / n_k,   S_k ← S_k (1 − a_k / n_k).
 *
 * One pass forward keeps F and S; one pass backward a group i carries the derivatives of what is still
 * to come by F_k and S_k, and gives those by the row's cells (the chain rule in reverse). A subject's
 * influence is the sum of the derivatives of the cells that it is counted in.
 */
#include "gray_private.h"
#include "rwe/stats/gray.h"

#include <math.h>
#include <string.h>

/* By [row * K + k], all of one score i but the curves. */
struct slopes {
    const struct rwe_event_table *table;
    size_t cause;
    double *incidence, *free; /* F_k and S_k just before the row */
    double *weight;           /* W by row */
    double *at_risk;          /* by n_k; once cumulated, summed over the stratum's rows so far */
    double *own, *any;        /* by e_k and by a_k */
};

static enum rwe_status slopes_init(const struct rwe_event_table *table, size_t cause,
                                   struct rwe_arena *arena, struct slopes *slopes)
{
    *slopes = (struct slopes){.table = table, .cause = cause};
    double **const arrays[] = {&slopes->incidence, &slopes->free, &slopes->at_risk, &slopes->own,
                               &slopes->any};
    for (size_t a = 0; a < sizeof arrays / sizeof *arrays; a++)
        *arrays[a] = rwe_arena_alloc(arena, table->n_rows, table->n_groups * sizeof(double));
    slopes->weight = RWE_NEW(arena, double, table->n_rows);
    return rwe_arena_failed(arena) ? RWE_NO_MEMORY : RWE_OK;
}

static double sum_of(const double x[], size_t n)
{
    double sum = 0;
    for (size_t k = 0; k < n; k++)
        sum += x[k];
    return sum;
}

/* R_k of a row. */
static double subdistribution_risk(const struct slopes *slopes, size_t cell)
{
    double n = slopes->table->at_risk[cell];
    return n > 0 ? n * (1 - slopes->incidence[cell]) / slopes->free[cell] : 0;
}

/* Fills the curves and W, and adds to the score. `own` is workspace for K numbers. */
static void walk_forward(struct slopes *slopes, double rho, double own[],
                         struct rwe_gray_sums *sums)
{
    const struct rwe_event_table *table = slopes->table;
    size_t K = table->n_groups;
    for (size_t s = 0; s < table->n_strata; s++) {
        size_t first = table->stratum_start[s], end = table->stratum_start[s + 1];
        double incidence = 0; /* of all groups */
        for (size_t k = 0; first < end && k < K; k++) {
            slopes->free[first * K + k] = 1;
            sums->size[k] += table->at_risk[first * K + k];
        }
        for (size_t row = first; row < end; row++) {
            double n_own, sum_R = 0, sum_h = 0;
            rwe_gray_own_events(table, row, slopes->cause, own);
            n_own = sum_of(own, K);
            slopes->weight[row] = pow(1 - incidence, rho);
            for (size_t k = 0; k < K; k++) {
                size_t cell = row * K + k;
                double n = table->at_risk[cell], S = slopes->free[cell];
                sum_R += subdistribution_risk(slopes, cell);
                sum_h += n > 0 ? n / S : 0;
                if (row + 1 == end)
                    continue;
                slopes->incidence[cell + K] =
                    slopes->incidence[cell] + (n > 0 ? S * own[k] / n : 0);
                slopes->free[cell + K] = n > 0 ? S * (n - table->events[cell]) / n : S;
            }
            for (size_t k = 0; n_own > 0 && k < K; k++)
                sums->score[k] +=
                    slopes->weight[row] *
                    (own[k] - n_own * subdistribution_risk(slopes, row * K + k) / sum_R);
            sums->n_events += n_own;
            incidence += n_own > 0 ? n_own / sum_h : 0;
        }
    }
}

/* A row's cells of group k: `by_F` and `by_S` are the derivatives by the curves after the row, and
 * become those by the curves before it. `by_R` is the derivative by R_k. */
static void step_back(struct slopes *slopes, size_t cell, double own, double by_R, double *by_F,
                      double *by_S)
{
    double n = slopes->table->at_risk[cell], a = slopes->table->events[cell];
    double S = slopes->free[cell], F = slopes->incidence[cell];
    if (n <= 0)
        return;
    slopes->own[cell] += *by_F * S / n;
    slopes->any[cell] = -*by_S * S / n;
    slopes->at_risk[cell] = by_R * (1 - F) / S + (*by_S * a - *by_F * own) * S / (n * n);
    *by_S = *by_S * (1 - a / n) + *by_F * own / n - by_R * n * (1 - F) / (S * S);
    *by_F -= by_R * n / S;
}

/* The derivatives of score i. `work` holds 3 K numbers. */
static void walk_back(struct slopes *slopes, size_t i, double work[])
{
    const struct rwe_event_table *table = slopes->table;
    size_t K = table->n_groups;
    double *own = work, *by_F = work + K, *by_S = work + 2 * K;
    memset(slopes->at_risk, 0, table->n_rows * K * sizeof(double));
    memset(slopes->own, 0, table->n_rows * K * sizeof(double));
    memset(slopes->any, 0, table->n_rows * K * sizeof(double));
    for (size_t s = 0; s < table->n_strata; s++) {
        memset(by_F, 0, 2 * K * sizeof *by_F);
        for (size_t row = table->stratum_start[s + 1]; row-- > table->stratum_start[s];) {
            double sum_R = 0, W = slopes->weight[row];
            rwe_gray_own_events(table, row, slopes->cause, own);
            double n_own = sum_of(own, K);
            for (size_t k = 0; k < K; k++)
                sum_R += subdistribution_risk(slopes, row * K + k);
            double share = n_own > 0 ? subdistribution_risk(slopes, row * K + i) / sum_R : 0;
            for (size_t k = 0; k < K; k++) {
                double by_R = n_own > 0 ? -W * n_own / sum_R * ((i == k) - share) : 0;
                slopes->own[row * K + k] = n_own > 0 ? W * ((i == k) - share) : 0;
                step_back(slopes, row * K + k, own[k], by_R, &by_F[k], &by_S[k]);
            }
        }
        for (size_t row = table->stratum_start[s] + 1; row < table->stratum_start[s + 1]; row++)
            for (size_t k = 0; k < K; k++)
                slopes->at_risk[row * K + k] += slopes->at_risk[(row - 1) * K + k];
    }
}

/* ψ of score i by subject, added up by cluster. */
static void add_influence(const struct rwe_survival_data *data, const struct slopes *slopes,
                          size_t i, double influence[])
{
    size_t K = slopes->table->n_groups;
    for (size_t m = 0; m < data->n; m++) {
        size_t s = data->stratum == NULL ? 0 : data->stratum[m];
        size_t row = rwe_event_table_rows_until(slopes->table, s, data->time[m]) - 1;
        size_t cell = row * K + (data->group == NULL ? 0 : data->group[m]);
        double slope = slopes->at_risk[cell];
        if (data->event[m])
            slope += slopes->any[cell];
        if (data->event[m] == slopes->cause)
            slope += slopes->own[cell];
        size_t c = data->cluster == NULL ? m : data->cluster[m];
        influence[c * K + i] += (data->weight == NULL ? 1 : data->weight[m]) * slope;
    }
}

static void add_squares(const double influence[], size_t n, size_t K, double covariance[])
{
    for (size_t i = 0; i < K; i++)
        for (size_t j = 0; j <= i; j++)
            for (size_t c = 0; c < n; c++)
                covariance[i * K + j] += influence[c * K + i] * influence[c * K + j];
}

enum rwe_status rwe_gray_robust(const struct rwe_survival_data *data,
                                const struct rwe_event_table *table, size_t cause, double rho,
                                struct rwe_arena *arena, struct rwe_gray *result,
                                struct rwe_error *error)
{
    /* Fewer clusters than groups leave pivots of rounding, some 1e-16 of their diagonal. */
    const double singular_share = 1e-10;
    enum rwe_status status = rwe_gray_check(table, cause, rho, error);
    if (status != RWE_OK)
        return status;
    size_t K = table->n_groups, n = data->cluster == NULL ? data->n : data->n_clusters;
    struct rwe_gray_sums sums = {.score = RWE_NEW(arena, double, K)};
    struct rwe_mark mark = rwe_arena_mark(arena);
    struct slopes slopes;
    sums.covariance = rwe_arena_alloc(arena, K, K * sizeof(double));
    sums.size = RWE_NEW(arena, double, K);
    double *work = RWE_NEW(arena, double, 3 * K);
    double *influence = rwe_arena_alloc(arena, n, K * sizeof(double));
    if (slopes_init(table, cause, arena, &slopes) != RWE_OK)
        return rwe_fail_memory(error);
    walk_forward(&slopes, rho, work, &sums);
    if (sums.n_events <= 0)
        return rwe_fail(error, RWE_NOT_ESTIMABLE, RWE_NO_INDEX, "there is no event of the cause");
    for (size_t i = 0; i < K; i++) {
        walk_back(&slopes, i, work);
        add_influence(data, &slopes, i, influence);
    }
    add_squares(influence, n, K, sums.covariance);
    *result = (struct rwe_gray){.n_groups = K, .score = sums.score};
    status = rwe_gray_chi_square(&sums, K, singular_share, arena, result, error);
    rwe_arena_release(arena, mark);
    return status;
}
