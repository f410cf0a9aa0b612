/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * The tail of the largest of a few correlated standard normal variables: the p-value of a test that
 * takes the best of several statistics.
 */
#ifndef RWE_STATS_NORMAL_MAXIMUM_H
#define RWE_STATS_NORMAL_MAXIMUM_H

#include <stddef.h>

enum { RWE_NORMAL_MAXIMUM_MOST = 4 };

/**
 * P(max |Z_k| > m) of n <= 4 standard normal variables, for m >= 0 and a positive semidefinite
 * correlation matrix (n × n); it may be singular, and variables may be equal. Deterministic
 * numerical integration: within 1e-8 of the result, relative, right down to 1e-300, where the
 * absolute error that 1 − P(all |Z_k| <= m) would have is larger than the result. NaN for NaN.
 *
 * The event is cut into "the k-th is the first that is beyond m". Given Z_k, the others follow one
 * after the other from the Cholesky factor (Genz, J Comput Graph Stat 1:141, 1992); the last of them
 * is a difference of the distribution function, those before it are integrated adaptively.
 */
double rwe_normal_maximum_p(const double correlation[], size_t n, double m);

#endif
