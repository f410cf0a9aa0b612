/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Figures of tables: what forest plots, Love plots and butterflies have in common. A row of the table is
 * a row of the figure; its label and cells read as in the table, and between them is the plot, in which
 * each kind draws its marks.
 *
 * On a phone the rows are stacked: the label and one cell, and beneath them the plot as wide as the page.
 */
#ifndef RWE_REPORT_DRAW_ROWS_PRIVATE_H
#define RWE_REPORT_DRAW_ROWS_PRIVATE_H

#include "draw_private.h"
#include "layout_private.h"

enum { RWE_ROWS_MARGIN = 12, RWE_ROWS_GAP = 13, RWE_ROWS_LINE = 15, RWE_ROWS_INDENT = 12 };

/** What a kind needs of the space. */
struct rwe_draw_rows_need {
    double
        least_plot; /**< width of the plot that labels and columns leave it, where rows are not stacked */
    double strip;   /**< height of the marks of a row */
    size_t heading; /**< lines that the kind itself writes over the plot */
    double panel;   /**< width of a second plot at the right, not where rows are stacked; 0: none */
};

/** A column of the table beside the plot. */
struct rwe_draw_rows_text {
    const struct rwe_figure_column *said;
    const struct rwe_figure_column *of; /**< behind its cells; NULL: nothing */
    bool right;                         /**< of the plot */
    enum rwe_anchor anchor;
    double width, x; /**< x of its anchor */
    struct rwe_strings heading;
};

struct rwe_draw_rows_row {
    size_t of_grid;
    bool heading;                /**< of the rows that follow, which are indented */
    bool summary;                /**< of the others */
    bool empty;                  /**< no number to mark */
    const char *stacked;         /**< the cell beside the label, where rows are stacked; "": none */
    const struct rwe_cell *cell; /**< its facts */
    struct rwe_strings label;
    double top, bottom;
    double middle; /**< of its marks */
};

struct rwe_draw_rows {
    const struct rwe_figure *figure;
    struct rwe_canvas *canvas;
    const struct rwe_layout *layout;
    struct rwe_draw_rows_need need;
    bool stacked;
    size_t n, n_texts;
    struct rwe_draw_rows_row *row;
    struct rwe_draw_rows_text *text;
    double label_width, heading_height;
    double top, bottom;          /**< of all rows */
    double from, to;             /**< x of the plot */
    double panel_from, panel_to; /**< x of the second plot */
};

/**
 * Says where everything is, the headings from `top` downward. False when the figure has no table or no
 * row to draw, or when memory is out.
 */
bool rwe_draw_rows_start(struct rwe_draw_rows *rows, const struct rwe_figure *figure,
                         struct rwe_canvas *canvas, double top);

/** Every second row shaded; then, over the marks, labels, cells and headings. */
void rwe_draw_rows_bands(const struct rwe_draw_rows *rows);
void rwe_draw_rows_texts(const struct rwe_draw_rows *rows);

/** A line of text on the middle of a row of marks; `cell`: its facts. */
void rwe_draw_rows_put_text(const struct rwe_draw_rows *rows, const char *text,
                            const struct rwe_cell *cell, struct rwe_point at,
                            enum rwe_anchor anchor);

/** The facts of a cell, NaN where it has none or null; false when the cell is not of facts. */
bool rwe_draw_rows_numbers(const struct rwe_draw_rows *rows, size_t row, size_t column,
                           double number[3]);

/** The cell of the table in that row and column; NULL where the row is shorter. */
const struct rwe_cell *rwe_draw_rows_cell(const struct rwe_draw_rows *rows, size_t row,
                                          size_t column);

/** Whether that column stands beside the plot as text too. */
bool rwe_draw_rows_has_text(const struct rwe_draw_rows *rows, size_t column);

/** The columns of that role, as they were said. NULL behind the last. */
const struct rwe_figure_column *rwe_draw_rows_column(const struct rwe_figure *figure,
                                                     enum rwe_column_role role, size_t nth);

/** What the column is called: its label, else the table's heading. Lines separated by '\n'. */
const char *rwe_draw_rows_column_label(const struct rwe_figure *figure,
                                       const struct rwe_figure_column *column);

/* ---- axes and marks ---- */

/** An axis for the points of the figure with their limits: the given one, or from the data. */
struct rwe_axis rwe_draw_rows_points_axis(const struct rwe_draw_rows *rows,
                                          const struct rwe_axis *given);

/** Draws it under the rows; returns where it ends. `at` is where low_words and high_words part. */
double rwe_draw_rows_axis(const struct rwe_draw_rows *rows, const struct rwe_axis *axis,
                          const struct rwe_scale_map *map, double at);

/** Its line, ticks and their numbers alone, but for the one at 0 where `bare_zero`. */
double rwe_draw_rows_ticks(const struct rwe_draw_rows *rows, const struct rwe_axis *axis,
                           const struct rwe_scale_map *map, bool bare_zero);

/** A thin line from the first row to the axis. */
void rwe_draw_rows_upright(const struct rwe_draw_rows *rows, const struct rwe_scale_map *map,
                           double at, const struct rwe_look *look);

/** The figure's references that are upright. */
void rwe_draw_rows_references(const struct rwe_draw_rows *rows, const struct rwe_axis *axis,
                              const struct rwe_scale_map *map);

/** A line from low to high, an arrow's head where an end is beyond the axis. */
void rwe_draw_rows_limits(const struct rwe_draw_rows *rows, const struct rwe_scale_map *map,
                          const double limits[2], double y, enum rwe_colour colour);

/* ---- legends ---- */

enum rwe_legend_mark { RWE_LEGEND_SYMBOL, RWE_LEGEND_BAR, RWE_LEGEND_INNER_BAR };

struct rwe_legend_entry {
    const char *label;
    enum rwe_legend_mark mark;
    size_t group;
};

/** Entries side by side, in as many lines as it takes; returns where they end. */
double rwe_draw_legend(struct rwe_canvas *canvas, const struct rwe_legend_entry entry[], size_t n,
                       double top);

/** The legend of several columns of points; nothing for one. */
double rwe_draw_points_legend(const struct rwe_figure *figure, struct rwe_canvas *canvas,
                              double top);

/** Opacity of the bars that hold darker ones. */
#define RWE_BAR_OPACITY 0.35

#endif
