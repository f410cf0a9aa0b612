/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "rwe/base/rng.h"
#include "rwe/stats/match_optimal.h"

#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { CALLOC_IS_OURS = 0 };
static size_t calls_left = SIZE_MAX;
#else
enum { CALLOC_IS_OURS = 1 };
static size_t calls_left = SIZE_MAX; /* calls of calloc that still succeed; arenas use no other */
extern void *__libc_calloc(size_t count, size_t size);
void *calloc(size_t count, size_t size)
{
    if (calls_left == 0)
        return NULL;
    calls_left -= calls_left < SIZE_MAX;
    return __libc_calloc(count, size);
}
#endif

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
                              const uint8_t treated[], size_t n, double caliper)
{
    struct rwe_match_options options = rwe_match_options_default();
    struct rwe_match result;
    options.caliper = caliper;
    assert_int_equal(rwe_match_optimal(score, treated, n, &options, arena, &result, NULL), RWE_OK);
    return result;
}

#define NONE RWE_UNMATCHED

static void assert_sets(const struct rwe_match *result, const uint32_t expected[], size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (result->set[i] != expected[i])
            fail_msg("unit %zu is in set %d, expected %d", i, (int)result->set[i],
                     (int)expected[i]);
}

/* By hand: from the smallest up, 2 takes 2.5 (0.5 apart), which leaves 3 nobody within 1.5. Optimal:
 * 2 goes with 0.5 (1.5 apart), 3 with 2.5. */
static void a_close_pair_is_given_up_for_one_more_pair(void **state)
{
    const double score[] = {2, 3, 2.5, 0.5};
    const uint8_t treated[] = {1, 1, 0, 0};
    struct rwe_match_options options = rwe_match_options_default();
    struct rwe_match greedy, optimal = match(*state, score, treated, 4, 1.5);
    assert_sets(&optimal, (const uint32_t[]){0, 1, 1, 0}, 4);
    assert_close(optimal.distance_total, 1.5 + 0.5, 1e-15);
    options.order = RWE_MATCH_SMALLEST;
    options.caliper = 1.5;
    assert_int_equal(rwe_match_nearest(score, treated, 4, &options, *state, &greedy, NULL), RWE_OK);
    assert_int_equal(greedy.n_sets, 1);
}

static void rows_come_by_treated_unit_and_treated_first(void **state)
{
    const double score[] = {10.5, 7, 10, 1, 7.25, 1.5};
    const uint8_t treated[] = {0, 1, 1, 1, 0, 0};
    struct rwe_match result = match(*state, score, treated, 6, INFINITY);
    assert_int_equal(result.n_sets, 3);
    assert_int_equal(result.n_rows, 6);
    assert_memory_equal(result.row_unit, ((const uint32_t[]){1, 4, 2, 0, 3, 5}),
                        6 * sizeof(uint32_t));
    assert_memory_equal(result.row_set, ((const uint32_t[]){0, 0, 1, 1, 2, 2}),
                        6 * sizeof(uint32_t));
    assert_true(result.distance_total == 0.25 + 0.5 + 0.5);
}

static void of_as_many_pairs_the_least_total_is_taken(void **state)
{
    /* Closest first: 4–5 (1), then 6–1 (5): 6 in all. Optimal: 4–1 and 6–5: 4 in all. */
    const double score[] = {4, 6, 5, 1};
    const uint8_t treated[] = {1, 1, 0, 0};
    struct rwe_match result = match(*state, score, treated, 4, INFINITY);
    assert_sets(&result, (const uint32_t[]){0, 1, 1, 0}, 4);
    assert_true(result.distance_total == 4);
    /* optmatch fails on the next as infeasible: 20 has nobody within 3. */
    const double far[] = {4, 20, 5, 1};
    result = match(*state, far, treated, 4, 3);
    assert_sets(&result, (const uint32_t[]){0, NONE, 0, NONE}, 4);
}

static void of_units_with_equal_scores_the_earliest_are_matched_in_their_order(void **state)
{
    const double score[] = {1, 1, 1, 1.5, 1.5, 1.5};
    const uint8_t treated[] = {1, 1, 1, 0, 0, 0}, few[] = {0, 0, 0, 1, 1, 0};
    struct rwe_match result = match(*state, score, treated, 6, 1);
    assert_sets(&result, (const uint32_t[]){0, 1, 2, 0, 1, 2}, 6);
    result = match(*state, score, few, 5, 1);
    assert_sets(&result, (const uint32_t[]){0, 1, NONE, 0, 1}, 5);
}

static void a_control_equally_far_on_either_side_is_settled_by_score_not_by_order(void **state)
{
    /* 1 comes before 2 and is taken; 3 comes later and gains nothing. */
    const double score[] = {3, 2, 1}, other_order[] = {1, 2, 3};
    const uint8_t treated[] = {0, 1, 0};
    struct rwe_match result = match(*state, score, treated, 3, 1);
    assert_sets(&result, (const uint32_t[]){NONE, 0, 0}, 3);
    result = match(*state, other_order, treated, 3, 1);
    assert_sets(&result, (const uint32_t[]){0, 0, NONE}, 3);
}

static void the_caliper_itself_is_allowed_in_spite_of_rounding(void **state)
{
    const double score[] = {0.8, 0.6, 0.1 + 0.2, 0.3};
    const uint8_t treated[] = {1, 0, 1, 0};
    assert_true(0.8 - 0.6 > 0.2);
    struct rwe_match result = match(*state, score, treated, 4, 0.2);
    assert_sets(&result, (const uint32_t[]){0, 0, 1, 1}, 4);
    result = match(*state, score, treated, 4, 0);
    assert_sets(&result, (const uint32_t[]){NONE, NONE, 0, 0}, 4);
}

static void strata_are_matched_each_by_itself(void **state)
{
    const double score[] = {1, 1, 2, 2};
    const uint8_t treated[] = {1, 0, 0, 1};
    const uint32_t exact[] = {7, 3, 7, 3};
    struct rwe_match_options options = rwe_match_options_default();
    struct rwe_match result = match(*state, score, treated, 4, INFINITY);
    assert_sets(&result, (const uint32_t[]){0, 0, 1, 1}, 4);
    options.exact = exact;
    assert_int_equal(rwe_match_optimal(score, treated, 4, &options, *state, &result, NULL), RWE_OK);
    assert_sets(&result, (const uint32_t[]){0, 1, 0, 1}, 4);
}

static void nobody_to_match_is_a_result_without_sets(void **state)
{
    const double score[] = {0, 10, 3};
    const uint8_t both[] = {1, 0, 1}, only_treated[] = {1, 1, 1}, only_control[] = {0, 0, 0};
    const uint8_t *arms[] = {both, only_treated, only_control};
    for (size_t a = 0; a < 3; a++) {
        struct rwe_match result = match(*state, score, arms[a], 3, 2);
        assert_int_equal(result.n_sets, 0);
        assert_int_equal(result.n_rows, 0);
        assert_sets(&result, (const uint32_t[]){NONE, NONE, NONE}, 3);
    }
    assert_int_equal(match(*state, score, both, 0, 2).n_sets, 0);
}

static void bad_input_is_refused_with_its_place(void **state)
{
    const double bad[] = {NAN, INFINITY, -INFINITY};
    const uint8_t treated[] = {1, 0, 0};
    struct rwe_match_options options = rwe_match_options_default();
    struct rwe_match result;
    for (size_t b = 0; b < 3; b++) {
        const double score[] = {0, 1, bad[b]};
        struct rwe_error error = {0};
        assert_int_equal(rwe_match_optimal(score, treated, 3, &options, *state, &result, &error),
                         RWE_NOT_FINITE);
        assert_int_equal(error.index, 2);
    }
    const double score[] = {0, 1, 2}, calipers[] = {-0.1, NAN};
    for (size_t c = 0; c < 2; c++) {
        struct rwe_error error = {0};
        options.caliper = calipers[c];
        assert_int_equal(rwe_match_optimal(score, treated, 3, &options, *state, &result, &error),
                         RWE_BAD_INPUT);
        assert_int_equal(error.index, RWE_NO_INDEX);
    }
}

/* ---- what must not change anything ------------------------------------------------------------ */

enum { N = 600 };

struct sample {
    double score[N];
    uint8_t treated[N];
    uint32_t exact[N];
};

static struct sample sample_draw(uint64_t replicate)
{
    struct sample s;
    struct rwe_rng rng;
    gsl_rng *g = rwe_rng_start(&rng, 7, RWE_RNG_TEST, replicate);
    for (size_t i = 0; i < N; i++) {
        s.treated[i] = gsl_rng_uniform(g) < 0.4;
        s.score[i] = rint(20 * (gsl_ran_ugaussian(g) + 0.5 * s.treated[i])) / 16;
        s.exact[i] = (uint32_t)gsl_rng_uniform_int(g, 3);
    }
    return s;
}

static struct rwe_match match_sample(const struct sample *s, double caliper,
                                     struct rwe_arena *arena)
{
    struct rwe_match_options options = rwe_match_options_default();
    struct rwe_match result;
    options.caliper = caliper;
    options.exact = s->exact;
    assert_int_equal(rwe_match_optimal(s->score, s->treated, N, &options, arena, &result, NULL),
                     RWE_OK);
    return result;
}

/* As many units of each arm are matched at each score of each stratum. */
static void the_order_of_units_changes_no_matched_score(void **state)
{
    for (uint64_t replicate = 0; replicate < 20; replicate++) {
        struct sample s = sample_draw(replicate), shuffled;
        uint32_t from[N];
        size_t count[2][3][N] = {{{0}}}; /* matched by arm, stratum and score, each way */
        struct rwe_rng rng;
        gsl_rng *g = rwe_rng_start(&rng, 8, RWE_RNG_TEST, replicate);
        for (uint32_t i = 0; i < N; i++)
            from[i] = i;
        gsl_ran_shuffle(g, from, N, sizeof *from);
        for (size_t i = 0; i < N; i++) {
            shuffled.score[i] = s.score[from[i]];
            shuffled.treated[i] = s.treated[from[i]];
            shuffled.exact[i] = s.exact[from[i]];
        }
        struct rwe_match a = match_sample(&s, 0.25, *state);
        struct rwe_match b = match_sample(&shuffled, 0.25, *state);
        assert_int_equal(a.n_sets, b.n_sets);
        assert_true(a.distance_total == b.distance_total); /* sums of sixteenths are exact */
        for (size_t i = 0; i < N; i++) {
            size_t level = (size_t)(16 * s.score[i] + N / 2.0);
            count[s.treated[i]][s.exact[i]][level] += a.set[i] != NONE;
            level = (size_t)(16 * shuffled.score[i] + N / 2.0);
            count[shuffled.treated[i]][shuffled.exact[i]][level] -= b.set[i] != NONE;
        }
        for (size_t k = 0; k < sizeof count / sizeof(size_t); k++)
            assert_int_equal(((const size_t *)count)[k], 0);
    }
}

static void neither_codes_of_strata_nor_the_unit_of_the_score_matter(void **state)
{
    struct sample s = sample_draw(99), scaled = s;
    struct rwe_match plain = match_sample(&s, 0.25, *state);
    assert_true(plain.n_sets > 100);
    for (size_t i = 0; i < N; i++) {
        scaled.score[i] = ldexp(s.score[i], -40);
        scaled.exact[i] = UINT32_MAX - 5 * s.exact[i];
    }
    struct rwe_match other = match_sample(&scaled, ldexp(0.25, -40), *state);
    assert_memory_equal(other.set, plain.set, sizeof(uint32_t[N]));
    assert_true(ldexp(other.distance_total, 40) == plain.distance_total);
}

static void exchanged_arms_give_as_many_pairs_and_the_same_total(void **state)
{
    struct sample s = sample_draw(3), exchanged = s;
    for (size_t i = 0; i < N; i++)
        exchanged.treated[i] = !s.treated[i];
    struct rwe_match a = match_sample(&s, 0.25, *state);
    struct rwe_match b = match_sample(&exchanged, 0.25, *state);
    assert_int_equal(a.n_sets, b.n_sets);
    assert_true(a.distance_total == b.distance_total);
}

static void never_fewer_pairs_than_greedy_matching(void **state)
{
    for (uint64_t replicate = 0; replicate < 50; replicate++) {
        struct sample s = sample_draw(replicate);
        struct rwe_match_options options = rwe_match_options_default();
        struct rwe_match greedy, optimal;
        options.caliper = 0.25;
        assert_int_equal(rwe_match_nearest(s.score, s.treated, N, &options, *state, &greedy, NULL),
                         RWE_OK);
        assert_int_equal(rwe_match_optimal(s.score, s.treated, N, &options, *state, &optimal, NULL),
                         RWE_OK);
        assert_true(optimal.n_sets >= greedy.n_sets);
        if (optimal.n_sets == greedy.n_sets)
            assert_true(optimal.distance_total <= greedy.distance_total);
    }
}

/* Every allocation fails in turn, of an arena with no room to spare. */
static void an_allocation_that_fails_is_told(void **state)
{
    (void)state;
    enum { MANY = 60000 };
    struct rwe_match_options options = rwe_match_options_default();
    double *score = test_malloc(MANY * sizeof *score);
    uint8_t *treated = test_malloc(MANY);
    size_t n_failed = 0;
    for (size_t i = 0; i < MANY; i++) {
        score[i] = (double)(i * 7919 % MANY);
        treated[i] = i % 3 == 0;
    }
    for (size_t allowed = 0; CALLOC_IS_OURS; allowed++) {
        struct rwe_arena *arena = rwe_arena_new();
        struct rwe_match result;
        struct rwe_error error = {0};
        calls_left = allowed;
        enum rwe_status status =
            rwe_match_optimal(score, treated, MANY, &options, arena, &result, &error);
        calls_left = SIZE_MAX;
        rwe_arena_free(arena);
        if (status == RWE_OK)
            break;
        assert_int_equal(status, RWE_NO_MEMORY);
        assert_int_equal(error.status, RWE_NO_MEMORY);
        n_failed++;
    }
    assert_true(!CALLOC_IS_OURS || n_failed > 5);
    test_free(score);
    test_free(treated);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_close_pair_is_given_up_for_one_more_pair),
        cmocka_unit_test(rows_come_by_treated_unit_and_treated_first),
        cmocka_unit_test(of_as_many_pairs_the_least_total_is_taken),
        cmocka_unit_test(of_units_with_equal_scores_the_earliest_are_matched_in_their_order),
        cmocka_unit_test(a_control_equally_far_on_either_side_is_settled_by_score_not_by_order),
        cmocka_unit_test(the_caliper_itself_is_allowed_in_spite_of_rounding),
        cmocka_unit_test(strata_are_matched_each_by_itself),
        cmocka_unit_test(nobody_to_match_is_a_result_without_sets),
        cmocka_unit_test(bad_input_is_refused_with_its_place),
        cmocka_unit_test(the_order_of_units_changes_no_matched_score),
        cmocka_unit_test(neither_codes_of_strata_nor_the_unit_of_the_score_matter),
        cmocka_unit_test(exchanged_arms_give_as_many_pairs_and_the_same_total),
        cmocka_unit_test(never_fewer_pairs_than_greedy_matching),
        cmocka_unit_test(an_allocation_that_fails_is_told),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
