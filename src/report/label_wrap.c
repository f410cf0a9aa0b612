/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text in lines. */
#include "canvas_private.h"
#include "rwe/base/text.h"
#include "utf8_private.h"

#include <ctype.h>
#include <string.h>

/* One character, `text` then pointing behind it, and its width. */
struct sign {
    const char *start;
    char bytes[5];
    double width;
};

static struct sign next_sign(const char **text, double size)
{
    struct sign sign = {.start = *text};
    rwe_utf8_next(text);
    memcpy(sign.bytes, sign.start, (size_t)(*text - sign.start));
    sign.width = rwe_label_width(sign.bytes, size, false);
    return sign;
}

/* A line may end behind a blank, a hyphen within a word, and any East Asian character. */
static bool may_end_behind(const struct sign *sign, const char *text, const char *next)
{
    bool hyphen = sign->bytes[0] == '-' && sign->start > text && isalpha((unsigned char)*next);
    return sign->bytes[0] == ' ' || hyphen || rwe_text_width(sign->bytes) == 2;
}

/*
 * Behind the last character of the line that starts at `text`. A word that is wider than the line is cut
 * behind a sign in its second half, or else where the line ends; no line is empty.
 */
static const char *line_end(const char *text, double size, double width)
{
    const char *soft = NULL, *cut = NULL, *at = text;
    double used = 0;
    while (*at != '\0' && *at != '\n') {
        struct sign sign = next_sign(&at, size);
        used += sign.width;
        if (used > width && sign.bytes[0] != ' ' && sign.start > text) {
            if (soft != NULL)
                return soft;
            return cut != NULL && 2 * (cut - text) > sign.start - text ? cut : sign.start;
        }
        if (may_end_behind(&sign, text, at))
            soft = at;
        if (sign.bytes[1] == '\0' && strchr("=_-/,;:)", sign.bytes[0]) != NULL)
            cut = at;
    }
    return at;
}

static bool starts_with_closing_mark(const char *line)
{
    static const char *const marks[] = {"）", "」", "』", "】", "》", "，",
                                        "、", "。", "；", "：", "％"};
    for (size_t m = 0; m < sizeof marks / sizeof marks[0]; m++)
        if (strncmp(line, marks[m], strlen(marks[m])) == 0)
            return true;
    return false;
}

/* No line of East Asian text begins with what closes: its neighbour comes down with it, if there is room. */
static const char *bring_neighbour_down(const char *text, const char *end, double size,
                                        double width)
{
    const char *last = end;
    if (!starts_with_closing_mark(end))
        return end;
    while (last > text && ((unsigned char)*--last & 0xc0) == 0x80)
        ; /* to the start of its character */
    const char *below = line_end(last, size, width);
    return last > text && below > end ? last : end;
}

/* The line, without the blank at its end; `*text` then points to the next. */
static const char *take_line(struct rwe_arena *arena, const char **text, double size, double width)
{
    const char *end = bring_neighbour_down(*text, line_end(*text, size, width), size, width);
    size_t n = (size_t)(end - *text);
    while (n > 0 && (*text)[n - 1] == ' ')
        n--;
    const char *line = rwe_arena_format(arena, "%.*s", (int)n, *text);
    *text = end + (*end == '\n');
    return line;
}

struct rwe_strings rwe_label_wrap(struct rwe_arena *arena, const char *text, double size,
                                  double width)
{
    struct rwe_strings lines = {RWE_NEW(arena, const char *, strlen(text) + 1), 0};
    while (lines.item != NULL && *text != '\0') {
        const char *line = take_line(arena, &text, size, width);
        if (line != NULL && line[0] != '\0')
            lines.item[lines.n++] = line;
    }
    return rwe_arena_failed(arena) ? (struct rwe_strings){NULL, 0} : lines;
}
