/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "adverse_events_private.h"

#include "input/intern_private.h"
#include "rwe/base/number.h"
#include "rwe/base/sort.h"
#include <stdlib.h>
#include <string.h>

/* A cell that holds nothing is not there; one that holds something cannot be read. */
static void blame(struct adverse_reader *r, size_t record, const char *value)
{
    if (value != NULL)
        r->bad[record] = ADVERSE_UNREAD;
    else if (r->bad[record] == ADVERSE_SOUND)
        r->bad[record] = ADVERSE_LACKS;
}

enum rwe_status adverse_complain(struct adverse_reader *r, size_t record, const char *column,
                                 const char *value, const char *reason, const char *advice)
{
    size_t row = record % rwe_table_rows(r->table);
    struct rwe_complaint complaint = {
        .file = rwe_table_file(r->table),
        .line = rwe_table_line(r->table, row),
        .row = row,
        .column = column,
        .value = value,
        .reason = reason,
        .advice = advice,
    };
    blame(r, record, value);
    return rwe_complaints_add(r->complaints, &complaint);
}

/* ---- columns ---- */

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The columns of a wide table are its terms. */
static enum rwe_status find_wide(struct adverse_reader *r, struct rwe_error *error)
{
    struct rwe_strings wide = r->name->wide;
    r->wide = RWE_NEW(r->arena, size_t, wide.n);
    r->term_of = (struct rwe_factor){.code = RWE_NEW(r->arena, int32_t, r->n),
                                     .level = RWE_NEW(r->arena, const char *, wide.n),
                                     .n_levels = wide.n};
    if (rwe_arena_failed(r->arena))
        return rwe_fail_memory(error);
    memcpy(r->term_of.level, wide.item, wide.n * sizeof *wide.item);
    qsort(r->term_of.level, wide.n, sizeof *r->term_of.level, compare_names);
    enum rwe_status status = RWE_OK;
    for (size_t t = 0; t < wide.n && status == RWE_OK; t++) {
        if (t > 0 && strcmp(r->term_of.level[t], r->term_of.level[t - 1]) == 0)
            return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX, "--ae-wide names \"%s\" twice",
                            r->term_of.level[t]);
        status = rwe_cohort_column(r->table, "--ae-wide", r->term_of.level[t], &r->wide[t], error);
    }
    return status;
}

static enum rwe_status find_columns(struct adverse_reader *r, struct rwe_error *error)
{
    enum rwe_status status =
        rwe_cohort_column(r->table, "--ae-columns", r->name->id, &r->id, error);
    if (status == RWE_OK && r->name->wide.n > 0)
        return find_wide(r, error);
    if (status == RWE_OK)
        status = rwe_cohort_column(r->table, "--ae-columns", r->name->term, &r->term, error);
    if (status == RWE_OK)
        status = rwe_cohort_column(r->table, "--ae-columns", r->name->grade, &r->grade, error);
    return status;
}

static enum rwe_status check_record(struct adverse_reader *r, size_t i)
{
    if (r->id_of[i] == NULL)
        return adverse_complain(r, i, r->name->id, NULL, N_("missing"),
                                N_("say whose event it is"));
    if (r->term_of.code[i] < 0)
        return adverse_complain(r, i, r->name->term, NULL, N_("missing"),
                                N_("name the event (CTCAE term)"));
    return RWE_OK;
}

/* The grades of a column, for the records from `first` on; what a cell means that is missing. */
static enum rwe_status read_grades(struct adverse_reader *r, size_t column, size_t first,
                                   int missing)
{
    struct rwe_factor factor;
    if (rwe_table_factor(r->table, column, r->arena, &factor) != RWE_OK)
        return RWE_NO_MEMORY;
    int *grade = RWE_NEW(r->arena, int, factor.n_levels);
    if (grade == NULL)
        return RWE_NO_MEMORY;
    for (size_t l = 0; l < factor.n_levels; l++)
        grade[l] = rwe_adverse_grade(factor.level[l]);
    for (size_t i = 0; i < rwe_table_rows(r->table); i++) {
        int of_row = factor.code[i] < 0 ? missing : grade[factor.code[i]];
        r->grade_of[first + i] = (int8_t)of_row;
        if (of_row == RWE_NO_GRADE &&
            adverse_complain(r, first + i, rwe_table_name(r->table, column),
                             factor.level[factor.code[i]], N_("not a grade"),
                             N_("CTCAE grades are 1, 2, 3, 4 and 5, or words for them; 0 is no "
                                "event")) != RWE_OK)
            return RWE_NO_MEMORY;
    }
    return RWE_OK;
}

/* An empty cell of a wide table is no event, as 0. */
static enum rwe_status read_wide(struct adverse_reader *r)
{
    size_t n_rows = rwe_table_rows(r->table);
    for (size_t t = 0; t < r->name->wide.n; t++) {
        for (size_t i = 0; i < n_rows; i++) {
            r->term_of.code[t * n_rows + i] = (int32_t)t;
            r->id_of[t * n_rows + i] = r->id_of[i];
        }
        if (read_grades(r, r->wide[t], t * n_rows, RWE_NO_EVENT) != RWE_OK)
            return RWE_NO_MEMORY;
    }
    return RWE_OK;
}

/* A row whose term is "none" and that has no grade says that a patient had nothing. */
static void take_empty_terms(struct adverse_reader *r)
{
    for (size_t i = 0; r->wide == NULL && i < r->n; i++) {
        int32_t term = r->term_of.code[i];
        if (term >= 0 && r->grade_of[i] == RWE_GRADE_UNKNOWN &&
            rwe_adverse_grade(r->term_of.level[term]) == RWE_NO_EVENT)
            r->grade_of[i] = RWE_NO_EVENT;
    }
}

static enum rwe_status read_columns(struct adverse_reader *r, struct rwe_error *error)
{
    r->id_of = RWE_NEW(r->arena, const char *, r->n);
    r->grade_of = RWE_NEW(r->arena, int8_t, r->n);
    r->bad = RWE_NEW(r->arena, uint8_t, r->n);
    if (rwe_arena_failed(r->arena) ||
        rwe_table_strings(r->table, r->id, r->arena, r->id_of) != RWE_OK)
        return rwe_fail_memory(error);
    enum rwe_status status =
        r->wide != NULL ? read_wide(r) : rwe_table_factor(r->table, r->term, r->arena, &r->term_of);
    if (status == RWE_OK && r->wide == NULL)
        status = read_grades(r, r->grade, 0, RWE_GRADE_UNKNOWN);
    for (size_t i = 0; i < r->n && status == RWE_OK; i++)
        status = check_record(r, i);
    take_empty_terms(r);
    return status == RWE_OK ? RWE_OK : rwe_fail_memory(error);
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

static bool is_emergent(const struct adverse_reader *r, size_t record)
{
    return r->emergent == NULL || r->emergent[record] == 1;
}

/* ---- subjects that are not in the cohort ---- */

/* How an identifier is compared: as a number where all are. */
static const char *key_of(const struct adverse_reader *r, const char *id)
{
    double value;
    if (r->cohort->id_is_number && rwe_number_parse(id, strlen(id), &value))
        return rwe_arena_format(r->arena, "%.17g", value);
    return id;
}

/* Why the cohort does not have the subjects of these rows of the file. */
static enum rwe_status count_unknown(struct adverse_reader *r, const uint32_t row[],
                                     struct rwe_adverse_events *events)
{
    const struct rwe_cohort *cohort = r->cohort;
    struct rwe_intern ids = {.arena = r->arena};
    uint8_t *of_other_arm = RWE_NEW(r->arena, uint8_t, cohort->n_excluded + events->n_unknown);
    if (of_other_arm == NULL)
        return RWE_NO_MEMORY;
    for (size_t i = 0; i < cohort->n_excluded; i++) {
        const struct rwe_excluded_row *excluded = &cohort->excluded[i];
        const char *key = excluded->id == NULL ? NULL : key_of(r, excluded->id);
        uint32_t number =
            key == NULL ? RWE_INTERN_FAILED : rwe_intern_number(&ids, key, strlen(key));
        if (number != RWE_INTERN_FAILED)
            of_other_arm[number] |= excluded->of_other_arm;
    }
    size_t n_excluded = ids.n;
    for (size_t k = 0; k < events->n_unknown; k++) {
        const char *key = key_of(r, r->id_of[row[k]]);
        uint32_t number =
            key == NULL ? RWE_INTERN_FAILED : rwe_intern_number(&ids, key, strlen(key));
        if (number == RWE_INTERN_FAILED || number >= n_excluded)
            continue;
        events->n_other_arm += of_other_arm[number];
        events->n_left_out += !of_other_arm[number];
    }
    return rwe_arena_failed(r->arena) ? RWE_NO_MEMORY : RWE_OK;
}

/* The usable rows, and in r->row where they stand in the file. */
static enum rwe_status usable_rows(struct adverse_reader *r, struct rwe_adverse_events *events)
{
    const int32_t *same = merge_case(&r->term_of, r->arena);
    uint32_t *term = RWE_NEW(r->arena, uint32_t, events->n_rows);
    uint32_t *subject_of = RWE_NEW(r->arena, uint32_t, events->n_rows);
    uint8_t *grade = RWE_NEW(r->arena, uint8_t, events->n_rows);
    uint32_t *unknown = RWE_NEW(r->arena, uint32_t, events->n_rows);
    size_t n = 0;
    r->row = RWE_NEW(r->arena, uint32_t, events->n_rows);
    if (rwe_arena_failed(r->arena))
        return RWE_NO_MEMORY;
    for (size_t i = 0; i < events->n_rows; i++) {
        if (r->bad[i] != ADVERSE_SOUND || r->grade_of[i] == RWE_NO_EVENT || !is_emergent(r, i)) {
            *(r->bad[i] != ADVERSE_SOUND       ? &events->n_dropped
              : r->grade_of[i] == RWE_NO_EVENT ? &events->n_none
                                               : &events->n_not_emergent) += 1;
            continue;
        }
        size_t subject = rwe_cohort_find(r->cohort, r->id_of[i]);
        if (subject == RWE_NO_INDEX) {
            unknown[events->n_unknown++] = (uint32_t)i;
            continue;
        }
        term[n] = (uint32_t)same[r->term_of.code[i]];
        subject_of[n] = (uint32_t)subject;
        grade[n] = r->grade_of[i] == RWE_GRADE_UNKNOWN ? 0 : (uint8_t)r->grade_of[i];
        events->n_ungraded += grade[n] == 0;
        r->row[n++] = (uint32_t)i;
    }
    events->episode =
        (struct rwe_adverse_episodes){.n = n, .term = term, .subject = subject_of, .grade = grade};
    return events->n_unknown == 0 ? RWE_OK : count_unknown(r, unknown, events);
}

static enum rwe_status keep_worst(struct adverse_reader *r, struct rwe_adverse_events *events)
{
    const struct rwe_adverse_episodes *episode = &events->episode;
    size_t n = episode->n;
    uint64_t *key = RWE_NEW(r->arena, uint64_t, n);
    uint32_t *order = RWE_NEW(r->arena, uint32_t, n);
    uint32_t *term = RWE_NEW(r->arena, uint32_t, n);
    uint32_t *subject = RWE_NEW(r->arena, uint32_t, n);
    uint8_t *worst = RWE_NEW(r->arena, uint8_t, n);
    if (rwe_arena_failed(r->arena))
        return RWE_NO_MEMORY;
    for (size_t k = 0; k < n; k++)
        key[k] = (uint64_t)episode->term[k] * r->cohort->n + episode->subject[k];
    if (rwe_sort_integers(key, n, r->arena, order) != RWE_OK)
        return RWE_NO_MEMORY;
    for (size_t k = 0; k < n; k++) {
        uint64_t now = key[order[k]];
        if (k == 0 || now != key[order[k - 1]]) {
            term[events->n] = (uint32_t)(now / r->cohort->n);
            subject[events->n++] = (uint32_t)(now % r->cohort->n);
        }
        if (episode->grade[order[k]] > worst[events->n - 1])
            worst[events->n - 1] = episode->grade[order[k]];
    }
    events->term = term;
    events->subject = subject;
    events->worst = worst;
    events->term_name = r->term_of.level;
    events->n_terms = r->term_of.n_levels;
    return RWE_OK;
}

/* Complaints go on to the list of the run. Rows may be left out for them, but not so many that nobody's events would be
 * counted in full. */
static enum rwe_status pass_on(struct adverse_reader *r, struct rwe_complaints *complaints,
                               bool drop, struct rwe_error *error)
{
    const struct rwe_complaints *own = r->complaints;
    const char *file = rwe_table_file(r->table);
    size_t n_bad = 0;
    for (size_t c = 0; c < own->n; c++) {
        if (r->wide == NULL)
            blame(r, own->item[c].row, own->item[c].value);
        if (rwe_complaints_add(complaints, &own->item[c]) != RWE_OK)
            return rwe_fail_memory(error);
    }
    if (rwe_complaints_take_notes(complaints, own) != RWE_OK)
        return rwe_fail_memory(error);
    for (size_t i = 0; i < r->n; i++)
        n_bad += r->bad[i] == ADVERSE_UNREAD;
    if (drop && rwe_complaints_doubt_column(own))
        return rwe_complaints_fail_of_column(file, error);
    if (drop && 100 * n_bad > r->n)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "%s: %zu of %zu rows of adverse events cannot be read, more than 1 in 100: "
                        "without them every count would be too small, so --on-error drop does not "
                        "leave them out. Correct the file",
                        file, n_bad, r->n);
    if (own->n == 1 && !drop)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "%s: 1 cell or row cannot be read as declared. Correct the file, or leave "
                        "that row out with --on-error drop",
                        file);
    if (own->n > 0 && !drop)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "%s: %zu cells or rows cannot be read as declared. Correct the file, or "
                        "leave those rows out with --on-error drop",
                        file, own->n);
    return RWE_OK;
}

enum rwe_status rwe_adverse_events_read(const struct rwe_table *table,
                                        const struct rwe_adverse_event_columns *columns,
                                        const struct rwe_cohort *cohort, bool drop,
                                        struct rwe_arena *arena, struct rwe_complaints *complaints,
                                        struct rwe_adverse_events *events, struct rwe_error *error)
{
    struct rwe_complaints own = {.arena = arena}; /* a second reading must find them again */
    size_t n = rwe_table_rows(table) * (columns->wide.n == 0 ? 1 : columns->wide.n);
    bool with_details = columns->with_details && columns->wide.n == 0;
    struct adverse_reader r = {.table = table,
                               .cohort = cohort,
                               .arena = arena,
                               .complaints = &own,
                               .name = columns,
                               .n = n};
    *events = (struct rwe_adverse_events){.n_rows = n};
    if (!cohort->has_id)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "adverse events are told to subjects by their identifier: say --id COL");
    enum rwe_status status = find_columns(&r, error);
    if (status == RWE_OK)
        status = read_columns(&r, error);
    if (status == RWE_OK && with_details)
        status = adverse_details_read(&r, error);
    if (status == RWE_OK)
        status = pass_on(&r, complaints, drop, error);
    if (status != RWE_OK)
        return status;
    bool done = usable_rows(&r, events) == RWE_OK && keep_worst(&r, events) == RWE_OK &&
                (!with_details || adverse_details_gather(&r, events) == RWE_OK);
    return done ? RWE_OK : rwe_fail_memory(error);
}
