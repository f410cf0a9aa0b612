/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/stats/ph.h"

#include "cox_private.h"
#include "ldl_private.h"
#include "rwe/stats/event_table.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

/* At (β, 0). With V_t the variance of x in the risk set at t, summed over its deaths: */
struct ph_score {
    size_t p;
    double *score;       /* of θ: Σ g (x − x̄) over deaths */
    double *beta_beta;   /* Σ V_t, lower triangle */
    double *beta_theta;  /* Σ g V_t, lower triangle (it is symmetric) */
    double *theta_theta; /* Σ g² V_t, lower triangle */
    double *residual;    /* [row * 2p + column]: of β, then of θ; NULL: not wanted */
};

/* ---- the score of the enlarged model ---- */

/* The residuals are those of cox_residuals.c with every term of time t multiplied by g(t):
 *
 *   L_i = δ_i g(t_i) (x_i − x̄) − Σ over event steps at which i is at risk of g(t) r_i (x_i − x̄_k) w_k / S_k.
 *
 * A row is at risk from its entry on, so that the sum up to there is taken off again. A pass backwards finds scores, information and the jumps of H = Σ w / S and G = Σ x̄ w / S; one
 * forwards sums the jumps, plain for β and times g for θ. A jump is in units of exp(−shift). */
struct jump {
    double time, shift, g;
    double hazard;
};

struct workspace {
    struct rwe_cox_risk_set set;
    size_t n_jumps;
    struct jump *jump;       /* latest first within a stratum */
    double *jump_mean;       /* [jump * p + j] */
    double *predictor;       /* n */
    double *mean, *own;      /* p: mean at a step; over the steps of a time */
    double *late;            /* p: Σ fraction x̄ w / S over the steps of a time */
    double *variance;        /* p × p: V_t */
    double *sum, *sum_g;     /* p: G, and G with g, up to now */
    double hazard, hazard_g; /* H, and H with g */
    double shift;            /* the four are in units of exp(−shift) */
    double late_hazard;      /* Σ fraction w / S over the steps of a time */
    double time_hazard;      /* Σ w / S over them */
};

static enum rwe_status workspace_init(struct workspace *work, const struct rwe_cox_rows *rows,
                                      bool residuals, struct rwe_arena *arena)
{
    size_t p = rows->p, n_jumps = residuals ? rows->n_events : 1;
    *work = (struct workspace){
        .jump = RWE_NEW(arena, struct jump, n_jumps),
        .jump_mean = rwe_arena_alloc(arena, n_jumps, p * sizeof(double)),
        .predictor = RWE_NEW(arena, double, rows->n),
        .variance = rwe_arena_alloc(arena, p, p * sizeof(double)),
    };
    double **const vectors[] = {&work->mean, &work->own, &work->late, &work->sum, &work->sum_g};
    for (size_t v = 0; v < sizeof vectors / sizeof *vectors; v++)
        *vectors[v] = RWE_NEW(arena, double, p);
    rwe_cox_risk_set_init(&work->set, p, true, arena);
    return rwe_arena_failed(arena) ? RWE_NO_MEMORY : RWE_OK;
}

/* Sums over the steps of one time, of weight w each, at which a share g = 1 − fraction of the tied
 * deaths is left and S is the sum of r. */
struct step_sums {
    double inverse, g_inverse;         /* Σ 1 / S, Σ g / S */
    double late_inverse;               /* Σ fraction / S */
    double by_square, g_by_square;     /* Σ 1 / S², Σ g / S² */
    double g2_by_square;               /* Σ g² / S² */
    double late_square, late_square_g; /* Σ fraction / S², Σ fraction g / S² */
};

static struct step_sums sums_of(const struct rwe_cox_risk_set *set, size_t n_steps)
{
    struct step_sums sums = {0};
    for (size_t step = 0; step < n_steps; step++) {
        double fraction = (double)step / (double)n_steps;
        double g = (double)(n_steps - step) / (double)n_steps;
        double inverse = 1 / (set->all.r - fraction * set->deaths.r), square = inverse * inverse;
        sums.inverse += inverse;
        sums.g_inverse += g * inverse;
        sums.late_inverse += fraction * inverse;
        sums.by_square += square;
        sums.g_by_square += g * square;
        sums.g2_by_square += g * g * square;
        sums.late_square += fraction * square;
        sums.late_square_g += fraction * g * square;
    }
    return sums;
}

/* V_t, the mean of x and the jump at the time just added. At a step x̄ = (c + g d) / S, with d the sum
 * of r x over the tied deaths and c over the others: the sums over steps are of numbers alone, and
 * the matrices are touched once a time. */
static void sum_steps(struct workspace *work, enum rwe_cox_ties ties)
{
    const struct rwe_cox_risk_set *set = &work->set;
    size_t p = set->p, n_steps = rwe_cox_n_steps(set, ties);
    double w = set->death_weight / (double)n_steps;
    double *jump_mean = work->jump_mean + work->n_jumps * p, *c = work->mean;
    const double *d = set->deaths.rx;
    struct step_sums sums = sums_of(set, n_steps);
    work->time_hazard = w * sums.inverse;
    work->late_hazard = w * sums.late_inverse;
    for (size_t j = 0; j < p; j++)
        c[j] = set->all.rx[j] - d[j];
    for (size_t j = 0; j < p; j++) {
        const double *all = set->all.rxx + j * p, *deaths = set->deaths.rxx + j * p;
        double with_c = w * (sums.by_square * c[j] + sums.g_by_square * d[j]);
        double with_d = w * (sums.g_by_square * c[j] + sums.g2_by_square * d[j]);
        work->own[j] = (sums.inverse * c[j] + sums.g_inverse * d[j]) / (double)n_steps;
        work->late[j] = w * (sums.late_square * c[j] + sums.late_square_g * d[j]);
        jump_mean[j] = with_c;
        for (size_t k = 0; k <= j; k++)
            work->variance[j * p + k] = work->time_hazard * all[k] - work->late_hazard * deaths[k] -
                                        (with_c * c[k] + with_d * d[k]);
    }
}

static void add_information(const struct workspace *work, double g, struct ph_score *score)
{
    size_t p = score->p;
    for (size_t j = 0; j < p; j++)
        for (size_t jk = j * p; jk <= j * p + j; jk++) {
            double v = work->variance[jk];
            score->beta_beta[jk] += v;
            score->beta_theta[jk] += g * v;
            score->theta_theta[jk] += g * g * v;
        }
}

/* What the deaths among rows [begin, end) of one time add to the score. */
static void add_score(const struct rwe_cox_rows *rows, size_t begin, size_t end, double g,
                      const double mean[restrict], double score[restrict])
{
    size_t p = rows->p;
    for (size_t i = begin; i < end; i++) {
        if (!rows->event[i])
            continue;
        const double *restrict x = rows->x + i * p;
        double weight = g * rows->weight[i];
        for (size_t j = 0; j < p; j++)
            score[j] += weight * (x[j] - mean[j]);
    }
}

/* Their own residuals. */
static void add_own(const struct rwe_cox_rows *rows, size_t begin, size_t end, double g,
                    const struct workspace *work, double residual[])
{
    size_t p = rows->p;
    for (size_t i = begin; i < end; i++) {
        if (!rows->event[i])
            continue;
        const double *x = rows->x + i * p;
        double r = exp(work->predictor[i] - work->set.shift);
        for (size_t j = 0; j < p; j++) {
            double own = x[j] - work->own[j] + r * (x[j] * work->late_hazard - work->late[j]);
            residual[i * 2 * p + j] = own;
            residual[i * 2 * p + p + j] = g * own;
        }
    }
}

static void pass_backwards(const struct rwe_cox_rows *rows, enum rwe_cox_ties ties, size_t s,
                           const double g[], struct workspace *work, struct ph_score *score)
{
    work->n_jumps = 0;
    rwe_cox_risk_set_clear(&work->set);
    size_t end = rows->start[s + 1];
    while (end > rows->start[s]) {
        size_t begin =
            rwe_cox_risk_set_add_time(&work->set, rows, work->predictor, rows->start[s], end);
        if (work->set.n_deaths > 0) {
            sum_steps(work, ties);
            add_information(work, g[begin], score);
            add_score(rows, begin, end, g[begin], work->own, score->score);
            if (score->residual != NULL)
                add_own(rows, begin, end, g[begin], work, score->residual);
            work->jump[work->n_jumps] =
                (struct jump){rows->time[begin], work->set.shift, g[begin], work->time_hazard};
            work->n_jumps += score->residual != NULL;
        }
        end = begin;
    }
}

/* The sums H and G up to the present time, plain and with g, in units of exp(−shift). */
static void pass_jump(size_t index, size_t p, struct workspace *work)
{
    const struct jump *jump = &work->jump[index];
    double factor = exp(jump->shift - work->shift); /* at most 1 without entries */
    work->shift = jump->shift;
    work->hazard = work->hazard * factor + jump->hazard;
    work->hazard_g = work->hazard_g * factor + jump->g * jump->hazard;
    for (size_t j = 0; j < p; j++) {
        double mean = work->jump_mean[index * p + j];
        work->sum[j] = work->sum[j] * factor + mean;
        work->sum_g[j] = work->sum_g[j] * factor + jump->g * mean;
    }
}

/* residual_i += sign r_i (x_i H − G) at the present time. */
static void add_expected(const struct rwe_cox_rows *rows, size_t i, double sign,
                         const struct workspace *work, double residual[])
{
    size_t p = rows->p;
    double r = sign * exp(work->predictor[i] - work->shift);
    for (size_t j = 0; j < p; j++) {
        double x = rows->x[i * p + j];
        residual[i * 2 * p + j] += r * (x * work->hazard - work->sum[j]);
        residual[i * 2 * p + p + j] += r * (x * work->hazard_g - work->sum_g[j]);
    }
}

/* Those who enter before `time` were not at risk at the jumps so far. Returns who enters next. */
static size_t pass_entries(const struct rwe_cox_rows *rows, size_t next, size_t end, double time,
                           const struct workspace *work, double residual[])
{
    for (; rows->entry != NULL && next < end && rows->entry[rows->by_entry[next]] < time; next++)
        if (work->hazard > 0)
            add_expected(rows, rows->by_entry[next], 1, work, residual);
    return next;
}

static void pass_forwards(const struct rwe_cox_rows *rows, size_t s, struct workspace *work,
                          double residual[])
{
    size_t p = rows->p, next = work->n_jumps;
    size_t end = rows->start[s + 1], entering = rows->start[s];
    work->hazard = work->hazard_g = 0;
    work->shift = work->jump[next - 1].shift;
    memset(work->sum, 0, p * sizeof(double));
    memset(work->sum_g, 0, p * sizeof(double));
    for (size_t i = rows->start[s]; i < end; i++) {
        while (next > 0 && work->jump[next - 1].time <= rows->time[i]) {
            double time = work->jump[--next].time;
            entering = pass_entries(rows, entering, end, time, work, residual);
            pass_jump(next, p, work);
        }
        entering = pass_entries(rows, entering, end, rows->time[i], work, residual);
        add_expected(rows, i, -1, work, residual);
    }
}

/* Allocates in `arena` and computes; g by row of `rows`. RWE_OK or RWE_NO_MEMORY. */
static enum rwe_status find_score(const struct rwe_cox_rows *rows, enum rwe_cox_ties ties,
                                  const double beta[], const double g[], bool residuals,
                                  struct rwe_arena *arena, struct ph_score *score)
{
    size_t p = rows->p;
    *score = (struct ph_score){
        .p = p,
        .score = RWE_NEW(arena, double, p),
        .beta_beta = rwe_arena_alloc(arena, p, p * sizeof(double)),
        .beta_theta = rwe_arena_alloc(arena, p, p * sizeof(double)),
        .theta_theta = rwe_arena_alloc(arena, p, p * sizeof(double)),
        .residual = residuals ? rwe_arena_alloc(arena, rows->n, 2 * p * sizeof(double)) : NULL,
    };
    struct workspace work;
    struct rwe_mark mark = rwe_arena_mark(arena);
    if (workspace_init(&work, rows, residuals, arena) != RWE_OK)
        return RWE_NO_MEMORY;
    rwe_cox_predict(rows, beta, work.predictor);
    for (size_t s = 0; s < rows->n_strata; s++) {
        pass_backwards(rows, ties, s, g, &work, score);
        if (residuals)
            pass_forwards(rows, s, &work, score->residual);
    }
    rwe_arena_release(arena, mark);
    return RWE_OK;
}

/* The robust variance (p × p) of Σ e, e = w (L_θ − projection L_β), by the rule of
 * rwe_influence_covariance; projection is p × p or NULL: 0. RWE_OK or RWE_NO_MEMORY. */
static enum rwe_status find_meat(const struct rwe_survival_data *data,
                                 const struct rwe_cox_rows *rows, const struct ph_score *score,
                                 const double projection[], struct rwe_arena *scratch,
                                 double variance[])
{
    size_t p = score->p;
    struct rwe_dependence dependence = rwe_survival_dependence(data);
    double *influence = rwe_arena_alloc(scratch, data->n, p * sizeof *influence);
    if (influence == NULL)
        return RWE_NO_MEMORY;
    for (size_t i = 0; i < rows->n; i++) {
        const double *of_beta = score->residual + i * 2 * p, *of_theta = of_beta + p;
        for (size_t j = 0; j < p; j++) {
            double own = of_theta[j];
            for (size_t k = 0; projection != NULL && k < p; k++)
                own -= projection[j * p + k] * of_beta[k];
            influence[rows->origin[i] * p + j] = rows->weight[i] * own;
        }
    }
    return rwe_influence_covariance(influence, p, &dependence, scratch, variance);
}

/* ---- tests of proportional hazards (Grambsch & Therneau, Biometrika 81:515, 1994) ---- */

/* As in cox.c: a column of which the earlier ones leave less than this share is theirs. */
static const double COLLINEAR_SHARE = 1e-10;

struct rwe_ph_options rwe_ph_options_default(void)
{
    return (struct rwe_ph_options){RWE_PH_KM, RWE_COX_EFRON, false};
}

static enum rwe_status check_request(const struct rwe_survival_data *data,
                                     const struct rwe_ph_model *model,
                                     const struct rwe_ph_options *options, struct rwe_error *error)
{
    if (model->p == 0)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX, "there is no covariate");
    if (options->transform < RWE_PH_KM || options->transform > RWE_PH_LOG)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX, "unknown transform of time");
    if (options->ties != RWE_COX_EFRON && options->ties != RWE_COX_BRESLOW)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX, "unknown treatment of ties");
    enum rwe_status status = rwe_survival_data_check(data, error);
    for (size_t i = 0; status == RWE_OK && i < data->n * model->p; i++)
        if (!isfinite(model->x[i]))
            status = rwe_fail(error, RWE_NOT_FINITE, i, "covariate is not a finite number");
    for (size_t j = 0; status == RWE_OK && j < model->p; j++) {
        if (!isfinite(model->estimate[j]))
            status = rwe_fail(error, RWE_NOT_FINITE, j, "estimate is not a finite number");
        else if (model->term[j] >= model->n_terms)
            status = rwe_fail(error, RWE_BAD_INPUT, j, "term %u is out of range", model->term[j]);
    }
    return status;
}

/* ---- g(t), by row of the data ---- */

/* 1 − S(t−), from the event table of all rows as one group. */
static enum rwe_status transform_km(const struct rwe_survival_data *data, struct rwe_arena *scratch,
                                    double g[], struct rwe_error *error)
{
    struct rwe_survival_data pooled = {.n = data->n,
                                       .time = data->time,
                                       .entry = data->entry,
                                       .event = data->event,
                                       .n_causes = data->n_causes,
                                       .n_groups = 1,
                                       .n_strata = 1};
    struct rwe_event_table table;
    enum rwe_status status = rwe_event_table_build(&pooled, scratch, &table, error);
    double survival = 1; /* just before the table's row */
    size_t i = 0;
    for (size_t row = 0; status == RWE_OK && row < table.n_rows; row++) {
        for (; i < data->n && data->time[i] == table.time[row]; i++)
            g[i] = 1 - survival;
        survival *= (table.at_risk[row] - table.events[row]) / table.at_risk[row];
    }
    return status;
}

static void transform_rank(const struct rwe_survival_data *data, double g[])
{
    for (size_t begin = 0, end; begin < data->n; begin = end) {
        for (end = begin + 1; end < data->n && data->time[end] == data->time[begin];)
            end++;
        for (size_t i = begin; i < end; i++)
            g[i] = ((double)begin + (double)end + 1) / 2; /* mean of begin + 1 … end */
    }
}

/* Takes the mean over events off, and makes sure that events see more than one value. */
static enum rwe_status centre(const struct rwe_survival_data *data, double g[],
                              struct rwe_error *error)
{
    double sum = 0, low = INFINITY, high = -INFINITY;
    size_t n = 0;
    for (size_t i = 0; i < data->n; i++) {
        if (!data->event[i])
            continue;
        if (!isfinite(g[i]))
            return rwe_fail(error, RWE_NOT_ESTIMABLE, i, "an event at time 0 has no logarithm");
        sum += g[i];
        low = fmin(low, g[i]);
        high = fmax(high, g[i]);
        n++;
    }
    if (n == 0)
        return rwe_fail(error, RWE_NOT_ESTIMABLE, RWE_NO_INDEX, "there is no event");
    if (!(high > low))
        return rwe_fail(error, RWE_NOT_ESTIMABLE, RWE_NO_INDEX, "all events are at one time");
    for (size_t i = 0; i < data->n; i++)
        g[i] -= sum / (double)n;
    return RWE_OK;
}

static enum rwe_status transform(const struct rwe_survival_data *data, enum rwe_ph_transform kind,
                                 struct rwe_arena *scratch, double g[], struct rwe_error *error)
{
    enum rwe_status status = RWE_OK;
    if (kind == RWE_PH_KM && data->n > 0)
        status = transform_km(data, scratch, g, error);
    else if (kind == RWE_PH_RANK)
        transform_rank(data, g);
    else
        for (size_t i = 0; i < data->n; i++)
            g[i] = kind == RWE_PH_LOG ? log(data->time[i]) : data->time[i];
    return status == RWE_OK ? centre(data, g, error) : status;
}

/* ---- the variance of the score for θ when β is estimated ---- */

static void fill_upper(double a[], size_t p)
{
    for (size_t j = 0; j < p; j++)
        for (size_t k = 0; k < j; k++)
            a[k * p + j] = a[j * p + k];
}

/* projection = I_θβ I_ββ⁻¹, by rows. Returns p, or the column at which I_ββ is singular. */
static size_t project(struct ph_score *score, double projection[])
{
    size_t p = score->p;
    fill_upper(score->beta_theta, p);
    memcpy(projection, score->beta_theta, p * p * sizeof(double));
    size_t rank = rwe_ldl_factor(score->beta_beta, p, COLLINEAR_SHARE);
    for (size_t j = 0; rank == p && j < p; j++)
        rwe_ldl_solve(score->beta_beta, p, projection + j * p);
    return rank;
}

static void model_variance(const struct ph_score *score, const double projection[],
                           double variance[])
{
    size_t p = score->p;
    for (size_t j = 0; j < p; j++)
        for (size_t k = 0; k <= j; k++) {
            double sum = score->theta_theta[j * p + k];
            for (size_t m = 0; m < p; m++)
                sum -= projection[j * p + m] * score->beta_theta[m * p + k];
            variance[j * p + k] = sum;
        }
}

/* ---- chi-squares by term and for all ---- */

/* The test of the columns of one term, or of all (RWE_NO_INDEX). `block` holds p × p, `u` p. */
static struct rwe_ph_test test_columns(const struct rwe_ph_model *model, size_t term,
                                       const double score[], const double variance[],
                                       double block[], double u[])
{
    size_t n = 0;
    for (size_t j = 0; j < model->p; j++)
        n += term == RWE_NO_INDEX || model->term[j] == term;
    size_t row = 0;
    for (size_t j = 0; j < model->p; j++) {
        if (term != RWE_NO_INDEX && model->term[j] != term)
            continue;
        size_t column = 0;
        for (size_t k = 0; k <= j; k++)
            if (term == RWE_NO_INDEX || model->term[k] == term)
                block[row * n + column++] = variance[j * model->p + k];
        u[row++] = score[j];
    }
    struct rwe_ph_test test = {NAN, (double)n, NAN};
    if (n == 0 || rwe_ldl_factor(block, n, COLLINEAR_SHARE) < n)
        return test;
    test.statistic = rwe_ldl_quadratic(block, n, u);
    test.p_value = gsl_cdf_chisq_Q(test.statistic, test.df);
    return test;
}

static enum rwe_status test_all(const struct rwe_survival_data *data,
                                const struct rwe_ph_model *model,
                                const struct rwe_ph_options *options, struct rwe_arena *scratch,
                                struct rwe_ph_test term[], struct rwe_ph *result,
                                struct rwe_error *error)
{
    size_t p = model->p;
    struct rwe_cox_rows rows;
    struct ph_score score;
    double *g_data = RWE_NEW(scratch, double, data->n);
    double *projection = rwe_arena_alloc(scratch, p, p * sizeof(double));
    double *variance = rwe_arena_alloc(scratch, p, p * sizeof(double));
    double *u = RWE_NEW(scratch, double, p);
    if (rwe_arena_failed(scratch))
        return rwe_fail_memory(error);
    enum rwe_status status = transform(data, options->transform, scratch, g_data, error);
    if (status != RWE_OK)
        return status;
    if (rwe_cox_rows_prepare(data, model->x, p, scratch, &rows) != RWE_OK)
        return rwe_fail_memory(error);
    double *g = RWE_NEW(scratch, double, rows.n);
    for (size_t i = 0; g != NULL && i < rows.n; i++)
        g[i] = g_data[rows.origin[i]];
    if (g == NULL || find_score(&rows, options->ties, model->estimate, g, options->robust, scratch,
                                &score) != RWE_OK)
        return rwe_fail_memory(error);
    size_t rank = project(&score, projection);
    if (rank < p)
        return rwe_fail(error, RWE_COLLINEAR, rank, "the model has no information on column %zu",
                        rank);
    if (!options->robust)
        model_variance(&score, projection, variance);
    else if (find_meat(data, &rows, &score, projection, scratch, variance) != RWE_OK)
        return rwe_fail_memory(error);
    for (size_t t = 0; t < model->n_terms; t++)
        term[t] = test_columns(model, t, score.score, variance, projection, u);
    result->global = test_columns(model, RWE_NO_INDEX, score.score, variance, projection, u);
    return RWE_OK;
}

enum rwe_status rwe_ph_test(const struct rwe_survival_data *data, const struct rwe_ph_model *model,
                            const struct rwe_ph_options *options, struct rwe_arena *arena,
                            struct rwe_ph *result, struct rwe_error *error)
{
    enum rwe_status status = check_request(data, model, options, error);
    if (status != RWE_OK)
        return status;
    struct rwe_ph_test *term = RWE_NEW(arena, struct rwe_ph_test, model->n_terms);
    if (term == NULL)
        return rwe_fail_memory(error);
    *result = (struct rwe_ph){.term = term, .n_terms = model->n_terms};
    struct rwe_mark mark = rwe_arena_mark(arena);
    status = test_all(data, model, options, arena, term, result, error);
    rwe_arena_release(arena, mark);
    return status;
}

/* ---- the average hazard ratio ---- */

/* The estimating function for β is the score for θ above with w(t) for g(t): its derivative
 * is I_βθ there, and its residuals are those of θ. So nothing is summed here anew. */
struct climb {
    const struct rwe_cox_rows *rows;
    enum rwe_cox_ties ties;
    const double *weight; /* w(t), by row */
    double *beta, *step;  /* p */
    double *factor;       /* p × p: of the derivative */
    double distance;      /* U' A⁻¹ U: the square of the step in standard errors, or nearly so */
};

/* S(t−) / G(t−) by row of the data, with mean 1 over events: limits of both are products over the
 * rows of the event table of all. */
static enum rwe_status time_weights(const struct rwe_survival_data *data, struct rwe_arena *scratch,
                                    double w[], struct rwe_error *error)
{
    struct rwe_survival_data pooled = *data;
    pooled.group = pooled.stratum = pooled.cluster = NULL;
    pooled.n_groups = pooled.n_strata = 1;
    pooled.crossed = false;
    pooled.estimation = NULL;
    struct rwe_event_table table;
    enum rwe_status status = rwe_event_table_build(&pooled, scratch, &table, error);
    if (status != RWE_OK)
        return status;
    double survival = 1, follow_up = 1, sum = 0;
    size_t i = 0, n_events = 0;
    for (size_t row = 0; row < table.n_rows; row++) {
        for (; i < data->n && data->time[i] == table.time[row]; i++) {
            w[i] = survival / follow_up;
            sum += data->event[i] ? w[i] : 0;
            n_events += data->event[i] != 0;
        }
        survival *= (table.at_risk[row] - table.events[row]) / table.at_risk[row];
        follow_up *= (table.at_risk[row] - table.censored[row]) / table.at_risk[row];
    }
    for (i = 0; i < data->n; i++)
        w[i] *= (double)n_events / sum;
    return RWE_OK;
}

/* Score, derivative and Newton's step at β. RWE_COLLINEAR, without a text, where there is none. */
static enum rwe_status find_step(struct climb *climb, const double beta[],
                                 struct rwe_arena *scratch)
{
    size_t p = climb->rows->p;
    struct ph_score score;
    struct rwe_mark mark = rwe_arena_mark(scratch);
    if (find_score(climb->rows, climb->ties, beta, climb->weight, false, scratch, &score) != RWE_OK)
        return RWE_NO_MEMORY;
    memcpy(climb->factor, score.beta_theta, p * p * sizeof(double));
    memcpy(climb->step, score.score, p * sizeof(double));
    rwe_arena_release(scratch, mark);
    if (rwe_ldl_factor(climb->factor, p, COLLINEAR_SHARE) < p)
        return RWE_COLLINEAR;
    climb->distance = rwe_ldl_quadratic(climb->factor, p, climb->step);
    return RWE_OK;
}

/* Newton from Cox's estimate, near which the root is; a step that leads away is halved. */
static enum rwe_status find_root(struct climb *climb, const struct rwe_cox_options *options,
                                 struct rwe_arena *scratch, struct rwe_average_hr *result)
{
    static const double NEAR = 1e-12; /* one more step, and the distance is its square */
    size_t p = climb->rows->p;
    double *trial = RWE_NEW(scratch, double, p), *step = RWE_NEW(scratch, double, p);
    if (rwe_arena_failed(scratch))
        return RWE_NO_MEMORY;
    enum rwe_status status = find_step(climb, climb->beta, scratch);
    while (status == RWE_OK && !result->converged &&
           result->n_iterations < options->max_iterations) {
        double before = climb->distance, share = 1;
        result->converged = before < NEAR;
        memcpy(step, climb->step, p * sizeof(double));
        do {
            for (size_t j = 0; j < p; j++)
                trial[j] = climb->beta[j] + share * step[j];
            status = find_step(climb, trial, scratch);
            share /= 2;
        } while (!result->converged && share > 1e-6 &&
                 (status == RWE_COLLINEAR || (status == RWE_OK && !(climb->distance < before))));
        memcpy(climb->beta, trial, p * sizeof(double));
        result->n_iterations++;
    }
    return status;
}

/* A⁻¹ B A⁻¹, with A the derivative and B the robust variance of the estimating function (Lin & Wei). */
static enum rwe_status write_sandwich(const struct rwe_survival_data *data, struct climb *climb,
                                      struct rwe_arena *scratch, double covariance[])
{
    size_t p = climb->rows->p;
    struct ph_score score;
    if (find_score(climb->rows, climb->ties, climb->beta, climb->weight, true, scratch, &score) !=
        RWE_OK)
        return RWE_NO_MEMORY;
    if (find_meat(data, climb->rows, &score, NULL, scratch, covariance) != RWE_OK)
        return RWE_NO_MEMORY;
    for (int side = 0; side < 2; side++) {
        for (size_t j = 0; j < p; j++)
            rwe_ldl_solve(climb->factor, p, covariance + j * p);
        for (size_t j = 0; j < p; j++) /* rows become columns: A⁻¹ B, then A⁻¹ (A⁻¹ B)' */
            for (size_t k = 0; k < j; k++) {
                double kept = covariance[j * p + k];
                covariance[j * p + k] = covariance[k * p + j];
                covariance[k * p + j] = kept;
            }
    }
    return RWE_OK;
}

/* What the result says, to be written. */
struct output {
    double *estimate, *covariance;
};

static enum rwe_status fit(const struct rwe_survival_data *data, const double x[],
                           const struct rwe_cox_options *options, struct rwe_arena *scratch,
                           const struct output *output, struct rwe_average_hr *result,
                           struct rwe_error *error)
{
    size_t p = result->p;
    struct rwe_cox cox;
    struct rwe_cox_rows rows;
    enum rwe_status status = rwe_cox_fit(data, x, p, options, scratch, &cox, error);
    if (status != RWE_OK)
        return status;
    memcpy(output->estimate, cox.estimate, p * sizeof(double));
    double *of_data = RWE_NEW(scratch, double, data->n);
    if (of_data == NULL || rwe_cox_rows_prepare(data, x, p, scratch, &rows) != RWE_OK)
        return rwe_fail_memory(error);
    status = time_weights(data, scratch, of_data, error);
    if (status != RWE_OK)
        return status;
    double *weight = RWE_NEW(scratch, double, rows.n);
    struct climb climb = {
        .rows = &rows,
        .ties = options->ties,
        .weight = weight,
        .beta = output->estimate,
        .step = RWE_NEW(scratch, double, p),
        .factor = rwe_arena_alloc(scratch, p, p * sizeof(double)),
    };
    if (rwe_arena_failed(scratch))
        return rwe_fail_memory(error);
    for (size_t i = 0; i < rows.n; i++)
        weight[i] = of_data[rows.origin[i]];
    result->n_events = rows.n_events;
    status = find_root(&climb, options, scratch, result);
    if (status == RWE_COLLINEAR)
        return rwe_fail(error, status, RWE_NO_INDEX, "the weighted model has no information");
    if (status != RWE_OK || write_sandwich(data, &climb, scratch, output->covariance) != RWE_OK)
        return rwe_fail_memory(error);
    return RWE_OK;
}

enum rwe_status rwe_average_hr_fit(const struct rwe_survival_data *data, const double x[], size_t p,
                                   const struct rwe_cox_options *options, struct rwe_arena *arena,
                                   struct rwe_average_hr *result, struct rwe_error *error)
{
    if (p == 0)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX, "there is no covariate");
    if (data->entry != NULL)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "the average hazard ratio does not know late entry");
    if (options->ties == RWE_COX_EXACT || options->offset != NULL)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "the average hazard ratio knows neither offsets nor exact ties");
    struct output output = {RWE_NEW(arena, double, p),
                            rwe_arena_alloc(arena, p, p * sizeof(double))};
    if (rwe_arena_failed(arena))
        return rwe_fail_memory(error);
    *result = (struct rwe_average_hr){
        .p = p, .estimate = output.estimate, .covariance = output.covariance};
    struct rwe_mark mark = rwe_arena_mark(arena);
    enum rwe_status status = fit(data, x, options, arena, &output, result, error);
    rwe_arena_release(arena, mark);
    return status;
}
