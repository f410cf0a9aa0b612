/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/data/landmark.h"

#include "cohort/cohort_take_private.h"

#include <math.h>

/* What follow-up up to the landmark came to. */
enum fate { AT_RISK, HAD_EVENT, CLOSED, CENSORED };

static enum fate fate_of(const struct rwe_cohort *cohort, size_t subject, double time)
{
    enum fate fate = AT_RISK;
    for (size_t e = 0; e < cohort->n_endpoints; e++) {
        const struct rwe_endpoint *endpoint = &cohort->endpoint[e];
        if (endpoint->time[subject] > time || !rwe_endpoint_has(endpoint, subject))
            continue;
        if (endpoint->event[subject] > 0)
            return HAD_EVENT;
        fate = CENSORED;
    }
    bool is_closed = cohort->exposure_until != NULL && cohort->exposure_until[subject] <= time;
    return is_closed ? CLOSED : fate;
}

static uint32_t *who_is_at_risk(const struct rwe_cohort *cohort, double time,
                                struct rwe_arena *arena, struct rwe_landmark *landmark)
{
    uint32_t *times = RWE_NEW(arena, uint32_t, cohort->n);
    for (size_t i = 0; times != NULL && i < cohort->n; i++) {
        enum fate fate = fate_of(cohort, i, time);
        times[i] = fate == AT_RISK;
        landmark->n_event[cohort->arm[i]] += fate == HAD_EVENT;
        landmark->n_closed[cohort->arm[i]] += fate == CLOSED;
        landmark->n_censored[cohort->arm[i]] += fate == CENSORED;
    }
    return times;
}

/* Numbers less the landmark, but at least 0. */
static const double *shift(const double value[], size_t n, double time, struct rwe_arena *arena)
{
    double *shifted = value == NULL ? NULL : RWE_NEW(arena, double, n);
    for (size_t i = 0; shifted != NULL && i < n; i++)
        shifted[i] = fmax(0, value[i] - time);
    return shifted;
}

static void restart_clock(struct rwe_cohort *cohort, double time, struct rwe_arena *arena)
{
    struct rwe_endpoint *endpoint = RWE_NEW(arena, struct rwe_endpoint, cohort->n_endpoints);
    for (size_t e = 0; endpoint != NULL && e < cohort->n_endpoints; e++) {
        endpoint[e] = cohort->endpoint[e];
        endpoint[e].time = shift(cohort->endpoint[e].time, cohort->n, time, arena);
    }
    cohort->endpoint = endpoint;
    cohort->entry = shift(cohort->entry, cohort->n, time, arena);
}

/* Exposed are those who were by then; who is later stays where he was at the landmark. */
static void set_arms(struct rwe_cohort *cohort, double time, struct rwe_arena *arena,
                     struct rwe_landmark *landmark)
{
    uint32_t *arm = RWE_NEW(arena, uint32_t, cohort->n);
    size_t *size = RWE_NEW(arena, size_t, cohort->n_arms);
    for (size_t i = 0; arm != NULL && size != NULL && i < cohort->n; i++) {
        double start = rwe_cohort_exposure(cohort, i);
        arm[i] = start <= time; /* NaN: never */
        size[arm[i]]++;
        landmark->n_later[arm[i]] += start > time;
    }
    cohort->arm = arm;
    cohort->arm_size = size;
    cohort->exposure_start = NULL; /* before time zero now: nobody is immortal */
    cohort->exposure_until = NULL;
}

static enum rwe_status check(const struct rwe_landmark *landmark, struct rwe_error *error)
{
    const struct rwe_cohort *cohort = landmark->cohort;
    if (cohort->n == 0)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "landmark at %g: nobody is still event-free and followed then",
                        landmark->time);
    for (size_t a = 0; a < 2; a++)
        if (cohort->arm_size[a] == 0)
            return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                            "landmark at %g: of %zu subjects still at risk nobody is in arm \"%s\" "
                            "then",
                            landmark->time, cohort->n, cohort->arm_level[a]);
    for (size_t e = 0; e < cohort->n_endpoints; e++)
        if (cohort->endpoint[e].n_events == 0)
            return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                            "landmark at %g: endpoint \"%s\" has no event after it", landmark->time,
                            cohort->endpoint[e].name);
    return RWE_OK;
}

enum rwe_status rwe_cohort_landmark(const struct rwe_cohort *cohort, double time,
                                    struct rwe_arena *arena, struct rwe_landmark *landmark,
                                    struct rwe_error *error)
{
    *landmark = (struct rwe_landmark){.time = time};
    if (cohort->exposure_start == NULL)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "a landmark needs to know when exposure began: say --exposure-start COL");
    if (cohort->n_arms != 2)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "a landmark compares two arms, but there are %zu: name two of them with "
                        "--control and --treated",
                        cohort->n_arms);
    struct cohort_take take = {.from = cohort, .arena = arena, .n_clusters = cohort->n_clusters};
    struct rwe_cohort *to = RWE_NEW(arena, struct rwe_cohort, 1);
    const uint32_t *times = who_is_at_risk(cohort, time, arena, landmark);
    if (rwe_arena_failed(arena) || !cohort_take_list(&take, times))
        return rwe_fail_memory(error);
    uint32_t *cluster = cohort->cluster == NULL ? NULL : RWE_NEW(arena, uint32_t, take.n);
    for (size_t k = 0; cluster != NULL && k < take.n; k++)
        cluster[k] = cohort->cluster[take.source[k]];
    take.cluster = cluster;
    *to = cohort_take(&take);
    to->n_covariates += to->n_late;
    to->n_late = 0;
    restart_clock(to, time, arena);
    set_arms(to, time, arena, landmark);
    landmark->cohort = to;
    return rwe_arena_failed(arena) ? rwe_fail_memory(error) : check(landmark, error);
}
