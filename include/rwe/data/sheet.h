/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * A sheet: rows of cells as people make them, of which one holds the names of the columns. Above it may stand
 * comments, a title, headings of groups; below it units, codes or the names in another language; below the table
 * notes and totals. A reader whose files may be so (text, worksheets) gives all rows to a sheet, which finds the
 * header and hands the patients' rows on to the builder (table_builder.h). What it took for what is told in notes
 * (complaints.h), by line and never by its text, which may be the name of who made the table.
 *
 * The first rows, 50 or 1 MB of them, are kept until the header is known:
 *
 *   - `skip` and `header` of the options come first. Then leading rows that begin with # are comments, unless what
 *     follows them cannot be a header.
 *   - A row is above the header that fills less than half of the columns, or has the same text in several (merged
 *     cells), or has gaps that the next one fills, if below it stands a row of distinct texts of which none is a
 *     number or a date.
 *   - A row below the header is a second header where it has text over columns of numbers or dates, and nothing
 *     in it is like the rows below. Its texts become labels of the columns.
 *   - Rows with one cell more than the header each have R's names of rows in front.
 *
 * Below the table (when the builder finishes): a row with one cell that is a sentence, stands apart, or begins as notes
 * do (注, Note, *), and totals.
 */
#ifndef RWE_DATA_SHEET_H
#define RWE_DATA_SHEET_H

#include "rwe/data/reader.h"

struct rwe_sheet;

/** A sheet that fills the builder. It lives in the reading's scratch; NULL when memory is out. `is_ragged`: a row
 * ends with its last cell, so that a row with fewer cells than the header, or more, is a complaint (text); else the
 * cells that a row does not have are empty (worksheets). */
struct rwe_sheet *rwe_sheet_new(const struct rwe_reading *reading,
                                struct rwe_table_builder *builder, bool is_ragged);

/** A cell of the present row; columns count from 0 and ascend within the row, what is left out is empty. Failures
 * are the builder's: rwe_table_builder_status. */
void rwe_sheet_text(struct rwe_sheet *sheet, size_t column, const char *text, size_t length);
void rwe_sheet_number(struct rwe_sheet *sheet, size_t column, double number);
void rwe_sheet_date(struct rwe_sheet *sheet, size_t column, double days);

/** Ends the row, which stands on that line of the file or row of the sheet. A row without any value is skipped. */
void rwe_sheet_end_row(struct rwe_sheet *sheet, size_t line);

/** Whether the header is known: the builder has its columns, and rows can be given to it directly. */
bool rwe_sheet_has_header(const struct rwe_sheet *sheet);

/** No row follows. */
enum rwe_status rwe_sheet_end(struct rwe_sheet *sheet);

#endif
