/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Between a patient's dates and the rules of best_response.h. */
#ifndef RWE_DATA_ASSESSED_RESPONSES_H
#define RWE_DATA_ASSESSED_RESPONSES_H

#include "rwe/data/endpoint_dates.h"

/**
 * The day of progression of the patient's own row that ends a response; RWE_NO_DAY where there is none, where it is before
 * time zero, and where the list of assessments knows better: it calls that day unconfirmed (iUPD), or has the day of a
 * progression of which the row has but the month.
 */
int32_t rwe_own_progression(const struct rwe_patient_dates *patient);

#endif
