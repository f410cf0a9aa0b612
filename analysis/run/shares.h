/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The share of each arm that had an event, and the arms compared, in any population: one rule for
 * adverse events and response.
 *
 *   independent   counts: exact limits of an arm, the difference by --difference, Fisher's test
 *   pairs         of 1:1 matching: Newcombe's paired limits and McNemar's exact test; an arm as above
 *   robust        weights, sets of any shape, subjects in several sets, declared clusters:
 *                 rwe/stats/proportion_weighted.h */
#ifndef RWE_ANALYSIS_SHARES_H
#define RWE_ANALYSIS_SHARES_H

#include "rwe/analysis/analysis.h"
#include "rwe/analysis/estimates.h"
#include "rwe/stats/proportion.h"

/* --difference: of risk differences in adverse events, response and the guard of immortal time. */
extern const struct rwe_options rwe_shares_options;

enum rwe_share_rule { RWE_SHARES_INDEPENDENT, RWE_SHARES_PAIRED, RWE_SHARES_ROBUST };

/* A population whose shares are looked at. */
struct rwe_shares {
    const struct rwe_run *run;
    const struct rwe_design *design;
    const uint8_t *counted; /* by subject: 0 is left out of numerator and denominator; NULL: none */
    enum rwe_share_rule rule;
    struct rwe_design_members members; /* those that are counted */
    uint32_t *arm;                     /* by row of the members */
    uint8_t *event;                    /* by row: workspace */
    uint8_t *set_state;                /* by matched set: workspace */
};

/* Of one arm. */
struct rwe_share {
    size_t n, of;               /* subjects with the event, subjects that are counted */
    double weighted, weight_of; /* the same, each by its weight */
};

/* Lasts as long as the run's arena is not released below it. RWE_NO_MEMORY or RWE_OK. */
enum rwe_status rwe_shares_start(const struct rwe_run *run, const struct rwe_design *design,
                                 const uint8_t *counted, struct rwe_shares *shares,
                                 struct rwe_error *error);

/* `event` is by subject of the cohort, 0 or not. Into share[n_arms]. */
void rwe_shares_count(const struct rwe_shares *shares, const uint8_t event[],
                      struct rwe_share share[]);

/* The share itself; NaN of nobody. */
double rwe_share_estimate(const struct rwe_share *share);

/* The shares of all arms and how sure they are, into of_arm[n_arms]; `share` is of rwe_shares_count. */
enum rwe_status rwe_shares_infer(const struct rwe_shares *shares, const uint8_t event[],
                                 const struct rwe_share share[], struct rwe_inference of_arm[],
                                 struct rwe_error *error);

/* The share of arm 1 minus that of arm 0, in fractions of 1. */
enum rwe_status rwe_shares_compare(const struct rwe_shares *shares, const uint8_t event[],
                                   const struct rwe_share share[], struct rwe_inference *difference,
                                   struct rwe_error *error);

/* The same without its error, limits and p: all that a replicate needs. */
struct rwe_inference rwe_shares_difference(const struct rwe_share share[]);

/* For notes: "Newcombe's hybrid score limits", "robust limits, clustered by matched set". */
const char *rwe_shares_difference_words(const struct rwe_shares *shares);
/* "Clopper and Pearson's exact limits", "robust limits on the logit, …". */
const char *rwe_shares_limits_words(const struct rwe_shares *shares);
/* "Fisher's exact test", "McNemar's exact test", "Wald's test by the robust variance". */
const char *rwe_shares_test_words(const struct rwe_shares *shares);

#endif
