/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/estimand.h"
#include "sequential.h"

#include "rwe/analysis/present.h"
#include "rwe/stats/weights.h"

#include <math.h>

/* The most trials of an endpoint that its table lists; the others are facts. */
enum { MOST_LISTED = 36 };

static rwe_fact add(struct rwe_run *run, const struct rwe_key *key, const char *stat, double value)
{
    return rwe_document_number(run->document, key, stat, value);
}

static void cell(struct rwe_grid *grid, enum rwe_cell_class class, rwe_fact fact)
{
    if (grid != NULL)
        rwe_grid_cell(grid, class, fact, RWE_NO_FACT, RWE_NO_FACT);
}

/* ---- the trials ---- */

/* The counts of one trial, or of all: facts, and cells where there is a grid. */
static void present_counts(struct rwe_run *run, struct rwe_grid *grid, const struct rwe_key *key,
                           const struct rwe_trial *trial)
{
    struct rwe_key arm[2];
    for (size_t a = 0; a < 2; a++)
        arm[a] = rwe_key_arm(*key, run->cohort, a);
    size_t unexposed = trial->n_eligible - trial->n_at_start;
    cell(grid, RWE_CELL_COUNT, add(run, key, "n", (double)trial->n_eligible));
    cell(grid, RWE_CELL_COUNT, add(run, &arm[0], "n", (double)unexposed));
    cell(grid, RWE_CELL_COUNT, add(run, &arm[0], "n.left", (double)trial->n_left));
    cell(grid, RWE_CELL_COUNT, add(run, &arm[0], "n.event", (double)trial->n_event[0]));
    cell(grid, RWE_CELL_COUNT, add(run, &arm[1], "n", (double)trial->n_initiators));
    cell(grid, RWE_CELL_COUNT, add(run, &arm[1], "n.event", (double)trial->n_event[1]));
}

static void add_up(struct rwe_trial *sum, const struct rwe_trial *trial)
{
    sum->n_eligible += trial->n_eligible;
    sum->n_at_start += trial->n_at_start;
    sum->n_initiators += trial->n_initiators;
    sum->n_left += trial->n_left;
    for (size_t a = 0; a < 2; a++)
        sum->n_event[a] += trial->n_event[a];
}

static void present_endpoint(struct rwe_run *run, struct rwe_grid *grid,
                             const struct sequential *sequential,
                             const struct sequential_endpoint *of)
{
    const struct rwe_trials *trials = &of->trials;
    struct rwe_key key = rwe_key_in("sequential", of->exposure.endpoint, &sequential->design);
    struct rwe_trial sum = {0};
    bool listed = trials->n_trials <= MOST_LISTED;
    for (size_t j = 0; j < trials->n_trials; j++)
        add_up(&sum, &trials->trial[j]);
    add(run, &key, "n.trials", (double)trials->n_trials);
    add(run, &key, "n.trials.without", (double)trials->n_without);
    rwe_grid_row(grid, 0, "%s: %zu trials", of->exposure.endpoint->name, trials->n_trials);
    present_counts(run, grid, &key, &sum);
    for (size_t j = 0; j < trials->n_trials; j++) {
        struct rwe_key at = key;
        at.time = trials->trial[j].time;
        if (listed)
            rwe_grid_row(grid, 1, "from %g", at.time);
        present_counts(run, listed ? grid : NULL, &at, &trials->trial[j]);
    }
}

static void note_trials(struct rwe_run *run, struct rwe_grid *grid,
                        const struct sequential *sequential)
{
    const char *treated = run->cohort->arm_level[1], *control = run->cohort->arm_level[0];
    if (sequential->options.initiators)
        rwe_grid_note(grid,
                      "Compared: exposure when it begins (\"%s\") against none as long as one is "
                      "followed (\"%s\").",
                      treated, control);
    else
        rwe_grid_note(grid,
                      "Compared: beginning exposure now (\"%s\") against none as long as one is "
                      "followed (\"%s\"), given covariates, by the adjusted model. The "
                      "arms of the curves differ as those who begin differ from all eligible.",
                      treated, control);
    rwe_grid_note(
        grid,
        "Eligible: at risk of every endpoint when the trial begins, not exposed "
        "before. All of them are followed unexposed until exposure begins, which censors (left); "
        "initiators, exposed before the next trial, from their exposure on. So "
        "nobody is immortal.");
    rwe_grid_note(grid,
                  "Patients are in every trial that they are eligible for. Times of events count "
                  "from the start of each follow-up. Where nobody initiates there is no "
                  "trial. Cox models are stratified by trial; curves pool the trials.");
    rwe_note_estimand(run, grid, &sequential->design);
    rwe_grid_note(grid, "Baseline tables, balance, response, subgroups and toxicity leave this "
                        "population out: its arms hold the same people.");
}

static void present_trials(struct rwe_run *run, const struct sequential *sequential)
{
    struct rwe_key whole = rwe_key_in("sequential", NULL, &sequential->design);
    struct rwe_grid *grid = rwe_document_table(run->document, "Sequential trials");
    const char *control = run->cohort->arm_level[0], *treated = run->cohort->arm_level[1];
    rwe_grid_column(grid, "endpoint and trial%s", rwe_time_unit_suffix(run));
    rwe_grid_column(grid, "eligible");
    rwe_grid_column(grid, "%s:\nfollowed", control);
    rwe_grid_column(grid, "left");
    rwe_grid_column(grid, "events");
    rwe_grid_column(grid, "%s:\ninitiators", treated);
    rwe_grid_column(grid, "events");
    add(run, &whole, "interval", sequential->interval);
    add(run, &whole, "n", (double)sequential->columns.n);
    add(run, &whole, "n.missing", (double)(run->cohort->n - sequential->columns.n));
    for (size_t e = 0; e < run->cohort->n_endpoints; e++)
        present_endpoint(run, grid, sequential, &sequential->endpoint[e]);
    note_trials(run, grid, sequential);
}

/* ---- weights ---- */

/* The last weight of each follow-up. */
struct last {
    size_t n;
    double *weight;
    uint8_t *arm;
};

static enum rwe_status find_last(const struct rwe_run *run, const struct sequential_endpoint *of,
                                 struct last *last)
{
    const struct rwe_design_rows *rows = &of->rows.rows;
    *last = (struct last){.weight = RWE_NEW(run->arena, double, of->rows.n),
                          .arm = RWE_NEW(run->arena, uint8_t, of->rows.n)};
    if (rwe_arena_failed(run->arena))
        return RWE_NO_MEMORY;
    for (size_t r = 0; r < of->rows.n; r++)
        if (r + 1 == of->rows.n || rows->from[r + 1] == 0) {
            last->weight[last->n] = rows->weight[r];
            last->arm[last->n++] = (uint8_t)rows->arm[r];
        }
    return RWE_OK;
}

static void warn_weights(struct rwe_run *run, const struct sequential_endpoint *of,
                         const struct rwe_weight_summary *w)
{
    if (w->n > 0 && w->max > 0.1 * w->sum)
        rwe_document_warning(run->document, "extreme-weights", "weights",
                             "%s, sequential trials: one follow-up of \"%s\" has %.0f%% of the "
                             "weight.",
                             of->exposure.endpoint->name, run->cohort->arm_level[0],
                             100 * w->max / w->sum);
}

static enum rwe_status weights_of(struct rwe_run *run, struct rwe_grid *grid,
                                  const struct sequential *sequential,
                                  const struct sequential_endpoint *of)
{
    struct last last;
    struct rwe_mark mark = rwe_arena_mark(run->arena);
    struct rwe_key whole = rwe_key_in("weights", of->exposure.endpoint, &sequential->design);
    if (find_last(run, of, &last) != RWE_OK)
        return RWE_NO_MEMORY;
    add(run, &whole, "truncated.at", of->rows.limit);
    add(run, &whole, "n.rows", (double)of->rows.n_pieces);
    rwe_grid_row(grid, 0, "%s", of->exposure.endpoint->name);
    for (uint8_t arm = 0; arm < 2; arm++) {
        struct rwe_weight_summary w = rwe_weights_summarize(last.weight, last.arm, last.n, arm);
        struct rwe_key key = rwe_key_arm(whole, run->cohort, arm);
        rwe_grid_row(grid, 1, "%s", run->cohort->arm_level[arm]);
        cell(grid, RWE_CELL_COUNT, add(run, &key, "n", (double)w.n));
        cell(grid, RWE_CELL_STATISTIC, add(run, &key, "ess", w.ess));
        cell(grid, RWE_CELL_STATISTIC, add(run, &key, "sum", w.sum));
        cell(grid, RWE_CELL_COEFFICIENT, add(run, &key, "min", w.min));
        cell(grid, RWE_CELL_COEFFICIENT, add(run, &key, "max", w.max));
        cell(grid, RWE_CELL_COEFFICIENT, add(run, &key, "cv", w.cv));
        cell(grid, RWE_CELL_COUNT,
             add(run, &key, "n.truncated", arm == 0 ? (double)of->rows.n_truncated : 0));
        if (arm == 0)
            warn_weights(run, of, &w);
    }
    rwe_arena_release(run->arena, mark);
    return RWE_OK;
}

static enum rwe_status present_weights(struct rwe_run *run, const struct sequential *sequential,
                                       struct rwe_error *error)
{
    static const char *const headings[] = {"follow-ups", "ESS", "sum",      "least",
                                           "greatest",   "CV",  "truncated"};
    const struct rwe_trial_options *options = &sequential->options;
    struct rwe_grid *grid =
        rwe_document_table(run->document, "Weights at the end of follow-ups of sequential trials");
    rwe_grid_column(grid, "endpoint and arm");
    for (size_t c = 0; c < sizeof headings / sizeof *headings; c++)
        rwe_grid_column(grid, "%s", headings[c]);
    for (size_t e = 0; e < run->cohort->n_endpoints; e++)
        if (weights_of(run, grid, sequential, &sequential->endpoint[e]) != RWE_OK)
            return rwe_fail_memory(error);
    rwe_grid_note(
        grid,
        "\"%s\": one over the probability of not having been exposed since the trial "
        "began, by a Cox model of the start of exposure since time zero, in steps of %g%s.",
        run->cohort->arm_level[0], options->step,
        options->initiators
            ? "; times that of being exposed in the trial, which makes the unexposed "
              "stand for the initiators, as many of them when trials begin"
            : "");
    if (options->truncate < 1)
        rwe_grid_note(grid,
                      "Truncated: follow-ups with a censoring weight above the %.10gth percentile, "
                      "which it was made.",
                      100 * options->truncate);
    rwe_grid_note(grid,
                  "ESS, effective sample size, (Σw)² / Σw², of follow-ups, several of which are "
                  "one patient's. Standard errors are by patient and take the weights as "
                  "known; --bootstrap estimates them anew in each replicate.");
    return RWE_OK;
}

/* Arms that do not say what the dates do. */
static void warn_arms(struct rwe_run *run)
{
    const struct rwe_cohort *cohort = run->cohort;
    size_t n = 0;
    for (size_t i = 0; i < cohort->n; i++)
        n += (cohort->arm[i] == 1) == isnan(cohort->exposure_start[i]);
    if (n > 0)
        rwe_document_warning(run->document, "arm-and-exposure", "sequential",
                             "%zu subjects are of arm \"%s\" without a start of exposure, or of "
                             "\"%s\" with one. Trials go by the start.",
                             n, cohort->arm_level[1], cohort->arm_level[0]);
}

enum rwe_status sequential_present(struct rwe_run *run, const struct sequential *sequential,
                                   struct rwe_error *error)
{
    rwe_document_section(run->document, 1, "Sequential trials");
    present_trials(run, sequential);
    enum rwe_status status = present_weights(run, sequential, error);
    warn_arms(run);
    ccw_present_columns(run, &sequential->columns);
    for (size_t e = 0; e < run->cohort->n_endpoints; e++) {
        const struct ccw_endpoint *exposure = &sequential->endpoint[e].exposure;
        struct rwe_key key = rwe_key_in("sequential", exposure->endpoint, &sequential->design);
        key.model = "exposure-hazard";
        ccw_present_model(run, &key, &exposure->hazard);
    }
    return status;
}
