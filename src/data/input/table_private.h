/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * How a table keeps its cells. A column is its cells one after the other in blocks; no cell is split between
 * two blocks. A text has its '\0' behind it: one byte a cell more than the file's own text without its
 * separators. A number or a date is a double. One pass reads a column in order.
 *
 * Blocks come from malloc, not from the arena, so that dropping a column gives its memory back.
 */
#ifndef RWE_DATA_TABLE_PRIVATE_H
#define RWE_DATA_TABLE_PRIVATE_H

#include "rwe/base/hash.h"
#include "rwe/base/number.h"
#include "rwe/base/swar.h"
#include "rwe/data/table_builder.h"
#include <math.h>
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
    size_t n; /* cells */
    struct rwe_column_info
        *info; /* not here, so that the rest of many columns stays in the cache */
};

/* From `row` on, lines count up with rows from `line`, until the next run. */
struct rwe_line_run {
    uint32_t row;
    size_t line;
};

struct rwe_stacked;

struct rwe_table {
    struct rwe_arena *arena;
    const char *file;
    char sha256[RWE_SHA256_SIZE];
    const char *source;
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
    double *missing_number;   /* the tokens that are numbers */
    size_t n_missing_numbers;
    const struct rwe_stacked *part; /* of a stack; NULL: it is none */
    size_t n_parts;
};

/* What can fail while a table is made is kept here; the functions then do nothing. */
struct rwe_table_builder {
    struct rwe_table *table;
    const char *name;                  /* of the file, for messages */
    struct rwe_complaints *complaints; /* for notes; NULL: a table in memory */
    struct rwe_strings missing_in;     /* of the options */
    size_t column_capacity;
    bool names_are_checked;
    bool is_sheet;     /* it may have notes and totals below its rows */
    size_t n_narrowed; /* cells with full-width digits */
    enum rwe_status status;
    struct rwe_error error;
};

/** Ends the block that is being filled, so that the column can be read; cells may still be added. */
void rwe_column_close(struct rwe_column *column);

/** Frees a column's cells. */
void rwe_column_free(struct rwe_column *column);

/** As rwe_table_builder_end_row, where the row has a cell in every column. */
void rwe_table_builder_end_full_row(struct rwe_table_builder *builder, size_t line);

/** Makes room for a cell of `length` bytes. False when memory is out. */
bool rwe_column_make_room(struct rwe_column *column, size_t length);

/** Adds a cell to a column of text. False when memory is out. */
static inline bool rwe_column_add(struct rwe_column *column, const char *text, size_t length)
{
    if ((size_t)(column->end - column->at) <= length && !rwe_column_make_room(column, length))
        return false;
    memcpy(column->at, text, length);
    column->at[length] = '\0';
    column->at += length + 1;
    column->n++;
    return true;
}

/** Whether a cell that begins or ends with this byte may have a blank there. */
static inline bool rwe_is_edge(char c)
{
    return (unsigned char)c <= ' ' || (unsigned char)c >= 0x80;
}

/** Cuts off the blanks around a text: ASCII's, U+00A0, U+3000 and the invisible U+FEFF and U+200B, all of which
 * spreadsheets and Chinese keyboards leave around numbers. */
void rwe_trim(const char **text, size_t *length);

/** Writes a number, a date or a time in full-width characters ("６５．５", "２０２３－０５－０１") as others are written,
 * into `room` of RWE_NUMBER_SIZE bytes. False where the text is something else. */
bool rwe_narrow(const char **text, size_t *length, char room[]);

/** table_tidy.c: takes away what is no row or column of patients, once all blocks are closed. */
void rwe_table_builder_tidy(struct rwe_table_builder *builder);

/** Whether a text means "no value". */
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

/** A walk through a column, from rwe_cells_of. */
struct rwe_cells {
    const struct rwe_table *table;
    const struct rwe_column_block *block;
    const char *at;
    enum rwe_column_kind kind;
    char text[RWE_NUMBER_SIZE]; /* of the last cell, where it is a number or a date */
};

static inline struct rwe_cells rwe_cells_of(const struct rwe_table *table, size_t column)
{
    const struct rwe_column *of = &table->column[column];
    return (struct rwe_cells){.table = table,
                              .block = of->first,
                              .at = of->first == NULL ? NULL : of->first->text,
                              .kind = of->info->kind};
}

/** Steps into the next block where this one is at its end. */
static inline void rwe_cells_enter(struct rwe_cells *cells)
{
    // NOLINTBEGIN(clang-analyzer-core.*): a row has a cell in every column
    if (cells->at == cells->block->text + cells->block->used) {
        cells->block = cells->block->next;
        cells->at = cells->block->text;
    }
    // NOLINTEND(clang-analyzer-core.*)
}

/** The next cell of a column of numbers or dates; NaN where missing. There must be one. */
static inline double rwe_cells_next_number(struct rwe_cells *cells)
{
    double number;
    rwe_cells_enter(cells);
    memcpy(&number, cells->at, sizeof number);
    cells->at += sizeof number;
    for (size_t i = 0; i < cells->table->n_missing_numbers; i++)
        if (number == cells->table->missing_number[i])
            return NAN;
    return number;
}

/** Writes a number or a date as it reads; "" of NaN. */
void rwe_cell_write(enum rwe_column_kind kind, double number, char text[RWE_NUMBER_SIZE]);

/** The next cell of a column of text and its length. There must be one. */
static inline const char *rwe_cells_next_text(struct rwe_cells *cells, size_t *length)
{
    rwe_cells_enter(cells);
    const char *text = cells->at;
    uint64_t ends = rwe_zero_bytes(rwe_load_bytes(text));
    *length = ends != 0 ? rwe_first_byte(ends) : strlen(text);
    cells->at += *length + 1;
    return text;
}

/** The next cell of any column as text; of a number or a date valid until the next call. There must be one. */
static inline const char *rwe_cells_next(struct rwe_cells *cells, size_t *length)
{
    if (cells->kind == RWE_KIND_TEXT)
        return rwe_cells_next_text(cells, length);
    rwe_cell_write(cells->kind, rwe_cells_next_number(cells), cells->text);
    *length = strlen(cells->text);
    return cells->text;
}

#endif
