/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Nanoseconds a row of the Kaplan–Meier family, event table built before: curves of both arms with
 * Greenwood's and with robust errors (weights, pairs as clusters), difference of the arms at a time,
 * restricted means compared. From the root of the repository:
 *
 *   make build/release/tests/bench/bench_km && build/release/tests/bench/bench_km
 *   Rscript tests/bench/bench_km.R      (the same shapes of data through R's survival)
 *
 * Writes name,rows,nanoseconds; each figure is the best of several runs.
 */
#include "check.h"
#include "cohort.h"
#include "rwe/stats/rmst.h"

#include <stdio.h>
#include <time.h>

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

struct input {
    struct rwe_survival_data data;
    struct rwe_event_table table;
    struct rwe_km_curve curve[2];
    double tau;
};

static void run_greenwood(const struct input *input, struct rwe_arena *arena)
{
    struct rwe_km_options options = rwe_km_options_default();
    struct rwe_km_curve curve;
    for (size_t group = 0; group < 2; group++)
        rwe_km_fit(&input->table, group, &options, arena, &curve, NULL);
}

static void run_robust(const struct input *input, struct rwe_arena *arena)
{
    struct rwe_km_options options = rwe_km_options_default();
    struct rwe_km_curve curve;
    for (size_t group = 0; group < 2; group++)
        rwe_km_fit_robust(&input->data, &input->table, group, &options, arena, &curve, NULL);
}

static void run_difference(const struct input *input, struct rwe_arena *arena)
{
    const struct rwe_km_arms arms = {0, 1, &input->curve[0], &input->curve[1], 0.95};
    struct rwe_km_difference difference;
    rwe_km_compare_at(&input->data, &input->table, &arms, input->tau, arena, &difference, NULL);
}

static void run_rmst(const struct input *input, struct rwe_arena *arena)
{
    const struct rwe_rmst_request request = {RWE_RMST_DIFFERENCE, 0, 1};
    const struct rwe_rmst_options options = {input->tau, 0.95};
    struct rwe_rmst_comparison result;
    rwe_rmst_compare(&input->data, &input->table, &request, &options, arena, &result, NULL);
}

static void measure(const char *name, const struct input *input,
                    void (*run)(const struct input *, struct rwe_arena *))
{
    struct rwe_arena *arena = rwe_arena_new();
    int repeats = input->data.n <= 10000 ? 50 : 3;
    double best = 1e9;
    for (int r = 0; r < repeats; r++) {
        struct rwe_mark mark = rwe_arena_mark(arena);
        double start = seconds();
        run(input, arena);
        double taken = seconds() - start;
        rwe_arena_release(arena, mark);
        best = taken < best ? taken : best;
    }
    printf("%s,%zu,%.1f\n", name, input->data.n, 1e9 * best / (double)input->data.n);
    rwe_arena_free(arena);
}

static void measure_size(size_t n)
{
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_km_options options = rwe_km_options_default();
    struct cohort cohort = cohort_random(arena, n, 1, 1. / 30, 1);
    struct input input;
    cohort.weight = RWE_NEW(arena, double, n);
    cohort.cluster = RWE_NEW(arena, uint32_t, n);
    for (size_t i = 0; i < n; i++) {
        cohort.weight[i] = 0.5 + (double)(i % 4);
        cohort.cluster[i] = (uint32_t)(i / 2);
    }
    input.data = cohort_sort(&cohort, arena);
    rwe_event_table_build(&input.data, arena, &input.table, NULL);
    for (size_t group = 0; group < 2; group++)
        rwe_km_fit(&input.table, group, &options, arena, &input.curve[group], NULL);
    input.tau = input.data.time[n / 2];
    measure("km.greenwood", &input, run_greenwood);
    measure("km.robust", &input, run_robust);
    measure("difference", &input, run_difference);
    measure("rmst", &input, run_rmst);
    rwe_arena_free(arena);
}

int main(void)
{
    static const size_t sizes[] = {600, 10000, 100000, 1000000};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        measure_size(sizes[s]);
    return 0;
}
