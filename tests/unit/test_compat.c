/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli.h"
#include "design_csv.h"
#include "program.h"

#include "rwe/analysis/compat.h"
#include <stdlib.h>
#include <string.h>

#define LUNG "tests/oracle/data/lung.csv --arm sex --endpoint os=time,status:2 --km --cox --rmst"

static int set_up(void **state)
{
    *state = rwe_arena_new();
    return *state == NULL;
}

static int tear_down(void **state)
{
    rwe_arena_free(*state);
    return 0;
}

/* ---- settings ---- */

static struct rwe_settings *program_settings(struct rwe_arena *arena)
{
    const struct rwe_options *lists[RWE_MOST_OPTION_LISTS];
    size_t n = rwe_option_lists(arena, lists);
    struct rwe_settings *settings = rwe_settings_new(arena, lists, n);
    assert_non_null(settings);
    return settings;
}

static void set(struct rwe_settings *settings, const char *name, const char *text,
                enum rwe_source source)
{
    assert_int_equal(rwe_settings_set(settings, name, text, source, NULL), RWE_OK);
}

static void check_value(const struct rwe_settings *settings, const char *name, const char *expected)
{
    assert_string_equal(rwe_settings_text(settings, name), expected);
}

/* admiral has no say in the statistics, but rules of endpoints from dates, which the others have not. */
static void admiral_sets_the_rules_of_endpoints_alone(void **state)
{
    struct rwe_settings *settings = program_settings(*state);
    set(settings, "compat", "admiral", RWE_FROM_COMMAND);
    assert_int_equal(rwe_compat_apply(settings, NULL), RWE_OK);
    check_value(settings, "conf-type", "log-log");
    check_value(settings, "censoring", "fda-c");
    check_value(settings, "new-therapy", "ignore");
    check_value(settings, "unassessed", "start");
    settings = program_settings(*state);
    set(settings, "compat", "r", RWE_FROM_COMMAND);
    assert_int_equal(rwe_compat_apply(settings, NULL), RWE_OK);
    assert_int_equal(rwe_settings_source(settings, "censoring"), RWE_NOT_GIVEN);
}

static void each_system_sets_its_own_defaults(void **state)
{
    static const char *const expected[][5] = {{"r", "log", "efron", "wald-corrected", "last"},
                                              {"sas", "log-log", "breslow", "wald", "longest"},
                                              {"stata", "log-log", "breslow", "wald", "last"}};
    for (size_t s = 0; s < 3; s++) {
        struct rwe_settings *settings = program_settings(*state);
        set(settings, "compat", expected[s][0], RWE_FROM_COMMAND);
        assert_int_equal(rwe_compat_apply(settings, NULL), RWE_OK);
        check_value(settings, "conf-type", expected[s][1]);
        check_value(settings, "ties", expected[s][2]);
        check_value(settings, "difference", expected[s][3]);
        check_value(settings, "tau-rule", expected[s][4]);
        assert_int_equal(rwe_settings_source(settings, "ties"), RWE_FROM_DEFAULT);
    }
}

static void without_it_nothing_changes(void **state)
{
    struct rwe_settings *settings = program_settings(*state);
    assert_int_equal(rwe_compat_apply(settings, NULL), RWE_OK);
    check_value(settings, "conf-type", "log-log");
    check_value(settings, "ties", "efron");
    check_value(settings, "difference", "newcombe");
}

static void what_study_and_command_say_goes_before(void **state)
{
    struct rwe_settings *settings = program_settings(*state);
    set(settings, "compat", "sas", RWE_FROM_STUDY);
    set(settings, "conf-type", "plain", RWE_FROM_STUDY);
    set(settings, "ties", "efron", RWE_FROM_COMMAND);
    assert_int_equal(rwe_compat_apply(settings, NULL), RWE_OK);
    check_value(settings, "conf-type", "plain");
    check_value(settings, "ties", "efron");
}

static void options_that_no_list_declares_are_passed_over(void **state)
{
    struct rwe_settings *settings =
        rwe_settings_new(*state, (const struct rwe_options *[]){&rwe_compat_options}, 1);
    set(settings, "compat", "r", RWE_FROM_COMMAND);
    assert_int_equal(rwe_compat_apply(settings, NULL), RWE_OK);
    assert_null(rwe_settings_find(settings, "ties"));
}

/* ---- the program ---- */

/* survfit and coxph with the options that are that system's defaults, tests/oracle/compat.R. */
static void facts_of_lung_are_those_of_the_system(void **state)
{
    struct design_csv csv = design_csv_read("tests/oracle/expected/compat.csv", *state);
    const double *value = design_csv_numbers(&csv, "value");
    static const char *const systems[] = {"r", "sas", "stata"};
    for (size_t s = 0; s < 3; s++) {
        struct program_facts facts =
            program_facts_of(LUNG " --times 180,540 --compat %s", systems[s]);
        size_t n = 0;
        for (size_t r = 0; r < csv.n_rows; r++)
            if (strcmp(design_csv_text(&csv, r, "system"), systems[s]) == 0) {
                double fact = program_facts_number(&facts, design_csv_text(&csv, r, "key"));
                assert_close(fact, value[r], 1e-8);
                n++;
            }
        assert_int_equal(n, 22);
        program_facts_clear(&facts);
    }
}

static void the_report_names_system_defaults_and_exceptions(void **state)
{
    (void)state;
    struct program_run r = program_run(LUNG " --compat r");
    struct program_run stata = program_run(LUNG " --compat stata --ties efron");
    struct program_run none = program_run(LUNG);
    assert_code(r, RWE_EXIT_DONE);
    assert_code(stata, RWE_EXIT_DONE);
    assert_says(r.out,
                "Defaults as in R|conf-type log|tau-rule last|efron, difference|Efron's ties|"
                "tau is the least of the arms' largest times");
    assert_null(strstr(r.out, "Given otherwise"));
    assert_says(stata.out,
                "Defaults as in Stata|conf-type log-log|Given otherwise|ties efron|median");
    assert_null(strstr(none.out, "Defaults as in"));
    program_clear(&r);
    program_clear(&stata);
    program_clear(&none);
}

static void provenance_holds_the_system_and_what_it_set(void **state)
{
    (void)state;
    struct program_run run = program_run(LUNG " --compat sas --format json");
    json_t *root = json_loads(run.out, 0, NULL);
    const json_t *study = json_object_get(json_object_get(root, "provenance"), "study");
    assert_string_equal(json_string_value(json_object_get(study, "compat")), "sas");
    assert_string_equal(json_string_value(json_object_get(study, "ties")), "breslow");
    json_decref(root);
    program_clear(&run);
}

static void a_study_file_can_name_the_system(void **state)
{
    (void)state;
    char *folder = program_new_folder();
    char *study = program_write_file(folder, "study.yaml", "compat: r\n");
    struct program_facts named = program_facts_of(LUNG " --study %s", study);
    struct program_facts flag = program_facts_of(LUNG " --compat r");
    assert_same_facts(named, flag, 0);
    program_facts_clear(&named);
    program_facts_clear(&flag);
    free(study);
    program_remove_folder(folder);
}

static void an_unknown_system_is_refused(void **state)
{
    (void)state;
    struct program_run run = program_run(LUNG " --compat spss");
    assert_code(run, RWE_EXIT_USAGE);
    assert_says(run.err, "--compat spss|r|sas|stata");
    program_clear(&run);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_system_sets_its_own_defaults),
        TEST(admiral_sets_the_rules_of_endpoints_alone),
        TEST(without_it_nothing_changes),
        TEST(what_study_and_command_say_goes_before),
        TEST(options_that_no_list_declares_are_passed_over),
        TEST(facts_of_lung_are_those_of_the_system),
        TEST(the_report_names_system_defaults_and_exceptions),
        TEST(provenance_holds_the_system_and_what_it_set),
        TEST(a_study_file_can_name_the_system),
        TEST(an_unknown_system_is_refused),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
