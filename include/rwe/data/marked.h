/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Names and values within the text of an option: "OS, months,Outcome:PD+death". The marks that part them (, : ; + =)
 * may stand in names too, as they do in the files of people. So a name is looked up among those that there are, the
 * longest first, and double quotes hold one together where that is not enough: "\"OS, months\",event".
 *
 * A quote opens where a name may begin (at the start or behind a mark), and closes before the next mark or the end;
 * "" within it is one quote. Anywhere else a quote is a letter.
 */
#ifndef RWE_DATA_MARKED_H
#define RWE_DATA_MARKED_H

#include "rwe/base/text.h"
#include <stdbool.h>

/** A text without its quotes. */
struct rwe_marked {
    const char *text;
    const bool *is_quoted; /**< by byte */
    size_t length;
};

/** In `arena`; text is NULL when memory is out. */
struct rwe_marked rwe_marked_read(struct rwe_arena *arena, const char *text);

/** Where the first of the marks stands that is not quoted, from `from` on; length: nowhere. */
size_t rwe_marked_find(const struct rwe_marked *marked, size_t from, const char *marks);

/** Where what is at `at` ends, if that is `name` with one of the marks, or the end, behind it; RWE_NO_INDEX: it is
 * not. Blanks in front of it are passed over. */
size_t rwe_marked_match(const struct rwe_marked *marked, size_t at, const char *name,
                        const char *marks);

/** Items and the mark behind each; '\0' behind the last. {NULL, 0}, NULL when memory is out. */
struct rwe_marked_list {
    struct rwe_strings item;
    char *mark;
};

/**
 * What stands from `from` on, parted at marks. Each item is one of the `known` where the whole can be taken apart so,
 * the longest first; what is none of them ends at the next mark that is not quoted.
 */
struct rwe_marked_list rwe_marked_split(struct rwe_arena *arena, const struct rwe_marked *marked,
                                        size_t from, struct rwe_strings known, const char *marks);

/** The items of a list: parted at commas, with quotes. {NULL, 0} when memory is out. */
struct rwe_strings rwe_marked_items(struct rwe_arena *arena, const char *text);

/** The text as it must be written to be read again: in quotes where it holds marks. NULL when memory is out. */
const char *rwe_marked_quote(struct rwe_arena *arena, const char *text);

#endif
