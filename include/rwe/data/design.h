/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * The design: who is compared with whom. An index set of the cohort with pairs, under a name
 * ("all", "matched"). Every analysis takes cohort, design and endpoint, so that the same subjects
 * and the same clusters reach the curve, the p-value, the hazard ratio and the toxicity table.
 */
#ifndef RWE_DATA_DESIGN_H
#define RWE_DATA_DESIGN_H

#include "rwe/data/cohort.h"
#include "rwe/stats/survival_data.h"

/** In no pair. */
#define RWE_NO_PAIR UINT32_MAX

struct rwe_design {
    const char *name;       /**< of the population in facts */
    const char *label;      /**< for readers: "Whole cohort", "Matched 1:1" */
    size_t n;               /**< subjects in it */
    const uint8_t *member;  /**< by subject: 1 in it, 0 not */
    const size_t *arm_size; /**< by arm */
    const uint32_t *pair; /**< by subject: 0 … n_pairs − 1 or RWE_NO_PAIR; NULL: not matched */
    size_t n_pairs;
};

/** Everybody. RWE_NO_MEMORY or RWE_OK. */
enum rwe_status rwe_design_all(const struct rwe_cohort *cohort, struct rwe_arena *arena,
                               struct rwe_design *design, struct rwe_error *error);

/** Those with a pair (pair[i] is 0 … n_pairs − 1 or RWE_NO_PAIR). */
enum rwe_status rwe_design_pairs(const struct rwe_cohort *cohort, const uint32_t pair[],
                                 size_t n_pairs, struct rwe_arena *arena, struct rwe_design *design,
                                 struct rwe_error *error);

/** What the strata of survival data are made from. */
enum rwe_design_strata {
    RWE_STRATA_NONE,
    RWE_STRATA_DECLARED, /**< those of --strata */
    RWE_STRATA_PAIRS,    /**< the matched pairs */
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
 * pairs or else those declared. Linear in the cohort.
 */
enum rwe_status rwe_design_survival(const struct rwe_cohort *cohort,
                                    const struct rwe_design *design,
                                    const struct rwe_endpoint *endpoint,
                                    struct rwe_design_view view, struct rwe_arena *arena,
                                    struct rwe_survival_data *data, struct rwe_error *error);

#endif
