/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sheet_private.h"

#include "intern_private.h"
#include "rwe/base/date.h"
#include "rwe/base/language.h"
#include "table_private.h"

/* Rows, and bytes of their text, that are kept until the header is known. */
enum { ROWS_KEPT = 50 };
#define BYTES_KEPT ((size_t)1 << 20)

/* Rows above the header, but for comments, and second headers below it: a sheet with more of them needs --header. */
enum { MOST_ABOVE = 10, MOST_SECOND = 3 };

struct cell {
    enum rwe_column_kind kind; /* RWE_KIND_ANY: empty */
    const char *text;
    size_t length;
    double number;
    bool is_value; /* a number or a date, as text too */
};

struct row {
    struct cell *cell;
    size_t n, room;
    size_t n_filled;
    size_t line;
};

struct rwe_sheet {
    const struct rwe_reading *reading;
    struct rwe_table_builder *builder;
    bool is_ragged;
    bool has_header;
    struct row row[ROWS_KEPT + 1]; /* the last is the present one */
    size_t n_rows, n_bytes;
    bool has_value;      /* the present row, after the header */
    size_t n_cells;      /* of it */
    size_t fewest_cells; /* see sheet_private.h */
    size_t told_cells;   /* the number of cells that `told` says: most bad rows are alike */
    const char *told[2];
};

struct rwe_sheet *rwe_sheet_new(const struct rwe_reading *reading,
                                struct rwe_table_builder *builder, bool is_ragged)
{
    struct rwe_sheet *sheet = RWE_NEW(reading->scratch, struct rwe_sheet, 1);
    if (sheet == NULL)
        return NULL;
    sheet->reading = reading;
    sheet->builder = builder;
    sheet->is_ragged = is_ragged;
    builder->is_sheet = true;
    return sheet;
}

static void fail_memory(struct rwe_sheet *sheet)
{
    if (sheet->builder->status == RWE_OK)
        sheet->builder->status = rwe_fail_memory(&sheet->builder->error);
}

/* ---- what cells are ---- */

static bool is_missing(const struct rwe_sheet *sheet, const struct cell *cell)
{
    return cell->kind == RWE_KIND_ANY ||
           (cell->kind == RWE_KIND_TEXT &&
            rwe_table_is_missing(sheet->builder->table, cell->text, cell->length));
}

static bool reads_as_value(const struct rwe_sheet *sheet, const char *text, size_t length)
{
    char room[RWE_NUMBER_SIZE];
    double number;
    int32_t day;
    rwe_narrow(&text, &length, room);
    if (rwe_number_parse(text, length, &number) || rwe_date_parse(text, length, &day))
        return true;
    return sheet->reading->options->decimal_comma && length > 0 &&
           strspn(text, "+-0123456789,") == length;
}

/* ---- complaints and notes ---- */

size_t rwe_sheet_fewest_cells(const struct rwe_sheet *sheet)
{
    return sheet->fewest_cells;
}

enum rwe_status rwe_sheet_complain_of_cells(struct rwe_sheet *sheet, size_t line, size_t cells)
{
    const struct rwe_table *table = sheet->builder->table;
    if (cells != sheet->told_cells || sheet->told[0] == NULL) {
        sheet->told[0] = rwe_arena_format(table->arena, "%zu", cells);
        sheet->told[1] = rwe_arena_format(table->arena, "%zu", table->n_columns);
        sheet->told_cells = cells;
    }
    if (rwe_arena_failed(table->arena))
        return RWE_NO_MEMORY;
    const struct rwe_complaint complaint = {
        .file = table->file,
        .line = line,
        .row = table->n_rows,
        .reason = N_("has %s cells, the header has %s"),
        .about = {sheet->told[0], sheet->told[1]},
        .advice = cells < table->n_columns ? N_("add the missing cells")
                  : sheet->is_ragged ? N_("put a cell that holds the delimiter into double quotes")
                                     : N_("name the column, or delete the cell"),
    };
    return rwe_complaints_add(sheet->reading->complaints, &complaint);
}

/* "3" or "3 to 5". */
static const char *tell_lines(struct rwe_sheet *sheet, size_t from, size_t to)
{
    size_t first = sheet->row[from].line, last = sheet->row[to - 1].line;
    struct rwe_arena *arena = sheet->builder->table->arena;
    const char *told = first == last ? rwe_arena_format(arena, "%zu", first)
                                     : rwe_arena_format(arena, "%zu–%zu", first, last);
    if (told == NULL)
        fail_memory(sheet);
    return told == NULL ? "" : told;
}

/* ---- the header ---- */

/* Whether the same text stands in two cells of a row: one that is merged over columns. */
static bool has_twins(struct rwe_sheet *sheet, const struct row *row)
{
    struct rwe_intern seen = {.arena = rwe_arena_new()};
    bool has = false;
    for (size_t c = 0; c < row->n && seen.arena != NULL && !has; c++) {
        size_t known = seen.n;
        if (row->cell[c].kind == RWE_KIND_TEXT)
            has = rwe_intern_number(&seen, row->cell[c].text, row->cell[c].length) < known;
    }
    if (seen.arena == NULL || rwe_arena_failed(seen.arena))
        fail_memory(sheet);
    rwe_arena_free(seen.arena);
    return has;
}

/* Whether all that a row holds are texts, no two the same, and no numbers or dates. */
static bool can_be_header(struct rwe_sheet *sheet, const struct row *row)
{
    for (size_t c = 0; c < row->n; c++)
        if (row->cell[c].kind != RWE_KIND_ANY &&
            (row->cell[c].kind != RWE_KIND_TEXT || row->cell[c].is_value))
            return false;
    return row->n_filled > 0 && !has_twins(sheet, row);
}

static size_t most_filled(const struct rwe_sheet *sheet, size_t from)
{
    size_t most = 0;
    for (size_t r = from; r < sheet->n_rows; r++)
        most = sheet->row[r].n_filled > most ? sheet->row[r].n_filled : most;
    return most;
}

/* Whether the row below has a text in every gap of this one. */
static bool has_gaps_filled(const struct row *row, const struct row *below)
{
    bool has_gap = false;
    for (size_t c = 0; c < below->n; c++) {
        bool is_gap = c >= row->n || row->cell[c].kind == RWE_KIND_ANY;
        if (is_gap && below->cell[c].kind != RWE_KIND_TEXT)
            return false;
        has_gap = has_gap || is_gap;
    }
    return has_gap;
}

/* Whether row `r` stands above the header, as far as it shows; `most` cells are filled in one row. */
static bool is_above(struct rwe_sheet *sheet, size_t r, size_t most)
{
    const struct row *row = &sheet->row[r];
    if (2 * row->n_filled < most || has_twins(sheet, row))
        return true;
    return r + 1 < sheet->n_rows && has_gaps_filled(row, &sheet->row[r + 1]) &&
           can_be_header(sheet, &sheet->row[r + 1]);
}

static bool is_comment(const struct row *row)
{
    const struct cell *first = row->n == 0 ? NULL : &row->cell[0];
    return first != NULL && first->kind == RWE_KIND_TEXT && first->text[0] == '#' &&
           first->length > 1;
}

/* The first row that is neither comment nor title. */
static size_t find_header(struct rwe_sheet *sheet)
{
    size_t r = 0;
    while (r < sheet->n_rows && is_comment(&sheet->row[r]))
        r++;
    if (r > 0 && (r == sheet->n_rows || !can_be_header(sheet, &sheet->row[r])))
        return r - 1; /* the last comment has the names, behind a # */
    size_t first = r, most = most_filled(sheet, r);
    while (r < sheet->n_rows && r < first + MOST_ABOVE && is_above(sheet, r, most))
        r++;
    return r < sheet->n_rows && r > first && can_be_header(sheet, &sheet->row[r]) ? r : first;
}

/* The row of the header as the options and the rows say. Rows that the options leave out are not here. */
static size_t choose_header(struct rwe_sheet *sheet)
{
    struct rwe_table_builder *builder = sheet->builder;
    size_t wanted = sheet->reading->options->header;
    if (wanted == 0)
        return find_header(sheet);
    if (sheet->row[0].line != wanted && builder->status == RWE_OK)
        builder->status = rwe_fail(&builder->error, RWE_BAD_INPUT, RWE_NO_INDEX,
                                   "%s: --header %zu: no row begins on that line; the next begins "
                                   "on line %zu",
                                   builder->name, wanted, sheet->row[0].line);
    return 0;
}

/* ---- second headers ---- */

/* What a cell of a row below the header says about it. */
enum sign { SAYS_NOTHING, IS_HEADER, IS_DATA };

static enum sign sign_of(const struct rwe_sheet *sheet, size_t r, size_t c)
{
    const struct cell *cell = &sheet->row[r].cell[c];
    size_t n_values = 0, n_texts = 0;
    bool is_repeated = false;
    for (size_t below = r + 1; below < sheet->n_rows; below++) {
        const struct row *row = &sheet->row[below];
        if (c >= row->n || is_missing(sheet, &row->cell[c]))
            continue;
        n_values += row->cell[c].is_value;
        n_texts += !row->cell[c].is_value;
        is_repeated =
            is_repeated || (row->cell[c].kind == RWE_KIND_TEXT && cell->kind == RWE_KIND_TEXT &&
                            strcmp(row->cell[c].text, cell->text) == 0);
    }
    if (is_missing(sheet, cell))
        return SAYS_NOTHING;
    if (cell->is_value || is_repeated)
        return IS_DATA;
    return n_values > 0 && n_values >= 2 * n_texts ? IS_HEADER : SAYS_NOTHING;
}

/* Whether the cells are the numbers of the columns: 1, 2, 3, … */
static bool is_counting(const struct row *row)
{
    enum { LEAST = 5 }; /* fewer may be a patient */
    for (size_t c = 0; c < row->n; c++) {
        double number = row->cell[c].number;
        if (row->cell[c].kind == RWE_KIND_TEXT &&
            !rwe_number_parse(row->cell[c].text, row->cell[c].length, &number))
            return false;
        if (row->cell[c].kind == RWE_KIND_ANY || number != (double)c + 1)
            return false;
    }
    return row->n >= LEAST;
}

static bool is_second_header(const struct rwe_sheet *sheet, size_t r)
{
    size_t n_signs = 0;
    if (r + 2 >= sheet->n_rows) /* there must be something to compare with */
        return false;
    if (is_counting(&sheet->row[r]))
        return true;
    for (size_t c = 0; c < sheet->row[r].n; c++) {
        enum sign sign = sign_of(sheet, r, c);
        if (sign == IS_DATA)
            return false;
        n_signs += sign == IS_HEADER;
    }
    return n_signs >= 2 || (n_signs == 1 && sheet->row[r].n_filled == 1);
}

/* ---- columns ---- */

/* write.table of R: names of rows, and none above them; no cell is empty. */
static bool has_row_names(const struct rwe_sheet *sheet, size_t header, size_t first)
{
    size_t n = sheet->row[header].n;
    if (!sheet->is_ragged || first == sheet->n_rows || sheet->row[header].n_filled < n)
        return false;
    for (size_t r = first; r < sheet->n_rows; r++)
        if (sheet->row[r].n != n + 1 || sheet->row[r].n_filled != n + 1)
            return false;
    return true;
}

static void add_column(struct rwe_sheet *sheet, const struct row *names, const struct row *labels,
                       size_t c)
{
    bool has_name = c < names->n && names->cell[c].kind != RWE_KIND_ANY;
    bool has_label = labels != NULL && c < labels->n && labels->cell[c].kind == RWE_KIND_TEXT;
    char text[RWE_NUMBER_SIZE] = "";
    if (has_name && names->cell[c].kind != RWE_KIND_TEXT)
        rwe_cell_write(names->cell[c].kind, names->cell[c].number, text);
    const struct rwe_column_info info = {
        .name = has_name && names->cell[c].kind == RWE_KIND_TEXT ? names->cell[c].text : text,
        .kind = sheet->is_ragged ? RWE_KIND_TEXT : RWE_KIND_ANY,
        .label = has_label ? labels->cell[c].text : NULL,
    };
    rwe_table_builder_column(sheet->builder, &info);
    if (has_name)
        sheet->fewest_cells = sheet->builder->table->n_columns;
}

static void add_columns(struct rwe_sheet *sheet, size_t header, size_t first)
{
    const struct row *names = &sheet->row[header];
    const struct row *labels = first > header + 1 ? &sheet->row[header + 1] : NULL;
    size_t n = names->n;
    if (has_row_names(sheet, header, first))
        rwe_table_builder_column(sheet->builder,
                                 &(struct rwe_column_info){.name = "", .kind = RWE_KIND_TEXT});
    for (size_t r = first; !sheet->is_ragged && r < sheet->n_rows; r++)
        n = sheet->row[r].n > n ? sheet->row[r].n : n;
    for (size_t c = 0; c < n; c++)
        add_column(sheet, names, labels, c);
    rwe_table_builder_check_names(sheet->builder, names->line);
}

/* ---- rows ---- */

static void put(struct rwe_sheet *sheet, size_t column, const struct cell *cell)
{
    struct rwe_table_builder *builder = sheet->builder;
    if (cell->kind != RWE_KIND_ANY)
        sheet->has_value = true;
    if (cell->kind != RWE_KIND_ANY || sheet->is_ragged)
        sheet->n_cells = column + 1;
    if (cell->kind == RWE_KIND_ANY || column >= builder->table->n_columns)
        return; /* missing at the end of the row */
    while (builder->status == RWE_OK && builder->table->column[column].n < builder->table->n_rows)
        rwe_table_builder_missing(builder, column);
    if (cell->kind == RWE_KIND_TEXT)
        rwe_table_builder_text(builder, column, cell->text, cell->length);
    else if (cell->kind == RWE_KIND_NUMBER)
        rwe_table_builder_number(builder, column, cell->number);
    else
        rwe_table_builder_date(builder, column, cell->number);
}

/* Ends a row behind the header; of cells beyond the header's only those with a value count. */
static void end_row(struct rwe_sheet *sheet, size_t line, size_t last_filled)
{
    size_t n_columns = sheet->builder->table->n_columns;
    bool is_short = sheet->is_ragged && sheet->n_cells < sheet->fewest_cells;
    if (sheet->builder->status != RWE_OK || !sheet->has_value)
        return;
    if ((is_short || last_filled > n_columns) &&
        rwe_sheet_complain_of_cells(sheet, line, is_short ? sheet->n_cells : last_filled) != RWE_OK)
        fail_memory(sheet);
    rwe_table_builder_end_row(sheet->builder, line);
}

static void hand_on(struct rwe_sheet *sheet, const struct row *row)
{
    size_t last = 0;
    sheet->has_value = false;
    sheet->n_cells = 0;
    for (size_t c = 0; c < row->n; c++) {
        put(sheet, c, &row->cell[c]);
        last = row->cell[c].kind == RWE_KIND_ANY ? last : c + 1;
    }
    end_row(sheet, row->line, last);
}

static void tell_rows(struct rwe_sheet *sheet, size_t header, size_t first)
{
    struct rwe_complaints *complaints = sheet->reading->complaints;
    const char *file = sheet->builder->table->file;
    enum rwe_status status = RWE_OK;
    if (header > 0)
        status = rwe_complaints_note(
            complaints,
            "%s: skips what stands above the header (line %s); the names are on line %s", file,
            tell_lines(sheet, 0, header), tell_lines(sheet, header, header + 1));
    if (status == RWE_OK && first > header + 1)
        status = rwe_complaints_note(
            complaints,
            "%s: skips a second header below the first (line %s): it has text over columns of "
            "numbers or dates",
            file, tell_lines(sheet, header + 1, first));
    if (status != RWE_OK)
        fail_memory(sheet);
}

/* The header becomes known. */
static void lay_out(struct rwe_sheet *sheet)
{
    size_t header = choose_header(sheet);
    if (sheet->builder->status != RWE_OK)
        return;
    size_t first = header + 1;
    while (first <= header + MOST_SECOND && is_second_header(sheet, first))
        first++;
    tell_rows(sheet, header, first);
    add_columns(sheet, header, first);
    sheet->has_header = true;
    for (size_t r = first; r < sheet->n_rows; r++)
        hand_on(sheet, &sheet->row[r]);
    sheet->has_value = false;
    sheet->n_cells = 0;
    sheet->n_rows = 0;
}

/* ---- what a reader gives ---- */

/* A cell of a row that is kept. */
static void keep(struct rwe_sheet *sheet, size_t column, const struct cell *cell)
{
    struct row *row = &sheet->row[sheet->n_rows];
    struct cell *cells =
        rwe_arena_grow(sheet->reading->scratch, row->cell, &row->room, column + 1, sizeof *cells);
    if (cells == NULL) {
        fail_memory(sheet);
        return;
    }
    row->cell = cells;
    while (row->n <= column)
        cells[row->n++] = (struct cell){.kind = RWE_KIND_ANY};
    cells[column] = *cell;
    row->n_filled += cell->kind != RWE_KIND_ANY;
    sheet->n_bytes += cell->length;
}

static void take(struct rwe_sheet *sheet, size_t column, const struct cell *cell)
{
    if (sheet->builder->status != RWE_OK)
        return;
    if (sheet->has_header)
        put(sheet, column, cell);
    else
        keep(sheet, column, cell);
}

void rwe_sheet_text(struct rwe_sheet *sheet, size_t column, const char *text, size_t length)
{
    rwe_trim(&text, &length);
    struct cell cell = {
        .kind = length == 0 ? RWE_KIND_ANY : RWE_KIND_TEXT, .text = text, .length = length};
    if (!sheet->has_header && length > 0) {
        cell.text = rwe_arena_substring(sheet->reading->scratch, text, length);
        if (cell.text == NULL) {
            fail_memory(sheet);
            return;
        }
        cell.is_value = reads_as_value(sheet, cell.text, length);
    }
    take(sheet, column, &cell);
}

void rwe_sheet_number(struct rwe_sheet *sheet, size_t column, double number)
{
    take(sheet, column,
         &(struct cell){.kind = RWE_KIND_NUMBER, .number = number, .is_value = true});
}

void rwe_sheet_date(struct rwe_sheet *sheet, size_t column, double days)
{
    take(sheet, column, &(struct cell){.kind = RWE_KIND_DATE, .number = days, .is_value = true});
}

static bool is_left_out(const struct rwe_sheet *sheet, size_t line)
{
    const struct rwe_table_options *options = sheet->reading->options;
    return line <= options->skip || line < options->header;
}

void rwe_sheet_end_row(struct rwe_sheet *sheet, size_t line)
{
    struct row *row = &sheet->row[sheet->n_rows];
    if (sheet->builder->status != RWE_OK)
        return;
    if (sheet->has_header) {
        end_row(sheet, line, sheet->n_cells);
        sheet->has_value = false;
        sheet->n_cells = 0;
    } else if (row->n_filled == 0 || is_left_out(sheet, line)) {
        row->n = row->n_filled = 0;
    } else {
        row->line = line;
        sheet->n_rows++;
        sheet->row[sheet->n_rows] = (struct row){0};
        if (sheet->n_rows == ROWS_KEPT || sheet->n_bytes >= BYTES_KEPT)
            lay_out(sheet);
    }
}

bool rwe_sheet_has_header(const struct rwe_sheet *sheet)
{
    return sheet->has_header;
}

enum rwe_status rwe_sheet_end(struct rwe_sheet *sheet)
{
    if (!sheet->has_header && sheet->n_rows > 0 && sheet->builder->status == RWE_OK)
        lay_out(sheet);
    return rwe_table_builder_status(sheet->builder);
}
