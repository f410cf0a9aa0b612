/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/data/resample.h"

/* Who was drawn: subject i stands at first[i] … first[i + 1] − 1 of the replicate. */
struct draw {
    const struct rwe_cohort *from;
    const uint32_t *first;  /* n + 1, by subject of the cohort */
    const uint32_t *source; /* by subject of the replicate */
    size_t n;
    const uint32_t *cluster; /* by subject of the replicate; NULL: none */
    size_t n_clusters;
    struct rwe_arena *arena;
};

static uint32_t *count_draws(size_t n, gsl_rng *rng, struct rwe_arena *arena)
{
    uint32_t *times = RWE_NEW(arena, uint32_t, n);
    for (size_t k = 0; times != NULL && k < n; k++)
        times[gsl_rng_uniform_int(rng, n)]++;
    return times;
}

/* The copies of each subject, in canonical order. */
static bool list_copies(struct draw *draw, const uint32_t times[])
{
    const struct rwe_cohort *cohort = draw->from;
    uint32_t *first = RWE_NEW(draw->arena, uint32_t, cohort->n + 1);
    if (first == NULL)
        return false;
    for (size_t i = 0; i < cohort->n; i++)
        first[i + 1] = first[i] + times[cohort->cluster == NULL ? i : cohort->cluster[i]];
    draw->n = first[cohort->n];
    uint32_t *source = RWE_NEW(draw->arena, uint32_t, draw->n);
    for (uint32_t i = 0; source != NULL && i < cohort->n; i++)
        for (uint32_t k = first[i]; k < first[i + 1]; k++)
            source[k] = i;
    draw->first = first;
    draw->source = source;
    return source != NULL;
}

/* The c-th copies of a cluster's subjects are one cluster. */
static bool number_clusters(struct draw *draw, const uint32_t times[])
{
    const struct rwe_cohort *cohort = draw->from;
    uint32_t *first = RWE_NEW(draw->arena, uint32_t, cohort->n_clusters + 1);
    uint32_t *cluster = RWE_NEW(draw->arena, uint32_t, draw->n);
    if (rwe_arena_failed(draw->arena))
        return false;
    for (size_t c = 0; c < cohort->n_clusters; c++)
        first[c + 1] = first[c] + times[c];
    for (size_t k = 0; k < draw->n; k++) {
        uint32_t i = draw->source[k];
        cluster[k] = first[cohort->cluster[i]] + ((uint32_t)k - draw->first[i]);
    }
    draw->cluster = cluster;
    draw->n_clusters = first[cohort->n_clusters];
    return true;
}

static bool draw_subjects(struct draw *draw, gsl_rng *rng)
{
    const struct rwe_cohort *cohort = draw->from;
    bool has_clusters = cohort->cluster != NULL;
    const uint32_t *times =
        count_draws(has_clusters ? cohort->n_clusters : cohort->n, rng, draw->arena);
    return times != NULL && list_copies(draw, times) &&
           (!has_clusters || number_clusters(draw, times));
}

/* ---- columns: NULL stays NULL ---- */

static double *take_numbers(const struct draw *draw, const double value[])
{
    double *taken = value == NULL ? NULL : RWE_NEW(draw->arena, double, draw->n);
    for (size_t k = 0; taken != NULL && k < draw->n; k++)
        taken[k] = value[draw->source[k]];
    return taken;
}

static uint32_t *take_codes(const struct draw *draw, const uint32_t code[])
{
    uint32_t *taken = code == NULL ? NULL : RWE_NEW(draw->arena, uint32_t, draw->n);
    for (size_t k = 0; taken != NULL && k < draw->n; k++)
        taken[k] = code[draw->source[k]];
    return taken;
}

static int8_t *take_responses(const struct draw *draw, const int8_t response[])
{
    int8_t *taken = response == NULL ? NULL : RWE_NEW(draw->arena, int8_t, draw->n);
    for (size_t k = 0; taken != NULL && k < draw->n; k++)
        taken[k] = response[draw->source[k]];
    return taken;
}

static struct rwe_variable take_variable(const struct draw *draw, const struct rwe_variable *v)
{
    struct rwe_variable taken = *v;
    taken.n_missing = 0;
    taken.number = take_numbers(draw, v->number);
    int32_t *code = v->code == NULL ? NULL : RWE_NEW(draw->arena, int32_t, draw->n);
    for (size_t k = 0; code != NULL && k < draw->n; k++) {
        code[k] = v->code[draw->source[k]];
        taken.n_missing += code[k] < 0;
    }
    taken.code = code;
    for (size_t k = 0; taken.number != NULL && k < draw->n; k++)
        taken.n_missing += taken.number[k] != taken.number[k];
    return taken;
}

static struct rwe_endpoint take_endpoint(const struct draw *draw, const struct rwe_endpoint *e)
{
    struct rwe_endpoint taken = *e;
    uint8_t *event = RWE_NEW(draw->arena, uint8_t, draw->n);
    uint32_t *order = RWE_NEW(draw->arena, uint32_t, draw->n);
    taken.time = take_numbers(draw, e->time);
    taken.n_events = 0;
    for (size_t k = 0; event != NULL && k < draw->n; k++) {
        event[k] = e->event[draw->source[k]];
        taken.n_events += event[k] > 0;
    }
    for (size_t o = 0, at = 0; order != NULL && o < draw->from->n; o++)
        for (uint32_t k = draw->first[e->order[o]]; k < draw->first[e->order[o] + 1]; k++)
            order[at++] = k;
    taken.event = event;
    taken.order = order;
    return taken;
}

static void take_identity(const struct draw *draw, struct rwe_cohort *to)
{
    const char **id = RWE_NEW(draw->arena, const char *, draw->n);
    for (size_t k = 0; id != NULL && k < draw->n; k++)
        id[k] = draw->from->id[draw->source[k]];
    to->id = id;
    to->row = take_codes(draw, draw->from->row);
    to->id_value = take_numbers(draw, draw->from->id_value);
}

static void take_arms(const struct draw *draw, struct rwe_cohort *to)
{
    size_t *size = RWE_NEW(draw->arena, size_t, to->n_arms);
    to->arm = take_codes(draw, draw->from->arm);
    to->arm_size = size;
    for (size_t k = 0; size != NULL && to->arm != NULL && k < draw->n; k++)
        size[to->arm[k]]++;
}

static void take_columns(const struct draw *draw, struct rwe_cohort *to)
{
    struct rwe_variable *covariate = RWE_NEW(draw->arena, struct rwe_variable, to->n_covariates);
    struct rwe_endpoint *endpoint = RWE_NEW(draw->arena, struct rwe_endpoint, to->n_endpoints);
    for (size_t j = 0; covariate != NULL && j < to->n_covariates; j++)
        covariate[j] = take_variable(draw, &draw->from->covariate[j]);
    for (size_t e = 0; endpoint != NULL && e < to->n_endpoints; e++)
        endpoint[e] = take_endpoint(draw, &draw->from->endpoint[e]);
    to->covariate = covariate;
    to->endpoint = endpoint;
    to->stratum = take_codes(draw, draw->from->stratum);
    to->entry = take_numbers(draw, draw->from->entry);
    to->exposure_start = take_numbers(draw, draw->from->exposure_start);
    to->response = take_responses(draw, draw->from->response);
    to->cluster = draw->cluster;
    to->n_clusters = draw->n_clusters;
}

enum rwe_status rwe_cohort_resample(const struct rwe_cohort *cohort, gsl_rng *rng,
                                    struct rwe_arena *arena, const struct rwe_cohort **replicate,
                                    struct rwe_error *error)
{
    struct draw draw = {.from = cohort, .arena = arena};
    struct rwe_cohort *to = RWE_NEW(arena, struct rwe_cohort, 1);
    if (to == NULL || !draw_subjects(&draw, rng))
        return rwe_fail_memory(error);
    *to = *cohort;
    to->n = draw.n;
    to->source = draw.source;
    to->excluded = NULL;
    to->n_excluded = 0;
    take_identity(&draw, to);
    take_arms(&draw, to);
    take_columns(&draw, to);
    *replicate = to;
    return rwe_arena_failed(arena) ? rwe_fail_memory(error) : RWE_OK;
}
