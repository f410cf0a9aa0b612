/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lattice.h"

#include <math.h>

static double binomial_ratio_up(const struct rwe_lattice *l, double x)
{
    return (l->n1 - x) / (x + 1) * l->odds;
}

struct rwe_lattice rwe_lattice_binomial(double n, double odds)
{
    double mode = fmin(floor((n + 1) * odds / (1 + odds)), n);
    return (struct rwe_lattice){
        .highest = n, .mode = mode, .n1 = n, .odds = odds, .ratio_up = binomial_ratio_up};
}

static double hypergeometric_ratio_up(const struct rwe_lattice *l, double x)
{
    return (l->n1 - x) / (x + 1) * ((l->successes - x) / (l->n2 - l->successes + x + 1)) * l->odds;
}

/* The mode is where ratio_up passes 1: the lesser root of a quadratic (Liao & Rosen, Am Stat 55:366,
 * 2001), written so that nothing cancels; any value near it would do as well. */
struct rwe_lattice rwe_lattice_hypergeometric(double n1, double n2, double successes, double odds)
{
    struct rwe_lattice l = {.lowest = fmax(0, successes - n2),
                            .highest = fmin(n1, successes),
                            .n1 = n1,
                            .n2 = n2,
                            .successes = successes,
                            .odds = odds,
                            .ratio_up = hypergeometric_ratio_up};
    double b = (n1 + successes + 2) * odds + n2 - successes;
    double c = (n1 + 1) * (successes + 1) * odds;
    double root = 2 * c / (b + sqrt(fmax(b * b - 4 * (odds - 1) * c, 0)));
    l.mode = fmin(fmax(floor(root), l.lowest), l.highest);
    return l;
}

/* The next value away from the mode, and its probability. */
static double step_out(const struct rwe_lattice *l, double *x, int direction, double probability)
{
    if (direction > 0) {
        probability *= l->ratio_up(l, *x);
        *x += 1;
    } else {
        *x -= 1;
        probability /= l->ratio_up(l, *x);
    }
    return probability;
}

static int has_next(const struct rwe_lattice *l, double x, int direction)
{
    return direction > 0 ? x < l->highest : x > l->lowest;
}

/* What a walk collects, all relative to the probability of the mode. */
struct sums {
    double x;     /* the value asked about */
    double limit; /* probabilities up to this count into `unlikely` */
    double all, at_most, at_least, moment, unlikely;
};

static void collect(struct sums *sums, double x, double probability)
{
    sums->all += probability;
    sums->moment += x * probability;
    sums->at_most += x <= sums->x ? probability : 0;
    sums->at_least += x >= sums->x ? probability : 0;
    sums->unlikely += probability <= sums->limit ? probability : 0;
}

static void walk(const struct rwe_lattice *l, int direction, struct sums *sums)
{
    double x = l->mode, probability = 1;
    while (probability > 0 && has_next(l, x, direction)) {
        probability = step_out(l, &x, direction, probability);
        collect(sums, x, probability);
    }
}

static struct sums sum_up(const struct rwe_lattice *l, double x, double limit)
{
    struct sums sums = {.x = x, .limit = limit};
    collect(&sums, l->mode, 1);
    walk(l, 1, &sums);
    walk(l, -1, &sums);
    return sums;
}

struct rwe_lattice_sums rwe_lattice_sums(const struct rwe_lattice *lattice, double x)
{
    struct sums sums = sum_up(lattice, x, 0);
    return (struct rwe_lattice_sums){.at_most = sums.at_most / sums.all,
                                     .at_least = sums.at_least / sums.all,
                                     .mean = sums.moment / sums.all};
}

double rwe_lattice_two_sided(const struct rwe_lattice *lattice, double x)
{
    double at = lattice->mode, observed = 1;
    int direction = x > at ? 1 : -1;
    while (at != x && observed > 0)
        observed = step_out(lattice, &at, direction, observed);
    struct sums sums = sum_up(lattice, x, observed * (1 + 1e-7));
    return sums.unlikely / sums.all;
}
