/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/data/measured.h"

#include "rwe/base/number.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { LONGEST = 32 };

static bool is_word_for_none(const char *text)
{
    static const char *const words[] = {"阴性",
                                        "未检出",
                                        "未检测到",
                                        "低于检测下限",
                                        "低于检出限",
                                        "低于检测限",
                                        "negative",
                                        "neg",
                                        "(-)",
                                        "（-）",
                                        "blq",
                                        "bloq",
                                        "<lloq",
                                        "<lod",
                                        "<loq",
                                        "nd",
                                        "n.d.",
                                        "undetected",
                                        "undetectable",
                                        "not detected",
                                        "target not detected",
                                        "below detection limit",
                                        "below limit of detection"};
    for (size_t w = 0; w < sizeof words / sizeof *words; w++)
        if (strcasecmp(text, words[w]) == 0)
            return true;
    return false;
}

/* Passes over one of the signs if it is there. */
static bool pass(const char **at, const char *const signs[], size_t n)
{
    for (size_t s = 0; s < n; s++)
        if (strncasecmp(*at, signs[s], strlen(signs[s])) == 0) {
            *at += strlen(signs[s]);
            *at += strspn(*at, " ");
            return true;
        }
    return false;
}

/* "1.2×10^4" and "1.2×10⁴" → "1.2e4", in `copy`. */
static void plain_power(const char *text, char copy[LONGEST])
{
    static const char *const times[] = {"×10", "x10", "X10", "*10", "× 10", " x 10"};
    static const char *const raised[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
    snprintf(copy, LONGEST, "%s", text);
    for (size_t s = 0; s < sizeof times / sizeof *times; s++) {
        const char *at = strstr(text, times[s]);
        const char *power = at == NULL ? NULL : at + strlen(times[s]);
        if (power == NULL)
            continue;
        int digits = (int)(at - text);
        if (*power == '^')
            snprintf(copy, LONGEST, "%.*se%s", digits, text, power + 1);
        for (int d = 0; d < 10; d++)
            if (strcmp(power, raised[d]) == 0)
                snprintf(copy, LONGEST, "%.*se%d", digits, text, d);
        return;
    }
}

bool rwe_measured_parse(const char *text, double *value, bool *below)
{
    static const char *const less[] = {"<",    "＜",   "≤",      "低于",
                                       "小于", "不足", "below ", "less than "};
    static const char *const more[] = {">", "＞", "≥", "高于", "大于", "above ", "more than "};
    char copy[LONGEST];
    double number = NAN;
    const char *at = text;
    bool is_none = is_word_for_none(text);
    bool is_less = is_none || pass(&at, less, sizeof less / sizeof *less);
    if (!is_less)
        pass(&at, more, sizeof more / sizeof *more);
    at += strspn(at, "= ");
    plain_power(at, copy);
    if (!is_none && (!rwe_number_parse(copy, strlen(copy), &number) || !isfinite(number)))
        return false;
    *value = number;
    *below = is_less;
    return true;
}
