/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What --cox tells beyond hazard ratios, and bent Fine–Gray models: tests/oracle/cox_more.R made the
 * expected numbers. */
#include "csv_table.h"
#include "program.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const ORACLE = "tests/oracle/cox_more.csv";

static const char *const LUNG =
    "tests/oracle/data/lung.csv --arm sex --endpoint os=time,status:2 --covariates "
    "age,ph.ecog,wt.loss --categorical ph.ecog --cox";
static const char *const VETERAN =
    "tests/oracle/data/veteran.csv --arm trt --endpoint os=time,status --covariates celltype,karno "
    "--cox";
static const char *const GBSG =
    "tests/oracle/data/gbsg.csv --id pid --arm hormon --endpoint os=rfstime,status --covariates "
    "age,nodes,pgr --cox";

/* ---- concordance ---- */

static void uno_concordance_matches_concordance_with_n_over_g2(void **state)
{
    (void)state;
    const struct {
        const char *name, *arguments;
        double tau;
    } cases[] = {{"uno.lung", LUNG, 600}, {"uno.veteran", VETERAN, 300}, {"uno.gbsg", GBSG, 1500}};
    struct oracle *oracle = oracle_read(ORACLE);
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        struct program_facts facts =
            program_facts_of("%s --tau %g", cases[c].arguments, cases[c].tau);
        assert_close(program_facts_number(
                         &facts, "cox endpoint=os population=all model=adjusted concordance.uno"),
                     oracle_number(oracle, cases[c].name), 1e-10);
        assert_close(program_facts_number(
                         &facts, "cox endpoint=os population=all model=adjusted concordance.tau"),
                     cases[c].tau, 0);
        program_facts_clear(&facts);
    }
    oracle_free(oracle);
}

static void uno_concordance_stops_where_fewer_than_ten_are_at_risk(void **state)
{
    (void)state;
    struct program_facts facts = program_facts_of("%s --rmst", VETERAN);
    assert_close(
        program_facts_number(&facts, "cox endpoint=os population=all model=arm concordance.tau"),
        program_facts_number(&facts, "rmst endpoint=os population=all group=1 tau"), 0);
    program_facts_clear(&facts);
}

static void uno_concordance_is_null_under_late_entry_and_absent_beside_km_alone(void **state)
{
    (void)state;
    struct program_facts facts =
        program_facts_of("tests/oracle/data/heart.csv --arm surgery --entry start --endpoint "
                         "os=stop,event --cox");
    json_t *value =
        program_facts_find(&facts, "cox endpoint=os population=all model=arm concordance.uno");
    assert_non_null(value);
    assert_true(json_is_null(value));
    program_facts_clear(&facts);
    facts = program_facts_of("tests/oracle/data/veteran.csv --arm trt --endpoint os=time,status "
                             "--km");
    assert_null(
        program_facts_find(&facts, "cox endpoint=os population=all model=arm concordance.uno"));
    program_facts_clear(&facts);
}

/* ---- Fine–Gray with a spline ---- */

static void bent_fine_gray_matches_crr_on_the_columns_of_ns(void **state)
{
    (void)state;
    static const struct {
        const char *term, *rest;
    } keys[] = {{"arm", " estimate"},
                {"arm", " std.error"},
                {"age", ": 79 against 63 estimate"},
                {"age", ": 79 against 63 std.error"},
                {"age", " wald.statistic"}};
    struct oracle *oracle = oracle_read(ORACLE);
    struct program_facts facts =
        program_facts_of("tests/oracle/data/mgus2.csv --id id --arm sex --endpoint "
                         "m=etime,etype:1;2 --cuminc --covariates age,hgb --spline age");
    for (int cause = 1; cause <= 2; cause++) {
        char *name = program_format("bent.mgus2.%d", cause);
        const double *want = oracle_vector(oracle, name, &(size_t){0});
        for (size_t k = 0; k < 5; k++) {
            char *key = program_format("finegray endpoint=m population=all model=adjusted term=%s "
                                       "level=%d%s",
                                       keys[k].term, cause, keys[k].rest);
            assert_close(program_facts_number(&facts, key), want[k],
                         k == 0 || k == 2 ? 1e-8 : 1e-7);
            free(key);
        }
        free(name);
    }
    program_facts_clear(&facts);
    oracle_free(oracle);
}

static void bent_fine_gray_refuses_what_cannot_bend(void **state)
{
    (void)state;
    struct program_run run =
        program_run("tests/oracle/data/mgus2.csv --id id --arm sex --endpoint m=etime,etype:1;2 "
                    "--cuminc --covariates age --spline hgb");
    assert_code(run, 2);
    assert_says(run.err, "hgb|--covariates");
    program_clear(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(uno_concordance_matches_concordance_with_n_over_g2),
        cmocka_unit_test(uno_concordance_stops_where_fewer_than_ten_are_at_risk),
        cmocka_unit_test(uno_concordance_is_null_under_late_entry_and_absent_beside_km_alone),
        cmocka_unit_test(bent_fine_gray_matches_crr_on_the_columns_of_ns),
        cmocka_unit_test(bent_fine_gray_refuses_what_cannot_bend),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
