/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "document.h"

#include "rwe/analysis/bootstrap.h"
#include "rwe/analysis/estimates.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- the list ---- */

/* A run that lists, of the data or of a replicate of them. */
static struct rwe_run run_of(struct rwe_estimates *estimates)
{
    return (struct rwe_run){.estimates = estimates};
}

static double list(struct rwe_run *run, const char *term, double time, double value)
{
    struct rwe_key key = rwe_key_of("km");
    key.term = term;
    key.time = time;
    const struct rwe_inference own = {.value = value, .std_error = 0.25};
    return rwe_run_estimate(run, &key, "estimate", RWE_ESTIMATE_PLAIN, &own).value;
}

static void a_replicate_fills_the_list_of_the_data_by_key(void **state)
{
    (void)state;
    enum { MANY = 20 };
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_estimates *data = rwe_estimates_new(arena);
    struct rwe_run of_data = run_of(data);
    double value[MANY];
    for (int k = 0; k < MANY; k++)
        assert_close(list(&of_data, "a", k, 0.5 * k), 0.5 * k, 0);
    assert_int_equal(rwe_estimates_n(data), MANY);
    assert_close(rwe_estimates_item(data, 7)->key.time, 7, 0);
    assert_close(rwe_estimates_item(data, 7)->own.std_error, 0.25, 0);
    struct rwe_run replicate = run_of(rwe_estimates_of_replicate(data, value, arena));
    for (int k = MANY - 1; k >= 2; k--) /* another order, and the first two are not there */
        list(&replicate, "a", k, 100 + k);
    list(&replicate, "b", 1, 5); /* what the data do not have is nobody's */
    assert_close(value[7], 107, 0);
    assert_nan(value[0]);
    assert_nan(value[1]);
    assert_close(rwe_estimates_item(data, 7)->own.value, 3.5, 0); /* the data's stays */
    rwe_arena_free(arena);
}

static void texts_of_keys_may_go_once_they_are_listed(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_estimates *data = rwe_estimates_new(arena);
    struct rwe_run run = run_of(data);
    char term[8] = "before";
    list(&run, term, NAN, 1);
    strcpy(term, "after");
    struct rwe_key key = rwe_key_of("km");
    key.term = "before";
    assert_int_equal(rwe_estimates_find(data, &key, "estimate"), 0);
    key.term = "after";
    assert_int_equal(rwe_estimates_find(data, &key, "estimate"), RWE_NO_INDEX);
    rwe_arena_free(arena);
}

static void a_replicate_is_given_what_is_fixed_by_the_data(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_estimates *data = rwe_estimates_new(arena);
    struct rwe_run of_data = run_of(data);
    struct rwe_key key = rwe_key_of("rmst"), other = rwe_key_of("km");
    assert_close(rwe_run_fixed(&of_data, &key, "tau", 12), 12, 0);
    for (int r = 0; r < 2; r++) {
        double value[1];
        struct rwe_run replicate = run_of(rwe_estimates_of_replicate(data, value, arena));
        assert_close(rwe_run_fixed(&replicate, &key, "tau", 11), 12, 0);
        assert_nan(rwe_run_fixed(&replicate, &other, "tau", 11));
    }
    rwe_arena_free(arena);
}

static void a_walk_that_comes_again_lists_nothing_twice(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_estimates *data = rwe_estimates_new(arena);
    struct rwe_run run = run_of(data);
    list(&run, "a", 1, 1);
    list(&run, "a", 2, 2);
    rwe_estimates_repeat(data, NULL);
    list(&run, "a", 1, 1);
    list(&run, "b", 1, 3); /* an analysis that was not walked before */
    list(&run, "a", 2, 2);
    assert_int_equal(rwe_estimates_n(data), 3);
    rwe_arena_free(arena);
}

/* ---- what replicates say ---- */

static const struct rwe_bootstrap_limits *percentiles(double level)
{
    static struct rwe_bootstrap_limits limits;
    limits = (struct rwe_bootstrap_limits){RWE_BOOTSTRAP_PERCENTILE, level, NAN};
    return &limits;
}

/* Nine values, 1 to 9: mean 5, squares 60, so SD = sqrt(60 / 8); at 50 % the limits are the
 * 2.5th and the 7.5th. */
static void limits_are_percentiles_by_hand(void **state)
{
    (void)state;
    double value[] = {3, 9, 1, 7, 5, 2, 8, 6, 4};
    struct rwe_bootstrap_result result =
        rwe_bootstrap_summarise(value, 9, RWE_ESTIMATE_PLAIN, percentiles(0.5));
    assert_int_equal(result.n, 9);
    assert_close(result.std_error, sqrt(60.0 / 8), 1e-15);
    assert_close(result.conf_low, 2.5, 1e-15);
    assert_close(result.conf_high, 7.5, 1e-15);
    assert_close(value[0], 1, 0);
    assert_close(value[8], 9, 0);
}

/* 1000 replicates at 95 %: (1001) 0.025 = 25.025. */
static void limits_of_a_thousand_are_the_25th_and_976th(void **state)
{
    (void)state;
    double value[1000];
    for (int k = 0; k < 1000; k++)
        value[k] = (k * 387) % 1000 + 1; /* 387 and 1000 share no factor: each of 1 to 1000 once */
    struct rwe_bootstrap_result result =
        rwe_bootstrap_summarise(value, 1000, RWE_ESTIMATE_LOG_RATIO, percentiles(0.95));
    assert_close(result.conf_low, 25.025, 1e-12);
    assert_close(result.conf_high, 975.975, 1e-12);
}

static void limits_beyond_the_replicates_are_the_outermost(void **state)
{
    (void)state;
    double value[] = {2, 1, 3};
    struct rwe_bootstrap_result result =
        rwe_bootstrap_summarise(value, 3, RWE_ESTIMATE_PLAIN, percentiles(0.95));
    assert_close(result.conf_low, 1, 0);
    assert_close(result.conf_high, 3, 0);
}

static void what_could_not_be_estimated_is_left_out(void **state)
{
    (void)state;
    double value[] = {2, NAN, 4, -INFINITY};
    struct rwe_bootstrap_result result =
        rwe_bootstrap_summarise(value, 4, RWE_ESTIMATE_LOG_RATIO, percentiles(0.95));
    assert_int_equal(result.n, 2);
    assert_close(result.std_error, sqrt(2), 1e-15);
    double nothing[] = {NAN, NAN};
    result = rwe_bootstrap_summarise(nothing, 2, RWE_ESTIMATE_PLAIN, percentiles(0.95));
    assert_int_equal(result.n, 0);
    assert_nan(result.std_error);
    assert_nan(result.conf_low);
    double one[] = {3};
    result = rwe_bootstrap_summarise(one, 1, RWE_ESTIMATE_PLAIN, percentiles(0.95));
    assert_int_equal(result.n, 1);
    assert_nan(result.std_error);
}

/* The same nine values with an estimate of 4. Normal: 4 ∓ 0.6745 SD. Bias-corrected: three below and one equal, so
 * b = Φ⁻¹(3.5/9), and the limits are the 10 Φ(2 b ∓ 0.6745)-th: by Python's statistics.NormalDist. */
static void limits_by_the_standard_error_and_for_a_biased_median(void **state)
{
    (void)state;
    double value[] = {3, 9, 1, 7, 5, 2, 8, 6, 4};
    struct rwe_bootstrap_limits limits = {RWE_BOOTSTRAP_NORMAL, 0.5, 4};
    struct rwe_bootstrap_result result =
        rwe_bootstrap_summarise(value, 9, RWE_ESTIMATE_PLAIN, &limits);
    assert_close(result.conf_low, 4 - 0.6744897501960817 * sqrt(60 / 8.), 1e-14);
    assert_close(result.conf_high, 4 + 0.6744897501960817 * sqrt(60 / 8.), 1e-14);
    limits.method = RWE_BOOTSTRAP_BC;
    result = rwe_bootstrap_summarise(value, 9, RWE_ESTIMATE_PLAIN, &limits);
    assert_close(result.conf_low, 1.0768718452246862, 1e-12);
    assert_close(result.conf_high, 5.438180958689522, 1e-12);
    limits.estimate = 5; /* the median */
    result = rwe_bootstrap_summarise(value, 9, RWE_ESTIMATE_PLAIN, &limits);
    assert_close(result.conf_low, 2.5, 1e-14);
    assert_close(result.conf_high, 7.5, 1e-14);
    limits.estimate = 100; /* beyond all: the outermost */
    result = rwe_bootstrap_summarise(value, 9, RWE_ESTIMATE_PLAIN, &limits);
    assert_close(result.conf_high, 9, 0);
}

static void normal_limits_keep_to_what_can_be(void **state)
{
    (void)state;
    double value[] = {0.9, 1, 0.8, 1}, time[] = {1, 2, 3, NAN};
    const struct rwe_bootstrap_limits limits = {RWE_BOOTSTRAP_NORMAL, 0.95, 0.95};
    struct rwe_bootstrap_result result =
        rwe_bootstrap_summarise(value, 4, RWE_ESTIMATE_PROBABILITY, &limits);
    assert_close(result.conf_high, 1, 0);
    result = rwe_bootstrap_summarise(time, 4, RWE_ESTIMATE_TIME, &limits);
    assert_close(result.conf_low, 1, 0); /* percentiles: the median may not be reached */
    assert_nan(result.conf_high);
}

/* Of four medians one is not reached: at 50 % the limits are the 1.25th, and the 3.75th, which lies
 * between 3 and a time that was not reached. */
static void a_time_not_reached_is_later_than_all(void **state)
{
    (void)state;
    double value[] = {NAN, 3, 1, 2};
    struct rwe_bootstrap_result result =
        rwe_bootstrap_summarise(value, 4, RWE_ESTIMATE_TIME, percentiles(0.5));
    assert_int_equal(result.n, 4);
    assert_close(result.conf_low, 1.25, 1e-15);
    assert_nan(result.conf_high);
    assert_nan(result.std_error);
    double none[] = {NAN, NAN};
    result = rwe_bootstrap_summarise(none, 2, RWE_ESTIMATE_TIME, percentiles(0.5));
    assert_int_equal(result.n, 2);
    assert_nan(result.conf_low);
}

/* ---- finding ---- */

static void an_estimate_is_found_by_its_whole_key(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_estimates *data = rwe_estimates_new(arena);
    struct rwe_run run = run_of(data);
    const struct rwe_inference own = {.value = 0.5};
    struct rwe_key key = rwe_key_of("km");
    key.group = "a";
    rwe_run_estimate(&run, &key, "median", RWE_ESTIMATE_TIME, &own);
    key.time = 12;
    rwe_run_estimate(&run, &key, "estimate", RWE_ESTIMATE_PLAIN, &own);
    key.group = "b";
    rwe_run_estimate(&run, &key, "estimate", RWE_ESTIMATE_PLAIN, &own);
    char other_b[] = "b"; /* texts are compared, not pointers */
    key.group = other_b;
    assert_int_equal(rwe_estimates_find(data, &key, "estimate"), 2);
    key.time = 13;
    assert_int_equal(rwe_estimates_find(data, &key, "estimate"), RWE_NO_INDEX);
    key.group = "a";
    key.time = NAN;
    assert_int_equal(rwe_estimates_find(data, &key, "median"), 0);
    assert_int_equal(rwe_estimates_find(data, &key, "estimate"), RWE_NO_INDEX);
    rwe_arena_free(arena);
}

/* ---- warnings ---- */

/* What is told of a bootstrap without estimates; freed by the caller. */
static char *report_of(const struct rwe_bootstrap *bootstrap, const struct rwe_design *design,
                       struct rwe_arena *arena)
{
    struct rwe_cohort cohort = {.n = 0};
    struct rwe_run run = {
        .settings =
            rwe_settings_new(arena, (const struct rwe_options *[]){&rwe_statistics_options}, 1),
        .cohort = &cohort,
        .design = {*design},
        .n_designs = 1,
        .document = rwe_document_new(arena),
        .bootstrap = bootstrap,
        .arena = arena,
    };
    rwe_bootstrap_report(&run);
    return check_render(run.document, "text", false);
}

static void matching_with_replacement_is_warned_of(void **state)
{
    (void)state;
    static const size_t start[] = {0};
    static const char said[] = "not valid after matching with replacement";
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_bootstrap bootstrap = {
        .replicates = {.n = 200, .estimates = rwe_estimates_new(arena)}};
    struct rwe_design design = {.name = "matched", .label = "Matched"};
    char *once = report_of(&bootstrap, &design, arena);
    design.rows.start = start;
    char *often = report_of(&bootstrap, &design, arena);
    assert_null(strstr(once, said));
    assert_non_null(strstr(often, said));
    free(once);
    free(often);
    rwe_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_replicate_fills_the_list_of_the_data_by_key),
        cmocka_unit_test(texts_of_keys_may_go_once_they_are_listed),
        cmocka_unit_test(a_replicate_is_given_what_is_fixed_by_the_data),
        cmocka_unit_test(a_walk_that_comes_again_lists_nothing_twice),
        cmocka_unit_test(limits_are_percentiles_by_hand),
        cmocka_unit_test(limits_by_the_standard_error_and_for_a_biased_median),
        cmocka_unit_test(normal_limits_keep_to_what_can_be),
        cmocka_unit_test(limits_of_a_thousand_are_the_25th_and_976th),
        cmocka_unit_test(limits_beyond_the_replicates_are_the_outermost),
        cmocka_unit_test(what_could_not_be_estimated_is_left_out),
        cmocka_unit_test(a_time_not_reached_is_later_than_all),
        cmocka_unit_test(an_estimate_is_found_by_its_whole_key),
        cmocka_unit_test(matching_with_replacement_is_warned_of),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
