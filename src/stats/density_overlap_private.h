/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Overlap of two kernel densities, for balance and nothing else. */
#ifndef RWE_STATS_DENSITY_OVERLAP_PRIVATE_H
#define RWE_STATS_DENSITY_OVERLAP_PRIVATE_H

#include "rwe/base/arena.h"
#include "rwe/base/status.h"

/**
 * 1 − ½ ∫ |f1 − f0| as rwe_balance.overlap describes it. `sorted` holds n values of both groups,
 * ascending; `mass` the share of its group that each has, + for one and − for the other, so that it
 * sums to 0. RWE_OK or RWE_NO_MEMORY.
 */
enum rwe_status rwe_density_overlap(const double sorted[], const double mass[], size_t n,
                                    struct rwe_arena *scratch, double *overlap);

#endif
