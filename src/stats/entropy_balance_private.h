/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Entropy balancing in two files: the problem and its results, and the dual of one arm. */
#ifndef RWE_STATS_ENTROPY_BALANCE_PRIVATE_H
#define RWE_STATS_ENTROPY_BALANCE_PRIVATE_H

#include "rwe/stats/entropy_balance.h"

struct rwe_entropy_problem {
    const struct rwe_entropy_data *data;
    const struct rwe_entropy_options *options;
    size_t n, k, terms;
    const double *base; /* n */
    double *z;          /* n × terms: standardised, less the target */
    double sum[2];      /* Σ base by arm */
    double target_sum;  /* Σ base of the target */
    double *weight;     /* n: the result */
};

struct rwe_entropy_arm {
    uint8_t code;
    size_t m;         /* terms with a λ */
    size_t *used;     /* m: which */
    uint8_t *term;    /* terms: enum rwe_entropy_term */
    double *lambda;   /* m */
    double *trial;    /* m: λ of the step tried */
    double *step;     /* m */
    double *gradient; /* terms: weighted mean of z, of all terms */
    double *spread;   /* m: variance given earlier terms under base weights */
    double *hessian;  /* m × m: weighted covariance, then its factor */
    double *share;    /* n: weights that sum to 1; 0 outside of the arm */
    double value;     /* of the dual */
    double highest;   /* max λ'z: below 0, the target is outside */
    size_t n_iterations;
    bool converged;
};

/** Whether subject i is one of those that the arm reweights. */
static inline bool rwe_entropy_is_in(const struct rwe_entropy_problem *problem,
                                     const struct rwe_entropy_arm *arm, size_t i)
{
    return (problem->data->treated[i] != 0) == arm->code && problem->base[i] > 0;
}

/** Finds the arm's λ and shares; its code and term are set. Errors: RWE_NOT_ESTIMABLE, no memory. */
enum rwe_status rwe_entropy_balance_arm(const struct rwe_entropy_problem *problem,
                                        struct rwe_entropy_arm *arm, struct rwe_arena *arena,
                                        struct rwe_error *error);

/** The greatest |mean| of the arm's terms, which is the distance from the target. */
double rwe_entropy_imbalance(const struct rwe_entropy_problem *problem,
                             const struct rwe_entropy_arm *arm, bool used_only);

#endif
