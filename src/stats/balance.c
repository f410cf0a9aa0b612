/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/stats/balance.h"

#include "rwe/base/sort.h"

#include <math.h>

/* First and second moments of one arm. */
struct moments {
    double sum_w, sum_w2; /* Σw, Σw² */
    double mean;
    double squares; /* Σw (x − mean)² */
};

struct arms {
    struct moments control, treated;
};

static inline double weight_of(const struct rwe_balance_data *data, size_t i)
{
    if (isnan(data->value[i]))
        return 0;
    return data->weight == NULL ? 1 : data->weight[i];
}

static inline struct moments *arm_of(struct arms *arms, const struct rwe_balance_data *data,
                                     size_t i)
{
    return data->treated[i] != 0 ? &arms->treated : &arms->control;
}

/* Sums start from the first value, so that a constant has exactly its own mean and no variance,
 * whatever the weights. */
static double origin_of(const struct rwe_balance_data *data)
{
    for (size_t i = 0; i < data->n; i++)
        if (weight_of(data, i) != 0)
            return data->value[i];
    return NAN;
}

static struct arms measure_arms(const struct rwe_balance_data *data)
{
    struct arms arms = {0};
    double origin = origin_of(data);
    for (size_t i = 0; i < data->n; i++) {
        double w = weight_of(data, i);
        if (w == 0)
            continue;
        struct moments *arm = arm_of(&arms, data, i);
        arm->sum_w += w;
        arm->sum_w2 += w * w;
        arm->mean += w * (data->value[i] - origin);
    }
    arms.control.mean = origin + arms.control.mean / arms.control.sum_w; /* NaN: an empty arm */
    arms.treated.mean = origin + arms.treated.mean / arms.treated.sum_w;
    for (size_t i = 0; i < data->n; i++) {
        double w = weight_of(data, i);
        if (w == 0)
            continue;
        struct moments *arm = arm_of(&arms, data, i);
        arm->squares += w * (data->value[i] - arm->mean) * (data->value[i] - arm->mean);
    }
    return arms;
}

/* Σw (x − mean)² / (Σw − Σw² / Σw), the unbiased variance under reliability weights: n − 1 when all
 * weights are 1, and the same when all are doubled (R's cov.wt). p (1 − p) for a 0/1 variable. */
static double variance(const struct moments *arm, bool binary)
{
    if (binary)
        return arm->mean * (1 - arm->mean);
    return arm->squares / (arm->sum_w - arm->sum_w2 / arm->sum_w);
}

double rwe_balance_denominator(const struct rwe_balance_data *whole_cohort)
{
    struct rwe_balance_data unweighted = *whole_cohort;
    unweighted.weight = NULL;
    struct arms arms = measure_arms(&unweighted);
    return sqrt(
        (variance(&arms.treated, unweighted.binary) + variance(&arms.control, unweighted.binary)) /
        2);
}

static double standardize(double difference, double denominator)
{
    if (denominator == 0)
        return difference == 0 ? 0 : NAN;
    return difference / denominator;
}

/* max |F treated − F control| (Kolmogorov–Smirnov), the steps of tied values taken together. */
static double ks_distance(const struct rwe_balance_data *data, const struct arms *arms,
                          const double value[], const uint32_t unit[], const uint32_t order[],
                          size_t n)
{
    double control = 0, treated = 0, greatest = 0;
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i; end < n && value[order[end]] == value[order[i]]; end++) {
            double w = weight_of(data, unit[order[end]]);
            if (data->treated[unit[order[end]]] != 0)
                treated += w;
            else
                control += w;
        }
        double gap = fabs(treated / arms->treated.sum_w - control / arms->control.sum_w);
        greatest = gap > greatest ? gap : greatest;
    }
    return greatest;
}

static enum rwe_status measure_ks(const struct rwe_balance_data *data, const struct arms *arms,
                                  struct rwe_arena *scratch, double *ks)
{
    struct rwe_mark mark = rwe_arena_mark(scratch);
    double *value = RWE_NEW(scratch, double, data->n);
    uint32_t *unit = RWE_NEW(scratch, uint32_t, data->n);
    uint32_t *order = RWE_NEW(scratch, uint32_t, data->n);
    size_t n = 0;
    if (rwe_arena_failed(scratch))
        return RWE_NO_MEMORY;
    for (size_t i = 0; i < data->n; i++) {
        if (weight_of(data, i) == 0)
            continue;
        value[n] = data->value[i];
        unit[n++] = (uint32_t)i;
    }
    if (rwe_sort_numbers(value, n, scratch, order) != RWE_OK)
        return RWE_NO_MEMORY;
    *ks = ks_distance(data, arms, value, unit, order, n);
    rwe_arena_release(scratch, mark);
    return RWE_OK;
}

enum rwe_status rwe_balance_measure(const struct rwe_balance_data *data, double denominator,
                                    struct rwe_arena *scratch, struct rwe_balance *result)
{
    *result = (struct rwe_balance){NAN, NAN, NAN, NAN, NAN};
    struct arms arms = measure_arms(data);
    double difference = arms.treated.mean - arms.control.mean;
    if (isnan(difference))
        return RWE_OK;
    result->mean_treated = arms.treated.mean;
    result->mean_control = arms.control.mean;
    result->smd = standardize(difference, denominator);
    if (data->binary) { /* two steps of the distribution functions, at 0 and at 1 */
        result->ks = fabs(difference);
        return RWE_OK;
    }
    result->variance_ratio = variance(&arms.treated, false) / variance(&arms.control, false);
    return measure_ks(data, &arms, scratch, &result->ks);
}
