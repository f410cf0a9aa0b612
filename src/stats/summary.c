/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/stats/summary.h"

#include <gsl/gsl_statistics_double.h>
#include <math.h>

/* Plain double sums: gsl_stats_mean adds in long double, which is not the same on every machine. */
static void moments(const double x[], size_t n, double *mean, double *sd)
{
    double sum = 0;
    double squares = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i];
    *mean = sum / (double)n;
    for (size_t i = 0; i < n; i++)
        squares += (x[i] - *mean) * (x[i] - *mean);
    *sd = n < 2 ? NAN : sqrt(squares / (double)(n - 1));
}

struct rwe_summary rwe_summarize(const double sorted[], size_t n)
{
    struct rwe_summary s = {n, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
    if (n == 0)
        return s;
    moments(sorted, n, &s.mean, &s.sd);
    s.min = sorted[0];
    s.q1 = gsl_stats_quantile_from_sorted_data(sorted, 1, n, 0.25);
    s.median = gsl_stats_quantile_from_sorted_data(sorted, 1, n, 0.5);
    s.q3 = gsl_stats_quantile_from_sorted_data(sorted, 1, n, 0.75);
    s.max = sorted[n - 1];
    return s;
}

/* ---- weighted ---- */

static void weighted_moments(const double x[], const double w[], size_t n, double *mean, double *sd)
{
    double total = 0, sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++) {
        total += w[i];
        sum += w[i] * (x[i] - x[0]);
    }
    *mean = x[0] + sum / total; /* from the first number, so that a constant is its own mean */
    for (size_t i = 0; i < n; i++)
        squares += w[i] * (x[i] - *mean) * (x[i] - *mean);
    *sd = n < 2 ? NAN : sqrt((double)n / (double)(n - 1) * squares / total);
}

/* Where share p of all weights but the last lies. */
static double weighted_quantile(const double x[], const double w[], size_t n, double p)
{
    double total = 0, below = 0;
    for (size_t k = 0; k + 1 < n; k++)
        total += w[k];
    for (size_t k = 0; k + 1 < n; k++) {
        if (below + w[k] > p * total)
            return x[k] + (p * total - below) / w[k] * (x[k + 1] - x[k]);
        below += w[k];
    }
    return x[n - 1];
}

struct rwe_summary rwe_summarize_weighted(const double sorted[], const double weight[], size_t n)
{
    struct rwe_summary s = {n, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
    if (n == 0)
        return s;
    weighted_moments(sorted, weight, n, &s.mean, &s.sd);
    s.min = sorted[0];
    s.q1 = weighted_quantile(sorted, weight, n, 0.25);
    s.median = weighted_quantile(sorted, weight, n, 0.5);
    s.q3 = weighted_quantile(sorted, weight, n, 0.75);
    s.max = sorted[n - 1];
    return s;
}
