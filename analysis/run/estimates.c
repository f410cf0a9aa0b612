/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/analysis/estimates.h"

#include <assert.h>

struct rwe_estimates rwe_estimates_of_data(struct rwe_arena *arena)
{
    return (struct rwe_estimates){.arena = arena, .from_data = true};
}

struct rwe_estimates rwe_estimates_of_replicate(const struct rwe_estimates *data, double value[])
{
    struct rwe_estimates replicate = *data;
    replicate.from_data = false;
    replicate.value = value;
    replicate.n = replicate.n_kept = 0;
    return replicate;
}

static void describe(struct rwe_estimates *estimates, const struct rwe_estimate *estimate)
{
    estimates->item = rwe_arena_grow(estimates->arena, estimates->item, &estimates->room,
                                     estimates->n + 1, sizeof *estimate);
    if (estimates->item != NULL)
        estimates->item[estimates->n++] = *estimate;
}

void rwe_estimates_add(struct rwe_estimates *estimates, const struct rwe_key *key, const char *stat,
                       enum rwe_estimate_kind kind, double value)
{
    if (estimates->from_data) {
        describe(estimates, &(struct rwe_estimate){*key, stat, kind, value});
        return;
    }
    assert(estimates->n < estimates->room);
    estimates->value[estimates->n++] = value;
}

double rwe_estimates_keep(struct rwe_estimates *estimates, double value)
{
    if (!estimates->from_data) {
        assert(estimates->n_kept < estimates->kept_room);
        return estimates->kept[estimates->n_kept++];
    }
    estimates->kept = rwe_arena_grow(estimates->arena, estimates->kept, &estimates->kept_room,
                                     estimates->n_kept + 1, sizeof value);
    if (estimates->kept != NULL)
        estimates->kept[estimates->n_kept++] = value;
    return value;
}
