/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "design_csv.h"

#include "check.h"
#include "rwe/base/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *unquoted(struct rwe_arena *arena, const char *text)
{
    size_t length = strlen(text);
    if (length < 2 || text[0] != '"')
        return text;
    return rwe_arena_substring(arena, text + 1, length - 2);
}

static const char **split_line(struct rwe_arena *arena, char *line, size_t *n)
{
    line[strcspn(line, "\r\n")] = '\0';
    struct rwe_strings fields = {0};
    size_t capacity = 0;
    for (char *at = line; at != NULL; fields.n++) {
        char *comma = strchr(at, ',');
        size_t length = comma == NULL ? strlen(at) : (size_t)(comma - at);
        fields.item =
            rwe_arena_grow(arena, fields.item, &capacity, fields.n + 1, sizeof *fields.item);
        fields.item[fields.n] = unquoted(arena, rwe_arena_substring(arena, at, length));
        at = comma == NULL ? NULL : comma + 1;
    }
    *n = fields.n;
    return fields.item;
}

struct design_csv design_csv_read(const char *path, struct rwe_arena *arena)
{
    struct design_csv csv = {.arena = arena};
    char line[4096];
    size_t capacity = 0, n_fields;
    FILE *file = fopen(path, "r");
    if (file == NULL)
        fail_msg("%s cannot be opened: run the tests from the root of the repository", path);
    assert_non_null(fgets(line, sizeof line, file));
    csv.name = split_line(arena, line, &csv.n_columns);
    while (fgets(line, sizeof line, file) != NULL) {
        const char **field = split_line(arena, line, &n_fields);
        assert_int_equal(n_fields, csv.n_columns);
        csv.field = rwe_arena_grow(arena, csv.field, &capacity, (csv.n_rows + 1) * n_fields,
                                   sizeof *csv.field);
        memcpy(csv.field + csv.n_rows++ * n_fields, field, n_fields * sizeof *field);
    }
    fclose(file);
    return csv;
}

const char *design_csv_text(const struct design_csv *csv, size_t row, const char *column)
{
    for (size_t j = 0; j < csv->n_columns; j++)
        if (strcmp(csv->name[j], column) == 0)
            return csv->field[row * csv->n_columns + j];
    fail_msg("no column %s", column);
    return NULL;
}

double *design_csv_numbers(const struct design_csv *csv, const char *column)
{
    double *number = RWE_NEW(csv->arena, double, csv->n_rows);
    for (size_t i = 0; i < csv->n_rows; i++) {
        const char *text = design_csv_text(csv, i, column);
        char *end;
        number[i] = text[0] == '\0' || strcmp(text, "NA") == 0 ? NAN : strtod(text, &end);
        assert_true(isnan(number[i]) || *end == '\0');
    }
    return number;
}

double *design_csv_level(const struct design_csv *csv, const char *column, const char *level)
{
    double *indicator = RWE_NEW(csv->arena, double, csv->n_rows);
    for (size_t i = 0; i < csv->n_rows; i++)
        indicator[i] = strcmp(design_csv_text(csv, i, column), level) == 0;
    return indicator;
}
