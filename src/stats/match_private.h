/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What the two ways of greedy matching share: queues of units by score, and exact distances. */
#ifndef STATS_MATCH_PRIVATE_H
#define STATS_MATCH_PRIVATE_H

#include "rwe/stats/match.h"

#include <math.h>
#include <stdbool.h>

/** Units of one arm with one score, the earliest first: unit[front], …, unit[end − 1] are left. */
struct match_queue {
    double score;
    uint32_t front, end;
};

/** The units of one arm by ascending score. */
struct match_queues {
    const uint32_t *unit;
    struct match_queue *queue;
    uint32_t n;
};

/** What is to be matched, and with whom each unit is matched so far (RWE_UNMATCHED: nobody). */
struct match_task {
    const double *score;
    const uint8_t *treated;
    size_t n;
    struct match_queues treated_queues, control_queues;
    double caliper;
    uint32_t *partner;
};

/**
 * A distance, exactly: `rounded` + `rest`. Without the rest, two controls a rounding error apart
 * would count as tied, and "the nearest" would not be the neighbour in the order of scores.
 */
struct match_distance {
    double rounded, rest;
};

/** high − low by Knuth's TwoSum (TAOCP vol. 2, 4.2.2, theorem B); high >= low. */
static inline struct match_distance match_distance(double low, double high)
{
    double rounded = high - low;
    double low_part = high - rounded;
    double high_part = rounded + low_part;
    return (struct match_distance){rounded, (high - high_part) + (low_part - low)};
}

/** Negative when `a` is the shorter, 0 when they are equal. */
static inline int match_distance_compare(struct match_distance a, struct match_distance b)
{
    if (a.rounded != b.rounded)
        return a.rounded < b.rounded ? -1 : 1;
    return (a.rest > b.rest) - (a.rest < b.rest);
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

/** Of all remaining pairs the closest first. RWE_NO_MEMORY or RWE_OK. */
enum rwe_status match_closest(struct match_task *task, struct rwe_arena *scratch);

/** Treated units in the order asked for, each takes its nearest control. */
enum rwe_status match_in_order(struct match_task *task, const struct rwe_match_options *options,
                               struct rwe_arena *scratch);

#endif
