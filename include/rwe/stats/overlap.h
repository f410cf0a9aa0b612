/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Could either treatment have been given to these patients? Two answers from the propensity score:
 * empirical equipoise (Walker et al., Comp Eff Res 3:11, 2013) and the range of common support.
 */
#ifndef RWE_STATS_OVERLAP_H
#define RWE_STATS_OVERLAP_H

#include "rwe/base/status.h"
#include <stdint.h>

/** Preferences that count as equipoise, ends included; 0 < low < high < 1. */
struct rwe_overlap_options {
    double low;  /**< default 0.3 */
    double high; /**< default 0.7 */
};
struct rwe_overlap_options rwe_overlap_options_default(void);

/** One arm, or both together. */
struct rwe_overlap_arm {
    size_t n;
    size_t n_equipoise; /**< preference between the limits */
    size_t n_below;     /**< linear predictor below the range of common support */
    size_t n_above;     /**< above it; when the arms do not meet, one may be both */
    size_t n_outside;   /**< below or above */
};

struct rwe_overlap {
    struct rwe_overlap_arm treated, control, all;
    /** Common support of the linear predictor: the greater of the arms' minima to the lesser of
     * their maxima. low > high: the arms do not meet, and nobody is inside. */
    double support_low, support_high;
};

/**
 * Counts units in equipoise and outside common support. The preference score F of a unit is
 * logit F = logit e − logit P, with logit e = `linear`, the linear predictor of a propensity model, and P
 * the share treated: 0.5 means as likely to be treated as a unit of the cohort is. Its limits are compared
 * as logits. Order of units does not matter.
 *
 * Errors: RWE_NOT_FINITE (index = the unit); RWE_NOT_ESTIMABLE when an arm is empty; RWE_USAGE for limits
 * out of order.
 */
enum rwe_status rwe_overlap_measure(const double linear[], const uint8_t treated[], size_t n,
                                    const struct rwe_overlap_options *options,
                                    struct rwe_overlap *result, struct rwe_error *error);

#endif
