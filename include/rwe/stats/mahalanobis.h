/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Distances between units in several covariates at once, on one scale whatever their units:
 *
 *     d(i, j) = sqrt((x_i − x_j)' S^-1 (x_i − x_j))
 *
 * with S the covariance of the covariates pooled within arms (Rubin, Biometrics 36:293, 1980), that
 * of the controls, or robust: that of ranks (Rosenbaum, Design of Observational Studies, 2010,
 * ch. 8). Ranks keep an outlier from swelling a variance, so that its covariate would count for
 * nothing. Ties have the mean of their ranks, which would make a rare binary covariate all that
 * counts; so each variance is set to that of untied ranks, n (n + 1) / 12, correlations kept.
 *
 * The root is taken, as in optmatch and MatchIt; Rosenbaum's own function gives the square.
 *
 * Covariates that others determine (all levels of a factor) add nothing: in their place stands the
 * pseudo-inverse of the correlation matrix, whose eigenvalues below sqrt(DBL_EPSILON) of the largest
 * count as 0. A covariate that does not vary is an error.
 *
 * Units are mapped once to points whose straight distance is d, which costs O(n k²); then one
 * distance costs O(k).
 */
#ifndef RWE_STATS_MAHALANOBIS_H
#define RWE_STATS_MAHALANOBIS_H

#include "rwe/base/arena.h"
#include "rwe/base/status.h"
#include <stdint.h>

enum rwe_mahalanobis_scale {
    RWE_MAHALANOBIS_WITHIN,   /**< Σ of squares about the mean of each arm, both arms added, over
                                 n − 2 (default) */
    RWE_MAHALANOBIS_CONTROLS, /**< covariance of the controls, n_controls − 1 */
    RWE_MAHALANOBIS_RANKS,    /**< robust: of ranks in both arms together */
};

struct rwe_mahalanobis {
    size_t rank;         /**< number of coordinates, 1 … k; less than k: some were determined */
    const double *point; /**< n × rank, unit by unit; the arena's */
};

/**
 * `x` is k columns of n: x[column × n + unit]. Errors: RWE_NOT_FINITE (index into x), RWE_COLLINEAR
 * (a column without variance where the scale looks: within the arms, among the controls, at all; index:
 * the column), RWE_NOT_ESTIMABLE (too few units for the scale), RWE_BAD_INPUT (k = 0),
 * RWE_NO_MEMORY.
 */
enum rwe_status rwe_mahalanobis_map(const double x[], size_t k, const uint8_t treated[], size_t n,
                                    enum rwe_mahalanobis_scale scale, struct rwe_arena *arena,
                                    struct rwe_mahalanobis *result, struct rwe_error *error);

/** d of two units. `map` is a struct rwe_mahalanobis: the shape that matching takes (match_flow.h). */
double rwe_mahalanobis_distance(const void *map, size_t a, size_t b);

#endif
