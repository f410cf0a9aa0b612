/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * PDF and PNG, by cairo with text by pango. A figure is drawn twice, first on nothing, since its height is
 * known only at its end. (A recording surface would do, but cairo 1.16 loses 27 kB for each that goes into a
 * PDF.) Errors of cairo are translated here.
 *
 * PNG is written by libpng, since cairo's own writer takes four times as long and does not say how large a pixel
 * is: a report of the sample study with its 19 figures takes 1.3 seconds of the processor, and 2.9 with cairo's.
 */
#include "draw_private.h"

#include <cairo-pdf.h>
#include <cairo.h>
#include <math.h>
#include <pango/pangocairo.h>
#include <png.h>
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

/* ---- PNG, by libpng ---- */

/* Rows of 32 bits a pixel as cairo's RGB24 has them on little-endian machines: blue, green, red, nothing. */
struct pixels {
    const unsigned char *first;
    unsigned width, height;
    size_t stride;      /* bytes from a row to the next */
    double dots_a_unit; /* of 1/96 inch */
};

/* Of a figure, which is mostly paper, no filter and level 3 leave fewer bytes than libpng's defaults do, in a
 * quarter of the time: 142 kB in 36 ms against 141 kB in 9 ms for curves of two arms. */
enum { LEVEL = 3 };

static void put_bytes(png_structp png, png_bytep bytes, size_t n)
{
    if (fwrite(bytes, 1, n, png_get_io_ptr(png)) != n)
        png_error(png, "a write failed");
}

static void flush(png_structp png)
{
    (void)png;
}

/* Jumps back: libpng must not go on after an error. */
static void fail(png_structp png, png_const_charp message)
{
    struct rwe_error *error = png_get_error_ptr(png);
    rwe_error_set(error, RWE_IO, RWE_NO_INDEX, "the figure cannot be written: libpng says \"%s\"",
                  message);
    png_longjmp(png, 1);
}

static void ignore(png_structp png, png_const_charp message)
{
    (void)png, (void)message;
}

static void write_image(png_structp png, png_infop info, const struct pixels *pixels)
{
    png_uint_32 dots_a_metre = (png_uint_32)nearbyint(pixels->dots_a_unit * 96 / 0.0254);
    png_set_IHDR(png, info, pixels->width, pixels->height, 8, PNG_COLOR_TYPE_RGB,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_set_pHYs(png, info, dots_a_metre, dots_a_metre, PNG_RESOLUTION_METER);
    png_set_compression_level(png, LEVEL);
    png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_FILTER_NONE);
    png_write_info(png, info);
    png_set_bgr(png);
    png_set_filler(png, 0, PNG_FILLER_AFTER);
    for (unsigned y = 0; y < pixels->height; y++)
        png_write_row(png, pixels->first + y * pixels->stride);
    png_write_end(png, NULL);
}

static enum rwe_status write_pixels(const struct pixels *pixels, FILE *out, struct rwe_error *error)
{
    struct rwe_error reason = {0};
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &reason, fail, ignore);
    png_infop info = png == NULL ? NULL : png_create_info_struct(png);
    if (info == NULL) {
        png_destroy_write_struct(&png, NULL);
        return rwe_fail_memory(error);
    }
    if (setjmp(png_jmpbuf(png)) == 0) {
        png_set_write_fn(png, out, put_bytes, flush);
        write_image(png, info, pixels);
    }
    png_destroy_write_struct(&png, &info);
    return reason.status == RWE_OK ? RWE_OK
                                   : rwe_fail(error, RWE_IO, RWE_NO_INDEX, "%s", reason.message);
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
    const struct pixels pixels = {.first = cairo_image_surface_get_data(surface),
                                  .width = (unsigned)cairo_image_surface_get_width(surface),
                                  .height = (unsigned)cairo_image_surface_get_height(surface),
                                  .stride = (size_t)cairo_image_surface_get_stride(surface),
                                  .dots_a_unit = scale};
    if (status == RWE_OK)
        status = write_pixels(&pixels, out, error);
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
