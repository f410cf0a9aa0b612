/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Designs in a run: their order, what they take from everybody, how many there can be. */
#include "check.h"

#include "rwe/analysis/analysis.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Four subjects; the last is exposed from 2 on. */
static const uint32_t arm[] = {0, 0, 1, 1};
static const size_t arm_size[] = {2, 2};
static const char *const levels[] = {"no", "yes"};
static const double from_zero[] = {NAN, NAN, 0, 0}, later[] = {NAN, NAN, 0, 2};
static const double weight[] = {1, 2, 1, 2};
static const size_t start[] = {0, 0, 0, 0, 0};
static const struct rwe_design_rows rows = {.start = start};

struct fixture {
    struct rwe_arena *arena;
    struct rwe_cohort cohort;
    struct rwe_run run;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->arena = rwe_arena_new();
    f->cohort = (struct rwe_cohort){.n = 4,
                                    .arm = arm,
                                    .n_arms = 2,
                                    .arm_size = arm_size,
                                    .arm_level = levels,
                                    .exposure_start = from_zero};
    f->run = (struct rwe_run){.cohort = &f->cohort, .arena = f->arena};
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

static struct rwe_design weighted(void)
{
    return (struct rwe_design){.name = "iptw",
                               .label = "Weighted",
                               .kind = RWE_DESIGN_WEIGHTED,
                               .estimand = {RWE_OF_TREATED, 2, {[RWE_LEFT_TRIMMED] = 1}},
                               .arms_alike = true,
                               .weight = weight};
}

static struct rwe_design clones(void)
{
    return (struct rwe_design){.name = "clones",
                               .kind = RWE_DESIGN_CLONES,
                               .contrast = RWE_CONTRAST_GRACE,
                               .words = {.heading = "Clones"},
                               .by_endpoint = &rows};
}

static struct rwe_design states(void)
{
    return (struct rwe_design){.name = "states",
                               .kind = RWE_DESIGN_STATES,
                               .contrast = RWE_CONTRAST_STATES,
                               .words = {.heading = "States"}};
}

static void add(struct rwe_run *run, struct rwe_design design)
{
    assert_int_equal(rwe_run_add_design(run, &design, NULL), RWE_OK);
}

static void everybody_is_the_first_and_added_once(void **state)
{
    struct rwe_run *run = &((struct fixture *)*state)->run;
    assert_int_equal(rwe_run_add_everybody(run, NULL), RWE_OK);
    assert_int_equal(rwe_run_add_everybody(run, NULL), RWE_OK);
    assert_int_equal(run->n_designs, 1);
    const struct rwe_design *everybody = &run->design[0];
    assert_string_equal(everybody->name, "all");
    assert_int_equal(everybody->kind, RWE_DESIGN_EVERYBODY);
    assert_int_equal(everybody->estimand.n, 4);
    assert_int_equal(rwe_estimand_n_left(&everybody->estimand), 4);
    assert_true(everybody->disjoint_arms);
    assert_false(everybody->arms_alike);
    assert_string_equal(everybody->words.strategies, "yes against no from time zero");
}

static void arms_are_naive_where_exposure_begins_later(void **state)
{
    struct fixture *f = *state;
    rwe_run_add_everybody(&f->run, NULL);
    assert_false(f->run.design[0].naive);
    f->cohort.exposure_start = later;
    f->run = (struct rwe_run){.cohort = &f->cohort, .arena = f->arena};
    rwe_run_add_everybody(&f->run, NULL);
    add(&f->run, weighted());
    add(&f->run, clones());
    assert_true(f->run.design[0].naive);
    assert_true(f->run.design[1].naive);
    assert_false(f->run.design[2].naive);
}

static void disjoint_arms_stand_first_and_states_last_whoever_comes_first(void **state)
{
    struct rwe_run *run = &((struct fixture *)*state)->run;
    static const char *const order[] = {"all", "iptw", "clones", "states"};
    rwe_run_add_everybody(run, NULL);
    add(run, states());
    add(run, clones());
    add(run, weighted());
    assert_int_equal(run->n_populations, 4);
    assert_int_equal(run->n_designs, 3);
    assert_int_equal(rwe_run_n_disjoint(run), 2);
    for (size_t d = 0; d < 4; d++)
        assert_string_equal(run->design[d].name, order[d]);
}

static void what_compares_the_arms_takes_after_everybody(void **state)
{
    struct rwe_run *run = &((struct fixture *)*state)->run;
    struct rwe_design everybody = {.name = "landmark-6",
                                   .clock = {RWE_CLOCK_LANDMARK, 6},
                                   .words = {.heading = "Landmark", .variable = "since 6"}};
    run->scope = everybody.name;
    add(run, everybody);
    struct rwe_design design = weighted();
    design.words.variable = "its own";
    add(run, design);
    add(run, clones());
    assert_string_equal(run->design[1].name, "landmark-6-iptw");
    assert_int_equal(run->design[1].clock.start, RWE_CLOCK_LANDMARK);
    assert_close(run->design[1].clock.at, 6, 0);
    assert_string_equal(run->design[1].words.heading, "Landmark");
    assert_string_equal(run->design[1].words.variable, "its own");
    assert_string_equal(run->design[1].words.method, "weighted comparison, robust errors");
    assert_int_equal(rwe_estimand_n_left(&run->design[1].estimand), 1);
    assert_string_equal(run->design[2].words.heading, "Clones");
    assert_int_equal(run->design[2].clock.start, RWE_CLOCK_ZERO);
}

static void a_run_within_a_run_has_its_own_everybody(void **state)
{
    struct fixture *f = *state;
    const struct rwe_design everybody = {.name = "landmark-6", .clock = {RWE_CLOCK_LANDMARK, 6}};
    rwe_run_add_everybody(&f->run, NULL);
    assert_int_equal(rwe_run_add_subrun(&f->run, &f->cohort, &everybody, NULL), RWE_OK);
    assert_int_equal(f->run.n_subruns, 1);
    struct rwe_run *subrun = f->run.subrun[0];
    assert_ptr_equal(subrun->from_zero, &f->run);
    assert_string_equal(subrun->scope, "landmark-6");
    assert_int_equal(rwe_run_add_everybody(subrun, NULL), RWE_OK);
    assert_int_equal(subrun->n_designs, 1);
    assert_string_equal(subrun->design[0].name, "landmark-6");
    assert_int_equal(subrun->design[0].n, 4);
}

static void one_design_too_many_is_refused_with_a_sentence(void **state)
{
    struct rwe_run *run = &((struct fixture *)*state)->run;
    struct rwe_design design = weighted();
    struct rwe_error error = {0};
    rwe_run_add_everybody(run, NULL);
    for (size_t d = 1; d < RWE_MOST_DESIGNS; d++)
        add(run, weighted());
    assert_int_equal(rwe_run_add_design(run, &design, &error), RWE_USAGE);
    assert_non_null(strstr(error.message, "more than 8 populations"));
    assert_int_equal(run->n_populations, RWE_MOST_DESIGNS);
}

static enum rwe_status run_nothing(struct rwe_run *run, void *state, struct rwe_error *error)
{
    (void)run;
    (void)state;
    (void)error;
    return RWE_OK;
}

static void what_a_maker_left_is_found_by_its_analysis(void **state)
{
    struct rwe_run *run = &((struct fixture *)*state)->run;
    static const struct rwe_analysis stranger = {.name = "stranger", .run = run_nothing};
    struct rwe_plan plan = {.wanted = {false}};
    int left;
    assert_null(rwe_run_state(NULL, rwe_analyses[0]));
    assert_null(rwe_run_state(run, rwe_analyses[0]));
    run->plan = &plan;
    plan.state[3] = &left;
    assert_ptr_equal(rwe_run_state(run, rwe_analyses[3]), &left);
    assert_null(rwe_run_state(run, rwe_analyses[2]));
    assert_null(rwe_run_state(run, &stranger));
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FRESH(everybody_is_the_first_and_added_once),
        FRESH(arms_are_naive_where_exposure_begins_later),
        FRESH(disjoint_arms_stand_first_and_states_last_whoever_comes_first),
        FRESH(what_compares_the_arms_takes_after_everybody),
        FRESH(a_run_within_a_run_has_its_own_everybody),
        FRESH(one_design_too_many_is_refused_with_a_sentence),
        FRESH(what_a_maker_left_is_found_by_its_analysis),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
