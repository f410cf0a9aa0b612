/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which episodes of adverse events count: from time zero to the end of follow-up or of a window, and
 * after a landmark. */
#include "toxicity_view.h"

#include "rwe/base/sort.h"

#include <math.h>
#include <string.h>

/* ---- which episodes count ---- */

/* How long after what an episode still counts as treatment-emergent: in the unit of the cohort's
 * times; NaN: for ever. */
struct windows {
    double dose, immune, rt;
    const uint8_t *is_pneumonitis; /* by term */
    const double *exposure_start;
};

/* The latest onset that counts: so long after the last dose; where radiotherapy may have caused a
 * pneumonitis, so long after it, if that is later. NaN: not known, and so not bounded. */
static double latest_onset(const struct rwe_adverse_episodes *e, const struct windows *windows,
                           size_t k)
{
    bool immune = e->fact[RWE_AE_IS_IMMUNE] != NULL && e->fact[RWE_AE_IS_IMMUNE][k] == 1;
    bool by_rt = e->fact[RWE_AE_IS_RT] != NULL && e->fact[RWE_AE_IS_RT][k] == 1;
    double dose = isnan(windows->dose) ? NAN : e->last_dose[k];
    double latest = dose + (immune ? fmax(windows->dose, windows->immune) : windows->dose);
    if (!by_rt || !windows->is_pneumonitis[e->term[k]] || isnan(latest))
        return latest;
    double end = e->rt_end != NULL                 ? e->rt_end[k]
                 : windows->exposure_start != NULL ? windows->exposure_start[e->subject[k]]
                                                   : NAN;
    return fmax(latest, end + windows->rt); /* latest where the end is not known */
}

/* From time zero to the last day of follow-up, within the window; what has no onset is believed to be. */
static bool counts(const struct rwe_toxicity *toxicity, const struct windows *windows, size_t k)
{
    const struct rwe_adverse_episodes *e = &toxicity->events.episode;
    if (e->start == NULL || isnan(e->start[k]))
        return true;
    bool late =
        toxicity->follow_up != NULL && e->start[k] > toxicity->follow_up->time[e->subject[k]];
    return e->start[k] >= 0 && !late && !(e->start[k] > latest_onset(e, windows, k));
}

double rwe_toxicity_month(const struct rwe_run *run)
{
    switch (rwe_study_of(run->settings)->time_unit) {
    case RWE_UNIT_DAYS:
        return RWE_DAYS_PER_MONTH;
    case RWE_UNIT_WEEKS:
        return RWE_DAYS_PER_MONTH / 7;
    case RWE_UNIT_YEARS:
        return 1.0 / 12;
    case RWE_UNIT_MONTHS:
    case RWE_UNIT_NOT_SAID:
        break;
    }
    return 1;
}

static double days_in_unit(const struct rwe_run *run, double days)
{
    return days / RWE_DAYS_PER_MONTH * rwe_toxicity_month(run);
}

/* At a landmark the episodes that counted from time zero were taken. */
static enum rwe_status make_windows(const struct rwe_run *run, const struct rwe_toxicity *toxicity,
                                    struct windows *windows)
{
    const struct toxicity_settings *settings = toxicity_settings_of(run->settings);
    uint8_t *mark = RWE_NEW(run->arena, uint8_t, toxicity->events.n_terms);
    if (mark == NULL)
        return RWE_NO_MEMORY;
    rwe_toxicity_mark_pneumonitis(&toxicity->events, mark);
    *windows = (struct windows){
        .dose = run->from_zero != NULL ? NAN : days_in_unit(run, settings->days),
        .immune = days_in_unit(run, settings->immune_days),
        .rt = days_in_unit(run, settings->rt_days),
        .is_pneumonitis = mark,
        .exposure_start = run->cohort->exposure_start,
    };
    return RWE_OK;
}

/* Those that count in the order of `key`. */
static enum rwe_status list_by(const struct rwe_run *run, struct rwe_toxicity *toxicity,
                               const uint64_t key[], struct rwe_toxicity_list *list)
{
    size_t n = toxicity->events.episode.n;
    uint32_t *order = RWE_NEW(run->arena, uint32_t, n);
    uint32_t *episode = RWE_NEW(run->arena, uint32_t, n);
    struct windows windows;
    if (rwe_arena_failed(run->arena) || make_windows(run, toxicity, &windows) != RWE_OK ||
        rwe_sort_integers(key, n, run->arena, order) != RWE_OK)
        return RWE_NO_MEMORY;
    *list = (struct rwe_toxicity_list){.episode = episode};
    for (size_t k = 0; k < n; k++)
        if (counts(toxicity, &windows, order[k]))
            episode[list->n++] = order[k];
    toxicity->n_outside = n - list->n;
    return RWE_OK;
}

enum rwe_status rwe_toxicity_list_episodes(const struct rwe_run *run, struct rwe_toxicity *toxicity,
                                           struct rwe_toxicity_list *by_term)
{
    const struct rwe_adverse_episodes *e = &toxicity->events.episode;
    uint64_t *key = RWE_NEW(run->arena, uint64_t, e->n);
    if (key == NULL)
        return RWE_NO_MEMORY;
    for (size_t k = 0; k < e->n; k++)
        key[k] = e->subject[k];
    if (list_by(run, toxicity, key, &toxicity->all) != RWE_OK)
        return RWE_NO_MEMORY;
    for (size_t k = 0; k < e->n; k++)
        key[k] = (uint64_t)e->term[k] * run->cohort->n + e->subject[k];
    return list_by(run, toxicity, key, by_term);
}

/* ---- at a landmark ---- */

/* By subject from time zero: who it is at the landmark; UINT32_MAX: not there any more. */
static uint32_t *subjects_at(const struct rwe_run *run)
{
    size_t n = run->from_zero->cohort->n;
    uint32_t *at = RWE_NEW(run->arena, uint32_t, n);
    for (size_t i = 0; at != NULL && i < n; i++)
        at[i] = UINT32_MAX;
    for (size_t k = 0; at != NULL && k < run->cohort->n; k++)
        at[run->cohort->source[k]] = (uint32_t)k;
    return at;
}

enum rwe_status rwe_toxicity_take_later(const struct rwe_run *run,
                                        struct rwe_adverse_events *events)
{
    const struct rwe_adverse_episodes *all = &run->from_zero->toxicity->events.episode;
    struct rwe_adverse_episodes *to = &events->episode;
    const uint32_t *at = subjects_at(run);
    uint32_t *term = RWE_NEW(run->arena, uint32_t, all->n);
    uint32_t *subject = RWE_NEW(run->arena, uint32_t, all->n);
    uint8_t *grade = RWE_NEW(run->arena, uint8_t, all->n);
    double *start = RWE_NEW(run->arena, double, all->n);
    uint8_t *counted = RWE_NEW(run->arena, uint8_t, all->n); /* from time zero */
    int8_t *fact[RWE_AE_N_FACTS] = {NULL};
    for (int f = 0; f < RWE_AE_N_FACTS; f++)
        to->fact[f] = fact[f] = all->fact[f] == NULL ? NULL : RWE_NEW(run->arena, int8_t, all->n);
    if (rwe_arena_failed(run->arena))
        return RWE_NO_MEMORY;
    for (size_t k = 0; k < run->from_zero->toxicity->all.n; k++)
        counted[run->from_zero->toxicity->all.episode[k]] = 1;
    to->n = 0;
    for (size_t k = 0; k < all->n; k++) {
        if (!counted[k] || !(all->start[k] > run->design[0].clock.at) ||
            at[all->subject[k]] == UINT32_MAX)
            continue;
        term[to->n] = all->term[k];
        subject[to->n] = at[all->subject[k]];
        grade[to->n] = all->grade[k];
        start[to->n] = all->start[k] - run->design[0].clock.at;
        for (int f = 0; f < RWE_AE_N_FACTS; f++)
            if (fact[f] != NULL)
                fact[f][to->n] = all->fact[f][k];
        to->n++;
    }
    to->term = term;
    to->subject = subject;
    to->grade = grade;
    to->start = start;
    to->last_dose = to->rt_end = NULL;
    return RWE_OK;
}
