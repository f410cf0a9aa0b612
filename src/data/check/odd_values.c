/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/data/odd_values.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

/* ---- codes ---- */

/* What the values but one are. */
static struct rwe_odd_value look_at_others(const double x[], size_t n, double code, bool *whole,
                                           size_t *n_others)
{
    struct rwe_odd_value odd = {.value = code, .low = INFINITY, .high = -INFINITY};
    *whole = true;
    *n_others = 0;
    for (size_t i = 0; i < n; i++) {
        if (isnan(x[i]))
            continue;
        odd.n += x[i] == code;
        if (x[i] == code)
            continue;
        ++*n_others;
        *whole = *whole && x[i] == nearbyint(x[i]);
        odd.low = fmin(odd.low, x[i]);
        odd.high = fmax(odd.high, x[i]);
    }
    return odd;
}

size_t rwe_odd_codes(const double x[], size_t n, struct rwe_odd_value odd[RWE_MOST_ODD_CODES])
{
    static const double codes[] = {9, 88, 99, 888, 999, 9999, -1, -8, -9, -99, -999};
    enum { FEWEST = 10, LARGEST_CODE = 6 };
    size_t count = 0;
    for (size_t c = 0; c < sizeof codes / sizeof *codes && count < RWE_MOST_ODD_CODES; c++) {
        bool whole, is_odd;
        size_t n_others;
        struct rwe_odd_value found = look_at_others(x, n, codes[c], &whole, &n_others);
        if (codes[c] < 0)
            is_odd = found.low >= 0;
        else if (codes[c] == 9)
            is_odd = whole && found.high <= LARGEST_CODE && found.low >= -LARGEST_CODE;
        else
            is_odd = 4 * found.high <= codes[c] && found.low >= 0;
        if (is_odd && found.n > 0 && found.n <= n_others && n_others >= FEWEST)
            odd[count++] = found;
    }
    return count;
}

/* ---- outliers ---- */

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

/* How many spreads the largest (side 1) or the smallest (−1) lies beyond its quartile, of x or of log(x + shift). */
static double beyond(const double sorted[], size_t n, int side, double shift)
{
    const size_t at[] = {n / 20, n / 4, n - 1 - n / 4, n - 1 - n / 20};
    double q[4], end = sorted[side > 0 ? n - 1 : 0];
    for (size_t i = 0; i < 4; i++)
        q[i] = shift > 0 ? log(sorted[at[i]] + shift) : sorted[at[i]];
    double spread = fmax(q[2] - q[1], (q[3] - q[0]) / 3);
    end = shift > 0 ? log(end + shift) : end;
    return (side > 0 ? end - q[2] : q[1] - end) / spread; /* NaN or infinite without a spread */
}

/* The median, or the mean where that is 0. */
static double centre(const double sorted[], size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += sorted[i];
    return sorted[n / 2] > 0 ? sorted[n / 2] : sum / (double)n;
}

static bool is_outlier(const double sorted[], size_t n, int side)
{
    enum { SPREADS = 10, SPREADS_OF_LOGS = 5 };
    double spreads = beyond(sorted, n, side, 0);
    if (!isfinite(spreads) || spreads < SPREADS)
        return false;
    return sorted[0] < 0 || beyond(sorted, n, side, centre(sorted, n)) >= SPREADS_OF_LOGS;
}

enum rwe_status rwe_odd_outlier(const double x[], size_t n, struct rwe_arena *scratch,
                                struct rwe_odd_value *odd, size_t *count)
{
    enum { FEWEST = 20, ONE_IN = 50 };
    double *sorted = RWE_NEW(scratch, double, n);
    size_t m = 0;
    *count = 0;
    if (sorted == NULL)
        return RWE_NO_MEMORY;
    for (size_t i = 0; i < n; i++)
        if (!isnan(x[i]))
            sorted[m++] = x[i];
    if (m < FEWEST)
        return RWE_OK;
    qsort(sorted, m, sizeof *sorted, compare);
    int side = is_outlier(sorted, m, 1) ? 1 : is_outlier(sorted, m, -1) ? -1 : 0;
    if (side == 0)
        return RWE_OK;
    size_t end = side > 0 ? m - 1 : 0, alike = 1;
    while (alike < m && sorted[side > 0 ? m - 1 - alike : alike] == sorted[end])
        alike++;
    if (ONE_IN * alike > m && alike > 1)
        return RWE_OK;
    *odd = (struct rwe_odd_value){.value = sorted[end],
                                  .n = alike,
                                  .low = sorted[side > 0 ? 0 : alike],
                                  .high = sorted[side > 0 ? m - 1 - alike : m - 1]};
    *count = 1;
    return RWE_OK;
}
