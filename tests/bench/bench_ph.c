/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Nanoseconds a row of the test of proportional hazards with 10 covariates (g: Kaplan–Meier),
 * model-based, robust, and with late entry, at an estimate that is given. From the root of the
 * repository:
 *
 *   make build/release/tests/bench/bench_ph && build/release/tests/bench/bench_ph
 *   Rscript tests/bench/bench_ph.R      (the same shape of data through cox.zph)
 *
 * Times are multiples of a thirtieth, so that there are ties; a third is censored. Each figure is
 * the best of several runs; writing comes out as name,rows,nanoseconds.
 */
#include "check.h"
#include "cohort.h"
#include "rwe/stats/ph.h"

#include <stdio.h>
#include <time.h>

enum { P = 10 };

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void measure(const char *name, const struct rwe_survival_data *data,
                    const struct rwe_ph_model *model, bool robust)
{
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_ph_options options = rwe_ph_options_default();
    struct rwe_error error = {0};
    struct rwe_ph ph;
    int repeats = data->n <= 10000 ? 50 : 4;
    double best = 1e9;
    options.robust = robust;
    for (int r = 0; r < repeats; r++) {
        struct rwe_mark mark = rwe_arena_mark(arena);
        double start = seconds();
        if (rwe_ph_test(data, model, &options, arena, &ph, &error) != RWE_OK)
            printf("# %s\n", error.message);
        double taken = seconds() - start;
        rwe_arena_release(arena, mark);
        best = taken < best ? taken : best;
    }
    printf("%s,%zu,%.1f\n", name, data->n, 1e9 * best / (double)data->n);
    rwe_arena_free(arena);
}

/* Entries at a share of the time. */
static double *entries(const struct rwe_survival_data *data, struct rwe_arena *arena)
{
    double *entry = RWE_NEW(arena, double, data->n);
    for (size_t i = 0; i < data->n; i++)
        entry[i] = data->time[i] * (double)(i % 5) / 10;
    return entry;
}

int main(void)
{
    static const size_t sizes[] = {10000, 100000, 1000000};
    static const uint32_t term[P] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        struct rwe_arena *arena = rwe_arena_new();
        struct cohort cohort = cohort_random(arena, sizes[s], P, 1. / 30, 1);
        struct rwe_survival_data data = cohort_sort(&cohort, arena);
        struct rwe_cox_options options = rwe_cox_options_default();
        struct rwe_error error = {0};
        struct rwe_cox fit;
        if (rwe_cox_fit(&data, cohort.x, P, &options, arena, &fit, &error) != RWE_OK)
            return 1;
        struct rwe_ph_model model = {cohort.x, P, fit.estimate, term, P};
        measure("ph.10", &data, &model, false);
        measure("ph.10.robust", &data, &model, true);
        data.entry = entries(&data, arena);
        measure("ph.10.entry", &data, &model, false);
        rwe_arena_free(arena);
    }
    return 0;
}
