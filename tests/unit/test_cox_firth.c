/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Firth's penalty, and limits from the profile of the likelihood, penalised or not. */
#include "check.h"
#include "cohort.h"
#include "cox_oracle.h"
#include "rwe/stats/cox_firth.h"

#include <math.h>
#include <stdio.h>

static const char *const ORACLE = "tests/oracle/cox_kernel.csv";

static struct rwe_cox_options with_ties(enum rwe_cox_ties ties)
{
    struct rwe_cox_options options = rwe_cox_options_default();
    options.ties = ties;
    return options;
}

/* profile: low, high and test of each coefficient in turn. */
static void compare_profile(const struct oracle *oracle, const char *key,
                            const struct rwe_survival_data *data, const double x[],
                            const struct rwe_cox *fit, struct rwe_cox_options options, bool firth)
{
    struct rwe_arena *arena = rwe_arena_new();
    size_t n;
    const double *expected = oracle_vector(oracle, key, &n);
    assert_int_equal(n, 3 * fit->p);
    for (size_t j = 0; j < fit->p; j++) {
        struct rwe_cox_profile_options request = rwe_cox_profile_options_default();
        struct rwe_cox_profile profile;
        double std_error = sqrt(fit->covariance[j * (fit->p + 1)]);
        request.column = j;
        request.firth = firth;
        assert_int_equal(rwe_cox_profile(data, x, fit, &options, &request, arena, &profile, NULL),
                         RWE_OK);
        assert_true(profile.converged);
        assert_true(fabs(profile.low - expected[3 * j]) <= 1e-7 * std_error);
        assert_true(fabs(profile.high - expected[3 * j + 1]) <= 1e-7 * std_error);
        assert_close(profile.lr_statistic, expected[3 * j + 2], 1e-7);
    }
    rwe_arena_free(arena);
}

static void compare_firth(const char *name, const struct rwe_survival_data *data, const double x[],
                          size_t p, struct rwe_cox_options options)
{
    struct oracle *oracle = oracle_read(ORACLE);
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_error error = {0};
    struct rwe_cox cox;
    char key[128];
    size_t n;
    if (rwe_cox_firth_fit(data, x, p, &options, arena, &cox, &error) != RWE_OK)
        fail_msg("%s", error.message);
    assert_true(cox.converged);
    snprintf(key, sizeof key, "firth.%s.covariance", name);
    const double *covariance = oracle_vector(oracle, key, &n);
    assert_int_equal(n, p * p);
    snprintf(key, sizeof key, "firth.%s.estimate", name);
    const double *estimate = oracle_vector(oracle, key, &n);
    for (size_t j = 0; j < p; j++) {
        assert_true(fabs(cox.estimate[j] - estimate[j]) <= 1e-8 * sqrt(covariance[j * (p + 1)]));
        assert_close(sqrt(cox.covariance[j * (p + 1)]), sqrt(covariance[j * (p + 1)]), 1e-7);
    }
    snprintf(key, sizeof key, "firth.%s.loglik", name);
    const double *loglik = oracle_vector(oracle, key, &n);
    assert_close(cox.loglik_null, loglik[0], 1e-11);
    assert_close(cox.loglik, loglik[1], 1e-11);
    snprintf(key, sizeof key, "firth.%s.profile", name);
    compare_profile(oracle, key, data, x, &cox, options, true);
    rwe_arena_free(arena);
    oracle_free(oracle);
}

static void penalised_lung_is_at_the_summit_that_r_finds(void **state)
{
    (void)state;
    struct csv_table *table = csv_table_read("tests/oracle/data/lung.csv");
    const char *const columns[] = {"sex", "age"};
    struct cohort cohort = cohort_load(table, "time", "status", 2, columns, 2);
    struct rwe_survival_data data = cohort_sort(&cohort, table->arena);
    compare_firth("lung", &data, cohort.x, 2, with_ties(RWE_COX_BRESLOW));
    csv_table_free(table);
}

static void penalised_heart_with_entries_is_at_the_summit_that_r_finds(void **state)
{
    (void)state;
    struct csv_table *table = csv_table_read("tests/oracle/data/heart.csv");
    const char *const columns[] = {"age", "surgery", "transplant", "start"};
    struct cohort cohort = cohort_load(table, "stop", "event", 1, columns, 4);
    struct rwe_survival_data data = cohort_sort(&cohort, table->arena);
    data.entry = cohort.x + 3 * cohort.n;
    compare_firth("heart", &data, cohort.x, 3, with_ties(RWE_COX_EFRON));
    csv_table_free(table);
}

static void penalised_veteran_in_strata_is_at_the_summit_that_r_finds(void **state)
{
    (void)state;
    struct csv_table *table = csv_table_read("tests/oracle/data/veteran.csv");
    const char *const columns[] = {"trt", "karno"};
    struct cohort cohort = cohort_load(table, "time", "status", 1, columns, 2);
    cohort.stratum = csv_table_codes(table, "celltype", NULL);
    uint8_t *keep = RWE_NEW(table->arena, uint8_t, cohort.n);
    for (size_t i = 0; i < cohort.n; i += 2)
        keep[i] = 1;
    cohort = cohort_subset(&cohort, keep, table->arena);
    struct rwe_survival_data data = cohort_sort(&cohort, table->arena);
    compare_firth("veteran", &data, cohort.x, 2, with_ties(RWE_COX_EFRON));
    csv_table_free(table);
}

static void a_monotone_likelihood_gets_a_finite_estimate(void **state)
{
    (void)state;
    struct csv_table *table = csv_table_read("tests/oracle/data/veteran.csv");
    const char *const columns[] = {"prior", "karno"};
    struct cohort cohort = cohort_load(table, "time", "status", 1, columns, 2);
    const uint32_t *cell = csv_table_codes(table, "celltype", NULL);
    uint8_t *keep = RWE_NEW(table->arena, uint8_t, cohort.n);
    for (size_t i = 0; i < cohort.n; i++) {
        keep[i] = cell[i] == 1; /* large */
        cohort.x[i] = cohort.x[i] == 10;
        cohort.event[i] = cohort.event[i] && cohort.x[i] == 0;
    }
    cohort = cohort_subset(&cohort, keep, table->arena);
    struct rwe_survival_data data = cohort_sort(&cohort, table->arena);
    struct rwe_cox_options options = rwe_cox_options_default();
    struct rwe_cox cox;
    assert_int_equal(rwe_cox_fit(&data, cohort.x, 2, &options, table->arena, &cox, NULL),
                     RWE_SEPARATED);
    compare_firth("separated", &data, cohort.x, 2, options);
    csv_table_free(table);
}

/* Two subjects; the one with x = 1 dies first, the other is alone then. With π = e^β / (1 + e^β) the
 * likelihood is π and its information π (1 − π): monotone in β. The penalised one,
 * log π + log(π (1 − π)) / 2, has its summit where 1 − π + (1 − 2π) / 2 = 0: π = 3/4, β = log 3. */
static void two_subjects_by_hand(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort =
        cohort_of(arena, 2, (double[]){1, 2}, (uint8_t[]){1, 1}, (uint32_t[]){1, 0});
    struct rwe_survival_data data = cohort_sort(&cohort, arena);
    const double x[] = {1, 0};
    struct rwe_cox_options options = rwe_cox_options_default();
    struct rwe_cox cox;
    assert_int_equal(rwe_cox_firth_fit(&data, x, 1, &options, arena, &cox, NULL), RWE_OK);
    assert_close(cox.estimate[0], log(3), 1e-8);
    assert_close(cox.loglik, log(3. / 4) + log(3. / 16) / 2, 1e-12);
    assert_close(cox.covariance[0], 16. / 3, 1e-7); /* 1 / (π (1 − π)) */
    rwe_arena_free(arena);
}

static void profile_limits_match_refits_with_an_offset(void **state)
{
    (void)state;
    struct oracle *oracle = oracle_read(ORACLE);
    struct csv_table *table = csv_table_read("tests/oracle/data/lung.csv");
    const char *const columns[] = {"sex", "age"};
    struct cohort lung = cohort_load(table, "time", "status", 2, columns, 2);
    struct rwe_survival_data data = cohort_sort(&lung, table->arena);
    struct rwe_cox_options options = with_ties(RWE_COX_EFRON);
    struct rwe_cox cox;
    assert_int_equal(rwe_cox_fit(&data, lung.x, 2, &options, table->arena, &cox, NULL), RWE_OK);
    compare_profile(oracle, "profile.lung", &data, lung.x, &cox, options, false);
    for (size_t i = 0; i < lung.n; i++)
        lung.time[i] = ceil(lung.time[i] / 30);
    options.ties = RWE_COX_EXACT;
    assert_int_equal(rwe_cox_fit(&data, lung.x, 2, &options, table->arena, &cox, NULL), RWE_OK);
    compare_profile(oracle, "profile.lung.exact", &data, lung.x, &cox, options, false);
    csv_table_free(table);

    table = csv_table_read("tests/oracle/data/heart.csv");
    const char *const more[] = {"age", "surgery", "transplant", "start"};
    struct cohort heart = cohort_load(table, "stop", "event", 1, more, 4);
    data = cohort_sort(&heart, table->arena);
    data.entry = heart.x + 3 * heart.n;
    options.ties = RWE_COX_BRESLOW;
    assert_int_equal(rwe_cox_fit(&data, heart.x, 3, &options, table->arena, &cox, NULL), RWE_OK);
    compare_profile(oracle, "profile.heart", &data, heart.x, &cox, options, false);
    csv_table_free(table);

    table = csv_table_read("tests/oracle/data/veteran.csv");
    const char *const few[] = {"trt", "karno"};
    struct cohort veteran = cohort_load(table, "time", "status", 1, few, 2);
    veteran.stratum = csv_table_codes(table, "celltype", NULL);
    data = cohort_sort(&veteran, table->arena);
    options.ties = RWE_COX_EFRON;
    assert_int_equal(rwe_cox_fit(&data, veteran.x, 2, &options, table->arena, &cox, NULL), RWE_OK);
    compare_profile(oracle, "profile.veteran", &data, veteran.x, &cox, options, false);
    csv_table_free(table);
    oracle_free(oracle);
}

/* One column: the profile's test. All columns: the fit's own. And between, dropping the other columns
 * without the penalty is another fit. */
static void the_joint_test_agrees_with_profile_whole_and_smaller_fit(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = cohort_random(arena, 120, 3, 0.6, 7);
    struct rwe_survival_data data = cohort_sort(&cohort, arena);
    struct rwe_cox_options options = rwe_cox_options_default();
    struct rwe_cox plain, firth, smaller;
    struct rwe_cox_joint_test test;
    assert_int_equal(rwe_cox_fit(&data, cohort.x, 3, &options, arena, &plain, NULL), RWE_OK);
    assert_int_equal(rwe_cox_firth_fit(&data, cohort.x, 3, &options, arena, &firth, NULL), RWE_OK);
    assert_int_equal(rwe_cox_fit(&data, cohort.x, 1, &options, arena, &smaller, NULL), RWE_OK);
    for (int penalised = 0; penalised < 2; penalised++) {
        const struct rwe_cox *fit = penalised ? &firth : &plain;
        struct rwe_cox_profile_options one = rwe_cox_profile_options_default();
        struct rwe_cox_profile profile;
        one.column = 1;
        one.firth = penalised;
        rwe_cox_profile(&data, cohort.x, fit, &options, &one, arena, &profile, NULL);
        struct rwe_cox_joint_request request = {1, 1, penalised};
        assert_int_equal(
            rwe_cox_joint_test(&data, cohort.x, fit, &options, &request, arena, &test, NULL),
            RWE_OK);
        assert_true(test.converged);
        assert_close(test.lr_statistic, profile.lr_statistic, 1e-9);
        request = (struct rwe_cox_joint_request){0, 3, penalised};
        rwe_cox_joint_test(&data, cohort.x, fit, &options, &request, arena, &test, NULL);
        assert_close(test.lr_statistic, fit->lr_statistic, 1e-9);
    }
    struct rwe_cox_joint_request last_two = {1, 2, false};
    rwe_cox_joint_test(&data, cohort.x, &plain, &options, &last_two, arena, &test, NULL);
    assert_close(test.lr_statistic, 2 * (plain.loglik - smaller.loglik), 1e-9);
    last_two.n_columns = 3;
    assert_int_equal(
        rwe_cox_joint_test(&data, cohort.x, &plain, &options, &last_two, arena, &test, NULL),
        RWE_BAD_INPUT);
    rwe_arena_free(arena);
}

static void what_the_penalty_and_the_profile_do_not_allow_is_refused(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = cohort_random(arena, 50, 2, 0.5, 2);
    struct rwe_survival_data data = cohort_sort(&cohort, arena);
    struct rwe_cox_options options = with_ties(RWE_COX_EXACT);
    struct rwe_cox_profile_options request = rwe_cox_profile_options_default();
    struct rwe_cox cox;
    struct rwe_cox_profile profile;
    assert_int_equal(rwe_cox_firth_fit(&data, cohort.x, 2, &options, arena, &cox, NULL),
                     RWE_BAD_INPUT);
    assert_int_equal(rwe_cox_fit(&data, cohort.x, 2, &options, arena, &cox, NULL), RWE_OK);
    request.firth = true;
    assert_int_equal(
        rwe_cox_profile(&data, cohort.x, &cox, &options, &request, arena, &profile, NULL),
        RWE_BAD_INPUT);
    request.firth = false;
    request.level = 1;
    assert_int_equal(
        rwe_cox_profile(&data, cohort.x, &cox, &options, &request, arena, &profile, NULL),
        RWE_BAD_INPUT);
    request.level = 0.9;
    request.column = 2;
    assert_int_equal(
        rwe_cox_profile(&data, cohort.x, &cox, &options, &request, arena, &profile, NULL),
        RWE_BAD_INPUT);
    options = with_ties(RWE_COX_EFRON);
    options.robust = true;
    assert_int_equal(rwe_cox_firth_fit(&data, cohort.x, 2, &options, arena, &cox, NULL),
                     RWE_BAD_INPUT);
    options.robust = false;
    for (size_t i = 0; i < 50; i++)
        cohort.x[50 + i] = 3;
    assert_int_equal(rwe_cox_firth_fit(&data, cohort.x, 2, &options, arena, &cox, NULL),
                     RWE_COLLINEAR);
    rwe_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(penalised_lung_is_at_the_summit_that_r_finds),
        cmocka_unit_test(penalised_heart_with_entries_is_at_the_summit_that_r_finds),
        cmocka_unit_test(penalised_veteran_in_strata_is_at_the_summit_that_r_finds),
        cmocka_unit_test(a_monotone_likelihood_gets_a_finite_estimate),
        cmocka_unit_test(two_subjects_by_hand),
        cmocka_unit_test(profile_limits_match_refits_with_an_offset),
        cmocka_unit_test(the_joint_test_agrees_with_profile_whole_and_smaller_fit),
        cmocka_unit_test(what_the_penalty_and_the_profile_do_not_allow_is_refused),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
