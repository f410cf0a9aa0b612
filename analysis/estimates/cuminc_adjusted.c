/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fine–Gray's model of the arms and the covariates, among complete cases. */
#include "cox_present.h"
#include "cuminc.h"

#include "rwe/stats/fine_gray.h"

/* Fits to the rows of `model`. The sandwich stands in for the inverse information, which is no error
 * of this model. What the data do not hold is model->failure. */
static enum rwe_status fit(const struct rwe_cuminc_question *q, struct rwe_cox_model *model,
                           struct rwe_error *error)
{
    struct rwe_fine_gray result;
    struct rwe_fine_gray_options options = rwe_fine_gray_options_default();
    options.cause = q->cause;
    if (model->failure.status == RWE_OK)
        rwe_cuminc_check_entry(&model->data, &model->failure);
    if (model->failure.status == RWE_OK && model->data.n == 0)
        rwe_error_set(&model->failure, RWE_NOT_ESTIMABLE, RWE_NO_INDEX,
                      "nobody is at risk with a value in every covariate");
    if (model->failure.status == RWE_OK)
        do
            rwe_fine_gray_fit(&model->data, model->matrix.x, model->matrix.p, &options,
                              q->run->arena, &result, &model->failure);
        while (rwe_cox_model_reduce(model));
    enum rwe_status status = model->failure.status;
    if (rwe_cuminc_is_absence(status)) {
        rwe_cox_model_explain(model, &model->failure);
        return RWE_OK;
    }
    if (status != RWE_OK) {
        *error = model->failure;
        return status;
    }
    model->fit = (struct rwe_cox){.p = result.p,
                                  .estimate = result.estimate,
                                  .covariance = result.robust,
                                  .loglik_null = result.loglik_null,
                                  .loglik = result.loglik,
                                  .n_iterations = result.n_iterations,
                                  .converged = result.converged};
    return RWE_OK;
}

static size_t count_events(const struct rwe_survival_data *data, size_t cause)
{
    size_t n = 0;
    for (size_t i = 0; i < data->n; i++)
        n += data->event[i] == cause;
    return n;
}

static void present(const struct rwe_cuminc_question *q, struct rwe_grid *grid,
                    const struct rwe_cox_model *model)
{
    static const char what[] = "adjusted Fine–Gray model";
    struct rwe_document *document = q->run->document;
    struct rwe_key key = rwe_key_cause("finegray", q->endpoint, q->design, q->cause);
    key.model = model->name;
    rwe_fact n = rwe_document_number(document, &key, "n", (double)model->data.n);
    rwe_fact events = rwe_document_number(document, &key, "n.event",
                                          (double)count_events(&model->data, q->cause));
    rwe_document_number(document, &key, "n.missing", (double)model->n_incomplete);
    rwe_grid_row(grid, 0, "%s = %s, %s", q->endpoint->name, q->endpoint->cause_name[q->cause - 1],
                 q->design->label);
    rwe_grid_cell(grid, RWE_CELL_COUNT, n, RWE_NO_FACT, RWE_NO_FACT);
    rwe_grid_cell(grid, RWE_CELL_COUNT, events, RWE_NO_FACT, RWE_NO_FACT);
    for (size_t t = 0; t < model->n_terms; t++) {
        struct rwe_cox_shown shown = rwe_cox_term_facts(q->run, &key, model, t);
        bool bent = model->term[t].contrast_name != NULL;
        rwe_grid_row(grid, 1, bent ? "%s (Q3 against Q1)" : "%s", model->term[t].name);
        rwe_grid_empty(grid);
        rwe_grid_empty(grid);
        rwe_grid_cell(grid, RWE_CELL_RATIO_LIMITS, shown.ratio, shown.low, shown.high);
        rwe_grid_cell(grid, RWE_CELL_P_VALUE, shown.p, RWE_NO_FACT, RWE_NO_FACT);
    }
    if (model->failure.status != RWE_OK) {
        rwe_cuminc_warn(q, "not-estimable", what, model->failure.message);
        return;
    }
    const char *left_out = rwe_model_matrix_left_out(&model->matrix, NULL);
    if (left_out != NULL)
        rwe_cuminc_warn(q, "collinear", what,
                        rwe_arena_format(q->run->arena, "left out: %s", left_out));
    rwe_document_number(document, &key, "loglik.null", model->fit.loglik_null);
    rwe_document_number(document, &key, "loglik", model->fit.loglik);
    rwe_document_number(document, &key, "converged", model->fit.converged);
    if (!model->fit.converged)
        rwe_cuminc_warn(q, "not-converged", what, "Newton's method did not converge");
}

static enum rwe_status run_cause(const struct rwe_cuminc_question *q, struct rwe_grid *grid,
                                 struct rwe_error *error)
{
    static const struct rwe_design_view view = {RWE_STRATA_NONE, RWE_EVENTS_BY_CAUSE};
    struct rwe_mark mark = rwe_arena_mark(q->run->arena);
    struct rwe_cox_request request = {q->run, q->endpoint, q->design, RWE_COX_ADJUSTED, 0};
    struct rwe_cox_model model = {.name = "adjusted"};
    enum rwe_status status = rwe_cox_model_build(&request, view, &model, error);
    if (status == RWE_OK)
        status = fit(q, &model, error);
    if (status != RWE_OK)
        return status;
    present(q, grid, &model);
    rwe_arena_release(q->run->arena, mark);
    return RWE_OK;
}

static enum rwe_status run_endpoint(struct rwe_run *run, const struct rwe_endpoint *endpoint,
                                    struct rwe_grid *grid, struct rwe_error *error)
{
    enum rwe_status status = RWE_OK;
    for (size_t d = 0; d < run->n_designs; d++)
        for (size_t cause = 1; status == RWE_OK && cause <= endpoint->n_causes; cause++) {
            const struct rwe_cuminc_question q = {run, endpoint, &run->design[d], cause};
            status = run_cause(&q, grid, error);
        }
    return status;
}

enum rwe_status rwe_cuminc_adjusted(struct rwe_run *run, struct rwe_error *error)
{
    const struct rwe_cohort *cohort = run->cohort;
    enum rwe_status status = rwe_cox_check_splines(run, error);
    if (status != RWE_OK)
        return status;
    struct rwe_grid *grid =
        rwe_document_table(run->document, "Subdistribution hazard ratios adjusted for covariates");
    rwe_grid_column(grid, "endpoint, cause and term");
    rwe_grid_column(grid, "n");
    rwe_grid_column(grid, "events");
    rwe_grid_column(grid, "HR (%s CI)", rwe_conf_level_text(run));
    rwe_grid_column(grid, "p");
    for (size_t e = 0; status == RWE_OK && e < cohort->n_endpoints; e++)
        if (cohort->endpoint[e].n_causes > 1)
            status = run_endpoint(run, &cohort->endpoint[e], grid, error);
    rwe_grid_note(grid,
                  "Fine and Gray's model of the arm and all covariates, among patients with a "
                  "value in each; sandwich variance. The ratios hold given the covariates and "
                  "are no rates' or risks' ratios.");
    if (rwe_settings_list(run->settings, "spline").n > 0)
        rwe_grid_note(grid, "Q3 against Q1: natural cubic spline with 3 degrees of freedom; the "
                            "ratio of its quartiles, and p of all its terms.");
    return status;
}
