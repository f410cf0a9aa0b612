/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * One proportion, and two: independent or in matched pairs. Counts are whole numbers up to a million,
 * to which the limits have been checked; conf_level lies in (0, 1). Nothing to compute from (an
 * empty group, a count out of its range) is NaN.
 */
#ifndef RWE_STATS_PROPORTION_H
#define RWE_STATS_PROPORTION_H

/** A number with its limits. */
struct rwe_interval {
    double estimate, low, high;
};

/** Wilson's score interval for x of n, n >= 1 (JASA 22:209, 1927). */
struct rwe_interval rwe_proportion_wilson(double x, double n, double conf_level);

/** Limits of one proportion. */
enum rwe_proportion_method {
    RWE_PROPORTION_WILSON,
    RWE_PROPORTION_CLOPPER_PEARSON, /**< exact: holds at least its level (Biometrika 26:404, 1934) */
    RWE_PROPORTION_AGRESTI_COULL,   /**< Am Stat 52:119, 1998; cut off at 0 and 1 */
    RWE_PROPORTION_JEFFREYS, /**< quantiles of beta(x + 1/2, n − x + 1/2); 0 at x = 0, 1 at x = n
                                  (Brown, Cai & DasGupta, Stat Sci 16:101, 2001) */
    RWE_PROPORTION_WALD, /**< p ± z sqrt(p (1 − p) / n), cut off at 0 and 1: for comparison only */
};

/** x of n with limits by `method`. */
struct rwe_interval rwe_proportion_limits(double x, double n, enum rwe_proportion_method method,
                                          double conf_level);

/** x1 of n1 against x2 of n2. */
struct rwe_two_by_two {
    double x1, n1, x2, n2;
};

/** Limits of p1 − p2 of independent groups. */
enum rwe_difference_method {
    RWE_DIFFERENCE_NEWCOMBE,           /**< as rwe_proportion_difference */
    RWE_DIFFERENCE_MIETTINEN_NURMINEN, /**< by the score, variance × N / (N − 1) (Stat Med 4:213,
                                            1985) */
    RWE_DIFFERENCE_WALD,               /**< each arm's own variance; cut off at −1 and 1 */
    RWE_DIFFERENCE_WALD_CORRECTED, /**< the same, wider by (1/n1 + 1/n2) / 2, but by no more than
                                            |p1 − p2|: R's prop.test */
};
struct rwe_interval rwe_proportion_difference_by(const struct rwe_two_by_two *table,
                                                 enum rwe_difference_method method,
                                                 double conf_level);

/** p1 / p2 with limits by the score (Miettinen & Nurminen 1985): 0 at x1 = 0, infinite at x2 = 0, NaN
 * where nobody has the event. */
struct rwe_interval rwe_proportion_ratio(const struct rwe_two_by_two *table, double conf_level);

/**
 * Odds ratio of group 1 against 2, given the margins: conditional maximum likelihood and exact limits
 * (Cornfield, Proc 3rd Berkeley Symp 4:135, 1956), to the last digit; R's fisher.test searches for
 * the same and stops up to 1% off. 0 or infinite when x1 is as small or as large as the margins
 * allow; NaN when they allow one table only.
 */
struct rwe_interval rwe_proportion_odds_ratio(const struct rwe_two_by_two *table,
                                              double conf_level);

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
