/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/analysis/caution.h"

#include "rwe/analysis/immortal.h"
#include "rwe/analysis/present.h"
#include "rwe/base/language.h"

#include <string.h>

/* The run from time zero, whose cohort still knows when exposure begins. */
static const struct rwe_run *from_zero_of(const struct rwe_run *run)
{
    return run->from_zero == NULL ? run : run->from_zero;
}

/* Whether the comparison depends on who can still begin exposure after time zero. */
static bool follows_exposure(const struct rwe_run *run, const struct rwe_design *design)
{
    bool in_time =
        design->contrast != RWE_CONTRAST_ARMS || design->clock.start == RWE_CLOCK_LANDMARK;
    return in_time && from_zero_of(run)->design[0].naive;
}

const char *rwe_closing_words(const struct rwe_run *run)
{
    const struct rwe_cohort *cohort = from_zero_of(run)->cohort;
    return cohort->closure == RWE_CLOSURE_PROGRESSION ? rwe_text("progression") : cohort->closed_by;
}

/* By how much of the endpoint's time is immortal, of all endpoints by the worst. */
static struct rwe_caution of_naive(const struct rwe_run *run, const struct rwe_design *design,
                                   const struct rwe_endpoint *endpoint)
{
    static const enum rwe_caution_grade grades[] = {
        [RWE_IMMORTAL_NONE] = RWE_CAUTION_NONE,
        [RWE_IMMORTAL_NOTE] = RWE_CAUTION_NOTE,
        [RWE_IMMORTAL_CAUTION] = RWE_CAUTION_CARE,
        [RWE_IMMORTAL_BIASED] = RWE_CAUTION_NO_EFFECT,
    };
    enum rwe_immortal immortal =
        endpoint == NULL ? design->immortal : rwe_immortal_grade(run->cohort, endpoint);
    return (struct rwe_caution){grades[immortal], rwe_immortal_words(immortal), NULL};
}

static struct rwe_caution of_states_beyond(const struct rwe_run *run,
                                           const struct rwe_endpoint *endpoint)
{
    const char *closed_by = rwe_closing_words(run);
    return (struct rwe_caution){
        RWE_CAUTION_NO_EFFECT,
        rwe_arena_format(
            run->arena,
            rwe_text("Not the effect of a strategy: exposure begins before %s or never"),
            closed_by),
        rwe_arena_format(
            run->arena,
            rwe_text("%s goes on after %s, when exposure can no longer begin. Those exposed and "
                     "not exposed who are past it cannot be compared, and no covariates or weights "
                     "make up for that: the ratio is not 1 even where the treatment does nothing. "
                     "Landmarks, clones and sequential trials answer instead."),
            endpoint->name, closed_by),
    };
}

/* Of a file whose dates of progression cannot all be read. */
static const char *why_unread(const struct rwe_run *run, const struct rwe_endpoint *endpoint)
{
    return rwe_arena_format(
        run->arena,
        rwe_text(
            "%s: when exposure can no longer begin is not known, since a cell cannot be read as "
            "a date (%s). If it is at progression, progression confounds exposure and outcome, "
            "and the ratio is biased. Correct the cell."),
        endpoint->name, from_zero_of(run)->cohort->closure_unread);
}

static struct rwe_caution of_unknown(const struct rwe_run *run, const struct rwe_endpoint *endpoint)
{
    const char *reason =
        from_zero_of(run)->cohort->closure_unread != NULL
            ? why_unread(run, endpoint)
            : rwe_arena_format(
                  run->arena,
                  rwe_text(
                      "%s: when exposure can no longer begin is not known. If it is at "
                      "progression, progression confounds exposure and outcome, and the ratio is "
                      "biased. Say --exposure-until with the endpoint, or the column of dates, "
                      "that ends it; --exposure-until %s where exposure can begin as long as one "
                      "is followed."),
                  endpoint->name, endpoint->name);
    return (struct rwe_caution){RWE_CAUTION_CARE,
                                rwe_text("Caution: when exposure can no longer begin is not known"),
                                reason};
}

struct rwe_caution rwe_run_caution(const struct rwe_run *run, const struct rwe_design *design,
                                   const struct rwe_endpoint *endpoint)
{
    if (design->naive)
        return of_naive(run, design, endpoint);
    if (endpoint == NULL || !follows_exposure(run, design))
        return (struct rwe_caution){RWE_CAUTION_NONE, NULL, NULL};
    if (endpoint->reach == RWE_REACH_UNKNOWN)
        return of_unknown(run, endpoint);
    if (endpoint->reach == RWE_REACH_BEYOND && design->kind == RWE_DESIGN_STATES)
        return of_states_beyond(run, endpoint);
    return (struct rwe_caution){RWE_CAUTION_NONE, NULL, NULL};
}

rwe_fact rwe_caution_fact(struct rwe_document *document, const struct rwe_key *key,
                          const struct rwe_caution *caution)
{
    return caution->banner == NULL ? RWE_NO_FACT
                                   : rwe_document_string(document, key, "caution", caution->banner);
}

static bool is_told(const struct rwe_document *document, const char *message)
{
    const struct rwe_warning *warning = rwe_document_warnings(document);
    for (size_t w = 0; w < rwe_document_n_warnings(document); w++)
        if (strcmp(warning[w].message, message) == 0)
            return true;
    return false;
}

void rwe_caution_tell(struct rwe_run *run, const struct rwe_design *design, const char *analysis)
{
    for (size_t e = 0; run->document != NULL && e < run->cohort->n_endpoints; e++) {
        const struct rwe_endpoint *endpoint = &run->cohort->endpoint[e];
        struct rwe_caution caution = rwe_run_caution(run, design, endpoint);
        struct rwe_key key = rwe_key_in(analysis, endpoint, design);
        rwe_caution_fact(run->document, &key, &caution);
        if (caution.reason != NULL && !is_told(run->document, caution.reason))
            rwe_document_warning(run->document, "exposure-open", analysis, "%s", caution.reason);
    }
}
