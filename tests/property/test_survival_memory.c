/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every allocation of the survival kernels is made to fail in turn, by starve.h. */
#include "cohort.h"
#include "rwe/stats/concordance.h"
#include "rwe/stats/cox.h"
#include "rwe/stats/km.h"
#include "rwe/stats/logrank.h"
#include "starve.h"

struct input {
    struct rwe_survival_data data;
    const double *x;
    struct rwe_event_table table;
};

static enum rwe_status run_table(const struct input *input, struct rwe_arena *arena,
                                 struct rwe_error *error)
{
    struct rwe_event_table table;
    return rwe_event_table_build(&input->data, arena, &table, error);
}

static enum rwe_status run_km(const struct input *input, struct rwe_arena *arena,
                              struct rwe_error *error)
{
    struct rwe_km_options options = rwe_km_options_default();
    struct rwe_km_curve curve;
    return rwe_km_fit(&input->table, 0, &options, arena, &curve, error);
}

static enum rwe_status run_logrank(const struct input *input, struct rwe_arena *arena,
                                   struct rwe_error *error)
{
    struct rwe_logrank result;
    return rwe_logrank_test(&input->table, arena, &result, error);
}

static enum rwe_status run_concordance(const struct input *input, struct rwe_arena *arena,
                                       struct rwe_error *error)
{
    struct rwe_concordance result;
    return rwe_concordance(&input->data, input->x, arena, &result, error);
}

static enum rwe_status run_cox(const struct input *input, struct rwe_arena *arena,
                               struct rwe_error *error)
{
    struct rwe_cox_options options = rwe_cox_options_default();
    struct rwe_cox result;
    options.robust = true;
    return rwe_cox_fit(&input->data, input->x, 2, &options, arena, &result, error);
}

/* Large enough that almost every array is a block, and so a call, of its own. */
static struct input input_new(struct rwe_arena *arena)
{
    enum { N = 20000 };
    struct input input;
    struct cohort cohort = cohort_random(arena, N, 2, 0, 1);
    cohort.cluster = RWE_NEW(arena, uint32_t, N);
    for (size_t i = 0; i < N; i++)
        cohort.cluster[i] = (uint32_t)(i / 2);
    input.data = cohort_sort(&cohort, arena);
    input.x = cohort.x;
    assert_int_equal(rwe_event_table_build(&input.data, arena, &input.table, NULL), RWE_OK);
    return input;
}

static void every_kernel_reports_want_of_memory(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct input input = input_new(arena);
    starve(&input, 4, run_table);
    starve(&input, 8, run_km);
    starve(&input, 1, run_logrank);
    starve(&input, 6, run_concordance);
    starve(&input, 15, run_cox);
    rwe_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kernel_reports_want_of_memory),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
