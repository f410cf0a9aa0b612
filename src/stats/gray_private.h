/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What Gray's test with its own variance and with the robust one share. */
#ifndef RWE_STATS_GRAY_PRIVATE_H
#define RWE_STATS_GRAY_PRIVATE_H

#include "rwe/stats/gray.h"

struct rwe_gray_sums {
    double *score;      /**< by group i */
    double *covariance; /**< [i * K + j], lower triangle */
    double *size;       /**< by group: at risk at first, over strata */
    double n_events;    /**< of the cause */
};

/** RWE_OK, or why there is no such test of the table. */
enum rwe_status rwe_gray_check(const struct rwe_event_table *table, size_t cause, double rho,
                               struct rwe_error *error);

/** Events of the cause in a row by group. */
void rwe_gray_own_events(const struct rwe_event_table *table, size_t row, size_t cause,
                         double own[]);

/** The chi-square of the sums. A pivot not above `singular_share` of its diagonal makes
 * RWE_NOT_ESTIMABLE. */
enum rwe_status rwe_gray_chi_square(const struct rwe_gray_sums *sums, size_t K,
                                    double singular_share, struct rwe_arena *scratch,
                                    struct rwe_gray *result, struct rwe_error *error);

#endif
