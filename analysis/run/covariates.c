/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/analysis/covariates.h"

#include "rwe/base/text.h"

#include <math.h>
#include <string.h>

struct rwe_columns rwe_covariate_columns(const struct rwe_cohort *cohort, struct rwe_arena *arena)
{
    size_t n = 0;
    for (size_t j = 0; j < cohort->n_covariates; j++)
        n += cohort->covariate[j].categorical ? cohort->covariate[j].n_levels : 1;
    struct rwe_columns columns = {RWE_NEW(arena, struct rwe_column, n), 0};
    for (size_t j = 0; columns.item != NULL && j < cohort->n_covariates; j++) {
        const struct rwe_variable *v = &cohort->covariate[j];
        if (!v->categorical)
            columns.item[columns.n++] =
                (struct rwe_column){.variable = v, .level = -1, .name = v->name};
        for (size_t l = 0; v->categorical && l < v->n_levels; l++)
            columns.item[columns.n++] =
                (struct rwe_column){.variable = v,
                                    .level = (int32_t)l,
                                    .name = rwe_arena_format(arena, "%s=%s", v->name, v->level[l])};
    }
    return rwe_arena_failed(arena) ? (struct rwe_columns){NULL, 0} : columns;
}

void rwe_column_values(const struct rwe_column *column, size_t n, double out[])
{
    const struct rwe_variable *v = column->variable;
    for (size_t i = 0; i < n; i++) {
        if (!v->categorical)
            out[i] = v->number[i];
        else
            out[i] = v->code[i] < 0 ? NAN : v->code[i] == column->level;
    }
}

bool rwe_missing_has_indicator(const struct rwe_settings *settings)
{
    return rwe_study_of(settings)->missing == RWE_MISSING_INDICATOR;
}

bool rwe_variable_missing(const struct rwe_variable *variable, size_t subject)
{
    return variable->categorical ? variable->code[subject] < 0 : isnan(variable->number[subject]);
}

double rwe_variable_mean(const struct rwe_variable *variable, size_t n)
{
    double sum = 0;
    size_t present = 0;
    for (size_t i = 0; i < n; i++)
        if (!isnan(variable->number[i])) {
            sum += variable->number[i];
            present++;
        }
    return present > 0 ? sum / (double)present : 0;
}

const struct rwe_variable *rwe_covariate_find(const struct rwe_cohort *cohort, const char *name,
                                              size_t length)
{
    for (size_t j = 0; j < cohort->n_covariates; j++)
        if (strlen(cohort->covariate[j].name) == length &&
            memcmp(cohort->covariate[j].name, name, length) == 0)
            return &cohort->covariate[j];
    return NULL;
}

enum rwe_status rwe_covariate_unknown(const struct rwe_run *run, const char *option,
                                      const char *name, struct rwe_error *error)
{
    const struct rwe_cohort *cohort = run->cohort;
    const char **names = RWE_NEW(run->arena, const char *, cohort->n_covariates);
    for (size_t j = 0; names != NULL && j < cohort->n_covariates; j++)
        names[j] = cohort->covariate[j].name;
    if (names == NULL || name == NULL)
        return rwe_fail_memory(error);
    const char *near = rwe_text_nearest(name, names, cohort->n_covariates);
    if (near != NULL)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--%s: \"%s\" is not one of the covariates: did you mean \"%s\"?", option,
                        name, near);
    return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                    "--%s: \"%s\" is not one of the covariates: name it in --covariates too",
                    option, name);
}

bool rwe_column_is_binary(const struct rwe_column *column)
{
    return column->variable->categorical || column->variable->binary;
}
