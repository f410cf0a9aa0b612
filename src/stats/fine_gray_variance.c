/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The sandwich of Fine & Gray (1999): I⁻¹ M I⁻¹, with M the variance of Σ u by the rule of
 * rwe_influence_covariance, and u = η + ψ.
 *
 *   η_i = ∫ (x_i − mean) w_i dM_i     the score residual
 *   ψ_i = ∫ q(u) / n(u) dM^c_i(u)     its share in G, n those at risk of censoring
 *   q(u) = Σ over event times t >= u of G(t−) step(t) (C1(u) − mean(t) C0(u))
 *
 * where C0 and C1 sum r / G(T−) and r x / G(T−) over competitors before u. Everything but q depends on
 * i through its time alone, so suffix sums over event times give all in one pass over rows.
 */
#include "fine_gray_private.h"

#include <string.h>

struct residuals {
    const struct fine_gray_rows *rows;
    const struct fine_gray_work *work;
    double *until_mean; /* [(m + 1) * p]: Σ step mean over event times before this one */
    double
        *after_mean; /* [((m + 1) * n_curves + curve) * p]: Σ G(t−) step mean, this one and later */
    double *competitors; /* [curve * (p + 1)]: C0 and C1 before the present time */
    double *drift;       /* [curve * p]: −Σ q / n² dN^c up to the present time */
    double *jump;        /* [curve * p]: q / n at the present time */
    double *u;           /* [row * p] */
    double *meat;        /* p × p */
};

static enum rwe_status allocate(struct residuals *to, struct rwe_arena *scratch)
{
    size_t p = to->rows->p, m = to->rows->m, curves = to->rows->n_curves;
    to->until_mean = rwe_arena_alloc(scratch, m + 1, p * sizeof(double));
    to->after_mean = rwe_arena_alloc(scratch, m + 1, curves * p * sizeof(double));
    to->competitors = rwe_arena_alloc(scratch, curves, (p + 1) * sizeof(double));
    to->drift = rwe_arena_alloc(scratch, curves, p * sizeof(double));
    to->jump = rwe_arena_alloc(scratch, curves, p * sizeof(double));
    to->u = rwe_arena_alloc(scratch, to->rows->n, p * sizeof(double));
    to->meat = rwe_arena_alloc(scratch, p, p * sizeof(double));
    return rwe_arena_failed(scratch) ? RWE_NO_MEMORY : RWE_OK;
}

static void sum_means(struct residuals *to)
{
    const struct fine_gray_rows *rows = to->rows;
    size_t p = rows->p, curves = rows->n_curves;
    for (size_t t = 0; t < rows->m; t++)
        for (size_t j = 0; j < p; j++)
            to->until_mean[(t + 1) * p + j] =
                to->until_mean[t * p + j] + to->work->step[t] * to->work->mean[t * p + j];
    for (size_t t = rows->m; t-- > 0;)
        for (size_t c = 0; c < curves; c++) {
            double weight = rows->censor_free[t * curves + c] * to->work->step[t];
            for (size_t j = 0; j < p; j++)
                to->after_mean[(t * curves + c) * p + j] =
                    to->after_mean[((t + 1) * curves + c) * p + j] +
                    weight * to->work->mean[t * p + j];
        }
}

/* jump and drift of the censored at a table row; the first event time not before it is `from`. */
static void step_censoring(struct residuals *to, size_t row, size_t from)
{
    const struct fine_gray_rows *rows = to->rows;
    size_t p = rows->p, curves = rows->n_curves;
    for (size_t c = 0; c < curves; c++) {
        double censored = rows->table.censored[row * curves + c];
        double n = rows->table.at_risk[row * curves + c];
        if (censored <= 0)
            continue;
        const double *C = to->competitors + c * (p + 1);
        const double *later = to->after_mean + (from * curves + c) * p;
        for (size_t j = 0; j < p; j++) {
            double q = C[j + 1] * to->work->after[from * curves + c] - C[0] * later[j];
            to->jump[c * p + j] = q / n;
            to->drift[c * p + j] -= q / (n * n) * censored;
        }
    }
}

/* weight × (η + ψ) of row i. */
static void find_residual(struct residuals *to, size_t i)
{
    const struct fine_gray_rows *rows = to->rows;
    const struct fine_gray_work *work = to->work;
    size_t p = rows->p, upto = rows->upto[i], curve = fine_gray_curve(rows, i);
    const double *x = rows->x + i * p;
    double weight = fine_gray_weight(rows, i), share = rows->share[i];
    bool failed = rows->data->event[i] == rows->cause;
    bool censored = rows->data->event[i] == 0;
    size_t later = upto * rows->n_curves + curve;
    double omega = work->until[upto] + (share > 0 ? share * work->after[later] : 0);
    for (size_t j = 0; j < p; j++) {
        double mean = to->until_mean[upto * p + j];
        if (share > 0)
            mean += share * to->after_mean[later * p + j];
        double eta = -work->r[i] * (x[j] * omega - mean);
        if (failed) /* at the last event time that it has reached */
            eta += weight * (x[j] - work->mean[(upto - 1) * p + j]);
        double psi = to->drift[curve * p + j] + (censored ? to->jump[curve * p + j] : 0);
        to->u[i * p + j] = eta + weight * psi;
    }
}

/* Rows of one time have the same censoring terms; its competitors count for later times only. */
static void walk(struct residuals *to)
{
    const struct fine_gray_rows *rows = to->rows;
    const struct rwe_survival_data *data = rows->data;
    size_t p = rows->p, from = 0, row = 0, end;
    for (size_t begin = 0; begin < rows->n; begin = end, row++) {
        for (end = begin; end < rows->n && data->time[end] == data->time[begin]; end++)
            ;
        step_censoring(to, row, from);
        for (size_t i = begin; i < end; i++)
            find_residual(to, i);
        for (size_t i = begin; i < end; i++) {
            double *C = to->competitors + fine_gray_curve(rows, i) * (p + 1);
            double r = to->work->r[i] * rows->share[i];
            C[0] += r;
            for (size_t j = 0; r > 0 && j < p; j++)
                C[j + 1] += r * rows->x[i * p + j];
        }
        from = rows->upto[begin];
    }
}

/* robust = V meat V, exactly symmetric */
static void enclose(const double V[], const double meat[], size_t p, double robust[])
{
    memset(robust, 0, p * p * sizeof *robust);
    for (size_t a = 0; a < p; a++)
        for (size_t b = 0; b <= a; b++) {
            double sum = 0;
            for (size_t j = 0; j < p; j++)
                for (size_t k = 0; k < p; k++)
                    sum += V[a * p + j] * meat[j * p + k] * V[k * p + b];
            robust[a * p + b] = robust[b * p + a] = sum;
        }
}

enum rwe_status rwe_fine_gray_sandwich(const struct fine_gray_rows *rows,
                                       const struct fine_gray_work *work, const double covariance[],
                                       struct rwe_arena *scratch, double robust[])
{
    struct residuals residuals = {.rows = rows, .work = work};
    if (allocate(&residuals, scratch) != RWE_OK)
        return RWE_NO_MEMORY;
    sum_means(&residuals);
    walk(&residuals);
    struct rwe_dependence dependence = rwe_survival_dependence(rows->data);
    if (rwe_influence_covariance(residuals.u, rows->p, &dependence, scratch, residuals.meat) !=
        RWE_OK)
        return RWE_NO_MEMORY;
    enclose(covariance, residuals.meat, rows->p, robust);
    return RWE_OK;
}
