/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The parts of a rank decision that a model's own fit shares: one triangle, one rule. */
#ifndef RWE_STATS_RANK_PRIVATE_H
#define RWE_STATS_RANK_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>

/**
 * Householder's QR of a matrix stored by columns (Golub & Van Loan, Matrix Computations, 4th ed. 2013,
 * 5.2). Turns column[j * rows + i] into R in place: rows 0 … min(rows, width) − 1 hold R above the
 * diagonal, and what is left below it has no meaning. Sums have a fixed order.
 *
 * What earlier columns leave of a column may be nothing but rounding, as with the levels of a factor
 * that do not occur in a block of rows. Such a remainder is not reflected on: each would leave a
 * remainder 1e-16 times as long to the next, and after twenty of them a length whose inverse is infinite.
 *
 * GSL's QR walks rows of a matrix column by column; this one runs along the columns and is three
 * times as fast, which a model fitted in each of a thousand bootstrap samples feels.
 */
void rwe_householder_triangle(double column[], size_t rows, size_t width);

/** Weighted mean, by blocks of rows; `weight` may be NULL. Of a constant it is exactly that constant. */
double rwe_column_centre(const double x[], const double weight[], size_t n);

/**
 * The rule of `rwe_columns_independent`. `unexplained` is the length of what earlier columns leave
 * of a column, `spread` its length about its mean, and `whole` its length about 0.
 */
bool rwe_column_is_determined(double unexplained, double spread, double whole);

#endif
