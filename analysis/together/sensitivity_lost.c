/* SPDX-License-Identifier: GPL-3.0-or-later */
/* If those lost to follow-up fared worse than those who stayed. See sensitivity.md. */
#include "estimates/rmst.h"
#include "sensitivity.h"

#include "rwe/analysis/immortal.h"
#include "rwe/analysis/present.h"
#include "rwe/analysis/times.h"
#include "rwe/stats/lost.h"

#include <math.h>

/* What a row of the data ends with. */
enum { NEITHER, HAD_EVENT, WAS_LOST };

/* A population whose losses are looked at. */
struct lost {
    struct rwe_event_table table;
    size_t n[2]; /* rows of each arm that end in a loss */
    double tau;
};

/* Losses are a cause of their own, the last; the horizon is that of the event, losses censored. */
static enum rwe_status look_at(const struct population *population, size_t e, struct lost *lost,
                               struct rwe_error *error)
{
    const struct rwe_run *run = population->run;
    const struct rwe_variable *column =
        rwe_cohort_described(run->cohort, rwe_settings_text(run->settings, "ltfu-column"));
    struct rwe_survival_data data;
    enum rwe_status status =
        rwe_design_survival(run->cohort, population->design, &run->cohort->endpoint[e],
                            (struct rwe_design_view){0}, run->arena, &data, error);
    if (status == RWE_OK)
        status = rmst_horizon(run, &data, &lost->tau, error);
    if (status != RWE_OK)
        return status;
    uint8_t *event = RWE_NEW(run->arena, uint8_t, data.n);
    if (event == NULL)
        return rwe_fail_memory(error);
    for (size_t k = 0; k < data.n; k++) {
        bool was_lost = data.event[k] == 0 && column->number[data.subject[k]] == 1;
        event[k] = data.event[k] > 0 ? HAD_EVENT : was_lost ? WAS_LOST : NEITHER;
        lost->n[data.group[k]] += was_lost;
    }
    data.event = event;
    data.n_causes = WAS_LOST;
    return rwe_event_table_build(&data, run->arena, &lost->table, error);
}

static rwe_fact tell(struct rwe_run *run, const struct rwe_key *key, const char *stat, double value)
{
    return rwe_document_number(run->document, key, stat, value);
}

static void cell(struct rwe_grid *grid, enum rwe_cell_class class, rwe_fact fact)
{
    rwe_grid_cell(grid, class, fact, RWE_NO_FACT, RWE_NO_FACT);
}

/* Difference of the means, the second arm's losses by delta. */
static void present_delta(struct rwe_run *run, struct rwe_grid *grid, struct rwe_key key,
                          const struct lost *lost, double delta)
{
    key.level = isinf(delta) ? "next" : rwe_arena_format(run->arena, "delta=%.10g", delta);
    double difference = rwe_lost_mean(&lost->table, 1, delta, lost->tau) -
                        rwe_lost_mean(&lost->table, 0, 1, lost->tau);
    cell(grid, RWE_CELL_STATISTIC, tell(run, &key, "difference", difference));
}

static void present_tipping(struct rwe_run *run, struct rwe_grid *grid, const struct rwe_key *key,
                            const struct lost *lost)
{
    double tipping = rwe_lost_tipping(&lost->table, lost->tau);
    rwe_fact fact = tell(run, key, "tipping", tipping);
    if (isfinite(tipping))
        cell(grid, RWE_CELL_STATISTIC, fact);
    else
        rwe_grid_words(grid, "none");
}

/* The table of an endpoint. */
struct board {
    struct rwe_run *run;
    struct rwe_grid *grid;
    const struct rwe_endpoint *endpoint;
    bool has_groups;
    const char *group; /* of the rows at hand */
};

static void present_population(struct board *board, const struct population *population,
                               const struct lost *lost)
{
    struct rwe_run *run = board->run;
    struct rwe_numbers delta = rwe_settings_numbers(run->settings, "lost-delta");
    struct rwe_key key = rwe_key_in("sensitivity", board->endpoint, population->design);
    key.term = "lost";
    const char *heading = population->design->words.heading;
    if (board->has_groups && heading != board->group)
        sensitivity_head(board->grid, heading, delta.n + 5);
    board->group = heading;
    rwe_grid_row(board->grid, board->has_groups, "%s", population->label);
    for (size_t a = 0; a < 2; a++) {
        struct rwe_key arm = rwe_key_arm(key, run->cohort, a);
        cell(board->grid, RWE_CELL_COUNT, tell(run, &arm, "n", (double)lost->n[a]));
    }
    cell(board->grid, RWE_CELL_TIME, tell(run, &key, "tau", lost->tau));
    for (size_t d = 0; d < delta.n; d++)
        present_delta(run, board->grid, key, lost, delta.item[d]);
    present_delta(run, board->grid, key, lost, INFINITY);
    present_tipping(run, board->grid, &key, lost);
    if (population->design->naive)
        rwe_document_string(run->document, &key, "caution", rwe_immortal_banner);
}

static struct rwe_grid *start_table(struct rwe_run *run, const char *endpoint)
{
    struct rwe_numbers delta = rwe_settings_numbers(run->settings, "lost-delta");
    struct rwe_grid *grid =
        rwe_document_table(run->document,
                           "Difference of means if those lost to follow-up in %s fared "
                           "worse: %s",
                           run->cohort->arm_level[1], endpoint);
    rwe_grid_column(grid, "population");
    for (size_t a = 0; a < 2; a++)
        rwe_grid_column(grid, "lost\n%s", run->cohort->arm_level[a]);
    rwe_grid_column(grid, "up to%s", rwe_time_unit_suffix(run));
    for (size_t d = 0; d < delta.n; d++)
        rwe_grid_column(grid, "δ = %.10g", delta.item[d]);
    rwe_grid_column(grid, "event\nnext");
    rwe_grid_column(grid, "tipping\npoint");
    rwe_grid_note(grid,
                  "The hazard of those lost is δ times that of those who stay, in %s alone; δ = "
                  "1 is the Kaplan–Meier curve; event next, the worst case. Tipping point: the δ "
                  "at which the restricted "
                  "means are equal; below 1 where %s does worse as it is. None: no δ makes "
                  "them equal.",
                  run->cohort->arm_level[1], run->cohort->arm_level[1]);
    return grid;
}

enum rwe_status sensitivity_present_lost(struct rwe_run *run, const struct populations *populations,
                                         size_t e, struct rwe_error *error)
{
    const char *name = rwe_settings_text(run->settings, "ltfu-column");
    const struct rwe_variable *column = rwe_cohort_described(run->cohort, name);
    if (column == NULL || run->cohort->n_arms != 2)
        return RWE_OK;
    if (!column->binary)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--ltfu-column %s: it must hold 1 (lost to follow-up) and 0", name);
    const struct rwe_endpoint *endpoint = &run->cohort->endpoint[e];
    struct board board = {.run = run,
                          .grid = start_table(run, endpoint->name),
                          .endpoint = endpoint,
                          .has_groups = populations->has_groups};
    enum rwe_status status = RWE_OK;
    for (size_t p = 0; p < populations->n && status == RWE_OK; p++) {
        const struct population *population = &populations->item[p];
        if (!population->design->disjoint_arms)
            continue;
        struct lost lost = {.n = {0, 0}};
        struct rwe_mark mark = rwe_arena_mark(run->arena);
        status = look_at(population, e, &lost, error);
        if (status == RWE_OK)
            present_population(&board, population, &lost);
        if (status == RWE_OK)
            rwe_arena_release(run->arena, mark);
    }
    return status;
}
