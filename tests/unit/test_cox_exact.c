/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cox with the exact partial likelihood of discrete times. */
#include "check.h"
#include "cohort.h"
#include "cox_oracle.h"
#include "rwe/stats/cox.h"

#include <math.h>

static const char *const ORACLE = "tests/oracle/cox_kernel.csv";

static struct rwe_cox fit(struct cohort *cohort, enum rwe_cox_ties ties, struct rwe_arena *arena)
{
    struct rwe_survival_data data = cohort_sort(cohort, arena);
    struct rwe_cox_options options = rwe_cox_options_default();
    struct rwe_error error = {0};
    struct rwe_cox result;
    options.ties = ties;
    if (rwe_cox_fit(&data, cohort->x, cohort->p, &options, arena, &result, &error) != RWE_OK)
        fail_msg("%s", error.message);
    return result;
}

static void lung_by_months_matches_coxph(void **state)
{
    (void)state;
    struct oracle *oracle = oracle_read(ORACLE);
    struct csv_table *table = csv_table_read("tests/oracle/data/lung.csv");
    const char *const columns[] = {"sex", "age"};
    struct cohort cohort = cohort_load(table, "time", "status", 2, columns, 2);
    for (size_t i = 0; i < cohort.n; i++)
        cohort.time[i] = ceil(cohort.time[i] / 30);
    struct rwe_cox cox = fit(&cohort, RWE_COX_EXACT, table->arena);
    cox_oracle_compare(oracle, "lung.exact", &cox);
    csv_table_free(table);
    oracle_free(oracle);
}

static void veteran_by_weeks_in_strata_matches_coxph(void **state)
{
    (void)state;
    struct oracle *oracle = oracle_read(ORACLE);
    struct csv_table *table = csv_table_read("tests/oracle/data/veteran.csv");
    const char *const columns[] = {"trt", "karno"};
    struct cohort cohort = cohort_load(table, "time", "status", 1, columns, 2);
    cohort.stratum = csv_table_codes(table, "celltype", NULL);
    for (size_t i = 0; i < cohort.n; i++)
        cohort.time[i] = ceil(cohort.time[i] / 7);
    struct rwe_cox cox = fit(&cohort, RWE_COX_EXACT, table->arena);
    cox_oracle_compare(oracle, "veteran.exact", &cox);
    csv_table_free(table);
    oracle_free(oracle);
}

static void heart_transplants_match_coxph(void **state)
{
    (void)state;
    struct oracle *oracle = oracle_read(ORACLE);
    struct csv_table *table = csv_table_read("tests/oracle/data/heart.csv");
    const char *const columns[] = {"age", "surgery", "transplant", "start"};
    struct cohort cohort = cohort_load(table, "stop", "event", 1, columns, 4);
    struct rwe_survival_data data = cohort_sort(&cohort, table->arena);
    struct rwe_cox_options options = rwe_cox_options_default();
    struct rwe_cox cox;
    data.entry = cohort.x + 3 * cohort.n;
    options.ties = RWE_COX_EXACT;
    assert_int_equal(rwe_cox_fit(&data, cohort.x, 3, &options, table->arena, &cox, NULL), RWE_OK);
    cox_oracle_compare(oracle, "heart.exact", &cox);
    csv_table_free(table);
    oracle_free(oracle);
}

static void two_of_four_dead_is_a_choice_of_six(void **state)
{
    (void)state;
    /* r for x = 1 and 1 for x = 0; two of each, of which one each dies: L = r / (r² + 4 r + 1), with
     * its summit at r = 1, where the information is 2 / 6. */
    struct rwe_arena *arena = rwe_arena_new();
    const double time[] = {1, 1, 2, 2};
    const uint8_t event[] = {1, 1, 0, 0};
    struct cohort cohort = cohort_of(arena, 4, time, event, NULL);
    double x[] = {1, 0, 1, 0};
    cohort.p = 1;
    cohort.x = x;
    struct rwe_cox cox = fit(&cohort, RWE_COX_EXACT, arena);
    assert_close(cox.estimate[0], 0, 1e-12);
    assert_close(cox.loglik, -log(6), 1e-14);
    assert_close(cox.covariance[0], 3, 1e-12);
    rwe_arena_free(arena);
}

static void without_ties_all_three_treatments_agree(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = cohort_random(arena, 200, 3, 0, 6);
    struct rwe_cox exact = fit(&cohort, RWE_COX_EXACT, arena);
    struct rwe_cox efron = fit(&cohort, RWE_COX_EFRON, arena);
    assert_close(exact.loglik, efron.loglik, 1e-13);
    for (size_t j = 0; j < 3; j++)
        assert_close(exact.estimate[j], efron.estimate[j], 1e-11);
    for (size_t jk = 0; jk < 9; jk++)
        assert_close(exact.covariance[jk], efron.covariance[jk], 1e-9);
    rwe_arena_free(arena);
}

static void weights_a_sandwich_and_too_many_deaths_are_refused(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = cohort_random(arena, 1200, 1, 0, 6);
    struct rwe_survival_data data = cohort_sort(&cohort, arena);
    struct rwe_cox_options options = rwe_cox_options_default();
    struct rwe_cox cox;
    options.ties = RWE_COX_EXACT;
    options.robust = true;
    assert_int_equal(rwe_cox_fit(&data, cohort.x, 1, &options, arena, &cox, NULL), RWE_BAD_INPUT);
    options.robust = false;
    data.weight = cohort.time;
    assert_int_equal(rwe_cox_fit(&data, cohort.x, 1, &options, arena, &cox, NULL), RWE_BAD_INPUT);
    data.weight = NULL;
    for (size_t i = 0; i < 1200; i++) {
        cohort.time[i] = 1;
        cohort.event[i] = i < 501;
    }
    assert_int_equal(rwe_cox_fit(&data, cohort.x, 1, &options, arena, &cox, NULL), RWE_BAD_INPUT);
    cohort.event[0] = 0;
    assert_int_equal(rwe_cox_fit(&data, cohort.x, 1, &options, arena, &cox, NULL), RWE_OK);
    assert_true(isfinite(cox.loglik));
    rwe_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lung_by_months_matches_coxph),
        cmocka_unit_test(veteran_by_weeks_in_strata_matches_coxph),
        cmocka_unit_test(heart_transplants_match_coxph),
        cmocka_unit_test(two_of_four_dead_is_a_choice_of_six),
        cmocka_unit_test(without_ties_all_three_treatments_agree),
        cmocka_unit_test(weights_a_sandwich_and_too_many_deaths_are_refused),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
