/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One question, several answers side by side: what the other analyses found, each with its estimand. It
 * computes nothing: its numbers are those of --cox in each population. See triangulation.md. */
#include "run/forest.h"
#include "rwe/analysis/immortal.h"
#include "rwe/analysis/pipeline.h"
#include "rwe/analysis/present.h"

#include <math.h>
#include <string.h>

/* Where an answer stands in the document, and how it is told here. */
struct answer {
    const char *population, *model; /* of analysis "cox" */
    const char *term;               /* its name among the facts of this analysis */
    const char *label, *estimand;
    bool naive;
};

/* ---- what the others found ---- */

enum { HR, LOW, HIGH, N, N_EVENT, N_STATS };
static const char *const stats[N_STATS] = {"hr", "conf.low", "conf.high", "n", "n.event"};

static bool same(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* Its numbers, NaN where the model could not be fitted; false when it was not asked for. */
static bool find(const struct rwe_document *document, const char *endpoint,
                 const struct answer *answer, double value[N_STATS])
{
    bool found = false;
    for (size_t s = 0; s < N_STATS; s++)
        value[s] = NAN;
    for (size_t f = 0; f < rwe_document_n_facts(document); f++) {
        const struct rwe_fact_value *fact = rwe_document_fact(document, (rwe_fact)f);
        const struct rwe_key *key = &fact->key;
        if (strcmp(key->analysis, "cox") != 0 || !same(key->endpoint, endpoint) ||
            !same(key->population, answer->population) || !same(key->model, answer->model) ||
            key->level != NULL || !isnan(key->time))
            continue;
        for (size_t s = 0; s < N_STATS; s++)
            if (strcmp(fact->stat, stats[s]) == 0 && same(key->term, s < N ? "arm" : NULL)) {
                value[s] = fact->number;
                found = true;
            }
    }
    return found;
}

/* ---- the table ---- */

/* The table of one endpoint. */
struct board {
    struct rwe_run *run;
    struct rwe_grid *grid;
    const struct rwe_endpoint *endpoint;
    const char *heading; /* of the rows to come; NULL once it stands there */
};

static void head_rows(struct board *board)
{
    if (board->heading == NULL)
        return;
    rwe_grid_row(board->grid, 0, "%s", board->heading);
    for (size_t c = 0; c < 4; c++)
        rwe_grid_empty(board->grid);
    board->heading = NULL;
}

static void add(struct board *board, const struct answer *answer)
{
    struct rwe_document *document = board->run->document;
    double value[N_STATS];
    rwe_fact fact[N_STATS];
    if (answer->term == NULL || answer->label == NULL || answer->estimand == NULL ||
        !find(document, board->endpoint->name, answer, value))
        return;
    struct rwe_key key = rwe_key_in("triangulation", board->endpoint, NULL);
    key.model = answer->model;
    key.term = answer->term;
    for (size_t s = 0; s < N_STATS; s++)
        fact[s] = rwe_document_number(document, &key, stats[s], value[s]);
    rwe_fact estimand = rwe_document_string(document, &key, "estimand", answer->estimand);
    if (answer->naive)
        rwe_document_string(document, &key, "caution", rwe_immortal_banner);
    head_rows(board);
    rwe_grid_row(board->grid, 1, "%s", answer->label);
    rwe_grid_cell(board->grid, RWE_CELL_TEXT, estimand, RWE_NO_FACT, RWE_NO_FACT);
    rwe_grid_cell(board->grid, RWE_CELL_COUNT, fact[N], RWE_NO_FACT, RWE_NO_FACT);
    rwe_grid_cell(board->grid, RWE_CELL_COUNT, fact[N_EVENT], RWE_NO_FACT, RWE_NO_FACT);
    rwe_grid_cell(board->grid, RWE_CELL_RATIO_LIMITS, fact[HR], fact[LOW], fact[HIGH]);
}

/* The arms alone in each population of people, and adjusted in everybody: who is matched or weighted is
 * made alike already. */
static void add_populations(struct board *board, struct rwe_run *of, struct answer answer,
                            const char *from)
{
    struct rwe_arena *arena = board->run->arena;
    const char *what = answer.estimand, *first = answer.term;
    for (size_t d = 0; d < rwe_run_people_designs(of); d++) {
        const struct rwe_design *design = &of->design[d];
        answer.population = design->name;
        answer.model = "arm";
        if (d > 0) {
            answer.term = design->name;
            answer.label = rwe_arena_format(arena, "%s%s", from, design->label);
            answer.estimand = rwe_arena_format(arena, "%s; %s", what, design->label);
        }
        add(board, &answer);
        if (d > 0)
            continue;
        answer.model = "adjusted";
        answer.term = first;
        answer.label = rwe_arena_format(arena, "%sadjusted", from);
        answer.estimand = rwe_arena_format(arena, "%s; given covariates", what);
        add(board, &answer);
    }
}

static void add_from_zero(struct board *board)
{
    bool naive = rwe_immortal_is_naive(board->run->cohort);
    board->heading = naive ? rwe_immortal_banner : "From time zero";
    add_populations(board, board->run,
                    (struct answer){.term = "naive",
                                    .label = "ever against never",
                                    .estimand = "all; ever exposed against never",
                                    .naive = naive},
                    "");
}

/* " months", or "" when the study does not say. */
static const char *unit_of(const struct rwe_run *run)
{
    const char *unit = rwe_settings_text(run->settings, "time-unit");
    const char *text = unit == NULL ? "" : rwe_arena_format(run->arena, " %s", unit);
    return text == NULL ? "" : text;
}

static void add_landmarks(struct board *board)
{
    struct rwe_run *run = board->run;
    board->heading = "Landmark: the clock starts there";
    for (size_t i = 0; i < run->n_landmarks; i++) {
        double time = run->landmark[i].at.time;
        const char *from = rwe_arena_format(run->arena, "at %.10g, ", time);
        struct answer answer = {
            .term = run->landmark[i].run.scope,
            .label = rwe_arena_format(run->arena, "at %.10g", time),
            .estimand =
                rwe_arena_format(run->arena, "event-free at %.10g%s; exposed by then against not",
                                 time, unit_of(run))};
        if (from != NULL)
            add_populations(board, &run->landmark[i].run, answer, from);
    }
}

static void add_timedep(struct board *board)
{
    board->heading = "Exposure as a state";
    struct answer answer = {.population = "timedep",
                            .model = "arm",
                            .term = "timedep",
                            .label = "time-dependent Cox",
                            .estimand = "all; hazard while exposed against not, or not yet"};
    add(board, &answer);
    answer.model = "adjusted";
    answer.label = "adjusted";
    answer.estimand = "all; hazard while exposed against not, or not yet; given covariates";
    add(board, &answer);
}

static bool is_sequential(const struct rwe_design *design)
{
    return strcmp(design->name, "sequential") == 0;
}

static void add_clones(struct board *board)
{
    struct rwe_run *run = board->run;
    board->heading = "Clones: strategies from time zero";
    for (size_t d = rwe_run_people_designs(run); d < run->n_designs; d++) {
        if (is_sequential(&run->design[d]))
            continue;
        double grace = rwe_settings_number(run->settings, "ccw");
        add(board,
            &(struct answer){.population = run->design[d].name,
                             .model = "arm",
                             .term = run->design[d].name,
                             .label = rwe_arena_format(run->arena, "grace %.10g", grace),
                             .estimand = rwe_arena_format(
                                 run->arena,
                                 "all; exposure begun within %.10g%s against none within %.10g%s",
                                 grace, unit_of(run), grace, unit_of(run))});
    }
}

/* Initiators stand for themselves and weights make the others like them; where weights are for
 * censoring alone only the adjusted model compares like with like. */
static void add_sequential(struct board *board)
{
    struct rwe_run *run = board->run;
    board->heading = "Sequential trials: begin now, or not";
    for (size_t d = rwe_run_people_designs(run); d < run->n_designs; d++) {
        if (!is_sequential(&run->design[d]))
            continue;
        bool weighted = rwe_settings_choice(run->settings, "sequential-weights") == 0;
        double interval = rwe_settings_number(run->settings, "sequential");
        struct answer answer = {
            .population = run->design[d].name,
            .model = weighted ? "arm" : "adjusted",
            .term = run->design[d].name,
            .label = interval > 0 ? rwe_arena_format(run->arena, "every %.10g%s", interval,
                                                     weighted ? "" : ", adjusted")
                                  : rwe_arena_format(run->arena, "at each start%s",
                                                     weighted ? "" : ", adjusted"),
            .estimand =
                weighted ? "those who begin exposure, when they do; begun against none"
                         : "event-free, not exposed before; begun against none; given covariates"};
        add(board, &answer);
    }
}

static void present_endpoint(struct rwe_run *run, const struct rwe_endpoint *endpoint)
{
    const char *title = rwe_arena_format(run->arena, "Answers side by side: %s", endpoint->name);
    struct board board = {run, rwe_document_table(run->document, "%s", title), endpoint, NULL};
    rwe_grid_column(board.grid, "analysis");
    rwe_grid_column(board.grid, "who, and what is compared");
    rwe_grid_column(board.grid, "n");
    rwe_grid_column(board.grid, "events");
    rwe_grid_column(board.grid, "hazard ratio\n(%s CI)", rwe_conf_level_text(run));
    add_from_zero(&board);
    add_landmarks(&board);
    add_timedep(&board);
    add_clones(&board);
    add_sequential(&board);
    rwe_grid_note(
        board.grid,
        "Each row is told in full, with how it was made, in its own section above. "
        "Given covariates: in those who have them all. Of clones, n and "
        "events count each strategy, so a patient is there twice; of sequential trials each "
        "follow-up.");
    rwe_forest_add(run, board.grid,
                   &(struct rwe_forest){.name = rwe_arena_format(
                                            run->arena, "forest-triangulation-%s", endpoint->name),
                                        .title = title,
                                        .ratio = 4,
                                        .counts = {{3, 2, "events/n"}},
                                        .of_arms = true});
}

static enum rwe_status run_triangulation(struct rwe_run *run, void *state, struct rwe_error *error)
{
    (void)state;
    enum rwe_status status = rwe_need_endpoint(run, "triangulation", error);
    if (status != RWE_OK)
        return status;
    rwe_document_section(run->document, 1, "Triangulation");
    rwe_document_paragraph(
        run->document,
        "The same data under methods whose weaknesses differ. They answer different questions, so "
        "their ratios need not be equal; a conclusion that holds in the landmark, time-dependent, "
        "clone and sequential rows does not hang on one way of dealing with immortal time. All of "
        "them "
        "believe that the covariates tell who was given the treatment.");
    for (size_t e = 0; e < run->cohort->n_endpoints; e++)
        present_endpoint(run, &run->cohort->endpoint[e]);
    return RWE_OK;
}

const struct rwe_analysis rwe_analysis_triangulation = {
    .name = "triangulation",
    .help =
        "Where exposure starts after time zero (--exposure-start): one table of what naive, "
        "matched, landmark, time-dependent, clone-censor-weight and sequential-trials analyses "
        "say, with the estimand of each. Asks for --cox, --psm, --landmark, --timedep, --ccw and "
        "--sequential.",
    .asks = "cox psm landmark timedep ccw sequential",
    .from_zero = true,
    .last = true,
    .run = run_triangulation,
};
