/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Likelihood, score and information in two passes over rows (the idea is that of Kawaguchi et al., The R
 * Journal, 2020). Σ r over a risk set is a sum of those at risk themselves, gathered from the last row
 * up, and G(t−) times a sum over competitors before t, gathered from the first row down. The
 * second moments are never made by risk set: with ω_i the sum of row i's weight in the risk sets
 * over step = events / total,
 *
 *   score       = Σ events x − Σ r_i ω_i x_i
 *   information = Σ r_i ω_i x_i x_i' − Σ over event times of events × mean mean'
 */
#include "fine_gray_private.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum rwe_status rwe_fine_gray_work(const struct fine_gray_rows *rows, struct rwe_arena *arena,
                                   struct fine_gray_work *work)
{
    work->r = RWE_NEW(arena, double, rows->n);
    work->total = RWE_NEW(arena, double, rows->m);
    work->mean = rwe_arena_alloc(arena, rows->m, rows->p * sizeof(double));
    work->step = RWE_NEW(arena, double, rows->m);
    work->until = RWE_NEW(arena, double, rows->m + 1);
    work->after = rwe_arena_alloc(arena, rows->m + 1, rows->n_curves * sizeof(double));
    work->running = rwe_arena_alloc(arena, rows->n_curves, (rows->p + 1) * sizeof(double));
    return rwe_arena_failed(arena) ? RWE_NO_MEMORY : RWE_OK;
}

static void find_hazards(const struct fine_gray_rows *rows, const double beta[],
                         struct fine_gray_work *work)
{
    size_t p = rows->p;
    work->shift = -DBL_MAX;
    for (size_t i = 0; i < rows->n; i++) {
        double predictor = 0;
        for (size_t j = 0; j < p; j++)
            predictor += rows->x[i * p + j] * beta[j];
        work->r[i] = predictor;
        work->shift = predictor > work->shift ? predictor : work->shift;
    }
    for (size_t i = 0; i < rows->n; i++)
        work->r[i] = fine_gray_weight(rows, i) * exp(work->r[i] - work->shift);
}

/* running = (Σ r, Σ r x) + scale × row i */
static inline void accumulate(const struct fine_gray_rows *rows, const struct fine_gray_work *work,
                              size_t i, double scale, double running[])
{
    double r = work->r[i] * scale;
    const double *x = rows->x + i * rows->p;
    running[0] += r;
    for (size_t j = 0; j < rows->p; j++)
        running[j + 1] += r * x[j];
}

/* Those at risk themselves: sums over rows from the last one up, at each event time. */
static void sum_at_risk(const struct fine_gray_rows *rows, struct fine_gray_work *work)
{
    size_t p = rows->p, i = rows->n;
    double *running = work->running;
    memset(running, 0, (p + 1) * sizeof *running);
    for (size_t t = rows->m; t-- > 0;) {
        for (; i > 0 && rows->upto[i - 1] > t; i--)
            accumulate(rows, work, i - 1, 1, running);
        work->total[t] = running[0];
        memcpy(work->mean + t * p, running + 1, p * sizeof *running);
    }
}

/* Competitors before each event time; then sums become means. */
static void sum_competitors(const struct fine_gray_rows *rows, struct fine_gray_work *work)
{
    size_t p = rows->p, i = 0;
    memset(work->running, 0, rows->n_curves * (p + 1) * sizeof *work->running);
    for (size_t t = 0; t < rows->m; t++) {
        double *mean = work->mean + t * p;
        for (; i < rows->n && rows->upto[i] <= t; i++)
            if (rows->share[i] > 0)
                accumulate(rows, work, i, rows->share[i],
                           work->running + fine_gray_curve(rows, i) * (p + 1));
        for (size_t c = 0; c < rows->n_curves; c++) {
            const double *running = work->running + c * (p + 1);
            double free = rows->censor_free[t * rows->n_curves + c];
            work->total[t] += free * running[0];
            for (size_t j = 0; j < p; j++)
                mean[j] += free * running[j + 1];
        }
        for (size_t j = 0; j < p; j++)
            mean[j] /= work->total[t];
    }
}

static void sum_steps(const struct fine_gray_rows *rows, struct fine_gray_work *work)
{
    size_t curves = rows->n_curves;
    for (size_t t = 0; t < rows->m; t++) {
        work->step[t] = rows->events[t] / work->total[t];
        work->until[t + 1] = work->until[t] + work->step[t];
    }
    memset(work->after + rows->m * curves, 0, curves * sizeof *work->after);
    for (size_t t = rows->m; t-- > 0;)
        for (size_t c = 0; c < curves; c++)
            work->after[t * curves + c] = work->after[(t + 1) * curves + c] +
                                          rows->censor_free[t * curves + c] * work->step[t];
}

static void add_rows(const struct fine_gray_rows *rows, const struct fine_gray_work *work,
                     struct fine_gray_likelihood *likelihood)
{
    size_t p = rows->p;
    for (size_t i = 0; i < rows->n; i++) {
        const double *x = rows->x + i * p;
        size_t upto = rows->upto[i];
        double omega = work->until[upto];
        if (rows->share[i] > 0)
            omega += rows->share[i] * work->after[upto * rows->n_curves + fine_gray_curve(rows, i)];
        double r = work->r[i] * omega;
        double events = rows->data->event[i] == rows->cause ? fine_gray_weight(rows, i) : 0;
        for (size_t j = 0; j < p; j++) {
            likelihood->score[j] += (events - r) * x[j];
            for (size_t k = 0; k <= j; k++)
                likelihood->information[j * p + k] += r * x[j] * x[k];
        }
    }
}

static void add_times(const struct fine_gray_rows *rows, const struct fine_gray_work *work,
                      struct fine_gray_likelihood *likelihood)
{
    size_t p = rows->p;
    for (size_t t = 0; t < rows->m; t++) {
        const double *mean = work->mean + t * p;
        likelihood->loglik -= rows->events[t] * (log(work->total[t]) + work->shift);
        for (size_t j = 0; j < p; j++)
            for (size_t k = 0; k <= j; k++)
                likelihood->information[j * p + k] -= rows->events[t] * mean[j] * mean[k];
    }
}

void rwe_fine_gray_evaluate(const struct fine_gray_rows *rows, const double beta[],
                            struct fine_gray_work *work, struct fine_gray_likelihood *likelihood)
{
    size_t p = rows->p;
    likelihood->loglik = 0;
    for (size_t j = 0; j < p; j++)
        likelihood->loglik += beta[j] * rows->event_sum[j];
    memset(likelihood->score, 0, p * sizeof *likelihood->score);
    memset(likelihood->information, 0, p * p * sizeof *likelihood->information);
    find_hazards(rows, beta, work);
    sum_at_risk(rows, work);
    sum_competitors(rows, work);
    sum_steps(rows, work);
    add_rows(rows, work, likelihood);
    add_times(rows, work, likelihood);
}
