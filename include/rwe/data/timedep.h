/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * The cohort in rows of time, by what a subject is exposed to then (Andersen & Gill, Ann Stat 10:1100,
 * 1982). Who is exposed from `start` on has two rows, (entry, start] unexposed and (start, end] exposed;
 * everybody else has one. Nobody is immortal: the time before exposure counts as what it is.
 *
 * Intervals are closed on the right: what happens at the very time at which exposure starts happened
 * to an unexposed subject, and exposure at the end of follow-up or later never counts. R's tmerge has
 * the same convention.
 */
#ifndef RWE_DATA_TIMEDEP_H
#define RWE_DATA_TIMEDEP_H

#include "rwe/data/cohort.h"

struct rwe_timedep {
    /** The rows as a cohort with one endpoint, so that any analysis of a cohort can take them: arm 1 is
     * exposed, `entry` and the endpoint's time are the limits of a row, its event is the last row's. The
     * clusters are those declared, else the subjects; `source` is whose row it is. A subject's rows
     * follow each other. Without exposure_start. */
    const struct rwe_cohort *rows;
    size_t n;          /**< subjects with a row */
    size_t n_switched; /**< of them, with two */
    size_t n_exposed;  /**< of them, with an exposed row: from the beginning, or switched */
    size_t n_too_late; /**< of them, with exposure that starts at the end of their time or later */
    size_t n_without;  /**< subjects left out: followed for no time at all */
    double time[2];    /**< at risk, by state, in the unit of the cohort's times */
    double latest_switch; /**< NaN: nobody has two rows */
};

/**
 * Takes endpoint `e` of the cohort apart. The start alone says who is exposed, and when; the cohort's
 * arms (ever exposed) say no more than the names of the states. Starts nearly equal to a time of the
 * endpoint are that time, as among the times themselves. n log n.
 * RWE_USAGE without exposure_start or with other than two arms; RWE_NO_MEMORY.
 */
enum rwe_status rwe_cohort_timedep(const struct rwe_cohort *cohort, size_t e,
                                   struct rwe_arena *arena, struct rwe_timedep *timedep,
                                   struct rwe_error *error);

#endif
