/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Cells and line ends, in the order of the file, become a table: the first record that is not blank
 * is its header, every later one a row. Who finds the cells does not matter here.
 *
 * Splitters work through callbacks that return nothing, so a failure is kept in `status`; all
 * further calls then do nothing, and the splitter looks at it from time to time.
 */
#ifndef RWE_DATA_ROWS_PRIVATE_H
#define RWE_DATA_ROWS_PRIVATE_H

#include "table_private.h"

struct rwe_rows {
    struct rwe_table *table;
    struct rwe_arena *scratch;
    struct rwe_complaints *complaints;
    struct rwe_error *error;
    const char *name; /* of the file, for messages */
    size_t longest_record;
    enum rwe_status status;

    const char **header; /* the names as read so far, in scratch */
    size_t header_capacity;

    bool has_value; /* the present record is a row, and one of its cells is not empty */
    size_t cells;   /* of the present record, so far */
    size_t bytes;   /* of the present record, so far */
    size_t line;    /* on which the next cell begins */
    size_t from;    /* on which the present record begins */
    bool after_cr;  /* the last line ended with a carriage return */

    size_t told_cells; /* the number of cells that `told` is about: most bad rows are alike */
    const char *told;
};

/** The next cell of the record; blanks around it are cut off. */
void rwe_rows_cell(struct rwe_rows *rows, const char *text, size_t length);

/** A line end outside quotes: '\n', '\r' (a '\n' right behind it belongs to it), or 0 for the end
 * of a file without one. Ends the record. */
void rwe_rows_end_line(struct rwe_rows *rows, char end);

/** Whether the record, with `more` bytes to come, is within the limit; if not, fails. */
enum rwe_status rwe_rows_check_length(struct rwe_rows *rows, size_t more);

/** At the end of the file: whether there is a table. */
enum rwe_status rwe_rows_finish(struct rwe_rows *rows);

/**
 * Splits whole lines without a single double quote, which need no parser: a cell is what stands
 * between two separators. Cells and lines come out as libcsv's would. The header must be read.
 */
void rwe_rows_split_plain(struct rwe_rows *rows, const char *text, size_t length);

/** Whether a cell that begins or ends with this byte may have a blank there. */
static inline bool rwe_is_edge(char c)
{
    return (unsigned char)c <= ' ' || (unsigned char)c >= 0x80;
}

#endif
