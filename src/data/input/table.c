/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "table_private.h"

#include <stdlib.h>

/* A column's first block is small, for the tables of 600 patients and those of 10,000 columns; each
 * further one is twice as large. The largest lie beyond malloc's threshold for pages of their own,
 * so that freeing them lowers the program's size. */
#define FIRST_BLOCK ((size_t)1024)
#define LARGEST_BLOCK ((size_t)256 * 1024)

struct rwe_table_options rwe_table_options_default(void)
{
    static const char *missing[] = {"NA", "N/A",  "NaN",  ".",    "-", "—",
                                    "/",  "不详", "未查", "未知", "空"};
    return (struct rwe_table_options){
        .missing = {missing, sizeof missing / sizeof *missing},
        .longest_record = (size_t)16 * 1024 * 1024,
    };
}

struct rwe_table *rwe_table_new(struct rwe_arena *arena, const char *file,
                                const struct rwe_table_options *options)
{
    size_t n = options->missing.n;
    struct rwe_table *table = RWE_NEW(arena, struct rwe_table, 1);
    const char **missing = RWE_NEW(arena, const char *, n);
    size_t *length = RWE_NEW(arena, size_t, n);
    const char *name = rwe_arena_string(arena, file);
    if (rwe_arena_failed(arena))
        return NULL;
    *table = (struct rwe_table){.arena = arena,
                                .file = name,
                                .delimiter = options->delimiter,
                                .decimal_comma = options->decimal_comma,
                                .missing = {missing, n},
                                .missing_length = length};
    for (size_t i = 0; i < n; i++) {
        missing[i] = rwe_arena_string(arena, options->missing.item[i]);
        if (missing[i] == NULL)
            return NULL;
        length[i] = strlen(missing[i]);
        table->starts_missing[(unsigned char)missing[i][0]] = true;
    }
    return table;
}

/* The last block of a column is the one that is being filled: `used` follows from `at`. */
static void close_block(struct rwe_column *column)
{
    if (column->last == NULL)
        return;
    column->last->used = (size_t)(column->at - column->last->text);
    memset(column->at, 0, RWE_BLOCK_MARGIN);
}

bool rwe_column_make_room(struct rwe_column *column, size_t length)
{
    size_t size = column->last == NULL ? FIRST_BLOCK : 2 * column->last->size;
    if (size > LARGEST_BLOCK)
        size = LARGEST_BLOCK;
    if (size <= length)
        size = length + 1;
    struct rwe_column_block *block = malloc(sizeof *block + size + RWE_BLOCK_MARGIN);
    if (block == NULL)
        return false;
    block->next = NULL;
    block->used = 0;
    block->size = size;
    close_block(column);
    if (column->last == NULL)
        column->first = block;
    else
        column->last->next = block;
    column->last = block;
    column->at = block->text;
    column->end = block->text + size;
    return true;
}

void rwe_table_complete(struct rwe_table *table)
{
    for (size_t i = 0; i < table->n_columns; i++)
        close_block(&table->column[i]);
}

enum rwe_status rwe_table_note_line(struct rwe_table *table, size_t line)
{
    if (table->n_runs > 0) {
        const struct rwe_line_run *last = &table->run[table->n_runs - 1];
        if (line - last->line == table->n_rows - last->row)
            return RWE_OK;
    }
    struct rwe_line_run *run = rwe_arena_grow(table->arena, table->run, &table->run_capacity,
                                              table->n_runs + 1, sizeof *run);
    if (run == NULL)
        return RWE_NO_MEMORY;
    run[table->n_runs++] = (struct rwe_line_run){(uint32_t)table->n_rows, line};
    table->run = run;
    return RWE_OK;
}

size_t rwe_table_line(const struct rwe_table *table, size_t row)
{
    size_t low = 0;
    size_t high = table->n_runs; /* the run lies in [low, high) */
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (table->run[middle].row <= row)
            low = middle;
        else
            high = middle;
    }
    return table->run[low].line + (row - table->run[low].row);
}

const char *rwe_table_file(const struct rwe_table *table)
{
    return table->file;
}

const char *rwe_table_sha256(const struct rwe_table *table)
{
    return table->sha256;
}

const char *rwe_table_encoding(const struct rwe_table *table)
{
    return table->encoding;
}

char rwe_table_delimiter(const struct rwe_table *table)
{
    return table->delimiter;
}

size_t rwe_table_rows(const struct rwe_table *table)
{
    return table->n_rows;
}

size_t rwe_table_columns(const struct rwe_table *table)
{
    return table->n_columns;
}

const char *rwe_table_name(const struct rwe_table *table, size_t column)
{
    return table->column[column].name;
}

size_t rwe_table_find(const struct rwe_table *table, const char *name)
{
    for (size_t i = 0; i < table->n_columns; i++)
        if (strcmp(table->column[i].name, name) == 0)
            return i;
    return RWE_NO_INDEX;
}

const char *rwe_table_cell(const struct rwe_table *table, size_t row, size_t column)
{
    struct rwe_cells cells = rwe_cells_of(table, column);
    const char *text = NULL;
    size_t length = 0;
    for (size_t i = 0; i <= row && cells.block != NULL; i++)
        text = rwe_cells_next(&cells, &length);
    return text == NULL || rwe_table_is_missing(table, text, length) ? NULL : text;
}

void rwe_table_drop(struct rwe_table *table, size_t column)
{
    struct rwe_column *dropped = &table->column[column];
    struct rwe_column_block *block = dropped->first;
    while (block != NULL) {
        struct rwe_column_block *next = block->next;
        free(block);
        block = next;
    }
    *dropped = (struct rwe_column){.name = dropped->name};
}

void rwe_table_close(struct rwe_table *table)
{
    for (size_t i = 0; table != NULL && i < table->n_columns; i++)
        rwe_table_drop(table, i);
}
