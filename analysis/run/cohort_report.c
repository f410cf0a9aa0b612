/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cohort_report.h"

#include "events_report.h"
#include "rwe/analysis/present.h"
#include "rwe/base/language.h"
#include "values_report.h"
#include <string.h>

static void present_count(struct rwe_run *run, struct rwe_grid *grid, const struct rwe_key *key,
                          const char *stat, double n)
{
    rwe_grid_cell(grid, RWE_CELL_COUNT, rwe_document_number(run->document, key, stat, n),
                  RWE_NO_FACT, RWE_NO_FACT);
}

struct tally {
    const char *reason, *told;
    size_t n;
};

/* Rows left out by reason, in the order in which the reasons first occur. */
static struct tally *tally_reasons(const struct rwe_cohort *cohort, struct rwe_arena *arena,
                                   size_t *n)
{
    struct tally *tally = NULL;
    size_t capacity = 0;
    *n = 0;
    for (size_t i = 0; i < cohort->n_excluded; i++) {
        const char *reason = cohort->excluded[i].reason;
        size_t t = 0;
        while (t < *n && strcmp(tally[t].reason, reason) != 0)
            t++;
        if (t == *n) {
            tally = rwe_arena_grow(arena, tally, &capacity, *n + 1, sizeof *tally);
            if (tally == NULL)
                return NULL;
            tally[(*n)++] = (struct tally){.reason = reason, .told = cohort->excluded[i].told};
        }
        tally[t].n++;
    }
    return tally;
}

static void present_excluded(struct rwe_run *run, struct rwe_grid *grid)
{
    size_t n;
    const struct tally *tally = tally_reasons(run->cohort, run->arena, &n);
    for (size_t t = 0; tally != NULL && t < n; t++) {
        struct rwe_key key = rwe_key_of("cohort");
        key.term = tally[t].reason;
        rwe_grid_row(grid, 1, "left out: %s", tally[t].told);
        present_count(run, grid, &key, "n.excluded", (double)tally[t].n);
    }
}

static void present_subjects(struct rwe_run *run)
{
    const struct rwe_cohort *cohort = run->cohort;
    struct rwe_key key = rwe_key_of("cohort");
    struct rwe_grid *grid = rwe_document_table(run->document, "Subjects");
    rwe_grid_column(grid, "subjects");
    rwe_grid_column(grid, "n");
    rwe_grid_row(grid, 0, "Rows in the file");
    present_count(run, grid, &key, "n.rows", (double)(cohort->n_rows + run->n_rows_left));
    if (run->n_rows_left > 0) {
        bool first = rwe_study_of(run->settings)->rows == RWE_ROWS_FIRST;
        rwe_grid_row(grid, 1,
                     first ? N_("later rows of a subject") : N_("earlier rows of a subject"));
        present_count(run, grid, &key, "n.other.rows", (double)run->n_rows_left);
    }
    present_excluded(run, grid);
    rwe_grid_row(grid, 0, "Subjects analysed");
    present_count(run, grid, &key, "n", (double)cohort->n);
    for (size_t a = 0; a < cohort->n_arms; a++) {
        struct rwe_key arm = rwe_key_arm(key, cohort, a);
        if (a == 0)
            rwe_grid_row(grid, 1, "%s (control)", cohort->arm_level[a]);
        else
            rwe_grid_row(grid, 1, "%s", cohort->arm_level[a]);
        present_count(run, grid, &arm, "n", (double)cohort->arm_size[a]);
    }
    for (size_t i = 0; i < run->complaints->n_notes; i++)
        rwe_grid_note(grid, "%s", run->complaints->note[i].told);
}

static const struct rwe_table_column list_columns[] = {
    {.heading = N_("subject")},
    {N_("line"), RWE_CELL_COUNT, "line"},
    {.heading = N_("reason")},
};

/* Patient-level, so only on request. */
static void present_list(struct rwe_run *run)
{
    const struct rwe_cohort *cohort = run->cohort;
    if (!rwe_study_of(run->settings)->list_excluded || cohort->n_excluded == 0)
        return;
    struct rwe_grid *grid = rwe_document_table(run->document, "Rows left out");
    RWE_GRID_COLUMNS(grid, list_columns);
    for (size_t i = 0; i < cohort->n_excluded; i++) {
        const struct rwe_excluded_row *row = &cohort->excluded[i];
        struct rwe_key key = rwe_key_of("cohort");
        key.term = row->reason;
        key.level = rwe_arena_format(run->arena, "line %zu", row->line);
        rwe_grid_row(grid, 0, "%s", row->id == NULL ? rwe_text("(no identifier)") : row->id);
        rwe_grid_put(grid, &key, (double)row->line);
        rwe_grid_words(grid, "%s", row->told);
    }
}

/* Whether the endpoint asks where progression was. */
static bool asks_for_place(const struct rwe_cohort *cohort, const struct rwe_endpoint *endpoint)
{
    for (size_t d = 0; cohort->dates != NULL && d < cohort->dates->n_derived; d++)
        if (strcmp(cohort->dates->derived[d].definition.name, endpoint->name) == 0)
            return cohort->dates->derived[d].definition.pd_place != 0;
    return false;
}

/* Each endpoint has its own denominator. */
static void warn_of_absent(struct rwe_run *run, const struct rwe_endpoint *endpoint)
{
    const struct rwe_cohort *cohort = run->cohort;
    struct rwe_key key = rwe_key_of("cohort");
    size_t n = 0;
    for (size_t i = 0; i < cohort->n; i++)
        n += rwe_endpoint_has(endpoint, i);
    if (n == cohort->n)
        return;
    key.endpoint = endpoint->name;
    rwe_document_number(run->document, &key, "n.absent", (double)(cohort->n - n));
    rwe_document_warning(
        run->document, "not-in-endpoint", "cohort",
        asks_for_place(cohort, endpoint)
            ? N_("%s is of %zu of %zu subjects: of the others it is not known where the "
                 "progression was (pd_site). They stay in the other endpoints.")
            : N_("%s is of %zu of %zu subjects: of the others the data tell neither an event nor "
                 "an end of follow-up for it. They stay in the other endpoints."),
        endpoint->name, n, cohort->n);
}

/* The code of the invisible mark at `text`, as U+200B, or 0: zero-width ones, and those of direction. */
static unsigned hidden_mark(const char *text)
{
    const unsigned char *c = (const unsigned char *)text;
    if (c[0] == 0xef && c[1] == 0xbb && c[2] == 0xbf)
        return 0xfeff;
    if (c[0] != 0xe2 || (c[1] != 0x80 && c[1] != 0x81) || c[2] < 0x80)
        return 0;
    unsigned code = 0x2000u | (c[1] & 0x3fu) << 6 | (c[2] & 0x3fu);
    bool is_hidden = (code >= 0x200b && code <= 0x200f) || (code >= 0x202a && code <= 0x202e) ||
                     (code >= 0x2060 && code <= 0x2069);
    return is_hidden ? code : 0;
}

/* The level with its marks written out; NULL: it has none, or memory is out. */
static const char *show_marks(const char *level, struct rwe_arena *arena)
{
    const char *shown = "";
    bool any = false;
    while (*level != '\0' && shown != NULL) {
        unsigned code = hidden_mark(level);
        size_t length = code != 0 ? 3 : 1;
        any = any || code != 0;
        shown = code != 0 ? rwe_arena_format(arena, "%s<U+%04X>", shown, code)
                          : rwe_arena_format(arena, "%s%.1s", shown, level);
        level += length;
    }
    return any ? shown : NULL;
}

/* Two levels that look alike are two all the same. */
static void warn_of_marks(struct rwe_run *run, const char *column, const char *const level[],
                          size_t n)
{
    for (size_t l = 0; l < n; l++) {
        const char *shown = show_marks(level[l], run->arena);
        if (shown == NULL)
            continue;
        rwe_document_warning(run->document, "hidden-marks", "cohort",
                             "A level of %s holds invisible marks: %s. One that looks like it is "
                             "another level. Take the marks out of the file.",
                             column, shown);
        return;
    }
}

static void warn_of_hidden_marks(struct rwe_run *run)
{
    const struct rwe_cohort *cohort = run->cohort;
    const char *arm = rwe_study_of(run->settings)->arm;
    warn_of_marks(run, arm == NULL ? rwe_text("the arm") : arm, cohort->arm_level, cohort->n_arms);
    for (size_t j = 0; j < cohort->n_covariates; j++)
        if (cohort->covariate[j].categorical)
            warn_of_marks(run, cohort->covariate[j].name, cohort->covariate[j].level,
                          cohort->covariate[j].n_levels);
}

enum rwe_status rwe_cohort_report(struct rwe_run *run, struct rwe_error *error)
{
    rwe_document_section(run->document, 1, "Cohort");
    present_subjects(run);
    rwe_events_report(run);
    enum rwe_status status = rwe_values_report(run);
    if (status != RWE_OK)
        return rwe_fail_memory(error);
    present_list(run);
    warn_of_hidden_marks(run);
    for (size_t e = 0; e < run->cohort->n_endpoints; e++)
        warn_of_absent(run, &run->cohort->endpoint[e]);
    return rwe_arena_failed(run->arena) ? rwe_fail_memory(error) : RWE_OK;
}
