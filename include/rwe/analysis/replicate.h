/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Replicates: the whole pipeline over other cohorts. In each the designs are made anew (the propensity model is
 * refitted, patients are matched or weighted again) and every estimate is computed again, by the same walk as in
 * the data but without a document.
 *
 * The bootstrap, leaving a level out and whatever else repeats a run differ only in where their cohorts come from.
 */
#ifndef RWE_ANALYSIS_REPLICATE_H
#define RWE_ANALYSIS_REPLICATE_H

#include "rwe/analysis/pipeline.h"

/** Where the cohorts of replicates come from. */
struct rwe_replicate_source {
    const char *name; /**< for the progress: "bootstrap"; NULL: it is not told */
    /** The cohort of replicate r, in `arena`. Called by several threads: it depends on r alone. */
    enum rwe_status (*cohort)(const struct rwe_run *data, size_t r, const void *context,
                              struct rwe_arena *arena, const struct rwe_cohort **cohort,
                              struct rwe_error *error);
    const void *context;
};

/** What the replicates gave, in the arena of the run. */
struct rwe_replicates {
    struct rwe_estimates *estimates; /**< of the data */
    size_t n;                        /**< replicates */
    const double *value; /**< [r * estimates + k]: of estimate k in replicate r; NaN: it has none */
    const char *const *failure; /**< by replicate: why it has no estimate at all; NULL: it has */
    size_t n_failed;
};

/**
 * Lists the estimates of the data, of what `plan` wants, and computes them in n replicates. The designs of `run`
 * are made. RWE_NO_MEMORY when memory is out in any; a replicate that fails otherwise is told in `replicates`.
 */
enum rwe_status rwe_replicates_run(struct rwe_run *run, const struct rwe_plan *plan,
                                   const struct rwe_replicate_source *source, size_t n,
                                   struct rwe_replicates *replicates, struct rwe_error *error);

/** The values of estimate k in the replicates that did not fail, in their order; `value` has room for all. How
 * many they are. */
size_t rwe_replicates_of(const struct rwe_replicates *replicates, size_t k, double value[]);

#endif
