/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/data/rows.h"

#include "rwe/base/language.h"
#include "rwe/base/number.h"
#include "rwe/data/cohort.h"
#include "rwe/data/dated.h"
#include <ctype.h>
#include <math.h>
#include <string.h>

/* Rows by subject, and the order of each. */
struct rows {
    const struct rwe_table *table;
    struct rwe_arena *scratch;
    size_t n;
    const int32_t *subject; /* −1: no identifier */
    size_t n_subjects;
    size_t *count;       /* rows, by subject */
    size_t order_column; /* RWE_NO_INDEX: the order of the file */
    const double *order; /* NaN: cannot be read; NULL: the order of the file */
    struct rwe_complaints *complaints;
};

/* Identifiers are the same that are the same text, or, where all are numbers, the same number. */
static enum rwe_status find_subjects(struct rows *rows, size_t column)
{
    struct rwe_factor ids;
    if (rwe_table_factor(rows->table, column, rows->scratch, &ids) != RWE_OK)
        return RWE_NO_MEMORY;
    int32_t *subject = RWE_NEW(rows->scratch, int32_t, rows->n);
    int32_t *of_level = RWE_NEW(rows->scratch, int32_t, ids.n_levels);
    rows->count = RWE_NEW(rows->scratch, size_t, ids.n_levels);
    if (rwe_arena_failed(rows->scratch))
        return RWE_NO_MEMORY;
    bool all_numbers = ids.n_levels > 0;
    for (size_t l = 0; l < ids.n_levels; l++) {
        double number;
        all_numbers = all_numbers && rwe_number_parse(ids.level[l], strlen(ids.level[l]), &number);
    }
    for (size_t l = 0; l < ids.n_levels; l++) { /* levels that are numbers stand in their order */
        double number = 0, before = 0;
        if (all_numbers && l > 0) {
            rwe_number_parse(ids.level[l], strlen(ids.level[l]), &number);
            rwe_number_parse(ids.level[l - 1], strlen(ids.level[l - 1]), &before);
        }
        bool same = all_numbers && l > 0 && number == before;
        of_level[l] = same ? of_level[l - 1] : (int32_t)rows->n_subjects++;
    }
    for (size_t i = 0; i < rows->n; i++) {
        subject[i] = ids.code[i] < 0 ? -1 : of_level[ids.code[i]];
        if (subject[i] >= 0)
            rows->count[subject[i]]++;
    }
    rows->subject = subject;
    return RWE_OK;
}

/* Days of a column of dates, NaN where there is none; what the whole column is in doubt of is told. */
static enum rwe_status read_days(struct rows *rows, struct rwe_date_style style, double day[],
                                 struct rwe_error *error)
{
    struct rwe_complaints read = {.arena = rows->complaints->arena};
    struct rwe_dated *date = RWE_NEW(rows->scratch, struct rwe_dated, rows->n);
    if (date == NULL ||
        rwe_table_dated(rows->table, rows->order_column, style, date, &read) != RWE_OK ||
        rwe_complaints_take_notes(rows->complaints, &read) != RWE_OK)
        return rwe_fail_memory(error);
    for (size_t i = 0; i < rows->n; i++)
        day[i] = date[i].kind == RWE_DATED_DAY ? date[i].day : (double)NAN;
    for (size_t c = 0; c < read.n; c++)
        if (read.item[c].is_of_column &&
            rwe_complaints_add(rows->complaints, &read.item[c]) != RWE_OK)
            return rwe_fail_memory(error);
    return rwe_complaints_doubt_column(&read)
               ? rwe_complaints_fail_of_column(rwe_table_file(rows->table), error)
               : RWE_OK;
}

/* As numbers where most of the column is, else as dates; what cannot be read is a complaint where it matters. */
static enum rwe_status read_order(struct rows *rows, const struct rwe_study_settings *study,
                                  struct rwe_error *error)
{
    const char *name = study->row_order;
    if (name == NULL)
        return RWE_OK;
    enum rwe_status status =
        rwe_cohort_column(rows->table, "--row-order", name, &rows->order_column, error);
    if (status != RWE_OK)
        return status;
    struct rwe_complaints ignored = {.arena = rows->scratch};
    double *order = RWE_NEW(rows->scratch, double, rows->n);
    if (order == NULL)
        return rwe_fail_memory(error);
    struct rwe_column_summary summary = rwe_table_summary(rows->table, rows->order_column);
    rows->order = order;
    if (summary.n_date + summary.n_other > summary.n_number)
        return read_days(rows, rwe_study_date_style(study), order, error);
    status = rwe_table_numbers(rows->table, rows->order_column, order, &ignored);
    return status == RWE_OK ? RWE_OK : rwe_fail_memory(error);
}

static enum rwe_status complain(struct rows *rows, size_t row, const char *reason,
                                const char *advice)
{
    struct rwe_complaint complaint = {
        .file = rwe_table_file(rows->table),
        .line = rwe_table_line(rows->table, row),
        .row = RWE_NO_INDEX, /* it stops the run: no row is left out for it */
        .column = rwe_table_name(rows->table, rows->order_column),
        .value = rwe_table_cell(rows->table, row, rows->order_column),
        .reason = reason,
        .advice = advice,
    };
    return rwe_complaints_add(rows->complaints, &complaint);
}

/* Whether row i goes before what its subject has so far. */
static bool is_better(const struct rows *rows, size_t i, size_t so_far, bool last)
{
    if (rows->order == NULL)
        return last;
    return last ? rows->order[i] > rows->order[so_far] : rows->order[i] < rows->order[so_far];
}

/* Of each subject the row that counts; complaints of rows that have no order. */
static enum rwe_status find_best(struct rows *rows, bool last, size_t best[])
{
    for (size_t s = 0; s < rows->n_subjects; s++)
        best[s] = RWE_NO_INDEX;
    for (size_t i = 0; i < rows->n; i++) {
        int32_t s = rows->subject[i];
        if (s < 0)
            continue;
        bool has_order = rows->order == NULL || !isnan(rows->order[i]) || rows->count[s] == 1;
        if (!has_order && complain(rows, i, N_("no place in the order of the subject's rows"),
                                   N_("give it a number or a date")) != RWE_OK)
            return RWE_NO_MEMORY;
        if (has_order && (best[s] == RWE_NO_INDEX || is_better(rows, i, best[s], last)))
            best[s] = i;
    }
    return RWE_OK;
}

/* Two rows at the place that counts: which of them is meant nobody can tell. */
static enum rwe_status find_ties(struct rows *rows, const size_t best[])
{
    for (size_t i = 0; rows->order != NULL && i < rows->n; i++) {
        int32_t s = rows->subject[i];
        if (s < 0 || best[s] == RWE_NO_INDEX || best[s] == i ||
            rows->order[i] != rows->order[best[s]])
            continue;
        if (complain(rows, best[s], N_("the place of two rows of one subject"),
                     N_("take the row out that does not count")) != RWE_OK ||
            complain(rows, i, N_("the place of two rows of one subject"),
                     N_("take the row out that does not count")) != RWE_OK)
            return RWE_NO_MEMORY;
    }
    return RWE_OK;
}

static enum rwe_status keep(struct rows *rows, bool last, bool kept[])
{
    size_t *best = RWE_NEW(rows->scratch, size_t, rows->n_subjects);
    if (best == NULL || find_best(rows, last, best) != RWE_OK || find_ties(rows, best) != RWE_OK)
        return RWE_NO_MEMORY;
    for (size_t i = 0; i < rows->n; i++)
        kept[i] = rows->subject[i] < 0 || best[rows->subject[i]] == i;
    return RWE_OK;
}

static enum rwe_status choose(struct rows *rows, const struct rwe_study_settings *study,
                              bool kept[], struct rwe_error *error)
{
    size_t column;
    enum rwe_status status = rwe_cohort_column(rows->table, "--id", study->id, &column, error);
    if (status == RWE_OK && find_subjects(rows, column) != RWE_OK)
        status = rwe_fail_memory(error);
    if (status == RWE_OK)
        status = read_order(rows, study, error);
    size_t before = rows->complaints->n;
    if (status == RWE_OK && keep(rows, study->rows == RWE_ROWS_LAST, kept) != RWE_OK)
        status = rwe_fail_memory(error);
    if (status == RWE_OK && rows->complaints->n > before)
        status =
            rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                     "%s: which row of a subject is the first and which the last column \"%s\" "
                     "does not tell in %zu rows: correct it; --on-error drop does not choose "
                     "between them",
                     rwe_table_file(rows->table), study->row_order, rows->complaints->n - before);
    return status;
}

enum rwe_status rwe_rows_choose(const struct rwe_table *table,
                                const struct rwe_study_settings *study, struct rwe_arena *arena,
                                struct rwe_complaints *complaints, const bool **kept,
                                size_t *n_left, struct rwe_error *error)
{
    struct rows rows = {.table = table,
                        .scratch = rwe_arena_new(),
                        .n = rwe_table_rows(table),
                        .order_column = RWE_NO_INDEX,
                        .complaints = complaints};
    bool *chosen = RWE_NEW(arena, bool, rows.n);
    *kept = chosen;
    *n_left = 0;
    if (study->id == NULL) {
        rwe_arena_free(rows.scratch);
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--rows is about several rows of one subject: say --id COL, by which they "
                        "are told apart");
    }
    enum rwe_status status = rows.scratch == NULL || chosen == NULL
                                 ? rwe_fail_memory(error)
                                 : choose(&rows, study, chosen, error);
    for (size_t i = 0; i < rows.n && status == RWE_OK; i++)
        *n_left += !chosen[i];
    rwe_arena_free(rows.scratch);
    return status;
}

/* ---- no identifier ---- */

/* Headers of identifiers, letters and digits alone, in lower case. */
static const char *const headers[] = {
    "id",          "pid",       "patid",       "ptid",          "patient",
    "patientid",   "patientno", "patientnum",  "subject",       "subjid",
    "subjectid",   "subjectno", "usubjid",     "caseid",        "caseno",
    "recordid",    "studyid",   "participant", "participantid", "patientcode",
    "subjectcode", "personid",  "编号",        "病人编号",      "患者编号",
    "受试者编号",  "病例编号",  "研究编号",    "病例号",        "病人号",
    "患者号",      "患者id",    "病人id",      "受试者",        "患者",
    "病人",        "住院号",    "门诊号",      "病案号",        "病历号",
    "登记号",      "筛选号",    "入组号",      "随机号",
};

bool rwe_names_identifier(const char *name)
{
    char word[64];
    size_t n = 0;
    for (; *name != '\0' && n + 1 < sizeof word; name++)
        if ((unsigned char)*name >= 0x80 || isalnum((unsigned char)*name))
            word[n++] = (char)tolower((unsigned char)*name);
    word[n] = '\0';
    for (size_t h = 0; *name == '\0' && h < sizeof headers / sizeof headers[0]; h++)
        if (strcmp(word, headers[h]) == 0)
            return true;
    return false;
}

static enum rwe_status check_column(const struct rwe_table *table, size_t column,
                                    struct rwe_arena *scratch, struct rwe_error *error)
{
    struct rows rows = {.table = table, .scratch = scratch, .n = rwe_table_rows(table)};
    size_t named = 0;
    if (find_subjects(&rows, column) != RWE_OK)
        return rwe_fail_memory(error);
    for (size_t s = 0; s < rows.n_subjects; s++)
        named += rows.count[s];
    if (named == rows.n_subjects)
        return RWE_OK;
    const char *name = rwe_table_name(table, column);
    const char *typed = rwe_text_shell_word(scratch, name);
    if (typed == NULL)
        return rwe_fail_memory(error);
    return rwe_fail(
        error, RWE_BAD_INPUT, RWE_NO_INDEX,
        "%s: column \"%s\" looks like the identifier and has %zu values in %zu rows: a "
        "subject with several rows would count several times. Say --id %s, and what the "
        "rows are: visits, of which one counts (--rows first or --rows last, with "
        "--row-order COL), or start-stop intervals (--rows intervals); or, where rows "
        "are subjects of one group, --cluster %s",
        rwe_table_file(table), name, rows.n_subjects, named, typed, typed);
}

enum rwe_status rwe_rows_check_unnamed(const struct rwe_table *table,
                                       const struct rwe_study_settings *study,
                                       struct rwe_error *error)
{
    enum rwe_status status = RWE_OK;
    for (size_t j = 0; j < rwe_table_columns(table) && status == RWE_OK; j++) {
        const char *name = rwe_table_name(table, j);
        if (!rwe_names_identifier(name) ||
            (study->cluster != NULL && strcmp(study->cluster, name) == 0))
            continue;
        struct rwe_arena *scratch = rwe_arena_new();
        status = scratch == NULL ? rwe_fail_memory(error) : check_column(table, j, scratch, error);
        rwe_arena_free(scratch);
    }
    return status;
}
