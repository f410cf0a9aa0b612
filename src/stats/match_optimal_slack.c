/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Slacks under sums over ranges: a binary tree over blocks of slacks. A node adds its `sum` to all
 * below it, and knows the least of them, its own sum included but not those above it.
 */
#include "match_optimal_private.h"

enum { BLOCK = 64 };

struct node {
    int32_t least, sum;
};

struct optimal_slack {
    int32_t *value;
    struct node
        *node; /* the root is 1, below i are 2 i and 2 i + 1; the last n_leaves are leaves */
    uint32_t n, n_leaves;
};

/* Slacks under a node: begin … begin + size − 1, less those from n on. */
struct span {
    uint32_t node, begin, size;
};

static struct span half(struct span span, uint32_t which)
{
    return (struct span){2 * span.node + which, span.begin + which * (span.size / 2),
                         span.size / 2};
}

static struct span whole(const struct optimal_slack *slack)
{
    return (struct span){1, 0, slack->n_leaves * BLOCK};
}

static uint32_t end_of(const struct optimal_slack *slack, struct span span)
{
    uint32_t end = span.begin + span.size;
    return end < slack->n ? end : slack->n;
}

struct optimal_slack *optimal_slack_new(size_t n, struct rwe_arena *scratch)
{
    struct optimal_slack *slack = RWE_NEW(scratch, struct optimal_slack, 1);
    uint32_t n_leaves = 1;
    while ((size_t)n_leaves * BLOCK < n)
        n_leaves *= 2;
    int32_t *value = RWE_NEW(scratch, int32_t, n);
    struct node *node = RWE_NEW(scratch, struct node, 2 * (size_t)n_leaves);
    if (rwe_arena_failed(scratch))
        return NULL;
    *slack = (struct optimal_slack){value, node, (uint32_t)n, n_leaves};
    return slack;
}

static void add_in_block(struct optimal_slack *slack, struct span span, struct span range,
                         int change)
{
    uint32_t from = range.begin > span.begin ? range.begin : span.begin;
    uint32_t to = range.begin + range.size, end = end_of(slack, span);
    int32_t least = INT32_MAX;
    for (uint32_t i = from; i < to && i < end; i++)
        slack->value[i] += change;
    for (uint32_t i = span.begin; i < end; i++)
        least = slack->value[i] < least ? slack->value[i] : least;
    slack->node[span.node].least = least + slack->node[span.node].sum;
}

static void add_below(struct optimal_slack *slack, struct span span, struct span range, int change)
{
    struct node *node = &slack->node[span.node];
    uint32_t end = end_of(slack, span), to = range.begin + range.size;
    if (range.begin >= end || to <= span.begin)
        return;
    if (range.begin <= span.begin && end <= to) {
        node->least += change;
        node->sum += change;
        return;
    }
    if (span.size == BLOCK) {
        add_in_block(slack, span, range, change);
        return;
    }
    add_below(slack, half(span, 0), range, change);
    add_below(slack, half(span, 1), range, change);
    int32_t left = slack->node[2 * span.node].least, right = slack->node[2 * span.node + 1].least;
    node->least = (left < right ? left : right) + node->sum;
}

void optimal_slack_add(struct optimal_slack *slack, uint32_t from, uint32_t to, int change)
{
    if (from < to)
        add_below(slack, whole(slack), (struct span){0, from, to - from}, change);
}

/* `above` is the sum of the nodes above. */
static uint32_t last_zero(const struct optimal_slack *slack, struct span span, uint32_t end,
                          int32_t above)
{
    const struct node *node = &slack->node[span.node];
    if (span.begin >= end || node->least + above > 0)
        return OPTIMAL_NONE;
    above += node->sum;
    if (span.size > BLOCK) {
        uint32_t found = last_zero(slack, half(span, 1), end, above);
        return found != OPTIMAL_NONE ? found : last_zero(slack, half(span, 0), end, above);
    }
    uint32_t i = end_of(slack, span);
    for (i = i < end ? i : end; i-- > span.begin;)
        if (slack->value[i] + above == 0)
            return i;
    return OPTIMAL_NONE;
}

uint32_t optimal_slack_last_zero(const struct optimal_slack *slack, uint32_t end)
{
    return last_zero(slack, whole(slack), end, 0);
}
