/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Times of ready endpoints that are dates: the last date and a status, the layout of most follow-up sheets. They are
 * counted from the date of time zero, and end at the data cut-off. */
#include "cohort_private.h"

#include "rwe/data/validate.h"

/* What times are counted from and to, by row. */
struct span {
    size_t zero_column, end_column;
    struct rwe_dated *zero, *end;
    struct rwe_dated cutoff;
    double days_per_unit;
};

/* Whether most cells of a column are dates; a column of numbers holds some where the option says that it does. */
static enum rwe_status find_dates(struct raw *raw, size_t column, bool *holds)
{
    struct rwe_complaints unread = {.arena = raw->scratch};
    struct rwe_column_summary summary = rwe_table_summary(raw->table, column);
    struct rwe_dated *dated = RWE_NEW(raw->scratch, struct rwe_dated, raw->n_rows);
    struct rwe_date_style style = rwe_study_date_style(raw->study);
    size_t n = 0;
    *holds = false;
    if (dated == NULL)
        return RWE_NO_MEMORY;
    if (summary.n_number > summary.n_date + summary.n_other && raw->study->index_date == NULL)
        return RWE_OK;
    style.order = RWE_ORDER_NOT_SAID; /* what a declared order does not fit are dates too */
    if (rwe_table_dated(raw->table, column, style, dated, &unread) != RWE_OK)
        return RWE_NO_MEMORY;
    for (size_t i = 0; i < raw->n_rows; i++)
        n += rwe_dated_has_day(dated[i]);
    *holds = rwe_complaints_doubt_column(&unread) ||
             2 * n > summary.n_number + summary.n_date + summary.n_other;
    return RWE_OK;
}

/* The column of time zero. */
static enum rwe_status find_zero(struct raw *raw, const struct rwe_endpoint_spec *spec,
                                 size_t *column, struct rwe_error *error)
{
    const char *name = raw->study->index_date;
    *column = name == NULL ? rwe_chart_column(raw->table, raw->study, "index_date") : RWE_NO_INDEX;
    if (name != NULL)
        return rwe_cohort_column(raw->table, "--index-date", name, column, error);
    if (*column != RWE_NO_INDEX)
        return RWE_OK;
    return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                    "endpoint \"%s\": column \"%s\" holds dates: name the column with the date of "
                    "time zero, --index-date COL, and times are counted from it",
                    spec->name, spec->time);
}

static enum rwe_status complain(struct raw *raw, size_t row, size_t column, const char *reason,
                                const char *advice)
{
    return rwe_raw_complain(raw, row, column, rwe_table_cell(raw->table, row, column), reason,
                            advice);
}

/* Each subject needs both dates, in this order. What cannot be read is told already, and told once. */
static enum rwe_status check_row(struct raw *raw, const struct span *span, size_t row)
{
    struct rwe_dated zero = span->zero[row], end = span->end[row];
    if (!rwe_dated_has_day(zero))
        return complain(raw, row, span->zero_column, N_("missing"), N_("every subject needs one"));
    if (end.kind == RWE_DATED_ONGOING)
        return complain(raw, row, span->end_column, N_("not a date"),
                        N_("say until when with --cutoff"));
    if (!rwe_dated_has_day(end))
        return complain(raw, row, span->end_column,
                        rwe_table_cell(raw->table, row, span->end_column) == NULL
                            ? N_("missing")
                            : N_("not a date"),
                        N_("every subject needs one"));
    return end.day >= zero.day ? RWE_OK
                               : complain(raw, row, span->end_column, N_("before time zero"),
                                          N_("correct the date, or that of time zero"));
}

/* A date known by month lies where the other one asks for it; what is after the cut-off is not known yet. */
static void settle(const struct span *span, size_t row, bool *is_late)
{
    struct rwe_dated *zero = &span->zero[row], *end = &span->end[row];
    bool has_cutoff = span->cutoff.kind == RWE_DATED_DAY;
    if (end->kind == RWE_DATED_ONGOING && has_cutoff)
        *end = span->cutoff;
    rwe_dated_lower(zero, *end);
    rwe_dated_raise(end, *zero);
    *is_late = has_cutoff && rwe_dated_has_day(*end) && end->day > span->cutoff.day;
    if (*is_late)
        *end = span->cutoff;
}

static enum rwe_status note(struct raw *raw, const struct raw_endpoint *endpoint,
                            const struct span *span, size_t n_imputed)
{
    const char *zero = rwe_table_name(raw->table, span->zero_column);
    if (rwe_complaints_note(raw->complaints,
                            "%s: times of %s are counted from \"%s\" to \"%s\", in units of %g "
                            "days.",
                            rwe_table_file(raw->table), endpoint->spec->name, zero,
                            endpoint->spec->time, span->days_per_unit) != RWE_OK)
        return RWE_NO_MEMORY;
    return n_imputed == 0
               ? RWE_OK
               : rwe_complaints_note(
                     raw->complaints,
                     "%s: of %zu times of %s a date is known by month only; its 15th is taken, or "
                     "a day of that month which the other date allows.",
                     rwe_table_file(raw->table), n_imputed, endpoint->spec->name);
}

static enum rwe_status count_days(struct raw *raw, struct raw_endpoint *endpoint,
                                  const struct span *span)
{
    size_t n_imputed = 0;
    for (size_t i = 0; i < raw->n_rows; i++) {
        bool is_late;
        if (endpoint->absent != NULL && endpoint->absent[i])
            continue;
        n_imputed += span->zero[i].kind == RWE_DATED_MONTH || span->end[i].kind == RWE_DATED_MONTH;
        settle(span, i, &is_late);
        if (check_row(raw, span, i) != RWE_OK)
            return RWE_NO_MEMORY;
        endpoint->late[i] = is_late;
        if (rwe_dated_has_day(span->zero[i]) && rwe_dated_has_day(span->end[i]))
            endpoint->time[i] =
                ((double)span->end[i].day - span->zero[i].day) / span->days_per_unit;
    }
    return note(raw, endpoint, span, n_imputed);
}

enum rwe_status rwe_raw_read_dated_times(struct raw *raw, struct raw_endpoint *endpoint,
                                         size_t column, struct rwe_error *error)
{
    bool holds;
    struct rwe_date_style style = rwe_study_date_style(raw->study);
    struct span span = {.end_column = column, .days_per_unit = rwe_study_days_per_unit(raw->study)};
    if (find_dates(raw, column, &holds) != RWE_OK)
        return rwe_fail_memory(error);
    if (!holds)
        return RWE_OK;
    enum rwe_status status = find_zero(raw, endpoint->spec, &span.zero_column, error);
    if (status == RWE_OK)
        status = rwe_study_cutoff(raw->study, &span.cutoff, error);
    if (status != RWE_OK)
        return status;
    span.zero = RWE_NEW(raw->scratch, struct rwe_dated, raw->n_rows);
    span.end = RWE_NEW(raw->scratch, struct rwe_dated, raw->n_rows);
    endpoint->time = RWE_NEW(raw->scratch, double, raw->n_rows);
    endpoint->late = RWE_NEW(raw->scratch, uint8_t, raw->n_rows);
    bool done = !rwe_arena_failed(raw->scratch) &&
                rwe_table_dated(raw->table, span.zero_column, style, span.zero, raw->complaints) ==
                    RWE_OK &&
                rwe_table_dated(raw->table, column, style, span.end, raw->complaints) == RWE_OK &&
                count_days(raw, endpoint, &span) == RWE_OK;
    raw->has_dated_times = raw->reads_dates = raw->counts_from_zero = true;
    return done ? RWE_OK : rwe_fail_memory(error);
}

enum rwe_status rwe_raw_cut_events(struct raw *raw, struct raw_endpoint *endpoint)
{
    size_t n_cut = 0;
    for (size_t i = 0; endpoint->late != NULL && i < raw->n_rows; i++)
        if (endpoint->late[i]) {
            n_cut += endpoint->event[i] > 0;
            endpoint->event[i] = 0;
        }
    return n_cut == 0
               ? RWE_OK
               : rwe_complaints_note(raw->complaints,
                                     "%s: events of %s after the data cut-off count as censored on "
                                     "that day: %zu.",
                                     rwe_table_file(raw->table), endpoint->spec->name, n_cut);
}
