/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Adverse events before and after the exposure began, and per time in either state. See toxicity.md. */
#include "toxicity_rates.h"

#include "rwe/stats/rate.h"

#include <math.h>

enum { EXPOSED_ARM = 1 };

bool rwe_toxicity_has_phases(const struct rwe_run *run)
{
    return run->toxicity->events.episode.start != NULL && run->cohort->exposure_start != NULL &&
           run->cohort->n_arms == 2;
}

bool rwe_toxicity_has_states(const struct rwe_run *run)
{
    return rwe_toxicity_has_phases(run) && rwe_toxicity_has_times(run);
}

/* ---- the exposed arm, before and after ---- */

static const struct phase {
    const char *model, *heading;
    bool after;
} phases[] = {{"phase-before", "before", false}, {"phase-after", "after", true}};
enum { N_PHASES = 2 };

/* What is told of the exposed arm alone: n and percent of its members. */
static void put_exposed(const struct rwe_toxicity_view *view, struct rwe_grid *grid,
                        const struct rwe_key *key, const struct rwe_toxicity_span *span)
{
    struct rwe_document *document = view->run->document;
    struct rwe_key at = rwe_key_arm(*key, view->run->cohort, EXPOSED_ARM);
    struct rwe_share share = rwe_toxicity_share(&view->tally[EXPOSED_ARM],
                                                &view->whole[EXPOSED_ARM], span->least, span->most);
    at.level = span->name;
    rwe_fact n = rwe_document_number(document, &at, "n", (double)share.n);
    if (view->design->weight != NULL)
        rwe_document_number(document, &at, "n.weighted", share.weighted);
    rwe_fact percent =
        rwe_document_number(document, &at, "percent", 100 * rwe_share_estimate(&share));
    rwe_grid_cell(grid, RWE_CELL_COUNT_PERCENT, n, percent, RWE_NO_FACT);
}

/* Episodes of unknown onset are in neither phase. */
static enum rwe_status put_phase(const struct rwe_toxicity_view *view, struct rwe_grid *grid,
                                 size_t r, const struct phase *phase)
{
    const struct rwe_toxicity *toxicity = view->toxicity;
    const struct rwe_adverse_episodes *e = &toxicity->events.episode;
    const double *start = view->run->cohort->exposure_start;
    struct rwe_arena *arena = view->run->arena;
    uint32_t *episode = RWE_NEW(arena, uint32_t, toxicity->of_row[r].n);
    struct rwe_toxicity_list list = {.episode = episode};
    struct rwe_toxicity_row row = {.name = toxicity->row[r].name};
    struct rwe_key key = rwe_key_in("toxicity", NULL, view->design);
    if (episode == NULL)
        return RWE_NO_MEMORY;
    for (size_t k = 0; k < toxicity->of_row[r].n; k++) {
        uint32_t which = toxicity->of_row[r].episode[k];
        double onset = e->start[which], begun = start[e->subject[which]];
        if (!isnan(onset) && !isnan(begun) && (onset > begun) == phase->after)
            episode[list.n++] = which;
    }
    if (rwe_toxicity_collect(toxicity, &list, arena, &row) != RWE_OK)
        return RWE_NO_MEMORY;
    key.model = phase->model;
    key.term = row.name;
    rwe_toxicity_count(view->run->cohort, view->design, &row, view->tally);
    put_exposed(view, grid, &key, &rwe_toxicity_span[RWE_SPAN_ANY]);
    put_exposed(view, grid, &key, &rwe_toxicity_span[RWE_SPAN_SEVERE]);
    return RWE_OK;
}

enum rwe_status rwe_toxicity_phases(const struct rwe_toxicity_view *view, struct rwe_error *error)
{
    const struct rwe_toxicity *toxicity = view->toxicity;
    const char *arm = view->run->cohort->arm_level[EXPOSED_ARM];
    struct rwe_grid *grid = rwe_toxicity_table(
        view, rwe_arena_format(view->run->arena, "Adverse events of %s by phase", arm));
    rwe_grid_column(grid, "adverse event");
    for (size_t p = 0; p < N_PHASES; p++) {
        rwe_grid_column(grid, "%s exposure\nany grade", phases[p].heading);
        rwe_grid_column(grid, "%s exposure\ngrade ≥3", phases[p].heading);
    }
    for (size_t r = 0; r < toxicity->n_rows; r++) {
        if (!toxicity->row[r].shown)
            continue;
        rwe_grid_row(grid, 0, "%s", rwe_toxicity_row_label(&toxicity->row[r]));
        for (size_t p = 0; p < N_PHASES; p++)
            if (put_phase(view, grid, r, &phases[p]) != RWE_OK)
                return rwe_fail_memory(error);
    }
    rwe_grid_note(
        grid, "Subjects of the arm with an episode that began before the exposure or on its "
              "first day, and after it, over all of the arm; a subject may be in both. The phases "
              "differ in length and in what else was given, so the columns describe, and "
              "compare no treatments.");
    if (view->design->weight != NULL)
        rwe_grid_note(grid, "Counts are of subjects; percentages are weighted.");
    return RWE_OK;
}

/* ---- by state ---- */

struct state {
    double events, time;
};

/* Workspace by subject: the first onset in either state, infinite: none; a NaN: of unknown onset. */
struct onsets {
    double *in[2];
};

/* Up to the start one is unexposed, on the right closed as in rwe/data/timedep.h. */
static void find_onsets(const struct rwe_toxicity_view *view, size_t r, size_t level,
                        struct onsets onsets)
{
    const struct rwe_toxicity_list *list = &view->toxicity->of_row[r];
    const struct rwe_adverse_episodes *e = &view->toxicity->events.episode;
    const struct rwe_cohort *cohort = view->run->cohort;
    for (size_t i = 0; i < cohort->n; i++)
        onsets.in[0][i] = onsets.in[1][i] = INFINITY;
    for (size_t k = 0; k < list->n; k++) {
        uint32_t episode = list->episode[k], i = e->subject[episode];
        double onset = e->start[episode];
        if (e->grade[episode] < rwe_toxicity_level[level].least_grade)
            continue;
        double *first = &onsets.in[onset > cohort->exposure_start[i]][i];
        if (isnan(onset))
            onsets.in[0][i] = NAN; /* it may be before any other */
        else if (onset < *first)
            *first = onset;
    }
}

/* In each state until the first event in it. Who has an event of unknown onset is left out. */
static void count_states(const struct rwe_toxicity_view *view, struct onsets onsets,
                         struct state state[2])
{
    const struct rwe_cohort *cohort = view->run->cohort;
    state[0] = state[1] = (struct state){0, 0};
    for (size_t i = 0; i < cohort->n; i++) {
        double start = cohort->exposure_start[i], end = view->toxicity->follow_up->time[i];
        double from = fmax(start, 0), until = start < end ? from : end;
        if (isnan(onsets.in[0][i]))
            continue;
        state[0].time += fmin(until, onsets.in[0][i]);
        state[0].events += isfinite(onsets.in[0][i]);
        if (!(start < end))
            continue;
        state[1].time += fmin(end, onsets.in[1][i]) - from;
        state[1].events += isfinite(onsets.in[1][i]);
    }
}

static void put_states(const struct rwe_toxicity_view *view, struct rwe_grid *grid,
                       const struct rwe_key *key, const struct state state[2])
{
    static const char *const groups[] = {"unexposed", "exposed"};
    struct rwe_document *document = view->run->document;
    double level = rwe_statistics_of(view->run->settings)->conf_level;
    double scale = rwe_rate_unit_of(view->run).scale;
    for (size_t s = 0; s < 2; s++) {
        struct rwe_key at = *key;
        struct rwe_interval rate = rwe_rate_limits(state[s].events, state[s].time / scale, level);
        at.group = groups[s];
        rwe_fact n = rwe_document_number(document, &at, "n.event", state[s].events);
        rwe_document_number(document, &at, "time.at.risk", state[s].time);
        rwe_fact estimate = rwe_document_number(document, &at, "estimate", rate.estimate);
        rwe_fact low = rwe_document_number(document, &at, "conf.low", rate.low);
        rwe_fact high = rwe_document_number(document, &at, "conf.high", rate.high);
        rwe_grid_cell(grid, RWE_CELL_COUNT, n, RWE_NO_FACT, RWE_NO_FACT);
        rwe_grid_cell(grid, RWE_CELL_RATIO_LIMITS, estimate, low, high);
    }
    const struct rwe_rates counts = {state[1].events, state[1].time, state[0].events,
                                     state[0].time};
    struct rwe_interval ratio = rwe_rate_compare(&counts, level).ratio;
    rwe_fact value = rwe_document_number(document, key, "rate.ratio", ratio.estimate);
    rwe_fact low = rwe_document_number(document, key, "conf.low", ratio.low);
    rwe_fact high = rwe_document_number(document, key, "conf.high", ratio.high);
    rwe_grid_cell(grid, RWE_CELL_RATIO_LIMITS, value, low, high);
}

static void start_states(const struct rwe_toxicity_view *view, struct rwe_grid *grid)
{
    const char *level = rwe_conf_level_text(view->run);
    rwe_grid_column(grid, "adverse event");
    rwe_grid_column(grid, "unexposed\nn");
    rwe_grid_column(grid, "unexposed\nrate (%s CI)", level);
    rwe_grid_column(grid, "exposed\nn");
    rwe_grid_column(grid, "exposed\nrate (%s CI)", level);
    rwe_grid_column(grid, "rate ratio\n(%s CI)", level);
}

static enum rwe_status present_states(const struct rwe_toxicity_view *view, size_t level,
                                      struct rwe_error *error)
{
    struct rwe_run *run = view->run;
    const struct rwe_toxicity *toxicity = view->toxicity;
    const char *heading = level == RWE_TOXICITY_ANY ? "any grade" : "grade ≥3";
    const char *unit = rwe_rate_unit_of(run).words;
    const struct onsets onsets = {
        {RWE_NEW(run->arena, double, run->cohort->n), RWE_NEW(run->arena, double, run->cohort->n)}};
    struct rwe_grid *grid = rwe_toxicity_table(
        view, rwe_arena_format(run->arena, "First adverse events per 100 %s in either state, %s",
                               unit, heading));
    if (rwe_arena_failed(run->arena))
        return rwe_fail_memory(error);
    start_states(view, grid);
    for (size_t r = 0; r < toxicity->n_rows; r++) {
        struct rwe_key key = rwe_key_in("toxicity", NULL, view->design);
        struct state state[2];
        if (!toxicity->row[r].shown)
            continue;
        find_onsets(view, r, level, onsets);
        count_states(view, onsets, state);
        key.model = "phase-rate";
        key.term = toxicity->row[r].name;
        key.level = rwe_toxicity_level[level].name;
        rwe_grid_row(grid, 0, "%s", rwe_toxicity_row_label(&toxicity->row[r]));
        put_states(view, grid, &key, state);
    }
    rwe_grid_note(
        grid, "Everybody counts as unexposed until the exposure begins, so no time is "
              "immortal. In each state until the first event of the term that begins in it, death "
              "or the end of follow-up; a subject may have one in both. "
              "Limits: exact, Poisson (Garwood); of the ratio exact, given the sum of "
              "events. The states lie at different times since time zero, when other "
              "treatment is given: the ratio is no effect of the exposure by itself.");
    return RWE_OK;
}

/* Weights and matched sets are made for arms, not for states. */
enum rwe_status rwe_toxicity_states(const struct rwe_toxicity_view *view, struct rwe_error *error)
{
    enum rwe_status status = RWE_OK;
    bool is_whole = view->design == &view->run->design[0];
    for (size_t l = 0; l < RWE_TOXICITY_LEVELS && is_whole && status == RWE_OK; l++)
        status = present_states(view, l, error);
    return status;
}
