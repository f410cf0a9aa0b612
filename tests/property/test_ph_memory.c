/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every allocation of the test of proportional hazards and of splines is made to fail in turn, as in
 * test_survival_memory.c: each time RWE_NO_MEMORY comes back, and never a result. */
#include "check.h"
#include "cohort.h"
#include "rwe/stats/ph.h"
#include "rwe/stats/spline.h"

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

static enum rwe_status run_ph(const struct rwe_survival_data *data, const double x[],
                              struct rwe_arena *arena, struct rwe_error *error)
{
    static const double beta[2] = {0.1, -0.2};
    static const uint32_t term[2] = {0, 1};
    struct rwe_ph_model model = {x, 2, beta, term, 2};
    struct rwe_ph_options options = rwe_ph_options_default();
    struct rwe_ph ph;
    options.robust = true;
    return rwe_ph_test(data, &model, &options, arena, &ph, error);
}

static enum rwe_status run_spline(const struct rwe_survival_data *data, const double x[],
                                  struct rwe_arena *arena, struct rwe_error *error)
{
    struct rwe_spline spline;
    return rwe_spline_place(x + data->n, data->n, 3, arena, &spline, error);
}

static void starve(size_t least_calls,
                   enum rwe_status (*run)(const struct rwe_survival_data *, const double[],
                                          struct rwe_arena *, struct rwe_error *))
{
    enum { N = 20000 }; /* so large that most arrays are a call of their own */
    struct rwe_arena *keep = rwe_arena_new();
    struct cohort cohort = cohort_random(keep, N, 2, 0, 1);
    cohort.cluster = RWE_NEW(keep, uint32_t, N);
    for (uint32_t i = 0; i < N; i++)
        cohort.cluster[i] = i / 2;
    struct rwe_survival_data data = cohort_sort(&cohort, keep);
    enum rwe_status status = RWE_NO_MEMORY;
    size_t allowed = 0;
    for (; status != RWE_OK && allowed < 1000; allowed++) {
        struct rwe_arena *arena = rwe_arena_new();
        struct rwe_error error = {0};
        calls_left = allowed;
        status = run(&data, cohort.x, arena, &error);
        calls_left = SIZE_MAX;
        rwe_arena_free(arena);
        assert_true(status == RWE_OK || status == RWE_NO_MEMORY);
        assert_int_equal(error.status, status);
    }
    assert_int_equal(status, RWE_OK);
    assert_true(allowed > least_calls || !CALLOC_IS_OURS); /* it failed that often */
    rwe_arena_free(keep);
}

static void ph_test_reports_want_of_memory(void **state)
{
    (void)state;
    starve(12, run_ph);
}

static void spline_reports_want_of_memory(void **state)
{
    (void)state;
    starve(1, run_spline);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ph_test_reports_want_of_memory),
        cmocka_unit_test(spline_reports_want_of_memory),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
