/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include "rwe/stats/summary.h"
#include <math.h>

/* By hand: mean 20/5; squares 9 + 4 + 1 + 0 + 36 = 50, over 4; R: quantile(x, c(.25, .5, .75)). */
static void five_numbers_by_hand(void **state)
{
    (void)state;
    struct rwe_summary s = rwe_summarize((double[]){1, 2, 3, 4, 10}, 5);
    assert_int_equal(s.n, 5);
    assert_close(s.mean, 4, 1e-15);
    assert_close(s.sd, sqrt(12.5), 1e-15);
    assert_close(s.min, 1, 0);
    assert_close(s.q1, 2, 1e-15);
    assert_close(s.median, 3, 1e-15);
    assert_close(s.q3, 4, 1e-15);
    assert_close(s.max, 10, 0);
}

/* Type 7: position (n − 1) p, so 0.75, 1.5 and 2.25 (Hyndman & Fan, Am Stat 50:361, 1996). */
static void quantiles_interpolate_as_rs_type_7(void **state)
{
    (void)state;
    struct rwe_summary s = rwe_summarize((double[]){1, 2, 3, 5}, 4);
    assert_close(s.q1, 1.75, 1e-15);
    assert_close(s.median, 2.5, 1e-15);
    assert_close(s.q3, 3.5, 1e-15);
}

/* By hand: weights 1 1 2 4 of 1 2 3 5: mean 29/8; squares sum to 17.875, over 8, times
 * 4/3. Numbers stand at 0, 1, 2, 4 of 4 on the scale of weights, so quantiles at 1, 2 and 3. */
static void weights_by_hand(void **state)
{
    (void)state;
    static const double x[] = {1, 2, 3, 5}, w[] = {1, 1, 2, 4};
    struct rwe_summary s = rwe_summarize_weighted(x, w, 4);
    assert_int_equal(s.n, 4);
    assert_close(s.mean, 29.0 / 8, 1e-15);
    assert_close(s.sd, sqrt(4.0 / 3 * 17.875 / 8), 1e-14);
    assert_close(s.q1, 2, 1e-15);
    assert_close(s.median, 3, 1e-15);
    assert_close(s.q3, 4, 1e-15);
    assert_close(s.min, 1, 0);
    assert_close(s.max, 5, 0);
}

static void equal_weights_change_nothing(void **state)
{
    (void)state;
    static const double x[] = {1, 2, 2, 3, 5, 8.5, 9}, w[] = {.3, .3, .3, .3, .3, .3, .3};
    struct rwe_summary plain = rwe_summarize(x, 7), weighted = rwe_summarize_weighted(x, w, 7);
    assert_close(weighted.mean, plain.mean, 1e-14);
    assert_close(weighted.sd, plain.sd, 1e-14);
    assert_close(weighted.q1, plain.q1, 1e-14);
    assert_close(weighted.median, plain.median, 1e-14);
    assert_close(weighted.q3, plain.q3, 1e-14);
}

static void weighted_edges(void **state)
{
    (void)state;
    static const double same[] = {0.1, 0.1, 0.1}, w[] = {.7, .2, .6};
    struct rwe_summary one = rwe_summarize_weighted(same, w, 1);
    assert_close(one.mean, 0.1, 0);
    assert_close(one.median, 0.1, 0);
    assert_nan(one.sd);
    struct rwe_summary constant = rwe_summarize_weighted(same, w, 3);
    assert_close(constant.mean, 0.1, 0);
    assert_close(constant.sd, 0, 0);
    assert_nan(rwe_summarize_weighted(same, w, 0).mean);
}

static void a_single_number_has_no_sd(void **state)
{
    (void)state;
    struct rwe_summary s = rwe_summarize((double[]){7}, 1);
    assert_nan(s.sd);
    assert_close(s.mean, 7, 0);
    assert_close(s.q1, 7, 0);
    assert_close(s.q3, 7, 0);
}

static void nothing_has_no_summary(void **state)
{
    (void)state;
    struct rwe_summary s = rwe_summarize(NULL, 0);
    assert_int_equal(s.n, 0);
    assert_nan(s.mean);
    assert_nan(s.sd);
    assert_nan(s.min);
    assert_nan(s.median);
    assert_nan(s.max);
}

static void a_large_offset_does_not_eat_the_sd(void **state)
{
    (void)state;
    struct rwe_summary s = rwe_summarize((double[]){1e9 + 1, 1e9 + 2, 1e9 + 3}, 3);
    assert_close(s.sd, 1, 1e-12);
    assert_close(s.mean, 1e9 + 2, 1e-15);
}

static void equal_numbers_have_sd_zero(void **state)
{
    (void)state;
    struct rwe_summary s = rwe_summarize((double[]){0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1}, 7);
    assert_close(s.sd, 0, 1e-16);
    assert_close(s.median, 0.1, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(five_numbers_by_hand),
        cmocka_unit_test(quantiles_interpolate_as_rs_type_7),
        cmocka_unit_test(weights_by_hand),
        cmocka_unit_test(equal_weights_change_nothing),
        cmocka_unit_test(weighted_edges),
        cmocka_unit_test(a_single_number_has_no_sd),
        cmocka_unit_test(nothing_has_no_summary),
        cmocka_unit_test(a_large_offset_does_not_eat_the_sd),
        cmocka_unit_test(equal_numbers_have_sd_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
