/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Nanoseconds a row of every survival kernel, on one thread.
 *
 *   bench_survival FOLDER ROWS...
 *
 * Prints name,rows,nanoseconds: medians of several runs. "table+" builds the event table too. Each
 * data set is also left in FOLDER as ROWS.bin, which bench_survival.R reads: 15 columns of doubles,
 * in ascending time: time, cause (0: censored), arm, weight, pair, 10 covariates.
 *
 * Times are multiples of a thirtieth, so that there are ties; a third is censored; a pair's members
 * are strangers. The sort by time, once an endpoint, is not in these figures: R gets sorted rows too.
 */
#include "check.h"
#include "competing.h"
#include "rwe/stats/aalen_johansen.h"
#include "rwe/stats/cox.h"
#include "rwe/stats/fine_gray.h"
#include "rwe/stats/gray.h"
#include "rwe/stats/logrank.h"
#include "rwe/stats/ph.h"
#include "rwe/stats/rmst.h"

#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { P = 10, FEWEST_RUNS = 5, MOST_RUNS = 51 };
static const double ENOUGH_SECONDS = 0.3;

/* One data set as the kernels want it: any event is one; by cause; with weights and pairs; with late
 * entry. And what some of them take from others. */
struct input {
    struct rwe_survival_data plain, competing, weighted, late;
    const double *x;
    struct rwe_cox cox;
    double tau; /* a time that three quarters of the rows have reached by their end */
};

typedef enum rwe_status kernel(const struct input *input, struct rwe_arena *arena);

static enum rwe_status curves(const struct rwe_survival_data *data, bool robust,
                              struct rwe_arena *arena)
{
    struct rwe_event_table table;
    struct rwe_km_curve curve;
    struct rwe_km_options options = rwe_km_options_default();
    enum rwe_status status = rwe_event_table_build(data, arena, &table, NULL);
    for (size_t group = 0; group < 2 && status == RWE_OK; group++)
        status = robust ? rwe_km_fit_robust(data, &table, group, &options, arena, &curve, NULL)
                        : rwe_km_fit(&table, group, &options, arena, &curve, NULL);
    return status;
}

static enum rwe_status run_km(const struct input *input, struct rwe_arena *arena)
{
    return curves(&input->plain, false, arena);
}

static enum rwe_status run_km_robust(const struct input *input, struct rwe_arena *arena)
{
    return curves(&input->weighted, true, arena);
}

static enum rwe_status run_logrank(const struct input *input, struct rwe_arena *arena)
{
    struct rwe_event_table table;
    struct rwe_logrank result;
    enum rwe_status status = rwe_event_table_build(&input->plain, arena, &table, NULL);
    return status == RWE_OK ? rwe_logrank_test(&table, arena, &result, NULL) : status;
}

static enum rwe_status run_rmst(const struct input *input, struct rwe_arena *arena)
{
    const struct rwe_rmst_request request = {RWE_RMST_DIFFERENCE, 0, 1};
    const struct rwe_rmst_options options = {input->tau, 0.95};
    struct rwe_event_table table;
    struct rwe_rmst_comparison result;
    enum rwe_status status = rwe_event_table_build(&input->plain, arena, &table, NULL);
    return status == RWE_OK
               ? rwe_rmst_compare(&input->plain, &table, &request, &options, arena, &result, NULL)
               : status;
}

static enum rwe_status cox(const struct rwe_survival_data *data, const double x[], bool robust,
                           struct rwe_arena *arena)
{
    struct rwe_cox_options options = rwe_cox_options_default();
    struct rwe_cox result;
    options.robust = robust;
    return rwe_cox_fit(data, x, P, &options, arena, &result, NULL);
}

static enum rwe_status run_cox(const struct input *input, struct rwe_arena *arena)
{
    return cox(&input->plain, input->x, false, arena);
}

static enum rwe_status run_cox_robust(const struct input *input, struct rwe_arena *arena)
{
    return cox(&input->weighted, input->x, true, arena);
}

static enum rwe_status run_cox_late(const struct input *input, struct rwe_arena *arena)
{
    return cox(&input->late, input->x, false, arena);
}

static enum rwe_status run_ph(const struct input *input, struct rwe_arena *arena)
{
    static const uint32_t term[P] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
    const struct rwe_ph_model model = {input->x, P, input->cox.estimate, term, P};
    struct rwe_ph_options options = rwe_ph_options_default();
    struct rwe_ph result;
    return rwe_ph_test(&input->plain, &model, &options, arena, &result, NULL);
}

static enum rwe_status incidence(const struct input *input, bool robust, struct rwe_arena *arena)
{
    const struct rwe_survival_data *data = &input->competing;
    struct rwe_event_table table;
    struct rwe_aalen_johansen curve;
    enum rwe_status status = rwe_event_table_build(data, arena, &table, NULL);
    for (size_t group = 0; group < 2 && status == RWE_OK; group++) {
        status = rwe_aalen_johansen_fit(&table, group, 0.95, arena, &curve, NULL);
        if (robust && status == RWE_OK)
            status = rwe_aalen_johansen_robust(data, arena, &curve, NULL);
    }
    return status;
}

static enum rwe_status run_incidence(const struct input *input, struct rwe_arena *arena)
{
    return incidence(input, false, arena);
}

static enum rwe_status run_incidence_robust(const struct input *input, struct rwe_arena *arena)
{
    return incidence(input, true, arena);
}

static enum rwe_status run_gray(const struct input *input, struct rwe_arena *arena)
{
    struct rwe_event_table table;
    struct rwe_gray result;
    enum rwe_status status = rwe_event_table_build(&input->competing, arena, &table, NULL);
    return status == RWE_OK ? rwe_gray_test(&table, 1, 0, arena, &result, NULL) : status;
}

static enum rwe_status run_fine_gray_1(const struct input *input, struct rwe_arena *arena)
{
    struct rwe_fine_gray_options options = rwe_fine_gray_options_default();
    struct rwe_fine_gray result;
    return rwe_fine_gray_fit(&input->competing, input->x, 1, &options, arena, &result, NULL);
}

static enum rwe_status run_fine_gray(const struct input *input, struct rwe_arena *arena)
{
    struct rwe_fine_gray_options options = rwe_fine_gray_options_default();
    struct rwe_fine_gray result;
    return rwe_fine_gray_fit(&input->competing, input->x, P, &options, arena, &result, NULL);
}

static const struct {
    const char *name;
    kernel *run;
} kernels[] = {
    {"table+km", run_km},
    {"table+km.robust", run_km_robust},
    {"table+logrank", run_logrank},
    {"table+rmst", run_rmst},
    {"cox.10", run_cox},
    {"cox.10.robust", run_cox_robust},
    {"cox.10.entry", run_cox_late},
    {"ph.10", run_ph},
    {"table+cuminc", run_incidence},
    {"table+cuminc.robust", run_incidence_robust},
    {"table+gray", run_gray},
    {"finegray.1", run_fine_gray_1},
    {"finegray.10", run_fine_gray},
};

/* ---- the clock ---- */

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void must(enum rwe_status status, const char *what)
{
    if (status == RWE_OK)
        return;
    fprintf(stderr, "bench_survival: %s failed\n", what);
    exit(1);
}

/* The median of several runs, the first of which is not counted. */
static double measure(const char *name, kernel *run, const struct input *input)
{
    struct rwe_arena *arena = rwe_arena_new();
    double taken[MOST_RUNS], total = 0;
    size_t n = 0;
    for (int warm = 0; n < FEWEST_RUNS || (n < MOST_RUNS && total < ENOUGH_SECONDS); warm = 1) {
        struct rwe_mark mark = rwe_arena_mark(arena);
        double start = seconds();
        must(run(input, arena), name);
        taken[n] = seconds() - start;
        total += taken[n];
        n += warm;
        rwe_arena_release(arena, mark);
    }
    rwe_arena_free(arena);
    gsl_sort(taken, 1, n);
    return gsl_stats_median_from_sorted_data(taken, 1, n);
}

/* ---- the data ---- */

static struct input input_new(size_t n, struct rwe_arena *arena)
{
    struct input input = {0};
    struct cohort cohort = competing_random(arena, n, P, 1. / 30, 1);
    cohort.weight = RWE_NEW(arena, double, n);
    cohort.cluster = RWE_NEW(arena, uint32_t, n);
    for (size_t i = 0; i < n; i++) {
        cohort.weight[i] = 0.5 + (double)(i % 7) / 4;
        cohort.cluster[i] = (uint32_t)(i / 2);
    }
    input.weighted = input.competing = competing_sort(&cohort, arena);
    input.x = cohort.x;
    uint8_t *event = RWE_NEW(arena, uint8_t, n);
    double *entry = RWE_NEW(arena, double, n);
    for (size_t i = 0; i < n; i++) {
        event[i] = input.competing.event[i] > 0;
        entry[i] = input.competing.time[i] * (double)(i % 5) / 10;
    }
    input.competing.weight = NULL;
    input.competing.cluster = NULL;
    input.weighted.event = event;
    input.weighted.n_causes = 1;
    input.plain = input.weighted;
    input.plain.weight = NULL;
    input.plain.cluster = NULL;
    input.late = input.plain;
    input.late.entry = entry;
    input.tau = input.plain.time[n / 4 * 3];
    struct rwe_cox_options options = rwe_cox_options_default();
    must(rwe_cox_fit(&input.plain, input.x, P, &options, arena, &input.cox, NULL), "cox");
    return input;
}

static void write_doubles(const double column[], size_t n, FILE *file)
{
    if (fwrite(column, sizeof column[0], n, file) != n)
        must(RWE_NO_MEMORY, "writing the data");
}

static void write_data(const struct input *input, const char *folder, struct rwe_arena *arena)
{
    const struct rwe_survival_data *data = &input->weighted;
    size_t n = data->n;
    double *code[3];
    for (size_t c = 0; c < 3; c++)
        code[c] = RWE_NEW(arena, double, n);
    for (size_t i = 0; i < n; i++) {
        code[0][i] = input->competing.event[i];
        code[1][i] = data->group[i];
        code[2][i] = data->cluster[i];
    }
    FILE *file = fopen(rwe_arena_format(arena, "%s/%zu.bin", folder, n), "wb");
    must(file == NULL ? RWE_NO_MEMORY : RWE_OK, "opening the data's file");
    write_doubles(data->time, n, file);
    write_doubles(code[0], n, file);
    write_doubles(code[1], n, file);
    write_doubles(data->weight, n, file);
    write_doubles(code[2], n, file);
    write_doubles(input->x, P * n, file);
    must(fclose(file) == 0 ? RWE_OK : RWE_NO_MEMORY, "closing the data's file");
}

int main(int argc, char **argv)
{
    for (int a = 2; a < argc; a++) {
        struct rwe_arena *arena = rwe_arena_new();
        struct input input = input_new((size_t)strtod(argv[a], NULL), arena);
        write_data(&input, argv[1], arena);
        for (size_t k = 0; k < sizeof kernels / sizeof kernels[0]; k++) {
            double taken = measure(kernels[k].name, kernels[k].run, &input);
            printf("%s,%zu,%.1f\n", kernels[k].name, input.plain.n,
                   1e9 * taken / (double)input.plain.n);
            fflush(stdout);
        }
        rwe_arena_free(arena);
    }
    return 0;
}
