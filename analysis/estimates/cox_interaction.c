/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether the arms' ratio differs by covariate: --interaction. */
#include "cox_present.h"

#include "rwe/base/language.h"
#include <string.h>

/* The rows of the table: every product, and before those of a variable with several its joint test. */
struct rows {
    struct rwe_cox_term *term;
    struct rwe_cox_shown *shown; /* [design * most + row] */
    size_t n, most;
};

/* The test of all products of the variable that term t is the first of. */
static struct rwe_cox_shown joint_row(struct rwe_run *run, const struct rwe_key *key,
                                      const struct rwe_cox_model *model, size_t t)
{
    struct rwe_cox_term all = {.name = model->term[t].variable, .column = RWE_NO_INDEX};
    for (; t < model->n_terms && model->term[t].variable == all.name; t++) {
        if (model->term[t].column == RWE_NO_INDEX)
            continue;
        if (all.n_columns == 0)
            all.column = model->term[t].column;
        all.n_columns++;
    }
    return rwe_cox_joint_facts(run, key, model, &all);
}

/* Facts of all terms; rows of the products. */
static void add_rows(struct rwe_run *run, const struct rwe_key *key,
                     const struct rwe_cox_model *model, size_t d, struct rows *rows)
{
    rows->n = 0;
    for (size_t t = 0; t < model->n_terms; t++) {
        const struct rwe_cox_term *term = &model->term[t];
        bool first = t == 0 || model->term[t - 1].variable != term->variable;
        bool more = t + 1 < model->n_terms && model->term[t + 1].variable == term->variable;
        struct rwe_cox_shown *next = &rows->shown[d * rows->most + rows->n];
        if (term->is_product && first && more) {
            rows->term[rows->n++].name = term->variable;
            *next++ = joint_row(run, key, model, t);
        }
        struct rwe_cox_shown shown = rwe_cox_term_facts(run, key, model, t);
        if (!term->is_product)
            continue;
        rows->term[rows->n++].name = term->name;
        *next = shown;
    }
}

static enum rwe_status run_design(struct rwe_run *run, const struct rwe_endpoint *endpoint,
                                  size_t d, struct rows *rows, struct rwe_error *error)
{
    struct rwe_cox_request request = {run, endpoint, &run->design[d], RWE_COX_INTERACTION, 0};
    struct rwe_cox_model model;
    enum rwe_status status = rwe_cox_model_fit(&request, &model, error);
    if (status == RWE_OK)
        status = rwe_cox_model_limits(&request, &model, error);
    if (status != RWE_OK)
        return status;
    struct rwe_key key = rwe_key_in("cox", endpoint, request.design);
    key.model = model.name;
    if (rows->term == NULL) { /* every design has the same terms */
        rows->most = 2 * model.n_terms;
        rows->term = RWE_NEW(run->arena, struct rwe_cox_term, rows->most);
        rows->shown = RWE_NEW(run->arena, struct rwe_cox_shown, run->n_designs * rows->most);
    }
    const char *label =
        rwe_arena_format(run->arena, rwe_text("%s, interaction model"), request.design->label);
    if (rwe_arena_failed(run->arena))
        return rwe_fail_memory(error);
    rwe_document_number(run->document, &key, "n", (double)model.data.n);
    rwe_document_number(run->document, &key, "n.event", (double)model.n_events);
    rwe_document_number(run->document, &key, "n.missing", (double)model.n_incomplete);
    rwe_cox_model_facts(run, &key, &model);
    add_rows(run, &key, &model, d, rows);
    rwe_cox_model_warn(run, &key, label, &model);
    return RWE_OK;
}

static enum rwe_status run_endpoint(struct rwe_run *run, const struct rwe_endpoint *endpoint,
                                    struct rwe_error *error)
{
    struct rwe_mark mark = rwe_arena_mark(run->arena);
    struct rows rows = {0};
    enum rwe_status status = RWE_OK;
    for (size_t d = 0; d < run->n_designs && status == RWE_OK; d++)
        status = run_design(run, endpoint, d, &rows, error);
    if (status != RWE_OK)
        return status;
    struct rwe_cox_shown *shown =
        RWE_NEW(run->arena, struct rwe_cox_shown, run->n_designs * rows.n);
    const char *title = rwe_arena_format(
        run->arena, rwe_text("Ratios of the arms' hazard ratios, by covariate: %s"),
        endpoint->name);
    if (rwe_arena_failed(run->arena))
        return rwe_fail_memory(error);
    for (size_t d = 0; d < run->n_designs; d++)
        memcpy(shown + d * rows.n, rows.shown + d * rows.most, rows.n * sizeof *shown);
    struct rwe_grid *grid = rwe_cox_comparison_table(
        run, &(struct rwe_cox_comparison){title, rows.term, rows.n, shown});
    rwe_grid_note(grid, "One Cox model a population: the adjusted one and these products. Of a "
                        "number: by which factor the arms' hazard ratio changes per unit; of a "
                        "category: against its first level; and p of all its levels together.");
    rwe_arena_release(run->arena, mark);
    return RWE_OK;
}

enum rwe_status rwe_cox_run_interactions(struct rwe_run *run, struct rwe_error *error)
{
    enum rwe_status status = RWE_OK;
    if (cox_settings_of(run->settings)->interaction.n == 0)
        return RWE_OK;
    for (size_t e = 0; e < run->cohort->n_endpoints && status == RWE_OK; e++)
        status = run_endpoint(run, &run->cohort->endpoint[e], error);
    return status;
}
