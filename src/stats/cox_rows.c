/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cox_private.h"
#include "entry_order_private.h"
#include "strata_private.h"

#include <math.h>
#include <string.h>

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
        .x = rwe_arena_alloc(arena, n, p * sizeof *rows->x),
        .time = RWE_NEW(arena, double, n),
        .entry = data->entry == NULL ? NULL : RWE_NEW(arena, double, n),
        .by_entry = data->entry == NULL ? NULL : RWE_NEW(arena, uint32_t, n),
        .weight = RWE_NEW(arena, double, n),
        .event = RWE_NEW(arena, uint8_t, n),
        .origin = RWE_NEW(arena, uint32_t, n),
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
    rows->like = RWE_NEW(arena, uint32_t, rows->n);
    rows->next = RWE_NEW(arena, uint32_t, rows->n);
    rows->goes_on = RWE_NEW(arena, uint8_t, rows->n);
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
