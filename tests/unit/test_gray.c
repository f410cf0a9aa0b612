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

/* ---- the robust variance ---- */

/* Gray's test with the robust variance: against derivatives by difference, replication, the log-rank
 * test without competitors, and the level that it keeps. */

static struct rwe_event_table table_of(const struct rwe_survival_data *data,
                                       struct rwe_arena *arena)
{
    struct rwe_event_table table;
    assert_int_equal(rwe_event_table_build(data, arena, &table, NULL), RWE_OK);
    return table;
}

static struct rwe_gray robust(const struct rwe_survival_data *data, size_t cause, double rho,
                              struct rwe_arena *arena)
{
    struct rwe_gray result;
    struct rwe_event_table table = table_of(data, arena);
    assert_int_equal(rwe_gray_robust(data, &table, cause, rho, arena, &result, NULL), RWE_OK);
    return result;
}

static double score_of_last_group(const struct rwe_survival_data *data, struct rwe_arena *arena)
{
    struct rwe_gray result;
    struct rwe_event_table table = table_of(data, arena);
    assert_int_equal(rwe_gray_test(&table, 1, 0, arena, &result, NULL), RWE_OK);
    return result.score[data->n_groups - 1];
}

/* Ties, two strata, weights, clusters of three. */
static struct cohort everything(struct rwe_arena *arena, size_t n, uint64_t seed)
{
    struct cohort cohort = competing_random(arena, n, 1, 1, seed);
    cohort.stratum = RWE_NEW(arena, uint32_t, n);
    cohort.cluster = RWE_NEW(arena, uint32_t, n);
    cohort.weight = RWE_NEW(arena, double, n);
    for (size_t i = 0; i < n; i++) {
        cohort.stratum[i] = (uint32_t)(i / 4 % 2);
        cohort.cluster[i] = (uint32_t)(i / 3);
        cohort.weight[i] = 0.5 + (double)(i % 5) / 3;
    }
    return cohort;
}

static void variance_is_that_of_derivatives_taken_by_difference(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = everything(arena, 90, 3);
    struct rwe_survival_data data = competing_sort(&cohort, arena);
    double *by_cluster = RWE_NEW(arena, double, data.n_clusters);
    double variance = 0, step = 1e-6;
    for (size_t i = 0; i < data.n; i++) {
        double w = cohort.weight[i];
        cohort.weight[i] = w * (1 + step);
        double above = score_of_last_group(&data, arena);
        cohort.weight[i] = w * (1 - step);
        double below = score_of_last_group(&data, arena);
        cohort.weight[i] = w;
        by_cluster[data.cluster[i]] += (above - below) / (2 * step);
    }
    for (size_t c = 0; c < data.n_clusters; c++)
        variance += by_cluster[c] * by_cluster[c];
    double score = score_of_last_group(&data, arena);
    struct rwe_gray result = robust(&data, 1, 0, arena);
    assert_close(result.score[1], score, 1e-12);
    assert_close(result.statistic, score * score / variance, 1e-6);
    rwe_arena_free(arena);
}

static void without_competitors_it_is_the_robust_logrank_test(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = everything(arena, 120, 4);
    for (size_t i = 0; i < cohort.n; i++)
        cohort.event[i] = cohort.event[i] != 0;
    struct rwe_survival_data data = cohort_sort(&cohort, arena);
    struct rwe_event_table table = table_of(&data, arena);
    struct rwe_logrank logrank;
    struct rwe_logrank_weight plain = {0};
    assert_int_equal(rwe_logrank_robust(&data, &table, plain, arena, &logrank, NULL), RWE_OK);
    assert_close(robust(&data, 1, 0, arena).statistic, logrank.statistic, 1e-11);
    rwe_arena_free(arena);
}

static void scale_of_weights_changes_nothing(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = everything(arena, 90, 5);
    struct rwe_survival_data data = competing_sort(&cohort, arena);
    double before[2];
    for (size_t c = 0; c < 2; c++)
        before[c] = robust(&data, c + 1, 1, arena).statistic;
    for (size_t i = 0; i < cohort.n; i++)
        cohort.weight[i] *= 1000;
    for (size_t c = 0; c < 2; c++)
        assert_close(robust(&data, c + 1, 1, arena).statistic, before[c], 1e-11);
    rwe_arena_free(arena);
}

static void whole_weights_are_replicates_in_one_cluster(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = competing_random(arena, 80, 1, 1, 6);
    cohort.weight = RWE_NEW(arena, double, cohort.n);
    cohort.cluster = RWE_NEW(arena, uint32_t, cohort.n);
    for (size_t i = 0; i < cohort.n; i++) {
        cohort.weight[i] = 1 + (double)(i % 3);
        cohort.cluster[i] = (uint32_t)i;
    }
    struct cohort replicated = cohort_replicate(&cohort, arena);
    struct rwe_survival_data once = competing_sort(&cohort, arena);
    struct rwe_survival_data often = competing_sort(&replicated, arena);
    assert_true(often.n > once.n);
    assert_close(robust(&once, 2, 0, arena).statistic, robust(&often, 2, 0, arena).statistic,
                 1e-11);
    rwe_arena_free(arena);
}

static void three_groups_have_two_degrees_whichever_comes_first(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = everything(arena, 150, 7);
    for (size_t i = 0; i < cohort.n; i++)
        cohort.group[i] = (uint32_t)(i % 3);
    struct rwe_survival_data data = competing_sort(&cohort, arena);
    struct rwe_gray first = robust(&data, 1, 0, arena);
    for (size_t i = 0; i < cohort.n; i++)
        cohort.group[i] = (cohort.group[i] + 1) % 3;
    struct rwe_gray second = robust(&data, 1, 0, arena);
    assert_close(first.df, 2, 0);
    assert_close(second.statistic, first.statistic, 1e-10);
    assert_true(fabs(first.score[0] + first.score[1] + first.score[2]) < 1e-10);
    rwe_arena_free(arena);
}

/* At a true null: subjects alone, or twins alike in all, arm included, who would mislead a test that takes
 * rows as independent. */
static double share_rejected(bool twins, size_t n_samples, bool classic)
{
    size_t n_rejected = 0;
    for (size_t r = 0; r < n_samples; r++) {
        struct rwe_arena *arena = rwe_arena_new();
        struct cohort cohort = competing_random(arena, 800, 0, 0, 1000 + r);
        cohort.cluster = RWE_NEW(arena, uint32_t, cohort.n);
        for (size_t i = 0; i < cohort.n; i++) {
            size_t k = twins ? i - i % 2 : i;
            cohort.time[i] = cohort.time[k];
            cohort.event[i] = cohort.event[k];
            cohort.group[i] = cohort.group[k];
            cohort.cluster[i] = (uint32_t)k / (twins ? 2 : 1);
        }
        struct rwe_survival_data data = competing_sort(&cohort, arena);
        struct rwe_gray result = robust(&data, 1, 0, arena);
        struct rwe_event_table table = table_of(&data, arena);
        if (classic)
            assert_int_equal(rwe_gray_test(&table, 1, 0, arena, &result, NULL), RWE_OK);
        n_rejected += result.p_value < 0.05;
        rwe_arena_free(arena);
    }
    return (double)n_rejected / (double)n_samples;
}

static void level_is_kept_with_and_without_clusters(void **state)
{
    (void)state;
    /* 2,000 samples: standard error 0.5 %. With some 30 clusters that have an event of the cause, the
     * sandwich rejects 7 %, as sandwiches do. */
    double alone = share_rejected(false, 2000, false), pairs = share_rejected(true, 2000, false);
    assert_true(alone > 0.035 && alone < 0.065);
    assert_true(pairs > 0.035 && pairs < 0.065);
    assert_true(share_rejected(true, 500, true) > 0.1); /* pairs taken as independent */
}

static void in_many_subjects_it_nears_the_classic_test(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = competing_random(arena, 20000, 1, 0, 9);
    struct rwe_survival_data data = competing_sort(&cohort, arena);
    struct rwe_event_table table = table_of(&data, arena);
    struct rwe_gray classic;
    for (size_t cause = 1; cause <= 2; cause++) {
        assert_int_equal(rwe_gray_test(&table, cause, 0, arena, &classic, NULL), RWE_OK);
        assert_close(robust(&data, cause, 0, arena).statistic, classic.statistic, 0.03);
    }
    rwe_arena_free(arena);
}

static void each_error_of_the_robust_test_is_told(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = everything(arena, 30, 8);
    struct rwe_survival_data data = competing_sort(&cohort, arena);
    struct rwe_event_table table = table_of(&data, arena);
    struct rwe_gray result;
    assert_int_equal(rwe_gray_robust(&data, &table, 3, 0, arena, &result, NULL), RWE_BAD_INPUT);
    assert_int_equal(rwe_gray_robust(&data, &table, 1, NAN, arena, &result, NULL), RWE_BAD_INPUT);
    for (size_t i = 0; i < data.n; i++)
        cohort.event[i] = cohort.event[i] == 1 ? 0 : cohort.event[i];
    table = table_of(&data, arena);
    assert_int_equal(rwe_gray_robust(&data, &table, 1, 0, arena, &result, NULL), RWE_NOT_ESTIMABLE);
    cohort = everything(arena, 60, 8);
    for (size_t i = 0; i < cohort.n; i++) {
        cohort.group[i] = (uint32_t)(i % 4);
        cohort.cluster[i] = (uint32_t)(i % 2);
    }
    data = competing_sort(&cohort, arena);
    table = table_of(&data, arena);
    assert_int_equal(rwe_gray_robust(&data, &table, 1, 0, arena, &result, NULL), RWE_NOT_ESTIMABLE);
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
        cmocka_unit_test(variance_is_that_of_derivatives_taken_by_difference),
        cmocka_unit_test(without_competitors_it_is_the_robust_logrank_test),
        cmocka_unit_test(scale_of_weights_changes_nothing),
        cmocka_unit_test(whole_weights_are_replicates_in_one_cluster),
        cmocka_unit_test(three_groups_have_two_degrees_whichever_comes_first),
        cmocka_unit_test(level_is_kept_with_and_without_clusters),
        cmocka_unit_test(in_many_subjects_it_nears_the_classic_test),
        cmocka_unit_test(each_error_of_the_robust_test_is_told),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
