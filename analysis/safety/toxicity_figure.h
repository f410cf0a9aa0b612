/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The figure of the main table of adverse events. */
#ifndef RWE_ANALYSIS_TOXICITY_FIGURE_H
#define RWE_ANALYSIS_TOXICITY_FIGURE_H

#include "rwe/analysis/analysis.h"

/**
 * Adds a butterfly of the table: the arms' bars to both sides, and the differences of any grade. Its columns
 * are, for any grade and then for grade 3 or more, one an arm, their difference, and p with --fisher. The
 * table has all its rows by then; the first 40 are drawn, and a note says so. Nothing unless two arms.
 */
void rwe_toxicity_add_figure(const struct rwe_run *run, const struct rwe_design *design,
                             struct rwe_grid *grid);

#endif
