/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include "rwe/data/settings.h"
#include <math.h>
#include <string.h>

struct first_settings {
    bool flag;
    const char *text;
    struct rwe_strings list;
    double number;
    enum rwe_source number_source;
    struct rwe_numbers numbers;
};
static const struct rwe_option first_options[] = {
    {.name = "flag", RWE_FLAG_IN(struct first_settings, flag)},
    {.name = "text", RWE_TEXT_IN(struct first_settings, text)},
    {.name = "list", RWE_LIST_IN(struct first_settings, list)},
    {.name = "number",
     RWE_NUMBER_IN(struct first_settings, number),
     RWE_SOURCE_IN(struct first_settings, number_source),
     .low = 0,
     .high = 1,
     .fallback = "0.25"},
    {.name = "numbers", RWE_NUMBERS_IN(struct first_settings, numbers), .low = 0, .high = 100},
};
static const struct rwe_options first = RWE_OPTIONS_IN(struct first_settings, first_options);

enum rank { RANK_LOW, RANK_HIGH };
struct second_settings {
    uint64_t integer;
    int choice;
    const char *choice_word;
    enum rank rank;
    struct rwe_endpoint_specs endpoints;
    struct rwe_criterion_specs criteria;
    struct rwe_numbers bare_or_numbers; /* of an option that another list declares */
};
static const struct rwe_option second_options[] = {
    {.name = "integer", RWE_INTEGER_IN(struct second_settings, integer), .fallback = "7"},
    {.name = "choice",
     RWE_CHOICE_IN(struct second_settings, choice),
     RWE_WORD_IN(struct second_settings, choice_word),
     .choices = "one|two|three"},
    {.name = "rank",
     RWE_CHOICE_IN(struct second_settings, rank),
     .choices = "low|high",
     .fallback = "low"},
    {.name = "endpoint", RWE_ENDPOINTS_IN(struct second_settings, endpoints)},
    {.name = "eligibility", RWE_CRITERIA_IN(struct second_settings, criteria)},
};
static const struct rwe_options second = RWE_OPTIONS_IN(struct second_settings, second_options);

/* As the flags of analyses, which stand together in one list and live in the structs of theirs. */
static const struct rwe_option flag_options[] = {
    {.name = "bare-or-numbers",
     RWE_NUMBERS_IN(struct second_settings, bare_or_numbers),
     .bare = "6",
     .home = &second},
};
static const struct rwe_options flags = RWE_OPTIONS_IN(struct second_settings, flag_options);

struct fixture {
    struct rwe_arena *arena;
    struct rwe_settings *settings;
    struct rwe_error error;
};

static struct fixture *new_fixture(void)
{
    static struct fixture f;
    const struct rwe_options *const lists[] = {&flags, &first, &second};
    f = (struct fixture){.arena = rwe_arena_new()};
    f.settings = rwe_settings_new(f.arena, lists, 3);
    assert_non_null(f.settings);
    return &f;
}

static const struct first_settings *first_of(const struct fixture *f)
{
    return rwe_settings_of(f->settings, &first);
}

static const struct second_settings *second_of(const struct fixture *f)
{
    return rwe_settings_of(f->settings, &second);
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
    assert_int_equal(options.n, 11);
    assert_string_equal(options.item[1].name, "flag");
    assert_string_equal(options.item[10].name, "eligibility");
    assert_string_equal(rwe_settings_find(f->settings, "choice")->choices, "one|two|three");
    assert_null(rwe_settings_find(f->settings, "choi"));
}

static void without_a_word_defaults_are_in_force(void **state)
{
    const struct fixture *f = *state;
    assert_true(rwe_settings_has(f->settings, "number"));
    assert_int_equal(rwe_settings_source(f->settings, "number"), RWE_FROM_DEFAULT);
    assert_int_equal(first_of(f)->number_source, RWE_FROM_DEFAULT);
    assert_close(first_of(f)->number, 0.25, 0);
    assert_true(second_of(f)->integer == 7);
    assert_int_equal(second_of(f)->rank, RANK_LOW);
}

static void what_nobody_gave_reads_as_none_of_its_kind(void **state)
{
    struct fixture *f = *state;
    assert_false(rwe_settings_has(f->settings, "text"));
    assert_int_equal(rwe_settings_source(f->settings, "text"), RWE_NOT_GIVEN);
    assert_null(first_of(f)->text);
    assert_false(first_of(f)->flag);
    assert_int_equal(first_of(f)->list.n, 0);
    assert_int_equal(first_of(f)->numbers.n, 0);
    assert_int_equal(second_of(f)->choice, -1);
    assert_null(second_of(f)->choice_word);
    assert_int_equal(second_of(f)->endpoints.n, 0);
    assert_int_equal(second_of(f)->criteria.n, 0);
    assert_int_equal(second_of(f)->bare_or_numbers.n, 0);
}

static void an_unknown_name_has_no_value_and_takes_none(void **state)
{
    struct fixture *f = *state;
    struct rwe_strings list = {NULL, 0};
    assert_int_equal(rwe_settings_set_list(f->settings, "lists", list, RWE_FROM_STUDY, &f->error),
                     RWE_USAGE);
    rwe_settings_unset(f->settings, "lists");
    assert_false(rwe_settings_has(f->settings, "lists"));
    assert_int_equal(rwe_settings_source(f->settings, "lists"), RWE_NOT_GIVEN);
    assert_null(rwe_settings_text(f->settings, "lists"));
}

static void a_flag_may_live_in_the_struct_of_another_list(void **state)
{
    struct fixture *f = *state;
    set(f, "bare-or-numbers", NULL, RWE_FROM_COMMAND);
    assert_int_equal(second_of(f)->bare_or_numbers.n, 1);
    assert_close(second_of(f)->bare_or_numbers.item[0], 6, 0);
    set(f, "bare-or-numbers", "3,9", RWE_FROM_COMMAND);
    assert_close(second_of(f)->bare_or_numbers.item[1], 9, 0);
}

static void criteria_come_apart(void **state)
{
    struct fixture *f = *state;
    set(f, "eligibility", "adult=age >= 18", RWE_FROM_STUDY);
    set(f, "eligibility", "fit=kps >= 60", RWE_FROM_STUDY);
    assert_int_equal(second_of(f)->criteria.n, 2);
    assert_string_equal(second_of(f)->criteria.item[1].name, "fit");
    assert_string_equal(second_of(f)->criteria.item[1].keep, "kps >= 60");
    rwe_settings_unset(f->settings, "eligibility");
    assert_int_equal(second_of(f)->criteria.n, 0);
}

static void every_value_goes_out_as_it_came_in(void **state)
{
    struct fixture *f = *state;
    set(f, "numbers", "6,1e1", RWE_FROM_COMMAND);
    set(f, "list", "a,b", RWE_FROM_COMMAND);
    set(f, "choice", NULL, RWE_FROM_COMMAND);
    set(f, "eligibility", "adult=age >= 18", RWE_FROM_COMMAND);
    set(f, "flag", NULL, RWE_FROM_COMMAND);
    static const struct {
        const char *name, *text;
    } expected[] = {{"numbers", "6,1e1"}, {"list", "a,b"},
                    {"choice", "one"},    {"eligibility", "adult=age >= 18"},
                    {"flag", ""},         {"number", "0.25"},
                    {"text", ""},         {"nothing", ""}};
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
        assert_string_equal(
            rwe_text_join(f->arena, rwe_settings_texts(f->settings, expected[i].name, f->arena),
                          ","),
            expected[i].text);
}

static void the_source_beside_a_value_follows_it(void **state)
{
    struct fixture *f = *state;
    set(f, "number", "0.5", RWE_FROM_STUDY);
    assert_int_equal(first_of(f)->number_source, RWE_FROM_STUDY);
    set(f, "number", "0.75", RWE_FROM_COMMAND);
    assert_int_equal(first_of(f)->number_source, RWE_FROM_COMMAND);
    rwe_settings_unset(f->settings, "number");
    assert_int_equal(first_of(f)->number_source, RWE_FROM_DEFAULT);
}

static void the_command_line_outdoes_the_study_in_any_order(void **state)
{
    struct fixture *f = *state;
    set(f, "number", "0.5", RWE_FROM_COMMAND);
    set(f, "number", "0.75", RWE_FROM_STUDY);
    assert_close(first_of(f)->number, 0.5, 0);
    set(f, "text", "study", RWE_FROM_STUDY);
    set(f, "text", "command", RWE_FROM_COMMAND);
    assert_string_equal(first_of(f)->text, "command");
    assert_int_equal(rwe_settings_source(f->settings, "text"), RWE_FROM_COMMAND);
}

static void the_last_word_of_one_source_counts(void **state)
{
    struct fixture *f = *state;
    set(f, "text", "a", RWE_FROM_COMMAND);
    set(f, "text", "b", RWE_FROM_COMMAND);
    assert_string_equal(first_of(f)->text, "b");
}

static void every_kind_reads_its_text(void **state)
{
    struct fixture *f = *state;
    set(f, "flag", NULL, RWE_FROM_COMMAND);
    set(f, "list", "a, b ,c", RWE_FROM_COMMAND);
    set(f, "numbers", "6,1e1,24.5", RWE_FROM_COMMAND);
    set(f, "integer", "18446744073709551615", RWE_FROM_COMMAND);
    set(f, "choice", "two", RWE_FROM_COMMAND);
    assert_true(first_of(f)->flag);
    assert_int_equal(first_of(f)->list.n, 3);
    assert_string_equal(first_of(f)->list.item[1], "b");
    assert_int_equal(first_of(f)->numbers.n, 3);
    assert_close(first_of(f)->numbers.item[1], 10, 0);
    assert_true(second_of(f)->integer == UINT64_MAX);
    assert_int_equal(second_of(f)->choice, 1);
    set(f, "choice", NULL, RWE_FROM_COMMAND); /* --choice alone: the first */
    assert_int_equal(second_of(f)->choice, 0);
    assert_string_equal(second_of(f)->choice_word, "one");
    set(f, "rank", "high", RWE_FROM_COMMAND);
    assert_int_equal(second_of(f)->rank, RANK_HIGH);
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
    assert_close(first_of(f)->number, 0.5, 0);
}

static void endpoints_come_apart_and_go_together_again(void **state)
{
    struct fixture *f = *state;
    static const char *const texts[] = {"os=t,d", "pfs=pfs mo,ev:2", "x=a,b:dead+lost"};
    for (int i = 0; i < 3; i++)
        set(f, "endpoint", texts[i], RWE_FROM_COMMAND);
    struct rwe_endpoint_specs specs = second_of(f)->endpoints;
    assert_int_equal(specs.n, 3);
    struct rwe_strings again = rwe_settings_texts(f->settings, "endpoint", f->arena);
    for (int i = 0; i < 3; i++)
        assert_string_equal(again.item[i], texts[i]);
    assert_string_equal(specs.item[1].time, "pfs mo");
    assert_int_equal(specs.item[0].values.n, 0);
    assert_int_equal(specs.item[2].values.n, 2);
    assert_string_equal(specs.item[2].values.item[1], "lost");
}

static void endpoint_names_are_lower_case_and_differ(void **state)
{
    struct fixture *f = *state;
    set(f, "endpoint", "OS=t,d", RWE_FROM_COMMAND);
    assert_string_equal(second_of(f)->endpoints.item[0].name, "os");
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
    assert_int_equal(second_of(f)->endpoints.n, 1);
    assert_string_equal(second_of(f)->endpoints.item[0].name, "rfs");
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
    assert_close(first_of(f)->number, 0.25, 0);
    assert_int_equal(second_of(f)->endpoints.n, 0);
    set(f, "text", "b", RWE_FROM_STUDY); /* a weaker source has its say again */
    assert_string_equal(first_of(f)->text, "b");
}

static void texts_are_copied(void **state)
{
    struct fixture *f = *state;
    char text[] = "abc";
    set(f, "text", text, RWE_FROM_COMMAND);
    text[0] = 'x';
    assert_string_equal(first_of(f)->text, "abc");
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FRESH(the_options_keep_the_order_of_their_lists),
        FRESH(without_a_word_defaults_are_in_force),
        FRESH(what_nobody_gave_reads_as_none_of_its_kind),
        FRESH(an_unknown_name_has_no_value_and_takes_none),
        FRESH(a_flag_may_live_in_the_struct_of_another_list),
        FRESH(criteria_come_apart),
        FRESH(every_value_goes_out_as_it_came_in),
        FRESH(the_source_beside_a_value_follows_it),
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
