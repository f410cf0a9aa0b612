/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/stats/balance.h"

#include "rwe/base/sort.h"

#include <gsl/gsl_statistics_double.h>
#include <math.h>

/* ---- the overlap of two kernel densities ---- */

/* Points of the grid, and how far the kernel reaches, in bandwidths: what lies beyond is 6e-5 of
 * it. */
enum { POINTS = 1024, REACH = 4 };

/* Silverman's rule of thumb (R's bw.nrd0): 0.9 min(s, IQR / 1.34) n^(−1/5), s alone where the
 * quartiles are equal. */
static double bandwidth(const double sorted[], size_t n)
{
    double sd = gsl_stats_sd(sorted, 1, n);
    double iqr = gsl_stats_quantile_from_sorted_data(sorted, 1, n, 0.75) -
                 gsl_stats_quantile_from_sorted_data(sorted, 1, n, 0.25);
    double spread = iqr > 0 && iqr / 1.34 < sd ? iqr / 1.34 : sd;
    return 0.9 * spread * pow((double)n, -0.2);
}

struct grid {
    double low, step, bandwidth;
};

/* Each value's mass goes to the two points beside it, in the ratio of nearness (linear binning). */
static void bin(const struct grid *grid, const double sorted[], const double mass[], size_t n,
                double binned[])
{
    for (size_t i = 0; i < n; i++) {
        double place = (sorted[i] - grid->low) / grid->step, left = floor(place);
        size_t point = left < POINTS - 2 ? (size_t)left : POINTS - 2;
        double right_part = place - (double)point;
        binned[point] += mass[i] * (1 - right_part);
        binned[point + 1] += mass[i] * right_part;
    }
}

/* Gaussian at 0, 1, … steps, summing to 1 over both sides so that no mass is lost or made. Returns
 * the number of steps to its end. */
static size_t make_kernel(const struct grid *grid, double kernel[])
{
    size_t reach = (size_t)(REACH * grid->bandwidth / grid->step);
    double total = 0;
    for (size_t k = 0; k <= reach; k++) {
        double z = (double)k * grid->step / grid->bandwidth;
        kernel[k] = exp(-z * z / 2);
        total += k == 0 ? kernel[k] : 2 * kernel[k];
    }
    for (size_t k = 0; k <= reach; k++)
        kernel[k] /= total;
    return reach;
}

static double smoothed_size(const double binned[], const double kernel[], size_t reach)
{
    double sum = 0;
    for (size_t i = 0; i < POINTS; i++) {
        size_t first = i > reach ? i - reach : 0;
        size_t last = i + reach < POINTS ? i + reach : POINTS - 1;
        double at = 0;
        for (size_t j = first; j <= last; j++)
            at += binned[j] * kernel[j > i ? j - i : i - j];
        sum += fabs(at);
    }
    return sum;
}

/* 1 − ½ ∫ |f1 − f0| as rwe_balance.overlap describes it. `sorted` holds n values of both groups,
 * ascending; `mass` the share of its group that each has, + for one and − for the other, so that it
 * sums to 0. RWE_OK or RWE_NO_MEMORY. */
static enum rwe_status density_overlap(const double sorted[], const double mass[], size_t n,
                                       struct rwe_arena *scratch, double *overlap)
{
    *overlap = 1;
    if (sorted[0] == sorted[n - 1])
        return RWE_OK;
    struct rwe_mark mark = rwe_arena_mark(scratch);
    double *binned = RWE_NEW(scratch, double, POINTS), *kernel = RWE_NEW(scratch, double, POINTS);
    if (rwe_arena_failed(scratch))
        return RWE_NO_MEMORY;
    struct grid grid = {.bandwidth = bandwidth(sorted, n)};
    double margin = REACH * grid.bandwidth;
    grid.low = sorted[0] - margin;
    grid.step = (sorted[n - 1] + margin - grid.low) / (POINTS - 1);
    bin(&grid, sorted, mass, n, binned);
    size_t reach = make_kernel(&grid, kernel);
    *overlap = 1 - smoothed_size(binned, kernel, reach) / 2;
    rwe_arena_release(scratch, mark);
    return RWE_OK;
}

/* ---- means, variances, distances ---- */

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

/* Two passes: means first, then squares about them. */
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

/* Values in ascending order, each with its share of its arm: + treated, − control. */
struct sorted {
    size_t n;
    double *value, *mass;
};

static enum rwe_status sort_values(const struct rwe_balance_data *data, const struct arms *arms,
                                   struct rwe_arena *scratch, struct sorted *sorted)
{
    double *value = RWE_NEW(scratch, double, data->n), *mass = RWE_NEW(scratch, double, data->n);
    uint32_t *order = RWE_NEW(scratch, uint32_t, data->n);
    *sorted = (struct sorted){.value = RWE_NEW(scratch, double, data->n),
                              .mass = RWE_NEW(scratch, double, data->n)};
    if (rwe_arena_failed(scratch))
        return RWE_NO_MEMORY;
    for (size_t i = 0; i < data->n; i++) {
        double w = weight_of(data, i);
        if (w == 0)
            continue;
        bool treated = data->treated[i] != 0;
        value[sorted->n] = data->value[i];
        mass[sorted->n++] = treated ? w / arms->treated.sum_w : -w / arms->control.sum_w;
    }
    if (rwe_sort_numbers(value, sorted->n, scratch, order) != RWE_OK)
        return RWE_NO_MEMORY;
    for (size_t i = 0; i < sorted->n; i++) {
        sorted->value[i] = value[order[i]];
        sorted->mass[i] = mass[order[i]];
    }
    return RWE_OK;
}

/* F treated − F control after each distinct value: the greatest size (Kolmogorov–Smirnov) and the
 * mean. The arms are summed apart, so that equal distributions differ by 0 exactly. */
static void compare_distributions(const struct sorted *sorted, struct rwe_balance *result)
{
    double control = 0, treated = 0, greatest = 0, sum = 0;
    size_t n_distinct = 0;
    for (size_t i = 0, end; i < sorted->n; i = end) {
        for (end = i; end < sorted->n && sorted->value[end] == sorted->value[i]; end++)
            *(sorted->mass[end] > 0 ? &treated : &control) += fabs(sorted->mass[end]);
        double gap = end == sorted->n ? 0 : fabs(treated - control); /* both are 1 at the end */
        greatest = gap > greatest ? gap : greatest;
        sum += gap;
        n_distinct++;
    }
    result->ks = greatest;
    result->ecdf_mean = sum / (double)n_distinct;
}

static enum rwe_status measure_distances(const struct rwe_balance_data *data,
                                         const struct arms *arms, struct rwe_arena *scratch,
                                         struct rwe_balance *result)
{
    struct sorted sorted;
    struct rwe_mark mark = rwe_arena_mark(scratch);
    enum rwe_status status = sort_values(data, arms, scratch, &sorted);
    if (status != RWE_OK)
        return status;
    compare_distributions(&sorted, result);
    status = density_overlap(sorted.value, sorted.mass, sorted.n, scratch, &result->overlap);
    if (status == RWE_OK)
        rwe_arena_release(scratch, mark);
    return status;
}

static struct rwe_balance compare_means(const struct arms *arms, double denominator)
{
    struct rwe_balance result = {NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
    double difference = arms->treated.mean - arms->control.mean;
    if (isnan(difference))
        return result;
    double both = arms->treated.sum_w + arms->control.sum_w;
    result.mean_treated = arms->treated.mean;
    result.mean_control = arms->control.mean;
    result.mean = arms->control.mean + difference * (arms->treated.sum_w / both);
    result.smd = standardize(difference, denominator);
    return result;
}

struct rwe_balance rwe_balance_of_means(const struct rwe_balance_data *data, double denominator)
{
    struct arms arms = measure_arms(data);
    return compare_means(&arms, denominator);
}

enum rwe_status rwe_balance_measure(const struct rwe_balance_data *data, double denominator,
                                    struct rwe_arena *scratch, struct rwe_balance *result)
{
    struct arms arms = measure_arms(data);
    *result = compare_means(&arms, denominator);
    if (isnan(result->mean))
        return RWE_OK;
    if (data->binary) { /* two steps of the distribution functions, at 0 and at 1 */
        double gap = fabs(result->mean_treated - result->mean_control);
        result->ks = result->ecdf_mean = gap;
        result->overlap = 1 - gap;
        return RWE_OK;
    }
    result->variance_ratio = variance(&arms.treated, false) / variance(&arms.control, false);
    return measure_distances(data, &arms, scratch, result);
}
