/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "cohort.h"
#include "freireich.h"
#include "rwe/stats/km.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdio.h>

static void kolmogorovs_distribution_is_the_whole_bridge(void **state)
{
    (void)state;
    /* Any table of Kolmogorov's limit: 1.2238, 1.3581, 1.6276. */
    assert_close(rwe_km_hall_wellner(0, 1, 0.90), 1.2238478702, 1e-8);
    assert_close(rwe_km_hall_wellner(0, 1, 0.95), 1.3580986393, 1e-8);
    assert_close(rwe_km_hall_wellner(0, 1, 0.99), 1.6276236115, 1e-8);
}

static void critical_values_match_other_routes(void **state)
{
    (void)state;
    static const double levels[] = {0.9, 0.95, 0.99};
    struct oracle *oracle = oracle_read("tests/oracle/km_family.csv");
    size_t n, n_ends;
    const double *ends = oracle_vector(oracle, "ends", &n_ends);
    for (size_t l = 0; l < 3; l++) {
        char key[32];
        snprintf(key, sizeof key, "hall-wellner.%g", levels[l]);
        const double *k = oracle_vector(oracle, key, &n);
        snprintf(key, sizeof key, "equal-precision.%g", levels[l]);
        const double *c = oracle_vector(oracle, key, &n);
        assert_int_equal(2 * n, n_ends);
        for (size_t e = 0; e < n; e++) {
            double low = ends[2 * e], high = ends[2 * e + 1];
            /* The oracle's sum over a grid of 601 × 601 is good to 3e-6. */
            assert_close(rwe_km_hall_wellner(low, high, levels[l]), k[e], 1e-5);
            assert_close(rwe_km_equal_precision(low, high, levels[l]), c[e], 1e-6);
        }
    }
    oracle_free(oracle);
}

/* Klein & Moeschberger (2003), section 4.4, at 0.1 and 0.6: 1.3211, and 2.8826 by Nair's
 * approximation, of which the third decimal is off. */
static void published_critical_values_are_met(void **state)
{
    (void)state;
    assert_close(rwe_km_hall_wellner(0.1, 0.6, 0.95), 1.3211, 5e-5);
    assert_close(rwe_km_equal_precision(0.1, 0.6, 0.95), 2.8826, 2e-3);
}

static void one_time_alone_is_a_pointwise_limit(void **state)
{
    (void)state;
    double z = gsl_cdf_ugaussian_Pinv(0.975);
    assert_close(rwe_km_equal_precision(0.3, 0.3, 0.95), z, 1e-12);
    assert_close(rwe_km_equal_precision(0.3, 0.3 + 1e-7, 0.95), z, 1e-3);
    assert_close(rwe_km_hall_wellner(0.5, 0.5 + 1e-5, 0.95), z / 2, 1e-2);
}

static void wider_intervals_and_higher_levels_need_more(void **state)
{
    (void)state;
    assert_true(rwe_km_hall_wellner(0.1, 0.7, 0.95) > rwe_km_hall_wellner(0.1, 0.4, 0.95));
    assert_true(rwe_km_equal_precision(0.1, 0.7, 0.95) > rwe_km_equal_precision(0.1, 0.4, 0.95));
    assert_true(rwe_km_equal_precision(0.1, 0.4, 0.99) > rwe_km_equal_precision(0.1, 0.4, 0.95));
    /* 1 − u in the place of u: the bridge backwards. */
    assert_close(rwe_km_hall_wellner(0.1, 0.4, 0.95), rwe_km_hall_wellner(0.6, 0.9, 0.95), 1e-9);
    assert_close(rwe_km_equal_precision(0.1, 0.4, 0.95), rwe_km_equal_precision(0.6, 0.9, 0.95),
                 1e-9);
}

static void impossible_ends_have_no_critical_value(void **state)
{
    (void)state;
    assert_nan(rwe_km_hall_wellner(0.5, 0.5, 0.95));
    assert_nan(rwe_km_hall_wellner(-0.1, 0.5, 0.95));
    assert_nan(rwe_km_hall_wellner(0.1, 1.1, 0.95));
    assert_nan(rwe_km_hall_wellner(0.1, 0.5, 1));
    assert_nan(rwe_km_hall_wellner(NAN, 0.5, 0.95));
    assert_nan(rwe_km_equal_precision(0, 0.5, 0.95));
    assert_nan(rwe_km_equal_precision(0.2, 1, 0.95));
    assert_nan(rwe_km_equal_precision(0.5, 0.2, 0.95));
    assert_nan(rwe_km_equal_precision(0.2, NAN, 0.95));
}

static struct rwe_km_curve leukaemia(struct rwe_arena *arena)
{
    struct cohort cohort =
        cohort_of(arena, FREIREICH_N, freireich_weeks, freireich_relapse, freireich_arm);
    struct rwe_survival_data data = cohort_sort(&cohort, arena);
    struct rwe_event_table table;
    struct rwe_km_options options = rwe_km_options_default();
    struct rwe_km_curve curve;
    assert_int_equal(rwe_event_table_build(&data, arena, &table, NULL), RWE_OK);
    assert_int_equal(rwe_km_fit(&table, FREIREICH_6MP, &options, arena, &curve, NULL), RWE_OK);
    return curve;
}

/* Week 6 by hand: 3 of 21 relapsed, so nσ² = 21 × 3 / (21 × 18) = 1 / 6 and a = 1 / 7. */
static void a_band_is_its_formula(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_km_curve curve = leukaemia(arena);
    struct rwe_km_options options = {RWE_KM_PLAIN, 0.95};
    struct rwe_km_band band;
    assert_int_equal(rwe_km_band_fit(&curve, RWE_KM_HALL_WELLNER, &options, arena, &band, NULL),
                     RWE_OK);
    double s = 18. / 21;
    assert_close(band.from, 6, 0);
    assert_close(band.to, 35, 0);
    assert_close(band.a_from, 1. / 7, 1e-12);
    assert_close(band.critical, rwe_km_hall_wellner(band.a_from, band.a_to, 0.95), 0);
    assert_close(band.conf_low[0], s - band.critical * (1 + 1. / 6) / sqrt(21) * s, 1e-12);
    assert_close(band.conf_high[0], 1, 0);
    assert_int_equal(rwe_km_band_fit(&curve, RWE_KM_EQUAL_PRECISION, &options, arena, &band, NULL),
                     RWE_OK);
    assert_close(band.conf_low[0], s - band.critical * sqrt(1. / 6 / 21) * s, 1e-12);
    rwe_arena_free(arena);
}

static void bands_hold_the_pointwise_limits(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_km_curve curve = leukaemia(arena);
    struct rwe_km_options options = rwe_km_options_default();
    struct rwe_km_band band;
    assert_int_equal(rwe_km_band_fit(&curve, RWE_KM_EQUAL_PRECISION, &options, arena, &band, NULL),
                     RWE_OK);
    for (size_t i = 0; i < curve.n_points; i++) {
        assert_true(band.conf_low[i] < curve.conf_low[i]);
        assert_true(band.conf_high[i] > curve.conf_high[i]);
    }
    rwe_arena_free(arena);
}

/* n subjects who leave at 1, 2, …, n; the first `events` of them by the event. */
static struct rwe_km_curve steps(struct rwe_arena *arena, size_t n, size_t events)
{
    double *time = RWE_NEW(arena, double, n);
    uint8_t *event = RWE_NEW(arena, uint8_t, n);
    for (size_t i = 0; i < n; i++) {
        time[i] = (double)i + 1;
        event[i] = i < events;
    }
    struct cohort cohort = cohort_of(arena, n, time, event, NULL);
    struct rwe_survival_data data = cohort_sort(&cohort, arena);
    struct rwe_event_table table;
    struct rwe_km_options options = rwe_km_options_default();
    struct rwe_km_curve curve;
    assert_int_equal(rwe_event_table_build(&data, arena, &table, NULL), RWE_OK);
    assert_int_equal(rwe_km_fit(&table, 0, &options, arena, &curve, NULL), RWE_OK);
    return curve;
}

/* Without censoring nσ² = i / (n − i) after i events, so that a = i / n: here within 0.1 and 0.9 from
 * the 11th to the 90th of 101. */
static void an_equal_precision_band_leaves_out_the_ends(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_km_curve curve = steps(arena, 101, 101);
    struct rwe_km_options options = rwe_km_options_default();
    struct rwe_km_band band;
    assert_int_equal(rwe_km_band_fit(&curve, RWE_KM_EQUAL_PRECISION, &options, arena, &band, NULL),
                     RWE_OK);
    assert_close(band.from, 11, 0);
    assert_close(band.to, 90, 0);
    assert_close(band.a_from, 11. / 101, 1e-12);
    assert_close(band.a_to, 90. / 101, 1e-12);
    assert_nan(band.conf_low[9]);
    assert_true(band.conf_low[10] < curve.conf_low[10]);
    assert_nan(band.conf_high[90]);
    rwe_arena_free(arena);
}

static void few_events_have_a_hall_wellner_band_only(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_km_curve curve = steps(arena, 100, 9);
    struct rwe_km_options options = rwe_km_options_default();
    struct rwe_km_band band;
    struct rwe_error error = {0};
    assert_int_equal(
        rwe_km_band_fit(&curve, RWE_KM_EQUAL_PRECISION, &options, arena, &band, &error),
        RWE_NOT_ESTIMABLE);
    assert_string_equal(error.message, "too few events for an equal-precision band (a Hall–Wellner "
                                       "band needs two)");
    assert_int_equal(rwe_km_band_fit(&curve, RWE_KM_HALL_WELLNER, &options, arena, &band, &error),
                     RWE_OK);
    assert_close(band.from, 1, 0);
    rwe_arena_free(arena);
}

static void curves_without_a_band_are_refused(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_km_options options = rwe_km_options_default();
    const uint8_t events[][3] = {{0, 0, 0}, {1, 0, 0}};
    struct rwe_km_band band;
    struct rwe_error error = {0};
    for (size_t e = 0; e < 2; e++) {
        struct cohort cohort = cohort_of(arena, 3, (double[]){1, 2, 3}, events[e], NULL);
        struct rwe_survival_data data = cohort_sort(&cohort, arena);
        struct rwe_event_table table;
        struct rwe_km_curve curve;
        assert_int_equal(rwe_event_table_build(&data, arena, &table, NULL), RWE_OK);
        assert_int_equal(rwe_km_fit(&table, 0, &options, arena, &curve, NULL), RWE_OK);
        assert_int_equal(
            rwe_km_band_fit(&curve, RWE_KM_HALL_WELLNER, &options, arena, &band, &error),
            RWE_NOT_ESTIMABLE);
    }
    struct rwe_km_curve curve = leukaemia(arena);
    options.conf_level = 1;
    assert_int_equal(rwe_km_band_fit(&curve, RWE_KM_HALL_WELLNER, &options, arena, &band, &error),
                     RWE_BAD_INPUT);
    options = (struct rwe_km_options){(enum rwe_km_transform)7, 0.95};
    assert_int_equal(rwe_km_band_fit(&curve, RWE_KM_HALL_WELLNER, &options, arena, &band, &error),
                     RWE_BAD_INPUT);
    options = rwe_km_options_default();
    assert_int_equal(
        rwe_km_band_fit(&curve, (enum rwe_km_band_kind)5, &options, arena, &band, &error),
        RWE_BAD_INPUT);
    rwe_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kolmogorovs_distribution_is_the_whole_bridge),
        cmocka_unit_test(critical_values_match_other_routes),
        cmocka_unit_test(published_critical_values_are_met),
        cmocka_unit_test(one_time_alone_is_a_pointwise_limit),
        cmocka_unit_test(wider_intervals_and_higher_levels_need_more),
        cmocka_unit_test(impossible_ends_have_no_critical_value),
        cmocka_unit_test(a_band_is_its_formula),
        cmocka_unit_test(bands_hold_the_pointwise_limits),
        cmocka_unit_test(an_equal_precision_band_leaves_out_the_ends),
        cmocka_unit_test(few_events_have_a_hall_wellner_band_only),
        cmocka_unit_test(curves_without_a_band_are_refused),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
