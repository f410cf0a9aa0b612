/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * The design: who is compared with whom, and with what weight. A set of subjects under a name
 * ("all", "matched", "iptw-ate") with matched sets, weights and the way in which these were
 * estimated. Every analysis takes cohort, design and endpoint, so that the same subjects, weights and
 * clusters reach the curve, the p-value, the hazard ratio and the toxicity table.
 */
#ifndef RWE_DATA_DESIGN_H
#define RWE_DATA_DESIGN_H

#include "rwe/data/cohort.h"
#include "rwe/stats/survival_data.h"

/** In no matched set. */
#define RWE_NO_SET UINT32_MAX

/**
 * Subjects with several rows: those that stand in several matched sets, as in matching with
 * replacement; or clones, one an arm, whose follow-up is cut into pieces with a weight each.
 */
struct rwe_design_rows {
    const size_t *start; /**< by subject and one more: its rows are start[i] … start[i + 1] − 1, by
                              arm, and in it by time */
    const uint32_t *set;        /**< by row; NULL: not matched */
    const double *weight;       /**< by row, > 0 */
    const uint32_t *arm;        /**< by row; NULL: the subject's */
    const double *from, *until; /**< by row: at risk in (from, until], as long as the subject is; an
                                     event at `until` is this row's, and later ones are not seen:
                                     unless a row of the same arm goes on from there, that is
                                     artificial censoring. Both NULL: the whole follow-up */
    const double *origin;  /**< by row: when its clock starts, in the cohort's time; from and until
                               count from there. NULL: 0 */
    const uint32_t *trial; /**< by row: the nested trial that it belongs to, 0 … n_trials − 1: a
                                stratum by itself. A subject's rows are then by trial first. NULL:
                                none */
    size_t n_trials;
};

struct rwe_design {
    const char *name;  /**< of the population in facts */
    const char *label; /**< for readers: "Whole cohort", "Matched 1:1" */

    const uint32_t *set; /**< by subject: matched set, 0 … n_sets − 1, or RWE_NO_SET; NULL: not
                              matched, or `rows` */
    size_t n_sets;
    bool paired; /**< each set is one treated subject and one control, and nobody stands in two */
    struct rwe_design_rows rows;               /**< all NULL: each member is one row */
    const struct rwe_design_rows *by_endpoint; /**< as cohort->endpoint, with arm, from and until: a
                                                    design of clones; NULL: `rows` for all */
    const double *weight; /**< by subject, the sum over its rows, 0: not in it; NULL: all 1 */
    const struct rwe_weight_estimation
        *estimation;   /**< of the weights; NULL: they count as known */
    bool merge_copies; /**< of clones: who was drawn several times (cohort->source) and has like
                            rows gets one row of all their weight where it ends without an event:
                            likelihoods and curves are the same, numbers of rows and robust
                            variances are not */

    /* found by rwe_design_complete */
    size_t n;               /**< subjects in it */
    const uint8_t *member;  /**< by subject: 1 in it, 0 not */
    const size_t *arm_size; /**< by arm, subjects; of clones all of them in each */
};

/** Everybody. RWE_NO_MEMORY or RWE_OK. */
enum rwe_status rwe_design_all(const struct rwe_cohort *cohort, struct rwe_arena *arena,
                               struct rwe_design *design, struct rwe_error *error);

/**
 * Fills what follows from name, sets, rows and weights: members are those with a weight, or else
 * with a set, or else all; under `rows` the weight of a subject is the sum of its rows', under
 * `by_endpoint` it is 1 for who has a row in any. What is declared is borrowed. RWE_NO_MEMORY or RWE_OK.
 */
enum rwe_status rwe_design_complete(const struct rwe_cohort *cohort, struct rwe_design *design,
                                    struct rwe_arena *arena, struct rwe_error *error);

/**
 * The members with keep[i] != 0, by subject: a smaller design of the same kind, so that sets, clusters,
 * strata, weights and their estimation reach a model as they reach the whole. A matched set that it splits
 * stays a cluster, of the members it has left. RWE_NO_MEMORY or RWE_OK.
 */
enum rwe_status rwe_design_narrow(const struct rwe_cohort *cohort, const struct rwe_design *design,
                                  const uint8_t keep[], struct rwe_arena *arena,
                                  struct rwe_design *narrowed);

/** Whether it is matched, once or with replacement. */
bool rwe_design_is_matched(const struct rwe_design *design);

/**
 * Whether subjects stand in both arms, as clones or in nested trials. It then has no arms that could be compared
 * before follow-up, as baseline tables, shares and toxicity do.
 */
bool rwe_design_is_cloned(const struct rwe_design *design);

/** The subject's weight: 0 where it is not a member, 1 without weights. */
double rwe_design_weight(const struct rwe_design *design, size_t subject);

/** What the strata of survival data are made from. */
enum rwe_design_strata {
    RWE_STRATA_NONE,
    RWE_STRATA_DECLARED, /**< those of --strata, and nested trials */
    RWE_STRATA_SETS, /**< the matched sets; weights are left out, since a set compares its own */
};

/** Which events count. */
enum rwe_design_events {
    RWE_EVENTS_ANY, /**< of whatever cause, as one: event-free survival */
    RWE_EVENTS_OWN, /**< of the endpoint's own cause; competitors censor: its cause-specific hazard */
    RWE_EVENTS_BY_CAUSE /**< each cause by its number: cumulative incidence */
};

/** How an endpoint is looked at. Zero-initialised: no strata, any event. */
struct rwe_design_view {
    enum rwe_design_strata strata;
    enum rwe_design_events events;
};

/**
 * The members' data on an endpoint, in ascending order of time: groups are the arms, clusters the
 * matched sets or else those declared, weights the design's. A subject has as many rows as it stands
 * in sets. Linear in the cohort.
 *
 * Of clones: a row is a piece of follow-up (data->piece), its group the clone's arm; the clusters are
 * those declared, or else the subjects, so that a subject's clones and pieces hang together; equal
 * times in the order of subjects and their rows. Linear in the rows of the endpoint. Of nested trials
 * each is a stratum where declared strata are asked for, crossed with those that there are; times that
 * restarted clocks made nearly equal are made equal.
 */
enum rwe_status rwe_design_survival(const struct rwe_cohort *cohort,
                                    const struct rwe_design *design,
                                    const struct rwe_endpoint *endpoint,
                                    struct rwe_design_view view, struct rwe_arena *arena,
                                    struct rwe_survival_data *data, struct rwe_error *error);

/** The members without an endpoint, in canonical order: for shares and means. */
struct rwe_design_members {
    size_t n;                /**< rows */
    const uint32_t *subject; /**< by row */
    const double *weight;    /**< by row; NULL: all 1 */
    struct rwe_dependence dependence;
};

/** Not of clones. Linear in the cohort. RWE_NO_MEMORY or RWE_OK. */
enum rwe_status rwe_design_members(const struct rwe_cohort *cohort, const struct rwe_design *design,
                                   struct rwe_arena *arena, struct rwe_design_members *members,
                                   struct rwe_error *error);

/** Whether the rows of one arm hang together or have weights, so that a curve of an arm needs its
 * robust variance. The two members of a pair are in different arms. */
bool rwe_design_arm_needs_robust(const struct rwe_design *design,
                                 const struct rwe_survival_data *data);

#endif
