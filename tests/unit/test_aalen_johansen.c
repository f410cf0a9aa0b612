/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "competing.h"
#include "rwe/stats/aalen_johansen.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static struct rwe_aalen_johansen fit(const struct rwe_survival_data *data, size_t group,
                                     struct rwe_arena *arena)
{
    struct rwe_event_table table;
    struct rwe_aalen_johansen curve;
    assert_int_equal(rwe_event_table_build(data, arena, &table, NULL), RWE_OK);
    assert_int_equal(rwe_aalen_johansen_fit(&table, group, 0.95, arena, &curve, NULL), RWE_OK);
    return curve;
}

static void four_subjects_by_hand(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort =
        cohort_of(arena, 4, (double[]){1, 2, 3, 4}, (uint8_t[]){1, 2, 0, 1}, NULL);
    struct rwe_survival_data data = competing_sort(&cohort, arena);
    struct rwe_aalen_johansen curve = fit(&data, 0, arena);
    /* S: 3/4, 1/2, 1/2, 0. F1: 1/4, 1/4, 1/4, 1/4 + 1/2. F2: 0, 1/4, 1/4, 1/4. */
    static const double own[] = {0.25, 0.25, 0.25, 0.75}, competing[] = {0, 0.25, 0.25, 0.25};
    assert_int_equal(curve.n_points, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_close(curve.incidence[i], own[i], 1e-15);
        assert_close(curve.incidence[4 + i], competing[i], 1e-15);
    }
    /* One event of 4: Aalen's terms are (1/4)² (J + F/S − F(t)/S)². At 1: 1/16. At 2, for cause 1,
     * F has not moved: 1/16 still; for cause 2: 1/16 × (1/4 ÷ 3/4)² + (3/4)² / 9 = 1/144 + 1/16. */
    assert_close(curve.std_error[0], 0.25, 1e-15);
    assert_close(curve.std_error[1], 0.25, 1e-15);
    assert_close(curve.std_error[4], 0, 0);
    assert_close(curve.std_error[4 + 1], sqrt(1. / 144 + 1. / 16), 1e-15);
    assert_close(curve.n, 4, 0);
    assert_close(curve.n_events[0], 2, 0);
    assert_close(curve.n_events[1], 1, 0);
    rwe_arena_free(arena);
}

static void limits_are_symmetric_for_log_minus_log(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort =
        cohort_of(arena, 4, (double[]){1, 2, 3, 4}, (uint8_t[]){1, 2, 0, 1}, NULL);
    struct rwe_survival_data data = competing_sort(&cohort, arena);
    struct rwe_aalen_johansen curve = fit(&data, 0, arena);
    /* F = se = 1/4: log(−log F) ± 1.959964 × 1 / |log F| */
    double half = 1.959963984540054 / log(4);
    assert_close(curve.conf_low[0], exp(-log(4) * exp(half)), 1e-12);
    assert_close(curve.conf_high[0], exp(-log(4) * exp(-half)), 1e-12);
    assert_close(curve.conf_low[4], 0, 0);
    assert_close(curve.conf_high[4], 0, 0);
    struct rwe_aalen_johansen_point at = rwe_aalen_johansen_at(&curve, 1, 0.5);
    assert_close(at.incidence, 0, 0);
    assert_close(at.at_risk, 4, 0);
    at = rwe_aalen_johansen_at(&curve, 2, 2.5);
    assert_close(at.incidence, 0.25, 1e-15);
    assert_close(at.at_risk, 2, 0);
    assert_nan(rwe_aalen_johansen_at(&curve, 1, 4.5).incidence);
    assert_nan(rwe_aalen_johansen_at(&curve, 3, 1).incidence);
    assert_nan(rwe_aalen_johansen_at(&curve, 1, NAN).incidence);
    rwe_arena_free(arena);
}

static const double *expected(const struct oracle *oracle, const char *kind, const char *name,
                              size_t group, size_t cause, const char *stat, size_t *n)
{
    char key[128];
    snprintf(key, sizeof key, "%s.%s.%zu.%zu.%s", kind, name, group, cause, stat);
    return oracle_vector(oracle, key, n);
}

/* Both causes in both groups at the oracle's times, with Aalen's variance. */
static void compare_cuminc(const struct oracle *oracle, const char *name, struct cohort cohort,
                           struct rwe_arena *arena)
{
    char key[128];
    size_t n;
    snprintf(key, sizeof key, "cuminc.%s.times", name);
    const double *times = oracle_vector(oracle, key, &n);
    struct rwe_survival_data data = competing_sort(&cohort, arena);
    for (size_t group = 0; group < 2; group++) {
        struct rwe_aalen_johansen curve = fit(&data, group, arena);
        for (size_t cause = 1; cause <= 2; cause++) {
            const double *F = expected(oracle, "cuminc", name, group, cause, "estimate", &n);
            const double *v = expected(oracle, "cuminc", name, group, cause, "variance", &n);
            for (size_t t = 0; t < n; t++) {
                struct rwe_aalen_johansen_point at = rwe_aalen_johansen_at(&curve, cause, times[t]);
                assert_close(at.incidence, F[t], 1e-10);
                assert_close(at.std_error, sqrt(v[t]), 1e-10);
            }
        }
    }
}

static void rotterdam_mgus2_and_pbc_match_cuminc(void **state)
{
    (void)state;
    struct oracle *oracle = oracle_read("tests/oracle/competing_risks.csv");
    struct csv_table *table = csv_table_read("tests/oracle/data/rotterdam.csv");
    compare_cuminc(oracle, "rotterdam", competing_rotterdam(table, "hormon", 0), table->arena);
    csv_table_free(table);
    table = csv_table_read("tests/oracle/data/mgus2.csv");
    compare_cuminc(oracle, "mgus2", competing_mgus2(table, "sex", 0), table->arena);
    csv_table_free(table);
    table = csv_table_read("tests/oracle/data/pbc.csv");
    compare_cuminc(oracle, "pbc", competing_pbc(table, "trt", 0), table->arena);
    csv_table_free(table);
    oracle_free(oracle);
}

/* The jackknife of every point of both causes in both groups. */
static void compare_jackknife(const struct oracle *oracle, const char *name,
                              const struct rwe_survival_data *data, struct rwe_arena *arena)
{
    for (size_t group = 0; group < 2; group++) {
        struct rwe_aalen_johansen curve = fit(data, group, arena);
        assert_int_equal(rwe_aalen_johansen_robust(data, arena, &curve, NULL), RWE_OK);
        for (size_t cause = 1; cause <= 2; cause++) {
            size_t n, first = (cause - 1) * curve.n_points;
            const double *F = expected(oracle, "jackknife", name, group, cause, "estimate", &n);
            const double *se = expected(oracle, "jackknife", name, group, cause, "std_error", &n);
            assert_int_equal(n, curve.n_points);
            for (size_t i = 0; i < n; i++) {
                assert_close(curve.incidence[first + i], F[i], 1e-10);
                assert_close(curve.std_error[first + i], se[i], 1e-9);
            }
        }
    }
}

static void the_jackknife_matches_survfit_weighted_and_entered_late(void **state)
{
    (void)state;
    struct oracle *oracle = oracle_read("tests/oracle/competing_risks.csv");
    struct csv_table *table = csv_table_read("tests/oracle/data/pbc.csv");
    struct cohort cohort = competing_pbc(table, "trt", 0);
    struct rwe_survival_data data = competing_sort(&cohort, table->arena);
    compare_jackknife(oracle, "pbc", &data, table->arena);
    csv_table_free(table);

    table = csv_table_read("tests/oracle/data/mgus2.csv");
    cohort = competing_mgus2(table, "sex", 1);
    const double *id = csv_table_numbers(table, "id");
    double *entry = cohort.x; /* so that it is sorted along */
    cohort.weight = RWE_NEW(table->arena, double, cohort.n);
    for (size_t i = 0; i < cohort.n; i++) {
        entry[i] = cohort.time[i] > 10 ? fmod(id[i], 8) : 0;
        cohort.weight[i] = 0.25 + fmod(id[i], 5) / 2;
    }
    data = competing_sort(&cohort, table->arena);
    compare_jackknife(oracle, "mgus2.weighted", &data, table->arena);
    data.weight = NULL;
    compare_jackknife(oracle, "mgus2", &data, table->arena);
    data.entry = cohort.x;
    compare_jackknife(oracle, "mgus2.entry", &data, table->arena);
    csv_table_free(table);
    oracle_free(oracle);
}

static void compare_at_times(const struct oracle *oracle, const char *name,
                             const struct rwe_survival_data *data, struct rwe_arena *arena)
{
    size_t n;
    const double *times = oracle_vector(oracle, "jackknife.rotterdam.times", &n);
    for (size_t group = 0; group < 2; group++) {
        struct rwe_aalen_johansen curve = fit(data, group, arena);
        assert_int_equal(rwe_aalen_johansen_robust(data, arena, &curve, NULL), RWE_OK);
        for (size_t cause = 1; cause <= 2; cause++) {
            const double *F = expected(oracle, "jackknife", name, group, cause, "estimate", &n);
            const double *se = expected(oracle, "jackknife", name, group, cause, "std_error", &n);
            for (size_t t = 0; t < n; t++) {
                struct rwe_aalen_johansen_point at = rwe_aalen_johansen_at(&curve, cause, times[t]);
                assert_close(at.incidence, F[t], 1e-10);
                assert_close(at.std_error, se[t], 1e-9);
            }
        }
    }
}

static void rotterdam_matches_survfit_clustered_and_entered_late(void **state)
{
    (void)state;
    struct oracle *oracle = oracle_read("tests/oracle/competing_risks.csv");
    struct csv_table *table = csv_table_read("tests/oracle/data/rotterdam.csv");
    struct cohort cohort = competing_rotterdam(table, "hormon", 1);
    const double *id = csv_table_numbers(table, "pid");
    double *entry = cohort.x;
    cohort.weight = RWE_NEW(table->arena, double, cohort.n);
    cohort.cluster = RWE_NEW(table->arena, uint32_t, cohort.n);
    for (size_t i = 0; i < cohort.n; i++) {
        entry[i] = cohort.time[i] > 200 ? fmod(id[i], 150) : 0;
        cohort.weight[i] = 0.5 + fmod(id[i], 7) / 4;
        cohort.cluster[i] = (uint32_t)id[i] % 40;
    }
    struct rwe_survival_data data = competing_sort(&cohort, table->arena);
    compare_at_times(oracle, "rotterdam.clustered", &data, table->arena);
    data.weight = NULL;
    data.cluster = NULL;
    data.entry = cohort.x;
    compare_at_times(oracle, "rotterdam.entry", &data, table->arena);
    csv_table_free(table);
    oracle_free(oracle);
}

static void one_cause_is_one_less_survival(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = cohort_of(arena, 3, (double[]){1, 2, 2}, (uint8_t[]){1, 1, 0}, NULL);
    struct rwe_survival_data data = cohort_sort(&cohort, arena);
    struct rwe_aalen_johansen curve = fit(&data, 0, arena);
    assert_int_equal(curve.n_causes, 1);
    assert_close(curve.incidence[1], 1 - curve.survival[1], 1e-15);
    rwe_arena_free(arena);
}

static void each_error_is_told(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort =
        cohort_of(arena, 3, (double[]){1, 2, 3}, (uint8_t[]){1, 2, 0}, (uint32_t[]){0, 0, 2});
    struct rwe_survival_data data = competing_sort(&cohort, arena);
    struct rwe_event_table table;
    struct rwe_aalen_johansen curve;
    struct rwe_error error;
    assert_int_equal(rwe_event_table_build(&data, arena, &table, NULL), RWE_OK);
    assert_int_equal(rwe_aalen_johansen_fit(&table, 1, 0.95, arena, &curve, &error),
                     RWE_NOT_ESTIMABLE);
    assert_int_equal(rwe_aalen_johansen_fit(&table, 3, 0.95, arena, &curve, &error), RWE_BAD_INPUT);
    assert_int_equal(error.index, 3);
    assert_int_equal(rwe_aalen_johansen_fit(&table, 0, 1, arena, &curve, NULL), RWE_BAD_INPUT);
    assert_int_equal(rwe_aalen_johansen_fit(&table, 0, NAN, arena, &curve, NULL), RWE_BAD_INPUT);
    assert_int_equal(rwe_aalen_johansen_fit(&table, 0, 0.95, arena, &curve, NULL), RWE_OK);
    struct rwe_survival_data other = data;
    other.time = (double[]){1, 2.5, 3};
    assert_int_equal(rwe_aalen_johansen_robust(&other, arena, &curve, &error), RWE_BAD_INPUT);
    assert_string_equal(error.message, "the curve is not of these data");
    other = data;
    other.n_causes = 3;
    assert_int_equal(rwe_aalen_johansen_robust(&other, arena, &curve, NULL), RWE_BAD_INPUT);
    other = data;
    other.time = (double[]){1, NAN, 3};
    assert_int_equal(rwe_aalen_johansen_robust(&other, arena, &curve, &error), RWE_NOT_FINITE);
    data.stratum = (uint32_t[]){0, 1, 0};
    data.n_strata = 2;
    assert_int_equal(rwe_event_table_build(&data, arena, &table, NULL), RWE_OK);
    assert_int_equal(rwe_aalen_johansen_fit(&table, 0, 0.95, arena, &curve, NULL), RWE_BAD_INPUT);
    rwe_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(four_subjects_by_hand),
        cmocka_unit_test(limits_are_symmetric_for_log_minus_log),
        cmocka_unit_test(rotterdam_mgus2_and_pbc_match_cuminc),
        cmocka_unit_test(the_jackknife_matches_survfit_weighted_and_entered_late),
        cmocka_unit_test(rotterdam_matches_survfit_clustered_and_entered_late),
        cmocka_unit_test(one_cause_is_one_less_survival),
        cmocka_unit_test(each_error_is_told),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
