/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The recipe for competing risks: its facts are those of R (tests/oracle/competing_risks.R), and what
 * cannot be told is said. */
#include "csv_table.h"
#include "program.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static double oracle_at(const struct oracle *oracle, const char *name, size_t i)
{
    size_t n;
    const double *vector = oracle_vector(oracle, name, &n);
    assert_true(i < n);
    return vector[i];
}

static void mgus2_agrees_with_r(void **state)
{
    (void)state;
    struct oracle *oracle = oracle_read("tests/oracle/competing_risks.csv");
    struct program_facts facts =
        program_facts_of("tests/oracle/data/mgus2.csv --id id --arm sex --endpoint "
                         "malignancy=etime,etype:1;2 --times 60,240 --cuminc");
    const struct {
        const char *key, *oracle;
        size_t i;
        double relative;
    } expected[] = {
        {"cuminc endpoint=malignancy population=all group=F level=1 time=60 estimate",
         "cuminc.mgus2.0.1.estimate", 2, 1e-10},
        {"cuminc endpoint=malignancy population=all group=M level=2 time=240 estimate",
         "cuminc.mgus2.1.2.estimate", 4, 1e-10},
        {"gray endpoint=malignancy population=all level=2 statistic", "gray.mgus2.sex.statistic", 1,
         1e-9},
        {"gray endpoint=malignancy population=all level=1 p.value", "gray.mgus2.sex.p", 0, 1e-7},
        {"finegray endpoint=malignancy population=all term=arm level=1 estimate",
         "finegray.mgus2.1.estimate", 0, 1e-8},
    };
    for (size_t e = 0; e < sizeof expected / sizeof *expected; e++)
        assert_close(program_facts_number(&facts, expected[e].key),
                     oracle_at(oracle, expected[e].oracle, expected[e].i), expected[e].relative);
    const char *error = "finegray endpoint=malignancy population=all term=arm level=1 std.error";
    assert_close(program_facts_number(&facts, error),
                 sqrt(oracle_at(oracle, "finegray.mgus2.1.robust", 0)), 1e-7);
    error = "cuminc endpoint=malignancy population=all group=M level=1 time=60 std.error";
    assert_close(program_facts_number(&facts, error),
                 sqrt(oracle_at(oracle, "cuminc.mgus2.1.1.variance", 2)), 1e-10);
    program_facts_clear(&facts);
    oracle_free(oracle);
}

static void the_own_cause_specific_ratio_is_that_of_cox(void **state)
{
    (void)state;
    struct program_facts facts =
        program_facts_of("tests/oracle/data/mgus2.csv --id id --arm sex --endpoint "
                         "malignancy=etime,etype:1;2 --cox --cuminc");
    const char *own = "cox endpoint=malignancy population=all model=arm term=arm estimate";
    const char *specific =
        "cox endpoint=malignancy population=all model=cause-specific term=arm level=1 estimate";
    assert_close(program_facts_number(&facts, specific), program_facts_number(&facts, own), 0);
    program_facts_clear(&facts);
}

static void each_row_its_own_cluster_gives_the_jackknife(void **state)
{
    (void)state;
    struct oracle *oracle = oracle_read("tests/oracle/competing_risks.csv");
    struct program_facts facts =
        program_facts_of("tests/oracle/data/mgus2.csv --id id --cluster id --arm sex --endpoint "
                         "malignancy=etime,etype:1;2 --times 1 --cuminc");
    /* the first point of survfit is at time 1 */
    const char *error =
        "cuminc endpoint=malignancy population=all group=F level=2 time=1 std.error";
    assert_close(program_facts_number(&facts, error),
                 oracle_at(oracle, "jackknife.mgus2.0.2.std_error", 0), 1e-9);
    program_facts_clear(&facts);
    oracle_free(oracle);
}

static void without_competing_causes_the_notation_is_told(void **state)
{
    (void)state;
    struct program_run run = program_run("tests/oracle/data/mgus2.csv --id id --arm sex --endpoint "
                                         "malignancy=etime,etype:1 --cuminc");
    assert_code(run, 2);
    assert_says(run.err, "--cuminc needs an endpoint with competing causes|NAME=TIME,STATUS:1;2");
    program_clear(&run);
}

static void an_arm_without_a_cause_is_a_warning(void **state)
{
    (void)state;
    char *folder = program_new_folder();
    char *path = program_write_file(
        folder, "tiny.csv",
        "arm,t,s\na,1,1\na,2,2\na,3,0\na,4,1\na,5,2\nb,1,1\nb,2,0\nb,3,1\nb,4,0\nb,5,1\n");
    struct program_run run = program_run("%s --arm arm --endpoint e=t,s:1;2 --cuminc", path);
    assert_code(run, 0);
    assert_says(run.out, "e = 2, Whole cohort: b against a|NE");
    assert_says(run.out, "Fine–Gray model: the hazard ratio of \"b\" against \"a\" runs off");
    program_clear(&run);
    free(path);
    program_remove_folder(folder);
}

/* Rotterdam with the first of relapse and death: etime, etype. */
static char *write_rotterdam(const char *folder)
{
    enum { RTIME = 11, RECUR, DTIME, DEATH, COLUMNS };
    size_t size;
    char *text = program_read_file("tests/oracle/data/rotterdam.csv", &size), *rest = text;
    char *out = malloc(2 * size), *end = out;
    assert_non_null(out);
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        const char *field[COLUMNS] = {line};
        for (size_t f = 1; f < COLUMNS; f++)
            field[f] = strchr(field[f - 1], ',') + 1;
        bool relapse = *field[RECUR] == '1', death = *field[DEATH] == '1';
        if (line == text)
            end += sprintf(end, "%s,etime,etype\n", line);
        else
            end += sprintf(end, "%s,%.0f,%d\n", line,
                           strtod(relapse ? field[RTIME] : field[DTIME], NULL),
                           relapse ? 1
                           : death ? 2
                                   : 0);
    }
    char *path = program_write_file(folder, "relapse.csv", out);
    free(text);
    free(out);
    return path;
}

/* The terms of a model in turn: crr's estimates and sandwich errors, `p` of each. */
static void check_adjusted(const struct program_facts *facts, const struct oracle *oracle,
                           const char *name, const char *in, const char *const terms[], size_t p)
{
    char *estimate = program_format("finegray.%s.estimate", name);
    char *robust = program_format("finegray.%s.robust", name);
    for (size_t t = 0; t < p; t++) {
        char *key = program_format("finegray %s model=adjusted term=%s level=%s", in, terms[t],
                                   name[strlen(name) - 1] == '2' ? "2" : "1");
        char *value = program_format("%s estimate", key),
             *error = program_format("%s std.error", key);
        assert_close(program_facts_number(facts, value), oracle_at(oracle, estimate, t), 1e-8);
        assert_close(program_facts_number(facts, error), sqrt(oracle_at(oracle, robust, t * p + t)),
                     2e-7);
        free(key);
        free(value);
        free(error);
    }
    free(estimate);
    free(robust);
}

static void adjusted_for_covariates_it_is_crr_on_rotterdam(void **state)
{
    (void)state;
    static const char *const terms[] = {"arm", "age", "nodes", "grade"};
    struct oracle *oracle = oracle_read("tests/oracle/competing_risks.csv");
    char *folder = program_new_folder(), *path = write_rotterdam(folder);
    struct program_facts facts =
        program_facts_of("%s --id pid --arm hormon --endpoint relapse=etime,etype:1;2 "
                         "--covariates age,nodes,grade --cuminc",
                         path);
    const char *in = "endpoint=relapse population=all";
    check_adjusted(&facts, oracle, "rotterdam.covariates.1", in, terms, 4);
    check_adjusted(&facts, oracle, "rotterdam.covariates.2", in, terms, 4);
    program_facts_clear(&facts);
    free(path);
    program_remove_folder(folder);
    oracle_free(oracle);
}

static void who_lacks_a_covariate_is_left_out_and_counted(void **state)
{
    (void)state;
    static const char *const terms[] = {"arm", "age", "hgb", "creat"};
    struct oracle *oracle = oracle_read("tests/oracle/competing_risks.csv");
    struct program_facts facts =
        program_facts_of("tests/oracle/data/mgus2.csv --id id --arm sex --endpoint "
                         "malignancy=etime,etype:1;2 --covariates age,hgb,creat --cuminc");
    const char *in = "endpoint=malignancy population=all";
    check_adjusted(&facts, oracle, "mgus2.covariates", in, terms, 4);
    const char *n = "finegray endpoint=malignancy population=all model=adjusted level=1 n";
    const char *missing =
        "finegray endpoint=malignancy population=all model=adjusted level=1 n.missing";
    assert_close(program_facts_number(&facts, missing), 35, 0);
    assert_close(program_facts_number(&facts, n), 1384 - 35, 0);
    program_facts_clear(&facts);
    oracle_free(oracle);
}

static void late_entry_leaves_incidence_and_cox_and_says_why(void **state)
{
    (void)state;
    char *folder = program_new_folder();
    char *path = program_write_file(
        folder, "late.csv",
        "arm,e,t,s,x\na,0,1,1,1\na,0,2,2,2\na,1,3,0,5\na,0,4,1,3\na,2,5,2,1\nb,0,1,1,4\nb,1,2,2,2\n"
        "b,0,3,1,7\nb,0,4,0,1\nb,3,5,1,2\n");
    const char *options = "--arm arm --endpoint os=t,s:1;2 --entry e --covariates x --cuminc";
    struct program_run run = program_run("%s %s", path, options);
    assert_code(run, 0);
    assert_says(run.out, "Gray's test: not defined under late entry (--entry)");
    assert_says(run.out, "cause 1: Fine–Gray model: not defined under late entry");
    assert_says(run.out, "adjusted Fine–Gray model: not defined under late entry");
    program_clear(&run);
    struct program_facts facts = program_facts_of("%s %s", path, options);
    const char *const null[] = {
        "gray endpoint=os population=all level=1 p.value",
        "finegray endpoint=os population=all term=arm level=1 hr",
        "finegray endpoint=os population=all model=adjusted term=x level=2 hr",
    };
    for (size_t f = 0; f < sizeof null / sizeof *null; f++)
        assert_true(json_is_null(program_facts_find(&facts, null[f])));
    const char *cox = "cox endpoint=os population=all model=cause-specific term=arm level=1 hr";
    assert_true(program_facts_number(&facts, cox) > 0);
    program_facts_clear(&facts);
    free(path);
    program_remove_folder(folder);
}

static void exact_ties_have_no_robust_error_and_the_rest_stands(void **state)
{
    (void)state;
    char *folder = program_new_folder(), *path = write_rotterdam(folder);
    struct program_facts facts =
        program_facts_of("%s --id pid --arm hormon --endpoint relapse=etime,etype:1;2 --covariates "
                         "age,nodes --cuminc "
                         "--psm --cluster grade --ties exact",
                         path);
    const char *matched =
        "cox endpoint=relapse population=matched model=cause-specific term=arm level=1 hr";
    const char *gray = "gray endpoint=relapse population=matched level=1 p.value";
    assert_true(json_is_null(program_facts_find(&facts, matched)));
    assert_true(program_facts_number(&facts, gray) > 0);
    const char *robust = "gray endpoint=relapse population=matched model=robust level=1 p.value";
    assert_true(program_facts_number(&facts, robust) > 0);
    assert_true(program_facts_number(&facts, robust) != program_facts_number(&facts, gray));
    program_facts_clear(&facts);
    free(path);
    program_remove_folder(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mgus2_agrees_with_r),
        cmocka_unit_test(the_own_cause_specific_ratio_is_that_of_cox),
        cmocka_unit_test(each_row_its_own_cluster_gives_the_jackknife),
        cmocka_unit_test(without_competing_causes_the_notation_is_told),
        cmocka_unit_test(an_arm_without_a_cause_is_a_warning),
        cmocka_unit_test(adjusted_for_covariates_it_is_crr_on_rotterdam),
        cmocka_unit_test(who_lacks_a_covariate_is_left_out_and_counted),
        cmocka_unit_test(late_entry_leaves_incidence_and_cox_and_says_why),
        cmocka_unit_test(exact_ties_have_no_robust_error_and_the_rest_stands),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
