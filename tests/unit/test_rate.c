/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "design_csv.h"
#include "rwe/stats/rate.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
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

/* poisson.test, tests/oracle/small_samples.R: no event to a million. */
static void garwood_matches_r(void **state)
{
    struct design_csv csv = design_csv_read("tests/oracle/expected/rate.csv", *state);
    for (size_t r = 0; r < csv.n_rows; r++) {
        struct rwe_interval rate = rwe_rate_limits(design_csv_numbers(&csv, "events")[r],
                                                   design_csv_numbers(&csv, "time")[r], 0.95);
        assert_close(rate.low, design_csv_numbers(&csv, "low")[r], 1e-11);
        assert_close(rate.high, design_csv_numbers(&csv, "high")[r], 1e-11);
    }
}

/* By hand: exp(−mean) = 0.025. With one-sided 95% it is the rule of three. */
static void no_event_in_100_leaves_room_for_3_7(void **state)
{
    (void)state;
    struct rwe_interval rate = rwe_rate_limits(0, 100, 0.95);
    assert_close(rate.estimate, 0, 0);
    assert_close(rate.low, 0, 0);
    assert_close(rate.high, -log(0.025) / 100, 1e-14);
    assert_close(rwe_rate_limits(0, 1, 0.9).high, 2.9957322735539909, 1e-14);
}

/* What the limits are made to do: as many events or more, and as few, have probability 2.5%. */
static void limits_leave_a_tail_of_poisson_each(void **state)
{
    (void)state;
    for (unsigned d = 1; d < 3000; d = d * 3 + 1) {
        struct rwe_interval rate = rwe_rate_limits(d, 1, 0.95);
        assert_close(gsl_cdf_poisson_Q(d - 1, rate.low), 0.025, 1e-10);
        assert_close(gsl_cdf_poisson_P(d, rate.high), 0.025, 1e-10);
    }
}

/* Share of samples whose limits hold the mean: by summing over all of them. */
static void garwood_always_holds_its_level(void **state)
{
    (void)state;
    for (double mean = 0.1; mean < 30; mean += 0.37) {
        double share = 0;
        for (unsigned d = 0; d < 120; d++) {
            struct rwe_interval rate = rwe_rate_limits(d, 1, 0.95);
            if (rate.low <= mean && mean <= rate.high)
                share += gsl_ran_poisson_pdf(d, mean);
        }
        assert_true(share >= 0.95 && share < 1);
    }
}

/* poisson.test of two rates; the first is the example of its manual, breast cancer after fluoroscopy:
 * p = 0.07967. */
static void comparison_matches_r(void **state)
{
    struct design_csv csv = design_csv_read("tests/oracle/expected/rate_ratio.csv", *state);
    for (size_t r = 0; r < csv.n_rows; r++) {
        struct rwe_rates rates = {
            design_csv_numbers(&csv, "e1")[r], design_csv_numbers(&csv, "t1")[r],
            design_csv_numbers(&csv, "e2")[r], design_csv_numbers(&csv, "t2")[r]};
        struct rwe_rate_ratio compared = rwe_rate_compare(&rates, 0.95);
        assert_close(compared.p_value, design_csv_numbers(&csv, "p")[r], 1e-9);
        assert_close(compared.ratio.low, design_csv_numbers(&csv, "low")[r], 1e-10);
        if (rates.events2 == 0) {
            assert_true(isinf(compared.ratio.estimate) && isinf(compared.ratio.high));
            continue;
        }
        assert_close(compared.ratio.estimate, design_csv_numbers(&csv, "ratio")[r], 1e-14);
        assert_close(compared.ratio.high, design_csv_numbers(&csv, "high")[r], 1e-10);
    }
}

static void swapping_the_groups_inverts_the_ratio(void **state)
{
    (void)state;
    struct rwe_rates rates = {11, 800, 21, 3011}, swapped = {21, 3011, 11, 800};
    struct rwe_rate_ratio a = rwe_rate_compare(&rates, 0.95);
    struct rwe_rate_ratio b = rwe_rate_compare(&swapped, 0.95);
    assert_close(a.p_value, b.p_value, 1e-12);
    assert_close(a.ratio.low * b.ratio.high, 1, 1e-12);
    assert_close(a.ratio.high * b.ratio.low, 1, 1e-12);
}

static void unit_of_time_does_not_matter_to_the_ratio(void **state)
{
    (void)state;
    struct rwe_rates months = {5, 40, 9, 31}, days = {5, 40 * 30.4375, 9, 31 * 30.4375};
    struct rwe_rate_ratio a = rwe_rate_compare(&months, 0.95);
    struct rwe_rate_ratio b = rwe_rate_compare(&days, 0.95);
    assert_close(a.p_value, b.p_value, 1e-13);
    assert_close(a.ratio.low, b.ratio.low, 1e-13);
}

static void no_event_at_all_has_p_1_and_no_ratio(void **state)
{
    (void)state;
    struct rwe_rates none = {0, 10, 0, 12};
    struct rwe_rate_ratio compared = rwe_rate_compare(&none, 0.95);
    assert_close(compared.p_value, 1, 0);
    assert_nan(compared.ratio.estimate);
}

static void what_is_no_rate_is_nan(void **state)
{
    (void)state;
    static const double bad[][2] = {{-1, 2}, {1, 0}, {1, -2}, {NAN, 1}, {1, NAN}, {INFINITY, 1}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct rwe_rates rates = {3, 4, bad[i][0], bad[i][1]};
        assert_nan(rwe_rate_limits(bad[i][0], bad[i][1], 0.95).high);
        assert_nan(rwe_rate_compare(&rates, 0.95).p_value);
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(garwood_matches_r),
        TEST(no_event_in_100_leaves_room_for_3_7),
        TEST(limits_leave_a_tail_of_poisson_each),
        TEST(garwood_always_holds_its_level),
        TEST(comparison_matches_r),
        TEST(swapping_the_groups_inverts_the_ratio),
        TEST(unit_of_time_does_not_matter_to_the_ratio),
        TEST(no_event_at_all_has_p_1_and_no_ratio),
        TEST(what_is_no_rate_is_nan),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
