/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include "rwe/data/design.h"
#include <string.h>

/* Six subjects by hand: times 4 2 9 2 7 1, so the order is 5 1 3 0 4 2. */
static const uint32_t arm[] = {0, 0, 0, 1, 1, 1}, order[] = {5, 1, 3, 0, 4, 2};
static const uint32_t stratum[] = {1, 0, 1, 0, 0, 1}, cluster[] = {0, 0, 1, 1, 2, 2};
static const double times[] = {4, 2, 9, 2, 7, 1};
static const uint8_t event[] = {1, 0, 1, 1, 0, 1};
static const size_t arm_size[] = {3, 3};
static const uint32_t set[] = {1, RWE_NO_SET, 0, 1, RWE_NO_SET, 0};
static const struct rwe_endpoint endpoint = {
    .name = "os", .time = times, .event = event, .order = order, .n_events = 4};
static const struct rwe_cohort cohort = {
    .n = 6,
    .arm = arm,
    .n_arms = 2,
    .arm_size = arm_size,
    .endpoint = &endpoint,
    .n_endpoints = 1,
    .stratum = stratum,
    .n_strata = 2,
    .cluster = cluster,
    .n_clusters = 3,
};

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

static void the_whole_cohort_holds_everybody(void **state)
{
    struct rwe_design all;
    assert_int_equal(rwe_design_all(&cohort, *state, &all, NULL), RWE_OK);
    assert_string_equal(all.name, "all");
    assert_int_equal(all.n, 6);
    assert_int_equal(all.arm_size[0], 3);
    assert_int_equal(all.arm_size[1], 3);
    assert_null(all.set);
    for (int i = 0; i < 6; i++)
        assert_int_equal(all.member[i], 1);
}

static void only_pairs_are_matched(void **state)
{
    struct rwe_design matched;
    static const uint8_t expected[] = {1, 0, 1, 1, 0, 1};
    matched = (struct rwe_design){.name = "matched", .set = set, .n_sets = 2, .paired = true};
    assert_int_equal(rwe_design_complete(&cohort, &matched, *state, NULL), RWE_OK);
    assert_string_equal(matched.name, "matched");
    assert_int_equal(matched.n, 4);
    assert_int_equal(matched.arm_size[0], 2);
    assert_int_equal(matched.arm_size[1], 2);
    assert_memory_equal(matched.member, expected, 6);
}

static void survival_data_ascend_in_time_with_declared_strata_and_clusters(void **state)
{
    struct rwe_design all;
    struct rwe_survival_data data;
    rwe_design_all(&cohort, *state, &all, NULL);
    assert_int_equal(rwe_design_survival(&cohort, &all, &endpoint,
                                         (struct rwe_design_view){.strata = RWE_STRATA_DECLARED},
                                         *state, &data, NULL),
                     RWE_OK);
    assert_int_equal(data.n, 6);
    assert_int_equal(data.n_groups, 2);
    assert_int_equal(data.n_strata, 2);
    assert_int_equal(data.n_clusters, 3);
    for (int k = 0; k < 6; k++) {
        assert_close(data.time[k], times[order[k]], 0);
        assert_int_equal(data.event[k], event[order[k]]);
        assert_int_equal(data.group[k], arm[order[k]]);
        assert_int_equal(data.stratum[k], stratum[order[k]]);
        assert_int_equal(data.cluster[k], cluster[order[k]]);
    }
}

static void without_strata_there_is_one(void **state)
{
    struct rwe_design all;
    struct rwe_survival_data data;
    rwe_design_all(&cohort, *state, &all, NULL);
    rwe_design_survival(&cohort, &all, &endpoint,
                        (struct rwe_design_view){.strata = RWE_STRATA_NONE}, *state, &data, NULL);
    assert_null(data.stratum);
    assert_int_equal(data.n_strata, 1);
    struct rwe_cohort plain = cohort;
    plain.stratum = plain.cluster = NULL;
    rwe_design_survival(&plain, &all, &endpoint,
                        (struct rwe_design_view){.strata = RWE_STRATA_DECLARED}, *state, &data,
                        NULL);
    assert_null(data.stratum);
    assert_int_equal(data.n_strata, 1);
    assert_null(data.cluster);
    assert_int_equal(data.n_clusters, 0);
}

static void pairs_are_the_clusters_and_can_be_the_strata(void **state)
{
    struct rwe_design matched;
    struct rwe_survival_data data;
    static const uint32_t expected_pair[] = {0, 1, 1, 0};
    static const double expected_time[] = {1, 2, 4, 9};
    matched = (struct rwe_design){.name = "matched", .set = set, .n_sets = 2, .paired = true};
    rwe_design_complete(&cohort, &matched, *state, NULL);
    rwe_design_survival(&cohort, &matched, &endpoint,
                        (struct rwe_design_view){.strata = RWE_STRATA_SETS}, *state, &data, NULL);
    assert_int_equal(data.n, 4);
    assert_int_equal(data.n_strata, 2);
    assert_int_equal(data.n_clusters, 2);
    assert_memory_equal(data.cluster, expected_pair, sizeof expected_pair);
    assert_memory_equal(data.stratum, expected_pair, sizeof expected_pair);
    assert_memory_equal(data.time, expected_time, sizeof expected_time);
}

static void a_narrowed_design_keeps_its_sets_and_counts_who_is_left(void **state)
{
    struct rwe_design matched, narrowed;
    struct rwe_survival_data data;
    static const uint8_t keep[] = {1, 1, 0, 1, 1, 1}, expected[] = {1, 0, 0, 1, 0, 1};
    static const uint32_t expected_pair[] = {0, 1, 1};
    matched = (struct rwe_design){.name = "matched", .set = set, .n_sets = 2, .paired = true};
    rwe_design_complete(&cohort, &matched, *state, NULL);
    assert_int_equal(rwe_design_narrow(&cohort, &matched, keep, *state, &narrowed), RWE_OK);
    assert_int_equal(narrowed.n, 3);
    assert_int_equal(narrowed.arm_size[0], 1);
    assert_int_equal(narrowed.arm_size[1], 2);
    assert_memory_equal(narrowed.member, expected, sizeof expected);
    assert_int_equal(matched.n, 4);
    rwe_design_survival(&cohort, &narrowed, &endpoint,
                        (struct rwe_design_view){.strata = RWE_STRATA_DECLARED}, *state, &data,
                        NULL);
    assert_int_equal(data.n, 3);
    assert_memory_equal(data.cluster, expected_pair, sizeof expected_pair);
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FRESH(the_whole_cohort_holds_everybody),
        FRESH(only_pairs_are_matched),
        FRESH(survival_data_ascend_in_time_with_declared_strata_and_clusters),
        FRESH(without_strata_there_is_one),
        FRESH(pairs_are_the_clusters_and_can_be_the_strata),
        FRESH(a_narrowed_design_keeps_its_sets_and_counts_who_is_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
