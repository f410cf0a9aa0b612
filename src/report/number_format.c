/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "number_format_private.h"

#include "rwe/base/language.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MINUS "\xe2\x88\x92"      /* U+2212 */
#define EN_DASH "\xe2\x80\x93"    /* U+2013 */
#define MIDDLE_DOT "\xc2\xb7"     /* U+00B7 */
#define THIN_SPACE "\xe2\x80\xaf" /* U+202F: narrow, and no line breaks there */

/* Beyond these a number in full is a row of zeros: it is shown with a power of ten. */
enum { MOST_DECIMALS = 6 };
static const double LARGEST_IN_FULL = 1e9;

/* ---- styles ---- */

/* Where each rule is from: analysis/run/style.md. */
static const struct rwe_style styles[] = {
    {
        .name = "plain",
        .point = ".",
        .thousands = "",
        .dash = EN_DASH,
        .p_letter = "p",
        .p_space = " ",
        .p_has_zero = true,
        .p_three_below = 0.1,
        .p_careful_from = 0.05,
        .p_most_decimals = 3,
        .p_near_one = 2,
        .percent_point = 0,
    },
    {
        .name = "nejm",
        .point = ".",
        .thousands = ",",
        .dash = EN_DASH,
        .p_letter = "P",
        .p_space = "",
        .p_has_zero = true,
        .p_three_below = 0.01,
        .p_careful_from = 0.05,
        .p_most_decimals = 3,
        .p_near_one = 2,
        .percent_point = 100,
    },
    {
        .name = "jama",
        .point = ".",
        .thousands = THIN_SPACE,
        .dash = "-",
        .p_letter = "P",
        .p_space = " ",
        .p_has_zero = false,
        .p_three_below = 0.01,
        .p_careful_from = 0.045,
        .p_most_decimals = 3,
        .p_near_one = 2,
        .percent_point = 100,
    },
    {
        .name = "lancet",
        .point = MIDDLE_DOT,
        .thousands = THIN_SPACE,
        .dash = EN_DASH,
        .p_letter = "p",
        .p_space = "",
        .p_has_zero = true,
        .p_significant = 2,
        .p_careful_from = 0.05,
        .p_most_decimals = 4,
        .p_near_one = 2,
        .percent_point = 10000,
    },
    {
        .name = "cn",
        .point = ".",
        .thousands = "",
        .dash = "~",
        .p_letter = "P",
        .p_space = "",
        .p_has_zero = true,
        .p_three_below = 2, /* always */
        .p_careful_from = 0.05,
        .p_most_decimals = 3,
        .p_near_one = 3,
        .percent_point = 0,
    },
};

const struct rwe_style *rwe_style_find(const char *name)
{
    for (size_t i = 0; i < sizeof styles / sizeof *styles; i++)
        if (strcmp(styles[i].name, name) == 0)
            return &styles[i];
    return NULL;
}

const struct rwe_style *rwe_style_or_plain(const struct rwe_style *style)
{
    return style == NULL ? &styles[0] : style;
}

const char *rwe_style_name(const struct rwe_style *style)
{
    return rwe_style_or_plain(style)->name;
}

/* ---- classes ---- */

/* The shape of a cell: "first", "first (second)" or "first (second–third)", and its null. */
struct shape {
    int n_facts;
    const char *after_first, *after_last; /* units */
    double factor;                        /* from the fact to what is shown */
    bool is_time;                         /* null means not reached */
    const char *between;                  /* second and third; NULL: a range's dash */
};

static const struct shape shapes[] = {
    [RWE_CELL_TEXT] = {1, "", "", 1, false, NULL},
    [RWE_CELL_COUNT] = {1, "", "", 1, false, NULL},
    [RWE_CELL_COUNT_PERCENT] = {2, "", "%", 1, false, NULL},
    [RWE_CELL_NUMBER] = {1, "", "", 1, false, NULL},
    [RWE_CELL_MEAN_SD] = {2, "", "", 1, false, NULL},
    [RWE_CELL_MEDIAN_RANGE] = {3, "", "", 1, false, NULL},
    [RWE_CELL_TIME] = {1, "", "", 1, true, NULL},
    [RWE_CELL_TIME_LIMITS] = {3, "", "", 1, true, NULL},
    [RWE_CELL_MEAN_TIME_LIMITS] = {3, "", "", 1, false, NULL},
    [RWE_CELL_SURVIVAL_LIMITS] = {3, "%", "", 100, false, NULL},
    [RWE_CELL_PERCENT_LIMITS] = {3, "%", "", 1, false, NULL},
    [RWE_CELL_RATIO_LIMITS] = {3, "", "", 1, false, NULL},
    [RWE_CELL_COEFFICIENT] = {1, "", "", 1, false, NULL},
    [RWE_CELL_STATISTIC] = {1, "", "", 1, false, NULL},
    [RWE_CELL_P_VALUE] = {1, "", "", 1, false, NULL},
    [RWE_CELL_SMD] = {1, "", "", 1, false, NULL},
    [RWE_CELL_AT_RISK] = {3, "", "", 1, false, "; "},
    [RWE_CELL_OBSERVED_EXPECTED] = {2, "", "", 1, false, NULL},
};

int rwe_cell_n_facts(enum rwe_cell_class class)
{
    return shapes[class].n_facts;
}

bool rwe_cell_shares_decimals(enum rwe_cell_class class)
{
    return class == RWE_CELL_MEAN_SD || class == RWE_CELL_MEDIAN_RANGE;
}

/* ---- decimals ---- */

/* Decimals that leave `digits` significant digits of a number of this size. */
static int significant(double size, int digits)
{
    int decimals = digits - 1;
    if (size == 0 || !isfinite(size))
        return 0;
    for (; size >= 10 && decimals > 0; size /= 10)
        decimals--;
    for (; size < 1 && decimals <= MOST_DECIMALS; size *= 10)
        decimals++;
    return decimals;
}

/* Three significant digits, and never less than one decimal: a mean of 52.3, 1.25 or 0.0120. */
static int decimals_of_scale(double scale)
{
    int decimals = significant(scale, 3);
    return decimals < 1 ? 1 : decimals;
}

/* The same for a number alone, which shows no more decimals than it has: a caliper of 0.2. */
static int decimals_of_number(double x)
{
    char text[RWE_CELL_SIZE];
    int most = decimals_of_scale(fabs(x));
    for (int decimals = 0; decimals < most && fabs(x) < LARGEST_IN_FULL; decimals++) {
        snprintf(text, sizeof text, "%.*f", decimals, x);
        if (strtod(text, NULL) == x)
            return decimals;
    }
    return most;
}

/* A sum of weights that is whole but for rounding counts as whole. */
static int decimals_of_count(double n)
{
    return fabs(n - nearbyint(n)) <= 1e-9 * fmax(1, fabs(n)) ? 0 : 1;
}

/* Months have a decimal; days, counted in hundreds and thousands, have none. */
static int decimals_of_time(const struct rwe_cell_numbers *numbers)
{
    double largest = 0;
    bool whole = true;
    for (int i = 0; i < 3; i++) {
        double t = numbers->value[i];
        if (!numbers->given[i] || isnan(t))
            continue;
        largest = fmax(largest, fabs(t));
        whole = whole && t == nearbyint(t);
    }
    return largest < 100 || (largest < 1000 && !whole) ? 1 : 0;
}

/* Two decimals; a ratio near 0 keeps two significant digits, one in the hundreds needs no more. */
static int decimals_of_ratio(double x)
{
    if (x >= 100)
        return 0;
    return x > 0 && x < 0.1 ? significant(x, 2) : 2;
}

/* Three decimals, but two significant digits: the effect of one unit of a laboratory value. */
static int decimals_of_coefficient(double x)
{
    int decimals = significant(fabs(x), 2);
    return decimals < 3 ? 3 : decimals;
}

/* None where they would claim more than so few patients can tell. */
static int decimals_of_percent(const struct rwe_cell_numbers *numbers)
{
    return numbers->patients < rwe_style_or_plain(numbers->style)->percent_point ? 0 : 1;
}

static int decimals_of(enum rwe_cell_class class, const struct rwe_cell_numbers *numbers, int i)
{
    double x = numbers->value[i];
    switch (class) {
    case RWE_CELL_COUNT:
    case RWE_CELL_AT_RISK:
        return decimals_of_count(x);
    case RWE_CELL_COUNT_PERCENT:
        return i == 0 ? decimals_of_count(x) : decimals_of_percent(numbers);
    case RWE_CELL_OBSERVED_EXPECTED:
        return i == 0 ? decimals_of_count(x) : 1;
    case RWE_CELL_NUMBER:
        return decimals_of_number(x);
    case RWE_CELL_MEAN_SD:
    case RWE_CELL_MEDIAN_RANGE:
        return decimals_of_scale(numbers->scale);
    case RWE_CELL_TIME:
    case RWE_CELL_TIME_LIMITS:
    case RWE_CELL_MEAN_TIME_LIMITS:
        return decimals_of_time(numbers);
    case RWE_CELL_SURVIVAL_LIMITS:
    case RWE_CELL_PERCENT_LIMITS:
        return 1;
    case RWE_CELL_RATIO_LIMITS:
        return decimals_of_ratio(x);
    case RWE_CELL_COEFFICIENT:
        return decimals_of_coefficient(x);
    case RWE_CELL_SMD:
        return 3;
    case RWE_CELL_TEXT:
    case RWE_CELL_STATISTIC:
    case RWE_CELL_P_VALUE:
        break;
    }
    return 2;
}

/* ---- writing ---- */

static void put(struct rwe_cell_text *cell, const char *text)
{
    size_t length = strlen(cell->text);
    snprintf(cell->text + length, sizeof cell->text - length, "%s", text);
}

/* Digits as printf writes them, with the marks of the style. */
static void put_digits(struct rwe_cell_text *cell, const struct rwe_style *style,
                       const char *digits)
{
    size_t whole = strspn(digits, "0123456789");
    for (size_t i = 0; digits[i] != '\0'; i++) {
        const char digit[] = {digits[i], '\0'};
        if (whole >= 5 && i > 0 && i < whole && (whole - i) % 3 == 0)
            put(cell, style->thousands);
        put(cell, digits[i] == '.' ? style->point : digit);
    }
}

/* With a true minus sign, which "-0.00" loses. */
static void put_number(struct rwe_cell_text *cell, const struct rwe_style *style, double x,
                       int decimals)
{
    char digits[64];
    if (x == 0 && decimals > MOST_DECIMALS)
        decimals = 0;
    bool in_full = fabs(x) < LARGEST_IN_FULL && decimals <= MOST_DECIMALS;
    snprintf(digits, sizeof digits, in_full ? "%.*f" : "%.*e", in_full ? decimals : 1, fabs(x));
    if (x < 0 && strpbrk(digits, "123456789") != NULL)
        put(cell, MINUS);
    put_digits(cell, style, digits);
}

static int decimals_of_p_value(const struct rwe_style *style, double p)
{
    int decimals = p < style->p_three_below || (p >= style->p_careful_from && p < 0.05) ? 3 : 2;
    if (style->p_significant > 0) { /* of the rounded number: 0.0996 is 0.10, not 0.100 */
        char rounded[RWE_NUMBER_SIZE];
        snprintf(rounded, sizeof rounded, "%.*e", style->p_significant - 1, p);
        decimals = significant(strtod(rounded, NULL), style->p_significant);
    }
    return decimals < 2 ? 2 : decimals > style->p_most_decimals ? style->p_most_decimals : decimals;
}

/* Never 0.000 and never 1: a p-value is neither. `equals` stands before one that is told exactly. */
static void put_p_value(struct rwe_cell_text *cell, const struct rwe_style *style, double p,
                        const char *equals)
{
    char digits[32];
    double least = pow(10, -style->p_most_decimals), most = 1 - pow(10, -style->p_near_one);
    bool small = p<least, large = p> most;
    int decimals = small   ? style->p_most_decimals
                   : large ? style->p_near_one
                           : decimals_of_p_value(style, p);
    snprintf(digits, sizeof digits, "%.*f", decimals, small ? least : large ? most : p);
    put(cell, small ? "<" : large ? ">" : equals);
    if (equals[0] != '\0' && (small || large))
        put(cell, style->p_space);
    put_digits(cell, style, digits + (style->p_has_zero ? 0 : 1));
}

/* One patient of 300 is not 0%, nor 299 100%. */
static void put_whole_percent(struct rwe_cell_text *cell, const struct rwe_style *style, double x)
{
    bool some = x > 0 && x < 0.5, not_all = x >= 99.5 && x < 100;
    put(cell, some ? "<" : not_all ? ">" : "");
    put_number(cell, style, some ? 1 : not_all ? 99 : x, 0);
}

void rwe_p_value_words(double p, const struct rwe_style *style, struct rwe_cell_text *cell)
{
    char equals[8];
    style = rwe_style_or_plain(style);
    *cell = (struct rwe_cell_text){.not_estimable = isnan(p)};
    put(cell, style->p_letter);
    put(cell, isnan(p) ? " NE" : style->p_space);
    snprintf(equals, sizeof equals, "=%s", style->p_space);
    if (!isnan(p))
        put_p_value(cell, style, p, equals);
}

static void put_value(struct rwe_cell_text *cell, enum rwe_cell_class class,
                      const struct rwe_cell_numbers *numbers, int i)
{
    const struct shape *shape = &shapes[class];
    const struct rwe_style *style = rwe_style_or_plain(numbers->style);
    double x = numbers->value[i];
    if (isnan(x)) {
        put(cell, shape->is_time ? "NR" : "NE");
        cell->not_reached = cell->not_reached || shape->is_time;
        cell->not_estimable = cell->not_estimable || !shape->is_time;
    } else if (class == RWE_CELL_P_VALUE) {
        put_p_value(cell, style, x, "");
    } else if (class == RWE_CELL_COUNT_PERCENT && i == 1 && decimals_of_percent(numbers) == 0) {
        put_whole_percent(cell, style, x);
    } else {
        put_number(cell, style, x * shape->factor, decimals_of(class, numbers, i));
    }
}

/* "low–high" with the style's dash; "−8.1 to 1.7", since a dash before a minus cannot be read; one null for two. */
static void put_range(struct rwe_cell_text *cell, enum rwe_cell_class class,
                      const struct rwe_cell_numbers *numbers)
{
    double low = numbers->value[1];
    double high = numbers->value[2];
    put_value(cell, class, numbers, 1);
    if (isnan(low) && isnan(high))
        return;
    if (shapes[class].between != NULL)
        put(cell, shapes[class].between);
    else
        put(cell,
            low < 0 || high < 0 ? rwe_text(" to ") : rwe_style_or_plain(numbers->style)->dash);
    put_value(cell, class, numbers, 2);
}

void rwe_cell_format(enum rwe_cell_class class, const struct rwe_cell_numbers *numbers,
                     struct rwe_cell_text *cell)
{
    const struct shape *shape = &shapes[class];
    bool nothing = true;
    *cell = (struct rwe_cell_text){.text = ""};
    if (!numbers->given[0])
        return;
    for (int i = 0; i < shape->n_facts; i++)
        nothing = nothing && (!numbers->given[i] || isnan(numbers->value[i]));
    put_value(cell, class, numbers, 0);
    if (nothing)
        return;
    if (!isnan(numbers->value[0]))
        put(cell, shape->after_first);
    if (shape->n_facts == 1 || !numbers->given[1])
        return;
    put(cell, " (");
    if (shape->n_facts == 3 && numbers->given[2])
        put_range(cell, class, numbers);
    else
        put_value(cell, class, numbers, 1);
    if (!isnan(numbers->value[1]))
        put(cell, shape->after_last);
    put(cell, ")");
}
