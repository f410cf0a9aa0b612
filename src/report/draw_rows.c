/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows of a table in a figure: where its labels and cells stand, and their headings and legends. */
#include "draw_rows_private.h"
#include "rwe/base/sort.h"

#include <math.h>
#include <string.h>

enum {
    STACKED_BELOW = 520, /* width of a canvas */
    LEAST_LABEL = 110,
    MOST_HEADING = 84, /* width of a heading, where its cells are not wider */
    LEAST_ROW = 20,
    HEADING_LINE = 14,
};

/* ---- the table ---- */

const struct rwe_figure_column *rwe_draw_rows_column(const struct rwe_figure *figure,
                                                     enum rwe_column_role role, size_t nth)
{
    const struct rwe_figure_column *columns = figure->columns.items;
    for (size_t c = 0; c < figure->columns.n; c++)
        if (columns[c].role == role && nth-- == 0)
            return &columns[c];
    return NULL;
}

const char *rwe_draw_rows_column_label(const struct rwe_figure *figure,
                                       const struct rwe_figure_column *column)
{
    const char *const *headings = figure->grid->headings.items;
    if (column->label != NULL)
        return column->label;
    return column->column < figure->grid->headings.n ? headings[column->column] : "";
}

const struct rwe_cell *rwe_draw_rows_cell(const struct rwe_draw_rows *rows, size_t row,
                                          size_t column)
{
    const struct rwe_grid *grid = rows->figure->grid;
    const struct rwe_row *of_grid = (const struct rwe_row *)grid->rows.items + row;
    if (column == 0 || column > of_grid->n_cells)
        return NULL;
    return (const struct rwe_cell *)grid->cells.items + of_grid->first_cell + (column - 1);
}

bool rwe_draw_rows_numbers(const struct rwe_draw_rows *rows, size_t row, size_t column,
                           double number[3])
{
    const struct rwe_cell *cell = rwe_draw_rows_cell(rows, row, column);
    for (int i = 0; i < 3; i++)
        number[i] = NAN;
    if (cell == NULL || cell->words != NULL || cell->fact[0] == RWE_NO_FACT)
        return false;
    for (int i = 0; i < 3; i++)
        if (cell->fact[i] != RWE_NO_FACT)
            number[i] = rwe_document_fact(rows->figure->document, cell->fact[i])->number;
    return true;
}

static bool is_text(enum rwe_column_role role)
{
    return role == RWE_COLUMN_TEXT || role == RWE_COLUMN_OF;
}

static const char *text_in(const struct rwe_draw_rows *rows, const struct rwe_draw_rows_text *text,
                           size_t row, const struct rwe_cell **cell)
{
    const struct rwe_layout_cell *cells = rows->layout->rows[row].cells;
    const char *first = cells[text->said->column].text;
    *cell = rwe_draw_rows_cell(rows, row, text->said->column);
    if (text->of == NULL || first[0] == '\0')
        return first;
    *cell = rwe_draw_rows_cell(rows, row, text->of->column);
    const char *both =
        rwe_arena_format(rows->canvas->scratch, "%s/%s", first, cells[text->of->column].text);
    return both == NULL ? "" : both;
}

bool rwe_draw_rows_has_text(const struct rwe_draw_rows *rows, size_t column)
{
    for (size_t c = 0; c < rows->n_texts; c++)
        if (rows->text[c].said->column == column)
            return true;
    return false;
}

/* Whether a row has anything to draw, were it only words: "too few". */
static bool is_marked(const struct rwe_draw_rows *rows, size_t row)
{
    const struct rwe_figure_column *columns = rows->figure->columns.items;
    for (size_t c = 0; c < rows->figure->columns.n; c++) {
        const struct rwe_cell *cell = rwe_draw_rows_cell(rows, row, columns[c].column);
        if (is_text(columns[c].role) || cell == NULL)
            continue;
        if (cell->words != NULL ? cell->words[0] != '\0' : cell->fact[0] != RWE_NO_FACT)
            return true;
    }
    return false;
}

/* Whether any of its marks is a number. */
static bool is_empty(const struct rwe_draw_rows *rows, size_t row)
{
    const struct rwe_figure_column *columns = rows->figure->columns.items;
    double number[3];
    for (size_t c = 0; c < rows->figure->columns.n; c++) {
        rwe_draw_rows_numbers(rows, row, columns[c].column, number);
        if (!is_text(columns[c].role) && !isnan(number[0]))
            return false;
    }
    return true;
}

static bool is_summary(const struct rwe_figure *figure, size_t row)
{
    const size_t *summaries = figure->summaries.items;
    for (size_t s = 0; s < figure->summaries.n; s++)
        if (summaries[s] == row)
            return true;
    return false;
}

/* ---- which rows ---- */

static bool heads_others(const struct rwe_draw_rows *rows, size_t row)
{
    return row + 1 < rows->layout->n_rows &&
           rows->layout->rows[row + 1].indent > rows->layout->rows[row].indent;
}

/* The marked rows from the one that is farthest from 0 down; those without a number last. */
static void sort_by_size(struct rwe_draw_rows *rows)
{
    struct rwe_arena *scratch = rows->canvas->scratch;
    const struct rwe_figure_column *first = rwe_draw_rows_column(rows->figure, RWE_COLUMN_POINT, 0);
    double *key = RWE_NEW(scratch, double, rows->n);
    uint32_t *order = RWE_NEW(scratch, uint32_t, rows->n);
    struct rwe_draw_rows_row *copy = RWE_NEW(scratch, struct rwe_draw_rows_row, rows->n);
    if (first == NULL || rwe_arena_failed(scratch))
        return;
    for (size_t i = 0; i < rows->n; i++) {
        double number[3];
        rwe_draw_rows_numbers(rows, rows->row[i].of_grid, first->column, number);
        key[i] = isnan(number[0]) ? 1 : -fabs(number[0]);
        copy[i] = rows->row[i];
    }
    if (rwe_sort_numbers(key, rows->n, scratch, order) != RWE_OK)
        return;
    for (size_t i = 0; i < rows->n; i++)
        rows->row[i] = copy[order[i]];
}

static void choose_rows(struct rwe_draw_rows *rows)
{
    const struct rwe_row_style *style = &rows->figure->rows;
    rows->row = RWE_NEW(rows->canvas->scratch, struct rwe_draw_rows_row, rows->layout->n_rows);
    for (size_t i = 0; rows->row != NULL && i < rows->layout->n_rows; i++) {
        bool marked = is_marked(rows, i);
        if (marked || (!style->by_size && heads_others(rows, i)))
            rows->row[rows->n++] =
                (struct rwe_draw_rows_row){.of_grid = i,
                                           .heading = !marked,
                                           .summary = is_summary(rows->figure, i),
                                           .empty = is_empty(rows, i)};
    }
    if (style->by_size)
        sort_by_size(rows);
    if (style->most > 0 && rows->n > style->most)
        rows->n = style->most;
}

/* ---- columns of text ---- */

/* A text in one line. */
static const char *in_one_line(struct rwe_arena *scratch, const char *text)
{
    char *line = rwe_arena_string(scratch, text);
    for (char *c = line; c != NULL && *c != '\0'; c++)
        *c = *c == '\n' ? ' ' : *c;
    return line == NULL ? "" : line;
}

/* Where rows are stacked the label keeps at least 4 tenths of the width. */
static double most_beside(const struct rwe_draw_rows *rows)
{
    return 0.6 * rows->label_width - RWE_ROWS_GAP;
}

/* The first cell to the right that is not empty; where others stood before it, with what it is. */
static const char *stacked_cell(const struct rwe_draw_rows *rows, size_t row,
                                const struct rwe_cell **facts)
{
    struct rwe_arena *scratch = rows->canvas->scratch;
    bool first = true;
    for (size_t c = 0; c < rows->n_texts; c++) {
        const struct rwe_draw_rows_text *text = &rows->text[c];
        const char *cell = text_in(rows, text, row, facts);
        if (!text->right)
            continue;
        if (cell[0] != '\0' && first)
            return cell;
        if (cell[0] != '\0') {
            const char *what =
                in_one_line(scratch, rwe_draw_rows_column_label(rows->figure, text->said));
            const char *both = rwe_arena_format(scratch, "%s %s", what, cell);
            bool fits =
                both != NULL && rwe_label_width(both, RWE_DRAW_TEXT, false) <= most_beside(rows);
            return fits ? both : cell;
        }
        first = false;
    }
    return "";
}

static double widest(struct rwe_strings lines, double size, bool bold)
{
    double width = 0;
    for (size_t i = 0; i < lines.n; i++)
        width = fmax(width, rwe_label_width(lines.item[i], size, bold));
    return width;
}

static void measure_text(const struct rwe_draw_rows *rows, struct rwe_draw_rows_text *text)
{
    double width = 0;
    for (size_t i = 0; i < rows->n; i++) {
        const struct rwe_cell *facts;
        const char *cell = text_in(rows, text, rows->row[i].of_grid, &facts);
        width = fmax(width, rwe_label_width(cell, RWE_DRAW_TEXT, false));
    }
    text->anchor = rows->layout->numeric[text->said->column] ? RWE_ANCHOR_END : RWE_ANCHOR_START;
    text->heading =
        rwe_label_wrap(rows->canvas->scratch, rwe_draw_rows_column_label(rows->figure, text->said),
                       RWE_DRAW_SMALL, fmax(width, MOST_HEADING));
    text->width = fmax(width, widest(text->heading, RWE_DRAW_SMALL, false));
}

static void list_texts(struct rwe_draw_rows *rows)
{
    const struct rwe_figure_column *columns = rows->figure->columns.items;
    rows->text = RWE_NEW(rows->canvas->scratch, struct rwe_draw_rows_text, rows->figure->columns.n);
    bool right = false;
    for (size_t c = 0; rows->text != NULL && c < rows->figure->columns.n; c++) {
        right = right || !is_text(columns[c].role);
        if (columns[c].column >= rows->layout->n_columns)
            continue;
        if (columns[c].role == RWE_COLUMN_OF && rows->n_texts > 0)
            rows->text[rows->n_texts - 1].of = &columns[c];
        if (columns[c].role == RWE_COLUMN_TEXT)
            rows->text[rows->n_texts++] =
                (struct rwe_draw_rows_text){.said = &columns[c], .right = right};
    }
    for (size_t c = 0; c < rows->n_texts; c++)
        measure_text(rows, &rows->text[c]);
}

static double width_of_texts(const struct rwe_draw_rows *rows)
{
    double width = 0;
    for (size_t c = 0; c < rows->n_texts; c++)
        width += rows->text[c].width + RWE_ROWS_GAP;
    return width;
}

/* What there is no room for goes: the columns to the left, then those to the right from the last. */
static void drop_texts(struct rwe_draw_rows *rows, double room)
{
    size_t kept = 0;
    if (width_of_texts(rows) <= room)
        return;
    for (size_t c = 0; c < rows->n_texts; c++)
        if (rows->text[c].right)
            rows->text[kept++] = rows->text[c];
    rows->n_texts = kept;
    while (rows->n_texts > 0 && width_of_texts(rows) > room)
        rows->n_texts--;
}

/* ---- from left to right ---- */

static double indent_of(const struct rwe_draw_rows *rows, const struct rwe_draw_rows_row *row)
{
    return RWE_ROWS_INDENT * (double)rows->layout->rows[row->of_grid].indent;
}

/* Bold text is wider than what lines are broken for. */
static double size_for_wrap(const struct rwe_draw_rows_row *row)
{
    return row->heading || row->summary ? 1.17 * RWE_DRAW_TEXT : RWE_DRAW_TEXT;
}

static double natural_label_width(const struct rwe_draw_rows *rows)
{
    double width = 0;
    for (size_t i = 0; i < rows->n; i++) {
        const struct rwe_draw_rows_row *row = &rows->row[i];
        const char *label = rows->layout->rows[row->of_grid].cells[0].text;
        width =
            fmax(width, indent_of(rows, row) + rwe_label_width(label, size_for_wrap(row), false));
    }
    return ceil(width) + 1;
}

static void place_columns(struct rwe_draw_rows *rows)
{
    double right = rows->canvas->width - RWE_ROWS_MARGIN;
    double panel = rows->need.panel > 0 ? rows->need.panel + RWE_ROWS_GAP : 0;
    double room = right - RWE_ROWS_MARGIN - rows->need.least_plot - panel - RWE_ROWS_GAP;
    drop_texts(rows, room - fmin(LEAST_LABEL, natural_label_width(rows)));
    rows->label_width = fmin(natural_label_width(rows), room - width_of_texts(rows));
    double x = RWE_ROWS_MARGIN + rows->label_width + RWE_ROWS_GAP;
    for (size_t c = rows->n_texts; c-- > 0 && rows->text[c].right;) {
        struct rwe_draw_rows_text *text = &rows->text[c];
        text->x = text->anchor == RWE_ANCHOR_END ? right : right - text->width;
        right -= text->width + RWE_ROWS_GAP;
    }
    for (size_t c = 0; c < rows->n_texts && !rows->text[c].right; c++) {
        struct rwe_draw_rows_text *text = &rows->text[c];
        text->x = text->anchor == RWE_ANCHOR_END ? x + text->width : x;
        x += text->width + RWE_ROWS_GAP;
    }
    rows->panel_to = right;
    rows->panel_from = right - rows->need.panel;
    rows->from = x;
    rows->to = right - panel;
}

/* ---- from top to bottom ---- */

static double place_row(const struct rwe_draw_rows *rows, struct rwe_draw_rows_row *row, double top)
{
    const char *label = rows->layout->rows[row->of_grid].cells[0].text;
    double indent = indent_of(rows, row), beside = 0;
    row->stacked = rows->stacked ? stacked_cell(rows, row->of_grid, &row->cell) : "";
    if (rwe_label_width(row->stacked, RWE_DRAW_TEXT, false) > most_beside(rows))
        row->stacked = "";
    if (row->stacked[0] != '\0')
        beside = rwe_label_width(row->stacked, RWE_DRAW_TEXT, false) + RWE_ROWS_GAP;
    row->label = rwe_label_wrap(rows->canvas->scratch, label, size_for_wrap(row),
                                rows->label_width - indent - beside);
    double lines = RWE_ROWS_LINE * fmax((double)row->label.n, 1);
    bool bare = row->heading || (row->empty && row->stacked[0] != '\0'); /* nothing in the plot */
    double strip = bare ? 0 : rows->need.strip;
    row->top = top;
    if (rows->stacked) {
        row->bottom = top + 4 + lines + strip + 5;
        row->middle = top + 4 + lines + strip / 2;
        return row->bottom;
    }
    row->bottom = top + fmax(LEAST_ROW, fmax(lines, rows->need.strip) + 5);
    row->middle = (row->top + row->bottom) / 2;
    return row->bottom;
}

static void place_rows(struct rwe_draw_rows *rows, double top)
{
    size_t most_lines = rows->need.heading > 1 ? rows->need.heading : 1;
    for (size_t c = 0; c < rows->n_texts && !rows->stacked; c++)
        if (rows->text[c].heading.n > most_lines)
            most_lines = rows->text[c].heading.n;
    rows->heading_height = HEADING_LINE * (double)most_lines + 6;
    rows->top = top + rows->heading_height;
    double at = rows->top;
    for (size_t i = 0; i < rows->n; i++)
        at = place_row(rows, &rows->row[i], at);
    rows->bottom = at;
}

bool rwe_draw_rows_start(struct rwe_draw_rows *rows, const struct rwe_figure *figure,
                         struct rwe_canvas *canvas, double top)
{
    rows->figure = figure;
    rows->canvas = canvas;
    rows->layout =
        figure->grid == NULL ? NULL : rwe_layout_new(figure->grid, canvas->style, canvas->scratch);
    if (rows->layout == NULL)
        return false;
    rows->stacked = canvas->width < STACKED_BELOW;
    choose_rows(rows);
    list_texts(rows);
    if (rows->n == 0 || rwe_arena_failed(canvas->scratch))
        return false;
    if (rows->stacked) {
        rows->need.panel = 0;
        rows->from = RWE_ROWS_MARGIN;
        rows->to = canvas->width - RWE_ROWS_MARGIN;
        rows->label_width = rows->to - rows->from;
    } else {
        place_columns(rows);
    }
    place_rows(rows, top);
    return !rwe_arena_failed(canvas->scratch);
}

/* ---- rows and their cells ---- */

/* From the middle of a line to its base, in sizes: half the height of a capital. */
static const double TO_BASE = 0.36;

void rwe_draw_rows_bands(const struct rwe_draw_rows *rows)
{
    const struct rwe_look look = {.fill = RWE_COLOUR_RULE, .opacity = 0.25};
    for (size_t i = 1; i < rows->n; i += 2)
        rwe_canvas_rectangle(
            rows->canvas, (struct rwe_point){RWE_ROWS_MARGIN / 2.0, rows->row[i].top},
            (struct rwe_point){rows->canvas->width - RWE_ROWS_MARGIN / 2.0, rows->row[i].bottom},
            &look);
}

void rwe_draw_rows_put_text(const struct rwe_draw_rows *rows, const char *text,
                            const struct rwe_cell *cell, struct rwe_point at,
                            enum rwe_anchor anchor)
{
    rwe_canvas_text(rows->canvas, &(struct rwe_label){.text = text,
                                                      .cell = cell,
                                                      .x = at.x,
                                                      .y = at.y + TO_BASE * RWE_DRAW_SMALL,
                                                      .size = RWE_DRAW_SMALL,
                                                      .anchor = anchor,
                                                      .colour = RWE_COLOUR_INK});
}

/* ---- headings ---- */

/* Lines that end at `bottom`. */
static void put_heading(const struct rwe_draw_rows *rows, struct rwe_strings lines, double x,
                        enum rwe_anchor anchor)
{
    for (size_t i = 0; i < lines.n; i++) {
        double up = HEADING_LINE * (double)(lines.n - 1 - i);
        rwe_canvas_text(rows->canvas, &(struct rwe_label){.text = lines.item[i],
                                                          .x = x,
                                                          .y = rows->top - 7 - up,
                                                          .size = RWE_DRAW_SMALL,
                                                          .anchor = anchor,
                                                          .colour = RWE_COLOUR_SOFT});
    }
}

/* Of stacked rows the headings of the label and of the first cell beside it, where both fit. */
static void put_stacked_headings(const struct rwe_draw_rows *rows, struct rwe_strings label)
{
    struct rwe_arena *scratch = rows->canvas->scratch;
    const struct rwe_draw_rows_text *first = NULL;
    for (size_t c = rows->n_texts; c-- > 0;)
        if (rows->text[c].right)
            first = &rows->text[c];
    double room = rows->to - rows->from;
    if (label.n == 1) {
        put_heading(rows, label, RWE_ROWS_MARGIN, RWE_ANCHOR_START);
        room -= rwe_label_width(label.item[0], RWE_DRAW_SMALL, false) + RWE_ROWS_GAP;
    }
    if (first == NULL)
        return;
    char *text = rwe_arena_string(scratch, rwe_draw_rows_column_label(rows->figure, first->said));
    for (char *c = text; c != NULL && *c != '\0'; c++)
        *c = *c == '\n' ? ' ' : *c;
    const char *line[] = {text};
    if (text != NULL && rwe_label_width(text, RWE_DRAW_SMALL, false) <= room)
        put_heading(rows, (struct rwe_strings){line, 1}, rows->to, RWE_ANCHOR_END);
}

static void put_headings(const struct rwe_draw_rows *rows)
{
    const struct rwe_look rule = {.stroke = RWE_COLOUR_INK, .width = 0.8};
    struct rwe_strings label = rwe_label_wrap(rows->canvas->scratch, rows->layout->headings[0],
                                              RWE_DRAW_SMALL, rows->label_width);
    if (rows->stacked) {
        put_stacked_headings(rows, label);
    } else {
        if (label.n * HEADING_LINE <= rows->heading_height)
            put_heading(rows, label, RWE_ROWS_MARGIN, RWE_ANCHOR_START);
        for (size_t c = 0; c < rows->n_texts; c++)
            put_heading(rows, rows->text[c].heading, rows->text[c].x, rows->text[c].anchor);
    }
    rwe_canvas_line(rows->canvas, (struct rwe_point){RWE_ROWS_MARGIN / 2.0, rows->top},
                    (struct rwe_point){rows->canvas->width - RWE_ROWS_MARGIN / 2.0, rows->top},
                    &rule);
}

/* ---- rows ---- */

static void put_label(const struct rwe_draw_rows *rows, const struct rwe_draw_rows_row *row,
                      double first)
{
    double indent = RWE_ROWS_INDENT * (double)rows->layout->rows[row->of_grid].indent;
    for (size_t i = 0; i < row->label.n; i++)
        rwe_canvas_text(rows->canvas, &(struct rwe_label){.text = row->label.item[i],
                                                          .x = RWE_ROWS_MARGIN + indent,
                                                          .y = first + RWE_ROWS_LINE * (double)i,
                                                          .size = RWE_DRAW_TEXT,
                                                          .colour = RWE_COLOUR_INK,
                                                          .bold = row->heading || row->summary});
}

static void put_row(const struct rwe_draw_rows *rows, const struct rwe_draw_rows_row *row)
{
    struct rwe_label cell = {.size = RWE_DRAW_TEXT, .colour = RWE_COLOUR_INK};
    if (rows->stacked) {
        cell.text = row->stacked;
        cell.cell = row->cell;
        cell.x = rows->to;
        cell.y = row->top + 4 + RWE_DRAW_TEXT;
        cell.anchor = RWE_ANCHOR_END;
        put_label(rows, row, cell.y);
        rwe_canvas_text(rows->canvas, &cell);
        return;
    }
    double up = RWE_ROWS_LINE * ((double)row->label.n - 1) / 2;
    put_label(rows, row, row->middle + TO_BASE * RWE_DRAW_TEXT - up);
    for (size_t c = 0; c < rows->n_texts; c++) {
        const struct rwe_draw_rows_text *text = &rows->text[c];
        cell.text = text_in(rows, text, row->of_grid, &cell.cell);
        cell.x = text->x;
        cell.y = row->middle + TO_BASE * RWE_DRAW_TEXT;
        cell.anchor = text->anchor;
        rwe_canvas_text(rows->canvas, &cell);
    }
}

void rwe_draw_rows_texts(const struct rwe_draw_rows *rows)
{
    put_headings(rows);
    for (size_t i = 0; i < rows->n; i++)
        put_row(rows, &rows->row[i]);
}

/* ---- legends ---- */

enum { MARK = 12, BESIDE_MARK = 6 };

static void put_mark(struct rwe_canvas *canvas, const struct rwe_legend_entry *entry,
                     struct rwe_point middle)
{
    if (entry->mark == RWE_LEGEND_SYMBOL) {
        rwe_canvas_symbol(canvas, middle, 8, entry->group);
        return;
    }
    for (size_t side = 0; side < 2; side++) { /* bars have a colour a side */
        double left = middle.x + (side == 0 ? -MARK / 2.0 : 0);
        const struct rwe_look look = {.fill = rwe_colour_of_group(side),
                                      .opacity =
                                          entry->mark == RWE_LEGEND_BAR ? RWE_BAR_OPACITY : 0};
        rwe_canvas_rectangle(canvas, (struct rwe_point){left, middle.y - MARK / 2.0},
                             (struct rwe_point){left + MARK / 2.0, middle.y + MARK / 2.0}, &look);
    }
}

double rwe_draw_legend(struct rwe_canvas *canvas, const struct rwe_legend_entry entry[], size_t n,
                       double top)
{
    double x = RWE_ROWS_MARGIN, right = canvas->width - RWE_ROWS_MARGIN;
    for (size_t i = 0; i < n; i++) {
        struct rwe_strings lines = rwe_label_wrap(canvas->scratch, entry[i].label, RWE_DRAW_TEXT,
                                                  right - RWE_ROWS_MARGIN - MARK - BESIDE_MARK);
        double width = 0;
        for (size_t l = 0; l < lines.n; l++)
            width = fmax(width, rwe_label_width(lines.item[l], RWE_DRAW_TEXT, false));
        if (x > RWE_ROWS_MARGIN && x + MARK + BESIDE_MARK + width > right) {
            x = RWE_ROWS_MARGIN;
            top += RWE_ROWS_LINE + 3;
        }
        put_mark(canvas, &entry[i], (struct rwe_point){x + MARK / 2.0, top + RWE_ROWS_LINE / 2.0});
        for (size_t l = 0; l < lines.n; l++) {
            top += l > 0 ? RWE_ROWS_LINE : 0;
            rwe_canvas_text(canvas, &(struct rwe_label){.text = lines.item[l],
                                                        .x = x + MARK + BESIDE_MARK,
                                                        .y = top + RWE_ROWS_LINE / 2.0 +
                                                             TO_BASE * RWE_DRAW_TEXT,
                                                        .size = RWE_DRAW_TEXT,
                                                        .colour = RWE_COLOUR_INK});
        }
        x += MARK + BESIDE_MARK + width + RWE_ROWS_GAP;
    }
    return n == 0 ? top : top + RWE_ROWS_LINE + 6;
}

double rwe_draw_points_legend(const struct rwe_figure *figure, struct rwe_canvas *canvas,
                              double top)
{
    struct rwe_legend_entry *entry =
        RWE_NEW(canvas->scratch, struct rwe_legend_entry, figure->columns.n);
    const struct rwe_figure_column *column;
    size_t n = 0;
    if (figure->grid == NULL || entry == NULL)
        return top;
    while ((column = rwe_draw_rows_column(figure, RWE_COLUMN_POINT, n)) != NULL)
        entry[n++] = (struct rwe_legend_entry){rwe_draw_rows_column_label(figure, column),
                                               RWE_LEGEND_SYMBOL, column->group};
    return n < 2 ? top : rwe_draw_legend(canvas, entry, n, top);
}
