/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "statistics_private.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Days from 1582-10-14, and from 1960-01-01, to 1970-01-01. */
enum { FROM_1582 = 141428, FROM_1960 = 3653 };

struct word {
    const char *name;
    enum rwe_counted counted;
};

/* IBM SPSS Statistics Command Syntax Reference, "Date and time formats". */
static const struct word spss[] = {
    {"DATE", RWE_COUNTS_SECONDS_OF_1582},
    {"ADATE", RWE_COUNTS_SECONDS_OF_1582},
    {"EDATE", RWE_COUNTS_SECONDS_OF_1582},
    {"JDATE", RWE_COUNTS_SECONDS_OF_1582},
    {"SDATE", RWE_COUNTS_SECONDS_OF_1582},
    {"QYR", RWE_COUNTS_SECONDS_OF_1582},
    {"MOYR", RWE_COUNTS_SECONDS_OF_1582},
    {"WKYR", RWE_COUNTS_SECONDS_OF_1582},
    {"DATETIME", RWE_COUNTS_SECONDS_OF_1582},
    {"YMDHMS", RWE_COUNTS_SECONDS_OF_1582},
    {"TIME", RWE_COUNTS_TIME},
    {"DTIME", RWE_COUNTS_TIME},
    {"MTIME", RWE_COUNTS_TIME},
    {NULL, RWE_COUNTS_NOTHING},
};

/* SAS 9.4 Formats and Informats: Reference, "Formats by category", dates and times. A name that ends with "*" is
 * the beginning of several. */
static const struct word sas[] = {
    {"DATEAMPM", RWE_COUNTS_SECONDS}, {"DATETIME", RWE_COUNTS_SECONDS},
    {"MDYAMPM", RWE_COUNTS_SECONDS},  {"DTDATE", RWE_COUNTS_SECONDS},
    {"DTMONYY", RWE_COUNTS_SECONDS},  {"DTWKDATX", RWE_COUNTS_SECONDS},
    {"DTYEAR", RWE_COUNTS_SECONDS},   {"DTYYQC", RWE_COUNTS_SECONDS},
    {"E8601DT", RWE_COUNTS_SECONDS},  {"E8601DN", RWE_COUNTS_SECONDS},
    {"E8601DX", RWE_COUNTS_SECONDS},  {"E8601DZ", RWE_COUNTS_SECONDS},
    {"B8601DT", RWE_COUNTS_SECONDS},  {"B8601DN", RWE_COUNTS_SECONDS},
    {"B8601DX", RWE_COUNTS_SECONDS},  {"B8601DZ", RWE_COUNTS_SECONDS},
    {"IS8601DT", RWE_COUNTS_SECONDS}, {"IS8601DN", RWE_COUNTS_SECONDS},
    {"NLDATM*", RWE_COUNTS_SECONDS},  {"EURDFDT", RWE_COUNTS_SECONDS},
    {"DATE", RWE_COUNTS_DAYS},        {"DAY", RWE_COUNTS_DAYS},
    {"DDMMYY*", RWE_COUNTS_DAYS},     {"MMDDYY*", RWE_COUNTS_DAYS},
    {"YYMM*", RWE_COUNTS_DAYS},       {"MMYY*", RWE_COUNTS_DAYS},
    {"YYMON", RWE_COUNTS_DAYS},       {"YYQ*", RWE_COUNTS_DAYS},
    {"MONYY", RWE_COUNTS_DAYS},       {"MONNAME", RWE_COUNTS_DAYS},
    {"MONTH", RWE_COUNTS_DAYS},       {"YEAR", RWE_COUNTS_DAYS},
    {"QTR", RWE_COUNTS_DAYS},         {"QTRR", RWE_COUNTS_DAYS},
    {"DOWNAME", RWE_COUNTS_DAYS},     {"WEEK*", RWE_COUNTS_DAYS},
    {"WORDDAT*", RWE_COUNTS_DAYS},    {"JULIAN", RWE_COUNTS_DAYS},
    {"JULDAY", RWE_COUNTS_DAYS},      {"PDJUL*", RWE_COUNTS_DAYS},
    {"E8601DA", RWE_COUNTS_DAYS},     {"B8601DA", RWE_COUNTS_DAYS},
    {"IS8601DA", RWE_COUNTS_DAYS},    {"NLDATE*", RWE_COUNTS_DAYS},
    {"EURDFD*", RWE_COUNTS_DAYS},     {"EURDFMY", RWE_COUNTS_DAYS},
    {"MINGUO", RWE_COUNTS_DAYS},      {"NENGO", RWE_COUNTS_DAYS},
    {"HDATE", RWE_COUNTS_DAYS},       {"HEBDATE", RWE_COUNTS_DAYS},
    {"TIME", RWE_COUNTS_TIME},        {"TIMEAMPM", RWE_COUNTS_TIME},
    {"TOD", RWE_COUNTS_TIME},         {"HHMM", RWE_COUNTS_TIME},
    {"HOUR", RWE_COUNTS_TIME},        {"MMSS", RWE_COUNTS_TIME},
    {"E8601TM", RWE_COUNTS_TIME},     {"B8601TM", RWE_COUNTS_TIME},
    {"IS8601TM", RWE_COUNTS_TIME},    {"NLTIM*", RWE_COUNTS_TIME},
    {NULL, RWE_COUNTS_NOTHING},
};

/* A format's name stands before its width: "DATETIME20" is DATETIME. */
static enum rwe_counted find_word(const struct word words[], const char *format)
{
    size_t n = strlen(format);
    while (n > 0 && strchr("0123456789.", format[n - 1]) != NULL)
        n--;
    for (const struct word *word = words; word->name != NULL; word++) {
        size_t length = strlen(word->name);
        bool is_beginning = word->name[length - 1] == '*';
        length -= is_beginning;
        if ((is_beginning ? n >= length : n == length) &&
            strncasecmp(format, word->name, length) == 0)
            return word->counted;
    }
    return RWE_COUNTS_NOTHING;
}

/* Stata's: "%td", "%-tdD_m_Y", "%tc", and "%d" of old (Stata 18 Data Management Reference, "Datetime display
 * formats"). %ty counts years since year 0, which are plain numbers. */
static enum rwe_counted of_stata(const char *format)
{
    static const char letters[] = "dcCwmqh";
    static const enum rwe_counted counted[] = {
        RWE_COUNTS_DAYS,   RWE_COUNTS_MILLISECONDS, RWE_COUNTS_MILLISECONDS, RWE_COUNTS_WEEKS,
        RWE_COUNTS_MONTHS, RWE_COUNTS_QUARTERS,     RWE_COUNTS_HALVES,
    };
    if (*format++ != '%')
        return RWE_COUNTS_NOTHING;
    if (*format == '-')
        format++;
    if (*format == 'd')
        return RWE_COUNTS_DAYS;
    const char *letter = *format == 't' && format[1] != '\0' ? strchr(letters, format[1]) : NULL;
    return letter == NULL ? RWE_COUNTS_NOTHING : counted[letter - letters];
}

enum rwe_counted rwe_statistics_counted(enum rwe_program program, const char *format)
{
    if (format == NULL)
        return RWE_COUNTS_NOTHING;
    return program == RWE_STATA ? of_stata(format)
                                : find_word(program == RWE_SPSS ? spss : sas, format);
}

enum rwe_column_kind rwe_statistics_kind(enum rwe_counted counted)
{
    if (counted == RWE_COUNTS_NOTHING)
        return RWE_KIND_NUMBER;
    return counted < RWE_COUNTS_TIME ? RWE_KIND_DATE : RWE_KIND_TEXT;
}

double rwe_statistics_days(enum rwe_counted counted, double number)
{
    switch (counted) {
    case RWE_COUNTS_SECONDS_OF_1582:
        return number / 86400 - FROM_1582;
    case RWE_COUNTS_DAYS:
        return number - FROM_1960;
    case RWE_COUNTS_SECONDS:
        return number / 86400 - FROM_1960;
    case RWE_COUNTS_MILLISECONDS:
        return number / 86400000 - FROM_1960;
    default:
        return number;
    }
}

/* 1960 and the part of the year, counted from 1. */
static void write_part(double number, int parts, const char *format, char text[RWE_NUMBER_SIZE])
{
    double year = floor(number / parts);
    snprintf(text, RWE_NUMBER_SIZE, format, 1960 + (int)year, (int)(number - parts * year) + 1);
}

void rwe_statistics_text(enum rwe_counted counted, double number, char text[RWE_NUMBER_SIZE])
{
    if (!(fabs(number) < 1e8)) {
        rwe_number_exact(number, text);
        return;
    }
    if (counted == RWE_COUNTS_MONTHS)
        write_part(floor(number), 12, "%04d-%02d", text);
    else if (counted == RWE_COUNTS_QUARTERS)
        write_part(floor(number), 4, "%dq%d", text);
    else if (counted == RWE_COUNTS_HALVES)
        write_part(floor(number), 2, "%dh%d", text);
    else if (counted == RWE_COUNTS_WEEKS)
        write_part(floor(number), 52, "%dw%d", text);
    else
        snprintf(text, RWE_NUMBER_SIZE, "%s%02d:%02d:%02d", number < 0 ? "-" : "",
                 (int)(fabs(number) / 3600), (int)(fabs(number) / 60) % 60, (int)fabs(number) % 60);
}

double rwe_statistics_shortest(float number)
{
    enum { FEWEST = 6, MOST = 9 };
    char text[RWE_NUMBER_SIZE];
    if (number == floorf(number) || !isfinite(number))
        return number;
    for (int digits = FEWEST; digits <= MOST; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, (double)number);
        if (strtof(text, NULL) == number)
            return strtod(text, NULL); /* both in the locale that snprintf wrote in */
    }
    return number;
}
