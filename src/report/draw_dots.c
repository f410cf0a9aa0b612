/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Love's plot: a row a covariate, a symbol a population. */
#include "draw_rows_private.h"

#include <math.h>

enum { SYMBOL = 8 };

static double shown(const struct rwe_axis *axis, double x)
{
    return axis->absolute ? fabs(x) : x;
}

/* What is beyond the axis is an arrow at its end, in the colour of its symbol. */
static void put_beyond(const struct rwe_draw_rows *rows, const struct rwe_scale_map *map,
                       struct rwe_point at, enum rwe_colour colour)
{
    const double length = 0.03 * (map->to - map->from);
    const double left[] = {at.x, map->from + length}, right[] = {map->to - length, at.x};
    rwe_draw_rows_limits(rows, map, at.x < map->from ? left : right, at.y, colour);
}

static void put_dots(const struct rwe_draw_rows *rows, const struct rwe_axis *axis,
                     const struct rwe_scale_map *map, const struct rwe_draw_rows_row *row)
{
    const struct rwe_figure_column *column;
    for (size_t c = 0; (column = rwe_draw_rows_column(rows->figure, RWE_COLUMN_POINT, c)) != NULL;
         c++) {
        double number[3];
        rwe_draw_rows_numbers(rows, row->of_grid, column->column, number);
        double x = shown(axis, number[0]);
        if (x >= axis->from && x <= axis->to)
            rwe_canvas_symbol(rows->canvas, (struct rwe_point){rwe_scale_at(map, x), row->middle},
                              SYMBOL, column->group);
        else if (!isnan(x))
            put_beyond(rows, map, (struct rwe_point){x, row->middle},
                       rwe_colour_of_group(column->group));
    }
}

static void put_guides(const struct rwe_draw_rows *rows)
{
    const struct rwe_look look = {.stroke = RWE_COLOUR_RULE, .width = 0.8, .dash = RWE_DASH_DOT};
    for (size_t i = 0; i < rows->n; i++)
        if (!rows->row[i].empty)
            rwe_canvas_line(rows->canvas, (struct rwe_point){rows->from, rows->row[i].middle},
                            (struct rwe_point){rows->to, rows->row[i].middle}, &look);
}

double rwe_draw_dots(const struct rwe_figure *figure, struct rwe_canvas *canvas, double top)
{
    struct rwe_draw_rows rows = {.need = {.least_plot = 340, .strip = 12}};
    top = rwe_draw_points_legend(figure, canvas, top);
    if (!rwe_draw_rows_start(&rows, figure, canvas, top))
        return top;
    struct rwe_axis axis = rwe_draw_rows_points_axis(&rows, &figure->x);
    const struct rwe_scale_map map = {axis.scale, axis.from, axis.to, rows.from, rows.to};
    rwe_draw_rows_bands(&rows);
    put_guides(&rows);
    rwe_draw_rows_references(&rows, &axis, &map);
    for (size_t i = 0; i < rows.n; i++)
        if (!rows.row[i].heading)
            put_dots(&rows, &axis, &map, &rows.row[i]);
    rwe_draw_rows_texts(&rows);
    return rwe_draw_rows_axis(&rows, &axis, &map, 0);
}
