/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include "rwe/data/landmark.h"

#include <math.h>
#include <string.h>

/* Eight subjects by hand; landmark at 6. Progression-free time, its event; survival time, death;
 * start of exposure:
 *   0  pfs 3 event          os 20 alive   never          had an event
 *   1  pfs 6 event          os 9 died     from 2         had an event at the landmark itself
 *   2  pfs 5 censored       os 5 alive    never          censored before
 *   3  pfs 9 event          os 12 died    from 4         exposed
 *   4  pfs 8 censored       os 8 alive    from 6         exposed at the landmark itself
 *   5  pfs 15 event         os 30 alive   from 7         exposed later: unexposed here
 *   6  pfs 7 event          os 10 died    never          unexposed
 *   7  pfs 20 censored      os 20 alive   never          unexposed */
static const double pfs[] = {3, 6, 5, 9, 8, 15, 7, 20}, os[] = {20, 9, 5, 12, 8, 30, 10, 20};
static const uint8_t progressed[] = {1, 1, 0, 1, 0, 1, 1, 0}, died[] = {0, 1, 0, 1, 0, 0, 1, 0};
static const uint32_t by_pfs[] = {0, 2, 1, 6, 4, 3, 5, 7}, by_os[] = {2, 4, 1, 6, 3, 0, 7, 5};
static const uint32_t ever[] = {0, 1, 0, 1, 1, 1, 0, 0}, row[] = {0, 1, 2, 3, 4, 5, 6, 7};
static const double start[] = {NAN, 2, NAN, 4, 6, 7, NAN, NAN};
static const double id_value[] = {1, 2, 3, 4, 5, 6, 7, 8};
static const char *id[] = {"1", "2", "3", "4", "5", "6", "7", "8"};
static const char *const level[] = {"none", "rt"};
static const size_t size[] = {4, 4};
static const struct rwe_endpoint endpoints[] = {
    {.name = "pfs",
     .time = pfs,
     .event = progressed,
     .order = by_pfs,
     .n_events = 5,
     .n_causes = 1},
    {.name = "os", .time = os, .event = died, .order = by_os, .n_events = 3, .n_causes = 1},
};
static const struct rwe_cohort cohort = {
    .n = 8,
    .row = row,
    .id = id,
    .id_value = id_value,
    .arm = ever,
    .n_arms = 2,
    .arm_level = level,
    .arm_size = size,
    .endpoint = endpoints,
    .n_endpoints = 2,
    .exposure_start = start,
};

static void the_clock_starts_anew_for_those_still_at_risk(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_landmark landmark;
    assert_int_equal(rwe_cohort_landmark(&cohort, 6, arena, &landmark, NULL), RWE_OK);
    const struct rwe_cohort *at = landmark.cohort;
    static const double times[] = {3, 2, 9, 1, 14}, survival[] = {6, 2, 24, 4, 14};
    static const uint32_t arm[] = {1, 1, 0, 0, 0}, source[] = {3, 4, 5, 6, 7};
    assert_int_equal(at->n, 5);
    assert_memory_equal(at->source, source, sizeof source);
    assert_memory_equal(at->arm, arm, sizeof arm);
    assert_memory_equal(at->endpoint[0].time, times, sizeof times);
    assert_memory_equal(at->endpoint[1].time, survival, sizeof survival);
    assert_int_equal(at->arm_size[0], 3);
    assert_int_equal(at->arm_size[1], 2);
    assert_int_equal(at->endpoint[0].n_events, 3);
    for (size_t o = 1; o < at->n; o++)
        assert_true(at->endpoint[0].time[at->endpoint[0].order[o - 1]] <=
                    at->endpoint[0].time[at->endpoint[0].order[o]]);
    assert_null(at->exposure_start);
    rwe_arena_free(arena);
}

static void analysed_and_lost_add_up_to_everybody(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_landmark landmark;
    rwe_cohort_landmark(&cohort, 6, arena, &landmark, NULL);
    assert_int_equal(landmark.n_event[0], 1);
    assert_int_equal(landmark.n_event[1], 1);
    assert_int_equal(landmark.n_censored[0], 1);
    assert_int_equal(landmark.n_censored[1], 0);
    assert_int_equal(landmark.n_later[0], 1);
    assert_int_equal(landmark.cohort->n + 3, cohort.n);
    rwe_arena_free(arena);
}

/* Survival alone: 0 and 1 have progressed and could not begin any more, though alive and followed. */
static void who_has_progressed_is_not_compared(void **state)
{
    static const double until[] = {3, 6, INFINITY, 9, INFINITY, 15, 7, INFINITY};
    static const uint32_t source[] = {3, 4, 5, 6, 7};
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_landmark landmark;
    struct rwe_cohort survival = cohort;
    survival.endpoint = &endpoints[1];
    survival.n_endpoints = 1;
    assert_int_equal(rwe_cohort_landmark(&survival, 6, arena, &landmark, NULL), RWE_OK);
    assert_int_equal(landmark.cohort->n, 7);
    survival.exposure_until = until;
    assert_int_equal(rwe_cohort_landmark(&survival, 6, arena, &landmark, NULL), RWE_OK);
    assert_int_equal(landmark.cohort->n, 5);
    assert_memory_equal(landmark.cohort->source, source, sizeof source);
    assert_int_equal(landmark.n_closed[0], 1);
    assert_int_equal(landmark.n_closed[1], 1);
    assert_int_equal(landmark.n_censored[0], 1);
    rwe_arena_free(arena);
}

/* Subject 0 without progression-free survival: overall survival alone says that it is at risk. */
static void who_is_not_in_an_endpoint_is_not_judged_by_it(void **state)
{
    (void)state;
    static const uint8_t absent[] = {1, 0, 0, 0, 0, 0, 0, 0};
    static const double times[] = {0, 6, 5, 9, 8, 15, 7, 20};
    struct rwe_endpoint without[] = {endpoints[0], endpoints[1]};
    struct rwe_cohort other = cohort;
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_landmark landmark;
    without[0].time = times;
    without[0].absent = absent;
    other.endpoint = without;
    assert_int_equal(rwe_cohort_landmark(&other, 6, arena, &landmark, NULL), RWE_OK);
    const struct rwe_cohort *at = landmark.cohort;
    assert_int_equal(at->n, 6);
    assert_int_equal(at->source[0], 0);
    assert_false(rwe_endpoint_has(&at->endpoint[0], 0));
    assert_true(rwe_endpoint_has(&at->endpoint[0], 1));
    assert_true(rwe_endpoint_has(&at->endpoint[1], 0));
    rwe_arena_free(arena);
}

static void what_the_landmark_cannot_do_is_told(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_landmark landmark;
    struct rwe_error error = {0};
    struct rwe_cohort without = cohort;
    without.exposure_start = NULL;
    assert_int_equal(rwe_cohort_landmark(&without, 6, arena, &landmark, &error), RWE_USAGE);
    assert_non_null(strstr(error.message, "--exposure-start"));
    without = cohort;
    without.n_arms = 3;
    assert_int_equal(rwe_cohort_landmark(&without, 6, arena, &landmark, NULL), RWE_USAGE);
    assert_int_equal(rwe_cohort_landmark(&cohort, 1, arena, &landmark, &error), RWE_BAD_INPUT);
    assert_non_null(strstr(error.message, "nobody is in arm \"rt\""));
    assert_int_equal(rwe_cohort_landmark(&cohort, 8, arena, &landmark, &error), RWE_OK);
    assert_int_equal(rwe_cohort_landmark(&cohort, 9, arena, &landmark, &error), RWE_BAD_INPUT);
    assert_non_null(strstr(error.message, "endpoint \"os\" has no event after it"));
    assert_int_equal(rwe_cohort_landmark(&cohort, 20, arena, &landmark, &error), RWE_BAD_INPUT);
    assert_non_null(strstr(error.message, "nobody is still event-free"));
    rwe_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_clock_starts_anew_for_those_still_at_risk),
        cmocka_unit_test(analysed_and_lost_add_up_to_everybody),
        cmocka_unit_test(who_has_progressed_is_not_compared),
        cmocka_unit_test(who_is_not_in_an_endpoint_is_not_judged_by_it),
        cmocka_unit_test(what_the_landmark_cannot_do_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
