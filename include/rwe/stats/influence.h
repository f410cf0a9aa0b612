/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * The robust variance of whatever has an influence function: curves, tests, hazard ratios, areas,
 * differences of proportions. One place knows how rows hang together, so that every estimate of a
 * population has its variance by the same rule.
 *
 *   V = Σ over clusters c of φ_c φ_c',   φ_c = Σ over rows i of c of ψ_i + Σ over subjects s of c of D a_s
 *
 * ψ_i is w_i times the derivative of the estimate by the weight w_i (infinitesimal jackknife; Efron,
 * Biometrika 68:589, 1981). The second sum is there where weights were estimated: a_s is the
 * influence of subject s on the parameters γ of the weights, and D = Σ ψ_i (∂ log w_i / ∂γ)' carries
 * it to the estimate. That is the sandwich of the stacked estimating equations (Stefanski & Boos, Am
 * Stat 56:29, 2002; for propensity scores Lunceford & Davidian, Stat Med 23:2937, 2004). Without it
 * the weights count as known.
 *
 * Where a subject stands in several clusters (matching with replacement) rows are alike in two ways,
 * and V = V(clusters) + V(subjects) − V(rows) (Cameron, Gelbach & Miller, J Bus Econ Stat 29:238,
 * 2011; for matching Austin & Cafri, Stat Med 39:1623, 2020).
 */
#ifndef RWE_STATS_INFLUENCE_H
#define RWE_STATS_INFLUENCE_H

#include "rwe/base/arena.h"
#include "rwe/base/status.h"
#include <stdbool.h>
#include <stdint.h>

/** How weights were estimated, by subject of the cohort (also those who got no weight). */
struct rwe_weight_estimation {
    size_t n_subjects, n_parameters;
    const double *slope; /**< [subject * n_parameters + k]: ∂ log w / ∂γ_k; 0 without weight */
    const double *influence; /**< the same layout: of the subject on the estimate of γ_k */
    const uint32_t *cluster; /**< by subject, 0 … n_clusters − 1; NULL: each its own */
    size_t n_clusters;
};

/** How the rows of an analysis hang together. */
struct rwe_dependence {
    size_t n;                /**< rows */
    const uint32_t *cluster; /**< 0 … n_clusters − 1; NULL: each row its own */
    size_t n_clusters;
    const uint32_t *subject; /**< whose row it is, 0 … n_subjects − 1; looked at where crossed and
                                  with estimation */
    size_t n_subjects;
    bool crossed; /**< subjects stand in several clusters, and count as clusters too */
    const struct rwe_weight_estimation *estimation; /**< NULL: the weights are known; else `subject`
                                                         counts its subjects, and its clusters are
                                                         those of the rows. Not looked at where
                                                         crossed: a matched set does not follow its
                                                         score smoothly (Abadie & Imbens,
                                                         Econometrica 84:781, 2016) */
};

/**
 * RWE_BAD_INPUT (error.index = row) for a code out of range; without an index for crossed rows without
 * clusters or subjects, or an estimation of the weights of other subjects or clusters; RWE_OK.
 */
enum rwe_status rwe_dependence_check(const struct rwe_dependence *rows, struct rwe_error *error);

/** One way in which rows are summed before they are squared. */
struct rwe_clustering {
    const uint32_t *code; /**< by row, 0 … n − 1; NULL: each row its own */
    size_t n;
    double sign; /**< of its share in the variance: 1 or −1 */
};
enum { RWE_MOST_CLUSTERINGS = 3 };

/** The ways for these rows; how many of them: 1, or 3 where crossed. The first is that by clusters:
 * alone it makes a variance, which their sum need not. */
size_t rwe_clusterings(const struct rwe_dependence *rows,
                       struct rwe_clustering ways[RWE_MOST_CLUSTERINGS]);

/**
 * covariance (k × k, full) of estimates with influence[i * k + j] of row i on estimate j; rows
 * without a share in one have 0 there. O(n k (k + n_parameters)). Where crossed, a variance may come
 * out negative in small samples; the covariance is then that by clusters alone. RWE_NO_MEMORY or
 * RWE_OK; `scratch` is left as it was found.
 */
enum rwe_status rwe_influence_covariance(const double influence[], size_t k,
                                         const struct rwe_dependence *rows,
                                         struct rwe_arena *scratch, double covariance[]);

/**
 * What the estimation of weights adds to a sum over subjects, for variances that are kept up along a
 * curve and cannot hold all influences at once: with D = Σ ψ_i slope_i' and
 * B = Σ ψ_i (Σ of a over i's cluster)', V = Σ ψψ' + D B' + B D' + D M D'. `total` has the sums that
 * B takes, `square` is M.
 */
struct rwe_estimation_sums {
    size_t q;             /**< parameters; 0: weights are known */
    const double *total;  /**< [code * q + k]: Σ a over the cluster (subject, without clusters), by
                               the code of the first of rwe_clusterings */
    const double *square; /**< q × q: Σ over clusters of total total' */
};

/** RWE_NO_MEMORY or RWE_OK. */
enum rwe_status rwe_estimation_sums(const struct rwe_dependence *rows, struct rwe_arena *arena,
                                    struct rwe_estimation_sums *sums);

#endif
