/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include "rwe/base/rng.h"
#include "rwe/data/subject_order.h"
#include <stdio.h>
#include <string.h>

static void strings_order_as_bytes_shorter_first(void **state)
{
    (void)state;
    static const char *const id[] = {"b",         "a",        "ab", "",  "abcdefgh",
                                     "abcdefghi", "abcdefgg", "ÿ",  "B", "a"};
    static const uint32_t expected[] = {3, 8, 1, 9, 2, 6, 4, 5, 0, 7};
    uint32_t order[10];
    struct rwe_arena *arena = rwe_arena_new();
    assert_int_equal(rwe_subject_order_strings(id, 10, arena, order), RWE_OK);
    for (int k = 0; k < 10; k++)
        assert_int_equal(order[k], expected[k]);
    rwe_arena_free(arena);
}

static void strings_order_as_strcmp_does_and_stably(void **state)
{
    (void)state;
    enum { COUNT = 4000 };
    static char text[COUNT][24];
    static const char *id[COUNT];
    static uint32_t order[COUNT];
    struct rwe_rng rng;
    gsl_rng *g = rwe_rng_start(&rng, 3, RWE_RNG_TEST, 0);
    struct rwe_arena *arena = rwe_arena_new();
    for (int i = 0; i < COUNT; i++) {
        size_t length = gsl_rng_uniform_int(g, 20);
        for (size_t b = 0; b < length; b++)
            text[i][b] = (char)("ab\xe4"[gsl_rng_uniform_int(g, 3)]);
        id[i] = text[i];
    }
    assert_int_equal(rwe_subject_order_strings(id, COUNT, arena, order), RWE_OK);
    for (int k = 1; k < COUNT; k++) {
        int side = strcmp(id[order[k - 1]], id[order[k]]);
        assert_true(side < 0 || (side == 0 && order[k - 1] < order[k]));
    }
    rwe_arena_free(arena);
}

static void nobody_has_an_order(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    uint32_t order[1] = {9};
    assert_int_equal(rwe_subject_order_strings(NULL, 0, arena, order), RWE_OK);
    assert_int_equal(order[0], 9);
    rwe_arena_free(arena);
}

static void the_digest_does_not_tell_minus_zero_from_zero(void **state)
{
    (void)state;
    uint64_t value[3] = {0};
    struct rwe_subject_digest digest = {value, 3};
    rwe_subject_digest_numbers(digest, (double[]){0.0, -0.0, 1.0});
    assert_true(value[0] == value[1]);
    assert_true(value[0] != value[2]);
}

static void the_digest_depends_on_the_order_of_columns(void **state)
{
    (void)state;
    uint64_t value[2] = {0};
    struct rwe_subject_digest digest = {value, 2};
    rwe_subject_digest_numbers(digest, (double[]){1, 2});
    rwe_subject_digest_numbers(digest, (double[]){2, 1});
    assert_true(value[0] != value[1]);
}

static void ranks_do_not_depend_on_the_unit(void **state)
{
    (void)state;
    uint64_t days[4] = {0}, months[4] = {0};
    struct rwe_arena *arena = rwe_arena_new();
    const double time[] = {30, 10, 30, 365};
    double scaled[4];
    for (int i = 0; i < 4; i++)
        scaled[i] = time[i] / 30.4375;
    struct rwe_subject_digest a = {days, 4}, b = {months, 4};
    assert_int_equal(rwe_subject_digest_ranks(a, time, arena), RWE_OK);
    assert_int_equal(rwe_subject_digest_ranks(b, scaled, arena), RWE_OK);
    assert_memory_equal(days, months, sizeof days);
    assert_true(days[0] == days[2]); /* a tie is one rank */
    assert_true(days[0] != days[1]);
    rwe_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings_order_as_bytes_shorter_first),
        cmocka_unit_test(strings_order_as_strcmp_does_and_stably),
        cmocka_unit_test(nobody_has_an_order),
        cmocka_unit_test(the_digest_does_not_tell_minus_zero_from_zero),
        cmocka_unit_test(the_digest_depends_on_the_order_of_columns),
        cmocka_unit_test(ranks_do_not_depend_on_the_unit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
