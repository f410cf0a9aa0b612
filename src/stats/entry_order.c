/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "entry_order_private.h"

#include "rwe/base/sort.h"

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
