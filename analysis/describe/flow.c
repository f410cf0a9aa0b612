/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the rows of the file to who is in each population, by arm. See flow.md. */
#include "run/figures.h"
#include "run/populations.h"

#include "rwe/base/language.h"
#include <math.h>
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

static void clear(struct flow *flow)
{
    memset(flow->step.arm, 0, flow->run->cohort->n_arms * sizeof *flow->step.arm);
    flow->step.all = 0;
}

static void count(struct flow *flow, int32_t arm)
{
    flow->step.all++;
    if (arm >= 0)
        flow->step.arm[arm]++;
}

static void take(struct flow *flow, const size_t by_arm[])
{
    clear(flow);
    for (size_t a = 0; a < flow->run->cohort->n_arms; a++) {
        flow->step.arm[a] = by_arm[a];
        flow->step.all += by_arm[a];
    }
}

static rwe_fact tell(struct flow *flow, const struct rwe_key *key, const char *stat, size_t n)
{
    rwe_fact fact = rwe_document_number(flow->run->document, key, stat, (double)n);
    rwe_grid_cell(flow->grid, RWE_CELL_COUNT, fact, RWE_NO_FACT, RWE_NO_FACT);
    return fact;
}

/* The counts of the step as cells: everybody, then each arm. */
static void present_cells(struct flow *flow, const struct rwe_key *key, const char *stat)
{
    tell(flow, key, stat, flow->step.all);
    for (size_t a = 0; a < flow->run->cohort->n_arms; a++) {
        struct rwe_key arm = rwe_key_arm(*key, flow->run->cohort, a);
        tell(flow, &arm, stat, flow->step.arm[a]);
    }
}

static void present_step(struct flow *flow, int indent, const char *term, const char *label)
{
    struct rwe_key key = rwe_key_of("flow");
    key.term = term;
    rwe_grid_row(flow->grid, indent, "%s", label);
    present_cells(flow, &key, "n");
}

static void start_table(struct flow *flow, const char *title, const char *first)
{
    const struct rwe_cohort *cohort = flow->run->cohort;
    flow->grid = rwe_document_table(flow->run->document, "%s", title);
    rwe_grid_column(flow->grid, "%s", first);
    rwe_grid_column(flow->grid, "all");
    for (size_t a = 0; a < cohort->n_arms; a++)
        rwe_grid_column(flow->grid, "%s", cohort->arm_level[a]);
}

/* ---- who is left out ---- */

static void present_screened(struct flow *flow)
{
    const struct rwe_cohort *cohort = flow->run->cohort;
    take(flow, cohort->arm_size);
    for (size_t i = 0; i < cohort->n_excluded; i++)
        count(flow, cohort->excluded[i].arm);
    present_step(flow, 0, "screened", rwe_text("Rows in the file"));
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
static void present_unreadable(struct flow *flow)
{
    const struct rwe_cohort *cohort = flow->run->cohort;
    for (size_t i = 0; i < cohort->n_excluded; i++) {
        const char *reason = cohort->excluded[i].reason;
        if (is_criterion(cohort, reason) || met_before(cohort, i))
            continue;
        clear(flow);
        for (size_t k = i; k < cohort->n_excluded; k++)
            if (strcmp(cohort->excluded[k].reason, reason) == 0)
                count(flow, cohort->excluded[k].arm);
        present_step(flow, 1, reason, cohort->excluded[i].told);
    }
}

/* A criterion that the file has no column for leaves nobody out; it is named in a note instead. */
static void present_first(struct flow *flow)
{
    const struct rwe_cohort *cohort = flow->run->cohort;
    for (size_t k = 0; k < cohort->n_criteria; k++) {
        if (!cohort->criterion[k].is_assessed)
            continue;
        take(flow, cohort->criterion[k].n_first);
        present_step(flow, 1, cohort->criterion[k].reason, cohort->criterion[k].told);
    }
}

/* Facts without a row: the same number for everybody and each arm. */
static void tell_only(const struct flow *flow, const char *term, const char *stat, double value)
{
    const struct rwe_cohort *cohort = flow->run->cohort;
    struct rwe_key key = rwe_key_of("flow");
    key.term = term;
    rwe_document_number(flow->run->document, &key, stat, value);
    for (size_t a = 0; a < cohort->n_arms; a++) {
        struct rwe_key arm = rwe_key_arm(key, cohort, a);
        rwe_document_number(flow->run->document, &arm, stat, value);
    }
}

/* What nobody is judged by has left nobody out; who does not meet it is not known. */
static void tell_unassessed(const struct flow *flow)
{
    const struct rwe_cohort *cohort = flow->run->cohort;
    for (size_t k = 0; k < cohort->n_criteria; k++)
        if (!cohort->criterion[k].is_assessed) {
            tell_only(flow, cohort->criterion[k].reason, "n", 0);
            tell_only(flow, cohort->criterion[k].name, "n.failed", NAN);
        }
}

/* "histology (histology_ok), measurable (measurable)": those that nobody is judged by; NULL: none. */
static const char *not_assessed(const struct rwe_run *run)
{
    const char *list = NULL;
    for (size_t k = 0; k < run->cohort->n_criteria; k++) {
        const struct rwe_criterion *criterion = &run->cohort->criterion[k];
        if (!criterion->is_assessed && list == NULL)
            list = rwe_arena_format(run->arena, "%s (%s)", criterion->name, criterion->absent);
        else if (!criterion->is_assessed)
            list = rwe_arena_format(run->arena, "%s, %s (%s)", list, criterion->name,
                                    criterion->absent);
    }
    return list;
}

/* ---- populations ---- */

/* The term of facts for who is in a design, and for who is not. */
static const struct {
    const char *in, *out;
} terms[] = {
    [RWE_DESIGN_EVERYBODY] = {"in", "out"},      [RWE_DESIGN_MATCHED] = {"matched", "unmatched"},
    [RWE_DESIGN_WEIGHTED] = {"weighted", "out"}, [RWE_DESIGN_STATES] = {"in", "out"},
    [RWE_DESIGN_CLONES] = {"cloned", "out"},     [RWE_DESIGN_TRIALS] = {"weighted", "out"},
};

static void present_in(struct flow *flow, const struct rwe_design *design, const char *term,
                       int indent, const char *label)
{
    struct rwe_key key = rwe_key_in("flow", NULL, design);
    key.term = term;
    rwe_grid_row(flow->grid, indent, "%s", label);
    present_cells(flow, &key, "n");
}

static void count_members(struct flow *flow, const struct rwe_run *run,
                          const struct rwe_design *design, bool member)
{
    clear(flow);
    for (size_t i = 0; i < run->cohort->n; i++)
        if ((design->member[i] != 0) == member)
            count(flow, (int32_t)run->cohort->arm[i]);
}

static void present_members(struct flow *flow, const struct rwe_run *run,
                            const struct rwe_design *design)
{
    count_members(flow, run, design, true);
    present_in(flow, design, terms[design->kind].in, 0, rwe_design_title(run, design));
    count_members(flow, run, design, false);
    present_in(flow, design, terms[design->kind].out, 1, rwe_text("not in it"));
}

static void present_design_step(struct flow *flow, const struct rwe_design *design,
                                const struct rwe_design_step *step)
{
    struct rwe_key key = rwe_key_in("flow", step->endpoint, design);
    key.term = step->term;
    take(flow, step->n);
    if (step->endpoint == NULL)
        rwe_grid_row(flow->grid, 1, "%s", step->label);
    else
        rwe_grid_row(flow->grid, 1, "%s: %s", step->label, step->endpoint->name);
    present_cells(flow, &key, "n");
}

/* Who is in it, and what its maker counted. Everybody of a run are those who are analysed in it. */
static void present_population(struct flow *flow, const struct population *population)
{
    const struct rwe_design *design = population->design;
    if (design->kind == RWE_DESIGN_EVERYBODY) {
        rwe_grid_row(flow->grid, 0, "%s", population->label);
        for (size_t c = 0; c <= flow->run->cohort->n_arms; c++)
            rwe_grid_empty(flow->grid);
    } else {
        present_members(flow, population->run, design);
    }
    for (size_t s = 0; s < design->n_steps; s++)
        present_design_step(flow, design, &design->step[s]);
}

/* Those that are analysed, and states of exposure, hold everybody. */
static bool is_of_all(const struct rwe_run *run, const struct population *population)
{
    return population->design == &run->design[0] || population->design->kind == RWE_DESIGN_STATES;
}

static bool has_landmark(const struct populations *populations)
{
    bool any = false;
    for (size_t p = 0; p < populations->n; p++)
        any |= populations->item[p].design->clock.start == RWE_CLOCK_LANDMARK;
    return any;
}

static bool has_clones(const struct populations *populations)
{
    bool any = false;
    for (size_t p = 0; p < populations->n; p++)
        any |= populations->item[p].design->kind == RWE_DESIGN_CLONES;
    return any;
}

static void present_main(struct flow *flow, const struct populations *populations)
{
    const struct rwe_cohort *cohort = flow->run->cohort;
    start_table(flow, rwe_text("Who is analysed"), "");
    present_screened(flow);
    present_unreadable(flow);
    present_first(flow);
    take(flow, cohort->arm_size);
    present_step(flow, 0, "analysed", rwe_text("Subjects analysed"));
    tell_unassessed(flow);
    for (size_t p = 0; p < populations->n; p++)
        if (!is_of_all(flow->run, &populations->item[p]))
            present_population(flow, &populations->item[p]);
    rwe_grid_note(flow->grid,
                  "Each row that is left out is counted once: by what keeps it from being "
                  "read, else by the first criterion that it does not meet.");
    const char *unassessed = not_assessed(flow->run);
    if (unassessed != NULL)
        rwe_grid_note(flow->grid, "Not assessed, because the file has no column for it: %s.",
                      unassessed);
    if (has_landmark(populations))
        rwe_grid_note(flow->grid,
                      "Lost before a landmark: by the arm in the end. Analysed there: by "
                      "exposure at the landmark, so arms add up only over both.");
    if (has_clones(populations))
        rwe_grid_note(flow->grid,
                      "Left their strategy: clones censored because the patient departed "
                      "from it.");
}

/* ---- the figure: the same facts as boxes (STROBE item 13c) ---- */

struct drawn {
    const struct rwe_run *run;
    struct rwe_figure *figure;
};

static struct rwe_key step_key(const struct rwe_design *design, const char *term, const char *group)
{
    struct rwe_key key = rwe_key_in("flow", NULL, design);
    key.term = term;
    key.group = group;
    return key;
}

/* The count of that step in the whole file or in an arm. */
static rwe_fact count_of(const struct drawn *d, const char *term, const char *group)
{
    struct rwe_key key = step_key(NULL, term, group);
    return rwe_document_find(d->run->document, &key, "n");
}

/* What a reason is in the reader's language; its English is the key of the fact. */
static const char *told_of(const struct rwe_cohort *cohort, const char *reason)
{
    for (size_t k = 0; k < cohort->n_criteria; k++)
        if (strcmp(cohort->criterion[k].reason, reason) == 0)
            return cohort->criterion[k].told;
    for (size_t i = 0; i < cohort->n_excluded; i++)
        if (strcmp(cohort->excluded[i].reason, reason) == 0)
            return cohort->excluded[i].told;
    return reason;
}

/* Who is left out, by what: every step between the rows and those analysed. */
static void add_left_out(const struct drawn *d, rwe_box screened)
{
    rwe_box box = RWE_NO_BOX;
    rwe_fact first = count_of(d, "screened", NULL), last = count_of(d, "analysed", NULL);
    for (rwe_fact f = first + 1; f < last; f++) {
        const struct rwe_fact_value *fact = rwe_document_fact(d->run->document, f);
        if (fact->key.group != NULL)
            continue;
        if (box == RWE_NO_BOX) {
            box = rwe_figure_box(d->figure, screened, true);
            rwe_figure_box_line(d->figure, box, 0, rwe_text("Left out"), RWE_NO_FACT);
        }
        rwe_figure_box_line(d->figure, box, 1, told_of(d->run->cohort, fact->key.term), f);
    }
}

static void add_step(const struct drawn *d, rwe_box box, const struct rwe_key *key,
                     const char *label)
{
    const char *line = label;
    if (key->endpoint != NULL)
        line = rwe_arena_format(d->run->arena, rwe_text("%s: %s"), label, key->endpoint);
    rwe_figure_box_line(d->figure, box, 0, line == NULL ? "" : line,
                        rwe_document_find(d->run->document, key, "n"));
}

/* A population's box under an arm: how many of it are in it, or what became of them. */
static void add_population(const struct drawn *d, rwe_box arm, const char *group,
                           const struct population *population)
{
    const struct rwe_design *design = population->design;
    rwe_box box = rwe_figure_box(d->figure, arm, false);
    if (design->kind == RWE_DESIGN_EVERYBODY) {
        rwe_figure_box_line(d->figure, box, 0, population->label, RWE_NO_FACT);
    } else {
        struct rwe_key in = step_key(design, terms[design->kind].in, group);
        struct rwe_key out = step_key(design, terms[design->kind].out, group);
        add_step(d, box, &in, population->label);
        add_step(d, box, &out, rwe_text("not in it"));
    }
    for (size_t s = 0; s < design->n_steps; s++) {
        const struct rwe_design_step *step = &design->step[s];
        struct rwe_key key = step_key(design, step->term, group);
        key.endpoint = step->endpoint == NULL ? NULL : step->endpoint->name;
        add_step(d, box, &key, step->label);
    }
}

static void add_boxes(const struct drawn *d, const struct populations *populations)
{
    const struct rwe_run *run = d->run;
    rwe_box screened = rwe_figure_box(d->figure, RWE_NO_BOX, false);
    rwe_figure_box_line(d->figure, screened, 0, rwe_text("Rows in the file"),
                        count_of(d, "screened", NULL));
    add_left_out(d, screened);
    rwe_box analysed = rwe_figure_box(d->figure, screened, false);
    rwe_figure_box_line(d->figure, analysed, 0, rwe_text("Subjects analysed"),
                        count_of(d, "analysed", NULL));
    for (size_t a = 0; a < run->cohort->n_arms; a++) {
        const char *level = run->cohort->arm_level[a];
        rwe_box arm = rwe_figure_box(d->figure, analysed, false);
        rwe_figure_box_line(d->figure, arm, 0, level, count_of(d, "analysed", level));
        for (size_t p = 0; p < populations->n; p++)
            if (!is_of_all(run, &populations->item[p]))
                add_population(d, arm, level, &populations->item[p]);
    }
}

static void draw(struct rwe_run *run, const struct populations *populations)
{
    if (rwe_document_failed(run->document)) /* the facts may not be whole */
        return;
    struct drawn d = {
        run, rwe_document_figure(run->document, RWE_FIGURE_FLOW, "flow", "Flow of patients")};
    rwe_figure_describe(d.figure,
                        "From the rows of the file, past those left out and why, to the subjects "
                        "analysed, then by arm who is in each population. The numbers are those of "
                        "the table Who is analysed.");
    if (has_landmark(populations))
        rwe_figure_note(d.figure,
                        "Who is lost before a landmark counts in the arm of the end, who is "
                        "analysed there in that of the exposure by then.");
    const char *unassessed = not_assessed(run);
    if (unassessed != NULL)
        rwe_figure_note(d.figure, "Not assessed, because the file has no column for it: %s.",
                        unassessed);
    add_boxes(&d, populations);
}

/* ---- every criterion by itself ---- */

/* Who does not meet it, and who cannot be judged. */
static void present_criterion(struct flow *flow, const struct rwe_criterion *criterion)
{
    struct rwe_key key = rwe_key_of("flow");
    key.term = criterion->name;
    rwe_grid_row(flow->grid, 0, "%s: %s", criterion->name, criterion->keep);
    rwe_document_string(flow->run->document, &key, "keep", criterion->keep);
    for (size_t a = 0; a <= flow->run->cohort->n_arms; a++)
        rwe_grid_empty(flow->grid);
    if (criterion->is_assessed) {
        take(flow, criterion->n_failed);
        rwe_grid_row(flow->grid, 1, "not met");
        present_cells(flow, &key, "n.failed");
    }
    take(flow, criterion->n_unknown);
    if (criterion->absent != NULL) {
        rwe_document_string(flow->run->document, &key, "not.assessed", criterion->absent);
        rwe_grid_row(flow->grid, 1, "not assessed: the file has no column %s", criterion->absent);
    } else {
        rwe_grid_row(flow->grid, 1,
                     criterion->missing_excludes ? N_("not known: left out")
                                                 : N_("not known: stay"));
    }
    present_cells(flow, &key, "n.unknown");
}

static void present_criteria(struct flow *flow)
{
    const struct rwe_cohort *cohort = flow->run->cohort;
    if (cohort->n_criteria == 0)
        return;
    start_table(flow, rwe_text("Eligibility, each criterion by itself"), rwe_text("criterion"));
    for (size_t k = 0; k < cohort->n_criteria; k++)
        present_criterion(flow, &cohort->criterion[k]);
    rwe_grid_note(flow->grid,
                  "Of the rows that can be read and whose arm is compared. A patient who "
                  "fails several criteria counts in each.");
}

static enum rwe_status run_flow(struct rwe_run *run, void *state, struct rwe_error *error)
{
    (void)state;
    struct flow flow = {.run = run, .step = {RWE_NEW(run->arena, size_t, run->cohort->n_arms), 0}};
    struct populations populations = {0};
    enum rwe_status status = populations_of(run, &populations, error);
    if (flow.step.arm == NULL)
        return rwe_fail_memory(error);
    if (status != RWE_OK)
        return status;
    rwe_document_section(run->document, 1, "Flow of patients");
    present_main(&flow, &populations);
    draw(run, &populations);
    present_criteria(&flow);
    return RWE_OK;
}

const struct rwe_analysis rwe_analysis_flow = {
    .name = "flow",
    .section = RWE_SECTION_ARMS,
    .from_zero = true,
    .help =
        N_("From the rows of the file to who is analysed: left out by which reason or criterion, "
           "by arm, and who is in each population."),
    .run = run_flow,
};
