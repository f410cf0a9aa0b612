/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Axes, reference lines and limits of figures of tables. */
#include "draw_rows_private.h"

#include <math.h>
#include <string.h>

/* ---- from where to where ---- */

/* Limits reach this many times farther than the points before they end in an arrow: one estimate of
 * few events shall not press all the others together. */
static const double MOST_REACH = 4;
/* The least and the widest axis of ratios. */
static const double LEAST_FROM = 0.5, LEAST_TO = 2, MOST_FROM = 0.01, MOST_TO = 100;

struct extent {
    double point_low, point_high, low, high;
};

static void take(double x, double *low, double *high)
{
    if (isnan(x))
        return;
    *low = fmin(*low, x);
    *high = fmax(*high, x);
}

static struct extent extent_of(const struct rwe_draw_rows *rows, const struct rwe_axis *axis)
{
    struct extent e = {INFINITY, -INFINITY, INFINITY, -INFINITY};
    const struct rwe_figure_column *column;
    for (size_t c = 0; (column = rwe_draw_rows_column(rows->figure, RWE_COLUMN_POINT, c)) != NULL;
         c++)
        for (size_t i = 0; i < rows->n; i++) {
            double number[3];
            rwe_draw_rows_numbers(rows, rows->row[i].of_grid, column->column, number);
            for (int k = 0; k < 3; k++)
                number[k] = axis->absolute ? fabs(number[k]) : number[k];
            take(number[0], &e.point_low, &e.point_high);
            for (int k = 0; k < 3; k++)
                take(number[k], &e.low, &e.high);
        }
    return e;
}

static void set_ratio_range(const struct extent *e, struct rwe_axis *axis)
{
    double from = fmax(e->low, e->point_low / MOST_REACH);
    double to = fmin(e->high, e->point_high * MOST_REACH);
    axis->from = fmax(fmin(from, LEAST_FROM), MOST_FROM) / 1.05;
    axis->to = fmin(fmax(to, LEAST_TO), MOST_TO) * 1.05;
}

/* References belong to it, and 0 where signs are not shown. */
static void set_linear_range(const struct rwe_draw_rows *rows, struct extent *e,
                             struct rwe_axis *axis)
{
    const struct rwe_reference *references = rows->figure->references.items;
    for (size_t r = 0; r < rows->figure->references.n; r++)
        if (references[r].upright)
            take(axis->absolute ? fabs(references[r].at) : references[r].at, &e->low, &e->high);
    if (!(e->low <= e->high)) {
        e->low = 0;
        e->high = 1;
    }
    double space = e->high > e->low ? 0.06 * (e->high - e->low) : 1;
    axis->from = axis->absolute ? 0 : e->low - space;
    axis->to = e->high + space;
}

struct rwe_axis rwe_draw_rows_points_axis(const struct rwe_draw_rows *rows,
                                          const struct rwe_axis *given)
{
    struct rwe_axis axis = *given;
    struct extent e = extent_of(rows, &axis);
    if (axis.to > axis.from)
        return axis;
    if (axis.scale == RWE_SCALE_LOG)
        set_ratio_range(&e, &axis);
    else
        set_linear_range(rows, &e, &axis);
    return axis;
}

/* ---- the axis ---- */

enum { TICK = 4, BETWEEN_TICKS = 9, SPACE = 8 };

static void put_small(const struct rwe_draw_rows *rows, const char *text, struct rwe_point at,
                      enum rwe_anchor anchor)
{
    rwe_canvas_text(rows->canvas, &(struct rwe_label){.text = text,
                                                      .x = at.x,
                                                      .y = at.y,
                                                      .size = RWE_DRAW_SMALL,
                                                      .anchor = anchor,
                                                      .colour = RWE_COLOUR_INK});
}

enum { TICK_SIZE = 40 };

/* With the decimal mark of the table's numbers. */
static void put_tick_text(const struct rwe_draw_rows *rows, const struct rwe_axis *axis, double at,
                          char text[TICK_SIZE])
{
    char plain[32];
    rwe_tick_text(axis, at, plain);
    const char *point = strchr(plain, '.');
    if (point == NULL)
        snprintf(text, TICK_SIZE, "%s", plain);
    else
        snprintf(text, TICK_SIZE, "%.*s%s%s", (int)(point - plain), plain, rows->layout->point,
                 point + 1);
}

/* Whether the numbers at the ticks keep a distance. */
static bool have_room(const struct rwe_draw_rows *rows, const struct rwe_ticks *ticks,
                      const struct rwe_axis *axis, const struct rwe_scale_map *map)
{
    double end = -INFINITY;
    for (size_t i = 0; i < ticks->n; i++) {
        char text[TICK_SIZE];
        double x = fabs(rwe_scale_at(map, ticks->at[i]) - map->canvas_from);
        put_tick_text(rows, axis, ticks->at[i], text);
        double half = rwe_label_width(text, RWE_DRAW_SMALL, false) / 2;
        if (x - half < end + BETWEEN_TICKS)
            return false;
        end = x + half;
    }
    return true;
}

/* As many as there is room for: of ratios all doublings, else few but three. */
static struct rwe_ticks choose_ticks(const struct rwe_draw_rows *rows, const struct rwe_axis *axis,
                                     const struct rwe_scale_map *map)
{
    double length = fabs(map->canvas_to - map->canvas_from);
    size_t most =
        axis->scale == RWE_SCALE_LOG ? (size_t)fmax(length / 26, 2) : (size_t)fmax(length / 48, 4);
    struct rwe_ticks ticks = rwe_axis_ticks(axis, axis->from, axis->to, most);
    while (most > 2 && !have_room(rows, &ticks, axis, map))
        ticks = rwe_axis_ticks(axis, axis->from, axis->to, --most);
    return ticks;
}

double rwe_draw_rows_ticks(const struct rwe_draw_rows *rows, const struct rwe_axis *axis,
                           const struct rwe_scale_map *map, bool bare_zero)
{
    const struct rwe_look look = {.stroke = RWE_COLOUR_INK, .width = 0.8};
    const double top = rows->bottom;
    struct rwe_ticks ticks = choose_ticks(rows, axis, map);
    rwe_canvas_line(rows->canvas, (struct rwe_point){map->canvas_from, top},
                    (struct rwe_point){map->canvas_to, top}, &look);
    for (size_t i = 0; i < ticks.n; i++) {
        char text[TICK_SIZE];
        double x = rwe_scale_at(map, ticks.at[i]);
        rwe_canvas_line(rows->canvas, (struct rwe_point){x, top}, (struct rwe_point){x, top + TICK},
                        &look);
        put_tick_text(rows, axis, ticks.at[i], text);
        double half = rwe_label_width(text, RWE_DRAW_SMALL, false) / 2 + 1;
        double inside = fmin(fmax(x, half), rows->canvas->width - half);
        if (ticks.at[i] != 0 || !bare_zero)
            put_small(rows, text, (struct rwe_point){inside, top + TICK + 12}, RWE_ANCHOR_MIDDLE);
    }
    return top + TICK + 16;
}

/* The head of an arrow whose tip is at `tip`; `way` is 1 to the right, −1 to the left. */
static void put_arrow_head(const struct rwe_draw_rows *rows, struct rwe_point tip, int way,
                           enum rwe_colour colour)
{
    const struct rwe_point corner[] = {
        tip, {tip.x - way * 6, tip.y - 3.5}, {tip.x - way * 6, tip.y + 3.5}};
    const struct rwe_look look = {.fill = colour};
    rows->canvas->kind->shape(rows->canvas, corner, 3, true, &look);
}

/* Words on one side of x, with an arrow that points away from it; in what there is on that side. */
static double put_words(const struct rwe_draw_rows *rows, const char *words, double x, int way,
                        double top)
{
    enum { ARROW = 16 };
    double end = way > 0 ? rows->canvas->width - RWE_ROWS_MARGIN : RWE_ROWS_MARGIN;
    double start = x + way * SPACE, room = fabs(end - start) - ARROW;
    if (words == NULL || room < 2 * ARROW)
        return top;
    struct rwe_strings lines = rwe_label_wrap(rows->canvas->scratch, words, RWE_DRAW_SMALL, room);
    for (size_t i = 0; i < lines.n; i++)
        put_small(rows, lines.item[i],
                  (struct rwe_point){start + way * ARROW, top + 12 + 14 * (double)i},
                  way > 0 ? RWE_ANCHOR_START : RWE_ANCHOR_END);
    const struct rwe_look look = {.stroke = RWE_COLOUR_INK, .width = 0.8};
    struct rwe_point tail = {start, top + 8}, tip = {start + way * (ARROW - 4), top + 8};
    rwe_canvas_line(rows->canvas, tail, (struct rwe_point){tip.x - way * 4, tip.y}, &look);
    put_arrow_head(rows, tip, way, RWE_COLOUR_INK);
    return top + 14 * (double)lines.n + 4;
}

double rwe_draw_rows_axis(const struct rwe_draw_rows *rows, const struct rwe_axis *axis,
                          const struct rwe_scale_map *map, double at)
{
    double top = rwe_draw_rows_ticks(rows, axis, map, false);
    double middle = (map->canvas_from + map->canvas_to) / 2;
    if (axis->label != NULL) {
        double room =
            2 * fmin(middle - RWE_ROWS_MARGIN, rows->canvas->width - RWE_ROWS_MARGIN - middle);
        struct rwe_strings lines =
            rwe_label_wrap(rows->canvas->scratch, axis->label, RWE_DRAW_SMALL, room);
        for (size_t i = 0; i < lines.n; i++, top += 14)
            put_small(rows, lines.item[i], (struct rwe_point){middle, top + 12}, RWE_ANCHOR_MIDDLE);
        top += 2;
    }
    double x = at >= axis->from && at <= axis->to ? rwe_scale_at(map, at) : middle;
    return fmax(put_words(rows, axis->low_words, x, -1, top),
                put_words(rows, axis->high_words, x, 1, top));
}

/* ---- in the plot ---- */

/* Where rows are stacked it keeps off the labels. */
void rwe_draw_rows_upright(const struct rwe_draw_rows *rows, const struct rwe_scale_map *map,
                           double at, const struct rwe_look *look)
{
    double x = rwe_scale_at(map, at);
    if (!rows->stacked)
        rwe_canvas_line(rows->canvas, (struct rwe_point){x, rows->top},
                        (struct rwe_point){x, rows->bottom}, look);
    for (size_t i = 0; rows->stacked && i < rows->n; i++)
        if (!rows->row[i].empty)
            rwe_canvas_line(rows->canvas,
                            (struct rwe_point){x, rows->row[i].middle - rows->need.strip / 2},
                            (struct rwe_point){x, rows->row[i].bottom}, look);
}

void rwe_draw_rows_references(const struct rwe_draw_rows *rows, const struct rwe_axis *axis,
                              const struct rwe_scale_map *map)
{
    const struct rwe_reference *references = rows->figure->references.items;
    for (size_t r = 0; r < rows->figure->references.n; r++) {
        double at = axis->absolute ? fabs(references[r].at) : references[r].at;
        bool none = at == (axis->scale == RWE_SCALE_LOG ? 1 : 0); /* no effect */
        const struct rwe_look look = {.stroke = none ? RWE_COLOUR_INK : RWE_COLOUR_SOFT,
                                      .width = 0.8,
                                      .dash = none ? RWE_DASH_SOLID : RWE_DASH_SHORT};
        if (references[r].upright && at >= axis->from && at <= axis->to)
            rwe_draw_rows_upright(rows, map, at, &look);
    }
}

void rwe_draw_rows_limits(const struct rwe_draw_rows *rows, const struct rwe_scale_map *map,
                          const double limits[2], double y, enum rwe_colour colour)
{
    const struct rwe_look look = {.stroke = colour, .width = 1.3};
    if (isnan(limits[0]) || isnan(limits[1]))
        return;
    bool low = limits[0]<map->from, high = limits[1]> map->to;
    double from = low ? map->canvas_from : rwe_scale_at(map, fmin(limits[0], map->to));
    double to = high ? map->canvas_to : rwe_scale_at(map, fmax(limits[1], map->from));
    rwe_canvas_line(rows->canvas, (struct rwe_point){from + (low ? 4 : 0), y},
                    (struct rwe_point){to - (high ? 4 : 0), y}, &look);
    if (low)
        put_arrow_head(rows, (struct rwe_point){from, y}, -1, colour);
    if (high)
        put_arrow_head(rows, (struct rwe_point){to, y}, 1, colour);
}
