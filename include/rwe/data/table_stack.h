/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Tables made from tables: some rows of one, or several below each other. Cells, kinds of columns and lines are
 * those of the files; the tables they were made from may be closed.
 */
#ifndef RWE_DATA_TABLE_STACK_H
#define RWE_DATA_TABLE_STACK_H

#include "rwe/data/table.h"

/** The column that says from which file of a stack a row is. */
#define RWE_STACK_ARM "arm"

/** A table and the value of RWE_STACK_ARM in its rows. */
struct rwe_stacked {
    const struct rwe_table *table;
    const char *level;
};

/** The rows of a table that are marked in `kept` (by row). RWE_BAD_INPUT when none is; RWE_NO_MEMORY. */
enum rwe_status rwe_table_keep_rows(const struct rwe_table *table, const bool kept[],
                                    const struct rwe_table_options *options,
                                    struct rwe_arena *arena, struct rwe_table **result,
                                    struct rwe_error *error);

/**
 * Tables below each other, columns put together by their names, with a column RWE_STACK_ARM in front. A column that
 * not all of them have is missing in the rows of the others. Lines count on from table to table: see
 * rwe_stack_place, for which `part` and its tables, closed or not, must outlive the stack. RWE_BAD_INPUT where a table has a column RWE_STACK_ARM of
 * its own, or other value labels than another; RWE_NO_MEMORY.
 */
enum rwe_status rwe_table_stack(const struct rwe_stacked part[], size_t n,
                                const struct rwe_table_options *options, struct rwe_arena *arena,
                                struct rwe_table **result, struct rwe_error *error);

/** How a stack's columns differ, as "b.csv lacks \"ecog\"; only b.csv has \"dose\"" in the language of the
 * report; "" where they are the same in all, NULL when memory is out. */
const char *rwe_stack_differences(const struct rwe_stacked part[], size_t n,
                                  struct rwe_arena *arena);

/** Of a line of a stack the file and the line there; of any other table the table's own. */
void rwe_stack_place(const struct rwe_table *table, const char **file, size_t *line);

#endif
