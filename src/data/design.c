/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/data/design.h"

static enum rwe_status fill(const struct rwe_cohort *cohort, struct rwe_arena *arena,
                            struct rwe_design *design, struct rwe_error *error)
{
    uint8_t *member = RWE_NEW(arena, uint8_t, cohort->n);
    size_t *arm_size = RWE_NEW(arena, size_t, cohort->n_arms);
    if (rwe_arena_failed(arena))
        return rwe_fail_memory(error);
    for (size_t i = 0; i < cohort->n; i++) {
        member[i] = design->pair == NULL || design->pair[i] != RWE_NO_PAIR;
        arm_size[cohort->arm[i]] += member[i];
        design->n += member[i];
    }
    design->member = member;
    design->arm_size = arm_size;
    return RWE_OK;
}

enum rwe_status rwe_design_all(const struct rwe_cohort *cohort, struct rwe_arena *arena,
                               struct rwe_design *design, struct rwe_error *error)
{
    *design = (struct rwe_design){.name = "all", .label = "Whole cohort"};
    return fill(cohort, arena, design, error);
}

enum rwe_status rwe_design_pairs(const struct rwe_cohort *cohort, const uint32_t pair[],
                                 size_t n_pairs, struct rwe_arena *arena, struct rwe_design *design,
                                 struct rwe_error *error)
{
    *design = (struct rwe_design){
        .name = "matched", .label = "Matched 1:1", .pair = pair, .n_pairs = n_pairs};
    return fill(cohort, arena, design, error);
}

/* The arrays that survival data borrow, writable while they are filled. */
struct columns {
    double *entry; /* NULL: nobody enters late */
    double *time;
    uint8_t *event;
    uint32_t *group, *stratum, *cluster;
};

static uint8_t seen_as(uint8_t cause, enum rwe_design_events events)
{
    switch (events) {
    case RWE_EVENTS_ANY:
        return cause > 0;
    case RWE_EVENTS_OWN:
        return cause == 1;
    case RWE_EVENTS_BY_CAUSE:
        break;
    }
    return cause;
}

static void copy_rows(const struct rwe_cohort *cohort, const struct rwe_design *design,
                      const struct rwe_endpoint *endpoint, enum rwe_design_events events,
                      const uint32_t *stratum_of, const uint32_t *cluster_of, struct columns *to)
{
    size_t k = 0;
    for (size_t o = 0; o < cohort->n; o++) {
        uint32_t i = endpoint->order[o];
        if (!design->member[i])
            continue;
        to->time[k] = endpoint->time[i];
        if (to->entry != NULL)
            to->entry[k] = cohort->entry[i];
        to->event[k] = seen_as(endpoint->event[i], events);
        to->group[k] = cohort->arm[i];
        if (stratum_of != NULL)
            to->stratum[k] = stratum_of[i];
        if (cluster_of != NULL)
            to->cluster[k] = cluster_of[i];
        k++;
    }
}

enum rwe_status rwe_design_survival(const struct rwe_cohort *cohort,
                                    const struct rwe_design *design,
                                    const struct rwe_endpoint *endpoint,
                                    struct rwe_design_view view, struct rwe_arena *arena,
                                    struct rwe_survival_data *data, struct rwe_error *error)
{
    const uint32_t *stratum_of = view.strata == RWE_STRATA_PAIRS      ? design->pair
                                 : view.strata == RWE_STRATA_DECLARED ? cohort->stratum
                                                                      : NULL;
    const uint32_t *cluster_of = design->pair != NULL ? design->pair : cohort->cluster;
    struct columns columns = {
        .entry = cohort->entry == NULL ? NULL : RWE_NEW(arena, double, design->n),
        .time = RWE_NEW(arena, double, design->n),
        .event = RWE_NEW(arena, uint8_t, design->n),
        .group = RWE_NEW(arena, uint32_t, design->n),
        .stratum = stratum_of == NULL ? NULL : RWE_NEW(arena, uint32_t, design->n),
        .cluster = cluster_of == NULL ? NULL : RWE_NEW(arena, uint32_t, design->n),
    };
    if (rwe_arena_failed(arena))
        return rwe_fail_memory(error);
    copy_rows(cohort, design, endpoint, view.events, stratum_of, cluster_of, &columns);
    *data = (struct rwe_survival_data){
        .n = design->n,
        .entry = columns.entry,
        .time = columns.time,
        .event = columns.event,
        .n_causes = view.events == RWE_EVENTS_BY_CAUSE ? endpoint->n_causes : 1,
        .group = columns.group,
        .n_groups = cohort->n_arms,
        .stratum = columns.stratum,
        .n_strata = stratum_of == NULL                ? 1
                    : view.strata == RWE_STRATA_PAIRS ? design->n_pairs
                                                      : cohort->n_strata,
        .cluster = columns.cluster,
        .n_clusters = cluster_of == NULL     ? 0
                      : design->pair != NULL ? design->n_pairs
                                             : cohort->n_clusters,
    };
    return RWE_OK;
}
