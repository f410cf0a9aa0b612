/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The declared columns in the order of the file's rows: between src/data/cohort_columns.c, which
 * reads them, src/data/cohort.c, which leaves rows out, puts the rest in canonical order and checks,
 * and src/data/cohort_gather.c, which makes columns of subjects of them. */
#ifndef RWE_DATA_COHORT_PRIVATE_H
#define RWE_DATA_COHORT_PRIVATE_H

#include "rwe/data/cohort.h"

struct raw_endpoint {
    const struct rwe_endpoint_spec *spec;
    double *time;
    uint8_t *event;
    struct rwe_factor status; /* the column of events; no levels: made from dates */
    int8_t *cause;            /* by level of it; −1: not coded as declared */
    uint8_t *absent;          /* by row: not in this endpoint; NULL: all are */
    uint8_t *late; /* by row: ends at the data cut-off, before its event; NULL: no dates */
};

/* Where the visits of patients stand in the file of assessments. */
struct raw_visits {
    const int32_t *day;    /* all, of which each patient's are a part; NULL: none */
    const size_t *row;     /* of the file, beside `day` */
    size_t date, response; /* columns; there may be no responses */
};

/* What is read and derived from dates: src/data/cohort_dates.c. */
struct raw_dates {
    struct rwe_cohort_dates about; /* patient, outcomes and exposure by row of the file */
    size_t column[RWE_MOST_DATES]; /* of the table, or RWE_NO_INDEX */
    size_t n_columns;              /* roles and the study's own */
    struct rwe_endpoint_spec spec[RWE_MOST_DERIVED]; /* as if they had been read from columns */
    struct raw_visits visits;
};

struct raw_variable {
    const char *name;
    const struct rwe_column_info *column; /* NULL: derived */
    bool categorical;
    double *number;
    uint8_t *below; /* by row, of a measurement: below its limit of detection; else NULL */
    struct rwe_factor factor;
};

/* Why a row is left out: in English, and in the language of the report. Zero: it stays. */
struct raw_reason {
    const char *english, *told;
};

struct raw_criterion {
    const struct rwe_criterion_spec *spec;
    struct raw_reason reason;
    const char *absent; /* its columns that the file lacks, parted by commas; NULL: none */
    bool is_assessed;   /* the file has a column of it */
    uint8_t *verdict;   /* by row: enum rwe_truth, never RWE_UNREADABLE */
};

struct raw {
    const struct rwe_table *table;
    const struct rwe_table *assessments; /* NULL: none */
    const struct rwe_study_settings *study;
    struct rwe_arena *arena;   /* of the run */
    struct rwe_arena *scratch; /* freed when the cohort stands */
    struct rwe_complaints *complaints;
    size_t n_rows;

    const char **id;  /* NULL: no identifier column */
    double *id_value; /* NULL: identifiers are no numbers */
    struct rwe_factor arm;
    int32_t *arm_position; /* by level of the factor: position among the arms, −1 not compared */
    const char *arm_name[2]; /* what --control and --treated call levels that they join; or NULL */
    size_t n_arms;
    struct raw_endpoint *endpoint;
    size_t n_endpoints;
    struct raw_variable *covariate;
    size_t n_covariates; /* with those known at the landmark only, which come last */
    size_t n_late;
    struct raw_variable *described;
    size_t n_described;
    struct rwe_factor *stratum; /* one a column of --strata */
    struct rwe_strings strata;
    struct rwe_factor cluster;
    bool has_cluster;
    double *exposure_start;
    double *exposure_until; /* INFINITY: not closed; NULL: not known */
    enum rwe_closure closure;
    const char *closed_by, *closure_unread, *unit_found; /* as in the cohort */
    double until_tolerance;         /* by which dates and times of one event may differ */
    int32_t *response;              /* NULL: not read */
    struct rwe_best_response *best; /* by row, of the assessments; NULL: none tells a response */
    double *entry;
    struct raw_dates *dates; /* NULL: nothing is derived from dates */
    bool has_dated_times;    /* of ready endpoints */
    bool reads_dates;        /* columns of dates are read beside `dates` */
    bool counts_from_zero;   /* columns of dates are counted from time zero beside `dates` */
    bool arm_is_exposure;    /* the arms are made by --exposure-date, not read */
    struct raw_criterion *criterion;
    size_t n_criteria;
};

/* Reads the dates that the study asks for, derives endpoints and exposure by row. raw->dates stays
 * NULL where they ask for none. */
enum rwe_status rwe_raw_read_dates(struct raw *raw, struct rwe_error *error);

/* visits.c: the days of assessments, and what was seen. */
enum rwe_status rwe_raw_read_visits(struct raw *raw, struct rwe_patient_dates patient[],
                                    struct rwe_error *error);

/* Whether the file of assessments has a column of responses. */
bool rwe_raw_visits_tell_responses(const struct raw *raw);

/* cohort_settle.c: makes the dates of each patient agree, and complains of those that cannot. RWE_NO_MEMORY. */
enum rwe_status rwe_raw_settle_dates(struct raw *raw, struct rwe_patient_dates patient[]);

/* "scans.csv:5 2022-03-01, cohort.csv:3 2022-06-01": some of the subjects whose progression the list of assessments
 * has earlier than their row; NULL: nobody. In raw->arena. */
const char *rwe_raw_tell_earlier_pd(const struct raw *raw, const struct rwe_cohort *cohort);

/* assessed_responses.c: the best response of each patient; the first response dates RWE_DATE_RESPONSE where the
 * patient's row does not. */
enum rwe_status rwe_raw_find_best_responses(struct raw *raw, struct rwe_patient_dates patient[],
                                            struct rwe_error *error);

/* endpoint_times.c: the times of a ready endpoint where its column holds dates; endpoint->time stays NULL where it does
 * not. Then, once its events are read, those after the data cut-off are none, which a note tells. */
enum rwe_status rwe_raw_read_dated_times(struct raw *raw, struct raw_endpoint *endpoint,
                                         size_t column, struct rwe_error *error);
enum rwe_status rwe_raw_cut_events(struct raw *raw, struct raw_endpoint *endpoint);

/* Whether ready columns of endpoints count beside what is derived. */
bool rwe_raw_takes_ready_endpoints(const struct raw *raw);

/* The derived endpoints as raw endpoints, behind `n` that were read; raw->endpoint has the room. */
enum rwe_status rwe_raw_add_derived(struct raw *raw, struct rwe_error *error);

/* The arms, and the time to exposure, made from dates. */
enum rwe_status rwe_raw_exposure_arm(struct raw *raw, struct rwe_error *error);
enum rwe_status rwe_raw_exposure_start(struct raw *raw, struct rwe_error *error);

/* cohort_arms.c: the arms. cohort_events.c: endpoints from ready columns. */
enum rwe_status rwe_raw_read_arm(struct raw *raw, struct rwe_error *error);
enum rwe_status rwe_raw_read_endpoints(struct raw *raw, struct rwe_error *error);

/* Adds a complaint of a cell. RWE_NO_MEMORY or RWE_OK. */
enum rwe_status rwe_raw_complain(struct raw *raw, size_t row, size_t column, const char *value,
                                 const char *reason, const char *advice);

/* Columns that must have a value in every row, but those that are `absent` (or NULL): numbers of at least 0, which are 0
 * where absent; levels. */
enum rwe_status rwe_raw_required_numbers(struct raw *raw, size_t column, const uint8_t absent[],
                                         double **numbers, struct rwe_error *error);
enum rwe_status rwe_raw_required_factor(struct raw *raw, size_t column, const uint8_t absent[],
                                        struct rwe_factor *factor, struct rwe_error *error);

/* The first levels of a factor, for a message: "A, B, … (12 in all)". */
const char *rwe_raw_tell_levels(const struct raw *raw, const struct rwe_factor *factor);
/* exposure_until.c: when exposure can no longer begin, by row; and by subject, with the reach of each
 * endpoint. Both do nothing where no start of exposure is known. */
enum rwe_status rwe_raw_read_until(struct raw *raw, struct rwe_error *error);
enum rwe_status rwe_cohort_gather_until(const struct raw *raw, struct rwe_cohort *cohort,
                                        struct rwe_endpoint endpoint[]);

/* found_exposure.c: a start of exposure in the file that nobody declared. After the endpoints. RWE_NO_MEMORY. */
enum rwe_status rwe_cohort_find_exposure(const struct raw *raw, struct rwe_cohort *cohort);

/* Reads a column of numbers or categories, or derives it where the file has only what it follows from;
 * `option` named it. */
enum rwe_status rwe_raw_read_variable(struct raw *raw, const char *option,
                                      struct raw_variable *variable, struct rwe_error *error);

/* cohort_measured.c: reads a column as a measurement with a limit of detection if it is one: *is_measured. */
enum rwe_status rwe_raw_read_measured(struct raw *raw, size_t column, struct raw_variable *variable,
                                      bool *is_measured);

/* cohort_levels.c: groups, order and reference of a variable's levels; its label, unit and scale; whether the study
 * says anything of its levels; and that the command line says them of variables that there are. */
enum rwe_status rwe_raw_shape_levels(const struct raw *raw, struct raw_variable *variable,
                                     struct rwe_error *error);
enum rwe_status rwe_raw_name_variable(const struct raw *raw, struct rwe_variable *variable);
bool rwe_raw_is_shaped(const struct raw *raw, const char *name);
enum rwe_status rwe_raw_check_shaped(const struct raw *raw, struct rwe_error *error);

/* cohort_described.c: the columns that are only described. */
enum rwe_status rwe_raw_read_described(struct raw *raw, struct rwe_error *error);

/* Whether `name` is to be described as treatment: known after time zero only. */
bool rwe_raw_is_treatment(const struct raw *raw, const char *name);

/* What stands in messages for the arm: its column, or what made it. */
const char *rwe_raw_arm_name(const struct raw *raw);

/* Dates and outcomes of the subjects. */
enum rwe_status rwe_cohort_gather_dates(const struct raw *raw, struct rwe_cohort *cohort);

/* Fills the columns. Complaints are added for the rows that cannot be read. */
enum rwe_status rwe_raw_read(struct raw *raw, struct rwe_error *error);

/* eligibility.c: judges every row; the reason why a row is not eligible, if it is not; and the counts of
 * rows with no other `reason` to be left out. RWE_NO_MEMORY. */
enum rwe_status rwe_raw_read_eligibility(struct raw *raw, struct rwe_error *error);
struct raw_reason rwe_raw_ineligible(const struct raw *raw, size_t row);
enum rwe_status rwe_raw_count_eligibility(const struct raw *raw, const struct raw_reason reason[],
                                          struct rwe_cohort *cohort);

/* to[k] = column[row[k]]; returns `to`. */
const double *rwe_raw_gather_numbers(const double column[], const uint32_t row[], size_t n,
                                     double to[]);

/* Identifiers and arms of cohort->row; then everything else, times settled. RWE_NO_MEMORY. */
enum rwe_status rwe_cohort_gather_arms(const struct raw *raw, struct rwe_cohort *cohort);
enum rwe_status rwe_cohort_gather_columns(const struct raw *raw, struct rwe_cohort *cohort);

/* Gives times closer than sqrt(DBL_EPSILON), relative to the mean of the distinct times, the same
 * value (the first of them), so that rounding makes no order. As R's timefix. `order` ascends. Returns
 * whether any time was changed. */
bool rwe_cohort_settle_ties(double time[], const uint32_t order[], size_t n);

#endif
