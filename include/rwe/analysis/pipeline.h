/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * From a cohort to its designs and estimates: what the data and every replicate of them go through
 * alike, so that a replicate refits whatever the data were fitted to.
 */
#ifndef RWE_ANALYSIS_PIPELINE_H
#define RWE_ANALYSIS_PIPELINE_H

#include "rwe/analysis/analysis.h"
#include "rwe/analysis/estimates.h"

/** Everybody, and the designs of the analyses that run, in the run and those within it. Writes nothing to
 * the document. */
enum rwe_status rwe_pipeline_designs(struct rwe_run *run, struct rwe_plan *plan,
                                     struct rwe_error *error);

/** Walks what lists estimates, in every design: the run, then those within it. */
enum rwe_status rwe_pipeline_estimates(struct rwe_run *run, const struct rwe_plan *plan,
                                       struct rwe_error *error);

#endif
