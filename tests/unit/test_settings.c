/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include "rwe/data/settings.h"
#include <math.h>
#include <string.h>

static const struct rwe_option first[] = {
    {.name = "flag", .kind = RWE_OPTION_FLAG},
    {.name = "text", .kind = RWE_OPTION_TEXT},
    {.name = "list", .kind = RWE_OPTION_LIST},
    {.name = "number", .kind = RWE_OPTION_NUMBER, .low = 0, .high = 1, .fallback = "0.25"},
    {.name = "numbers", .kind = RWE_OPTION_NUMBERS, .low = 0, .high = 100},
};
static const struct rwe_option second[] = {
    {.name = "integer", .kind = RWE_OPTION_INTEGER, .fallback = "7"},
    {.name = "choice", .kind = RWE_OPTION_CHOICE, .choices = "one|two|three"},
    {.name = "endpoint", .kind = RWE_OPTION_ENDPOINTS},
};

struct fixture {
    struct rwe_arena *arena;
    struct rwe_settings *settings;
    struct rwe_error error;
};

static struct fixture *new_fixture(void)
{
    static struct fixture f;
    const struct rwe_options lists[] = {RWE_OPTIONS(first), RWE_OPTIONS(second)};
    f = (struct fixture){.arena = rwe_arena_new()};
    f.settings = rwe_settings_new(f.arena, lists, 2);
    assert_non_null(f.settings);
    return &f;
}

static int set_up(void **state)
{
    *state = new_fixture();
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    rwe_arena_free(f->arena);
    return 0;
}

static void set(struct fixture *f, const char *name, const char *text, enum rwe_source source)
{
    assert_int_equal(rwe_settings_set(f->settings, name, text, source, &f->error), RWE_OK);
}

static void refused(struct fixture *f, const char *name, const char *text, const char *words)
{
    f->error = (struct rwe_error){0};
    assert_int_equal(rwe_settings_set(f->settings, name, text, RWE_FROM_COMMAND, &f->error),
                     RWE_USAGE);
    assert_int_equal(f->error.status, RWE_USAGE);
    if (strstr(f->error.message, words) == NULL)
        fail_msg("\"%s\" is not said in: %s", words, f->error.message);
}

static void the_options_keep_the_order_of_their_lists(void **state)
{
    const struct fixture *f = *state;
    struct rwe_options options = rwe_settings_options(f->settings);
    assert_int_equal(options.n, 8);
    assert_string_equal(options.item[0].name, "flag");
    assert_string_equal(options.item[7].name, "endpoint");
    assert_string_equal(rwe_settings_find(f->settings, "choice")->choices, "one|two|three");
    assert_null(rwe_settings_find(f->settings, "choi"));
}

static void without_a_word_defaults_are_in_force(void **state)
{
    const struct fixture *f = *state;
    assert_true(rwe_settings_has(f->settings, "number"));
    assert_int_equal(rwe_settings_source(f->settings, "number"), RWE_FROM_DEFAULT);
    assert_close(rwe_settings_number(f->settings, "number"), 0.25, 0);
    assert_true(rwe_settings_integer(f->settings, "integer") == 7);
    assert_false(rwe_settings_has(f->settings, "text"));
    assert_null(rwe_settings_text(f->settings, "text"));
    assert_false(rwe_settings_flag(f->settings, "flag"));
    assert_int_equal(rwe_settings_choice(f->settings, "choice"), -1);
    assert_int_equal(rwe_settings_list(f->settings, "list").n, 0);
    assert_int_equal(rwe_settings_endpoints(f->settings).n, 0);
}

static void the_command_line_outdoes_the_study_in_any_order(void **state)
{
    struct fixture *f = *state;
    set(f, "number", "0.5", RWE_FROM_COMMAND);
    set(f, "number", "0.75", RWE_FROM_STUDY);
    assert_close(rwe_settings_number(f->settings, "number"), 0.5, 0);
    set(f, "text", "study", RWE_FROM_STUDY);
    set(f, "text", "command", RWE_FROM_COMMAND);
    assert_string_equal(rwe_settings_text(f->settings, "text"), "command");
    assert_int_equal(rwe_settings_source(f->settings, "text"), RWE_FROM_COMMAND);
}

static void the_last_word_of_one_source_counts(void **state)
{
    struct fixture *f = *state;
    set(f, "text", "a", RWE_FROM_COMMAND);
    set(f, "text", "b", RWE_FROM_COMMAND);
    assert_string_equal(rwe_settings_text(f->settings, "text"), "b");
}

static void every_kind_reads_its_text(void **state)
{
    struct fixture *f = *state;
    set(f, "flag", NULL, RWE_FROM_COMMAND);
    set(f, "list", "a, b ,c", RWE_FROM_COMMAND);
    set(f, "numbers", "6,1e1,24.5", RWE_FROM_COMMAND);
    set(f, "integer", "18446744073709551615", RWE_FROM_COMMAND);
    set(f, "choice", "two", RWE_FROM_COMMAND);
    assert_true(rwe_settings_flag(f->settings, "flag"));
    assert_int_equal(rwe_settings_list(f->settings, "list").n, 3);
    assert_string_equal(rwe_settings_list(f->settings, "list").item[1], "b");
    assert_int_equal(rwe_settings_numbers(f->settings, "numbers").n, 3);
    assert_close(rwe_settings_numbers(f->settings, "numbers").item[1], 10, 0);
    assert_string_equal(rwe_settings_number_texts(f->settings, "numbers").item[1], "1e1");
    assert_true(rwe_settings_integer(f->settings, "integer") == UINT64_MAX);
    assert_int_equal(rwe_settings_choice(f->settings, "choice"), 1);
    set(f, "choice", NULL, RWE_FROM_COMMAND); /* --choice alone: the first */
    assert_int_equal(rwe_settings_choice(f->settings, "choice"), 0);
    assert_string_equal(rwe_settings_text(f->settings, "choice"), "one");
}

static void bad_values_are_told_with_option_and_value(void **state)
{
    struct fixture *f = *state;
    refused(f, "flagg", NULL, "flagg");
    refused(f, "number", "2", "--number 2: must be between 0 and 1");
    refused(f, "number", "-0.1", "--number -0.1");
    refused(f, "number", "", "not a number");
    refused(f, "number", "nan", "not a number");
    refused(f, "number", "0,5", "--number 0,5: not a number");
    refused(f, "numbers", "1,101", "--numbers 101: must be between");
    refused(f, "numbers", "1,,3", "item 2 is empty");
    refused(f, "list", "a,,b", "item 2 is empty");
    refused(f, "list", "", "item 1 is empty");
    refused(f, "integer", "18446744073709551616", "whole number");
    refused(f, "integer", "-1", "whole number");
    refused(f, "integer", "+1", "whole number");
    refused(f, "integer", " 1", "whole number");
    refused(f, "integer", "", "whole number");
    refused(f, "choice", "four", "--choice four: must be one of one|two|three");
    refused(f, "choice", "", "must be one of");
}

static void a_bad_value_leaves_the_old_one(void **state)
{
    struct fixture *f = *state;
    set(f, "number", "0.5", RWE_FROM_COMMAND);
    refused(f, "number", "x", "not a number");
    assert_close(rwe_settings_number(f->settings, "number"), 0.5, 0);
}

static void endpoints_come_apart_and_go_together_again(void **state)
{
    struct fixture *f = *state;
    static const char *const texts[] = {"os=t,d", "pfs=pfs mo,ev:2", "x=a,b:dead+lost"};
    for (int i = 0; i < 3; i++)
        set(f, "endpoint", texts[i], RWE_FROM_COMMAND);
    struct rwe_endpoint_specs specs = rwe_settings_endpoints(f->settings);
    assert_int_equal(specs.n, 3);
    for (int i = 0; i < 3; i++)
        assert_string_equal(rwe_endpoint_spec_text(f->arena, &specs.item[i]), texts[i]);
    assert_string_equal(specs.item[1].time, "pfs mo");
    assert_int_equal(specs.item[0].values.n, 0);
    assert_int_equal(specs.item[2].values.n, 2);
    assert_string_equal(specs.item[2].values.item[1], "lost");
}

static void endpoint_names_are_lower_case_and_differ(void **state)
{
    struct fixture *f = *state;
    set(f, "endpoint", "OS=t,d", RWE_FROM_COMMAND);
    assert_string_equal(rwe_settings_endpoints(f->settings).item[0].name, "os");
    refused(f, "endpoint", "Os=u,e", "declared twice");
}

static void endpoints_of_wrong_form_are_refused(void **state)
{
    struct fixture *f = *state;
    static const char *const wrong[] = {"",      "os",   "os=",   "os=t",
                                        "os=t,", "=t,d", "os=,d", "os,t=d"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        refused(f, "endpoint", wrong[i], "NAME=TIME,EVENT");
    refused(f, "endpoint", "os=t,d:", "a value of its event is empty");
    refused(f, "endpoint", "os=t,d:1+", "a value of its event is empty");
    refused(f, "endpoint", "os=t,d:1;", "a value of its event is empty");
    refused(f, "endpoint", "os=t,d:;2", "a value of its event is empty");
    refused(f, "endpoint", "os=t,:1", "NAME=TIME,EVENT");
}

static void endpoints_of_the_command_line_replace_those_of_the_study(void **state)
{
    struct fixture *f = *state;
    set(f, "endpoint", "os=t,d", RWE_FROM_STUDY);
    set(f, "endpoint", "pfs=p,e", RWE_FROM_STUDY);
    set(f, "endpoint", "rfs=r,e", RWE_FROM_COMMAND);
    set(f, "endpoint", "dfs=r,e", RWE_FROM_STUDY);
    assert_int_equal(rwe_settings_endpoints(f->settings).n, 1);
    assert_string_equal(rwe_settings_endpoints(f->settings).item[0].name, "rfs");
}

static void unset_is_as_if_never_given(void **state)
{
    struct fixture *f = *state;
    set(f, "text", "a", RWE_FROM_COMMAND);
    set(f, "number", "0.5", RWE_FROM_COMMAND);
    set(f, "endpoint", "os=t,d", RWE_FROM_COMMAND);
    rwe_settings_unset(f->settings, "text");
    rwe_settings_unset(f->settings, "number");
    rwe_settings_unset(f->settings, "endpoint");
    assert_false(rwe_settings_has(f->settings, "text"));
    assert_close(rwe_settings_number(f->settings, "number"), 0.25, 0);
    assert_int_equal(rwe_settings_endpoints(f->settings).n, 0);
    set(f, "text", "b", RWE_FROM_STUDY); /* a weaker source has its say again */
    assert_string_equal(rwe_settings_text(f->settings, "text"), "b");
}

static void texts_are_copied(void **state)
{
    struct fixture *f = *state;
    char text[] = "abc";
    set(f, "text", text, RWE_FROM_COMMAND);
    text[0] = 'x';
    assert_string_equal(rwe_settings_text(f->settings, "text"), "abc");
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FRESH(the_options_keep_the_order_of_their_lists),
        FRESH(without_a_word_defaults_are_in_force),
        FRESH(the_command_line_outdoes_the_study_in_any_order),
        FRESH(the_last_word_of_one_source_counts),
        FRESH(every_kind_reads_its_text),
        FRESH(bad_values_are_told_with_option_and_value),
        FRESH(a_bad_value_leaves_the_old_one),
        FRESH(endpoints_come_apart_and_go_together_again),
        FRESH(endpoint_names_are_lower_case_and_differ),
        FRESH(endpoints_of_wrong_form_are_refused),
        FRESH(endpoints_of_the_command_line_replace_those_of_the_study),
        FRESH(unset_is_as_if_never_given),
        FRESH(texts_are_copied),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
