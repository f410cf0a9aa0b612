/* SPDX-License-Identifier: GPL-3.0-or-later */
/** A cohort that is drawn from another cohort: what a replicate of the bootstrap works on. */
#ifndef RWE_DATA_RESAMPLE_H
#define RWE_DATA_RESAMPLE_H

#include "rwe/data/cohort.h"
#include <gsl/gsl_rng.h>

/**
 * As many subjects as the cohort has, drawn with replacement; where it has clusters, as many
 * clusters, each with all its subjects (Davison & Hinkley, Bootstrap Methods, 1997, ch. 2 and 3.8). A
 * subject drawn twice is two subjects, a cluster drawn twice two clusters. Copies stand side by side
 * in canonical order; levels, causes and strata keep their numbers, also those that no subject has. Names
 * are borrowed from the cohort. Linear in n. RWE_NO_MEMORY or RWE_OK.
 */
enum rwe_status rwe_cohort_resample(const struct rwe_cohort *cohort, gsl_rng *rng,
                                    struct rwe_arena *arena, const struct rwe_cohort **replicate,
                                    struct rwe_error *error);

#endif
