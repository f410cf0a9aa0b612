/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "toxicity_settings.h"

#include "rwe/base/language.h"

static const struct rwe_option options[] = {
    {.name = "ae",
     RWE_PATH_IN(struct toxicity_settings, file),
     .section = RWE_SECTION_ADVERSE,
     .argument = "FILE",
     .help = N_("Adverse events, one row each: subject, term, grade.")},
    {.name = "ae-sheet",
     RWE_TEXT_IN(struct toxicity_settings, sheet),
     .section = RWE_SECTION_ADVERSE,
     .argument = "NAME|N",
     .acts_with = "ae",
     .help = N_("Sheet of --ae, where it is a workbook: as --sheet.")},
    {.name = "ae-wide",
     RWE_LIST_IN(struct toxicity_settings, wide),
     .section = RWE_SECTION_ADVERSE,
     .argument = "COL,…",
     .help =
         N_("Adverse events in one column a term, whose cells are grades (0 or empty: none), of "
            "--ae or, without it, of the cohort file.")},
    {.name = "ae-columns",
     RWE_LIST_IN(struct toxicity_settings, columns),
     .section = RWE_SECTION_ADVERSE,
     .argument = "ID,TERM,GRADE",
     .acts_with = "ae ae-wide",
     .help = N_("Its columns (default: the cohort's identifier, ae_term, ae_grade).")},
    {.name = "ae-names",
     RWE_LIST_IN(struct toxicity_settings, names),
     .section = RWE_SECTION_ADVERSE,
     .argument = "KEY=COLUMN,…",
     .acts_with = "ae",
     .help =
         N_("Its further columns where they have names of their own: keys soc, start, start-date, "
            "serious, immune, rel-chemo, rel-pd1, rel-rt, steroid, action, outcome, last-dose, "
            "last-dose-date, rt-end, rt-end-date, emergent.")},
    {.name = "ae-follow-up",
     RWE_TEXT_IN(struct toxicity_settings, follow_up),
     .section = RWE_SECTION_ADVERSE,
     .argument = "ENDPOINT",
     .acts_with = "ae ae-wide",
     .help = N_("Adverse events are seen until its time, and its event is death (default: os).")},
    {.name = "teae-days",
     RWE_NUMBER_IN(struct toxicity_settings, days),
     .section = RWE_SECTION_ADVERSE,
     .argument = "DAYS",
     .low = 0,
     .high = 36525,
     .acts_with = "ae ae-wide",
     .help =
         N_("Adverse events count up to so many days after the last dose, such as 30 (default: to "
            "the end of follow-up). Rates and incidences are then left out.")},
    {.name = "teae-immune-days",
     RWE_NUMBER_IN(struct toxicity_settings, immune_days),
     .section = RWE_SECTION_ADVERSE,
     .argument = "DAYS",
     .fallback = "90",
     .low = 0,
     .high = 36525,
     .acts_with = "ae ae-wide",
     .help = N_("With --teae-days, immune-related ones so many (default 90).")},
    {.name = "teae-rt-days",
     RWE_NUMBER_IN(struct toxicity_settings, rt_days),
     .section = RWE_SECTION_ADVERSE,
     .argument = "DAYS",
     .fallback = "180",
     .low = 0,
     .high = 36525,
     .acts_with = "ae ae-wide",
     .help =
         N_("With --teae-days, pneumonitis related to radiotherapy so many after its end, or its "
            "start where the end is not told (default 180).")},
    {.name = "ae-tables",
     RWE_LIST_IN(struct toxicity_settings, tables),
     .section = RWE_SECTION_ADVERSE,
     .argument = "NAMES",
     .acts_with = "ae ae-wide",
     .help = N_(
         "Tables beside the main one: overview, soc, immune, pneumonitis, rates, cuminc, phases; "
         "none (default: all that the file has columns for).")},
    {.name = "ae-grades",
     RWE_FLAG_IN(struct toxicity_settings, grades),
     .section = RWE_SECTION_ADVERSE,
     .acts_with = "ae ae-wide",
     .help = N_("A table by class and term with columns of grades 1–2, 3, 4 and 5.")},
    {.name = "ae-incidence",
     RWE_LIST_IN(struct toxicity_settings, incidence),
     .section = RWE_SECTION_ADVERSE,
     .argument = "TERMS",
     .acts_with = "ae ae-wide",
     .help =
         N_("Terms whose cumulative incidence is told, TERM or TERM:3 for grade 3 or more; any and "
            "pneumonitis are terms too (default any:3,pneumonitis).")},
    {.name = "ae-cut",
     RWE_NUMBER_IN(struct toxicity_settings, cut),
     .section = RWE_SECTION_ADVERSE,
     .argument = "PERCENT",
     .fallback = "10",
     .low = 0,
     .high = 100,
     .acts_with = "ae ae-wide",
     .help = N_("Show terms that this share of an arm has at any grade (default 10) …")},
    {.name = "ae-cut-severe",
     RWE_NUMBER_IN(struct toxicity_settings, cut_severe),
     .section = RWE_SECTION_ADVERSE,
     .argument = "PERCENT",
     .fallback = "2",
     .low = 0,
     .high = 100,
     .acts_with = "ae ae-wide",
     .help = N_("… or this share at grade 3 or more (default 2). Facts hold all terms.")},
    {.name = "fisher",
     RWE_FLAG_IN(struct toxicity_settings, fisher),
     .section = RWE_SECTION_ADVERSE,
     .acts_with = "ae ae-wide",
     .help = N_(
         "P-values for adverse events: Fisher's exact; in matched pairs McNemar's; under weights "
         "and in other matched sets Wald's, robust.")},
};
const struct rwe_options rwe_toxicity_options = RWE_OPTIONS_IN(struct toxicity_settings, options);

const struct toxicity_settings *toxicity_settings_of(const struct rwe_settings *settings)
{
    return rwe_settings_of(settings, &rwe_toxicity_options);
}
