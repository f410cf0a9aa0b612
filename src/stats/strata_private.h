/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Rows brought together by stratum, by time or by entry, for the kernels that walk one stratum after the
 * other. */
#ifndef RWE_STATS_STRATA_PRIVATE_H
#define RWE_STATS_STRATA_PRIVATE_H

#include "rwe/base/arena.h"
#include "rwe/stats/survival_data.h"

/** Stratum s holds rows order[start[s]] … order[start[s + 1] − 1], in ascending time. */
struct rwe_strata {
    size_t *start; /**< n_strata + 1 */
    uint32_t *order;
};

/** A stable counting sort on the stratum: linear in n and in n_strata. RWE_NO_MEMORY or RWE_OK. */
enum rwe_status rwe_strata_sort(const struct rwe_survival_data *data, struct rwe_arena *arena,
                                struct rwe_strata *strata);

/**
 * Stratum s holds positions [start[s], start[s + 1]), start[0] = 0; order gets the same places
 * filled with them in ascending entry, equal ones in ascending position. By radix, linear in n.
 * RWE_NO_MEMORY or RWE_OK.
 */
enum rwe_status rwe_entry_order(const double entry[], const size_t start[], size_t n_strata,
                                struct rwe_arena *scratch, uint32_t order[]);

#endif
