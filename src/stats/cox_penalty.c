/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cox_climb_private.h"
#include "ldl_private.h"

#include <math.h>
#include <string.h>

/* The extra column q = x'V x, with V = I⁻¹. */
static void write_quadratics(const struct rwe_cox_rows *rows, const double V[],
                             struct rwe_cox_rows *wide)
{
    size_t p = rows->p;
    for (size_t i = 0; i < rows->n; i++) {
        const double *x = rows->x + i * p;
        double q = 0;
        for (size_t j = 0; j < p; j++)
            for (size_t k = 0; k < p; k++)
                q += x[j] * V[j * p + k] * x[k];
        wide->x[i * (p + 1) + p] = q;
    }
}

/* ½ tr(V dI/dβ_j) is half the sum over steps of the third central moment, contracted with V:
 *   E[(x_j − m_j) (x − m)'V(x − m)] = Cov(x_j, q) − 2 Σ_l Cov(x_j, x_l) (V m)_l. */
static void add_step(const struct rwe_cox_penalty *penalty, const double V[], double fraction,
                     double weight, double score[])
{
    const struct rwe_cox_risk_set *set = &penalty->set;
    size_t p = set->p - 1, width = set->p;
    double *mean = penalty->mean, *product = penalty->product;
    double sum = rwe_cox_risk_set_mean(set, fraction, mean);
    for (size_t j = 0; j < p; j++) {
        product[j] = 0;
        for (size_t k = 0; k < p; k++)
            product[j] += V[j * p + k] * mean[k];
    }
    for (size_t j = 0; j < p; j++) {
        double with_q = set->all.rxx[p * width + j] - fraction * set->deaths.rxx[p * width + j];
        double third = with_q / sum - mean[j] * mean[p];
        for (size_t l = 0; l < p; l++) {
            size_t at = j >= l ? j * width + l : l * width + j;
            double moment = (set->all.rxx[at] - fraction * set->deaths.rxx[at]) / sum;
            third -= 2 * (moment - mean[j] * mean[l]) * product[l];
        }
        score[j] += weight * third / 2;
    }
}

size_t rwe_cox_penalise(struct rwe_cox_climb *climb, struct rwe_cox_likelihood *likelihood)
{
    const struct rwe_cox_rows *rows = climb->rows;
    struct rwe_cox_penalty *penalty = &climb->penalty;
    struct rwe_cox_risk_set *set = &penalty->set;
    size_t p = rows->p;
    memcpy(climb->factor, likelihood->information, p * p * sizeof(double));
    size_t rank = rwe_ldl_factor(climb->factor, p, 0);
    if (rank < p)
        return rank;
    for (size_t j = 0; j < p; j++)
        rwe_cox_add_to_loglik(likelihood, log(climb->factor[j * p + j]) / 2);
    rwe_ldl_inverse(climb->factor, p, climb->inverse);
    write_quadratics(rows, climb->inverse, &penalty->rows);
    for (size_t s = 0; s < rows->n_strata; s++) {
        rwe_cox_risk_set_clear(set);
        for (size_t end = rows->start[s + 1]; end > rows->start[s];) {
            end = rwe_cox_risk_set_add_time(set, &penalty->rows, climb->work.predictor,
                                            rows->start[s], end);
            size_t n_steps = rwe_cox_n_steps(set, climb->ties);
            for (size_t step = 0; step < n_steps; step++)
                add_step(penalty, climb->inverse, (double)step / (double)n_steps,
                         set->death_weight / (double)n_steps, likelihood->score);
        }
    }
    return p;
}
