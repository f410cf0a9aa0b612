/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * The robust variance along a curve, by the rule of rwe_influence_covariance, without holding n
 * influences at each time.
 *
 * The influence of row i at time t is Σ_m c_m(t) x_im: the coefficients c are common to all rows, and
 * the row's parts x change only where it enters or leaves. Then V = c' Q c, where Q = Σ x x' over
 * clusters changes with one cluster at a time; and what the estimation of weights adds,
 * D B' + B D' + D M D' (influence.h), needs two more sums that are linear in x.
 */
#ifndef RWE_STATS_RUNNING_INFLUENCE_PRIVATE_H
#define RWE_STATS_RUNNING_INFLUENCE_PRIVATE_H

#include "rwe/base/arena.h"
#include "rwe/stats/influence.h"

enum { RWE_MOST_PARTS = 3, RWE_MOST_PART_PAIRS = RWE_MOST_PARTS * (RWE_MOST_PARTS + 1) / 2 };

/** A sum that keeps what rounding takes (Neumaier, ZAMM 54:39, 1974): terms are added and, later,
 * taken off again, and what remains at last is small. */
struct rwe_running_sum {
    double value, lost;
};

struct rwe_running_influence {
    size_t n_parts;
    struct rwe_clustering way;
    double *part;                                       /**< [code * n_parts + m] */
    struct rwe_running_sum square[RWE_MOST_PART_PAIRS]; /**< Q, lower triangle by rows */
    const struct rwe_dependence *rows;
    struct rwe_estimation_sums estimation;
    double *by_slope; /**< [m * q + k]: Σ over rows of x slope, where weights were estimated */
    double *by_total; /**< [m * q + k]: Σ over rows of x total */
};

/** All parts 0, for one of the ways of rwe_clusterings. RWE_NO_MEMORY or RWE_OK. */
enum rwe_status rwe_running_influence_init(struct rwe_running_influence *running,
                                           const struct rwe_dependence *rows,
                                           const struct rwe_clustering *way, size_t n_parts,
                                           struct rwe_arena *arena);

/** Row i's parts change by change[m]. O(q). */
void rwe_running_influence_add(struct rwe_running_influence *running, size_t i,
                               const double change[]);

/** The variance with these coefficients; not below 0. O(q²). */
double rwe_running_influence_variance(const struct rwe_running_influence *running,
                                      const double coefficient[]);

/**
 * Variances along a curve, way by way: the caller walks once for each of the `n_ways` and gives what
 * it finds. A sum of ways that is below 0 becomes the first way's, as in rwe_influence_covariance.
 */
struct rwe_running_total {
    double *sum, *first; /**< by point */
};

enum rwe_status rwe_running_total_init(struct rwe_running_total *total, size_t n_points,
                                       struct rwe_arena *arena);
void rwe_running_total_add(struct rwe_running_total *total, size_t point, size_t way, double sign,
                           double variance);
double rwe_running_total_at(const struct rwe_running_total *total, size_t point);

#endif
