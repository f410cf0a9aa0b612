/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The score, information and score residuals of a Cox model enlarged by g(t) x (ph_score.c). */
#ifndef RWE_STATS_PH_PRIVATE_H
#define RWE_STATS_PH_PRIVATE_H

#include "cox_private.h"

/** At (β, 0). With V_t the variance of x in the risk set at t, summed over its deaths: */
struct rwe_ph_score {
    size_t p;
    double *score;       /**< of θ: Σ g (x − x̄) over deaths */
    double *beta_beta;   /**< Σ V_t, lower triangle */
    double *beta_theta;  /**< Σ g V_t, lower triangle (it is symmetric) */
    double *theta_theta; /**< Σ g² V_t, lower triangle */
    double *residual;    /**< [row * 2p + column]: of β, then of θ; NULL: not wanted */
};

/** Allocates in `arena` and computes; g by row of `rows`. RWE_OK or RWE_NO_MEMORY. */
enum rwe_status rwe_ph_score(const struct rwe_cox_rows *rows, enum rwe_cox_ties ties,
                             const double beta[], const double g[], bool residuals,
                             struct rwe_arena *arena, struct rwe_ph_score *score);

/**
 * The robust variance (p × p) of Σ e, e = w (L_θ − projection L_β), by the rule of
 * rwe_influence_covariance; projection is p × p or NULL: 0. RWE_OK or RWE_NO_MEMORY.
 */
enum rwe_status rwe_ph_meat(const struct rwe_survival_data *data, const struct rwe_cox_rows *rows,
                            const struct rwe_ph_score *score, const double projection[],
                            struct rwe_arena *scratch, double variance[]);

#endif
