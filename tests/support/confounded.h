/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * A cohort whose treatment was chosen by covariates that foretell death, with a marginal hazard
 * ratio that is known and constant in the population that a design aims at.
 *
 *     x1, x2, x3 standard normal, x4 0/1 (40%);   logit P(treated) = a0 + a'x;   L = b'x + e
 *
 * Proportional hazards given x would make the marginal ratio change in time, and its Cox estimate
 * depend on the censoring. Here it is the other way round: with F the distribution function of L in
 * the target population, −log(1 − F(L)) is exponential there, so that
 *
 *     T = −log(1 − F(L)) / λ_arm
 *
 * has exactly proportional marginal hazards there, and the truth is a formula. F weighs the cohort by
 * the tilt h(p) of rwe/stats/weights.h; given x4 it is one integral over a'x. Under a ratio of 1
 * nobody's time depends on the arm, and the ratio is 1 in every population.
 */
#ifndef TESTS_SUPPORT_CONFOUNDED_H
#define TESTS_SUPPORT_CONFOUNDED_H

#include "cohort.h"
#include "rwe/stats/weights.h"

/** How patients are drawn; censoring is exponential, about 30%, and depends on nothing. */
struct confounded {
    size_t n;
    double hazard_ratio;         /**< treated against control, in the target population */
    enum rwe_weight_kind target; /**< ATE, ATT or overlap */
};

enum { CONFOUNDED_COVARIATES = 4 };

/** −log(1 − F) of a target population, on a grid. */
struct confounded_law;

/** Computes it, in the arena; NULL without memory. */
const struct confounded_law *confounded_law_new(enum rwe_weight_kind target,
                                                struct rwe_arena *arena);

/** Deaths a month in an arm of the target population: as trial_hazard of trial.h. */
double confounded_hazard(const struct confounded *cohort, uint32_t arm);

/** Draws the cohort: groups are the arms, x the covariates, rows in ascending time. RWE_NO_MEMORY or
 * RWE_OK. */
enum rwe_status confounded_draw(const struct confounded *cohort, const struct confounded_law *law,
                                gsl_rng *rng, struct rwe_arena *arena, struct cohort *drawn,
                                struct rwe_survival_data *data);

#endif
