/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/stats/maxcombo.h"

#include "logrank_private.h"

#include <math.h>
#include <stdbool.h>

enum { MOST = RWE_MAXCOMBO_MOST };

const struct rwe_logrank_weight rwe_maxcombo_weights[MOST] = {
    {.family = RWE_LOGRANK_FLEMING_HARRINGTON, .rho = 0, .gamma = 0},
    {.family = RWE_LOGRANK_FLEMING_HARRINGTON, .rho = 1, .gamma = 0},
    {.family = RWE_LOGRANK_FLEMING_HARRINGTON, .rho = 0, .gamma = 1},
    {.family = RWE_LOGRANK_FLEMING_HARRINGTON, .rho = 1, .gamma = 1},
};

struct sums {
    double difference[MOST];       /* O − E of group 1, by weight */
    double covariance[MOST][MOST]; /* lower triangle */
};

static enum rwe_status check(const struct rwe_event_table *table,
                             const struct rwe_logrank_weight weights[], size_t n_weights,
                             struct rwe_error *error)
{
    if (table->n_groups != 2)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX, "MaxCombo compares two groups");
    if (n_weights < 1 || n_weights > MOST)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX, "MaxCombo takes 1 to 4 weights");
    enum rwe_status status = RWE_OK;
    for (size_t a = 0; a < n_weights && status == RWE_OK; a++)
        status = rwe_logrank_weight_check(weights[a], error);
    return status;
}

static void add_step(const struct rwe_logrank_step *step, const struct rwe_logrank_weight weights[],
                     size_t n_weights, struct sums *sums)
{
    double share = step->at_risk[1] / step->n, w[MOST];
    double difference = step->events[1] - step->d * share;
    double variance = step->spread * share * (1 - share);
    for (size_t a = 0; a < n_weights; a++) {
        w[a] = rwe_logrank_weight_at(weights[a], step);
        sums->difference[a] += w[a] * difference;
        for (size_t b = 0; b <= a; b++)
            sums->covariance[a][b] += w[a] * w[b] * variance;
    }
}

/* Statistics that exist, as z and correlations among them alone; returns how many. */
static size_t standardise(const struct sums *sums, struct rwe_maxcombo *result, double among[])
{
    size_t q = result->n_weights, n = 0, index[MOST];
    for (size_t a = 0; a < q; a++) {
        double variance = sums->covariance[a][a];
        result->z[a] = variance > 0 ? sums->difference[a] / sqrt(variance) : NAN;
        if (variance > 0)
            index[n++] = a;
        for (size_t b = 0; b <= a; b++)
            result->correlation[a * q + b] = result->correlation[b * q + a] =
                a == b ? 1 : sums->covariance[a][b] / sqrt(variance * sums->covariance[b][b]);
    }
    for (size_t a = 0; a < n; a++)
        for (size_t b = 0; b < n; b++)
            among[a * n + b] = result->correlation[index[a] * q + index[b]];
    return n;
}

/* Differences, and the covariance of counts. */
static struct sums sum_up(const struct rwe_event_table *table,
                          const struct rwe_logrank_weight weights[], size_t n_weights)
{
    struct sums sums = {0};
    struct rwe_logrank_walk walk = rwe_logrank_walk_start(table);
    struct rwe_logrank_step step;
    while (rwe_logrank_walk_next(&walk, &step))
        add_step(&step, weights, n_weights, &sums);
    return sums;
}

static enum rwe_status largest(const struct sums *sums, size_t n_weights,
                               struct rwe_maxcombo *result, struct rwe_error *error)
{
    double among[MOST * MOST];
    *result = (struct rwe_maxcombo){.n_weights = n_weights, .statistic = -1};
    size_t n = standardise(sums, result, among);
    if (n == 0)
        return rwe_fail(error, RWE_NOT_ESTIMABLE, RWE_NO_INDEX,
                        "the two groups are never at risk together when an event with weight "
                        "happens");
    for (size_t a = 0; a < n_weights; a++)
        if (fabs(result->z[a]) > result->statistic) {
            result->statistic = fabs(result->z[a]);
            result->best = a;
        }
    result->p_value = rwe_normal_maximum_p(among, n, result->statistic);
    return RWE_OK;
}

enum rwe_status rwe_maxcombo_test(const struct rwe_event_table *table,
                                  const struct rwe_logrank_weight weights[], size_t n_weights,
                                  struct rwe_maxcombo *result, struct rwe_error *error)
{
    enum rwe_status status = check(table, weights, n_weights, error);
    if (status != RWE_OK)
        return status;
    struct sums sums = sum_up(table, weights, n_weights);
    return largest(&sums, n_weights, result, error);
}

/* A statistic without variance as counts has none here either: rounding could leave it some. */
static void robust_covariance(const double *const influence[], size_t n, size_t n_weights,
                              struct sums *sums)
{
    bool varies[MOST];
    for (size_t a = 0; a < n_weights; a++)
        varies[a] = sums->covariance[a][a] > 0;
    for (size_t a = 0; a < n_weights; a++)
        for (size_t b = 0; b <= a; b++) {
            double sum = 0;
            for (size_t c = 0; c < n; c++)
                sum += influence[a][c] * influence[b][c];
            sums->covariance[a][b] = varies[a] && varies[b] ? sum : 0;
        }
}

enum rwe_status rwe_maxcombo_robust(const struct rwe_survival_data *data,
                                    const struct rwe_event_table *table,
                                    const struct rwe_logrank_weight weights[], size_t n_weights,
                                    struct rwe_arena *scratch, struct rwe_maxcombo *result,
                                    struct rwe_error *error)
{
    enum rwe_status status = check(table, weights, n_weights, error);
    if (status != RWE_OK)
        return status;
    size_t n = data->cluster == NULL ? data->n : data->n_clusters;
    struct rwe_mark mark = rwe_arena_mark(scratch);
    const double *influence[MOST];
    for (size_t a = 0; a < n_weights && status == RWE_OK; a++) {
        double *psi = RWE_NEW(scratch, double, n);
        if (psi == NULL)
            return rwe_fail_memory(error);
        status = rwe_logrank_influence(data, table, weights[a], 1, scratch, psi, error);
        influence[a] = psi;
    }
    if (status != RWE_OK)
        return status;
    struct sums sums = sum_up(table, weights, n_weights);
    robust_covariance(influence, n, n_weights, &sums);
    rwe_arena_release(scratch, mark);
    return largest(&sums, n_weights, result, error);
}
