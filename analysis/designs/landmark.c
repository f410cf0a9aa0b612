/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The cohort at a landmark: who is compared there, and who is not. The comparisons themselves are those
 * of the other analyses, in a run on that cohort. See landmark.md. */
#include "rwe/data/landmark.h"
#include "run/estimand.h"
#include "rwe/analysis/caution.h"
#include "rwe/analysis/present.h"
#include "rwe/analysis/protocol.h"
#include "rwe/base/language.h"

#include <math.h>

enum { N_STEPS = 5 };

struct landmark_settings {
    struct rwe_numbers times;
};

static const struct rwe_option flag = {
    RWE_NUMBERS_IN(struct landmark_settings, times),
    .argument = "T,T,…",
    .low = 1e-6,
    .high = 1e300,
    .bare = "6",
};
static const struct rwe_options option_list = RWE_NO_OPTIONS_IN(struct landmark_settings);

static struct rwe_numbers times_of(const struct rwe_run *run)
{
    const struct landmark_settings *settings = rwe_settings_of(run->settings, &option_list);
    return settings->times;
}

/* ---- the runs ---- */

struct landmark {
    struct rwe_landmark at;
    const struct rwe_run *run; /* on those at risk then */
};

struct landmarks {
    struct landmark *item; /* ascending */
    size_t n;
};

/* The least of the times after `time`, so that landmarks ascend and each is there once; or NaN. */
static double next_landmark(struct rwe_numbers all, double time)
{
    double next = NAN;
    for (size_t i = 0; i < all.n; i++)
        if (all.item[i] > time)
            next = fmin(next, all.item[i]); /* the other one where one is NaN */
    return next;
}

static bool has_closed(const struct rwe_landmark *at)
{
    return at->n_closed[0] + at->n_closed[1] > 0;
}

/* Losses by what one was exposed to in the end, those analysed by what they were at the landmark; how many steps. */
static size_t list_steps(const struct rwe_landmark *at, struct rwe_design_step step[N_STEPS])
{
    const struct rwe_design_step steps[N_STEPS] = {
        {"event before", rwe_text("had an event before"), NULL, at->n_event},
        {"closed before", rwe_text("could no longer begin exposure"), NULL, at->n_closed},
        {"censored before", rwe_text("no longer followed"), NULL, at->n_censored},
        {"analysed", rwe_text("analysed, by exposure then"), NULL, at->cohort->arm_size},
        {"exposed later", rwe_text("… of them exposed later"), NULL, at->n_later},
    };
    size_t n = 0;
    for (size_t s = 0; s < N_STEPS; s++)
        if (steps[s].n != at->n_closed || has_closed(at))
            step[n++] = steps[s];
    return n;
}

static enum rwe_status add_run(struct rwe_run *run, struct landmark *landmark,
                               struct rwe_error *error)
{
    const struct rwe_landmark *at = &landmark->at;
    const struct rwe_cohort *cohort = at->cohort;
    struct rwe_design_step *step = RWE_NEW(run->arena, struct rwe_design_step, N_STEPS);
    if (step == NULL)
        return rwe_fail_memory(error);
    struct rwe_design everybody = {
        .name = rwe_arena_format(run->arena, "landmark-%.10g", at->time),
        .label = rwe_text("At the landmark"),
        .clock = {RWE_CLOCK_LANDMARK, at->time},
        .words = {.heading = rwe_text("Landmark: the clock starts there"),
                  .compared = rwe_text("exposed by then against not"),
                  .strategies = rwe_arena_format(run->arena, rwe_text("%s against %s by then"),
                                                 cohort->arm_level[1], cohort->arm_level[0]),
                  .variable = rwe_text("time to %s, from the landmark"),
                  .intercurrent = rwe_text("later exposure: treatment policy")},
        .step = step,
        .n_steps = list_steps(at, step),
    };
    if (rwe_arena_failed(run->arena))
        return rwe_fail_memory(error);
    enum rwe_status status = rwe_run_add_subrun(run, cohort, &everybody, error);
    if (status == RWE_OK)
        landmark->run = run->subrun[run->n_subruns - 1];
    return status;
}

static enum rwe_status design(struct rwe_run *run, void **state, struct rwe_error *error)
{
    struct rwe_numbers all = times_of(run);
    struct landmarks *landmarks = RWE_NEW(run->arena, struct landmarks, 1);
    struct landmark *item = RWE_NEW(run->arena, struct landmark, all.n);
    if (rwe_arena_failed(run->arena))
        return rwe_fail_memory(error);
    *landmarks = (struct landmarks){item, 0};
    *state = landmarks;
    enum rwe_status status = RWE_OK;
    for (double time = next_landmark(all, 0); !isnan(time) && status == RWE_OK;
         time = next_landmark(all, time)) {
        item = &landmarks->item[landmarks->n++];
        status = rwe_cohort_landmark(run->cohort, time, run->arena, &item->at, error);
        if (status == RWE_OK)
            status = add_run(run, item, error);
    }
    return status;
}

/* ---- who is there ---- */

/* Losses by what a subject was exposed to in the end; those analysed by what it was at the landmark. */
static void present_landmark(struct rwe_run *run, struct rwe_grid *grid,
                             const struct landmark *landmark)
{
    const struct rwe_landmark *at = &landmark->at;
    struct rwe_key key = rwe_key_run(landmark->run, "landmark");
    const struct {
        const char *label, *stat;
        const size_t *n;
    } rows[] = {
        {rwe_text("had an event before"), "n.event.before", at->n_event},
        {rwe_text("could no longer begin exposure"), "n.closed.before", at->n_closed},
        {rwe_text("no longer followed"), "n.censored.before", at->n_censored},
        {rwe_text("analysed"), "n", at->cohort->arm_size},
    };
    rwe_grid_row(grid, 0, "%g", at->time);
    for (size_t a = 0; a < 2; a++)
        rwe_grid_empty(grid);
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        bool shown = rows[r].n != at->n_closed || has_closed(at);
        if (shown)
            rwe_grid_row(grid, 1, "%s", rows[r].label);
        for (size_t a = 0; a < 2; a++) {
            struct rwe_key arm = rwe_key_arm(key, run->cohort, a);
            rwe_fact n =
                rwe_document_number(run->document, &arm, rows[r].stat, (double)rows[r].n[a]);
            if (shown)
                rwe_grid_cell(grid, RWE_CELL_COUNT, n, RWE_NO_FACT, RWE_NO_FACT);
        }
    }
    rwe_grid_row(grid, 1, "… of them exposed later");
    rwe_fact later = rwe_document_number(run->document, &key, "n.later", (double)at->n_later[0]);
    rwe_grid_cell(grid, RWE_CELL_COUNT, later, RWE_NO_FACT, RWE_NO_FACT);
    rwe_grid_empty(grid);
}

/* How those who could no longer begin are known, at the head of all landmarks. */
static void note_closure(struct rwe_run *run, struct rwe_grid *grid)
{
    struct rwe_key key = rwe_key_run(run, "landmark");
    rwe_note_closure(run, grid, &key);
}

/* In the run at the landmark, which has the document of all. */
static void tell_cautions(const struct landmark *landmark)
{
    struct rwe_run at = *landmark->run;
    rwe_caution_tell(&at, &at.design[0], "landmark");
}

static enum rwe_status run_landmark(struct rwe_run *run, void *state, struct rwe_error *error)
{
    const struct landmarks *landmarks = state;
    (void)error;
    rwe_document_section(run->document, 1, "Landmarks");
    struct rwe_grid *grid = rwe_document_table(run->document, "Who is compared at each landmark");
    rwe_grid_column(grid, "landmark%s", rwe_time_unit_suffix(run));
    for (size_t a = 0; a < run->cohort->n_arms; a++)
        rwe_grid_column(grid, "%s", run->cohort->arm_level[a]);
    for (size_t i = 0; i < landmarks->n; i++)
        present_landmark(run, grid, &landmarks->item[i]);
    rwe_grid_note(grid,
                  "Losses by what patients were exposed to in the end, those analysed by what "
                  "they had been exposed to by then. Who is exposed later stays unexposed. "
                  "Times count from the landmark. The comparisons are at the end of the "
                  "report.");
    note_closure(run, grid);
    for (size_t i = 0; i < landmarks->n; i++)
        tell_cautions(&landmarks->item[i]);
    return RWE_OK;
}

static void emulate(const struct rwe_run *run, struct rwe_protocol *protocol)
{
    struct rwe_numbers all = times_of(run);
    const char *list = NULL;
    for (size_t i = 0; i < all.n; i++) {
        const char *time = rwe_arena_format(run->arena, "%.10g", all.item[i]);
        list = list == NULL ? time : rwe_arena_format(run->arena, rwe_text("%s, %s"), list, time);
    }
    rwe_protocol_say(protocol, RWE_PROTOCOL_ELIGIBILITY,
                     run->cohort->closure == RWE_CLOSURE_UNKNOWN
                         ? N_("landmark: event-free and followed then")
                         : N_("landmark: event- and progression-free, followed"));
    if (list != NULL)
        rwe_protocol_say(protocol, RWE_PROTOCOL_TIME_ZERO, "landmark: at %s%s", list,
                         rwe_time_unit_word(run));
    rwe_protocol_say(protocol, RWE_PROTOCOL_CONTRAST, "landmark: as exposed by then");
}

const struct rwe_analysis rwe_analysis_landmark = {
    .name = "landmark",
    .section = RWE_SECTION_TIME_ZERO,
    .flag = &flag,
    .options = &option_list,
    .help = N_("Landmark analysis (default at 6): those free of event and progression then, by "
               "whether exposure "
               "(--exposure-start) had begun; every analysis that is asked for runs on them too, "
               "with matching or weights made anew."),
    .also_runs = "table1 cox",
    .from_zero = true,
    .emulate = emulate,
    .design = design,
    .run = run_landmark,
};
