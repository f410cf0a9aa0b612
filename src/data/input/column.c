/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The typed readings of a column: one pass over its cells each. */
#include "intern_private.h"
#include "rwe/base/date.h"
#include "rwe/base/number.h"
#include "table_private.h"

#include <math.h>
#include <stdlib.h>

/* ---- advice ---- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool begins_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

/* Whether a number is followed by a unit: text that begins with a blank or is not ASCII. "4o" is a
 * slip of the finger, "65岁" and "12 mg" are not. */
static bool has_unit(const char *text)
{
    size_t n = strspn(text, "+-0123456789.");
    return n > 0 && is_digit(text[n - 1]) && (text[n] == ' ' || (unsigned char)text[n] >= 0x80);
}

/* What spreadsheets show where a formula has no value. */
static bool is_failed_formula(const char *text)
{
    static const char *const words[] = {"#DIV/0!", "#REF!",  "#VALUE!", "#NAME?",
                                        "#NUM!",   "#NULL!", "#SPILL!", "#CALC!"};
    for (size_t i = 0; text[0] == '#' && i < sizeof words / sizeof *words; i++)
        if (strcmp(text, words[i]) == 0)
            return true;
    return false;
}

#define FAILED_FORMULA                                                                             \
    N_("a formula of the workbook failed: correct it there, or leave the cell empty")

/* NULL: it may be a word for a missing value. */
static const char *advice_on_number(const char *text, size_t length)
{
    double number;
    int32_t day;
    if (rwe_number_parse(text, length, &number) && isfinite(number))
        return N_("no measurement is beyond 1e150: correct it");
    if (rwe_number_parse(text, length, &number))
        return N_("leave the cell empty when there is no finite value");
    if (is_failed_formula(text))
        return FAILED_FORMULA;
    if (text[0] == '<' || text[0] == '>' || begins_with(text, "≤") || begins_with(text, "≥") ||
        begins_with(text, "＜") || begins_with(text, "＞"))
        return N_(
            "a value outside the limits of measurement must be coded as a number by a rule that "
            "your protocol states");
    if (strspn(text, "+-0123456789.,") == length && strchr(text, ',') != NULL)
        return N_(
            "say --decimal comma if that is what it is, or write a point; no separators between "
            "thousands");
    if (text[length - 1] == '%')
        return N_("write the number without the percent sign");
    if (rwe_date_parse(text, length, &day))
        return N_("it is a date: give the time from time zero as a number; an endpoint whose TIME "
                  "is a column of dates takes time zero from --index-date");
    if (has_unit(text))
        return N_("write the number alone, its unit belongs into the header");
    return NULL;
}

static const char *advice_on_date(const char *text, size_t length)
{
    size_t digits = strspn(text, "0123456789");
    double number;
    if (is_failed_formula(text))
        return FAILED_FORMULA;
    if (digits == length && length == 5)
        return N_(
            "it is a day number of a spreadsheet: format the column as a date and save again");
    if (digits == length && length == 8)
        return N_("write the year, month and day with hyphens: 2023-05-01");
    if (digits == 4 && strspn(text, "0123456789-/.") == length) {
        size_t separators = 0;
        for (size_t i = 0; i < length; i++)
            separators += !is_digit(text[i]);
        return separators == 2
                   ? N_("the calendar has no such day: correct it")
                   : N_("year, month and day are needed: complete it by a rule that your "
                        "protocol states, or leave it empty");
    }
    if ((digits == 1 || digits == 2) && !rwe_number_parse(text, length, &number))
        return N_("write the year first: 2023-05-01");
    return N_("write it as 2023-05-01, or name the token with --missing-tokens");
}

static enum rwe_status complain(const struct rwe_table *table, size_t column, size_t row,
                                const struct rwe_complaint *what, struct rwe_complaints *complaints)
{
    struct rwe_complaint complaint = *what;
    complaint.file = table->file;
    complaint.line = rwe_table_line(table, row);
    complaint.row = row;
    complaint.column = table->column[column].info->name;
    return rwe_complaints_add(complaints, &complaint);
}

/* ---- readers ---- */

/* Larger numbers measure nothing, and their squares are infinite. */
static const double LARGEST = 1e150;

/* A number as the file writes them: with a decimal comma where the options say so. */
static bool read_number(const struct rwe_table *table, const char *text, size_t length,
                        double *number)
{
    char copy[64];
    const char *comma = table->decimal_comma ? memchr(text, ',', length) : NULL;
    if (comma == NULL)
        return rwe_number_parse(text, length, number);
    if (length >= sizeof copy || memchr(text, '.', length) != NULL)
        return false;
    memcpy(copy, text, length + 1);
    copy[comma - text] = '.';
    return rwe_number_parse(copy, length, number);
}

static enum rwe_status complain_of_number(const struct rwe_table *table, size_t column, size_t row,
                                          const char *text, size_t length,
                                          struct rwe_complaints *complaints)
{
    struct rwe_complaint what = {
        .value = text, .reason = N_("not a number"), .advice = advice_on_number(text, length)};
    what.may_be_missing = what.advice == NULL;
    if (what.may_be_missing)
        what.advice = N_("correct it, or name the token with --missing-tokens");
    return complain(table, column, row, &what, complaints);
}

static enum rwe_status numbers_of_text(const struct rwe_table *table, size_t column, double out[],
                                       struct rwe_complaints *complaints)
{
    struct rwe_cells cells = rwe_cells_of(table, column);
    for (size_t row = 0; row < table->n_rows; row++) {
        size_t length;
        const char *text = rwe_cells_next_text(&cells, &length);
        out[row] = NAN;
        if (rwe_table_is_missing(table, text, length))
            continue;
        double number;
        if (length < sizeof(uint64_t) &&
            rwe_number_parse_word(rwe_load_bytes(text), length, &out[row]))
            continue;
        if (read_number(table, text, length, &number) && fabs(number) <= LARGEST)
            out[row] = number;
        else if (complain_of_number(table, column, row, text, length, complaints) != RWE_OK)
            return RWE_NO_MEMORY;
    }
    return RWE_OK;
}

enum rwe_status rwe_table_numbers(const struct rwe_table *table, size_t column, double out[],
                                  struct rwe_complaints *complaints)
{
    struct rwe_cells cells = rwe_cells_of(table, column);
    if (cells.kind == RWE_KIND_TEXT)
        return numbers_of_text(table, column, out, complaints);
    for (size_t row = 0; row < table->n_rows; row++) {
        double number = rwe_cells_next_number(&cells);
        bool is_good = cells.kind == RWE_KIND_NUMBER && !(fabs(number) > LARGEST);
        out[row] = is_good ? number : (double)NAN;
        if (is_good || isnan(number))
            continue;
        rwe_cell_write(cells.kind, number, cells.text);
        if (complain_of_number(table, column, row, cells.text, strlen(cells.text), complaints) !=
            RWE_OK)
            return RWE_NO_MEMORY;
    }
    return RWE_OK;
}

enum rwe_status rwe_table_dates(const struct rwe_table *table, size_t column, double out[],
                                struct rwe_complaints *complaints)
{
    struct rwe_cells cells = rwe_cells_of(table, column);
    for (size_t row = 0; cells.kind == RWE_KIND_DATE && row < table->n_rows; row++)
        out[row] = floor(rwe_cells_next_number(&cells));
    for (size_t row = 0; cells.kind != RWE_KIND_DATE && row < table->n_rows; row++) {
        size_t length;
        const char *text = rwe_cells_next(&cells, &length);
        out[row] = NAN;
        if (rwe_table_is_missing(table, text, length))
            continue;
        int32_t day;
        if (rwe_date_parse(text, length, &day)) {
            out[row] = day;
            continue;
        }
        const struct rwe_complaint what = {
            .value = text, .reason = N_("not a date"), .advice = advice_on_date(text, length)};
        if (complain(table, column, row, &what, complaints) != RWE_OK)
            return RWE_NO_MEMORY;
    }
    return RWE_OK;
}

struct rwe_column_summary rwe_table_summary(const struct rwe_table *table, size_t column)
{
    struct rwe_column_summary summary = {0};
    struct rwe_cells cells = rwe_cells_of(table, column);
    size_t *given = cells.kind == RWE_KIND_NUMBER ? &summary.n_number : &summary.n_date;
    for (size_t row = 0; row < table->n_rows; row++) {
        if (cells.kind != RWE_KIND_TEXT) {
            *(isnan(rwe_cells_next_number(&cells)) ? &summary.n_missing : given) += 1;
            continue;
        }
        size_t length;
        double number;
        int32_t day;
        const char *text = rwe_cells_next(&cells, &length);
        if (rwe_table_is_missing(table, text, length))
            summary.n_missing++;
        else if (read_number(table, text, length, &number))
            summary.n_number++;
        else if (rwe_date_parse(text, length, &day))
            summary.n_date++;
        else
            summary.n_other++;
    }
    return summary;
}

/* ---- text ---- */

/* The label of a value, or NULL; labels are sorted by their values. */
static const char *label_of(const struct rwe_column_info *info, const char *text, double number)
{
    bool of_text = info->kind == RWE_KIND_TEXT;
    size_t low = 0, high = info->n_value_labels;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct rwe_value_label *label = &info->value_label[middle];
        int order = of_text ? strcmp(label->text, text)
                            : (label->number > number) - (label->number < number);
        if (order == 0)
            return isnan(number) && !of_text ? NULL : label->label;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* The next cell as a reader is told it: by its label where it has one. NULL where it is missing. *lasts: the text
 * lies in the table; else it must be copied before the next call. */
static const char *next_text(struct rwe_cells *cells, const struct rwe_column_info *info,
                             size_t *length, bool *lasts)
{
    const char *text = cells->text;
    double number = NAN;
    if (info->kind == RWE_KIND_TEXT)
        text = rwe_cells_next_text(cells, length);
    else
        number = rwe_cells_next_number(cells);
    const char *label = info->n_value_labels == 0 ? NULL : label_of(info, text, number);
    *lasts = info->kind == RWE_KIND_TEXT || label != NULL;
    if (label != NULL)
        text = label;
    else if (info->kind != RWE_KIND_TEXT)
        rwe_cell_write(info->kind, number, cells->text);
    if (label != NULL || info->kind != RWE_KIND_TEXT)
        *length = strlen(text);
    return rwe_table_is_missing(cells->table, text, *length) ? NULL : text;
}

static size_t bytes_of(const struct rwe_column *column)
{
    size_t size = 0;
    for (const struct rwe_column_block *block = column->first; block != NULL; block = block->next)
        size += block->used;
    return size;
}

enum rwe_status rwe_table_strings(const struct rwe_table *table, size_t column,
                                  struct rwe_arena *arena, const char *out[])
{
    const struct rwe_column_info *info = table->column[column].info;
    bool as_stored = info->kind == RWE_KIND_TEXT && info->n_value_labels == 0;
    char *copy = RWE_NEW(arena, char, as_stored ? bytes_of(&table->column[column]) : 0);
    struct rwe_cells cells = rwe_cells_of(table, column);
    for (size_t row = 0; row < table->n_rows && !rwe_arena_failed(arena); row++) {
        size_t length;
        bool lasts;
        const char *text = next_text(&cells, info, &length, &lasts);
        if (text == NULL) {
            out[row] = NULL;
        } else if (as_stored) {
            out[row] = memcpy(copy, text, length + 1);
            copy += length + 1;
        } else {
            out[row] = rwe_arena_substring(arena, text, length);
        }
    }
    return rwe_arena_failed(arena) ? RWE_NO_MEMORY : RWE_OK;
}

/* ---- factors ---- */

struct level {
    const char *text;
    double number;  /* that it is sorted by; 0 where levels are sorted as text */
    uint32_t first; /* its number by first appearance */
};

/* Numbers ascending; equal ones ("1" and "1.0"), and all others, by their bytes. The texts are
 * distinct, so the order is total and does not depend on the rows'. */
static int compare_levels(const void *a, const void *b)
{
    const struct level *left = a;
    const struct level *right = b;
    if (left->number != right->number)
        return left->number < right->number ? -1 : 1;
    return strcmp(left->text, right->text);
}

/* The value that the level stands for, or else the number that it is; false: neither. */
static bool number_level(struct level *level, const struct rwe_column_info *info)
{
    for (size_t i = 0; info->kind == RWE_KIND_NUMBER && i < info->n_value_labels; i++)
        if (strcmp(info->value_label[i].label, level->text) == 0) {
            level->number = info->value_label[i].number;
            return true;
        }
    return rwe_number_parse(level->text, strlen(level->text), &level->number) &&
           isfinite(level->number);
}

static bool all_numbers(struct level level[], size_t n, const struct rwe_column_info *info)
{
    for (size_t i = 0; i < n; i++)
        if (!number_level(&level[i], info))
            return false;
    return true;
}

/* By row, the number of its level by first appearance, or −1. */
static enum rwe_status number_levels(const struct rwe_table *table, size_t column,
                                     struct rwe_intern *seen, int32_t code[])
{
    struct rwe_cells cells = rwe_cells_of(table, column);
    for (size_t row = 0; row < table->n_rows; row++) {
        size_t length, known = seen->n;
        bool lasts;
        const char *text = next_text(&cells, table->column[column].info, &length, &lasts);
        code[row] = -1;
        if (text == NULL)
            continue;
        uint32_t number = rwe_intern_number(seen, text, length);
        if (number > INT32_MAX)
            return RWE_NO_MEMORY;
        if (number == known && !lasts)
            seen->text[number] = rwe_arena_substring(seen->arena, text, length);
        if (seen->text[number] == NULL)
            return RWE_NO_MEMORY;
        code[row] = (int32_t)number;
    }
    return RWE_OK;
}

static enum rwe_status sort_levels(const struct rwe_table *table, size_t column,
                                   struct rwe_intern *seen, struct rwe_arena *arena,
                                   struct rwe_factor *factor)
{
    size_t n = seen->n;
    struct level *level = RWE_NEW(seen->arena, struct level, n);
    int32_t *rank = RWE_NEW(seen->arena, int32_t, n);
    factor->n_levels = n;
    factor->level = RWE_NEW(arena, const char *, n);
    if (rwe_arena_failed(seen->arena) || rwe_arena_failed(arena))
        return RWE_NO_MEMORY;
    for (size_t i = 0; i < n; i++)
        level[i] = (struct level){.text = seen->text[i], .first = (uint32_t)i};
    if (!all_numbers(level, n, table->column[column].info))
        for (size_t i = 0; i < n; i++)
            level[i].number = 0;
    qsort(level, n, sizeof *level, compare_levels);
    for (size_t i = 0; i < n; i++) {
        rank[level[i].first] = (int32_t)i;
        factor->level[i] = rwe_arena_string(arena, level[i].text);
    }
    for (size_t row = 0; row < table->n_rows; row++)
        if (factor->code[row] >= 0)
            factor->code[row] = rank[factor->code[row]];
    return rwe_arena_failed(arena) ? RWE_NO_MEMORY : RWE_OK;
}

enum rwe_status rwe_table_check_formulas(const struct rwe_table *table, size_t column,
                                         struct rwe_complaints *complaints)
{
    static const struct rwe_complaint what = {.reason = N_("the error of a formula"),
                                              .advice = FAILED_FORMULA};
    struct rwe_cells cells = rwe_cells_of(table, column);
    for (size_t row = 0; cells.kind == RWE_KIND_TEXT && row < table->n_rows; row++) {
        size_t length;
        struct rwe_complaint complaint = what;
        complaint.value = rwe_cells_next_text(&cells, &length);
        if (is_failed_formula(complaint.value) &&
            complain(table, column, row, &complaint, complaints) != RWE_OK)
            return RWE_NO_MEMORY;
    }
    return RWE_OK;
}

enum rwe_status rwe_table_factor(const struct rwe_table *table, size_t column,
                                 struct rwe_arena *arena, struct rwe_factor *factor)
{
    *factor = (struct rwe_factor){.code = RWE_NEW(arena, int32_t, table->n_rows)};
    struct rwe_intern seen = {.arena = rwe_arena_new()};
    enum rwe_status status = RWE_NO_MEMORY;
    if (factor->code != NULL && seen.arena != NULL)
        status = number_levels(table, column, &seen, factor->code);
    if (status == RWE_OK)
        status = sort_levels(table, column, &seen, arena, factor);
    rwe_arena_free(seen.arena);
    return status;
}
