/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The best response of each patient, from the list of assessments and the dates that end it. */
#include "cohort_private.h"

#include "rwe/data/assessed_responses.h"
#include "rwe/data/response.h"
#include <math.h>

static bool has(const struct rwe_patient_dates *p, unsigned role)
{
    return rwe_dated_has_day(p->date[role]);
}

static void end_at(int32_t *until, int32_t day)
{
    if (day < *until)
        *until = day;
}

/* The last day whose assessment is of the treatment: a scan on the day of a new therapy is from before it. */
static int32_t last_day(const struct rwe_patient_dates *p, const struct rwe_endpoint_rules *rules)
{
    int32_t until = INT32_MAX;
    if (rules->has_cutoff)
        end_at(&until, rules->cutoff);
    if (has(p, RWE_DATE_DEATH))
        end_at(&until, p->date[RWE_DATE_DEATH].day);
    if (rules->new_therapy != RWE_NEW_THERAPY_IGNORE && has(p, RWE_DATE_NEWTX) &&
        p->date[RWE_DATE_NEWTX].day >= p->date[RWE_DATE_INDEX].day)
        end_at(&until, p->date[RWE_DATE_NEWTX].day);
    return until;
}

static bool is_unconfirmed(const struct rwe_patient_dates *p, int32_t day)
{
    for (size_t v = 0; v < p->n_visits; v++)
        if (p->visit[v] == day && p->visit_response[v] == RWE_RESPONSE_IUPD)
            return true;
    return false;
}

int32_t rwe_own_progression(const struct rwe_patient_dates *p)
{
    const struct rwe_dated pd = p->date[RWE_DATE_PD];
    bool counts = rwe_dated_has_day(pd) && pd.day >= p->date[RWE_DATE_INDEX].day;
    return counts && !is_unconfirmed(p, pd.day) ? pd.day : RWE_NO_DAY;
}

static struct rwe_response_rules rules_of(const struct rwe_study_settings *study)
{
    return (struct rwe_response_rules){.confirm = study->confirm,
                                       .sd_minimum = study->sd_minimum,
                                       .most_ne = study->confirm_ne,
                                       .accept_sd = study->confirm_sd};
}

static bool any_response(const struct rwe_patient_dates patient[], size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t v = 0; v < patient[i].n_visits; v++)
            if (patient[i].visit_response[v] >= 0)
                return true;
    return false;
}

/* A response after the progression that the row dates starts no endpoint. */
static void date_first_response(struct raw *raw, struct rwe_patient_dates *p, int32_t first)
{
    if (raw->dates->column[RWE_DATE_RESPONSE] != RWE_NO_INDEX)
        return;
    p->date[RWE_DATE_RESPONSE] = (struct rwe_dated){0};
    if (first != RWE_NO_DAY && !(has(p, RWE_DATE_PD) && first > p->date[RWE_DATE_PD].day))
        p->date[RWE_DATE_RESPONSE] = (struct rwe_dated){first, RWE_DATED_DAY};
}

enum rwe_status rwe_raw_find_best_responses(struct raw *raw, struct rwe_patient_dates patient[],
                                            struct rwe_error *error)
{
    const struct rwe_response_rules rules = rules_of(raw->study);
    static const struct rwe_best none = {-1, RWE_NO_DAY, RWE_NO_DAY};
    if (!any_response(patient, raw->n_rows))
        return RWE_OK;
    raw->best = RWE_NEW(raw->scratch, struct rwe_best_response, raw->n_rows);
    if (raw->best == NULL)
        return rwe_fail_memory(error);
    for (size_t i = 0; i < raw->n_rows; i++) {
        struct rwe_patient_dates *p = &patient[i];
        const struct rwe_assessments of = {
            .n = p->n_visits,
            .day = p->visit,
            .response = p->visit_response,
            .sum = p->visit_sum,
            .zero = p->date[RWE_DATE_INDEX].day,
            .until = last_day(p, &raw->dates->about.rules),
            .progression = rwe_own_progression(p),
        };
        if (!has(p, RWE_DATE_INDEX))
            raw->best[i] = (struct rwe_best_response){none, none, RWE_NO_DAY, false, NAN};
        else if (rwe_best_response_find(&of, &rules, raw->scratch, &raw->best[i]) != RWE_OK)
            return rwe_fail_memory(error);
        date_first_response(raw, p, raw->best[i].unconfirmed.first);
    }
    return RWE_OK;
}
