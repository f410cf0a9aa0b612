/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every allocation of matching on distances is made to fail in turn, as in test_survival_memory.c:
 * each time RWE_NO_MEMORY comes back, and never a result. */
#include "check.h"
#include "rwe/base/rng.h"
#include "rwe/stats/mahalanobis.h"
#include "rwe/stats/match_flow.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZER_HAS_CALLOC 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
    __has_feature(memory_sanitizer)
#define SANITIZER_HAS_CALLOC 1
#endif
#endif

/* Calls of calloc that still succeed. */
static size_t calls_left = SIZE_MAX;

#ifdef SANITIZER_HAS_CALLOC
enum { CALLOC_IS_OURS = 0 }; /* nothing fails, but leaks and overruns are seen */
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

enum { N = 12000, COLUMNS = 2 }; /* so large that most arrays are a call of their own */

struct cohort {
    double x[COLUMNS * N];
    uint8_t treated[N];
    struct rwe_mahalanobis map;
};

typedef enum rwe_status run_kernel(struct cohort *cohort, struct rwe_arena *arena,
                                   struct rwe_error *error);

static enum rwe_status run_map(struct cohort *c, struct rwe_arena *arena, struct rwe_error *error)
{
    struct rwe_mahalanobis map;
    return rwe_mahalanobis_map(c->x, COLUMNS, c->treated, N, RWE_MAHALANOBIS_RANKS, arena, &map,
                               error);
}

static struct rwe_match_units units_of(const struct cohort *c)
{
    return (struct rwe_match_units){N, c->treated, c->x, rwe_mahalanobis_distance, &c->map};
}

static const struct rwe_match_options options = {.caliper = 0.001, .ratio = 1};

static enum rwe_status run_optimal(struct cohort *c, struct rwe_arena *arena,
                                   struct rwe_error *error)
{
    struct rwe_match_units units = units_of(c);
    struct rwe_match match;
    return rwe_match_optimal_distance(&units, &options, arena, &match, error);
}

static enum rwe_status run_nearest(struct cohort *c, struct rwe_arena *arena,
                                   struct rwe_error *error)
{
    struct rwe_match_units units = units_of(c);
    struct rwe_match match;
    return rwe_match_nearest_distance(&units, &options, arena, &match, error);
}

static enum rwe_status run_full(struct cohort *c, struct rwe_arena *arena, struct rwe_error *error)
{
    struct rwe_match match;
    return rwe_match_full(c->x, c->treated, N, &options, arena, &match, error);
}

static void starve(size_t least_calls, run_kernel *run)
{
    static struct cohort cohort;
    struct rwe_arena *keep = rwe_arena_new();
    struct rwe_rng rng;
    gsl_rng *g = rwe_rng_start(&rng, 1, RWE_RNG_TEST, 6);
    for (size_t i = 0; i < COLUMNS * N; i++) {
        cohort.x[i] = gsl_rng_uniform(g);
        cohort.treated[i % N] = i % 2;
    }
    assert_int_equal(rwe_mahalanobis_map(cohort.x, COLUMNS, cohort.treated, N,
                                         RWE_MAHALANOBIS_WITHIN, keep, &cohort.map, NULL),
                     RWE_OK);
    enum rwe_status status = RWE_NO_MEMORY;
    size_t allowed = 0;
    for (; status != RWE_OK && allowed < 1000; allowed++) {
        struct rwe_arena *arena = rwe_arena_new();
        struct rwe_error error = {0};
        calls_left = allowed;
        status = run(&cohort, arena, &error);
        calls_left = SIZE_MAX;
        rwe_arena_free(arena);
        assert_true(status == RWE_OK || status == RWE_NO_MEMORY);
        assert_int_equal(error.status, status);
    }
    assert_int_equal(status, RWE_OK);
    assert_true(allowed > least_calls || !CALLOC_IS_OURS); /* it failed that often */
    rwe_arena_free(keep);
}

static void the_map_reports_want_of_memory(void **state)
{
    (void)state;
    starve(3, run_map);
}

static void optimal_matching_reports_want_of_memory(void **state)
{
    (void)state;
    starve(12, run_optimal);
}

static void greedy_matching_reports_want_of_memory(void **state)
{
    (void)state;
    starve(10, run_nearest);
}

static void full_matching_on_a_line_reports_want_of_memory(void **state)
{
    (void)state;
    starve(10, run_full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_map_reports_want_of_memory),
        cmocka_unit_test(optimal_matching_reports_want_of_memory),
        cmocka_unit_test(greedy_matching_reports_want_of_memory),
        cmocka_unit_test(full_matching_on_a_line_reports_want_of_memory),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
