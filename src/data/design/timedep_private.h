/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Starts of exposure as every analysis of exposure in time takes them. */
#ifndef RWE_DATA_TIMEDEP_PRIVATE_H
#define RWE_DATA_TIMEDEP_PRIVATE_H

#include "rwe/data/cohort.h"

/** By subject, NaN: never. Starts nearly equal to a time of the endpoint are that time, so that an event
 * at the very start of exposure comes before it. The endpoint is one of the cohort. NULL when memory is
 * out. n log n. */
double *timedep_settle_starts(const struct rwe_cohort *cohort, const struct rwe_endpoint *endpoint,
                              struct rwe_arena *arena);

#endif
