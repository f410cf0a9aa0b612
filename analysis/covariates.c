/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/analysis/covariates.h"

#include "rwe/base/parallel.h"
#include <math.h>
#include <stdatomic.h>

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

/* ---- balance: one piece of work a column ---- */

struct balance_job {
    const struct rwe_run *run;
    struct rwe_columns columns;
    const uint8_t *treated;
    const double *const *weight; /* by design; NULL: everybody */
    struct rwe_balance *result;
    atomic_bool failed;
};

static bool measure_column(struct balance_job *job, size_t c, struct rwe_arena *scratch)
{
    size_t n = job->run->cohort->n;
    double *value = RWE_NEW(scratch, double, n);
    if (value == NULL)
        return false;
    rwe_column_values(&job->columns.item[c], n, value);
    struct rwe_balance_data data = {
        .n = n,
        .value = value,
        .treated = job->treated,
        .binary = rwe_column_is_binary(&job->columns.item[c]),
    };
    double denominator = rwe_balance_denominator(&data);
    for (size_t d = 0; d < job->run->n_designs; d++) {
        data.weight = job->weight[d];
        if (rwe_balance_measure(&data, denominator, scratch,
                                &job->result[d * job->columns.n + c]) != RWE_OK)
            return false;
    }
    return true;
}

static void measure_piece(size_t c, void *context)
{
    struct balance_job *job = context;
    struct rwe_arena *scratch = rwe_arena_new();
    if (scratch == NULL || !measure_column(job, c, scratch))
        atomic_store(&job->failed, true);
    rwe_arena_free(scratch);
}

static const double *design_weight(const struct rwe_run *run, const struct rwe_design *design)
{
    double *weight = RWE_NEW(run->arena, double, run->cohort->n);
    for (size_t i = 0; weight != NULL && i < run->cohort->n; i++)
        weight[i] = rwe_design_weight(design, i);
    return weight;
}

static enum rwe_status measure(struct rwe_run *run, struct rwe_covariate_balance *balance,
                               struct rwe_error *error)
{
    const struct rwe_cohort *cohort = run->cohort;
    const double *weight[RWE_MOST_DESIGNS] = {NULL};
    struct rwe_balance *result =
        RWE_NEW(run->arena, struct rwe_balance, run->n_designs * balance->columns.n);
    struct rwe_mark mark = rwe_arena_mark(run->arena);
    uint8_t *treated = RWE_NEW(run->arena, uint8_t, cohort->n);
    for (size_t d = 1; d < run->n_designs; d++)
        weight[d] = design_weight(run, &run->design[d]);
    if (rwe_arena_failed(run->arena))
        return rwe_fail_memory(error);
    for (size_t i = 0; i < cohort->n; i++)
        treated[i] = (uint8_t)cohort->arm[i];
    struct balance_job job = {
        .run = run,
        .columns = balance->columns,
        .treated = treated,
        .weight = weight,
        .result = result,
    };
    rwe_parallel_for(balance->columns.n, run->threads, measure_piece, &job);
    rwe_arena_release(run->arena, mark);
    balance->at = result;
    return atomic_load(&job.failed) ? rwe_fail_memory(error) : RWE_OK;
}

enum rwe_status rwe_covariate_balance(struct rwe_run *run,
                                      const struct rwe_covariate_balance **balance,
                                      struct rwe_error *error)
{
    *balance = run->balance;
    if (run->balance != NULL)
        return RWE_OK;
    if (run->cohort->n_arms != 2)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "balance compares two arms, but there are %zu: name two of them with "
                        "--control and --treated",
                        run->cohort->n_arms);
    struct rwe_covariate_balance *fresh = RWE_NEW(run->arena, struct rwe_covariate_balance, 1);
    if (fresh == NULL)
        return rwe_fail_memory(error);
    fresh->columns = rwe_covariate_columns(run->cohort, false, run->arena);
    if (fresh->columns.item == NULL)
        return rwe_fail_memory(error);
    enum rwe_status status = measure(run, fresh, error);
    if (status == RWE_OK)
        run->balance = *balance = fresh;
    return status;
}
