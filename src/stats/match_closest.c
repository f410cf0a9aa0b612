/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Closest pairs first, in O(n log n).
 *
 * First, treated and controls of equal score pair off. Each place on the axis of scores then holds
 * units of one arm only, and the closest pair is always one of two neighbouring places of different
 * arms: anything between them would be closer to one of the two. Such neighbours are the candidates
 * on a heap. A place that is used up leaves the list of places, and its neighbours become
 * candidates. A candidate whose units have gone meanwhile can only have got later ones, so its key
 * was too small, and it is put right when it comes to the top.
 */
#include "match_private.h"

#define NOWHERE UINT32_MAX

/* Units that are left at one score, all of one arm, in a doubly linked list. */
struct place {
    struct match_queue queue;
    const uint32_t *unit;
    uint32_t previous, next;
    bool is_treated;
};

struct candidate {
    double distance;
    uint32_t treated, control; /* units */
    uint32_t left, right;      /* places */
};

struct closest {
    struct place *place;
    uint32_t n_places;
    struct candidate *heap;
    size_t heap_size;
};

static bool comes_before(const struct candidate *a, const struct candidate *b)
{
    if (a->distance != b->distance)
        return a->distance < b->distance;
    if (a->treated != b->treated)
        return a->treated < b->treated;
    return a->control < b->control;
}

/* Puts `candidate` at or below `hole`, whose own item is lost. */
static void heap_sift_down(struct closest *work, size_t hole, struct candidate candidate)
{
    struct candidate *heap = work->heap;
    for (size_t child; (child = 2 * hole + 1) < work->heap_size; hole = child) {
        if (child + 1 < work->heap_size && comes_before(&heap[child + 1], &heap[child]))
            child++;
        if (!comes_before(&heap[child], &candidate))
            break;
        heap[hole] = heap[child];
    }
    heap[hole] = candidate;
}

static void heap_remove_top(struct closest *work)
{
    heap_sift_down(work, 0, work->heap[--work->heap_size]);
}

/* The units at the front of two neighbouring places of different arms. */
static struct candidate candidate_of(const struct closest *work, uint32_t left, uint32_t right)
{
    const struct place *low = &work->place[left], *high = &work->place[right];
    uint32_t low_unit = low->unit[low->queue.front], high_unit = high->unit[high->queue.front];
    return (struct candidate){.distance = match_distance(low->queue.level, high->queue.level),
                              .treated = low->is_treated ? low_unit : high_unit,
                              .control = low->is_treated ? high_unit : low_unit,
                              .left = left,
                              .right = right};
}

static bool can_pair(const struct closest *work, uint32_t left, uint32_t right, double caliper)
{
    const struct place *low = &work->place[left], *high = &work->place[right];
    return low->is_treated != high->is_treated &&
           match_distance(low->queue.level, high->queue.level) <= caliper;
}

static void match_equal_scores(struct match_task *task)
{
    struct match_queues *treated = &task->treated_queues, *control = &task->control_queues;
    for (uint32_t t = 0, c = 0; t < treated->n && c < control->n;) {
        struct match_queue *a = &treated->queue[t], *b = &control->queue[c];
        if (a->level == b->level)
            while (!match_queue_is_empty(a) && !match_queue_is_empty(b))
                match_pair(task, treated->unit[a->front++], control->unit[b->front++]);
        if (a->level <= b->level)
            t++;
        else
            c++;
    }
}

static void add_place(struct closest *work, const struct match_queues *queues, uint32_t index,
                      bool is_treated)
{
    if (match_queue_is_empty(&queues->queue[index]))
        return;
    uint32_t here = work->n_places++;
    work->place[here] = (struct place){.queue = queues->queue[index],
                                       .unit = queues->unit,
                                       .previous = here == 0 ? NOWHERE : here - 1,
                                       .next = NOWHERE,
                                       .is_treated = is_treated};
    if (here > 0)
        work->place[here - 1].next = here;
}

/* All that is left after equal scores, by ascending score. */
static void list_places(struct closest *work, const struct match_task *task)
{
    const struct match_queues *treated = &task->treated_queues, *control = &task->control_queues;
    uint32_t t = 0, c = 0;
    while (t < treated->n || c < control->n) {
        if (c == control->n ||
            (t < treated->n && treated->queue[t].level <= control->queue[c].level))
            add_place(work, treated, t++, true);
        else
            add_place(work, control, c++, false);
    }
}

static void list_candidates(struct closest *work, double caliper)
{
    for (uint32_t left = 0; left + 1 < work->n_places; left++)
        if (can_pair(work, left, left + 1, caliper))
            work->heap[work->heap_size++] = candidate_of(work, left, left + 1);
    for (size_t hole = work->heap_size / 2; hole-- > 0;)
        heap_sift_down(work, hole, work->heap[hole]);
}

/* Takes a used-up place out of the list. */
static void unlink_if_empty(struct closest *work, uint32_t here)
{
    struct place *place = &work->place[here];
    if (!match_queue_is_empty(&place->queue))
        return;
    if (place->previous != NOWHERE)
        work->place[place->previous].next = place->next;
    if (place->next != NOWHERE)
        work->place[place->next].previous = place->previous;
}

/* Pairs the candidate at the top, then puts the new neighbours, if there are any, in its stead. */
static void take_top(struct closest *work, struct match_task *task)
{
    struct candidate top = work->heap[0];
    struct place *low = &work->place[top.left], *high = &work->place[top.right];
    match_pair(task, top.treated, top.control);
    low->queue.front++;
    high->queue.front++;
    unlink_if_empty(work, top.left);
    unlink_if_empty(work, top.right);
    uint32_t left = match_queue_is_empty(&low->queue) ? low->previous : top.left;
    uint32_t right = match_queue_is_empty(&high->queue) ? high->next : top.right;
    if (left != NOWHERE && right != NOWHERE && can_pair(work, left, right, task->caliper))
        heap_sift_down(work, 0, candidate_of(work, left, right));
    else
        heap_remove_top(work);
}

enum rwe_status match_closest(struct match_task *task, struct rwe_arena *scratch)
{
    match_equal_scores(task);
    size_t most = (size_t)task->treated_queues.n + task->control_queues.n;
    struct closest work = {.place = RWE_NEW(scratch, struct place, most),
                           .heap = RWE_NEW(scratch, struct candidate, most)};
    if (rwe_arena_failed(scratch))
        return RWE_NO_MEMORY;
    list_places(&work, task);
    list_candidates(&work, task->caliper);
    while (work.heap_size > 0) {
        struct candidate top = work.heap[0];
        const struct place *low = &work.place[top.left], *high = &work.place[top.right];
        if (match_queue_is_empty(&low->queue) || match_queue_is_empty(&high->queue)) {
            heap_remove_top(&work);
            continue;
        }
        struct candidate now = candidate_of(&work, top.left, top.right);
        if (now.treated == top.treated && now.control == top.control)
            take_top(&work, task);
        else
            heap_sift_down(&work, 0, now);
    }
    return RWE_OK;
}
