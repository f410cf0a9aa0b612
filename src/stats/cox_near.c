/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cox_private.h"
#include "ldl_private.h"
#include "rwe/stats/cox_two_groups.h"
#include "rwe/stats/event_table.h"
#include "wide_private.h"

#include <math.h>
#include <string.h>

/* ---- a whole model, from the estimate of the data ---- */

/*
 * The way to a near maximum, as replicates go it from the estimate of the data. The maximum is where the
 * score is 0, and the score is Σ x (events − hazard gone through): sums of numbers, and one of vectors
 * over subjects. Information only shows the way, so it may be rough. With v_B the sum of x times the
 * hazard gone through in a block B of event times, and W_B that of the hazard,
 *   Σ_t w x̄ x̄'  ≈  Σ_B v_B v_B' / W_B ,
 * as if the mean of x in the risk set stayed the same within a block: no sums of x over risk sets. What
 * each further step shows of how it has changed is added to it (BFGS; Nocedal, Math Comput 35:773, 1980).
 */

/* A way that needs more steps is not near. */
enum { MOST_NEWTON = 4, MOST_STEPS = 12 };

/* Of event times, in each stratum. */
enum { BLOCKS = 8 };

/* A column of which the earlier ones leave so little is for the whole iteration to judge. */
static const double COLLINEAR_SHARE = 1e-8;

/* Newton's step promises less than that: further ones keep the information. */
static const double NEAR_RISE = 1;

/* A step that promises less is the last: 1e-7 standard errors, and the next would be far less. */
static const double SETTLED_RISE = 1e-14;

/* Where there is a maximum each step is a small part of the one before; where the likelihood rises for
 * ever, the promised rise falls by e a step, and Newton's whole iteration is left to say so. */
static const double LEAST_FALL = 4;

/* Sums from which rows have been taken off lose their digits where less than this share is left. */
static const double KEPT_SHARE = 0x1p-16;

/* Differences of a running hazard lose its digits beyond this, in units of one event. */
static const double MOST_HAZARD = 1e5;

/* One event time, in units of the stratum's largest risk. */
struct near_time {
    double at_risk; /* Σ r of those at risk last at this time, until they are summed */
    double dying;   /* Σ r of those who die then */
    double death_weight;
    double died_at; /* what those who die then go through at it */
    size_t n_deaths;
};

/* From a start near the maximum to it, by scores and a rough information. */
struct near {
    const struct rwe_cox_rows *rows;
    enum rwe_cox_ties ties;
    struct rwe_cox_work *work;
    struct near_time *time; /* the event times of a stratum */
    double *hazard;         /* of the baseline, summed before each of them, and at the end */
    double *block; /* [block * p + j]: Σ x times the hazard gone through in that block of times */
    double *block_sum;                 /* by block: Σ of that hazard */
    double *score, *last_score, *step; /* p */
    double *factor;                    /* p × p */
    size_t n_pairs;
    double *moved, *fell; /* [pair * p + j]: steps taken, and by how much the score fell */
    double *curvature;    /* by pair: moved'fell */
    size_t n_steps;
};

/* The caller asks the arena whether allocation failed. */
static void near_init(struct near *near, const struct rwe_cox_rows *rows, enum rwe_cox_ties ties,
                      struct rwe_cox_work *work, struct rwe_arena *arena)
{
    size_t p = rows->p;
    *near = (struct near){
        .rows = rows,
        .ties = ties,
        .work = work,
        .time = RWE_NEW(arena, struct near_time, work->information.n_times),
        .hazard = RWE_NEW(arena, double, work->information.n_times + 1),
        .block = rwe_arena_alloc(arena, BLOCKS, p * sizeof(double)),
        .block_sum = RWE_NEW(arena, double, BLOCKS),
        .score = RWE_NEW(arena, double, p),
        .last_score = RWE_NEW(arena, double, p),
        .step = RWE_NEW(arena, double, p),
        .moved = rwe_arena_alloc(arena, MOST_STEPS, p * sizeof(double)),
        .fell = rwe_arena_alloc(arena, MOST_STEPS, p * sizeof(double)),
        .curvature = RWE_NEW(arena, double, MOST_STEPS),
    };
}

static inline __attribute__((always_inline)) void add_multiple(double to[restrict], double a,
                                                               const double x[restrict], size_t p)
{
    for (size_t j = 0; j < p; j++)
        to[j] += a * x[j];
}

static double dot(const double a[], const double b[], size_t p)
{
    double sum = 0;
    for (size_t j = 0; j < p; j++)
        sum += a[j] * b[j];
    return sum;
}

/* ---- the score, and a rough information ---- */

/* Event times [since, until) of a stratum, the last of which a row may die at. */
struct span {
    size_t since, until;
    bool dies;
    double risk; /* weight times relative hazard */
};

static struct span span_of(const struct near *near, size_t row)
{
    const struct rwe_cox_work *work = near->work;
    const struct rwe_cox_information *of = &work->information;
    return (struct span){of->since == NULL ? 0 : of->since[row], of->until[row],
                         near->rows->event[row] != 0, near->rows->weight[row] * work->risk[row]};
}

/* What it goes through in the part [since, until) of its span. */
static double hazard_in(const struct near *near, const struct span *span, size_t since,
                        size_t until)
{
    bool dies = span->dies && until == span->until;
    double outlived = near->hazard[until - dies] - near->hazard[since];
    double dying = dies ? near->time[until - 1].died_at : 0;
    return span->risk * (outlived + dying);
}

/* Puts the stratum's rows down at the last event time at which they are at risk, and takes them off at
 * the last before they are. */
static void place_rows(struct near *near, size_t s, size_t n)
{
    const struct rwe_cox_rows *rows = near->rows;
    memset(near->time, 0, n * sizeof *near->time);
    for (size_t i = rows->start[s]; i < rows->start[s + 1]; i++) {
        struct span span = span_of(near, i);
        struct near_time *last = &near->time[span.until - 1];
        last->at_risk += span.risk;
        if (span.since > 0)
            near->time[span.since - 1].at_risk -= span.risk;
        if (!span.dies)
            continue;
        last->dying += span.risk;
        last->death_weight += rows->weight[i];
        last->n_deaths++;
    }
}

/* What others go through at an event time; what those who die then do is written down there. The steps
 * are those of rwe_cox_n_steps. */
static double pass_time(struct near_time *time, enum rwe_cox_ties ties)
{
    size_t n = ties == RWE_COX_BRESLOW ? 1 : time->n_deaths;
    double weight = time->death_weight / (double)n, outlived = 0;
    time->died_at = 0;
    for (size_t step = 0; step < n; step++) {
        double gone = (double)step / (double)n;
        double scale = weight / (time->at_risk - gone * time->dying);
        outlived += scale;
        time->died_at += scale * (1 - gone);
    }
    return outlived;
}

/* Sums up the hazard of the stratum; false where that would lose digits. */
static bool sum_hazard(struct near *near, size_t s)
{
    const struct rwe_cox_rows *rows = near->rows;
    struct rwe_cox_risks risks = rwe_cox_find_risks(rows, s, near->work);
    size_t n = near->work->information.until[rows->start[s + 1] - 1];
    if (risks.risk == NULL)
        return false;
    place_rows(near, s, n);
    double at_risk = 0, peak = 0;
    bool worn = false;
    for (size_t k = n; k-- > 0;) {
        at_risk += near->time[k].at_risk;
        near->time[k].at_risk = at_risk;
        peak = at_risk > peak ? at_risk : peak;
        worn |= !(at_risk > KEPT_SHARE * peak);
    }
    for (size_t k = 0; k < n; k++)
        near->hazard[k + 1] = near->hazard[k] + pass_time(&near->time[k], near->ties);
    return !worn && near->hazard[n] <= MOST_HAZARD;
}

/* Adds a row's part to the blocks that its span touches, of those of n event times. */
static inline __attribute__((always_inline)) void
add_to_blocks(struct near *near, const struct span *span, size_t n, const double x[])
{
    size_t p = near->rows->p, block = span->since * BLOCKS / n;
    for (size_t since = span->since, until; since < span->until; since = until, block++) {
        while ((block + 1) * n / BLOCKS <= since)
            block++;
        until = (block + 1) * n / BLOCKS < span->until ? (block + 1) * n / BLOCKS : span->until;
        double hazard = hazard_in(near, span, since, until);
        near->block_sum[block] += hazard;
        add_multiple(near->block + block * p, hazard, x, p);
    }
}

RWE_WIDE static void add_all_to_blocks(struct near *near, size_t s)
{
    const struct rwe_cox_rows *rows = near->rows;
    size_t p = rows->p, n = near->work->information.until[rows->start[s + 1] - 1];
    memset(near->block, 0, BLOCKS * p * sizeof *near->block);
    memset(near->block_sum, 0, BLOCKS * sizeof *near->block_sum);
    for (size_t i = rows->start[s]; i < rows->start[s + 1]; i++) {
        struct span span = span_of(near, i);
        add_to_blocks(near, &span, n, rows->x + rwe_cox_like(rows, i) * p);
    }
}

/* The stratum's terms of the information; `share` is the hazard that each x went through. */
static void add_information(struct near *near, size_t s, const double share[])
{
    const struct rwe_cox_rows *rows = near->rows;
    struct rwe_gram *gram = &near->work->information.gram;
    for (size_t i = rows->start[s]; i < rows->start[s + 1]; i++)
        if (rwe_cox_like(rows, i) == i)
            rwe_gram_add(gram, share[i], rows->x + i * rows->p);
    add_all_to_blocks(near, s);
    for (size_t block = 0; block < BLOCKS; block++)
        if (near->block_sum[block] > 0)
            rwe_gram_add(gram, -1 / near->block_sum[block], near->block + block * rows->p);
}

RWE_WIDE static void add_score(struct near *near, size_t s, double share[])
{
    const struct rwe_cox_rows *rows = near->rows;
    for (size_t i = rows->start[s]; i < rows->start[s + 1]; i++)
        if (rows->event[i])
            share[rwe_cox_like(rows, i)] -= rows->weight[i];
    for (size_t i = rows->start[s]; i < rows->start[s + 1]; i++)
        if (rwe_cox_like(rows, i) == i)
            add_multiple(near->score, -share[i], rows->x + i * rows->p, rows->p);
}

/* The score at beta, and where wanted the information to near->factor. */
static bool evaluate(struct near *near, const double beta[], bool information)
{
    const struct rwe_cox_rows *rows = near->rows;
    double *share = near->work->information.share;
    rwe_cox_predict(rows, beta, near->work->predictor);
    memset(near->score, 0, rows->p * sizeof *near->score);
    memset(share, 0, rows->n * sizeof *share);
    rwe_gram_clear(&near->work->information.gram);
    for (size_t s = 0; s < rows->n_strata; s++) {
        if (!sum_hazard(near, s))
            return false;
        for (size_t i = rows->start[s]; i < rows->start[s + 1]; i++) {
            struct span span = span_of(near, i);
            share[rwe_cox_like(rows, i)] += hazard_in(near, &span, span.since, span.until);
        }
        if (information)
            add_information(near, s, share);
        add_score(near, s, share);
    }
    if (information)
        rwe_gram_write(&near->work->information.gram, near->factor);
    return true;
}

/* ---- steps ---- */

/* The step from here, by the information that the pairs have brought up to date; returns score'step,
 * twice the rise that it promises. */
static double find_step(struct near *near)
{
    size_t p = near->rows->p;
    double along[MOST_STEPS];
    double *step = near->step;
    memcpy(step, near->score, p * sizeof *step);
    for (size_t k = near->n_pairs; k-- > 0;) {
        along[k] = dot(near->moved + k * p, step, p) / near->curvature[k];
        add_multiple(step, -along[k], near->fell + k * p, p);
    }
    rwe_ldl_solve(near->factor, p, step);
    for (size_t k = 0; k < near->n_pairs; k++) {
        double back = dot(near->fell + k * p, step, p) / near->curvature[k];
        add_multiple(step, along[k] - back, near->moved + k * p, p);
    }
    return dot(near->score, step, p);
}

/* Takes the step, and learns from what it did to the score; whether that fell along it. */
static bool take_step(struct near *near, double beta[])
{
    size_t p = near->rows->p;
    double *moved = near->moved + near->n_pairs * p, *fell = near->fell + near->n_pairs * p;
    memcpy(moved, near->step, p * sizeof *moved);
    memcpy(near->last_score, near->score, p * sizeof *moved);
    add_multiple(beta, 1, near->step, p);
    near->n_steps++;
    if (!evaluate(near, beta, false))
        return false;
    for (size_t j = 0; j < p; j++)
        fell[j] = near->last_score[j] - near->score[j];
    near->curvature[near->n_pairs] = dot(moved, fell, p);
    return near->curvature[near->n_pairs++] > 0;
}

/* Newton's steps by the rough information, until one promises little. */
static bool come_near(struct near *near, double beta[], double *rise)
{
    size_t p = near->rows->p;
    double last = INFINITY;
    for (size_t step = 0; step < MOST_NEWTON; step++) {
        if (!evaluate(near, beta, true) || rwe_ldl_factor(near->factor, p, COLLINEAR_SHARE) < p)
            return false;
        *rise = find_step(near);
        if (!(*rise >= 0 && *rise <= last / LEAST_FALL)) /* also when NaN */
            return false;
        if (*rise <= NEAR_RISE)
            return true;
        last = *rise;
        add_multiple(beta, 1, near->step, p);
        near->n_steps++;
    }
    return false;
}

/* From beta to the maximum; false where the steps do not shrink as they do near one. */
static bool climb_near(struct near *near, double beta[])
{
    double rise;
    if (!come_near(near, beta, &rise))
        return false;
    while (rise > SETTLED_RISE) {
        if (near->n_pairs == MOST_STEPS || !take_step(near, beta))
            return false;
        double next = find_step(near);
        if (!(next >= 0 && next <= rise / LEAST_FALL)) /* also when NaN */
            return false;
        rise = next;
    }
    add_multiple(beta, 1, near->step, near->rows->p);
    near->n_steps++;
    return true;
}

enum rwe_status rwe_cox_near_climb(const struct rwe_cox_rows *rows, enum rwe_cox_ties ties,
                                   struct rwe_cox_work *work, struct rwe_arena *scratch,
                                   double beta[], double factor[], size_t *n_steps)
{
    struct near near;
    struct rwe_mark mark = rwe_arena_mark(scratch);
    near_init(&near, rows, ties, work, scratch);
    if (rwe_arena_failed(scratch))
        return RWE_NO_MEMORY;
    near.factor = factor;
    bool found = climb_near(&near, beta);
    *n_steps = near.n_steps;
    rwe_arena_release(scratch, mark);
    return found ? RWE_OK : RWE_NOT_ESTIMABLE;
}

/* ---- two groups and nothing else, from an event table ---- */

/*
 * One group against the other and nothing else: the likelihood then needs of each risk set only how much
 * weight either group has in it, which an event table tells once, and a step costs a sum over events.
 */

/* The weights at one event time; of the deaths those that are in it too. */
struct event {
    double at_risk[2], dying[2];
    size_t n; /* deaths */
};

enum { MOST_GROUP_STEPS = 30 };

/* A step that promises less is the last: it is shorter than 1e-8 standard errors, and the next would be
 * of the order of the square of that. */
static const double SETTLED_GROUP_RISE = 1e-16;

/* With less than this share of what it could be, information may be rounding error. */
static const double LEAST_INFORMATION = 1e-10;

/* How many rows die at each row of the table. */
static enum rwe_status count_deaths(const struct rwe_survival_data *data,
                                    const struct rwe_event_table *table, struct rwe_arena *scratch,
                                    size_t **n)
{
    size_t *at = RWE_NEW(scratch, size_t, table->n_strata); /* row of each stratum */
    *n = RWE_NEW(scratch, size_t, table->n_rows);
    if (rwe_arena_failed(scratch))
        return RWE_NO_MEMORY;
    for (size_t s = 0; s < table->n_strata; s++)
        at[s] = table->stratum_start[s];
    for (size_t i = 0; i < data->n; i++) {
        if (!data->event[i])
            continue;
        size_t s = data->stratum == NULL ? 0 : data->stratum[i];
        while (table->time[at[s]] < data->time[i])
            at[s]++;
        (*n)[at[s]]++;
    }
    return RWE_OK;
}

/* The event times; returns how many. */
static size_t list_events(const struct rwe_event_table *table, const size_t n_deaths[],
                          struct event event[])
{
    size_t n = 0;
    for (size_t row = 0; row < table->n_rows; row++) {
        const double *at_risk = table->at_risk + 2 * row, *dying = table->events + 2 * row;
        if (n_deaths[row] > 0)
            event[n++] =
                (struct event){{at_risk[0], at_risk[1]}, {dying[0], dying[1]}, n_deaths[row]};
    }
    return n;
}

/* Derivatives of the log-likelihood, and the most that the information can be. */
struct slope {
    double score, information, most;
};

/* Over the steps of each time, as rwe_cox_n_steps has them: the share of group 1 in the risk set. */
static struct slope slope_at(double beta, const struct event event[], size_t n,
                             enum rwe_cox_ties ties)
{
    struct slope slope = {0};
    double ratio = exp(beta);
    for (size_t k = 0; k < n; k++) {
        const struct event *of = &event[k];
        size_t n_steps = ties == RWE_COX_BRESLOW ? 1 : of->n;
        double all[2] = {of->at_risk[0], of->at_risk[1] * ratio};
        double dying[2] = {of->dying[0], of->dying[1] * ratio};
        double weight = (of->dying[0] + of->dying[1]) / (double)n_steps;
        slope.score += of->dying[1];
        slope.most += (of->dying[0] + of->dying[1]) / 4;
        for (size_t step = 0; step < n_steps; step++) {
            double gone = (double)step / (double)n_steps;
            double one = all[1] - gone * dying[1], other = all[0] - gone * dying[0];
            double share = one / (one + other);
            slope.score -= weight * share;
            slope.information += weight * share * (1 - share);
        }
    }
    return slope;
}

/* Newton's steps from beta; whether they went as they do near a maximum, and to it. */
static bool climb_two_groups(const struct event event[], size_t n, enum rwe_cox_ties ties,
                             double *beta)
{
    double last = INFINITY;
    for (int step = 0; step < MOST_GROUP_STEPS; step++) {
        struct slope slope = slope_at(*beta, event, n, ties);
        if (!(slope.information > LEAST_INFORMATION * slope.most)) /* also when NaN */
            return false;
        double rise = slope.score * slope.score / slope.information;
        if (rise > SETTLED_GROUP_RISE && !(rise <= last / LEAST_FALL))
            return false;
        *beta += slope.score / slope.information;
        if (rise <= SETTLED_GROUP_RISE)
            return true;
        last = rise;
    }
    return false;
}

enum rwe_status rwe_cox_two_groups(const struct rwe_survival_data *data, enum rwe_cox_ties ties,
                                   double start, struct rwe_arena *scratch, double *estimate,
                                   struct rwe_error *error)
{
    struct rwe_event_table table;
    struct rwe_mark mark = rwe_arena_mark(scratch);
    size_t *n_deaths;
    if (data->n_groups != 2 || ties == RWE_COX_EXACT || !isfinite(start))
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "there must be two groups, a start, and ties that are not exact");
    enum rwe_status status = rwe_event_table_build(data, scratch, &table, error);
    if (status != RWE_OK)
        return status;
    struct event *event = RWE_NEW(scratch, struct event, table.n_rows);
    if (count_deaths(data, &table, scratch, &n_deaths) != RWE_OK)
        return rwe_fail_memory(error);
    size_t n = list_events(&table, n_deaths, event);
    double beta = start;
    bool found = climb_two_groups(event, n, ties, &beta);
    rwe_arena_release(scratch, mark);
    if (!found)
        return rwe_fail(error, RWE_NOT_ESTIMABLE, RWE_NO_INDEX,
                        "no maximum near %g: the whole model says why", start);
    *estimate = beta;
    return RWE_OK;
}
