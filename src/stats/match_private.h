/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What the two ways of greedy matching share: queues of units by score, and distances. */
#ifndef STATS_MATCH_PRIVATE_H
#define STATS_MATCH_PRIVATE_H

#include "rwe/stats/match.h"

#include <math.h>
#include <stdbool.h>

/** Units of one arm with one score, the earliest first: unit[front], …, unit[end − 1] are left. */
struct match_queue {
    double level;
    uint32_t front, end;
};

/** The units of one arm by ascending score. */
struct match_queues {
    uint32_t *unit;
    struct match_queue *queue;
    uint32_t n;
};

/** What is to be matched, and with whom each unit is matched so far (RWE_UNMATCHED: nobody). */
struct match_task {
    const double
        *level; /**< scores in units of the grid (match.c); unequal ones are more than 1 apart */
    const uint8_t *treated;
    size_t n;
    double caliper; /**< in whole units of the grid */
    struct match_queues treated_queues, control_queues;
    uint32_t *partner;
};

/**
 * Distance of two levels in whole units of the grid. Whole, so that distances equal but for
 * rounding compare as equal. As levels are more than 1 apart it still grows strictly with each of
 * them, so that the nearest unit is always a neighbour in the order of levels.
 */
static inline double match_distance(double a, double b)
{
    return rint(fabs(a - b));
}

static inline bool match_queue_is_empty(const struct match_queue *queue)
{
    return queue->front == queue->end;
}

static inline void match_pair(struct match_task *task, uint32_t treated, uint32_t control)
{
    task->partner[treated] = control;
    task->partner[control] = treated;
}

/** The grid on which scores and distances are tied: about 2^-30 of the largest |score|. */
double match_grid_of(const double score[], size_t n);

/** Scores in units of the grid, those within one unit of the least of them made equal to it. */
enum rwe_status match_level_scores(const double score[], size_t n, double grid, double level[],
                                   struct rwe_arena *scratch);

/** RWE_OK, or the error that rwe_match_nearest promises for such input. */
enum rwe_status match_check_input(const double score[], size_t n,
                                  const struct rwe_match_options *options, struct rwe_error *error);

/** The result's arrays; without replacement there is at most one row for each unit. */
struct match_sets {
    uint32_t *set, *row_unit, *row_set;
};
struct match_sets match_sets_new(size_t n, struct rwe_arena *arena);

/** The pairs of a task (of which n, treated and partner are read) as a result. */
struct rwe_match match_number_sets(const struct match_task *task, const double score[],
                                   const struct match_sets *sets);

/** Of all remaining pairs the closest first. RWE_NO_MEMORY or RWE_OK. */
enum rwe_status match_closest(struct match_task *task, struct rwe_arena *scratch);

/** Treated units in the order asked for, each takes its nearest control. */
enum rwe_status match_in_order(struct match_task *task, const struct rwe_match_options *options,
                               struct rwe_arena *scratch);

#endif
