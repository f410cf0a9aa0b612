/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/stats/cox_residuals.h"

#include "cox_private.h"

#include <math.h>
#include <string.h>

/* ---- residuals by row ---- */

/* The score residual of row i (Therneau & Grambsch 2000, section 4.6; Efron's form from the
 * appendix E.1) is
 *
 *   L_i = δ_i (x_i − x̄) − Σ over event steps at which i is at risk of r_i (x_i − x̄_k) w_k / S_k,
 *
 * with r_i = exp(x_i'β), S_k and x̄_k the sum and mean over the risk set at step k, x̄ the mean over
 * the steps of i's own time; there, a tied death counts with 1 − fraction_k only.
 *
 * With H(t) = Σ w_k / S_k and G(t) = Σ x̄_k w_k / S_k over steps up to t, the sum is
 * r_i (x_i H(t_i) − G(t_i)), less the same at i's entry. A first pass, backwards, finds H's and G's jumps and the terms of the
 * deaths' own times; a second one, forwards, sums the jumps. Each jump is kept in units of
 * exp(−shift), the shift at its time, which is at least the predictor of everyone at risk. */
struct jump {
    double time, shift;
    double hazard;
};

struct hazard {
    size_t n_jumps;
    struct jump *jump; /* latest first within a stratum */
    double *mean;      /* [jump * p + j]: jump of G */
};

/* Residuals by row of struct rwe_cox_rows, without their weights. The caller allocates. */
struct row_residuals {
    double *score;      /* n × p */
    double *martingale; /* n */
    double *schoenfeld; /* n × p, written where there is an event; NULL: not wanted */
};

struct workspace {
    struct rwe_cox_risk_set set;
    struct hazard hazard;
    double *predictor;
    struct row_residuals *out;
    double *mean, *own, *late; /* p each */
    double *cumulated;         /* G at the present time */
    double cumulated_hazard;   /* H */
    double cumulated_shift;    /* both in units of exp(−shift) */
};

static enum rwe_status workspace_init(struct workspace *work, const struct rwe_cox_rows *rows,
                                      struct rwe_arena *arena)
{
    size_t p = rows->p;
    rwe_cox_risk_set_init(&work->set, p, false, arena);
    work->hazard.n_jumps = 0;
    work->hazard.jump = RWE_NEW(arena, struct jump, rows->n_events);
    work->hazard.mean = rwe_arena_alloc(arena, rows->n_events, p * sizeof(double));
    work->predictor = RWE_NEW(arena, double, rows->n);
    work->mean = RWE_NEW(arena, double, p);
    work->own = RWE_NEW(arena, double, p);
    work->late = RWE_NEW(arena, double, p);
    work->cumulated = RWE_NEW(arena, double, p);
    return rwe_arena_failed(arena) ? RWE_NO_MEMORY : RWE_OK;
}

/* The jump at the time just added, and what the deaths of that time, [begin, end), get from it:
 * x_i − x̄, and back the fraction of the jump at which they were no longer at risk. */
static void add_event_time(const struct rwe_cox_rows *rows, enum rwe_cox_ties ties, size_t begin,
                           size_t end, struct workspace *work)
{
    const struct rwe_cox_risk_set *set = &work->set;
    size_t p = rows->p, n_steps = rwe_cox_n_steps(set, ties);
    struct jump *jump = &work->hazard.jump[work->hazard.n_jumps];
    double *jump_mean = work->hazard.mean + work->hazard.n_jumps * p;
    double late_hazard = 0;
    *jump = (struct jump){.time = rows->time[begin], .shift = set->shift};
    memset(jump_mean, 0, p * sizeof(double));
    memset(work->own, 0, p * sizeof(double));
    memset(work->late, 0, p * sizeof(double));
    for (size_t step = 0; step < n_steps; step++) {
        double fraction = (double)step / (double)n_steps;
        double sum = rwe_cox_risk_set_mean(set, fraction, work->mean);
        double hazard = set->death_weight / (double)n_steps / sum;
        jump->hazard += hazard;
        late_hazard += fraction * hazard;
        for (size_t j = 0; j < p; j++) {
            jump_mean[j] += hazard * work->mean[j];
            work->own[j] += work->mean[j] / (double)n_steps;
            work->late[j] += fraction * hazard * work->mean[j];
        }
    }
    work->hazard.n_jumps++;
    for (size_t i = begin; i < end; i++) {
        if (!rows->event[i])
            continue;
        const double *x = rows->x + i * p;
        double r = exp(work->predictor[i] - set->shift);
        work->out->martingale[i] = 1 + r * late_hazard;
        for (size_t j = 0; j < p; j++) {
            double schoenfeld = x[j] - work->own[j];
            if (work->out->schoenfeld != NULL)
                work->out->schoenfeld[i * p + j] = schoenfeld;
            work->out->score[i * p + j] = schoenfeld + r * (x[j] * late_hazard - work->late[j]);
        }
    }
}

static void pass_backwards(const struct rwe_cox_rows *rows, enum rwe_cox_ties ties, size_t s,
                           struct workspace *work)
{
    work->hazard.n_jumps = 0;
    rwe_cox_risk_set_clear(&work->set);
    size_t end = rows->start[s + 1];
    while (end > rows->start[s]) {
        size_t begin =
            rwe_cox_risk_set_add_time(&work->set, rows, work->predictor, rows->start[s], end);
        if (work->set.n_deaths > 0)
            add_event_time(rows, ties, begin, end, work);
        end = begin;
    }
}

/* residual_i += sign r_i (x_i H − G) at the present time. */
static void add_expected(const struct rwe_cox_rows *rows, size_t i, double sign,
                         struct workspace *work)
{
    size_t p = rows->p;
    double r = sign * exp(work->predictor[i] - work->cumulated_shift);
    work->out->martingale[i] += r * work->cumulated_hazard;
    for (size_t j = 0; j < p; j++)
        work->out->score[i * p + j] +=
            r * (rows->x[i * p + j] * work->cumulated_hazard - work->cumulated[j]);
}

/* Those who enter before `time` were not at risk at the jumps so far. Returns who enters next. */
static size_t pass_entries(const struct rwe_cox_rows *rows, size_t next, size_t end, double time,
                           struct workspace *work)
{
    for (; rows->entry != NULL && next < end && rows->entry[rows->by_entry[next]] < time; next++)
        if (work->cumulated_hazard > 0)
            add_expected(rows, rows->by_entry[next], 1, work);
    return next;
}

static void pass_jump(size_t index, size_t p, struct workspace *work)
{
    const struct jump *jump = &work->hazard.jump[index];
    double factor = exp(jump->shift - work->cumulated_shift); /* at most 1 without entries */
    work->cumulated_shift = jump->shift;
    work->cumulated_hazard = work->cumulated_hazard * factor + jump->hazard;
    for (size_t j = 0; j < p; j++)
        work->cumulated[j] = work->cumulated[j] * factor + work->hazard.mean[index * p + j];
}

static void pass_forwards(const struct rwe_cox_rows *rows, size_t s, struct workspace *work)
{
    size_t next = work->hazard.n_jumps;
    size_t end = rows->start[s + 1], entering = rows->start[s];
    work->cumulated_hazard = 0;
    work->cumulated_shift = work->hazard.jump[next - 1].shift;
    memset(work->cumulated, 0, rows->p * sizeof(double));
    for (size_t i = rows->start[s]; i < end; i++) {
        while (next > 0 && work->hazard.jump[next - 1].time <= rows->time[i]) {
            double time = work->hazard.jump[--next].time;
            entering = pass_entries(rows, entering, end, time, work);
            pass_jump(next, rows->p, work);
        }
        entering = pass_entries(rows, entering, end, rows->time[i], work);
        add_expected(rows, i, -1, work);
    }
}

/* Not for RWE_COX_EXACT. RWE_OK or RWE_NO_MEMORY. */
static enum rwe_status find_row_residuals(const struct rwe_cox_rows *rows, enum rwe_cox_ties ties,
                                          const double beta[], struct rwe_arena *scratch,
                                          struct row_residuals *out)
{
    struct workspace work;
    struct rwe_mark mark = rwe_arena_mark(scratch);
    if (workspace_init(&work, rows, scratch) != RWE_OK)
        return RWE_NO_MEMORY;
    work.out = out;
    memset(out->martingale, 0, rows->n * sizeof(double));
    memset(out->score, 0, rows->n * rows->p * sizeof(double));
    rwe_cox_predict(rows, beta, work.predictor);
    for (size_t s = 0; s < rows->n_strata; s++) {
        pass_backwards(rows, ties, s, &work);
        pass_forwards(rows, s, &work);
    }
    rwe_arena_release(scratch, mark);
    return RWE_OK;
}

/* ---- the sandwich (Lin & Wei, J Am Stat Assoc 84:1074, 1989) ---- */

/* out = V M V for symmetric V and M, made exactly symmetric; `half` holds p × p. */
static void sandwich_product(const double V[], const double M[], size_t p, double half[],
                             double out[])
{
    memset(half, 0, p * p * sizeof *half);
    for (size_t j = 0; j < p; j++)
        for (size_t m = 0; m < p; m++)
            for (size_t k = 0; k < p; k++)
                half[j * p + k] += V[j * p + m] * M[m * p + k];
    for (size_t j = 0; j < p; j++)
        for (size_t k = 0; k <= j; k++) {
            double sum = 0;
            for (size_t m = 0; m < p; m++)
                sum += half[j * p + m] * V[m * p + k];
            out[j * p + k] = out[k * p + j] = sum;
        }
}

/* w times the score residual by row of the data: 0 for those in no risk set. */
static enum rwe_status find_influence(const struct rwe_cox_rows *rows, enum rwe_cox_ties ties,
                                      const double beta[], struct rwe_arena *scratch,
                                      double influence[])
{
    size_t p = rows->p;
    struct rwe_mark mark = rwe_arena_mark(scratch);
    struct row_residuals residuals = {
        .score = rwe_arena_alloc(scratch, rows->n, p * sizeof(double)),
        .martingale = RWE_NEW(scratch, double, rows->n),
    };
    if (rwe_arena_failed(scratch) ||
        find_row_residuals(rows, ties, beta, scratch, &residuals) != RWE_OK)
        return RWE_NO_MEMORY;
    for (size_t i = 0; i < rows->n; i++)
        for (size_t j = 0; j < p; j++)
            influence[rows->origin[i] * p + j] = rows->weight[i] * residuals.score[i * p + j];
    rwe_arena_release(scratch, mark);
    return RWE_OK;
}

enum rwe_status rwe_cox_meat(const struct rwe_cox_rows *rows, const struct rwe_survival_data *data,
                             enum rwe_cox_ties ties, const double beta[], struct rwe_arena *scratch,
                             struct rwe_cox_meat *meat)
{
    size_t p = rows->p;
    struct rwe_mark mark = rwe_arena_mark(scratch);
    double *influence = rwe_arena_alloc(scratch, data->n, p * sizeof *influence);
    struct rwe_dependence dependence = rwe_survival_dependence(data);
    if (influence == NULL || find_influence(rows, ties, beta, scratch, influence) != RWE_OK ||
        rwe_influence_covariance(influence, p, &dependence, scratch, meat->matrix) != RWE_OK)
        return RWE_NO_MEMORY;
    dependence.estimation = NULL;
    if (meat->known != NULL &&
        rwe_influence_covariance(influence, p, &dependence, scratch, meat->known) != RWE_OK)
        return RWE_NO_MEMORY;
    memset(meat->score, 0, p * sizeof(double));
    for (size_t i = 0; i < data->n; i++)
        for (size_t j = 0; j < p; j++)
            meat->score[j] += influence[i * p + j];
    rwe_arena_release(scratch, mark);
    return RWE_OK;
}

enum rwe_status rwe_cox_sandwich(const struct rwe_cox_rows *rows,
                                 const struct rwe_survival_data *data, enum rwe_cox_ties ties,
                                 const struct rwe_cox_variance *variance, struct rwe_arena *scratch)
{
    size_t p = rows->p, cells = p * sizeof(double);
    struct rwe_mark mark = rwe_arena_mark(scratch);
    bool known = variance->robust_known != NULL;
    struct rwe_cox_meat meat = {
        .matrix = rwe_arena_alloc(scratch, p, cells),
        .known = known ? rwe_arena_alloc(scratch, p, cells) : NULL,
        .score = RWE_NEW(scratch, double, p),
    };
    double *half = rwe_arena_alloc(scratch, p, cells);
    if (rwe_arena_failed(scratch) ||
        rwe_cox_meat(rows, data, ties, variance->beta, scratch, &meat) != RWE_OK)
        return RWE_NO_MEMORY;
    sandwich_product(variance->covariance, meat.matrix, p, half, variance->robust);
    if (known)
        sandwich_product(variance->covariance, meat.known, p, half, variance->robust_known);
    rwe_arena_release(scratch, mark);
    return RWE_OK;
}

/* ---- what the caller gets ---- */

/* The result's arrays, writable. */
struct output {
    double *martingale, *deviance, *score, *dfbeta, *schoenfeld, *scaled;
    uint32_t *event_row;
};

static double deviance(double martingale, bool event)
{
    double inside = event ? martingale + log(1 - martingale) : martingale; /* at most 0 */
    return copysign(sqrt(fmax(0, -2 * inside)), martingale);
}

/* out = V u for a symmetric V. */
static void multiply(const double V[], const double u[], size_t p, double out[])
{
    for (size_t j = 0; j < p; j++) {
        out[j] = 0;
        for (size_t k = 0; k < p; k++)
            out[j] += V[j * p + k] * u[k];
    }
}

static enum rwe_status output_init(const struct rwe_survival_data *data, size_t p,
                                   struct rwe_arena *arena, struct output *output,
                                   struct rwe_cox_residuals *result)
{
    size_t n = data->n, n_events = 0;
    for (size_t i = 0; i < n; i++)
        n_events += data->event[i] != 0;
    *output = (struct output){
        .martingale = RWE_NEW(arena, double, n),
        .deviance = RWE_NEW(arena, double, n),
        .score = rwe_arena_alloc(arena, n, p * sizeof(double)),
        .dfbeta = rwe_arena_alloc(arena, n, p * sizeof(double)),
        .schoenfeld = rwe_arena_alloc(arena, n_events, p * sizeof(double)),
        .scaled = rwe_arena_alloc(arena, n_events, p * sizeof(double)),
        .event_row = RWE_NEW(arena, uint32_t, n_events),
    };
    *result = (struct rwe_cox_residuals){
        .n = n,
        .p = p,
        .n_events = n_events,
        .martingale = output->martingale,
        .deviance = output->deviance,
        .score = output->score,
        .dfbeta = output->dfbeta,
        .event_row = output->event_row,
        .schoenfeld = output->schoenfeld,
        .scaled_schoenfeld = output->scaled,
    };
    return rwe_arena_failed(arena) ? RWE_NO_MEMORY : RWE_OK;
}

/* Rows that are at risk at no event have no part in the model: their residuals stay 0. */
static void write_rows(const struct rwe_cox_rows *rows, const struct row_residuals *from,
                       const double covariance[], struct output *output)
{
    size_t p = rows->p;
    for (size_t i = 0; i < rows->n; i++) {
        size_t row = rows->origin[i];
        double *dfbeta = output->dfbeta + row * p;
        output->martingale[row] = from->martingale[i];
        output->deviance[row] = deviance(from->martingale[i], rows->event[i]);
        memcpy(output->score + row * p, from->score + i * p, p * sizeof(double));
        multiply(covariance, from->score + i * p, p, dfbeta);
        for (size_t j = 0; j < p; j++)
            dfbeta[j] *= rows->weight[i];
    }
}

/* place[row]: where the row stands in `rows`. */
static void write_events(const struct rwe_survival_data *data, const uint32_t place[],
                         const double schoenfeld[], const struct rwe_cox *fit,
                         struct output *output)
{
    size_t p = fit->p, e = 0;
    double n_events = (double)fit->n_events;
    for (size_t row = 0; row < data->n; row++) {
        if (!data->event[row])
            continue;
        double *scaled = output->scaled + e * p;
        output->event_row[e] = (uint32_t)row;
        memcpy(output->schoenfeld + e * p, schoenfeld + place[row] * p, p * sizeof(double));
        multiply(fit->covariance, output->schoenfeld + e * p, p, scaled);
        for (size_t j = 0; j < p; j++)
            scaled[j] = fit->estimate[j] + n_events * scaled[j];
        e++;
    }
}

static enum rwe_status fill(const struct rwe_survival_data *data, const double x[],
                            const struct rwe_cox *fit, const struct rwe_cox_options *options,
                            struct rwe_arena *scratch, struct output *output)
{
    size_t p = fit->p;
    struct rwe_cox_rows rows;
    if (rwe_cox_rows_prepare(data, x, p, scratch, &rows) != RWE_OK ||
        rwe_cox_rows_offset(&rows, options->offset, scratch) != RWE_OK)
        return RWE_NO_MEMORY;
    struct row_residuals residuals = {
        .score = rwe_arena_alloc(scratch, rows.n, p * sizeof(double)),
        .martingale = RWE_NEW(scratch, double, rows.n),
        .schoenfeld = rwe_arena_alloc(scratch, rows.n, p * sizeof(double)),
    };
    uint32_t *place = RWE_NEW(scratch, uint32_t, data->n);
    if (rwe_arena_failed(scratch) ||
        find_row_residuals(&rows, options->ties, fit->estimate, scratch, &residuals) != RWE_OK)
        return RWE_NO_MEMORY;
    for (size_t i = 0; i < rows.n; i++)
        place[rows.origin[i]] = (uint32_t)i;
    write_rows(&rows, &residuals, fit->covariance, output);
    write_events(data, place, residuals.schoenfeld, fit, output);
    return RWE_OK;
}

enum rwe_status rwe_cox_residuals(const struct rwe_survival_data *data, const double x[],
                                  const struct rwe_cox *fit, const struct rwe_cox_options *options,
                                  struct rwe_arena *arena, struct rwe_cox_residuals *result,
                                  struct rwe_error *error)
{
    enum rwe_status status = rwe_survival_data_check(data, error);
    if (status != RWE_OK)
        return status;
    if (options->ties == RWE_COX_EXACT)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX, "exact ties have no residuals");
    struct output output;
    if (output_init(data, fit->p, arena, &output, result) != RWE_OK)
        return rwe_fail_memory(error);
    struct rwe_mark mark = rwe_arena_mark(arena);
    if (fill(data, x, fit, options, arena, &output) != RWE_OK)
        return rwe_fail_memory(error);
    rwe_arena_release(arena, mark);
    return RWE_OK;
}
