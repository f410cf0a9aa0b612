/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Every population in which outcomes were compared, for tables that put them side by side. */
#ifndef ANALYSIS_POPULATIONS_H
#define ANALYSIS_POPULATIONS_H

#include "rwe/analysis/analysis.h"

/** How a population deals with what makes the arms differ; the later, the more it deals with. */
enum population_kind {
    POPULATION_ALL,             /**< the arms as they are, from time zero */
    POPULATION_DESIGN,          /**< matched or weighted, from time zero */
    POPULATION_STATE,           /**< exposure as a state in time */
    POPULATION_LANDMARK,        /**< those at risk at a landmark, the clock started there */
    POPULATION_LANDMARK_DESIGN, /**< the same, matched or weighted */
    POPULATION_CLONES,          /**< clones that follow strategies */
};

struct population {
    const char *name;  /**< in facts */
    const char *label; /**< "Whole cohort", "Landmark 6, Matched 1:1" */
    const char *group; /**< heading over those of its kind: the banner where arms are naive */
    enum population_kind kind;
    const struct rwe_run *run;       /**< that compared it: of a landmark its own */
    const struct rwe_design *design; /**< of that run; NULL: time-dependent */
    bool is_naive;                   /**< told apart by what came after time zero (immortal.h) */
    bool is_given; /**< a model given covariates is told of it too: nothing made the arms alike */
};

struct populations {
    const struct population *item;
    size_t n;
    bool has_groups; /**< exposure may begin after time zero, so headings part the kinds */
};

/** Those of the run and of its landmarks, whether or not there are facts of them (the time-dependent one
 * where exposure has a start). RWE_NO_MEMORY or RWE_OK. */
enum rwe_status populations_of(const struct rwe_run *run, struct populations *populations,
                               struct rwe_error *error);

#endif
