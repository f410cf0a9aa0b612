/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/stats/km.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

enum rwe_status rwe_km_cumulative_hazard(const struct rwe_km_curve *curve, double conf_level,
                                         struct rwe_arena *arena,
                                         struct rwe_cumulative_hazard *result,
                                         struct rwe_error *error)
{
    if (!(conf_level > 0 && conf_level < 1))
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "the confidence level must lie between 0 and 1");
    double *hazard = RWE_NEW(arena, double, curve->n_points);
    double *std_error = RWE_NEW(arena, double, curve->n_points);
    double *low = RWE_NEW(arena, double, curve->n_points);
    double *high = RWE_NEW(arena, double, curve->n_points);
    if (rwe_arena_failed(arena))
        return rwe_fail_memory(error);
    double z = gsl_cdf_ugaussian_Qinv((1 - conf_level) / 2);
    double sum = 0, variance = 0;
    for (size_t i = 0; i < curve->n_points; i++) {
        double d = curve->events[i], n = curve->at_risk[i];
        sum += d / n;
        variance += d / (n * n);
        double reach = exp(z * sqrt(variance) / sum); /* 0 / 0, NaN, while nobody has failed */
        hazard[i] = sum;
        std_error[i] = sqrt(variance);
        low[i] = sum / reach;
        high[i] = sum * reach;
    }
    *result =
        (struct rwe_cumulative_hazard){curve->n_points, curve->time, hazard, std_error, low, high};
    return RWE_OK;
}

struct rwe_hazard_point rwe_km_hazard_at(const struct rwe_cumulative_hazard *hazard, double time)
{
    size_t low = 0, high = hazard->n_points;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (hazard->time[middle] <= time)
            low = middle + 1;
        else
            high = middle;
    }
    if (isnan(time) || hazard->n_points == 0 || time > hazard->time[hazard->n_points - 1])
        return (struct rwe_hazard_point){NAN, NAN, NAN, NAN};
    if (low == 0)
        return (struct rwe_hazard_point){0, 0, NAN, NAN};
    return (struct rwe_hazard_point){hazard->hazard[low - 1], hazard->std_error[low - 1],
                                     hazard->conf_low[low - 1], hazard->conf_high[low - 1]};
}
