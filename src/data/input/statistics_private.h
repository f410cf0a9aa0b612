/* SPDX-License-Identifier: GPL-3.0-or-later */
/** How the files of SPSS, Stata and SAS hold dates: as numbers, which a column's format says what they count. */
#ifndef RWE_DATA_STATISTICS_PRIVATE_H
#define RWE_DATA_STATISTICS_PRIVATE_H

#include "isolate_private.h"
#include "rwe/base/number.h"

enum rwe_program { RWE_SPSS, RWE_STATA, RWE_SAS };

/** What the numbers of a column are. */
enum rwe_counted {
    RWE_COUNTS_NOTHING,         /**< plain numbers */
    RWE_COUNTS_SECONDS_OF_1582, /**< dates and times from here on: seconds since 1582-10-14 */
    RWE_COUNTS_DAYS,            /**< since 1960-01-01, as what follows */
    RWE_COUNTS_SECONDS,
    RWE_COUNTS_MILLISECONDS,
    RWE_COUNTS_TIME,  /**< text from here on: seconds of a day, or of a span of time */
    RWE_COUNTS_WEEKS, /**< since the first of 1960, of which a year has 52 */
    RWE_COUNTS_MONTHS,
    RWE_COUNTS_QUARTERS,
    RWE_COUNTS_HALVES,
};

/** What a format of that program says: "DATETIME20", "%tdCCYY.NN.DD", "YYMMDD10". */
enum rwe_counted rwe_statistics_counted(enum rwe_program program, const char *format);

/** The kind of a column of such numbers. */
enum rwe_column_kind rwe_statistics_kind(enum rwe_counted counted);

/** Such a number as days since 1970-01-01. Plain numbers stay. */
double rwe_statistics_days(enum rwe_counted counted, double number);

/** Such a number as text: "08:30:00", "2023-05", "2023q2". */
void rwe_statistics_text(enum rwe_counted counted, double number, char text[RWE_NUMBER_SIZE]);

/** The number in the fewest digits that make the same number of four bytes: 12.3 where that holds 12.30000019. */
double rwe_statistics_shortest(float number);

/* The work of the child, for each kind of file. */
enum rwe_status rwe_spss_work(const struct rwe_reading *reading, struct rwe_bytes file,
                              struct rwe_frames *out, struct rwe_error *error);
enum rwe_status rwe_stata_work(const struct rwe_reading *reading, struct rwe_bytes file,
                               struct rwe_frames *out, struct rwe_error *error);
enum rwe_status rwe_sas_work(const struct rwe_reading *reading, struct rwe_bytes file,
                             struct rwe_frames *out, struct rwe_error *error);
enum rwe_status rwe_transport_work(const struct rwe_reading *reading, struct rwe_bytes file,
                                   struct rwe_frames *out, struct rwe_error *error);

#endif
