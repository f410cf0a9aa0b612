/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every allocation of weights and their estimation steps is made to fail in turn, as in
 * test_survival_memory.c: each time RWE_NO_MEMORY comes back, and never a result. */
#include "check.h"
#include "rwe/base/rng.h"
#include "rwe/stats/entropy_balance.h"
#include "rwe/stats/weights.h"

#include <gsl/gsl_randist.h>

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

enum { N = 20000, K = 2 }; /* so large that most arrays are a call of their own */

struct cohort {
    double *x;
    uint8_t *treated;
    struct rwe_logistic logistic;
};

static enum rwe_status run_weights(const struct cohort *cohort, struct rwe_arena *arena,
                                   struct rwe_error *error)
{
    struct rwe_weight_data data = {
        .n = N, .linear = cohort->logistic.linear, .treated = cohort->treated};
    struct rwe_weight_model model = {.x = cohort->x, .k = K, .logistic = &cohort->logistic};
    struct rwe_weight_options options = rwe_weight_options_default();
    struct rwe_weight_trimming trimming;
    struct rwe_weight_estimation estimation;
    struct rwe_weights weights;
    double cutoff;
    options.truncate = 0.01;
    enum rwe_status status = rwe_weights_optimal_cutoff(&data, arena, &cutoff, error);
    if (status == RWE_OK)
        status = rwe_weights_trim(&data, cutoff, arena, &trimming, error);
    if (status != RWE_OK)
        return status;
    data.kept = trimming.kept;
    status = rwe_weights_compute(&data, &options, arena, &weights, error);
    if (status != RWE_OK)
        return status;
    return rwe_weights_estimation(&data, &weights, &model, arena, &estimation, error);
}

static enum rwe_status run_entropy(const struct cohort *cohort, struct rwe_arena *arena,
                                   struct rwe_error *error)
{
    struct rwe_entropy_data data = {.n = N, .k = K, .x = cohort->x, .treated = cohort->treated};
    struct rwe_entropy_options options = rwe_entropy_options_default();
    struct rwe_entropy_balance result;
    options.estimation = true;
    options.squares = true;
    return rwe_entropy_balance(&data, &options, arena, &result, error);
}

static struct cohort draw(struct rwe_arena *arena)
{
    struct rwe_logistic_options options = rwe_logistic_options_default();
    struct cohort cohort = {RWE_NEW(arena, double, K *N), RWE_NEW(arena, uint8_t, N), {0}};
    struct rwe_rng rng;
    gsl_rng *g = rwe_rng_start(&rng, 7, RWE_RNG_TEST, 0);
    for (size_t i = 0; i < N; i++) {
        cohort.treated[i] = gsl_rng_uniform(g) < 0.4;
        for (size_t j = 0; j < K; j++)
            cohort.x[j * N + i] = gsl_ran_ugaussian(g) + 0.5 * cohort.treated[i];
    }
    assert_int_equal(
        rwe_logistic_fit(cohort.x, K, cohort.treated, N, &options, arena, &cohort.logistic, NULL),
        RWE_OK);
    return cohort;
}

static void starve(size_t least_calls,
                   enum rwe_status (*run)(const struct cohort *, struct rwe_arena *,
                                          struct rwe_error *))
{
    struct rwe_arena *keep = rwe_arena_new();
    struct cohort cohort = draw(keep);
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

static void weights_report_want_of_memory(void **state)
{
    (void)state;
    starve(8, run_weights);
}

static void entropy_balancing_reports_want_of_memory(void **state)
{
    (void)state;
    starve(5, run_entropy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_report_want_of_memory),
        cmocka_unit_test(entropy_balancing_reports_want_of_memory),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
