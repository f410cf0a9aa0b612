/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One question, several answers side by side: what the other analyses found, each with its estimand. It
 * computes nothing: its numbers are those of --cox in each population. See triangulation.md. */
#include "run/estimand.h"
#include "run/forest.h"
#include "run/populations.h"

#include "rwe/analysis/caution.h"
#include "rwe/analysis/present.h"
#include "rwe/base/language.h"

/* ---- what the others found ---- */

enum { HR, LOW, HIGH, N, N_EVENT, N_STATS };
static const char *const stats[N_STATS] = {"hr", "conf.low", "conf.high", "n", "n.event"};

/* The table of one endpoint. */
struct table {
    struct rwe_run *run;
    struct rwe_grid *grid;
    const struct rwe_endpoint *endpoint;
    const char *heading; /* of the rows at hand */
};

/* The numbers of a model in a population, NaN where it could not be fitted; false when it was not asked for. */
static bool find(const struct table *table, const struct rwe_design *design, const char *model,
                 double value[N_STATS])
{
    struct rwe_key key = rwe_key_in("cox", table->endpoint, design);
    bool found = false;
    key.model = model;
    for (size_t s = 0; s < N_STATS; s++) {
        key.term = s < N ? "arm" : NULL;
        rwe_fact fact = rwe_document_find(table->run->document, &key, stats[s]);
        value[s] = rwe_document_value(table->run->document, fact);
        found |= fact != RWE_NO_FACT;
    }
    return found;
}

/* ---- the table ---- */

static const struct rwe_table_column columns[] = {
    {.heading = N_("analysis")},
    {.heading = N_("who, and what is compared")},
    {N_("n"), RWE_CELL_COUNT, "n"},
    {N_("events"), RWE_CELL_COUNT, "n.event"},
    {N_("hazard ratio\n({level} CI)"), RWE_CELL_RATIO_LIMITS, "hr conf.low conf.high"},
};

/* Whom it is about, and what is compared. */
static const char *estimand_of(const struct population *population, bool adjusted)
{
    const struct rwe_run *run = population->run;
    const char *whom = rwe_estimand_words(run, population->design);
    const char *text = rwe_arena_format(
        run->arena, rwe_text(adjusted ? N_("%s; %s; given covariates") : N_("%s; %s")), whom,
        population->design->words.compared);
    return text == NULL ? "" : text;
}

static void head_rows(struct table *table, const char *heading)
{
    if (table->heading == heading)
        return;
    rwe_grid_row(table->grid, 0, "%s", heading);
    for (size_t c = 0; c < 4; c++)
        rwe_grid_empty(table->grid);
    table->heading = heading;
}

/* The arms from time zero as they stand are the reference that the others are read against. */
static bool is_reference(const struct rwe_design *design)
{
    return design->kind == RWE_DESIGN_EVERYBODY && design->clock.start == RWE_CLOCK_ZERO;
}

/* Whether there is such a row. */
static bool add_row(struct table *table, const struct population *population, bool adjusted)
{
    struct rwe_document *document = table->run->document;
    const struct rwe_design *design = population->design;
    const char *model = adjusted ? "adjusted" : "arm";
    double value[N_STATS];
    if (!find(table, design, model, value))
        return false;
    struct rwe_key key = rwe_key_in("triangulation", table->endpoint, NULL);
    key.model = model;
    key.term = is_reference(design) ? "naive" : design->name;
    rwe_fact estimand =
        rwe_document_string(document, &key, "estimand", estimand_of(population, adjusted));
    struct rwe_caution caution = rwe_run_caution(population->run, design, table->endpoint);
    rwe_caution_fact(document, &key, &caution);
    head_rows(table, design->words.heading);
    rwe_grid_row(table->grid, 1, adjusted ? N_("%s, adjusted") : "%s", population->label);
    rwe_grid_cell(table->grid, RWE_CELL_TEXT, estimand, RWE_NO_FACT, RWE_NO_FACT);
    rwe_grid_put(table->grid, &key, value[N]);
    rwe_grid_put(table->grid, &key, value[N_EVENT]);
    rwe_grid_put(table->grid, &key, value[HR], value[LOW], value[HIGH]);
    return true;
}

/* The arms alone; given covariates too where nothing made them alike; of nested trials that only weigh for censoring
 * the arms alone compare unlike with unlike, and are left out. */
static void add_population(struct table *table, const struct population *population)
{
    bool alike = population->design->arms_alike, is_there = false;
    struct rwe_caution caution =
        rwe_run_caution(population->run, population->design, table->endpoint);
    if (alike || population->design->kind != RWE_DESIGN_TRIALS)
        is_there = add_row(table, population, false);
    if (!alike)
        is_there = add_row(table, population, true) || is_there;
    if (is_there && caution.banner != NULL && !population->design->naive)
        rwe_grid_note(table->grid, "%s: %s.", population->label, caution.banner);
}

static void present_endpoint(struct table *table, const struct populations *populations)
{
    struct rwe_run *run = table->run;
    const char *title =
        rwe_arena_format(run->arena, rwe_text("Answers side by side: %s"), table->endpoint->name);
    table->grid =
        rwe_document_table(run->document, "Answers side by side: %s", table->endpoint->name);
    table->heading = NULL;
    RWE_GRID_COLUMNS(table->grid, columns);
    for (size_t p = 0; p < populations->n; p++)
        add_population(table, &populations->item[p]);
    rwe_grid_note(
        table->grid,
        "Each row is told in full, with how it was made, in its own section above. "
        "Given covariates: in those who have them all. Of clones, n and "
        "events count each strategy, so a patient is there twice; of sequential trials each "
        "follow-up.");
    rwe_forest_add(
        run, table->grid,
        &(struct rwe_forest){
            .name = rwe_arena_format(run->arena, "forest-triangulation-%s", table->endpoint->name),
            .title = title,
            .ratio = 4,
            .counts = {{3, 2, rwe_text("events/n")}},
            .of_arms = true});
}

static enum rwe_status run_triangulation(struct rwe_run *run, void *state, struct rwe_error *error)
{
    (void)state;
    struct populations populations = {0};
    struct table table = {.run = run};
    enum rwe_status status = rwe_need_endpoint(run, "triangulation", error);
    if (status == RWE_OK)
        status = populations_of(run, &populations, error);
    if (status != RWE_OK)
        return status;
    rwe_document_section(run->document, 1, "Triangulation");
    rwe_document_paragraph(
        run->document,
        "The same data under methods whose weaknesses differ. They answer different questions, so "
        "their ratios need not be equal; a conclusion that holds in all rows without a caution "
        "that deal with immortal time (landmarks, clones, trials, and time-dependent exposure for "
        "endpoints that end when exposure closes) does not hang on one way of doing so. All of "
        "them believe that the covariates tell who was given the treatment.");
    for (size_t e = 0; e < run->cohort->n_endpoints; e++) {
        table.endpoint = &run->cohort->endpoint[e];
        present_endpoint(&table, &populations);
    }
    return RWE_OK;
}

const struct rwe_analysis rwe_analysis_triangulation = {
    .name = "triangulation",
    .help = N_("Where exposure starts after time zero (--exposure-start): one table of what naive, "
               "matched, landmark, time-dependent, clone-censor-weight and sequential-trials "
               "analyses say, with the estimand of each. Asks for --cox, --psm, --landmark, "
               "--timedep, --ccw and --sequential."),
    .needs = "cox psm landmark timedep ccw sequential",
    .from_zero = true,
    .last = true,
    .run = run_triangulation,
};
