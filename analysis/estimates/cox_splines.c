/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Covariates that enter Cox models as natural cubic splines: --spline. */
#include "cox_models.h"
#include "run/spline_columns.h"

#include <string.h>

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
    struct rwe_spline_columns columns;
    enum rwe_status status = rwe_spline_columns_make(value, n, arena, x, &columns, error);
    if (status != RWE_OK)
        return status;
    memcpy(term->contrast, columns.contrast, sizeof columns.contrast);
    term->spline = columns.spline;
    term->n_columns = RWE_COVARIATE_SPLINE_DF;
    term->contrast_name = columns.contrast_name;
    return RWE_OK;
}
