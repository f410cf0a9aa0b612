/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * The cohort: subjects with their arm, endpoints and covariates, as the study declares them.
 *
 * Subjects stand in canonical order, by identifier, whatever the order of rows in the file was.
 * Where the file has no identifier, the order is drawn from the content of the rows (values, and ranks of
 * times, mixed to 64 bits). So results do not depend on the order of rows then either, and ties are not
 * settled by an outcome. Everything downstream breaks ties by this order.
 *
 * Only rwe_cohort_build makes it; it is read-only afterwards. It lives in the arena of the run.
 */
#ifndef RWE_DATA_COHORT_H
#define RWE_DATA_COHORT_H

#include "rwe/base/arena.h"
#include "rwe/base/status.h"
#include "rwe/data/best_response.h"
#include "rwe/data/cohort_dates.h"
#include "rwe/data/complaints.h"
#include "rwe/data/study.h"
#include "rwe/data/table.h"
#include <stdbool.h>
#include <stdint.h>

/** A covariate: numbers, or categories. */
struct rwe_variable {
    const char *name;
    const char *label, *unit; /**< in tables; NULL: its name, none */
    double per;               /**< ratios of numbers are per so many of its units; 0: per 1 */
    bool categorical;
    bool binary;              /**< numbers that are all 0 or 1: shown in one row */
    const double *number;     /**< by subject, NaN missing; NULL when categorical */
    const int32_t *code;      /**< by subject, −1 missing; NULL when numbers */
    const char *const *level; /**< only levels that occur in the cohort, in sorted order */
    size_t n_levels;
    size_t n_missing;
};

/** A value of a column of events, and what it became. */
struct rwe_event_value {
    const char *text; /**< as it stands in the data */
    uint8_t cause;    /**< 0 censored, 1 the endpoint's own, 2 … its competitors */
    size_t n;         /**< subjects, at least 1 */
};

/** What closes exposure: after it the treatment that tells the arms apart can no longer begin. */
enum rwe_closure {
    RWE_CLOSURE_UNKNOWN,     /**< nothing is known but the end of each endpoint */
    RWE_CLOSURE_PROGRESSION, /**< progression or death, whichever comes first */
    RWE_CLOSURE_NAMED,       /**< what --exposure-until names */
};

/** Whether follow-up for an endpoint goes on after exposure has closed. */
enum rwe_reach {
    RWE_REACH_UNKNOWN, /**< nobody knows when it closes */
    RWE_REACH_CLOSED,  /**< no: progression ends progression-free survival */
    RWE_REACH_BEYOND,  /**< yes, as for overall survival: what closes exposure is then a confounder
                            of exposure and outcome that changes in time */
};

/** A time-to-event endpoint, ties settled and sorted once. */
struct rwe_endpoint {
    const char *name;
    const double *time; /**< by subject, >= 0, in the file's unit; nearly equal times made equal */
    const uint8_t *event; /**< by subject: 0 censored, else the cause, from 1 */
    const uint8_t
        *absent; /**< by subject: not in this endpoint, which has its own denominator; its time is 0
                              then, censored. NULL: all are in it */
    const uint32_t *order;         /**< subjects by ascending time, ties in canonical order */
    size_t n_events;               /**< of any cause */
    size_t n_causes;               /**< 1 where nothing competes; cause 1 is the endpoint's own */
    const char *const *cause_name; /**< by cause − 1: its value as it stands in the data */
    const struct rwe_event_value *value; /**< those of its column; NULL: it was made from dates */
    size_t n_values;
    bool is_reversed;     /**< the name of its column says that 1 is no event (event_words.h) */
    enum rwe_reach reach; /**< UNKNOWN too where nobody is exposed after time zero */
};

/** Whether a subject is in the endpoint. */
static inline bool rwe_endpoint_has(const struct rwe_endpoint *endpoint, size_t subject)
{
    return endpoint->absent == NULL || !endpoint->absent[subject];
}

/** A row of the file that was left out. */
struct rwe_excluded_row {
    size_t line;
    const char *id;     /**< NULL when the file has none, or the row's is missing */
    const char *reason; /**< in English, as facts name it; compare by strcmp */
    const char *told;   /**< the reason in the language of the report */
    int32_t arm;        /**< −1: not known, or not one of those compared */
    bool of_other_arm;  /**< it is left out since its arm is not one of those compared */
};

/** A criterion of eligibility, over the rows that could be read and whose arm is compared. */
struct rwe_criterion {
    const char *name;
    const char *keep;      /**< its condition, as written */
    const char *reason;    /**< of the rows that it was the first to leave out: as there */
    const char *told;      /**< likewise */
    bool missing_excludes; /**< rows that cannot be judged are left out */
    const char *absent; /**< its columns that the file lacks, parted by commas; NULL: none. Where it
                            * lacks any, no row is left out for want of a value */
    bool is_assessed;   /**< the file has a column of it */
    size_t *n_first;    /**< by arm: rows left out by it that meet all earlier criteria */
    size_t *n_failed;  /**< by arm: rows that do not meet it, whether or not they fail others too */
    size_t *n_unknown; /**< by arm: rows that cannot be judged because a value is missing */
};

struct rwe_found_exposure;

struct rwe_cohort {
    size_t n;            /**< subjects */
    size_t n_rows;       /**< rows of the file */
    const uint32_t *row; /**< by subject: row of the file, from 0 */
    const char **id;     /**< by subject: the identifier's text (the row's number without one) */
    bool id_is_number;   /**< identifiers compare as numbers */
    bool has_id;         /**< the file has an identifier column */
    const double *id_value;

    const uint32_t *arm;          /**< by subject; 0 is the control */
    size_t n_arms;                /**< at least 2 */
    const char *const *arm_level; /**< as it stands in the data */
    const size_t *arm_size;

    const struct rwe_variable *covariate;
    size_t n_covariates;
    size_t
        n_late; /**< covariates known at the landmark only; they follow the others in `covariate` */
    const struct rwe_variable *described; /**< columns that are only described, by arm, as the
                                               treatment given: they enter no model and no design */
    size_t n_described;
    const struct rwe_endpoint *endpoint;
    size_t n_endpoints;

    const uint32_t *stratum; /**< by subject, or NULL */
    size_t n_strata;
    const char *strata_name; /**< "site, sex" */
    const uint32_t *cluster; /**< by subject, or NULL */
    size_t n_clusters;
    const double *entry; /**< by subject, before each of its times; NULL when not declared */
    const double *exposure_start; /**< by subject, NaN: never; NULL when not declared */
    const double
        *exposure_until; /**< by subject: from then on exposure can no longer begin; INFINITY:
                                       not closed as far as is known; NULL: `closure` is unknown */
    double
        until_tolerance; /**< by which exposure_until and a time of the same event may differ: dates
                                 and times that were rounded */
    enum rwe_closure closure;
    const char *closed_by; /**< the column or the endpoint that tells it; NULL: unknown */
    const char
        *closure_unread; /**< the first cell that keeps it from being known: "c.csv:7, pd_date =
                                     "2022""; NULL: none */
    const char
        *unit_found; /**< the unit that its dates were found to agree in, in English: "months";
                                 NULL: declared, or no matter */
    const struct rwe_found_exposure
        *found; /**< starts in the file that no design takes, but the guard
                  goes by (found_exposure.h): those that nobody declared, or that the arms have but
                  --exposure-date does not count; NULL: none */
    const int8_t
        *response; /**< by subject, enum rwe_response (response.h), −1 missing; NULL when not
                                 declared, or when only the study names a column that the file lacks */

    const struct rwe_best_response
        *best; /**< by subject, of the assessments; NULL where none tells a response */

    bool has_dated_times;  /**< times of ready endpoints are counted from dates */
    bool reads_dates;      /**< some column was read as dates, for whatever */
    bool counts_from_zero; /**< and some were counted from the date of time zero */
    const struct rwe_cohort_dates
        *dates; /**< what it was derived from; NULL: nothing from dates, or
                                               it was drawn from another cohort */

    const uint32_t *source; /**< by subject: who it is in the cohort that this was drawn from
                                 (resample.h); NULL: it was read from a file */

    const struct rwe_excluded_row *excluded; /**< by line */
    size_t n_excluded;
    const struct rwe_criterion *criterion; /**< of eligibility, in the order of the study */
    size_t n_criteria;
};

/** What a cohort is made from. */
struct rwe_cohort_tables {
    const struct rwe_table *patients;    /**< one row a patient */
    const struct rwe_table *assessments; /**< one row a patient and day; NULL: none */
};

/**
 * Reads the columns that the study declares, and leaves out subjects who are not eligible. Every unreadable
 * cell, missing arm or time, negative time, unknown event code and duplicate identifier is a complaint on its
 * row. With --on-error stop any complaint makes RWE_BAD_INPUT; with drop those rows are left out. RWE_BAD_INPUT
 * also when fewer than two arms remain, when an endpoint has no event at all, or when it has only events (unless
 * the value of the event was named). RWE_NO_COLUMN for a column and RWE_USAGE for a level that does not exist,
 * with those that do; RWE_USAGE too for an identifier, an arm or an outcome that is named as a covariate.
 */
enum rwe_status rwe_cohort_build(const struct rwe_cohort_tables *tables,
                                 const struct rwe_study_settings *study, struct rwe_arena *arena,
                                 struct rwe_complaints *complaints,
                                 const struct rwe_cohort **cohort, struct rwe_error *error);

/** When exposure began as far as it counts: NaN where it never did, or only once it was closed, as
 * radiotherapy of a progression, or on the very day. Of a cohort with exposure_start. */
double rwe_cohort_exposure(const struct rwe_cohort *cohort, size_t subject);

/** Whether the subject is, in a cohort drawn from another, the one before it drawn once more. */
static inline bool rwe_cohort_is_copy(const struct rwe_cohort *cohort, size_t subject)
{
    return cohort->source != NULL && subject > 0 &&
           cohort->source[subject] == cohort->source[subject - 1];
}

/** When what tells the arms apart began: as found in the file, else as declared; by subject, NaN: never;
 * NULL where nothing tells it, and where exposure_start was taken away, as at a landmark. */
const double *rwe_cohort_starts(const struct rwe_cohort *cohort);

/** The subject of that identifier, or RWE_NO_INDEX. O(log n). */
size_t rwe_cohort_find(const struct rwe_cohort *cohort, const char *id);

/** The column of that name among those that are only described; NULL when it was not read, as a column that only
 * the study names and that the file lacks. `name` may be NULL. */
const struct rwe_variable *rwe_cohort_described(const struct rwe_cohort *cohort, const char *name);

/** The column that an option names, or RWE_NO_COLUMN with the nearest that there is. */
enum rwe_status rwe_cohort_column(const struct rwe_table *table, const char *option,
                                  const char *name, size_t *column, struct rwe_error *error);

#endif
