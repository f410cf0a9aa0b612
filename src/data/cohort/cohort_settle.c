/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dates that agree, by row of the file: what settling them (dates_settle.h) found is complained of here, with the
 * place where it stands. */
#include "cohort_private.h"

#include "rwe/base/date.h"
#include "rwe/data/response.h"

static const char *day_text(int32_t day, struct rwe_arena *arena)
{
    char text[RWE_DATE_SIZE];
    rwe_date_format(day, text);
    return rwe_arena_string(arena, text);
}

/* Of the patient's v-th assessment, its row in the file of them. */
static size_t row_of_visit(const struct raw *raw, const struct rwe_patient_dates *patient, size_t v)
{
    return raw->dates->visits.row[(size_t)(patient->visit - raw->dates->visits.day) + v];
}

/* Rules E09 and E10 look at whole days of progression and of the last contact. */
static bool is_for_validation(const struct rwe_patient_dates *patient, unsigned column)
{
    return (column == RWE_DATE_PD || column == RWE_DATE_LAST_CONTACT) &&
           patient->date[column].kind == RWE_DATED_DAY &&
           patient->date[RWE_DATE_DEATH].kind == RWE_DATED_DAY;
}

static enum rwe_status complain_of_row(struct raw *raw, size_t row, unsigned column,
                                       const struct rwe_patient_dates *patient)
{
    struct rwe_complaint complaint = {
        .file = rwe_table_file(raw->table),
        .line = rwe_table_line(raw->table, row),
        .row = row,
        .column = raw->dates->about.column[column],
        .value = day_text(patient->date[column].day, raw->scratch),
        .reason = N_("later than the death"),
        .advice = N_("check both dates: nobody is seen alive after death"),
    };
    return rwe_complaints_add(raw->complaints, &complaint);
}

static enum rwe_status complain_of_visit(struct raw *raw, size_t row, int32_t day)
{
    struct rwe_complaint complaint = {
        .file = rwe_table_file(raw->assessments),
        .line = rwe_table_line(raw->assessments, row),
        .row = RWE_NO_INDEX, /* the scan is left out, not the patient */
        .column = rwe_table_name(raw->assessments, raw->dates->visits.date),
        .value = day_text(day, raw->scratch),
        .reason = N_("later than the death"),
        .advice = N_("check both dates: nobody is seen alive after death"),
    };
    return rwe_complaints_add(raw->complaints, &complaint);
}

static enum rwe_status complain(struct raw *raw, size_t row,
                                const struct rwe_patient_dates *patient,
                                const struct rwe_dates_settled *settled)
{
    for (unsigned c = 0; c < RWE_N_DATE_ROLES; c++)
        if ((settled->after_death & RWE_DATE_BIT(c)) != 0 && !is_for_validation(patient, c) &&
            complain_of_row(raw, row, c, patient) != RWE_OK)
            return RWE_NO_MEMORY;
    for (size_t v = patient->n_visits; v < patient->n_visits + settled->n_visits_dead; v++)
        if (complain_of_visit(raw, row_of_visit(raw, patient, v), patient->visit[v]) != RWE_OK)
            return RWE_NO_MEMORY;
    return RWE_OK;
}

enum rwe_status rwe_raw_settle_dates(struct raw *raw, struct rwe_patient_dates patient[])
{
    struct rwe_dates_settled *settled =
        RWE_NEW(raw->scratch, struct rwe_dates_settled, raw->n_rows);
    if (settled == NULL)
        return RWE_NO_MEMORY;
    for (size_t i = 0; i < raw->n_rows; i++) {
        settled[i] = rwe_patient_dates_settle(&patient[i], &raw->dates->about.rules);
        if (complain(raw, i, &patient[i], &settled[i]) != RWE_OK)
            return RWE_NO_MEMORY;
    }
    raw->dates->about.settled = settled;
    return RWE_OK;
}

/* ---- progression that two files tell ---- */

static size_t row_of_pd(const struct raw *raw, const struct rwe_patient_dates *patient)
{
    size_t v = 0;
    while (patient->visit_response[v] < RWE_RESPONSE_PD || /* PD, or iUPD that iCPD confirmed */
           patient->visit[v] != patient->date[RWE_DATE_PD].day)
        v++;
    return row_of_visit(raw, patient, v);
}

static const char *tell_one(const struct raw *raw, size_t row)
{
    const struct rwe_patient_dates *patient = &raw->dates->about.patient[row];
    int32_t of_row = raw->dates->about.settled[row].pd_of_row;
    return rwe_arena_format(raw->arena, "%s:%zu %s, %s:%zu %s", rwe_table_file(raw->assessments),
                            rwe_table_line(raw->assessments, row_of_pd(raw, patient)),
                            day_text(patient->date[RWE_DATE_PD].day, raw->arena),
                            rwe_table_file(raw->table), rwe_table_line(raw->table, row),
                            day_text(of_row, raw->arena));
}

const char *rwe_raw_tell_earlier_pd(const struct raw *raw, const struct rwe_cohort *cohort)
{
    enum { SHOWN = 3 };
    const char *item[SHOWN + 1];
    struct rwe_strings told = {item, 0};
    for (size_t i = 0; i < cohort->n && told.n <= SHOWN; i++) {
        size_t row = cohort->row[i];
        if (!RWE_DATES_DID(&raw->dates->about.settled[row], RWE_DATES_PD_EARLIER))
            continue;
        item[told.n] = told.n == SHOWN ? "…" : tell_one(raw, row);
        told.n++;
    }
    return told.n == 0 || rwe_arena_failed(raw->arena) ? NULL
                                                       : rwe_text_join(raw->arena, told, "; ");
}
