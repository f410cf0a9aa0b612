/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When exposure can no longer begin. A treatment that consolidates begins before progression or never, so
 * for every endpoint that goes on after progression, progression is a confounder of exposure and outcome
 * that changes in time (Robins, Hernán & Brumback, Epidemiology 11:550, 2000). */
#include "cohort_private.h"

#include "rwe/data/validate.h"
#include <math.h>
#include <string.h>

/* ---- endpoints that end with progression ---- */

static bool is_named_after_progression(const char *name)
{
    static const char *const words[] = {"pfs",  "dfs",      "rfs",    "efs",   "ttp",  "dmfs",
                                        "lrfs", "progress", "relaps", "recur", "进展", "复发"};
    for (size_t w = 0; w < sizeof words / sizeof *words; w++)
        if (strcasestr(name, words[w]) != NULL)
            return strcasestr(name, "pfs2") == NULL; /* the second progression */
    return false;
}

/* The derived endpoint of that name, or NULL. */
static const struct rwe_endpoint_definition *definition_of(const struct raw *raw, const char *name)
{
    for (size_t d = 0; raw->dates != NULL && d < raw->dates->about.n_derived; d++)
        if (strcmp(raw->dates->about.derived[d].definition.name, name) == 0)
            return &raw->dates->about.derived[d].definition;
    return NULL;
}

static bool ends_with_progression(const struct raw *raw, const char *name)
{
    const struct rwe_endpoint_definition *definition = definition_of(raw, name);
    if (definition == NULL)
        return is_named_after_progression(name);
    return ((definition->events | definition->competing) & RWE_DATE_BIT(RWE_DATE_PD)) != 0 &&
           !definition->is_reversed;
}

/* Exposure closes with an event of the endpoint, if not before. */
static void close_by_endpoint(struct raw *raw, const struct raw_endpoint *endpoint)
{
    for (size_t i = 0; i < raw->n_rows; i++)
        if (endpoint->event[i] > 0)
            raw->exposure_until[i] = fmin(raw->exposure_until[i], endpoint->time[i]);
}

/* ---- dates ---- */

/* Days from time zero to the date, INFINITY where there is none. */
static enum rwe_status read_days(struct raw *raw, size_t column, struct rwe_complaints *complaints,
                                 double days[])
{
    size_t index = raw->study->index_date != NULL
                       ? rwe_table_find(raw->table, raw->study->index_date)
                       : rwe_chart_column(raw->table, raw->study, "index_date");
    struct rwe_date_style style = rwe_study_date_style(raw->study);
    struct rwe_complaints of_index = {.arena = raw->scratch};
    struct rwe_dated *zero = RWE_NEW(raw->scratch, struct rwe_dated, raw->n_rows);
    struct rwe_dated *date = RWE_NEW(raw->scratch, struct rwe_dated, raw->n_rows);
    for (size_t i = 0; i < raw->n_rows; i++)
        days[i] = INFINITY;
    if (rwe_arena_failed(raw->scratch))
        return RWE_NO_MEMORY;
    if (index == RWE_NO_INDEX)
        return RWE_OK;
    if (rwe_table_dated(raw->table, index, style, zero, &of_index) != RWE_OK ||
        rwe_table_dated(raw->table, column, style, date, complaints) != RWE_OK)
        return RWE_NO_MEMORY;
    for (size_t i = 0; i < raw->n_rows; i++)
        if (rwe_dated_has_day(zero[i]) && rwe_dated_has_day(date[i]))
            days[i] = date[i].day - zero[i].day;
    return rwe_complaints_take_notes(raw->complaints, &of_index);
}

/* The latest of the dates by which somebody is known to have been followed. */
static enum rwe_status read_last(struct raw *raw, const double days[], double last[])
{
    static const char *const roles[] = {"death_date", "last_contact_date", "last_assess_date"};
    struct rwe_complaints unread = {.arena = raw->scratch};
    double *of = RWE_NEW(raw->scratch, double, raw->n_rows);
    if (of == NULL)
        return RWE_NO_MEMORY;
    for (size_t i = 0; i < raw->n_rows; i++)
        last[i] = isfinite(days[i]) ? days[i] : 0;
    for (size_t r = 0; r < sizeof roles / sizeof *roles; r++) {
        size_t column = rwe_chart_column(raw->table, raw->study, roles[r]);
        if (column == RWE_NO_INDEX)
            continue;
        if (read_days(raw, column, &unread, of) != RWE_OK)
            return RWE_NO_MEMORY;
        for (size_t i = 0; i < raw->n_rows; i++)
            last[i] = isfinite(of[i]) ? fmax(last[i], of[i]) : last[i];
    }
    return RWE_OK;
}

enum { DAYS_APART = 2 }; /* a time of two decimals and the dates that it is from differ by less */

/* Whether hardly anybody's follow-up ends before the date, in this unit. */
static bool fits(const struct raw *raw, const double last[], double days_per_unit)
{
    size_t n = 0, n_late = 0;
    for (size_t i = 0; i < raw->n_rows; i++) {
        double end = 0;
        for (size_t e = 0; e < raw->n_endpoints; e++)
            end = fmax(end, raw->endpoint[e].time[i]); /* the other where one is NaN */
        n += last[i] > 0;
        n_late += last[i] > end * days_per_unit + DAYS_APART;
    }
    return n > 0 && 100 * n_late <= n;
}

/* Days in the unit of the cohort's times: the declared one, else the smallest in which the dates lie within
 * follow-up; NaN where none does. */
static enum rwe_status find_unit(struct raw *raw, const double days[], double *unit)
{
    static const double units[] = {1, 7, RWE_DAYS_PER_MONTH, 365.25};
    double *last = RWE_NEW(raw->scratch, double, raw->n_rows);
    *unit = NAN;
    if (raw->study->time_unit != RWE_UNIT_NOT_SAID || raw->has_dated_times)
        *unit = rwe_study_days_per_unit(raw->study);
    if (last == NULL || read_last(raw, days, last) != RWE_OK)
        return RWE_NO_MEMORY;
    for (size_t u = 0; u < sizeof units / sizeof *units && isnan(*unit); u++)
        if (fits(raw, last, units[u]))
            *unit = units[u];
    return RWE_OK;
}

/* Exposure closes on the date of the column. Without a unit, or with cells that cannot be read where nobody
 * named the column, it is not known when it closes. */
static enum rwe_status close_by_date(struct raw *raw, size_t column, bool is_named)
{
    struct rwe_complaints unread = {.arena = raw->scratch};
    raw->reads_dates = true;
    double unit, *days = RWE_NEW(raw->scratch, double, raw->n_rows);
    if (days == NULL ||
        read_days(raw, column, is_named ? raw->complaints : &unread, days) != RWE_OK ||
        find_unit(raw, days, &unit) != RWE_OK ||
        rwe_complaints_take_notes(raw->complaints, &unread) != RWE_OK)
        return RWE_NO_MEMORY;
    if (unread.n > 0 || isnan(unit)) {
        raw->closure = RWE_CLOSURE_UNKNOWN;
        return RWE_OK;
    }
    raw->until_tolerance = DAYS_APART / unit;
    for (size_t i = 0; i < raw->n_rows; i++)
        raw->exposure_until[i] = fmin(raw->exposure_until[i], days[i] / unit);
    return RWE_OK;
}

/* What endpoints from dates are made from tells progression too. */
static void close_by_settled_dates(struct raw *raw)
{
    const struct rwe_cohort_dates *about = &raw->dates->about;
    static const unsigned closing[] = {RWE_DATE_PD, RWE_DATE_DEATH};
    raw->until_tolerance = DAYS_APART / about->days_per_unit;
    for (size_t i = 0; i < raw->n_rows; i++) {
        const struct rwe_dated *date = about->patient[i].date;
        for (size_t c = 0; c < sizeof closing / sizeof *closing; c++)
            if (rwe_dated_has_day(date[closing[c]]) && rwe_dated_has_day(date[RWE_DATE_INDEX]))
                raw->exposure_until[i] =
                    fmin(raw->exposure_until[i],
                         (date[closing[c]].day - date[RWE_DATE_INDEX].day) / about->days_per_unit);
    }
}

/* ---- what tells it ---- */

static enum rwe_status close_by_name(struct raw *raw, const char *name, struct rwe_error *error)
{
    size_t column;
    raw->closure = RWE_CLOSURE_NAMED;
    raw->closed_by = name;
    for (size_t e = 0; e < raw->n_endpoints; e++)
        if (strcasecmp(raw->endpoint[e].spec->name, name) == 0) {
            close_by_endpoint(raw, &raw->endpoint[e]);
            return RWE_OK;
        }
    enum rwe_status status =
        rwe_cohort_column(raw->table, "--exposure-until", name, &column, error);
    if (status != RWE_OK)
        return status;
    if (close_by_date(raw, column, true) != RWE_OK)
        return rwe_fail_memory(error);
    if (raw->closure == RWE_CLOSURE_UNKNOWN)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--exposure-until %s: dates of this column do not lie within follow-up "
                        "from the date of time zero: say --index-date and --time-unit, or name an "
                        "endpoint",
                        name);
    return RWE_OK;
}

/* The times of an endpoint that was read from columns come before dates, since those of exposure are in the
 * same unit to the last digit. */
static bool close_by_ready_endpoints(struct raw *raw)
{
    for (size_t e = 0; e < raw->n_endpoints; e++) {
        const char *name = raw->endpoint[e].spec->name;
        if (definition_of(raw, name) != NULL || !ends_with_progression(raw, name))
            continue;
        close_by_endpoint(raw, &raw->endpoint[e]);
        raw->closed_by = name;
    }
    return raw->closed_by != NULL;
}

/* Dates that endpoints are derived from know progression by the list of assessments too. */
static enum rwe_status close_by_progression(struct raw *raw)
{
    raw->closure = RWE_CLOSURE_PROGRESSION;
    if (close_by_ready_endpoints(raw))
        return RWE_OK;
    if (raw->dates != NULL && raw->dates->about.knows_progression) {
        raw->closed_by = raw->dates->about.column[RWE_DATE_PD];
        close_by_settled_dates(raw);
        return RWE_OK;
    }
    size_t column =
        raw->dates != NULL ? RWE_NO_INDEX : rwe_chart_column(raw->table, raw->study, "pd_date");
    if (column == RWE_NO_INDEX) {
        raw->closure = RWE_CLOSURE_UNKNOWN;
        return RWE_OK;
    }
    enum rwe_status status = close_by_date(raw, column, false);
    if (raw->closure != RWE_CLOSURE_UNKNOWN)
        raw->closed_by = rwe_table_name(raw->table, column);
    return status;
}

enum rwe_status rwe_raw_read_until(struct raw *raw, struct rwe_error *error)
{
    const char *name = raw->study->exposure_until;
    if (raw->exposure_start == NULL)
        return RWE_OK;
    raw->exposure_until = RWE_NEW(raw->scratch, double, raw->n_rows);
    if (raw->exposure_until == NULL)
        return rwe_fail_memory(error);
    for (size_t i = 0; i < raw->n_rows; i++)
        raw->exposure_until[i] = INFINITY;
    if (name != NULL)
        return close_by_name(raw, name, error);
    return close_by_progression(raw) == RWE_OK ? RWE_OK : rwe_fail_memory(error);
}

/* ---- by subject ---- */

/* One in a hundred may be followed on, as who progressed by signs that the rules of an endpoint do not believe. */
static enum rwe_reach reach_of(const struct raw *raw, const struct rwe_cohort *cohort,
                               const struct rwe_endpoint *endpoint)
{
    size_t n_beyond = 0;
    if (definition_of(raw, endpoint->name) != NULL && ends_with_progression(raw, endpoint->name))
        return RWE_REACH_CLOSED;
    for (size_t i = 0; i < cohort->n; i++)
        n_beyond += cohort->exposure_until[i] + raw->until_tolerance < endpoint->time[i];
    return 100 * n_beyond > cohort->n ? RWE_REACH_BEYOND : RWE_REACH_CLOSED;
}

enum rwe_status rwe_cohort_gather_until(const struct raw *raw, struct rwe_cohort *cohort,
                                        struct rwe_endpoint endpoint[])
{
    cohort->closure = raw->closure;
    cohort->closed_by = raw->closed_by;
    cohort->until_tolerance = raw->until_tolerance;
    if (raw->closure == RWE_CLOSURE_UNKNOWN)
        return RWE_OK;
    double *until = RWE_NEW(raw->arena, double, cohort->n);
    if (until == NULL)
        return RWE_NO_MEMORY;
    cohort->exposure_until =
        rwe_raw_gather_numbers(raw->exposure_until, cohort->row, cohort->n, until);
    for (size_t e = 0; e < cohort->n_endpoints; e++)
        endpoint[e].reach = reach_of(raw, cohort, &endpoint[e]);
    return RWE_OK;
}

double rwe_cohort_exposure(const struct rwe_cohort *cohort, size_t subject)
{
    double start = cohort->exposure_start[subject];
    bool is_open = cohort->exposure_until == NULL || start < cohort->exposure_until[subject];
    return is_open ? start : NAN;
}
