/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Two proportions, independent or in matched pairs. */
#ifndef RWE_STATS_PROPORTION_H
#define RWE_STATS_PROPORTION_H

/** A number with its limits. */
struct rwe_interval {
    double estimate, low, high;
};

/** Wilson's score interval for x of n, n >= 1 (JASA 22:209, 1927). */
struct rwe_interval rwe_proportion_wilson(double x, double n, double conf_level);

/** p1 − p2 of independent groups with Newcombe's hybrid score limits (Stat Med 17:873, 1998, method
 * 10). NaN when a group is empty. */
struct rwe_interval rwe_proportion_difference(double x1, double n1, double x2, double n2,
                                              double conf_level);

/** Pairs by outcome of the first and second member. */
struct rwe_paired_counts {
    double both, first_only, second_only, neither;
};

/** p1 − p2 in matched pairs with Newcombe's score limits (Stat Med 17:2635, 1998, method 10). */
struct rwe_interval rwe_proportion_paired_difference(struct rwe_paired_counts pairs,
                                                     double conf_level);

/** Fisher's exact test of x1 of n1 against x2 of n2, two-sided: tables no more likely than this one
 * (relative tolerance 1e-7, as R). */
double rwe_proportion_fisher(unsigned x1, unsigned n1, unsigned x2, unsigned n2);

/** McNemar's exact test of the discordant pairs: two-sided binomial with probability 1/2. */
double rwe_proportion_mcnemar(struct rwe_paired_counts pairs);

#endif
