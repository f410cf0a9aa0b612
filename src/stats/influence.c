/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/stats/influence.h"

#include "rwe/base/language.h"
#include <string.h>

static enum rwe_status check_codes(const uint32_t code[], size_t n, size_t n_levels,
                                   const char *what, struct rwe_error *error)
{
    for (size_t i = 0; code != NULL && i < n; i++)
        if (code[i] >= n_levels)
            return rwe_fail(error, RWE_BAD_INPUT, i, what, code[i]);
    return RWE_OK;
}

enum rwe_status rwe_dependence_check(const struct rwe_dependence *rows, struct rwe_error *error)
{
    const struct rwe_weight_estimation *e = rows->estimation;
    enum rwe_status status = check_codes(rows->cluster, rows->n, rows->n_clusters,
                                         N_("cluster %u is out of range"), error);
    if (status == RWE_OK)
        status = check_codes(rows->subject, rows->n, rows->n_subjects,
                             N_("subject %u is out of range"), error);
    if (status != RWE_OK)
        return status;
    if (rows->crossed && (rows->cluster == NULL || rows->subject == NULL))
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "crossed rows without clusters or subjects");
    if (e == NULL || rows->crossed)
        return RWE_OK;
    if (rows->subject == NULL || rows->n_subjects != e->n_subjects)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "the subjects are not those whose weights were estimated");
    if (rows->cluster != NULL && (e->cluster == NULL || e->n_clusters != rows->n_clusters))
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "the clusters are not those of the estimation of weights");
    return RWE_OK;
}

size_t rwe_clusterings(const struct rwe_dependence *rows,
                       struct rwe_clustering ways[RWE_MOST_CLUSTERINGS])
{
    const struct rwe_clustering by_subject = {rows->subject, rows->n_subjects, 1};
    const struct rwe_clustering by_cluster = {rows->cluster, rows->n_clusters, 1};
    if (rows->crossed) {
        ways[0] = by_cluster;
        ways[1] = by_subject;
        ways[2] = (struct rwe_clustering){NULL, rows->n, -1};
        return 3;
    }
    /* Without clusters a subject has one row, but the model of the weights has subjects without. */
    ways[0] = rows->cluster != NULL      ? by_cluster
              : rows->estimation != NULL ? by_subject
                                         : (struct rwe_clustering){NULL, rows->n, 1};
    return 1;
}

/* Where the estimates of one call are summed. */
struct sums {
    size_t k, n;
    double *of; /* [cluster * k + j] */
};

static void add_rows(const double influence[], const struct rwe_dependence *rows,
                     const struct rwe_clustering *way, struct sums *sums)
{
    size_t k = sums->k;
    for (size_t i = 0; i < rows->n; i++) {
        double *to = sums->of + (way->code == NULL ? i : way->code[i]) * k;
        for (size_t j = 0; j < k; j++)
            to[j] += influence[i * k + j];
    }
}

static const struct rwe_weight_estimation *estimation_of(const struct rwe_dependence *rows)
{
    return rows->crossed ? NULL : rows->estimation;
}

/* The code that subject s has in the only way there is beside estimation. */
static size_t code_of_subject(const struct rwe_dependence *rows, size_t s)
{
    return rows->cluster == NULL ? s : rows->estimation->cluster[s];
}

/* D = Σ ψ slope', k × q. */
static void find_slopes(const double influence[], size_t k, const struct rwe_dependence *rows,
                        double D[])
{
    size_t q = rows->estimation->n_parameters;
    for (size_t i = 0; i < rows->n; i++) {
        const double *slope = rows->estimation->slope + (size_t)rows->subject[i] * q;
        for (size_t j = 0; j < k; j++)
            for (size_t m = 0; m < q; m++)
                D[j * q + m] += influence[i * k + j] * slope[m];
    }
}

/* Every subject of the model of the weights moves γ, also one without a row. */
static enum rwe_status add_estimation(const double influence[], const struct rwe_dependence *rows,
                                      struct rwe_arena *scratch, struct sums *sums)
{
    const struct rwe_weight_estimation *e = rows->estimation;
    size_t q = e->n_parameters, k = sums->k;
    double *D = rwe_arena_alloc(scratch, k, q * sizeof *D);
    if (rwe_arena_failed(scratch))
        return RWE_NO_MEMORY;
    find_slopes(influence, k, rows, D);
    for (size_t s = 0; s < e->n_subjects; s++) {
        double *to = sums->of + code_of_subject(rows, s) * k;
        for (size_t j = 0; j < k; j++)
            for (size_t m = 0; m < q; m++)
                to[j] += D[j * q + m] * e->influence[s * q + m];
    }
    return RWE_OK;
}

static void add_squares(const struct sums *sums, double sign, double covariance[])
{
    size_t k = sums->k;
    for (size_t c = 0; c < sums->n; c++)
        for (size_t j = 0; j < k; j++)
            for (size_t m = 0; m <= j; m++)
                covariance[j * k + m] += sign * (sums->of[c * k + j] * sums->of[c * k + m]);
}

static enum rwe_status add_way(const double influence[], const struct rwe_dependence *rows,
                               const struct rwe_clustering *way, struct rwe_arena *scratch,
                               size_t k, double covariance[])
{
    struct rwe_mark mark = rwe_arena_mark(scratch);
    struct sums sums = {k, way->n, rwe_arena_alloc(scratch, way->n, k * sizeof(double))};
    if (rwe_arena_failed(scratch))
        return RWE_NO_MEMORY;
    add_rows(influence, rows, way, &sums);
    if (estimation_of(rows) != NULL && add_estimation(influence, rows, scratch, &sums) != RWE_OK)
        return RWE_NO_MEMORY;
    add_squares(&sums, way->sign, covariance);
    rwe_arena_release(scratch, mark);
    return RWE_OK;
}

/* Three parts with signs need not make a variance; the first alone does. */
static bool has_negative_variance(const double covariance[], size_t k)
{
    for (size_t j = 0; j < k; j++)
        if (covariance[j * k + j] < 0)
            return true;
    return false;
}

enum rwe_status rwe_influence_covariance(const double influence[], size_t k,
                                         const struct rwe_dependence *rows,
                                         struct rwe_arena *scratch, double covariance[])
{
    struct rwe_clustering ways[RWE_MOST_CLUSTERINGS];
    size_t n_ways = rwe_clusterings(rows, ways);
    for (;;) {
        memset(covariance, 0, k * k * sizeof *covariance);
        for (size_t w = 0; w < n_ways; w++)
            if (add_way(influence, rows, &ways[w], scratch, k, covariance) != RWE_OK)
                return RWE_NO_MEMORY;
        if (n_ways == 1 || !has_negative_variance(covariance, k))
            break;
        n_ways = 1;
    }
    for (size_t j = 0; j < k; j++)
        for (size_t m = 0; m < j; m++)
            covariance[m * k + j] = covariance[j * k + m];
    return RWE_OK;
}

enum rwe_status rwe_estimation_sums(const struct rwe_dependence *rows, struct rwe_arena *arena,
                                    struct rwe_estimation_sums *sums)
{
    const struct rwe_weight_estimation *estimation = estimation_of(rows);
    *sums = (struct rwe_estimation_sums){0};
    if (estimation == NULL)
        return RWE_OK;
    size_t q = estimation->n_parameters;
    size_t n = rows->cluster == NULL ? estimation->n_subjects : rows->n_clusters;
    double *total = rwe_arena_alloc(arena, n, q * sizeof *total);
    double *square = rwe_arena_alloc(arena, q, q * sizeof *square);
    if (rwe_arena_failed(arena))
        return RWE_NO_MEMORY;
    for (size_t s = 0; s < estimation->n_subjects; s++) {
        size_t c = code_of_subject(rows, s);
        for (size_t m = 0; m < q; m++)
            total[c * q + m] += estimation->influence[s * q + m];
    }
    for (size_t c = 0; c < n; c++)
        for (size_t j = 0; j < q; j++)
            for (size_t m = 0; m < q; m++)
                square[j * q + m] += total[c * q + j] * total[c * q + m];
    *sums = (struct rwe_estimation_sums){q, total, square};
    return RWE_OK;
}
