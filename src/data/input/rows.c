/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rows_private.h"

#include "intern_private.h"

#define MOST_COLUMNS ((size_t)100000)
#define MOST_ROWS ((size_t)UINT32_MAX - 1)

/* ---- header ---- */

static enum rwe_status add_name(struct rwe_rows *rows, const char *text, size_t length)
{
    size_t column = rows->cells++;
    if (rows->cells > MOST_COLUMNS)
        return rwe_fail(rows->error, RWE_BAD_INPUT, column,
                        "%s:%zu: the header has more than %zu columns, which no table of patients "
                        "has: check that the file is CSV",
                        rows->name, rows->from, MOST_COLUMNS);
    const char **header = rwe_arena_grow(rows->scratch, rows->header, &rows->header_capacity,
                                         rows->cells, sizeof *header);
    const char *name = rwe_arena_substring(rows->table->arena, text, length);
    if (header == NULL || name == NULL)
        return rwe_fail_memory(rows->error);
    header[column] = name;
    rows->header = header;
    return RWE_OK;
}

static enum rwe_status check_header(const struct rwe_rows *rows)
{
    struct rwe_intern seen = {.arena = rows->scratch};
    for (size_t i = 0; i < rows->cells; i++) {
        const char *name = rows->header[i];
        if (name[0] == '\0')
            return rwe_fail(rows->error, RWE_BAD_INPUT, i,
                            "%s:%zu: column %zu of %zu has no name in the header: name it, or "
                            "delete the column; no title may stand above the header",
                            rows->name, rows->from, i + 1, rows->cells);
        uint32_t number = rwe_intern_number(&seen, name, strlen(name));
        if (number == RWE_INTERN_FAILED)
            return rwe_fail_memory(rows->error);
        if (number < i)
            return rwe_fail(rows->error, RWE_BAD_INPUT, i,
                            "%s:%zu: columns %u and %zu are both named \"%s\": rename one of them",
                            rows->name, rows->from, number + 1, i + 1, name);
    }
    return RWE_OK;
}

/* The first record that is not blank names the columns. */
static enum rwe_status end_header(struct rwe_rows *rows)
{
    struct rwe_table *table = rows->table;
    bool is_blank = true;
    for (size_t i = 0; i < rows->cells; i++)
        is_blank = is_blank && rows->header[i][0] == '\0';
    if (is_blank)
        return RWE_OK;
    enum rwe_status status = check_header(rows);
    if (status != RWE_OK)
        return status;
    struct rwe_column *column = RWE_NEW(table->arena, struct rwe_column, rows->cells);
    if (column == NULL)
        return rwe_fail_memory(rows->error);
    for (size_t i = 0; i < rows->cells; i++)
        column[i].name = rows->header[i];
    table->column = column;
    table->n_columns = rows->cells;
    return RWE_OK;
}

/* ---- cells ---- */

/* Length of the blank at `s` if one is there: ASCII's, U+00A0, U+3000 and the invisible U+FEFF and
 * U+200B, all of which spreadsheets and Chinese keyboards leave around numbers. */
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

static void trim(const char **text, size_t *length)
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

/* Cells beyond the header's are only counted. */
static enum rwe_status add_cell(struct rwe_rows *rows, const char *text, size_t length)
{
    size_t column = rows->cells++;
    if (column < rows->table->n_columns &&
        !rwe_column_add(&rows->table->column[column], text, length))
        return rwe_fail_memory(rows->error);
    return RWE_OK;
}

/* A cell when no cell of its row has held anything yet. Blank records leave no trace: the empty
 * cells in front of the first value are only counted, and added when it comes. */
static enum rwe_status begin_row(struct rwe_rows *rows, const char *text, size_t length)
{
    size_t empty = rows->cells;
    enum rwe_status status = RWE_OK;
    if (length == 0) {
        rows->cells++;
        return RWE_OK;
    }
    rows->has_value = true;
    rows->cells = 0;
    while (status == RWE_OK && rows->cells < empty)
        status = add_cell(rows, "", 0);
    return status == RWE_OK ? add_cell(rows, text, length) : status;
}

void rwe_rows_cell(struct rwe_rows *rows, const char *text, size_t length)
{
    if (rows->status != RWE_OK)
        return;
    rows->bytes += length + 1;
    if (length > 0 && (rwe_is_edge(text[0]) || rwe_is_edge(text[length - 1])))
        trim(&text, &length);
    if (rows->has_value)
        rows->status = add_cell(rows, text, length);
    else if (rows->table->column != NULL)
        rows->status = begin_row(rows, text, length);
    else
        rows->status = add_name(rows, text, length);
}

/* ---- rows ---- */

static enum rwe_status complain_of_cells(struct rwe_rows *rows)
{
    size_t expected = rows->table->n_columns;
    if (rows->cells != rows->told_cells) {
        rows->told = rwe_arena_format(rows->table->arena, "has %zu cells, the header has %zu",
                                      rows->cells, expected);
        rows->told_cells = rows->cells;
    }
    if (rows->told == NULL)
        return RWE_NO_MEMORY;
    const struct rwe_complaint complaint = {
        .file = rows->table->file,
        .line = rows->from,
        .row = rows->table->n_rows,
        .reason = rows->told,
        .advice = rows->cells < expected ? "add the missing cells"
                                         : "put a cell that holds the delimiter into double quotes",
    };
    return rwe_complaints_add(rows->complaints, &complaint);
}

enum rwe_status rwe_rows_check_length(struct rwe_rows *rows, size_t more)
{
    if (rows->status == RWE_OK && rows->bytes + more > rows->longest_record)
        rows->status = rwe_fail(rows->error, RWE_BAD_INPUT, RWE_NO_INDEX,
                                "%s:%zu: the record that begins here is longer than %zu bytes: "
                                "close the quotes that it opens, or check that the file is CSV",
                                rows->name, rows->from, rows->longest_record);
    return rows->status;
}

static enum rwe_status end_row(struct rwe_rows *rows)
{
    struct rwe_table *table = rows->table;
    if (rwe_rows_check_length(rows, 0) != RWE_OK)
        return rows->status;
    if (table->n_rows >= MOST_ROWS)
        return rwe_fail(rows->error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "%s:%zu: more than %zu rows: split the file", rows->name, rows->from,
                        MOST_ROWS);
    if (rows->cells != table->n_columns) {
        if (complain_of_cells(rows) != RWE_OK)
            return rwe_fail_memory(rows->error);
        for (size_t i = rows->cells; i < table->n_columns; i++)
            if (!rwe_column_add(&table->column[i], "", 0))
                return rwe_fail_memory(rows->error);
    }
    if (rwe_table_note_line(table, rows->from) != RWE_OK)
        return rwe_fail_memory(rows->error);
    table->n_rows++;
    return RWE_OK;
}

void rwe_rows_end_line(struct rwe_rows *rows, char end)
{
    if (rows->status != RWE_OK)
        return;
    if (end != '\n' || !rows->after_cr || rows->cells > 0)
        rows->line++;
    rows->after_cr = end == '\r';
    if (rows->has_value)
        rows->status = end_row(rows);
    else if (rows->table->column == NULL && rows->cells > 0)
        rows->status = end_header(rows);
    rows->has_value = false;
    rows->cells = 0;
    rows->bytes = 0;
    rows->from = rows->line;
}

enum rwe_status rwe_rows_finish(struct rwe_rows *rows)
{
    if (rows->status != RWE_OK)
        return rows->status;
    if (rows->table->column == NULL)
        return rwe_fail(rows->error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "%s: is empty: it must hold a header and one row for each patient",
                        rows->name);
    if (rows->table->n_rows == 0)
        return rwe_fail(rows->error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "%s: holds a header and no rows: add one row for each patient", rows->name);
    return RWE_OK;
}
