/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "table_private.h"

/* Full-width forms of ASCII, U+FF01 … U+FF5E, are EF BC 81 … EF BC BF, EF BD 80 … EF BD 9E in UTF-8. */
static bool is_full_width(const char *text, const char *end)
{
    return end - text >= 3 && (unsigned char)text[0] == 0xef && (unsigned char)text[1] == 0xbc;
}

bool rwe_narrow(const char **text, size_t *length, char room[])
{
    const char *at = *text, *end = at + *length;
    size_t n = 0, n_digits = 0;
    bool changed = false;
    if (*length >= 3 && !is_full_width(at, end) && !is_full_width(end - 3, end))
        return false;
    while (at < end) {
        bool wide = is_full_width(at, end);
        char c = wide ? (char)((unsigned char)at[2] - 0x81 + '!') : *at;
        if (n + 1 >= RWE_NUMBER_SIZE || strchr("0123456789+-.,/: ", c) == NULL)
            return false;
        room[n++] = c;
        n_digits += c >= '0' && c <= '9';
        changed = changed || wide;
        at += wide ? 3 : 1;
    }
    if (!changed || n_digits == 0)
        return false;
    room[n] = '\0';
    *text = room;
    *length = n;
    return true;
}
