/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where responses come from: a column of the file, or the best of the assessments. See response.md. */
#include "response_source.h"

#include "rwe/analysis/present.h"
#include "rwe/base/language.h"
#include "rwe/data/response.h"

static const struct rwe_option options[] = {
    {.name = "response-evaluable",
     RWE_FLAG_IN(struct response_settings, evaluable_only),
     .section = RWE_SECTION_RESPONSE,
     .help = N_("Leave out of response rates those whose response is not evaluable or missing; by "
                "default they count as non-responders.")},
    {.name = "bor",
     RWE_CHOICE_IN(struct response_settings, bor),
     .section = RWE_SECTION_RESPONSE,
     .argument = "both|confirmed|unconfirmed",
     .choices = "both|confirmed|unconfirmed",
     .help = N_("Take the best response from --assess, with or without confirmation. By default "
                "both, where no --response-column is declared.")},
};
const struct rwe_options rwe_response_options = RWE_OPTIONS_IN(struct response_settings, options);

const struct response_settings *rwe_response_settings_of(const struct rwe_run *run)
{
    return rwe_settings_of(run->settings, &rwe_response_options);
}

/* ---- which ---- */

static enum rwe_status fail_without(const struct rwe_run *run, struct rwe_error *error)
{
    const struct rwe_study_settings *study = rwe_study_of(run->settings);
    const char *column = study->response_column;
    if (rwe_response_settings_of(run)->bor >= 0 && study->assess == NULL)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--bor needs the assessments: say --assess FILE");
    if (study->assess != NULL)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--response finds no response in --assess: name its columns by "
                        "--assess-columns ID,DATE,RESPONSE, or say --response-column COL");
    if (column == NULL)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--response needs responses: say --response-column COL, or --assess FILE "
                        "with a response a row");
    return rwe_fail(error, RWE_NO_COLUMN, RWE_NO_INDEX,
                    "the study's response-column is \"%s\", which the file does not have: say "
                    "--response-column COL, or --assess FILE",
                    column);
}

static enum rwe_status add_best(const struct rwe_run *run, bool confirmed,
                                struct rwe_response_source source[], size_t *n,
                                struct rwe_error *error)
{
    const struct rwe_cohort *cohort = run->cohort;
    int8_t *response = RWE_NEW(run->arena, int8_t, cohort->n);
    if (response == NULL)
        return rwe_fail_memory(error);
    source[*n] = (struct rwe_response_source){
        .model = confirmed ? "confirmed" : "unconfirmed",
        .label = confirmed ? N_("confirmed") : N_("unconfirmed"),
        .words = confirmed ? rwe_text("best of assessments, confirmed")
                           : rwe_text("best of assessments, unconfirmed"),
        .confirmed = confirmed,
        .response = response,
    };
    for (size_t i = 0; i < cohort->n; i++)
        response[i] = rwe_response_best(run, &source[*n], i)->response;
    ++*n;
    return RWE_OK;
}

enum rwe_status rwe_response_sources(const struct rwe_run *run, struct rwe_response_source source[],
                                     size_t *n, struct rwe_error *error)
{
    enum { BOTH, CONFIRMED, UNCONFIRMED };
    const struct rwe_cohort *cohort = run->cohort;
    int bor = rwe_response_settings_of(run)->bor;
    enum rwe_status status = RWE_OK;
    *n = 0;
    if (bor < 0 && cohort->response != NULL) {
        source[(*n)++] = (struct rwe_response_source){
            .words = rwe_study_of(run->settings)->response_column, .response = cohort->response};
        return RWE_OK;
    }
    if (cohort->best == NULL)
        return fail_without(run, error);
    if (bor != CONFIRMED)
        status = add_best(run, false, source, n, error);
    if (status == RWE_OK && bor != UNCONFIRMED)
        status = add_best(run, true, source, n, error);
    return status;
}

const struct rwe_best *rwe_response_best(const struct rwe_run *run,
                                         const struct rwe_response_source *source, size_t subject)
{
    const struct rwe_best_response *best = &run->cohort->best[subject];
    return source->confirmed ? &best->confirmed : &best->unconfirmed;
}

/* ---- how ---- */

static bool new_therapy_ends(const struct rwe_run *run)
{
    const struct rwe_run *whole = run->from_zero == NULL ? run : run->from_zero;
    return whole->cohort->dates != NULL &&
           whole->cohort->dates->rules.new_therapy != RWE_NEW_THERAPY_IGNORE;
}

void rwe_response_note_rule(const struct rwe_run *run, const struct rwe_response_source *source,
                            struct rwe_grid *grid)
{
    const struct rwe_study_settings *study = rwe_study_of(run->settings);
    if (source->model == NULL)
        return;
    if (new_therapy_ends(run))
        rwe_grid_note(grid, "Best response at the assessments from time zero to progression, a new "
                            "therapy or the cut-off (RECIST 1.1; iRECIST as coded).");
    else
        rwe_grid_note(grid, "Best response at the assessments from time zero to progression or the "
                            "cut-off (RECIST 1.1; iRECIST as coded). A new therapy does not end "
                            "it (--new-therapy ignore).");
    rwe_grid_note(grid, "Stable disease counts from day %g on, and before it as not evaluable.",
                  study->sd_minimum);
    if (!source->confirmed)
        rwe_grid_note(grid, "Responses are not confirmed.");
    else
        rwe_grid_note(grid,
                      "A response is confirmed by another at least %g days later, with at most %g "
                      "not evaluable between the two; else it counts as stable disease.",
                      study->confirm, study->confirm_ne);
    if (source->confirmed && study->confirm_sd)
        rwe_grid_note(grid, "One stable disease may stand between a partial response and its "
                            "confirmation.");
}

/* ---- what is odd ---- */

static void warn_of_difference(const struct rwe_run *run)
{
    const struct rwe_cohort *cohort = run->cohort;
    size_t n = 0;
    for (size_t i = 0; i < cohort->n; i++)
        n += cohort->response[i] != cohort->best[i].unconfirmed.response &&
             cohort->response[i] != cohort->best[i].confirmed.response;
    if (n > 0)
        rwe_document_warning(run->document, "response-differs", "response",
                             "In %zu of %zu subjects the response in \"%s\" is not the best of "
                             "--assess, confirmed or not. The column is analysed; say --bor both "
                             "for the assessments.",
                             n, cohort->n, rwe_study_of(run->settings)->response_column);
}

void rwe_response_warn(const struct rwe_run *run, const struct rwe_response_source *source)
{
    const struct rwe_cohort *cohort = run->cohort;
    size_t n = 0;
    if (run->from_zero != NULL || cohort->best == NULL)
        return;
    for (size_t i = 0; i < cohort->n; i++)
        n += cohort->best[i].pr_after_cr;
    if (source->model == NULL)
        warn_of_difference(run);
    else if (n > 0)
        rwe_document_warning(run->document, "pr-after-cr", "response",
                             "%zu subjects have a partial after a complete response before any "
                             "progression, which RECIST calls progression: ask back.",
                             n);
}
