/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Making a table: columns, then cells, by row or by column. For readers (reader.h) and for tables whose
 * columns are in memory already.
 *
 * Functions that add do nothing after a failure; rwe_table_builder_finish returns it. Whatever is passed is
 * copied. Text is UTF-8 without '\0'; blanks around a cell are cut off.
 *
 * A column takes cells of its kind. A cell of another kind makes the column one of text, in which the
 * cells before it stand as they read: a worksheet's column of numbers with "<5" in it is text.
 */
#ifndef RWE_DATA_TABLE_BUILDER_H
#define RWE_DATA_TABLE_BUILDER_H

#include "rwe/data/table.h"

struct rwe_table_builder;

/** A table without columns, to be called `file` in messages. NULL when memory is out. The table will live in
 * `arena`; of the options the missing tokens and the decimal comma matter. */
struct rwe_table_builder *rwe_table_builder_new(const char *file,
                                                const struct rwe_table_options *options,
                                                struct rwe_arena *arena);

/** What was read, for rwe_table_source: "SPSS, 2 value labels". */
void rwe_table_builder_source(struct rwe_table_builder *builder, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** Adds a column and returns its index. RWE_BAD_INPUT when a table has more than 100,000. */
size_t rwe_table_builder_column(struct rwe_table_builder *builder,
                                const struct rwe_column_info *info);

/**
 * Whether each column has a name and no two the same; RWE_BAD_INPUT says which not. `line` is where the names
 * stand in the file, 0: nowhere in particular. Finishing asks too: a reader asks for the sake of the line.
 */
enum rwe_status rwe_table_builder_check_names(struct rwe_table_builder *builder, size_t line);

/** The next cell of that column. A number that is not finite, or that is in a missing range of its column, is
 * missing; so is a text that is empty or among the missing texts. */
void rwe_table_builder_text(struct rwe_table_builder *builder, size_t column, const char *text,
                            size_t length);
void rwe_table_builder_number(struct rwe_table_builder *builder, size_t column, double number);
void rwe_table_builder_date(struct rwe_table_builder *builder, size_t column, double days);
void rwe_table_builder_missing(struct rwe_table_builder *builder, size_t column);

/** Ends a row, which stands on that line of the file (or is the case, row of the sheet of that number, from
 * 1; larger than that of the row before). Columns that it has no cell in get a missing one. */
void rwe_table_builder_end_row(struct rwe_table_builder *builder, size_t line);

/** Ends n rows together, after the cells of whole columns were added; their lines count from 1. */
void rwe_table_builder_end_rows(struct rwe_table_builder *builder, size_t n);

/** RWE_OK as long as nothing failed: for long loops. */
enum rwe_status rwe_table_builder_status(const struct rwe_table_builder *builder);

/**
 * Ends the table. On failure *table is NULL, and nothing is left of it outside the arena. RWE_BAD_INPUT: see
 * the functions above, or no column, or no row; RWE_NO_MEMORY.
 */
enum rwe_status rwe_table_builder_finish(struct rwe_table_builder *builder,
                                         struct rwe_table **table, struct rwe_error *error);

/** Gives up a table that is not finished. */
void rwe_table_builder_discard(struct rwe_table_builder *builder);

/* ---- columns in memory ---- */

/** One column: its numbers (NaN: missing) or its texts (NULL: missing), of which one is given. */
struct rwe_column_values {
    struct rwe_column_info info; /**< a name at least; numbers are dates where its kind says so */
    const double *number;
    const char *const *text;
};

/** A table's worth of them. */
struct rwe_table_columns {
    const char *name; /**< how to call the table in messages; NULL: "data" */
    const struct rwe_column_values *column;
    size_t n_columns, n_rows;
};

/** A table of them, rows numbered from 1. Its digest is that of names and values. RWE_BAD_INPUT: as above, or
 * text that is not UTF-8, with its column and row. `options` may be NULL: the defaults. */
enum rwe_status rwe_table_from_columns(const struct rwe_table_columns *columns,
                                       const struct rwe_table_options *options,
                                       struct rwe_arena *arena, struct rwe_table **table,
                                       struct rwe_error *error);

#endif
