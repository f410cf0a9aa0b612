/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of the weights of a design, arm by arm: of subjects, clones and follow-ups alike. */
#ifndef ANALYSIS_WEIGHTS_TABLE_H
#define ANALYSIS_WEIGHTS_TABLE_H

#include "rwe/report/document.h"
#include "rwe/stats/weights.h"

/* Adds the columns of a summary behind that of the row labels; `counted`, marked by N_, heads how many there are. */
void weights_table_columns(struct rwe_grid *grid, const char *counted);

/* Fills them in the row at hand. */
void weights_table_put(struct rwe_grid *grid, const struct rwe_key *key,
                       const struct rwe_weight_summary *of);

/* Adds a column that counts weights which trimming or truncation changed. */
void weights_table_add_trimmed(struct rwe_grid *grid);
void weights_table_add_truncated(struct rwe_grid *grid);

#endif
