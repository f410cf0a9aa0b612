/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include "rwe/base/rng.h"
#include "rwe/data/resample.h"
#include <math.h>
#include <string.h>

enum { N = 6, SEED = 11 };

/* Six subjects in three clusters; c and e have the same time; nobody has the level "never". */
static const uint32_t arm[] = {0, 1, 0, 1, 1, 0}, row[] = {5, 4, 3, 2, 1, 0};
static const uint32_t cluster[] = {0, 0, 1, 2, 2, 2}, stratum[] = {0, 1, 0, 1, 0, 1};
static const char *id[] = {"a", "b", "c", "d", "e", "f"};
static const double id_value[N] = {0}, entry[] = {0, 0, 1, 1, 0, 0};
static const double time_of[] = {4, 1, 3, 9, 3, 7}, age[] = {40, 50, NAN, 60, 70, 80};
static const uint8_t event[] = {1, 0, 2, 1, 1, 0};
static const uint32_t order[] = {1, 2, 4, 0, 5, 3};
static const int32_t size_code[] = {0, 1, 1, -1, 0, 1};
static const size_t arm_size[] = {3, 3};
static const char *const levels[] = {"small", "large", "never"};
static const char *const causes[] = {"1", "2"};
static const struct rwe_variable covariates[] = {
    {.name = "age", .number = age, .n_missing = 1},
    {.name = "size",
     .categorical = true,
     .code = size_code,
     .level = levels,
     .n_levels = 3,
     .n_missing = 1},
};
static const struct rwe_endpoint endpoints[] = {{.name = "os",
                                                 .time = time_of,
                                                 .event = event,
                                                 .order = order,
                                                 .n_events = 4,
                                                 .n_causes = 2,
                                                 .cause_name = causes}};

static struct rwe_cohort cohort_of_six(void)
{
    return (struct rwe_cohort){
        .n = N,
        .n_rows = N,
        .row = row,
        .id = id,
        .id_value = id_value,
        .arm = arm,
        .n_arms = 2,
        .arm_size = arm_size,
        .covariate = covariates,
        .n_covariates = 2,
        .endpoint = endpoints,
        .n_endpoints = 1,
        .stratum = stratum,
        .n_strata = 2,
        .entry = entry,
    };
}

static const struct rwe_cohort *draw(const struct rwe_cohort *cohort, uint64_t replicate,
                                     struct rwe_arena *arena)
{
    struct rwe_rng rng;
    struct rwe_error error = {0};
    const struct rwe_cohort *drawn = NULL;
    gsl_rng *g = rwe_rng_start(&rng, SEED, RWE_RNG_BOOTSTRAP, replicate);
    assert_int_equal(rwe_cohort_resample(cohort, g, arena, &drawn, &error), RWE_OK);
    return drawn;
}

/* How often each of n units comes, by the same stream. */
static void count_by_hand(uint64_t replicate, size_t n, size_t times[])
{
    struct rwe_rng rng;
    gsl_rng *g = rwe_rng_start(&rng, SEED, RWE_RNG_BOOTSTRAP, replicate);
    memset(times, 0, n * sizeof *times);
    for (size_t k = 0; k < n; k++)
        times[gsl_rng_uniform_int(g, n)]++;
}

static int set_up(void **state)
{
    *state = rwe_arena_new();
    return *state == NULL;
}

static int tear_down(void **state)
{
    rwe_arena_free(*state);
    return 0;
}

static void a_subject_stands_there_as_often_as_it_was_drawn(void **state)
{
    struct rwe_cohort cohort = cohort_of_six();
    size_t times[N];
    bool twice = false;
    for (uint64_t r = 0; r < 20; r++) {
        const struct rwe_cohort *drawn = draw(&cohort, r, *state);
        count_by_hand(r, N, times);
        assert_int_equal(drawn->n, N);
        for (size_t i = 0, k = 0; i < N; i++) {
            twice |= times[i] > 1;
            for (size_t copy = 0; copy < times[i]; copy++, k++)
                assert_int_equal(drawn->source[k], i); /* side by side, in canonical order */
        }
    }
    assert_true(twice);
}

static void every_column_goes_with_its_subject(void **state)
{
    struct rwe_cohort cohort = cohort_of_six();
    for (uint64_t r = 0; r < 20; r++) {
        const struct rwe_cohort *drawn = draw(&cohort, r, *state);
        size_t missing = 0, events = 0, second_arm = 0;
        for (size_t k = 0; k < drawn->n; k++) {
            uint32_t i = drawn->source[k];
            assert_string_equal(drawn->id[k], id[i]);
            assert_int_equal(drawn->row[k], row[i]);
            assert_int_equal(drawn->arm[k], arm[i]);
            assert_int_equal(drawn->stratum[k], stratum[i]);
            assert_close(drawn->entry[k], entry[i], 0);
            assert_close(drawn->covariate[0].number[k], age[i], 0);
            assert_int_equal(drawn->covariate[1].code[k], size_code[i]);
            assert_close(drawn->endpoint[0].time[k], time_of[i], 0);
            assert_int_equal(drawn->endpoint[0].event[k], event[i]);
            missing += isnan(age[i]);
            events += event[i] > 0;
            second_arm += arm[i];
        }
        assert_int_equal(drawn->covariate[0].n_missing, missing);
        assert_int_equal(drawn->endpoint[0].n_events, events);
        assert_int_equal(drawn->arm_size[1], second_arm);
        assert_int_equal(drawn->arm_size[0] + drawn->arm_size[1], N);
    }
}

static void subjects_stand_by_time_with_ties_in_canonical_order(void **state)
{
    struct rwe_cohort cohort = cohort_of_six();
    for (uint64_t r = 0; r < 20; r++) {
        const struct rwe_endpoint *os = draw(&cohort, r, *state)->endpoint;
        size_t seen = (size_t)1 << os->order[0];
        for (size_t o = 1; o < N; o++) {
            uint32_t before = os->order[o - 1], now = os->order[o];
            assert_true(os->time[before] < os->time[now] ||
                        (os->time[before] == os->time[now] && before < now));
            seen |= (size_t)1 << now;
        }
        assert_int_equal(seen, ((size_t)1 << N) - 1); /* each once */
    }
}

static void levels_and_causes_keep_their_numbers(void **state)
{
    struct rwe_cohort cohort = cohort_of_six();
    for (uint64_t r = 0; r < 20; r++) {
        const struct rwe_cohort *drawn = draw(&cohort, r, *state);
        assert_int_equal(drawn->covariate[1].n_levels, 3);
        assert_string_equal(drawn->covariate[1].level[2], "never");
        assert_int_equal(drawn->endpoint[0].n_causes, 2);
        assert_int_equal(drawn->n_strata, 2);
    }
}

static void clusters_are_drawn_whole_and_numbered_anew(void **state)
{
    static const size_t first[] = {0, 2, 3}, size[] = {2, 1, 3};
    struct rwe_cohort cohort = cohort_of_six();
    cohort.cluster = cluster;
    cohort.n_clusters = 3;
    for (uint64_t r = 0; r < 20; r++) {
        const struct rwe_cohort *drawn = draw(&cohort, r, *state);
        size_t times[3], n = 0, next = 0;
        count_by_hand(r, 3, times);
        assert_int_equal(drawn->n_clusters, 3);
        for (size_t c = 0; c < 3; c++) {
            n += times[c] * size[c];
            for (size_t copy = 0; copy < times[c]; copy++, next++) {
                size_t found = 0, of_cluster = 0;
                for (size_t k = 0; k < drawn->n; k++) {
                    if (drawn->cluster[k] != next)
                        continue;
                    found |= (size_t)1 << (drawn->source[k] - first[c]);
                    of_cluster++;
                    assert_int_equal(cluster[drawn->source[k]], c);
                }
                assert_int_equal(of_cluster, size[c]);
                assert_int_equal(found, ((size_t)1 << size[c]) - 1); /* each member once */
            }
        }
        assert_int_equal(drawn->n, n);
    }
}

static void what_was_not_declared_stays_undeclared(void **state)
{
    struct rwe_cohort cohort = cohort_of_six();
    cohort.entry = NULL;
    cohort.stratum = NULL;
    const struct rwe_cohort *drawn = draw(&cohort, 0, *state);
    assert_null(drawn->entry);
    assert_null(drawn->stratum);
    assert_null(drawn->cluster);
    assert_null(drawn->exposure_start);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_subject_stands_there_as_often_as_it_was_drawn),
        TEST(every_column_goes_with_its_subject),
        TEST(subjects_stand_by_time_with_ties_in_canonical_order),
        TEST(levels_and_causes_keep_their_numbers),
        TEST(clusters_are_drawn_whole_and_numbered_anew),
        TEST(what_was_not_declared_stays_undeclared),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
