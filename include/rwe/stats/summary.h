/* SPDX-License-Identifier: GPL-3.0-or-later */
/** A sample in a few numbers, as a baseline table shows it. */
#ifndef RWE_STATS_SUMMARY_H
#define RWE_STATS_SUMMARY_H

#include <stddef.h>

struct rwe_summary {
    size_t n;
    double mean, sd;                 /**< sd with n − 1; NaN when n < 2 */
    double min, q1, median, q3, max; /**< quantiles by linear interpolation, R's type 7 */
};

/** Of `n` numbers in ascending order, without NaN. All NaN when n = 0. */
struct rwe_summary rwe_summarize(const double sorted[], size_t n);

#endif
