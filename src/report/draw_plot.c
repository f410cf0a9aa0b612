/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Plots: the frame, its axes and the table of counts beneath; curves and words each have their file. */
#include "draw_plot_private.h"
#include "layout_private.h"
#include "rwe/base/text.h"

#include <math.h>
#include <string.h>

static const double TICK = 5, LINE = 15;

static bool is_narrow(const struct rwe_canvas *canvas)
{
    return canvas->width < 500;
}

/* ---- counts ---- */

/*
 * The table of counts under a plot, each column under its time (Morris et al., BMJ Open 9:e030215, 2019). A
 * row without cells is a heading; one that is a curve's name has a sample of the curve before it.
 */

static const double ROW = 15, GAP = 10; /* between counts side by side */

static const struct rwe_row *rows_of(const struct rwe_plot *plot)
{
    return plot->figure->grid->rows.items;
}

static const struct rwe_cell *cell_of(const struct rwe_plot *plot, const struct rwe_row *row,
                                      size_t j)
{
    return (const struct rwe_cell *)plot->figure->grid->cells.items + row->first_cell + j;
}

/* The time of column `j`: that of the first fact in it. NaN: it has none. */
static double time_of(const struct rwe_plot *plot, size_t j)
{
    const struct rwe_row *rows = rows_of(plot);
    for (size_t r = 0; r < plot->figure->grid->rows.n; r++) {
        rwe_fact fact = j < rows[r].n_cells ? cell_of(plot, &rows[r], j)->fact[0] : RWE_NO_FACT;
        if (fact != RWE_NO_FACT)
            return rwe_document_fact(plot->figure->document, fact)->key.time;
    }
    return NAN;
}

static void read_counts_row(struct rwe_plot *plot, size_t r)
{
    struct rwe_counts *counts = &plot->counts;
    const struct rwe_row *row = &rows_of(plot)[r];
    counts->text[r] = RWE_NEW(plot->canvas->scratch, const char *, counts->n_columns);
    if (counts->text[r] == NULL)
        return;
    if (row->n_cells > 0)
        counts->label = fmax(counts->label, rwe_label_width(row->label, RWE_DRAW_SMALL, false));
    for (size_t k = 0; k < counts->n_columns; k++) {
        if (counts->cell[k] >= row->n_cells)
            continue;
        const struct rwe_cell *cell = cell_of(plot, row, counts->cell[k]);
        const char *text = cell->words != NULL
                               ? cell->words
                               : rwe_layout_cell_text(plot->figure->document, cell,
                                                      plot->canvas->style, plot->canvas->scratch);
        counts->text[r][k] = text;
        if (text != NULL)
            counts->widest = fmax(counts->widest, rwe_label_width(text, RWE_DRAW_SMALL, false));
    }
}

static void read_counts(struct rwe_plot *plot, double from, double to)
{
    struct rwe_arena *scratch = plot->canvas->scratch;
    struct rwe_counts *counts = &plot->counts;
    if (plot->figure->grid == NULL)
        return;
    size_t n_rows = plot->figure->grid->rows.n, most = 0;
    for (size_t r = 0; r < n_rows; r++)
        most = rows_of(plot)[r].n_cells > most ? rows_of(plot)[r].n_cells : most;
    *counts = (struct rwe_counts){.time = RWE_NEW(scratch, double, most),
                                  .cell = RWE_NEW(scratch, size_t, most),
                                  .kept = RWE_NEW(scratch, bool, most),
                                  .text = RWE_NEW(scratch, const char **, n_rows)};
    if (rwe_arena_failed(scratch))
        return;
    for (size_t j = 0; j < most; j++) {
        double time = time_of(plot, j);
        if (!(time >= from && time <= to * (1 + 1e-12)))
            continue;
        counts->time[counts->n_columns] = time;
        counts->cell[counts->n_columns++] = j;
    }
    for (size_t r = 0; r < n_rows; r++)
        read_counts_row(plot, r);
}

/* Whether every `step`-th column leaves room between the counts, and between the numbers at the ticks. */
static bool fits(const struct rwe_plot *plot, size_t step)
{
    const struct rwe_counts *counts = &plot->counts;
    for (size_t k = step; k < counts->n_columns; k += step) {
        char tick[32];
        rwe_tick_text(&plot->figure->x, counts->time[k], tick);
        double need = fmax(counts->widest, rwe_label_width(tick, RWE_DRAW_SMALL, false)) + GAP;
        if (rwe_scale_at(&plot->x, counts->time[k]) -
                rwe_scale_at(&plot->x, counts->time[k - step]) <
            need)
            return false;
    }
    return true;
}

static void choose_counts(struct rwe_plot *plot)
{
    struct rwe_counts *counts = &plot->counts;
    size_t step = 1;
    while (step < counts->n_columns && !fits(plot, step))
        step++;
    for (size_t k = 0; k < counts->n_columns; k += step)
        counts->kept[k] = true;
}

static const struct rwe_curve *curve_named(const struct rwe_figure *figure, const char *label)
{
    const struct rwe_curve *curves = figure->curves.items;
    for (size_t c = 0; c < figure->curves.n; c++)
        if (label != NULL && curves[c].label != NULL && strcmp(curves[c].label, label) == 0)
            return &curves[c];
    return NULL;
}

/* A heading in as many lines as it takes. */
static double draw_counts_heading(const struct rwe_plot *plot, const char *label, double top)
{
    const struct rwe_curve *curve = curve_named(plot->figure, label);
    double x = RWE_PLOT_MARGIN + (curve == NULL ? 0 : RWE_PLOT_SAMPLE + 6);
    if (curve != NULL)
        rwe_plot_sample(plot->canvas, curve, RWE_PLOT_MARGIN, top + ROW / 2 + 1);
    struct rwe_strings lines =
        rwe_label_wrap(plot->canvas->scratch, label, RWE_DRAW_SMALL * 1.08,
                       plot->canvas->width - x - RWE_PLOT_MARGIN); /* bold letters are wider */
    for (size_t i = 0; i < lines.n; i++, top += ROW)
        rwe_canvas_text(plot->canvas, &(struct rwe_label){.text = lines.item[i],
                                                          .x = x,
                                                          .y = top + ROW - 4,
                                                          .size = RWE_DRAW_SMALL,
                                                          .colour = RWE_COLOUR_INK,
                                                          .bold = true});
    return top;
}

static double draw_counts_row(const struct rwe_plot *plot, size_t r, double top)
{
    const struct rwe_counts *counts = &plot->counts;
    const struct rwe_row *row = &rows_of(plot)[r];
    struct rwe_label label = {.text = row->label,
                              .x = RWE_PLOT_MARGIN,
                              .y = top + ROW - 4,
                              .size = RWE_DRAW_SMALL,
                              .colour = RWE_COLOUR_SOFT};
    rwe_canvas_text(plot->canvas, &label);
    label.anchor = RWE_ANCHOR_MIDDLE;
    label.colour = RWE_COLOUR_INK;
    for (size_t k = 0; k < counts->n_columns; k++) {
        if (!counts->kept[k] || counts->text[r] == NULL || counts->text[r][k] == NULL)
            continue;
        label.text = counts->text[r][k];
        label.cell = cell_of(plot, row, counts->cell[k]);
        label.x = rwe_scale_at(&plot->x, counts->time[k]);
        rwe_canvas_text(plot->canvas, &label);
    }
    return top + ROW;
}

static double draw_counts(const struct rwe_plot *plot, double top)
{
    if (plot->figure->grid == NULL || plot->counts.n_columns == 0)
        return top;
    for (size_t r = 0; r < plot->figure->grid->rows.n; r++) {
        const struct rwe_row *row = &rows_of(plot)[r];
        if (row->n_cells == 0)
            top = draw_counts_heading(plot, row->label == NULL ? "" : row->label,
                                      top + (r > 0 ? 3 : 0));
        else
            top = draw_counts_row(plot, r, top);
    }
    return top;
}

/* ---- ranges ---- */

struct range {
    double from, to;
};

static void include(struct range *range, double x)
{
    if (isfinite(x)) {
        range->from = fmin(range->from, x);
        range->to = fmax(range->to, x);
    }
}

static struct range x_range(const struct rwe_figure *figure)
{
    const struct rwe_curve *curves = figure->curves.items;
    struct range range = {INFINITY, -INFINITY};
    double half = 0;
    if (figure->x.from < figure->x.to)
        return (struct range){figure->x.from, figure->x.to};
    for (size_t c = 0; c < figure->curves.n; c++) {
        const struct rwe_curve *curve = &curves[c];
        if (curve->style == RWE_CURVE_STEP && figure->x.scale == RWE_SCALE_LINEAR)
            include(&range, 0);
        if (curve->style == RWE_CURVE_BARS && curve->n > 1)
            half = fmax(half, (curve->x[1] - curve->x[0]) / 2);
        for (size_t i = 0; i < curve->n; i++)
            if (!(curve->x[i] > curve->until))
                include(&range, curve->x[i]);
    }
    range.from -= half;
    range.to += half;
    return range.from < range.to ? range : (struct range){0, 1};
}

static void include_curve(struct range *range, const struct rwe_curve *curve)
{
    if (curve->style == RWE_CURVE_STEP)
        include(range, curve->start);
    if (curve->style == RWE_CURVE_AREA || curve->style == RWE_CURVE_BARS)
        include(range, 0);
    for (size_t i = 0; i < curve->n; i++) {
        if (curve->x[i] > curve->until)
            continue;
        include(range, curve->y[i]);
        if (curve->low != NULL)
            include(range, curve->low[i]);
        if (curve->high != NULL)
            include(range, curve->high[i]);
    }
}

/* Both ends at ticks. */
static struct range y_range(const struct rwe_figure *figure, size_t most)
{
    const struct rwe_curve *curves = figure->curves.items;
    struct range range = {INFINITY, -INFINITY};
    if (figure->y.from < figure->y.to)
        return (struct range){figure->y.from, figure->y.to};
    for (size_t c = 0; c < figure->curves.n; c++)
        include_curve(&range, &curves[c]);
    if (!isfinite(range.from))
        range = (struct range){0, 1};
    if (range.from == range.to)
        range = (struct range){range.from - 0.5, range.to + 0.5};
    struct rwe_ticks ticks = rwe_axis_ticks(&figure->y, range.from, range.to, most);
    if (figure->y.scale == RWE_SCALE_LOG || ticks.n < 2)
        return range;
    double step = ticks.at[1] - ticks.at[0];
    return (struct range){step * floor(range.from / step + 1e-9),
                          step * ceil(range.to / step - 1e-9)};
}

/* ---- the frame ---- */

static double widest_tick(const struct rwe_axis *axis, const struct rwe_ticks *ticks)
{
    double widest = 0;
    for (size_t i = 0; i < ticks->n; i++) {
        char text[32];
        rwe_tick_text(axis, ticks->at[i], text);
        widest = fmax(widest, rwe_label_width(text, RWE_DRAW_SMALL, false));
    }
    return widest;
}

static double frame_height(const struct rwe_canvas *canvas)
{
    return is_narrow(canvas) ? 210 : floor(0.45 * canvas->width);
}

/* A title that is longer than its axis stands above it instead of along it. */
static bool title_is_turned(const struct rwe_plot *plot)
{
    const char *title = plot->figure->y.label;
    return title != NULL && !is_narrow(plot->canvas) &&
           rwe_label_width(title, RWE_DRAW_TEXT, false) <= frame_height(plot->canvas);
}

static void set_frame(struct rwe_plot *plot, double top)
{
    const struct rwe_figure *figure = plot->figure;
    double number = widest_tick(&figure->y, &plot->y_ticks) + TICK + 4;
    double left = number + (title_is_turned(plot) ? RWE_DRAW_TEXT + 10 : 0);
    struct rwe_ticks ticks = rwe_axis_ticks(&figure->x, plot->x.from, plot->x.to, 8);
    double half = fmax(widest_tick(&figure->x, &ticks), plot->counts.widest) / 2;
    if (plot->counts.n_columns > 0)
        left = fmax(left, plot->counts.label + half + 8);
    bool title_above = figure->y.label != NULL && !title_is_turned(plot);
    plot->frame.left = ceil(RWE_PLOT_MARGIN + left);
    plot->frame.right = floor(plot->canvas->width - RWE_PLOT_MARGIN - fmax(half - 8, 0));
    plot->frame.top = top + (title_above ? LINE + 8 : 8);
    plot->frame.bottom = plot->frame.top + frame_height(plot->canvas);
}

/* Most ticks that the numbers leave room for. */
static struct rwe_ticks fitting_ticks(const struct rwe_plot *plot)
{
    const struct rwe_axis *axis = &plot->figure->x;
    double room = plot->frame.right - plot->frame.left;
    for (size_t most = 12; most > 2; most--) {
        struct rwe_ticks ticks = rwe_axis_ticks(axis, plot->x.from, plot->x.to, most);
        double need = widest_tick(axis, &ticks) + 10;
        bool fits = need * (double)ticks.n <= room;
        for (size_t i = 1; i < ticks.n && fits; i++)
            fits = rwe_scale_at(&plot->x, ticks.at[i]) - rwe_scale_at(&plot->x, ticks.at[i - 1]) >=
                   need;
        if (fits)
            return ticks;
    }
    return rwe_axis_ticks(axis, plot->x.from, plot->x.to, 2);
}

static void set_scales(struct rwe_plot *plot, struct range x, struct range y)
{
    const struct rwe_box_of *frame = &plot->frame;
    plot->x =
        (struct rwe_scale_map){plot->figure->x.scale, x.from, x.to, frame->left, frame->right};
    plot->y =
        (struct rwe_scale_map){plot->figure->y.scale, y.from, y.to, frame->bottom, frame->top};
}

static void lay_out(struct rwe_plot *plot, double top)
{
    size_t most = is_narrow(plot->canvas) ? 5 : 6;
    struct range x = x_range(plot->figure), y = y_range(plot->figure, most);
    plot->y_ticks = rwe_axis_ticks(&plot->figure->y, y.from, y.to, most);
    read_counts(plot, x.from, x.to);
    set_scales(plot, x, y);
    set_frame(plot, top);
    set_scales(plot, x, y);
    choose_counts(plot);
    plot->x_ticks = fitting_ticks(plot);
}

/* ---- axes ---- */

static void draw_tick(const struct rwe_plot *plot, double x, double length)
{
    static const struct rwe_look look = {.stroke = RWE_COLOUR_INK, .width = 1};
    rwe_canvas_line(plot->canvas, (struct rwe_point){x, plot->frame.bottom},
                    (struct rwe_point){x, plot->frame.bottom + length}, &look);
}

static void draw_x_number(const struct rwe_plot *plot, double at)
{
    char text[32];
    rwe_tick_text(&plot->figure->x, at, text);
    double x = rwe_scale_at(&plot->x, at);
    draw_tick(plot, x, TICK);
    rwe_canvas_text(plot->canvas,
                    &(struct rwe_label){.text = text,
                                        .x = x,
                                        .y = plot->frame.bottom + TICK + RWE_DRAW_SMALL + 2,
                                        .size = RWE_DRAW_SMALL,
                                        .anchor = RWE_ANCHOR_MIDDLE,
                                        .colour = RWE_COLOUR_INK});
}

/* Words at the ends share a line with the title where there is room, else it goes one further down. */
static double draw_x_words(const struct rwe_plot *plot, double y)
{
    const struct rwe_axis *axis = &plot->figure->x;
    struct rwe_label label = {.text = axis->low_words,
                              .x = plot->frame.left,
                              .y = y,
                              .size = RWE_DRAW_SMALL,
                              .colour = RWE_COLOUR_SOFT};
    if (axis->low_words == NULL && axis->high_words == NULL)
        return y;
    rwe_canvas_text(plot->canvas, &label);
    label.text = axis->high_words;
    label.x = plot->frame.right;
    label.anchor = RWE_ANCHOR_END;
    rwe_canvas_text(plot->canvas, &label);
    return y + LINE;
}

static double draw_x_axis(const struct rwe_plot *plot)
{
    const struct rwe_counts *counts = &plot->counts;
    double y = plot->frame.bottom + TICK + 2 * RWE_DRAW_SMALL + 8;
    for (size_t k = 0; k < counts->n_columns; k++)
        if (counts->kept[k])
            draw_x_number(plot, counts->time[k]);
        else
            draw_tick(plot, rwe_scale_at(&plot->x, counts->time[k]), TICK - 2);
    for (size_t i = 0; counts->n_columns == 0 && i < plot->x_ticks.n; i++)
        draw_x_number(plot, plot->x_ticks.at[i]);
    y = draw_x_words(plot, y);
    if (plot->figure->x.label == NULL)
        return y - RWE_DRAW_TEXT;
    struct rwe_strings lines = rwe_label_wrap(plot->canvas->scratch, plot->figure->x.label,
                                              RWE_DRAW_TEXT, plot->frame.right - plot->frame.left);
    for (size_t i = 0; i < lines.n; i++, y += LINE)
        rwe_canvas_text(plot->canvas,
                        &(struct rwe_label){.text = lines.item[i],
                                            .x = (plot->frame.left + plot->frame.right) / 2,
                                            .y = y + 1,
                                            .size = RWE_DRAW_TEXT,
                                            .anchor = RWE_ANCHOR_MIDDLE,
                                            .colour = RWE_COLOUR_INK});
    return y - LINE + 6;
}

/* Bars and areas do. */
static bool stands_on_zero(const struct rwe_plot *plot)
{
    for (size_t c = 0; c < plot->n_curves; c++)
        if (plot->curve[c].curve->style == RWE_CURVE_BARS ||
            plot->curve[c].curve->style == RWE_CURVE_AREA)
            return true;
    return false;
}

static void draw_y_axis(const struct rwe_plot *plot)
{
    static const struct rwe_look look = {.stroke = RWE_COLOUR_INK, .width = 1};
    const struct rwe_box_of *frame = &plot->frame;
    for (size_t i = 0; i < plot->y_ticks.n; i++) {
        char text[32];
        double y = rwe_scale_at(&plot->y, plot->y_ticks.at[i]);
        rwe_tick_text(&plot->figure->y, plot->y_ticks.at[i], text);
        rwe_canvas_line(plot->canvas, (struct rwe_point){frame->left - TICK, y},
                        (struct rwe_point){frame->left, y}, &look);
        rwe_canvas_text(plot->canvas, &(struct rwe_label){.text = text,
                                                          .x = frame->left - TICK - 4,
                                                          .y = y + 0.36 * RWE_DRAW_SMALL,
                                                          .size = RWE_DRAW_SMALL,
                                                          .anchor = RWE_ANCHOR_END,
                                                          .colour = RWE_COLOUR_INK});
    }
    const struct rwe_point corner[] = {
        {frame->left, frame->top}, {frame->left, frame->bottom}, {frame->right, frame->bottom}};
    plot->canvas->kind->shape(plot->canvas, corner, 3, false, &look);
    if (stands_on_zero(plot) && plot->y.from < 0 && plot->y.to > 0)
        rwe_canvas_line(plot->canvas, (struct rwe_point){frame->left, rwe_scale_at(&plot->y, 0)},
                        (struct rwe_point){frame->right, rwe_scale_at(&plot->y, 0)}, &look);
    bool turned = title_is_turned(plot);
    double number = widest_tick(&plot->figure->y, &plot->y_ticks) + TICK + 4;
    rwe_canvas_text(
        plot->canvas,
        &(struct rwe_label){.text = plot->figure->y.label,
                            .x = turned ? frame->left - number - 10 : (double)RWE_PLOT_MARGIN,
                            .y = turned ? (frame->top + frame->bottom) / 2 : frame->top - 12,
                            .size = RWE_DRAW_TEXT,
                            .anchor = turned ? RWE_ANCHOR_MIDDLE : RWE_ANCHOR_START,
                            .colour = RWE_COLOUR_INK,
                            .turned = turned});
}

/* What a pointer needs to read values off the page. */
static void tell_frame(const struct rwe_plot *plot)
{
    bool linear = plot->x.scale == RWE_SCALE_LINEAR && plot->y.scale == RWE_SCALE_LINEAR;
    plot->canvas->frame = (struct rwe_plot_frame){.x_from = plot->x.from,
                                                  .x_to = plot->x.to,
                                                  .y_from = plot->y.from,
                                                  .y_to = plot->y.to,
                                                  .left = plot->frame.left,
                                                  .right = plot->frame.right,
                                                  .bottom = plot->frame.bottom,
                                                  .top = plot->frame.top,
                                                  .set = linear};
}

double rwe_draw_plot(const struct rwe_figure *figure, struct rwe_canvas *canvas, double top)
{
    struct rwe_plot plot = {.figure = figure, .canvas = canvas};
    lay_out(&plot, top);
    if (!rwe_arena_failed(canvas->scratch))
        rwe_plot_trace(&plot);
    if (!rwe_arena_failed(canvas->scratch))
        rwe_plot_place_words(&plot);
    if (rwe_arena_failed(canvas->scratch))
        return top;
    rwe_plot_shift(&plot, rwe_plot_words_above(&plot, top) - top);
    rwe_plot_curves(&plot);
    double bottom = draw_x_axis(&plot);
    draw_y_axis(&plot);
    rwe_plot_words_within(&plot);
    tell_frame(&plot);
    return draw_counts(&plot, bottom + 6) + 2;
}
