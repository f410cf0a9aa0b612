/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "idle.h"

#include "rwe/analysis/plan.h"
#include "rwe/base/language.h"
#include <stdio.h>
#include <string.h>

enum { LONGEST = 512 };

static const struct rwe_analysis *analysis_named(const char *name, size_t *at)
{
    for (*at = 0; *at < rwe_n_analyses; ++*at)
        if (strcmp(rwe_analyses[*at]->name, name) == 0)
            return rwe_analyses[*at];
    return NULL;
}

/* The analysis whose own option it is, and not its flag; NULL: an option of many. */
static const struct rwe_analysis *owner_of(const struct rwe_option *option)
{
    for (size_t a = 0; a < rwe_n_analyses; a++)
        if (rwe_analyses[a]->options != NULL && rwe_analyses[a]->options == option->home &&
            strcmp(rwe_analyses[a]->name, option->name) != 0)
            return rwe_analyses[a];
    return NULL;
}

/* Whether "psm", an analysis that runs or an option that is given, or "censoring=fda-b", a value in force, is
 * there. */
static bool is_there(const struct rwe_settings *settings, const struct rwe_plan *plan,
                     const char *word)
{
    char name[LONGEST];
    size_t length = strcspn(word, "="), at;
    snprintf(name, sizeof name, "%.*s", (int)length, word);
    if (word[length] == '=') {
        const char *value = rwe_settings_text(settings, name);
        return value != NULL && strcmp(value, word + length + 1) == 0;
    }
    if (analysis_named(name, &at) != NULL && plan->wanted[at])
        return true;
    return rwe_settings_source(settings, name) >= RWE_FROM_STUDY;
}

/* Whether any of the words is there; else `told` lists them: "--psm, --iptw=entropy". */
static bool any_is_there(const struct rwe_settings *settings, const struct rwe_plan *plan,
                         const char *words, char told[LONGEST])
{
    size_t used = 0;
    told[0] = '\0';
    while (*words != '\0') {
        char word[LONGEST];
        size_t length = strcspn(words, " ");
        snprintf(word, sizeof word, "%.*s", (int)length, words);
        if (is_there(settings, plan, word))
            return true;
        if (used < LONGEST)
            used += (size_t)snprintf(told + used, LONGEST - used, "%s--%s", used == 0 ? "" : ", ",
                                     word);
        words += length + strspn(words + length, " ");
    }
    return false;
}

enum rwe_status rwe_idle_check(const struct rwe_settings *settings, struct rwe_error *error)
{
    struct rwe_options options = rwe_settings_options(settings);
    struct rwe_plan plan = rwe_plan_make(settings);
    for (size_t i = 0; i < options.n; i++) {
        const struct rwe_option *option = &options.item[i];
        const struct rwe_analysis *owner = owner_of(option);
        const char *needs = option->acts_with != NULL ? option->acts_with
                            : owner != NULL           ? owner->name
                                                      : NULL;
        char told[LONGEST];
        bool is_given = rwe_settings_source(settings, option->name) == RWE_FROM_COMMAND;
        if (is_given && option->yields_to != NULL &&
            rwe_settings_source(settings, option->yields_to) == RWE_FROM_COMMAND)
            return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                            "--%s does nothing beside --%s: leave one of the two out", option->name,
                            option->yields_to);
        if (needs == NULL || !is_given || any_is_there(settings, &plan, needs, told))
            continue;
        bool one = strchr(needs, ' ') == NULL;
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        one ? N_("--%s does nothing without %s: say that too, or leave it out")
                            : N_("--%s does nothing without one of %s: say one too, or leave it "
                                 "out"),
                        option->name, told);
    }
    return RWE_OK;
}
