/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/base/date.h"

#include <stdio.h>

/* The calendar repeats after 400 years. Years are taken to begin in March, so that the leap day is
 * the last of its year; then month m (March: 0) begins on day (153 m + 2) / 5, since the lengths
 * 31 30 31 30 31 repeat every 153 days (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms",
 * 2021, days_from_civil and civil_from_days). */
enum {
    DAYS_IN_ERA = 146097, /* of 400 years */
    MARCH_0000 = 719468,  /* days from 0000-03-01 to 1970-01-01 */
};

int32_t rwe_date_from_civil(int32_t year, int32_t month, int32_t day)
{
    if (month <= 2)
        year--;
    int32_t era = (year >= 0 ? year : year - 399) / 400;
    int32_t year_of_era = year - era * 400;
    int32_t month_from_march = (month + 9) % 12;
    int32_t day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    int32_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * DAYS_IN_ERA + day_of_era - MARCH_0000;
}

void rwe_date_format(int32_t days, char text[RWE_DATE_SIZE])
{
    int64_t shifted = (int64_t)days + MARCH_0000;
    int64_t era = (shifted >= 0 ? shifted : shifted - (DAYS_IN_ERA - 1)) / DAYS_IN_ERA;
    int64_t day_of_era = shifted - era * DAYS_IN_ERA;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_from_march = (5 * day_of_year + 2) / 153;
    int day = (int)(day_of_year - (153 * month_from_march + 2) / 5 + 1);
    int month = (int)(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
    long year = (long)(era * 400 + year_of_era + (month <= 2));
    /* The remainders change nothing; they tell compilers that two digits suffice. */
    snprintf(text, RWE_DATE_SIZE, "%04ld-%02u-%02u", year, (unsigned)month % 100,
             (unsigned)day % 100);
}

/* Reads `least` to `most` digits; the first byte behind them, or NULL. */
static const char *read_digits(const char *at, const char *end, int least, int most, int32_t *value)
{
    int n = 0;
    *value = 0;
    for (; at < end && n < most && *at >= '0' && *at <= '9'; at++, n++)
        *value = *value * 10 + (*at - '0');
    return n < least ? NULL : at;
}

static int32_t days_in_month(int32_t year, int32_t month)
{
    static const int32_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

bool rwe_date_parse(const char *text, size_t length, int32_t *days)
{
    const char *end = text + length;
    int32_t year, month, day;
    const char *at = read_digits(text, end, 4, 4, &year);
    if (at == NULL || at == end || (*at != '-' && *at != '/' && *at != '.'))
        return false;
    char separator = *at;
    at = read_digits(at + 1, end, 1, 2, &month);
    if (at == NULL || at == end || *at != separator)
        return false;
    at = read_digits(at + 1, end, 1, 2, &day);
    if (at != end || year < 1 || month < 1 || month > 12 || day < 1 ||
        day > days_in_month(year, month))
        return false;
    *days = rwe_date_from_civil(year, month, day);
    return true;
}
