/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What the parts of a plot share: its frame, its curves as points on the canvas, its counts. */
#ifndef RWE_REPORT_DRAW_PLOT_PRIVATE_H
#define RWE_REPORT_DRAW_PLOT_PRIVATE_H

#include "draw_private.h"

struct rwe_box_of {
    double left, top, right, bottom;
};

/** A line through points; where one is NaN it is broken. */
struct rwe_path {
    struct rwe_point *at;
    size_t n;
};

/** By column of the canvas, one unit wide: the highest and the lowest place a line has there. */
struct rwe_cover {
    float *top, *bottom; /**< top > bottom: it is not there */
};

/** A curve on the canvas. */
struct rwe_drawn_curve {
    const struct rwe_curve *curve;
    struct rwe_path line, low, high; /**< of limits n is 0 where there are none */
    struct rwe_cover cover, band;    /**< of the line (an area, bars) and of the limits */
};

/** A result in a figure as it reads, "HR 0.74 (0.59–0.92)", and the facts that stand in it. */
struct rwe_result_line {
    const char *text;
    struct rwe_cell cell;
};

/** The table under a plot: its columns that are drawn, and how its cells read. */
struct rwe_counts {
    size_t n_columns;     /**< on the axis, ascending */
    double *time;         /**< n_columns */
    size_t *cell;         /**< n_columns: place in its row */
    bool *kept;           /**< n_columns: has room for its counts, and a tick with its number */
    const char ***text;   /**< by row of the grid, by column; NULL where the row has no such cell */
    double widest, label; /**< of the texts; of the row labels */
};

struct rwe_plot {
    const struct rwe_figure *figure;
    struct rwe_canvas *canvas;
    struct rwe_box_of frame;
    struct rwe_scale_map x, y;
    struct rwe_ticks x_ticks, y_ticks;
    struct rwe_counts counts;
    struct rwe_drawn_curve *curve;
    size_t n_curves;
    struct rwe_box_of *taken; /**< where something stands that is no curve; room for all */
    size_t n_taken;
    struct rwe_result_line *result;
    size_t n_results;
    struct rwe_point
        results_at; /**< upper left corner of the results; NaN: there is no room within the frame */
    struct rwe_box_of *name; /**< by curve, beside it; NULL: not each has room */
};

enum { RWE_PLOT_MARGIN = 12, RWE_PLOT_SAMPLE = 22 };

/* ---- draw_curves.c ---- */

/** Turns the figure's curves into points on the canvas; the frame and the scales must be there. */
void rwe_plot_trace(struct rwe_plot *plot);

/** Moves everything down. */
void rwe_plot_shift(struct rwe_plot *plot, double by);

/** Whether the curve of that group is drawn as far as x. */
bool rwe_plot_reaches(const struct rwe_plot *plot, size_t group, double x);

/** Draws bands, references, drops and curves, cut at the frame. */
void rwe_plot_curves(const struct rwe_plot *plot);

/** A sample of how a curve looks, RWE_PLOT_SAMPLE wide, its middle at `y`. */
void rwe_plot_sample(struct rwe_canvas *canvas, const struct rwe_curve *curve, double x, double y);

/* ---- draw_plot_words.c ---- */

/** Finds places within the frame, where nothing else is, for labels of references, results and names. */
void rwe_plot_place_words(struct rwe_plot *plot);

/** Draws what found no place within the frame as lines from `top` on; returns where they end. */
double rwe_plot_words_above(const struct rwe_plot *plot, double top);

/** Draws what found one. */
void rwe_plot_words_within(const struct rwe_plot *plot);

#endif
