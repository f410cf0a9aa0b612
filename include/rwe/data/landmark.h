/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * The cohort at a landmark: the subjects who are event-free and followed at that time and could still begin
 * exposure (the progression-free, also where death is the endpoint), by their exposure so far, with the clock started again (Anderson, Cain & Gelber, J Clin Oncol 1:710, 1983). Nobody is immortal,
 * since the exposure that makes the arms lies before follow-up.
 */
#ifndef RWE_DATA_LANDMARK_H
#define RWE_DATA_LANDMARK_H

#include "rwe/data/cohort.h"

/** Who is in and who is not: n = analysed + n_event + n_closed + n_censored. By arm of the cohort that it was
 * taken from (what they were exposed to in the end). */
struct rwe_landmark {
    double time;                      /**< in the unit of the cohort's times, > 0 */
    const struct rwe_cohort *cohort;  /**< at the landmark */
    size_t n_event[2], n_censored[2]; /**< left out: an event, or the end of follow-up, by then */
    size_t n_closed[2];               /**< left out: no event, but exposure could no longer begin
                             (cohort->exposure_until) */
    size_t n_later[2];                /**< by arm there: exposed later than the landmark, so none of
                                           arm 1 */
};

/**
 * Takes the subjects whose time to each endpoint, and to the end of exposure, is after `time`. Arm 1 are those whose exposure began
 * at `time` or before. Covariates known at the landmark join the others. Times count from the
 * landmark, those of entry too (0 for who is under observation already). Needs two arms and
 * exposure_start (RWE_USAGE otherwise); RWE_BAD_INPUT when nobody is left, an arm is empty then, or
 * an endpoint has no event any more; RWE_NO_MEMORY.
 */
enum rwe_status rwe_cohort_landmark(const struct rwe_cohort *cohort, double time,
                                    struct rwe_arena *arena, struct rwe_landmark *landmark,
                                    struct rwe_error *error);

#endif
