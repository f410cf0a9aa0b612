/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cohort_private.h"

#include "rwe/base/number.h"
#include "rwe/base/rng.h"
#include "rwe/base/sort.h"
#include "rwe/data/found_exposure.h"
#include "rwe/data/subject_order.h"
#include "rwe/data/table_stack.h"
#include <math.h>
#include <string.h>

/* ---- who is left out ---- */

static const char *const not_compared = N_("arm is neither control nor treated");

/* "age: not a number". */
static struct raw_reason reason_of(const struct rwe_complaint *complaint, struct rwe_arena *arena)
{
    const struct rwe_language *english = rwe_language_find("en"),
                              *report = rwe_languages_now().report;
    struct raw_reason reason = {rwe_complaint_reason(complaint, english, arena),
                                rwe_complaint_reason(complaint, report, arena)};
    if (complaint->column == NULL || rwe_arena_failed(arena))
        return reason;
    return (struct raw_reason){
        rwe_arena_format(arena, "%s: %s", complaint->column, reason.english),
        rwe_arena_format(arena, rwe_text("%s: %s"), complaint->column, reason.told)};
}

/* Reason by row: the first complaint on it, an arm not compared, or the first criterion of eligibility that
 * is not met. */
static enum rwe_status find_reasons(const struct raw *raw, struct raw_reason reason[])
{
    for (size_t c = 0; c < raw->complaints->n; c++) {
        const struct rwe_complaint *complaint = &raw->complaints->item[c];
        if (complaint->row < raw->n_rows && reason[complaint->row].english == NULL)
            reason[complaint->row] = reason_of(complaint, raw->arena);
    }
    for (size_t i = 0; i < raw->n_rows; i++)
        if (reason[i].english == NULL && raw->arm.code[i] >= 0 &&
            raw->arm_position[raw->arm.code[i]] < 0)
            reason[i] = (struct raw_reason){not_compared, rwe_text(not_compared)};
    for (size_t i = 0; i < raw->n_rows; i++)
        if (reason[i].english == NULL)
            reason[i] = rwe_raw_ineligible(raw, i);
    return rwe_arena_failed(raw->arena) ? RWE_NO_MEMORY : RWE_OK;
}

/* Among the arms, −1 where it is missing or not compared. */
static int32_t arm_of_row(const struct raw *raw, size_t row)
{
    int32_t code = raw->arm.code[row];
    return code < 0 ? -1 : raw->arm_position[code];
}

static enum rwe_status keep_rows(const struct raw *raw, struct rwe_cohort *cohort, uint32_t *row,
                                 struct rwe_error *error)
{
    struct raw_reason *reason = RWE_NEW(raw->scratch, struct raw_reason, raw->n_rows);
    if (reason == NULL || find_reasons(raw, reason) != RWE_OK)
        return rwe_fail_memory(error);
    for (size_t i = 0; i < raw->n_rows; i++) {
        if (reason[i].english == NULL)
            row[cohort->n++] = (uint32_t)i;
        else
            cohort->n_excluded++;
    }
    struct rwe_excluded_row *excluded =
        RWE_NEW(raw->arena, struct rwe_excluded_row, cohort->n_excluded);
    if (excluded == NULL)
        return rwe_fail_memory(error);
    cohort->excluded = excluded;
    for (size_t i = 0; i < raw->n_rows; i++)
        if (reason[i].english != NULL)
            *excluded++ = (struct rwe_excluded_row){
                .line = rwe_table_line(raw->table, i),
                .id = raw->id == NULL ? NULL : raw->id[i],
                .reason = reason[i].english,
                .told = reason[i].told,
                .arm = arm_of_row(raw, i),
                .of_other_arm = reason[i].english == not_compared,
            };
    if (rwe_raw_count_eligibility(raw, reason, cohort) != RWE_OK)
        return rwe_fail_memory(error);
    return RWE_OK;
}

/* ---- canonical order ---- */

static void reorder(uint32_t row[], const uint32_t order[], uint32_t copy[], size_t n)
{
    for (size_t k = 0; k < n; k++)
        copy[k] = row[order[k]];
    memcpy(row, copy, n * sizeof row[0]);
}

static const double *gather_codes(const int32_t code[], const uint32_t row[], size_t n, double to[])
{
    for (size_t k = 0; k < n; k++)
        to[k] = code[row[k]];
    return to;
}

static void digest_variable(const struct raw_variable *v, const uint32_t row[],
                            struct rwe_subject_digest digest, double column[])
{
    rwe_subject_digest_numbers(
        digest, v->categorical ? gather_codes(v->factor.code, row, digest.n, column)
                               : rwe_raw_gather_numbers(v->number, row, digest.n, column));
}

/* A number for each subject from everything that is declared about it, but names. */
static enum rwe_status digest_subjects(const struct raw *raw, const uint32_t row[],
                                       struct rwe_subject_digest digest)
{
    double *column = RWE_NEW(raw->scratch, double, digest.n);
    if (column == NULL)
        return RWE_NO_MEMORY;
    for (size_t k = 0; k < digest.n; k++)
        column[k] = raw->arm_position[raw->arm.code[row[k]]];
    rwe_subject_digest_numbers(digest, column);
    for (size_t j = 0; j < raw->n_covariates; j++)
        digest_variable(&raw->covariate[j], row, digest, column);
    for (size_t j = 0; j < raw->n_described; j++)
        digest_variable(&raw->described[j], row, digest, column);
    if (raw->exposure_start != NULL)
        rwe_subject_digest_numbers(
            digest, rwe_raw_gather_numbers(raw->exposure_start, row, digest.n, column));
    if (raw->exposure_until != NULL)
        rwe_subject_digest_numbers(
            digest, rwe_raw_gather_numbers(raw->exposure_until, row, digest.n, column));
    for (size_t s = 0; s < raw->strata.n; s++)
        rwe_subject_digest_numbers(digest,
                                   gather_codes(raw->stratum[s].code, row, digest.n, column));
    if (raw->response != NULL)
        rwe_subject_digest_numbers(digest, gather_codes(raw->response, row, digest.n, column));
    if (raw->entry != NULL) {
        rwe_raw_gather_numbers(raw->entry, row, digest.n, column);
        if (rwe_subject_digest_ranks(digest, column, raw->scratch) != RWE_OK)
            return RWE_NO_MEMORY;
    }
    for (size_t e = 0; e < raw->n_endpoints; e++) {
        rwe_raw_gather_numbers(raw->endpoint[e].time, row, digest.n, column);
        if (rwe_subject_digest_ranks(digest, column, raw->scratch) != RWE_OK)
            return RWE_NO_MEMORY;
        for (size_t k = 0; k < digest.n; k++)
            column[k] = raw->endpoint[e].event[row[k]];
        rwe_subject_digest_numbers(digest, column);
    }
    return RWE_OK;
}

/* Puts `row` in canonical order: by identifier where there is one, else by content. */
static enum rwe_status order_subjects(const struct raw *raw, uint32_t row[], size_t n)
{
    uint32_t *order = RWE_NEW(raw->scratch, uint32_t, n);
    uint32_t *copy = RWE_NEW(raw->scratch, uint32_t, n);
    enum rwe_status status;
    if (rwe_arena_failed(raw->scratch))
        return RWE_NO_MEMORY;
    if (raw->id_value != NULL) {
        double *key = RWE_NEW(raw->scratch, double, n);
        if (key == NULL)
            return RWE_NO_MEMORY;
        rwe_raw_gather_numbers(raw->id_value, row, n, key);
        status = rwe_sort_numbers(key, n, raw->scratch, order);
    } else if (raw->id != NULL) {
        const char **key = RWE_NEW(raw->scratch, const char *, n);
        if (key == NULL)
            return RWE_NO_MEMORY;
        for (size_t k = 0; k < n; k++)
            key[k] = raw->id[row[k]];
        status = rwe_subject_order_strings(key, n, raw->scratch, order);
    } else {
        struct rwe_subject_digest digest = {RWE_NEW(raw->scratch, uint64_t, n), n};
        if (digest.value == NULL || digest_subjects(raw, row, digest) != RWE_OK)
            return RWE_NO_MEMORY;
        status = rwe_sort_integers(digest.value, n, raw->scratch, order);
    }
    if (status == RWE_OK)
        reorder(row, order, copy, n);
    return status;
}

static bool same_id(const struct raw *raw, uint32_t a, uint32_t b)
{
    if (raw->id_value != NULL)
        return raw->id_value[a] == raw->id_value[b];
    return strcmp(raw->id[a], raw->id[b]) == 0;
}

/* "line 12", or of several files "b.csv:12". */
static const char *tell_line(const struct raw *raw, uint32_t row)
{
    const char *file;
    size_t line = rwe_table_line(raw->table, row);
    rwe_stack_place(raw->table, &file, &line);
    return file == rwe_table_file(raw->table)
               ? rwe_arena_format(raw->arena, rwe_message("line %zu"), line)
               : rwe_arena_format(raw->arena, "%s:%zu", file, line);
}

static enum rwe_status complain_duplicate(const struct raw *raw, uint32_t row, uint32_t other)
{
    const char *where = tell_line(raw, other);
    if (where == NULL)
        return RWE_NO_MEMORY;
    struct rwe_complaint complaint = {
        .file = rwe_table_file(raw->table),
        .line = rwe_table_line(raw->table, row),
        .row = row,
        .column = raw->study->id,
        .value = raw->id[row],
        .reason = N_("a duplicate identifier"),
        .advice = rwe_arena_format(raw->arena,
                                   rwe_message("%s has it too; one row is one subject, unless "
                                               "--rows says what several are"),
                                   where),
        .advises_cell = true,
    };
    return rwe_complaints_add(raw->complaints, &complaint);
}

/* Complains of every row whose identifier another row has too; they stand side by side now. Of the
 * first as well: which of them is right nobody can tell, least of all the order of the file. */
static enum rwe_status find_duplicates(const struct raw *raw, const uint32_t row[], size_t n)
{
    enum rwe_status status = RWE_OK;
    for (size_t k = 0; raw->id != NULL && k < n && status == RWE_OK; k++) {
        bool as_before = k > 0 && same_id(raw, row[k - 1], row[k]);
        bool as_next = k + 1 < n && same_id(raw, row[k], row[k + 1]);
        if (as_before || as_next)
            status = complain_duplicate(raw, row[k], row[as_before ? k - 1 : k + 1]);
    }
    return status;
}

/* ---- what a cohort must have ---- */

static enum rwe_status check_arms(const struct raw *raw, const struct rwe_cohort *cohort,
                                  struct rwe_error *error)
{
    size_t present = 0;
    const char *only = "";
    for (size_t a = 0; a < cohort->n_arms; a++)
        if (cohort->arm_size[a] > 0) {
            present++;
            only = cohort->arm_level[a];
        }
    if (present == cohort->n_arms && present >= 2)
        return RWE_OK;
    const char *file = rwe_table_file(raw->table);
    const char *arm = rwe_raw_arm_name(raw);
    if (present == 0)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX, "%s: no subject is left", file);
    if (present == 1)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "%s: column \"%s\" holds one arm only, \"%s\": a comparison needs two",
                        file, arm, only);
    return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                    "%s: an arm of column \"%s\" has no subject left after rows were left out",
                    file, arm);
}

static enum rwe_status check_endpoints(const struct raw *raw, const struct rwe_cohort *cohort,
                                       struct rwe_error *error)
{
    for (size_t e = 0; e < cohort->n_endpoints; e++) {
        const struct rwe_endpoint_spec *spec = raw->endpoint[e].spec;
        size_t events = cohort->endpoint[e].n_events;
        const char *typed = rwe_text_shell_word(
            raw->scratch, rwe_arena_format(raw->scratch, "%s=%s,%s:1", spec->name,
                                           rwe_marked_quote(raw->scratch, spec->time),
                                           rwe_marked_quote(raw->scratch, spec->event)));
        if (rwe_arena_failed(raw->scratch))
            return rwe_fail_memory(error);
        if (events == 0)
            return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                            "endpoint \"%s\" has no event: every row of column \"%s\" says "
                            "censored; is it the column of events?",
                            spec->name, spec->event);
        if (events == cohort->n && spec->values.n == 0)
            return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                            "endpoint \"%s\": every row of column \"%s\" is an event, nobody is "
                            "censored; if that is true, say so with --endpoint %s",
                            spec->name, spec->event, typed);
    }
    return RWE_OK;
}

/* Whether some row of the cohort is without complaint, so that leaving out the others leaves somebody. */
static enum rwe_status any_is_sound(const struct raw *raw, bool *any, struct rwe_error *error)
{
    const char *file = rwe_table_file(raw->table);
    uint8_t *told = RWE_NEW(raw->scratch, uint8_t, raw->n_rows);
    size_t n_told = 0;
    if (told == NULL)
        return rwe_fail_memory(error);
    for (size_t c = 0; c < raw->complaints->n; c++) {
        const struct rwe_complaint *item = &raw->complaints->item[c];
        if (strcmp(item->file, file) == 0 && item->row < raw->n_rows && !told[item->row]++)
            n_told++;
    }
    *any = n_told < raw->n_rows;
    return RWE_OK;
}

static enum rwe_status complaints_stop(const struct raw *raw, struct rwe_error *error)
{
    size_t n = raw->complaints->n;
    bool any;
    bool drop = raw->study->on_error == RWE_ON_ERROR_DROP;
    if (drop && rwe_complaints_doubt_column(raw->complaints))
        return rwe_complaints_fail_of_column(rwe_table_file(raw->table), error);
    if (n == 0 || drop)
        return RWE_OK;
    enum rwe_status status = any_is_sound(raw, &any, error);
    if (status != RWE_OK)
        return status;
    if (!any)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "%s: %zu cells or rows cannot be read as declared, some in every row: a "
                        "column is not what the options say, or all of it must be written anew",
                        rwe_table_file(raw->table), n);
    if (n == 1)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "%s: 1 cell or row cannot be read as declared. Correct the file, or leave "
                        "that row out with --on-error drop",
                        rwe_table_file(raw->table));
    return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                    "%s: %zu cells or rows cannot be read as declared. Correct the file, or leave "
                    "those rows out with --on-error drop",
                    rwe_table_file(raw->table), n);
}

/* Which of several rows counts only the user can say; without them all, patients would be lost. */
static enum rwe_status fail_repeated(const struct raw *raw, size_t n, struct rwe_error *error)
{
    return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                    "%s: %zu rows have an identifier (%s) that another row has too. Say what they "
                    "are: visits, of which one counts (--rows first or --rows last, with "
                    "--row-order COL), or start-stop intervals (--rows intervals); or correct the "
                    "file. --on-error drop does not choose between them",
                    rwe_table_file(raw->table), n, raw->study->id);
}

/* ---- building ---- */

/* Rows that stay, in canonical order. */
static enum rwe_status choose_rows(const struct raw *raw, struct rwe_cohort *cohort,
                                   struct rwe_error *error)
{
    uint32_t *row = RWE_NEW(raw->arena, uint32_t, raw->n_rows);
    if (row == NULL)
        return rwe_fail_memory(error);
    cohort->row = row;
    enum rwe_status status = keep_rows(raw, cohort, row, error);
    if (status != RWE_OK)
        return status;
    size_t complaints = raw->complaints->n;
    if (order_subjects(raw, row, cohort->n) != RWE_OK ||
        find_duplicates(raw, row, cohort->n) != RWE_OK)
        return rwe_fail_memory(error);
    if (raw->complaints->n == complaints)
        return complaints_stop(raw, error);
    return fail_repeated(raw, raw->complaints->n - complaints, error);
}

/* Who enters before the time in the file, but not before the one that ties gave it (see rwe_cohort_settle_ties in
 * cohort_gather.c), was not observed as far as can be told. */
static enum rwe_status find_settled_entries(const struct raw *raw, const struct rwe_cohort *cohort)
{
    enum rwe_status status = RWE_OK;
    for (size_t e = 0; cohort->entry != NULL && e < cohort->n_endpoints; e++)
        for (size_t i = 0; i < cohort->n && status == RWE_OK; i++) {
            if (cohort->entry[i] < cohort->endpoint[e].time[i] ||
                !rwe_endpoint_has(&cohort->endpoint[e], i))
                continue;
            struct rwe_complaint complaint = {
                .file = rwe_table_file(raw->table),
                .line = rwe_table_line(raw->table, cohort->row[i]),
                .row = cohort->row[i],
                .column = raw->study->entry,
                .value = rwe_arena_format(raw->arena, "%.15g", cohort->entry[i]),
                .reason = N_("not before the end of follow-up"),
                .advice = rwe_arena_format(raw->arena,
                                           rwe_message("times as close as its time of %s to "
                                                       "another's count as one, %.15g"),
                                           cohort->endpoint[e].name, cohort->endpoint[e].time[i]),
            };
            status = rwe_complaints_add(raw->complaints, &complaint);
        }
    return status;
}

static enum rwe_status build_subjects(const struct raw *raw, struct rwe_cohort *cohort,
                                      struct rwe_error *error)
{
    enum rwe_status status = choose_rows(raw, cohort, error);
    if (status != RWE_OK)
        return status;
    if (rwe_cohort_gather_arms(raw, cohort) != RWE_OK)
        return rwe_fail_memory(error);
    status = check_arms(raw, cohort, error);
    if (status != RWE_OK)
        return status;
    if (rwe_cohort_gather_columns(raw, cohort) != RWE_OK ||
        find_settled_entries(raw, cohort) != RWE_OK)
        return rwe_fail_memory(error);
    return complaints_stop(raw, error);
}

/* Times are settled among the subjects that stay. When one of them has to go after all, it is done
 * again without it. */
static enum rwe_status build(struct raw *raw, struct rwe_cohort *cohort, struct rwe_error *error)
{
    const struct rwe_cohort empty = *cohort;
    enum rwe_status status = rwe_raw_read(raw, error);
    size_t complaints = SIZE_MAX;
    while (status == RWE_OK && raw->complaints->n != complaints) {
        complaints = raw->complaints->n;
        *cohort = empty;
        status = build_subjects(raw, cohort, error);
    }
    cohort->has_dated_times = raw->has_dated_times;
    bool is_found = cohort->found != NULL && cohort->found->is_date;
    cohort->reads_dates = raw->reads_dates || raw->dates != NULL || is_found;
    cohort->counts_from_zero = raw->counts_from_zero || raw->dates != NULL || is_found;
    return status == RWE_OK ? check_endpoints(raw, cohort, error) : status;
}

enum rwe_status rwe_cohort_build(const struct rwe_cohort_tables *tables,
                                 const struct rwe_study_settings *study, struct rwe_arena *arena,
                                 struct rwe_complaints *complaints,
                                 const struct rwe_cohort **cohort, struct rwe_error *error)
{
    struct rwe_cohort *built = RWE_NEW(arena, struct rwe_cohort, 1);
    struct rwe_arena *scratch = rwe_arena_new();
    if (built == NULL || scratch == NULL) {
        rwe_arena_free(scratch);
        return rwe_fail_memory(error);
    }
    struct raw raw = {
        .table = tables->patients,
        .assessments = tables->assessments,
        .study = study,
        .arena = arena,
        .scratch = scratch,
        .complaints = complaints,
        .n_rows = rwe_table_rows(tables->patients),
    };
    built->n_rows = raw.n_rows;
    enum rwe_status status = build(&raw, built, error);
    rwe_arena_free(scratch);
    *cohort = built;
    return status;
}

const double *rwe_cohort_starts(const struct rwe_cohort *cohort)
{
    const struct rwe_found_exposure *found = cohort->found;
    bool is_taken_away = found != NULL && found->is_declared && cohort->exposure_start == NULL;
    return found == NULL || is_taken_away ? cohort->exposure_start : found->start;
}

size_t rwe_cohort_find(const struct rwe_cohort *cohort, const char *id)
{
    double value = 0;
    size_t low = 0;
    size_t high = cohort->n;
    if (!cohort->has_id || (cohort->id_is_number && !rwe_number_parse(id, strlen(id), &value)))
        return RWE_NO_INDEX;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int side = cohort->id_is_number
                       ? (cohort->id_value[middle] > value) - (cohort->id_value[middle] < value)
                       : strcmp(cohort->id[middle], id);
        if (side == 0)
            return middle;
        if (side < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return RWE_NO_INDEX;
}
