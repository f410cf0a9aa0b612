/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "cohort.h"
#include "cox_oracle.h"
#include "rwe/stats/concordance.h"

#include <math.h>
#include <string.h>

static struct rwe_concordance find(struct cohort *cohort, struct rwe_arena *arena)
{
    struct rwe_survival_data data = cohort_sort(cohort, arena);
    struct rwe_concordance result;
    assert_int_equal(rwe_concordance(&data, cohort->x, arena, &result, NULL), RWE_OK);
    return result;
}

static void five_subjects_by_hand(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    /* Events at 1 (score 5), 3 (score 2) and 3 (score 4); censored at 3 (score 2) and 4 (score 3).
     * At 1: beats 2, 4, 2, 3. At 3: the two deaths are not compared; 2 against 2 is tied, against 3
     * discordant; 4 beats both. 6 concordant, 1 discordant, 1 tied. */
    struct cohort cohort =
        cohort_of(arena, 5, (double[]){1, 3, 3, 3, 4}, (uint8_t[]){1, 1, 1, 0, 0}, NULL);
    cohort.p = 1;
    cohort.x = (double[]){5, 2, 4, 2, 3};
    struct rwe_concordance result = find(&cohort, arena);
    assert_close(result.concordant, 6, 0);
    assert_close(result.discordant, 1, 0);
    assert_close(result.tied, 1, 0);
    assert_close(result.index, 6.5 / 8, 1e-15);
    rwe_arena_free(arena);
}

/* The definition, pair by pair. */
static struct rwe_concordance brute_force(const struct cohort *cohort)
{
    struct rwe_concordance sum = {0};
    for (size_t i = 0; i < cohort->n; i++)
        for (size_t k = 0; k < cohort->n; k++) {
            bool outlives = cohort->time[k] > cohort->time[i] ||
                            (cohort->time[k] == cohort->time[i] && !cohort->event[k]);
            if (!cohort->event[i] || !outlives || cohort->stratum[i] != cohort->stratum[k])
                continue;
            double weight = cohort->weight[i] * cohort->weight[k];
            if (cohort->x[i] > cohort->x[k])
                sum.concordant += weight;
            else if (cohort->x[i] < cohort->x[k])
                sum.discordant += weight;
            else
                sum.tied += weight;
        }
    return sum;
}

static void it_equals_the_count_of_all_pairs_with_weights_and_strata(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    for (uint64_t seed = 1; seed <= 5; seed++) {
        struct cohort cohort = cohort_random(arena, 300, 2, 2, seed);
        cohort.stratum = RWE_NEW(arena, uint32_t, 300);
        cohort.weight = RWE_NEW(arena, double, 300);
        for (size_t i = 0; i < 300; i++) {
            cohort.stratum[i] = (uint32_t)(i % seed);
            cohort.weight[i] = 0.5 + (double)(i % 4);
            cohort.x[i] = round(4 * cohort.x[300 + i]) / 4; /* with ties */
        }
        cohort.p = 1;
        struct rwe_concordance result = find(&cohort, arena);
        struct rwe_concordance expected = brute_force(&cohort);
        assert_close(result.concordant, expected.concordant, 1e-13);
        assert_close(result.discordant, expected.discordant, 1e-12);
        assert_close(result.tied, expected.tied, 1e-13);
    }
    rwe_arena_free(arena);
}

static void the_score_turned_round_gives_the_complement(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = cohort_random(arena, 200, 1, 1, 8);
    struct rwe_concordance forth = find(&cohort, arena);
    for (size_t i = 0; i < 200; i++)
        cohort.x[i] = 3 - 2 * cohort.x[i];
    struct rwe_concordance back = find(&cohort, arena);
    assert_close(forth.index + back.index, 1, 1e-15);
    assert_true(fabs(forth.index - 0.5) > 0.01);
    rwe_arena_free(arena);
}

static void without_comparable_pairs_it_is_nan(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = cohort_of(arena, 2, (double[]){1, 2}, (uint8_t[]){0, 1}, NULL);
    cohort.p = 1;
    cohort.x = (double[]){1, 2};
    assert_nan(find(&cohort, arena).index);
    rwe_arena_free(arena);
}

static void a_score_that_is_not_finite_and_bad_data_are_refused(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = cohort_random(arena, 10, 1, 1, 8);
    struct rwe_survival_data data = cohort_sort(&cohort, arena);
    struct rwe_concordance result;
    struct rwe_error error = {0};
    cohort.x[7] = NAN;
    assert_int_equal(rwe_concordance(&data, cohort.x, arena, &result, &error), RWE_NOT_FINITE);
    assert_int_equal(error.index, 7);
    cohort.time[0] = -1;
    assert_int_equal(rwe_concordance(&data, cohort.x, arena, &result, &error), RWE_BAD_INPUT);
    rwe_arena_free(arena);
}

/* ---- Uno's ---- */

static const char *const ORACLE = "tests/oracle/cox_kernel.csv";

static double uno(struct cohort *cohort, double tau, struct rwe_arena *arena)
{
    struct rwe_survival_data data = cohort_sort(cohort, arena);
    struct rwe_concordance result;
    assert_int_equal(rwe_uno_concordance(&data, cohort->x, tau, arena, &result, NULL), RWE_OK);
    return result.index;
}

static void public_cohorts_match_concordance_n_g2(void **state)
{
    (void)state;
    struct oracle *oracle = oracle_read(ORACLE);
    struct csv_table *table = csv_table_read("tests/oracle/data/lung.csv");
    const char *const of_lung[] = {"age", "sex"};
    struct cohort cohort = cohort_load(table, "time", "status", 2, of_lung, 2);
    for (size_t i = 0; i < cohort.n; i++)
        cohort.x[i] += 10 * (cohort.x[cohort.n + i] == 1);
    assert_close(uno(&cohort, 500, table->arena), oracle_number(oracle, "uno.lung"), 1e-12);
    assert_close(uno(&cohort, INFINITY, table->arena), oracle_number(oracle, "uno.lung.all"),
                 1e-12);
    csv_table_free(table);

    table = csv_table_read("tests/oracle/data/veteran.csv");
    const char *const of_veteran[] = {"karno"};
    cohort = cohort_load(table, "time", "status", 1, of_veteran, 1);
    for (size_t i = 0; i < cohort.n; i++)
        cohort.x[i] *= -1;
    assert_close(uno(&cohort, 200, table->arena), oracle_number(oracle, "uno.veteran"), 1e-12);
    assert_close(uno(&cohort, INFINITY, table->arena), oracle_number(oracle, "uno.veteran.all"),
                 1e-12);
    csv_table_free(table);

    table = csv_table_read("tests/oracle/data/rotterdam.csv");
    const char *const of_rotterdam[] = {"nodes", "age"};
    cohort = cohort_load(table, "dtime", "death", 1, of_rotterdam, 2);
    for (size_t i = 0; i < cohort.n; i++)
        cohort.x[i] += cohort.x[cohort.n + i] / 50;
    assert_close(uno(&cohort, 3000, table->arena), oracle_number(oracle, "uno.rotterdam"), 1e-12);
    assert_close(uno(&cohort, INFINITY, table->arena), oracle_number(oracle, "uno.rotterdam.all"),
                 1e-12);
    csv_table_free(table);
    oracle_free(oracle);
}

static void uno_by_hand(void **state)
{
    (void)state;
    /* Event, censoring, event, event; G(t−) is 1 at 1 and 2/3 from 2 on. Pairs of 1: scores 5 against
     * 1, 9 and 2: two concordant, one discordant, each 1. Pair of 3: 9 against 2: concordant, 9/4. */
    struct rwe_arena *arena = rwe_arena_new();
    const double time[] = {1, 2, 3, 4};
    const uint8_t event[] = {1, 0, 1, 1};
    double score[] = {5, 1, 9, 2};
    struct cohort cohort = cohort_of(arena, 4, time, event, NULL);
    cohort.p = 1;
    cohort.x = score;
    assert_close(uno(&cohort, INFINITY, arena), (2 + 9. / 4) / (3 + 9. / 4), 1e-14);
    assert_close(uno(&cohort, 3, arena), (2 + 9. / 4) / (3 + 9. / 4), 1e-14);
    assert_close(uno(&cohort, 2.9, arena), 2. / 3, 1e-14);
    rwe_arena_free(arena);
}

static void without_censoring_it_is_harrells(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = cohort_random(arena, 300, 2, 0.5, 5);
    for (size_t i = 0; i < 300; i++)
        cohort.event[i] = 1;
    cohort.stratum = RWE_NEW(arena, uint32_t, 300);
    for (size_t i = 0; i < 300; i++)
        cohort.stratum[i] = (uint32_t)(i % 3);
    struct rwe_survival_data data = cohort_sort(&cohort, arena);
    struct rwe_concordance harrell, result;
    const double *score = cohort.x + 300;
    assert_int_equal(rwe_concordance(&data, score, arena, &harrell, NULL), RWE_OK);
    assert_int_equal(rwe_uno_concordance(&data, score, INFINITY, arena, &result, NULL), RWE_OK);
    assert_close(result.index, harrell.index, 1e-14);
    assert_close(result.concordant, harrell.concordant, 1e-14);
    rwe_arena_free(arena);
}

static void integer_weights_are_replication(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = cohort_random(arena, 200, 1, 0.5, 5);
    cohort.weight = RWE_NEW(arena, double, 200);
    for (size_t i = 0; i < 200; i++) {
        cohort.weight[i] = (double)(1 + i % 3);
        cohort.x[i] = (double)(i * 37 % 101);
    }
    struct cohort copies = cohort_replicate(&cohort, arena);
    assert_close(uno(&cohort, 20, arena), uno(&copies, 20, arena), 1e-13);
    rwe_arena_free(arena);
}

static void no_tau_and_late_entry_are_refused(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = cohort_random(arena, 20, 1, 0.5, 5);
    struct rwe_survival_data data = cohort_sort(&cohort, arena);
    struct rwe_concordance result;
    assert_int_equal(rwe_uno_concordance(&data, cohort.x, 0, arena, &result, NULL), RWE_BAD_INPUT);
    assert_int_equal(rwe_uno_concordance(&data, cohort.x, NAN, arena, &result, NULL),
                     RWE_BAD_INPUT);
    const double entry[20] = {0};
    data.entry = entry;
    assert_int_equal(rwe_uno_concordance(&data, cohort.x, 1, arena, &result, NULL), RWE_BAD_INPUT);
    rwe_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(five_subjects_by_hand),
        cmocka_unit_test(it_equals_the_count_of_all_pairs_with_weights_and_strata),
        cmocka_unit_test(the_score_turned_round_gives_the_complement),
        cmocka_unit_test(without_comparable_pairs_it_is_nan),
        cmocka_unit_test(a_score_that_is_not_finite_and_bad_data_are_refused),
        cmocka_unit_test(public_cohorts_match_concordance_n_g2),
        cmocka_unit_test(uno_by_hand),
        cmocka_unit_test(without_censoring_it_is_harrells),
        cmocka_unit_test(integer_weights_are_replication),
        cmocka_unit_test(no_tau_and_late_entry_are_refused),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
