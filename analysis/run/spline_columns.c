/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "spline_columns.h"

#include "rwe/stats/summary.h"

#include <gsl/gsl_sort.h>
#include <string.h>

enum rwe_status rwe_spline_columns_make(const double value[], size_t n, struct rwe_arena *arena,
                                        double x[], struct rwe_spline_columns *columns,
                                        struct rwe_error *error)
{
    enum { DF = RWE_COVARIATE_SPLINE_DF };
    double basis[2][DF];
    struct rwe_spline *spline = RWE_NEW(arena, struct rwe_spline, 1);
    if (spline == NULL)
        return rwe_fail_memory(error);
    enum rwe_status status = rwe_spline_place(value, n, DF, arena, spline, error);
    if (status != RWE_OK)
        return status;
    double *sorted = RWE_NEW(arena, double, n);
    if (sorted == NULL)
        return rwe_fail_memory(error);
    memcpy(sorted, value, n * sizeof *sorted);
    gsl_sort(sorted, 1, n);
    struct rwe_summary summary = rwe_summarize(sorted, n);
    for (size_t i = 0; i < n; i++) {
        rwe_spline_basis(spline, value[i], basis[0]);
        for (size_t j = 0; j < DF; j++)
            x[j * n + i] = basis[0][j];
    }
    rwe_spline_basis(spline, summary.q1, basis[0]);
    rwe_spline_basis(spline, summary.q3, basis[1]);
    for (size_t j = 0; j < DF; j++)
        columns->contrast[j] = basis[1][j] - basis[0][j];
    columns->spline = spline;
    columns->contrast_name = rwe_arena_format(arena, "%.10g against %.10g", summary.q3, summary.q1);
    return columns->contrast_name == NULL ? rwe_fail_memory(error) : RWE_OK;
}
