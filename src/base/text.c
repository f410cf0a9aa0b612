/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/base/text.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { LONGEST = 64 };

static uint32_t decode(const unsigned char **at);

/* What is left of a name when one does not look closely, by character: without case, blanks, hyphens and underscores,
 * full-width letters and brackets as the others. Returns how many; LONGEST + 1: too long. */
static size_t fold(const char *name, uint32_t folded[LONGEST])
{
    size_t n = 0;
    for (const unsigned char *at = (const unsigned char *)name; *at != '\0';) {
        uint32_t c = decode(&at);
        if (c >= 0xff01 && c <= 0xff5e)
            c -= 0xff01 - '!';
        if (c >= 'A' && c <= 'Z')
            c += 'a' - 'A';
        if (c == ' ' || c == 0x3000 || c == '_' || c == '-')
            continue;
        if (n == LONGEST)
            return LONGEST + 1;
        folded[n++] = c;
    }
    return n;
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* The restricted Damerau-Levenshtein distance: insert, delete, replace, swap of neighbours. */
static int edit_distance(const uint32_t a[], size_t n, const uint32_t b[], size_t m)
{
    int before[LONGEST + 1], last[LONGEST + 1], row[LONGEST + 1];
    for (size_t j = 0; j <= m; j++)
        last[j] = (int)j;
    memcpy(before, last, sizeof before);
    for (size_t i = 1; i <= n; i++) {
        row[0] = (int)i;
        for (size_t j = 1; j <= m; j++) {
            int best = last[j - 1] + (a[i - 1] != b[j - 1]);
            best = least(best, least(last[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                best = least(best, before[j - 2] + 1);
            row[j] = best;
        }
        memcpy(before, last, sizeof before);
        memcpy(last, row, sizeof last);
    }
    return last[m];
}

const char *rwe_text_nearest(const char *name, const char *const candidates[], size_t n)
{
    uint32_t wanted[LONGEST], other[LONGEST];
    size_t length = fold(name, wanted);
    const char *nearest = NULL;
    int best = 1 + (length == 0 ? 0 : length < 3 ? 1 : least((int)length / 3, 3));
    if (length > LONGEST)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        size_t m = candidates[i] == NULL ? LONGEST + 1 : fold(candidates[i], other);
        int distance = m > LONGEST ? best : edit_distance(wanted, length, other, m);
        if (distance < best) {
            best = distance;
            nearest = candidates[i];
        }
    }
    return nearest;
}

char *rwe_text_lower(struct rwe_arena *arena, const char *text)
{
    char *copy = rwe_arena_string(arena, text);
    for (char *c = copy; c != NULL && *c != '\0'; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c - 'A' + 'a');
    return copy;
}

/* One code point of UTF-8; a stray byte counts as one character. */
static uint32_t decode(const unsigned char **at)
{
    const unsigned char *s = *at;
    int extra = *s >= 0xf0 ? 3 : *s >= 0xe0 ? 2 : *s >= 0xc0 ? 1 : 0;
    uint32_t point = extra == 0 ? *s : *s & (0x3fu >> extra);
    s++;
    for (int i = 0; i < extra && (*s & 0xc0) == 0x80; i++)
        point = point << 6 | (*s++ & 0x3fu);
    *at = s;
    return point;
}

/* The blocks of Unicode's East Asian Width property (UAX 11) that are wide or fullwidth. */
static bool is_wide(uint32_t c)
{
    return (c >= 0x1100 && c <= 0x115f) || (c >= 0x2e80 && c <= 0xa4cf) ||
           (c >= 0xac00 && c <= 0xd7a3) || (c >= 0xf900 && c <= 0xfaff) ||
           (c >= 0xfe30 && c <= 0xfe6f) || (c >= 0xff00 && c <= 0xff60) ||
           (c >= 0xffe0 && c <= 0xffe6) || (c >= 0x20000 && c <= 0x3fffd);
}

size_t rwe_text_width_of(const char *text, size_t length)
{
    size_t width = 0;
    const unsigned char *at = (const unsigned char *)text;
    const unsigned char *end = at + length;
    while (at < end) {
        uint32_t c = decode(&at);
        if (c >= 0x300 && c <= 0x36f) /* combining marks */
            continue;
        width += is_wide(c) ? 2 : 1;
    }
    return width;
}

size_t rwe_text_width(const char *text)
{
    return rwe_text_width_of(text, strlen(text));
}

/* ---- lines ---- */

static bool wide_at(const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    return is_wide(decode(&at));
}

/* Chinese has no blanks: a line may break at any wide character, but not before its punctuation. */
static bool may_break_before(const char *at)
{
    static const char *const closing[] = {"、", "。", "，", "；", "：", "？",
                                          "！", "）", "」", "』", "》", "】"};
    for (size_t i = 0; i < sizeof closing / sizeof *closing; i++)
        if (strncmp(at, closing[i], strlen(closing[i])) == 0)
            return false;
    return true;
}

/* Bytes of the next piece that stays on one line: a word, or a wide character and what clings to
 * it. */
static size_t piece_length(const char *text)
{
    const char *at = text;
    bool wide;
    do {
        const unsigned char *next = (const unsigned char *)at;
        wide = wide_at(at);
        decode(&next);
        at = (const char *)next;
    } while (*at != '\0' && *at != ' ' && !((wide || wide_at(at)) && may_break_before(at)));
    return (size_t)(at - text);
}

void rwe_text_wrap(FILE *out, const char *text, size_t indent, size_t width)
{
    size_t used = indent, owed = 0; /* blanks that stand before the next piece */
    bool at_start = true;
    for (const char *at = text; *at != '\0';) {
        size_t blanks = strspn(at, " ");
        size_t length = at[blanks] == '\0' ? 0 : piece_length(at + blanks);
        size_t piece = rwe_text_width_of(at + blanks, length);
        owed += blanks > 0 && !at_start;
        if (!at_start && length > 0 && used + owed + piece > width) {
            fputc('\n', out);
            owed = indent;
            used = 0;
        }
        if (length > 0) {
            fprintf(out, "%*s%.*s", (int)owed, "", (int)length, at + blanks);
            used += owed + piece;
            owed = 0;
        }
        at_start = false;
        at += blanks + length;
    }
    fputc('\n', out);
}

struct rwe_strings rwe_text_split(struct rwe_arena *arena, const char *text, char separator)
{
    size_t n = 1;
    for (const char *c = text; *c != '\0'; c++)
        n += *c == separator;
    struct rwe_strings list = {RWE_NEW(arena, const char *, n), 0};
    while (list.item != NULL && list.n < n) {
        const char *end = strchrnul(text, separator);
        const char *from = text;
        const char *to = end;
        while (from < to && isspace((unsigned char)*from))
            from++;
        while (to > from && isspace((unsigned char)to[-1]))
            to--;
        list.item[list.n++] = rwe_arena_substring(arena, from, (size_t)(to - from));
        text = *end == '\0' ? end : end + 1;
    }
    return rwe_arena_failed(arena) ? (struct rwe_strings){NULL, 0} : list;
}

char *rwe_text_join(struct rwe_arena *arena, struct rwe_strings list, const char *separator)
{
    size_t length = 1;
    for (size_t i = 0; i < list.n; i++)
        length += strlen(list.item[i]) + strlen(separator);
    char *joined = rwe_arena_alloc(arena, length, 1);
    char *end = joined;
    for (size_t i = 0; joined != NULL && i < list.n; i++) {
        if (i > 0)
            end = stpcpy(end, separator);
        end = stpcpy(end, list.item[i]);
    }
    return joined;
}

const char *rwe_text_shell_word(struct rwe_arena *arena, const char *text)
{
    if (text == NULL || strpbrk(text, " \"'();|&<>*?$`\\#!~[]{}") == NULL)
        return text;
    char *word = rwe_arena_alloc(arena, 4 * strlen(text) + 3, 1), *to = word;
    if (word == NULL)
        return NULL;
    *to++ = '\'';
    for (const char *at = text; *at != '\0'; at++)
        to = *at == '\'' ? stpcpy(to, "'\\''") : (*to = *at, to + 1);
    strcpy(to, "'");
    return word;
}
