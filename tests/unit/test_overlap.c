/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "design_csv.h"
#include "rwe/stats/overlap.h"

#include <math.h>

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

static struct rwe_overlap measure(const double linear[], const uint8_t treated[], size_t n)
{
    struct rwe_overlap_options options = rwe_overlap_options_default();
    struct rwe_overlap result;
    assert_int_equal(rwe_overlap_measure(linear, treated, n, &options, &result, NULL), RWE_OK);
    return result;
}

/* By hand: a third is treated, logit P = −log 2. With logits at −log 2 ± 0.8 the preference is
 * 0.31 and 0.69; with ± 0.9 it is 0.29 and 0.71. Common support is −1.5 − log 2 … 0.8 − log 2. */
static const uint8_t treated[] = {1, 1, 0, 0, 0, 0};

static void fill(double linear[6])
{
    const double from_prevalence[] = {-1.5, 0.9, -0.8, 0.8, -0.9, -2};
    for (size_t i = 0; i < 6; i++)
        linear[i] = from_prevalence[i] - log(2);
}

static void a_cohort_of_six_is_counted_as_by_hand(void **state)
{
    (void)state;
    double linear[6];
    fill(linear);
    struct rwe_overlap o = measure(linear, treated, 6);
    assert_int_equal(o.treated.n, 2);
    assert_int_equal(o.control.n, 4);
    assert_int_equal(o.treated.n_equipoise, 0);
    assert_int_equal(o.control.n_equipoise, 2);
    assert_int_equal(o.all.n_equipoise, 2);
    assert_true(o.support_low == linear[0] && o.support_high == linear[3]);
    assert_int_equal(o.treated.n_above, 1);
    assert_int_equal(o.treated.n_below, 0);
    assert_int_equal(o.control.n_below, 1);
    assert_int_equal(o.control.n_above, 0);
    assert_int_equal(o.all.n_outside, 2);
}

static void arms_that_do_not_meet_have_nobody_inside(void **state)
{
    (void)state;
    const double linear[] = {2, 3, -2, -3};
    const uint8_t arm[] = {1, 1, 0, 0};
    struct rwe_overlap o = measure(linear, arm, 4);
    assert_true(o.support_low == 2 && o.support_high == -2);
    assert_int_equal(o.all.n_outside, 4);
    assert_int_equal(o.all.n_equipoise, 0);
}

/* Equal scores: everyone is at the prevalence, which is preference ½. */
static void a_score_that_tells_nothing_is_equipoise_for_all(void **state)
{
    (void)state;
    const double linear[] = {-0.5, -0.5, -0.5};
    const uint8_t arm[] = {1, 0, 0};
    struct rwe_overlap o = measure(linear, arm, 3);
    assert_int_equal(o.all.n_equipoise, 3);
    assert_int_equal(o.all.n_outside, 0);
}

static void lalonde_matches_r(void **state)
{
    struct design_csv rows = design_csv_read("tests/oracle/expected/lalonde_rows.csv", *state);
    struct design_csv expected = design_csv_read("tests/oracle/expected/overlap.csv", *state);
    const double *linear = design_csv_numbers(&rows, "linear");
    const double *arm = design_csv_numbers(&rows, "treated");
    uint8_t *with = RWE_NEW(*state, uint8_t, rows.n_rows);
    for (size_t i = 0; i < rows.n_rows; i++)
        with[i] = arm[i] == 1;
    struct rwe_overlap o = measure(linear, with, rows.n_rows);
#define EXPECTED(name) design_csv_numbers(&expected, name)[0]
    assert_close((double)o.all.n_equipoise / (double)o.all.n, EXPECTED("all"), 1e-14);
    assert_close((double)o.treated.n_equipoise / (double)o.treated.n, EXPECTED("treated"), 1e-14);
    assert_close((double)o.control.n_equipoise / (double)o.control.n, EXPECTED("control"), 1e-14);
    assert_close(o.support_low, EXPECTED("low"), 1e-15);
    assert_close(o.support_high, EXPECTED("high"), 1e-15);
    assert_close((double)o.treated.n_outside, EXPECTED("outside_treated"), 0);
    assert_close((double)o.control.n_outside, EXPECTED("outside_control"), 0);
}

static void a_score_that_is_not_finite_is_refused_with_its_index(void **state)
{
    (void)state;
    double linear[6];
    struct rwe_overlap_options options = rwe_overlap_options_default();
    struct rwe_overlap result;
    struct rwe_error error;
    fill(linear);
    linear[4] = NAN;
    assert_int_equal(rwe_overlap_measure(linear, treated, 6, &options, &result, &error),
                     RWE_NOT_FINITE);
    assert_int_equal(error.index, 4);
    linear[4] = INFINITY;
    assert_int_equal(rwe_overlap_measure(linear, treated, 6, &options, &result, &error),
                     RWE_NOT_FINITE);
    assert_int_equal(error.index, 4);
}

static void an_empty_arm_is_not_estimable(void **state)
{
    (void)state;
    const double linear[] = {1, 2};
    const uint8_t arms[2][2] = {{1, 1}, {0, 0}};
    struct rwe_overlap_options options = rwe_overlap_options_default();
    struct rwe_overlap result;
    for (size_t a = 0; a < 2; a++)
        assert_int_equal(rwe_overlap_measure(linear, arms[a], 2, &options, &result, NULL),
                         RWE_NOT_ESTIMABLE);
}

static void limits_out_of_order_are_refused(void **state)
{
    (void)state;
    const struct rwe_overlap_options wrong[] = {{0.7, 0.3}, {0, 0.5}, {0.5, 1}, {NAN, 0.5}};
    double linear[6];
    struct rwe_overlap result;
    fill(linear);
    for (size_t w = 0; w < 4; w++)
        assert_int_equal(rwe_overlap_measure(linear, treated, 6, &wrong[w], &result, NULL),
                         RWE_USAGE);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_cohort_of_six_is_counted_as_by_hand),
        TEST(arms_that_do_not_meet_have_nobody_inside),
        TEST(a_score_that_tells_nothing_is_equipoise_for_all),
        TEST(lalonde_matches_r),
        TEST(a_score_that_is_not_finite_is_refused_with_its_index),
        TEST(an_empty_arm_is_not_estimable),
        TEST(limits_out_of_order_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
