/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/stats/spline.h"

#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <string.h>

enum { ORDER = 4, MOST = RWE_SPLINE_MOST_DF + 3 + ORDER };

/* All B-splines of `order` at x: out[i] is that of knots i … i + order; n_knots − order of them. The last
 * interval is closed, so that the right boundary belongs to it. */
static void b_splines(const struct rwe_spline *s, size_t order, double x, double out[MOST])
{
    const double *t = s->knot;
    size_t last = s->n_knots - ORDER - 1; /* begins the last interval that is not empty */
    size_t interval = ORDER - 1;
    while (interval < last && t[interval + 1] <= x)
        interval++;
    memset(out, 0, MOST * sizeof *out);
    out[interval] = 1;
    for (size_t k = 2; k <= order; k++)
        for (size_t i = interval + 1 - k; i <= interval; i++) {
            /* An empty interval has no part; 0 / 0 does not arise, since its spline is 0. */
            double left = out[i] > 0 ? (x - t[i]) / (t[i + k - 1] - t[i]) * out[i] : 0;
            double right = i + 1 <= interval && out[i + 1] > 0
                               ? (t[i + k] - x) / (t[i + k] - t[i + 1]) * out[i + 1]
                               : 0;
            out[i] = left + right;
        }
}

/* From the B-splines of order k − 1 (or derivatives) to the derivatives of those of order k. */
static void differentiate(const struct rwe_spline *s, size_t k, double value[MOST])
{
    const double *t = s->knot;
    for (size_t i = 0; i + k < s->n_knots; i++) {
        double left = t[i + k - 1] > t[i] ? value[i] / (t[i + k - 1] - t[i]) : 0;
        double right = t[i + k] > t[i + 1] ? value[i + 1] / (t[i + k] - t[i + 1]) : 0;
        value[i] = (double)(k - 1) * (left - right);
    }
}

static void reflect(const double u[], size_t from, size_t n, double y[])
{
    double dot = 0;
    for (size_t i = from; i < n; i++)
        dot += u[i] * y[i];
    for (size_t i = from; i < n; i++)
        y[i] -= dot / u[from] * u[i];
}

/* The Householder vector that turns y into ± |y| along `from`, as LINPACK scales it. */
static void householder(const double y[], size_t from, size_t n, double u[])
{
    double norm = 0;
    for (size_t i = from; i < n; i++)
        norm = hypot(norm, y[i]);
    norm = copysign(norm, y[from]);
    for (size_t i = from; i < n; i++)
        u[i] = y[i] / norm;
    u[from] += 1;
}

/* The two conditions: no second derivative at either boundary. */
static void find_reflections(struct rwe_spline *s)
{
    size_t n = s->df + 2;
    double end[2][MOST];
    for (int b = 0; b < 2; b++) {
        b_splines(s, 2, b == 0 ? s->knot[0] : s->knot[s->n_knots - 1], end[b]);
        differentiate(s, 3, end[b]);
        differentiate(s, 4, end[b]);
    }
    householder(end[0] + 1, 0, n, s->reflect[0]);
    reflect(s->reflect[0], 0, n, end[1] + 1);
    householder(end[1] + 1, 1, n, s->reflect[1]);
}

static enum rwe_status place_knots(const double sorted[], size_t n, struct rwe_spline *s,
                                   struct rwe_error *error)
{
    s->n_knots = s->df + 7;
    for (size_t k = 0; k < ORDER; k++) {
        s->knot[k] = sorted[0];
        s->knot[s->n_knots - 1 - k] = sorted[n - 1];
    }
    for (size_t k = 1; k < s->df; k++)
        s->knot[ORDER - 1 + k] =
            gsl_stats_quantile_from_sorted_data(sorted, 1, n, (double)k / (double)s->df);
    for (size_t k = ORDER - 1; k + ORDER < s->n_knots; k++)
        if (!(s->knot[k] < s->knot[k + 1]))
            return rwe_fail(error, RWE_NOT_ESTIMABLE, RWE_NO_INDEX,
                            "two knots of the spline fall together: too few distinct values");
    return RWE_OK;
}

enum rwe_status rwe_spline_place(const double x[], size_t n, size_t df, struct rwe_arena *scratch,
                                 struct rwe_spline *spline, struct rwe_error *error)
{
    if (df < 1 || df > RWE_SPLINE_MOST_DF)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "a spline has 1 to %d degrees of freedom", RWE_SPLINE_MOST_DF);
    for (size_t i = 0; i < n; i++)
        if (!isfinite(x[i]))
            return rwe_fail(error, RWE_NOT_FINITE, i, "value is not a finite number");
    if (n == 0)
        return rwe_fail(error, RWE_NOT_ESTIMABLE, RWE_NO_INDEX, "there is no value");
    struct rwe_mark mark = rwe_arena_mark(scratch);
    double *sorted = RWE_NEW(scratch, double, n);
    if (sorted == NULL)
        return rwe_fail_memory(error);
    memcpy(sorted, x, n * sizeof *sorted);
    gsl_sort(sorted, 1, n);
    *spline = (struct rwe_spline){.df = df};
    enum rwe_status status = place_knots(sorted, n, spline, error);
    if (status == RWE_OK)
        find_reflections(spline);
    rwe_arena_release(scratch, mark);
    return status;
}

void rwe_spline_basis(const struct rwe_spline *spline, double x, double out[])
{
    double value[MOST];
    x = fmin(fmax(x, spline->knot[0]), spline->knot[spline->n_knots - 1]);
    b_splines(spline, ORDER, x, value);
    reflect(spline->reflect[0], 0, spline->df + 2, value + 1);
    reflect(spline->reflect[1], 1, spline->df + 2, value + 1);
    memcpy(out, value + 3, spline->df * sizeof *out);
}
