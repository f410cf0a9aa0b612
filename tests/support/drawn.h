/* SPDX-License-Identifier: GPL-3.0-or-later */
/** A drawing as a list of what is in it: what tests of figures of tables share. */
#ifndef TESTS_SUPPORT_DRAWN_H
#define TESTS_SUPPORT_DRAWN_H

#include "../../src/report/draw_private.h"
#include "check.h"

struct drawn_label {
    char text[160];
    bool bold;
    double left, right, top, bottom;
};

struct drawn_shape {
    enum { DRAWN_OPEN, DRAWN_CLOSED, DRAWN_CIRCLE } kind;
    size_t n;
    struct rwe_point corner[5]; /* of a circle: its centre */
    double radius;
    struct rwe_look look;
};

enum { DRAWN_MOST = 4000 };

struct drawn {
    struct rwe_canvas canvas;
    struct drawn_label label[DRAWN_MOST];
    struct drawn_shape shape[DRAWN_MOST];
    size_t n_labels, n_shapes;
};

/** The figure with title and notes at that width. Freed by free(). Fails the test when it cannot be drawn. */
struct drawn *drawn_figure(const struct rwe_figure *figure, double width);

/** No label covers another or leaves the drawing. */
void drawn_labels_keep_apart(const struct drawn *drawn);

/** The only label of that text, and the first that starts so; NULL where there is none. */
const struct drawn_label *drawn_find(const struct drawn *drawn, const char *text);

/** Closed shapes of so many corners; the nth of them. NULL behind the last. */
size_t drawn_count(const struct drawn *drawn, size_t corners);
const struct drawn_shape *drawn_nth(const struct drawn *drawn, size_t corners, size_t nth);

/** The SVG, 720 wide, is the kept file (kept.h). */
void drawn_is_as_kept(const struct rwe_figure *figure, const char *path);

/* ---- figures of tables ---- */

/** A document with one table, whose facts are numbers without a meaning. */
struct drawn_table {
    struct rwe_arena *arena;
    struct rwe_document *document;
    struct rwe_grid *grid;
    struct rwe_figure *figure;
};

/** A figure of an empty table. Cleared by rwe_arena_free(arena). */
struct drawn_table drawn_table_new(enum rwe_figure_kind kind, const char *title);

rwe_fact drawn_number(struct drawn_table *table, double value);

/** A cell of RWE_CELL_RATIO_LIMITS. */
void drawn_ratio(struct drawn_table *table, double ratio, double low, double high);

/** A label for row i: short ones, long ones, one without a blank; in Chinese too. */
const char *drawn_row_label(size_t i, bool chinese);

/**
 * Each number in the figure, down to the ticks over the label of the axis, is a cell of the table, or what
 * stands in brackets in one.
 */
void drawn_numbers_are_the_tables(const struct drawn *drawn, const struct rwe_grid *grid,
                                  const char *axis_label);

#endif
