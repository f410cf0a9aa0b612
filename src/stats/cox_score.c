/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cox_private.h"
#include "wide_private.h"

#include <math.h>
#include <string.h>

/* Partial sums side by side, folded in this order on every machine. */
enum { LANES = 4 };

static inline __attribute__((always_inline)) double dot(const double a[restrict],
                                                        const double b[restrict], size_t n)
{
    double lane[LANES] = {0}, rest = 0;
    size_t j = 0;
    for (; j + LANES <= n; j += LANES)
        for (size_t l = 0; l < LANES; l++)
            lane[l] += a[j + l] * b[j + l];
    for (; j < n; j++)
        rest += a[j] * b[j];
    return ((lane[0] + lane[2]) + (lane[1] + lane[3])) + rest;
}

RWE_WIDE void rwe_cox_project(const struct rwe_cox_rows *rows, const double beta[],
                              double projection[])
{
    for (size_t i = 0; i < rows->n; i++)
        projection[i] = rwe_cox_like(rows, i) == i ? dot(rows->x + i * rows->p, beta, rows->p)
                                                   : projection[rows->like[i]];
}

void rwe_cox_predict(const struct rwe_cox_rows *rows, const double beta[], double predictor[])
{
    rwe_cox_project(rows, beta, predictor);
    for (size_t i = 0; rows->offset != NULL && i < rows->n; i++)
        predictor[i] += rows->offset[i];
}

void rwe_cox_work_init(struct rwe_cox_work *work, const struct rwe_cox_rows *rows,
                       struct rwe_arena *arena)
{
    rwe_cox_risk_set_init(&work->set, rows->p, false, arena);
    rwe_cox_information_init(&work->information, rows, arena);
    work->predictor = RWE_NEW(arena, double, rows->n);
    work->risk = RWE_NEW(arena, double, rows->n);
    work->mean = RWE_NEW(arena, double, rows->p);
    work->exact = (struct rwe_cox_exact){0};
}

/* A million terms of about −13 add up to −1e7, where plain addition is off by 1e-5: more than Newton's
 * last steps rise. */
void rwe_cox_add_to_loglik(struct rwe_cox_likelihood *likelihood, double term)
{
    double owed = term - likelihood->loglik_lost;
    double sum = likelihood->loglik + owed;
    likelihood->loglik_lost = (sum - likelihood->loglik) - owed;
    likelihood->loglik = sum;
}

/* The deaths' own terms: Σ w x'β in the log-likelihood, Σ w x in the score. */
static void add_deaths(const struct rwe_cox_rows *rows, size_t begin, size_t end,
                       const double predictor[], struct rwe_cox_likelihood *likelihood)
{
    for (size_t i = end; i-- > begin;) {
        if (!rows->event[i])
            continue;
        rwe_cox_add_to_loglik(likelihood, rows->weight[i] * predictor[i]);
        for (size_t j = 0; j < rows->p; j++)
            likelihood->score[j] += rows->weight[i] * rows->x[i * rows->p + j];
    }
}

static struct rwe_cox_step_sums sum_steps(const struct rwe_cox_risk_set *set, size_t n_steps,
                                          struct rwe_cox_likelihood *likelihood)
{
    struct rwe_cox_step_sums sums = {0};
    double weight = set->death_weight / (double)n_steps;
    for (size_t step = 0; step < n_steps; step++) {
        double fraction = (double)step / (double)n_steps;
        double sum = set->all.r - fraction * set->deaths.r;
        double g = (double)(n_steps - step) / (double)n_steps;
        double scale = weight / sum, square = scale / sum;
        sums.by_sum += scale;
        sums.g_by_sum += scale * g;
        sums.by_square += square;
        sums.g_by_square += square * g;
        sums.g2_by_square += square * g * g;
        rwe_cox_add_to_loglik(likelihood, -weight * (log(sum) + set->shift));
    }
    return sums;
}

/* Less the terms of event time k: loglik −= w log S, score −= w x̄, where x̄ = (c + g d) / S at a step,
 * with d the sum of r x over the tied deaths and c over the others. */
static void subtract_risk_set(struct rwe_cox_work *work, enum rwe_cox_ties ties, size_t k,
                              struct rwe_cox_likelihood *likelihood)
{
    const struct rwe_cox_risk_set *set = &work->set;
    const double *all = set->all.rx, *deaths = set->deaths.rx;
    struct rwe_cox_step_sums sums = sum_steps(set, rwe_cox_n_steps(set, ties), likelihood);
    for (size_t j = 0; j < set->p; j++)
        likelihood->score[j] -= sums.by_sum * (all[j] - deaths[j]) + sums.g_by_sum * deaths[j];
    rwe_cox_information_add_time(&work->information, k, set, &sums, work->mean);
}

/* Predictors no further apart than this have risks whose squares are far from the ends of a double. */
static const double ONE_SHIFT = 100;

struct rwe_cox_risks rwe_cox_find_risks(const struct rwe_cox_rows *rows, size_t s,
                                        const struct rwe_cox_work *work)
{
    struct rwe_cox_risks risks = {work->predictor, NULL, -INFINITY};
    double low = INFINITY;
    for (size_t i = rows->start[s]; i < rows->start[s + 1]; i++) {
        double predictor = risks.predictor[i];
        low = predictor < low ? predictor : low;
        risks.highest = predictor > risks.highest ? predictor : risks.highest;
    }
    if (!(risks.highest - low <= ONE_SHIFT))
        return risks;
    for (size_t i = rows->start[s]; i < rows->start[s + 1]; i++)
        work->risk[i] = rows->offset != NULL || rwe_cox_like(rows, i) == i
                            ? exp(risks.predictor[i] - risks.highest)
                            : work->risk[rows->like[i]];
    risks.risk = work->risk;
    return risks;
}

static void evaluate_stratum(const struct rwe_cox_rows *rows, size_t s, enum rwe_cox_ties ties,
                             struct rwe_cox_work *work, struct rwe_cox_likelihood *likelihood)
{
    struct rwe_cox_risks risks = rwe_cox_find_risks(rows, s, work);
    work->set.risk = risks.risk;
    work->set.highest = risks.highest;
    rwe_cox_risk_set_clear(&work->set);
    for (size_t end = rows->start[s + 1], begin; end > rows->start[s]; end = begin) {
        begin = rwe_cox_risk_set_add_time(&work->set, rows, work->predictor, rows->start[s], end);
        if (work->set.n_deaths == 0)
            continue;
        add_deaths(rows, begin, end, work->predictor, likelihood);
        subtract_risk_set(work, ties, work->information.until[begin] - 1, likelihood);
    }
    rwe_cox_information_add_stratum(&work->information, rows, s, &risks, likelihood->gross);
}

void rwe_cox_evaluate(const struct rwe_cox_rows *rows, enum rwe_cox_ties ties, const double beta[],
                      struct rwe_cox_work *work, struct rwe_cox_likelihood *likelihood)
{
    likelihood->loglik = 0;
    likelihood->loglik_lost = 0;
    memset(likelihood->score, 0, rows->p * sizeof *likelihood->score);
    memset(likelihood->information, 0, rows->p * rows->p * sizeof *likelihood->information);
    if (likelihood->gross != NULL)
        memset(likelihood->gross, 0, rows->p * sizeof *likelihood->gross);
    rwe_cox_predict(rows, beta, work->predictor);
    if (ties == RWE_COX_EXACT) {
        rwe_cox_evaluate_exact(rows, beta, work, likelihood);
        return;
    }
    rwe_cox_information_clear(&work->information);
    for (size_t s = 0; s < rows->n_strata; s++)
        evaluate_stratum(rows, s, ties, work, likelihood);
    rwe_gram_write(&work->information.gram, likelihood->information);
}
