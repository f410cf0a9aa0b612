/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/analysis/covariate_balance.h"

#include "rwe/base/parallel.h"
#include <stdatomic.h>

/* One piece of work an item. */
struct measuring {
    const struct rwe_run *run;
    const struct rwe_balance_items *items;
    const uint8_t *treated;
    const double *const *weight; /* by design; NULL: everybody */
    struct rwe_balance *at;
    double *denominator;
    atomic_bool failed;
};

static bool measure_item(struct measuring *measuring, size_t item, struct rwe_arena *scratch)
{
    const struct rwe_balance_items *items = measuring->items;
    double *value = RWE_NEW(scratch, double, measuring->run->cohort->n);
    if (value == NULL)
        return false;
    items->values(items->context, item, value);
    struct rwe_balance_data data = {
        .n = measuring->run->cohort->n,
        .value = value,
        .treated = measuring->treated,
        .binary = items->is_binary(items->context, item),
    };
    double denominator = measuring->denominator[item] = rwe_balance_denominator(&data);
    for (size_t d = 0; d < rwe_run_n_disjoint(measuring->run); d++) {
        struct rwe_balance *at = &measuring->at[d * items->n + item];
        data.weight = measuring->weight[d];
        if (items->means_only)
            *at = rwe_balance_of_means(&data, denominator);
        else if (rwe_balance_measure(&data, denominator, scratch, at) != RWE_OK)
            return false;
    }
    return true;
}

static void measure_piece(size_t item, void *context)
{
    struct measuring *measuring = context;
    struct rwe_arena *scratch = rwe_arena_new();
    if (scratch == NULL || !measure_item(measuring, item, scratch))
        atomic_store(&measuring->failed, true);
    rwe_arena_free(scratch);
}

static const double *design_weight(const struct rwe_run *run, const struct rwe_design *design)
{
    double *weight = RWE_NEW(run->arena, double, run->cohort->n);
    for (size_t i = 0; weight != NULL && i < run->cohort->n; i++)
        weight[i] = rwe_design_weight(design, i);
    return weight;
}

enum rwe_status rwe_balance_of_items(struct rwe_run *run, const struct rwe_balance_items *items,
                                     const struct rwe_balance **at, const double **denominator,
                                     struct rwe_error *error)
{
    const struct rwe_cohort *cohort = run->cohort;
    const double *weight[RWE_MOST_DESIGNS] = {NULL};
    struct measuring measuring = {
        .run = run,
        .items = items,
        .weight = weight,
        .at = RWE_NEW(run->arena, struct rwe_balance, rwe_run_n_disjoint(run) * items->n),
        .denominator = RWE_NEW(run->arena, double, items->n),
    };
    struct rwe_mark mark = rwe_arena_mark(run->arena);
    uint8_t *treated = RWE_NEW(run->arena, uint8_t, cohort->n);
    for (size_t d = 1; d < rwe_run_n_disjoint(run); d++)
        weight[d] = design_weight(run, &run->design[d]);
    if (rwe_arena_failed(run->arena))
        return rwe_fail_memory(error);
    for (size_t i = 0; i < cohort->n; i++)
        treated[i] = (uint8_t)cohort->arm[i];
    measuring.treated = treated;
    rwe_parallel_for(items->n, run->threads, measure_piece, &measuring);
    rwe_arena_release(run->arena, mark);
    *at = measuring.at;
    *denominator = measuring.denominator;
    return atomic_load(&measuring.failed) ? rwe_fail_memory(error) : RWE_OK;
}

/* ---- the covariates ---- */

struct column_values {
    size_t n; /* subjects */
    const struct rwe_column *column;
};

static void column_values(const void *context, size_t item, double out[])
{
    const struct column_values *values = context;
    rwe_column_values(&values->column[item], values->n, out);
}

static bool column_is_binary(const void *context, size_t item)
{
    const struct column_values *values = context;
    return rwe_column_is_binary(&values->column[item]);
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
    fresh->columns = rwe_covariate_columns(run->cohort, run->arena);
    if (fresh->columns.item == NULL)
        return rwe_fail_memory(error);
    const struct column_values values = {run->cohort->n, fresh->columns.item};
    const struct rwe_balance_items items = {.n = fresh->columns.n,
                                            .values = column_values,
                                            .is_binary = column_is_binary,
                                            .context = &values};
    enum rwe_status status =
        rwe_balance_of_items(run, &items, &fresh->at, &fresh->denominator, error);
    if (status == RWE_OK)
        run->balance = *balance = fresh;
    return status;
}
