/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Any bytes as a table: whatever they are, reading ends with a table whose parts agree with each
 * other, or with a status and a sentence. See README.md for how to run it.
 *
 * The first byte of the input chooses delimiter and encoding; the rest is the file.
 */
#include "rwe/data/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

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

static void check_column(const struct rwe_table *table, size_t column, struct rwe_arena *arena,
                         struct rwe_complaints *complaints)
{
    size_t rows = rwe_table_rows(table);
    double *x = RWE_NEW(arena, double, rows);
    const char **text = RWE_NEW(arena, const char *, rows);
    struct rwe_factor factor;
    struct rwe_column_summary summary = rwe_table_summary(table, column);
    MUST(summary.n_missing + summary.n_number + summary.n_date + summary.n_other == rows);
    size_t before = complaints->n;
    MUST(rwe_table_numbers(table, column, x, complaints) == RWE_OK);
    MUST(complaints->n - before >= summary.n_date + summary.n_other);
    before = complaints->n;
    MUST(rwe_table_dates(table, column, x, complaints) == RWE_OK);
    MUST(complaints->n - before == summary.n_number + summary.n_other);
    MUST(rwe_table_strings(table, column, arena, text) == RWE_OK);
    MUST(rwe_table_factor(table, column, arena, &factor) == RWE_OK);
    for (size_t row = 0; row < rows; row++) {
        MUST((text[row] == NULL) == (factor.code[row] < 0));
        MUST(text[row] == NULL || strcmp(text[row], factor.level[factor.code[row]]) == 0);
    }
    const char *cell = rwe_table_cell(table, rows - 1, column);
    MUST((cell == NULL) == (text[rows - 1] == NULL));
}

static void check_table(struct rwe_table *table, size_t size, struct rwe_arena *arena,
                        struct rwe_complaints *complaints)
{
    MUST(rwe_table_rows(table) > 0 && rwe_table_columns(table) > 0);
    MUST(strlen(rwe_table_sha256(table)) == RWE_SHA256_SIZE - 1);
    for (size_t row = 0; row < rwe_table_rows(table); row++) {
        MUST(rwe_table_line(table, row) >= 2 && rwe_table_line(table, row) <= size + 1);
        MUST(row == 0 || rwe_table_line(table, row) > rwe_table_line(table, row - 1));
    }
    for (size_t column = 0; column < rwe_table_columns(table) && column < 20; column++) {
        MUST(rwe_table_find(table, rwe_table_name(table, column)) == column);
        check_column(table, column, arena, complaints);
        rwe_table_drop(table, column);
    }
}

static void read_path(const char *path, size_t size, uint8_t choice)
{
    static const char delimiters[] = {'\0', '\0', '\0', ',', ';', '\t'};
    static const char *const encodings[] = {NULL,       NULL,      NULL,   NULL,          "UTF-8",
                                            "UTF-16LE", "GB18030", "BIG5", "WINDOWS-1252"};
    struct rwe_table_options options = rwe_table_options_default();
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_complaints complaints = {.arena = arena};
    struct rwe_error error = {0};
    struct rwe_table *table = NULL;
    options.delimiter = delimiters[choice % sizeof delimiters];
    options.encoding =
        encodings[choice / sizeof delimiters % (sizeof encodings / sizeof *encodings)];
    options.longest_record = choice & 0x80 ? 64 : options.longest_record;
    enum rwe_status status = rwe_table_read(path, &options, arena, &table, &complaints, &error);
    MUST((status == RWE_OK) == (table != NULL));
    MUST(status == error.status && (status == RWE_OK || error.message[0] != '\0'));
    MUST(status == RWE_OK || status == RWE_BAD_INPUT);
    if (table != NULL)
        check_table(table, size, arena, &complaints);
    FILE *sink = fopen("/dev/null", "w");
    if (sink != NULL) {
        rwe_complaints_print(&complaints, 3, sink);
        fclose(sink);
    }
    rwe_table_close(table);
    rwe_arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    if (size == 0)
        return 0;
    int descriptor = memfd_create("table", 0);
    if (descriptor < 0 || write(descriptor, data + 1, size - 1) != (ssize_t)(size - 1))
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
    read_path(path, size - 1, data[0]);
    close(descriptor);
    return 0;
}

#ifndef RWE_LIBFUZZER
/* Without libFuzzer: each file named on the command line, as it is and cut short at every place. */
int main(int argc, char **argv)
{
    static uint8_t data[65536];
    for (int i = 1; i < argc; i++) {
        FILE *file = fopen(argv[i], "rb");
        if (file == NULL) {
            perror(argv[i]);
            return 1;
        }
        size_t size = fread(data, 1, sizeof data, file);
        fclose(file);
        for (size_t cut = 1; cut <= size; cut++)
            LLVMFuzzerTestOneInput(data, cut);
    }
    printf("%d files, each cut at every place: no fault\n", argc - 1);
    return 0;
}
#endif
