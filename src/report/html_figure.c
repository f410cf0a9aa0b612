/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Figures in the page: drawings whose text is found and read like any other, and the curves as data. */
#include "html_private.h"

#include "draw_private.h"
#include "rwe/base/language.h"
#include <math.h>

/* Nine digits: what is read off is rounded to four at most, and rounds as the fact does. */
static void put_numbers(FILE *out, const char *name, const double x[], size_t n)
{
    fprintf(out, ",\"%s\":", name);
    if (x == NULL) {
        fputs("null", out);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        fputc(i == 0 ? '[' : ',', out);
        if (isfinite(x[i]))
            fprintf(out, "%.9g", x[i]);
        else
            fputs("null", out);
    }
    fputs(n == 0 ? "[]" : "]", out);
}

static void put_curve(FILE *out, const struct rwe_curve *curve)
{
    fputs("{\"label\":", out);
    rwe_html_put_json_text(out, curve->label == NULL ? "" : curve->label);
    fprintf(out, ",\"group\":%zu,\"step\":%s", curve->group % RWE_GROUPS,
            curve->style == RWE_CURVE_STEP ? "true" : "false");
    put_numbers(out, "start", &curve->start, 1);
    put_numbers(out, "until", &curve->until, 1);
    put_numbers(out, "x", curve->x, curve->n);
    put_numbers(out, "y", curve->y, curve->n);
    put_numbers(out, "low", curve->low, curve->n);
    put_numbers(out, "high", curve->high, curve->n);
    put_numbers(out, "at_risk", curve->at_risk, curve->n);
    fputs("}", out);
}

static bool can_be_read(const struct rwe_curve *curve)
{
    return curve->style == RWE_CURVE_STEP || curve->style == RWE_CURVE_LINE;
}

/* What the script says. */
static void put_words(FILE *out)
{
    static const char *const words[][2] = {
        {"at_risk", N_("at risk")},
        {"unknown", N_("not known")},
        {"slider", N_("Read the curves of")},
        {"how", N_("Point at the curves, or move the slider, to read values off.")},
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        fprintf(out, "%s\"%s\":", i == 0 ? ",\"words\":{" : ",", words[i][0]);
        rwe_html_put_json_text(out, rwe_text(words[i][1]));
    }
    fputc('}', out);
}

/* What the script reads at the pointer; nothing where no curve has one value at a point, or where the axes
 * are not linear. */
static void put_curves(FILE *out, const struct rwe_figure *figure)
{
    const struct rwe_curve *curves = figure->curves.items;
    bool is_linear = figure->x.scale == RWE_SCALE_LINEAR && figure->y.scale == RWE_SCALE_LINEAR;
    size_t n = 0;
    for (size_t i = 0; i < figure->curves.n && is_linear; i++) {
        if (!can_be_read(&curves[i]))
            continue;
        if (n++ == 0) {
            fputs("<script type=\"application/json\" class=\"curves\">{\"x\":", out);
            rwe_html_put_json_text(out, figure->x.label == NULL ? "x" : figure->x.label);
            put_words(out);
            fprintf(out, ",\"percent\":%s,\"curves\":[", figure->y.percent ? "true" : "false");
        } else {
            fputc(',', out);
        }
        put_curve(out, &curves[i]);
    }
    fputs(n > 0 ? "]}</script>\n" : "", out);
}

static void put_drawing(struct rwe_walk *walk, const struct rwe_figure *figure, double width)
{
    const struct rwe_draw_options options = {
        .width = width, .style = walk->style, .inline_html = true};
    if (walk->status == RWE_OK)
        walk->status = rwe_figure_write_svg(figure, &options, walk->out, walk->error);
}

void rwe_html_put_figure(struct rwe_walk *walk, const struct rwe_figure *figure)
{
    const char *const *notes = figure->notes.items;
    rwe_html_put_in(walk->out, "<figure id=\"", figure->name, "\">\n<figcaption>");
    rwe_html_put_in(walk->out, "", figure->title, "</figcaption>\n<div class=\"wide\">\n");
    put_drawing(walk, figure, RWE_DRAW_WIDE);
    fputs("</div>\n<div class=\"narrow\">\n", walk->out);
    put_drawing(walk, figure, RWE_DRAW_NARROW);
    fputs("</div>\n", walk->out);
    put_curves(walk->out, figure);
    for (size_t i = 0; i < figure->notes.n; i++)
        rwe_html_put_in(walk->out, "<p class=\"note\">", notes[i], "</p>\n");
    fputs("</figure>\n", walk->out);
}
