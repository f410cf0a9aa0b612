/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * A sequence of nested trials, for treatments that begin after time zero (Hernán et al., Epidemiology
 * 19:766, 2008; Gran et al., Stat Med 29:2757, 2010; Danaei et al., Stat Methods Med Res 22:70, 2013).
 *
 * A trial begins at each of several times. Subjects are eligible who are followed at that time, who could still
 * begin exposure (cohort->exposure_until: the progression-free), and who were not exposed before. Two follow-ups are compared in a trial, each with a
 * clock of its own:
 *
 *     arm 0   all eligible subjects, from the start of the trial until exposure begins, which censors the
 *             follow-up (artificially)
 *     arm 1   the initiators, whose exposure begins before the next trial could: from their exposure
 *
 * Exposure that begins once it is closed (radiotherapy of a progression, where the endpoint is death) is later
 * treatment, which censors nobody.
 *
 * No arm depends on what happens later: an initiator's time before exposure is unexposed time, and there is
 * none where trials begin at the starts of exposure themselves. A subject is in every trial for which it is
 * eligible.
 *
 * Weights. H is the cumulative hazard of exposure, and r a subject's hazard relative to it. The weight
 * c(u) = exp((H(t + u) − H(t−)) r) is one over the probability of not having been exposed from the start t of the
 * trial to u after it, so that the follow-ups that go on also stand for those that were censored.
 * p = 1 − exp(−(H(t + interval, before) − H(t−)) r) is the probability of being exposed in the trial; with it
 * as a further factor, arm 0 stands for the initiators as they would have been unexposed. Arm 1 has weight 1. Once
 * exposure is closed to a subject its hazard is 0: H stays where it was then.
 */
#ifndef RWE_DATA_SEQUENTIAL_H
#define RWE_DATA_SEQUENTIAL_H

#include "rwe/data/clones.h"

/** One trial; counts are of the subjects of the list. */
struct rwe_trial {
    double time;         /**< when it begins */
    size_t n_eligible;   /**< followed, not closed, not exposed before */
    size_t n_at_start;   /**< initiators exposed at the very start: they have no unexposed time */
    size_t n_initiators; /**< with them */
    size_t n_left;       /**< follow-ups of arm 0 that exposure ended, at any time */
    size_t n_event[2];   /**< by arm */
};

/** The trials of one endpoint. */
struct rwe_trials {
    size_t n;                /**< of the list */
    const uint32_t *subject; /**< of the cohort, ascending; borrowed */
    double interval;         /**< between trials; 0: they begin where exposure does */
    const double
        *start;        /**< by subject of the list: when exposure began while at risk; NaN: never */
    const double *end; /**< the same: end of follow-up for the endpoint */
    const double *open; /**< the same: until when exposure could begin; it counts before that */
    const struct rwe_trial *trial; /**< those with an initiator, ascending */
    size_t n_trials;
    size_t n_without;      /**< times at which a trial could have begun, but nobody initiated */
    size_t n_initiators;   /**< of all trials; each subject is an initiator at most once */
    double last_exposure;  /**< the latest start of exposure; −infinity: nobody is exposed */
    const uint32_t *joins; /**< by subject of the list: the trial in which it is an initiator, or
                                RWE_NO_SET */
};

/**
 * Finds the trials at 0, interval, 2 interval, …, or at each distinct start of exposure, and counts.
 * Exposure that begins when it is closed or follow-up ends, or later, does not count; one before time zero begins at 0;
 * starts nearly equal to a time of the endpoint are that time. n log n + n × trials.
 *
 * RWE_USAGE without exposure_start, with other than two arms or with late entry; RWE_BAD_INPUT for an
 * interval below 0, or one that makes more than 10,000 trials; RWE_NO_MEMORY. If nobody initiates there are no
 * trials, which is no error here.
 */
enum rwe_status rwe_trials_make(const struct rwe_cohort *cohort,
                                const struct rwe_endpoint *endpoint, const uint32_t subject[],
                                size_t n, double interval, struct rwe_arena *arena,
                                struct rwe_trials *trials, struct rwe_error *error);

struct rwe_trial_options {
    double step;     /**< after the start of a trial, c(u) changes at its multiples; default 1 */
    double truncate; /**< larger c(u) are made this quantile of all pieces' of arm 0, in (0, 1];
                          default 1, none */
    bool initiators; /**< p is a factor: arm 0 stands for the initiators; default yes */
};
struct rwe_trial_options rwe_trial_options_default(void);

/** Rows of the design, and what truncation did. */
struct rwe_trial_rows {
    struct rwe_design_rows
        rows;           /**< with origin and trial; those of a subject by trial, arm, time */
    size_t n;           /**< rows; pieces of one weight that follow each other are one */
    size_t n_pieces;    /**< before that, of arm 0 */
    double limit;       /**< greatest c(u) that truncation left; infinite: none wanted */
    size_t n_truncated; /**< follow-ups with one above it */
};

/**
 * The follow-ups as rows; `weights->late` is not read. The quantile is R's type 7. Errors:
 * RWE_BAD_INPUT (an option out of range, a step that rounding hides, more than 10 million pieces);
 * RWE_NOT_FINITE, a weight too large for a number after truncation, or too small for one (index =
 * subject of the list); RWE_NO_MEMORY. n log n in the pieces.
 */
enum rwe_status rwe_trials_rows(const struct rwe_cohort *cohort, const struct rwe_trials *trials,
                                const struct rwe_clone_weights *weights,
                                const struct rwe_trial_options *options, struct rwe_arena *arena,
                                struct rwe_trial_rows *result, struct rwe_error *error);

#endif
