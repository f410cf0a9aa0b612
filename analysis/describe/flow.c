/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the rows of the file to who is in each population, by arm. See flow.md. */
#include "flow_figure.h"
#include "rwe/analysis/pipeline.h"
#include "rwe/analysis/present.h"

#include <string.h>

/* Counts of one step: those of each arm, and of everybody, who may have no arm. */
struct step {
    size_t *arm;
    size_t all;
};

struct flow {
    struct rwe_run *run;
    struct rwe_grid *grid;
    struct step step; /* of the row at hand */
};

static void clear(struct flow *f)
{
    memset(f->step.arm, 0, f->run->cohort->n_arms * sizeof *f->step.arm);
    f->step.all = 0;
}

static void count(struct flow *f, int32_t arm)
{
    f->step.all++;
    if (arm >= 0)
        f->step.arm[arm]++;
}

static void take(struct flow *f, const size_t by_arm[])
{
    clear(f);
    for (size_t a = 0; a < f->run->cohort->n_arms; a++) {
        f->step.arm[a] = by_arm[a];
        f->step.all += by_arm[a];
    }
}

static rwe_fact tell(struct flow *f, const struct rwe_key *key, const char *stat, size_t n)
{
    rwe_fact fact = rwe_document_number(f->run->document, key, stat, (double)n);
    rwe_grid_cell(f->grid, RWE_CELL_COUNT, fact, RWE_NO_FACT, RWE_NO_FACT);
    return fact;
}

/* The counts of the step as cells: everybody, then each arm. */
static void present_cells(struct flow *f, const struct rwe_key *key, const char *stat)
{
    tell(f, key, stat, f->step.all);
    for (size_t a = 0; a < f->run->cohort->n_arms; a++) {
        struct rwe_key arm = rwe_key_arm(*key, f->run->cohort, a);
        tell(f, &arm, stat, f->step.arm[a]);
    }
}

static void present_step(struct flow *f, int indent, const char *term, const char *label)
{
    struct rwe_key key = rwe_key_of("flow");
    key.term = term;
    rwe_grid_row(f->grid, indent, "%s", label);
    present_cells(f, &key, "n");
}

static void start_table(struct flow *f, const char *title, const char *first)
{
    const struct rwe_cohort *cohort = f->run->cohort;
    f->grid = rwe_document_table(f->run->document, "%s", title);
    rwe_grid_column(f->grid, "%s", first);
    rwe_grid_column(f->grid, "all");
    for (size_t a = 0; a < cohort->n_arms; a++)
        rwe_grid_column(f->grid, "%s", cohort->arm_level[a]);
}

/* ---- who is left out ---- */

static void present_screened(struct flow *f)
{
    const struct rwe_cohort *cohort = f->run->cohort;
    take(f, cohort->arm_size);
    for (size_t i = 0; i < cohort->n_excluded; i++)
        count(f, cohort->excluded[i].arm);
    present_step(f, 0, "screened", "Rows in the file");
}

static bool is_criterion(const struct rwe_cohort *cohort, const char *reason)
{
    for (size_t k = 0; k < cohort->n_criteria; k++)
        if (strcmp(cohort->criterion[k].reason, reason) == 0)
            return true;
    return false;
}

static bool met_before(const struct rwe_cohort *cohort, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (strcmp(cohort->excluded[k].reason, cohort->excluded[i].reason) == 0)
            return true;
    return false;
}

/* One line a reason, in the order in which they first occur. */
static void present_unreadable(struct flow *f)
{
    const struct rwe_cohort *cohort = f->run->cohort;
    for (size_t i = 0; i < cohort->n_excluded; i++) {
        const char *reason = cohort->excluded[i].reason;
        if (is_criterion(cohort, reason) || met_before(cohort, i))
            continue;
        clear(f);
        for (size_t k = i; k < cohort->n_excluded; k++)
            if (strcmp(cohort->excluded[k].reason, reason) == 0)
                count(f, cohort->excluded[k].arm);
        present_step(f, 1, reason, reason);
    }
}

static void present_first(struct flow *f)
{
    const struct rwe_cohort *cohort = f->run->cohort;
    for (size_t k = 0; k < cohort->n_criteria; k++) {
        take(f, cohort->criterion[k].n_first);
        present_step(f, 1, cohort->criterion[k].reason, cohort->criterion[k].reason);
    }
}

/* ---- populations ---- */

/* A step of a population, which may have a run of its own, as at a landmark. */
static void present_in(struct flow *f, const struct rwe_design *design, const char *term,
                       int indent, const char *label)
{
    struct rwe_key key = rwe_key_in("flow", NULL, design);
    key.term = term;
    rwe_grid_row(f->grid, indent, "%s", label);
    present_cells(f, &key, "n");
}

static void count_members(struct flow *f, const struct rwe_run *run,
                          const struct rwe_design *design, bool member)
{
    clear(f);
    for (size_t i = 0; i < run->cohort->n; i++)
        if ((design->member[i] != 0) == member)
            count(f, (int32_t)run->cohort->arm[i]);
}

/* Clones stand in every arm at once; in nested trials patients stand in one arm, then perhaps the other. */
static bool is_of_clones(const struct rwe_design *design)
{
    return rwe_design_is_cloned(design) && design->by_endpoint[0].trial == NULL;
}

static void present_population(struct flow *f, const struct rwe_run *run,
                               const struct rwe_design *design, const char *label)
{
    bool matched = rwe_design_is_matched(design);
    const char *in = matched                  ? "matched"
                     : is_of_clones(design)   ? "cloned"
                     : design->weight != NULL ? "weighted"
                                              : "in";
    count_members(f, run, design, true);
    present_in(f, design, in, 0, label);
    count_members(f, run, design, false);
    present_in(f, design, matched ? "unmatched" : "out", 1, "not in it");
}

/* ---- landmarks ---- */

/* Losses by what one was exposed to in the end, those analysed by what they were at the landmark. */
static void present_landmark(struct flow *f, const struct rwe_landmark_run *landmark)
{
    const struct rwe_landmark *at = &landmark->at;
    const struct rwe_design *all = &landmark->run.design[0];
    struct rwe_arena *arena = f->run->arena;
    rwe_grid_row(f->grid, 0, "Landmark at %.10g", at->time);
    for (size_t c = 0; c <= f->run->cohort->n_arms; c++)
        rwe_grid_empty(f->grid);
    take(f, at->n_event);
    present_in(f, all, "event before", 1, "had an event before");
    take(f, at->n_censored);
    present_in(f, all, "censored before", 1, "no longer followed");
    take(f, at->cohort->arm_size);
    present_in(f, all, "analysed", 1, "analysed, by exposure then");
    take(f, (const size_t[]){at->n_later, 0});
    present_in(f, all, "exposed later", 1, "… of them exposed later");
    for (size_t d = 1; d < landmark->run.n_designs; d++) {
        const struct rwe_design *design = &landmark->run.design[d];
        const char *label =
            rwe_arena_format(arena, "Landmark at %.10g: %s", at->time, design->label);
        present_population(f, &landmark->run, design, label == NULL ? "" : label);
    }
}

/* ---- clones ---- */

/* Whether the subject's clone of an arm left it: its last row ends before follow-up does. A clone that
 * left at time zero has no row. */
static bool clone_left(const struct rwe_design_rows *rows, size_t subject, uint32_t arm, double end)
{
    double until = 0;
    for (size_t r = rows->start[subject]; r < rows->start[subject + 1]; r++)
        if (rows->arm[r] == arm)
            until = rows->until[r];
    return until < end;
}

static void present_left(struct flow *f, const struct rwe_design *design, size_t e)
{
    const struct rwe_cohort *cohort = f->run->cohort;
    const struct rwe_endpoint *endpoint = &cohort->endpoint[e];
    struct rwe_key key = rwe_key_in("flow", endpoint, design);
    key.term = "left";
    clear(f);
    for (size_t i = 0; i < cohort->n; i++)
        for (uint32_t arm = 0; design->member[i] && arm < cohort->n_arms; arm++)
            if (clone_left(&design->by_endpoint[e], i, arm, endpoint->time[i]))
                count(f, (int32_t)arm);
    rwe_grid_row(f->grid, 1, "left their strategy: %s", endpoint->name);
    present_cells(f, &key, "n");
}

/* Of clones everybody is in it once an arm. */
static void present_copies(struct flow *f, const struct rwe_design *design)
{
    present_population(f, f->run, design, design->label);
    if (!is_of_clones(design))
        return; /* what becomes of follow-ups tells --sequential */
    clear(f);
    for (size_t a = 0; a < f->run->cohort->n_arms; a++) {
        f->step.arm[a] = design->n;
        f->step.all += design->n;
    }
    present_in(f, design, "clones", 1, "clones, one a strategy");
    for (size_t e = 0; e < f->run->cohort->n_endpoints; e++)
        present_left(f, design, e);
}

static void present_populations(struct flow *f)
{
    struct rwe_run *run = f->run;
    size_t n = rwe_run_people_designs(run);
    for (size_t d = 1; d < n; d++)
        present_population(f, run, &run->design[d], run->design[d].label);
    for (size_t i = 0; i < run->n_landmarks; i++)
        present_landmark(f, &run->landmark[i]);
    for (size_t d = n; d < run->n_designs; d++)
        present_copies(f, &run->design[d]);
}

static void present_main(struct flow *f)
{
    const struct rwe_cohort *cohort = f->run->cohort;
    start_table(f, "Who is analysed", "");
    present_screened(f);
    present_unreadable(f);
    present_first(f);
    take(f, cohort->arm_size);
    present_step(f, 0, "analysed", "Subjects analysed");
    present_populations(f);
    rwe_grid_note(f->grid, "Each row that is left out is counted once: by what keeps it from being "
                           "read, else by the first criterion that it does not meet.");
    if (f->run->n_landmarks > 0)
        rwe_grid_note(f->grid, "Lost before a landmark: by the arm in the end. Analysed there: by "
                               "exposure at the landmark, so arms add up only over both.");
    if (rwe_run_people_designs(f->run) < f->run->n_designs)
        rwe_grid_note(f->grid, "Left their strategy: clones censored because the patient departed "
                               "from it.");
}

/* ---- every criterion by itself ---- */

static void present_criteria(struct flow *f)
{
    const struct rwe_cohort *cohort = f->run->cohort;
    if (cohort->n_criteria == 0)
        return;
    start_table(f, "Eligibility, each criterion by itself", "criterion");
    for (size_t k = 0; k < cohort->n_criteria; k++) {
        const struct rwe_criterion *criterion = &cohort->criterion[k];
        struct rwe_key key = rwe_key_of("flow");
        key.term = criterion->name;
        rwe_grid_row(f->grid, 0, "%s: %s", criterion->name, criterion->keep);
        rwe_document_string(f->run->document, &key, "keep", criterion->keep);
        for (size_t a = 0; a <= cohort->n_arms; a++)
            rwe_grid_empty(f->grid);
        take(f, criterion->n_failed);
        rwe_grid_row(f->grid, 1, "not met");
        present_cells(f, &key, "n.failed");
        take(f, criterion->n_unknown);
        rwe_grid_row(f->grid, 1, "not known: %s",
                     criterion->missing_excludes ? "left out" : "stay");
        present_cells(f, &key, "n.unknown");
    }
    rwe_grid_note(f->grid, "Of the rows that can be read and whose arm is compared. A patient who "
                           "fails several criteria counts in each.");
}

static enum rwe_status run_flow(struct rwe_run *run, void *state, struct rwe_error *error)
{
    (void)state;
    struct flow f = {.run = run, .step = {RWE_NEW(run->arena, size_t, run->cohort->n_arms), 0}};
    if (f.step.arm == NULL)
        return rwe_fail_memory(error);
    rwe_document_section(run->document, 1, "Flow of patients");
    present_main(&f);
    rwe_flow_figure(run);
    present_criteria(&f);
    return RWE_OK;
}

const struct rwe_analysis rwe_analysis_flow = {
    .name = "flow",
    .from_zero = true,
    .help = "From the rows of the file to who is analysed: left out by which reason or criterion, "
            "by arm, and who is in each population.",
    .run = run_flow,
};
