/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Plots made by hand, and what a canvas that remembers saw of them. */
#ifndef TESTS_SUPPORT_DRAW_PLOT_H
#define TESTS_SUPPORT_DRAW_PLOT_H

#include "rwe/report/figure.h"

/** Survival curves over 60 units of time: exponential, censored from 20 on, the same each time. */
struct plot_example {
    const char *const *label; /**< by arm */
    size_t n_arms, n;         /**< patients an arm */
    double apart;             /**< the mean of arm a is 30 (1 + a apart) */
    double step;              /**< of the ticks and the counts */
    double until;             /**< 0 and NaN: not cut */
    bool results;             /**< medians, HR 0.74 (0.59–0.92), p */
};
struct rwe_figure *plot_example(struct rwe_arena *arena, const struct plot_example *example);

/** One curve through n points, axes 0 … 60 and 0 … 1. */
struct rwe_figure *plot_small(struct rwe_arena *arena, const double x[], const double y[],
                              size_t n);

/** A line of text on the canvas; a box of its widest fonts. */
struct plot_word {
    const char *text;
    double x; /**< of its anchor */
    double left, top, right, bottom;
    double time; /**< of the fact that it shows; NaN: none */
};

struct plot_sketch {
    double width, height;
    double left, right, top, bottom; /**< of the frame */
    struct plot_word *word;
    size_t n_words;
    struct plot_line *line; /**< thick lines: the curves, and samples of them */
    size_t n_lines;
    size_t n_drops; /**< thin dashed lines */
};

/** Draws the figure, width given. Fails the test where that fails. */
struct plot_sketch plot_sketch_of(const struct rwe_figure *figure, double width,
                                  struct rwe_arena *arena);

/** The word of that text; fails the test where there is none. */
const struct plot_word *plot_find_word(const struct plot_sketch *sketch, const char *text);

/** How far the point is from the curve of that group, and where that curve ends. */
double plot_distance(const struct plot_sketch *sketch, size_t group, double x, double y);
double plot_last_x(const struct plot_sketch *sketch, size_t group);

#endif
