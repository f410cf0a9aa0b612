/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * The one event table: distinct ordered times with (weighted) events, censorings and numbers at
 * risk, by group, within strata. Kaplan–Meier and log-rank walk this structure (Cox has sums of
 * covariates to carry and keeps its own rows).
 */
#ifndef RWE_STATS_EVENT_TABLE_H
#define RWE_STATS_EVENT_TABLE_H

#include "rwe/base/arena.h"
#include "rwe/stats/survival_data.h"

/** Rows are the distinct (stratum, time) pairs, by stratum, then ascending time. */
struct rwe_event_table {
    size_t n_rows;
    size_t n_groups;
    size_t n_strata;
    size_t n_causes;             /**< at least 1 */
    const size_t *stratum_start; /**< n_strata + 1: stratum s has rows [start[s], start[s + 1]) */
    const double *time;          /**< by row */
    const double *at_risk;  /**< [row * n_groups + group]: entry < this time <= time, weights */
    const double *events;   /**< the same layout: events at this time, of any cause */
    const double *censored; /**< the same layout: censorings at this time */
    const double *begun;  /**< [stratum * n_groups + group]: weights of follow-ups where they begin;
                                 NULL where each row is one (data->piece) */
    const double *causes; /**< [(row * n_groups + group) * n_causes + cause − 1]: events by cause;
                                 NULL where there is one cause */
};

/**
 * Builds the table in `arena`. Linear in n (and in n_rows × n_groups); with entries n log n. Rows at which nobody has an
 * event are kept: figures and numbers at risk need them.
 * Errors: those of rwe_survival_data_check; RWE_NO_MEMORY.
 */
enum rwe_status rwe_event_table_build(const struct rwe_survival_data *data, struct rwe_arena *arena,
                                      struct rwe_event_table *table, struct rwe_error *error);

/**
 * The first row of the stratum after `time`, or its end: who leaves at `time` is at risk last at the row
 * before. Logarithmic.
 */
size_t rwe_event_table_rows_until(const struct rwe_event_table *table, size_t stratum, double time);

#endif
