/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "values_report.h"

#include "rwe/base/number.h"
#include "rwe/data/odd_values.h"
#include <math.h>
#include <string.h>

/* Its values as numbers; NaN where a category is none. NULL when memory is out. */
static const double *numbers_of(const struct rwe_run *run, const struct rwe_variable *variable)
{
    if (variable->number != NULL)
        return variable->number;
    double *level = RWE_NEW(run->arena, double, variable->n_levels);
    double *number = RWE_NEW(run->arena, double, run->cohort->n);
    if (level == NULL || number == NULL)
        return NULL;
    for (size_t l = 0; l < variable->n_levels; l++)
        if (!rwe_number_parse(variable->level[l], strlen(variable->level[l]), &level[l]))
            level[l] = NAN;
    for (size_t i = 0; i < run->cohort->n; i++)
        number[i] = variable->code[i] < 0 ? (double)NAN : level[variable->code[i]];
    return number;
}

static void warn_of_code(struct rwe_run *run, const struct rwe_variable *variable,
                         const struct rwe_odd_value *odd)
{
    rwe_document_warning(
        run->document, "code-for-missing", "cohort",
        "Covariate %s holds %g (n = %zu) beside %g to %g: is it a code for missing? Say "
        "--missing-tokens %s=%g if it is.",
        variable->name, odd->value, odd->n, odd->low, odd->high, variable->name, odd->value);
}

static enum rwe_status look_at(struct rwe_run *run, const struct rwe_variable *variable)
{
    struct rwe_odd_value odd[RWE_MOST_ODD_CODES];
    const double *x = numbers_of(run, variable);
    if (x == NULL)
        return RWE_NO_MEMORY;
    size_t n = rwe_odd_codes(x, run->cohort->n, odd);
    for (size_t i = 0; i < n; i++)
        warn_of_code(run, variable, &odd[i]);
    if (n > 0 || variable->categorical || variable->binary)
        return RWE_OK;
    enum rwe_status status = rwe_odd_outlier(x, run->cohort->n, run->arena, odd, &n);
    if (status == RWE_OK && n > 0)
        rwe_document_warning(
            run->document, "far-value", "cohort",
            "Covariate %s holds %g (n = %zu), far from all others, %g to %g. If it "
            "is a slip, it swells the standard deviation and hides differences of "
            "the arms: correct it.",
            variable->name, odd->value, odd->n, odd->low, odd->high);
    return status;
}

enum rwe_status rwe_values_report(struct rwe_run *run)
{
    const struct rwe_cohort *cohort = run->cohort;
    enum rwe_status status = RWE_OK;
    for (size_t j = 0; j < cohort->n_covariates + cohort->n_late && status == RWE_OK; j++) {
        struct rwe_mark mark = rwe_arena_mark(run->arena);
        status = look_at(run, &cohort->covariate[j]);
        rwe_arena_release(run->arena, mark);
    }
    return status;
}
