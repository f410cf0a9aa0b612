/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Adverse events: a long file with one row for each episode. It is reduced to the worst grade per subject and
 * term; the episodes are kept too, with the further details of their rows. */
#ifndef RWE_DATA_ADVERSE_EVENTS_H
#define RWE_DATA_ADVERSE_EVENTS_H

#include "rwe/data/cohort.h"

/** CTCAE grades: 1 mild … 5 death; and what else a cell of grades may tell. */
enum {
    RWE_WORST_GRADE = 5,
    RWE_NO_EVENT = 0,       /**< 0, none, 无 */
    RWE_GRADE_UNKNOWN = -1, /**< an event whose grade is not told */
    RWE_NO_GRADE = -2,      /**< a text that means none of these */
};

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
    RWE_AE_EMERGENT, /**< treatment-emergent: ADaM's TRTEMFL; where any row is, only such count */
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
    const uint8_t *grade;           /**< 1 … 5; 0: not known */
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

/** The grade that a text stands for, or one of the above: 3, 3.0, III, Ⅲ, 三, with or without "Grade" or G before it
 * and 级 or 度 behind it; mild, moderate, severe, life-threatening, fatal; 轻度, 中度, 重度, 危及生命, 死亡; a figure and the
 * word for it. */
int rwe_adverse_grade(const char *text);

struct rwe_adverse_events {
    size_t n_rows;    /**< of the file; of a wide one, cells */
    size_t n_unknown; /**< rows whose subject is not in the cohort, these two among them */
    size_t n_other_arm,
        n_left_out;   /**< of them: since its arm is not compared, or for another reason; the
                                         others are of nobody in the file of patients */
    size_t n_dropped; /**< rows left out because they cannot be read */
    size_t n_none;    /**< rows that tell of no event */
    size_t
        n_not_emergent; /**< rows that the file does not flag as treatment-emergent, as it does others */
    size_t n_ungraded; /**< rows that are kept and whose grade is not known */

    size_t n; /**< distinct (term, subject), by term, then subject */
    const uint32_t *term, *subject;
    const uint8_t *worst; /**< greatest grade, 1 … 5; 0: none is known */

    const char *const
        *term_name; /**< in the spelling that comes first in sorted order; case does not matter */
    size_t n_terms;

    struct rwe_adverse_episodes episode;
};

struct rwe_adverse_event_columns {
    const char *id, *term, *grade;
    struct rwe_strings
        wide; /**< columns of grades, one a term, in place of `term` and `grade`; there are no details */
    bool with_details; /**< look for them */
    struct rwe_strings
        names; /**< KEY=COLUMN, of rwe_adverse_detail_name; others have their column */
    struct rwe_date_style date_style;
    double
        month; /**< in the unit of the cohort's times, for columns found by names in _mo; 0 is 1 */
};

/**
 * Reads a table of adverse events for the subjects of the cohort. A missing term and a text that is no grade are
 * complaints; so are details that are neither empty nor one of their words. A missing grade is not known, in a wide
 * table it is no event.
 * Rows of subjects that the cohort does not have are counted, by why it does not.
 * RWE_NO_COLUMN when a column does not exist, RWE_USAGE when the cohort has no identifier or
 * `names` is no list of KEY=COLUMN;
 * RWE_BAD_INPUT with complaints when they are to stop the run, or where rows are left out for them, if those with a
 * cell that cannot be read are more than one in a hundred.
 */
enum rwe_status rwe_adverse_events_read(const struct rwe_table *table,
                                        const struct rwe_adverse_event_columns *columns,
                                        const struct rwe_cohort *cohort, bool drop,
                                        struct rwe_arena *arena, struct rwe_complaints *complaints,
                                        struct rwe_adverse_events *events, struct rwe_error *error);

#endif
