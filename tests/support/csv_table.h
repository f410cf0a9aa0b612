/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Reads the files of tests/oracle, for tests alone: fields without commas or line ends in them,
 * perhaps in double quotes. It shares nothing with the program's own reader. Paths are relative to
 * the root of the repository; what is not there fails the test.
 */
#ifndef TESTS_SUPPORT_CSV_TABLE_H
#define TESTS_SUPPORT_CSV_TABLE_H

#include "rwe/base/arena.h"

#include <stdint.h>

struct csv_table {
    struct rwe_arena *arena; /**< holds everything; freed by csv_table_free */
    size_t n_rows, n_columns;
    char ***cell; /**< [row][column]; row 0 is the first below the header */
    char **name;  /**< of the columns */
};

struct csv_table *csv_table_read(const char *path);
void csv_table_free(struct csv_table *table);

/** The column as numbers, NaN where empty. */
double *csv_table_numbers(const struct csv_table *table, const char *column);

/** The column as codes 0, 1, … of its levels in order of bytes; n_levels may be NULL. */
uint32_t *csv_table_codes(const struct csv_table *table, const char *column, size_t *n_levels);

/** Expected numbers: a file of lines, each a name and then its values. */
struct oracle;
struct oracle *oracle_read(const char *path);
void oracle_free(struct oracle *oracle);

/** The values called `name`; their count goes to *n, or must be 1 when n is NULL. */
const double *oracle_vector(const struct oracle *oracle, const char *name, size_t *n);
double oracle_number(const struct oracle *oracle, const char *name);

#endif
