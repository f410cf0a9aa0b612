/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include "rwe/data/sequential.h"

#include <math.h>
#include <string.h>

/* Five subjects by hand; trials could begin every 2, weights change every 2.
 *
 *      time            exposed   trial from 0: none, then initiators   trial from 4
 *   0     5 event      never     event at 5                            event at 1 (by its clock)
 *   1     9 event      from 1    leaves at 1; event at 8 from exposure exposed before
 *   2     8 censored   from 4.5  leaves at 4.5                         leaves at .5; censored at 3.5
 *   3     4 event      from 4    event at 4: came first                no longer at risk
 *   4    10 event      from 4    leaves at 4                           initiator at once: event at 6
 */
enum { N = 5 };
static const double times[] = {5, 9, 8, 4, 10};
static const uint8_t event[] = {1, 1, 0, 1, 1};
static const uint32_t order[] = {3, 0, 2, 1, 4}, arm[] = {0, 1, 1, 1, 1};
static const double start[] = {NAN, 1, 4.5, 4, 4};
static const uint32_t subject[] = {0, 1, 2, 3, 4};
static const struct rwe_endpoint endpoint = {
    .name = "pfs", .time = times, .event = event, .order = order, .n_events = 4, .n_causes = 1};
static const struct rwe_cohort cohort = {
    .n = N,
    .arm = arm,
    .n_arms = 2,
    .endpoint = &endpoint,
    .n_endpoints = 1,
    .exposure_start = start,
};

/* H jumps when somebody is exposed; subject 2 has twice the hazard of the others. */
static const double jump[] = {1, 4, 4.5}, hazard[] = {0.1, 0.3, 0.5};
static const double risk[] = {1, 1, 2, 1, 1};
static const struct rwe_clone_weights weights = {
    .n_times = 3, .time = jump, .hazard = hazard, .risk = risk};

static int set_up(void **state)
{
    *state = rwe_arena_new();
    return 0;
}

static int tear_down(void **state)
{
    rwe_arena_free(*state);
    return 0;
}

static struct rwe_trials make(const struct rwe_cohort *of, size_t e, double interval,
                              struct rwe_arena *arena)
{
    struct rwe_trials trials;
    assert_int_equal(
        rwe_trials_make(of, &of->endpoint[e], subject, N, interval, arena, &trials, NULL), RWE_OK);
    return trials;
}

static struct rwe_trial_rows cut(const struct rwe_trials *trials, double truncate, bool initiators,
                                 struct rwe_arena *arena)
{
    struct rwe_trial_rows rows;
    const struct rwe_trial_options options = {2, truncate, initiators};
    assert_int_equal(rwe_trials_rows(&cohort, trials, &weights, &options, arena, &rows, NULL),
                     RWE_OK);
    return rows;
}

static void check_trial(const struct rwe_trial *trial, double time, const size_t expected[6])
{
    assert_close(trial->time, time, 0);
    assert_int_equal(trial->n_eligible, expected[0]);
    assert_int_equal(trial->n_at_start, expected[1]);
    assert_int_equal(trial->n_initiators, expected[2]);
    assert_int_equal(trial->n_left, expected[3]);
    assert_int_equal(trial->n_event[0], expected[4]);
    assert_int_equal(trial->n_event[1], expected[5]);
}

static void who_is_eligible_initiates_leaves_and_fails_by_hand(void **state)
{
    struct rwe_trials trials = make(&cohort, 0, 2, *state);
    assert_int_equal(trials.n_trials, 2);
    assert_int_equal(trials.n_without, 1); /* from 2 nobody */
    assert_int_equal(trials.n_initiators, 3);
    assert_close(trials.last_exposure, 4.5, 0);
    check_trial(&trials.trial[0], 0, (const size_t[]){5, 0, 1, 3, 2, 1});
    check_trial(&trials.trial[1], 4, (const size_t[]){3, 1, 2, 1, 1, 1});
}

static void trials_may_begin_where_exposure_does(void **state)
{
    struct rwe_trials trials = make(&cohort, 0, 0, *state);
    assert_int_equal(trials.n_trials, 3);
    assert_int_equal(trials.n_without, 0);
    check_trial(&trials.trial[0], 1, (const size_t[]){5, 1, 1, 2, 2, 1});
    check_trial(&trials.trial[1], 4, (const size_t[]){3, 1, 1, 1, 1, 1});
    check_trial(&trials.trial[2], 4.5, (const size_t[]){2, 1, 1, 0, 1, 0});
}

static void check_rows(const struct rwe_trial_rows *rows, size_t i, size_t n,
                       const double expected[][6])
{
    const struct rwe_design_rows *r = &rows->rows;
    assert_int_equal(r->start[i + 1] - r->start[i], n);
    for (size_t k = 0; k < n; k++) {
        size_t at = r->start[i] + k;
        assert_int_equal(r->trial[at], expected[k][0]);
        assert_int_equal(r->arm[at], expected[k][1]);
        assert_close(r->origin[at], expected[k][2], 0);
        assert_close(r->from[at], expected[k][3], 0);
        assert_close(r->until[at], expected[k][4], 0);
        assert_close(r->weight[at], expected[k][5], 1e-14);
    }
}

static void follow_ups_have_clocks_of_their_own_and_weights_by_hand(void **state)
{
    struct rwe_trials trials = make(&cohort, 0, 2, *state);
    struct rwe_trial_rows rows = cut(&trials, 1, false, *state);
    assert_int_equal(rows.n_pieces, 13);
    assert_int_equal(rows.n, 16);
    assert_int_equal(rows.n_truncated, 0);
    check_rows(&rows, 0, 4,
               (const double[][6]){{0, 0, 0, 0, 2, 1},
                                   {0, 0, 0, 2, 4, exp(0.1)},
                                   {0, 0, 0, 4, 5, exp(0.3)},
                                   {1, 0, 4, 0, 1, exp(0.2)}});
    check_rows(&rows, 1, 2, (const double[][6]){{0, 0, 0, 0, 1, 1}, {0, 1, 1, 0, 8, 1}});
    check_rows(&rows, 2, 5,
               (const double[][6]){{0, 0, 0, 0, 2, 1},
                                   {0, 0, 0, 2, 4, exp(0.2)},
                                   {0, 0, 0, 4, 4.5, exp(0.6)},
                                   {1, 0, 4, 0, 0.5, exp(0.4)},
                                   {1, 1, 4.5, 0, 3.5, 1}});
    check_rows(&rows, 3, 2, (const double[][6]){{0, 0, 0, 0, 2, 1}, {0, 0, 0, 2, 4, exp(0.1)}});
    check_rows(
        &rows, 4, 3,
        (const double[][6]){{0, 0, 0, 0, 2, 1}, {0, 0, 0, 2, 4, exp(0.1)}, {1, 1, 4, 0, 6, 1}});
}

static void the_unexposed_may_stand_for_the_initiators(void **state)
{
    struct rwe_trials trials = make(&cohort, 0, 2, *state);
    struct rwe_trial_rows rows = cut(&trials, 1, true, *state);
    double p0 = 1 - exp(-0.1), p1 = 1 - exp(-0.4); /* exposed in [0, 2), in [4, 6) */
    check_rows(&rows, 0, 4,
               (const double[][6]){{0, 0, 0, 0, 2, p0},
                                   {0, 0, 0, 2, 4, p0 * exp(0.1)},
                                   {0, 0, 0, 4, 5, p0 * exp(0.3)},
                                   {1, 0, 4, 0, 1, p1 * exp(0.2)}});
    double twice = 1 - exp(-0.8);
    assert_close(rows.rows.weight[rows.rows.start[2] + 3], twice * exp(0.4), 1e-14);
    assert_close(rows.rows.weight[rows.rows.start[2] + 4], 1, 0);
}

static void truncation_is_of_censoring_weights_before_that(void **state)
{
    /* Of 13: 1 five times, e^.1 three times, e^.2 twice, e^.3, e^.4, e^.6; the seventh. */
    struct rwe_trials trials = make(&cohort, 0, 2, *state);
    struct rwe_trial_rows rows = cut(&trials, 0.5, false, *state);
    assert_close(rows.limit, exp(0.1), 1e-15);
    assert_int_equal(rows.n_truncated, 4);
    check_rows(&rows, 0, 3, /* two pieces of one weight are one */
               (const double[][6]){
                   {0, 0, 0, 0, 2, 1}, {0, 0, 0, 2, 5, exp(0.1)}, {1, 0, 4, 0, 1, exp(0.1)}});
    rows = cut(&trials, 0.5, true, *state);
    assert_close(rows.rows.weight[rows.rows.start[0] + 2], (1 - exp(-0.4)) * exp(0.1), 1e-14);
}

/* Death, where progression closes exposure: what begins later does not count, and a subject who has progressed
 * is not exposed any more. */
static void exposure_counts_before_it_is_closed_alone(void **state)
{
    static const double died[] = {12, 12, 12, 12, 12};
    static const uint8_t alive[] = {0, 0, 0, 1, 0};
    static const double late[] = {7, 1, 4.5, NAN, 4};
    struct rwe_endpoint both[] = {endpoint, endpoint};
    both[1].time = died;
    both[1].event = alive;
    both[1].order = subject;
    struct rwe_cohort of = cohort;
    of.endpoint = both;
    of.n_endpoints = 2;
    of.exposure_start = late;
    of.exposure_until = times;
    struct rwe_trials trials = make(&of, 1, 2, *state);
    assert_int_equal(trials.n_trials, 2);
    check_trial(&trials.trial[0], 0, (const size_t[]){5, 0, 1, 3, 1, 0});
    check_trial(&trials.trial[1], 4, (const size_t[]){3, 1, 2, 1, 0, 0});
    struct rwe_trial_rows rows = cut(&trials, 1, false, *state);
    check_rows(&rows, 3, 2, /* H stays at 0.1, where it was before 4 */
               (const double[][6]){{0, 0, 0, 0, 2, 1}, {0, 0, 0, 2, 12, exp(0.1)}});
}

static struct rwe_survival_data look(const struct rwe_cohort *of, enum rwe_design_strata strata,
                                     struct rwe_arena *arena)
{
    struct rwe_trials trials = make(of, 0, 2, arena);
    struct rwe_trial_rows *rows = RWE_NEW(arena, struct rwe_trial_rows, 1);
    struct rwe_survival_data data;
    const struct rwe_design_view view = {.strata = strata};
    *rows = cut(&trials, 1, false, arena);
    struct rwe_design design = {.name = "sequential", .by_endpoint = &rows->rows};
    assert_int_equal(rwe_design_complete(of, &design, arena, NULL), RWE_OK);
    assert_int_equal(design.n, N);
    assert_false(design.disjoint_arms);
    assert_int_equal(rwe_design_survival(of, &design, &of->endpoint[0], view, arena, &data, NULL),
                     RWE_OK);
    assert_int_equal(rwe_survival_data_check(&data, NULL), RWE_OK);
    return data;
}

static void survival_data_have_a_stratum_a_trial_and_a_cluster_a_subject(void **state)
{
    static const double times_of_events[2][3] = {{1, 4, 5}, {6, 8, 0}};
    struct rwe_survival_data data = look(&cohort, RWE_STRATA_DECLARED, *state);
    size_t n_events[2] = {0, 0}, of_second = 0;
    assert_int_equal(data.n, 16);
    assert_int_equal(data.n_strata, 2);
    assert_int_equal(data.n_clusters, N);
    assert_int_equal(rwe_survival_data_followups(&data),
                     5 + 2 + 3); /* both trials' and initiators */
    for (size_t k = 0; k < data.n; k++) {
        assert_int_equal(data.cluster[k], data.subject[k]);
        of_second += data.stratum[k] == 1;
        if (data.event[k])
            assert_close(data.time[k], times_of_events[data.group[k]][n_events[data.group[k]]++],
                         0);
    }
    assert_int_equal(n_events[0], 3);
    assert_int_equal(n_events[1], 2);
    assert_int_equal(of_second, 4);
    assert_null(look(&cohort, RWE_STRATA_NONE, *state).stratum);
}

static void trials_are_crossed_with_declared_strata_and_clusters(void **state)
{
    static const uint32_t site[] = {1, 0, 1, 0, 0};
    struct rwe_cohort of = cohort;
    of.stratum = of.cluster = site;
    of.n_strata = of.n_clusters = 2;
    struct rwe_survival_data data = look(&of, RWE_STRATA_DECLARED, *state);
    assert_int_equal(data.n_strata, 4);
    assert_int_equal(data.n_clusters, 2);
    size_t n[4] = {0};
    for (size_t k = 0; k < data.n; k++) {
        assert_int_equal(data.cluster[k], site[data.subject[k]]);
        assert_int_equal(data.stratum[k] % 2, site[data.subject[k]]);
        n[data.stratum[k]]++;
    }
    assert_int_equal(n[0], 2 + 2 + 2); /* from 0: subjects 1, 3, 4 */
    assert_int_equal(n[1], 3 + 3);     /* 0 and 2 */
    assert_int_equal(n[2], 1);         /* from 4: subject 4 */
    assert_int_equal(n[3], 1 + 2);
}

/* 5.1 − 4 and 1.1 differ in the last digit; a restarted clock must not make two times of them. */
static void times_that_clocks_bring_together_are_one(void **state)
{
    static const double ends[] = {5.1, 1.1, 8, 6, 10};
    static const double begins[] = {NAN, NAN, 4.5, 0, NAN};
    static const uint32_t by_time[] = {1, 0, 3, 2, 4};
    struct rwe_endpoint one = endpoint;
    struct rwe_cohort of = cohort;
    one.time = ends;
    one.order = by_time;
    of.endpoint = &one;
    of.exposure_start = begins;
    assert_true(ends[0] - 4 != ends[1]);
    struct rwe_survival_data data = look(&of, RWE_STRATA_NONE, *state);
    double seen = NAN;
    size_t n = 0;
    for (size_t k = 0; k < data.n; k++)
        if (fabs(data.time[k] - 1.1) < 1e-6) {
            assert_true(n++ == 0 || data.time[k] == seen);
            seen = data.time[k];
        }
    assert_int_equal(n, 2);
}

static void check_refused(const struct rwe_cohort *of, double interval, enum rwe_status status,
                          const char *says, struct rwe_arena *arena)
{
    struct rwe_trials trials;
    struct rwe_error error = {0};
    assert_int_equal(
        rwe_trials_make(of, of->endpoint, subject, N, interval, arena, &trials, &error), status);
    assert_non_null(strstr(error.message, says));
}

static void what_cannot_be_is_refused(void **state)
{
    struct rwe_cohort of = cohort;
    check_refused(&cohort, -1, RWE_BAD_INPUT, "interval", *state);
    check_refused(&cohort, NAN, RWE_BAD_INPUT, "interval", *state);
    check_refused(&cohort, 1e-4, RWE_BAD_INPUT, "10000 trials", *state);
    of.exposure_start = NULL;
    check_refused(&of, 1, RWE_USAGE, "--exposure-start", *state);
    of = cohort;
    of.n_arms = 3;
    check_refused(&of, 1, RWE_USAGE, "--treated", *state);
    of = cohort;
    of.entry = times;
    check_refused(&of, 1, RWE_USAGE, "--entry", *state);
}

static void options_out_of_range_and_weights_without_end_are_refused(void **state)
{
    static const struct rwe_trial_options bad[] = {{0, 1, true},    {-1, 1, true}, {NAN, 1, true},
                                                   {1e-9, 1, true}, {1, 0, true},  {1, 1.1, true}};
    struct rwe_trials trials = make(&cohort, 0, 2, *state);
    struct rwe_trial_options options = rwe_trial_options_default();
    struct rwe_trial_rows rows;
    struct rwe_error error = {0};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(rwe_trials_rows(&cohort, &trials, &weights, &bad[i], *state, &rows, NULL),
                         RWE_BAD_INPUT);
    static const double certain[] = {1, 1, 1e5, 1, 1}, never[] = {1, 1, 1, 0, 1};
    struct rwe_clone_weights extreme = weights;
    options.truncate = 1;
    extreme.risk = certain;
    assert_int_equal(rwe_trials_rows(&cohort, &trials, &extreme, &options, *state, &rows, &error),
                     RWE_NOT_FINITE);
    assert_int_equal(error.index, 2);
    extreme.risk = never;
    assert_int_equal(rwe_trials_rows(&cohort, &trials, &extreme, &options, *state, &rows, &error),
                     RWE_NOT_FINITE);
    assert_int_equal(error.index, 3);
}

static void a_step_that_would_fill_the_memory_is_refused(void **state)
{
    struct rwe_trials trials = make(&cohort, 0, 1e-3, *state);
    const struct rwe_trial_options options = {1.3e-6, 1, true};
    struct rwe_trial_rows rows;
    struct rwe_error error = {0};
    assert_int_equal(rwe_trials_rows(&cohort, &trials, &weights, &options, *state, &rows, &error),
                     RWE_BAD_INPUT);
    assert_non_null(strstr(error.message, "10000000 pieces"));
}

static void where_nobody_is_exposed_there_is_no_trial(void **state)
{
    static const double nobody[] = {NAN, NAN, 8, NAN, 11};
    struct rwe_cohort of = cohort;
    of.exposure_start = nobody;
    struct rwe_trials trials = make(&of, 0, 2, *state);
    assert_int_equal(trials.n_trials, 0);
    assert_int_equal(trials.n_initiators, 0);
    assert_true(isinf(trials.last_exposure));
}

/* Everybody drawn twice. */
static uint32_t twice[2 * N], drawn[2 * N], arm_of_both[2 * N], order_of_both[2 * N];
static double times_of_both[2 * N], start_of_both[2 * N], risk_of_both[2 * N];
static uint8_t event_of_both[2 * N];

static struct rwe_design_rows rows_of_both(const uint32_t source[], struct rwe_arena *arena)
{
    struct rwe_endpoint both = endpoint;
    struct rwe_cohort doubled = cohort;
    struct rwe_clone_weights of_both = weights;
    const struct rwe_cohort *of = &doubled;
    both.time = times_of_both;
    both.event = event_of_both;
    both.order = order_of_both;
    doubled.n = 2 * N;
    doubled.arm = arm_of_both;
    doubled.endpoint = &both;
    doubled.exposure_start = start_of_both;
    doubled.source = source;
    of_both.risk = risk_of_both;
    struct rwe_trials trials;
    struct rwe_trial_rows rows;
    const struct rwe_trial_options options = {2, 1, true};
    assert_int_equal(rwe_trials_make(of, of->endpoint, twice, 2 * N, 2, arena, &trials, NULL),
                     RWE_OK);
    assert_int_equal(rwe_trials_rows(of, &trials, &of_both, &options, arena, &rows, NULL), RWE_OK);
    return rows.rows;
}

static void who_is_drawn_twice_has_the_same_rows_twice(void **state)
{
    for (uint32_t k = 0; k < 2 * N; k++) {
        twice[k] = k;
        drawn[k] = k / 2;
        arm_of_both[k] = arm[k / 2];
        times_of_both[k] = times[k / 2];
        event_of_both[k] = event[k / 2];
        start_of_both[k] = start[k / 2];
        risk_of_both[k] = risk[k / 2];
        order_of_both[k] = 2 * order[k / 2] + k % 2;
    }
    struct rwe_design_rows cut = rows_of_both(NULL, *state), taken = rows_of_both(drawn, *state);
    size_t n = cut.start[2 * N];
    assert_memory_equal(taken.start, cut.start, (2 * N + 1) * sizeof *cut.start);
    assert_memory_equal(taken.weight, cut.weight, n * sizeof *cut.weight);
    assert_memory_equal(taken.from, cut.from, n * sizeof *cut.from);
    assert_memory_equal(taken.until, cut.until, n * sizeof *cut.until);
    assert_memory_equal(taken.arm, cut.arm, n * sizeof *cut.arm);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(who_is_drawn_twice_has_the_same_rows_twice),
        TEST(who_is_eligible_initiates_leaves_and_fails_by_hand),
        TEST(trials_may_begin_where_exposure_does),
        TEST(follow_ups_have_clocks_of_their_own_and_weights_by_hand),
        TEST(the_unexposed_may_stand_for_the_initiators),
        TEST(truncation_is_of_censoring_weights_before_that),
        TEST(exposure_counts_before_it_is_closed_alone),
        TEST(survival_data_have_a_stratum_a_trial_and_a_cluster_a_subject),
        TEST(trials_are_crossed_with_declared_strata_and_clusters),
        TEST(times_that_clocks_bring_together_are_one),
        TEST(what_cannot_be_is_refused),
        TEST(options_out_of_range_and_weights_without_end_are_refused),
        TEST(a_step_that_would_fill_the_memory_is_refused),
        TEST(where_nobody_is_exposed_there_is_no_trial),
    };
    return cmocka_run_group_tests_name("sequential", tests, check_setup_gsl, NULL);
}
