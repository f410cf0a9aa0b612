/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/analysis/model_matrix.h"

#include "rwe/analysis/covariates.h"
#include "rwe/base/language.h"
#include "rwe/stats/rank.h"
#include "rwe/stats/summary.h"

#include <gsl/gsl_blas.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_linalg.h>
#include <gsl/gsl_sort.h>
#include <math.h>
#include <string.h>

/* ---- terms ---- */

struct rwe_model rwe_model_new(const struct rwe_cohort *cohort, struct rwe_arena *arena)
{
    return (struct rwe_model){.cohort = cohort, .arena = arena};
}

static size_t add_term(struct rwe_model *model, const struct rwe_model_term *term)
{
    struct rwe_model_term *grown =
        rwe_arena_grow(model->arena, model->term, &model->room, model->n_terms + 1, sizeof *grown);
    if (grown == NULL)
        return 0;
    model->term = grown;
    model->term[model->n_terms] = *term;
    return model->n_terms++;
}

size_t rwe_model_add_arm(struct rwe_model *model)
{
    return add_term(
        model, &(struct rwe_model_term){.kind = RWE_TERM_ARM, .name = "arm", .required = true});
}

size_t rwe_model_add_covariate(struct rwe_model *model, const struct rwe_variable *variable,
                               bool spline)
{
    enum rwe_term_kind kind = variable->categorical ? RWE_TERM_LEVELS
                              : spline              ? RWE_TERM_SPLINE
                                                    : RWE_TERM_NUMBER;
    return add_term(model, &(struct rwe_model_term){
                               .kind = kind, .name = variable->name, .variable = variable});
}

size_t rwe_model_add_missing(struct rwe_model *model, const struct rwe_variable *variable)
{
    const char *name = rwe_arena_format(model->arena, "%s=missing", variable->name);
    return add_term(model, &(struct rwe_model_term){
                               .kind = RWE_TERM_MISSING, .name = name, .variable = variable});
}

size_t rwe_model_add_product(struct rwe_model *model, size_t left, size_t right)
{
    if (rwe_arena_failed(model->arena))
        return 0;
    const char *name =
        rwe_arena_format(model->arena, "%s:%s", model->term[left].name, model->term[right].name);
    return add_term(model,
                    &(struct rwe_model_term){
                        .kind = RWE_TERM_PRODUCT, .name = name, .left = left, .right = right});
}

void rwe_model_complete(const struct rwe_model *model, size_t n, uint8_t complete[])
{
    memset(complete, true, n * sizeof *complete);
    for (size_t t = 0; t < model->n_terms; t++) {
        const struct rwe_variable *variable = model->term[t].variable;
        if (variable == NULL)
            continue;
        if (variable->categorical)
            for (size_t i = 0; i < n; i++)
                complete[i] = complete[i] && variable->code[i] >= 0;
        else
            for (size_t i = 0; i < n; i++)
                complete[i] = complete[i] && !isnan(variable->number[i]);
    }
}

/* ---- the list of columns ---- */

static size_t count_columns(const struct rwe_model *model, struct rwe_term_columns of_term[])
{
    size_t n = 0;
    for (size_t t = 0; t < model->n_terms; t++) {
        const struct rwe_model_term *term = &model->term[t];
        of_term[t].first = n;
        switch (term->kind) {
        case RWE_TERM_ARM:
            of_term[t].n = model->cohort->n_arms - 1;
            break;
        case RWE_TERM_NUMBER:
        case RWE_TERM_MISSING:
            of_term[t].n = 1;
            break;
        case RWE_TERM_LEVELS:
            of_term[t].n = term->variable->n_levels - (term->variable->n_levels > 0);
            break;
        case RWE_TERM_SPLINE:
            of_term[t].n = RWE_COVARIATE_SPLINE_DF;
            break;
        case RWE_TERM_PRODUCT:
            of_term[t].n = of_term[term->left].n * of_term[term->right].n;
            break;
        }
        n += of_term[t].n;
    }
    return n;
}

/* The two columns that column c of a product multiplies. */
struct factors {
    const struct rwe_model_column *left, *right;
};

static struct factors factors_of(const struct rwe_model_matrix *m, size_t c)
{
    const struct rwe_model_term *term = &m->model.term[m->column[c].term];
    const struct rwe_term_columns *left = &m->of_term[term->left];
    const struct rwe_term_columns *right = &m->of_term[term->right];
    size_t k = c - m->of_term[m->column[c].term].first;
    return (struct factors){&m->column[left->first + k / right->n],
                            &m->column[right->first + k % right->n]};
}

static const char *name_column(const struct rwe_model_matrix *m, size_t c)
{
    const struct rwe_model_term *term = &m->model.term[m->column[c].term];
    struct rwe_arena *arena = m->model.arena;
    size_t item = m->column[c].item;
    switch (term->kind) {
    case RWE_TERM_ARM:
        if (m->model.cohort->n_arms > 2)
            return rwe_arena_format(arena, "arm=%s", m->model.cohort->arm_level[item]);
        break;
    case RWE_TERM_LEVELS:
        return rwe_arena_format(arena, "%s=%s", term->name, term->variable->level[item]);
    case RWE_TERM_SPLINE:
        return rwe_arena_format(arena, "%s(spline %zu)", term->name, item + 1);
    case RWE_TERM_PRODUCT: {
        struct factors of = factors_of(m, c);
        if (of.left == of.right)
            return rwe_arena_format(arena, "%s^2", of.left->name);
        return rwe_arena_format(arena, "%s:%s", of.left->name, of.right->name);
    }
    case RWE_TERM_NUMBER:
    case RWE_TERM_MISSING:
        break;
    }
    return term->name;
}

enum rwe_status rwe_model_matrix_list(const struct rwe_model *model,
                                      struct rwe_model_matrix *matrix)
{
    struct rwe_model_matrix *m = matrix;
    *m = (struct rwe_model_matrix){.model = *model};
    m->of_term = RWE_NEW(model->arena, struct rwe_term_columns, model->n_terms);
    if (rwe_arena_failed(model->arena))
        return RWE_NO_MEMORY;
    m->n_columns = count_columns(model, m->of_term);
    m->column = RWE_NEW(model->arena, struct rwe_model_column, m->n_columns);
    if (m->column == NULL)
        return RWE_NO_MEMORY;
    for (size_t t = 0; t < m->model.n_terms; t++) {
        enum rwe_term_kind kind = m->model.term[t].kind;
        bool from_one = kind == RWE_TERM_ARM || kind == RWE_TERM_LEVELS;
        for (size_t k = 0; k < m->of_term[t].n; k++) {
            size_t c = m->of_term[t].first + k;
            m->column[c] = (struct rwe_model_column){
                .term = t, .item = k + from_one, .state = RWE_COLUMN_EMPTY, .at = RWE_NO_INDEX};
            m->column[c].name = name_column(m, c);
        }
    }
    return rwe_arena_failed(model->arena) ? RWE_NO_MEMORY : RWE_OK;
}

/* ---- values ---- */

/* What fills in for a missing number: the mean of those with a value, in the whole cohort. */
static double fill_of(const struct rwe_model *model, const struct rwe_variable *variable)
{
    return model->fills && variable->n_missing > 0 ? rwe_variable_mean(variable, model->cohort->n)
                                                   : NAN;
}

static void take_numbers(const struct rwe_model_matrix *m, const struct rwe_model_rows *rows,
                         const struct rwe_variable *variable, double out[])
{
    double fill = fill_of(&m->model, variable);
    for (size_t k = 0; k < rows->n; k++) {
        double value = variable->number[rows->subject[k]];
        out[k] = isnan(value) ? fill : value;
    }
}

static bool is_constant(const double x[], size_t n)
{
    size_t i = 1;
    while (i < n && x[i] == x[0])
        i++;
    return i >= n;
}

static double *next_column(const struct rwe_model_matrix *m)
{
    return m->x + m->p * m->n;
}

/* Takes in what was written to next_column, unless it tells no row from another. */
static void take_in(struct rwe_model_matrix *m, struct rwe_model_column *column)
{
    const struct rwe_model_term *term = &m->model.term[column->term];
    if (!term->required && is_constant(next_column(m), m->n)) {
        column->state = term->kind == RWE_TERM_NUMBER ? RWE_COLUMN_CONSTANT : RWE_COLUMN_EMPTY;
        return;
    }
    column->state = RWE_COLUMN_IN;
    column->at = m->p++;
}

static void fill_arms(struct rwe_model_matrix *m, const struct rwe_model_rows *rows,
                      const struct rwe_term_columns *of)
{
    for (size_t c = of->first; c < of->first + of->n; c++) {
        double *x = next_column(m);
        for (size_t k = 0; k < rows->n; k++) {
            uint32_t arm =
                rows->arm == NULL ? m->model.cohort->arm[rows->subject[k]] : rows->arm[k];
            x[k] = arm == m->column[c].item;
        }
        take_in(m, &m->column[c]);
    }
}

/* A level enters where somebody has it and somebody an earlier one, or none: the first that occurs is the
 * reference of the others. */
static enum rwe_status fill_levels(struct rwe_model_matrix *m, const struct rwe_model_rows *rows,
                                   size_t t)
{
    const struct rwe_variable *variable = m->model.term[t].variable;
    const struct rwe_term_columns *of = &m->of_term[t];
    size_t *count = RWE_NEW(m->model.arena, size_t, variable->n_levels + 1), earlier;
    if (count == NULL)
        return RWE_NO_MEMORY;
    for (size_t k = 0; k < rows->n; k++)
        count[variable->code[rows->subject[k]] + 1]++;
    earlier = of->n > 0 ? count[0] + count[1] : 0;
    for (size_t c = of->first; c < of->first + of->n; c++) {
        size_t level = m->column[c].item;
        if (count[level + 1] > 0 && earlier > 0) {
            double *x = next_column(m);
            for (size_t k = 0; k < rows->n; k++)
                x[k] = variable->code[rows->subject[k]] == (int32_t)level;
            take_in(m, &m->column[c]);
        }
        earlier += count[level + 1];
    }
    return RWE_OK;
}

static enum rwe_status place_spline(const double value[], size_t n, struct rwe_arena *arena,
                                    struct rwe_term_columns *of, struct rwe_error *error)
{
    double basis[2][RWE_COVARIATE_SPLINE_DF];
    struct rwe_spline *spline = RWE_NEW(arena, struct rwe_spline, 1);
    double *sorted = RWE_NEW(arena, double, n);
    if (rwe_arena_failed(arena))
        return rwe_fail_memory(error);
    enum rwe_status status =
        rwe_spline_place(value, n, RWE_COVARIATE_SPLINE_DF, arena, spline, error);
    if (status != RWE_OK)
        return status;
    memcpy(sorted, value, n * sizeof *sorted);
    gsl_sort(sorted, 1, n);
    struct rwe_summary summary = rwe_summarize(sorted, n);
    rwe_spline_basis(spline, summary.q1, basis[0]);
    rwe_spline_basis(spline, summary.q3, basis[1]);
    for (size_t j = 0; j < RWE_COVARIATE_SPLINE_DF; j++)
        of->contrast[j] = basis[1][j] - basis[0][j];
    of->spline = spline;
    of->quartile[0] = summary.q1;
    of->quartile[1] = summary.q3;
    of->contrast_name = rwe_arena_format(arena, "%.10g against %.10g", summary.q3, summary.q1);
    return of->contrast_name == NULL ? rwe_fail_memory(error) : RWE_OK;
}

static enum rwe_status fill_spline(struct rwe_model_matrix *m, const struct rwe_model_rows *rows,
                                   size_t t, struct rwe_error *error)
{
    struct rwe_term_columns *of = &m->of_term[t];
    double basis[RWE_COVARIATE_SPLINE_DF];
    double *value = RWE_NEW(m->model.arena, double, rows->n);
    if (value == NULL)
        return rwe_fail_memory(error);
    take_numbers(m, rows, m->model.term[t].variable, value);
    enum rwe_status status = place_spline(value, rows->n, m->model.arena, of, error);
    if (status != RWE_OK) {
        error->index = t;
        return status;
    }
    double *x = next_column(m);
    for (size_t k = 0; k < rows->n; k++) {
        rwe_spline_basis(of->spline, value[k], basis);
        for (size_t j = 0; j < of->n; j++)
            x[j * rows->n + k] = basis[j];
    }
    for (size_t j = 0; j < of->n; j++)
        take_in(m, &m->column[of->first + j]);
    return RWE_OK;
}

static void fill_products(struct rwe_model_matrix *m, const struct rwe_term_columns *of)
{
    for (size_t c = of->first; c < of->first + of->n; c++) {
        struct factors factors = factors_of(m, c);
        if (factors.left->at == RWE_NO_INDEX || factors.right->at == RWE_NO_INDEX)
            continue;
        const double *left = m->x + factors.left->at * m->n;
        const double *right = m->x + factors.right->at * m->n;
        double *x = next_column(m);
        for (size_t k = 0; k < m->n; k++)
            x[k] = left[k] * right[k];
        take_in(m, &m->column[c]);
    }
}

/* Per so many units of a variable; 0: per 1. */
static void scale(double column[], size_t n, double per)
{
    for (size_t k = 0; per > 0 && k < n; k++)
        column[k] /= per;
}

static enum rwe_status fill_term(struct rwe_model_matrix *m, const struct rwe_model_rows *rows,
                                 size_t t, struct rwe_error *error)
{
    const struct rwe_model_term *term = &m->model.term[t];
    struct rwe_model_column *first = &m->column[m->of_term[t].first];
    switch (term->kind) {
    case RWE_TERM_ARM:
        fill_arms(m, rows, &m->of_term[t]);
        break;
    case RWE_TERM_NUMBER:
        take_numbers(m, rows, term->variable, next_column(m));
        scale(next_column(m), rows->n, term->variable->per);
        take_in(m, first);
        break;
    case RWE_TERM_LEVELS:
        return fill_levels(m, rows, t) == RWE_OK ? RWE_OK : rwe_fail_memory(error);
    case RWE_TERM_SPLINE:
        return fill_spline(m, rows, t, error);
    case RWE_TERM_MISSING:
        for (size_t k = 0; k < rows->n; k++)
            next_column(m)[k] = rwe_variable_missing(term->variable, rows->subject[k]);
        take_in(m, first);
        break;
    case RWE_TERM_PRODUCT:
        fill_products(m, &m->of_term[t]);
        break;
    }
    return RWE_OK;
}

enum rwe_status rwe_model_matrix_make(const struct rwe_model *model,
                                      const struct rwe_model_rows *rows,
                                      struct rwe_model_matrix *matrix, struct rwe_error *error)
{
    enum rwe_status status = rwe_model_matrix_list(model, matrix);
    matrix->n = rows->n;
    matrix->stratum = rows->stratum;
    matrix->x = rwe_arena_alloc_unset(model->arena, rows->n, matrix->n_columns * sizeof *matrix->x);
    if (status != RWE_OK || matrix->x == NULL)
        return rwe_fail_memory(error);
    for (size_t t = 0; t < model->n_terms && status == RWE_OK; t++)
        status = fill_term(matrix, rows, t, error);
    return status;
}

enum rwe_status rwe_model_matrix_take(const struct rwe_model_matrix *from, const uint32_t row[],
                                      size_t n, struct rwe_model_matrix *matrix)
{
    struct rwe_arena *arena = from->model.arena;
    struct rwe_model_matrix *m = matrix;
    *m = *from;
    m->n = n;
    m->p = 0;
    m->stratum = NULL;
    m->column = RWE_NEW(arena, struct rwe_model_column, m->n_columns);
    m->x = rwe_arena_alloc_unset(arena, n, from->p * sizeof *m->x);
    if (rwe_arena_failed(arena))
        return RWE_NO_MEMORY;
    for (size_t c = 0; c < m->n_columns; c++) {
        m->column[c] = from->column[c];
        if (from->column[c].at == RWE_NO_INDEX)
            continue;
        const double *x = from->x + from->column[c].at * from->n;
        double *to = next_column(m);
        for (size_t k = 0; k < n; k++)
            to[k] = x[row[k]];
        m->column[c].at = RWE_NO_INDEX;
        take_in(m, &m->column[c]);
    }
    return RWE_OK;
}

/* ---- columns that others determine ---- */

/* A copy of the columns about their mean, or about that of each stratum. A column that is constant in
 * every stratum is 0 then, exactly, since values are first taken from one of them. */
static double *centre(const struct rwe_model_matrix *m)
{
    struct rwe_arena *arena = m->model.arena;
    size_t n_strata = 1;
    for (size_t k = 0; m->stratum != NULL && k < m->n; k++)
        n_strata = m->stratum[k] >= n_strata ? m->stratum[k] + (size_t)1 : n_strata;
    double *x = rwe_arena_alloc(arena, m->p, m->n * sizeof *x);
    double *origin = RWE_NEW(arena, double, n_strata), *mean = RWE_NEW(arena, double, n_strata);
    size_t *count = RWE_NEW(arena, size_t, n_strata);
    if (rwe_arena_failed(arena))
        return NULL;
    for (size_t k = 0; k < m->n; k++)
        count[m->stratum == NULL ? 0 : m->stratum[k]]++;
    for (size_t j = 0; j < m->p; j++) {
        const double *from = m->x + j * m->n;
        double *to = x + j * m->n;
        for (size_t k = m->n; k-- > 0;)
            origin[m->stratum == NULL ? 0 : m->stratum[k]] = from[k];
        memset(mean, 0, n_strata * sizeof *mean);
        for (size_t k = 0; k < m->n; k++) {
            size_t s = m->stratum == NULL ? 0 : m->stratum[k];
            to[k] = from[k] - origin[s];
            mean[s] += to[k] / (double)count[s];
        }
        for (size_t k = 0; k < m->n; k++)
            to[k] -= mean[m->stratum == NULL ? 0 : m->stratum[k]];
    }
    return x;
}

/* Which columns of x are independent of those before them and the constants. */
static enum rwe_status find_independent(const struct rwe_model_matrix *m, uint8_t keep[])
{
    struct rwe_arena *arena = m->model.arena;
    struct rwe_mark mark = rwe_arena_mark(arena);
    const double **column = RWE_NEW(arena, const double *, m->p);
    const double *x = m->stratum == NULL ? m->x : centre(m);
    if (rwe_arena_failed(arena))
        return RWE_NO_MEMORY;
    for (size_t j = 0; j < m->p; j++)
        column[j] = x + j * m->n;
    enum rwe_status status = rwe_columns_independent(column, m->n, m->p, NULL, arena, keep, NULL);
    rwe_arena_release(arena, mark);
    return status;
}

/* Columns that determine another, by their place in x. */
enum { MOST_NAMED = 3 };
struct determinants {
    bool strata; /* these alone */
    size_t n;    /* more than MOST_NAMED: not all are listed */
    size_t at[MOST_NAMED];
};

/* Shares of a column's spread below this are rounding of the normal equations. */
static const double UNEXPLAINED = 1e-6;

/* The correlations of all columns; 0 for one that is constant in every stratum. NULL when memory is out. */
static double *correlate(const struct rwe_model_matrix *m)
{
    double *x = centre(m);
    double *correlation = rwe_arena_alloc(m->model.arena, m->p, m->p * sizeof *correlation);
    if (rwe_arena_failed(m->model.arena))
        return NULL;
    for (size_t j = 0; j < m->p; j++) {
        gsl_vector_view column = gsl_vector_view_array(x + j * m->n, m->n);
        double length = gsl_blas_dnrm2(&column.vector);
        gsl_vector_scale(&column.vector, length > 0 ? 1 / length : 0);
    }
    gsl_matrix_view columns = gsl_matrix_view_array(x, m->p, m->n);
    gsl_matrix_view products = gsl_matrix_view_array(correlation, m->p, m->p);
    gsl_blas_dgemm(CblasNoTrans, CblasTrans, 1, &columns.matrix, &columns.matrix, 0,
                   &products.matrix);
    return correlation;
}

/* Projects each column that goes on those that stay, by the normal equations of the columns at length 1.
 * They halve the digits, which is enough to name columns. */
static enum rwe_status find_determinants(const struct rwe_model_matrix *m, const uint8_t keep[],
                                         struct determinants of[])
{
    struct rwe_arena *arena = m->model.arena;
    const double *correlation = correlate(m);
    size_t *kept = RWE_NEW(arena, size_t, m->p), q = 0;
    for (size_t j = 0; kept != NULL && j < m->p; j++)
        if (keep[j])
            kept[q++] = j;
    double *square = rwe_arena_alloc(arena, q, q * sizeof *square);
    double *right = RWE_NEW(arena, double, q), *solved = RWE_NEW(arena, double, q);
    if (rwe_arena_failed(arena))
        return RWE_NO_MEMORY;
    for (size_t j = 0; j < m->p; j++)
        of[j].strata = m->stratum != NULL && correlation[j * m->p + j] == 0;
    for (size_t i = 0; i < q; i++)
        for (size_t k = 0; k < q; k++)
            square[i * q + k] = correlation[kept[i] * m->p + kept[k]];
    if (q == 0)
        return RWE_OK;
    gsl_matrix_view system = gsl_matrix_view_array(square, q, q);
    gsl_vector_view r = gsl_vector_view_array(right, q), s = gsl_vector_view_array(solved, q);
    if (gsl_linalg_cholesky_decomp1(&system.matrix) != GSL_SUCCESS)
        return RWE_OK;
    for (size_t j = 0; j < m->p; j++) {
        double explained = 0;
        if (keep[j])
            continue;
        for (size_t i = 0; i < q; i++)
            right[i] = correlation[kept[i] * m->p + j];
        gsl_linalg_cholesky_solve(&system.matrix, &r.vector, &s.vector);
        gsl_blas_ddot(&r.vector, &s.vector, &explained);
        for (size_t i = 0; i < q && explained > 1 - UNEXPLAINED; i++)
            if (fabs(solved[i]) > UNEXPLAINED && of[j].n++ < MOST_NAMED)
                of[j].at[of[j].n - 1] = kept[i];
    }
    return RWE_OK;
}

/* "\"a\", \"b\""; NULL where there are none, or too many. */
static const char *quote(const struct rwe_model_matrix *m, const struct determinants *of)
{
    const char *text = NULL;
    for (size_t i = 0; i < of->n && of->n <= MOST_NAMED; i++) {
        const char *name = rwe_model_matrix_column(m, of->at[i])->name;
        text = text == NULL ? rwe_arena_format(m->model.arena, rwe_text("\"%s\""), name)
                            : rwe_arena_format(m->model.arena, rwe_text("%s, \"%s\""), text, name);
    }
    return text;
}

/* Says by what the columns that go are determined. */
static enum rwe_status explain(struct rwe_model_matrix *m, const uint8_t keep[])
{
    struct rwe_arena *arena = m->model.arena;
    struct determinants *of = RWE_NEW(arena, struct determinants, m->p);
    struct rwe_mark mark = rwe_arena_mark(arena);
    if (of == NULL || find_determinants(m, keep, of) != RWE_OK)
        return RWE_NO_MEMORY;
    rwe_arena_release(arena, mark);
    for (size_t c = 0; c < m->n_columns; c++) {
        struct rwe_model_column *column = &m->column[c];
        if (column->at == RWE_NO_INDEX || keep[column->at])
            continue;
        column->by_strata = of[column->at].strata;
        column->by = quote(m, &of[column->at]);
    }
    return rwe_arena_failed(arena) ? RWE_NO_MEMORY : RWE_OK;
}

/* Moves the columns that stay together. */
static void leave_out(struct rwe_model_matrix *m, const uint8_t keep[])
{
    size_t p = 0;
    for (size_t c = 0; c < m->n_columns; c++) {
        struct rwe_model_column *column = &m->column[c];
        if (column->at == RWE_NO_INDEX)
            continue;
        if (!keep[column->at]) {
            column->state = RWE_COLUMN_DETERMINED;
            column->at = RWE_NO_INDEX;
            continue;
        }
        if (column->at != p)
            memcpy(m->x + p * m->n, m->x + column->at * m->n, m->n * sizeof *m->x);
        column->at = p++;
    }
    m->p = p;
}

static bool is_required(const struct rwe_model_matrix *m, size_t at)
{
    return m->model.term[rwe_model_matrix_column(m, at)->term].required;
}

/* Leaves out what is determined; where nothing is, the column at `named`. */
static enum rwe_status reduce(struct rwe_model_matrix *m, size_t named)
{
    uint8_t *keep = RWE_NEW(m->model.arena, uint8_t, m->p);
    if (keep == NULL || find_independent(m, keep) != RWE_OK)
        return RWE_NO_MEMORY;
    size_t n_left_out = 0;
    for (size_t j = 0; j < m->p; j++) {
        keep[j] |= is_required(m, j);
        n_left_out += !keep[j];
    }
    if (n_left_out == 0 && named != RWE_NO_INDEX) {
        keep[named] = 0;
        n_left_out = 1;
    }
    if (n_left_out > 0 && !m->quiet && explain(m, keep) != RWE_OK)
        return RWE_NO_MEMORY;
    leave_out(m, keep);
    return RWE_OK;
}

bool rwe_model_matrix_reduce(struct rwe_model_matrix *matrix, struct rwe_error *failure)
{
    if (failure->status != RWE_COLLINEAR || failure->index >= matrix->p ||
        is_required(matrix, failure->index))
        return false;
    if (reduce(matrix, failure->index) != RWE_OK) {
        rwe_error_set(failure, RWE_NO_MEMORY, RWE_NO_INDEX, "out of memory");
        return false;
    }
    *failure = (struct rwe_error){0};
    return true;
}

enum rwe_status rwe_model_matrix_decide(struct rwe_model_matrix *matrix, struct rwe_error *error)
{
    return reduce(matrix, RWE_NO_INDEX) == RWE_OK ? RWE_OK : rwe_fail_memory(error);
}

/* ---- looking at it ---- */

const struct rwe_model_column *rwe_model_matrix_column(const struct rwe_model_matrix *matrix,
                                                       size_t at)
{
    for (size_t c = 0; c < matrix->n_columns; c++)
        if (matrix->column[c].at == at && at != RWE_NO_INDEX)
            return &matrix->column[c];
    return NULL;
}

/* Whether all that a category has is one level. */
static bool has_one_level(const struct rwe_model_matrix *m, size_t t)
{
    const struct rwe_term_columns *of = &m->of_term[t];
    for (size_t c = of->first; c < of->first + of->n; c++)
        if (m->column[c].state != RWE_COLUMN_EMPTY)
            return false;
    return m->model.term[t].kind == RWE_TERM_LEVELS;
}

static const char *append(struct rwe_arena *arena, const char *text, const char *name,
                          const char *why)
{
    return text == NULL ? rwe_arena_format(arena, rwe_text("\"%s\" (%s)"), name, why)
                        : rwe_arena_format(arena, rwe_text("%s, \"%s\" (%s)"), text, name, why);
}

/* Why a column is not there, where that is news. */
static const char *why_left_out(const struct rwe_model_matrix *m, size_t c)
{
    const struct rwe_model_column *column = &m->column[c];
    switch (column->state) {
    case RWE_COLUMN_CONSTANT:
        return rwe_text("one value only");
    case RWE_COLUMN_DETERMINED:
        if (column->by_strata)
            return rwe_text("one value in each stratum");
        return column->by == NULL
                   ? rwe_text("determined by the terms before it")
                   : rwe_arena_format(m->model.arena, rwe_text("determined by %s"), column->by);
    case RWE_COLUMN_IN:
    case RWE_COLUMN_EMPTY:
        break;
    }
    return NULL;
}

const char *rwe_model_matrix_left_out(const struct rwe_model_matrix *matrix,
                                      const struct rwe_model_matrix *whole)
{
    struct rwe_arena *arena = matrix->model.arena;
    const char *text = NULL;
    for (size_t t = 0; t < matrix->model.n_terms && !rwe_arena_failed(arena); t++) {
        const struct rwe_term_columns *of = &matrix->of_term[t];
        if (has_one_level(matrix, t) && (whole == NULL || !has_one_level(whole, t)))
            text = append(arena, text, matrix->model.term[t].name, rwe_text("one value only"));
        for (size_t c = of->first; c < of->first + of->n; c++) {
            bool known = whole != NULL && whole->column[c].at == RWE_NO_INDEX;
            const char *why = known ? NULL : why_left_out(matrix, c);
            if (why != NULL)
                text = append(arena, text, matrix->column[c].name, why);
        }
    }
    return text;
}

void rwe_model_matrix_set(const struct rwe_model_matrix *matrix,
                          const struct rwe_variable *variable, double value, double at[])
{
    double basis[RWE_COVARIATE_SPLINE_DF];
    for (size_t c = 0; c < matrix->n_columns; c++) {
        const struct rwe_model_column *column = &matrix->column[c];
        const struct rwe_model_term *term = &matrix->model.term[column->term];
        if (term->variable != variable || column->at == RWE_NO_INDEX)
            continue;
        switch (term->kind) {
        case RWE_TERM_SPLINE:
            rwe_spline_basis(matrix->of_term[column->term].spline, value, basis);
            at[column->at] = basis[column->item];
            break;
        case RWE_TERM_LEVELS:
            at[column->at] = value == (double)column->item;
            break;
        case RWE_TERM_NUMBER:
            at[column->at] = variable->per > 0 ? value / variable->per : value;
            break;
        case RWE_TERM_MISSING:
        case RWE_TERM_ARM:
        case RWE_TERM_PRODUCT:
            break;
        }
    }
}

/* ---- coefficients by column ---- */

void rwe_model_matrix_spread(const struct rwe_model_matrix *matrix, const double estimate[],
                             double coefficient[])
{
    for (size_t c = 0; c < matrix->n_columns; c++)
        coefficient[c] =
            matrix->column[c].at == RWE_NO_INDEX ? NAN : estimate[matrix->column[c].at];
}

void rwe_model_matrix_start(const struct rwe_model_matrix *matrix,
                            const struct rwe_model_matrix *from, const double coefficient[],
                            double start[])
{
    size_t next = 0; /* both lists are in the order of terms */
    for (size_t c = 0; c < matrix->n_columns; c++) {
        const struct rwe_model_column *column = &matrix->column[c];
        size_t f = next;
        if (column->at == RWE_NO_INDEX)
            continue;
        while (f < from->n_columns && strcmp(from->column[f].name, column->name) != 0)
            f++;
        bool known = f < from->n_columns && isfinite(coefficient[f]);
        start[column->at] = known ? coefficient[f] : 0;
        next = f < from->n_columns ? f + 1 : next;
    }
}
