/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shares by arm with robust errors, by hand; against R in test_weight_estimation.c. */
#include "check.h"
#include "rwe/stats/proportion.h"
#include "rwe/stats/proportion_weighted.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

static int set_up(void **state)
{
    check_setup_gsl(state);
    *state = rwe_arena_new();
    return *state == NULL;
}

static int tear_down(void **state)
{
    rwe_arena_free(*state);
    return 0;
}

enum { N = 7 };
static const uint8_t EVENT[N] = {1, 0, 0, 1, 1, 0, 1};
static const uint32_t ARM[N] = {0, 0, 0, 0, 1, 1, 1};
static const double WEIGHT[N] = {3, 3, 3, 3, 1, 2, 1};

static struct rwe_proportion_data seven(void)
{
    return (struct rwe_proportion_data){
        .n = N, .event = EVENT, .arm = ARM, .n_arms = 2, .weight = WEIGHT, .dependence = {.n = N}};
}

static void fit(const struct rwe_proportion_data *data, struct rwe_arena *arena,
                struct rwe_weighted_share share[], struct rwe_weighted_comparison *contrast)
{
    assert_int_equal(rwe_proportion_weighted(data, 0.95, arena, share, NULL), RWE_OK);
    const struct rwe_weighted_pair pair = {0, 1, share, 0.95};
    if (contrast != NULL)
        assert_int_equal(rwe_proportion_weighted_compare(data, &pair, arena, contrast, NULL),
                         RWE_OK);
}

/* Influences ±1/8 four times; 1/8, −1/4, 1/8. */
static void weighted_shares_have_the_error_of_their_influences(void **state)
{
    struct rwe_proportion_data data = seven();
    struct rwe_weighted_share share[2];
    struct rwe_weighted_comparison contrast;
    double z = gsl_cdf_ugaussian_Qinv(0.025);
    fit(&data, *state, share, &contrast);
    assert_int_equal(share[0].n, 4);
    assert_int_equal(share[1].n_events, 2);
    assert_close(share[0].estimate, 0.5, 1e-15);
    assert_close(share[0].std_error, sqrt(4.0 / 64), 1e-15);
    assert_close(share[0].n_effective, 4, 1e-15);
    assert_close(share[1].std_error, sqrt(6.0 / 64), 1e-15);
    assert_close(share[1].n_effective, 16.0 / 6, 1e-15);
    assert_close(share[1].conf_low, 1 / (1 + exp(z * sqrt(6.0 / 64) * 4)), 1e-14);
    assert_close(share[1].conf_high, 1 - share[1].conf_low, 1e-14);
    assert_close(contrast.difference.estimate, 0, 1e-15);
    assert_close(contrast.difference.std_error, sqrt(10.0 / 64), 1e-14);
    assert_close(contrast.difference.conf_high, z * sqrt(10.0 / 64), 1e-14);
    assert_close(contrast.difference.p_value, 1, 1e-14);
    assert_close(contrast.ratio.estimate, 1, 1e-15);
    assert_close(contrast.ratio.std_error, sqrt(40.0 / 64), 1e-14);
    assert_close(contrast.ratio.conf_low, exp(-z * sqrt(40.0 / 64)), 1e-14);
}

/* (b + c − (b − c)² / n) / n² for b and c discordant of n pairs: the variance of McNemar's difference. */
static void shares_of_pairs_have_the_error_of_paired_proportions(void **state)
{
    enum { PAIRS = 16, BOTH = 5, FIRST = 4, SECOND = 1 };
    uint8_t event[2 * PAIRS];
    uint32_t arm[2 * PAIRS], pair[2 * PAIRS];
    for (uint32_t i = 0; i < PAIRS; i++) {
        event[i] = i < BOTH + FIRST;
        event[PAIRS + i] = i < BOTH || (i >= BOTH + FIRST && i < BOTH + FIRST + SECOND);
        arm[i] = 0;
        arm[PAIRS + i] = 1;
        pair[i] = pair[PAIRS + i] = i;
    }
    const struct rwe_proportion_data data = {
        .n = (size_t)2 * PAIRS,
        .event = event,
        .arm = arm,
        .n_arms = 2,
        .dependence = {.n = (size_t)2 * PAIRS, .cluster = pair, .n_clusters = PAIRS},
    };
    struct rwe_weighted_share share[2];
    struct rwe_weighted_comparison contrast;
    fit(&data, *state, share, &contrast);
    double d = (double)(SECOND - FIRST) / PAIRS, discordant = FIRST + SECOND;
    assert_close(contrast.difference.estimate, d, 1e-14);
    assert_close(contrast.difference.std_error, sqrt(discordant / (PAIRS * PAIRS) - d * d / PAIRS),
                 1e-13);
    assert_close(share[0].n_effective, PAIRS, 1e-14);
    /* and without the pairs each arm is a binomial share */
    assert_close(share[0].std_error, sqrt(9.0 / 16 * 7 / 16 / PAIRS), 1e-14);
}

static void a_share_at_an_end_has_exact_limits_by_its_effective_size(void **state)
{
    enum { EACH = 10 };
    uint8_t event[2 * EACH] = {0};
    uint32_t arm[2 * EACH] = {0};
    for (size_t i = EACH; i < 2 * EACH; i++)
        arm[i] = event[i] = 1;
    struct rwe_proportion_data data = {.n = (size_t)2 * EACH,
                                       .event = event,
                                       .arm = arm,
                                       .n_arms = 2,
                                       .dependence = {.n = (size_t)2 * EACH}};
    struct rwe_weighted_share share[2];
    struct rwe_weighted_comparison contrast;
    fit(&data, *state, share, &contrast);
    struct rwe_interval none = rwe_proportion_limits(0, EACH, RWE_PROPORTION_CLOPPER_PEARSON, 0.95);
    assert_close(share[0].std_error, 0, 0);
    assert_close(share[0].conf_low, 0, 0);
    assert_close(share[0].conf_high, none.high, 1e-12);
    assert_close(share[1].conf_low, 1 - none.high, 1e-12);
    assert_close(share[1].conf_high, 1, 0);
    assert_close(contrast.difference.estimate, 1, 0);
    assert_close(contrast.difference.conf_low, 1 - hypot(none.high, none.high), 1e-12);
    assert_close(contrast.difference.conf_high, 1, 0);
    assert_nan(contrast.difference.std_error);
    assert_nan(contrast.difference.p_value);
    assert_true(isinf(contrast.ratio.estimate));
    assert_nan(contrast.ratio.conf_low);
    /* five clusters of two count as five */
    uint32_t cluster[2 * EACH];
    for (uint32_t i = 0; i < 2 * EACH; i++)
        cluster[i] = i / 2;
    data.dependence.cluster = cluster;
    data.dependence.n_clusters = EACH;
    fit(&data, *state, share, NULL);
    none = rwe_proportion_limits(0, 5, RWE_PROPORTION_CLOPPER_PEARSON, 0.95);
    assert_close(share[0].n_effective, 5, 1e-14);
    assert_close(share[0].conf_high, none.high, 1e-12);
}

static void an_arm_in_one_cluster_has_no_error(void **state)
{
    struct rwe_proportion_data data = seven();
    data.dependence.cluster = ARM;
    data.dependence.n_clusters = 2;
    struct rwe_weighted_share share[2];
    struct rwe_weighted_comparison contrast;
    fit(&data, *state, share, &contrast);
    assert_nan(share[0].std_error);
    assert_nan(share[1].conf_low);
    assert_nan(contrast.difference.p_value);
    assert_nan(contrast.ratio.conf_high);
}

/* A control that stands in three sets is three rows and one subject. */
static void crossed_rows_count_a_subject_once(void **state)
{
    const uint8_t event[] = {1, 1, 1, 0, 0};
    const uint32_t arm[5] = {0}, set[] = {0, 1, 2, 3, 4}, subject[] = {0, 0, 0, 1, 2};
    const struct rwe_proportion_data data = {
        .n = 5,
        .event = event,
        .arm = arm,
        .n_arms = 1,
        .dependence = {.n = 5,
                       .cluster = set,
                       .n_clusters = 5,
                       .subject = subject,
                       .n_subjects = 3,
                       .crossed = true},
    };
    struct rwe_weighted_share share;
    fit(&data, *state, &share, NULL);
    /* Influences 2/25 thrice and −3/25 twice; sets are the rows, so the subjects alone are left. */
    assert_close(share.std_error, sqrt(36.0 + 9 + 9) / 25, 1e-14);
    assert_close(share.n_effective, 25.0 / 11, 1e-14);
}

static void the_scale_of_weights_changes_nothing(void **state)
{
    struct rwe_proportion_data data = seven();
    double scaled[N];
    for (size_t i = 0; i < N; i++)
        scaled[i] = 1e6 * WEIGHT[i];
    struct rwe_weighted_share share[2], other[2];
    fit(&data, *state, share, NULL);
    data.weight = scaled;
    fit(&data, *state, other, NULL);
    for (size_t a = 0; a < 2; a++) {
        assert_close(other[a].estimate, share[a].estimate, 1e-14);
        assert_close(other[a].std_error, share[a].std_error, 1e-14);
        assert_close(other[a].n_effective, share[a].n_effective, 1e-14);
    }
}

static void refuse(const struct rwe_proportion_data *data, double level, enum rwe_status status,
                   size_t index, struct rwe_arena *arena)
{
    struct rwe_weighted_share share[3];
    struct rwe_error error;
    assert_int_equal(rwe_proportion_weighted(data, level, arena, share, &error), status);
    assert_int_equal(error.index, index);
}

static void each_error_is_told(void **state)
{
    double weight[N] = {1, 1, 1, 1, 1, 1, 1};
    struct rwe_proportion_data data = seven();
    refuse(&data, 1, RWE_BAD_INPUT, RWE_NO_INDEX, *state);
    data.weight = weight;
    weight[3] = 0;
    refuse(&data, 0.95, RWE_BAD_INPUT, 3, *state);
    weight[3] = NAN;
    refuse(&data, 0.95, RWE_NOT_FINITE, 3, *state);
    data = seven();
    data.n_arms = 1;
    refuse(&data, 0.95, RWE_BAD_INPUT, 4, *state);
    data.n_arms = 0;
    refuse(&data, 0.95, RWE_BAD_INPUT, RWE_NO_INDEX, *state);
    data.n_arms = 3;
    refuse(&data, 0.95, RWE_NOT_ESTIMABLE, 2, *state);
    data = seven();
    data.dependence.n = N - 1;
    refuse(&data, 0.95, RWE_BAD_INPUT, RWE_NO_INDEX, *state);
    data = seven();
    data.dependence.cluster = ARM;
    data.dependence.n_clusters = 1;
    refuse(&data, 0.95, RWE_BAD_INPUT, 4, *state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weighted_shares_have_the_error_of_their_influences),
        cmocka_unit_test(shares_of_pairs_have_the_error_of_paired_proportions),
        cmocka_unit_test(a_share_at_an_end_has_exact_limits_by_its_effective_size),
        cmocka_unit_test(an_arm_in_one_cluster_has_no_error),
        cmocka_unit_test(crossed_rows_count_a_subject_once),
        cmocka_unit_test(the_scale_of_weights_changes_nothing),
        cmocka_unit_test(each_error_is_told),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
