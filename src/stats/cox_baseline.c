/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/stats/cox_baseline.h"

#include "cox_private.h"

#include <math.h>
#include <string.h>

static enum rwe_status jumps_init(struct rwe_cox_jumps *jumps, size_t n_times, size_t p,
                                  struct rwe_arena *arena)
{
    *jumps = (struct rwe_cox_jumps){
        .time = RWE_NEW(arena, double, n_times),
        .shift = RWE_NEW(arena, double, n_times),
        .hazard = RWE_NEW(arena, double, n_times),
        .variance = RWE_NEW(arena, double, n_times),
        .mean = rwe_arena_alloc(arena, n_times, p * sizeof(double)),
    };
    return rwe_arena_failed(arena) ? RWE_NO_MEMORY : RWE_OK;
}

static void add_jump(const struct rwe_cox_risk_set *set, enum rwe_cox_ties ties, double time,
                     double mean[], struct rwe_cox_jumps *jumps)
{
    size_t p = set->p, k = jumps->n++, n_steps = rwe_cox_n_steps(set, ties);
    jumps->time[k] = time;
    jumps->shift[k] = set->shift;
    for (size_t step = 0; step < n_steps; step++) {
        double sum = rwe_cox_risk_set_mean(set, (double)step / (double)n_steps, mean);
        double hazard = set->death_weight / (double)n_steps / sum;
        jumps->hazard[k] += hazard;
        jumps->variance[k] += hazard / sum;
        for (size_t j = 0; j < p; j++)
            jumps->mean[k * p + j] += hazard * mean[j];
    }
}

enum rwe_status rwe_cox_jumps_find(const struct rwe_cox_rows *rows, size_t s,
                                   enum rwe_cox_ties ties, const double beta[],
                                   struct rwe_arena *arena, struct rwe_cox_jumps *jumps)
{
    struct rwe_cox_risk_set set;
    double *predictor = RWE_NEW(arena, double, rows->n);
    double *mean = RWE_NEW(arena, double, rows->p);
    size_t most = 0; /* times with an event: at most the stratum's events */
    for (size_t i = rows->start[s]; i < rows->start[s + 1]; i++)
        most += rows->event[i];
    rwe_cox_risk_set_init(&set, rows->p, false, arena);
    if (jumps_init(jumps, most, rows->p, arena) != RWE_OK)
        return RWE_NO_MEMORY;
    rwe_cox_predict(rows, beta, predictor);
    rwe_cox_risk_set_clear(&set);
    for (size_t end = rows->start[s + 1]; end > rows->start[s];) {
        end = rwe_cox_risk_set_add_time(&set, rows, predictor, rows->start[s], end);
        if (set.n_deaths > 0)
            add_jump(&set, ties, rows->time[end], mean, jumps);
    }
    return RWE_OK;
}

/* The stratum with this code among those with an event; n_strata when it has none. */
static size_t find_stratum(const struct rwe_survival_data *data, const struct rwe_cox_rows *rows,
                           size_t stratum)
{
    size_t s = 0;
    while (s < rows->n_strata && data->stratum != NULL &&
           data->stratum[rows->origin[rows->start[s]]] != stratum)
        s++;
    return s;
}

/* The result's arrays, writable. */
struct output {
    double *time, *hazard, *std_error, *survival;
};

static enum rwe_status output_init(size_t n, struct rwe_arena *arena, struct output *output,
                                   struct rwe_cox_prediction *result)
{
    *output = (struct output){
        .time = RWE_NEW(arena, double, n),
        .hazard = RWE_NEW(arena, double, n),
        .std_error = RWE_NEW(arena, double, n),
        .survival = RWE_NEW(arena, double, n),
    };
    *result = (struct rwe_cox_prediction){
        .time = output->time,
        .cumulative_hazard = output->hazard,
        .std_error = output->std_error,
        .survival = output->survival,
    };
    return rwe_arena_failed(arena) ? RWE_NO_MEMORY : RWE_OK;
}

static double quadratic(const double V[], const double q[], size_t p)
{
    double sum = 0;
    for (size_t j = 0; j < p; j++)
        for (size_t k = 0; k < p; k++)
            sum += q[j] * V[j * p + k] * q[k];
    return sum;
}

/* From the first jump to the last, for a subject at `centred` covariates with this predictor. */
static void cumulate(const struct rwe_cox_jumps *jumps, const struct rwe_cox *fit,
                     const double centred[], double predictor, double q[], struct output *output)
{
    const double *V = fit->robust != NULL ? fit->robust : fit->covariance;
    size_t p = fit->p;
    double hazard = 0, variance = 0;
    for (size_t k = jumps->n, out = 0; k-- > 0; out++) {
        double r = exp(predictor - jumps->shift[k]);
        hazard += r * jumps->hazard[k];
        variance += r * r * jumps->variance[k];
        for (size_t j = 0; j < p; j++)
            q[j] += r * (centred[j] * jumps->hazard[k] - jumps->mean[k * p + j]);
        output->time[out] = jumps->time[k];
        output->hazard[out] = hazard;
        output->std_error[out] = sqrt(variance + quadratic(V, q, p));
        output->survival[out] = exp(-hazard);
    }
}

/* A request, so that its parts pass as one. */
struct request {
    const struct rwe_survival_data *data;
    const double *x, *at;
    const struct rwe_cox *fit;
    const struct rwe_cox_options *options;
    size_t stratum;
};

static enum rwe_status predict(const struct request *request, struct rwe_arena *scratch,
                               struct output *output, size_t *n_times)
{
    const struct rwe_cox *fit = request->fit;
    const double *offset = request->options->offset;
    struct rwe_cox_rows rows;
    struct rwe_cox_jumps jumps;
    double *centred = RWE_NEW(scratch, double, fit->p);
    double *q = RWE_NEW(scratch, double, fit->p);
    if (rwe_cox_rows_prepare(request->data, request->x, fit->p, scratch, &rows) != RWE_OK ||
        rwe_cox_rows_offset(&rows, offset, scratch) != RWE_OK)
        return RWE_NO_MEMORY;
    *n_times = 0;
    size_t s = find_stratum(request->data, &rows, request->stratum);
    if (s == rows.n_strata)
        return RWE_OK;
    if (rwe_cox_jumps_find(&rows, s, request->options->ties, fit->estimate, scratch, &jumps) !=
        RWE_OK)
        return RWE_NO_MEMORY;
    /* What centring took off is the same for all rows of the stratum: the first one tells. */
    size_t first = rows.start[s], origin = rows.origin[first];
    double predictor = offset == NULL ? 0 : rows.offset[first] - offset[origin];
    for (size_t j = 0; j < fit->p; j++) {
        double x = request->x[j * request->data->n + origin];
        centred[j] = request->at[j] - x + rows.x[first * fit->p + j];
        predictor += centred[j] * fit->estimate[j];
    }
    cumulate(&jumps, fit, centred, predictor, q, output);
    *n_times = jumps.n;
    return RWE_OK;
}

enum rwe_status rwe_cox_predict_survival(const struct rwe_cox_fitted *model, const double at[],
                                         size_t stratum, struct rwe_arena *arena,
                                         struct rwe_cox_prediction *result, struct rwe_error *error)
{
    const struct rwe_survival_data *data = model->data;
    const struct rwe_cox *fit = model->fit;
    enum rwe_status status = rwe_survival_data_check(data, error);
    if (status != RWE_OK)
        return status;
    for (size_t j = 0; j < fit->p; j++)
        if (!isfinite(at[j]))
            return rwe_fail(error, RWE_NOT_FINITE, j, "covariate is not a finite number");
    if (model->options->ties == RWE_COX_EXACT)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX, "exact ties have no baseline hazard");
    if (stratum >= data->n_strata)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX, "stratum %zu is out of range", stratum);
    struct output output;
    if (output_init(fit->n_events, arena, &output, result) != RWE_OK)
        return rwe_fail_memory(error);
    struct rwe_mark mark = rwe_arena_mark(arena);
    struct request request = {data, model->x, at, fit, model->options, stratum};
    if (predict(&request, arena, &output, &result->n_times) != RWE_OK)
        return rwe_fail_memory(error);
    rwe_arena_release(arena, mark);
    return RWE_OK;
}
