/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SVG, written here: the same bytes on every machine (coordinates with two decimals, text as text with a
 * list of fonts), which cairo's own SVG is not, that draws letters as outlines of the fonts it finds. Text
 * as text can also be searched, read aloud and edited.
 */
#include "draw_private.h"

#include "number_format_private.h"
#include <math.h>
#include <string.h>

struct svg {
    struct rwe_canvas canvas;
    FILE *out;
    bool inline_html; /* colours are the page's, by class */
    const char *name; /* of the figure: starts the identifiers in it */
    unsigned n_clips;
};

/* Two decimals: a hundredth of a unit is a fortieth of what a printer shows. No "-0". */
static void put_number(FILE *out, double x)
{
    char text[32];
    double rounded = nearbyint(x * 100) / 100;
    snprintf(text, sizeof text, "%.2f", rounded == 0 ? 0 : rounded);
    size_t n = strlen(text);
    while (text[n - 1] == '0')
        text[--n] = '\0';
    if (text[n - 1] == '.')
        text[--n] = '\0';
    fputs(text, out);
}

static void put_attribute(FILE *out, const char *name, double x)
{
    fprintf(out, " %s=\"", name);
    put_number(out, x);
    fputc('"', out);
}

static void put_text(FILE *out, const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        const char *entity = *c == '&'   ? "&amp;"
                             : *c == '<' ? "&lt;"
                             : *c == '>' ? "&gt;"
                             : *c == '"' ? "&quot;"
                                         : NULL;
        if (entity != NULL)
            fputs(entity, out);
        else
            fputc(*c, out);
    }
}

void rwe_put_fact_marks(FILE *out, const struct rwe_cell *cell)
{
    if (cell->words != NULL || cell->fact[0] == RWE_NO_FACT)
        return;
    int n = rwe_cell_n_facts(cell->class);
    for (int i = 0; i < n && cell->fact[i] != RWE_NO_FACT; i++)
        fprintf(out, "%s%u", i == 0 ? " data-fact=\"" : ",", (unsigned)cell->fact[i]);
    fputc('"', out);
}

/* ---- looks ---- */

static const char *class_of(enum rwe_colour colour)
{
    static const char *const names[] = {
        [RWE_COLOUR_NONE] = "none",    [RWE_COLOUR_INK] = "ink",
        [RWE_COLOUR_SOFT] = "soft",    [RWE_COLOUR_RULE] = "rule",
        [RWE_COLOUR_PAPER] = "paper",  [RWE_COLOUR_BANNER] = "banner",
        [RWE_COLOUR_GROUP] = "g0",     [RWE_COLOUR_GROUP + 1] = "g1",
        [RWE_COLOUR_GROUP + 2] = "g2", [RWE_COLOUR_GROUP + 3] = "g3",
        [RWE_COLOUR_GROUP + 4] = "g4", [RWE_COLOUR_GROUP + 5] = "g5"};
    return names[colour];
}

/* In a page by class ("f-ink", "s-g0"), so that it follows the page's colours; in a file by its value. */
static void put_colours(const struct svg *svg, enum rwe_colour stroke, enum rwe_colour fill)
{
    if (svg->inline_html) {
        fprintf(svg->out, " class=\"s-%s f-%s\"", class_of(stroke), class_of(fill));
        return;
    }
    if (fill == RWE_COLOUR_NONE)
        fputs(" fill=\"none\"", svg->out);
    else
        fprintf(svg->out, " fill=\"#%06x\"", rwe_colour_rgb(fill));
    if (stroke != RWE_COLOUR_NONE)
        fprintf(svg->out, " stroke=\"#%06x\"", rwe_colour_rgb(stroke));
}

static void put_look(const struct svg *svg, const struct rwe_look *look)
{
    const double *lengths = rwe_dash_lengths(look->dash);
    put_colours(svg, look->stroke, look->fill);
    if (look->stroke != RWE_COLOUR_NONE)
        put_attribute(svg->out, "stroke-width", look->width);
    if (look->opacity != 0)
        put_attribute(svg->out, "fill-opacity", look->opacity);
    for (size_t i = 0; look->stroke != RWE_COLOUR_NONE && lengths[i] != 0; i++) {
        fputs(i == 0 ? " stroke-dasharray=\"" : " ", svg->out);
        put_number(svg->out, lengths[i]);
        if (lengths[i + 1] == 0)
            fputc('"', svg->out);
    }
}

/* ---- the canvas ---- */

static FILE *out_of(struct rwe_canvas *canvas)
{
    return ((struct svg *)canvas)->out;
}

/* Horizontal and vertical steps, of which curves are full, take half the bytes. */
static void put_points(FILE *out, const struct rwe_point *points, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (isnan(points[i].x))
            continue;
        bool first = i == 0 || isnan(points[i - 1].x);
        bool same_x = !first && points[i].x == points[i - 1].x;
        bool same_y = !first && points[i].y == points[i - 1].y;
        fputc(first ? 'M' : same_y ? 'H' : same_x ? 'V' : 'L', out);
        put_number(out, same_x && !same_y ? points[i].y : points[i].x);
        if (same_x || same_y)
            continue;
        fputc(' ', out);
        put_number(out, points[i].y);
    }
}

static void shape(struct rwe_canvas *canvas, const struct rwe_point *points, size_t n, bool closed,
                  const struct rwe_look *look)
{
    if (n == 0)
        return;
    fputs("<path", out_of(canvas));
    put_look((const struct svg *)canvas, look);
    fputs(" d=\"", out_of(canvas));
    put_points(out_of(canvas), points, n);
    fputs(closed ? "Z\"/>\n" : "\"/>\n", out_of(canvas));
}

static void circle(struct rwe_canvas *canvas, struct rwe_point centre, double radius,
                   const struct rwe_look *look)
{
    fputs("<circle", out_of(canvas));
    put_attribute(out_of(canvas), "cx", centre.x);
    put_attribute(out_of(canvas), "cy", centre.y);
    put_attribute(out_of(canvas), "r", radius);
    put_look((const struct svg *)canvas, look);
    fputs("/>\n", out_of(canvas));
}

static void label(struct rwe_canvas *canvas, const struct rwe_label *label)
{
    static const char *const anchors[] = {"", " text-anchor=\"middle\"", " text-anchor=\"end\""};
    FILE *out = out_of(canvas);
    fputs("<text", out);
    put_attribute(out, "x", label->x);
    put_attribute(out, "y", label->y);
    put_attribute(out, "font-size", label->size);
    fputs(anchors[label->anchor], out);
    fputs(label->bold ? " font-weight=\"bold\"" : "", out);
    put_colours((const struct svg *)canvas, RWE_COLOUR_NONE, label->colour);
    if (((const struct svg *)canvas)->inline_html && label->cell != NULL)
        rwe_put_fact_marks(out, label->cell);
    if (label->turned) {
        fputs(" transform=\"rotate(-90 ", out);
        put_number(out, label->x);
        fputc(' ', out);
        put_number(out, label->y);
        fputs(")\"", out);
    }
    fputc('>', out);
    put_text(out, label->text);
    fputs("</text>\n", out);
}

static void clip(struct rwe_canvas *canvas, struct rwe_point from, struct rwe_point to)
{
    struct svg *svg = (struct svg *)canvas;
    svg->n_clips++;
    fprintf(svg->out, "<clipPath id=\"%s-clip-%u\"><rect", svg->name, svg->n_clips);
    put_attribute(svg->out, "x", from.x);
    put_attribute(svg->out, "y", from.y);
    put_attribute(svg->out, "width", to.x - from.x);
    put_attribute(svg->out, "height", to.y - from.y);
    fprintf(svg->out, "/></clipPath>\n<g clip-path=\"url(#%s-clip-%u)\">\n", svg->name,
            svg->n_clips);
}

static void unclip(struct rwe_canvas *canvas)
{
    fputs("</g>\n", out_of(canvas));
}

/* ---- the file ---- */

/* In a page: the ends of the axes, and where these are, for the pointer. */
static void put_frame(FILE *out, const struct rwe_plot_frame *frame)
{
    const double ends[] = {frame->x_from, frame->x_to, frame->y_from, frame->y_to};
    const double places[] = {frame->left, frame->right, frame->bottom, frame->top};
    fputs(" data-axes=\"", out);
    for (size_t i = 0; i < 4; i++)
        fprintf(out, "%s%.9g", i == 0 ? "" : " ", ends[i]);
    fputs("\" data-frame=\"", out);
    for (size_t i = 0; i < 4; i++) {
        fputs(i == 0 ? "" : " ", out);
        put_number(out, places[i]);
    }
    fputc('"', out);
}

static void put_head(FILE *out, const struct rwe_figure *figure, const struct svg *svg)
{
    fputs("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 ", out);
    put_number(out, svg->canvas.width);
    fputc(' ', out);
    put_number(out, svg->canvas.height);
    fputc('"', out);
    put_attribute(out, "width", svg->canvas.width);
    put_attribute(out, "height", svg->canvas.height);
    if (svg->inline_html && svg->canvas.frame.set)
        put_frame(out, &svg->canvas.frame);
    fprintf(out, " font-family=\"%s\" role=\"img\" aria-labelledby=\"%s-title %s-desc\">\n",
            rwe_font_families, svg->name, svg->name);
    fprintf(out, "<title id=\"%s-title\">", svg->name);
    put_text(out, figure->title == NULL ? "" : figure->title);
    fprintf(out, "</title>\n<desc id=\"%s-desc\">", svg->name);
    put_text(out, figure->description == NULL ? "" : figure->description);
    fputs("</desc>\n", out);
}

enum rwe_status rwe_figure_write_svg(const struct rwe_figure *figure,
                                     const struct rwe_draw_options *options, FILE *out,
                                     struct rwe_error *error)
{
    static const struct rwe_canvas_kind kind = {shape, circle, label, clip, unclip};
    struct rwe_bytes body = {0};
    struct rwe_arena *scratch = rwe_arena_new();
    if (scratch == NULL)
        return rwe_fail_memory(error);
    FILE *memory = rwe_bytes_open(&body);
    struct svg svg = {.canvas = {.kind = &kind,
                                 .width = options->width,
                                 .scratch = scratch,
                                 .style = options->style},
                      .out = memory,
                      .inline_html = options->inline_html,
                      .name = rwe_draw_identifier(figure, options, scratch)};
    enum rwe_status status = memory == NULL || svg.name == NULL
                                 ? rwe_fail_memory(error)
                                 : rwe_figure_draw(figure, options, &svg.canvas, error);
    if (memory != NULL) {
        enum rwe_status closed = rwe_bytes_close(&body, memory, error);
        status = status == RWE_OK ? closed : status;
    }
    if (status == RWE_OK) {
        put_head(out, figure, &svg);
        if (body.n > 0)
            fwrite(body.byte, 1, body.n, out);
        fputs("</svg>\n", out);
    }
    rwe_bytes_clear(&body);
    rwe_arena_free(scratch);
    return status;
}
