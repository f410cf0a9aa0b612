/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cox_present.h"

#include <math.h>

struct rwe_cox_shown rwe_cox_term_facts(struct rwe_run *run, const struct rwe_key *key,
                                        const struct rwe_cox_model *model, size_t t)
{
    struct rwe_document *document = run->document;
    struct rwe_key term = *key;
    struct rwe_cox_shown shown = {RWE_NO_FACT, RWE_NO_FACT, RWE_NO_FACT,
                                  RWE_NO_FACT, RWE_NO_FACT, RWE_NO_FACT};
    size_t j = model->term[t].column;
    term.term = model->term[t].name;
    if (model->failure.status != RWE_OK || j == RWE_NO_INDEX) {
        shown.ratio = rwe_document_number(document, &term, "hr", NAN);
        return shown;
    }
    const struct rwe_cox *fit = &model->fit;
    size_t diagonal = j * fit->p + j;
    double estimate = fit->estimate[j];
    double model_error = sqrt(fit->covariance[diagonal]);
    double error = fit->robust == NULL ? model_error : sqrt(fit->robust[diagonal]);
    double z = estimate / error;
    double reach = rwe_normal_limit(run) * error;
    shown.coefficient = rwe_document_number(document, &term, "estimate", estimate);
    shown.error = rwe_document_number(document, &term, "std.error", model_error);
    if (fit->robust != NULL)
        shown.error = rwe_document_number(document, &term, "robust.se", error);
    rwe_document_number(document, &term, "statistic", z);
    shown.p = rwe_document_number(document, &term, "p.value", rwe_normal_p_value(z));
    shown.ratio = rwe_document_number(document, &term, "hr", exp(estimate));
    shown.low = rwe_document_number(document, &term, "conf.low", exp(estimate - reach));
    shown.high = rwe_document_number(document, &term, "conf.high", exp(estimate + reach));
    return shown;
}

/* Tests that assume independent rows are left out where rows are clustered or weighted: the
 * likelihood-ratio and score statistics are then not chi-square. */
void rwe_cox_model_facts(struct rwe_run *run, const struct rwe_key *key,
                         const struct rwe_cox_model *model)
{
    struct rwe_document *document = run->document;
    const struct rwe_cox *fit = &model->fit;
    if (model->failure.status != RWE_OK)
        return;
    rwe_document_number(document, key, "loglik.null", fit->loglik_null);
    rwe_document_number(document, key, "loglik", fit->loglik);
    rwe_document_number(document, key, "wald.statistic", fit->wald_statistic);
    rwe_document_number(document, key, "concordance", fit->concordance);
    rwe_document_number(document, key, "converged", fit->converged);
    if (fit->robust != NULL)
        return;
    rwe_document_number(document, key, "lr.statistic", fit->lr_statistic);
    rwe_document_number(document, key, "score.statistic", fit->score_statistic);
}

void rwe_cox_model_warn(struct rwe_run *run, const struct rwe_key *key, const char *label,
                        const struct rwe_cox_model *model)
{
    if (model->failure.status != RWE_OK)
        rwe_document_warning(run->document, "not-estimable", "cox", "%s, %s: %s", key->endpoint,
                             label, model->failure.message);
    else if (!model->fit.converged)
        rwe_document_warning(run->document, "not-converged", "cox",
                             "%s, %s: Newton's method did not converge in %zu steps", key->endpoint,
                             label, model->fit.n_iterations);
}

struct rwe_grid *rwe_cox_comparison_table(struct rwe_run *run,
                                          const struct rwe_cox_comparison *comparison)
{
    struct rwe_grid *grid = rwe_document_table(run->document, comparison->title);
    rwe_grid_column(grid, "term");
    for (size_t d = 0; d < run->n_designs; d++) {
        rwe_grid_column(grid, "%s\nHR (%s CI)", run->design[d].label, rwe_conf_level_text(run));
        rwe_grid_column(grid, "p");
    }
    for (size_t t = 0; t < comparison->n_terms; t++) {
        rwe_grid_row(grid, 0, "%s", comparison->term[t].name);
        for (size_t d = 0; d < run->n_designs; d++) {
            const struct rwe_cox_shown *shown = &comparison->shown[d * comparison->n_terms + t];
            rwe_grid_cell(grid, RWE_CELL_RATIO_LIMITS, shown->ratio, shown->low, shown->high);
            rwe_grid_cell(grid, RWE_CELL_P_VALUE, shown->p, RWE_NO_FACT, RWE_NO_FACT);
        }
    }
    return grid;
}
