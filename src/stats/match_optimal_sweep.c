/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "match_optimal_private.h"

#include <assert.h>
#include <math.h>

enum { CONTROL, TREATED, ARMS };

/* Units of an arm are numbered by place. For each place, the first unit of the arm … */
struct bounds {
    uint32_t *level; /* … whose score is at least that of the place */
    uint32_t *reach; /* … that is within the caliper of the place, or above it */
};

struct sweep {
    const struct optimal_line *line;
    struct bounds first[ARMS];
    struct optimal_slack *slack[ARMS]; /* of the units of an arm */
    struct optimal_surplus *surplus;
    bool *matched; /* by place */
};

static enum rwe_status find_bounds(const struct optimal_line *line, int arm,
                                   struct rwe_arena *scratch, struct bounds *bounds)
{
    size_t n = line->n;
    uint32_t *place = RWE_NEW(scratch, uint32_t, n), n_units = 0;
    *bounds = (struct bounds){RWE_NEW(scratch, uint32_t, n), RWE_NEW(scratch, uint32_t, n)};
    if (rwe_arena_failed(scratch))
        return RWE_NO_MEMORY;
    for (size_t i = 0; i < n; i++)
        if (line->treated[i] == arm)
            place[n_units++] = (uint32_t)i;
    uint32_t same = 0, near = 0;
    for (size_t i = 0; i < n; i++) {
        double here = line->level[i];
        while (same < n_units && line->level[place[same]] < here)
            same++;
        while (near < same && rint(here - line->level[place[near]]) > line->caliper)
            near++;
        bounds->level[i] = same;
        bounds->reach[i] = near;
    }
    return RWE_OK;
}

/* The first place below `end` whose bound is above `limit`, or `end`; bounds ascend. */
static uint32_t first_above(const uint32_t bound[], uint32_t end, uint32_t limit)
{
    uint32_t low = 0, high = end;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (bound[middle] > limit)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static enum optimal_kind kind_of(int arm, bool matched)
{
    if (arm == TREATED)
        return matched ? OPTIMAL_MATCHED_TREATED : OPTIMAL_FREE_TREATED;
    return matched ? OPTIMAL_MATCHED_CONTROL : OPTIMAL_FREE_CONTROL;
}

/*
 * A path lowers the slacks of the other arm's units from here up to the first that the newcomer
 * reaches: whom it does not reach it does not help. An end in the other arm counts, once matched,
 * from its own score on. (If the newcomer reaches beyond that end, it helps those between instead.)
 * An end in the newcomer's arm, now free, was a help to those in its reach.
 */
static const uint32_t *lowered_from(const struct bounds *others, bool ends_in_other_arm)
{
    return ends_in_other_arm ? others->level : others->reach;
}

static struct optimal_path find_path(const struct sweep *sweep, uint32_t newcomer)
{
    int arm = sweep->line->treated[newcomer], other = !arm;
    const struct bounds *others = &sweep->first[other];
    uint32_t obstacle = optimal_slack_last_zero(sweep->slack[other], others->reach[newcomer]);
    struct optimal_path path = {OPTIMAL_NONE, 0};
    /* One pair more at any price, else the same number if it becomes cheaper. */
    for (int more = 1; more >= 0 && path.end == OPTIMAL_NONE; more--) {
        uint32_t from = obstacle == OPTIMAL_NONE
                            ? 0
                            : first_above(lowered_from(others, more), newcomer, obstacle);
        path = optimal_surplus_path(sweep->surplus, from, newcomer,
                                    more ? kind_of(other, false) : kind_of(arm, true));
        if (!more && path.cost >= 0)
            path.end = OPTIMAL_NONE;
    }
    return path;
}

static void take_path(const struct sweep *sweep, uint32_t newcomer, uint32_t end)
{
    int arm = sweep->line->treated[newcomer], other = !arm;
    bool in_other_arm = sweep->line->treated[end] != arm;
    const struct bounds *others = &sweep->first[other], *own = &sweep->first[arm];
    assert(own->reach != NULL && own->level != NULL); /* optimal_sweep has found the bounds */
    uint32_t lowered = lowered_from(others, in_other_arm)[end], reach = others->reach[newcomer];
    optimal_slack_add(sweep->slack[other], lowered, reach, -1);
    optimal_slack_add(sweep->slack[other], reach, lowered, 1); /* one of the two is empty */
    optimal_slack_add(sweep->slack[arm], (in_other_arm ? own->reach : own->level)[end],
                      own->level[newcomer], 1);
    optimal_surplus_add(
        sweep->surplus, (struct optimal_end){end, kind_of(sweep->line->treated[end], in_other_arm)},
        (struct optimal_end){newcomer, kind_of(arm, true)}, arm == TREATED ? -1 : 1);
    sweep->matched[end] = in_other_arm;
    sweep->matched[newcomer] = true;
}

enum rwe_status optimal_sweep(const struct optimal_line *line, struct rwe_arena *scratch,
                              bool matched[])
{
    struct sweep sweep = {.line = line, .matched = matched};
    size_t n_units[ARMS] = {0};
    for (size_t i = 0; i < line->n; i++) {
        n_units[line->treated[i]]++;
        matched[i] = false;
    }
    for (int arm = 0; arm < ARMS; arm++) {
        sweep.slack[arm] = optimal_slack_new(n_units[arm], scratch);
        if (find_bounds(line, arm, scratch, &sweep.first[arm]) != RWE_OK)
            return RWE_NO_MEMORY;
    }
    sweep.surplus = optimal_surplus_new(line->at, line->n, scratch);
    if (rwe_arena_failed(scratch))
        return RWE_NO_MEMORY;
    for (uint32_t i = 0; i < line->n; i++) {
        struct optimal_path path = find_path(&sweep, i);
        if (path.end != OPTIMAL_NONE)
            take_path(&sweep, i, path.end);
        else
            optimal_surplus_set(sweep.surplus, i, kind_of(line->treated[i], false));
    }
    return RWE_OK;
}
