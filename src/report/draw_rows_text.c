/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Labels, cells, headings and legends of figures of tables. */
#include "draw_rows.h"

#include <math.h>
#include <string.h>

enum { HEADING_LINE = 14 };

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
        cell.text = rwe_draw_rows_text_in(rows, text, row->of_grid, &cell.cell);
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
