/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/analysis/pipeline.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static size_t position_of(const char *name, size_t length)
{
    for (size_t a = 0; a < rwe_n_analyses; a++)
        if (strlen(rwe_analyses[a]->name) == length &&
            memcmp(rwe_analyses[a]->name, name, length) == 0)
            return a;
    return RWE_NO_INDEX;
}

static bool asked_by(const struct rwe_settings *settings, const char *option,
                     enum rwe_source source)
{
    return rwe_settings_has(settings, option) && rwe_settings_source(settings, option) == source;
}

/* Whether one of the options, blanks between, asks for it too. */
static bool asked_by_any(const struct rwe_settings *settings, const char *options,
                         enum rwe_source source)
{
    char name[64];
    while (options != NULL && *options != '\0') {
        size_t length = strcspn(options, " ");
        snprintf(name, sizeof name, "%.*s", (int)length, options);
        if (asked_by(settings, name, source))
            return true;
        options += length + strspn(options + length, " ");
    }
    return false;
}

/* Marks what one source asks for; whether it asks for anything by name. */
static bool mark_wanted(const struct rwe_settings *settings, enum rwe_source source,
                        struct rwe_plan *plan)
{
    bool any = false;
    for (size_t a = 0; a < rwe_n_analyses; a++) {
        bool by_name = asked_by(settings, rwe_analyses[a]->name, source);
        any = any || by_name;
        plan->wanted[a] = by_name || asked_by_any(settings, rwe_analyses[a]->also_for, source);
    }
    return any;
}

/* The analysis that a list of names, blanks between, begins with; takes it off the list. */
static size_t take_name(const char **names)
{
    size_t length = strcspn(*names, " ");
    size_t a = position_of(*names, length);
    *names += length + strspn(*names + length, " ");
    return a;
}

static void mark_names(const char *names, struct rwe_plan *plan)
{
    while (names != NULL && *names != '\0') {
        size_t a = take_name(&names);
        if (a != RWE_NO_INDEX)
            plan->wanted[a] = true;
    }
}

struct rwe_plan rwe_plan_make(const struct rwe_settings *settings)
{
    struct rwe_plan plan = {{false}, {NULL}};
    if (!mark_wanted(settings, RWE_FROM_COMMAND, &plan) &&
        !mark_wanted(settings, RWE_FROM_STUDY, &plan)) {
        mark_wanted(settings, RWE_FROM_COMMAND, &plan);
        mark_names("table1 km", &plan);
    }
    /* What the command gives an analysis to read or to write is not lost to the study's choice. */
    for (size_t a = 0; a < rwe_n_analyses; a++)
        if (asked_by_any(settings, rwe_analyses[a]->also_for, RWE_FROM_COMMAND))
            plan.wanted[a] = true;
    for (size_t a = 0; a < rwe_n_analyses; a++)
        if (rwe_analyses[a]->guards != NULL && rwe_settings_has(settings, rwe_analyses[a]->guards))
            plan.wanted[a] = true;
    for (size_t a = 0; a < rwe_n_analyses; a++)
        if (plan.wanted[a])
            mark_names(rwe_analyses[a]->asks, &plan);
    for (size_t a = 0; a < rwe_n_analyses; a++)
        if (plan.wanted[a])
            mark_names(rwe_analyses[a]->brings, &plan);
    return plan;
}

/* Where the command names analyses, those that the study names do not run: their flags are taken back, so that
 * none counts as asked for. What one of them reads (`landmark: [4, 6]`) stays. */
static void take_back_flags_of_study(struct rwe_settings *settings)
{
    struct rwe_plan plan = {{false}, {NULL}};
    if (!mark_wanted(settings, RWE_FROM_COMMAND, &plan))
        return;
    for (size_t a = 0; a < rwe_n_analyses; a++) {
        const struct rwe_option *flag = rwe_settings_find(settings, rwe_analyses[a]->name);
        bool is_name = flag->kind == RWE_OPTION_FLAG || flag->kind == RWE_OPTION_CHOICE;
        if (is_name && rwe_settings_source(settings, flag->name) == RWE_FROM_STUDY)
            rwe_settings_unset(settings, flag->name);
    }
}

enum rwe_status rwe_plan_complete(struct rwe_settings *settings, struct rwe_error *error)
{
    take_back_flags_of_study(settings);
    struct rwe_plan plan = rwe_plan_make(settings);
    enum rwe_status status = RWE_OK;
    for (size_t w = 0; w < rwe_n_analyses; w++) {
        const char *names = plan.wanted[w] ? rwe_analyses[w]->asks : NULL;
        while (names != NULL && *names != '\0' && status == RWE_OK) {
            size_t a = take_name(&names);
            if (a != RWE_NO_INDEX && !rwe_settings_has(settings, rwe_analyses[a]->name))
                status = rwe_settings_set(settings, rwe_analyses[a]->name, NULL, RWE_FROM_DEFAULT,
                                          error);
        }
    }
    return status;
}

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

struct rwe_run rwe_run_child(const struct rwe_run *parent, struct rwe_arena *arena)
{
    return (struct rwe_run){
        .settings = parent->settings,
        .document = parent->document,
        .estimates = parent->estimates,
        .complaints = parent->complaints,
        .replicate = parent->replicate,
        .progress = parent->progress,
        .arena = arena,
        .threads = parent->threads,
    };
}

static enum rwe_status start_landmark(const struct rwe_run *run, const struct rwe_plan *plan,
                                      double time, struct rwe_landmark_run *landmark,
                                      struct rwe_error *error)
{
    enum rwe_status status =
        rwe_cohort_landmark(run->cohort, time, run->arena, &landmark->at, error);
    landmark->run = rwe_run_child(run, run->arena);
    landmark->run.cohort = landmark->at.cohort;
    landmark->run.data =
        run->data == NULL ? NULL : &run->data->landmark[landmark - run->landmark].run;
    landmark->run.scope = rwe_arena_format(run->arena, "landmark-%.10g", time);
    landmark->run.from_zero = run;
    landmark->run.since = time;
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

static enum rwe_status walk(struct rwe_run *run, const struct rwe_plan *plan,
                            struct rwe_error *error)
{
    enum rwe_status status = RWE_OK;
    for (size_t a = 0; a < rwe_n_analyses && status == RWE_OK; a++) {
        if (!plan->wanted[a])
            continue;
        if (rwe_analyses[a]->estimate != NULL)
            status = rwe_analyses[a]->estimate(run, run->estimates, error);
        else if (rwe_analyses[a]->lists == RWE_LISTS_ESTIMATES)
            status = rwe_analyses[a]->run(run, plan->state[a], error);
    }
    return status;
}

enum rwe_status rwe_pipeline_estimates(struct rwe_run *run, const struct rwe_plan *plan,
                                       struct rwe_error *error)
{
    enum rwe_status status = walk(run, plan, error);
    for (size_t i = 0; i < run->n_landmarks && status == RWE_OK; i++) {
        struct rwe_landmark_run *landmark = &run->landmark[i];
        struct rwe_document *document = landmark->run.document;
        landmark->run.document = run->document;
        landmark->run.estimates = run->estimates;
        status = walk(&landmark->run, &landmark->plan, error);
        landmark->run.document = document;
    }
    return status;
}
