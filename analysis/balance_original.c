/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "balance_private.h"
#include "rwe/analysis/present.h"

#include <math.h>

/* Whom a population is held against: everybody, the controls, the treated. */
enum { N_TARGETS = 3 };

static double mean_of(const struct rwe_balance *cohort, size_t target)
{
    const double means[N_TARGETS] = {cohort->mean, cohort->mean_control, cohort->mean_treated};
    return means[target];
}

static double standardize(double difference, double denominator)
{
    if (denominator == 0)
        return difference == 0 ? 0 : NAN;
    return difference / denominator;
}

static void present_line(struct rwe_run *run, struct rwe_grid *grid,
                         const struct balance_line *line)
{
    rwe_grid_row(grid, 0, "%s", line->name);
    for (size_t d = 1; d < run->n_designs; d++)
        for (size_t t = 0; t < N_TARGETS; t++) {
            struct rwe_key key = rwe_key_in("balance", NULL, &run->design[d]);
            double apart = line->at[d].mean - mean_of(&line->at[0], t);
            key.term = line->term;
            key.level = line->level;
            if (t > 0)
                key = rwe_key_arm(key, run->cohort, t - 1);
            rwe_grid_cell(grid, RWE_CELL_SMD,
                          rwe_document_number(run->document, &key, "smd.original",
                                              standardize(apart, line->denominator)),
                          RWE_NO_FACT, RWE_NO_FACT);
        }
}

void rwe_balance_original(struct rwe_run *run, const struct balance_lines *lines)
{
    if (run->n_designs < 2)
        return;
    struct rwe_grid *grid =
        rwe_document_table(run->document, "Whom the results stand for: distance of each "
                                          "population from the cohort as it was");
    rwe_grid_column(grid, "covariate");
    for (size_t d = 1; d < run->n_designs; d++) {
        rwe_grid_column(grid, "%s\nto everybody", run->design[d].label);
        for (size_t arm = 0; arm < 2; arm++)
            rwe_grid_column(grid, "%s\nto arm %s", run->design[d].label,
                            run->cohort->arm_level[arm]);
    }
    for (size_t k = 0; k < lines->n; k++)
        present_line(run, grid, &lines->item[k]);
    rwe_grid_note(grid, "Mean of both arms together less that of the whole cohort, or of one arm "
                        "of it, before adjustment; over the denominator of the SMD. What is near 0 "
                        "throughout tells for whom the comparison holds.");
}
