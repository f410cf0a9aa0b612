/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "rwe/base/rng.h"
#include "rwe/stats/logistic.h"
#include "rwe/stats/rank.h"

#include <gsl/gsl_randist.h>
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

enum { MOST_COLUMNS = 256 };

/* p columns of n values one after another, and what is said of them. */
struct matrix {
    size_t n, p;
    double *x, *weight;
    uint8_t keep[MOST_COLUMNS];
};

static struct matrix matrix_new(struct rwe_arena *arena, size_t n, size_t p)
{
    return (struct matrix){.n = n, .p = p, .x = RWE_NEW(arena, double, n *p)};
}

static double *column(const struct matrix *m, size_t j)
{
    return m->x + j * m->n;
}

static enum rwe_status try_keep(struct rwe_arena *arena, struct matrix *m, struct rwe_error *error)
{
    const double *columns[MOST_COLUMNS];
    for (size_t j = 0; j < m->p; j++)
        columns[j] = column(m, j);
    memset(m->keep, 2, sizeof m->keep);
    return rwe_columns_independent(columns, m->n, m->p, m->weight, arena, m->keep, error);
}

/* `expected` holds a letter a column: + kept, − not. */
static void assert_kept(struct rwe_arena *arena, struct matrix *m, const char *expected)
{
    char seen[MOST_COLUMNS + 1] = "";
    assert_int_equal(try_keep(arena, m, NULL), RWE_OK);
    for (size_t j = 0; j < m->p; j++)
        seen[j] = m->keep[j] == 1 ? '+' : m->keep[j] == 0 ? '-' : '?';
    assert_string_equal(seen, expected);
}

static void draw(struct matrix *m, size_t from, size_t to, double centre)
{
    struct rwe_rng rng;
    gsl_rng *g = rwe_rng_start(&rng, 11, RWE_RNG_TEST, m->n);
    for (size_t j = from; j < to; j++)
        for (size_t i = 0; i < m->n; i++)
            column(m, j)[i] = centre + gsl_ran_ugaussian(g);
}

static void copies_and_combinations_are_determined(void **state)
{
    struct matrix m = matrix_new(*state, 3000, 6);
    draw(&m, 0, 6, 0);
    memcpy(column(&m, 1), column(&m, 0), m.n * sizeof *m.x);
    memcpy(column(&m, 3), column(&m, 0), m.n * sizeof *m.x);
    for (size_t i = 0; i < m.n; i++)
        column(&m, 4)[i] = 0.3 * column(&m, 0)[i] - 1.7 * column(&m, 2)[i] + 12.345;
    assert_kept(*state, &m, "+-+--+");
}

static void constants_are_determined(void **state)
{
    const double constants[] = {0, 0.1, -3e9, 1e-300};
    struct matrix m = matrix_new(*state, 2000, 5);
    draw(&m, 4, 5, 0);
    for (size_t j = 0; j < 4; j++)
        for (size_t i = 0; i < m.n; i++)
            column(&m, j)[i] = constants[j];
    assert_kept(*state, &m, "----+");
}

/* What the second column adds to the first passes for rounding. The third adds 2,000 times as much of
 * the same, and is a column of its own. */
static void a_determined_column_explains_nothing_of_those_after_it(void **state)
{
    struct matrix m = matrix_new(*state, 2000, 3);
    draw(&m, 0, 3, 0);
    for (size_t i = 0; i < m.n; i++) {
        double own = column(&m, 2)[i];
        column(&m, 1)[i] = column(&m, 0)[i] + 5e-12 * own;
        column(&m, 2)[i] = column(&m, 0)[i] + 1e-8 * own;
    }
    assert_kept(*state, &m, "+-+");
}

/* What year⁵ adds to its lower powers is 1e-9 of its length about the mean: its square vanishes in
 * the rounding of X'X. */
static void five_powers_of_a_calendar_year_are_independent(void **state)
{
    struct matrix m = matrix_new(*state, 3100, 5);
    for (size_t i = 0; i < m.n; i++)
        for (size_t j = 0; j < 5; j++)
            column(&m, j)[i] = pow(1990 + (double)(i % 31), (double)j + 1);
    assert_kept(*state, &m, "+++++");
}

/* Of a number with three values only two powers are independent. */
static void powers_beyond_the_distinct_values_are_determined(void **state)
{
    struct matrix m = matrix_new(*state, 900, 5);
    for (size_t i = 0; i < m.n; i++)
        for (size_t j = 0; j < 5; j++)
            column(&m, j)[i] = pow(0.7 + 0.1 * (double)(i % 3), (double)j + 1);
    assert_kept(*state, &m, "++---");
}

/* In order of sites a block of rows holds five of the hundred levels, so that the others are constant in
 * it; all hundred add up to the constant. */
static void a_hundred_equal_sites_in_order_are_independent(void **state)
{
    struct matrix m = matrix_new(*state, 20000, 101);
    draw(&m, 100, 101, 60);
    for (size_t j = 0; j < 100; j++)
        for (size_t i = 0; i < m.n; i++)
            column(&m, j)[i] = i / 200 == j;
    assert_int_equal(try_keep(*state, &m, NULL), RWE_OK);
    for (size_t j = 0; j < 101; j++)
        assert_int_equal(m.keep[j], j != 99);
}

static void a_region_is_the_sum_of_its_sites(void **state)
{
    struct matrix m = matrix_new(*state, 1200, 5);
    for (size_t i = 0; i < m.n; i++) {
        for (size_t j = 0; j < 3; j++)
            column(&m, j)[i] = i % 4 == j + 1;
        column(&m, 3)[i] = column(&m, 0)[i] + column(&m, 1)[i];
        column(&m, 4)[i] = i % 5 == 0;
    }
    assert_kept(*state, &m, "+++-+");
}

static void units_do_not_matter(void **state)
{
    const double unit[] = {1e-8, 1e8, 1e-150, 1e150};
    struct matrix m = matrix_new(*state, 2500, 4);
    for (size_t u = 0; u < 4; u++) {
        draw(&m, 0, 4, 0);
        for (size_t i = 0; i < m.n; i++) {
            column(&m, 1)[i] *= unit[u];
            column(&m, 2)[i] =
                column(&m, 0)[i] * unit[3 - u] + column(&m, 1)[i] / unit[u] * unit[3 - u];
            column(&m, 3)[i] *= unit[u];
        }
        assert_kept(*state, &m, "++-+");
    }
}

/* A spread of 1 about 10⁹ is 10⁷ units in the last place: a column of its own. A multiple of it is a
 * copy, though rounding, 1e-7 of the spread, hides that. */
static void columns_far_from_zero_are_judged_by_their_spread(void **state)
{
    struct matrix m = matrix_new(*state, 2500, 4);
    draw(&m, 0, 4, 1e9);
    for (size_t i = 0; i < m.n; i++)
        column(&m, 2)[i] = 3 * column(&m, 0)[i] + 0.1;
    assert_kept(*state, &m, "++-+");
    draw(&m, 0, 1, 1e12); /* 1e-12 of the column is its spread */
    assert_kept(*state, &m, "++++");
}

static void a_tiny_addition_of_its_own_is_independent(void **state)
{
    struct matrix m = matrix_new(*state, 5000, 3);
    draw(&m, 0, 3, 0);
    for (size_t i = 0; i < m.n; i++) {
        column(&m, 1)[i] = column(&m, 0)[i] + 1e-10 * column(&m, 1)[i];
        column(&m, 2)[i] = column(&m, 0)[i] + 1e-13 * column(&m, 2)[i];
    }
    assert_kept(*state, &m, "++-");
}

static void rows_of_weight_zero_do_not_count(void **state)
{
    struct matrix m = matrix_new(*state, 2000, 3);
    draw(&m, 0, 3, 0);
    m.weight = RWE_NEW(*state, double, m.n);
    for (size_t i = 0; i < m.n; i++) {
        m.weight[i] = i % 3 == 0 ? 0 : 0.5 + (double)(i % 7);
        column(&m, 1)[i] = i % 3 == 0;
        column(&m, 2)[i] = i % 3 == 0 ? 5 : 2 * column(&m, 0)[i];
    }
    assert_kept(*state, &m, "+--");
    memset(m.weight, 0, m.n * sizeof *m.weight);
    assert_kept(*state, &m, "---");
    m.weight = NULL;
    assert_kept(*state, &m, "+++");
}

static void fewer_rows_than_columns_leave_one_less_than_rows(void **state)
{
    struct matrix m = matrix_new(*state, 4, 6);
    draw(&m, 0, 6, 0);
    assert_kept(*state, &m, "+++---");
    m = matrix_new(*state, 0, 2);
    assert_kept(*state, &m, "--");
}

/* The promise to whoever builds a model: kept columns are fitted, and the first other is the one that
 * a fit on all names. */
static void a_logistic_fit_agrees(void **state)
{
    struct matrix m = matrix_new(*state, 1500, 6);
    uint8_t *y = RWE_NEW(*state, uint8_t, m.n);
    draw(&m, 0, 6, 1000);
    for (size_t i = 0; i < m.n; i++) {
        y[i] = (i * 7919) % 13 < 5;
        column(&m, 2)[i] = column(&m, 0)[i] - column(&m, 1)[i];
        column(&m, 3)[i] = column(&m, 1)[i] + 1e-8 * column(&m, 3)[i];
        column(&m, 4)[i] = 3;
    }
    assert_kept(*state, &m, "++-+-+");
    struct rwe_logistic_options options = rwe_logistic_options_default();
    struct rwe_logistic model;
    struct rwe_error error;
    assert_int_equal(rwe_logistic_fit(m.x, m.p, y, m.n, &options, *state, &model, &error),
                     RWE_COLLINEAR);
    assert_int_equal(error.index, 2);
    size_t kept = 0;
    for (size_t j = 0; j < m.p; j++)
        if (m.keep[j])
            memmove(column(&m, kept++), column(&m, j), m.n * sizeof *m.x);
    assert_int_equal(rwe_logistic_fit(m.x, kept, y, m.n, &options, *state, &model, &error), RWE_OK);
    assert_true(model.converged);
}

static void what_is_no_number_is_refused_with_its_index(void **state)
{
    struct matrix m = matrix_new(*state, 10, 2);
    struct rwe_error error;
    draw(&m, 0, 2, 0);
    m.x[13] = NAN;
    assert_int_equal(try_keep(*state, &m, &error), RWE_NOT_FINITE);
    assert_int_equal(error.index, 13);
    m.x[13] = 0;
    m.weight = RWE_NEW(*state, double, 10);
    m.weight[4] = INFINITY;
    assert_int_equal(try_keep(*state, &m, &error), RWE_NOT_FINITE);
    assert_int_equal(error.index, 24);
    m.weight[4] = -1;
    assert_int_equal(try_keep(*state, &m, &error), RWE_BAD_INPUT);
    assert_int_equal(error.index, 24);
}

static void memory_that_is_out_is_an_error(void **state)
{
    struct matrix m = matrix_new(*state, 10, 2);
    struct rwe_error error;
    rwe_arena_alloc(*state, SIZE_MAX, 2); /* the failure sticks */
    assert_int_equal(try_keep(*state, &m, &error), RWE_NO_MEMORY);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(copies_and_combinations_are_determined),
        TEST(constants_are_determined),
        TEST(a_determined_column_explains_nothing_of_those_after_it),
        TEST(five_powers_of_a_calendar_year_are_independent),
        TEST(powers_beyond_the_distinct_values_are_determined),
        TEST(a_hundred_equal_sites_in_order_are_independent),
        TEST(a_region_is_the_sum_of_its_sites),
        TEST(units_do_not_matter),
        TEST(columns_far_from_zero_are_judged_by_their_spread),
        TEST(a_tiny_addition_of_its_own_is_independent),
        TEST(rows_of_weight_zero_do_not_count),
        TEST(fewer_rows_than_columns_leave_one_less_than_rows),
        TEST(a_logistic_fit_agrees),
        TEST(what_is_no_number_is_refused_with_its_index),
        TEST(memory_that_is_out_is_an_error),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
