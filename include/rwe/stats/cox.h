/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Cox's proportional-hazards model by partial likelihood (Cox, JRSS B 34:187, 1972), with Efron's
 * or Breslow's treatment of ties, strata, delayed entry, offsets, and the clustered sandwich variance of Lin & Wei (JASA
 * 84:1074, 1989) from score residuals.
 */
#ifndef RWE_STATS_COX_H
#define RWE_STATS_COX_H

#include "rwe/base/arena.h"
#include "rwe/stats/survival_data.h"
#include <stdbool.h>

enum rwe_cox_ties {
    RWE_COX_EFRON,
    RWE_COX_BRESLOW,
    /** That of discrete times (Cox 1972; Gail, Lubin & Rubinstein, Biometrika 68:703, 1981): one
     * conditional logistic likelihood a time. Time n × deaths at one time × p² an event time. */
    RWE_COX_EXACT,
};

struct rwe_cox_options {
    enum rwe_cox_ties ties; /**< default Efron (JASA 72:557, 1977) */
    size_t max_iterations;  /**< Newton steps, default 30 */
    double tolerance;       /**< relative change of the log-likelihood, in (0, 1), default 1e-12 */
    double settled_rise;    /**< twice the rise of the log-likelihood that a Newton step may promise
                                 where the iteration ends, ≥ 0, default 1e-16: the square of its
                                 length in standard errors. It is still taken, which leaves about
                                 that square of error */
    bool robust;            /**< also the sandwich, by rwe_influence_covariance; default false */
    bool estimate_only;     /**< for replicates: no sandwich (`robust` NULL), robust score test or
                                 concordance (NaN); the estimate has the same bits. With a `start` the
                                 way from there is a shorter one (cox_near.c) where that leads to the
                                 maximum: the estimate is then within 1e-9 standard errors, covariance
                                 some 10 % rough and loglik NaN. Default false */
    const double *offset;   /**< data->n terms of the predictor with coefficient 1; default NULL */
    const double *start; /**< p finite estimates of like data, from which the iteration goes on and
                                 saves steps: nothing is then known at 0, so that loglik_null, the
                                 score and likelihood-ratio statistics are NaN. Where that fails the
                                 fit is made from 0. Default NULL: from 0 */
};
struct rwe_cox_options rwe_cox_options_default(void);

struct rwe_cox {
    size_t p;
    const double *estimate;     /**< log hazard ratios */
    const double *covariance;   /**< p × p, inverse information */
    const double *robust;       /**< p × p sandwich, with the step that estimated the weights where
                                     data->estimation tells of it; NULL when not asked for, or
                                     estimate_only */
    const double *robust_known; /**< the sandwich that takes the weights as known: `robust` itself
                                     where they are */
    double loglik_null, loglik; /**< log partial likelihood at 0 and at the estimate */
    double score_statistic;     /**< at 0; df = p */
    double robust_score_statistic; /**< U' M⁻¹ U at 0, with M the robust variance of the score;
                                        NaN if M is singular or `robust` was not asked for */
    double wald_statistic; /**< from `robust` where it was asked for; NaN if singular, as with
                                     fewer clusters than columns */
    double lr_statistic;   /**< 2 (loglik − loglik_null) */
    double concordance;    /**< Harrell's C of the linear predictor; ties in it count half */
    size_t n, n_events;    /**< rows, whatever their weights */
    size_t n_iterations;
    bool converged;
};

/**
 * Fits log h(t|x) = log h0s(t) + x'β. `x` holds p columns of data->n values, x[j * n + i], rows in
 * the order of `data`. data->group is not looked at; an event of any cause is one. A row is at risk
 * in (entry, time]: a subject whose covariates change in time has several rows, one cluster, and its
 * event in the last (Andersen & Gill, Ann Stat 10:1100, 1982). data->weight multiplies a row's terms of the
 * likelihood and its score residual, and d tied deaths each count their mean weight, as R's coxph
 * has it; covariance is then right for replication weights, and robust for sampling weights.
 *
 * Newton–Raphson from 0 with step halving; O(n p²) a step, O(n (p + log n)) space and ranking.
 * Columns need no scaling or centring. With entries the sandwich takes differences of cumulative
 * hazards: it loses as many digits as the hazards of those at risk together differ by, and is NaN
 * when their predictors are hundreds apart; the estimate does not.
 *
 * Errors: those of rwe_survival_data_check; RWE_NOT_FINITE (index = position in x, or in the
 * offset); RWE_BAD_INPUT
 * when weights or robust meet exact ties, or when more than 500 die at one time under them; when p is 0 or an option is out of range; RWE_NOT_ESTIMABLE without events; RWE_COLLINEAR (index
 * = column that the earlier ones determine, or that is constant within every risk set);
 * RWE_SEPARATED when the likelihood is monotone (index = column that leads in the step without
 * end); RWE_NO_MEMORY. Running out of iterations is `converged` = false, with what was reached;
 * max_iterations = 0 gives the likelihood, score test and information at 0.
 */
enum rwe_status rwe_cox_fit(const struct rwe_survival_data *data, const double x[], size_t p,
                            const struct rwe_cox_options *options, struct rwe_arena *arena,
                            struct rwe_cox *result, struct rwe_error *error);

#endif
