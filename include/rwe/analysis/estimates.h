/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Estimates that replicates compute anew. An analysis lists them, with their keys, from whatever run
 * it is given; the list of the data and that of a replicate have the same length and order.
 */
#ifndef RWE_ANALYSIS_ESTIMATES_H
#define RWE_ANALYSIS_ESTIMATES_H

#include "rwe/report/document.h"

/** How replicates of an estimate are read. */
enum rwe_estimate_kind {
    RWE_ESTIMATE_PLAIN,     /**< NaN: it could not be estimated */
    RWE_ESTIMATE_TIME,      /**< NaN: not reached, and so later than any time */
    RWE_ESTIMATE_LOG_RATIO, /**< told as a ratio, with the standard error of its logarithm */
};

struct rwe_estimate {
    struct rwe_key key; /**< of the data; its texts live in the run */
    const char *stat;   /**< "estimate", "median" */
    enum rwe_estimate_kind kind;
    double value;
};

struct rwe_estimates {
    struct rwe_arena *arena;
    bool from_data; /**< the list is being made; else the values alone are filled in */
    struct rwe_estimate *item;
    size_t n, room;
    double *value; /**< of a replicate, by item */
    double *kept;  /**< what replicates take from the data: horizons, times */
    size_t n_kept, kept_room;
};

/** An empty list, to be made from the data. */
struct rwe_estimates rwe_estimates_of_data(struct rwe_arena *arena);

/** The list of a replicate, whose values go to `value` (`data->n` of them). */
struct rwe_estimates rwe_estimates_of_replicate(const struct rwe_estimates *data, double value[]);

/** Adds the next estimate. The texts of `key` must outlive the list. */
void rwe_estimates_add(struct rwe_estimates *estimates, const struct rwe_key *key, const char *stat,
                       enum rwe_estimate_kind kind, double value);

/**
 * A number that is found in the data and the same in each replicate, such as the horizon of a mean:
 * `value` in the data, and what it was there in a replicate.
 */
double rwe_estimates_keep(struct rwe_estimates *estimates, double value);

#endif
