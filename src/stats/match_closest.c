/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Closest pairs first, without looking for the closest pair of all.
 *
 * Pairs are in a strict order, by distance, treated unit and control. A pair that comes before
 * every other pair of its two units is made by the greedy rule sooner or later, whatever happens
 * elsewhere; so such pairs can be made at once, in any order, with the same outcome (locally
 * dominant edges: Preis, STACS 99, LNCS 1563:259, 1999). On a line they are at hand. The best
 * control of a treated unit is the nearest free one to one of the two sides; who could have a better
 * claim to it is the next treated unit on that side.
 *
 * A walk goes over the queues of treated units from the lowest score up. A queue that is outbid for
 * the control it wants leaves the walk to who outbids it, each time for a pair that comes before, so
 * that the walk cannot go in a circle. A pair, or a queue that has nobody in reach and leaves, sends
 * the walk one queue back, to who may have been outbid by it. The walk is over when all queues have
 * left. It turns round within a stretch of treated units only when controls at one end run out and
 * the next ones there are farther than those at the other end, so that the gaps grow from turn to
 * turn by about the width of what they span: turns are few, no more than the grid has bits, and a
 * step is nearly constant time. Only those served in one round are in the next.
 */
#include "match_private.h"

#define NOWHERE UINT32_MAX

enum side { LOW, HIGH };

/* A queue of treated units among those that have not left this round. */
struct post {
    struct match_seeker seeker;
    uint32_t neighbour[2]; /* queues of treated units, NOWHERE at the ends */
};

struct closest {
    struct match_task *task;
    struct post *post; /* by queue of treated units */
    uint32_t *start;   /* by queue of treated units: its front when the round began */
};

/* Whether the next treated unit on the side of the offer would be paired with its control first:
 * because it is nearer to it from beyond, or stands in between. */
static bool is_outbid(const struct closest *work, uint32_t here, enum side side,
                      const struct match_offer *offer)
{
    const struct match_queue *queue = work->task->treated_queues.queue;
    uint32_t rival = work->post[here].neighbour[side];
    if (rival == NOWHERE)
        return false;
    struct match_offer other =
        match_offer_of(work->task, &work->post[rival].seeker, offer->place, offer->control);
    return other.distance != offer->distance ? other.distance < offer->distance
                                             : queue[rival].first < queue[here].first;
}

static void unlink_post(struct closest *work, const struct post *post)
{
    if (post->neighbour[LOW] != NOWHERE)
        work->post[post->neighbour[LOW]].neighbour[HIGH] = post->neighbour[HIGH];
    if (post->neighbour[HIGH] != NOWHERE)
        work->post[post->neighbour[HIGH]].neighbour[LOW] = post->neighbour[LOW];
}

/* One step of the walk: returns the queue to go to, NOWHERE at the end. */
static uint32_t step(struct closest *work, uint32_t here)
{
    struct match_task *task = work->task;
    struct match_queues *treated = &task->treated_queues;
    const struct post *post = &work->post[here];
    struct match_offer low =
        match_first_offer(task, &post->seeker, match_find_below(task, post->seeker.place - 1));
    struct match_offer high =
        match_first_offer(task, &post->seeker, match_find_above(task, post->seeker.place));
    enum side side = match_offer_is_better(&low, &high) ? LOW : HIGH;
    const struct match_offer *best = side == LOW ? &low : &high;
    bool has_offer = isfinite(best->distance);
    if (has_offer && is_outbid(work, here, side, best))
        return post->neighbour[side];
    if (has_offer)
        match_take(task, match_queue_pop(treated, &treated->queue[here]), best->place);
    bool is_done = !has_offer || match_queue_is_empty(&treated->queue[here]);
    if (is_done)
        unlink_post(work, post);
    if (post->neighbour[LOW] != NOWHERE)
        return post->neighbour[LOW];
    return is_done ? post->neighbour[HIGH] : here;
}

/* Links all queues by ascending stratum and score. */
static void begin_round(struct closest *work)
{
    const struct match_queues *treated = &work->task->treated_queues;
    for (uint32_t t = 0; t < treated->n; t++) {
        const struct match_queue *queue = &treated->queue[t];
        work->start[t] = queue->front;
        work->post[t] = (struct post){
            .seeker = match_seeker_of(work->task, queue->first),
            .neighbour = {t == 0 ? NOWHERE : t - 1, t + 1 == treated->n ? NOWHERE : t + 1}};
    }
}

/* Leaves those in the queues who were served in this round. */
static void keep_served(struct closest *work)
{
    struct match_queues *treated = &work->task->treated_queues;
    uint32_t n = 0;
    for (uint32_t t = 0; t < treated->n; t++) {
        struct match_queue queue = treated->queue[t];
        match_queue_set(treated, &queue, work->start[t], queue.front);
        if (!match_queue_is_empty(&queue))
            treated->queue[n++] = queue;
    }
    treated->n = n;
}

enum rwe_status match_closest(struct match_task *task, struct rwe_arena *scratch)
{
    const struct match_queues *treated = &task->treated_queues;
    struct closest work = {.task = task,
                           .post = RWE_NEW(scratch, struct post, treated->n),
                           .start = RWE_NEW(scratch, uint32_t, treated->n)};
    if (rwe_arena_failed(scratch))
        return RWE_NO_MEMORY;
    for (size_t round = 0; round < task->options->ratio && treated->n > 0; round++) {
        begin_round(&work);
        for (uint32_t here = 0; here != NOWHERE;)
            here = step(&work, here);
        keep_served(&work);
    }
    return RWE_OK;
}
