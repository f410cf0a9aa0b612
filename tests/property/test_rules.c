/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The whole program on a chart review that breaks each rule once, and on one that breaks none; and
 * the flow of patients, whose counts must add up. */
#include "program.h"

#include <stdlib.h>
#include <string.h>

#define DIRTY "sample_data/dirty.csv --study sample_data/dirty.yaml"

static size_t count_lines(const char *text)
{
    size_t n = 0;
    for (; *text != '\0'; text++)
        n += *text == '\n';
    return n;
}

static void every_rule_is_found_once_in_the_dirty_file(void **state)
{
    (void)state;
    struct program_facts facts = program_facts_of(DIRTY);
    size_t rules = 0;
    for (size_t i = 0; i < facts.n; i++) {
        if (strncmp(facts.fact[i].key, "validate ", 9) != 0)
            continue;
        rules++;
        /* Of E06, the repeated identifier, --rows has settled one. */
        if (json_number_value(facts.fact[i].value) !=
            (strstr(facts.fact[i].key, "term=E06 level=E") == NULL))
            fail_msg("%s is not 1", facts.fact[i].key);
    }
    assert_int_equal(rules, 36); /* E01 to W34, E02 and E06 also as queries */
    program_facts_clear(&facts);
}

static void the_sample_cohort_has_no_error(void **state)
{
    (void)state;
    struct program_facts facts =
        program_facts_of("sample_data/cohort.csv --ae sample_data/ae.csv --validate");
    size_t checked = 0;
    for (size_t i = 0; i < facts.n; i++)
        if (strncmp(facts.fact[i].key, "validate ", 9) == 0 &&
            strstr(facts.fact[i].key, "level=E") != NULL && json_is_number(facts.fact[i].value)) {
            checked++;
            assert_close(json_number_value(facts.fact[i].value), 0, 0);
        }
    assert_true(checked > 0);
    program_facts_clear(&facts);
}

static void the_sheet_of_queries_has_a_line_a_finding_in_both_languages(void **state)
{
    (void)state;
    char *folder = program_new_folder();
    char *path = program_format("%s/q.csv", folder);
    struct program_run run = program_run(DIRTY " --queries %s", path);
    assert_code(run, 0);
    program_clear(&run);
    size_t size;
    char *sheet = program_read_file(path, &size);
    assert_int_equal(count_lines(sheet), 36);
    assert_says(sheet, "rule,severity,line,id,column,value,message_en,message_zh,action_en,"
                       "action_zh\n|\nE03,E,20,D019,death_date,2021-12-19,earlier than the index "
                       "date,早于首次用药日期,check both dates in the chart,"
                       "请核对死亡日期与首次用药日期\n|\nE02,Q,14,|\nW27,W,,,t_stage,T4,");
    free(sheet);
    free(path);
    program_remove_folder(folder);
}

static void errors_stop_the_run_and_the_sheet_is_written_all_the_same(void **state)
{
    (void)state;
    char *folder = program_new_folder();
    char *path = program_format("%s/q.csv", folder);
    struct program_run run = program_run(DIRTY " --on-error stop --queries %s", path);
    assert_code(run, 1);
    assert_says(run.err, "earlier than the index date (E03)|(E12)|--on-error drop");
    assert_null(strstr(run.err, "(W13)"));
    program_clear(&run);
    size_t size;
    char *sheet = program_read_file(path, &size);
    assert_int_equal(count_lines(sheet), 36);
    free(sheet);
    free(path);
    program_remove_folder(folder);
}

static void the_report_speaks_either_language(void **state)
{
    (void)state;
    struct program_run english = program_run(DIRTY " --validate");
    struct program_run chinese = program_run(DIRTY " --validate --lang zh");
    assert_code(english, 0);
    assert_code(chinese, 0);
    assert_says(english.out, "E03 E death_date: earlier than the index date");
    assert_says(chinese.out, "E03 E death_date：早于首次用药日期");
    program_clear(&english);
    program_clear(&chinese);
}

static void ready_times_are_judged_only_where_that_is_asked_for(void **state)
{
    (void)state;
    char *folder = program_new_folder();
    char *path = program_write_file(folder, "c.csv",
                                    "arm,t,e,index_date,death_date\na,1,1,2023-05-02,2023-05-01\n"
                                    "b,2,0,2023-05-02,\na,3,0,2023-05-02,\nb,1,1,2023-05-02,\n");
    struct program_run run = program_run("%s --arm arm --endpoint os=t,e --km", path);
    assert_code(run, 0);
    program_clear(&run);
    run = program_run("%s --arm arm --endpoint os=t,e --km --validate", path);
    assert_code(run, 1);
    assert_says(run.err, "c.csv:2: column \"death_date\": \"2023-05-01\" is earlier than the index "
                         "date (E03)");
    program_clear(&run);
    run = program_run("%s --arm arm --endpoint os=t,e --km --validate --rules-off E03", path);
    assert_code(run, 0);
    program_clear(&run);
    free(path);
    program_remove_folder(folder);
}

static void identifiers_and_later_covariates_are_refused_until_allowed(void **state)
{
    (void)state;
    char *folder = program_new_folder();
    char *path = program_write_file(
        folder, "c.csv", "姓名,arm,t,e,bor\nx,a,1,1,PR\ny,b,2,0,SD\nz,a,3,0,PR\nw,b,1,1,PD\n");
    struct program_run run = program_run("%s --arm arm --endpoint os=t,e --km", path);
    assert_code(run, 1);
    assert_says(run.err, "姓名|pseudonym|--allow-identifiers");
    program_clear(&run);
    run = program_run("%s --arm arm --endpoint os=t,e --km --allow-identifiers --covariates bor",
                      path);
    assert_code(run, 2);
    assert_says(run.err, "\"bor\" cannot be a baseline covariate|W33");
    program_clear(&run);
    run = program_run(
        "%s --arm arm --endpoint os=t,e --km --allow-identifiers --covariates bor --i-know", path);
    assert_code(run, 0);
    program_clear(&run);
    free(path);
    program_remove_folder(folder);
}

static double flow(const struct program_facts *facts, const char *what, const char *arm)
{
    char *key = arm == NULL ? program_format("flow term=%s n", what)
                            : program_format("flow group=%s term=%s n", arm, what);
    double n = program_facts_number(facts, key);
    free(key);
    return n;
}

static void the_flow_adds_up_in_every_arm(void **state)
{
    (void)state;
    struct program_facts facts =
        program_facts_of("sample_data/cohort.csv --flow --psm --covariates age,kps "
                         "--eligibility old=age>=40 --eligibility fit=kps>=80");
    const char *const arms[] = {NULL, "GP+Tis", "GP+Tis+RT"};
    for (size_t a = 0; a < 3; a++) {
        double screened = flow(&facts, "screened", arms[a]);
        assert_close(screened,
                     flow(&facts, "not eligible: old", arms[a]) +
                         flow(&facts, "not eligible: fit", arms[a]) +
                         flow(&facts, "analysed", arms[a]),
                     0);
    }
    assert_close(flow(&facts, "screened", NULL), 600, 0);
    const char *const keys[] = {"flow population=matched group=GP+Tis term=matched n",
                                "flow population=matched group=GP+Tis term=unmatched n",
                                "flow population=matched group=GP+Tis+RT term=matched n",
                                "flow population=matched group=GP+Tis+RT term=unmatched n"};
    double n[4];
    for (size_t k = 0; k < 4; k++)
        n[k] = program_facts_number(&facts, keys[k]);
    assert_close(n[0], n[2], 0); /* pairs */
    assert_close(n[0] + n[1], flow(&facts, "analysed", "GP+Tis"), 0);
    assert_close(n[2] + n[3], flow(&facts, "analysed", "GP+Tis+RT"), 0);
    /* Everybody that fails, and those that no earlier criterion took. */
    assert_close(program_facts_number(&facts, "flow term=old n.failed"),
                 flow(&facts, "not eligible: old", NULL), 0);
    assert_true(program_facts_number(&facts, "flow term=fit n.failed") >
                flow(&facts, "not eligible: fit", NULL));
    program_facts_clear(&facts);
}

static void rows_that_cannot_be_read_are_steps_of_the_flow(void **state)
{
    (void)state;
    struct program_facts facts = program_facts_of(DIRTY " --flow --validate");
    assert_close(flow(&facts, "screened", NULL), 79, 0); /* 80 rows, two of one patient */
    assert_close(flow(&facts, "death_date: earlier than the index date (E03)", "GP+Tis"), 1, 0);
    assert_close(flow(&facts, "analysed", NULL), 69, 0);
    program_facts_clear(&facts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_rule_is_found_once_in_the_dirty_file),
        cmocka_unit_test(the_sample_cohort_has_no_error),
        cmocka_unit_test(the_sheet_of_queries_has_a_line_a_finding_in_both_languages),
        cmocka_unit_test(errors_stop_the_run_and_the_sheet_is_written_all_the_same),
        cmocka_unit_test(the_report_speaks_either_language),
        cmocka_unit_test(ready_times_are_judged_only_where_that_is_asked_for),
        cmocka_unit_test(identifiers_and_later_covariates_are_refused_until_allowed),
        cmocka_unit_test(the_flow_adds_up_in_every_arm),
        cmocka_unit_test(rows_that_cannot_be_read_are_steps_of_the_flow),
    };
    return cmocka_run_group_tests_name("rules", tests, check_setup_gsl, NULL);
}
