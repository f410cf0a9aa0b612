/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/stats/cox_firth.h"

#include "cox_private.h"
#include "ldl_private.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

/* Rows with one more column, that of x' I⁻¹ x, and what its derivative needs. */
struct penalty {
    struct rwe_cox_rows rows;
    struct rwe_cox_risk_set set;
    double *mean, *product;
};

/* The maximum of a Cox likelihood, penalised or not, all coefficients free or some held. */
struct climb {
    const struct rwe_cox_rows *rows;
    enum rwe_cox_ties ties;
    double tolerance;
    size_t most_steps;
    bool firth;
    size_t fixed, n_fixed; /* the columns whose coefficients stay: from `fixed` on */
    struct rwe_cox_work work;
    struct penalty penalty;
    double *beta, *trial_beta, *step;
    struct rwe_cox_likelihood here, trial;
    double *factor, *inverse; /* p × p */
    size_t n_steps;           /* of the last climb */
    size_t singular; /* column at which the information at the last β is singular; p: none */
};

/* ---- the state of a climb ---- */

/* A step that promises to raise twice the log-likelihood by no more is shorter than 1e-10 standard
 * errors. Rounding may keep it from becoming so short: then the promise no longer halves. */
static const double SPENT_RISE = 1e-20;
static const double SMALL_RISE = 1e-14;

enum { MAX_HALVINGS = 40 };

/* Convergence with the penalty is linear. */
enum { FIRTH_STEPS = 20 };

static void widen_rows(const struct rwe_cox_rows *rows, struct rwe_arena *arena,
                       struct rwe_cox_rows *wide)
{
    size_t p = rows->p;
    *wide = *rows;
    wide->p = p + 1;
    wide->x = rwe_arena_alloc(arena, rows->n, (p + 1) * sizeof(double));
    for (size_t i = 0; wide->x != NULL && i < rows->n; i++)
        memcpy(wide->x + i * (p + 1), rows->x + i * p, p * sizeof(double));
}

/* All coefficients free, from β = 0. RWE_OK or RWE_NO_MEMORY. */
static enum rwe_status climb_init(struct climb *climb, const struct rwe_cox_rows *rows,
                                  const struct rwe_cox_options *options, bool firth,
                                  struct rwe_arena *arena)
{
    size_t p = rows->p;
    *climb = (struct climb){
        .rows = rows,
        .ties = options->ties,
        .tolerance = options->tolerance,
        .most_steps = options->max_iterations * (firth ? FIRTH_STEPS : 1),
        .firth = firth,
    };
    double **const vectors[] = {&climb->beta, &climb->trial_beta, &climb->step, &climb->here.score,
                                &climb->trial.score};
    double **const matrices[] = {&climb->here.information, &climb->trial.information,
                                 &climb->factor, &climb->inverse};
    for (size_t a = 0; a < sizeof vectors / sizeof *vectors; a++)
        *vectors[a] = RWE_NEW(arena, double, p);
    for (size_t a = 0; a < sizeof matrices / sizeof *matrices; a++)
        *matrices[a] = rwe_arena_alloc(arena, p, p * sizeof(double));
    rwe_cox_work_init(&climb->work, rows, options->ties, arena);
    if (firth) {
        widen_rows(rows, arena, &climb->penalty.rows);
        rwe_cox_risk_set_init(&climb->penalty.set, p + 1, true, arena);
        climb->penalty.mean = RWE_NEW(arena, double, p + 1);
        climb->penalty.product = RWE_NEW(arena, double, p);
    }
    return rwe_arena_failed(arena) ? RWE_NO_MEMORY : RWE_OK;
}

/* ---- the penalty ½ log |I| and its gradient (Heinze & Schemper, Biometrics 57:114, 2001) ---- */

/* The extra column q = x'V x, with V = I⁻¹. */
static void write_quadratics(const struct rwe_cox_rows *rows, const double V[],
                             struct rwe_cox_rows *wide)
{
    size_t p = rows->p;
    for (size_t i = 0; i < rows->n; i++) {
        const double *x = rows->x + i * p;
        double q = 0;
        for (size_t j = 0; j < p; j++)
            for (size_t k = 0; k < p; k++)
                q += x[j] * V[j * p + k] * x[k];
        wide->x[i * (p + 1) + p] = q;
    }
}

/* ½ tr(V dI/dβ_j) is half the sum over steps of the third central moment, contracted with V:
 *   E[(x_j − m_j) (x − m)'V(x − m)] = Cov(x_j, q) − 2 Σ_l Cov(x_j, x_l) (V m)_l. */
static void add_step(const struct penalty *penalty, const double V[], double fraction,
                     double weight, double score[])
{
    const struct rwe_cox_risk_set *set = &penalty->set;
    size_t p = set->p - 1, width = set->p;
    double *mean = penalty->mean, *product = penalty->product;
    double sum = rwe_cox_risk_set_mean(set, fraction, mean);
    for (size_t j = 0; j < p; j++) {
        product[j] = 0;
        for (size_t k = 0; k < p; k++)
            product[j] += V[j * p + k] * mean[k];
    }
    for (size_t j = 0; j < p; j++) {
        double with_q = set->all.rxx[p * width + j] - fraction * set->deaths.rxx[p * width + j];
        double third = with_q / sum - mean[j] * mean[p];
        for (size_t l = 0; l < p; l++) {
            size_t at = j >= l ? j * width + l : l * width + j;
            double moment = (set->all.rxx[at] - fraction * set->deaths.rxx[at]) / sum;
            third -= 2 * (moment - mean[j] * mean[l]) * product[l];
        }
        score[j] += weight * third / 2;
    }
}

/* Adds ½ log |I| and its gradient. Returns p, or the column at which I is singular. */
static size_t penalise(struct climb *climb, struct rwe_cox_likelihood *likelihood)
{
    const struct rwe_cox_rows *rows = climb->rows;
    struct penalty *penalty = &climb->penalty;
    struct rwe_cox_risk_set *set = &penalty->set;
    size_t p = rows->p;
    memcpy(climb->factor, likelihood->information, p * p * sizeof(double));
    size_t rank = rwe_ldl_factor(climb->factor, p, 0);
    if (rank < p)
        return rank;
    for (size_t j = 0; j < p; j++)
        rwe_cox_add_to_loglik(likelihood, log(climb->factor[j * p + j]) / 2);
    rwe_ldl_inverse(climb->factor, p, climb->inverse);
    write_quadratics(rows, climb->inverse, &penalty->rows);
    for (size_t s = 0; s < rows->n_strata; s++) {
        rwe_cox_risk_set_clear(set);
        for (size_t end = rows->start[s + 1]; end > rows->start[s];) {
            end = rwe_cox_risk_set_add_time(set, &penalty->rows, climb->work.predictor,
                                            rows->start[s], end);
            size_t n_steps = rwe_cox_n_steps(set, climb->ties);
            for (size_t step = 0; step < n_steps; step++)
                add_step(penalty, climb->inverse, (double)step / (double)n_steps,
                         set->death_weight / (double)n_steps, likelihood->score);
        }
    }
    return p;
}

/* ---- Newton's steps ---- */

/* The likelihood at climb->beta, penalised if asked for; −∞ where the penalty is. */
static void evaluate(struct climb *climb, const double beta[],
                     struct rwe_cox_likelihood *likelihood)
{
    rwe_cox_evaluate(climb->rows, climb->ties, beta, &climb->work, likelihood);
    climb->singular = climb->rows->p;
    if (climb->firth)
        climb->singular = penalise(climb, likelihood);
    if (climb->singular < climb->rows->p)
        likelihood->loglik = -INFINITY;
}

/* The step in the free coefficients. Returns score' step, or NaN where the information is singular. */
static double find_step(struct climb *climb)
{
    size_t p = climb->rows->p;
    memcpy(climb->factor, climb->here.information, p * p * sizeof(double));
    memcpy(climb->step, climb->here.score, p * sizeof(double));
    for (size_t f = climb->fixed; f < climb->fixed + climb->n_fixed; f++) {
        for (size_t j = 0; j < p; j++)
            *(j <= f ? &climb->factor[f * p + j] : &climb->factor[j * p + f]) = j == f;
        climb->step[f] = 0;
    }
    if (rwe_ldl_factor(climb->factor, p, 0) < p)
        return NAN;
    return rwe_ldl_quadratic(climb->factor, p, climb->step);
}

static bool take_step(struct climb *climb)
{
    double allowance = climb->tolerance * fabs(climb->here.loglik); /* rounding */
    double fraction = 1;
    for (int halving = 0; halving <= MAX_HALVINGS; halving++, fraction /= 2) {
        for (size_t j = 0; j < climb->rows->p; j++)
            climb->trial_beta[j] = climb->beta[j] + fraction * climb->step[j];
        evaluate(climb, climb->trial_beta, &climb->trial);
        if (!(climb->trial.loglik >= climb->here.loglik - allowance)) /* also when NaN */
            continue;
        struct rwe_cox_likelihood left = climb->here;
        climb->here = climb->trial;
        climb->trial = left;
        memcpy(climb->beta, climb->trial_beta, climb->rows->p * sizeof(double));
        return true;
    }
    return false;
}

/* From climb->beta to the maximum; whether it was reached. The summit is climb->here. */
static bool climb_to_top(struct climb *climb)
{
    evaluate(climb, climb->beta, &climb->here);
    double rise = find_step(climb), last = INFINITY;
    for (climb->n_steps = 0; climb->n_steps < climb->most_steps; climb->n_steps++) {
        if (rise <= SPENT_RISE || (rise <= SMALL_RISE && rise > last / 2))
            return true;
        if (!isfinite(rise) || !take_step(climb))
            return false;
        last = rise;
        rise = find_step(climb);
    }
    return rise <= SMALL_RISE;
}

/* ---- the penalised fit ---- */

/* From the likelihood at 0, which rwe_cox_fit has seen, to the summit of l*. */
static enum rwe_status fit_penalised(const struct rwe_survival_data *data, const double x[],
                                     const struct rwe_cox_options *options,
                                     struct rwe_arena *scratch, struct rwe_cox *result,
                                     double *const output[2])
{
    size_t p = result->p;
    struct rwe_cox_rows rows;
    struct climb climb;
    if (rwe_cox_rows_prepare(data, x, p, scratch, &rows) != RWE_OK ||
        rwe_cox_rows_offset(&rows, options->offset, scratch) != RWE_OK ||
        climb_init(&climb, &rows, options, true, scratch) != RWE_OK)
        return RWE_NO_MEMORY;
    evaluate(&climb, climb.beta, &climb.here);
    result->loglik_null = climb.here.loglik;
    result->converged = climb_to_top(&climb);
    result->n_iterations = climb.n_steps;
    result->loglik = climb.here.loglik;
    result->lr_statistic = 2 * (result->loglik - result->loglik_null);
    memcpy(output[0], climb.beta, p * sizeof(double));
    memcpy(climb.factor, climb.here.information, p * p * sizeof(double));
    if (rwe_ldl_factor(climb.factor, p, 0) == p)
        rwe_ldl_inverse(climb.factor, p, output[1]);
    memcpy(climb.factor, climb.here.information, p * p * sizeof(double));
    result->wald_statistic = 0;
    for (size_t j = 0; j < p; j++)
        for (size_t k = 0; k < p; k++)
            result->wald_statistic +=
                climb.beta[j] * climb.factor[j >= k ? j * p + k : k * p + j] * climb.beta[k];
    return rwe_cox_find_concordance(data, x, p, climb.beta, options->offset, scratch,
                                    &result->concordance);
}

enum rwe_status rwe_cox_firth_fit(const struct rwe_survival_data *data, const double x[], size_t p,
                                  const struct rwe_cox_options *options, struct rwe_arena *arena,
                                  struct rwe_cox *result, struct rwe_error *error)
{
    if (options->ties == RWE_COX_EXACT || options->robust)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "the penalty allows neither exact ties nor a robust variance");
    struct rwe_cox null;
    struct rwe_cox_options at_null = *options;
    struct rwe_mark before = rwe_arena_mark(arena);
    at_null.max_iterations = 0; /* checks the request, events and collinearity */
    at_null.start = NULL;
    enum rwe_status status = rwe_cox_fit(data, x, p, &at_null, arena, &null, error);
    if (status != RWE_OK)
        return status;
    rwe_arena_release(arena, before);
    double *const output[2] = {RWE_NEW(arena, double, p),
                               rwe_arena_alloc(arena, p, p * sizeof(double))};
    if (rwe_arena_failed(arena))
        return rwe_fail_memory(error);
    *result = (struct rwe_cox){
        .p = p,
        .n = null.n,
        .n_events = null.n_events,
        .estimate = output[0],
        .covariance = output[1],
        .score_statistic = NAN,
        .robust_score_statistic = NAN,
    };
    struct rwe_mark mark = rwe_arena_mark(arena);
    if (fit_penalised(data, x, options, arena, result, output) != RWE_OK)
        return rwe_fail_memory(error);
    rwe_arena_release(arena, mark);
    return RWE_OK;
}

/* ---- limits and tests by profile likelihood (Venzon & Moolgavkar, Appl Stat 37:87, 1988) ---- */

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
    struct climb climb;
    const struct rwe_cox *fit;
    size_t column;
    double quantile; /* of the standard normal */
    bool converged;  /* all so far */
};

/* 2 (l(β̂) − max l with the coefficient at `value`), from where the last search for it ended. */
static double drop_at(struct profile *profile, double value)
{
    struct climb *climb = &profile->climb;
    climb->beta[profile->column] = value;
    profile->converged = climb_to_top(climb) && profile->converged;
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
        climb_init(&profile.climb, &rows, options, request->firth, scratch) != RWE_OK)
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
    struct climb climb;
    if (rwe_cox_rows_prepare(data, x, p, scratch, &rows) != RWE_OK ||
        rwe_cox_rows_offset(&rows, options->offset, scratch) != RWE_OK ||
        climb_init(&climb, &rows, options, request->firth, scratch) != RWE_OK)
        return rwe_fail_memory(error);
    climb.fixed = first;
    climb.n_fixed = n;
    memcpy(climb.beta, fit->estimate, p * sizeof(double));
    memset(climb.beta + first, 0, n * sizeof(double));
    result->converged = climb_to_top(&climb);
    result->lr_statistic = fmax(0, 2 * (fit->loglik - climb.here.loglik));
    rwe_arena_release(scratch, mark);
    return RWE_OK;
}
