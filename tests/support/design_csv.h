/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * A small CSV reader for tests, on its own so that kernels are not checked through the product's
 * reader. Fields have no comma or line break inside; quotes around a field are taken off. What is
 * wrong fails the test.
 */
#ifndef TESTS_SUPPORT_DESIGN_CSV_H
#define TESTS_SUPPORT_DESIGN_CSV_H

#include "rwe/base/arena.h"

#include <stdbool.h>

struct design_csv {
    struct rwe_arena *arena;
    size_t n_rows, n_columns;
    const char **name;  /**< n_columns */
    const char **field; /**< n_rows × n_columns */
};

/** Reads a file, its path from the root of the repository. Lives in `arena`. */
struct design_csv design_csv_read(const char *path, struct rwe_arena *arena);

/** The text in a named column. */
const char *design_csv_text(const struct design_csv *csv, size_t row, const char *column);

/** A column as numbers; an empty field or NA is NaN. */
double *design_csv_numbers(const struct design_csv *csv, const char *column);

/** 1 where the column holds `level`, else 0. */
double *design_csv_level(const struct design_csv *csv, const char *column, const char *level);

#endif
