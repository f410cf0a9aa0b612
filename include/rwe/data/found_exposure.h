/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * A start of exposure that stands in the file although nobody declared it (--exposure-start, --exposure-date):
 * the treatment that tells the arms apart begins after time zero, so that every comparison of the arms as they
 * stand has immortal time, whether it was said or not.
 *
 * The column is looked for by its role (rt_start_mo, rt_start_date, their other headers and --columns) and then
 * by what it holds:
 *
 *     by role        it is filled in at least 80 % of one arm and, by half of the subjects or more, less
 *                    in another; and somebody begins after time zero
 *     any date       filled in at least 90 % of one arm and at most 5 % of another, of five subjects or more each;
 *                    hardly ever before time zero (5 %), for some after it (5 %), and within follow-up (80 %)
 *     a time         the same, where its name says that it is a start: rt_start, boost.start.mo, time_to_rt
 *
 * Columns with another role (outcomes, baseline dates, doses, adverse events), those of endpoints, and names that
 * tell an outcome or an end of treatment are passed over. Of several the one with the earliest starts counts.
 * Dates are counted from the date of time zero (--index-date, role index_date).
 */
#ifndef RWE_DATA_FOUND_EXPOSURE_H
#define RWE_DATA_FOUND_EXPOSURE_H

#include "rwe/data/study.h"
#include "rwe/data/table.h"

/** The rule (validate.h) that tells of it; --rules-off with its code ends the search. */
#define RWE_FOUND_EXPOSURE_RULE "W34"

/** Who is compared, and how times count. */
struct rwe_found_query {
    const struct rwe_table *table;
    const struct rwe_study_settings *study;
    size_t n;            /**< subjects */
    const uint32_t *row; /**< by subject: row of the table */
    const uint32_t *arm; /**< by subject */
    size_t n_arms;
    const double *end; /**< by subject: the end of follow-up; NULL: not known */
    double
        days_per_unit; /**< of `end`; NaN: not known, found from names and dates where they tell it */
};

struct rwe_found_exposure {
    const char *column; /**< its header; NULL: there is none */
    bool is_date;       /**< it holds dates, not times */
    bool
        is_declared; /**< --exposure-date names it, and the arms are those of --arm: with the starts that do not
                           count */
    bool in_other_unit; /**< its name says another unit than that of the times */
    bool by_role;       /**< its name told it, not what it holds */
    size_t n_late; /**< subjects who begin after time zero; without a date of it all who begin */
    const double
        *start; /**< by subject, in the unit of `end`, NaN: never; NULL: it is not known how dates
                              and times go together, or there is no date of time zero */
};

/** Looks for it; with RWE_OK `found->column` tells whether there is one. RWE_NO_MEMORY. */
enum rwe_status rwe_find_exposure(const struct rwe_found_query *query, struct rwe_arena *arena,
                                  struct rwe_found_exposure *found);

#endif
