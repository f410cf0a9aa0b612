/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exact tests and limits: sums over all tables with the margins of the one observed. */
#include "bisect.h"
#include "lattice.h"
#include "rwe/stats/proportion.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

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
