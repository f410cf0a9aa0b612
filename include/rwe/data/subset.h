/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Some of a cohort's subjects as a cohort: what leave-one-out analyses work on. */
#ifndef RWE_DATA_SUBSET_H
#define RWE_DATA_SUBSET_H

#include "rwe/data/cohort.h"

/**
 * The subjects with keep[i] != 0, in their order. Levels of categorical covariates that no subject has any
 * more are removed, so that models do not have them as empty columns; causes, strata and clusters
 * keep their numbers. Names are borrowed from the cohort. RWE_BAD_INPUT when an arm is empty then, or an
 * endpoint has no event; RWE_NO_MEMORY. Linear in n.
 */
enum rwe_status rwe_cohort_subset(const struct rwe_cohort *cohort, const uint8_t keep[],
                                  struct rwe_arena *arena, const struct rwe_cohort **subset,
                                  struct rwe_error *error);

#endif
