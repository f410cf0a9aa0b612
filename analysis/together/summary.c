/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The outcome in one table: events, medians, survival, means and ratios of every population. It computes
 * nothing: its cells are the facts of --km, --logrank, --cox and --rmst. See summary.md. */
#include "run/populations.h"

#include "rwe/analysis/present.h"
#include "rwe/analysis/times.h"

#include <math.h>
#include <string.h>

/* The table of one endpoint. */
struct board {
    struct rwe_run *run;
    struct rwe_grid *grid;
    const struct rwe_endpoint *endpoint;
    const struct population *population; /* of the rows at hand */
};

static struct rwe_key key_of(const struct board *board, const char *analysis)
{
    struct rwe_key key = rwe_key_in(analysis, board->endpoint, NULL);
    key.population = board->population->name;
    return key;
}

static rwe_fact find(const struct board *board, const struct rwe_key *key, const char *stat)
{
    return rwe_document_find(board->run->document, key, stat);
}

/* ---- cells: what was not told is left empty ---- */

static void cell(const struct board *board, enum rwe_cell_class class, const struct rwe_key *key,
                 const char *stat)
{
    rwe_grid_cell(board->grid, class, find(board, key, stat), RWE_NO_FACT, RWE_NO_FACT);
}

static void limits_cell(const struct board *board, enum rwe_cell_class class,
                        const struct rwe_key *key, const char *stat)
{
    bool is_median = strcmp(stat, "median") == 0;
    rwe_fact first = find(board, key, stat);
    rwe_fact low = find(board, key, is_median ? "median.conf.low" : "conf.low");
    rwe_fact high = find(board, key, is_median ? "median.conf.high" : "conf.high");
    rwe_grid_cell(board->grid, class, first, low, high);
}

static void empty_cells(const struct board *board, size_t n)
{
    for (size_t c = 0; c < n; c++)
        rwe_grid_empty(board->grid);
}

/* A cell of each arm. */
static void arm_cells(const struct board *board, enum rwe_cell_class class, struct rwe_key key,
                      const char *stat)
{
    for (size_t a = 0; a < board->run->cohort->n_arms; a++) {
        struct rwe_key arm = rwe_key_arm(key, board->run->cohort, a);
        if (class == RWE_CELL_COUNT)
            cell(board, class, &arm, stat);
        else
            limits_cell(board, class, &arm, stat);
    }
}

/* ---- rows ---- */

static void count_row(const struct board *board, const char *label, const char *stat)
{
    rwe_grid_row(board->grid, 1, "%s", label);
    arm_cells(board, RWE_CELL_COUNT, key_of(board, "km"), stat);
    empty_cells(board, 2);
}

static void median_row(const struct board *board)
{
    rwe_grid_row(board->grid, 1, "median");
    arm_cells(board, RWE_CELL_TIME_LIMITS, key_of(board, "km"), "median");
    empty_cells(board, 2);
}

/* The arms' numbers, and their difference with its p. */
static void difference_row(const struct board *board, enum rwe_cell_class class,
                           const struct rwe_key *key)
{
    struct rwe_key difference = *key;
    difference.term = "difference";
    arm_cells(board, class, *key, "estimate");
    limits_cell(board, class, &difference, "estimate");
    cell(board, RWE_CELL_P_VALUE, &difference, "p.value");
}

static void survival_rows(const struct board *board)
{
    const struct rwe_run *run = board->population->run;
    size_t e = (size_t)(board->endpoint - board->run->cohort->endpoint);
    struct rwe_times times = rwe_times_of(run, &run->cohort->endpoint[e]);
    struct rwe_key key = key_of(board, "km");
    for (size_t t = 0; t < times.n; t++) {
        key.time = times.at[t];
        rwe_grid_row(board->grid, 1, "survival at %.10g", key.time);
        difference_row(board, RWE_CELL_SURVIVAL_LIMITS, &key);
    }
}

static void mean_row(const struct board *board)
{
    struct rwe_key key = key_of(board, "rmst");
    struct rwe_key arm = rwe_key_arm(key, board->run->cohort, 0);
    rwe_fact tau = find(board, &arm, "tau");
    if (tau == RWE_NO_FACT)
        return;
    rwe_grid_row(board->grid, 1, "restricted mean to %.10g",
                 rwe_document_value(board->run->document, tau));
    difference_row(board, RWE_CELL_TIME_LIMITS, &key);
}

static void ratio_row(const struct board *board, const char *label, const char *model)
{
    const struct rwe_cohort *cohort = board->run->cohort;
    struct rwe_key key = key_of(board, "cox");
    key.model = model;
    key.term = "arm";
    if (cohort->n_arms > 2 || find(board, &key, "hr") == RWE_NO_FACT)
        return;
    rwe_grid_row(board->grid, 1, "%s", label);
    empty_cells(board, cohort->n_arms);
    limits_cell(board, RWE_CELL_RATIO_LIMITS, &key, "hr");
    cell(board, RWE_CELL_P_VALUE, &key, "p.value");
}

/* Of several arms each has its ratio to the first under its own name. */
static void ratios_row(const struct board *board, const char *label, const char *model)
{
    const struct rwe_cohort *cohort = board->run->cohort;
    struct rwe_key key = key_of(board, "cox");
    key.model = model;
    if (cohort->n_arms == 2 || find(board, &key, "n") == RWE_NO_FACT)
        return;
    rwe_grid_row(board->grid, 1, "%s", label);
    rwe_grid_words(board->grid, "reference");
    for (size_t a = 1; a < cohort->n_arms; a++) {
        key.term = rwe_arena_format(board->run->arena, "arm=%s", cohort->arm_level[a]);
        limits_cell(board, RWE_CELL_RATIO_LIMITS, &key, "hr");
    }
    empty_cells(board, 2);
}

static void test_row(const struct board *board)
{
    bool is_state = board->population->kind == POPULATION_STATE;
    struct rwe_key key = key_of(board, "logrank");
    key.term = is_state ? "mantel-byar" : "logrank";
    if (find(board, &key, "p.value") == RWE_NO_FACT)
        return;
    rwe_grid_row(board->grid, 1, "%s", is_state ? "Mantel–Byar test" : "log-rank test");
    empty_cells(board, board->run->cohort->n_arms + 1);
    cell(board, RWE_CELL_P_VALUE, &key, "p.value");
}

/* ---- the table ---- */

static void present_population(const struct board *board)
{
    const struct population *population = board->population;
    rwe_grid_row(board->grid, 0, "%s%s%s", population->label, population->is_naive ? ". " : "",
                 population->is_naive ? population->group : "");
    empty_cells(board, board->run->cohort->n_arms + 2);
    count_row(board, "n", "n");
    count_row(board, "events", "n.event");
    median_row(board);
    survival_rows(board);
    mean_row(board);
    ratio_row(board, "hazard ratio", "arm");
    ratios_row(board, "hazard ratio", "arm");
    if (population->is_given) {
        ratio_row(board, "hazard ratio, adjusted", "adjusted");
        ratios_row(board, "hazard ratio, adjusted", "adjusted");
    }
    test_row(board);
}

/* Whether there is a curve of it. */
static bool is_told(const struct board *board)
{
    struct rwe_key key = rwe_key_arm(key_of(board, "km"), board->run->cohort, 0);
    return find(board, &key, "n") != RWE_NO_FACT;
}

static void head(const struct board *board)
{
    const struct rwe_run *run = board->run;
    const char *level = rwe_conf_level_text(run);
    rwe_grid_column(board->grid, "times%s", rwe_time_unit_suffix(run));
    for (size_t a = 0; a < run->cohort->n_arms; a++)
        rwe_grid_column(board->grid, "%s\n(%s CI)", run->cohort->arm_level[a], level);
    rwe_grid_column(board->grid, "difference or ratio\n(%s CI)", level);
    rwe_grid_column(board->grid, "p");
}

static bool has_weights(const struct rwe_run *run)
{
    for (size_t d = 0; d < run->n_designs; d++)
        if (run->design[d].weight != NULL)
            return true;
    return false;
}

/* What the kinds of populations that are told ask for. */
static void note(const struct board *board, const bool told[])
{
    rwe_grid_note(board->grid, "The numbers of the sections above, put together: Kaplan–Meier, "
                               "restricted means, Cox, log-rank.");
    if (has_weights(board->run))
        rwe_grid_note(board->grid, "Under weights n and events are sums of weights.");
    if (told[POPULATION_LANDMARK])
        rwe_grid_note(board->grid, "Times of a landmark count from there.");
    if (told[POPULATION_STATE])
        rwe_grid_note(board->grid, "Time-dependent: patients are unexposed until exposure begins, "
                                   "so those exposed stand in both columns.");
    if (told[POPULATION_CLONES])
        rwe_grid_note(board->grid, "Of clones each arm is a strategy that everybody follows.");
}

static void present_endpoint(struct board *board, const struct populations *populations)
{
    struct rwe_run *run = board->run;
    board->grid = rwe_document_table(run->document, "Efficacy: %s", board->endpoint->name);
    bool told[POPULATION_CLONES + 1] = {false};
    head(board);
    for (size_t p = 0; p < populations->n; p++) {
        board->population = &populations->item[p];
        if (!is_told(board))
            continue;
        present_population(board);
        told[board->population->kind] = true;
    }
    note(board, told);
}

static enum rwe_status run_summary(struct rwe_run *run, void *state, struct rwe_error *error)
{
    (void)state;
    struct populations populations = {0};
    struct board board = {.run = run};
    enum rwe_status status = rwe_need_endpoint(run, "summary", error);
    if (status == RWE_OK)
        status = populations_of(run, &populations, error);
    if (status != RWE_OK)
        return status;
    rwe_document_section(run->document, 1, "Efficacy summary");
    for (size_t e = 0; e < run->cohort->n_endpoints; e++) {
        board.endpoint = &run->cohort->endpoint[e];
        present_endpoint(&board, &populations);
    }
    return RWE_OK;
}

const struct rwe_analysis rwe_analysis_summary = {
    .name = "summary",
    .help = "One table for each endpoint: events, medians, survival at times, restricted means and "
            "hazard ratios, with what compares the arms, of every population of the run. Brings "
            "--km, --logrank, --cox and --rmst.",
    .brings = "km logrank cox rmst",
    .from_zero = true,
    .last = true,
    .run = run_summary,
};
