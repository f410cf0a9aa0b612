/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/stats/rate_weighted.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

static double weight_of(const struct rwe_rate_data *data, size_t i)
{
    return data->weight == NULL ? 1 : data->weight[i];
}

static enum rwe_status check(const struct rwe_rate_data *data, double conf_level,
                             struct rwe_error *error)
{
    if (!(conf_level > 0 && conf_level < 1))
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "the confidence level must lie between 0 and 1");
    if (data->n_groups == 0 || data->dependence.n != data->n)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX, "there is no group, or not every row");
    for (size_t i = 0; i < data->n; i++) {
        if (!isfinite(data->events[i]) || !isfinite(data->time[i]) || !isfinite(weight_of(data, i)))
            return rwe_fail(error, RWE_NOT_FINITE, i, "a number is not finite");
        if (data->events[i] < 0 || data->time[i] < 0 || weight_of(data, i) <= 0)
            return rwe_fail(error, RWE_BAD_INPUT, i,
                            "events or time are negative, or the weight is not positive");
        if (data->group[i] >= data->n_groups)
            return rwe_fail(error, RWE_BAD_INPUT, i, "group %u is out of range", data->group[i]);
    }
    return rwe_dependence_check(&data->dependence, error);
}

/* The error of Σ over groups of sign[g] log r_g. */
static enum rwe_status log_error(const struct rwe_rate_data *data,
                                 const struct rwe_weighted_rate rate[], const double sign[],
                                 struct rwe_arena *scratch, double *std_error)
{
    struct rwe_mark mark = rwe_arena_mark(scratch);
    double *influence = RWE_NEW(scratch, double, data->n), variance = NAN;
    if (influence == NULL && data->n > 0)
        return RWE_NO_MEMORY;
    for (size_t i = 0; i < data->n; i++) {
        const struct rwe_weighted_rate *r = &rate[data->group[i]];
        double s = sign[data->group[i]];
        if (s != 0)
            influence[i] =
                s * weight_of(data, i) * (data->events[i] / r->events - data->time[i] / r->time);
    }
    enum rwe_status status =
        rwe_influence_covariance(influence, 1, &data->dependence, scratch, &variance);
    *std_error = sqrt(variance);
    rwe_arena_release(scratch, mark);
    return status;
}

enum rwe_status rwe_rate_weighted(const struct rwe_rate_data *data, double conf_level,
                                  struct rwe_arena *scratch, struct rwe_weighted_rate rate[],
                                  struct rwe_error *error)
{
    enum rwe_status status = check(data, conf_level, error);
    if (status != RWE_OK)
        return status;
    struct rwe_mark mark = rwe_arena_mark(scratch);
    double z = gsl_cdf_ugaussian_Pinv((1 + conf_level) / 2);
    double *sign = RWE_NEW(scratch, double, data->n_groups);
    if (sign == NULL)
        return rwe_fail_memory(error);
    for (size_t g = 0; g < data->n_groups; g++)
        rate[g] = (struct rwe_weighted_rate){.log_error = NAN, .conf_low = NAN, .conf_high = NAN};
    for (size_t i = 0; i < data->n; i++) {
        rate[data->group[i]].events += weight_of(data, i) * data->events[i];
        rate[data->group[i]].time += weight_of(data, i) * data->time[i];
    }
    for (size_t g = 0; g < data->n_groups && status == RWE_OK; g++) {
        rate[g].estimate = rate[g].time > 0 ? rate[g].events / rate[g].time : NAN;
        if (!(rate[g].events > 0 && rate[g].time > 0))
            continue;
        sign[g] = 1;
        status = log_error(data, rate, sign, scratch, &rate[g].log_error);
        sign[g] = 0;
        rate[g].conf_low = rate[g].estimate * exp(-z * rate[g].log_error);
        rate[g].conf_high = rate[g].estimate * exp(z * rate[g].log_error);
    }
    rwe_arena_release(scratch, mark);
    return status == RWE_OK ? RWE_OK : rwe_fail_memory(error);
}

enum rwe_status rwe_rate_weighted_ratio(const struct rwe_rate_data *data,
                                        const struct rwe_weighted_rate rate[], double conf_level,
                                        struct rwe_arena *scratch, struct rwe_interval *ratio,
                                        struct rwe_error *error)
{
    struct rwe_mark mark = rwe_arena_mark(scratch);
    double *sign = RWE_NEW(scratch, double, data->n_groups), std_error;
    double z = gsl_cdf_ugaussian_Pinv((1 + conf_level) / 2);
    *ratio = (struct rwe_interval){rate[1].estimate / rate[0].estimate, NAN, NAN};
    if (!(rate[0].events > 0 && rate[1].events > 0 && rate[0].time > 0 && rate[1].time > 0))
        return RWE_OK;
    if (sign == NULL)
        return rwe_fail_memory(error);
    sign[0] = -1;
    sign[1] = 1;
    enum rwe_status status = log_error(data, rate, sign, scratch, &std_error);
    ratio->low = ratio->estimate * exp(-z * std_error);
    ratio->high = ratio->estimate * exp(z * std_error);
    rwe_arena_release(scratch, mark);
    return status == RWE_OK ? RWE_OK : rwe_fail_memory(error);
}
