/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The outcome in one table: events, medians, survival, means and ratios of every population. It computes
 * nothing: its cells are the facts of --km, --logrank, --cox and --rmst. See summary.md. */
#include "run/populations.h"

#include "rwe/analysis/present.h"
#include "rwe/analysis/times.h"
#include "rwe/base/language.h"

#include <math.h>
#include <string.h>

/* The table of one endpoint. */
struct table {
    struct rwe_run *run;
    struct rwe_grid *grid;
    const struct rwe_endpoint *endpoint;
    const struct population *population; /* of the rows at hand */
};

static struct rwe_key key_of(const struct table *table, const char *analysis)
{
    struct rwe_key key = rwe_key_in(analysis, table->endpoint, NULL);
    key.population = table->population->design->name;
    return key;
}

static rwe_fact find(const struct table *table, const struct rwe_key *key, const char *stat)
{
    return rwe_document_find(table->run->document, key, stat);
}

/* ---- cells: what was not told is left empty ---- */

static void cell(const struct table *table, enum rwe_cell_class class, const struct rwe_key *key,
                 const char *stat)
{
    rwe_grid_cell(table->grid, class, find(table, key, stat), RWE_NO_FACT, RWE_NO_FACT);
}

static void limits_cell(const struct table *table, enum rwe_cell_class class,
                        const struct rwe_key *key, const char *stat)
{
    bool is_median = strcmp(stat, "median") == 0;
    rwe_fact first = find(table, key, stat);
    rwe_fact low = find(table, key, is_median ? "median.conf.low" : "conf.low");
    rwe_fact high = find(table, key, is_median ? "median.conf.high" : "conf.high");
    rwe_grid_cell(table->grid, class, first, low, high);
}

static void empty_cells(const struct table *table, size_t n)
{
    for (size_t c = 0; c < n; c++)
        rwe_grid_empty(table->grid);
}

/* A cell of each arm. */
static void arm_cells(const struct table *table, enum rwe_cell_class class, struct rwe_key key,
                      const char *stat)
{
    for (size_t a = 0; a < table->run->cohort->n_arms; a++) {
        struct rwe_key arm = rwe_key_arm(key, table->run->cohort, a);
        if (class == RWE_CELL_COUNT)
            cell(table, class, &arm, stat);
        else
            limits_cell(table, class, &arm, stat);
    }
}

/* ---- rows ---- */

static void count_row(const struct table *table, const char *label, const char *stat)
{
    rwe_grid_row(table->grid, 1, "%s", label);
    arm_cells(table, RWE_CELL_COUNT, key_of(table, "km"), stat);
    empty_cells(table, 2);
}

static void median_row(const struct table *table)
{
    rwe_grid_row(table->grid, 1, "median");
    arm_cells(table, RWE_CELL_TIME_LIMITS, key_of(table, "km"), "median");
    empty_cells(table, 2);
}

/* The arms' numbers, and their difference with its p. */
static void difference_row(const struct table *table, enum rwe_cell_class class,
                           const struct rwe_key *key)
{
    struct rwe_key difference = *key;
    difference.term = "difference";
    arm_cells(table, class, *key, "estimate");
    limits_cell(table, class, &difference, "estimate");
    cell(table, RWE_CELL_P_VALUE, &difference, "p.value");
}

static void survival_rows(const struct table *table)
{
    const struct rwe_run *run = table->population->run;
    size_t e = (size_t)(table->endpoint - table->run->cohort->endpoint);
    struct rwe_times times = rwe_times_of(run, &run->cohort->endpoint[e]);
    struct rwe_key key = key_of(table, "km");
    for (size_t t = 0; t < times.n; t++) {
        key.time = times.at[t];
        rwe_grid_row(table->grid, 1, "survival at %.10g", key.time);
        difference_row(table, RWE_CELL_SURVIVAL_LIMITS, &key);
    }
}

static void mean_row(const struct table *table)
{
    struct rwe_key key = key_of(table, "rmst");
    struct rwe_key arm = rwe_key_arm(key, table->run->cohort, 0);
    rwe_fact tau = find(table, &arm, "tau");
    if (tau == RWE_NO_FACT)
        return;
    rwe_grid_row(table->grid, 1, "restricted mean to %.10g",
                 rwe_document_value(table->run->document, tau));
    difference_row(table, RWE_CELL_TIME_LIMITS, &key);
}

/* Of several arms each has its ratio to the first, under its own name. */
static void ratio_row(const struct table *table, const char *label, const char *model)
{
    const struct rwe_cohort *cohort = table->run->cohort;
    struct rwe_key key = key_of(table, "cox");
    key.model = model;
    bool several = cohort->n_arms > 2;
    if (!several)
        key.term = "arm";
    if (find(table, &key, several ? "n" : "hr") == RWE_NO_FACT)
        return;
    rwe_grid_row(table->grid, 1, "%s", label);
    if (!several) {
        empty_cells(table, cohort->n_arms);
        limits_cell(table, RWE_CELL_RATIO_LIMITS, &key, "hr");
        cell(table, RWE_CELL_P_VALUE, &key, "p.value");
        return;
    }
    rwe_grid_words(table->grid, "reference");
    for (size_t a = 1; a < cohort->n_arms; a++) {
        key.term = rwe_arena_format(table->run->arena, "arm=%s", cohort->arm_level[a]);
        limits_cell(table, RWE_CELL_RATIO_LIMITS, &key, "hr");
    }
    empty_cells(table, 2);
}

static void test_row(const struct table *table)
{
    bool is_state = table->population->design->kind == RWE_DESIGN_STATES;
    struct rwe_key key = key_of(table, "logrank");
    key.term = is_state ? "mantel-byar" : "logrank";
    if (find(table, &key, "p.value") == RWE_NO_FACT)
        return;
    rwe_grid_row(table->grid, 1, "%s",
                 is_state ? rwe_text("Mantel–Byar test") : rwe_text("log-rank test"));
    empty_cells(table, table->run->cohort->n_arms + 1);
    cell(table, RWE_CELL_P_VALUE, &key, "p.value");
}

/* ---- the table ---- */

static void present_population(const struct table *table)
{
    const struct population *population = table->population;
    size_t e = (size_t)(table->endpoint - table->run->cohort->endpoint);
    const struct rwe_caution caution = population_caution(population, e);
    if (population->design->naive && caution.banner != NULL)
        rwe_grid_row(table->grid, 0, "%s. %s", population->label, caution.banner);
    else
        rwe_grid_row(table->grid, 0, "%s",
                     population_mark(population, population->label, &caution));
    empty_cells(table, table->run->cohort->n_arms + 2);
    count_row(table, rwe_text("n"), "n");
    count_row(table, rwe_text("events"), "n.event");
    median_row(table);
    survival_rows(table);
    mean_row(table);
    ratio_row(table, rwe_text("hazard ratio"), "arm");
    if (!population->design->arms_alike)
        ratio_row(table, rwe_text("hazard ratio, adjusted"), "adjusted");
    if (population->design->kind == RWE_DESIGN_STATES)
        ratio_row(table, rwe_text("hazard ratio, weighted"), "weighted");
    test_row(table);
}

/* Whether there is a curve of it. */
static bool is_told(const struct table *table)
{
    struct rwe_key key = rwe_key_arm(key_of(table, "km"), table->run->cohort, 0);
    return find(table, &key, "n") != RWE_NO_FACT;
}

static void head(const struct table *table)
{
    const struct rwe_run *run = table->run;
    const char *level = rwe_conf_level_text(run);
    rwe_grid_column(table->grid, "times%s", rwe_time_unit_suffix(run));
    for (size_t a = 0; a < run->cohort->n_arms; a++)
        rwe_grid_column(table->grid, "%s\n(%s CI)", run->cohort->arm_level[a], level);
    rwe_grid_column(table->grid, "difference or ratio\n(%s CI)", level);
    rwe_grid_column(table->grid, "p");
}

static bool has_weights(const struct rwe_run *run)
{
    for (size_t d = 0; d < run->n_designs; d++)
        if (run->design[d].weight != NULL)
            return true;
    return false;
}

/* What the populations that are told ask for. */
struct told {
    bool landmark, states, clones;
};

static void note_told(struct told *told, const struct rwe_design *design)
{
    told->landmark |= design->clock.start == RWE_CLOCK_LANDMARK;
    told->states |= design->kind == RWE_DESIGN_STATES;
    told->clones |= design->kind == RWE_DESIGN_CLONES;
}

static void note(const struct table *table, const struct told *told)
{
    rwe_grid_note(table->grid, "The numbers of the sections above, put together: Kaplan–Meier, "
                               "restricted means, Cox, log-rank.");
    if (has_weights(table->run))
        rwe_grid_note(table->grid, "Under weights n and events are sums of weights.");
    if (told->landmark)
        rwe_grid_note(table->grid, "Times of a landmark count from there.");
    if (told->states)
        rwe_grid_note(table->grid, "Time-dependent: patients are unexposed until exposure begins, "
                                   "so those exposed stand in both columns.");
    if (told->clones)
        rwe_grid_note(table->grid, "Of clones each arm is a strategy that everybody follows.");
}

static void present_endpoint(struct table *table, const struct populations *populations)
{
    struct rwe_run *run = table->run;
    table->grid = rwe_document_table(run->document, "Efficacy: %s", table->endpoint->name);
    struct told told = {false, false, false};
    head(table);
    for (size_t p = 0; p < populations->n; p++) {
        table->population = &populations->item[p];
        if (!is_told(table))
            continue;
        present_population(table);
        note_told(&told, table->population->design);
    }
    populations_note_cautions(populations, (size_t)(table->endpoint - run->cohort->endpoint),
                              table->grid);
    note(table, &told);
}

static enum rwe_status run_summary(struct rwe_run *run, void *state, struct rwe_error *error)
{
    (void)state;
    struct populations populations = {0};
    struct table table = {.run = run};
    enum rwe_status status = rwe_need_endpoint(run, "summary", error);
    if (status == RWE_OK)
        status = populations_of(run, &populations, error);
    if (status != RWE_OK)
        return status;
    rwe_document_section(run->document, 1, "Efficacy summary");
    for (size_t e = 0; e < run->cohort->n_endpoints; e++) {
        table.endpoint = &run->cohort->endpoint[e];
        present_endpoint(&table, &populations);
    }
    return RWE_OK;
}

const struct rwe_analysis rwe_analysis_summary = {
    .name = "summary",
    .help = N_("One table for each endpoint: events, medians, survival at times, restricted means "
               "and hazard ratios, with what compares the arms, of every population of the run. "
               "Brings --km, --logrank, --cox and --rmst."),
    .also_runs = "km logrank cox rmst",
    .from_zero = true,
    .last = true,
    .run = run_summary,
};
