/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Covariates that enter Cox models as natural cubic splines: --spline. */
#include "cox_models.h"

#include "rwe/stats/summary.h"

#include <gsl/gsl_sort.h>
#include <math.h>
#include <string.h>

/* Enough for one bend each way; Harrell (Regression Modeling Strategies, 2nd ed. 2015, section 2.4.6)
 * takes 3 to 5 knots, which is 2 to 4 degrees of freedom. */
enum { SPLINE_DF = 3 };

static const struct rwe_variable *find(const struct rwe_cohort *cohort, const char *name)
{
    for (size_t j = 0; j < cohort->n_covariates; j++)
        if (strcmp(cohort->covariate[j].name, name) == 0)
            return &cohort->covariate[j];
    return NULL;
}

enum rwe_status rwe_cox_check_splines(const struct rwe_run *run, struct rwe_error *error)
{
    struct rwe_strings list = rwe_settings_list(run->settings, "spline");
    for (size_t i = 0; i < list.n; i++) {
        const struct rwe_variable *v = find(run->cohort, list.item[i]);
        if (v == NULL)
            return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                            "--spline: \"%s\" is not one of the covariates: name it in "
                            "--covariates too",
                            list.item[i]);
        if (v->categorical || v->binary)
            return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                            "--spline: \"%s\" is a category; a spline bends numbers", list.item[i]);
    }
    return RWE_OK;
}

bool rwe_cox_is_spline(const struct rwe_run *run, const struct rwe_variable *variable)
{
    struct rwe_strings list = rwe_settings_list(run->settings, "spline");
    for (size_t i = 0; i < list.n; i++)
        if (strcmp(list.item[i], variable->name) == 0)
            return true;
    return false;
}

enum rwe_status rwe_cox_add_spline(const double value[], size_t n, struct rwe_arena *arena,
                                   double x[], struct rwe_cox_term *term, struct rwe_error *error)
{
    struct rwe_spline *place = RWE_NEW(arena, struct rwe_spline, 1), spline;
    double basis[2][RWE_SPLINE_MOST_DF];
    enum rwe_status status = rwe_spline_place(value, n, SPLINE_DF, arena, &spline, error);
    if (status != RWE_OK)
        return status;
    double *sorted = RWE_NEW(arena, double, n);
    if (sorted == NULL || place == NULL)
        return rwe_fail_memory(error);
    *place = spline;
    term->spline = place;
    memcpy(sorted, value, n * sizeof *sorted);
    gsl_sort(sorted, 1, n);
    struct rwe_summary summary = rwe_summarize(sorted, n);
    for (size_t i = 0; i < n; i++) {
        rwe_spline_basis(&spline, value[i], basis[0]);
        for (size_t j = 0; j < SPLINE_DF; j++)
            x[j * n + i] = basis[0][j];
    }
    rwe_spline_basis(&spline, summary.q1, basis[0]);
    rwe_spline_basis(&spline, summary.q3, basis[1]);
    for (size_t j = 0; j < SPLINE_DF; j++)
        term->contrast[j] = basis[1][j] - basis[0][j];
    term->n_columns = SPLINE_DF;
    term->contrast_name = rwe_arena_format(arena, "%.10g against %.10g", summary.q3, summary.q1);
    return term->contrast_name == NULL ? rwe_fail_memory(error) : RWE_OK;
}
