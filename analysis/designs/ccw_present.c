/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ccw.h"
#include "run/estimand.h"

#include "rwe/analysis/present.h"
#include "rwe/stats/weights.h"

#include <math.h>

static const char *const models[] = {"exposure-hazard", "exposure-by-grace"};

static rwe_fact add(struct rwe_run *run, const struct rwe_key *key, const char *stat, double value)
{
    return rwe_document_number(run->document, key, stat, value);
}

static void cell(struct rwe_grid *grid, enum rwe_cell_class class, rwe_fact fact)
{
    rwe_grid_cell(grid, class, fact, RWE_NO_FACT, RWE_NO_FACT);
}

/* ---- clones ---- */

static size_t count_events(const struct ccw_endpoint *of, size_t arm)
{
    size_t n = 0;
    for (size_t k = 0; k < of->clones.n; k++)
        n += of->endpoint->event[of->clones.subject[k]] > 0 && of->clones.left[arm][k] == 0;
    return n;
}

static void present_clones(struct rwe_run *run, const struct ccw *ccw)
{
    struct rwe_key whole = rwe_key_in("ccw", NULL, &ccw->design);
    struct rwe_grid *grid = rwe_document_table(run->document, "Clones");
    rwe_grid_column(grid, "endpoint and strategy");
    rwe_grid_column(grid, "clones");
    rwe_grid_column(grid, "left their strategy");
    rwe_grid_column(grid, "events");
    add(run, &whole, "grace", ccw->grace);
    add(run, &whole, "n", (double)ccw->columns.n);
    add(run, &whole, "n.clones", 2 * (double)ccw->columns.n);
    add(run, &whole, "n.missing", (double)(run->cohort->n - ccw->columns.n));
    for (size_t e = 0; e < run->cohort->n_endpoints; e++) {
        const struct ccw_endpoint *of = &ccw->endpoint[e];
        rwe_grid_row(grid, 0, "%s", of->endpoint->name);
        for (size_t arm = 0; arm < 2; arm++) {
            struct rwe_key key =
                rwe_key_arm(rwe_key_in("ccw", of->endpoint, &ccw->design), run->cohort, arm);
            rwe_grid_row(grid, 1, "%s", run->cohort->arm_level[arm]);
            cell(grid, RWE_CELL_COUNT, add(run, &key, "n.clones", (double)of->clones.n));
            cell(grid, RWE_CELL_COUNT, add(run, &key, "n.left", (double)of->clones.n_left[arm]));
            cell(grid, RWE_CELL_COUNT, add(run, &key, "n.event", (double)count_events(of, arm)));
        }
    }
    rwe_grid_note(
        grid,
        "Compared: exposure begun by %g while free of the endpoint (\"%s\") against none by then "
        "(\"%s\"). Later exposure, and other treatment, is part of either strategy.",
        ccw->grace, run->cohort->arm_level[1], run->cohort->arm_level[0]);
    rwe_grid_note(grid, "Everybody follows both strategies from time zero as a clone, which leaves "
                        "one (artificial censoring) when the subject departs from it. An event "
                        "before exposure counts in both, so nobody is immortal.");
    rwe_note_estimand(run, grid, &ccw->design);
    rwe_grid_note(grid, "Baseline tables, balance, response, subgroups and toxicity leave this "
                        "population out: its arms hold the same people.");
}

/* ---- weights at the end of the grace period ---- */

/* The last weight of each clone that is followed beyond it. */
struct late {
    size_t n;
    double *weight;
    uint8_t *arm;
};

static enum rwe_status find_late(const struct rwe_run *run, const struct ccw_endpoint *of,
                                 struct late *late)
{
    const struct rwe_design_rows *rows = &of->rows.rows;
    *late = (struct late){.weight = RWE_NEW(run->arena, double, of->rows.n),
                          .arm = RWE_NEW(run->arena, uint8_t, of->rows.n)};
    if (rwe_arena_failed(run->arena))
        return RWE_NO_MEMORY;
    for (size_t r = 0; r < of->rows.n; r++)
        if (rows->until[r] > of->clones.grace) {
            late->weight[late->n] = rows->weight[r];
            late->arm[late->n++] = (uint8_t)rows->arm[r];
        }
    return RWE_OK;
}

static void warn_weights(struct rwe_run *run, const struct ccw_endpoint *of,
                         const struct rwe_weight_summary *late, size_t arm)
{
    if (late->n == 0)
        rwe_document_warning(run->document, "nobody-left", "weights",
                             "%s, strategy %s: nobody is followed beyond the grace period.",
                             of->endpoint->name, run->cohort->arm_level[arm]);
    else if (2 * late->ess < (double)late->n)
        rwe_document_warning(run->document, "few-effective", "weights",
                             "%s, strategy %s: at the end of grace the weights are worth %.0f of "
                             "%zu clones, less than half. A few subjects decide; look at a smaller "
                             "--ccw-truncate.",
                             of->endpoint->name, run->cohort->arm_level[arm], late->ess, late->n);
    if (late->n > 0 && late->max > 0.1 * late->sum)
        rwe_document_warning(run->document, "extreme-weights", "weights",
                             "%s, strategy %s: one clone has %.0f%% of the weight beyond the grace "
                             "period.",
                             of->endpoint->name, run->cohort->arm_level[arm],
                             100 * late->max / late->sum);
}

static enum rwe_status weights_of(struct rwe_run *run, struct rwe_grid *grid, const struct ccw *ccw,
                                  const struct ccw_endpoint *of)
{
    struct late late;
    struct rwe_key whole = rwe_key_in("weights", of->endpoint, &ccw->design);
    if (find_late(run, of, &late) != RWE_OK)
        return RWE_NO_MEMORY;
    add(run, &whole, "truncated.at", of->rows.limit);
    add(run, &whole, "n.rows", (double)of->rows.n_pieces);
    rwe_grid_row(grid, 0, "%s", of->endpoint->name);
    for (uint8_t arm = 0; arm < 2; arm++) {
        struct rwe_weight_summary w = rwe_weights_summarize(late.weight, late.arm, late.n, arm);
        struct rwe_key key = rwe_key_arm(whole, run->cohort, arm);
        rwe_grid_row(grid, 1, "%s", run->cohort->arm_level[arm]);
        cell(grid, RWE_CELL_COUNT, add(run, &key, "n", (double)w.n));
        cell(grid, RWE_CELL_STATISTIC, add(run, &key, "ess", w.ess));
        cell(grid, RWE_CELL_STATISTIC, add(run, &key, "sum", w.sum));
        cell(grid, RWE_CELL_COEFFICIENT, add(run, &key, "min", w.min));
        cell(grid, RWE_CELL_COEFFICIENT, add(run, &key, "max", w.max));
        cell(grid, RWE_CELL_COEFFICIENT, add(run, &key, "cv", w.cv));
        cell(grid, RWE_CELL_COUNT,
             add(run, &key, "n.truncated", (double)of->rows.n_truncated[arm]));
        warn_weights(run, of, &w, arm);
    }
    return RWE_OK;
}

static enum rwe_status present_weights(struct rwe_run *run, const struct ccw *ccw,
                                       struct rwe_error *error)
{
    static const char *const headings[] = {"n",        "ESS", "sum",      "least",
                                           "greatest", "CV",  "truncated"};
    struct rwe_grid *grid =
        rwe_document_table(run->document, "Weights of clones followed beyond the grace period");
    rwe_grid_column(grid, "endpoint and strategy");
    for (size_t c = 0; c < sizeof headings / sizeof *headings; c++)
        rwe_grid_column(grid, "%s", headings[c]);
    for (size_t e = 0; e < run->cohort->n_endpoints; e++)
        if (weights_of(run, grid, ccw, &ccw->endpoint[e]) != RWE_OK)
            return rwe_fail_memory(error);
    rwe_grid_note(
        grid,
        "One over the probability of not having left: \"%s\", by a Cox model of the start "
        "of exposure, from 0 to %g in steps of %g; \"%s\", from %g on, by a logistic model "
        "of exposure by then among those still at risk. All who follow the strategy at "
        "the end of grace have weights, whenever exposure began.",
        run->cohort->arm_level[0], ccw->grace, ccw->options.step, run->cohort->arm_level[1],
        ccw->grace);
    if (ccw->options.truncate < 1)
        rwe_grid_note(grid,
                      "Truncated: clones with a weight above the %.10gth percentile of all, which "
                      "it was made.",
                      100 * ccw->options.truncate);
    rwe_grid_note(grid, "ESS, effective sample size, (Σw)² / Σw². Standard errors take the weights "
                        "as known; --bootstrap estimates them anew in each replicate.");
    return RWE_OK;
}

/* ---- the models ---- */

void ccw_present_columns(struct rwe_run *run, const struct ccw_columns *columns)
{
    const char *left_out = rwe_model_matrix_left_out(&columns->matrix, NULL);
    if (left_out != NULL)
        rwe_document_warning(run->document, "collinear", columns->flag,
                             "Models of exposure: left out: %s", left_out);
}

void ccw_present_model(struct rwe_run *run, const struct rwe_key *of, const struct ccw_model *model)
{
    struct rwe_key key = *of;
    const char *left_out = rwe_model_matrix_left_out(&model->matrix, &model->columns->matrix);
    add(run, &key, "n", (double)model->matrix.n);
    add(run, &key, "n.event", (double)model->n_events);
    for (size_t c = 0; c < model->matrix.n_columns; c++) {
        key.term = model->matrix.column[c].name;
        add(run, &key, "estimate", model->coefficient[c]);
    }
    key.term = NULL;
    for (size_t c = 0; c < model->matrix.n_columns; c++)
        if (model->matrix.column[c].at == RWE_NO_INDEX)
            rwe_document_string(run->document, &key, "left.out", model->matrix.column[c].name);
    if (left_out != NULL)
        rwe_document_warning(run->document, "collinear", key.analysis, "%s, %s: left out: %s",
                             key.endpoint, key.model, left_out);
    if (model->separates != NULL)
        rwe_document_warning(run->document, "positivity", key.analysis,
                             "%s: some of the %zu subjects at risk could not, or had to, begin "
                             "exposure, as told most of all by \"%s\" (Firth's penalty used). No "
                             "weight makes up for them: look at the covariate, or restrict the "
                             "cohort.",
                             key.endpoint, model->matrix.n, model->separates);
}

static void present_models(struct rwe_run *run, const struct ccw *ccw,
                           const struct ccw_endpoint *of)
{
    struct rwe_key key = rwe_key_in("ccw", of->endpoint, &ccw->design);
    key.model = models[0];
    ccw_present_model(run, &key, &of->hazard);
    key.model = models[1];
    ccw_present_model(run, &key, &of->probability);
}

/* ---- more warnings ---- */

static void warn_timing(struct rwe_run *run, const struct ccw_endpoint *of)
{
    double last = of->clones.last_exposure, grace = of->clones.grace;
    if (last < 0.75 * grace)
        rwe_document_warning(run->document, "empty-grace", "ccw",
                             "%s: nobody begins exposure after %.3g, well before the end of grace "
                             "at %g: a shorter grace period says the same with fewer clones lost.",
                             of->endpoint->name, last, grace);
    if (of->least_probability < 0.02)
        rwe_document_warning(run->document, "positivity", "ccw",
                             "%s: somebody was exposed with a probability of %.2g only, and would "
                             "stand for %.0f subjects without truncation.",
                             of->endpoint->name, of->least_probability, 1 / of->least_probability);
}

/* Arms that do not say what the dates do. */
static void warn_arms(struct rwe_run *run)
{
    const struct rwe_cohort *cohort = run->cohort;
    size_t n = 0;
    for (size_t i = 0; i < cohort->n; i++)
        n += (cohort->arm[i] == 1) == isnan(cohort->exposure_start[i]);
    if (n > 0)
        rwe_document_warning(run->document, "arm-and-exposure", "ccw",
                             "%zu subjects are of arm \"%s\" without a start of exposure, or of "
                             "\"%s\" with one. Clones go by the start.",
                             n, cohort->arm_level[1], cohort->arm_level[0]);
}

enum rwe_status ccw_present(struct rwe_run *run, const struct ccw *ccw, struct rwe_error *error)
{
    rwe_document_section(run->document, 1, "Clone, censor, weight");
    present_clones(run, ccw);
    enum rwe_status status = present_weights(run, ccw, error);
    warn_arms(run);
    ccw_present_columns(run, &ccw->columns);
    for (size_t e = 0; e < run->cohort->n_endpoints; e++) {
        present_models(run, ccw, &ccw->endpoint[e]);
        warn_timing(run, &ccw->endpoint[e]);
    }
    return status;
}
