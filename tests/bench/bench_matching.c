/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Time per row of the propensity model (12 columns), of matching in each way and of the balance
 * of one covariate. bench_matching [THREADS]: threads of the logistic fit, default 2.
 */
#include "rwe/base/rng.h"
#include "rwe/stats/balance.h"
#include "rwe/stats/logistic.h"
#include "rwe/stats/match.h"

#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { COLUMNS = 12, ROUNDS = 3 };

struct cohort {
    size_t n;
    double *x;
    uint8_t *treated;
    double *score;
};

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Half the columns are 0/1, half are normal; a third of the units is treated. */
static struct cohort cohort_draw(struct rwe_arena *arena, size_t n)
{
    struct cohort c = {.n = n,
                       .x = RWE_NEW(arena, double, n *COLUMNS),
                       .treated = RWE_NEW(arena, uint8_t, n),
                       .score = RWE_NEW(arena, double, n)};
    struct rwe_rng rng;
    gsl_rng *g = rwe_rng_start(&rng, 1, RWE_RNG_TEST, n);
    for (size_t i = 0; i < n; i++) {
        c.score[i] = -0.9;
        for (size_t j = 0; j < COLUMNS; j++) {
            double x = j % 2 ? gsl_ran_ugaussian(g) : gsl_rng_uniform(g) < 0.4;
            c.x[j * n + i] = x;
            c.score[i] += (j % 3 ? -0.2 : 0.3) * x;
        }
        c.treated[i] = gsl_rng_uniform(g) < 1 / (1 + exp(-c.score[i]));
    }
    return c;
}

static enum rwe_status run_logistic(const struct cohort *c, unsigned threads,
                                    struct rwe_arena *arena)
{
    struct rwe_logistic_options options = rwe_logistic_options_default();
    struct rwe_logistic result;
    options.threads = threads;
    return rwe_logistic_fit(c->x, COLUMNS, c->treated, c->n, &options, arena, &result, NULL);
}

static const struct {
    const char *what;
    struct rwe_match_options options;
} ways[] = {
    {"match closest", {.order = RWE_MATCH_CLOSEST, .ratio = 1}},
    {"match largest", {.order = RWE_MATCH_LARGEST, .ratio = 1}},
    {"match smallest", {.order = RWE_MATCH_SMALLEST, .ratio = 1}},
    {"match random", {.order = RWE_MATCH_RANDOM, .ratio = 1}},
    {"match 2:1", {.order = RWE_MATCH_CLOSEST, .ratio = 2}},
    {"match 2:1 largest", {.order = RWE_MATCH_LARGEST, .ratio = 2}},
    {"match replace", {.ratio = 1, .replace = true}},
    {"match replace 2:1", {.ratio = 2, .replace = true}},
};

static enum rwe_status run_match(const struct cohort *c, unsigned way, struct rwe_arena *arena)
{
    struct rwe_match_options options = ways[way].options;
    struct rwe_match result;
    options.caliper = 0.2 * rwe_match_pooled_sd(c->score, c->treated, c->n);
    return rwe_match_nearest(c->score, c->treated, c->n, &options, arena, &result, NULL);
}

static enum rwe_status run_balance(const struct cohort *c, unsigned column, struct rwe_arena *arena)
{
    struct rwe_balance_data data = {
        .n = c->n, .value = c->x + column * c->n, .treated = c->treated};
    struct rwe_balance result;
    return rwe_balance_measure(&data, rwe_balance_denominator(&data), arena, &result);
}

/* Best of a few rounds. */
static void measure(const char *what,
                    enum rwe_status (*run)(const struct cohort *, unsigned, struct rwe_arena *),
                    const struct cohort *cohort, unsigned argument)
{
    double best = INFINITY;
    for (int round = 0; round < ROUNDS; round++) {
        struct rwe_arena *arena = rwe_arena_new();
        double start = seconds();
        if (arena == NULL || run(cohort, argument, arena) != RWE_OK) {
            fprintf(stderr, "%s failed\n", what);
            exit(1);
        }
        best = fmin(best, seconds() - start);
        rwe_arena_free(arena);
    }
    printf("%-18s %8zu rows %9.1f ns/row %8.4f s\n", what, cohort->n,
           1e9 * best / (double)cohort->n, best);
}

int main(int argc, char **argv)
{
    const size_t sizes[] = {600, 10000, 100000, 1000000};
    unsigned threads = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 2;
    for (size_t s = 0; s < 4; s++) {
        struct rwe_arena *arena = rwe_arena_new();
        struct cohort cohort = cohort_draw(arena, sizes[s]);
        measure("logistic", run_logistic, &cohort, threads);
        for (unsigned way = 0; way < sizeof ways / sizeof *ways; way++)
            measure(ways[way].what, run_match, &cohort, way);
        measure("balance", run_balance, &cohort, 1);
        rwe_arena_free(arena);
    }
    return 0;
}
