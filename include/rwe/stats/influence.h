/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * How weights that were estimated move with what they were estimated from, so that the variance of
 * any weighted estimate can allow for it (M-estimation: Stefanski & Boos, Am Stat 56:29, 2002).
 */
#ifndef RWE_STATS_INFLUENCE_H
#define RWE_STATS_INFLUENCE_H

#include <stddef.h>
#include <stdint.h>

/** The parameters γ behind the weights w: n_subjects × q, a subject's q numbers side by side. */
struct rwe_weight_estimation {
    size_t n_subjects, n_parameters; /**< n_parameters is q */
    const double *slope;             /**< d log w_i / d γ_k; 0 for those left out or truncated */
    const double *influence; /**< the subject's influence on γ̂_k: γ̂ − γ ≈ Σ_i influence_i */
    const uint32_t *cluster; /**< codes 0 … n_clusters − 1; NULL: every subject is its own */
    size_t n_clusters;
};

#endif
