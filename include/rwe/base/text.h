/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Small text functions that several layers need. */
#ifndef RWE_BASE_TEXT_H
#define RWE_BASE_TEXT_H

#include "rwe/base/arena.h"
#include <stddef.h>
#include <stdio.h>

/**
 * The candidate that is most like `name`: least number of edits of one character (insert, delete, replace, swap of
 * neighbours), at most a third of the name's length, at least 1 and at most 3. Case, blanks, hyphens, underscores and
 * the width of letters and brackets make no difference: AGE is age, and 月（末） is 月(末). NULL when none is near.
 * What has more than 64 characters is near to nothing.
 */
const char *rwe_text_nearest(const char *name, const char *const candidates[], size_t n);

/** Copy with ASCII letters in lower case. NULL when memory is out. */
char *rwe_text_lower(struct rwe_arena *arena, const char *text);

/** Columns that UTF-8 text takes in a terminal: East Asian wide characters take two. */
size_t rwe_text_width(const char *text);

/** The same of its first `length` bytes. */
size_t rwe_text_width_of(const char *text, size_t length);

/**
 * Writes `text` in lines of at most `width` columns, broken at blanks and between East Asian wide characters,
 * but not before their punctuation. Of the first line `indent` columns are taken already; the others begin after as
 * many blanks.
 */
void rwe_text_wrap(FILE *out, const char *text, size_t indent, size_t width);

/** A list of strings; `n` is 0 when there are none. */
struct rwe_strings {
    const char **item;
    size_t n;
};

/**
 * Cuts `text` at each `separator`; items are trimmed of blanks, empty ones are kept. Returns
 * {NULL, 0} when memory is out, which the arena remembers.
 */
struct rwe_strings rwe_text_split(struct rwe_arena *arena, const char *text, char separator);

/** The items joined by `separator`. NULL when memory is out. */
char *rwe_text_join(struct rwe_arena *arena, struct rwe_strings list, const char *separator);

/** The text as a shell takes it for one word: in quotes where it must be, else itself. NULL of NULL, and when memory is
 * out. */
const char *rwe_text_shell_word(struct rwe_arena *arena, const char *text);

#endif
