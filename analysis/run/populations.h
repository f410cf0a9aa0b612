/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Every population in which outcomes were compared, for tables that put them side by side. */
#ifndef ANALYSIS_POPULATIONS_H
#define ANALYSIS_POPULATIONS_H

#include "rwe/analysis/caution.h"

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

/** What is to be said of the comparison there for endpoint `e`, counted as in any of their cohorts. */
struct rwe_caution population_caution(const struct population *population, size_t e);

/** A label or heading of the population with a mark of its caution: "Exposure as a state (not the effect of a strategy)";
 * itself where there is none. In its run's arena. */
const char *population_mark(const struct population *population, const char *label,
                            const struct rwe_caution *caution);

/** The heading over populations of its kind, marked; naive arms have their banner for one. */
const char *population_heading(const struct population *population,
                               const struct rwe_caution *caution);

/** Why comparisons of endpoint `e` are cautioned, as notes under a table of them, each reason once. */
void populations_note_cautions(const struct populations *populations, size_t e,
                               struct rwe_grid *grid);

/** How much of what makes the arms differ a design deals with; greater is more: the arms as they are, matched or
 * weighted from time zero, a state in time, a landmark, matched or weighted there, strategies from time zero. What may
 * be read at all is another question (population_caution). */
enum { BEST_RANK = 5 };
int population_rank(const struct rwe_design *design);

#endif
