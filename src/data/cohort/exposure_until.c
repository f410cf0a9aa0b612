/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When exposure can no longer begin. A treatment that consolidates begins before progression or never, so
 * for every endpoint that goes on after progression, progression is a confounder of exposure and outcome
 * that changes in time (Robins, Hernán & Brumback, Epidemiology 11:550, 2000). */
#include "cohort_private.h"

#include "quantile_private.h"
#include "rwe/base/language.h"
#include "rwe/data/validate.h"
#include <math.h>
#include <string.h>

/* ---- endpoints that end with progression ---- */

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Of a part of progression alone (local, distant), or of what comes after it. */
static bool is_partial(const char *name)
{
    static const char *const words[] = {"pfs2", "local", "region", "distant", "after", "post",
                                        "局部", "区域",  "远处",   "转移",    "后"};
    for (size_t w = 0; w < sizeof words / sizeof *words; w++)
        if (strcasestr(name, words[w]) != NULL)
            return true;
    return false;
}

/* pfs, rwpfs, PFS_IRC, 无进展生存期: any first progression ends it. Not lrfs, dmfs, itpfs, pfs2. */
static bool is_named_after_progression(const char *name)
{
    static const char *const words[] = {"pfs",
                                        "dfs",
                                        "rfs",
                                        "efs",
                                        "ttp",
                                        "progression-free",
                                        "progression_free",
                                        "progression free",
                                        "无进展",
                                        "无病",
                                        "无复发",
                                        "无事件"};
    for (size_t w = 0; w < sizeof words / sizeof *words; w++) {
        const char *at = strcasestr(name, words[w]);
        if (at == NULL)
            continue;
        bool real_world = at == name + 2 && strncasecmp(name, "rw", 2) == 0;
        if (at == name || real_world || !is_letter(at[-1]))
            return !is_partial(name);
    }
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

/* Columns as days from time zero. */
struct days {
    double *of;   /* by row; INFINITY where there is none */
    size_t n;     /* of them finite */
    bool is_read; /* there is a date of time zero */
};

static size_t index_column(const struct raw *raw)
{
    return raw->study->index_date != NULL ? rwe_table_find(raw->table, raw->study->index_date)
                                          : rwe_chart_column(raw->table, raw->study, "index_date");
}

/* A month alone is no earlier than time zero in the same month; what is earlier is of another course. */
static double days_between(struct rwe_dated zero, struct rwe_dated date)
{
    enum { LONGEST_MONTH = 31 };
    if (!rwe_dated_has_day(zero) || !rwe_dated_has_day(date))
        return INFINITY;
    double days = date.day - zero.day;
    if (days < 0 && days > -LONGEST_MONTH && date.kind == RWE_DATED_MONTH)
        days = 0;
    return days < 0 ? INFINITY : days;
}

static enum rwe_status read_days(struct raw *raw, size_t column, struct rwe_complaints *complaints,
                                 struct days *days)
{
    size_t index = index_column(raw);
    struct rwe_date_style style = rwe_study_date_style(raw->study);
    struct rwe_dated *zero = RWE_NEW(raw->scratch, struct rwe_dated, raw->n_rows);
    struct rwe_dated *date = RWE_NEW(raw->scratch, struct rwe_dated, raw->n_rows);
    *days = (struct days){.of = RWE_NEW(raw->scratch, double, raw->n_rows)};
    if (rwe_arena_failed(raw->scratch))
        return RWE_NO_MEMORY;
    days->is_read = index != RWE_NO_INDEX;
    raw->reads_dates = true;
    raw->counts_from_zero = raw->counts_from_zero || days->is_read;
    if (days->is_read && (rwe_table_dated(raw->table, index, style, zero, complaints) != RWE_OK ||
                          rwe_table_dated(raw->table, column, style, date, complaints) != RWE_OK))
        return RWE_NO_MEMORY;
    for (size_t i = 0; i < raw->n_rows; i++) {
        days->of[i] = days->is_read ? days_between(zero[i], date[i]) : INFINITY;
        days->n += isfinite(days->of[i]);
    }
    return RWE_OK;
}

/* The latest of the dates by which somebody is known to have been followed; 0: none. */
static enum rwe_status read_last(struct raw *raw, double last[])
{
    static const char *const roles[] = {"death_date", "last_contact_date", "last_assess_date"};
    struct rwe_complaints unread = {.arena = raw->scratch};
    for (size_t i = 0; i < raw->n_rows; i++)
        last[i] = 0;
    for (size_t r = 0; r < sizeof roles / sizeof *roles; r++) {
        struct days days;
        size_t column = rwe_chart_column(raw->table, raw->study, roles[r]);
        if (column == RWE_NO_INDEX)
            continue;
        if (read_days(raw, column, &unread, &days) != RWE_OK)
            return RWE_NO_MEMORY;
        for (size_t i = 0; i < raw->n_rows; i++)
            last[i] = isfinite(days.of[i]) ? fmax(last[i], days.of[i]) : last[i];
    }
    return RWE_OK;
}

/* ---- the unit of times ---- */

static const double unit_days[] = {1, 7, RWE_DAYS_PER_MONTH, 365.25};
static const char *const unit_names[] = {N_("days"), N_("weeks"), N_("months"), N_("years")};
enum { N_UNITS = 4 };

/* Units lie apart by 4 and more; what is farther from one than this is of none. */
static const double CLOSE = 1.6;

/* The median of days per unit of time over those who have both; NaN: nobody has. */
static enum rwe_status find_ratio(struct raw *raw, const double days[], const double time[],
                                  double *ratio)
{
    double *of = RWE_NEW(raw->scratch, double, raw->n_rows);
    size_t n = 0;
    if (of == NULL)
        return RWE_NO_MEMORY;
    for (size_t i = 0; i < raw->n_rows; i++)
        if (days[i] > 0 && isfinite(days[i]) && time[i] > 0 && isfinite(time[i]))
            of[n++] = days[i] / time[i];
    *ratio = n == 0 ? NAN : data_quantile(of, n, 0.5);
    return RWE_OK;
}

static bool is_near(double ratio, double unit)
{
    return ratio < CLOSE * unit && unit < CLOSE * ratio;
}

/* The declared unit of times; that in which times of ready endpoints were counted from dates is known as well. */
static enum rwe_time_unit declared_unit(const struct raw *raw)
{
    bool is_open = raw->study->time_unit == RWE_UNIT_NOT_SAID;
    return is_open && raw->has_dated_times ? RWE_UNIT_MONTHS : raw->study->time_unit;
}

/* Days in the unit of the cohort's times: the declared one, else the one by which follow-up agrees with its dates;
 * NaN where there is none, or where they contradict it. */
static enum rwe_status find_unit(struct raw *raw, double *unit)
{
    double ratio, *last = RWE_NEW(raw->scratch, double, raw->n_rows),
                  *end = RWE_NEW(raw->scratch, double, raw->n_rows);
    if (rwe_arena_failed(raw->scratch) || read_last(raw, last) != RWE_OK)
        return RWE_NO_MEMORY;
    for (size_t e = 0; e < raw->n_endpoints; e++)
        for (size_t i = 0; i < raw->n_rows; i++)
            end[i] = fmax(end[i], raw->endpoint[e].time[i]); /* the other where one is NaN */
    if (find_ratio(raw, last, end, &ratio) != RWE_OK)
        return RWE_NO_MEMORY;
    *unit = NAN;
    for (int u = 0; u < N_UNITS; u++) {
        bool is_declared = declared_unit(raw) == (enum rwe_time_unit)u;
        bool is_open = declared_unit(raw) == RWE_UNIT_NOT_SAID;
        if ((is_declared && isnan(ratio)) ||
            ((is_declared || is_open) && is_near(ratio, unit_days[u])))
            *unit = unit_days[u];
        if (is_open && is_near(ratio, unit_days[u]))
            raw->unit_found = unit_names[u];
    }
    return RWE_OK;
}

/* ---- what closes exposure ---- */

enum { DAYS_APART = 2 }; /* a time of two decimals and the dates that it is from differ by less */

/* The first cell that could not be read, for whoever asks why nothing is known. */
static const char *first_of(struct raw *raw, const struct rwe_complaints *unread)
{
    const struct rwe_complaint *first = &unread->item[0];
    return rwe_arena_format(raw->arena, "%s:%zu, %s = \"%s\"", first->file, first->line,
                            first->column, first->value);
}

/* Exposure closes on the date of the column. Without a unit, or with cells that cannot be read where nobody
 * named the column, it is not known when it closes; nor where nobody has such a date. */
static enum rwe_status close_by_date(struct raw *raw, size_t column, bool is_named)
{
    struct rwe_complaints unread = {.arena = raw->arena};
    struct days days;
    double unit;
    if (read_days(raw, column, is_named ? raw->complaints : &unread, &days) != RWE_OK ||
        find_unit(raw, &unit) != RWE_OK ||
        rwe_complaints_take_notes(raw->complaints, &unread) != RWE_OK)
        return RWE_NO_MEMORY;
    if (unread.n > 0)
        raw->closure_unread = first_of(raw, &unread);
    if (unread.n > 0 || isnan(unit) || !days.is_read || days.n == 0) {
        raw->closure = RWE_CLOSURE_UNKNOWN;
        return rwe_arena_failed(raw->arena) ? RWE_NO_MEMORY : RWE_OK;
    }
    raw->until_tolerance = DAYS_APART / unit;
    for (size_t i = 0; i < raw->n_rows; i++)
        raw->exposure_until[i] = fmin(raw->exposure_until[i], days.of[i] / unit);
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
                        "--exposure-until %s: the dates of this column cannot be counted from time "
                        "zero in the unit of the endpoints: say --index-date and --time-unit, or "
                        "name an endpoint",
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

/* A column of progression that is empty tells nothing. */
static bool any_progressed(const struct raw *raw)
{
    for (size_t i = 0; i < raw->n_rows; i++)
        if (rwe_dated_has_day(raw->dates->about.patient[i].date[RWE_DATE_PD]))
            return true;
    return false;
}

/* Dates that endpoints are derived from know progression by the list of assessments too. */
static enum rwe_status close_by_progression(struct raw *raw)
{
    raw->closure = RWE_CLOSURE_PROGRESSION;
    if (close_by_ready_endpoints(raw))
        return RWE_OK;
    if (raw->dates != NULL && raw->dates->about.knows_progression && any_progressed(raw)) {
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

/* Starts that were read in a unit of their own would move in time, and the guard would sleep over them. */
static enum rwe_status check_start_unit(struct raw *raw, struct rwe_error *error)
{
    struct rwe_complaints unread = {.arena = raw->scratch};
    struct days days;
    double ratio, unit;
    size_t column = rwe_chart_column(raw->table, raw->study, "rt_start_date");
    if (raw->study->exposure_start == NULL || column == RWE_NO_INDEX)
        return RWE_OK;
    if (read_days(raw, column, &unread, &days) != RWE_OK ||
        find_ratio(raw, days.of, raw->exposure_start, &ratio) != RWE_OK ||
        find_unit(raw, &unit) != RWE_OK)
        return rwe_fail_memory(error);
    if (isnan(unit) && declared_unit(raw) != RWE_UNIT_NOT_SAID)
        unit = unit_days[declared_unit(raw)];
    if (raw->dates != NULL)
        unit = raw->dates->about.days_per_unit;
    for (int u = 0; u < N_UNITS; u++)
        if (is_near(ratio, unit_days[u]) && !isnan(unit) && !is_near(ratio, unit))
            return rwe_fail(
                error, RWE_BAD_INPUT, RWE_NO_INDEX,
                "--exposure-start %s: its times are in %s, as the dates in \"%s\" tell, "
                "and those of the endpoints are not: give them in one unit",
                raw->study->exposure_start, rwe_message(unit_names[u]),
                rwe_table_name(raw->table, column));
    return RWE_OK;
}

enum rwe_status rwe_raw_read_until(struct raw *raw, struct rwe_error *error)
{
    const char *name = raw->study->exposure_until;
    if (raw->exposure_start == NULL && name != NULL &&
        raw->study->source.exposure_until == RWE_FROM_COMMAND)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--exposure-until needs to know when exposure began: say --exposure-start "
                        "COL");
    if (raw->exposure_start == NULL)
        return RWE_OK;
    enum rwe_status status = check_start_unit(raw, error);
    if (status != RWE_OK)
        return status;
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
    cohort->closure_unread = raw->closure_unread;
    cohort->unit_found = raw->closure == RWE_CLOSURE_UNKNOWN ? NULL : raw->unit_found;
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
    double half_a_day = cohort->until_tolerance / (2 * DAYS_APART); /* where dates tell the end */
    bool is_open =
        cohort->exposure_until == NULL || start + half_a_day < cohort->exposure_until[subject];
    return is_open ? start : NAN;
}
