/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Figures drawn: from data to lines, shapes and text on a canvas. */
#ifndef RWE_REPORT_DRAW_PRIVATE_H
#define RWE_REPORT_DRAW_PRIVATE_H

#include "canvas_private.h"
#include "figure_private.h"

struct rwe_draw_options {
    const struct rwe_style *style; /**< how numbers read; NULL: plain */
    double width; /**< in units of 1/96 inch: RWE_DRAW_WIDE, or RWE_DRAW_NARROW for a phone */
    bool
        inline_html; /**< part of a page: its colours, and without title and notes, which are the page's */
};

enum { RWE_DRAW_WIDE = 720, RWE_DRAW_NARROW = 340 };

/** Sizes of text, in units. */
enum { RWE_DRAW_TEXT = 12, RWE_DRAW_SMALL = 11, RWE_DRAW_TITLE = 14 };

/**
 * Draws the figure, title and notes with it unless they are the page's, and sets the canvas' height.
 * RWE_NO_MEMORY. C locale.
 */
enum rwe_status rwe_figure_draw(const struct rwe_figure *figure,
                                const struct rwe_draw_options *options, struct rwe_canvas *canvas,
                                struct rwe_error *error);

/** Draws one kind from `top` downward; returns where it ends. One function a kind, each in its draw_*.c. */
typedef double rwe_draw_function(const struct rwe_figure *figure, struct rwe_canvas *canvas,
                                 double top);
rwe_draw_function rwe_draw_plot;
rwe_draw_function rwe_draw_forest;
rwe_draw_function rwe_draw_dots;
rwe_draw_function rwe_draw_butterfly;
rwe_draw_function rwe_draw_flow;

/** Starts the identifiers in a drawing: the figure's name, and the width where a page holds it twice. */
const char *rwe_draw_identifier(const struct rwe_figure *figure,
                                const struct rwe_draw_options *options, struct rwe_arena *scratch);

/* ---- axes, which several kinds share ---- */

/** Where numbers are on the canvas. */
struct rwe_scale_map {
    enum rwe_scale scale;
    double from, to; /**< of the axis */
    double canvas_from, canvas_to;
};

double rwe_scale_at(const struct rwe_scale_map *map, double x);

/** Ticks of an axis from `from` to `to`: round numbers at most `most`, of a log axis 0.25, 0.5, 1, 2, … */
struct rwe_ticks {
    double at[24];
    size_t n;
};
struct rwe_ticks rwe_axis_ticks(const struct rwe_axis *axis, double from, double to, size_t most);

/** What stands at a tick: "0.5", "50%", without sign where the axis is absolute. In `text`. */
void rwe_tick_text(const struct rwe_axis *axis, double at, char text[32]);

/* ---- files ---- */

/** SVG to `out`; C locale. RWE_NO_MEMORY. */
enum rwe_status rwe_figure_write_svg(const struct rwe_figure *figure,
                                     const struct rwe_draw_options *options, FILE *out,
                                     struct rwe_error *error);

/** In a page, ` data-fact="12,13,14"`: which facts, by their number from 0, a cell shows; of words nothing. */
void rwe_put_fact_marks(FILE *out, const struct rwe_cell *cell);
/** PNG of `png_scale` pixels a unit, or PDF where that is 0. RWE_IO where cairo fails, RWE_NO_MEMORY. */
enum rwe_status rwe_figure_write_cairo(const struct rwe_figure *figure,
                                       const struct rwe_draw_options *options, double png_scale,
                                       FILE *out, struct rwe_error *error);

#endif
