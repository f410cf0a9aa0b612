/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Small symmetric positive definite systems, A = L D L', on the lower triangle of a row-major p × p
 * matrix (Golub & Van Loan, Matrix Computations, 4th ed. 2013, algorithm 4.1.2).
 *
 * Columns are taken in their order and not by largest pivot, so that a vanishing pivot names the
 * first column which the earlier ones determine.
 */
#ifndef RWE_STATS_LDL_PRIVATE_H
#define RWE_STATS_LDL_PRIVATE_H

#include <stddef.h>

/**
 * Overwrites the lower triangle of `a` by D on the diagonal and L below it. Returns p, or the first
 * column whose pivot is not above `tolerance` times its own diagonal (1 − R² on the earlier ones).
 */
size_t rwe_ldl_factor(double a[], size_t p, double tolerance);

/** Solves A x = b in place, from the factor. */
void rwe_ldl_solve(const double factor[], size_t p, double b[]);

/** b' A⁻¹ b, from the factor; overwrites b by A⁻¹ b. */
double rwe_ldl_quadratic(const double factor[], size_t p, double b[]);

/** The full, exactly symmetric inverse, from the factor. */
void rwe_ldl_inverse(const double factor[], size_t p, double inverse[]);

#endif
