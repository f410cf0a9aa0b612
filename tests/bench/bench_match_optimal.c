/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Seconds of optimal matching on a score beside those of greedy matching (closest first) and of the
 * network flow on the same units, in the same run: normal scores, those of the treated larger by half an
 * SD; several shares of treated units and calipers in SD. The flow, which serves any distance, refuses more
 * than RWE_MATCH_PAIRS_MOST admissible pairs. The last columns compare what the first two find; the
 * flow must find as many pairs as near as the optimal ones.
 */
#include "rwe/base/rng.h"
#include "rwe/stats/match_flow.h"
#include "rwe/stats/match_optimal.h"

#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS = 3 };

typedef enum rwe_status matcher(const double[], const uint8_t[], size_t,
                                const struct rwe_match_options *, struct rwe_arena *,
                                struct rwe_match *, struct rwe_error *);

struct cohort {
    size_t n;
    double *score;
    uint8_t *treated;
    struct rwe_match_options options;
};

struct outcome {
    double seconds;
    size_t n_pairs;
    double mean_distance;
};

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static struct cohort cohort_draw(struct rwe_arena *arena, size_t n, double share, double shift)
{
    struct cohort c = {.n = n,
                       .score = RWE_NEW(arena, double, n),
                       .treated = RWE_NEW(arena, uint8_t, n),
                       .options = rwe_match_options_default()};
    struct rwe_rng rng;
    gsl_rng *g = rwe_rng_start(&rng, 1, RWE_RNG_TEST, n);
    for (size_t i = 0; i < n; i++) {
        c.treated[i] = gsl_rng_uniform(g) < share;
        c.score[i] = gsl_ran_ugaussian(g) + (c.treated[i] ? shift : 0);
    }
    return c;
}

static double score_distance(const void *score, size_t a, size_t b)
{
    const double *s = score;
    return fabs(s[a] - s[b]);
}

static enum rwe_status match_by_flow(const double score[], const uint8_t treated[], size_t n,
                                     const struct rwe_match_options *options,
                                     struct rwe_arena *arena, struct rwe_match *result,
                                     struct rwe_error *error)
{
    const struct rwe_match_units units = {n, treated, score, score_distance, score};
    return rwe_match_optimal_distance(&units, options, arena, result, error);
}

/* Best of some rounds; seconds are NaN where the matcher refuses so many pairs. */
static struct outcome measure(const struct cohort *c, matcher *match, int rounds)
{
    struct outcome outcome = {.seconds = INFINITY};
    for (int round = 0; round < rounds; round++) {
        struct rwe_arena *arena = rwe_arena_new();
        struct rwe_match result;
        double start = now();
        enum rwe_status status =
            arena == NULL ? RWE_NO_MEMORY
                          : match(c->score, c->treated, c->n, &c->options, arena, &result, NULL);
        if (status == RWE_BAD_INPUT && match == match_by_flow) {
            rwe_arena_free(arena);
            return (struct outcome){.seconds = NAN};
        }
        if (status != RWE_OK) {
            fprintf(stderr, "matching failed\n");
            exit(1);
        }
        outcome.seconds = fmin(outcome.seconds, now() - start);
        outcome.n_pairs = result.n_sets;
        outcome.mean_distance = result.distance_total / (double)result.n_sets;
        rwe_arena_free(arena);
    }
    return outcome;
}

static void check_flow(const struct outcome *flow, const struct outcome *optimal)
{
    if (isnan(flow->seconds))
        return;
    if (flow->n_pairs == optimal->n_pairs &&
        fabs(flow->mean_distance - optimal->mean_distance) <= 1e-8 * optimal->mean_distance)
        return;
    fprintf(stderr, "the flow and the line differ\n");
    exit(1);
}

int main(void)
{
    const size_t sizes[] = {2000, 10000, 100000, 1000000};
    const struct {
        double share, shift, caliper;
    } designs[] = {{0.3, 0.5, 0.2},   {0.5, 0.5, 0.2},    {0.05, 0.5, 0.2},    {0.5, 0, 0.2},
                   {0.5, 0.5, 0.002}, {0.5, 0, INFINITY}, {0.5, 0.5, INFINITY}};
    printf("    rows treated shift caliper  greedy s optimal s ratio   flow s  greedy pairs"
           "  optimal pairs  mean distance\n");
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (size_t d = 0; d < sizeof designs / sizeof *designs; d++) {
            struct rwe_arena *arena = rwe_arena_new();
            struct cohort c = cohort_draw(arena, sizes[s], designs[d].share, designs[d].shift);
            c.options.caliper = designs[d].caliper;
            struct outcome greedy = measure(&c, rwe_match_nearest, ROUNDS);
            struct outcome optimal = measure(&c, rwe_match_optimal, ROUNDS);
            struct outcome flow = measure(&c, match_by_flow, 1);
            check_flow(&flow, &optimal);
            printf("%8zu %7.2f %5.1f %7.2g %9.4f %9.4f %5.1f %8.4f %13zu %14zu %.6f %.6f\n", c.n,
                   designs[d].share, designs[d].shift, c.options.caliper, greedy.seconds,
                   optimal.seconds, optimal.seconds / greedy.seconds, flow.seconds, greedy.n_pairs,
                   optimal.n_pairs, greedy.mean_distance, optimal.mean_distance);
            fflush(stdout);
            rwe_arena_free(arena);
        }
    return 0;
}
