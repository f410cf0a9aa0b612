/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Widths of text from a table, so that drawings are the same on machines with other fonts. */
#include "canvas_private.h"
#include "rwe/base/text.h"
#include "utf8_private.h"

#include <string.h>

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

/* ---- lines ---- */

/* Behind the last place at which the line that starts at `text` may be broken; its end where all fits. A
 * word that is wider than the line is broken where the line ends, no line being empty. */
static const char *line_end(const char *text, double room)
{
    const char *at = text, *fits = NULL;
    double width = 0;
    while (*at != '\0') {
        const char *start = at;
        double own = width_of_next(&at, false);
        width += own;
        if (width > room && *start != ' ' && start > text)
            return fits != NULL ? fits : start;
        if (*start == ' ' || own == SQUARE)
            fits = at;
    }
    return at;
}

struct rwe_strings rwe_label_wrap(struct rwe_arena *arena, const char *text, double size,
                                  double width)
{
    struct rwe_strings lines = {NULL, 0};
    size_t n = 1;
    for (const char *at = line_end(text, width / size); *at != '\0'; n++)
        at = line_end(at, width / size);
    lines.item = RWE_NEW(arena, const char *, n);
    for (const char *at = text; lines.item != NULL && lines.n < n; lines.n++) {
        const char *end = line_end(at, width / size);
        lines.item[lines.n] = rwe_arena_format(arena, "%.*s", (int)(end - at), at);
        at = end;
    }
    return lines;
}
