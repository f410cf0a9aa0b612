/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Days of the proleptic Gregorian calendar, counted from 1970-01-01. */
#ifndef RWE_BASE_DATE_H
#define RWE_BASE_DATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Room for any formatted date and its final zero. */
#define RWE_DATE_SIZE 16

/**
 * The day that `text` of `length` bytes names, in `*days`; false, with `*days` untouched, when it
 * is no date. Year, month and day in this order, the year with four digits (from 0001), month and
 * day with one or two, between them "-", "/" or "." (the same twice): 2023-05-01, 2023/5/1.
 */
bool rwe_date_parse(const char *text, size_t length, int32_t *days);

/** The day as 2023-05-01. */
void rwe_date_format(int32_t days, char text[RWE_DATE_SIZE]);

/** Days from 1970-01-01 to a day of the calendar: month 1 … 12, day 1 … 31. */
int32_t rwe_date_from_civil(int32_t year, int32_t month, int32_t day);

#endif
