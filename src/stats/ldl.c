/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ldl_private.h"

#include <string.h>

size_t rwe_ldl_factor(double a[], size_t p, double tolerance)
{
    for (size_t j = 0; j < p; j++) {
        double *row = a + j * p;
        double diagonal = row[j];
        /* row[k] becomes L_jk D_k first, then L_jk */
        for (size_t k = 0; k < j; k++)
            for (size_t m = 0; m < k; m++)
                row[k] -= row[m] * a[k * p + m];
        for (size_t k = 0; k < j; k++) {
            double scaled = row[k];
            row[k] = scaled / a[k * p + k];
            row[j] -= scaled * row[k];
        }
        if (!(row[j] > tolerance * diagonal)) /* also when it is NaN or 0 */
            return j;
    }
    return p;
}

void rwe_ldl_solve(const double factor[], size_t p, double b[])
{
    for (size_t j = 0; j < p; j++)
        for (size_t k = 0; k < j; k++)
            b[j] -= factor[j * p + k] * b[k];
    for (size_t j = 0; j < p; j++)
        b[j] /= factor[j * p + j];
    for (size_t j = p; j-- > 0;)
        for (size_t k = j + 1; k < p; k++)
            b[j] -= factor[k * p + j] * b[k];
}

double rwe_ldl_quadratic(const double factor[], size_t p, double b[])
{
    double sum = 0;
    for (size_t j = 0; j < p; j++) {
        for (size_t k = 0; k < j; k++)
            b[j] -= factor[j * p + k] * b[k];
        sum += b[j] * b[j] / factor[j * p + j]; /* |D^(-1/2) L⁻¹ b|²: never negative */
    }
    for (size_t j = p; j-- > 0;) {
        b[j] /= factor[j * p + j];
        for (size_t k = j + 1; k < p; k++)
            b[j] -= factor[k * p + j] * b[k];
    }
    return sum;
}

void rwe_ldl_inverse(const double factor[], size_t p, double inverse[])
{
    memset(inverse, 0, p * p * sizeof *inverse);
    for (size_t j = 0; j < p; j++) {
        inverse[j * p + j] = 1;
        rwe_ldl_solve(factor, p, inverse + j * p); /* row j = column j */
    }
    for (size_t j = 0; j < p; j++)
        for (size_t k = 0; k < j; k++)
            inverse[j * p + k] = inverse[k * p + j] = (inverse[j * p + k] + inverse[k * p + j]) / 2;
}
