/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Between reading the file of adverse events (adverse_events.c) and the columns that tell more than
 * subject, term and grade (adverse_events_details.c). */
#ifndef RWE_DATA_ADVERSE_EVENTS_PRIVATE_H
#define RWE_DATA_ADVERSE_EVENTS_PRIVATE_H

#include "rwe/data/adverse_events.h"

/* A column of times since time zero or of dates, by row; both NULL: none. */
struct adverse_times {
    double *time;
    struct rwe_dated *date;
};

/* Why a record is left out where that is asked for. */
enum adverse_fault { ADVERSE_SOUND, ADVERSE_LACKS, ADVERSE_UNREAD };

/* What reading passes from step to step. */
struct adverse_reader {
    const struct rwe_table *table;
    const struct rwe_cohort *cohort;
    struct rwe_arena *arena;
    struct rwe_complaints *complaints;
    const struct rwe_adverse_event_columns *name;
    size_t n;               /* records: rows, or cells of a wide table, column by column */
    size_t id, term, grade; /* columns */
    size_t *wide;           /* columns of terms, in the order of their names */
    const char **id_of;     /* by record, as what follows */
    struct rwe_factor term_of;
    int8_t *grade_of; /* 1 … 5, RWE_NO_EVENT, RWE_GRADE_UNKNOWN */
    uint8_t *bad;     /* enum adverse_fault */
    int8_t *emergent; /* 1 yes; NULL: not told */
    uint32_t *row;    /* by episode */

    size_t column[RWE_AE_N_DETAILS]; /* RWE_NO_INDEX: none */
    struct rwe_factor class_of;      /* by row */
    struct adverse_times start, last_dose, rt_end;
    int8_t *fact[RWE_AE_N_FACTS]; /* by row; NULL: none */
};

/* Of a record. */
enum rwe_status adverse_complain(struct adverse_reader *r, size_t row, const char *column,
                                 const char *value, const char *reason, const char *advice);

/* Reads the columns by row of the file; complaints are added. */
enum rwe_status adverse_details_read(struct adverse_reader *r, struct rwe_error *error);

/* Brings them to the episodes that are kept. RWE_NO_MEMORY or RWE_OK. */
enum rwe_status adverse_details_gather(const struct adverse_reader *r,
                                       struct rwe_adverse_events *events);

#endif
