/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Figures as data: what a figure shows, not how it looks. An analysis adds one to the blocks of its
 * document; report/draw_*.c draws it, the same for every format.
 *
 * As with tables, no figure writes a number of its own: the numbers in its text are cells of facts, and
 * its marks are columns (curves) or facts (rows of a table). Columns are borrowed and must outlive the
 * document; text is copied. When memory is out the functions do nothing, as those of document.h.
 */
#ifndef RWE_REPORT_FIGURE_H
#define RWE_REPORT_FIGURE_H

#include "rwe/report/document.h"

struct rwe_figure;

enum rwe_figure_kind {
    RWE_FIGURE_PLOT,   /**< curves over two axes, with a table of counts beneath */
    RWE_FIGURE_FOREST, /**< a row for each estimate with its limits, beside cells of a table */
    RWE_FIGURE_DOTS,   /**< a row for each covariate, a symbol for each population: Love's plot */
    RWE_FIGURE_BUTTERFLY, /**< a row for each event, bars to both sides */
    RWE_FIGURE_FLOW,      /**< boxes from top to bottom */
};

/**
 * Starts a figure at this place of the document; never NULL. `name` is the stem of its files, of letters, digits and
 * hyphens: "km-os-matched" (other characters become hyphens). The title is its caption.
 */
struct rwe_figure *rwe_document_figure(struct rwe_document *document, enum rwe_figure_kind kind,
                                       const char *name, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/** What the figure says, in a sentence or two, for readers who cannot see it. */
void rwe_figure_describe(struct rwe_figure *figure, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** Takes the document's banner off the figure, which does not show what the banner warns of. */
void rwe_figure_clear_banner(struct rwe_figure *figure);

/** Adds a line under the figure, as rwe_grid_note under a table. */
void rwe_figure_note(struct rwe_figure *figure, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/**
 * A result written into the figure, "HR 0.74 (0.59–0.92)": words, then a cell of the facts that have this
 * key and these stats (as many as the class takes; NULL where the cell has none). The facts are looked up
 * when the figure is drawn, so that an analysis that runs later may provide them. Where the first of them does
 * not exist, the line is left out.
 */
void rwe_figure_result(struct rwe_figure *figure, const char *words, enum rwe_cell_class class,
                       const struct rwe_key *key, const char *const stats[3]);

/* ---- plots ---- */

enum rwe_scale { RWE_SCALE_LINEAR, RWE_SCALE_LOG };

/** An axis. */
struct rwe_axis {
    const char *label;
    double from, to;      /**< equal: from the data */
    double step;          /**< distance of its ticks; 0: chosen */
    enum rwe_scale scale; /**< default linear */
    bool percent;         /**< fractions of 1 read as percents */
    bool absolute;        /**< signs are not shown: values drawn downward are not negative */
    const char *low_words, *high_words; /**< under its two ends, "favours control"; may be NULL */
};

void rwe_figure_x_axis(struct rwe_figure *figure, const struct rwe_axis *axis);
void rwe_figure_y_axis(struct rwe_figure *figure, const struct rwe_axis *axis);

enum rwe_curve_style {
    RWE_CURVE_STEP,   /**< constant from a point to the next, from the axis' start: survival */
    RWE_CURVE_LINE,   /**< straight from point to point */
    RWE_CURVE_AREA,   /**< a line, filled to zero: densities */
    RWE_CURVE_BARS,   /**< a bar to zero for each point, as wide as the points are apart: counts */
    RWE_CURVE_POINTS, /**< points alone: residuals */
};

/** One curve. Its points are in increasing order of x (except RWE_CURVE_POINTS); a NaN of y breaks it. */
struct rwe_curve {
    const char *label;
    enum rwe_curve_style style;
    size_t group; /**< colour and dash: 0 the control arm, 1 the treated, … */
    size_t n;
    const double *x, *y;
    const double *low, *high; /**< limits, drawn lighter behind the curve; NULL: none */
    const double *censored;   /**< > 0: a tick on the curve at that point; NULL: none */
    const double *at_risk;    /**< the number that a pointer shows beside y; NULL: none */
    double start; /**< y before the first point of a step: 1 of survival, 0 of incidence */
    double until; /**< not drawn beyond this x; NaN: to its end */
};

void rwe_figure_curve(struct rwe_figure *figure, const struct rwe_curve *curve);

/** A thin line across at x (`upright`) or at y: no effect, a landmark. `label` may be NULL. */
void rwe_figure_reference(struct rwe_figure *figure, bool upright, double at, const char *label);

/** Dashed lines from the y axis to the curve and down to the x axis: the median, `x` its fact. All drops of a
 * figure have the same `y`. */
void rwe_figure_drop(struct rwe_figure *figure, size_t group, rwe_fact x, double y);

/* ---- figures of tables ---- */

/*
 * Columns that are named before the first point or bar stand left of the plot, those named after it to its
 * right; on a phone only the first of those to the right is kept. Rows without a mark are drawn as headings
 * where indented rows follow, and are otherwise left out. The x axis is that of points and bars; in a butterfly,
 * points (risk differences) have a plot of their own, whose axis is y.
 *
 * The heading of a bar's column is "any grade\nGP": what is counted, then the side.
 */

/**
 * The figure's own table, which formats show only as part of the figure: the counts under a plot, with a
 * column for each time (that of the facts in it). It is made at the first call.
 */
struct rwe_grid *rwe_figure_grid(struct rwe_figure *figure);

/** The table of the document whose rows the figure draws; it may still be filled afterwards. */
void rwe_figure_set_grid(struct rwe_figure *figure, struct rwe_grid *grid);

enum rwe_column_role {
    RWE_COLUMN_TEXT,      /**< its cells stand beside the rows */
    RWE_COLUMN_OF,        /**< its cells stand behind those of the text named before it: "34/150" */
    RWE_COLUMN_POINT,     /**< its first fact is a point, the next two its limits */
    RWE_COLUMN_BAR,       /**< its last fact (the percent) is the length of a bar */
    RWE_COLUMN_INNER_BAR, /**< the same, darker within the bar: grade 3 or more */
};

/**
 * Says how column `column` (1 is the first behind the row labels) is drawn. `group` is colour and symbol; for
 * bars it is the side: 0 left, 1 right. `label` is its heading or entry in the legend; NULL: that of the table.
 * A column that is not named is not drawn; a column can be named twice (as a point and as its text).
 */
void rwe_figure_column(struct rwe_figure *figure, enum rwe_column_role role, size_t column,
                       size_t group, const char *label);

/** How rows are drawn; all 0 is the usual way. */
struct rwe_row_style {
    bool
        equal_marks; /**< squares of one size; else their area is the information in the estimate */
    bool by_size;    /**< sorted by the distance of the first point from 0, the farthest first */
    size_t most;     /**< only so many rows from the first, which a note should say; 0: all */
};
void rwe_figure_rows(struct rwe_figure *figure, const struct rwe_row_style *style);

/** Row `row` of the table (0 is the first) sums the others up: a diamond as wide as its limits. */
void rwe_figure_summary(struct rwe_figure *figure, size_t row);

/* ---- flow diagrams ---- */

/** Handle of a box. */
typedef size_t rwe_box;
#define RWE_NO_BOX SIZE_MAX

/**
 * Adds a box under `parent` (RWE_NO_BOX: the first). `aside`: a box for subjects who leave, to the right of the
 * arrow that goes down from the parent. Children of one box that are not aside stand side by side.
 */
rwe_box rwe_figure_box(struct rwe_figure *figure, rwe_box parent, bool aside);

/** Adds a line to a box: words, then "n = 301" of the fact; RWE_NO_FACT: the words alone. The first line of a
 * box is its heading. `indent` 0 or 1. */
void rwe_figure_box_line(struct rwe_figure *figure, rwe_box box, int indent, const char *words,
                         rwe_fact n);

#endif
