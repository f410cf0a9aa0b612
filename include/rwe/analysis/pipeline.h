/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * From a cohort to its designs and estimates: what the data and every replicate of them go through
 * alike, so that a replicate refits whatever the data were fitted to.
 */
#ifndef RWE_ANALYSIS_PIPELINE_H
#define RWE_ANALYSIS_PIPELINE_H

#include "rwe/analysis/analysis.h"
#include "rwe/analysis/estimates.h"
#include "rwe/analysis/plan.h"
#include "rwe/data/landmark.h"

/** A run on the cohort at a landmark: the same analyses, with designs of its own. */
struct rwe_landmark_run {
    struct rwe_run run;
    struct rwe_plan plan;
    struct rwe_landmark at;
};

/** Everybody, and the designs of the analyses that run; the same at each landmark of --landmark. Writes
 * nothing to the document. */
enum rwe_status rwe_pipeline_designs(struct rwe_run *run, struct rwe_plan *plan,
                                     struct rwe_error *error);

/** The estimates of the analyses that run, of every design, landmarks after time zero. */
enum rwe_status rwe_pipeline_estimates(struct rwe_run *run, const struct rwe_plan *plan,
                                       struct rwe_estimates *estimates, struct rwe_error *error);

#endif
