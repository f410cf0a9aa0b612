/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * How alike a covariate is distributed in two arms (Austin, Stat Med 28:3083, 2009). The
 * denominator of the standardized mean difference always comes from the unweighted whole cohort, so
 * that a number before and a number after adjustment differ by their numerators only.
 */
#ifndef RWE_STATS_BALANCE_H
#define RWE_STATS_BALANCE_H

#include "rwe/base/arena.h"
#include "rwe/base/status.h"
#include <stdbool.h>
#include <stdint.h>

/** One covariate (or one level as 0/1) in the two arms. NaN = missing, skipped. */
struct rwe_balance_data {
    size_t n;
    const double *value;
    const uint8_t *treated; /**< 1 treated, 0 control */
    const double *weight;   /**< NULL: all 1; a weight of 0 leaves the unit out */
    bool binary;            /**< value is 0 or 1: variance p (1 − p) instead of n − 1 */
};

struct rwe_balance {
    double mean_treated, mean_control;
    double smd; /**< (mean treated − mean control) / denominator; 0/0 is 0, x/0 is NaN */
    double variance_ratio; /**< s² treated / s² control, both weighted; NaN for binary */
    double ks;             /**< greatest distance of the two (weighted) distribution functions */
    /** Mean distance of the two distribution functions over the distinct values that either arm
     * holds, the last among them, where it is 0. Binary: the difference of the proportions. */
    double ecdf_mean;
    /**
     * Overlapping coefficient, 1 − ½ ∫ |f treated − f control| (Inman & Bradley, Commun Stat Theory
     * Methods 18:3851, 1989; as a measure of balance: Belitser et al., Pharmacoepidemiol Drug Saf
     * 20:1115, 2011): 1 alike, 0 apart. Binary: exact. Numbers: Gaussian kernel densities under the
     * weights, with one bandwidth h for both arms, Silverman's 0.9 min(s, IQR / 1.34) n^(−1/5) (R's
     * bw.nrd0) of the pooled, unweighted values, on 1024 points from min − 4h to max + 4h: values
     * shared linearly between the two points beside them, the kernel cut at ± 4h and made to sum to
     * 1, so that the coefficient is between 0 and 1 but for rounding. A constant has 1.
     */
    double overlap;
};

/** sqrt((s²treated + s²control) / 2) of the unweighted values: the denominator of the SMD. */
double rwe_balance_denominator(const struct rwe_balance_data *whole_cohort);

/** NaN in all members when an arm has no value. RWE_NO_MEMORY or RWE_OK. */
enum rwe_status rwe_balance_measure(const struct rwe_balance_data *data, double denominator,
                                    struct rwe_arena *scratch, struct rwe_balance *result);

#endif
