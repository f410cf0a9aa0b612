/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * The study: how the files read, who is in it, which endpoints it has. What everything below analysis
 * knows of the settings is this struct.
 */
#ifndef RWE_DATA_STUDY_H
#define RWE_DATA_STUDY_H

#include "rwe/data/dated.h"
#include "rwe/data/settings.h"

/** What several rows of one subject are; NOT_SAID: there must be none. */
enum rwe_rows { RWE_ROWS_NOT_SAID = -1, RWE_ROWS_FIRST, RWE_ROWS_LAST, RWE_ROWS_INTERVALS };

enum rwe_on_error { RWE_ON_ERROR_STOP, RWE_ON_ERROR_DROP };

/** Covariates without a value: leave out who has one, or keep all with a column that says so. */
enum rwe_missing_rule { RWE_MISSING_COMPLETE, RWE_MISSING_INDICATOR };

enum rwe_time_unit {
    RWE_UNIT_NOT_SAID = -1,
    RWE_UNIT_DAYS,
    RWE_UNIT_WEEKS,
    RWE_UNIT_MONTHS,
    RWE_UNIT_YEARS
};

enum rwe_decimal { RWE_DECIMAL_POINT, RWE_DECIMAL_COMMA };

/** Columns are NULL or empty, choices −1, numbers NaN where the study does not say. */
struct rwe_study_settings {
    /* who, and which arm */
    const char *id;
    enum rwe_rows rows;
    const char *row_order; /**< column by whose values the rows of a subject follow each other */
    const char *arm;
    const char *control, *treated; /**< levels of the arm */
    struct rwe_criterion_specs eligibility;
    const char *cluster;
    struct rwe_strings strata;

    /* what is compared */
    struct rwe_endpoint_specs endpoints;
    const char *entry;          /**< time at which the subject comes under observation */
    const char *exposure_start; /**< time of it */
    const char *exposure_until; /**< an endpoint, or a column of dates */
    const char *response_column, *failure_column, *ltfu_column, *end_column;
    enum rwe_time_unit time_unit;
    const char *time_unit_word; /**< "months" */

    /* what else is known of the subjects */
    struct rwe_strings covariates, landmark_covariates;
    struct rwe_strings categorical;
    struct rwe_strings reference, levels, groups, label, unit, per; /**< VAR=…: see their help */
    struct rwe_strings treatment_columns;
    enum rwe_missing_rule missing;
    bool i_know; /**< covariates may be of after time zero */

    /* dates */
    struct rwe_strings derive, endpoint_dates;
    const char *index_date;
    const char *cutoff; /**< a date */
    const char *adtte;  /**< a file: one row a patient and endpoint (table_parameters.h) */
    const char *assess; /**< a file */
    const char *assess_sheet;
    struct rwe_strings assess_columns;
    double visit_every, death_window, visit_gap, progression_blank; /**< days */
    int date_system;                                                /**< 1900, 1904 */
    int date_order;                                                 /**< ymd, mdy, dmy */
    int censoring;                          /**< in the order of enum rwe_censoring */
    int new_therapy;                        /**< in the order of enum rwe_new_therapy */
    int unassessed;                         /**< start, contact */
    double confirm, sd_minimum, confirm_ne; /**< of best responses: best_response.h */
    bool confirm_sd;
    const char *exposure_date, *exposure_site;
    double exposure_grace; /**< months */
    struct rwe_strings exposure_names;

    /* the file */
    const char *sheet; /**< of the cohort's workbook */
    const char *encoding;
    int delimiter; /**< comma, semicolon, tab */
    enum rwe_decimal decimal;
    uint64_t skip, header;             /**< lines of the cohort file; 0: not said */
    struct rwe_strings missing_tokens; /**< in force where `source` says that they were given */
    bool allow_identifiers;
    struct rwe_strings columns; /**< ROLE=COL */
    struct rwe_strings rules_off;
    enum rwe_on_error on_error;
    bool list_excluded;

    /* the report */
    int lang;              /**< en, zh */
    const char *lang_word; /**< "en", "zh" */
    const char *title, *study_id;

    /** Who gave them. What the command line says replaces what the study file says in another way, and a
     * column that only the study file names may be missing, as one study serves many files. */
    struct {
        enum rwe_source arm, endpoints, derive, endpoint_dates, exposure_start, exposure_date;
        enum rwe_source exposure_until;
        enum rwe_source response_column, failure_column, ltfu_column, end_column, treatment_columns;
        enum rwe_source reference, levels, groups;
        enum rwe_source missing_tokens, lang, censoring;
    } source;
};

extern const struct rwe_options rwe_study_options;
const struct rwe_study_settings *rwe_study_of(const struct rwe_settings *settings);

/** How its dates are written: day numbers of spreadsheets count from 1900 unless the study says 1904. */
struct rwe_date_style rwe_study_date_style(const struct rwe_study_settings *study);

/** Days of each unit, in the order of enum rwe_time_unit. */
enum { RWE_N_TIME_UNITS = 4 };
extern const double rwe_days_per_unit[RWE_N_TIME_UNITS];

/** Days in the unit of times that are made from dates: months unless the study says another. */
double rwe_study_days_per_unit(const struct rwe_study_settings *study);

/** The data cut-off; RWE_DATED_NONE where there is none, RWE_USAGE where it is no day. */
enum rwe_status rwe_study_cutoff(const struct rwe_study_settings *study, struct rwe_dated *cutoff,
                                 struct rwe_error *error);

/** Whether --rules-off names the rule of validation. */
bool rwe_study_rule_is_off(const struct rwe_study_settings *study, const char *code);

/** Whether endpoints or exposure are made from dates. */
bool rwe_study_takes_dates(const struct rwe_study_settings *study);

#endif
