/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * The cohort in rows of time, by the state of exposure at that time (Andersen & Gill, Ann Stat 10:1100, 1982). A
 * subject who is exposed from `start` on has two rows, (entry, start] unexposed and (start, end] exposed;
 * every other subject has one. Nobody is immortal, since the time before exposure counts as unexposed.
 *
 * Intervals are closed on the right: an event at the very time at which exposure starts happened to an
 * unexposed subject, and exposure at the end of follow-up or later never counts. R's tmerge has the same
 * convention.
 */
#ifndef RWE_DATA_TIMEDEP_H
#define RWE_DATA_TIMEDEP_H

#include "rwe/data/clones.h"

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
    size_t n_without;  /**< subjects left out because they are followed for no time */
    double time[2];    /**< at risk, by state, in the unit of the cohort's times */
    double latest_switch; /**< NaN: no subject has two rows */
    const uint8_t
        *closed; /**< by row: exposure could no longer begin; NULL where rows are not cut there */
    size_t n_closed; /**< subjects with such a row */
};

/**
 * Cuts the follow-up for endpoint `e` of the cohort into rows. Only the start decides which subjects are exposed,
 * and when; the arms of the cohort (ever exposed) give the states their names. Starts nearly equal to a time of
 * the endpoint are made that time, as times are among themselves. n log n.
 * RWE_USAGE without exposure_start or with other than two arms; RWE_NO_MEMORY.
 */
enum rwe_status rwe_cohort_timedep(const struct rwe_cohort *cohort, size_t e,
                                   struct rwe_arena *arena, struct rwe_timedep *timedep,
                                   struct rwe_error *error);

/** The same, with rows cut where exposure closes too (cohort->exposure_until), so that progression can be a
 * covariate that changes in time. It closes before the end of follow-up, not with it: what differs by less than
 * cohort->until_tolerance is one event. `closure` must be known. */
enum rwe_status rwe_cohort_timedep_closing(const struct rwe_cohort *cohort, size_t e,
                                           struct rwe_arena *arena, struct rwe_timedep *timedep,
                                           struct rwe_error *error);

/* ---- stabilised weights ---- */

/** Subjects of a cohort, ascending. */
struct rwe_clone_subjects {
    const uint32_t *subject;
    size_t n;
};

/**
 * Who begins exposure, and when, as clones whose grace period has no end: end[0] is the start, or the end of
 * follow-up, left[0] says which, open until when exposure could begin. Starts are settled as above. `subject` is
 * borrowed. RWE_USAGE as rwe_clones_make, with late entry too; RWE_NO_MEMORY.
 */
enum rwe_status rwe_timedep_starts(const struct rwe_cohort *cohort, size_t e,
                                   const struct rwe_clone_subjects *subjects,
                                   struct rwe_arena *arena, struct rwe_clones *starts,
                                   struct rwe_error *error);

/** Rows of a marginal structural model. */
struct rwe_timedep_rows {
    struct rwe_design_rows rows; /**< arm 1 is exposed; with weight, from and until */
    size_t n;                    /**< rows */
    double mean, min, max; /**< of the weights; the mean is over time at risk, near 1 where the
                                      models of exposure are right */
};

/** What rows with weights are made from. */
struct rwe_timedep_weighing {
    const struct rwe_cohort *cohort;
    const struct rwe_endpoint *endpoint; /**< of the cohort */
    const struct rwe_clones *starts;
    const struct rwe_clone_weights *given; /**< of exposure given covariates */
    double step;                           /**< in the unit of the cohort's times */
};

/**
 * The follow-up of `starts` in rows with stabilised weights (Robins, Hernán & Brumback, Epidemiology 11:550, 2000;
 * Hernán, Brumback & Robins, Epidemiology 11:561, 2000): of the history of exposure so far the density given time
 * alone over that given time and covariates,
 *
 *     before the start   exp(H(u) r − H0(u)),   u = min(t, open)
 *     from the start s   exp(H(s) r − H0(s)) × ΔH0 / (ΔH r),   Δ over the step that s is in, (t, t + step]
 *
 * where H(u) r is the cumulative hazard of exposure of the subject (`given`: time, hazard and risk), and H0 that of
 * all, which needs no model: Σ 1/(n − l) over the starts of a time, n at risk (Fleming & Harrington, for Efron's
 * ties). Both lie on lines between multiples of the step. Weights change there, and at the start. O(n log n + rows).
 *
 * RWE_BAD_INPUT unless step > 0; RWE_NOT_FINITE, a weight too large for a number (index = subject of the list);
 * RWE_NO_MEMORY.
 */
enum rwe_status rwe_timedep_weigh(const struct rwe_timedep_weighing *of, struct rwe_arena *arena,
                                  struct rwe_timedep_rows *rows, struct rwe_error *error);

#endif
