/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/stats/logrank.h"

#include "logrank_private.h"

#include <string.h>

/* What a row of the table adds to the influence of those at risk at it, cumulated within strata:
 * a subject's sum over (entry, time] is the difference of two rows. */
struct path {
    const struct rwe_event_table *table;
    double *weight; /* W by row; 0 where there is no event */
    double *hazard; /* Σ W d/n up to and with the row */
    double *share;  /* [row * n_groups + g]: Σ W d/n × n_g/n */
};

static enum rwe_status path_new(const struct rwe_event_table *table,
                                struct rwe_logrank_weight weight, struct rwe_arena *arena,
                                struct path *path, struct rwe_error *error)
{
    size_t K = table->n_groups;
    enum rwe_status status = rwe_logrank_weight_check(weight, error);
    if (status != RWE_OK)
        return status;
    *path = (struct path){
        .table = table,
        .weight = RWE_NEW(arena, double, table->n_rows),
        .hazard = RWE_NEW(arena, double, table->n_rows),
        .share = rwe_arena_alloc(arena, table->n_rows, K * sizeof(double)),
    };
    if (rwe_arena_failed(arena))
        return rwe_fail_memory(error);
    struct rwe_logrank_walk walk = rwe_logrank_walk_start(table);
    struct rwe_logrank_step step;
    while (rwe_logrank_walk_next(&walk, &step)) {
        double jump = rwe_logrank_weight_at(weight, &step) * (step.d / step.n);
        path->weight[step.row] = rwe_logrank_weight_at(weight, &step);
        path->hazard[step.row] = jump;
        for (size_t g = 0; g < K; g++)
            path->share[step.row * K + g] = jump * (step.at_risk[g] / step.n);
    }
    for (size_t s = 0; s < table->n_strata; s++)
        for (size_t row = table->stratum_start[s] + 1; row < table->stratum_start[s + 1]; row++) {
            path->hazard[row] += path->hazard[row - 1];
            for (size_t g = 0; g < K; g++)
                path->share[row * K + g] += path->share[(row - 1) * K + g];
        }
    return RWE_OK;
}

/* Where subject i is at risk: after row `before`, if has_before, up to and with row `last`. */
struct stay {
    size_t before, last;
    bool has_before;
};

static struct stay stay_of(const struct rwe_survival_data *data,
                           const struct rwe_event_table *table, size_t i)
{
    size_t s = data->stratum == NULL ? 0 : data->stratum[i];
    size_t entered = data->entry == NULL ? table->stratum_start[s]
                                         : rwe_event_table_rows_until(table, s, data->entry[i]);
    return (struct stay){
        .before = entered - 1,
        .last = rwe_event_table_rows_until(table, s, data->time[i]) - 1,
        .has_before = entered > table->stratum_start[s],
    };
}

static double weight_of(const struct rwe_survival_data *data, size_t i)
{
    return data->weight == NULL ? 1 : data->weight[i];
}

static double score_of(const struct rwe_survival_data *data, const struct path *path, size_t i,
                       struct stay stay)
{
    double hazard = path->hazard[stay.last] - (stay.has_before ? path->hazard[stay.before] : 0);
    double own = data->event[i] ? path->weight[stay.last] : 0;
    return weight_of(data, i) * (own - hazard);
}

/* Adds ψ_i by group to `sum`. */
static void add_influence(const struct rwe_survival_data *data, const struct path *path, size_t i,
                          double sum[])
{
    size_t K = data->n_groups;
    struct stay stay = stay_of(data, path->table, i);
    const double *at_risk = path->table->at_risk + stay.last * K;
    const double *share = path->share + stay.last * K;
    double n = 0, w = weight_of(data, i);
    for (size_t g = 0; g < K; g++)
        n += at_risk[g];
    for (size_t g = 0; g < K; g++) {
        double before = stay.has_before ? path->share[stay.before * K + g] : 0;
        double own = data->event[i] ? path->weight[stay.last] * (at_risk[g] / n) : 0;
        sum[g] += w * (share[g] - before - own);
    }
    sum[data->group == NULL ? 0 : data->group[i]] += score_of(data, path, i, stay);
}

/* The lower triangle of Σ (Σ ψ)(Σ ψ)' over clusters, then all of it. */
static enum rwe_status robust_covariance(const struct rwe_survival_data *data,
                                         const struct path *path, struct rwe_arena *scratch,
                                         double covariance[], struct rwe_error *error)
{
    size_t K = data->n_groups, n = data->cluster == NULL ? data->n : data->n_clusters;
    double *influence = rwe_arena_alloc(scratch, n, K * sizeof *influence);
    if (influence == NULL)
        return rwe_fail_memory(error);
    for (size_t i = 0; i < data->n; i++)
        add_influence(data, path, i,
                      influence + (data->cluster == NULL ? i : data->cluster[i]) * K);
    for (size_t g = 0; g < K; g++)
        for (size_t h = 0; h <= g; h++) {
            double sum = 0;
            for (size_t c = 0; c < n; c++)
                sum += influence[c * K + g] * influence[c * K + h];
            covariance[g * K + h] = covariance[h * K + g] = sum;
        }
    return RWE_OK;
}

enum rwe_status rwe_logrank_robust(const struct rwe_survival_data *data,
                                   const struct rwe_event_table *table,
                                   struct rwe_logrank_weight weight, struct rwe_arena *arena,
                                   struct rwe_logrank *result, struct rwe_error *error)
{
    /* Fewer clusters than groups leave pivots of rounding, some 1e-16 of their diagonal. */
    const double singular = 1e-10;
    struct rwe_logrank_sums sums;
    struct path path;
    enum rwe_status status = rwe_logrank_sums_new(table, weight, arena, &sums, error);
    struct rwe_mark mark = rwe_arena_mark(arena);
    if (status == RWE_OK)
        status = path_new(table, weight, arena, &path, error);
    if (status == RWE_OK)
        status = robust_covariance(data, &path, arena, sums.covariance, error);
    if (status == RWE_OK)
        status = rwe_logrank_chi_square(&sums, singular, arena, result, error);
    if (status == RWE_OK)
        rwe_arena_release(arena, mark);
    return status;
}

enum rwe_status rwe_logrank_influence(const struct rwe_survival_data *data,
                                      const struct rwe_event_table *table,
                                      struct rwe_logrank_weight weight, size_t g,
                                      struct rwe_arena *scratch, double influence[],
                                      struct rwe_error *error)
{
    struct path path;
    struct rwe_mark mark = rwe_arena_mark(scratch);
    double *by_group = RWE_NEW(scratch, double, data->n_groups);
    enum rwe_status status = path_new(table, weight, scratch, &path, error);
    for (size_t i = 0; status == RWE_OK && i < data->n; i++) {
        memset(by_group, 0, data->n_groups * sizeof *by_group);
        add_influence(data, &path, i, by_group);
        influence[data->cluster == NULL ? i : data->cluster[i]] += by_group[g];
    }
    if (status == RWE_OK)
        rwe_arena_release(scratch, mark);
    return status;
}

enum rwe_status rwe_logrank_scores(const struct rwe_survival_data *data,
                                   const struct rwe_event_table *table,
                                   struct rwe_logrank_weight weight, struct rwe_arena *scratch,
                                   double score[], struct rwe_error *error)
{
    struct path path;
    struct rwe_mark mark = rwe_arena_mark(scratch);
    enum rwe_status status = path_new(table, weight, scratch, &path, error);
    for (size_t i = 0; status == RWE_OK && i < data->n; i++)
        score[i] = score_of(data, &path, i, stay_of(data, table, i));
    if (status == RWE_OK)
        rwe_arena_release(scratch, mark);
    return status;
}
