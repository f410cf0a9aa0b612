/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Residuals of a Cox model and the survival that it predicts. */
#include "check.h"
#include "cohort.h"
#include "cox_oracle.h"
#include "rwe/stats/cox_baseline.h"
#include "rwe/stats/cox_residuals.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const ORACLE = "tests/oracle/cox_kernel.csv";

/* A fit with what it was made from. The last columns of x are the row's number in the file and,
 * where there are entries, the entry. */
struct model {
    struct cohort cohort;
    struct rwe_survival_data data;
    struct rwe_cox_options options;
    struct rwe_cox fit;
    const double *row;
};

static struct model model_fit(struct cohort cohort, bool entries, enum rwe_cox_ties ties,
                              struct rwe_arena *arena)
{
    size_t n = cohort.n, p = cohort.p - 1 - entries;
    for (size_t i = 0; i < n; i++)
        cohort.x[p * n + i] = (double)i;
    struct model model = {.cohort = cohort, .options = rwe_cox_options_default()};
    model.data = cohort_sort(&model.cohort, arena);
    model.row = model.cohort.x + p * n;
    if (entries)
        model.data.entry = model.cohort.x + (p + 1) * n;
    model.options.ties = ties;
    model.options.robust = cohort.weight != NULL;
    struct rwe_error error = {0};
    if (rwe_cox_fit(&model.data, model.cohort.x, p, &model.options, arena, &model.fit, &error) !=
        RWE_OK)
        fail_msg("%s", error.message);
    return model;
}

static void check_near(double actual, double expected, double scale)
{
    if (!(fabs(actual - expected) <= 1e-8 * scale))
        fail_msg("%.17g is not %.17g", actual, expected);
}

/* By row: actual[i * p + j] against expected[row * p + j]. */
static void compare_rows(const struct oracle *oracle, const struct model *model, const char *name,
                         const char *what, const double actual[])
{
    char key[128];
    size_t length, n = model->data.n;
    snprintf(key, sizeof key, "residual.%s.%s", name, what);
    const double *expected = oracle_vector(oracle, key, &length);
    size_t p = length / n;
    assert_int_equal(length, n * p);
    for (size_t j = 0; j < p; j++) {
        double scale = 0;
        for (size_t i = 0; i < n; i++)
            scale = fmax(scale, fabs(expected[i * p + j]));
        for (size_t i = 0; i < n; i++)
            check_near(actual[i * p + j], expected[(size_t)model->row[i] * p + j], scale);
    }
}

static void compare_events(const struct oracle *oracle, const struct rwe_cox_residuals *residuals,
                           const char *name)
{
    char key[128];
    size_t length, p = residuals->p;
    snprintf(key, sizeof key, "residual.%s.schoenfeld", name);
    const double *plain = oracle_vector(oracle, key, &length);
    assert_int_equal(length, residuals->n_events * p);
    snprintf(key, sizeof key, "residual.%s.scaled", name);
    const double *scaled = oracle_vector(oracle, key, &length);
    for (size_t e = 0; e < residuals->n_events * p; e++) {
        check_near(residuals->schoenfeld[e], plain[e], 100);
        check_near(residuals->scaled_schoenfeld[e], scaled[e], 10);
    }
}

static void compare_residuals(const struct model *model, const char *name, bool schoenfeld)
{
    struct oracle *oracle = oracle_read(ORACLE);
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_cox_residuals residuals;
    assert_int_equal(rwe_cox_residuals(&model->data, model->cohort.x, &model->fit, &model->options,
                                       arena, &residuals, NULL),
                     RWE_OK);
    compare_rows(oracle, model, name, "martingale", residuals.martingale);
    compare_rows(oracle, model, name, "deviance", residuals.deviance);
    compare_rows(oracle, model, name, "score", residuals.score);
    compare_rows(oracle, model, name, "dfbeta", residuals.dfbeta);
    if (schoenfeld)
        compare_events(oracle, &residuals, name);
    rwe_arena_free(arena);
    oracle_free(oracle);
}

static void compare_prediction(const struct model *model, const char *name, const double at[],
                               size_t stratum)
{
    struct oracle *oracle = oracle_read(ORACLE);
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_cox_prediction prediction;
    assert_int_equal(
        rwe_cox_predict_survival(
            &(struct rwe_cox_fitted){&model->data, model->cohort.x, &model->fit, &model->options},
            at, stratum, arena, &prediction, NULL),
        RWE_OK);
    const char *const what[] = {"time", "hazard", "std_error", "survival"};
    const double *const actual[] = {prediction.time, prediction.cumulative_hazard,
                                    prediction.std_error, prediction.survival};
    for (size_t v = 0; v < 4; v++) {
        char key[128];
        size_t length;
        snprintf(key, sizeof key, "predict.%s.%s", name, what[v]);
        const double *expected = oracle_vector(oracle, key, &length);
        assert_int_equal(prediction.n_times, length);
        for (size_t k = 0; k < length; k++)
            assert_close(actual[v][k], expected[k], v == 2 ? 1e-7 : 1e-8);
    }
    rwe_arena_free(arena);
    oracle_free(oracle);
}

static void lung_matches_coxph(void **state)
{
    (void)state;
    struct csv_table *table = csv_table_read("tests/oracle/data/lung.csv");
    const char *const columns[] = {"sex", "age", NULL};
    struct cohort cohort = cohort_load(table, "time", "status", 2, columns, 3);
    const double at[] = {2, 50};
    struct model model = model_fit(cohort, false, RWE_COX_EFRON, table->arena);
    compare_residuals(&model, "lung.efron", true);
    compare_prediction(&model, "lung.efron", at, 0);
    model = model_fit(cohort, false, RWE_COX_BRESLOW, table->arena);
    compare_residuals(&model, "lung.breslow", true);
    compare_prediction(&model, "lung.breslow", at, 0);
    csv_table_free(table);
}

static void heart_transplants_match_coxph(void **state)
{
    (void)state;
    struct csv_table *table = csv_table_read("tests/oracle/data/heart.csv");
    const char *const columns[] = {"age", "surgery", "transplant", NULL, "start"};
    struct cohort cohort = cohort_load(table, "stop", "event", 1, columns, 5);
    const double at[] = {5, 1, 0};
    struct model model = model_fit(cohort, true, RWE_COX_EFRON, table->arena);
    compare_residuals(&model, "heart.efron", true);
    compare_prediction(&model, "heart.efron", at, 0);
    model = model_fit(cohort, true, RWE_COX_BRESLOW, table->arena);
    compare_residuals(&model, "heart.breslow", true);
    compare_prediction(&model, "heart.breslow", at, 0);
    csv_table_free(table);
}

static void weighted_and_stratified_veteran_matches_coxph(void **state)
{
    (void)state;
    struct csv_table *table = csv_table_read("tests/oracle/data/veteran.csv");
    const char *const columns[] = {"trt", "karno", NULL};
    struct cohort cohort = cohort_load(table, "time", "status", 1, columns, 3);
    cohort.stratum = csv_table_codes(table, "celltype", NULL); /* adeno, large, … */
    cohort.weight = RWE_NEW(table->arena, double, cohort.n);
    for (size_t i = 0; i < cohort.n; i++)
        cohort.weight[i] = 0.25 + (double)((i + 1) % 5) / 2;
    const double at[] = {1, 40};
    struct model model = model_fit(cohort, false, RWE_COX_EFRON, table->arena);
    compare_residuals(&model, "veteran.efron", false);
    compare_prediction(&model, "veteran.efron", at, 1);
    model = model_fit(cohort, false, RWE_COX_BRESLOW, table->arena);
    compare_residuals(&model, "veteran.breslow", false);
    compare_prediction(&model, "veteran.breslow", at, 1);
    csv_table_free(table);
}

static void residuals_sum_to_zero_at_the_maximum(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct model model =
        model_fit(cohort_random(arena, 500, 4, 0.5, 2), false, RWE_COX_EFRON, arena);
    struct rwe_cox_residuals r;
    assert_int_equal(
        rwe_cox_residuals(&model.data, model.cohort.x, &model.fit, &model.options, arena, &r, NULL),
        RWE_OK);
    double martingale = 0, score[3] = {0}, schoenfeld[3] = {0};
    for (size_t i = 0; i < r.n; i++) {
        martingale += r.martingale[i];
        for (size_t j = 0; j < 3; j++)
            score[j] += r.score[i * 3 + j];
    }
    for (size_t e = 0; e < r.n_events; e++)
        for (size_t j = 0; j < 3; j++)
            schoenfeld[j] += r.schoenfeld[e * 3 + j];
    check_near(martingale, 0, 1e-3);
    for (size_t j = 0; j < 3; j++) {
        check_near(score[j], 0, 1);
        check_near(schoenfeld[j], 0, 1);
    }
    rwe_arena_free(arena);
}

/* With a covariate without effect Breslow's baseline is Nelson and Aalen's estimator: by hand. */
static void a_prediction_without_effect_is_nelson_aalen(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    const double time[] = {1, 1, 2, 2};
    const uint8_t event[] = {1, 1, 1, 1};
    struct cohort cohort = cohort_of(arena, 4, time, event, NULL);
    double x[] = {1, 0, 1, 0, 0, 0, 0, 0};
    cohort.p = 2;
    cohort.x = x;
    struct model model = model_fit(cohort, false, RWE_COX_BRESLOW, arena);
    struct rwe_cox_prediction prediction;
    const double at[] = {0.5};
    assert_int_equal(rwe_cox_predict_survival(&(struct rwe_cox_fitted){&model.data, model.cohort.x,
                                                                       &model.fit, &model.options},
                                              at, 0, arena, &prediction, NULL),
                     RWE_OK);
    assert_int_equal(prediction.n_times, 2);
    assert_close(prediction.cumulative_hazard[0], 0.5, 1e-14);
    assert_close(prediction.cumulative_hazard[1], 1.5, 1e-14);
    assert_close(prediction.std_error[1], sqrt(2. / 16 + 2. / 4), 1e-14);
    assert_close(prediction.survival[1], exp(-1.5), 1e-14);
    rwe_arena_free(arena);
}

static void what_is_not_defined_is_refused(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct model model =
        model_fit(cohort_random(arena, 50, 2, 0.5, 2), false, RWE_COX_EFRON, arena);
    struct rwe_cox_residuals residuals;
    struct rwe_cox_prediction prediction;
    struct rwe_error error;
    const double bad[] = {NAN}, at[] = {0};
    const double *x = model.cohort.x;
    assert_int_equal(rwe_cox_predict_survival(
                         &(struct rwe_cox_fitted){&model.data, x, &model.fit, &model.options}, bad,
                         0, arena, &prediction, &error),
                     RWE_NOT_FINITE);
    assert_int_equal(error.index, 0);
    assert_int_equal(rwe_cox_predict_survival(
                         &(struct rwe_cox_fitted){&model.data, x, &model.fit, &model.options}, at,
                         1, arena, &prediction, &error),
                     RWE_BAD_INPUT);
    model.options.ties = RWE_COX_EXACT;
    assert_int_equal(rwe_cox_predict_survival(
                         &(struct rwe_cox_fitted){&model.data, x, &model.fit, &model.options}, at,
                         0, arena, &prediction, &error),
                     RWE_BAD_INPUT);
    assert_int_equal(
        rwe_cox_residuals(&model.data, x, &model.fit, &model.options, arena, &residuals, &error),
        RWE_BAD_INPUT);
    rwe_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lung_matches_coxph),
        cmocka_unit_test(heart_transplants_match_coxph),
        cmocka_unit_test(weighted_and_stratified_veteran_matches_coxph),
        cmocka_unit_test(residuals_sum_to_zero_at_the_maximum),
        cmocka_unit_test(a_prediction_without_effect_is_nelson_aalen),
        cmocka_unit_test(what_is_not_defined_is_refused),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
