/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every allocation of the robust variances is made to fail in turn, with the weights estimated and with
 * rows that hang together in two ways. */
#include "check.h"
#include "cohort.h"
#include "rwe/stats/aalen_johansen.h"
#include "rwe/stats/cox.h"
#include "rwe/stats/km.h"
#include "rwe/stats/proportion_weighted.h"

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

enum { N = 20000, Q = 3 }; /* so large that most arrays are a call of their own */

struct input {
    struct rwe_survival_data data;
    double *x;
    struct rwe_event_table table;
    struct rwe_weight_estimation estimation;
};

static enum rwe_status run_covariance(const struct input *input, struct rwe_arena *arena,
                                      struct rwe_error *error)
{
    struct rwe_dependence rows = rwe_survival_dependence(&input->data);
    double variance;
    return rwe_influence_covariance(input->x, 1, &rows, arena, &variance) == RWE_OK
               ? RWE_OK
               : rwe_fail_memory(error);
}

static enum rwe_status run_survival(const struct input *input, struct rwe_arena *arena,
                                    struct rwe_error *error)
{
    struct rwe_km_options options = rwe_km_options_default();
    struct rwe_km_curve curve;
    return rwe_km_fit_robust(&input->data, &input->table, 0, &options, arena, &curve, error);
}

static enum rwe_status run_incidence(const struct input *input, struct rwe_arena *arena,
                                     struct rwe_error *error)
{
    struct rwe_aalen_johansen curve;
    enum rwe_status status = rwe_aalen_johansen_fit(&input->table, 0, 0.95, arena, &curve, error);
    return status == RWE_OK ? rwe_aalen_johansen_robust(&input->data, arena, &curve, error)
                            : status;
}

static enum rwe_status run_cox(const struct input *input, struct rwe_arena *arena,
                               struct rwe_error *error)
{
    struct rwe_cox_options options = rwe_cox_options_default();
    struct rwe_cox cox;
    options.robust = true;
    return rwe_cox_fit(&input->data, input->x, 1, &options, arena, &cox, error);
}

static enum rwe_status run_shares(const struct input *input, struct rwe_arena *arena,
                                  struct rwe_error *error)
{
    const struct rwe_proportion_data rows = {
        .n = N,
        .event = input->data.event,
        .arm = input->data.group,
        .n_arms = 2,
        .dependence = rwe_survival_dependence(&input->data),
    };
    struct rwe_weighted_share share[2];
    struct rwe_weighted_comparison contrast;
    const struct rwe_weighted_pair pair = {0, 1, share, 0.95};
    enum rwe_status status = rwe_proportion_weighted(&rows, 0.95, arena, share, error);
    return status == RWE_OK ? rwe_proportion_weighted_compare(&rows, &pair, arena, &contrast, error)
                            : status;
}

static void starve(const struct input *input, size_t least_calls,
                   enum rwe_status (*run)(const struct input *, struct rwe_arena *,
                                          struct rwe_error *))
{
    enum rwe_status status = RWE_NO_MEMORY;
    size_t allowed = 0;
    for (; status != RWE_OK && allowed < 1000; allowed++) {
        struct rwe_arena *arena = rwe_arena_new();
        struct rwe_error error = {0};
        calls_left = allowed;
        status = run(input, arena, &error);
        calls_left = SIZE_MAX;
        rwe_arena_free(arena);
        assert_true(status == RWE_OK || status == RWE_NO_MEMORY);
        assert_int_equal(error.status, status);
    }
    assert_int_equal(status, RWE_OK);
    assert_true(allowed > least_calls || !CALLOC_IS_OURS); /* it failed that often */
}

static void make(struct input *input, struct rwe_arena *arena)
{
    struct cohort cohort = cohort_random(arena, N, 1, 0, 1);
    cohort.cluster = RWE_NEW(arena, uint32_t, N);
    uint32_t *subject = RWE_NEW(arena, uint32_t, N);
    double *slope = rwe_arena_alloc(arena, N, Q * sizeof(double));
    double *influence = rwe_arena_alloc(arena, N, Q * sizeof(double));
    for (uint32_t i = 0; i < N; i++) {
        subject[i] = i;
        cohort.cluster[i] = i / 2;
        slope[i * Q] = i % 3;
        influence[i * Q] = (i % 5) / (double)N;
    }
    input->data = cohort_sort(&cohort, arena);
    input->x = cohort.x;
    input->data.subject = subject;
    input->data.n_subjects = N;
    input->estimation = (struct rwe_weight_estimation){
        N, Q, slope, influence, input->data.cluster, input->data.n_clusters};
    assert_int_equal(rwe_event_table_build(&input->data, arena, &input->table, NULL), RWE_OK);
}

static void starve_all(const struct input *input)
{
    starve(input, 1, run_covariance);
    starve(input, 6, run_survival);
    starve(input, 8, run_incidence);
    starve(input, 12, run_cox);
    starve(input, 2, run_shares);
}

static void estimated_weights_report_want_of_memory(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct input input;
    make(&input, arena);
    input.data.estimation = &input.estimation;
    starve_all(&input);
    rwe_arena_free(arena);
}

static void crossed_rows_report_want_of_memory(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct input input;
    make(&input, arena);
    input.data.crossed = true;
    starve_all(&input);
    rwe_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(estimated_weights_report_want_of_memory),
        cmocka_unit_test(crossed_rows_report_want_of_memory),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
