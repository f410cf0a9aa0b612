/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every allocation of the Kaplan–Meier family is made to fail in turn, by starve.h. */
#include "cohort.h"
#include "rwe/stats/rmst.h"
#include "starve.h"

struct input {
    struct rwe_survival_data data;
    struct rwe_event_table table;
    struct rwe_km_curve curve[2];
};

static enum rwe_status run_robust(const struct input *input, struct rwe_arena *arena,
                                  struct rwe_error *error)
{
    struct rwe_km_options options = rwe_km_options_default();
    struct rwe_km_curve curve;
    return rwe_km_fit_robust(&input->data, &input->table, 0, &options, arena, &curve, error);
}

static enum rwe_status run_hazard(const struct input *input, struct rwe_arena *arena,
                                  struct rwe_error *error)
{
    struct rwe_cumulative_hazard hazard;
    return rwe_km_cumulative_hazard(&input->curve[0], 0.95, arena, &hazard, error);
}

static enum rwe_status run_compare(const struct input *input, struct rwe_arena *arena,
                                   struct rwe_error *error)
{
    const struct rwe_km_arms arms = {0, 1, &input->curve[0], &input->curve[1], 0.95};
    struct rwe_km_difference difference;
    return rwe_km_compare_at(&input->data, &input->table, &arms, input->curve[0].time[100], arena,
                             &difference, error);
}

static enum rwe_status run_band(const struct input *input, struct rwe_arena *arena,
                                struct rwe_error *error)
{
    struct rwe_km_options options = rwe_km_options_default();
    struct rwe_km_band band;
    return rwe_km_band_fit(&input->curve[0], RWE_KM_EQUAL_PRECISION, &options, arena, &band, error);
}

static enum rwe_status run_rmst(const struct input *input, struct rwe_arena *arena,
                                struct rwe_error *error)
{
    const struct rwe_rmst_request request = {RWE_RMST_RATIO, 0, 1};
    const struct rwe_rmst_options options = {input->curve[0].time[100], 0.95};
    struct rwe_rmst_comparison result;
    return rwe_rmst_compare(&input->data, &input->table, &request, &options, arena, &result, error);
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
    double *entry = RWE_NEW(arena, double, N);
    for (size_t i = 0; i < N; i++)
        entry[i] = i % 2 == 0 ? 0 : input.data.time[i] / 4;
    input.data.entry = entry;
    assert_int_equal(rwe_event_table_build(&input.data, arena, &input.table, NULL), RWE_OK);
    struct rwe_km_options options = rwe_km_options_default();
    for (size_t g = 0; g < 2; g++)
        assert_int_equal(rwe_km_fit(&input.table, g, &options, arena, &input.curve[g], NULL),
                         RWE_OK);
    return input;
}

static void every_kernel_reports_want_of_memory(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct input input = input_new(arena);
    starve(&input, 12, run_robust);
    starve(&input, 4, run_hazard);
    starve(&input, 3, run_compare);
    starve(&input, 2, run_band);
    starve(&input, 3, run_rmst);
    rwe_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kernel_reports_want_of_memory),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
