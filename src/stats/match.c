/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/stats/match.h"

#include "match_private.h"
#include "rwe/base/rng.h"
#include "rwe/base/sort.h"
#include "rwe/stats/balance.h"

#include <gsl/gsl_randist.h>
#include <stdbool.h>

/* ---- the closest pair first ---- */

/*
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
        rwe_match_offer_of(work->task, &work->post[rival].seeker, offer->place, offer->control);
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
    struct match_offer low = rwe_match_first_offer(
        task, &post->seeker, rwe_match_find_below(task, post->seeker.place - 1));
    struct match_offer high =
        rwe_match_first_offer(task, &post->seeker, rwe_match_find_above(task, post->seeker.place));
    enum side side = match_offer_is_better(&low, &high) ? LOW : HIGH;
    const struct match_offer *best = side == LOW ? &low : &high;
    bool has_offer = isfinite(best->distance);
    if (has_offer && is_outbid(work, here, side, best))
        return post->neighbour[side];
    if (has_offer)
        rwe_match_take(task, match_queue_pop(treated, &treated->queue[here]), best->place);
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
            .seeker = rwe_match_seeker_of(work->task, queue->first),
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

static enum rwe_status match_closest(struct match_task *task, struct rwe_arena *scratch)
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

/* ---- treated units in order ---- */

/*
 * Treated units one after another, each takes its nearest free control; then the same order again
 * for the second control, and so on. Who finds none in one round finds none later.
 */

static void list_treated(const struct match_task *task, uint32_t unit[])
{
    for (size_t i = 0, k = 0; i < task->n && k < task->n_treated; i++)
        if (task->treated[i] != 0)
            unit[k++] = (uint32_t)i;
}

/* Treated units in the order in which they choose. A stable sort leaves ties to the earlier unit.
 */
enum rwe_status rwe_match_order_treated(const struct match_task *task, struct rwe_arena *scratch,
                                        uint32_t chooser[])
{
    size_t n = task->n_treated;
    uint32_t *unit = RWE_NEW(scratch, uint32_t, n), *order = RWE_NEW(scratch, uint32_t, n);
    double *key = RWE_NEW(scratch, double, n);
    if (rwe_arena_failed(scratch))
        return RWE_NO_MEMORY;
    list_treated(task, unit);
    if (task->options->order == RWE_MATCH_RANDOM) {
        struct rwe_rng rng;
        list_treated(task, chooser);
        if (n > 0) /* GSL's loop takes 0 items for the greatest number of them */
            gsl_ran_shuffle(rwe_rng_start(&rng, task->options->seed, RWE_RNG_MATCH_ORDER, 0),
                            chooser, n, sizeof *chooser);
        return RWE_OK;
    }
    for (size_t i = 0; i < n; i++)
        key[i] = task->options->order == RWE_MATCH_LARGEST ? -task->level[unit[i]]
                                                           : task->level[unit[i]];
    if (rwe_sort_numbers(key, n, scratch, order) != RWE_OK)
        return RWE_NO_MEMORY;
    for (size_t i = 0; i < n; i++)
        chooser[i] = unit[order[i]];
    return RWE_OK;
}

static bool choose(struct match_task *task, uint32_t treated)
{
    struct match_seeker seeker = rwe_match_seeker_of(task, treated);
    struct match_offer low =
        rwe_match_first_offer(task, &seeker, rwe_match_find_below(task, seeker.place - 1));
    struct match_offer high =
        rwe_match_first_offer(task, &seeker, rwe_match_find_above(task, seeker.place));
    const struct match_offer *best = match_offer_is_better(&low, &high) ? &low : &high;
    if (isinf(best->distance))
        return false;
    rwe_match_take(task, treated, best->place);
    return true;
}

static enum rwe_status match_in_order(struct match_task *task, struct rwe_arena *scratch)
{
    uint32_t *chooser = RWE_NEW(scratch, uint32_t, task->n_treated);
    if (chooser == NULL || rwe_match_order_treated(task, scratch, chooser) != RWE_OK)
        return RWE_NO_MEMORY;
    size_t n_left = task->n_treated;
    for (size_t round = 0; round < task->options->ratio && n_left > 0; round++) {
        size_t n_served = 0;
        for (size_t i = 0; i < n_left; i++)
            if (choose(task, chooser[i]))
                chooser[n_served++] = chooser[i];
        n_left = n_served;
    }
    return RWE_OK;
}

/* ---- with replacement ---- */

/*
 * With replacement no treated unit is in another's way: each takes its nearest controls, by a merge
 * of those below its score, from the nearest down, with those above, from the nearest up.
 */

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

static void choose_controls(struct match_task *task, uint32_t treated)
{
    struct match_seeker seeker = rwe_match_seeker_of(task, treated);
    struct cursor low = cursor_at(task, seeker.place - 1), high = cursor_at(task, seeker.place);
    for (size_t k = 0; k < task->options->ratio; k++) {
        struct match_offer down = rwe_match_offer_of(task, &seeker, low.place, low.control);
        struct match_offer up = rwe_match_offer_of(task, &seeker, high.place, high.control);
        bool is_down = match_offer_is_better(&down, &up);
        const struct match_offer *best = is_down ? &down : &up;
        if (isinf(best->distance))
            return;
        match_add_pair(task, treated, best->control);
        advance(task, is_down ? &low : &high, is_down ? -1 : 1);
    }
}

static void match_with_replacement(struct match_task *task)
{
    for (size_t i = 0; i < task->n; i++)
        if (task->treated[i] != 0)
            choose_controls(task, (uint32_t)i);
}

/* ---- the matching, and its sets ---- */

struct rwe_match_options rwe_match_options_default(void)
{
    return (struct rwe_match_options){.order = RWE_MATCH_CLOSEST, .caliper = INFINITY, .ratio = 1};
}

double rwe_match_pooled_sd(const double score[], const uint8_t treated[], size_t n)
{
    return rwe_balance_denominator(
        &(struct rwe_balance_data){.n = n, .value = score, .treated = treated});
}

static struct match_task task_of(const uint8_t treated[], size_t n,
                                 const struct rwe_match_options *options)
{
    struct match_task task = {.n = n, .treated = treated, .options = options};
    for (size_t i = 0; i < n; i++)
        task.n_treated += treated[i] != 0;
    task.n_controls = n - task.n_treated;
    return task;
}

static size_t most_pairs(const struct match_task *task)
{
    size_t ratio =
        task->options->ratio < task->n_controls ? task->options->ratio : task->n_controls;
    size_t most = task->n_treated * ratio; /* units have 32 bits: no overflow */
    return task->options->replace || most < task->n_controls ? most : task->n_controls;
}

static enum rwe_status make_pairs(struct match_task *task, const double score[],
                                  struct rwe_arena *scratch)
{
    task->pair = RWE_NEW(scratch, struct match_pair, most_pairs(task));
    if (task->pair == NULL || rwe_match_queue_units(task, score, scratch) != RWE_OK)
        return RWE_NO_MEMORY;
    if (task->options->replace) {
        match_with_replacement(task);
        return RWE_OK;
    }
    return task->options->order == RWE_MATCH_CLOSEST ? match_closest(task, scratch)
                                                     : match_in_order(task, scratch);
}

/* The result's arrays. */
struct sets {
    uint32_t *set, *row_unit, *row_set;
};

static void add_row(struct rwe_match *result, const struct sets *sets, uint32_t unit)
{
    if (sets->set[unit] == RWE_UNMATCHED)
        sets->set[unit] = (uint32_t)result->n_sets;
    sets->row_unit[result->n_rows] = unit;
    sets->row_set[result->n_rows++] = (uint32_t)result->n_sets;
}

/* Each treated unit with its controls in the order in which it got them. That is the order of rows:
 * it always takes the best that is left, and what is left only shrinks. `end` is workspace, n
 * zeros. */
static struct rwe_match number_sets(const struct match_task *task, const double score[],
                                    size_t end[], uint32_t control[], const struct sets *sets)
{
    struct rwe_match result = {
        .set = sets->set, .row_unit = sets->row_unit, .row_set = sets->row_set};
    for (size_t k = 0; k < task->n_pairs; k++)
        end[task->pair[k].treated]++;
    for (size_t i = 0, sum = 0, size; i < task->n; i++, sum += size) {
        size = end[i];
        end[i] = sum;
        sets->set[i] = RWE_UNMATCHED;
    }
    for (size_t k = 0; k < task->n_pairs; k++)
        control[end[task->pair[k].treated]++] = task->pair[k].control;
    for (size_t i = 0, k = 0; i < task->n; i++) {
        if (k == end[i])
            continue;
        add_row(&result, sets, (uint32_t)i);
        for (; k < end[i]; k++) {
            add_row(&result, sets, control[k]);
            result.distance_total += fabs(score[i] - score[control[k]]);
        }
        result.n_sets++;
    }
    return result;
}

enum rwe_status rwe_match_nearest(const double score[], const uint8_t treated[], size_t n,
                                  const struct rwe_match_options *options, struct rwe_arena *arena,
                                  struct rwe_match *result, struct rwe_error *error)
{
    enum rwe_status status = rwe_match_check_input(score, n, options, error);
    if (status != RWE_OK)
        return status;
    if (options->ratio == 0)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "the ratio of controls to a treated unit is 0");
    struct match_task task = task_of(treated, n, options);
    size_t most_rows = most_pairs(&task) + task.n_treated;
    struct sets sets = {.set = RWE_NEW(arena, uint32_t, n),
                        .row_unit = RWE_NEW(arena, uint32_t, most_rows),
                        .row_set = RWE_NEW(arena, uint32_t, most_rows)};
    struct rwe_mark mark = rwe_arena_mark(arena);
    if (rwe_arena_failed(arena) || make_pairs(&task, score, arena) != RWE_OK)
        return rwe_fail_memory(error);
    size_t *end = RWE_NEW(arena, size_t, n);
    uint32_t *control = RWE_NEW(arena, uint32_t, task.n_pairs);
    if (rwe_arena_failed(arena))
        return rwe_fail_memory(error);
    *result = number_sets(&task, score, end, control, &sets);
    rwe_arena_release(arena, mark);
    return RWE_OK;
}

/* ---- weights of the rows ---- */

/* Weight of a unit in a set with `count` units by arm, before scaling. */
static double weight_in_set(const size_t count[2], int arm, enum rwe_match_estimand estimand)
{
    switch (estimand) {
    case RWE_MATCH_ATT:
        return arm == 1 ? 1 : (double)count[1] / (double)count[0];
    case RWE_MATCH_ATC:
        return arm == 0 ? 1 : (double)count[0] / (double)count[1];
    case RWE_MATCH_ATE:
        break;
    }
    return (double)(count[0] + count[1]) / (double)count[arm];
}

/* Whether the weights of an arm are scaled: not those of the arm that the effect is about. */
static bool is_scaled(int arm, enum rwe_match_estimand estimand)
{
    return estimand == RWE_MATCH_ATE || (arm == 1) == (estimand == RWE_MATCH_ATC);
}

void rwe_match_weights(const struct rwe_match *match, const uint8_t treated[], size_t n,
                       enum rwe_match_estimand estimand, double row_weight[])
{
    double sum[2] = {0}, n_units[2] = {0};
    for (size_t first = 0, end; first < match->n_rows; first = end) {
        size_t count[2] = {0};
        for (end = first; end < match->n_rows && match->row_set[end] == match->row_set[first];
             end++)
            count[treated[match->row_unit[end]] != 0]++;
        for (size_t r = first; r < end; r++) {
            int arm = treated[match->row_unit[r]] != 0;
            row_weight[r] = weight_in_set(count, arm, estimand);
            sum[arm] += row_weight[r];
        }
    }
    for (size_t i = 0; i < n; i++)
        if (match->set[i] != RWE_UNMATCHED)
            n_units[treated[i] != 0]++;
    for (size_t r = 0; r < match->n_rows; r++) {
        int arm = treated[match->row_unit[r]] != 0;
        if (is_scaled(arm, estimand))
            row_weight[r] *= n_units[arm] / sum[arm];
    }
}
