/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Are hazards proportional? The score test of θ = 0 in
 *
 *     log h(t|x) = log h0s(t) + x'β + g(t) x'θ
 *
 * at the maximum β of Cox's model (Grambsch & Therneau, Biometrika 81:515, 1994), with the exact
 * information of the larger model, as cox.zph has had it since survival 3.0.
 *
 * With U the score for θ, Σ over events of g(t) (x − x̄), and I the information of (β, θ) in blocks,
 * the statistic is U' V⁻¹ U with
 *
 *   model-based   V = I_θθ − I_θβ I_ββ⁻¹ I_βθ
 *   robust        V = Σ over clusters of e e',  e = Σ over the cluster's rows of w (L_θ − I_θβ I_ββ⁻¹ L_β),
 *
 * L the score residuals (Lin & Wei, JASA 84:1074, 1989). The first takes weights as so many
 * subjects, so that it grows with them; the second is the same for weights w and 10 w, and right
 * where rows of a cluster are alike.
 */
#ifndef RWE_STATS_PH_H
#define RWE_STATS_PH_H

#include "rwe/stats/cox.h"

/** The function g of time. Each is centred at its mean over events, which the test does not notice. */
enum rwe_ph_transform {
    RWE_PH_KM, /**< 1 − S(t−), Kaplan–Meier of all rows, each from its entry on; least moved by late events */
    RWE_PH_RANK,     /**< mean rank of t among all rows' times */
    RWE_PH_IDENTITY, /**< t */
    RWE_PH_LOG,      /**< log t; events must be after 0 */
};

struct rwe_ph_options {
    enum rwe_ph_transform transform; /**< default RWE_PH_KM */
    enum rwe_cox_ties ties;          /**< of the fit; default Efron */
    bool robust;                     /**< default false */
};
struct rwe_ph_options rwe_ph_options_default(void);

struct rwe_ph_test {
    double
        statistic;  /**< chi-square; NaN where V is singular, as with fewer clusters than columns */
    double df;      /**< columns of the term */
    double p_value; /**< upper tail; right down to 1e-300 */
};

struct rwe_ph {
    const struct rwe_ph_test *term; /**< n_terms */
    size_t n_terms;
    struct rwe_ph_test global;
};

/** The model that is tested: what was given to rwe_cox_fit, and what came out. */
struct rwe_ph_model {
    const double *x; /**< p columns of data->n values */
    size_t p;
    const double *estimate; /**< p: the maximum of the likelihood */
    const uint32_t
        *term; /**< by column: 0 … n_terms − 1; columns of one term are tested together */
    size_t n_terms;
};

/**
 * Weights and clusters are those of `data`; g does not look at weights, so that it is one function of
 * time whatever they are; under RWE_PH_KM it looks at entries, under RWE_PH_RANK it does not. A row is
 * at risk in (entry, time]. O(n (p + log n) + events p²) time, O(n p) space.
 *
 * Errors: those of rwe_survival_data_check; RWE_NOT_FINITE (index = position in x, or the column of
 * the estimate); RWE_BAD_INPUT for no column, a term out of range; RWE_NOT_ESTIMABLE without events, with all at one time (g is constant then), or
 * with an event at 0 under RWE_PH_LOG (index = row); RWE_COLLINEAR (index = column) when the model
 * has no information on β; RWE_NO_MEMORY.
 */
enum rwe_status rwe_ph_test(const struct rwe_survival_data *data, const struct rwe_ph_model *model,
                            const struct rwe_ph_options *options, struct rwe_arena *arena,
                            struct rwe_ph *result, struct rwe_error *error);

/**
 * Where hazards are not proportional: the average hazard ratio (Schemper, Wakounig & Heinze, Stat Med
 * 28:2473, 2009), the root β of
 *
 *     Σ over events of w(t) (x − x̄(t, β)) = 0,   w(t) = S(t−) / G(t−),
 *
 * with S the Kaplan–Meier curve of all rows and G that of being followed (censorings as events; who
 * fails at t is at risk of censoring then), both with the data's weights and over all strata. S gives
 * a time the weight of those still to be spared, 1/G takes out how long they happened to be
 * followed. Between two arms, exp β is near the odds that one of the first fails before one of the other.
 */
struct rwe_average_hr {
    size_t p;
    const double *estimate; /**< p: log of the average ratios */
    const double *covariance; /**< p × p: A⁻¹ B A⁻¹ by the rule of influence.h (Lin & Wei), which
                                   takes w(t) as known; there is no model-based one */
    size_t n_events;
    size_t n_iterations;
    bool converged;
};

/**
 * x as for rwe_cox_fit; of the options, ties, max_iterations and tolerance. Newton from Cox's estimate.
 * Errors: those of rwe_cox_fit; RWE_BAD_INPUT for late entry, an offset or exact ties.
 */
enum rwe_status rwe_average_hr_fit(const struct rwe_survival_data *data, const double x[], size_t p,
                                   const struct rwe_cox_options *options, struct rwe_arena *arena,
                                   struct rwe_average_hr *result, struct rwe_error *error);

#endif
