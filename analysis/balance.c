/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Balance of the covariates in each design. See balance.md. */
#include "rwe/analysis/covariates.h"
#include "rwe/analysis/present.h"

#include <math.h>

/* What is told: a standardized difference above 0.1, a variance ratio outside 0.5 to 2 (Austin, Stat Med
 * 28:3083, 2009; Rubin, Health Serv Outcomes Res Methodol 2:169, 2001). */
#define IMBALANCE 0.1
#define WORST_VARIANCE_RATIO 2.0

struct metric {
    const char *stat;
    const char *heading;
    double (*value)(const struct rwe_balance *balance);
};

static double smd_of(const struct rwe_balance *b)
{
    return b->smd;
}

static double variance_ratio_of(const struct rwe_balance *b)
{
    return b->variance_ratio;
}

static double ks_of(const struct rwe_balance *b)
{
    return b->ks;
}

static const struct metric metrics[] = {
    {"smd", "SMD", smd_of},
    {"variance.ratio", "variance ratio", variance_ratio_of},
    {"ks", "KS", ks_of},
};
enum { N_METRICS = sizeof metrics / sizeof metrics[0] };

static void present_column(struct rwe_run *run, struct rwe_grid *grid,
                           const struct rwe_covariate_balance *balance, size_t c)
{
    const struct rwe_column *column = &balance->columns.item[c];
    rwe_grid_row(grid, 0, "%s", column->name);
    for (size_t m = 0; m < N_METRICS; m++)
        for (size_t d = 0; d < run->n_designs; d++) {
            struct rwe_key key = rwe_key_in("balance", NULL, &run->design[d]);
            double value = metrics[m].value(&balance->at[d * balance->columns.n + c]);
            key.term = column->variable->name;
            key.level = column->level < 0 ? NULL : column->variable->level[column->level];
            if (metrics[m].value == variance_ratio_of && rwe_column_is_binary(column))
                rwe_grid_empty(grid); /* a share has no variance of its own */
            else
                rwe_grid_cell(grid, RWE_CELL_SMD,
                              rwe_document_number(run->document, &key, metrics[m].stat, value),
                              RWE_NO_FACT, RWE_NO_FACT);
        }
}

static bool is_apart(const struct rwe_balance *balance)
{
    return fabs(balance->smd) > IMBALANCE;
}

static bool is_spread_otherwise(const struct rwe_balance *balance)
{
    double ratio = balance->variance_ratio;
    return ratio > WORST_VARIANCE_RATIO || ratio < 1 / WORST_VARIANCE_RATIO;
}

/* Which columns fail in the last design, by name; "" when none does. */
static const char *failing(struct rwe_run *run, const struct rwe_covariate_balance *balance,
                           bool (*fails)(const struct rwe_balance *balance))
{
    const struct rwe_balance *at = balance->at + (run->n_designs - 1) * balance->columns.n;
    struct rwe_strings names = {RWE_NEW(run->arena, const char *, balance->columns.n), 0};
    for (size_t c = 0; names.item != NULL && c < balance->columns.n; c++)
        if (fails(&at[c]))
            names.item[names.n++] = balance->columns.item[c].name;
    const char *joined = rwe_text_join(run->arena, names, ", ");
    return joined == NULL ? "" : joined;
}

static void warn_imbalance(struct rwe_run *run, const struct rwe_covariate_balance *balance)
{
    const char *label = run->design[run->n_designs - 1].label;
    if (run->n_designs == 1)
        return; /* before adjustment arms do differ */
    const char *apart = failing(run, balance, is_apart);
    const char *spread = failing(run, balance, is_spread_otherwise);
    if (apart[0] != '\0')
        rwe_document_warning(
            run->document, "imbalance", "balance",
            "%s: the arms still differ by more than 0.1 standard deviations in %s.", label, apart);
    if (spread[0] != '\0')
        rwe_document_warning(run->document, "variance-ratio", "balance",
                             "%s: one arm still varies more than twice as much as the other in %s; "
                             "look at its extreme values, or match on its logarithm.",
                             label, spread);
}

static enum rwe_status run_balance(struct rwe_run *run, void *state, struct rwe_error *error)
{
    (void)state;
    const struct rwe_covariate_balance *balance;
    if (run->cohort->n_covariates == 0)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--balance needs covariates: say --covariates A,B,…");
    enum rwe_status status = rwe_covariate_balance(run, &balance, error);
    if (status != RWE_OK)
        return status;
    rwe_document_section(run->document, 1, "Balance of covariates");
    struct rwe_grid *grid = rwe_document_table(
        run->document, "Standardized differences, variance ratios and KS distances");
    rwe_grid_column(grid, "covariate");
    for (size_t m = 0; m < N_METRICS; m++)
        for (size_t d = 0; d < run->n_designs; d++)
            rwe_grid_column(grid, "%s\n%s", metrics[m].heading, run->design[d].label);
    for (size_t c = 0; c < balance->columns.n; c++)
        present_column(run, grid, balance, c);
    rwe_grid_note(grid, "SMD, standardized mean difference (treated − control) over the pooled "
                        "standard deviation of the whole cohort; variance ratio, treated over "
                        "control; KS, greatest distance of the distribution functions.");
    warn_imbalance(run, balance);
    return RWE_OK;
}

const struct rwe_analysis rwe_analysis_balance = {
    .name = "balance",
    .help = "Balance of the covariates: standardized differences, variance ratios, KS distances.",
    .run = run_balance,
};
