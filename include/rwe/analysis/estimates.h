/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * The list of estimates: every number that a run estimates, with its key and how sure it is. Each is made in one
 * place, by rwe_run_estimate, and read by all that need it: the document, replicates of a bootstrap, a level left
 * out, imputations.
 *
 * An analysis is walked for the data and for every replicate alike. In the data the walk makes the list; in a
 * replicate the same calls put its values beside the data's, found by their keys, whatever their order.
 */
#ifndef RWE_ANALYSIS_ESTIMATES_H
#define RWE_ANALYSIS_ESTIMATES_H

#include "rwe/report/document.h"

struct rwe_run;

/** What an estimate is, and so how replicates and imputations of it are put together. */
enum rwe_estimate_kind {
    RWE_ESTIMATE_PLAIN, /**< a mean, a difference; NaN: it could not be estimated */
    RWE_ESTIMATE_TIME,  /**< a quantile of time; NaN: not reached, and so later than any time */
    RWE_ESTIMATE_LOG_RATIO, /**< the logarithm of what is told as a ratio; error and limits are of the log */
    RWE_ESTIMATE_PROBABILITY, /**< between 0 and 1: of survival or of an event */
    RWE_ESTIMATE_STATISTIC,   /**< of a test, with its degrees of freedom; it has no error */
    RWE_ESTIMATE_FIXED, /**< found in the data and the same in every replicate: a horizon, a cut, a start */
};

/** An estimate and how sure it is; NaN where there is no such number. */
struct rwe_inference {
    double value;
    double std_error;
    double df; /**< of its t distribution, or of the test; INFINITY: normal */
    double conf_low, conf_high;
    double p_value; /**< two-sided, that it is 0; of a statistic that of the test */
    bool
        replaced; /**< error, limits and p are those of replicates, in place of the analysis's own */
};

/** One estimate of the list. */
struct rwe_estimate {
    struct rwe_key key;
    const char *stat; /**< "estimate", "median", "hr" */
    enum rwe_estimate_kind kind;
    bool once;                /**< of the data alone: replicates do not compute it */
    struct rwe_inference own; /**< as the analysis has it from these data alone */
};

/** The list of the data, or the values of a replicate. */
struct rwe_estimates;

/** An empty list. NULL when memory is out. */
struct rwe_estimates *rwe_estimates_new(struct rwe_arena *arena);

/** The values of a replicate of `data`, which go to `value`, one for each estimate of `data`: NaN until the
 * replicate has it. NULL when memory is out. */
struct rwe_estimates *rwe_estimates_of_replicate(const struct rwe_estimates *data, double value[],
                                                 struct rwe_arena *arena);

/** Says that the walk which made the list comes again, to be told: estimates that are in it stay one, and what is in
 * force for them is `in_force`, one for each (borrowed); NULL: their own. */
void rwe_estimates_repeat(struct rwe_estimates *estimates, const struct rwe_inference in_force[]);

/** Where the list lives. */
struct rwe_arena *rwe_estimates_arena(const struct rwe_estimates *estimates);

size_t rwe_estimates_n(const struct rwe_estimates *estimates);
const struct rwe_estimate *rwe_estimates_item(const struct rwe_estimates *estimates, size_t k);

/** Position of the estimate of that key and stat, or RWE_NO_INDEX. */
size_t rwe_estimates_find(const struct rwe_estimates *estimates, const struct rwe_key *key,
                          const char *stat);

/**
 * Lists an estimate, and is the inference in force for it: the analysis's own, or that of replicates under
 * --variance bootstrap. What an analysis shows is what comes back. Texts of the key are copied.
 */
struct rwe_inference rwe_run_estimate(struct rwe_run *run, const struct rwe_key *key,
                                      const char *stat, enum rwe_estimate_kind kind,
                                      const struct rwe_inference *own);

/** The same for an estimate that replicates do not compute, as a covariate's ratio. */
struct rwe_inference rwe_run_estimate_once(struct rwe_run *run, const struct rwe_key *key,
                                           const char *stat, enum rwe_estimate_kind kind,
                                           const struct rwe_inference *own);

/** A number that replicates take from the data: `value` in the data, and in a replicate what it was there (NaN
 * where the data have none). */
double rwe_run_fixed(struct rwe_run *run, const struct rwe_key *key, const char *stat,
                     double value);

#endif
