/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ph_private.h"

#include <math.h>
#include <string.h>

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

/* V_t, the mean of x and the jump at the time just added, over the steps that its ties take. */
static void sum_steps(struct workspace *work, enum rwe_cox_ties ties)
{
    const struct rwe_cox_risk_set *set = &work->set;
    size_t p = set->p, n_steps = rwe_cox_n_steps(set, ties);
    double weight = set->death_weight / (double)n_steps;
    double *jump_mean = work->jump_mean + work->n_jumps * p;
    work->time_hazard = work->late_hazard = 0;
    memset(work->variance, 0, p * p * sizeof(double));
    memset(work->own, 0, p * sizeof(double));
    memset(work->late, 0, p * sizeof(double));
    memset(jump_mean, 0, p * sizeof(double));
    for (size_t step = 0; step < n_steps; step++) {
        double fraction = (double)step / (double)n_steps;
        double hazard = weight / rwe_cox_risk_set_mean(set, fraction, work->mean);
        work->time_hazard += hazard;
        work->late_hazard += fraction * hazard;
        for (size_t j = 0; j < p; j++) {
            double mean = work->mean[j];
            const double *all = set->all.rxx + j * p;
            const double *deaths = set->deaths.rxx + j * p;
            work->own[j] += mean / (double)n_steps;
            jump_mean[j] += hazard * mean;
            work->late[j] += fraction * hazard * mean;
            for (size_t k = 0; k <= j; k++)
                work->variance[j * p + k] +=
                    hazard * (all[k] - fraction * deaths[k]) - weight * mean * work->mean[k];
        }
    }
}

static void add_information(const struct workspace *work, double g, struct rwe_ph_score *score)
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

/* What the deaths among rows [begin, end) of one time add to the score, and their own residuals. */
static void add_deaths(const struct rwe_cox_rows *rows, size_t begin, size_t end, double g,
                       const struct workspace *work, struct rwe_ph_score *score)
{
    size_t p = rows->p;
    for (size_t i = begin; i < end; i++) {
        if (!rows->event[i])
            continue;
        const double *x = rows->x + i * p;
        double r = exp(work->predictor[i] - work->set.shift);
        for (size_t j = 0; j < p; j++) {
            score->score[j] += g * rows->weight[i] * (x[j] - work->own[j]);
            if (score->residual == NULL)
                continue;
            double own = x[j] - work->own[j] + r * (x[j] * work->late_hazard - work->late[j]);
            score->residual[i * 2 * p + j] = own;
            score->residual[i * 2 * p + p + j] = g * own;
        }
    }
}

static void pass_backwards(const struct rwe_cox_rows *rows, enum rwe_cox_ties ties, size_t s,
                           const double g[], struct workspace *work, struct rwe_ph_score *score)
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
            add_deaths(rows, begin, end, g[begin], work, score);
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

enum rwe_status rwe_ph_score(const struct rwe_cox_rows *rows, enum rwe_cox_ties ties,
                             const double beta[], const double g[], bool residuals,
                             struct rwe_arena *arena, struct rwe_ph_score *score)
{
    size_t p = rows->p;
    *score = (struct rwe_ph_score){
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

enum rwe_status rwe_ph_meat(const struct rwe_survival_data *data, const struct rwe_cox_rows *rows,
                            const struct rwe_ph_score *score, const double projection[],
                            struct rwe_arena *scratch, double variance[])
{
    size_t p = score->p;
    size_t n_clusters = data->cluster == NULL ? rows->n : data->n_clusters;
    double *sum = rwe_arena_alloc(scratch, n_clusters, p * sizeof(double));
    if (sum == NULL)
        return RWE_NO_MEMORY;
    for (size_t i = 0; i < rows->n; i++) {
        const double *of_beta = score->residual + i * 2 * p, *of_theta = of_beta + p;
        double *e = sum + (data->cluster == NULL ? i : data->cluster[rows->origin[i]]) * p;
        for (size_t j = 0; j < p; j++) {
            double own = of_theta[j];
            for (size_t k = 0; projection != NULL && k < p; k++)
                own -= projection[j * p + k] * of_beta[k];
            e[j] += rows->weight[i] * own;
        }
    }
    for (size_t c = 0; c < n_clusters; c++)
        for (size_t j = 0; j < p; j++)
            for (size_t k = 0; k <= j; k++)
                variance[j * p + k] += sum[c * p + j] * sum[c * p + k];
    return RWE_OK;
}
