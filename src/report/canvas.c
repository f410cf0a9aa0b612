/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every canvas has in common: colours, dashes and symbols; widths of text, and text in lines. */
#include "canvas_private.h"
#include "rwe/base/text.h"
#include "utf8_private.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

/*
 * Okabe & Ito's colours (jfly.uni-koeln.de/color, 2008), which colour-blind readers tell apart, in an
 * order in which neighbours differ in lightness too; yellow, too light for a line, is left out.
 */
static const unsigned group_rgb[RWE_GROUPS] = {0x0072b2, 0xd55e00, 0x009e73,
                                               0xcc79a7, 0x56b4e9, 0x7a5c00};

enum rwe_colour rwe_colour_of_group(size_t group)
{
    return (enum rwe_colour)(RWE_COLOUR_GROUP + group % RWE_GROUPS);
}

unsigned rwe_colour_rgb(enum rwe_colour colour)
{
    switch (colour) {
    case RWE_COLOUR_NONE:
    case RWE_COLOUR_INK:
        return 0x1a1a1a;
    case RWE_COLOUR_SOFT:
        return 0x5c5c5c;
    case RWE_COLOUR_RULE:
        return 0xd0d0d0;
    case RWE_COLOUR_PAPER:
        return 0xffffff;
    case RWE_COLOUR_BANNER:
        return 0x9a5b00;
    case RWE_COLOUR_GROUP:
        break;
    }
    return group_rgb[(size_t)(colour - RWE_COLOUR_GROUP) % RWE_GROUPS];
}

enum rwe_dash rwe_dash_of_group(size_t group)
{
    static const enum rwe_dash dashes[] = {RWE_DASH_SOLID, RWE_DASH_LONG, RWE_DASH_DOT,
                                           RWE_DASH_MIXED, RWE_DASH_SHORT};
    return dashes[group % (sizeof dashes / sizeof dashes[0])];
}

const double *rwe_dash_lengths(enum rwe_dash dash)
{
    static const double lengths[][5] = {
        [RWE_DASH_SOLID] = {0},      [RWE_DASH_LONG] = {8, 3},          [RWE_DASH_SHORT] = {4, 3},
        [RWE_DASH_DOT] = {1.5, 2.5}, [RWE_DASH_MIXED] = {8, 3, 1.5, 3},
    };
    return lengths[dash];
}

void rwe_canvas_line(struct rwe_canvas *canvas, struct rwe_point from, struct rwe_point to,
                     const struct rwe_look *look)
{
    const struct rwe_point points[] = {from, to};
    canvas->kind->shape(canvas, points, 2, false, look);
}

void rwe_canvas_rectangle(struct rwe_canvas *canvas, struct rwe_point from, struct rwe_point to,
                          const struct rwe_look *look)
{
    const struct rwe_point points[] = {from, {to.x, from.y}, to, {from.x, to.y}};
    canvas->kind->shape(canvas, points, 4, true, look);
}

void rwe_canvas_text(struct rwe_canvas *canvas, const struct rwe_label *label)
{
    if (label->text != NULL && label->text[0] != '\0')
        canvas->kind->label(canvas, label);
}

/* ---- symbols ---- */

enum { MOST_CORNERS = 5 };

/* Corners on the unit circle: a square, a triangle, a diamond, a triangle upside down, a pentagon. */
static size_t corners_of(size_t group, struct rwe_point corner[MOST_CORNERS])
{
    static const struct {
        size_t n;
        double first; /* its angle, in turns from the top */
    } shapes[] = {{4, 0.125}, {3, 0}, {4, 0}, {3, 0.5}, {5, 0}};
    size_t shape = (group - 1) % (sizeof shapes / sizeof shapes[0]);
    for (size_t i = 0; i < shapes[shape].n; i++) {
        double angle = 2 * M_PI * (shapes[shape].first + (double)i / (double)shapes[shape].n);
        corner[i] = (struct rwe_point){sin(angle), -cos(angle)};
    }
    return shapes[shape].n;
}

void rwe_canvas_symbol(struct rwe_canvas *canvas, struct rwe_point centre, double size,
                       size_t group)
{
    enum rwe_colour colour = rwe_colour_of_group(group);
    const struct rwe_look look = {
        .stroke = colour, .fill = group % 2 == 0 ? RWE_COLOUR_PAPER : colour, .width = 1.5};
    struct rwe_point corner[MOST_CORNERS];
    group %= RWE_GROUPS;
    if (group == 0) {
        canvas->kind->circle(canvas, centre, size / 2, &look);
        return;
    }
    size_t n = corners_of(group, corner);
    for (size_t i = 0; i < n; i++) /* 0.6: about the area of the circle */
        corner[i] = (struct rwe_point){centre.x + 0.6 * size * corner[i].x,
                                       centre.y + 0.6 * size * corner[i].y};
    canvas->kind->shape(canvas, corner, n, true, &look);
}

/* ---- widths of text ---- */

const char rwe_font_families[] = "Arial,Helvetica,Liberation Sans,DejaVu Sans,Noto Sans CJK SC,"
                                 "PingFang SC,Microsoft YaHei,sans-serif";

enum { FIRST = ' ', LAST = '~', N_WIDTHS = LAST - FIRST + 1 };

/* Thousandths of the font's size, of DejaVu Sans 2.37: regular and bold. */
static const short widths[2][N_WIDTHS] = {
    {
        318,  401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337,
        636,  636, 636, 636, 636, 636, 636, 636, 636, 636, 337, 337, 838, 838, 838, 531,
        1000, 684, 686, 698, 770, 632, 575, 775, 752, 295, 295, 656, 557, 863, 748, 787,
        603,  787, 695, 635, 611, 732, 684, 989, 685, 611, 685, 390, 337, 390, 838, 500,
        500,  613, 635, 550, 635, 615, 352, 635, 634, 278, 278, 579, 278, 974, 634, 612,
        635,  635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636, 337, 636, 838,
    },
    {
        348,  456, 521, 838, 696, 1002, 872, 306,  457, 457, 523, 838, 380, 415,  380, 365,
        696,  696, 696, 696, 696, 696,  696, 696,  696, 696, 400, 400, 838, 838,  838, 580,
        1000, 774, 762, 734, 830, 683,  683, 821,  837, 372, 372, 775, 637, 995,  837, 850,
        733,  850, 770, 720, 682, 812,  774, 1103, 771, 724, 725, 457, 365, 457,  838, 500,
        500,  675, 716, 593, 716, 678,  435, 716,  712, 343, 343, 665, 343, 1042, 712, 687,
        716,  716, 493, 595, 478, 712,  652, 924,  645, 652, 582, 712, 365, 712,  838,
    },
};

/* Other characters: East Asian ones are square, the rest (dashes, Greek, accents) at most this. */
static const double SQUARE = 1, OTHER = 0.84;

/* Of one character, in sizes of the font; `at` then points behind it. */
static double width_of_next(const char **at, bool bold)
{
    char bytes[5] = "";
    const char *start = *at;
    uint32_t c = rwe_utf8_next(at);
    if (c >= FIRST && c <= LAST)
        return widths[bold][c - FIRST] / 1000.0;
    memcpy(bytes, start, (size_t)(*at - start));
    size_t columns = rwe_text_width(bytes);
    return columns == 0 ? 0 : columns == 2 ? SQUARE : OTHER;
}

double rwe_label_width(const char *text, double size, bool bold)
{
    double width = 0;
    while (*text != '\0')
        width += width_of_next(&text, bold);
    return width * size;
}

/* ---- text in lines ---- */

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
