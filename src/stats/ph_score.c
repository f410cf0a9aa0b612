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
