/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cox_private.h"
#include "strata_private.h"

/* First position of stratum s at or after its first event time; its end when it has no event. */
static size_t first_at_risk(const struct rwe_survival_data *data, const struct rwe_strata *strata,
                            size_t s)
{
    size_t begin = strata->start[s], end = strata->start[s + 1];
    size_t k = begin;
    while (k < end && !data->event[strata->order[k]])
        k++;
    while (k < end && k > begin && data->time[strata->order[k - 1]] == data->time[strata->order[k]])
        k--; /* censored at that very time: still at risk */
    return k;
}

static void centre_column(const double column[], const uint32_t origin[], size_t n, size_t p,
                          double out[])
{
    double first = column[origin[0]];
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += column[origin[i]] - first;
    double mean = sum / (double)n;
    for (size_t i = 0; i < n; i++)
        out[i * p] = column[origin[i]] - first - mean;
}

static void copy_stratum(const struct rwe_survival_data *data, const uint32_t order[], size_t n,
                         struct rwe_cox_rows *rows)
{
    for (size_t k = 0; k < n; k++) {
        size_t i = order[k];
        rows->origin[rows->n + k] = order[k];
        rows->time[rows->n + k] = data->time[i];
        rows->event[rows->n + k] = data->event[i];
        rows->weight[rows->n + k] = data->weight == NULL ? 1 : data->weight[i];
        rows->n_events += data->event[i];
    }
    rows->n += n;
    rows->start[++rows->n_strata] = rows->n;
}

static enum rwe_status rows_allocate(size_t n, size_t p, size_t n_strata, struct rwe_arena *arena,
                                     struct rwe_cox_rows *rows)
{
    *rows = (struct rwe_cox_rows){
        .p = p,
        .start = RWE_NEW(arena, size_t, n_strata + 1),
        .x = rwe_arena_alloc(arena, n, p * sizeof *rows->x),
        .time = RWE_NEW(arena, double, n),
        .weight = RWE_NEW(arena, double, n),
        .event = RWE_NEW(arena, uint8_t, n),
        .origin = RWE_NEW(arena, uint32_t, n),
    };
    return rwe_arena_failed(arena) ? RWE_NO_MEMORY : RWE_OK;
}

enum rwe_status rwe_cox_rows_prepare(const struct rwe_survival_data *data, const double x[],
                                     size_t p, struct rwe_arena *arena, struct rwe_cox_rows *rows)
{
    struct rwe_strata strata;
    if (rows_allocate(data->n, p, data->n_strata, arena, rows) != RWE_OK)
        return RWE_NO_MEMORY;
    struct rwe_mark mark = rwe_arena_mark(arena);
    if (rwe_strata_sort(data, arena, &strata) != RWE_OK)
        return RWE_NO_MEMORY;
    for (size_t s = 0; s < data->n_strata; s++) {
        size_t begin = first_at_risk(data, &strata, s);
        if (begin < strata.start[s + 1])
            copy_stratum(data, strata.order + begin, strata.start[s + 1] - begin, rows);
    }
    rwe_arena_release(arena, mark);
    for (size_t s = 0; s < rows->n_strata; s++) {
        size_t begin = rows->start[s];
        for (size_t j = 0; j < p; j++)
            centre_column(x + j * data->n, rows->origin + begin, rows->start[s + 1] - begin, p,
                          rows->x + begin * p + j);
    }
    return RWE_OK;
}
