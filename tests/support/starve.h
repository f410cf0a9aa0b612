/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Makes every allocation of a kernel fail in turn: each time RWE_NO_MEMORY must come back, and never a
 * result. calloc is the only way by which an arena gets memory; in a test that includes this it is
 * ours, but under sanitizers, which have one of their own: there nothing fails, but leaks and
 * overruns are seen. The test defines `struct input`, what its kernels work on.
 */
#ifndef TESTS_SUPPORT_STARVE_H
#define TESTS_SUPPORT_STARVE_H

#include "check.h"
#include "rwe/base/arena.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
    __has_feature(memory_sanitizer)
#define SANITIZER_HAS_CALLOC 1
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZER_HAS_CALLOC 1
#endif

/* Calls of calloc that still succeed. */
static size_t calls_left = SIZE_MAX;

#ifdef SANITIZER_HAS_CALLOC
enum { CALLOC_IS_OURS = 0 };
#else
enum { CALLOC_IS_OURS = 1 };
extern void *__libc_calloc(size_t count, size_t size);
void *calloc(size_t count, size_t size)
{
    if (calls_left == 0)
        return NULL;
    calls_left -= calls_left < SIZE_MAX;
    return __libc_calloc(count, size);
}
#endif

struct input;
typedef enum rwe_status starved_kernel(const struct input *input, struct rwe_arena *arena,
                                       struct rwe_error *error);

/** Gives `run` 0, 1, 2, … calls until it succeeds: not before `least_calls` of them. Inputs should be
 * so large that almost every array is a block of the arena, and so a call, of its own. */
static void starve(const struct input *input, size_t least_calls, starved_kernel *run)
{
    for (size_t allowed = 0;; allowed++) {
        struct rwe_arena *arena = rwe_arena_new();
        struct rwe_error error = {0};
        calls_left = allowed;
        enum rwe_status status = run(input, arena, &error);
        calls_left = SIZE_MAX;
        rwe_arena_free(arena);
        if (status == RWE_OK) {
            assert_true(allowed >= least_calls || !CALLOC_IS_OURS);
            return;
        }
        assert_int_equal(status, RWE_NO_MEMORY);
        assert_int_equal(error.status, RWE_NO_MEMORY);
        assert_true(allowed < 1000);
    }
}

#endif
