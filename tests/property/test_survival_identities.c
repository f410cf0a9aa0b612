/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The survival kernels by another route: what must hold between them, whatever the data. */
#include "check.h"
#include "cohort.h"
#include "rwe/stats/cox.h"
#include "rwe/stats/km.h"
#include "rwe/stats/logrank.h"

#include <math.h>
#include <string.h>

enum { N = 240 };

static struct rwe_event_table table_of(const struct cohort *cohort, struct rwe_arena *arena)
{
    struct cohort sorted = *cohort;
    struct rwe_survival_data data = cohort_sort(&sorted, arena);
    struct rwe_event_table table;
    assert_int_equal(rwe_event_table_build(&data, arena, &table, NULL), RWE_OK);
    return table;
}

static struct rwe_km_curve km_of(const struct cohort *cohort, size_t group, struct rwe_arena *arena)
{
    struct rwe_event_table table = table_of(cohort, arena);
    struct rwe_km_options options = rwe_km_options_default();
    struct rwe_km_curve curve;
    assert_int_equal(rwe_km_fit(&table, group, &options, arena, &curve, NULL), RWE_OK);
    return curve;
}

static struct rwe_logrank logrank_of(const struct cohort *cohort, struct rwe_arena *arena)
{
    struct rwe_event_table table = table_of(cohort, arena);
    struct rwe_logrank result;
    assert_int_equal(rwe_logrank_test(&table, arena, &result, NULL), RWE_OK);
    return result;
}

static struct rwe_cox cox_of(const struct cohort *cohort, enum rwe_cox_ties ties,
                             struct rwe_arena *arena)
{
    struct cohort sorted = *cohort;
    struct rwe_survival_data data = cohort_sort(&sorted, arena);
    struct rwe_cox_options options = rwe_cox_options_default();
    options.ties = ties;
    options.robust = true;
    struct rwe_cox result;
    assert_int_equal(rwe_cox_fit(&data, sorted.x, sorted.p, &options, arena, &result, NULL),
                     RWE_OK);
    assert_true(result.converged);
    return result;
}

static void set_strata(struct cohort *cohort, uint32_t n_strata, struct rwe_arena *arena)
{
    cohort->stratum = RWE_NEW(arena, uint32_t, cohort->n);
    for (size_t i = 0; i < cohort->n; i++)
        cohort->stratum[i] = (uint32_t)(i * 31 % n_strata);
}

static void set_weights(struct cohort *cohort, struct rwe_arena *arena)
{
    cohort->weight = RWE_NEW(arena, double, cohort->n);
    for (size_t i = 0; i < cohort->n; i++)
        cohort->weight[i] = (double)(1 + i % 4);
}

static void without_censoring_km_is_one_less_the_empirical_distribution(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = cohort_random(arena, N, 1, 1, 1);
    memset(cohort.event, 1, N);
    cohort.group = NULL;
    struct rwe_km_curve curve = km_of(&cohort, 0, arena);
    for (size_t k = 0; k < curve.n_points; k++) {
        double later = 0;
        for (size_t i = 0; i < N; i++)
            later += cohort.time[i] > curve.time[k];
        assert_close(curve.survival[k], later / N, 1e-13);
        /* and Greenwood's is then the binomial variance */
        double p = curve.survival[k];
        if (p > 0)
            assert_close(curve.std_error[k], sqrt(p * (1 - p) / N), 1e-12);
    }
    rwe_arena_free(arena);
}

static double linear_predictor(const struct cohort *c, size_t i, const double beta[])
{
    double sum = 0;
    for (size_t j = 0; j < c->p; j++)
        sum += c->x[j * c->n + i] * beta[j];
    return sum;
}

/* Row i's share of the log partial likelihood, from the definition (Efron 1977; mean weight of the
 * tied deaths as in survival's coxph): of d tied deaths, i is the one with `rank` others before. */
static double definition_term(const struct cohort *c, size_t i, const double beta[],
                              enum rwe_cox_ties ties)
{
    double at_risk = 0, dying = 0, death_weight = 0;
    size_t d = 0, rank = 0;
    for (size_t k = 0; k < c->n; k++) {
        if (c->stratum[k] != c->stratum[i] || c->time[k] < c->time[i])
            continue;
        double r = c->weight[k] * exp(linear_predictor(c, k, beta));
        at_risk += r;
        if (c->time[k] == c->time[i] && c->event[k]) {
            dying += r;
            death_weight += c->weight[k];
            rank += k < i;
            d++;
        }
    }
    double own = c->weight[i] * linear_predictor(c, i, beta);
    if (ties == RWE_COX_BRESLOW)
        return own - c->weight[i] * log(at_risk);
    return own - death_weight / (double)d * log(at_risk - (double)rank / (double)d * dying);
}

static double definition(const struct cohort *c, const double beta[], enum rwe_cox_ties ties)
{
    double sum = 0;
    for (size_t i = 0; i < c->n; i++)
        if (c->event[i])
            sum += definition_term(c, i, beta, ties);
    return sum;
}

/* −∂²/∂β_j∂β_k of the definition at `beta` by central differences, and for j = k its slope. */
static double curvature(const struct cohort *c, const double beta[], size_t j, size_t k,
                        enum rwe_cox_ties ties, double *slope)
{
    const double h = 1e-4;
    double corner[4], shifted[8];
    for (size_t q = 0; q < 4; q++) {
        memcpy(shifted, beta, c->p * sizeof *beta);
        shifted[j] += q & 1 ? h : -h;
        shifted[k] += q & 2 ? h : -h;
        corner[q] = definition(c, shifted, ties);
    }
    *slope = j == k ? (corner[3] - corner[0]) / (4 * h) : 0;
    return -(corner[3] - corner[2] - corner[1] + corner[0]) / (4 * h * h);
}

/* The estimate is where the definition is flat, and the covariance inverts its curvature there. */
static void check_summit(const struct cohort *cohort, enum rwe_cox_ties ties,
                         const struct rwe_cox *cox)
{
    for (size_t j = 0; j < cox->p; j++) {
        double product[8] = {0};
        for (size_t k = 0; k < cox->p; k++) {
            double slope;
            double bend = curvature(cohort, cox->estimate, j, k, ties, &slope);
            assert_true(fabs(slope) < 1e-4);
            for (size_t m = 0; m < cox->p; m++)
                product[m] += bend * cox->covariance[k * cox->p + m];
        }
        for (size_t m = 0; m < cox->p; m++)
            assert_true(fabs(product[m] - (j == m)) < 1e-4);
    }
}

static void the_likelihood_is_its_definition_and_flat_at_the_estimate(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = cohort_random(arena, N, 3, 1, 2);
    set_strata(&cohort, 3, arena);
    set_weights(&cohort, arena);
    const enum rwe_cox_ties both[] = {RWE_COX_EFRON, RWE_COX_BRESLOW};
    for (size_t t = 0; t < 2; t++) {
        struct rwe_cox cox = cox_of(&cohort, both[t], arena);
        const double zero[3] = {0, 0, 0};
        assert_close(cox.loglik_null, definition(&cohort, zero, both[t]), 1e-12);
        assert_close(cox.loglik, definition(&cohort, cox.estimate, both[t]), 1e-12);
        check_summit(&cohort, both[t], &cox);
    }
    rwe_arena_free(arena);
}

static void without_ties_the_log_rank_test_is_the_score_test(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    for (uint32_t n_strata = 1; n_strata <= 5; n_strata += 4) {
        struct cohort cohort = cohort_random(arena, N, 1, 0, 3);
        set_strata(&cohort, n_strata, arena);
        struct rwe_cox cox = cox_of(&cohort, RWE_COX_EFRON, arena);
        struct rwe_logrank logrank = logrank_of(&cohort, arena);
        assert_close(cox.score_statistic, logrank.statistic, 1e-11);
        /* and with four groups, against their indicators */
        cohort = cohort_random(arena, N, 3, 0, 3);
        set_strata(&cohort, n_strata, arena);
        for (size_t i = 0; i < N; i++) {
            cohort.group[i] += 2 * (uint32_t)(i % 2);
            for (size_t j = 0; j < 3; j++)
                cohort.x[j * N + i] = cohort.group[i] == j + 1;
        }
        cox = cox_of(&cohort, RWE_COX_EFRON, arena);
        logrank = logrank_of(&cohort, arena);
        assert_close(logrank.df, 3, 0);
        assert_close(cox.score_statistic, logrank.statistic, 1e-11);
    }
    rwe_arena_free(arena);
}

static void without_ties_efron_is_breslow(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = cohort_random(arena, N, 3, 0, 4);
    set_weights(&cohort, arena);
    struct rwe_cox efron = cox_of(&cohort, RWE_COX_EFRON, arena);
    struct rwe_cox breslow = cox_of(&cohort, RWE_COX_BRESLOW, arena);
    for (size_t j = 0; j < 3; j++) {
        assert_close(efron.estimate[j], breslow.estimate[j], 1e-12);
        assert_close(efron.robust[j * 4], breslow.robust[j * 4], 1e-12);
    }
    rwe_arena_free(arena);
}

static void whole_weights_are_replication(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = cohort_random(arena, N, 2, 1, 5);
    set_weights(&cohort, arena);
    struct cohort replicated = cohort_replicate(&cohort, arena);

    struct rwe_km_curve weighted = km_of(&cohort, 1, arena);
    struct rwe_km_curve plain = km_of(&replicated, 1, arena);
    assert_int_equal(weighted.n_points, plain.n_points);
    for (size_t k = 0; k < plain.n_points; k++) {
        assert_close(weighted.survival[k], plain.survival[k], 1e-14);
        assert_close(weighted.std_error[k], plain.std_error[k], 1e-14);
    }
    assert_close(logrank_of(&cohort, arena).statistic, logrank_of(&replicated, arena).statistic,
                 1e-12);
    struct rwe_cox a = cox_of(&cohort, RWE_COX_BRESLOW, arena);
    struct rwe_cox b = cox_of(&replicated, RWE_COX_BRESLOW, arena);
    assert_close(a.loglik, b.loglik, 1e-13);
    assert_close(a.concordance, b.concordance, 1e-13);
    for (size_t j = 0; j < 2; j++)
        assert_close(a.estimate[j], b.estimate[j], 1e-11);
    for (size_t jk = 0; jk < 4; jk++)
        assert_close(a.covariance[jk], b.covariance[jk], 1e-9);
    /* Efron sees the copies of a death as ties: there it holds for the weights of the censored. */
    for (size_t i = 0; i < N; i++)
        cohort.weight[i] = cohort.event[i] ? 1 : cohort.weight[i];
    replicated = cohort_replicate(&cohort, arena);
    a = cox_of(&cohort, RWE_COX_EFRON, arena);
    b = cox_of(&replicated, RWE_COX_EFRON, arena);
    assert_close(a.loglik, b.loglik, 1e-13);
    for (size_t j = 0; j < 2; j++)
        assert_close(a.estimate[j], b.estimate[j], 1e-11);
    rwe_arena_free(arena);
}

static void copies_in_one_cluster_leave_the_sandwich_alone(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = cohort_random(arena, N, 2, 1, 6);
    struct rwe_cox own = cox_of(&cohort, RWE_COX_BRESLOW, arena);
    cohort.cluster = RWE_NEW(arena, uint32_t, N);
    cohort.weight = RWE_NEW(arena, double, N);
    for (size_t i = 0; i < N; i++) {
        cohort.cluster[i] = (uint32_t)(N - 1 - i);
        cohort.weight[i] = 3;
    }
    struct cohort copies = cohort_replicate(&cohort, arena);
    struct rwe_cox clustered = cox_of(&copies, RWE_COX_BRESLOW, arena);
    for (size_t jk = 0; jk < 4; jk++)
        assert_close(clustered.robust[jk], own.robust[jk], 1e-9);
    rwe_arena_free(arena);
}

static void a_constant_weight_changes_no_robust_inference(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    for (int ties = RWE_COX_EFRON; ties <= RWE_COX_BRESLOW; ties++) {
        struct cohort cohort = cohort_random(arena, N, 3, 1, 7);
        struct rwe_cox plain = cox_of(&cohort, (enum rwe_cox_ties)ties, arena);
        cohort.weight = RWE_NEW(arena, double, N);
        for (size_t i = 0; i < N; i++)
            cohort.weight[i] = 0.37;
        struct rwe_cox weighted = cox_of(&cohort, (enum rwe_cox_ties)ties, arena);
        assert_close(weighted.wald_statistic, plain.wald_statistic, 1e-10);
        assert_close(weighted.concordance, plain.concordance, 1e-12);
        for (size_t j = 0; j < 3; j++)
            assert_close(weighted.estimate[j], plain.estimate[j], 1e-10);
        for (size_t jk = 0; jk < 9; jk++) {
            assert_close(weighted.robust[jk], plain.robust[jk], 1e-8);
            assert_close(weighted.covariance[jk] * 0.37, plain.covariance[jk], 1e-8);
        }
    }
    rwe_arena_free(arena);
}

static void twice_the_time_changes_nothing_but_times(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = cohort_random(arena, N, 2, 1, 8);
    struct cohort doubled = cohort_random(arena, N, 2, 1, 8);
    for (size_t i = 0; i < N; i++)
        doubled.time[i] *= 2;
    struct rwe_km_curve a = km_of(&cohort, 0, arena), b = km_of(&doubled, 0, arena);
    assert_int_equal(a.n_points, b.n_points);
    assert_memory_equal(a.survival, b.survival, a.n_points * sizeof(double));
    assert_memory_equal(a.conf_low, b.conf_low, a.n_points * sizeof(double));
    assert_close(rwe_km_quantile(&b, 0.3).value, 2 * rwe_km_quantile(&a, 0.3).value, 0);
    assert_close(logrank_of(&cohort, arena).p_value, logrank_of(&doubled, arena).p_value, 0);
    struct rwe_cox c = cox_of(&cohort, RWE_COX_EFRON, arena);
    struct rwe_cox d = cox_of(&doubled, RWE_COX_EFRON, arena);
    assert_memory_equal(c.estimate, d.estimate, 2 * sizeof(double));
    assert_memory_equal(c.robust, d.robust, 4 * sizeof(double));
    rwe_arena_free(arena);
}

static void names_of_the_groups_do_not_matter(void **state)
{
    (void)state;
    static const uint32_t renamed[6] = {3, 0, 5, 1, 4, 2};
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = cohort_random(arena, N, 1, 1, 9);
    set_strata(&cohort, 2, arena);
    for (size_t i = 0; i < N; i++)
        cohort.group[i] = cohort.group[i] + 2 * (uint32_t)(i % 3);
    struct rwe_logrank before = logrank_of(&cohort, arena);
    for (size_t i = 0; i < N; i++)
        cohort.group[i] = renamed[cohort.group[i]];
    struct rwe_logrank after = logrank_of(&cohort, arena);
    assert_close(after.statistic, before.statistic, 1e-12);
    for (size_t g = 0; g < 6; g++)
        assert_close(after.expected[renamed[g]], before.expected[g], 1e-13);
    rwe_arena_free(arena);
}

static void the_other_arm_as_reference_turns_the_sign(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = cohort_random(arena, N, 2, 1, 10);
    struct rwe_cox before = cox_of(&cohort, RWE_COX_EFRON, arena);
    for (size_t i = 0; i < N; i++)
        cohort.x[i] = 1 - cohort.x[i];
    struct rwe_cox after = cox_of(&cohort, RWE_COX_EFRON, arena);
    assert_close(after.estimate[0], -before.estimate[0], 1e-11);
    assert_close(after.estimate[1], before.estimate[1], 1e-11);
    assert_close(after.robust[0], before.robust[0], 1e-10);
    assert_close(after.loglik, before.loglik, 1e-13);
    rwe_arena_free(arena);
}

static void the_order_of_tied_rows_does_not_matter(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = cohort_random(arena, N, 3, 4, 11);
    set_strata(&cohort, 2, arena);
    set_weights(&cohort, arena);
    struct cohort reversed = cohort_new(arena, N, 3);
    reversed.stratum = RWE_NEW(arena, uint32_t, N);
    reversed.weight = RWE_NEW(arena, double, N);
    for (size_t i = 0; i < N; i++) {
        size_t k = N - 1 - i;
        reversed.time[i] = cohort.time[k];
        reversed.event[i] = cohort.event[k];
        reversed.stratum[i] = cohort.stratum[k];
        reversed.weight[i] = cohort.weight[k];
        for (size_t j = 0; j < 3; j++)
            reversed.x[j * N + i] = cohort.x[j * N + k];
    }
    struct rwe_cox a = cox_of(&cohort, RWE_COX_EFRON, arena);
    struct rwe_cox b = cox_of(&reversed, RWE_COX_EFRON, arena);
    for (size_t j = 0; j < 3; j++) {
        assert_close(b.estimate[j], a.estimate[j], 1e-11);
        assert_close(b.robust[4 * j], a.robust[4 * j], 1e-10);
    }
    assert_close(b.concordance, a.concordance, 1e-14);
    rwe_arena_free(arena);
}

static void observed_less_expected_sums_to_zero(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = cohort_random(arena, N, 1, 1, 12);
    set_strata(&cohort, 3, arena);
    for (size_t i = 0; i < N; i++)
        cohort.group[i] += 2 * (uint32_t)(i % 4);
    struct rwe_logrank result = logrank_of(&cohort, arena);
    double difference = 0;
    for (size_t g = 0; g < result.n_groups; g++)
        difference += result.observed[g] - result.expected[g];
    assert_true(fabs(difference) < 1e-11);
    rwe_arena_free(arena);
}

static void own_strata_for_everyone_leave_nothing_to_compare(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = cohort_random(arena, N, 1, 1, 13);
    cohort.stratum = RWE_NEW(arena, uint32_t, N);
    for (size_t i = 0; i < N; i++)
        cohort.stratum[i] = (uint32_t)i;
    struct rwe_event_table table = table_of(&cohort, arena);
    struct rwe_logrank result;
    assert_int_equal(rwe_logrank_test(&table, arena, &result, NULL), RWE_NOT_ESTIMABLE);
    struct rwe_survival_data data = cohort_sort(&cohort, arena);
    struct rwe_cox_options options = rwe_cox_options_default();
    struct rwe_cox cox;
    assert_int_equal(rwe_cox_fit(&data, cohort.x, 1, &options, arena, &cox, NULL), RWE_COLLINEAR);
    rwe_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_censoring_km_is_one_less_the_empirical_distribution),
        cmocka_unit_test(the_likelihood_is_its_definition_and_flat_at_the_estimate),
        cmocka_unit_test(without_ties_the_log_rank_test_is_the_score_test),
        cmocka_unit_test(without_ties_efron_is_breslow),
        cmocka_unit_test(whole_weights_are_replication),
        cmocka_unit_test(copies_in_one_cluster_leave_the_sandwich_alone),
        cmocka_unit_test(a_constant_weight_changes_no_robust_inference),
        cmocka_unit_test(twice_the_time_changes_nothing_but_times),
        cmocka_unit_test(names_of_the_groups_do_not_matter),
        cmocka_unit_test(the_other_arm_as_reference_turns_the_sign),
        cmocka_unit_test(the_order_of_tied_rows_does_not_matter),
        cmocka_unit_test(observed_less_expected_sums_to_zero),
        cmocka_unit_test(own_strata_for_everyone_leave_nothing_to_compare),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
