/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "data_set.h"
#include "rwe/stats/logrank.h"
#include "rwe/stats/permutation.h"

#include <math.h>
#include <string.h>

static struct rwe_permutation permute(const struct rwe_permutation_data *data, size_t n_replicates,
                                      unsigned threads, struct rwe_arena *arena)
{
    struct rwe_permutation result;
    struct rwe_permutation_options options = {
        .n_replicates = n_replicates, .seed = 42, .threads = threads};
    assert_int_equal(rwe_permutation_test(data, &options, arena, &result, NULL), RWE_OK);
    return result;
}

/* Log-rank scores of a cohort, whose strata become the blocks. */
static struct rwe_permutation_data
scores_of(struct cohort *cohort, struct rwe_logrank_weight weight, struct rwe_arena *arena)
{
    struct rwe_survival_data data = cohort_sort(cohort, arena);
    struct rwe_event_table table;
    double *score = RWE_NEW(arena, double, data.n);
    assert_int_equal(rwe_event_table_build(&data, arena, &table, NULL), RWE_OK);
    assert_int_equal(rwe_logrank_scores(&data, &table, weight, arena, score, NULL), RWE_OK);
    return (struct rwe_permutation_data){data.n,        score,        data.group,
                                         data.n_groups, data.stratum, data.n_strata};
}

/* How many standard errors an estimated share of B draws may be off. */
static void assert_share(double actual, double expected, size_t B)
{
    assert_true(fabs(actual - expected) <
                4 * sqrt(expected * (1 - expected) / (double)B) + 1. / (double)B);
}

static void six_subjects_by_full_enumeration(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    /* Scores 1 … 6, three in each group: sums over the 20 triples run from 6 to 15; 7 and 14 and
     * beyond are {123, 124, 356, 456}: p = 4/20. */
    const double score[] = {1, 2, 3, 4, 5, 6};
    const uint32_t group[] = {0, 0, 1, 0, 1, 1};
    const struct rwe_permutation_data data = {6, score, group, 2, NULL, 0};
    struct rwe_permutation result = permute(&data, 40000, 1, arena);
    /* U = 14 − 10.5, Var = 17.5 / 5 × (3 − 9/6) */
    assert_close(result.statistic, 3.5 * 3.5 / 5.25, 1e-12);
    assert_close(result.df, 1, 0);
    assert_share(result.p_value, 0.2, 40000);
    assert_close(result.p_value, ((double)result.n_extreme + 1) / 40001, 0);
    rwe_arena_free(arena);
}

static void pairs_are_flipped(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    /* Four pairs with differences 1, 2, 3, 4, all of one sign: 2 of 16 flips are as extreme. */
    const double score[] = {0, 1, 0, 2, 5, 8, 0, 4};
    const uint32_t group[] = {0, 1, 0, 1, 0, 1, 0, 1}, pair[] = {0, 0, 1, 1, 2, 2, 3, 3};
    const struct rwe_permutation_data data = {8, score, group, 2, pair, 4};
    struct rwe_permutation result = permute(&data, 40000, 2, arena);
    assert_close(result.statistic, 25. / (0.25 + 1 + 2.25 + 4), 1e-12); /* (10/2)² / Σ (d/2)² */
    assert_share(result.p_value, 2. / 16, 40000);
    rwe_arena_free(arena);
}

static void small_trial_matches_coins_exact_distribution(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct oracle *oracle = oracle_read("tests/oracle/logrank_family.csv");
    const struct data_set veteran = {"veteran", "time", "status", 1, "trt", NULL};
    struct cohort all = data_set_read(&veteran, arena);
    uint8_t *keep = RWE_NEW(arena, uint8_t, all.n);
    for (size_t i = 0; i < all.n; i++)
        keep[i] = i < 9 || (i >= 69 && i < 77);
    struct cohort cohort = cohort_subset(&all, keep, arena);
    struct rwe_permutation_data data = scores_of(&cohort, (struct rwe_logrank_weight){0}, arena);
    struct rwe_permutation result = permute(&data, 40000, 1, arena);
    assert_close(result.statistic, oracle_number(oracle, "permutation.small.statistic"), 1e-10);
    assert_share(result.p_value, oracle_number(oracle, "permutation.small.p"), 40000);
    oracle_free(oracle);
    rwe_arena_free(arena);
}

static void statistics_match_coin_also_with_four_groups_and_with_blocks(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct oracle *oracle = oracle_read("tests/oracle/logrank_family.csv");
    const struct data_set veteran = {"veteran", "time", "status", 1, "celltype", NULL};
    struct cohort cohort = data_set_read(&veteran, arena);
    struct rwe_permutation_data data = scores_of(&cohort, (struct rwe_logrank_weight){0}, arena);
    struct rwe_permutation result = permute(&data, 1, 1, arena);
    assert_close(result.statistic, oracle_number(oracle, "permutation.veteran.logrank"), 1e-10);
    assert_close(result.df, 3, 0);
    data = scores_of(&cohort, (struct rwe_logrank_weight){.family = RWE_LOGRANK_GEHAN}, arena);
    result = permute(&data, 1, 1, arena);
    assert_close(result.statistic, oracle_number(oracle, "permutation.veteran.Gehan-Breslow"),
                 1e-10);
    /* coin ranks all at once and permutes within blocks: scores of the whole, blocks by centre */
    const struct data_set lung = {"lung", "time", "status", 2, "sex", "inst"};
    cohort = data_set_read(&lung, arena);
    cohort_sort(&cohort, arena);
    uint32_t *centre = cohort.stratum;
    cohort.stratum = NULL;
    data = scores_of(&cohort, (struct rwe_logrank_weight){0}, arena);
    data.block = centre;
    for (size_t i = 0; i < cohort.n; i++)
        data.n_blocks = centre[i] >= data.n_blocks ? centre[i] + (size_t)1 : data.n_blocks;
    result = permute(&data, 1, 1, arena);
    assert_close(result.statistic, oracle_number(oracle, "permutation.lung.inst"), 1e-10);
    oracle_free(oracle);
    rwe_arena_free(arena);
}

static void threads_change_nothing(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = cohort_random(arena, 200, 1, 0, 3);
    struct rwe_permutation_data data = scores_of(&cohort, (struct rwe_logrank_weight){0}, arena);
    struct rwe_permutation one = permute(&data, 501, 1, arena);
    for (unsigned threads = 2; threads < 9; threads += 3)
        assert_int_equal(permute(&data, 501, threads, arena).n_extreme, one.n_extreme);
    assert_int_equal(permute(&data, 1, 8, arena).n_replicates, 1);
    rwe_arena_free(arena);
}

static void what_cannot_be_permuted_is_refused(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_permutation result;
    struct rwe_error error = {0};
    double score[] = {1, 2, 3};
    uint32_t group[] = {0, 1, 1}, block[] = {0, 1, 1};
    struct rwe_permutation_data data = {3, score, group, 2, block, 2};
    struct rwe_permutation_options options = {.n_replicates = 10, .seed = 1, .threads = 1};
    /* each block is of one group */
    assert_int_equal(rwe_permutation_test(&data, &options, arena, &result, &error),
                     RWE_NOT_ESTIMABLE);
    options.n_replicates = 0;
    assert_int_equal(rwe_permutation_test(&data, &options, arena, &result, &error), RWE_BAD_INPUT);
    options.n_replicates = 10;
    score[1] = NAN;
    assert_int_equal(rwe_permutation_test(&data, &options, arena, &result, &error), RWE_NOT_FINITE);
    assert_int_equal(error.index, 1);
    score[1] = 2;
    block[2] = 2;
    assert_int_equal(rwe_permutation_test(&data, &options, arena, &result, &error), RWE_BAD_INPUT);
    block[2] = 1;
    group[0] = 2;
    assert_int_equal(rwe_permutation_test(&data, &options, arena, &result, &error), RWE_BAD_INPUT);
    data.n = 0;
    assert_int_equal(rwe_permutation_test(&data, &options, arena, &result, &error),
                     RWE_NOT_ESTIMABLE);
    rwe_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(six_subjects_by_full_enumeration),
        cmocka_unit_test(pairs_are_flipped),
        cmocka_unit_test(small_trial_matches_coins_exact_distribution),
        cmocka_unit_test(statistics_match_coin_also_with_four_groups_and_with_blocks),
        cmocka_unit_test(threads_change_nothing),
        cmocka_unit_test(what_cannot_be_permuted_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
