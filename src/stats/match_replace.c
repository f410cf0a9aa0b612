/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * With replacement no treated unit is in another's way: each takes its nearest controls, by a merge
 * of those below its score, from the nearest down, with those above, from the nearest up.
 */
#include "match_private.h"

/* The next control to one side: unit[index] at a place. */
struct cursor {
    uint32_t place, index, control;
};

static struct cursor cursor_at(const struct match_task *task, uint32_t place)
{
    const struct match_queues *control = &task->control_queues;
    if (place == 0 || place > control->n)
        return (struct cursor){.control = RWE_UNMATCHED};
    const struct match_queue *queue = &control->queue[place - 1];
    return (struct cursor){place, queue->front, queue->first};
}

/* `step` is −1 or 1: the side's direction. */
static void advance(const struct match_task *task, struct cursor *cursor, int step)
{
    const struct match_queues *control = &task->control_queues;
    if (++cursor->index == control->queue[cursor->place - 1].end)
        *cursor = cursor_at(task, cursor->place + (uint32_t)step);
    else
        cursor->control = control->unit[cursor->index];
}

static void choose(struct match_task *task, uint32_t treated)
{
    struct match_seeker seeker = match_seeker_of(task, treated);
    struct cursor low = cursor_at(task, seeker.place - 1), high = cursor_at(task, seeker.place);
    for (size_t k = 0; k < task->options->ratio; k++) {
        struct match_offer down = match_offer_of(task, &seeker, low.place, low.control);
        struct match_offer up = match_offer_of(task, &seeker, high.place, high.control);
        bool is_down = match_offer_is_better(&down, &up);
        const struct match_offer *best = is_down ? &down : &up;
        if (isinf(best->distance))
            return;
        match_add_pair(task, treated, best->control);
        advance(task, is_down ? &low : &high, is_down ? -1 : 1);
    }
}

void match_with_replacement(struct match_task *task)
{
    for (size_t i = 0; i < task->n; i++)
        if (task->treated[i] != 0)
            choose(task, (uint32_t)i);
}
