/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rows of a sheet (ISO/IEC 29500-1, 18.3): a cell has a place, a type, a style, and what it holds, which of a
 * formula is what it came to when the workbook was saved. */
#include "rwe/base/date.h"
#include "rwe/base/language.h"
#include "rwe/base/number.h"
#include "xlsx_private.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a cell came to. Its text lies in the texts of its row. */
struct cell {
    size_t column;
    enum rwe_column_kind kind;
    double number;
    size_t text, length;
};

/* A merged area in force, and what its first cell holds. */
struct merged {
    struct rwe_xlsx_area area;
    struct cell cell;
    char *text; /* of it, or NULL */
    bool holds; /* whether it holds anything */
};

struct rows {
    const struct rwe_xlsx *book;
    const struct rwe_xlsx_sheet *sheet;
    size_t told; /* rows */

    struct cell *cell; /* of the present row */
    size_t n_cells, room;
    struct rwe_xlsx_text texts; /* of it */
    size_t row, next_row, next_column;
    bool has_row;

    /* the present cell */
    size_t column;
    char type[16];
    size_t style;
    struct rwe_xlsx_text value;
    bool has_formula, in_value, in_string, in_phonetic;

    const struct rwe_xlsx_area *area; /* those to come */
    size_t n_areas;
    struct merged *merged; /* those in force */
    size_t n_merged, room_for_merged;
};

static enum rwe_status fail_memory(const struct rows *rows)
{
    return rwe_fail_memory(rows->book->error);
}

static enum rwe_status fail_damaged(const struct rows *rows)
{
    return rwe_xlsx_damaged(rows->book, rows->sheet->entry);
}

/* ---- what cells hold ---- */

static enum rwe_status add_cell(struct rows *rows, enum rwe_column_kind kind, double number,
                                const char *text, size_t length)
{
    rows->cell = rwe_arena_grow(rows->book->arena, rows->cell, &rows->room, rows->n_cells + 1,
                                sizeof *rows->cell);
    if (rows->cell == NULL)
        return fail_memory(rows);
    rows->cell[rows->n_cells++] = (struct cell){rows->column, kind, number, rows->texts.n, length};
    return rwe_xlsx_add_text(rows->book, &rows->texts, text, length);
}

static enum rwe_status add_text(struct rows *rows, const char *text, size_t length)
{
    return length == 0 ? RWE_OK : add_cell(rows, RWE_KIND_TEXT, NAN, text, length);
}

/* The number of milliseconds is whole: what lies beyond is the rounding of fractions of days. */
static double to_milliseconds(double days)
{
    return days == floor(days) ? days : round(days * 86400000.0) / 86400000.0;
}

/* A part of a day, or more than one, as the clock shows it: 08:30:00. */
static enum rwe_status add_time(struct rows *rows, double days)
{
    char text[48];
    double seconds = floor(days * 86400.0 + 0.0005);
    int n = snprintf(text, sizeof text, "%02.0f:%02.0f:%02.0f", floor(seconds / 3600),
                     floor(fmod(seconds, 3600) / 60), fmod(seconds, 60));
    return add_text(rows, text, (size_t)n);
}

/* Day 60 of 1900 is its 29 February, which there was not: days before it count from one day later. Day 0 and that
 * day are told as text, which no reading takes for a date. */
static enum rwe_status add_date(struct rows *rows, double number)
{
    const double days = to_milliseconds(number);
    const double last = 2958466; /* 10000-01-01, from 1900 */
    if (rows->book->from_1904) {
        if (days < last - 1462)
            return add_cell(rows, RWE_KIND_DATE, days - 24107, "", 0);
    } else if (days >= 1 && days < last && floor(days) != 60) {
        return add_cell(rows, RWE_KIND_DATE, days - (days < 60 ? 25568 : 25569), "", 0);
    } else if (floor(days) == 0 || floor(days) == 60) {
        return add_text(rows, days < 60 ? "1900-01-00" : "1900-02-29", 10);
    }
    return add_cell(rows, RWE_KIND_NUMBER, number, "", 0);
}

static enum rwe_status end_number(struct rows *rows)
{
    double number;
    enum rwe_xlsx_shown shown =
        rows->style < rows->book->n_styles ? rows->book->shown[rows->style] : RWE_XLSX_NUMBER;
    if (!rwe_number_parse(rows->value.at, rows->value.n, &number) || !isfinite(number))
        return fail_damaged(rows);
    bool is_time = shown == RWE_XLSX_ELAPSED || (shown == RWE_XLSX_TIME && number < 1);
    if (is_time && number >= 0 && number < RWE_XLSX_ROWS)
        return add_time(rows, number);
    return shown == RWE_XLSX_NUMBER || is_time ? add_cell(rows, RWE_KIND_NUMBER, number, "", 0)
                                               : add_date(rows, number);
}

/* The number of two digits behind one character, as in T08 or :30; 0 where they are not there. */
static int two_digits(const char *text, size_t n, size_t at)
{
    static const char digits[] = "0123456789";
    if (at + 3 > n || strchr(digits, text[at + 1]) == NULL || strchr(digits, text[at + 2]) == NULL)
        return 0;
    return 10 * (text[at + 1] - '0') + text[at + 2] - '0';
}

/* 2021-01-31 or 2021-01-31T08:30:00, as ISO 8601 writes them. */
static enum rwe_status end_iso_date(struct rows *rows)
{
    enum { DATE = 10, MINUTES = 13, SECONDS = 16 }; /* where parts begin */
    int32_t day;
    char date[DATE + 1] = "";
    const char *text = rows->value.at;
    size_t n = rows->value.n;
    memcpy(date, text, n < DATE ? n : DATE);
    if (!rwe_date_parse(date, strlen(date), &day))
        return add_text(rows, text, n);
    int seconds = 3600 * two_digits(text, n, DATE) + 60 * two_digits(text, n, MINUTES) +
                  two_digits(text, n, SECONDS);
    return add_cell(rows, RWE_KIND_DATE, day + seconds / 86400.0, "", 0);
}

static enum rwe_status end_shared_string(struct rows *rows)
{
    const struct rwe_xlsx_strings *strings = &rows->book->strings;
    double number;
    if (!rwe_number_parse(rows->value.at, rows->value.n, &number) ||
        !(number >= 0 && number < (double)strings->n))
        return fail_damaged(rows);
    size_t at = (size_t)number;
    size_t begin = at == 0 ? 0 : strings->end[at - 1];
    return add_text(rows, strings->text.at + begin, strings->end[at] - begin);
}

/* An error of a formula stays as it reads: the column is then one of text, and whoever wants a number or a date there
 * is told. #N/A says that there is no value. */
static enum rwe_status end_error(struct rows *rows)
{
    static const char none[] = "#N/A";
    bool is_none = rows->value.n == strlen(none) && memcmp(rows->value.at, none, strlen(none)) == 0;
    return is_none ? RWE_OK : add_text(rows, rows->value.at, rows->value.n);
}

/* The name of a place: AB12 of column 27 and row 11. */
static void name_place(size_t row, size_t column, char name[32])
{
    char letters[8];
    size_t n = sizeof letters;
    letters[--n] = '\0';
    for (size_t c = column + 1; c > 0; c = (c - 1) / 26)
        letters[--n] = (char)('A' + (c - 1) % 26);
    snprintf(name, 32, "%s%zu", letters + n, row + 1);
}

static enum rwe_status fail_formula(const struct rows *rows)
{
    char place[32];
    name_place(rows->row, rows->column, place);
    return rwe_fail(
        rows->book->error, RWE_BAD_INPUT, RWE_NO_INDEX,
        "%s: sheet \"%s\": the formula in %s has never been reckoned: open the workbook "
        "in a spreadsheet and save it",
        rows->book->name, rows->sheet->name, place);
}

static enum rwe_status end_value(struct rows *rows)
{
    const char *type = rows->type;
    bool is_string = strcmp(type, "str") == 0 || strcmp(type, "inlineStr") == 0;
    if (is_string && rows->value.n > 0) {
        rwe_xlsx_unescape(rows->value.at, &rows->value.n);
        return add_text(rows, rows->value.at, rows->value.n);
    }
    if (rows->value.n == 0)
        return rows->has_formula && !is_string ? fail_formula(rows) : RWE_OK;
    if (strcmp(type, "s") == 0)
        return end_shared_string(rows);
    if (strcmp(type, "b") == 0)
        return rows->value.at[0] == '1' ? add_text(rows, "TRUE", 4) : add_text(rows, "FALSE", 5);
    if (strcmp(type, "e") == 0)
        return end_error(rows);
    return strcmp(type, "d") == 0 ? end_iso_date(rows) : end_number(rows);
}

/* ---- merged areas ---- */

/* The areas that begin in this row come into force, with what their first cells hold. */
static enum rwe_status begin_areas(struct rows *rows)
{
    const struct rwe_xlsx *book = rows->book;
    for (; rows->n_areas > 0 && rows->area->top <= rows->row; rows->area++, rows->n_areas--) {
        if (rows->area->top < rows->row)
            continue; /* in a row without a value */
        rows->merged = rwe_arena_grow(book->arena, rows->merged, &rows->room_for_merged,
                                      rows->n_merged + 1, sizeof *rows->merged);
        if (rows->merged == NULL)
            return fail_memory(rows);
        struct merged *merged = &rows->merged[rows->n_merged++];
        *merged = (struct merged){.area = *rows->area};
        for (size_t i = 0; i < rows->n_cells; i++)
            if (rows->cell[i].column == merged->area.left) {
                merged->holds = true;
                merged->cell = rows->cell[i];
                merged->text = rwe_arena_substring(book->arena, rows->texts.at + merged->cell.text,
                                                   merged->cell.length);
            }
        if (rwe_arena_failed(book->arena))
            return fail_memory(rows);
    }
    return RWE_OK;
}

static void end_areas(struct rows *rows)
{
    size_t kept = 0;
    for (size_t i = 0; i < rows->n_merged; i++)
        if (rows->merged[i].area.bottom > rows->row && rows->merged[i].holds)
            rows->merged[kept++] = rows->merged[i];
    rows->n_merged = kept;
}

static bool has_cell(const struct rows *rows, size_t n, size_t column)
{
    for (size_t i = 0; i < n; i++)
        if (rows->cell[i].column == column)
            return true;
    return false;
}

static enum rwe_status fill_area(struct rows *rows, const struct merged *merged, size_t own)
{
    enum rwe_status status = RWE_OK;
    for (size_t c = merged->area.left; status == RWE_OK && c <= merged->area.right; c++) {
        if (has_cell(rows, own, c))
            continue;
        rows->column = c;
        status = add_cell(rows, merged->cell.kind, merged->cell.number, merged->text,
                          merged->cell.length);
    }
    return status;
}

static int compare_cells(const void *a, const void *b)
{
    const struct cell *left = a, *right = b;
    return (left->column > right->column) - (left->column < right->column);
}

/* A merged area stands for its first cell in each of its places. */
static enum rwe_status fill_areas(struct rows *rows)
{
    size_t own = rows->n_cells;
    enum rwe_status status = begin_areas(rows);
    for (size_t i = 0; status == RWE_OK && i < rows->n_merged; i++)
        if (rows->merged[i].holds)
            status = fill_area(rows, &rows->merged[i], own);
    if (rows->n_cells > own)
        qsort(rows->cell, rows->n_cells, sizeof *rows->cell, compare_cells);
    return status;
}

/* ---- rows ---- */

static void tell_cells(const struct rows *rows)
{
    struct rwe_frames *out = rows->book->out;
    for (size_t i = 0; i < rows->n_cells; i++) {
        const struct cell *cell = &rows->cell[i];
        if (i > 0 && cell->column == rows->cell[i - 1].column)
            continue; /* of areas that overlap, which no program makes */
        if (cell->kind == RWE_KIND_TEXT)
            rwe_frames_text(out, cell->column, rows->texts.at + cell->text, cell->length);
        else if (cell->kind == RWE_KIND_DATE)
            rwe_frames_date(out, cell->column, cell->number);
        else
            rwe_frames_number(out, cell->column, cell->number);
    }
}

/* Rows that hold nothing of their own leave no trace. */
static enum rwe_status end_row(struct rows *rows)
{
    enum rwe_status status = RWE_OK;
    if (rows->n_cells > 0 && (rows->n_areas > 0 || rows->n_merged > 0))
        status = fill_areas(rows);
    if (status == RWE_OK && rows->n_cells > 0) {
        tell_cells(rows);
        rwe_frames_end_row(rows->book->out, rows->row + 1);
        rows->told++;
    }
    end_areas(rows);
    rows->n_cells = 0;
    rows->texts.n = 0;
    rows->has_row = false;
    return status;
}

static enum rwe_status begin_row(struct rows *rows, const char *const attributes[])
{
    const char *number = rwe_xml_attribute(attributes, "r");
    size_t row = number == NULL ? rows->next_row : (size_t)strtoul(number, NULL, 10) - 1;
    if (row < rows->next_row || row >= RWE_XLSX_ROWS || rows->has_row)
        return fail_damaged(rows);
    rows->row = row;
    rows->next_row = row + 1;
    rows->has_row = true;
    rows->next_column = 0;
    return RWE_OK;
}

static enum rwe_status begin_cell(struct rows *rows, const char *const attributes[])
{
    const char *reference = rwe_xml_attribute(attributes, "r");
    const char *type = rwe_xml_attribute(attributes, "t");
    const char *style = rwe_xml_attribute(attributes, "s");
    size_t row = rows->row, column = rows->next_column;
    bool is_placed = reference == NULL || rwe_xlsx_place(reference, &row, &column);
    if (!is_placed || !rows->has_row || row != rows->row || column < rows->next_column ||
        column >= RWE_XLSX_COLUMNS)
        return fail_damaged(rows);
    rows->column = column;
    rows->next_column = column + 1;
    snprintf(rows->type, sizeof rows->type, "%s", type == NULL ? "n" : type);
    rows->style = style == NULL ? 0 : (size_t)strtoul(style, NULL, 10);
    rows->value.n = 0;
    rows->has_formula = false;
    return RWE_OK;
}

static enum rwe_status start(void *context, const char *name, const char *const attributes[])
{
    struct rows *rows = context;
    if (strcmp(name, "c") == 0)
        return begin_cell(rows, attributes);
    if (strcmp(name, "row") == 0)
        return begin_row(rows, attributes);
    if (strcmp(name, "v") == 0)
        rows->in_value = true;
    else if (strcmp(name, "t") == 0)
        rows->in_string = !rows->in_phonetic;
    else if (strcmp(name, "rPh") == 0)
        rows->in_phonetic = true;
    else if (strcmp(name, "f") == 0)
        rows->has_formula = true;
    return RWE_OK;
}

static enum rwe_status end(void *context, const char *name)
{
    struct rows *rows = context;
    if (strcmp(name, "c") == 0)
        return end_value(rows);
    if (strcmp(name, "row") == 0)
        return end_row(rows);
    if (strcmp(name, "v") == 0)
        rows->in_value = false;
    else if (strcmp(name, "t") == 0)
        rows->in_string = false;
    else if (strcmp(name, "rPh") == 0)
        rows->in_phonetic = false;
    return RWE_OK;
}

static enum rwe_status text(void *context, const char *more, size_t n)
{
    struct rows *rows = context;
    if (!rows->in_value && !rows->in_string)
        return RWE_OK;
    if (rows->value.n + n > RWE_XLSX_CELL_BYTES)
        return fail_damaged(rows);
    return rwe_xlsx_add_text(rows->book, &rows->value, more, n);
}

enum rwe_status rwe_xlsx_tell_rows(const struct rwe_xlsx *book, const struct rwe_xlsx_sheet *sheet,
                                   size_t *n)
{
    struct rows rows = {.book = book, .sheet = sheet};
    const struct rwe_xml_taker taker = {&rows, start, end, text};
    struct rwe_xlsx_area *area;
    enum rwe_status status = rwe_xlsx_read_areas(book, sheet->entry, &area, &rows.n_areas);
    rows.area = area;
    if (status == RWE_OK)
        status = rwe_xlsx_add_text(book, &rows.texts, "", 0);
    if (status == RWE_OK)
        status = rwe_xlsx_add_text(book, &rows.value, "", 0);
    if (status == RWE_OK)
        status = rwe_xlsx_parse(book, sheet->entry, &taker);
    free(rows.texts.at);
    free(rows.value.at);
    *n = rows.told;
    return status;
}
