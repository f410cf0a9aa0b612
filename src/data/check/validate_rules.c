/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of rules, and the tests of one patient's row. */
#include "validate_private.h"

#include "rwe/base/language.h"
#include "rwe/data/found_exposure.h"
#include <string.h>

static const double days_per_month = 30.4375;

/* ---- small words ---- */

#define DAY(role) rwe_chart_day(c, ROLE_##role, i)
#define NUMBER(role) rwe_chart_number(c, ROLE_##role, i)
#define TEXT(role) rwe_chart_text(c, ROLE_##role, i)
#define COLUMN(role) (c->column[ROLE_##role])

static size_t fault(bool found, size_t column)
{
    return found ? column : RWE_NO_INDEX;
}

static bool is_text(const char *text, const char *word)
{
    return text != NULL && strcasecmp(text, word) == 0;
}

/* ---- dates that contradict each other: comparisons with a missing date are false ---- */

static size_t no_index(const struct rwe_chart *c, size_t i)
{
    return fault(isnan(DAY(index_date)), COLUMN(index_date));
}

static size_t death_without_date(const struct rwe_chart *c, size_t i)
{
    return fault(rwe_chart_yes(TEXT(death)) == 1 && isnan(DAY(death_date)) &&
                     !rwe_chart_is_partial_date(TEXT(death_date)),
                 COLUMN(death_date));
}

static size_t partial_death(const struct rwe_chart *c, size_t i)
{
    return fault(rwe_chart_is_partial_date(TEXT(death_date)), COLUMN(death_date));
}

static size_t death_before_index(const struct rwe_chart *c, size_t i)
{
    return fault(DAY(death_date) < DAY(index_date), COLUMN(death_date));
}

static size_t progression_before_index(const struct rwe_chart *c, size_t i)
{
    return fault(DAY(pd_date) < DAY(index_date), COLUMN(pd_date));
}

static size_t contact_before_index(const struct rwe_chart *c, size_t i)
{
    return fault(DAY(last_contact_date) < DAY(index_date), COLUMN(last_contact_date));
}

static size_t alive_with_death_date(const struct rwe_chart *c, size_t i)
{
    return fault(rwe_chart_yes(TEXT(death)) == 0 && !isnan(DAY(death_date)), COLUMN(death_date));
}

static size_t after_cutoff(const struct rwe_chart *c, size_t i)
{
    for (int r = 0; r < N_ROLES; r++)
        if (rwe_role_is_date((enum role)r) && rwe_chart_day(c, (enum role)r, i) > c->cutoff)
            return c->column[r];
    return RWE_NO_INDEX;
}

static size_t death_before_progression(const struct rwe_chart *c, size_t i)
{
    return fault(DAY(death_date) < DAY(pd_date), COLUMN(death_date));
}

static size_t contact_after_death(const struct rwe_chart *c, size_t i)
{
    return fault(DAY(last_contact_date) > DAY(death_date), COLUMN(last_contact_date));
}

static size_t radiotherapy_before_index(const struct rwe_chart *c, size_t i)
{
    return fault(DAY(rt_start_date) < DAY(index_date), COLUMN(rt_start_date));
}

/* ---- duplicates ---- */

static size_t duplicate_id(const struct rwe_chart *c, size_t i)
{
    return fault(c->first_id[i] != i, COLUMN(usubjid));
}

static bool same(const struct rwe_chart *c, enum role role, size_t i, size_t k)
{
    const char *a = rwe_chart_text(c, role, i);
    const char *b = rwe_chart_text(c, role, k);
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

static size_t same_person_elsewhere(const struct rwe_chart *c, size_t i)
{
    size_t k = c->first_person[i];
    return fault(k != i && !same(c, ROLE_siteid, i, k) && !same(c, ROLE_usubjid, i, k),
                 COLUMN(birth_date));
}

/* ---- arm and radiotherapy ---- */

/* Only intrathoracic sites are the exposure; an unknown one is taken for it. */
static bool is_intrathoracic(const char *site)
{
    return site == NULL || strstr(site, "lung") != NULL || strstr(site, "mediast") != NULL ||
           strstr(site, "pleura") != NULL || strstr(site, "肺") != NULL ||
           strstr(site, "纵隔") != NULL || strstr(site, "胸膜") != NULL;
}

static size_t arm_contradicts(const struct rwe_chart *c, size_t i)
{
    const char *arm = c->arm_text[i];
    const char *control = c->study->control;
    double start = DAY(rt_start_date);
    if (arm == NULL)
        return RWE_NO_INDEX;
    if (strcmp(arm, c->study->treated) == 0)
        return fault(isnan(start) && !rwe_chart_is_partial_date(TEXT(rt_start_date)), c->arm);
    bool is_control = control == NULL || strcmp(arm, control) == 0;
    bool is_exposure =
        start >= DAY(index_date) && !(start > DAY(pd_date)) && is_intrathoracic(TEXT(rt_site));
    return fault(is_control && is_exposure, c->arm);
}

static size_t radiotherapy_after_progression(const struct rwe_chart *c, size_t i)
{
    return fault(DAY(rt_start_date) > DAY(pd_date), COLUMN(rt_start_date));
}

static size_t radiotherapy_ends_first(const struct rwe_chart *c, size_t i)
{
    return fault(DAY(rt_end_date) < DAY(rt_start_date), COLUMN(rt_end_date));
}

static size_t wrong_dose(const struct rwe_chart *c, size_t i)
{
    double dose = NUMBER(rt_dose_gy);
    double sum = NUMBER(rt_fx) * NUMBER(rt_fx_gy);
    return fault(dose > 100 || fabs(dose - sum) > 0.05 * dose, COLUMN(rt_dose_gy));
}

/* ---- eligibility and times ---- */

static size_t not_eligible(const struct rwe_chart *c, size_t i)
{
    double between = DAY(met_date) - DAY(prim_rt_end_date);
    if (NUMBER(age) < 18)
        return COLUMN(age);
    if (NUMBER(kps) < 60)
        return COLUMN(kps);
    if (NUMBER(dfi_mo) <= 6)
        return COLUMN(dfi_mo);
    if (COLUMN(dfi_mo) == RWE_NO_INDEX && between <= 6 * days_per_month)
        return COLUMN(met_date);
    return fault(rwe_chart_yes(TEXT(prior_ici)) == 1, COLUMN(prior_ici));
}

static size_t zero_time(const struct rwe_chart *c, size_t i)
{
    static const enum role ends[] = {ROLE_pd_date, ROLE_death_date, ROLE_last_contact_date};
    for (size_t e = 0; e < sizeof ends / sizeof ends[0]; e++)
        if (rwe_chart_day(c, ends[e], i) == DAY(index_date))
            return c->column[ends[e]];
    return RWE_NO_INDEX;
}

static size_t suspicious_unit(const struct rwe_chart *c, size_t i)
{
    const char *ebv = TEXT(ebv_dna);
    if (NUMBER(alb) < 10)
        return COLUMN(alb);
    if (NUMBER(ldh) < 10)
        return COLUMN(ldh);
    return fault(ebv != NULL && strcasestr(ebv, "IU") != NULL, COLUMN(ebv_dna));
}

/* ---- response and progression ---- */

static size_t response_after_progression(const struct rwe_chart *c, size_t i)
{
    bool responded = is_text(TEXT(bor), "CR") || is_text(TEXT(bor), "PR");
    return fault(responded && DAY(pd_date) < DAY(resp_first_date), COLUMN(resp_first_date));
}

static size_t early_progression(const struct rwe_chart *c, size_t i)
{
    double after = DAY(pd_date) - DAY(index_date);
    return fault(after >= 0 && after < 14, COLUMN(pd_date));
}

static size_t response_without_date(const struct rwe_chart *c, size_t i)
{
    bool progressed = TEXT(pd_date) != NULL && rwe_chart_yes(TEXT(pd_date)) != 0;
    if (is_text(TEXT(bor), "PD") && !progressed)
        return COLUMN(pd_date);
    return fault(COLUMN(relapse_date) != RWE_NO_INDEX && is_text(TEXT(bor), "CR") && progressed &&
                     TEXT(relapse_date) == NULL,
                 COLUMN(relapse_date));
}

/* ---- the table ---- */

#define E .severity = RWE_SEVERITY_ERROR
#define W .severity = RWE_SEVERITY_WARNING
#define Q .severity = RWE_SEVERITY_QUERY

const struct rwe_rule rwe_rules[] = {
    {"E01", E, .needs = "index_date", .about = "index_date", .row = no_index,
     .message = N_("missing, or no whole date"),
     .action = N_("enter the first day of treatment: time counts from it")},
    {"E02", E, .needs = "death death_date", .about = "death_date", .row = death_without_date,
     .message = N_("missing, but the patient is recorded as dead"),
     .action = N_("enter the date of death, or correct the status")},
    {"E02", Q, .needs = "death_date", .about = "death_date", .row = partial_death,
     .message = N_("a month or a year, not a day"),
     .action =
         N_("ask for the day; until then the middle of the month stands, or the last day of it on "
            "which the patient was seen, never a year alone")},
    {"E03", E, .needs = "index_date death_date", .about = "death_date", .row = death_before_index,
     .message = N_("earlier than the index date"), .action = N_("check both dates in the chart")},
    {"E04", E, .needs = "index_date pd_date", .about = "pd_date", .row = progression_before_index,
     .message = N_("earlier than the index date"),
     .action = N_(
         "is it the progression of the earlier disease? Enter the first one under this treatment")},
    {"E05", E, .needs = "index_date last_contact_date", .about = "last_contact_date",
     .row = contact_before_index, .message = N_("earlier than the index date"),
     .action = N_("enter the last day on which the patient was known to be alive")},
    {"E06", E, .needs = "usubjid", .about = "usubjid", .row = duplicate_id,
     .message = N_("the identifier of an earlier row too"),
     .action = N_("one row is one patient: merge the rows, or correct the identifier")},
    {"E06", Q, .needs = "birth_date sex dx_date siteid", .about = "birth_date",
     .row = same_person_elsewhere,
     .message = N_("with sex and date of diagnosis the same as at another site"),
     .action = N_("find out whether it is one patient, and keep one row")},
    {"E07", E, .needs = "death death_date", .about = "death_date", .row = alive_with_death_date,
     .message = N_("a date of death of a patient recorded as alive"),
     .action = N_("correct the status, or empty the date")},
    /* In spite of its letter: who lives longer than the cut-off is no error. */
    {"E08", W, .needs = "@cutoff index_date", .about = N_("any date"), .row = after_cutoff,
     .message = N_("later than the data cut-off"),
     .action =
         N_("nothing if true: follow-up ends at the cut-off, and what comes later is not counted")},
    {"E09", E, .needs = "death_date pd_date", .about = "death_date",
     .row = death_before_progression, .message = N_("earlier than the progression"),
     .action = N_("check both dates; the same day is allowed")},
    {"E10", E, .needs = "death_date last_contact_date", .about = "last_contact_date",
     .row = contact_after_death, .message = N_("later than the death"),
     .action = N_("check both dates: nobody is seen alive after death")},
    {"E11", E, .needs = "index_date rt_start_date", .about = "rt_start_date",
     .row = radiotherapy_before_index, .message = N_("earlier than the index date"),
     .action = N_("is it the earlier radiotherapy? That is not this exposure: enter it elsewhere")},
    {"E12", E, .needs = "@treated rt_start_date", .about = N_("arm"), .row = arm_contradicts,
     .message = N_("an arm that the date of radiotherapy contradicts"),
     .action = N_("enter the start of radiotherapy, or correct the arm")},
    {"W13", W, .needs = "rt_start_date pd_date", .about = "rt_start_date",
     .row = radiotherapy_after_progression, .message = N_("later than the progression"),
     .action = N_("it is later treatment and not the exposure; check that the arm says so")},
    {"W14", W, .needs = "rt_start_date rt_end_date", .about = "rt_end_date",
     .row = radiotherapy_ends_first, .message = N_("earlier than the start of radiotherapy"),
     .action = N_("check both dates")},
    {"W15", W, .needs = "rt_dose_gy", .about = "rt_dose_gy", .row = wrong_dose,
     .message = N_("over 100, or not the fractions times their dose"),
     .action = N_("enter Gy, not cGy; check fractions")},
    {"W16", W, .needs = "age|kps|dfi_mo|prior_ici|met_date", .about = N_("patient"),
     .row = not_eligible,
     .message =
         N_("against the criteria of the study (age 18, KPS 60, DFI > 6 months, no earlier ICI)"),
     .action =
         N_("check it; if true declare the criterion under eligibility, so that it is counted")},
    {"W17", W, .needs = "index_date pd_date|death_date|last_contact_date",
     .about = N_("end of follow-up"), .row = zero_time,
     .message = N_("the index date itself: a time of 0"),
     .action = N_("check it: the patient adds nothing to follow-up")},
    {"W18", W, .needs = "alb|ldh|ebv_dna", .about = "alb, ldh, ebv_dna", .row = suspicious_unit,
     .message = N_("in another unit, as it seems"),
     .action = N_("albumin in g/L, LDH in U/L, EBV DNA in copies/mL: convert it")},
    {"W19", W, .needs = "bor pd_date resp_first_date", .about = "resp_first_date",
     .row = response_after_progression,
     .message = N_("a first response later than the progression"),
     .action = N_("response counts before progression only: check dates and response")},
    {"W20", W, .needs = "index_date pd_date", .about = "pd_date", .row = early_progression,
     .message = N_("within 14 days of the index date, before a first scan is due"),
     .action = N_("is it progression before treatment, or clinical?")},
    {"W21", W, .needs = "bor pd_date", .about = "pd_date, relapse_date",
     .row = response_without_date, .message = N_("missing, though the best response asks for it"),
     .action = N_("PD as best response needs its date; CR that progressed the date of relapse")},
    {"W22", W, .needs = "@cutoff death last_contact_date", .about = "last_contact_date",
     .whole = rwe_rule_follow_up_lags,
     .message = N_(
         "of the survivors were last seen over 12 months before the cut-off, or one arm far more"),
     .action = N_("update the follow-up, in both arms alike")},
    {"W23", W, .needs = "death death_date last_assess_date last_contact_date",
     .about = "last_contact_date", .whole = rwe_rule_visits_end_follow_up,
     .message =
         N_("of the survivors end at their last scan, while deaths are known long after theirs"),
     .action = N_("use one rule for all: the last day known alive, from the same sources")},
    {"W24", W, .needs = "death|@endpoint", .about = N_("status"), .whole = rwe_rule_status_inverted,
     .message = N_("coded 1 and 2, or inverted: every event later than every censoring"),
     .action = N_("say which value is the event: --endpoint NAME=TIME,EVENT:VALUE")},
    {"W25", W, .needs = "index_date", .about = N_("any date"), .whole = rwe_rule_heaping,
     .message = N_("of the dates fall on the 1st or the 15th"),
     .action = N_("days were filled in for months, as it seems: say so, or look them up")},
    {"W26", W, .needs = "index_date", .about = N_("any date"), .whole = rwe_rule_date_system,
     .message = N_("1,462 days off the index dates: spreadsheets of 1900 and 1904"),
     .action = N_("add or take off 1,462 days in that column")},
    {"W27", W, .needs = "@arm @endpoint @covariates", .about = N_("covariates"),
     .whole = rwe_rule_separated, .message = N_("a level without events, or in one arm alone"),
     .action = N_("join levels, or use Firth's penalty")},
    {"W28", W, .needs = "index_date ae_start_date", .about = "ae_start_date",
     .event = rwe_rule_event_dates,
     .message = N_("before the index date, or over 90 days after the last contact"),
     .action = N_("check the onset, and the follow-up")},
    {"W29", W, .needs = "ae_term ae_grade", .about = "ae_grade", .event = rwe_rule_event_grade,
     .message = N_("a grade that CTCAE 5.0 does not have for this term"),
     .action = N_("check term and grade")},
    {"W30", W, .needs = "usubjid", .about = "usubjid", .event = rwe_rule_event_nobody,
     .message = N_("no patient of the cohort's file"),
     .action = N_("correct the identifier; such events are not counted")},
    {"W31", W, .needs = "ae_grade ae_start_date death_date", .about = "ae_grade",
     .event = rwe_rule_event_fatal, .message = N_("grade 5, but no death within 30 days"),
     .action = N_("correct the grade, or the date of death")},
    {"W32", W, .needs = "@covariates", .about = N_("covariates"), .whole = rwe_rule_constant,
     .message = N_("constant, or the same as another covariate"),
     .action = N_("leave it out of the covariates")},
    {"W33", W, .needs = "@covariates", .about = N_("covariates"), .whole = rwe_rule_after_baseline,
     .message = N_("a covariate of which the value is known only after time zero"),
     .action = N_("leave it out, or use it at a landmark; --i-know lets it pass")},
    {RWE_FOUND_EXPOSURE_RULE, W, .needs = "@arm", .about = N_("start of exposure"),
     .whole = rwe_rule_start_not_said,
     .message = N_("subjects begin after time zero what tells the arms apart, and nothing says so"),
     .action = N_("say --exposure-start or --exposure-date; --rules-off W34 where it is none")},
};

const size_t rwe_n_rules = sizeof rwe_rules / sizeof rwe_rules[0];
