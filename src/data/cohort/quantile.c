/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "quantile_private.h"

#include <gsl/gsl_statistics_double.h>
#include <math.h>

double data_quantile(double value[], size_t n, double share)
{
    double at = (double)(n - 1) * share, below = floor(at), part = at - below;
    size_t k = (size_t)below;
    double low = gsl_stats_select(value, 1, n, k); /* those behind it are no less */
    if (!(part > 0))
        return low;
    double high = INFINITY;
    for (size_t i = k + 1; i < n; i++)
        high = fmin(high, value[i]);
    return (1 - part) * low + part * high;
}
