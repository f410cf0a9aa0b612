/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "householder_private.h"
#include "wide_private.h"

#include <gsl/gsl_blas.h>
#include <math.h>

/* Partial sums side by side, folded in this order on every machine: one alone would wait for its
 * own addition in each row. */
enum { LANES = 8 };

static inline __attribute__((always_inline)) double dot(const double a[restrict],
                                                        const double b[restrict], size_t n)
{
    double lane[LANES] = {0}, rest = 0;
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (size_t l = 0; l < LANES; l++)
            lane[l] += a[i + l] * b[i + l];
    for (; i < n; i++)
        rest += a[i] * b[i];
    for (size_t half = LANES / 2; half > 0; half /= 2)
        for (size_t l = 0; l < half; l++)
            lane[l] += lane[l + half];
    return lane[0] + rest;
}

/* Squares of very small or large values leave the range of a double. */
static inline __attribute__((always_inline)) double length(const double a[], size_t n)
{
    double squares = dot(a, a, n);
    if (squares > 1e-250 && squares < 1e250)
        return sqrt(squares);
    gsl_vector_const_view view = gsl_vector_const_view_array(a, n);
    return gsl_blas_dnrm2(&view.vector);
}

/* Makes head into ±|[head, tail]| and tail into that of the reflection I − τ v v', v = [1, tail]. */
static inline __attribute__((always_inline)) double make_reflection(double *head, double tail[],
                                                                    size_t n)
{
    double below = n == 0 ? 0 : length(tail, n);
    if (below == 0)
        return 0;
    double reflected = -copysign(hypot(*head, below), *head);
    double tau = (reflected - *head) / reflected, inverse = 1 / (*head - reflected);
    for (size_t i = 0; i < n; i++)
        tail[i] *= inverse;
    *head = reflected;
    return tau;
}

RWE_WIDE void rwe_householder_triangle(double column[], size_t rows, size_t width)
{
    for (size_t j = 0; j < width && j < rows; j++) {
        double *head = column + j * rows + j;
        const double *tail = head + 1;
        size_t n = rows - j - 1;
        double tau = make_reflection(head, head + 1, n);
        if (tau == 0)
            continue;
        for (size_t k = j + 1; k < width; k++) {
            double *other = column + k * rows + j;
            double part = tau * (other[0] + dot(tail, other + 1, n));
            other[0] -= part;
            for (size_t i = 0; i < n; i++)
                other[i + 1] -= part * tail[i];
        }
    }
}
