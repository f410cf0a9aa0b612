/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/stats/normal_maximum.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_math.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { MOST = RWE_NORMAL_MAXIMUM_MOST, MOST_KINKS = 2 * MOST * (2 * MOST - 1) / 2 };

/* Variances and coefficients below these are rounding of 0: correlations carry some 1e-15. */
static const double least_variance = 1e-12, least_coefficient = 1e-7;
/* Absolute error of each conditional probability, which is at most 1. */
static const double tolerance = 1e-11;

/* Z = L x with x independent; row 0 is the variable beyond m, the others lie within [−m, m]. Each
 * row bounds the last x that it depends on, once those before are given. */
struct box {
    size_t n, rank;
    double m;
    double L[MOST][MOST];
    size_t last[MOST]; /* by row */
};

struct interval {
    double low, high;
};

/* An integrand along one x, the others before it given. */
struct line {
    const struct box *box;
    size_t level;
    double *x;
};

static double integrand(const struct line *line, double at);

/* ---- the factor ---- */

/* Brings the row with the largest variance left over, `left`, to place j. */
static void pivot(struct box *box, double matrix[MOST][MOST], double left[MOST], size_t j)
{
    size_t best = j;
    for (size_t r = j + 1; r < box->n; r++)
        if (left[r] > left[best])
            best = r;
    for (size_t c = 0; c < MOST; c++) {
        double t = box->L[j][c];
        box->L[j][c] = box->L[best][c];
        box->L[best][c] = t;
        t = matrix[j][c];
        matrix[j][c] = matrix[best][c];
        matrix[best][c] = t;
    }
    for (size_t r = 0; r < MOST; r++) {
        double t = matrix[r][j];
        matrix[r][j] = matrix[r][best];
        matrix[r][best] = t;
    }
    double t = left[j];
    left[j] = left[best];
    left[best] = t;
}

/* Pivoted Cholesky; rows beyond the rank depend on the x before. Row 0 stays the first. */
static void factor(struct box *box, double matrix[MOST][MOST])
{
    double left[MOST];
    for (size_t r = 0; r < box->n; r++)
        left[r] = matrix[r][r];
    size_t j = 0;
    for (; j < box->n; j++) {
        if (j > 0)
            pivot(box, matrix, left, j);
        if (left[j] < least_variance)
            break;
        box->L[j][j] = sqrt(left[j]);
        for (size_t r = j + 1; r < box->n; r++) {
            double sum = matrix[r][j];
            for (size_t c = 0; c < j; c++)
                sum -= box->L[r][c] * box->L[j][c];
            box->L[r][j] = sum / box->L[j][j];
            left[r] -= box->L[r][j] * box->L[r][j];
        }
    }
    box->rank = j;
    for (size_t r = 0; r < box->n; r++)
        for (size_t c = 0; c < box->rank; c++)
            if (fabs(box->L[r][c]) > least_coefficient)
                box->last[r] = c;
}

static struct box box_of(const double correlation[], size_t n, size_t k, double m)
{
    struct box box = {.n = k + 1, .m = m};
    double matrix[MOST][MOST] = {{0}};
    for (size_t a = 0; a <= k; a++)
        for (size_t b = 0; b <= k; b++)
            matrix[a][b] = correlation[(a == 0 ? k : a - 1) * n + (b == 0 ? k : b - 1)];
    factor(&box, matrix);
    return box;
}

/* ---- integration ---- */

static double gauss(const struct line *line, double a, double b)
{
    static const double node[] = {0.1488743389816312, 0.4333953941292472, 0.6794095682990244,
                                  0.8650633666889845, 0.9739065285171717};
    static const double weight[] = {0.2955242247147529, 0.2692667193099964, 0.2190863625159820,
                                    0.1494513491505806, 0.0666713443086881};
    double middle = (a + b) / 2, half = (b - a) / 2, sum = 0;
    for (size_t i = 0; i < 5; i++)
        sum += weight[i] * (integrand(line, middle - half * node[i]) +
                            integrand(line, middle + half * node[i]));
    return half * sum;
}

/* Halves the piece until that changes nothing any more. */
static double adaptive(const struct line *line, struct interval at, double whole, int depth)
{
    double middle = (at.low + at.high) / 2;
    double left = gauss(line, at.low, middle), right = gauss(line, middle, at.high);
    if (depth == 0 || fabs(left + right - whole) <= tolerance)
        return left + right;
    return adaptive(line, (struct interval){at.low, middle}, left, depth - 1) +
           adaptive(line, (struct interval){middle, at.high}, right, depth - 1);
}

/* What row r's bounds leave for x[level], given those before. */
static struct interval bounds_of(const struct box *box, size_t r, size_t level, const double x[])
{
    double shift = 0, slope = box->L[r][level];
    for (size_t c = 0; c < level; c++)
        shift += box->L[r][c] * x[c];
    double a = (-box->m - shift) / slope, b = (box->m - shift) / slope;
    return a < b ? (struct interval){a, b} : (struct interval){b, a};
}

static struct interval bounds(const struct box *box, size_t level, const double x[],
                              struct interval within)
{
    for (size_t r = 1; r < box->n; r++)
        if (box->last[r] == level) {
            struct interval of_row = bounds_of(box, r, level, x);
            within.low = fmax(within.low, of_row.low);
            within.high = fmin(within.high, of_row.high);
        }
    return within;
}

/* Where, along x[level], another row begins to bound the next x: the integrand has kinks there. Its
 * bounds are straight lines in x[level], so two points of each tell where they cross. */
static size_t kinks(const struct line *line, struct interval at, double kink[])
{
    const struct box *box = line->box;
    size_t n_lines = 0, n = 0;
    double start[2 * MOST], rise[2 * MOST];
    for (size_t r = 1; r < box->n; r++) {
        if (box->last[r] != line->level + 1)
            continue;
        line->x[line->level] = 0;
        struct interval zero = bounds_of(box, r, line->level + 1, line->x);
        line->x[line->level] = 1;
        struct interval one = bounds_of(box, r, line->level + 1, line->x);
        start[n_lines] = zero.low;
        rise[n_lines++] = one.low - zero.low;
        start[n_lines] = zero.high;
        rise[n_lines++] = one.high - zero.high;
    }
    for (size_t i = 0; i < n_lines; i++)
        for (size_t j = 0; j < i; j++) {
            double crossing = (start[i] - start[j]) / (rise[j] - rise[i]);
            if (crossing > at.low && crossing < at.high) /* not of parallels: infinite or NaN */
                kink[n++] = crossing;
        }
    for (size_t i = 1; i < n; i++)
        for (size_t j = i; j > 0 && kink[j] < kink[j - 1]; j--) {
            double t = kink[j];
            kink[j] = kink[j - 1];
            kink[j - 1] = t;
        }
    return n;
}

static double integrate(const struct line *line, struct interval at)
{
    enum { PIECES = 4, DEPTH = 24 };
    double kink[MOST_KINKS + 1], sum = 0, low = at.low;
    size_t n = kinks(line, at, kink);
    kink[n++] = at.high;
    for (size_t i = 0; i < n; i++) {
        double width = (kink[i] - low) / PIECES;
        for (int piece = 0; width > 0 && piece < PIECES; piece++) {
            struct interval part = {low + piece * width, low + (piece + 1) * width};
            sum += adaptive(line, part, gauss(line, part.low, part.high), DEPTH);
        }
        low = kink[i];
    }
    return sum;
}

/* P(low < X < high) from the side on which it is not a difference of numbers near 1. */
static double normal_between(struct interval at)
{
    if (at.low > 0)
        return gsl_cdf_ugaussian_Q(at.low) - gsl_cdf_ugaussian_Q(at.high);
    return gsl_cdf_ugaussian_P(at.high) - gsl_cdf_ugaussian_P(at.low);
}

/* P(all rows that bound x[level] and later ones hold), given those before. */
static double probability(const struct box *box, size_t level, double x[])
{
    const double far = 8.5; /* 2 × 1e-17 lies beyond */
    if (level == box->rank)
        return 1;
    struct interval at = bounds(box, level, x, (struct interval){-far, far});
    if (!(at.low < at.high))
        return 0;
    if (level + 1 == box->rank)
        return normal_between(at);
    return integrate(&(struct line){box, level, x}, at);
}

/* Density times what follows; at level 0 in units of the density at m. */
static double integrand(const struct line *line, double at)
{
    line->x[line->level] = at;
    double m = line->box->m;
    double density =
        line->level == 0 ? exp(-(at - m) * (at + m) / 2) : exp(-at * at / 2) / (M_SQRT2 * M_SQRTPI);
    return density * probability(line->box, line->level + 1, line->x);
}

/* P(|row 0| > m, the others within m). */
static double first_beyond(const struct box *box)
{
    double x[MOST] = {0}, m = box->m;
    double far = sqrt(m * m + 2 * 41.5); /* the density is down by 1e-18 there */
    struct interval at = bounds(box, 0, x, (struct interval){m, far});
    if (!(at.low < at.high))
        return 0;
    double density = exp(-m * m / 2) / (M_SQRT2 * M_SQRTPI);
    return 2 * density * integrate(&(struct line){box, 0, x}, at);
}

double rwe_normal_maximum_p(const double correlation[], size_t n, double m)
{
    if (n == 0 || isnan(m))
        return NAN;
    for (size_t i = 0; i < n * n; i++)
        if (isnan(correlation[i]))
            return NAN;
    double p = 2 * gsl_cdf_ugaussian_Q(m);
    for (size_t k = 1; k < n; k++) {
        struct box box = box_of(correlation, n, k, m);
        p += first_beyond(&box);
    }
    return fmin(p, 1);
}
