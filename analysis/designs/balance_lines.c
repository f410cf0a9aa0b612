/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "balance_private.h"

#include <string.h>

/* The results of one item, design by design. */
static const struct rwe_balance *by_design(struct rwe_run *run, const struct rwe_balance *at,
                                           size_t n_items, size_t item)
{
    struct rwe_balance *mine = RWE_NEW(run->arena, struct rwe_balance, rwe_run_n_disjoint(run));
    for (size_t d = 0; mine != NULL && d < rwe_run_n_disjoint(run); d++)
        mine[d] = at[d * n_items + item];
    return mine;
}

static void add_covariates(struct rwe_run *run, const struct rwe_covariate_balance *balance,
                           struct balance_lines *lines)
{
    for (size_t c = 0; c < balance->columns.n; c++) {
        const struct rwe_column *column = &balance->columns.item[c];
        lines->item[lines->n++] = (struct balance_line){
            .kind = rwe_column_is_binary(column) ? BALANCE_LEVEL : BALANCE_NUMBER,
            .name = column->name,
            .term = column->variable->name,
            .level = column->level < 0 ? NULL : column->variable->level[column->level],
            .at = by_design(run, balance->at, balance->columns.n, c),
            .denominator = balance->denominator[c],
        };
    }
}

/* ---- being without a value ---- */

struct absence {
    size_t n; /* subjects */
    const struct rwe_variable **variable;
};

static void absence_values(const void *context, size_t item, double out[])
{
    const struct absence *absence = context;
    for (size_t i = 0; i < absence->n; i++)
        out[i] = rwe_variable_missing(absence->variable[item], i);
}

static bool absence_is_binary(const void *context, size_t item)
{
    (void)context;
    (void)item;
    return true;
}

/* A category may itself be called so. */
static const char *level_of_absence(const struct rwe_variable *variable)
{
    for (size_t l = 0; l < variable->n_levels; l++)
        if (strcmp(variable->level[l], "missing") == 0)
            return "(missing)";
    return "missing";
}

static enum rwe_status add_absences(struct rwe_run *run, struct balance_lines *lines,
                                    struct rwe_error *error)
{
    const struct rwe_cohort *cohort = run->cohort;
    struct absence absence = {
        cohort->n, RWE_NEW(run->arena, const struct rwe_variable *, cohort->n_covariates)};
    struct rwe_balance_items items = {.values = absence_values,
                                      .is_binary = absence_is_binary,
                                      .context = &absence,
                                      .means_only = true};
    const struct rwe_balance *at;
    const double *denominator;
    if (absence.variable == NULL)
        return rwe_fail_memory(error);
    for (size_t j = 0; j < cohort->n_covariates; j++)
        if (cohort->covariate[j].n_missing > 0)
            absence.variable[items.n++] = &cohort->covariate[j];
    enum rwe_status status = rwe_balance_of_items(run, &items, &at, &denominator, error);
    for (size_t m = 0; m < items.n && status == RWE_OK; m++)
        lines->item[lines->n++] = (struct balance_line){
            .kind = BALANCE_ABSENT,
            .name = rwe_arena_format(run->arena, "%s, missing", absence.variable[m]->name),
            .term = absence.variable[m]->name,
            .level = level_of_absence(absence.variable[m]),
            .at = by_design(run, at, items.n, m),
            .denominator = denominator[m],
        };
    return status;
}

enum rwe_status rwe_balance_lines(struct rwe_run *run, struct balance_lines *lines,
                                  struct rwe_error *error)
{
    const struct rwe_cohort *cohort = run->cohort;
    const struct rwe_covariate_balance *balance;
    enum rwe_status status = rwe_covariate_balance(run, &balance, error);
    if (status != RWE_OK)
        return status;
    size_t most = balance->columns.n + cohort->n_covariates + cohort->n_endpoints;
    *lines = (struct balance_lines){RWE_NEW(run->arena, struct balance_line, most), 0, ""};
    if (lines->item == NULL)
        return rwe_fail_memory(error);
    add_covariates(run, balance, lines);
    status = add_absences(run, lines, error);
    if (status == RWE_OK)
        status = rwe_balance_add_scores(run, lines, error);
    return status == RWE_OK && rwe_arena_failed(run->arena) ? rwe_fail_memory(error) : status;
}
