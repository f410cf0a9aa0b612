/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Survival data for tests of the kernels: filled in any order, then sorted by time. */
#ifndef TESTS_SUPPORT_COHORT_H
#define TESTS_SUPPORT_COHORT_H

#include "csv_table.h"
#include "rwe/base/rng.h"
#include "rwe/stats/survival_data.h"

/** Writable arrays; those that stay NULL are absent. Counts follow from the codes when sorted. */
struct cohort {
    size_t n, p;
    double *time;
    uint8_t *event;
    uint32_t *group, *stratum, *cluster;
    double *weight;
    double *x; /**< p columns of n */
};

/** n rows with time, event and p columns of x, all 0. */
struct cohort cohort_new(struct rwe_arena *arena, size_t n, size_t p);

/** Copies of literal arrays; group may be NULL. */
struct cohort cohort_of(struct rwe_arena *arena, size_t n, const double time[],
                        const uint8_t event[], const uint32_t group[]);

/** Brings all arrays into ascending time (stable) and shows them as the kernels take them. */
struct rwe_survival_data cohort_sort(struct cohort *cohort, struct rwe_arena *arena);

/** Only the rows with keep[i] != 0, in their order. */
struct cohort cohort_subset(const struct cohort *cohort, const uint8_t keep[],
                            struct rwe_arena *arena);

/** Row i weight[i] times, without weights. */
struct cohort cohort_replicate(const struct cohort *cohort, struct rwe_arena *arena);

/**
 * n rows from seed: p covariates (the first 0/1, by group 0/1), exponential times rounded up to
 * multiples of `grain` (0: not rounded, no ties), about a third censored.
 */
struct cohort cohort_random(struct rwe_arena *arena, size_t n, size_t p, double grain,
                            uint64_t seed);

#endif
