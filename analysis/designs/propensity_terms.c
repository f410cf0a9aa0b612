/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From covariates to columns of the propensity model. */
#include "propensity_private.h"
#include "run/spline_columns.h"
#include "rwe/analysis/covariates.h"

#include <string.h>

static const struct rwe_option options[] = {
    {.name = "ps-spline",
     .kind = RWE_OPTION_LIST,
     .section = RWE_SECTION_METHOD,
     .argument = "A,B,…",
     .help = "Covariates, numbers, that enter the propensity model as natural cubic splines with 3 "
             "degrees of freedom."},
    {.name = "ps-interaction",
     .kind = RWE_OPTION_LIST,
     .section = RWE_SECTION_METHOD,
     .argument = "A*B,C*C,…",
     .help = "Products of two covariates, and squares of numbers, in the propensity model. A:B is "
             "the same and needs no quotes in a shell."},
    {.name = "common-support",
     .kind = RWE_OPTION_FLAG,
     .section = RWE_SECTION_METHOD,
     .help = "Match and weigh only those whose propensity score lies between the greater of the "
             "arms' least and the lesser of their greatest."},
};
const struct rwe_options rwe_propensity_options = RWE_OPTIONS(options);

/* ---- what was asked for ---- */

static size_t find_covariate(const struct rwe_cohort *cohort, const char *name, size_t length)
{
    for (size_t j = 0; j < cohort->n_covariates; j++)
        if (strlen(cohort->covariate[j].name) == length &&
            memcmp(cohort->covariate[j].name, name, length) == 0)
            return j;
    return RWE_NO_INDEX;
}

static enum rwe_status no_covariate(const struct rwe_run *run, const char *option, const char *name,
                                    struct rwe_error *error)
{
    const struct rwe_cohort *cohort = run->cohort;
    const char **names = RWE_NEW(run->arena, const char *, cohort->n_covariates);
    for (size_t j = 0; names != NULL && j < cohort->n_covariates; j++)
        names[j] = cohort->covariate[j].name;
    if (names == NULL || name == NULL)
        return rwe_fail_memory(error);
    const char *near = rwe_text_nearest(name, names, cohort->n_covariates);
    if (near != NULL)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--%s: \"%s\" is not one of the covariates: did you mean \"%s\"?", option,
                        name, near);
    return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                    "--%s: \"%s\" is not one of the covariates: name it in --covariates too",
                    option, name);
}

static bool is_bent(const struct rwe_run *run, const struct rwe_variable *variable)
{
    struct rwe_strings list = rwe_settings_list(run->settings, "ps-spline");
    for (size_t i = 0; i < list.n; i++)
        if (strcmp(list.item[i], variable->name) == 0)
            return true;
    return false;
}

static enum rwe_status check_splines(const struct rwe_run *run, struct rwe_error *error)
{
    struct rwe_strings list = rwe_settings_list(run->settings, "ps-spline");
    for (size_t i = 0; i < list.n; i++) {
        size_t j = find_covariate(run->cohort, list.item[i], strlen(list.item[i]));
        if (j == RWE_NO_INDEX)
            return no_covariate(run, "ps-spline", list.item[i], error);
        if (run->cohort->covariate[j].categorical || run->cohort->covariate[j].binary)
            return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                            "--ps-spline: \"%s\" is a category; a spline bends numbers",
                            list.item[i]);
    }
    return RWE_OK;
}

/* Two covariates to multiply. */
struct product {
    size_t left, right;
};

/* Names may hold the signs themselves: the first place with a covariate on either side is it. */
static bool split_product(const struct rwe_cohort *cohort, const char *text,
                          struct product *product)
{
    for (const char *sign = strpbrk(text, "*:"); sign != NULL; sign = strpbrk(sign + 1, "*:")) {
        product->left = find_covariate(cohort, text, (size_t)(sign - text));
        product->right = find_covariate(cohort, sign + 1, strlen(sign + 1));
        if (product->left != RWE_NO_INDEX && product->right != RWE_NO_INDEX)
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
    bool left_is_wrong = find_covariate(run->cohort, text, (size_t)(sign - text)) == RWE_NO_INDEX;
    return no_covariate(run, "ps-interaction", left_is_wrong ? left : sign + 1, error);
}

static enum rwe_status check_products(const struct rwe_run *run, struct rwe_error *error)
{
    const struct rwe_cohort *cohort = run->cohort;
    struct rwe_strings list = rwe_settings_list(run->settings, "ps-interaction");
    for (size_t i = 0; i < list.n; i++) {
        struct product product, other;
        if (!split_product(cohort, list.item[i], &product))
            return explain_product(run, list.item[i], error);
        const struct rwe_variable *v = &cohort->covariate[product.left];
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

enum rwe_status rwe_propensity_check_terms(const struct rwe_run *run, struct rwe_error *error)
{
    enum rwe_status status = check_splines(run, error);
    if (status == RWE_OK)
        status = check_products(run, error);
    return status == RWE_OK ? check_levels(run, error) : status;
}

/* ---- columns ---- */

/* The columns of one covariate. */
struct block {
    size_t first, n;
};

struct builder {
    const struct rwe_run *run;
    struct rwe_propensity *p;
    struct rwe_propensity_spline *spline;
    struct block *block; /* by covariate */
    double *values;      /* by subject of the cohort */
};

static double *next_column(struct builder *b, const char *name)
{
    b->p->term[b->p->n_terms] = name;
    return b->p->x + b->p->n_terms++ * b->p->n;
}

/* The values of a column for the model's subjects. Missing ones are filled: there are none but under
 * --missing indicator. */
static void take_values(struct builder *b, const struct rwe_column *column, double out[])
{
    rwe_column_values_filled(column, b->run->cohort->n, b->values);
    for (size_t k = 0; k < b->p->n; k++)
        out[k] = b->values[b->p->subject[k]];
}

static enum rwe_status add_spline(struct builder *b, const struct rwe_column *column,
                                  struct rwe_error *error)
{
    struct rwe_propensity *p = b->p;
    struct rwe_arena *arena = b->run->arena;
    struct rwe_error inner = {0};
    struct rwe_spline_columns *columns = RWE_NEW(arena, struct rwe_spline_columns, 1);
    double *value = RWE_NEW(arena, double, p->n);
    if (rwe_arena_failed(arena))
        return rwe_fail_memory(error);
    take_values(b, column, value);
    size_t first = p->n_terms;
    enum rwe_status status =
        rwe_spline_columns_make(value, p->n, arena, p->x + first * p->n, columns, &inner);
    if (status == RWE_NOT_ESTIMABLE)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "--ps-spline: \"%s\" cannot be bent: %s. Leave it linear, or make it a "
                        "category with --categorical",
                        column->name, inner.message);
    for (int i = 1; i <= RWE_COVARIATE_SPLINE_DF; i++)
        next_column(b, rwe_arena_format(arena, "%s(spline %d)", column->name, i));
    b->spline[p->n_splines++] =
        (struct rwe_propensity_spline){.variable = column->name,
                                       .first = first,
                                       .n = RWE_COVARIATE_SPLINE_DF,
                                       .contrast_name = columns->contrast_name,
                                       .contrast = columns->contrast};
    if (status != RWE_OK)
        *error = inner;
    return status;
}

static enum rwe_status add_covariates(struct builder *b, const struct rwe_columns *columns,
                                      struct rwe_error *error)
{
    enum rwe_status status = RWE_OK;
    for (size_t c = 0; c < columns->n && status == RWE_OK; c++) {
        const struct rwe_column *column = &columns->item[c];
        struct block *block = &b->block[column->variable - b->run->cohort->covariate];
        if (block->n == 0)
            block->first = b->p->n_terms;
        if (is_bent(b->run, column->variable))
            status = add_spline(b, column, error);
        else
            take_values(b, column, next_column(b, column->name));
        block->n = b->p->n_terms - block->first;
    }
    return status;
}

static void add_product(struct builder *b, struct product product)
{
    struct rwe_propensity *p = b->p;
    struct block left = b->block[product.left], right = b->block[product.right];
    for (size_t i = left.first; i < left.first + left.n; i++)
        for (size_t j = right.first; j < right.first + right.n; j++) {
            const double *x = p->x + i * p->n, *y = p->x + j * p->n;
            double *out = next_column(
                b, i == j ? rwe_arena_format(b->run->arena, "%s^2", p->term[i])
                          : rwe_arena_format(b->run->arena, "%s:%s", p->term[i], p->term[j]));
            for (size_t k = 0; k < p->n; k++)
                out[k] = x[k] * y[k];
        }
}

/* How many columns a covariate has. */
static size_t width(const struct rwe_run *run, size_t covariate)
{
    const struct rwe_variable *v = &run->cohort->covariate[covariate];
    if (v->categorical)
        return v->n_levels - 1;
    return is_bent(run, v) ? RWE_COVARIATE_SPLINE_DF : 1;
}

static size_t count_columns(const struct rwe_run *run, size_t n_missing)
{
    struct rwe_strings list = rwe_settings_list(run->settings, "ps-interaction");
    size_t n = n_missing;
    for (size_t j = 0; j < run->cohort->n_covariates; j++)
        n += width(run, j);
    for (size_t i = 0; i < list.n; i++) {
        struct product product;
        if (split_product(run->cohort, list.item[i], &product))
            n += width(run, product.left) * width(run, product.right);
    }
    return n;
}

static enum rwe_status start(struct builder *b, size_t most, size_t n_covariates,
                             struct rwe_error *error)
{
    struct rwe_propensity *p = b->p;
    struct rwe_arena *arena = b->run->arena;
    p->term = RWE_NEW(arena, const char *, most);
    p->left_out.item = RWE_NEW(arena, const char *, most);
    p->x = rwe_arena_alloc(arena, p->n, most * sizeof *p->x);
    b->spline = RWE_NEW(arena, struct rwe_propensity_spline, n_covariates);
    b->block = RWE_NEW(arena, struct block, n_covariates);
    b->values = RWE_NEW(arena, double, b->run->cohort->n);
    return rwe_arena_failed(arena) ? rwe_fail_memory(error) : RWE_OK;
}

enum rwe_status rwe_propensity_add_columns(const struct rwe_run *run, struct rwe_propensity *p,
                                           struct rwe_error *error)
{
    const struct rwe_cohort *cohort = run->cohort;
    struct rwe_strings list = rwe_settings_list(run->settings, "ps-interaction");
    struct builder b = {.run = run, .p = p};
    struct rwe_columns missing = {NULL, 0};
    struct rwe_columns columns = rwe_covariate_columns(cohort, true, run->arena);
    if (rwe_missing_has_indicator(run->settings))
        missing = rwe_missing_columns(cohort, run->arena);
    if (rwe_arena_failed(run->arena))
        return rwe_fail_memory(error);
    enum rwe_status status = start(&b, count_columns(run, missing.n), cohort->n_covariates, error);
    if (status == RWE_OK)
        status = add_covariates(&b, &columns, error);
    if (status != RWE_OK)
        return status;
    /* Those of a draw, or still at risk at a landmark, may lack a level. */
    p->n_required = run->replicate == 0 && run->scope == NULL ? p->n_terms : 0;
    for (size_t i = 0; i < list.n; i++) {
        struct product product;
        if (split_product(cohort, list.item[i], &product))
            add_product(&b, product);
    }
    for (size_t c = 0; c < missing.n; c++)
        take_values(&b, &missing.item[c], next_column(&b, missing.item[c].name));
    p->spline = b.spline;
    return rwe_arena_failed(run->arena) ? rwe_fail_memory(error) : RWE_OK;
}

void rwe_propensity_leave_out(struct rwe_propensity *p, size_t column)
{
    p->left_out.item[p->left_out.n++] = p->term[column];
    p->n_terms--;
    for (size_t j = column; j < p->n_terms; j++)
        p->term[j] = p->term[j + 1];
    memmove(p->x + column * p->n, p->x + (column + 1) * p->n,
            (p->n_terms - column) * p->n * sizeof *p->x);
}
