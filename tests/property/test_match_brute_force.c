/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Matching against its definition: every pair looked at in every round. Scores on a coarse grid
 * force ties; scores drawn with 24 bits have exact differences, so that brute force needs no care.
 */
#include "check.h"
#include "rwe/base/rng.h"
#include "rwe/stats/match.h"

#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { MOST_UNITS = 40, CASES = 4000 };

struct example {
    size_t n;
    double score[MOST_UNITS];
    uint8_t treated[MOST_UNITS];
    uint32_t partner[MOST_UNITS]; /* by brute force */
    struct rwe_match_options options;
};

static bool is_free(const struct example *e, size_t i, bool treated)
{
    return (e->treated[i] != 0) == treated && e->partner[i] == RWE_UNMATCHED;
}

/* The nearest free control of a treated unit: the first of the least distance, n when none. */
static size_t nearest_control(const struct example *e, size_t treated)
{
    size_t nearest = e->n;
    for (size_t i = 0; i < e->n; i++) {
        double distance = fabs(e->score[i] - e->score[treated]);
        if (is_free(e, i, false) && distance <= e->options.caliper &&
            (nearest == e->n || distance < fabs(e->score[nearest] - e->score[treated])))
            nearest = i;
    }
    return nearest;
}

static void pair_up(struct example *e, size_t treated, size_t control)
{
    e->partner[treated] = (uint32_t)control;
    e->partner[control] = (uint32_t)treated;
}

static void closest_by_brute_force(struct example *e)
{
    for (;;) {
        size_t treated = e->n, control = e->n;
        double least = INFINITY;
        for (size_t i = 0; i < e->n; i++) {
            size_t j = is_free(e, i, true) ? nearest_control(e, i) : e->n;
            if (j == e->n || fabs(e->score[i] - e->score[j]) >= least)
                continue;
            least = fabs(e->score[i] - e->score[j]);
            treated = i;
            control = j;
        }
        if (treated == e->n)
            return;
        pair_up(e, treated, control);
    }
}

static bool chooses_before(const struct example *e, size_t a, size_t b)
{
    return e->options.order == RWE_MATCH_LARGEST ? e->score[a] > e->score[b]
                                                 : e->score[a] < e->score[b];
}

static size_t list_choosers(const struct example *e, uint32_t chooser[])
{
    size_t n = 0;
    for (size_t i = 0; i < e->n; i++)
        if (e->treated[i] != 0)
            chooser[n++] = (uint32_t)i;
    if (e->options.order == RWE_MATCH_RANDOM) {
        struct rwe_rng rng;
        if (n > 0)
            gsl_ran_shuffle(rwe_rng_start(&rng, e->options.seed, RWE_RNG_MATCH_ORDER, 0), chooser,
                            n, sizeof *chooser);
        return n;
    }
    for (size_t i = 1; i < n; i++) /* insertion sort, stable */
        for (size_t j = i; j > 0 && chooses_before(e, chooser[j], chooser[j - 1]); j--) {
            uint32_t swap = chooser[j];
            chooser[j] = chooser[j - 1];
            chooser[j - 1] = swap;
        }
    return n;
}

static void match_by_brute_force(struct example *e)
{
    for (size_t i = 0; i < e->n; i++)
        e->partner[i] = RWE_UNMATCHED;
    if (e->options.order == RWE_MATCH_CLOSEST) {
        closest_by_brute_force(e);
        return;
    }
    uint32_t chooser[MOST_UNITS];
    size_t n = list_choosers(e, chooser);
    for (size_t i = 0; i < n; i++) {
        size_t control = nearest_control(e, chooser[i]);
        if (control < e->n)
            pair_up(e, chooser[i], control);
    }
}

/* `levels` possible scores; 2^24 of them are as good as continuous. */
static struct example draw(gsl_rng *g, enum rwe_match_order order, unsigned long levels)
{
    struct example e = {.n = 1 + gsl_rng_uniform_int(g, MOST_UNITS)};
    double share = gsl_rng_uniform(g);
    for (size_t i = 0; i < e.n; i++) {
        e.score[i] = ((double)gsl_rng_uniform_int(g, levels) - (double)(levels / 2)) / 8;
        e.treated[i] = gsl_rng_uniform(g) < share;
    }
    e.options.order = order;
    e.options.seed = gsl_rng_get(g);
    e.options.caliper =
        gsl_rng_uniform(g) < 0.3 ? INFINITY : (double)gsl_rng_uniform_int(g, 1 + levels / 4) / 8;
    return e;
}

static void assert_same_pairs(const struct example *e, const struct rwe_match *result)
{
    uint32_t expected[MOST_UNITS], n_pairs = 0;
    double total = 0;
    memset(expected, 0xff, sizeof expected);
    for (size_t i = 0; i < e->n; i++)
        if (e->treated[i] != 0 && e->partner[i] != RWE_UNMATCHED) {
            expected[i] = expected[e->partner[i]] = n_pairs++;
            total += fabs(e->score[i] - e->score[e->partner[i]]);
        }
    assert_int_equal(result->n_sets, n_pairs);
    assert_int_equal(result->n_rows, 2 * n_pairs);
    for (size_t r = 0; r < result->n_rows; r++) {
        assert_int_equal(result->row_set[r], r / 2);
        assert_int_equal(result->set[result->row_unit[r]], r / 2);
        assert_int_equal(e->treated[result->row_unit[r]] != 0, r % 2 == 0);
    }
    assert_memory_equal(result->set, expected, e->n * sizeof *expected);
    assert_true(result->distance_total == total);
}

static void compare_many(enum rwe_match_order order)
{
    struct rwe_rng rng;
    gsl_rng *g = rwe_rng_start(&rng, 20240607, RWE_RNG_TEST, (uint64_t)order);
    const unsigned long levels[] = {1, 2, 5, 12, 40, 1ul << 24};
    struct rwe_arena *arena = rwe_arena_new();
    size_t pairs = 0;
    for (size_t k = 0; k < CASES; k++) {
        struct rwe_mark mark = rwe_arena_mark(arena);
        struct example e = draw(g, order, levels[k % 6]);
        struct rwe_match result;
        match_by_brute_force(&e);
        assert_int_equal(
            rwe_match_nearest(e.score, e.treated, e.n, &e.options, arena, &result, NULL), RWE_OK);
        assert_same_pairs(&e, &result);
        pairs += result.n_sets;
        rwe_arena_release(arena, mark);
    }
    assert_true(pairs > CASES); /* the examples are not empty */
    rwe_arena_free(arena);
}

static void closest_pairs_are_those_of_brute_force(void **state)
{
    (void)state;
    compare_many(RWE_MATCH_CLOSEST);
}

static void pairs_from_the_largest_down_are_those_of_brute_force(void **state)
{
    (void)state;
    compare_many(RWE_MATCH_LARGEST);
}

static void pairs_from_the_smallest_up_are_those_of_brute_force(void **state)
{
    (void)state;
    compare_many(RWE_MATCH_SMALLEST);
}

static void pairs_in_random_order_are_those_of_brute_force(void **state)
{
    (void)state;
    compare_many(RWE_MATCH_RANDOM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(closest_pairs_are_those_of_brute_force),
        cmocka_unit_test(pairs_from_the_largest_down_are_those_of_brute_force),
        cmocka_unit_test(pairs_from_the_smallest_up_are_those_of_brute_force),
        cmocka_unit_test(pairs_in_random_order_are_those_of_brute_force),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
