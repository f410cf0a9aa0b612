/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Dates of a patient that agree with each other. A chart tells them in several places (the patient's row, the list
 * of assessments) and in part by month alone; before any endpoint is derived they are made one story here, and what
 * was done is told, so that the caller can complain, warn and count.
 *
 * Months. A date known by month alone is the 15th, moved within its month where other dates ask for it: time zero is
 * no later than death, progression, next therapy or last contact; any other date is no earlier than time zero and no
 * later than the death; progression is no later than the next therapy, the next therapy no earlier than progression,
 * the first response no later than progression; and the death is no earlier than anything else that is dated in its
 * month. The list's first progression gives progression its day. "至今" at the last contact or assessment is the
 * cut-off, where there is one.
 *
 * The list of assessments. The first progression in it, from time zero on, is the patient's where the row has none or
 * a later one (the first documented progression counts). Where its last assessment is later than the row's, it is
 * the last. Assessments after the death are taken off.
 *
 * Response. One before time zero, after progression (in the list also on its day, since the worse counts) or, where
 * new therapy censors or is an event, after new therapy, does not count: the first in the list that does is
 * taken. It was one of a living patient all the same: the last contact is no earlier.
 */
#ifndef RWE_DATA_DATES_SETTLE_H
#define RWE_DATA_DATES_SETTLE_H

#include "rwe/data/endpoint_dates.h"

/** What was done with a patient's dates, that readers are told the count of. */
enum rwe_dates_deed {
    RWE_DATES_PD_LISTED,  /**< progression stands in the list of assessments alone */
    RWE_DATES_PD_EARLIER, /**< the list has it earlier than the row: the list's day was taken */
    RWE_DATES_SCAN_LATER, /**< the list's last assessment is later than the row's: it was taken */
    RWE_DATES_CONTACT_OLDER, /**< the patient was seen alive after the last contact */
    RWE_DATES_RESPONSE_VOID, /**< a response that does not count */
    RWE_DATES_PD_DENIED,     /**< the scan of the very day of progression says that there is none */
    RWE_DATES_NO_CUTOFF, /**< "ongoing" in place of a last date, and no cut-off says until when */
    RWE_N_DATES_DEEDS,
};

struct rwe_dates_settled {
    uint8_t deeds;            /**< bit d: enum rwe_dates_deed */
    rwe_date_set after_death; /**< columns of the row that say that the dead was seen alive */
    size_t
        n_visits_dead; /**< assessments after the death: that many were taken off the list's end */
    int32_t pd_of_row; /**< with RWE_DATES_PD_EARLIER: the day that was not taken */
};

#define RWE_DATES_DID(settled, deed) (((settled)->deeds >> (deed)&1) != 0)

/** Settles the dates, once, before any outcome. Of the rules only cut-off and new therapy matter. */
struct rwe_dates_settled rwe_patient_dates_settle(struct rwe_patient_dates *patient,
                                                  const struct rwe_endpoint_rules *rules);

#endif
