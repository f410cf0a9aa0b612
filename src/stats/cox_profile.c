/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/stats/cox_firth.h"

#include "cox_climb_private.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

/* A limit is found to this share of a standard error; the root of the likelihood-ratio statistic is
 * nearly linear in the coefficient, so that a few steps do. */
static const double LIMIT_TOLERANCE = 1e-10;
enum { MOST_ROOT_STEPS = 100 };

/* The likelihood that has not fallen far enough when the distance from the estimate has been doubled
 * so often never does. */
enum { MOST_DOUBLINGS = 20 };

struct rwe_cox_profile_options rwe_cox_profile_options_default(void)
{
    return (struct rwe_cox_profile_options){.column = 0, .level = 0.95, .firth = false};
}

struct profile {
    struct rwe_cox_climb climb;
    const struct rwe_cox *fit;
    size_t column;
    double quantile; /* of the standard normal */
    bool converged;  /* all so far */
};

/* 2 (l(β̂) − max l with the coefficient at `value`), from where the last search for it ended. */
static double drop_at(struct profile *profile, double value)
{
    struct rwe_cox_climb *climb = &profile->climb;
    climb->beta[profile->column] = value;
    profile->converged = rwe_cox_climb_to_top(climb) && profile->converged;
    return fmax(0, 2 * (profile->fit->loglik - climb->here.loglik));
}

static double excess(struct profile *profile, double value)
{
    return sqrt(drop_at(profile, value)) - profile->quantile;
}

/* Two values of the coefficient with the limit between them, and the excess at each. */
struct bracket {
    double near, near_excess; /* at most 0 */
    double far, far_excess;   /* above 0 */
};

/* Doubles the distance from the estimate until the likelihood has fallen far enough; false when it
 * does not. */
static bool find_bracket(struct profile *profile, double reach, struct bracket *bracket)
{
    double estimate = profile->fit->estimate[profile->column];
    bracket->far = estimate;
    bracket->far_excess = -profile->quantile;
    for (int doubling = 0; doubling <= MOST_DOUBLINGS; doubling++, reach *= 2) {
        bracket->near = bracket->far;
        bracket->near_excess = bracket->far_excess;
        bracket->far = estimate + reach;
        bracket->far_excess = excess(profile, bracket->far);
        if (!(bracket->far_excess <= 0))
            break;
    }
    return bracket->far_excess > 0;
}

/* Where the excess is 0, by the Illinois form of regula falsi (Dowell & Jarratt, BIT 11:168, 1971):
 * an end that is kept twice in a row loses half its weight. */
static double find_root(struct profile *profile, struct bracket *b, double tolerance)
{
    double last = NAN, value = b->far;
    int side = 0;
    for (int step = 0; step < MOST_ROOT_STEPS; step++) {
        value =
            (b->near * b->far_excess - b->far * b->near_excess) / (b->far_excess - b->near_excess);
        if (fabs(value - last) <= tolerance)
            return value;
        last = value;
        double here = excess(profile, value);
        if (here > 0) {
            b->far = value;
            b->far_excess = here;
            b->near_excess *= side == 1 ? 0.5 : 1;
            side = 1;
        } else {
            b->near = value;
            b->near_excess = here;
            b->far_excess *= side == -1 ? 0.5 : 1;
            side = -1;
        }
    }
    profile->converged = false;
    return value;
}

static double find_limit(struct profile *profile, double direction)
{
    size_t j = profile->column, p = profile->fit->p;
    double std_error = sqrt(profile->fit->covariance[j * (p + 1)]);
    struct bracket bracket;
    memcpy(profile->climb.beta, profile->fit->estimate, p * sizeof(double));
    if (!find_bracket(profile, direction * profile->quantile * std_error, &bracket))
        return direction * INFINITY;
    return find_root(profile, &bracket, LIMIT_TOLERANCE * std_error);
}

static enum rwe_status check_request(const struct rwe_survival_data *data,
                                     const struct rwe_cox *fit,
                                     const struct rwe_cox_options *options,
                                     const struct rwe_cox_profile_options *request,
                                     struct rwe_error *error)
{
    if (request->column >= fit->p)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX, "there is no column %zu",
                        request->column);
    if (!(request->level > 0 && request->level < 1))
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX, "the level must lie between 0 and 1");
    if (request->firth && options->ties == RWE_COX_EXACT)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "the penalty does not allow exact ties");
    return rwe_survival_data_check(data, error);
}

enum rwe_status rwe_cox_profile(const struct rwe_survival_data *data, const double x[],
                                const struct rwe_cox *fit, const struct rwe_cox_options *options,
                                const struct rwe_cox_profile_options *request,
                                struct rwe_arena *scratch, struct rwe_cox_profile *result,
                                struct rwe_error *error)
{
    enum rwe_status status = check_request(data, fit, options, request, error);
    if (status != RWE_OK)
        return status;
    struct rwe_mark mark = rwe_arena_mark(scratch);
    struct rwe_cox_rows rows;
    struct profile profile = {
        .fit = fit,
        .column = request->column,
        .quantile = gsl_cdf_ugaussian_Pinv((1 + request->level) / 2),
        .converged = true,
    };
    if (rwe_cox_rows_prepare(data, x, fit->p, scratch, &rows) != RWE_OK ||
        rwe_cox_rows_offset(&rows, options->offset, scratch) != RWE_OK ||
        rwe_cox_climb_init(&profile.climb, &rows, options, request->firth, scratch) != RWE_OK)
        return rwe_fail_memory(error);
    profile.climb.fixed = request->column;
    profile.climb.n_fixed = 1;
    result->low = find_limit(&profile, -1);
    result->high = find_limit(&profile, 1);
    memcpy(profile.climb.beta, fit->estimate, fit->p * sizeof(double));
    result->lr_statistic = drop_at(&profile, 0);
    result->converged = profile.converged;
    rwe_arena_release(scratch, mark);
    return RWE_OK;
}

enum rwe_status rwe_cox_joint_test(const struct rwe_survival_data *data, const double x[],
                                   const struct rwe_cox *fit, const struct rwe_cox_options *options,
                                   const struct rwe_cox_joint_request *request,
                                   struct rwe_arena *scratch, struct rwe_cox_joint_test *result,
                                   struct rwe_error *error)
{
    size_t first = request->column, n = request->n_columns, p = fit->p;
    if (n == 0 || first >= p || n > p - first)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX, "there are no %zu columns from %zu on",
                        n, first);
    if (request->firth && options->ties == RWE_COX_EXACT)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "the penalty does not allow exact ties");
    enum rwe_status status = rwe_survival_data_check(data, error);
    if (status != RWE_OK)
        return status;
    struct rwe_mark mark = rwe_arena_mark(scratch);
    struct rwe_cox_rows rows;
    struct rwe_cox_climb climb;
    if (rwe_cox_rows_prepare(data, x, p, scratch, &rows) != RWE_OK ||
        rwe_cox_rows_offset(&rows, options->offset, scratch) != RWE_OK ||
        rwe_cox_climb_init(&climb, &rows, options, request->firth, scratch) != RWE_OK)
        return rwe_fail_memory(error);
    climb.fixed = first;
    climb.n_fixed = n;
    memcpy(climb.beta, fit->estimate, p * sizeof(double));
    memset(climb.beta + first, 0, n * sizeof(double));
    result->converged = rwe_cox_climb_to_top(&climb);
    result->lr_statistic = fmax(0, 2 * (fit->loglik - climb.here.loglik));
    rwe_arena_release(scratch, mark);
    return RWE_OK;
}
