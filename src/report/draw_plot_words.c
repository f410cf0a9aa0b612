/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Words in a plot: each where nothing else is. */
#include "draw_plot_private.h"
#include "layout_private.h"

#include "rwe/base/text.h"
#include <math.h>

static const double LINE = 15, PAD = 4;
enum { SIZE = RWE_DRAW_TEXT };

/* Marks a place as taken. */
static void take(struct rwe_plot *plot, struct rwe_box_of box)
{
    plot->taken[plot->n_taken++] = box;
}

/* ---- what is free ---- */

static bool meets(const struct rwe_cover *cover, const struct rwe_box_of *box, double pad)
{
    if (box->left < 0)
        return true;
    for (size_t x = (size_t)box->left; (double)x <= box->right; x++)
        if (cover->top[x] - pad < box->bottom && cover->bottom[x] + pad > box->top)
            return true;
    return false;
}

static bool is_within(const struct rwe_box_of *box, const struct rwe_box_of *frame)
{
    return box->left >= frame->left + 2 && box->right <= frame->right &&
           box->top >= frame->top - 2 && box->bottom <= frame->bottom - 3;
}

static bool is_taken(const struct rwe_plot *plot, const struct rwe_box_of *box)
{
    for (size_t i = 0; i < plot->n_taken; i++) {
        const struct rwe_box_of *other = &plot->taken[i];
        if (box->left < other->right && box->right > other->left && box->top < other->bottom &&
            box->bottom > other->top)
            return true;
    }
    return false;
}

/* Whether the box is within the frame, and no curve passes through. */
static bool is_free(const struct rwe_plot *plot, const struct rwe_box_of *box, bool bands_too)
{
    if (!is_within(box, &plot->frame) || is_taken(plot, box))
        return false;
    const struct rwe_box_of wide = {fmax(box->left - PAD, plot->frame.left), box->top,
                                    fmin(box->right + PAD, plot->frame.right), box->bottom};
    for (size_t c = 0; c < plot->n_curves; c++)
        if (meets(&plot->curve[c].cover, &wide, PAD) ||
            (bands_too && meets(&plot->curve[c].band, box, 1)))
            return false;
    return true;
}

/* ---- results ---- */

/* The results of a figure, *n of them; those without facts are left out. */
static struct rwe_result_line *result_lines(const struct rwe_figure *figure,
                                            const struct rwe_style *style,
                                            struct rwe_arena *scratch, size_t *n)
{
    const struct rwe_figure_result *results = figure->results.items;
    struct rwe_result_line *lines = RWE_NEW(scratch, struct rwe_result_line, figure->results.n);
    *n = 0;
    for (size_t r = 0; lines != NULL && r < figure->results.n; r++) {
        struct rwe_cell *cell = &lines[*n].cell;
        *cell = (struct rwe_cell){.class = results[r].class};
        for (int i = 0; i < 3; i++)
            cell->fact[i] =
                results[r].stat[i] == NULL
                    ? RWE_NO_FACT
                    : rwe_document_find(figure->document, &results[r].key, results[r].stat[i]);
        if (cell->fact[0] == RWE_NO_FACT)
            continue;
        const char *value = rwe_layout_cell_text(figure->document, cell, style, scratch);
        const char *text = rwe_arena_format(scratch, "%s %s", results[r].words, value);
        if (text == NULL)
            break;
        lines[(*n)++].text = text;
    }
    return lines;
}

static void draw_results(struct rwe_canvas *canvas, const struct rwe_result_line *lines, size_t n,
                         struct rwe_point at)
{
    for (size_t i = 0; i < n; i++)
        rwe_canvas_text(canvas, &(struct rwe_label){.text = lines[i].text,
                                                    .cell = &lines[i].cell,
                                                    .x = at.x,
                                                    .y = at.y + LINE * (double)i + SIZE,
                                                    .size = SIZE,
                                                    .colour = RWE_COLOUR_INK});
}

/* From the left to the right and from below to above, corners first: below the curves of survival, above those of
 * incidence. */
static bool find_place(const struct rwe_plot *plot, double width, double height,
                       struct rwe_point *place)
{
    static const double across[] = {0, 1, 0.5, 0.25, 0.75};
    const struct rwe_box_of *frame = &plot->frame;
    double free_x = frame->right - frame->left - width - 2 * PAD - 4;
    double free_y = frame->bottom - frame->top - height - 2 * PAD;
    if (free_x < 0 || free_y < 0)
        return false;
    for (size_t i = 0; i < sizeof across / sizeof across[0]; i++)
        for (int up = 0; up <= 10; up++) {
            /* 0, 1, 0.1, 0.9, …: towards the middle */
            double part = up % 2 == 0 ? up / 20.0 : 1 - (up - 1) / 20.0;
            double x = frame->left + PAD + 4 + across[i] * free_x;
            double y = frame->bottom - PAD - height - part * free_y;
            if (is_free(plot, &(struct rwe_box_of){x - PAD, y - PAD / 2, x + width, y + height},
                        true)) {
                *place = (struct rwe_point){x, y};
                return true;
            }
        }
    return false;
}

static void place_results(struct rwe_plot *plot)
{
    double width = 0, height = LINE * (double)plot->n_results;
    struct rwe_point at;
    plot->results_at = (struct rwe_point){NAN, NAN};
    for (size_t i = 0; i < plot->n_results; i++)
        width = fmax(width, rwe_label_width(plot->result[i].text, SIZE, false));
    if (plot->n_results == 0 || !find_place(plot, width, height, &at))
        return;
    plot->results_at = at;
    take(plot,
         (struct rwe_box_of){at.x - PAD, at.y - PAD, at.x + width + PAD, at.y + height + PAD});
}

/* As many on a line as there is room for. */
static double results_above(const struct rwe_plot *plot, double top)
{
    struct rwe_canvas *canvas = plot->canvas;
    double x = RWE_PLOT_MARGIN, room = canvas->width - RWE_PLOT_MARGIN;
    for (size_t i = 0; i < plot->n_results; i++) {
        double width = rwe_label_width(plot->result[i].text, SIZE, false);
        if (i > 0 && x + width > room) {
            x = RWE_PLOT_MARGIN;
            top += LINE;
        }
        struct rwe_strings parts =
            rwe_label_wrap(canvas->scratch, plot->result[i].text, SIZE, room - x);
        for (size_t p = 0; p < parts.n; p++) {
            struct rwe_result_line part = plot->result[i];
            part.text = parts.item[p];
            top += p > 0 ? LINE : 0;
            draw_results(canvas, &part, 1, (struct rwe_point){x, top});
        }
        x += width + 24;
    }
    return plot->n_results == 0 ? top : top + LINE + 4;
}

/* ---- reference lines and drops ---- */

static struct rwe_label reference_label(const struct rwe_plot *plot,
                                        const struct rwe_reference *reference)
{
    const struct rwe_box_of *frame = &plot->frame;
    double width = rwe_label_width(reference->label, RWE_DRAW_SMALL, false);
    double at = rwe_scale_at(reference->upright ? &plot->x : &plot->y, reference->at);
    struct rwe_label label = {
        .text = reference->label, .size = RWE_DRAW_SMALL, .colour = RWE_COLOUR_SOFT};
    bool right = at + 4 + width <= frame->right;
    label.x = !reference->upright ? frame->right - width : right ? at + 4 : at - 4 - width;
    label.y = reference->upright ? frame->top + RWE_DRAW_SMALL : at - 4;
    return label;
}

/* Lines are thin, so that words go beside them. */
static void take_references(struct rwe_plot *plot)
{
    const struct rwe_reference *references = plot->figure->references.items;
    const struct rwe_box_of *frame = &plot->frame;
    for (size_t r = 0; r < plot->figure->references.n; r++) {
        double at = rwe_scale_at(references[r].upright ? &plot->x : &plot->y, references[r].at);
        take(plot, references[r].upright
                       ? (struct rwe_box_of){at - 1, frame->top, at + 1, frame->bottom}
                       : (struct rwe_box_of){frame->left, at - 1, frame->right, at + 1});
        if (references[r].label == NULL)
            continue;
        struct rwe_label label = reference_label(plot, &references[r]);
        double width = rwe_label_width(label.text, label.size, false);
        take(plot,
             (struct rwe_box_of){label.x - 2, label.y - label.size, label.x + width, label.y + 3});
    }
}

static void take_drops(struct rwe_plot *plot)
{
    const struct rwe_drop *drops = plot->figure->drops.items;
    for (size_t d = 0; d < plot->figure->drops.n; d++) {
        double fact = drops[d].x == RWE_NO_FACT
                          ? NAN
                          : rwe_document_fact(plot->figure->document, drops[d].x)->number;
        if (!rwe_plot_reaches(plot, drops[d].group, fact))
            continue;
        double x = rwe_scale_at(&plot->x, fact), y = rwe_scale_at(&plot->y, drops[d].y);
        take(plot, (struct rwe_box_of){plot->frame.left, y - 1, x, y + 1});
        take(plot, (struct rwe_box_of){x - 1, y, x + 1, plot->frame.bottom});
    }
}

/* ---- names beside the curves ---- */

/* The highest and lowest place of the curve over the columns of a box; false unless it is in all of the
 * first two thirds: a name may stand out behind the end of its curve. */
static bool extent(const struct rwe_cover *cover, double from, double to, double *top,
                   double *bottom)
{
    *top = INFINITY;
    *bottom = -INFINITY;
    for (size_t x = (size_t)from; (double)x <= to; x++) {
        if (cover->top[x] > cover->bottom[x] && (double)x < from + 0.67 * (to - from))
            return false;
        *top = fmin(*top, cover->top[x]);
        *bottom = fmax(*bottom, cover->bottom[x]);
    }
    return true;
}

/* Right behind the end of the curve. */
static struct rwe_box_of behind(const struct rwe_plot *plot, size_t c, double width, double height)
{
    const struct rwe_cover *cover = &plot->curve[c].cover;
    size_t end = (size_t)plot->frame.right;
    while (end > 0 && cover->top[end] > cover->bottom[end])
        end--;
    double y = cover->bottom[end] - height / 2;
    return (struct rwe_box_of){(double)end + PAD + 3, y, (double)end + PAD + 3 + width, y + height};
}

/* How good a place is: flat pieces of the curve, away from bands, towards the end. Less is better. */
static double cost(const struct rwe_plot *plot, const struct rwe_box_of *box, double slope)
{
    double worst = 0;
    for (size_t c = 0; c < plot->n_curves; c++)
        if (meets(&plot->curve[c].band, box, 0))
            worst += 20;
    return worst + slope + 0.02 * (plot->frame.right - box->right);
}

/* Other curves must stay away further than the own one, so that no name seems to be theirs. */
static bool is_own(const struct rwe_plot *plot, size_t own, const struct rwe_box_of *box,
                   double distance)
{
    for (size_t c = 0; c < plot->n_curves; c++)
        if (c != own && meets(&plot->curve[c].cover, box, distance))
            return false;
    return true;
}

static bool find_beside(const struct rwe_plot *plot, size_t c, double width,
                        struct rwe_box_of *best)
{
    double least = INFINITY, height = SIZE + 3;
    struct rwe_box_of end = behind(plot, c, width, height);
    if (is_free(plot, &end, true) && is_own(plot, c, &end, 8)) {
        *best = end;
        return true;
    }
    for (double x = plot->frame.right - width - 4; x > plot->frame.left + 4; x -= 6) {
        double top, bottom;
        if (!extent(&plot->curve[c].cover, x, x + width, &top, &bottom))
            continue;
        double slope = bottom - top;
        for (int below = 0; below < 2; below++) {
            double y = below ? bottom + PAD + 2 : top - PAD - 2 - height;
            struct rwe_box_of box = {x, y, x + width, y + height};
            if (!is_free(plot, &box, false) || !is_own(plot, c, &box, 12 + slope))
                continue;
            double price = cost(plot, &box, slope);
            if (price < least) {
                least = price;
                *best = box;
            }
        }
    }
    return isfinite(least);
}

static bool may_be_beside(const struct rwe_plot *plot, const struct rwe_curve *curve)
{
    return (curve->style == RWE_CURVE_STEP || curve->style == RWE_CURVE_LINE) &&
           rwe_label_width(curve->label, SIZE, false) <
               0.4 * (plot->frame.right - plot->frame.left);
}

/* All of them, or none: then there is a legend. */
static void place_names(struct rwe_plot *plot)
{
    struct rwe_box_of *box = RWE_NEW(plot->canvas->scratch, struct rwe_box_of, plot->n_curves);
    for (size_t c = 0; box != NULL && c < plot->n_curves; c++) {
        const struct rwe_curve *curve = plot->curve[c].curve;
        if (curve->label == NULL)
            continue;
        double width = RWE_PLOT_SAMPLE + 6 + rwe_label_width(curve->label, SIZE, false);
        if (!may_be_beside(plot, curve) || !find_beside(plot, c, width, &box[c]))
            return;
        take(plot,
             (struct rwe_box_of){box[c].left - PAD, box[c].top, box[c].right + PAD, box[c].bottom});
    }
    plot->name = box;
}

static void draw_name(const struct rwe_plot *plot, const struct rwe_curve *curve,
                      const struct rwe_box_of *box)
{
    rwe_plot_sample(plot->canvas, curve, box->left, box->top + 8);
    rwe_canvas_text(plot->canvas, &(struct rwe_label){.text = curve->label,
                                                      .x = box->left + RWE_PLOT_SAMPLE + 6,
                                                      .y = box->top + SIZE,
                                                      .size = SIZE,
                                                      .colour = RWE_COLOUR_INK});
}

/* ---- the legend ---- */

static double legend(struct rwe_canvas *canvas, const struct rwe_figure *figure, double top)
{
    const struct rwe_curve *curves = figure->curves.items;
    double x = RWE_PLOT_MARGIN, room = canvas->width - RWE_PLOT_MARGIN;
    bool any = false;
    for (size_t c = 0; c < figure->curves.n; c++) {
        const char *name = curves[c].label;
        if (name == NULL || name[0] == '\0')
            continue;
        double before = RWE_PLOT_SAMPLE + 6, width = before + rwe_label_width(name, SIZE, false);
        if (any && x + width > room) {
            x = RWE_PLOT_MARGIN;
            top += LINE + 2;
        }
        any = true;
        rwe_plot_sample(canvas, &curves[c], x, top + 8);
        struct rwe_strings lines = rwe_label_wrap(canvas->scratch, name, SIZE, room - x - before);
        for (size_t i = 0; i < lines.n; i++) {
            top += i > 0 ? LINE : 0;
            rwe_canvas_text(canvas, &(struct rwe_label){.text = lines.item[i],
                                                        .x = x + before,
                                                        .y = top + SIZE,
                                                        .size = SIZE,
                                                        .colour = RWE_COLOUR_INK});
        }
        x += lines.n > 1 ? room : width + 18;
    }
    return any ? top + LINE + 6 : top;
}

/* ---- all of them ---- */

void rwe_plot_place_words(struct rwe_plot *plot)
{
    const struct rwe_figure *figure = plot->figure;
    struct rwe_arena *scratch = plot->canvas->scratch;
    size_t most = 2 * (figure->references.n + figure->drops.n) + figure->curves.n + 1;
    plot->taken = RWE_NEW(scratch, struct rwe_box_of, most);
    plot->result = result_lines(figure, plot->canvas->style, scratch, &plot->n_results);
    if (rwe_arena_failed(scratch))
        return;
    take_references(plot);
    take_drops(plot);
    place_results(plot);
    place_names(plot);
}

double rwe_plot_words_above(const struct rwe_plot *plot, double top)
{
    if (plot->name == NULL)
        top = legend(plot->canvas, plot->figure, top);
    return isnan(plot->results_at.x) ? results_above(plot, top) : top;
}

void rwe_plot_words_within(const struct rwe_plot *plot)
{
    const struct rwe_reference *references = plot->figure->references.items;
    for (size_t r = 0; r < plot->figure->references.n; r++)
        if (references[r].label != NULL) {
            struct rwe_label label = reference_label(plot, &references[r]);
            rwe_canvas_text(plot->canvas, &label);
        }
    if (!isnan(plot->results_at.x))
        draw_results(plot->canvas, plot->result, plot->n_results, plot->results_at);
    for (size_t c = 0; plot->name != NULL && c < plot->n_curves; c++)
        if (plot->curve[c].curve->label != NULL)
            draw_name(plot, plot->curve[c].curve, &plot->name[c]);
}
