/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The two halves of --cuminc: curves (cuminc.c), and contrasts of the arms (cuminc_contrasts.c). */
#ifndef ANALYSIS_CUMINC_H
#define ANALYSIS_CUMINC_H

#include "rwe/analysis/present.h"

/** The key of a fact about a cause (from 1). */
struct rwe_key rwe_key_cause(const char *analysis, const struct rwe_endpoint *endpoint,
                             const struct rwe_design *design, size_t cause);

/** Starts the table of contrasts, for all endpoints. */
struct rwe_grid *rwe_cuminc_contrasts(struct rwe_run *run);

/** Adds the rows of one cause: Gray's test, Fine–Gray, Cox. */
enum rwe_status rwe_cuminc_contrast(struct rwe_run *run, struct rwe_grid *grid,
                                    const struct rwe_endpoint *endpoint,
                                    const struct rwe_design *design, size_t cause,
                                    struct rwe_error *error);

/** Says under the table what was done. */
void rwe_cuminc_contrasts_end(struct rwe_run *run, struct rwe_grid *grid);

#endif
