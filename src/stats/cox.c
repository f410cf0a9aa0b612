/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/stats/cox.h"

#include "cox_private.h"
#include "ldl_private.h"
#include "rwe/stats/concordance.h"

#include <math.h>
#include <string.h>

/* A column of which the earlier ones leave less than this share of information is their linear
 * combination. Rounding leaves some 1e-14; year and year² of a decade in a model leave 1e-6. */
static const double COLLINEAR_SHARE = 1e-10;

/* Beyond it the sums over all choices of the dead leave the range of doubles. */
enum { MOST_EXACT_DEATHS = 500 };

/* A step is halved at most this often: 2^-40 of it no longer moves anything. */
enum { MAX_HALVINGS = 40 };

/* The likelihood is monotone when its height is spent but Newton's step is not. Along a direction
 * in which it rises for ever the rise falls by e a step and the steps keep their length, of the
 * order of the inverse gap between the subjects' predictors; near a maximum each step is about the
 * square of the one before. So the judgement, free of the units of x, is: a promised rise under
 * SPENT_RISE, by a step that moves some two subjects of a stratum apart by at least FAR_STEP on the
 * scale of the log hazard, and that is longer than STEADY_STEP times the one before. */
static const double SPENT_RISE = 1e-6;
static const double FAR_STEP = 0.5;
static const double STEADY_STEP = 0.5;

struct rwe_cox_options rwe_cox_options_default(void)
{
    return (struct rwe_cox_options){
        .ties = RWE_COX_EFRON,
        .max_iterations = 30,
        .tolerance = 1e-12,
        /* The step is then shorter than 1e-8 standard errors, and the next would be of the order of
         * the square of that. Of a million rows rounding leaves steps of 1e-10. */
        .settled_rise = 1e-16,
    };
}

/* Newton's iteration. */
struct newton {
    const struct rwe_cox_rows *rows;
    const struct rwe_cox_options *options;
    struct rwe_cox_work work;
    double *beta, *trial_beta;
    double *gross; /* of the start, where there are entries */
    struct rwe_cox_likelihood here, trial;
    double *factor;       /* of the information at beta */
    double *step;         /* information⁻¹ score at beta */
    double *last_step;    /* the step that led to beta */
    double rise;          /* score' step: twice the rise that the step promises */
    double rise_at_start; /* at 0: the score test */
    size_t n_iterations;
    bool converged;
};

static enum rwe_status newton_init(struct newton *newton, const struct rwe_cox_rows *rows,
                                   const struct rwe_cox_options *options, struct rwe_arena *arena)
{
    size_t p = rows->p;
    *newton = (struct newton){.rows = rows, .options = options};
    double **const vectors[] = {&newton->beta,      &newton->trial_beta, &newton->step,
                                &newton->last_step, &newton->here.score, &newton->trial.score,
                                &newton->gross};
    double **const matrices[] = {&newton->factor, &newton->here.information,
                                 &newton->trial.information};
    for (size_t a = 0; a < sizeof vectors / sizeof *vectors; a++)
        *vectors[a] = RWE_NEW(arena, double, p);
    for (size_t a = 0; a < sizeof matrices / sizeof *matrices; a++)
        *matrices[a] = rwe_arena_alloc(arena, p, p * sizeof(double));
    rwe_cox_work_init(&newton->work, rows, options->ties, arena);
    return rwe_arena_failed(arena) ? RWE_NO_MEMORY : RWE_OK;
}

/* The step from beta. Returns p, or the column at which the information is singular. */
static size_t find_step(struct newton *newton, double tolerance)
{
    size_t p = newton->rows->p;
    memcpy(newton->factor, newton->here.information, p * p * sizeof(double));
    memcpy(newton->step, newton->here.score, p * sizeof(double));
    size_t rank = rwe_ldl_factor(newton->factor, p, tolerance);
    if (rank == p)
        newton->rise = rwe_ldl_quadratic(newton->factor, p, newton->step);
    return rank;
}

/* Takes the step, or the largest of its halves, quarters, … that does not lose height. Returns the
 * fraction taken, or 0. */
static double take_step(struct newton *newton)
{
    size_t p = newton->rows->p;
    double allowance = newton->options->tolerance * fabs(newton->here.loglik); /* rounding */
    double fraction = 1;
    for (int halving = 0; halving <= MAX_HALVINGS; halving++, fraction /= 2) {
        for (size_t j = 0; j < p; j++)
            newton->trial_beta[j] = newton->beta[j] + fraction * newton->step[j];
        rwe_cox_evaluate(newton->rows, newton->options->ties, newton->trial_beta, &newton->work,
                         &newton->trial);
        if (!(newton->trial.loglik >= newton->here.loglik - allowance)) /* also when NaN */
            continue;
        struct rwe_cox_likelihood left = newton->here;
        newton->here = newton->trial;
        newton->trial = left;
        memcpy(newton->beta, newton->trial_beta, p * sizeof(double));
        for (size_t j = 0; j < p; j++)
            newton->last_step[j] = fraction * newton->step[j];
        return fraction;
    }
    return 0;
}

/* How far the step moves two subjects of one stratum apart on the scale of the log hazard. */
static double reach(const struct rwe_cox_rows *rows, const double step[], double predictor[])
{
    rwe_cox_project(rows, step, predictor);
    double widest = 0;
    for (size_t s = 0; s < rows->n_strata; s++) {
        double low = INFINITY, high = -INFINITY;
        for (size_t i = rows->start[s]; i < rows->start[s + 1]; i++) {
            low = fmin(low, predictor[i]);
            high = fmax(high, predictor[i]);
        }
        widest = fmax(widest, high - low);
    }
    return widest;
}

/* The column that has most part in the step. */
static size_t leading_column(const struct newton *newton)
{
    const struct rwe_cox_rows *rows = newton->rows;
    size_t leading = 0;
    double most = -1;
    for (size_t j = 0; j < rows->p; j++) {
        double largest = 0;
        for (size_t i = 0; i < rows->n; i++)
            largest = fmax(largest, fabs(rows->x[i * rows->p + j]));
        if (fabs(newton->step[j]) * largest > most) {
            most = fabs(newton->step[j]) * largest;
            leading = j;
        }
    }
    return leading;
}

static bool runs_off(struct newton *newton)
{
    double now = reach(newton->rows, newton->step, newton->work.predictor);
    return now >= FAR_STEP &&
           now > STEADY_STEP * reach(newton->rows, newton->last_step, newton->work.predictor);
}

static enum rwe_status fail_separated(size_t column, struct rwe_error *error)
{
    return rwe_fail(error, RWE_SEPARATED, column,
                    "the likelihood is monotone: the estimate of column %zu is infinite", column);
}

/* From beta, where the likelihood is known, to the maximum. */
static enum rwe_status maximise(struct newton *newton, struct rwe_error *error)
{
    size_t p = newton->rows->p;
    size_t singular = find_step(newton, COLLINEAR_SHARE);
    /* With entries a column may be constant in every risk set and yet not 0: its information is
     * rounding error. */
    for (size_t j = 0; newton->here.gross != NULL && j < singular; j++)
        if (newton->here.information[j * p + j] <= COLLINEAR_SHARE * newton->here.gross[j])
            singular = j;
    newton->here.gross = NULL;
    if (singular < p)
        return rwe_fail(error, RWE_COLLINEAR, singular,
                        "column %zu is constant or determined by the columns before it", singular);
    newton->rise_at_start = newton->rise;
    while (newton->n_iterations < newton->options->max_iterations) {
        double before = newton->here.loglik;
        double fraction = take_step(newton);
        if (fraction <= 0)
            return RWE_OK;
        newton->n_iterations++;
        singular = find_step(newton, 0);
        if (singular < p)
            return fail_separated(singular, error);
        double change = fabs(newton->here.loglik - before);
        bool settled =
            newton->rise <= newton->options->settled_rise ||
            (fraction >= 1 && change <= newton->options->tolerance * fabs(newton->here.loglik));
        if ((settled || newton->rise <= SPENT_RISE) && runs_off(newton))
            return fail_separated(leading_column(newton), error);
        if (settled) {
            /* The step from here is known already and squares what error is left. */
            for (size_t j = 0; j < p; j++)
                newton->beta[j] += newton->step[j];
            newton->converged = true;
            return RWE_OK;
        }
    }
    return RWE_OK;
}

static enum rwe_status check_request(const struct rwe_survival_data *data, const double x[],
                                     size_t p, const struct rwe_cox_options *options,
                                     struct rwe_error *error)
{
    if (p == 0)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX, "there is no covariate");
    if (options->ties != RWE_COX_EFRON && options->ties != RWE_COX_BRESLOW &&
        options->ties != RWE_COX_EXACT)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX, "unknown treatment of ties");
    if (options->ties == RWE_COX_EXACT && (data->weight != NULL || options->robust))
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "exact ties allow neither weights nor a robust variance");
    if (!(options->tolerance > 0 && options->tolerance < 1))
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "the tolerance must lie between 0 and 1");
    if (!(options->settled_rise >= 0))
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "the settled rise must not be negative");
    enum rwe_status status = rwe_survival_data_check(data, error);
    for (size_t i = 0; status == RWE_OK && i < data->n * p; i++)
        if (!isfinite(x[i]))
            status = rwe_fail(error, RWE_NOT_FINITE, i, "covariate is not a finite number");
    for (size_t j = 0; options->start != NULL && status == RWE_OK && j < p; j++)
        if (!isfinite(options->start[j]))
            status = rwe_fail(error, RWE_NOT_FINITE, j, "start is not a finite number");
    for (size_t i = 0; options->offset != NULL && status == RWE_OK && i < data->n; i++)
        if (!isfinite(options->offset[i]))
            status = rwe_fail(error, RWE_NOT_FINITE, i, "offset is not a finite number");
    return status;
}

/* β' V⁻¹ β; NaN when V is singular, as a sandwich from fewer clusters than columns is. */
static double wald(const double beta[], const double V[], size_t p, struct newton *newton)
{
    memcpy(newton->factor, V, p * p * sizeof(double));
    memcpy(newton->step, beta, p * sizeof(double));
    if (rwe_ldl_factor(newton->factor, p, COLLINEAR_SHARE) < p)
        return NAN;
    return rwe_ldl_quadratic(newton->factor, p, newton->step);
}

enum rwe_status rwe_cox_find_concordance(const struct rwe_survival_data *data, const double x[],
                                         size_t p, const double beta[], const double offset[],
                                         struct rwe_arena *scratch, double *index)
{
    double *predictor = RWE_NEW(scratch, double, data->n);
    struct rwe_concordance concordance;
    if (predictor == NULL)
        return RWE_NO_MEMORY;
    for (size_t j = 0; j < p; j++)
        for (size_t i = 0; i < data->n; i++)
            predictor[i] += x[j * data->n + i] * beta[j];
    for (size_t i = 0; offset != NULL && i < data->n; i++)
        predictor[i] += offset[i];
    enum rwe_status status = rwe_concordance(data, predictor, scratch, &concordance, NULL);
    *index = status == RWE_OK ? concordance.index : NAN;
    return status == RWE_NO_MEMORY ? status : RWE_OK; /* an overflowing predictor has no C */
}

/* What the result says of the estimate. */
struct output {
    double *estimate, *covariance, *robust, *robust_known;
};

static enum rwe_status output_init(struct output *output, size_t p, bool robust, bool estimated,
                                   struct rwe_arena *arena)
{
    output->estimate = RWE_NEW(arena, double, p);
    output->covariance = rwe_arena_alloc(arena, p, p * sizeof(double));
    output->robust = robust ? rwe_arena_alloc(arena, p, p * sizeof(double)) : NULL;
    output->robust_known =
        robust && estimated ? rwe_arena_alloc(arena, p, p * sizeof(double)) : NULL;
    return rwe_arena_failed(arena) ? RWE_NO_MEMORY : RWE_OK;
}

/* The estimate and its variances, from where Newton's iteration ended. */
static enum rwe_status write_estimate(const struct rwe_survival_data *data, struct newton *newton,
                                      struct rwe_arena *scratch, struct output *output)
{
    size_t p = newton->rows->p;
    memcpy(output->estimate, newton->beta, p * sizeof(double));
    rwe_ldl_inverse(newton->factor, p, output->covariance);
    if (output->robust == NULL)
        return RWE_OK;
    const struct rwe_cox_variance variance = {newton->beta, output->covariance, output->robust,
                                              output->robust_known};
    return rwe_cox_sandwich(newton->rows, data, newton->options->ties, &variance, scratch);
}

/* The score test at 0 with the variance between clusters. */
static enum rwe_status find_robust_score(const struct rwe_survival_data *data,
                                         struct newton *newton, struct rwe_arena *scratch,
                                         double *statistic)
{
    size_t p = newton->rows->p;
    *statistic = NAN;
    if (!newton->options->robust || newton->options->estimate_only)
        return RWE_OK;
    struct rwe_cox_meat meat = {
        .matrix = rwe_arena_alloc(scratch, p, p * sizeof(double)),
        .score = RWE_NEW(scratch, double, p),
    };
    double *null = RWE_NEW(scratch, double, p);
    if (rwe_arena_failed(scratch) ||
        rwe_cox_meat(newton->rows, data, newton->options->ties, null, scratch, &meat) != RWE_OK)
        return RWE_NO_MEMORY;
    *statistic = wald(meat.score, meat.matrix, p, newton);
    return RWE_OK;
}

/* At the start alone the share of the means in the information is asked for. */
static void evaluate_here(struct newton *newton)
{
    newton->here.gross = newton->rows->entry == NULL ? NULL : newton->gross;
    rwe_cox_evaluate(newton->rows, newton->options->ties, newton->beta, &newton->work,
                     &newton->here);
}

/* From the options' start to the maximum near it, by the short way of replicates. RWE_OK,
 * RWE_NO_MEMORY, or RWE_NOT_ESTIMABLE where that way is not for this request or does not lead there. */
static enum rwe_status climb_near(struct newton *newton, struct rwe_arena *scratch)
{
    const struct rwe_cox_options *options = newton->options;
    if (options->start == NULL || !options->estimate_only || options->ties == RWE_COX_EXACT ||
        options->max_iterations == 0)
        return RWE_NOT_ESTIMABLE;
    memcpy(newton->beta, options->start, newton->rows->p * sizeof *newton->beta);
    size_t n_steps;
    enum rwe_status status = rwe_cox_near_climb(newton->rows, options->ties, &newton->work, scratch,
                                                newton->beta, newton->factor, &n_steps);
    if (status != RWE_OK)
        return status;
    newton->converged = true;
    newton->n_iterations = n_steps;
    newton->here.loglik = newton->rise_at_start = NAN;
    return RWE_OK;
}

/* From the options' start where there is one, and from 0 where that leads nowhere. */
static enum rwe_status climb(struct newton *newton, struct rwe_cox *result, struct rwe_error *error)
{
    const double *start = newton->options->start;
    size_t p = newton->rows->p;
    if (start != NULL) {
        struct rwe_error ignored = {0};
        memcpy(newton->beta, start, p * sizeof *start);
        evaluate_here(newton);
        enum rwe_status status = maximise(newton, &ignored);
        result->loglik_null = newton->rise_at_start = NAN;
        if (status == RWE_OK && newton->converged)
            return RWE_OK;
        memset(newton->beta, 0, p * sizeof *newton->beta);
        newton->n_iterations = 0;
    }
    evaluate_here(newton);
    result->loglik_null = newton->here.loglik;
    return maximise(newton, error);
}

/* The fit proper: everything that it allocates is workspace. */
static enum rwe_status fit(const struct rwe_survival_data *data, const double x[],
                           const struct rwe_cox_options *options, struct rwe_arena *scratch,
                           struct output *output, struct rwe_cox *result, struct rwe_error *error)
{
    size_t p = result->p;
    struct rwe_cox_rows rows;
    struct newton newton;
    if (rwe_cox_rows_prepare(data, x, p, scratch, &rows) != RWE_OK ||
        rwe_cox_rows_offset(&rows, options->offset, scratch) != RWE_OK ||
        newton_init(&newton, &rows, options, scratch) != RWE_OK)
        return rwe_fail_memory(error);
    if (rows.n_events == 0)
        return rwe_fail(error, RWE_NOT_ESTIMABLE, RWE_NO_INDEX, "there is no event");
    if (newton.work.exact.most_deaths > MOST_EXACT_DEATHS)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "%zu die at one time: too many for exact ties",
                        newton.work.exact.most_deaths);
    result->loglik_null = NAN;
    enum rwe_status status = climb_near(&newton, scratch);
    if (status == RWE_NO_MEMORY)
        return rwe_fail_memory(error);
    if (status != RWE_OK)
        status = climb(&newton, result, error);
    if (status != RWE_OK)
        return status;
    if (write_estimate(data, &newton, scratch, output) != RWE_OK ||
        find_robust_score(data, &newton, scratch, &result->robust_score_statistic) != RWE_OK)
        return rwe_fail_memory(error);
    result->concordance = NAN;
    if (!options->estimate_only &&
        rwe_cox_find_concordance(data, x, p, newton.beta, options->offset, scratch,
                                 &result->concordance) != RWE_OK)
        return rwe_fail_memory(error);
    const double *variance = output->robust != NULL ? output->robust : output->covariance;
    result->loglik = newton.here.loglik;
    result->lr_statistic = 2 * (result->loglik - result->loglik_null);
    result->score_statistic = newton.rise_at_start;
    result->wald_statistic = wald(newton.beta, variance, p, &newton);
    result->n_events = rows.n_events;
    result->n_iterations = newton.n_iterations;
    result->converged = newton.converged;
    return RWE_OK;
}

enum rwe_status rwe_cox_fit(const struct rwe_survival_data *data, const double x[], size_t p,
                            const struct rwe_cox_options *options, struct rwe_arena *arena,
                            struct rwe_cox *result, struct rwe_error *error)
{
    enum rwe_status status = check_request(data, x, p, options, error);
    if (status != RWE_OK)
        return status;
    struct output output;
    bool robust = options->robust && !options->estimate_only;
    bool estimated = data->estimation != NULL && !data->crossed;
    if (output_init(&output, p, robust, estimated, arena) != RWE_OK)
        return rwe_fail_memory(error);
    *result = (struct rwe_cox){
        .p = p,
        .n = data->n,
        .estimate = output.estimate,
        .covariance = output.covariance,
        .robust = output.robust,
        .robust_known = estimated ? output.robust_known : output.robust,
    };
    struct rwe_mark mark = rwe_arena_mark(arena);
    status = fit(data, x, options, arena, &output, result, error);
    rwe_arena_release(arena, mark);
    return status;
}
