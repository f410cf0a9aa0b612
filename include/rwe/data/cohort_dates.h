/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * What a cohort that was built from dates keeps of them: the dates, the rules, and for every derived
 * endpoint and subject which date decided it. Part of rwe_cohort; read-only.
 */
#ifndef RWE_DATA_COHORT_DATES_H
#define RWE_DATA_COHORT_DATES_H

#include "rwe/data/exposure_dates.h"

enum { RWE_MOST_DERIVED = 16 };

struct rwe_derived_endpoint {
    struct rwe_endpoint_definition definition;
    const struct rwe_endpoint_outcome *outcome; /**< by subject */
    bool
        is_compared; /**< it is an endpoint of the cohort; false where not every subject has one, as dor */
};

struct rwe_cohort_dates {
    const struct rwe_patient_dates *patient; /**< by subject, settled */
    const char *column[RWE_MOST_DATES + 1];  /**< names, NULL where the file has none; the last is
                                                  "cutoff" */
    struct rwe_endpoint_rules rules;
    double days_per_unit; /**< of the cohort's times */
    const char *unit;     /**< "months" */
    struct rwe_derived_endpoint derived[RWE_MOST_DERIVED];
    size_t n_derived;
    size_t n_visits_unknown; /**< assessments of patients that the file does not have */
    const uint8_t *exposure; /**< by subject, enum rwe_exposure_class; NULL: no --exposure-date */
    bool arm_is_exposure;    /**< the arms are made from it */
};

#endif
