/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The designs of a run, and the runs within it. */
#include "rwe/analysis/immortal.h"
#include "rwe/analysis/present.h"
#include "rwe/base/language.h"

#include <string.h>

/* ---- everybody ---- */

static const char *strategies_of(const struct rwe_run *run, bool naive)
{
    const struct rwe_cohort *cohort = run->cohort;
    if (cohort->n_arms > 2)
        return rwe_text("each arm against each other");
    return rwe_arena_format(run->arena,
                            rwe_text(naive ? N_("%s against %s, as told by the future")
                                           : N_("%s against %s from time zero")),
                            cohort->arm_level[1], cohort->arm_level[0]);
}

enum rwe_status rwe_run_add_everybody(struct rwe_run *run, struct rwe_error *error)
{
    if (run->n_populations > 0)
        return RWE_OK;
    struct rwe_design everybody;
    /* Where exposure begins after time zero the arms depend on what happened by then (Suissa, Am J Epidemiol 167:492,
     * 2008). Not at a landmark, nor in rows of time, which have no start of exposure. */
    enum rwe_immortal grade = rwe_immortal_grade(run->cohort, NULL);
    bool naive = grade >= RWE_IMMORTAL_CAUTION;
    enum rwe_status status = rwe_design_all(run->cohort, run->arena, &everybody, error);
    if (status != RWE_OK)
        return status;
    everybody.naive = naive;
    everybody.immortal = grade;
    everybody.words = (struct rwe_design_words){
        .heading = naive ? rwe_immortal_words(grade) : rwe_text("From time zero"),
        .compared = naive ? rwe_text("ever exposed against never")
                          : rwe_text("exposed from time zero against not"),
        .strategies = strategies_of(run, naive),
        .variable = rwe_text("time to %s"),
        .intercurrent = naive ? rwe_text("exposure decides the arm whenever it begins")
                              : rwe_text("treatment policy: later treatment is part of the arm"),
    };
    return rwe_run_add_design(run, &everybody, error);
}

/* ---- adding one ---- */

static const char *or_else(const char *word, const char *otherwise)
{
    return word == NULL ? otherwise : word;
}

/* What compares the arms of a run does so by the clock of everybody there. */
static void take_after(struct rwe_design *design, const struct rwe_design *everybody)
{
    struct rwe_design_words *words = &design->words;
    const struct rwe_design_words *of = &everybody->words;
    design->clock = everybody->clock;
    design->naive = everybody->naive;
    design->immortal = everybody->immortal;
    words->heading = or_else(words->heading, of->heading);
    words->compared = or_else(words->compared, of->compared);
    words->strategies = or_else(words->strategies, of->strategies);
    words->variable = or_else(words->variable, of->variable);
    words->intercurrent = or_else(words->intercurrent, of->intercurrent);
}

static const char *method_of(const struct rwe_run *run, const struct rwe_design *design)
{
    return design->weight != NULL          ? rwe_text("weighted comparison, robust errors")
           : rwe_design_is_matched(design) ? rwe_text("comparison of matched sets")
           : run->cohort->n_covariates > 0 ? rwe_text("arms alone; Cox adjusted")
                                           : rwe_text("arms alone");
}

/* Where it stands among the others. */
static size_t place_of(const struct rwe_run *run, const struct rwe_design *design)
{
    if (design->disjoint_arms)
        return rwe_run_n_disjoint(run);
    return design->contrast == RWE_CONTRAST_STATES ? run->n_populations : run->n_designs;
}

enum rwe_status rwe_run_add_design(struct rwe_run *run, struct rwe_design *design,
                                   struct rwe_error *error)
{
    bool first = run->n_populations == 0;
    if (run->n_populations == RWE_MOST_DESIGNS)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "more than %d populations in one run: ask for fewer designs at once",
                        RWE_MOST_DESIGNS);
    if (!first)
        design->name = rwe_population_name(run, design->name);
    if (!first && design->contrast == RWE_CONTRAST_ARMS)
        take_after(design, &run->design[0]);
    enum rwe_status status = rwe_design_complete(run->cohort, design, run->arena, error);
    if (status != RWE_OK)
        return status;
    design->words.method = or_else(design->words.method, method_of(run, design));
    size_t at = place_of(run, design);
    memmove(&run->design[at + 1], &run->design[at],
            (run->n_populations - at) * sizeof run->design[0]);
    run->design[at] = *design;
    run->n_populations++;
    run->n_designs += design->contrast != RWE_CONTRAST_STATES;
    return rwe_arena_failed(run->arena) ? rwe_fail_memory(error) : RWE_OK;
}

size_t rwe_run_n_disjoint(const struct rwe_run *run)
{
    size_t n = 0;
    while (n < run->n_designs && run->design[n].disjoint_arms)
        n++;
    return n;
}

/* ---- other runs ---- */

struct rwe_run rwe_run_child(const struct rwe_run *parent, struct rwe_arena *arena)
{
    return (struct rwe_run){
        .settings = parent->settings,
        .document = parent->document,
        .estimates = parent->estimates,
        .complaints = parent->complaints,
        .replicate = parent->replicate,
        .progress = parent->progress,
        .arena = arena,
        .threads = parent->threads,
    };
}

enum rwe_status rwe_run_add_subrun(struct rwe_run *run, const struct rwe_cohort *cohort,
                                   const struct rwe_design *everybody, struct rwe_error *error)
{
    struct rwe_design first = *everybody;
    struct rwe_run *subrun = RWE_NEW(run->arena, struct rwe_run, 1);
    run->subrun = rwe_arena_grow(run->arena, run->subrun, &run->subrun_room, run->n_subruns + 1,
                                 sizeof *run->subrun);
    if (rwe_arena_failed(run->arena))
        return rwe_fail_memory(error);
    *subrun = rwe_run_child(run, run->arena);
    subrun->cohort = cohort;
    subrun->data = run->data == NULL ? NULL : run->data->subrun[run->n_subruns];
    subrun->scope = everybody->name;
    subrun->from_zero = run;
    run->subrun[run->n_subruns++] = subrun;
    return rwe_run_add_design(subrun, &first, error);
}

/* ---- what their makers know ---- */

const void *rwe_run_state(const struct rwe_run *run, const struct rwe_analysis *analysis)
{
    for (size_t a = 0; run != NULL && run->plan != NULL && a < rwe_n_analyses; a++)
        if (rwe_analyses[a] == analysis)
            return run->plan->state[a];
    return NULL;
}
