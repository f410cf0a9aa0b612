/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/stats/entropy_balance.h"

#include "entropy_balance_private.h"
#include "ldl_private.h"

#include <math.h>
#include <string.h>

struct rwe_entropy_options rwe_entropy_options_default(void)
{
    return (struct rwe_entropy_options){
        .estimand = RWE_WEIGHT_ATE, .stabilised = true, .tolerance = 1e-10, .max_iterations = 100};
}

static bool is_target(const struct rwe_entropy_problem *problem, size_t i)
{
    enum rwe_weight_kind estimand = problem->options->estimand;
    return estimand == RWE_WEIGHT_ATE ||
           (problem->data->treated[i] != 0) == (estimand == RWE_WEIGHT_ATT);
}

/* Base-weighted mean 0 and variance 1 over the cohort; all 0 if there is no variance to speak of.
 * Sums start from the first subject's value, so that a constant has none at all. */
static void standardise(const struct rwe_entropy_problem *problem, size_t term)
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

static void aim(const struct rwe_entropy_problem *problem, size_t term)
{
    double *z = problem->z + term, target = 0;
    size_t width = problem->terms;
    for (size_t i = 0; i < problem->n; i++)
        if (is_target(problem, i))
            target += problem->base[i] / problem->target_sum * z[i * width];
    for (size_t i = 0; i < problem->n; i++)
        z[i * width] -= target;
}

static void prepare_terms(const struct rwe_entropy_problem *problem)
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

static void fill_weights(const struct rwe_entropy_problem *problem,
                         const struct rwe_entropy_arm *arm)
{
    double total = is_stabilised(problem->options) ? problem->sum[arm->code] : problem->target_sum;
    for (size_t i = 0; i < problem->n; i++)
        if (rwe_entropy_is_in(problem, arm, i))
            problem->weight[i] = total * arm->share[i];
}

/* The equations Σ ψ_i = 0 have ψ_i = ([i in the arm] w_i − [i in the target] b_i) (1, z_i) for weights
 * that sum to the target's; their derivative is that sum times diag(1, covariance), since the arm's
 * mean of z is 0 now. Influence is −(derivative)⁻¹ ψ. */
static void estimate_arm(const struct rwe_entropy_problem *problem,
                         const struct rwe_entropy_arm *arm, size_t at, size_t q, double slope[],
                         double influence[])
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
        if (!rwe_entropy_is_in(problem, arm, i))
            continue;
        own_slope[0] = 1;
        for (size_t j = 0; j < arm->m; j++)
            own_slope[1 + j] = z[arm->used[j]];
    }
}

static void estimate_share(const struct rwe_entropy_problem *problem, size_t q, double slope[],
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

static enum rwe_status check_data(struct rwe_entropy_problem *problem, struct rwe_error *error)
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
                            "there are no %s subjects to balance", arm ? "treated" : "control");
    for (size_t i = 0; i < data->n; i++)
        problem->target_sum += is_target(problem, i) ? problem->base[i] : 0;
    return RWE_OK;
}

static enum rwe_status fill_estimation(const struct rwe_entropy_problem *problem,
                                       const struct rwe_entropy_arm arms[2],
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

static enum rwe_status balance_arms(const struct rwe_entropy_problem *problem,
                                    struct rwe_entropy_arm arms[2], struct rwe_arena *arena,
                                    struct rwe_entropy_balance *result, struct rwe_error *error)
{
    for (size_t a = 0; a < 2; a++) {
        if (problem->options->estimand == (a ? RWE_WEIGHT_ATT : RWE_WEIGHT_ATC))
            continue; /* this arm is the target */
        arms[a].code = (uint8_t)a;
        result->term[a] = arms[a].term = RWE_NEW(arena, uint8_t, problem->terms);
        if (rwe_arena_failed(arena))
            return rwe_fail_memory(error);
        enum rwe_status status = rwe_entropy_balance_arm(problem, &arms[a], arena, error);
        if (status != RWE_OK)
            return status;
        fill_weights(problem, &arms[a]);
        result->imbalance =
            fmax(result->imbalance, rwe_entropy_imbalance(problem, &arms[a], false));
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
    struct rwe_entropy_problem problem = {.data = data,
                                          .options = options,
                                          .n = data->n,
                                          .k = data->k,
                                          .terms = data->k * (options->squares ? 2 : 1)};
    struct rwe_entropy_arm arms[2] = {{0}, {0}};
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
