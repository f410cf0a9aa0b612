/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Survival data, right-censored and perhaps left-truncated, as every kernel takes them: borrowed arrays in ascending order of
 * time.
 *
 * The order is settled once, when an endpoint is built (data/endpoint.h), together with ties: two
 * times closer than sqrt(DBL_EPSILON), relative to the mean time, are given the same value there.
 * So kernels compare times with ==, and none of them sorts.
 */
#ifndef RWE_STATS_SURVIVAL_DATA_H
#define RWE_STATS_SURVIVAL_DATA_H

#include "rwe/base/status.h"
#include "rwe/stats/influence.h"
#include <stdint.h>

/** Of a row that holds a piece of somebody's follow-up. */
enum rwe_row_piece {
    RWE_PIECE_LATER =
        1, /**< an earlier row ends where it begins: nobody new comes under observation */
    RWE_PIECE_GOES_ON = 2, /**< a later row begins where it ends: nobody is censored there */
};

struct rwe_survival_data {
    size_t n;
    const double *entry;     /**< at risk in (entry, time]; in [0, time); NULL: from the start */
    const double *time;      /**< ascending, >= 0, finite; any unit */
    const uint8_t *event;    /**< 0: censored at `time`, after the events; else the cause, from 1 */
    size_t n_causes;         /**< of events; 0 counts as 1 */
    const uint32_t *group;   /**< 0 … n_groups − 1; NULL: one group */
    size_t n_groups;         /**< at least 1 */
    const uint32_t *stratum; /**< 0 … n_strata − 1; NULL: one stratum */
    size_t n_strata;         /**< at least 1 */
    const uint32_t *cluster; /**< 0 … n_clusters − 1; NULL: each row its own */
    size_t n_clusters;
    const double *weight;    /**< > 0; NULL: all 1 */
    const uint32_t *subject; /**< whose row it is, 0 … n_subjects − 1; NULL: not told */
    size_t n_subjects;
    const uint8_t *piece; /**< sums of enum rwe_row_piece; NULL: each row is a whole follow-up */
    bool crossed; /**< subjects stand in several clusters, as in matching with replacement */
    const struct rwe_weight_estimation *estimation; /**< of the weights; NULL: they are known */
};

/** Follow-ups: rows, pieces of one counted once. */
size_t rwe_survival_data_followups(const struct rwe_survival_data *data);

/** How the rows hang together, for robust variances. */
struct rwe_dependence rwe_survival_dependence(const struct rwe_survival_data *data);

/**
 * Checks what the struct promises. RWE_NOT_FINITE (a time or weight), RWE_BAD_INPUT (negative time,
 * out of order, entry not before time, event or code out of range, weight not positive) with error.index; RWE_BAD_INPUT
 * without one for no group, no stratum, 2^32 rows and more, crossed rows without clusters or subjects,
 * or an estimation of the weights of other subjects or clusters; RWE_OK. No rows at all are sound.
 */
enum rwe_status rwe_survival_data_check(const struct rwe_survival_data *data,
                                        struct rwe_error *error);

#endif
