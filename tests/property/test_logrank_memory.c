/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every allocation of the log-rank family is made to fail in turn, by starve.h. */
#include "cohort.h"
#include "rwe/stats/logrank.h"
#include "rwe/stats/multiplicity.h"
#include "rwe/stats/permutation.h"
#include "starve.h"

struct input {
    struct rwe_survival_data data;
    struct rwe_event_table table;
    double *p;
};

static enum rwe_status run_robust(const struct input *input, struct rwe_arena *arena,
                                  struct rwe_error *error)
{
    struct rwe_logrank result;
    return rwe_logrank_robust(&input->data, &input->table, (struct rwe_logrank_weight){0}, arena,
                              &result, error);
}

static enum rwe_status run_permutation(const struct input *input, struct rwe_arena *arena,
                                       struct rwe_error *error)
{
    const struct rwe_permutation_options options = {.n_replicates = 2, .seed = 1, .threads = 1};
    const struct rwe_permutation_data data = {
        input->data.n, input->p, input->data.group, 2, NULL, 0,
    };
    struct rwe_permutation result;
    return rwe_permutation_test(&data, &options, arena, &result, error);
}

static enum rwe_status run_scores(const struct input *input, struct rwe_arena *arena,
                                  struct rwe_error *error)
{
    double *score = RWE_NEW(arena, double, input->data.n);
    if (score == NULL)
        return rwe_fail_memory(error);
    return rwe_logrank_scores(&input->data, &input->table, (struct rwe_logrank_weight){0}, arena,
                              score, error);
}

static enum rwe_status run_holm(const struct input *input, struct rwe_arena *arena,
                                struct rwe_error *error)
{
    double *adjusted = RWE_NEW(arena, double, input->data.n);
    if (adjusted == NULL)
        return rwe_fail_memory(error);
    return rwe_p_adjust_holm(input->p, input->data.n, arena, adjusted, error);
}

static void the_family_reports_want_of_memory(void **state)
{
    (void)state;
    enum { N = 20000 };
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = cohort_random(arena, N, 1, 0, 1);
    struct input input = {.p = RWE_NEW(arena, double, N)};
    input.data = cohort_sort(&cohort, arena);
    for (size_t i = 0; i < N; i++)
        input.p[i] = (double)(i % 1000) / 1000;
    assert_int_equal(rwe_event_table_build(&input.data, arena, &input.table, NULL), RWE_OK);
    starve(&input, 4, run_robust);
    starve(&input, 4, run_permutation);
    starve(&input, 4, run_scores);
    starve(&input, 4, run_holm);
    rwe_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_family_reports_want_of_memory),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
