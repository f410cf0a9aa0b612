/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which comparisons are cautioned: by design, by when the clock starts, and by whether the endpoint goes on after
 * exposure has closed. By hand from the table in caution.h. */
#include "check.h"
#include "program.h"

#include "rwe/analysis/caution.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct fixture {
    struct rwe_arena *arena;
    struct rwe_cohort cohort;
    struct rwe_run from_zero, landmark;
};

static const struct rwe_design states = {
    .name = "timedep", .kind = RWE_DESIGN_STATES, .contrast = RWE_CONTRAST_STATES};
static const struct rwe_design clones = {
    .name = "ccw-9", .kind = RWE_DESIGN_CLONES, .contrast = RWE_CONTRAST_GRACE};
static const struct rwe_design trials = {
    .name = "sequential", .kind = RWE_DESIGN_TRIALS, .contrast = RWE_CONTRAST_INITIATION};
static const struct rwe_design at_landmark = {.name = "landmark-6",
                                              .clock = {RWE_CLOCK_LANDMARK, 6}};
static const struct rwe_design naive = {
    .name = "all", .naive = true, .immortal = RWE_IMMORTAL_BIASED};

/* One subject of each arm; the second is exposed from 1 on: 10, 4 and 0.5 percent of the follow-up for each endpoint. */
static const uint32_t arm[] = {0, 1};
static const size_t arm_size[] = {1, 1};
static const double start[] = {NAN, 1}, to_pfs[] = {9, 10}, to_os[] = {20, 25},
                    to_death[] = {9, 200};
static const uint8_t event[] = {1, 1};
static const struct rwe_endpoint
    pfs = {.name = "pfs", .time = to_pfs, .event = event, .reach = RWE_REACH_CLOSED},
    os = {.name = "os", .time = to_os, .event = event, .reach = RWE_REACH_BEYOND},
    death = {.name = "death", .time = to_death, .event = event, .reach = RWE_REACH_UNKNOWN};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->arena = rwe_arena_new();
    f->cohort = (struct rwe_cohort){.n = 2,
                                    .arm = arm,
                                    .n_arms = 2,
                                    .arm_size = arm_size,
                                    .exposure_start = start,
                                    .closure = RWE_CLOSURE_PROGRESSION,
                                    .closed_by = "pfs"};
    f->from_zero = (struct rwe_run){.cohort = &f->cohort, .arena = f->arena, .n_populations = 1};
    f->from_zero.design[0] = naive;
    f->landmark = (struct rwe_run){.arena = f->arena, .from_zero = &f->from_zero};
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    rwe_arena_free(f->arena);
    free(f);
    return 0;
}

static void a_state_has_no_effect_on_what_goes_on_after_exposure_closes(void **state)
{
    struct fixture *f = *state;
    struct rwe_caution of = rwe_run_caution(&f->from_zero, &states, &os);
    assert_int_equal(of.grade, RWE_CAUTION_NO_EFFECT);
    assert_string_equal(
        of.banner, "Not the effect of a strategy: exposure begins before progression or never");
    assert_says(of.reason, "os goes on after progression|answer instead");
    f->cohort.closure = RWE_CLOSURE_NAMED;
    f->cohort.closed_by = "second_line";
    of = rwe_run_caution(&f->from_zero, &states, &os);
    assert_string_equal(
        of.banner, "Not the effect of a strategy: exposure begins before second_line or never");
    assert_int_equal(rwe_run_caution(&f->from_zero, &states, &pfs).grade, RWE_CAUTION_NONE);
    assert_int_equal(rwe_run_caution(&f->from_zero, &states, NULL).grade, RWE_CAUTION_NONE);
}

static void clones_trials_and_landmarks_obey_what_closes_exposure(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(rwe_run_caution(&f->from_zero, &clones, &os).grade, RWE_CAUTION_NONE);
    assert_int_equal(rwe_run_caution(&f->from_zero, &trials, &os).grade, RWE_CAUTION_NONE);
    assert_int_equal(rwe_run_caution(&f->landmark, &at_landmark, &os).grade, RWE_CAUTION_NONE);
}

static void all_that_follow_exposure_need_to_know_when_it_closes(void **state)
{
    struct fixture *f = *state;
    const struct rwe_design *const design[] = {&states, &clones, &trials};
    for (size_t d = 0; d < 3; d++) {
        struct rwe_caution of = rwe_run_caution(&f->from_zero, design[d], &death);
        assert_int_equal(of.grade, RWE_CAUTION_CARE);
        assert_says(of.reason, "death|--exposure-until");
    }
    assert_int_equal(rwe_run_caution(&f->landmark, &at_landmark, &death).grade, RWE_CAUTION_CARE);
}

static void nothing_is_unknown_where_all_are_exposed_from_time_zero(void **state)
{
    struct fixture *f = *state;
    f->from_zero.design[0].naive = false;
    assert_int_equal(rwe_run_caution(&f->from_zero, &states, &death).grade, RWE_CAUTION_NONE);
    assert_int_equal(rwe_run_caution(&f->landmark, &at_landmark, &death).grade, RWE_CAUTION_NONE);
    assert_int_equal(rwe_run_caution(&f->from_zero, &f->from_zero.design[0], &death).grade,
                     RWE_CAUTION_NONE);
}

static void arms_told_by_the_future_are_judged_by_how_much_of_the_time_that_is(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const struct rwe_endpoint *endpoint;
        enum rwe_caution_grade grade;
        const char *banner;
    } told[] = {
        {NULL, RWE_CAUTION_NO_EFFECT, "Biased reference: not for inference"}, /* the worst */
        {&pfs, RWE_CAUTION_NO_EFFECT, "Biased reference: not for inference"},
        {&os, RWE_CAUTION_CARE, "Caution: some immortal time"},
        {&death, RWE_CAUTION_NOTE, NULL},
    };
    for (size_t e = 0; e < 4; e++) {
        struct rwe_caution of = rwe_run_caution(&f->from_zero, &naive, told[e].endpoint);
        assert_int_equal(of.grade, told[e].grade);
        if (told[e].banner == NULL)
            assert_null(of.banner);
        else
            assert_string_equal(of.banner, told[e].banner);
    }
}

static void the_fact_is_the_banner_and_absent_without_one(void **state)
{
    struct fixture *f = *state;
    struct rwe_document *document = rwe_document_new(f->arena);
    struct rwe_key key = rwe_key_of("cox");
    struct rwe_caution none = rwe_run_caution(&f->from_zero, &clones, &os);
    struct rwe_caution of = rwe_run_caution(&f->from_zero, &states, &os);
    assert_int_equal(rwe_caution_fact(document, &key, &none), RWE_NO_FACT);
    assert_int_equal(rwe_document_find(document, &key, "caution"), RWE_NO_FACT);
    assert_int_not_equal(rwe_caution_fact(document, &key, &of), RWE_NO_FACT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_state_has_no_effect_on_what_goes_on_after_exposure_closes,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(clones_trials_and_landmarks_obey_what_closes_exposure,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(all_that_follow_exposure_need_to_know_when_it_closes,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_is_unknown_where_all_are_exposed_from_time_zero,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            arms_told_by_the_future_are_judged_by_how_much_of_the_time_that_is, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_fact_is_the_banner_and_absent_without_one, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
