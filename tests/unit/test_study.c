/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Study files: YAML against the options. */
#include "program.h"

#include "rwe/data/settings.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct rwe_option options[] = {
    {.name = "flag", .kind = RWE_OPTION_FLAG},
    {.name = "other-flag", .kind = RWE_OPTION_FLAG},
    {.name = "id", .kind = RWE_OPTION_TEXT},
    {.name = "ae", .kind = RWE_OPTION_PATH},
    {.name = "covariates", .kind = RWE_OPTION_LIST},
    {.name = "caliper", .kind = RWE_OPTION_NUMBER, .low = 0, .high = 10, .fallback = "0.2"},
    {.name = "times", .kind = RWE_OPTION_NUMBERS},
    {.name = "seed", .kind = RWE_OPTION_INTEGER},
    {.name = "psm", .kind = RWE_OPTION_CHOICE, .choices = "nearest|optimal"},
    {.name = "endpoint", .kind = RWE_OPTION_ENDPOINTS},
    {.name = "output", .kind = RWE_OPTION_PATH, .command_only = true},
};

struct fixture {
    struct rwe_arena *arena;
    struct rwe_settings *settings;
    struct rwe_error error;
};

static int set_up(void **state)
{
    static struct fixture f;
    static const struct rwe_options list = RWE_OPTIONS(options);
    f = (struct fixture){.arena = rwe_arena_new()};
    f.settings = rwe_settings_new(f.arena, (const struct rwe_options *[]){&list}, 1);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    rwe_arena_free(f->arena);
    return 0;
}

static enum rwe_status load(struct fixture *f, const char *text)
{
    f->error = (struct rwe_error){0};
    return rwe_study_load_text(f->settings, text, strlen(text), "s.yaml", &f->error);
}

static void refused(struct fixture *f, const char *text, const char *words)
{
    assert_int_equal(load(f, text), RWE_USAGE);
    if (strstr(f->error.message, words) == NULL)
        fail_msg("\"%s\" is not said in: %s", words, f->error.message);
}

static void every_kind_of_option_can_stand_in_a_study(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(load(f, "flag: true\n"
                             "other-flag: no\n"
                             "id: subject   # a remark\n"
                             "covariates: [age, sex]\n"
                             "caliper: 0.1\n"
                             "times: [12, 24.5]\n"
                             "seed: 18446744073709551615\n"
                             "psm: optimal\n"
                             "endpoint:\n"
                             "  - {name: OS, time: t, event: d}\n"
                             "  - name: pfs\n"
                             "    time: u\n"
                             "    event: e\n"
                             "    value: [2, dead]\n"),
                     RWE_OK);
    assert_true(rwe_settings_flag(f->settings, "flag"));
    assert_false(rwe_settings_flag(f->settings, "other-flag"));
    assert_string_equal(rwe_settings_text(f->settings, "id"), "subject");
    assert_int_equal(rwe_settings_list(f->settings, "covariates").n, 2);
    assert_close(rwe_settings_number(f->settings, "caliper"), 0.1, 0);
    assert_int_equal(rwe_settings_source(f->settings, "caliper"), RWE_FROM_STUDY);
    assert_close(rwe_settings_numbers(f->settings, "times").item[1], 24.5, 0);
    assert_true(rwe_settings_integer(f->settings, "seed") == UINT64_MAX);
    assert_int_equal(rwe_settings_choice(f->settings, "psm"), 1);
    struct rwe_endpoint_specs specs = rwe_settings_endpoints(f->settings);
    assert_int_equal(specs.n, 2);
    assert_string_equal(specs.item[0].name, "os");
    assert_int_equal(specs.item[0].values.n, 0);
    assert_int_equal(specs.item[1].values.n, 2);
    assert_string_equal(specs.item[1].values.item[1], "dead");
}

static void yes_is_the_bare_option_and_no_is_none(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(load(f, "psm: true\nflag: on\n"), RWE_OK);
    assert_int_equal(rwe_settings_choice(f->settings, "psm"), 0);
    assert_true(rwe_settings_flag(f->settings, "flag"));
    tear_down(state);
    set_up(state);
    assert_int_equal(load(f, "psm: false\nflag: off\nid:\n"), RWE_OK);
    assert_false(rwe_settings_has(f->settings, "psm"));
    assert_false(rwe_settings_has(f->settings, "flag"));
    assert_false(rwe_settings_has(f->settings, "id"));
}

static void the_command_line_has_the_last_word(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(rwe_settings_set(f->settings, "caliper", "0.5", RWE_FROM_COMMAND, NULL),
                     RWE_OK);
    assert_int_equal(load(f, "caliper: 0.1\nid: a\n"), RWE_OK);
    assert_close(rwe_settings_number(f->settings, "caliper"), 0.5, 0);
    assert_string_equal(rwe_settings_text(f->settings, "id"), "a");
}

static void paths_are_relative_to_the_studys_folder(void **state)
{
    struct fixture *f = *state;
    char *path = check_write_file("ae: events/ae.csv\n", 18);
    assert_int_equal(rwe_study_load(f->settings, path, &f->error), RWE_OK);
    char *beside = program_format("%.*s/events/ae.csv", (int)(strrchr(path, '/') - path), path);
    assert_string_equal(rwe_settings_text(f->settings, "ae"), beside);
    free(beside);
    check_remove_file(path);
    tear_down(state);
    set_up(state);
    path = check_write_file("ae: /data/ae.csv\n", 17);
    assert_int_equal(rwe_study_load(f->settings, path, &f->error), RWE_OK);
    assert_string_equal(rwe_settings_text(f->settings, "ae"), "/data/ae.csv");
    check_remove_file(path);
}

static void faults_are_told_with_their_line(void **state)
{
    struct fixture *f = *state;
    refused(f, "id: a\n\ncovariate: [age]\n", "s.yaml:3: unknown key \"covariate\"");
    refused(f, "id: a\n\ncovariate: [age]\n", "did you mean \"covariates\"?");
    refused(f, "id: a\noutput: b\n", "s.yaml:2: unknown key \"output\"");
    refused(f, "id: a\ncaliper: wide\n", "s.yaml:2: --caliper wide: not a number");
    refused(f, "# x\ncaliper: 11\n", "s.yaml:2: --caliper 11: must be between 0 and 10");
    refused(f, "flag: perhaps\n", "s.yaml:1: flag: \"perhaps\" is neither true nor false");
    refused(f, "id: a\n\npsm: best\n", "s.yaml:3: --psm best: must be one of nearest|optimal");
    refused(f, "id: a\ncovariates: age\n", "s.yaml:2: a list is wanted here");
    refused(f, "id: [a, b]\n", "s.yaml:1: a single value is wanted here");
    refused(f, "[id]: a\n", "s.yaml:1: a single value is wanted here");
    refused(f, "covariates:\n  - age\n  - [sex]\n", "s.yaml:3: a single value is wanted here");
    refused(f, "endpoint: [os]\n", "s.yaml:1: a group of keys is wanted here: {name: …, time: …}");
    refused(f, "times: [1,\n  x]\n", "s.yaml:1: --times x: not a number");
    refused(f, "covariates: [age, '']\n", "s.yaml:1: --covariates: item 2 is empty");
}

static void an_endpoint_with_a_part_missing_is_told(void **state)
{
    struct fixture *f = *state;
    refused(f, "id: a\nendpoint:\n  - {name: os, time: t}\n",
            "s.yaml:3: the key \"event\" is missing here");
    refused(f, "id: a\nendpoint:\n  - {name: os, time: t, event: d, values: [1]}\n",
            "s.yaml:3: unknown key \"values\": did you mean \"value\"?");
    refused(f, "endpoint:\n  - {name: os, time: t, event: d}\n  - {name: os, time: u, event: e}\n",
            "s.yaml:3: endpoint \"os\" is declared twice");
}

static void a_key_that_stands_twice_is_refused(void **state)
{
    struct fixture *f = *state;
    refused(f, "id: a\nflag: true\nid: b\n", "s.yaml:3: the key \"id\" stands here twice");
    refused(f, "endpoint:\n  - {name: os, time: t, time: u, event: d}\n",
            "s.yaml:2: the key \"time\" stands here twice");
}

static void a_key_without_a_value_is_not_given(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(load(f, "id:\ncovariates:\nendpoint:\ncaliper:\n"), RWE_OK);
    assert_false(rwe_settings_has(f->settings, "id"));
    assert_false(rwe_settings_has(f->settings, "covariates"));
    assert_false(rwe_settings_has(f->settings, "endpoint"));
    assert_int_equal(rwe_settings_source(f->settings, "caliper"), RWE_FROM_DEFAULT);
    assert_int_equal(load(f, "covariates: []\n"), RWE_OK); /* none, and said so */
    assert_int_equal(rwe_settings_source(f->settings, "covariates"), RWE_FROM_STUDY);
}

/* So that a small file cannot stand for a list without end. */
static void an_alias_is_refused(void **state)
{
    struct fixture *f = *state;
    refused(f, "covariates: &all [age, sex]\ntimes: *all\n", "s.yaml:2: aliases (*all)");
    refused(f, "endpoint: &e [*e]\n", "s.yaml:1: aliases (*e)");
}

static void a_study_is_one_document(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(load(f, "---\nid: a\n...\n"), RWE_OK);
    refused(f, "ae: a.csv\n---\nid: b\n", "s.yaml:2: a second document begins here");
}

static void what_is_no_yaml_mapping_is_refused(void **state)
{
    struct fixture *f = *state;
    refused(f, "", "s.yaml:1: this is no study file (YAML)");
    refused(f, "id,arm\n1,2\n", "s.yaml:1: this is no study file (YAML)");
    refused(f, "- id\n- arm\n", "s.yaml:1: this is no study file (YAML)");
    refused(f, "id: \"open\n", "s.yaml:2: this is no study file (YAML): found unexpected end");
    refused(f, "id: a\n\tarm: b\n", "s.yaml:2: this is no study file (YAML)");
}

static void a_study_that_cannot_be_read_is_told(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(rwe_study_load(f->settings, "/nowhere/s.yaml", &f->error), RWE_IO);
    assert_non_null(strstr(f->error.message, "/nowhere/s.yaml"));
    assert_int_equal(rwe_study_load(f->settings, "tests", &f->error), RWE_IO);
}

static void a_file_of_another_size_is_no_study(void **state)
{
    struct fixture *f = *state;
    size_t size = ((size_t)1 << 20) + 1;
    char *text = malloc(size);
    memset(text, '#', size);
    char *path = check_write_file(text, size);
    assert_int_equal(rwe_study_load(f->settings, path, &f->error), RWE_USAGE);
    assert_non_null(strstr(f->error.message, "too large"));
    check_remove_file(path);
    free(text);
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FRESH(every_kind_of_option_can_stand_in_a_study),
        FRESH(yes_is_the_bare_option_and_no_is_none),
        FRESH(the_command_line_has_the_last_word),
        FRESH(paths_are_relative_to_the_studys_folder),
        FRESH(faults_are_told_with_their_line),
        FRESH(an_endpoint_with_a_part_missing_is_told),
        FRESH(a_key_that_stands_twice_is_refused),
        FRESH(a_key_without_a_value_is_not_given),
        FRESH(an_alias_is_refused),
        FRESH(a_study_is_one_document),
        FRESH(what_is_no_yaml_mapping_is_refused),
        FRESH(a_study_that_cannot_be_read_is_told),
        FRESH(a_file_of_another_size_is_no_study),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
