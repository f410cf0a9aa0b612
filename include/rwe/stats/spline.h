/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Natural cubic splines as columns of a model: piecewise cubic with continuous second derivative,
 * linear beyond the boundary knots, without the constant (it is the model's intercept).
 *
 * The basis is that of R's splines::ns(x, df): B-splines (de Boor, A Practical Guide to Splines,
 * Springer 1978) without the first, turned by two Householder reflections so that the second
 * derivative vanishes at the boundary knots.
 */
#ifndef RWE_STATS_SPLINE_H
#define RWE_STATS_SPLINE_H

#include "rwe/base/arena.h"
#include "rwe/base/status.h"

enum { RWE_SPLINE_MOST_DF = 10 };

struct rwe_spline {
    size_t df;
    size_t n_knots;                            /**< augmented: each boundary four times */
    double knot[RWE_SPLINE_MOST_DF + 7];       /**< ascending */
    double reflect[2][RWE_SPLINE_MOST_DF + 2]; /**< Householder vectors */
};

/**
 * Knots for n values of x: boundaries at their least and largest, df − 1 inner knots at equally spaced
 * quantiles (R's type 7). RWE_NOT_FINITE (index = value); RWE_BAD_INPUT for df outside 1 … 10;
 * RWE_NOT_ESTIMABLE when two knots fall together, as with few distinct values; RWE_NO_MEMORY.
 * O(n log n).
 */
enum rwe_status rwe_spline_place(const double x[], size_t n, size_t df, struct rwe_arena *scratch,
                                 struct rwe_spline *spline, struct rwe_error *error);

/** The df values of the basis at x, which must lie within the boundary knots (it is moved to the nearer
 * one otherwise). */
void rwe_spline_basis(const struct rwe_spline *spline, double x, double out[]);

#endif
