/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * How a table keeps its cells. A column is the texts of its cells, each with its '\0', one after
 * the other in blocks; no cell is split between two blocks. That is one byte a cell more than the
 * file's own text without its separators, and one pass reads a column in order.
 *
 * Blocks come from malloc, not from the arena, so that dropping a column gives its memory back.
 */
#ifndef RWE_DATA_TABLE_PRIVATE_H
#define RWE_DATA_TABLE_PRIVATE_H

#include "rwe/base/swar.h"
#include "rwe/data/table.h"
#include <string.h>

/* Bytes that can be read behind the last cell of a block. */
#define RWE_BLOCK_MARGIN sizeof(uint64_t)

struct rwe_column_block {
    struct rwe_column_block *next;
    size_t used; /* set when the block is full, or the table complete */
    size_t size;
    char text[];
};

struct rwe_column {
    char *at;  /* where the next cell goes */
    char *end; /* of the last block */
    struct rwe_column_block *first;
    struct rwe_column_block *last;
    const char *name;
};

/* From `row` on, lines count up with rows from `line`, until the next run. */
struct rwe_line_run {
    uint32_t row;
    size_t line;
};

struct rwe_table {
    struct rwe_arena *arena;
    const char *file;
    char sha256[RWE_SHA256_SIZE];
    const char *encoding;
    char delimiter;
    bool decimal_comma;
    size_t n_rows;
    size_t n_columns;
    struct rwe_column *column;
    struct rwe_line_run *run;
    size_t n_runs;
    size_t run_capacity;
    struct rwe_strings missing;
    size_t *missing_length;
    bool starts_missing[256]; /* whether any missing token begins with this byte */
};

/** An empty table with no columns; NULL when memory is out. Copies what it takes from `options`. */
struct rwe_table *rwe_table_new(struct rwe_arena *arena, const char *file,
                                const struct rwe_table_options *options);

/** Ends reading: every block knows how much of it is used. */
void rwe_table_complete(struct rwe_table *table);

/** Notes that the next row, number table->n_rows, begins on `line`. RWE_NO_MEMORY or RWE_OK. */
enum rwe_status rwe_table_note_line(struct rwe_table *table, size_t line);

/** Makes room for a cell of `length` bytes. False when memory is out. */
bool rwe_column_make_room(struct rwe_column *column, size_t length);

/** Adds a cell. False when memory is out. */
static inline bool rwe_column_add(struct rwe_column *column, const char *text, size_t length)
{
    if ((size_t)(column->end - column->at) <= length && !rwe_column_make_room(column, length))
        return false;
    memcpy(column->at, text, length);
    column->at[length] = '\0';
    column->at += length + 1;
    return true;
}

/** A walk through a column: start it at {column->first, NULL}. */
struct rwe_cells {
    const struct rwe_column_block *block;
    const char *at;
};

static inline struct rwe_cells rwe_cells_of(const struct rwe_table *table, size_t column)
{
    const struct rwe_column_block *first = table->column[column].first;
    return (struct rwe_cells){first, first == NULL ? NULL : first->text};
}

/** The next cell and its length. There must be one. */
static inline const char *rwe_cells_next(struct rwe_cells *cells, size_t *length)
{
    // NOLINTBEGIN(clang-analyzer-core.*): a row has a cell in every column
    if (cells->at == cells->block->text + cells->block->used) {
        cells->block = cells->block->next;
        cells->at = cells->block->text;
    }
    const char *text = cells->at;
    uint64_t ends = rwe_zero_bytes(rwe_load_bytes(text));
    // NOLINTEND(clang-analyzer-core.*)
    *length = ends != 0 ? rwe_first_byte(ends) : strlen(text);
    cells->at += *length + 1;
    return text;
}

/** Whether the cell means "no value". */
static inline bool rwe_table_is_missing(const struct rwe_table *table, const char *text,
                                        size_t length)
{
    if (length == 0)
        return true;
    if (!table->starts_missing[(unsigned char)text[0]])
        return false;
    for (size_t i = 0; i < table->missing.n; i++)
        if (table->missing_length[i] == length && memcmp(table->missing.item[i], text, length) == 0)
            return true;
    return false;
}

#endif
