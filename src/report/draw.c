/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What all figures have in common: title, caution, notes; each kind draws what is between. */
#include "draw_private.h"

#include "rwe/base/text.h"
#include <math.h>

static const double MARGIN = 12, LINE = 1.35; /* of text, in its size */

const char *rwe_draw_identifier(const struct rwe_figure *figure,
                                const struct rwe_draw_options *options, struct rwe_arena *scratch)
{
    return options->width == RWE_DRAW_WIDE ? figure->name
                                           : rwe_arena_format(scratch, "%s-narrow", figure->name);
}

/* Text in as many lines as it takes, from `top` downward; returns where it ends. */
static double put_lines(struct rwe_canvas *canvas, const char *text, const struct rwe_label *look,
                        double top)
{
    struct rwe_strings lines =
        rwe_label_wrap(canvas->scratch, text, look->size, canvas->width - 2 * MARGIN);
    for (size_t i = 0; i < lines.n; i++) {
        struct rwe_label label = *look;
        label.text = lines.item[i];
        label.x = MARGIN;
        label.y = top + look->size;
        rwe_canvas_text(canvas, &label);
        top += LINE * look->size;
    }
    return top;
}

enum rwe_status rwe_figure_draw(const struct rwe_figure *figure,
                                const struct rwe_draw_options *options, struct rwe_canvas *canvas,
                                struct rwe_error *error)
{
    static rwe_draw_function *const kinds[] = {
        [RWE_FIGURE_PLOT] = rwe_draw_plot, [RWE_FIGURE_FOREST] = rwe_draw_forest,
        [RWE_FIGURE_DOTS] = rwe_draw_dots, [RWE_FIGURE_BUTTERFLY] = rwe_draw_butterfly,
        [RWE_FIGURE_FLOW] = rwe_draw_flow,
    };
    const char *const *notes = figure->notes.items;
    double top = options->inline_html ? 4 : MARGIN;
    if (!options->inline_html && figure->title != NULL)
        top = put_lines(
            canvas, figure->title,
            &(struct rwe_label){.size = RWE_DRAW_TITLE, .colour = RWE_COLOUR_INK, .bold = true},
            top);
    if (figure->banner != NULL)
        top = put_lines(
            canvas, figure->banner,
            &(struct rwe_label){.size = RWE_DRAW_TEXT, .colour = RWE_COLOUR_BANNER, .bold = true},
            top);
    top = kinds[figure->kind](figure, canvas, top + 4);
    for (size_t i = 0; !options->inline_html && i < figure->notes.n; i++)
        top = put_lines(canvas, notes[i],
                        &(struct rwe_label){.size = RWE_DRAW_SMALL, .colour = RWE_COLOUR_SOFT},
                        top + 2);
    canvas->height = ceil(top + (options->inline_html ? 4 : MARGIN));
    return rwe_arena_failed(canvas->scratch) ? rwe_fail_memory(error) : RWE_OK;
}
