/* SPDX-License-Identifier: GPL-3.0-or-later */
/** A table with its cells as they read: what the formats for readers have in common. */
#ifndef RWE_REPORT_LAYOUT_PRIVATE_H
#define RWE_REPORT_LAYOUT_PRIVATE_H

#include "document_private.h"
#include "rwe/report/style.h"

struct rwe_layout_cell {
    const char *text;
    bool is_number;              /**< made from facts, not from words */
    const struct rwe_cell *cell; /**< that it shows; NULL: a label, or nothing */
};

struct rwe_layout_row {
    int indent;
    struct rwe_layout_cell *cells; /**< n_columns; the first is the label */
};

struct rwe_layout {
    size_t n_columns, n_rows;
    const char **headings; /**< n_columns; "" where there is none; lines separated by '\n' */
    bool *numeric;         /**< n_columns: holds numbers, to be aligned as such */
    struct rwe_layout_row *rows;
    struct rwe_strings notes;
    const char *point; /**< the decimal mark of its numbers */
};

/** The grid laid out in `scratch`, its numbers in that style (NULL: plain); NULL when memory is out. C
 * locale. */
const struct rwe_layout *rwe_layout_new(const struct rwe_grid *grid, const struct rwe_style *style,
                                        struct rwe_arena *scratch);

/** A cell by itself as it reads, in `scratch`. */
const char *rwe_layout_cell_text(const struct rwe_document *document, const struct rwe_cell *cell,
                                 const struct rwe_style *style, struct rwe_arena *scratch);

#endif
