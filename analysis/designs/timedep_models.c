/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cox models with an exposure that changes in time: alone, given covariates, weighted, and given progression too. */
#include "timedep.h"

#include "estimates/cox_present.h"
#include "rwe/analysis/bootstrap.h"
#include "rwe/analysis/estimates.h"
#include "rwe/base/language.h"

#include <math.h>
#include <string.h>

/* Of the model's rows; a subject's rows stand together, and both are in it or none. */
static size_t count_subjects(const struct rwe_cohort *rows, const struct rwe_cox_model *model)
{
    size_t n = 0;
    for (size_t k = 0; k < model->data.n; k++) {
        uint32_t row = model->subject[k];
        n += row == 0 || rows->source[row] != rows->source[row - 1];
    }
    return n;
}

/* The terms of an endpoint's adjusted model, until their table is written. */
struct terms {
    struct rwe_cox_term *term;
    struct rwe_cox_shown *shown;
    size_t n;
};

static enum rwe_status keep_terms(struct rwe_run *run, const struct rwe_cox_model *model,
                                  const struct rwe_cox_shown shown[], struct terms *terms,
                                  struct rwe_error *error)
{
    terms->n = model->n_terms;
    terms->term = RWE_NEW(run->arena, struct rwe_cox_term, model->n_terms);
    terms->shown = RWE_NEW(run->arena, struct rwe_cox_shown, model->n_terms);
    if (rwe_arena_failed(run->arena))
        return rwe_fail_memory(error);
    memcpy(terms->term, model->term, model->n_terms * sizeof *terms->term);
    memcpy(terms->shown, shown, model->n_terms * sizeof *terms->shown);
    terms->term[0].name =
        rwe_arena_format(run->arena, rwe_text("while %s"), run->cohort->arm_level[1]);
    for (size_t t = 1; t < terms->n; t++)
        if (model->term[t].contrast_name != NULL)
            terms->term[t].name =
                rwe_arena_format(run->arena, rwe_text("%s (Q3 against Q1)"), model->term[t].name);
    return rwe_arena_failed(run->arena) ? rwe_fail_memory(error) : RWE_OK;
}

/* A row of the table of ratios. */
struct row {
    struct timedep_part *part;
    enum rwe_cox_model_kind kind;
    const char *name;    /* of the model in facts */
    const char *label;   /* NULL: the first of its endpoint */
    const char *caution; /* NULL: none */
    struct terms *terms; /* to be kept; or NULL */
};

static void model_row(struct rwe_grid *grid, const struct row *row, const rwe_fact sizes[2],
                      const struct rwe_cox_shown *shown)
{
    if (row->label != NULL)
        rwe_grid_row(grid, 1, "%s", row->label);
    else
        rwe_grid_row(grid, 0, "%s: while %s against while not", timedep_label(row->part),
                     row->part->run.cohort->arm_level[1]);
    rwe_cox_row_cells(grid, sizes, shown);
}

/* Of a replicate: the ratio of the exposure alone. */
static void list_ratio(struct rwe_run *run, struct rwe_key key, const struct rwe_cox_model *model)
{
    bool fitted = model->failure.status == RWE_OK;
    const struct rwe_inference own = {.value = fitted ? model->fit.estimate[model->term[0].column]
                                                      : NAN};
    key.term = "arm";
    rwe_run_estimate(run, &key, "hr", RWE_ESTIMATE_LOG_RATIO, &own);
}

/* How many the model has, and how many it lacks a covariate of. */
static void count_facts(const struct row *row, const struct rwe_key *key,
                        const struct rwe_cox_model *model, rwe_fact sizes[2])
{
    struct rwe_run *run = &row->part->run;
    const struct rwe_timedep *cut = &row->part->cut;
    size_t n = cut->rows == NULL ? run->design[0].n : count_subjects(run->cohort, model);
    sizes[0] = rwe_document_number(run->document, key, "n", (double)n);
    sizes[1] = rwe_document_number(run->document, key, "n.event", (double)model->n_events);
    rwe_document_number(run->document, key, "n.rows", (double)model->data.n);
    if (row->kind == RWE_COX_ADJUSTED || cut->rows == NULL)
        rwe_document_number(run->document, key, "n.missing", (double)(cut->n - n));
}

static enum rwe_status present_model(const struct row *row, const struct rwe_key *key,
                                     const struct rwe_cox_model *model, struct rwe_grid *grid,
                                     struct rwe_error *error)
{
    struct rwe_run *run = &row->part->run;
    struct rwe_cox_shown *shown = RWE_NEW(run->arena, struct rwe_cox_shown, model->n_terms);
    rwe_fact sizes[2];
    if (shown == NULL)
        return rwe_fail_memory(error);
    count_facts(row, key, model, sizes);
    rwe_cox_model_facts(run, key, model);
    if (row->caution != NULL)
        rwe_document_string(run->document, key, "caution", row->caution);
    for (size_t t = 0; t < model->n_terms; t++)
        shown[t] = rwe_cox_term_facts(run, key, model, t);
    model_row(grid, row, sizes, &shown[0]);
    rwe_cox_model_warn(run, key, run->design[0].label, model);
    return row->terms == NULL ? RWE_OK : keep_terms(run, model, shown, row->terms, error);
}

static enum rwe_status run_model(const struct row *row, struct rwe_grid *grid,
                                 struct rwe_error *error)
{
    struct rwe_run *run = &row->part->run;
    struct rwe_cox_request request = {run, timedep_endpoint(row->part), &run->design[0], row->kind,
                                      0};
    struct rwe_cox_model model;
    enum rwe_status status = rwe_cox_model_estimate_as(row->name, &request, &model, error);
    if (status != RWE_OK)
        return status;
    struct rwe_key key = rwe_key_in("cox", request.endpoint, request.design);
    key.model = model.name;
    if (run->replicate > 0) {
        list_ratio(run, key, &model);
        return RWE_OK;
    }
    status = rwe_cox_model_limits(&request, &model, error);
    return status == RWE_OK ? present_model(row, &key, &model, grid, error) : status;
}

/* ---- the models of an endpoint ---- */

static bool is_adjusted(const struct timedep_part *part)
{
    return part->run.cohort->n_covariates > 0;
}

/* Whether progression can be a covariate that changes in time, and what is found given it is worth telling. */
static bool goes_beyond(const struct timedep_part *part)
{
    return timedep_endpoint(part)->reach == RWE_REACH_BEYOND;
}

/* What the rows of all endpoints are written into. */
struct table {
    struct rwe_run *run;
    struct rwe_grid *grid;
    struct terms *terms; /* by endpoint, of the adjusted models */
};

static enum rwe_status run_not_through(const struct table *table, const struct timedep_part *of,
                                       struct rwe_error *error)
{
    struct rwe_run *run = table->run;
    struct timedep_part part;
    const char *closed_by = rwe_closing_words(run);
    const struct row row = {
        .part = &part,
        .kind = RWE_COX_ADJUSTED,
        .name = "not-through-progression",
        .label = rwe_arena_format(run->arena, rwe_text("not through %s"), closed_by),
        .caution = rwe_arena_format(
            run->arena, rwe_text("Not through %s: not the effect of a strategy"), closed_by),
    };
    if (rwe_arena_failed(run->arena))
        return rwe_fail_memory(error);
    enum rwe_status status = timedep_cut(run, of->e, true, &part, error);
    return status == RWE_OK ? run_model(&row, table->grid, error) : status;
}

static enum rwe_status run_weighted(const struct table *table, const struct timedep_part *of,
                                    struct rwe_error *error)
{
    const struct timedep_weighted *weighted = of->weighted;
    struct timedep_part part = {
        .cut = {.n = of->cut.n}, .caution = of->caution, .run = *table->run};
    part.run.cohort = &weighted->cohort;
    part.run.n_designs = part.run.n_populations = 1;
    part.run.design[0] = weighted->design;
    const struct row row = {.part = &part,
                            .kind = RWE_COX_ARM,
                            .name = "weighted",
                            .label = rwe_text("weighted"),
                            .caution = of->caution.banner};
    return run_model(&row, table->grid, error);
}

static enum rwe_status run_endpoint(const struct table *table, struct timedep_part *part,
                                    struct rwe_error *error)
{
    const struct row alone = {
        .part = part, .kind = RWE_COX_ARM, .name = "arm", .caution = part->caution.banner};
    const struct row adjusted = {.part = part,
                                 .kind = RWE_COX_ADJUSTED,
                                 .name = "adjusted",
                                 .label = rwe_text("adjusted"),
                                 .caution = part->caution.banner,
                                 .terms = &table->terms[part->e]};
    enum rwe_status status = run_model(&alone, table->grid, error);
    if (status == RWE_OK && is_adjusted(part))
        status = run_model(&adjusted, table->grid, error);
    if (status == RWE_OK && part->weighted != NULL)
        status = run_weighted(table, part, error);
    if (status == RWE_OK && goes_beyond(part))
        status = run_not_through(table, part, error);
    return status;
}

/* ---- the tables ---- */

static void present_terms(struct timedep_part *part, const struct terms *terms)
{
    struct rwe_run *run = &part->run;
    const char *title = rwe_arena_format(run->arena, rwe_text("Adjusted time-dependent model: %s"),
                                         timedep_endpoint(part)->name);
    const struct rwe_cox_comparison comparison = {title, terms->term, terms->n, terms->shown};
    struct rwe_grid *grid = rwe_cox_comparison_table(run, &comparison);
    rwe_grid_note(grid,
                  "One Cox model with the exposure as it changes and all covariates as they "
                  "were at time zero; only the exposure's ratio is a comparison of treatments.");
}

static void note_models(struct rwe_run *run, struct rwe_grid *grid)
{
    const struct rwe_cohort *cohort = run->cohort;
    rwe_grid_note(grid,
                  "Cox model with the exposure as a time-dependent covariate, %s ties; Wald limits "
                  "and p-values.",
                  rwe_cox_ties_text(run));
    if (cox_settings_of(run->settings)->ties == RWE_COX_EXACT && cohort->cluster == NULL)
        rwe_grid_note(grid, "Standard errors from the information.");
    else if (cohort->cluster == NULL)
        rwe_grid_note(grid, "Standard errors robust, by subject.");
    else
        rwe_grid_note(grid, "Standard errors robust, by %s.", rwe_study_of(run->settings)->cluster);
    if (cohort->stratum != NULL)
        rwe_grid_note(grid, "Stratified by %s.", cohort->strata_name);
    if (timedep_settings_of(run)->response)
        rwe_grid_note(grid, "Adjusted for response too (CR or PR; not evaluable and missing count "
                            "as none). It was found after time zero and is taken as if known from "
                            "the start.");
    rwe_bootstrap_note(run, grid);
}

/* Why rows are cautioned, and what is told beside them. */
static void note_cautions(struct rwe_run *run, struct rwe_grid *grid,
                          const struct timedep_part part[])
{
    bool beyond = false;
    for (size_t e = 0; e < run->cohort->n_endpoints; e++) {
        beyond |= goes_beyond(&part[e]);
        if (part[e].caution.reason != NULL)
            rwe_grid_note(grid, "%s", part[e].caution.reason);
    }
    if (beyond)
        rwe_grid_note(grid,
                      "Not through %s: given covariates, and given whether it has come (a second "
                      "covariate that changes in time). It leaves out what exposure does by "
                      "delaying it: not the effect of a strategy.",
                      rwe_closing_words(run));
}

static void note_weighted(struct rwe_run *run, struct rwe_grid *grid,
                          const struct timedep_part part[])
{
    bool any = false;
    for (size_t e = 0; e < run->cohort->n_endpoints; e++)
        any |= part[e].weighted != NULL;
    if (any)
        rwe_grid_note(grid, "Weighted: a marginal structural Cox model, each moment of follow-up "
                            "with its stabilised weight; standard errors take the weights as "
                            "known, --bootstrap estimates them anew.");
}

static const struct rwe_table_column model_columns[] = {
    {.heading = N_("endpoint and contrast")},
    {.heading = N_("n")},
    {.heading = N_("events")},
    {.heading = N_("hazard ratio\n({level} CI)")},
    {.heading = N_("log HR")},
    {.heading = N_("std. error")},
    {.heading = N_("p")},
};

enum rwe_status timedep_run_models(struct rwe_run *run, struct timedep_part part[],
                                   struct rwe_error *error)
{
    enum rwe_status status = RWE_OK;
    size_t n = run->cohort->n_endpoints;
    const struct table table = {
        .run = run,
        .grid = rwe_document_table(run->document, "Hazard while exposed against while not"),
        .terms = RWE_NEW(run->arena, struct terms, n)};
    if (table.terms == NULL)
        return rwe_fail_memory(error);
    RWE_GRID_COLUMNS(table.grid, model_columns);
    for (size_t e = 0; e < n && status == RWE_OK; e++)
        status = run_endpoint(&table, &part[e], error);
    if (run->replicate > 0)
        return status;
    note_models(run, table.grid);
    note_weighted(run, table.grid, part);
    note_cautions(run, table.grid, part);
    for (size_t e = 0; e < n && status == RWE_OK; e++)
        if (is_adjusted(&part[e]))
            present_terms(&part[e], &table.terms[e]);
    return status;
}
