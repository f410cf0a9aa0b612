/* SPDX-License-Identifier: GPL-3.0-or-later */
/** A number among the covariates as columns of a natural cubic spline, for any model. */
#ifndef RWE_ANALYSIS_SPLINE_COLUMNS_H
#define RWE_ANALYSIS_SPLINE_COLUMNS_H

#include "rwe/stats/spline.h"

/** Enough for one bend each way; Harrell (Regression Modeling Strategies, 2nd ed. 2015, section 2.4.6)
 * takes 3 to 5 knots, which is 2 to 4 degrees of freedom. */
enum { RWE_COVARIATE_SPLINE_DF = 3 };

struct rwe_spline_columns {
    const struct rwe_spline *spline;
    const char *contrast_name; /**< "61 against 45": the third quartile against the first */
    double contrast[RWE_COVARIATE_SPLINE_DF]; /**< basis at the one less that at the other */
};

/**
 * Writes RWE_COVARIATE_SPLINE_DF columns of n values to x, one after the other. RWE_NOT_ESTIMABLE with
 * few distinct values. Lives in the arena.
 */
enum rwe_status rwe_spline_columns_make(const double value[], size_t n, struct rwe_arena *arena,
                                        double x[], struct rwe_spline_columns *columns,
                                        struct rwe_error *error);

#endif
