/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "design_csv.h"
#include "rwe/stats/mahalanobis.h"

#include <math.h>
#include <string.h>

static int set_up(void **state)
{
    *state = rwe_arena_new();
    return *state == NULL;
}

static int tear_down(void **state)
{
    rwe_arena_free(*state);
    return 0;
}

static const char *const covariates[] = {"age", "educ", "married", "nodegree", "re74", "re75"};

struct lalonde {
    size_t n;
    double *x; /* the six covariates, and room for a seventh */
    uint8_t *treated;
    struct design_csv expected; /* tests/oracle/mahalanobis.R */
};

static struct lalonde read_lalonde(struct rwe_arena *arena)
{
    struct design_csv csv = design_csv_read("tests/oracle/data/lalonde.csv", arena);
    struct lalonde d = {.n = csv.n_rows,
                        .x = RWE_NEW(arena, double, 7 * csv.n_rows),
                        .treated = RWE_NEW(arena, uint8_t, csv.n_rows),
                        .expected = design_csv_read("tests/oracle/mahalanobis.csv", arena)};
    const double *z = design_csv_numbers(&csv, "treat");
    for (size_t i = 0; i < d.n; i++)
        d.treated[i] = z[i] == 1;
    for (size_t j = 0; j < 6; j++)
        memcpy(d.x + j * d.n, design_csv_numbers(&csv, covariates[j]), d.n * sizeof *d.x);
    return d;
}

static struct rwe_mahalanobis map(struct rwe_arena *arena, const struct lalonde *d, size_t k,
                                  enum rwe_mahalanobis_scale scale)
{
    struct rwe_mahalanobis result;
    assert_int_equal(rwe_mahalanobis_map(d->x, k, d->treated, d->n, scale, arena, &result, NULL),
                     RWE_OK);
    return result;
}

static void assert_distances(const struct lalonde *d, struct rwe_mahalanobis result,
                             const char *column)
{
    const double *a = design_csv_numbers(&d->expected, "a");
    const double *b = design_csv_numbers(&d->expected, "b");
    const double *expected = design_csv_numbers(&d->expected, column);
    assert_int_equal(d->expected.n_rows, 6);
    for (size_t i = 0; i < 6; i++)
        assert_close(rwe_mahalanobis_distance(&result, (size_t)a[i], (size_t)b[i]), expected[i],
                     1e-10);
}

static void distances_of_lalonde_match_r_on_each_scale(void **state)
{
    struct lalonde d = read_lalonde(*state);
    assert_distances(&d, map(*state, &d, 6, RWE_MAHALANOBIS_WITHIN), "within");
    assert_distances(&d, map(*state, &d, 6, RWE_MAHALANOBIS_CONTROLS), "controls");
    assert_distances(&d, map(*state, &d, 6, RWE_MAHALANOBIS_RANKS), "ranks");
}

/* MASS::ginv in R. Twice the age less 3 says nothing that the age does not. */
static void a_determined_covariate_changes_no_distance(void **state)
{
    struct lalonde d = read_lalonde(*state);
    for (size_t i = 0; i < d.n; i++)
        d.x[6 * d.n + i] = 2 * d.x[i] - 3;
    assert_int_equal(map(*state, &d, 7, RWE_MAHALANOBIS_WITHIN).rank, 6);
    assert_distances(&d, map(*state, &d, 7, RWE_MAHALANOBIS_WITHIN), "within");
    assert_distances(&d, map(*state, &d, 7, RWE_MAHALANOBIS_CONTROLS), "controls");
    assert_distances(&d, map(*state, &d, 7, RWE_MAHALANOBIS_RANKS), "ranks_collinear");
}

static void units_of_measurement_do_not_matter(void **state)
{
    struct lalonde d = read_lalonde(*state);
    for (size_t i = 0; i < d.n; i++) {
        d.x[i] = 1e6 - 365.25 * d.x[i];
        d.x[5 * d.n + i] *= 1e-9;
    }
    assert_distances(&d, map(*state, &d, 6, RWE_MAHALANOBIS_WITHIN), "within");
    assert_distances(&d, map(*state, &d, 6, RWE_MAHALANOBIS_CONTROLS), "controls");
}

/* By hand: variance 2 within each arm, so 6 apart is 6 / sqrt(2); ranks 1, 3.5, 2, 3.5 against the
 * variance 5 / 3 of 1 … 4. */
static void one_covariate_by_hand(void **state)
{
    const double x[] = {0, 5, 3, 5};
    const uint8_t treated[] = {1, 1, 0, 0};
    struct rwe_mahalanobis result;
    const double pairs[] = {0, 2, 4, 6};
    assert_int_equal(
        rwe_mahalanobis_map(pairs, 1, treated, 4, RWE_MAHALANOBIS_WITHIN, *state, &result, NULL),
        RWE_OK);
    assert_close(rwe_mahalanobis_distance(&result, 0, 3), 6 / sqrt(2), 1e-14);
    assert_int_equal(
        rwe_mahalanobis_map(x, 1, treated, 4, RWE_MAHALANOBIS_RANKS, *state, &result, NULL),
        RWE_OK);
    assert_close(rwe_mahalanobis_distance(&result, 0, 1), 2.5 / sqrt(5. / 3), 1e-14);
    assert_close(rwe_mahalanobis_distance(&result, 1, 3), 0, 0);
}

static void assert_refused(struct rwe_arena *arena, const double x[], size_t k,
                           enum rwe_mahalanobis_scale scale, enum rwe_status expected, size_t index)
{
    const uint8_t treated[] = {1, 1, 0, 0};
    struct rwe_mahalanobis result;
    struct rwe_error error = {0};
    assert_int_equal(rwe_mahalanobis_map(x, k, treated, 4, scale, arena, &result, &error),
                     expected);
    assert_int_equal(error.index, index);
}

static void a_covariate_that_does_not_vary_is_named(void **state)
{
    const double same[] = {0, 2, 4, 6, .1, .1, .1, .1};
    const double arm[] = {0, 2, 4, 6, 7.7, 7.7, .1, .1};
    assert_refused(*state, same, 2, RWE_MAHALANOBIS_WITHIN, RWE_COLLINEAR, 1);
    assert_refused(*state, same, 2, RWE_MAHALANOBIS_CONTROLS, RWE_COLLINEAR, 1);
    assert_refused(*state, same, 2, RWE_MAHALANOBIS_RANKS, RWE_COLLINEAR, 1);
    assert_refused(*state, arm, 2, RWE_MAHALANOBIS_WITHIN, RWE_COLLINEAR, 1);
    assert_refused(*state, arm, 2, RWE_MAHALANOBIS_CONTROLS, RWE_COLLINEAR, 1);
}

static void a_value_that_is_not_finite_is_refused_with_its_index(void **state)
{
    const double x[] = {0, 2, 4, 6, 1, 2, NAN, 3}, y[] = {0, 2, 4, INFINITY};
    assert_refused(*state, x, 2, RWE_MAHALANOBIS_WITHIN, RWE_NOT_FINITE, 6);
    assert_refused(*state, y, 1, RWE_MAHALANOBIS_RANKS, RWE_NOT_FINITE, 3);
}

static void too_few_units_and_no_covariate_are_refused(void **state)
{
    const double x[] = {0, 2};
    const uint8_t treated[] = {1, 0};
    struct rwe_mahalanobis result;
    for (int scale = RWE_MAHALANOBIS_WITHIN; scale <= RWE_MAHALANOBIS_CONTROLS; scale++)
        assert_int_equal(rwe_mahalanobis_map(x, 1, treated, 2, (enum rwe_mahalanobis_scale)scale,
                                             *state, &result, NULL),
                         RWE_NOT_ESTIMABLE);
    assert_int_equal(
        rwe_mahalanobis_map(x, 1, treated, 1, RWE_MAHALANOBIS_RANKS, *state, &result, NULL),
        RWE_NOT_ESTIMABLE);
    assert_refused(*state, x, 0, RWE_MAHALANOBIS_WITHIN, RWE_BAD_INPUT, RWE_NO_INDEX);
}

static void memory_that_is_out_is_an_error(void **state)
{
    const double x[] = {0, 2, 4, 6};
    rwe_arena_alloc(*state, SIZE_MAX, 2); /* the failure sticks */
    assert_refused(*state, x, 1, RWE_MAHALANOBIS_RANKS, RWE_NO_MEMORY, RWE_NO_INDEX);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(distances_of_lalonde_match_r_on_each_scale),
        TEST(a_determined_covariate_changes_no_distance),
        TEST(units_of_measurement_do_not_matter),
        TEST(one_covariate_by_hand),
        TEST(a_covariate_that_does_not_vary_is_named),
        TEST(a_value_that_is_not_finite_is_refused_with_its_index),
        TEST(too_few_units_and_no_covariate_are_refused),
        TEST(memory_that_is_out_is_an_error),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
