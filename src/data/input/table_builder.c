/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/data/table_builder.h"

#include "encoding_private.h"
#include "intern_private.h"
#include "rwe/base/language.h"
#include "table_private.h"

#include <assert.h>
#include <endian.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define MOST_COLUMNS ((size_t)100000)
#define MOST_ROWS ((size_t)UINT32_MAX - 1)

static void fail_memory(struct rwe_table_builder *builder)
{
    builder->status = rwe_fail_memory(&builder->error);
}

/* ---- beginning ---- */

static bool copy_missing(struct rwe_table *table, struct rwe_strings tokens)
{
    const char **missing = RWE_NEW(table->arena, const char *, tokens.n);
    table->missing_length = RWE_NEW(table->arena, size_t, tokens.n);
    table->missing_number = RWE_NEW(table->arena, double, tokens.n);
    table->missing = (struct rwe_strings){missing, tokens.n};
    for (size_t i = 0; i < tokens.n && !rwe_arena_failed(table->arena); i++) {
        double number;
        missing[i] = rwe_arena_string(table->arena, tokens.item[i]);
        if (missing[i] == NULL)
            return false;
        table->missing_length[i] = strlen(missing[i]);
        table->starts_missing[(unsigned char)missing[i][0]] = true;
        if (rwe_number_parse(missing[i], table->missing_length[i], &number) && isfinite(number))
            table->missing_number[table->n_missing_numbers++] = number;
    }
    return !rwe_arena_failed(table->arena);
}

struct rwe_table_builder *rwe_table_builder_new(const char *file,
                                                const struct rwe_table_options *options,
                                                struct rwe_arena *arena)
{
    struct rwe_table_builder *builder = RWE_NEW(arena, struct rwe_table_builder, 1);
    struct rwe_table *table = RWE_NEW(arena, struct rwe_table, 1);
    const char *name = rwe_arena_string(arena, file);
    if (rwe_arena_failed(arena))
        return NULL;
    *table = (struct rwe_table){
        .arena = arena, .file = name, .source = "", .decimal_comma = options->decimal_comma};
    builder->table = table;
    builder->name = name;
    builder->missing_in = options->missing_in;
    return copy_missing(table, options->missing) ? builder : NULL;
}

void rwe_table_builder_source(struct rwe_table_builder *builder, const char *format, ...)
{
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    builder->table->source = rwe_arena_string(builder->table->arena, text);
    if (builder->table->source == NULL)
        fail_memory(builder);
}

enum rwe_status rwe_table_builder_status(const struct rwe_table_builder *builder)
{
    return builder->status;
}

/* ---- columns ---- */

static const char *copy(struct rwe_arena *arena, const char *text)
{
    return text == NULL ? NULL : rwe_arena_string(arena, text);
}

static int compare_numbers(const void *a, const void *b)
{
    double left = ((const struct rwe_value_label *)a)->number;
    double right = ((const struct rwe_value_label *)b)->number;
    return (left > right) - (left < right);
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(((const struct rwe_value_label *)a)->text,
                  ((const struct rwe_value_label *)b)->text);
}

/* Sorted, so that column.c finds the label of a value quickly. */
static const struct rwe_value_label *copy_labels(struct rwe_arena *arena,
                                                 const struct rwe_column_info *info)
{
    size_t n = info->n_value_labels;
    bool of_text = info->kind == RWE_KIND_TEXT;
    struct rwe_value_label *label = RWE_NEW(arena, struct rwe_value_label, n);
    for (size_t i = 0; label != NULL && i < n; i++)
        label[i] = (struct rwe_value_label){info->value_label[i].number,
                                            copy(arena, info->value_label[i].text),
                                            copy(arena, info->value_label[i].label)};
    if (!rwe_arena_failed(arena))
        qsort(label, n, sizeof *label, of_text ? compare_texts : compare_numbers);
    return label;
}

static struct rwe_column_info *copy_info(struct rwe_arena *arena,
                                         const struct rwe_column_info *info)
{
    struct rwe_column_info *fresh = RWE_NEW(arena, struct rwe_column_info, 1);
    const char **text = RWE_NEW(arena, const char *, info->missing_text.n);
    struct rwe_number_range *range =
        RWE_NEW(arena, struct rwe_number_range, info->n_missing_ranges);
    if (rwe_arena_failed(arena))
        return NULL;
    *fresh = *info;
    fresh->name = copy(arena, info->name == NULL ? "" : info->name);
    fresh->label = copy(arena, info->label);
    fresh->format = copy(arena, info->format);
    fresh->value_label = copy_labels(arena, info);
    for (size_t i = 0; i < info->missing_text.n; i++)
        text[i] = copy(arena, info->missing_text.item[i]);
    for (size_t i = 0; i < info->n_missing_ranges; i++)
        range[i] = info->missing_range[i];
    fresh->missing_text.item = text;
    fresh->missing_range = range;
    return fresh;
}

/* A name that a sheet breaks into lines, as its column is narrow, is in one line: "OS (months)". */
static const char *in_one_line(struct rwe_arena *arena, const char *name)
{
    if (name == NULL || strpbrk(name, "\r\n") == NULL)
        return name;
    char *line = rwe_arena_string(arena, name);
    size_t n = 0;
    for (size_t i = 0; line != NULL && line[i] != '\0'; i++) {
        bool is_end = line[i] == '\r' || line[i] == '\n';
        if (!is_end)
            line[n++] = line[i];
        else if (n > 0 && line[n - 1] != ' ')
            line[n++] = ' ';
    }
    if (line != NULL)
        line[n] = '\0';
    return line;
}

size_t rwe_table_builder_column(struct rwe_table_builder *builder,
                                const struct rwe_column_info *info)
{
    struct rwe_table *table = builder->table;
    size_t at = table->n_columns;
    if (builder->status != RWE_OK)
        return at;
    if (at == MOST_COLUMNS) {
        builder->status = rwe_fail(&builder->error, RWE_BAD_INPUT, RWE_NO_INDEX,
                                   "%s: has more than %zu columns, which no table of patients has",
                                   builder->name, MOST_COLUMNS);
        return at;
    }
    struct rwe_column *column = rwe_arena_grow(table->arena, table->column,
                                               &builder->column_capacity, at + 1, sizeof *column);
    if (column == NULL) {
        fail_memory(builder);
        return at;
    }
    table->column = column;
    column[at] = (struct rwe_column){.info = copy_info(table->arena, info)};
    if (builder->is_sheet && column[at].info != NULL)
        column[at].info->name = in_one_line(table->arena, column[at].info->name);
    if (rwe_arena_failed(table->arena))
        fail_memory(builder);
    else
        table->n_columns++;
    return at;
}

enum rwe_status rwe_table_builder_check_names(struct rwe_table_builder *builder, size_t line)
{
    const struct rwe_table *table = builder->table;
    struct rwe_intern seen = {.arena = rwe_arena_new()};
    size_t *first =
        seen.arena == NULL ? NULL : RWE_NEW(seen.arena, size_t, table->n_columns); /* by name */
    const char *where = builder->name;
    if (line > 0)
        where = rwe_arena_format(table->arena, "%s:%zu", builder->name, line);
    if (where == NULL)
        fail_memory(builder);
    for (size_t i = 0; i < table->n_columns && builder->status == RWE_OK; i++) {
        const char *name = table->column[i].info->name;
        if (name[0] == '\0' && builder->complaints == NULL)
            builder->status = rwe_fail(&builder->error, RWE_BAD_INPUT, RWE_NO_INDEX,
                                       "%s: column %zu of %zu has no name: name it", where, i + 1,
                                       table->n_columns);
        if (name[0] == '\0')
            continue; /* table_tidy.c */
        size_t known = seen.n;
        uint32_t number = seen.arena == NULL || first == NULL
                              ? RWE_INTERN_FAILED
                              : rwe_intern_number(&seen, name, strlen(name));
        if (number == RWE_INTERN_FAILED)
            fail_memory(builder);
        else if (number < known)
            builder->status =
                rwe_fail(&builder->error, RWE_BAD_INPUT, RWE_NO_INDEX,
                         "%s: columns %zu and %zu are both named \"%s\": rename one of them", where,
                         first[number] + 1, i + 1, name);
        else
            first[number] = i;
    }
    rwe_arena_free(seen.arena);
    builder->names_are_checked = true;
    return builder->status;
}

/* ---- cells ---- */

/* Length of the blank at `s` if one is there. */
static size_t blank(const char *s, size_t n)
{
    if (n >= 1 && (unsigned char)s[0] <= ' ')
        return 1;
    if (n >= 2 && memcmp(s, "\xc2\xa0", 2) == 0)
        return 2;
    if (n >= 3 && (memcmp(s, "\xe3\x80\x80", 3) == 0 || memcmp(s, "\xef\xbb\xbf", 3) == 0 ||
                   memcmp(s, "\xe2\x80\x8b", 3) == 0))
        return 3;
    return 0;
}

void rwe_trim(const char **text, size_t *length)
{
    size_t size;
    while ((size = blank(*text, *length)) > 0) {
        *text += size;
        *length -= size;
    }
    while (*length > 0) {
        const char *end = *text + *length;
        size = blank(end - 1, 1);
        for (size_t n = 2; size == 0 && n <= 3 && n <= *length; n++)
            size = blank(end - n, n) == n ? n : 0;
        if (size == 0)
            return;
        *length -= size;
    }
}

static bool add_number(struct rwe_column *column, double number)
{
    if ((size_t)(column->end - column->at) < sizeof number &&
        !rwe_column_make_room(column, sizeof number))
        return false;
    memcpy(column->at, &number, sizeof number);
    column->at += sizeof number;
    column->n++;
    return true;
}

/* The cells so far as they read. */
static bool become_text(struct rwe_table *table, struct rwe_column *column)
{
    struct rwe_column was = *column;
    struct rwe_column fresh = {.info = column->info};
    bool done = true;
    rwe_column_close(&was);
    struct rwe_cells cells = {.table = table,
                              .block = was.first,
                              .at = was.first == NULL ? NULL : was.first->text,
                              .kind = was.info->kind};
    for (size_t i = 0; i < was.n && done; i++) {
        size_t length;
        const char *text = rwe_cells_next(&cells, &length);
        done = rwe_column_add(&fresh, text, length);
    }
    rwe_column_free(done ? &was : &fresh);
    if (done) {
        *column = fresh;
        column->info->kind = RWE_KIND_TEXT;
        column->info->n_value_labels = 0; /* those are of numbers */
    }
    return done;
}

static bool is_missing_text(const struct rwe_column_info *info, const char *text, size_t length)
{
    for (size_t i = 0; i < info->missing_text.n; i++)
        if (strlen(info->missing_text.item[i]) == length &&
            memcmp(info->missing_text.item[i], text, length) == 0)
            return true;
    return length == 0;
}

static bool is_missing_number(const struct rwe_column_info *info, double number)
{
    for (size_t i = 0; i < info->n_missing_ranges; i++)
        if (number >= info->missing_range[i].low && number <= info->missing_range[i].high)
            return true;
    return !isfinite(number);
}

void rwe_table_builder_missing(struct rwe_table_builder *builder, size_t at)
{
    struct rwe_column *column = &builder->table->column[at];
    if (builder->status != RWE_OK)
        return;
    if (!(column->info->kind == RWE_KIND_TEXT ? rwe_column_add(column, "", 0)
                                              : add_number(column, NAN)))
        fail_memory(builder);
}

void rwe_table_builder_text(struct rwe_table_builder *builder, size_t at, const char *text,
                            size_t length)
{
    struct rwe_column *column = &builder->table->column[at];
    char room[RWE_NUMBER_SIZE];
    if (builder->status != RWE_OK)
        return;
    if (length > 0 && (rwe_is_edge(text[0]) || rwe_is_edge(text[length - 1]))) {
        rwe_trim(&text, &length);
        builder->n_narrowed += rwe_narrow(&text, &length, room);
    }
    if (is_missing_text(column->info, text, length)) {
        rwe_table_builder_missing(builder, at);
        return;
    }
    bool added = column->info->kind == RWE_KIND_TEXT || become_text(builder->table, column);
    if (!added || !rwe_column_add(column, text, length))
        fail_memory(builder);
}

/* A number or a date. */
static void put_value(struct rwe_table_builder *builder, size_t at, enum rwe_column_kind kind,
                      double value)
{
    struct rwe_column *column = &builder->table->column[at];
    if (builder->status != RWE_OK)
        return;
    if (is_missing_number(column->info, value)) {
        rwe_table_builder_missing(builder, at);
        return;
    }
    if (column->info->kind == RWE_KIND_ANY)
        column->info->kind = kind;
    if (column->info->kind == kind) {
        if (!add_number(column, value))
            fail_memory(builder);
        return;
    }
    char text[RWE_NUMBER_SIZE];
    rwe_cell_write(kind, value, text);
    rwe_table_builder_text(builder, at, text, strlen(text));
}

void rwe_table_builder_number(struct rwe_table_builder *builder, size_t column, double number)
{
    put_value(builder, column, RWE_KIND_NUMBER, number);
}

void rwe_table_builder_date(struct rwe_table_builder *builder, size_t column, double days)
{
    put_value(builder, column, RWE_KIND_DATE, days);
}

/* ---- rows ---- */

/* Notes that the next row begins on `line`. */
static void note_line(struct rwe_table_builder *builder, size_t line)
{
    struct rwe_table *table = builder->table;
    if (table->n_runs > 0) {
        const struct rwe_line_run *last = &table->run[table->n_runs - 1];
        if (line - last->line == table->n_rows - last->row)
            return;
    }
    struct rwe_line_run *run = rwe_arena_grow(table->arena, table->run, &table->run_capacity,
                                              table->n_runs + 1, sizeof *run);
    if (run == NULL) {
        fail_memory(builder);
        return;
    }
    run[table->n_runs++] = (struct rwe_line_run){(uint32_t)table->n_rows, line};
    table->run = run;
}

/* Columns with fewer cells than rows get missing ones. */
static void fill_up(struct rwe_table_builder *builder)
{
    const struct rwe_table *table = builder->table;
    for (size_t j = 0; j < table->n_columns; j++) {
        while (builder->status == RWE_OK && table->column[j].n < table->n_rows)
            rwe_table_builder_missing(builder, j);
        assert(builder->status != RWE_OK || table->column[j].n == table->n_rows);
    }
}

void rwe_table_builder_end_full_row(struct rwe_table_builder *builder, size_t line)
{
    struct rwe_table *table = builder->table;
    if (builder->status != RWE_OK)
        return;
    if (table->n_rows >= MOST_ROWS) {
        builder->status =
            rwe_fail(&builder->error, RWE_BAD_INPUT, RWE_NO_INDEX,
                     "%s:%zu: more than %zu rows: split the file", builder->name, line, MOST_ROWS);
        return;
    }
    note_line(builder, line);
    table->n_rows++;
}

void rwe_table_builder_end_row(struct rwe_table_builder *builder, size_t line)
{
    rwe_table_builder_end_full_row(builder, line);
    fill_up(builder);
}

void rwe_table_builder_end_rows(struct rwe_table_builder *builder, size_t n)
{
    struct rwe_table *table = builder->table;
    if (builder->status != RWE_OK || n == 0)
        return;
    if (n > MOST_ROWS - table->n_rows) {
        builder->status =
            rwe_fail(&builder->error, RWE_BAD_INPUT, RWE_NO_INDEX,
                     "%s: more than %zu rows: split the table", builder->name, MOST_ROWS);
        return;
    }
    note_line(builder, table->n_rows + 1);
    table->n_rows += n;
    fill_up(builder);
}

/* ---- the end ---- */

void rwe_table_builder_discard(struct rwe_table_builder *builder)
{
    rwe_table_close(builder->table);
}

enum rwe_status rwe_table_builder_finish(struct rwe_table_builder *builder,
                                         struct rwe_table **result, struct rwe_error *error)
{
    struct rwe_table *table = builder->table;
    *result = NULL;
    if (!builder->names_are_checked)
        rwe_table_builder_check_names(builder, 0);
    for (size_t j = 0; j < table->n_columns; j++)
        rwe_column_close(&table->column[j]);
    rwe_table_builder_tidy(builder);
    if (builder->status == RWE_OK && table->n_columns == 0)
        builder->status = rwe_fail(&builder->error, RWE_BAD_INPUT, RWE_NO_INDEX,
                                   "%s: holds no column", builder->name);
    if (builder->status == RWE_OK && table->n_rows == 0)
        builder->status =
            rwe_fail(&builder->error, RWE_BAD_INPUT, RWE_NO_INDEX,
                     "%s: holds no row: there must be one for each patient", builder->name);
    if (builder->status != RWE_OK) {
        rwe_table_builder_discard(builder);
        if (error != NULL)
            *error = builder->error;
        return builder->status;
    }
    for (size_t j = 0; j < table->n_columns; j++) {
        struct rwe_column *column = &table->column[j];
        rwe_column_close(column); /* again, since rows may be gone from its end */
        if (column->info->kind == RWE_KIND_ANY)
            column->info->kind = RWE_KIND_NUMBER; /* without a value */
    }
    *result = table;
    return RWE_OK;
}

/* ---- columns in memory ---- */

static void hash_column(struct rwe_sha256 *hash, const struct rwe_column_values *column, size_t n)
{
    const char *name = column->info.name == NULL ? "" : column->info.name;
    rwe_sha256_add(hash, name, strlen(name) + 1);
    for (size_t i = 0; column->text == NULL && i < n; i++) {
        double number = isnan(column->number[i]) ? (double)NAN : column->number[i];
        uint64_t bits;
        memcpy(&bits, &number, sizeof bits);
        bits = htole64(bits);
        rwe_sha256_add(hash, &bits, sizeof bits);
    }
    for (size_t i = 0; column->text != NULL && i < n; i++) {
        const char *text = column->text[i] == NULL ? "\xff" : column->text[i]; /* no text is that */
        rwe_sha256_add(hash, text, strlen(text) + 1);
    }
}

static void add_text(struct rwe_table_builder *builder, size_t column, const char *text, size_t row)
{
    const struct rwe_table *table = builder->table;
    size_t length = strlen(text);
    bool cut;
    if (rwe_utf8_prefix((const unsigned char *)text, length, &cut) < length)
        builder->status = rwe_fail(&builder->error, RWE_BAD_INPUT, RWE_NO_INDEX,
                                   "%s: column \"%s\", row %zu: the text is not UTF-8",
                                   builder->name, table->column[column].info->name, row + 1);
    rwe_table_builder_text(builder, column, text, length);
}

static void add_values(struct rwe_table_builder *builder, const struct rwe_column_values *values,
                       size_t n)
{
    struct rwe_column_info info = values->info;
    if (values->text != NULL)
        info.kind = RWE_KIND_TEXT;
    else if (info.kind != RWE_KIND_DATE)
        info.kind = RWE_KIND_NUMBER;
    size_t column = rwe_table_builder_column(builder, &info);
    for (size_t i = 0; i < n && builder->status == RWE_OK; i++)
        if (values->text == NULL)
            put_value(builder, column, info.kind, values->number[i]);
        else if (values->text[i] == NULL)
            rwe_table_builder_missing(builder, column);
        else
            add_text(builder, column, values->text[i], i);
}

enum rwe_status rwe_table_from_columns(const struct rwe_table_columns *columns,
                                       const struct rwe_table_options *options,
                                       struct rwe_arena *arena, struct rwe_table **table,
                                       struct rwe_error *error)
{
    const struct rwe_table_options defaults = rwe_table_options_default();
    const char *name = columns->name == NULL ? "data" : columns->name;
    struct rwe_table_builder *builder =
        rwe_table_builder_new(name, options == NULL ? &defaults : options, arena);
    struct rwe_sha256 *hash = builder == NULL ? NULL : rwe_sha256_new();
    *table = NULL;
    if (hash == NULL)
        return rwe_fail_memory(error);
    for (size_t j = 0; j < columns->n_columns && builder->status == RWE_OK; j++) {
        add_values(builder, &columns->column[j], columns->n_rows);
        hash_column(hash, &columns->column[j], columns->n_rows);
    }
    rwe_sha256_finish(hash, builder->table->sha256);
    rwe_table_builder_source(builder, "columns in memory");
    rwe_table_builder_end_rows(builder, columns->n_rows);
    return rwe_table_builder_finish(builder, table, error);
}
