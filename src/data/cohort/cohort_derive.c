/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Endpoints, exposure and arms from dates, by row of the file; and what subjects keep of them. */
#include "cohort_private.h"

#include "rwe/base/date.h"
#include <math.h>
#include <string.h>

/* ---- complaints ---- */

static enum rwe_status complain(struct raw *raw, size_t row, const char *column, const char *value,
                                const char *reason, const char *advice)
{
    struct rwe_complaint complaint = {
        .file = rwe_table_file(raw->table),
        .line = rwe_table_line(raw->table, row),
        .row = row,
        .column = column,
        .value = value,
        .reason = reason,
        .advice = advice,
    };
    return rwe_complaints_add(raw->complaints, &complaint);
}

/* Endpoints that begin with a response are in those who have one; the rest is of all. Who is in another endpoint
 * stays: an endpoint that cannot be told of a patient costs that endpoint alone. */
static enum rwe_status complain_of_fault(struct raw *raw, size_t row, bool is_in_another,
                                         const struct rwe_derived_endpoint *derived)
{
    const char *const *column = raw->dates->about.column;
    const struct rwe_endpoint_outcome *outcome = &derived->outcome[row];
    char day[RWE_DATE_SIZE];
    if (!derived->is_compared)
        return RWE_OK;
    switch ((enum rwe_dates_fault)outcome->fault) {
    case RWE_DATES_NO_START:
        return complain(raw, row, column[outcome->column], NULL, N_("missing"),
                        N_("every subject needs the date of time zero"));
    case RWE_DATES_NO_END:
        return is_in_another
                   ? RWE_OK
                   : complain(raw, row, column[RWE_DATE_LAST_CONTACT], NULL,
                              N_("missing where nothing happened"),
                              N_("give the date at which the patient was last known alive, or, for "
                                 "至今, a --cutoff"));
    case RWE_DATES_BEFORE_START:
        rwe_date_format(outcome->end, day);
        return complain(raw, row, column[outcome->column], rwe_arena_string(raw->arena, day),
                        N_("before time zero"), N_("correct the date, or that of time zero"));
    case RWE_DATES_NO_PLACE:
        return is_in_another ? RWE_OK
                             : complain(raw, row, "pd_site", NULL,
                                        N_("missing although there was progression"),
                                        N_("this endpoint asks where progression was"));
    case RWE_DATES_SOUND:
        break;
    }
    return RWE_OK;
}

/* Whether some endpoint of all has the patient, for more than time zero. */
static bool is_in_some(const struct raw *raw, size_t row)
{
    const struct rwe_cohort_dates *about = &raw->dates->about;
    for (size_t d = 0; d < about->n_derived; d++) {
        const struct rwe_endpoint_outcome *outcome = &about->derived[d].outcome[row];
        if (about->derived[d].is_compared && outcome->fault == RWE_DATES_SOUND &&
            outcome->cnsr != RWE_CNSR_UNASSESSED)
            return true;
    }
    return false;
}

static enum rwe_status complain_of_faults(struct raw *raw)
{
    const struct rwe_cohort_dates *about = &raw->dates->about;
    for (size_t i = 0; i < raw->n_rows; i++) {
        bool is_in = is_in_some(raw, i);
        for (size_t d = 0; d < about->n_derived; d++)
            if (complain_of_fault(raw, i, is_in, &about->derived[d]) != RWE_OK)
                return RWE_NO_MEMORY;
    }
    return RWE_OK;
}

/* ---- endpoints ---- */

static enum rwe_status derive_endpoint(struct raw *raw, struct rwe_derived_endpoint *derived)
{
    const struct rwe_cohort_dates *about = &raw->dates->about;
    struct rwe_endpoint_outcome *outcome =
        RWE_NEW(raw->scratch, struct rwe_endpoint_outcome, raw->n_rows);
    if (outcome == NULL)
        return RWE_NO_MEMORY;
    for (size_t i = 0; i < raw->n_rows; i++)
        outcome[i] =
            rwe_endpoint_from_dates(&derived->definition, &about->rules, &about->patient[i]);
    derived->outcome = outcome;
    return RWE_OK;
}

static struct rwe_strings names_of(const struct raw *raw, rwe_date_set set, const char *first)
{
    struct rwe_strings names = {RWE_NEW(raw->arena, const char *, RWE_MOST_DATES + 1), 0};
    if (names.item != NULL && first != NULL)
        names.item[names.n++] = first;
    for (unsigned c = 0; names.item != NULL && c < RWE_MOST_DATES; c++)
        if ((set & RWE_DATE_BIT(c)) != 0)
            names.item[names.n++] = raw->dates->about.column[c];
    return names;
}

/* As if it had been read: causes are named by the columns of their dates. */
static struct rwe_endpoint_spec spec_of(const struct raw *raw,
                                        const struct rwe_endpoint_definition *definition)
{
    struct rwe_endpoint_spec spec = {
        .name = definition->name,
        .time = raw->dates->about.column[definition->start],
        .values = definition->is_reversed ? names_of(raw, 0, "end of follow-up")
                                          : names_of(raw, definition->events, NULL),
        .competing = names_of(raw, definition->competing,
                              definition->pd_place == 0 ? NULL : "progression elsewhere"),
    };
    spec.event = rwe_text_join(raw->arena, spec.values, "|");
    return spec;
}

static enum rwe_status add_endpoint(struct raw *raw, size_t d, struct rwe_error *error)
{
    const struct rwe_derived_endpoint *derived = &raw->dates->about.derived[d];
    struct raw_endpoint *endpoint = &raw->endpoint[raw->n_endpoints++];
    raw->dates->spec[d] = spec_of(raw, &derived->definition);
    endpoint->spec = &raw->dates->spec[d];
    endpoint->time = RWE_NEW(raw->scratch, double, raw->n_rows);
    endpoint->event = RWE_NEW(raw->scratch, uint8_t, raw->n_rows);
    endpoint->absent = RWE_NEW(raw->scratch, uint8_t, raw->n_rows);
    if (rwe_arena_failed(raw->scratch) || rwe_arena_failed(raw->arena))
        return rwe_fail_memory(error);
    for (size_t i = 0; i < raw->n_rows; i++) {
        const struct rwe_endpoint_outcome *outcome = &derived->outcome[i];
        endpoint->absent[i] = outcome->fault != RWE_DATES_SOUND;
        if (endpoint->absent[i])
            continue;
        endpoint->time[i] = (outcome->end - outcome->start) / raw->dates->about.days_per_unit;
        endpoint->event[i] = outcome->cause;
    }
    return RWE_OK;
}

/* What the command line derives takes the place of the study file's ready columns, as its --endpoint
 * would. */
bool rwe_raw_takes_ready_endpoints(const struct raw *raw)
{
    const struct rwe_study_settings *study = raw->study;
    return raw->dates == NULL || (study->source.derive <= study->source.endpoints &&
                                  study->source.endpoint_dates <= study->source.endpoints);
}

enum rwe_status rwe_raw_add_derived(struct raw *raw, struct rwe_error *error)
{
    struct raw_dates *dates = raw->dates;
    enum rwe_status status = RWE_OK;
    for (size_t d = 0; dates != NULL && d < dates->about.n_derived && status == RWE_OK; d++) {
        struct rwe_derived_endpoint *derived = &dates->about.derived[d];
        for (size_t e = 0; e < raw->n_endpoints; e++)
            if (strcmp(raw->endpoint[e].spec->name, derived->definition.name) == 0)
                return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                                "endpoint \"%s\" is both read from columns and derived from dates: "
                                "leave one of them out",
                                derived->definition.name);
        if (derive_endpoint(raw, derived) != RWE_OK)
            return rwe_fail_memory(error);
        if (derived->is_compared)
            status = add_endpoint(raw, d, error);
    }
    if (status == RWE_OK && dates != NULL && complain_of_faults(raw) != RWE_OK)
        status = rwe_fail_memory(error);
    return status;
}

/* ---- exposure ---- */

/* Where the treatment went, NULL where any place counts; and the places that do. */
static enum rwe_status read_sites(struct raw *raw, const char ***site, struct rwe_strings *sites,
                                  const char **name, struct rwe_error *error)
{
    const char *text = raw->study->exposure_site;
    *site = NULL;
    if (text == NULL)
        return RWE_OK;
    const char *equals = strchr(text, '=');
    if (equals == NULL || equals == text || equals[1] == '\0')
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--exposure-site %s: write COL=A+B, as in rt_site=lung+mediast+pleura",
                        text);
    size_t column;
    *name = rwe_arena_substring(raw->arena, text, (size_t)(equals - text));
    *sites = rwe_text_split(raw->arena, equals + 1, '+');
    *site = RWE_NEW(raw->scratch, const char *, raw->n_rows);
    if (rwe_arena_failed(raw->arena) || rwe_arena_failed(raw->scratch))
        return rwe_fail_memory(error);
    for (size_t s = 0; s < sites->n; s++)
        if (sites->item[s][0] == '\0')
            return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                            "--exposure-site %s: a site is empty; write COL=A+B", text);
    enum rwe_status status =
        rwe_cohort_column(raw->table, "--exposure-site", *name, &column, error);
    if (status == RWE_OK && rwe_table_strings(raw->table, column, raw->scratch, *site) != RWE_OK)
        status = rwe_fail_memory(error);
    return status;
}

struct exposure {
    const char **site;
    const char *site_name;
    struct rwe_strings sites;
};

/* The starts themselves were read with the other dates. */
static enum rwe_status read_exposure(struct raw *raw, struct exposure *exposure,
                                     struct rwe_error *error)
{
    size_t column;
    enum rwe_status status =
        rwe_cohort_column(raw->table, "--exposure-date", raw->study->exposure_date, &column, error);
    return status == RWE_OK
               ? read_sites(raw, &exposure->site, &exposure->sites, &exposure->site_name, error)
               : status;
}

static enum rwe_status classify(struct raw *raw, const struct exposure *exposure, uint8_t class[])
{
    const struct rwe_cohort_dates *about = &raw->dates->about;
    double months = raw->study->exposure_grace;
    struct rwe_exposure_rules rules = {isnan(months) ? INFINITY : months * RWE_DAYS_PER_MONTH,
                                       about->rules.has_cutoff, about->rules.cutoff};
    for (size_t i = 0; i < raw->n_rows; i++) {
        const char *site = exposure->site == NULL ? NULL : exposure->site[i];
        bool at_site =
            exposure->site == NULL || (site != NULL && rwe_exposure_at_site(site, exposure->sites));
        const struct rwe_dated start = about->patient[i].date[RWE_DATE_EXPOSURE];
        bool began = rwe_dated_has_day(start);
        class[i] = (uint8_t)rwe_exposure_of(start, at_site, &about->patient[i], &rules);
        if (class[i] == RWE_EXPOSED)
            raw->exposure_start[i] =
                (start.day - about->patient[i].date[RWE_DATE_INDEX].day) / about->days_per_unit;
        if (exposure->site != NULL && began && site == NULL &&
            complain(raw, i, exposure->site_name, NULL, N_("missing although treatment began"),
                     N_("where it went decides whether it counts")) != RWE_OK)
            return RWE_NO_MEMORY;
        if (!rwe_dated_has_day(about->patient[i].date[RWE_DATE_INDEX]) &&
            complain(raw, i, about->column[RWE_DATE_INDEX], NULL, N_("missing"),
                     N_("every subject needs the date of time zero")) != RWE_OK)
            return RWE_NO_MEMORY;
    }
    return RWE_OK;
}

enum rwe_status rwe_raw_exposure_start(struct raw *raw, struct rwe_error *error)
{
    struct exposure exposure = {0};
    if (raw->dates == NULL || raw->study->exposure_date == NULL ||
        raw->dates->about.exposure != NULL)
        return RWE_OK;
    enum rwe_status status = read_exposure(raw, &exposure, error);
    if (status != RWE_OK)
        return status;
    uint8_t *class = RWE_NEW(raw->scratch, uint8_t, raw->n_rows);
    raw->exposure_start = RWE_NEW(raw->scratch, double, raw->n_rows);
    if (rwe_arena_failed(raw->scratch))
        return rwe_fail_memory(error);
    for (size_t i = 0; i < raw->n_rows; i++)
        raw->exposure_start[i] = NAN;
    raw->dates->about.exposure = class;
    return classify(raw, &exposure, class) == RWE_OK ? RWE_OK : rwe_fail_memory(error);
}

/* ---- the arms that it makes ---- */

static bool is_wanted_as_arm(const struct raw *raw)
{
    return raw->dates != NULL && raw->study->source.exposure_date > raw->study->source.arm;
}

enum rwe_status rwe_raw_exposure_arm(struct raw *raw, struct rwe_error *error)
{
    static const char *const usual[] = {"no RT", "RT"};
    enum rwe_status status = rwe_raw_exposure_start(raw, error);
    if (status != RWE_OK || !is_wanted_as_arm(raw))
        return status;
    struct rwe_strings names = raw->study->exposure_names;
    if (names.n != 0 && (names.n != 2 || strcmp(names.item[0], names.item[1]) == 0))
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--exposure-names: two different names are needed, as in no RT,RT");
    raw->arm = (struct rwe_factor){
        .code = RWE_NEW(raw->arena, int32_t, raw->n_rows),
        .level = RWE_NEW(raw->arena, const char *, 2),
        .n_levels = 2,
    };
    raw->arm_position = RWE_NEW(raw->scratch, int32_t, 2);
    if (rwe_arena_failed(raw->arena) || rwe_arena_failed(raw->scratch))
        return rwe_fail_memory(error);
    for (size_t a = 0; a < 2; a++) {
        raw->arm.level[a] = names.n == 0 ? usual[a] : names.item[a];
        raw->arm_position[a] = (int32_t)a;
    }
    for (size_t i = 0; i < raw->n_rows; i++)
        raw->arm.code[i] = raw->dates->about.exposure[i] == RWE_EXPOSED;
    raw->n_arms = 2;
    raw->arm_is_exposure = raw->dates->about.arm_is_exposure = true;
    return RWE_OK;
}

const char *rwe_raw_arm_name(const struct raw *raw)
{
    return raw->arm_is_exposure ? raw->study->exposure_date : raw->study->arm;
}

/* ---- what subjects keep ---- */

enum rwe_status rwe_cohort_gather_dates(const struct raw *raw, struct rwe_cohort *cohort)
{
    if (raw->dates == NULL)
        return RWE_OK;
    const struct rwe_cohort_dates *from = &raw->dates->about;
    struct rwe_cohort_dates *to = RWE_NEW(raw->arena, struct rwe_cohort_dates, 1);
    struct rwe_patient_dates *patient = RWE_NEW(raw->arena, struct rwe_patient_dates, cohort->n);
    struct rwe_dates_settled *settled = RWE_NEW(raw->arena, struct rwe_dates_settled, cohort->n);
    uint8_t *exposure = from->exposure == NULL ? NULL : RWE_NEW(raw->arena, uint8_t, cohort->n);
    if (rwe_arena_failed(raw->arena))
        return RWE_NO_MEMORY;
    *to = *from;
    to->patient = patient;
    to->settled = settled;
    to->earlier_pd = rwe_raw_tell_earlier_pd(raw, cohort);
    to->exposure = exposure;
    for (size_t i = 0; i < cohort->n; i++) {
        patient[i] = from->patient[cohort->row[i]];
        settled[i] = from->settled[cohort->row[i]];
        if (exposure != NULL)
            exposure[i] = from->exposure[cohort->row[i]];
    }
    for (size_t d = 0; d < to->n_derived; d++) {
        struct rwe_endpoint_outcome *outcome =
            RWE_NEW(raw->arena, struct rwe_endpoint_outcome, cohort->n);
        for (size_t i = 0; outcome != NULL && i < cohort->n; i++)
            outcome[i] = from->derived[d].outcome[cohort->row[i]];
        to->derived[d].outcome = outcome;
    }
    cohort->dates = to;
    return rwe_arena_failed(raw->arena) ? RWE_NO_MEMORY : RWE_OK;
}
