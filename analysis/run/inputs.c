/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/analysis/inputs.h"

#include "describe/validate.h"
#include "rwe/base/hash.h"
#include "rwe/data/levels.h"
#include "rwe/data/rows.h"
#include "rwe/data/study.h"
#include "rwe/data/table_parameters.h"
#include "rwe/data/table_stack.h"
#include "rwe/data/validate.h"
#include "safety/toxicity_settings.h"
#include <string.h>

/* ---- tables in memory ---- */

static struct rwe_given_table *find_given(const struct rwe_given *given, const char *name)
{
    for (size_t i = 0; i < given->n; i++)
        if (strcmp(given->table[i].name, name) == 0)
            return &given->table[i];
    return NULL;
}

static struct rwe_given_table *find_or_add(struct rwe_given *given, const char *name, size_t n_rows,
                                           struct rwe_arena *arena)
{
    struct rwe_given_table *table = find_given(given, name);
    if (table != NULL)
        return table;
    given->table = rwe_arena_grow(arena, given->table, &given->room, given->n + 1, sizeof *table);
    const char *copy = rwe_arena_string(arena, name);
    if (rwe_arena_failed(arena))
        return NULL;
    table = &given->table[given->n++];
    *table = (struct rwe_given_table){.name = copy, .n_rows = n_rows};
    return table;
}

static const double *copy_numbers(const double from[], size_t n, struct rwe_arena *arena)
{
    double *copy = RWE_NEW(arena, double, n);
    if (copy != NULL && n > 0)
        memcpy(copy, from, n * sizeof *copy);
    return copy;
}

static const char *const *copy_texts(const char *const from[], size_t n, struct rwe_arena *arena)
{
    const char **copy = RWE_NEW(arena, const char *, n);
    for (size_t i = 0; copy != NULL && i < n; i++)
        copy[i] = from[i] == NULL ? NULL : rwe_arena_string(arena, from[i]);
    return copy;
}

enum rwe_status rwe_given_add(struct rwe_given *given, const char *name,
                              const struct rwe_column_values *column, size_t n_rows,
                              struct rwe_arena *arena, struct rwe_error *error)
{
    struct rwe_given_table *table = find_or_add(given, name, n_rows, arena);
    if (table == NULL)
        return rwe_fail_memory(error);
    if (n_rows != table->n_rows)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "%s: column \"%s\" has %zu rows, those before it have %zu", name,
                        column->info.name, n_rows, table->n_rows);
    table->column = rwe_arena_grow(arena, table->column, &table->room, table->n_columns + 1,
                                   sizeof *table->column);
    struct rwe_column_values copy = {
        .info.name = rwe_arena_string(arena, column->info.name),
        .number = column->number == NULL ? NULL : copy_numbers(column->number, n_rows, arena),
        .text = column->text == NULL ? NULL : copy_texts(column->text, n_rows, arena),
    };
    if (rwe_arena_failed(arena))
        return rwe_fail_memory(error);
    table->column[table->n_columns++] = copy;
    return RWE_OK;
}

/* ---- reading ---- */

/* A file, which of its sheets, and whether it is one of the patients. */
struct source {
    const char *path, *sheet;
    bool is_cohort;
};

/* The tokens of one column, "COL=CELL", or those of all. */
static struct rwe_strings pick(const struct rwe_run *run, struct rwe_strings tokens,
                               bool of_one_column)
{
    struct rwe_strings picked = {RWE_NEW(run->arena, const char *, tokens.n), 0};
    for (size_t i = 0; picked.item != NULL && i < tokens.n; i++)
        if ((strchr(tokens.item[i], '=') != NULL) == of_one_column)
            picked.item[picked.n++] = tokens.item[i];
    return picked;
}

static struct rwe_table_options table_options(const struct rwe_run *run, struct source source)
{
    const struct rwe_study_settings *study = rwe_study_of(run->settings);
    struct rwe_table_options options = rwe_table_options_default();
    options.sheet = source.sheet;
    options.progress = run->progress;
    options.encoding = study->encoding;
    options.delimiter = study->delimiter < 0 ? '\0' : ",;\t"[study->delimiter];
    options.decimal_comma = study->decimal == RWE_DECIMAL_COMMA;
    options.skip = source.is_cohort ? study->skip : 0;
    options.header = source.is_cohort ? study->header : 0;
    options.missing_in = pick(run, study->missing_tokens, true);
    struct rwe_strings everywhere = pick(run, study->missing_tokens, false);
    if (study->source.missing_tokens != RWE_NOT_GIVEN &&
        (everywhere.n > 0 || options.missing_in.n == 0))
        options.missing = everywhere;
    return options;
}

/* A table in memory of that name, or the file. */
static enum rwe_status read_table(const struct rwe_run *run, struct source source,
                                  struct rwe_complaints *complaints, struct rwe_table **table,
                                  struct rwe_error *error)
{
    const struct rwe_study_settings *study = rwe_study_of(run->settings);
    struct rwe_table_options options = table_options(run, source);
    const struct rwe_given_table *given = find_given(run->given, source.path);
    struct rwe_table_columns columns = {0};
    if (given != NULL && source.sheet != NULL)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "%s: has no sheet \"%s\": it is a table in memory", source.path,
                        source.sheet);
    if (given != NULL)
        columns =
            (struct rwe_table_columns){given->name, given->column, given->n_columns, given->n_rows};
    enum rwe_status status =
        given != NULL ? rwe_table_from_columns(&columns, &options, run->arena, table, error)
                      : rwe_table_read(source.path, &options, run->arena, table, complaints, error);
    return status == RWE_OK && !study->allow_identifiers ? rwe_privacy_check(*table, error)
                                                         : status;
}

static enum rwe_status note_input(struct rwe_run *run, const char *file, const char *sha256,
                                  size_t rows, struct rwe_error *error)
{
    if (run->n_inputs == RWE_MOST_INPUTS)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX, "more than %d input files",
                        RWE_MOST_INPUTS);
    run->input[run->n_inputs++] = (struct rwe_input){
        .file = rwe_arena_string(run->arena, file),
        .sha256 = rwe_arena_string(run->arena, sha256),
        .rows = rows,
    };
    return rwe_arena_failed(run->arena) ? rwe_fail_memory(error) : RWE_OK;
}

static enum rwe_status read_and_note(struct rwe_run *run, struct source source,
                                     struct rwe_table **table, struct rwe_error *error)
{
    enum rwe_status status = read_table(run, source, run->complaints, table, error);
    return status == RWE_OK ? note_input(run, source.path, rwe_table_sha256(*table),
                                         rwe_table_rows(*table), error)
                            : status;
}

enum rwe_status rwe_run_read_table(struct rwe_run *run, const char *path, const char *sheet,
                                   struct rwe_table **table, struct rwe_error *error)
{
    return read_and_note(run, (struct source){path, sheet, false}, table, error);
}

enum rwe_status rwe_run_note_study(struct rwe_run *run, const char *path, struct rwe_error *error)
{
    char sha256[RWE_SHA256_SIZE];
    if (path == NULL)
        return RWE_OK;
    enum rwe_status status = rwe_sha256_file(path, sha256, error);
    return status == RWE_OK ? note_input(run, path, sha256, 0, error) : status;
}

/* ---- validation ---- */

/* The adverse events, for the rules that look at them; what cannot be read there the analysis that
 * needs them will tell. */
static enum rwe_status read_events(struct rwe_run *run, struct rwe_table **events,
                                   struct rwe_error *error)
{
    const struct toxicity_settings *settings = toxicity_settings_of(run->settings);
    const char *path = settings->file;
    struct rwe_complaints ignored = {.arena = run->arena};
    bool is_wide = settings->wide.n > 0; /* without the columns of rules */
    if (path == NULL || strcmp(path, "-") == 0 || is_wide)
        return RWE_OK;
    return read_table(run, (struct source){path, settings->sheet, false}, &ignored, events, error);
}

/* Of what is said about the table the file and the line there, where it is a stack of files. */
static void place(const struct rwe_table *table, const char **file, size_t *line)
{
    if (strcmp(*file, rwe_table_file(table)) == 0)
        rwe_stack_place(table, file, line);
}

/* All rules where they are asked for, those of severity E where times are made from dates. A file of
 * ready times, with columns that only happen to have these names, is not judged. The sheet of queries is
 * written before the run can stop for what stands in it. */
static enum rwe_status validate(struct rwe_run *run, const struct rwe_table *table, bool all,
                                struct rwe_error *error)
{
    struct rwe_table *events = NULL;
    struct rwe_validation *validation = RWE_NEW(run->arena, struct rwe_validation, 1);
    const char *queries = validate_settings_of(run->settings)->queries;
    enum rwe_status status = validation == NULL ? rwe_fail_memory(error) : RWE_OK;
    if (status == RWE_OK && all)
        status = read_events(run, &events, error);
    struct rwe_validation_input input = {
        .patients = table,
        .events = events,
        .event_columns = toxicity_settings_of(run->settings)->columns,
        .study = rwe_study_of(run->settings),
        .errors_only = !all,
    };
    if (status == RWE_OK)
        status = rwe_validate(&input, run->arena, validation, error);
    rwe_table_close(events);
    if (status == RWE_OK &&
        rwe_validation_complain(validation, rwe_study_of(run->settings), run->complaints) != RWE_OK)
        status = rwe_fail_memory(error);
    for (size_t f = 0; status == RWE_OK && f < validation->n; f++)
        place(table, &validation->finding[f].file, &validation->finding[f].line);
    if (status == RWE_OK && queries != NULL)
        status = rwe_validation_write(validation, queries, error);
    run->validation = validation;
    return status;
}

/* Endpoints from dates, or a sheet of queries about them. */
static bool takes_dates(const struct rwe_settings *settings)
{
    return rwe_study_takes_dates(rwe_study_of(settings)) ||
           validate_settings_of(settings)->queries != NULL;
}

/* Only endpoints from dates and responses have a use for them. */
static enum rwe_status read_assessments(struct rwe_run *run, struct rwe_table **assessments,
                                        struct rwe_error *error)
{
    const char *path = rwe_study_of(run->settings)->assess;
    if (path == NULL)
        return RWE_OK;
    if (!takes_dates(run->settings) && !rwe_settings_has(run->settings, "response"))
        return rwe_fail(
            error, RWE_USAGE, RWE_NO_INDEX,
            "--assess is for endpoints from dates and for responses: say --derive or --response "
            "too");
    return rwe_run_read_table(run, path, rwe_study_of(run->settings)->assess_sheet, assessments,
                              error);
}

/* ---- options of dates that cannot act ---- */

/* What an option acts on. */
enum act { ON_ZERO, ON_CUTOFF, ON_FORMS };

static bool is_asked(const struct rwe_settings *settings, const char *analysis)
{
    return rwe_settings_source(settings, analysis) >= RWE_FROM_STUDY;
}

static bool can_act(const struct rwe_run *run, enum act act)
{
    const struct rwe_settings *settings = run->settings;
    const struct rwe_study_settings *study = rwe_study_of(settings);
    bool is_checked = is_asked(settings, "validate") || is_asked(settings, "queries"),
         is_read = is_checked || study->assess != NULL;
    switch (act) {
    case ON_ZERO:
        return is_read || rwe_study_takes_dates(study) || run->cohort->counts_from_zero;
    case ON_CUTOFF:
        return is_read || rwe_study_takes_dates(study) || run->cohort->has_dated_times ||
               is_asked(settings, "protocol") || is_asked(settings, "disposition");
    case ON_FORMS:
        break;
    }
    return is_read || run->cohort->reads_dates || study->row_order != NULL ||
           toxicity_settings_of(settings)->file != NULL;
}

/* What the command line says of dates acts, or is refused: with ready times it would change nothing, unseen. These
 * are the options of which the columns decide that; of others their rows say what they act with (idle.h). */
static enum rwe_status check_date_options(const struct rwe_run *run, struct rwe_error *error)
{
    static const struct {
        const char *name;
        enum act act;
    } options[] = {
        {"index-date", ON_ZERO},
        {"cutoff", ON_CUTOFF},
        {"date-system", ON_FORMS},
        {"date-order", ON_FORMS},
    };
    for (size_t o = 0; o < sizeof options / sizeof *options; o++) {
        const char *name = options[o].name;
        if (rwe_settings_source(run->settings, name) != RWE_FROM_COMMAND ||
            can_act(run, options[o].act))
            continue;
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--%s cannot act: no time is made from dates. Name columns of dates, with "
                        "--derive or as TIME of --endpoint NAME=TIME,EVENT, or leave it out",
                        name);
    }
    return RWE_OK;
}

/* ---- the cohort ---- */

/* Complaints from the first on are of rows that stand elsewhere now: `row` says where, by row; or where the last of
 * a stack begins. */
static void renumber(struct rwe_complaints *complaints, size_t first, const size_t row[], size_t n,
                     size_t rows_before)
{
    for (size_t c = first; c < complaints->n; c++) {
        size_t *at = &complaints->item[c].row;
        if (row != NULL && *at < n)
            *at = row[*at];
        if (*at != RWE_NO_INDEX)
            *at += rows_before;
    }
}

static struct source patients(const struct rwe_run *run, const char *path)
{
    return (struct source){path, rwe_study_of(run->settings)->sheet, true};
}

/* Leaves the marked rows; the table that they were in is closed. */
static enum rwe_status keep_rows(struct rwe_run *run, const bool kept[], size_t first_complaint,
                                 struct rwe_table **table, struct rwe_error *error)
{
    struct rwe_table *all = *table;
    struct rwe_table_options options = table_options(run, patients(run, NULL));
    size_t n = rwe_table_rows(all), n_kept = 0;
    size_t *row = RWE_NEW(run->arena, size_t, n);
    if (row == NULL)
        return rwe_fail_memory(error);
    for (size_t i = 0; i < n; i++)
        row[i] = kept[i] ? n_kept++ : RWE_NO_INDEX;
    renumber(run->complaints, first_complaint, row, n, 0);
    enum rwe_status status = rwe_table_keep_rows(all, kept, &options, run->arena, table, error);
    rwe_table_close(all);
    return status;
}

/* Leaves one row of each subject, where --rows says which. */
static enum rwe_status settle_rows(struct rwe_run *run, size_t first_complaint,
                                   struct rwe_table **table, struct rwe_error *error)
{
    const struct rwe_study_settings *study = rwe_study_of(run->settings);
    const bool *kept;
    size_t n_left;
    if (study->rows == RWE_ROWS_NOT_SAID)
        return RWE_OK;
    if (study->rows == RWE_ROWS_INTERVALS)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--rows intervals is not part of version %s: --rows first takes the first "
                        "interval of each subject, its baseline, --rows last the last",
                        RWE_VERSION);
    enum rwe_status status =
        rwe_rows_choose(*table, study, run->arena, run->complaints, &kept, &n_left, error);
    if (status == RWE_OK)
        run->n_rows_left += n_left;
    return status != RWE_OK || n_left == 0 ? status
                                           : keep_rows(run, kept, first_complaint, table, error);
}

/* ---- one row a patient and endpoint ---- */

/* In place of a table the one that was made of it. */
static void take_place(struct rwe_table **table, struct rwe_table *made)
{
    rwe_table_close(*table);
    *table = made;
}

/* A cohort with several parameters a patient becomes one with a row a patient, unless --rows says what its rows are. */
static enum rwe_status settle_parameters(struct rwe_run *run, struct rwe_table **table,
                                         struct rwe_error *error)
{
    const struct rwe_study_settings *study = rwe_study_of(run->settings);
    struct rwe_table_options options = table_options(run, patients(run, NULL));
    struct rwe_table *wide;
    bool repeat;
    if (study->rows != RWE_ROWS_NOT_SAID || !rwe_table_has_parameters(*table))
        return RWE_OK;
    size_t id = rwe_parameters_id(*table, study->id);
    if (id == RWE_NO_INDEX)
        return RWE_OK;
    if (rwe_parameters_repeat(*table, id, &repeat) != RWE_OK)
        return rwe_fail_memory(error);
    if (!repeat)
        return RWE_OK;
    enum rwe_status status =
        rwe_table_widen(*table, id, &options, run->arena, &wide, run->complaints, error);
    if (status == RWE_OK)
        take_place(table, wide);
    return status;
}

static enum rwe_status join(struct rwe_run *run, const struct rwe_joined *joined,
                            struct rwe_table **patients_table, struct rwe_error *error)
{
    struct rwe_table_options options = table_options(run, patients(run, NULL));
    struct rwe_table *both;
    enum rwe_status status =
        rwe_table_join(joined, &options, run->arena, &both, run->complaints, error);
    if (status == RWE_OK)
        take_place(patients_table, both);
    return status;
}

/* --adtte: its endpoints become columns of the patients. */
static enum rwe_status add_endpoints(struct rwe_run *run, struct rwe_table **table,
                                     struct rwe_error *error)
{
    const struct rwe_study_settings *study = rwe_study_of(run->settings);
    struct rwe_table_options options =
        table_options(run, (struct source){study->adtte, NULL, false});
    struct rwe_table *adtte = NULL, *wide = NULL;
    struct rwe_joined joined = {.table = *table};
    if (study->adtte == NULL)
        return RWE_OK;
    joined.id = rwe_parameters_id(*table, study->id);
    enum rwe_status status = rwe_run_read_table(run, study->adtte, NULL, &adtte, error);
    if (status == RWE_OK && !rwe_table_has_parameters(adtte))
        status = rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                          "--adtte %s: has no columns PARAMCD and AVAL: it is no file of times to "
                          "events",
                          study->adtte);
    size_t id = status == RWE_OK ? rwe_parameters_id(adtte, study->id) : RWE_NO_INDEX;
    if (status == RWE_OK && (joined.id == RWE_NO_INDEX || id == RWE_NO_INDEX))
        status = rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                          "--adtte %s: by which column are patients told apart? Say --id COL",
                          study->adtte);
    if (status == RWE_OK)
        status = rwe_table_widen(adtte, id, &options, run->arena, &wide, run->complaints, error);
    joined.other = wide;
    if (status == RWE_OK) {
        joined.other_id = rwe_table_find(wide, rwe_table_name(adtte, id));
        status = join(run, &joined, table, error);
    }
    rwe_table_close(wide);
    rwe_table_close(adtte);
    return status;
}

/* One file, whose rows come behind `rows_before` others. */
static enum rwe_status read_file(struct rwe_run *run, const char *path, size_t rows_before,
                                 struct rwe_table **table, struct rwe_error *error)
{
    size_t first_complaint = run->complaints->n;
    enum rwe_status status = read_and_note(run, patients(run, path), table, error);
    if (status == RWE_OK)
        status = settle_parameters(run, table, error);
    if (status == RWE_OK)
        status = settle_rows(run, first_complaint, table, error);
    renumber(run->complaints, first_complaint, NULL, 0, rows_before);
    return status;
}

static enum rwe_status stack(struct rwe_run *run, const struct rwe_stacked part[], size_t n,
                             struct rwe_table **table, struct rwe_error *error)
{
    struct rwe_table_options options = table_options(run, patients(run, NULL));
    enum rwe_status status = rwe_table_stack(part, n, &options, run->arena, table, error);
    if (status != RWE_OK)
        return status;
    const char *differences = rwe_stack_differences(part, n, run->arena);
    if (differences == NULL)
        return rwe_fail_memory(error);
    if (*differences != '\0')
        rwe_document_warning(run->document, "columns-differ", "cohort",
                             "The files of the cohort have not the same columns: %s. Where a file "
                             "has none, its values are missing.",
                             differences);
    return RWE_OK;
}

static enum rwe_status read_files(struct rwe_run *run, struct rwe_table **table,
                                  struct rwe_error *error)
{
    const struct rwe_cohort_files files = run->files;
    struct rwe_stacked *part = RWE_NEW(run->arena, struct rwe_stacked, files.n);
    struct rwe_table **of_part = RWE_NEW(run->arena, struct rwe_table *, files.n);
    enum rwe_status status = rwe_arena_failed(run->arena) ? rwe_fail_memory(error) : RWE_OK;
    size_t n = 0, rows = 0;
    if (status == RWE_OK && files.item[0].level == NULL)
        return read_file(run, files.item[0].path, 0, table, error);
    for (; status == RWE_OK && n < files.n; n++) {
        status = read_file(run, files.item[n].path, rows, &of_part[n], error);
        part[n] = (struct rwe_stacked){of_part[n], files.item[n].level};
        rows += status == RWE_OK ? rwe_table_rows(of_part[n]) : 0;
    }
    if (status == RWE_OK)
        status = stack(run, part, n, table, error);
    for (size_t i = 0; i < n; i++)
        rwe_table_close(of_part[i]);
    return status;
}

enum rwe_status rwe_run_read_patients(const struct rwe_run *run, struct rwe_table **table,
                                      struct rwe_error *error)
{
    struct rwe_complaints told = {.arena = run->arena};
    for (size_t f = 0; f < run->files.n; f++)
        if (strcmp(run->files.item[f].path, "-") == 0)
            return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                            "standard input is read once: --ae-wide needs the cohort as a file, or "
                            "--ae FILE");
    struct rwe_run again = *run; /* what was told and noted the first time is not told twice */
    again.complaints = &told;
    again.document = NULL;
    again.n_inputs = 0;
    return read_files(&again, table, error);
}

void rwe_run_place_complaints(const struct rwe_run *run, const struct rwe_table *table)
{
    for (size_t c = 0; table != NULL && c < run->complaints->n; c++)
        place(table, &run->complaints->item[c].file, &run->complaints->item[c].line);
}

enum rwe_status rwe_run_read_cohort_table(struct rwe_run *run, struct rwe_table **table,
                                          struct rwe_error *error)
{
    enum rwe_status status = read_files(run, table, error);
    return status == RWE_OK ? add_endpoints(run, table, error) : status;
}

enum rwe_status rwe_run_read_cohort(struct rwe_run *run, struct rwe_settings *settings,
                                    bool all_rules, struct rwe_error *error)
{
    struct rwe_table *table = NULL, *assessments = NULL;
    const struct rwe_study_settings *study = rwe_study_of(run->settings);
    enum rwe_status status = rwe_run_read_cohort_table(run, &table, error);
    if (status == RWE_OK && study->id == NULL)
        status = rwe_rows_check_unnamed(table, study, error);
    if (status == RWE_OK)
        status = rwe_endpoints_look_up(settings, table, error);
    bool dated = takes_dates(run->settings) || rwe_study_of(run->settings)->assess != NULL;
    if (status == RWE_OK && (all_rules || dated))
        status = validate(run, table, all_rules, error);
    if (status == RWE_OK)
        status = read_assessments(run, &assessments, error);
    if (status == RWE_OK)
        status = rwe_cohort_build(&(struct rwe_cohort_tables){table, assessments}, study,
                                  run->arena, run->complaints, &run->cohort, error);
    if (status == RWE_OK)
        status = check_date_options(run, error);
    rwe_table_close(assessments);
    rwe_table_close(table);
    rwe_run_place_complaints(run, table);
    return status;
}
