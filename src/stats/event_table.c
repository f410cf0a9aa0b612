/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/stats/event_table.h"

#include <math.h>
#include <stdbool.h>

/* The arrays of the table while they may still be written to. */
struct rows {
    size_t *stratum_start;
    double *time, *at_risk, *events, *censored;
    double *causes;  /* NULL where there is one cause */
    double *entered; /* at risk from this row on; workspace, NULL where nobody enters late */
    double *moved;   /* gone on in another row; workspace, and NULL as `begun`, without pieces */
    double *begun;
};

/* Where each stratum stands while the rows of all strata go by in order of time. That order makes
 * a sort by stratum unnecessary. */
struct cursor {
    double last_time;  /* of the stratum; −1, below every time, before its first row */
    size_t n_rows;     /* begun in this stratum */
    double last_entry; /* NaN: none yet */
    size_t entered;    /* the row that it was before */
};

static void cursors_reset(struct cursor cursors[], size_t n_strata)
{
    for (size_t s = 0; s < n_strata; s++)
        cursors[s] = (struct cursor){.last_time = -1, .last_entry = NAN};
}

/* The row within its stratum that subject i falls in, begun when the time is new there. */
static size_t row_within(const struct rwe_survival_data *data, size_t i, struct cursor *cursor)
{
    if (data->time[i] != cursor->last_time) {
        cursor->last_time = data->time[i];
        cursor->n_rows++;
    }
    return cursor->n_rows - 1;
}

static size_t stratum_of(const struct rwe_survival_data *data, size_t i)
{
    return data->stratum == NULL ? 0 : data->stratum[i];
}

static void count_rows(const struct rwe_survival_data *data, struct cursor cursors[],
                       size_t stratum_start[])
{
    cursors_reset(cursors, data->n_strata);
    for (size_t i = 0; i < data->n; i++)
        row_within(data, i, &cursors[stratum_of(data, i)]);
    for (size_t s = 0; s < data->n_strata; s++)
        stratum_start[s + 1] = stratum_start[s] + cursors[s].n_rows;
}

/* What a row's end counts as. */
static double *exits_of(const struct rwe_survival_data *data, size_t i, const struct rows *rows)
{
    if (data->event[i])
        return rows->events;
    bool goes_on = data->piece != NULL && (data->piece[i] & RWE_PIECE_GOES_ON) != 0;
    return goes_on ? rows->moved : rows->censored;
}

static void count_begun(const struct rwe_survival_data *data, struct rows *rows)
{
    for (size_t i = 0; rows->begun != NULL && i < data->n; i++) {
        size_t group = data->group == NULL ? 0 : data->group[i];
        if ((data->piece[i] & RWE_PIECE_LATER) == 0)
            rows->begun[stratum_of(data, i) * data->n_groups + group] +=
                data->weight == NULL ? 1 : data->weight[i];
    }
}

static void count_exits(const struct rwe_survival_data *data, struct cursor cursors[],
                        struct rows *rows)
{
    cursors_reset(cursors, data->n_strata);
    for (size_t i = 0; i < data->n; i++) {
        size_t s = stratum_of(data, i);
        size_t row = rows->stratum_start[s] + row_within(data, i, &cursors[s]);
        size_t cell = row * data->n_groups + (data->group == NULL ? 0 : data->group[i]);
        double *exits = exits_of(data, i, rows);
        double weight = data->weight == NULL ? 1 : data->weight[i];
        rows->time[row] = data->time[i];
        exits[cell] += weight;
        if (rows->causes != NULL && data->event[i])
            rows->causes[cell * data->n_causes + data->event[i] - 1] += weight;
    }
}

/* The first row of the stratum whose time is after `entry`. There is one: the subject's own. */
static size_t first_row_after(const struct rows *rows, size_t s, double entry)
{
    size_t low = rows->stratum_start[s];
    size_t high = rows->stratum_start[s + 1];
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (rows->time[middle] > entry)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* Rows that end one after the other often began together, as those of weights that change at set times. */
static void count_entries(const struct rwe_survival_data *data, struct cursor cursors[],
                          struct rows *rows)
{
    cursors_reset(cursors, data->n_strata);
    for (size_t i = 0; rows->entered != NULL && i < data->n; i++) {
        size_t s = stratum_of(data, i);
        struct cursor *cursor = &cursors[s];
        if (data->entry[i] != cursor->last_entry) {
            cursor->last_entry = data->entry[i];
            cursor->entered = first_row_after(rows, s, data->entry[i]);
        }
        size_t cell = cursor->entered * data->n_groups + (data->group == NULL ? 0 : data->group[i]);
        rows->entered[cell] += data->weight == NULL ? 1 : data->weight[i];
    }
}

static enum rwe_status rows_allocate(const struct rwe_survival_data *data, size_t n_rows,
                                     struct rwe_arena *arena, struct rows *rows)
{
    size_t cells, by_cause;
    if (__builtin_mul_overflow(n_rows, data->n_groups, &cells) ||
        __builtin_mul_overflow(cells, data->n_causes, &by_cause))
        return RWE_NO_MEMORY;
    rows->causes = data->n_causes > 1 ? RWE_NEW(arena, double, by_cause) : NULL;
    rows->time = RWE_NEW(arena, double, n_rows);
    rows->at_risk = RWE_NEW(arena, double, cells);
    rows->events = RWE_NEW(arena, double, cells);
    rows->censored = RWE_NEW(arena, double, cells);
    rows->entered = data->entry == NULL ? NULL : RWE_NEW(arena, double, cells);
    rows->moved = data->piece == NULL ? NULL : RWE_NEW(arena, double, cells);
    if (data->piece != NULL)
        rows->begun = rwe_arena_alloc(arena, data->n_strata, data->n_groups * sizeof(double));
    return rwe_arena_failed(arena) ? RWE_NO_MEMORY : RWE_OK;
}

/* Numbers at risk are summed from the last row up, so that they end in exactly what leaves last:
 * n − d is 0, and not a rounding error, when everyone left fails. */
static void sum_at_risk(size_t s, size_t n_groups, struct rows *rows)
{
    for (size_t row = rows->stratum_start[s + 1]; row-- > rows->stratum_start[s];) {
        bool last = row + 1 == rows->stratum_start[s + 1];
        for (size_t g = 0; g < n_groups; g++) {
            size_t cell = row * n_groups + g;
            double later = last ? 0 : rows->at_risk[cell + n_groups];
            if (!last && rows->entered != NULL)
                later -= rows->entered[cell + n_groups];
            double left = rows->events[cell] + rows->censored[cell];
            if (rows->moved != NULL)
                left += rows->moved[cell];
            rows->at_risk[cell] = later + left;
        }
    }
}

enum rwe_status rwe_event_table_build(const struct rwe_survival_data *data, struct rwe_arena *arena,
                                      struct rwe_event_table *table, struct rwe_error *error)
{
    enum rwe_status status = rwe_survival_data_check(data, error);
    if (status != RWE_OK)
        return status;
    struct rows rows = {.stratum_start = RWE_NEW(arena, size_t, data->n_strata + 1)};
    /* How large the result is comes out of the first pass, whose cursors therefore lie below it. */
    struct cursor *cursors = RWE_NEW(arena, struct cursor, data->n_strata);
    if (rwe_arena_failed(arena))
        return rwe_fail_memory(error);
    count_rows(data, cursors, rows.stratum_start);
    size_t n_rows = rows.stratum_start[data->n_strata];
    if (rows_allocate(data, n_rows, arena, &rows) != RWE_OK)
        return rwe_fail_memory(error);
    count_exits(data, cursors, &rows);
    count_entries(data, cursors, &rows);
    count_begun(data, &rows);
    for (size_t s = 0; s < data->n_strata; s++)
        sum_at_risk(s, data->n_groups, &rows);
    *table = (struct rwe_event_table){
        .n_rows = n_rows,
        .n_groups = data->n_groups,
        .n_strata = data->n_strata,
        .n_causes = data->n_causes < 1 ? 1 : data->n_causes,
        .stratum_start = rows.stratum_start,
        .time = rows.time,
        .at_risk = rows.at_risk,
        .events = rows.events,
        .censored = rows.censored,
        .causes = rows.causes,
        .begun = rows.begun,
    };
    return RWE_OK;
}

size_t rwe_event_table_rows_until(const struct rwe_event_table *table, size_t stratum, double time)
{
    size_t low = table->stratum_start[stratum], high = table->stratum_start[stratum + 1];
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (table->time[middle] <= time)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}
