/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cohort_private.h"

#include "rwe/base/number.h"
#include "rwe/base/rng.h"
#include "rwe/base/sort.h"
#include "rwe/data/subject_order.h"
#include <float.h>
#include <math.h>
#include <string.h>

/* ---- who is left out ---- */

static const char *not_compared = "arm is neither control nor treated";

/* "age: not a number", the same pointer for the same words. */
static const char *reason_of(const struct rwe_complaint *complaint, struct rwe_arena *arena)
{
    if (complaint->column == NULL)
        return complaint->reason;
    return rwe_arena_format(arena, "%s: %s", complaint->column, complaint->reason);
}

/* Reason by row, NULL for those that stay: the first complaint on it, or an arm not compared. */
static enum rwe_status find_reasons(const struct raw *raw, const char **reason)
{
    for (size_t c = 0; c < raw->complaints->n; c++) {
        const struct rwe_complaint *complaint = &raw->complaints->item[c];
        if (complaint->row < raw->n_rows && reason[complaint->row] == NULL)
            reason[complaint->row] = reason_of(complaint, raw->arena);
    }
    for (size_t i = 0; i < raw->n_rows; i++)
        if (reason[i] == NULL && raw->arm.code[i] >= 0 && raw->arm_position[raw->arm.code[i]] < 0)
            reason[i] = not_compared;
    return rwe_arena_failed(raw->arena) ? RWE_NO_MEMORY : RWE_OK;
}

static enum rwe_status keep_rows(const struct raw *raw, struct rwe_cohort *cohort, uint32_t *row,
                                 struct rwe_error *error)
{
    const char **reason = RWE_NEW(raw->scratch, const char *, raw->n_rows);
    if (reason == NULL || find_reasons(raw, reason) != RWE_OK)
        return rwe_fail_memory(error);
    for (size_t i = 0; i < raw->n_rows; i++) {
        if (reason[i] == NULL)
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
        if (reason[i] != NULL)
            *excluded++ = (struct rwe_excluded_row){
                .line = rwe_table_line(raw->table, i),
                .id = raw->id == NULL ? NULL : raw->id[i],
                .reason = reason[i],
            };
    return RWE_OK;
}

/* ---- canonical order ---- */

static void reorder(uint32_t row[], const uint32_t order[], uint32_t copy[], size_t n)
{
    for (size_t k = 0; k < n; k++)
        copy[k] = row[order[k]];
    memcpy(row, copy, n * sizeof row[0]);
}

static const double *gather_numbers(const double column[], const uint32_t row[], size_t n,
                                    double to[])
{
    for (size_t k = 0; k < n; k++)
        to[k] = column[row[k]];
    return to;
}

static const double *gather_codes(const int32_t code[], const uint32_t row[], size_t n, double to[])
{
    for (size_t k = 0; k < n; k++)
        to[k] = code[row[k]];
    return to;
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
    for (size_t j = 0; j < raw->n_covariates; j++) {
        const struct raw_variable *v = &raw->covariate[j];
        rwe_subject_digest_numbers(digest, v->categorical
                                               ? gather_codes(v->factor.code, row, digest.n, column)
                                               : gather_numbers(v->number, row, digest.n, column));
    }
    for (size_t s = 0; s < raw->strata.n; s++)
        rwe_subject_digest_numbers(digest,
                                   gather_codes(raw->stratum[s].code, row, digest.n, column));
    if (raw->entry != NULL) {
        gather_numbers(raw->entry, row, digest.n, column);
        if (rwe_subject_digest_ranks(digest, column, raw->scratch) != RWE_OK)
            return RWE_NO_MEMORY;
    }
    for (size_t e = 0; e < raw->n_endpoints; e++) {
        gather_numbers(raw->endpoint[e].time, row, digest.n, column);
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
        gather_numbers(raw->id_value, row, n, key);
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

static enum rwe_status complain_duplicate(const struct raw *raw, uint32_t row, uint32_t other)
{
    struct rwe_complaint complaint = {
        .file = rwe_table_file(raw->table),
        .line = rwe_table_line(raw->table, row),
        .row = row,
        .column = rwe_settings_text(raw->settings, "id"),
        .value = raw->id[row],
        .reason = "a duplicate identifier",
        .advice = rwe_arena_format(raw->arena, "line %zu has it too; one row is one subject",
                                   rwe_table_line(raw->table, other)),
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

/* ---- from columns of the file to columns of subjects ---- */

static enum rwe_status gather_ids(const struct raw *raw, struct rwe_cohort *cohort)
{
    cohort->has_id = raw->id != NULL;
    cohort->id_is_number = raw->id_value != NULL;
    cohort->id = RWE_NEW(raw->arena, const char *, cohort->n);
    double *value = raw->id_value == NULL ? NULL : RWE_NEW(raw->arena, double, cohort->n);
    if (rwe_arena_failed(raw->arena))
        return RWE_NO_MEMORY;
    for (size_t i = 0; i < cohort->n; i++) {
        uint32_t r = cohort->row[i];
        cohort->id[i] = raw->id != NULL ? raw->id[r] : rwe_arena_format(raw->arena, "%u", r + 1);
        if (value != NULL)
            value[i] = raw->id_value[r];
    }
    cohort->id_value = value;
    return rwe_arena_failed(raw->arena) ? RWE_NO_MEMORY : RWE_OK;
}

static enum rwe_status gather_arms(const struct raw *raw, struct rwe_cohort *cohort)
{
    uint32_t *arm = RWE_NEW(raw->arena, uint32_t, cohort->n);
    size_t *size = RWE_NEW(raw->arena, size_t, raw->n_arms);
    const char **level = RWE_NEW(raw->arena, const char *, raw->n_arms);
    if (rwe_arena_failed(raw->arena))
        return RWE_NO_MEMORY;
    for (size_t l = 0; l < raw->arm.n_levels; l++)
        if (raw->arm_position[l] >= 0)
            level[raw->arm_position[l]] = raw->arm.level[l];
    for (size_t i = 0; i < cohort->n; i++) {
        arm[i] = (uint32_t)raw->arm_position[raw->arm.code[cohort->row[i]]];
        size[arm[i]]++;
    }
    cohort->arm = arm;
    cohort->arm_level = level;
    cohort->arm_size = size;
    cohort->n_arms = raw->n_arms;
    return RWE_OK;
}

/* Codes of a factor by subject, with the levels that no subject has taken out. */
static enum rwe_status gather_factor(const struct raw *raw, const struct rwe_factor *factor,
                                     const struct rwe_cohort *cohort, struct rwe_variable *to)
{
    int32_t *code = RWE_NEW(raw->arena, int32_t, cohort->n);
    const char **level = RWE_NEW(raw->arena, const char *, factor->n_levels);
    int32_t *position = RWE_NEW(raw->scratch, int32_t, factor->n_levels);
    if (rwe_arena_failed(raw->arena) || rwe_arena_failed(raw->scratch))
        return RWE_NO_MEMORY;
    for (size_t i = 0; i < cohort->n; i++)
        if (factor->code[cohort->row[i]] >= 0)
            position[factor->code[cohort->row[i]]] = 1;
    for (size_t l = 0; l < factor->n_levels; l++)
        if (position[l] == 1) {
            position[l] = (int32_t)to->n_levels;
            level[to->n_levels++] = factor->level[l];
        }
    for (size_t i = 0; i < cohort->n; i++) {
        int32_t old = factor->code[cohort->row[i]];
        code[i] = old < 0 ? -1 : position[old];
        to->n_missing += old < 0;
    }
    to->code = code;
    to->level = level;
    return RWE_OK;
}

static enum rwe_status gather_covariate(const struct raw *raw, const struct raw_variable *from,
                                        const struct rwe_cohort *cohort, struct rwe_variable *to)
{
    *to = (struct rwe_variable){.name = from->name, .categorical = from->categorical};
    if (from->categorical)
        return gather_factor(raw, &from->factor, cohort, to);
    double *number = RWE_NEW(raw->arena, double, cohort->n);
    if (number == NULL)
        return RWE_NO_MEMORY;
    to->number = gather_numbers(from->number, cohort->row, cohort->n, number);
    to->binary = true;
    for (size_t i = 0; i < cohort->n; i++) {
        to->n_missing += isnan(number[i]);
        to->binary = to->binary && (isnan(number[i]) || number[i] == 0 || number[i] == 1);
    }
    return RWE_OK;
}

static enum rwe_status gather_covariates(const struct raw *raw, struct rwe_cohort *cohort)
{
    struct rwe_variable *covariate = RWE_NEW(raw->arena, struct rwe_variable, raw->n_covariates);
    if (covariate == NULL)
        return RWE_NO_MEMORY;
    cohort->covariate = covariate;
    cohort->n_covariates = raw->n_covariates;
    for (size_t j = 0; j < raw->n_covariates; j++)
        if (gather_covariate(raw, &raw->covariate[j], cohort, &covariate[j]) != RWE_OK)
            return RWE_NO_MEMORY;
    return RWE_OK;
}

/* Gives times closer than sqrt(DBL_EPSILON), relative to the mean of the distinct times, the same
 * value (the first of them), so that rounding in the spreadsheet makes no order. As R's timefix.
 * Returns whether any time was changed. */
static bool settle_ties(double time[], const uint32_t order[], size_t n)
{
    bool changed = false;
    double sum = 0;
    size_t distinct = 0;
    for (size_t k = 0; k < n; k++)
        if (k == 0 || time[order[k]] > time[order[k - 1]]) {
            sum += time[order[k]];
            distinct++;
        }
    double tolerance = distinct == 0 ? 0 : sqrt(DBL_EPSILON) * sum / (double)distinct;
    double last = 0; /* of the untouched times */
    for (size_t k = 0; k < n; k++) {
        double now = time[order[k]];
        if (k > 0 && now > last && now - last <= tolerance)
            changed = true;
        if (k > 0 && now - last <= tolerance)
            time[order[k]] = time[order[k - 1]];
        last = now;
    }
    return changed;
}

/* The value of each cause as it stands in the data; the endpoint's own may be several. */
static const char *const *cause_names(const struct raw *raw, const struct rwe_endpoint_spec *spec)
{
    const char **name = RWE_NEW(raw->arena, const char *, 1 + spec->competing.n);
    if (name == NULL)
        return NULL;
    name[0] = spec->values.n == 0 ? "1" : rwe_text_join(raw->arena, spec->values, "+");
    for (size_t c = 0; c < spec->competing.n; c++)
        name[c + 1] = spec->competing.item[c];
    return name[0] == NULL ? NULL : name;
}

static enum rwe_status gather_endpoint(const struct raw *raw, const struct raw_endpoint *from,
                                       const struct rwe_cohort *cohort, struct rwe_endpoint *to)
{
    double *time = RWE_NEW(raw->arena, double, cohort->n);
    uint8_t *event = RWE_NEW(raw->arena, uint8_t, cohort->n);
    uint32_t *order = RWE_NEW(raw->arena, uint32_t, cohort->n);
    if (rwe_arena_failed(raw->arena))
        return RWE_NO_MEMORY;
    *to = (struct rwe_endpoint){.name = from->spec->name,
                                .time = time,
                                .event = event,
                                .order = order,
                                .n_causes = 1 + from->spec->competing.n,
                                .cause_name = cause_names(raw, from->spec)};
    if (to->cause_name == NULL)
        return RWE_NO_MEMORY;
    gather_numbers(from->time, cohort->row, cohort->n, time);
    for (size_t i = 0; i < cohort->n; i++) {
        event[i] = from->event[cohort->row[i]];
        to->n_events += event[i] > 0;
    }
    if (rwe_sort_numbers(time, cohort->n, raw->scratch, order) != RWE_OK)
        return RWE_NO_MEMORY;
    /* Subjects whose times became equal must stand in canonical order too. */
    if (settle_ties(time, order, cohort->n))
        return rwe_sort_numbers(time, cohort->n, raw->scratch, order);
    return RWE_OK;
}

static enum rwe_status gather_endpoints(const struct raw *raw, struct rwe_cohort *cohort)
{
    struct rwe_endpoint *endpoint = RWE_NEW(raw->arena, struct rwe_endpoint, raw->n_endpoints);
    if (endpoint == NULL)
        return RWE_NO_MEMORY;
    cohort->endpoint = endpoint;
    cohort->n_endpoints = raw->n_endpoints;
    for (size_t e = 0; e < raw->n_endpoints; e++)
        if (gather_endpoint(raw, &raw->endpoint[e], cohort, &endpoint[e]) != RWE_OK)
            return RWE_NO_MEMORY;
    return RWE_OK;
}

/* Numbers combinations of the strata columns 0, 1, … in the order of their first subject. */
static enum rwe_status gather_strata(const struct raw *raw, struct rwe_cohort *cohort)
{
    size_t n = cohort->n;
    uint64_t *key = RWE_NEW(raw->scratch, uint64_t, n);
    uint32_t *order = RWE_NEW(raw->scratch, uint32_t, n);
    uint32_t *stratum = RWE_NEW(raw->arena, uint32_t, n);
    cohort->strata_name = rwe_text_join(raw->arena, raw->strata, ", ");
    if (rwe_arena_failed(raw->arena) || rwe_arena_failed(raw->scratch))
        return RWE_NO_MEMORY;
    for (size_t s = 0; s < raw->strata.n; s++)
        for (size_t i = 0; i < n; i++)
            key[i] =
                key[i] * raw->stratum[s].n_levels + (uint64_t)raw->stratum[s].code[cohort->row[i]];
    if (rwe_sort_integers(key, n, raw->scratch, order) != RWE_OK)
        return RWE_NO_MEMORY;
    for (size_t k = 0; k < n; k++) {
        if (k == 0 || key[order[k]] != key[order[k - 1]])
            cohort->n_strata++;
        stratum[order[k]] = (uint32_t)(cohort->n_strata - 1);
    }
    cohort->stratum = stratum;
    return RWE_OK;
}

static enum rwe_status gather_rest(const struct raw *raw, struct rwe_cohort *cohort)
{
    if (raw->strata.n > 0 && gather_strata(raw, cohort) != RWE_OK)
        return RWE_NO_MEMORY;
    if (raw->has_cluster) {
        uint32_t *cluster = RWE_NEW(raw->arena, uint32_t, cohort->n);
        for (size_t i = 0; cluster != NULL && i < cohort->n; i++)
            cluster[i] = (uint32_t)raw->cluster.code[cohort->row[i]];
        cohort->cluster = cluster;
        cohort->n_clusters = raw->cluster.n_levels;
    }
    if (raw->entry != NULL) {
        double *entry = RWE_NEW(raw->arena, double, cohort->n);
        if (entry != NULL)
            cohort->entry = gather_numbers(raw->entry, cohort->row, cohort->n, entry);
    }
    if (raw->exposure_start != NULL) {
        double *start = RWE_NEW(raw->arena, double, cohort->n);
        if (start != NULL)
            cohort->exposure_start =
                gather_numbers(raw->exposure_start, cohort->row, cohort->n, start);
    }
    return rwe_arena_failed(raw->arena) ? RWE_NO_MEMORY : RWE_OK;
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
    const char *arm = rwe_settings_text(raw->settings, "arm");
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
        if (events == 0)
            return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                            "endpoint \"%s\" has no event: every row of column \"%s\" says "
                            "censored; is it the column of events?",
                            spec->name, spec->event);
        if (events == cohort->n && spec->values.n == 0)
            return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                            "endpoint \"%s\": every row of column \"%s\" is an event, nobody is "
                            "censored; if that is true, say so with --endpoint %s=%s,%s:1",
                            spec->name, spec->event, spec->name, spec->time, spec->event);
    }
    return RWE_OK;
}

static enum rwe_status complaints_stop(const struct raw *raw, struct rwe_error *error)
{
    size_t n = raw->complaints->n;
    bool drop = rwe_settings_choice(raw->settings, "on-error") == 1;
    if (n == 0 || drop)
        return RWE_OK;
    return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                    "%s: %zu %s cannot be read as declared. Correct the file, or leave those rows "
                    "out with --on-error drop",
                    rwe_table_file(raw->table), n, n == 1 ? "cell or row" : "cells or rows");
}

/* ---- building ---- */

/* Rows that stay, in canonical order; duplicates count as complaints, so the rows are chosen again
 * when there are any and such rows are to be dropped. */
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
    cohort->n = 0;
    cohort->n_excluded = 0;
    status = complaints_stop(raw, error);
    if (status == RWE_OK)
        status = keep_rows(raw, cohort, row, error);
    if (status == RWE_OK && order_subjects(raw, row, cohort->n) != RWE_OK)
        status = rwe_fail_memory(error);
    return status;
}

static enum rwe_status build(struct raw *raw, struct rwe_cohort *cohort, struct rwe_error *error)
{
    enum rwe_status status = rwe_raw_read(raw, error);
    if (status == RWE_OK)
        status = choose_rows(raw, cohort, error);
    if (status != RWE_OK)
        return status;
    if (gather_ids(raw, cohort) != RWE_OK || gather_arms(raw, cohort) != RWE_OK)
        return rwe_fail_memory(error);
    status = check_arms(raw, cohort, error);
    if (status != RWE_OK)
        return status;
    if (gather_covariates(raw, cohort) != RWE_OK || gather_endpoints(raw, cohort) != RWE_OK ||
        gather_rest(raw, cohort) != RWE_OK)
        return rwe_fail_memory(error);
    return check_endpoints(raw, cohort, error);
}

enum rwe_status rwe_cohort_build(const struct rwe_table *table, const struct rwe_settings *settings,
                                 struct rwe_arena *arena, struct rwe_complaints *complaints,
                                 const struct rwe_cohort **cohort, struct rwe_error *error)
{
    struct rwe_cohort *built = RWE_NEW(arena, struct rwe_cohort, 1);
    struct rwe_arena *scratch = rwe_arena_new();
    if (built == NULL || scratch == NULL) {
        rwe_arena_free(scratch);
        return rwe_fail_memory(error);
    }
    struct raw raw = {
        .table = table,
        .settings = settings,
        .arena = arena,
        .scratch = scratch,
        .complaints = complaints,
        .n_rows = rwe_table_rows(table),
    };
    built->n_rows = raw.n_rows;
    enum rwe_status status = build(&raw, built, error);
    rwe_arena_free(scratch);
    *cohort = built;
    return status;
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
