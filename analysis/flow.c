/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the rows of the file to who is in each population, by arm. See flow.md. */
#include "flow_figure.h"
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
    f->grid = rwe_document_table(f->run->document, title);
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

static void present_population(struct flow *f, const struct rwe_design *design, const char *term,
                               bool member)
{
    const struct rwe_cohort *cohort = f->run->cohort;
    struct rwe_key key = rwe_key_in("flow", NULL, design);
    key.term = term;
    clear(f);
    for (size_t i = 0; i < cohort->n; i++)
        if ((design->member[i] != 0) == member)
            count(f, (int32_t)cohort->arm[i]);
    rwe_grid_row(f->grid, member ? 0 : 1, member ? "%s" : "not in it", design->label);
    present_cells(f, &key, "n");
}

static void present_populations(struct flow *f)
{
    for (size_t d = 1; d < f->run->n_designs; d++) {
        const struct rwe_design *design = &f->run->design[d];
        bool matched = rwe_design_is_matched(design);
        bool weighted = !matched && design->weight != NULL;
        present_population(f, design, matched ? "matched" : weighted ? "weighted" : "in", true);
        present_population(f, design, matched ? "unmatched" : "out", false);
    }
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
