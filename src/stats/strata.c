/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/base/sort.h"
#include "strata_private.h"

enum rwe_status rwe_strata_sort(const struct rwe_survival_data *data, struct rwe_arena *arena,
                                struct rwe_strata *strata)
{
    size_t *start = RWE_NEW(arena, size_t, data->n_strata + 1);
    uint32_t *order = RWE_NEW(arena, uint32_t, data->n);
    struct rwe_mark mark = rwe_arena_mark(arena);
    size_t *place = RWE_NEW(arena, size_t, data->n_strata);
    if (rwe_arena_failed(arena))
        return RWE_NO_MEMORY;
    for (size_t i = 0; i < data->n; i++)
        start[(data->stratum == NULL ? 0 : data->stratum[i]) + (size_t)1]++;
    for (size_t s = 0; s < data->n_strata; s++) {
        place[s] = start[s];
        start[s + 1] += start[s];
    }
    for (size_t i = 0; i < data->n; i++)
        order[place[data->stratum == NULL ? 0 : data->stratum[i]]++] = (uint32_t)i;
    rwe_arena_release(arena, mark);
    *strata = (struct rwe_strata){start, order};
    return RWE_OK;
}

enum rwe_status rwe_entry_order(const double entry[], const size_t start[], size_t n_strata,
                                struct rwe_arena *scratch, uint32_t order[])
{
    size_t n = start[n_strata];
    struct rwe_mark mark = rwe_arena_mark(scratch);
    uint32_t *sorted = RWE_NEW(scratch, uint32_t, n);
    uint32_t *stratum = RWE_NEW(scratch, uint32_t, n);
    size_t *place = RWE_NEW(scratch, size_t, n_strata);
    if (rwe_arena_failed(scratch) || rwe_sort_numbers(entry, n, scratch, sorted) != RWE_OK)
        return RWE_NO_MEMORY;
    for (size_t s = 0; s < n_strata; s++) {
        place[s] = start[s];
        for (size_t i = start[s]; i < start[s + 1]; i++)
            stratum[i] = (uint32_t)s;
    }
    for (size_t k = 0; k < n; k++)
        order[place[stratum[sorted[k]]]++] = sorted[k];
    rwe_arena_release(scratch, mark);
    return RWE_OK;
}
