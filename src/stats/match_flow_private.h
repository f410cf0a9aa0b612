/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Admissible pairs as a graph, a flow of least cost on it, and sets made of links. */
#ifndef STATS_MATCH_FLOW_PRIVATE_H
#define STATS_MATCH_FLOW_PRIVATE_H

#include "match_private.h"
#include "rwe/stats/match_flow.h"

/** An admissible pair, its distance in units of the grid. */
struct match_edge {
    uint32_t control; /**< node */
    uint32_t distance : 31;
    uint32_t is_made : 1;
};

/** Treated units are nodes 0 … n_treated − 1, controls those after, each arm in order of units. */
struct match_graph {
    uint32_t n_treated, n_nodes;
    uint32_t *unit;          /**< n_nodes */
    size_t *begin;           /**< n_treated + 1: edge[begin[t]] … are those of treated node t */
    struct match_edge *edge; /**< by treated node, then control node */
    struct match_task task;  /**< levels, options */
};

/** Units whose distance is that of their scores. */
struct rwe_match_units rwe_match_units_on_score(const double score[], const uint8_t treated[],
                                                size_t n);

/** Scores finite, caliper and ratio in their ranges. */
enum rwe_status rwe_match_check_units(const struct rwe_match_units *units,
                                      const struct rwe_match_options *options,
                                      struct rwe_error *error);

/** RWE_BAD_INPUT where a control may be used again: then nothing is to be optimised. */
enum rwe_status rwe_match_refuse_replacement(const struct rwe_match_options *options,
                                             struct rwe_error *error);

/** Checks units and options, then lists the admissible pairs. */
enum rwe_status rwe_match_graph_make(struct match_graph *graph, const struct rwe_match_units *units,
                                     const struct rwe_match_options *options,
                                     struct rwe_arena *scratch, struct rwe_error *error);

/** Marks the pairs that are made in the edges. RWE_NO_MEMORY or RWE_OK. */
typedef enum rwe_status match_choose(struct match_graph *graph, const void *data,
                                     struct rwe_arena *scratch);

/** Sets from the pairs that `choose`, which gets `data`, makes among the admissible ones. */
enum rwe_status rwe_match_in_graph(const struct rwe_match_units *units,
                                   const struct rwe_match_options *options, match_choose *choose,
                                   const void *data, struct rwe_arena *arena,
                                   struct rwe_match *result, struct rwe_error *error);

/** What each further link of a node is worth: `first`, then `more` up to `most` links. Falling. */
struct match_worth {
    int64_t first, more;
    uint32_t most;
};

/** A link of the flow, in the list of its control. */
struct match_owner {
    uint32_t treated, edge, next;
};

#define MATCH_NONE UINT32_MAX

/**
 * Links of the greatest worth less distance. As a flow: from a node, the bank, to treated nodes, on
 * to controls and back to the bank. Potentials (of the bank 0) leave no residual arc a reduced cost
 * below 0, which proves the optimum (Ahuja, Magnanti & Orlin, Network Flows, 1993, ch. 9).
 */
struct match_flow {
    struct match_graph *graph;
    struct match_worth worth[2]; /**< of controls, of treated nodes */
    int64_t *potential;          /**< n_nodes */
    uint32_t *degree;            /**< n_nodes: links */
    uint32_t *first_owner;       /**< n_nodes, of a control: item of owner, or MATCH_NONE */
    struct match_owner *owner;
    uint32_t free_owner, n_owners;
    /* Search: n_nodes + 1, the bank last. */
    int64_t *length;
    uint32_t *from, *from_edge, *place, *heap, *touched;
    uint32_t heap_size, n_touched;
};

static inline uint32_t match_bank(const struct match_flow *flow)
{
    return flow->graph->n_nodes;
}

static inline bool match_is_treated(const struct match_flow *flow, uint32_t node)
{
    return node < flow->graph->n_treated;
}

/** Worth of link number `link`, from 0, of a node. */
static inline int64_t match_worth_of(const struct match_flow *flow, uint32_t node, uint32_t link)
{
    const struct match_worth *worth = &flow->worth[match_is_treated(flow, node)];
    return link == 0 ? worth->first : worth->more;
}

static inline bool match_has_room(const struct match_flow *flow, uint32_t node)
{
    return flow->degree[node] < flow->worth[match_is_treated(flow, node)].most;
}

/** Cost of a pair that is not made, less what potentials explain; 0: it is in some optimum. */
static inline int64_t match_reduced(const struct match_flow *flow, uint32_t treated, size_t edge)
{
    const struct match_edge *e = &flow->graph->edge[edge];
    return (int64_t)e->distance + flow->potential[treated] - flow->potential[e->control];
}

/** The optimum for flow->graph and flow->worth, marked in the edges. RWE_NO_MEMORY or RWE_OK. */
enum rwe_status rwe_match_flow_solve(struct match_flow *flow, struct rwe_arena *scratch);

/** Goes over to the canonical one of all optima. */
enum rwe_status rwe_match_flow_settle_ties(struct match_flow *flow, struct rwe_arena *scratch);

/** A treated unit and a control of one set; the distance on the grid orders the controls. */
struct match_link {
    uint32_t treated, control;
    uint32_t distance;
};

/**
 * Sets from links by treated unit, then control. Unless `replace`, the links of a set are made a star:
 * one between two units that both have others goes (its distance is then 0). Workspace stays in the
 * arena behind the result.
 */
enum rwe_status rwe_match_sets_make(const struct rwe_match_units *units, struct match_link link[],
                                    size_t n_links, bool replace, struct rwe_arena *arena,
                                    struct rwe_match *result);

#endif
