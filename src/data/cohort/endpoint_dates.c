/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/data/endpoint_dates.h"

#include "rwe/base/date.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- what is defined by name ---- */

#define BIT RWE_DATE_BIT

static const struct rwe_endpoint_definition definitions[] = {
    {.name = "os",
     .events = BIT(RWE_DATE_DEATH),
     .censor = BIT(RWE_DATE_LAST_CONTACT),
     .otherwise = BIT(RWE_DATE_LAST_ASSESS)},
    {.name = "rwpfs",
     .events = BIT(RWE_DATE_PD) | BIT(RWE_DATE_DEATH),
     .censor = BIT(RWE_DATE_LAST_ASSESS),
     .otherwise = BIT(RWE_DATE_LAST_CONTACT),
     .is_assessed = true},
    {.name = "pfs",
     .events = BIT(RWE_DATE_PD) | BIT(RWE_DATE_DEATH),
     .censor = BIT(RWE_DATE_LAST_ASSESS),
     .otherwise = BIT(RWE_DATE_LAST_CONTACT),
     .is_assessed = true},
    {.name = "ttp",
     .events = BIT(RWE_DATE_PD),
     .competing = BIT(RWE_DATE_DEATH),
     .censor = BIT(RWE_DATE_LAST_ASSESS),
     .otherwise = BIT(RWE_DATE_LAST_CONTACT),
     .is_assessed = true},
    {.name = "itpfs",
     .events = BIT(RWE_DATE_PD),
     .competing = BIT(RWE_DATE_DEATH),
     .censor = BIT(RWE_DATE_LAST_ASSESS),
     .otherwise = BIT(RWE_DATE_LAST_CONTACT),
     .pd_place = RWE_PD_INTRATHORACIC,
     .is_assessed = true},
    {.name = "lrfs",
     .events = BIT(RWE_DATE_PD),
     .competing = BIT(RWE_DATE_DEATH),
     .censor = BIT(RWE_DATE_LAST_ASSESS),
     .otherwise = BIT(RWE_DATE_LAST_CONTACT),
     .pd_place = RWE_PD_LOCOREGIONAL,
     .is_assessed = true},
    {.name = "ttnt",
     .events = BIT(RWE_DATE_NEWTX) | BIT(RWE_DATE_DEATH),
     .censor = BIT(RWE_DATE_LAST_CONTACT),
     .otherwise = BIT(RWE_DATE_LAST_ASSESS)},
    {.name = "dor",
     .start = RWE_DATE_RESPONSE,
     .events = BIT(RWE_DATE_PD) | BIT(RWE_DATE_DEATH),
     .censor = BIT(RWE_DATE_LAST_ASSESS),
     .otherwise = BIT(RWE_DATE_LAST_CONTACT),
     .is_assessed = true},
    {.name = "followup",
     .events = BIT(RWE_DATE_DEATH),
     .censor = BIT(RWE_DATE_LAST_CONTACT),
     .otherwise = BIT(RWE_DATE_LAST_ASSESS),
     .is_reversed = true},
};

bool rwe_endpoint_definition_find(const char *name, struct rwe_endpoint_definition *definition)
{
    for (size_t d = 0; d < sizeof definitions / sizeof *definitions; d++)
        if (strcmp(definitions[d].name, name) == 0) {
            *definition = definitions[d];
            return true;
        }
    return false;
}

struct rwe_endpoint_rules rwe_endpoint_rules_of(enum rwe_censoring censoring)
{
    enum { TWO_VISITS = 182 };
    struct rwe_endpoint_rules rules = {.death_window = INFINITY, .visit_gap = INFINITY};
    if (censoring == RWE_CENSORING_FDA_A)
        rules.death_window = rules.visit_gap = TWO_VISITS;
    if (censoring == RWE_CENSORING_FDA_B)
        rules.visit_every = TWO_VISITS / 2.0;
    if (censoring == RWE_CENSORING_FDA_C)
        rules.new_therapy = RWE_NEW_THERAPY_EVENT;
    else if (censoring != RWE_CENSORING_EMA)
        rules.new_therapy = RWE_NEW_THERAPY_CENSOR;
    rules.imaging_only = censoring == RWE_CENSORING_FDA_A || censoring == RWE_CENSORING_FDA_B;
    rules.unassessed_at_zero = censoring != RWE_CENSORING_EMA;
    return rules;
}

const char *rwe_cnsr_words(enum rwe_cnsr cnsr)
{
    static const char *const words[] = {
        "event",           "alive without event at the end of data", "lost to follow-up",
        "new therapy",     "no assessment after time zero",          "event after missed visits",
        "competing event",
    };
    return words[cnsr];
}

size_t rwe_endpoint_n_competing(const struct rwe_endpoint_definition *definition)
{
    return (size_t)__builtin_popcount(definition->competing) + (definition->pd_place != 0);
}

/* Progression elsewhere is the first of what competes, columns follow in their order. */
uint8_t rwe_endpoint_cause_of(const struct rwe_endpoint_definition *definition, unsigned column)
{
    unsigned before = definition->pd_place != 0;
    if (column == RWE_DATE_PD && definition->pd_place != 0)
        return 2;
    return (uint8_t)(2 + before +
                     (unsigned)__builtin_popcount(definition->competing & (BIT(column) - 1)));
}

/* ---- dates known in part ---- */

static int32_t month_of(int32_t day)
{
    char text[RWE_DATE_SIZE];
    rwe_date_format(day, text);
    return (int32_t)(strtol(text, NULL, 10) * 12 + strtol(text + 5, NULL, 10));
}

static void raise_within_month(struct rwe_dated *dated, const struct rwe_dated *least)
{
    if (dated->kind == RWE_DATED_MONTH && rwe_dated_has_day(*least) && least->day > dated->day &&
        month_of(least->day) == month_of(dated->day))
        dated->day = least->day;
}

/* Where the patient's row does not tell the last assessment, the list of them does. */
static void take_last_visit(struct rwe_patient_dates *patient,
                            const struct rwe_endpoint_rules *rules)
{
    size_t n = patient->n_visits;
    while (n > 0 && rules->has_cutoff && patient->visit[n - 1] > rules->cutoff)
        n--;
    if (n > 0 && !rwe_dated_has_day(patient->date[RWE_DATE_LAST_ASSESS]))
        patient->date[RWE_DATE_LAST_ASSESS] =
            (struct rwe_dated){patient->visit[n - 1], RWE_DATED_DAY};
}

void rwe_patient_dates_settle(struct rwe_patient_dates *patient,
                              const struct rwe_endpoint_rules *rules)
{
    struct rwe_dated *date = patient->date;
    for (unsigned c = 0; c < RWE_MOST_DATES; c++) {
        bool until = c == RWE_DATE_LAST_CONTACT || c == RWE_DATE_LAST_ASSESS;
        patient->is_lost = patient->is_lost || date[c].kind == RWE_DATED_LOST;
        if (date[c].kind == RWE_DATED_ONGOING && until && rules->has_cutoff)
            date[c] = (struct rwe_dated){rules->cutoff, RWE_DATED_DAY};
        if (c != RWE_DATE_INDEX)
            raise_within_month(&date[c], &date[RWE_DATE_INDEX]);
    }
    raise_within_month(&date[RWE_DATE_DEATH], &date[RWE_DATE_LAST_CONTACT]);
    take_last_visit(patient, rules);
}

/* ---- one patient ---- */

/* A date that a column gave. */
struct decision {
    bool is;
    int32_t day;
    unsigned column;
};

struct view {
    const struct rwe_endpoint_definition *definition;
    const struct rwe_endpoint_rules *rules;
    const struct rwe_patient_dates *patient;
    int32_t start;
    bool is_cut; /* an event lies after the cut-off */
};

static bool knows(const struct view *view, unsigned column)
{
    return rwe_dated_has_day(view->patient->date[column]);
}

static int32_t day_of(const struct view *view, unsigned column)
{
    return view->patient->date[column].day;
}

/* Whether the rules believe in a progression at all. */
static bool believes_pd(const struct view *view)
{
    const struct rwe_endpoint_rules *rules = view->rules;
    if (!view->definition->is_assessed)
        return true;
    if (rules->imaging_only && view->patient->pd_is_clinical)
        return false;
    int32_t after = day_of(view, RWE_DATE_PD) - day_of(view, RWE_DATE_INDEX);
    return !(rules->pd_blank > 0 && after >= 0 && after <= rules->pd_blank);
}

static bool is_visit(const struct rwe_patient_dates *patient, int32_t day)
{
    for (size_t v = 0; v < patient->n_visits; v++)
        if (patient->visit[v] == day)
            return true;
    return false;
}

/* When an event counts: a progression seen between assessments may count from the next scheduled one. */
static int32_t counts_from(const struct view *view, unsigned column)
{
    int32_t day = day_of(view, column);
    double every = view->rules->visit_every;
    if (column != RWE_DATE_PD || !view->definition->is_assessed || every <= 0 ||
        day <= view->start || is_visit(view->patient, day))
        return day;
    int32_t next = view->start + (int32_t)(every * ceil((day - view->start) / every));
    bool is_cut = view->rules->has_cutoff && next > view->rules->cutoff;
    return is_cut && day <= view->rules->cutoff ? view->rules->cutoff : next;
}

/* The earliest of the columns that is known by the cut-off. */
static struct decision earliest(struct view *view, rwe_date_set columns)
{
    struct decision found = {false, 0, 0};
    for (unsigned c = 0; c < RWE_MOST_DATES; c++) {
        if ((columns & BIT(c)) == 0 || !knows(view, c) || (c == RWE_DATE_PD && !believes_pd(view)))
            continue;
        int32_t day = counts_from(view, c);
        if (view->rules->has_cutoff && day > view->rules->cutoff)
            view->is_cut = true;
        else if (!found.is || day < found.day)
            found = (struct decision){true, day, c};
    }
    return found;
}

static struct decision latest(const struct view *view, rwe_date_set columns)
{
    struct decision found = {false, 0, 0};
    for (unsigned c = 0; c < RWE_MOST_DATES; c++)
        if ((columns & BIT(c)) != 0 && knows(view, c) && (!found.is || day_of(view, c) > found.day))
            found = (struct decision){true, day_of(view, c), c};
    return found;
}

static struct decision at_start(const struct view *view)
{
    return (struct decision){true, view->start, view->definition->start};
}

/* The last assessment that is known to lie by `day`; time zero where there is none. */
static struct decision assessed_by(const struct view *view, int32_t day)
{
    const struct rwe_patient_dates *patient = view->patient;
    for (size_t v = patient->n_visits; v > 0 && patient->visit[v - 1] >= view->start; v--)
        if (patient->visit[v - 1] <= day)
            return (struct decision){true, patient->visit[v - 1], RWE_DATE_LAST_ASSESS};
    if (patient->n_visits > 0)
        return at_start(view);
    int32_t last = day_of(view, RWE_DATE_LAST_ASSESS);
    if (knows(view, RWE_DATE_LAST_ASSESS) && last <= day && last >= view->start)
        return (struct decision){true, last, RWE_DATE_LAST_ASSESS};
    return at_start(view);
}

/* The last assessment before an event: that which saw a progression is not meant. */
static struct decision assessed_before(const struct view *view, struct decision event)
{
    bool saw_it = event.column == RWE_DATE_PD && view->patient->n_visits > 0;
    return assessed_by(view, saw_it ? day_of(view, RWE_DATE_PD) - 1 : event.day);
}

/* Where only the last assessment is known and it is later than the event, none counts as missed. */
static bool is_after_missed_visits(const struct view *view, struct decision event)
{
    if (!view->definition->is_assessed || !event.is ||
        (event.column != RWE_DATE_PD && event.column != RWE_DATE_DEATH) ||
        (view->patient->n_visits == 0 && knows(view, RWE_DATE_LAST_ASSESS) &&
         day_of(view, RWE_DATE_LAST_ASSESS) > event.day))
        return false;
    double limit = event.column == RWE_DATE_PD ? view->rules->visit_gap : view->rules->death_window;
    return day_of(view, event.column) - assessed_before(view, event).day > limit;
}

static struct rwe_endpoint_outcome censor(const struct view *view, struct decision at,
                                          enum rwe_cnsr cnsr)
{
    return (struct rwe_endpoint_outcome){
        .start = view->start, .end = at.day, .cnsr = (uint8_t)cnsr, .column = (uint8_t)at.column};
}

/* Nobody saw an event: the last that was known. */
static struct rwe_endpoint_outcome censor_at_end(const struct view *view)
{
    const struct rwe_endpoint_rules *rules = view->rules;
    const struct decision cut = {true, rules->cutoff, RWE_DECIDED_BY_CUTOFF};
    if (view->is_cut)
        return censor(view, cut, RWE_CNSR_ALIVE);
    bool is_assessed = knows(view, RWE_DATE_LAST_ASSESS) || knows(view, RWE_DATE_PD);
    struct decision end = latest(view, view->definition->censor);
    if (view->definition->is_assessed && !is_assessed && rules->unassessed_at_zero)
        return censor(view, at_start(view), RWE_CNSR_UNASSESSED);
    if (!end.is)
        end = latest(view, view->definition->otherwise);
    if (!end.is && view->definition->is_assessed && !is_assessed)
        return censor(view, at_start(view), RWE_CNSR_UNASSESSED);
    if (!end.is)
        return (struct rwe_endpoint_outcome){.start = view->start, .fault = RWE_DATES_NO_END};
    if (rules->has_cutoff && end.day > rules->cutoff)
        return censor(view, cut, RWE_CNSR_ALIVE);
    bool at_cut = rules->has_cutoff && end.day == rules->cutoff;
    return censor(view, end, view->patient->is_lost && !at_cut ? RWE_CNSR_LOST : RWE_CNSR_ALIVE);
}

static struct rwe_endpoint_outcome outcome_of(const struct view *view, struct decision event)
{
    const struct rwe_endpoint_definition *definition = view->definition;
    bool elsewhere = event.column == RWE_DATE_PD && definition->pd_place != 0 &&
                     (view->patient->pd_place & definition->pd_place) == 0;
    bool competes = elsewhere || (definition->competing & BIT(event.column)) != 0;
    struct rwe_endpoint_outcome outcome =
        censor(view, event, competes ? RWE_CNSR_COMPETING : RWE_CNSR_EVENT);
    outcome.end_moved = event.day != day_of(view, event.column);
    outcome.cause = competes ? rwe_endpoint_cause_of(definition, event.column) : 1;
    if (event.column == RWE_DATE_PD && definition->pd_place != 0 && view->patient->pd_place == 0)
        outcome.fault = RWE_DATES_NO_PLACE;
    return outcome;
}

/* New therapy before any event, where that censors: at the assessment before it. */
static bool is_censored_by_therapy(const struct view *view, struct decision event)
{
    return view->definition->is_assessed && view->rules->new_therapy == RWE_NEW_THERAPY_CENSOR &&
           knows(view, RWE_DATE_NEWTX) && day_of(view, RWE_DATE_NEWTX) >= view->start &&
           (!view->rules->has_cutoff || day_of(view, RWE_DATE_NEWTX) <= view->rules->cutoff) &&
           (!event.is || day_of(view, RWE_DATE_NEWTX) < day_of(view, event.column));
}

static struct rwe_endpoint_outcome censor_at_therapy(const struct view *view)
{
    int32_t therapy = day_of(view, RWE_DATE_NEWTX);
    bool went_on = view->patient->n_visits == 0 && knows(view, RWE_DATE_LAST_ASSESS) &&
                   day_of(view, RWE_DATE_LAST_ASSESS) > therapy;
    const struct decision now = {true, therapy, RWE_DATE_NEWTX}; /* the scan before is not known */
    return censor(view, went_on ? now : assessed_by(view, therapy), RWE_CNSR_NEW_THERAPY);
}

static struct rwe_endpoint_outcome decide(struct view *view)
{
    rwe_date_set events = view->definition->events;
    if (view->definition->is_assessed && view->rules->new_therapy == RWE_NEW_THERAPY_EVENT)
        events |= BIT(RWE_DATE_NEWTX);
    struct decision event = earliest(view, events);
    struct decision other = earliest(view, view->definition->competing);
    if (other.is && (!event.is || other.day < event.day))
        event = other;
    if (is_censored_by_therapy(view, event))
        return censor_at_therapy(view);
    if (is_after_missed_visits(view, event))
        return censor(view, assessed_before(view, event), RWE_CNSR_MISSED);
    return event.is ? outcome_of(view, event) : censor_at_end(view);
}

/* The end of follow-up as the event, as in the reverse Kaplan–Meier estimator. */
static void reverse(struct rwe_endpoint_outcome *outcome)
{
    outcome->cause = outcome->cause == 0;
    outcome->cnsr = outcome->cause == 1 ? RWE_CNSR_EVENT : RWE_CNSR_COMPETING;
}

struct rwe_endpoint_outcome
rwe_endpoint_from_dates(const struct rwe_endpoint_definition *definition,
                        const struct rwe_endpoint_rules *rules,
                        const struct rwe_patient_dates *patient)
{
    struct view view = {definition, rules, patient, patient->date[definition->start].day, false};
    if (!knows(&view, definition->start) ||
        (rules->has_cutoff && definition->start != RWE_DATE_INDEX && view.start > rules->cutoff))
        return (struct rwe_endpoint_outcome){.column = (uint8_t)definition->start,
                                             .fault = RWE_DATES_NO_START};
    struct rwe_endpoint_outcome outcome = decide(&view);
    if (outcome.fault == RWE_DATES_SOUND && outcome.end < outcome.start)
        outcome.fault = RWE_DATES_BEFORE_START;
    if (definition->is_reversed && outcome.fault == RWE_DATES_SOUND)
        reverse(&outcome);
    outcome.start_imputed = patient->date[definition->start].kind == RWE_DATED_MONTH;
    outcome.end_imputed =
        outcome.column < RWE_MOST_DATES && patient->date[outcome.column].kind == RWE_DATED_MONTH;
    return outcome;
}
