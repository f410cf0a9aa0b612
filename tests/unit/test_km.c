/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "cohort.h"
#include "freireich.h"
#include "rwe/stats/km.h"

#include <math.h>
#include <stdio.h>

static const struct {
    enum rwe_km_transform transform;
    const char *name;
} TRANSFORMS[] = {{RWE_KM_LOG_LOG, "log-log"},
                  {RWE_KM_LOG, "log"},
                  {RWE_KM_PLAIN, "plain"},
                  {RWE_KM_LOGIT, "logit"},
                  {RWE_KM_ARCSIN, "arcsin"}};
enum { N_TRANSFORMS = sizeof TRANSFORMS / sizeof *TRANSFORMS };

static struct rwe_event_table build(struct cohort *cohort, struct rwe_arena *arena)
{
    struct rwe_survival_data data = cohort_sort(cohort, arena);
    struct rwe_event_table table;
    assert_int_equal(rwe_event_table_build(&data, arena, &table, NULL), RWE_OK);
    return table;
}

static struct rwe_km_curve fit(const struct rwe_event_table *table, size_t group,
                               enum rwe_km_transform transform, struct rwe_arena *arena)
{
    struct rwe_km_options options = rwe_km_options_default();
    struct rwe_km_curve curve;
    options.transform = transform;
    assert_int_equal(rwe_km_fit(table, group, &options, arena, &curve, NULL), RWE_OK);
    return curve;
}

static struct rwe_km_curve fit_one(struct cohort *cohort, enum rwe_km_transform transform,
                                   struct rwe_arena *arena)
{
    struct rwe_event_table table = build(cohort, arena);
    return fit(&table, 0, transform, arena);
}

static void leukaemia_has_the_published_curve_and_medians(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort =
        cohort_of(arena, FREIREICH_N, freireich_weeks, freireich_relapse, freireich_arm);
    struct rwe_event_table table = build(&cohort, arena);
    struct rwe_km_curve curve = fit(&table, FREIREICH_6MP, RWE_KM_LOG_LOG, arena);
    /* Kleinbaum & Klein (2012), section 2.2: week and S */
    static const double published[][2] = {{6, .8571},  {7, .8067},  {10, .7529}, {13, .6902},
                                          {16, .6275}, {22, .5378}, {23, .4482}};
    for (size_t k = 0; k < 7; k++)
        assert_close(rwe_km_at(&curve, published[k][0]).survival, published[k][1], 1e-4);
    /* By hand: 18/21, Greenwood 3 / (21 × 18) */
    assert_close(curve.survival[0], 18. / 21, 1e-15);
    assert_close(curve.std_error[0], 18. / 21 * sqrt(3. / (21 * 18)), 1e-15);
    assert_close(curve.n, 21, 0);
    assert_close(curve.n_events, 9, 0);
    assert_close(rwe_km_quantile(&curve, 0.5).value, 23, 0);
    curve = fit(&table, FREIREICH_PLACEBO, RWE_KM_LOG_LOG, arena);
    assert_close(rwe_km_quantile(&curve, 0.5).value, 8, 0);
    rwe_arena_free(arena);
}

/* Nelson and Aalen's estimator for 6-MP, by hand: 3/21 at week 6, then 1/17, 1/15, 1/12, 1/11, 1/7,
 * 1/6 at weeks 7 to 23; the variance has the squares of the denominators. */
static void leukaemia_has_the_cumulative_hazard_that_is_summed_by_hand(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort =
        cohort_of(arena, FREIREICH_N, freireich_weeks, freireich_relapse, freireich_arm);
    struct rwe_event_table table = build(&cohort, arena);
    struct rwe_km_curve curve = fit(&table, FREIREICH_6MP, RWE_KM_LOG_LOG, arena);
    struct rwe_cumulative_hazard hazard;
    assert_int_equal(rwe_km_cumulative_hazard(&curve, 0.95, arena, &hazard, NULL), RWE_OK);
    struct rwe_hazard_point week6 = rwe_km_hazard_at(&hazard, 6);
    struct rwe_hazard_point week23 = rwe_km_hazard_at(&hazard, 23);
    double sum = 3. / 21 + 1. / 17 + 1. / 15 + 1. / 12 + 1. / 11 + 1. / 7 + 1. / 6;
    double squares = 3. / (21 * 21) + 1. / (17 * 17) + 1. / (15 * 15) + 1. / (12 * 12) +
                     1. / (11 * 11) + 1. / (7 * 7) + 1. / (6 * 6);
    assert_close(week6.hazard, 1. / 7, 1e-14);
    assert_close(week6.std_error, sqrt(3.) / 21, 1e-14);
    assert_close(week23.hazard, sum, 1e-14);
    assert_close(week23.std_error, sqrt(squares), 1e-14);
    rwe_arena_free(arena);
}

static void compare_vector(const struct oracle *oracle, const char *curve, const char *what,
                           const double actual[], size_t n)
{
    char key[192];
    size_t n_expected;
    snprintf(key, sizeof key, "km.%s.%s", curve, what);
    const double *expected = oracle_vector(oracle, key, &n_expected);
    assert_int_equal(n, n_expected);
    for (size_t i = 0; i < n; i++)
        assert_close(actual[i], expected[i], 1e-10);
}

static void compare_limits(const struct oracle *oracle, const char *name, const char *transform,
                           const struct rwe_km_curve *curve)
{
    char what[64];
    double quantile[9];
    snprintf(what, sizeof what, "%s.low", transform);
    compare_vector(oracle, name, what, curve->conf_low, curve->n_points);
    snprintf(what, sizeof what, "%s.high", transform);
    compare_vector(oracle, name, what, curve->conf_high, curve->n_points);
    for (size_t q = 0; q < 3; q++) {
        struct rwe_km_quantile one = rwe_km_quantile(curve, 0.25 * (double)(q + 1));
        quantile[3 * q] = one.value;
        quantile[3 * q + 1] = one.conf_low;
        quantile[3 * q + 2] = one.conf_high;
    }
    snprintf(what, sizeof what, "%s.quantile", transform);
    compare_vector(oracle, name, what, quantile, 9);
    snprintf(what, sizeof what, "%s.median", transform);
    compare_vector(oracle, name, what, quantile + 3, 3);
}

static void compare_curve(const struct oracle *oracle, const char *name,
                          const struct rwe_km_curve *curve)
{
    compare_vector(oracle, name, "time", curve->time, curve->n_points);
    compare_vector(oracle, name, "at_risk", curve->at_risk, curve->n_points);
    compare_vector(oracle, name, "events", curve->events, curve->n_points);
    compare_vector(oracle, name, "censored", curve->censored, curve->n_points);
    compare_vector(oracle, name, "survival", curve->survival, curve->n_points);
    compare_vector(oracle, name, "std_error", curve->std_error, curve->n_points);
}

/* Every group's curve under every transform, and the follow-up under the first. */
static void compare_groups(const struct oracle *oracle, const char *name,
                           const struct rwe_event_table *table, struct rwe_arena *arena)
{
    char key[64];
    struct rwe_km_options options = rwe_km_options_default();
    for (size_t group = 0; group < table->n_groups; group++) {
        struct rwe_km_curve curve;
        snprintf(key, sizeof key, "%s.%zu", name, group);
        for (size_t t = 0; t < N_TRANSFORMS; t++) {
            curve = fit(table, group, TRANSFORMS[t].transform, arena);
            compare_limits(oracle, key, TRANSFORMS[t].name, &curve);
        }
        compare_curve(oracle, key, &curve);
        snprintf(key, sizeof key, "%s.followup.%zu", name, group);
        assert_int_equal(rwe_km_fit_followup(table, group, &options, arena, &curve, NULL), RWE_OK);
        compare_curve(oracle, key, &curve);
    }
}

static struct cohort load(const struct csv_table *table, const char *time, const char *event,
                          double code, const char *group)
{
    struct cohort cohort = cohort_new(table->arena, table->n_rows, 0);
    const double *status = csv_table_numbers(table, event);
    cohort.time = csv_table_numbers(table, time);
    cohort.group = csv_table_codes(table, group, NULL);
    for (size_t i = 0; i < cohort.n; i++)
        cohort.event[i] = status[i] == code;
    return cohort;
}

static void lung_and_veteran_match_survfit_on_all_scales(void **state)
{
    (void)state;
    struct oracle *oracle = oracle_read("tests/oracle/survival_kernels.csv");
    struct csv_table *lung = csv_table_read("tests/oracle/data/lung.csv");
    struct cohort cohort = load(lung, "time", "status", 2, "sex");
    struct rwe_event_table table = build(&cohort, lung->arena);
    compare_groups(oracle, "lung", &table, lung->arena);
    csv_table_free(lung);
    struct csv_table *veteran = csv_table_read("tests/oracle/data/veteran.csv");
    cohort = load(veteran, "time", "status", 1, "celltype");
    table = build(&cohort, veteran->arena);
    compare_groups(oracle, "veteran", &table, veteran->arena);
    csv_table_free(veteran);
    oracle_free(oracle);
}

static void rotterdam_read_at_times_matches_survfit(void **state)
{
    (void)state;
    struct oracle *oracle = oracle_read("tests/oracle/survival_kernels.csv");
    struct csv_table *rotterdam = csv_table_read("tests/oracle/data/rotterdam.csv");
    struct cohort cohort = load(rotterdam, "dtime", "death", 1, "hormon");
    struct rwe_event_table table = build(&cohort, rotterdam->arena);
    for (size_t group = 0; group < 2; group++) {
        struct rwe_km_curve curve = fit(&table, group, RWE_KM_LOG_LOG, rotterdam->arena);
        char key[64];
        size_t n;
        snprintf(key, sizeof key, "km.rotterdam.%zu.at", group);
        const double *survival = oracle_vector(oracle, key, &n);
        snprintf(key, sizeof key, "km.rotterdam.%zu.at.std_error", group);
        const double *std_error = oracle_vector(oracle, key, &n);
        assert_true(n > 40);
        for (size_t i = 0; i < n; i++) {
            struct rwe_km_point point = rwe_km_at(&curve, 100 * (double)(i + 1));
            assert_close(point.survival, survival[i], 1e-10);
            assert_close(point.std_error, std_error[i], 1e-10);
        }
    }
    csv_table_free(rotterdam);
    oracle_free(oracle);
}

static void lung_read_at_times_matches_survfit(void **state)
{
    (void)state;
    struct oracle *oracle = oracle_read("tests/oracle/survival_kernels.csv");
    struct csv_table *lung = csv_table_read("tests/oracle/data/lung.csv");
    struct cohort cohort = load(lung, "time", "status", 2, "sex");
    struct rwe_event_table table = build(&cohort, lung->arena);
    struct rwe_km_curve curve = fit(&table, 0, RWE_KM_LOG_LOG, lung->arena);
    size_t n;
    const double *expected = oracle_vector(oracle, "km.lung.0.at", &n);
    assert_int_equal(n, 5 * 6);
    for (size_t i = 0; i < 5; i++, expected += 6) {
        struct rwe_km_point point = rwe_km_at(&curve, expected[0]);
        assert_close(point.survival, expected[1], 1e-10);
        assert_close(point.std_error, expected[2], 1e-10);
        assert_close(point.conf_low, expected[3], 1e-10);
        assert_close(point.conf_high, expected[4], 1e-10);
        assert_close(point.at_risk, expected[5], 0);
    }
    csv_table_free(lung);
    oracle_free(oracle);
}

static void nothing_is_read_beyond_the_last_time(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = cohort_of(arena, 3, (double[]){2, 4, 6}, (uint8_t[]){1, 1, 0}, NULL);
    struct rwe_km_curve curve = fit_one(&cohort, RWE_KM_LOG_LOG, arena);
    struct rwe_km_point before = rwe_km_at(&curve, 1.9);
    assert_close(before.survival, 1, 0);
    assert_close(before.std_error, 0, 0);
    assert_close(before.conf_low, 1, 0);
    assert_close(before.conf_high, 1, 0);
    assert_close(before.at_risk, 3, 0);
    assert_close(rwe_km_at(&curve, 2).survival, 2. / 3, 1e-15);
    assert_close(rwe_km_at(&curve, 2).at_risk, 3, 0);
    assert_close(rwe_km_at(&curve, 3).at_risk, 2, 0);
    assert_close(rwe_km_at(&curve, 6).survival, 1. / 3, 1e-15);
    struct rwe_km_point beyond = rwe_km_at(&curve, 6.001);
    assert_nan(beyond.survival);
    assert_nan(beyond.std_error);
    assert_nan(beyond.conf_low);
    assert_nan(beyond.conf_high);
    assert_close(beyond.at_risk, 0, 0);
    assert_nan(rwe_km_at(&curve, NAN).survival);
    rwe_arena_free(arena);
}

static void limits_are_one_at_one_and_not_estimable_at_zero(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = cohort_of(arena, 3, (double[]){1, 2, 3}, (uint8_t[]){0, 1, 1}, NULL);
    for (size_t t = 0; t < N_TRANSFORMS; t++) {
        struct rwe_km_curve curve = fit_one(&cohort, TRANSFORMS[t].transform, arena);
        assert_close(curve.conf_low[0], 1, 0);
        assert_close(curve.conf_high[0], 1, 0);
        assert_close(curve.std_error[0], 0, 0);
        assert_true(curve.conf_low[1] >= 0 && curve.conf_low[1] < 0.5);
        assert_true(curve.conf_high[1] > 0.5 && curve.conf_high[1] <= 1);
        assert_close(curve.survival[2], 0, 0);
        assert_nan(curve.std_error[2]);
        assert_nan(curve.conf_low[2]);
        assert_nan(curve.conf_high[2]);
    }
    rwe_arena_free(arena);
}

static void confidence_level_sets_the_width(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = cohort_of(arena, 2, (double[]){1, 2}, (uint8_t[]){1, 0}, NULL);
    struct rwe_event_table table = build(&cohort, arena);
    struct rwe_km_options options = {.transform = RWE_KM_PLAIN, .conf_level = 0.5};
    struct rwe_km_curve curve;
    assert_int_equal(rwe_km_fit(&table, 0, &options, arena, &curve, NULL), RWE_OK);
    /* S = 1/2, Greenwood 1/2, Φ⁻¹(0.75) = 0.674489750196082 */
    assert_close(curve.conf_high[0], 0.5 + 0.674489750196082 * 0.5 * sqrt(0.5), 1e-14);
    rwe_arena_free(arena);
}

static void a_median_on_a_flat_piece_is_its_midpoint(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    /* S = 0.5 from 2 on; the next drop is at 7 (a censoring at 5 does not end the piece). */
    struct cohort cohort =
        cohort_of(arena, 6, (double[]){1, 2, 2, 5, 7, 8}, (uint8_t[]){1, 1, 1, 0, 1, 1}, NULL);
    struct rwe_km_curve curve = fit_one(&cohort, RWE_KM_LOG, arena);
    assert_close(rwe_km_quantile(&curve, 0.5).value, 4.5, 0);
    assert_close(rwe_km_quantile_first(&curve, 0.5).value, 2, 0); /* Stata's rule */
    /* No later drop: the first time (R's print of a survfit; its quantile() would go on to the
     * midpoint between that and the last time). */
    cohort = cohort_of(arena, 4, (double[]){1, 2, 5, 7}, (uint8_t[]){1, 1, 0, 0}, NULL);
    curve = fit_one(&cohort, RWE_KM_LOG, arena);
    assert_close(rwe_km_quantile(&curve, 0.5).value, 2, 0);
    rwe_arena_free(arena);
}

static void a_half_that_is_rounded_is_still_a_half(void **state)
{
    (void)state;
    /* 23/24 × 22/23 × … × 12/13 comes out above 0.5; then a censoring, and the next death at 14. */
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = cohort_new(arena, 24, 0);
    for (size_t i = 0; i < 24; i++) {
        cohort.time[i] = (double)i + 1;
        cohort.event[i] = i != 12;
    }
    struct rwe_km_curve curve = fit_one(&cohort, RWE_KM_LOG, arena);
    assert_close(curve.survival[11], 0.5, 1e-15);
    assert_true(curve.survival[11] > 0.5); /* else this shows nothing */
    assert_close(rwe_km_quantile(&curve, 0.5).value, (12 + 14) / 2., 0);
    rwe_arena_free(arena);
}

static void quantiles_not_reached_or_not_probabilities_are_nan(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = cohort_of(arena, 3, (double[]){1, 2, 3}, (uint8_t[]){1, 0, 0}, NULL);
    struct rwe_km_curve curve = fit_one(&cohort, RWE_KM_LOG_LOG, arena);
    assert_nan(rwe_km_quantile(&curve, 0.5).value);
    assert_nan(rwe_km_quantile(&curve, 0.5).conf_high);
    assert_close(rwe_km_quantile(&curve, 0.5).conf_low, 1, 0); /* the lower limit is below a half */
    assert_nan(rwe_km_quantile(&curve, 0).value);
    assert_nan(rwe_km_quantile(&curve, 1).value);
    assert_nan(rwe_km_quantile(&curve, NAN).value);
    rwe_arena_free(arena);
}

static void what_cannot_be_fitted_is_refused(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort =
        cohort_of(arena, 3, (double[]){1, 2, 3}, (uint8_t[]){1, 0, 1}, (uint32_t[]){0, 2, 0});
    struct rwe_event_table table = build(&cohort, arena);
    struct rwe_km_options options = rwe_km_options_default();
    struct rwe_km_curve curve;
    struct rwe_error error = {0};
    assert_int_equal(rwe_km_fit(&table, 1, &options, arena, &curve, &error), RWE_NOT_ESTIMABLE);
    assert_int_equal(rwe_km_fit(&table, 3, &options, arena, &curve, &error), RWE_BAD_INPUT);
    const double wrong[] = {0, 1, -1, NAN};
    for (size_t i = 0; i < 4; i++) {
        options.conf_level = wrong[i];
        assert_int_equal(rwe_km_fit(&table, 0, &options, arena, &curve, &error), RWE_BAD_INPUT);
    }
    options = rwe_km_options_default();
    options.transform = (enum rwe_km_transform)9;
    assert_int_equal(rwe_km_fit_followup(&table, 0, &options, arena, &curve, &error),
                     RWE_BAD_INPUT);
    options = rwe_km_options_default();
    cohort.stratum = (uint32_t[]){0, 1, 0};
    table = build(&cohort, arena);
    assert_int_equal(rwe_km_fit(&table, 0, &options, arena, &curve, &error), RWE_BAD_INPUT);
    rwe_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leukaemia_has_the_published_curve_and_medians),
        cmocka_unit_test(leukaemia_has_the_cumulative_hazard_that_is_summed_by_hand),
        cmocka_unit_test(lung_and_veteran_match_survfit_on_all_scales),
        cmocka_unit_test(rotterdam_read_at_times_matches_survfit),
        cmocka_unit_test(lung_read_at_times_matches_survfit),
        cmocka_unit_test(nothing_is_read_beyond_the_last_time),
        cmocka_unit_test(limits_are_one_at_one_and_not_estimable_at_zero),
        cmocka_unit_test(confidence_level_sets_the_width),
        cmocka_unit_test(a_median_on_a_flat_piece_is_its_midpoint),
        cmocka_unit_test(a_half_that_is_rounded_is_still_a_half),
        cmocka_unit_test(quantiles_not_reached_or_not_probabilities_are_nan),
        cmocka_unit_test(what_cannot_be_fitted_is_refused),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
