/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "document.h"

#include <math.h>
#include <stdlib.h>

static int new_arena(void **state)
{
    *state = rwe_arena_new();
    return *state == NULL;
}

static int free_arena(void **state)
{
    rwe_arena_free(*state);
    return 0;
}

/* The document in this format, without provenance, reads so. */
static void assert_renders(const struct rwe_document *document, const char *expected)
{
    char *actual = check_render(document, "csv", false);
    assert_string_equal(actual, expected);
    free(actual);
}

static void facts_are_one_long_table_with_empty_fields_for_what_does_not_apply(void **state)
{
    char *actual = check_render(check_document(*state), "csv", true);
    assert_string_equal(actual,
                        "analysis,endpoint,population,model,group,term,level,time,stat,value\n"
                        "km,os,all,,0,,,,n,2643\n"
                        "km,os,all,,0,,,,percent,88.6317907444668\n"
                        "km,os,all,,0,,,,median,4118\n"
                        "km,os,all,,0,,,,median.conf.low,3988\n"
                        "km,os,all,,0,,,,median.conf.high,4590\n"
                        "km,os,all,,,,,,p.value,1.5e-07\n"
                        "km,os,all,,1,,,,n,339\n"
                        "km,os,all,,1,,,,percent,11.368209255533198\n"
                        "km,os,all,,1,,,,median,\n"
                        "km,os,all,,1,,,,median.conf.low,4102.5\n"
                        "km,os,all,,1,,,,median.conf.high,\n");
    free(actual);
}

static void quotes_commas_and_newlines_are_quoted(void **state)
{
    char *actual = check_render(check_hostile_document(*state), "csv", true);
    assert_string_equal(actual,
                        "analysis,endpoint,population,model,group,term,level,time,stat,value\n"
                        "cohort,,,,\"a|b <script>\"\"x\"\" & 'y'\n"
                        "*z*\x1b[0m�\",,,,reason,\"a|b <script>\"\"x\"\" & 'y'\n"
                        "*z*\x1b[0m�\"\n");
    free(actual);
}

static void an_empty_text_differs_from_a_null(void **state)
{
    struct rwe_document *document = rwe_document_new(*state);
    struct rwe_key key = rwe_key_of("cohort");
    key.level = "a,b";
    key.time = 6.1;
    rwe_document_string(document, &key, "note", "");
    rwe_document_number(document, &key, "n", (double)NAN);
    assert_renders(document, "analysis,endpoint,population,model,group,term,level,time,stat,value\n"
                             "cohort,,,,,,\"a,b\",6.1,note,\"\"\n"
                             "cohort,,,,,,\"a,b\",6.1,n,\n");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, new_arena, free_arena)
    const struct CMUnitTest tests[] = {
        TEST(facts_are_one_long_table_with_empty_fields_for_what_does_not_apply),
        TEST(quotes_commas_and_newlines_are_quoted),
        TEST(an_empty_text_differs_from_a_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
