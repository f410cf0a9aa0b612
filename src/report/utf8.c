/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "utf8_private.h"

#include <stdbool.h>
#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

uint32_t rwe_utf8_next(const char **at)
{
    /* The least code point that needs so many continuation bytes; anything less is overlong. */
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    const unsigned char *s = (const unsigned char *)*at;
    unsigned extra = *s < 0x80 ? 0 : *s >= 0xf0 ? 3 : *s >= 0xe0 ? 2 : 1;
    uint32_t point = extra == 0 ? *s : *s & (0x3fu >> extra);
    (*at)++;
    if (extra > 0 && (*s < 0xc2 || *s > 0xf4))
        return RWE_UTF8_INVALID;
    for (unsigned i = 1; i <= extra; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return RWE_UTF8_INVALID;
        point = point << 6 | (s[i] & 0x3fu);
    }
    if (point < least[extra] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
        return RWE_UTF8_INVALID;
    *at += extra;
    return point;
}

static bool is_control(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c <= 0x9f);
}

/* What is written for the character `c`; NULL: its own bytes. */
static const char *replacement_of(uint32_t c, enum rwe_utf8_controls controls)
{
    if (c == RWE_UTF8_INVALID)
        return REPLACEMENT;
    if (controls == RWE_UTF8_KEEP || !is_control(c) || (c == '\n' && controls == RWE_UTF8_LINES))
        return NULL;
    return c >= '\t' && c <= '\r' ? " " : REPLACEMENT;
}

char *rwe_utf8_clean(struct rwe_arena *arena, const char *text, enum rwe_utf8_controls controls)
{
    size_t size = 1;
    for (const char *at = text; *at != '\0';) {
        const char *from = at;
        const char *instead = replacement_of(rwe_utf8_next(&at), controls);
        size += instead != NULL ? strlen(instead) : (size_t)(at - from);
    }
    char *copy = rwe_arena_alloc(arena, size, 1);
    char *end = copy;
    for (const char *at = text; copy != NULL && *at != '\0';) {
        const char *from = at;
        const char *instead = replacement_of(rwe_utf8_next(&at), controls);
        end = instead != NULL ? stpcpy(end, instead) : mempcpy(end, from, (size_t)(at - from));
    }
    return copy;
}
