/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * From a cohort to its designs and estimates: what the data and every replicate of them go through
 * alike, so that a replicate refits whatever the data were fitted to.
 */
#ifndef RWE_ANALYSIS_PIPELINE_H
#define RWE_ANALYSIS_PIPELINE_H

#include "rwe/analysis/analysis.h"
#include "rwe/analysis/estimates.h"
#include "rwe/data/landmark.h"

enum { RWE_MOST_ANALYSES = 64 };

/** Which analyses run, by their place in rwe_analyses, and what their designs left for them. */
struct rwe_plan {
    bool wanted[RWE_MOST_ANALYSES];
    void *state[RWE_MOST_ANALYSES];
};

/** A run on the cohort at a landmark: the same analyses, with designs of its own. */
struct rwe_landmark_run {
    struct rwe_run run;
    struct rwe_plan plan;
    struct rwe_landmark at;
};

/** The command line decides; without a word from it the study; without that too, table1 and km. */
struct rwe_plan rwe_plan_make(const struct rwe_settings *settings);

/** Gives the flags of analyses that a wanted one `asks` for the value they have without an argument
 * (--landmark 6), where neither the command line nor the study gives one. Before the plan is made. */
enum rwe_status rwe_plan_complete(struct rwe_settings *settings, struct rwe_error *error);

/** Everybody, and the designs of the analyses that run; the same at each landmark of --landmark. Writes
 * nothing to the document. */
enum rwe_status rwe_pipeline_designs(struct rwe_run *run, struct rwe_plan *plan,
                                     struct rwe_error *error);

/** Walks the analyses that list estimates, those at landmarks after those from time zero. */
enum rwe_status rwe_pipeline_estimates(struct rwe_run *run, const struct rwe_plan *plan,
                                       struct rwe_error *error);

#endif
