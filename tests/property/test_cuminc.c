/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The recipe for competing risks: its facts are those of R (tests/oracle/competing_risks.R), and what
 * cannot be told is said. */
#include "csv_table.h"
#include "program.h"

#include <math.h>
#include <stdlib.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mgus2_agrees_with_r),
        cmocka_unit_test(the_own_cause_specific_ratio_is_that_of_cox),
        cmocka_unit_test(each_row_its_own_cluster_gives_the_jackknife),
        cmocka_unit_test(without_competing_causes_the_notation_is_told),
        cmocka_unit_test(an_arm_without_a_cause_is_a_warning),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
