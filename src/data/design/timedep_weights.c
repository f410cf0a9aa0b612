/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stabilised weights of a marginal structural model, for an exposure that begins once. */
#include "rwe/data/timedep.h"

#include "rwe/base/sort.h"
#include "timedep_private.h"

#include <float.h>
#include <math.h>

/* ---- who begins ---- */

enum rwe_status rwe_timedep_starts(const struct rwe_cohort *cohort, size_t e,
                                   const struct rwe_clone_subjects *subjects,
                                   struct rwe_arena *arena, struct rwe_clones *starts,
                                   struct rwe_error *error)
{
    struct rwe_cohort settled = *cohort;
    if (cohort->exposure_start != NULL) {
        settled.exposure_start = timedep_settle_starts(cohort, &cohort->endpoint[e], arena);
        if (settled.exposure_start == NULL)
            return rwe_fail_memory(error);
    }
    return rwe_clones_make(&settled, &cohort->endpoint[e], subjects->subject, subjects->n, DBL_MAX,
                           arena, starts, error);
}

/* ---- cumulative hazards at the multiples of the step ---- */

struct grid {
    size_t n; /* times 0, step, …, (n − 1) step, the last at or after every start */
    double step;
    double *given, *marginal; /* H and H0 there */
};

static double time_of(const struct grid *grid, size_t j)
{
    return (double)j * grid->step;
}

static void fill_given(const struct rwe_clone_weights *given, struct grid *grid)
{
    double hazard = 0;
    for (size_t j = 0, next = 0; j < grid->n; j++) {
        for (; next < given->n_times && given->time[next] <= time_of(grid, j); next++)
            hazard = given->hazard[next];
        grid->given[j] = hazard;
    }
}

/* Those at risk of beginning in order of time. Of d starts at one time, among n, the l-th has n − l at risk. */
static enum rwe_status fill_marginal(const struct rwe_clones *starts, struct rwe_arena *arena,
                                     struct grid *grid)
{
    double *until = RWE_NEW(arena, double, starts->n);
    uint32_t *order = RWE_NEW(arena, uint32_t, starts->n);
    if (rwe_arena_failed(arena))
        return RWE_NO_MEMORY;
    for (size_t k = 0; k < starts->n; k++)
        until[k] = fmin(starts->end[0][k], starts->open[k]);
    if (rwe_sort_numbers(until, starts->n, arena, order) != RWE_OK)
        return RWE_NO_MEMORY;
    double hazard = 0;
    size_t at_risk = starts->n, begun = 0, j = 0;
    for (size_t o = 0; o < starts->n; o++) {
        uint32_t k = order[o];
        for (; j < grid->n && time_of(grid, j) < until[k]; j++)
            grid->marginal[j] = hazard;
        if (o > 0 && until[order[o - 1]] < until[k]) {
            at_risk = starts->n - o;
            begun = 0;
        }
        if (starts->left[0][k])
            hazard += 1 / (double)(at_risk - begun++);
    }
    for (; j < grid->n; j++)
        grid->marginal[j] = hazard;
    return RWE_OK;
}

static enum rwe_status make_grid(const struct rwe_timedep_weighing *of, struct rwe_arena *arena,
                                 struct grid *grid)
{
    double last = fmax(0, of->starts->last_exposure);
    *grid = (struct grid){.n = (size_t)ceil(last / of->step) + 1, .step = of->step};
    while (time_of(grid, grid->n - 1) < last) /* rounding */
        grid->n++;
    grid->given = RWE_NEW(arena, double, grid->n);
    grid->marginal = RWE_NEW(arena, double, grid->n);
    if (rwe_arena_failed(arena))
        return RWE_NO_MEMORY;
    fill_given(of->given, grid);
    return fill_marginal(of->starts, arena, grid);
}

/* The first j with time ≤ (j) step; behind the grid its last. */
static size_t step_of(const struct grid *grid, double time)
{
    double j = ceil(time / grid->step);
    size_t at = j < (double)(grid->n - 1) ? (size_t)fmax(0, j) : grid->n - 1;
    while (at > 0 && time_of(grid, at - 1) >= time) /* rounding */
        at--;
    while (at + 1 < grid->n && time_of(grid, at) < time)
        at++;
    return at;
}

/* On the line between the ends of the step; constant behind the grid. */
static double at_time(const struct grid *grid, const double hazard[], double time)
{
    size_t j = step_of(grid, time);
    if (j == 0 || time >= time_of(grid, j))
        return hazard[j];
    double share = (time - time_of(grid, j - 1)) / grid->step;
    return hazard[j - 1] + share * (hazard[j] - hazard[j - 1]);
}

/* ---- weights ---- */

/* Of a subject with that risk who has not begun by `time`. */
static double weight_before(const struct grid *grid, double risk, double time)
{
    return exp(at_time(grid, grid->given, time) * risk - at_time(grid, grid->marginal, time));
}

/* Of who began at `start`; at 0 before any time had passed. */
static double weight_from(const struct grid *grid, double risk, double start)
{
    size_t j = step_of(grid, start);
    if (j == 0)
        return grid->marginal[0] / (grid->given[0] * risk);
    return weight_before(grid, risk, start) * (grid->marginal[j] - grid->marginal[j - 1]) /
           ((grid->given[j] - grid->given[j - 1]) * risk);
}

/* ---- rows ---- */

struct rows {
    size_t *start;
    double *weight, *from, *until;
    uint32_t *arm;
    size_t n;
};

static void add_row(struct rows *to, size_t first, struct rwe_timedep_rows *result, uint32_t arm,
                    const double piece[3]) /* from, until, weight */
{
    size_t last = to->n - 1;
    double weight = piece[2];
    result->mean += weight * (piece[1] - piece[0]); /* the sum, for now */
    result->min = fmin(result->min, weight);
    result->max = fmax(result->max, weight);
    if (to->n > first && to->weight[last] == weight && to->arm[last] == arm) {
        to->until[last] = piece[1];
        return;
    }
    to->from[to->n] = piece[0];
    to->until[to->n] = piece[1];
    to->weight[to->n] = weight;
    to->arm[to->n++] = arm;
}

static void add_subject(const struct rwe_timedep_weighing *of, const struct grid *grid, size_t k,
                        struct rows *to, struct rwe_timedep_rows *result)
{
    const struct rwe_clones *starts = of->starts;
    double end = of->endpoint->time[starts->subject[k]], risk = of->given->risk[k];
    double unexposed = fmin(starts->end[0][k], end);
    size_t first = to->n;
    for (size_t j = 0; j < grid->n && time_of(grid, j) < unexposed; j++) {
        double next = j + 1 == grid->n ? unexposed : fmin(time_of(grid, j + 1), unexposed);
        double now = fmin(time_of(grid, j), starts->open[k]);
        const double piece[] = {time_of(grid, j), next, weight_before(grid, risk, now)};
        add_row(to, first, result, 0, piece);
    }
    if (starts->left[0][k] && unexposed < end) {
        const double piece[] = {unexposed, end, weight_from(grid, risk, unexposed)};
        add_row(to, first, result, 1, piece);
    }
}

static size_t count_rows(const struct rwe_timedep_weighing *of, const struct grid *grid)
{
    size_t n = 0;
    for (size_t k = 0; k < of->starts->n; k++)
        n += step_of(grid, of->starts->end[0][k]) + 2;
    return n;
}

static struct rows rows_new(size_t n_subjects, size_t n, struct rwe_arena *arena)
{
    return (struct rows){.start = RWE_NEW(arena, size_t, n_subjects + 1),
                         .weight = RWE_NEW(arena, double, n),
                         .from = RWE_NEW(arena, double, n),
                         .until = RWE_NEW(arena, double, n),
                         .arm = RWE_NEW(arena, uint32_t, n)};
}

static enum rwe_status check_weights(const struct rwe_timedep_weighing *of, const struct rows *rows,
                                     struct rwe_error *error)
{
    for (size_t k = 0; k < of->starts->n; k++) {
        uint32_t i = of->starts->subject[k];
        for (size_t r = rows->start[i]; r < rows->start[i + 1]; r++)
            if (!isfinite(rows->weight[r]))
                return rwe_fail(error, RWE_NOT_FINITE, k, "the weight of a subject is too large");
    }
    return RWE_OK;
}

enum rwe_status rwe_timedep_weigh(const struct rwe_timedep_weighing *of, struct rwe_arena *arena,
                                  struct rwe_timedep_rows *result, struct rwe_error *error)
{
    struct grid grid;
    if (!(of->step > 0))
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX, "the step must be above 0");
    if (make_grid(of, arena, &grid) != RWE_OK)
        return rwe_fail_memory(error);
    struct rows rows = rows_new(of->cohort->n, count_rows(of, &grid), arena);
    if (rwe_arena_failed(arena))
        return rwe_fail_memory(error);
    *result = (struct rwe_timedep_rows){.min = INFINITY, .max = -INFINITY};
    double time = 0;
    size_t k = 0;
    for (size_t i = 0; i < of->cohort->n; i++) {
        rows.start[i] = rows.n;
        if (k == of->starts->n || of->starts->subject[k] != i)
            continue;
        time += of->endpoint->time[i];
        add_subject(of, &grid, k++, &rows, result);
    }
    rows.start[of->cohort->n] = result->n = rows.n;
    result->mean /= time;
    result->rows = (struct rwe_design_rows){.start = rows.start,
                                            .weight = rows.weight,
                                            .arm = rows.arm,
                                            .from = rows.from,
                                            .until = rows.until};
    return check_weights(of, &rows, error);
}
