/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "cohort.h"
#include "freireich.h"
#include "rwe/stats/rmst.h"

#include <math.h>
#include <stdio.h>

struct example {
    const char *name, *time, *status, *arm;
    double event, treated, tau;
};

static const struct example EXAMPLES[] = {
    {"lung", "time", "status", "sex", 2, 2, 700},
    {"veteran", "time", "status", "trt", 1, 2, 300},
    {"gbsg", "rfstime", "status", "hormon", 1, 1, 1800},
    {"rotterdam", "dtime", "death", "hormon", 1, 1, 3000},
};
enum { N_EXAMPLES = sizeof EXAMPLES / sizeof *EXAMPLES };

struct loaded {
    struct csv_table *file;
    struct cohort cohort;
    struct rwe_survival_data data;
    struct rwe_event_table table;
};

/* With the weights and clusters that tests/oracle/km_family.R makes up. */
static struct loaded load(const struct example *example, bool weights, bool clusters)
{
    char path[64];
    snprintf(path, sizeof path, "tests/oracle/data/%s.csv", example->name);
    struct loaded loaded = {.file = csv_table_read(path)};
    struct rwe_arena *arena = loaded.file->arena;
    struct cohort *cohort = &loaded.cohort;
    *cohort = cohort_new(arena, loaded.file->n_rows, 0);
    const double *status = csv_table_numbers(loaded.file, example->status);
    const double *arm = csv_table_numbers(loaded.file, example->arm);
    cohort->time = csv_table_numbers(loaded.file, example->time);
    cohort->group = RWE_NEW(arena, uint32_t, cohort->n);
    cohort->cluster = clusters ? RWE_NEW(arena, uint32_t, cohort->n) : NULL;
    cohort->weight = weights ? RWE_NEW(arena, double, cohort->n) : NULL;
    for (size_t i = 0; i < cohort->n; i++) {
        cohort->event[i] = status[i] == example->event;
        cohort->group[i] = arm[i] == example->treated;
        if (clusters)
            cohort->cluster[i] = (uint32_t)(i / 3);
        if (weights)
            cohort->weight[i] = 0.25 + (double)(i % 5) / 2;
    }
    loaded.data = cohort_sort(cohort, arena);
    assert_int_equal(rwe_event_table_build(&loaded.data, arena, &loaded.table, NULL), RWE_OK);
    return loaded;
}

static struct rwe_rmst fit(const struct loaded *loaded, size_t group, double tau)
{
    struct rwe_rmst_options options = rwe_rmst_options_default();
    struct rwe_rmst result;
    options.tau = tau;
    assert_int_equal(rwe_rmst_fit(&loaded->data, &loaded->table, group, &options,
                                  loaded->file->arena, &result, NULL),
                     RWE_OK);
    return result;
}

static struct rwe_rmst_comparison compare(const struct loaded *loaded,
                                          enum rwe_rmst_contrast contrast, double tau)
{
    const struct rwe_rmst_request request = {contrast, 0, 1};
    struct rwe_rmst_options options = rwe_rmst_options_default();
    struct rwe_rmst_comparison result;
    options.tau = tau;
    assert_int_equal(rwe_rmst_compare(&loaded->data, &loaded->table, &request, &options,
                                      loaded->file->arena, &result, NULL),
                     RWE_OK);
    return result;
}

static void means_match_survfit(void **state)
{
    (void)state;
    struct oracle *oracle = oracle_read("tests/oracle/km_family.csv");
    for (size_t e = 0; e < N_EXAMPLES; e++) {
        struct loaded loaded = load(&EXAMPLES[e], false, false);
        for (size_t group = 0; group < 2; group++) {
            char key[64];
            size_t n;
            snprintf(key, sizeof key, "%s.%zu.rmst", EXAMPLES[e].name, group);
            const double *expected = oracle_vector(oracle, key, &n);
            struct rwe_rmst mean = fit(&loaded, group, EXAMPLES[e].tau);
            assert_close(mean.estimate, expected[0], 1e-10);
            assert_close(mean.std_error, expected[1], 1e-10);
            assert_false(mean.robust);
        }
        csv_table_free(loaded.file);
    }
    oracle_free(oracle);
}

/* The oracle's influences are numerical derivatives, good to 1e-7. */
static void weighted_and_clustered_errors_match_their_definition(void **state)
{
    (void)state;
    struct oracle *oracle = oracle_read("tests/oracle/km_family.csv");
    for (size_t e = 0; e < 3; e++)
        for (int clusters = 0; clusters < 2; clusters++) {
            struct loaded loaded = load(&EXAMPLES[e], true, clusters);
            char key[64];
            size_t n;
            snprintf(key, sizeof key, "%s.rmst.%s", EXAMPLES[e].name,
                     clusters ? "clustered" : "weighted");
            const double *expected = oracle_vector(oracle, key, &n);
            for (size_t group = 0; group < 2; group++) {
                struct rwe_rmst mean = fit(&loaded, group, EXAMPLES[e].tau);
                assert_true(mean.robust);
                assert_close(mean.estimate, expected[group], 1e-10);
                assert_close(mean.std_error, expected[2 + group], 1e-6);
            }
            struct rwe_rmst_comparison difference =
                compare(&loaded, RWE_RMST_DIFFERENCE, EXAMPLES[e].tau);
            assert_close(difference.estimate, expected[1] - expected[0], 1e-10);
            assert_close(difference.std_error, expected[4], 1e-6);
            csv_table_free(loaded.file);
        }
    oracle_free(oracle);
}

/* Freireich's 6-MP, weeks 0 to 10. */
static void leukaemia_to_ten_weeks_is_the_sum_of_its_steps(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort =
        cohort_of(arena, FREIREICH_N, freireich_weeks, freireich_relapse, freireich_arm);
    struct rwe_survival_data data = cohort_sort(&cohort, arena);
    struct rwe_event_table table;
    assert_int_equal(rwe_event_table_build(&data, arena, &table, NULL), RWE_OK);
    struct rwe_rmst_options options = rwe_rmst_options_default();
    struct rwe_rmst mean;
    options.tau = 10;
    assert_int_equal(rwe_rmst_fit(&data, &table, FREIREICH_6MP, &options, arena, &mean, NULL),
                     RWE_OK);
    /* Three of 21 relapse in week 6, one of 17 in week 7; week 10 is the end. */
    double from_7 = 3 * (18. / 21) * (16. / 17), from_6 = 18. / 21 + from_7;
    assert_close(mean.estimate, 6 + from_6, 1e-14);
    assert_close(mean.std_error,
                 sqrt(from_6 * from_6 * 3 / (21. * 18) + from_7 * from_7 / (17. * 16)), 1e-14);
    rwe_arena_free(arena);
}

static void contrasts_are_made_of_the_two_means(void **state)
{
    (void)state;
    struct loaded loaded = load(&EXAMPLES[2], false, false);
    struct rwe_rmst a = fit(&loaded, 0, 1800), b = fit(&loaded, 1, 1800);
    struct rwe_rmst_comparison difference = compare(&loaded, RWE_RMST_DIFFERENCE, 1800);
    struct rwe_rmst_comparison ratio = compare(&loaded, RWE_RMST_RATIO, 1800);
    struct rwe_rmst_comparison lost = compare(&loaded, RWE_RMST_LOST_RATIO, 1800);
    assert_close(difference.estimate, b.estimate - a.estimate, 1e-14);
    assert_close(difference.std_error, hypot(a.std_error, b.std_error), 1e-14);
    assert_close(difference.conf_high - difference.conf_low,
                 2 * 1.959963984540054 * difference.std_error, 1e-12);
    assert_close(ratio.estimate, b.estimate / a.estimate, 1e-14);
    assert_close(ratio.std_error, hypot(a.std_error / a.estimate, b.std_error / b.estimate), 1e-14);
    assert_close(ratio.conf_low * ratio.conf_high, ratio.estimate * ratio.estimate, 1e-12);
    assert_close(lost.estimate, (1800 - b.estimate) / (1800 - a.estimate), 1e-14);
    assert_close(difference.p_value, erfc(difference.estimate / difference.std_error / sqrt(2)),
                 1e-10);
    csv_table_free(loaded.file);
}

/* Influences against Greenwood: each arm's squares add up to the same without weights. */
static void singleton_clusters_change_nothing(void **state)
{
    (void)state;
    for (size_t e = 0; e < N_EXAMPLES; e++) {
        struct loaded loaded = load(&EXAMPLES[e], false, true);
        struct loaded plain = load(&EXAMPLES[e], false, false);
        for (size_t i = 0; i < loaded.cohort.n; i++)
            loaded.cohort.cluster[i] = (uint32_t)i;
        loaded.data.n_clusters = loaded.data.n;
        for (int c = RWE_RMST_DIFFERENCE; c <= RWE_RMST_LOST_RATIO; c++) {
            struct rwe_rmst_comparison a = compare(&loaded, c, EXAMPLES[e].tau);
            struct rwe_rmst_comparison b = compare(&plain, c, EXAMPLES[e].tau);
            assert_true(a.robust && !b.robust);
            assert_close(a.std_error, b.std_error, 1e-10);
        }
        csv_table_free(loaded.file);
        csv_table_free(plain.file);
    }
}

static void without_censoring_it_is_the_mean_of_the_smaller_of_time_and_tau(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    enum { N = 50 };
    struct cohort cohort = cohort_random(arena, N, 1, 0, 7);
    for (size_t i = 0; i < N; i++)
        cohort.event[i] = 1;
    cohort.group = NULL;
    struct rwe_survival_data data = cohort_sort(&cohort, arena);
    struct rwe_event_table table;
    assert_int_equal(rwe_event_table_build(&data, arena, &table, NULL), RWE_OK);
    const double taus[] = {data.time[N / 3], data.time[N / 2] + 1e-3, 10 * data.time[N - 1]};
    for (size_t t = 0; t < 3; t++) {
        struct rwe_rmst_options options = {taus[t], 0.95};
        struct rwe_rmst mean;
        assert_int_equal(rwe_rmst_fit(&data, &table, 0, &options, arena, &mean, NULL), RWE_OK);
        double sum = 0, squares = 0;
        for (size_t i = 0; i < N; i++)
            sum += fmin(taus[t], data.time[i]);
        for (size_t i = 0; i < N; i++)
            squares += pow(fmin(taus[t], data.time[i]) - sum / N, 2);
        assert_close(mean.estimate, sum / N, 1e-12);
        assert_close(mean.std_error, sqrt(squares) / N, 1e-10);
    }
    rwe_arena_free(arena);
}

static void limits_stay_within_zero_and_tau(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = cohort_of(arena, 3, (double[]){9.9, 10, 11}, (uint8_t[]){1, 0, 0}, NULL);
    struct rwe_survival_data data = cohort_sort(&cohort, arena);
    struct rwe_event_table table;
    assert_int_equal(rwe_event_table_build(&data, arena, &table, NULL), RWE_OK);
    struct rwe_rmst_options options = {10, 0.95};
    struct rwe_rmst mean;
    assert_int_equal(rwe_rmst_fit(&data, &table, 0, &options, arena, &mean, NULL), RWE_OK);
    assert_close(mean.estimate, 9.9 + 0.1 * 2 / 3, 1e-14);
    assert_close(mean.conf_high, 10, 0);
    assert_true(mean.conf_low < mean.estimate);
    rwe_arena_free(arena);
}

static void a_horizon_has_enough_at_risk(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort =
        cohort_of(arena, 5, (double[]){1, 2, 2, 4, 7}, (uint8_t[]){1, 1, 0, 1, 0}, NULL);
    struct rwe_survival_data data = cohort_sort(&cohort, arena);
    struct rwe_event_table table;
    assert_int_equal(rwe_event_table_build(&data, arena, &table, NULL), RWE_OK);
    assert_close(rwe_rmst_horizon(&table, 0, 1), 7, 0);
    assert_close(rwe_rmst_horizon(&table, 0, 2), 4, 0);
    assert_close(rwe_rmst_horizon(&table, 0, 3), 2, 0);
    assert_close(rwe_rmst_horizon(&table, 0, 5), 1, 0);
    assert_close(rwe_rmst_horizon(&table, 0, 6), 7, 0); /* never so many */
    rwe_arena_free(arena);
}

/* Two arms of twelve, both censored and not:
 *   arm 0 ends at 1, 2, …, 12, all events but the last: 10 at risk up to 3, largest time 12
 *   arm 1 ends at 2, 4, …, 24, events at 2 and 4 only:  10 at risk up to 6, largest time 24
 * So at-risk: min(3, 6); last: min(12, 24); event: max(11, 4); longest: 24. */
static void each_rule_has_its_horizon(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = cohort_new(arena, 24, 0);
    cohort.group = RWE_NEW(arena, uint32_t, 24);
    for (uint32_t i = 0; i < 24; i++) {
        cohort.group[i] = i / 12;
        cohort.time[i] = i < 12 ? i + 1 : 2 * (i - 11);
        cohort.event[i] = i < 12 ? i < 11 : i < 14;
    }
    struct rwe_survival_data data = cohort_sort(&cohort, arena);
    struct rwe_event_table table;
    assert_int_equal(rwe_event_table_build(&data, arena, &table, NULL), RWE_OK);
    assert_close(rwe_rmst_tau(&table, RWE_RMST_AT_RISK), 3, 0);
    assert_close(rwe_rmst_tau(&table, RWE_RMST_LAST), 12, 0);
    assert_close(rwe_rmst_tau(&table, RWE_RMST_EVENT), 11, 0);
    assert_close(rwe_rmst_tau(&table, RWE_RMST_LONGEST), 24, 0);
    rwe_arena_free(arena);
}

static void what_is_not_in_the_data_is_refused(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = cohort_of(arena, 4, (double[]){1, 2, 3, 4}, (uint8_t[]){1, 0, 1, 1},
                                     (uint32_t[]){0, 0, 2, 2});
    struct rwe_survival_data data = cohort_sort(&cohort, arena);
    struct rwe_event_table table;
    struct rwe_rmst_options options = rwe_rmst_options_default();
    struct rwe_rmst mean;
    struct rwe_rmst_comparison contrast;
    struct rwe_error error = {0};
    assert_int_equal(rwe_event_table_build(&data, arena, &table, NULL), RWE_OK);
    const double wrong[] = {NAN, 0, -1, INFINITY};
    for (size_t w = 0; w < 4; w++) {
        options.tau = wrong[w];
        assert_int_equal(rwe_rmst_fit(&data, &table, 0, &options, arena, &mean, &error),
                         RWE_BAD_INPUT);
    }
    options.tau = 2;
    assert_int_equal(rwe_rmst_fit(&data, &table, 0, &options, arena, &mean, &error), RWE_OK);
    options.tau = 2.5; /* the first group ends at 2, above 0 */
    assert_int_equal(rwe_rmst_fit(&data, &table, 0, &options, arena, &mean, &error),
                     RWE_NOT_ESTIMABLE);
    assert_int_equal(error.index, 0);
    assert_int_equal(rwe_rmst_fit(&data, &table, 1, &options, arena, &mean, &error),
                     RWE_NOT_ESTIMABLE);
    assert_int_equal(rwe_rmst_fit(&data, &table, 3, &options, arena, &mean, &error), RWE_BAD_INPUT);
    options.tau = 100; /* the last has reached 0 */
    assert_int_equal(rwe_rmst_fit(&data, &table, 2, &options, arena, &mean, &error), RWE_OK);
    assert_close(mean.estimate, 3.5, 1e-15);
    options.tau = 0.5; /* nothing is lost by either */
    struct rwe_rmst_request request = {RWE_RMST_LOST_RATIO, 0, 2};
    assert_int_equal(rwe_rmst_compare(&data, &table, &request, &options, arena, &contrast, &error),
                     RWE_NOT_ESTIMABLE);
    request.contrast = RWE_RMST_DIFFERENCE;
    assert_int_equal(rwe_rmst_compare(&data, &table, &request, &options, arena, &contrast, &error),
                     RWE_OK);
    assert_nan(contrast.p_value);
    options.conf_level = 1;
    assert_int_equal(rwe_rmst_fit(&data, &table, 0, &options, arena, &mean, &error), RWE_BAD_INPUT);
    rwe_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(means_match_survfit),
        cmocka_unit_test(weighted_and_clustered_errors_match_their_definition),
        cmocka_unit_test(leukaemia_to_ten_weeks_is_the_sum_of_its_steps),
        cmocka_unit_test(contrasts_are_made_of_the_two_means),
        cmocka_unit_test(singleton_clusters_change_nothing),
        cmocka_unit_test(without_censoring_it_is_the_mean_of_the_smaller_of_time_and_tau),
        cmocka_unit_test(limits_stay_within_zero_and_tau),
        cmocka_unit_test(a_horizon_has_enough_at_risk),
        cmocka_unit_test(each_rule_has_its_horizon),
        cmocka_unit_test(what_is_not_in_the_data_is_refused),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
