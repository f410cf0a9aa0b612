/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "competing.h"
#include "rwe/stats/fine_gray.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static struct rwe_fine_gray fit(struct cohort *cohort, size_t cause, bool by_group,
                                struct rwe_arena *arena)
{
    struct rwe_survival_data data = competing_sort(cohort, arena);
    struct rwe_fine_gray_options options = rwe_fine_gray_options_default();
    struct rwe_fine_gray result;
    options.cause = cause;
    options.censoring_by_group = by_group;
    assert_int_equal(rwe_fine_gray_fit(&data, cohort->x, cohort->p, &options, arena, &result, NULL),
                     RWE_OK);
    assert_true(result.converged);
    return result;
}

static const double *expected(const struct oracle *oracle, const char *name, const char *stat,
                              size_t *n)
{
    char key[128];
    snprintf(key, sizeof key, "finegray.%s.%s", name, stat);
    return oracle_vector(oracle, key, n);
}

/* Covariances in units of the standard errors: those near 0 have no relative error. */
static void compare_covariance(const double actual[], const double wanted[], size_t p)
{
    for (size_t j = 0; j < p; j++)
        for (size_t k = 0; k < p; k++) {
            double unit = sqrt(wanted[j * p + j] * wanted[k * p + k]);
            assert_true(fabs(actual[j * p + k] - wanted[j * p + k]) <= 2e-7 * unit);
        }
}

static void compare(const struct oracle *oracle, const char *name,
                    const struct rwe_fine_gray *result)
{
    size_t p;
    const double *estimate = expected(oracle, name, "estimate", &p);
    assert_int_equal(result->p, p);
    for (size_t j = 0; j < p; j++)
        assert_close(result->estimate[j], estimate[j], 1e-8);
    compare_covariance(result->covariance, expected(oracle, name, "covariance", &p), result->p);
    const double *loglik = expected(oracle, name, "loglik", &p);
    assert_close(result->loglik_null, loglik[0], 1e-11);
    assert_close(result->loglik, loglik[1], 1e-11);
}

static void compare_robust(const struct oracle *oracle, const char *name,
                           const struct rwe_fine_gray *result)
{
    size_t n;
    compare(oracle, name, result);
    compare_covariance(result->robust, expected(oracle, name, "robust", &n), result->p);
}

static void fill(struct cohort *cohort, const struct csv_table *table, const char *const names[])
{
    for (size_t j = 0; j < cohort->p; j++)
        memcpy(cohort->x + j * cohort->n, csv_table_numbers(table, names[j]),
               cohort->n * sizeof(double));
}

static void rotterdam_matches_crr(void **state)
{
    (void)state;
    struct oracle *oracle = oracle_read("tests/oracle/competing_risks.csv");
    struct csv_table *table = csv_table_read("tests/oracle/data/rotterdam.csv");
    struct cohort cohort = competing_rotterdam(table, "hormon", 1);
    fill(&cohort, table, (const char *[]){"hormon"});
    struct rwe_fine_gray result = fit(&cohort, 1, false, table->arena);
    assert_int_equal(result.n, 2982);
    compare_robust(oracle, "rotterdam.1", &result);
    result = fit(&cohort, 2, false, table->arena);
    compare_robust(oracle, "rotterdam.2", &result);
    cohort = competing_rotterdam(table, "hormon", 4);
    fill(&cohort, table, (const char *[]){"hormon", "age", "nodes", "meno"});
    result = fit(&cohort, 1, false, table->arena);
    compare_robust(oracle, "rotterdam.adjusted", &result);
    csv_table_free(table);
    oracle_free(oracle);
}

static void mgus2_with_its_ties_matches_crr(void **state)
{
    (void)state;
    struct oracle *oracle = oracle_read("tests/oracle/competing_risks.csv");
    struct csv_table *table = csv_table_read("tests/oracle/data/mgus2.csv");
    for (size_t cause = 1; cause <= 2; cause++) {
        struct cohort cohort = competing_mgus2(table, "sex", cause);
        if (cause == 2)
            fill(&cohort, table, (const char *[]){"age", "age"});
        for (size_t i = 0; i < cohort.n; i++)
            cohort.x[i] = cohort.group[i]; /* "F", "M" */
        struct rwe_fine_gray result = fit(&cohort, cause, false, table->arena);
        compare_robust(oracle, cause == 1 ? "mgus2.1" : "mgus2.2", &result);
    }
    csv_table_free(table);
    oracle_free(oracle);
}

/* The randomised patients with some of their columns. */
static struct cohort pbc_with(const struct csv_table *table, const char *const names[], size_t p)
{
    struct cohort all = cohort_new(table->arena, table->n_rows, p);
    fill(&all, table, names);
    struct cohort cohort = competing_pbc(table, "trt", p);
    const double *arm = csv_table_numbers(table, "trt");
    size_t k = 0;
    for (size_t i = 0; i < all.n; i++) {
        if (isnan(arm[i]))
            continue;
        for (size_t j = 0; j < p; j++)
            cohort.x[j * cohort.n + k] = all.x[j * all.n + i];
        k++;
    }
    return cohort;
}

static void pbc_matches_crr_also_with_a_censoring_curve_by_arm(void **state)
{
    (void)state;
    struct oracle *oracle = oracle_read("tests/oracle/competing_risks.csv");
    struct csv_table *table = csv_table_read("tests/oracle/data/pbc.csv");
    struct cohort two = pbc_with(table, (const char *[]){"trt", "age"}, 2);
    struct rwe_fine_gray result = fit(&two, 1, false, table->arena);
    compare_robust(oracle, "pbc.1", &result);
    result = fit(&two, 2, true, table->arena);
    compare(oracle, "pbc.by_group", &result);
    struct cohort five =
        pbc_with(table, (const char *[]){"trt", "age", "bili", "albumin", "edema"}, 5);
    result = fit(&five, 2, false, table->arena);
    compare_robust(oracle, "pbc.2", &result);
    csv_table_free(table);
    oracle_free(oracle);
}

static void weights_match_finegray_and_coxph(void **state)
{
    (void)state;
    struct oracle *oracle = oracle_read("tests/oracle/competing_risks.csv");
    struct csv_table *table = csv_table_read("tests/oracle/data/pbc.csv");
    struct cohort cohort = pbc_with(table, (const char *[]){"trt", "bili"}, 2);
    cohort.weight = RWE_NEW(table->arena, double, cohort.n);
    for (size_t i = 0; i < cohort.n; i++) {
        cohort.time[i] += (double)(i + 1) / 1000;
        cohort.weight[i] = 0.5 + (double)((i + 1) % 4) / 2;
    }
    struct rwe_fine_gray result = fit(&cohort, 2, false, table->arena);
    size_t n;
    const double *estimate = expected(oracle, "pbc.weighted", "estimate", &n);
    assert_close(result.estimate[0], estimate[0], 1e-8);
    assert_close(result.estimate[1], estimate[1], 1e-8);
    csv_table_free(table);
    oracle_free(oracle);
}

static void one_event_by_hand(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    /* Times 1 (competitor, x = 1), 2 (censored, x = 0), 3 (event, x = 1), 4 (censored, x = 0):
     * G(3−) = 2/3 and G(1−) = 1, so the one event's risk set is 2/3 e^β + e^β + 1 and at β = 0
     * log L = −log(8/3), score = 1 − (5/3)/(8/3) = 3/8. The maximum is at infinity. */
    struct cohort cohort =
        cohort_of(arena, 4, (double[]){1, 2, 3, 4}, (uint8_t[]){2, 0, 1, 0}, NULL);
    cohort.p = 1;
    cohort.x = (double[]){1, 0, 1, 0};
    struct rwe_survival_data data = competing_sort(&cohort, arena);
    struct rwe_fine_gray_options options = rwe_fine_gray_options_default();
    struct rwe_fine_gray result;
    struct rwe_error error;
    options.max_iterations = 0;
    assert_int_equal(rwe_fine_gray_fit(&data, cohort.x, 1, &options, arena, &result, NULL), RWE_OK);
    assert_false(result.converged);
    assert_close(result.loglik_null, -log(8. / 3), 1e-15);
    assert_close(result.covariance[0], 1 / (5. / 8 * 3. / 8), 1e-14);
    options.max_iterations = 60;
    assert_int_equal(rwe_fine_gray_fit(&data, cohort.x, 1, &options, arena, &result, &error),
                     RWE_SEPARATED);
    assert_int_equal(error.index, 0);
    rwe_arena_free(arena);
}

static void each_error_is_told(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = competing_random(arena, 80, 2, 1, 3);
    struct rwe_survival_data data = competing_sort(&cohort, arena), wrong = data;
    struct rwe_fine_gray_options options = rwe_fine_gray_options_default();
    struct rwe_fine_gray result;
    struct rwe_error error;
    double *x = cohort.x;
    assert_int_equal(rwe_fine_gray_fit(&data, x, 0, &options, arena, &result, NULL), RWE_BAD_INPUT);
    options.cause = 3;
    assert_int_equal(rwe_fine_gray_fit(&data, x, 2, &options, arena, &result, NULL), RWE_BAD_INPUT);
    wrong.n_causes = 3;
    assert_int_equal(rwe_fine_gray_fit(&wrong, x, 2, &options, arena, &result, NULL),
                     RWE_NOT_ESTIMABLE);
    options.cause = 1;
    wrong = data;
    wrong.n_strata = 2;
    assert_int_equal(rwe_fine_gray_fit(&wrong, x, 2, &options, arena, &result, NULL),
                     RWE_BAD_INPUT);
    wrong = data;
    double *entry = RWE_NEW(arena, double, data.n);
    wrong.entry = entry;
    assert_int_equal(rwe_fine_gray_fit(&wrong, x, 2, &options, arena, &result, NULL), RWE_OK);
    entry[7] = wrong.time[7] / 2;
    assert_int_equal(rwe_fine_gray_fit(&wrong, x, 2, &options, arena, &result, &error),
                     RWE_BAD_INPUT);
    assert_int_equal(error.index, 7);
    x[81] = NAN;
    assert_int_equal(rwe_fine_gray_fit(&data, x, 2, &options, arena, &result, &error),
                     RWE_NOT_FINITE);
    assert_int_equal(error.index, 81);
    for (size_t i = 0; i < 80; i++)
        x[80 + i] = 3 - 2 * x[i];
    assert_int_equal(rwe_fine_gray_fit(&data, x, 2, &options, arena, &result, &error),
                     RWE_COLLINEAR);
    assert_int_equal(error.index, 1);
    for (size_t i = 0; i < 80; i++)
        x[80 + i] = 7;
    assert_int_equal(rwe_fine_gray_fit(&data, x, 2, &options, arena, &result, &error),
                     RWE_COLLINEAR);
    assert_int_equal(error.index, 1);
    wrong = data;
    wrong.time = (double[80]){NAN};
    assert_int_equal(rwe_fine_gray_fit(&wrong, x, 1, &options, arena, &result, NULL),
                     RWE_NOT_FINITE);
    rwe_arena_free(arena);
}

static void an_arm_without_events_runs_off(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = competing_random(arena, 200, 2, 1, 4);
    struct rwe_survival_data data = competing_sort(&cohort, arena);
    for (size_t i = 0; i < cohort.n; i++)
        if (cohort.event[i] == 1 && cohort.x[i] == 1)
            cohort.event[i] = 2;
    struct rwe_fine_gray_options options = rwe_fine_gray_options_default();
    struct rwe_fine_gray result;
    struct rwe_error error;
    assert_int_equal(rwe_fine_gray_fit(&data, cohort.x, 2, &options, arena, &result, &error),
                     RWE_SEPARATED);
    assert_int_equal(error.index, 0);
    rwe_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rotterdam_matches_crr),
        cmocka_unit_test(mgus2_with_its_ties_matches_crr),
        cmocka_unit_test(pbc_matches_crr_also_with_a_censoring_curve_by_arm),
        cmocka_unit_test(weights_match_finegray_and_coxph),
        cmocka_unit_test(one_event_by_hand),
        cmocka_unit_test(each_error_is_told),
        cmocka_unit_test(an_arm_without_events_runs_off),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
