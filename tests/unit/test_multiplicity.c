/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "data_set.h"
#include "rwe/stats/logrank.h"
#include "rwe/stats/multiplicity.h"

#include <math.h>
#include <string.h>

static void four_p_values_by_hand(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    const double p[] = {0.04, 0.01, 0.03, 0.005};
    double holm[4], bh[4];
    assert_int_equal(rwe_p_adjust_holm(p, 4, arena, holm, NULL), RWE_OK);
    assert_int_equal(rwe_p_adjust_bh(p, 4, arena, bh, NULL), RWE_OK);
    /* ascending 0.005, 0.01, 0.03, 0.04: times 4, 3, 2, 1, and never less than the one before */
    assert_close(holm[3], 0.02, 1e-15);
    assert_close(holm[1], 0.03, 1e-15);
    assert_close(holm[2], 0.06, 1e-15);
    assert_close(holm[0], 0.06, 1e-15);
    /* times 4/1, 4/2, 4/3, 4/4, and never more than the one after */
    assert_close(bh[3], 0.02, 1e-15);
    assert_close(bh[1], 0.02, 1e-15);
    assert_close(bh[2], 0.04, 1e-15);
    assert_close(bh[0], 0.04, 1e-15);
    rwe_arena_free(arena);
}

/* The log-rank p of two of the cell types. */
static double two_types(const struct cohort *all, uint32_t a, uint32_t b, struct rwe_arena *arena)
{
    uint8_t *keep = RWE_NEW(arena, uint8_t, all->n);
    for (size_t i = 0; i < all->n; i++)
        keep[i] = all->group[i] == a || all->group[i] == b;
    struct cohort two = cohort_subset(all, keep, arena);
    struct rwe_survival_data data = cohort_sort(&two, arena);
    struct rwe_event_table table;
    struct rwe_logrank result;
    assert_int_equal(rwe_event_table_build(&data, arena, &table, NULL), RWE_OK);
    assert_int_equal(rwe_logrank_test(&table, arena, &result, NULL), RWE_OK);
    return result.p_value;
}

static void pairs_of_cell_types_match_survdiff_and_p_adjust(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct oracle *oracle = oracle_read("tests/oracle/logrank_family.csv");
    const struct data_set veteran = {"veteran", "time", "status", 1, "celltype", NULL};
    struct cohort cohort = data_set_read(&veteran, arena);
    double p[6], holm[6], bh[6];
    size_t n = 0, expected;
    for (uint32_t a = 0; a < 4; a++)
        for (uint32_t b = a + 1; b < 4; b++)
            p[n++] = two_types(&cohort, a, b, arena);
    assert_int_equal(rwe_p_adjust_holm(p, 6, arena, holm, NULL), RWE_OK);
    assert_int_equal(rwe_p_adjust_bh(p, 6, arena, bh, NULL), RWE_OK);
    for (size_t i = 0; i < 6; i++) {
        assert_close(p[i], oracle_vector(oracle, "pairwise.p", &expected)[i], 1e-8);
        assert_close(holm[i], oracle_vector(oracle, "pairwise.holm", &expected)[i], 1e-8);
        assert_close(bh[i], oracle_vector(oracle, "pairwise.bh", &expected)[i], 1e-8);
    }
    oracle_free(oracle);
    rwe_arena_free(arena);
}

static void tests_that_could_not_be_made_do_not_count(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    double p[] = {NAN, 0.02, NAN, 0.03};
    assert_int_equal(rwe_p_adjust_holm(p, 4, arena, p, NULL), RWE_OK); /* in place, too */
    assert_nan(p[0]);
    assert_nan(p[2]);
    assert_close(p[1], 0.04, 1e-15);
    assert_close(p[3], 0.04, 1e-15);
    assert_int_equal(rwe_p_adjust_bh(p, 0, arena, p, NULL), RWE_OK);
    double one[] = {1e-310};
    assert_int_equal(rwe_p_adjust_bh(one, 1, arena, one, NULL), RWE_OK);
    assert_close(one[0], 1e-310, 0);
    rwe_arena_free(arena);
}

static void what_is_no_p_value_is_refused(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_error error = {0};
    double p[] = {0.5, 1.5}, out[2];
    assert_int_equal(rwe_p_adjust_holm(p, 2, arena, out, &error), RWE_BAD_INPUT);
    assert_int_equal(error.index, 1);
    p[1] = -0.1;
    assert_int_equal(rwe_p_adjust_bh(p, 2, arena, out, &error), RWE_BAD_INPUT);
    rwe_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(four_p_values_by_hand),
        cmocka_unit_test(pairs_of_cell_types_match_survdiff_and_p_adjust),
        cmocka_unit_test(tests_that_could_not_be_made_do_not_count),
        cmocka_unit_test(what_is_no_p_value_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
