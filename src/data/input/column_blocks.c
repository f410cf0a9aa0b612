/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "table_private.h"

#include <stdlib.h>

/* A column's first block is small, for the tables of 600 patients and those of 10,000 columns; each
 * further one is twice as large. The largest lie beyond malloc's threshold for pages of their own,
 * so that freeing them lowers the program's size. */
#define FIRST_BLOCK ((size_t)1024)
#define LARGEST_BLOCK ((size_t)256 * 1024)

/* The last block of a column is the one that is being filled: `used` follows from `at`. */
void rwe_column_close(struct rwe_column *column)
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
    rwe_column_close(column);
    if (column->last == NULL)
        column->first = block;
    else
        column->last->next = block;
    column->last = block;
    column->at = block->text;
    column->end = block->text + size;
    return true;
}
