/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cox_private.h"
#include "strata_private.h"
#include "wide_private.h"

#include <math.h>
#include <string.h>

/* ---- rows ---- */

/* What is taken off a column of a stratum: its first value, then the mean of what is left. */
struct centre {
    double first, mean;
};

static struct centre centre_of(const double column[], const uint32_t origin[], size_t n)
{
    double first = column[origin[0]];
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += column[origin[i]] - first;
    return (struct centre){first, sum / (double)n};
}

/* Columns into rows, a few hundred at a time, which stay in the cache until all columns are in:
 * column by column, each pass would write the whole matrix through memory. */
static void centre_rows(const double x[], size_t n_data, const uint32_t origin[], size_t n,
                        const struct centre centre[], size_t p, double out[])
{
    enum { BLOCK = 256 };
    for (size_t begin = 0; begin < n; begin += BLOCK) {
        size_t end = begin + BLOCK < n ? begin + BLOCK : n;
        for (size_t j = 0; j < p; j++)
            for (size_t i = begin; i < end; i++)
                out[i * p + j] = x[j * n_data + origin[i]] - centre[j].first - centre[j].mean;
    }
}

static void copy_row(const struct rwe_survival_data *data, uint32_t i, struct rwe_cox_rows *rows)
{
    size_t to = rows->n++;
    rows->origin[to] = i;
    rows->time[to] = data->time[i];
    rows->event[to] = data->event[i] != 0;
    rows->weight[to] = data->weight == NULL ? 1 : data->weight[i];
    if (rows->entry != NULL)
        rows->entry[to] = data->entry[i];
    rows->n_events += rows->event[to];
}

/* The rows of a stratum that are at risk at an event of it. */
static void copy_stratum(const struct rwe_survival_data *data, const uint32_t order[], size_t n,
                         struct rwe_cox_rows *rows)
{
    double last_event = -INFINITY; /* its time */
    size_t n_before = rows->n;
    for (size_t begin = 0, end = 0; begin < n; begin = end) {
        double time = data->time[order[begin]];
        for (; end < n && data->time[order[end]] == time; end++)
            last_event = data->event[order[end]] ? time : last_event;
        for (size_t k = begin; k < end; k++)
            if (last_event > (data->entry == NULL ? -INFINITY : data->entry[order[k]]))
                copy_row(data, order[k], rows);
    }
    if (rows->n > n_before)
        rows->start[++rows->n_strata] = rows->n;
}

static enum rwe_status rows_allocate(const struct rwe_survival_data *data, size_t p,
                                     struct rwe_arena *arena, struct rwe_cox_rows *rows)
{
    size_t n = data->n;
    *rows = (struct rwe_cox_rows){
        .p = p,
        .start = RWE_NEW(arena, size_t, data->n_strata + 1),
        .x = rwe_arena_alloc_unset(arena, n, p * sizeof *rows->x),
        .time = RWE_NEW_UNSET(arena, double, n),
        .entry = data->entry == NULL ? NULL : RWE_NEW_UNSET(arena, double, n),
        .by_entry = data->entry == NULL ? NULL : RWE_NEW_UNSET(arena, uint32_t, n),
        .weight = RWE_NEW_UNSET(arena, double, n),
        .event = RWE_NEW_UNSET(arena, uint8_t, n),
        .origin = RWE_NEW_UNSET(arena, uint32_t, n),
    };
    return rwe_arena_failed(arena) ? RWE_NO_MEMORY : RWE_OK;
}

/* Intervals of one subject often differ in their times and weights alone: one x then serves them. */
static enum rwe_status find_like(const struct rwe_survival_data *data, struct rwe_arena *arena,
                                 struct rwe_cox_rows *rows)
{
    if (rows->entry == NULL || data->subject == NULL)
        return RWE_OK;
    size_t n_groups = data->group == NULL ? 1 : data->n_groups;
    rows->like = RWE_NEW_UNSET(arena, uint32_t, rows->n);
    rows->next = RWE_NEW(arena, uint32_t, rows->n);
    rows->goes_on = RWE_NEW_UNSET(arena, uint8_t, rows->n);
    struct rwe_mark mark = rwe_arena_mark(arena);
    uint32_t *last = rwe_arena_alloc(arena, data->n_subjects, n_groups * sizeof *last);
    if (rwe_arena_failed(arena))
        return RWE_NO_MEMORY;
    const size_t bytes = rows->p * sizeof *rows->x;
    for (size_t s = 0; s < rows->n_strata; s++)
        for (size_t i = rows->start[s]; i < rows->start[s + 1]; i++) {
            uint32_t k = rows->origin[i];
            /* Rows count from 1 here: 0 is none so far. */
            uint32_t *of = &last[data->subject[k] * n_groups + (data->group ? data->group[k] : 0)];
            size_t before = *of == 0 ? i : *of - 1;
            bool alike = before != i && before >= rows->start[s] &&
                         memcmp(rows->x + i * rows->p, rows->x + before * rows->p, bytes) == 0;
            rows->like[i] = alike ? rows->like[before] : (uint32_t)i;
            rows->goes_on[i] =
                alike && !rows->event[before] && rows->time[before] == rows->entry[i];
            if (rows->goes_on[i])
                rows->next[before] = (uint32_t)i;
            *of = (uint32_t)i + 1;
        }
    rwe_arena_release(arena, mark);
    return RWE_OK;
}

enum rwe_status rwe_cox_rows_prepare(const struct rwe_survival_data *data, const double x[],
                                     size_t p, struct rwe_arena *arena, struct rwe_cox_rows *rows)
{
    struct rwe_strata strata;
    if (rows_allocate(data, p, arena, rows) != RWE_OK)
        return RWE_NO_MEMORY;
    struct rwe_mark mark = rwe_arena_mark(arena);
    if (rwe_strata_sort(data, arena, &strata) != RWE_OK)
        return RWE_NO_MEMORY;
    for (size_t s = 0; s < data->n_strata; s++)
        copy_stratum(data, strata.order + strata.start[s], strata.start[s + 1] - strata.start[s],
                     rows);
    rwe_arena_release(arena, mark);
    if (rows->entry != NULL &&
        rwe_entry_order(rows->entry, rows->start, rows->n_strata, arena, rows->by_entry) != RWE_OK)
        return RWE_NO_MEMORY;
    mark = rwe_arena_mark(arena);
    struct centre *centre = RWE_NEW(arena, struct centre, p);
    if (centre == NULL)
        return RWE_NO_MEMORY;
    for (size_t s = 0; s < rows->n_strata; s++) {
        size_t begin = rows->start[s], n = rows->start[s + 1] - begin;
        const uint32_t *origin = rows->origin + begin;
        for (size_t j = 0; j < p; j++)
            centre[j] = centre_of(x + j * data->n, origin, n);
        centre_rows(x, data->n, origin, n, centre, p, rows->x + begin * p);
    }
    rwe_arena_release(arena, mark);
    return find_like(data, arena, rows);
}

enum rwe_status rwe_cox_rows_offset(struct rwe_cox_rows *rows, const double offset[],
                                    struct rwe_arena *arena)
{
    rows->offset = offset == NULL ? NULL : RWE_NEW(arena, double, rows->n);
    if (offset == NULL)
        return RWE_OK;
    if (rows->offset == NULL)
        return RWE_NO_MEMORY;
    for (size_t s = 0; s < rows->n_strata; s++) {
        const uint32_t *origin = rows->origin + rows->start[s];
        size_t n = rows->start[s + 1] - rows->start[s];
        struct centre centre = centre_of(offset, origin, n);
        centre_rows(offset, 0, origin, n, &centre, 1, rows->offset + rows->start[s]);
    }
    return RWE_OK;
}

/* ---- predictors ---- */

/* Partial sums side by side, folded in this order on every machine. */
enum { LANES = 4 };

static inline __attribute__((always_inline)) double dot(const double a[restrict],
                                                        const double b[restrict], size_t n)
{
    double lane[LANES] = {0}, rest = 0;
    size_t j = 0;
    for (; j + LANES <= n; j += LANES)
        for (size_t l = 0; l < LANES; l++)
            lane[l] += a[j + l] * b[j + l];
    for (; j < n; j++)
        rest += a[j] * b[j];
    return ((lane[0] + lane[2]) + (lane[1] + lane[3])) + rest;
}

RWE_WIDE void rwe_cox_project(const struct rwe_cox_rows *rows, const double beta[],
                              double projection[])
{
    for (size_t i = 0; i < rows->n; i++)
        projection[i] = rwe_cox_like(rows, i) == i ? dot(rows->x + i * rows->p, beta, rows->p)
                                                   : projection[rows->like[i]];
}

void rwe_cox_predict(const struct rwe_cox_rows *rows, const double beta[], double predictor[])
{
    rwe_cox_project(rows, beta, predictor);
    for (size_t i = 0; rows->offset != NULL && i < rows->n; i++)
        predictor[i] += rows->offset[i];
}

/* ---- the risk set ---- */

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
