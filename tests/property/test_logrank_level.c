/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tests of the log-rank family reject true hypotheses as often as they say: 5 % of the time,
 * within 4 standard errors of the simulation. Seeded. */
#include "check.h"
#include "cohort.h"
#include "rwe/stats/maxcombo.h"
#include "rwe/stats/permutation.h"

#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdbool.h>

/* 200 pairs whose members share a frailty, or 400 subjects of their own; the arms do not differ. */
static struct cohort draw(struct rwe_arena *arena, bool shared, uint64_t replicate)
{
    enum { N = 400 };
    struct rwe_rng place;
    gsl_rng *rng = rwe_rng_start(&place, 99, RWE_RNG_TEST, replicate);
    struct cohort cohort = cohort_new(arena, N, 0);
    cohort.group = RWE_NEW(arena, uint32_t, N);
    cohort.cluster = RWE_NEW(arena, uint32_t, N);
    double hazard = 1;
    for (size_t i = 0; i < N; i++) {
        if (shared && i % 2 == 0)
            hazard = gsl_ran_gamma(rng, 2, 0.5);
        double failure = gsl_ran_exponential(rng, 1 / hazard);
        double censoring = gsl_ran_exponential(rng, 2);
        cohort.time[i] = fmin(failure, censoring);
        cohort.event[i] = failure < censoring;
        cohort.group[i] = i % 2;
        cohort.cluster[i] = (uint32_t)(i / 2);
    }
    return cohort;
}

struct drawn {
    struct rwe_survival_data data;
    struct rwe_event_table table;
};

static double p_plain(const struct drawn *drawn, struct rwe_arena *arena)
{
    struct rwe_logrank result;
    assert_int_equal(rwe_logrank_test(&drawn->table, arena, &result, NULL), RWE_OK);
    return result.p_value;
}

static double p_robust(const struct drawn *drawn, struct rwe_arena *arena)
{
    struct rwe_logrank result;
    assert_int_equal(rwe_logrank_robust(&drawn->data, &drawn->table, (struct rwe_logrank_weight){0},
                                        arena, &result, NULL),
                     RWE_OK);
    return result.p_value;
}

static double p_maxcombo(const struct drawn *drawn, struct rwe_arena *arena)
{
    (void)arena;
    struct rwe_maxcombo result;
    assert_int_equal(rwe_maxcombo_test(&drawn->table, rwe_maxcombo_weights, 4, &result, NULL),
                     RWE_OK);
    return result.p_value;
}

static double p_flipped(const struct drawn *drawn, struct rwe_arena *arena)
{
    const struct rwe_survival_data *data = &drawn->data;
    double *score = RWE_NEW(arena, double, data->n);
    struct rwe_permutation result;
    const struct rwe_permutation_options options = {.n_replicates = 199, .seed = 1, .threads = 1};
    const struct rwe_permutation_data pairs = {data->n, score,         data->group,
                                               2,       data->cluster, data->n_clusters};
    assert_int_equal(
        rwe_logrank_scores(data, &drawn->table, (struct rwe_logrank_weight){0}, arena, score, NULL),
        RWE_OK);
    assert_int_equal(rwe_permutation_test(&pairs, &options, arena, &result, NULL), RWE_OK);
    return result.p_value;
}

/* How often p <= 0.05. */
static double level(double (*p)(const struct drawn *, struct rwe_arena *), bool shared,
                    size_t n_replicates)
{
    size_t rejected = 0;
    for (size_t r = 0; r < n_replicates; r++) {
        struct rwe_arena *arena = rwe_arena_new();
        struct cohort cohort = draw(arena, shared, r);
        struct drawn drawn = {.data = cohort_sort(&cohort, arena)};
        assert_int_equal(rwe_event_table_build(&drawn.data, arena, &drawn.table, NULL), RWE_OK);
        rejected += p(&drawn, arena) <= 0.05;
        rwe_arena_free(arena);
    }
    return (double)rejected / (double)n_replicates;
}

static void assert_five_percent(double share, size_t n_replicates)
{
    double off = 4 * sqrt(0.05 * 0.95 / (double)n_replicates);
    if (fabs(share - 0.05) > off)
        fail_msg("rejected %.4f of %zu", share, n_replicates);
}

static void patients_of_their_own_are_judged_at_five_percent(void **state)
{
    (void)state;
    assert_five_percent(level(p_plain, false, 4000), 4000);
    /* The robust variance is a little small in small samples: 160 subjects make it 5.7 %. */
    assert_five_percent(level(p_robust, false, 4000), 4000);
    assert_five_percent(level(p_maxcombo, false, 1000), 1000);
}

static void correlated_pairs_are_judged_at_five_percent_but_by_the_plain_test(void **state)
{
    (void)state;
    assert_five_percent(level(p_robust, true, 4000), 4000);
    assert_five_percent(level(p_flipped, true, 2000), 2000);
    /* It takes partners for strangers: pairs that balance each other look like chance. */
    assert_true(level(p_plain, true, 4000) < 0.035);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patients_of_their_own_are_judged_at_five_percent),
        cmocka_unit_test(correlated_pairs_are_judged_at_five_percent_but_by_the_plain_test),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
