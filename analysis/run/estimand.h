/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whom a design's effect is about, in words that are true after what was left out. Texts are in the run's arena. */
#ifndef ANALYSIS_ESTIMAND_H
#define ANALYSIS_ESTIMAND_H

#include "rwe/analysis/analysis.h"

/* "the treated (ATT)"; where some of them are left out "224 of the 339 treated (66%)". At a landmark those at risk
 * then. */
const char *rwe_estimand_words(const struct rwe_run *run, const struct rwe_design *design);

/* A sentence with how many are left out for that reason: "Left out for missing covariates: 115 of 339 (34%)."; NULL
 * when nobody is. */
const char *rwe_left_out_words(const struct rwe_run *run, const struct rwe_design *design,
                               enum rwe_left_out reason);

/* Both as notes under the table of a design. */
void rwe_note_estimand(const struct rwe_run *run, struct rwe_grid *grid,
                       const struct rwe_design *design);

/* What closes exposure: "progression or death", or the endpoint or column that --exposure-until names; NULL where nobody
 * knows. */
const char *rwe_closure_words(const struct rwe_run *run);

/* How exposure closes, and how many starts came too late, as notes under the table of a design and a fact of the
 * key; nothing where nobody knows, which is cautioned (caution.h). */
void rwe_note_closure(struct rwe_run *run, struct rwe_grid *grid, const struct rwe_key *key);

#endif
