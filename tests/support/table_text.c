/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include "table_text.h"

#include <string.h>

struct table_text table_text_read(const void *text, size_t size,
                                  const struct rwe_table_options *options)
{
    struct rwe_table_options defaults = rwe_table_options_default();
    struct table_text read = {.path = check_write_file(text, size), .arena = rwe_arena_new()};
    assert_non_null(read.arena);
    read.complaints.arena = read.arena;
    read.status = rwe_table_read(read.path, options == NULL ? &defaults : options, read.arena,
                                 &read.table, &read.complaints, &read.error);
    assert_int_equal(read.status == RWE_OK, read.table != NULL);
    assert_int_equal(read.status, read.error.status);
    return read;
}

const char *table_text_message(const struct table_text *read)
{
    size_t length = strlen(read->path);
    assert_memory_equal(read->error.message, read->path, length);
    assert_int_equal(read->error.message[length], ':');
    return read->error.message + length + 1;
}

void table_text_clear(struct table_text *read)
{
    rwe_table_close(read->table);
    rwe_arena_free(read->arena);
    check_remove_file(read->path);
}
