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

/* Rows by stratum and time, what they score, and who comes under observation late. */
struct ranking {
    struct rwe_strata strata;
    uint32_t *rank;      /* of the row's score in its stratum */
    uint32_t *n_ranks;   /* by stratum */
    double *entry;       /* by position in strata.order; NULL: all from the start */
    uint32_t *by_entry;  /* positions of each stratum in ascending entry */
    double *time_weight; /* by position: of the pairs of an event; NULL: all 1 */
};

static enum rwe_status ranking_init(const struct rwe_survival_data *data, const double score[],
                                    struct rwe_arena *arena, struct ranking *ranking)
{
    *ranking = (struct ranking){
        .rank = RWE_NEW(arena, uint32_t, data->n),
        .n_ranks = RWE_NEW(arena, uint32_t, data->n_strata),
    };
    if (rwe_arena_failed(arena) || rwe_strata_sort(data, arena, &ranking->strata) != RWE_OK ||
        rank_scores(data, score, arena, ranking->rank, ranking->n_ranks) != RWE_OK)
        return RWE_NO_MEMORY;
    if (data->entry == NULL)
        return RWE_OK;
    ranking->entry = RWE_NEW(arena, double, data->n);
    ranking->by_entry = RWE_NEW(arena, uint32_t, data->n);
    if (rwe_arena_failed(arena))
        return RWE_NO_MEMORY;
    for (size_t k = 0; k < data->n; k++)
        ranking->entry[k] = data->entry[ranking->strata.order[k]];
    return rwe_entry_order(ranking->entry, ranking->strata.start, data->n_strata, arena,
                           ranking->by_entry);
}

/* Takes off those who enter at `time` or later; `next` of the stratum's are still to be judged.
 * Returns how many are so after it. */
static size_t remove_not_entered(const struct rwe_survival_data *data,
                                 const struct ranking *ranking, size_t s, size_t next, double time,
                                 struct ranked_weights *weights)
{
    if (ranking->entry == NULL)
        return next;
    const uint32_t *by_entry = ranking->by_entry + ranking->strata.start[s];
    for (; next > 0 && ranking->entry[by_entry[next - 1]] >= time; next--) {
        size_t i = ranking->strata.order[by_entry[next - 1]];
        weights_add(weights, ranking->rank[i], -weight_of(data, i));
    }
    return next;
}

static double event_weight(const struct rwe_survival_data *data, const struct ranking *ranking,
                           size_t k)
{
    double weight = weight_of(data, ranking->strata.order[k]);
    return ranking->time_weight == NULL ? weight : weight * ranking->time_weight[k];
}

/* From the last time to the first; within a time the censored come in first, since they outlive
 * its events, and the events last, since they do not outlive one another. */
static void count_stratum(const struct rwe_survival_data *data, const struct ranking *ranking,
                          size_t s, struct ranked_weights *weights, struct rwe_concordance *result)
{
    const uint32_t *order = ranking->strata.order, *rank = ranking->rank;
    size_t start = ranking->strata.start[s];
    size_t entering = ranking->strata.start[s + 1] - start;
    for (size_t end = ranking->strata.start[s + 1]; end > start;) {
        double time = data->time[order[end - 1]];
        size_t begin = end;
        while (begin > start && data->time[order[begin - 1]] == time)
            begin--;
        entering = remove_not_entered(data, ranking, s, entering, time, weights);
        for (size_t k = begin; k < end; k++)
            if (!data->event[order[k]])
                weights_add(weights, rank[order[k]], weight_of(data, order[k]));
        for (size_t k = begin; k < end; k++)
            if (data->event[order[k]])
                count_pairs(weights, rank[order[k]], event_weight(data, ranking, k), result);
        for (size_t k = begin; k < end; k++)
            if (data->event[order[k]])
                weights_add(weights, rank[order[k]], weight_of(data, order[k]));
        end = begin;
    }
}

/* 1 / G(t−)² at times up to tau, else 0. At a time, the censored follow the events, so that those are
 * no longer at risk of being censored. */
static void weigh_stratum(const struct rwe_survival_data *data, size_t s, double tau,
                          struct ranking *ranking)
{
    const uint32_t *order = ranking->strata.order;
    size_t stop = ranking->strata.start[s + 1];
    double uncensored = 1, at_risk = 0;
    for (size_t k = ranking->strata.start[s]; k < stop; k++)
        at_risk += weight_of(data, order[k]);
    for (size_t begin = ranking->strata.start[s], end = begin; begin < stop; begin = end) {
        double time = data->time[order[begin]], events = 0, censored = 0;
        for (; end < stop && data->time[order[end]] == time; end++) {
            *(data->event[order[end]] ? &events : &censored) += weight_of(data, order[end]);
            ranking->time_weight[end] = time <= tau ? 1 / (uncensored * uncensored) : 0;
        }
        if (censored > 0 && end < stop) /* after the last time nothing is weighed */
            uncensored *= 1 - censored / (at_risk - events);
        at_risk -= events + censored;
    }
}

/* tau: NULL: all pairs alike. */
static enum rwe_status count_all(const struct rwe_survival_data *data, const double score[],
                                 const double *tau, struct rwe_arena *scratch,
                                 struct rwe_concordance *result)
{
    struct ranking ranking;
    struct ranked_weights weights = {
        .at = RWE_NEW(scratch, double, data->n),
        .tree = RWE_NEW(scratch, double, data->n + 1),
    };
    if (ranking_init(data, score, scratch, &ranking) != RWE_OK)
        return RWE_NO_MEMORY;
    if (tau != NULL && (ranking.time_weight = RWE_NEW(scratch, double, data->n)) == NULL)
        return RWE_NO_MEMORY;
    for (size_t s = 0; s < data->n_strata; s++) {
        if (tau != NULL)
            weigh_stratum(data, s, *tau, &ranking);
        weights_clear(&weights, ranking.n_ranks[s]);
        count_stratum(data, &ranking, s, &weights, result);
    }
    return RWE_OK;
}

static enum rwe_status concordance(const struct rwe_survival_data *data, const double score[],
                                   const double *tau, struct rwe_arena *scratch,
                                   struct rwe_concordance *result, struct rwe_error *error)
{
    enum rwe_status status = rwe_survival_data_check(data, error);
    if (status != RWE_OK)
        return status;
    for (size_t i = 0; i < data->n; i++)
        if (!isfinite(score[i]))
            return rwe_fail(error, RWE_NOT_FINITE, i, "score is not a finite number");
    *result = (struct rwe_concordance){0};
    struct rwe_mark mark = rwe_arena_mark(scratch);
    if (count_all(data, score, tau, scratch, result) != RWE_OK)
        return rwe_fail_memory(error);
    rwe_arena_release(scratch, mark);
    double comparable = result->concordant + result->discordant + result->tied;
    result->index = comparable > 0 ? (result->concordant + result->tied / 2) / comparable : NAN;
    return RWE_OK;
}

enum rwe_status rwe_concordance(const struct rwe_survival_data *data, const double score[],
                                struct rwe_arena *scratch, struct rwe_concordance *result,
                                struct rwe_error *error)
{
    return concordance(data, score, NULL, scratch, result, error);
}

enum rwe_status rwe_uno_concordance(const struct rwe_survival_data *data, const double score[],
                                    double tau, struct rwe_arena *scratch,
                                    struct rwe_concordance *result, struct rwe_error *error)
{
    if (!(tau > 0))
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX, "tau must be above 0");
    if (data->entry != NULL)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "Uno's concordance is not defined with late entry");
    return concordance(data, score, &tau, scratch, result, error);
}
