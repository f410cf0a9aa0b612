/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "rwe/base/arena.h"

#include <stdint.h>
#include <string.h>

static void memory_comes_zeroed_also_after_a_release(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_mark mark = rwe_arena_mark(arena);
    memset(rwe_arena_alloc(arena, 100, 1), 0xff, 100);
    rwe_arena_release(arena, mark);
    mark = rwe_arena_mark(arena);
    rwe_arena_alloc(arena, 1, 1);
    struct rwe_mark inner = rwe_arena_mark(arena);
    memset(rwe_arena_alloc(arena, 200, 1), 0xff, 200);
    rwe_arena_release(arena, inner);
    const unsigned char *again = rwe_arena_alloc(arena, 300, 1);
    for (int i = 0; i < 300; i++)
        assert_int_equal(again[i], 0);
    rwe_arena_free(arena);
}

static void a_release_gives_large_blocks_back_and_keeps_what_came_before(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    char *kept = rwe_arena_string(arena, "kept");
    struct rwe_mark mark = rwe_arena_mark(arena);
    for (int i = 0; i < 10; i++)
        assert_non_null(rwe_arena_alloc(arena, 1, (size_t)1 << 20));
    rwe_arena_release(arena, mark);
    assert_string_equal(kept, "kept");
    assert_true(rwe_arena_mark(arena).block == mark.block);
    rwe_arena_free(arena);
}

static void an_overflowing_count_fails_and_the_failure_sticks(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    assert_null(rwe_arena_alloc(arena, SIZE_MAX / 4, 8));
    assert_true(rwe_arena_failed(arena));
    assert_null(rwe_arena_alloc(arena, 1, 1));
    rwe_arena_free(arena);
}

static void grow_keeps_contents_and_doubles(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    size_t capacity = 0;
    int *numbers = NULL;
    for (int i = 0; i < 1000; i++) {
        numbers = rwe_arena_grow(arena, numbers, &capacity, (size_t)i + 1, sizeof *numbers);
        numbers[i] = i;
    }
    assert_int_equal(capacity, 1024);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(numbers[i], i);
    rwe_arena_free(arena);
}

static void reserved_memory_is_used_again_and_zeroed(void **state)
{
    (void)state;
    enum { SIZE = 1 << 20 };
    struct rwe_arena *arena = rwe_arena_new();
    rwe_arena_reserve(arena, 2 * SIZE);
    struct rwe_mark mark = rwe_arena_mark(arena);
    unsigned char *first = rwe_arena_alloc(arena, SIZE, 1);
    memset(first, 7, SIZE);
    rwe_arena_release(arena, mark);
    unsigned char *again = rwe_arena_alloc(arena, SIZE, 1);
    assert_ptr_equal(again, first);
    assert_int_equal(again[0] + again[SIZE - 1], 0);
    rwe_arena_reserve(arena, SIZE / 2); /* is there: nothing new */
    assert_ptr_equal(rwe_arena_alloc(arena, 1, 1), first + SIZE);
    rwe_arena_reserve(arena, SIZE_MAX - 4); /* cannot be had: no failure */
    assert_false(rwe_arena_failed(arena));
    rwe_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_comes_zeroed_also_after_a_release),
        cmocka_unit_test(a_release_gives_large_blocks_back_and_keeps_what_came_before),
        cmocka_unit_test(an_overflowing_count_fails_and_the_failure_sticks),
        cmocka_unit_test(grow_keeps_contents_and_doubles),
        cmocka_unit_test(reserved_memory_is_used_again_and_zeroed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
