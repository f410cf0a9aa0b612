/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cox_private.h"

#include <math.h>
#include <string.h>

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

struct workspace {
    struct rwe_cox_risk_set set;
    struct hazard hazard;
    double *predictor;
    struct rwe_cox_row_residuals *out;
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

enum rwe_status rwe_cox_row_residuals(const struct rwe_cox_rows *rows, enum rwe_cox_ties ties,
                                      const double beta[], struct rwe_arena *scratch,
                                      struct rwe_cox_row_residuals *out)
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
