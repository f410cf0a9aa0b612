/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/stats/ph.h"

#include "ldl_private.h"
#include "ph_private.h"
#include "rwe/stats/event_table.h"

#include <math.h>
#include <string.h>

/* As in cox.c: a column of which the earlier ones leave less than this share is theirs. */
static const double COLLINEAR_SHARE = 1e-10;

/* The estimating function for β is the score for θ of ph_score.c with w(t) for g(t): its derivative
 * is I_βθ there, and its residuals are those of θ. So nothing is summed here anew. */
struct climb {
    const struct rwe_cox_rows *rows;
    enum rwe_cox_ties ties;
    const double *weight; /* w(t), by row */
    double *beta, *step;  /* p */
    double *factor;       /* p × p: of the derivative */
    double distance;      /* U' A⁻¹ U: the square of the step in standard errors, or nearly so */
};

/* S(t−) / G(t−) by row of the data, with mean 1 over events: limits of both are products over the
 * rows of the event table of all. */
static enum rwe_status time_weights(const struct rwe_survival_data *data, struct rwe_arena *scratch,
                                    double w[], struct rwe_error *error)
{
    struct rwe_survival_data pooled = *data;
    pooled.group = pooled.stratum = pooled.cluster = NULL;
    pooled.n_groups = pooled.n_strata = 1;
    pooled.crossed = false;
    pooled.estimation = NULL;
    struct rwe_event_table table;
    enum rwe_status status = rwe_event_table_build(&pooled, scratch, &table, error);
    if (status != RWE_OK)
        return status;
    double survival = 1, follow_up = 1, sum = 0;
    size_t i = 0, n_events = 0;
    for (size_t row = 0; row < table.n_rows; row++) {
        for (; i < data->n && data->time[i] == table.time[row]; i++) {
            w[i] = survival / follow_up;
            sum += data->event[i] ? w[i] : 0;
            n_events += data->event[i] != 0;
        }
        survival *= (table.at_risk[row] - table.events[row]) / table.at_risk[row];
        follow_up *= (table.at_risk[row] - table.censored[row]) / table.at_risk[row];
    }
    for (i = 0; i < data->n; i++)
        w[i] *= (double)n_events / sum;
    return RWE_OK;
}

/* Score, derivative and Newton's step at β. RWE_COLLINEAR, without a text, where there is none. */
static enum rwe_status find_step(struct climb *climb, const double beta[],
                                 struct rwe_arena *scratch)
{
    size_t p = climb->rows->p;
    struct rwe_ph_score score;
    struct rwe_mark mark = rwe_arena_mark(scratch);
    if (rwe_ph_score(climb->rows, climb->ties, beta, climb->weight, false, scratch, &score) !=
        RWE_OK)
        return RWE_NO_MEMORY;
    memcpy(climb->factor, score.beta_theta, p * p * sizeof(double));
    memcpy(climb->step, score.score, p * sizeof(double));
    rwe_arena_release(scratch, mark);
    if (rwe_ldl_factor(climb->factor, p, COLLINEAR_SHARE) < p)
        return RWE_COLLINEAR;
    climb->distance = rwe_ldl_quadratic(climb->factor, p, climb->step);
    return RWE_OK;
}

/* Newton from Cox's estimate, near which the root is; a step that leads away is halved. */
static enum rwe_status find_root(struct climb *climb, const struct rwe_cox_options *options,
                                 struct rwe_arena *scratch, struct rwe_average_hr *result)
{
    static const double NEAR = 1e-12; /* one more step, and the distance is its square */
    size_t p = climb->rows->p;
    double *trial = RWE_NEW(scratch, double, p), *step = RWE_NEW(scratch, double, p);
    if (rwe_arena_failed(scratch))
        return RWE_NO_MEMORY;
    enum rwe_status status = find_step(climb, climb->beta, scratch);
    while (status == RWE_OK && !result->converged &&
           result->n_iterations < options->max_iterations) {
        double before = climb->distance, share = 1;
        result->converged = before < NEAR;
        memcpy(step, climb->step, p * sizeof(double));
        do {
            for (size_t j = 0; j < p; j++)
                trial[j] = climb->beta[j] + share * step[j];
            status = find_step(climb, trial, scratch);
            share /= 2;
        } while (!result->converged && share > 1e-6 &&
                 (status == RWE_COLLINEAR || (status == RWE_OK && !(climb->distance < before))));
        memcpy(climb->beta, trial, p * sizeof(double));
        result->n_iterations++;
    }
    return status;
}

/* A⁻¹ B A⁻¹, with A the derivative and B the robust variance of the estimating function (Lin & Wei). */
static enum rwe_status write_sandwich(const struct rwe_survival_data *data, struct climb *climb,
                                      struct rwe_arena *scratch, double covariance[])
{
    size_t p = climb->rows->p;
    struct rwe_ph_score score;
    if (rwe_ph_score(climb->rows, climb->ties, climb->beta, climb->weight, true, scratch, &score) !=
        RWE_OK)
        return RWE_NO_MEMORY;
    if (rwe_ph_meat(data, climb->rows, &score, NULL, scratch, covariance) != RWE_OK)
        return RWE_NO_MEMORY;
    for (int side = 0; side < 2; side++) {
        for (size_t j = 0; j < p; j++)
            rwe_ldl_solve(climb->factor, p, covariance + j * p);
        for (size_t j = 0; j < p; j++) /* rows become columns: A⁻¹ B, then A⁻¹ (A⁻¹ B)' */
            for (size_t k = 0; k < j; k++) {
                double kept = covariance[j * p + k];
                covariance[j * p + k] = covariance[k * p + j];
                covariance[k * p + j] = kept;
            }
    }
    return RWE_OK;
}

/* What the result says, to be written. */
struct output {
    double *estimate, *covariance;
};

static enum rwe_status fit(const struct rwe_survival_data *data, const double x[],
                           const struct rwe_cox_options *options, struct rwe_arena *scratch,
                           const struct output *output, struct rwe_average_hr *result,
                           struct rwe_error *error)
{
    size_t p = result->p;
    struct rwe_cox cox;
    struct rwe_cox_rows rows;
    enum rwe_status status = rwe_cox_fit(data, x, p, options, scratch, &cox, error);
    if (status != RWE_OK)
        return status;
    memcpy(output->estimate, cox.estimate, p * sizeof(double));
    double *of_data = RWE_NEW(scratch, double, data->n);
    if (of_data == NULL || rwe_cox_rows_prepare(data, x, p, scratch, &rows) != RWE_OK)
        return rwe_fail_memory(error);
    status = time_weights(data, scratch, of_data, error);
    if (status != RWE_OK)
        return status;
    double *weight = RWE_NEW(scratch, double, rows.n);
    struct climb climb = {
        .rows = &rows,
        .ties = options->ties,
        .weight = weight,
        .beta = output->estimate,
        .step = RWE_NEW(scratch, double, p),
        .factor = rwe_arena_alloc(scratch, p, p * sizeof(double)),
    };
    if (rwe_arena_failed(scratch))
        return rwe_fail_memory(error);
    for (size_t i = 0; i < rows.n; i++)
        weight[i] = of_data[rows.origin[i]];
    result->n_events = rows.n_events;
    status = find_root(&climb, options, scratch, result);
    if (status == RWE_COLLINEAR)
        return rwe_fail(error, status, RWE_NO_INDEX, "the weighted model has no information");
    if (status != RWE_OK || write_sandwich(data, &climb, scratch, output->covariance) != RWE_OK)
        return rwe_fail_memory(error);
    return RWE_OK;
}

enum rwe_status rwe_average_hr_fit(const struct rwe_survival_data *data, const double x[], size_t p,
                                   const struct rwe_cox_options *options, struct rwe_arena *arena,
                                   struct rwe_average_hr *result, struct rwe_error *error)
{
    if (p == 0)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX, "there is no covariate");
    if (data->entry != NULL)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "the average hazard ratio does not know late entry");
    if (options->ties == RWE_COX_EXACT || options->offset != NULL)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "the average hazard ratio knows neither offsets nor exact ties");
    struct output output = {RWE_NEW(arena, double, p),
                            rwe_arena_alloc(arena, p, p * sizeof(double))};
    if (rwe_arena_failed(arena))
        return rwe_fail_memory(error);
    *result = (struct rwe_average_hr){
        .p = p, .estimate = output.estimate, .covariance = output.covariance};
    struct rwe_mark mark = rwe_arena_mark(arena);
    enum rwe_status status = fit(data, x, options, arena, &output, result, error);
    rwe_arena_release(arena, mark);
    return status;
}
