/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/stats/proportion.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

struct rwe_interval rwe_proportion_wilson(double x, double n, double conf_level)
{
    if (!(n >= 1))
        return (struct rwe_interval){NAN, NAN, NAN};
    double z = gsl_cdf_ugaussian_Qinv((1 - conf_level) / 2), z2 = z * z;
    double p = x / n;
    double middle = (x + z2 / 2) / (n + z2);
    double half = z * sqrt(x * (1 - p) + z2 / 4) / (n + z2);
    /* At x = 0 and x = n a limit is 0 or 1 itself, which rounding would miss. */
    return (struct rwe_interval){
        .estimate = p, .low = x == 0 ? 0 : middle - half, .high = x == n ? 1 : middle + half};
}

struct rwe_interval rwe_proportion_difference(double x1, double n1, double x2, double n2,
                                              double conf_level)
{
    struct rwe_interval a = rwe_proportion_wilson(x1, n1, conf_level);
    struct rwe_interval b = rwe_proportion_wilson(x2, n2, conf_level);
    double difference = a.estimate - b.estimate;
    return (struct rwe_interval){
        .estimate = difference,
        .low = difference - hypot(a.estimate - a.low, b.high - b.estimate),
        .high = difference + hypot(a.high - a.estimate, b.estimate - b.low),
    };
}

/* Correlation of the members of a pair, with Newcombe's continuity correction: positive ad − bc is
 * taken n/2 nearer to 0. 0 when a margin is empty. */
static double pair_correlation(struct rwe_paired_counts pairs)
{
    double a = pairs.both, b = pairs.first_only, c = pairs.second_only, d = pairs.neither;
    double margins = (a + b) * (c + d) * (a + c) * (b + d);
    double product = a * d - b * c;
    if (margins == 0)
        return 0;
    if (product > 0)
        product = fmax(product - (a + b + c + d) / 2, 0);
    return product / sqrt(margins);
}

/* Side of a triangle with sides a, b and the cosine r between them. */
static double third_side(double a, double b, double r)
{
    return sqrt(fmax(a * a - 2 * r * a * b + b * b, 0));
}

struct rwe_interval rwe_proportion_paired_difference(struct rwe_paired_counts pairs,
                                                     double conf_level)
{
    double n = pairs.both + pairs.first_only + pairs.second_only + pairs.neither;
    struct rwe_interval first = rwe_proportion_wilson(pairs.both + pairs.first_only, n, conf_level);
    struct rwe_interval second =
        rwe_proportion_wilson(pairs.both + pairs.second_only, n, conf_level);
    double r = pair_correlation(pairs);
    double difference = (pairs.first_only - pairs.second_only) / n;
    return (struct rwe_interval){
        .estimate = n >= 1 ? difference : NAN,
        .low =
            difference - third_side(first.estimate - first.low, second.high - second.estimate, r),
        .high =
            difference + third_side(first.high - first.estimate, second.estimate - second.low, r),
    };
}

/* 2 × 2 tables with the margins of the one observed, told apart by x, the first cell. */
struct tables {
    double n1, n2, successes;
    double lowest, highest; /* x */
};

static double mode_of(const struct tables *t)
{
    double mode = floor((t->n1 + 1) * (t->successes + 1) / (t->n1 + t->n2 + 2));
    return fmin(fmax(mode, t->lowest), t->highest);
}

/* P(x + 1) / P(x) of the hypergeometric distribution. */
static double ratio_up(const struct tables *t, double x)
{
    return (t->n1 - x) / (x + 1) * ((t->successes - x) / (t->n2 - t->successes + x + 1));
}

/* The next table away from the mode, and its probability. */
static double step_out(const struct tables *t, double *x, int direction, double probability)
{
    if (direction > 0) {
        probability *= ratio_up(t, *x);
        *x += 1;
    } else {
        *x -= 1;
        probability /= ratio_up(t, *x);
    }
    return probability;
}

static int has_next(const struct tables *t, double x, int direction)
{
    return direction > 0 ? x < t->highest : x > t->lowest;
}

/* Walks from the mode to one end. Adds to `sum` the probabilities, and to `tail` those of at most
 * `limit`. */
static void add_side(const struct tables *t, int direction, double limit, double *sum, double *tail)
{
    double x = mode_of(t), probability = 1;
    while (probability > 0 && has_next(t, x, direction)) {
        probability = step_out(t, &x, direction, probability);
        *sum += probability;
        *tail += probability <= limit ? probability : 0;
    }
}

/* Probabilities are relative to that of the mode. So no gamma function is needed, which near a
 * million would cost the tenth digit; the walk ends where they leave the range of a double, some 40
 * standard deviations out. */
double rwe_proportion_fisher(unsigned x1, unsigned n1, unsigned x2, unsigned n2)
{
    if (x1 > n1 || x2 > n2)
        return NAN;
    struct tables t = {.n1 = n1, .n2 = n2, .successes = (double)x1 + x2};
    t.lowest = fmax(0, t.successes - t.n2);
    t.highest = fmin(t.n1, t.successes);
    double x = mode_of(&t), observed = 1;
    int direction = x1 > x ? 1 : -1;
    while (x != x1 && observed > 0)
        observed = step_out(&t, &x, direction, observed);
    double limit = observed * (1 + 1e-7), sum = 1, tail = limit >= 1 ? 1 : 0;
    add_side(&t, 1, limit, &sum, &tail);
    add_side(&t, -1, limit, &sum, &tail);
    return tail / sum;
}

double rwe_proportion_mcnemar(struct rwe_paired_counts pairs)
{
    double fewer = fmin(pairs.first_only, pairs.second_only);
    double discordant = pairs.first_only + pairs.second_only;
    if (fewer == pairs.first_only && fewer == pairs.second_only)
        return 1; /* evenly split, or none at all */
    return 2 * gsl_cdf_binomial_P((unsigned)fewer, 0.5, (unsigned)discordant);
}
