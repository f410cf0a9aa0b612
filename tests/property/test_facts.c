/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The facts of open cohorts are those of R: tests/oracle/open_cohort_facts.R made them. */
#include "program.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static json_t *load_cases(json_t **root)
{
    json_error_t error;
    *root = json_load_file("tests/oracle/open_cohort_facts.json", 0, &error);
    if (*root == NULL)
        fail_msg("%s", error.text);
    return json_object_get(*root, "cases");
}

/* The case's arguments in one line; none of them holds a blank. */
static char *arguments_of(const json_t *arguments)
{
    char *line = program_format("%s", "");
    for (size_t i = 0; i < json_array_size(arguments); i++) {
        char *longer =
            program_format("%s %s", line, json_string_value(json_array_get(arguments, i)));
        free(line);
        line = longer;
    }
    return line;
}

/* Whether the program found what R did; says what differs. */
static bool holds(const struct program_facts *facts, const json_t *expected)
{
    char *key = program_fact_key(expected);
    const json_t *want = json_object_get(expected, "value");
    const json_t *have = program_facts_find(facts, key);
    double tolerance = json_number_value(json_object_get(expected, "tol"));
    bool ok;
    if (json_is_number(want))
        ok = json_is_number(have) && fabs(json_number_value(have) - json_number_value(want)) <=
                                         tolerance * fabs(json_number_value(want));
    else /* not reached */
        ok = json_is_null(have);
    if (!ok)
        print_error("%s is %.17g, expected %.17g\n", key,
                    json_is_number(have) ? json_number_value(have) : NAN,
                    json_is_number(want) ? json_number_value(want) : NAN);
    free(key);
    return ok;
}

static void check_case(const char *name, size_t least)
{
    json_t *root;
    const json_t *one = json_object_get(load_cases(&root), name);
    const json_t *expected = json_object_get(one, "facts");
    char *arguments = arguments_of(json_object_get(one, "args"));
    struct program_facts facts = program_facts_of(
        "tests/oracle/data/%s%s", json_string_value(json_object_get(one, "file")), arguments);
    size_t wrong = 0;
    assert_true(json_array_size(expected) >= least);
    for (size_t i = 0; i < json_array_size(expected); i++)
        wrong += !holds(&facts, json_array_get(expected, i));
    assert_int_equal(wrong, 0);
    program_facts_clear(&facts);
    free(arguments);
    json_decref(root);
}

static void rotterdam_main_job_agrees_with_r(void **state)
{
    (void)state;
    check_case("rotterdam", 96);
}

static void lung_with_events_coded_2_and_log_limits_agrees_with_r(void **state)
{
    (void)state;
    check_case("lung", 42);
}

static void veteran_with_four_arms_agrees_with_r(void **state)
{
    (void)state;
    check_case("veteran", 54);
}

static void gbsg_with_breslow_ties_agrees_with_r(void **state)
{
    (void)state;
    check_case("gbsg", 42);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rotterdam_main_job_agrees_with_r),
        cmocka_unit_test(lung_with_events_coded_2_and_log_limits_agrees_with_r),
        cmocka_unit_test(veteran_with_four_arms_agrees_with_r),
        cmocka_unit_test(gbsg_with_breslow_ties_agrees_with_r),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
