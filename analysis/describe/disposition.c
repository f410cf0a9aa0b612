/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How follow-up ended, how mature the data are, and what is missing, by arm. See disposition.md. */
#include "missing_patterns.h"
#include "run/shares.h"

#include "rwe/analysis/covariates.h"
#include "rwe/analysis/present.h"
#include "rwe/base/language.h"

#include <math.h>
#include <string.h>

/* The table of a population. */
struct table {
    struct rwe_run *run;
    const struct rwe_design *design;
    const struct rwe_variable *lost; /* 1: lost to follow-up; NULL: not told */
    const struct rwe_variable *end;  /* why it ended; NULL: not told */
    struct rwe_grid *grid;
    uint8_t *event;          /* by subject: the row at hand */
    struct rwe_share *share; /* by arm */
};

/* ---- rows ---- */

static void empty_cells(const struct table *table)
{
    for (size_t a = 0; a < table->run->cohort->n_arms; a++)
        rwe_grid_empty(table->grid);
}

/* n (%) of each arm of those marked in table->event. */
static void share_row(const struct table *table, struct rwe_key key, int indent, const char *label)
{
    const struct rwe_cohort *cohort = table->run->cohort;
    const struct rwe_shares shares = {.run = table->run, .design = table->design};
    rwe_shares_count(&shares, table->event, table->share);
    rwe_grid_row(table->grid, indent, "%s", label);
    for (size_t a = 0; a < cohort->n_arms; a++) {
        struct rwe_key arm = rwe_key_arm(key, cohort, a);
        const struct rwe_share *share = &table->share[a];
        rwe_grid_put(table->grid, &arm, (double)share->n, 100 * rwe_share_estimate(share));
    }
}

static void size_row(const struct table *table)
{
    const struct rwe_cohort *cohort = table->run->cohort;
    struct rwe_key key = rwe_key_in("disposition", NULL, table->design);
    rwe_grid_row(table->grid, 0, "n");
    for (size_t a = 0; a < cohort->n_arms; a++) {
        struct rwe_key arm = rwe_key_arm(key, cohort, a);
        rwe_grid_cell(table->grid, RWE_CELL_COUNT,
                      rwe_document_number(table->run->document, &arm, "n",
                                          (double)table->design->arm_size[a]),
                      RWE_NO_FACT, RWE_NO_FACT);
    }
}

/* What --km told. */
static void follow_up_row(const struct table *table, const struct rwe_endpoint *endpoint)
{
    struct rwe_key key = rwe_key_in("km", endpoint, table->design);
    rwe_grid_row(table->grid, 1, "median follow-up%s", rwe_time_unit_suffix(table->run));
    for (size_t a = 0; a < table->run->cohort->n_arms; a++) {
        struct rwe_key arm = rwe_key_arm(key, table->run->cohort, a);
        rwe_grid_cell(table->grid, RWE_CELL_TIME_LIMITS,
                      rwe_document_find(table->run->document, &arm, "followup.median"),
                      rwe_document_find(table->run->document, &arm, "followup.median.conf.low"),
                      rwe_document_find(table->run->document, &arm, "followup.median.conf.high"));
    }
}

/* ---- an endpoint ---- */

enum fate { FOLLOWED, LOST, UNKNOWN, CENSORED };

static enum fate fate_of(const struct table *table, size_t subject)
{
    double lost = table->lost == NULL ? NAN : table->lost->number[subject];
    return isnan(lost) ? UNKNOWN : lost == 1 ? LOST : FOLLOWED;
}

/* Those whose follow-up ended without the event: of that fate, or all. */
static void censored_row(const struct table *table, const struct rwe_endpoint *endpoint,
                         enum fate fate)
{
    static const char *const terms[] = {"followed", "lost", "unknown", "censored"};
    static const char *const labels[] = {N_("censored, followed to the cut-off"),
                                         N_("censored, lost to follow-up"),
                                         N_("censored, not known which"), N_("censored")};
    struct rwe_key key = rwe_key_in("disposition", endpoint, table->design);
    key.term = terms[fate];
    for (size_t i = 0; i < table->run->cohort->n; i++)
        table->event[i] = endpoint->event[i] == 0 && rwe_endpoint_has(endpoint, i) &&
                          (fate == CENSORED || fate_of(table, i) == fate);
    share_row(table, key, 1, rwe_text(labels[fate]));
}

/* Of one cause, or of any (0). */
static void event_row(const struct table *table, const struct rwe_endpoint *endpoint, size_t cause,
                      const char *label)
{
    struct rwe_key key = rwe_key_in("disposition", endpoint, table->design);
    key.term = "event";
    key.level = cause == 0 ? NULL : endpoint->cause_name[cause - 1];
    for (size_t i = 0; i < table->run->cohort->n; i++)
        table->event[i] = cause == 0 ? endpoint->event[i] > 0 : endpoint->event[i] == cause;
    share_row(table, key, 1, label);
}

static void present_endpoint(const struct table *table, const struct rwe_endpoint *endpoint)
{
    rwe_grid_row(table->grid, 0, "%s", endpoint->name);
    empty_cells(table);
    event_row(table, endpoint, 0, rwe_text("event"));
    for (size_t c = 1; endpoint->n_causes > 1 && c <= endpoint->n_causes; c++) {
        const char *label =
            rwe_arena_format(table->run->arena, rwe_text("event: %s"), endpoint->cause_name[c - 1]);
        event_row(table, endpoint, c, label == NULL ? "" : label);
    }
    if (table->lost == NULL) {
        censored_row(table, endpoint, CENSORED);
    } else {
        for (enum fate fate = FOLLOWED; fate <= (table->lost->n_missing > 0 ? UNKNOWN : LOST);
             fate++)
            censored_row(table, endpoint, fate);
    }
    follow_up_row(table, endpoint);
}

/* ---- why it ended ---- */

static void present_ends(const struct table *table)
{
    struct rwe_key key = rwe_key_in("disposition", NULL, table->design);
    const struct rwe_variable *end = table->end;
    if (end == NULL)
        return;
    rwe_grid_row(table->grid, 0, "%s", end->name);
    empty_cells(table);
    key.term = end->name;
    for (size_t l = 0; l < end->n_levels; l++) {
        key.level = end->level[l];
        for (size_t i = 0; i < table->run->cohort->n; i++)
            table->event[i] = end->code[i] == (int32_t)l;
        share_row(table, key, 1, end->level[l]);
    }
    key.level = NULL;
    key.term = rwe_arena_format(table->run->arena, "%s=missing", end->name);
    for (size_t i = 0; i < table->run->cohort->n; i++)
        table->event[i] = end->code[i] < 0;
    share_row(table, key, 1, rwe_text("none given"));
}

static void start_table(struct table *table, const char *title, const char *heading)
{
    const struct rwe_cohort *cohort = table->run->cohort;
    table->grid = rwe_document_table(table->run->document, "%s: %s", title, table->design->label);
    rwe_grid_column(table->grid, "%s", heading);
    for (size_t a = 0; a < cohort->n_arms; a++)
        rwe_grid_fact_column(table->grid, RWE_CELL_COUNT_PERCENT, "n percent", "%s",
                             cohort->arm_level[a]);
}

static void note_follow_up(const struct table *table)
{
    const char *cutoff = rwe_study_of(table->run->settings)->cutoff;
    const char *level = rwe_conf_level_text(table->run);
    if (cutoff == NULL)
        rwe_grid_note(table->grid,
                      "Median follow-up by reverse Kaplan–Meier (%s CI), from its own section.",
                      level);
    else
        rwe_grid_note(table->grid,
                      "Median follow-up by reverse Kaplan–Meier (%s CI), from its own section. "
                      "Data cut-off %s.",
                      level, cutoff);
    if (table->design->weight != NULL)
        rwe_grid_note(table->grid, "n counts patients; percentages are weighted.");
}

static void present_follow_up(struct table *table)
{
    const struct rwe_cohort *cohort = table->run->cohort;
    start_table(table, rwe_text("Table 3. Follow-up and maturity"), "");
    size_row(table);
    for (size_t e = 0; e < cohort->n_endpoints; e++)
        present_endpoint(table, &cohort->endpoint[e]);
    present_ends(table);
    note_follow_up(table);
}

/* ---- missing covariates ---- */

/* The number that --table1 told, and its share. */
static void missing_row(const struct table *table, const struct rwe_variable *v)
{
    const struct rwe_cohort *cohort = table->run->cohort;
    rwe_grid_row(table->grid, 0, "%s", v->name);
    for (size_t a = 0; a < cohort->n_arms; a++) {
        struct rwe_key key = rwe_key_arm(rwe_key_in("table1", NULL, table->design), cohort, a);
        key.term = v->name;
        rwe_fact n = rwe_document_find(table->run->document, &key, "n.missing");
        double missing = rwe_document_value(table->run->document, n);
        key.analysis = "disposition";
        rwe_fact percent = rwe_document_number(table->run->document, &key, "percent.missing",
                                               100 * missing / (double)table->design->arm_size[a]);
        rwe_grid_cell(table->grid, RWE_CELL_COUNT_PERCENT, n, percent, RWE_NO_FACT);
    }
}

static void complete_row(const struct table *table)
{
    const struct rwe_cohort *cohort = table->run->cohort;
    struct rwe_key key = rwe_key_in("disposition", NULL, table->design);
    key.term = "complete";
    for (size_t i = 0; i < cohort->n; i++) {
        table->event[i] = 1;
        for (size_t j = 0; j < cohort->n_covariates; j++)
            if (rwe_variable_missing(&cohort->covariate[j], i))
                table->event[i] = 0;
    }
    share_row(table, key, 0, rwe_text("all covariates known"));
}

/* More patterns than this are a line of their own. */
enum { SHOWN_PATTERNS = 10 };

static void pattern_row(const struct table *table, const struct missing_patterns *patterns,
                        size_t pattern)
{
    bool others = pattern == SHOWN_PATTERNS;
    struct rwe_key key = rwe_key_in("disposition", NULL, table->design);
    key.term = "pattern";
    key.level = others ? "any other" : patterns->label[pattern];
    for (size_t i = 0; i < table->run->cohort->n; i++) {
        size_t of = patterns->of_subject[i];
        table->event[i] = others ? of >= SHOWN_PATTERNS && of != MISSING_NOTHING : of == pattern;
    }
    share_row(table, key, 0, others ? rwe_text("any other") : key.level);
}

/* What is missing together: charts are thin as a whole, or lack one examination. */
static enum rwe_status present_patterns(struct table *table, struct rwe_error *error)
{
    struct missing_patterns patterns;
    if (missing_patterns_find(table->run->cohort, table->run->arena, &patterns) != RWE_OK)
        return rwe_fail_memory(error);
    start_table(table, rwe_text("Covariates missing together, n (%)"), rwe_text("missing"));
    for (size_t k = 0; k < patterns.n && k <= SHOWN_PATTERNS; k++)
        pattern_row(table, &patterns, k);
    return RWE_OK;
}

static enum rwe_status present_missing(struct table *table, struct rwe_error *error)
{
    const struct rwe_cohort *cohort = table->run->cohort;
    size_t n_missing = 0;
    for (size_t j = 0; j < cohort->n_covariates; j++)
        n_missing += cohort->covariate[j].n_missing > 0;
    if (cohort->n_covariates == 0)
        return RWE_OK;
    if (n_missing == 0) {
        rwe_document_paragraph(table->run->document, "No covariate has a missing value.");
        return RWE_OK;
    }
    start_table(table, rwe_text("Missing covariates, n (%)"), rwe_text("covariate"));
    for (size_t j = 0; j < cohort->n_covariates; j++)
        if (cohort->covariate[j].n_missing > 0)
            missing_row(table, &cohort->covariate[j]);
    complete_row(table);
    rwe_grid_note(table->grid, "Covariates without a missing value are left out of the table. What "
                               "becomes of patients without a value says --missing.");
    return present_patterns(table, error);
}

/* ---- running ---- */

static enum rwe_status find_columns(struct table *table, struct rwe_error *error)
{
    const struct rwe_cohort *cohort = table->run->cohort;
    const struct rwe_study_settings *study = rwe_study_of(table->run->settings);
    const char *lost = study->ltfu_column;
    const char *end = study->end_column;
    table->lost = rwe_cohort_described(cohort, lost);
    table->end = rwe_cohort_described(cohort, end);
    if (table->lost != NULL && !table->lost->binary)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--ltfu-column %s: it must hold 1 (lost to follow-up) and 0", lost);
    if (table->end != NULL && !table->end->categorical)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--end-column %s: it must hold reasons in words", end);
    return RWE_OK;
}

static enum rwe_status run_disposition(struct rwe_run *run, void *state, struct rwe_error *error)
{
    (void)state;
    struct table table = {
        .run = run,
        .event = RWE_NEW(run->arena, uint8_t, run->cohort->n),
        .share = RWE_NEW(run->arena, struct rwe_share, run->cohort->n_arms),
    };
    enum rwe_status status = rwe_need_endpoint(run, "disposition", error);
    if (status == RWE_OK && rwe_arena_failed(run->arena))
        status = rwe_fail_memory(error);
    if (status == RWE_OK)
        status = find_columns(&table, error);
    if (status != RWE_OK)
        return status;
    rwe_document_section(run->document, 1, "Disposition");
    for (size_t d = 0; d < rwe_run_n_disjoint(run); d++) {
        table.design = &run->design[d];
        present_follow_up(&table);
    }
    table.design = &run->design[0];
    rwe_document_set_banner(run->document, NULL); /* gaps in charts compare no outcomes */
    return present_missing(&table, error);
}

const struct rwe_analysis rwe_analysis_disposition = {
    .name = "disposition",
    .section = RWE_SECTION_ENDPOINTS,
    .help = N_("How follow-up ended and how mature the data are, by arm: events, censored, lost to "
               "follow-up (--ltfu-column), reasons (--end-column), median follow-up; and missing "
               "covariates. Brings --km and --table1."),
    .also_runs = "km logrank cox table1",
    .from_zero = true,
    .last = true,
    .compares_arms = true,
    .run = run_disposition,
};
