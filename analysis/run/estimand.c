/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "estimand.h"

#include "rwe/analysis/present.h"
#include "rwe/base/language.h"

#include <math.h>

/* The first where all whom the effect is about are in the design; else the second, of how many how many. */
static const struct {
    const char *all, *left;
} whom[RWE_N_ESTIMANDS] = {
    [RWE_OF_ELIGIBLE] = {N_("all eligible"), N_("%zu of the %zu eligible (%s)")},
    [RWE_OF_EVERYBODY] = {N_("everybody (ATE)"), N_("%zu of %zu subjects (%s)")},
    [RWE_OF_TREATED] = {N_("the treated (ATT)"), N_("%zu of the %zu treated (%s)")},
    [RWE_OF_CONTROLS] = {N_("the controls (ATC)"), N_("%zu of the %zu controls (%s)")},
    [RWE_OF_OVERLAP] = {N_("those who could have had either (ATO)"),
                        N_("those who could have had either (ATO), among %zu of %zu (%s)")},
    [RWE_OF_MATCHABLE] = {N_("those who could be matched (ATM)"),
                          N_("those who could be matched (ATM), among %zu of %zu (%s)")},
    [RWE_OF_INITIATORS] = {N_("those who begin exposure, when they do"),
                           N_("those who begin exposure, when they do, among %zu of %zu (%s)")},
    [RWE_OF_CANDIDATES] =
        {N_("event-free, not exposed before, at each trial"),
         N_("event-free, not exposed before, at each trial, among %zu of %zu (%s)")},
};

static const char *const left_out[RWE_N_LEFT_OUT] = {
    [RWE_LEFT_MISSING] = N_("Left out for missing covariates: %zu of %zu (%s)."),
    [RWE_LEFT_UNSUPPORTED] = N_("Left out as outside common support: %zu of %zu (%s)."),
    [RWE_LEFT_TRIMMED] = N_("Left out by trimming: %zu of %zu (%s)."),
    [RWE_LEFT_UNMATCHED] = N_("Left out without a partner: %zu of %zu (%s)."),
};

/* A share as a whole percent that is neither 0 nor 100 unless it is so. */
static const char *percent(const struct rwe_run *run, size_t n, size_t of)
{
    double share = of == 0 ? 0 : 100 * (double)n / (double)of;
    if (n > 0 && share < 1)
        return "<1%";
    if (n < of && share > 99)
        return ">99%";
    const char *text = rwe_arena_format(run->arena, "%.0f%%", share);
    return text == NULL ? "" : text;
}

static const char *at_landmark(const struct rwe_run *run, const struct rwe_design *design,
                               const char *words)
{
    const char *closure = rwe_closure_words(run);
    if (closure == NULL)
        return rwe_arena_format(run->arena, rwe_text("%s, event-free and followed at %.10g%s"),
                                words, design->clock.at, rwe_time_unit_word(run));
    return rwe_arena_format(run->arena,
                            rwe_text("%s, event-free and followed at %.10g%s, before %s"), words,
                            design->clock.at, rwe_time_unit_word(run), closure);
}

const char *rwe_estimand_words(const struct rwe_run *run, const struct rwe_design *design)
{
    const struct rwe_estimand *of = &design->estimand;
    size_t n = rwe_estimand_n_left(of);
    const char *words = rwe_text(whom[of->of].all);
    if (n < of->n)
        words = rwe_arena_format(run->arena, rwe_text(whom[of->of].left), n, of->n,
                                 percent(run, n, of->n));
    if (design->clock.start == RWE_CLOCK_LANDMARK && words != NULL)
        words = at_landmark(run, design, words);
    return words == NULL ? "" : words;
}

const char *rwe_left_out_words(const struct rwe_run *run, const struct rwe_design *design,
                               enum rwe_left_out reason)
{
    size_t n = design->estimand.left_out[reason], of = design->estimand.n;
    if (n == 0)
        return NULL;
    const char *words =
        rwe_arena_format(run->arena, rwe_text(left_out[reason]), n, of, percent(run, n, of));
    return words == NULL ? "" : words;
}

void rwe_note_estimand(const struct rwe_run *run, struct rwe_grid *grid,
                       const struct rwe_design *design)
{
    rwe_grid_note(grid, "Whom the effect is about: %s.", rwe_estimand_words(run, design));
    for (size_t r = 0; r < RWE_N_LEFT_OUT; r++) {
        const char *words = rwe_left_out_words(run, design, (enum rwe_left_out)r);
        if (words != NULL)
            rwe_grid_note(grid, "%s", words);
    }
}

const char *rwe_closure_words(const struct rwe_run *run)
{
    switch (run->cohort->closure) {
    case RWE_CLOSURE_PROGRESSION:
        return rwe_text("progression or death");
    case RWE_CLOSURE_NAMED:
        return run->cohort->closed_by;
    case RWE_CLOSURE_UNKNOWN:
        break;
    }
    return NULL;
}

void rwe_note_closure(struct rwe_run *run, struct rwe_grid *grid, const struct rwe_key *key)
{
    const struct rwe_cohort *cohort = run->cohort;
    const char *closure = rwe_closure_words(run);
    size_t n_late = 0;
    if (closure == NULL)
        return; /* it is cautioned */
    for (size_t i = 0; i < cohort->n; i++)
        n_late += !isnan(cohort->exposure_start[i]) && isnan(rwe_cohort_exposure(cohort, i));
    rwe_document_number(run->document, key, "n.too.late", (double)n_late);
    rwe_grid_note(grid, "Exposure begins before %s (as told by %s) or never, for every endpoint.",
                  closure, cohort->closed_by);
    if (cohort->unit_found != NULL)
        rwe_grid_note(grid, "No --time-unit is given: by the dates of the file times are in %s.",
                      rwe_text(cohort->unit_found));
    if (n_late > 0)
        rwe_grid_note(grid, "%zu starts at that time or later count as other treatment.", n_late);
}
