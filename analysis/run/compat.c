/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The defaults of other systems. See compat.md. */
#include "rwe/analysis/compat.h"

#include "rwe/base/language.h"
#include <string.h>

struct settings {
    int system; /* −1: none */
};

static const struct rwe_option options[] = {
    {.name = "compat",
     RWE_CHOICE_IN(struct settings, system),
     .section = RWE_SECTION_METHOD,
     .argument = "r|sas|stata|admiral",
     .choices = "r|sas|stata|admiral",
     .help = N_("Take the defaults of that system where nothing else is said: scale of survival "
                "limits, medians of flat pieces, horizon of restricted means, ties, limits of risk "
                "differences; of admiral the rules of endpoints from dates.")},
};
const struct rwe_options rwe_compat_options = RWE_OPTIONS_IN(struct settings, options);

/* In the order of the option's choices. */
static const char *const systems[] = {
    N_("R (survival; prop.test)"),
    N_("SAS (LIFETEST, PHREG, FREQ)"),
    N_("Stata (sts, stci, stcox, cs)"),
    N_("admiral (admiralonco)"),
};
enum { ADMIRAL = 3, N_SYSTEMS = sizeof systems / sizeof systems[0] };

/* One row an option: what each system does when nothing is said; NULL: it has no default of its own. */
static const struct {
    const char *option;
    const char *value[N_SYSTEMS];
} defaults[] = {
    {"conf-type", {"log", "log-log", "log-log"}},
    {"median-rule", {"midpoint", "midpoint", "first"}},
    {"tau-rule", {"last", "longest", "last"}},
    {"ties", {"efron", "breslow", "breslow"}},
    {"difference", {"wald-corrected", "wald", "wald"}},
    {"censoring", {[ADMIRAL] = "fda-c"}},
    {"new-therapy", {[ADMIRAL] = "ignore"}},
    {"unassessed", {[ADMIRAL] = "start"}},
};
enum { N_DEFAULTS = sizeof defaults / sizeof defaults[0] };

static int system_of(const struct rwe_settings *settings)
{
    const struct settings *own = rwe_settings_of(settings, &rwe_compat_options);
    return own->system;
}

enum rwe_status rwe_compat_apply(struct rwe_settings *settings, struct rwe_error *error)
{
    int s = system_of(settings);
    enum rwe_status status = RWE_OK;
    for (size_t d = 0; s >= 0 && d < N_DEFAULTS && status == RWE_OK; d++)
        if (defaults[d].value[s] != NULL && rwe_settings_find(settings, defaults[d].option) != NULL)
            status = rwe_settings_set(settings, defaults[d].option, defaults[d].value[s],
                                      RWE_FROM_DEFAULT, error);
    return status;
}

/* "conf-type log, ties efron": the options whose value is, or is not, that of the system. */
static const char *list_options(const struct rwe_run *run, int s, bool followed)
{
    const char *item[N_DEFAULTS];
    struct rwe_strings list = {item, 0};
    for (size_t d = 0; d < N_DEFAULTS; d++) {
        if (defaults[d].value[s] == NULL ||
            rwe_settings_find(run->settings, defaults[d].option) == NULL)
            continue;
        const char *value = rwe_settings_text(run->settings, defaults[d].option);
        if ((strcmp(value, defaults[d].value[s]) == 0) == followed)
            item[list.n++] = rwe_arena_format(run->arena, "%s %s", defaults[d].option, value);
    }
    return rwe_arena_failed(run->arena) ? NULL : rwe_text_join(run->arena, list, ", ");
}

void rwe_compat_report(const struct rwe_run *run)
{
    int s = system_of(run->settings);
    if (s < 0)
        return;
    const char *followed = list_options(run, s, true);
    const char *otherwise = list_options(run, s, false);
    if (followed == NULL || otherwise == NULL)
        return;
    if (*otherwise == '\0')
        rwe_document_paragraph(run->document, "Defaults as in %s: %s.", rwe_text(systems[s]),
                               followed);
    else if (*followed == '\0')
        rwe_document_paragraph(run->document, "Defaults as in %s: none. Given otherwise: %s.",
                               rwe_text(systems[s]), otherwise);
    else
        rwe_document_paragraph(run->document, "Defaults as in %s: %s. Given otherwise: %s.",
                               rwe_text(systems[s]), followed, otherwise);
}
