/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What --cox tells beyond hazard ratios, and bent Fine–Gray models: tests/oracle/cox_more.R made the
 * expected numbers. */
#include "csv_table.h"
#include "program.h"

#include <math.h>
#include <stdbool.h>
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
        program_facts_of("tests/oracle/data/heart.csv --arm surgery --cluster id --entry start "
                         "--endpoint os=stop,event --cox");
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

/* ---- predictions ---- */

static double predicted(const struct program_facts *facts, const char *model, const char *arm,
                        double time, const char *stat)
{
    char *key = program_format("cox endpoint=os population=all model=%s group=%s %stime=%g %s",
                               model, arm, stat[0] == '-' ? "term=difference " : "", time,
                               stat[0] == '-' ? stat + 1 : stat);
    double value = program_facts_number(facts, key);
    free(key);
    return value;
}

static void check_patient(const char *name, const char *arguments)
{
    static const char *const arms[] = {"1", "2"};
    static const double times[] = {180, 365};
    struct oracle *oracle = oracle_read(ORACLE);
    struct program_facts facts =
        program_facts_of("%s --predict --times 180,365 %s", LUNG, arguments);
    for (int a = 0; a < 2; a++) {
        char *key = program_format("patient.%s.%d", name, a);
        const double *want = oracle_vector(oracle, key, &(size_t){0});
        for (size_t t = 0; t < 2; t++) {
            assert_close(predicted(&facts, "adjusted", arms[a], times[t], "predicted"), want[3 * t],
                         1e-8);
            assert_close(predicted(&facts, "adjusted", arms[a], times[t], "conf.low"),
                         want[3 * t + 1], 1e-7);
            assert_close(predicted(&facts, "adjusted", arms[a], times[t], "conf.high"),
                         want[3 * t + 2], 1e-7);
        }
        free(key);
    }
    program_facts_clear(&facts);
    oracle_free(oracle);
}

static void a_patient_matches_survfit_with_newdata(void **state)
{
    (void)state;
    check_patient("lung", "");
    check_patient("lung.given", "--predict-at age=50,ph.ecog=2");
}

/* coxph.detail averages Efron's means at a tied time where the kernel weighs each step by its hazard: with
 * ties its errors agree to 1e-4 only, Breslow's to rounding. */
static void standardised_survival_is_the_mean_of_survfit(void **state)
{
    (void)state;
    const struct {
        const char *name, *arguments, *arm[2];
        double time[2], error;
    } cases[] = {
        {"standard.lung", LUNG, {"1", "2"}, {180, 365}, 1e-4},
        {"standard.gbsg",
         "tests/oracle/data/gbsg.csv --id pid --arm hormon --endpoint os=rfstime,status "
         "--covariates age,nodes,pgr --cox --ties breslow",
         {"0", "1"},
         {365, 1500},
         1e-7},
        {"standard.veteran",
         "tests/oracle/data/veteran.csv --arm trt --endpoint os=time,status --covariates "
         "celltype,karno --cox --cluster diagtime",
         {"1", "2"},
         {30, 200},
         1e-4},
    };
    struct oracle *oracle = oracle_read(ORACLE);
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        struct program_facts facts = program_facts_of(
            "%s --predict --times %g,%g", cases[c].arguments, cases[c].time[0], cases[c].time[1]);
        const double *want = oracle_vector(oracle, cases[c].name, &(size_t){0});
        for (size_t t = 0; t < 2; t++, want += 5) {
            for (size_t a = 0; a < 2; a++) {
                assert_close(predicted(&facts, "standardised", cases[c].arm[a], cases[c].time[t],
                                       "predicted"),
                             want[a], 1e-8);
                assert_close(predicted(&facts, "standardised", cases[c].arm[a], cases[c].time[t],
                                       "std.error"),
                             want[2 + a], cases[c].error);
            }
            assert_close(
                predicted(&facts, "standardised", cases[c].arm[1], cases[c].time[t], "-std.error"),
                want[4], cases[c].error);
        }
        program_facts_clear(&facts);
    }
    oracle_free(oracle);
}

static void each_stratum_has_its_own_baseline_and_no_patient(void **state)
{
    (void)state;
    struct oracle *oracle = oracle_read(ORACLE);
    const double *want = oracle_vector(oracle, "strata.veteran", &(size_t){0});
    struct program_facts facts =
        program_facts_of("tests/oracle/data/veteran.csv --arm trt --endpoint os=time,status "
                         "--covariates karno --strata celltype --cox --predict --times 100");
    assert_close(predicted(&facts, "standardised", "1", 100, "predicted"), want[0], 1e-8);
    assert_close(predicted(&facts, "standardised", "2", 100, "predicted"), want[1], 1e-8);
    assert_null(program_facts_find(
        &facts, "cox endpoint=os population=all model=adjusted group=1 time=100 predicted"));
    program_facts_clear(&facts);
    oracle_free(oracle);
}

static void refuses(const char *arguments, const char *words)
{
    struct program_run run = program_run(
        "tests/oracle/data/veteran.csv --arm trt --endpoint os=time,status %s", arguments);
    assert_code(run, 2);
    assert_says(run.err, words);
    program_clear(&run);
}

static void what_cannot_be_predicted_is_refused(void **state)
{
    (void)state;
    refuses("--cox --predict", "--predict|--covariates");
    refuses("--predict --covariates karno", "--cox");
    refuses("--cox --covariates karno --predict-at karno=60", "--predict");
    refuses("--cox --covariates karno --predict --predict-at age=60", "--covariates");
    refuses("--cox --covariates karno --predict --predict-at karno=high", "karno|high");
    refuses("--cox --covariates celltype --predict --predict-at celltype=clear", "celltype|clear");
}

static void exact_ties_are_not_predicted_and_that_is_said(void **state)
{
    (void)state;
    struct program_run run =
        program_run("tests/oracle/data/veteran.csv --arm trt --endpoint os=time,status --cox "
                    "--covariates karno --predict --ties exact");
    assert_code(run, 0);
    assert_says(run.out, "--predict|exact ties have no baseline hazard");
    program_clear(&run);
}

/* ---- residuals ---- */

static const char *const LUNG_TERMS[] = {"arm",       "age",       "ph.ecog=1",
                                         "ph.ecog=2", "ph.ecog=3", "wt.loss"};

/* The value of a line; NaN when there is none. */
static double residual(const struct csv_table *table, const char *id, const char *type,
                       const char *term)
{
    for (size_t r = 0; r < table->n_rows; r++)
        if (strcmp(table->cell[r][0], id) == 0 && strcmp(table->cell[r][7], type) == 0 &&
            strcmp(table->cell[r][8], term) == 0)
            return strtod(table->cell[r][9], NULL);
    return NAN;
}

/* Against residuals(fit, type) of the first and the fifth complete case, "2" and "6". */
static void check_subjects(const struct csv_table *table, const char *type)
{
    static const char *const ids[] = {"2", "6"};
    struct oracle *oracle = oracle_read(ORACLE);
    char *name = program_format("residual.%s", type);
    bool by_term = strcmp(type, "score") == 0 || strcmp(type, "dfbeta") == 0;
    size_t n_terms = by_term ? 6 : 1;
    const double *want = oracle_vector(oracle, name, &(size_t){0});
    for (size_t s = 0; s < 2; s++)
        for (size_t t = 0; t < n_terms; t++)
            assert_close(residual(table, ids[s], type, by_term ? LUNG_TERMS[t] : ""),
                         want[s * n_terms + t], 1e-7);
    free(name);
    oracle_free(oracle);
}

static void residuals_match_those_of_coxph(void **state)
{
    (void)state;
    static const char *const types[] = {"martingale", "deviance", "score", "dfbeta"};
    struct oracle *oracle = oracle_read(ORACLE);
    char *folder = program_new_folder(), *path = program_format("%s/residuals.csv", folder);
    struct program_facts facts = program_facts_of("%s --residuals %s", LUNG, path);
    struct csv_table *table = csv_table_read(path);
    assert_int_equal(program_count_files(folder), 1); /* the temporary file is gone */
    for (size_t k = 0; k < 4; k++)
        check_subjects(table, types[k]);
    const double *want = oracle_vector(oracle, "residual.schoenfeld", &(size_t){0});
    for (size_t t = 0; t < 6; t++)
        assert_true(fabs(residual(table, "2", "schoenfeld", LUNG_TERMS[t]) - want[t]) < 1e-8);
    assert_nan(residual(table, "3", "schoenfeld", "arm")); /* censored */
    want = oracle_vector(oracle, "residual.top", &(size_t){0});
    for (size_t k = 0; k < 10; k++) {
        char *key = program_format("cox endpoint=os population=all model=adjusted term=arm "
                                   "level=%g dfbetas",
                                   want[2 * k]);
        assert_close(program_facts_number(&facts, key), want[2 * k + 1], 1e-7);
        free(key);
    }
    csv_table_free(table);
    program_facts_clear(&facts);
    free(path);
    program_remove_folder(folder);
    oracle_free(oracle);
}

static void residuals_without_covariates_are_of_the_arm_model_and_sum_to_zero(void **state)
{
    (void)state;
    char *folder = program_new_folder(), *path = program_format("%s/residuals.csv", folder);
    struct program_run run = program_run("tests/oracle/data/veteran.csv --arm trt --endpoint "
                                         "os=time,status --cox --residuals %s",
                                         path);
    assert_code(run, 0);
    assert_says(run.out, "move the arms' hazard ratio most");
    struct csv_table *table = csv_table_read(path);
    double sum[2] = {0, 0};
    for (size_t r = 0; r < table->n_rows; r++) {
        assert_string_equal(table->cell[r][4], "arm");
        double value = strtod(table->cell[r][9], NULL);
        sum[0] += strcmp(table->cell[r][7], "martingale") == 0 ? value : 0;
        sum[1] += strcmp(table->cell[r][7], "score") == 0 ? value : 0;
    }
    assert_true(fabs(sum[0]) < 1e-9 && fabs(sum[1]) < 1e-9);
    csv_table_free(table);
    program_clear(&run);
    free(path);
    program_remove_folder(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(uno_concordance_matches_concordance_with_n_over_g2),
        cmocka_unit_test(uno_concordance_stops_where_fewer_than_ten_are_at_risk),
        cmocka_unit_test(uno_concordance_is_null_under_late_entry_and_absent_beside_km_alone),
        cmocka_unit_test(bent_fine_gray_matches_crr_on_the_columns_of_ns),
        cmocka_unit_test(bent_fine_gray_refuses_what_cannot_bend),
        cmocka_unit_test(a_patient_matches_survfit_with_newdata),
        cmocka_unit_test(standardised_survival_is_the_mean_of_survfit),
        cmocka_unit_test(each_stratum_has_its_own_baseline_and_no_patient),
        cmocka_unit_test(what_cannot_be_predicted_is_refused),
        cmocka_unit_test(exact_ties_are_not_predicted_and_that_is_said),
        cmocka_unit_test(residuals_match_those_of_coxph),
        cmocka_unit_test(residuals_without_covariates_are_of_the_arm_model_and_sum_to_zero),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
