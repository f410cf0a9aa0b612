/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "cohort.h"
#include "freireich.h"
#include "rwe/stats/event_table.h"

#include <math.h>

static struct rwe_event_table build(struct cohort *cohort, struct rwe_arena *arena)
{
    struct rwe_survival_data data = cohort_sort(cohort, arena);
    struct rwe_event_table table;
    assert_int_equal(rwe_event_table_build(&data, arena, &table, NULL), RWE_OK);
    return table;
}

static void leukaemia_has_the_published_risk_sets(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort =
        cohort_of(arena, FREIREICH_N, freireich_weeks, freireich_relapse, freireich_arm);
    struct rwe_event_table table = build(&cohort, arena);
    assert_int_equal(table.n_rows, 24);
    assert_int_equal(table.n_groups, 2);
    /* Kleinbaum & Klein, table 2.1: week, then at risk and relapses under 6-MP and placebo */
    static const double published[][5] = {{1, 21, 0, 21, 2}, {5, 21, 0, 14, 2}, {6, 21, 3, 12, 0},
                                          {10, 15, 1, 8, 0}, {11, 13, 0, 8, 2}, {16, 11, 1, 3, 0},
                                          {22, 7, 1, 2, 1},  {23, 6, 1, 1, 1}};
    size_t row = 0;
    for (size_t k = 0; k < sizeof published / sizeof *published; k++) {
        while (row < table.n_rows && table.time[row] < published[k][0])
            row++;
        assert_close(table.time[row], published[k][0], 0);
        for (size_t g = 0; g < 2; g++) {
            assert_close(table.at_risk[row * 2 + g], published[k][1 + 2 * g], 0);
            assert_close(table.events[row * 2 + g], published[k][2 + 2 * g], 0);
        }
    }
    rwe_arena_free(arena);
}

static void censored_at_an_event_time_are_at_risk_there(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = cohort_of(arena, 3, (double[]){4, 4, 9}, (uint8_t[]){0, 1, 0}, NULL);
    struct rwe_event_table table = build(&cohort, arena);
    assert_int_equal(table.n_rows, 2);
    assert_close(table.at_risk[0], 3, 0);
    assert_close(table.events[0], 1, 0);
    assert_close(table.censored[0], 1, 0);
    assert_close(table.at_risk[1], 1, 0);
    assert_close(table.events[1], 0, 0);
    rwe_arena_free(arena);
}

static void strata_stand_one_after_the_other_in_order_of_time(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = cohort_of(arena, 6, (double[]){1, 1, 2, 2, 2, 3},
                                     (uint8_t[]){1, 1, 0, 1, 1, 0}, (uint32_t[]){0, 1, 0, 1, 1, 0});
    cohort.stratum = (uint32_t[]){2, 0, 0, 2, 2, 0}; /* nobody in stratum 1 */
    struct rwe_event_table table = build(&cohort, arena);
    const size_t start[] = {0, 3, 3, 5};
    const double time[] = {1, 2, 3, 1, 2};
    const double at_risk[][2] = {{2, 1}, {2, 0}, {1, 0}, {1, 2}, {0, 2}};
    assert_int_equal(table.n_strata, 3);
    for (size_t s = 0; s <= 3; s++)
        assert_int_equal(table.stratum_start[s], start[s]);
    for (size_t row = 0; row < 5; row++) {
        assert_close(table.time[row], time[row], 0);
        assert_close(table.at_risk[row * 2], at_risk[row][0], 0);
        assert_close(table.at_risk[row * 2 + 1], at_risk[row][1], 0);
    }
    assert_close(table.events[4 * 2 + 1], 2, 0);
    rwe_arena_free(arena);
}

static void weights_are_summed_and_end_in_exactly_zero(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort =
        cohort_of(arena, 4, (double[]){1, 2, 3, 3}, (uint8_t[]){1, 0, 1, 1}, NULL);
    cohort.weight = (double[]){0.1, 0.2, 0.3, 0.7};
    struct rwe_event_table table = build(&cohort, arena);
    assert_close(table.at_risk[0], 1.3, 1e-15);
    assert_close(table.censored[1], 0.2, 0);
    assert_close(table.at_risk[2] - table.events[2], 0, 0);
    rwe_arena_free(arena);
}

static void many_strata_cost_no_more_than_their_rows(void **state)
{
    (void)state;
    /* 100,000 pairs: were a stratum's cost that of the data, this would take hours. */
    struct rwe_arena *arena = rwe_arena_new();
    enum { PAIRS = 100000 };
    struct cohort cohort = cohort_new(arena, 2 * PAIRS, 0);
    cohort.group = RWE_NEW(arena, uint32_t, cohort.n);
    cohort.stratum = RWE_NEW(arena, uint32_t, cohort.n);
    for (size_t i = 0; i < cohort.n; i++) {
        cohort.time[i] = (double)(i * 7919 % 1000);
        cohort.event[i] = i % 3 == 0;
        cohort.group[i] = i % 2;
        cohort.stratum[i] = (uint32_t)(i / 2);
    }
    struct rwe_event_table table = build(&cohort, arena);
    assert_int_equal(table.n_rows, 2 * PAIRS); /* 7919 is no multiple of 1000: no ties in a pair */
    for (size_t row = 0; row < table.n_rows; row += 2)
        assert_close(table.at_risk[2 * row] + table.at_risk[2 * row + 1], 2, 0);
    rwe_arena_free(arena);
}

static void no_rows_make_an_empty_table(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = cohort_new(arena, 0, 0);
    struct rwe_event_table table = build(&cohort, arena);
    assert_int_equal(table.n_rows, 0);
    assert_int_equal(table.stratum_start[1], 0);
    rwe_arena_free(arena);
}

static void bad_data_and_want_of_memory_are_refused(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_error error = {0};
    struct rwe_event_table table;
    const double time[] = {1, NAN};
    struct rwe_survival_data data = {
        .n = 2, .time = time, .event = (uint8_t[]){1, 1}, .n_groups = 1, .n_strata = 1};
    assert_int_equal(rwe_event_table_build(&data, arena, &table, &error), RWE_NOT_FINITE);
    assert_int_equal(error.index, 1);
    data.n = 1;
    data.n_groups = SIZE_MAX / 2;
    assert_int_equal(rwe_event_table_build(&data, arena, &table, &error), RWE_NO_MEMORY);
    rwe_arena_free(arena);
}

/* By hand: (0,2] event, (1,3] censored, (2,4] event, (0,5] event. Who enters at 2 is not at risk
 * at 2; who enters at 1 is. */
static void late_entries_are_at_risk_after_they_enter(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    const double entry[] = {0, 1, 2, 0};
    const double time[] = {2, 3, 4, 5};
    const uint8_t event[] = {1, 0, 1, 1};
    struct rwe_survival_data data = {
        .n = 4, .entry = entry, .time = time, .event = event, .n_groups = 1, .n_strata = 1};
    struct rwe_event_table table;
    assert_int_equal(rwe_event_table_build(&data, arena, &table, NULL), RWE_OK);
    assert_int_equal(table.n_rows, 4);
    assert_close(table.at_risk[0], 3, 0);
    assert_close(table.at_risk[1], 3, 0);
    assert_close(table.at_risk[2], 2, 0);
    assert_close(table.at_risk[3], 1, 0);
    const double late[] = {0, 3, 2, 0};
    struct rwe_error error = {0};
    data.entry = late;
    assert_int_equal(rwe_event_table_build(&data, arena, &table, &error), RWE_BAD_INPUT);
    assert_int_equal(error.index, 1);
    rwe_arena_free(arena);
}

static void events_are_counted_by_cause_too(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    const double time[] = {1, 1, 1, 2, 3};
    const uint8_t event[] = {2, 1, 2, 0, 1};
    const uint32_t group[] = {0, 0, 1, 1, 0};
    struct rwe_survival_data data = {.n = 5,
                                     .time = time,
                                     .event = event,
                                     .n_causes = 2,
                                     .group = group,
                                     .n_groups = 2,
                                     .n_strata = 1};
    struct rwe_event_table table;
    assert_int_equal(rwe_event_table_build(&data, arena, &table, NULL), RWE_OK);
    assert_int_equal(table.n_causes, 2);
    assert_close(table.events[0], 2, 0);
    assert_close(table.causes[0], 1, 0); /* time 1, group 0, cause 1 */
    assert_close(table.causes[1], 1, 0); /* time 1, group 0, cause 2 */
    assert_close(table.causes[2], 0, 0); /* time 1, group 1, cause 1 */
    assert_close(table.causes[3], 1, 0); /* time 1, group 1, cause 2 */
    assert_close(table.causes[8], 1, 0); /* time 3, group 0, cause 1 */
    data.n_causes = 1;
    struct rwe_error error = {0};
    assert_int_equal(rwe_event_table_build(&data, arena, &table, &error), RWE_BAD_INPUT);
    assert_int_equal(error.index, 0);
    rwe_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(late_entries_are_at_risk_after_they_enter),
        cmocka_unit_test(events_are_counted_by_cause_too),
        cmocka_unit_test(leukaemia_has_the_published_risk_sets),
        cmocka_unit_test(censored_at_an_event_time_are_at_risk_there),
        cmocka_unit_test(strata_stand_one_after_the_other_in_order_of_time),
        cmocka_unit_test(weights_are_summed_and_end_in_exactly_zero),
        cmocka_unit_test(many_strata_cost_no_more_than_their_rows),
        cmocka_unit_test(no_rows_make_an_empty_table),
        cmocka_unit_test(bad_data_and_want_of_memory_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
