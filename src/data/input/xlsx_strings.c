/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The shared strings: each once, cells name them by number (ISO/IEC 29500-1, 18.4). */
#include "xlsx_private.h"

#include <stdlib.h>
#include <string.h>

struct reader {
    struct rwe_xlsx *book;
    size_t begin;     /* of the present string in the text */
    bool in_text;     /* in <t> of it, or of its runs */
    bool in_phonetic; /* in how it is pronounced, which is no part of it */
};

static enum rwe_status start(void *context, const char *name, const char *const attributes[])
{
    struct reader *reader = context;
    (void)attributes;
    if (strcmp(name, "si") == 0)
        reader->begin = reader->book->strings.text.n;
    else if (strcmp(name, "rPh") == 0)
        reader->in_phonetic = true;
    else if (strcmp(name, "t") == 0)
        reader->in_text = !reader->in_phonetic;
    return RWE_OK;
}

static enum rwe_status end_string(struct reader *reader)
{
    struct rwe_xlsx_strings *strings = &reader->book->strings;
    size_t n = strings->text.n - reader->begin;
    if (n > 0)
        rwe_xlsx_unescape(strings->text.at + reader->begin, &n);
    strings->text.n = reader->begin + n;
    if (strings->n == strings->room) {
        size_t room = strings->room == 0 ? 1024 : 2 * strings->room;
        size_t *end = reallocarray(strings->end, room, sizeof *end);
        if (end == NULL)
            return rwe_fail_memory(reader->book->error);
        strings->end = end;
        strings->room = room;
    }
    strings->end[strings->n++] = strings->text.n;
    return RWE_OK;
}

static enum rwe_status end(void *context, const char *name)
{
    struct reader *reader = context;
    if (strcmp(name, "t") == 0)
        reader->in_text = false;
    else if (strcmp(name, "rPh") == 0)
        reader->in_phonetic = false;
    return strcmp(name, "si") == 0 ? end_string(reader) : RWE_OK;
}

static enum rwe_status text(void *context, const char *more, size_t n)
{
    struct reader *reader = context;
    struct rwe_xlsx *book = reader->book;
    if (!reader->in_text)
        return RWE_OK;
    if (book->strings.text.n + n - reader->begin > RWE_XLSX_CELL_BYTES)
        return rwe_xlsx_damaged(book, book->string_table);
    return rwe_xlsx_add_text(book, &book->strings.text, more, n);
}

enum rwe_status rwe_xlsx_read_strings(struct rwe_xlsx *book)
{
    struct reader reader = {.book = book};
    const struct rwe_xml_taker taker = {&reader, start, end, text};
    return book->string_table == NULL ? RWE_OK : rwe_xlsx_parse(book, book->string_table, &taker);
}
