/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What --balance measures. */
#ifndef RWE_DESIGNS_BALANCE_H
#define RWE_DESIGNS_BALANCE_H

#include "rwe/analysis/covariate_balance.h"

enum balance_kind {
    BALANCE_NUMBER,
    BALANCE_LEVEL,  /* of a category, or a 0/1 variable */
    BALANCE_ABSENT, /* being without a value */
    BALANCE_SCORE,  /* prognostic */
};

/* One thing that the arms should be alike in. */
struct balance_line {
    enum balance_kind kind;
    const char *name;             /* for readers: "size=20-50", "age, missing" */
    const char *term, *level;     /* of its facts */
    const struct rwe_balance *at; /* by design; means alone unless a covariate */
    double denominator;           /* of the SMD, in every design */
};

struct balance_lines {
    struct balance_line *item;
    size_t n;
    struct rwe_strings note; /* about what could not be measured; room for one an endpoint */
};

/*
 * Prognostic scores (Stuart, Lee & Leacy, J Clin Epidemiol 66:S84, 2013): for each endpoint the
 * linear predictor of Cox's model on the covariates, fitted in the controls of the whole cohort. A
 * line for each that can be fitted; a note says why another cannot.
 */
enum rwe_status balance_add_scores(struct rwe_run *run, struct balance_lines *lines,
                                   struct rwe_error *error);

/* Squares of numbers and products of two columns: facts of all, how many differ by more than `limit`, a table of the
 * worst. */
enum rwe_status balance_products(struct rwe_run *run, double limit, struct rwe_error *error);

#endif
