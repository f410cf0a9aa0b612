/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "competing.h"
#include "rwe/stats/gray.h"
#include "rwe/stats/logrank.h"

#include <math.h>
#include <stdio.h>

static enum rwe_status try_test(struct cohort *cohort, size_t cause, double rho,
                                struct rwe_arena *arena, struct rwe_gray *result,
                                struct rwe_error *error)
{
    struct rwe_survival_data data = competing_sort(cohort, arena);
    struct rwe_event_table table;
    assert_int_equal(rwe_event_table_build(&data, arena, &table, NULL), RWE_OK);
    return rwe_gray_test(&table, cause, rho, arena, result, error);
}

/* Both causes against the oracle's record of `name`. */
static void compare(const struct oracle *oracle, const char *name, struct cohort cohort, double rho,
                    struct rwe_arena *arena)
{
    char key[128];
    size_t n;
    for (size_t cause = 1; cause <= 2; cause++) {
        struct rwe_gray result;
        assert_int_equal(try_test(&cohort, cause, rho, arena, &result, NULL), RWE_OK);
        snprintf(key, sizeof key, "gray.%s.statistic", name);
        assert_close(result.statistic, oracle_vector(oracle, key, &n)[cause - 1], 1e-9);
        snprintf(key, sizeof key, "gray.%s.df", name);
        assert_close(result.df, oracle_vector(oracle, key, &n)[cause - 1], 0);
        snprintf(key, sizeof key, "gray.%s.p", name);
        assert_close(result.p_value, oracle_vector(oracle, key, &n)[cause - 1], 1e-7);
    }
}

static void rotterdam_matches_cuminc_also_stratified(void **state)
{
    (void)state;
    struct oracle *oracle = oracle_read("tests/oracle/competing_risks.csv");
    struct csv_table *table = csv_table_read("tests/oracle/data/rotterdam.csv");
    struct cohort cohort = competing_rotterdam(table, "hormon", 0);
    compare(oracle, "rotterdam.hormon", cohort, 0, table->arena);
    compare(oracle, "rotterdam.hormon.rho1", cohort, 1, table->arena);
    cohort.stratum = csv_table_codes(table, "meno", NULL);
    compare(oracle, "rotterdam.hormon.meno", cohort, 0, table->arena);
    compare(oracle, "rotterdam.size", competing_rotterdam(table, "size", 0), 0, table->arena);
    const double *id = csv_table_numbers(table, "pid");
    for (size_t i = 0; i < cohort.n; i++)
        cohort.group[i] = (uint32_t)id[i] % 4;
    cohort.stratum = csv_table_codes(table, "size", NULL);
    compare(oracle, "rotterdam.quarter.size", cohort, 0, table->arena);
    csv_table_free(table);
    oracle_free(oracle);
}

static void mgus2_matches_cuminc_with_two_and_four_groups(void **state)
{
    (void)state;
    struct oracle *oracle = oracle_read("tests/oracle/competing_risks.csv");
    struct csv_table *table = csv_table_read("tests/oracle/data/mgus2.csv");
    struct cohort by_sex = competing_mgus2(table, "sex", 0);
    struct cohort by_decade = competing_mgus2(table, "sex", 0);
    const double *age = csv_table_numbers(table, "age");
    for (size_t i = 0; i < by_decade.n; i++)
        by_decade.group[i] = (uint32_t)(fmin(fmax(floor(age[i] / 10), 5), 8) - 5);
    compare(oracle, "mgus2.sex", by_sex, 0, table->arena);
    compare(oracle, "mgus2.decade", by_decade, 0, table->arena);
    by_sex.stratum = by_decade.group;
    compare(oracle, "mgus2.sex.decade", by_sex, 0, table->arena);
    csv_table_free(table);
    oracle_free(oracle);
}

static void pbc_matches_cuminc_with_two_and_four_groups(void **state)
{
    (void)state;
    struct oracle *oracle = oracle_read("tests/oracle/competing_risks.csv");
    struct csv_table *table = csv_table_read("tests/oracle/data/pbc.csv");
    struct cohort by_arm = competing_pbc(table, "trt", 0);
    struct cohort by_stage = competing_pbc(table, "stage", 0);
    compare(oracle, "pbc.trt", by_arm, 0, table->arena);
    compare(oracle, "pbc.stage", by_stage, 0, table->arena);
    by_arm.stratum = by_stage.group;
    compare(oracle, "pbc.trt.stage", by_arm, 0, table->arena);
    csv_table_free(table);
    oracle_free(oracle);
}

/* Four subjects, none censored, so that R_g = N_g (1 − F_g(t−)): who has had the competitor stays.
 *   time  group  cause   R_0  R_1   observed less expected in group 0
 *      1      0      1     2    2   1 − 2/4
 *      2      1      2
 *      3      1      1     1    2   0 − 1/3
 *      4      0      2
 * so a score of 1/6. The statistic is that of cmprsk 2.2-11's cuminc. */
static void four_subjects_by_hand(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = cohort_of(arena, 4, (double[]){1, 2, 3, 4}, (uint8_t[]){1, 2, 1, 2},
                                     (uint32_t[]){0, 1, 1, 0});
    struct rwe_gray gray;
    assert_int_equal(try_test(&cohort, 1, 0, arena, &gray, NULL), RWE_OK);
    assert_close(gray.score[0], 1. / 6, 1e-14);
    assert_close(gray.score[1], -1. / 6, 1e-14);
    assert_close(gray.statistic, 0.050874403815580317, 1e-12);
    rwe_arena_free(arena);
}

static void an_empty_group_is_not_counted(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = competing_random(arena, 100, 1, 1, 5);
    struct rwe_gray two, three;
    assert_int_equal(try_test(&cohort, 1, 0, arena, &two, NULL), RWE_OK);
    for (size_t i = 0; i < cohort.n; i++)
        cohort.group[i] *= 2;
    assert_int_equal(try_test(&cohort, 1, 0, arena, &three, NULL), RWE_OK);
    assert_int_equal(three.n_groups, 3);
    assert_close(three.df, 1, 0);
    assert_close(three.statistic, two.statistic, 1e-13);
    assert_close(three.score[2], two.score[1], 1e-13);
    rwe_arena_free(arena);
}

static void each_error_is_told(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_gray result;
    struct rwe_error error;
    struct cohort cohort = cohort_of(arena, 4, (double[]){1, 2, 3, 4}, (uint8_t[]){1, 1, 0, 1},
                                     (uint32_t[]){0, 1, 0, 1});
    assert_int_equal(try_test(&cohort, 1, 0, arena, &result, NULL), RWE_OK);
    assert_int_equal(try_test(&cohort, 2, 0, arena, &result, &error), RWE_NOT_ESTIMABLE);
    assert_string_equal(error.message, "there is no event of the cause");
    assert_int_equal(try_test(&cohort, 3, 0, arena, &result, NULL), RWE_BAD_INPUT);
    assert_int_equal(try_test(&cohort, 0, 0, arena, &result, NULL), RWE_BAD_INPUT);
    assert_int_equal(try_test(&cohort, 1, NAN, arena, &result, NULL), RWE_BAD_INPUT);
    cohort.group = NULL;
    assert_int_equal(try_test(&cohort, 1, 0, arena, &result, NULL), RWE_NOT_ESTIMABLE);
    struct cohort apart = cohort_of(arena, 4, (double[]){1, 2, 3, 4}, (uint8_t[]){0, 0, 1, 1},
                                    (uint32_t[]){0, 0, 1, 1});
    assert_int_equal(try_test(&apart, 1, 0, arena, &result, &error), RWE_NOT_ESTIMABLE);
    rwe_arena_free(arena);
}

static void late_entry_is_refused(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = competing_random(arena, 60, 1, 1, 6);
    struct rwe_survival_data data = competing_sort(&cohort, arena);
    struct rwe_event_table table;
    struct rwe_gray result;
    struct rwe_error error;
    double *entry = RWE_NEW(arena, double, data.n);
    data.entry = entry; /* nobody late: allowed */
    assert_int_equal(rwe_event_table_build(&data, arena, &table, NULL), RWE_OK);
    assert_int_equal(rwe_gray_test(&table, 1, 0, arena, &result, NULL), RWE_OK);
    entry[data.n - 1] = data.time[data.n - 1] - 1;
    assert_int_equal(rwe_event_table_build(&data, arena, &table, NULL), RWE_OK);
    assert_int_equal(rwe_gray_test(&table, 1, 0, arena, &result, &error), RWE_BAD_INPUT);
    assert_string_equal(error.message, "Gray's test does not exist for data with late entry");
    rwe_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rotterdam_matches_cuminc_also_stratified),
        cmocka_unit_test(mgus2_matches_cuminc_with_two_and_four_groups),
        cmocka_unit_test(pbc_matches_cuminc_with_two_and_four_groups),
        cmocka_unit_test(four_subjects_by_hand),
        cmocka_unit_test(an_empty_group_is_not_counted),
        cmocka_unit_test(each_error_is_told),
        cmocka_unit_test(late_entry_is_refused),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
