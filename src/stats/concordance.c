/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/stats/concordance.h"

#include "rwe/base/sort.h"
#include "strata_private.h"

#include <math.h>
#include <string.h>

/* Weights of those who outlive the present time, by rank of their score in the stratum; prefix
 * sums over ranks by a binary indexed tree (Fenwick, Softw Pract Exper 24:327, 1994). */
struct ranked_weights {
    size_t n_ranks;
    double *at;   /* [rank] */
    double *tree; /* [1 … n_ranks] */
};

static void weights_clear(struct ranked_weights *weights, size_t n_ranks)
{
    weights->n_ranks = n_ranks;
    memset(weights->at, 0, n_ranks * sizeof(double));
    memset(weights->tree, 0, (n_ranks + 1) * sizeof(double));
}

static void weights_add(struct ranked_weights *weights, size_t rank, double weight)
{
    weights->at[rank] += weight;
    for (size_t node = rank + 1; node <= weights->n_ranks; node += node & (~node + 1))
        weights->tree[node] += weight;
}

static double weights_below(const struct ranked_weights *weights, size_t rank)
{
    double sum = 0;
    for (size_t node = rank; node > 0; node &= node - 1)
        sum += weights->tree[node];
    return sum;
}

/* rank[i]: how many distinct scores of i's stratum are lower; n_ranks[s]: distinct scores. */
static enum rwe_status rank_scores(const struct rwe_survival_data *data, const double score[],
                                   struct rwe_arena *arena, uint32_t rank[], uint32_t n_ranks[])
{
    struct rwe_mark mark = rwe_arena_mark(arena);
    uint32_t *order = RWE_NEW(arena, uint32_t, data->n);
    double *last = RWE_NEW(arena, double, data->n_strata);
    if (rwe_arena_failed(arena) || rwe_sort_numbers(score, data->n, arena, order) != RWE_OK)
        return RWE_NO_MEMORY;
    for (size_t k = 0; k < data->n; k++) {
        size_t i = order[k];
        size_t s = data->stratum == NULL ? 0 : data->stratum[i];
        if (n_ranks[s] == 0 || score[i] != last[s])
            n_ranks[s]++;
        last[s] = score[i];
        rank[i] = n_ranks[s] - 1;
    }
    rwe_arena_release(arena, mark);
    return RWE_OK;
}

static double weight_of(const struct rwe_survival_data *data, size_t i)
{
    return data->weight == NULL ? 1 : data->weight[i];
}

/* Row i's event against everyone who outlives it. */
static void count_pairs(const struct ranked_weights *weights, size_t rank, double weight,
                        struct rwe_concordance *result)
{
    double below = weights_below(weights, rank);
    double same = weights->at[rank];
    result->concordant += weight * below;
    result->tied += weight * same;
    result->discordant += weight * (weights_below(weights, weights->n_ranks) - below - same);
}

/* From the last time to the first; within a time the censored come in first, since they outlive
 * its events, and the events last, since they do not outlive one another. */
static void count_stratum(const struct rwe_survival_data *data, const uint32_t order[], size_t n,
                          const uint32_t rank[], struct ranked_weights *weights,
                          struct rwe_concordance *result)
{
    for (size_t end = n; end > 0;) {
        size_t begin = end;
        while (begin > 0 && data->time[order[begin - 1]] == data->time[order[end - 1]])
            begin--;
        for (size_t k = begin; k < end; k++)
            if (!data->event[order[k]])
                weights_add(weights, rank[order[k]], weight_of(data, order[k]));
        for (size_t k = begin; k < end; k++)
            if (data->event[order[k]])
                count_pairs(weights, rank[order[k]], weight_of(data, order[k]), result);
        for (size_t k = begin; k < end; k++)
            if (data->event[order[k]])
                weights_add(weights, rank[order[k]], weight_of(data, order[k]));
        end = begin;
    }
}

static enum rwe_status count_all(const struct rwe_survival_data *data, const double score[],
                                 struct rwe_arena *scratch, struct rwe_concordance *result)
{
    struct rwe_strata strata;
    uint32_t *rank = RWE_NEW(scratch, uint32_t, data->n);
    uint32_t *n_ranks = RWE_NEW(scratch, uint32_t, data->n_strata);
    struct ranked_weights weights = {
        .at = RWE_NEW(scratch, double, data->n),
        .tree = RWE_NEW(scratch, double, data->n + 1),
    };
    if (rwe_arena_failed(scratch) || rwe_strata_sort(data, scratch, &strata) != RWE_OK ||
        rank_scores(data, score, scratch, rank, n_ranks) != RWE_OK)
        return RWE_NO_MEMORY;
    for (size_t s = 0; s < data->n_strata; s++) {
        weights_clear(&weights, n_ranks[s]);
        count_stratum(data, strata.order + strata.start[s], strata.start[s + 1] - strata.start[s],
                      rank, &weights, result);
    }
    return RWE_OK;
}

enum rwe_status rwe_concordance(const struct rwe_survival_data *data, const double score[],
                                struct rwe_arena *scratch, struct rwe_concordance *result,
                                struct rwe_error *error)
{
    enum rwe_status status = rwe_survival_data_check(data, error);
    if (status != RWE_OK)
        return status;
    for (size_t i = 0; i < data->n; i++)
        if (!isfinite(score[i]))
            return rwe_fail(error, RWE_NOT_FINITE, i, "score is not a finite number");
    *result = (struct rwe_concordance){0};
    struct rwe_mark mark = rwe_arena_mark(scratch);
    if (count_all(data, score, scratch, result) != RWE_OK)
        return rwe_fail_memory(error);
    rwe_arena_release(scratch, mark);
    double comparable = result->concordant + result->discordant + result->tied;
    result->index = comparable > 0 ? (result->concordant + result->tied / 2) / comparable : NAN;
    return RWE_OK;
}
