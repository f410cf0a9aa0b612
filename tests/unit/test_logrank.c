/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "cohort.h"
#include "freireich.h"
#include "rwe/stats/logrank.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static enum rwe_status try_test(struct cohort *cohort, struct rwe_arena *arena,
                                struct rwe_logrank *result, struct rwe_error *error)
{
    struct rwe_survival_data data = cohort_sort(cohort, arena);
    struct rwe_event_table table;
    assert_int_equal(rwe_event_table_build(&data, arena, &table, NULL), RWE_OK);
    return rwe_logrank_test(&table, arena, result, error);
}

static struct rwe_logrank test(struct cohort *cohort, struct rwe_arena *arena)
{
    struct rwe_logrank result;
    assert_int_equal(try_test(cohort, arena, &result, NULL), RWE_OK);
    return result;
}

static void leukaemia_has_the_published_statistic(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort =
        cohort_of(arena, FREIREICH_N, freireich_weeks, freireich_relapse, freireich_arm);
    struct rwe_logrank result = test(&cohort, arena);
    /* Kleinbaum & Klein (2012), section 2.4: log-rank 16.793; expected 19.26 and 10.74, of which
     * the second decimal comes from summing rounded terms (R: 19.2505, 10.7495) */
    assert_close(result.observed[0], 9, 0);
    assert_close(result.observed[1], 21, 0);
    assert_close(result.expected[0], 19.26, 1e-2 / 19.26);
    assert_close(result.expected[1], 10.74, 1e-2 / 10.74);
    assert_close(result.statistic, 16.793, 5e-4 / 16.793);
    assert_close(result.df, 1, 0);
    rwe_arena_free(arena);
}

static void three_subjects_by_hand(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort =
        cohort_of(arena, 3, (double[]){1, 2, 3}, (uint8_t[]){1, 1, 1}, (uint32_t[]){0, 1, 0});
    struct rwe_logrank result = test(&cohort, arena);
    /* E_1 = 1/3 + 1/2, V = 2/9 + 1/4; the last death, alone at risk, adds nothing. */
    assert_close(result.expected[1], 5. / 6, 1e-15);
    assert_close(result.expected[0], 13. / 6, 1e-15);
    assert_close(result.statistic, 1. / 36 / (17. / 36), 1e-14);
    rwe_arena_free(arena);
}

/* The oracle's record of `name` against a test of `cohort`. */
static void compare(const struct oracle *oracle, const char *name, struct cohort *cohort,
                    struct rwe_arena *arena)
{
    char key[128];
    size_t n;
    struct rwe_logrank result = test(cohort, arena);
    snprintf(key, sizeof key, "logrank.%s.observed", name);
    const double *observed = oracle_vector(oracle, key, &n);
    snprintf(key, sizeof key, "logrank.%s.expected", name);
    const double *expected = oracle_vector(oracle, key, &n);
    assert_int_equal(result.n_groups, n);
    for (size_t g = 0; g < n; g++) {
        assert_close(result.observed[g], observed[g], 1e-10);
        assert_close(result.expected[g], expected[g], 1e-10);
    }
    snprintf(key, sizeof key, "logrank.%s.statistic", name);
    assert_close(result.statistic, oracle_number(oracle, key), 1e-10);
    snprintf(key, sizeof key, "logrank.%s.df", name);
    assert_close(result.df, oracle_number(oracle, key), 0);
    snprintf(key, sizeof key, "logrank.%s.p", name);
    assert_close(result.p_value, oracle_number(oracle, key), 1e-8);
}

static struct cohort load(const struct csv_table *table, const char *time, const char *event,
                          double code, const char *group)
{
    struct cohort cohort = cohort_new(table->arena, table->n_rows, 0);
    const double *status = csv_table_numbers(table, event);
    cohort.time = csv_table_numbers(table, time);
    cohort.group = csv_table_codes(table, group, NULL);
    for (size_t i = 0; i < cohort.n; i++)
        cohort.event[i] = status[i] == code;
    return cohort;
}

/* The rows in which `column` is not missing (the empty field sorts first: code 0). */
static struct cohort drop_missing(const struct cohort *cohort, const struct csv_table *table,
                                  const char *column)
{
    const double *value = csv_table_numbers(table, column);
    uint8_t *keep = RWE_NEW(table->arena, uint8_t, cohort->n);
    for (size_t i = 0; i < cohort->n; i++)
        if (!isnan(value[i]))
            keep[i] = 1;
    return cohort_subset(cohort, keep, table->arena);
}

static void lung_matches_survdiff(void **state)
{
    (void)state;
    struct oracle *oracle = oracle_read("tests/oracle/survival_kernels.csv");
    struct csv_table *table = csv_table_read("tests/oracle/data/lung.csv");
    struct cohort cohort = load(table, "time", "status", 2, "sex");
    compare(oracle, "lung.sex", &cohort, table->arena);
    cohort = load(table, "time", "status", 2, "ph.ecog");
    cohort = drop_missing(&cohort, table, "ph.ecog");
    for (size_t i = 0; i < cohort.n; i++)
        cohort.group[i]--; /* the level that was missing */
    compare(oracle, "lung.ecog", &cohort, table->arena);
    cohort = load(table, "time", "status", 2, "sex");
    cohort.stratum = csv_table_codes(table, "inst", NULL);
    cohort = drop_missing(&cohort, table, "inst");
    compare(oracle, "lung.sex.inst", &cohort, table->arena);
    csv_table_free(table);
    oracle_free(oracle);
}

static void veteran_matches_survdiff(void **state)
{
    (void)state;
    struct oracle *oracle = oracle_read("tests/oracle/survival_kernels.csv");
    struct csv_table *table = csv_table_read("tests/oracle/data/veteran.csv");
    struct cohort cohort = load(table, "time", "status", 1, "celltype");
    compare(oracle, "veteran.celltype", &cohort, table->arena);
    cohort = load(table, "time", "status", 1, "trt");
    cohort.stratum = csv_table_codes(table, "celltype", NULL);
    compare(oracle, "veteran.trt.celltype", &cohort, table->arena);
    csv_table_free(table);
    oracle_free(oracle);
}

static void rotterdam_matches_survdiff_also_with_a_stratum_a_pair(void **state)
{
    (void)state;
    struct oracle *oracle = oracle_read("tests/oracle/survival_kernels.csv");
    struct csv_table *table = csv_table_read("tests/oracle/data/rotterdam.csv");
    struct cohort cohort = load(table, "dtime", "death", 1, "hormon");
    compare(oracle, "rotterdam.hormon", &cohort, table->arena);
    cohort = load(table, "dtime", "death", 1, "size");
    compare(oracle, "rotterdam.size", &cohort, table->arena);
    cohort = load(table, "dtime", "death", 1, "size");
    cohort.stratum = csv_table_codes(table, "meno", NULL);
    compare(oracle, "rotterdam.size.meno", &cohort, table->arena);
    cohort = load(table, "dtime", "death", 1, "hormon");
    cohort.stratum = RWE_NEW(table->arena, uint32_t, cohort.n);
    for (size_t i = 0; i < cohort.n; i++)
        cohort.stratum[i] = (uint32_t)(i / 2);
    compare(oracle, "rotterdam.hormon.pair", &cohort, table->arena);
    csv_table_free(table);
    oracle_free(oracle);
}

static void p_values_hold_far_out_in_the_tail(void **state)
{
    (void)state;
    /* The library's upper tail is what the kernel reports; R's pchisq says what it should be. */
    struct oracle *oracle = oracle_read("tests/oracle/survival_kernels.csv");
    size_t n;
    const double *x = oracle_vector(oracle, "chisq.x", &n);
    const double *df = oracle_vector(oracle, "chisq.df", &n);
    const double *p = oracle_vector(oracle, "chisq.p", &n);
    for (size_t i = 0; i < n; i++)
        assert_close(gsl_cdf_chisq_Q(x[i], df[i]), p[i], 1e-9);
    oracle_free(oracle);
    /* 400 of one arm all fail before any of 400 of the other. */
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = cohort_new(arena, 800, 0);
    cohort.group = RWE_NEW(arena, uint32_t, 800);
    for (size_t i = 0; i < 800; i++) {
        cohort.time[i] = (double)i;
        cohort.event[i] = 1;
        cohort.group[i] = i >= 400;
    }
    struct rwe_logrank result = test(&cohort, arena);
    assert_true(result.p_value > 0 && result.p_value < 1e-100);
    assert_close(result.p_value, erfc(sqrt(result.statistic / 2)), 1e-9);
    rwe_arena_free(arena);
}

static void pairs_without_ties_give_the_sign_test(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = cohort_random(arena, 400, 1, 0, 17);
    cohort.stratum = RWE_NEW(arena, uint32_t, 400);
    double first_fails[2] = {0, 0};
    for (size_t pair = 0; pair < 200; pair++) {
        size_t i = 2 * pair, k = i + 1;
        cohort.stratum[i] = cohort.stratum[k] = (uint32_t)pair;
        cohort.group[i] = pair % 2;
        cohort.group[k] = 1 - pair % 2;
        size_t earlier = cohort.time[i] < cohort.time[k] ? i : k;
        if (cohort.event[earlier])
            first_fails[cohort.group[earlier]]++;
    }
    struct rwe_logrank result = test(&cohort, arena);
    double b = first_fails[0], c = first_fails[1];
    assert_true(b > 20 && c > 20);
    assert_close(result.statistic, (b - c) * (b - c) / (b + c), 1e-12);
    rwe_arena_free(arena);
}

static void a_group_never_at_risk_costs_no_degree_of_freedom(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = cohort_random(arena, 100, 1, 1, 4);
    struct rwe_logrank two = test(&cohort, arena);
    /* Group 0 leaves before the first event, group 1 has no member at all. */
    for (size_t i = 0; i < 100; i++)
        cohort.group[i] += 2;
    struct cohort more = cohort_new(arena, 105, 0);
    memcpy(more.time, cohort.time, 100 * sizeof(double));
    memcpy(more.event, cohort.event, 100);
    more.group = RWE_NEW(arena, uint32_t, 105);
    memcpy(more.group, cohort.group, 100 * sizeof(uint32_t));
    for (size_t i = 100; i < 105; i++)
        more.time[i] = 0.5;
    struct rwe_logrank four = test(&more, arena);
    assert_int_equal(four.n_groups, 4);
    assert_close(four.expected[0], 0, 0);
    assert_close(four.df, 1, 0);
    assert_close(four.statistic, two.statistic, 1e-12);
    rwe_arena_free(arena);
}

static void groups_that_meet_in_no_stratum_are_not_compared(void **state)
{
    (void)state;
    /* Groups 0 and 3 meet in stratum 0 only, 1 and 2 in stratum 1 only: two separate tests, whose
     * statistics add up with a degree of freedom each. */
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = cohort_random(arena, 200, 1, 1, 21);
    double sum = 0;
    cohort.stratum = RWE_NEW(arena, uint32_t, 200);
    for (size_t i = 0; i < 200; i++)
        cohort.stratum[i] = i % 2;
    for (size_t s = 0; s < 2; s++) {
        uint8_t *keep = RWE_NEW(arena, uint8_t, 200);
        for (size_t i = 0; i < 200; i++)
            keep[i] = cohort.stratum[i] == s;
        struct cohort one = cohort_subset(&cohort, keep, arena);
        one.stratum = NULL;
        sum += test(&one, arena).statistic;
    }
    for (size_t i = 0; i < 200; i++)
        cohort.group[i] = cohort.stratum[i] == 0 ? 3 * cohort.group[i] : 1 + cohort.group[i];
    struct rwe_logrank result = test(&cohort, arena);
    assert_close(result.df, 2, 0);
    assert_close(result.statistic, sum, 1e-12);
    rwe_arena_free(arena);
}

static void what_cannot_be_compared_is_refused(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_logrank result;
    struct rwe_error error = {0};
    struct cohort none =
        cohort_of(arena, 3, (double[]){1, 2, 3}, (uint8_t[]){0, 0, 0}, (uint32_t[]){0, 1, 0});
    assert_int_equal(try_test(&none, arena, &result, &error), RWE_NOT_ESTIMABLE);
    struct cohort alone =
        cohort_of(arena, 3, (double[]){1, 2, 3}, (uint8_t[]){1, 1, 1}, (uint32_t[]){0, 0, 0});
    assert_int_equal(try_test(&alone, arena, &result, &error), RWE_NOT_ESTIMABLE);
    /* Both are at risk, but everyone fails at once: nothing varies. */
    struct cohort at_once =
        cohort_of(arena, 3, (double[]){1, 1, 1}, (uint8_t[]){1, 1, 1}, (uint32_t[]){0, 1, 0});
    assert_int_equal(try_test(&at_once, arena, &result, &error), RWE_NOT_ESTIMABLE);
    assert_true(error.message[0] != '\0');
    struct cohort apart = cohort_of(arena, 4, (double[]){1, 2, 3, 4}, (uint8_t[]){0, 0, 1, 1},
                                    (uint32_t[]){0, 0, 1, 1});
    assert_int_equal(try_test(&apart, arena, &result, &error), RWE_NOT_ESTIMABLE);
    struct cohort empty = cohort_new(arena, 0, 0);
    assert_int_equal(try_test(&empty, arena, &result, &error), RWE_NOT_ESTIMABLE);
    rwe_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leukaemia_has_the_published_statistic),
        cmocka_unit_test(three_subjects_by_hand),
        cmocka_unit_test(lung_matches_survdiff),
        cmocka_unit_test(veteran_matches_survdiff),
        cmocka_unit_test(rotterdam_matches_survdiff_also_with_a_stratum_a_pair),
        cmocka_unit_test(p_values_hold_far_out_in_the_tail),
        cmocka_unit_test(pairs_without_ties_give_the_sign_test),
        cmocka_unit_test(a_group_never_at_risk_costs_no_degree_of_freedom),
        cmocka_unit_test(groups_that_meet_in_no_stratum_are_not_compared),
        cmocka_unit_test(what_cannot_be_compared_is_refused),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
