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

static void mark_names(const char *names, struct rwe_plan *plan)
{
    while (names != NULL && *names != '\0') {
        size_t length = strcspn(names, " ");
        size_t a = position_of(names, length);
        if (a != RWE_NO_INDEX)
            plan->wanted[a] = true;
        names += length + strspn(names + length, " ");
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
        if (plan.wanted[a])
            mark_names(rwe_analyses[a]->brings, &plan);
    return plan;
}

enum rwe_status rwe_pipeline_designs(struct rwe_run *run, struct rwe_plan *plan,
                                     struct rwe_error *error)
{
    run->n_designs = 1;
    enum rwe_status status = rwe_design_all(run->cohort, run->arena, &run->design[0], error);
    for (size_t a = 0; a < rwe_n_analyses && status == RWE_OK; a++)
        if (plan->wanted[a] && rwe_analyses[a]->design != NULL)
            status = rwe_analyses[a]->design(run, &plan->state[a], error);
    return status;
}

size_t rwe_run_people_designs(const struct rwe_run *run)
{
    size_t n = 0;
    while (n < run->n_designs && !rwe_design_is_cloned(&run->design[n]))
        n++;
    return n;
}

enum rwe_status rwe_pipeline_estimates(struct rwe_run *run, const struct rwe_plan *plan,
                                       struct rwe_estimates *estimates, struct rwe_error *error)
{
    enum rwe_status status = RWE_OK;
    for (size_t a = 0; a < rwe_n_analyses && status == RWE_OK; a++)
        if (plan->wanted[a] && rwe_analyses[a]->estimate != NULL)
            status = rwe_analyses[a]->estimate(run, estimates, error);
    return status;
}
