/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How follow-up ended, how mature the data are, and what is missing, by arm. See disposition.md. */
#include "run/missing_patterns.h"
#include "run/shares.h"

#include "rwe/analysis/covariates.h"
#include "rwe/analysis/present.h"

#include <math.h>
#include <string.h>

/* The table of a population. */
struct sheet {
    struct rwe_run *run;
    const struct rwe_design *design;
    const struct rwe_variable *lost; /* 1: lost to follow-up; NULL: not told */
    const struct rwe_variable *end;  /* why it ended; NULL: not told */
    struct rwe_grid *grid;
    uint8_t *event;          /* by subject: the row at hand */
    struct rwe_share *share; /* by arm */
};

/* ---- rows ---- */

static void empty_cells(const struct sheet *sheet)
{
    for (size_t a = 0; a < sheet->run->cohort->n_arms; a++)
        rwe_grid_empty(sheet->grid);
}

/* n (%) of each arm of those marked in sheet->event. */
static void share_row(const struct sheet *sheet, struct rwe_key key, int indent, const char *label)
{
    const struct rwe_cohort *cohort = sheet->run->cohort;
    struct rwe_document *document = sheet->run->document;
    const struct rwe_shares shares = {.run = sheet->run, .design = sheet->design};
    rwe_shares_count(&shares, sheet->event, sheet->share);
    rwe_grid_row(sheet->grid, indent, "%s", label);
    for (size_t a = 0; a < cohort->n_arms; a++) {
        struct rwe_key arm = rwe_key_arm(key, cohort, a);
        const struct rwe_share *share = &sheet->share[a];
        rwe_fact n = rwe_document_number(document, &arm, "n", (double)share->n);
        rwe_fact percent =
            rwe_document_number(document, &arm, "percent", 100 * rwe_share_estimate(share));
        rwe_grid_cell(sheet->grid, RWE_CELL_COUNT_PERCENT, n, percent, RWE_NO_FACT);
    }
}

static void size_row(const struct sheet *sheet)
{
    const struct rwe_cohort *cohort = sheet->run->cohort;
    struct rwe_key key = rwe_key_in("disposition", NULL, sheet->design);
    rwe_grid_row(sheet->grid, 0, "n");
    for (size_t a = 0; a < cohort->n_arms; a++) {
        struct rwe_key arm = rwe_key_arm(key, cohort, a);
        rwe_grid_cell(sheet->grid, RWE_CELL_COUNT,
                      rwe_document_number(sheet->run->document, &arm, "n",
                                          (double)sheet->design->arm_size[a]),
                      RWE_NO_FACT, RWE_NO_FACT);
    }
}

/* What --km told. */
static void follow_up_row(const struct sheet *sheet, const struct rwe_endpoint *endpoint)
{
    struct rwe_key key = rwe_key_in("km", endpoint, sheet->design);
    rwe_grid_row(sheet->grid, 1, "median follow-up%s", rwe_time_unit_suffix(sheet->run));
    for (size_t a = 0; a < sheet->run->cohort->n_arms; a++) {
        struct rwe_key arm = rwe_key_arm(key, sheet->run->cohort, a);
        rwe_grid_cell(sheet->grid, RWE_CELL_TIME_LIMITS,
                      rwe_document_find(sheet->run->document, &arm, "followup.median"),
                      rwe_document_find(sheet->run->document, &arm, "followup.median.conf.low"),
                      rwe_document_find(sheet->run->document, &arm, "followup.median.conf.high"));
    }
}

/* ---- an endpoint ---- */

enum fate { FOLLOWED, LOST, UNKNOWN, CENSORED };

static enum fate fate_of(const struct sheet *sheet, size_t subject)
{
    double lost = sheet->lost == NULL ? NAN : sheet->lost->number[subject];
    return isnan(lost) ? UNKNOWN : lost == 1 ? LOST : FOLLOWED;
}

/* Those whose follow-up ended without the event: of that fate, or all. */
static void censored_row(const struct sheet *sheet, const struct rwe_endpoint *endpoint,
                         enum fate fate)
{
    static const char *const terms[] = {"followed", "lost", "unknown", "censored"};
    static const char *const labels[] = {"censored, followed to the cut-off",
                                         "censored, lost to follow-up", "censored, not known which",
                                         "censored"};
    struct rwe_key key = rwe_key_in("disposition", endpoint, sheet->design);
    key.term = terms[fate];
    for (size_t i = 0; i < sheet->run->cohort->n; i++)
        sheet->event[i] =
            endpoint->event[i] == 0 && (fate == CENSORED || fate_of(sheet, i) == fate);
    share_row(sheet, key, 1, labels[fate]);
}

/* Of one cause, or of any (0). */
static void event_row(const struct sheet *sheet, const struct rwe_endpoint *endpoint, size_t cause,
                      const char *label)
{
    struct rwe_key key = rwe_key_in("disposition", endpoint, sheet->design);
    key.term = "event";
    key.level = cause == 0 ? NULL : endpoint->cause_name[cause - 1];
    for (size_t i = 0; i < sheet->run->cohort->n; i++)
        sheet->event[i] = cause == 0 ? endpoint->event[i] > 0 : endpoint->event[i] == cause;
    share_row(sheet, key, 1, label);
}

static void present_endpoint(const struct sheet *sheet, const struct rwe_endpoint *endpoint)
{
    rwe_grid_row(sheet->grid, 0, "%s", endpoint->name);
    empty_cells(sheet);
    event_row(sheet, endpoint, 0, "event");
    for (size_t c = 1; endpoint->n_causes > 1 && c <= endpoint->n_causes; c++) {
        const char *label =
            rwe_arena_format(sheet->run->arena, "event: %s", endpoint->cause_name[c - 1]);
        event_row(sheet, endpoint, c, label == NULL ? "" : label);
    }
    if (sheet->lost == NULL) {
        censored_row(sheet, endpoint, CENSORED);
    } else {
        for (enum fate fate = FOLLOWED; fate <= (sheet->lost->n_missing > 0 ? UNKNOWN : LOST);
             fate++)
            censored_row(sheet, endpoint, fate);
    }
    follow_up_row(sheet, endpoint);
}

/* ---- why it ended ---- */

static void present_ends(const struct sheet *sheet)
{
    struct rwe_key key = rwe_key_in("disposition", NULL, sheet->design);
    const struct rwe_variable *end = sheet->end;
    if (end == NULL)
        return;
    rwe_grid_row(sheet->grid, 0, "%s", end->name);
    empty_cells(sheet);
    key.term = end->name;
    for (size_t l = 0; l < end->n_levels; l++) {
        key.level = end->level[l];
        for (size_t i = 0; i < sheet->run->cohort->n; i++)
            sheet->event[i] = end->code[i] == (int32_t)l;
        share_row(sheet, key, 1, end->level[l]);
    }
    key.level = NULL;
    key.term = rwe_arena_format(sheet->run->arena, "%s=missing", end->name);
    for (size_t i = 0; i < sheet->run->cohort->n; i++)
        sheet->event[i] = end->code[i] < 0;
    share_row(sheet, key, 1, "none given");
}

static void start_table(struct sheet *sheet, const char *title, const char *heading)
{
    const struct rwe_cohort *cohort = sheet->run->cohort;
    sheet->grid = rwe_document_table(sheet->run->document, "%s: %s", title, sheet->design->label);
    rwe_grid_column(sheet->grid, "%s", heading);
    for (size_t a = 0; a < cohort->n_arms; a++)
        rwe_grid_column(sheet->grid, "%s", cohort->arm_level[a]);
}

static void note_follow_up(const struct sheet *sheet)
{
    const char *cutoff = rwe_study_of(sheet->run->settings)->cutoff;
    rwe_grid_note(sheet->grid,
                  "Median follow-up by reverse Kaplan–Meier (%s CI), from its own section.%s%s%s",
                  rwe_conf_level_text(sheet->run), cutoff == NULL ? "" : " Data cut-off ",
                  cutoff == NULL ? "" : cutoff, cutoff == NULL ? "" : ".");
    if (sheet->design->weight != NULL)
        rwe_grid_note(sheet->grid, "n counts patients; percentages are weighted.");
}

static void present_follow_up(struct sheet *sheet)
{
    const struct rwe_cohort *cohort = sheet->run->cohort;
    start_table(sheet, "Table 3. Follow-up and maturity", "");
    size_row(sheet);
    for (size_t e = 0; e < cohort->n_endpoints; e++)
        present_endpoint(sheet, &cohort->endpoint[e]);
    present_ends(sheet);
    note_follow_up(sheet);
}

/* ---- missing covariates ---- */

/* The number that --table1 told, and its share. */
static void missing_row(const struct sheet *sheet, const struct rwe_variable *v)
{
    const struct rwe_cohort *cohort = sheet->run->cohort;
    rwe_grid_row(sheet->grid, 0, "%s", v->name);
    for (size_t a = 0; a < cohort->n_arms; a++) {
        struct rwe_key key = rwe_key_arm(rwe_key_in("table1", NULL, sheet->design), cohort, a);
        key.term = v->name;
        rwe_fact n = rwe_document_find(sheet->run->document, &key, "n.missing");
        double missing = rwe_document_value(sheet->run->document, n);
        key.analysis = "disposition";
        rwe_fact percent = rwe_document_number(sheet->run->document, &key, "percent.missing",
                                               100 * missing / (double)sheet->design->arm_size[a]);
        rwe_grid_cell(sheet->grid, RWE_CELL_COUNT_PERCENT, n, percent, RWE_NO_FACT);
    }
}

static void complete_row(const struct sheet *sheet)
{
    const struct rwe_cohort *cohort = sheet->run->cohort;
    struct rwe_key key = rwe_key_in("disposition", NULL, sheet->design);
    key.term = "complete";
    for (size_t i = 0; i < cohort->n; i++) {
        sheet->event[i] = 1;
        for (size_t j = 0; j < cohort->n_covariates; j++)
            if (rwe_variable_missing(&cohort->covariate[j], i))
                sheet->event[i] = 0;
    }
    share_row(sheet, key, 0, "all covariates known");
}

/* More patterns than this are a line of their own. */
enum { SHOWN_PATTERNS = 10 };

static void pattern_row(const struct sheet *sheet, const struct missing_patterns *patterns,
                        size_t pattern)
{
    bool others = pattern == SHOWN_PATTERNS;
    const char *label = others ? "any other" : patterns->label[pattern];
    struct rwe_key key = rwe_key_in("disposition", NULL, sheet->design);
    key.term = "pattern";
    key.level = label;
    for (size_t i = 0; i < sheet->run->cohort->n; i++) {
        size_t of = patterns->of_subject[i];
        sheet->event[i] = others ? of >= SHOWN_PATTERNS && of != MISSING_NOTHING : of == pattern;
    }
    share_row(sheet, key, 0, label);
}

/* What is missing together: charts are thin as a whole, or lack one examination. */
static enum rwe_status present_patterns(struct sheet *sheet, struct rwe_error *error)
{
    struct missing_patterns patterns;
    if (missing_patterns_find(sheet->run->cohort, sheet->run->arena, &patterns) != RWE_OK)
        return rwe_fail_memory(error);
    start_table(sheet, "Covariates missing together, n (%)", "missing");
    for (size_t k = 0; k < patterns.n && k <= SHOWN_PATTERNS; k++)
        pattern_row(sheet, &patterns, k);
    return RWE_OK;
}

static enum rwe_status present_missing(struct sheet *sheet, struct rwe_error *error)
{
    const struct rwe_cohort *cohort = sheet->run->cohort;
    size_t n_missing = 0;
    for (size_t j = 0; j < cohort->n_covariates; j++)
        n_missing += cohort->covariate[j].n_missing > 0;
    if (cohort->n_covariates == 0)
        return RWE_OK;
    if (n_missing == 0) {
        rwe_document_paragraph(sheet->run->document, "No covariate has a missing value.");
        return RWE_OK;
    }
    start_table(sheet, "Missing covariates, n (%)", "covariate");
    for (size_t j = 0; j < cohort->n_covariates; j++)
        if (cohort->covariate[j].n_missing > 0)
            missing_row(sheet, &cohort->covariate[j]);
    complete_row(sheet);
    rwe_grid_note(sheet->grid, "Covariates without a missing value are left out of the table. What "
                               "becomes of patients without a value says --missing.");
    return present_patterns(sheet, error);
}

/* ---- running ---- */

static enum rwe_status find_columns(struct sheet *sheet, struct rwe_error *error)
{
    const struct rwe_cohort *cohort = sheet->run->cohort;
    const struct rwe_study_settings *study = rwe_study_of(sheet->run->settings);
    const char *lost = study->ltfu_column;
    const char *end = study->end_column;
    sheet->lost = rwe_cohort_described(cohort, lost);
    sheet->end = rwe_cohort_described(cohort, end);
    if (sheet->lost != NULL && !sheet->lost->binary)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--ltfu-column %s: it must hold 1 (lost to follow-up) and 0", lost);
    if (sheet->end != NULL && !sheet->end->categorical)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--end-column %s: it must hold reasons in words", end);
    return RWE_OK;
}

static enum rwe_status run_disposition(struct rwe_run *run, void *state, struct rwe_error *error)
{
    (void)state;
    struct sheet sheet = {
        .run = run,
        .event = RWE_NEW(run->arena, uint8_t, run->cohort->n),
        .share = RWE_NEW(run->arena, struct rwe_share, run->cohort->n_arms),
    };
    enum rwe_status status = rwe_need_endpoint(run, "disposition", error);
    if (status == RWE_OK && rwe_arena_failed(run->arena))
        status = rwe_fail_memory(error);
    if (status == RWE_OK)
        status = find_columns(&sheet, error);
    if (status != RWE_OK)
        return status;
    rwe_document_section(run->document, 1, "Disposition");
    for (size_t d = 0; d < rwe_run_n_disjoint(run); d++) {
        sheet.design = &run->design[d];
        present_follow_up(&sheet);
    }
    sheet.design = &run->design[0];
    rwe_document_set_banner(run->document, NULL); /* gaps in charts compare no outcomes */
    return present_missing(&sheet, error);
}

const struct rwe_analysis rwe_analysis_disposition = {
    .name = "disposition",
    .help = "How follow-up ended and how mature the data are, by arm: events, censored, lost to "
            "follow-up (--ltfu-column), reasons (--end-column), median follow-up; and missing "
            "covariates. Brings --km and --table1.",
    .brings = "km logrank cox table1",
    .from_zero = true,
    .last = true,
    .compares_arms = true,
    .run = run_disposition,
};
