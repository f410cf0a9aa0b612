/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "document.h"

#include "rwe/analysis/bootstrap.h"
#include "rwe/analysis/estimates.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- the list ---- */

static void a_replicate_fills_the_list_of_the_data(void **state)
{
    (void)state;
    enum { MANY = 20 };
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_estimates data = rwe_estimates_of_data(arena);
    struct rwe_key key = rwe_key_of("km");
    double value[MANY];
    for (int k = 0; k < MANY; k++) {
        key.time = k;
        rwe_estimates_add(&data, &key, "estimate", RWE_ESTIMATE_PLAIN, 0.5 * k);
    }
    assert_int_equal(data.n, MANY);
    assert_close(data.item[7].key.time, 7, 0);
    assert_close(data.item[7].value, 3.5, 0);
    struct rwe_estimates replicate = rwe_estimates_of_replicate(&data, value);
    for (int k = 0; k < MANY; k++)
        rwe_estimates_add(&replicate, &key, "estimate", RWE_ESTIMATE_PLAIN, 100 + k);
    assert_int_equal(replicate.n, MANY);
    assert_close(value[7], 107, 0);
    assert_close(data.item[7].value, 3.5, 0); /* the data's stays */
    rwe_arena_free(arena);
}

static void a_replicate_is_given_what_was_kept_of_the_data(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_estimates data = rwe_estimates_of_data(arena);
    assert_close(rwe_estimates_keep(&data, 12), 12, 0);
    assert_close(rwe_estimates_keep(&data, 24), 24, 0);
    for (int r = 0; r < 2; r++) {
        struct rwe_estimates replicate = rwe_estimates_of_replicate(&data, NULL);
        assert_close(rwe_estimates_keep(&replicate, 11), 12, 0);
        assert_close(rwe_estimates_keep(&replicate, NAN), 24, 0);
    }
    rwe_arena_free(arena);
}

/* ---- what replicates say ---- */

/* Nine values, 1 to 9: mean 5, squares 60, so SD = sqrt(60 / 8); at 50 % the limits are the
 * 2.5th and the 7.5th. */
static void limits_are_percentiles_by_hand(void **state)
{
    (void)state;
    double value[] = {3, 9, 1, 7, 5, 2, 8, 6, 4};
    struct rwe_bootstrap_result result = rwe_bootstrap_summarise(value, 9, RWE_ESTIMATE_PLAIN, 0.5);
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
        rwe_bootstrap_summarise(value, 1000, RWE_ESTIMATE_LOG_RATIO, 0.95);
    assert_close(result.conf_low, 25.025, 1e-12);
    assert_close(result.conf_high, 975.975, 1e-12);
}

static void limits_beyond_the_replicates_are_the_outermost(void **state)
{
    (void)state;
    double value[] = {2, 1, 3};
    struct rwe_bootstrap_result result =
        rwe_bootstrap_summarise(value, 3, RWE_ESTIMATE_PLAIN, 0.95);
    assert_close(result.conf_low, 1, 0);
    assert_close(result.conf_high, 3, 0);
}

static void what_could_not_be_estimated_is_left_out(void **state)
{
    (void)state;
    double value[] = {2, NAN, 4, -INFINITY};
    struct rwe_bootstrap_result result =
        rwe_bootstrap_summarise(value, 4, RWE_ESTIMATE_LOG_RATIO, 0.95);
    assert_int_equal(result.n, 2);
    assert_close(result.std_error, sqrt(2), 1e-15);
    double nothing[] = {NAN, NAN};
    result = rwe_bootstrap_summarise(nothing, 2, RWE_ESTIMATE_PLAIN, 0.95);
    assert_int_equal(result.n, 0);
    assert_nan(result.std_error);
    assert_nan(result.conf_low);
    double one[] = {3};
    result = rwe_bootstrap_summarise(one, 1, RWE_ESTIMATE_PLAIN, 0.95);
    assert_int_equal(result.n, 1);
    assert_nan(result.std_error);
}

/* Of four medians one is not reached: at 50 % the limits are the 1.25th, and the 3.75th, which lies
 * between 3 and a time that was not reached. */
static void a_time_not_reached_is_later_than_all(void **state)
{
    (void)state;
    double value[] = {NAN, 3, 1, 2};
    struct rwe_bootstrap_result result = rwe_bootstrap_summarise(value, 4, RWE_ESTIMATE_TIME, 0.5);
    assert_int_equal(result.n, 4);
    assert_close(result.conf_low, 1.25, 1e-15);
    assert_nan(result.conf_high);
    assert_nan(result.std_error);
    double none[] = {NAN, NAN};
    result = rwe_bootstrap_summarise(none, 2, RWE_ESTIMATE_TIME, 0.5);
    assert_int_equal(result.n, 2);
    assert_nan(result.conf_low);
}

/* ---- finding ---- */

static void a_result_is_found_by_its_whole_key(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_bootstrap bootstrap = {.estimates = rwe_estimates_of_data(arena)};
    const struct rwe_bootstrap_result result[] = {
        {.std_error = 1}, {.std_error = 2}, {.std_error = 3}};
    struct rwe_key key = rwe_key_of("km");
    key.group = "a";
    rwe_estimates_add(&bootstrap.estimates, &key, "median", RWE_ESTIMATE_TIME, 5);
    key.time = 12;
    rwe_estimates_add(&bootstrap.estimates, &key, "estimate", RWE_ESTIMATE_PLAIN, 0.5);
    key.group = "b";
    rwe_estimates_add(&bootstrap.estimates, &key, "estimate", RWE_ESTIMATE_PLAIN, 0.6);
    bootstrap.result = result;
    struct rwe_run run = {.bootstrap = &bootstrap};
    char other_b[] = "b"; /* texts are compared, not pointers */
    key.group = other_b;
    assert_ptr_equal(rwe_bootstrap_find(&run, &key, "estimate"), &result[2]);
    key.time = 13;
    assert_null(rwe_bootstrap_find(&run, &key, "estimate"));
    key.group = "a";
    key.time = NAN;
    assert_ptr_equal(rwe_bootstrap_find(&run, &key, "median"), &result[0]);
    assert_null(rwe_bootstrap_find(&run, &key, "estimate"));
    run.bootstrap = NULL;
    assert_null(rwe_bootstrap_find(&run, &key, "median"));
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
    struct rwe_bootstrap bootstrap = {.n_replicates = 200};
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
        cmocka_unit_test(a_replicate_fills_the_list_of_the_data),
        cmocka_unit_test(a_replicate_is_given_what_was_kept_of_the_data),
        cmocka_unit_test(limits_are_percentiles_by_hand),
        cmocka_unit_test(limits_of_a_thousand_are_the_25th_and_976th),
        cmocka_unit_test(limits_beyond_the_replicates_are_the_outermost),
        cmocka_unit_test(what_could_not_be_estimated_is_left_out),
        cmocka_unit_test(a_time_not_reached_is_later_than_all),
        cmocka_unit_test(a_result_is_found_by_its_whole_key),
        cmocka_unit_test(matching_with_replacement_is_warned_of),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
