/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The treatment as it was given, by arm: when exposure began, and columns of cycles, doses and sites. See
 * treatment.md. */
#include "described.h"
#include "table1.h"

#include "rwe/analysis/pipeline.h"
#include "rwe/analysis/present.h"
#include "rwe/base/language.h"

#include <math.h>

/* ---- when exposure began ---- */

static double began_by(double start, double time)
{
    return start <= time; /* NaN, never: 0 */
}

static enum rwe_status add_begun(struct described *list, const char *name, const char *label,
                                 double by)
{
    double *begun = RWE_NEW(list->arena, double, list->cohort->n);
    for (size_t i = 0; begun != NULL && i < list->cohort->n; i++)
        begun[i] = began_by(list->cohort->exposure_start[i], by);
    return described_add_numbers(list, name, label, begun);
}

static enum rwe_status add_begun_by(struct described *list, double time)
{
    return add_begun(list, rwe_arena_format(list->arena, "exposed by %.10g", time),
                     rwe_arena_format(list->arena, rwe_text("exposed by %.10g"), time), time);
}

/* By when exposure begins in a strategy that is compared; NaN: there is none. */
static double grace_of(const struct rwe_run *run)
{
    for (size_t d = 0; d < run->n_designs; d++)
        if (run->design[d].contrast == RWE_CONTRAST_GRACE)
            return run->design[d].grace;
    return NAN;
}

/* At all, by the times that the run asks about (landmarks and the grace period), and when. */
static enum rwe_status add_exposure(struct described *list, const struct rwe_run *run)
{
    double grace = grace_of(run);
    enum rwe_status status = add_begun(list, "exposed", rwe_text("exposed"), INFINITY);
    for (size_t i = 0; i < run->n_subruns && status == RWE_OK; i++) {
        double time = run->subrun[i]->design[0].clock.at;
        if (time != grace)
            status = add_begun_by(list, time);
    }
    if (!isnan(grace) && status == RWE_OK)
        status = add_begun_by(list, grace);
    if (status == RWE_OK)
        status = described_add_numbers(list, "time to exposure", rwe_text("time to exposure"),
                                       run->cohort->exposure_start);
    return status;
}

/* ---- columns ---- */

static enum rwe_status add_columns(struct described *list, const struct rwe_run *run)
{
    struct rwe_strings name = rwe_study_of(run->settings)->treatment_columns;
    enum rwe_status status = RWE_OK;
    for (size_t i = 0; i < name.n && status == RWE_OK; i++) {
        const struct rwe_variable *column = rwe_cohort_described(run->cohort, name.item[i]);
        if (column != NULL)
            status = described_add_column(list, column);
    }
    return status;
}

static const char *note_of(const struct rwe_run *run)
{
    const char *unit = rwe_study_of(run->settings)->time_unit_word;
    if (unit == NULL || run->cohort->exposure_start == NULL)
        return rwe_text("What was given after time zero is described, and neither compared nor "
                        "adjusted for. No value: not given, or not recorded.");
    return rwe_arena_format(
        run->arena,
        rwe_text("What was given after time zero is described, and neither compared nor adjusted "
                 "for. No value: not given, or not recorded. Time to exposure in %s."),
        rwe_text(unit));
}

static enum rwe_status run_treatment(struct rwe_run *run, void *state, struct rwe_error *error)
{
    (void)state;
    struct described list = {.arena = run->arena, .cohort = run->cohort};
    enum rwe_status status = RWE_OK;
    if (run->cohort->exposure_start != NULL)
        status = add_exposure(&list, run);
    if (status == RWE_OK)
        status = add_columns(&list, run);
    if (status != RWE_OK)
        return rwe_fail_memory(error);
    if (list.n == 0 && run->scope != NULL)
        return RWE_OK; /* exposure lies before a landmark */
    if (list.n == 0)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--treatment needs columns of the treatment: say --treatment-columns "
                        "A,B,… or --exposure-start COL");
    rwe_document_section(run->document, 1, "Treatment as given");
    return table1_present(run,
                          &(struct table1){.analysis = "treatment",
                                           .title = rwe_text("Table 2. Treatment as given, by arm"),
                                           .heading = rwe_text("treatment"),
                                           .variable = list.item,
                                           .label = list.label,
                                           .n_variables = list.n,
                                           .missing = rwe_text("no value"),
                                           .has_range = true,
                                           .blank = true,
                                           .note = note_of(run)},
                          error);
}

const struct rwe_analysis rwe_analysis_treatment = {
    .name = "treatment",
    .section = RWE_SECTION_TIME_ZERO,
    .help =
        N_("Treatment as it was given, by arm: when exposure began, and what --treatment-columns "
           "names (cycles, dose, technique, site). Described only."),
    .run = run_treatment,
};
