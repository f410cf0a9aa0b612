/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/data/clones.h"

#include "cohort/quantile_private.h"

#include <math.h>
#include <string.h>

/* ---- who leaves, and when ---- */

/* The members of rwe_clones that are filled in. */
struct fates {
    double *end[2], *open;
    uint8_t *left[2], *exposed, *beyond;
};

static enum rwe_status check(const struct rwe_cohort *cohort, double grace, struct rwe_error *error)
{
    if (cohort->exposure_start == NULL)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "clones need to know when exposure began: say --exposure-start COL");
    if (cohort->n_arms != 2)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "clones follow two strategies, but there are %zu arms: name two of them "
                        "with --control and --treated",
                        cohort->n_arms);
    if (cohort->entry != NULL)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "clones begin at time zero: leave out --entry, or restrict the cohort to "
                        "those observed from there on");
    if (!(grace > 0) || !isfinite(grace))
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "the grace period must be a time after zero");
    return RWE_OK;
}

/* A subject whose exposure begins at `start`, can begin until `open`, and who is followed to `end`. */
struct course {
    double start, open, end;
};

static struct course course_of(const struct rwe_cohort *cohort, const struct rwe_endpoint *endpoint,
                               uint32_t subject)
{
    double end = endpoint->time[subject];
    double until = cohort->exposure_until == NULL ? INFINITY : cohort->exposure_until[subject];
    return (struct course){rwe_cohort_exposure(cohort, subject), fmin(until, end), end};
}

static void decide(size_t k, struct course of, struct rwe_clones *clones, struct fates *to)
{
    double start = of.start, end = of.end;
    bool exposed = start <= clones->grace && start < of.open; /* NaN: never */
    bool beyond = of.open > clones->grace;
    to->open[k] = of.open;
    to->exposed[k] = exposed;
    to->beyond[k] = beyond;
    to->left[0][k] = exposed;
    to->left[1][k] = beyond && !exposed;
    to->end[0][k] = exposed ? fmax(0, start) : end;
    to->end[1][k] = to->left[1][k] ? clones->grace : end;
    clones->n_exposed += exposed;
    clones->n_left[0] += to->left[0][k];
    clones->n_left[1] += to->left[1][k];
    if (exposed && start > clones->last_exposure)
        clones->last_exposure = start;
}

enum rwe_status rwe_clones_make(const struct rwe_cohort *cohort,
                                const struct rwe_endpoint *endpoint, const uint32_t subject[],
                                size_t n, double grace, struct rwe_arena *arena,
                                struct rwe_clones *clones, struct rwe_error *error)
{
    enum rwe_status status = check(cohort, grace, error);
    if (status != RWE_OK)
        return status;
    struct fates to = {
        .end = {RWE_NEW(arena, double, n), RWE_NEW(arena, double, n)},
        .open = RWE_NEW(arena, double, n),
        .left = {RWE_NEW(arena, uint8_t, n), RWE_NEW(arena, uint8_t, n)},
        .exposed = RWE_NEW(arena, uint8_t, n),
        .beyond = RWE_NEW(arena, uint8_t, n),
    };
    if (rwe_arena_failed(arena))
        return rwe_fail_memory(error);
    *clones = (struct rwe_clones){.n = n,
                                  .subject = subject,
                                  .grace = grace,
                                  .end = {to.end[0], to.end[1]},
                                  .left = {to.left[0], to.left[1]},
                                  .open = to.open,
                                  .exposed = to.exposed,
                                  .beyond = to.beyond,
                                  .last_exposure = -INFINITY};
    for (size_t k = 0; k < n; k++)
        decide(k, course_of(cohort, endpoint, subject[k]), clones, &to);
    return RWE_OK;
}

/* ---- pieces ---- */

struct rwe_clone_options rwe_clone_options_default(void)
{
    return (struct rwe_clone_options){.step = 0.5, .truncate = 1};
}

/* Where weights change: 0, the multiples of the step, the end of grace. */
struct grid {
    size_t n;
    double *time;
    double *hazard; /* H there */
};

static enum rwe_status make_grid(const struct rwe_clones *clones,
                                 const struct rwe_clone_weights *weights, double step,
                                 struct rwe_arena *arena, struct grid *grid)
{
    size_t most = (size_t)ceil(clones->grace / step) + 2, next = 0;
    double hazard = 0;
    grid->time = RWE_NEW(arena, double, most);
    grid->hazard = RWE_NEW(arena, double, most);
    if (rwe_arena_failed(arena))
        return RWE_NO_MEMORY;
    while ((double)grid->n * step < clones->grace)
        grid->n++;
    for (size_t j = 0; j <= grid->n; j++) {
        grid->time[j] = j < grid->n ? (double)j * step : clones->grace;
        for (; next < weights->n_times && weights->time[next] <= grid->time[j]; next++)
            hazard = weights->hazard[next];
        grid->hazard[j] = hazard;
    }
    grid->n++;
    return RWE_OK;
}

/* A piece of a clone's follow-up. */
struct piece {
    double from, until, weight;
};

/* The pieces of all clones, those of subject k and arm a from start[2 k + a] on. */
struct pieces {
    size_t *start;
    struct piece *item;
    size_t n;
};

static size_t count_pieces(const struct rwe_clones *clones, const struct grid *grid)
{
    size_t n = 0;
    for (size_t a = 0; a < 2; a++)
        for (size_t k = 0; k < clones->n; k++)
            for (size_t j = 0; j < grid->n && grid->time[j] < clones->end[a][k]; j++)
                n++;
    return n;
}

/* H at the start of step j, or, once exposure was closed to somebody, where that happened. */
static double hazard_open(const struct grid *grid, size_t j, double open)
{
    if (open >= grid->time[j])
        return grid->hazard[j];
    while (grid->time[j - 1] > open)
        j--;
    double share = (open - grid->time[j - 1]) / (grid->time[j] - grid->time[j - 1]);
    return grid->hazard[j - 1] + share * (grid->hazard[j] - grid->hazard[j - 1]);
}

static void cut_clone(const struct rwe_clones *clones, const struct rwe_clone_weights *weights,
                      const struct grid *grid, size_t k, uint32_t arm, struct pieces *to)
{
    double end = clones->end[arm][k];
    for (size_t j = 0; j < grid->n && grid->time[j] < end; j++) {
        bool last = j + 1 == grid->n || grid->time[j + 1] >= end;
        double weight = 1;
        if (arm == 0)
            weight = exp(hazard_open(grid, j, clones->open[k]) * weights->risk[k]);
        else if (j + 1 == grid->n)
            weight = weights->late[k];
        to->item[to->n++] = (struct piece){grid->time[j], last ? end : grid->time[j + 1], weight};
    }
}

/* The pieces of the subject before once more, who was drawn twice. */
static void repeat_pieces(size_t k, struct pieces *to)
{
    size_t from = to->start[2 * (k - 1)], n = to->n - from;
    memcpy(to->item + to->n, to->item + from, n * sizeof *to->item);
    to->start[2 * k] = to->n;
    to->start[2 * k + 1] = to->n + to->start[2 * k - 1] - from;
    to->n += n;
}

static enum rwe_status cut(const struct rwe_cohort *cohort, const struct rwe_clones *clones,
                           const struct rwe_clone_weights *weights, const struct grid *grid,
                           struct rwe_arena *arena, struct pieces *pieces)
{
    pieces->start = RWE_NEW(arena, size_t, 2 * clones->n + 1);
    pieces->item = RWE_NEW_UNSET(arena, struct piece, count_pieces(clones, grid));
    if (rwe_arena_failed(arena))
        return RWE_NO_MEMORY;
    for (size_t k = 0; k < clones->n; k++) {
        const uint32_t *subject = clones->subject + k;
        if (k > 0 && rwe_cohort_is_copy(cohort, *subject) && subject[-1] == *subject - 1) {
            repeat_pieces(k, pieces);
            continue;
        }
        for (uint32_t arm = 0; arm < 2; arm++) {
            pieces->start[2 * k + arm] = pieces->n;
            cut_clone(clones, weights, grid, k, arm, pieces);
        }
    }
    pieces->start[2 * clones->n] = pieces->n;
    return RWE_OK;
}

/* ---- truncation ---- */

static enum rwe_status quantile(const struct pieces *pieces, double share, struct rwe_arena *arena,
                                double *value)
{
    struct rwe_mark mark = rwe_arena_mark(arena);
    double *weight = RWE_NEW(arena, double, pieces->n);
    if (weight == NULL)
        return RWE_NO_MEMORY;
    for (size_t r = 0; r < pieces->n; r++)
        weight[r] = pieces->item[r].weight;
    *value = data_quantile(weight, pieces->n, share);
    rwe_arena_release(arena, mark);
    return RWE_OK;
}

static enum rwe_status truncate_weights(const struct rwe_clones *clones, double share,
                                        struct pieces *pieces, struct rwe_arena *arena,
                                        struct rwe_clone_rows *result)
{
    result->limit = INFINITY;
    if (share >= 1 || pieces->n == 0)
        return RWE_OK;
    if (quantile(pieces, share, arena, &result->limit) != RWE_OK)
        return RWE_NO_MEMORY;
    for (size_t c = 0; c < 2 * clones->n; c++) {
        bool any = false;
        for (size_t r = pieces->start[c]; r < pieces->start[c + 1]; r++) {
            struct piece *piece = &pieces->item[r];
            any = any || piece->weight > result->limit;
            piece->weight = fmin(piece->weight, result->limit);
        }
        result->n_truncated[c % 2] += any;
    }
    return RWE_OK;
}

/* ---- rows ---- */

struct rows {
    size_t *start;
    double *weight, *from, *until;
    uint32_t *arm;
    size_t n;
};

static enum rwe_status add_clone(const struct pieces *pieces, size_t k, uint32_t arm,
                                 struct rows *to, struct rwe_error *error)
{
    size_t first = to->n;
    for (size_t r = pieces->start[2 * k + arm]; r < pieces->start[2 * k + arm + 1]; r++) {
        const struct piece *piece = &pieces->item[r];
        if (!isfinite(piece->weight))
            return rwe_fail(error, RWE_NOT_FINITE, k, "the weight of a clone is too large");
        bool same = to->n > first && to->weight[to->n - 1] == piece->weight;
        if (!same) {
            to->from[to->n] = piece->from;
            to->weight[to->n] = piece->weight;
            to->arm[to->n++] = arm;
        }
        to->until[to->n - 1] = piece->until;
    }
    return RWE_OK;
}

static enum rwe_status rows_new(size_t n_subjects, size_t n, struct rwe_arena *arena,
                                struct rows *rows, struct rwe_error *error)
{
    *rows = (struct rows){.start = RWE_NEW(arena, size_t, n_subjects + 1),
                          .weight = RWE_NEW_UNSET(arena, double, n),
                          .from = RWE_NEW_UNSET(arena, double, n),
                          .until = RWE_NEW_UNSET(arena, double, n),
                          .arm = RWE_NEW_UNSET(arena, uint32_t, n)};
    return rwe_arena_failed(arena) ? rwe_fail_memory(error) : RWE_OK;
}

/* By subject of the cohort; those who are not in the list have none. */
static enum rwe_status collect(const struct rwe_cohort *cohort, const struct rwe_clones *clones,
                               const struct pieces *pieces, struct rows *rows,
                               struct rwe_error *error)
{
    enum rwe_status status = RWE_OK;
    size_t k = 0;
    for (size_t i = 0; i < cohort->n && status == RWE_OK; i++) {
        rows->start[i] = rows->n;
        if (k == clones->n || clones->subject[k] != i)
            continue;
        for (uint32_t arm = 0; arm < 2 && status == RWE_OK; arm++)
            status = add_clone(pieces, k, arm, rows, error);
        k++;
    }
    rows->start[cohort->n] = rows->n;
    return status;
}

enum rwe_status rwe_clones_rows(const struct rwe_cohort *cohort, const struct rwe_clones *clones,
                                const struct rwe_clone_weights *weights,
                                const struct rwe_clone_options *options, struct rwe_arena *arena,
                                struct rwe_clone_rows *result, struct rwe_error *error)
{
    struct grid grid = {0};
    struct pieces pieces = {0};
    struct rows rows;
    if (!(options->step > 0) || !(options->truncate > 0 && options->truncate <= 1))
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "step must be above 0, and truncate above 0 and at most 1");
    *result = (struct rwe_clone_rows){0};
    if (make_grid(clones, weights, options->step, arena, &grid) != RWE_OK ||
        cut(cohort, clones, weights, &grid, arena, &pieces) != RWE_OK ||
        truncate_weights(clones, options->truncate, &pieces, arena, result) != RWE_OK)
        return rwe_fail_memory(error);
    enum rwe_status status = rows_new(cohort->n, pieces.n, arena, &rows, error);
    if (status == RWE_OK)
        status = collect(cohort, clones, &pieces, &rows, error);
    result->rows = (struct rwe_design_rows){.start = rows.start,
                                            .weight = rows.weight,
                                            .arm = rows.arm,
                                            .from = rows.from,
                                            .until = rows.until};
    result->n = rows.n;
    result->n_pieces = pieces.n;
    return status;
}
