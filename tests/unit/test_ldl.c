/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "../../src/stats/ldl_private.h"

#include "check.h"

#include <math.h>

/* Golub & Van Loan's 3 × 3 example (4th ed., section 4.1): L = [1; 2 1; 3 4 1], D = (10, 5, 1). */
static const double EXAMPLE[9] = {10, 20, 30, 20, 45, 80, 30, 80, 171};

static void copy(double to[9])
{
    for (int i = 0; i < 9; i++)
        to[i] = EXAMPLE[i];
}

static void the_text_book_example_factors(void **state)
{
    (void)state;
    double a[9];
    copy(a);
    assert_int_equal(rwe_ldl_factor(a, 3, 1e-10), 3);
    const double expected[9] = {10, NAN, NAN, 2, 5, NAN, 3, 4, 1};
    for (int i = 0; i < 9; i++)
        if (!isnan(expected[i]))
            assert_close(a[i], expected[i], 1e-15);
}

static void solutions_quadratic_forms_and_inverses_agree(void **state)
{
    (void)state;
    double a[9], b[3] = {1, -2, 3}, c[3] = {1, -2, 3}, inverse[9];
    copy(a);
    rwe_ldl_factor(a, 3, 1e-10);
    rwe_ldl_solve(a, 3, b);
    double quadratic = rwe_ldl_quadratic(a, 3, c);
    rwe_ldl_inverse(a, 3, inverse);
    const double right[3] = {1, -2, 3};
    double direct = 0;
    for (int i = 0; i < 3; i++) {
        double product = 0, solution = 0;
        for (int k = 0; k < 3; k++) {
            product += EXAMPLE[3 * i + k] * b[k];
            solution += inverse[3 * i + k] * right[k];
            assert_close(inverse[3 * i + k], inverse[3 * k + i], 0);
        }
        assert_close(product, right[i], 1e-12);
        assert_close(solution, b[i], 1e-12);
        assert_close(c[i], b[i], 1e-15);
        direct += right[i] * b[i];
    }
    assert_close(quadratic, direct, 1e-13);
}

static void the_first_dependent_column_is_named(void **state)
{
    (void)state;
    /* Gram matrix of (1,0,0), (1,1,0), (3,2,0), (0,0,1): the third is 1 × the first + 2 × the
     * second. */
    double a[16] = {1, 1, 3, 0, 1, 2, 5, 0, 3, 5, 13, 0, 0, 0, 0, 1};
    assert_int_equal(rwe_ldl_factor(a, 4, 1e-10), 2);
    double zero[1] = {0};
    assert_int_equal(rwe_ldl_factor(zero, 1, 0), 0);
    double nothing[1] = {NAN};
    assert_int_equal(rwe_ldl_factor(nothing, 1, 0), 0);
}

static void the_tolerance_is_a_share_of_the_own_diagonal(void **state)
{
    (void)state;
    /* 1 − R² = 1e-4, in units a million apart */
    double r = sqrt(1 - 1e-4);
    double a[4] = {1e12, 0, r * 1e6, 1}, b[4] = {1e12, 0, r * 1e6, 1};
    assert_int_equal(rwe_ldl_factor(a, 2, 0.99e-4), 2);
    assert_int_equal(rwe_ldl_factor(b, 2, 1.01e-4), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_text_book_example_factors),
        cmocka_unit_test(solutions_quadratic_forms_and_inverses_agree),
        cmocka_unit_test(the_first_dependent_column_is_named),
        cmocka_unit_test(the_tolerance_is_a_share_of_the_own_diagonal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
