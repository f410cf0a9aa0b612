/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "layout_private.h"

#include "number_format_private.h"
#include "rwe/base/language.h"
#include "utf8_private.h"
#include <ctype.h>
#include <math.h>

/* What is at work while one grid is laid out. */
struct work {
    const struct rwe_grid *grid;
    const struct rwe_style *style;
    struct rwe_arena *scratch;
    bool not_reached, not_estimable;
};

static const struct rwe_cell *cells_of(const struct rwe_grid *grid, const struct rwe_row *row)
{
    return (const struct rwe_cell *)grid->cells.items + row->first_cell;
}

/* The number that fact `i` of the cell is, and whether the cell has it. */
static bool number_of(const struct rwe_grid *grid, const struct rwe_cell *cell, int i, double *x)
{
    *x = NAN;
    if (cell->words != NULL || i >= rwe_cell_n_facts(cell->class) || cell->fact[i] == RWE_NO_FACT)
        return false;
    *x = rwe_document_fact(grid->document, cell->fact[i])->number;
    return true;
}

/* The largest number among the cells of the row that share their decimals with this class. */
static double scale_of(const struct rwe_grid *grid, const struct rwe_row *row,
                       enum rwe_cell_class class)
{
    double scale = 0;
    for (size_t j = 0; j < row->n_cells && rwe_cell_shares_decimals(class); j++) {
        const struct rwe_cell *cell = cells_of(grid, row) + j;
        double x;
        for (int i = 0; cell->class == class && number_of(grid, cell, i, &x); i++)
            scale = isnan(x) ? scale : fmax(scale, fabs(x));
    }
    return scale;
}

/* What a cell of class TEXT shows, and one of another class whose fact is a text. */
static const char *text_of(struct work *work, const struct rwe_fact_value *fact)
{
    char number[RWE_NUMBER_SIZE];
    if (fact->text != NULL)
        return rwe_utf8_clean(work->scratch, fact->text, RWE_UTF8_LINE);
    if (isnan(fact->number)) {
        work->not_estimable = true;
        return "NE";
    }
    rwe_number_exact(fact->number, number);
    return rwe_arena_string(work->scratch, number);
}

/* Patients that n (percent) is of. */
static double patients_of(const struct rwe_grid *grid, const struct rwe_cell *cell)
{
    double n, percent;
    if (cell->class != RWE_CELL_COUNT_PERCENT || !number_of(grid, cell, 0, &n) ||
        !number_of(grid, cell, 1, &percent) || !(percent > 0))
        return 0;
    return nearbyint(n / percent * 100);
}

/* The same of the cell in this row and column; of one that counts nobody, the most in its column. */
static double patients_in(const struct rwe_grid *grid, const struct rwe_row *row, size_t column)
{
    const struct rwe_row *rows = grid->rows.items;
    double patients = patients_of(grid, cells_of(grid, row) + column);
    if (patients > 0)
        return patients;
    for (size_t i = 0; i < grid->rows.n; i++)
        if (column < rows[i].n_cells)
            patients = fmax(patients, patients_of(grid, cells_of(grid, &rows[i]) + column));
    return patients;
}

static struct rwe_layout_cell read_cell(struct work *work, const struct rwe_row *row, size_t column)
{
    const struct rwe_cell *cell = cells_of(work->grid, row) + column;
    struct rwe_cell_text text;
    if (cell->words != NULL)
        return (struct rwe_layout_cell){cell->words, false, NULL};
    if (cell->fact[0] == RWE_NO_FACT)
        return (struct rwe_layout_cell){"", false, NULL};
    const struct rwe_fact_value *first = rwe_document_fact(work->grid->document, cell->fact[0]);
    if (cell->class == RWE_CELL_TEXT || first->text != NULL)
        return (struct rwe_layout_cell){text_of(work, first), false, NULL};
    struct rwe_cell_numbers numbers = {.scale = scale_of(work->grid, row, cell->class),
                                       .style = work->style};
    if (cell->class == RWE_CELL_COUNT_PERCENT)
        numbers.patients = patients_in(work->grid, row, column);
    for (int i = 0; i < 3; i++)
        numbers.given[i] = number_of(work->grid, cell, i, &numbers.value[i]);
    rwe_cell_format(cell->class, &numbers, &text);
    work->not_reached = work->not_reached || text.not_reached;
    work->not_estimable = work->not_estimable || text.not_estimable;
    return (struct rwe_layout_cell){rwe_arena_string(work->scratch, text.text), true, NULL};
}

static void lay_row(struct work *work, struct rwe_layout *layout, size_t i)
{
    const struct rwe_row *row = (const struct rwe_row *)work->grid->rows.items + i;
    struct rwe_layout_cell *cells =
        RWE_NEW(work->scratch, struct rwe_layout_cell, layout->n_columns);
    if (cells == NULL)
        return;
    layout->rows[i] = (struct rwe_layout_row){row->indent, cells};
    cells[0].text = row->label;
    for (size_t j = 1; j < layout->n_columns; j++) {
        cells[j].text = "";
        if (j > row->n_cells)
            continue;
        cells[j] = read_cell(work, row, j - 1);
        cells[j].cell = cells_of(work->grid, row) + (j - 1);
        layout->numeric[j] = layout->numeric[j] || cells[j].is_number;
    }
}

/* The grid's notes, and one that explains the abbreviations in its cells. */
static struct rwe_strings lay_notes(const struct work *work)
{
    size_t n = work->grid->notes.n;
    const char *const *given = work->grid->notes.items;
    struct rwe_strings notes = {RWE_NEW(work->scratch, const char *, n + 1), n};
    if (notes.item == NULL)
        return (struct rwe_strings){NULL, 0};
    for (size_t i = 0; i < n; i++)
        notes.item[i] = given[i];
    if (work->not_reached || work->not_estimable)
        notes.item[notes.n++] =
            rwe_text(!work->not_estimable ? N_("NR, not reached.")
                     : !work->not_reached ? N_("NE, not estimable.")
                                          : N_("NR, not reached; NE, not estimable."));
    return notes;
}

const char *rwe_layout_cell_text(const struct rwe_document *document, const struct rwe_cell *cell,
                                 const struct rwe_style *style, struct rwe_arena *scratch)
{
    struct rwe_cell copy = *cell;
    struct rwe_row row = {.n_cells = 1};
    const struct rwe_grid grid = {.document = (struct rwe_document *)(uintptr_t)document,
                                  .rows = {&row, 1, 1},
                                  .cells = {&copy, 1, 1}};
    struct work work = {.grid = &grid, .style = style, .scratch = scratch};
    return read_cell(&work, &row, 0).text;
}

static bool is_letter(char c)
{
    return isalnum((unsigned char)c) || c == '-' || (unsigned char)c >= 0x80;
}

/* The heading of a column of p-values, in which the word "p" is the letter of the style. */
static const char *lay_heading(const struct work *work, size_t column, const char *heading)
{
    const struct rwe_row *rows = work->grid->rows.items;
    char letter = rwe_style_or_plain(work->style)->p_letter[0];
    bool found = false;
    for (size_t i = 0; i < work->grid->rows.n && !found && column > 0; i++)
        found = column <= rows[i].n_cells &&
                cells_of(work->grid, &rows[i])[column - 1].class == RWE_CELL_P_VALUE;
    char *copy = found && letter != 'p' ? rwe_arena_string(work->scratch, heading) : NULL;
    if (copy == NULL)
        return heading;
    for (char *c = copy; *c != '\0'; c++)
        if (*c == 'p' && !(c > copy && is_letter(c[-1])) && !is_letter(c[1]))
            *c = letter;
    return copy;
}

/* As many columns as there are headings, or as the longest row needs. */
static size_t count_columns(const struct rwe_grid *grid)
{
    const struct rwe_row *rows = grid->rows.items;
    size_t n = grid->headings.n;
    for (size_t i = 0; i < grid->rows.n; i++)
        if (rows[i].n_cells + 1 > n)
            n = rows[i].n_cells + 1;
    return n;
}

const struct rwe_layout *rwe_layout_new(const struct rwe_grid *grid, const struct rwe_style *style,
                                        struct rwe_arena *scratch)
{
    struct work work = {.grid = grid, .style = style, .scratch = scratch};
    const char *const *headings = grid->headings.items;
    size_t n = count_columns(grid);
    struct rwe_layout *layout = RWE_NEW(scratch, struct rwe_layout, 1);
    const char **copies = RWE_NEW(scratch, const char *, n);
    bool *numeric = RWE_NEW(scratch, bool, n);
    struct rwe_layout_row *rows = RWE_NEW(scratch, struct rwe_layout_row, grid->rows.n);
    if (rwe_arena_failed(scratch))
        return NULL;
    *layout = (struct rwe_layout){.n_columns = n,
                                  .n_rows = grid->rows.n,
                                  .headings = copies,
                                  .numeric = numeric,
                                  .rows = rows,
                                  .point = rwe_style_or_plain(style)->point};
    for (size_t j = 0; j < n; j++)
        copies[j] = j < grid->headings.n ? lay_heading(&work, j, headings[j]) : "";
    for (size_t i = 0; i < grid->rows.n; i++)
        lay_row(&work, layout, i);
    layout->notes = lay_notes(&work);
    return rwe_arena_failed(scratch) ? NULL : layout;
}
