/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/data/cohort_dates.h"

static const struct rwe_option options[] = {
    {.name = "derive",
     .kind = RWE_OPTION_LIST,
     .section = RWE_SECTION_FILE,
     .argument = "NAME,…",
     .help = "Endpoints to compute from dates: os, rwpfs (or pfs), ttp, itpfs, lrfs, ttnt, dor, "
             "followup, each at most once."},
    {.name = "endpoint-dates",
     .kind = RWE_OPTION_LIST,
     .section = RWE_SECTION_FILE,
     .argument = "NAME=COL|COL;competing=COL|COL;censor=COL|COL",
     .help = "Endpoints of your own from dates: the earliest of the columns is the event, without "
             "one the latest of those after censor= ends follow-up (the last assessment, or else "
             "contact, where it is left out)."},
    {.name = "index-date",
     .kind = RWE_OPTION_TEXT,
     .section = RWE_SECTION_FILE,
     .argument = "COL",
     .help = "Column with the date of time zero (default index_date)."},
    {.name = "cutoff",
     .kind = RWE_OPTION_TEXT,
     .section = RWE_SECTION_FILE,
     .argument = "DATE",
     .help = "Data cut-off: what is later is not known yet, and censored there."},
    {.name = "assess",
     .kind = RWE_OPTION_PATH,
     .section = RWE_SECTION_FILE,
     .argument = "FILE",
     .help = "Assessments, one row a patient and day: so that the scan before a new therapy or a "
             "missed visit is known, and the first response."},
    {.name = "assess-columns",
     .kind = RWE_OPTION_LIST,
     .section = RWE_SECTION_FILE,
     .argument = "ID,DATE,RESPONSE",
     .help = "Columns of --assess (default: that of --id, assess_date, overall_resp)."},
    {.name = "visit-every",
     .kind = RWE_OPTION_NUMBER,
     .section = RWE_SECTION_METHOD,
     .argument = "DAYS",
     .low = 0,
     .high = 1e6,
     .help = "Assessments are planned this often: a progression seen between two counts from the "
             "later (default 91 under --censoring fda-b, else none)."},
    {.name = "date-system",
     .kind = RWE_OPTION_CHOICE,
     .section = RWE_SECTION_FILE,
     .argument = "1900|1904",
     .choices = "1900|1904",
     .help = "What day numbers of spreadsheets count from (default 1900; 1904 on old Macintoshes, "
             "1462 days later)."},
    {.name = "censoring",
     .kind = RWE_OPTION_CHOICE,
     .section = RWE_SECTION_METHOD,
     .argument = "ema|fda-a|fda-b|fda-c",
     .choices = "ema|fda-a|fda-b|fda-c",
     .help = "Rules for progression-free survival: treatment policy (default), or one of three in "
             "the FDA's style. The options below change single rules."},
    {.name = "death-window",
     .kind = RWE_OPTION_NUMBER,
     .section = RWE_SECTION_METHOD,
     .argument = "DAYS",
     .low = 0,
     .high = 1e6,
     .help = "A death later than this after the last assessment is no event of --derive rwpfs."},
    {.name = "visit-gap",
     .kind = RWE_OPTION_NUMBER,
     .section = RWE_SECTION_METHOD,
     .argument = "DAYS",
     .low = 0,
     .high = 1e6,
     .help = "A progression later than this after the last assessment is censored at that."},
    {.name = "progression-blank",
     .kind = RWE_OPTION_NUMBER,
     .section = RWE_SECTION_METHOD,
     .argument = "DAYS",
     .low = 0,
     .high = 1e6,
     .help = "Progression up to this day after time zero is not believed (14 is common)."},
    {.name = "new-therapy",
     .kind = RWE_OPTION_CHOICE,
     .section = RWE_SECTION_METHOD,
     .argument = "ignore|censor|event",
     .choices = "ignore|censor|event",
     .help = "What the next line of therapy before progression does to progression-free survival."},
    {.name = "exposure-date",
     .kind = RWE_OPTION_TEXT,
     .section = RWE_SECTION_FILE,
     .argument = "COL",
     .help = "Column with the date on which the treatment that tells the arms apart began (empty: "
             "never). Without --arm it makes the arms. A start after progression is none."},
    {.name = "exposure-site",
     .kind = RWE_OPTION_TEXT,
     .section = RWE_SECTION_FILE,
     .argument = "COL=A+B",
     .help = "The treatment counts only where this column holds one of these words, as "
             "rt_site=lung+mediast+pleura."},
    {.name = "exposure-grace",
     .kind = RWE_OPTION_NUMBER,
     .section = RWE_SECTION_FILE,
     .argument = "MONTHS",
     .low = 0,
     .high = 1200,
     .help = "The treatment counts only when it began within these months (of 30.4375 days) after "
             "time zero."},
    {.name = "exposure-names",
     .kind = RWE_OPTION_LIST,
     .section = RWE_SECTION_FILE,
     .argument = "WITHOUT,WITH",
     .help = "Names of the two arms that --exposure-date makes (default no RT, RT)."},
};

const struct rwe_options rwe_dates_options = RWE_OPTIONS(options);

static void take_number(const struct rwe_settings *settings, const char *name, double *to)
{
    if (rwe_settings_has(settings, name))
        *to = rwe_settings_number(settings, name);
}

struct rwe_endpoint_rules rwe_dates_rules(const struct rwe_settings *settings)
{
    int censoring = rwe_settings_choice(settings, "censoring");
    int therapy = rwe_settings_choice(settings, "new-therapy");
    struct rwe_endpoint_rules rules =
        rwe_endpoint_rules_of(censoring < 0 ? RWE_CENSORING_EMA : (enum rwe_censoring)censoring);
    take_number(settings, "death-window", &rules.death_window);
    take_number(settings, "visit-gap", &rules.visit_gap);
    take_number(settings, "progression-blank", &rules.pd_blank);
    take_number(settings, "visit-every", &rules.visit_every);
    if (therapy >= 0)
        rules.new_therapy = (enum rwe_new_therapy)therapy;
    return rules;
}
