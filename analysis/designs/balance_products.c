/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "balance.h"
#include "rwe/analysis/present.h"

#include <math.h>

/* How many rows the table has; facts have them all. */
enum { MOST_SHOWN = 10 };

struct product {
    const struct rwe_column *left, *right; /* the same: a square */
};

struct products {
    size_t n_subjects, n;
    struct product *item;
};

static double value_of(const struct rwe_column *column, size_t subject)
{
    const struct rwe_variable *v = column->variable;
    if (!v->categorical)
        return v->number[subject];
    return v->code[subject] < 0 ? NAN : v->code[subject] == column->level;
}

static void product_values(const void *context, size_t item, double out[])
{
    const struct products *products = context;
    const struct product *product = &products->item[item];
    for (size_t i = 0; i < products->n_subjects; i++)
        out[i] = value_of(product->left, i) * value_of(product->right, i);
}

static bool product_is_binary(const void *context, size_t item)
{
    const struct products *products = context;
    const struct product *product = &products->item[item];
    return rwe_column_is_binary(product->left) && rwe_column_is_binary(product->right);
}

/* The square of 0 and 1 is itself, and nobody has two levels of one category. */
static bool is_new(const struct rwe_column *left, const struct rwe_column *right)
{
    return left == right ? !rwe_column_is_binary(left) : left->variable != right->variable;
}

static struct products list_products(const struct rwe_run *run, struct rwe_columns columns)
{
    struct products products = {.n_subjects = run->cohort->n};
    products.item =
        rwe_arena_alloc(run->arena, columns.n * (columns.n + 1) / 2, sizeof *products.item);
    for (size_t a = 0; products.item != NULL && a < columns.n; a++)
        for (size_t b = a; b < columns.n; b++)
            if (is_new(&columns.item[a], &columns.item[b]))
                products.item[products.n++] = (struct product){&columns.item[a], &columns.item[b]};
    return products;
}

/* "age^2", "age:size=20-50". In the run's arena. */
static const char *name_of(const struct rwe_run *run, const struct product *product)
{
    const char *left = product->left->name, *right = product->right->name;
    const char *name = product->left == product->right
                           ? rwe_arena_format(run->arena, "%s^2", left)
                           : rwe_arena_format(run->arena, "%s:%s", left, right);
    return name == NULL ? "" : name;
}

static double size_of(double smd)
{
    return isnan(smd) ? INFINITY : fabs(smd);
}

/* The greatest |SMD| in an adjusted population, or in the cohort where there is none. */
static double worst_of(const struct rwe_run *run, const struct rwe_balance *at, size_t n, size_t k)
{
    double worst = 0;
    for (size_t d = rwe_run_n_disjoint(run) > 1; d < rwe_run_n_disjoint(run); d++)
        worst = fmax(worst, size_of(at[d * n + k].smd));
    return worst;
}

/* The worst first; the first of equals stays first. Returns how many. */
static size_t find_worst(const struct rwe_run *run, const struct rwe_balance *at, size_t n,
                         size_t worst[MOST_SHOWN])
{
    size_t shown = 0;
    for (size_t k = 0; k < n; k++) {
        size_t place = shown;
        while (place > 0 && worst_of(run, at, n, worst[place - 1]) < worst_of(run, at, n, k))
            place--;
        if (place == MOST_SHOWN)
            continue;
        shown += shown < MOST_SHOWN;
        for (size_t s = shown - 1; s > place; s--)
            worst[s] = worst[s - 1];
        worst[place] = k;
    }
    return shown;
}

static void present_count(struct rwe_run *run, struct rwe_grid *grid, const struct rwe_balance *at,
                          size_t n, double limit)
{
    rwe_grid_row(grid, 0, "above %g, of %zu", limit, n);
    for (size_t d = 0; d < rwe_run_n_disjoint(run); d++) {
        struct rwe_key key = rwe_key_in("balance", NULL, &run->design[d]);
        size_t n_failed = 0;
        for (size_t k = 0; k < n; k++)
            n_failed += size_of(at[d * n + k].smd) > limit;
        key.term = "(products)";
        rwe_document_number(run->document, &key, "n", (double)n);
        rwe_grid_cell(grid, RWE_CELL_COUNT,
                      rwe_document_number(run->document, &key, "n.failed", (double)n_failed),
                      RWE_NO_FACT, RWE_NO_FACT);
    }
}

static void present(struct rwe_run *run, const struct products *products,
                    const struct rwe_balance *at, double limit, rwe_fact fact[])
{
    size_t worst[MOST_SHOWN];
    size_t n_shown = find_worst(run, at, products->n, worst);
    for (size_t k = 0; k < products->n; k++)
        for (size_t d = 0; d < rwe_run_n_disjoint(run); d++) {
            struct rwe_key key = rwe_key_in("balance", NULL, &run->design[d]);
            key.term = name_of(run, &products->item[k]);
            fact[d * products->n + k] =
                rwe_document_number(run->document, &key, "smd", at[d * products->n + k].smd);
        }
    struct rwe_grid *grid =
        rwe_document_table(run->document, "Standardized differences of squares and products");
    rwe_grid_column(grid, "square or product");
    for (size_t d = 0; d < rwe_run_n_disjoint(run); d++)
        rwe_grid_column(grid, "SMD\n%s", run->design[d].label);
    present_count(run, grid, at, products->n, limit);
    for (size_t s = 0; s < n_shown; s++) {
        rwe_grid_row(grid, 0, "%s", name_of(run, &products->item[worst[s]]));
        for (size_t d = 0; d < rwe_run_n_disjoint(run); d++)
            rwe_grid_cell(grid, RWE_CELL_SMD, fact[d * products->n + worst[s]], RWE_NO_FACT,
                          RWE_NO_FACT);
    }
    if (n_shown < products->n)
        rwe_grid_note(grid, "The %zu worst; JSON and CSV hold all %zu.", n_shown, products->n);
}

enum rwe_status balance_products(struct rwe_run *run, double limit, struct rwe_error *error)
{
    const struct rwe_covariate_balance *balance;
    const struct rwe_balance *at;
    const double *denominator;
    enum rwe_status status = rwe_covariate_balance(run, &balance, error);
    if (status != RWE_OK)
        return status;
    struct rwe_mark mark = rwe_arena_mark(run->arena);
    const struct products products = list_products(run, balance->columns);
    const struct rwe_balance_items items = {.n = products.n,
                                            .values = product_values,
                                            .is_binary = product_is_binary,
                                            .context = &products,
                                            .means_only = true};
    rwe_fact *fact =
        rwe_arena_alloc(run->arena, products.n, rwe_run_n_disjoint(run) * sizeof *fact);
    if (rwe_arena_failed(run->arena))
        return rwe_fail_memory(error);
    if (products.n == 0)
        return RWE_OK;
    status = rwe_balance_of_items(run, &items, &at, &denominator, error);
    if (status == RWE_OK)
        present(run, &products, at, limit, fact);
    rwe_arena_release(run->arena, mark);
    return status;
}
