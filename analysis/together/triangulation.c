/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One question, several answers side by side: what the other analyses found, each with its estimand. It
 * computes nothing: its numbers are those of --cox in each population. See triangulation.md. */
#include "run/estimand.h"
#include "run/forest.h"
#include "run/populations.h"

#include "rwe/analysis/present.h"
#include "rwe/base/language.h"

#include <string.h>

/* ---- what the others found ---- */

enum { HR, LOW, HIGH, N, N_EVENT, N_STATS };
static const char *const stats[N_STATS] = {"hr", "conf.low", "conf.high", "n", "n.event"};

/* A model of a population, and its words in a row. */
struct model {
    const char *name; /* in facts */
    const char *label, *estimand;
};
static const struct model alone = {"arm", "%s", N_("%s; %s")};
static const struct model adjusted = {"adjusted", N_("%s, adjusted"),
                                      N_("%s; %s; given covariates")};
static const struct model weighted = {"weighted", N_("%s, weighted"), N_("%s; %s; weighted")};

/* The table of one endpoint. */
struct table {
    struct rwe_run *run;
    struct rwe_grid *grid;
    size_t e;
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
static const char *estimand_of(const struct population *population, const struct model *model)
{
    const struct rwe_run *run = population->run;
    const char *whom = rwe_estimand_words(run, population->design);
    const char *text = rwe_arena_format(run->arena, rwe_text(model->estimand), whom,
                                        population->design->words.compared);
    return text == NULL ? "" : text;
}

static void head_rows(struct table *table, const char *heading)
{
    if (table->heading != NULL && strcmp(table->heading, heading) == 0)
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

static void add_row(struct table *table, const struct population *population,
                    const struct model *model)
{
    struct rwe_document *document = table->run->document;
    const struct rwe_design *design = population->design;
    const struct rwe_caution caution = population_caution(population, table->e);
    double value[N_STATS];
    if (!find(table, design, model->name, value))
        return;
    struct rwe_key key = rwe_key_in("triangulation", table->endpoint, NULL);
    key.model = model->name;
    key.term = is_reference(design) ? "naive" : design->name;
    rwe_fact estimand =
        rwe_document_string(document, &key, "estimand", estimand_of(population, model));
    rwe_caution_fact(document, &key, &caution);
    head_rows(table, population_heading(population, &caution));
    rwe_grid_row(table->grid, 1, model->label, population->label);
    rwe_grid_cell(table->grid, RWE_CELL_TEXT, estimand, RWE_NO_FACT, RWE_NO_FACT);
    rwe_grid_put(table->grid, &key, value[N]);
    rwe_grid_put(table->grid, &key, value[N_EVENT]);
    rwe_grid_put(table->grid, &key, value[HR], value[LOW], value[HIGH]);
}

/* The arms alone; given covariates too where nothing made them alike; of nested trials that only weigh for censoring
 * the arms alone compare unlike with unlike, and are left out. */
static void add_population(struct table *table, const struct population *population)
{
    bool alike = population->design->arms_alike;
    if (alike || population->design->kind != RWE_DESIGN_TRIALS)
        add_row(table, population, &alone);
    if (!alike)
        add_row(table, population, &adjusted);
    if (population->design->kind == RWE_DESIGN_STATES)
        add_row(table, population, &weighted);
}

/* ---- what agreement would mean ---- */

/* Ways of dealing with immortal time, the first to be read first: clones answer for everybody from time zero. */
enum way { WAY_CLONES, WAY_LANDMARK, WAY_TRIALS, WAY_STATES, WAY_NONE, N_WAYS };

/* How each is named in a list, and why its ratio differs from that of another. */
static const struct {
    const char *name, *differs;
} ways[N_WAYS] = {
    [WAY_CLONES] = {N_("clone"),
                    N_("Clones answer for everybody from time zero. Exposure within the grace "
                       "period begins when it does, so that the time before it is alike under "
                       "both strategies and draws the ratio towards 1.")},
    [WAY_LANDMARK] = {N_("landmark"),
                      N_("Landmarks answer for those who had no event and could still begin then, "
                         "and count from there; exposure that begins later is taken as none.")},
    [WAY_TRIALS] = {N_("sequential"), N_("Sequential trials answer for those who begin exposure, "
                                         "and count from when they begin.")},
    [WAY_STATES] = {N_("time-dependent"),
                    N_("Exposure as a state compares hazards at each moment between patients alike "
                       "in covariates, and no strategies.")},
    [WAY_NONE] = {NULL, N_("The reference counts for the treatment the time that patients had to "
                           "live until it began; neither matching nor weights take that away.")},
};

static enum way way_of(const struct rwe_design *design)
{
    if (design->clock.start == RWE_CLOCK_LANDMARK)
        return WAY_LANDMARK;
    switch (design->kind) {
    case RWE_DESIGN_STATES:
        return WAY_STATES;
    case RWE_DESIGN_CLONES:
        return WAY_CLONES;
    case RWE_DESIGN_TRIALS:
        return WAY_TRIALS;
    default:
        return WAY_NONE;
    }
}

static bool has_row(const struct table *table, const struct population *population)
{
    double value[N_STATS];
    return find(table, population->design, "arm", value) ||
           find(table, population->design, "adjusted", value);
}

/* Whether it stands in the table, alike or given covariates, without a caution that keeps it from being read for
 * inference. */
static bool may_be_read(const struct table *table, const struct population *population)
{
    double value[N_STATS];
    bool is_adjusted = population->design->arms_alike
                           ? has_row(table, population)
                           : find(table, population->design, "adjusted", value);
    return is_adjusted && population_caution(population, table->e).grade <= RWE_CAUTION_NOTE;
}

/* The ways that have a row of this endpoint without a caution; how many there are. */
static size_t list_ways(const struct table *table, const struct populations *populations,
                        const char **list)
{
    enum way last = WAY_NONE;
    size_t n = 0;
    *list = NULL;
    for (size_t p = 0; p < populations->n; p++) {
        enum way way = way_of(populations->item[p].design);
        if (way == WAY_NONE || way == last || !may_be_read(table, &populations->item[p]))
            continue;
        last = way;
        const char *name = rwe_text(ways[way].name);
        *list = *list == NULL
                    ? name
                    : rwe_arena_format(table->run->arena, rwe_text("%s, %s"), *list, name);
        n++;
    }
    return n;
}

static void tell_agreement(const struct table *table, const struct populations *populations)
{
    const char *list;
    if (list_ways(table, populations, &list) > 1)
        rwe_document_paragraph(table->run->document,
                               "%s: a conclusion that holds in these rows (%s), where they are "
                               "alike in covariates or adjusted for them, does not hang on one "
                               "way of dealing with immortal time.",
                               table->endpoint->name, list);
    else
        rwe_document_paragraph(table->run->document,
                               "%s: fewer than two ways of dealing with immortal time stand "
                               "without a caution, so that none confirms another.",
                               table->endpoint->name);
}

/* ---- which row is read first, and why the others differ ---- */

/* The first way that may be read; at landmarks the arms that were made alike. NULL: none. */
static const struct population *find_primary(const struct table *table,
                                             const struct populations *populations)
{
    const struct population *primary = NULL;
    for (size_t p = 0; p < populations->n; p++) {
        const struct population *other = &populations->item[p];
        enum way way = way_of(other->design);
        if (way > WAY_TRIALS || !may_be_read(table, other))
            continue;
        enum way best = primary == NULL ? WAY_NONE : way_of(primary->design);
        if (way < best || (way == best && way == WAY_LANDMARK && other->design->arms_alike &&
                           !primary->design->arms_alike))
            primary = other;
    }
    return primary;
}

static void note_primary(const struct table *table, const struct populations *populations)
{
    const struct population *primary = find_primary(table, populations);
    struct rwe_key key = rwe_key_in("triangulation", table->endpoint, NULL);
    bool told[N_WAYS] = {false};
    if (primary == NULL)
        return;
    rwe_document_string(table->run->document, &key, "primary", primary->design->name);
    rwe_grid_note(table->grid,
                  "Read first: %s (%s). It is the first of clones, landmarks and sequential trials "
                  "that this run has without a caution.",
                  primary->label, estimand_of(primary, &alone));
    for (size_t p = 0; p < populations->n; p++) {
        enum way way = way_of(populations->item[p].design);
        if (!told[way] && has_row(table, &populations->item[p]))
            rwe_grid_note(table->grid, "%s", rwe_text(ways[way].differs));
        told[way] |= has_row(table, &populations->item[p]);
    }
}

/* ---- the tables ---- */

static void present_endpoint(struct table *table, const struct populations *populations)
{
    struct rwe_run *run = table->run;
    const char *title =
        rwe_arena_format(run->arena, rwe_text("Answers side by side: %s"), table->endpoint->name);
    tell_agreement(table, populations);
    table->grid =
        rwe_document_table(run->document, "Answers side by side: %s", table->endpoint->name);
    table->heading = NULL;
    RWE_GRID_COLUMNS(table->grid, columns);
    for (size_t p = 0; p < populations->n; p++)
        add_population(table, &populations->item[p]);
    note_primary(table, populations);
    populations_note_cautions(populations, table->e, table->grid);
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
        "their ratios need not be equal. Rows of the arms alone at a landmark, and of exposure as "
        "a "
        "state alone, are adjusted for nothing; all others believe that the covariates tell who "
        "was given the treatment.");
    for (table.e = 0; table.e < run->cohort->n_endpoints; table.e++) {
        table.endpoint = &run->cohort->endpoint[table.e];
        present_endpoint(&table, &populations);
    }
    return RWE_OK;
}

const struct rwe_analysis rwe_analysis_triangulation = {
    .name = "triangulation",
    .section = RWE_SECTION_SENSITIVITY,
    .help = N_("Where exposure starts after time zero (--exposure-start): one table of what naive, "
               "matched, landmark, time-dependent, clone-censor-weight and sequential-trials "
               "analyses say, with the estimand of each. Asks for --cox, --psm, --landmark, "
               "--timedep, --ccw and --sequential."),
    .needs = "cox psm landmark timedep ccw sequential",
    .from_zero = true,
    .last = true,
    .run = run_triangulation,
};
