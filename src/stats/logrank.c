/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/stats/logrank.h"

#include "ldl_private.h"
#include "logrank_private.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

static size_t root(size_t parent[], size_t g)
{
    while (parent[g] != g)
        g = parent[g] = parent[parent[g]];
    return g;
}

/* Adds one row's events: given the margins, their split among the groups is hypergeometric,
 *   E_g = d n_g / n,   Cov_gh = d (n − d) / (n − 1) × n_g / n × ([g = h] − n_h / n).
 * A lone survivor's event (n = 1) has no variance. Groups are joined by it to the root of the first
 * group at risk, the smaller number staying the root. */
static void add_step(const struct rwe_logrank_step *step, double weight,
                     struct rwe_logrank_sums *sums)
{
    size_t K = sums->n_groups;
    double spread = weight * weight * step->spread;
    size_t first = K;
    for (size_t g = 0; g < K; g++) {
        double share = step->at_risk[g] / step->n;
        sums->observed[g] += weight * step->events[g];
        sums->expected[g] += weight * (step->d * share);
        if (spread <= 0 || share <= 0)
            continue;
        for (size_t h = 0; h < g; h++)
            sums->covariance[g * K + h] -= spread * share * (step->at_risk[h] / step->n);
        sums->covariance[g * K + g] += spread * share * (1 - share);
        size_t mine = root(sums->parent, g);
        if (first == K)
            first = mine;
        else if (mine < first)
            first = sums->parent[first] = mine;
        else
            sums->parent[mine] = first;
    }
}

enum rwe_status rwe_logrank_sums_new(const struct rwe_event_table *table,
                                     struct rwe_logrank_weight weight, struct rwe_arena *arena,
                                     struct rwe_logrank_sums *sums, struct rwe_error *error)
{
    size_t K = table->n_groups;
    enum rwe_status status = rwe_logrank_weight_check(weight, error);
    if (status != RWE_OK)
        return status;
    *sums = (struct rwe_logrank_sums){
        .n_groups = K,
        .observed = RWE_NEW(arena, double, K),
        .expected = RWE_NEW(arena, double, K),
        .difference = RWE_NEW(arena, double, K),
        .covariance = rwe_arena_alloc(arena, K, K * sizeof *sums->covariance),
        .parent = RWE_NEW(arena, size_t, K),
    };
    if (rwe_arena_failed(arena))
        return rwe_fail_memory(error);
    for (size_t g = 0; g < K; g++)
        sums->parent[g] = g;
    struct rwe_logrank_walk walk = rwe_logrank_walk_start(table);
    struct rwe_logrank_step step;
    size_t n_steps = 0;
    for (; rwe_logrank_walk_next(&walk, &step); n_steps++)
        add_step(&step, rwe_logrank_weight_at(weight, &step), sums);
    if (n_steps == 0)
        return rwe_fail(error, RWE_NOT_ESTIMABLE, RWE_NO_INDEX, "there is no event");
    for (size_t g = 0; g < K; g++) {
        sums->difference[g] = sums->observed[g] - sums->expected[g];
        for (size_t h = 0; h < g; h++)
            sums->covariance[h * K + g] = sums->covariance[g * K + h];
    }
    return RWE_OK;
}

/* O − E sums to 0 over groups that are ever compared, so the first of each such set is redundant:
 * what remains is regular. Within one stratum all groups with an expectation form one set. */
static size_t keep_regular(const struct rwe_logrank_sums *sums, size_t kept[])
{
    size_t rank = 0;
    for (size_t g = 0; g < sums->n_groups; g++)
        if (root(sums->parent, g) != g)
            kept[rank++] = g;
    return rank;
}

enum rwe_status rwe_logrank_chi_square(const struct rwe_logrank_sums *sums, double tolerance,
                                       struct rwe_arena *arena, struct rwe_logrank *result,
                                       struct rwe_error *error)
{
    size_t K = sums->n_groups;
    struct rwe_mark mark = rwe_arena_mark(arena);
    size_t *kept = RWE_NEW(arena, size_t, K);
    double *matrix = rwe_arena_alloc(arena, K, K * sizeof *matrix);
    double *difference = RWE_NEW(arena, double, K);
    if (rwe_arena_failed(arena))
        return rwe_fail_memory(error);
    size_t rank = keep_regular(sums, kept);
    if (rank == 0)
        return rwe_fail(error, RWE_NOT_ESTIMABLE, RWE_NO_INDEX,
                        "no two groups are at risk together at an event that counts");
    for (size_t a = 0; a < rank; a++) {
        difference[a] = sums->difference[kept[a]];
        for (size_t b = 0; b <= a; b++)
            matrix[a * rank + b] = sums->covariance[kept[a] * K + kept[b]];
    }
    if (rwe_ldl_factor(matrix, rank, tolerance) < rank)
        return rwe_fail(error, RWE_NOT_ESTIMABLE, RWE_NO_INDEX,
                        "too little varies for a test of %zu degrees of freedom", rank);
    *result = (struct rwe_logrank){
        .n_groups = K,
        .observed = sums->observed,
        .expected = sums->expected,
        .covariance = sums->covariance,
        .statistic = rwe_ldl_quadratic(matrix, rank, difference),
        .df = (double)rank,
    };
    result->p_value = gsl_cdf_chisq_Q(result->statistic, result->df);
    rwe_arena_release(arena, mark);
    return RWE_OK;
}

enum rwe_status rwe_logrank_weighted(const struct rwe_event_table *table,
                                     struct rwe_logrank_weight weight, struct rwe_arena *arena,
                                     struct rwe_logrank *result, struct rwe_error *error)
{
    struct rwe_logrank_sums sums;
    enum rwe_status status = rwe_logrank_sums_new(table, weight, arena, &sums, error);
    return status == RWE_OK ? rwe_logrank_chi_square(&sums, 0, arena, result, error) : status;
}

enum rwe_status rwe_logrank_test(const struct rwe_event_table *table, struct rwe_arena *arena,
                                 struct rwe_logrank *result, struct rwe_error *error)
{
    return rwe_logrank_weighted(table, (struct rwe_logrank_weight){0}, arena, result, error);
}

enum rwe_status rwe_logrank_trend(const struct rwe_logrank *result, const double scores[],
                                  struct rwe_logrank_trend *trend, struct rwe_error *error)
{
    size_t K = result->n_groups;
    double sum = 0, variance = 0, size = 0;
    /* Scores are taken from the first one: what they have in common cancels, and should do so
     * before it costs digits. */
    for (size_t g = 0; g < K; g++) {
        double a = scores[g] - scores[0];
        if (!isfinite(a))
            return rwe_fail(error, RWE_NOT_FINITE, g,
                            "the score of a group is not a finite number");
        sum += a * (result->observed[g] - result->expected[g]);
        for (size_t h = 0; h < K; h++)
            variance += a * (scores[h] - scores[0]) * result->covariance[g * K + h];
        size += a * a * result->covariance[g * K + g];
    }
    if (!(variance > 1e-12 * size)) /* rounding leaves some 1e-16 of it where nothing varies */
        return rwe_fail(error, RWE_NOT_ESTIMABLE, RWE_NO_INDEX, "nothing varies with the scores");
    trend->z = sum / sqrt(variance);
    trend->statistic = trend->z * trend->z;
    trend->p_value = gsl_cdf_chisq_Q(trend->statistic, 1);
    return RWE_OK;
}
