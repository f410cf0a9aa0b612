/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Any bytes as a table: whatever they are, reading ends with a table whose parts agree with each
 * other, or with a status and a sentence. See README.md for how to run it.
 *
 * The first byte of the input chooses delimiter and encoding; the rest is the file.
 */
#include "check_table.h"

#include "rwe/data/reader.h"
#include <sys/mman.h>
#include <unistd.h>

extern const struct rwe_reader rwe_csv_reader; /* the others: fuzz_formats.c */

static void read_path(const char *path, size_t size, uint8_t choice)
{
    static const char delimiters[] = {'\0', '\0', '\0', ',', ';', '\t'};
    static const char *const encodings[] = {NULL,       NULL,      NULL,   NULL,          "UTF-8",
                                            "UTF-16LE", "GB18030", "BIG5", "WINDOWS-1252"};
    static const struct rwe_reader *const readers[] = {&rwe_csv_reader, NULL};
    struct rwe_table_options options = rwe_table_options_default();
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_complaints complaints = {.arena = arena};
    struct rwe_error error = {0};
    struct rwe_table *table = NULL;
    options.readers = readers;
    options.delimiter = delimiters[choice % sizeof delimiters];
    options.encoding =
        encodings[choice / sizeof delimiters % (sizeof encodings / sizeof *encodings)];
    options.longest_record = choice & 0x80 ? 64 : options.longest_record;
    enum rwe_status status = rwe_table_read(path, &options, arena, &table, &complaints, &error);
    MUST((status == RWE_OK) == (table != NULL));
    MUST(status == error.status && (status == RWE_OK || error.message[0] != '\0'));
    MUST(status == RWE_OK || status == RWE_BAD_INPUT);
    if (table != NULL)
        check_table(table, (const size_t[]){2, size + 1}, arena);
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
int main(int argc, char **argv)
{
    return read_each(argc - 1, argv + 1);
}
#endif
