/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include "rwe/data/timedep.h"

#include <math.h>
#include <string.h>

/* Eight subjects by hand: time, event, start of exposure, and their rows.
 *   0  3 event      never                (0, 3] 0 event
 *   1  6 event      from 2               (0, 2] 0          (2, 6] 1 event
 *   2  5 censored   from 5: at the end   (0, 5] 0
 *   3  9 event      from 0: from the     (0, 9] 1 event
 *                   beginning
 *   4  8 censored   from 12: after it    (0, 8] 0
 *   5  4 event      from 4: at the event (0, 4] 0 event
 *   6  7 event      from 6: another's    (0, 6] 0          (6, 7] 1 event
 *   7  0 censored   never                none */
static const double time_[] = {3, 6, 5, 9, 8, 4, 7, 0};
static const uint8_t event[] = {1, 1, 0, 1, 0, 1, 1, 0};
static const uint32_t order[] = {7, 0, 5, 2, 1, 6, 4, 3};
static const uint32_t ever[] = {0, 1, 0, 1, 0, 1, 1, 0}, row[] = {0, 1, 2, 3, 4, 5, 6, 7};
static const double start[] = {NAN, 2, 5, 0, 12, 4, 6 - 1e-12, NAN};
static const double id_value[] = {1, 2, 3, 4, 5, 6, 7, 8};
static const char *id[] = {"1", "2", "3", "4", "5", "6", "7", "8"};
static const char *const level[] = {"none", "rt"};
static const size_t size[] = {4, 4};
static const struct rwe_endpoint endpoint = {
    .name = "pfs", .time = time_, .event = event, .order = order, .n_events = 5, .n_causes = 1};
static const struct rwe_cohort cohort = {
    .n = 8,
    .row = row,
    .id = id,
    .id_value = id_value,
    .arm = ever,
    .n_arms = 2,
    .arm_level = level,
    .arm_size = size,
    .endpoint = &endpoint,
    .n_endpoints = 1,
    .exposure_start = start,
};

static void exposure_cuts_a_subject_in_two_rows(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_timedep timedep;
    assert_int_equal(rwe_cohort_timedep(&cohort, 0, arena, &timedep, NULL), RWE_OK);
    const struct rwe_cohort *rows = timedep.rows;
    static const double entry[] = {0, 0, 2, 0, 0, 0, 0, 0, 6}, end[] = {3, 2, 6, 5, 9, 8, 4, 6, 7};
    static const uint32_t arm[] = {0, 0, 1, 0, 1, 0, 0, 0, 1};
    static const uint32_t source[] = {0, 1, 1, 2, 3, 4, 5, 6, 6};
    static const uint32_t cluster[] = {0, 1, 1, 2, 3, 4, 5, 6, 6};
    static const uint8_t ends[] = {1, 0, 1, 0, 1, 0, 1, 0, 1};
    static const uint32_t by_time[] = {1, 0, 6, 3, 2, 7, 8, 5, 4};
    assert_int_equal(rows->n, 9);
    assert_memory_equal(rows->entry, entry, sizeof entry);
    assert_memory_equal(rows->endpoint[0].time, end, sizeof end);
    assert_memory_equal(rows->endpoint[0].event, ends, sizeof ends);
    assert_memory_equal(rows->arm, arm, sizeof arm);
    assert_memory_equal(rows->source, source, sizeof source);
    assert_memory_equal(rows->cluster, cluster, sizeof cluster);
    assert_memory_equal(rows->endpoint[0].order, by_time, sizeof by_time);
    assert_null(rows->exposure_start);
    rwe_arena_free(arena);
}

static void rows_add_up_to_subjects_time_and_events(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_timedep timedep;
    rwe_cohort_timedep(&cohort, 0, arena, &timedep, NULL);
    assert_int_equal(timedep.n, 7);
    assert_int_equal(timedep.n_without, 1);
    assert_int_equal(timedep.n_switched, 2);
    assert_int_equal(timedep.n_exposed, 3);
    assert_int_equal(timedep.n_too_late, 3);
    assert_int_equal(timedep.rows->n, timedep.n + timedep.n_switched);
    assert_int_equal(timedep.rows->n_clusters, timedep.n);
    assert_int_equal(timedep.rows->endpoint[0].n_events, 5);
    assert_int_equal(timedep.rows->arm_size[0], 6);
    assert_int_equal(timedep.rows->arm_size[1], 3);
    assert_close(timedep.time[0], 3 + 2 + 5 + 8 + 4 + 6, 0);
    assert_close(timedep.time[1], 4 + 9 + 1, 0);
    assert_close(timedep.latest_switch, 6, 0);
    rwe_arena_free(arena);
}

/* Under observation from 2.5 on: subject 1 is exposed before, and 0, 1 enter late. */
static void who_enters_after_the_start_is_exposed_from_then(void **state)
{
    (void)state;
    static const double entry[] = {2.5, 2.5, 0, 0, 0, 0, 0, 0};
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_timedep timedep;
    struct rwe_cohort late = cohort;
    late.entry = entry;
    assert_int_equal(rwe_cohort_timedep(&late, 0, arena, &timedep, NULL), RWE_OK);
    assert_int_equal(timedep.rows->n, 8);
    assert_int_equal(timedep.rows->arm[1], 1);
    assert_close(timedep.rows->entry[0], 2.5, 0);
    assert_close(timedep.rows->entry[1], 2.5, 0);
    assert_close(timedep.time[1], 3.5 + 9 + 1, 0);
    rwe_arena_free(arena);
}

static void declared_clusters_stay(void **state)
{
    (void)state;
    static const uint32_t centre[] = {0, 0, 0, 0, 1, 1, 1, 1};
    static const uint32_t expected[] = {0, 0, 0, 0, 0, 1, 1, 1, 1};
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_timedep timedep;
    struct rwe_cohort clustered = cohort;
    clustered.cluster = centre;
    clustered.n_clusters = 2;
    assert_int_equal(rwe_cohort_timedep(&clustered, 0, arena, &timedep, NULL), RWE_OK);
    assert_int_equal(timedep.rows->n_clusters, 2);
    assert_memory_equal(timedep.rows->cluster, expected, sizeof expected);
    rwe_arena_free(arena);
}

/* By hand. Exposure closes: 0 at its event; 1 at 4, between start and end; 4 at 1, long before the start, which
 * does not count; 5 just before its event, by rounding; 6 on the day on which it begins, so that it does not count. */
static void closing_cuts_rows_where_follow_up_goes_on(void **state)
{
    (void)state;
    static const double until[] = {3, 4, INFINITY, INFINITY, 1, 3.999, 6, INFINITY};
    static const double entry[] = {0, 0, 2, 4, 0, 0, 0, 1, 0, 0, 6};
    static const double end[] = {3, 2, 4, 6, 5, 9, 1, 8, 4, 6, 7};
    static const uint32_t arm[] = {0, 0, 1, 1, 0, 1, 0, 0, 0, 0, 0};
    static const uint32_t source[] = {0, 1, 1, 1, 2, 3, 4, 4, 5, 6, 6};
    static const uint8_t closed[] = {0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 1};
    static const uint8_t ends[] = {1, 0, 0, 1, 0, 1, 0, 0, 1, 0, 1};
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_timedep timedep;
    struct rwe_cohort closing = cohort;
    closing.exposure_until = until;
    closing.until_tolerance = 0.01;
    closing.closure = RWE_CLOSURE_PROGRESSION;
    assert_int_equal(rwe_cohort_timedep_closing(&closing, 0, arena, &timedep, NULL), RWE_OK);
    assert_int_equal(timedep.rows->n, 11);
    assert_memory_equal(timedep.rows->entry, entry, sizeof entry);
    assert_memory_equal(timedep.rows->endpoint[0].time, end, sizeof end);
    assert_memory_equal(timedep.rows->endpoint[0].event, ends, sizeof ends);
    assert_memory_equal(timedep.rows->arm, arm, sizeof arm);
    assert_memory_equal(timedep.rows->source, source, sizeof source);
    assert_memory_equal(timedep.closed, closed, sizeof closed);
    assert_int_equal(timedep.n_closed, 3);
    assert_int_equal(timedep.rows->arm_size[0], 6); /* subjects, not rows */
    assert_int_equal(timedep.rows->arm_size[1], 2);
    assert_int_equal(rwe_cohort_timedep(&closing, 0, arena, &timedep, NULL), RWE_OK);
    assert_int_equal(timedep.rows->n, 8);
    assert_null(timedep.closed);
    rwe_arena_free(arena);
}

/* ---- stabilised weights ---- */

/* Starts at 0 (among 8), 2 (among the 6 not begun and followed) and 6 (among 2). */
static const double start_time[] = {0, 2, 6},
                    start_hazard[] = {1 / 8., 1 / 8. + 1 / 6., 1 / 8. + 1 / 6. + 1 / 2.};

static enum rwe_status weigh(const double risk[], double step, struct rwe_arena *arena,
                             struct rwe_timedep_rows *rows, struct rwe_error *error)
{
    static const uint32_t subject[] = {0, 1, 2, 3, 4, 5, 6, 7};
    const struct rwe_clone_subjects subjects = {subject, 8};
    const struct rwe_clone_weights given = {
        .n_times = 3, .time = start_time, .hazard = start_hazard, .risk = risk};
    struct rwe_clones starts;
    assert_int_equal(rwe_timedep_starts(&cohort, 0, &subjects, arena, &starts, NULL), RWE_OK);
    assert_int_equal(starts.n_exposed, 3);
    const struct rwe_timedep_weighing of = {
        .cohort = &cohort, .endpoint = &endpoint, .starts = &starts, .given = &given, .step = step};
    return rwe_timedep_weigh(&of, arena, rows, error);
}

/* The numerator is Fleming and Harrington's hazard of all: where covariates say nothing it is the denominator, every
 * weight is 1, and the rows are those without weights. */
static void without_covariates_all_stabilised_weights_are_1(void **state)
{
    (void)state;
    static const double risk[] = {1, 1, 1, 1, 1, 1, 1, 1};
    static const double from[] = {0, 0, 2, 0, 0, 0, 0, 0, 6}, until[] = {3, 2, 6, 5, 9, 8, 4, 6, 7};
    static const uint32_t arm[] = {0, 0, 1, 0, 1, 0, 0, 0, 1};
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_timedep_rows rows;
    static const double steps[] = {0.5, 1, 4, 100};
    for (size_t s = 0; s < sizeof steps / sizeof *steps; s++) {
        assert_int_equal(weigh(risk, steps[s], arena, &rows, NULL), RWE_OK);
        assert_int_equal(rows.n, 9);
        assert_memory_equal(rows.rows.from, from, sizeof from);
        assert_memory_equal(rows.rows.until, until, sizeof until);
        assert_memory_equal(rows.rows.arm, arm, sizeof arm);
        for (size_t r = 0; r < rows.n; r++)
            assert_close(rows.rows.weight[r], 1, 1e-15);
        assert_close(rows.mean, 1, 1e-15);
    }
    rwe_arena_free(arena);
}

/* Subject 1, twice as likely to begin, and begun at 2; subject 3 begun at 0, before anybody could be compared. */
static void weights_by_hand(void **state)
{
    (void)state;
    static const double risk[] = {1, 2, 1, 4, 1, 1, 1, 1};
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_timedep_rows rows;
    assert_int_equal(weigh(risk, 1, arena, &rows, NULL), RWE_OK);
    const size_t *first = rows.rows.start;
    assert_int_equal(first[2] - first[1], 2);
    assert_close(rows.rows.weight[first[1]], exp(1 / 8.), 1e-15);
    assert_close(rows.rows.weight[first[1] + 1], exp(1 / 8. + 1 / 6.) / 2, 1e-15);
    assert_close(rows.rows.weight[first[3]], 1 / 4., 1e-15);
    assert_close(rows.max, exp(1 / 8.), 1e-15);
    assert_close(rows.min, 1 / 4., 1e-15);
    assert_close(rows.mean,
                 (3 + 2 * exp(1 / 8.) + 4 * exp(1 / 8. + 1 / 6.) / 2 + 5 + 9 / 4. + 8 + 4 + 7) / 42,
                 1e-15);
    rwe_arena_free(arena);
}

static void weights_without_end_and_a_step_of_0_are_refused(void **state)
{
    (void)state;
    static const double risk[] = {1, 1e-320, 1, 1, 1, 1, 1, 1};
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_timedep_rows rows;
    struct rwe_error error = {0};
    assert_int_equal(weigh(risk, 1, arena, &rows, &error), RWE_NOT_FINITE);
    assert_int_equal(error.index, 1);
    assert_int_equal(weigh(risk, 0, arena, &rows, &error), RWE_BAD_INPUT);
    rwe_arena_free(arena);
}

static void what_it_needs_is_told(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_timedep timedep;
    struct rwe_error error = {0};
    struct rwe_cohort without = cohort;
    without.exposure_start = NULL;
    assert_int_equal(rwe_cohort_timedep(&without, 0, arena, &timedep, &error), RWE_USAGE);
    assert_non_null(strstr(error.message, "--exposure-start"));
    without = cohort;
    without.n_arms = 3;
    assert_int_equal(rwe_cohort_timedep(&without, 0, arena, &timedep, &error), RWE_USAGE);
    assert_non_null(strstr(error.message, "two states"));
    rwe_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exposure_cuts_a_subject_in_two_rows),
        cmocka_unit_test(rows_add_up_to_subjects_time_and_events),
        cmocka_unit_test(who_enters_after_the_start_is_exposed_from_then),
        cmocka_unit_test(declared_clusters_stay),
        cmocka_unit_test(closing_cuts_rows_where_follow_up_goes_on),
        cmocka_unit_test(without_covariates_all_stabilised_weights_are_1),
        cmocka_unit_test(weights_by_hand),
        cmocka_unit_test(weights_without_end_and_a_step_of_0_are_refused),
        cmocka_unit_test(what_it_needs_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
