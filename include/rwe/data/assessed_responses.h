/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Between a patient's dates and the rules of best_response.h. */
#ifndef RWE_DATA_ASSESSED_RESPONSES_H
#define RWE_DATA_ASSESSED_RESPONSES_H

#include "rwe/data/endpoint_dates.h"

/**
 * The progression of a patient whose dates are settled (dates_settle.h) as it ends a response: RWE_NO_DAY where there is
 * none, where it is before time zero, and where the list of assessments calls it unconfirmed (iUPD); the list decides then.
 */
int32_t rwe_own_progression(const struct rwe_patient_dates *patient);

#endif
