/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "km_private.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_eigen.h>
#include <gsl/gsl_integration.h>
#include <gsl/gsl_math.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_roots.h>

/* ---- Hall–Wellner ----
 *
 * A Brownian motion killed at ±k has the density Σ ψ_m(x) ψ_m(y) exp(−λ_m t) with
 * ψ_m(x) = cos(ω_m x) / √k, ω_m = (2m + 1) π / 2k and λ_m = ω_m² / 2; odd functions drop out here by
 * symmetry. The bridge is a motion that is 0 at 0 and 1, free before `low` and after `high`:
 *
 *   P = √(2π) Σ_m exp(−λ_m (high − low)) I_m(low) I_m(1 − high),
 *   I_m(v) = ∫ from −k to k of φ(x; v) ψ_m(x) dx,   φ(x; v) the density of N(0, v)
 */

enum { MOST_TERMS = 2000, NODES = 64, PANELS = 16 };

/* Beyond this exponent a term is less than the last digit of the sum. */
static const double NEGLIGIBLE = 45;

/* How many of its standard deviations a normal density reaches, to the last digit. */
static const double NORMAL_REACH = 9;

static double overlap(double v, double k, double omega, const gsl_integration_glfixed_table *rule)
{
    if (v <= 0)
        return 1 / sqrt(k);
    double end = fmin(k, NORMAL_REACH * sqrt(v)), sum = 0;
    for (int panel = 0; panel < PANELS; panel++)
        for (size_t node = 0; node < NODES; node++) {
            double x, weight;
            gsl_integration_glfixed_point(end * panel / PANELS, end * (panel + 1) / PANELS, node,
                                          &x, &weight, rule);
            sum += weight * gsl_ran_gaussian_pdf(x, sqrt(v)) * cos(omega * x);
        }
    return 2 * sum / sqrt(k);
}

/* An interval of u and the probability that is sought; the argument of the solver's functions. */
struct problem {
    double low, high, level;
    gsl_integration_glfixed_table *rule;
    gsl_matrix *matrix, *vectors; /* of the equal-precision problem */
    gsl_vector *values;
    gsl_eigen_symmv_workspace *eigen;
};

static double hall_wellner_excess(double k, void *argument)
{
    const struct problem *problem = argument;
    double sum = 0;
    for (int m = 0; m < MOST_TERMS; m++) {
        double omega = (2 * m + 1) * M_PI / (2 * k);
        /* The overlaps bring a decay of their own: exp(−ω² v / 2), but for the ends that k cuts. */
        double exponent = omega * omega / 2 * (problem->high - problem->low);
        if (exponent > NEGLIGIBLE)
            break;
        sum += exp(-exponent) * overlap(problem->low, k, omega, problem->rule) *
               overlap(1 - problem->high, k, omega, problem->rule);
    }
    return sqrt(2 * M_PI) * sum - problem->level;
}

/* ---- equal precision ----
 *
 * B(u) / sqrt(u (1 − u)) is a stationary Ornstein–Uhlenbeck process in the time ½ log(u / (1 − u)).
 * Killed at ±c, its generator f'' − x f' has, after f = g / sqrt(φ), the symmetric form
 * −g'' + (x² / 4 − 1 / 2) g = μ g with g(±c) = 0, so that over a length T
 *
 *   P = Σ exp(−μ_j T) (∫ sqrt(φ) g_j)²
 *
 * The g_j are sought in the span of cosines that vanish at ±c, where all integrals but the last are
 * in closed form. */

enum { BASIS = 48, MOST_FAR_TERMS = 20000 };

/* ∫ from −c to c of x² cos(ω_m x) cos(ω_n x) / c dx. */
static double square_between(int m, int n, double c)
{
    double difference = (m - n) * M_PI, sum = (m + n + 1) * M_PI;
    double sign = (m - n) % 2 == 0 ? 1 : -1;
    double from_sum = -sign * 2 * c * c / (sum * sum);
    return m == n ? c * c / 3 + from_sum : sign * 2 * c * c / (difference * difference) + from_sum;
}

static void fill_matrix(gsl_matrix *matrix, double c)
{
    for (int m = 0; m < BASIS; m++)
        for (int n = 0; n < BASIS; n++) {
            double omega = (2 * m + 1) * M_PI / (2 * c);
            double kinetic = m == n ? omega * omega - 0.5 : 0;
            gsl_matrix_set(matrix, (size_t)m, (size_t)n, kinetic + square_between(m, n, c) / 4);
        }
}

/* ∫ sqrt(φ) cos(ω_m x) / √c: φ^½ is N(0, 2)'s density times (8π)^¼. */
static void fill_starts(double start[BASIS], double c, const gsl_integration_glfixed_table *rule)
{
    for (int m = 0; m < BASIS; m++)
        start[m] = pow(8 * M_PI, 0.25) * overlap(2, c, (2 * m + 1) * M_PI / (2 * c), rule);
}

/* What the functions beyond the basis hold, which matters where the length is short: there they are
 * cosines, and the starts follow from the step at ±c, 4 φ(c) / (ω² c). */
static double beyond_basis(double c, double length)
{
    double sum = 0;
    for (int m = BASIS; m < MOST_FAR_TERMS; m++) {
        double omega = (2 * m + 1) * M_PI / (2 * c);
        if (omega * omega * length > NEGLIGIBLE)
            break;
        sum += 4 * gsl_ran_ugaussian_pdf(c) / (omega * omega * c) * exp(-omega * omega * length);
    }
    return sum;
}

static double equal_precision_excess(double c, void *argument)
{
    const struct problem *problem = argument;
    double length =
        0.5 * log(problem->high * (1 - problem->low) / (problem->low * (1 - problem->high)));
    double start[BASIS], sum = beyond_basis(c, length);
    fill_matrix(problem->matrix, c);
    fill_starts(start, c, problem->rule);
    if (gsl_eigen_symmv(problem->matrix, problem->values, problem->vectors, problem->eigen) != 0)
        return GSL_NAN;
    for (size_t j = 0; j < BASIS; j++) {
        double along = 0;
        for (size_t m = 0; m < BASIS; m++)
            along += start[m] * gsl_matrix_get(problem->vectors, m, j);
        sum += along * along * exp(-gsl_vector_get(problem->values, j) * length);
    }
    return sum - problem->level;
}

/* ---- solving ---- */

/* GSL frees a rule, but not NULL. */
static void free_rule(gsl_integration_glfixed_table *rule)
{
    if (rule != NULL)
        gsl_integration_glfixed_table_free(rule);
}

/* The zero of a rising function between `from` and `to`. */
static double solve(double (*excess)(double, void *), struct problem *problem, double from,
                    double to)
{
    enum { MOST_STEPS = 100 };
    gsl_function function = {excess, problem};
    gsl_root_fsolver *solver = gsl_root_fsolver_alloc(gsl_root_fsolver_brent);
    double root = GSL_NAN;
    if (solver == NULL || gsl_root_fsolver_set(solver, &function, from, to) != GSL_SUCCESS) {
        gsl_root_fsolver_free(solver);
        return GSL_NAN;
    }
    for (int step = 0; step < MOST_STEPS; step++) {
        if (gsl_root_fsolver_iterate(solver) != GSL_SUCCESS)
            break;
        root = gsl_root_fsolver_root(solver);
        if (gsl_root_test_interval(gsl_root_fsolver_x_lower(solver),
                                   gsl_root_fsolver_x_upper(solver), 0, 1e-12) == GSL_SUCCESS)
            break;
    }
    gsl_root_fsolver_free(solver);
    return root;
}

double rwe_km_hall_wellner(double low, double high, double level)
{
    if (!(low >= 0 && low < high && high <= 1 && level > 0 && level < 1))
        return GSL_NAN;
    gsl_integration_glfixed_table *rule = gsl_integration_glfixed_table_alloc(NODES);
    if (rule == NULL)
        return GSL_NAN;
    struct problem problem = {.low = low, .high = high, .level = level, .rule = rule};
    /* One time alone gives z times its standard deviation, the whole bridge Kolmogorov's 4 at most. */
    double deviation = sqrt(fmax(low * (1 - low), high * (1 - high)));
    double least = gsl_cdf_ugaussian_Pinv((1 + level) / 2) * deviation;
    double k = solve(hall_wellner_excess, &problem, fmax(0.05, 0.999 * least), 4);
    gsl_integration_glfixed_table_free(rule);
    return k;
}

double rwe_km_equal_precision(double low, double high, double level)
{
    if (!(low > 0 && low <= high && high < 1 && level > 0 && level < 1))
        return GSL_NAN;
    double least = gsl_cdf_ugaussian_Pinv((1 + level) / 2);
    if (low == high)
        return least;
    struct problem problem = {.low = low,
                              .high = high,
                              .level = level,
                              .rule = gsl_integration_glfixed_table_alloc(NODES),
                              .matrix = gsl_matrix_alloc(BASIS, BASIS),
                              .vectors = gsl_matrix_alloc(BASIS, BASIS),
                              .values = gsl_vector_alloc(BASIS),
                              .eigen = gsl_eigen_symmv_alloc(BASIS)};
    double c = GSL_NAN;
    if (problem.rule != NULL && problem.matrix != NULL && problem.vectors != NULL &&
        problem.values != NULL && problem.eigen != NULL)
        c = solve(equal_precision_excess, &problem, 0.999 * least, least + 6);
    gsl_eigen_symmv_free(problem.eigen);
    gsl_vector_free(problem.values);
    gsl_matrix_free(problem.vectors);
    gsl_matrix_free(problem.matrix);
    free_rule(problem.rule);
    return c;
}

/* ---- the band of a curve ---- */

static enum rwe_status check(const struct rwe_km_options *options, enum rwe_km_band_kind kind,
                             struct rwe_error *error)
{
    if (!(options->conf_level > 0 && options->conf_level < 1))
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "the confidence level must lie between 0 and 1");
    if (options->transform < RWE_KM_LOG_LOG || options->transform > RWE_KM_ARCSIN)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX, "unknown confidence transform");
    if (kind != RWE_KM_HALL_WELLNER && kind != RWE_KM_EQUAL_PRECISION)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX, "unknown kind of band");
    return RWE_OK;
}

static double variance_at(const struct rwe_km_curve *curve, size_t point)
{
    double e = curve->std_error[point] / curve->survival[point];
    return e * e;
}

/* The share of the bridge's time that has passed. */
static double bridge_time(const struct rwe_km_curve *curve, size_t point)
{
    double v = curve->n * variance_at(curve, point);
    return v / (1 + v);
}

/* Whether a point is one where the band holds. Relative to its error a curve is not normal near its
 * first events, nor near its last, however large n is: see RWE_KM_EQUAL_PRECISION_FROM. */
static bool is_in_reach(const struct rwe_km_curve *curve, enum rwe_km_band_kind kind, size_t point)
{
    if (!(curve->survival[point] > 0 && curve->survival[point] < 1))
        return false;
    double a = bridge_time(curve, point);
    return kind == RWE_KM_HALL_WELLNER ||
           (a >= RWE_KM_EQUAL_PRECISION_FROM && a <= RWE_KM_EQUAL_PRECISION_TO);
}

/* Where the band begins and ends. */
static bool find_range(const struct rwe_km_curve *curve, enum rwe_km_band_kind kind, size_t *first,
                       size_t *last)
{
    size_t found = 0;
    for (size_t i = 0; i < curve->n_points; i++) {
        if (!is_in_reach(curve, kind, i))
            continue;
        if (found++ == 0)
            *first = i;
        *last = i;
    }
    return found > 0;
}

static enum rwe_status refuse(enum rwe_km_band_kind kind, struct rwe_error *error)
{
    if (kind == RWE_KM_HALL_WELLNER)
        return rwe_fail(error, RWE_NOT_ESTIMABLE, RWE_NO_INDEX,
                        "a curve that never lies between 0 and 1 has no band");
    return rwe_fail(error, RWE_NOT_ESTIMABLE, RWE_NO_INDEX,
                    "too few events for an equal-precision band (a Hall–Wellner band needs two)");
}

static void fill_limits(const struct rwe_km_curve *curve, enum rwe_km_band_kind kind,
                        const struct rwe_km_options *options, const struct rwe_km_band *band,
                        double low[], double high[])
{
    for (size_t i = 0; i < curve->n_points; i++) {
        low[i] = high[i] = GSL_NAN;
        if (curve->time[i] < band->from || curve->time[i] > band->to)
            continue;
        double variance = variance_at(curve, i);
        double reach = kind == RWE_KM_HALL_WELLNER
                           ? band->critical * (1 + curve->n * variance) / sqrt(curve->n)
                           : band->critical * sqrt(variance);
        struct rwe_km_interval limits =
            rwe_km_limits(curve->survival[i], reach, 1, options->transform);
        low[i] = limits.low;
        high[i] = limits.high;
    }
}

enum rwe_status rwe_km_band_fit(const struct rwe_km_curve *curve, enum rwe_km_band_kind kind,
                                const struct rwe_km_options *options, struct rwe_arena *arena,
                                struct rwe_km_band *band, struct rwe_error *error)
{
    size_t first = 0, last = 0;
    enum rwe_status status = check(options, kind, error);
    if (status != RWE_OK)
        return status;
    if (!find_range(curve, kind, &first, &last))
        return refuse(kind, error);
    *band = (struct rwe_km_band){.n_points = curve->n_points,
                                 .from = curve->time[first],
                                 .to = curve->time[last],
                                 .a_from = bridge_time(curve, first),
                                 .a_to = bridge_time(curve, last)};
    if (kind == RWE_KM_HALL_WELLNER && !(band->a_from < band->a_to))
        return rwe_fail(error, RWE_NOT_ESTIMABLE, RWE_NO_INDEX,
                        "a curve with one step between 0 and 1 has no band");
    band->critical = kind == RWE_KM_HALL_WELLNER
                         ? rwe_km_hall_wellner(band->a_from, band->a_to, options->conf_level)
                         : rwe_km_equal_precision(band->a_from, band->a_to, options->conf_level);
    double *low = RWE_NEW(arena, double, curve->n_points);
    double *high = RWE_NEW(arena, double, curve->n_points);
    if (rwe_arena_failed(arena) || gsl_isnan(band->critical)) /* the ends are in range */
        return rwe_fail_memory(error);
    fill_limits(curve, kind, options, band, low, high);
    band->conf_low = low;
    band->conf_high = high;
    return RWE_OK;
}
