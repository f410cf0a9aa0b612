/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/analysis/propensity.h"

#include "rwe/analysis/covariates.h"
#include "rwe/analysis/present.h"

#include <math.h>

/* ---- who ---- */

static enum rwe_status check_request(const struct rwe_run *run, const char *flag,
                                     struct rwe_error *error)
{
    if (run->cohort->n_covariates == 0)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--%s needs covariates: say --covariates A,B,…", flag);
    if (run->cohort->n_arms != 2)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--%s compares two arms, but there are %zu: name two of them with "
                        "--control and --treated",
                        flag, run->cohort->n_arms);
    for (size_t j = 0; j < run->cohort->n_covariates; j++) {
        const struct rwe_variable *v = &run->cohort->covariate[j];
        if (v->categorical && v->n_levels < 2)
            return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                            "covariate \"%s\" is constant, \"%s\": leave it out of the covariates",
                            v->name, v->n_levels == 0 ? "" : v->level[0]);
    }
    return RWE_OK;
}

static bool is_complete(const struct rwe_cohort *cohort, size_t subject)
{
    for (size_t j = 0; j < cohort->n_covariates; j++)
        if (rwe_variable_missing(&cohort->covariate[j], subject))
            return false;
    return true;
}

static enum rwe_status find_subjects(const struct rwe_run *run, struct rwe_propensity *p,
                                     struct rwe_error *error)
{
    const struct rwe_cohort *cohort = run->cohort;
    uint32_t *subject = RWE_NEW(run->arena, uint32_t, cohort->n);
    uint8_t *treated = RWE_NEW(run->arena, uint8_t, cohort->n);
    if (rwe_arena_failed(run->arena))
        return rwe_fail_memory(error);
    for (uint32_t i = 0; i < cohort->n; i++) {
        if (!is_complete(cohort, i))
            continue;
        treated[p->n] = cohort->arm[i] == 1;
        p->n_treated += treated[p->n];
        subject[p->n++] = i;
    }
    p->subject = subject;
    p->treated = treated;
    if (p->n == 0)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "no subject has a value in all %zu covariates", cohort->n_covariates);
    return RWE_OK;
}

/* ---- what: the columns of the model ---- */

static enum rwe_status build_columns(const struct rwe_run *run, struct rwe_propensity *p,
                                     struct rwe_error *error)
{
    struct rwe_columns columns = rwe_covariate_columns(run->cohort, true, run->arena);
    const char **term = RWE_NEW(run->arena, const char *, columns.n);
    double *x = rwe_arena_alloc(run->arena, p->n, columns.n * sizeof *x);
    struct rwe_mark mark = rwe_arena_mark(run->arena);
    double *values = RWE_NEW(run->arena, double, run->cohort->n);
    if (rwe_arena_failed(run->arena))
        return rwe_fail_memory(error);
    for (size_t j = 0; j < columns.n; j++) {
        term[j] = columns.item[j].name;
        rwe_column_values(&columns.item[j], run->cohort->n, values);
        for (size_t k = 0; k < p->n; k++)
            x[j * p->n + k] = values[p->subject[k]];
    }
    rwe_arena_release(run->arena, mark);
    p->term = term;
    p->n_terms = columns.n;
    p->x = x;
    return RWE_OK;
}

/* A covariate with one value only says nothing of the arms; told by name before the fit. */
static enum rwe_status check_constant(const struct rwe_propensity *p, struct rwe_error *error)
{
    for (size_t j = 0; j < p->n_terms; j++) {
        const double *column = p->x + j * p->n;
        size_t i = 1;
        while (i < p->n && column[i] == column[0])
            i++;
        if (i >= p->n)
            return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                            "covariate \"%s\" is constant in the %zu subjects of the propensity "
                            "model: leave it out of the covariates",
                            p->term[j], p->n);
    }
    return RWE_OK;
}

/* ---- the fit ---- */

/* A failure of the fit in terms of covariates. */
static enum rwe_status explain(const struct rwe_propensity *p, enum rwe_status status,
                               const struct rwe_error *inner, struct rwe_error *error)
{
    const char *name = inner->index < p->n_terms ? p->term[inner->index] : "the intercept";
    if (status == RWE_COLLINEAR)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "propensity model: \"%s\" is determined by the covariates before it "
                        "(collinear): leave one of them out",
                        name);
    if (status == RWE_SEPARATED)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "propensity model: the covariates tell the arms apart without error "
                        "(separation), most of all \"%s\": no subject of one arm is like those of "
                        "the other there. Leave it out, merge its categories, or restrict the "
                        "cohort to where both arms occur",
                        name);
    if (status == RWE_NOT_ESTIMABLE)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "propensity model: %s; %zu subjects have complete covariates",
                        inner->message, p->n);
    *error = *inner;
    return status;
}

static enum rwe_status fit(struct rwe_run *run, struct rwe_propensity *p, struct rwe_error *error)
{
    struct rwe_logistic_options options = rwe_logistic_options_default();
    struct rwe_error inner = {0};
    options.threads = run->threads;
    options.estimate_only = run->replicate != 0;
    if (run->replicate != 0)
        options.tolerance = 1e-4; /* a Newton step of that size leaves its square */
    if (run->start != NULL && run->start->n_terms == p->n_terms)
        options.start = run->start->model.estimate;
    enum rwe_status status = rwe_logistic_fit(p->x, p->n_terms, p->treated, p->n, &options,
                                              run->arena, &p->model, &inner);
    return status == RWE_OK ? RWE_OK : explain(p, status, &inner, error);
}

enum rwe_status rwe_propensity(struct rwe_run *run, const char *flag,
                               const struct rwe_propensity **propensity, struct rwe_error *error)
{
    *propensity = run->propensity;
    if (run->propensity != NULL)
        return RWE_OK;
    struct rwe_propensity *p = RWE_NEW(run->arena, struct rwe_propensity, 1);
    if (p == NULL)
        return rwe_fail_memory(error);
    enum rwe_status status = check_request(run, flag, error);
    if (status == RWE_OK)
        status = find_subjects(run, p, error);
    if (status == RWE_OK)
        status = build_columns(run, p, error);
    if (status == RWE_OK)
        status = check_constant(p, error);
    if (status == RWE_OK)
        status = fit(run, p, error);
    if (status == RWE_OK)
        run->propensity = *propensity = p;
    return status;
}

/* ---- presenting ---- */

static rwe_fact add(struct rwe_run *run, const struct rwe_key *key, const char *stat, double value)
{
    return rwe_document_number(run->document, key, stat, value);
}

static void present_term(struct rwe_run *run, struct rwe_grid *grid, const struct rwe_propensity *p,
                         size_t j)
{
    struct rwe_key key = rwe_key_of("ps");
    double estimate = p->model.estimate[j];
    double error = sqrt(p->model.covariance[j * p->model.p + j]);
    double reach = rwe_normal_limit(run) * error;
    key.term = j == 0 ? "(Intercept)" : p->term[j - 1];
    rwe_grid_row(grid, 0, "%s", key.term);
    rwe_fact coefficient = add(run, &key, "estimate", estimate);
    rwe_fact standard_error = add(run, &key, "std.error", error);
    add(run, &key, "statistic", estimate / error);
    rwe_fact p_value = add(run, &key, "p.value", rwe_normal_p_value(estimate / error));
    rwe_fact odds = add(run, &key, "odds.ratio", exp(estimate));
    rwe_fact low = add(run, &key, "conf.low", exp(estimate - reach));
    rwe_fact high = add(run, &key, "conf.high", exp(estimate + reach));
    rwe_grid_cell(grid, RWE_CELL_COEFFICIENT, coefficient, RWE_NO_FACT, RWE_NO_FACT);
    rwe_grid_cell(grid, RWE_CELL_COEFFICIENT, standard_error, RWE_NO_FACT, RWE_NO_FACT);
    if (j == 0)
        rwe_grid_empty(grid); /* the odds at age 0 in the year 0 tell nobody anything */
    else
        rwe_grid_cell(grid, RWE_CELL_RATIO_LIMITS, odds, low, high);
    rwe_grid_cell(grid, RWE_CELL_P_VALUE, p_value, RWE_NO_FACT, RWE_NO_FACT);
}

static void present_model(struct rwe_run *run, const struct rwe_propensity *p)
{
    struct rwe_grid *grid = rwe_document_table(run->document, "Propensity model (logistic)");
    rwe_grid_column(grid, "term");
    rwe_grid_column(grid, "log odds");
    rwe_grid_column(grid, "std. error");
    rwe_grid_column(grid, "odds ratio\n(%s CI)", rwe_conf_level_text(run));
    rwe_grid_column(grid, "p");
    for (size_t j = 0; j < p->model.p; j++)
        present_term(run, grid, p, j);
    rwe_grid_note(grid, "Probability of the treated arm, \"%s\", given the covariates.",
                  run->cohort->arm_level[1]);
    if (!p->model.converged)
        rwe_document_warning(run->document, "not-converged", "ps",
                             "The propensity model did not converge in %zu steps.",
                             p->model.n_iterations);
}

static void row(struct rwe_run *run, struct rwe_grid *grid, const char *label,
                enum rwe_cell_class kind, const char *stat, double value)
{
    struct rwe_key key = rwe_key_of("ps");
    rwe_grid_row(grid, 0, "%s", label);
    rwe_grid_cell(grid, kind, add(run, &key, stat, value), RWE_NO_FACT, RWE_NO_FACT);
}

static void present_summary(struct rwe_run *run, const struct rwe_propensity *p)
{
    struct rwe_key key = rwe_key_of("ps");
    struct rwe_grid *grid = rwe_document_table(run->document, "Propensity score");
    rwe_grid_column(grid, "propensity score");
    rwe_grid_column(grid, "value");
    row(run, grid, "Subjects in the model", RWE_CELL_COUNT, "n", (double)p->n);
    row(run, grid, "Left out, a covariate is missing", RWE_CELL_COUNT, "n.missing",
        (double)(run->cohort->n - p->n));
    row(run, grid, "c-statistic", RWE_CELL_COEFFICIENT, "auc", p->model.auc);
    add(run, &key, "converged", p->model.converged);
}

static void warn_few(struct rwe_run *run, const struct rwe_propensity *p)
{
    size_t rarer = p->n_treated < p->n - p->n_treated ? p->n_treated : p->n - p->n_treated;
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
    present_model(run, run->propensity);
    present_summary(run, run->propensity);
    warn_few(run, run->propensity);
}
