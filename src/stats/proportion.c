/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/stats/proportion.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

struct rwe_interval rwe_proportion_wilson(double x, double n, double conf_level)
{
    if (!(n >= 1))
        return (struct rwe_interval){NAN, NAN, NAN};
    double z = gsl_cdf_ugaussian_Qinv((1 - conf_level) / 2), z2 = z * z;
    double p = x / n;
    double middle = (x + z2 / 2) / (n + z2);
    double half = z * sqrt(x * (1 - p) + z2 / 4) / (n + z2);
    /* At x = 0 and x = n a limit is 0 or 1 itself, which rounding would miss. */
    return (struct rwe_interval){
        .estimate = p, .low = x == 0 ? 0 : middle - half, .high = x == n ? 1 : middle + half};
}

struct rwe_interval rwe_proportion_difference(double x1, double n1, double x2, double n2,
                                              double conf_level)
{
    struct rwe_interval a = rwe_proportion_wilson(x1, n1, conf_level);
    struct rwe_interval b = rwe_proportion_wilson(x2, n2, conf_level);
    double difference = a.estimate - b.estimate;
    return (struct rwe_interval){
        .estimate = difference,
        .low = difference - hypot(a.estimate - a.low, b.high - b.estimate),
        .high = difference + hypot(a.high - a.estimate, b.estimate - b.low),
    };
}

/* Correlation of the members of a pair, with Newcombe's continuity correction: positive ad − bc is
 * taken n/2 nearer to 0. 0 when a margin is empty. */
static double pair_correlation(struct rwe_paired_counts pairs)
{
    double a = pairs.both, b = pairs.first_only, c = pairs.second_only, d = pairs.neither;
    double margins = (a + b) * (c + d) * (a + c) * (b + d);
    double product = a * d - b * c;
    if (margins == 0)
        return 0;
    if (product > 0)
        product = fmax(product - (a + b + c + d) / 2, 0);
    return product / sqrt(margins);
}

/* Side of a triangle with sides a, b and the cosine r between them. */
static double third_side(double a, double b, double r)
{
    return sqrt(fmax(a * a - 2 * r * a * b + b * b, 0));
}

struct rwe_interval rwe_proportion_paired_difference(struct rwe_paired_counts pairs,
                                                     double conf_level)
{
    double n = pairs.both + pairs.first_only + pairs.second_only + pairs.neither;
    struct rwe_interval first = rwe_proportion_wilson(pairs.both + pairs.first_only, n, conf_level);
    struct rwe_interval second =
        rwe_proportion_wilson(pairs.both + pairs.second_only, n, conf_level);
    double r = pair_correlation(pairs);
    double difference = (pairs.first_only - pairs.second_only) / n;
    return (struct rwe_interval){
        .estimate = n >= 1 ? difference : NAN,
        .low =
            difference - third_side(first.estimate - first.low, second.high - second.estimate, r),
        .high =
            difference + third_side(first.high - first.estimate, second.estimate - second.low, r),
    };
}
