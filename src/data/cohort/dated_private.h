/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Between the forms of a single date (date_forms.c) and what a column of them says (dated.c). */
#ifndef RWE_DATA_DATED_PRIVATE_H
#define RWE_DATA_DATED_PRIVATE_H

#include "rwe/data/dated.h"

/* What a text is; all but the first are troubles. */
enum dated_trouble {
    DATED_READ,
    DATED_NO_DATE,
    DATED_NO_MONTH,     /* a year alone */
    DATED_NO_YEAR,      /* a day or a month without one */
    DATED_NO_SUCH_YEAR, /* outside 1900 to 2100 */
    DATED_NO_ORDER,     /* a date once it is known in what order its figures stand */
    DATED_OTHER_ORDER,  /* a date in another order than the declared one */
};

struct dated_reading {
    struct rwe_dated dated;
    bool short_year; /* written with two digits */
};

/* Reads a text; a year alone has its kind in `dated` too. */
enum dated_trouble rwe_dated_read(const char *text, size_t length, struct rwe_date_style style,
                                  struct dated_reading *reading);

#endif
