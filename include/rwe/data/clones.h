/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Clones, for treatments that begin after time zero: clone, censor, weight (Hernán, BMJ 360:k182,
 * 2018; Maringe et al., Int J Epidemiol 49:1719, 2020).
 *
 * At time zero the data of a subject are compatible with two strategies, so every subject follows both:
 *
 *     arm 0   no exposure by the end of a grace period
 *     arm 1   exposure by then, unless what closes exposure (progression, death) comes first
 *
 * A clone leaves when its subject departs from its strategy: in arm 0 when exposure begins, in arm 1 at the
 * end of the grace period if exposure has not begun although it still could. Whoever progresses unexposed
 * before that has kept to both. Both arms begin with the same people, and events before exposure count in both,
 * so that nobody is immortal. Leaving depends on covariates. The weight of a clone that stays is one over the
 * probability of not having left, so that it also stands for those that left:
 *
 *     arm 0   exp(H(min(t, grace, closed)) × risk): nobody begins exposure once it is closed
 *     arm 1   1 up to the end of grace; from then on 1/p for who could still begin at the end of grace
 *
 * Starts before the end of grace are the natural ones; from then on those who could still begin and have not
 * are represented by those alike who have. That is not "everybody begins early".
 */
#ifndef RWE_DATA_CLONES_H
#define RWE_DATA_CLONES_H

#include "rwe/data/design.h"

/** The follow-up of the clones of n subjects for one endpoint; arrays by subject of the list. */
struct rwe_clones {
    size_t n;
    const uint32_t *subject; /**< of the cohort, ascending; borrowed */
    double grace;            /**< in the unit of the cohort's times, > 0 */
    const double
        *end[2]; /**< by arm: end of the clone's follow-up, its subject's or where it left */
    const uint8_t *left[2]; /**< by arm: 1 where it left its strategy at `end` */
    const double *open;     /**< until when exposure could begin: closed, or the end of follow-up */
    const uint8_t *exposed; /**< exposure began by the end of grace, while it could */
    const uint8_t *beyond;  /**< followed, and not closed, beyond the grace period */
    size_t n_left[2], n_exposed;
    double last_exposure; /**< the latest start of exposure; −infinity: nobody is exposed */
};

/**
 * Exposure that begins when it is closed (cohort->exposure_until) or when follow-up ends, or later, does not
 * count. RWE_USAGE without
 * exposure_start, with other than two arms or with late entry; RWE_BAD_INPUT unless grace > 0;
 * RWE_NO_MEMORY.
 */
enum rwe_status rwe_clones_make(const struct rwe_cohort *cohort,
                                const struct rwe_endpoint *endpoint, const uint32_t subject[],
                                size_t n, double grace, struct rwe_arena *arena,
                                struct rwe_clones *clones, struct rwe_error *error);

/** One over the probability of not having left. */
struct rwe_clone_weights {
    /* arm 0: exp(H(t) × risk), H the cumulative hazard of exposure, up to the grace period */
    size_t n_times;
    const double *time, *hazard; /**< ascending; H from that time on */
    const double *risk;          /**< by subject of the list, > 0 */
    /* arm 1: 1 up to the end of the grace period */
    const double
        *late; /**< by subject of the list: from then on; read for those beyond who are left
                             in the arm; 1 for the others */
};

struct rwe_clone_options {
    double step;     /**< weights change at its multiples and at the end of grace, default 0.5 */
    double truncate; /**< larger weights are made this quantile of all pieces', in (0, 1]; default
                          1, none */
};
struct rwe_clone_options rwe_clone_options_default(void);

/** Rows of the design, and what truncation did. */
struct rwe_clone_rows {
    struct rwe_design_rows rows;
    size_t n;              /**< rows; pieces that follow each other with one weight are one */
    size_t n_pieces;       /**< before that */
    double limit;          /**< greatest weight that truncation left; infinite: none was wanted */
    size_t n_truncated[2]; /**< by arm: clones with a weight that was above it */
};

/**
 * Cuts the clones' follow-up where their weights change. A piece that begins at t has the weight of
 * those who had not left by t, a jump of H at t included; H where exposure closes lies on the line between the
 * ends of its step. The quantile is R's type 7 over the pieces
 * of both arms. Clones without any follow-up (an end at 0) have no row. n log n in the pieces.
 *
 * Errors: RWE_BAD_INPUT (an option out of range); RWE_NOT_FINITE, a weight too large for a number
 * after truncation (index = subject of the list); RWE_NO_MEMORY.
 */
enum rwe_status rwe_clones_rows(const struct rwe_cohort *cohort, const struct rwe_clones *clones,
                                const struct rwe_clone_weights *weights,
                                const struct rwe_clone_options *options, struct rwe_arena *arena,
                                struct rwe_clone_rows *result, struct rwe_error *error);

#endif
