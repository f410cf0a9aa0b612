/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/analysis/estimates.h"

#include "rwe/analysis/analysis.h"

#include <math.h>
#include <string.h>

struct rwe_estimates {
    struct rwe_arena *arena;
    struct rwe_estimate *item;
    size_t n, room;
    bool
        is_repeated; /* the list is walked once more, to be told: what is in it already stays one */
    const struct rwe_inference *replaced; /* by estimate of that walk: what is in force; or NULL */
    size_t n_replaced;
    const struct rwe_estimates *data; /* of a replicate: whose list its values are of; else NULL */
    double *value;                    /* of a replicate, by estimate of the data */
    size_t next;                      /* where the next is expected, since walks are alike */
};

struct rwe_estimates *rwe_estimates_new(struct rwe_arena *arena)
{
    struct rwe_estimates *estimates = RWE_NEW(arena, struct rwe_estimates, 1);
    if (estimates != NULL)
        estimates->arena = arena;
    return estimates;
}

struct rwe_estimates *rwe_estimates_of_replicate(const struct rwe_estimates *data, double value[],
                                                 struct rwe_arena *arena)
{
    struct rwe_estimates *estimates = rwe_estimates_new(arena);
    if (estimates == NULL)
        return NULL;
    estimates->data = data;
    estimates->value = value;
    for (size_t k = 0; k < data->n; k++)
        value[k] = NAN;
    return estimates;
}

void rwe_estimates_repeat(struct rwe_estimates *estimates, const struct rwe_inference in_force[])
{
    estimates->is_repeated = true;
    estimates->replaced = in_force;
    estimates->n_replaced = estimates->n;
    estimates->next = 0;
}

struct rwe_arena *rwe_estimates_arena(const struct rwe_estimates *estimates)
{
    return estimates->arena;
}

size_t rwe_estimates_n(const struct rwe_estimates *estimates)
{
    return estimates->n;
}

const struct rwe_estimate *rwe_estimates_item(const struct rwe_estimates *estimates, size_t k)
{
    return &estimates->item[k];
}

/* The position of an estimate, looked for from `from` on and then before it. */
static size_t find_from(const struct rwe_estimates *estimates, size_t from,
                        const struct rwe_key *key, const char *stat)
{
    for (size_t i = 0; i < estimates->n; i++) {
        size_t k = from + i < estimates->n ? from + i : from + i - estimates->n;
        const struct rwe_estimate *item = &estimates->item[k];
        if (strcmp(item->stat, stat) == 0 && rwe_key_equal(&item->key, key))
            return k;
    }
    return RWE_NO_INDEX;
}

size_t rwe_estimates_find(const struct rwe_estimates *estimates, const struct rwe_key *key,
                          const char *stat)
{
    return find_from(estimates, 0, key, stat);
}

/* ---- listing ---- */

static const char *copy_text(struct rwe_arena *arena, const char *text, const char *last)
{
    if (text == NULL || (last != NULL && strcmp(text, last) == 0))
        return text == NULL ? NULL : last;
    return rwe_arena_string(arena, text);
}

/* The key with texts of the list's own; where the one before has the same text, that. */
static struct rwe_key copy_key(const struct rwe_estimates *list, const struct rwe_key *key)
{
    struct rwe_key none = {0};
    const struct rwe_key *last = list->n == 0 ? &none : &list->item[list->n - 1].key;
    return (struct rwe_key){
        .analysis = copy_text(list->arena, key->analysis, last->analysis),
        .endpoint = copy_text(list->arena, key->endpoint, last->endpoint),
        .population = copy_text(list->arena, key->population, last->population),
        .model = copy_text(list->arena, key->model, last->model),
        .group = copy_text(list->arena, key->group, last->group),
        .term = copy_text(list->arena, key->term, last->term),
        .level = copy_text(list->arena, key->level, last->level),
        .time = key->time,
    };
}

static void append(struct rwe_estimates *list, const struct rwe_estimate *estimate)
{
    struct rwe_estimate copy = *estimate;
    copy.key = copy_key(list, &estimate->key);
    copy.stat = rwe_arena_string(list->arena, estimate->stat);
    struct rwe_estimate *item =
        rwe_arena_grow(list->arena, list->item, &list->room, list->n + 1, sizeof *item);
    if (item == NULL)
        return; /* the arena remembers */
    list->item = item;
    list->item[list->n++] = copy;
}

/* Where the data's list has it; the walk goes on behind it. */
static size_t position(struct rwe_estimates *walk, const struct rwe_estimates *list,
                       const struct rwe_key *key, const char *stat)
{
    size_t k = find_from(list, walk->next < list->n ? walk->next : 0, key, stat);
    if (k != RWE_NO_INDEX)
        walk->next = k + 1;
    return k;
}

/* What is in force for an estimate of this list. */
static struct rwe_inference list(struct rwe_run *run, const struct rwe_estimate *estimate)
{
    struct rwe_estimates *estimates = run->estimates;
    struct rwe_inference inference = estimate->own;
    size_t k = RWE_NO_INDEX;
    if (estimates->data != NULL) {
        k = position(estimates, estimates->data, &estimate->key, estimate->stat);
        if (k != RWE_NO_INDEX)
            estimates->value[k] = inference.value;
        return inference;
    }
    if (estimates->is_repeated)
        k = position(estimates, estimates, &estimate->key, estimate->stat);
    if (k == RWE_NO_INDEX)
        append(estimates, estimate);
    else if (estimates->replaced != NULL && k < estimates->n_replaced)
        inference = estimates->replaced[k];
    return inference;
}

struct rwe_inference rwe_run_estimate(struct rwe_run *run, const struct rwe_key *key,
                                      const char *stat, enum rwe_estimate_kind kind,
                                      const struct rwe_inference *own)
{
    return list(run, &(struct rwe_estimate){*key, stat, kind, false, *own});
}

struct rwe_inference rwe_run_estimate_once(struct rwe_run *run, const struct rwe_key *key,
                                           const char *stat, enum rwe_estimate_kind kind,
                                           const struct rwe_inference *own)
{
    return list(run, &(struct rwe_estimate){*key, stat, kind, true, *own});
}

double rwe_run_fixed(struct rwe_run *run, const struct rwe_key *key, const char *stat, double value)
{
    struct rwe_estimates *estimates = run->estimates;
    if (estimates->data == NULL) {
        rwe_run_estimate(run, key, stat, RWE_ESTIMATE_FIXED,
                         &(struct rwe_inference){.value = value});
        return value;
    }
    size_t k = position(estimates, estimates->data, key, stat);
    return k == RWE_NO_INDEX ? NAN : estimates->data->item[k].own.value;
}
