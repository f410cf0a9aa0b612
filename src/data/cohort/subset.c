/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/data/subset.h"

#include "cohort_take_private.h"

/* Numbers the levels anew that somebody has. The codes are the subset's own. */
static void drop_levels(struct rwe_variable *v, size_t n, struct rwe_arena *arena)
{
    int32_t *number = RWE_NEW(arena, int32_t, v->n_levels);
    const char **level = RWE_NEW(arena, const char *, v->n_levels);
    int32_t *code = RWE_NEW(arena, int32_t, n);
    size_t kept = 0;
    if (rwe_arena_failed(arena))
        return;
    for (size_t i = 0; i < n; i++)
        if (v->code[i] >= 0)
            number[v->code[i]] = 1;
    for (size_t l = 0; l < v->n_levels; l++)
        if (number[l] != 0) {
            level[kept] = v->level[l];
            number[l] = (int32_t)kept++;
        }
    for (size_t i = 0; i < n; i++)
        code[i] = v->code[i] < 0 ? -1 : number[v->code[i]];
    v->code = code;
    v->level = level;
    v->n_levels = kept;
}

static void drop_empty_levels(struct rwe_cohort *to, struct rwe_arena *arena)
{
    size_t n = to->n_covariates + to->n_late;
    struct rwe_variable *covariate = RWE_NEW(arena, struct rwe_variable, n);
    for (size_t j = 0; covariate != NULL && j < n; j++) {
        covariate[j] = to->covariate[j];
        if (covariate[j].categorical)
            drop_levels(&covariate[j], to->n, arena);
    }
    to->covariate = covariate;
}

static enum rwe_status check(const struct rwe_cohort *subset, struct rwe_error *error)
{
    for (size_t a = 0; a < subset->n_arms; a++)
        if (subset->arm_size[a] == 0)
            return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX, "nobody of arm \"%s\" is left",
                            subset->arm_level[a]);
    for (size_t e = 0; e < subset->n_endpoints; e++)
        if (subset->endpoint[e].n_events == 0)
            return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX, "endpoint \"%s\" has no event left",
                            subset->endpoint[e].name);
    return RWE_OK;
}

enum rwe_status rwe_cohort_subset(const struct rwe_cohort *cohort, const uint8_t keep[],
                                  struct rwe_arena *arena, const struct rwe_cohort **subset,
                                  struct rwe_error *error)
{
    struct cohort_take take = {.from = cohort, .arena = arena, .n_clusters = cohort->n_clusters};
    struct rwe_cohort *to = RWE_NEW(arena, struct rwe_cohort, 1);
    uint32_t *times = RWE_NEW(arena, uint32_t, cohort->n);
    for (size_t i = 0; times != NULL && i < cohort->n; i++)
        times[i] = keep[i] != 0;
    if (rwe_arena_failed(arena) || !cohort_take_list(&take, times))
        return rwe_fail_memory(error);
    uint32_t *cluster = cohort->cluster == NULL ? NULL : RWE_NEW(arena, uint32_t, take.n);
    for (size_t k = 0; cluster != NULL && k < take.n; k++)
        cluster[k] = cohort->cluster[take.source[k]];
    take.cluster = cluster;
    *to = cohort_take(&take);
    if (rwe_arena_failed(arena))
        return rwe_fail_memory(error);
    drop_empty_levels(to, arena);
    *subset = to;
    return rwe_arena_failed(arena) ? rwe_fail_memory(error) : check(to, error);
}
