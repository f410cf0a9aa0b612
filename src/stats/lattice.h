/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Distributions on whole numbers with one peak: the binomial and Fisher's hypergeometric, which is
 * noncentral when the odds ratio is not 1. All sums walk outwards from the mode with probabilities
 * relative to that of the mode. So no gamma function is needed, which near a million would cost the
 * tenth digit; a walk ends where they leave the range of a double, some 40 standard deviations out.
 */
#ifndef RWE_STATS_LATTICE_H
#define RWE_STATS_LATTICE_H

struct rwe_lattice {
    double lowest, highest, mode;
    double n1, n2, successes; /* the margins; of the binomial only n1: trials */
    double odds;              /* odds ratio; odds of a success for the binomial */
    double (*ratio_up)(const struct rwe_lattice *lattice, double x); /* P(x + 1) / P(x) */
};

/* Successes in n trials of the given odds. */
struct rwe_lattice rwe_lattice_binomial(double n, double odds);

/* Successes in the first of two groups, all margins fixed, for that odds ratio. */
struct rwe_lattice rwe_lattice_hypergeometric(double n1, double n2, double successes, double odds);

struct rwe_lattice_sums {
    double at_most, at_least; /* P(X <= x), P(X >= x) */
    double mean;
};
struct rwe_lattice_sums rwe_lattice_sums(const struct rwe_lattice *lattice, double x);

/* Probability of all values that are no more likely than x, to a relative 1e-7, as R. */
double rwe_lattice_two_sided(const struct rwe_lattice *lattice, double x);

#endif
