/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cohort_take_private.h"

#include "rwe/data/found_exposure.h"
#include <math.h>

bool cohort_take_list(struct cohort_take *take, const uint32_t times[])
{
    const struct rwe_cohort *cohort = take->from;
    uint32_t *first = RWE_NEW(take->arena, uint32_t, cohort->n + 1);
    if (first == NULL)
        return false;
    for (size_t i = 0; i < cohort->n; i++)
        first[i + 1] = first[i] + times[i];
    take->n = first[cohort->n];
    uint32_t *source = RWE_NEW(take->arena, uint32_t, take->n);
    for (uint32_t i = 0; source != NULL && i < cohort->n; i++)
        for (uint32_t k = first[i]; k < first[i + 1]; k++)
            source[k] = i;
    take->first = first;
    take->source = source;
    return source != NULL;
}

/* ---- columns: NULL stays NULL ---- */

static double *take_numbers(const struct cohort_take *take, const double value[])
{
    double *taken = value == NULL ? NULL : RWE_NEW(take->arena, double, take->n);
    for (size_t k = 0; taken != NULL && k < take->n; k++)
        taken[k] = value[take->source[k]];
    return taken;
}

static uint32_t *take_codes(const struct cohort_take *take, const uint32_t code[])
{
    uint32_t *taken = code == NULL ? NULL : RWE_NEW(take->arena, uint32_t, take->n);
    for (size_t k = 0; taken != NULL && k < take->n; k++)
        taken[k] = code[take->source[k]];
    return taken;
}

static int8_t *take_responses(const struct cohort_take *take, const int8_t response[])
{
    int8_t *taken = response == NULL ? NULL : RWE_NEW(take->arena, int8_t, take->n);
    for (size_t k = 0; taken != NULL && k < take->n; k++)
        taken[k] = response[take->source[k]];
    return taken;
}

static struct rwe_best_response *take_best(const struct cohort_take *take,
                                           const struct rwe_best_response best[])
{
    struct rwe_best_response *taken =
        best == NULL ? NULL : RWE_NEW(take->arena, struct rwe_best_response, take->n);
    for (size_t k = 0; taken != NULL && k < take->n; k++)
        taken[k] = best[take->source[k]];
    return taken;
}

static struct rwe_variable take_variable(const struct cohort_take *take,
                                         const struct rwe_variable *v)
{
    struct rwe_variable taken = *v;
    taken.n_missing = 0;
    taken.number = take_numbers(take, v->number);
    int32_t *code = v->code == NULL ? NULL : RWE_NEW(take->arena, int32_t, take->n);
    for (size_t k = 0; code != NULL && k < take->n; k++) {
        code[k] = v->code[take->source[k]];
        taken.n_missing += code[k] < 0;
    }
    taken.code = code;
    for (size_t k = 0; taken.number != NULL && k < take->n; k++)
        taken.n_missing += isnan(taken.number[k]);
    return taken;
}

static struct rwe_endpoint take_endpoint(const struct cohort_take *take,
                                         const struct rwe_endpoint *e)
{
    struct rwe_endpoint taken = *e;
    uint8_t *event = RWE_NEW(take->arena, uint8_t, take->n);
    uint32_t *order = RWE_NEW(take->arena, uint32_t, take->n);
    uint8_t *absent = e->absent == NULL ? NULL : RWE_NEW(take->arena, uint8_t, take->n);
    taken.time = take_numbers(take, e->time);
    taken.n_events = 0;
    taken.value = NULL; /* they are by subject of the file */
    taken.n_values = 0;
    for (size_t k = 0; event != NULL && k < take->n; k++) {
        event[k] = e->event[take->source[k]];
        taken.n_events += event[k] > 0;
    }
    for (size_t k = 0; absent != NULL && k < take->n; k++)
        absent[k] = e->absent[take->source[k]];
    for (size_t o = 0, at = 0; order != NULL && o < take->from->n; o++)
        for (uint32_t k = take->first[e->order[o]]; k < take->first[e->order[o] + 1]; k++)
            order[at++] = k;
    taken.event = event;
    taken.absent = absent;
    taken.order = order;
    return taken;
}

static void take_identity(const struct cohort_take *take, struct rwe_cohort *to)
{
    const char **id = RWE_NEW(take->arena, const char *, take->n);
    for (size_t k = 0; id != NULL && k < take->n; k++)
        id[k] = take->from->id[take->source[k]];
    to->id = id;
    to->row = take_codes(take, take->from->row);
    to->id_value = take_numbers(take, take->from->id_value);
}

static void take_arms(const struct cohort_take *take, struct rwe_cohort *to)
{
    size_t *size = RWE_NEW(take->arena, size_t, to->n_arms);
    to->arm = take_codes(take, take->from->arm);
    to->arm_size = size;
    for (size_t k = 0; size != NULL && to->arm != NULL && k < take->n; k++)
        size[to->arm[k]]++;
}

static const struct rwe_found_exposure *take_found(const struct cohort_take *take)
{
    const struct rwe_found_exposure *from = take->from->found;
    struct rwe_found_exposure *found =
        from == NULL ? NULL : RWE_NEW(take->arena, struct rwe_found_exposure, 1);
    if (found == NULL)
        return NULL;
    *found = *from;
    found->start = take_numbers(take, from->start);
    found->n_late = 0;
    for (size_t k = 0; found->start != NULL && k < take->n; k++)
        found->n_late += found->start[k] > 0;
    return found;
}

static void take_columns(const struct cohort_take *take, struct rwe_cohort *to)
{
    size_t n_covariates = to->n_covariates + to->n_late;
    struct rwe_variable *covariate = RWE_NEW(take->arena, struct rwe_variable, n_covariates);
    struct rwe_variable *described = RWE_NEW(take->arena, struct rwe_variable, to->n_described);
    struct rwe_endpoint *endpoint = RWE_NEW(take->arena, struct rwe_endpoint, to->n_endpoints);
    for (size_t j = 0; covariate != NULL && j < n_covariates; j++)
        covariate[j] = take_variable(take, &take->from->covariate[j]);
    for (size_t j = 0; described != NULL && j < to->n_described; j++)
        described[j] = take_variable(take, &take->from->described[j]);
    for (size_t e = 0; endpoint != NULL && e < to->n_endpoints; e++)
        endpoint[e] = take_endpoint(take, &take->from->endpoint[e]);
    to->covariate = covariate;
    to->described = described;
    to->endpoint = endpoint;
    to->stratum = take_codes(take, take->from->stratum);
    to->response = take_responses(take, take->from->response);
    to->best = take_best(take, take->from->best);
    to->entry = take_numbers(take, take->from->entry);
    to->exposure_start = take_numbers(take, take->from->exposure_start);
    to->exposure_until = take_numbers(take, take->from->exposure_until);
    to->found = take_found(take);
    to->cluster = take->cluster;
    to->n_clusters = take->n_clusters;
}

struct rwe_cohort cohort_take(const struct cohort_take *take)
{
    struct rwe_cohort to = *take->from;
    to.n = take->n;
    to.source = take->source;
    to.dates = NULL; /* they are by subject of the file */
    to.excluded = NULL;
    to.n_excluded = 0;
    take_identity(take, &to);
    take_arms(take, &to);
    take_columns(take, &to);
    return to;
}
