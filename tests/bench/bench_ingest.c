/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * How fast a large file becomes columns of numbers, and in how much memory.
 *
 *   bench_ingest write FILE [ROWS]   writes 14 numeric columns, about 60 bytes a row
 *   bench_ingest read FILE [TIMES]   reads it, all columns to numbers; best of TIMES
 *
 * bench_ingest.R reads the same file by data.table's fread on one thread.
 */
#include "rwe/base/rng.h"
#include "rwe/data/table.h"

#include <gsl/gsl_randist.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static int write_file(const char *path, size_t rows)
{
    struct rwe_rng place;
    gsl_rng *rng = rwe_rng_start(&place, 1, RWE_RNG_TEST, 0);
    FILE *file = fopen(path, "w");
    if (file == NULL)
        return 1;
    fprintf(file, "id,arm,os,os_event,pfs,pfs_event,age,sex,ecog,stage,ldh,ebv_dna,bmi,site\n");
    for (size_t i = 0; i < rows; i++) {
        double os = gsl_ran_exponential(rng, 36);
        fprintf(file, "%zu,%d,%.1f,%d,%.1f,%d,%d,%d,%d,%d,%.2f,%.3f,%.1f,%d\n", i + 1,
                gsl_rng_uniform(rng) < 0.5, os, gsl_rng_uniform(rng) < 0.6,
                os * gsl_rng_uniform(rng), gsl_rng_uniform(rng) < 0.8,
                20 + (int)(60 * gsl_rng_uniform(rng)), gsl_rng_uniform(rng) < 0.7,
                (int)(3 * gsl_rng_uniform(rng)), 1 + (int)(4 * gsl_rng_uniform(rng)),
                gsl_ran_lognormal(rng, 5.3, 0.4), gsl_ran_lognormal(rng, 7, 2),
                gsl_ran_gaussian(rng, 3.5) + 22, 1 + (int)(99 * gsl_rng_uniform(rng)));
    }
    return fclose(file);
}

/* Reads the file once; prints its times, and returns the sum of them or a negative number. */
static double read_once(const char *path)
{
    struct rwe_table_options options = rwe_table_options_default();
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_complaints complaints = {.arena = arena};
    struct rwe_error error = {0};
    struct rwe_table *table;
    double start = seconds();
    if (rwe_table_read(path, &options, arena, &table, &complaints, &error) != RWE_OK) {
        fprintf(stderr, "%s\n", error.message);
        rwe_arena_free(arena);
        return -1;
    }
    double split = seconds();
    double check = 0;
    size_t rows = rwe_table_rows(table);
    size_t columns = rwe_table_columns(table);
    for (size_t j = 0; j < columns; j++) {
        double *x = RWE_NEW(arena, double, rows);
        if (x == NULL || rwe_table_numbers(table, j, x, &complaints) != RWE_OK)
            return -1;
        rwe_table_drop(table, j);
        check += x[rows / 2];
    }
    double end = seconds();
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("%zu x %zu: split %.3f s, numbers %.3f s, sum %.3f s; peak %.2f bytes a cell (%zu "
           "complaints, check %g)\n",
           rows, columns, split - start, end - split, end - start,
           (double)usage.ru_maxrss * 1024 / (double)(rows * columns), complaints.n, check);
    rwe_table_close(table);
    rwe_arena_free(arena);
    return end - start;
}

int main(int argc, char **argv)
{
    if (argc >= 3 && strcmp(argv[1], "write") == 0)
        return write_file(argv[2], argc > 3 ? strtoul(argv[3], NULL, 10) : 1000000);
    if (argc < 3 || strcmp(argv[1], "read") != 0) {
        fprintf(stderr, "usage: bench_ingest write FILE [ROWS] | read FILE [TIMES]\n");
        return 2;
    }
    int times = argc > 3 ? atoi(argv[3]) : 5;
    double best = -1;
    for (int i = 0; i < times; i++) {
        double time = read_once(argv[2]);
        if (time < 0)
            return 1;
        best = best < 0 || time < best ? time : best;
    }
    printf("best of %d: %.3f s\n", times, best);
    return 0;
}
