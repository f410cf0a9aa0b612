/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What the recipes share when they write results into the document. */
#ifndef RWE_ANALYSIS_PRESENT_H
#define RWE_ANALYSIS_PRESENT_H

#include "rwe/analysis/analysis.h"

/** The key of a fact about an endpoint (may be NULL) in a population (may be NULL). */
struct rwe_key rwe_key_in(const char *analysis, const struct rwe_endpoint *endpoint,
                          const struct rwe_design *design);

/** A key of what a population's designs are made from, such as the propensity model: the run's scope is
 * its population. */
struct rwe_key rwe_key_run(const struct rwe_run *run, const char *analysis);

/** The name of a population of this run: "matched", at a landmark "landmark-6-matched". */
const char *rwe_population_name(const struct rwe_run *run, const char *name);

/** The name of a figure of this run: "love", at a landmark "love-landmark-6". */
const char *rwe_figure_name_in(const struct rwe_run *run, const char *name);

/** The same key with the arm as its group. */
struct rwe_key rwe_key_arm(struct rwe_key key, const struct rwe_cohort *cohort, size_t arm);

/** The key of a fact about a cause of an endpoint (from 1), which is its level. */
struct rwe_key rwe_key_cause(const char *analysis, const struct rwe_endpoint *endpoint,
                             const struct rwe_design *design, size_t cause);

/** A covariate, or a level of one, as tables show it: "Age (years)" for "age", "Stage=II" for "stage=II"; the term
 * itself where the study has no label. Of a coefficient, rwe_shown_term says what it is per: "Age (per 10 years)". */
const char *rwe_shown_name(const struct rwe_run *run, const char *term);
const char *rwe_shown_term(const struct rwe_run *run, const char *term);

/** "months"; "" when the study does not say the unit of time. */
const char *rwe_time_unit_name(const struct rwe_run *run);

/** " (months)", or "" when the study does not say the unit of time. */
const char *rwe_time_unit_suffix(const struct rwe_run *run);

/** " months", for behind a number in a sentence; "" when the study does not say the unit. */
const char *rwe_time_unit_word(const struct rwe_run *run);

/** The confidence level as a whole percent or with its decimals: "95%". In the run's arena. */
const char *rwe_conf_level_text(const struct rwe_run *run);

/** Fails unless the study has an endpoint: what an analysis of outcomes asks first. */
enum rwe_status rwe_need_endpoint(const struct rwe_run *run, const char *analysis,
                                  struct rwe_error *error);

/** Two-sided p-value of a standard normal statistic, right down to 1e-300. */
double rwe_normal_p_value(double z);

/** Quantile of the standard normal for two-sided limits at the run's level: 1.96 at 95 %. */
double rwe_normal_limit(const struct rwe_run *run);

/** What a variance is of. */
enum rwe_variance_of {
    RWE_VARIANCE_OF_CONTRAST, /**< of what compares the arms */
    RWE_VARIANCE_OF_ARM,      /**< of an arm by itself: members of a pair are not in one arm */
};

/** The variance of a population's numbers in words: "robust, by matched pair", "robust, with the step
 * that estimated the weights (M-estimation)"; `classic` where rows are independent and unweighted. */
const char *rwe_variance_words(const struct rwe_run *run, const struct rwe_design *design,
                               enum rwe_variance_of of, const char *classic);

/** A list of things in a sentence with one more, as the reader's language separates them; either may be NULL. */
const char *rwe_list_add(const struct rwe_run *run, const char *list, const char *item);

/** A note with the variance of each population, `what` its subject ("Standard errors"), and the fact
 * `variance` of `analysis` in each. With `classic` NULL the populations that have it are left out. */
void rwe_note_variances(struct rwe_run *run, struct rwe_grid *grid, const char *analysis,
                        const char *what, const char *classic);

#endif
