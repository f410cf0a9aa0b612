/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/stats/km.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

static enum rwe_status robust_variance(const struct rwe_survival_data *data,
                                       const struct rwe_event_table *table,
                                       const struct rwe_km_arms *arms, double time,
                                       struct rwe_arena *scratch, double *variance,
                                       struct rwe_error *error)
{
    const struct rwe_km_functional treated = {RWE_KM_SURVIVAL, arms->treated, time, 1};
    const struct rwe_km_functional control = {RWE_KM_SURVIVAL, arms->control, time, -1};
    struct rwe_mark mark = rwe_arena_mark(scratch);
    double *influence = RWE_NEW(scratch, double, data->n);
    enum rwe_status status = influence == NULL ? rwe_fail_memory(error) : RWE_OK;
    if (status == RWE_OK)
        status = rwe_km_influence(data, table, &treated, scratch, influence, error);
    if (status == RWE_OK)
        status = rwe_km_influence(data, table, &control, scratch, influence, error);
    if (status == RWE_OK)
        status = rwe_km_influence_variance(data, influence, scratch, variance, error);
    rwe_arena_release(scratch, mark);
    return status;
}

enum rwe_status rwe_km_compare_at(const struct rwe_survival_data *data,
                                  const struct rwe_event_table *table,
                                  const struct rwe_km_arms *arms, double time,
                                  struct rwe_arena *scratch, struct rwe_km_difference *result,
                                  struct rwe_error *error)
{
    if (!(arms->conf_level > 0 && arms->conf_level < 1))
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "the confidence level must lie between 0 and 1");
    struct rwe_km_point treated = rwe_km_at(arms->treated_curve, time);
    struct rwe_km_point control = rwe_km_at(arms->control_curve, time);
    double variance = treated.std_error * treated.std_error + control.std_error * control.std_error;
    enum rwe_status status = RWE_OK;
    if (rwe_km_needs_robust(data) && !isnan(variance))
        status = robust_variance(data, table, arms, time, scratch, &variance, error);
    if (status != RWE_OK)
        return status;
    double estimate = treated.survival - control.survival, std_error = sqrt(variance);
    double reach = gsl_cdf_ugaussian_Qinv((1 - arms->conf_level) / 2) * std_error;
    bool known = !isnan(std_error); /* fmax and fmin pass over NaN */
    *result = (struct rwe_km_difference){
        .estimate = estimate,
        .std_error = std_error,
        .conf_low = known ? fmax(-1, estimate - reach) : NAN,
        .conf_high = known ? fmin(1, estimate + reach) : NAN,
        .p_value = std_error > 0 ? 2 * gsl_cdf_ugaussian_Q(fabs(estimate) / std_error) : NAN,
    };
    return RWE_OK;
}
