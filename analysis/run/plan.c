/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/analysis/plan.h"

#include <stdio.h>
#include <string.h>

enum { LONGEST_NAME = 63 };

static size_t position_of(const char *name)
{
    for (size_t a = 0; a < rwe_n_analyses; a++)
        if (strcmp(rwe_analyses[a]->name, name) == 0)
            return a;
    return RWE_NO_INDEX;
}

/* Takes the first name off a list with blanks between; false at its end and where there is none. */
static bool take_name(const char **list, char name[LONGEST_NAME + 1])
{
    if (*list == NULL || **list == '\0')
        return false;
    size_t length = strcspn(*list, " ");
    snprintf(name, LONGEST_NAME + 1, "%.*s", (int)length, *list);
    *list += length + strspn(*list + length, " ");
    return true;
}

static bool asked_by(const struct rwe_settings *settings, const char *option,
                     enum rwe_source source)
{
    return rwe_settings_has(settings, option) && rwe_settings_source(settings, option) == source;
}

static bool asked_by_any(const struct rwe_settings *settings, const char *options,
                         enum rwe_source source)
{
    char name[LONGEST_NAME + 1];
    while (take_name(&options, name))
        if (asked_by(settings, name, source))
            return true;
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
        plan->wanted[a] = by_name || asked_by_any(settings, rwe_analyses[a]->implied_by, source);
    }
    return any;
}

static void mark_names(const char *names, struct rwe_plan *plan)
{
    char name[LONGEST_NAME + 1];
    while (take_name(&names, name)) {
        size_t a = position_of(name);
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
        if (asked_by_any(settings, rwe_analyses[a]->implied_by, RWE_FROM_COMMAND))
            plan.wanted[a] = true;
    for (size_t a = 0; a < rwe_n_analyses; a++)
        if (rwe_analyses[a]->always)
            plan.wanted[a] = true;
    for (size_t a = 0; a < rwe_n_analyses; a++)
        if (plan.wanted[a])
            mark_names(rwe_analyses[a]->needs, &plan);
    for (size_t a = 0; a < rwe_n_analyses; a++)
        if (plan.wanted[a])
            mark_names(rwe_analyses[a]->also_runs, &plan);
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

/* A list of assessments that no endpoint from dates reads is for the responses that the study asks for, whatever
 * else the command names. */
static enum rwe_status keep_responses(struct rwe_settings *settings, struct rwe_error *error)
{
    const char *name = "response";
    bool is_for_them =
        asked_by(settings, "assess", RWE_FROM_COMMAND) &&
        asked_by(settings, name, RWE_FROM_STUDY) && !rwe_settings_has(settings, "derive") &&
        !rwe_settings_has(settings, "endpoint-dates") && !rwe_settings_has(settings, "queries");
    return is_for_them ? rwe_settings_set(settings, name, NULL, RWE_FROM_COMMAND, error) : RWE_OK;
}

enum rwe_status rwe_plan_complete(struct rwe_settings *settings, struct rwe_error *error)
{
    enum rwe_status kept = keep_responses(settings, error);
    if (kept != RWE_OK)
        return kept;
    take_back_flags_of_study(settings);
    struct rwe_plan plan = rwe_plan_make(settings);
    enum rwe_status status = RWE_OK;
    for (size_t w = 0; w < rwe_n_analyses; w++) {
        char name[LONGEST_NAME + 1];
        const char *names = plan.wanted[w] ? rwe_analyses[w]->needs : NULL;
        while (status == RWE_OK && take_name(&names, name))
            if (position_of(name) != RWE_NO_INDEX && !rwe_settings_has(settings, name))
                status = rwe_settings_set(settings, name, NULL, RWE_FROM_DEFAULT, error);
    }
    return status;
}
