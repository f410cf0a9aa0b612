/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Adverse events: a long file, one row an event, brought to the worst grade per subject and term.
 */
#ifndef RWE_DATA_ADVERSE_EVENTS_H
#define RWE_DATA_ADVERSE_EVENTS_H

#include "rwe/data/cohort.h"

/** CTCAE grades: 1 mild … 5 death. */
enum { RWE_WORST_GRADE = 5 };

struct rwe_adverse_events {
    size_t n_rows;    /**< of the file */
    size_t n_unknown; /**< rows whose subject is not in the cohort */
    size_t n_dropped; /**< rows left out because they cannot be read */

    size_t n; /**< distinct (term, subject), by term, then subject */
    const uint32_t *term, *subject;
    const uint8_t *worst; /**< greatest grade, 1 … 5 */

    const char *const
        *term_name; /**< spelled as most first in sorted order; case does not matter */
    size_t n_terms;
};

struct rwe_adverse_event_columns {
    const char *id, *term, *grade;
};

/**
 * Takes a table of adverse events to the cohort. A missing term and a grade that is no whole number
 * from 1 to 5 are complaints. Rows of subjects that the cohort does not have are counted.
 * RWE_NO_COLUMN when a column does not exist, RWE_USAGE when the cohort has no identifier;
 * RWE_BAD_INPUT with complaints when they are to stop the run.
 */
enum rwe_status rwe_adverse_events_read(const struct rwe_table *table,
                                        const struct rwe_adverse_event_columns *columns,
                                        const struct rwe_cohort *cohort, bool drop,
                                        struct rwe_arena *arena, struct rwe_complaints *complaints,
                                        struct rwe_adverse_events *events, struct rwe_error *error);

#endif
