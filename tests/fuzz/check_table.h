/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What must hold of any table, and how a target runs without libFuzzer. For the targets of this folder alone. */
#ifndef TESTS_FUZZ_CHECK_TABLE_H
#define TESTS_FUZZ_CHECK_TABLE_H

#include "rwe/data/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Always on, unlike assert. */
static void must(int holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "does not hold: %s\n", what);
    abort();
}
#define MUST(holds) must((holds), #holds)

/* One cell is complained of once, so that each reading has complaints of its own. */
static void check_column(const struct rwe_table *table, size_t column, struct rwe_arena *arena)
{
    size_t rows = rwe_table_rows(table);
    double *x = RWE_NEW(arena, double, rows);
    const char **text = RWE_NEW(arena, const char *, rows);
    struct rwe_factor factor;
    struct rwe_column_summary summary = rwe_table_summary(table, column);
    MUST(summary.n_missing + summary.n_number + summary.n_date + summary.n_other == rows);
    struct rwe_complaints of_numbers = {.arena = arena}, of_dates = {.arena = arena};
    MUST(rwe_table_numbers(table, column, x, &of_numbers) == RWE_OK);
    MUST(of_numbers.n >= summary.n_date + summary.n_other);
    MUST(rwe_table_dates(table, column, x, &of_dates) == RWE_OK);
    MUST(of_dates.n == summary.n_number + summary.n_other);
    MUST(rwe_table_strings(table, column, arena, text) == RWE_OK);
    MUST(rwe_table_factor(table, column, arena, &factor) == RWE_OK);
    for (size_t row = 0; row < rows; row++) {
        MUST((text[row] == NULL) == (factor.code[row] < 0));
        MUST(text[row] == NULL || strcmp(text[row], factor.level[factor.code[row]]) == 0);
    }
    const char *cell = rwe_table_cell(table, rows - 1, column);
    MUST((cell == NULL) == (text[rows - 1] == NULL));
}

/* The rows stand on lines from the first to the last of these. */
static void check_table(struct rwe_table *table, const size_t lines[2], struct rwe_arena *arena)
{
    MUST(rwe_table_rows(table) > 0 && rwe_table_columns(table) > 0);
    MUST(strlen(rwe_table_sha256(table)) == RWE_SHA256_SIZE - 1);
    for (size_t row = 0; row < rwe_table_rows(table); row++) {
        MUST(rwe_table_line(table, row) >= lines[0] && rwe_table_line(table, row) <= lines[1]);
        MUST(row == 0 || rwe_table_line(table, row) > rwe_table_line(table, row - 1));
    }
    for (size_t column = 0; column < rwe_table_columns(table) && column < 20; column++) {
        MUST(rwe_table_find(table, rwe_table_name(table, column)) == column);
        check_column(table, column, arena);
        rwe_table_drop(table, column);
    }
}

/* Each file named, as it is and cut short at every place, or at some thousand of them. */
static int read_each(int n, char **path)
{
    static uint8_t data[1 << 18];
    enum { CUTS = 3000 };
    for (int i = 0; i < n; i++) {
        FILE *file = fopen(path[i], "rb");
        if (file == NULL) {
            perror(path[i]);
            return 1;
        }
        size_t size = fread(data, 1, sizeof data, file);
        fclose(file);
        for (size_t cut = 1; cut < size; cut += 1 + size / CUTS)
            LLVMFuzzerTestOneInput(data, cut);
        LLVMFuzzerTestOneInput(data, size);
    }
    printf("%d files, each cut at every place: no fault\n", n);
    return 0;
}

#endif
