/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The cohorts of tests/oracle/weights.R: covariates, treatment and an outcome that weights compare. */
#ifndef TESTS_SUPPORT_TREATMENT_H
#define TESTS_SUPPORT_TREATMENT_H

#include "rwe/base/arena.h"
#include "rwe/stats/influence.h"

#include <stdint.h>

struct treatment {
    size_t n, k;
    double *x; /**< k columns of n */
    uint8_t *treated;
    double *outcome;
};

/** "lalonde", "lung" or "rotterdam"; "name=level" columns are 0/1, rows with a gap are left out. */
struct treatment treatment_read(const char *name, struct rwe_arena *arena);

/** Row i of the result is row order[i]. */
struct treatment treatment_permute(const struct treatment *cohort, const uint32_t order[],
                                   struct rwe_arena *arena);

/** An estimate and its standard error. */
struct treatment_estimate {
    double value, std_error;
};

/** Difference of weighted means, with and without the step that estimated the weights. */
struct treatment_estimate treatment_difference(const struct treatment *cohort,
                                               const double weight[],
                                               const struct rwe_weight_estimation *estimation);

/** Weighted mean over both arms. */
struct treatment_estimate treatment_mean(const struct treatment *cohort, const double weight[],
                                         const struct rwe_weight_estimation *estimation);

#endif
