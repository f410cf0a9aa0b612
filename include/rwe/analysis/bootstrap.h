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

#include "rwe/analysis/pipeline.h"

/** --bootstrap. */
extern const struct rwe_options rwe_bootstrap_options;

/** What the replicates say of one estimate. */
struct rwe_bootstrap_result {
    double std_error; /**< SD of the replicates; NaN with fewer than two, or one not reached */
    double conf_low, conf_high; /**< percentiles (type 6 of Hyndman & Fan); NaN: not reached */
    size_t n;                   /**< replicates in which it could be estimated */
};

struct rwe_bootstrap {
    size_t n_replicates;
    struct rwe_estimates estimates;            /**< of the data */
    const struct rwe_bootstrap_result *result; /**< by estimate */
    size_t n_failed;     /**< replicates without any estimate, since a design could not be made */
    const char *failure; /**< why the first of these failed; NULL: none did */
};

/**
 * Runs the replicates where --bootstrap asks for them; run->bootstrap afterwards. `plan` is that of the
 * run, whose designs are made. Telling the progress is the caller's (run->progress). RWE_BAD_INPUT
 * where more than half of the replicates fail.
 */
enum rwe_status rwe_bootstrap_run(struct rwe_run *run, const struct rwe_plan *plan,
                                  struct rwe_error *error);

/** The result for a key and stat; NULL without a bootstrap or when it has none such. */
const struct rwe_bootstrap_result *rwe_bootstrap_find(const struct rwe_run *run,
                                                      const struct rwe_key *key, const char *stat);

/** Tells all results in a table of their own, as facts beside those of the estimates. */
void rwe_bootstrap_report(struct rwe_run *run);

#endif
