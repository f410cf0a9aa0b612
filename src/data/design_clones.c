/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Survival data of clones: pieces of follow-up in order of time. */
#include "design_private.h"
#include "rwe/base/sort.h"

/* A row of the design that is at risk, cut where the subject's own follow-up ends. */
struct piece {
    uint32_t subject, row;
    double time;
};

static const struct rwe_design_rows *rows_for(const struct rwe_cohort *cohort,
                                              const struct rwe_design *design,
                                              const struct rwe_endpoint *endpoint)
{
    return &design->by_endpoint[endpoint - cohort->endpoint];
}

/* Lists the pieces of all members, by subject and row; returns how many. */
static size_t list_pieces(const struct rwe_cohort *cohort, const struct rwe_design *design,
                          const struct rwe_endpoint *endpoint, struct piece piece[])
{
    const struct rwe_design_rows *rows = rows_for(cohort, design, endpoint);
    size_t n = 0;
    for (uint32_t i = 0; i < cohort->n; i++)
        for (size_t r = rows->start[i]; design->member[i] && r < rows->start[i + 1]; r++) {
            double end = endpoint->time[i];
            if (rows->from[r] < end)
                piece[n++] = (struct piece){.subject = i,
                                            .row = (uint32_t)r,
                                            .time = rows->until[r] < end ? rows->until[r] : end};
        }
    return n;
}

/* Whether row `next` takes up the follow-up that row r of the same subject leaves. */
static bool goes_on(const struct rwe_design_rows *rows, size_t r, size_t next)
{
    return rows->arm[r] == rows->arm[next] && rows->until[r] == rows->from[next];
}

static uint8_t piece_of(const struct rwe_design_rows *rows, const struct piece *piece, double end)
{
    size_t r = piece->row, first = rows->start[piece->subject];
    size_t last = rows->start[piece->subject + 1] - 1;
    uint8_t of = 0;
    if (r > first && goes_on(rows, r - 1, r))
        of |= RWE_PIECE_LATER;
    if (r < last && rows->until[r] < end && goes_on(rows, r, r + 1))
        of |= RWE_PIECE_GOES_ON;
    return of;
}

/* The arrays that survival data borrow, while they are filled. */
struct columns {
    double *entry, *time, *weight;
    uint8_t *event, *piece;
    uint32_t *group, *subject, *stratum, *cluster;
};

static struct columns columns_new(size_t n, bool has_strata, struct rwe_arena *arena)
{
    return (struct columns){
        .entry = RWE_NEW(arena, double, n),
        .time = RWE_NEW(arena, double, n),
        .weight = RWE_NEW(arena, double, n),
        .event = RWE_NEW(arena, uint8_t, n),
        .piece = RWE_NEW(arena, uint8_t, n),
        .group = RWE_NEW(arena, uint32_t, n),
        .subject = RWE_NEW(arena, uint32_t, n),
        .stratum = has_strata ? RWE_NEW(arena, uint32_t, n) : NULL,
        .cluster = RWE_NEW(arena, uint32_t, n),
    };
}

struct source {
    const struct rwe_cohort *cohort;
    const struct rwe_endpoint *endpoint;
    const struct rwe_design_rows *rows;
    enum rwe_design_events events;
};

static void copy_piece(const struct source *from, const struct piece *piece, size_t k,
                       struct columns *to)
{
    uint32_t i = piece->subject;
    size_t r = piece->row;
    double end = from->endpoint->time[i];
    to->entry[k] = from->rows->from[r];
    to->time[k] = piece->time;
    to->weight[k] = from->rows->weight[r];
    to->event[k] = from->rows->until[r] < end
                       ? 0
                       : design_event_seen_as(from->endpoint->event[i], from->events);
    to->piece[k] = piece_of(from->rows, piece, end);
    to->group[k] = from->rows->arm[r];
    to->subject[k] = i;
    to->cluster[k] = from->cohort->cluster != NULL ? from->cohort->cluster[i] : i;
    if (to->stratum != NULL)
        to->stratum[k] = from->cohort->stratum[i];
}

static struct rwe_survival_data show(const struct rwe_cohort *cohort, size_t n,
                                     const struct columns *columns)
{
    return (struct rwe_survival_data){
        .n = n,
        .entry = columns->entry,
        .time = columns->time,
        .event = columns->event,
        .piece = columns->piece,
        .n_causes = 1,
        .group = columns->group,
        .n_groups = cohort->n_arms,
        .stratum = columns->stratum,
        .n_strata = columns->stratum == NULL ? 1 : cohort->n_strata,
        .cluster = columns->cluster,
        .n_clusters = cohort->cluster != NULL ? cohort->n_clusters : cohort->n,
        .weight = columns->weight,
        .subject = columns->subject,
        .n_subjects = cohort->n,
    };
}

enum rwe_status design_survival_of_clones(const struct rwe_cohort *cohort,
                                          const struct rwe_design *design,
                                          const struct rwe_endpoint *endpoint,
                                          struct rwe_design_view view, struct rwe_arena *arena,
                                          struct rwe_survival_data *data, struct rwe_error *error)
{
    const struct rwe_design_rows *rows = rows_for(cohort, design, endpoint);
    const struct source from = {cohort, endpoint, rows, view.events};
    bool has_strata = view.strata == RWE_STRATA_DECLARED && cohort->stratum != NULL;
    struct columns columns = columns_new(rows->start[cohort->n], has_strata, arena);
    struct rwe_mark mark = rwe_arena_mark(arena);
    struct piece *piece = RWE_NEW(arena, struct piece, rows->start[cohort->n]);
    double *time = RWE_NEW(arena, double, rows->start[cohort->n]);
    uint32_t *order = RWE_NEW(arena, uint32_t, rows->start[cohort->n]);
    if (rwe_arena_failed(arena))
        return rwe_fail_memory(error);
    size_t n = list_pieces(cohort, design, endpoint, piece);
    for (size_t k = 0; k < n; k++)
        time[k] = piece[k].time;
    if (rwe_sort_numbers(time, n, arena, order) != RWE_OK)
        return rwe_fail_memory(error);
    for (size_t k = 0; k < n; k++)
        copy_piece(&from, &piece[order[k]], k, &columns);
    rwe_arena_release(arena, mark);
    *data = show(cohort, n, &columns);
    if (view.events == RWE_EVENTS_BY_CAUSE)
        data->n_causes = endpoint->n_causes;
    return RWE_OK;
}
