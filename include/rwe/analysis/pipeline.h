/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * From a cohort to its designs and estimates: what the data and every replicate of them go through
 * alike, so that a replicate refits whatever the data were fitted to.
 */
#ifndef RWE_ANALYSIS_PIPELINE_H
#define RWE_ANALYSIS_PIPELINE_H

#include "rwe/analysis/analysis.h"
#include "rwe/analysis/estimates.h"

/** The command line decides; without a word from it the study; without that too, table1 and km. */
struct rwe_plan rwe_plan_make(const struct rwe_settings *settings);

/** Gives the flags of analyses that a wanted one `asks` for the value they have without an argument
 * (--landmark 6), where neither the command line nor the study gives one. Before the plan is made. */
enum rwe_status rwe_plan_complete(struct rwe_settings *settings, struct rwe_error *error);

/** Everybody, and the designs of the analyses that run, in the run and those within it. Writes nothing to
 * the document. */
enum rwe_status rwe_pipeline_designs(struct rwe_run *run, struct rwe_plan *plan,
                                     struct rwe_error *error);

/** Walks what lists estimates, in every design: the run, then those within it. */
enum rwe_status rwe_pipeline_estimates(struct rwe_run *run, const struct rwe_plan *plan,
                                       struct rwe_error *error);

#endif
