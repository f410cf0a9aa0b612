/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/stats/fine_gray.h"

#include "fine_gray_private.h"
#include "ldl_private.h"

#include <math.h>
#include <string.h>

/* A pivot below this share of its diagonal (1 − R²) is rounding. */
static const double COLLINEAR_SHARE = 1e-10;
/* The step that is left when score' I⁻¹ score is this small is taken, and squares the error: with
 * it an estimate is nearer than 1e-10 of a standard error. */
static const double SETTLED_RISE = 1e-10;
/* A monotone likelihood is flat in the end, but Newton's step stays near 1 on the scale of the
 * predictor. A proper one that is this flat has steps below 1e-3. */
static const double SPENT_RISE = 1e-6;
static const double FAR_STEP = 0.2;
static const int MOST_HALVINGS = 30;

struct rwe_fine_gray_options rwe_fine_gray_options_default(void)
{
    return (struct rwe_fine_gray_options){.cause = 1, .max_iterations = 30};
}

struct newton {
    const struct fine_gray_rows *rows;
    struct fine_gray_work work;
    struct fine_gray_likelihood here;
    double *beta, *trial, *step, *factor;
    double rise;   /* score' I⁻¹ score */
    double *range; /* by column: greatest less least value */
    size_t n_iterations;
    bool converged;
};

static enum rwe_status newton_init(struct newton *newton, const struct fine_gray_rows *rows,
                                   struct rwe_arena *arena)
{
    size_t p = rows->p;
    *newton = (struct newton){.rows = rows};
    newton->beta = RWE_NEW(arena, double, p);
    newton->trial = RWE_NEW(arena, double, p);
    newton->step = RWE_NEW(arena, double, p);
    newton->range = RWE_NEW(arena, double, p);
    newton->factor = rwe_arena_alloc(arena, p, p * sizeof(double));
    newton->here.score = RWE_NEW(arena, double, p);
    newton->here.information = rwe_arena_alloc(arena, p, p * sizeof(double));
    if (rwe_arena_failed(arena) || rwe_fine_gray_work(rows, arena, &newton->work) != RWE_OK)
        return RWE_NO_MEMORY;
    for (size_t j = 0; j < p; j++) {
        double least = INFINITY, greatest = -INFINITY;
        for (size_t i = 0; i < rows->n; i++) {
            least = fmin(least, rows->x[i * p + j]);
            greatest = fmax(greatest, rows->x[i * p + j]);
        }
        newton->range[j] = greatest - least;
    }
    return RWE_OK;
}

/* Newton's step from here; returns p, or the first column without information of its own. */
static size_t find_step(struct newton *newton)
{
    size_t p = newton->rows->p;
    memcpy(newton->factor, newton->here.information, p * p * sizeof(double));
    memcpy(newton->step, newton->here.score, p * sizeof(double));
    size_t rank = rwe_ldl_factor(newton->factor, p, COLLINEAR_SHARE);
    if (rank == p)
        newton->rise = rwe_ldl_quadratic(newton->factor, p, newton->step);
    return rank;
}

/* The column that moves the predictor most in the present step. */
static size_t leading_column(const struct newton *newton)
{
    size_t leader = 0;
    for (size_t j = 1; j < newton->rows->p; j++)
        if (fabs(newton->step[j]) * newton->range[j] >
            fabs(newton->step[leader]) * newton->range[leader])
            leader = j;
    return leader;
}

static bool runs_off(const struct newton *newton)
{
    size_t j = leading_column(newton);
    return newton->rise < SPENT_RISE && fabs(newton->step[j]) * newton->range[j] > FAR_STEP;
}

static enum rwe_status fail_separated(size_t column, struct rwe_error *error)
{
    return rwe_fail(
        error, RWE_SEPARATED, column,
        "the likelihood has no maximum: the estimate of column %zu runs off to infinity", column);
}

/* Goes along the step until the likelihood does not fall. */
static void take_step(struct newton *newton)
{
    size_t p = newton->rows->p;
    double before = newton->here.loglik, fraction = 1;
    for (int halving = 0; halving <= MOST_HALVINGS; halving++, fraction /= 2) {
        for (size_t j = 0; j < p; j++)
            newton->trial[j] = newton->beta[j] + fraction * newton->step[j];
        rwe_fine_gray_evaluate(newton->rows, newton->trial, &newton->work, &newton->here);
        double slack = 1e-13 * fabs(before); /* rounding of the sum */
        if (isfinite(newton->here.loglik) && newton->here.loglik >= before - slack)
            break;
    }
    memcpy(newton->beta, newton->trial, p * sizeof(double));
}

static enum rwe_status maximise(struct newton *newton, size_t max_iterations,
                                struct rwe_error *error)
{
    size_t p = newton->rows->p;
    for (;;) {
        size_t rank = find_step(newton);
        if (rank < p && newton->n_iterations == 0)
            return rwe_fail(error, RWE_COLLINEAR, rank,
                            "column %zu is constant or determined by the columns before it", rank);
        if (rank < p)
            return fail_separated(rank, error);
        if (runs_off(newton))
            return fail_separated(leading_column(newton), error);
        newton->converged = newton->rise <= SETTLED_RISE;
        if (!newton->converged && newton->n_iterations == max_iterations)
            return RWE_OK;
        take_step(newton);
        newton->n_iterations++;
        if (newton->converged)
            break;
    }
    return find_step(newton) == p ? RWE_OK : fail_separated(0, error);
}

static enum rwe_status check_request(const struct rwe_survival_data *data, const double x[],
                                     size_t p, const struct rwe_fine_gray_options *options,
                                     struct rwe_error *error)
{
    size_t n_causes = data->n_causes < 1 ? 1 : data->n_causes;
    if (p == 0)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX, "there is no covariate");
    if (options->cause < 1 || options->cause > n_causes)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX, "there is no cause %zu",
                        options->cause);
    enum rwe_status status = rwe_survival_data_check(data, error);
    if (status != RWE_OK)
        return status;
    if (data->n_strata > 1)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX, "the model takes no strata");
    for (size_t i = 0; data->entry != NULL && i < data->n; i++)
        if (data->entry[i] > 0)
            return rwe_fail(error, RWE_BAD_INPUT, i,
                            "the Fine-Gray model takes no data with late entry");
    for (size_t i = 0; i < data->n * p; i++)
        if (!isfinite(x[i]))
            return rwe_fail(error, RWE_NOT_FINITE, i, "covariate is not a finite number");
    return RWE_OK;
}

/* What the result says of the estimate. */
struct output {
    double *estimate, *covariance, *robust;
};

/* Everything that is allocated here is workspace. */
static enum rwe_status fit(const struct rwe_survival_data *data, const double x[],
                           const struct rwe_fine_gray_options *options, struct rwe_arena *scratch,
                           struct output *output, struct rwe_fine_gray *result,
                           struct rwe_error *error)
{
    struct fine_gray_rows rows;
    struct newton newton;
    size_t p = result->p;
    enum rwe_status status = rwe_fine_gray_rows(data, x, p, options, scratch, &rows, error);
    if (status != RWE_OK)
        return status;
    if (rows.m == 0)
        return rwe_fail(error, RWE_NOT_ESTIMABLE, RWE_NO_INDEX, "there is no event of the cause");
    if (newton_init(&newton, &rows, scratch) != RWE_OK)
        return rwe_fail_memory(error);
    rwe_fine_gray_evaluate(&rows, newton.beta, &newton.work, &newton.here);
    result->loglik_null = newton.here.loglik;
    status = maximise(&newton, options->max_iterations, error);
    if (status != RWE_OK)
        return status;
    memcpy(output->estimate, newton.beta, p * sizeof(double));
    rwe_ldl_inverse(newton.factor, p, output->covariance);
    if (rwe_fine_gray_sandwich(&rows, &newton.work, output->covariance, scratch, output->robust) !=
        RWE_OK)
        return rwe_fail_memory(error);
    result->loglik = newton.here.loglik;
    result->n_iterations = newton.n_iterations;
    result->converged = newton.converged;
    return RWE_OK;
}

enum rwe_status rwe_fine_gray_fit(const struct rwe_survival_data *data, const double x[], size_t p,
                                  const struct rwe_fine_gray_options *options,
                                  struct rwe_arena *arena, struct rwe_fine_gray *result,
                                  struct rwe_error *error)
{
    enum rwe_status status = check_request(data, x, p, options, error);
    if (status != RWE_OK)
        return status;
    struct output output = {
        .estimate = RWE_NEW(arena, double, p),
        .covariance = rwe_arena_alloc(arena, p, p * sizeof(double)),
        .robust = rwe_arena_alloc(arena, p, p * sizeof(double)),
    };
    if (rwe_arena_failed(arena))
        return rwe_fail_memory(error);
    *result = (struct rwe_fine_gray){
        .p = p,
        .n = data->n,
        .estimate = output.estimate,
        .covariance = output.covariance,
        .robust = output.robust,
    };
    for (size_t i = 0; i < data->n; i++)
        result->n_events += data->event[i] == options->cause;
    struct rwe_mark mark = rwe_arena_mark(arena);
    status = fit(data, x, options, arena, &output, result, error);
    rwe_arena_release(arena, mark);
    return status;
}
