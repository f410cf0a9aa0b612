/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every allocation of the test of proportional hazards and of splines is made to fail in turn, by
 * starve.h. */
#include "cohort.h"
#include "rwe/stats/ph.h"
#include "rwe/stats/spline.h"
#include "starve.h"

struct input {
    struct rwe_survival_data data;
    const double *x;
};

static enum rwe_status run_ph(const struct input *input, struct rwe_arena *arena,
                              struct rwe_error *error)
{
    static const double beta[2] = {0.1, -0.2};
    static const uint32_t term[2] = {0, 1};
    struct rwe_ph_model model = {input->x, 2, beta, term, 2};
    struct rwe_ph_options options = rwe_ph_options_default();
    struct rwe_ph ph;
    options.robust = true;
    return rwe_ph_test(&input->data, &model, &options, arena, &ph, error);
}

static enum rwe_status run_spline(const struct input *input, struct rwe_arena *arena,
                                  struct rwe_error *error)
{
    struct rwe_spline spline;
    return rwe_spline_place(input->x + input->data.n, input->data.n, 3, arena, &spline, error);
}

static void ph_test_and_spline_report_want_of_memory(void **state)
{
    (void)state;
    enum { N = 20000 };
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = cohort_random(arena, N, 2, 0, 1);
    cohort.cluster = RWE_NEW(arena, uint32_t, N);
    for (uint32_t i = 0; i < N; i++)
        cohort.cluster[i] = i / 2;
    struct input input = {cohort_sort(&cohort, arena), NULL};
    input.x = cohort.x;
    starve(&input, 12, run_ph);
    starve(&input, 1, run_spline);
    rwe_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ph_test_and_spline_report_want_of_memory),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
