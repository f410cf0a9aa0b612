/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "match_flow_private.h"
#include "rwe/base/sort.h"

#include <float.h>

/* ---- the admissible pairs ---- */

/* Admissible pairs: around each control, by score, the treated units within its caliper. */

static double score_distance(const void *score, size_t a, size_t b)
{
    const double *s = score;
    return fabs(s[a] - s[b]);
}

struct rwe_match_units rwe_match_units_on_score(const double score[], const uint8_t treated[],
                                                size_t n)
{
    return (struct rwe_match_units){n, treated, score, score_distance, score};
}

enum rwe_status rwe_match_check_units(const struct rwe_match_units *units,
                                      const struct rwe_match_options *options,
                                      struct rwe_error *error)
{
    if (options->ratio == 0)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "the ratio of controls to a treated unit is 0");
    return rwe_match_check_input(units->score, units->n, options, error);
}

/* Nodes of units: node[unit]. */
static uint32_t *number_nodes(struct match_graph *graph, const struct rwe_match_units *units,
                              struct rwe_arena *scratch)
{
    uint32_t *node = RWE_NEW(scratch, uint32_t, units->n);
    graph->unit = RWE_NEW(scratch, uint32_t, units->n);
    graph->begin = RWE_NEW(scratch, size_t, graph->n_treated + 1);
    if (rwe_arena_failed(scratch))
        return NULL;
    uint32_t next[2] = {graph->n_treated, 0};
    for (uint32_t i = 0; i < units->n; i++) {
        node[i] = next[units->treated[i] != 0]++;
        graph->unit[node[i]] = i;
    }
    return node;
}

static uint32_t stratum_of(const struct match_task *task, uint32_t unit)
{
    return task->options->exact == NULL ? 0 : task->options->exact[unit];
}

/* Where a queue of treated units lies to a control's window: −1 before it, 0 in it, 1 after it. The
 * distance is rounded as in greedy matching, so that all see the same pairs. */
static int side_of(const struct match_task *task, const struct match_queue *queue, uint32_t control)
{
    uint32_t stratum = stratum_of(task, control);
    double apart = queue->level - task->level[control];
    if (queue->stratum != stratum)
        return queue->stratum < stratum ? -1 : 1;
    if (rint(fabs(apart)) <= task->caliper)
        return 0;
    return apart < 0 ? -1 : 1;
}

/* The first queue of treated units on this side of the control's window or beyond. */
static uint32_t first_queue(const struct match_task *task, uint32_t control, int side)
{
    uint32_t low = 0, high = task->treated_queues.n;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (side_of(task, &task->treated_queues.queue[middle], control) < side)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The treated units that a control may be paired with: *count from the first on. */
static const uint32_t *partners_of(const struct match_task *task, uint32_t control, uint32_t *count)
{
    uint32_t begin = first_queue(task, control, 0), end = first_queue(task, control, 1);
    const struct match_queues *queues = &task->treated_queues;
    *count = 0;
    if (begin == end)
        return NULL;
    *count = queues->queue[end - 1].end - queues->queue[begin].front;
    return queues->unit + queues->queue[begin].front;
}

/* begin[t + 1]: number of pairs of t. The largest distance too. */
static enum rwe_status count_pairs(struct match_graph *graph, const struct rwe_match_units *units,
                                   const uint32_t node[], double *largest, struct rwe_error *error)
{
    size_t n_pairs = 0;
    for (uint32_t c = graph->n_treated; c < graph->n_nodes; c++) {
        uint32_t count;
        const uint32_t *treated = partners_of(&graph->task, graph->unit[c], &count);
        n_pairs += count;
        if (n_pairs > RWE_MATCH_PAIRS_MOST)
            return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                            "more than %zu admissible pairs of units; a narrower caliper or exact "
                            "strata make fewer",
                            RWE_MATCH_PAIRS_MOST);
        for (uint32_t i = 0; i < count; i++) {
            double distance = units->distance(units->data, treated[i], graph->unit[c]);
            if (!(distance >= 0 && isfinite(distance)))
                return rwe_fail(error, RWE_BAD_INPUT, treated[i],
                                "the distance %g of units %u and %u is not 0 or more", distance,
                                treated[i], graph->unit[c]);
            *largest = fmax(*largest, distance);
            graph->begin[node[treated[i]] + 1]++;
        }
    }
    return RWE_OK;
}

/* Controls in order, so that those of each treated unit come in order. Leaves begin[t] at the end of
 * t's pairs, which is the place of begin[t + 1]. */
static void fill_pairs(struct match_graph *graph, const struct rwe_match_units *units,
                       const uint32_t node[], double grid)
{
    for (uint32_t c = graph->n_treated; c < graph->n_nodes; c++) {
        uint32_t count;
        const uint32_t *treated = partners_of(&graph->task, graph->unit[c], &count);
        for (uint32_t i = 0; i < count; i++) {
            double distance = units->distance(units->data, treated[i], graph->unit[c]);
            graph->edge[graph->begin[node[treated[i]]]++] = (struct match_edge){
                .control = c, .distance = (uint32_t)rint(distance / grid) & 0x7fffffff};
        }
    }
    for (uint32_t t = graph->n_treated; t > 0; t--)
        graph->begin[t] = graph->begin[t - 1];
    graph->begin[0] = 0;
}

/* Half to one 2^30th of the largest, a power of two (match_queues.c says why). */
static double grid_of(double largest)
{
    int exponent;
    frexp(largest, &exponent);
    return fmax(ldexp(1, exponent - 30), DBL_MIN);
}

enum rwe_status rwe_match_graph_make(struct match_graph *graph, const struct rwe_match_units *units,
                                     const struct rwe_match_options *options,
                                     struct rwe_arena *scratch, struct rwe_error *error)
{
    enum rwe_status status = rwe_match_check_units(units, options, error);
    if (status != RWE_OK)
        return status;
    *graph =
        (struct match_graph){.task = {.n = units->n, .treated = units->treated, .options = options},
                             .n_nodes = (uint32_t)units->n};
    for (size_t i = 0; i < units->n; i++)
        graph->n_treated += units->treated[i] != 0;
    graph->task.n_treated = graph->n_treated;
    graph->task.n_controls = units->n - graph->n_treated;
    const uint32_t *node = number_nodes(graph, units, scratch);
    if (node == NULL || rwe_match_queue_units(&graph->task, units->score, scratch) != RWE_OK)
        return rwe_fail_memory(error);
    double largest = 0;
    status = count_pairs(graph, units, node, &largest, error);
    if (status != RWE_OK)
        return status;
    for (uint32_t t = 0; t < graph->n_treated; t++)
        graph->begin[t + 1] += graph->begin[t];
    graph->edge = RWE_NEW(scratch, struct match_edge, graph->begin[graph->n_treated]);
    if (graph->edge == NULL)
        return rwe_fail_memory(error);
    fill_pairs(graph, units, node, grid_of(largest));
    return RWE_OK;
}

/* The edges that are made, by treated unit, then control. NULL: out of memory. */
static struct match_link *links_of(const struct match_graph *graph, struct rwe_arena *arena,
                                   size_t *n_links)
{
    *n_links = 0;
    for (size_t e = 0; e < graph->begin[graph->n_treated]; e++)
        *n_links += graph->edge[e].is_made;
    struct match_link *link = RWE_NEW(arena, struct match_link, *n_links);
    if (link == NULL)
        return NULL;
    for (uint32_t t = 0, k = 0; t < graph->n_treated; t++)
        for (size_t e = graph->begin[t]; e < graph->begin[t + 1]; e++)
            if (graph->edge[e].is_made)
                link[k++] = (struct match_link){graph->unit[t], graph->unit[graph->edge[e].control],
                                                graph->edge[e].distance};
    return link;
}

/* ---- sets from links ---- */

/* From links to sets and their rows. */

/* Takes out links between two units that both have others: without them each is still in a set. */
static size_t keep_stars(struct match_link link[], size_t n_links, uint32_t degree[])
{
    size_t n_kept = 0;
    for (size_t k = 0; k < n_links; k++) {
        degree[link[k].treated]++;
        degree[link[k].control]++;
    }
    for (size_t k = 0; k < n_links; k++)
        if (degree[link[k].treated] > 1 && degree[link[k].control] > 1) {
            degree[link[k].treated]--;
            degree[link[k].control]--;
        } else {
            link[n_kept++] = link[k];
        }
    return n_kept;
}

/* Rows as they come, and the keys that put them into order: set, arm, distance. */
struct rows {
    uint32_t *set, *unit;
    uint64_t *key;
    size_t n, n_sets;
};

static void add_row(struct rows *rows, uint32_t set, uint32_t unit, uint32_t order)
{
    rows->unit[rows->n] = unit;
    rows->key[rows->n++] = (uint64_t)set << 32 | order;
}

/* A shared control brings its set along. With replacement the set is the treated unit's alone. */
static void add_link(struct rows *rows, const struct match_link *link, bool replace)
{
    uint32_t *of_treated = &rows->set[link->treated], *of_control = &rows->set[link->control];
    bool is_new_treated = *of_treated == RWE_UNMATCHED,
         is_new_control = *of_control == RWE_UNMATCHED;
    if (is_new_treated)
        *of_treated = is_new_control || replace ? (uint32_t)rows->n_sets++ : *of_control;
    if (is_new_control)
        *of_control = *of_treated;
    if (is_new_treated)
        add_row(rows, *of_treated, link->treated, 0);
    if (is_new_control || replace)
        add_row(rows, *of_treated, link->control, link->distance + 1);
}

/* Σ of distances from the one unit of a set to the others. */
static double total_of(const struct rwe_match_units *units, const struct rwe_match *match)
{
    double total = 0;
    for (size_t begin = 0, end; begin < match->n_rows; begin = end) {
        size_t n_treated = 0;
        for (end = begin; end < match->n_rows && match->row_set[end] == match->row_set[begin];)
            n_treated += units->treated[match->row_unit[end++]] != 0;
        for (size_t t = begin; t < begin + n_treated; t++)
            for (size_t c = begin + n_treated; c < end; c++)
                total += units->distance(units->data, match->row_unit[t], match->row_unit[c]);
    }
    return total;
}

enum rwe_status rwe_match_sets_make(const struct rwe_match_units *units, struct match_link link[],
                                    size_t n_links, bool replace, struct rwe_arena *arena,
                                    struct rwe_match *result)
{
    size_t most = 2 * n_links;
    uint32_t *row_unit = RWE_NEW(arena, uint32_t, most), *row_set = RWE_NEW(arena, uint32_t, most);
    struct rows rows = {.set = RWE_NEW(arena, uint32_t, units->n)};
    struct rwe_mark mark = rwe_arena_mark(arena);
    rows.unit = RWE_NEW(arena, uint32_t, most);
    rows.key = RWE_NEW(arena, uint64_t, most);
    uint32_t *degree = RWE_NEW(arena, uint32_t, units->n), *order = RWE_NEW(arena, uint32_t, most);
    if (rwe_arena_failed(arena))
        return RWE_NO_MEMORY;
    for (size_t i = 0; i < units->n; i++)
        rows.set[i] = RWE_UNMATCHED;
    n_links = replace ? n_links : keep_stars(link, n_links, degree);
    for (size_t k = 0; k < n_links; k++)
        add_link(&rows, &link[k], replace);
    if (rwe_sort_integers(rows.key, rows.n, arena, order) != RWE_OK)
        return RWE_NO_MEMORY;
    for (size_t k = 0; k < rows.n; k++) {
        row_unit[k] = rows.unit[order[k]];
        row_set[k] = (uint32_t)(rows.key[order[k]] >> 32);
    }
    rwe_arena_release(arena, mark);
    *result = (struct rwe_match){.n_sets = rows.n_sets,
                                 .set = rows.set,
                                 .n_rows = rows.n,
                                 .row_unit = row_unit,
                                 .row_set = row_set};
    result->distance_total = total_of(units, result);
    return RWE_OK;
}

/* ---- greedy matching ---- */

/* Greedy matching on the graph of admissible pairs, in rounds: a first control for each treated
 * unit, then a second, and so on. */

struct choice {
    struct match_graph *graph;
    bool *is_used;      /* by node: a control that is not free */
    uint32_t *n_chosen; /* by treated node */
};

static void take(struct choice *choice, uint32_t t, size_t edge)
{
    choice->graph->edge[edge].is_made = 1;
    choice->n_chosen[t]++;
    choice->is_used[choice->graph->edge[edge].control] = !choice->graph->task.options->replace;
}

/* All pairs by distance, each round once. Ties stay in order: treated unit, then control. */
static enum rwe_status choose_closest(struct choice *choice, struct rwe_arena *scratch)
{
    const struct match_graph *graph = choice->graph;
    size_t n_edges = graph->begin[graph->n_treated], n_before = 1, n_made = 0;
    uint64_t *key = RWE_NEW(scratch, uint64_t, n_edges);
    uint32_t *order = RWE_NEW(scratch, uint32_t, n_edges);
    uint32_t *treated = RWE_NEW(scratch, uint32_t, n_edges);
    if (rwe_arena_failed(scratch))
        return RWE_NO_MEMORY;
    for (uint32_t t = 0; t < graph->n_treated; t++)
        for (size_t e = graph->begin[t]; e < graph->begin[t + 1]; e++) {
            key[e] = graph->edge[e].distance;
            treated[e] = t;
        }
    if (rwe_sort_integers(key, n_edges, scratch, order) != RWE_OK)
        return RWE_NO_MEMORY;
    for (uint32_t round = 0; round < graph->task.options->ratio && n_made != n_before; round++) {
        n_before = n_made;
        for (size_t k = 0; k < n_edges; k++) {
            const struct match_edge *edge = &graph->edge[order[k]];
            uint32_t t = treated[order[k]];
            if (choice->n_chosen[t] != round || edge->is_made || choice->is_used[edge->control])
                continue;
            take(choice, t, order[k]);
            n_made++;
        }
    }
    return RWE_OK;
}

static bool choose_one(struct choice *choice, uint32_t t)
{
    const struct match_graph *graph = choice->graph;
    size_t best = SIZE_MAX;
    for (size_t e = graph->begin[t]; e < graph->begin[t + 1]; e++) {
        const struct match_edge *edge = &graph->edge[e];
        if (!edge->is_made && !choice->is_used[edge->control] &&
            (best == SIZE_MAX || edge->distance < graph->edge[best].distance))
            best = e;
    }
    if (best != SIZE_MAX)
        take(choice, t, best);
    return best != SIZE_MAX;
}

static enum rwe_status choose_in_order(struct choice *choice, struct rwe_arena *scratch)
{
    const struct match_graph *graph = choice->graph;
    uint32_t *chooser = RWE_NEW(scratch, uint32_t, graph->n_treated);
    uint32_t *node = RWE_NEW(scratch, uint32_t, graph->n_nodes), n = graph->n_treated;
    if (rwe_arena_failed(scratch) ||
        rwe_match_order_treated(&graph->task, scratch, chooser) != RWE_OK)
        return RWE_NO_MEMORY;
    for (uint32_t t = 0; t < graph->n_treated; t++)
        node[graph->unit[t]] = t;
    /* Who finds none in one round finds none later. */
    for (size_t round = 0; round < graph->task.options->ratio && n > 0; round++) {
        uint32_t n_left = 0;
        for (uint32_t k = 0; k < n; k++)
            if (choose_one(choice, node[chooser[k]]))
                chooser[n_left++] = chooser[k];
        n = n_left;
    }
    return RWE_OK;
}

static enum rwe_status choose_nearest(struct match_graph *graph, const void *unused,
                                      struct rwe_arena *scratch)
{
    (void)unused;
    struct choice choice = {.graph = graph,
                            .is_used = RWE_NEW(scratch, bool, graph->n_nodes),
                            .n_chosen = RWE_NEW(scratch, uint32_t, graph->n_treated)};
    if (rwe_arena_failed(scratch))
        return RWE_NO_MEMORY;
    return graph->task.options->order == RWE_MATCH_CLOSEST ? choose_closest(&choice, scratch)
                                                           : choose_in_order(&choice, scratch);
}

/* ---- from a graph to sets ---- */

enum rwe_status rwe_match_refuse_replacement(const struct rwe_match_options *options,
                                             struct rwe_error *error)
{
    if (options->replace)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "with replacement each treated unit has its nearest controls; there is "
                        "nothing to optimise");
    return RWE_OK;
}

/* The graph can be large: it has an arena of its own, which goes before the result comes. */
enum rwe_status rwe_match_in_graph(const struct rwe_match_units *units,
                                   const struct rwe_match_options *options, match_choose *choose,
                                   const void *data, struct rwe_arena *arena,
                                   struct rwe_match *result, struct rwe_error *error)
{
    struct rwe_arena *scratch = rwe_arena_new();
    struct match_graph graph;
    size_t n_links = 0;
    struct match_link *link = NULL;
    if (scratch == NULL)
        return rwe_fail_memory(error);
    enum rwe_status status = rwe_match_graph_make(&graph, units, options, scratch, error);
    if (status == RWE_OK) {
        if (choose(&graph, data, scratch) == RWE_OK)
            link = links_of(&graph, arena, &n_links);
        status = link == NULL ? rwe_fail_memory(error) : RWE_OK;
    }
    rwe_arena_free(scratch);
    if (status == RWE_OK &&
        rwe_match_sets_make(units, link, n_links, options->replace, arena, result) != RWE_OK)
        return rwe_fail_memory(error);
    return status;
}

enum rwe_status rwe_match_nearest_distance(const struct rwe_match_units *units,
                                           const struct rwe_match_options *options,
                                           struct rwe_arena *arena, struct rwe_match *result,
                                           struct rwe_error *error)
{
    return rwe_match_in_graph(units, options, choose_nearest, NULL, arena, result, error);
}
