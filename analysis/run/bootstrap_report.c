/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the replicates of a bootstrap say, to other analyses and to readers. See bootstrap.md. */
#include "rwe/analysis/bootstrap.h"

#include "rwe/analysis/present.h"
#include "rwe/base/language.h"

#include <math.h>
#include <string.h>

/* Percentile limits need the tails: with fewer than 200 replicates a 95 % limit rests on the five
 * outermost (Efron & Tibshirani 1993, ch. 13: 1000 or more). */
enum { FEW_REPLICATES = 200 };

/* What limits are made of, by --bootstrap-limits. */
static const char *const limits_words[] = {
    [RWE_BOOTSTRAP_PERCENTILE] = N_("percentiles"),
    [RWE_BOOTSTRAP_NORMAL] = N_("the standard error (of medians percentiles)"),
    [RWE_BOOTSTRAP_BC] = N_("bias-corrected percentiles"),
};

static const char *words_of_limits(const struct rwe_run *run)
{
    return rwe_text(limits_words[run->bootstrap->method]);
}

void rwe_bootstrap_note(const struct rwe_run *run, struct rwe_grid *grid)
{
    if (run->bootstrap != NULL && rwe_bootstrap_is_variance(run->settings))
        rwe_grid_note(grid,
                      "Where the bootstrap has the estimate (below), standard error, limits and p "
                      "are its own, in place of those named here: limits by %s, and p of the "
                      "estimate over its standard error; ratios on the log scale.",
                      words_of_limits(run));
}

/* ---- telling ---- */

static bool same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static const struct rwe_table_column columns[] = {
    {.heading = N_("estimate")},
    {N_("value"), RWE_CELL_COEFFICIENT, "bootstrap.estimate"},
    {N_("std. error"), RWE_CELL_COEFFICIENT, "bootstrap.std.error"},
    {N_("low"), RWE_CELL_COEFFICIENT, "bootstrap.conf.low"},
    {N_("high"), RWE_CELL_COEFFICIENT, "bootstrap.conf.high"},
    {N_("replicates"), RWE_CELL_COUNT, "bootstrap.n"},
};

/* What the estimate is of, from its key: "km, arm 1, at 12". Names of facts, and words of the data. */
static const char *label_of(const struct rwe_run *run, const struct rwe_estimate *estimate)
{
    const struct rwe_key *key = &estimate->key;
    const char *part[] = {key->model, key->group, key->term, key->level};
    const char *lead[] = {"", "arm ", "", ""};
    bool plain = strcmp(estimate->stat, "estimate") == 0;
    const char *label = rwe_arena_format(run->arena, "%s%s%s", key->analysis, plain ? "" : " ",
                                         plain ? "" : estimate->stat);
    for (size_t i = 0; i < sizeof part / sizeof *part && label != NULL; i++)
        if (part[i] != NULL && (i == 0 || !same_text(part[i], part[0])))
            label = rwe_arena_format(run->arena, "%s, %s%s", label, lead[i], part[i]);
    if (label != NULL && !isnan(key->time))
        label = rwe_arena_format(run->arena, "%s, at %g", label, key->time);
    return label == NULL ? "" : label;
}

static void present_estimate(struct rwe_run *run, struct rwe_grid *grid,
                             const struct rwe_estimate *estimate,
                             const struct rwe_bootstrap_result *result)
{
    const struct rwe_key *key = &estimate->key;
    bool is_ratio = estimate->kind == RWE_ESTIMATE_LOG_RATIO;
    rwe_grid_row(grid, 1, "%s", label_of(run, estimate));
    rwe_grid_put(grid, key, is_ratio ? exp(estimate->own.value) : estimate->own.value);
    rwe_grid_put(grid, key, result->std_error);
    rwe_grid_put(grid, key, is_ratio ? exp(result->conf_low) : result->conf_low);
    rwe_grid_put(grid, key, is_ratio ? exp(result->conf_high) : result->conf_high);
    rwe_grid_put(grid, key, (double)result->n);
}

/* A population by its name in facts, and its name for readers. */
struct population {
    const char *name, *label;
};

/* Rows stand together by population and endpoint, in the order of the populations. */
static void present_group(struct rwe_run *run, struct rwe_grid *grid,
                          const struct population *population, const char *endpoint)
{
    const struct rwe_bootstrap *bootstrap = run->bootstrap;
    const struct rwe_estimates *estimates = bootstrap->replicates.estimates;
    bool any = false;
    for (size_t k = 0; k < rwe_estimates_n(estimates); k++) {
        const struct rwe_estimate *estimate = rwe_estimates_item(estimates, k);
        if (!rwe_bootstrap_is_told(estimate) || !same_text(estimate->key.endpoint, endpoint) ||
            !same_text(estimate->key.population, population->name))
            continue;
        if (!any && endpoint == NULL)
            rwe_grid_row(grid, 0, "%s", population->label);
        else if (!any)
            rwe_grid_row(grid, 0, "%s, %s", endpoint, population->label);
        any = true;
        present_estimate(run, grid, estimate, &bootstrap->result[k]);
    }
}

static void present_population(struct rwe_run *run, struct rwe_grid *grid,
                               const struct population *population)
{
    for (size_t e = 0; e < run->cohort->n_endpoints; e++)
        present_group(run, grid, population, run->cohort->endpoint[e].name);
    present_group(run, grid, population, NULL);
}

/* Whether estimate k is the first of a population that is no design of the run: rows of time, say. */
static bool starts_other_population(const struct rwe_run *run, size_t k)
{
    const struct rwe_estimates *estimates = run->bootstrap->replicates.estimates;
    const char *population = rwe_estimates_item(estimates, k)->key.population;
    bool known = population == NULL;
    for (size_t d = 0; d < run->n_designs && !known; d++)
        known = same_text(population, run->design[d].name);
    for (size_t i = 0; i < k && !known; i++)
        known = same_text(population, rwe_estimates_item(estimates, i)->key.population);
    return !known;
}

static bool has_rows(const struct rwe_run *run)
{
    bool any = false;
    for (size_t d = 0; d < run->n_designs; d++)
        any = any || run->design[d].rows.start != NULL;
    return any;
}

static void warn(struct rwe_run *run)
{
    const struct rwe_bootstrap *bootstrap = run->bootstrap;
    const struct rwe_replicates *replicates = &bootstrap->replicates;
    if (replicates->n_failed > 0)
        rwe_document_warning(
            run->document, "replicates-failed", "bootstrap",
            "%zu of %zu bootstrap replicates have no estimate, the first since: %s",
            replicates->n_failed, replicates->n, bootstrap->failure);
    if (replicates->n < FEW_REPLICATES)
        rwe_document_warning(run->document, "few-replicates", "bootstrap",
                             "%zu replicates are few: percentile limits rest on the outermost of "
                             "them. Take --bootstrap 1000 or more.",
                             replicates->n);
    if (has_rows(run))
        rwe_document_warning(run->document, "bootstrap-with-replacement", "bootstrap",
                             "The bootstrap is not valid after matching with replacement (Abadie "
                             "and Imbens 2008): do not read its limits in that population.");
}

void rwe_bootstrap_report(struct rwe_run *run)
{
    const struct rwe_bootstrap *bootstrap = run->bootstrap;
    if (bootstrap == NULL)
        return;
    rwe_document_section(run->document, 1, "Bootstrap");
    struct rwe_grid *grid = rwe_document_table(run->document, "Bootstrap of the whole pipeline");
    RWE_GRID_COLUMNS(grid, columns);
    for (size_t d = 0; d < run->n_designs; d++)
        present_population(run, grid,
                           &(struct population){run->design[d].name, run->design[d].label});
    const struct rwe_estimates *estimates = bootstrap->replicates.estimates;
    for (size_t k = 0; k < rwe_estimates_n(estimates); k++) {
        const char *name = rwe_estimates_item(estimates, k)->key.population;
        if (starts_other_population(run, k))
            present_population(run, grid, &(struct population){name, name});
    }
    if (run->cohort->cluster == NULL)
        rwe_grid_note(
            grid,
            "%zu cohorts drawn anew; in each the designs are made and the estimates computed "
            "again. Limits: %s at %s. Standard errors of ratios are of their logarithms.",
            bootstrap->replicates.n, words_of_limits(run), rwe_conf_level_text(run));
    else
        rwe_grid_note(
            grid,
            "%zu cohorts drawn anew by cluster; in each the designs are made and the estimates "
            "computed again. Limits: %s at %s. Standard errors of ratios are of their logarithms.",
            bootstrap->replicates.n, words_of_limits(run), rwe_conf_level_text(run));
    warn(run);
}
