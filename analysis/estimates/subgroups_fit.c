/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Counts and models of subgroups: the design of the whole population, narrowed to their members. */
#include "subgroups.h"

#include "rwe/base/language.h"
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_linalg.h>
#include <math.h>
#include <string.h>

/* ---- who ---- */

struct rwe_subgroup_counts *rwe_subgroup_count(const struct rwe_subgroup_setting *setting,
                                               const struct rwe_subgroup_variable *variable)
{
    const struct rwe_cohort *cohort = setting->run->cohort;
    struct rwe_subgroup_counts *counts =
        RWE_NEW(setting->run->arena, struct rwe_subgroup_counts, variable->n_levels + 1);
    for (size_t i = 0; counts != NULL && i < cohort->n; i++) {
        if (!setting->design->member[i] || !rwe_endpoint_has(setting->endpoint, i))
            continue;
        size_t level = variable->code[i] < 0 ? variable->n_levels : (size_t)variable->code[i];
        bool event = setting->endpoint->event[i] == 1;
        counts[level].n[cohort->arm[i]]++;
        counts[level].n_events[cohort->arm[i]] += event;
        if (event)
            counts[level].weighted_events[cohort->arm[i]] += rwe_design_weight(setting->design, i);
    }
    return counts;
}

struct rwe_subgroup_least rwe_subgroup_least(const struct rwe_run *run)
{
    struct rwe_numbers given = subgroup_settings_of(run->settings)->least;
    return (struct rwe_subgroup_least){given.n > 0 ? given.item[0] : 0,
                                       given.n > 1 ? given.item[1] : 0};
}

bool rwe_subgroup_is_shown(const struct rwe_run *run, const struct rwe_subgroup_counts *counts)
{
    const struct rwe_subgroup_least least = rwe_subgroup_least(run);
    return (double)(counts->n[0] + counts->n[1]) >= least.n &&
           (double)(counts->n_events[0] + counts->n_events[1]) >= least.events &&
           counts->n[0] >= RWE_SUBGROUP_LEAST_ARM && counts->n[1] >= RWE_SUBGROUP_LEAST_ARM;
}

/* The design less those whose level is not among `taken`. RWE_OK or RWE_NO_MEMORY. */
static enum rwe_status narrow(const struct rwe_subgroup_setting *setting,
                              const struct rwe_subgroup_variable *variable, const bool taken[],
                              struct rwe_design *design)
{
    const struct rwe_run *run = setting->run;
    uint8_t *keep = RWE_NEW(run->arena, uint8_t, run->cohort->n);
    for (size_t i = 0; keep != NULL && i < run->cohort->n; i++)
        keep[i] = variable->code[i] >= 0 && taken[variable->code[i]];
    return keep == NULL ? RWE_NO_MEMORY
                        : rwe_design_narrow(run->cohort, setting->design, keep, run->arena, design);
}

/* ---- the arms in one subgroup ---- */

enum rwe_status rwe_subgroup_fit(const struct rwe_subgroup_setting *setting,
                                 const struct rwe_subgroup_variable *variable, size_t level,
                                 struct rwe_cox_model *model, struct rwe_error *error)
{
    struct rwe_run *run = setting->run;
    bool *taken = RWE_NEW(run->arena, bool, variable->n_levels);
    struct rwe_design design;
    if (taken == NULL)
        return rwe_fail_memory(error);
    taken[level] = true;
    if (narrow(setting, variable, taken, &design) != RWE_OK)
        return rwe_fail_memory(error);
    struct rwe_cox_request request = {run, setting->endpoint, &design, RWE_COX_ARM, 0};
    enum rwe_status status = rwe_cox_model_fit(&request, model, error);
    return status == RWE_OK && setting->limits ? rwe_cox_model_limits(&request, model, error)
                                               : status;
}

/* ---- arm × subgroup ---- */

/* The columns: the arm, levels but the first, and the arm's products with them, which the test is about.
 * A level's own column that the strata determine is left out: its hazard is theirs. */
struct products {
    struct rwe_survival_data data;
    struct rwe_variable levels;
    struct rwe_model_matrix matrix;
    size_t n_main; /* columns before the products */
};

static enum rwe_status build_products(const struct rwe_subgroup_setting *setting,
                                      const struct rwe_subgroup_variable *variable,
                                      const bool taken[], struct products *products,
                                      struct rwe_error *error)
{
    struct rwe_arena *arena = setting->run->arena;
    const struct rwe_cohort *cohort = setting->run->cohort;
    const struct rwe_design_view view = {RWE_STRATA_DECLARED, RWE_EVENTS_OWN};
    struct rwe_survival_data *data = &products->data;
    struct rwe_design design;
    if (narrow(setting, variable, taken, &design) != RWE_OK)
        return rwe_fail_memory(error);
    enum rwe_status status =
        rwe_design_survival(cohort, &design, setting->endpoint, view, arena, data, error);
    if (status != RWE_OK)
        return status;
    products->levels = (struct rwe_variable){.name = variable->name,
                                             .categorical = true,
                                             .code = variable->code,
                                             .level = variable->level,
                                             .n_levels = variable->n_levels};
    struct rwe_model model = rwe_model_new(cohort, arena);
    size_t arm = rwe_model_add_arm(&model);
    size_t main = rwe_model_add_covariate(&model, &products->levels, false);
    size_t product = rwe_model_add_product(&model, arm, main);
    if (rwe_arena_failed(arena))
        return rwe_fail_memory(error);
    model.term[product].required = true;
    const struct rwe_model_rows rows = {data->n, data->subject, data->group, data->stratum};
    status = rwe_model_matrix_make(&model, &rows, &products->matrix, error);
    products->matrix.quiet = true;
    return status;
}

static size_t count_main(const struct rwe_model_matrix *matrix)
{
    size_t n = 0;
    while (n < matrix->p &&
           matrix->model.term[rwe_model_matrix_column(matrix, n)->term].kind != RWE_TERM_PRODUCT)
        n++;
    return n;
}

static enum rwe_status fit_products(struct products *products,
                                    const struct rwe_cox_options *options, struct rwe_arena *arena,
                                    struct rwe_cox *fit, struct rwe_error *failure)
{
    do
        rwe_cox_fit(&products->data, products->matrix.x, products->matrix.p, options, arena, fit,
                    failure);
    while (rwe_model_matrix_reduce(&products->matrix, failure));
    products->n_main = count_main(&products->matrix);
    return failure->status;
}

/* b' V⁻¹ b of the products; NaN where V is singular. */
static enum rwe_status wald(const struct products *products, const struct rwe_cox *fit,
                            struct rwe_arena *arena, double *statistic)
{
    size_t first = products->n_main, q = products->matrix.p - first;
    double *block = rwe_arena_alloc(arena, q, q * sizeof *block);
    double *solved = RWE_NEW(arena, double, q);
    if (block == NULL || solved == NULL)
        return RWE_NO_MEMORY;
    for (size_t j = 0; j < q; j++)
        for (size_t k = 0; k < q; k++)
            block[j * q + k] = fit->robust[(first + j) * fit->p + first + k];
    gsl_matrix_view matrix = gsl_matrix_view_array(block, q, q);
    gsl_vector_const_view b = gsl_vector_const_view_array(fit->estimate + first, q);
    gsl_vector_view x = gsl_vector_view_array(solved, q);
    *statistic = NAN;
    if (gsl_linalg_cholesky_decomp1(&matrix.matrix) != GSL_SUCCESS ||
        gsl_linalg_cholesky_solve(&matrix.matrix, &b.vector, &x.vector) != GSL_SUCCESS)
        return RWE_OK;
    *statistic = 0;
    for (size_t j = 0; j < q; j++)
        *statistic += fit->estimate[first + j] * solved[j];
    return RWE_OK;
}

static enum rwe_status likelihood_ratio(const struct products *products,
                                        const struct rwe_cox_options *options,
                                        const struct rwe_cox *fit, struct rwe_arena *arena,
                                        double *statistic)
{
    struct rwe_cox without;
    struct rwe_error ignored = {0};
    enum rwe_status status = rwe_cox_fit(&products->data, products->matrix.x, products->n_main,
                                         options, arena, &without, &ignored);
    *statistic = status == RWE_OK && without.converged ? 2 * (fit->loglik - without.loglik) : NAN;
    return status == RWE_NO_MEMORY ? status : RWE_OK;
}

/* Says a failure at a column in terms of the arms; what is no matter of the data stays. */
static enum rwe_status explain(struct rwe_error *failure)
{
    if (failure->status == RWE_SEPARATED)
        rwe_error_set(failure, RWE_SEPARATED, RWE_NO_INDEX,
                      "the arms' hazard ratio of a subgroup runs off to 0 or infinity, since one "
                      "arm has no event there");
    else if (failure->status == RWE_COLLINEAR)
        rwe_error_set(failure, RWE_COLLINEAR, RWE_NO_INDEX,
                      "in a subgroup the arms are never at risk together when there is an event");
    else if (failure->status != RWE_NOT_ESTIMABLE)
        return failure->status;
    return RWE_OK;
}

static enum rwe_status fail_test(struct rwe_subgroup_test *test, const char *why)
{
    rwe_error_set(&test->failure, RWE_NOT_ESTIMABLE, RWE_NO_INDEX, "%s", why);
    return RWE_OK;
}

static enum rwe_status test_products(struct products *products,
                                     const struct rwe_cox_options *options, struct rwe_arena *arena,
                                     struct rwe_subgroup_test *test)
{
    struct rwe_cox fit;
    enum rwe_status status = fit_products(products, options, arena, &fit, &test->failure);
    if (status == RWE_BAD_INPUT && options->ties == RWE_COX_EXACT) /* too many deaths at one time */
        status = test->failure.status = RWE_NOT_ESTIMABLE;
    if (status != RWE_OK)
        return explain(&test->failure);
    if (!fit.converged)
        return fail_test(test, "Newton's method did not converge");
    status = options->robust ? wald(products, &fit, arena, &test->statistic)
                             : likelihood_ratio(products, options, &fit, arena, &test->statistic);
    if (status != RWE_OK)
        return status;
    if (isnan(test->statistic))
        return fail_test(test, options->robust ? rwe_text("the robust variance is singular")
                                               : rwe_text("the model without it did not converge"));
    test->df = (double)(products->matrix.p - products->n_main);
    test->p_value = gsl_cdf_chisq_Q(fmax(test->statistic, 0), test->df);
    return RWE_OK;
}

enum rwe_status rwe_subgroup_interaction(const struct rwe_subgroup_setting *setting,
                                         const struct rwe_subgroup_variable *variable,
                                         const bool shown[], struct rwe_subgroup_test *test,
                                         struct rwe_error *error)
{
    const struct rwe_settings *settings = setting->run->settings;
    size_t n_shown = 0;
    *test = (struct rwe_subgroup_test){NAN, NAN, NAN, {0}};
    for (size_t l = 0; l < variable->n_levels; l++)
        n_shown += shown[l];
    if (n_shown < 2)
        return fail_test(test, "fewer than two subgroups are large enough to compare");
    struct products products;
    enum rwe_status status = build_products(setting, variable, shown, &products, error);
    if (status != RWE_OK)
        return status;
    struct rwe_cox_options options = rwe_cox_options_default();
    options.ties = cox_settings_of(settings)->ties;
    options.robust = products.data.cluster != NULL || products.data.weight != NULL;
    if (options.robust && options.ties == RWE_COX_EXACT)
        return fail_test(test, "exact ties have no robust error; take --ties efron");
    status = test_products(&products, &options, setting->run->arena, test);
    if (status != RWE_OK)
        *error = test->failure;
    return status == RWE_NO_MEMORY ? rwe_fail_memory(error) : status;
}
