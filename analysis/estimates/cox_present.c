/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cox_present.h"
#include "run/forest.h"

#include "rwe/analysis/bootstrap.h"

#include "rwe/base/language.h"
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_linalg.h>
#include <math.h>

static const struct rwe_cox_shown nothing = {RWE_NO_FACT, RWE_NO_FACT, RWE_NO_FACT,
                                             RWE_NO_FACT, RWE_NO_FACT, RWE_NO_FACT};

/* c' V c for the term's columns. */
static double contrast_variance(const struct rwe_cox_term *term, const double c[], size_t p,
                                const double V[])
{
    double sum = 0;
    for (size_t j = 0; j < term->n_columns; j++)
        for (size_t k = 0; k < term->n_columns; k++)
            sum += c[j] * c[k] * V[(term->column + j) * p + term->column + k];
    return sum;
}

/* β' V⁻¹ β of the term's columns; NaN where V is singular, or memory is out, which the arena
 * remembers. */
static double joint_wald(const struct rwe_cox_term *term, const struct rwe_cox *fit,
                         struct rwe_arena *arena)
{
    const double *V = fit->robust == NULL ? fit->covariance : fit->robust;
    const double *beta = fit->estimate + term->column;
    size_t n = term->n_columns;
    double *block = rwe_arena_alloc(arena, n, n * sizeof *block);
    double *solved = RWE_NEW(arena, double, n);
    if (block == NULL || solved == NULL)
        return NAN;
    for (size_t j = 0; j < n; j++)
        for (size_t k = 0; k < n; k++)
            block[j * n + k] = V[(term->column + j) * fit->p + term->column + k];
    gsl_matrix_view matrix = gsl_matrix_view_array(block, n, n);
    gsl_vector_const_view right = gsl_vector_const_view_array(beta, n);
    gsl_vector_view left = gsl_vector_view_array(solved, n);
    if (gsl_linalg_cholesky_decomp1(&matrix.matrix) != GSL_SUCCESS ||
        gsl_linalg_cholesky_solve(&matrix.matrix, &right.vector, &left.vector) != GSL_SUCCESS)
        return NAN;
    double statistic = 0;
    for (size_t j = 0; j < n; j++)
        statistic += beta[j] * solved[j];
    return statistic;
}

/* A log hazard ratio with its errors. */
struct ratio {
    double estimate, std_error;
    double robust; /* NaN where there is none */
    double known;  /* the robust one that takes the weights as known, where `robust` does not */
    double low, high;
};

/* Wald's limits do not hold for a penalised estimate: the likelihood is far from a parabola there. */
static void wald_limits(const struct rwe_run *run, const struct rwe_cox_model *model,
                        struct ratio *ratio)
{
    bool firth = model->separation.status != RWE_OK;
    double error = isnan(ratio->robust) ? ratio->std_error : ratio->robust;
    double reach = firth ? NAN : rwe_normal_limit(run) * error;
    ratio->low = ratio->estimate - reach;
    ratio->high = ratio->estimate + reach;
}

/* All but the test. */
static struct rwe_cox_shown ratio_facts(struct rwe_run *run, const struct rwe_key *key,
                                        const struct ratio *ratio)
{
    struct rwe_document *document = run->document;
    struct rwe_cox_shown shown = nothing;
    shown.coefficient = rwe_document_number(document, key, "estimate", ratio->estimate);
    shown.error = rwe_document_number(document, key, "std.error", ratio->std_error);
    if (!isnan(ratio->known))
        rwe_document_number(document, key, "robust.se", ratio->known);
    if (!isnan(ratio->robust))
        shown.error = rwe_document_number(
            document, key, isnan(ratio->known) ? "robust.se" : "estimated.se", ratio->robust);
    shown.ratio = rwe_document_number(document, key, "hr", exp(ratio->estimate));
    shown.low = rwe_document_number(document, key, "conf.low", exp(ratio->low));
    shown.high = rwe_document_number(document, key, "conf.high", exp(ratio->high));
    return shown;
}

/* The test of one column: likelihood-ratio where its limits are of that kind, else Wald's. */
static rwe_fact column_test(struct rwe_run *run, const struct rwe_key *key,
                            const struct rwe_cox_profile *profile, const struct ratio *ratio)
{
    struct rwe_document *document = run->document;
    if (profile != NULL) {
        double lr = profile->converged ? profile->lr_statistic : NAN;
        rwe_document_number(document, key, "lr.statistic", lr);
        return rwe_document_number(document, key, "p.value",
                                   isnan(lr) ? NAN : gsl_cdf_chisq_Q(lr, 1));
    }
    double z = ratio->estimate / (isnan(ratio->robust) ? ratio->std_error : ratio->robust);
    rwe_document_number(document, key, "statistic", z);
    return rwe_document_number(document, key, "p.value", rwe_normal_p_value(z));
}

/* The likelihood ratio, where the columns have profiles too; NaN where it cannot be had. */
static double joint_lr(const struct rwe_run *run, const struct rwe_cox_model *model,
                       const struct rwe_cox_term *term)
{
    struct rwe_cox_joint_test test;
    const struct rwe_cox_joint_request request = {term->column, term->n_columns,
                                                  model->separation.status != RWE_OK};
    enum rwe_status status = rwe_cox_joint_test(&model->data, model->matrix.x, &model->fit,
                                                &model->options, &request, run->arena, &test, NULL);
    return status == RWE_OK && test.converged ? test.lr_statistic : NAN;
}

/* The test that the term's columns are all 0. Returns the p-value. */
static rwe_fact joint_facts(struct rwe_run *run, const struct rwe_key *key,
                            const struct rwe_cox_model *model, const struct rwe_cox_term *term)
{
    bool by_profile = model->profile != NULL;
    double df = (double)term->n_columns;
    double statistic =
        by_profile ? joint_lr(run, model, term) : joint_wald(term, &model->fit, run->arena);
    rwe_document_number(run->document, key, by_profile ? "lr.statistic" : "wald.statistic",
                        statistic);
    rwe_document_number(run->document, key, "df", df);
    return rwe_document_number(run->document, key, "p.value",
                               isnan(statistic) ? NAN : gsl_cdf_chisq_Q(statistic, df));
}

struct rwe_cox_shown rwe_cox_joint_facts(struct rwe_run *run, const struct rwe_key *key,
                                         const struct rwe_cox_model *model,
                                         const struct rwe_cox_term *term)
{
    struct rwe_cox_shown shown = nothing;
    struct rwe_key of_term = *key;
    of_term.term = term->name;
    if (model->failure.status != RWE_OK || term->column == RWE_NO_INDEX)
        shown.p = rwe_document_number(run->document, &of_term, "p.value", NAN);
    else
        shown.p = joint_facts(run, &of_term, model, term);
    return shown;
}

/* Lists the ratio; whether its error and limits are those of replicates now. */
static bool list_ratio(struct rwe_run *run, const struct rwe_key *key,
                       const struct rwe_cox_model *model, size_t t, struct ratio *ratio)
{
    double error = isnan(ratio->robust) ? ratio->std_error : ratio->robust;
    const struct rwe_inference own = {.value = ratio->estimate,
                                      .std_error = error,
                                      .df = INFINITY,
                                      .conf_low = ratio->low,
                                      .conf_high = ratio->high,
                                      .p_value = rwe_normal_p_value(ratio->estimate / error)};
    bool is_repeated = model->is_repeated && t + 1 < run->cohort->n_arms;
    struct rwe_inference of =
        is_repeated ? rwe_run_estimate(run, key, "hr", RWE_ESTIMATE_LOG_RATIO, &own)
                    : rwe_run_estimate_once(run, key, "hr", RWE_ESTIMATE_LOG_RATIO, &own);
    if (of.replaced)
        *ratio = (struct ratio){ratio->estimate, of.std_error, NAN, NAN, of.conf_low, of.conf_high};
    return of.replaced;
}

struct rwe_cox_shown rwe_cox_term_facts(struct rwe_run *run, const struct rwe_key *key,
                                        const struct rwe_cox_model *model, size_t t)
{
    static const double one[RWE_SPLINE_MOST_DF] = {1};
    const struct rwe_cox_term *term = &model->term[t];
    const struct rwe_cox *fit = &model->fit;
    struct rwe_cox_shown shown = nothing;
    struct rwe_key of_term = *key, of_ratio;
    of_term.term = term->name;
    of_ratio = of_term;
    if (model->failure.status != RWE_OK || term->column == RWE_NO_INDEX) {
        shown.ratio = rwe_document_number(run->document, &of_term, "hr", NAN);
        return shown;
    }
    bool bent = term->contrast_name != NULL;
    const double *c = bent ? term->contrast : one;
    const struct rwe_cox_profile *profile =
        model->profile == NULL || bent ? NULL : &model->profile[term->column];
    struct ratio ratio = {.robust = NAN, .known = NAN};
    for (size_t j = 0; j < term->n_columns; j++)
        ratio.estimate += c[j] * fit->estimate[term->column + j];
    ratio.std_error = sqrt(contrast_variance(term, c, fit->p, fit->covariance));
    if (fit->robust != NULL)
        ratio.robust = sqrt(contrast_variance(term, c, fit->p, fit->robust));
    if (fit->robust_known != NULL && fit->robust_known != fit->robust)
        ratio.known = sqrt(contrast_variance(term, c, fit->p, fit->robust_known));
    wald_limits(run, model, &ratio);
    if (profile != NULL) {
        ratio.low = profile->converged ? profile->low : NAN;
        ratio.high = profile->converged ? profile->high : NAN;
    }
    if (bent && key->level == NULL)
        of_ratio.level = term->contrast_name;
    else if (bent) /* a cause */
        of_ratio.level = rwe_arena_format(run->arena, "%s: %s", key->level, term->contrast_name);
    if (list_ratio(run, &of_ratio, model, t, &ratio))
        profile = NULL;
    shown = ratio_facts(run, &of_ratio, &ratio);
    shown.p = bent ? joint_facts(run, &of_term, model, term)
                   : column_test(run, &of_term, profile, &ratio);
    return shown;
}

/* Tests that assume independent rows are left out where rows are clustered or weighted: the
 * likelihood-ratio and score statistics are then not chi-square. */
rwe_fact rwe_cox_model_facts(struct rwe_run *run, const struct rwe_key *key,
                             const struct rwe_cox_model *model)
{
    struct rwe_document *document = run->document;
    const struct rwe_cox *fit = &model->fit;
    if (model->failure.status != RWE_OK)
        return RWE_NO_FACT;
    rwe_document_number(document, key, "loglik.null", fit->loglik_null);
    rwe_document_number(document, key, "loglik", fit->loglik);
    if (model->separation.status == RWE_OK)
        rwe_document_number(document, key, "wald.statistic", fit->wald_statistic);
    rwe_fact harrell = rwe_document_number(document, key, "concordance", fit->concordance);
    rwe_document_number(document, key, "converged", fit->converged);
    if (fit->robust != NULL) {
        rwe_document_number(document, key, "robust.score.statistic", fit->robust_score_statistic);
        return harrell;
    }
    rwe_document_number(document, key, "lr.statistic", fit->lr_statistic);
    if (model->separation.status == RWE_OK)
        rwe_document_number(document, key, "score.statistic", fit->score_statistic);
    return harrell;
}

/* Whether a limit was not found. */
static bool profile_failed(const struct rwe_cox_model *model)
{
    bool failed = false;
    for (size_t j = 0; model->profile != NULL && j < model->matrix.p; j++)
        failed |= !model->profile[j].converged;
    return failed;
}

void rwe_cox_model_warn(struct rwe_run *run, const struct rwe_key *key, const char *label,
                        const struct rwe_cox_model *model)
{
    struct rwe_document *document = run->document;
    const struct rwe_error *failure = &model->failure;
    if (failure->status != RWE_OK) {
        rwe_document_warning(
            document, failure->status == RWE_SEPARATED ? "monotone-likelihood" : "not-estimable",
            "cox", "%s, %s: %s", key->endpoint, label, failure->message);
        return;
    }
    const char *left_out = rwe_model_matrix_left_out(&model->matrix, NULL);
    if (left_out != NULL)
        rwe_document_warning(document, "collinear", "cox", "%s, %s: left out: %s", key->endpoint,
                             label, left_out);
    if (model->separation.status != RWE_OK)
        rwe_document_warning(document, "monotone-likelihood", "cox",
                             "%s, %s: %s. Shown is Firth's penalised estimate", key->endpoint,
                             label, model->separation.message);
    if (!model->fit.converged)
        rwe_document_warning(document, "not-converged", "cox",
                             "%s, %s: Newton's method did not converge in %zu steps", key->endpoint,
                             label, model->fit.n_iterations);
    else if (profile_failed(model))
        rwe_document_warning(document, "not-converged", "cox",
                             "%s, %s: the search for a profile limit did not converge",
                             key->endpoint, label);
}

struct rwe_grid *rwe_cox_comparison_table(struct rwe_run *run,
                                          const struct rwe_cox_comparison *comparison)
{
    struct rwe_grid *grid = rwe_document_table(run->document, "%s", comparison->title);
    rwe_grid_column(grid, "term");
    for (size_t d = 0; d < run->n_designs; d++) {
        rwe_grid_column(grid, "%s\nHR (%s CI)", run->design[d].label, rwe_conf_level_text(run));
        rwe_grid_column(grid, "p");
    }
    for (size_t t = 0; t < comparison->n_terms; t++) {
        rwe_grid_row(grid, 0, "%s", rwe_shown_term(run, comparison->term[t].name));
        for (size_t d = 0; d < run->n_designs; d++) {
            const struct rwe_cox_shown *shown = &comparison->shown[d * comparison->n_terms + t];
            rwe_grid_cell(grid, RWE_CELL_RATIO_LIMITS, shown->ratio, shown->low, shown->high);
            rwe_grid_cell(grid, RWE_CELL_P_VALUE, shown->p, RWE_NO_FACT, RWE_NO_FACT);
        }
    }
    return grid;
}

/* Of one design as any forest plot; several share an axis, and the table has their numbers. */
void rwe_cox_comparison_figure(struct rwe_run *run, struct rwe_grid *grid, const char *name,
                               const char *title)
{
    struct rwe_figure *figure;
    name = rwe_figure_name_in(run, name);
    if (run->n_designs == 1) {
        figure = rwe_forest_add(
            run, grid,
            &(struct rwe_forest){
                .name = name, .title = title, .ratio = 1, .right = {2}, .equal_marks = true});
    } else {
        figure = rwe_document_figure(run->document, RWE_FIGURE_FOREST, name == NULL ? "" : name,
                                     "%s", title == NULL ? "" : title);
        rwe_figure_set_grid(figure, grid);
        for (size_t d = 0; d < run->n_designs; d++)
            rwe_figure_column(figure, RWE_COLUMN_POINT, 1 + 2 * d, d, run->design[d].label);
        rwe_figure_reference(figure, true, 1, NULL);
        rwe_figure_x_axis(
            figure, &(struct rwe_axis){.label = rwe_text("Hazard ratio"), .scale = RWE_SCALE_LOG});
        rwe_figure_describe(figure,
                            "Forest plot: for each term its hazard ratio in each population, a "
                            "symbol, with its %s limits, a line, on a logarithmic axis with a line "
                            "at 1.",
                            rwe_conf_level_text(run));
    }
    rwe_figure_note(figure, "Of a number: per unit of its variable, so that its ratio is not "
                            "comparable with that of a category.");
}
