/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cox with delayed entry, several rows a subject, and offsets. */
#include "check.h"
#include "cohort.h"
#include "cox_oracle.h"
#include "rwe/stats/cox.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const ORACLE = "tests/oracle/cox_kernel.csv";

/* The last column of x is the entry, or the offset, so that it is sorted with the rest. */
enum last { ENTRY, OFFSET };

static struct rwe_cox fit_last(struct cohort *cohort, struct rwe_cox_options options,
                               enum last last, struct rwe_arena *arena)
{
    struct rwe_survival_data data = cohort_sort(cohort, arena);
    const double *column = cohort->x + (cohort->p - 1) * cohort->n;
    if (last == ENTRY)
        data.entry = column;
    else
        options.offset = column;
    struct rwe_error error = {0};
    struct rwe_cox result;
    if (rwe_cox_fit(&data, cohort->x, cohort->p - 1, &options, arena, &result, &error) != RWE_OK)
        fail_msg("%s", error.message);
    return result;
}

static struct rwe_cox_options robust(enum rwe_cox_ties ties)
{
    struct rwe_cox_options options = rwe_cox_options_default();
    options.ties = ties;
    options.robust = true;
    return options;
}

static void compare_robust_score(const struct oracle *oracle, const char *name,
                                 const struct rwe_cox *cox)
{
    char key[128];
    snprintf(key, sizeof key, "cox.%s.robust_score", name);
    assert_close(cox->robust_score_statistic, oracle_number(oracle, key), 1e-8);
}

static void compare_both_ties(struct cohort cohort, const char *efron, const char *breslow)
{
    struct oracle *oracle = oracle_read(ORACLE);
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort again = cohort;
    struct rwe_cox cox = fit_last(&cohort, robust(RWE_COX_EFRON), ENTRY, arena);
    cox_oracle_compare(oracle, efron, &cox);
    compare_robust_score(oracle, efron, &cox);
    cox = fit_last(&again, robust(RWE_COX_BRESLOW), ENTRY, arena);
    cox_oracle_compare(oracle, breslow, &cox);
    compare_robust_score(oracle, breslow, &cox);
    rwe_arena_free(arena);
    oracle_free(oracle);
}

static void heart_transplants_match_coxph_with_rows_that_change_in_time(void **state)
{
    (void)state;
    struct csv_table *table = csv_table_read("tests/oracle/data/heart.csv");
    const char *const columns[] = {"age", "year", "surgery", "transplant", "start"};
    struct cohort cohort = cohort_load(table, "stop", "event", 1, columns, 5);
    cohort.cluster = csv_table_codes(table, "id", NULL);
    compare_both_ties(cohort, "heart.efron", "heart.breslow");
    csv_table_free(table);
}

static void lung_with_entries_matches_coxph(void **state)
{
    (void)state;
    struct csv_table *table = csv_table_read("tests/oracle/data/lung.csv");
    const char *const columns[] = {"sex", "age", NULL};
    struct cohort cohort = cohort_load(table, "time", "status", 2, columns, 3);
    for (size_t i = 0; i < cohort.n; i++)
        cohort.x[2 * cohort.n + i] = cohort.time[i] * (double)((i + 1) % 4) / 8;
    compare_both_ties(cohort, "lung.entry.efron", "lung.entry.breslow");
    csv_table_free(table);
}

static void veteran_with_entries_weights_and_strata_matches_coxph(void **state)
{
    (void)state;
    struct csv_table *table = csv_table_read("tests/oracle/data/veteran.csv");
    const char *const columns[] = {"trt", "karno", "age", NULL};
    struct cohort cohort = cohort_load(table, "time", "status", 1, columns, 4);
    cohort.stratum = csv_table_codes(table, "celltype", NULL);
    cohort.weight = RWE_NEW(table->arena, double, cohort.n);
    for (size_t i = 0; i < cohort.n; i++) {
        cohort.weight[i] = 0.25 + (double)((i + 1) % 5) / 2;
        cohort.x[3 * cohort.n + i] = floor(cohort.time[i] * (double)((i + 1) % 3) / 4);
    }
    compare_both_ties(cohort, "veteran.entry.efron", "veteran.entry.breslow");
    csv_table_free(table);
}

static void rotterdam_with_entries_and_clusters_matches_coxph(void **state)
{
    (void)state;
    struct csv_table *table = csv_table_read("tests/oracle/data/rotterdam.csv");
    const char *const columns[] = {"hormon", "age", "nodes", "grade", NULL};
    const double *pid = csv_table_numbers(table, "pid");
    struct cohort cohort = cohort_load(table, "dtime", "death", 1, columns, 5);
    cohort.weight = RWE_NEW(table->arena, double, cohort.n);
    cohort.cluster = RWE_NEW(table->arena, uint32_t, cohort.n);
    for (size_t i = 0; i < cohort.n; i++) {
        cohort.weight[i] = 0.5 + fmod(pid[i], 7) / 4;
        cohort.cluster[i] = (uint32_t)(i / 2);
        cohort.x[4 * cohort.n + i] = floor(cohort.time[i] * fmod(pid[i], 5) / 10);
    }
    compare_both_ties(cohort, "rotterdam.entry.efron", "rotterdam.entry.breslow");
    csv_table_free(table);
}

static void offsets_match_coxph(void **state)
{
    (void)state;
    struct oracle *oracle = oracle_read(ORACLE);
    struct csv_table *table = csv_table_read("tests/oracle/data/lung.csv");
    const char *const columns[] = {"sex", "age"};
    struct cohort lung = cohort_load(table, "time", "status", 2, columns, 2);
    for (size_t i = 0; i < lung.n; i++)
        lung.x[lung.n + i] /= 20;
    struct rwe_cox cox = fit_last(&lung, robust(RWE_COX_EFRON), OFFSET, table->arena);
    cox_oracle_compare(oracle, "lung.offset", &cox);
    csv_table_free(table);

    table = csv_table_read("tests/oracle/data/veteran.csv");
    const char *const few[] = {"trt", "karno"};
    struct cohort veteran = cohort_load(table, "time", "status", 1, few, 2);
    veteran.stratum = csv_table_codes(table, "celltype", NULL);
    veteran.weight = RWE_NEW(table->arena, double, veteran.n);
    for (size_t i = 0; i < veteran.n; i++) {
        veteran.weight[i] = 0.25 + (double)((i + 1) % 5) / 2;
        veteran.x[veteran.n + i] /= -25;
    }
    cox = fit_last(&veteran, robust(RWE_COX_EFRON), OFFSET, table->arena);
    cox_oracle_compare(oracle, "veteran.offset", &cox);
    csv_table_free(table);

    table = csv_table_read("tests/oracle/data/heart.csv");
    const char *const both[] = {"age", "surgery", "transplant", "start"};
    struct cohort heart = cohort_load(table, "stop", "event", 1, both, 4);
    heart.cluster = csv_table_codes(table, "id", NULL);
    struct rwe_survival_data data = cohort_sort(&heart, table->arena);
    struct rwe_cox_options options = robust(RWE_COX_EFRON);
    double *offset = heart.x + 2 * heart.n;
    data.entry = heart.x + 3 * heart.n;
    options.offset = offset;
    for (size_t i = 0; i < heart.n; i++)
        offset[i] *= 0.7;
    assert_int_equal(rwe_cox_fit(&data, heart.x, 2, &options, table->arena, &cox, NULL), RWE_OK);
    cox_oracle_compare(oracle, "heart.offset", &cox);
    offset[3] = NAN;
    struct rwe_error error;
    assert_int_equal(rwe_cox_fit(&data, heart.x, 2, &options, table->arena, &cox, &error),
                     RWE_NOT_FINITE);
    assert_int_equal(error.index, 3);
    csv_table_free(table);
    oracle_free(oracle);
}

static void compare_fits(const struct rwe_cox *a, const struct rwe_cox *b, double relative)
{
    assert_close(a->loglik, b->loglik, relative);
    for (size_t j = 0; j < a->p; j++)
        assert_close(a->estimate[j], b->estimate[j], 100 * relative);
    for (size_t jk = 0; jk < a->p * a->p; jk++) {
        assert_close(a->covariance[jk], b->covariance[jk], 1000 * relative);
        assert_close(a->robust[jk], b->robust[jk], 1000 * relative);
    }
}

static void a_subject_cut_into_rows_is_the_same_subject(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort whole = cohort_random(arena, 400, 3, 0.5, 3);
    struct cohort cut = cohort_new(arena, 800, 4);
    cut.cluster = RWE_NEW(arena, uint32_t, 800);
    for (size_t i = 0; i < 400; i++) {
        double at = whole.time[i] * (double)(1 + i % 3) / 4;
        cut.time[i] = at;
        cut.time[400 + i] = whole.time[i];
        cut.event[400 + i] = whole.event[i];
        cut.x[3 * 800 + 400 + i] = at;
        for (size_t j = 0; j < 3; j++)
            cut.x[j * 800 + i] = cut.x[j * 800 + 400 + i] = whole.x[j * 400 + i];
        cut.cluster[i] = cut.cluster[400 + i] = (uint32_t)i;
    }
    struct rwe_survival_data data = cohort_sort(&whole, arena);
    struct rwe_cox_options options = robust(RWE_COX_EFRON);
    struct rwe_cox expected;
    assert_int_equal(rwe_cox_fit(&data, whole.x, 3, &options, arena, &expected, NULL), RWE_OK);
    struct rwe_cox cox = fit_last(&cut, options, ENTRY, arena);
    compare_fits(&cox, &expected, 1e-12);
    assert_close(cox.concordance, expected.concordance, 1e-12);
    rwe_arena_free(arena);
}

/* 200 subjects in up to three rows each, whose weights differ: some with a gap between, some whose x
 * changes, some with an event in every row. The cluster is the subject. */
static struct cohort weighed_pieces(struct rwe_arena *arena)
{
    struct cohort whole = cohort_random(arena, 200, 2, 0.5, 12);
    struct cohort cut = cohort_new(arena, 600, 3);
    cut.cluster = RWE_NEW(arena, uint32_t, 600);
    cut.stratum = RWE_NEW(arena, uint32_t, 600);
    cut.weight = RWE_NEW(arena, double, 600);
    for (size_t i = 0; i < 600; i++) {
        size_t of = i / 3, piece = i % 3;
        cut.time[i] = whole.time[of] * (double)(piece + 1) / 3;
        cut.event[i] = (piece == 2 || of % 7 == 0) && whole.event[of];
        cut.x[i] = whole.x[of] + (of % 5 == 0 && piece > 0 ? 0.5 : 0);
        cut.x[600 + i] = whole.x[200 + of];
        cut.x[1200 + i] =
            whole.time[of] * ((double)piece + (of % 4 == 0 && piece == 1 ? 0.2 : 0)) / 3;
        cut.cluster[i] = (uint32_t)of;
        cut.stratum[i] = of % 2;
        cut.weight[i] = 0.25 + (double)((7 * of + 5 * piece) % 9);
    }
    return cut;
}

static void rows_of_a_subject_that_follow_each_other_are_rows_like_others(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = weighed_pieces(arena);
    struct rwe_survival_data data = cohort_sort(&cohort, arena);
    struct rwe_cox_options options = robust(RWE_COX_EFRON);
    struct rwe_cox expected, cox;
    double *offset = RWE_NEW(arena, double, 600);
    data.entry = cohort.x + 1200;
    for (int with_offset = 0; with_offset < 2; with_offset++) {
        data.subject = NULL;
        assert_int_equal(rwe_cox_fit(&data, cohort.x, 2, &options, arena, &expected, NULL), RWE_OK);
        data.subject = cohort.cluster;
        data.n_subjects = 200;
        assert_int_equal(rwe_cox_fit(&data, cohort.x, 2, &options, arena, &cox, NULL), RWE_OK);
        compare_fits(&cox, &expected, 1e-13);
        for (size_t i = 0; i < 600; i++)
            offset[i] = (double)(i * 11 % 17) / 10; /* which tells rows with the same x apart */
        options.offset = offset;
    }
    rwe_arena_free(arena);
}

/* A hundredth of the subjects has a predictor some 150 above the others': no one unit serves all. */
static void subjects_in_pieces_with_risks_far_apart_fit_as_rows(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = weighed_pieces(arena);
    struct rwe_survival_data data = cohort_sort(&cohort, arena);
    struct rwe_cox_options options = rwe_cox_options_default();
    double *offset = RWE_NEW(arena, double, 600);
    struct rwe_cox expected, cox;
    data.entry = cohort.x + 1200;
    options.offset = offset;
    for (size_t i = 0; i < 600; i++)
        offset[i] = cohort.cluster[i] % 100 == 3 ? 150 : 0;
    assert_int_equal(rwe_cox_fit(&data, cohort.x, 2, &options, arena, &expected, NULL), RWE_OK);
    data.subject = cohort.cluster;
    data.n_subjects = 200;
    assert_int_equal(rwe_cox_fit(&data, cohort.x, 2, &options, arena, &cox, NULL), RWE_OK);
    assert_true(cox.converged);
    assert_close(cox.loglik, expected.loglik, 1e-12);
    for (size_t j = 0; j < 2; j++)
        assert_close(cox.estimate[j], expected.estimate[j], 1e-9);
    for (size_t jk = 0; jk < 4; jk++)
        assert_close(cox.covariance[jk], expected.covariance[jk], 1e-9);
    rwe_arena_free(arena);
}

/* Two subjects enter when all others but one have left: one fails, at a risk of e to the ten thousands
 * against the ordinary one's, so that they add −log 2 to the log-likelihood and nothing else. Then
 * they are taken off the sums again, in which nothing of the ordinary ones had been left. */
static void who_enters_late_with_enormous_risk_leaves_no_rounding_behind(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = cohort_random(arena, 300, 3, 0.5, 8);
    cohort.time[299] = 2e6;
    cohort.event[299] = 0;
    for (size_t i = 0; i < 300; i++)
        cohort.x[600 + i] = i == 299 ? 0 : cohort.time[i] / (double)(2 + i % 5);
    struct cohort plain = cohort;
    struct rwe_cox_options options = rwe_cox_options_default();
    options.max_iterations = 100; /* from 0 a step takes the outlier's predictor on by about 1 */
    struct rwe_cox expected = fit_last(&plain, options, ENTRY, arena);
    struct cohort more = cohort_new(arena, 302, 3);
    memcpy(more.time, cohort.time, 300 * sizeof(double));
    memcpy(more.event, cohort.event, 300);
    for (size_t j = 0; j < 3; j++)
        memcpy(more.x + j * 302, cohort.x + j * 300, 300 * sizeof(double));
    for (size_t i = 300; i < 302; i++) {
        more.time[i] = 1e6;
        more.event[i] = i == 300;
        more.x[302 + i] = copysign(1e5, expected.estimate[1]);
        more.x[604 + i] = 1e5;
    }
    struct rwe_cox cox = fit_last(&more, options, ENTRY, arena);
    assert_true(cox.converged);
    assert_close(cox.loglik, expected.loglik - log(2), 1e-12);
    for (size_t j = 0; j < 2; j++) {
        assert_close(cox.estimate[j], expected.estimate[j], 1e-8);
        assert_close(cox.covariance[3 * j], expected.covariance[3 * j], 1e-7);
    }
    rwe_arena_free(arena);
}

static void a_row_at_risk_at_no_event_changes_nothing(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    const double time[] = {1, 3, 3.5, 5, 6, 7, 8, 9};
    const uint8_t event[] = {1, 1, 0, 1, 1, 0, 1, 0};
    struct cohort cohort = cohort_new(arena, 8, 2);
    for (size_t i = 0; i < 8; i++) {
        cohort.time[i] = time[i];
        cohort.event[i] = event[i];
        cohort.x[i] = (double)(i * 5 % 8);
    }
    cohort.x[2] = 1e3;
    cohort.x[8 + 2] = 3; /* (3, 3.5]: enters at an event, which it is not at risk of */
    struct cohort with = cohort;
    struct rwe_cox cox = fit_last(&with, robust(RWE_COX_EFRON), ENTRY, arena);
    const uint8_t keep[] = {1, 1, 0, 1, 1, 1, 1, 1};
    struct cohort without = cohort_subset(&cohort, keep, arena);
    struct rwe_cox expected = fit_last(&without, robust(RWE_COX_EFRON), ENTRY, arena);
    compare_fits(&cox, &expected, 1e-13);
    rwe_arena_free(arena);
}

static void a_column_constant_in_each_of_disjoint_risk_sets_is_collinear(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = cohort_new(arena, 60, 3);
    for (size_t i = 0; i < 60; i++) { /* three periods; nobody is seen in two */
        double period = (double)(i / 20);
        cohort.time[i] = 100 * period + 1 + (double)(i % 20);
        cohort.event[i] = i % 3 != 0;
        cohort.x[i] = (double)(i * 7 % 10);
        cohort.x[60 + i] = 0.1 + period * 0.3;
        cohort.x[120 + i] = 100 * period;
    }
    struct rwe_survival_data data = cohort_sort(&cohort, arena);
    struct rwe_cox_options options = rwe_cox_options_default();
    struct rwe_error error = {0};
    struct rwe_cox cox;
    data.entry = cohort.x + 120;
    assert_int_equal(rwe_cox_fit(&data, cohort.x, 2, &options, arena, &cox, &error), RWE_COLLINEAR);
    assert_int_equal(error.index, 1);
    rwe_arena_free(arena);
}

static void an_event_of_any_cause_is_one_event(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = cohort_random(arena, 100, 2, 0.5, 4);
    struct rwe_survival_data data = cohort_sort(&cohort, arena);
    struct rwe_cox_options options = robust(RWE_COX_EFRON);
    struct rwe_cox one, two;
    assert_int_equal(rwe_cox_fit(&data, cohort.x, 2, &options, arena, &one, NULL), RWE_OK);
    for (size_t i = 0; i < 100; i += 2)
        cohort.event[i] *= 2;
    data.n_causes = 2;
    assert_int_equal(rwe_cox_fit(&data, cohort.x, 2, &options, arena, &two, NULL), RWE_OK);
    assert_int_equal(two.n_events, one.n_events);
    compare_fits(&two, &one, 0);
    rwe_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heart_transplants_match_coxph_with_rows_that_change_in_time),
        cmocka_unit_test(lung_with_entries_matches_coxph),
        cmocka_unit_test(veteran_with_entries_weights_and_strata_matches_coxph),
        cmocka_unit_test(rotterdam_with_entries_and_clusters_matches_coxph),
        cmocka_unit_test(offsets_match_coxph),
        cmocka_unit_test(a_subject_cut_into_rows_is_the_same_subject),
        cmocka_unit_test(rows_of_a_subject_that_follow_each_other_are_rows_like_others),
        cmocka_unit_test(subjects_in_pieces_with_risks_far_apart_fit_as_rows),
        cmocka_unit_test(who_enters_late_with_enormous_risk_leaves_no_rounding_behind),
        cmocka_unit_test(a_row_at_risk_at_no_event_changes_nothing),
        cmocka_unit_test(a_column_constant_in_each_of_disjoint_risk_sets_is_collinear),
        cmocka_unit_test(an_event_of_any_cause_is_one_event),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
