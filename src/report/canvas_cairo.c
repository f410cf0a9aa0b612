/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * PDF and PNG, by cairo with text by pango. A figure is drawn twice, first on nothing, since its height is
 * known only at its end. (A recording surface would do, but cairo 1.16 loses 27 kB for each that goes into a
 * PDF.) Errors of cairo are translated here.
 */
#include "draw_private.h"

#include "png_private.h"

#include <cairo-pdf.h>
#include <cairo.h>
#include <math.h>
#include <pango/pangocairo.h>
#include <pthread.h>

struct painter {
    struct rwe_canvas canvas;
    cairo_t *cairo;
    PangoLayout *layout;
};

static cairo_t *cairo_of(struct rwe_canvas *canvas)
{
    return ((struct painter *)canvas)->cairo;
}

/* ---- the canvas ---- */

static void set_colour(cairo_t *cairo, enum rwe_colour colour, double opacity)
{
    unsigned rgb = rwe_colour_rgb(colour);
    cairo_set_source_rgba(cairo, ((rgb >> 16) & 0xff) / 255.0, ((rgb >> 8) & 0xff) / 255.0,
                          (rgb & 0xff) / 255.0, opacity);
}

/* Fills and strokes the path that stands. */
static void paint(cairo_t *cairo, const struct rwe_look *look)
{
    const double *lengths = rwe_dash_lengths(look->dash);
    int n = 0;
    while (lengths[n] != 0)
        n++;
    if (look->fill != RWE_COLOUR_NONE) {
        set_colour(cairo, look->fill, look->opacity == 0 ? 1 : look->opacity);
        cairo_fill_preserve(cairo);
    }
    if (look->stroke != RWE_COLOUR_NONE) {
        set_colour(cairo, look->stroke, 1);
        cairo_set_line_width(cairo, look->width);
        cairo_set_dash(cairo, lengths, n, 0);
        cairo_stroke_preserve(cairo);
    }
    cairo_new_path(cairo);
}

static void shape(struct rwe_canvas *canvas, const struct rwe_point *points, size_t n, bool closed,
                  const struct rwe_look *look)
{
    cairo_t *cairo = cairo_of(canvas);
    for (size_t i = 0; i < n; i++) {
        if (isnan(points[i].x))
            cairo_new_sub_path(cairo);
        else
            cairo_line_to(cairo, points[i].x, points[i].y); /* the first of a path moves there */
    }
    if (closed)
        cairo_close_path(cairo);
    paint(cairo, look);
}

static void circle(struct rwe_canvas *canvas, struct rwe_point centre, double radius,
                   const struct rwe_look *look)
{
    cairo_new_sub_path(cairo_of(canvas));
    cairo_arc(cairo_of(canvas), centre.x, centre.y, radius, 0, 2 * M_PI);
    paint(cairo_of(canvas), look);
}

static void label(struct rwe_canvas *canvas, const struct rwe_label *label)
{
    static const double parts[] = {0, 0.5, 1}; /* of the width, before the anchor */
    struct painter *painter = (struct painter *)canvas;
    PangoFontDescription *font = pango_font_description_from_string(rwe_font_families);
    pango_font_description_set_absolute_size(font, label->size * PANGO_SCALE);
    if (label->bold)
        pango_font_description_set_weight(font, PANGO_WEIGHT_BOLD);
    pango_layout_set_font_description(painter->layout, font);
    pango_font_description_free(font);
    pango_layout_set_text(painter->layout, label->text, -1);
    int width = 0;
    pango_layout_get_size(painter->layout, &width, NULL);
    cairo_save(painter->cairo);
    cairo_translate(painter->cairo, label->x, label->y);
    if (label->turned)
        cairo_rotate(painter->cairo, -M_PI / 2);
    cairo_move_to(painter->cairo, -parts[label->anchor] * width / PANGO_SCALE,
                  -(double)pango_layout_get_baseline(painter->layout) / PANGO_SCALE);
    set_colour(painter->cairo, label->colour, 1);
    pango_cairo_show_layout(painter->cairo, painter->layout);
    cairo_restore(painter->cairo);
    cairo_new_path(painter->cairo);
}

static void clip(struct rwe_canvas *canvas, struct rwe_point from, struct rwe_point to)
{
    cairo_save(cairo_of(canvas));
    cairo_rectangle(cairo_of(canvas), from.x, from.y, to.x - from.x, to.y - from.y);
    cairo_clip(cairo_of(canvas));
}

static void unclip(struct rwe_canvas *canvas)
{
    cairo_restore(cairo_of(canvas));
}

/* ---- the files ---- */

static enum rwe_status translate(cairo_status_t status, struct rwe_error *error)
{
    if (status == CAIRO_STATUS_SUCCESS)
        return RWE_OK;
    if (status == CAIRO_STATUS_NO_MEMORY)
        return rwe_fail_memory(error);
    return rwe_fail(error, RWE_IO, RWE_NO_INDEX, "the figure cannot be drawn: cairo says \"%s\"",
                    cairo_status_to_string(status));
}

static cairo_status_t write_bytes(void *out, const unsigned char *bytes, unsigned int n)
{
    return fwrite(bytes, 1, n, out) == n ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

/* Where letters stand must not depend on the size at which they are shown: no hints. */
static PangoLayout *new_layout(cairo_t *cairo)
{
    PangoLayout *layout = pango_cairo_create_layout(cairo);
    PangoContext *context = pango_layout_get_context(layout);
    cairo_font_options_t *options = cairo_font_options_create();
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    pango_cairo_context_set_font_options(context, options);
    pango_cairo_context_set_resolution(context, 96);
    pango_layout_context_changed(layout);
    pango_layout_set_single_paragraph_mode(layout, TRUE);
    cairo_font_options_destroy(options);
    return layout;
}

/* Pango's fonts are not for several threads at once: one paints, others may compress what they painted. */
static pthread_mutex_t painting = PTHREAD_MUTEX_INITIALIZER;

/* The figure on white paper. Draws again what has been drawn before, so that it cannot be another height. */
static enum rwe_status paint_figure(const struct rwe_figure *figure,
                                    const struct rwe_draw_options *options,
                                    cairo_surface_t *surface, double scale, struct rwe_error *error)
{
    static const struct rwe_canvas_kind kind = {shape, circle, label, clip, unclip};
    struct rwe_arena *scratch = rwe_arena_new();
    struct painter painter = {.canvas = {.kind = &kind,
                                         .width = options->width,
                                         .scratch = scratch,
                                         .style = options->style},
                              .cairo = cairo_create(surface)};
    enum rwe_status status =
        scratch == NULL ? rwe_fail_memory(error) : translate(cairo_status(painter.cairo), error);
    if (status == RWE_OK) {
        set_colour(painter.cairo, RWE_COLOUR_PAPER, 1);
        cairo_paint(painter.cairo);
        cairo_scale(painter.cairo, scale, scale);
        painter.layout = new_layout(painter.cairo);
        status = rwe_figure_draw(figure, options, &painter.canvas, error);
        g_object_unref(painter.layout);
        cairo_show_page(painter.cairo);
    }
    if (status == RWE_OK)
        status = translate(cairo_status(painter.cairo), error);
    cairo_destroy(painter.cairo);
    rwe_arena_free(scratch);
    return status;
}

/* The same when no other thread does. */
static enum rwe_status paint_alone(const struct rwe_figure *figure,
                                   const struct rwe_draw_options *options, cairo_surface_t *surface,
                                   double scale, struct rwe_error *error)
{
    pthread_mutex_lock(&painting);
    enum rwe_status status = paint_figure(figure, options, surface, scale, error);
    pthread_mutex_unlock(&painting);
    return status;
}

/* 72 points are 96 units. */
static enum rwe_status write_pdf(const struct rwe_figure *figure,
                                 const struct rwe_draw_options *options, double height, FILE *out,
                                 struct rwe_error *error)
{
    static const double POINTS = 0.75;
    cairo_surface_t *surface = cairo_pdf_surface_create_for_stream(
        write_bytes, out, POINTS * options->width, POINTS * height);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE,
                                   figure->title == NULL ? "" : figure->title);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_SUBJECT,
                                   figure->description == NULL ? "" : figure->description);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, "");
    enum rwe_status status = paint_alone(figure, options, surface, POINTS, error);
    cairo_surface_finish(surface);
    if (status == RWE_OK)
        status = translate(cairo_surface_status(surface), error);
    cairo_surface_destroy(surface);
    return status;
}

static enum rwe_status write_png(const struct rwe_figure *figure,
                                 const struct rwe_draw_options *options, double height,
                                 double scale, FILE *out, struct rwe_error *error)
{
    cairo_surface_t *surface = cairo_image_surface_create(
        CAIRO_FORMAT_RGB24, (int)ceil(scale * options->width), (int)ceil(scale * height));
    enum rwe_status status = paint_alone(figure, options, surface, scale, error);
    cairo_surface_flush(surface);
    const struct rwe_pixels pixels = {.first = cairo_image_surface_get_data(surface),
                                      .width = (unsigned)cairo_image_surface_get_width(surface),
                                      .height = (unsigned)cairo_image_surface_get_height(surface),
                                      .stride = (size_t)cairo_image_surface_get_stride(surface),
                                      .dots_a_unit = scale};
    if (status == RWE_OK)
        status = rwe_png_write(&pixels, out, error);
    cairo_surface_destroy(surface);
    return status;
}

/* ---- the height ---- */

static void no_shape(struct rwe_canvas *canvas, const struct rwe_point *points, size_t n,
                     bool closed, const struct rwe_look *look)
{
    (void)canvas, (void)points, (void)n, (void)closed, (void)look;
}

static void no_circle(struct rwe_canvas *canvas, struct rwe_point centre, double radius,
                      const struct rwe_look *look)
{
    (void)canvas, (void)centre, (void)radius, (void)look;
}

static void no_label(struct rwe_canvas *canvas, const struct rwe_label *label)
{
    (void)canvas, (void)label;
}

static void no_clip(struct rwe_canvas *canvas, struct rwe_point from, struct rwe_point to)
{
    (void)canvas, (void)from, (void)to;
}

static void no_unclip(struct rwe_canvas *canvas)
{
    (void)canvas;
}

static enum rwe_status measure(const struct rwe_figure *figure,
                               const struct rwe_draw_options *options, double *height,
                               struct rwe_error *error)
{
    static const struct rwe_canvas_kind nothing = {no_shape, no_circle, no_label, no_clip,
                                                   no_unclip};
    struct rwe_arena *scratch = rwe_arena_new();
    struct rwe_canvas canvas = {
        .kind = &nothing, .width = options->width, .scratch = scratch, .style = options->style};
    enum rwe_status status =
        scratch == NULL ? rwe_fail_memory(error) : rwe_figure_draw(figure, options, &canvas, error);
    *height = canvas.height;
    rwe_arena_free(scratch);
    return status;
}

enum rwe_status rwe_figure_write_cairo(const struct rwe_figure *figure,
                                       const struct rwe_draw_options *options, double png_scale,
                                       FILE *out, struct rwe_error *error)
{
    double height;
    enum rwe_status status = measure(figure, options, &height, error);
    if (status != RWE_OK)
        return status;
    return png_scale > 0 ? write_png(figure, options, height, png_scale, out, error)
                         : write_pdf(figure, options, height, out, error);
}
