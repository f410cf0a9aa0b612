/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The parts of --sequential: the design (sequential.c) and what is told (sequential_present.c). See
 * sequential.md. */
#ifndef ANALYSIS_SEQUENTIAL_H
#define ANALYSIS_SEQUENTIAL_H

#include "ccw.h"
#include "rwe/data/sequential.h"

/** One endpoint. */
struct sequential_endpoint {
    struct rwe_trials trials;
    struct ccw_endpoint
        exposure; /**< the model of the start of exposure; no clones of it are rows */
    struct rwe_clone_weights weights; /**< from it */
    struct rwe_trial_rows rows;
};

struct sequential {
    double interval;
    struct rwe_trial_options options;
    struct ccw_columns columns;
    struct sequential_endpoint *endpoint; /**< as in the cohort */
    struct rwe_design design;             /**< as it was added to the run */
};

/** Trials, weights and the model of exposure: facts, tables, warnings. */
enum rwe_status sequential_present(struct rwe_run *run, const struct sequential *sequential,
                                   struct rwe_error *error);

#endif
