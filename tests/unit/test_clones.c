/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include "rwe/data/clones.h"
#include "rwe/stats/km.h"

#include <math.h>
#include <string.h>

/* Seven subjects by hand; grace 4, weights change every 2.
 *
 *      time            exposed   none by 4: arm 0          by 4: arm 1
 *   0     3 event      never     event at 3                event at 3
 *   1    10 event      from 1    leaves at 1               event at 10
 *   2     8 censored   never     censored at 8             leaves at 4
 *   3     4 event      never     event at 4: at the end of grace, before clones leave
 *   4     9 event      from 6    event at 9                leaves at 4
 *   5     5 event      from 5    event at 5: came first    leaves at 4
 *   6     7 censored   from 4    leaves at 4               censored at 7: in time
 */
enum { N = 7 };
static const double times[] = {3, 10, 8, 4, 9, 5, 7};
static const uint8_t event[] = {1, 1, 0, 1, 1, 1, 0};
static const uint32_t order[] = {0, 3, 5, 6, 2, 4, 1}, arm[] = {0, 1, 0, 0, 1, 1, 1};
static const double start[] = {NAN, 1, NAN, NAN, 6, 5, 4};
static const uint32_t subject[] = {0, 1, 2, 3, 4, 5, 6};
static const uint32_t site[] = {1, 0, 1, 0, 0, 1, 1};
static const struct rwe_endpoint endpoint = {
    .name = "pfs", .time = times, .event = event, .order = order, .n_events = 5, .n_causes = 1};
static const struct rwe_cohort cohort = {
    .n = N,
    .arm = arm,
    .n_arms = 2,
    .endpoint = &endpoint,
    .n_endpoints = 1,
    .exposure_start = start,
};

/* H jumps at 1 and at the end of grace; subject 2 has twice the hazard of the others. */
static const double jump[] = {1, 4}, hazard[] = {0.2, 0.5};
static const double risk[] = {1, 1, 2, 1, 1, 1, 1}, late[] = {1, 2.5, 1, 1, 1, 1, 3};
static const struct rwe_clone_weights weights = {
    .n_times = 2, .time = jump, .hazard = hazard, .risk = risk, .late = late};

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

static struct rwe_clones make(struct rwe_arena *arena)
{
    struct rwe_clones clones;
    assert_int_equal(rwe_clones_make(&cohort, &endpoint, subject, N, 4, arena, &clones, NULL),
                     RWE_OK);
    return clones;
}

static struct rwe_clone_rows cut(struct rwe_arena *arena, double truncate)
{
    struct rwe_clones clones = make(arena);
    struct rwe_clone_rows rows;
    const struct rwe_clone_options options = {.step = 2, .truncate = truncate};
    assert_int_equal(rwe_clones_rows(&cohort, &clones, &weights, &options, arena, &rows, NULL),
                     RWE_OK);
    return rows;
}

static void clones_leave_when_their_subject_departs(void **state)
{
    struct rwe_clones clones = make(*state);
    static const double end0[] = {3, 1, 8, 4, 9, 5, 4}, end1[] = {3, 10, 4, 4, 4, 4, 7};
    static const uint8_t left0[] = {0, 1, 0, 0, 0, 0, 1}, left1[] = {0, 0, 1, 0, 1, 1, 0};
    static const uint8_t beyond[] = {0, 1, 1, 0, 1, 1, 1};
    assert_memory_equal(clones.end[0], end0, sizeof end0);
    assert_memory_equal(clones.end[1], end1, sizeof end1);
    assert_memory_equal(clones.left[0], left0, sizeof left0);
    assert_memory_equal(clones.left[1], left1, sizeof left1);
    assert_memory_equal(clones.exposed, left0, sizeof left0);
    assert_memory_equal(clones.beyond, beyond, sizeof beyond);
    assert_int_equal(clones.n_left[0], 2);
    assert_int_equal(clones.n_left[1], 3);
    assert_int_equal(clones.n_exposed, 2);
    assert_close(clones.last_exposure, 4, 0);
}

static void check_rows(const struct rwe_clone_rows *rows, size_t i, size_t n,
                       const double expected[][4])
{
    const struct rwe_design_rows *r = &rows->rows;
    assert_int_equal(r->start[i + 1] - r->start[i], n);
    for (size_t k = 0; k < n; k++) {
        size_t at = r->start[i] + k;
        assert_int_equal(r->arm[at], expected[k][0]);
        assert_close(r->from[at], expected[k][1], 0);
        assert_close(r->until[at], expected[k][2], 0);
        assert_close(r->weight[at], expected[k][3], 1e-15);
    }
}

static void weights_change_on_the_grid_and_pieces_of_one_weight_are_one(void **state)
{
    struct rwe_clone_rows rows = cut(*state, 1);
    assert_int_equal(rows.n, 25);
    assert_int_equal(rows.n_pieces, 32);
    assert_true(isinf(rows.limit));
    check_rows(&rows, 0, 3, (const double[][4]){{0, 0, 2, 1}, {0, 2, 3, exp(0.2)}, {1, 0, 3, 1}});
    check_rows(&rows, 1, 3, (const double[][4]){{0, 0, 1, 1}, {1, 0, 4, 1}, {1, 4, 10, 2.5}});
    check_rows(
        &rows, 2, 4,
        (const double[][4]){{0, 0, 2, 1}, {0, 2, 4, exp(0.4)}, {0, 4, 8, exp(1)}, {1, 0, 4, 1}});
    check_rows(&rows, 6, 4,
               (const double[][4]){{0, 0, 2, 1}, {0, 2, 4, exp(0.2)}, {1, 0, 4, 1}, {1, 4, 7, 3}});
}

/* The same subjects, who progress before they die, with exposure closed at progression:
 *
 *      closed        none by 4: arm 0          by 4: arm 1
 *   0  at 1          event at 3                event at 3: kept to both, H stays at that of 1
 *   1  never         leaves at 1               event at 10
 *   2  at 3          censored at 8, H of 3     censored at 8: could not begin at 4, weight 1
 *   4  at 5          event at 9, H of 4        leaves at 4: it could have begun
 *   6  at 4          censored at 7             censored at 7: its start at 4 is too late
 */
static void who_can_no_longer_begin_keeps_to_both_strategies(void **state)
{
    static const double until[] = {1, INFINITY, 3, INFINITY, 5, INFINITY, 4};
    static const double end0[] = {3, 1, 8, 4, 9, 5, 7}, end1[] = {3, 10, 8, 4, 4, 4, 7};
    static const uint8_t left0[] = {0, 1, 0, 0, 0, 0, 0}, left1[] = {0, 0, 0, 0, 1, 1, 0};
    static const uint8_t beyond[] = {0, 1, 0, 0, 1, 1, 0};
    struct rwe_cohort closing = cohort;
    closing.exposure_until = until;
    struct rwe_clones clones;
    struct rwe_clone_rows rows;
    const struct rwe_clone_options options = {.step = 2, .truncate = 1};
    assert_int_equal(rwe_clones_make(&closing, &endpoint, subject, N, 4, *state, &clones, NULL),
                     RWE_OK);
    assert_memory_equal(clones.end[0], end0, sizeof end0);
    assert_memory_equal(clones.end[1], end1, sizeof end1);
    assert_memory_equal(clones.left[0], left0, sizeof left0);
    assert_memory_equal(clones.left[1], left1, sizeof left1);
    assert_memory_equal(clones.beyond, beyond, sizeof beyond);
    assert_int_equal(clones.n_exposed, 1);
    static const double late_of[] = {1, 2.5, 1, 1, 1, 1, 1};
    struct rwe_clone_weights of = weights;
    of.late = late_of;
    assert_int_equal(rwe_clones_rows(&closing, &clones, &of, &options, *state, &rows, NULL),
                     RWE_OK);
    /* H is 0.2 from 1 on and 0.5 at 4; where somebody progresses it lies on the line from 0 to 2, 2 to 4. */
    check_rows(&rows, 0, 3, (const double[][4]){{0, 0, 2, 1}, {0, 2, 3, exp(0.1)}, {1, 0, 3, 1}});
    check_rows(
        &rows, 2, 4,
        (const double[][4]){{0, 0, 2, 1}, {0, 2, 4, exp(0.4)}, {0, 4, 8, exp(0.7)}, {1, 0, 8, 1}});
    check_rows(
        &rows, 4, 4,
        (const double[][4]){{0, 0, 2, 1}, {0, 2, 4, exp(0.2)}, {0, 4, 9, exp(0.5)}, {1, 0, 4, 1}});
}

static void truncation_is_at_the_quantile_of_all_pieces(void **state)
{
    /* 32 weights: 21 of 1, 5 of e^.2, e^.4, e^.5, e^.5, 2.5, e, 3; (32 − 1) 0.9 = 27.9 lies between
     * the two e^.5. */
    struct rwe_clone_rows rows = cut(*state, 0.9);
    assert_close(rows.limit, exp(0.5), 1e-15);
    assert_int_equal(rows.n_truncated[0], 1);
    assert_int_equal(rows.n_truncated[1], 2);
    check_rows(&rows, 1, 3, (const double[][4]){{0, 0, 1, 1}, {1, 0, 4, 1}, {1, 4, 10, exp(0.5)}});
    /* (32 − 1) 0.96 = 29.76, between 2.5 and e */
    assert_close(cut(*state, 0.96).limit, 0.24 * 2.5 + 0.76 * exp(1), 1e-15);
}

static struct rwe_design design_of(const struct rwe_clone_rows *rows, struct rwe_arena *arena)
{
    struct rwe_design design = {.name = "ccw-4", .by_endpoint = &rows->rows};
    assert_int_equal(rwe_design_complete(&cohort, &design, arena, NULL), RWE_OK);
    return design;
}

static void both_arms_of_the_design_hold_everybody(void **state)
{
    struct rwe_clone_rows rows = cut(*state, 1);
    struct rwe_design design = design_of(&rows, *state);
    assert_false(design.disjoint_arms);
    assert_int_equal(design.n, N);
    assert_int_equal(design.arm_size[0], N);
    assert_int_equal(design.arm_size[1], N);
    struct rwe_design all;
    rwe_design_all(&cohort, *state, &all, NULL);
    assert_true(all.disjoint_arms);
}

static void survival_data_are_pieces_clustered_by_subject(void **state)
{
    struct rwe_clone_rows rows = cut(*state, 1);
    struct rwe_design design = design_of(&rows, *state);
    struct rwe_survival_data data;
    assert_int_equal(rwe_design_survival(&cohort, &design, &endpoint, (struct rwe_design_view){0},
                                         *state, &data, NULL),
                     RWE_OK);
    assert_int_equal(rwe_survival_data_check(&data, NULL), RWE_OK);
    assert_int_equal(data.n, 25);
    assert_int_equal(rwe_survival_data_followups(&data), 2 * N);
    assert_int_equal(data.n_clusters, N);
    size_t n_events[2] = {0, 0}, n_goes_on = 0;
    for (size_t k = 0; k < data.n; k++) {
        assert_int_equal(data.cluster[k], data.subject[k]);
        n_events[data.group[k]] += data.event[k];
        n_goes_on += (data.piece[k] & RWE_PIECE_GOES_ON) != 0;
        if (data.event[k])
            assert_close(data.time[k], times[data.subject[k]], 0);
    }
    assert_int_equal(n_events[0], 4); /* 0, 3, 4, 5 */
    assert_int_equal(n_events[1], 3); /* 0, 1, 3 */
    assert_int_equal(n_goes_on, 25 - 2 * N);
    struct rwe_cohort clustered = cohort;
    clustered.cluster = clustered.stratum = site;
    clustered.n_clusters = clustered.n_strata = 2;
    rwe_design_survival(&clustered, &design, &endpoint,
                        (struct rwe_design_view){.strata = RWE_STRATA_DECLARED}, *state, &data,
                        NULL);
    assert_int_equal(data.n_clusters, 2);
    for (size_t k = 0; k < data.n; k++) {
        assert_int_equal(data.cluster[k], site[data.subject[k]]);
        assert_int_equal(data.stratum[k], site[data.subject[k]]);
    }
}

static void curves_are_those_by_hand(void **state)
{
    struct rwe_clone_rows rows = cut(*state, 1);
    struct rwe_design design = design_of(&rows, *state);
    struct rwe_km_options options = rwe_km_options_default();
    struct rwe_survival_data data;
    struct rwe_event_table table;
    struct rwe_km_curve curve[2];
    rwe_design_survival(&cohort, &design, &endpoint, (struct rwe_design_view){0}, *state, &data,
                        NULL);
    assert_int_equal(rwe_event_table_build(&data, *state, &table, NULL), RWE_OK);
    for (size_t a = 0; a < 2; a++)
        assert_int_equal(rwe_km_fit(&table, a, &options, *state, &curve[a], NULL), RWE_OK);
    double b = exp(0.2), c = exp(0.4), d = exp(0.5), e = exp(1);
    double at3 = 1 - b / (5 * b + c), at4 = at3 * (1 - b / (4 * b + c)),
           at5 = at4 * (1 - d / (2 * d + e));
    assert_close(rwe_km_at(&curve[0], 3).survival, at3, 1e-14);
    assert_close(rwe_km_at(&curve[0], 4).survival, at4, 1e-14);
    assert_close(rwe_km_at(&curve[0], 5).survival, at5, 1e-14);
    assert_close(rwe_km_at(&curve[0], 9).survival, 0, 1e-14);
    assert_close(rwe_km_at(&curve[1], 3).survival, 6. / 7, 1e-14);
    assert_close(rwe_km_at(&curve[1], 4).survival, 5. / 7, 1e-14);
    assert_close(rwe_km_at(&curve[1], 8).at_risk, 2.5, 1e-14);
    double censored[2] = {0, 0};
    for (size_t a = 0; a < 2; a++) {
        assert_close(curve[a].n, N, 1e-14);
        for (size_t p = 0; p < curve[a].n_points; p++)
            censored[a] += curve[a].censored[p];
    }
    assert_close(censored[0], 1 + b + e, 1e-14); /* 1 at 1, 6 at 4, 2 at 8; no end of a piece */
    assert_close(censored[1], 3 + 3, 1e-14);     /* three leave at 4, 6 at 7 */
}

/* Subjects 0 and 3 drawn several times: merged rows hold as much weight at each time, in fewer rows, and
 * each event keeps its own. */
static void copies_of_a_subject_merge_where_nothing_happens(void **state)
{
    enum { M = 10 };
    static const uint32_t drawn[M] = {0, 0, 1, 2, 3, 3, 3, 4, 5, 6};
    static const uint32_t all[M] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
    double time_of[M], start_of[M], risk_of[M], late_of[M];
    uint8_t event_of[M];
    uint32_t arm_of[M];
    for (size_t k = 0; k < M; k++) {
        time_of[k] = times[drawn[k]];
        start_of[k] = start[drawn[k]];
        risk_of[k] = risk[drawn[k]];
        late_of[k] = late[drawn[k]];
        event_of[k] = event[drawn[k]];
        arm_of[k] = arm[drawn[k]];
    }
    const struct rwe_endpoint e = {
        .name = "pfs", .time = time_of, .event = event_of, .n_causes = 1};
    struct rwe_cohort c = cohort;
    c.n = M;
    c.arm = arm_of;
    c.endpoint = &e;
    c.exposure_start = start_of;
    c.source = drawn;
    const struct rwe_clone_weights w = {
        .n_times = 2, .time = jump, .hazard = hazard, .risk = risk_of, .late = late_of};
    const struct rwe_clone_options options = {.step = 2, .truncate = 1};
    struct rwe_clones clones;
    struct rwe_clone_rows rows;
    rwe_clones_make(&c, &e, all, M, 4, *state, &clones, NULL);
    assert_int_equal(rwe_clones_rows(&c, &clones, &w, &options, *state, &rows, NULL), RWE_OK);
    struct rwe_design design = {.name = "ccw-4", .by_endpoint = &rows.rows};
    assert_int_equal(rwe_design_complete(&c, &design, *state, NULL), RWE_OK);
    struct rwe_survival_data data[2];
    struct rwe_event_table table[2];
    size_t n_events[2] = {0, 0};
    for (int merged = 0; merged < 2; merged++) {
        design.merge_copies = merged;
        rwe_design_survival(&c, &design, &e, (struct rwe_design_view){0}, *state, &data[merged],
                            NULL);
        assert_int_equal(rwe_event_table_build(&data[merged], *state, &table[merged], NULL),
                         RWE_OK);
        for (size_t k = 0; k < data[merged].n; k++)
            n_events[merged] += data[merged].event[k];
    }
    assert_true(data[1].n < data[0].n);
    assert_int_equal(n_events[1], n_events[0]);
    assert_int_equal(table[1].n_rows, table[0].n_rows);
    for (size_t cell = 0; cell < 2 * table[0].n_rows; cell++) {
        assert_close(table[1].at_risk[cell], table[0].at_risk[cell], 1e-14);
        assert_close(table[1].events[cell], table[0].events[cell], 1e-14);
        assert_close(table[1].censored[cell], table[0].censored[cell], 1e-14);
    }
}

static void exposed_from_the_start_has_no_clone_without(void **state)
{
    static const double at_once[] = {NAN, 0, NAN, NAN, 6, 5, -1};
    struct rwe_cohort early = cohort;
    struct rwe_clones clones;
    struct rwe_clone_rows rows;
    const struct rwe_clone_options options = {.step = 2, .truncate = 1};
    early.exposure_start = at_once;
    rwe_clones_make(&early, &endpoint, subject, N, 4, *state, &clones, NULL);
    assert_int_equal(rwe_clones_rows(&early, &clones, &weights, &options, *state, &rows, NULL),
                     RWE_OK);
    check_rows(&rows, 1, 2, (const double[][4]){{1, 0, 4, 1}, {1, 4, 10, 2.5}});
    check_rows(&rows, 6, 2, (const double[][4]){{1, 0, 4, 1}, {1, 4, 7, 3}});
}

static void who_is_not_listed_has_no_rows(void **state)
{
    static const uint32_t some[] = {1, 4};
    static const double two[] = {1, 1};
    struct rwe_clones clones;
    struct rwe_clone_rows rows;
    const struct rwe_clone_options options = {.step = 2, .truncate = 1};
    const struct rwe_clone_weights of = {
        .n_times = 2, .time = jump, .hazard = hazard, .risk = two, .late = two};
    rwe_clones_make(&cohort, &endpoint, some, 2, 4, *state, &clones, NULL);
    rwe_clones_rows(&cohort, &clones, &of, &options, *state, &rows, NULL);
    struct rwe_design design = design_of(&rows, *state);
    static const uint8_t expected[] = {0, 1, 0, 0, 1, 0, 0};
    assert_memory_equal(design.member, expected, sizeof expected);
    assert_int_equal(rows.rows.start[N], rows.n);
}

static void what_cannot_be_cloned_is_refused(void **state)
{
    struct rwe_clones clones;
    struct rwe_error error = {0};
    struct rwe_cohort other = cohort;
    other.exposure_start = NULL;
    assert_int_equal(rwe_clones_make(&other, &endpoint, subject, N, 4, *state, &clones, &error),
                     RWE_USAGE);
    assert_non_null(strstr(error.message, "--exposure-start"));
    other = cohort;
    other.n_arms = 3;
    assert_int_equal(rwe_clones_make(&other, &endpoint, subject, N, 4, *state, &clones, &error),
                     RWE_USAGE);
    other = cohort;
    other.entry = late;
    assert_int_equal(rwe_clones_make(&other, &endpoint, subject, N, 4, *state, &clones, &error),
                     RWE_USAGE);
    assert_non_null(strstr(error.message, "--entry"));
    const double bad[] = {0, -1, NAN, INFINITY};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(
            rwe_clones_make(&cohort, &endpoint, subject, N, bad[i], *state, &clones, &error),
            RWE_BAD_INPUT);
}

static void options_out_of_range_and_endless_weights_are_refused(void **state)
{
    struct rwe_clones clones = make(*state);
    struct rwe_clone_rows rows;
    struct rwe_error error = {0};
    const struct rwe_clone_options bad[] = {{0, 0.99}, {-1, 0.99}, {2, 0}, {2, 1.1}, {2, NAN}};
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(
            rwe_clones_rows(&cohort, &clones, &weights, &bad[i], *state, &rows, &error),
            RWE_BAD_INPUT);
    static const double huge[] = {1, 1, 1e4, 1, 1, 1, 1};
    struct rwe_clone_weights endless = weights;
    endless.risk = huge;
    struct rwe_clone_options options = {.step = 2, .truncate = 1};
    assert_int_equal(rwe_clones_rows(&cohort, &clones, &endless, &options, *state, &rows, &error),
                     RWE_NOT_FINITE);
    assert_int_equal(error.index, 2);
    options.truncate = 0.9;
    assert_int_equal(rwe_clones_rows(&cohort, &clones, &endless, &options, *state, &rows, &error),
                     RWE_OK);
}

/* Everybody drawn twice. */
static uint32_t twice[2 * N], drawn[2 * N], arm_of_both[2 * N], order_of_both[2 * N];
static double times_of_both[2 * N], start_of_both[2 * N], risk_of_both[2 * N], late_of_both[2 * N];
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
    of_both.late = late_of_both;
    struct rwe_clones clones;
    struct rwe_clone_rows rows;
    const struct rwe_clone_options options = rwe_clone_options_default();
    assert_int_equal(rwe_clones_make(of, of->endpoint, twice, 2 * N, 4, arena, &clones, NULL),
                     RWE_OK);
    assert_int_equal(rwe_clones_rows(of, &clones, &of_both, &options, arena, &rows, NULL), RWE_OK);
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
        late_of_both[k] = late[k / 2];
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(who_is_drawn_twice_has_the_same_rows_twice, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(clones_leave_when_their_subject_departs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(weights_change_on_the_grid_and_pieces_of_one_weight_are_one,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_can_no_longer_begin_keeps_to_both_strategies, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(truncation_is_at_the_quantile_of_all_pieces, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(both_arms_of_the_design_hold_everybody, set_up, tear_down),
        cmocka_unit_test_setup_teardown(survival_data_are_pieces_clustered_by_subject, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(curves_are_those_by_hand, set_up, tear_down),
        cmocka_unit_test_setup_teardown(copies_of_a_subject_merge_where_nothing_happens, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(exposed_from_the_start_has_no_clone_without, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(who_is_not_listed_has_no_rows, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_cannot_be_cloned_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(options_out_of_range_and_endless_weights_are_refused,
                                        set_up, tear_down),
    };
    return cmocka_run_group_tests_name("clones", tests, check_setup_gsl, NULL);
}
