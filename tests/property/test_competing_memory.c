/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every allocation of the kernels for competing risks is made to fail in turn, by starve.h. */
#include "competing.h"
#include "rwe/stats/aalen_johansen.h"
#include "rwe/stats/fine_gray.h"
#include "rwe/stats/gray.h"
#include "starve.h"

struct input {
    struct rwe_survival_data data;
    const double *x;
    struct rwe_event_table table;
    struct rwe_aalen_johansen *curve;
};

static enum rwe_status run_incidence(const struct input *input, struct rwe_arena *arena,
                                     struct rwe_error *error)
{
    struct rwe_aalen_johansen curve;
    return rwe_aalen_johansen_fit(&input->table, 0, 0.95, arena, &curve, error);
}

static enum rwe_status run_jackknife(const struct input *input, struct rwe_arena *arena,
                                     struct rwe_error *error)
{
    struct rwe_aalen_johansen curve = *input->curve;
    return rwe_aalen_johansen_robust(&input->data, arena, &curve, error);
}

static enum rwe_status run_gray(const struct input *input, struct rwe_arena *arena,
                                struct rwe_error *error)
{
    struct rwe_gray result;
    return rwe_gray_test(&input->table, 1, 0, arena, &result, error);
}

static enum rwe_status run_fine_gray(const struct input *input, struct rwe_arena *arena,
                                     struct rwe_error *error)
{
    struct rwe_fine_gray_options options = rwe_fine_gray_options_default();
    struct rwe_fine_gray result;
    return rwe_fine_gray_fit(&input->data, input->x, 2, &options, arena, &result, error);
}

/* Large enough that almost every array is a block, and so a call, of its own. */
static struct input input_new(struct rwe_arena *arena)
{
    enum { N = 20000 };
    struct input input;
    struct cohort cohort = competing_random(arena, N, 2, 0, 1);
    cohort.cluster = RWE_NEW(arena, uint32_t, N);
    for (size_t i = 0; i < N; i++)
        cohort.cluster[i] = (uint32_t)(i / 2);
    input.data = competing_sort(&cohort, arena);
    input.x = cohort.x;
    assert_int_equal(rwe_event_table_build(&input.data, arena, &input.table, NULL), RWE_OK);
    input.curve = RWE_NEW(arena, struct rwe_aalen_johansen, 1);
    assert_int_equal(rwe_aalen_johansen_fit(&input.table, 0, 0.95, arena, input.curve, NULL),
                     RWE_OK);
    return input;
}

static void every_kernel_reports_want_of_memory(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct input input = input_new(arena);
    starve(&input, 8, run_incidence);
    starve(&input, 4, run_jackknife);
    starve(&input, 1, run_gray);
    starve(&input, 15, run_fine_gray);
    rwe_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kernel_reports_want_of_memory),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
