/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * A table from the rows of a worksheet, whose cells stand at places and have kinds of their own: the first row with
 * cells names the columns, each later one is a row. A column is of the kind of its cells (table_builder.h).
 */
#ifndef RWE_DATA_SHEET_PRIVATE_H
#define RWE_DATA_SHEET_PRIVATE_H

#include "frames_private.h"

struct rwe_sheet;

/** Adds a cell to a column of the builder that there is. */
void rwe_cell_put(struct rwe_table_builder *builder, const struct rwe_frame_cell *cell);

/** A sheet without rows; it lives in the scratch of the reading. NULL when memory is out. */
struct rwe_sheet *rwe_sheet_new(const struct rwe_reading *reading,
                                struct rwe_table_builder *builder);

/** The next cell of the row; columns ascend. */
enum rwe_status rwe_sheet_cell(struct rwe_sheet *sheet, const struct rwe_frame_cell *cell);

/** Ends the row, which has at least one cell. */
enum rwe_status rwe_sheet_end_row(struct rwe_sheet *sheet, size_t line, struct rwe_error *error);

/** After the last row. RWE_BAD_INPUT where there is no header, or nothing below it. */
enum rwe_status rwe_sheet_finish(struct rwe_sheet *sheet, struct rwe_error *error);

#endif
