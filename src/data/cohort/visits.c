/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Assessments, a row a patient and day: when each patient was looked at, and what was seen. */
#include "cohort_private.h"

#include "rwe/base/sort.h"
#include "rwe/data/response.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What reading passes from step to step. */
struct reader {
    struct raw *raw;
    const struct rwe_table *table;
    size_t id, date, response, sum; /* columns; there may be no responses and no sums */
    size_t n;
    const char **id_of; /* by row */
    struct rwe_dated *dated;
    int8_t *response_of; /* enum rwe_response, −1: none is told; NULL: no column */
    double *sum_of;      /* of target lesions; NULL: no column */
    uint8_t *is_bad;     /* a cell of the row cannot be read: it is left out */
    size_t *patient;     /* row in the file of patients, or RWE_NO_INDEX */
};

/* ---- columns ---- */

static enum rwe_status find_columns(struct reader *r, struct rwe_error *error)
{
    struct rwe_strings names = r->raw->study->assess_columns;
    const char *id = r->raw->study->id;
    if (names.n == 1 || names.n > 4)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--assess-columns takes ID,DATE or ID,DATE,RESPONSE or "
                        "ID,DATE,RESPONSE,SUM, as in --assess-columns "
                        "usubjid,assess_date,overall_resp,sum_target_mm");
    enum rwe_status status = rwe_cohort_column(r->table, "--assess-columns",
                                               names.n > 0 ? names.item[0] : id, &r->id, error);
    if (status == RWE_OK)
        status = rwe_cohort_column(r->table, "--assess-columns",
                                   names.n > 0 ? names.item[1] : "assess_date", &r->date, error);
    r->response = rwe_table_find(r->table, "overall_resp");
    r->sum = rwe_table_find(r->table, "sum_target_mm");
    if (status == RWE_OK && names.n > 2)
        status =
            rwe_cohort_column(r->table, "--assess-columns", names.item[2], &r->response, error);
    if (status == RWE_OK && names.n > 3)
        status = rwe_cohort_column(r->table, "--assess-columns", names.item[3], &r->sum, error);
    return status;
}

static enum rwe_status complain(struct reader *r, size_t row, size_t column, const char *value,
                                const char *reason, const char *advice)
{
    struct rwe_complaint complaint = {
        .file = rwe_table_file(r->table),
        .line = rwe_table_line(r->table, row),
        .row = RWE_NO_INDEX, /* of no patient's row */
        .column = rwe_table_name(r->table, column),
        .value = value,
        .reason = reason,
        .advice = advice,
    };
    r->is_bad[row] = 1;
    return rwe_complaints_add(r->raw->complaints, &complaint);
}

bool rwe_raw_visits_tell_responses(const struct raw *raw)
{
    return raw->study->assess_columns.n > 2 ||
           rwe_table_find(raw->assessments, "overall_resp") != RWE_NO_INDEX;
}

/* Complaints of the list's cells are of no patient's row. */
static enum rwe_status add_unread(struct reader *r, struct rwe_complaints *unread)
{
    for (size_t c = 0; c < unread->n; c++) {
        unread->item[c].row = RWE_NO_INDEX;
        if (rwe_complaints_add(r->raw->complaints, &unread->item[c]) != RWE_OK)
            return RWE_NO_MEMORY;
    }
    return rwe_complaints_take_notes(r->raw->complaints, unread);
}

static enum rwe_status read_days(struct reader *r)
{
    struct rwe_complaints unread = {.arena = r->raw->scratch};
    struct rwe_date_style style = rwe_study_date_style(r->raw->study);
    return rwe_table_dated(r->table, r->date, style, r->dated, &unread) == RWE_OK
               ? add_unread(r, &unread)
               : RWE_NO_MEMORY;
}

static enum rwe_status read_sums(struct reader *r)
{
    struct rwe_complaints unread = {.arena = r->raw->scratch};
    return rwe_table_numbers(r->table, r->sum, r->sum_of, &unread) == RWE_OK
               ? add_unread(r, &unread)
               : RWE_NO_MEMORY;
}

static enum rwe_status read_responses(struct reader *r)
{
    const char **text = RWE_NEW(r->raw->scratch, const char *, r->n);
    if (text == NULL || rwe_table_strings(r->table, r->response, r->raw->scratch, text) != RWE_OK)
        return RWE_NO_MEMORY;
    for (size_t i = 0; i < r->n; i++) {
        r->response_of[i] = text[i] == NULL ? -1 : (int8_t)rwe_response_parse(text[i]);
        if (text[i] != NULL && r->response_of[i] < 0 &&
            complain(r, i, r->response, text[i], N_("not a response"),
                     N_("write CR, PR, SD, PD or NE, or leave it empty where the scan was not "
                        "read")) != RWE_OK)
            return RWE_NO_MEMORY;
    }
    return RWE_OK;
}

static enum rwe_status read_columns(struct reader *r, struct rwe_error *error)
{
    struct rwe_arena *scratch = r->raw->scratch;
    r->id_of = RWE_NEW(scratch, const char *, r->n);
    r->dated = RWE_NEW(scratch, struct rwe_dated, r->n);
    r->is_bad = RWE_NEW(scratch, uint8_t, r->n);
    if (r->response != RWE_NO_INDEX)
        r->response_of = RWE_NEW(scratch, int8_t, r->n);
    if (r->sum != RWE_NO_INDEX)
        r->sum_of = RWE_NEW(scratch, double, r->n);
    if (rwe_arena_failed(scratch) ||
        rwe_table_strings(r->table, r->id, scratch, r->id_of) != RWE_OK || read_days(r) != RWE_OK ||
        (r->response_of != NULL && read_responses(r) != RWE_OK) ||
        (r->sum_of != NULL && read_sums(r) != RWE_OK))
        return rwe_fail_memory(error);
    for (size_t i = 0; i < r->n; i++)
        if (r->id_of[i] == NULL &&
            complain(r, i, r->id, NULL, N_("missing"), N_("say who was assessed")) != RWE_OK)
            return rwe_fail_memory(error);
    return RWE_OK;
}

/* ---- whose ---- */

struct known {
    const char *id;
    size_t row;
};

static int compare_known(const void *a, const void *b)
{
    const struct known *x = a, *y = b;
    int side = strcmp(x->id, y->id);
    return side != 0 ? side : (x->row > y->row) - (x->row < y->row);
}

static int compare_id(const void *key, const void *item)
{
    return strcmp(key, ((const struct known *)item)->id);
}

static enum rwe_status find_patients(struct reader *r, struct rwe_error *error)
{
    struct raw *raw = r->raw;
    struct known *known = RWE_NEW(raw->scratch, struct known, raw->n_rows);
    size_t n = 0;
    r->patient = RWE_NEW(raw->scratch, size_t, r->n);
    if (rwe_arena_failed(raw->scratch))
        return rwe_fail_memory(error);
    for (size_t i = 0; i < raw->n_rows; i++)
        if (raw->id[i] != NULL)
            known[n++] = (struct known){raw->id[i], i};
    qsort(known, n, sizeof *known, compare_known);
    for (size_t i = 0; i < r->n; i++) {
        const struct known *found = r->id_of[i] == NULL || n == 0
                                        ? NULL
                                        : bsearch(r->id_of[i], known, n, sizeof *known, compare_id);
        r->patient[i] = found == NULL ? RWE_NO_INDEX : found->row;
        raw->dates->about.n_visits_unknown += found == NULL && r->id_of[i] != NULL;
    }
    return RWE_OK;
}

/* ---- days ---- */

static bool is_visit(const struct reader *r, size_t i)
{
    return r->patient[i] != RWE_NO_INDEX && rwe_dated_has_day(r->dated[i]) && !r->is_bad[i];
}

struct visit {
    size_t patient, row;
    int32_t day;
    int8_t response;
    double sum;
};

/* By patient and day; of one day the better response first, so that the order of rows does not matter. */
static int compare_visits(const void *a, const void *b)
{
    const struct visit *x = a, *y = b;
    if (x->patient != y->patient)
        return x->patient < y->patient ? -1 : 1;
    if (x->day != y->day)
        return x->day < y->day ? -1 : 1;
    if (x->response != y->response)
        return x->response < y->response ? -1 : 1;
    return (x->sum > y->sum) - (x->sum < y->sum);
}

/* A day known by month is no earlier than time zero, as in the patient's own row. */
static int32_t day_of(const struct reader *r, const struct rwe_patient_dates *patient, size_t i)
{
    struct rwe_dated dated = r->dated[i];
    rwe_dated_raise(&dated, patient->date[RWE_DATE_INDEX]);
    rwe_dated_lower(&dated, patient->date[RWE_DATE_DEATH]);
    return dated.day;
}

static size_t list_visits(const struct reader *r, const struct rwe_patient_dates patient[],
                          struct visit visit[])
{
    size_t n = 0;
    for (size_t i = 0; i < r->n; i++)
        if (is_visit(r, i))
            visit[n++] = (struct visit){
                .patient = r->patient[i],
                .row = i,
                .day = day_of(r, &patient[r->patient[i]], i),
                .response = r->response_of == NULL ? -1 : r->response_of[i],
                .sum = r->sum_of == NULL ? NAN : r->sum_of[i],
            };
    qsort(visit, n, sizeof *visit, compare_visits);
    return n;
}

/* The days of each patient in their order, in one array, and beside it what was seen and where that stands. */
static enum rwe_status give_days(struct reader *r, struct rwe_patient_dates patient[],
                                 struct rwe_error *error)
{
    struct raw *raw = r->raw;
    struct visit *visit = RWE_NEW(raw->scratch, struct visit, r->n);
    int32_t *day = RWE_NEW(raw->arena, int32_t, r->n);
    int8_t *response = RWE_NEW(raw->arena, int8_t, r->n);
    double *sum = RWE_NEW(raw->arena, double, r->n);
    size_t *row = RWE_NEW(raw->scratch, size_t, r->n);
    if (rwe_arena_failed(raw->scratch) || rwe_arena_failed(raw->arena))
        return rwe_fail_memory(error);
    size_t n = list_visits(r, patient, visit);
    for (size_t v = 0; v < n; v++) {
        struct rwe_patient_dates *p = &patient[visit[v].patient];
        day[v] = visit[v].day;
        response[v] = visit[v].response;
        sum[v] = visit[v].sum;
        row[v] = visit[v].row;
        if (p->n_visits++ == 0) {
            p->visit = day + v;
            p->visit_response = response + v;
            p->visit_sum = sum + v;
        }
    }
    raw->dates->visits =
        (struct raw_visits){.day = day, .row = row, .date = r->date, .response = r->response};
    return RWE_OK;
}

enum rwe_status rwe_raw_read_visits(struct raw *raw, struct rwe_patient_dates patient[],
                                    struct rwe_error *error)
{
    struct reader r = {.raw = raw, .table = raw->assessments};
    if (r.table == NULL)
        return RWE_OK;
    if (raw->id == NULL)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--assess needs --id: whose assessments are they?");
    r.n = rwe_table_rows(r.table);
    enum rwe_status status = find_columns(&r, error);
    if (status == RWE_OK)
        status = read_columns(&r, error);
    if (status == RWE_OK)
        status = find_patients(&r, error);
    if (status == RWE_OK)
        status = give_days(&r, patient, error);
    return status;
}
