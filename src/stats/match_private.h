/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What the ways of greedy matching share: queues of units by score, free controls, distances. */
#ifndef STATS_MATCH_PRIVATE_H
#define STATS_MATCH_PRIVATE_H

#include "rwe/stats/match.h"

#include <math.h>
#include <stdbool.h>

/** Units of one arm and stratum with one score, the earliest first: unit[front], …, unit[end − 1]
 * are left. */
struct match_queue {
    double level;
    uint32_t stratum;
    uint32_t front, end;
    uint32_t
        first; /**< unit[front], RWE_UNMATCHED when the queue is empty: here as well, since each
                       look at a queue far away in memory counts */
};

/** The units of one arm by stratum, in it by ascending score. Queues are numbered from 0. */
struct match_queues {
    uint32_t *unit;
    struct match_queue *queue;
    uint32_t n;
};

struct match_pair {
    uint32_t treated, control;
};

/**
 * What is to be matched and what has been so far.
 *
 * Places are queues of controls numbered from 1, so that 0 and n + 1 stand for "none to this side".
 * below[i] points towards the nearest place at or below i that is not used up, above[i] at or above:
 * a union-find forest with path halving (Tarjan & van Leeuwen, J ACM 31:245, 1984), nearly constant
 * time a step.
 */
struct match_task {
    size_t n;
    const double *level; /**< scores in units of the grid (match_queues.c); unequal ones are more
                            than 1 apart */
    const uint8_t *treated;
    const struct rwe_match_options *options;
    double caliper; /**< in whole units of the grid */
    size_t n_treated, n_controls;
    struct match_queues treated_queues, control_queues;
    uint32_t *place; /**< by unit, of a treated one: the first place of its stratum at or above its
                        score; where there is none, the one that would follow */
    uint32_t *below, *above;
    struct match_pair *pair; /**< in the order in which they were made */
    size_t n_pairs;
};

/** Where a treated unit stands. */
struct match_seeker {
    double level;
    uint32_t stratum, place;
};

/** A control that a treated unit could get. */
struct match_offer {
    double distance; /**< whole units of the grid; infinite: there is none within the caliper */
    uint32_t control;
    uint32_t place;
};

/** Whether the treated unit prefers `a`: the nearer, of equally near ones the earlier control. */
static inline bool match_offer_is_better(const struct match_offer *a, const struct match_offer *b)
{
    return a->distance != b->distance ? a->distance < b->distance : a->control < b->control;
}

static inline bool match_queue_is_empty(const struct match_queue *queue)
{
    return queue->front == queue->end;
}

static inline void match_queue_set(const struct match_queues *queues, struct match_queue *queue,
                                   uint32_t front, uint32_t end)
{
    queue->front = front;
    queue->end = end;
    queue->first = front == end ? RWE_UNMATCHED : queues->unit[front];
}

/** Takes the first unit out of a queue that is not empty. */
static inline uint32_t match_queue_pop(const struct match_queues *queues, struct match_queue *queue)
{
    uint32_t unit = queue->first;
    match_queue_set(queues, queue, queue->front + 1, queue->end);
    return unit;
}

/** RWE_OK, or the error that rwe_match_nearest promises for such scores and such a caliper. */
enum rwe_status rwe_match_check_input(const double score[], size_t n,
                                      const struct rwe_match_options *options,
                                      struct rwe_error *error);

/** The grid on which scores and distances are tied: about 2^-30 of the largest |score|. */
double rwe_match_grid_of(const double score[], size_t n);

/** Scores in units of the grid, those within one unit of the least of them made equal to it, and the
 * units in order of level and number. */
enum rwe_status rwe_match_level_scores(const double score[], size_t n, double level[],
                                       struct rwe_arena *scratch, uint32_t order[]);

/**
 * Distance of two levels in whole units of the grid. Whole, so that distances equal but for
 * rounding compare as equal. As levels are more than 1 apart it still grows strictly with each of
 * them, so that the nearest unit is always a neighbour in the order of levels.
 */
static inline double match_distance(double a, double b)
{
    return rint(fabs(a - b));
}

/** Levels, queues, places and the forest of a task whose n, treated and options are set. */
enum rwe_status rwe_match_queue_units(struct match_task *task, const double score[],
                                      struct rwe_arena *scratch);

/** The nearest place at or below `place` that has controls left, 0 when there is none … */
uint32_t rwe_match_find_below(struct match_task *task, uint32_t place);

/** … and at or above it, the number of places + 1 when there is none. */
uint32_t rwe_match_find_above(struct match_task *task, uint32_t place);

struct match_seeker rwe_match_seeker_of(const struct match_task *task, uint32_t treated);

/** What a control at `place` (which can be none) is to who seeks. */
struct match_offer rwe_match_offer_of(const struct match_task *task,
                                      const struct match_seeker *seeker, uint32_t place,
                                      uint32_t control);

/** The first control left at a place: what match_find_below and match_find_above give. */
struct match_offer rwe_match_first_offer(const struct match_task *task,
                                         const struct match_seeker *seeker, uint32_t place);

/** Notes the pair. */
static inline void match_add_pair(struct match_task *task, uint32_t treated, uint32_t control)
{
    task->pair[task->n_pairs++] = (struct match_pair){treated, control};
}

/** Pairs a treated unit with the first control left at a place, which is then no longer free. */
void rwe_match_take(struct match_task *task, uint32_t treated, uint32_t place);

/** Treated units in the order in which they choose (not RWE_MATCH_CLOSEST); ties to the earlier. */
enum rwe_status rwe_match_order_treated(const struct match_task *task, struct rwe_arena *scratch,
                                        uint32_t chooser[]);

#endif
