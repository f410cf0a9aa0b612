/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/data/dates_settle.h"

#include "rwe/data/best_response.h"
#include "rwe/data/response.h"
static void tell(struct rwe_dates_settled *settled, enum rwe_dates_deed deed)
{
    settled->deeds |= (uint8_t)(1U << deed);
}

/* ---- words in place of dates ---- */

static void read_words(struct rwe_patient_dates *patient, const struct rwe_endpoint_rules *rules,
                       struct rwe_dates_settled *settled)
{
    struct rwe_dated *date = patient->date;
    for (unsigned c = 0; c < RWE_MOST_DATES; c++) {
        bool until = c == RWE_DATE_LAST_CONTACT || c == RWE_DATE_LAST_ASSESS;
        patient->is_lost = patient->is_lost || date[c].kind == RWE_DATED_LOST;
        if (date[c].kind != RWE_DATED_ONGOING || !until)
            continue;
        if (rules->has_cutoff)
            date[c] = (struct rwe_dated){rules->cutoff, RWE_DATED_DAY};
        else
            tell(settled, RWE_DATES_NO_CUTOFF);
    }
}

/* ---- progression in the list ---- */

static bool is_dead(const struct rwe_patient_dates *patient, int32_t day)
{
    const struct rwe_dated death = patient->date[RWE_DATE_DEATH];
    bool in_its_month = death.kind == RWE_DATED_MONTH && rwe_dated_same_month(death.day, day);
    return rwe_dated_has_day(death) && day > death.day && !in_its_month;
}

/* An unconfirmed progression that is confirmed after the cut-off is none yet. */
static struct rwe_dated first_listed_pd(const struct rwe_patient_dates *patient,
                                        const struct rwe_endpoint_rules *rules)
{
    const struct rwe_dated zero = patient->date[RWE_DATE_INDEX];
    struct rwe_assessments of = {.n = patient->n_visits,
                                 .day = patient->visit,
                                 .response = patient->visit_response,
                                 .zero = zero.day,
                                 .until = rules->has_cutoff ? rules->cutoff : INT32_MAX,
                                 .progression = RWE_NO_DAY};
    if (!rwe_dated_has_day(zero) || patient->visit_response == NULL)
        return (struct rwe_dated){0};
    const int32_t limit = of.until;
    int32_t day = rwe_first_progression(&of);
    of.until = INT32_MAX;
    if (day == RWE_NO_DAY && rwe_first_progression(&of) > limit)
        day = rwe_first_progression(&of);
    return day == RWE_NO_DAY || is_dead(patient, day) ? (struct rwe_dated){0}
                                                      : (struct rwe_dated){day, RWE_DATED_DAY};
}

static void take_listed_pd(struct rwe_patient_dates *patient,
                           const struct rwe_endpoint_rules *rules,
                           struct rwe_dates_settled *settled)
{
    struct rwe_dated *pd = &patient->date[RWE_DATE_PD], listed = first_listed_pd(patient, rules);
    if (!rwe_dated_has_day(listed))
        return;
    if (!rwe_dated_has_day(*pd)) {
        tell(settled, RWE_DATES_PD_LISTED);
        patient->pd_is_clinical = false;
        *pd = listed;
    } else if (pd->kind == RWE_DATED_MONTH && rwe_dated_same_month(pd->day, listed.day)) {
        *pd = listed;
    } else if (listed.day < pd->day) {
        tell(settled, RWE_DATES_PD_EARLIER);
        settled->pd_of_row = pd->day;
        patient->pd_is_clinical = false;
        *pd = listed;
    }
}

/* ---- dates known by month ---- */

/* Time zero by month is no later than what follows it. */
static void place_zero(struct rwe_dated date[])
{
    static const enum rwe_date_role later[] = {RWE_DATE_DEATH, RWE_DATE_PD, RWE_DATE_NEWTX,
                                               RWE_DATE_LAST_CONTACT};
    for (size_t l = 0; l < sizeof later / sizeof *later; l++)
        rwe_dated_lower(&date[RWE_DATE_INDEX], date[later[l]]);
}

static void place_death(struct rwe_patient_dates *patient)
{
    struct rwe_dated *death = &patient->date[RWE_DATE_DEATH];
    for (unsigned c = 0; c < RWE_MOST_DATES; c++)
        rwe_dated_raise(death, patient->date[c]);
    for (size_t v = 0; v < patient->n_visits; v++)
        rwe_dated_raise(death, (struct rwe_dated){patient->visit[v], RWE_DATED_DAY});
}

static void place_months(struct rwe_patient_dates *patient)
{
    struct rwe_dated *date = patient->date;
    place_zero(date);
    rwe_dated_lower(&date[RWE_DATE_PD], date[RWE_DATE_NEWTX]);
    rwe_dated_raise(&date[RWE_DATE_NEWTX], date[RWE_DATE_PD]);
    rwe_dated_lower(&date[RWE_DATE_RESPONSE], date[RWE_DATE_PD]);
    for (unsigned c = 0; c < RWE_MOST_DATES; c++) {
        if (c != RWE_DATE_DEATH)
            rwe_dated_lower(&date[c], date[RWE_DATE_DEATH]);
        if (c != RWE_DATE_INDEX)
            rwe_dated_raise(&date[c], date[RWE_DATE_INDEX]);
    }
    place_death(patient);
}

/* ---- after death ---- */

/* What says that the patient was alive; a start of exposure after death is classed as none elsewhere. */
static void find_after_death(struct rwe_patient_dates *patient, struct rwe_dates_settled *settled)
{
    static const enum rwe_date_role alive[] = {RWE_DATE_PD, RWE_DATE_LAST_ASSESS,
                                               RWE_DATE_LAST_CONTACT, RWE_DATE_NEWTX,
                                               RWE_DATE_RESPONSE};
    const struct rwe_dated *date = patient->date, death = date[RWE_DATE_DEATH];
    if (!rwe_dated_has_day(death))
        return;
    for (size_t a = 0; a < sizeof alive / sizeof *alive; a++)
        if (rwe_dated_has_day(date[alive[a]]) && date[alive[a]].day > death.day)
            settled->after_death |= RWE_DATE_BIT(alive[a]);
    while (patient->n_visits > 0 && patient->visit[patient->n_visits - 1] > death.day) {
        patient->n_visits--;
        settled->n_visits_dead++;
    }
}

/* ---- the last assessment, and the last contact ---- */

static void take_last_visit(struct rwe_patient_dates *patient, struct rwe_dates_settled *settled)
{
    struct rwe_dated *last = &patient->date[RWE_DATE_LAST_ASSESS];
    size_t n = patient->n_visits;
    while (n > 0 && !rwe_patient_was_assessed(patient, n - 1))
        n--;
    if (n == 0)
        return;
    int32_t visit = patient->visit[n - 1];
    if (rwe_dated_has_day(*last) && last->day >= visit)
        return;
    const struct rwe_dated pd = patient->date[RWE_DATE_PD];
    bool saw_pd =
        rwe_dated_has_day(pd) && visit <= pd.day; /* some rows tell the last scan before it */
    if (last->kind == RWE_DATED_DAY && !saw_pd)
        tell(settled, RWE_DATES_SCAN_LATER);
    *last = (struct rwe_dated){visit, RWE_DATED_DAY};
}

static void compare_contact(const struct rwe_patient_dates *patient,
                            struct rwe_dates_settled *settled)
{
    const struct rwe_dated *date = patient->date, contact = date[RWE_DATE_LAST_CONTACT];
    for (unsigned c = 0; c < RWE_N_DATE_ROLES; c++)
        if ((RWE_DATES_ALIVE & RWE_DATE_BIT(c)) != 0 && rwe_dated_has_day(contact) &&
            rwe_dated_has_day(date[c]) && date[c].day > contact.day)
            tell(settled, RWE_DATES_CONTACT_OLDER);
}

/* ---- the first response ---- */

struct limits {
    struct rwe_dated zero, pd, newtx; /* newtx: where it matters */
};

static bool counts(const struct limits *limits, int32_t day)
{
    return (!rwe_dated_has_day(limits->zero) || day >= limits->zero.day) &&
           (!rwe_dated_has_day(limits->pd) || day <= limits->pd.day) &&
           (!rwe_dated_has_day(limits->newtx) || day <= limits->newtx.day);
}

/* The first response in the list that counts; whether there is one that does not. */
static struct rwe_dated first_listed(const struct rwe_patient_dates *patient,
                                     const struct limits *limits, bool *is_void)
{
    struct rwe_dated first = {0};
    for (size_t v = 0; v < patient->n_visits && patient->visit_response != NULL; v++) {
        int response = patient->visit_response[v];
        if (response != RWE_RESPONSE_CR && response != RWE_RESPONSE_PR)
            continue;
        bool at_pd = rwe_dated_has_day(limits->pd) && patient->visit[v] == limits->pd.day;
        if (at_pd || !counts(limits, patient->visit[v]))
            *is_void = true;
        else if (!rwe_dated_has_day(first))
            first = (struct rwe_dated){patient->visit[v], RWE_DATED_DAY};
    }
    return first;
}

static void take_response(struct rwe_patient_dates *patient, const struct rwe_endpoint_rules *rules,
                          struct rwe_dates_settled *settled)
{
    struct rwe_dated *response = &patient->date[RWE_DATE_RESPONSE];
    struct limits limits = {patient->date[RWE_DATE_INDEX], patient->date[RWE_DATE_PD], {0}};
    bool is_void = false;
    if (rules->new_therapy != RWE_NEW_THERAPY_IGNORE)
        limits.newtx = patient->date[RWE_DATE_NEWTX];
    if (rwe_dated_has_day(*response) && !counts(&limits, response->day)) {
        struct rwe_dated *contact = &patient->date[RWE_DATE_LAST_CONTACT];
        if (!rwe_dated_has_day(*contact) || contact->day < response->day)
            *contact = *response; /* it is none, but the patient was seen */
        *response = (struct rwe_dated){0};
        is_void = true;
    }
    struct rwe_dated listed = first_listed(patient, &limits, &is_void);
    if (!rwe_dated_has_day(*response))
        *response = listed;
    if (is_void)
        tell(settled, RWE_DATES_RESPONSE_VOID);
}

/* The row dates a progression on a day whose scan, the only one of it, says response or stable disease. */
static void compare_scan_of_pd(const struct rwe_patient_dates *patient,
                               struct rwe_dates_settled *settled)
{
    const struct rwe_dated pd = patient->date[RWE_DATE_PD];
    bool is_denied = false, is_seen = false;
    if (pd.kind != RWE_DATED_DAY || patient->visit_response == NULL)
        return;
    for (size_t v = 0; v < patient->n_visits; v++) {
        int response = patient->visit_response[v];
        if (patient->visit[v] != pd.day || response < 0)
            continue;
        is_denied |= response <= RWE_RESPONSE_NON;
        is_seen |= response > RWE_RESPONSE_NON && response != RWE_RESPONSE_NE;
    }
    if (is_denied && !is_seen)
        tell(settled, RWE_DATES_PD_DENIED);
}

struct rwe_dates_settled rwe_patient_dates_settle(struct rwe_patient_dates *patient,
                                                  const struct rwe_endpoint_rules *rules)
{
    struct rwe_dates_settled settled = {0};
    read_words(patient, rules, &settled);
    compare_scan_of_pd(patient, &settled);
    take_listed_pd(patient, rules, &settled);
    place_months(patient);
    find_after_death(patient, &settled);
    take_last_visit(patient, &settled);
    compare_contact(patient, &settled);
    take_response(patient, rules, &settled);
    return settled;
}
