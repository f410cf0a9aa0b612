/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every allocation of clones, of nested trials, of rows in time and of their survival data is made to fail. */
#include "rwe/data/sequential.h"
#include "rwe/data/timedep.h"

#include <math.h>
#include <stdlib.h>

#include "starve.h"

enum { N = 20000 };

struct input {
    struct rwe_cohort cohort;
    struct rwe_clone_weights weights;
    const uint32_t *subject;
};

static enum rwe_status clone_cut_and_sort(const struct input *input, struct rwe_arena *arena,
                                          struct rwe_error *error)
{
    const struct rwe_cohort *cohort = &input->cohort;
    const struct rwe_clone_options options = rwe_clone_options_default();
    struct rwe_clones clones;
    struct rwe_clone_rows rows;
    struct rwe_survival_data data;
    enum rwe_status status =
        rwe_clones_make(cohort, cohort->endpoint, input->subject, N, 2, arena, &clones, error);
    if (status == RWE_OK)
        status = rwe_clones_rows(cohort, &clones, &input->weights, &options, arena, &rows, error);
    if (status != RWE_OK)
        return status;
    struct rwe_design design = {.name = "ccw-2", .by_endpoint = &rows.rows};
    status = rwe_design_complete(cohort, &design, arena, error);
    return status == RWE_OK ? rwe_design_survival(cohort, &design, cohort->endpoint,
                                                  (struct rwe_design_view){0}, arena, &data, error)
                            : status;
}

static enum rwe_status try_cut_and_sort(const struct input *input, struct rwe_arena *arena,
                                        struct rwe_error *error)
{
    const struct rwe_cohort *cohort = &input->cohort;
    const struct rwe_trial_options options = rwe_trial_options_default();
    const struct rwe_design_view view = {.strata = RWE_STRATA_DECLARED};
    struct rwe_trials trials;
    struct rwe_trial_rows rows;
    struct rwe_survival_data data;
    enum rwe_status status =
        rwe_trials_make(cohort, cohort->endpoint, input->subject, N, 0.5, arena, &trials, error);
    if (status == RWE_OK)
        status = rwe_trials_rows(cohort, &trials, &input->weights, &options, arena, &rows, error);
    if (status != RWE_OK)
        return status;
    struct rwe_design design = {.name = "sequential", .by_endpoint = &rows.rows};
    status = rwe_design_complete(cohort, &design, arena, error);
    return status == RWE_OK
               ? rwe_design_survival(cohort, &design, cohort->endpoint, view, arena, &data, error)
               : status;
}

static enum rwe_status weigh_and_sort(const struct input *input, struct rwe_arena *arena,
                                      struct rwe_error *error)
{
    const struct rwe_cohort *cohort = &input->cohort;
    const struct rwe_clone_subjects subjects = {input->subject, N};
    struct rwe_clones starts;
    struct rwe_timedep_rows rows;
    struct rwe_survival_data data;
    const struct rwe_timedep_weighing of = {.cohort = cohort,
                                            .endpoint = cohort->endpoint,
                                            .starts = &starts,
                                            .given = &input->weights,
                                            .step = 0.5};
    enum rwe_status status = rwe_timedep_starts(cohort, 0, &subjects, arena, &starts, error);
    if (status == RWE_OK)
        status = rwe_timedep_weigh(&of, arena, &rows, error);
    if (status != RWE_OK)
        return status;
    struct rwe_design design = {.name = "timedep", .by_endpoint = &rows.rows};
    status = rwe_design_complete(cohort, &design, arena, error);
    return status == RWE_OK ? rwe_design_survival(cohort, &design, cohort->endpoint,
                                                  (struct rwe_design_view){0}, arena, &data, error)
                            : status;
}

static enum rwe_status cut_where_exposure_closes(const struct input *input, struct rwe_arena *arena,
                                                 struct rwe_error *error)
{
    struct rwe_timedep timedep;
    return rwe_cohort_timedep_closing(&input->cohort, 0, arena, &timedep, error);
}

static void designs_without_memory_say_so(void **state)
{
    (void)state;
    static uint32_t order[N];
    static double time[N], start[N], ones[N], until[N];
    static const char *id[N];
    static const size_t arm_size[] = {N - (N + 2) / 3, (N + 2) / 3};
    static uint8_t event[N];
    static uint32_t subject[N], arm[N];
    static const double jump[] = {0.75}, hazard[] = {0.5};
    for (uint32_t i = 0; i < N; i++) {
        time[i] = 1 + i % 5;
        start[i] = i % 3 == 0 ? 0.75 : NAN;
        arm[i] = i % 3 == 0;
        event[i] = i % 2;
        ones[i] = 1;
        until[i] = i % 5 > 2 ? time[i] - 0.5 : INFINITY;
        id[i] = "";
        subject[i] = i;
        order[i / 5 + N / 5 * (i % 5)] = i; /* by time, 1 + i % 5 */
    }
    const struct rwe_endpoint endpoint = {
        .time = time, .event = event, .order = order, .n_causes = 1};
    const struct input input = {
        .cohort = {.n = N,
                   .row = subject,
                   .id = id,
                   .id_value = ones,
                   .arm_size = arm_size,
                   .exposure_until = until,
                   .arm = arm,
                   .n_arms = 2,
                   .endpoint = &endpoint,
                   .n_endpoints = 1,
                   .exposure_start = start},
        .weights = {.n_times = 1, .time = jump, .hazard = hazard, .risk = ones, .late = ones},
        .subject = subject,
    };
    starve(&input, 10, clone_cut_and_sort);
    starve(&input, 10, try_cut_and_sort);
    starve(&input, 10, weigh_and_sort);
    starve(&input, 10, cut_where_exposure_closes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(designs_without_memory_say_so)};
    return cmocka_run_group_tests_name("clones_memory", tests, check_setup_gsl, NULL);
}
