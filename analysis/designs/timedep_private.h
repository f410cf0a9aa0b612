/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The analysis of a time-dependent exposure, endpoint by endpoint. See timedep.md. */
#ifndef RWE_ANALYSIS_TIMEDEP_PRIVATE_H
#define RWE_ANALYSIS_TIMEDEP_PRIVATE_H

#include "rwe/analysis/analysis.h"
#include "rwe/data/timedep.h"
#include "rwe/stats/event_table.h"

/** An endpoint in rows of time. */
struct timedep_part {
    struct rwe_timedep cut;
    /** The rows as a run of their own: their cohort, with one endpoint, and the one population
     * "timedep". It shares document and arena with the run that it came from. */
    struct rwe_run run;
};

static inline const struct rwe_endpoint *timedep_endpoint(const struct timedep_part *part)
{
    return &part->run.cohort->endpoint[0];
}

/** Mantel and Byar's test of all endpoints, in a table. */
enum rwe_status timedep_present_tests(struct rwe_run *run, struct timedep_part part[],
                                      struct rwe_error *error);

/** Simon and Makuch's curves of one endpoint: facts, table, series. */
enum rwe_status timedep_present_curves(struct timedep_part *part, struct rwe_error *error);

#endif
