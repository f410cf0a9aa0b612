/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Two groups compared within strata: the Cochran–Mantel–Haenszel test (Mantel & Haenszel, JNCI
 * 22:719, 1959) and the common risk difference, risk ratio and odds ratio. Strata may be small:
 * pairs are strata of two.
 */
#ifndef RWE_STATS_PROPORTION_STRATA_H
#define RWE_STATS_PROPORTION_STRATA_H

#include "rwe/base/status.h"
#include "rwe/stats/proportion.h"
#include <stdbool.h>

struct rwe_mantel_haenszel_options {
    double conf_level; /**< in (0, 1), default 0.95 */
    bool corrected;    /**< the test with continuity correction, as R has by default; default no, as
                            SAS */
};
struct rwe_mantel_haenszel_options rwe_mantel_haenszel_options_default(void);

struct rwe_mantel_haenszel {
    double
        statistic; /**< chi-square with 1 df; NaN when no stratum has both outcomes in two groups */
    double p_value;
    struct rwe_interval difference; /**< Σ w (p1 − p2) / Σ w, w = n1 n2 / n; Sato's variance
                                         (Biometrics 45:1323, 1989), right for few large strata and
                                         for many small ones; cut off at −1 and 1 */
    struct rwe_interval ratio;      /**< p1 / p2; Greenland & Robins (Biometrics 41:55, 1985) */
    struct rwe_interval odds_ratio; /**< Robins, Breslow & Greenland (Biometrics 42:311, 1986) */
    size_t n_strata;                /**< that have both groups; the others tell nothing */
};

/**
 * Group 1 against 2 over `n` strata, each a table; a group of a stratum may be empty. Ratios whose
 * sum of terms is 0 on one side are 0 or infinite, with NaN for limits; where it is 0 on both, NaN.
 * RWE_BAD_INPUT (index = stratum) for a count that is negative, not finite or above its group's
 * size, and without an index for a level out of range; RWE_NOT_ESTIMABLE when no stratum has both
 * groups.
 */
enum rwe_status rwe_mantel_haenszel(const struct rwe_two_by_two strata[], size_t n,
                                    const struct rwe_mantel_haenszel_options *options,
                                    struct rwe_mantel_haenszel *result, struct rwe_error *error);

#endif
