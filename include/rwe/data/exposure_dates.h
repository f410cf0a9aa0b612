/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Exposure as a state: which patients began the treatment under comparison, when, and whether that start
 * counts. A start after progression is subsequent therapy and not exposure.
 */
#ifndef RWE_DATA_EXPOSURE_DATES_H
#define RWE_DATA_EXPOSURE_DATES_H

#include "rwe/data/endpoint_dates.h"

enum rwe_exposure_class {
    RWE_EXPOSURE_NEVER,
    RWE_EXPOSED,
    RWE_EXPOSURE_OTHER_SITE,   /**< not to one of the sites */
    RWE_EXPOSURE_BEFORE_ZERO,  /**< begun before time zero: an earlier treatment */
    RWE_EXPOSURE_AFTER_CUTOFF, /**< not known yet at the cut-off */
    RWE_EXPOSURE_AFTER_EVENT, /**< after progression or death; on the day of progression it counts */
    RWE_EXPOSURE_AFTER_GRACE, /**< later than the period of grace */
    RWE_N_EXPOSURE_CLASSES,
};

struct rwe_exposure_rules {
    double grace; /**< days after time zero, the last included; INFINITY: none */
    bool has_cutoff;
    int32_t cutoff;
};

/** The class of a start; the first that applies, in the order above. `at_site`: the site counts. */
enum rwe_exposure_class rwe_exposure_of(struct rwe_dated start, bool at_site,
                                        const struct rwe_patient_dates *patient,
                                        const struct rwe_exposure_rules *rules);

/** "began after progression or death". */
const char *rwe_exposure_words(enum rwe_exposure_class class);

/** Whether `text` ("lung;bone", in any case) holds one of the sites. */
bool rwe_exposure_at_site(const char *text, struct rwe_strings sites);

#endif
