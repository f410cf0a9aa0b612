/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one way in which limits are found that have no formula. */
#ifndef RWE_STATS_BISECT_H
#define RWE_STATS_BISECT_H

/**
 * Where `f`, which falls from above `level` at `low` to below it at `high`, crosses it: to the last
 * digit, by halving until no double lies between the ends. An end, when f does not cross. Some 60
 * calls, and up to 1,100 when the crossing is at 0 itself; no derivative that could mislead, which
 * is what makes GSL's quantiles of beta and gamma fail for counts near a million.
 */
double rwe_bisect(double (*f)(double x, const void *context), const void *context, double level,
                  double low, double high);

#endif
