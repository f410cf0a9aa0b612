/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "psm.h"

#include "rwe/base/sort.h"

#include <math.h>
#include <string.h>

static const struct rwe_variable *find(const struct rwe_cohort *cohort, const char *name)
{
    for (size_t j = 0; j < cohort->n_covariates; j++)
        if (strcmp(cohort->covariate[j].name, name) == 0)
            return &cohort->covariate[j];
    return NULL;
}

static enum rwe_status refuse(const struct rwe_run *run, const char *name, struct rwe_error *error)
{
    const struct rwe_cohort *cohort = run->cohort;
    const char **names = RWE_NEW(run->arena, const char *, cohort->n_covariates);
    if (names == NULL)
        return rwe_fail_memory(error);
    for (size_t j = 0; j < cohort->n_covariates; j++)
        names[j] = cohort->covariate[j].name;
    const char *nearest = rwe_text_nearest(name, names, cohort->n_covariates);
    if (nearest != NULL)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--exact: no covariate \"%s\"; did you mean \"%s\"?", name, nearest);
    return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                    "--exact: no covariate \"%s\": name it in --covariates too", name);
}

/* A value as a number: equal where the values are. */
static double value_of(const struct rwe_variable *v, size_t subject)
{
    if (v->categorical)
        return v->code[subject];
    return isnan(v->number[subject]) ? -INFINITY : v->number[subject];
}

/* The place of each row's value among the different ones. */
static enum rwe_status rank_values(const struct rwe_variable *v, const struct rwe_propensity *ps,
                                   struct rwe_arena *arena, uint32_t rank[])
{
    double *value = RWE_NEW(arena, double, ps->n);
    uint32_t *order = RWE_NEW(arena, uint32_t, ps->n), present = 0;
    for (size_t k = 0; value != NULL && k < ps->n; k++)
        value[k] = value_of(v, ps->subject[k]);
    if (rwe_arena_failed(arena) || rwe_sort_numbers(value, ps->n, arena, order) != RWE_OK)
        return RWE_NO_MEMORY;
    for (size_t k = 0; k < ps->n; k++) {
        present += k > 0 && value[order[k]] > value[order[k - 1]];
        rank[order[k]] = present;
    }
    return RWE_OK;
}

/* Parts each stratum by the values of one more covariate. */
static enum rwe_status part(const struct rwe_variable *v, const struct rwe_propensity *ps,
                            struct rwe_arena *arena, uint32_t stratum[])
{
    struct rwe_mark mark = rwe_arena_mark(arena);
    uint32_t *rank = RWE_NEW(arena, uint32_t, ps->n), *order = RWE_NEW(arena, uint32_t, ps->n);
    uint64_t *key = RWE_NEW(arena, uint64_t, ps->n);
    uint32_t present = 0;
    if (rwe_arena_failed(arena) || rank_values(v, ps, arena, rank) != RWE_OK)
        return RWE_NO_MEMORY;
    for (size_t k = 0; k < ps->n; k++)
        key[k] = (uint64_t)stratum[k] << 32 | rank[k];
    if (rwe_sort_integers(key, ps->n, arena, order) != RWE_OK)
        return RWE_NO_MEMORY;
    for (size_t k = 0; k < ps->n; k++) {
        present += k > 0 && key[order[k]] != key[order[k - 1]];
        stratum[order[k]] = present;
    }
    rwe_arena_release(arena, mark);
    return RWE_OK;
}

/* Who is outside common support gets a stratum of his own, where there is no partner. */
static void set_apart(const struct rwe_propensity *ps, uint32_t stratum[])
{
    uint32_t next = 0;
    for (size_t k = 0; k < ps->n; k++)
        next = stratum[k] >= next ? stratum[k] + 1 : next;
    for (size_t k = 0; ps->supported != NULL && k < ps->n; k++)
        if (!ps->supported[k])
            stratum[k] = next++;
}

enum rwe_status psm_exact(const struct rwe_run *run, struct psm *psm, struct rwe_error *error)
{
    struct rwe_strings names = rwe_settings_list(run->settings, "exact");
    if (names.n == 0 && psm->ps->supported == NULL)
        return RWE_OK;
    uint32_t *stratum = RWE_NEW(run->arena, uint32_t, psm->ps->n);
    psm->exact_names = names.n == 0 ? NULL : rwe_text_join(run->arena, names, ", ");
    if (rwe_arena_failed(run->arena))
        return rwe_fail_memory(error);
    for (size_t i = 0; i < names.n; i++) {
        const struct rwe_variable *v = find(run->cohort, names.item[i]);
        if (v == NULL)
            return refuse(run, names.item[i], error);
        if (part(v, psm->ps, run->arena, stratum) != RWE_OK)
            return rwe_fail_memory(error);
    }
    set_apart(psm->ps, stratum);
    psm->exact = stratum;
    return RWE_OK;
}
