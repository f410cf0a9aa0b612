/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Seconds of matching on a robust Mahalanobis distance of six covariates: optimal pairs, 2:1, full and
 * greedy, without a caliper and within 0.2 SD of the score; and of full matching on the score alone.
 */
#include "rwe/base/rng.h"
#include "rwe/stats/mahalanobis.h"
#include "rwe/stats/match_flow.h"

#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { COLUMNS = 6 };

struct cohort {
    struct rwe_match_units units;
    struct rwe_mahalanobis map;
};

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void check(const char *what, enum rwe_status status)
{
    if (status == RWE_OK)
        return;
    fprintf(stderr, "%s failed\n", what);
    exit(1);
}

/* Half the columns are 0/1, half are normal; 40 % of the units are treated. */
static void draw(struct cohort *c, struct rwe_arena *arena, size_t n)
{
    double *x = RWE_NEW(arena, double, n *COLUMNS), *score = RWE_NEW(arena, double, n);
    uint8_t *treated = RWE_NEW(arena, uint8_t, n);
    struct rwe_rng rng;
    gsl_rng *g = rwe_rng_start(&rng, 1, RWE_RNG_TEST, n);
    for (size_t i = 0; i < n; i++) {
        score[i] = -0.4;
        for (size_t j = 0; j < COLUMNS; j++) {
            x[j * n + i] = j % 2 ? gsl_ran_ugaussian(g) : gsl_rng_uniform(g) < 0.4;
            score[i] += (j % 3 ? -0.3 : 0.4) * x[j * n + i];
        }
        treated[i] = gsl_rng_uniform(g) < 1 / (1 + exp(-score[i]));
    }
    check("the map",
          rwe_mahalanobis_map(x, COLUMNS, treated, n, RWE_MAHALANOBIS_RANKS, arena, &c->map, NULL));
    c->units = (struct rwe_match_units){n, treated, score, rwe_mahalanobis_distance, &c->map};
}

enum way { OPTIMAL, FULL, NEAREST, FULL_SCORE };

static void measure(const char *what, enum way way, const struct cohort *cohort,
                    const struct rwe_match_options *options)
{
    const struct rwe_match_units *u = &cohort->units;
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_match match = {0};
    double start = seconds();
    if (way == OPTIMAL)
        check(what, rwe_match_optimal_distance(u, options, arena, &match, NULL));
    else if (way == FULL)
        check(what, rwe_match_full_distance(u, options, NULL, arena, &match, NULL));
    else if (way == NEAREST)
        check(what, rwe_match_nearest_distance(u, options, arena, &match, NULL));
    else
        check(what, rwe_match_full(u->score, u->treated, u->n, options, arena, &match, NULL));
    printf("%-18s %8zu rows  caliper %6.3f  %8.4f s  %zu sets\n", what, u->n, options->caliper,
           seconds() - start, match.n_sets);
    rwe_arena_free(arena);
}

static void measure_distances(size_t n, bool with_caliper)
{
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort;
    draw(&cohort, arena, n);
    struct rwe_match_options options = rwe_match_options_default();
    if (with_caliper)
        options.caliper = 0.2 * rwe_match_pooled_sd(cohort.units.score, cohort.units.treated, n);
    measure("optimal pairs", OPTIMAL, &cohort, &options);
    options.ratio = 2;
    measure("optimal 2:1", OPTIMAL, &cohort, &options);
    options.ratio = 1;
    measure("full", FULL, &cohort, &options);
    measure("greedy closest", NEAREST, &cohort, &options);
    options.order = RWE_MATCH_LARGEST;
    measure("greedy largest", NEAREST, &cohort, &options);
    rwe_arena_free(arena);
}

static void measure_score(size_t n)
{
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort;
    draw(&cohort, arena, n);
    struct rwe_match_options options = rwe_match_options_default();
    measure("full on score", FULL_SCORE, &cohort, &options);
    options.caliper = 0.2 * rwe_match_pooled_sd(cohort.units.score, cohort.units.treated, n);
    measure("full on score", FULL_SCORE, &cohort, &options);
    rwe_arena_free(arena);
}

int main(void)
{
    const size_t sizes[] = {600, 2000, 5000}, large[] = {10000, 100000, 1000000};
    for (size_t s = 0; s < 3; s++) {
        measure_distances(sizes[s], false);
        measure_distances(sizes[s], true);
    }
    for (size_t s = 0; s < 3; s++)
        measure_score(large[s]);
    return 0;
}
