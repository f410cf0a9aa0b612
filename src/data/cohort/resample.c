/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/data/resample.h"

#include "cohort_take_private.h"

static uint32_t *count_draws(size_t n, gsl_rng *rng, struct rwe_arena *arena)
{
    uint32_t *times = RWE_NEW(arena, uint32_t, n);
    for (size_t k = 0; times != NULL && k < n; k++)
        times[gsl_rng_uniform_int(rng, n)]++;
    return times;
}

/* How many times each subject is taken when each cluster is taken so many times. */
static uint32_t *spread_to_subjects(const struct rwe_cohort *cohort, const uint32_t times[],
                                    struct rwe_arena *arena)
{
    uint32_t *of_subject = RWE_NEW(arena, uint32_t, cohort->n);
    for (size_t i = 0; of_subject != NULL && i < cohort->n; i++)
        of_subject[i] = times[cohort->cluster[i]];
    return of_subject;
}

/* The c-th copies of a cluster's subjects are one cluster. */
static bool number_clusters(struct cohort_take *take, const uint32_t times[])
{
    const struct rwe_cohort *cohort = take->from;
    uint32_t *first = RWE_NEW(take->arena, uint32_t, cohort->n_clusters + 1);
    uint32_t *cluster = RWE_NEW(take->arena, uint32_t, take->n);
    if (rwe_arena_failed(take->arena))
        return false;
    for (size_t c = 0; c < cohort->n_clusters; c++)
        first[c + 1] = first[c] + times[c];
    for (size_t k = 0; k < take->n; k++) {
        uint32_t i = take->source[k];
        cluster[k] = first[cohort->cluster[i]] + ((uint32_t)k - take->first[i]);
    }
    take->cluster = cluster;
    take->n_clusters = first[cohort->n_clusters];
    return true;
}

static bool draw(struct cohort_take *take, gsl_rng *rng)
{
    const struct rwe_cohort *cohort = take->from;
    if (cohort->cluster == NULL) {
        const uint32_t *times = count_draws(cohort->n, rng, take->arena);
        return times != NULL && cohort_take_list(take, times);
    }
    const uint32_t *times = count_draws(cohort->n_clusters, rng, take->arena);
    const uint32_t *of_subject =
        times == NULL ? NULL : spread_to_subjects(cohort, times, take->arena);
    return of_subject != NULL && cohort_take_list(take, of_subject) && number_clusters(take, times);
}

enum rwe_status rwe_cohort_resample(const struct rwe_cohort *cohort, gsl_rng *rng,
                                    struct rwe_arena *arena, const struct rwe_cohort **replicate,
                                    struct rwe_error *error)
{
    struct cohort_take take = {.from = cohort, .arena = arena};
    struct rwe_cohort *to = RWE_NEW(arena, struct rwe_cohort, 1);
    if (to == NULL || !draw(&take, rng))
        return rwe_fail_memory(error);
    *to = cohort_take(&take);
    *replicate = to;
    return rwe_arena_failed(arena) ? rwe_fail_memory(error) : RWE_OK;
}
