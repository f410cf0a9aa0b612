/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Facts and cells of fitted Cox models. */
#ifndef RWE_ANALYSIS_COX_PRESENT_H
#define RWE_ANALYSIS_COX_PRESENT_H

#include "cox_models.h"
#include "rwe/analysis/present.h"

/** The facts of a term that tables show. A ratio of RWE_NO_FACT: the term is not in the table. */
struct rwe_cox_shown {
    rwe_fact ratio, low, high, coefficient, error, p;
};

/** Adds the facts of term t; the ratio alone, null, where there is no estimate. `key` has endpoint,
 * population and model. Of a spline: the ratio of its quartiles, and the test of all its columns. */
struct rwe_cox_shown rwe_cox_term_facts(struct rwe_run *run, const struct rwe_key *key,
                                        const struct rwe_cox_model *model, size_t t);

/** Adds Wald's test that all columns of `term` are 0, under its name; null where there is no estimate. */
struct rwe_cox_shown rwe_cox_joint_facts(struct rwe_run *run, const struct rwe_key *key,
                                         const struct rwe_cox_model *model,
                                         const struct rwe_cox_term *term);

/** Adds the interaction models of all endpoints and designs, where --interaction asks for them. */
enum rwe_status rwe_cox_run_interactions(struct rwe_run *run, struct rwe_error *error);

/** Adds the facts of the whole model, without n and n.event. Returns that of Harrell's concordance. */
rwe_fact rwe_cox_model_facts(struct rwe_run *run, const struct rwe_key *key,
                             const struct rwe_cox_model *model);

/** Warns of a model that has no estimate, or did not converge. */
void rwe_cox_model_warn(struct rwe_run *run, const struct rwe_key *key, const char *label,
                        const struct rwe_cox_model *model);

/** One column a design: hazard ratios by term, [design * n_terms + term]. */
struct rwe_cox_comparison {
    const char *title;
    const struct rwe_cox_term *term;
    size_t n_terms;
    const struct rwe_cox_shown *shown;
};
struct rwe_grid *rwe_cox_comparison_table(struct rwe_run *run,
                                          const struct rwe_cox_comparison *comparison);

/** A forest plot of that table under `name`, a symbol a design. */
void rwe_cox_comparison_figure(struct rwe_run *run, struct rwe_grid *grid, const char *name,
                               const char *title);

/** The cells of one ratio in a table of contrasts: subjects and events, ratio with limits and, where there are any, the
 * coefficient, its error and p. */
void rwe_cox_row_cells(struct rwe_grid *grid, const rwe_fact sizes[2],
                       const struct rwe_cox_shown *shown);

#endif
