/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From columns of the file to columns of subjects. */
#include "cohort_private.h"

#include "rwe/base/sort.h"
#include "rwe/data/event_words.h"
#include <float.h>
#include <math.h>

const double *rwe_raw_gather_numbers(const double column[], const uint32_t row[], size_t n,
                                     double to[])
{
    for (size_t k = 0; k < n; k++)
        to[k] = column[row[k]];
    return to;
}

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
    if (raw->arm_name[0] != NULL)
        level[0] = raw->arm_name[0];
    if (raw->arm_name[1] != NULL)
        level[raw->n_arms - 1] = raw->arm_name[1];
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
    if (rwe_raw_name_variable(raw, to) != RWE_OK)
        return RWE_NO_MEMORY;
    if (from->categorical)
        return gather_factor(raw, &from->factor, cohort, to);
    double *number = RWE_NEW(raw->arena, double, cohort->n);
    if (number == NULL)
        return RWE_NO_MEMORY;
    to->number = rwe_raw_gather_numbers(from->number, cohort->row, cohort->n, number);
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
    cohort->n_covariates = raw->n_covariates - raw->n_late;
    cohort->n_late = raw->n_late;
    for (size_t j = 0; j < raw->n_covariates; j++)
        if (gather_covariate(raw, &raw->covariate[j], cohort, &covariate[j]) != RWE_OK)
            return RWE_NO_MEMORY;
    return RWE_OK;
}

static enum rwe_status gather_described(const struct raw *raw, struct rwe_cohort *cohort)
{
    struct rwe_variable *described = RWE_NEW(raw->arena, struct rwe_variable, raw->n_described);
    if (described == NULL)
        return RWE_NO_MEMORY;
    cohort->described = described;
    cohort->n_described = raw->n_described;
    for (size_t j = 0; j < raw->n_described; j++)
        if (gather_covariate(raw, &raw->described[j], cohort, &described[j]) != RWE_OK)
            return RWE_NO_MEMORY;
    return RWE_OK;
}

bool rwe_cohort_settle_ties(double time[], const uint32_t order[], size_t n)
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

/* The values of the column of events that subjects have. */
static enum rwe_status gather_values(const struct raw *raw, const struct raw_endpoint *from,
                                     const struct rwe_cohort *cohort, struct rwe_endpoint *to)
{
    size_t n = from->status.n_levels;
    if (n == 0)
        return RWE_OK;
    struct rwe_event_value *value = RWE_NEW(raw->arena, struct rwe_event_value, n);
    size_t *subjects = RWE_NEW(raw->scratch, size_t, n);
    if (value == NULL || subjects == NULL)
        return RWE_NO_MEMORY;
    for (size_t i = 0; i < cohort->n; i++)
        if (from->absent == NULL || !from->absent[cohort->row[i]])
            subjects[from->status.code[cohort->row[i]]]++;
    for (size_t l = 0; l < n; l++)
        if (subjects[l] > 0)
            value[to->n_values++] = (struct rwe_event_value){from->status.level[l],
                                                             (uint8_t)from->cause[l], subjects[l]};
    to->value = value;
    to->is_reversed = rwe_event_is_reversed(from->spec->event);
    return RWE_OK;
}

/* NULL where nobody is absent. */
static enum rwe_status gather_absent(const struct raw *raw, const struct raw_endpoint *from,
                                     const struct rwe_cohort *cohort, struct rwe_endpoint *to)
{
    bool any = false;
    for (size_t i = 0; from->absent != NULL && i < cohort->n; i++)
        any = any || from->absent[cohort->row[i]];
    if (!any)
        return RWE_OK;
    uint8_t *absent = RWE_NEW(raw->arena, uint8_t, cohort->n);
    for (size_t i = 0; absent != NULL && i < cohort->n; i++)
        absent[i] = from->absent[cohort->row[i]];
    to->absent = absent;
    return absent == NULL ? RWE_NO_MEMORY : RWE_OK;
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
    if (to->cause_name == NULL || gather_values(raw, from, cohort, to) != RWE_OK)
        return RWE_NO_MEMORY;
    rwe_raw_gather_numbers(from->time, cohort->row, cohort->n, time);
    for (size_t i = 0; i < cohort->n; i++) {
        event[i] = from->event[cohort->row[i]];
        to->n_events += event[i] > 0;
    }
    if (gather_absent(raw, from, cohort, to) != RWE_OK ||
        rwe_sort_numbers(time, cohort->n, raw->scratch, order) != RWE_OK)
        return RWE_NO_MEMORY;
    /* Subjects whose times became equal must stand in canonical order too. */
    if (rwe_cohort_settle_ties(time, order, cohort->n))
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
    return rwe_cohort_gather_until(raw, cohort, endpoint);
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
            cohort->entry = rwe_raw_gather_numbers(raw->entry, cohort->row, cohort->n, entry);
    }
    if (raw->exposure_start != NULL) {
        double *start = RWE_NEW(raw->arena, double, cohort->n);
        if (start != NULL)
            cohort->exposure_start =
                rwe_raw_gather_numbers(raw->exposure_start, cohort->row, cohort->n, start);
    }
    if (raw->response != NULL) {
        int8_t *response = RWE_NEW(raw->arena, int8_t, cohort->n);
        for (size_t i = 0; response != NULL && i < cohort->n; i++)
            response[i] = (int8_t)raw->response[cohort->row[i]];
        cohort->response = response;
    }
    if (raw->best != NULL) {
        struct rwe_best_response *best = RWE_NEW(raw->arena, struct rwe_best_response, cohort->n);
        for (size_t i = 0; best != NULL && i < cohort->n; i++)
            best[i] = raw->best[cohort->row[i]];
        cohort->best = best;
    }
    return rwe_arena_failed(raw->arena) ? RWE_NO_MEMORY : RWE_OK;
}

enum rwe_status rwe_cohort_gather_arms(const struct raw *raw, struct rwe_cohort *cohort)
{
    return gather_ids(raw, cohort) == RWE_OK ? gather_arms(raw, cohort) : RWE_NO_MEMORY;
}

enum rwe_status rwe_cohort_gather_columns(const struct raw *raw, struct rwe_cohort *cohort)
{
    bool done = gather_covariates(raw, cohort) == RWE_OK &&
                gather_described(raw, cohort) == RWE_OK &&
                gather_endpoints(raw, cohort) == RWE_OK && gather_rest(raw, cohort) == RWE_OK &&
                rwe_cohort_gather_dates(raw, cohort) == RWE_OK &&
                rwe_cohort_find_exposure(raw, cohort) == RWE_OK;
    return done ? RWE_OK : RWE_NO_MEMORY;
}
