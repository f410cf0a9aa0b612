/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Rows of each stratum in the order in which they come under observation. */
#ifndef RWE_STATS_ENTRY_ORDER_PRIVATE_H
#define RWE_STATS_ENTRY_ORDER_PRIVATE_H

#include "rwe/base/arena.h"
#include "rwe/base/status.h"
#include <stdint.h>

/**
 * Stratum s holds positions [start[s], start[s + 1]), start[0] = 0; order gets the same places
 * filled with them in ascending entry, equal ones in ascending position. By radix, linear in n.
 * RWE_NO_MEMORY or RWE_OK.
 */
enum rwe_status rwe_entry_order(const double entry[], const size_t start[], size_t n_strata,
                                struct rwe_arena *scratch, uint32_t order[]);

#endif
