/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Expected numbers: tests/oracle/weights.R, written from the definitions, or sums by hand. */
#include "check.h"
#include "csv_table.h"
#include "rwe/stats/weights.h"
#include "treatment.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const KIND[] = {"ate", "att", "atc", "overlap", "matching"};
static const char *const COHORT[] = {"lalonde", "lung", "rotterdam"};
enum { N_KINDS = 5, N_COHORTS = 3 };

static struct rwe_arena *arena;
static struct oracle *oracle;

static int set_up(void **state)
{
    (void)state;
    arena = rwe_arena_new();
    oracle = oracle_read("tests/oracle/weights.csv");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    oracle_free(oracle);
    rwe_arena_free(arena);
    return 0;
}

static const double *expect(const char *cohort, const char *kind, const char *what, size_t *n)
{
    return oracle_vector(oracle, rwe_arena_format(arena, "%s.%s.%s", cohort, kind, what), n);
}

static struct rwe_logistic fit(const struct treatment *cohort)
{
    struct rwe_logistic_options options = rwe_logistic_options_default();
    struct rwe_logistic logistic;
    struct rwe_error error;
    if (rwe_logistic_fit(cohort->x, cohort->k, cohort->treated, cohort->n, &options, arena,
                         &logistic, &error) != RWE_OK)
        fail_msg("%s", error.message);
    return logistic;
}

static struct rwe_weight_data data_of(const struct treatment *cohort,
                                      const struct rwe_logistic *logistic)
{
    return (struct rwe_weight_data){
        .n = cohort->n, .linear = logistic->linear, .treated = cohort->treated};
}

static struct rwe_weight_options of_kind(size_t kind)
{
    return (struct rwe_weight_options){.kind = (enum rwe_weight_kind)kind};
}

static struct rwe_weights weigh(const struct rwe_weight_data *data,
                                struct rwe_weight_options options)
{
    struct rwe_weights weights;
    struct rwe_error error;
    if (rwe_weights_compute(data, &options, arena, &weights, &error) != RWE_OK)
        fail_msg("%s", error.message);
    return weights;
}

static struct rwe_weight_estimation estimate(const struct treatment *cohort,
                                             const struct rwe_logistic *logistic,
                                             const struct rwe_weight_data *data,
                                             const struct rwe_weights *weights)
{
    struct rwe_weight_model model = {.x = cohort->x, .k = cohort->k, .logistic = logistic};
    struct rwe_weight_estimation estimation;
    struct rwe_error error;
    if (rwe_weights_estimation(data, weights, &model, arena, &estimation, &error) != RWE_OK)
        fail_msg("%s", error.message);
    return estimation;
}

static void assert_summary(const struct treatment *cohort, const double weight[], uint8_t arm,
                           const double expected[])
{
    struct rwe_weight_summary s = rwe_weights_summarize(weight, cohort->treated, cohort->n, arm);
    assert_int_equal(s.n, expected[0]);
    assert_close(s.sum, expected[1], 1e-9);
    assert_close(s.min, expected[2], 1e-8);
    assert_close(s.max, expected[3], 1e-8);
    if (fabs(expected[4]) > 0)
        assert_close(s.cv, expected[4], 1e-8);
    else
        assert_true(s.cv < 1e-12);
    assert_close(s.ess, expected[5], 1e-8);
}

static void weights_and_their_summaries_match_r(void **state)
{
    (void)state;
    for (size_t c = 0; c < N_COHORTS; c++) {
        struct treatment cohort = treatment_read(COHORT[c], arena);
        struct rwe_logistic logistic = fit(&cohort);
        struct rwe_weight_data data = data_of(&cohort, &logistic);
        for (size_t kind = 0; kind < N_KINDS; kind++) {
            struct rwe_weights weights = weigh(&data, of_kind(kind));
            assert_summary(&cohort, weights.weight, 0,
                           expect(COHORT[c], KIND[kind], "control", &(size_t){0}));
            assert_summary(&cohort, weights.weight, 1,
                           expect(COHORT[c], KIND[kind], "treated", &(size_t){0}));
            if (c == 2)
                continue; /* 2,982 rows: sums only */
            size_t n;
            const double *expected = expect(COHORT[c], KIND[kind], "weight", &n);
            assert_int_equal(n, cohort.n);
            for (size_t i = 0; i < n; i++)
                assert_close(weights.weight[i], expected[i], 1e-8);
        }
        assert_summary(&cohort, weigh(&data, rwe_weight_options_default()).weight, 1,
                       expect(COHORT[c], "stabilised", "treated", &(size_t){0}));
    }
}

static void differences_of_means_have_the_variance_of_the_stacked_equations(void **state)
{
    (void)state;
    for (size_t c = 0; c < N_COHORTS; c++) {
        struct treatment cohort = treatment_read(COHORT[c], arena);
        struct rwe_logistic logistic = fit(&cohort);
        struct rwe_weight_data data = data_of(&cohort, &logistic);
        for (size_t kind = 0; kind < N_KINDS; kind++) {
            struct rwe_weights weights = weigh(&data, of_kind(kind));
            struct rwe_weight_estimation step = estimate(&cohort, &logistic, &data, &weights);
            struct treatment_estimate d = treatment_difference(&cohort, weights.weight, &step);
            const double *expected = expect(COHORT[c], KIND[kind], "difference", &(size_t){0});
            assert_close(d.value, expected[0], 1e-8);
            assert_close(d.std_error, expected[1], 1e-8);
        }
    }
}

/* A mean over both arms moves with the share of the treated; a difference of means does not. */
static void the_share_of_the_treated_is_a_parameter_of_stabilised_weights(void **state)
{
    (void)state;
    for (size_t c = 0; c < N_COHORTS; c++) {
        struct treatment cohort = treatment_read(COHORT[c], arena);
        struct rwe_logistic logistic = fit(&cohort);
        struct rwe_weight_data data = data_of(&cohort, &logistic);
        struct rwe_weights weights = weigh(&data, rwe_weight_options_default());
        struct rwe_weight_estimation step = estimate(&cohort, &logistic, &data, &weights);
        assert_int_equal(step.n_parameters, cohort.k + 2);
        struct treatment_estimate mean = treatment_mean(&cohort, weights.weight, &step);
        const double *expected = expect(COHORT[c], "stabilised", "mean", &(size_t){0});
        assert_close(mean.value, expected[0], 1e-8);
        assert_close(mean.std_error, expected[1], 1e-8);
        struct treatment_estimate d = treatment_difference(&cohort, weights.weight, &step);
        assert_close(d.std_error, expect(COHORT[c], "ate", "difference", &(size_t){0})[1], 1e-8);
    }
}

static void truncation_matches_r_and_holds_its_weights_still(void **state)
{
    (void)state;
    struct rwe_weight_options options = rwe_weight_options_default();
    options.truncate = 0.02;
    for (size_t c = 0; c < N_COHORTS; c++) {
        struct treatment cohort = treatment_read(COHORT[c], arena);
        struct rwe_logistic logistic = fit(&cohort);
        struct rwe_weight_data data = data_of(&cohort, &logistic);
        struct rwe_weights weights = weigh(&data, options);
        const double *limits = expect(COHORT[c], "truncated", "limits", &(size_t){0});
        assert_close(weights.low, limits[0], 1e-9);
        assert_close(weights.high, limits[1], 1e-9);
        assert_int_equal(weights.n_high[0], limits[2]);
        assert_int_equal(weights.n_high[1], limits[3]);
        size_t flagged = 0;
        for (size_t i = 0; i < cohort.n; i++)
            flagged += weights.truncated[i];
        assert_int_equal(flagged, weights.n_low[0] + weights.n_low[1] + weights.n_high[0] +
                                      weights.n_high[1]);
        struct rwe_weight_estimation step = estimate(&cohort, &logistic, &data, &weights);
        struct treatment_estimate d = treatment_difference(&cohort, weights.weight, &step);
        const double *expected = expect(COHORT[c], "truncated", "difference", &(size_t){0});
        assert_close(d.value, expected[0], 1e-8);
        assert_close(d.std_error, expected[1], 1e-8);
    }
}

static void trimming_matches_r_in_counts_and_variance(void **state)
{
    (void)state;
    for (size_t c = 0; c < N_COHORTS; c++) {
        struct treatment cohort = treatment_read(COHORT[c], arena);
        struct rwe_logistic logistic = fit(&cohort);
        struct rwe_weight_data data = data_of(&cohort, &logistic);
        struct rwe_weight_trimming trimming;
        assert_int_equal(rwe_weights_trim(&data, 0.1, arena, &trimming, NULL), RWE_OK);
        const double *counts = expect(COHORT[c], "trimmed", "counts", &(size_t){0});
        for (size_t arm = 0; arm < 2; arm++) {
            assert_int_equal(trimming.n_low[arm], counts[arm]);
            assert_int_equal(trimming.n_high[arm], counts[2 + arm]);
        }
        data.kept = trimming.kept;
        struct rwe_weights weights = weigh(&data, rwe_weight_options_default());
        struct rwe_weight_estimation step = estimate(&cohort, &logistic, &data, &weights);
        struct treatment_estimate d = treatment_difference(&cohort, weights.weight, &step);
        const double *expected = expect(COHORT[c], "trimmed", "difference", &(size_t){0});
        assert_close(d.value, expected[0], 1e-8);
        assert_close(d.std_error, expected[1], 1e-8);
        for (size_t i = 0; i < cohort.n; i++)
            assert_true((weights.weight[i] == 0) == (trimming.kept[i] == 0));
    }
}

static void the_optimal_cutoff_matches_r(void **state)
{
    (void)state;
    for (size_t c = 0; c < N_COHORTS; c++) {
        struct treatment cohort = treatment_read(COHORT[c], arena);
        struct rwe_logistic logistic = fit(&cohort);
        struct rwe_weight_data data = data_of(&cohort, &logistic);
        double cutoff;
        assert_int_equal(rwe_weights_optimal_cutoff(&data, arena, &cutoff, NULL), RWE_OK);
        assert_close(cutoff, oracle_number(oracle, rwe_arena_format(arena, "%s.cutoff", COHORT[c])),
                     1e-9);
    }
}

/* Li, Morgan & Zaslavsky 2018, theorem 3: their score equations are those of the logistic fit. */
static void overlap_weights_balance_every_mean_exactly(void **state)
{
    (void)state;
    for (size_t c = 0; c < N_COHORTS; c++) {
        struct treatment cohort = treatment_read(COHORT[c], arena);
        struct rwe_logistic logistic = fit(&cohort);
        struct rwe_weight_data data = data_of(&cohort, &logistic);
        struct rwe_weights weights = weigh(&data, of_kind(RWE_WEIGHT_OVERLAP));
        for (size_t j = 0; j < cohort.k; j++) {
            struct treatment column = cohort;
            column.outcome = cohort.x + j * cohort.n;
            double mean = treatment_mean(&column, weights.weight, NULL).value, squares = 0;
            for (size_t i = 0; i < cohort.n; i++)
                squares += (column.outcome[i] - mean) * (column.outcome[i] - mean);
            double sd = sqrt(squares / (double)cohort.n);
            double smd = treatment_difference(&column, weights.weight, NULL).value / sd;
            assert_true(fabs(smd) < 1e-10);
        }
    }
}

/* w by hand at p = 1/4 and 3/4, both arms. */
static void weights_by_hand(void **state)
{
    (void)state;
    static const double expected[N_KINDS][4] = {{4, 4. / 3, 4. / 3, 4},
                                                {1, 1, 1. / 3, 3},
                                                {3, 1. / 3, 1, 1},
                                                {0.75, 0.25, 0.25, 0.75},
                                                {1, 1. / 3, 1. / 3, 1}};
    double linear[4] = {-log(3), log(3), -log(3), log(3)};
    uint8_t treated[4] = {1, 1, 0, 0};
    struct rwe_weight_data data = {.n = 4, .linear = linear, .treated = treated};
    for (size_t kind = 0; kind < N_KINDS; kind++) {
        struct rwe_weights weights = weigh(&data, of_kind(kind));
        for (size_t i = 0; i < 4; i++)
            assert_close(weights.weight[i], expected[kind][i], 1e-15);
    }
    struct rwe_weights stabilised = weigh(&data, rwe_weight_options_default());
    assert_close(stabilised.weight[0], 2, 1e-15);
    assert_true(stabilised.share_treated == 0.5);
    struct rwe_weight_summary s =
        rwe_weights_summarize((const double[]){3, 1, 0, 5}, (const uint8_t[]){1, 1, 1, 0}, 4, 1);
    assert_int_equal(s.n, 2);
    assert_close(s.ess, 16. / 10, 1e-15);
    assert_close(s.cv, sqrt(2) / 2, 1e-15);
    assert_true(s.sum == 4 && s.min == 1 && s.max == 3);
}

static void slopes_are_derivatives_of_the_log_weight(void **state)
{
    (void)state;
    static const double h = 1e-5, at[] = {-3, -0.7, 0.2, 2.5};
    for (size_t kind = 0; kind < N_KINDS; kind++)
        for (size_t a = 0; a < 4; a++) {
            double here[2] = {at[a], at[a]}, up[2] = {at[a] + h, at[a] + h},
                   down[2] = {at[a] - h, at[a] - h};
            uint8_t treated[2] = {0, 1};
            struct rwe_weight_data data = {.n = 2, .linear = here, .treated = treated};
            struct rwe_weights weights = weigh(&data, of_kind(kind));
            data.linear = up;
            struct rwe_weights above = weigh(&data, of_kind(kind));
            data.linear = down;
            struct rwe_weights below = weigh(&data, of_kind(kind));
            for (size_t i = 0; i < 2; i++) {
                double change = log(above.weight[i] / below.weight[i]) / (2 * h);
                assert_true(fabs(weights.slope[i] - change) < 1e-8);
            }
        }
}

/* γ̂ less the estimate without subject i is its influence / (1 − leverage), to first order. */
static void influence_is_what_leaving_one_out_does(void **state)
{
    (void)state;
    struct treatment cohort = treatment_read("lung", arena);
    struct rwe_logistic logistic = fit(&cohort);
    struct rwe_weight_data data = data_of(&cohort, &logistic);
    struct rwe_weights weights = weigh(&data, of_kind(RWE_WEIGHT_ATE));
    struct rwe_weight_estimation step = estimate(&cohort, &logistic, &data, &weights);
    size_t p = logistic.p, n = cohort.n;
    uint32_t *order = RWE_NEW(arena, uint32_t, n);
    for (size_t left = 0; left < n; left += 10) {
        for (size_t i = 0; i < n; i++)
            order[i] = (uint32_t)((left + 1 + i) % n); /* the one left out comes last */
        struct treatment turned = treatment_permute(&cohort, order, arena);
        struct treatment rest = turned;
        rest.n = n - 1;
        rest.x = RWE_NEW(arena, double, rest.n *rest.k);
        for (size_t j = 0; j < rest.k; j++)
            memcpy(rest.x + j * rest.n, turned.x + j * n, rest.n * sizeof *rest.x);
        struct rwe_logistic without = fit(&rest);
        for (size_t j = 0; j < p; j++) {
            double se = sqrt(logistic.covariance[j * p + j]);
            double change = logistic.estimate[j] - without.estimate[j];
            assert_true(fabs(change - step.influence[left * p + j]) < 0.02 * se);
        }
    }
    for (size_t j = 0; j < p; j++) { /* the scores are zero at the optimum */
        double sum = 0, se = sqrt(logistic.covariance[j * p + j]);
        for (size_t i = 0; i < n; i++)
            sum += step.influence[i * p + j];
        assert_true(fabs(sum) < 1e-9 * se);
    }
}

static void the_order_of_rows_changes_nothing(void **state)
{
    (void)state;
    struct treatment cohort = treatment_read("lalonde", arena);
    struct rwe_logistic logistic = fit(&cohort);
    struct rwe_weight_data data = data_of(&cohort, &logistic);
    struct rwe_weight_options options = rwe_weight_options_default();
    options.truncate = 0.05;
    struct rwe_weights weights = weigh(&data, options);
    double *linear = RWE_NEW(arena, double, cohort.n);
    uint8_t *treated = RWE_NEW(arena, uint8_t, cohort.n);
    for (size_t i = 0; i < cohort.n; i++) {
        linear[i] = logistic.linear[i * 5 % cohort.n]; /* 5 and 614 have no common factor */
        treated[i] = cohort.treated[i * 5 % cohort.n];
    }
    struct rwe_weight_data mixed = {.n = cohort.n, .linear = linear, .treated = treated};
    struct rwe_weights again = weigh(&mixed, options);
    double cutoff[2];
    assert_int_equal(rwe_weights_optimal_cutoff(&data, arena, &cutoff[0], NULL), RWE_OK);
    assert_int_equal(rwe_weights_optimal_cutoff(&mixed, arena, &cutoff[1], NULL), RWE_OK);
    assert_true(cutoff[0] == cutoff[1]);
    for (size_t i = 0; i < cohort.n; i++)
        assert_true(again.weight[i] == weights.weight[i * 5 % cohort.n]);
}

static void probabilities_of_1e_300_weigh_without_overflow(void **state)
{
    (void)state;
    double far = 300 * log(10);
    double linear[4] = {-far, far, -far, far};
    uint8_t treated[4] = {1, 1, 0, 0};
    struct rwe_weight_data data = {.n = 4, .linear = linear, .treated = treated};
    struct rwe_weights weights = weigh(&data, of_kind(RWE_WEIGHT_ATE));
    assert_close(weights.weight[0], 1e300, 1e-12);
    assert_true(weights.weight[1] == 1);
    assert_close(weigh(&data, of_kind(RWE_WEIGHT_OVERLAP)).weight[1], 1e-300, 1e-12);
    struct rwe_weight_summary s = rwe_weights_summarize(weights.weight, treated, 4, 1);
    assert_close(s.ess, 1, 1e-15);
    linear[0] = -800;
    struct rwe_weight_options options = of_kind(RWE_WEIGHT_ATE);
    struct rwe_error error;
    assert_int_equal(rwe_weights_compute(&data, &options, arena, &weights, &error),
                     RWE_NOT_ESTIMABLE);
    assert_int_equal(error.index, 0);
    double surest[2] = {800, -800}; /* overlap weights that vanish below the least double */
    data = (struct rwe_weight_data){.n = 2, .linear = surest, .treated = (const uint8_t[]){1, 0}};
    options = of_kind(RWE_WEIGHT_OVERLAP);
    assert_int_equal(rwe_weights_compute(&data, &options, arena, &weights, &error),
                     RWE_NOT_ESTIMABLE);
}

static void assert_refused(struct rwe_weight_data data, struct rwe_weight_options options,
                           enum rwe_status expected)
{
    struct rwe_weights weights;
    struct rwe_error error = {0};
    assert_int_equal(rwe_weights_compute(&data, &options, arena, &weights, &error), expected);
    assert_int_equal(error.status, expected);
    assert_true(strlen(error.message) > 0);
}

static void what_cannot_be_weighted_is_an_error(void **state)
{
    (void)state;
    double linear[3] = {0, 0.5, -0.5};
    uint8_t treated[3] = {1, 0, 1}, kept[3] = {1, 0, 1}, all[3] = {1, 1, 1};
    struct rwe_weight_data data = {.n = 3, .linear = linear, .treated = treated};
    struct rwe_weight_options options = rwe_weight_options_default();
    struct rwe_weight_data empty = data, one_arm = data, left_out = data;
    empty.n = 0;
    one_arm.treated = all;
    left_out.kept = kept;
    assert_refused(empty, options, RWE_NOT_ESTIMABLE);
    assert_refused(one_arm, options, RWE_NOT_ESTIMABLE);
    assert_refused(left_out, options, RWE_NOT_ESTIMABLE);
    assert_refused(data, of_kind(RWE_WEIGHT_ENTROPY), RWE_USAGE);
    options.truncate = 0.5;
    assert_refused(data, options, RWE_BAD_INPUT);
    options.truncate = NAN;
    assert_refused(data, options, RWE_BAD_INPUT);

    struct rwe_weight_trimming trimming;
    double cutoff;
    assert_int_equal(rwe_weights_trim(&data, 0.5, arena, &trimming, NULL), RWE_BAD_INPUT);
    assert_int_equal(rwe_weights_trim(&data, 0.45, arena, &trimming, NULL), RWE_NOT_ESTIMABLE);
    assert_int_equal(rwe_weights_trim(&empty, 0.1, arena, &trimming, NULL), RWE_NOT_ESTIMABLE);
    assert_int_equal(rwe_weights_optimal_cutoff(&empty, arena, &cutoff, NULL), RWE_NOT_ESTIMABLE);
    struct rwe_error error;
    linear[1] = NAN;
    assert_refused(data, rwe_weight_options_default(), RWE_NOT_FINITE);
    assert_int_equal(rwe_weights_trim(&data, 0.1, arena, &trimming, &error), RWE_NOT_FINITE);
    assert_int_equal(error.index, 1);
    linear[1] = INFINITY;
    assert_int_equal(rwe_weights_optimal_cutoff(&data, arena, &cutoff, &error), RWE_NOT_FINITE);
    assert_int_equal(error.index, 1);
}

static void a_model_of_other_subjects_or_without_covariance_is_refused(void **state)
{
    (void)state;
    struct treatment cohort = treatment_read("lung", arena);
    struct rwe_logistic logistic = fit(&cohort);
    struct rwe_weight_data data = data_of(&cohort, &logistic);
    struct rwe_weights weights = weigh(&data, of_kind(RWE_WEIGHT_ATT));
    struct rwe_weight_model model = {.x = cohort.x, .k = cohort.k - 1, .logistic = &logistic};
    struct rwe_weight_estimation step;
    assert_int_equal(rwe_weights_estimation(&data, &weights, &model, arena, &step, NULL),
                     RWE_BAD_INPUT);
    model.k = cohort.k;
    double *none = RWE_NEW(arena, double, logistic.p *logistic.p);
    none[0] = NAN;
    logistic.covariance = none;
    assert_int_equal(rwe_weights_estimation(&data, &weights, &model, arena, &step, NULL),
                     RWE_NOT_ESTIMABLE);
}

static void memory_that_is_out_is_an_error(void **state)
{
    (void)state;
    struct treatment cohort = treatment_read("lung", arena);
    struct rwe_logistic logistic = fit(&cohort);
    struct rwe_weight_data data = data_of(&cohort, &logistic);
    struct rwe_weight_options options = rwe_weight_options_default();
    struct rwe_weights weights = weigh(&data, options);
    struct rwe_weight_model model = {.x = cohort.x, .k = cohort.k, .logistic = &logistic};
    struct rwe_weight_estimation step;
    struct rwe_weight_trimming trimming;
    double cutoff;
    rwe_arena_alloc(arena, SIZE_MAX, 2); /* the failure sticks */
    assert_int_equal(rwe_weights_estimation(&data, &weights, &model, arena, &step, NULL),
                     RWE_NO_MEMORY);
    assert_int_equal(rwe_weights_compute(&data, &options, arena, &weights, NULL), RWE_NO_MEMORY);
    assert_int_equal(rwe_weights_trim(&data, 0.1, arena, &trimming, NULL), RWE_NO_MEMORY);
    assert_int_equal(rwe_weights_optimal_cutoff(&data, arena, &cutoff, NULL), RWE_NO_MEMORY);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(weights_and_their_summaries_match_r),
        TEST(differences_of_means_have_the_variance_of_the_stacked_equations),
        TEST(the_share_of_the_treated_is_a_parameter_of_stabilised_weights),
        TEST(truncation_matches_r_and_holds_its_weights_still),
        TEST(trimming_matches_r_in_counts_and_variance),
        TEST(the_optimal_cutoff_matches_r),
        TEST(overlap_weights_balance_every_mean_exactly),
        TEST(weights_by_hand),
        TEST(slopes_are_derivatives_of_the_log_weight),
        TEST(influence_is_what_leaving_one_out_does),
        TEST(the_order_of_rows_changes_nothing),
        TEST(probabilities_of_1e_300_weigh_without_overflow),
        TEST(what_cannot_be_weighted_is_an_error),
        TEST(a_model_of_other_subjects_or_without_covariance_is_refused),
        TEST(memory_that_is_out_is_an_error),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
