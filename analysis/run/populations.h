/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Every population in which outcomes were compared, for tables that put them side by side. */
#ifndef ANALYSIS_POPULATIONS_H
#define ANALYSIS_POPULATIONS_H

#include "rwe/analysis/analysis.h"

struct population {
    const char *name;                /**< in facts */
    const char *label;               /**< "Whole cohort", "Landmark at 6 months: Matched 1:1" */
    const struct rwe_design *design; /**< of `run` */
    const struct rwe_run *run;       /**< that compared it: of a landmark its own */
};

struct populations {
    const struct population *item;
    size_t n;
    bool
        has_groups; /**< exposure may begin after time zero, so headings (words.heading) part the kinds */
};

/** Those of the run and of the runs within it: first with disjoint arms, then at landmarks, then states of
 * exposure, clones, trials. RWE_NO_MEMORY or RWE_OK. */
enum rwe_status populations_of(const struct rwe_run *run, struct populations *populations,
                               struct rwe_error *error);

/** How well a population answers for an endpoint; greater is better: the arms as they are, matched or weighted from
 * time zero, a state in time, a landmark, matched or weighted there, strategies from time zero. Where nobody knows
 * when exposure closes, strategies rank below landmarks, since those who closed unexposed weigh more in them.
 * −1: states in time where follow-up goes on after exposure closes, or nobody knows. */
enum { BEST_RANK = 5 };
int population_rank(const struct population *population, const struct rwe_endpoint *endpoint);

#endif
