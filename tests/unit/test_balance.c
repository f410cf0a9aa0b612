/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "design_csv.h"
#include "rwe/stats/balance.h"

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

static struct rwe_balance measure(struct rwe_arena *arena, const struct rwe_balance_data *data,
                                  double denominator)
{
    struct rwe_balance result;
    assert_int_equal(rwe_balance_measure(data, denominator, arena, &result), RWE_OK);
    return result;
}

/* By hand: treated 2, 4, 6 (mean 4, variance 4), control 1, 2, 3, 6 (mean 3, variance 14/3). The
 * distribution functions are farthest apart just after 3: 1/3 and 3/4. */
static const double value[] = {2, 1, 4, 2, 6, 3, 6};
static const uint8_t treated[] = {1, 0, 1, 0, 1, 0, 0};

static void means_variances_and_ks_match_a_sum_by_hand(void **state)
{
    struct rwe_balance_data data = {.n = 7, .value = value, .treated = treated};
    double denominator = rwe_balance_denominator(&data);
    struct rwe_balance b = measure(*state, &data, denominator);
    assert_close(denominator, sqrt((4 + 14.0 / 3) / 2), 1e-15);
    assert_close(b.mean_treated, 4, 1e-15);
    assert_close(b.mean_control, 3, 1e-15);
    assert_close(b.smd, 1 / sqrt(13.0 / 3), 1e-15);
    assert_close(b.variance_ratio, 4 / (14.0 / 3), 1e-15);
    assert_close(b.ks, 3.0 / 4 - 1.0 / 3, 1e-15);
    /* after 1, 2, 3, 4 and 6: 1/4, 1/2 − 1/3, 3/4 − 1/3, 3/4 − 2/3, 0 */
    assert_close(b.ecdf_mean, (3 + 2 + 5 + 1 + 0) / 12.0 / 5, 1e-14);
}

/* By hand: p 3/4 and 1/5, so variances 3/16 and 4/25. */
static void a_binary_covariate_uses_p_times_one_minus_p(void **state)
{
    const double yes[] = {1, 1, 1, 0, 0, 0, 1, 0, 0};
    const uint8_t arm[] = {1, 1, 1, 1, 0, 0, 0, 0, 0};
    struct rwe_balance_data data = {.n = 9, .value = yes, .treated = arm, .binary = true};
    double denominator = rwe_balance_denominator(&data);
    struct rwe_balance b = measure(*state, &data, denominator);
    assert_close(denominator, sqrt((3.0 / 16 + 4.0 / 25) / 2), 1e-15);
    assert_close(b.smd, (0.75 - 0.2) / denominator, 1e-15);
    assert_close(b.ks, 0.55, 1e-15);
    assert_close(b.ecdf_mean, 0.55, 1e-15);
    assert_close(b.overlap, 0.45, 1e-15);
    assert_nan(b.variance_ratio);
}

static void the_denominator_ignores_weights(void **state)
{
    (void)state;
    const double weight[] = {1, 0, 5, 2, 0.1, 1, 3};
    struct rwe_balance_data data = {.n = 7, .value = value, .treated = treated, .weight = weight};
    assert_close(rwe_balance_denominator(&data), sqrt((4 + 14.0 / 3) / 2), 1e-15);
}

static void a_weight_of_zero_and_a_missing_value_leave_the_unit_out(void **state)
{
    const double with_more[] = {2, 1, 4, 2, 6, 3, 6, 99, NAN, 77};
    const uint8_t arm[] = {1, 0, 1, 0, 1, 0, 0, 1, 1, 0};
    const double weight[] = {1, 1, 1, 1, 1, 1, 1, 0, 1, 0};
    struct rwe_balance_data plain = {.n = 7, .value = value, .treated = treated};
    struct rwe_balance_data more = {.n = 10, .value = with_more, .treated = arm, .weight = weight};
    struct rwe_balance a = measure(*state, &plain, 2), b = measure(*state, &more, 2);
    assert_memory_equal(&a, &b, sizeof a);
}

static void constant_weights_change_nothing(void **state)
{
    const double weight[] = {4, 4, 4, 4, 4, 4, 4};
    struct rwe_balance_data plain = {.n = 7, .value = value, .treated = treated};
    struct rwe_balance_data weighted = plain;
    weighted.weight = weight;
    struct rwe_balance a = measure(*state, &plain, 2), b = measure(*state, &weighted, 2);
    assert_memory_equal(&a, &b, sizeof a);
}

/* 0.1 seven times does not sum to 0.7 in binary: the means must still be equal, and SMD 0/0 is 0.
 */
static void a_constant_covariate_is_balanced_whatever_the_weights(void **state)
{
    const double constant[] = {0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1};
    const double weight[] = {0.3, 0.7, 0.1, 1.1, 5, 1e-3, 2};
    struct rwe_balance_data data = {
        .n = 7, .value = constant, .treated = treated, .weight = weight};
    assert_close(rwe_balance_denominator(&data), 0, 0);
    struct rwe_balance b = measure(*state, &data, 0);
    assert_close(b.smd, 0, 0);
    assert_close(b.ks, 0, 0);
    assert_close(b.ecdf_mean, 0, 0);
    assert_close(b.overlap, 1, 0);
    assert_nan(b.variance_ratio);
}

static void different_constants_have_no_smd(void **state)
{
    const double two[] = {1, 0, 1, 0, 1, 0, 0};
    struct rwe_balance_data data = {.n = 7, .value = two, .treated = treated};
    struct rwe_balance b = measure(*state, &data, rwe_balance_denominator(&data));
    assert_nan(b.smd);
    assert_close(b.ks, 1, 0);
}

static void an_arm_without_values_gives_nan_throughout(void **state)
{
    const double missing[] = {NAN, 1, NAN, 2, NAN, 3, 4};
    struct rwe_balance_data data = {.n = 7, .value = missing, .treated = treated};
    struct rwe_balance b = measure(*state, &data, 1);
    assert_nan(b.mean_treated);
    assert_nan(b.mean_control);
    assert_nan(b.smd);
    assert_nan(b.variance_ratio);
    assert_nan(b.ks);
    assert_nan(b.ecdf_mean);
    assert_nan(b.overlap);
    assert_nan(rwe_balance_denominator(&data));
    data.n = 0;
    assert_nan(measure(*state, &data, 1).smd);
}

static void arms_with_the_same_values_overlap_wholly_and_far_ones_not_at_all(void **state)
{
    double twice[40];
    uint8_t arm[40];
    for (size_t i = 0; i < 40; i++) {
        twice[i] = sqrt((double)(i / 2));
        arm[i] = i % 2 == 0;
    }
    struct rwe_balance_data data = {.n = 40, .value = twice, .treated = arm};
    struct rwe_balance b = measure(*state, &data, 1);
    assert_close(b.overlap, 1, 1e-14);
    assert_close(b.ecdf_mean, 0, 0);
    for (size_t i = 0; i < 40; i++)
        twice[i] += arm[i] ? 1e6 : 0;
    b = measure(*state, &data, 1);
    assert_true(fabs(b.overlap) < 0.06); /* the bandwidth is that of both arms together */
}

/* One value in a million: the bandwidth is far below the step of the grid. */
static void an_outlier_keeps_the_overlap_between_zero_and_one(void **state)
{
    double far[101];
    uint8_t arm[101];
    for (size_t i = 0; i < 101; i++) {
        far[i] = i == 100 ? 1e9 : (double)i;
        arm[i] = i % 2 == 0;
    }
    struct rwe_balance_data data = {.n = 101, .value = far, .treated = arm};
    struct rwe_balance b = measure(*state, &data, 1);
    assert_true(fabs(b.overlap - (1 - 1.0 / 51)) < 1e-4); /* 50 of 51 fall together */
}

static void the_overlap_does_not_depend_on_unit_origin_or_which_arm_is_treated(void **state)
{
    double other[7];
    uint8_t swapped[7];
    for (size_t i = 0; i < 7; i++) {
        other[i] = 3 * value[i] - 50;
        swapped[i] = !treated[i];
    }
    struct rwe_balance_data data = {.n = 7, .value = value, .treated = treated};
    struct rwe_balance_data moved = {.n = 7, .value = other, .treated = swapped};
    struct rwe_balance a = measure(*state, &data, 1), b = measure(*state, &moved, 1);
    assert_true(a.overlap > 0.5 && a.overlap < 1);
    assert_close(a.overlap, b.overlap, 1e-12);
    assert_close(a.ecdf_mean, b.ecdf_mean, 1e-12);
}

static void memory_that_is_out_is_an_error(void **state)
{
    struct rwe_balance_data data = {.n = 7, .value = value, .treated = treated};
    struct rwe_balance b;
    rwe_arena_alloc(*state, SIZE_MAX, 2); /* the failure sticks */
    assert_int_equal(rwe_balance_measure(&data, 1, *state, &b), RWE_NO_MEMORY);
}

static double weight_of(const char *kind, double linear, bool is_treated)
{
    double e = 1 / (1 + exp(-linear));
    if (strcmp(kind, "overlap") == 0)
        return is_treated ? 1 - e : e;
    if (strcmp(kind, "att") == 0)
        return is_treated ? 1 : e / (1 - e);
    return 1;
}

/* An SMD under overlap weights is 0 but for rounding (Li, Morgan & Zaslavsky, JASA 113:390, 2018),
 * so it can be compared absolutely only. */
static void assert_near(double actual, double expected)
{
    if (!(fabs(actual - expected) <= 1e-13))
        assert_close(actual, expected, 1e-11);
}

/* Expected numbers: cov.wt and distribution functions in tests/oracle/propensity.R,
 * and tests/oracle/balance.R. */
static void lalonde_under_three_weights_matches_r(void **state)
{
    struct design_csv csv = design_csv_read("tests/oracle/data/lalonde.csv", *state);
    struct design_csv rows = design_csv_read("tests/oracle/expected/lalonde_rows.csv", *state);
    struct design_csv expected = design_csv_read("tests/oracle/expected/balance.csv", *state);
    struct design_csv distances =
        design_csv_read("tests/oracle/expected/balance_distances.csv", *state);
    const double *linear = design_csv_numbers(&rows, "linear");
    const double *treat = design_csv_numbers(&csv, "treat");
    uint8_t *arm = RWE_NEW(*state, uint8_t, csv.n_rows);
    double *weight = RWE_NEW(*state, double, csv.n_rows);
    for (size_t r = 0; r < expected.n_rows; r++) {
        const char *variable = design_csv_text(&expected, r, "variable");
        for (size_t i = 0; i < csv.n_rows; i++) {
            arm[i] = treat[i] == 1;
            weight[i] = weight_of(design_csv_text(&expected, r, "weights"), linear[i], arm[i]);
        }
        struct rwe_balance_data data = {.n = csv.n_rows,
                                        .value = design_csv_numbers(&csv, variable),
                                        .treated = arm,
                                        .weight = weight,
                                        .binary = strcmp(variable, "married") == 0};
        double denominator = rwe_balance_denominator(&data);
        struct rwe_balance b = measure(*state, &data, denominator);
        assert_near(b.mean_treated, design_csv_numbers(&expected, "mean_treated")[r]);
        assert_near(b.mean_control, design_csv_numbers(&expected, "mean_control")[r]);
        assert_near(denominator, design_csv_numbers(&expected, "denominator")[r]);
        assert_near(b.smd, design_csv_numbers(&expected, "smd")[r]);
        assert_near(b.variance_ratio, design_csv_numbers(&expected, "variance_ratio")[r]);
        assert_near(b.ks, design_csv_numbers(&expected, "ks")[r]);
        assert_string_equal(design_csv_text(&distances, r, "variable"), variable);
        assert_near(b.ecdf_mean, design_csv_numbers(&distances, "ecdf_mean")[r]);
        assert_near(b.overlap, design_csv_numbers(&distances, "overlap")[r]);
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(means_variances_and_ks_match_a_sum_by_hand),
        TEST(a_binary_covariate_uses_p_times_one_minus_p),
        TEST(the_denominator_ignores_weights),
        TEST(a_weight_of_zero_and_a_missing_value_leave_the_unit_out),
        TEST(constant_weights_change_nothing),
        TEST(a_constant_covariate_is_balanced_whatever_the_weights),
        TEST(different_constants_have_no_smd),
        TEST(an_arm_without_values_gives_nan_throughout),
        TEST(arms_with_the_same_values_overlap_wholly_and_far_ones_not_at_all),
        TEST(an_outlier_keeps_the_overlap_between_zero_and_one),
        TEST(the_overlap_does_not_depend_on_unit_origin_or_which_arm_is_treated),
        TEST(memory_that_is_out_is_an_error),
        TEST(lalonde_under_three_weights_matches_r),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
