/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/stats/mahalanobis.h"

#include "rwe/base/language.h"
#include "rwe/base/sort.h"

#include <float.h>
#include <gsl/gsl_eigen.h>
#include <math.h>

/* Covariates about their means, one after another, and what scales them. */
struct scaling {
    size_t n, k;
    const uint8_t *treated;
    enum rwe_mahalanobis_scale scale;
    double *centred; /* k columns of n: value less the mean of the units that the scale looks at */
    double *sd;      /* k */
    double *correlation; /* k × k */
};

static enum rwe_status check_input(const double x[], const struct scaling *s,
                                   struct rwe_error *error)
{
    size_t n_treated = 0;
    if (s->k == 0)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX, "a distance needs a covariate");
    for (size_t i = 0; i < s->k * s->n; i++)
        if (!isfinite(x[i]))
            return rwe_fail(error, RWE_NOT_FINITE, i, "value %zu of covariate %zu is not finite",
                            i % s->n, i / s->n);
    for (size_t i = 0; i < s->n; i++)
        n_treated += s->treated[i] != 0;
    size_t looked_at = s->scale == RWE_MAHALANOBIS_CONTROLS ? s->n - n_treated : s->n;
    size_t means = s->scale == RWE_MAHALANOBIS_WITHIN ? 2 : 1;
    if (looked_at <= means)
        return rwe_fail(error, RWE_NOT_ESTIMABLE, RWE_NO_INDEX,
                        "%zu units are too few for a covariance", looked_at);
    return RWE_OK;
}

/* Ranks from 1, ties with the mean of theirs. */
static enum rwe_status rank(const double x[], size_t n, struct rwe_arena *arena, double ranked[])
{
    struct rwe_mark mark = rwe_arena_mark(arena);
    uint32_t *order = RWE_NEW(arena, uint32_t, n);
    if (order == NULL || rwe_sort_numbers(x, n, arena, order) != RWE_OK)
        return RWE_NO_MEMORY;
    for (size_t begin = 0, end; begin < n; begin = end) {
        for (end = begin + 1; end < n && x[order[end]] == x[order[begin]];)
            end++;
        for (size_t i = begin; i < end; i++)
            ranked[order[i]] = 0.5 * (double)(begin + 1 + end);
    }
    rwe_arena_release(arena, mark);
    return RWE_OK;
}

/* Mean of the units of one arm; of all with arm = −1. Sums start from the first value, so that a
 * constant has exactly its own mean. */
static double mean_of(const double x[], const struct scaling *s, int arm)
{
    double origin = NAN, sum = 0;
    size_t count = 0;
    for (size_t i = 0; i < s->n; i++)
        if (arm < 0 || (s->treated[i] != 0) == arm) {
            origin = count++ == 0 ? x[i] : origin;
            sum += x[i] - origin;
        }
    return origin + sum / (double)count;
}

/* Of two columns, Σ of products about the means that the scale looks at, per degree of freedom. */
static double covariance(const struct scaling *s, const double a[], const double b[])
{
    const bool within = s->scale == RWE_MAHALANOBIS_WITHIN;
    double sum[2] = {0}, mean_a[2] = {0}, mean_b[2] = {0};
    size_t count[2] = {0};
    for (int arm = 0; arm < 2 && within; arm++) {
        mean_a[arm] = mean_of(a, s, arm);
        mean_b[arm] = mean_of(b, s, arm);
    }
    for (size_t i = 0; i < s->n; i++) {
        int arm = s->treated[i] != 0;
        sum[arm] += (a[i] - mean_a[arm]) * (b[i] - mean_b[arm]);
        count[arm]++;
    }
    if (s->scale == RWE_MAHALANOBIS_CONTROLS)
        return sum[0] / ((double)count[0] - 1);
    return (sum[0] + sum[1]) / ((double)s->n - (within ? 2 : 1));
}

static enum rwe_status centre(const double x[], struct scaling *s, struct rwe_arena *arena)
{
    for (size_t j = 0; j < s->k; j++) {
        double *column = s->centred + j * s->n;
        if (s->scale == RWE_MAHALANOBIS_RANKS && rank(x + j * s->n, s->n, arena, column) != RWE_OK)
            return RWE_NO_MEMORY;
        const double *from = s->scale == RWE_MAHALANOBIS_RANKS ? column : x + j * s->n;
        double mean = mean_of(from, s, s->scale == RWE_MAHALANOBIS_CONTROLS ? 0 : -1);
        for (size_t i = 0; i < s->n; i++)
            column[i] = from[i] - mean;
    }
    return RWE_OK;
}

/* What is left of a constant after rounding: its mean times DBL_EPSILON, a few times over. */
static bool is_constant(double sd, const double x[], size_t n)
{
    double largest = 0;
    for (size_t i = 0; i < n; i++)
        largest = fmax(largest, fabs(x[i]));
    return !(sd > 16 * DBL_EPSILON * largest);
}

static enum rwe_status correlate(const double x[], struct scaling *s, struct rwe_error *error)
{
    static const char *const constant[] = {
        [RWE_MAHALANOBIS_WITHIN] = N_("covariate %zu does not vary within the arms"),
        [RWE_MAHALANOBIS_CONTROLS] = N_("covariate %zu does not vary among the controls"),
        [RWE_MAHALANOBIS_RANKS] = N_("covariate %zu does not vary at all"),
    };
    for (size_t j = 0; j < s->k; j++) {
        const double *column = s->centred + j * s->n;
        s->sd[j] = sqrt(covariance(s, column, column));
        if (is_constant(s->sd[j], s->scale == RWE_MAHALANOBIS_RANKS ? column : x + j * s->n, s->n))
            return rwe_fail(error, RWE_COLLINEAR, j, constant[s->scale], j);
    }
    for (size_t a = 0; a < s->k; a++)
        for (size_t b = 0; b <= a; b++)
            s->correlation[a * s->k + b] = s->correlation[b * s->k + a] =
                a == b ? 1
                       : covariance(s, s->centred + a * s->n, s->centred + b * s->n) /
                             (s->sd[a] * s->sd[b]);
    /* Only correlations are of the tied ranks; the variance is that of 1 … n. */
    for (size_t j = 0; j < s->k && s->scale == RWE_MAHALANOBIS_RANKS; j++)
        s->sd[j] = sqrt((double)s->n * ((double)s->n + 1) / 12);
    return RWE_OK;
}

/* Replaces the correlation matrix by its eigenvectors, column by column those that count first, each
 * over the root of its eigenvalue. Not Cholesky's factor, which a determined column would break. */
static enum rwe_status whiten(struct scaling *s, struct rwe_arena *arena, size_t *rank)
{
    double *value = RWE_NEW(arena, double, s->k), *vector = RWE_NEW(arena, double, s->k * s->k);
    /* Not by gsl_eigen_symmv_alloc, which in GSL 2.7 loses memory when it runs out of it half-way. */
    gsl_eigen_symmv_workspace work = {
        .size = s->k,
        .d = RWE_NEW(arena, double, s->k),
        .sd = RWE_NEW(arena, double, s->k),
        .gc = RWE_NEW(arena, double, s->k),
        .gs = RWE_NEW(arena, double, s->k),
    };
    if (rwe_arena_failed(arena))
        return RWE_NO_MEMORY;
    gsl_matrix_view matrix = gsl_matrix_view_array(s->correlation, s->k, s->k);
    gsl_matrix_view vectors = gsl_matrix_view_array(vector, s->k, s->k);
    gsl_vector_view values = gsl_vector_view_array(value, s->k);
    gsl_eigen_symmv(&matrix.matrix, &values.vector, &vectors.matrix, &work);
    gsl_eigen_symmv_sort(&values.vector, &vectors.matrix, GSL_EIGEN_SORT_VAL_DESC);
    for (*rank = 0; *rank < s->k && value[*rank] > sqrt(DBL_EPSILON) * value[0];)
        ++*rank;
    for (size_t j = 0; j < s->k; j++)
        for (size_t r = 0; r < *rank; r++)
            s->correlation[j * s->k + r] = vector[j * s->k + r] / sqrt(value[r]);
    return RWE_OK;
}

static void map_units(const struct scaling *s, size_t rank, double point[])
{
    for (size_t i = 0; i < s->n; i++)
        for (size_t j = 0; j < s->k; j++) {
            double z = s->centred[j * s->n + i] / s->sd[j];
            for (size_t r = 0; r < rank; r++)
                point[i * rank + r] += z * s->correlation[j * s->k + r];
        }
}

enum rwe_status rwe_mahalanobis_map(const double x[], size_t k, const uint8_t treated[], size_t n,
                                    enum rwe_mahalanobis_scale scale, struct rwe_arena *arena,
                                    struct rwe_mahalanobis *result, struct rwe_error *error)
{
    struct scaling s = {.n = n, .k = k, .treated = treated, .scale = scale};
    enum rwe_status status = check_input(x, &s, error);
    if (status != RWE_OK)
        return status;
    double *point = RWE_NEW(arena, double, n *k); /* the rank is not known yet */
    struct rwe_mark mark = rwe_arena_mark(arena);
    s.centred = RWE_NEW(arena, double, n *k);
    s.sd = RWE_NEW(arena, double, k);
    s.correlation = RWE_NEW(arena, double, k *k);
    if (rwe_arena_failed(arena) || centre(x, &s, arena) != RWE_OK)
        return rwe_fail_memory(error);
    status = correlate(x, &s, error);
    if (status != RWE_OK)
        return status;
    size_t rank = 0;
    if (whiten(&s, arena, &rank) != RWE_OK)
        return rwe_fail_memory(error);
    map_units(&s, rank, point);
    *result = (struct rwe_mahalanobis){.rank = rank, .point = point};
    rwe_arena_release(arena, mark);
    return RWE_OK;
}

double rwe_mahalanobis_distance(const void *map, size_t a, size_t b)
{
    const struct rwe_mahalanobis *m = map;
    const double *p = m->point + a * m->rank, *q = m->point + b * m->rank;
    double sum = 0;
    for (size_t r = 0; r < m->rank; r++)
        sum += (p[r] - q[r]) * (p[r] - q[r]);
    return sqrt(sum);
}
