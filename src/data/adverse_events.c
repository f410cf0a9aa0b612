/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/data/adverse_events.h"

#include "rwe/base/sort.h"
#include <math.h>
#include <string.h>

/* What reading passes from step to step. */
struct reader {
    const struct rwe_table *table;
    const struct rwe_cohort *cohort;
    struct rwe_arena *arena;
    struct rwe_complaints *complaints;
    const struct rwe_adverse_event_columns *name;
    size_t id, term, grade; /* columns */
    const char **id_of;     /* by row */
    struct rwe_factor term_of;
    double *grade_of;
    uint8_t *bad; /* by row: has a complaint */
};

static enum rwe_status complain(struct reader *r, size_t row, const char *column, const char *value,
                                const char *reason, const char *advice)
{
    struct rwe_complaint complaint = {
        .file = rwe_table_file(r->table),
        .line = rwe_table_line(r->table, row),
        .row = row,
        .column = column,
        .value = value,
        .reason = reason,
        .advice = advice,
    };
    return rwe_complaints_add(r->complaints, &complaint);
}

static enum rwe_status find_columns(struct reader *r, struct rwe_error *error)
{
    enum rwe_status status =
        rwe_cohort_column(r->table, "--ae-columns", r->name->id, &r->id, error);
    if (status == RWE_OK)
        status = rwe_cohort_column(r->table, "--ae-columns", r->name->term, &r->term, error);
    if (status == RWE_OK)
        status = rwe_cohort_column(r->table, "--ae-columns", r->name->grade, &r->grade, error);
    return status;
}

static enum rwe_status check_row(struct reader *r, size_t i)
{
    double grade = r->grade_of[i];
    if (r->id_of[i] == NULL)
        return complain(r, i, r->name->id, NULL, "missing", "say whose event it is");
    if (r->term_of.code[i] < 0)
        return complain(r, i, r->name->term, NULL, "missing", "name the event (CTCAE term)");
    if (r->bad[i]) /* told already: not a number */
        return RWE_OK;
    if (isnan(grade))
        return complain(r, i, r->name->grade, NULL, "missing", "give the CTCAE grade, 1 to 5");
    if (grade < 1 || grade > RWE_WORST_GRADE || grade != floor(grade))
        return complain(r, i, r->name->grade, rwe_arena_format(r->arena, "%.15g", grade),
                        "not a grade", "CTCAE grades are 1, 2, 3, 4 and 5");
    return RWE_OK;
}

static enum rwe_status read_columns(struct reader *r, struct rwe_error *error)
{
    size_t n = rwe_table_rows(r->table);
    size_t before = r->complaints->n;
    r->id_of = RWE_NEW(r->arena, const char *, n);
    r->grade_of = RWE_NEW(r->arena, double, n);
    r->bad = RWE_NEW(r->arena, uint8_t, n);
    if (rwe_arena_failed(r->arena) ||
        rwe_table_strings(r->table, r->id, r->arena, r->id_of) != RWE_OK ||
        rwe_table_factor(r->table, r->term, r->arena, &r->term_of) != RWE_OK ||
        rwe_table_numbers(r->table, r->grade, r->grade_of, r->complaints) != RWE_OK)
        return rwe_fail_memory(error);
    for (size_t c = before; c < r->complaints->n; c++)
        r->bad[r->complaints->item[c].row] = 1;
    for (size_t i = 0; i < n; i++)
        if (check_row(r, i) != RWE_OK)
            return rwe_fail_memory(error);
    return RWE_OK;
}

/* Terms that differ in case only are one: the code of the first of them in sorted order. */
static int32_t *merge_case(const struct rwe_factor *factor, struct rwe_arena *arena)
{
    int32_t *same = RWE_NEW(arena, int32_t, factor->n_levels);
    for (size_t l = 0; same != NULL && l < factor->n_levels; l++) {
        same[l] = (int32_t)l;
        for (size_t k = 0; k < l; k++)
            if (strcasecmp(factor->level[k], factor->level[l]) == 0) {
                same[l] = (int32_t)k;
                break;
            }
    }
    return same;
}

/* (term, subject) of the usable rows in one number, and their grades. */
static enum rwe_status usable_rows(struct reader *r, struct rwe_adverse_events *events,
                                   uint64_t key[], uint8_t grade[], size_t *n)
{
    const int32_t *same = merge_case(&r->term_of, r->arena);
    if (same == NULL)
        return RWE_NO_MEMORY;
    *n = 0;
    for (size_t i = 0; i < events->n_rows; i++) {
        if (r->bad[i]) {
            events->n_dropped++;
            continue;
        }
        size_t subject = rwe_cohort_find(r->cohort, r->id_of[i]);
        if (subject == RWE_NO_INDEX) {
            events->n_unknown++;
            continue;
        }
        key[*n] = (uint64_t)same[r->term_of.code[i]] * r->cohort->n + subject;
        grade[(*n)++] = (uint8_t)r->grade_of[i];
    }
    return RWE_OK;
}

static enum rwe_status keep_worst(struct reader *r, struct rwe_adverse_events *events)
{
    uint64_t *key = RWE_NEW(r->arena, uint64_t, events->n_rows);
    uint8_t *grade = RWE_NEW(r->arena, uint8_t, events->n_rows);
    uint32_t *order = RWE_NEW(r->arena, uint32_t, events->n_rows);
    uint32_t *term = RWE_NEW(r->arena, uint32_t, events->n_rows);
    uint32_t *subject = RWE_NEW(r->arena, uint32_t, events->n_rows);
    uint8_t *worst = RWE_NEW(r->arena, uint8_t, events->n_rows);
    size_t n;
    if (rwe_arena_failed(r->arena) || usable_rows(r, events, key, grade, &n) != RWE_OK ||
        rwe_sort_integers(key, n, r->arena, order) != RWE_OK)
        return RWE_NO_MEMORY;
    for (size_t k = 0; k < n; k++) {
        uint64_t now = key[order[k]];
        if (k == 0 || now != key[order[k - 1]]) {
            term[events->n] = (uint32_t)(now / r->cohort->n);
            subject[events->n++] = (uint32_t)(now % r->cohort->n);
        }
        if (grade[order[k]] > worst[events->n - 1])
            worst[events->n - 1] = grade[order[k]];
    }
    events->term = term;
    events->subject = subject;
    events->worst = worst;
    events->term_name = r->term_of.level;
    events->n_terms = r->term_of.n_levels;
    return RWE_OK;
}

enum rwe_status rwe_adverse_events_read(const struct rwe_table *table,
                                        const struct rwe_adverse_event_columns *columns,
                                        const struct rwe_cohort *cohort, bool drop,
                                        struct rwe_arena *arena, struct rwe_complaints *complaints,
                                        struct rwe_adverse_events *events, struct rwe_error *error)
{
    struct reader r = {.table = table,
                       .cohort = cohort,
                       .arena = arena,
                       .complaints = complaints,
                       .name = columns};
    *events = (struct rwe_adverse_events){.n_rows = rwe_table_rows(table)};
    if (!cohort->has_id)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "adverse events are told to subjects by their identifier: say --id COL");
    size_t before = complaints->n;
    enum rwe_status status = find_columns(&r, error);
    if (status == RWE_OK)
        status = read_columns(&r, error);
    if (status != RWE_OK)
        return status;
    for (size_t c = before; c < complaints->n; c++)
        r.bad[complaints->item[c].row] = 1;
    if (complaints->n > before && !drop)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "%s: %zu cells or rows cannot be read as declared. Correct the file, or "
                        "leave those rows out with --on-error drop",
                        rwe_table_file(table), complaints->n - before);
    return keep_worst(&r, events) == RWE_OK ? RWE_OK : rwe_fail_memory(error);
}
