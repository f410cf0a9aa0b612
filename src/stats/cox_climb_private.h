/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The maximum of a Cox likelihood, penalised or not, all coefficients free or some held. */
#ifndef RWE_STATS_COX_CLIMB_PRIVATE_H
#define RWE_STATS_COX_CLIMB_PRIVATE_H

#include "cox_private.h"

/** Rows with one more column, that of x' I⁻¹ x, and what its derivative needs. */
struct rwe_cox_penalty {
    struct rwe_cox_rows rows;
    struct rwe_cox_risk_set set;
    double *mean, *product;
};

struct rwe_cox_climb {
    const struct rwe_cox_rows *rows;
    enum rwe_cox_ties ties;
    double tolerance;
    size_t most_steps;
    bool firth;
    size_t fixed, n_fixed; /**< the columns whose coefficients stay: from `fixed` on */
    struct rwe_cox_work work;
    struct rwe_cox_penalty penalty;
    double *beta, *trial_beta, *step;
    struct rwe_cox_likelihood here, trial;
    double *factor, *inverse; /**< p × p */
    size_t n_steps;           /**< of the last climb */
    size_t singular; /**< column at which the information at the last β is singular; p: none */
};

/** All coefficients free, from β = 0. RWE_OK or RWE_NO_MEMORY. */
enum rwe_status rwe_cox_climb_init(struct rwe_cox_climb *climb, const struct rwe_cox_rows *rows,
                                   const struct rwe_cox_options *options, bool firth,
                                   struct rwe_arena *arena);

/** The likelihood at climb->beta, penalised if asked for; −∞ where the penalty is. */
void rwe_cox_climb_evaluate(struct rwe_cox_climb *climb, const double beta[],
                            struct rwe_cox_likelihood *likelihood);

/** From climb->beta to the maximum; whether it was reached. The summit is climb->here. */
bool rwe_cox_climb_to_top(struct rwe_cox_climb *climb);

/** Adds ½ log |I| and its gradient. Returns p, or the column at which I is singular. */
size_t rwe_cox_penalise(struct rwe_cox_climb *climb, struct rwe_cox_likelihood *likelihood);

#endif
