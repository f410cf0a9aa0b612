/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Curves, their bands, censorings and reference lines. */
#include "draw_plot_private.h"

#include <math.h>

/* Points nearer than this, in units, are one: a printer shows no less, and 100 000 patients take no more
 * bytes than the width of the figure does. Limits, drawn light, may be coarser. */
static const double NEAR = 0.1, NEAR_OF_BAND = 0.3;

static const struct rwe_point BREAK = {NAN, NAN};

static double clamp(double x, double low, double high)
{
    return fmin(fmax(x, low), high);
}

/* ---- paths ---- */

/* A path being made. */
struct pen {
    struct rwe_path *path;
    double near, last_x; /* of the last step down */
    bool down;
};

static void put(struct pen *pen, double x, double y)
{
    pen->path->at[pen->path->n++] = (struct rwe_point){x, y};
    pen->down = true;
}

static void lift(struct pen *pen)
{
    if (pen->down)
        pen->path->at[pen->path->n++] = BREAK;
    pen->down = false;
}

/* Along to x, then up or down to y. Steps that nobody could tell apart become one. */
static void step(struct pen *pen, double x, double y)
{
    struct rwe_point *last = &pen->path->at[pen->path->n - 1];
    if (pen->path->n >= 2 && x - pen->last_x < pen->near && last->x == pen->last_x)
        last->y = y;
    else if (fabs(y - last->y) >= pen->near) {
        double height = last->y;
        put(pen, x, height);
        put(pen, x, y);
        pen->last_x = x;
    }
}

/* Where a value lies, kept within reach of the canvas so that no coordinate is absurd. */
static double at_y(const struct rwe_plot *plot, double y)
{
    double reach = plot->frame.bottom - plot->frame.top;
    return clamp(rwe_scale_at(&plot->y, y), plot->frame.top - reach, plot->frame.bottom + reach);
}

static bool is_drawn(const struct rwe_plot *plot, const struct rwe_curve *curve, size_t i)
{
    return !(curve->x[i] > curve->until) && !(curve->x[i] > plot->x.to * (1 + 1e-12));
}

/* Of a step curve: from the axis' start, cut at `until`. */
static void trace_steps(const struct rwe_plot *plot, const struct rwe_curve *curve,
                        const double value[], struct pen *pen)
{
    size_t i = 0;
    double height = at_y(plot, curve->start), x = plot->frame.left;
    if (!isnan(curve->start))
        put(pen, x, height);
    for (; i < curve->n && is_drawn(plot, curve, i); i++) {
        double y = isnan(value[i]) ? NAN : at_y(plot, value[i]);
        x = clamp(rwe_scale_at(&plot->x, curve->x[i]), plot->frame.left, plot->frame.right);
        if (isnan(y) && pen->down) {
            put(pen, x, pen->path->at[pen->path->n - 1].y);
            lift(pen);
        } else if (!isnan(y) && !pen->down) {
            put(pen, x, y);
            pen->last_x = -INFINITY;
        } else if (!isnan(y))
            step(pen, x, y);
    }
    if (i < curve->n) /* what was cut goes on to the cut */
        x = rwe_scale_at(&plot->x, curve->until <= plot->x.to ? curve->until : plot->x.to);
    if (pen->down && x > pen->path->at[pen->path->n - 1].x)
        put(pen, x, pen->path->at[pen->path->n - 1].y);
}

static bool is_far(const struct pen *pen, struct rwe_point to)
{
    struct rwe_point last = pen->path->at[pen->path->n - 1];
    return hypot(to.x - last.x, to.y - last.y) >= pen->near;
}

static void trace_line(const struct rwe_plot *plot, const struct rwe_curve *curve,
                       const double value[], struct pen *pen)
{
    for (size_t i = 0; i < curve->n && is_drawn(plot, curve, i); i++) {
        if (isnan(value[i])) {
            lift(pen);
            continue;
        }
        struct rwe_point to = {rwe_scale_at(&plot->x, curve->x[i]), at_y(plot, value[i])};
        if (!pen->down || i + 1 == curve->n || is_far(pen, to))
            put(pen, to.x, to.y);
    }
}

static struct rwe_path trace(const struct rwe_plot *plot, const struct rwe_curve *curve,
                             const double value[], double near)
{
    struct rwe_path path = {NULL, 0};
    if (value == NULL)
        return path;
    path.at = RWE_NEW(plot->canvas->scratch, struct rwe_point, 2 * curve->n + 3);
    if (path.at == NULL)
        return path;
    struct pen pen = {.path = &path, .near = near, .last_x = -INFINITY};
    if (curve->style == RWE_CURVE_STEP)
        trace_steps(plot, curve, value, &pen);
    else
        trace_line(plot, curve, value, &pen);
    return path;
}

/* ---- what is covered ---- */

static void cover_from(const struct rwe_plot *plot, const struct rwe_cover *cover, double x,
                       double y)
{
    long column = (long)x;
    if (column < 0 || column >= (long)plot->canvas->width)
        return;
    cover->top[column] = fminf(cover->top[column], (float)y);
    cover->bottom[column] = fmaxf(cover->bottom[column], (float)y);
}

static void cover_path(const struct rwe_plot *plot, const struct rwe_path *path,
                       struct rwe_cover *cover)
{
    for (size_t i = 0; i < path->n; i++) {
        struct rwe_point to = path->at[i];
        if (isnan(to.x))
            continue;
        cover_from(plot, cover, to.x, to.y);
        struct rwe_point from = i == 0 || isnan(path->at[i - 1].x) ? to : path->at[i - 1];
        for (double x = floor(from.x) + 1; x <= to.x; x++) {
            double y = from.y + (to.y - from.y) * (x - from.x) / (to.x - from.x);
            cover_from(plot, cover, x, y);
            cover_from(plot, cover, x - 1, y);
        }
    }
}

static struct rwe_cover new_cover(const struct rwe_plot *plot)
{
    size_t n = (size_t)plot->canvas->width + 1;
    struct rwe_cover cover = {RWE_NEW(plot->canvas->scratch, float, n),
                              RWE_NEW(plot->canvas->scratch, float, n)};
    for (size_t x = 0; x < n && !rwe_arena_failed(plot->canvas->scratch); x++) {
        cover.top[x] = INFINITY;
        cover.bottom[x] = -INFINITY;
    }
    return cover;
}

/* Half the distance of the points of bars; of a single one a fortieth of the axis. */
static double half_bar(const struct rwe_plot *plot, const struct rwe_curve *curve)
{
    double least = INFINITY;
    for (size_t i = 1; i < curve->n; i++)
        least = fmin(least, fabs(rwe_scale_at(&plot->x, curve->x[i]) -
                                 rwe_scale_at(&plot->x, curve->x[i - 1])));
    return isfinite(least) ? least / 2 : (plot->frame.right - plot->frame.left) / 40;
}

/* Areas and bars cover what is between their line and zero. */
static void cover_to_zero(const struct rwe_plot *plot, const struct rwe_drawn_curve *of)
{
    double zero = at_y(plot, clamp(0, plot->y.from, plot->y.to));
    double half = of->curve->style == RWE_CURVE_BARS ? half_bar(plot, of->curve) : 0;
    for (size_t i = 0; i < of->line.n; i++)
        for (double x = of->line.at[i].x - half; x <= of->line.at[i].x + half; x++) {
            cover_from(plot, &of->band, x, of->line.at[i].y);
            cover_from(plot, &of->band, x, zero);
        }
    for (size_t x = 0; half == 0 && x < (size_t)plot->canvas->width; x++)
        if (of->cover.top[x] <= of->cover.bottom[x]) {
            cover_from(plot, &of->cover, (double)x, zero);
        }
}

void rwe_plot_trace(struct rwe_plot *plot)
{
    const struct rwe_curve *curves = plot->figure->curves.items;
    plot->n_curves = plot->figure->curves.n;
    plot->curve = RWE_NEW(plot->canvas->scratch, struct rwe_drawn_curve, plot->n_curves);
    for (size_t c = 0; c < plot->n_curves && !rwe_arena_failed(plot->canvas->scratch); c++) {
        struct rwe_drawn_curve *to = &plot->curve[c];
        const struct rwe_curve *curve = &curves[c];
        to->curve = curve;
        to->line = trace(plot, curve, curve->y, NEAR);
        to->low = trace(plot, curve, curve->high == NULL ? NULL : curve->low, NEAR_OF_BAND);
        to->high = trace(plot, curve, curve->low == NULL ? NULL : curve->high, NEAR_OF_BAND);
        to->cover = new_cover(plot);
        to->band = new_cover(plot);
        if (rwe_arena_failed(plot->canvas->scratch))
            return;
        if (curve->style == RWE_CURVE_BARS || curve->style == RWE_CURVE_POINTS)
            for (size_t i = 0; i < to->line.n; i++)
                cover_from(plot, &to->cover, to->line.at[i].x, to->line.at[i].y);
        else
            cover_path(plot, &to->line, &to->cover);
        cover_path(plot, &to->low, &to->band);
        cover_path(plot, &to->high, &to->band);
        if (curve->style == RWE_CURVE_AREA || curve->style == RWE_CURVE_BARS)
            cover_to_zero(plot, to);
    }
}

static void shift_path(struct rwe_path *path, double by)
{
    for (size_t i = 0; i < path->n; i++)
        path->at[i].y += by;
}

void rwe_plot_shift(struct rwe_plot *plot, double by)
{
    plot->frame.top += by;
    plot->frame.bottom += by;
    plot->y.canvas_from += by;
    plot->y.canvas_to += by;
    plot->results_at.y += by;
    for (size_t c = 0; c < plot->n_curves; c++) {
        shift_path(&plot->curve[c].line, by);
        shift_path(&plot->curve[c].low, by);
        shift_path(&plot->curve[c].high, by);
    }
    for (size_t c = 0; plot->name != NULL && c < plot->n_curves; c++) {
        plot->name[c].top += by;
        plot->name[c].bottom += by;
    }
}

/* ---- drawing ---- */

static struct rwe_look line_look(size_t group, double width)
{
    return (struct rwe_look){
        .stroke = rwe_colour_of_group(group), .width = width, .dash = rwe_dash_of_group(group)};
}

static struct rwe_look fill_look(size_t group, double opacity)
{
    return (struct rwe_look){.fill = rwe_colour_of_group(group), .opacity = opacity};
}

/* A closed shape for each unbroken piece: along the upper limit and back along the lower, which break at
 * the same points of the curve. */
static void draw_band(const struct rwe_plot *plot, const struct rwe_drawn_curve *of)
{
    const struct rwe_path *low = &of->low, *high = &of->high;
    const struct rwe_look look = fill_look(of->curve->group, plot->n_curves > 2 ? 0.1 : 0.16);
    struct rwe_point *shape =
        RWE_NEW(plot->canvas->scratch, struct rwe_point, low->n + high->n + 1);
    size_t l = 0, h = 0;
    while (shape != NULL && l < low->n && h < high->n) {
        size_t n = 0, from = l;
        for (; h < high->n && !isnan(high->at[h].x); h++)
            shape[n++] = high->at[h];
        while (l < low->n && !isnan(low->at[l].x))
            l++;
        for (size_t i = l; i > from; i--)
            shape[n++] = low->at[i - 1];
        plot->canvas->kind->shape(plot->canvas, shape, n, true, &look);
        h++;
        l++;
    }
}

static void draw_area(const struct rwe_plot *plot, const struct rwe_drawn_curve *of)
{
    double zero = rwe_scale_at(&plot->y, 0);
    const struct rwe_path *line = &of->line;
    const struct rwe_look look = fill_look(of->curve->group, 0.3);
    struct rwe_point *shape = RWE_NEW(plot->canvas->scratch, struct rwe_point, line->n + 2);
    if (shape == NULL || line->n == 0)
        return;
    size_t n = 0;
    shape[n++] = (struct rwe_point){line->at[0].x, zero};
    for (size_t i = 0; i < line->n; i++)
        if (!isnan(line->at[i].x))
            shape[n++] = line->at[i];
    shape[n] = (struct rwe_point){shape[n - 1].x, zero};
    plot->canvas->kind->shape(plot->canvas, shape, n + 1, true, &look);
}

static void draw_bars(const struct rwe_plot *plot, const struct rwe_drawn_curve *of)
{
    double zero = rwe_scale_at(&plot->y, 0), half = half_bar(plot, of->curve);
    double gap = half > 3 ? 1 : 0;
    struct rwe_look look = fill_look(of->curve->group, 0.65);
    for (size_t i = 0; i < of->line.n; i++) {
        struct rwe_point at = of->line.at[i];
        if (!isnan(at.x) && at.y != zero)
            rwe_canvas_rectangle(plot->canvas, (struct rwe_point){at.x - half + gap / 2, zero},
                                 (struct rwe_point){at.x + half - gap / 2, at.y}, &look);
    }
}

/* One of those that fall on the same unit of the canvas. */
static void draw_points(const struct rwe_plot *plot, const struct rwe_drawn_curve *of)
{
    size_t width = (size_t)plot->canvas->width + 1;
    size_t height = (size_t)(plot->frame.bottom - plot->frame.top) + 1;
    bool *there = RWE_NEW(plot->canvas->scratch, bool, width *height);
    const struct rwe_look look = {.stroke = rwe_colour_of_group(of->curve->group), .width = 0.9};
    for (size_t i = 0; there != NULL && i < of->line.n; i++) {
        struct rwe_point at = of->line.at[i];
        if (isnan(at.x) || at.y < plot->frame.top || at.y > plot->frame.bottom)
            continue;
        bool *cell = &there[(size_t)(at.y - plot->frame.top) * width + (size_t)at.x];
        if (!*cell)
            plot->canvas->kind->circle(plot->canvas, at, 1.9, &look);
        *cell = true;
    }
}

/* Ticks that are at least `near` apart, as one path; returns how many. */
static size_t trace_ticks(const struct rwe_plot *plot, const struct rwe_curve *curve, double near,
                          struct rwe_path *path)
{
    static const double HALF = 3.5;
    struct rwe_point last = {-INFINITY, 0};
    size_t n = 0;
    path->n = 0;
    for (size_t i = 0; i < curve->n && is_drawn(plot, curve, i); i++) {
        double x = rwe_scale_at(&plot->x, curve->x[i]), y = at_y(plot, curve->y[i]);
        if (!(curve->censored[i] > 0) || isnan(curve->y[i]) || hypot(x - last.x, y - last.y) < near)
            continue;
        if (n > 0)
            path->at[path->n++] = BREAK;
        path->at[path->n++] = (struct rwe_point){x, y + HALF};
        path->at[path->n++] = (struct rwe_point){x, y - HALF};
        last = (struct rwe_point){x, y};
        n++;
    }
    return n;
}

/* Where ticks would make a ribbon of the curve one stands for those around it. */
static void draw_censored(const struct rwe_plot *plot, const struct rwe_curve *curve)
{
    static const double NEAR_TICKS = 0.75, FAR_TICKS = 4, CROWDED = 0.25; /* ticks a unit */
    struct rwe_path path = {RWE_NEW(plot->canvas->scratch, struct rwe_point, 3 * curve->n), 0};
    const struct rwe_look look = {.stroke = rwe_colour_of_group(curve->group), .width = 1};
    if (path.at == NULL)
        return;
    size_t n = trace_ticks(plot, curve, NEAR_TICKS, &path);
    if (n > 1 && (double)n > CROWDED * (path.at[path.n - 1].x - path.at[0].x))
        trace_ticks(plot, curve, FAR_TICKS, &path);
    if (path.n > 0)
        plot->canvas->kind->shape(plot->canvas, path.at, path.n, false, &look);
}

static void draw_curve(const struct rwe_plot *plot, const struct rwe_drawn_curve *of)
{
    const struct rwe_curve *curve = of->curve;
    struct rwe_look look = line_look(curve->group, 1.8);
    if (curve->style == RWE_CURVE_BARS)
        draw_bars(plot, of);
    else if (curve->style == RWE_CURVE_POINTS)
        draw_points(plot, of);
    else if (of->line.n > 0)
        plot->canvas->kind->shape(plot->canvas, of->line.at, of->line.n, false, &look);
    if (curve->censored != NULL && curve->style == RWE_CURVE_STEP)
        draw_censored(plot, curve);
}

/* What does not fit is cut off, but not half of a line along an edge. */
static void draw_references(const struct rwe_plot *plot)
{
    const struct rwe_reference *references = plot->figure->references.items;
    const struct rwe_look look = {.stroke = RWE_COLOUR_SOFT, .width = 1, .dash = RWE_DASH_SHORT};
    const struct rwe_box_of *frame = &plot->frame;
    for (size_t r = 0; r < plot->figure->references.n; r++) {
        double at = rwe_scale_at(references[r].upright ? &plot->x : &plot->y, references[r].at);
        if (references[r].upright && at >= frame->left && at <= frame->right)
            rwe_canvas_line(plot->canvas, (struct rwe_point){at, frame->bottom},
                            (struct rwe_point){at, frame->top}, &look);
        if (!references[r].upright && at >= frame->top && at <= frame->bottom)
            rwe_canvas_line(plot->canvas, (struct rwe_point){frame->left, at},
                            (struct rwe_point){frame->right, at}, &look);
    }
}

bool rwe_plot_reaches(const struct rwe_plot *plot, size_t group, double x)
{
    const struct rwe_curve *curves = plot->figure->curves.items;
    for (size_t c = 0; c < plot->figure->curves.n; c++)
        if (curves[c].group == group && curves[c].until < x)
            return false;
    return x >= plot->x.from && x <= plot->x.to;
}

/* They share their height (figure.h), and so the line across. */
static void draw_drops(const struct rwe_plot *plot)
{
    const struct rwe_drop *drops = plot->figure->drops.items;
    const struct rwe_look across = {.stroke = RWE_COLOUR_SOFT, .width = 1, .dash = RWE_DASH_SHORT};
    double furthest = -INFINITY, height = 0;
    for (size_t d = 0; d < plot->figure->drops.n; d++) {
        const struct rwe_look look = {
            .stroke = rwe_colour_of_group(drops[d].group), .width = 1, .dash = RWE_DASH_SHORT};
        if (drops[d].x == RWE_NO_FACT)
            continue;
        double fact = rwe_document_fact(plot->figure->document, drops[d].x)->number;
        if (!rwe_plot_reaches(plot, drops[d].group, fact))
            continue;
        double x = rwe_scale_at(&plot->x, fact), y = rwe_scale_at(&plot->y, drops[d].y);
        rwe_canvas_line(plot->canvas, (struct rwe_point){x, y},
                        (struct rwe_point){x, plot->frame.bottom}, &look);
        furthest = fmax(furthest, x);
        height = y;
    }
    if (furthest > plot->frame.left)
        rwe_canvas_line(plot->canvas, (struct rwe_point){plot->frame.left, height},
                        (struct rwe_point){furthest, height}, &across);
}

void rwe_plot_curves(const struct rwe_plot *plot)
{
    const struct rwe_box_of *frame = &plot->frame;
    plot->canvas->kind->clip(plot->canvas, (struct rwe_point){frame->left - 1, frame->top - 4},
                             (struct rwe_point){frame->right + 2, frame->bottom + 1});
    for (size_t c = 0; c < plot->n_curves; c++) {
        if (plot->curve[c].low.n > 0)
            draw_band(plot, &plot->curve[c]);
        if (plot->curve[c].curve->style == RWE_CURVE_AREA)
            draw_area(plot, &plot->curve[c]);
    }
    draw_references(plot);
    draw_drops(plot);
    for (size_t c = 0; c < plot->n_curves; c++)
        draw_curve(plot, &plot->curve[c]);
    plot->canvas->kind->unclip(plot->canvas);
}

void rwe_plot_sample(struct rwe_canvas *canvas, const struct rwe_curve *curve, double x, double y)
{
    struct rwe_look look = line_look(curve->group, 1.8);
    const struct rwe_look fill =
        fill_look(curve->group, curve->style == RWE_CURVE_AREA ? 0.3 : 0.65);
    struct rwe_point from = {x, y}, to = {x + RWE_PLOT_SAMPLE, y};
    if (curve->style == RWE_CURVE_AREA || curve->style == RWE_CURVE_BARS)
        rwe_canvas_rectangle(canvas, (struct rwe_point){x, y - 5}, (struct rwe_point){to.x, y + 5},
                             &fill);
    if (curve->style == RWE_CURVE_POINTS) {
        look = (struct rwe_look){.stroke = rwe_colour_of_group(curve->group), .width = 0.9};
        canvas->kind->circle(canvas, (struct rwe_point){x + RWE_PLOT_SAMPLE / 2.0, y}, 1.9, &look);
    } else if (curve->style != RWE_CURVE_BARS)
        rwe_canvas_line(canvas, from, to, &look);
}
