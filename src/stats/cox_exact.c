/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The exact partial likelihood of discrete times: that of d deaths at one time it was those who died,
 * among all choices of d from the risk set. The sum over the choices of the product of their risks
 * is the elementary symmetric sum e_d, by the recursion over subjects (Gail, Lubin & Rubinstein,
 * Biometrika 68:703, 1981)
 *
 *   e_k ← e_k + r e_{k−1},
 *   e_k' ← e_k' + r (e_{k−1}' + x e_{k−1}),
 *   e_k'' ← e_k'' + r (e_{k−1}'' + x e_{k−1}'' + e_{k−1}' x' + x x' e_{k−1}),
 *
 * with primes for derivatives in β.
 */
#include "cox_private.h"

#include <math.h>
#include <string.h>

/* First of the rows before `end` that share its time, and how many of them die. */
static size_t find_time(const struct rwe_cox_rows *rows, size_t start, size_t end, size_t *n_deaths)
{
    size_t begin = end;
    *n_deaths = 0;
    for (; begin > start && rows->time[begin - 1] == rows->time[end - 1]; begin--)
        *n_deaths += rows->event[begin - 1];
    return begin;
}

void rwe_cox_work_init_exact(struct rwe_cox_work *work, const struct rwe_cox_rows *rows,
                             struct rwe_arena *arena)
{
    size_t most = 0, p = rows->p;
    for (size_t s = 0; s < rows->n_strata; s++)
        for (size_t end = rows->start[s + 1], n_deaths; end > rows->start[s];) {
            end = find_time(rows, rows->start[s], end, &n_deaths);
            most = n_deaths > most ? n_deaths : most;
        }
    work->exact = (struct rwe_cox_exact){
        .most_deaths = most,
        .sum = RWE_NEW(arena, double, most + 1),
        .first = rwe_arena_alloc(arena, most + 1, p * sizeof(double)),
        .second = rwe_arena_alloc(arena, (most + 1) * p, p * sizeof(double)),
    };
}

static void clear_sums(struct rwe_cox_exact *exact, size_t n_deaths, size_t p)
{
    memset(exact->sum, 0, (n_deaths + 1) * sizeof(double));
    memset(exact->first, 0, (n_deaths + 1) * p * sizeof(double));
    memset(exact->second, 0, (n_deaths + 1) * p * p * sizeof(double));
    exact->sum[0] = 1;
}

/* One subject more, of risk r, in the sums of order up to n_deaths: from the highest down, so that
 * those of one order less are still without the subject. */
static void add_subject(struct rwe_cox_exact *exact, size_t n_deaths, size_t p, double r,
                        const double x[])
{
    for (size_t k = n_deaths; k >= 1; k--) {
        const double *first_below = exact->first + (k - 1) * p;
        for (size_t j = 0; j < p; j++) {
            const double *second_below = exact->second + ((k - 1) * p + j) * p;
            double *second = exact->second + (k * p + j) * p;
            for (size_t l = 0; l <= j; l++)
                second[l] += r * (second_below[l] + x[j] * first_below[l] + first_below[j] * x[l] +
                                  x[j] * x[l] * exact->sum[k - 1]);
            exact->first[k * p + j] += r * (first_below[j] + x[j] * exact->sum[k - 1]);
        }
        exact->sum[k] += r * exact->sum[k - 1];
    }
}

struct risks {
    double shift; /* largest predictor */
    double sum;   /* Σ exp(predictor − shift) */
    size_t n;
};

static bool at_risk(const struct rwe_cox_rows *rows, size_t i, double time)
{
    return rows->entry == NULL || rows->entry[i] < time;
}

static struct risks find_risks(const struct rwe_cox_rows *rows, const double predictor[],
                               size_t begin, size_t end)
{
    struct risks risks = {.shift = -INFINITY};
    for (size_t i = begin; i < end; i++)
        if (at_risk(rows, i, rows->time[begin]))
            risks.shift = fmax(risks.shift, predictor[i]);
    for (size_t i = begin; i < end; i++)
        if (at_risk(rows, i, rows->time[begin])) {
            risks.sum += exp(predictor[i] - risks.shift);
            risks.n++;
        }
    return risks;
}

/* The d deaths at rows->time[begin] against the risk set in [begin, end). Risks are taken in units of
 * their sum by d, in which e_k is at most d^k / k!: 500 deaths stay in range. */
static void add_time(const struct rwe_cox_rows *rows, size_t begin, size_t end, size_t n_deaths,
                     struct rwe_cox_work *work, struct rwe_cox_likelihood *likelihood)
{
    struct rwe_cox_exact *exact = &work->exact;
    struct risks risks = find_risks(rows, work->predictor, begin, end);
    size_t p = rows->p;
    double d = (double)n_deaths;
    if (risks.n == n_deaths)
        return; /* there is one choice */
    clear_sums(exact, n_deaths, p);
    for (size_t i = begin; i < end; i++)
        if (at_risk(rows, i, rows->time[begin]))
            add_subject(exact, n_deaths, p, exp(work->predictor[i] - risks.shift) * (d / risks.sum),
                        rows->x + i * p);
    double sum = exact->sum[n_deaths];
    rwe_cox_add_to_loglik(likelihood, -log(sum) - d * (risks.shift + log(risks.sum / d)));
    for (size_t j = 0; j < p; j++)
        work->mean[j] = exact->first[n_deaths * p + j] / sum;
    for (size_t j = 0; j < p; j++) {
        const double *second = exact->second + (n_deaths * p + j) * p;
        likelihood->score[j] -= work->mean[j];
        if (likelihood->gross != NULL)
            likelihood->gross[j] += second[j] / sum;
        for (size_t l = 0; l <= j; l++)
            likelihood->information[j * p + l] += second[l] / sum - work->mean[j] * work->mean[l];
    }
    for (size_t i = begin; i < end && rows->time[i] == rows->time[begin]; i++) {
        if (!rows->event[i])
            continue;
        rwe_cox_add_to_loglik(likelihood, work->predictor[i]);
        for (size_t j = 0; j < p; j++)
            likelihood->score[j] += rows->x[i * p + j];
    }
}

void rwe_cox_evaluate_exact(const struct rwe_cox_rows *rows, const double beta[],
                            struct rwe_cox_work *work, struct rwe_cox_likelihood *likelihood)
{
    rwe_cox_predict(rows, beta, work->predictor);
    for (size_t s = 0; s < rows->n_strata; s++)
        for (size_t end = rows->start[s + 1], n_deaths; end > rows->start[s];) {
            end = find_time(rows, rows->start[s], end, &n_deaths);
            if (n_deaths > 0)
                add_time(rows, end, rows->start[s + 1], n_deaths, work, likelihood);
        }
}
