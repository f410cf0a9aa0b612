/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Forest plots: a row an estimate with its limits. */
#include "draw_rows_private.h"

#include <math.h>

enum { LEAST_SIDE = 4, MOST_SIDE = 11, EQUAL_SIDE = 7, SYMBOL = 8, BESIDE = 10 };

struct forest {
    struct rwe_draw_rows rows;
    struct rwe_axis axis;
    struct rwe_scale_map map;
    size_t n_points;     /* columns */
    double least_length; /* of the limits of one row: the most precise */
};

static double length_of(const struct forest *forest, const double number[3])
{
    return forest->axis.scale == RWE_SCALE_LOG ? log(number[2] / number[1]) : number[2] - number[1];
}

static void find_most_precise(struct forest *forest, const struct rwe_figure_column *column)
{
    forest->least_length = INFINITY;
    for (size_t i = 0; i < forest->rows.n; i++) {
        double number[3];
        const struct rwe_draw_rows_row *row = &forest->rows.row[i];
        if (row->summary)
            continue;
        rwe_draw_rows_numbers(&forest->rows, row->of_grid, column->column, number);
        double length = length_of(forest, number);
        if (length > 0)
            forest->least_length = fmin(forest->least_length, length);
    }
}

/* Its area is the information, 1 / se², and the limits are as long as se. */
static double side_of(const struct forest *forest, const double number[3])
{
    double length = length_of(forest, number);
    if (forest->rows.figure->rows.equal_marks || !(length > 0))
        return EQUAL_SIDE;
    return fmax(LEAST_SIDE, MOST_SIDE * forest->least_length / length);
}

static void put_square(const struct forest *forest, double x, double y, double side, size_t group)
{
    const struct rwe_look look = {.fill = rwe_colour_of_group(group)};
    rwe_canvas_rectangle(forest->rows.canvas, (struct rwe_point){x - side / 2, y - side / 2},
                         (struct rwe_point){x + side / 2, y + side / 2}, &look);
}

static void put_diamond(const struct forest *forest, const double number[3], double y, size_t group)
{
    struct rwe_canvas *canvas = forest->rows.canvas;
    const struct rwe_scale_map *map = &forest->map;
    const struct rwe_look look = {.fill = rwe_colour_of_group(group)};
    double x = rwe_scale_at(map, number[0]);
    double low = fmax(number[1], 1e-300), high = fmax(number[2], 1e-300);
    const struct rwe_point corner[] = {
        {fmin(rwe_scale_at(map, forest->axis.scale == RWE_SCALE_LOG ? low : number[1]), x - 4), y},
        {x, y - 6},
        {fmax(rwe_scale_at(map, forest->axis.scale == RWE_SCALE_LOG ? high : number[2]), x + 4), y},
        {x, y + 6}};
    canvas->kind->clip(canvas, (struct rwe_point){map->canvas_from, y - 6},
                       (struct rwe_point){map->canvas_to, y + 6});
    canvas->kind->shape(canvas, corner, 4, true, &look);
    canvas->kind->unclip(canvas);
}

/* "NE", "too few": in the plot, unless the cell stands beside it. */
static void put_words(const struct forest *forest, const struct rwe_figure_column *column,
                      size_t row, double y)
{
    const struct rwe_draw_rows *rows = &forest->rows;
    const struct rwe_layout_cell *cell = &rows->layout->rows[row].cells[column->column];
    if (!rwe_draw_rows_has_text(rows, column->column))
        rwe_draw_rows_put_text(rows, cell->text, rwe_draw_rows_cell(rows, row, column->column),
                               (struct rwe_point){(rows->from + rows->to) / 2, y},
                               RWE_ANCHOR_MIDDLE);
}

static void put_estimate(const struct forest *forest, const struct rwe_figure_column *column,
                         const struct rwe_draw_rows_row *row, double y)
{
    const struct rwe_draw_rows *rows = &forest->rows;
    double number[3];
    bool several = forest->n_points > 1;
    rwe_draw_rows_numbers(rows, row->of_grid, column->column, number);
    if (isnan(number[0])) {
        put_words(forest, column, row->of_grid, y);
        return;
    }
    if (!several && row->summary && !isnan(number[1]) && !isnan(number[2])) {
        put_diamond(forest, number, y, column->group);
        return;
    }
    rwe_draw_rows_limits(rows, &forest->map, &number[1], y,
                         several ? rwe_colour_of_group(column->group) : RWE_COLOUR_INK);
    if (number[0] < forest->axis.from || number[0] > forest->axis.to)
        return;
    double x = rwe_scale_at(&forest->map, number[0]);
    if (several)
        rwe_canvas_symbol(rows->canvas, (struct rwe_point){x, y}, SYMBOL, column->group);
    else
        put_square(forest, x, y, side_of(forest, number), column->group);
}

/* The line at the summary, so that the eye compares the rows with it. */
static void draw_summary_line(const struct forest *forest)
{
    const size_t *summaries = forest->rows.figure->summaries.items;
    const struct rwe_figure_column *column =
        rwe_draw_rows_column(forest->rows.figure, RWE_COLUMN_POINT, 0);
    const struct rwe_look look = {
        .stroke = rwe_colour_of_group(column->group), .width = 0.8, .dash = RWE_DASH_DOT};
    double number[3];
    if (forest->rows.figure->summaries.n == 0 || forest->n_points > 1 ||
        summaries[0] >= forest->rows.layout->n_rows)
        return;
    rwe_draw_rows_numbers(&forest->rows, summaries[0], column->column, number);
    if (number[0] > forest->axis.from && number[0] < forest->axis.to)
        rwe_draw_rows_upright(&forest->rows, &forest->map, number[0], &look);
}

static void draw_estimates(struct forest *forest)
{
    const struct rwe_figure_column *column;
    for (size_t c = 0; c < forest->n_points; c++) {
        column = rwe_draw_rows_column(forest->rows.figure, RWE_COLUMN_POINT, c);
        double down = BESIDE * ((double)c - ((double)forest->n_points - 1) / 2);
        find_most_precise(forest, column);
        for (size_t i = 0; i < forest->rows.n; i++)
            if (!forest->rows.row[i].heading)
                put_estimate(forest, column, &forest->rows.row[i],
                             forest->rows.row[i].middle + down);
    }
}

double rwe_draw_forest(const struct rwe_figure *figure, struct rwe_canvas *canvas, double top)
{
    struct forest forest = {.n_points = 0};
    while (rwe_draw_rows_column(figure, RWE_COLUMN_POINT, forest.n_points) != NULL)
        forest.n_points++;
    forest.rows.need = (struct rwe_draw_rows_need){
        .least_plot = 170, .strip = 13 + BESIDE * fmax((double)forest.n_points - 1, 0)};
    top = rwe_draw_points_legend(figure, canvas, top);
    if (forest.n_points == 0 || !rwe_draw_rows_start(&forest.rows, figure, canvas, top))
        return top;
    struct rwe_draw_rows *rows = &forest.rows;
    forest.axis = rwe_draw_rows_points_axis(rows, &figure->x);
    forest.map = (struct rwe_scale_map){forest.axis.scale, forest.axis.from, forest.axis.to,
                                        rows->from, rows->to};
    rwe_draw_rows_bands(rows);
    rwe_draw_rows_references(rows, &forest.axis, &forest.map);
    draw_summary_line(&forest);
    draw_estimates(&forest);
    rwe_draw_rows_texts(rows);
    return rwe_draw_rows_axis(rows, &forest.axis, &forest.map,
                              forest.axis.scale == RWE_SCALE_LOG ? 1 : 0);
}
