/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Weights from the probability p of treatment, which make two arms alike in their covariates.
 *
 * Every kind says which population both arms stand for, by a tilt h(p) of the cohort; a subject's
 * weight is h(p) over the probability of its own arm (Li, Morgan & Zaslavsky, JASA 113:390, 2018):
 *
 *                                     h             treated       control
 *     ATE       the whole cohort      1             1/p           1/(1−p)
 *     ATT       the treated           p             1             p/(1−p)
 *     ATC       the controls          1−p           (1−p)/p       1
 *     overlap   where both are used   p(1−p)        1−p           p
 *     matching  as 1:1 pairs would    min(p, 1−p)   min(1, (1−p)/p)   min(1, p/(1−p))
 *
 * (matching: Li & Greene, Int J Biostat 9:215, 2013). Stabilised ATE weights are these times the
 * share of the arm. No other weight is scaled. One rule for all: a weight is what its definition
 * says. Means, curves, balance and effective sample size do not depend on the scale of an arm, nor
 * a hazard ratio on a factor common to both; and with h as it is, both arms stand for the same
 * number of subjects, which is what a hazard ratio wants of the scale of one arm against the other.
 *
 * p comes as its logit, so that neither p nor 1 − p loses digits, however near they are to 0. Who
 * has p alone passes log(p) − log1p(−p).
 *
 * Subjects come in the canonical order of the cohort; sums run in it. Arrays by arm: [0] controls,
 * [1] treated. Entropy balancing makes weights without p: rwe/stats/entropy_balance.h.
 */
#ifndef RWE_STATS_WEIGHTS_H
#define RWE_STATS_WEIGHTS_H

#include "rwe/base/arena.h"
#include "rwe/base/status.h"
#include "rwe/stats/influence.h"
#include "rwe/stats/logistic.h"
#include <stdbool.h>
#include <stdint.h>

enum rwe_weight_kind {
    RWE_WEIGHT_ATE,
    RWE_WEIGHT_ATT,
    RWE_WEIGHT_ATC,
    RWE_WEIGHT_OVERLAP,
    RWE_WEIGHT_MATCHING,
    RWE_WEIGHT_ENTROPY, /**< not from p: RWE_USAGE here */
};

struct rwe_weight_data {
    size_t n;
    const double *linear;   /**< n logits of p, as rwe_logistic's `linear` */
    const uint8_t *treated; /**< n: 1 treated, 0 control */
    const uint8_t *kept;    /**< n: 0 = left out, its weight is 0; NULL: all are kept */
};

struct rwe_weight_options {
    enum rwe_weight_kind kind; /**< default ATE */
    bool stabilised;           /**< ATE times the share of the arm among those kept; default true */
    double truncate; /**< 0.01: weights below their 1st or above their 99th percentile become that
                          percentile (Cole & Hernán, Am J Epidemiol 168:656, 2008). Percentiles are
                          of all subjects kept, both arms together, by linear interpolation (R's
                          type 7). In [0, 0.5); default 0: none */
};
struct rwe_weight_options rwe_weight_options_default(void);

struct rwe_weights {
    size_t n;
    enum rwe_weight_kind kind;
    bool stabilised;          /**< true for ATE only */
    const double *weight;     /**< n, >= 0; 0 = not in the population */
    const double *slope;      /**< n: d log w_i / d linear_i; 0 for those left out or truncated, and
                                   at the kink of matching weights (p = 1/2) the mean of both sides */
    const uint8_t *truncated; /**< n: 1 = the weight was replaced by a percentile */
    size_t n_kept;
    double share_treated;       /**< of those kept */
    double low, high;           /**< the percentiles; NaN without truncation */
    size_t n_low[2], n_high[2]; /**< truncated at either end, by arm */
};

/**
 * The weights, with what they need for their derivative. Errors: RWE_USAGE (entropy); RWE_BAD_INPUT
 * (truncate outside [0, 0.5)); RWE_NOT_FINITE (a logit; index); RWE_NOT_ESTIMABLE (an arm without
 * subjects or without weight; a weight that overflows: p beyond about 1e-308 of 0 or 1; index).
 */
enum rwe_status rwe_weights_compute(const struct rwe_weight_data *data,
                                    const struct rwe_weight_options *options,
                                    struct rwe_arena *arena, struct rwe_weights *result,
                                    struct rwe_error *error);

/** The model that gave `linear`: as in the call of rwe_logistic_fit, with all n subjects. */
struct rwe_weight_model {
    const double *x; /**< k columns of n, without the intercept */
    size_t k;
    const struct rwe_logistic *logistic;
};

/**
 * The step that estimated the weights (Lunceford & Davidian, Stat Med 23:2937, 2004). Parameters:
 * the coefficients, intercept first; for stabilised weights the share P of the treated is one more.
 *
 *     slope      d log w_i / d linear_i × (1, x_i);   1/P for the treated, −1/(1−P) for controls
 *     influence  A⁻¹ (1, x_i)' (z_i − p_i), A the information;   (z_i − P) / n
 *
 * Percentiles of truncation count as given. Subjects left out have slope 0; they keep their
 * influence on the coefficients, since the model was fitted to them. (Who refits after trimming
 * calls everything here with the remaining subjects alone.) `cluster` is left NULL. Errors:
 * RWE_BAD_INPUT (sizes that disagree), RWE_NOT_ESTIMABLE (the model has no covariance).
 */
enum rwe_status
rwe_weights_estimation(const struct rwe_weight_data *data, const struct rwe_weights *weights,
                       const struct rwe_weight_model *model, struct rwe_arena *arena,
                       struct rwe_weight_estimation *result, struct rwe_error *error);

struct rwe_weight_trimming {
    const uint8_t *kept;        /**< n: 0 where p is outside [cutoff, 1 − cutoff] */
    size_t n_low[2], n_high[2]; /**< left out below and above, by arm */
};

/**
 * Symmetric trimming (Crump et al., Biometrika 96:187, 2009): leaves out p < cutoff and p > 1 −
 * cutoff, with 0 <= cutoff < 1/2; their rule of thumb is 0.1. `data->kept` is not read. Whether the
 * model is refitted to those kept is the caller's choice. Errors: RWE_NOT_FINITE (a logit; index);
 * RWE_BAD_INPUT (cutoff); RWE_NOT_ESTIMABLE (an arm has no subjects, or none left).
 */
enum rwe_status rwe_weights_trim(const struct rwe_weight_data *data, double cutoff,
                                 struct rwe_arena *arena, struct rwe_weight_trimming *result,
                                 struct rwe_error *error);

/**
 * The cut-off of the same paper that minimises the variance of the average effect among those kept,
 * if outcomes vary alike everywhere: with g = 1/(p(1−p)), those with the m least g are kept, where
 * Σg / m² is least, and 1/(a(1−a)) = 2 Σg / m. It is 0 where nobody is better left out. n log n.
 * Errors: RWE_NOT_FINITE (a logit; index), RWE_NOT_ESTIMABLE (n = 0, or every g overflows).
 */
enum rwe_status rwe_weights_optimal_cutoff(const struct rwe_weight_data *data,
                                           struct rwe_arena *scratch, double *cutoff,
                                           struct rwe_error *error);

/** One arm's weights in a few numbers; subjects of weight 0 are not counted. */
struct rwe_weight_summary {
    size_t n;
    double sum, min, max; /**< min and max are NaN when n = 0 */
    double cv; /**< coefficient of variation, s / mean, s² with n − 1; NaN when n < 2 */
    double ess; /**< effective sample size (Σw)² / Σw² (Kish, Survey Sampling, 1965); 0 if n = 0 */
};

/** Of the subjects with treated[i] == arm. Weights are finite and >= 0. */
struct rwe_weight_summary rwe_weights_summarize(const double weight[], const uint8_t treated[],
                                                size_t n, uint8_t arm);

#endif
