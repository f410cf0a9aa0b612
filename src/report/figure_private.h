/* SPDX-License-Identifier: GPL-3.0-or-later */
/** A figure as those who draw it see it. */
#ifndef RWE_REPORT_FIGURE_PRIVATE_H
#define RWE_REPORT_FIGURE_PRIVATE_H

#include "document_private.h"
#include "rwe/report/figure.h"

/** A result in the figure, its facts not yet looked up. */
struct rwe_figure_result {
    const char *words;
    enum rwe_cell_class class;
    struct rwe_key key;
    const char *stat[3];
};

struct rwe_reference {
    bool upright;
    double at;
    const char *label; /**< NULL: none */
};

struct rwe_drop {
    size_t group;
    rwe_fact x;
    double y;
};

struct rwe_figure_column {
    enum rwe_column_role role;
    size_t column, group;
    const char *label;
};

struct rwe_box_line {
    rwe_box box;
    int indent;
    const char *words;
    rwe_fact n;
};

struct rwe_flow_box {
    rwe_box parent;
    bool aside;
};

struct rwe_figure {
    struct rwe_document *document;
    enum rwe_figure_kind kind;
    const char *name; /**< letters, digits, hyphens; no two figures of a document have the same */
    const char *title, *description;
    const char *banner; /**< a caution that no reader may miss; NULL: none */
    struct rwe_axis x, y;
    struct rwe_list curves;     /**< of struct rwe_curve */
    struct rwe_list references; /**< of struct rwe_reference */
    struct rwe_list drops;      /**< of struct rwe_drop */
    struct rwe_list results;    /**< of struct rwe_figure_result */
    struct rwe_list columns;    /**< of struct rwe_figure_column */
    struct rwe_list summaries;  /**< of size_t: rows of the grid */
    struct rwe_row_style rows;
    struct rwe_list boxes;     /**< of struct rwe_flow_box */
    struct rwe_list box_lines; /**< of struct rwe_box_line */
    struct rwe_list notes;     /**< of const char * */
    struct rwe_grid *grid;     /**< NULL: none */
};

#endif
