/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/stats/proportion.h"

#include "bisect.h"
#include "lattice.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

/* ---- Wilson's limits ---- */

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

/* Limits of one proportion, of a difference and of a ratio. */

static double normal_limit(double conf_level)
{
    return gsl_cdf_ugaussian_Qinv((1 - conf_level) / 2);
}

/* ---- one proportion ---- */

struct beta {
    double a, b;
};

static double below(double x, const void *beta)
{
    const struct beta *d = beta;
    return -gsl_cdf_beta_P(x, d->a, d->b);
}

static double above(double x, const void *beta)
{
    const struct beta *d = beta;
    return gsl_cdf_beta_Q(x, d->a, d->b);
}

static struct rwe_interval clopper_pearson(double x, double n, double tail)
{
    struct rwe_interval p = {.estimate = x / n, .low = 0, .high = 1};
    if (x > 0)
        p.low = rwe_bisect(below, &(struct beta){x, n - x + 1}, -tail, 0, 1);
    if (x < n)
        p.high = rwe_bisect(above, &(struct beta){x + 1, n - x}, tail, 0, 1);
    return p;
}

static struct rwe_interval jeffreys(double x, double n, double tail)
{
    struct beta posterior = {x + 0.5, n - x + 0.5};
    struct rwe_interval p = {.estimate = x / n, .low = 0, .high = 1};
    if (x > 0)
        p.low = rwe_bisect(below, &posterior, -tail, 0, 1);
    if (x < n)
        p.high = rwe_bisect(above, &posterior, tail, 0, 1);
    return p;
}

static struct rwe_interval around(double estimate, double centre, double half)
{
    return (struct rwe_interval){
        .estimate = estimate, .low = fmax(centre - half, 0), .high = fmin(centre + half, 1)};
}

static struct rwe_interval agresti_coull(double x, double n, double z)
{
    double larger = n + z * z;
    double p = (x + z * z / 2) / larger;
    return around(x / n, p, z * sqrt(p * (1 - p) / larger));
}

struct rwe_interval rwe_proportion_limits(double x, double n, enum rwe_proportion_method method,
                                          double conf_level)
{
    double z = normal_limit(conf_level), p = x / n;
    if (!(n >= 1 && x >= 0 && x <= n))
        return (struct rwe_interval){NAN, NAN, NAN};
    switch (method) {
    case RWE_PROPORTION_WILSON:
        return rwe_proportion_wilson(x, n, conf_level);
    case RWE_PROPORTION_CLOPPER_PEARSON:
        return clopper_pearson(x, n, (1 - conf_level) / 2);
    case RWE_PROPORTION_JEFFREYS:
        return jeffreys(x, n, (1 - conf_level) / 2);
    case RWE_PROPORTION_AGRESTI_COULL:
        return agresti_coull(x, n, z);
    case RWE_PROPORTION_WALD:
        return around(p, p, z * sqrt(p * (1 - p) / n));
    }
    return (struct rwe_interval){NAN, NAN, NAN};
}

/* ---- Miettinen & Nurminen ---- */

/* A table and what p1 − p2, or p1 / p2, is held at. */
struct held {
    const struct rwe_two_by_two *table;
    double at;
};

/* Slope of the log-likelihood in p2 when p1 = p2 + d; it falls in p2. */
static double slope(double p2, const void *context)
{
    const struct held *held = context;
    const struct rwe_two_by_two *t = held->table;
    double p1 = p2 + held->at;
    double up = (t->x1 > 0 ? t->x1 / p1 : 0) + (t->x2 > 0 ? t->x2 / p2 : 0);
    double down = (t->x1 < t->n1 ? (t->n1 - t->x1) / (1 - p1) : 0) +
                  (t->x2 < t->n2 ? (t->n2 - t->x2) / (1 - p2) : 0);
    return up - down;
}

static double score_error(const struct rwe_two_by_two *t, double p1, double p2, double weight)
{
    double n = t->n1 + t->n2;
    double variance = p1 * (1 - p1) / t->n1 + weight * weight * p2 * (1 - p2) / t->n2;
    return sqrt(variance * n / (n - 1));
}

/* How many standard errors the observed difference lies above d, with p1 and p2 at their most likely
 * values for which p1 − p2 = d. The paper has them in closed form, as a root of a cubic by cosines;
 * found by halving they are right near the ends of the range too, where the cosines cancel. */
static double difference_score(double d, const void *table)
{
    const struct rwe_two_by_two *t = table;
    struct held held = {t, d};
    double p2 = rwe_bisect(slope, &held, 0, fmax(0, -d), fmin(1, 1 - d));
    return (t->x1 / t->n1 - t->x2 / t->n2 - d) / score_error(t, p2 + d, p2, 1);
}

static struct rwe_interval difference_by_score(const struct rwe_two_by_two *t, double z)
{
    double d = t->x1 / t->n1 - t->x2 / t->n2;
    return (struct rwe_interval){
        .estimate = d,
        .low = d > -1 ? rwe_bisect(difference_score, t, z, -1, d) : -1,
        .high = d < 1 ? rwe_bisect(difference_score, t, -z, d, 1) : 1,
    };
}

/* The same for p1 / p2, where the most likely p2 is the lesser root of a quadratic. */
static double ratio_score(double log_ratio, const void *table)
{
    const struct rwe_two_by_two *t = table;
    double ratio = exp(log_ratio);
    double a = (t->n1 + t->n2) * ratio;
    double b = t->n1 * ratio + t->x1 + t->n2 + t->x2 * ratio;
    double c = t->x1 + t->x2;
    double p2 = 2 * c / (b + sqrt(fmax(b * b - 4 * a * c, 0)));
    return (t->x1 / t->n1 - ratio * (t->x2 / t->n2)) / score_error(t, ratio * p2, p2, ratio);
}

/* ---- two proportions ---- */

static int is_table(const struct rwe_two_by_two *t)
{
    return t->n1 >= 1 && t->n2 >= 1 && t->x1 >= 0 && t->x1 <= t->n1 && t->x2 >= 0 && t->x2 <= t->n2;
}

static struct rwe_interval difference_by_wald(const struct rwe_two_by_two *t, double z,
                                              int corrected)
{
    double p1 = t->x1 / t->n1, p2 = t->x2 / t->n2, d = p1 - p2;
    double sizes = 1 / t->n1 + 1 / t->n2;
    double half = z * sqrt(p1 * (1 - p1) / t->n1 + p2 * (1 - p2) / t->n2) +
                  (corrected ? fmin(sizes / 2, fabs(d)) : 0);
    return (struct rwe_interval){
        .estimate = d, .low = fmax(d - half, -1), .high = fmin(d + half, 1)};
}

struct rwe_interval rwe_proportion_difference_by(const struct rwe_two_by_two *t,
                                                 enum rwe_difference_method method,
                                                 double conf_level)
{
    if (!is_table(t))
        return (struct rwe_interval){NAN, NAN, NAN};
    switch (method) {
    case RWE_DIFFERENCE_NEWCOMBE:
        return rwe_proportion_difference(t->x1, t->n1, t->x2, t->n2, conf_level);
    case RWE_DIFFERENCE_MIETTINEN_NURMINEN:
        return difference_by_score(t, normal_limit(conf_level));
    case RWE_DIFFERENCE_WALD:
        return difference_by_wald(t, normal_limit(conf_level), 0);
    case RWE_DIFFERENCE_WALD_CORRECTED:
        return difference_by_wald(t, normal_limit(conf_level), 1);
    }
    return (struct rwe_interval){NAN, NAN, NAN};
}

struct rwe_interval rwe_proportion_ratio(const struct rwe_two_by_two *t, double conf_level)
{
    double z = normal_limit(conf_level);
    if (!is_table(t) || t->x1 + t->x2 == 0)
        return (struct rwe_interval){NAN, NAN, NAN};
    double ratio = t->x2 == 0 ? INFINITY : (t->x1 / t->n1) / (t->x2 / t->n2);
    return (struct rwe_interval){
        .estimate = ratio,
        .low = t->x1 == 0 ? 0 : exp(rwe_bisect(ratio_score, t, z, -300, 300)),
        .high = t->x2 == 0 ? INFINITY : exp(rwe_bisect(ratio_score, t, -z, -300, 300)),
    };
}

/* Exact tests and limits: sums over all tables with the margins of the one observed. */

double rwe_proportion_fisher(unsigned x1, unsigned n1, unsigned x2, unsigned n2)
{
    if (x1 > n1 || x2 > n2)
        return NAN;
    struct rwe_lattice tables = rwe_lattice_hypergeometric(n1, n2, (double)x1 + x2, 1);
    return rwe_lattice_two_sided(&tables, x1);
}

double rwe_proportion_mcnemar(struct rwe_paired_counts pairs)
{
    double fewer = fmin(pairs.first_only, pairs.second_only);
    double discordant = pairs.first_only + pairs.second_only;
    if (fewer == pairs.first_only && fewer == pairs.second_only)
        return 1; /* evenly split, or none at all */
    return 2 * gsl_cdf_binomial_P((unsigned)fewer, 0.5, (unsigned)discordant);
}

/* ---- the odds ratio ---- */

static struct rwe_lattice_sums sums_at(double log_odds, const struct rwe_two_by_two *t)
{
    struct rwe_lattice tables =
        rwe_lattice_hypergeometric(t->n1, t->n2, t->x1 + t->x2, exp(log_odds));
    return rwe_lattice_sums(&tables, t->x1);
}

static double at_most(double log_odds, const void *table)
{
    return sums_at(log_odds, table).at_most;
}

static double less_at_least(double log_odds, const void *table)
{
    return -sums_at(log_odds, table).at_least;
}

static double less_mean(double log_odds, const void *table)
{
    return -sums_at(log_odds, table).mean;
}

/* Log odds ratios beyond these leave the range of a double. */
#define LOG_LOWEST (-700)
#define LOG_HIGHEST 700

struct rwe_interval rwe_proportion_odds_ratio(const struct rwe_two_by_two *t, double conf_level)
{
    double successes = t->x1 + t->x2;
    double lowest = fmax(0, successes - t->n2), highest = fmin(t->n1, successes);
    double tail = (1 - conf_level) / 2;
    if (!(t->x1 >= lowest && t->x1 <= highest && t->x2 >= 0 && lowest < highest))
        return (struct rwe_interval){NAN, NAN, NAN};
    struct rwe_interval ratio = {.estimate = t->x1 == lowest ? 0 : INFINITY, .high = INFINITY};
    if (t->x1 > lowest && t->x1 < highest)
        ratio.estimate = exp(rwe_bisect(less_mean, t, -t->x1, LOG_LOWEST, LOG_HIGHEST));
    if (t->x1 > lowest)
        ratio.low = exp(rwe_bisect(less_at_least, t, -tail, LOG_LOWEST, LOG_HIGHEST));
    if (t->x1 < highest)
        ratio.high = exp(rwe_bisect(at_most, t, tail, LOG_LOWEST, LOG_HIGHEST));
    return ratio;
}
