/* SPDX-License-Identifier: GPL-3.0-or-later */
/** A table read from text that stands in the test. Include it after check.h. */
#ifndef TESTS_SUPPORT_TABLE_TEXT_H
#define TESTS_SUPPORT_TABLE_TEXT_H

#include "rwe/data/table.h"

struct table_text {
    char *path;
    struct rwe_arena *arena;
    struct rwe_table *table; /* NULL when reading failed */
    struct rwe_complaints complaints;
    struct rwe_error error;
    enum rwe_status status;
};

/** Writes `size` bytes to a file and reads them as a table; `options` may be NULL. */
struct table_text table_text_read(const void *text, size_t size,
                                  const struct rwe_table_options *options);

/** The message without the file's name in front, which must be there. */
const char *table_text_message(const struct table_text *read);

void table_text_clear(struct table_text *read);

#endif
