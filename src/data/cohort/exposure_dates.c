/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/data/exposure_dates.h"

#include "rwe/base/language.h"

#include <string.h>

static bool is_after(int32_t day, struct rwe_dated event)
{
    return rwe_dated_has_day(event) && day > event.day;
}

enum rwe_exposure_class rwe_exposure_of(struct rwe_dated start, bool at_site,
                                        const struct rwe_patient_dates *patient,
                                        const struct rwe_exposure_rules *rules)
{
    int32_t zero = patient->date[RWE_DATE_INDEX].day;
    if (!rwe_dated_has_day(start))
        return RWE_EXPOSURE_NEVER;
    if (!at_site)
        return RWE_EXPOSURE_OTHER_SITE;
    if (start.day < zero)
        return RWE_EXPOSURE_BEFORE_ZERO;
    if (rules->has_cutoff && start.day > rules->cutoff)
        return RWE_EXPOSURE_AFTER_CUTOFF;
    if (is_after(start.day, patient->date[RWE_DATE_PD]) ||
        is_after(start.day, patient->date[RWE_DATE_DEATH]))
        return RWE_EXPOSURE_AFTER_EVENT;
    if (start.day - zero > rules->grace)
        return RWE_EXPOSURE_AFTER_GRACE;
    return RWE_EXPOSED;
}

const char *rwe_exposure_words(enum rwe_exposure_class class)
{
    static const char *const words[] = {
        N_("never began"),
        N_("exposed"),
        N_("not at one of the sites"),
        N_("began before time zero"),
        N_("began after the data cut-off"),
        N_("began after progression or death"),
        N_("began after the period of grace"),
    };
    return words[class];
}

bool rwe_exposure_at_site(const char *text, struct rwe_strings sites)
{
    for (size_t s = 0; s < sites.n; s++)
        if (strcasestr(text, sites.item[s]) != NULL)
            return true;
    return false;
}
