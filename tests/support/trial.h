/* SPDX-License-Identifier: GPL-3.0-or-later */
/** A trial of two arms drawn from known distributions, so that every true value is a formula. */
#ifndef TESTS_SUPPORT_TRIAL_H
#define TESTS_SUPPORT_TRIAL_H

#include "rwe/base/arena.h"
#include "rwe/base/rng.h"
#include "rwe/stats/survival_data.h"

/** How patients are drawn: exponential times to death and to censoring, 30% censored. */
struct trial {
    size_t n_pairs;      /**< patients of an arm; the k-th of both arms are a pair */
    double hazard_ratio; /**< treated against control */
    double correlation;  /**< of a pair's members on the normal scale (Gaussian copula); 0: none */
    double grain;        /**< times are rounded up to multiples of it; 0: not at all, no ties */
};

/** Deaths a month in an arm (0 control: a median of 12 months; 1 treated); censorings a month. */
double trial_hazard(const struct trial *trial, uint32_t arm);
double trial_censoring(const struct trial *trial);

/**
 * Draws the trial. Groups are the arms; clusters and strata both are the pairs. `treated` is the
 * column of Cox's model: 1 in the treated arm. RWE_NO_MEMORY or RWE_OK.
 */
enum rwe_status trial_draw(const struct trial *trial, gsl_rng *rng, struct rwe_arena *arena,
                           struct rwe_survival_data *data, const double **treated);

#endif
