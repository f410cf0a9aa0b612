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

/**
 * The same with a weight > 0 for each number, as R's survey package has it:
 *
 *   mean      Σ w x / Σ w
 *   sd²       n / (n − 1) Σ w (x − mean)² / Σ w                     (svyvar)
 *   quantile  type 7 on the scale of weights: the k-th number stands at (w_1 + … + w_(k−1)) /
 *             (w_1 + … + w_(n−1)), linear between                   (svyquantile, qrule = "hf7")
 *
 * Only ratios of weights matter, and equal ones give rwe_summarize. Equal numbers count in the order in
 * which they stand.
 */
struct rwe_summary rwe_summarize_weighted(const double sorted[], const double weight[], size_t n);

#endif
