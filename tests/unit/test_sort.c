/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include "rwe/base/rng.h"
#include "rwe/base/sort.h"
#include <float.h>
#include <math.h>

static void check_order(const double key[], const uint32_t order[], size_t n)
{
    for (size_t k = 1; k < n; k++) {
        assert_true(key[order[k - 1]] <= key[order[k]]);
        if (key[order[k - 1]] == key[order[k]])
            assert_true(order[k - 1] < order[k]);
    }
}

static void check_permutation(const uint32_t order[], size_t n, struct rwe_arena *arena)
{
    uint8_t *seen = RWE_NEW(arena, uint8_t, n);
    for (size_t k = 0; k < n; k++) {
        assert_true(order[k] < n);
        assert_int_equal(seen[order[k]]++, 0);
    }
}

static void numbers_of_every_magnitude_and_sign_ascend(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    const double key[] = {3,        -1,     INFINITY,  0,    DBL_MIN / 4,
                          -DBL_MAX, 1e-300, -INFINITY, -0.5, DBL_MAX};
    const uint32_t expected[] = {7, 5, 1, 8, 3, 4, 6, 0, 9, 2};
    uint32_t order[10];
    assert_int_equal(rwe_sort_numbers(key, 10, arena, order), RWE_OK);
    for (int k = 0; k < 10; k++)
        assert_int_equal(order[k], expected[k]);
    rwe_arena_free(arena);
}

static void minus_zero_ties_with_zero(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    const double key[] = {0.0, -0.0, 0.0, -0.0};
    uint32_t order[4];
    assert_int_equal(rwe_sort_numbers(key, 4, arena, order), RWE_OK);
    for (uint32_t k = 0; k < 4; k++)
        assert_int_equal(order[k], k);
    rwe_arena_free(arena);
}

static void equal_keys_keep_their_order(void **state)
{
    (void)state;
    enum { MOST = 5000 };
    static double key[MOST];
    static uint32_t order[MOST];
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_rng rng;
    gsl_rng *g = rwe_rng_start(&rng, 1, RWE_RNG_TEST, 0);
    for (size_t n = 0; n < MOST; n = n * 3 + 1) {
        for (size_t i = 0; i < n; i++)
            key[i] = floor(20 * gsl_rng_uniform(g)) - 10;
        assert_int_equal(rwe_sort_numbers(key, n, arena, order), RWE_OK);
        check_order(key, order, n);
        check_permutation(order, n, arena);
    }
    rwe_arena_free(arena);
}

/* Near each other: the high bits that are sorted by first tell some apart, or none but the first. */
static void keys_that_differ_in_low_bits_alone_ascend(void **state)
{
    (void)state;
    enum { COUNT = 6000 };
    static double key[COUNT];
    static uint32_t order[COUNT];
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_rng rng;
    gsl_rng *g = rwe_rng_start(&rng, 1, RWE_RNG_TEST, 1);
    for (int bits = 1; bits <= 52; bits += 3) {
        for (size_t i = 0; i < COUNT; i++)
            key[i] = i == 0 ? -1e300 : 1 + floor(ldexp(gsl_rng_uniform(g), bits)) * DBL_EPSILON;
        assert_int_equal(rwe_sort_numbers(key, COUNT, arena, order), RWE_OK);
        check_order(key, order, COUNT);
        check_permutation(order, COUNT, arena);
    }
    rwe_arena_free(arena);
}

static void integers_use_all_their_bits(void **state)
{
    (void)state;
    enum { COUNT = 3000 };
    static uint64_t key[COUNT];
    static uint32_t order[COUNT];
    struct rwe_arena *arena = rwe_arena_new();
    for (uint64_t i = 0; i < COUNT; i++)
        key[i] = i % 5 == 0 ? i / 10 : i % 7 == 0 ? UINT64_MAX - i / 3 : rwe_mix64(i) >> (i % 64);
    assert_int_equal(rwe_sort_integers(key, COUNT, arena, order), RWE_OK);
    check_permutation(order, COUNT, arena);
    for (size_t k = 1; k < COUNT; k++) {
        assert_true(key[order[k - 1]] <= key[order[k]]);
        assert_true(key[order[k - 1]] != key[order[k]] || order[k - 1] < order[k]);
    }
    rwe_arena_free(arena);
}

static void the_scratch_is_given_back(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    const double key[] = {2, 1};
    uint32_t order[2];
    struct rwe_mark before = rwe_arena_mark(arena);
    RWE_NEW(arena, char, 1);
    before = rwe_arena_mark(arena);
    assert_int_equal(rwe_sort_numbers(key, 2, arena, order), RWE_OK);
    struct rwe_mark after = rwe_arena_mark(arena);
    assert_ptr_equal(after.block, before.block);
    assert_int_equal(after.used, before.used);
    rwe_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_of_every_magnitude_and_sign_ascend),
        cmocka_unit_test(minus_zero_ties_with_zero),
        cmocka_unit_test(equal_keys_keep_their_order),
        cmocka_unit_test(keys_that_differ_in_low_bits_alone_ascend),
        cmocka_unit_test(integers_use_all_their_bits),
        cmocka_unit_test(the_scratch_is_given_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
