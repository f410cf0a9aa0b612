/* SPDX-License-Identifier: GPL-3.0-or-later */
/* MaxCombo, and the maximum of correlated normals under it. */
#include "check.h"
#include "cohort.h"
#include "data_set.h"
#include "rwe/stats/maxcombo.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdio.h>

static const double *vector(const struct oracle *oracle, const char *name, const char *what,
                            size_t *n)
{
    char key[128];
    snprintf(key, sizeof key, "%s.%s", name, what);
    return oracle_vector(oracle, key, n);
}

static void maxcombo_matches_r_on_four_cohorts(void **state)
{
    (void)state;
    const struct {
        const char *name;
        struct data_set set;
    } sets[] = {
        {"maxcombo.lung.sex", {"lung", "time", "status", 2, "sex", NULL}},
        {"maxcombo.lung.sex.inst", {"lung", "time", "status", 2, "sex", "inst"}},
        {"maxcombo.veteran.trt.celltype", {"veteran", "time", "status", 1, "trt", "celltype"}},
        {"maxcombo.gbsg.hormon", {"gbsg", "rfstime", "status", 1, "hormon", NULL}},
        {"maxcombo.rotterdam.hormon", {"rotterdam", "dtime", "death", 1, "hormon", NULL}},
        {"maxcombo.rotterdam.chemo", {"rotterdam", "dtime", "death", 1, "chemo", NULL}},
    };
    struct oracle *oracle = oracle_read("tests/oracle/logrank_family.csv");
    struct rwe_arena *arena = rwe_arena_new();
    for (size_t s = 0; s < sizeof sets / sizeof sets[0]; s++) {
        size_t n;
        struct cohort cohort = data_set_read(&sets[s].set, arena);
        struct rwe_survival_data data = cohort_sort(&cohort, arena);
        struct rwe_event_table table;
        struct rwe_maxcombo result;
        assert_int_equal(rwe_event_table_build(&data, arena, &table, NULL), RWE_OK);
        assert_int_equal(rwe_maxcombo_test(&table, rwe_maxcombo_weights, 4, &result, NULL), RWE_OK);
        const double *z = vector(oracle, sets[s].name, "z", &n);
        const double *correlation = vector(oracle, sets[s].name, "correlation", &n);
        for (size_t a = 0; a < 4; a++)
            assert_close(result.z[a], z[a], 1e-10);
        for (size_t i = 0; i < 16; i++)
            assert_close(result.correlation[i], correlation[i], 1e-10);
        assert_close(result.statistic, fabs(z[result.best]), 1e-10);
        double p = *vector(oracle, sets[s].name, "p", &n);
        assert_true(fabs(result.p_value - p) <= 1e-9); /* R integrates across kinks */
    }
    rwe_arena_free(arena);
    oracle_free(oracle);
}

static void maximum_matches_mvtnorm(void **state)
{
    (void)state;
    const struct {
        const char *name;
        double within;
    } cases[] = {{"maximum.two", 1e-8},
                 {"maximum.three", 1e-6},
                 {"maximum.three.negative", 1e-6},
                 {"maximum.four", 1e-6},
                 {"maximum.four.autoregressive", 1e-6}};
    struct oracle *oracle = oracle_read("tests/oracle/logrank_family.csv");
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        size_t n;
        const double *correlation = vector(oracle, cases[c].name, "correlation", &n);
        double m = *vector(oracle, cases[c].name, "m", &(size_t){0});
        double p = *vector(oracle, cases[c].name, "p", &(size_t){0});
        assert_close(rwe_normal_maximum_p(correlation, (size_t)(sqrt((double)n) + 0.5), m), p,
                     cases[c].within);
    }
    oracle_free(oracle);
}

static void equicorrelated(double r, size_t n, double correlation[])
{
    for (size_t i = 0; i < n * n; i++)
        correlation[i] = i % (n + 1) == 0 ? 1 : r;
}

/* Another route: given the common part, equicorrelated variables are independent (Dunnett & Sobel,
 * Biometrika 42:258, 1955): 1 − ∫ P(|sqrt(1 − r) Z + sqrt(r) u| <= m)^n φ(u) du, by trapezoids,
 * which converge fast on smooth functions that vanish at both ends. */
static double by_common_part(double r, size_t n, double m)
{
    enum { POINTS = 4000 };
    double sum = 0, step = 20. / POINTS;
    for (int i = 0; i <= POINTS; i++) {
        double u = -10 + i * step;
        double high = (m - sqrt(r) * u) / sqrt(1 - r), low = (-m - sqrt(r) * u) / sqrt(1 - r);
        double within = gsl_cdf_ugaussian_P(high) - gsl_cdf_ugaussian_P(low);
        double q = gsl_cdf_ugaussian_Q(high) + gsl_cdf_ugaussian_P(low);
        /* 1 − (1 − q)^n without cancellation where q is small */
        double beyond = q < 0.5 ? -expm1((double)n * log1p(-q)) : 1 - pow(within, (double)n);
        sum += beyond * gsl_ran_ugaussian_pdf(u) * step;
    }
    return sum;
}

static void maximum_of_equicorrelated_is_one_integral(void **state)
{
    (void)state;
    for (size_t n = 1; n <= 4; n++)
        for (double r = 0; r < 1; r += 0.24)
            for (double m = 0.5; m < 6; m += 1.25) {
                double correlation[16];
                equicorrelated(r, n, correlation);
                assert_close(rwe_normal_maximum_p(correlation, n, m), by_common_part(r, n, m),
                             1e-8);
            }
}

static void maximum_of_independent_holds_far_out(void **state)
{
    (void)state;
    double correlation[16];
    equicorrelated(0, 4, correlation);
    for (double m = 0; m < 37.2; m += 3.1) {
        double q = 2 * gsl_cdf_ugaussian_Q(m);
        double p = m == 0 ? 1 : -expm1(4 * log1p(-q));
        assert_close(rwe_normal_maximum_p(correlation, 4, m), p, 1e-8);
    }
    assert_true(rwe_normal_maximum_p(correlation, 4, 37) < 1e-295);
}

static void maximum_bears_singular_correlations(void **state)
{
    (void)state;
    double correlation[16];
    /* four times the same, and the same with a sign */
    equicorrelated(1, 4, correlation);
    for (double m = 0.5; m < 37; m += 6)
        assert_close(rwe_normal_maximum_p(correlation, 4, m), 2 * gsl_cdf_ugaussian_Q(m), 1e-8);
    double opposite[4] = {1, -1, -1, 1};
    assert_close(rwe_normal_maximum_p(opposite, 2, 1.5), 2 * gsl_cdf_ugaussian_Q(1.5), 1e-8);
    /* Two independent ones and their two diagonals: the square cut by the turned square. By angle,
     * the octagon's side is at m from the centre, so P(beyond) = (8/π) ∫_0^{π/8} exp(−m²/(2 cos²)). */
    double h = sqrt(0.5);
    double octagon[16] = {1, 0, h, h, 0, 1, h, -h, h, h, 1, 0, h, -h, 0, 1};
    for (double m = 0.5; m < 9; m += 1.5) {
        double sum = 0;
        enum { STEPS = 4000 };
        for (int i = 0; i < STEPS; i++) { /* by midpoints */
            double c = cos((i + 0.5) * M_PI / 8 / STEPS);
            sum += exp(-m * m / (2 * c * c)) / STEPS;
        }
        assert_close(rwe_normal_maximum_p(octagon, 4, m), sum, 1e-7);
    }
}

static void one_weight_is_the_test_itself(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = cohort_random(arena, 300, 1, 0.5, 8);
    struct rwe_survival_data data = cohort_sort(&cohort, arena);
    struct rwe_event_table table;
    struct rwe_maxcombo result;
    struct rwe_logrank one;
    assert_int_equal(rwe_event_table_build(&data, arena, &table, NULL), RWE_OK);
    for (size_t a = 0; a < 4; a++) {
        assert_int_equal(rwe_maxcombo_test(&table, &rwe_maxcombo_weights[a], 1, &result, NULL),
                         RWE_OK);
        assert_int_equal(rwe_logrank_weighted(&table, rwe_maxcombo_weights[a], arena, &one, NULL),
                         RWE_OK);
        assert_close(result.statistic * result.statistic, one.statistic, 1e-12);
        assert_close(result.p_value, one.p_value, 1e-10);
    }
    /* The best of four is no less sure than any, and no surer than four times the best. */
    assert_int_equal(rwe_maxcombo_test(&table, rwe_maxcombo_weights, 4, &result, NULL), RWE_OK);
    double best = 2 * gsl_cdf_ugaussian_Q(result.statistic);
    assert_true(result.p_value > best && result.p_value < 4 * best);
    rwe_arena_free(arena);
}

static void a_statistic_without_variance_is_left_out(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    /* One event time, the first: 1 − S is 0 there, so two of the four do not exist. */
    struct cohort cohort = cohort_of(arena, 6, (double[]){1, 2, 3, 4, 5, 6},
                                     (uint8_t[]){1, 0, 0, 0, 0, 0}, (uint32_t[]){0, 1, 0, 1, 0, 1});
    struct rwe_survival_data data = cohort_sort(&cohort, arena);
    struct rwe_event_table table;
    struct rwe_maxcombo result;
    struct rwe_error error = {0};
    assert_int_equal(rwe_event_table_build(&data, arena, &table, NULL), RWE_OK);
    assert_int_equal(rwe_maxcombo_test(&table, rwe_maxcombo_weights, 4, &result, NULL), RWE_OK);
    assert_close(result.statistic, 1, 1e-14); /* (1 − 1/2) / sqrt(1/4) */
    assert_close(result.p_value, 2 * gsl_cdf_ugaussian_Q(1), 1e-10);
    assert_int_equal(result.best, 0);
    assert_nan(result.z[2]);
    assert_int_equal(rwe_maxcombo_test(&table, rwe_maxcombo_weights + 2, 2, &result, &error),
                     RWE_NOT_ESTIMABLE);
    assert_int_equal(rwe_maxcombo_test(&table, rwe_maxcombo_weights, 0, &result, &error),
                     RWE_BAD_INPUT);
    assert_int_equal(rwe_maxcombo_test(&table, rwe_maxcombo_weights, 5, &result, &error),
                     RWE_BAD_INPUT);
    data.n_groups = 3;
    assert_int_equal(rwe_event_table_build(&data, arena, &table, NULL), RWE_OK);
    assert_int_equal(rwe_maxcombo_test(&table, rwe_maxcombo_weights, 4, &result, &error),
                     RWE_BAD_INPUT);
    assert_nan(rwe_normal_maximum_p((double[]){1}, 1, NAN));
    rwe_arena_free(arena);
}

/* Ties, weights, clusters of three and two strata. */
static struct cohort weighted(struct rwe_arena *arena)
{
    struct cohort cohort = cohort_random(arena, 150, 1, 1, 11);
    cohort.stratum = RWE_NEW(arena, uint32_t, cohort.n);
    cohort.cluster = RWE_NEW(arena, uint32_t, cohort.n);
    cohort.weight = RWE_NEW(arena, double, cohort.n);
    for (size_t i = 0; i < cohort.n; i++) {
        cohort.stratum[i] = (uint32_t)(i / 4 % 2);
        cohort.cluster[i] = (uint32_t)(i / 3);
        cohort.weight[i] = 0.5 + (double)(i % 5) / 3;
    }
    return cohort;
}

static struct rwe_maxcombo robust(const struct rwe_survival_data *data, struct rwe_arena *arena)
{
    struct rwe_event_table table;
    struct rwe_maxcombo result;
    assert_int_equal(rwe_event_table_build(data, arena, &table, NULL), RWE_OK);
    assert_int_equal(
        rwe_maxcombo_robust(data, &table, rwe_maxcombo_weights, 4, arena, &result, NULL), RWE_OK);
    return result;
}

static void robust_statistics_are_those_of_the_robust_logrank_family(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = weighted(arena);
    struct rwe_survival_data data = cohort_sort(&cohort, arena);
    struct rwe_event_table table;
    struct rwe_logrank one;
    struct rwe_maxcombo all = robust(&data, arena);
    assert_int_equal(rwe_event_table_build(&data, arena, &table, NULL), RWE_OK);
    for (size_t a = 0; a < 4; a++) {
        assert_int_equal(
            rwe_logrank_robust(&data, &table, rwe_maxcombo_weights[a], arena, &one, NULL), RWE_OK);
        assert_close(all.z[a] * all.z[a], one.statistic, 1e-11);
    }
    for (size_t i = 0; i < cohort.n; i++)
        cohort.weight[i] *= 100;
    struct rwe_maxcombo scaled = robust(&data, arena);
    assert_close(scaled.p_value, all.p_value, 1e-9);
    for (size_t i = 0; i < 16; i++)
        assert_close(scaled.correlation[i], all.correlation[i], 1e-11);
    rwe_arena_free(arena);
}

static void robust_correlation_is_that_of_differences_of_the_statistics(void **state)
{
    (void)state;
    /* U is linear in the weight function: Var(U_a + U_b) needs the covariance that is claimed.
     * G(0,0) = G(1,0) + G(0,1), since S + (1 - S) = 1. */
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = weighted(arena);
    struct rwe_survival_data data = cohort_sort(&cohort, arena);
    struct rwe_event_table table;
    struct rwe_logrank of[3];
    struct rwe_maxcombo all = robust(&data, arena);
    assert_int_equal(rwe_event_table_build(&data, arena, &table, NULL), RWE_OK);
    for (size_t a = 0; a < 3; a++)
        assert_int_equal(
            rwe_logrank_robust(&data, &table, rwe_maxcombo_weights[a], arena, &of[a], NULL),
            RWE_OK);
    double v[3] = {of[0].covariance[3], of[1].covariance[3], of[2].covariance[3]};
    double r12 = (v[0] - v[1] - v[2]) / 2 / sqrt(v[1] * v[2]);
    assert_close(all.correlation[1 * 4 + 2], r12, 1e-10);
    rwe_arena_free(arena);
}

static void without_weights_robust_nears_the_classic_test(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = cohort_random(arena, 20000, 0, 0, 12);
    struct rwe_survival_data data = cohort_sort(&cohort, arena);
    struct rwe_event_table table;
    struct rwe_maxcombo classic, wide = robust(&data, arena);
    assert_int_equal(rwe_event_table_build(&data, arena, &table, NULL), RWE_OK);
    assert_int_equal(rwe_maxcombo_test(&table, rwe_maxcombo_weights, 4, &classic, NULL), RWE_OK);
    for (size_t a = 0; a < 4; a++)
        assert_close(wide.z[a], classic.z[a], 0.02);
    for (size_t i = 0; i < 16; i++)
        assert_close(wide.correlation[i], classic.correlation[i], 0.02);
    rwe_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(maxcombo_matches_r_on_four_cohorts),
        cmocka_unit_test(maximum_matches_mvtnorm),
        cmocka_unit_test(maximum_of_equicorrelated_is_one_integral),
        cmocka_unit_test(maximum_of_independent_holds_far_out),
        cmocka_unit_test(maximum_bears_singular_correlations),
        cmocka_unit_test(one_weight_is_the_test_itself),
        cmocka_unit_test(a_statistic_without_variance_is_left_out),
        cmocka_unit_test(robust_statistics_are_those_of_the_robust_logrank_family),
        cmocka_unit_test(robust_correlation_is_that_of_differences_of_the_statistics),
        cmocka_unit_test(without_weights_robust_nears_the_classic_test),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
