/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What --km tells beyond the curves: differences of two arms at times, quantiles, cumulative
 * hazards. Computed while the rows are at hand, presented later. See km.md. */
#ifndef RWE_ANALYSIS_KM_MORE_H
#define RWE_ANALYSIS_KM_MORE_H

#include "rwe/analysis/present.h"
#include "rwe/stats/km.h"

/* An endpoint in a population at times; arrays in the run's arena. */
struct km_more {
    const struct rwe_endpoint *endpoint;
    const struct rwe_design *design;
    const double *time;
    size_t n_times;
    const struct rwe_km_curve *const *curve; /* by arm */
    struct rwe_km_difference *difference;    /* by time; NULL unless there are two arms */
    struct rwe_hazard_point *hazard;         /* [arm * n_times + time] */
};

/* Fills difference and hazard; `table` is that of `data`. `scratch` is another arena than the run's. */
enum rwe_status km_more_compute(struct rwe_run *run, struct km_more *more,
                                const struct rwe_survival_data *data,
                                const struct rwe_event_table *table, struct rwe_arena *scratch,
                                struct rwe_error *error);

/* Table and facts of the differences; nothing unless there are two arms. */
void km_more_present_differences(struct rwe_run *run, const struct km_more *more);

/* Facts of the cumulative hazards, without a table. */
void km_more_present_hazards(struct rwe_run *run, const struct km_more *more);

/* A quantile by the rule of --median-rule. */
struct rwe_km_quantile km_quantile(const struct rwe_run *run, const struct rwe_km_curve *curve,
                                   double probability);

/* The quantiles that --quantiles asks for: a table of all results, or nothing. */
void km_more_present_quantiles(struct rwe_run *run, const struct km_more more[], size_t n);

/** Lists medians, survival at the run's times and differences, for replicates. */
enum rwe_status km_estimate(struct rwe_run *run, struct rwe_estimates *estimates,
                            struct rwe_error *error);

#endif
