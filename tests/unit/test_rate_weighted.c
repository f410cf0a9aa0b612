/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include "rwe/stats/rate_weighted.h"
#include <math.h>

static const double events[] = {1, 0, 1, 1, 0, 0};
static const double same_time[] = {2, 2, 2, 2, 2, 2};
static const double times[] = {1, 4, 2, 3, 5, 2};
static const uint32_t group[] = {0, 0, 0, 1, 1, 1};
static const double weight[] = {1, 2, 1, 2, 1, 1};

static struct rwe_rate_data data_of(const double time[], const double w[])
{
    return (struct rwe_rate_data){.n = 6,
                                  .events = events,
                                  .time = time,
                                  .group = group,
                                  .n_groups = 2,
                                  .weight = w,
                                  .dependence = {.n = 6}};
}

static int set_up(void **state)
{
    *state = rwe_arena_new();
    return 0;
}

static int tear_down(void **state)
{
    rwe_arena_free(*state);
    return 0;
}

static void equal_times_make_a_log_proportion(void **state)
{
    struct rwe_weighted_rate rate[2];
    struct rwe_error error;
    const struct rwe_rate_data data = data_of(same_time, NULL);
    assert_int_equal(rwe_rate_weighted(&data, 0.95, *state, rate, &error), RWE_OK);
    assert_close(rate[0].estimate, 2.0 / 6, 1e-15);
    assert_close(rate[0].log_error, sqrt(1.0 / 2 - 1.0 / 3), 1e-14);
    assert_close(rate[1].log_error, sqrt(1.0 - 1.0 / 3), 1e-14);
}

/* Group 0: D = 2, T = 1 + 8 + 2 = 11; influences 1/2 − 1/11, −8/11, 1/2 − 2/11. */
static void weights_by_hand(void **state)
{
    struct rwe_weighted_rate rate[2];
    struct rwe_interval ratio;
    struct rwe_error error;
    const struct rwe_rate_data data = data_of(times, weight);
    double psi[] = {0.5 - 1.0 / 11, -8.0 / 11, 0.5 - 2.0 / 11};
    double of_0 = psi[0] * psi[0] + psi[1] * psi[1] + psi[2] * psi[2];
    double phi[] = {1 - 6.0 / 13, -5.0 / 13, -2.0 / 13}; /* D = 2, T = 6 + 5 + 2 */
    double of_1 = phi[0] * phi[0] + phi[1] * phi[1] + phi[2] * phi[2];
    assert_int_equal(rwe_rate_weighted(&data, 0.95, *state, rate, &error), RWE_OK);
    assert_close(rate[0].events, 2, 0);
    assert_close(rate[0].time, 11, 0);
    assert_close(rate[0].log_error, sqrt(of_0), 1e-14);
    assert_close(rate[0].conf_low, 2.0 / 11 * exp(-1.959963984540054 * sqrt(of_0)), 1e-12);
    assert_int_equal(rwe_rate_weighted_ratio(&data, rate, 0.95, *state, &ratio, &error), RWE_OK);
    assert_close(ratio.estimate, 11.0 / 13, 1e-14);
    assert_close(ratio.high, 11.0 / 13 * exp(1.959963984540054 * sqrt(of_0 + of_1)), 1e-12);
}

/* A pair's influences on the ratio are added before they are squared. */
static void clusters_are_summed(void **state)
{
    static const uint32_t pair[] = {0, 1, 2, 0, 1, 2};
    struct rwe_weighted_rate rate[2];
    struct rwe_interval ratio;
    struct rwe_error error;
    struct rwe_rate_data data = data_of(same_time, NULL);
    data.dependence.cluster = pair;
    data.dependence.n_clusters = 3;
    assert_int_equal(rwe_rate_weighted(&data, 0.95, *state, rate, &error), RWE_OK);
    assert_int_equal(rwe_rate_weighted_ratio(&data, rate, 0.95, *state, &ratio, &error), RWE_OK);
    double a[] = {1.0 / 2 - 1.0 / 3, -1.0 / 3, 1.0 / 2 - 1.0 / 3};
    double b[] = {1 - 1.0 / 3, -1.0 / 3, -1.0 / 3};
    double variance = 0;
    for (int k = 0; k < 3; k++)
        variance += (b[k] - a[k]) * (b[k] - a[k]);
    assert_close(ratio.low, 0.5 * exp(-1.959963984540054 * sqrt(variance)), 1e-12);
}

static void without_events_there_are_no_limits(void **state)
{
    static const double none[] = {0, 0, 0, 1, 0, 0};
    struct rwe_weighted_rate rate[2];
    struct rwe_interval ratio;
    struct rwe_error error;
    struct rwe_rate_data data = data_of(times, NULL);
    data.events = none;
    assert_int_equal(rwe_rate_weighted(&data, 0.95, *state, rate, &error), RWE_OK);
    assert_close(rate[0].estimate, 0, 0);
    assert_true(isnan(rate[0].conf_low) && isnan(rate[0].conf_high));
    assert_int_equal(rwe_rate_weighted_ratio(&data, rate, 0.95, *state, &ratio, &error), RWE_OK);
    assert_true(isinf(ratio.estimate) && isnan(ratio.low) && isnan(ratio.high));
}

static void bad_rows_are_refused_with_their_index(void **state)
{
    static const double odd_times[] = {1, 4, -2, 3, 5, 2};
    static const double no_number[] = {1, NAN, 2, 3, 5, 2};
    static const double no_weight[] = {1, 1, 1, 1, 1, 0};
    static const uint32_t odd_group[] = {0, 0, 0, 1, 2, 1};
    struct rwe_weighted_rate rate[2];
    struct rwe_error error;
    struct rwe_rate_data data = data_of(odd_times, NULL);
    assert_int_equal(rwe_rate_weighted(&data, 0.95, *state, rate, &error), RWE_BAD_INPUT);
    assert_int_equal(error.index, 2);
    data.time = no_number;
    assert_int_equal(rwe_rate_weighted(&data, 0.95, *state, rate, &error), RWE_NOT_FINITE);
    assert_int_equal(error.index, 1);
    data = data_of(times, no_weight);
    assert_int_equal(rwe_rate_weighted(&data, 0.95, *state, rate, &error), RWE_BAD_INPUT);
    assert_int_equal(error.index, 5);
    data = data_of(times, NULL);
    data.group = odd_group;
    assert_int_equal(rwe_rate_weighted(&data, 0.95, *state, rate, &error), RWE_BAD_INPUT);
    assert_int_equal(error.index, 4);
    data = data_of(times, NULL);
    assert_int_equal(rwe_rate_weighted(&data, 1, *state, rate, &error), RWE_BAD_INPUT);
    data.dependence.n = 5;
    assert_int_equal(rwe_rate_weighted(&data, 0.95, *state, rate, &error), RWE_BAD_INPUT);
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FRESH(equal_times_make_a_log_proportion),
        FRESH(weights_by_hand),
        FRESH(clusters_are_summed),
        FRESH(without_events_there_are_no_limits),
        FRESH(bad_rows_are_refused_with_their_index),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
