/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Closest pairs first, in O(n log n). For several controls a treated unit, in rounds.
 *
 * First, treated and controls of equal score pair off. Each score then has units of one arm only,
 * and the closest pair is always of two neighbouring scores of different arms: anything between
 * them would be closer to one of the two. So each queue of treated units has an offer to either
 * side, the nearest control as long as no other treated unit stands in between, and all offers are
 * on a heap. When a queue is used up, its neighbours see farther and make offers in its stead. An
 * offer whose units have gone meanwhile can only have got worse, so its key was too small, and it is
 * put right when it comes to the top.
 *
 * A round costs in proportion to the treated units in it, not to the controls, and only those served
 * in one round are in the next, so that all rounds together are O(n log n).
 */
#include "match_private.h"

#define NOWHERE UINT32_MAX

enum side { LOW, HIGH };

/* A queue of treated units among those not used up in this round. */
struct post {
    struct match_seeker seeker;
    uint32_t neighbour[2]; /* queues of treated units, NOWHERE at the ends */
    uint32_t control[2]; /* whom its offer on the heap is about; RWE_UNMATCHED: it has none there */
};

/* An offer on the heap. There are millions, and four fit a line of the cache. */
struct item {
    double distance;
    uint32_t treated; /* the unit */
    uint32_t slot;    /* 2 × its queue + the side on which the control is */
};

struct closest {
    struct match_task *task;
    struct post *post; /* by queue of treated units */
    struct item *heap; /* at most two for each post */
    size_t heap_size;
    uint32_t *start; /* by queue of treated units: its front when the round began */
};

/* Four children for a parent: half as many levels as with two, each in one or two lines of the
 * cache. */
enum { CHILDREN = 4 };

static uint32_t control_of(const struct closest *work, const struct item *item)
{
    return work->post[item->slot / 2].control[item->slot % 2];
}

static bool comes_before(const struct closest *work, const struct item *a, const struct item *b)
{
    if (a->distance != b->distance)
        return a->distance < b->distance;
    if (a->treated != b->treated)
        return a->treated < b->treated;
    return control_of(work, a) < control_of(work, b);
}

/* Puts `item` at or below `hole`, whose own item is lost. */
static void heap_sift_down(struct closest *work, size_t hole, struct item item)
{
    struct item *heap = work->heap;
    for (size_t first; (first = CHILDREN * hole + 1) < work->heap_size;) {
        size_t end = first + CHILDREN < work->heap_size ? first + CHILDREN : work->heap_size;
        size_t best = first;
        for (size_t child = first + 1; child < end; child++)
            if (comes_before(work, &heap[child], &heap[best]))
                best = child;
        if (!comes_before(work, &heap[best], &item))
            break;
        heap[hole] = heap[best];
        hole = best;
    }
    heap[hole] = item;
}

static void heap_add(struct closest *work, struct item item)
{
    struct item *heap = work->heap;
    size_t hole = work->heap_size++;
    while (hole > 0 && comes_before(work, &item, &heap[(hole - 1) / CHILDREN])) {
        heap[hole] = heap[(hole - 1) / CHILDREN];
        hole = (hole - 1) / CHILDREN;
    }
    heap[hole] = item;
}

static void heap_remove_top(struct closest *work)
{
    uint32_t slot = work->heap[0].slot;
    work->post[slot / 2].control[slot % 2] = RWE_UNMATCHED;
    if (--work->heap_size > 0)
        heap_sift_down(work, 0, work->heap[work->heap_size]);
}

static uint32_t first_unit(const struct closest *work, uint32_t queue)
{
    const struct match_queues *treated = &work->task->treated_queues;
    return treated->unit[treated->queue[queue].front];
}

/* What a queue, which has units left, can get on one side. */
static struct match_offer look(const struct closest *work, uint32_t queue, enum side side)
{
    struct match_task *task = work->task;
    const struct post *post = &work->post[queue];
    uint32_t found = side == LOW ? match_find_below(task, post->seeker.place - 1)
                                 : match_find_above(task, post->seeker.place);
    if (post->neighbour[side] != NOWHERE) {
        uint32_t limit = work->post[post->neighbour[side]].seeker.place;
        if (side == LOW ? found < limit : found >= limit)
            found = 0; /* behind the neighbour */
    }
    return match_first_offer(task, &post->seeker, found);
}

static struct item note_offer(struct closest *work, uint32_t queue, enum side side,
                              const struct match_offer *offer)
{
    work->post[queue].control[side] = offer->control;
    return (struct item){offer->distance, first_unit(work, queue), 2 * queue + side};
}

/* Puts the offer of a queue to one side on the heap, when there is one and it is not there. */
static void make_offer(struct closest *work, uint32_t queue, enum side side)
{
    if (queue == NOWHERE || work->post[queue].control[side] != RWE_UNMATCHED)
        return;
    struct match_offer offer = look(work, queue, side);
    if (isfinite(offer.distance))
        heap_add(work, note_offer(work, queue, side, &offer));
}

static void match_equal_scores(struct match_task *task)
{
    struct match_queues *treated = &task->treated_queues;
    const struct match_queues *control = &task->control_queues;
    for (uint32_t t = 0; t < treated->n; t++) {
        struct match_queue *queue = &treated->queue[t];
        struct match_seeker seeker = match_seeker_of(task, treated->unit[queue->front]);
        if (match_find_above(task, seeker.place) != seeker.place ||
            match_first_offer(task, &seeker, seeker.place).distance != 0)
            continue;
        while (!match_queue_is_empty(queue) &&
               !match_queue_is_empty(&control->queue[seeker.place - 1]))
            match_take(task, treated->unit[queue->front++], seeker.place);
    }
}

/* Links the queues that have units left after equal scores, by ascending score. */
static void list_posts(struct closest *work)
{
    const struct match_queues *treated = &work->task->treated_queues;
    uint32_t last = NOWHERE;
    for (uint32_t t = 0; t < treated->n; t++) {
        if (match_queue_is_empty(&treated->queue[t]))
            continue;
        work->post[t] = (struct post){.seeker = match_seeker_of(work->task, first_unit(work, t)),
                                      .neighbour = {last, NOWHERE},
                                      .control = {RWE_UNMATCHED, RWE_UNMATCHED}};
        if (last != NOWHERE)
            work->post[last].neighbour[HIGH] = t;
        last = t;
    }
}

static void list_offers(struct closest *work)
{
    const struct match_queues *treated = &work->task->treated_queues;
    work->heap_size = 0;
    for (uint32_t t = 0; t < treated->n; t++)
        for (int side = LOW; side <= HIGH && !match_queue_is_empty(&treated->queue[t]); side++) {
            struct match_offer offer = look(work, t, side);
            if (isfinite(offer.distance))
                work->heap[work->heap_size++] = note_offer(work, t, side, &offer);
        }
    for (size_t hole = work->heap_size / CHILDREN + 1; hole-- > 0;)
        if (hole < work->heap_size)
            heap_sift_down(work, hole, work->heap[hole]);
}

/* Takes a used-up queue out; its neighbours can see each other's controls now. */
static void unlink_queue(struct closest *work, uint32_t queue)
{
    uint32_t low = work->post[queue].neighbour[LOW], high = work->post[queue].neighbour[HIGH];
    if (low != NOWHERE)
        work->post[low].neighbour[HIGH] = high;
    if (high != NOWHERE)
        work->post[high].neighbour[LOW] = low;
    make_offer(work, low, HIGH);
    make_offer(work, high, LOW);
}

/* Pairs the offer at the top, which still stands. */
static void take_top(struct closest *work, uint32_t place)
{
    struct item top = work->heap[0];
    uint32_t here = top.slot / 2;
    struct match_queue *queue = &work->task->treated_queues.queue[here];
    match_take(work->task, top.treated, place);
    queue->front++;
    heap_remove_top(work);
    if (match_queue_is_empty(queue))
        unlink_queue(work, here);
    else
        make_offer(work, here, top.slot % 2);
}

static void match_unequal_scores(struct closest *work)
{
    list_posts(work);
    list_offers(work);
    while (work->heap_size > 0) {
        const struct item *top = &work->heap[0];
        uint32_t here = top->slot / 2;
        enum side side = top->slot % 2;
        struct match_offer now = {.distance = INFINITY};
        if (!match_queue_is_empty(&work->task->treated_queues.queue[here]))
            now = look(work, here, side);
        if (isinf(now.distance))
            heap_remove_top(work);
        else if (now.control == control_of(work, top) && first_unit(work, here) == top->treated)
            take_top(work, now.place);
        else
            heap_sift_down(work, 0, note_offer(work, here, side, &now));
    }
}

/* Leaves those in the queues who were served in this round. */
static void keep_served(struct closest *work)
{
    struct match_queues *treated = &work->task->treated_queues;
    uint32_t n = 0;
    for (uint32_t t = 0; t < treated->n; t++) {
        struct match_queue queue = treated->queue[t];
        queue.end = queue.front;
        queue.front = work->start[t];
        if (!match_queue_is_empty(&queue))
            treated->queue[n++] = queue;
    }
    treated->n = n;
}

enum rwe_status match_closest(struct match_task *task, struct rwe_arena *scratch)
{
    struct match_queues *treated = &task->treated_queues;
    struct closest work = {.task = task,
                           .post = RWE_NEW(scratch, struct post, treated->n),
                           .heap = RWE_NEW(scratch, struct item, 2 * (size_t)treated->n),
                           .start = RWE_NEW(scratch, uint32_t, treated->n)};
    if (rwe_arena_failed(scratch))
        return RWE_NO_MEMORY;
    for (size_t round = 0; round < task->options->ratio && treated->n > 0; round++) {
        for (uint32_t t = 0; t < treated->n; t++)
            work.start[t] = treated->queue[t].front;
        match_equal_scores(task);
        match_unequal_scores(&work);
        keep_served(&work);
    }
    return RWE_OK;
}
