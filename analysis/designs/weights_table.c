/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "weights_table.h"

#include "rwe/base/language.h"

static const struct rwe_table_column columns[] = {
    {N_("ESS"), RWE_CELL_STATISTIC, "ess"},     {N_("sum"), RWE_CELL_STATISTIC, "sum"},
    {N_("least"), RWE_CELL_COEFFICIENT, "min"}, {N_("greatest"), RWE_CELL_COEFFICIENT, "max"},
    {N_("CV"), RWE_CELL_COEFFICIENT, "cv"},
};

void weights_table_columns(struct rwe_grid *grid, const char *counted)
{
    rwe_grid_columns(grid, &(struct rwe_table_column){counted, RWE_CELL_COUNT, "n"}, 1);
    RWE_GRID_COLUMNS(grid, columns);
}

void weights_table_put(struct rwe_grid *grid, const struct rwe_key *key,
                       const struct rwe_weight_summary *of)
{
    rwe_grid_put(grid, key, (double)of->n);
    rwe_grid_put(grid, key, of->ess);
    rwe_grid_put(grid, key, of->sum);
    rwe_grid_put(grid, key, of->min);
    rwe_grid_put(grid, key, of->max);
    rwe_grid_put(grid, key, of->cv);
}

void weights_table_add_trimmed(struct rwe_grid *grid)
{
    rwe_grid_fact_column(grid, RWE_CELL_COUNT, "n.trimmed", "trimmed");
}

void weights_table_add_truncated(struct rwe_grid *grid)
{
    rwe_grid_fact_column(grid, RWE_CELL_COUNT, "n.truncated", "truncated");
}
