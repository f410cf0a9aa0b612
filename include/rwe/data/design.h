/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * The design: who is compared with whom, with what weight, and what that means. A set of subjects under
 * a name ("all", "matched", "iptw-ate") with matched sets, weights and the way in which these were
 * estimated. Every analysis takes cohort, design and endpoint, so that the same subjects, weights and
 * clusters reach the curve, the p-value, the hazard ratio and the toxicity table. Who tells of a design
 * reads its kind, estimand, contrast and clock; its name is for readers alone.
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

/** How the arms, or what is compared instead of them, were made. */
enum rwe_design_kind {
    RWE_DESIGN_EVERYBODY, /**< the arms as they are */
    RWE_DESIGN_MATCHED,   /**< sets of subjects who are alike */
    RWE_DESIGN_WEIGHTED,  /**< weights that make the arms alike */
    RWE_DESIGN_STATES,    /**< exposure as a state in time: unexposed until it begins */
    RWE_DESIGN_CLONES,    /**< everybody follows each strategy until they depart from it */
    RWE_DESIGN_TRIALS,    /**< nested trials, one after the other */
};

/** Whom the effect is about, before anybody was left out. */
enum rwe_estimand_of {
    RWE_OF_ELIGIBLE,   /**< all eligible as they are, with no average over them */
    RWE_OF_EVERYBODY,  /**< the average effect in everybody (ATE) */
    RWE_OF_TREATED,    /**< in the treated (ATT) */
    RWE_OF_CONTROLS,   /**< in the controls (ATC) */
    RWE_OF_OVERLAP,    /**< in those for whom either treatment is likely (ATO) */
    RWE_OF_MATCHABLE,  /**< in those who would find a partner in 1:1 matching (ATM) */
    RWE_OF_INITIATORS, /**< in those who begin exposure, when they begin it */
    RWE_OF_CANDIDATES, /**< in all who are eligible for each trial, given covariates */
    RWE_N_ESTIMANDS,
};

/** Why somebody whom the effect is about is not in the design: the first that applies. */
enum rwe_left_out {
    RWE_LEFT_MISSING,     /**< a covariate is missing */
    RWE_LEFT_UNSUPPORTED, /**< outside common support */
    RWE_LEFT_TRIMMED,     /**< a propensity score beyond the limits of trimming */
    RWE_LEFT_UNMATCHED,   /**< no partner, or none within the caliper */
    RWE_N_LEFT_OUT,
};

struct rwe_estimand {
    enum rwe_estimand_of of;
    size_t n;                        /**< subjects of the cohort whom it is about */
    size_t left_out[RWE_N_LEFT_OUT]; /**< of these n; each counted once */
};

/** What is compared. */
enum rwe_contrast {
    RWE_CONTRAST_ARMS,       /**< arm against arm */
    RWE_CONTRAST_STATES,     /**< the hazard while exposed against that while not, or not yet */
    RWE_CONTRAST_GRACE,      /**< exposure begun within `grace` against none by then */
    RWE_CONTRAST_INITIATION, /**< exposure begun now against none as long as one is followed */
};

/** How much of the time at risk in the exposed arm lies before exposure, where the arms are told apart by
 * it: nobody could fail then and stay in that arm. */
enum rwe_immortal {
    RWE_IMMORTAL_NONE,
    RWE_IMMORTAL_NOTE,    /**< less than 1 % */
    RWE_IMMORTAL_CAUTION, /**< 1 to 5 %, or nobody knows */
    RWE_IMMORTAL_BIASED,  /**< more */
};

/** When follow-up starts. */
enum rwe_clock_start {
    RWE_CLOCK_ZERO,     /**< at time zero */
    RWE_CLOCK_LANDMARK, /**< at the time `at`, among those at risk then */
    RWE_CLOCK_TRIALS,   /**< at the start of each trial: every `at`, or where exposure begins (0) */
};

struct rwe_clock {
    enum rwe_clock_start start;
    double at; /**< in the unit of the cohort's times; 0 from time zero */
};

/** What can bring covariates nearer that a design left unbalanced; a set of bits. */
enum rwe_remedy {
    RWE_REMEDY_MODEL = 1,   /**< more terms in the propensity model */
    RWE_REMEDY_EXACT = 2,   /**< exact matching on a category */
    RWE_REMEDY_CALIPER = 4, /**< a smaller caliper */
    RWE_REMEDY_TRIM = 8,    /**< trimming, where a few weights are extreme */
    RWE_REMEDY_OVERLAP = 16 /**< overlap weights, which make the means equal */
};

/**
 * What no other field says of a design, for readers. Texts from data (names of arms) may be in them.
 * A design that compares the arms and leaves one NULL has that of everybody in its run.
 */
struct rwe_design_words {
    const char *heading;      /**< over designs of its kind: "Landmark: the clock starts there" */
    const char *compared;     /**< in a row: "exposed by then against not" */
    const char *strategies;   /**< the same as an attribute of the estimand (ICH E9(R1)) */
    const char *variable;     /**< a template with a place for endpoints: "time to %s" */
    const char *intercurrent; /**< events between and what becomes of them */
    const char *summary;      /**< NULL: what the analyses that run compare the arms by */
    const char *method;       /**< "comparison of matched sets" */
};

/** A count by arm that the flow of patients shows with a design, beside who is in it. */
struct rwe_design_step {
    const char *term;                    /**< in facts: "event before" */
    const char *label;                   /**< for readers: "had an event before" */
    const struct rwe_endpoint *endpoint; /**< NULL: of all */
    const size_t *n;                     /**< by arm */
};

struct rwe_design {
    const char *name;  /**< of the population in facts, and for no decision */
    const char *label; /**< for readers: "Whole cohort", "Matched 1:1" */

    enum rwe_design_kind kind;
    struct rwe_estimand estimand;
    enum rwe_contrast contrast;
    double grace; /**< of RWE_CONTRAST_GRACE, in the unit of the cohort's times */
    struct rwe_clock clock;
    bool
        naive; /**< the arms are told apart by what happened after the clock started, to an extent that is
                     more than a note */
    enum rwe_immortal immortal; /**< to what extent, of the endpoint that has most of it */
    bool arms_alike;   /**< by the way it was made; else a model given covariates says more */
    unsigned remedies; /**< bits of enum rwe_remedy; 0: none but adjustment */
    struct rwe_design_words words;
    const struct rwe_design_step *step;
    size_t n_steps;

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
    bool disjoint_arms;     /**< nobody stands in two arms. Else there are no arms that could be
                                 compared before follow-up, as baseline tables and toxicity do */
    size_t n;               /**< subjects in it */
    const uint8_t *member;  /**< by subject: 1 in it, 0 not */
    const size_t *arm_size; /**< by arm, subjects; of clones all of them in each */
};

/** How many of those whom the estimand is about are in the design. */
size_t rwe_estimand_n_left(const struct rwe_estimand *estimand);

/** Everybody. RWE_NO_MEMORY or RWE_OK. */
enum rwe_status rwe_design_all(const struct rwe_cohort *cohort, struct rwe_arena *arena,
                               struct rwe_design *design, struct rwe_error *error);

/**
 * Fills what follows from name, sets, rows and weights: members are those with a weight, or else
 * with a set, or else all; under `rows` the weight of a subject is the sum of its rows', under
 * `by_endpoint` it is 1 for who has a row in any. An estimand of all eligible counts the cohort. What is
 * declared is borrowed. RWE_NO_MEMORY or RWE_OK.
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

/** How many members the endpoint has. */
size_t rwe_design_n_in(const struct rwe_cohort *cohort, const struct rwe_design *design,
                       const struct rwe_endpoint *endpoint);

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

/** Of a design with disjoint arms. Linear in the cohort. RWE_NO_MEMORY or RWE_OK. */
enum rwe_status rwe_design_members(const struct rwe_cohort *cohort, const struct rwe_design *design,
                                   struct rwe_arena *arena, struct rwe_design_members *members,
                                   struct rwe_error *error);

/** Whether the rows of one arm hang together or have weights, so that a curve of an arm needs its
 * robust variance. The two members of a pair are in different arms. */
bool rwe_design_arm_needs_robust(const struct rwe_design *design,
                                 const struct rwe_survival_data *data);

#endif
