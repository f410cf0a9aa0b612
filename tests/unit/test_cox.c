/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "cohort.h"
#include "cox_oracle.h"
#include "freireich.h"
#include "rwe/base/rng.h"
#include "rwe/stats/cox.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const ORACLE = "tests/oracle/survival_kernels.csv";

/* Therneau & Grambsch (2000), appendix E.2, test data 1; formulas from the appendix. */
static const double TEST1_TIME[] = {1, 1, 6, 6, 8, 9};
static const uint8_t TEST1_STATUS[] = {1, 0, 1, 1, 0, 1};
static const double TEST1_X[] = {1, 1, 1, 0, 0, 0};

/* The weighted test data that go with it (survival's tests/book5.R). */
static const double TESTW_TIME[] = {1, 1, 2, 2, 2, 2, 3, 4, 5};
static const uint8_t TESTW_STATUS[] = {1, 0, 1, 1, 1, 0, 0, 1, 0};
static const double TESTW_X[] = {2, 0, 1, 1, 0, 1, 0, 1, 0};
static const double TESTW_WEIGHT[] = {1, 2, 3, 4, 3, 2, 1, 2, 1};

static struct rwe_cox fit(struct cohort *cohort, struct rwe_cox_options options,
                          struct rwe_arena *arena)
{
    struct rwe_survival_data data = cohort_sort(cohort, arena);
    struct rwe_error error = {0};
    struct rwe_cox result;
    if (rwe_cox_fit(&data, cohort->x, cohort->p, &options, arena, &result, &error) != RWE_OK)
        fail_msg("%s", error.message);
    return result;
}

static struct cohort test1(struct rwe_arena *arena)
{
    struct cohort cohort = cohort_of(arena, 6, TEST1_TIME, TEST1_STATUS, NULL);
    cohort.p = 1;
    cohort.x = RWE_NEW(arena, double, 6);
    memcpy(cohort.x, TEST1_X, sizeof TEST1_X);
    return cohort;
}

static struct cohort testw(struct rwe_arena *arena)
{
    struct cohort cohort = cohort_of(arena, 9, TESTW_TIME, TESTW_STATUS, NULL);
    cohort.p = 1;
    cohort.x = RWE_NEW(arena, double, 9);
    cohort.weight = RWE_NEW(arena, double, 9);
    memcpy(cohort.x, TESTW_X, sizeof TESTW_X);
    memcpy(cohort.weight, TESTW_WEIGHT, sizeof TESTW_WEIGHT);
    return cohort;
}

static void breslow_matches_therneau_grambsch_test_data_1(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = test1(arena);
    struct rwe_cox_options options = rwe_cox_options_default();
    options.ties = RWE_COX_BRESLOW;
    options.robust = true;
    struct rwe_cox cox = fit(&cohort, options, arena);
    /* The score (6 + 3r − r²) / ((r + 1)(r + 3)) vanishes at r = (3 + √33) / 2. */
    double r = (3 + sqrt(33)) / 2;
    double information = r / pow(r + 1, 2) + 6 * r / pow(r + 3, 2);
    assert_close(cox.estimate[0], log(r), 1e-12);
    assert_close(cox.estimate[0], 1.4752849, 1e-7); /* printed in the book */
    assert_close(cox.loglik_null, -(log(6) + 2 * log(4)), 1e-14);
    assert_close(cox.loglik, 2 * log(r) - (log(3 * r + 3) + 2 * log(r + 3)), 1e-14);
    assert_close(cox.loglik, -3.824750, 1e-6);
    assert_close(cox.covariance[0], 1 / information, 1e-10);
    /* At 0 the score is 8 / 8 = 1 and the information 1/4 + 6/16 = 5/8. */
    assert_close(cox.score_statistic, 8. / 5, 1e-13);
    double a = 3 * pow(r + 1, 2), b = pow(r + 3, 2);
    const double score[] = {(2 * r + 3) / a,          -r / a,
                            -r / a + 3 * (3 - r) / b, r / a - r * (r + 1) / b,
                            r / a + 2 * r / b,        r / a + 2 * r / b};
    double meat = 0;
    for (int i = 0; i < 6; i++)
        meat += score[i] * score[i];
    assert_close(cox.robust[0], meat / information / information, 1e-10);
    assert_close(cox.wald_statistic, pow(cox.estimate[0], 2) / cox.robust[0], 1e-14);
    rwe_arena_free(arena);
}

static void efron_matches_therneau_grambsch_test_data_1(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = test1(arena);
    struct rwe_cox_options options = rwe_cox_options_default();
    options.robust = true;
    struct rwe_cox cox = fit(&cohort, options, arena);
    /* The score (30 + 23r − r³) / … vanishes at the root below (Cardano). */
    double r = cos(acos(45. / 23 * sqrt(3. / 23)) / 3) * 2 * sqrt(23. / 3);
    double p1 = r / (r + 1), p2 = r / (r + 5), p3 = r / (r + 3);
    double information = p1 * (1 - p1) + p2 * (1 - p2) + p3 * (1 - p3);
    assert_close(cox.estimate[0], log(r), 1e-12);
    assert_close(cox.estimate[0], 1.676857, 1e-6); /* printed in the book */
    assert_close(cox.loglik_null, -(log(6) + log(3) + log(4)), 1e-14);
    assert_close(cox.loglik, 2 * log(r) - (log(3 * r + 3) + log((r + 5) / 2) + log(r + 3)), 1e-14);
    assert_close(cox.covariance[0], 1 / information, 1e-10);
    double a = r + 1, b = r + 3, d = r + 5;
    double abd = 3 * pow(a * b * d, 2);
    const double score[] = {(2 * r + 3) / (3 * a * a),
                            -r / (3 * a * a),
                            (675 + r * (1305 + r * (756 + r * (-4 + r * (-79 - 13 * r))))) / abd,
                            r * (1 / (3 * a * a) - a / (2 * b * b) - b / (2 * d * d)),
                            2 * r * (177 + r * (282 + r * (182 + r * (50 + 5 * r)))) / abd,
                            2 * r * (177 + r * (282 + r * (182 + r * (50 + 5 * r)))) / abd};
    double meat = 0;
    for (int i = 0; i < 6; i++)
        meat += score[i] * score[i];
    assert_close(cox.robust[0], meat / information / information, 1e-10);
    rwe_arena_free(arena);
}

static void weighted_breslow_matches_therneaus_formulas(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = testw(arena);
    struct rwe_cox_options options = rwe_cox_options_default();
    options.ties = RWE_COX_BRESLOW;
    struct rwe_cox cox = fit(&cohort, options, arena);
    double r = exp(cox.estimate[0]);
    double mean[] = {(2 * r * r + 11 * r) / (r * r + 11 * r + 7), 11 * r / (11 * r + 5),
                     2 * r / (2 * r + 1)};
    assert_close(cox.estimate[0], 0.85955744, 1e-7); /* survival's tests/book5.R */
    assert_close(cox.loglik_null, -(log(19) + 10 * log(16) + 2 * log(3)), 1e-14);
    assert_close(cox.loglik,
                 11 * cox.estimate[0] -
                     (log(r * r + 11 * r + 7) + 10 * log(11 * r + 5) + 2 * log(2 * r + 1)),
                 1e-14);
    assert_close(cox.covariance[0],
                 1 / ((4 * r * r + 11 * r) / (r * r + 11 * r + 7) - mean[0] * mean[0] +
                      10 * mean[1] * (1 - mean[1]) + 2 * mean[2] * (1 - mean[2])),
                 1e-10);
    rwe_arena_free(arena);
}

static void weighted_efron_removes_the_mean_weight_of_the_tied_deaths(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = testw(arena);
    struct rwe_cox cox = fit(&cohort, rwe_cox_options_default(), arena);
    /* At β = 0: at time 2 three deaths of weights 3, 4, 3 leave a risk set of 16, each step counts
     * the mean weight 10/3 and takes 10/3 off; by hand. */
    assert_close(cox.loglik_null,
                 -(log(19) + 10. / 3 * (log(16) + log(38. / 3) + log(28. / 3)) + 2 * log(3)),
                 1e-14);
    rwe_arena_free(arena);
}

static void leukaemia_matches_the_published_hazard_ratios(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort =
        cohort_of(arena, FREIREICH_N, freireich_weeks, freireich_relapse, freireich_arm);
    cohort.p = 1;
    cohort.x = RWE_NEW(arena, double, FREIREICH_N);
    for (int i = 0; i < FREIREICH_N; i++)
        cohort.x[i] = freireich_arm[i] == FREIREICH_6MP;
    struct rwe_cox_options options = rwe_cox_options_default();
    options.ties = RWE_COX_BRESLOW;
    struct rwe_cox breslow = fit(&cohort, options, arena);
    /* −1.509 (0.410): Kalbfleisch & Prentice (2002), section 4.4; Kleinbaum & Klein table 3.1 has
     * the same with the sign of placebo. */
    assert_close(breslow.estimate[0], -1.509, 5e-4);
    assert_close(sqrt(breslow.covariance[0]), 0.410, 2e-3);
    options.ties = RWE_COX_EFRON;
    struct rwe_cox efron = fit(&cohort, options, arena);
    assert_close(efron.estimate[0], -1.57213, 1e-5); /* R survival 3.5-3 */
    assert_close(sqrt(efron.covariance[0]), 0.41240, 1e-4);
    rwe_arena_free(arena);
}

static const struct rwe_cox_options ROBUST = {
    .ties = RWE_COX_EFRON, .max_iterations = 30, .tolerance = 1e-12, .robust = true};
static const struct rwe_cox_options ROBUST_BRESLOW = {
    .ties = RWE_COX_BRESLOW, .max_iterations = 30, .tolerance = 1e-12, .robust = true};

static void lung_matches_coxph(void **state)
{
    (void)state;
    struct oracle *oracle = oracle_read(ORACLE);
    struct csv_table *table = csv_table_read("tests/oracle/data/lung.csv");
    struct rwe_arena *arena = table->arena;
    const char *const columns[] = {"sex", "age", "ph.ecog"};
    struct cohort all = cohort_load(table, "time", "status", 2, columns, 3);

    struct cohort sex = all;
    sex.p = 1;
    struct rwe_cox_options options = rwe_cox_options_default();
    struct rwe_cox cox = fit(&sex, options, arena);
    assert_null(cox.robust);
    cox_oracle_compare(oracle, "lung.sex", &cox);
    options.ties = RWE_COX_BRESLOW;
    cox = fit(&sex, options, arena);
    cox_oracle_compare(oracle, "lung.sex.breslow", &cox);

    struct cohort adjusted = cohort_subset(&all, csv_complete(table, columns, 3), arena);
    cox = fit(&adjusted, ROBUST, arena);
    assert_int_equal(cox.n, 227);
    cox_oracle_compare(oracle, "lung.adjusted", &cox);

    const char *const inst[] = {"inst"};
    all.p = 2;
    all.stratum = csv_table_codes(table, "inst", NULL);
    struct cohort within = cohort_subset(&all, csv_complete(table, inst, 1), arena);
    struct cohort clustered = within;
    cox = fit(&within, ROBUST, arena);
    cox_oracle_compare(oracle, "lung.inst", &cox);

    clustered.cluster = clustered.stratum;
    clustered.stratum = NULL;
    cox = fit(&clustered, ROBUST, arena);
    cox_oracle_compare(oracle, "lung.cluster", &cox);
    csv_table_free(table);
    oracle_free(oracle);
}

static void veteran_matches_coxph_with_weights_and_strata(void **state)
{
    (void)state;
    struct oracle *oracle = oracle_read(ORACLE);
    struct csv_table *table = csv_table_read("tests/oracle/data/veteran.csv");
    struct rwe_arena *arena = table->arena;
    const char *const columns[] = {NULL, NULL, NULL, "karno", "age", "trt"};
    struct cohort all = cohort_load(table, "time", "status", 1, columns, 6);
    const uint32_t *cell = csv_table_codes(table, "celltype", NULL); /* adeno, large, small, … */
    double *weight = RWE_NEW(arena, double, all.n);
    for (size_t i = 0; i < all.n; i++) {
        for (size_t level = 1; level <= 3; level++)
            all.x[(level - 1) * all.n + i] = cell[i] == level;
        weight[i] = 0.25 + (double)((i + 1) % 5) / 2;
    }
    struct cohort cohort = all;
    struct rwe_cox cox = fit(&cohort, ROBUST, arena);
    cox_oracle_compare(oracle, "veteran.adjusted", &cox);
    cox = fit(&cohort, ROBUST_BRESLOW, arena);
    cox_oracle_compare(oracle, "veteran.breslow", &cox);
    cohort = all;
    cohort.weight = weight;
    cox = fit(&cohort, ROBUST, arena);
    cox_oracle_compare(oracle, "veteran.weighted", &cox);
    cox = fit(&cohort, ROBUST_BRESLOW, arena);
    cox_oracle_compare(oracle, "veteran.weighted.breslow", &cox);

    const char *const few[] = {"trt", "karno", "age"};
    cohort = cohort_load(table, "time", "status", 1, few, 3);
    cohort.weight = weight;
    cohort.stratum = csv_table_codes(table, "celltype", NULL);
    cox = fit(&cohort, ROBUST, arena);
    cox_oracle_compare(oracle, "veteran.strata", &cox);
    csv_table_free(table);
    oracle_free(oracle);
}

static void rotterdam_matches_coxph_with_clusters_and_a_stratum_a_pair(void **state)
{
    (void)state;
    struct oracle *oracle = oracle_read(ORACLE);
    struct csv_table *table = csv_table_read("tests/oracle/data/rotterdam.csv");
    struct rwe_arena *arena = table->arena;
    const char *const columns[] = {"hormon", "age", "meno",  "grade", "nodes",
                                   "pgr",    "er",  "chemo", NULL,    NULL};
    struct cohort all = cohort_load(table, "dtime", "death", 1, columns, 10);
    const uint32_t *size = csv_table_codes(table, "size", NULL); /* "20-50", "<=20", ">50" */
    const double *pid = csv_table_numbers(table, "pid");
    uint32_t *pair = RWE_NEW(arena, uint32_t, all.n);
    double *weight = RWE_NEW(arena, double, all.n);
    for (size_t i = 0; i < all.n; i++) {
        all.x[8 * all.n + i] = size[i] == 0;
        all.x[9 * all.n + i] = size[i] == 2;
        pair[i] = (uint32_t)(i / 2);
        weight[i] = 0.5 + fmod(pid[i], 7) / 4;
    }
    struct cohort cohort = all;
    cohort.p = 1;
    struct rwe_cox cox = fit(&cohort, ROBUST, arena);
    cox_oracle_compare(oracle, "rotterdam.hormon", &cox);
    cohort = all;
    cohort.p = 1;
    cohort.cluster = pair;
    cox = fit(&cohort, ROBUST, arena);
    cox_oracle_compare(oracle, "rotterdam.cluster", &cox);
    cohort = all;
    cohort.cluster = pair;
    cox = fit(&cohort, ROBUST, arena);
    cox_oracle_compare(oracle, "rotterdam.full", &cox);
    cohort = all;
    cohort.cluster = pair;
    cohort.weight = weight;
    cox = fit(&cohort, ROBUST, arena);
    cox_oracle_compare(oracle, "rotterdam.full.weighted", &cox);
    cohort = all;
    cohort.p = 2;
    cohort.stratum = pair;
    cohort.cluster = pair;
    cox = fit(&cohort, ROBUST, arena);
    cox_oracle_compare(oracle, "rotterdam.pair", &cox);
    csv_table_free(table);
    oracle_free(oracle);
}

/* What rwe_cox_fit says about `cohort`, with the index it blames. */
static enum rwe_status refuse(const struct cohort *cohort, struct rwe_cox_options options,
                              size_t *index)
{
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort sorted = *cohort;
    struct rwe_survival_data data = cohort_sort(&sorted, arena);
    struct rwe_error error = {0};
    struct rwe_cox result;
    enum rwe_status status =
        rwe_cox_fit(&data, sorted.x, sorted.p, &options, arena, &result, &error);
    assert_int_equal(error.status, status);
    assert_true(status == RWE_OK || error.message[0] != '\0');
    *index = error.index;
    rwe_arena_free(arena);
    return status;
}

static void an_arm_without_events_is_separated_and_named(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    size_t index;
    for (size_t n = 40; n <= 4000; n *= 10) { /* more events take more steps: all within 30 */
        struct cohort cohort = cohort_random(arena, n, 3, 1, n);
        double *swap = RWE_NEW(arena, double, n); /* the arm last */
        memcpy(swap, cohort.x, n * sizeof(double));
        memmove(cohort.x, cohort.x + n, 2 * n * sizeof(double));
        memcpy(cohort.x + 2 * n, swap, n * sizeof(double));
        for (size_t i = 0; i < n; i++)
            if (cohort.group[i] == 1)
                cohort.event[i] = 0;
        assert_int_equal(refuse(&cohort, rwe_cox_options_default(), &index), RWE_SEPARATED);
        assert_int_equal(index, 2);
    }
    rwe_arena_free(arena);
}

static void separation_by_a_sum_of_columns_is_seen(void **state)
{
    (void)state;
    /* The sum of the columns falls from death to death; neither column does by itself. */
    struct rwe_arena *arena = rwe_arena_new();
    const double first[] = {6, 5, 1, 4, 0, 2, -2, 1};
    struct cohort cohort = cohort_new(arena, 8, 2);
    size_t index;
    for (size_t i = 0; i < 8; i++) {
        cohort.time[i] = (double)i + 1;
        cohort.event[i] = 1;
        cohort.x[i] = first[i];
        cohort.x[8 + i] = 8 - (double)i - first[i];
    }
    assert_int_equal(refuse(&cohort, rwe_cox_options_default(), &index), RWE_SEPARATED);
    assert_true(index < 2);
    rwe_arena_free(arena);
}

static void a_large_finite_estimate_is_not_taken_for_separation(void **state)
{
    (void)state;
    /* One of the 40 exposed fails, at the very end; the 40 others fail first: exp(β) is tiny, but
     * is there. An outlier that never is at odds with the rest must not disturb either. */
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = cohort_new(arena, 80, 2);
    for (size_t i = 0; i < 80; i++) {
        cohort.time[i] = (double)i + 1;
        cohort.event[i] = i < 41;
        cohort.x[i] = i >= 40 || i == 5;
        cohort.x[80 + i] = i == 70 ? 1e7 : (double)(i * 7 % 5);
    }
    cohort.x[80 + 12] = 1e7;
    struct rwe_cox cox = fit(&cohort, rwe_cox_options_default(), arena);
    assert_true(cox.converged);
    assert_true(cox.estimate[0] < -3);
    rwe_arena_free(arena);
}

static void a_step_that_overshoots_is_halved(void **state)
{
    (void)state;
    /* An outlier fails first: a full step from 0 loses height further on. */
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = cohort_new(arena, 50, 1);
    for (size_t i = 0; i < 50; i++) {
        cohort.time[i] = (double)i + 1;
        cohort.event[i] = 1;
        cohort.x[i] = i == 0 ? 20 : (double)((i - 1) % 3);
    }
    struct rwe_cox cox = fit(&cohort, rwe_cox_options_default(), arena);
    assert_true(cox.converged);
    assert_close(cox.estimate[0], 0.235945943927074, 1e-10); /* R survival 3.5-3, eps = 1e-14 */
    assert_close(sqrt(cox.covariance[0]), 0.0934292586623758, 1e-9);
    assert_close(cox.loglik, -145.698647791654, 1e-12);
    rwe_arena_free(arena);
}

static void rising_units_of_a_covariate_change_only_its_scale(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = cohort_random(arena, 300, 3, 0.5, 11);
    struct rwe_cox cox = fit(&cohort, ROBUST, arena);
    for (size_t i = 0; i < 300; i++) {
        cohort.x[300 + i] = 1e8 + 1e3 * cohort.x[300 + i]; /* far from 0 as well */
        cohort.x[600 + i] *= 1e-9;
    }
    struct rwe_cox scaled = fit(&cohort, ROBUST, arena);
    assert_close(scaled.estimate[0], cox.estimate[0], 1e-9);
    assert_close(scaled.estimate[1] * 1e3, cox.estimate[1], 1e-9);
    assert_close(scaled.estimate[2] * 1e-9, cox.estimate[2], 1e-9);
    assert_close(scaled.wald_statistic, cox.wald_statistic, 1e-9);
    rwe_arena_free(arena);
}

static void risks_beyond_the_range_of_exp_still_fit(void **state)
{
    (void)state;
    /* Someone 1e5 standard deviations out fails last: β times that is far below log(DBL_MIN), so
     * that the last risk sets would be 0 / 0 without the shift. By hand: with no one else at risk
     * its own failure counts nothing, and others never notice it. */
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = cohort_random(arena, 200, 2, 0, 5);
    struct cohort without = cohort;
    struct rwe_cox expected = fit(&without, ROBUST, arena);
    struct cohort more = cohort_new(arena, 201, 2);
    memcpy(more.time, cohort.time, 200 * sizeof(double));
    memcpy(more.event, cohort.event, 200);
    memcpy(more.x, cohort.x, 200 * sizeof(double));
    memcpy(more.x + 201, cohort.x + 200, 200 * sizeof(double));
    more.time[200] = 1e6;
    more.event[200] = 1;
    more.x[200] = 0;
    more.x[401] = expected.estimate[1] > 0 ? -1e5 : 1e5;
    struct rwe_cox cox = fit(&more, ROBUST, arena);
    assert_close(cox.estimate[0], expected.estimate[0], 1e-8);
    assert_close(cox.estimate[1], expected.estimate[1], 1e-8);
    assert_close(cox.loglik, expected.loglik, 1e-10);
    assert_close(cox.robust[3], expected.robust[3], 1e-7);
    rwe_arena_free(arena);
}

static void a_constant_column_and_a_dependent_one_are_collinear(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = cohort_random(arena, 200, 4, 1, 3);
    size_t index;
    for (size_t i = 0; i < 200; i++)
        cohort.x[400 + i] = 0.1;
    assert_int_equal(refuse(&cohort, rwe_cox_options_default(), &index), RWE_COLLINEAR);
    assert_int_equal(index, 2);
    for (size_t i = 0; i < 200; i++)
        cohort.x[400 + i] = 0.3 * cohort.x[i] - 1e6 * cohort.x[200 + i] + 7;
    assert_int_equal(refuse(&cohort, rwe_cox_options_default(), &index), RWE_COLLINEAR);
    assert_int_equal(index, 2);
    rwe_arena_free(arena);
}

static void a_column_constant_within_strata_or_risk_sets_is_collinear(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = cohort_random(arena, 200, 2, 1, 3);
    size_t index;
    cohort.stratum = RWE_NEW(arena, uint32_t, 200);
    for (size_t i = 0; i < 200; i++) {
        cohort.stratum[i] = (uint32_t)(i % 7);
        cohort.x[200 + i] = 0.1 * (double)(i % 7);
    }
    assert_int_equal(refuse(&cohort, rwe_cox_options_default(), &index), RWE_COLLINEAR);
    assert_int_equal(index, 1);

    /* It differs only among those who leave before the first event. */
    cohort = cohort_random(arena, 200, 2, 1, 3);
    for (size_t i = 0; i < 200; i++) {
        bool early = i < 20;
        cohort.time[i] = early ? 0.5 : cohort.time[i];
        cohort.event[i] = early ? 0 : cohort.event[i];
        cohort.x[200 + i] = early ? (double)i : 3;
    }
    assert_int_equal(refuse(&cohort, rwe_cox_options_default(), &index), RWE_COLLINEAR);
    assert_int_equal(index, 1);
    rwe_arena_free(arena);
}

static void nothing_to_fit_is_refused(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = cohort_random(arena, 30, 2, 1, 1);
    struct rwe_cox_options options = rwe_cox_options_default();
    size_t index;
    cohort_sort(&cohort, arena);
    cohort.x[30 + 4] = NAN;
    assert_int_equal(refuse(&cohort, options, &index), RWE_NOT_FINITE);
    assert_int_equal(index, 34);
    cohort.x[30 + 4] = INFINITY;
    assert_int_equal(refuse(&cohort, options, &index), RWE_NOT_FINITE);
    cohort.x[30 + 4] = 0;

    cohort.p = 0;
    assert_int_equal(refuse(&cohort, options, &index), RWE_BAD_INPUT);
    cohort.p = 2;
    options.tolerance = 0;
    assert_int_equal(refuse(&cohort, options, &index), RWE_BAD_INPUT);
    options.tolerance = NAN;
    assert_int_equal(refuse(&cohort, options, &index), RWE_BAD_INPUT);
    options = rwe_cox_options_default();
    options.ties = (enum rwe_cox_ties)7;
    assert_int_equal(refuse(&cohort, options, &index), RWE_BAD_INPUT);
    options = rwe_cox_options_default();
    cohort.time[29] = -1;
    assert_int_equal(refuse(&cohort, options, &index), RWE_BAD_INPUT);
    assert_int_equal(index, 0);

    cohort.time[29] = 100;
    memset(cohort.event, 0, 30);
    assert_int_equal(refuse(&cohort, options, &index), RWE_NOT_ESTIMABLE);
    cohort.n = 0;
    assert_int_equal(refuse(&cohort, options, &index), RWE_NOT_ESTIMABLE);
    rwe_arena_free(arena);
}

static void running_out_of_iterations_is_a_flag(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = test1(arena);
    struct rwe_cox_options options = rwe_cox_options_default();
    options.ties = RWE_COX_BRESLOW;
    options.max_iterations = 0;
    struct rwe_cox cox = fit(&cohort, options, arena);
    assert_false(cox.converged);
    assert_close(cox.estimate[0], 0, 0);
    assert_close(cox.covariance[0], 8. / 5, 1e-14);
    options.max_iterations = 1;
    cox = fit(&cohort, options, arena);
    assert_false(cox.converged);
    assert_int_equal(cox.n_iterations, 1);
    assert_close(cox.estimate[0], 8. / 5, 1e-14); /* survival's tests/book1.R */
    options.max_iterations = 2;
    cox = fit(&cohort, options, arena);
    assert_close(cox.estimate[0], 1.472724, 1e-6); /* the same */
    rwe_arena_free(arena);
}

/* A million rows, 1,000 distinct times: their log-likelihood is about −1e7, whose rounding must not
 * look like a step that loses height (it once cost hundreds of passes). */
static void a_million_rows_settle_in_a_few_steps(void **state)
{
    (void)state;
    enum { N = 1000000, ROWS_A_TIME = 1000 };
    struct rwe_arena *arena = rwe_arena_new();
    double *time = RWE_NEW(arena, double, N);
    double *x = RWE_NEW(arena, double, N);
    uint8_t *event = RWE_NEW(arena, uint8_t, N);
    struct rwe_rng rng;
    gsl_rng *r = rwe_rng_start(&rng, 1, RWE_RNG_TEST, 0);
    for (size_t i = 0; i < N; i++) {
        time[i] = (double)(i / ROWS_A_TIME + 1);
        event[i] = gsl_rng_uniform(r) < 0.8;
        x[i] = gsl_rng_uniform(r) < 0.35;
    }
    struct rwe_survival_data data = {
        .n = N, .time = time, .event = event, .n_groups = 1, .n_strata = 1};
    struct rwe_cox_options options = rwe_cox_options_default();
    struct rwe_cox cox;
    assert_int_equal(rwe_cox_fit(&data, x, 1, &options, arena, &cox, NULL), RWE_OK);
    assert_true(cox.converged);
    assert_in_range(cox.n_iterations, 1, 4);
    rwe_arena_free(arena);
}

static void a_sandwich_of_too_few_clusters_has_no_wald_statistic(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = cohort_random(arena, 100, 3, 1, 9);
    cohort.cluster = RWE_NEW(arena, uint32_t, 100);
    for (size_t i = 0; i < 100; i++)
        cohort.cluster[i] = (uint32_t)(i % 2);
    struct rwe_cox cox = fit(&cohort, ROBUST, arena);
    assert_true(cox.converged);
    assert_nan(cox.wald_statistic);
    rwe_arena_free(arena);
}

static void the_estimate_alone_has_the_same_bits(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = cohort_random(arena, 200, 3, 1, 4);
    struct rwe_cox_options options = rwe_cox_options_default();
    options.robust = true;
    struct rwe_cox whole = fit(&cohort, options, arena);
    options.estimate_only = true;
    struct rwe_cox alone = fit(&cohort, options, arena);
    assert_memory_equal(alone.estimate, whole.estimate, 3 * sizeof(double));
    assert_close(alone.loglik, whole.loglik, 0);
    assert_non_null(whole.robust);
    assert_null(alone.robust);
    assert_nan(alone.robust_score_statistic);
    assert_nan(alone.concordance);
    rwe_arena_free(arena);
}

static void a_start_saves_steps_and_leads_to_the_same_estimate(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = cohort_random(arena, 300, 3, 1, 6);
    struct rwe_cox_options options = rwe_cox_options_default();
    struct rwe_cox expected = fit(&cohort, options, arena);
    double start[3];
    for (size_t j = 0; j < 3; j++)
        start[j] = expected.estimate[j] + 0.001;
    options.start = start;
    struct rwe_cox cox = fit(&cohort, options, arena);
    assert_true(cox.converged);
    assert_true(cox.n_iterations < expected.n_iterations);
    for (size_t j = 0; j < 3; j++)
        assert_close(cox.estimate[j], expected.estimate[j], 1e-12);
    assert_close(cox.loglik, expected.loglik, 1e-13);
    assert_nan(cox.loglik_null);
    assert_nan(cox.score_statistic);
    assert_nan(cox.lr_statistic);
    options.settled_rise = 1e-9;
    cox = fit(&cohort, options, arena);
    for (size_t j = 0; j < 3; j++)
        assert_true(fabs(cox.estimate[j] - expected.estimate[j]) <
                    1e-9 * sqrt(expected.covariance[4 * j]));
    rwe_arena_free(arena);
}

static void a_start_that_leads_nowhere_is_given_up(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = cohort_random(arena, 300, 3, 1, 6);
    struct rwe_cox_options options = rwe_cox_options_default();
    struct rwe_cox expected = fit(&cohort, options, arena);
    const double start[] = {1e4, -1e4, 1e4};
    options.start = start;
    struct rwe_cox cox = fit(&cohort, options, arena);
    assert_memory_equal(cox.estimate, expected.estimate, 3 * sizeof(double));
    assert_close(cox.loglik_null, expected.loglik_null, 0);
    rwe_arena_free(arena);
}

static void a_start_without_a_number_and_a_negative_rise_are_refused(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = cohort_random(arena, 50, 2, 1, 6);
    struct rwe_survival_data data = cohort_sort(&cohort, arena);
    struct rwe_cox_options options = rwe_cox_options_default();
    const double start[] = {0, NAN};
    struct rwe_error error = {0};
    struct rwe_cox cox;
    options.start = start;
    assert_int_equal(rwe_cox_fit(&data, cohort.x, 2, &options, arena, &cox, &error),
                     RWE_NOT_FINITE);
    assert_int_equal(error.index, 1);
    options.start = NULL;
    options.settled_rise = -1;
    assert_int_equal(rwe_cox_fit(&data, cohort.x, 2, &options, arena, &cox, &error), RWE_BAD_INPUT);
    rwe_arena_free(arena);
}

/* ---- exact ties ---- */

/* Cox with the exact partial likelihood of discrete times. */

static const char *const EXACT_ORACLE = "tests/oracle/cox_kernel.csv";

static struct rwe_cox fit_with_ties(struct cohort *cohort, enum rwe_cox_ties ties,
                                    struct rwe_arena *arena)
{
    struct rwe_survival_data data = cohort_sort(cohort, arena);
    struct rwe_cox_options options = rwe_cox_options_default();
    struct rwe_error error = {0};
    struct rwe_cox result;
    options.ties = ties;
    if (rwe_cox_fit(&data, cohort->x, cohort->p, &options, arena, &result, &error) != RWE_OK)
        fail_msg("%s", error.message);
    return result;
}

static void lung_by_months_matches_coxph(void **state)
{
    (void)state;
    struct oracle *oracle = oracle_read(EXACT_ORACLE);
    struct csv_table *table = csv_table_read("tests/oracle/data/lung.csv");
    const char *const columns[] = {"sex", "age"};
    struct cohort cohort = cohort_load(table, "time", "status", 2, columns, 2);
    for (size_t i = 0; i < cohort.n; i++)
        cohort.time[i] = ceil(cohort.time[i] / 30);
    struct rwe_cox cox = fit_with_ties(&cohort, RWE_COX_EXACT, table->arena);
    cox_oracle_compare(oracle, "lung.exact", &cox);
    csv_table_free(table);
    oracle_free(oracle);
}

static void veteran_by_weeks_in_strata_matches_coxph(void **state)
{
    (void)state;
    struct oracle *oracle = oracle_read(EXACT_ORACLE);
    struct csv_table *table = csv_table_read("tests/oracle/data/veteran.csv");
    const char *const columns[] = {"trt", "karno"};
    struct cohort cohort = cohort_load(table, "time", "status", 1, columns, 2);
    cohort.stratum = csv_table_codes(table, "celltype", NULL);
    for (size_t i = 0; i < cohort.n; i++)
        cohort.time[i] = ceil(cohort.time[i] / 7);
    struct rwe_cox cox = fit_with_ties(&cohort, RWE_COX_EXACT, table->arena);
    cox_oracle_compare(oracle, "veteran.exact", &cox);
    csv_table_free(table);
    oracle_free(oracle);
}

static void heart_transplants_match_coxph(void **state)
{
    (void)state;
    struct oracle *oracle = oracle_read(EXACT_ORACLE);
    struct csv_table *table = csv_table_read("tests/oracle/data/heart.csv");
    const char *const columns[] = {"age", "surgery", "transplant", "start"};
    struct cohort cohort = cohort_load(table, "stop", "event", 1, columns, 4);
    struct rwe_survival_data data = cohort_sort(&cohort, table->arena);
    struct rwe_cox_options options = rwe_cox_options_default();
    struct rwe_cox cox;
    data.entry = cohort.x + 3 * cohort.n;
    options.ties = RWE_COX_EXACT;
    assert_int_equal(rwe_cox_fit(&data, cohort.x, 3, &options, table->arena, &cox, NULL), RWE_OK);
    cox_oracle_compare(oracle, "heart.exact", &cox);
    csv_table_free(table);
    oracle_free(oracle);
}

static void two_of_four_dead_is_a_choice_of_six(void **state)
{
    (void)state;
    /* r for x = 1 and 1 for x = 0; two of each, of which one each dies: L = r / (r² + 4 r + 1), with
     * its summit at r = 1, where the information is 2 / 6. */
    struct rwe_arena *arena = rwe_arena_new();
    const double time[] = {1, 1, 2, 2};
    const uint8_t event[] = {1, 1, 0, 0};
    struct cohort cohort = cohort_of(arena, 4, time, event, NULL);
    double x[] = {1, 0, 1, 0};
    cohort.p = 1;
    cohort.x = x;
    struct rwe_cox cox = fit_with_ties(&cohort, RWE_COX_EXACT, arena);
    assert_close(cox.estimate[0], 0, 1e-12);
    assert_close(cox.loglik, -log(6), 1e-14);
    assert_close(cox.covariance[0], 3, 1e-12);
    rwe_arena_free(arena);
}

static void without_ties_all_three_treatments_agree(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = cohort_random(arena, 200, 3, 0, 6);
    struct rwe_cox exact = fit_with_ties(&cohort, RWE_COX_EXACT, arena);
    struct rwe_cox efron = fit_with_ties(&cohort, RWE_COX_EFRON, arena);
    assert_close(exact.loglik, efron.loglik, 1e-13);
    for (size_t j = 0; j < 3; j++)
        assert_close(exact.estimate[j], efron.estimate[j], 1e-11);
    for (size_t jk = 0; jk < 9; jk++)
        assert_close(exact.covariance[jk], efron.covariance[jk], 1e-9);
    rwe_arena_free(arena);
}

static void weights_a_sandwich_and_too_many_deaths_are_refused(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = cohort_random(arena, 1200, 1, 0, 6);
    struct rwe_survival_data data = cohort_sort(&cohort, arena);
    struct rwe_cox_options options = rwe_cox_options_default();
    struct rwe_cox cox;
    options.ties = RWE_COX_EXACT;
    options.robust = true;
    assert_int_equal(rwe_cox_fit(&data, cohort.x, 1, &options, arena, &cox, NULL), RWE_BAD_INPUT);
    options.robust = false;
    data.weight = cohort.time;
    assert_int_equal(rwe_cox_fit(&data, cohort.x, 1, &options, arena, &cox, NULL), RWE_BAD_INPUT);
    data.weight = NULL;
    for (size_t i = 0; i < 1200; i++) {
        cohort.time[i] = 1;
        cohort.event[i] = i < 501;
    }
    assert_int_equal(rwe_cox_fit(&data, cohort.x, 1, &options, arena, &cox, NULL), RWE_BAD_INPUT);
    cohort.event[0] = 0;
    assert_int_equal(rwe_cox_fit(&data, cohort.x, 1, &options, arena, &cox, NULL), RWE_OK);
    assert_true(isfinite(cox.loglik));
    rwe_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_start_saves_steps_and_leads_to_the_same_estimate),
        cmocka_unit_test(a_start_that_leads_nowhere_is_given_up),
        cmocka_unit_test(a_start_without_a_number_and_a_negative_rise_are_refused),
        cmocka_unit_test(the_estimate_alone_has_the_same_bits),
        cmocka_unit_test(breslow_matches_therneau_grambsch_test_data_1),
        cmocka_unit_test(efron_matches_therneau_grambsch_test_data_1),
        cmocka_unit_test(weighted_breslow_matches_therneaus_formulas),
        cmocka_unit_test(weighted_efron_removes_the_mean_weight_of_the_tied_deaths),
        cmocka_unit_test(leukaemia_matches_the_published_hazard_ratios),
        cmocka_unit_test(lung_matches_coxph),
        cmocka_unit_test(veteran_matches_coxph_with_weights_and_strata),
        cmocka_unit_test(rotterdam_matches_coxph_with_clusters_and_a_stratum_a_pair),
        cmocka_unit_test(an_arm_without_events_is_separated_and_named),
        cmocka_unit_test(separation_by_a_sum_of_columns_is_seen),
        cmocka_unit_test(a_large_finite_estimate_is_not_taken_for_separation),
        cmocka_unit_test(a_step_that_overshoots_is_halved),
        cmocka_unit_test(rising_units_of_a_covariate_change_only_its_scale),
        cmocka_unit_test(risks_beyond_the_range_of_exp_still_fit),
        cmocka_unit_test(a_constant_column_and_a_dependent_one_are_collinear),
        cmocka_unit_test(a_column_constant_within_strata_or_risk_sets_is_collinear),
        cmocka_unit_test(nothing_to_fit_is_refused),
        cmocka_unit_test(running_out_of_iterations_is_a_flag),
        cmocka_unit_test(a_million_rows_settle_in_a_few_steps),
        cmocka_unit_test(a_sandwich_of_too_few_clusters_has_no_wald_statistic),
        cmocka_unit_test(lung_by_months_matches_coxph),
        cmocka_unit_test(veteran_by_weeks_in_strata_matches_coxph),
        cmocka_unit_test(heart_transplants_match_coxph),
        cmocka_unit_test(two_of_four_dead_is_a_choice_of_six),
        cmocka_unit_test(without_ties_all_three_treatments_agree),
        cmocka_unit_test(weights_a_sandwich_and_too_many_deaths_are_refused),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
