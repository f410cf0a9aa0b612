/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One date as hospitals, spreadsheets and statistics programs write it. Signs of other keyboards become ASCII, a time
 * of day is cut off, and what is left is figures, or up to three parts: day, month and year. */
#include "dated_private.h"

#include "rwe/base/date.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LONGEST = 64,           /* bytes of a date in any form, its time of day with it */
    DAY_ZERO_1900 = -25569, /* 1899-12-30 */
    SYSTEMS_APART = 1462,   /* days from the 1900 system to that of 1904 */
    MIDDLE_OF_MONTH = 15,
    FIRST_YEAR = 1900,
    LAST_YEAR = 2100,
    FIRST_SHORT_YEAR = 30, /* 30 … 99 are of the last century, as spreadsheets read them */
};

/* ---- words ---- */

static bool is_one_of(const char *text, const char *const words[], size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcasecmp(text, words[i]) == 0)
            return true;
    return false;
}

static bool read_word(const char *text, struct rwe_dated *dated)
{
    static const char *const none[] = {"无", "none", "no", "否", "未发生", "未进展", "-", "—", "/"};
    static const char *const ongoing[] = {"至今", "迄今", "ongoing", "present"};
    static const char *const lost[] = {"失访", "失联", "lost", "lost to follow-up"};
    if (is_one_of(text, none, sizeof none / sizeof *none))
        *dated = (struct rwe_dated){0, RWE_DATED_NONE};
    else if (is_one_of(text, ongoing, sizeof ongoing / sizeof *ongoing))
        *dated = (struct rwe_dated){0, RWE_DATED_ONGOING};
    else if (is_one_of(text, lost, sizeof lost / sizeof *lost))
        *dated = (struct rwe_dated){0, RWE_DATED_LOST};
    else
        return false;
    return true;
}

/* The number of a month by its English name or the first three letters and more of it; 0: none. */
static int month_named(const char *word, size_t length)
{
    static const char *const names[] = {"january",   "february", "march",    "april",
                                        "may",       "june",     "july",     "august",
                                        "september", "october",  "november", "december"};
    for (int m = 0; length >= 3 && m < 12; m++)
        if (length <= strlen(names[m]) && strncasecmp(word, names[m], length) == 0)
            return m + 1;
    return 0;
}

static bool is_weekday(const char *word, size_t length)
{
    static const char *const names[] = {"sunday",   "monday", "tuesday", "wednesday",
                                        "thursday", "friday", "saturday"};
    for (size_t d = 0; length >= 3 && d < sizeof names / sizeof *names; d++)
        if (length <= strlen(names[d]) && strncasecmp(word, names[d], length) == 0)
            return true;
    return false;
}

/* What stands for a day or a month that nobody knows: SDTM's UN, case report forms' UNK, UK, XX and ??. Its length at
 * the beginning of the word; 0: it does not. */
static size_t unknown_part(const char *word, size_t length)
{
    static const char *const signs[] = {"UNK", "UN", "UK", "NK", "ND", "XX", "??", "X", "?"};
    for (size_t s = 0; s < sizeof signs / sizeof *signs; s++) {
        size_t n = strlen(signs[s]);
        if (n <= length && strncasecmp(word, signs[s], n) == 0 &&
            (n == length || month_named(word + n, length - n) > 0))
            return n;
    }
    return 0;
}

/* ---- signs ---- */

/* A text in ASCII. */
struct plain {
    char text[LONGEST];
    size_t used;
    bool is_rough;      /* 约, 中旬: the day is not known */
    bool has_year_sign; /* 年: the year comes first */
    bool has_month_sign;
};

static bool begins(const char *at, const char *with)
{
    return strncmp(at, with, strlen(with)) == 0;
}

/* 星期六, 周六: its bytes, or 0. */
static size_t weekday_at(const char *at)
{
    static const char *const days[] = {"一", "二", "三", "四", "五", "六", "日", "天"};
    size_t n = begins(at, "星期") ? strlen("星期") : begins(at, "周") ? strlen("周") : 0;
    for (size_t d = 0; n > 0 && d < sizeof days / sizeof *days; d++)
        if (begins(at + n, days[d]))
            return n + strlen(days[d]);
    return 0;
}

/* A sign of several bytes as ASCII; NULL where there is none at this place, else *length is its bytes. */
static const char *sign_at(const char *at, size_t *length)
{
    static const struct {
        const char *from, *to;
    } signs[] = {
        {"年", "-"},      {"月", "-"},      {"日", " "},      {"号", " "},      {"时", ":"},
        {"点", ":"},      {"分", ":"},      {"秒", ""},       {"份", ""},       {"‐", "-"},
        {"‑", "-"},       {"‒", "-"},       {"–", "-"},       {"—", "-"},       {"―", "-"},
        {"−", "-"},       {"。", "."},      {"　", " "},      {"\u00a0", " "},  {"‘", "'"},
        {"’", "'"},       {"上午", " am "}, {"早上", " am "}, {"凌晨", " am "}, {"下午", " pm "},
        {"晚上", " pm "}, {"中午", " pm "}, {"大约", "~"},    {"约", "~"},      {"左右", "~"},
        {"上旬", "~"},    {"中旬", "~"},    {"下旬", "~"},    {"初", "~"},      {"底", "~"},
        {"末", "~"},      {"≈", "~"},
    };
    for (size_t s = 0; s < sizeof signs / sizeof *signs; s++)
        if (begins(at, signs[s].from)) {
            *length = strlen(signs[s].from);
            return signs[s].to;
        }
    *length = weekday_at(at);
    return *length > 0 ? " " : NULL;
}

static bool put(struct plain *plain, const char *text, size_t length)
{
    if (plain->used + length >= LONGEST)
        return false;
    memcpy(plain->text + plain->used, text, length);
    plain->used += length;
    plain->text[plain->used] = '\0';
    return true;
}

/* One character; its bytes, or 0 where the text is too long. */
static size_t put_next(struct plain *plain, const char *at)
{
    const unsigned char *byte = (const unsigned char *)at;
    size_t length = 1;
    if (byte[0] == 0xef && (byte[1] == 0xbc || byte[1] == 0xbd)) { /* full width, U+FF01 … */
        char narrow = (char)(byte[2] - 0x60 + (byte[1] == 0xbd ? 0x40 : 0));
        return put(plain, &narrow, 1) ? 3 : 0;
    }
    const char *sign = byte[0] < 0x80 ? NULL : sign_at(at, &length);
    if (sign == NULL)
        return put(plain, at, 1) ? 1 : 0;
    plain->has_year_sign = plain->has_year_sign || begins(at, "年");
    plain->has_month_sign = plain->has_month_sign || begins(at, "月");
    return put(plain, sign, strlen(sign)) ? length : 0;
}

/* Takes out blanks and apostrophes at both ends, and what says that the day is rough. */
static void tidy(struct plain *plain)
{
    size_t used = 0, first = 0;
    for (size_t i = 0; i < plain->used; i++) {
        plain->is_rough = plain->is_rough || plain->text[i] == '~';
        if (plain->text[i] != '~')
            plain->text[used++] = plain->text[i];
    }
    while (used > 0 && strchr(" '`", plain->text[used - 1]) != NULL)
        used--;
    while (first < used && strchr(" '`", plain->text[first]) != NULL)
        first++;
    memmove(plain->text, plain->text + first, used - first);
    plain->used = used - first;
    plain->text[plain->used] = '\0';
}

static bool make_plain(const char *text, size_t length, struct plain *plain)
{
    *plain = (struct plain){.used = 0};
    for (const char *at = text; at < text + length;) {
        size_t n = put_next(plain, at);
        if (n == 0)
            return false;
        at += n;
    }
    tidy(plain);
    return true;
}

/* ---- the time of day ---- */

static const char *skip_blanks(const char *at)
{
    return at + strspn(at, " ");
}

/* AM, p.m.: behind it, or where it is not, the same place. */
static const char *skip_half(const char *at)
{
    const char *from = skip_blanks(at);
    static const char *const halves[] = {"am", "pm", "a.m.", "p.m."};
    for (size_t h = 0; h < sizeof halves / sizeof *halves; h++)
        if (strncasecmp(from, halves[h], strlen(halves[h])) == 0)
            return from + strlen(halves[h]);
    return at;
}

/* Up to two digits of at most `most`; NULL: there are none. */
static const char *skip_number(const char *at, int most)
{
    size_t n = strspn(at, "0123456789");
    return n >= 1 && n <= 2 && strtol(at, NULL, 10) <= most ? at + n : NULL;
}

/* Z, +08:00, UTC */
static const char *skip_zone(const char *at)
{
    static const char *const names[] = {"utc", "gmt", "cst", "z"};
    at = skip_blanks(at);
    for (size_t z = 0; z < sizeof names / sizeof *names; z++)
        if (strncasecmp(at, names[z], strlen(names[z])) == 0)
            at += strlen(names[z]);
    if (*at != '+' && *at != '-')
        return at;
    return at + 1 + strspn(at + 1, "0123456789:");
}

/* Whether all of the text is a time of day; an hour alone is one behind a T, as in 2023-05-06T10. */
static bool is_time(const char *at, bool after_t)
{
    const char *start = skip_blanks(at), *from = skip_half(start);
    bool is_half = from != start, has_minutes = false;
    at = skip_number(skip_blanks(from), 24);
    for (int part = 0; at != NULL && *at == ':' && part < 3; part++) {
        const char *next = skip_number(at + 1, 60);
        has_minutes = true;
        at = next == NULL ? at + 1 : next; /* 10时 */
    }
    if (at == NULL)
        return false;
    if (*at == '.' || *at == ',')
        at += 1 + strspn(at + 1, "0123456789");
    from = skip_half(at);
    is_half = is_half || from != at;
    return *skip_blanks(skip_zone(from)) == '\0' && (has_minutes || is_half || after_t);
}

static void cut_time(struct plain *plain)
{
    for (size_t i = 1; i < plain->used; i++) {
        char c = plain->text[i];
        bool after_t = (c == 'T' || c == 't') && isdigit((unsigned char)plain->text[i - 1]);
        if ((c == ' ' || c == ':' || after_t) && is_time(plain->text + i + 1, after_t)) {
            plain->used = i;
            plain->text[i] = '\0';
            tidy(plain);
            return;
        }
    }
}

/* ---- day, month and year ---- */

static bool is_of_our_time(int32_t day)
{
    return day >= rwe_date_from_civil(FIRST_YEAR, 1, 1) &&
           day <= rwe_date_from_civil(LAST_YEAR, 12, 31);
}

static enum dated_trouble set_day(int year, int month, int day, struct rwe_dated *dated)
{
    char text[48];
    int32_t number;
    bool by_month = day == 0; /* 2023-05-00 */
    snprintf(text, sizeof text, "%04d-%02d-%02d", year, month, by_month ? MIDDLE_OF_MONTH : day);
    if (!rwe_date_parse(text, strlen(text), &number))
        return DATED_NO_DATE;
    if (year < FIRST_YEAR || year > LAST_YEAR)
        return DATED_NO_SUCH_YEAR;
    *dated = (struct rwe_dated){number, by_month ? RWE_DATED_MONTH : RWE_DATED_DAY};
    return DATED_READ;
}

static enum dated_trouble set_year(int year, struct rwe_dated *dated)
{
    *dated = (struct rwe_dated){0, RWE_DATED_YEAR};
    return year < FIRST_YEAR || year > LAST_YEAR ? DATED_NO_SUCH_YEAR : DATED_NO_MONTH;
}

static int whole_year(int year)
{
    return year + (year < FIRST_SHORT_YEAR ? 2000 : 1900);
}

/* ---- parts ---- */

enum part_kind { PART_NUMBER, PART_MONTH, PART_UNKNOWN };

struct part {
    enum part_kind kind;
    int value;
    size_t digits; /* of a number */
};

struct parts {
    struct part part[3];
    size_t n;
    char sign[3];    /* behind each part; '\0': none */
    size_t signs[3]; /* how many of it */
    bool is_rough;
};

/* The sign behind a part: -, / or a point, or a comma, with or without blanks; or blanks. */
static const char *take_sign(struct parts *parts, const char *at)
{
    size_t p = parts->n - 1;
    for (; *at != '\0' && strchr(" -/.,", *at) != NULL; at++) {
        if (*at == ' ' && parts->sign[p] != '\0')
            continue;
        if (parts->sign[p] != ' ' && parts->sign[p] != '\0' && parts->sign[p] != *at)
            return NULL;
        parts->signs[p] = parts->sign[p] == *at ? parts->signs[p] + 1 : 1;
        parts->sign[p] = *at;
    }
    return at;
}

static bool add_part(struct parts *parts, struct part part)
{
    if (parts->n == 3)
        return false;
    parts->part[parts->n++] = part;
    return true;
}

/* 6th */
static const char *skip_ordinal(const char *at)
{
    static const char *const endings[] = {"st", "nd", "rd", "th"};
    for (size_t e = 0; e < sizeof endings / sizeof *endings; e++)
        if (strncasecmp(at, endings[e], 2) == 0 && !isalpha((unsigned char)at[2]))
            return at + 2;
    return at;
}

static const char *take_number(struct parts *parts, const char *at)
{
    size_t n = strspn(at, "0123456789");
    if (n > 4 || !add_part(parts, (struct part){PART_NUMBER, (int)strtol(at, NULL, 10), n}))
        return NULL;
    return take_sign(parts, skip_ordinal(at + n));
}

static const char *take_word(struct parts *parts, const char *at)
{
    static const char *const rough[] = {"ca", "circa", "approx", "about", "around"};
    size_t n = 0;
    while (isalpha((unsigned char)at[n]) || at[n] == '?')
        n++;
    const char *behind = at + n + strspn(at + n, "., ");
    for (size_t r = 0; r < sizeof rough / sizeof *rough; r++)
        if (n == strlen(rough[r]) && strncasecmp(at, rough[r], n) == 0) {
            parts->is_rough = true;
            return behind;
        }
    if (n == 0 || is_weekday(at, n))
        return n == 0 ? NULL : behind;
    size_t unknown = unknown_part(at, n);
    if (unknown > 0) {
        n = unknown; /* UNMAY2023 */
        return add_part(parts, (struct part){.kind = PART_UNKNOWN}) ? take_sign(parts, at + n)
                                                                    : NULL;
    }
    int month = month_named(at, n);
    if (month == 0 || !add_part(parts, (struct part){PART_MONTH, month, 0}))
        return NULL;
    return take_sign(parts, at + n);
}

static bool take_apart(const struct plain *plain, struct parts *parts)
{
    const char *at = plain->text;
    *parts = (struct parts){.is_rough = plain->is_rough};
    while (at != NULL && *at != '\0')
        at = isdigit((unsigned char)*at) ? take_number(parts, at) : take_word(parts, at);
    return at != NULL && parts->n > 0;
}

static size_t count_kind(const struct parts *parts, enum part_kind kind)
{
    size_t n = 0;
    for (size_t p = 0; p < parts->n; p++)
        n += parts->part[p].kind == kind;
    return n;
}

static bool is_year(const struct part *part)
{
    return part->kind == PART_NUMBER && part->digits == 4;
}

static bool is_short(const struct part *part)
{
    return part->kind == PART_NUMBER && part->digits <= 2;
}

/* The year of a part that can be one; two digits are flagged. −1: it is none. */
static int year_of(const struct part *part, bool *short_year)
{
    if (is_year(part))
        return part->value;
    *short_year = is_short(part) && part->digits == 2;
    return *short_year ? whole_year(part->value) : -1;
}

/* Three figures in that order. */
static enum dated_trouble read_in(const struct parts *parts, enum rwe_date_order order,
                                  struct dated_reading *reading)
{
    static const int place[][3] = {/* year, month, day */
                                   [RWE_ORDER_YMD] = {0, 1, 2},
                                   [RWE_ORDER_MDY] = {2, 0, 1},
                                   [RWE_ORDER_DMY] = {2, 1, 0}};
    const struct part *year = &parts->part[place[order][0]], *month = &parts->part[place[order][1]],
                      *day = &parts->part[place[order][2]];
    if (!is_short(month) || !is_short(day))
        return DATED_NO_DATE;
    int whole = year_of(year, &reading->short_year);
    return whole < 0 ? DATED_NO_DATE : set_day(whole, month->value, day->value, &reading->dated);
}

/* Figures whose order is declared, or asked for. */
static enum dated_trouble read_by_order(const struct parts *parts, enum rwe_date_order order,
                                        struct dated_reading *reading)
{
    struct dated_reading other;
    if (order != RWE_ORDER_NOT_SAID) {
        enum dated_trouble trouble = read_in(parts, order, reading);
        if (trouble != DATED_NO_DATE)
            return trouble;
    }
    for (enum rwe_date_order o = RWE_ORDER_YMD; o <= RWE_ORDER_DMY; o++)
        if (o != order && read_in(parts, o, &other) == DATED_READ)
            return order == RWE_ORDER_NOT_SAID ? DATED_NO_ORDER : DATED_OTHER_ORDER;
    return DATED_NO_DATE;
}

/* Three figures: between them the same sign twice. */
static enum dated_trouble read_figures(const struct parts *parts, enum rwe_date_order order,
                                       struct dated_reading *reading)
{
    bool same = parts->sign[0] == parts->sign[1] && parts->signs[0] == 1 && parts->signs[1] == 1 &&
                parts->sign[0] != '\0' && parts->sign[0] != ',';
    if (parts->sign[0] == '-' && parts->signs[0] == 3)
        return set_year(parts->part[0].value, &reading->dated);
    if (!same)
        return DATED_NO_DATE;
    return is_year(&parts->part[0]) ? read_in(parts, RWE_ORDER_YMD, reading)
                                    : read_by_order(parts, order, reading);
}

/* A month by name and two figures: day first, unless the other is the year. */
static enum dated_trouble read_named(const struct parts *parts, size_t named,
                                     enum rwe_date_order order, struct dated_reading *reading)
{
    const struct part *first = &parts->part[named == 0 ? 1 : 0],
                      *last = &parts->part[named == 2 ? 1 : 2];
    bool year_first = is_year(first) || (!is_year(last) && order == RWE_ORDER_YMD);
    const struct part *year = year_first ? first : last, *day = year_first ? last : first;
    int whole = year_of(year, &reading->short_year);
    if (whole < 0 || named == 2)
        return DATED_NO_DATE;
    if (day->kind == PART_UNKNOWN)
        return set_day(whole, parts->part[named].value, 0, &reading->dated);
    return is_short(day) ? set_day(whole, parts->part[named].value, day->value, &reading->dated)
                         : DATED_NO_DATE;
}

/* A year and what is known beside it: 2023-05-UN, UN/05/2023, 2023-UN-UN. */
static enum dated_trouble read_partly(const struct parts *parts, struct dated_reading *reading)
{
    const struct part *year = NULL, *month = NULL;
    for (size_t p = 0; p < parts->n; p++)
        if (is_year(&parts->part[p]))
            year = &parts->part[p];
        else if (parts->part[p].kind != PART_UNKNOWN)
            month = &parts->part[p];
    if (year == NULL)
        return DATED_NO_DATE;
    /* 2023-UN-06: the day is known, the month is not */
    if (month == NULL || (year == &parts->part[0] && parts->part[1].kind == PART_UNKNOWN))
        return set_year(year->value, &reading->dated);
    return set_day(year->value, month->value, 0, &reading->dated);
}

/* 2023-05, 05/2023, May 2023: with a point the month has two digits, since 2023.5 may have been 2023.50 or 2023.10
 * before a spreadsheet took it for a number. */
static enum dated_trouble read_month(const struct plain *plain, const struct parts *parts,
                                     struct dated_reading *reading)
{
    const struct part *a = &parts->part[0], *b = &parts->part[1];
    const struct part *year = is_year(a) ? a : b, *month = is_year(a) ? b : a;
    if (parts->sign[0] == '-' && parts->signs[0] == 3) /* 2023---06 */
        return is_year(a) ? set_year(a->value, &reading->dated) : DATED_NO_DATE;
    if (!is_year(year))
        return plain->has_month_sign || count_kind(parts, PART_MONTH) == 1 ? DATED_NO_YEAR
                                                                           : DATED_NO_DATE;
    if (month->kind == PART_UNKNOWN)
        return set_year(year->value, &reading->dated);
    bool exact = parts->sign[0] != '.' || month->digits == 2;
    bool apart = month->kind == PART_MONTH ||
                 (parts->signs[0] == 1 && parts->sign[0] != '\0' && parts->sign[0] != ',');
    if (is_year(month) || !apart || !exact || month->digits > 2 || parts->signs[0] > 1)
        return DATED_NO_DATE;
    return set_day(year->value, month->value, 0, &reading->dated);
}

/* 2023, 2023--, 5月 */
static enum dated_trouble read_one(const struct plain *plain, const struct parts *parts,
                                   struct dated_reading *reading)
{
    if (is_year(&parts->part[0]))
        return set_year(parts->part[0].value, &reading->dated);
    return plain->has_month_sign || parts->part[0].kind == PART_MONTH ? DATED_NO_YEAR
                                                                      : DATED_NO_DATE;
}

static enum dated_trouble read_parts(const struct plain *plain, struct parts *parts,
                                     enum rwe_date_order order, struct dated_reading *reading)
{
    size_t n_named = count_kind(parts, PART_MONTH), named = 0;
    if (plain->has_year_sign && is_short(&parts->part[0])) { /* 23年5月6日 */
        reading->short_year = true;
        parts->part[0] = (struct part){PART_NUMBER, whole_year(parts->part[0].value), 4};
    }
    if (parts->n == 1)
        return read_one(plain, parts, reading);
    if (parts->n == 2)
        return read_month(plain, parts, reading);
    if (n_named > 1)
        return DATED_NO_DATE;
    while (n_named == 1 && parts->part[named].kind != PART_MONTH)
        named++;
    if (n_named == 1)
        return read_named(parts, named, order, reading);
    return count_kind(parts, PART_UNKNOWN) > 0 ? read_partly(parts, reading)
                                               : read_figures(parts, order, reading);
}

/* ---- figures alone ---- */

static int figures(const char *text, size_t from, size_t n)
{
    int value = 0;
    for (size_t i = from; i < from + n; i++)
        value = value * 10 + (text[i] - '0');
    return value;
}

/* 202305; not 201105, which may be the 5th of November 2020 as well. */
static enum dated_trouble read_six(const char *text, struct rwe_dated *dated)
{
    struct rwe_dated day;
    if (set_day(whole_year(figures(text, 0, 2)), figures(text, 2, 2), figures(text, 4, 2), &day) ==
            DATED_READ &&
        day.kind == RWE_DATED_DAY)
        return DATED_NO_DATE;
    return set_day(figures(text, 0, 4), figures(text, 4, 2), 0, dated);
}

/* 20230506, or 05062023 in a declared order. */
static enum dated_trouble read_eight(const char *text, enum rwe_date_order order,
                                     struct dated_reading *reading)
{
    int year = figures(text, 0, 4), day = figures(text, 6, 2);
    enum dated_trouble trouble =
        day == 0 ? DATED_NO_DATE : set_day(year, figures(text, 4, 2), day, &reading->dated);
    if (year >= FIRST_YEAR && year <= LAST_YEAR)
        return trouble;
    const struct parts parts = {.part = {{PART_NUMBER, figures(text, 0, 2), 2},
                                         {PART_NUMBER, figures(text, 2, 2), 2},
                                         {PART_NUMBER, figures(text, 4, 4), 4}},
                                .n = 3};
    enum dated_trouble other = read_by_order(&parts, order, reading);
    return other == DATED_NO_DATE || other == DATED_NO_SUCH_YEAR ? trouble : other;
}

/* A year, a day number of a spreadsheet, 202305, 20230506, 20230506101500. */
static enum dated_trouble read_digits(const char *text, struct rwe_date_style style,
                                      struct dated_reading *reading)
{
    size_t n = strlen(text);
    if (n == 4)
        return set_year(figures(text, 0, 4), &reading->dated);
    if (n == 5) {
        int number = figures(text, 0, 5);
        int32_t zero = DAY_ZERO_1900 + (style.system == RWE_DATES_1904 ? SYSTEMS_APART : 0);
        reading->dated = (struct rwe_dated){zero + number, RWE_DATED_DAY};
        return number >= 20000 && number < 70000 ? DATED_READ : DATED_NO_DATE;
    }
    bool is_time = (n == 12 || n == 14) && figures(text, 8, 2) < 25 && figures(text, 10, 2) < 60;
    if (n == 6)
        return read_six(text, &reading->dated);
    return n == 8 || is_time ? read_eight(text, style.order, reading) : DATED_NO_DATE;
}

/* A number with a fraction: 45047.5, whose fraction is the time of day, and what programs made of whole numbers
 * beside empty cells: 20230506.0. */
static void cut_fraction(struct plain *plain)
{
    size_t n = strspn(plain->text, "0123456789");
    const char *fraction = plain->text + n;
    bool is_zero = *fraction == '.' && fraction[1] != '\0' &&
                   strspn(fraction + 1, "0") == strlen(fraction + 1) && n >= 6;
    bool is_day =
        n == 5 && *fraction == '.' && strspn(fraction + 1, "0123456789") == strlen(fraction + 1);
    if (!is_zero && !is_day)
        return;
    plain->used = n;
    plain->text[n] = '\0';
}

/* ---- months ---- */

static void civil_month(int32_t day, int32_t *year, int32_t *month)
{
    char text[RWE_DATE_SIZE];
    rwe_date_format(day, text);
    *year = (int32_t)strtol(text, NULL, 10);
    *month = (int32_t)strtol(text + 5, NULL, 10);
}

bool rwe_dated_same_month(int32_t a, int32_t b)
{
    int32_t year[2], month[2];
    civil_month(a, &year[0], &month[0]);
    civil_month(b, &year[1], &month[1]);
    return year[0] == year[1] && month[0] == month[1];
}

int32_t rwe_dated_middle(int32_t day)
{
    int32_t year, month;
    civil_month(day, &year, &month);
    return rwe_date_from_civil(year, month, MIDDLE_OF_MONTH);
}

void rwe_dated_raise(struct rwe_dated *dated, struct rwe_dated least)
{
    if (dated->kind == RWE_DATED_MONTH && rwe_dated_has_day(least) && least.day > dated->day &&
        rwe_dated_same_month(least.day, dated->day))
        dated->day = least.day;
}

void rwe_dated_lower(struct rwe_dated *dated, struct rwe_dated most)
{
    if (dated->kind == RWE_DATED_MONTH && most.kind == RWE_DATED_DAY && most.day < dated->day &&
        rwe_dated_same_month(most.day, dated->day))
        dated->day = most.day;
}

/* ---- the whole ---- */

/* Of a rough date the month alone is known. */
static enum dated_trouble roughen(enum dated_trouble trouble, bool is_rough,
                                  struct rwe_dated *dated)
{
    if (trouble == DATED_READ && is_rough)
        *dated = (struct rwe_dated){rwe_dated_middle(dated->day), RWE_DATED_MONTH};
    return trouble;
}

enum dated_trouble rwe_dated_read(const char *text, size_t length, struct rwe_date_style style,
                                  struct dated_reading *reading)
{
    struct plain plain;
    struct parts parts;
    *reading = (struct dated_reading){.dated = {0, RWE_DATED_NONE}};
    if (rwe_date_parse(text, length, &reading->dated.day) && is_of_our_time(reading->dated.day)) {
        reading->dated.kind = RWE_DATED_DAY; /* as most are written */
        return DATED_READ;
    }
    if (read_word(text, &reading->dated))
        return DATED_READ;
    if (!make_plain(text, length, &plain))
        return DATED_NO_DATE;
    cut_time(&plain);
    cut_fraction(&plain);
    if (plain.used > 0 && strspn(plain.text, "0123456789") == plain.used)
        return roughen(read_digits(plain.text, style, reading), plain.is_rough, &reading->dated);
    if (!take_apart(&plain, &parts))
        return DATED_NO_DATE;
    return roughen(read_parts(&plain, &parts, style.order, reading), parts.is_rough,
                   &reading->dated);
}

bool rwe_dated_parse(const char *text, size_t length, struct rwe_date_style style,
                     struct rwe_dated *dated)
{
    struct dated_reading reading;
    enum dated_trouble trouble = rwe_dated_read(text, length, style, &reading);
    if (trouble != DATED_READ && trouble != DATED_NO_MONTH)
        return false;
    *dated = reading.dated;
    return true;
}
