/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/analysis/pipeline.h"

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
    run->plan = plan;
    enum rwe_status status = rwe_run_add_everybody(run, error);
    for (size_t a = 0; a < rwe_n_analyses && status == RWE_OK; a++)
        if (plan->wanted[a] && rwe_analyses[a]->design != NULL)
            status = rwe_analyses[a]->design(run, &plan->state[a], error);
    return status;
}

/* A run within another does what that one does, but for what makes sense from time zero alone. */
static enum rwe_status make_subrun_designs(struct rwe_run *subrun, const struct rwe_plan *of,
                                           struct rwe_error *error)
{
    struct rwe_plan *plan = RWE_NEW(subrun->arena, struct rwe_plan, 1);
    if (plan == NULL)
        return rwe_fail_memory(error);
    for (size_t a = 0; a < rwe_n_analyses; a++)
        plan->wanted[a] = of->wanted[a] && !rwe_analyses[a]->from_zero;
    return make_designs(subrun, plan, error);
}

enum rwe_status rwe_pipeline_designs(struct rwe_run *run, struct rwe_plan *plan,
                                     struct rwe_error *error)
{
    enum rwe_status status = make_designs(run, plan, error);
    for (size_t i = 0; i < run->n_subruns && status == RWE_OK; i++)
        status = make_subrun_designs(run->subrun[i], plan, error);
    return status;
}

/* ---- estimates ---- */

/* What lists estimates, of what runs in a run and is asked for by the plan, which may be of less (leave-one-out). */
static enum rwe_status walk(struct rwe_run *run, const struct rwe_plan *plan,
                            struct rwe_error *error)
{
    enum rwe_status status = RWE_OK;
    bool within = run->from_zero != NULL;
    for (size_t a = 0; a < rwe_n_analyses && status == RWE_OK; a++) {
        if (!plan->wanted[a] || (within && rwe_analyses[a]->from_zero))
            continue;
        if (rwe_analyses[a]->estimate != NULL)
            status = rwe_analyses[a]->estimate(run, run->estimates, error);
        else if (rwe_analyses[a]->lists == RWE_LISTS_ESTIMATES)
            status = rwe_analyses[a]->run(run, run->plan->state[a], error);
    }
    return status;
}

enum rwe_status rwe_pipeline_estimates(struct rwe_run *run, const struct rwe_plan *plan,
                                       struct rwe_error *error)
{
    enum rwe_status status = walk(run, plan, error);
    for (size_t i = 0; i < run->n_subruns && status == RWE_OK; i++) {
        struct rwe_run *subrun = run->subrun[i];
        struct rwe_document *document = subrun->document;
        subrun->document = run->document;
        subrun->estimates = run->estimates;
        status = walk(subrun, plan, error);
        subrun->document = document;
    }
    return status;
}
