/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * What a cohort that was built from dates keeps of them: the dates, the rules, and for every derived
 * endpoint and subject which date decided it. Part of rwe_cohort; read-only.
 */
#ifndef RWE_DATA_COHORT_DATES_H
#define RWE_DATA_COHORT_DATES_H

#include "rwe/data/dates_settle.h"
#include "rwe/data/exposure_dates.h"

enum { RWE_MOST_DERIVED = 16 };

struct rwe_derived_endpoint {
    struct rwe_endpoint_definition definition;
    const struct rwe_endpoint_outcome *outcome; /**< by subject */
    bool
        is_compared; /**< it is an endpoint of the cohort; false where it begins after time zero, as dor */
};

struct rwe_cohort_dates {
    const struct rwe_patient_dates *patient; /**< by subject, settled */
    const struct rwe_dates_settled *settled; /**< by subject: what was done to settle them */
    const char *column[RWE_MOST_DATES + 1];  /**< names, NULL where the file has none; the last is
                                                  "cutoff" */
    struct rwe_endpoint_rules rules;
    double days_per_unit; /**< of the cohort's times */
    const char *unit;     /**< "months" */
    struct rwe_derived_endpoint derived[RWE_MOST_DERIVED];
    size_t n_derived;
    const char *
        earlier_pd; /**< "scans.csv:5 2022-03-01, cohort.csv:3 2022-06-01": where the list of assessments
                               has progression earlier than the row, some of them; NULL: nowhere */
    bool knows_scans;        /**< there is a last assessment, or a list: rules on visits can act */
    bool knows_progression;  /**< there is its date, or a list with responses */
    bool knows_therapy;      /**< there is the date of the next therapy */
    size_t n_visits_unknown; /**< assessments of patients that the file does not have */
    const uint8_t *exposure; /**< by subject, enum rwe_exposure_class; NULL: no --exposure-date */
    bool arm_is_exposure;    /**< the arms are made from it */
};

#endif
