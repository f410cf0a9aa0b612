/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/stats/fine_gray.h"

#include "ldl_private.h"
#include "rwe/stats/event_table.h"

#include <float.h>
#include <math.h>
#include <string.h>

/*
 * The rows, in ascending time, against the m distinct times of the event of interest. Row i is at
 * risk itself at the first upto[i] of them. At the later ones a competitor remains with weight
 * G(t−) × share[i]; share is 0 for all others.
 */
struct rows {
    const struct rwe_survival_data *data;
    size_t n, p, m;
    size_t n_curves; /* of G */
    size_t cause;
    double *x;         /* [i * p + j], less the column's mean */
    double *event_sum; /* by column: Σ weight x over events of interest */
    uint32_t *upto;
    double *share;                /* 1 / G(T−) of a competitor, else 0 */
    double *censor_free;          /* [event time * n_curves + curve]: G(t−) */
    double *events;               /* by event time: weight of the events of interest */
    const uint32_t *curve;        /* of G by row; NULL: one */
    struct rwe_event_table table; /* groups are the curves of G */
};

/* A β's values at the event times and over rows. */
struct work {
    double shift;    /* the largest predictor, taken off before exp */
    double *r;       /* by row: weight × exp(x'β − shift) */
    double *total;   /* by event time: Σ r over the risk set */
    double *mean;    /* [event time * p + j]: mean of x in the risk set */
    double *step;    /* by event time: events / total */
    double *until;   /* [m + 1]: Σ step over event times before this one */
    double *after;   /* [(m + 1) * n_curves]: Σ G(t−) step over this one and later */
    double *running; /* n_curves × (p + 1), of a pass */
};

/* Log pseudo-likelihood, gradient and information (full) at one β. */
struct likelihood {
    double loglik;
    double *score;
    double *information;
};

static inline size_t curve_of(const struct rows *rows, size_t i)
{
    return rows->curve == NULL ? 0 : rows->curve[i];
}

static inline double weight_of(const struct rows *rows, size_t i)
{
    return rows->data->weight == NULL ? 1 : rows->data->weight[i];
}

/* ---- rows, event times, censoring ---- */

static enum rwe_status allocate_rows(struct rows *rows, struct rwe_arena *arena)
{
    rows->x = rwe_arena_alloc(arena, rows->n, rows->p * sizeof(double));
    rows->event_sum = RWE_NEW(arena, double, rows->p);
    rows->upto = RWE_NEW(arena, uint32_t, rows->n);
    rows->share = RWE_NEW(arena, double, rows->n);
    rows->events = RWE_NEW(arena, double, rows->m);
    rows->censor_free = rwe_arena_alloc(arena, rows->m, rows->n_curves * sizeof(double));
    return rwe_arena_failed(arena) ? RWE_NO_MEMORY : RWE_OK;
}

/* Rows of one time, [begin, end). */
static size_t end_of_time(const struct rwe_survival_data *data, size_t begin)
{
    size_t end = begin + 1;
    while (end < data->n && data->time[end] == data->time[begin])
        end++;
    return end;
}

static size_t count_event_times(const struct rwe_survival_data *data, size_t cause)
{
    size_t m = 0;
    double last = -1; /* below every time */
    for (size_t i = 0; i < data->n; i++)
        if (data->event[i] == cause && data->time[i] != last) {
            last = data->time[i];
            m++;
        }
    return m;
}

/* Fills what concerns the rows of one time: free[] holds G(t−) by curve, row is that of the table. */
static void fill_time(struct rows *rows, size_t begin, size_t end, const double free[],
                      size_t *n_times)
{
    const struct rwe_survival_data *data = rows->data;
    double events = 0;
    for (size_t i = begin; i < end; i++)
        if (data->event[i] == rows->cause)
            events += weight_of(rows, i);
        else if (data->event[i] > 0)
            rows->share[i] = 1 / free[curve_of(rows, i)];
    if (events > 0) {
        rows->events[*n_times] = events;
        for (size_t c = 0; c < rows->n_curves; c++)
            rows->censor_free[*n_times * rows->n_curves + c] = free[c];
        ++*n_times;
    }
    for (size_t i = begin; i < end; i++)
        rows->upto[i] = (uint32_t)*n_times;
}

/* Rows of the table and times of the data go side by side. G(t−) of a competitor is never 0: she
 * herself is at risk of censoring until then. */
static void fill_rows(struct rows *rows, double free[])
{
    size_t n_times = 0, row = 0;
    for (size_t c = 0; c < rows->n_curves; c++)
        free[c] = 1;
    for (size_t begin = 0; begin < rows->n; row++) {
        size_t end = end_of_time(rows->data, begin);
        fill_time(rows, begin, end, free, &n_times);
        const double *at_risk = rows->table.at_risk + row * rows->n_curves;
        const double *censored = rows->table.censored + row * rows->n_curves;
        for (size_t c = 0; c < rows->n_curves; c++)
            if (censored[c] > 0)
                free[c] *= (at_risk[c] - censored[c]) / at_risk[c];
        begin = end;
    }
}

/* The likelihood does not notice centring; rounding does. The first value is taken off before the
 * mean, so that a constant column is exactly 0. */
static void centre(const double x[], struct rows *rows)
{
    for (size_t j = 0; j < rows->p; j++) {
        const double *column = x + j * rows->n;
        double sum = 0;
        for (size_t i = 0; i < rows->n; i++)
            sum += column[i] - column[0];
        double mean = sum / (double)rows->n;
        for (size_t i = 0; i < rows->n; i++)
            rows->x[i * rows->p + j] = (column[i] - column[0]) - mean;
        for (size_t i = 0; i < rows->n; i++)
            if (rows->data->event[i] == rows->cause)
                rows->event_sum[j] += weight_of(rows, i) * rows->x[i * rows->p + j];
    }
}

/* Builds the rows. RWE_OK, RWE_NO_MEMORY, or an error of the event table. */
static enum rwe_status make_rows(const struct rwe_survival_data *data, const double x[], size_t p,
                                 const struct rwe_fine_gray_options *options,
                                 struct rwe_arena *arena, struct rows *rows,
                                 struct rwe_error *error)
{
    bool by_group = options->censoring_by_group && data->group != NULL;
    struct rwe_survival_data censoring = *data;
    censoring.group = by_group ? data->group : NULL;
    censoring.n_groups = by_group ? data->n_groups : 1;
    *rows = (struct rows){
        .data = data,
        .n = data->n,
        .p = p,
        .cause = options->cause,
        .m = count_event_times(data, options->cause),
        .curve = censoring.group,
        .n_curves = censoring.n_groups,
    };
    enum rwe_status status = rwe_event_table_build(&censoring, arena, &rows->table, error);
    if (status != RWE_OK)
        return status;
    double *free = RWE_NEW(arena, double, rows->n_curves);
    if (free == NULL || allocate_rows(rows, arena) != RWE_OK)
        return rwe_fail_memory(error);
    fill_rows(rows, free);
    centre(x, rows);
    return RWE_OK;
}

/* ---- likelihood, score, information ---- */

/*
 * Likelihood, score and information in two passes over rows (the idea is that of Kawaguchi et al., The R
 * Journal, 2020). Σ r over a risk set is a sum of those at risk themselves, gathered from the last row
 * up, and G(t−) times a sum over competitors before t, gathered from the first row down. The
 * second moments are never made by risk set: with ω_i the sum of row i's weight in the risk sets
 * over step = events / total,
 *
 *   score       = Σ events x − Σ r_i ω_i x_i
 *   information = Σ r_i ω_i x_i x_i' − Σ over event times of events × mean mean'
 */

/* RWE_OK or RWE_NO_MEMORY. */
static enum rwe_status work_init(const struct rows *rows, struct rwe_arena *arena,
                                 struct work *work)
{
    work->r = RWE_NEW(arena, double, rows->n);
    work->total = RWE_NEW(arena, double, rows->m);
    work->mean = rwe_arena_alloc(arena, rows->m, rows->p * sizeof(double));
    work->step = RWE_NEW(arena, double, rows->m);
    work->until = RWE_NEW(arena, double, rows->m + 1);
    work->after = rwe_arena_alloc(arena, rows->m + 1, rows->n_curves * sizeof(double));
    work->running = rwe_arena_alloc(arena, rows->n_curves, (rows->p + 1) * sizeof(double));
    return rwe_arena_failed(arena) ? RWE_NO_MEMORY : RWE_OK;
}

/* r = weight × exp(x'β − shift) of each row. */
static void find_hazards(const struct rows *rows, const double beta[], struct work *work)
{
    size_t p = rows->p;
    work->shift = -DBL_MAX;
    for (size_t i = 0; i < rows->n; i++) {
        double predictor = 0;
        for (size_t j = 0; j < p; j++)
            predictor += rows->x[i * p + j] * beta[j];
        work->r[i] = predictor;
        work->shift = predictor > work->shift ? predictor : work->shift;
    }
    for (size_t i = 0; i < rows->n; i++)
        work->r[i] = weight_of(rows, i) * exp(work->r[i] - work->shift);
}

/* running = (Σ r, Σ r x) + scale × row i */
static inline void accumulate(const struct rows *rows, const struct work *work, size_t i,
                              double scale, double running[])
{
    double r = work->r[i] * scale;
    const double *x = rows->x + i * rows->p;
    running[0] += r;
    for (size_t j = 0; j < rows->p; j++)
        running[j + 1] += r * x[j];
}

/* Those at risk themselves: sums over rows from the last one up, at each event time. */
static void sum_at_risk(const struct rows *rows, struct work *work)
{
    size_t p = rows->p, i = rows->n;
    double *running = work->running;
    memset(running, 0, (p + 1) * sizeof *running);
    for (size_t t = rows->m; t-- > 0;) {
        for (; i > 0 && rows->upto[i - 1] > t; i--)
            accumulate(rows, work, i - 1, 1, running);
        work->total[t] = running[0];
        memcpy(work->mean + t * p, running + 1, p * sizeof *running);
    }
}

/* Competitors before each event time; then sums become means. */
static void sum_competitors(const struct rows *rows, struct work *work)
{
    size_t p = rows->p, i = 0;
    memset(work->running, 0, rows->n_curves * (p + 1) * sizeof *work->running);
    for (size_t t = 0; t < rows->m; t++) {
        double *mean = work->mean + t * p;
        for (; i < rows->n && rows->upto[i] <= t; i++)
            if (rows->share[i] > 0)
                accumulate(rows, work, i, rows->share[i],
                           work->running + curve_of(rows, i) * (p + 1));
        for (size_t c = 0; c < rows->n_curves; c++) {
            const double *running = work->running + c * (p + 1);
            double free = rows->censor_free[t * rows->n_curves + c];
            work->total[t] += free * running[0];
            for (size_t j = 0; j < p; j++)
                mean[j] += free * running[j + 1];
        }
        for (size_t j = 0; j < p; j++)
            mean[j] /= work->total[t];
    }
}

/* Σ step up to each event time, and Σ G(t−) step from it on: the two parts of ω. */
static void sum_steps(const struct rows *rows, struct work *work)
{
    size_t curves = rows->n_curves;
    for (size_t t = 0; t < rows->m; t++) {
        work->step[t] = rows->events[t] / work->total[t];
        work->until[t + 1] = work->until[t] + work->step[t];
    }
    memset(work->after + rows->m * curves, 0, curves * sizeof *work->after);
    for (size_t t = rows->m; t-- > 0;)
        for (size_t c = 0; c < curves; c++)
            work->after[t * curves + c] = work->after[(t + 1) * curves + c] +
                                          rows->censor_free[t * curves + c] * work->step[t];
}

/* The rows' terms: ω_i is that of a row which leaves after upto[i] event times, and for a competitor
 * share × Σ G(t−) step of the later ones besides. */
static void add_rows(const struct rows *rows, const struct work *work,
                     struct likelihood *likelihood)
{
    size_t p = rows->p;
    for (size_t i = 0; i < rows->n; i++) {
        const double *x = rows->x + i * p;
        size_t upto = rows->upto[i];
        double omega = work->until[upto];
        if (rows->share[i] > 0)
            omega += rows->share[i] * work->after[upto * rows->n_curves + curve_of(rows, i)];
        double r = work->r[i] * omega;
        double events = rows->data->event[i] == rows->cause ? weight_of(rows, i) : 0;
        for (size_t j = 0; j < p; j++) {
            likelihood->score[j] += (events - r) * x[j];
            for (size_t k = 0; k <= j; k++)
                likelihood->information[j * p + k] += r * x[j] * x[k];
        }
    }
}

/* The event times' terms: loglik −= events log Σ r, information −= events mean mean'. */
static void add_times(const struct rows *rows, const struct work *work,
                      struct likelihood *likelihood)
{
    size_t p = rows->p;
    for (size_t t = 0; t < rows->m; t++) {
        const double *mean = work->mean + t * p;
        likelihood->loglik -= rows->events[t] * (log(work->total[t]) + work->shift);
        for (size_t j = 0; j < p; j++)
            for (size_t k = 0; k <= j; k++)
                likelihood->information[j * p + k] -= rows->events[t] * mean[j] * mean[k];
    }
}

/* log-likelihood = Σ over events x'β − Σ over event times events log Σ r (Fine & Gray, J Am Stat Assoc
 * 94:496, 1999), with its derivatives. */
static void evaluate(const struct rows *rows, const double beta[], struct work *work,
                     struct likelihood *likelihood)
{
    size_t p = rows->p;
    likelihood->loglik = 0;
    for (size_t j = 0; j < p; j++)
        likelihood->loglik += beta[j] * rows->event_sum[j];
    memset(likelihood->score, 0, p * sizeof *likelihood->score);
    memset(likelihood->information, 0, p * p * sizeof *likelihood->information);
    find_hazards(rows, beta, work);
    sum_at_risk(rows, work);
    sum_competitors(rows, work);
    sum_steps(rows, work);
    add_rows(rows, work, likelihood);
    add_times(rows, work, likelihood);
}

/* ---- the sandwich ---- */

/*
 * The sandwich of Fine & Gray (1999): I⁻¹ M I⁻¹, with M the variance of Σ u by the rule of
 * rwe_influence_covariance, and u = η + ψ.
 *
 *   η_i = ∫ (x_i − mean) w_i dM_i     the score residual
 *   ψ_i = ∫ q(u) / n(u) dM^c_i(u)     its share in G, n those at risk of censoring
 *   q(u) = Σ over event times t >= u of G(t−) step(t) (C1(u) − mean(t) C0(u))
 *
 * where C0 and C1 sum r / G(T−) and r x / G(T−) over competitors before u. Everything but q depends on
 * i through its time alone, so suffix sums over event times give all in one pass over rows.
 */

struct residuals {
    const struct rows *rows;
    const struct work *work;
    double *until_mean; /* [(m + 1) * p]: Σ step mean over event times before this one */
    double
        *after_mean; /* [((m + 1) * n_curves + curve) * p]: Σ G(t−) step mean, this one and later */
    double *competitors; /* [curve * (p + 1)]: C0 and C1 before the present time */
    double *drift;       /* [curve * p]: −Σ q / n² dN^c up to the present time */
    double *jump;        /* [curve * p]: q / n at the present time */
    double *u;           /* [row * p] */
    double *meat;        /* p × p */
};

static enum rwe_status residuals_init(struct residuals *to, struct rwe_arena *scratch)
{
    size_t p = to->rows->p, m = to->rows->m, curves = to->rows->n_curves;
    to->until_mean = rwe_arena_alloc(scratch, m + 1, p * sizeof(double));
    to->after_mean = rwe_arena_alloc(scratch, m + 1, curves * p * sizeof(double));
    to->competitors = rwe_arena_alloc(scratch, curves, (p + 1) * sizeof(double));
    to->drift = rwe_arena_alloc(scratch, curves, p * sizeof(double));
    to->jump = rwe_arena_alloc(scratch, curves, p * sizeof(double));
    to->u = rwe_arena_alloc(scratch, to->rows->n, p * sizeof(double));
    to->meat = rwe_arena_alloc(scratch, p, p * sizeof(double));
    return rwe_arena_failed(scratch) ? RWE_NO_MEMORY : RWE_OK;
}

static void sum_means(struct residuals *to)
{
    const struct rows *rows = to->rows;
    size_t p = rows->p, curves = rows->n_curves;
    for (size_t t = 0; t < rows->m; t++)
        for (size_t j = 0; j < p; j++)
            to->until_mean[(t + 1) * p + j] =
                to->until_mean[t * p + j] + to->work->step[t] * to->work->mean[t * p + j];
    for (size_t t = rows->m; t-- > 0;)
        for (size_t c = 0; c < curves; c++) {
            double weight = rows->censor_free[t * curves + c] * to->work->step[t];
            for (size_t j = 0; j < p; j++)
                to->after_mean[(t * curves + c) * p + j] =
                    to->after_mean[((t + 1) * curves + c) * p + j] +
                    weight * to->work->mean[t * p + j];
        }
}

/* jump and drift of the censored at a table row; the first event time not before it is `from`. */
static void step_censoring(struct residuals *to, size_t row, size_t from)
{
    const struct rows *rows = to->rows;
    size_t p = rows->p, curves = rows->n_curves;
    for (size_t c = 0; c < curves; c++) {
        double censored = rows->table.censored[row * curves + c];
        double n = rows->table.at_risk[row * curves + c];
        if (censored <= 0)
            continue;
        const double *C = to->competitors + c * (p + 1);
        const double *later = to->after_mean + (from * curves + c) * p;
        for (size_t j = 0; j < p; j++) {
            double q = C[j + 1] * to->work->after[from * curves + c] - C[0] * later[j];
            to->jump[c * p + j] = q / n;
            to->drift[c * p + j] -= q / (n * n) * censored;
        }
    }
}

/* weight × (η + ψ) of row i. */
static void find_residual(struct residuals *to, size_t i)
{
    const struct rows *rows = to->rows;
    const struct work *work = to->work;
    size_t p = rows->p, upto = rows->upto[i], curve = curve_of(rows, i);
    const double *x = rows->x + i * p;
    double weight = weight_of(rows, i), share = rows->share[i];
    bool failed = rows->data->event[i] == rows->cause;
    bool censored = rows->data->event[i] == 0;
    size_t later = upto * rows->n_curves + curve;
    double omega = work->until[upto] + (share > 0 ? share * work->after[later] : 0);
    for (size_t j = 0; j < p; j++) {
        double mean = to->until_mean[upto * p + j];
        if (share > 0)
            mean += share * to->after_mean[later * p + j];
        double eta = -work->r[i] * (x[j] * omega - mean);
        if (failed) /* at the last event time that it has reached */
            eta += weight * (x[j] - work->mean[(upto - 1) * p + j]);
        double psi = to->drift[curve * p + j] + (censored ? to->jump[curve * p + j] : 0);
        to->u[i * p + j] = eta + weight * psi;
    }
}

/* Rows of one time have the same censoring terms; its competitors count for later times only. */
static void walk_rows(struct residuals *to)
{
    const struct rows *rows = to->rows;
    const struct rwe_survival_data *data = rows->data;
    size_t p = rows->p, from = 0, row = 0, end;
    for (size_t begin = 0; begin < rows->n; begin = end, row++) {
        for (end = begin; end < rows->n && data->time[end] == data->time[begin]; end++)
            ;
        step_censoring(to, row, from);
        for (size_t i = begin; i < end; i++)
            find_residual(to, i);
        for (size_t i = begin; i < end; i++) {
            double *C = to->competitors + curve_of(rows, i) * (p + 1);
            double r = to->work->r[i] * rows->share[i];
            C[0] += r;
            for (size_t j = 0; r > 0 && j < p; j++)
                C[j + 1] += r * rows->x[i * p + j];
        }
        from = rows->upto[begin];
    }
}

/* robust = V meat V, exactly symmetric */
static void enclose(const double V[], const double meat[], size_t p, double robust[])
{
    memset(robust, 0, p * p * sizeof *robust);
    for (size_t a = 0; a < p; a++)
        for (size_t b = 0; b <= a; b++) {
            double sum = 0;
            for (size_t j = 0; j < p; j++)
                for (size_t k = 0; k < p; k++)
                    sum += V[a * p + j] * meat[j * p + k] * V[k * p + b];
            robust[a * p + b] = robust[b * p + a] = sum;
        }
}

/* The sandwich at the β last evaluated. RWE_OK or RWE_NO_MEMORY. */
static enum rwe_status find_sandwich(const struct rows *rows, const struct work *work,
                                     const double covariance[], struct rwe_arena *scratch,
                                     double robust[])
{
    struct residuals residuals = {.rows = rows, .work = work};
    if (residuals_init(&residuals, scratch) != RWE_OK)
        return RWE_NO_MEMORY;
    sum_means(&residuals);
    walk_rows(&residuals);
    struct rwe_dependence dependence = rwe_survival_dependence(rows->data);
    if (rwe_influence_covariance(residuals.u, rows->p, &dependence, scratch, residuals.meat) !=
        RWE_OK)
        return RWE_NO_MEMORY;
    enclose(covariance, residuals.meat, rows->p, robust);
    return RWE_OK;
}

/* ---- the fit ---- */

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
    const struct rows *rows;
    struct work work;
    struct likelihood here;
    double *beta, *trial, *step, *factor;
    double rise;   /* score' I⁻¹ score */
    double *range; /* by column: greatest less least value */
    size_t n_iterations;
    bool converged;
};

static enum rwe_status newton_init(struct newton *newton, const struct rows *rows,
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
    if (rwe_arena_failed(arena) || work_init(rows, arena, &newton->work) != RWE_OK)
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
        evaluate(newton->rows, newton->trial, &newton->work, &newton->here);
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
    struct rows rows;
    struct newton newton;
    size_t p = result->p;
    enum rwe_status status = make_rows(data, x, p, options, scratch, &rows, error);
    if (status != RWE_OK)
        return status;
    if (rows.m == 0)
        return rwe_fail(error, RWE_NOT_ESTIMABLE, RWE_NO_INDEX, "there is no event of the cause");
    if (newton_init(&newton, &rows, scratch) != RWE_OK)
        return rwe_fail_memory(error);
    evaluate(&rows, newton.beta, &newton.work, &newton.here);
    result->loglik_null = newton.here.loglik;
    status = maximise(&newton, options->max_iterations, error);
    if (status != RWE_OK)
        return status;
    memcpy(output->estimate, newton.beta, p * sizeof(double));
    rwe_ldl_inverse(newton.factor, p, output->covariance);
    if (find_sandwich(&rows, &newton.work, output->covariance, scratch, output->robust) != RWE_OK)
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
