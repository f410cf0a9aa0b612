/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "design_csv.h"
#include "rwe/stats/match.h"

#include <math.h>
#include <stdlib.h>
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

static struct rwe_match match(struct rwe_arena *arena, const double score[],
                              const uint8_t treated[], size_t n, struct rwe_match_options options)
{
    struct rwe_match result;
    struct rwe_error error = {0};
    assert_int_equal(rwe_match_nearest(score, treated, n, &options, arena, &result, &error),
                     RWE_OK);
    return result;
}

#define NONE RWE_UNMATCHED

static void assert_pairs(const struct rwe_match *result, const uint32_t expected[], size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (result->set[i] != expected[i])
            fail_msg("unit %zu is in pair %d, expected %d", i, (int)result->set[i],
                     (int)expected[i]);
}

/* By hand: 0.9 and 1.0 are 0.1 apart and go first, which leaves 0.5 the control at -0.1. From the
 * largest down 1.3 takes 1.0, so 0.9 is left with -0.1; from the smallest up 0.5 takes 1.0. */
static void closest_takes_the_closest_pair_of_all_first(void **state)
{
    const double score[] = {0.9, 0.5, 1.3, 1.0, -0.1};
    const uint8_t treated[] = {1, 1, 1, 0, 0};
    struct rwe_match result = match(*state, score, treated, 5,
                                    (struct rwe_match_options){.ratio = 1, .caliper = INFINITY});
    assert_int_equal(result.n_sets, 2);
    assert_pairs(&result, (const uint32_t[]){0, 1, NONE, 0, 1}, 5);
    assert_close(result.distance_total, 0.1 + 0.6, 1e-15);
}

static void each_order_lets_its_own_unit_choose_first(void **state)
{
    const double score[] = {0.9, 0.5, 1.3, 1.0, -0.1};
    const uint8_t treated[] = {1, 1, 1, 0, 0};
    struct rwe_match_options options = {
        .ratio = 1, .order = RWE_MATCH_LARGEST, .caliper = INFINITY};
    struct rwe_match result = match(*state, score, treated, 5, options);
    assert_pairs(&result, (const uint32_t[]){0, NONE, 1, 1, 0}, 5);
    options.order = RWE_MATCH_SMALLEST;
    result = match(*state, score, treated, 5, options);
    assert_pairs(&result, (const uint32_t[]){0, 1, NONE, 1, 0}, 5);
}

static void ties_go_to_the_earlier_treated_then_to_the_earlier_control(void **state)
{
    /* Controls at 1 and 3 are as near to 2; two treated units compete. */
    const double score[] = {3, 2, 1, 2};
    const uint8_t treated[] = {0, 1, 0, 1};
    for (int order = RWE_MATCH_CLOSEST; order <= RWE_MATCH_SMALLEST; order++) {
        struct rwe_match result =
            match(*state, score, treated, 4,
                  (struct rwe_match_options){.ratio = 1, .order = order, .caliper = INFINITY});
        assert_pairs(&result, (const uint32_t[]){0, 0, 1, 1}, 4);
    }
}

/* In binary 0.3 − 0.2 is less than 0.4 − 0.3, and 0.1 + 0.2 is more than 0.3: neither may decide.
 */
static void rounding_does_not_break_a_tie(void **state)
{
    const double score[] = {0.4, 0.2, 0.3};
    const double same[] = {0.1 + 0.2, 0.3, 0.3};
    const uint8_t treated[] = {0, 0, 1};
    assert_true(0.4 - 0.3 > 0.3 - 0.2);
    assert_true(same[0] > same[1]);
    for (int order = RWE_MATCH_CLOSEST; order <= RWE_MATCH_RANDOM; order++) {
        struct rwe_match_options options = {.ratio = 1, .order = order, .caliper = INFINITY};
        struct rwe_match result = match(*state, score, treated, 3, options);
        assert_pairs(&result, (const uint32_t[]){0, NONE, 0}, 3);
        options.caliper = 0;
        result = match(*state, same, treated, 3, options);
        assert_pairs(&result, (const uint32_t[]){0, NONE, 0}, 3);
    }
}

static void a_difference_of_a_millionth_still_decides(void **state)
{
    const double score[] = {0.400001, 0.2, 0.3};
    const uint8_t treated[] = {0, 0, 1};
    for (int order = RWE_MATCH_CLOSEST; order <= RWE_MATCH_RANDOM; order++) {
        struct rwe_match result =
            match(*state, score, treated, 3,
                  (struct rwe_match_options){.ratio = 1, .order = order, .caliper = INFINITY});
        assert_pairs(&result, (const uint32_t[]){NONE, 0, 0}, 3);
    }
}

/* 0.8 − 0.6 is more than 0.2 in binary. */
static void rounding_does_not_push_a_pair_out_of_the_caliper(void **state)
{
    const double score[] = {0.8, 0.6};
    const uint8_t treated[] = {1, 0};
    assert_true(0.8 - 0.6 > 0.2);
    struct rwe_match result =
        match(*state, score, treated, 2, (struct rwe_match_options){.ratio = 1, .caliper = 0.2});
    assert_int_equal(result.n_sets, 1);
}

static void a_pair_exactly_as_far_apart_as_the_caliper_is_allowed(void **state)
{
    const double score[] = {0.25, 0.5, 2, 2.5};
    const uint8_t treated[] = {1, 0, 1, 0};
    for (int order = RWE_MATCH_CLOSEST; order <= RWE_MATCH_RANDOM; order++) {
        struct rwe_match result =
            match(*state, score, treated, 4,
                  (struct rwe_match_options){.ratio = 1, .order = order, .caliper = 0.25});
        assert_int_equal(result.n_sets, 1);
        assert_pairs(&result, (const uint32_t[]){0, 0, NONE, NONE}, 4);
    }
}

static void a_caliper_of_zero_pairs_equal_scores_only(void **state)
{
    const double score[] = {0.0, -0.0, 1, 1.00000001};
    const uint8_t treated[] = {1, 0, 1, 0};
    struct rwe_match result =
        match(*state, score, treated, 4, (struct rwe_match_options){.ratio = 1, .caliper = 0});
    assert_pairs(&result, (const uint32_t[]){0, 0, NONE, NONE}, 4);
}

static void no_possible_pair_is_a_result_without_pairs(void **state)
{
    const double score[] = {0, 10, 3};
    const uint8_t both[] = {1, 0, 1}, only_treated[] = {1, 1, 1}, only_control[] = {0, 0, 0};
    const uint8_t *arms[] = {both, only_treated, only_control};
    for (size_t a = 0; a < 3; a++)
        for (int order = RWE_MATCH_CLOSEST; order <= RWE_MATCH_RANDOM; order++) {
            struct rwe_match result =
                match(*state, score, arms[a], 3,
                      (struct rwe_match_options){.ratio = 1, .order = order, .caliper = 1});
            assert_int_equal(result.n_sets, 0);
            assert_close(result.distance_total, 0, 0);
            assert_pairs(&result, (const uint32_t[]){NONE, NONE, NONE}, 3);
        }
    assert_int_equal(match(*state, score, both, 0, rwe_match_options_default()).n_sets, 0);
}

static void assert_rows(const struct rwe_match *result, const uint32_t expected[][2], size_t n_rows)
{
    assert_int_equal(result->n_rows, n_rows);
    for (size_t r = 0; r < n_rows; r++) {
        assert_int_equal(result->row_set[r], expected[r][0]);
        assert_int_equal(result->row_unit[r], expected[r][1]);
    }
}

/* By hand: treated 0 at 1.0 and 1 at 1.2; controls 2 … 5 at 1.1, 1.3, 0.7, 2. Round by round 0 and
 * 1 are both 0.1 from 1.1, so unit 0 has it and unit 1 takes 1.3; then 0 is 0.3 from 0.7 and 1 is
 * 0.8 from 2. One treated unit after the other would leave 0 with 1.1, 1.3 or 0.7. */
static void every_treated_unit_has_a_first_control_before_any_has_a_second(void **state)
{
    const double score[] = {1, 1.2, 1.1, 1.3, 0.7, 2};
    const uint8_t treated[] = {1, 1, 0, 0, 0, 0};
    const uint32_t rows[][2] = {{0, 0}, {0, 2}, {0, 4}, {1, 1}, {1, 3}, {1, 5}};
    const enum rwe_match_order orders[] = {RWE_MATCH_CLOSEST, RWE_MATCH_SMALLEST};
    for (size_t k = 0; k < 2; k++) {
        struct rwe_match_options options = {.order = orders[k], .caliper = INFINITY, .ratio = 2};
        struct rwe_match result = match(*state, score, treated, 6, options);
        assert_rows(&result, rows, 6);
        assert_close(result.distance_total, 0.1 + 0.3 + 0.1 + 0.8, 1e-14);
    }
}

static void a_treated_unit_keeps_the_controls_it_has_when_there_are_no_more(void **state)
{
    const double score[] = {0, 0.1, -0.1, 9, 9.1, 20};
    const uint8_t treated[] = {1, 0, 0, 1, 0, 1};
    const uint32_t rows[][2] = {{0, 0}, {0, 1}, {0, 2}, {1, 3}, {1, 4}};
    for (int order = RWE_MATCH_CLOSEST; order <= RWE_MATCH_RANDOM; order++) {
        struct rwe_match_options options = {.order = order, .caliper = 1, .ratio = SIZE_MAX};
        struct rwe_match result = match(*state, score, treated, 6, options);
        assert_int_equal(result.n_sets, 2);
        assert_rows(&result, rows, 5);
        assert_pairs(&result, (const uint32_t[]){0, 0, 0, 1, 1, NONE}, 6);
    }
}

/* Controls 1, 3 and 4 are all 1 away from unit 0, control 2 is 2 away. */
static void controls_of_a_set_come_by_distance_then_by_unit(void **state)
{
    const double score[] = {5, 6, 7, 4, 6};
    const uint8_t treated[] = {1, 0, 0, 0, 0};
    const uint32_t rows[][2] = {{0, 0}, {0, 1}, {0, 3}, {0, 4}, {0, 2}};
    for (int replace = 0; replace < 2; replace++)
        for (int order = RWE_MATCH_CLOSEST; order <= RWE_MATCH_RANDOM; order++) {
            struct rwe_match_options options = {
                .order = order, .caliper = INFINITY, .ratio = 9, .replace = replace};
            struct rwe_match result = match(*state, score, treated, 5, options);
            assert_rows(&result, rows, 5);
        }
}

/* By hand: 1.1 is the nearest of both treated units; it is first in the set of unit 1. */
static void with_replacement_a_control_has_a_row_in_each_of_its_sets(void **state)
{
    const double score[] = {1.1, 1.2, 1.0, 3};
    const uint8_t treated[] = {0, 1, 1, 0};
    const uint32_t rows[][2] = {{0, 1}, {0, 0}, {1, 2}, {1, 0}};
    for (int order = RWE_MATCH_CLOSEST; order <= RWE_MATCH_RANDOM; order++) {
        struct rwe_match_options options = {
            .order = order, .caliper = 0.5, .ratio = 2, .replace = true};
        struct rwe_match result = match(*state, score, treated, 4, options);
        assert_rows(&result, rows, 4);
        assert_pairs(&result, (const uint32_t[]){0, 0, 1, NONE}, 4);
        assert_close(result.distance_total, 0.2, 1e-14);
    }
}

/* Unit 0 has a control of equal score in the other stratum, and takes the far one of its own. */
static void exact_strata_keep_nearer_controls_of_others_away(void **state)
{
    const double score[] = {0, 0, 2, 1};
    const uint8_t treated[] = {1, 0, 0, 1};
    const uint32_t exact[] = {UINT32_MAX, 7, UINT32_MAX, 0};
    for (int replace = 0; replace < 2; replace++)
        for (int order = RWE_MATCH_CLOSEST; order <= RWE_MATCH_RANDOM; order++) {
            struct rwe_match_options options = {.order = order,
                                                .caliper = INFINITY,
                                                .ratio = 2,
                                                .replace = replace,
                                                .exact = exact};
            struct rwe_match result = match(*state, score, treated, 4, options);
            assert_rows(&result, (const uint32_t[][2]){{0, 0}, {0, 2}}, 2);
        }
}

static void a_single_unit_and_no_unit_have_no_set(void **state)
{
    const double score[] = {1};
    for (uint8_t arm = 0; arm < 2; arm++)
        for (size_t n = 0; n < 2; n++)
            for (int replace = 0; replace < 2; replace++)
                for (int order = RWE_MATCH_CLOSEST; order <= RWE_MATCH_RANDOM; order++) {
                    struct rwe_match_options options = {
                        .order = order, .caliper = INFINITY, .ratio = 2, .replace = replace};
                    struct rwe_match result = match(*state, score, &arm, n, options);
                    assert_int_equal(result.n_sets, 0);
                    assert_int_equal(result.n_rows, 0);
                    assert_pairs(&result, (const uint32_t[]){NONE}, n);
                    rwe_match_weights(&result, &arm, n, RWE_MATCH_ATE, NULL);
                }
}

/* ---- weights ---- */

static void assert_weights(const struct rwe_match *matched, const uint8_t treated[], size_t n,
                           enum rwe_match_estimand estimand, const double expected[])
{
    double weight[8];
    assert_true(matched->n_rows <= 8);
    rwe_match_weights(matched, treated, n, estimand, weight);
    for (size_t r = 0; r < matched->n_rows; r++)
        assert_close(weight[r], expected[r], 1e-15);
}

static void pairs_have_weights_of_one_whatever_the_estimand(void **state)
{
    const double score[] = {0.9, 0.5, 1.3, 1.0, -0.1};
    const uint8_t treated[] = {1, 1, 1, 0, 0};
    struct rwe_match result = match(*state, score, treated, 5, rwe_match_options_default());
    for (int estimand = RWE_MATCH_ATT; estimand <= RWE_MATCH_ATE; estimand++)
        assert_weights(&result, treated, 5, estimand, (const double[]){1, 1, 1, 1});
}

/* By hand: sets of 1 : 2 and 1 : 1, so controls have 1/2, 1/2 and 1, which sum to 2 for three of
 * them: times 3/2. ATC: the treated have 2 and 1, times 2/3. ATE: treated 3 and 2 times 2/5,
 * controls 3/2, 3/2 and 2 times 3/5. */
static void weights_of_unequal_sets_are_those_worked_by_hand(void **state)
{
    const double score[] = {0, 0.1, -0.1, 9, 9.1};
    const uint8_t treated[] = {1, 0, 0, 1, 0};
    struct rwe_match_options options = {.caliper = 1, .ratio = 2};
    struct rwe_match result = match(*state, score, treated, 5, options);
    assert_weights(&result, treated, 5, RWE_MATCH_ATT, (const double[]){1, 0.75, 0.75, 1, 1.5});
    assert_weights(&result, treated, 5, RWE_MATCH_ATC, (const double[]){4.0 / 3, 1, 1, 2.0 / 3, 1});
    assert_weights(&result, treated, 5, RWE_MATCH_ATE, (const double[]){1.2, 0.9, 0.9, 0.8, 1.2});
}

/* By hand: three treated share control 3, the last one has control 4 too. Raw weights 1, 1, 1/2 of
 * control 3 and 1/2 of control 4 sum to 3 for two distinct controls: times 2/3. */
static void with_replacement_a_controls_weight_is_spread_over_its_rows(void **state)
{
    const double score[] = {0, 0, 1, 0, 2};
    const uint8_t treated[] = {1, 1, 1, 0, 0};
    struct rwe_match_options options = {.caliper = 1, .ratio = 2, .replace = true};
    struct rwe_match result = match(*state, score, treated, 5, options);
    assert_rows(&result,
                (const uint32_t[][2]){{0, 0}, {0, 3}, {1, 1}, {1, 3}, {2, 2}, {2, 3}, {2, 4}}, 7);
    assert_weights(&result, treated, 5, RWE_MATCH_ATT,
                   (const double[]){1, 2.0 / 3, 1, 2.0 / 3, 1, 1.0 / 3, 1.0 / 3});
}

/* Full matching by hand: {0, 1 | 2} and {3 | 4, 5}. ATT: controls 2, 1/2, 1/2 sum to the three
 * there are. ATE: treated 3/2, 3/2, 3 times 3/6, controls 3, 3/2, 3/2 times 3/6. */
static void weights_of_full_matching_are_those_worked_by_hand(void **state)
{
    (void)state;
    const uint8_t treated[] = {1, 1, 0, 1, 0, 0};
    const uint32_t set[] = {0, 0, 0, 1, 1, 1}, unit[] = {0, 1, 2, 3, 4, 5};
    const struct rwe_match full = {
        .n_sets = 2, .set = set, .n_rows = 6, .row_unit = unit, .row_set = set};
    assert_weights(&full, treated, 6, RWE_MATCH_ATT, (const double[]){1, 1, 2, 1, 0.5, 0.5});
    assert_weights(&full, treated, 6, RWE_MATCH_ATC, (const double[]){0.5, 0.5, 1, 2, 1, 1});
    assert_weights(&full, treated, 6, RWE_MATCH_ATE,
                   (const double[]){0.75, 0.75, 1.5, 1.5, 0.75, 0.75});
}

/* Matched with the arms exchanged, each control is sought a partner for: its weight is 1. */
static void arms_exchanged_and_atc_is_att_of_the_other_arm(void **state)
{
    const double score[] = {0, 0.25, 1, 2};
    const uint8_t treated[] = {0, 1, 0, 0}, exchanged[] = {1, 0, 1, 1};
    struct rwe_match_options options = {.caliper = 1, .ratio = 1, .replace = true};
    struct rwe_match result = match(*state, score, exchanged, 4, options);
    const double expected[] = {1, 0.5, 1, 0.5};
    assert_rows(&result, (const uint32_t[][2]){{0, 0}, {0, 1}, {1, 2}, {1, 1}}, 4);
    assert_weights(&result, treated, 4, RWE_MATCH_ATC, expected);
    assert_weights(&result, exchanged, 4, RWE_MATCH_ATT, expected);
}

static void the_default_is_pairs_closest_first_without_a_caliper(void **state)
{
    (void)state;
    struct rwe_match_options options = rwe_match_options_default();
    assert_int_equal(options.order, RWE_MATCH_CLOSEST);
    assert_true(isinf(options.caliper));
    assert_int_equal(options.ratio, 1);
    assert_false(options.replace);
    assert_null(options.exact);
}

/* 300 treated and 100 equal controls: who gets one is decided by the order alone. */
static void a_seed_decides_the_random_order_and_repeats_it(void **state)
{
    double score[400] = {0};
    uint8_t treated[400] = {0};
    memset(treated, 1, 300);
    struct rwe_match_options options = {
        .ratio = 1, .order = RWE_MATCH_RANDOM, .caliper = INFINITY, .seed = 1};
    struct rwe_match first = match(*state, score, treated, 400, options);
    struct rwe_match again = match(*state, score, treated, 400, options);
    options.seed = 2;
    struct rwe_match other = match(*state, score, treated, 400, options);
    assert_int_equal(first.n_sets, 100);
    assert_memory_equal(first.set, again.set, sizeof score / 2);
    assert_memory_not_equal(first.set, other.set, sizeof score / 2);
}

static void a_score_that_is_not_finite_is_refused_with_its_index(void **state)
{
    const uint8_t treated[] = {1, 0, 0};
    const double bad[] = {NAN, INFINITY};
    for (size_t k = 0; k < 2; k++) {
        const double score[] = {0, 1, bad[k]};
        struct rwe_match_options options = rwe_match_options_default();
        struct rwe_match result;
        struct rwe_error error = {0};
        assert_int_equal(rwe_match_nearest(score, treated, 3, &options, *state, &result, &error),
                         RWE_NOT_FINITE);
        assert_int_equal(error.index, 2);
    }
}

static void a_negative_caliper_is_refused_and_so_is_nan(void **state)
{
    const uint8_t treated[] = {1, 0};
    const double score[] = {0, 1}, bad[] = {-0.1, NAN};
    for (size_t k = 0; k < 2; k++) {
        struct rwe_match_options options = {.ratio = 1, .caliper = bad[k]};
        struct rwe_match result;
        struct rwe_error error = {0};
        assert_int_equal(rwe_match_nearest(score, treated, 2, &options, *state, &result, &error),
                         RWE_BAD_INPUT);
        assert_int_equal(error.index, RWE_NO_INDEX);
    }
}

static void a_ratio_of_nought_is_refused(void **state)
{
    const uint8_t treated[] = {1, 0};
    const double score[] = {0, 1};
    struct rwe_match_options options = {.caliper = 1, .ratio = 0};
    struct rwe_match result;
    struct rwe_error error = {0};
    assert_int_equal(rwe_match_nearest(score, treated, 2, &options, *state, &result, &error),
                     RWE_BAD_INPUT);
    assert_int_equal(error.index, RWE_NO_INDEX);
}

static void memory_that_is_out_is_an_error(void **state)
{
    const uint8_t treated[] = {1, 0};
    const double score[] = {0, 1};
    rwe_arena_alloc(*state, SIZE_MAX, 2); /* the failure sticks */
    for (int order = RWE_MATCH_CLOSEST; order <= RWE_MATCH_RANDOM; order++) {
        struct rwe_match_options options = {.ratio = 1, .order = order, .caliper = 1};
        struct rwe_match result;
        struct rwe_error error = {0};
        assert_int_equal(rwe_match_nearest(score, treated, 2, &options, *state, &result, &error),
                         RWE_NO_MEMORY);
    }
}

static void assert_column_sets(const struct design_csv *csv, const char *column,
                               struct rwe_match_options options)
{
    const double *score = design_csv_numbers(csv, "linear");
    const double *z = design_csv_numbers(csv, "treated");
    const double *expected = design_csv_numbers(csv, column);
    uint8_t *treated = RWE_NEW(csv->arena, uint8_t, csv->n_rows);
    for (size_t i = 0; i < csv->n_rows; i++)
        treated[i] = z[i] == 1;
    struct rwe_match result = match(csv->arena, score, treated, csv->n_rows, options);
    for (size_t i = 0; i < csv->n_rows; i++)
        assert_int_equal((int)result.set[i], (int)expected[i]);
}

static void assert_cohort_pairs(struct rwe_arena *arena, const char *cohort)
{
    struct design_csv rows = design_csv_read(
        rwe_arena_format(arena, "tests/oracle/expected/%s_rows.csv", cohort), arena);
    struct design_csv fit =
        design_csv_read(rwe_arena_format(arena, "tests/oracle/expected/%s_fit.csv", cohort), arena);
    double caliper = 0.2 * design_csv_numbers(&fit, "pooled_sd")[0];
    struct rwe_match_options options = {.ratio = 1, .order = RWE_MATCH_CLOSEST, .caliper = caliper};
    assert_column_sets(&rows, "closest", options);
    options.order = RWE_MATCH_LARGEST;
    assert_column_sets(&rows, "largest", options);
    options.order = RWE_MATCH_SMALLEST;
    assert_column_sets(&rows, "smallest", options);
    options.caliper = INFINITY;
    options.order = RWE_MATCH_LARGEST;
    assert_column_sets(&rows, "largest_any", options);
    options.order = RWE_MATCH_CLOSEST;
    assert_column_sets(&rows, "closest_any", options);
}

/* tests/oracle/propensity.R matches by brute force; order largest finds 301 pairs on rotterdam. */
static void pairs_of_rotterdam_are_those_of_brute_force_in_r(void **state)
{
    assert_cohort_pairs(*state, "rotterdam");
}

static void pairs_of_lalonde_and_lung_are_those_of_brute_force_in_r(void **state)
{
    assert_cohort_pairs(*state, "lalonde");
    assert_cohort_pairs(*state, "lung");
}

/* By hand: treated 1, 3 have variance 2; controls 0, 2, 4 have variance 4. */
static void pooled_sd_takes_the_mean_of_the_two_variances(void **state)
{
    (void)state;
    const double score[] = {1, 0, 3, 2, 4};
    const uint8_t treated[] = {1, 0, 1, 0, 0};
    assert_close(rwe_match_pooled_sd(score, treated, 5), sqrt(3), 1e-15);
    assert_nan(rwe_match_pooled_sd(score, treated, 2));
}

static void pooled_sd_of_rotterdam_matches_r(void **state)
{
    struct design_csv rows = design_csv_read("tests/oracle/expected/rotterdam_rows.csv", *state);
    const double *z = design_csv_numbers(&rows, "treated");
    uint8_t *treated = RWE_NEW(*state, uint8_t, rows.n_rows);
    for (size_t i = 0; i < rows.n_rows; i++)
        treated[i] = z[i] == 1;
    assert_close(rwe_match_pooled_sd(design_csv_numbers(&rows, "linear"), treated, rows.n_rows),
                 0.32807528494910759 / 0.2, 1e-12);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(closest_takes_the_closest_pair_of_all_first),
        TEST(each_order_lets_its_own_unit_choose_first),
        TEST(ties_go_to_the_earlier_treated_then_to_the_earlier_control),
        TEST(rounding_does_not_break_a_tie),
        TEST(a_difference_of_a_millionth_still_decides),
        TEST(rounding_does_not_push_a_pair_out_of_the_caliper),
        TEST(a_pair_exactly_as_far_apart_as_the_caliper_is_allowed),
        TEST(a_caliper_of_zero_pairs_equal_scores_only),
        TEST(no_possible_pair_is_a_result_without_pairs),
        TEST(every_treated_unit_has_a_first_control_before_any_has_a_second),
        TEST(a_treated_unit_keeps_the_controls_it_has_when_there_are_no_more),
        TEST(controls_of_a_set_come_by_distance_then_by_unit),
        TEST(with_replacement_a_control_has_a_row_in_each_of_its_sets),
        TEST(exact_strata_keep_nearer_controls_of_others_away),
        TEST(a_single_unit_and_no_unit_have_no_set),
        TEST(pairs_have_weights_of_one_whatever_the_estimand),
        TEST(weights_of_unequal_sets_are_those_worked_by_hand),
        TEST(with_replacement_a_controls_weight_is_spread_over_its_rows),
        TEST(weights_of_full_matching_are_those_worked_by_hand),
        TEST(arms_exchanged_and_atc_is_att_of_the_other_arm),
        TEST(the_default_is_pairs_closest_first_without_a_caliper),
        TEST(a_seed_decides_the_random_order_and_repeats_it),
        TEST(a_score_that_is_not_finite_is_refused_with_its_index),
        TEST(a_negative_caliper_is_refused_and_so_is_nan),
        TEST(a_ratio_of_nought_is_refused),
        TEST(memory_that_is_out_is_an_error),
        TEST(pairs_of_rotterdam_are_those_of_brute_force_in_r),
        TEST(pairs_of_lalonde_and_lung_are_those_of_brute_force_in_r),
        TEST(pooled_sd_takes_the_mean_of_the_two_variances),
        TEST(pooled_sd_of_rotterdam_matches_r),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
