/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Survival data of clones: pieces of follow-up in order of time. */
#include "cohort/cohort_private.h"
#include "design_private.h"
#include "rwe/base/sort.h"

/* A row of the design that is at risk, cut where the subject's own follow-up ends; whole, so that putting
 * rows in order reads one place each. */
struct piece {
    double entry, time, weight;
    uint32_t subject, arm, stratum;
    uint32_t copies; /* of the subject that have a piece like it */
    uint8_t event;
    uint8_t of; /* enum rwe_row_piece */
};

struct source {
    const struct rwe_cohort *cohort;
    const struct rwe_endpoint *endpoint;
    const struct rwe_design_rows *rows;
    enum rwe_design_events events;
};

static const struct rwe_design_rows *rows_for(const struct rwe_cohort *cohort,
                                              const struct rwe_design *design,
                                              const struct rwe_endpoint *endpoint)
{
    return &design->by_endpoint[endpoint - cohort->endpoint];
}

/* When the subject's follow-up ends, by the clock of row r. */
static double end_of(const struct rwe_design_rows *rows, const struct rwe_endpoint *endpoint,
                     uint32_t subject, size_t r)
{
    return endpoint->time[subject] - (rows->origin == NULL ? 0 : rows->origin[r]);
}

/* Whether row `next` takes up the follow-up that row r of the same subject leaves. */
static bool goes_on(const struct rwe_design_rows *rows, size_t r, size_t next)
{
    return rows->arm[r] == rows->arm[next] && rows->until[r] == rows->from[next] &&
           (rows->trial == NULL || rows->trial[r] == rows->trial[next]);
}

static uint8_t piece_of(const struct rwe_design_rows *rows, uint32_t subject, size_t r, double end)
{
    size_t first = rows->start[subject], last = rows->start[subject + 1] - 1;
    uint8_t of = 0;
    if (r > first && goes_on(rows, r - 1, r))
        of |= RWE_PIECE_LATER;
    if (r < last && rows->until[r] < end && goes_on(rows, r, r + 1))
        of |= RWE_PIECE_GOES_ON;
    return of;
}

/* Whether the subject is drawn as the one before was, and has the same rows. */
static bool repeats(const struct source *from, const struct rwe_design *design, uint32_t i)
{
    const struct rwe_design_rows *rows = from->rows;
    if (!rwe_cohort_is_copy(from->cohort, i) || !design->member[i - 1])
        return false;
    size_t first = rows->start[i - 1], next = rows->start[i], n = next - first;
    if (rows->start[i + 1] - next != n)
        return false;
    bool same = true;
    for (size_t r = first; r < next; r++)
        same &= rows->from[r] == rows->from[r + n] && rows->until[r] == rows->until[r + n] &&
                rows->weight[r] == rows->weight[r + n] && rows->arm[r] == rows->arm[r + n] &&
                (rows->trial == NULL || rows->trial[r] == rows->trial[r + n]);
    return same;
}

/* Nested trials, crossed with the strata declared. */
static uint32_t stratum_of(const struct source *from, uint32_t i, size_t r)
{
    const struct rwe_cohort *cohort = from->cohort;
    uint32_t declared = cohort->stratum == NULL ? 0 : cohort->stratum[i];
    if (from->rows->trial == NULL)
        return declared;
    size_t of_each = cohort->stratum == NULL ? 1 : cohort->n_strata;
    return (uint32_t)(from->rows->trial[r] * of_each + declared);
}

/* Row r of subject i, whose own follow-up ends at `end` by its clock. */
static struct piece make_piece(const struct source *from, uint32_t i, size_t r, double end)
{
    const struct rwe_design_rows *rows = from->rows;
    bool leaves = rows->until[r] < end;
    return (struct piece){
        .entry = rows->from[r],
        .time = leaves ? rows->until[r] : end,
        .weight = rows->weight[r],
        .subject = i,
        .arm = rows->arm[r],
        .stratum = stratum_of(from, i, r),
        .copies = 1,
        .event = leaves ? 0 : design_event_seen_as(from->endpoint->event[i], from->events),
        .of = piece_of(rows, i, r, end),
    };
}

/* Lists the pieces of all members, by subject and row, those of copies once where they are to be merged;
 * returns how many. */
static size_t list_pieces(const struct source *from, const struct rwe_design *design,
                          struct piece piece[])
{
    const struct rwe_design_rows *rows = from->rows;
    size_t n = 0, first = 0; /* the piece that the subject before began with */
    for (uint32_t i = 0; i < from->cohort->n; i++) {
        if (!design->member[i])
            continue;
        if (design->merge_copies && repeats(from, design, i)) {
            for (size_t k = first; k < n; k++)
                piece[k].copies++;
            continue;
        }
        first = n;
        for (size_t r = rows->start[i]; r < rows->start[i + 1]; r++) {
            double end = end_of(rows, from->endpoint, i, r);
            if (rows->from[r] < end)
                piece[n++] = make_piece(from, i, r, end);
        }
    }
    return n;
}

/* The arrays that survival data borrow, while they are filled. */
struct columns {
    size_t n; /* rows filled */
    double *entry, *time, *weight;
    uint8_t *event, *piece;
    uint32_t *group, *subject, *stratum, *cluster;
};

static struct columns columns_new(size_t n, bool has_strata, struct rwe_arena *arena)
{
    return (struct columns){
        .entry = RWE_NEW_UNSET(arena, double, n),
        .time = RWE_NEW_UNSET(arena, double, n),
        .weight = RWE_NEW_UNSET(arena, double, n),
        .event = RWE_NEW_UNSET(arena, uint8_t, n),
        .piece = RWE_NEW_UNSET(arena, uint8_t, n),
        .group = RWE_NEW_UNSET(arena, uint32_t, n),
        .subject = RWE_NEW_UNSET(arena, uint32_t, n),
        .stratum = has_strata ? RWE_NEW_UNSET(arena, uint32_t, n) : NULL,
        .cluster = RWE_NEW_UNSET(arena, uint32_t, n),
    };
}

static size_t count_strata(const struct source *from)
{
    size_t declared = from->cohort->stratum == NULL ? 1 : from->cohort->n_strata;
    return declared * (from->rows->trial == NULL ? 1 : from->rows->n_trials);
}

static void copy_piece(const struct source *from, const struct piece *piece, double weight,
                       struct columns *to)
{
    uint32_t i = piece->subject;
    size_t k = to->n++;
    to->entry[k] = piece->entry;
    to->time[k] = piece->time;
    to->weight[k] = weight;
    to->event[k] = piece->event;
    to->piece[k] = piece->of;
    to->group[k] = piece->arm;
    to->subject[k] = i;
    to->cluster[k] = from->cohort->cluster != NULL ? from->cohort->cluster[i] : i;
    if (to->stratum != NULL)
        to->stratum[k] = piece->stratum;
}

/* A row each, or where it stands for copies one of all their weight; but each event is a row, since
 * ties are counted by rows. */
static void copy_pieces(const struct source *from, const struct piece piece[],
                        const uint32_t order[], size_t n, struct columns *to)
{
    for (size_t k = 0; k < n; k++) {
        const struct piece *of = &piece[order[k]];
        if (!of->event)
            copy_piece(from, of, of->weight * of->copies, to);
        for (uint32_t c = 0; of->event && c < of->copies; c++)
            copy_piece(from, of, of->weight, to);
    }
}

static struct rwe_survival_data show(const struct source *from, const struct columns *columns)
{
    const struct rwe_cohort *cohort = from->cohort;
    return (struct rwe_survival_data){
        .n = columns->n,
        .entry = columns->entry,
        .time = columns->time,
        .event = columns->event,
        .piece = columns->piece,
        .n_causes = 1,
        .group = columns->group,
        .n_groups = cohort->n_arms,
        .stratum = columns->stratum,
        .n_strata = columns->stratum == NULL ? 1 : count_strata(from),
        .cluster = columns->cluster,
        .n_clusters = cohort->cluster != NULL ? cohort->n_clusters : cohort->n,
        .weight = columns->weight,
        .subject = columns->subject,
        .n_subjects = cohort->n,
    };
}

/* Puts the pieces in order of time. Times that restarted clocks brought together are settled, as those
 * of an endpoint are when it is built: for a piece that goes on, its next begins where it ends. */
static enum rwe_status order_pieces(struct piece piece[], size_t n, bool restarted,
                                    struct rwe_arena *arena, uint32_t order[])
{
    double *time = RWE_NEW_UNSET(arena, double, n);
    for (size_t k = 0; time != NULL && k < n; k++)
        time[k] = piece[k].time;
    if (time == NULL || rwe_sort_numbers(time, n, arena, order) != RWE_OK)
        return RWE_NO_MEMORY;
    if (!restarted)
        return RWE_OK;
    rwe_cohort_settle_ties(time, order, n);
    for (size_t k = 0; k < n; k++) {
        piece[k].time = time[k];
        if (piece[k].of & RWE_PIECE_LATER)
            piece[k].entry = time[k - 1];
    }
    return RWE_OK;
}

enum rwe_status design_survival_of_clones(const struct rwe_cohort *cohort,
                                          const struct rwe_design *design,
                                          const struct rwe_endpoint *endpoint,
                                          struct rwe_design_view view, struct rwe_arena *arena,
                                          struct rwe_survival_data *data, struct rwe_error *error)
{
    const struct rwe_design_rows *rows = rows_for(cohort, design, endpoint);
    const struct source from = {cohort, endpoint, rows, view.events};
    bool has_strata =
        view.strata == RWE_STRATA_DECLARED && (cohort->stratum != NULL || rows->trial != NULL);
    struct columns columns = columns_new(rows->start[cohort->n], has_strata, arena);
    struct rwe_mark mark = rwe_arena_mark(arena);
    struct piece *piece = RWE_NEW_UNSET(arena, struct piece, rows->start[cohort->n]);
    uint32_t *order = RWE_NEW_UNSET(arena, uint32_t, rows->start[cohort->n]);
    if (rwe_arena_failed(arena))
        return rwe_fail_memory(error);
    size_t n = list_pieces(&from, design, piece);
    if (order_pieces(piece, n, rows->origin != NULL, arena, order) != RWE_OK)
        return rwe_fail_memory(error);
    copy_pieces(&from, piece, order, n, &columns);
    rwe_arena_release(arena, mark);
    *data = show(&from, &columns);
    if (view.events == RWE_EVENTS_BY_CAUSE)
        data->n_causes = endpoint->n_causes;
    return RWE_OK;
}
