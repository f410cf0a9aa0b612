/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/stats/cox_residuals.h"

#include "cox_private.h"

#include <math.h>
#include <string.h>

/* The result's arrays, writable. */
struct output {
    double *martingale, *deviance, *score, *dfbeta, *schoenfeld, *scaled;
    uint32_t *event_row;
};

static double deviance(double martingale, bool event)
{
    double inside = event ? martingale + log(1 - martingale) : martingale; /* at most 0 */
    return copysign(sqrt(fmax(0, -2 * inside)), martingale);
}

/* out = V u for a symmetric V. */
static void multiply(const double V[], const double u[], size_t p, double out[])
{
    for (size_t j = 0; j < p; j++) {
        out[j] = 0;
        for (size_t k = 0; k < p; k++)
            out[j] += V[j * p + k] * u[k];
    }
}

static enum rwe_status output_init(const struct rwe_survival_data *data, size_t p,
                                   struct rwe_arena *arena, struct output *output,
                                   struct rwe_cox_residuals *result)
{
    size_t n = data->n, n_events = 0;
    for (size_t i = 0; i < n; i++)
        n_events += data->event[i] != 0;
    *output = (struct output){
        .martingale = RWE_NEW(arena, double, n),
        .deviance = RWE_NEW(arena, double, n),
        .score = rwe_arena_alloc(arena, n, p * sizeof(double)),
        .dfbeta = rwe_arena_alloc(arena, n, p * sizeof(double)),
        .schoenfeld = rwe_arena_alloc(arena, n_events, p * sizeof(double)),
        .scaled = rwe_arena_alloc(arena, n_events, p * sizeof(double)),
        .event_row = RWE_NEW(arena, uint32_t, n_events),
    };
    *result = (struct rwe_cox_residuals){
        .n = n,
        .p = p,
        .n_events = n_events,
        .martingale = output->martingale,
        .deviance = output->deviance,
        .score = output->score,
        .dfbeta = output->dfbeta,
        .event_row = output->event_row,
        .schoenfeld = output->schoenfeld,
        .scaled_schoenfeld = output->scaled,
    };
    return rwe_arena_failed(arena) ? RWE_NO_MEMORY : RWE_OK;
}

/* Rows that are at risk at no event have no part in the model: their residuals stay 0. */
static void write_rows(const struct rwe_cox_rows *rows, const struct rwe_cox_row_residuals *from,
                       const double covariance[], struct output *output)
{
    size_t p = rows->p;
    for (size_t i = 0; i < rows->n; i++) {
        size_t row = rows->origin[i];
        double *dfbeta = output->dfbeta + row * p;
        output->martingale[row] = from->martingale[i];
        output->deviance[row] = deviance(from->martingale[i], rows->event[i]);
        memcpy(output->score + row * p, from->score + i * p, p * sizeof(double));
        multiply(covariance, from->score + i * p, p, dfbeta);
        for (size_t j = 0; j < p; j++)
            dfbeta[j] *= rows->weight[i];
    }
}

/* place[row]: where the row stands in `rows`. */
static void write_events(const struct rwe_survival_data *data, const uint32_t place[],
                         const double schoenfeld[], const struct rwe_cox *fit,
                         struct output *output)
{
    size_t p = fit->p, e = 0;
    double n_events = (double)fit->n_events;
    for (size_t row = 0; row < data->n; row++) {
        if (!data->event[row])
            continue;
        double *scaled = output->scaled + e * p;
        output->event_row[e] = (uint32_t)row;
        memcpy(output->schoenfeld + e * p, schoenfeld + place[row] * p, p * sizeof(double));
        multiply(fit->covariance, output->schoenfeld + e * p, p, scaled);
        for (size_t j = 0; j < p; j++)
            scaled[j] = fit->estimate[j] + n_events * scaled[j];
        e++;
    }
}

static enum rwe_status fill(const struct rwe_survival_data *data, const double x[],
                            const struct rwe_cox *fit, const struct rwe_cox_options *options,
                            struct rwe_arena *scratch, struct output *output)
{
    size_t p = fit->p;
    struct rwe_cox_rows rows;
    if (rwe_cox_rows_prepare(data, x, p, scratch, &rows) != RWE_OK ||
        rwe_cox_rows_offset(&rows, options->offset, scratch) != RWE_OK)
        return RWE_NO_MEMORY;
    struct rwe_cox_row_residuals residuals = {
        .score = rwe_arena_alloc(scratch, rows.n, p * sizeof(double)),
        .martingale = RWE_NEW(scratch, double, rows.n),
        .schoenfeld = rwe_arena_alloc(scratch, rows.n, p * sizeof(double)),
    };
    uint32_t *place = RWE_NEW(scratch, uint32_t, data->n);
    if (rwe_arena_failed(scratch) ||
        rwe_cox_row_residuals(&rows, options->ties, fit->estimate, scratch, &residuals) != RWE_OK)
        return RWE_NO_MEMORY;
    for (size_t i = 0; i < rows.n; i++)
        place[rows.origin[i]] = (uint32_t)i;
    write_rows(&rows, &residuals, fit->covariance, output);
    write_events(data, place, residuals.schoenfeld, fit, output);
    return RWE_OK;
}

enum rwe_status rwe_cox_residuals(const struct rwe_survival_data *data, const double x[],
                                  const struct rwe_cox *fit, const struct rwe_cox_options *options,
                                  struct rwe_arena *arena, struct rwe_cox_residuals *result,
                                  struct rwe_error *error)
{
    enum rwe_status status = rwe_survival_data_check(data, error);
    if (status != RWE_OK)
        return status;
    if (options->ties == RWE_COX_EXACT)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX, "exact ties have no residuals");
    struct output output;
    if (output_init(data, fit->p, arena, &output, result) != RWE_OK)
        return rwe_fail_memory(error);
    struct rwe_mark mark = rwe_arena_mark(arena);
    if (fill(data, x, fit, options, arena, &output) != RWE_OK)
        return rwe_fail_memory(error);
    rwe_arena_release(arena, mark);
    return RWE_OK;
}
