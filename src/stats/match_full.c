/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Full matching on a line. The least set of links that leaves nobody alone comes in two parts: pairs,
 * and for everybody else a link to the nearest unit of the other arm. A pair gains, over two links to
 * the nearest, near(a) + near(b) − distance(a, b).
 *
 * In order of scores units form blocks of one arm. Crossing links can be exchanged for shorter ones,
 * so pairs are made across the boundary of two neighbouring blocks only, and by those next to it: p on
 * either side. With depth = distance to the edge of the block, the gain is
 *     Σ (near − depth) on either side − p × gap,
 * whoever of them is paired with whom, and each further pair gains less. The farthest with the nearest
 * makes the longest pair shortest, which the caliper asks for. What is left to choose is p at each
 * boundary, no block giving more units than it has: one pass over blocks (the same structure as in
 * Colannino et al., Graphs Combin 23:169, 2007). All in whole units of the grid.
 */
#include "match_flow_private.h"

#include "rwe/base/sort.h"

#include <stdlib.h>

/* A unit with a partner in reach. */
struct seat {
    uint32_t unit, partner; /* the nearest of the other arm */
    uint32_t stratum;
    bool is_treated, is_paired;
    double level;
    int64_t x, near; /* place; distance of the partner */
};

/* Boundary after block b: seats begin[b + 1] − 1 and begin[b + 1] are next to it. */
struct line {
    struct match_task task;
    struct seat *seat;
    size_t n_seats;
    size_t *begin; /* n_blocks + 1 */
    size_t n_blocks;
    size_t
        *most; /* by boundary: number of pairs beyond which nothing is gained or none can be made */
    size_t *start; /* by boundary: its part of best and pairs, most + 1 items */
    int64_t *best; /* gain of all up to this boundary with at most p pairs across it … */
    size_t *pairs; /* … and with how many of them */
};

static void offer(const struct line *line, struct seat *seat, const struct match_queues *queues,
                  uint32_t queue)
{
    if (queue >= queues->n)
        return;
    const struct match_queue *other = &queues->queue[queue];
    if (other->stratum != seat->stratum ||
        rint(fabs(seat->level - other->level)) > line->task.caliper)
        return;
    int64_t distance = llabs(llrint(other->level) - seat->x);
    uint32_t unit = queues->unit[other->front];
    if (seat->partner != RWE_UNMATCHED && distance >= seat->near)
        return;
    seat->near = distance;
    seat->partner = unit;
}

/* Seats the units of a queue, with the queues of the other arm to either side. */
static void seat_queue(struct line *line, bool is_treated, uint32_t index, uint32_t other)
{
    const struct match_task *task = &line->task;
    const struct match_queues *own = is_treated ? &task->treated_queues : &task->control_queues;
    const struct match_queues *others = is_treated ? &task->control_queues : &task->treated_queues;
    const struct match_queue *queue = &own->queue[index];
    struct seat seat = {.partner = RWE_UNMATCHED,
                        .stratum = queue->stratum,
                        .is_treated = is_treated,
                        .level = queue->level,
                        .x = llrint(queue->level)};
    if (other > 0)
        offer(line, &seat, others, other - 1);
    offer(line, &seat, others, other);
    for (uint32_t i = queue->front; i < queue->end && seat.partner != RWE_UNMATCHED; i++) {
        seat.unit = own->unit[i];
        line->seat[line->n_seats++] = seat;
    }
}

/* By stratum and score, at one score treated units first. */
static bool treated_is_next(const struct match_task *task, uint32_t t, uint32_t c)
{
    if (t == task->treated_queues.n || c == task->control_queues.n)
        return t < task->treated_queues.n;
    const struct match_queue *a = &task->treated_queues.queue[t];
    const struct match_queue *b = &task->control_queues.queue[c];
    return a->stratum != b->stratum ? a->stratum < b->stratum : a->level <= b->level;
}

static void seat_units(struct line *line)
{
    const struct match_task *task = &line->task;
    for (uint32_t t = 0, c = 0; t < task->treated_queues.n || c < task->control_queues.n;) {
        if (treated_is_next(task, t, c))
            seat_queue(line, true, t++, c);
        else
            seat_queue(line, false, c++, t);
    }
}

static void find_blocks(struct line *line)
{
    for (size_t i = 0; i < line->n_seats; i++)
        if (i == 0 || line->seat[i].is_treated != line->seat[i - 1].is_treated ||
            line->seat[i].stratum != line->seat[i - 1].stratum)
            line->begin[line->n_blocks++] = i;
    line->begin[line->n_blocks] = line->n_seats;
}

/* What pair number p, from 1, adds: the p-th seats from the boundary. */
static int64_t gain_of(const struct line *line, size_t boundary, size_t p)
{
    size_t edge = line->begin[boundary + 1];
    const struct seat *a = &line->seat[edge - p], *b = &line->seat[edge + p - 1];
    int64_t depth_a = line->seat[edge - 1].x - a->x, depth_b = b->x - line->seat[edge].x;
    int64_t gap = line->seat[edge].x - line->seat[edge - 1].x;
    return a->near - depth_a + b->near - depth_b - gap;
}

static bool is_within_caliper(const struct line *line, size_t boundary, size_t p)
{
    size_t edge = line->begin[boundary + 1];
    for (size_t j = 0; j < p; j++) /* from the farthest on the left with the nearest on the right */
        if (rint(line->seat[edge + j].level - line->seat[edge - p + j].level) > line->task.caliper)
            return false;
    return true;
}

static size_t most_pairs(const struct line *line, size_t boundary)
{
    const size_t *begin = line->begin + boundary;
    size_t left = begin[1] - begin[0], right = begin[2] - begin[1], low = 0, high = 0;
    if (line->seat[begin[1] - 1].stratum != line->seat[begin[1]].stratum)
        return 0;
    while (high < left && high < right && gain_of(line, boundary, high + 1) > 0)
        high++;
    while (low < high) { /* low pairs can be made, more than high cannot */
        size_t middle = high - (high - low) / 2;
        if (is_within_caliper(line, boundary, middle))
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static void weigh_boundary(const struct line *line, size_t b)
{
    size_t size = line->begin[b + 1] - line->begin[b];
    int64_t gain = 0, *best = line->best + line->start[b];
    size_t *pairs = line->pairs + line->start[b];
    for (size_t p = 0; p <= line->most[b]; p++) {
        gain += p == 0 ? 0 : gain_of(line, b, p);
        int64_t before =
            b == 0 ? 0 : line->best[line->start[b - 1] + least(line->most[b - 1], size - p)];
        bool is_better = p == 0 || gain + before > best[p - 1];
        best[p] = is_better ? gain + before : best[p - 1];
        pairs[p] = is_better ? p : pairs[p - 1];
    }
}

static void add_link(struct match_link link[], size_t *n, const struct seat *seat, uint32_t partner,
                     int64_t distance)
{
    link[(*n)++] = (struct match_link){
        .treated = seat->is_treated ? seat->unit : partner,
        .control = seat->is_treated ? partner : seat->unit,
        .distance = (uint32_t)(distance < UINT32_MAX ? distance : UINT32_MAX - 1)};
}

static size_t make_links(const struct line *line, struct match_link link[])
{
    size_t n = 0, room = SIZE_MAX;
    for (size_t b = line->n_blocks < 2 ? 0 : line->n_blocks - 1; b-- > 0;) {
        size_t p = line->pairs[line->start[b] + least(line->most[b], room)];
        size_t edge = line->begin[b + 1];
        for (size_t j = 0; j < p; j++) {
            struct seat *left = &line->seat[edge - p + j], *right = &line->seat[edge + j];
            left->is_paired = right->is_paired = true;
            add_link(link, &n, left, right->unit, right->x - left->x);
        }
        room = edge - line->begin[b] - p;
    }
    for (size_t i = 0; i < line->n_seats; i++)
        if (!line->seat[i].is_paired)
            add_link(link, &n, &line->seat[i], line->seat[i].partner, line->seat[i].near);
    return n;
}

/* By treated unit, then control; of two that are each other's nearest at distance 0 one link stays. */
static enum rwe_status sort_links(struct match_link link[], size_t *n_links,
                                  struct rwe_arena *scratch)
{
    uint64_t *key = RWE_NEW(scratch, uint64_t, *n_links);
    uint32_t *order = RWE_NEW(scratch, uint32_t, *n_links);
    struct match_link *copy = RWE_NEW(scratch, struct match_link, *n_links);
    if (rwe_arena_failed(scratch))
        return RWE_NO_MEMORY;
    for (size_t k = 0; k < *n_links; k++) {
        copy[k] = link[k];
        key[k] = (uint64_t)link[k].treated << 32 | link[k].control;
    }
    if (rwe_sort_integers(key, *n_links, scratch, order) != RWE_OK)
        return RWE_NO_MEMORY;
    size_t n = 0;
    for (size_t k = 0; k < *n_links; k++)
        if (k == 0 || key[order[k]] != key[order[k - 1]])
            link[n++] = copy[order[k]];
    *n_links = n;
    return RWE_OK;
}

static enum rwe_status set_out(struct line *line, const double score[], struct rwe_arena *scratch)
{
    size_t n = line->task.n, n_items = 0;
    line->seat = RWE_NEW(scratch, struct seat, n);
    line->begin = RWE_NEW(scratch, size_t, n + 1);
    if (rwe_arena_failed(scratch) || rwe_match_queue_units(&line->task, score, scratch) != RWE_OK)
        return RWE_NO_MEMORY;
    seat_units(line);
    find_blocks(line);
    line->most = RWE_NEW(scratch, size_t, line->n_blocks);
    line->start = RWE_NEW(scratch, size_t, line->n_blocks);
    if (rwe_arena_failed(scratch))
        return RWE_NO_MEMORY;
    for (size_t b = 0; b + 1 < line->n_blocks; b++) {
        line->most[b] = most_pairs(line, b);
        line->start[b] = n_items;
        n_items += line->most[b] + 1;
    }
    line->best = RWE_NEW(scratch, int64_t, n_items);
    line->pairs = RWE_NEW(scratch, size_t, n_items);
    return rwe_arena_failed(scratch) ? RWE_NO_MEMORY : RWE_OK;
}

static enum rwe_status match_on_line(const struct rwe_match_units *units,
                                     const struct rwe_match_options *options,
                                     struct rwe_arena *scratch, struct match_link link[],
                                     size_t *n_links)
{
    struct line line = {.task = {.n = units->n, .treated = units->treated, .options = options}};
    for (size_t i = 0; i < units->n; i++)
        line.task.n_treated += units->treated[i] != 0;
    line.task.n_controls = units->n - line.task.n_treated;
    if (set_out(&line, units->score, scratch) != RWE_OK)
        return RWE_NO_MEMORY;
    for (size_t b = 0; b + 1 < line.n_blocks; b++)
        weigh_boundary(&line, b);
    *n_links = make_links(&line, link);
    return sort_links(link, n_links, scratch);
}

enum rwe_status rwe_match_full(const double score[], const uint8_t treated[], size_t n,
                               const struct rwe_match_options *options, struct rwe_arena *arena,
                               struct rwe_match *result, struct rwe_error *error)
{
    const struct rwe_match_units units = rwe_match_units_on_score(score, treated, n);
    enum rwe_status status = rwe_match_refuse_replacement(options, error);
    if (status == RWE_OK)
        status = rwe_match_check_units(&units, options, error);
    if (status != RWE_OK)
        return status;
    size_t n_links = 0;
    struct match_link *link = RWE_NEW(arena, struct match_link, n);
    struct rwe_mark mark = rwe_arena_mark(arena);
    if (link == NULL || match_on_line(&units, options, arena, link, &n_links) != RWE_OK)
        return rwe_fail_memory(error);
    rwe_arena_release(arena, mark);
    if (rwe_match_sets_make(&units, link, n_links, false, arena, result) != RWE_OK)
        return rwe_fail_memory(error);
    return RWE_OK;
}
