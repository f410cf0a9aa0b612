/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who is eligible: the criteria of the study, row by row. */
#include "cohort_private.h"
#include "input/table_private.h"

/* Complains once of a cell that cannot be compared as the criterion says. */
static enum rwe_status complain(struct raw *raw, const struct rwe_cell_test *c, size_t column,
                                size_t row, const char *cell)
{
    bool yes_no = c->comparator == RWE_EQUAL || c->comparator == RWE_NOT_EQUAL;
    struct rwe_complaint complaint = {
        .file = rwe_table_file(raw->table),
        .line = rwe_table_line(raw->table, row),
        .row = row,
        .column = rwe_table_name(raw->table, column),
        .value = cell,
        .reason = yes_no ? N_("neither 0 nor 1, no nor yes") : N_("not a number"),
        .advice = N_("eligibility is judged by it: correct it, or empty it where it is not known"),
    };
    return rwe_complaints_add(raw->complaints, &complaint);
}

/* All comparisons of a criterion must hold: one that fails decides, else one that is unknown. */
static void join(uint8_t *verdict, enum rwe_truth truth)
{
    if (truth == RWE_UNREADABLE)
        truth = RWE_UNKNOWN;
    if (truth == RWE_FALSE || (truth == RWE_UNKNOWN && *verdict == RWE_TRUE))
        *verdict = (uint8_t)truth;
}

/* The file may lack the column, and does: nobody can be judged by it. */
static enum rwe_status pass_over(struct raw *raw, struct raw_criterion *criterion,
                                 const char *column, struct rwe_error *error)
{
    criterion->absent = criterion->absent == NULL
                            ? column
                            : rwe_arena_format(raw->arena, "%s, %s", criterion->absent, column);
    if (criterion->absent == NULL)
        return rwe_fail_memory(error);
    for (size_t i = 0; i < raw->n_rows; i++)
        join(&criterion->verdict[i], RWE_UNKNOWN);
    return RWE_OK;
}

/* Of a date known by month, what holds on all its days. */
static enum rwe_truth judge_date(const struct rwe_cell_test *c, struct rwe_dated dated)
{
    if (dated.kind == RWE_DATED_DAY)
        return rwe_cell_test_holds_on(c, dated.day);
    if (dated.kind != RWE_DATED_MONTH)
        return RWE_UNKNOWN;
    int32_t first = dated.day, last = dated.day;
    while (rwe_dated_same_month(first - 1, dated.day))
        first--;
    while (rwe_dated_same_month(last + 1, dated.day))
        last++;
    enum rwe_truth truth = rwe_cell_test_holds_on(c, first);
    for (int32_t day = first; day <= last; day++)
        if (rwe_cell_test_holds_on(c, day) != truth)
            return RWE_UNKNOWN;
    return truth;
}

static enum rwe_status judge_dates(struct raw *raw, const struct rwe_cell_test *c, size_t column,
                                   uint8_t verdict[])
{
    struct rwe_dated *dated = RWE_NEW(raw->scratch, struct rwe_dated, raw->n_rows);
    if (dated == NULL || rwe_table_dated(raw->table, column, rwe_study_date_style(raw->study),
                                         dated, raw->complaints) != RWE_OK)
        return RWE_NO_MEMORY;
    raw->reads_dates = true;
    for (size_t i = 0; i < raw->n_rows; i++)
        join(&verdict[i], judge_date(c, dated[i]));
    return RWE_OK;
}

static enum rwe_status judge(struct raw *raw, struct raw_criterion *criterion,
                             const struct rwe_cell_test *c, struct rwe_error *error)
{
    size_t column;
    uint8_t *verdict = criterion->verdict;
    if (criterion->spec->column_optional && rwe_table_find(raw->table, c->column) == RWE_NO_INDEX)
        return pass_over(raw, criterion, c->column, error);
    enum rwe_status status =
        rwe_cohort_column(raw->table, "--eligibility", c->column, &column, error);
    if (status != RWE_OK)
        return status;
    criterion->is_assessed = true;
    if (c->kind == RWE_VALUE_DATE)
        return judge_dates(raw, c, column, verdict) == RWE_OK ? RWE_OK : rwe_fail_memory(error);
    struct rwe_cells cells = rwe_cells_of(raw->table, column);
    for (size_t i = 0; i < raw->n_rows; i++) {
        size_t length;
        const char *cell = rwe_cells_next(&cells, &length);
        bool missing = rwe_table_is_missing(raw->table, cell, length);
        enum rwe_truth truth = rwe_cell_test_holds(c, missing ? NULL : cell);
        if (truth == RWE_UNREADABLE && complain(raw, c, column, i, cell) != RWE_OK)
            return rwe_fail_memory(error);
        join(&verdict[i], truth);
    }
    return RWE_OK;
}

enum rwe_status rwe_raw_read_eligibility(struct raw *raw, struct rwe_error *error)
{
    struct rwe_criterion_specs specs = raw->study->eligibility;
    raw->n_criteria = specs.n;
    raw->criterion = RWE_NEW(raw->scratch, struct raw_criterion, specs.n);
    if (raw->criterion == NULL)
        return rwe_fail_memory(error);
    for (size_t k = 0; k < specs.n; k++) {
        struct raw_criterion *to = &raw->criterion[k];
        to->spec = &specs.item[k];
        to->reason.english = rwe_arena_format(raw->arena, "not eligible: %s", to->spec->name);
        to->reason.told =
            rwe_arena_format(raw->arena, rwe_text("not eligible: %s"), to->spec->name);
        to->verdict = RWE_NEW(raw->scratch, uint8_t, raw->n_rows);
        if (rwe_arena_failed(raw->arena) || to->verdict == NULL)
            return rwe_fail_memory(error);
        for (size_t i = 0; i < raw->n_rows; i++)
            to->verdict[i] = RWE_TRUE;
        enum rwe_status status = RWE_OK;
        for (size_t c = 0; c < to->spec->condition.n && status == RWE_OK; c++)
            status = judge(raw, to, &to->spec->condition.item[c], error);
        if (status != RWE_OK)
            return status;
    }
    return RWE_OK;
}

/* What the file has no column for leaves nobody out. */
static bool fails(const struct raw_criterion *criterion, size_t row)
{
    bool missing_excludes = criterion->spec->missing_excludes && criterion->absent == NULL;
    return criterion->verdict[row] == RWE_FALSE ||
           (criterion->verdict[row] == RWE_UNKNOWN && missing_excludes);
}

struct raw_reason rwe_raw_ineligible(const struct raw *raw, size_t row)
{
    for (size_t k = 0; k < raw->n_criteria; k++)
        if (fails(&raw->criterion[k], row))
            return raw->criterion[k].reason;
    return (struct raw_reason){NULL, NULL};
}

/* One row that stands or falls by the criteria alone. */
static void count_row(const struct raw *raw, size_t row, struct rwe_criterion criterion[])
{
    bool out = false;
    size_t arm = (size_t)raw->arm_position[raw->arm.code[row]];
    for (size_t k = 0; k < raw->n_criteria; k++) {
        const struct raw_criterion *from = &raw->criterion[k];
        bool failed = fails(from, row);
        criterion[k].n_failed[arm] += failed;
        criterion[k].n_first[arm] += failed && !out;
        criterion[k].n_unknown[arm] += from->verdict[row] == RWE_UNKNOWN;
        out = out || failed;
    }
}

enum rwe_status rwe_raw_count_eligibility(const struct raw *raw, const struct raw_reason reason[],
                                          struct rwe_cohort *cohort)
{
    struct rwe_criterion *criterion = RWE_NEW(raw->arena, struct rwe_criterion, raw->n_criteria);
    if (criterion == NULL)
        return RWE_NO_MEMORY;
    for (size_t k = 0; k < raw->n_criteria; k++) {
        const struct raw_criterion *from = &raw->criterion[k];
        criterion[k] = (struct rwe_criterion){
            .name = from->spec->name,
            .keep = from->spec->keep,
            .reason = from->reason.english,
            .told = from->reason.told,
            .missing_excludes = from->spec->missing_excludes,
            .absent = from->absent,
            .is_assessed = from->is_assessed,
            .n_first = RWE_NEW(raw->arena, size_t, raw->n_arms),
            .n_failed = RWE_NEW(raw->arena, size_t, raw->n_arms),
            .n_unknown = RWE_NEW(raw->arena, size_t, raw->n_arms),
        };
    }
    if (rwe_arena_failed(raw->arena))
        return RWE_NO_MEMORY;
    for (size_t i = 0; i < raw->n_rows; i++)
        if (reason[i].english == NULL || reason[i].english == rwe_raw_ineligible(raw, i).english)
            count_row(raw, i, criterion);
    cohort->criterion = criterion;
    cohort->n_criteria = raw->n_criteria;
    return RWE_OK;
}
