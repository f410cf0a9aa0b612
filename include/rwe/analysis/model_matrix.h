/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * The columns of a model: of the arms' hazards, of the propensity score, of the start of exposure.
 *
 * A model is a list of terms over a cohort. Each term has one column or several, and their list follows
 * from the terms and the levels of the variables alone: the data and a replicate of them have the same.
 * The matrix holds the columns' values over the rows of a fit. Some columns of the list may not be in
 * it:
 *
 *     empty        a level that no row has, or the first level that a row has (it is the reference then);
 *                  a product of which one side is empty
 *     constant     a number with one value
 *     determined   by the columns before it, and a constant for all rows (or one a stratum)
 *
 * A fit without them is the fit with all of them. Empty and constant columns are found when the matrix
 * is made. Determined ones are found by the fit itself, which factors the columns anyway: when it says
 * RWE_COLLINEAR, rwe_model_matrix_reduce decides once which columns go, and the model is fitted again.
 *
 *     do
 *         status = rwe_cox_fit(&data, matrix.x, matrix.p, &options, arena, &fit, &reason);
 *     while (rwe_model_matrix_reduce(&matrix, &reason));
 */
#ifndef RWE_ANALYSIS_MODEL_MATRIX_H
#define RWE_ANALYSIS_MODEL_MATRIX_H

#include "rwe/analysis/analysis.h"
#include "rwe/stats/spline.h"

/** Degrees of freedom of a covariate's spline: enough for one bend each way; Harrell (Regression
 * Modeling Strategies, 2nd ed. 2015, section 2.4.6) takes 3 to 5 knots, which is 2 to 4. */
enum { RWE_COVARIATE_SPLINE_DF = 3 };

/* ---- terms ---- */

enum rwe_term_kind {
    RWE_TERM_ARM,     /**< the arms but the control, as 0/1 */
    RWE_TERM_NUMBER,  /**< a number as it stands */
    RWE_TERM_LEVELS,  /**< the levels of a category but the first, as 0/1 */
    RWE_TERM_SPLINE,  /**< a number as a natural cubic spline */
    RWE_TERM_MISSING, /**< 1 where the variable has no value */
    RWE_TERM_PRODUCT, /**< each column of one term times each of another */
};

struct rwe_model_term {
    enum rwe_term_kind kind;
    const char *name;                    /**< "arm", "age", "age=missing", "arm:age" */
    const struct rwe_variable *variable; /**< NULL: the arm, or a product */
    size_t left, right;                  /**< of a product: terms before it */
    bool required; /**< what the model is about: a fit fails rather than go without its columns */
};

struct rwe_model {
    const struct rwe_cohort *cohort;
    struct rwe_arena *arena;
    struct rwe_model_term *term;
    size_t n_terms, room;
    bool fills; /**< missing values are filled in: with the mean of a number, without any level. Set
                     it where a term RWE_TERM_MISSING stands beside the variable: what is put there
                     then changes no fitted value, only the coefficient of that term */
};

/** A model without terms. Terms live in the arena, whose failure rwe_model_matrix_make tells. */
struct rwe_model rwe_model_new(const struct rwe_cohort *cohort, struct rwe_arena *arena);

/** Each adds a term and returns its place. The arm is required; a covariate is what its variable is: a
 * number, a spline where `spline`, or levels. `variable` is borrowed. */
size_t rwe_model_add_arm(struct rwe_model *model);
size_t rwe_model_add_covariate(struct rwe_model *model, const struct rwe_variable *variable,
                               bool spline);
size_t rwe_model_add_missing(struct rwe_model *model, const struct rwe_variable *variable);
size_t rwe_model_add_product(struct rwe_model *model, size_t left, size_t right);

/** Who of `n` subjects has a value in every variable of the model. */
void rwe_model_complete(const struct rwe_model *model, size_t n, uint8_t complete[]);

/* ---- the matrix ---- */

enum rwe_column_state {
    RWE_COLUMN_IN,
    RWE_COLUMN_EMPTY,
    RWE_COLUMN_CONSTANT,
    RWE_COLUMN_DETERMINED
};

struct rwe_model_column {
    const char *name; /**< "arm", "arm=B", "age", "size=20-50", "age(spline 1)", "age=missing",
                           "arm:age", "age^2" */
    size_t term;      /**< of the model */
    size_t item;      /**< arm, level, or place in the spline's basis from 0; else 0 */
    enum rwe_column_state state;
    size_t at;      /**< its place in x; RWE_NO_INDEX where it is not in it */
    bool by_strata; /**< a determined one has one value in each stratum */
    const char *by; /**< of a determined one: the columns that determine it, in quotes; NULL: not
                         looked for, or too many to name */
};

/** The columns of a term, which follow each other. */
struct rwe_term_columns {
    size_t first, n;
    const struct rwe_spline *spline; /**< of RWE_TERM_SPLINE */
    double quartile[2];              /**< of its spline: the first and the third */
    const char *contrast_name;       /**< "61 against 45": the third quartile against the first */
    double contrast[RWE_COVARIATE_SPLINE_DF]; /**< basis at the one less that at the other */
};

/** The rows of a fit. */
struct rwe_model_rows {
    size_t n;
    const uint32_t *subject; /**< by row */
    const uint32_t *arm;     /**< by row; NULL: the subject's */
    const uint32_t *stratum; /**< by row: each has a constant of its own; NULL: all have one */
};

struct rwe_model_matrix {
    struct rwe_model model;
    size_t n, p;
    double *x;                       /**< p columns of n values: x[at * n + row] */
    struct rwe_model_column *column; /**< all of the model, in the order of its terms */
    size_t n_columns;
    struct rwe_term_columns *of_term; /**< by term */
    const uint32_t *stratum;          /**< of the rows; borrowed */
    bool quiet; /**< nobody is told what was left out, so that what determines it is not looked for:
                     set in replicates */
};

/** Lists the columns alone, none of them in x. RWE_OK or RWE_NO_MEMORY. Lives in the model's arena. */
enum rwe_status rwe_model_matrix_list(const struct rwe_model *model,
                                      struct rwe_model_matrix *matrix);

/**
 * Lists the columns and fills x for the rows, whose values must be there (rwe_model_complete) unless
 * the model fills them. RWE_NOT_ESTIMABLE where a spline cannot be placed among its values (index =
 * term): the list is complete, x is not. RWE_NO_MEMORY. Lives in the model's arena.
 */
enum rwe_status rwe_model_matrix_make(const struct rwe_model *model,
                                      const struct rwe_model_rows *rows,
                                      struct rwe_model_matrix *matrix, struct rwe_error *error);

/** The same columns over some rows of `from`, which may leave more of them empty or constant. The rows are
 * of one stratum. RWE_OK or RWE_NO_MEMORY. */
enum rwe_status rwe_model_matrix_take(const struct rwe_model_matrix *from, const uint32_t row[],
                                      size_t n, struct rwe_model_matrix *matrix);

/**
 * Whether to fit again: the fit failed since a column is collinear, and columns were left out for it.
 * They are all those that are determined in the rows (rwe/stats/rank.h), or else the one that the fit
 * named, which in its risk sets or to its precision is determined. `failure` is then RWE_OK. Required
 * columns stay: where the fit names one, this is false. Where memory is out it is false, and `failure`
 * says so.
 */
bool rwe_model_matrix_reduce(struct rwe_model_matrix *matrix, struct rwe_error *failure);

/** Leaves out what is determined in the rows, before any fit. RWE_OK or RWE_NO_MEMORY. */
enum rwe_status rwe_model_matrix_decide(struct rwe_model_matrix *matrix, struct rwe_error *error);

/** The column at a place of x, as errors of kernels name it; NULL where there is none. */
const struct rwe_model_column *rwe_model_matrix_column(const struct rwe_model_matrix *matrix,
                                                       size_t at);

/**
 * What a reader must know was left out, and why: "\"age2\" (determined by \"age\"), \"one\" (one value
 * only)". NULL where there is nothing: levels that nobody has are no news. Of a matrix that was taken
 * from `whole` only what was left out since; else `whole` is NULL. In the model's arena.
 */
const char *rwe_model_matrix_left_out(const struct rwe_model_matrix *matrix,
                                      const struct rwe_model_matrix *whole);

/** Sets the columns of one variable in at[p], a row of values to predict for. `value` is the number, or
 * the level's place. */
void rwe_model_matrix_set(const struct rwe_model_matrix *matrix,
                          const struct rwe_variable *variable, double value, double at[]);

/* ---- coefficients by column, for replicates ---- */

/** From estimates in the order of x to coefficient[n_columns]; NaN where a column is not in x. */
void rwe_model_matrix_spread(const struct rwe_model_matrix *matrix, const double estimate[],
                             double coefficient[]);

/** A start in the order of x, from the coefficients by column of another model, or of a like one in other
 * data: columns are the same where their names are, and 0 where it had none. */
void rwe_model_matrix_start(const struct rwe_model_matrix *matrix,
                            const struct rwe_model_matrix *from, const double coefficient[],
                            double start[]);

#endif
