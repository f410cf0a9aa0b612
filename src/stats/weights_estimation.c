/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/stats/weights.h"

#include <math.h>

static enum rwe_status check_model(const struct rwe_weight_data *data,
                                   const struct rwe_weights *weights,
                                   const struct rwe_weight_model *model, struct rwe_error *error)
{
    const struct rwe_logistic *logistic = model->logistic;
    if (logistic->n != data->n || weights->n != data->n || logistic->p != model->k + 1)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "the weights and the model behind them are of different subjects");
    for (size_t j = 0; j < logistic->p * logistic->p; j++)
        if (!isfinite(logistic->covariance[j]))
            return rwe_fail(error, RWE_NOT_ESTIMABLE, RWE_NO_INDEX,
                            "the model of treatment has no covariance");
    return RWE_OK;
}

/* z − p, from the logit, so that neither end loses digits. */
static double residual(double linear, bool treated)
{
    return treated ? 1 / (1 + exp(linear)) : -1 / (1 + exp(-linear));
}

static void fill_coefficients(const struct rwe_weight_data *data, const double slope[],
                              const struct rwe_weight_model *model, size_t q, double out_slope[],
                              double out_influence[])
{
    size_t p = model->logistic->p;
    const double *covariance = model->logistic->covariance;
    for (size_t i = 0; i < data->n; i++) {
        double r = residual(model->logistic->linear[i], data->treated[i] != 0);
        for (size_t j = 0; j < p; j++) {
            double x = j == 0 ? 1 : model->x[(j - 1) * data->n + i];
            out_slope[i * q + j] = slope[i] * x;
            for (size_t a = 0; a < p; a++)
                out_influence[i * q + a] += covariance[a * p + j] * x * r;
        }
    }
}

/* The last parameter: the share of the treated among those kept. */
static void fill_share(const struct rwe_weight_data *data, const struct rwe_weights *weights,
                       size_t q, double slope[], double influence[])
{
    double share = weights->share_treated;
    for (size_t i = 0; i < data->n; i++) {
        bool treated = data->treated[i] != 0;
        if (data->kept != NULL && data->kept[i] == 0)
            continue;
        if (!weights->truncated[i])
            slope[i * q + q - 1] = treated ? 1 / share : -1 / (1 - share);
        influence[i * q + q - 1] = ((treated ? 1 : 0) - share) / (double)weights->n_kept;
    }
}

enum rwe_status
rwe_weights_estimation(const struct rwe_weight_data *data, const struct rwe_weights *weights,
                       const struct rwe_weight_model *model, struct rwe_arena *arena,
                       struct rwe_weight_estimation *result, struct rwe_error *error)
{
    enum rwe_status status = check_model(data, weights, model, error);
    if (status != RWE_OK)
        return status;
    size_t q = model->logistic->p + (weights->stabilised ? 1 : 0);
    /* rows × columns: the product itself may not fit */
    double *slope = rwe_arena_alloc(arena, data->n, q * sizeof *slope);
    double *influence = rwe_arena_alloc(arena, data->n, q * sizeof *influence);
    if (rwe_arena_failed(arena))
        return rwe_fail_memory(error);
    fill_coefficients(data, weights->slope, model, q, slope, influence);
    if (weights->stabilised)
        fill_share(data, weights, q, slope, influence);
    *result = (struct rwe_weight_estimation){
        .n_subjects = data->n, .n_parameters = q, .slope = slope, .influence = influence};
    return RWE_OK;
}
