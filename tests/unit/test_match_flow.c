/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "rwe/base/rng.h"
#include "rwe/stats/mahalanobis.h"
#include "rwe/stats/match_flow.h"

#include <gsl/gsl_randist.h>
#include <math.h>
#include <string.h>

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

static double difference(const void *data, size_t a, size_t b)
{
    const double *x = data;
    return fabs(x[a] - x[b]);
}

/* A way of matching, so that tests run over all of them. */
typedef enum rwe_status match_way(const struct rwe_match_units *units,
                                  const struct rwe_match_options *options, struct rwe_arena *arena,
                                  struct rwe_match *result, struct rwe_error *error);

static match_way match_full, match_line;

static enum rwe_status match_full(const struct rwe_match_units *units,
                                  const struct rwe_match_options *options, struct rwe_arena *arena,
                                  struct rwe_match *result, struct rwe_error *error)
{
    return rwe_match_full_distance(units, options, NULL, arena, result, error);
}

static enum rwe_status match_line(const struct rwe_match_units *units,
                                  const struct rwe_match_options *options, struct rwe_arena *arena,
                                  struct rwe_match *result, struct rwe_error *error)
{
    return rwe_match_full(units->score, units->treated, units->n, options, arena, result, error);
}

static match_way *const ways[] = {rwe_match_optimal_distance, rwe_match_nearest_distance,
                                  match_full, match_line};
enum { WAYS = 4, LINE = 3 };

static void assert_rows(const struct rwe_match *match, const uint32_t unit[], const uint32_t set[],
                        size_t n)
{
    assert_int_equal(match->n_rows, n);
    for (size_t r = 0; r < n; r++) {
        assert_int_equal(match->row_unit[r], unit[r]);
        assert_int_equal(match->row_set[r], set[r]);
    }
}

/* Treated at 0 and 2, controls at 1.5 and 5: the closest first makes 0.5 + 5, the optimum 1.5 + 3. */
static const double four[] = {0, 2, 1.5, 5};
static const uint8_t four_arms[] = {1, 1, 0, 0};
static const double no_score[4];

static struct rwe_match match_four(match_way *way, struct rwe_match_options options,
                                   struct rwe_arena *arena)
{
    struct rwe_match result;
    const struct rwe_match_units units = {4, four_arms, no_score, difference, four};
    assert_int_equal(way(&units, &options, arena, &result, NULL), RWE_OK);
    return result;
}

static void optimal_gives_up_the_closest_pair_for_a_lower_total(void **state)
{
    struct rwe_match_options options = rwe_match_options_default();
    struct rwe_match match = match_four(rwe_match_nearest_distance, options, *state);
    assert_rows(&match, (const uint32_t[]){0, 3, 1, 2}, (const uint32_t[]){0, 0, 1, 1}, 4);
    assert_close(match.distance_total, 5.5, 1e-15);
    match = match_four(rwe_match_optimal_distance, options, *state);
    assert_rows(&match, (const uint32_t[]){0, 2, 1, 3}, (const uint32_t[]){0, 0, 1, 1}, 4);
    assert_close(match.distance_total, 4.5, 1e-15);
}

/* By hand: 0 and 2 share the control at 1.5; 20 has both 21 and 30. */
static void full_matching_lets_treated_units_share_a_control(void **state)
{
    const double x[] = {0, 2, 1.5, 20, 21, 30};
    const double score[6] = {0};
    const uint8_t treated[] = {1, 1, 0, 1, 0, 0};
    const struct rwe_match_units units = {6, treated, score, difference, x};
    struct rwe_match_options options = rwe_match_options_default();
    struct rwe_match match;
    assert_int_equal(match_full(&units, &options, *state, &match, NULL), RWE_OK);
    assert_rows(&match, (const uint32_t[]){0, 1, 2, 3, 4, 5}, (const uint32_t[]){0, 0, 0, 1, 1, 1},
                6);
    assert_close(match.distance_total, 1.5 + 0.5 + 1 + 10, 1e-15);
    options.caliper = 5;
    assert_int_equal(rwe_match_full(x, treated, 6, &options, *state, &match, NULL), RWE_OK);
    assert_rows(&match, (const uint32_t[]){0, 1, 2, 3, 4}, (const uint32_t[]){0, 0, 0, 1, 1}, 5);
    assert_int_equal(match.set[5], RWE_UNMATCHED);
}

static void limits_of_full_matching_leave_units_out(void **state)
{
    const double x[] = {0, 1, 2, 4}, score[4] = {0};
    const uint8_t treated[] = {1, 0, 0, 0};
    const struct rwe_match_units units = {4, treated, score, difference, x};
    const struct rwe_match_full_limits two = {.controls = 2};
    struct rwe_match_options options = rwe_match_options_default();
    struct rwe_match match;
    assert_int_equal(rwe_match_full_distance(&units, &options, &two, *state, &match, NULL), RWE_OK);
    assert_rows(&match, (const uint32_t[]){0, 1, 2}, (const uint32_t[]){0, 0, 0}, 3);
}

/* The treated unit at 0 could have all three controls, but that at 3 then has none. */
static void every_treated_unit_gets_one_control_before_any_gets_two(void **state)
{
    const double x[] = {0, 3, 1, 0.5, -1}, score[] = {0, 3, 1, 0, -1};
    const uint8_t treated[] = {1, 1, 0, 0, 0};
    const struct rwe_match_units units = {5, treated, score, difference, x};
    struct rwe_match_options options = rwe_match_options_default();
    struct rwe_match match;
    options.ratio = 3;
    options.caliper = 2;
    assert_int_equal(rwe_match_optimal_distance(&units, &options, *state, &match, NULL), RWE_OK);
    assert_rows(&match, (const uint32_t[]){0, 3, 4, 1, 2}, (const uint32_t[]){0, 0, 0, 1, 1}, 5);
}

/* Greedy matching on |difference of scores| is greedy matching on the score. */
static void greedy_on_the_score_is_that_of_the_score_kernel(void **state)
{
    struct rwe_rng rng;
    gsl_rng *g = rwe_rng_start(&rng, 1, RWE_RNG_TEST, 5);
    enum { N = 40 };
    double score[N];
    uint8_t treated[N];
    uint32_t stratum[N];
    for (int k = 0; k < 2000; k++) {
        struct rwe_match_options options = {.order = (enum rwe_match_order)(k % 4),
                                            .caliper = k % 3 ? (double)(k % 7) : INFINITY,
                                            .seed = (uint64_t)k,
                                            .ratio = 1 + gsl_rng_uniform_int(g, 3),
                                            .replace = gsl_rng_uniform_int(g, 2),
                                            .exact = k % 5 ? NULL : stratum};
        for (size_t i = 0; i < N; i++) {
            score[i] = (double)gsl_rng_uniform_int(g, 60);
            treated[i] = gsl_rng_uniform_int(g, 3) == 0;
            stratum[i] = (uint32_t)gsl_rng_uniform_int(g, 3);
        }
        const struct rwe_match_units units = {N, treated, score, difference, score};
        struct rwe_match match, expected;
        assert_int_equal(rwe_match_nearest_distance(&units, &options, *state, &match, NULL),
                         RWE_OK);
        assert_int_equal(rwe_match_nearest(score, treated, N, &options, *state, &expected, NULL),
                         RWE_OK);
        assert_rows(&match, expected.row_unit, expected.row_set, expected.n_rows);
        assert_memory_equal(match.set, expected.set, sizeof stratum);
        assert_close(match.distance_total, expected.distance_total, 1e-14);
    }
}

static void no_admissible_pair_is_a_result_without_sets(void **state)
{
    const double score[] = {0, 10, 3};
    const uint8_t arms[][3] = {{1, 0, 1}, {1, 1, 1}, {0, 0, 0}};
    struct rwe_match_options options = {.caliper = 1, .ratio = 1};
    for (size_t w = 0; w < WAYS; w++)
        for (size_t a = 0; a < 4; a++) {
            const struct rwe_match_units units = {a < 3 ? 3 : 0, arms[a % 3], score, difference,
                                                  score};
            struct rwe_match match;
            assert_int_equal(ways[w](&units, &options, *state, &match, NULL), RWE_OK);
            assert_int_equal(match.n_sets, 0);
            assert_int_equal(match.n_rows, 0);
            for (size_t i = 0; i < units.n; i++)
                assert_int_equal(match.set[i], RWE_UNMATCHED);
        }
}

static void assert_refused(struct rwe_arena *arena, match_way *way,
                           const struct rwe_match_units *units, struct rwe_match_options options,
                           struct rwe_error expected)
{
    struct rwe_match match;
    struct rwe_error error = {0};
    assert_int_equal(way(units, &options, arena, &match, &error), expected.status);
    assert_int_equal(error.index, expected.index);
}

static void bad_scores_calipers_and_ratios_are_refused(void **state)
{
    const double score[] = {0, 1, 2, NAN};
    const struct rwe_match_units good = {3, four_arms, score, difference, four};
    struct rwe_match_units bad = good;
    bad.n = 4;
    const struct rwe_error input = {.status = RWE_BAD_INPUT, .index = RWE_NO_INDEX};
    for (size_t w = 0; w < WAYS; w++) {
        assert_refused(*state, ways[w], &bad, rwe_match_options_default(),
                       (struct rwe_error){.status = RWE_NOT_FINITE, .index = 3});
        assert_refused(*state, ways[w], &good,
                       (struct rwe_match_options){.caliper = -1, .ratio = 1}, input);
        assert_refused(*state, ways[w], &good,
                       (struct rwe_match_options){.caliper = NAN, .ratio = 1}, input);
        assert_refused(*state, ways[w], &good, (struct rwe_match_options){.caliper = 1}, input);
    }
    const struct rwe_match_options replace = {.caliper = 1, .ratio = 1, .replace = true};
    for (size_t w = 0; w < WAYS; w++)
        if (ways[w] != rwe_match_nearest_distance)
            assert_refused(*state, ways[w], &good, replace, input);
}

static double bad_distance(const void *data, size_t a, size_t b)
{
    const double *bad = data;
    return a == 1 && b == 3 ? *bad : 1;
}

static void a_distance_that_is_negative_or_not_finite_is_refused(void **state)
{
    const double bad[] = {-1, NAN, INFINITY};
    for (size_t k = 0; k < 3; k++)
        for (size_t w = 0; w < LINE; w++) {
            const struct rwe_match_units units = {4, four_arms, no_score, bad_distance, bad + k};
            assert_refused(*state, ways[w], &units, rwe_match_options_default(),
                           (struct rwe_error){.status = RWE_BAD_INPUT, .index = 1});
        }
}

static double always_equal(const void *data, size_t a, size_t b)
{
    (void)data;
    (void)a;
    (void)b;
    return 0;
}

static void too_many_admissible_pairs_are_refused_and_a_caliper_helps(void **state)
{
    enum { N = 8400 }; /* 4,200 × 4,200 */
    double *score = RWE_NEW(*state, double, N);
    uint8_t *treated = RWE_NEW(*state, uint8_t, N);
    for (size_t i = 0; i < N; i++) {
        score[i] = (double)(i / 2);
        treated[i] = i % 2;
    }
    const struct rwe_match_units units = {N, treated, score, always_equal, NULL};
    struct rwe_match_options options = rwe_match_options_default();
    for (size_t w = 0; w < LINE; w++)
        assert_refused(*state, ways[w], &units, options,
                       (struct rwe_error){.status = RWE_BAD_INPUT, .index = RWE_NO_INDEX});
    options.caliper = 1;
    struct rwe_match match;
    assert_int_equal(rwe_match_optimal_distance(&units, &options, *state, &match, NULL), RWE_OK);
    assert_int_equal(match.n_sets, N / 2);
}

static void memory_that_is_out_is_an_error(void **state)
{
    rwe_arena_alloc(*state, SIZE_MAX, 2); /* the failure sticks */
    const struct rwe_match_units units = {4, four_arms, no_score, difference, four};
    for (size_t w = 0; w < WAYS; w++)
        assert_refused(*state, ways[w], &units, rwe_match_options_default(),
                       (struct rwe_error){.status = RWE_NO_MEMORY, .index = RWE_NO_INDEX});
}

/* A control with the same two covariates is nearer than one of the same score. */
static void mahalanobis_within_a_caliper_finds_the_twin(void **state)
{
    const double x[] = {1, 5, 1, 3, 9, 2, /* */ 0, 4, 0, 2, 3, 7};
    const double score[] = {1, 1, 1.1, 1, 9, 1};
    const uint8_t treated[] = {1, 1, 0, 0, 0, 0};
    struct rwe_mahalanobis map;
    assert_int_equal(
        rwe_mahalanobis_map(x, 2, treated, 6, RWE_MAHALANOBIS_WITHIN, *state, &map, NULL), RWE_OK);
    const struct rwe_match_units units = {6, treated, score, rwe_mahalanobis_distance, &map};
    const struct rwe_match_options options = {.caliper = 0.5, .ratio = 1};
    for (size_t w = 0; w < 2; w++) {
        struct rwe_match match;
        assert_int_equal(ways[w](&units, &options, *state, &match, NULL), RWE_OK);
        assert_int_equal(match.n_sets, 2);
        assert_int_equal(match.set[2], 0);
        assert_int_equal(match.set[4], RWE_UNMATCHED);
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(optimal_gives_up_the_closest_pair_for_a_lower_total),
        TEST(full_matching_lets_treated_units_share_a_control),
        TEST(limits_of_full_matching_leave_units_out),
        TEST(every_treated_unit_gets_one_control_before_any_gets_two),
        TEST(greedy_on_the_score_is_that_of_the_score_kernel),
        TEST(no_admissible_pair_is_a_result_without_sets),
        TEST(bad_scores_calipers_and_ratios_are_refused),
        TEST(a_distance_that_is_negative_or_not_finite_is_refused),
        TEST(too_many_admissible_pairs_are_refused_and_a_caliper_helps),
        TEST(memory_that_is_out_is_an_error),
        TEST(mahalanobis_within_a_caliper_finds_the_twin),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
