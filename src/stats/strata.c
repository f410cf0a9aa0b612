/* SPDX-License-Identifier: GPL-3.0-or-later */
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
