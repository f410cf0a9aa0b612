/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/stats/match_flow.h"

#include "match_flow_private.h"

/* How pairs are chosen from the graph. */
typedef enum rwe_status choose_pairs(struct match_graph *graph, const void *data,
                                     struct rwe_arena *scratch);

/* The graph can be large: it has an arena of its own, which goes before the result comes. */
static enum rwe_status match_in_graph(const struct rwe_match_units *units,
                                      const struct rwe_match_options *options, choose_pairs *choose,
                                      const void *data, struct rwe_arena *arena,
                                      struct rwe_match *result, struct rwe_error *error)
{
    struct rwe_arena *scratch = rwe_arena_new();
    struct match_graph graph;
    size_t n_links = 0;
    struct match_link *link = NULL;
    if (scratch == NULL)
        return rwe_fail_memory(error);
    enum rwe_status status = match_graph_make(&graph, units, options, scratch, error);
    if (status == RWE_OK) {
        if (choose(&graph, data, scratch) == RWE_OK)
            link = match_links_of(&graph, arena, &n_links);
        status = link == NULL ? rwe_fail_memory(error) : RWE_OK;
    }
    rwe_arena_free(scratch);
    if (status == RWE_OK &&
        match_sets_make(units, link, n_links, options->replace, arena, result) != RWE_OK)
        return rwe_fail_memory(error);
    return status;
}

static enum rwe_status choose_by_flow(struct match_graph *graph, const void *worth,
                                      struct rwe_arena *scratch)
{
    const struct match_worth *of_arm = worth;
    struct match_flow flow = {.graph = graph, .worth = {of_arm[0], of_arm[1]}};
    if (match_flow_solve(&flow, scratch) != RWE_OK)
        return RWE_NO_MEMORY;
    return match_flow_settle_ties(&flow, scratch);
}

enum rwe_status match_refuse_replacement(const struct rwe_match_options *options,
                                         struct rwe_error *error)
{
    if (options->replace)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "with replacement each treated unit has its nearest controls; there is "
                        "nothing to optimise");
    return RWE_OK;
}

/* More than the distances of any matching of n units can add up to. */
static int64_t prize_of(size_t n)
{
    return ((int64_t)n + 1) << 30;
}

static uint32_t most_of(size_t limit)
{
    return limit == 0 || limit > UINT32_MAX ? UINT32_MAX : (uint32_t)limit;
}

/* A pair is worth one prize, a treated unit's first pair another: most treated units and most pairs
 * can be had together (numbers of pairs that can be had form a polymatroid), so neither is at the
 * expense of the other. */
enum rwe_status rwe_match_optimal_distance(const struct rwe_match_units *units,
                                           const struct rwe_match_options *options,
                                           struct rwe_arena *arena, struct rwe_match *result,
                                           struct rwe_error *error)
{
    int64_t prize = prize_of(units->n);
    const struct match_worth worth[2] = {
        {.most = 1}, {.first = 2 * prize, .more = prize, .most = most_of(options->ratio)}};
    enum rwe_status status = match_refuse_replacement(options, error);
    if (status != RWE_OK)
        return status;
    return match_in_graph(units, options, choose_by_flow, worth, arena, result, error);
}

/* The first link of each unit is worth a prize. The least cover has no link between two units that
 * both have others, unless its distance is 0: so it consists of stars. */
enum rwe_status rwe_match_full_distance(const struct rwe_match_units *units,
                                        const struct rwe_match_options *options,
                                        const struct rwe_match_full_limits *limits,
                                        struct rwe_arena *arena, struct rwe_match *result,
                                        struct rwe_error *error)
{
    const struct rwe_match_full_limits none = {0};
    const struct rwe_match_full_limits *most = limits == NULL ? &none : limits;
    const struct match_worth worth[2] = {
        {.first = prize_of(units->n), .most = most_of(most->treated)},
        {.first = prize_of(units->n), .most = most_of(most->controls)}};
    enum rwe_status status = match_refuse_replacement(options, error);
    if (status != RWE_OK)
        return status;
    return match_in_graph(units, options, choose_by_flow, worth, arena, result, error);
}

enum rwe_status rwe_match_nearest_distance(const struct rwe_match_units *units,
                                           const struct rwe_match_options *options,
                                           struct rwe_arena *arena, struct rwe_match *result,
                                           struct rwe_error *error)
{
    return match_in_graph(units, options, match_choose_nearest, NULL, arena, result, error);
}
