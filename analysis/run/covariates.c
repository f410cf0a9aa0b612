/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/analysis/covariates.h"

#include <math.h>

struct rwe_columns rwe_covariate_columns(const struct rwe_cohort *cohort, bool for_model,
                                         struct rwe_arena *arena)
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
        for (size_t l = for_model; v->categorical && l < v->n_levels; l++)
            columns.item[columns.n++] =
                (struct rwe_column){.variable = v,
                                    .level = (int32_t)l,
                                    .name = rwe_arena_format(arena, "%s=%s", v->name, v->level[l])};
    }
    return rwe_arena_failed(arena) ? (struct rwe_columns){NULL, 0} : columns;
}

struct rwe_columns rwe_missing_columns(const struct rwe_cohort *cohort, struct rwe_arena *arena)
{
    struct rwe_columns columns = {RWE_NEW(arena, struct rwe_column, cohort->n_covariates), 0};
    for (size_t j = 0; columns.item != NULL && j < cohort->n_covariates; j++) {
        const struct rwe_variable *v = &cohort->covariate[j];
        if (v->n_missing > 0)
            columns.item[columns.n++] =
                (struct rwe_column){.variable = v,
                                    .level = -1,
                                    .name = rwe_arena_format(arena, "%s=missing", v->name),
                                    .missing = true};
    }
    return rwe_arena_failed(arena) ? (struct rwe_columns){NULL, 0} : columns;
}

void rwe_column_values(const struct rwe_column *column, size_t n, double out[])
{
    const struct rwe_variable *v = column->variable;
    for (size_t i = 0; i < n; i++) {
        if (column->missing)
            out[i] = rwe_variable_missing(v, i);
        else if (!v->categorical)
            out[i] = v->number[i];
        else
            out[i] = v->code[i] < 0 ? NAN : v->code[i] == column->level;
    }
}

double rwe_column_values_filled(const struct rwe_column *column, size_t n, double out[])
{
    double sum = 0, fill = 0;
    size_t present = 0;
    rwe_column_values(column, n, out);
    for (size_t i = 0; i < n; i++)
        if (!isnan(out[i])) {
            sum += out[i];
            present++;
        }
    if (!column->variable->categorical && present > 0)
        fill = sum / (double)present;
    for (size_t i = 0; i < n; i++)
        if (isnan(out[i]))
            out[i] = fill;
    return fill;
}

bool rwe_missing_has_indicator(const struct rwe_settings *settings)
{
    return rwe_settings_choice(settings, "missing") == 1;
}

bool rwe_variable_missing(const struct rwe_variable *variable, size_t subject)
{
    return variable->categorical ? variable->code[subject] < 0 : isnan(variable->number[subject]);
}

bool rwe_column_is_binary(const struct rwe_column *column)
{
    return column->missing || column->variable->categorical || column->variable->binary;
}
