/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Gray's test with the robust variance: against derivatives by difference, replication, the log-rank
 * test without competitors, and the level that it keeps. */
#include "check.h"
#include "competing.h"
#include "rwe/stats/gray.h"
#include "rwe/stats/logrank.h"

#include <math.h>

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

static void each_error_is_told(void **state)
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
        cmocka_unit_test(variance_is_that_of_derivatives_taken_by_difference),
        cmocka_unit_test(without_competitors_it_is_the_robust_logrank_test),
        cmocka_unit_test(scale_of_weights_changes_nothing),
        cmocka_unit_test(whole_weights_are_replicates_in_one_cluster),
        cmocka_unit_test(three_groups_have_two_degrees_whichever_comes_first),
        cmocka_unit_test(level_is_kept_with_and_without_clusters),
        cmocka_unit_test(in_many_subjects_it_nears_the_classic_test),
        cmocka_unit_test(each_error_is_told),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
