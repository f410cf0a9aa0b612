/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "balance_private.h"
#include "rwe/analysis/present.h"

#include <math.h>

/* Whom a population is held against: everybody, the controls, the treated. */
enum { N_TARGETS = 3 };

static struct rwe_key key_of(const struct rwe_run *run, size_t d, size_t target)
{
    struct rwe_key key = rwe_key_in("balance", NULL, &run->design[d]);
    return target == 0 ? key : rwe_key_arm(key, run->cohort, target - 1);
}

/* (mean of the population − mean of the target before adjustment) / denominator of the SMD. */
static double distance(const struct balance_line *line, size_t d, size_t target)
{
    const struct rwe_balance *cohort = &line->at[0];
    const double means[N_TARGETS] = {cohort->mean, cohort->mean_control, cohort->mean_treated};
    double apart = line->at[d].mean - means[target];
    if (line->denominator == 0)
        return apart == 0 ? 0 : NAN;
    return apart / line->denominator;
}

static double mean_distance(const struct balance_lines *lines, size_t d, size_t target)
{
    double sum = 0;
    size_t n = 0;
    for (size_t k = 0; k < lines->n; k++) {
        double one = distance(&lines->item[k], d, target);
        if (lines->item[k].kind == BALANCE_SCORE || isnan(one))
            continue;
        sum += fabs(one);
        n++;
    }
    return sum / (double)n;
}

static void head(struct rwe_run *run, struct rwe_grid *grid, const char *label)
{
    rwe_grid_column(grid, "%sfrom everybody", label);
    for (size_t arm = 0; arm < 2; arm++)
        rwe_grid_column(grid, "%sfrom arm %s", label, run->cohort->arm_level[arm]);
}

static void present_summary(struct rwe_run *run, const struct balance_lines *lines)
{
    struct rwe_grid *grid = rwe_document_table(run->document, "Whom the results stand for");
    rwe_grid_column(grid, "mean distance");
    head(run, grid, "");
    for (size_t d = 1; d < rwe_run_n_disjoint(run); d++) {
        rwe_grid_row(grid, 0, "%s", run->design[d].label);
        for (size_t t = 0; t < N_TARGETS; t++) {
            struct rwe_key key = key_of(run, d, t);
            key.term = "(mean)";
            rwe_fact fact = rwe_document_number(run->document, &key, "smd.original",
                                                mean_distance(lines, d, t));
            rwe_grid_cell(grid, RWE_CELL_SMD, fact, RWE_NO_FACT, RWE_NO_FACT);
        }
    }
    rwe_grid_note(grid, "How far the population, both arms together, is from the whole cohort and "
                        "from its arms before adjustment, in standard deviations, mean of the "
                        "covariates. The comparison holds for those who are near.");
}

static void present_line(struct rwe_run *run, struct rwe_grid *grid,
                         const struct balance_line *line)
{
    if (grid != NULL)
        rwe_grid_row(grid, 0, "%s", line->name);
    for (size_t d = 1; d < rwe_run_n_disjoint(run); d++)
        for (size_t t = 0; t < N_TARGETS; t++) {
            struct rwe_key key = key_of(run, d, t);
            key.term = line->term;
            key.level = line->level;
            rwe_fact fact =
                rwe_document_number(run->document, &key, "smd.original", distance(line, d, t));
            if (grid != NULL)
                rwe_grid_cell(grid, RWE_CELL_SMD, fact, RWE_NO_FACT, RWE_NO_FACT);
        }
}

static struct rwe_grid *start_details(struct rwe_run *run)
{
    struct rwe_grid *grid =
        rwe_document_table(run->document, "Distance of each population from the cohort as it was");
    rwe_grid_column(grid, "covariate");
    for (size_t d = 1; d < rwe_run_n_disjoint(run); d++) {
        const char *label = rwe_arena_format(run->arena, "%s\n", run->design[d].label);
        head(run, grid, label == NULL ? "" : label);
    }
    return grid;
}

void rwe_balance_original(struct rwe_run *run, const struct balance_lines *lines)
{
    if (rwe_run_n_disjoint(run) < 2)
        return;
    present_summary(run, lines);
    struct rwe_grid *details =
        rwe_settings_flag(run->settings, "balance-more") ? start_details(run) : NULL;
    for (size_t k = 0; k < lines->n; k++)
        present_line(run, details, &lines->item[k]);
    if (details != NULL)
        rwe_grid_note(details,
                      "Mean of both arms together less that of the whole cohort, or of one "
                      "arm of it, before adjustment; over the denominator of the SMD.");
}
