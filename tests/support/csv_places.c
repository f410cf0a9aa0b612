/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "csv_places.h"

#include "program.h"

#include <stdlib.h>

struct row {
    double time;
    size_t index;
};

static int compare_rows(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    return x->time != y->time ? (x->time > y->time) - (x->time < y->time)
                              : (x->index > y->index) - (x->index < y->index);
}

static size_t *places(const double time[], size_t n, struct rwe_arena *arena)
{
    struct row *row = RWE_NEW(arena, struct row, n);
    size_t *place = RWE_NEW(arena, size_t, n);
    assert_false(rwe_arena_failed(arena));
    for (size_t i = 0; i < n; i++)
        row[i] = (struct row){time[i], i};
    qsort(row, n, sizeof *row, compare_rows);
    for (size_t k = 0; k < n; k++)
        place[row[k].index] = k + 1;
    return place;
}

char *csv_places_write(const struct design_csv *csv, const char *time, const char *folder)
{
    const size_t *place = places(design_csv_numbers(csv, time), csv->n_rows, csv->arena);
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    for (size_t j = 0; j < csv->n_columns; j++)
        fprintf(out, "%s,", csv->name[j]);
    fputs("place\n", out);
    for (size_t i = 0; i < csv->n_rows; i++) {
        for (size_t j = 0; j < csv->n_columns; j++)
            fprintf(out, "%s,", csv->field[i * csv->n_columns + j]);
        fprintf(out, "%zu\n", place[i]);
    }
    fclose(out);
    char *path = program_write_file(folder, "places.csv", text);
    free(text);
    return path;
}
