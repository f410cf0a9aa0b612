/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How numbers are shown: a cell has a style, a style a number format, by number or by its code. That alone says
 * that a number is a date (ISO/IEC 29500-1, 18.8.30 and 18.8.31). */
#include "xlsx_private.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Formats whose code the workbook need not hold. Those from 27 are of East Asian versions; some are times in one
 * country and dates in another, which the number itself decides. */
static enum rwe_xlsx_shown built_in(long number)
{
    static const struct {
        long first, last;
        enum rwe_xlsx_shown shown;
    } formats[] = {
        {14, 17, RWE_XLSX_DATE}, {18, 21, RWE_XLSX_TIME},    {22, 22, RWE_XLSX_DATE},
        {27, 31, RWE_XLSX_DATE}, {32, 35, RWE_XLSX_TIME},    {36, 36, RWE_XLSX_DATE},
        {45, 45, RWE_XLSX_TIME}, {46, 46, RWE_XLSX_ELAPSED}, {47, 47, RWE_XLSX_TIME},
        {50, 54, RWE_XLSX_DATE}, {55, 56, RWE_XLSX_TIME},    {57, 58, RWE_XLSX_DATE},
    };
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (number >= formats[i].first && number <= formats[i].last)
            return formats[i].shown;
    return RWE_XLSX_NUMBER;
}

/* What stands in a code beside its places: "text", \c, _c (a blank as wide as c), *c (c as often as fits).
 * Returns where it ends; `at` itself where nothing of the kind begins. */
static const char *skip_literal(const char *at)
{
    if (*at == '"') {
        const char *end = strchr(at + 1, '"');
        return end == NULL ? at + strlen(at) : end + 1;
    }
    if (*at == '\\' || *at == '_' || *at == '*')
        return at[1] == '\0' ? at + 1 : at + 2;
    return at;
}

/* Whether what is in brackets is hours, minutes or seconds, as in [h]:mm, and no colour, condition or locale. */
static bool is_elapsed(const char *from, const char *end)
{
    size_t n = (size_t)(end - from);
    return n > 0 && (strspn(from, "hH") >= n || strspn(from, "mM") >= n || strspn(from, "sS") >= n);
}

enum rwe_xlsx_shown rwe_xlsx_shown_by(const char *format)
{
    static const char general[] = "General";
    bool has_day = false, has_time = false, has_month = false, elapsed = false;
    for (const char *at = format; *at != '\0' && *at != ';';) {
        const char *after = skip_literal(at);
        if (strncasecmp(at, general, strlen(general)) == 0)
            after = at + strlen(general);
        if (after != at) {
            at = after;
            continue;
        }
        const char *bracket = *at == '[' ? strchr(at, ']') : NULL;
        if (bracket != NULL) {
            elapsed = elapsed || is_elapsed(at + 1, bracket);
            at = bracket + 1;
            continue;
        }
        char c = (char)tolower((unsigned char)*at++);
        bool is_exponent = c == 'e' && (*at == '+' || *at == '-');
        has_day =
            has_day || c == 'y' || c == 'd' || c == 'g' || c == 'b' || (c == 'e' && !is_exponent);
        has_month = has_month || c == 'm'; /* or minutes, where hours or seconds are */
        has_time = has_time || c == 'h' || c == 's';
    }
    if (elapsed)
        return RWE_XLSX_ELAPSED;
    if (has_day || (has_month && !has_time))
        return RWE_XLSX_DATE;
    return has_time ? RWE_XLSX_TIME : RWE_XLSX_NUMBER;
}

/* ---- the file ---- */

struct styles {
    struct rwe_xlsx *book;
    struct custom {
        long number;
        enum rwe_xlsx_shown shown;
    } * custom;
    size_t n, room;
    bool in_cell_formats;
};

static long number_of(const char *text)
{
    return text == NULL ? 0 : strtol(text, NULL, 10);
}

static enum rwe_status add_custom(struct styles *styles, const char *const attributes[])
{
    const char *code = rwe_xml_attribute(attributes, "formatCode");
    styles->custom = rwe_arena_grow(styles->book->arena, styles->custom, &styles->room,
                                    styles->n + 1, sizeof *styles->custom);
    if (styles->custom == NULL)
        return rwe_fail_memory(styles->book->error);
    styles->custom[styles->n++] =
        (struct custom){number_of(rwe_xml_attribute(attributes, "numFmtId")),
                        rwe_xlsx_shown_by(code == NULL ? "General" : code)};
    return RWE_OK;
}

static enum rwe_status add_style(struct styles *styles, const char *const attributes[])
{
    struct rwe_xlsx *book = styles->book;
    long number = number_of(rwe_xml_attribute(attributes, "numFmtId"));
    enum rwe_xlsx_shown shown = built_in(number);
    for (size_t i = 0; i < styles->n; i++)
        if (styles->custom[i].number == number)
            shown = styles->custom[i].shown;
    book->shown = rwe_arena_grow(book->arena, book->shown, &book->room_for_styles,
                                 book->n_styles + 1, sizeof *book->shown);
    if (book->shown == NULL)
        return rwe_fail_memory(book->error);
    book->shown[book->n_styles++] = shown;
    return RWE_OK;
}

static enum rwe_status start(void *context, const char *name, const char *const attributes[])
{
    struct styles *styles = context;
    if (strcmp(name, "numFmt") == 0)
        return add_custom(styles, attributes);
    if (strcmp(name, "cellXfs") == 0)
        styles->in_cell_formats = true;
    return strcmp(name, "xf") == 0 && styles->in_cell_formats ? add_style(styles, attributes)
                                                              : RWE_OK;
}

static enum rwe_status end(void *context, const char *name)
{
    struct styles *styles = context;
    if (strcmp(name, "cellXfs") == 0)
        styles->in_cell_formats = false;
    return RWE_OK;
}

enum rwe_status rwe_xlsx_read_styles(struct rwe_xlsx *book)
{
    struct styles styles = {.book = book};
    const struct rwe_xml_taker taker = {&styles, start, end, NULL};
    return book->styles == NULL ? RWE_OK : rwe_xlsx_parse(book, book->styles, &taker);
}
