/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "design_private.h"

#include "rwe/base/language.h"

#include <assert.h>

/* Each subject's weight is the sum over its rows. */
static enum rwe_status sum_rows(const struct rwe_cohort *cohort, struct rwe_design *design,
                                struct rwe_arena *arena)
{
    double *weight = RWE_NEW(arena, double, cohort->n);
    if (weight == NULL)
        return RWE_NO_MEMORY;
    for (size_t i = 0; i < cohort->n; i++)
        for (size_t r = design->rows.start[i]; r < design->rows.start[i + 1]; r++)
            weight[i] += design->rows.weight[r];
    design->weight = weight;
    return RWE_OK;
}

/* Who has a row for any endpoint. */
static enum rwe_status mark_cloned(const struct rwe_cohort *cohort, struct rwe_design *design,
                                   struct rwe_arena *arena)
{
    double *weight = RWE_NEW(arena, double, cohort->n);
    if (weight == NULL)
        return RWE_NO_MEMORY;
    for (size_t e = 0; e < cohort->n_endpoints; e++) {
        const size_t *start = design->by_endpoint[e].start;
        for (size_t i = 0; i < cohort->n; i++)
            if (start[i + 1] > start[i])
                weight[i] = 1;
    }
    design->weight = weight;
    return RWE_OK;
}

static bool is_member(const struct rwe_design *design, size_t i)
{
    if (design->weight != NULL)
        return design->weight[i] > 0;
    return design->set == NULL || design->set[i] != RWE_NO_SET;
}

enum rwe_status rwe_design_complete(const struct rwe_cohort *cohort, struct rwe_design *design,
                                    struct rwe_arena *arena, struct rwe_error *error)
{
    uint8_t *member = RWE_NEW(arena, uint8_t, cohort->n);
    size_t *arm_size = RWE_NEW(arena, size_t, cohort->n_arms);
    if (rwe_arena_failed(arena) ||
        (design->rows.start != NULL && sum_rows(cohort, design, arena) != RWE_OK) ||
        (design->by_endpoint != NULL && mark_cloned(cohort, design, arena) != RWE_OK))
        return rwe_fail_memory(error);
    design->n = 0;
    for (size_t i = 0; i < cohort->n; i++) {
        member[i] = is_member(design, i);
        arm_size[cohort->arm[i]] += member[i];
        design->n += member[i];
    }
    for (size_t a = 0; design->by_endpoint != NULL && a < cohort->n_arms; a++)
        arm_size[a] = design->n;
    if (design->estimand.of == RWE_OF_ELIGIBLE)
        design->estimand.n = cohort->n;
    design->disjoint_arms = design->by_endpoint == NULL && design->contrast != RWE_CONTRAST_STATES;
    design->member = member;
    design->arm_size = arm_size;
    return RWE_OK;
}

enum rwe_status rwe_design_all(const struct rwe_cohort *cohort, struct rwe_arena *arena,
                               struct rwe_design *design, struct rwe_error *error)
{
    *design = (struct rwe_design){.name = "all", .label = rwe_text("Whole cohort")};
    return rwe_design_complete(cohort, design, arena, error);
}

bool rwe_design_is_matched(const struct rwe_design *design)
{
    return design->set != NULL || design->rows.start != NULL;
}

size_t rwe_estimand_n_left(const struct rwe_estimand *estimand)
{
    size_t n = estimand->n;
    for (size_t r = 0; r < RWE_N_LEFT_OUT; r++)
        n -= estimand->left_out[r];
    return n;
}

size_t rwe_design_n_in(const struct rwe_cohort *cohort, const struct rwe_design *design,
                       const struct rwe_endpoint *endpoint)
{
    size_t n = 0;
    for (size_t i = 0; i < cohort->n; i++)
        n += design->member[i] && rwe_endpoint_has(endpoint, i);
    return n;
}

double rwe_design_weight(const struct rwe_design *design, size_t subject)
{
    return design->weight == NULL ? design->member[subject] : design->weight[subject];
}

bool rwe_design_arm_needs_robust(const struct rwe_design *design,
                                 const struct rwe_survival_data *data)
{
    return data->weight != NULL || data->crossed || (data->cluster != NULL && !design->paired);
}

/* ---- rows ---- */

/* A subject's rows: those of the design, or itself once, or none. */
struct span {
    size_t begin, end;
};

static struct span rows_of(const struct rwe_design *design, size_t subject)
{
    if (design->rows.start == NULL || !design->member[subject])
        return (struct span){0, design->member[subject]};
    return (struct span){design->rows.start[subject], design->rows.start[subject + 1]};
}

/* Of all, or of those whom the endpoint has. */
static size_t count_rows(const struct rwe_cohort *cohort, const struct rwe_design *design,
                         const struct rwe_endpoint *endpoint)
{
    size_t n = 0;
    for (size_t i = 0; i < cohort->n; i++) {
        struct span rows = rows_of(design, i);
        if (endpoint == NULL || rwe_endpoint_has(endpoint, i))
            n += rows.end - rows.begin;
    }
    return n;
}

/* The matched set, cluster and weight of one row; `r` counts in design->rows where there are any. */
static uint32_t set_of(const struct rwe_design *design, size_t subject, size_t r)
{
    return design->rows.start != NULL ? design->rows.set[r] : design->set[subject];
}

static double weight_of(const struct rwe_design *design, size_t subject, size_t r)
{
    return design->rows.start != NULL ? design->rows.weight[r] : design->weight[subject];
}

static uint32_t cluster_of(const struct rwe_cohort *cohort, const struct rwe_design *design,
                           size_t subject, size_t r)
{
    return rwe_design_is_matched(design) ? set_of(design, subject, r) : cohort->cluster[subject];
}

/* ---- survival data ---- */

/* The arrays that survival data borrow, writable while they are filled; NULL: not needed. */
struct columns {
    double *entry, *time, *weight;
    uint8_t *event;
    uint32_t *group, *subject, *stratum, *cluster;
};

uint8_t design_event_seen_as(uint8_t cause, enum rwe_design_events events)
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

/* What is read to fill the columns. */
struct source {
    const struct rwe_cohort *cohort;
    const struct rwe_design *design;
    const struct rwe_endpoint *endpoint;
    struct rwe_design_view view;
};

static void copy_row(const struct source *from, uint32_t i, size_t r, size_t k, struct columns *to)
{
    const struct rwe_cohort *cohort = from->cohort;
    to->time[k] = from->endpoint->time[i];
    to->event[k] = design_event_seen_as(from->endpoint->event[i], from->view.events);
    to->group[k] = cohort->arm[i];
    if (to->entry != NULL)
        to->entry[k] = cohort->entry[i];
    if (to->weight != NULL)
        to->weight[k] = weight_of(from->design, i, r);
    if (to->stratum != NULL)
        to->stratum[k] =
            from->view.strata == RWE_STRATA_SETS ? set_of(from->design, i, r) : cohort->stratum[i];
    if (to->cluster != NULL)
        to->cluster[k] = cluster_of(cohort, from->design, i, r);
    to->subject[k] = i;
}

static void copy_rows(const struct source *from, struct columns *to)
{
    size_t k = 0;
    for (size_t o = 0; o < from->cohort->n; o++) {
        uint32_t i = from->endpoint->order[o];
        struct span rows = rows_of(from->design, i);
        if (!rwe_endpoint_has(from->endpoint, i))
            continue;
        for (size_t r = rows.begin; r < rows.end; r++)
            copy_row(from, i, r, k++, to);
    }
}

static uint32_t *codes_if(bool needed, size_t n, struct rwe_arena *arena)
{
    return needed ? RWE_NEW_UNSET(arena, uint32_t, n) : NULL;
}

static double *numbers_if(bool needed, size_t n, struct rwe_arena *arena)
{
    return needed ? RWE_NEW_UNSET(arena, double, n) : NULL;
}

/* Strata exist where the view asks for some that there are. */
static bool has_strata(const struct source *from)
{
    return (from->view.strata == RWE_STRATA_SETS && rwe_design_is_matched(from->design)) ||
           (from->view.strata == RWE_STRATA_DECLARED && from->cohort->stratum != NULL);
}

static struct columns columns_new(const struct source *from, size_t n, struct rwe_arena *arena)
{
    const struct rwe_design *design = from->design;
    bool has_clusters = rwe_design_is_matched(design) || from->cohort->cluster != NULL;
    return (struct columns){
        .entry = numbers_if(from->cohort->entry != NULL, n, arena),
        .time = RWE_NEW_UNSET(arena, double, n),
        .weight =
            numbers_if(design->weight != NULL && from->view.strata != RWE_STRATA_SETS, n, arena),
        .event = RWE_NEW_UNSET(arena, uint8_t, n),
        .group = RWE_NEW_UNSET(arena, uint32_t, n),
        .stratum = codes_if(has_strata(from), n, arena),
        .cluster = codes_if(has_clusters, n, arena),
        .subject = RWE_NEW_UNSET(arena, uint32_t, n),
    };
}

static size_t n_clusters_of(const struct rwe_cohort *cohort, const struct rwe_design *design)
{
    return rwe_design_is_matched(design) ? design->n_sets
           : cohort->cluster != NULL     ? cohort->n_clusters
                                         : 0;
}

enum rwe_status rwe_design_survival(const struct rwe_cohort *cohort,
                                    const struct rwe_design *design,
                                    const struct rwe_endpoint *endpoint,
                                    struct rwe_design_view view, struct rwe_arena *arena,
                                    struct rwe_survival_data *data, struct rwe_error *error)
{
    if (design->by_endpoint != NULL)
        return design_survival_of_clones(cohort, design, endpoint, view, arena, data, error);
    const struct source from = {cohort, design, endpoint, view};
    size_t n = count_rows(cohort, design, endpoint);
    struct columns columns = columns_new(&from, n, arena);
    if (rwe_arena_failed(arena))
        return rwe_fail_memory(error);
    copy_rows(&from, &columns);
    *data = (struct rwe_survival_data){
        .n = n,
        .entry = columns.entry,
        .time = columns.time,
        .event = columns.event,
        .n_causes = view.events == RWE_EVENTS_BY_CAUSE ? endpoint->n_causes : 1,
        .group = columns.group,
        .n_groups = cohort->n_arms,
        .stratum = columns.stratum,
        .n_strata = columns.stratum == NULL          ? 1
                    : view.strata == RWE_STRATA_SETS ? design->n_sets
                                                     : cohort->n_strata,
        .cluster = columns.cluster,
        .n_clusters = n_clusters_of(cohort, design),
        .weight = columns.weight,
        .subject = columns.subject,
        .n_subjects = cohort->n,
        .crossed = design->rows.start != NULL,
        .estimation = columns.weight == NULL ? NULL : design->estimation,
    };
    return RWE_OK;
}

enum rwe_status rwe_design_narrow(const struct rwe_cohort *cohort, const struct rwe_design *design,
                                  const uint8_t keep[], struct rwe_arena *arena,
                                  struct rwe_design *narrowed)
{
    uint8_t *member = RWE_NEW(arena, uint8_t, cohort->n);
    size_t *arm_size = RWE_NEW(arena, size_t, cohort->n_arms);
    if (rwe_arena_failed(arena))
        return RWE_NO_MEMORY;
    *narrowed = *design;
    narrowed->n = 0;
    for (size_t i = 0; i < cohort->n; i++) {
        member[i] = design->member[i] && keep[i];
        arm_size[cohort->arm[i]] += member[i];
        narrowed->n += member[i];
    }
    narrowed->member = member;
    narrowed->arm_size = arm_size;
    return RWE_OK;
}

/* ---- without an endpoint ---- */

enum rwe_status rwe_design_members(const struct rwe_cohort *cohort, const struct rwe_design *design,
                                   struct rwe_arena *arena, struct rwe_design_members *members,
                                   struct rwe_error *error)
{
    assert(design->disjoint_arms);
    size_t n = count_rows(cohort, design, NULL), k = 0;
    bool has_clusters = rwe_design_is_matched(design) || cohort->cluster != NULL;
    uint32_t *subject = RWE_NEW(arena, uint32_t, n), *cluster = codes_if(has_clusters, n, arena);
    double *weight = numbers_if(design->weight != NULL, n, arena);
    if (rwe_arena_failed(arena))
        return rwe_fail_memory(error);
    for (uint32_t i = 0; i < cohort->n; i++) {
        struct span rows = rows_of(design, i);
        for (size_t r = rows.begin; r < rows.end; r++, k++) {
            subject[k] = i;
            if (cluster != NULL)
                cluster[k] = cluster_of(cohort, design, i, r);
            if (weight != NULL)
                weight[k] = weight_of(design, i, r);
        }
    }
    *members = (struct rwe_design_members){
        .n = n,
        .subject = subject,
        .weight = weight,
        .dependence = {.n = n,
                       .cluster = cluster,
                       .n_clusters = n_clusters_of(cohort, design),
                       .subject = subject,
                       .n_subjects = cohort->n,
                       .crossed = design->rows.start != NULL,
                       .estimation = design->estimation},
    };
    return RWE_OK;
}
