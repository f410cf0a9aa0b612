/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/data/endpoint_dates.h"

#include "rwe/data/response.h"

#include <math.h>
#include <string.h>

/* ---- what is defined by name ---- */

#define BIT RWE_DATE_BIT

static const struct rwe_endpoint_definition definitions[] = {
    {.name = "os", .events = BIT(RWE_DATE_DEATH), .censor = RWE_DATES_ALIVE},
    {.name = "rwpfs",
     .events = BIT(RWE_DATE_PD) | BIT(RWE_DATE_DEATH),
     .censor = BIT(RWE_DATE_LAST_ASSESS),
     .otherwise = RWE_DATES_ALIVE,
     .is_assessed = true},
    {.name = "pfs",
     .events = BIT(RWE_DATE_PD) | BIT(RWE_DATE_DEATH),
     .censor = BIT(RWE_DATE_LAST_ASSESS),
     .otherwise = RWE_DATES_ALIVE,
     .is_assessed = true},
    {.name = "ttp",
     .events = BIT(RWE_DATE_PD),
     .competing = BIT(RWE_DATE_DEATH),
     .censor = BIT(RWE_DATE_LAST_ASSESS),
     .otherwise = RWE_DATES_ALIVE,
     .is_assessed = true},
    {.name = "itpfs",
     .events = BIT(RWE_DATE_PD),
     .competing = BIT(RWE_DATE_DEATH),
     .censor = BIT(RWE_DATE_LAST_ASSESS),
     .otherwise = RWE_DATES_ALIVE,
     .pd_place = RWE_PD_INTRATHORACIC,
     .is_assessed = true},
    {.name = "lrfs",
     .events = BIT(RWE_DATE_PD),
     .competing = BIT(RWE_DATE_DEATH),
     .censor = BIT(RWE_DATE_LAST_ASSESS),
     .otherwise = RWE_DATES_ALIVE,
     .pd_place = RWE_PD_LOCOREGIONAL,
     .is_assessed = true},
    {.name = "ttnt",
     .events = BIT(RWE_DATE_NEWTX) | BIT(RWE_DATE_DEATH),
     .censor = RWE_DATES_ALIVE},
    {.name = "dor",
     .start = RWE_DATE_RESPONSE,
     .events = BIT(RWE_DATE_PD) | BIT(RWE_DATE_DEATH),
     .censor = BIT(RWE_DATE_LAST_ASSESS),
     .otherwise = RWE_DATES_ALIVE,
     .is_assessed = true},
    {.name = "followup",
     .events = BIT(RWE_DATE_DEATH),
     .censor = RWE_DATES_ALIVE,
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

void rwe_endpoint_rules_plan(struct rwe_endpoint_rules *rules, double days)
{
    rules->visit_every = days;
    if (isfinite(rules->death_window))
        rules->death_window = 2 * days;
    if (isfinite(rules->visit_gap))
        rules->visit_gap = 2 * days;
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
    struct rwe_dated pd; /* the progression that the rules look at */
    int32_t start;
    bool is_cut; /* an event lies after the cut-off */
};

static struct rwe_dated date_of(const struct view *view, unsigned column)
{
    return column == RWE_DATE_PD ? view->pd : view->patient->date[column];
}

static bool knows(const struct view *view, unsigned column)
{
    return rwe_dated_has_day(date_of(view, column));
}

static int32_t day_of(const struct view *view, unsigned column)
{
    return date_of(view, column).day;
}

static bool is_known_by_now(const struct view *view, int32_t day)
{
    return !view->rules->has_cutoff || day <= view->rules->cutoff;
}

bool rwe_patient_was_assessed(const struct rwe_patient_dates *patient, size_t v)
{
    return patient->visit_response == NULL || patient->visit_response[v] != RWE_RESPONSE_ND;
}

/* The progression of the patient, or where imaging alone counts and that was clinical, the first on a scan; none
 * where imaging never saw one. */
static struct rwe_dated pd_for(const struct rwe_endpoint_definition *definition,
                               const struct rwe_endpoint_rules *rules,
                               const struct rwe_patient_dates *patient)
{
    struct rwe_dated pd = patient->date[RWE_DATE_PD];
    if (!definition->is_assessed || !rules->imaging_only || !patient->pd_is_clinical)
        return pd;
    for (size_t v = 0; v < patient->n_visits && patient->visit_response != NULL; v++)
        if ((patient->visit_response[v] == RWE_RESPONSE_PD ||
             patient->visit_response[v] == RWE_RESPONSE_ICPD) &&
            patient->visit[v] >= pd.day)
            return (struct rwe_dated){patient->visit[v], RWE_DATED_DAY};
    return (struct rwe_dated){0};
}

/* Whether the rules believe in a progression at all. */
static bool believes_pd(const struct view *view)
{
    const struct rwe_endpoint_rules *rules = view->rules;
    if (!view->definition->is_assessed)
        return true;
    int32_t after = day_of(view, RWE_DATE_PD) - day_of(view, RWE_DATE_INDEX);
    return !(rules->pd_blank > 0 && after >= 0 && after <= rules->pd_blank);
}

static bool is_visit(const struct rwe_patient_dates *patient, int32_t day)
{
    for (size_t v = 0; v < patient->n_visits; v++)
        if (patient->visit[v] == day && rwe_patient_was_assessed(patient, v))
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
    return is_known_by_now(view, day) && !is_known_by_now(view, next) ? view->rules->cutoff : next;
}

/* The earliest of the columns that is known by the cut-off. */
static struct decision earliest(struct view *view, rwe_date_set columns)
{
    struct decision found = {false, 0, 0};
    for (unsigned c = 0; c < RWE_MOST_DATES; c++) {
        if ((columns & BIT(c)) == 0 || !knows(view, c) || (c == RWE_DATE_PD && !believes_pd(view)))
            continue;
        int32_t day = counts_from(view, c);
        if (!is_known_by_now(view, day))
            view->is_cut = true;
        else if (!found.is || day < found.day)
            found = (struct decision){true, day, c};
    }
    return found;
}

static struct decision at_cutoff(const struct view *view)
{
    return (struct decision){true, view->rules->cutoff, RWE_DECIDED_BY_CUTOFF};
}

/* The later of two; of one day the first. */
static struct decision later(struct decision a, struct decision b)
{
    return b.is && (!a.is || b.day > a.day) ? b : a;
}

/* What a date says of the end of follow-up: whoever was seen after the cut-off was alive at it. */
static struct decision end_by(const struct view *view, unsigned column)
{
    int32_t day = day_of(view, column);
    bool is_baseline = column == RWE_DATE_LAST_ASSESS && day < view->start;
    if (!knows(view, column) || is_baseline)
        return (struct decision){0};
    return is_known_by_now(view, day) ? (struct decision){true, day, column} : at_cutoff(view);
}

static struct decision at_start(const struct view *view)
{
    return (struct decision){true, view->start, view->definition->start};
}

/* The last scan from time zero to `day` that is known by the cut-off: of the list, or of the row, where a response
 * was seen on one too. */
static struct decision scan_by(const struct view *view, int32_t day)
{
    static const unsigned told[] = {RWE_DATE_LAST_ASSESS, RWE_DATE_RESPONSE};
    const struct rwe_patient_dates *patient = view->patient;
    struct decision last = {0};
    for (size_t v = 0; v < patient->n_visits; v++)
        if (patient->visit[v] >= view->start && patient->visit[v] <= day &&
            rwe_patient_was_assessed(patient, v) && is_known_by_now(view, patient->visit[v]))
            last = (struct decision){true, patient->visit[v], RWE_DATE_LAST_ASSESS};
    for (size_t t = 0; t < sizeof told / sizeof *told; t++) {
        int32_t scan = day_of(view, told[t]);
        if (knows(view, told[t]) && scan >= view->start && scan <= day &&
            is_known_by_now(view, scan))
            last = later(last, (struct decision){true, scan, told[t]});
    }
    return last;
}

static struct decision scan_or_start(const struct view *view, int32_t day)
{
    struct decision scan = scan_by(view, day);
    return scan.is ? scan : at_start(view);
}

/* The latest of the columns. An assessment counts from time zero on, one after the cut-off not at all. */
static struct decision latest(const struct view *view, rwe_date_set columns)
{
    struct decision found = {0};
    bool is_assessed = view->definition->is_assessed;
    if ((columns & BIT(RWE_DATE_LAST_CONTACT)) != 0)
        found = end_by(view, RWE_DATE_LAST_CONTACT);
    for (unsigned c = 0; c < RWE_MOST_DATES; c++)
        if ((columns & BIT(c)) != 0)
            found = later(found, is_assessed && c == RWE_DATE_LAST_ASSESS ? scan_by(view, INT32_MAX)
                                                                          : end_by(view, c));
    return found;
}

/* The last assessment before an event: that which saw a progression is not meant. */
static struct decision scan_before(const struct view *view, struct decision event)
{
    bool saw_it = event.column == RWE_DATE_PD && view->patient->n_visits > 0;
    return scan_or_start(view, saw_it ? day_of(view, RWE_DATE_PD) - 1 : event.day);
}

static bool is_judged_by_visits(const struct view *view, struct decision event)
{
    return view->definition->is_assessed && event.is &&
           (event.column == RWE_DATE_PD || event.column == RWE_DATE_DEATH);
}

static double limit_of(const struct view *view, struct decision event)
{
    return event.column == RWE_DATE_PD ? view->rules->visit_gap : view->rules->death_window;
}

/* Only one scan is known, and it saw the progression or is later than the event: those before are not known. */
static bool hides_visits(const struct view *view, struct decision event)
{
    if (view->patient->n_visits > 0)
        return false;
    bool knows_last = knows(view, RWE_DATE_LAST_ASSESS);
    int32_t last = day_of(view, RWE_DATE_LAST_ASSESS);
    return event.column == RWE_DATE_PD ? !knows_last || last >= event.day
                                       : knows_last && last > event.day;
}

/* Where the scans before the event are not known, none counts as missed. */
static bool is_after_missed_visits(const struct view *view, struct decision event)
{
    return is_judged_by_visits(view, event) && !hides_visits(view, event) &&
           day_of(view, event.column) - scan_before(view, event).day > limit_of(view, event);
}

static struct rwe_endpoint_outcome censor(const struct view *view, struct decision at,
                                          enum rwe_cnsr cnsr)
{
    return (struct rwe_endpoint_outcome){
        .start = view->start, .end = at.day, .cnsr = (uint8_t)cnsr, .column = (uint8_t)at.column};
}

/* Who was seen at the cut-off or later was not lost by then. */
static bool is_lost(const struct view *view)
{
    struct decision seen = {0};
    for (unsigned c = 0; c < RWE_N_DATE_ROLES; c++)
        if ((RWE_DATES_ALIVE & BIT(c)) != 0)
            seen = later(seen, end_by(view, c));
    bool at_cut = view->rules->has_cutoff && seen.is && seen.day >= view->rules->cutoff;
    return view->patient->is_lost && !at_cut;
}

static struct rwe_endpoint_outcome censor_at(const struct view *view, struct decision end)
{
    bool at_cut = end.column == RWE_DECIDED_BY_CUTOFF;
    return censor(view, end, is_lost(view) && !at_cut ? RWE_CNSR_LOST : RWE_CNSR_ALIVE);
}

static struct rwe_endpoint_outcome no_end(const struct view *view)
{
    return (struct rwe_endpoint_outcome){.start = view->start, .fault = RWE_DATES_NO_END};
}

/* Not seen by imaging: until the patient was last known alive, or to the cut-off. */
static struct rwe_endpoint_outcome censor_alive(const struct view *view)
{
    const struct rwe_endpoint_definition *definition = view->definition;
    if (view->is_cut)
        return censor(view, at_cutoff(view), RWE_CNSR_ALIVE);
    struct decision end = latest(view, definition->censor);
    if (!end.is)
        end = latest(view, definition->otherwise);
    return end.is ? censor_at(view, end) : no_end(view);
}

/* Of the row's one scan all that is known is that it is after the cut-off. */
static bool hides_last_scan(const struct view *view)
{
    unsigned known = knows(view, RWE_DATE_LAST_ASSESS) ? RWE_DATE_LAST_ASSESS : RWE_DATE_PD;
    return view->patient->n_visits == 0 && knows(view, known) &&
           !is_known_by_now(view, day_of(view, known));
}

/* Seen by imaging: at the last assessment. Where there is none, at time zero or at the last contact. */
static struct rwe_endpoint_outcome censor_assessed(const struct view *view)
{
    bool saw_pd = knows(view, RWE_DATE_PD) && is_known_by_now(view, day_of(view, RWE_DATE_PD));
    struct rwe_endpoint_outcome outcome;
    struct decision end = latest(view, view->definition->censor);
    if (end.is)
        return censor_at(view, end);
    if (hides_last_scan(view)) {
        outcome = censor(view, at_cutoff(view), RWE_CNSR_ALIVE);
        outcome.scan_not_known = true;
        return outcome;
    }
    end = latest(view, view->definition->otherwise);
    if (!end.is && view->is_cut)
        end = at_cutoff(view);
    if (saw_pd)
        return end.is ? censor_at(view, end) : no_end(view);
    outcome = view->rules->unassessed_at_zero || !end.is
                  ? censor(view, at_start(view), RWE_CNSR_UNASSESSED)
                  : censor_at(view, end);
    outcome.unassessed = true;
    return outcome;
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
    outcome.gap_not_known = is_judged_by_visits(view, event) && event.column == RWE_DATE_PD &&
                            hides_visits(view, event) &&
                            day_of(view, RWE_DATE_PD) - view->start > view->rules->visit_gap;
    return outcome;
}

/* New therapy before any event, where that censors: at the assessment before it. */
static bool is_censored_by_therapy(const struct view *view, struct decision event)
{
    return view->definition->is_assessed && view->rules->new_therapy == RWE_NEW_THERAPY_CENSOR &&
           knows(view, RWE_DATE_NEWTX) && day_of(view, RWE_DATE_NEWTX) >= view->start &&
           is_known_by_now(view, day_of(view, RWE_DATE_NEWTX)) &&
           (!event.is || day_of(view, RWE_DATE_NEWTX) < day_of(view, event.column));
}

static struct rwe_endpoint_outcome censor_at_therapy(const struct view *view)
{
    int32_t therapy = day_of(view, RWE_DATE_NEWTX);
    bool went_on = view->patient->n_visits == 0 && knows(view, RWE_DATE_LAST_ASSESS) &&
                   day_of(view, RWE_DATE_LAST_ASSESS) > therapy;
    const struct decision now = {true, therapy, RWE_DATE_NEWTX}; /* the scan before is not known */
    return censor(view, went_on ? now : scan_or_start(view, therapy), RWE_CNSR_NEW_THERAPY);
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
        return censor(view, scan_before(view, event), RWE_CNSR_MISSED);
    if (event.is)
        return outcome_of(view, event);
    return view->definition->is_assessed ? censor_assessed(view) : censor_alive(view);
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
    struct view view = {.definition = definition,
                        .rules = rules,
                        .patient = patient,
                        .pd = pd_for(definition, rules, patient),
                        .start = patient->date[definition->start].day};
    bool is_in_data = is_known_by_now(&view, view.start);
    if (!knows(&view, definition->start) || (!is_in_data && definition->start != RWE_DATE_INDEX))
        return (struct rwe_endpoint_outcome){.column = (uint8_t)definition->start,
                                             .fault = RWE_DATES_NO_START};
    if (!is_in_data)
        return (struct rwe_endpoint_outcome){.start = view.start,
                                             .end = rules->cutoff,
                                             .column = RWE_DECIDED_BY_CUTOFF,
                                             .fault = RWE_DATES_BEFORE_START};
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
