/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/data/dated.h"

#include "input/table_private.h"
#include "rwe/base/date.h"

#include <stdlib.h>
#include <string.h>

enum {
    LONGEST = 48,           /* bytes of a date in any form, its time of day with it */
    DAY_ZERO_1900 = -25569, /* 1899-12-30 */
    SYSTEMS_APART = 1462,   /* days from the 1900 system to that of 1904 */
    MIDDLE_OF_MONTH = 15,
    FIRST_YEAR = 1900,
    LAST_YEAR = 2100,
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

/* ---- figures ---- */

static bool begins(const char *at, const char *with)
{
    return strncmp(at, with, strlen(with)) == 0;
}

/* Copies with full-width characters (U+FF01 … U+FF5E) as ASCII, 年 and 月 as hyphens, and without
 * 日 and 号; a point, stroke or hyphen stays. False when it does not fit. */
static bool normalise(const char *text, size_t length, char copy[LONGEST])
{
    size_t used = 0;
    if (length >= LONGEST)
        return false;
    for (const char *at = text; at < text + length;) {
        const unsigned char *byte = (const unsigned char *)at;
        if (byte[0] == 0xef && (byte[1] == 0xbc || byte[1] == 0xbd)) {
            copy[used++] = (char)(byte[2] - 0x60 + (byte[1] == 0xbd ? 0x40 : 0));
            at += 3;
        } else if (begins(at, "年") || begins(at, "月")) {
            if (begins(at, "年") || at + 3 < text + length) /* 2023年5月: nothing follows */
                copy[used++] = '-';
            at += 3;
        } else if (begins(at, "日") || begins(at, "号")) {
            at += 3;
        } else {
            copy[used++] = *at++;
        }
    }
    copy[used] = '\0';
    return true;
}

/* Cuts off a time of day: "2023-05-01 00:00:00", "2023-05-01T08:30". */
static void cut_time(char *text)
{
    char *at = strpbrk(text, " T");
    if (at != NULL && strchr(at, ':') != NULL && strspn(at + 1, "0123456789:.Z") == strlen(at + 1))
        *at = '\0';
}

static bool set_day(const char *text, struct rwe_dated *dated)
{
    int32_t day;
    if (!rwe_date_parse(text, strlen(text), &day))
        return false;
    *dated = (struct rwe_dated){day, RWE_DATED_DAY};
    return true;
}

/* All digits: 20230501, a spreadsheet's day number, or a year. */
static bool read_digits(const char *text, enum rwe_date_system system, struct rwe_dated *dated)
{
    size_t n = strlen(text);
    int32_t number = 0;
    if (n != 4 && n != 5 && n != 8)
        return false;
    for (size_t i = 0; i < n; i++)
        number = number * 10 + (text[i] - '0');
    if (n == 4 && number >= 1900 && number < 2100) {
        *dated = (struct rwe_dated){0, RWE_DATED_YEAR};
        return true;
    }
    if (n == 5 && number >= 20000 && number < 70000) {
        int32_t zero = DAY_ZERO_1900 + (system == RWE_DATES_1904 ? SYSTEMS_APART : 0);
        *dated = (struct rwe_dated){zero + number, RWE_DATED_DAY};
        return true;
    }
    const char parts[] = {text[0], text[1], text[2], text[3], '-', text[4],
                          text[5], '-',     text[6], text[7], '\0'};
    return n == 8 && set_day(parts, dated);
}

/* 2023-05, 2023/5, 2023.05: the month's 15th. */
static bool read_month(const char *text, struct rwe_dated *dated)
{
    char whole[LONGEST + 4];
    size_t n = strlen(text);
    bool sign = n >= 6 && n <= 7 && strspn(text, "0123456789") == 4 && strchr("-/.", text[4]);
    if (!sign || (text[4] == '.' && n != 7))
        return false;
    snprintf(whole, sizeof whole, "%s%c%d", text, text[4], MIDDLE_OF_MONTH);
    if (!set_day(whole, dated))
        return false;
    dated->kind = RWE_DATED_MONTH;
    return true;
}

/* A date of any year. */
static bool parse(const char *text, size_t length, enum rwe_date_system system,
                  struct rwe_dated *dated)
{
    char copy[LONGEST] = "";
    if (read_word(text, dated))
        return true;
    if (!normalise(text, length, copy))
        return false;
    cut_time(copy);
    size_t n = strlen(copy);
    if (n == 5 && copy[4] == '-' && strspn(copy, "0123456789") == 4)
        copy[--n] = '\0'; /* 2023年 */
    if (strspn(copy, "0123456789") == n)
        return read_digits(copy, system, dated);
    return set_day(copy, dated) || read_month(copy, dated);
}

static bool is_of_our_time(struct rwe_dated dated)
{
    return !rwe_dated_has_day(dated) || (dated.day >= rwe_date_from_civil(FIRST_YEAR, 1, 1) &&
                                         dated.day <= rwe_date_from_civil(LAST_YEAR, 12, 31));
}

bool rwe_dated_parse(const char *text, size_t length, enum rwe_date_system system,
                     struct rwe_dated *dated)
{
    struct rwe_dated any;
    if (!parse(text, length, system, &any) || !is_of_our_time(any))
        return false;
    *dated = any;
    return true;
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

/* ---- a column ---- */

/* Why a cell is no date, and what to do about it. */
static const struct {
    const char *reason, *advice;
} troubles[] = {
    {N_("not a date"), N_("write it as 2023-05-01 (a month as 2023-05), or leave it empty where "
                          "nothing happened")},
    {N_("a year without its month"),
     N_("a year is no date: ask the centre for the month (a month counts as its 15th), or leave "
        "the cell empty")},
    {N_("of an impossible year"),
     N_("dates lie in the years 1900 to 2100: correct it, or leave it empty where nothing "
        "happened")},
};
enum trouble { NO_DATE, NO_MONTH, NO_SUCH_YEAR };

static enum rwe_status complain(const struct rwe_table *table, size_t column, size_t row,
                                const char *value, enum trouble trouble,
                                struct rwe_complaints *complaints)
{
    struct rwe_complaint complaint = {
        .file = table->file,
        .line = rwe_table_line(table, row),
        .row = row,
        .column = table->column[column].info->name,
        .value = value,
        .reason = troubles[trouble].reason,
        .advice = troubles[trouble].advice,
    };
    return rwe_complaints_add(complaints, &complaint);
}

enum rwe_status rwe_table_dated(const struct rwe_table *table, size_t column,
                                enum rwe_date_system system, struct rwe_dated out[],
                                struct rwe_complaints *complaints)
{
    struct rwe_cells cells = rwe_cells_of(table, column);
    for (size_t row = 0; row < table->n_rows; row++) {
        size_t length;
        const char *text = rwe_cells_next(&cells, &length);
        out[row] = (struct rwe_dated){0, RWE_DATED_NONE};
        if (rwe_table_is_missing(table, text, length))
            continue;
        struct rwe_dated dated;
        enum trouble trouble = NO_DATE;
        if (parse(text, length, system, &dated)) {
            bool year = dated.kind == RWE_DATED_YEAR;
            if (!year && is_of_our_time(dated)) {
                out[row] = dated;
                continue;
            }
            trouble = year ? NO_MONTH : NO_SUCH_YEAR;
        }
        if (complain(table, column, row, text, trouble, complaints) != RWE_OK)
            return RWE_NO_MEMORY;
    }
    return RWE_OK;
}
