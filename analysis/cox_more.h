/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What --cox tells beyond hazard ratios: concordance, predicted survival, residuals. */
#ifndef RWE_ANALYSIS_COX_MORE_H
#define RWE_ANALYSIS_COX_MORE_H

#include "cox_present.h"

/** Starts the table of concordances. */
struct rwe_grid *rwe_cox_concordance_table(struct rwe_run *run);

/** Adds a model's row and its facts; nothing without a fit, or where `grid` is NULL. */
enum rwe_status rwe_cox_concordance_row(struct rwe_grid *grid,
                                        const struct rwe_cox_request *request,
                                        const struct rwe_cox_model *model, rwe_fact harrell,
                                        struct rwe_error *error);
void rwe_cox_concordance_end(const struct rwe_run *run, struct rwe_grid *grid);

#endif
