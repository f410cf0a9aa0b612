/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Robust errors, Nelson–Aalen and late entry, against survfit; see tests/oracle/km_family.R. */
#include "check.h"
#include "cohort.h"
#include "rwe/stats/km.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* One of the data sets of km_family.R, with its made-up columns. */
struct example {
    const char *name, *time, *status, *arm;
    double event, treated;
};

static const struct example EXAMPLES[] = {
    {"lung", "time", "status", "sex", 2, 2},
    {"veteran", "time", "status", "trt", 1, 2},
    {"gbsg", "rfstime", "status", "hormon", 1, 1},
    {"rotterdam", "dtime", "death", "hormon", 1, 1},
};
enum { N_EXAMPLES = sizeof EXAMPLES / sizeof *EXAMPLES };

enum columns { PLAIN = 0, WEIGHTS = 1, CLUSTERS = 2, ENTRY = 4 };

struct loaded {
    struct csv_table *file;
    struct cohort cohort;
    struct rwe_survival_data data;
    struct rwe_event_table table;
};

/* Late entries follow their rows into the order of time. */
static double *sorted_entries(const struct loaded *loaded, const double time[])
{
    struct cohort copy = loaded->cohort;
    copy.p = 1;
    copy.time = RWE_NEW(loaded->file->arena, double, copy.n);
    memcpy(copy.time, time, copy.n * sizeof *time);
    copy.x = RWE_NEW(loaded->file->arena, double, copy.n);
    for (size_t i = 0; i < copy.n; i++)
        copy.x[i] = time[i] * (double)(i % 4) / 8;
    copy.event = RWE_NEW(loaded->file->arena, uint8_t, copy.n);
    copy.group = copy.cluster = NULL;
    copy.weight = NULL;
    cohort_sort(&copy, loaded->file->arena);
    return copy.x;
}

static struct loaded load(const struct example *example, unsigned columns)
{
    char path[64];
    snprintf(path, sizeof path, "tests/oracle/data/%s.csv", example->name);
    struct loaded loaded = {.file = csv_table_read(path)};
    struct rwe_arena *arena = loaded.file->arena;
    struct cohort *cohort = &loaded.cohort;
    *cohort = cohort_new(arena, loaded.file->n_rows, 0);
    const double *status = csv_table_numbers(loaded.file, example->status);
    const double *arm = csv_table_numbers(loaded.file, example->arm);
    const double *time = csv_table_numbers(loaded.file, example->time);
    cohort->group = RWE_NEW(arena, uint32_t, cohort->n);
    cohort->cluster = columns & CLUSTERS ? RWE_NEW(arena, uint32_t, cohort->n) : NULL;
    cohort->weight = columns & WEIGHTS ? RWE_NEW(arena, double, cohort->n) : NULL;
    for (size_t i = 0; i < cohort->n; i++) {
        cohort->time[i] = time[i];
        cohort->event[i] = status[i] == example->event;
        cohort->group[i] = arm[i] == example->treated;
        if (cohort->cluster != NULL)
            cohort->cluster[i] = (uint32_t)(i / 3);
        if (cohort->weight != NULL)
            cohort->weight[i] = 0.25 + (double)(i % 5) / 2;
    }
    double *entry = columns & ENTRY ? sorted_entries(&loaded, time) : NULL;
    loaded.data = cohort_sort(cohort, arena);
    loaded.data.entry = entry;
    assert_int_equal(rwe_event_table_build(&loaded.data, arena, &loaded.table, NULL), RWE_OK);
    return loaded;
}

static struct rwe_km_curve fit_robust(const struct loaded *loaded, size_t group)
{
    struct rwe_km_options options = rwe_km_options_default();
    struct rwe_km_curve curve;
    assert_int_equal(rwe_km_fit_robust(&loaded->data, &loaded->table, group, &options,
                                       loaded->file->arena, &curve, NULL),
                     RWE_OK);
    return curve;
}

static struct rwe_km_curve fit_greenwood(const struct loaded *loaded, size_t group)
{
    struct rwe_km_options options = rwe_km_options_default();
    struct rwe_km_curve curve;
    assert_int_equal(rwe_km_fit(&loaded->table, group, &options, loaded->file->arena, &curve, NULL),
                     RWE_OK);
    return curve;
}

static const double *expected_of(const struct oracle *oracle, const struct example *example,
                                 size_t group, const char *what, size_t *n)
{
    char key[96];
    snprintf(key, sizeof key, "%s.%zu.%s", example->name, group, what);
    return oracle_vector(oracle, key, n);
}

/* The curve at the times that the oracle has of it. R's limits at S = 1 are NA on this scale. */
static void compare(const struct oracle *oracle, const struct example *example, size_t group,
                    const char *kind, const struct rwe_km_curve *curve)
{
    static const char *const parts[] = {"time", "survival", "std_error", "low", "high"};
    const double *expected[5];
    size_t n;
    for (size_t p = 0; p < 5; p++) {
        char what[64];
        snprintf(what, sizeof what, "%s.%s", kind, parts[p]);
        expected[p] = expected_of(oracle, example, group, what, &n);
    }
    assert_true(n > 10);
    for (size_t i = 0; i < n; i++) {
        struct rwe_km_point point = rwe_km_at(curve, expected[0][i]);
        assert_close(point.survival, expected[1][i], 1e-10);
        if (point.survival >= 1)
            continue;
        assert_close(point.std_error, expected[2][i], 1e-10);
        assert_close(point.conf_low, expected[3][i], 1e-10);
        assert_close(point.conf_high, expected[4][i], 1e-10);
    }
}

static void compare_hazard(const struct oracle *oracle, const struct example *example, size_t group,
                           const char *kind, const struct loaded *loaded)
{
    struct rwe_km_curve curve = fit_greenwood(loaded, group);
    struct rwe_cumulative_hazard hazard;
    char what[64];
    size_t n;
    assert_int_equal(rwe_km_cumulative_hazard(&curve, 0.95, loaded->file->arena, &hazard, NULL),
                     RWE_OK);
    snprintf(what, sizeof what, "%s.time", kind);
    const double *time = expected_of(oracle, example, group, what, &n);
    snprintf(what, sizeof what, "%s.hazard", kind);
    const double *estimate = expected_of(oracle, example, group, what, &n);
    snprintf(what, sizeof what, "%s.hazard.std_error", kind);
    const double *std_error = expected_of(oracle, example, group, what, &n);
    for (size_t i = 0, k = 0; i < n; i++) {
        while (hazard.time[k] != time[i])
            k++;
        assert_close(hazard.hazard[k], estimate[i], 1e-10);
        assert_close(hazard.std_error[k], std_error[i], 1e-10);
    }
}

static void weights_and_clusters_match_survfit(void **state)
{
    (void)state;
    struct oracle *oracle = oracle_read("tests/oracle/km_family.csv");
    for (size_t e = 0; e < N_EXAMPLES; e++) {
        struct loaded weighted = load(&EXAMPLES[e], WEIGHTS);
        struct loaded clustered = load(&EXAMPLES[e], WEIGHTS | CLUSTERS);
        for (size_t group = 0; group < 2; group++) {
            struct rwe_km_curve curve = fit_robust(&weighted, group);
            compare(oracle, &EXAMPLES[e], group, "weighted", &curve);
            curve = fit_robust(&clustered, group);
            compare(oracle, &EXAMPLES[e], group, "clustered", &curve);
        }
        csv_table_free(weighted.file);
        csv_table_free(clustered.file);
    }
    oracle_free(oracle);
}

static void late_entry_matches_survfit(void **state)
{
    (void)state;
    struct oracle *oracle = oracle_read("tests/oracle/km_family.csv");
    for (size_t e = 0; e < N_EXAMPLES; e++) {
        struct loaded loaded = load(&EXAMPLES[e], ENTRY);
        for (size_t group = 0; group < 2; group++) {
            struct rwe_km_curve curve = fit_greenwood(&loaded, group);
            compare(oracle, &EXAMPLES[e], group, "entry", &curve);
            compare_hazard(oracle, &EXAMPLES[e], group, "entry", &loaded);
        }
        csv_table_free(loaded.file);
    }
    oracle_free(oracle);
}

static void nelson_aalen_matches_survfit(void **state)
{
    (void)state;
    struct oracle *oracle = oracle_read("tests/oracle/km_family.csv");
    for (size_t e = 0; e < N_EXAMPLES; e++) {
        struct loaded loaded = load(&EXAMPLES[e], PLAIN);
        for (size_t group = 0; group < 2; group++)
            compare_hazard(oracle, &EXAMPLES[e], group, "plain", &loaded);
        csv_table_free(loaded.file);
    }
    oracle_free(oracle);
}

static void robust_is_greenwood_without_weights_and_clusters(void **state)
{
    (void)state;
    for (size_t e = 0; e < N_EXAMPLES; e++) {
        struct loaded loaded = load(&EXAMPLES[e], PLAIN);
        struct rwe_km_curve robust = fit_robust(&loaded, 0), plain = fit_greenwood(&loaded, 0);
        for (size_t i = 0; i < plain.n_points; i++)
            assert_close(robust.std_error[i], plain.std_error[i], 1e-10);
        csv_table_free(loaded.file);
    }
}

/* By another route: influence by influence at one time, with weights, clusters and late entry. */
static void curve_and_influences_agree(void **state)
{
    (void)state;
    for (size_t e = 0; e < N_EXAMPLES; e++) {
        struct loaded loaded = load(&EXAMPLES[e], WEIGHTS | CLUSTERS | ENTRY);
        struct rwe_arena *arena = loaded.file->arena;
        struct rwe_km_curve curve = fit_robust(&loaded, 1);
        for (size_t k = 1; k < 8; k++) {
            double time = curve.time[k * curve.n_points / 9];
            double *influence = RWE_NEW(arena, double, loaded.data.n);
            struct rwe_km_functional at = {RWE_KM_SURVIVAL, 1, time, 1};
            double variance;
            assert_int_equal(
                rwe_km_influence(&loaded.data, &loaded.table, &at, arena, influence, NULL), RWE_OK);
            assert_int_equal(
                rwe_km_influence_variance(&loaded.data, influence, arena, &variance, NULL), RWE_OK);
            assert_close(sqrt(variance), rwe_km_at(&curve, time).std_error, 1e-9);
        }
        csv_table_free(loaded.file);
    }
}

/* The influence is a derivative: q changes with one row's weight as it says. */
static void influence_is_the_derivative_by_weight(void **state)
{
    (void)state;
    struct loaded loaded = load(&EXAMPLES[1], WEIGHTS | ENTRY);
    struct rwe_arena *arena = loaded.file->arena;
    double *influence = RWE_NEW(arena, double, loaded.data.n);
    double *weight = RWE_NEW(arena, double, loaded.data.n);
    struct rwe_km_functional at = {RWE_KM_SURVIVAL, 0, 100, 1};
    assert_int_equal(rwe_km_influence(&loaded.data, &loaded.table, &at, arena, influence, NULL),
                     RWE_OK);
    for (size_t i = 0; i < loaded.data.n; i++) {
        const double h = 1e-6;
        double survival[2];
        for (int side = 0; side < 2; side++) {
            struct loaded moved = loaded;
            memcpy(weight, loaded.data.weight, loaded.data.n * sizeof *weight);
            weight[i] += side == 0 ? -h : h;
            moved.data.weight = weight;
            assert_int_equal(rwe_event_table_build(&moved.data, arena, &moved.table, NULL), RWE_OK);
            struct rwe_km_curve curve = fit_greenwood(&moved, 0);
            survival[side] = rwe_km_at(&curve, 100).survival;
        }
        double slope = loaded.data.weight[i] * (survival[1] - survival[0]) / (2 * h);
        assert_true(fabs(slope - influence[i]) < 1e-8);
    }
    csv_table_free(loaded.file);
}

static void robust_error_does_not_feel_the_scale_of_weights(void **state)
{
    (void)state;
    struct loaded loaded = load(&EXAMPLES[0], WEIGHTS | CLUSTERS);
    struct rwe_km_curve one = fit_robust(&loaded, 0);
    for (size_t i = 0; i < loaded.cohort.n; i++)
        loaded.cohort.weight[i] *= 1000;
    assert_int_equal(rwe_event_table_build(&loaded.data, loaded.file->arena, &loaded.table, NULL),
                     RWE_OK);
    struct rwe_km_curve many = fit_robust(&loaded, 0);
    for (size_t i = 0; i < one.n_points; i++)
        assert_close(many.std_error[i], one.std_error[i], 1e-10);
    csv_table_free(loaded.file);
}

/* A row twice in one cluster is that row with weight 2. */
static void doubled_rows_in_a_cluster_are_weight_two(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    const double time[] = {1, 2, 2, 3, 3, 5, 6},
                 twice[] = {1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 5, 5, 6, 6};
    uint8_t event[] = {1, 0, 1, 1, 0, 1, 0}, event_twice[14];
    uint32_t cluster[14];
    double weight[] = {2, 2, 2, 2, 2, 2, 2};
    for (size_t i = 0; i < 14; i++) {
        event_twice[i] = event[i / 2];
        cluster[i] = (uint32_t)(i / 2);
    }
    struct rwe_survival_data a = {
        .n = 7, .time = time, .event = event, .n_groups = 1, .n_strata = 1, .weight = weight};
    struct rwe_survival_data b = {.n = 14,
                                  .time = twice,
                                  .event = event_twice,
                                  .n_groups = 1,
                                  .n_strata = 1,
                                  .cluster = cluster,
                                  .n_clusters = 7};
    struct rwe_event_table ta, tb;
    struct rwe_km_curve ca, cb;
    struct rwe_km_options options = rwe_km_options_default();
    assert_int_equal(rwe_event_table_build(&a, arena, &ta, NULL), RWE_OK);
    assert_int_equal(rwe_event_table_build(&b, arena, &tb, NULL), RWE_OK);
    assert_int_equal(rwe_km_fit_robust(&a, &ta, 0, &options, arena, &ca, NULL), RWE_OK);
    assert_int_equal(rwe_km_fit_robust(&b, &tb, 0, &options, arena, &cb, NULL), RWE_OK);
    for (size_t i = 0; i < ca.n_points; i++)
        assert_close(ca.std_error[i], cb.std_error[i], 1e-12);
    rwe_arena_free(arena);
}

/* Klein & Moeschberger (2003), section 4.6: one early death among one at risk ends the curve. */
static void an_early_risk_set_of_one_that_fails_ends_the_curve(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    const double entry[] = {0, 3, 3, 4}, time[] = {2, 5, 6, 8};
    const uint8_t event[] = {1, 1, 0, 1};
    struct rwe_survival_data data = {
        .n = 4, .entry = entry, .time = time, .event = event, .n_groups = 1, .n_strata = 1};
    struct rwe_event_table table;
    struct rwe_km_curve curve, robust;
    struct rwe_km_options options = rwe_km_options_default();
    assert_int_equal(rwe_event_table_build(&data, arena, &table, NULL), RWE_OK);
    assert_int_equal(rwe_km_fit(&table, 0, &options, arena, &curve, NULL), RWE_OK);
    assert_int_equal(rwe_km_fit_robust(&data, &table, 0, &options, arena, &robust, NULL), RWE_OK);
    assert_close(curve.at_risk[0], 1, 0);
    assert_close(curve.at_risk[1], 3, 0);
    for (size_t i = 0; i < curve.n_points; i++) {
        assert_close(curve.survival[i], 0, 0);
        assert_nan(curve.std_error[i]);
        assert_nan(robust.std_error[i]);
        assert_nan(robust.conf_low[i]);
    }
    assert_close(rwe_km_quantile(&curve, 0.5).value, 2, 0);
    rwe_arena_free(arena);
}

/* 0.1 + 0.2 + … + 0.7, less those who enter later, is not exactly the weight of the first. */
static void everybody_is_everybody_whatever_the_rounding_of_weights(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    const double entry[] = {0, 3, 3, 3, 3, 3, 3}, time[] = {2, 4, 5, 6, 7, 8, 9};
    const uint8_t event[] = {1, 1, 0, 1, 0, 1, 1};
    double weight[7];
    for (size_t k = 1; k <= 50; k++) {
        for (size_t i = 0; i < 7; i++)
            weight[i] = 0.1 * (double)((i * k) % 13 + 1) / (double)k;
        struct rwe_survival_data data = {.n = 7,
                                         .entry = entry,
                                         .time = time,
                                         .event = event,
                                         .n_groups = 1,
                                         .n_strata = 1,
                                         .weight = weight};
        struct rwe_event_table table;
        struct rwe_km_curve curve;
        struct rwe_km_options options = rwe_km_options_default();
        assert_int_equal(rwe_event_table_build(&data, arena, &table, NULL), RWE_OK);
        assert_int_equal(rwe_km_fit_robust(&data, &table, 0, &options, arena, &curve, NULL),
                         RWE_OK);
        for (size_t i = 0; i < curve.n_points; i++) {
            assert_true(curve.survival[i] == 0);
            assert_nan(curve.std_error[i]);
        }
    }
    rwe_arena_free(arena);
}

static struct rwe_km_difference difference(const struct loaded *loaded, double time)
{
    struct rwe_km_curve control = fit_greenwood(loaded, 0), treated = fit_greenwood(loaded, 1);
    const struct rwe_km_arms arms = {0, 1, &control, &treated, 0.95};
    struct rwe_km_difference result;
    assert_int_equal(rwe_km_compare_at(&loaded->data, &loaded->table, &arms, time,
                                       loaded->file->arena, &result, NULL),
                     RWE_OK);
    return result;
}

/* The oracle's influences are numerical derivatives, good to 1e-7. */
static void differences_match_their_definition(void **state)
{
    (void)state;
    static const double at[] = {350, 150, 900};
    struct oracle *oracle = oracle_read("tests/oracle/km_family.csv");
    for (size_t e = 0; e < 3; e++)
        for (unsigned clusters = 0; clusters <= CLUSTERS; clusters += CLUSTERS) {
            struct loaded loaded = load(&EXAMPLES[e], WEIGHTS | clusters);
            char key[64];
            size_t n;
            snprintf(key, sizeof key, "%s.survival.%s", EXAMPLES[e].name,
                     clusters ? "clustered" : "weighted");
            const double *expected = oracle_vector(oracle, key, &n);
            struct rwe_km_difference d = difference(&loaded, at[e]);
            assert_close(d.estimate, expected[1] - expected[0], 1e-10);
            assert_close(d.std_error, expected[4], 1e-6);
            csv_table_free(loaded.file);
        }
    oracle_free(oracle);
}

static void arms_apart_add_their_variances(void **state)
{
    (void)state;
    struct loaded loaded = load(&EXAMPLES[0], PLAIN);
    struct rwe_km_curve control = fit_greenwood(&loaded, 0), treated = fit_greenwood(&loaded, 1);
    struct rwe_km_point a = rwe_km_at(&control, 365), b = rwe_km_at(&treated, 365);
    struct rwe_km_difference d = difference(&loaded, 365);
    assert_close(d.estimate, b.survival - a.survival, 1e-15);
    assert_close(d.std_error, hypot(a.std_error, b.std_error), 1e-14);
    assert_close(d.conf_low, d.estimate - 1.959963984540054 * d.std_error, 1e-12);
    assert_close(d.p_value, erfc(d.estimate / d.std_error / sqrt(2)), 1e-10);
    d = difference(&loaded, 1e6);
    assert_nan(d.estimate);
    assert_nan(d.conf_low);
    assert_nan(d.p_value);
    d = difference(&loaded, 0);
    assert_close(d.estimate, 0, 0);
    assert_nan(d.p_value);
    csv_table_free(loaded.file);
}

/* Members of a pair that share their fate leave no variance in the difference. */
static void identical_twins_in_pairs_do_not_differ(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    const double time[] = {1, 1, 2, 2, 3, 3, 5, 5};
    const uint8_t event[] = {1, 1, 0, 0, 1, 1, 0, 0};
    const uint32_t group[] = {0, 1, 0, 1, 0, 1, 0, 1}, pair[] = {0, 0, 1, 1, 2, 2, 3, 3};
    struct rwe_survival_data data = {.n = 8,
                                     .time = time,
                                     .event = event,
                                     .group = group,
                                     .n_groups = 2,
                                     .n_strata = 1,
                                     .cluster = pair,
                                     .n_clusters = 4};
    struct rwe_event_table table;
    struct rwe_km_curve curve[2];
    struct rwe_km_options options = rwe_km_options_default();
    struct rwe_km_difference d;
    assert_int_equal(rwe_event_table_build(&data, arena, &table, NULL), RWE_OK);
    for (size_t g = 0; g < 2; g++)
        assert_int_equal(rwe_km_fit(&table, g, &options, arena, &curve[g], NULL), RWE_OK);
    struct rwe_km_arms arms = {0, 1, &curve[0], &curve[1], 0.95};
    assert_int_equal(rwe_km_compare_at(&data, &table, &arms, 4, arena, &d, NULL), RWE_OK);
    assert_close(d.estimate, 0, 0);
    assert_close(d.std_error, 0, 0);
    arms.conf_level = 0;
    assert_int_equal(rwe_km_compare_at(&data, &table, &arms, 4, arena, &d, NULL), RWE_BAD_INPUT);
    rwe_arena_free(arena);
}

static void hazards_are_read_between_their_times(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort =
        cohort_of(arena, 4, (double[]){2, 4, 6, 6}, (uint8_t[]){1, 0, 1, 0}, NULL);
    struct rwe_survival_data data = cohort_sort(&cohort, arena);
    struct rwe_event_table table;
    struct rwe_km_options options = rwe_km_options_default();
    struct rwe_km_curve curve;
    struct rwe_cumulative_hazard hazard;
    assert_int_equal(rwe_event_table_build(&data, arena, &table, NULL), RWE_OK);
    assert_int_equal(rwe_km_fit(&table, 0, &options, arena, &curve, NULL), RWE_OK);
    assert_int_equal(rwe_km_cumulative_hazard(&curve, 0.95, arena, &hazard, NULL), RWE_OK);
    assert_close(rwe_km_hazard_at(&hazard, 1).hazard, 0, 0);
    assert_nan(rwe_km_hazard_at(&hazard, 1).conf_low);
    assert_close(rwe_km_hazard_at(&hazard, 5).hazard, 0.25, 0);
    assert_close(rwe_km_hazard_at(&hazard, 6).hazard, 0.75, 0);
    assert_close(rwe_km_hazard_at(&hazard, 6).std_error, sqrt(1 / 16. + 1 / 4.), 1e-15);
    assert_close(rwe_km_hazard_at(&hazard, 6).conf_low,
                 0.75 * exp(-1.959963984540054 * sqrt(1 / 16. + 1 / 4.) / 0.75), 1e-12);
    assert_nan(rwe_km_hazard_at(&hazard, 6.1).hazard);
    rwe_arena_free(arena);
}

static void what_has_no_influence_is_refused(void **state)
{
    (void)state;
    struct loaded loaded = load(&EXAMPLES[1], PLAIN);
    struct rwe_arena *arena = loaded.file->arena;
    double *influence = RWE_NEW(arena, double, loaded.data.n);
    struct rwe_km_functional at = {RWE_KM_SURVIVAL, 2, 100, 1};
    struct rwe_error error = {0};
    assert_int_equal(rwe_km_influence(&loaded.data, &loaded.table, &at, arena, influence, &error),
                     RWE_BAD_INPUT);
    assert_int_equal(error.index, 2);
    struct rwe_km_curve curve = fit_greenwood(&loaded, 0);
    struct rwe_cumulative_hazard hazard;
    assert_int_equal(rwe_km_cumulative_hazard(&curve, 1, arena, &hazard, &error), RWE_BAD_INPUT);
    loaded.table.n_strata = 2;
    at.group = 0;
    assert_int_equal(rwe_km_influence(&loaded.data, &loaded.table, &at, arena, influence, &error),
                     RWE_BAD_INPUT);
    struct rwe_km_options options = rwe_km_options_default();
    assert_int_equal(
        rwe_km_fit_robust(&loaded.data, &loaded.table, 0, &options, arena, &curve, &error),
        RWE_BAD_INPUT);
    csv_table_free(loaded.file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_and_clusters_match_survfit),
        cmocka_unit_test(late_entry_matches_survfit),
        cmocka_unit_test(nelson_aalen_matches_survfit),
        cmocka_unit_test(robust_is_greenwood_without_weights_and_clusters),
        cmocka_unit_test(curve_and_influences_agree),
        cmocka_unit_test(influence_is_the_derivative_by_weight),
        cmocka_unit_test(robust_error_does_not_feel_the_scale_of_weights),
        cmocka_unit_test(doubled_rows_in_a_cluster_are_weight_two),
        cmocka_unit_test(an_early_risk_set_of_one_that_fails_ends_the_curve),
        cmocka_unit_test(everybody_is_everybody_whatever_the_rounding_of_weights),
        cmocka_unit_test(differences_match_their_definition),
        cmocka_unit_test(arms_apart_add_their_variances),
        cmocka_unit_test(identical_twins_in_pairs_do_not_differ),
        cmocka_unit_test(hazards_are_read_between_their_times),
        cmocka_unit_test(what_has_no_influence_is_refused),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
