/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/stats/entropy_balance.h"

#include "ldl_private.h"
#include "rwe/base/language.h"

#include <math.h>
#include <string.h>

/* What is to be balanced: the terms of all subjects against the means of the target. */
struct problem {
    const struct rwe_entropy_data *data;
    const struct rwe_entropy_options *options;
    size_t n, k, terms;
    const double *base; /* n */
    double *z;          /* n × terms: standardised, less the target */
    double sum[2];      /* Σ base by arm */
    double target_sum;  /* Σ base of the target */
    double *weight;     /* n: the result */
};

/* An arm that is reweighted, and where its dual stands. */
struct arm {
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

/* Whether subject i is one of those that the arm reweights. */
static inline bool is_in(const struct problem *problem, const struct arm *arm, size_t i)
{
    return (problem->data->treated[i] != 0) == arm->code && problem->base[i] > 0;
}

/* ---- the dual of one arm ---- */

/* Of all weights with which the arm's means of z are 0, those nearest to the base weights b in entropy
 * are proportional to b exp(λ'z), where λ minimises the convex
 *
 *   log Σ b exp(λ'z)        its gradient: the weighted mean of z; its Hessian: their covariance
 *
 * (Hainmueller, Political Analysis 20:25, 2012). Newton's steps, halved by Armijo's rule. */

/* A term that keeps less than this share of the cohort's variance once earlier terms of the arm are
 * known (1 − R²) has no λ of its own; rounding leaves about 1e-16. */
#define DETERMINED 1e-10

/* When the weights leave a term less than this share of the variance that it had in the arm, they
 * have gathered on one side of it: λ runs away. */
#define GATHERED 1e-8

/* A term without a λ must be balanced by the others to this, in SD. */
#define BALANCED 1e-8

/* Armijo's rule, and how far down a step is halved. Rounding may raise the value by a little. */
#define SUFFICIENT 1e-4
#define LEAST_PART 0x1p-30
#define VALUE_SLACK 1e-13

/* Value, shares and gradient at λ; exponents are taken less the highest. */
static void evaluate(const struct problem *problem, struct arm *arm, const double lambda[])
{
    double sum = 0;
    arm->highest = -INFINITY;
    for (size_t i = 0; i < problem->n; i++) {
        if (!is_in(problem, arm, i))
            continue;
        const double *z = problem->z + i * problem->terms;
        double eta = 0;
        for (size_t j = 0; j < arm->m; j++)
            eta += lambda[j] * z[arm->used[j]];
        arm->share[i] = eta;
        arm->highest = fmax(arm->highest, eta);
    }
    for (size_t i = 0; i < problem->n; i++)
        if (is_in(problem, arm, i))
            sum += arm->share[i] =
                problem->base[i] / problem->sum[arm->code] * exp(arm->share[i] - arm->highest);
    memset(arm->gradient, 0, problem->terms * sizeof *arm->gradient);
    for (size_t i = 0; i < problem->n; i++) {
        if (!is_in(problem, arm, i))
            continue;
        arm->share[i] /= sum;
        for (size_t t = 0; t < problem->terms; t++)
            arm->gradient[t] += arm->share[i] * problem->z[i * problem->terms + t];
    }
    arm->value = arm->highest + log(sum);
}

/* Covariance of the used terms under the shares; the lower triangle. */
static void fill_hessian(const struct problem *problem, const struct arm *arm)
{
    size_t m = arm->m;
    memset(arm->hessian, 0, m * m * sizeof *arm->hessian);
    for (size_t i = 0; i < problem->n; i++) {
        if (!is_in(problem, arm, i))
            continue;
        const double *z = problem->z + i * problem->terms;
        for (size_t a = 0; a < m; a++) {
            double left = arm->share[i] * (z[arm->used[a]] - arm->gradient[arm->used[a]]);
            for (size_t b = 0; b <= a; b++)
                arm->hessian[a * m + b] += left * (z[arm->used[b]] - arm->gradient[arm->used[b]]);
        }
    }
}

/* Factors it; the first term whose variance given earlier ones is not above the share of `spread`
 * (NULL: of the cohort's, which is 1), or m. */
static size_t factor_hessian(const struct arm *arm, const double spread[], double share)
{
    size_t good = rwe_ldl_factor(arm->hessian, arm->m, 0);
    for (size_t j = 0; j < good; j++)
        if (!(arm->hessian[j * (arm->m + 1)] > share * (spread == NULL ? 1 : spread[j])))
            return j;
    return good;
}

/* Drops terms without a variance of their own in the arm. */
static void choose_terms(const struct problem *problem, struct arm *arm)
{
    arm->m = problem->terms;
    for (size_t t = 0; t < arm->m; t++)
        arm->used[t] = t;
    for (;;) {
        evaluate(problem, arm, arm->lambda);
        fill_hessian(problem, arm);
        size_t bad = factor_hessian(arm, NULL, DETERMINED);
        if (bad == arm->m)
            break;
        arm->term[arm->used[bad]] = RWE_ENTROPY_DETERMINED;
        memmove(arm->used + bad, arm->used + bad + 1, (--arm->m - bad) * sizeof *arm->used);
    }
    for (size_t j = 0; j < arm->m; j++)
        arm->spread[j] = arm->hessian[j * (arm->m + 1)];
}

/* The greatest |mean| of the arm's terms, which is the distance from the target. */
static double imbalance_of(const struct problem *problem, const struct arm *arm, bool used_only)
{
    double worst = 0;
    for (size_t t = 0; t < problem->terms; t++)
        if (!used_only || arm->term[t] == RWE_ENTROPY_BALANCED)
            worst = fmax(worst, fabs(arm->gradient[t]));
    return worst;
}

/* False when no part of the step leads down. */
static bool take_step(const struct problem *problem, struct arm *arm)
{
    double before = arm->value, slope = 0;
    for (size_t j = 0; j < arm->m; j++)
        arm->step[j] = -arm->gradient[arm->used[j]];
    rwe_ldl_solve(arm->hessian, arm->m, arm->step);
    for (size_t j = 0; j < arm->m; j++)
        slope += arm->step[j] * arm->gradient[arm->used[j]];
    for (double part = 1; part >= LEAST_PART; part /= 2) {
        for (size_t j = 0; j < arm->m; j++)
            arm->trial[j] = arm->lambda[j] + part * arm->step[j];
        evaluate(problem, arm, arm->trial);
        if (arm->value <= before + SUFFICIENT * part * slope + VALUE_SLACK * (1 + fabs(before))) {
            memcpy(arm->lambda, arm->trial, arm->m * sizeof *arm->lambda);
            return true;
        }
    }
    evaluate(problem, arm, arm->lambda);
    return false;
}

static const char *name_of(const struct arm *arm)
{
    return arm->code ? rwe_message("treated") : rwe_message("controls");
}

static enum rwe_status fail_outside(const struct problem *problem, const struct arm *arm,
                                    struct rwe_error *error)
{
    size_t most = 0;
    for (size_t j = 1; j < arm->m; j++)
        if (fabs(arm->lambda[j]) > fabs(arm->lambda[most]))
            most = j;
    size_t term = arm->used[most], column = term % problem->k;
    if (term < problem->k)
        return rwe_fail(error, RWE_NOT_ESTIMABLE, column,
                        "no weights give the %s the target's means: mostly column %zu is beyond "
                        "what they hold, or on its edge",
                        name_of(arm), column);
    return rwe_fail(error, RWE_NOT_ESTIMABLE, column,
                    "no weights give the %s the target's means: mostly the square of column %zu is "
                    "beyond what they hold, or on its edge",
                    name_of(arm), column);
}

static enum rwe_status descend(const struct problem *problem, struct arm *arm,
                               struct rwe_error *error)
{
    bool moved = true;
    for (;;) {
        fill_hessian(problem, arm);
        if ((arm->n_iterations > 0 && arm->highest < 0) ||
            factor_hessian(arm, arm->spread, GATHERED) < arm->m)
            return fail_outside(problem, arm, error);
        arm->converged = imbalance_of(problem, arm, true) <= problem->options->tolerance;
        if (arm->converged || !moved || arm->n_iterations == problem->options->max_iterations)
            return RWE_OK;
        moved = take_step(problem, arm);
        arm->n_iterations++;
    }
}

static enum rwe_status fail_determined(const struct problem *problem, const struct arm *arm,
                                       size_t term, struct rwe_error *error)
{
    size_t column = term % problem->k;
    if (term < problem->k)
        return rwe_fail(error, RWE_NOT_ESTIMABLE, column,
                        "no weights give the %s the target's mean of column %zu: among them it is "
                        "constant or determined by earlier columns",
                        name_of(arm), column);
    return rwe_fail(error, RWE_NOT_ESTIMABLE, column,
                    "no weights give the %s the target's mean of the square of column %zu: among "
                    "them it is constant or determined by earlier columns",
                    name_of(arm), column);
}

static enum rwe_status check_determined(const struct problem *problem, const struct arm *arm,
                                        struct rwe_error *error)
{
    for (size_t t = 0; t < problem->terms && arm->converged; t++)
        if (arm->term[t] == RWE_ENTROPY_DETERMINED && !(fabs(arm->gradient[t]) <= BALANCED))
            return fail_determined(problem, arm, t, error);
    return RWE_OK;
}

/* Finds the arm's λ and shares; its code and term are set. Errors: RWE_NOT_ESTIMABLE, no memory. */
static enum rwe_status balance_arm(const struct problem *problem, struct arm *arm,
                                   struct rwe_arena *arena, struct rwe_error *error)
{
    size_t terms = problem->terms;
    arm->used = RWE_NEW(arena, size_t, terms);
    arm->lambda = RWE_NEW(arena, double, terms);
    arm->trial = RWE_NEW(arena, double, terms);
    arm->step = RWE_NEW(arena, double, terms);
    arm->gradient = RWE_NEW(arena, double, terms);
    arm->spread = RWE_NEW(arena, double, terms);
    arm->hessian = RWE_NEW(arena, double, terms *terms);
    arm->share = RWE_NEW(arena, double, problem->n);
    if (rwe_arena_failed(arena))
        return rwe_fail_memory(error);
    choose_terms(problem, arm);
    enum rwe_status status = descend(problem, arm, error);
    return status == RWE_OK ? check_determined(problem, arm, error) : status;
}

/* ---- the problem and its result ---- */

struct rwe_entropy_options rwe_entropy_options_default(void)
{
    return (struct rwe_entropy_options){
        .estimand = RWE_WEIGHT_ATE, .stabilised = true, .tolerance = 1e-10, .max_iterations = 100};
}

static bool is_target(const struct problem *problem, size_t i)
{
    enum rwe_weight_kind estimand = problem->options->estimand;
    return estimand == RWE_WEIGHT_ATE ||
           (problem->data->treated[i] != 0) == (estimand == RWE_WEIGHT_ATT);
}

/* Base-weighted mean 0 and variance 1 over the cohort; all 0 if there is no variance to speak of.
 * Sums start from the first subject's value, so that a constant has none at all. */
static void standardise(const struct problem *problem, size_t term)
{
    double *z = problem->z + term, total = problem->sum[0] + problem->sum[1];
    size_t width = problem->terms;
    double origin = z[0], mean = 0, variance = 0, largest = 0;
    for (size_t i = 0; i < problem->n; i++)
        mean += problem->base[i] * ((z[i * width] -= origin) / total);
    for (size_t i = 0; i < problem->n; i++) {
        z[i * width] -= mean;
        if (problem->base[i] > 0)
            largest = fmax(largest, fabs(z[i * width]));
    }
    for (size_t i = 0; i < problem->n && largest > 0; i++) {
        double size = z[i * width] / largest; /* squares do not overflow */
        variance += problem->base[i] / total * size * size;
    }
    double scale = variance > 0 ? 1 / sqrt(variance) : 0;
    for (size_t i = 0; i < problem->n; i++)
        z[i * width] = largest > 0 && problem->base[i] > 0 ? z[i * width] / largest * scale : 0;
}

static void aim(const struct problem *problem, size_t term)
{
    double *z = problem->z + term, target = 0;
    size_t width = problem->terms;
    for (size_t i = 0; i < problem->n; i++)
        if (is_target(problem, i))
            target += problem->base[i] / problem->target_sum * z[i * width];
    for (size_t i = 0; i < problem->n; i++)
        z[i * width] -= target;
}

static void prepare_terms(const struct problem *problem)
{
    size_t n = problem->n, k = problem->k, width = problem->terms;
    for (size_t j = 0; j < k; j++) {
        for (size_t i = 0; i < n; i++)
            problem->z[i * width + j] = problem->data->x[j * n + i];
        standardise(problem, j);
        if (problem->options->squares) {
            for (size_t i = 0; i < n; i++)
                problem->z[i * width + k + j] =
                    problem->z[i * width + j] * problem->z[i * width + j];
            standardise(problem, k + j);
        }
    }
    for (size_t t = 0; t < width; t++)
        aim(problem, t);
}

static bool is_stabilised(const struct rwe_entropy_options *options)
{
    return options->stabilised && options->estimand == RWE_WEIGHT_ATE;
}

static void fill_weights(const struct problem *problem, const struct arm *arm)
{
    double total = is_stabilised(problem->options) ? problem->sum[arm->code] : problem->target_sum;
    for (size_t i = 0; i < problem->n; i++)
        if (is_in(problem, arm, i))
            problem->weight[i] = total * arm->share[i];
}

/* The equations Σ ψ_i = 0 have ψ_i = ([i in the arm] w_i − [i in the target] b_i) (1, z_i) for weights
 * that sum to the target's; their derivative is that sum times diag(1, covariance), since the arm's
 * mean of z is 0 now. Influence is −(derivative)⁻¹ ψ. */
static void estimate_arm(const struct problem *problem, const struct arm *arm, size_t at, size_t q,
                         double slope[], double influence[])
{
    for (size_t i = 0; i < problem->n; i++) {
        const double *z = problem->z + i * problem->terms;
        double b = is_target(problem, i) ? problem->base[i] / problem->target_sum : 0;
        double psi = b - arm->share[i];
        double *own_influence = influence + i * q + at, *own_slope = slope + i * q + at;
        own_influence[0] = psi;
        for (size_t j = 0; j < arm->m; j++)
            own_influence[1 + j] = psi * z[arm->used[j]];
        rwe_ldl_solve(arm->hessian, arm->m, own_influence + 1);
        if (!is_in(problem, arm, i))
            continue;
        own_slope[0] = 1;
        for (size_t j = 0; j < arm->m; j++)
            own_slope[1 + j] = z[arm->used[j]];
    }
}

static void estimate_share(const struct problem *problem, size_t q, double slope[],
                           double influence[])
{
    double total = problem->sum[0] + problem->sum[1], share = problem->sum[1] / total;
    for (size_t i = 0; i < problem->n; i++) {
        bool treated = problem->data->treated[i] != 0;
        if (problem->base[i] > 0)
            slope[i * q + q - 1] = treated ? 1 / share : -1 / (1 - share);
        influence[i * q + q - 1] = problem->base[i] * ((treated ? 1 : 0) - share) / total;
    }
}

static enum rwe_status check_options(const struct rwe_entropy_options *options,
                                     struct rwe_error *error)
{
    if (options->estimand != RWE_WEIGHT_ATE && options->estimand != RWE_WEIGHT_ATT &&
        options->estimand != RWE_WEIGHT_ATC)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "entropy balancing is for ATE, ATT or ATC only");
    return RWE_OK;
}

static enum rwe_status check_data(struct problem *problem, struct rwe_error *error)
{
    const struct rwe_entropy_data *data = problem->data;
    for (size_t i = 0; i < data->n * data->k; i++)
        if (!isfinite(data->x[i]))
            return rwe_fail(error, RWE_NOT_FINITE, i, "value %zu is not a finite number", i);
    for (size_t i = 0; i < data->n; i++) {
        if (!(problem->base[i] >= 0) || !isfinite(problem->base[i]))
            return rwe_fail(error, RWE_BAD_INPUT, i, "base weight %zu is not a number from 0", i);
        problem->sum[data->treated[i] != 0] += problem->base[i];
    }
    for (size_t arm = 0; arm < 2; arm++)
        if (!(problem->sum[arm] > 0))
            return rwe_fail(error, RWE_NOT_ESTIMABLE, RWE_NO_INDEX,
                            "there are no %s subjects to balance",
                            rwe_message(arm ? N_("treated") : N_("control")));
    for (size_t i = 0; i < data->n; i++)
        problem->target_sum += is_target(problem, i) ? problem->base[i] : 0;
    return RWE_OK;
}

static enum rwe_status fill_estimation(const struct problem *problem, const struct arm arms[2],
                                       struct rwe_arena *arena,
                                       struct rwe_weight_estimation *estimation,
                                       struct rwe_error *error)
{
    bool stabilised = is_stabilised(problem->options);
    size_t n = problem->n, q = stabilised ? 1 : 0, at = 0;
    for (size_t a = 0; a < 2; a++)
        q += arms[a].term == NULL ? 0 : 1 + arms[a].m;
    /* rows × columns: the product itself may not fit */
    double *slope = rwe_arena_alloc(arena, n, q * sizeof *slope);
    double *influence = rwe_arena_alloc(arena, n, q * sizeof *influence);
    if (rwe_arena_failed(arena))
        return rwe_fail_memory(error);
    for (size_t a = 0; a < 2; a++) {
        if (arms[a].term == NULL)
            continue;
        estimate_arm(problem, &arms[a], at, q, slope, influence);
        at += 1 + arms[a].m;
    }
    if (stabilised)
        estimate_share(problem, q, slope, influence);
    *estimation = (struct rwe_weight_estimation){
        .n_subjects = n, .n_parameters = q, .slope = slope, .influence = influence};
    return RWE_OK;
}

/* Base weights of 1 where none are given. */
static const double *base_weights(const struct rwe_entropy_data *data, struct rwe_arena *arena)
{
    if (data->base != NULL)
        return data->base;
    double *base = RWE_NEW(arena, double, data->n);
    for (size_t i = 0; base != NULL && i < data->n; i++)
        base[i] = 1;
    return base;
}

static enum rwe_status balance_arms(const struct problem *problem, struct arm arms[2],
                                    struct rwe_arena *arena, struct rwe_entropy_balance *result,
                                    struct rwe_error *error)
{
    for (size_t a = 0; a < 2; a++) {
        if (problem->options->estimand == (a ? RWE_WEIGHT_ATT : RWE_WEIGHT_ATC))
            continue; /* this arm is the target */
        arms[a].code = (uint8_t)a;
        result->term[a] = arms[a].term = RWE_NEW(arena, uint8_t, problem->terms);
        if (rwe_arena_failed(arena))
            return rwe_fail_memory(error);
        enum rwe_status status = balance_arm(problem, &arms[a], arena, error);
        if (status != RWE_OK)
            return status;
        fill_weights(problem, &arms[a]);
        result->imbalance = fmax(result->imbalance, imbalance_of(problem, &arms[a], false));
        result->converged = result->converged && arms[a].converged;
        if (arms[a].n_iterations > result->n_iterations)
            result->n_iterations = arms[a].n_iterations;
    }
    return RWE_OK;
}

enum rwe_status rwe_entropy_balance(const struct rwe_entropy_data *data,
                                    const struct rwe_entropy_options *options,
                                    struct rwe_arena *arena, struct rwe_entropy_balance *result,
                                    struct rwe_error *error)
{
    struct problem problem = {.data = data,
                              .options = options,
                              .n = data->n,
                              .k = data->k,
                              .terms = data->k * (options->squares ? 2 : 1)};
    struct arm arms[2] = {{0}, {0}};
    enum rwe_status status = check_options(options, error);
    if (status != RWE_OK)
        return status;
    problem.base = base_weights(data, arena);
    problem.z = rwe_arena_alloc(arena, data->n, problem.terms * sizeof *problem.z);
    problem.weight = RWE_NEW(arena, double, data->n);
    if (rwe_arena_failed(arena))
        return rwe_fail_memory(error);
    status = check_data(&problem, error);
    if (status != RWE_OK)
        return status;
    prepare_terms(&problem);
    memcpy(problem.weight, problem.base, data->n * sizeof *problem.weight);
    *result = (struct rwe_entropy_balance){
        .n = data->n, .n_terms = problem.terms, .weight = problem.weight, .converged = true};
    status = balance_arms(&problem, arms, arena, result, error);
    if (status == RWE_OK && options->estimation)
        status = fill_estimation(&problem, arms, arena, &result->estimation, error);
    return status;
}
