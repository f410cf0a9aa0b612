/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What Fine–Gray needs before it begins: event times, censoring curve, centred covariates. */
#include "fine_gray_private.h"

static enum rwe_status allocate(struct fine_gray_rows *rows, struct rwe_arena *arena)
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
static void fill_time(struct fine_gray_rows *rows, size_t begin, size_t end, const double free[],
                      size_t *n_times)
{
    const struct rwe_survival_data *data = rows->data;
    double events = 0;
    for (size_t i = begin; i < end; i++)
        if (data->event[i] == rows->cause)
            events += fine_gray_weight(rows, i);
        else if (data->event[i] > 0)
            rows->share[i] = 1 / free[fine_gray_curve(rows, i)];
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
static void fill(struct fine_gray_rows *rows, double free[])
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
static void centre(const double x[], struct fine_gray_rows *rows)
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
                rows->event_sum[j] += fine_gray_weight(rows, i) * rows->x[i * rows->p + j];
    }
}

enum rwe_status rwe_fine_gray_rows(const struct rwe_survival_data *data, const double x[], size_t p,
                                   const struct rwe_fine_gray_options *options,
                                   struct rwe_arena *arena, struct fine_gray_rows *rows,
                                   struct rwe_error *error)
{
    bool by_group = options->censoring_by_group && data->group != NULL;
    struct rwe_survival_data censoring = *data;
    censoring.group = by_group ? data->group : NULL;
    censoring.n_groups = by_group ? data->n_groups : 1;
    *rows = (struct fine_gray_rows){
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
    if (free == NULL || allocate(rows, arena) != RWE_OK)
        return rwe_fail_memory(error);
    fill(rows, free);
    centre(x, rows);
    return RWE_OK;
}
