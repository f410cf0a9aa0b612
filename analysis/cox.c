/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hazard ratios of the arms by Cox's model with the arm alone. See cox.md. */
#include "rwe/stats/cox.h"
#include "rwe/analysis/present.h"

#include <math.h>

static const struct rwe_option options[] = {
    {.name = "ties",
     .kind = RWE_OPTION_CHOICE,
     .section = RWE_SECTION_METHOD,
     .argument = "efron|breslow",
     .choices = "efron|breslow",
     .fallback = "efron",
     .help = "Tied event times in Cox models (default efron, as R; SAS has breslow)."},
};
static const struct rwe_options option_list = RWE_OPTIONS(options);

/* Indicators of the arms other than the control, as columns. */
static double *arm_columns(const struct rwe_survival_data *data, struct rwe_arena *arena)
{
    double *x = RWE_NEW(arena, double, data->n *(data->n_groups - 1));
    for (size_t i = 0; x != NULL && i < data->n; i++)
        if (data->group[i] > 0)
            x[(data->group[i] - 1) * data->n + i] = 1;
    return x;
}

static enum rwe_status compute(struct rwe_run *run, const struct rwe_endpoint *endpoint,
                               const struct rwe_design *design, struct rwe_cox *result,
                               struct rwe_error *error)
{
    struct rwe_survival_data data;
    struct rwe_cox_options cox = rwe_cox_options_default();
    cox.ties = (enum rwe_cox_ties)rwe_settings_choice(run->settings, "ties");
    enum rwe_status status = rwe_design_survival(run->cohort, design, endpoint, RWE_STRATA_DECLARED,
                                                 run->arena, &data, error);
    if (status != RWE_OK)
        return status;
    cox.robust = data.cluster != NULL;
    double *x = arm_columns(&data, run->arena);
    if (x == NULL)
        return rwe_fail_memory(error);
    return rwe_cox_fit(&data, x, data.n_groups - 1, &cox, run->arena, result, error);
}

/* The estimate of column j with its error, test and limits, from the sandwich where there is one.
 */
static void present_term(struct rwe_run *run, struct rwe_grid *grid, const struct rwe_key *key,
                         const struct rwe_cox *result, size_t j)
{
    struct rwe_document *document = run->document;
    size_t diagonal = j * result->p + j;
    double estimate = result->estimate[j];
    double model_error = sqrt(result->covariance[diagonal]);
    double error = result->robust == NULL ? model_error : sqrt(result->robust[diagonal]);
    double z = estimate / error;
    double reach = rwe_normal_limit(run) * error;
    rwe_fact coefficient = rwe_document_number(document, key, "estimate", estimate);
    rwe_fact shown_error = rwe_document_number(document, key, "std.error", model_error);
    if (result->robust != NULL)
        shown_error = rwe_document_number(document, key, "robust.se", error);
    rwe_document_number(document, key, "statistic", z);
    rwe_fact p = rwe_document_number(document, key, "p.value", rwe_normal_p_value(z));
    rwe_fact ratio = rwe_document_number(document, key, "hr", exp(estimate));
    rwe_fact low = rwe_document_number(document, key, "conf.low", exp(estimate - reach));
    rwe_fact high = rwe_document_number(document, key, "conf.high", exp(estimate + reach));
    rwe_grid_cell(grid, RWE_CELL_RATIO_LIMITS, ratio, low, high);
    rwe_grid_cell(grid, RWE_CELL_COEFFICIENT, coefficient, RWE_NO_FACT, RWE_NO_FACT);
    rwe_grid_cell(grid, RWE_CELL_COEFFICIENT, shown_error, RWE_NO_FACT, RWE_NO_FACT);
    rwe_grid_cell(grid, RWE_CELL_P_VALUE, p, RWE_NO_FACT, RWE_NO_FACT);
}

/* Facts of the whole model. Tests that assume independent rows are left out where rows are
 * clustered: the likelihood-ratio and score statistics are then not chi-square. */
static void present_model(struct rwe_run *run, const struct rwe_key *key,
                          const struct rwe_cox *result)
{
    struct rwe_document *document = run->document;
    rwe_document_number(document, key, "n", (double)result->n);
    rwe_document_number(document, key, "n.event", (double)result->n_events);
    rwe_document_number(document, key, "loglik.null", result->loglik_null);
    rwe_document_number(document, key, "loglik", result->loglik);
    rwe_document_number(document, key, "wald.statistic", result->wald_statistic);
    rwe_document_number(document, key, "concordance", result->concordance);
    rwe_document_number(document, key, "converged", result->converged);
    if (result->robust != NULL)
        return;
    rwe_document_number(document, key, "lr.statistic", result->lr_statistic);
    rwe_document_number(document, key, "score.statistic", result->score_statistic);
}

static void present_failure(struct rwe_run *run, struct rwe_grid *grid, struct rwe_key key,
                            const struct rwe_design *design, const struct rwe_error *reason)
{
    key.term = "arm";
    rwe_grid_row(grid, 0, "%s, %s", key.endpoint, design->label);
    rwe_fact hr = rwe_document_number(run->document, &key, "hr", NAN);
    rwe_fact low = rwe_document_number(run->document, &key, "conf.low", NAN);
    rwe_fact high = rwe_document_number(run->document, &key, "conf.high", NAN);
    rwe_grid_cell(grid, RWE_CELL_RATIO_LIMITS, hr, low, high);
    rwe_document_warning(run->document, "not-estimable", "cox", "%s, %s: %s", key.endpoint,
                         design->label,
                         reason->status == RWE_SEPARATED
                             ? "the hazard ratio runs off to 0 or infinity, since one arm has no "
                               "event while the other is at risk"
                             : reason->message);
}

static void present(struct rwe_run *run, struct rwe_grid *grid, struct rwe_key key,
                    const struct rwe_design *design, const struct rwe_cox *result)
{
    const struct rwe_cohort *cohort = run->cohort;
    present_model(run, &key, result);
    for (size_t j = 0; j < result->p; j++) {
        struct rwe_key term = key;
        term.term = cohort->n_arms == 2
                        ? "arm"
                        : rwe_arena_format(run->arena, "arm=%s", cohort->arm_level[j + 1]);
        rwe_grid_row(grid, 0, "%s, %s: %s against %s", key.endpoint, design->label,
                     cohort->arm_level[j + 1], cohort->arm_level[0]);
        if (term.term != NULL)
            present_term(run, grid, &term, result, j);
    }
    if (!result->converged)
        rwe_document_warning(run->document, "not-converged", "cox",
                             "%s, %s: Newton's method did not converge in %zu steps", key.endpoint,
                             design->label, result->n_iterations);
}

static enum rwe_status run_one(struct rwe_run *run, struct rwe_grid *grid,
                               const struct rwe_endpoint *endpoint, const struct rwe_design *design,
                               struct rwe_error *error)
{
    struct rwe_cox result;
    struct rwe_error reason = {0};
    struct rwe_key key = rwe_key_in("cox", endpoint, design);
    key.model = "arm";
    struct rwe_mark mark = rwe_arena_mark(run->arena);
    enum rwe_status status = compute(run, endpoint, design, &result, &reason);
    bool exists = status != RWE_SEPARATED && status != RWE_NOT_ESTIMABLE && status != RWE_COLLINEAR;
    if (status != RWE_OK && exists) {
        *error = reason;
        return status;
    }
    if (status == RWE_OK)
        present(run, grid, key, design, &result);
    else
        present_failure(run, grid, key, design, &reason);
    rwe_arena_release(run->arena, mark);
    return RWE_OK;
}

static enum rwe_status run_cox(struct rwe_run *run, void *state, struct rwe_error *error)
{
    (void)state;
    const struct rwe_cohort *cohort = run->cohort;
    enum rwe_status status = rwe_need_endpoint(run, "cox", error);
    if (status != RWE_OK)
        return status;
    rwe_document_section(run->document, 1, "Cox model");
    struct rwe_grid *grid = rwe_document_table(run->document, "Hazard ratios of the arms");
    rwe_grid_column(grid, "endpoint and contrast");
    rwe_grid_column(grid, "hazard ratio\n(%s CI)", rwe_conf_level_text(run));
    rwe_grid_column(grid, "log HR");
    rwe_grid_column(grid, "std. error");
    rwe_grid_column(grid, "p");
    for (size_t e = 0; e < cohort->n_endpoints; e++)
        for (size_t d = 0; d < run->n_designs && status == RWE_OK; d++)
            status = run_one(run, grid, &cohort->endpoint[e], &run->design[d], error);
    rwe_grid_note(grid, "Cox model with the arm alone, %s ties; Wald limits and p-values.",
                  rwe_settings_choice(run->settings, "ties") == 0 ? "Efron's" : "Breslow's");
    if (cohort->stratum != NULL)
        rwe_grid_note(grid, "Stratified by %s.", cohort->strata_name);
    if (cohort->cluster != NULL)
        rwe_grid_note(grid, "Whole cohort: robust standard errors, clustered by %s.",
                      rwe_settings_text(run->settings, "cluster"));
    if (run->n_designs > 1)
        rwe_grid_note(grid, "Matched: robust standard errors, clustered by matched pair.");
    return status;
}

const struct rwe_analysis rwe_analysis_cox = {
    .name = "cox",
    .help = "Hazard ratio of the arms by Cox's model; robust and clustered by pair after matching.",
    .options = &option_list,
    .run = run_cox,
};
