/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Text as it may stand in an output: valid UTF-8, and nothing that steers a terminal. */
#ifndef RWE_REPORT_UTF8_PRIVATE_H
#define RWE_REPORT_UTF8_PRIVATE_H

#include "rwe/base/arena.h"
#include <stdint.h>

/** What `rwe_utf8_next` returns for a byte that starts no character. */
#define RWE_UTF8_INVALID UINT32_MAX

/**
 * The code point at `*at`, which then points behind it. Malformed, overlong and surrogate sequences
 * (RFC 3629, section 3) give RWE_UTF8_INVALID and cost one byte. Not to be called at the final
 * zero.
 */
uint32_t rwe_utf8_next(const char **at);

/** What happens to control characters. */
enum rwe_utf8_controls {
    RWE_UTF8_KEEP,  /**< they stay: facts, whose keys must be those of the data */
    RWE_UTF8_LINES, /**< newlines stay, other white space becomes a blank, the rest U+FFFD */
    RWE_UTF8_LINE,  /**< as above, but newlines too become blanks */
};

/** Copy of `text` in which what is no UTF-8 became U+FFFD. NULL when memory is out. */
char *rwe_utf8_clean(struct rwe_arena *arena, const char *text, enum rwe_utf8_controls controls);

#endif
