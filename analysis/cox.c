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
    enum rwe_status status = rwe_design_survival(
        run->cohort, design, endpoint,
        (struct rwe_design_view){RWE_STRATA_DECLARED, RWE_EVENTS_OWN}, run->arena, &data, error);
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

/* Facts of the whole model, and the cells of subjects and events. Tests that assume independent rows are
 * left out where rows are clustered: the likelihood-ratio and score statistics are then not chi-square. */
static void present_model(struct rwe_run *run, const struct rwe_key *key,
                          const struct rwe_cox *result)
{
    struct rwe_document *document = run->document;
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

/* The row of one contrast: its label, and who is in the model. */
static void start_row(struct rwe_run *run, struct rwe_grid *grid, const struct rwe_key *key,
                      const struct rwe_design *design, size_t arm, const rwe_fact sizes[2])
{
    const struct rwe_cohort *cohort = run->cohort;
    rwe_grid_row(grid, 0, "%s, %s: %s against %s", key->endpoint, design->label,
                 cohort->arm_level[arm], cohort->arm_level[0]);
    rwe_grid_cell(grid, RWE_CELL_COUNT, sizes[0], RWE_NO_FACT, RWE_NO_FACT);
    rwe_grid_cell(grid, RWE_CELL_COUNT, sizes[1], RWE_NO_FACT, RWE_NO_FACT);
}

static size_t count_events(const struct rwe_cohort *cohort, const struct rwe_endpoint *endpoint,
                           const struct rwe_design *design)
{
    size_t n = 0;
    for (size_t i = 0; i < cohort->n; i++)
        n += design->member[i] && endpoint->event[i];
    return n;
}

static void present(struct rwe_run *run, struct rwe_grid *grid, const struct rwe_endpoint *endpoint,
                    const struct rwe_design *design, const struct rwe_cox *result,
                    const struct rwe_error *failure)
{
    const struct rwe_cohort *cohort = run->cohort;
    struct rwe_key key = rwe_key_in("cox", endpoint, design);
    key.model = "arm";
    /* One statement each: C does not say which item of a list comes first. */
    double n_events = (double)count_events(cohort, endpoint, design);
    rwe_fact sizes[2];
    sizes[0] = rwe_document_number(run->document, &key, "n", (double)design->n);
    sizes[1] = rwe_document_number(run->document, &key, "n.event", n_events);
    if (result != NULL)
        present_model(run, &key, result);
    for (size_t arm = 1; arm < cohort->n_arms; arm++) {
        struct rwe_key term = key;
        term.term = cohort->n_arms == 2
                        ? "arm"
                        : rwe_arena_format(run->arena, "arm=%s", cohort->arm_level[arm]);
        start_row(run, grid, &key, design, arm, sizes);
        if (result != NULL)
            present_term(run, grid, &term, result, arm - 1);
        else
            rwe_grid_cell(grid, RWE_CELL_RATIO_LIMITS,
                          rwe_document_number(run->document, &term, "hr", NAN), RWE_NO_FACT,
                          RWE_NO_FACT);
    }
    if (result == NULL)
        rwe_document_warning(run->document, "not-estimable", "cox", "%s, %s: %s", key.endpoint,
                             design->label, failure->message);
    else if (!result->converged)
        rwe_document_warning(run->document, "not-converged", "cox",
                             "%s, %s: Newton's method did not converge in %zu steps", key.endpoint,
                             design->label, result->n_iterations);
}

/* A failure of the fit in terms of the arms. */
static void explain(const struct rwe_cohort *cohort, struct rwe_error *reason)
{
    const char *arm = reason->index + 1 < cohort->n_arms ? cohort->arm_level[reason->index + 1]
                                                         : cohort->arm_level[cohort->n_arms - 1];
    if (reason->status == RWE_SEPARATED)
        rwe_error_set(reason, RWE_SEPARATED, reason->index,
                      "the hazard ratio of \"%s\" against \"%s\" runs off to 0 or infinity, since "
                      "one of them has no event while the other is at risk",
                      arm, cohort->arm_level[0]);
    if (reason->status == RWE_COLLINEAR)
        rwe_error_set(reason, RWE_COLLINEAR, reason->index,
                      "\"%s\" and \"%s\" are never at risk together when there is an event", arm,
                      cohort->arm_level[0]);
}

static enum rwe_status run_one(struct rwe_run *run, struct rwe_grid *grid,
                               const struct rwe_endpoint *endpoint, const struct rwe_design *design,
                               struct rwe_error *error)
{
    struct rwe_cox result;
    struct rwe_error reason = {0};
    struct rwe_mark mark = rwe_arena_mark(run->arena);
    enum rwe_status status = compute(run, endpoint, design, &result, &reason);
    bool exists = status != RWE_SEPARATED && status != RWE_NOT_ESTIMABLE && status != RWE_COLLINEAR;
    if (status != RWE_OK && exists) {
        *error = reason;
        return status;
    }
    explain(run->cohort, &reason);
    present(run, grid, endpoint, design, status == RWE_OK ? &result : NULL, &reason);
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
    rwe_grid_column(grid, "n");
    rwe_grid_column(grid, "events");
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
