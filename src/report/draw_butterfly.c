/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Butterflies: bars to the left and to the right, the severe ones darker within; with a plot of the
 * differences beside them where the table has those. */
#include "draw_rows_private.h"

#include <math.h>
#include <string.h>

enum { BAR = 13, PANEL = 120, BESIDE = 4 };

struct butterfly {
    struct rwe_draw_rows rows;
    struct rwe_axis axis;
    double middle; /* x where the sides meet */
    struct rwe_scale_map side[2];
};

/* ---- the table ---- */

static const struct rwe_figure_column *column_of(const struct butterfly *butterfly,
                                                 enum rwe_column_role role, size_t side)
{
    const struct rwe_figure_column *column;
    for (size_t c = 0; (column = rwe_draw_rows_column(butterfly->rows.figure, role, c)) != NULL;
         c++)
        if (column->group == side)
            return column;
    return NULL;
}

/* The last fact of the cell; RWE_NO_FACT where it has none. */
static rwe_fact percent_of(const struct butterfly *butterfly, size_t row,
                           const struct rwe_figure_column *column)
{
    const struct rwe_cell *cell =
        column == NULL ? NULL : rwe_draw_rows_cell(&butterfly->rows, row, column->column);
    rwe_fact fact = RWE_NO_FACT;
    for (int i = 0; cell != NULL && cell->words == NULL && i < 3; i++)
        fact = cell->fact[i] == RWE_NO_FACT ? fact : cell->fact[i];
    return fact;
}

static double number_of(const struct butterfly *butterfly, rwe_fact fact)
{
    return fact == RWE_NO_FACT ? NAN
                               : rwe_document_fact(butterfly->rows.figure->document, fact)->number;
}

static const char *text_of(const struct butterfly *butterfly, rwe_fact fact)
{
    const struct rwe_cell cell = {.class = RWE_CELL_PERCENT_LIMITS,
                                  .fact = {fact, RWE_NO_FACT, RWE_NO_FACT}};
    const char *text =
        rwe_layout_cell_text(butterfly->rows.figure->document, &cell, butterfly->rows.canvas->style,
                             butterfly->rows.canvas->scratch);
    return text == NULL ? "" : text;
}

/* "41.2% (12.0%)": any, and the severe among them; `cell` has these facts. */
static const char *end_text(const struct butterfly *butterfly, size_t row, size_t side,
                            struct rwe_cell *cell)
{
    rwe_fact any = percent_of(butterfly, row, column_of(butterfly, RWE_COLUMN_BAR, side));
    rwe_fact severe = percent_of(butterfly, row, column_of(butterfly, RWE_COLUMN_INNER_BAR, side));
    *cell = (struct rwe_cell){.class = RWE_CELL_COUNT_PERCENT, .fact = {any, severe, RWE_NO_FACT}};
    if (any == RWE_NO_FACT)
        return "";
    if (severe == RWE_NO_FACT)
        return text_of(butterfly, any);
    const char *text = rwe_arena_format(butterfly->rows.canvas->scratch, "%s (%s)",
                                        text_of(butterfly, any), text_of(butterfly, severe));
    return text == NULL ? "" : text;
}

/* ---- where ---- */

static double widest_end(const struct butterfly *butterfly)
{
    double width = 0;
    struct rwe_cell cell;
    for (size_t i = 0; i < butterfly->rows.n; i++)
        for (size_t side = 0; side < 2; side++) {
            const char *text = end_text(butterfly, butterfly->rows.row[i].of_grid, side, &cell);
            width = fmax(width, rwe_label_width(text, RWE_DRAW_SMALL, false));
        }
    return width + BESIDE;
}

/* To the next tenth above the longest bar, where the figure does not say. */
static void set_axis(struct butterfly *butterfly)
{
    double most = 0;
    butterfly->axis = butterfly->rows.figure->x;
    if (butterfly->axis.to > butterfly->axis.from)
        return;
    for (size_t i = 0; i < butterfly->rows.n; i++)
        for (size_t side = 0; side < 2; side++)
            most = fmax(
                most, number_of(butterfly, percent_of(butterfly, butterfly->rows.row[i].of_grid,
                                                      column_of(butterfly, RWE_COLUMN_BAR, side))));
    butterfly->axis.from = 0;
    butterfly->axis.to = most > 0 ? fmin(100, 10 * ceil(most / 10)) : 10;
}

static void place_sides(struct butterfly *butterfly)
{
    const struct rwe_draw_rows *rows = &butterfly->rows;
    double room = widest_end(butterfly);
    set_axis(butterfly);
    butterfly->middle = (rows->from + rows->to) / 2;
    double length = fmax((rows->to - rows->from) / 2 - room, 20);
    for (size_t side = 0; side < 2; side++)
        butterfly->side[side] = (struct rwe_scale_map){
            RWE_SCALE_LINEAR, butterfly->axis.from, butterfly->axis.to, butterfly->middle,
            butterfly->middle + (side == 0 ? -length : length)};
}

/* ---- bars ---- */

static void put_bar(const struct butterfly *butterfly, double percent, size_t side, double y,
                    bool inner)
{
    const struct rwe_look look = {.fill = rwe_colour_of_group(side),
                                  .opacity = inner ? 0 : RWE_BAR_OPACITY};
    double x = rwe_scale_at(&butterfly->side[side], fmin(percent, butterfly->axis.to));
    if (percent > 0)
        rwe_canvas_rectangle(butterfly->rows.canvas,
                             (struct rwe_point){butterfly->middle, y - BAR / 2.0},
                             (struct rwe_point){x, y + BAR / 2.0}, &look);
}

static void put_side(const struct butterfly *butterfly, const struct rwe_draw_rows_row *row,
                     size_t side)
{
    const struct rwe_figure_column *any = column_of(butterfly, RWE_COLUMN_BAR, side);
    const struct rwe_figure_column *severe = column_of(butterfly, RWE_COLUMN_INNER_BAR, side);
    double percent = number_of(butterfly, percent_of(butterfly, row->of_grid, any));
    put_bar(butterfly, percent, side, row->middle, false);
    put_bar(butterfly, number_of(butterfly, percent_of(butterfly, row->of_grid, severe)), side,
            row->middle, true);
    double end = isnan(percent)
                     ? butterfly->middle
                     : rwe_scale_at(&butterfly->side[side], fmin(percent, butterfly->axis.to));
    struct rwe_cell cell;
    const char *text = end_text(butterfly, row->of_grid, side, &cell);
    rwe_draw_rows_put_text(&butterfly->rows, text, &cell,
                           (struct rwe_point){end + (side == 0 ? -BESIDE : BESIDE), row->middle},
                           side == 0 ? RWE_ANCHOR_END : RWE_ANCHOR_START);
}

/* ---- legend and headings ---- */

/* The part of a bar's label before the newline, what is counted, or the one behind it, the side. */
static const char *part_of_label(const struct butterfly *butterfly,
                                 const struct rwe_figure_column *column, bool side)
{
    const char *label =
        column == NULL ? "" : rwe_draw_rows_column_label(butterfly->rows.figure, column);
    const char *line = strchr(label, '\n');
    if (side)
        return line == NULL ? label : line + 1;
    const char *what = line == NULL ? ""
                                    : rwe_arena_format(butterfly->rows.canvas->scratch, "%.*s",
                                                       (int)(line - label), label);
    return what == NULL ? "" : what;
}

static double draw_legend(const struct butterfly *butterfly, double top)
{
    const struct rwe_figure_column *severe = column_of(butterfly, RWE_COLUMN_INNER_BAR, 0);
    const struct rwe_legend_entry entry[] = {
        {part_of_label(butterfly, column_of(butterfly, RWE_COLUMN_BAR, 0), false), RWE_LEGEND_BAR,
         0},
        {part_of_label(butterfly, severe, false), RWE_LEGEND_INNER_BAR, 0}};
    return severe == NULL || entry[0].label[0] == '\0'
               ? top
               : rwe_draw_legend(butterfly->rows.canvas, entry, 2, top);
}

/* The name of a side in lines. */
static struct rwe_strings side_lines(const struct butterfly *butterfly, size_t side, double room)
{
    return rwe_label_wrap(
        butterfly->rows.canvas->scratch,
        part_of_label(butterfly, column_of(butterfly, RWE_COLUMN_BAR, side), true),
        RWE_DRAW_TEXT * 1.17, room);
}

/* Their last line at `bottom`. */
static void put_side_names(const struct butterfly *butterfly, double bottom)
{
    const struct rwe_draw_rows *rows = &butterfly->rows;
    for (size_t side = 0; side < 2; side++) {
        struct rwe_strings lines = side_lines(butterfly, side, (rows->to - rows->from) / 2 - 8);
        for (size_t i = 0; i < lines.n; i++)
            rwe_canvas_text(
                rows->canvas,
                &(struct rwe_label){.text = lines.item[i],
                                    .x = butterfly->middle + (side == 0 ? -8 : 8),
                                    .y = bottom - RWE_ROWS_LINE * (double)(lines.n - 1 - i),
                                    .size = RWE_DRAW_TEXT,
                                    .anchor = side == 0 ? RWE_ANCHOR_END : RWE_ANCHOR_START,
                                    .colour = RWE_COLOUR_INK,
                                    .bold = true});
    }
}

/* ---- differences ---- */

static double draw_panel(const struct butterfly *butterfly)
{
    const struct rwe_draw_rows *rows = &butterfly->rows;
    const struct rwe_figure_column *column =
        rwe_draw_rows_column(rows->figure, RWE_COLUMN_POINT, 0);
    const struct rwe_look look = {.stroke = RWE_COLOUR_INK, .width = 0.8};
    if (column == NULL || rows->need.panel == 0)
        return rows->bottom;
    struct rwe_axis axis = rwe_draw_rows_points_axis(rows, &rows->figure->y);
    const struct rwe_scale_map map = {axis.scale, axis.from, axis.to, rows->panel_from,
                                      rows->panel_to};
    if (axis.from < 0 && axis.to > 0)
        rwe_draw_rows_upright(rows, &map, 0, &look);
    for (size_t i = 0; i < rows->n; i++) {
        double number[3];
        rwe_draw_rows_numbers(rows, rows->row[i].of_grid, column->column, number);
        struct rwe_point at = {rwe_scale_at(&map, number[0]), rows->row[i].middle};
        rwe_draw_rows_limits(rows, &map, &number[1], at.y, RWE_COLOUR_INK);
        if (number[0] >= axis.from && number[0] <= axis.to)
            rows->canvas->kind->circle(rows->canvas, at, 3,
                                       &(struct rwe_look){.fill = RWE_COLOUR_INK});
    }
    return rwe_draw_rows_axis(rows, &axis, &map, 0);
}

static double draw_percents(const struct butterfly *butterfly)
{
    const struct rwe_draw_rows *rows = &butterfly->rows;
    const struct rwe_look line = {.stroke = RWE_COLOUR_INK, .width = 0.8};
    struct rwe_axis bare = butterfly->axis;
    bare.label = NULL;
    rwe_draw_rows_upright(rows, &butterfly->side[1], butterfly->axis.from, &line);
    rwe_draw_rows_ticks(rows, &bare, &butterfly->side[0], true);
    const struct rwe_scale_map right = butterfly->side[1];
    double end = rwe_draw_rows_ticks(rows, &bare, &right, false);
    if (butterfly->axis.label == NULL)
        return end;
    rwe_canvas_text(rows->canvas, &(struct rwe_label){.text = butterfly->axis.label,
                                                      .x = butterfly->middle,
                                                      .y = end + 12,
                                                      .size = RWE_DRAW_SMALL,
                                                      .anchor = RWE_ANCHOR_MIDDLE,
                                                      .colour = RWE_COLOUR_INK});
    return end + 16;
}

/* Lines that the names need, in a plot that is as narrow as it may be. */
static size_t count_side_lines(const struct butterfly *butterfly)
{
    double room =
        fmin(butterfly->rows.need.least_plot, butterfly->rows.canvas->width - 2 * RWE_ROWS_MARGIN) /
            2 -
        8;
    size_t left = side_lines(butterfly, 0, room).n, right = side_lines(butterfly, 1, room).n;
    return left > right ? left : right;
}

double rwe_draw_butterfly(const struct rwe_figure *figure, struct rwe_canvas *canvas, double top)
{
    struct butterfly butterfly = {.rows = {.figure = figure,
                                           .canvas = canvas,
                                           .need = {.least_plot = 340, .strip = BAR + 1}}};
    struct rwe_draw_rows *rows = &butterfly.rows;
    if (figure->grid == NULL)
        return top;
    rows->need.panel = rwe_draw_rows_column(figure, RWE_COLUMN_POINT, 0) == NULL ? 0 : PANEL;
    rows->need.heading = count_side_lines(&butterfly) + (canvas->width > RWE_DRAW_NARROW ? 0 : 1);
    if (!rwe_draw_rows_start(rows, figure, canvas, draw_legend(&butterfly, top)))
        return top;
    place_sides(&butterfly);
    rwe_draw_rows_bands(rows);
    for (size_t i = 0; i < rows->n; i++)
        for (size_t side = 0; side < 2 && !rows->row[i].heading; side++)
            put_side(&butterfly, &rows->row[i], side);
    double end = fmax(draw_percents(&butterfly), draw_panel(&butterfly));
    put_side_names(&butterfly, rows->top - (rows->stacked ? 22 : 7));
    rwe_draw_rows_texts(rows);
    return end;
}
