/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ways of replicates: from the estimate of like data, to the estimate alone. */
#include "check.h"
#include "cohort.h"
#include "rwe/base/rng.h"
#include "rwe/stats/cox.h"
#include "rwe/stats/cox_two_groups.h"

#include <math.h>
#include <string.h>

enum { P = 4 };

/* Follow-ups cut into pieces that differ in weight, in strata, tied, drawn at random. */
struct pieces {
    struct rwe_survival_data data;
    double *x;
};

static int set_up(void **state)
{
    *state = rwe_arena_new();
    return 0;
}

static int tear_down(void **state)
{
    rwe_arena_free(*state);
    return 0;
}

/* Each of n subjects in two pieces, cut at 3 if later than that; the second half of time goes on. */
static struct pieces draw(size_t n, size_t n_strata, uint64_t seed, struct rwe_arena *arena)
{
    struct rwe_rng rng;
    gsl_rng *r = rwe_rng_start(&rng, seed, RWE_RNG_TEST, 1);
    struct cohort whole = cohort_random(arena, n, P, 0.5, seed);
    struct cohort cut = cohort_new(arena, 2 * n, P);
    cut.group = RWE_NEW(arena, uint32_t, 2 * n);
    cut.stratum = RWE_NEW(arena, uint32_t, 2 * n);
    cut.cluster = RWE_NEW(arena, uint32_t, 2 * n);
    cut.weight = RWE_NEW(arena, double, 2 * n);
    const double at = 3;
    size_t m = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t stratum = (uint32_t)gsl_rng_uniform_int(r, n_strata);
        for (int second = 0; second < 2; second++) {
            if (second && whole.time[i] <= at)
                continue;
            bool ends = second || whole.time[i] <= at;
            cut.time[m] = ends ? whole.time[i] : at;
            cut.event[m] = ends ? whole.event[i] : 0;
            cut.group[m] = whole.group[i];
            cut.stratum[m] = stratum;
            cut.cluster[m] = i;
            cut.weight[m] = 0.5 + gsl_rng_uniform(r);
            for (size_t j = 0; j < P; j++)
                cut.x[j * cut.n + m] = whole.x[j * n + i];
            m++;
        }
    }
    uint8_t *keep = RWE_NEW(arena, uint8_t, 2 * n);
    memset(keep, 1, m);
    struct cohort kept = cohort_subset(&cut, keep, arena);
    struct pieces pieces = {.data = cohort_sort(&kept, arena), .x = kept.x};
    double *entry = RWE_NEW(arena, double, m);
    uint8_t *seen = RWE_NEW(arena, uint8_t, n);
    for (size_t k = 0; k < m; k++) {
        uint32_t i = pieces.data.cluster[k];
        entry[k] = seen[i]++ ? at : 0;
    }
    pieces.data.entry = entry;
    pieces.data.subject = pieces.data.cluster;
    pieces.data.n_subjects = n;
    return pieces;
}

static struct rwe_cox fit(const struct pieces *of, size_t p, const struct rwe_cox_options *options,
                          struct rwe_arena *arena)
{
    struct rwe_error error = {0};
    struct rwe_cox cox;
    if (rwe_cox_fit(&of->data, of->x, p, options, arena, &cox, &error) != RWE_OK)
        fail_msg("%s", error.message);
    return cox;
}

/* The estimate of other draws, which is as far off as that of the data is from a replicate's. */
static void check_near(const struct pieces *of, enum rwe_cox_ties ties, uint64_t seed,
                       struct rwe_arena *arena)
{
    struct rwe_cox_options options = rwe_cox_options_default();
    struct pieces other = draw(300, 3, seed + 100, arena);
    options.ties = ties;
    struct rwe_cox expected = fit(of, P, &options, arena);
    struct rwe_cox start = fit(&other, P, &options, arena);
    options.estimate_only = true;
    options.start = start.estimate;
    struct rwe_cox near = fit(of, P, &options, arena);
    assert_true(near.converged);
    assert_nan(near.loglik); /* so it went the short way */
    for (size_t j = 0; j < P; j++) {
        double error = sqrt(expected.covariance[j * P + j]);
        assert_close((near.estimate[j] - expected.estimate[j]) / error, 0, 1e-9);
        assert_close(near.covariance[j * P + j], expected.covariance[j * P + j], 0.1);
    }
}

static void scores_lead_to_the_maximum_of_pieces_in_strata(void **state)
{
    for (uint64_t seed = 1; seed <= 5; seed++) {
        struct pieces pieces = draw(300, 3, seed, *state);
        check_near(&pieces, RWE_COX_EFRON, seed, *state);
        check_near(&pieces, RWE_COX_BRESLOW, seed, *state);
    }
}

static void scores_lead_to_the_maximum_without_entries(void **state)
{
    for (uint64_t seed = 1; seed <= 5; seed++) {
        struct pieces pieces = draw(300, 3, seed, *state);
        pieces.data.entry = NULL;
        check_near(&pieces, RWE_COX_EFRON, seed, *state);
    }
}

/* Who is in group 1 never dies, so the estimate of group is minus infinity, from wherever it is sought. */
static void an_infinite_estimate_is_told_as_without_a_start(void **state)
{
    struct rwe_cox_options options = rwe_cox_options_default();
    struct pieces pieces = draw(200, 1, 7, *state);
    const double start[P] = {-1, 0.1, 0.1, 0.1};
    double estimate = 0;
    uint8_t *event = RWE_NEW(*state, uint8_t, pieces.data.n);
    for (size_t k = 0; k < pieces.data.n; k++)
        event[k] = pieces.data.group[k] == 1 ? 0 : pieces.data.event[k];
    pieces.data.event = event;
    options.estimate_only = true;
    for (int with = 0; with < 2; with++) {
        struct rwe_cox cox;
        struct rwe_error error = {0};
        options.start = with ? start : NULL;
        assert_int_equal(rwe_cox_fit(&pieces.data, pieces.x, P, &options, *state, &cox, &error),
                         RWE_SEPARATED);
        assert_int_equal(error.index, 0);
    }
    assert_int_equal(rwe_cox_two_groups(&pieces.data, RWE_COX_EFRON, -1, *state, &estimate, NULL),
                     RWE_NOT_ESTIMABLE);
    assert_close(estimate, 0, 0);
}

/* Risks e^200 apart are not summed on one scale: the whole iteration takes over. */
static void risks_far_apart_are_left_to_the_whole_iteration(void **state)
{
    struct rwe_cox_options options = rwe_cox_options_default();
    struct pieces pieces = draw(200, 1, 8, *state);
    struct rwe_cox expected = fit(&pieces, P, &options, *state);
    const double start[P] = {200, 0, 0, 0};
    options.estimate_only = true;
    options.start = start;
    struct rwe_cox cox = fit(&pieces, P, &options, *state);
    for (size_t j = 0; j < P; j++)
        assert_close(cox.estimate[j], expected.estimate[j], 1e-10);
}

/* ---- two groups ---- */

static void two_groups_have_the_estimate_of_their_indicator(void **state)
{
    const enum rwe_cox_ties ties[] = {RWE_COX_EFRON, RWE_COX_BRESLOW};
    for (uint64_t seed = 1; seed <= 5; seed++)
        for (size_t t = 0; t < 2; t++) {
            struct rwe_cox_options options = rwe_cox_options_default();
            struct pieces pieces = draw(300, 3, seed, *state);
            double estimate = NAN;
            options.ties = ties[t];
            struct rwe_cox expected = fit(&pieces, 1, &options, *state); /* x is the group */
            assert_int_equal(rwe_cox_two_groups(&pieces.data, ties[t], expected.estimate[0] + 0.2,
                                                *state, &estimate, NULL),
                             RWE_OK);
            assert_close(estimate, expected.estimate[0], 1e-11);
        }
}

/* Group 0 has left when group 1 comes under observation. */
static void groups_that_never_meet_have_no_estimate(void **state)
{
    const double time[] = {1, 2, 3, 4}, entry[] = {0, 0, 2.5, 2.5};
    const uint8_t event[] = {1, 1, 1, 1};
    const uint32_t group[] = {0, 0, 1, 1};
    const struct rwe_survival_data data = {.n = 4,
                                           .entry = entry,
                                           .time = time,
                                           .event = event,
                                           .n_causes = 1,
                                           .group = group,
                                           .n_groups = 2,
                                           .n_strata = 1};
    double estimate;
    assert_int_equal(rwe_cox_two_groups(&data, RWE_COX_EFRON, 0.5, *state, &estimate, NULL),
                     RWE_NOT_ESTIMABLE);
}

static void two_groups_refuse_what_they_cannot_take(void **state)
{
    struct pieces pieces = draw(50, 1, 9, *state);
    double estimate;
    assert_int_equal(rwe_cox_two_groups(&pieces.data, RWE_COX_EXACT, 0, *state, &estimate, NULL),
                     RWE_BAD_INPUT);
    assert_int_equal(rwe_cox_two_groups(&pieces.data, RWE_COX_EFRON, NAN, *state, &estimate, NULL),
                     RWE_BAD_INPUT);
    pieces.data.n_groups = 3;
    assert_int_equal(rwe_cox_two_groups(&pieces.data, RWE_COX_EFRON, 0, *state, &estimate, NULL),
                     RWE_BAD_INPUT);
    pieces.data.n_groups = 1;
    assert_int_equal(rwe_cox_two_groups(&pieces.data, RWE_COX_EFRON, 0, *state, &estimate, NULL),
                     RWE_BAD_INPUT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(scores_lead_to_the_maximum_of_pieces_in_strata),
        TEST(scores_lead_to_the_maximum_without_entries),
        TEST(an_infinite_estimate_is_told_as_without_a_start),
        TEST(risks_far_apart_are_left_to_the_whole_iteration),
        TEST(two_groups_have_the_estimate_of_their_indicator),
        TEST(groups_that_never_meet_have_no_estimate),
        TEST(two_groups_refuse_what_they_cannot_take),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
