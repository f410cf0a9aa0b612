/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Which columns of a model's matrix can have coefficients of their own.
 *
 * A column is determined when a constant and the columns before it leave no more of it than rounding
 * does. With √w times the rows, e the part of column x that is orthogonal to the constant and to those
 * columns before x that are independent themselves, x is determined when
 *
 *     |e| <= max(1e-11 |x − x̄|, 2⁻⁴⁸ |x|)
 *
 * The first bound is the tolerance of R's glm; the arithmetic here leaves about 1e-15 of |x − x̄|. The
 * second is 16 units in the last place of the values themselves, which is what rounding leaves of a
 * copy of a column far from 0. Both are free of a column's units.
 *
 * The decision is made on lengths, by Householder's QR of the centred columns, and not on the pivots
 * of X'X: these are squares, and rounding of them hides every |e| below 1e-8 |x|. Blocks of rows are
 * reduced to a triangle one after another (TSQR: Demmel et al., SIAM J Sci Comput 34:A206, 2012), so
 * that no copy of the matrix is made. O(n p²) time, O(p²) memory.
 */
#ifndef RWE_STATS_RANK_H
#define RWE_STATS_RANK_H

#include "rwe/base/arena.h"
#include "rwe/base/status.h"
#include <stdint.h>

/**
 * Sets keep[j] to 1 where columns[j] (n values) is independent of a constant and of the columns before
 * it, else to 0. A model on the kept columns has the fit of one on all of them, and
 * `rwe_logistic_fit` with the same weights does not refuse it as collinear.
 *
 * `weight` (n, each >= 0) may be NULL: all 1. Rows of weight 0 do not count; with none left, no
 * column is kept.
 *
 * Errors: RWE_NOT_FINITE (index j × n + i of a value; n × p + i of a weight), RWE_BAD_INPUT (a negative
 * weight; same index), RWE_NO_MEMORY.
 */
enum rwe_status rwe_columns_independent(const double *const columns[], size_t n, size_t p,
                                        const double weight[], struct rwe_arena *scratch,
                                        uint8_t keep[], struct rwe_error *error);

#endif
