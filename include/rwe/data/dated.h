/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * A date as hospitals write it: a day in one of many forms, a month, a year, or a word that says why there
 * is none. A month or a year is flagged as such and never taken for a day without notice.
 */
#ifndef RWE_DATA_DATED_H
#define RWE_DATA_DATED_H

#include "rwe/data/table.h"

enum rwe_dated_kind {
    RWE_DATED_NONE,  /**< no date: empty, 无, none */
    RWE_DATED_DAY,   /**< a day */
    RWE_DATED_MONTH, /**< a month; its day is set: the 15th, until other dates move it (imputed) */
    RWE_DATED_YEAR,  /**< a year without a month: a question to the centre, no date */
    RWE_DATED_ONGOING, /**< "至今", until now: up to the data cut-off */
    RWE_DATED_LOST,    /**< "失访": no date, since the patient was lost */
};

struct rwe_dated {
    int32_t day; /**< since 1970-01-01; of a day and a month, else 0 */
    enum rwe_dated_kind kind;
};

/** Day 0 of a spreadsheet's day numbers: 1899-12-30, so that numbers from 61 (1900-03-01) on are
 * those of the 1900 system, which counts a 29 February 1900; the 1904 system is 1462 days later. */
enum rwe_date_system { RWE_DATES_1900, RWE_DATES_1904 };

/** In what order the figures of a date stand that does not begin with a year of four digits. */
enum rwe_date_order { RWE_ORDER_NOT_SAID, RWE_ORDER_YMD, RWE_ORDER_MDY, RWE_ORDER_DMY };

/** How a study writes its dates. */
struct rwe_date_style {
    enum rwe_date_system system;
    enum rwe_date_order order;
};

/** Whether there is a day to count with. */
static inline bool rwe_dated_has_day(struct rwe_dated dated)
{
    return dated.kind == RWE_DATED_DAY || dated.kind == RWE_DATED_MONTH;
}

/**
 * Reads `text` of `length` bytes; false when it is none of these.
 *
 * Days: 2023-05-01, 2023/5/1, 2023.5.1, 2023年5月1日 (also 号), 06MAY2023, 6-May-2023, May 6, 2023, 20230501, a
 * spreadsheet's day number of five digits from 20000 to 69999 (1954 to 2091), with or without a fraction. Where
 * `style` has an order, 5/6/2023 and 05.06.23 too. Months: 2023-05, 05/2023, May 2023, 2023年5月, 202305, 2023.05
 * (not 2023.5, which may have been 2023.50 or 2023.10 before a spreadsheet took it for a number), SDTM's 2023-05-UN and
 * 2023-05--, and what is rough by its own word: 约2023-05, 2023年5月中旬.
 *
 * A time of day behind a day is ignored, with its zone: 10:00, T10:00+08:00, 下午3时, 3:20 PM. So is an apostrophe in
 * front. Full-width digits and signs count as ASCII, dashes as hyphens. Years of two digits are 1930 to 2029, as
 * spreadsheets take them; others outside 1900 to 2100 are none: slips of the pen.
 */
bool rwe_dated_parse(const char *text, size_t length, struct rwe_date_style style,
                     struct rwe_dated *dated);

/** Whether two days lie in one month; and the 15th of a day's month. */
bool rwe_dated_same_month(int32_t a, int32_t b);
int32_t rwe_dated_middle(int32_t day);

/** Moves a date of which the month alone is known to a later day, or to a known earlier day, in the same
 * month; any other date, and one that lies so already, stays. */
void rwe_dated_raise(struct rwe_dated *dated, struct rwe_dated least);
void rwe_dated_lower(struct rwe_dated *dated, struct rwe_dated most);

/**
 * A column of dates, out[row]. Where `style` has no order, that in which all cells of the column are dates is taken,
 * and told in a note; where there are several, or none, each cell that needs one is a complaint of the whole column with
 * its readings. What cannot be read, a year alone, a date without its year, and a year outside 1900 to 2100 is a complaint on
 * its cell and RWE_DATED_NONE. RWE_NO_MEMORY or RWE_OK.
 */
enum rwe_status rwe_table_dated(const struct rwe_table *table, size_t column,
                                struct rwe_date_style style, struct rwe_dated out[],
                                struct rwe_complaints *complaints);

#endif
