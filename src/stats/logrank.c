/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/stats/logrank.h"

#include "ldl_private.h"

#include <gsl/gsl_cdf.h>

struct sums {
    size_t n_groups;
    double *observed, *expected;
    double *covariance; /* n_groups × n_groups, lower triangle */
    size_t *parent;     /* union–find over groups: joined once at risk together at an event */
};

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
static void add_row(const double at_risk[], const double events[], struct sums *sums)
{
    size_t K = sums->n_groups;
    double n = 0, d = 0;
    for (size_t g = 0; g < K; g++) {
        n += at_risk[g];
        d += events[g];
    }
    if (d <= 0)
        return;
    double spread = n > 1 && n > d ? d * (n - d) / (n - 1) : 0;
    size_t first = K;
    for (size_t g = 0; g < K; g++) {
        double share = at_risk[g] / n;
        sums->observed[g] += events[g];
        sums->expected[g] += d * share;
        if (spread <= 0 || share <= 0)
            continue;
        for (size_t h = 0; h < g; h++)
            sums->covariance[g * K + h] -= spread * share * (at_risk[h] / n);
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

/* O − E sums to 0 over groups that are ever compared, so the first of each such set is redundant:
 * what remains is regular. Within one stratum all groups with an expectation form one set. */
static size_t keep_regular(const struct sums *sums, size_t kept[])
{
    size_t rank = 0;
    for (size_t g = 0; g < sums->n_groups; g++)
        if (root(sums->parent, g) != g)
            kept[rank++] = g;
    return rank;
}

static enum rwe_status chi_square(const struct sums *sums, struct rwe_arena *scratch,
                                  struct rwe_logrank *result, struct rwe_error *error)
{
    size_t K = sums->n_groups;
    size_t *kept = RWE_NEW(scratch, size_t, K);
    double *matrix = rwe_arena_alloc(scratch, K, K * sizeof *matrix);
    double *difference = RWE_NEW(scratch, double, K);
    if (rwe_arena_failed(scratch))
        return rwe_fail_memory(error);
    size_t rank = keep_regular(sums, kept);
    for (size_t a = 0; a < rank; a++) {
        difference[a] = sums->observed[kept[a]] - sums->expected[kept[a]];
        for (size_t b = 0; b <= a; b++)
            matrix[a * rank + b] = sums->covariance[kept[a] * K + kept[b]];
    }
    if (rank == 0 || rwe_ldl_factor(matrix, rank, 0) < rank)
        return rwe_fail(error, RWE_NOT_ESTIMABLE, RWE_NO_INDEX,
                        "no two groups are at risk together when an event happens");
    result->statistic = rwe_ldl_quadratic(matrix, rank, difference);
    result->df = (double)rank;
    result->p_value = gsl_cdf_chisq_Q(result->statistic, result->df);
    return RWE_OK;
}

enum rwe_status rwe_logrank_test(const struct rwe_event_table *table, struct rwe_arena *arena,
                                 struct rwe_logrank *result, struct rwe_error *error)
{
    size_t K = table->n_groups;
    struct sums sums = {
        .n_groups = K,
        .observed = RWE_NEW(arena, double, K),
        .expected = RWE_NEW(arena, double, K),
    };
    struct rwe_mark mark = rwe_arena_mark(arena);
    sums.covariance = rwe_arena_alloc(arena, K, K * sizeof *sums.covariance);
    sums.parent = RWE_NEW(arena, size_t, K);
    if (rwe_arena_failed(arena))
        return rwe_fail_memory(error);
    for (size_t g = 0; g < K; g++)
        sums.parent[g] = g;
    for (size_t row = 0; row < table->n_rows; row++)
        add_row(table->at_risk + row * K, table->events + row * K, &sums);
    double n_events = 0;
    for (size_t g = 0; g < K; g++)
        n_events += sums.observed[g];
    if (n_events <= 0)
        return rwe_fail(error, RWE_NOT_ESTIMABLE, RWE_NO_INDEX, "there is no event");
    *result =
        (struct rwe_logrank){.n_groups = K, .observed = sums.observed, .expected = sums.expected};
    enum rwe_status status = chi_square(&sums, arena, result, error);
    rwe_arena_release(arena, mark);
    return status;
}
