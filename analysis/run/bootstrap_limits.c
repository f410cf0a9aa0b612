/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Standard error and limits from the values of replicates. See bootstrap.md. */
#include "rwe/analysis/bootstrap.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>

static int compare_numbers(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The k-th smallest with k = (n + 1) p, between two where it is no whole number; infinite: NaN. */
static double percentile(const double sorted[], size_t n, double p)
{
    double k = (double)(n + 1) * p;
    if (k <= 1)
        return isinf(sorted[0]) ? NAN : sorted[0];
    if (k >= (double)n)
        return isinf(sorted[n - 1]) ? NAN : sorted[n - 1];
    size_t below = (size_t)k;
    double low = sorted[below - 1], high = sorted[below], share = k - (double)below;
    double value = share > 0 ? low + share * (high - low) : low;
    return isfinite(value) ? value : NAN;
}

/* SD in two passes, so that a common size of the replicates takes no digits. */
static double standard_deviation(const double x[], size_t n)
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i];
    for (size_t i = 0; i < n; i++)
        squares += (x[i] - sum / (double)n) * (x[i] - sum / (double)n);
    double sd = n < 2 ? NAN : sqrt(squares / (double)(n - 1));
    return isfinite(sd) ? sd : NAN;
}

/* What did not come about is left out; a time that was not reached is later than all others. */
static size_t keep_estimated(double value[], size_t n, enum rwe_estimate_kind kind)
{
    size_t kept = 0;
    for (size_t r = 0; r < n; r++) {
        if (kind == RWE_ESTIMATE_TIME && isnan(value[r]))
            value[kept++] = INFINITY;
        else if (isfinite(value[r]))
            value[kept++] = value[r];
    }
    return kept;
}

/* The normal score of the share of replicates below the estimate, those equal to it by halves. Where all lie on one
 * side, as if half of one lay on the other. */
static double median_bias(const double sorted[], size_t n, double estimate)
{
    double below = 0;
    for (size_t r = 0; r < n; r++)
        below += sorted[r] < estimate ? 1 : sorted[r] == estimate ? 0.5 : 0;
    below = fmin(fmax(below, 0.5), (double)n - 0.5);
    return gsl_cdf_ugaussian_Pinv(below / (double)n);
}

static double within(double value, enum rwe_estimate_kind kind)
{
    return kind == RWE_ESTIMATE_PROBABILITY ? fmin(fmax(value, 0), 1) : value;
}

struct rwe_bootstrap_result rwe_bootstrap_summarise(double value[], size_t n,
                                                    enum rwe_estimate_kind kind,
                                                    const struct rwe_bootstrap_limits *limits)
{
    double z = gsl_cdf_ugaussian_Pinv((1 + limits->level) / 2), estimate = limits->estimate;
    double low = (1 - limits->level) / 2, high = 1 - low;
    n = keep_estimated(value, n, kind);
    if (n == 0)
        return (struct rwe_bootstrap_result){NAN, NAN, NAN, 0};
    double sd = standard_deviation(value, n);
    qsort(value, n, sizeof *value, compare_numbers);
    if (limits->method == RWE_BOOTSTRAP_NORMAL && kind != RWE_ESTIMATE_TIME)
        return (struct rwe_bootstrap_result){sd, within(estimate - z * sd, kind),
                                             within(estimate + z * sd, kind), n};
    if (limits->method == RWE_BOOTSTRAP_BC && !isnan(estimate)) {
        double bias = median_bias(value, n, estimate);
        low = gsl_cdf_ugaussian_P(2 * bias - z);
        high = gsl_cdf_ugaussian_P(2 * bias + z);
    }
    return (struct rwe_bootstrap_result){sd, percentile(value, n, low), percentile(value, n, high),
                                         n};
}
