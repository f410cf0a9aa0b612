/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Nanoseconds a row of the survival kernels: event table with both arms' curves, log-rank test, Cox
 * with the arm alone (Efron, robust) and with 10 covariates, also weighted or with late entry. From the root of the repository:
 *
 *   make build/release/tests/bench/bench_survival && build/release/tests/bench/bench_survival
 *   Rscript tests/bench/bench_survival.R      (the same shapes of data through R's survival)
 *
 * Times are days, so that there are ties; a third is censored. Each figure is the best of several
 * runs; writing comes out as name,rows,nanoseconds.
 */
#include "check.h"
#include "cohort.h"
#include "rwe/stats/cox.h"
#include "rwe/stats/km.h"
#include "rwe/stats/logrank.h"

#include <stdio.h>
#include <time.h>

enum { P = 10 };

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void run_km(const struct rwe_survival_data *data, const double x[], struct rwe_arena *arena)
{
    struct rwe_event_table table;
    struct rwe_km_curve curve;
    struct rwe_km_options options = rwe_km_options_default();
    (void)x;
    rwe_event_table_build(data, arena, &table, NULL);
    for (size_t group = 0; group < data->n_groups; group++)
        rwe_km_fit(&table, group, &options, arena, &curve, NULL);
}

static void run_logrank(const struct rwe_survival_data *data, const double x[],
                        struct rwe_arena *arena)
{
    struct rwe_event_table table;
    struct rwe_logrank result;
    (void)x;
    rwe_event_table_build(data, arena, &table, NULL);
    rwe_logrank_test(&table, arena, &result, NULL);
}

static void run_cox(const struct rwe_survival_data *data, const double x[], size_t p,
                    struct rwe_arena *arena)
{
    struct rwe_cox_options options = rwe_cox_options_default();
    struct rwe_cox result;
    options.robust = true;
    rwe_cox_fit(data, x, p, &options, arena, &result, NULL);
}

static void run_cox_arm(const struct rwe_survival_data *data, const double x[],
                        struct rwe_arena *arena)
{
    run_cox(data, x, 1, arena);
}

static void run_cox_adjusted(const struct rwe_survival_data *data, const double x[],
                             struct rwe_arena *arena)
{
    run_cox(data, x, P, arena);
}

/* With weights, and with late entry: the same shape, entries at a share of the time. */
static void run_cox_weighted(const struct rwe_survival_data *data, const double x[],
                             struct rwe_arena *arena)
{
    struct rwe_survival_data weighted = *data;
    double *weight = RWE_NEW(arena, double, data->n);
    for (size_t i = 0; i < data->n; i++)
        weight[i] = 0.5 + (double)(i % 7) / 4;
    weighted.weight = weight;
    run_cox(&weighted, x, P, arena);
}

static void run_cox_entry(const struct rwe_survival_data *data, const double x[],
                          struct rwe_arena *arena)
{
    struct rwe_survival_data late = *data;
    double *entry = RWE_NEW(arena, double, data->n);
    for (size_t i = 0; i < data->n; i++)
        entry[i] = data->time[i] * (double)(i % 5) / 10;
    late.entry = entry;
    run_cox(&late, x, P, arena);
}

static void measure(const char *name, const struct rwe_survival_data *data, const double x[],
                    void (*run)(const struct rwe_survival_data *, const double *,
                                struct rwe_arena *))
{
    struct rwe_arena *arena = rwe_arena_new();
    int repeats = data->n <= 10000 ? 50 : 3;
    double best = 1e9;
    for (int r = 0; r < repeats; r++) {
        struct rwe_mark mark = rwe_arena_mark(arena);
        double start = seconds();
        run(data, x, arena);
        double taken = seconds() - start;
        rwe_arena_release(arena, mark);
        best = taken < best ? taken : best;
    }
    printf("%s,%zu,%.1f\n", name, data->n, 1e9 * best / (double)data->n);
    rwe_arena_free(arena);
}

int main(void)
{
    static const size_t sizes[] = {600, 10000, 100000, 1000000};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        struct rwe_arena *arena = rwe_arena_new();
        struct cohort cohort = cohort_random(arena, sizes[s], P, 1. / 30, 1);
        struct rwe_survival_data data = cohort_sort(&cohort, arena);
        measure("table+km", &data, cohort.x, run_km);
        measure("table+logrank", &data, cohort.x, run_logrank);
        measure("cox.1", &data, cohort.x, run_cox_arm);
        measure("cox.10", &data, cohort.x, run_cox_adjusted);
        measure("cox.10.weighted", &data, cohort.x, run_cox_weighted);
        measure("cox.10.entry", &data, cohort.x, run_cox_entry);
        rwe_arena_free(arena);
    }
    return 0;
}
