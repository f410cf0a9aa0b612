/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Adverse events: a long file with one row for each episode. It is reduced to the worst grade per subject and
 * term; the episodes are kept too, with the further details of their rows. */
#ifndef RWE_DATA_ADVERSE_EVENTS_H
#define RWE_DATA_ADVERSE_EVENTS_H

#include "rwe/data/cohort.h"

/** CTCAE grades: 1 mild … 5 death. */
enum { RWE_WORST_GRADE = 5 };

/** What a row may hold besides subject, term and grade. */
enum rwe_adverse_detail {
    RWE_AE_SOC,        /**< system organ class */
    RWE_AE_START,      /**< onset, in the unit of the cohort's times since time zero */
    RWE_AE_START_DATE, /**< onset; used instead of RWE_AE_START where the cohort has dates */
    RWE_AE_SERIOUS,
    RWE_AE_IMMUNE,
    RWE_AE_REL_CHEMO, /**< related to chemotherapy: 0 no, 1 possible, 2 probable, 3 definite; Y, N */
    RWE_AE_REL_PD1,   /**< to the PD-1 antibody */
    RWE_AE_REL_RT,    /**< to radiotherapy */
    RWE_AE_STEROID,
    RWE_AE_ACTION,    /**< none, delay, reduce, discontinue, or several of them; ADaM's AEACN */
    RWE_AE_OUTCOME,   /**< recovered, recovering, not recovered, sequelae, fatal, unknown; AEOUT */
    RWE_AE_LAST_DOSE, /**< of the subject's drugs: a time, as the onset; the same on every row */
    RWE_AE_LAST_DOSE_DATE, /**< the same as a date: ADaM's TRTEDT */
    RWE_AE_RT_END,         /**< end of radiotherapy, likewise */
    RWE_AE_RT_END_DATE,
    RWE_AE_N_DETAILS,
};

/** A detail's key in --ae-names, and the column that is looked for where it names none. */
struct rwe_adverse_detail_name {
    const char *key, *column;
};
extern const struct rwe_adverse_detail_name rwe_adverse_detail_name[RWE_AE_N_DETAILS];

/** What is known of an episode as yes or no. */
enum rwe_adverse_fact {
    RWE_AE_IS_SERIOUS,
    RWE_AE_IS_IMMUNE,
    RWE_AE_IS_CHEMO, /**< related, at least possibly */
    RWE_AE_IS_PD1,
    RWE_AE_IS_RT,
    RWE_AE_HAD_STEROID,
    RWE_AE_HAD_DELAY, /**< of the treatment, or an interruption */
    RWE_AE_HAD_REDUCTION,
    RWE_AE_HAD_DISCONTINUATION,
    RWE_AE_IS_RESOLVED, /**< 0: recovering, not recovered, sequelae, fatal; not known where unknown */
    RWE_AE_N_FACTS,
};

/** The usable rows, in the order of the file. */
struct rwe_adverse_episodes {
    size_t n;
    const uint32_t *term, *subject; /**< as in rwe_adverse_events */
    const uint8_t *grade;           /**< 1 … 5 */
    const double
        *start; /**< since time zero, in the cohort's unit; NaN: not known; NULL: the file has
                                         no onset, or only dates and the cohort has none */
    const double *last_dose, *rt_end; /**< likewise, of the episode's subject */
    const int8_t
        *fact[RWE_AE_N_FACTS]; /**< 1 yes, 0 no, −1 not known; NULL: the file has no such column */
    const int32_t
        *class_of_term; /**< by term: the class of most of its rows (among equally frequent ones the
                                       first by name), −1 none; NULL: the file has no classes */
    const char *const *class_name;
    size_t n_classes;
    size_t n_strays;       /**< rows whose class is not their term's */
    bool has_unused_dates; /**< onsets are dates, and the cohort has none to count them from */
};

/** The grade that a text stands for: 3, III, Ⅲ, with or without 级 or 度 behind it; 0: none of these. */
int rwe_adverse_grade(const char *text);

struct rwe_adverse_events {
    size_t n_rows;    /**< of the file */
    size_t n_unknown; /**< rows whose subject is not in the cohort */
    size_t n_dropped; /**< rows left out because they cannot be read */

    size_t n; /**< distinct (term, subject), by term, then subject */
    const uint32_t *term, *subject;
    const uint8_t *worst; /**< greatest grade, 1 … 5 */

    const char *const
        *term_name; /**< in the spelling that comes first in sorted order; case does not matter */
    size_t n_terms;

    struct rwe_adverse_episodes episode;
};

struct rwe_adverse_event_columns {
    const char *id, *term, *grade;
    bool with_details; /**< look for them */
    struct rwe_strings
        names; /**< KEY=COLUMN, of rwe_adverse_detail_name; others have their column */
    struct rwe_date_style date_style;
    double
        month; /**< in the unit of the cohort's times, for columns found by names in _mo; 0 is 1 */
};

/**
 * Reads a table of adverse events for the subjects of the cohort. A missing term and a grade that is no
 * whole number from 1 to 5 are complaints; so are details that are neither empty nor one of their words.
 * Rows of subjects that the cohort does not have are counted.
 * RWE_NO_COLUMN when a column does not exist, RWE_USAGE when the cohort has no identifier or
 * `names` is no list of KEY=COLUMN;
 * RWE_BAD_INPUT with complaints when they are to stop the run.
 */
enum rwe_status rwe_adverse_events_read(const struct rwe_table *table,
                                        const struct rwe_adverse_event_columns *columns,
                                        const struct rwe_cohort *cohort, bool drop,
                                        struct rwe_arena *arena, struct rwe_complaints *complaints,
                                        struct rwe_adverse_events *events, struct rwe_error *error);

#endif
