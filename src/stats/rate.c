/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/stats/rate.h"

#include "bisect.h"
#include "lattice.h"
#include <gsl/gsl_cdf.h>
#include <math.h>

/* P(at most `events` − 1 | mean) falls as the mean rises; the lower tail of gamma is right far beyond
 * where GSL's own quantile, and its upper tail, fail. */
static double fewer(double mean, const void *events)
{
    return -gsl_cdf_gamma_P(mean, *(const double *)events, 1);
}

/* The mean at which `events` or more have that probability. */
static double mean_with(double events, double probability)
{
    double high = events;
    while (gsl_cdf_gamma_P(high, events, 1) < probability)
        high *= 2;
    return rwe_bisect(fewer, &events, -probability, 0, high);
}

struct rwe_interval rwe_rate_limits(double events, double time, double conf_level)
{
    double tail = (1 - conf_level) / 2;
    if (!(events >= 0 && time > 0 && isfinite(events) && isfinite(time)))
        return (struct rwe_interval){NAN, NAN, NAN};
    return (struct rwe_interval){
        .estimate = events / time,
        .low = events == 0 ? 0 : mean_with(events, tail) / time,
        .high = mean_with(events + 1, 1 - tail) / time,
    };
}

struct rwe_rate_ratio rwe_rate_compare(const struct rwe_rates *rates, double conf_level)
{
    double x = rates->events1, n = rates->events1 + rates->events2;
    double scale = rates->time2 / rates->time1;
    if (!(x >= 0 && rates->events2 >= 0 && rates->time1 > 0 && rates->time2 > 0 && isfinite(n) &&
          isfinite(scale) && scale > 0))
        return (struct rwe_rate_ratio){{NAN, NAN, NAN}, NAN};
    if (n == 0)
        return (struct rwe_rate_ratio){{NAN, NAN, NAN}, 1};
    struct rwe_interval p = rwe_proportion_limits(x, n, RWE_PROPORTION_CLOPPER_PEARSON, conf_level);
    struct rwe_lattice equal = rwe_lattice_binomial(n, 1 / scale);
    return (struct rwe_rate_ratio){
        .ratio = {.estimate = x / rates->events2 * scale,
                  .low = p.low / (1 - p.low) * scale,
                  .high = p.high / (1 - p.high) * scale},
        .p_value = rwe_lattice_two_sided(&equal, x),
    };
}
