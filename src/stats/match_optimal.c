/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/stats/match_optimal.h"

#include "match_optimal_private.h"
#include "match_private.h"
#include "rwe/base/sort.h"

/* What is given, with scores in units of the grid of match_private.h. */
struct task {
    const double *score;
    const uint8_t *treated;
    const uint32_t *exact; /* NULL: one stratum */
    size_t n;
    double *level;
    double caliper;
};

/* The units by stratum, in it by ascending score, in it controls first, in it by number; and what
 * is known of the unit at each place. */
struct layout {
    uint32_t *unit;
    double *level;
    int64_t *at;
    uint8_t *treated;
    bool *matched;
};

/* unit[i] = before[order[i]], where order sorts what the units have as level (or stratum). */
static enum rwe_status sort_units(const struct task *task, bool by_stratum, uint32_t unit[],
                                  struct rwe_arena *arena)
{
    struct rwe_mark mark = rwe_arena_mark(arena);
    size_t n = task->n;
    uint32_t *order = RWE_NEW(arena, uint32_t, n), *before = RWE_NEW(arena, uint32_t, n);
    double *key = RWE_NEW(arena, double, n);
    if (rwe_arena_failed(arena))
        return RWE_NO_MEMORY;
    for (size_t i = 0; i < n; i++) {
        before[i] = unit[i];
        key[i] = by_stratum ? task->exact[unit[i]] : task->level[unit[i]];
    }
    if (rwe_sort_numbers(key, n, arena, order) != RWE_OK)
        return RWE_NO_MEMORY;
    for (size_t i = 0; i < n; i++)
        unit[i] = before[order[i]];
    rwe_arena_release(arena, mark);
    return RWE_OK;
}

static enum rwe_status lay_out(const struct task *task, struct rwe_arena *arena,
                               struct layout *layout)
{
    size_t n = task->n, n_listed = 0;
    *layout = (struct layout){.unit = RWE_NEW(arena, uint32_t, n),
                              .level = RWE_NEW(arena, double, n),
                              .at = RWE_NEW(arena, int64_t, n + 1),
                              .treated = RWE_NEW(arena, uint8_t, n),
                              .matched = RWE_NEW(arena, bool, n)};
    if (rwe_arena_failed(arena))
        return RWE_NO_MEMORY;
    for (int arm = 0; arm < 2; arm++)
        for (size_t i = 0; i < n; i++)
            if ((task->treated[i] != 0) == arm)
                layout->unit[n_listed++] = (uint32_t)i;
    if (sort_units(task, false, layout->unit, arena) != RWE_OK ||
        (task->exact != NULL && sort_units(task, true, layout->unit, arena) != RWE_OK))
        return RWE_NO_MEMORY;
    for (size_t i = 0; i < n; i++) {
        uint32_t unit = layout->unit[i];
        layout->level[i] = task->level[unit];
        layout->at[i] = (int64_t)rint(task->level[unit]);
        layout->treated[i] = task->treated[unit] != 0;
    }
    return RWE_OK;
}

/* Whether no pair can lie across the gap before this place. */
static bool begins_line(const struct task *task, const struct layout *layout, size_t place)
{
    const uint32_t *unit = &layout->unit[place];
    if (task->exact != NULL && task->exact[unit[0]] != task->exact[unit[-1]])
        return true;
    return match_distance(layout->level[place], layout->level[place - 1]) > task->caliper;
}

/* Of the units of one arm with one score it is the earliest that are matched. */
static void settle_ties(struct layout *layout, size_t begin, size_t end)
{
    for (size_t i = begin, next; i < end; i = next) {
        size_t n_matched = 0;
        for (next = i; next < end && layout->level[next] == layout->level[i] &&
                       layout->treated[next] == layout->treated[i];
             next++)
            n_matched += layout->matched[next];
        for (size_t k = i; k < next; k++)
            layout->matched[k] = k - i < n_matched;
    }
}

/* The next matched unit of an arm from a place on; `end` when there is none. */
static size_t next_matched(const struct layout *layout, size_t place, size_t end, int arm)
{
    while (place < end && !(layout->matched[place] && layout->treated[place] == arm))
        place++;
    return place;
}

/* The i-th matched treated unit goes with the i-th matched control. */
static void pair_by_rank(const struct layout *layout, size_t begin, size_t end, uint32_t partner[])
{
    size_t treated = next_matched(layout, begin, end, 1);
    size_t control = next_matched(layout, begin, end, 0);
    while (treated < end) {
        partner[layout->unit[treated]] = layout->unit[control];
        partner[layout->unit[control]] = layout->unit[treated];
        treated = next_matched(layout, treated + 1, end, 1);
        control = next_matched(layout, control + 1, end, 0);
    }
}

static enum rwe_status match_line(const struct task *task, struct layout *layout, size_t begin,
                                  size_t end, struct rwe_arena *arena)
{
    struct rwe_mark mark = rwe_arena_mark(arena);
    size_t n_treated = 0;
    for (size_t i = begin; i < end; i++)
        n_treated += layout->treated[i];
    if (n_treated == 0 || n_treated == end - begin)
        return RWE_OK;
    struct optimal_line line = {.n = end - begin,
                                .level = &layout->level[begin],
                                .at = &layout->at[begin],
                                .treated = &layout->treated[begin],
                                .caliper = task->caliper};
    if (optimal_sweep(&line, arena, &layout->matched[begin]) != RWE_OK)
        return RWE_NO_MEMORY;
    settle_ties(layout, begin, end);
    rwe_arena_release(arena, mark);
    return RWE_OK;
}

static enum rwe_status match_lines(const struct task *task, struct rwe_arena *arena,
                                   uint32_t partner[])
{
    struct layout layout;
    if (lay_out(task, arena, &layout) != RWE_OK)
        return RWE_NO_MEMORY;
    for (size_t i = 0; i < task->n; i++)
        partner[i] = RWE_UNMATCHED;
    for (size_t begin = 0, end; begin < task->n; begin = end) {
        for (end = begin + 1; end < task->n && !begins_line(task, &layout, end); end++)
            ;
        if (match_line(task, &layout, begin, end, arena) != RWE_OK)
            return RWE_NO_MEMORY;
        pair_by_rank(&layout, begin, end, partner);
    }
    return RWE_OK;
}

/* The result's arrays; there is at most one row for each unit. */
struct sets {
    uint32_t *set, *row_unit, *row_set;
};

static void add_row(struct rwe_match *result, const struct sets *sets, uint32_t unit)
{
    sets->set[unit] = (uint32_t)result->n_sets;
    sets->row_unit[result->n_rows] = unit;
    sets->row_set[result->n_rows++] = (uint32_t)result->n_sets;
}

static struct rwe_match number_pairs(const struct task *task, const uint32_t partner[],
                                     const struct sets *sets)
{
    struct rwe_match result = {
        .set = sets->set, .row_unit = sets->row_unit, .row_set = sets->row_set};
    for (size_t i = 0; i < task->n; i++)
        sets->set[i] = RWE_UNMATCHED;
    for (size_t i = 0; i < task->n; i++) {
        if (task->treated[i] == 0 || partner[i] == RWE_UNMATCHED)
            continue;
        add_row(&result, sets, (uint32_t)i);
        add_row(&result, sets, partner[i]);
        result.n_sets++;
        result.distance_total += fabs(task->score[i] - task->score[partner[i]]);
    }
    return result;
}

enum rwe_status rwe_match_optimal(const double score[], const uint8_t treated[], size_t n,
                                  const struct rwe_match_options *options, struct rwe_arena *arena,
                                  struct rwe_match *result, struct rwe_error *error)
{
    enum rwe_status status = match_check_input(score, n, options, error);
    if (status != RWE_OK)
        return status;
    struct sets sets = {.set = RWE_NEW(arena, uint32_t, n),
                        .row_unit = RWE_NEW(arena, uint32_t, n),
                        .row_set = RWE_NEW(arena, uint32_t, n)};
    struct rwe_mark mark = rwe_arena_mark(arena);
    double grid = match_grid_of(score, n);
    struct task task = {.score = score,
                        .treated = treated,
                        .exact = options->exact,
                        .n = n,
                        .level = RWE_NEW(arena, double, n),
                        .caliper = rint(options->caliper / grid)};
    uint32_t *partner = RWE_NEW(arena, uint32_t, n), *order = RWE_NEW(arena, uint32_t, n);
    if (rwe_arena_failed(arena) ||
        match_level_scores(score, n, task.level, arena, order) != RWE_OK ||
        match_lines(&task, arena, partner) != RWE_OK)
        return rwe_fail_memory(error);
    *result = number_pairs(&task, partner, &sets);
    rwe_arena_release(arena, mark);
    return RWE_OK;
}
