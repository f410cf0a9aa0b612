/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "csv_table.h"

#include "check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *read_file(struct rwe_arena *arena, const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        fail_msg("cannot open %s (run the tests from the root of the repository)", path);
    fseek(file, 0, SEEK_END);
    size_t size = (size_t)ftell(file);
    rewind(file);
    char *text = rwe_arena_alloc(arena, size + 1, 1);
    assert_non_null(text);
    assert_int_equal(fread(text, 1, size, file), size);
    fclose(file);
    return text;
}

static size_t count_char(const char *text, char wanted)
{
    size_t n = 0;
    for (; *text != '\0'; text++)
        n += *text == wanted;
    return n;
}

/* Cuts `line` at its commas and takes quotes off. */
static char **cut_fields(struct rwe_arena *arena, char *line, size_t *n_fields)
{
    *n_fields = count_char(line, ',') + 1;
    char **field = RWE_NEW(arena, char *, *n_fields);
    for (size_t f = 0; f < *n_fields; f++) {
        field[f] = strsep(&line, ",");
        size_t length = strlen(field[f]);
        if (length >= 2 && field[f][0] == '"') {
            field[f][length - 1] = '\0';
            field[f]++;
        }
    }
    return field;
}

struct csv_table *csv_table_read(const char *path)
{
    struct rwe_arena *arena = rwe_arena_new();
    struct csv_table *table = RWE_NEW(arena, struct csv_table, 1);
    char *text = read_file(arena, path);
    table->arena = arena;
    table->cell = RWE_NEW(arena, char **, count_char(text, '\n'));
    table->name = cut_fields(arena, strsep(&text, "\n"), &table->n_columns);
    for (char *line; (line = strsep(&text, "\n")) != NULL && *line != '\0';) {
        size_t n_fields;
        table->cell[table->n_rows++] = cut_fields(arena, line, &n_fields);
        assert_int_equal(n_fields, table->n_columns);
    }
    return table;
}

void csv_table_free(struct csv_table *table)
{
    rwe_arena_free(table->arena);
}

static size_t find_column(const struct csv_table *table, const char *column)
{
    for (size_t c = 0; c < table->n_columns; c++)
        if (strcmp(table->name[c], column) == 0)
            return c;
    fail_msg("there is no column %s", column);
    return 0;
}

double *csv_table_numbers(const struct csv_table *table, const char *column)
{
    size_t c = find_column(table, column);
    double *number = RWE_NEW(table->arena, double, table->n_rows);
    for (size_t i = 0; i < table->n_rows; i++)
        number[i] = *table->cell[i][c] == '\0' ? NAN : strtod(table->cell[i][c], NULL);
    return number;
}

uint32_t *csv_table_codes(const struct csv_table *table, const char *column, size_t *n_levels)
{
    size_t c = find_column(table, column);
    const char **level = RWE_NEW(table->arena, const char *, table->n_rows);
    uint32_t *code = RWE_NEW(table->arena, uint32_t, table->n_rows);
    size_t n = 0;
    for (size_t i = 0; i < table->n_rows; i++) { /* insertion into the sorted levels */
        size_t at = 0;
        while (at < n && strcmp(level[at], table->cell[i][c]) < 0)
            at++;
        if (at < n && strcmp(level[at], table->cell[i][c]) == 0)
            continue;
        memmove(level + at + 1, level + at, (n - at) * sizeof *level);
        level[at] = table->cell[i][c];
        n++;
    }
    for (size_t i = 0; i < table->n_rows; i++)
        while (strcmp(level[code[i]], table->cell[i][c]) != 0)
            code[i]++;
    if (n_levels != NULL)
        *n_levels = n;
    return code;
}

struct vector {
    const char *name;
    size_t n;
    double *value;
};

struct oracle {
    struct rwe_arena *arena;
    size_t n;
    struct vector *vector;
};

struct oracle *oracle_read(const char *path)
{
    struct rwe_arena *arena = rwe_arena_new();
    struct oracle *oracle = RWE_NEW(arena, struct oracle, 1);
    char *text = read_file(arena, path);
    oracle->arena = arena;
    oracle->vector = RWE_NEW(arena, struct vector, count_char(text, '\n'));
    for (char *line; (line = strsep(&text, "\n")) != NULL && *line != '\0';) {
        size_t n_fields;
        char **field = cut_fields(arena, line, &n_fields);
        struct vector *vector = &oracle->vector[oracle->n++];
        *vector = (struct vector){field[0], n_fields - 1, RWE_NEW(arena, double, n_fields - 1)};
        for (size_t i = 0; i < vector->n; i++)
            vector->value[i] = strtod(field[i + 1], NULL);
    }
    return oracle;
}

void oracle_free(struct oracle *oracle)
{
    rwe_arena_free(oracle->arena);
}

const double *oracle_vector(const struct oracle *oracle, const char *name, size_t *n)
{
    for (size_t v = 0; v < oracle->n; v++) {
        if (strcmp(oracle->vector[v].name, name) != 0)
            continue;
        if (n == NULL)
            assert_int_equal(oracle->vector[v].n, 1);
        else
            *n = oracle->vector[v].n;
        return oracle->vector[v].value;
    }
    fail_msg("the oracle has no %s", name);
    return NULL;
}

double oracle_number(const struct oracle *oracle, const char *name)
{
    return oracle_vector(oracle, name, NULL)[0];
}
