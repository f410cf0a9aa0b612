/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "adverse_events_private.h"

#include "input/intern_private.h"
#include "rwe/base/number.h"
#include "rwe/base/sort.h"
#include <ctype.h>
#include <math.h>
#include <string.h>

enum rwe_status adverse_complain(struct adverse_reader *r, size_t row, const char *column,
                                 const char *value, const char *reason, const char *advice)
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

static enum rwe_status find_columns(struct adverse_reader *r, struct rwe_error *error)
{
    enum rwe_status status =
        rwe_cohort_column(r->table, "--ae-columns", r->name->id, &r->id, error);
    if (status == RWE_OK)
        status = rwe_cohort_column(r->table, "--ae-columns", r->name->term, &r->term, error);
    if (status == RWE_OK)
        status = rwe_cohort_column(r->table, "--ae-columns", r->name->grade, &r->grade, error);
    return status;
}

static enum rwe_status check_row(struct adverse_reader *r, size_t i)
{
    double grade = r->grade_of[i];
    if (r->id_of[i] == NULL)
        return adverse_complain(r, i, r->name->id, NULL, N_("missing"),
                                N_("say whose event it is"));
    if (r->term_of.code[i] < 0)
        return adverse_complain(r, i, r->name->term, NULL, N_("missing"),
                                N_("name the event (CTCAE term)"));
    if (r->bad[i]) /* told already: not a number */
        return RWE_OK;
    if (isnan(grade))
        return adverse_complain(r, i, r->name->grade, NULL, N_("missing"),
                                N_("give the CTCAE grade, 1 to 5"));
    if (grade < 1 || grade > RWE_WORST_GRADE || grade != floor(grade))
        return adverse_complain(r, i, r->name->grade, rwe_arena_format(r->arena, "%.15g", grade),
                                N_("not a grade"), N_("CTCAE grades are 1, 2, 3, 4 and 5"));
    return RWE_OK;
}

int rwe_adverse_grade(const char *text)
{
    static const char *const written[RWE_WORST_GRADE][3] = {
        {"1", "I", "Ⅰ"}, {"2", "II", "Ⅱ"}, {"3", "III", "Ⅲ"}, {"4", "IV", "Ⅳ"}, {"5", "V", "Ⅴ"},
    };
    for (int g = 0; g < RWE_WORST_GRADE; g++)
        for (int w = 0; w < 3; w++) {
            size_t length = strlen(written[g][w]);
            const char *rest = text + length;
            if (strncasecmp(text, written[g][w], length) == 0 &&
                (*rest == '\0' || strcmp(rest, "级") == 0 || strcmp(rest, "度") == 0))
                return g + 1;
        }
    return 0;
}

/* A column of numbers is read as one; where a grade is written as charts do, each text by itself. */
static enum rwe_status read_grades(struct adverse_reader *r)
{
    size_t n = rwe_table_rows(r->table);
    bool written = false;
    struct rwe_factor factor;
    if (rwe_table_factor(r->table, r->grade, r->arena, &factor) != RWE_OK)
        return RWE_NO_MEMORY;
    for (size_t l = 0; l < factor.n_levels; l++) {
        const char *text = factor.level[l];
        bool is_digit = isdigit((unsigned char)text[0]) && text[1] == '\0';
        written = written || (!is_digit && rwe_adverse_grade(text) > 0);
    }
    if (!written)
        return rwe_table_numbers(r->table, r->grade, r->grade_of, r->complaints);
    for (size_t i = 0; i < n; i++) {
        const char *text = factor.code[i] < 0 ? NULL : factor.level[factor.code[i]];
        int grade = text == NULL ? 0 : rwe_adverse_grade(text);
        r->grade_of[i] = grade == 0 ? (double)NAN : grade;
        if (text != NULL && grade == 0 &&
            adverse_complain(r, i, r->name->grade, text, N_("not a grade"),
                             N_("CTCAE grades are 1, 2, 3, 4 and 5")) != RWE_OK)
            return RWE_NO_MEMORY;
    }
    return RWE_OK;
}

static enum rwe_status read_columns(struct adverse_reader *r, struct rwe_error *error)
{
    size_t n = rwe_table_rows(r->table);
    size_t before = r->complaints->n;
    r->id_of = RWE_NEW(r->arena, const char *, n);
    r->grade_of = RWE_NEW(r->arena, double, n);
    r->bad = RWE_NEW(r->arena, uint8_t, n);
    if (rwe_arena_failed(r->arena) ||
        rwe_table_strings(r->table, r->id, r->arena, r->id_of) != RWE_OK ||
        rwe_table_factor(r->table, r->term, r->arena, &r->term_of) != RWE_OK ||
        read_grades(r) != RWE_OK)
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
        if (r->bad[i]) {
            events->n_dropped++;
            continue;
        }
        size_t subject = rwe_cohort_find(r->cohort, r->id_of[i]);
        if (subject == RWE_NO_INDEX) {
            unknown[events->n_unknown++] = (uint32_t)i;
            continue;
        }
        term[n] = (uint32_t)same[r->term_of.code[i]];
        subject_of[n] = (uint32_t)subject;
        grade[n] = (uint8_t)r->grade_of[i];
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

enum rwe_status rwe_adverse_events_read(const struct rwe_table *table,
                                        const struct rwe_adverse_event_columns *columns,
                                        const struct rwe_cohort *cohort, bool drop,
                                        struct rwe_arena *arena, struct rwe_complaints *complaints,
                                        struct rwe_adverse_events *events, struct rwe_error *error)
{
    struct rwe_complaints own = {.arena = arena}; /* a second reading must find them again */
    struct adverse_reader r = {
        .table = table, .cohort = cohort, .arena = arena, .complaints = &own, .name = columns};
    *events = (struct rwe_adverse_events){.n_rows = rwe_table_rows(table)};
    if (!cohort->has_id)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "adverse events are told to subjects by their identifier: say --id COL");
    enum rwe_status status = find_columns(&r, error);
    if (status == RWE_OK)
        status = read_columns(&r, error);
    if (status == RWE_OK && columns->with_details)
        status = adverse_details_read(&r, error);
    if (status != RWE_OK)
        return status;
    for (size_t c = 0; c < own.n; c++) {
        r.bad[own.item[c].row] = 1;
        if (rwe_complaints_add(complaints, &own.item[c]) != RWE_OK)
            return rwe_fail_memory(error);
    }
    if (own.n == 1 && !drop)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "%s: 1 cell or row cannot be read as declared. Correct the file, or leave "
                        "that row out with --on-error drop",
                        rwe_table_file(table));
    if (own.n > 0 && !drop)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "%s: %zu cells or rows cannot be read as declared. Correct the file, or "
                        "leave those rows out with --on-error drop",
                        rwe_table_file(table), own.n);
    bool done = usable_rows(&r, events) == RWE_OK && keep_worst(&r, events) == RWE_OK &&
                (!columns->with_details || adverse_details_gather(&r, events) == RWE_OK);
    return done ? RWE_OK : rwe_fail_memory(error);
}
