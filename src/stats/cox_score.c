/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cox_private.h"

#include <math.h>
#include <string.h>

/* Sums over the risk set are built anew when subjects at entry have taken off all but this share:
 * what was rounded away from the largest value is then at most 2^-37 of what is left. */
static const double KEPT_SHARE = 0x1p-16;

static struct rwe_cox_moments moments_new(size_t p, bool second, struct rwe_arena *arena)
{
    return (struct rwe_cox_moments){
        .rx = RWE_NEW(arena, double, p),
        .rxx = second ? rwe_arena_alloc(arena, p, p * sizeof(double)) : NULL,
    };
}

static void moments_clear(struct rwe_cox_moments *m, size_t p)
{
    m->r = 0;
    memset(m->rx, 0, p * sizeof *m->rx);
    if (m->rxx != NULL)
        memset(m->rxx, 0, p * p * sizeof *m->rxx);
}

static void moments_scale(struct rwe_cox_moments *m, size_t p, double factor)
{
    m->r *= factor;
    for (size_t j = 0; j < p; j++)
        m->rx[j] *= factor;
    for (size_t jk = 0; m->rxx != NULL && jk < p * p; jk++)
        m->rxx[jk] *= factor;
}

/* row += a x, n numbers. */
static inline void add_multiple(double row[restrict], double a, const double x[restrict], size_t n)
{
    for (size_t k = 0; k < n; k++)
        row[k] += a * x[k];
}

/* The lower triangle of r x x', two rows at a time: the triangle's rows are so short that a loop for
 * each would cost more than its sums. */
static inline void add_square(double rxx[restrict], size_t p, double r, const double x[restrict])
{
    size_t j = 0;
    for (; j + 1 < p; j += 2) {
        double *restrict row = rxx + j * p, *restrict next = row + p;
        double a = r * x[j], b = r * x[j + 1];
        for (size_t k = 0; k < j; k += 2) {
            row[k] += a * x[k];
            row[k + 1] += a * x[k + 1];
            next[k] += b * x[k];
            next[k + 1] += b * x[k + 1];
        }
        row[j] += a * x[j];
        next[j] += b * x[j];
        next[j + 1] += b * x[j + 1];
    }
    if (j < p)
        add_multiple(rxx + j * p, r * x[j], x, p);
}

static inline void moments_add_row(struct rwe_cox_moments *m, size_t p, double r,
                                   const double x[restrict])
{
    m->r += r;
    add_multiple(m->rx, r, x, p);
    if (m->rxx != NULL)
        add_square(m->rxx, p, r, x);
}

static void moments_add(struct rwe_cox_moments *to, size_t p, const struct rwe_cox_moments *from)
{
    to->r += from->r;
    for (size_t j = 0; j < p; j++)
        to->rx[j] += from->rx[j];
    for (size_t jk = 0; to->rxx != NULL && jk < p * p; jk++)
        to->rxx[jk] += from->rxx[jk];
}

void rwe_cox_risk_set_init(struct rwe_cox_risk_set *set, size_t p, bool second_moments,
                           struct rwe_arena *arena)
{
    *set = (struct rwe_cox_risk_set){
        .p = p,
        .all = moments_new(p, second_moments, arena),
        .deaths = moments_new(p, second_moments, arena),
        .square = RWE_NEW(arena, double, p),
        .peak = RWE_NEW(arena, double, p + 1),
    };
}

void rwe_cox_risk_set_clear(struct rwe_cox_risk_set *set)
{
    moments_clear(&set->all, set->p);
    moments_clear(&set->deaths, set->p);
    set->shift = -INFINITY;
    set->n_deaths = 0;
    set->death_weight = 0;
    set->n_at_risk = 0;
    set->stratum_end = 0;
    memset(set->square, 0, set->p * sizeof *set->square);
    memset(set->peak, 0, (set->p + 1) * sizeof *set->peak);
}

/* Brings the sums to the units of a larger predictor. */
static void raise_shift(struct rwe_cox_risk_set *set, double shift)
{
    double factor = exp(set->shift - shift); /* 0 for the first row */
    moments_scale(&set->all, set->p, factor);
    moments_scale(&set->deaths, set->p, factor);
    for (size_t j = 0; j < set->p; j++)
        set->square[j] *= factor;
    for (size_t j = 0; j <= set->p; j++)
        set->peak[j] *= factor;
    set->shift = shift;
}

static void add_squares(struct rwe_cox_risk_set *set, double r, const double x[])
{
    for (size_t j = 0; j < set->p; j++)
        set->square[j] += r * x[j] * x[j];
}

static void note_peak(struct rwe_cox_risk_set *set)
{
    set->peak[0] = fmax(set->peak[0], set->all.r);
    for (size_t j = 0; j < set->p; j++)
        set->peak[j + 1] = fmax(set->peak[j + 1], set->square[j]);
}

/* Whether so little is left of a sum that what rounding left in it may show. */
static bool sums_worn(const struct rwe_cox_risk_set *set)
{
    bool worn = set->all.r <= KEPT_SHARE * set->peak[0];
    for (size_t j = 0; j < set->p; j++)
        worn = worn || (set->peak[j + 1] > 0 && set->square[j] <= KEPT_SHARE * set->peak[j + 1]);
    return worn;
}

static void forget_sums(struct rwe_cox_risk_set *set)
{
    moments_clear(&set->all, set->p);
    memset(set->square, 0, set->p * sizeof *set->square);
    memset(set->peak, 0, (set->p + 1) * sizeof *set->peak);
    set->shift = -INFINITY;
}

/* The sums over rows of [begin, stratum_end) that enter before `time`. */
static void rebuild_sums(struct rwe_cox_risk_set *set, const struct rwe_cox_rows *rows,
                         const double predictor[], size_t begin, double time)
{
    forget_sums(set);
    for (size_t i = begin; i < set->stratum_end; i++)
        if (rows->entry[i] < time)
            set->shift = fmax(set->shift, predictor[i]);
    for (size_t i = set->stratum_end; i-- > begin;) {
        if (rows->entry[i] >= time)
            continue;
        double r = rows->weight[i] * exp(predictor[i] - set->shift);
        moments_add_row(&set->all, set->p, r, rows->x + i * set->p);
        add_squares(set, r, rows->x + i * set->p);
    }
    note_peak(set);
}

/* Takes off those who enter at `time` or later; rows from `end` on have been added. */
static void remove_not_entered(struct rwe_cox_risk_set *set, const struct rwe_cox_rows *rows,
                               const double predictor[], size_t begin, size_t end)
{
    double time = rows->time[end - 1];
    size_t before = set->next_entry;
    while (set->next_entry > begin && rows->entry[rows->by_entry[set->next_entry - 1]] >= time) {
        size_t row = rows->by_entry[--set->next_entry];
        double r = rows->weight[row] * exp(predictor[row] - set->shift);
        moments_add_row(&set->all, set->p, -r, rows->x + row * set->p);
        add_squares(set, -r, rows->x + row * set->p);
        set->n_at_risk--;
    }
    if (set->n_at_risk == 0)
        forget_sums(set);
    else if (set->next_entry < before && sums_worn(set))
        rebuild_sums(set, rows, predictor, end, time);
}

size_t rwe_cox_risk_set_add_time(struct rwe_cox_risk_set *set, const struct rwe_cox_rows *rows,
                                 const double predictor[], size_t begin, size_t end)
{
    size_t p = set->p;
    size_t i = end;
    if (set->n_deaths > 0)
        moments_clear(&set->deaths, p);
    set->n_deaths = 0;
    set->death_weight = 0;
    if (set->stratum_end == 0)
        set->stratum_end = set->next_entry = end;
    if (rows->entry != NULL)
        remove_not_entered(set, rows, predictor, begin, end);
    for (; i > begin && rows->time[i - 1] == rows->time[end - 1]; i--) {
        size_t row = i - 1;
        if (predictor[row] > set->shift)
            raise_shift(set, predictor[row]);
        double r = rows->weight[row] * exp(predictor[row] - set->shift);
        if (rows->event[row]) {
            moments_add_row(&set->deaths, p, r, rows->x + row * p);
            set->n_deaths++;
            set->death_weight += rows->weight[row];
        } else {
            moments_add_row(&set->all, p, r, rows->x + row * p);
        }
        if (rows->entry != NULL)
            add_squares(set, r, rows->x + row * p);
    }
    if (set->n_deaths > 0)
        moments_add(&set->all, p, &set->deaths);
    set->n_at_risk += end - i;
    if (rows->entry != NULL)
        note_peak(set);
    return i;
}

size_t rwe_cox_n_steps(const struct rwe_cox_risk_set *set, enum rwe_cox_ties ties)
{
    return set->n_deaths == 0 ? 0 : ties == RWE_COX_BRESLOW ? 1 : set->n_deaths;
}

double rwe_cox_risk_set_mean(const struct rwe_cox_risk_set *set, double fraction, double mean[])
{
    double sum = set->all.r - fraction * set->deaths.r;
    for (size_t j = 0; j < set->p; j++)
        mean[j] = (set->all.rx[j] - fraction * set->deaths.rx[j]) / sum;
    return sum;
}

void rwe_cox_project(const struct rwe_cox_rows *rows, const double beta[], double projection[])
{
    size_t p = rows->p;
    for (size_t i = 0; i < rows->n; i++) {
        double sum = 0;
        for (size_t j = 0; j < p; j++)
            sum += rows->x[i * p + j] * beta[j];
        projection[i] = sum;
    }
}

void rwe_cox_predict(const struct rwe_cox_rows *rows, const double beta[], double predictor[])
{
    rwe_cox_project(rows, beta, predictor);
    for (size_t i = 0; rows->offset != NULL && i < rows->n; i++)
        predictor[i] += rows->offset[i];
}

void rwe_cox_work_init(struct rwe_cox_work *work, const struct rwe_cox_rows *rows,
                       struct rwe_arena *arena)
{
    rwe_cox_risk_set_init(&work->set, rows->p, true, arena);
    work->predictor = RWE_NEW(arena, double, rows->n);
    work->mean = RWE_NEW(arena, double, rows->p);
    work->exact = (struct rwe_cox_exact){0};
}

/* A million terms of about −13 add up to −1e7, where plain addition is off by 1e-5: more than Newton's
 * last steps rise. */
void rwe_cox_add_to_loglik(struct rwe_cox_likelihood *likelihood, double term)
{
    double owed = term - likelihood->loglik_lost;
    double sum = likelihood->loglik + owed;
    likelihood->loglik_lost = (sum - likelihood->loglik) - owed;
    likelihood->loglik = sum;
}

/* The deaths' own terms: Σ w x'β in the log-likelihood, Σ w x in the score. */
static void add_deaths(const struct rwe_cox_rows *rows, size_t begin, size_t end,
                       const double predictor[], struct rwe_cox_likelihood *likelihood)
{
    for (size_t i = end; i-- > begin;) {
        if (!rows->event[i])
            continue;
        rwe_cox_add_to_loglik(likelihood, rows->weight[i] * predictor[i]);
        for (size_t j = 0; j < rows->p; j++)
            likelihood->score[j] += rows->weight[i] * rows->x[i * rows->p + j];
    }
}

/* Sums over the steps of one time, of weight w each, at which a share g = 1 − fraction of the tied
 * deaths is left and S is the sum of r. */
struct step_sums {
    double by_sum, g_by_sum;       /* Σ w / S, Σ w g / S */
    double by_square, g_by_square; /* Σ w / S², Σ w g / S² */
    double g2_by_square;           /* Σ w g² / S² */
};

static struct step_sums sum_steps(const struct rwe_cox_risk_set *set, size_t n_steps,
                                  struct rwe_cox_likelihood *likelihood)
{
    struct step_sums sums = {0};
    double weight = set->death_weight / (double)n_steps;
    for (size_t step = 0; step < n_steps; step++) {
        double fraction = (double)step / (double)n_steps;
        double sum = set->all.r - fraction * set->deaths.r;
        double g = (double)(n_steps - step) / (double)n_steps;
        double scale = weight / sum, square = scale / sum;
        sums.by_sum += scale;
        sums.g_by_sum += scale * g;
        sums.by_square += square;
        sums.g_by_square += square * g;
        sums.g2_by_square += square * g * g;
        rwe_cox_add_to_loglik(likelihood, -weight * (log(sum) + set->shift));
    }
    return sums;
}

/* Less the terms of the risk set, with S the sum of r over it and x̄ the mean at one step:
 *   loglik −= w log S,   score −= w x̄,   information += w (Σ r x x' / S − x̄ x̄').
 * At a step x̄ = (c + g d) / S, with d the sum of r x over the tied deaths and c over the others: the
 * sums over steps are of numbers alone, and the matrices are touched once a time. */
static void subtract_risk_set(struct rwe_cox_work *work, enum rwe_cox_ties ties,
                              struct rwe_cox_likelihood *likelihood)
{
    const struct rwe_cox_risk_set *set = &work->set;
    size_t p = set->p;
    struct step_sums sums = sum_steps(set, rwe_cox_n_steps(set, ties), likelihood);
    double *c = work->mean;
    const double *d = set->deaths.rx;
    double late = sums.by_sum - sums.g_by_sum; /* Σ w fraction / S */
    for (size_t j = 0; j < p; j++)
        c[j] = set->all.rx[j] - d[j];
    for (size_t j = 0; j < p; j++) {
        const double *all = set->all.rxx + j * p;
        const double *deaths = set->deaths.rxx + j * p;
        double *information = likelihood->information + j * p;
        double with_c = sums.by_square * c[j] + sums.g_by_square * d[j];
        double with_d = sums.g_by_square * c[j] + sums.g2_by_square * d[j];
        likelihood->score[j] -= sums.by_sum * c[j] + sums.g_by_sum * d[j];
        if (likelihood->gross != NULL)
            likelihood->gross[j] += sums.by_sum * all[j] - late * deaths[j];
        for (size_t k = 0; k <= j; k++)
            information[k] +=
                sums.by_sum * all[k] - late * deaths[k] - (with_c * c[k] + with_d * d[k]);
    }
}

void rwe_cox_evaluate(const struct rwe_cox_rows *rows, enum rwe_cox_ties ties, const double beta[],
                      struct rwe_cox_work *work, struct rwe_cox_likelihood *likelihood)
{
    likelihood->loglik = 0;
    likelihood->loglik_lost = 0;
    memset(likelihood->score, 0, rows->p * sizeof *likelihood->score);
    memset(likelihood->information, 0, rows->p * rows->p * sizeof *likelihood->information);
    if (likelihood->gross != NULL)
        memset(likelihood->gross, 0, rows->p * sizeof *likelihood->gross);
    rwe_cox_predict(rows, beta, work->predictor);
    if (ties == RWE_COX_EXACT) {
        rwe_cox_evaluate_exact(rows, beta, work, likelihood);
        return;
    }
    for (size_t s = 0; s < rows->n_strata; s++) {
        rwe_cox_risk_set_clear(&work->set);
        size_t end = rows->start[s + 1];
        while (end > rows->start[s]) {
            size_t begin =
                rwe_cox_risk_set_add_time(&work->set, rows, work->predictor, rows->start[s], end);
            if (work->set.n_deaths > 0) {
                add_deaths(rows, begin, end, work->predictor, likelihood);
                subtract_risk_set(work, ties, likelihood);
            }
            end = begin;
        }
    }
}
