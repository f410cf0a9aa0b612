/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cohort.h"

#include "check.h"
#include "rwe/base/sort.h"

#include <gsl/gsl_randist.h>
#include <math.h>
#include <string.h>

struct cohort cohort_new(struct rwe_arena *arena, size_t n, size_t p)
{
    return (struct cohort){
        .n = n,
        .p = p,
        .time = RWE_NEW(arena, double, n),
        .event = RWE_NEW(arena, uint8_t, n),
        .x = p == 0 ? NULL : rwe_arena_alloc(arena, n, p * sizeof(double)),
    };
}

struct cohort cohort_of(struct rwe_arena *arena, size_t n, const double time[],
                        const uint8_t event[], const uint32_t group[])
{
    struct cohort cohort = cohort_new(arena, n, 0);
    memcpy(cohort.time, time, n * sizeof *time);
    memcpy(cohort.event, event, n * sizeof *event);
    if (group != NULL) {
        cohort.group = RWE_NEW(arena, uint32_t, n);
        memcpy(cohort.group, group, n * sizeof *group);
    }
    return cohort;
}

/* out[k] = in[order[k]] for n items of `size` bytes; NULL stays NULL. */
static void *gather(const void *in, size_t size, const uint32_t order[], size_t n,
                    struct rwe_arena *arena)
{
    if (in == NULL)
        return NULL;
    unsigned char *out = rwe_arena_alloc(arena, n, size);
    for (size_t k = 0; k < n; k++)
        memcpy(out + k * size, (const unsigned char *)in + order[k] * size, size);
    return out;
}

static struct cohort cohort_gather(const struct cohort *from, const uint32_t order[], size_t n,
                                   struct rwe_arena *arena)
{
    struct cohort to = {
        .n = n,
        .p = from->p,
        .time = gather(from->time, sizeof(double), order, n, arena),
        .event = gather(from->event, sizeof(uint8_t), order, n, arena),
        .group = gather(from->group, sizeof(uint32_t), order, n, arena),
        .stratum = gather(from->stratum, sizeof(uint32_t), order, n, arena),
        .cluster = gather(from->cluster, sizeof(uint32_t), order, n, arena),
        .weight = gather(from->weight, sizeof(double), order, n, arena),
        .x = from->p == 0 ? NULL : rwe_arena_alloc(arena, n, from->p * sizeof(double)),
    };
    for (size_t j = 0; j < from->p; j++)
        for (size_t k = 0; k < n; k++)
            to.x[j * n + k] = from->x[j * from->n + order[k]];
    return to;
}

static size_t count_levels(const uint32_t code[], size_t n)
{
    size_t levels = 1;
    for (size_t i = 0; code != NULL && i < n; i++)
        levels = code[i] + (size_t)1 > levels ? code[i] + (size_t)1 : levels;
    return levels;
}

struct rwe_survival_data cohort_sort(struct cohort *cohort, struct rwe_arena *arena)
{
    size_t n = cohort->n;
    uint32_t *order = RWE_NEW(arena, uint32_t, n);
    assert_int_equal(rwe_sort_numbers(cohort->time, n, arena, order), RWE_OK);
    *cohort = cohort_gather(cohort, order, n, arena);
    return (struct rwe_survival_data){
        .n = n,
        .time = cohort->time,
        .event = cohort->event,
        .group = cohort->group,
        .n_groups = count_levels(cohort->group, n),
        .stratum = cohort->stratum,
        .n_strata = count_levels(cohort->stratum, n),
        .cluster = cohort->cluster,
        .n_clusters = count_levels(cohort->cluster, n),
        .weight = cohort->weight,
    };
}

struct cohort cohort_subset(const struct cohort *cohort, const uint8_t keep[],
                            struct rwe_arena *arena)
{
    uint32_t *order = RWE_NEW(arena, uint32_t, cohort->n);
    size_t n = 0;
    for (size_t i = 0; i < cohort->n; i++)
        if (keep[i])
            order[n++] = (uint32_t)i;
    return cohort_gather(cohort, order, n, arena);
}

struct cohort cohort_replicate(const struct cohort *cohort, struct rwe_arena *arena)
{
    double total = 0;
    for (size_t i = 0; i < cohort->n; i++)
        total += cohort->weight[i];
    uint32_t *order = RWE_NEW(arena, uint32_t, (size_t)total);
    size_t n = 0;
    for (size_t i = 0; i < cohort->n; i++)
        for (double copies = cohort->weight[i]; copies > 0; copies--)
            order[n++] = (uint32_t)i;
    struct cohort replicated = cohort_gather(cohort, order, n, arena);
    replicated.weight = NULL;
    return replicated;
}

struct cohort cohort_random(struct rwe_arena *arena, size_t n, size_t p, double grain,
                            uint64_t seed)
{
    struct rwe_rng stream;
    gsl_rng *rng = rwe_rng_start(&stream, seed, RWE_RNG_TEST, 0);
    struct cohort cohort = cohort_new(arena, n, p);
    cohort.group = RWE_NEW(arena, uint32_t, n);
    for (size_t i = 0; i < n; i++) {
        double log_hazard = 0;
        cohort.group[i] = (uint32_t)gsl_rng_uniform_int(rng, 2);
        for (size_t j = 0; j < p; j++) {
            double value = j == 0 ? cohort.group[i] : gsl_ran_gaussian(rng, 1);
            cohort.x[j * n + i] = value;
            log_hazard += value * (j % 2 == 0 ? -0.5 : 0.3);
        }
        double failure = gsl_ran_exponential(rng, 10 * exp(-log_hazard));
        double censoring = gsl_ran_exponential(rng, 20);
        double time = fmin(failure, censoring);
        cohort.event[i] = failure <= censoring;
        cohort.time[i] = grain > 0 ? grain * ceil(time / grain) : time;
    }
    return cohort;
}
