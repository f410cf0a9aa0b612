/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of --balance share. */
#ifndef ANALYSIS_BALANCE_PRIVATE_H
#define ANALYSIS_BALANCE_PRIVATE_H

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
    const char *note; /* about what could not be measured; "" */
};

/* The covariates level by level, then being without a value, then the prognostic scores. */
enum rwe_status rwe_balance_lines(struct rwe_run *run, struct balance_lines *lines,
                                  struct rwe_error *error);

/*
 * Prognostic scores (Stuart, Lee & Leacy, J Clin Epidemiol 66:S84, 2013): for each endpoint the
 * linear predictor of Cox's model on the covariates, fitted in the controls of the whole cohort. A
 * line for each that can be fitted; the note says why another cannot.
 */
enum rwe_status rwe_balance_add_scores(struct rwe_run *run, struct balance_lines *lines,
                                       struct rwe_error *error);

/* Facts and words about each population but the first: whether it is balanced, or what is not, by
 * how much, and what to do. */
void rwe_balance_verdict(struct rwe_run *run, const struct balance_lines *lines);

/* Squares of numbers and products of two columns: facts of all, a table of the worst. */
enum rwe_status rwe_balance_products(struct rwe_run *run, struct rwe_error *error);

/* How far each population, both arms together, lies from the whole cohort and from each of its
 * arms. */
void rwe_balance_original(struct rwe_run *run, const struct balance_lines *lines);

/* A difference with its sign and three decimals, for sentences. In the run's arena; never NULL. */
const char *rwe_balance_number_text(const struct rwe_run *run, double value);

#endif
