/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a finished table tells of itself; its cells are read in column.c. */
#include "table_private.h"

#include "rwe/base/date.h"
#include <stdio.h>
#include <stdlib.h>

struct rwe_table_options rwe_table_options_default(void)
{
    static const char *missing[] = {"NA", "N/A",  "NaN",  ".",    "-", "—",
                                    "/",  "不详", "未查", "未知", "空"};
    return (struct rwe_table_options){
        .missing = {missing, sizeof missing / sizeof *missing},
        .longest_record = (size_t)16 * 1024 * 1024,
    };
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

const char *rwe_table_source(const struct rwe_table *table)
{
    return table->source;
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
    return table->column[column].info->name;
}

const struct rwe_column_info *rwe_table_column(const struct rwe_table *table, size_t column)
{
    return table->column[column].info;
}

size_t rwe_table_find(const struct rwe_table *table, const char *name)
{
    size_t labelled = RWE_NO_INDEX, n_labelled = 0;
    for (size_t i = 0; i < table->n_columns; i++) {
        const struct rwe_column_info *info = table->column[i].info;
        if (strcmp(info->name, name) == 0)
            return i;
        if (info->label != NULL && strcmp(info->label, name) == 0) {
            labelled = i;
            n_labelled++;
        }
    }
    return n_labelled == 1 ? labelled : RWE_NO_INDEX;
}

/* Days that a calendar of four digits has: 0001-01-01 … 9999-12-31. */
static const double FIRST_DAY = -719162, LAST_DAY = 2932896;

void rwe_cell_write(enum rwe_column_kind kind, double number, char text[RWE_NUMBER_SIZE])
{
    text[0] = '\0';
    if (isnan(number))
        return;
    double day = floor(number);
    if (kind != RWE_KIND_DATE || !(day >= FIRST_DAY && day <= LAST_DAY)) {
        rwe_number_exact(number, text);
        return;
    }
    rwe_date_format((int32_t)day, text);
    int seconds = (int)((number - day) * 86400 + 0.5);
    if (seconds > 0 && seconds < 86400)
        snprintf(text + strlen(text), RWE_NUMBER_SIZE - strlen(text), " %02d:%02d:%02d",
                 seconds / 3600, seconds / 60 % 60, seconds % 60);
}

static const char *number_cell(struct rwe_cells *cells, size_t row)
{
    char text[RWE_NUMBER_SIZE];
    double number = NAN;
    for (size_t i = 0; i <= row && cells->block != NULL; i++)
        number = rwe_cells_next_number(cells);
    rwe_cell_write(cells->kind, number, text);
    return text[0] == '\0' ? NULL : rwe_arena_string(cells->table->arena, text);
}

const char *rwe_table_cell(const struct rwe_table *table, size_t row, size_t column)
{
    struct rwe_cells cells = rwe_cells_of(table, column);
    const char *text = NULL;
    size_t length = 0;
    if (cells.kind != RWE_KIND_TEXT)
        return number_cell(&cells, row);
    for (size_t i = 0; i <= row && cells.block != NULL; i++)
        text = rwe_cells_next_text(&cells, &length);
    return text == NULL || rwe_table_is_missing(table, text, length) ? NULL : text;
}

void rwe_column_free(struct rwe_column *column)
{
    struct rwe_column_block *block = column->first;
    while (block != NULL) {
        struct rwe_column_block *next = block->next;
        free(block);
        block = next;
    }
    *column = (struct rwe_column){.info = column->info};
}

void rwe_table_drop(struct rwe_table *table, size_t column)
{
    rwe_column_free(&table->column[column]);
}

void rwe_table_close(struct rwe_table *table)
{
    for (size_t i = 0; table != NULL && i < table->n_columns; i++)
        rwe_table_drop(table, i);
}
