/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "csv_table.h"
#include "rwe/stats/spline.h"

#include <math.h>
#include <stdio.h>
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

static struct rwe_spline place(const double x[], size_t n, size_t df, struct rwe_arena *arena)
{
    struct rwe_spline spline;
    struct rwe_error error = {0};
    if (rwe_spline_place(x, n, df, arena, &spline, &error) != RWE_OK)
        fail_msg("%s", error.message);
    return spline;
}

/* tests/oracle/cox_models.R; a basis value near 0 is met to 1e-10 absolutely. */
static void check_ns(const char *name, const char *column, size_t df, struct rwe_arena *arena)
{
    char key[64], path[64];
    size_t n;
    snprintf(path, sizeof path, "tests/oracle/data/%.*s.csv", (int)(strchr(name, '.') - name),
             name);
    struct csv_table *table = csv_table_read(path);
    struct oracle *oracle = oracle_read("tests/oracle/cox_models.csv");
    const double *x = csv_table_numbers(table, column);
    struct rwe_spline spline = place(x, table->n_rows, df, arena);
    snprintf(key, sizeof key, "spline.%s.knots", name);
    const double *knots = oracle_vector(oracle, key, &n);
    assert_int_equal(n, df + 1);
    for (size_t k = 0; k <= df; k++)
        assert_close(spline.knot[3 + k], knots[k], 1e-13);
    snprintf(key, sizeof key, "spline.%s", name);
    const double *basis = oracle_vector(oracle, key, &n);
    assert_int_equal(n, df * table->n_rows);
    for (size_t i = 0; i < table->n_rows; i++) {
        double out[RWE_SPLINE_MOST_DF];
        rwe_spline_basis(&spline, x[i], out);
        for (size_t j = 0; j < df; j++)
            if (!(fabs(out[j] - basis[j * table->n_rows + i]) <= 1e-10))
                fail_msg("%s: row %zu, column %zu is %.17g, expected %.17g", name, i, j, out[j],
                         basis[j * table->n_rows + i]);
    }
    oracle_free(oracle);
    csv_table_free(table);
}

static void basis_matches_splines_ns(void **state)
{
    check_ns("lung.age", "age", 3, *state);
    check_ns("veteran.karno", "karno", 2, *state);
    check_ns("gbsg.pgr", "pgr", 5, *state);
    check_ns("gbsg.age", "age", 1, *state);
}

/* Second differences of a natural spline vanish at the ends and are continuous within. */
static void second_derivative_vanishes_at_the_boundaries(void **state)
{
    static const double x[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
    struct rwe_spline spline = place(x, 10, 4, *state);
    const double h = 1e-3;
    for (size_t j = 0; j < 4; j++)
        for (int end = 0; end < 2; end++) {
            double a[4], b[4], c[4], at = end == 0 ? h : 9 - h;
            rwe_spline_basis(&spline, at - h, a);
            rwe_spline_basis(&spline, at, b);
            rwe_spline_basis(&spline, at + h, c);
            assert_true(fabs(a[j] - 2 * b[j] + c[j]) / (h * h) < 2e-3); /* linear in h */
        }
}

/* One degree of freedom is a straight line. */
static void one_degree_of_freedom_is_linear(void **state)
{
    static const double x[] = {2, 3, 5, 8, 13};
    struct rwe_spline spline = place(x, 5, 1, *state);
    double at[5];
    for (size_t i = 0; i < 5; i++)
        rwe_spline_basis(&spline, x[i], &at[i]);
    for (size_t i = 1; i < 5; i++)
        assert_close((at[i] - at[0]) / (x[i] - x[0]), (at[4] - at[0]) / 11, 1e-12);
}

static void bad_requests_are_refused(void **state)
{
    static const double x[] = {0, 0, 0, 0, 1}, bad[] = {0, NAN};
    struct rwe_spline spline;
    struct rwe_error error = {0};
    assert_int_equal(rwe_spline_place(x, 5, 0, *state, &spline, &error), RWE_BAD_INPUT);
    assert_int_equal(rwe_spline_place(x, 5, 11, *state, &spline, &error), RWE_BAD_INPUT);
    assert_int_equal(rwe_spline_place(x, 5, 3, *state, &spline, &error), RWE_NOT_ESTIMABLE);
    assert_int_equal(rwe_spline_place(x, 0, 3, *state, &spline, &error), RWE_NOT_ESTIMABLE);
    assert_int_equal(rwe_spline_place(bad, 2, 1, *state, &spline, &error), RWE_NOT_FINITE);
    assert_int_equal(error.index, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(basis_matches_splines_ns, set_up, tear_down),
        cmocka_unit_test_setup_teardown(second_derivative_vanishes_at_the_boundaries, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(one_degree_of_freedom_is_linear, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bad_requests_are_refused, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
