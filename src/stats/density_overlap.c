/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "density_overlap_private.h"

#include <gsl/gsl_statistics_double.h>
#include <math.h>

/* Points of the grid, and how far the kernel reaches, in bandwidths: what lies beyond is 6e-5 of
 * it. */
enum { POINTS = 1024, REACH = 4 };

/* Silverman's rule of thumb (R's bw.nrd0): 0.9 min(s, IQR / 1.34) n^(−1/5), s alone where the
 * quartiles are equal. */
static double bandwidth(const double sorted[], size_t n)
{
    double sd = gsl_stats_sd(sorted, 1, n);
    double iqr = gsl_stats_quantile_from_sorted_data(sorted, 1, n, 0.75) -
                 gsl_stats_quantile_from_sorted_data(sorted, 1, n, 0.25);
    double spread = iqr > 0 && iqr / 1.34 < sd ? iqr / 1.34 : sd;
    return 0.9 * spread * pow((double)n, -0.2);
}

struct grid {
    double low, step, bandwidth;
};

/* Each value's mass goes to the two points beside it, in the ratio of nearness (linear binning). */
static void bin(const struct grid *grid, const double sorted[], const double mass[], size_t n,
                double binned[])
{
    for (size_t i = 0; i < n; i++) {
        double place = (sorted[i] - grid->low) / grid->step, left = floor(place);
        size_t point = left < POINTS - 2 ? (size_t)left : POINTS - 2;
        double right_part = place - (double)point;
        binned[point] += mass[i] * (1 - right_part);
        binned[point + 1] += mass[i] * right_part;
    }
}

/* Gaussian at 0, 1, … steps, summing to 1 over both sides so that no mass is lost or made. Returns
 * the number of steps to its end. */
static size_t make_kernel(const struct grid *grid, double kernel[])
{
    size_t reach = (size_t)(REACH * grid->bandwidth / grid->step);
    double total = 0;
    for (size_t k = 0; k <= reach; k++) {
        double z = (double)k * grid->step / grid->bandwidth;
        kernel[k] = exp(-z * z / 2);
        total += k == 0 ? kernel[k] : 2 * kernel[k];
    }
    for (size_t k = 0; k <= reach; k++)
        kernel[k] /= total;
    return reach;
}

static double smoothed_size(const double binned[], const double kernel[], size_t reach)
{
    double sum = 0;
    for (size_t i = 0; i < POINTS; i++) {
        size_t first = i > reach ? i - reach : 0;
        size_t last = i + reach < POINTS ? i + reach : POINTS - 1;
        double at = 0;
        for (size_t j = first; j <= last; j++)
            at += binned[j] * kernel[j > i ? j - i : i - j];
        sum += fabs(at);
    }
    return sum;
}

enum rwe_status rwe_density_overlap(const double sorted[], const double mass[], size_t n,
                                    struct rwe_arena *scratch, double *overlap)
{
    *overlap = 1;
    if (sorted[0] == sorted[n - 1])
        return RWE_OK;
    struct rwe_mark mark = rwe_arena_mark(scratch);
    double *binned = RWE_NEW(scratch, double, POINTS), *kernel = RWE_NEW(scratch, double, POINTS);
    if (rwe_arena_failed(scratch))
        return RWE_NO_MEMORY;
    struct grid grid = {.bandwidth = bandwidth(sorted, n)};
    double margin = REACH * grid.bandwidth;
    grid.low = sorted[0] - margin;
    grid.step = (sorted[n - 1] + margin - grid.low) / (POINTS - 1);
    bin(&grid, sorted, mass, n, binned);
    size_t reach = make_kernel(&grid, kernel);
    *overlap = 1 - smoothed_size(binned, kernel, reach) / 2;
    rwe_arena_release(scratch, mark);
    return RWE_OK;
}
