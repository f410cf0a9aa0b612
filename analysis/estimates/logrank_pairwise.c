/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Log-rank tests of every two arms, with p-values adjusted for their number. See logrank.md. */
#include "logrank_private.h"

#include "rwe/analysis/present.h"
#include "rwe/stats/multiplicity.h"

#include <math.h>

struct pair {
    size_t a, b; /* arms, a < b */
    double statistic, p, holm, bh;
};

/* The rows of two arms, which become groups 0 and 1. */
static enum rwe_status two_arms(const struct rwe_survival_data *all, const struct pair *pair,
                                struct rwe_arena *arena, struct rwe_survival_data *two,
                                struct rwe_error *error)
{
    size_t n = all->n, k = 0;
    double *time = RWE_NEW(arena, double, n);
    double *entry = all->entry == NULL ? NULL : RWE_NEW(arena, double, n);
    double *weight = all->weight == NULL ? NULL : RWE_NEW(arena, double, n);
    uint8_t *event = RWE_NEW(arena, uint8_t, n);
    uint32_t *group = RWE_NEW(arena, uint32_t, n);
    uint32_t *stratum = all->stratum == NULL ? NULL : RWE_NEW(arena, uint32_t, n);
    uint32_t *cluster = all->cluster == NULL ? NULL : RWE_NEW(arena, uint32_t, n);
    if (rwe_arena_failed(arena))
        return rwe_fail_memory(error);
    for (size_t i = 0; i < n; i++) {
        if (all->group[i] != pair->a && all->group[i] != pair->b)
            continue;
        time[k] = all->time[i];
        event[k] = all->event[i];
        group[k] = all->group[i] == pair->b;
        if (entry != NULL)
            entry[k] = all->entry[i];
        if (weight != NULL)
            weight[k] = all->weight[i];
        if (stratum != NULL)
            stratum[k] = all->stratum[i];
        if (cluster != NULL)
            cluster[k] = all->cluster[i];
        k++;
    }
    *two = *all;
    two->n = k;
    two->n_groups = 2;
    two->time = time;
    two->entry = entry;
    two->weight = weight;
    two->event = event;
    two->group = group;
    two->stratum = stratum;
    two->cluster = cluster;
    return RWE_OK;
}

static enum rwe_status test_pair(const struct rwe_survival_data *all, struct rwe_arena *arena,
                                 struct pair *pair, struct rwe_error *error)
{
    struct rwe_mark mark = rwe_arena_mark(arena);
    struct rwe_survival_data two;
    struct rwe_event_table table;
    struct rwe_logrank result = {.statistic = NAN, .p_value = NAN};
    enum rwe_status status = two_arms(all, pair, arena, &two, error);
    if (status == RWE_OK)
        status = rwe_event_table_build(&two, arena, &table, error);
    if (status == RWE_OK) {
        bool robust = two.weight != NULL || two.cluster != NULL;
        struct rwe_logrank_weight plain = {0};
        status = robust ? rwe_logrank_robust(&two, &table, plain, arena, &result, error)
                        : rwe_logrank_test(&table, arena, &result, error);
    }
    pair->statistic = result.statistic;
    pair->p = result.p_value;
    rwe_arena_release(arena, mark);
    return status == RWE_NOT_ESTIMABLE ? RWE_OK : status;
}

static enum rwe_status test_pairs(struct rwe_run *run, const struct rwe_survival_data *data,
                                  struct pair pairs[], size_t n_pairs, struct rwe_error *error)
{
    double *p = RWE_NEW(run->arena, double, 3 * n_pairs);
    enum rwe_status status = p == NULL ? rwe_fail_memory(error) : RWE_OK;
    size_t n = 0;
    for (size_t a = 0; a < data->n_groups; a++)
        for (size_t b = a + 1; b < data->n_groups && status == RWE_OK; b++, n++) {
            pairs[n] = (struct pair){.a = a, .b = b};
            status = test_pair(data, run->arena, &pairs[n], error);
            p[n] = pairs[n].p;
        }
    if (status == RWE_OK)
        status = rwe_p_adjust_holm(p, n, run->arena, p + n_pairs, error);
    if (status == RWE_OK)
        status = rwe_p_adjust_bh(p, n, run->arena, p + 2 * n_pairs, error);
    for (size_t i = 0; i < n && status == RWE_OK; i++) {
        pairs[i].holm = p[n_pairs + i];
        pairs[i].bh = p[2 * n_pairs + i];
    }
    return status;
}

static enum rwe_status present_pair(struct rwe_run *run, struct rwe_grid *grid, struct rwe_key key,
                                    const struct pair *pair, struct rwe_error *error)
{
    const char *const *arm = run->cohort->arm_level;
    struct rwe_document *document = run->document;
    key.level = rwe_arena_format(run->arena, "%s vs %s", arm[pair->b], arm[pair->a]);
    if (key.level == NULL)
        return rwe_fail_memory(error);
    rwe_grid_row(grid, 1, "%s", key.level);
    rwe_fact statistic = rwe_document_number(document, &key, "statistic", pair->statistic);
    rwe_fact p = rwe_document_number(document, &key, "p.value", pair->p);
    rwe_fact holm = rwe_document_number(document, &key, "p.holm", pair->holm);
    rwe_fact bh = rwe_document_number(document, &key, "p.bh", pair->bh);
    rwe_grid_cell(grid, RWE_CELL_STATISTIC, statistic, RWE_NO_FACT, RWE_NO_FACT);
    rwe_grid_cell(grid, RWE_CELL_P_VALUE, p, RWE_NO_FACT, RWE_NO_FACT);
    rwe_grid_cell(grid, RWE_CELL_P_VALUE, holm, RWE_NO_FACT, RWE_NO_FACT);
    rwe_grid_cell(grid, RWE_CELL_P_VALUE, bh, RWE_NO_FACT, RWE_NO_FACT);
    return RWE_OK;
}

static enum rwe_status run_population(struct rwe_run *run, struct rwe_grid *grid,
                                      const struct rwe_endpoint *endpoint,
                                      const struct rwe_design *design,
                                      enum rwe_design_strata strata, struct rwe_error *error)
{
    size_t n_arms = run->cohort->n_arms, n_pairs = n_arms * (n_arms - 1) / 2;
    struct rwe_mark mark = rwe_arena_mark(run->arena);
    struct pair *pairs = RWE_NEW(run->arena, struct pair, n_pairs);
    struct rwe_survival_data data;
    if (pairs == NULL)
        return rwe_fail_memory(error);
    enum rwe_status status = rwe_design_survival(run->cohort, design, endpoint,
                                                 (struct rwe_design_view){strata, RWE_EVENTS_OWN},
                                                 run->arena, &data, error);
    if (status == RWE_OK)
        status = test_pairs(run, &data, pairs, n_pairs, error);
    if (status != RWE_OK)
        return status;
    bool robust = data.weight != NULL || data.cluster != NULL;
    bool stratified = strata == RWE_STRATA_DECLARED;
    struct rwe_key key = rwe_key_in("logrank", endpoint, design);
    key.term = "logrank";
    key.model = stratified && robust ? "stratified-robust"
                : stratified         ? "stratified"
                : robust             ? "robust"
                                     : NULL;
    rwe_grid_row(grid, 0, "%s, %s%s%s", endpoint->name, design->label,
                 stratified ? ", stratified" : "", robust ? ", robust" : "");
    for (size_t i = 0; i < n_pairs && status == RWE_OK; i++)
        status = present_pair(run, grid, key, &pairs[i], error);
    rwe_arena_release(run->arena, mark);
    return status;
}

enum rwe_status rwe_logrank_pairwise(struct rwe_run *run, struct rwe_error *error)
{
    const struct rwe_cohort *cohort = run->cohort;
    enum rwe_status status = RWE_OK;
    struct rwe_grid *grid = rwe_document_table(run->document, "Log-rank tests of every two arms");
    rwe_grid_column(grid, "endpoint and arms");
    rwe_grid_column(grid, "χ²");
    rwe_grid_column(grid, "p");
    rwe_grid_column(grid, "p, Holm");
    rwe_grid_column(grid, "p, Benjamini–\nHochberg");
    for (size_t e = 0; e < cohort->n_endpoints; e++)
        for (size_t d = 0; d < run->n_designs && status == RWE_OK; d++) {
            const struct rwe_endpoint *endpoint = &cohort->endpoint[e];
            status = run_population(run, grid, endpoint, &run->design[d], RWE_STRATA_NONE, error);
            if (status == RWE_OK && cohort->stratum != NULL)
                status = run_population(run, grid, endpoint, &run->design[d], RWE_STRATA_DECLARED,
                                        error);
        }
    rwe_grid_note(grid,
                  "Each test uses the patients of its two arms only. Holm holds the chance of "
                  "any false difference, Benjamini–Hochberg the share of false ones among "
                  "those found.");
    return status;
}
