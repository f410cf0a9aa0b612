/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cox_private.h"
#include "wide_private.h"

#include <math.h>
#include <string.h>

/* Sums over the risk set are built anew when subjects at entry have taken off all but this share:
 * what was rounded away from the largest value is then at most 2^-37 of what is left. */
static const double KEPT_SHARE = 0x1p-16;

/* Into the loops that are built for wide registers. */
#define ALWAYS_INLINE __attribute__((always_inline))

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
static inline ALWAYS_INLINE void add_multiple(double row[restrict], double a,
                                              const double x[restrict], size_t n)
{
    for (size_t k = 0; k < n; k++)
        row[k] += a * x[k];
}

/* The lower triangle of r x x', two rows at a time: the triangle's rows are so short that a loop for
 * each would cost more than its sums. */
static inline ALWAYS_INLINE void add_square(double rxx[restrict], size_t p, double r,
                                            const double x[restrict])
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

static inline ALWAYS_INLINE void moments_add_row(struct rwe_cox_moments *m, size_t p, double r,
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
    set->shift = set->risk != NULL ? set->highest : -INFINITY;
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

/* Adds a row to a sum, and to the squares of all. */
static inline ALWAYS_INLINE void add_row_with_squares(struct rwe_cox_risk_set *set,
                                                      struct rwe_cox_moments *to, double r,
                                                      const double x[restrict])
{
    double *restrict rx = to->rx, *restrict square = set->square;
    to->r += r;
    for (size_t j = 0; j < set->p; j++) {
        double part = r * x[j];
        rx[j] += part;
        square[j] += part * x[j];
    }
    if (to->rxx != NULL)
        add_square(to->rxx, set->p, r, x);
}

static inline ALWAYS_INLINE void note_peak(struct rwe_cox_risk_set *set)
{
    double *restrict peak = set->peak + 1;
    const double *restrict square = set->square;
    set->peak[0] = set->all.r > set->peak[0] ? set->all.r : set->peak[0];
    for (size_t j = 0; j < set->p; j++)
        peak[j] = square[j] > peak[j] ? square[j] : peak[j];
}

/* Whether so little is left of a sum that what rounding left in it may show. */
static inline ALWAYS_INLINE bool sums_worn(const struct rwe_cox_risk_set *set)
{
    int worn = set->all.r <= KEPT_SHARE * set->peak[0];
    for (size_t j = 0; j < set->p; j++)
        worn |= (set->peak[j + 1] > 0) & (set->square[j] <= KEPT_SHARE * set->peak[j + 1]);
    return worn;
}

static inline ALWAYS_INLINE double risk_of(const struct rwe_cox_risk_set *set,
                                           const struct rwe_cox_rows *rows,
                                           const double predictor[], size_t row)
{
    if (set->risk != NULL)
        return rows->weight[row] * set->risk[row];
    return rows->weight[row] * exp(predictor[row] - set->shift);
}

static inline ALWAYS_INLINE const double *x_of(const struct rwe_cox_rows *rows, size_t row)
{
    return rows->x + rwe_cox_like(rows, row) * rows->p;
}

static void forget_sums(struct rwe_cox_risk_set *set)
{
    moments_clear(&set->all, set->p);
    memset(set->square, 0, set->p * sizeof *set->square);
    memset(set->peak, 0, (set->p + 1) * sizeof *set->peak);
    set->shift = set->risk != NULL ? set->highest : -INFINITY;
}

/* The sums over rows of [begin, stratum_end) that enter before the time of rows [begin, end). */
static void rebuild_sums(struct rwe_cox_risk_set *set, const struct rwe_cox_rows *rows,
                         const double predictor[], size_t begin, size_t end)
{
    double time = rows->time[begin];
    forget_sums(set);
    for (size_t i = begin; i < set->stratum_end; i++)
        if (rows->entry[i] < time)
            set->shift = fmax(set->shift, predictor[i]);
    for (size_t i = set->stratum_end; i-- > begin;)
        if (rows->entry[i] < time)
            add_row_with_squares(set, &set->all, risk_of(set, rows, predictor, i), x_of(rows, i));
    moments_clear(&set->deaths, set->p);
    for (size_t i = end; i-- > begin;)
        if (rows->event[i])
            moments_add_row(&set->deaths, set->p, risk_of(set, rows, predictor, i), x_of(rows, i));
}

/* Takes off those who enter at `time` or later, but for those whose follow-up an earlier row leads up
 * to this entry: it takes the difference when it is added. */
static inline ALWAYS_INLINE void remove_not_entered(struct rwe_cox_risk_set *set,
                                                    const struct rwe_cox_rows *rows,
                                                    const double predictor[], size_t begin,
                                                    double time)
{
    while (set->next_entry > begin && rows->entry[rows->by_entry[set->next_entry - 1]] >= time) {
        size_t row = rows->by_entry[--set->next_entry];
        if (rows->next != NULL && rows->goes_on[row])
            continue;
        add_row_with_squares(set, &set->all, -risk_of(set, rows, predictor, row), x_of(rows, row));
        set->n_at_risk--;
    }
    if (set->n_at_risk == 0)
        forget_sums(set);
}

/* Adds the rows of a time where there are entries. */
static inline ALWAYS_INLINE void add_entered(struct rwe_cox_risk_set *set,
                                             const struct rwe_cox_rows *rows,
                                             const double predictor[], size_t begin, size_t end)
{
    for (size_t row = end; row-- > begin;) {
        if (predictor[row] > set->shift)
            raise_shift(set, predictor[row]);
        double r = risk_of(set, rows, predictor, row);
        bool leads_on = rows->next != NULL && rows->next[row] != 0;
        if (leads_on)
            r -= risk_of(set, rows, predictor, rows->next[row]);
        set->n_at_risk += !leads_on;
        if (r != 0)
            add_row_with_squares(set, rows->event[row] ? &set->deaths : &set->all, r,
                                 x_of(rows, row));
    }
}

static inline ALWAYS_INLINE void add_from_start(struct rwe_cox_risk_set *set,
                                                const struct rwe_cox_rows *rows,
                                                const double predictor[], size_t begin, size_t end)
{
    for (size_t row = end; row-- > begin;) {
        if (predictor[row] > set->shift)
            raise_shift(set, predictor[row]);
        moments_add_row(rows->event[row] ? &set->deaths : &set->all, set->p,
                        risk_of(set, rows, predictor, row), x_of(rows, row));
    }
}

/* Adds rows [begin, end) of one time, whose deaths are counted. */
static inline ALWAYS_INLINE void add_rows(struct rwe_cox_risk_set *set,
                                          const struct rwe_cox_rows *rows, const double predictor[],
                                          size_t begin, size_t end)
{
    if (rows->entry == NULL)
        add_from_start(set, rows, predictor, begin, end);
    else
        add_entered(set, rows, predictor, begin, end);
    if (set->n_deaths > 0)
        moments_add(&set->all, set->p, &set->deaths);
    if (rows->entry == NULL)
        return;
    if (sums_worn(set))
        rebuild_sums(set, rows, predictor, begin, end);
    note_peak(set);
}

RWE_WIDE size_t rwe_cox_risk_set_add_time(struct rwe_cox_risk_set *set,
                                          const struct rwe_cox_rows *rows, const double predictor[],
                                          size_t begin, size_t end)
{
    double time = rows->time[end - 1];
    size_t first = end;
    if (set->n_deaths > 0)
        moments_clear(&set->deaths, set->p);
    set->n_deaths = 0;
    set->death_weight = 0;
    if (set->stratum_end == 0)
        set->stratum_end = set->next_entry = end;
    if (rows->entry != NULL)
        remove_not_entered(set, rows, predictor, begin, time);
    for (; first > begin && rows->time[first - 1] == time; first--)
        if (rows->event[first - 1]) {
            set->n_deaths++;
            set->death_weight += rows->weight[first - 1];
        }
    add_rows(set, rows, predictor, first, end);
    return first;
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
