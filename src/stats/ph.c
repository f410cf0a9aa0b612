/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/stats/ph.h"

#include "ldl_private.h"
#include "ph_private.h"
#include "rwe/stats/event_table.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

/* As in cox.c: a column of which the earlier ones leave less than this share is theirs. */
static const double COLLINEAR_SHARE = 1e-10;

struct rwe_ph_options rwe_ph_options_default(void)
{
    return (struct rwe_ph_options){RWE_PH_KM, RWE_COX_EFRON, false};
}

static enum rwe_status check_request(const struct rwe_survival_data *data,
                                     const struct rwe_ph_model *model,
                                     const struct rwe_ph_options *options, struct rwe_error *error)
{
    if (model->p == 0)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX, "there is no covariate");
    if (options->transform < RWE_PH_KM || options->transform > RWE_PH_LOG)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX, "unknown transform of time");
    if (options->ties != RWE_COX_EFRON && options->ties != RWE_COX_BRESLOW)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX, "unknown treatment of ties");
    enum rwe_status status = rwe_survival_data_check(data, error);
    for (size_t i = 0; status == RWE_OK && i < data->n * model->p; i++)
        if (!isfinite(model->x[i]))
            status = rwe_fail(error, RWE_NOT_FINITE, i, "covariate is not a finite number");
    for (size_t j = 0; status == RWE_OK && j < model->p; j++) {
        if (!isfinite(model->estimate[j]))
            status = rwe_fail(error, RWE_NOT_FINITE, j, "estimate is not a finite number");
        else if (model->term[j] >= model->n_terms)
            status = rwe_fail(error, RWE_BAD_INPUT, j, "term %u is out of range", model->term[j]);
    }
    return status;
}

/* ---- g(t), by row of the data ---- */

/* 1 − S(t−), from the event table of all rows as one group. */
static enum rwe_status transform_km(const struct rwe_survival_data *data, struct rwe_arena *scratch,
                                    double g[], struct rwe_error *error)
{
    struct rwe_survival_data pooled = {.n = data->n,
                                       .time = data->time,
                                       .entry = data->entry,
                                       .event = data->event,
                                       .n_causes = data->n_causes,
                                       .n_groups = 1,
                                       .n_strata = 1};
    struct rwe_event_table table;
    enum rwe_status status = rwe_event_table_build(&pooled, scratch, &table, error);
    double survival =
        1; /* just before the table's row; limits, as rwe_km_fit has, cost logarithms */
    size_t i = 0;
    for (size_t row = 0; status == RWE_OK && row < table.n_rows; row++) {
        for (; i < data->n && data->time[i] == table.time[row]; i++)
            g[i] = 1 - survival;
        survival *= (table.at_risk[row] - table.events[row]) / table.at_risk[row];
    }
    return status;
}

static void transform_rank(const struct rwe_survival_data *data, double g[])
{
    for (size_t begin = 0, end; begin < data->n; begin = end) {
        for (end = begin + 1; end < data->n && data->time[end] == data->time[begin];)
            end++;
        for (size_t i = begin; i < end; i++)
            g[i] = ((double)begin + (double)end + 1) / 2; /* mean of begin + 1 … end */
    }
}

/* Takes the mean over events off, and makes sure that events see more than one value. */
static enum rwe_status centre(const struct rwe_survival_data *data, double g[],
                              struct rwe_error *error)
{
    double sum = 0, low = INFINITY, high = -INFINITY;
    size_t n = 0;
    for (size_t i = 0; i < data->n; i++) {
        if (!data->event[i])
            continue;
        if (!isfinite(g[i]))
            return rwe_fail(error, RWE_NOT_ESTIMABLE, i, "an event at time 0 has no logarithm");
        sum += g[i];
        low = fmin(low, g[i]);
        high = fmax(high, g[i]);
        n++;
    }
    if (n == 0)
        return rwe_fail(error, RWE_NOT_ESTIMABLE, RWE_NO_INDEX, "there is no event");
    if (!(high > low))
        return rwe_fail(error, RWE_NOT_ESTIMABLE, RWE_NO_INDEX, "all events are at one time");
    for (size_t i = 0; i < data->n; i++)
        g[i] -= sum / (double)n;
    return RWE_OK;
}

static enum rwe_status transform(const struct rwe_survival_data *data, enum rwe_ph_transform kind,
                                 struct rwe_arena *scratch, double g[], struct rwe_error *error)
{
    enum rwe_status status = RWE_OK;
    if (kind == RWE_PH_KM && data->n > 0)
        status = transform_km(data, scratch, g, error);
    else if (kind == RWE_PH_RANK)
        transform_rank(data, g);
    else
        for (size_t i = 0; i < data->n; i++)
            g[i] = kind == RWE_PH_LOG ? log(data->time[i]) : data->time[i];
    return status == RWE_OK ? centre(data, g, error) : status;
}

/* ---- the variance of the score for θ when β is estimated ---- */

static void fill_upper(double a[], size_t p)
{
    for (size_t j = 0; j < p; j++)
        for (size_t k = 0; k < j; k++)
            a[k * p + j] = a[j * p + k];
}

/* projection = I_θβ I_ββ⁻¹, by rows. Returns p, or the column at which I_ββ is singular. */
static size_t project(struct rwe_ph_score *score, double projection[])
{
    size_t p = score->p;
    fill_upper(score->beta_theta, p);
    memcpy(projection, score->beta_theta, p * p * sizeof(double));
    size_t rank = rwe_ldl_factor(score->beta_beta, p, COLLINEAR_SHARE);
    for (size_t j = 0; rank == p && j < p; j++)
        rwe_ldl_solve(score->beta_beta, p, projection + j * p);
    return rank;
}

static void model_variance(const struct rwe_ph_score *score, const double projection[],
                           double variance[])
{
    size_t p = score->p;
    for (size_t j = 0; j < p; j++)
        for (size_t k = 0; k <= j; k++) {
            double sum = score->theta_theta[j * p + k];
            for (size_t m = 0; m < p; m++)
                sum -= projection[j * p + m] * score->beta_theta[m * p + k];
            variance[j * p + k] = sum;
        }
}

/* ---- tests ---- */

/* The test of the columns of one term, or of all (RWE_NO_INDEX). `block` holds p × p, `u` p. */
static struct rwe_ph_test test_columns(const struct rwe_ph_model *model, size_t term,
                                       const double score[], const double variance[],
                                       double block[], double u[])
{
    size_t n = 0;
    for (size_t j = 0; j < model->p; j++)
        n += term == RWE_NO_INDEX || model->term[j] == term;
    size_t row = 0;
    for (size_t j = 0; j < model->p; j++) {
        if (term != RWE_NO_INDEX && model->term[j] != term)
            continue;
        size_t column = 0;
        for (size_t k = 0; k <= j; k++)
            if (term == RWE_NO_INDEX || model->term[k] == term)
                block[row * n + column++] = variance[j * model->p + k];
        u[row++] = score[j];
    }
    struct rwe_ph_test test = {NAN, (double)n, NAN};
    if (n == 0 || rwe_ldl_factor(block, n, COLLINEAR_SHARE) < n)
        return test;
    test.statistic = rwe_ldl_quadratic(block, n, u);
    test.p_value = gsl_cdf_chisq_Q(test.statistic, test.df);
    return test;
}

static enum rwe_status test_all(const struct rwe_survival_data *data,
                                const struct rwe_ph_model *model,
                                const struct rwe_ph_options *options, struct rwe_arena *scratch,
                                struct rwe_ph_test term[], struct rwe_ph *result,
                                struct rwe_error *error)
{
    size_t p = model->p;
    struct rwe_cox_rows rows;
    struct rwe_ph_score score;
    double *g_data = RWE_NEW(scratch, double, data->n);
    double *projection = rwe_arena_alloc(scratch, p, p * sizeof(double));
    double *variance = rwe_arena_alloc(scratch, p, p * sizeof(double));
    double *u = RWE_NEW(scratch, double, p);
    if (rwe_arena_failed(scratch))
        return rwe_fail_memory(error);
    enum rwe_status status = transform(data, options->transform, scratch, g_data, error);
    if (status != RWE_OK)
        return status;
    if (rwe_cox_rows_prepare(data, model->x, p, scratch, &rows) != RWE_OK)
        return rwe_fail_memory(error);
    double *g = RWE_NEW(scratch, double, rows.n);
    for (size_t i = 0; g != NULL && i < rows.n; i++)
        g[i] = g_data[rows.origin[i]];
    if (g == NULL || rwe_ph_score(&rows, options->ties, model->estimate, g, options->robust,
                                  scratch, &score) != RWE_OK)
        return rwe_fail_memory(error);
    size_t rank = project(&score, projection);
    if (rank < p)
        return rwe_fail(error, RWE_COLLINEAR, rank, "the model has no information on column %zu",
                        rank);
    if (!options->robust)
        model_variance(&score, projection, variance);
    else if (rwe_ph_meat(data, &rows, &score, projection, scratch, variance) != RWE_OK)
        return rwe_fail_memory(error);
    for (size_t t = 0; t < model->n_terms; t++)
        term[t] = test_columns(model, t, score.score, variance, projection, u);
    result->global = test_columns(model, RWE_NO_INDEX, score.score, variance, projection, u);
    return RWE_OK;
}

enum rwe_status rwe_ph_test(const struct rwe_survival_data *data, const struct rwe_ph_model *model,
                            const struct rwe_ph_options *options, struct rwe_arena *arena,
                            struct rwe_ph *result, struct rwe_error *error)
{
    enum rwe_status status = check_request(data, model, options, error);
    if (status != RWE_OK)
        return status;
    struct rwe_ph_test *term = RWE_NEW(arena, struct rwe_ph_test, model->n_terms);
    if (term == NULL)
        return rwe_fail_memory(error);
    *result = (struct rwe_ph){.term = term, .n_terms = model->n_terms};
    struct rwe_mark mark = rwe_arena_mark(arena);
    status = test_all(data, model, options, arena, term, result, error);
    rwe_arena_release(arena, mark);
    return status;
}
