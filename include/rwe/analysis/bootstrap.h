/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * --bootstrap B: the whole pipeline over B cohorts drawn anew. Each replicate is a run of its own: the
 * propensity model is refitted, matching or weights are made anew, and every estimate is computed
 * again (Efron & Tibshirani, An Introduction to the Bootstrap, 1993, ch. 6 and 13).
 *
 * Replicate r draws from the stream (seed, bootstrap, r) alone and writes to its own slot, so results
 * do not depend on threads.
 */
#ifndef RWE_ANALYSIS_BOOTSTRAP_H
#define RWE_ANALYSIS_BOOTSTRAP_H

#include "rwe/analysis/replicate.h"

/** --bootstrap. */
extern const struct rwe_options rwe_bootstrap_options;

/** What the replicates say of one estimate. */
struct rwe_bootstrap_result {
    double std_error; /**< SD of the replicates; NaN with fewer than two, or one not reached */
    double conf_low, conf_high; /**< by --bootstrap-limits; NaN: not reached */
    size_t n;                   /**< replicates in which it could be estimated */
};

/** How limits are made from replicates. */
enum rwe_bootstrap_method {
    RWE_BOOTSTRAP_PERCENTILE,
    RWE_BOOTSTRAP_NORMAL, /**< the estimate and its standard error, the replicates' SD */
    RWE_BOOTSTRAP_BC,     /**< percentiles, corrected for the bias of the median */
};

struct rwe_bootstrap_limits {
    enum rwe_bootstrap_method method;
    double level;    /**< in (0, 1) */
    double estimate; /**< of the data */
};

struct rwe_bootstrap {
    struct rwe_replicates replicates;
    const struct rwe_bootstrap_result *result; /**< by estimate */
    enum rwe_bootstrap_method method;          /**< of their limits: --bootstrap-limits */
    const char
        *failure; /**< why the first replicate without any estimate has none; NULL: all have */
};

/** How many replicates --bootstrap asks for; 0: none. */
size_t rwe_bootstrap_n(const struct rwe_settings *settings);

/** Whether --variance bootstrap was said. */
bool rwe_bootstrap_is_variance(const struct rwe_settings *settings);

/** RWE_USAGE where --variance bootstrap was said without --bootstrap. */
enum rwe_status rwe_bootstrap_check(const struct rwe_settings *settings, struct rwe_error *error);

/**
 * Of one estimate from its values in n replicates, which it puts in order. NaN: could not be
 * estimated, and is left out; of RWE_ESTIMATE_TIME: later than all others.
 *
 * Percentiles: with k values the limits at `level` are the p (k + 1)-th smallest, p = (1 − level) / 2 and 1 − p,
 * between two where that is no whole number (type 6 of Hyndman & Fan), the outermost where it is beyond.
 * Bias-corrected (Efron & Tibshirani 1993, 14.3, with a = 0): the same with p = Φ(2 b ∓ z), where Φ(b) is the share
 * of replicates below the estimate and z the normal quantile. Normal: estimate ∓ z SD, within 0 and 1 for a
 * probability; of a time, which may not be reached, percentiles.
 */
struct rwe_bootstrap_result rwe_bootstrap_summarise(double value[], size_t n,
                                                    enum rwe_estimate_kind kind,
                                                    const struct rwe_bootstrap_limits *limits);

/**
 * Runs the replicates where --bootstrap asks for them; run->bootstrap afterwards. `plan` is that of the
 * run, whose designs are made. Telling the progress is the caller's (run->progress). RWE_BAD_INPUT
 * where more than half of the replicates fail.
 */
enum rwe_status rwe_bootstrap_run(struct rwe_run *run, const struct rwe_plan *plan,
                                  struct rwe_error *error);

/** Whether replicates say an error, limits and a p-value of it. */
bool rwe_bootstrap_is_told(const struct rwe_estimate *estimate);

/** Says under a table that --variance bootstrap had a hand in it; nothing without that choice. */
void rwe_bootstrap_note(const struct rwe_run *run, struct rwe_grid *grid);

/** Tells all results in a table of their own, as facts beside those of the estimates. */
void rwe_bootstrap_report(struct rwe_run *run);

#endif
