/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "entropy_balance_private.h"
#include "ldl_private.h"

#include <math.h>
#include <string.h>

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
static void evaluate(const struct rwe_entropy_problem *problem, struct rwe_entropy_arm *arm,
                     const double lambda[])
{
    double sum = 0;
    arm->highest = -INFINITY;
    for (size_t i = 0; i < problem->n; i++) {
        if (!rwe_entropy_is_in(problem, arm, i))
            continue;
        const double *z = problem->z + i * problem->terms;
        double eta = 0;
        for (size_t j = 0; j < arm->m; j++)
            eta += lambda[j] * z[arm->used[j]];
        arm->share[i] = eta;
        arm->highest = fmax(arm->highest, eta);
    }
    for (size_t i = 0; i < problem->n; i++)
        if (rwe_entropy_is_in(problem, arm, i))
            sum += arm->share[i] =
                problem->base[i] / problem->sum[arm->code] * exp(arm->share[i] - arm->highest);
    memset(arm->gradient, 0, problem->terms * sizeof *arm->gradient);
    for (size_t i = 0; i < problem->n; i++) {
        if (!rwe_entropy_is_in(problem, arm, i))
            continue;
        arm->share[i] /= sum;
        for (size_t t = 0; t < problem->terms; t++)
            arm->gradient[t] += arm->share[i] * problem->z[i * problem->terms + t];
    }
    arm->value = arm->highest + log(sum);
}

/* Covariance of the used terms under the shares; the lower triangle. */
static void fill_hessian(const struct rwe_entropy_problem *problem,
                         const struct rwe_entropy_arm *arm)
{
    size_t m = arm->m;
    memset(arm->hessian, 0, m * m * sizeof *arm->hessian);
    for (size_t i = 0; i < problem->n; i++) {
        if (!rwe_entropy_is_in(problem, arm, i))
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
static size_t factor_hessian(const struct rwe_entropy_arm *arm, const double spread[], double share)
{
    size_t good = rwe_ldl_factor(arm->hessian, arm->m, 0);
    for (size_t j = 0; j < good; j++)
        if (!(arm->hessian[j * (arm->m + 1)] > share * (spread == NULL ? 1 : spread[j])))
            return j;
    return good;
}

/* Drops terms without a variance of their own in the arm. */
static void choose_terms(const struct rwe_entropy_problem *problem, struct rwe_entropy_arm *arm)
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

double rwe_entropy_imbalance(const struct rwe_entropy_problem *problem,
                             const struct rwe_entropy_arm *arm, bool used_only)
{
    double worst = 0;
    for (size_t t = 0; t < problem->terms; t++)
        if (!used_only || arm->term[t] == RWE_ENTROPY_BALANCED)
            worst = fmax(worst, fabs(arm->gradient[t]));
    return worst;
}

/* False when no part of the step leads down. */
static bool take_step(const struct rwe_entropy_problem *problem, struct rwe_entropy_arm *arm)
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

static enum rwe_status fail_outside(const struct rwe_entropy_problem *problem,
                                    const struct rwe_entropy_arm *arm, struct rwe_error *error)
{
    size_t most = 0;
    for (size_t j = 1; j < arm->m; j++)
        if (fabs(arm->lambda[j]) > fabs(arm->lambda[most]))
            most = j;
    size_t term = arm->used[most], column = term % problem->k;
    return rwe_fail(error, RWE_NOT_ESTIMABLE, column,
                    "no weights give the %s the target's means: mostly %scolumn %zu is beyond what "
                    "they hold, or on its edge",
                    arm->code ? "treated" : "controls", term < problem->k ? "" : "the square of ",
                    column);
}

static enum rwe_status descend(const struct rwe_entropy_problem *problem,
                               struct rwe_entropy_arm *arm, struct rwe_error *error)
{
    bool moved = true;
    for (;;) {
        fill_hessian(problem, arm);
        if ((arm->n_iterations > 0 && arm->highest < 0) ||
            factor_hessian(arm, arm->spread, GATHERED) < arm->m)
            return fail_outside(problem, arm, error);
        arm->converged = rwe_entropy_imbalance(problem, arm, true) <= problem->options->tolerance;
        if (arm->converged || !moved || arm->n_iterations == problem->options->max_iterations)
            return RWE_OK;
        moved = take_step(problem, arm);
        arm->n_iterations++;
    }
}

static enum rwe_status check_determined(const struct rwe_entropy_problem *problem,
                                        const struct rwe_entropy_arm *arm, struct rwe_error *error)
{
    for (size_t t = 0; t < problem->terms && arm->converged; t++)
        if (arm->term[t] == RWE_ENTROPY_DETERMINED && !(fabs(arm->gradient[t]) <= BALANCED))
            return rwe_fail(
                error, RWE_NOT_ESTIMABLE, t % problem->k,
                "no weights give the %s the target's mean of %scolumn %zu: among them it "
                "is constant or determined by earlier columns",
                arm->code ? "treated" : "controls", t < problem->k ? "" : "the square of ",
                t % problem->k);
    return RWE_OK;
}

enum rwe_status rwe_entropy_balance_arm(const struct rwe_entropy_problem *problem,
                                        struct rwe_entropy_arm *arm, struct rwe_arena *arena,
                                        struct rwe_error *error)
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
