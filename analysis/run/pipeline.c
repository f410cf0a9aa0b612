/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/analysis/pipeline.h"

#include <math.h>

/* ---- designs ---- */

static enum rwe_status make_designs(struct rwe_run *run, struct rwe_plan *plan,
                                    struct rwe_error *error)
{
    run->n_designs = 1;
    enum rwe_status status = rwe_design_all(run->cohort, run->arena, &run->design[0], error);
    if (run->scope != NULL) {
        run->design[0].name = run->scope;
        run->design[0].label = "At the landmark";
    }
    for (size_t a = 0; a < rwe_n_analyses && status == RWE_OK; a++)
        if (plan->wanted[a] && rwe_analyses[a]->design != NULL)
            status = rwe_analyses[a]->design(run, &plan->state[a], error);
    return status;
}

/* The same run on another cohort, with nothing made yet. */
static enum rwe_status start_landmark(const struct rwe_run *run, const struct rwe_plan *plan,
                                      double time, struct rwe_landmark_run *landmark,
                                      struct rwe_error *error)
{
    enum rwe_status status =
        rwe_cohort_landmark(run->cohort, time, run->arena, &landmark->at, error);
    landmark->run = (struct rwe_run){
        .settings = run->settings,
        .cohort = landmark->at.cohort,
        .document = run->document,
        .complaints = run->complaints,
        .replicate = run->replicate,
        .data = run->data == NULL ? NULL : &run->data->landmark[landmark - run->landmark].run,
        .scope = rwe_arena_format(run->arena, "landmark-%.10g", time),
        .from_zero = run,
        .since = time,
        .progress = run->progress,
        .arena = run->arena,
        .threads = run->threads,
    };
    for (size_t a = 0; a < rwe_n_analyses; a++)
        landmark->plan.wanted[a] = plan->wanted[a] && !rwe_analyses[a]->from_zero;
    if (status == RWE_OK && landmark->run.scope == NULL)
        status = rwe_fail_memory(error);
    return status;
}

/* The least of the times after `time`, so that landmarks ascend and each is there once; or NaN. */
static double next_landmark(struct rwe_numbers times, double time)
{
    double next = NAN;
    for (size_t i = 0; i < times.n; i++)
        if (times.item[i] > time)
            next = fmin(next, times.item[i]); /* the other one where one is NaN */
    return next;
}

static enum rwe_status make_landmarks(struct rwe_run *run, const struct rwe_plan *plan,
                                      struct rwe_error *error)
{
    struct rwe_numbers times = rwe_settings_numbers(run->settings, "landmark");
    run->landmark = RWE_NEW(run->arena, struct rwe_landmark_run, times.n);
    if (run->landmark == NULL)
        return rwe_fail_memory(error);
    enum rwe_status status = RWE_OK;
    for (double time = next_landmark(times, 0); !isnan(time) && status == RWE_OK;
         time = next_landmark(times, time)) {
        struct rwe_landmark_run *landmark = &run->landmark[run->n_landmarks++];
        status = start_landmark(run, plan, time, landmark, error);
        if (status == RWE_OK)
            status = make_designs(&landmark->run, &landmark->plan, error);
    }
    return status;
}

enum rwe_status rwe_pipeline_designs(struct rwe_run *run, struct rwe_plan *plan,
                                     struct rwe_error *error)
{
    enum rwe_status status = make_designs(run, plan, error);
    if (status == RWE_OK && rwe_settings_has(run->settings, "landmark"))
        status = make_landmarks(run, plan, error);
    return status;
}

size_t rwe_run_people_designs(const struct rwe_run *run)
{
    size_t n = 0;
    while (n < run->n_designs && !rwe_design_is_cloned(&run->design[n]))
        n++;
    return n;
}

/* ---- estimates ---- */

static enum rwe_status list_estimates(struct rwe_run *run, const struct rwe_plan *plan,
                                      struct rwe_estimates *estimates, struct rwe_error *error)
{
    enum rwe_status status = RWE_OK;
    for (size_t a = 0; a < rwe_n_analyses && status == RWE_OK; a++)
        if (plan->wanted[a] && rwe_analyses[a]->estimate != NULL)
            status = rwe_analyses[a]->estimate(run, estimates, error);
    return status;
}

enum rwe_status rwe_pipeline_estimates(struct rwe_run *run, const struct rwe_plan *plan,
                                       struct rwe_estimates *estimates, struct rwe_error *error)
{
    enum rwe_status status = list_estimates(run, plan, estimates, error);
    for (size_t i = 0; i < run->n_landmarks && status == RWE_OK; i++)
        status = list_estimates(&run->landmark[i].run, &run->landmark[i].plan, estimates, error);
    return status;
}
