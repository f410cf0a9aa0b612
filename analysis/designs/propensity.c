/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/analysis/propensity.h"

#include "rwe/analysis/covariates.h"
#include "rwe/base/language.h"
#include "rwe/stats/overlap.h"

#include <string.h>

struct settings {
    struct rwe_strings splines, products;
    bool common_support;
};

static const struct rwe_option options[] = {
    {.name = "ps-spline",
     RWE_LIST_IN(struct settings, splines),
     .section = RWE_SECTION_PROPENSITY,
     .argument = "A,B,…",
     .acts_with = "psm iptw",
     .help =
         N_("Covariates, numbers, that enter the propensity model as natural cubic splines with 3 "
            "degrees of freedom.")},
    {.name = "ps-interaction",
     RWE_LIST_IN(struct settings, products),
     .section = RWE_SECTION_PROPENSITY,
     .argument = "A*B,C*C,…",
     .acts_with = "psm iptw",
     .help =
         N_("Products of two covariates, and squares of numbers, in the propensity model. A:B is "
            "the same and needs no quotes in a shell.")},
    {.name = "common-support",
     RWE_FLAG_IN(struct settings, common_support),
     .section = RWE_SECTION_PROPENSITY,
     .acts_with = "psm iptw",
     .help = N_("Match and weigh only those whose propensity score lies between the greater of the "
                "arms' least and the lesser of their greatest.")},
};
const struct rwe_options rwe_propensity_options = RWE_OPTIONS_IN(struct settings, options);

static const struct settings *settings_of(const struct rwe_run *run)
{
    return rwe_settings_of(run->settings, &rwe_propensity_options);
}

/* ---- what was asked for ---- */

static bool is_bent(const struct rwe_run *run, const struct rwe_variable *variable)
{
    struct rwe_strings list = settings_of(run)->splines;
    for (size_t i = 0; i < list.n; i++)
        if (strcmp(list.item[i], variable->name) == 0)
            return true;
    return false;
}

static enum rwe_status check_splines(const struct rwe_run *run, struct rwe_error *error)
{
    struct rwe_strings list = settings_of(run)->splines;
    for (size_t i = 0; i < list.n; i++) {
        const struct rwe_variable *v =
            rwe_covariate_find(run->cohort, list.item[i], strlen(list.item[i]));
        if (v == NULL)
            return rwe_covariate_unknown(run, "ps-spline", list.item[i], error);
        if (v->categorical || v->binary)
            return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                            "--ps-spline: \"%s\" is a category; a spline bends numbers",
                            list.item[i]);
    }
    return RWE_OK;
}

/* Two covariates to multiply. */
struct product {
    const struct rwe_variable *left, *right;
};

/* Names may hold the signs themselves: the first place with a covariate on either side is it. */
static bool split_product(const struct rwe_cohort *cohort, const char *text,
                          struct product *product)
{
    for (const char *sign = strpbrk(text, "*:"); sign != NULL; sign = strpbrk(sign + 1, "*:")) {
        product->left = rwe_covariate_find(cohort, text, (size_t)(sign - text));
        product->right = rwe_covariate_find(cohort, sign + 1, strlen(sign + 1));
        if (product->left != NULL && product->right != NULL)
            return true;
    }
    return false;
}

/* Why there is no product: no sign, or the first side that is no covariate. */
static enum rwe_status explain_product(const struct rwe_run *run, const char *text,
                                       struct rwe_error *error)
{
    const char *sign = strpbrk(text, "*:");
    if (sign == NULL)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--ps-interaction %s: write A*B or A:B, two covariates (A*A: its square)",
                        text);
    const char *left = rwe_arena_substring(run->arena, text, (size_t)(sign - text));
    bool left_is_wrong = rwe_covariate_find(run->cohort, text, (size_t)(sign - text)) == NULL;
    return rwe_covariate_unknown(run, "ps-interaction", left_is_wrong ? left : sign + 1, error);
}

static enum rwe_status check_products(const struct rwe_run *run, struct rwe_error *error)
{
    const struct rwe_cohort *cohort = run->cohort;
    struct rwe_strings list = settings_of(run)->products;
    for (size_t i = 0; i < list.n; i++) {
        struct product product, other;
        if (!split_product(cohort, list.item[i], &product))
            return explain_product(run, list.item[i], error);
        const struct rwe_variable *v = product.left;
        bool is_square = product.left == product.right;
        if (is_square && (v->categorical || v->binary))
            return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                            "--ps-interaction %s: the square of a category is the category itself",
                            list.item[i]);
        if (is_square && is_bent(run, v))
            return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                            "--ps-interaction %s: \"%s\" is a spline (--ps-spline), which bends "
                            "more than a square does",
                            list.item[i], v->name);
        for (size_t k = 0; k < i; k++)
            if (split_product(cohort, list.item[k], &other) &&
                ((other.left == product.left && other.right == product.right) ||
                 (other.left == product.right && other.right == product.left)))
                return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                                "--ps-interaction: %s and %s are the same product", list.item[k],
                                list.item[i]);
    }
    return RWE_OK;
}

/* Terms have names of their own. */
static enum rwe_status check_levels(const struct rwe_run *run, struct rwe_error *error)
{
    for (size_t j = 0; rwe_missing_has_indicator(run->settings) && j < run->cohort->n_covariates;
         j++) {
        const struct rwe_variable *v = &run->cohort->covariate[j];
        for (size_t l = 0; v->n_missing > 0 && l < v->n_levels; l++)
            if (strcmp(v->level[l], "missing") == 0)
                return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                                "--missing indicator: \"%s\" has cells \"missing\" and cells "
                                "without a value: make them one with --missing-tokens missing,…",
                                v->name);
    }
    return RWE_OK;
}

static enum rwe_status check_terms(const struct rwe_run *run, struct rwe_error *error)
{
    enum rwe_status status = check_splines(run, error);
    if (status == RWE_OK)
        status = check_products(run, error);
    return status == RWE_OK ? check_levels(run, error) : status;
}

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
    return check_terms(run, error);
}

/* ---- the columns ---- */

/* The covariates, then products, then who has no value. A replicate has the columns of the data. */
static struct rwe_model terms_of(const struct rwe_run *run)
{
    const struct rwe_cohort *cohort = run->cohort;
    const struct rwe_cohort *data = run->data == NULL ? cohort : run->data->cohort;
    struct rwe_strings products = settings_of(run)->products;
    struct rwe_model model = rwe_model_new(cohort, run->arena);
    struct product product;
    model.fills = rwe_missing_has_indicator(run->settings);
    for (size_t j = 0; j < cohort->n_covariates; j++)
        rwe_model_add_covariate(&model, &cohort->covariate[j], is_bent(run, &cohort->covariate[j]));
    for (size_t i = 0; i < products.n; i++)
        if (split_product(cohort, products.item[i], &product))
            rwe_model_add_product(&model, (size_t)(product.left - cohort->covariate),
                                  (size_t)(product.right - cohort->covariate));
    for (size_t j = 0; model.fills && j < cohort->n_covariates; j++)
        if (data->covariate[j].n_missing > 0)
            rwe_model_add_missing(&model, &cohort->covariate[j]);
    return model;
}

/* Those with all covariates, or all where the model fills them, who have a value of `also` (NULL: none). */
static enum rwe_status find_subjects(const struct rwe_run *run, const struct rwe_model *model,
                                     const struct rwe_variable *also, struct rwe_propensity *p,
                                     struct rwe_error *error)
{
    const struct rwe_cohort *cohort = run->cohort;
    uint32_t *subject = RWE_NEW(run->arena, uint32_t, cohort->n);
    uint8_t *treated = RWE_NEW(run->arena, uint8_t, cohort->n);
    uint8_t *complete = RWE_NEW(run->arena, uint8_t, cohort->n);
    if (rwe_arena_failed(run->arena))
        return rwe_fail_memory(error);
    rwe_model_complete(model, cohort->n, complete);
    for (uint32_t i = 0; i < cohort->n; i++) {
        if ((!model->fills && !complete[i]) || (also != NULL && rwe_variable_missing(also, i)))
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

static enum rwe_status make_matrix(const struct rwe_run *run, const struct rwe_variable *also,
                                   struct rwe_propensity *p, struct rwe_error *error)
{
    struct rwe_error inner = {0};
    struct rwe_model model = terms_of(run);
    if (also != NULL)
        rwe_model_add_covariate(&model, also, false);
    enum rwe_status status = find_subjects(run, &model, also, p, error);
    if (status != RWE_OK)
        return status;
    const struct rwe_model_rows rows = {.n = p->n, .subject = p->subject};
    status = rwe_model_matrix_make(&model, &rows, &p->matrix, &inner);
    p->matrix.quiet = run->replicate != 0;
    if (status == RWE_NOT_ESTIMABLE)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "--ps-spline: \"%s\" cannot be bent: %s. Leave it linear, or make it a "
                        "category with --categorical",
                        model.term[inner.index].name, inner.message);
    if (status != RWE_OK)
        *error = inner;
    return status;
}

enum rwe_status rwe_propensity_columns(struct rwe_run *run, const char *flag,
                                       const struct rwe_variable *also,
                                       struct rwe_propensity *propensity, struct rwe_error *error)
{
    *propensity = (struct rwe_propensity){0};
    enum rwe_status status = check_request(run, flag, error);
    return status == RWE_OK ? make_matrix(run, also, propensity, error) : status;
}

/* ---- the fit ---- */

/* A failure of the fit in terms of covariates. */
static enum rwe_status explain(const struct rwe_propensity *p, enum rwe_status status,
                               const struct rwe_error *inner, struct rwe_error *error)
{
    if (status == RWE_SEPARATED)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "propensity model: the covariates tell the arms apart without error "
                        "(separation), most of all \"%s\": no subject of one arm is like those of "
                        "the other. Leave it out, merge its categories, or restrict the cohort to "
                        "where both arms occur",
                        p->separates);
    if (status == RWE_NOT_ESTIMABLE)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX, "propensity model of %zu subjects: %s",
                        p->n, inner->message);
    *error = *inner;
    return status;
}

/* A Newton step of that size leaves its square. (Firth's steps leave more: they shrink by a factor.) */
static const double SETTLED_NEWTON = 1e-4;

/* A replicate begins where the data ended. */
static enum rwe_status fit_columns(const struct rwe_run *run, struct rwe_logistic_options *fitting,
                                   struct rwe_propensity *p, struct rwe_error *error)
{
    const struct rwe_propensity *data = run->data == NULL ? NULL : run->data->propensity;
    double *start = data == NULL ? NULL : RWE_NEW(run->arena, double, p->matrix.p + 1);
    if (rwe_arena_failed(run->arena))
        return rwe_fail_memory(error);
    if (p->matrix.p == 0)
        return rwe_fail(error, RWE_NOT_ESTIMABLE, RWE_NO_INDEX,
                        "every covariate has one value only: there is nothing to match or weight "
                        "on");
    if (start != NULL) {
        start[0] = data->model.estimate[0];
        rwe_model_matrix_start(&p->matrix, &data->matrix, data->coefficient, start + 1);
    }
    fitting->start = start;
    return rwe_logistic_fit(p->matrix.x, p->matrix.p, p->treated, p->n, fitting, run->arena,
                            &p->model, error);
}

/* A likelihood without a maximum gets Firth's penalty; but where every treated subject scores above every
 * control there is nothing to compare, and no penalty helps. */
static enum rwe_status fit(struct rwe_run *run, struct rwe_propensity *p, struct rwe_error *error)
{
    struct rwe_logistic_options fitting = rwe_logistic_options_default();
    struct rwe_error inner = {0};
    fitting.threads = run->threads;
    fitting.estimate_only = run->replicate != 0;
    if (run->replicate != 0)
        fitting.tolerance = SETTLED_NEWTON;
    do
        fit_columns(run, &fitting, p, &inner);
    while (rwe_model_matrix_reduce(&p->matrix, &inner));
    if (inner.status == RWE_SEPARATED) {
        const struct rwe_model_column *most = rwe_model_matrix_column(&p->matrix, inner.index);
        p->separates = most == NULL ? rwe_text("the intercept") : most->name;
        fitting.firth = true;
        fitting.tolerance = rwe_logistic_options_default().tolerance;
        inner = (struct rwe_error){0};
        fit_columns(run, &fitting, p, &inner);
    }
    enum rwe_status status = inner.status;
    if (status == RWE_OK && fitting.firth && p->model.auc >= 1)
        status = RWE_SEPARATED;
    if (status != RWE_OK)
        return explain(p, status, &inner, error);
    double *coefficient = RWE_NEW(run->arena, double, p->matrix.n_columns);
    if (coefficient == NULL)
        return rwe_fail_memory(error);
    rwe_model_matrix_spread(&p->matrix, p->model.estimate + 1, coefficient);
    p->coefficient = coefficient;
    return RWE_OK;
}

static enum rwe_status find_support(const struct rwe_run *run, struct rwe_propensity *p,
                                    struct rwe_error *error)
{
    if (!settings_of(run)->common_support)
        return RWE_OK;
    const struct rwe_overlap_options measuring = rwe_overlap_options_default();
    struct rwe_overlap overlap;
    uint8_t *supported = RWE_NEW(run->arena, uint8_t, p->n);
    if (supported == NULL)
        return rwe_fail_memory(error);
    const double *score = p->model.linear;
    enum rwe_status status =
        rwe_overlap_measure(score, p->treated, p->n, &measuring, &overlap, error);
    for (size_t k = 0; status == RWE_OK && k < p->n; k++)
        supported[k] = score[k] >= overlap.support_low && score[k] <= overlap.support_high;
    p->supported = supported;
    return status;
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
    enum rwe_status status = rwe_propensity_columns(run, flag, NULL, p, error);
    if (status == RWE_OK)
        status = fit(run, p, error);
    if (status == RWE_OK)
        status = find_support(run, p, error);
    if (status == RWE_OK)
        run->propensity = *propensity = p;
    return status;
}

/* ---- whom a design from it is about ---- */

struct rwe_estimand rwe_propensity_estimand(const struct rwe_run *run,
                                            const struct rwe_propensity *propensity,
                                            enum rwe_estimand_of of)
{
    const size_t *arm = run->cohort->arm_size;
    const size_t in_arm[2] = {propensity->n - propensity->n_treated, propensity->n_treated};
    struct rwe_estimand estimand = {.of = of, .n = run->cohort->n};
    size_t n = propensity->n;
    if (of == RWE_OF_TREATED || of == RWE_OF_CONTROLS) {
        estimand.n = arm[of == RWE_OF_TREATED];
        n = in_arm[of == RWE_OF_TREATED];
    }
    estimand.left_out[RWE_LEFT_MISSING] = estimand.n - n;
    return estimand;
}
