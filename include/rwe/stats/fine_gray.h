/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Proportional subdistribution hazards: a model of the cumulative incidence of one cause
 * (Fine & Gray, JASA 94:496, 1999).
 *
 *   1 − F(t | x) = (1 − F₀(t))^exp(x'β)
 *
 * Those who met a competitor stay in the risk set, with the weight G(t−) / G(T−), where G is the
 * Kaplan–Meier estimate of the time to censoring: the share of them that would not have been
 * censored since. Breslow's treatment of ties. Estimate, likelihood and sandwich are those of
 * cmprsk's crr, whose conventions on ties are kept: who fails at t is at risk of censoring at t.
 *
 * The hazard ratio exp(β) is one of subdistribution hazards: its direction is that in which the
 * incidence differs, its size is not that of any rate among patients who can still have the event.
 */
#ifndef RWE_STATS_FINE_GRAY_H
#define RWE_STATS_FINE_GRAY_H

#include "rwe/base/arena.h"
#include "rwe/stats/survival_data.h"
#include <stdbool.h>

struct rwe_fine_gray_options {
    size_t cause;            /**< of interest, from 1; default 1 */
    bool censoring_by_group; /**< G by data->group (crr's cengroup); default false: one G */
    size_t max_iterations;   /**< Newton steps, default 30 */
};
struct rwe_fine_gray_options rwe_fine_gray_options_default(void);

struct rwe_fine_gray {
    size_t p;
    const double *estimate; /**< log subdistribution hazard ratios */
    const double
        *covariance;      /**< p × p, inverse information: takes G as known. Not for inference */
    const double *robust; /**< p × p, the sandwich with the share of G, by
                               rwe_influence_covariance */
    double loglik_null, loglik; /**< log pseudo-likelihood at 0 and at the estimate */
    size_t n, n_events;         /**< rows; those with the event of interest */
    size_t n_iterations;
    bool converged;
};

/**
 * Fits the model. `x` holds p columns of data->n values, x[j * n + i], rows in the order of `data`.
 * Newton–Raphson from 0 with step halving; a step takes O(n p²), without sorting.
 *
 * data->weight multiplies a row in the likelihood, in the sandwich and in G: robust is right for
 * sampling weights, which are taken as known without data->estimation. The share of G is that of its martingale, which differs
 * from the infinitesimal jackknife by terms of order 1/n. Clusters as Zhou et al. (Biostatistics 13:371, 2012).
 * With `censoring_by_group` the share of G in the sandwich is taken group by group; crr lets the
 * censored of a group speak for the competitors of all groups.
 *
 * Errors: those of rwe_survival_data_check; RWE_NOT_FINITE (index = position in x); RWE_BAD_INPUT
 * when p is 0, the cause does not exist, or the data have strata or late entry (the weights above
 * are not right for left-truncated data); RWE_NOT_ESTIMABLE without events of the cause;
 * RWE_COLLINEAR (index = column that the earlier ones determine); RWE_SEPARATED (index = column that
 * runs off to infinity); RWE_NO_MEMORY. Running out of iterations is `converged` = false.
 */
enum rwe_status rwe_fine_gray_fit(const struct rwe_survival_data *data, const double x[], size_t p,
                                  const struct rwe_fine_gray_options *options,
                                  struct rwe_arena *arena, struct rwe_fine_gray *result,
                                  struct rwe_error *error);

#endif
