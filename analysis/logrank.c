/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The log-rank test: as such, within declared strata, and within matched pairs. See logrank.md. */
#include "rwe/stats/logrank.h"
#include "rwe/analysis/present.h"

#include <math.h>

/* One way to test: from which strata, under which name in facts and for readers. */
struct variant {
    enum rwe_design_strata strata;
    const char *model; /* key of the fact; NULL for the plain test */
    const char *label;
};

static const struct variant variants[] = {
    {RWE_STRATA_NONE, NULL, "log-rank"},
    {RWE_STRATA_DECLARED, "stratified", "log-rank, stratified"},
    {RWE_STRATA_PAIRS, "pair-stratified", "log-rank within pairs"},
};

static bool applies(const struct variant *variant, const struct rwe_run *run,
                    const struct rwe_design *design)
{
    switch (variant->strata) {
    case RWE_STRATA_DECLARED:
        return run->cohort->stratum != NULL;
    case RWE_STRATA_PAIRS:
        return design->pair != NULL;
    case RWE_STRATA_NONE:
        break;
    }
    return true;
}

static enum rwe_status compute(struct rwe_run *run, const struct rwe_endpoint *endpoint,
                               const struct rwe_design *design, const struct variant *variant,
                               struct rwe_logrank *result, struct rwe_error *error)
{
    struct rwe_survival_data data;
    struct rwe_event_table table;
    enum rwe_status status = rwe_design_survival(
        run->cohort, design, endpoint, (struct rwe_design_view){variant->strata, RWE_EVENTS_OWN},
        run->arena, &data, error);
    if (status == RWE_OK)
        status = rwe_event_table_build(&data, run->arena, &table, error);
    return status == RWE_OK ? rwe_logrank_test(&table, run->arena, result, error) : status;
}

static void present_test(struct rwe_run *run, struct rwe_grid *grid, const struct rwe_key *key,
                         const struct rwe_logrank *result)
{
    for (size_t a = 0; a < run->cohort->n_arms; a++) {
        struct rwe_key arm = rwe_key_arm(*key, run->cohort, a);
        rwe_fact observed =
            rwe_document_number(run->document, &arm, "observed", result->observed[a]);
        rwe_fact expected =
            rwe_document_number(run->document, &arm, "expected", result->expected[a]);
        rwe_grid_cell(grid, RWE_CELL_OBSERVED_EXPECTED, observed, expected, RWE_NO_FACT);
    }
    rwe_fact statistic = rwe_document_number(run->document, key, "statistic", result->statistic);
    rwe_fact df = rwe_document_number(run->document, key, "df", result->df);
    rwe_fact p = rwe_document_number(run->document, key, "p.value", result->p_value);
    rwe_grid_cell(grid, RWE_CELL_STATISTIC, statistic, RWE_NO_FACT, RWE_NO_FACT);
    rwe_grid_cell(grid, RWE_CELL_COUNT, df, RWE_NO_FACT, RWE_NO_FACT);
    rwe_grid_cell(grid, RWE_CELL_P_VALUE, p, RWE_NO_FACT, RWE_NO_FACT);
}

static void present_failure(struct rwe_run *run, const struct rwe_key *key,
                            const struct variant *variant, const struct rwe_error *reason)
{
    rwe_document_number(run->document, key, "p.value", NAN);
    rwe_document_warning(run->document, "not-estimable", "logrank", "%s, %s, %s: %s", key->endpoint,
                         key->population, variant->label, reason->message);
}

/* One row of the table: a variant on an endpoint in a population. */
static enum rwe_status run_variant(struct rwe_run *run, struct rwe_grid *grid, struct rwe_key key,
                                   const struct rwe_endpoint *endpoint,
                                   const struct rwe_design *design, const struct variant *variant,
                                   struct rwe_error *error)
{
    struct rwe_logrank result;
    struct rwe_error reason = {0};
    struct rwe_mark mark = rwe_arena_mark(run->arena);
    enum rwe_status status = compute(run, endpoint, design, variant, &result, &reason);
    key.model = variant->model;
    if (status == RWE_OK) {
        rwe_grid_row(grid, 1, "%s", variant->label);
        present_test(run, grid, &key, &result);
    } else if (status == RWE_NOT_ESTIMABLE) {
        present_failure(run, &key, variant, &reason);
        status = RWE_OK;
    } else {
        *error = reason;
    }
    rwe_arena_release(run->arena, mark);
    return status;
}

static enum rwe_status run_population(struct rwe_run *run, struct rwe_grid *grid,
                                      const struct rwe_endpoint *endpoint,
                                      const struct rwe_design *design, struct rwe_error *error)
{
    enum rwe_status status = RWE_OK;
    struct rwe_key key = rwe_key_in("logrank", endpoint, design);
    key.term = "logrank";
    rwe_grid_row(grid, 0, "%s, %s", endpoint->name, design->label);
    for (size_t v = 0; v < sizeof variants / sizeof variants[0] && status == RWE_OK; v++)
        if (applies(&variants[v], run, design))
            status = run_variant(run, grid, key, endpoint, design, &variants[v], error);
    return status;
}

static enum rwe_status run_logrank(struct rwe_run *run, void *state, struct rwe_error *error)
{
    (void)state;
    const struct rwe_cohort *cohort = run->cohort;
    enum rwe_status status = rwe_need_endpoint(run, "logrank", error);
    if (status != RWE_OK)
        return status;
    rwe_document_section(run->document, 1, "Log-rank test");
    struct rwe_grid *grid = rwe_document_table(run->document, "Log-rank tests of equal survival");
    rwe_grid_column(grid, "endpoint and test");
    for (size_t a = 0; a < cohort->n_arms; a++)
        rwe_grid_column(grid, "%s\nobserved (expected)", cohort->arm_level[a]);
    rwe_grid_column(grid, "χ²");
    rwe_grid_column(grid, "df");
    rwe_grid_column(grid, "p");
    for (size_t e = 0; e < cohort->n_endpoints; e++)
        for (size_t d = 0; d < run->n_designs && status == RWE_OK; d++)
            status = run_population(run, grid, &cohort->endpoint[e], &run->design[d], error);
    if (cohort->stratum != NULL)
        rwe_grid_note(grid, "Stratified by %s.", cohort->strata_name);
    if (run->n_designs > 1)
        rwe_grid_note(grid,
                      "Within pairs: each matched pair is a stratum, so the test compares the "
                      "two members of a pair only.");
    return status;
}

const struct rwe_analysis rwe_analysis_logrank = {
    .name = "logrank",
    .help = "Log-rank test of the arms; with --strata also stratified, after matching also within "
            "pairs.",
    .run = run_logrank,
};
