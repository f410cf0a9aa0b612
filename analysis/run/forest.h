/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Forest plots of tables that have a column of ratios with limits. */
#ifndef RWE_ANALYSIS_FOREST_H
#define RWE_ANALYSIS_FOREST_H

#include "rwe/analysis/present.h"
#include "rwe/report/figure.h"

/** Which columns of a table say how many: "34/150". */
struct rwe_forest_counts {
    size_t events, of; /**< 0: none */
    const char *label; /**< NULL: the heading of the events */
};

/** What of a table becomes a forest plot. Columns are counted from 1, the first behind the labels. */
struct rwe_forest {
    const char *name, *title;           /**< "forest-os-matched"; NULL counts as no memory */
    const char *measure;                /**< of the axis: NULL is "Hazard ratio" */
    size_t ratio;                       /**< the column of RWE_CELL_RATIO_LIMITS */
    struct rwe_forest_counts counts[3]; /**< left of the plot, as many as are not 0 */
    size_t right[3];  /**< right of the ratio: "p of interaction"; as many as are not 0 */
    bool of_arms;     /**< below 1 favours the second arm: said under the axis. Two arms only */
    bool equal_marks; /**< squares of one size: rows whose ratios are of different units */
};

/**
 * Adds the forest plot of `grid`, which may still be filled, at this place of the flow: a line at 1, a log
 * axis, the ratio in words beside it, what it shows said for who cannot see it. Never NULL. The least:
 *
 *     const char *name = rwe_arena_format(run->arena, "forest-sensitivity-%s", endpoint->name);
 *     rwe_forest_add(run, grid, &(struct rwe_forest){.name = name, .title = title, .ratio = 3,
 *                                                    .of_arms = true});
 */
struct rwe_figure *rwe_forest_add(const struct rwe_run *run, struct rwe_grid *grid,
                                  const struct rwe_forest *forest);

#endif
