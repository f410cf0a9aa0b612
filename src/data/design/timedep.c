/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/data/timedep.h"

#include "cohort/cohort_take_private.h"
#include "rwe/base/sort.h"
#include "timedep_private.h"

#include <float.h>
#include <math.h>

/* What a subject's time is cut by. */
struct cut {
    const struct rwe_cohort *cohort; /* with the one endpoint */
    const double *start;             /* by subject, settled; NaN: never */
    const double
        *close; /* by subject, settled; INFINITY: not before the end of follow-up. NULL: rows are
                            not cut there */
};

static double entry_of(const struct rwe_cohort *cohort, size_t i)
{
    return cohort->entry == NULL ? 0 : cohort->entry[i];
}

/* ---- starts nearly equal to a time ---- */

/* The tolerance of the endpoint's own times: sqrt(DBL_EPSILON) of the mean of the distinct ones. */
static double tolerance_of(const struct rwe_endpoint *endpoint, size_t n)
{
    double sum = 0;
    size_t distinct = 0;
    for (size_t k = 0; k < n; k++) {
        double now = endpoint->time[endpoint->order[k]];
        if (k > 0 && now == endpoint->time[endpoint->order[k - 1]])
            continue;
        sum += now;
        distinct++;
    }
    return distinct == 0 ? 0 : sqrt(DBL_EPSILON) * sum / (double)distinct;
}

/* The least time of the endpoint within the tolerance of `start`, or `start` itself. */
static double settle(const struct rwe_endpoint *endpoint, size_t n, double start, double tolerance)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (endpoint->time[endpoint->order[middle]] < start - tolerance)
            low = middle + 1;
        else
            high = middle;
    }
    double next = low < n ? endpoint->time[endpoint->order[low]] : INFINITY;
    return next - start <= tolerance ? next : start;
}

double *timedep_settle_starts(const struct rwe_cohort *cohort, const struct rwe_endpoint *endpoint,
                              struct rwe_arena *arena)
{
    double *start = RWE_NEW(arena, double, cohort->n);
    double tolerance = tolerance_of(endpoint, cohort->n);
    for (size_t i = 0; start != NULL && i < cohort->n; i++) {
        double begun = rwe_cohort_exposure(cohort, i);
        start[i] = isnan(begun) ? NAN : settle(endpoint, cohort->n, begun, tolerance);
    }
    return start;
}

/* When exposure closes, where follow-up for the endpoint goes on. NULL when memory is out. */
static double *settle_closings(const struct rwe_cohort *cohort, const struct rwe_endpoint *endpoint,
                               struct rwe_arena *arena)
{
    double *close = RWE_NEW(arena, double, cohort->n);
    double tolerance = tolerance_of(endpoint, cohort->n);
    for (size_t i = 0; close != NULL && i < cohort->n; i++) {
        double until = cohort->exposure_until[i];
        bool goes_on = until + cohort->until_tolerance < endpoint->time[i];
        close[i] = goes_on ? settle(endpoint, cohort->n, until, tolerance) : INFINITY;
    }
    return close;
}

/* ---- how many rows ---- */

enum { MOST_ROWS = 3 };

/* Where the subject's rows end: start and closing, as far as they lie within follow-up, and its end. Exposure
 * begins before it closes, or never. Returns how many rows there are. */
static size_t ends_of(const struct cut *cut, size_t i, double end[MOST_ROWS])
{
    double entry = entry_of(cut->cohort, i), last = cut->cohort->endpoint[0].time[i];
    double start = cut->start[i], close = cut->close == NULL ? INFINITY : cut->close[i];
    size_t n = 0;
    if (start > entry && start < last) /* NaN: never */
        end[n++] = start;
    if (close > entry && close < last && !(n > 0 && close <= start))
        end[n++] = close;
    end[n++] = last;
    return n;
}

static uint32_t *count_rows(const struct cut *cut, struct rwe_arena *arena,
                            struct rwe_timedep *timedep)
{
    const struct rwe_cohort *cohort = cut->cohort;
    uint32_t *times = RWE_NEW(arena, uint32_t, cohort->n);
    for (size_t i = 0; times != NULL && i < cohort->n; i++) {
        double entry = entry_of(cohort, i), end = cohort->endpoint[0].time[i];
        double start = cut->start[i], ends[MOST_ROWS];
        if (!rwe_endpoint_has(&cohort->endpoint[0], i))
            continue;
        if (!(end > entry)) {
            timedep->n_without++;
            continue;
        }
        bool switches = start > entry && start < end;
        times[i] = (uint32_t)ends_of(cut, i, ends);
        timedep->n++;
        timedep->n_switched += switches;
        timedep->n_exposed += start < end;
        timedep->n_too_late += start >= end; /* NaN: neither */
        timedep->n_closed += cut->close != NULL && cut->close[i] < end;
        if (switches)
            timedep->latest_switch = fmax(timedep->latest_switch, start); /* of NaN: start */
    }
    return times;
}

/* ---- the rows ---- */

/* Clusters of the rows: as declared, else subjects, numbered without gaps. */
static const uint32_t *number_clusters(struct cohort_take *take)
{
    uint32_t *cluster = RWE_NEW(take->arena, uint32_t, take->n);
    uint32_t n = 0;
    for (size_t k = 0; cluster != NULL && k < take->n; k++) {
        if (k > 0 && take->source[k] != take->source[k - 1])
            n++;
        cluster[k] = take->from->cluster == NULL ? n : take->from->cluster[take->source[k]];
    }
    take->n_clusters = take->from->cluster != NULL ? take->from->n_clusters
                       : take->n == 0              ? 0
                                                   : n + 1;
    return cluster;
}

/* The limits, state and event of each row, which replace those of its subject. */
struct columns {
    double *entry, *time;
    uint32_t *arm, *order;
    uint8_t *event, *closed;
    size_t *arm_size;
};

static void fill_row(const struct cut *cut, const struct cohort_take *take, size_t k,
                     const struct columns *to)
{
    const struct rwe_cohort *cohort = cut->cohort;
    uint32_t i = take->source[k];
    size_t r = k - take->first[i];
    double ends[MOST_ROWS];
    bool last = r + 1 == ends_of(cut, i, ends);
    double entry = r == 0 ? entry_of(cohort, i) : ends[r - 1];
    to->entry[k] = entry;
    to->time[k] = ends[r];
    to->event[k] = last ? cohort->endpoint[0].event[i] : 0;
    to->arm[k] = cut->start[i] <= entry; /* NaN: never */
    to->closed[k] = cut->close != NULL && cut->close[i] <= entry;
    to->arm_size[to->arm[k]] += r == 0 || to->arm[k] != to->arm[k - 1];
}

static enum rwe_status make_rows(const struct cut *cut, const struct cohort_take *take,
                                 struct rwe_timedep *timedep)
{
    struct rwe_arena *arena = take->arena;
    struct rwe_cohort *rows = RWE_NEW(arena, struct rwe_cohort, 1);
    struct rwe_endpoint *endpoint = RWE_NEW(arena, struct rwe_endpoint, 1);
    const struct columns to = {
        .entry = RWE_NEW(arena, double, take->n),
        .time = RWE_NEW(arena, double, take->n),
        .arm = RWE_NEW(arena, uint32_t, take->n),
        .order = RWE_NEW(arena, uint32_t, take->n),
        .event = RWE_NEW(arena, uint8_t, take->n),
        .closed = RWE_NEW(arena, uint8_t, take->n),
        .arm_size = RWE_NEW(arena, size_t, 2),
    };
    if (rwe_arena_failed(arena))
        return RWE_NO_MEMORY;
    *rows = cohort_take(take);
    *endpoint = cut->cohort->endpoint[0];
    endpoint->n_events = 0;
    endpoint->absent = NULL; /* who has not the endpoint has no rows */
    for (size_t k = 0; k < take->n; k++) {
        fill_row(cut, take, k, &to);
        timedep->time[to.arm[k]] += to.time[k] - to.entry[k];
        endpoint->n_events += to.event[k] > 0;
    }
    endpoint->time = to.time;
    endpoint->event = to.event;
    endpoint->order = to.order;
    rows->endpoint = endpoint;
    rows->entry = to.entry;
    rows->arm = to.arm;
    rows->arm_size = to.arm_size;
    rows->exposure_start = rows->exposure_until = NULL; /* the rows have taken them in */
    timedep->rows = rows;
    timedep->closed = cut->close == NULL ? NULL : to.closed;
    return rwe_sort_numbers(to.time, take->n, arena, to.order);
}

static enum rwe_status check(const struct rwe_cohort *cohort, struct rwe_error *error)
{
    if (cohort->exposure_start == NULL)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "an exposure that changes in time needs to know when it began: say "
                        "--exposure-start COL");
    if (cohort->n_arms != 2)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "an exposure that changes in time has two states, but there are %zu arms: "
                        "name two of them with --control and --treated",
                        cohort->n_arms);
    return RWE_OK;
}

static enum rwe_status cut_rows(struct cut *cut, struct rwe_arena *arena,
                                struct rwe_timedep *timedep)
{
    struct cohort_take take = {.from = cut->cohort, .arena = arena};
    const uint32_t *times = count_rows(cut, arena, timedep);
    if (times == NULL || !cohort_take_list(&take, times))
        return RWE_NO_MEMORY;
    take.cluster = number_clusters(&take);
    if (rwe_arena_failed(arena) || make_rows(cut, &take, timedep) != RWE_OK)
        return RWE_NO_MEMORY;
    return rwe_arena_failed(arena) ? RWE_NO_MEMORY : RWE_OK;
}

static enum rwe_status make(const struct rwe_cohort *cohort, size_t e, bool closing,
                            struct rwe_arena *arena, struct rwe_timedep *timedep)
{
    struct rwe_cohort one = *cohort;
    one.endpoint = &cohort->endpoint[e];
    one.n_endpoints = 1;
    struct cut cut = {
        .cohort = &one,
        .start = timedep_settle_starts(&one, one.endpoint, arena),
        .close = closing ? settle_closings(&one, one.endpoint, arena) : NULL,
    };
    *timedep = (struct rwe_timedep){.latest_switch = NAN};
    bool is_settled = cut.start != NULL && (cut.close != NULL || !closing);
    return is_settled ? cut_rows(&cut, arena, timedep) : RWE_NO_MEMORY;
}

enum rwe_status rwe_cohort_timedep(const struct rwe_cohort *cohort, size_t e,
                                   struct rwe_arena *arena, struct rwe_timedep *timedep,
                                   struct rwe_error *error)
{
    enum rwe_status status = check(cohort, error);
    if (status != RWE_OK)
        return status;
    return make(cohort, e, false, arena, timedep) == RWE_OK ? RWE_OK : rwe_fail_memory(error);
}

enum rwe_status rwe_cohort_timedep_closing(const struct rwe_cohort *cohort, size_t e,
                                           struct rwe_arena *arena, struct rwe_timedep *timedep,
                                           struct rwe_error *error)
{
    enum rwe_status status = check(cohort, error);
    if (status != RWE_OK)
        return status;
    return make(cohort, e, true, arena, timedep) == RWE_OK ? RWE_OK : rwe_fail_memory(error);
}
