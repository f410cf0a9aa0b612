/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The propensity model in the document. */
#include "propensity_private.h"
#include "rwe/analysis/covariates.h"
#include "rwe/analysis/present.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_linalg.h>
#include <math.h>
#include <string.h>

static rwe_fact add(struct rwe_run *run, const struct rwe_key *key, const char *stat, double value)
{
    return rwe_document_number(run->document, key, stat, value);
}

static void cell(struct rwe_grid *grid, enum rwe_cell_class class, rwe_fact fact)
{
    rwe_grid_cell(grid, class, fact, RWE_NO_FACT, RWE_NO_FACT);
}

/* ---- the model's terms ---- */

static const char intercept[] = "(Intercept)";

/* A log odds ratio with its odds ratio. Wald's limits do not hold for a penalised estimate: the
 * likelihood is far from a parabola there. */
static void present_ratio(struct rwe_run *run, struct rwe_grid *grid, const struct rwe_key *key,
                          double estimate, double error)
{
    bool wald = !run->propensity->model.penalised, is_intercept = strcmp(key->term, intercept) == 0;
    double reach = wald ? rwe_normal_limit(run) * error : NAN;
    rwe_fact coefficient = add(run, key, "estimate", estimate);
    rwe_fact standard_error = add(run, key, "std.error", error);
    rwe_fact odds = add(run, key, "odds.ratio", exp(estimate));
    rwe_fact low = add(run, key, "conf.low", exp(estimate - reach));
    rwe_fact high = add(run, key, "conf.high", exp(estimate + reach));
    cell(grid, RWE_CELL_COEFFICIENT, coefficient);
    cell(grid, RWE_CELL_COEFFICIENT, standard_error);
    if (is_intercept)
        rwe_grid_empty(grid); /* the odds at age 0 in the year 0 tell nobody anything */
    else
        rwe_grid_cell(grid, RWE_CELL_RATIO_LIMITS, odds, wald ? low : RWE_NO_FACT,
                      wald ? high : RWE_NO_FACT);
}

/* Without a test there is no p to show. */
static void p_cell(struct rwe_run *run, struct rwe_grid *grid, rwe_fact p)
{
    if (run->propensity->model.penalised)
        rwe_grid_empty(grid);
    else
        cell(grid, RWE_CELL_P_VALUE, p);
}

static double std_error(const struct rwe_logistic *model, size_t j)
{
    return sqrt(model->covariance[j * model->p + j]);
}

static rwe_fact wald_test(struct rwe_run *run, const struct rwe_key *key, size_t j)
{
    const struct rwe_logistic *model = &run->propensity->model;
    double z = model->penalised ? NAN : model->estimate[j] / std_error(model, j);
    add(run, key, "statistic", z);
    return add(run, key, "p.value", rwe_normal_p_value(z));
}

/* Coefficient j of the model: the intercept, or term j − 1. */
static void present_term(struct rwe_run *run, struct rwe_grid *grid, size_t j)
{
    const struct rwe_propensity *p = run->propensity;
    struct rwe_key key = rwe_key_run(run, "ps");
    key.term = j == 0 ? intercept : p->term[j - 1];
    rwe_grid_row(grid, 0, "%s", key.term);
    present_ratio(run, grid, &key, p->model.estimate[j], std_error(&p->model, j));
    p_cell(run, grid, wald_test(run, &key, j));
}

/* β' V⁻¹ β of n coefficients from `first` on; NaN where V is singular, or memory is out, which the
 * arena remembers. */
static double joint_wald(const struct rwe_logistic *model, size_t first, size_t n,
                         struct rwe_arena *arena)
{
    const double *beta = model->estimate + first;
    double *block = rwe_arena_alloc(arena, n, n * sizeof *block);
    double *solved = RWE_NEW(arena, double, n);
    double statistic = 0;
    if (block == NULL || solved == NULL)
        return NAN;
    for (size_t j = 0; j < n; j++)
        for (size_t k = 0; k < n; k++)
            block[j * n + k] = model->covariance[(first + j) * model->p + first + k];
    gsl_matrix_view matrix = gsl_matrix_view_array(block, n, n);
    gsl_vector_const_view right = gsl_vector_const_view_array(beta, n);
    gsl_vector_view left = gsl_vector_view_array(solved, n);
    if (gsl_linalg_cholesky_decomp1(&matrix.matrix) != GSL_SUCCESS ||
        gsl_linalg_cholesky_solve(&matrix.matrix, &right.vector, &left.vector) != GSL_SUCCESS)
        return NAN;
    for (size_t j = 0; j < n; j++)
        statistic += beta[j] * solved[j];
    return statistic;
}

/* One row: between the quartiles, and the test of all columns together. The columns themselves are
 * facts, from which the score can be computed. */
static void present_spline(struct rwe_run *run, struct rwe_grid *grid,
                           const struct rwe_propensity_spline *spline)
{
    const struct rwe_propensity *p = run->propensity;
    const struct rwe_logistic *model = &p->model;
    struct rwe_key key = rwe_key_run(run, "ps"), contrast;
    size_t first = spline->first + 1; /* after the intercept */
    double estimate = 0, variance = 0;
    for (size_t j = 0; j < spline->n; j++) {
        key.term = p->term[spline->first + j];
        add(run, &key, "estimate", model->estimate[first + j]);
        add(run, &key, "std.error", std_error(model, first + j));
        estimate += spline->contrast[j] * model->estimate[first + j];
        for (size_t k = 0; k < spline->n; k++)
            variance += spline->contrast[j] * spline->contrast[k] *
                        model->covariance[(first + j) * model->p + first + k];
    }
    key.term = spline->variable;
    contrast = key;
    contrast.level = spline->contrast_name;
    rwe_grid_row(grid, 0, "%s, %s", spline->variable, spline->contrast_name);
    present_ratio(run, grid, &contrast, estimate, sqrt(variance));
    double wald = model->penalised ? NAN : joint_wald(model, first, spline->n, run->arena);
    add(run, &key, "wald.statistic", wald);
    add(run, &key, "df", (double)spline->n);
    p_cell(run, grid,
           add(run, &key, "p.value", isnan(wald) ? NAN : gsl_cdf_chisq_Q(wald, (double)spline->n)));
}

static const struct rwe_propensity_spline *spline_from(const struct rwe_propensity *p, size_t term)
{
    for (size_t s = 0; s < p->n_splines; s++)
        if (p->spline[s].first == term)
            return &p->spline[s];
    return NULL;
}

static void note_model(struct rwe_run *run, struct rwe_grid *grid)
{
    const struct rwe_propensity *p = run->propensity;
    rwe_grid_note(grid, "Probability of the treated arm, \"%s\", given the covariates.",
                  run->cohort->arm_level[1]);
    if (p->n_splines > 0)
        rwe_grid_note(grid, "A spline (natural, 3 degrees of freedom): its odds ratio is of the "
                            "third against the first quartile, its p of all its columns.");
    if (p->left_out.n > 0) {
        const char *names = rwe_text_join(run->arena, p->left_out, ", ");
        rwe_grid_note(grid, "Left out, since nobody has them or the other terms say the same: %s.",
                      names == NULL ? "" : names);
    }
    if (p->model.penalised)
        rwe_grid_note(grid, "Firth's penalised likelihood. Wald's limits and tests do not hold for "
                            "it, and are left out.");
}

static void present_model(struct rwe_run *run)
{
    const struct rwe_propensity *p = run->propensity;
    struct rwe_grid *grid = rwe_document_table(
        run->document, "%s",
        p->model.penalised ? "Propensity model (logistic, Firth)" : "Propensity model (logistic)");
    rwe_grid_column(grid, "term");
    rwe_grid_column(grid, "log odds");
    rwe_grid_column(grid, "std. error");
    rwe_grid_column(grid, "odds ratio\n(%s CI)", rwe_conf_level_text(run));
    rwe_grid_column(grid, "p");
    present_term(run, grid, 0);
    for (size_t j = 0; j < p->n_terms;) {
        const struct rwe_propensity_spline *spline = spline_from(p, j);
        if (spline == NULL)
            present_term(run, grid, j + 1);
        else
            present_spline(run, grid, spline);
        j += spline == NULL ? 1 : spline->n;
    }
    note_model(run, grid);
}

/* ---- what stands in for missing values ---- */

static void present_missing(struct rwe_run *run)
{
    const struct rwe_cohort *cohort = run->cohort;
    struct rwe_columns columns = rwe_covariate_columns(cohort, true, run->arena);
    double *values = RWE_NEW(run->arena, double, cohort->n);
    const struct rwe_variable *last = NULL;
    if (!rwe_missing_has_indicator(run->settings) ||
        rwe_missing_columns(cohort, run->arena).n == 0 || rwe_arena_failed(run->arena))
        return;
    struct rwe_grid *grid =
        rwe_document_table(run->document, "Missing values in the propensity model");
    rwe_grid_column(grid, "covariate");
    rwe_grid_column(grid, "missing");
    rwe_grid_column(grid, "set to");
    for (size_t c = 0; c < columns.n; c++) {
        const struct rwe_variable *v = columns.item[c].variable;
        struct rwe_key key = rwe_key_run(run, "ps");
        key.term = v->name;
        if (v == last || v->n_missing == 0)
            continue;
        last = v;
        rwe_grid_row(grid, 0, "%s", v->name);
        cell(grid, RWE_CELL_COUNT, add(run, &key, "n.missing", (double)v->n_missing));
        if (v->categorical)
            rwe_grid_words(grid, "level \"missing\"");
        else
            cell(grid, RWE_CELL_NUMBER,
                 add(run, &key, "fill",
                     rwe_column_values_filled(&columns.item[c], cohort->n, values)));
    }
    rwe_grid_note(grid, "Numbers are set to the mean of those with a value; a term \"…=missing\" "
                        "says who has none. The score balances what was seen and whether it was.");
}

/* ---- the model as a whole ---- */

static void row(struct rwe_run *run, struct rwe_grid *grid, const char *label,
                enum rwe_cell_class kind, const char *stat, double value)
{
    struct rwe_key key = rwe_key_run(run, "ps");
    rwe_grid_row(grid, 0, "%s", label);
    cell(grid, kind, add(run, &key, stat, value));
}

static void present_summary(struct rwe_run *run)
{
    const struct rwe_propensity *p = run->propensity;
    struct rwe_key key = rwe_key_run(run, "ps");
    struct rwe_grid *grid = rwe_document_table(run->document, "Propensity score");
    rwe_grid_column(grid, "propensity score");
    rwe_grid_column(grid, "value");
    row(run, grid, "Subjects in the model", RWE_CELL_COUNT, "n", (double)p->n);
    row(run, grid, "Left out, a covariate is missing", RWE_CELL_COUNT, "n.missing",
        (double)(run->cohort->n - p->n));
    row(run, grid, "c-statistic", RWE_CELL_COEFFICIENT, "auc", p->model.auc);
    add(run, &key, "converged", p->model.converged);
    add(run, &key, "penalised", p->model.penalised);
}

static void warn(struct rwe_run *run)
{
    const struct rwe_propensity *p = run->propensity;
    size_t rarer = p->n_treated < p->n - p->n_treated ? p->n_treated : p->n - p->n_treated;
    if (!p->model.converged)
        rwe_document_warning(run->document, "not-converged", "ps",
                             "The propensity model did not converge in %zu steps.",
                             p->model.n_iterations);
    if (p->separates != NULL)
        rwe_document_warning(
            run->document, "monotone-likelihood", "ps",
            "Propensity model: covariates tell arms apart without error "
            "(separation), most of all \"%s\": there no subject of one arm is like "
            "those of the other. Shown and used is Firth's penalised estimate; "
            "better leave the covariate out, merge its categories, or restrict "
            "the cohort to where both arms occur.",
            p->separates);
    if (rarer < 10 * p->n_terms)
        rwe_document_warning(run->document, "few-per-variable", "ps",
                             "%zu subjects in the smaller arm for the propensity model's %zu "
                             "term%s: fewer than ten a term.",
                             rarer, p->n_terms, p->n_terms == 1 ? "" : "s");
}

void rwe_propensity_present(struct rwe_run *run)
{
    if (run->propensity == NULL || run->propensity_is_told)
        return;
    run->propensity_is_told = true;
    present_model(run);
    present_missing(run);
    present_summary(run);
    warn(run);
    rwe_propensity_present_overlap(run);
}
