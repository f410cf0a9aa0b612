/* SPDX-License-Identifier: GPL-3.0-or-later */
/** From links to sets and their rows. */
#include "match_flow_private.h"

#include "rwe/base/sort.h"

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

enum rwe_status match_sets_make(const struct rwe_match_units *units, struct match_link link[],
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
