/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Matching against its definition: every pair looked at for every pair made. Scores on a coarse grid
 * force ties; scores drawn with 24 bits have exact differences, so that brute force needs no care.
 */
#include "check.h"
#include "rwe/base/rng.h"
#include "rwe/stats/match.h"

#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { MOST_UNITS = 40, CASES = 2000 };

struct example {
    size_t n;
    double score[MOST_UNITS];
    uint8_t treated[MOST_UNITS];
    uint32_t stratum[MOST_UNITS];
    bool has[MOST_UNITS][MOST_UNITS]; /* by brute force: the treated unit has the control */
    size_t n_had[MOST_UNITS];         /* controls of a treated unit, treated units of a control */
    struct rwe_match_options options;
};

static double distance(const struct example *e, size_t i, size_t j)
{
    return fabs(e->score[i] - e->score[j]);
}

static bool can_pair(const struct example *e, size_t treated, size_t control)
{
    return e->treated[control] == 0 && !e->has[treated][control] &&
           (e->options.replace || e->n_had[control] == 0) &&
           (e->options.exact == NULL || e->stratum[treated] == e->stratum[control]) &&
           distance(e, treated, control) <= e->options.caliper;
}

/* The nearest control a treated unit can get: the first of the least distance, n when none. */
static size_t nearest_control(const struct example *e, size_t treated)
{
    size_t nearest = e->n;
    for (size_t i = 0; i < e->n; i++)
        if (can_pair(e, treated, i) &&
            (nearest == e->n || distance(e, treated, i) < distance(e, treated, nearest)))
            nearest = i;
    return nearest;
}

static void pair_up(struct example *e, size_t treated, size_t control)
{
    e->has[treated][control] = true;
    e->n_had[treated]++;
    e->n_had[control]++;
}

/* Treated units with `round` controls get their next one, the closest pair first. */
static void closest_by_brute_force(struct example *e, size_t round)
{
    for (;;) {
        size_t treated = e->n, control = e->n;
        for (size_t i = 0; i < e->n; i++) {
            bool waits = e->treated[i] != 0 && e->n_had[i] == round;
            size_t j = waits ? nearest_control(e, i) : e->n;
            if (j == e->n || (treated < e->n && distance(e, i, j) >= distance(e, treated, control)))
                continue;
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

static void ordered_by_brute_force(struct example *e, size_t round)
{
    uint32_t chooser[MOST_UNITS];
    size_t n = list_choosers(e, chooser);
    for (size_t i = 0; i < n; i++) {
        size_t control = e->n_had[chooser[i]] == round ? nearest_control(e, chooser[i]) : e->n;
        if (control < e->n)
            pair_up(e, chooser[i], control);
    }
}

static void match_by_brute_force(struct example *e)
{
    for (size_t round = 0; round < e->options.ratio; round++)
        if (e->options.order == RWE_MATCH_CLOSEST)
            closest_by_brute_force(e, round);
        else
            ordered_by_brute_force(e, round);
}

/* `levels` possible scores; 2^24 of them are as good as continuous. */
static struct example draw(gsl_rng *g, struct rwe_match_options options, unsigned long levels)
{
    struct example e = {.n = gsl_rng_uniform_int(g, MOST_UNITS + 1), .options = options};
    double share = gsl_rng_uniform(g);
    unsigned long n_strata = 1 + gsl_rng_uniform_int(g, 4);
    for (size_t i = 0; i < e.n; i++) {
        e.score[i] = ((double)gsl_rng_uniform_int(g, levels) - (double)(levels / 2)) / 8;
        e.treated[i] = gsl_rng_uniform(g) < share;
        e.stratum[i] = (uint32_t)gsl_rng_uniform_int(g, n_strata) * 1000003;
    }
    e.options.seed = gsl_rng_get(g);
    e.options.caliper =
        gsl_rng_uniform(g) < 0.3 ? INFINITY : (double)gsl_rng_uniform_int(g, 1 + levels / 4) / 8;
    return e;
}

static size_t next_control(const struct example *e, const bool written[], size_t treated)
{
    size_t next = e->n;
    for (size_t j = 0; j < e->n; j++)
        if (e->has[treated][j] && !written[j] &&
            (next == e->n || distance(e, treated, j) < distance(e, treated, next)))
            next = j;
    return next;
}

static void assert_same_sets(const struct example *e, const struct rwe_match *result)
{
    uint32_t set[MOST_UNITS], n_sets = 0;
    size_t row = 0;
    double total = 0;
    memset(set, 0xff, sizeof set);
    for (size_t i = 0; i < e->n; i++) {
        bool written[MOST_UNITS] = {false};
        if (e->treated[i] == 0 || e->n_had[i] == 0)
            continue;
        assert_true(row + e->n_had[i] < result->n_rows);
        assert_int_equal(result->row_set[row], n_sets);
        assert_int_equal(result->row_unit[row++], i);
        set[i] = n_sets;
        for (size_t k = 0; k < e->n_had[i]; k++) {
            size_t j = next_control(e, written, i);
            written[j] = true;
            assert_int_equal(result->row_set[row], n_sets);
            assert_int_equal(result->row_unit[row++], j);
            set[j] = set[j] == RWE_UNMATCHED ? n_sets : set[j];
            total += distance(e, i, j);
        }
        n_sets++;
    }
    assert_int_equal(result->n_sets, n_sets);
    assert_int_equal(result->n_rows, row);
    assert_memory_equal(result->set, set, e->n * sizeof *set);
    assert_true(result->distance_total == total);
}

static void compare_many(struct rwe_match_options options, bool is_exact)
{
    struct rwe_rng rng;
    gsl_rng *g = rwe_rng_start(&rng, 20240607, RWE_RNG_TEST,
                               16 * options.ratio + 4 * is_exact + (uint64_t)options.order);
    const unsigned long levels[] = {1, 2, 5, 12, 40, 1ul << 24};
    struct rwe_arena *arena = rwe_arena_new();
    size_t sets = 0;
    for (size_t k = 0; k < CASES; k++) {
        struct rwe_mark mark = rwe_arena_mark(arena);
        struct example e = draw(g, options, levels[k % 6]);
        struct rwe_match result;
        e.options.exact = is_exact ? e.stratum : NULL;
        match_by_brute_force(&e);
        assert_int_equal(
            rwe_match_nearest(e.score, e.treated, e.n, &e.options, arena, &result, NULL), RWE_OK);
        assert_same_sets(&e, &result);
        sets += result.n_sets;
        rwe_arena_release(arena, mark);
    }
    assert_true(sets > CASES); /* the examples are not empty */
    rwe_arena_free(arena);
}

/* For pairs, and for ratios up to more than there are controls; with strata and without. */
static void compare_ratios(enum rwe_match_order order, bool replace)
{
    const size_t ratios[] = {1, 2, 3, 100};
    for (size_t k = 0; k < 4; k++)
        for (int is_exact = 0; is_exact < 2; is_exact++)
            compare_many(
                (struct rwe_match_options){.order = order, .ratio = ratios[k], .replace = replace},
                is_exact);
}

static void closest_sets_are_those_of_brute_force(void **state)
{
    (void)state;
    compare_ratios(RWE_MATCH_CLOSEST, false);
}

static void sets_from_the_largest_down_are_those_of_brute_force(void **state)
{
    (void)state;
    compare_ratios(RWE_MATCH_LARGEST, false);
}

static void sets_from_the_smallest_up_are_those_of_brute_force(void **state)
{
    (void)state;
    compare_ratios(RWE_MATCH_SMALLEST, false);
}

static void sets_in_random_order_are_those_of_brute_force(void **state)
{
    (void)state;
    compare_ratios(RWE_MATCH_RANDOM, false);
}

static void sets_with_replacement_are_those_of_brute_force_in_any_order(void **state)
{
    (void)state;
    compare_ratios(RWE_MATCH_CLOSEST, true);
    compare_ratios(RWE_MATCH_RANDOM, true);
}

/* A score that differs by rounding is the same score: with noise far below the grid of ties the
 * sets are those of the rounded scores, draw after draw. */
static void noise_below_the_grid_changes_no_set(void **state)
{
    (void)state;
    struct rwe_rng rng;
    gsl_rng *g = rwe_rng_start(&rng, 20240607, RWE_RNG_TEST, 1000);
    struct rwe_arena *arena = rwe_arena_new();
    for (size_t k = 0; k < 200; k++) {
        struct example e = draw(
            g,
            (struct rwe_match_options){.order = k % 4, .ratio = 1 + k % 3, .replace = k % 5 == 0},
            12);
        struct rwe_match plain, noisy;
        e.options.exact = k % 2 ? e.stratum : NULL;
        assert_int_equal(
            rwe_match_nearest(e.score, e.treated, e.n, &e.options, arena, &plain, NULL), RWE_OK);
        for (size_t i = 0; i < e.n; i++)
            e.score[i] += 1e-13 * (gsl_rng_uniform(g) - 0.5);
        assert_int_equal(
            rwe_match_nearest(e.score, e.treated, e.n, &e.options, arena, &noisy, NULL), RWE_OK);
        assert_int_equal(noisy.n_rows, plain.n_rows);
        assert_memory_equal(noisy.row_unit, plain.row_unit, plain.n_rows * sizeof(uint32_t));
        assert_memory_equal(noisy.row_set, plain.row_set, plain.n_rows * sizeof(uint32_t));
    }
    rwe_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(closest_sets_are_those_of_brute_force),
        cmocka_unit_test(sets_from_the_largest_down_are_those_of_brute_force),
        cmocka_unit_test(sets_from_the_smallest_up_are_those_of_brute_force),
        cmocka_unit_test(sets_in_random_order_are_those_of_brute_force),
        cmocka_unit_test(sets_with_replacement_are_those_of_brute_force_in_any_order),
        cmocka_unit_test(noise_below_the_grid_changes_no_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
