/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/stats/rank.h"

#include "rank_private.h"
#include "rwe/base/parallel.h"
#include "wide_private.h"

#include <float.h>
#include <gsl/gsl_blas.h>
#include <math.h>
#include <string.h>

/* See rank.h for where both come from. */
static const double COLLINEAR = 1e-11;
static const double LAST_PLACES = 0x1p-48;

/* Below it inverses overflow and squares lose their digits. */
static const double VANISHED = DBL_MIN / DBL_EPSILON;

/* ---- Householder's QR ---- */

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
    if (n == 0)
        return 0;
    double squares = dot(a, a, n);
    if (squares > 1e-250 && squares < 1e250)
        return sqrt(squares);
    gsl_vector_const_view view = gsl_vector_const_view_array(a, n);
    return gsl_blas_dnrm2(&view.vector);
}

/* Makes head into ±|[head, tail]| and tail into that of the reflection I − τ v v', v = [1, tail].
 * τ is 0 when the tail is no more than rounding of the column, whose length is `above` in the rows
 * before the head. */
static inline __attribute__((always_inline)) double make_reflection(double above, double *head,
                                                                    double tail[], size_t n)
{
    double below = length(tail, n);
    if (below <= VANISHED || below <= DBL_EPSILON * hypot(above, *head))
        return 0;
    double reflected = -copysign(hypot(*head, below), *head);
    double tau = (reflected - *head) / reflected, inverse = 1 / (*head - reflected);
    for (size_t i = 0; i < n; i++)
        tail[i] *= inverse;
    *head = reflected;
    return tau;
}

static inline __attribute__((always_inline)) void reflect(double tau, const double tail[],
                                                          double other[], size_t n)
{
    double part = tau * (other[0] + dot(tail, other + 1, n));
    other[0] -= part;
    for (size_t i = 0; i < n; i++)
        other[i + 1] -= part * tail[i];
}

RWE_WIDE void rwe_householder_triangle(double column[], size_t rows, size_t width)
{
    for (size_t j = 0; j < width && j < rows; j++) {
        double *head = column + j * rows + j;
        size_t n = rows - j - 1;
        double tau = make_reflection(length(head - j, j), head, head + 1, n);
        if (tau == 0)
            continue;
        for (size_t k = j + 1; k < width; k++)
            reflect(tau, head + 1, column + k * rows + j, n);
    }
}

/* ---- the decision ---- */

static double mean_about(const double x[], const double weight[], size_t n, double origin)
{
    double sum = 0, total = 0;
    for (size_t start = 0; start < n; start += RWE_BLOCK_ROWS) {
        size_t end = start + RWE_BLOCK_ROWS < n ? start + RWE_BLOCK_ROWS : n;
        double block = 0, weights = 0;
        for (size_t i = start; i < end; i++) {
            double w = weight == NULL ? 1 : weight[i];
            block += w * (x[i] - origin);
            weights += w;
        }
        sum += block;
        total += weights;
    }
    return origin + sum / total;
}

/* The second pass takes the rounding of the first out of the mean. */
double rwe_column_centre(const double x[], const double weight[], size_t n)
{
    return mean_about(x, weight, n, mean_about(x, weight, n, x[0]));
}

bool rwe_column_is_determined(double unexplained, double spread, double whole)
{
    return !(unexplained > fmax(COLLINEAR * spread, LAST_PLACES * whole)); /* also when NaN */
}

/* The columns √w [1 | x − x̄], block by block below the triangle of the blocks before. */
struct reduction {
    const double *const *columns;
    const double *weight; /* n, or NULL */
    size_t n, width;      /* rows; columns with the constant */
    size_t rows;          /* of `stack`: the triangle's, then those of a block */
    double *stack;        /* width columns of `rows` values */
    double *centre;       /* p */
};

static void fill_block(const struct reduction *r, size_t start)
{
    size_t end = start + r->rows - r->width < r->n ? start + r->rows - r->width : r->n;
    for (size_t j = 0; j < r->width; j++) {
        double *column = r->stack + j * r->rows, *block = column + r->width;
        memset(column + j + 1, 0, (r->rows - j - 1) * sizeof *column);
        for (size_t i = start; i < end; i++) {
            double root = r->weight == NULL ? 1 : sqrt(r->weight[i]);
            block[i - start] = root * (j == 0 ? 1 : r->columns[j - 1][i] - r->centre[j - 1]);
        }
    }
}

/* Goes through the columns of the triangle once more, and this time reflects on the independent ones
 * alone: what is left of a determined column has a direction made of rounding, and must explain
 * nothing of the columns after it. */
static void decide(const struct reduction *r, uint8_t keep[])
{
    size_t independent = 1; /* the constant is */
    double total = r->stack[0];
    for (size_t j = 1; j < r->width; j++) {
        double *column = r->stack + j * r->rows, *head = column + independent;
        double spread = length(column + 1, r->width - 1);
        double whole = hypot(spread, column[0] + total * r->centre[j - 1]);
        size_t left = r->width - independent;
        keep[j - 1] = !rwe_column_is_determined(length(head, left), spread, whole);
        if (!keep[j - 1])
            continue;
        double above = length(column, independent);
        double tau = make_reflection(above, head, head + 1, left - 1);
        for (size_t k = j + 1; k < r->width; k++)
            reflect(tau, head + 1, r->stack + k * r->rows + independent, left - 1);
        independent++;
    }
}

static enum rwe_status check_values(const struct reduction *r, double *total,
                                    struct rwe_error *error)
{
    size_t p = r->width - 1;
    for (size_t j = 0; j < p; j++)
        for (size_t i = 0; i < r->n; i++)
            if (!isfinite(r->columns[j][i]))
                return rwe_fail(error, RWE_NOT_FINITE, j * r->n + i,
                                "value %zu of column %zu is not a finite number", i, j);
    *total = 0;
    for (size_t i = 0; i < r->n; i++) {
        double w = r->weight == NULL ? 1 : r->weight[i];
        if (!isfinite(w))
            return rwe_fail(error, RWE_NOT_FINITE, p * r->n + i,
                            "weight %zu is not a finite number", i);
        if (w < 0)
            return rwe_fail(error, RWE_BAD_INPUT, p * r->n + i, "weight %zu is negative", i);
        *total += w;
    }
    return RWE_OK;
}

enum rwe_status rwe_columns_independent(const double *const columns[], size_t n, size_t p,
                                        const double weight[], struct rwe_arena *scratch,
                                        uint8_t keep[], struct rwe_error *error)
{
    size_t block = n < RWE_BLOCK_ROWS ? n : RWE_BLOCK_ROWS;
    struct reduction r = {
        .columns = columns, .weight = weight, .n = n, .width = p + 1, .rows = p + 1 + block};
    double total;
    enum rwe_status status = check_values(&r, &total, error);
    memset(keep, 0, p * sizeof *keep);
    if (status != RWE_OK || total <= 0)
        return status;
    struct rwe_mark mark = rwe_arena_mark(scratch);
    r.stack = rwe_arena_alloc(scratch, r.rows, r.width * sizeof *r.stack);
    r.centre = RWE_NEW(scratch, double, p);
    if (rwe_arena_failed(scratch))
        return rwe_fail_memory(error);
    for (size_t j = 0; j < p; j++)
        r.centre[j] = rwe_column_centre(columns[j], weight, n);
    for (size_t start = 0; start < n; start += block) {
        fill_block(&r, start);
        rwe_householder_triangle(r.stack, r.rows, r.width);
    }
    decide(&r, keep);
    rwe_arena_release(scratch, mark);
    return RWE_OK;
}
