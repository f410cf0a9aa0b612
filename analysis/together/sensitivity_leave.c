/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each level of a covariate left out in turn, as each centre, with matching and weights made anew. See
 * sensitivity.md. */
#include "sensitivity.h"

#include "rwe/analysis/plan.h"
#include "rwe/analysis/present.h"
#include "rwe/analysis/replicate.h"
#include "rwe/data/subset.h"

#include <math.h>
#include <string.h>

/* What is estimated without each level. */
struct leave {
    struct rwe_run *run;
    const struct rwe_variable *covariate;
    struct rwe_replicates replicates; /* one a level */
};

/* What the levels need: a table, not a page. */
enum { MOST_LEVELS = 30 };

static enum rwe_status find_covariate(struct leave *leave, const char *name,
                                      struct rwe_error *error)
{
    const struct rwe_cohort *cohort = leave->run->cohort;
    for (size_t j = 0; j < cohort->n_covariates; j++)
        if (cohort->covariate[j].categorical && strcmp(cohort->covariate[j].name, name) == 0)
            leave->covariate = &cohort->covariate[j];
    if (leave->covariate == NULL)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--leave-one-out %s: it must be one of the covariates, and categorical",
                        name);
    if (leave->covariate->n_levels < 2 || leave->covariate->n_levels > MOST_LEVELS)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--leave-one-out %s: it has %zu levels; 2 to %d can be left out in turn",
                        name, leave->covariate->n_levels, MOST_LEVELS);
    return RWE_OK;
}

/* The run's designs, and the hazard ratios in them. */
static struct rwe_plan plan_of(const struct rwe_run *run)
{
    struct rwe_plan all = rwe_plan_make(run->settings), plan = {.wanted = {false}};
    for (size_t a = 0; a < rwe_n_analyses; a++)
        plan.wanted[a] = strcmp(rwe_analyses[a]->name, "cox") == 0 ||
                         (all.wanted[a] && rwe_analyses[a]->design != NULL);
    return plan;
}

/* The cohort without the subjects of a level. Those whose level is not known stay. */
static enum rwe_status cohort_without(const struct rwe_run *run, size_t level, const void *context,
                                      struct rwe_arena *arena, const struct rwe_cohort **cohort,
                                      struct rwe_error *error)
{
    const struct rwe_variable *covariate = context;
    uint8_t *keep = RWE_NEW(arena, uint8_t, run->cohort->n);
    if (keep == NULL)
        return rwe_fail_memory(error);
    for (size_t i = 0; i < run->cohort->n; i++)
        keep[i] = covariate->code[i] != (int32_t)level;
    return rwe_cohort_subset(run->cohort, keep, arena, cohort, error);
}

/* Where there is no answer without a level, it is null, and said why. */
static enum rwe_status run_levels(struct leave *leave, struct rwe_error *error)
{
    struct rwe_run *run = leave->run;
    const struct rwe_variable *covariate = leave->covariate;
    struct rwe_plan plan = plan_of(run);
    struct rwe_replicate_source source = {.cohort = cohort_without, .context = covariate};
    enum rwe_status status =
        rwe_replicates_run(run, &plan, &source, covariate->n_levels, &leave->replicates, error);
    for (size_t l = 0; l < covariate->n_levels && status == RWE_OK; l++)
        if (leave->replicates.failure[l] != NULL)
            rwe_document_warning(run->document, "not-estimable", "sensitivity",
                                 "Without %s %s: %s.", covariate->name, covariate->level[l],
                                 leave->replicates.failure[l]);
    return status;
}

/* ---- the table of an endpoint ---- */

static bool same(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

static void present_row(const struct leave *leave, struct rwe_grid *grid, size_t k,
                        const struct population *population, int indent)
{
    struct rwe_run *run = leave->run;
    const struct rwe_estimates *estimates = leave->replicates.estimates;
    struct rwe_key key = rwe_estimates_item(estimates, k)->key;
    bool adjusted = strcmp(key.model, "adjusted") == 0;
    key.analysis = "sensitivity";
    key.term = "leave-one-out";
    rwe_grid_row(grid, indent, "%s%s", population->label, adjusted ? ", adjusted" : "");
    rwe_fact all = rwe_document_find(run->document, &rwe_estimates_item(estimates, k)->key, "hr");
    rwe_grid_cell(grid, RWE_CELL_RATIO_LIMITS, all, RWE_NO_FACT, RWE_NO_FACT);
    for (size_t l = 0; l < leave->covariate->n_levels; l++) {
        key.level = rwe_arena_format(run->arena, "%s=%s", leave->covariate->name,
                                     leave->covariate->level[l]);
        rwe_fact hr =
            rwe_document_number(run->document, &key, "hr",
                                exp(leave->replicates.value[l * rwe_estimates_n(estimates) + k]));
        rwe_grid_cell(grid, RWE_CELL_RATIO_LIMITS, hr, RWE_NO_FACT, RWE_NO_FACT);
    }
}

static void present_population(const struct leave *leave, struct rwe_grid *grid,
                               const struct population *population, const char *endpoint,
                               int indent)
{
    const struct rwe_estimates *estimates = leave->replicates.estimates;
    for (size_t k = 0; k < rwe_estimates_n(estimates); k++) {
        const struct rwe_estimate *item = rwe_estimates_item(estimates, k);
        bool adjusted = same(item->key.model, "adjusted");
        if (same(item->key.endpoint, endpoint) &&
            same(item->key.population, population->design->name) && same(item->stat, "hr") &&
            (!adjusted || !population->design->arms_alike))
            present_row(leave, grid, k, population, indent);
    }
}

static void present_endpoint(const struct leave *leave, const struct populations *populations,
                             const char *endpoint)
{
    struct rwe_run *run = leave->run;
    const char *group = NULL;
    size_t n_levels = leave->covariate->n_levels;
    struct rwe_grid *grid = rwe_document_table(
        run->document, "Hazard ratio with each %s left out: %s", leave->covariate->name, endpoint);
    rwe_grid_column(grid, "population");
    rwe_grid_column(grid, "all");
    for (size_t l = 0; l < n_levels; l++)
        rwe_grid_column(grid, "without\n%s", leave->covariate->level[l]);
    for (size_t p = 0; p < populations->n; p++) {
        const struct population *population = &populations->item[p];
        const char *heading = population->design->words.heading;
        if (population->design->kind == RWE_DESIGN_STATES)
            continue;
        if (populations->has_groups && heading != group)
            sensitivity_head(grid, heading, n_levels + 1);
        group = heading;
        present_population(leave, grid, population, endpoint, populations->has_groups);
    }
    rwe_grid_note(grid, "Propensity model, matching, weights and ratio made anew without the "
                        "patients of that level. No limits: what counts is whether one level "
                        "carries the result.");
}

enum rwe_status sensitivity_present_left_out(struct rwe_run *run,
                                             const struct populations *populations,
                                             struct rwe_error *error)
{
    struct leave leave = {.run = run};
    const char *name = rwe_settings_text(run->settings, "leave-one-out");
    if (name == NULL || run->cohort->n_arms != 2)
        return RWE_OK;
    enum rwe_status status = find_covariate(&leave, name, error);
    if (status != RWE_OK)
        return status;
    status = run_levels(&leave, error);
    for (size_t e = 0; e < run->cohort->n_endpoints && status == RWE_OK; e++)
        present_endpoint(&leave, populations, run->cohort->endpoint[e].name);
    return status;
}
