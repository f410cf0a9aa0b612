/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What --balance tells, through the whole program; expected facts from tests/oracle/balance_designs.R. */
#include "design_csv.h"
#include "program.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ROTTERDAM "sample_data/rotterdam.csv --study sample_data/rotterdam.yaml --table1 --balance "
#define LALONDE                                                                                    \
    "tests/oracle/data/lalonde.csv --id id --arm treat --covariates "                              \
    "age,educ,race,married,nodegree,re74,re75 --balance "
#define LUNG                                                                                       \
    "tests/oracle/data/lung.csv --arm sex --endpoint os=time,status:2 --covariates "               \
    "age,ph.ecog,wt.loss,meal.cal --balance "

static double number(const struct program_facts *facts, const char *key)
{
    return program_facts_number(facts, key);
}

static double number_of(const struct program_facts *facts, const char *population, const char *rest)
{
    char *key = program_format("balance population=%s %s", population, rest);
    double value = number(facts, key);
    free(key);
    return value;
}

/* ---- against R ---- */

/* Without weights nothing is iterated but the prognostic model; weights come from a fitted model. */
static void assert_as_r(const char *key, double actual, double expected)
{
    bool closed = strstr(key, "population=all") != NULL && strstr(key, "prognostic") == NULL;
    double most = closed ? 1e-10 : 1e-8;
    if (!(fabs(actual - expected) <= most * fmax(1, fabs(expected))))
        fail_msg("%s: %.17g, R has %.17g", key, actual, expected);
}

static size_t compare_with_r(const char *data, const char *arguments)
{
    struct rwe_arena *arena = rwe_arena_new();
    struct design_csv csv = design_csv_read("tests/oracle/balance_designs.csv", arena);
    const double *value = design_csv_numbers(&csv, "value");
    struct program_facts facts = program_facts_of("%s", arguments);
    size_t n = 0;
    for (size_t r = 0; r < csv.n_rows; r++) {
        if (strcmp(design_csv_text(&csv, r, "data"), data) != 0)
            continue;
        const char *key = design_csv_text(&csv, r, "fact");
        assert_as_r(key, number(&facts, key), value[r]);
        n++;
    }
    program_facts_clear(&facts);
    rwe_arena_free(arena);
    return n;
}

static void rotterdam_matched_and_weighted_has_the_facts_of_r(void **state)
{
    (void)state;
    assert_true(compare_with_r("rotterdam", ROTTERDAM "--psm --iptw=ate --balance-products") > 300);
}

static void lalonde_weighted_to_the_treated_has_the_facts_of_r(void **state)
{
    (void)state;
    assert_true(compare_with_r("lalonde", LALONDE "--iptw=att") > 50);
}

static void lung_with_missing_values_has_the_facts_of_r(void **state)
{
    (void)state;
    assert_true(compare_with_r("lung", LUNG "--iptw=ate") > 40);
}

/* ---- what must hold ---- */

/* Peers divide by the matched sample's deviation, so that matching "improves" or worsens a number
 * by its denominator alone: gtsummary issue 1633, tableone issue 111. */
static void peer_defect_d8_the_denominator_is_the_same_before_and_after_matching(void **state)
{
    (void)state;
    static const char *const numbers[] = {"age", "grade", "nodes", "pgr", "er", "year"};
    static const char *const populations[] = {"all", "matched"};
    struct program_facts facts = program_facts_of(ROTTERDAM "--psm");
    for (size_t k = 0; k < 6; k++) {
        double denominator[2], own[2];
        for (size_t d = 0; d < 2; d++) {
            double mean[2], sd[2];
            for (int arm = 0; arm < 2; arm++) {
                char *key = program_format("table1 population=%s group=%d term=%s", populations[d],
                                           arm, numbers[k]);
                char *of_mean = program_format("%s mean", key);
                char *of_sd = program_format("%s sd", key);
                mean[arm] = number(&facts, of_mean);
                sd[arm] = number(&facts, of_sd);
                free(of_mean);
                free(of_sd);
                free(key);
            }
            char *key = program_format("term=%s smd", numbers[k]);
            denominator[d] = (mean[1] - mean[0]) / number_of(&facts, populations[d], key);
            own[d] = hypot(sd[0], sd[1]) / sqrt(2);
            free(key);
        }
        assert_close(denominator[1], denominator[0], 1e-9);
        assert_close(denominator[0], own[0], 1e-10);
        assert_true(fabs(own[1] / own[0] - 1) > 1e-3); /* the matched sample's would be another */
    }
    program_facts_clear(&facts);
}

static void assert_means_equal(const char *kind)
{
    struct program_facts facts = program_facts_of(ROTTERDAM "--iptw=%s", kind);
    char *start = program_format("balance population=iptw-%s term=", kind);
    size_t n = 0;
    for (size_t k = 0; k < facts.n; k++) {
        const char *key = facts.fact[k].key;
        size_t length = strlen(key);
        if (strncmp(key, start, strlen(start)) != 0 || strcmp(key + length - 4, " smd") != 0)
            continue;
        assert_close(json_number_value(facts.fact[k].value), 0, 1e-8);
        n++;
    }
    assert_int_equal(n, 13); /* 11 columns; the two scores are linear in them */
    free(start);
    program_facts_clear(&facts);
}

static void overlap_weights_and_entropy_balancing_make_all_means_equal(void **state)
{
    (void)state;
    assert_means_equal("ato");
    assert_means_equal("entropy");
}

/* By hand, from the definition: the mean of both arms of the matched sample is that of the sample. */
static void the_whole_cohort_is_at_no_distance_from_itself(void **state)
{
    (void)state;
    struct program_facts facts = program_facts_of(ROTTERDAM "--iptw=ate --unstabilised");
    /* to arm 0 less to arm 1 is the SMD of the cohort, whatever the population */
    double to_control = number_of(&facts, "iptw-ate", "group=0 term=age smd.original");
    double to_treated = number_of(&facts, "iptw-ate", "group=1 term=age smd.original");
    assert_close(to_control - to_treated, number_of(&facts, "all", "term=age smd"), 1e-12);
    assert_null(program_facts_find(&facts, "balance population=all term=age smd.original"));
    program_facts_clear(&facts);
}

/* ---- the verdict ---- */

static void the_verdict_says_what_failed_by_how_much_and_what_helps(void **state)
{
    (void)state;
    struct program_run run = program_run(ROTTERDAM "--psm --iptw=ate");
    assert_code(run, 0);
    assert_says(run.out, "Matched 1:1: not balanced. 6 of the 13 rows below|none by more than 0.2 "
                         "(small)|prognosis os −0.176|match exactly|--caliper|--iptw=ato");
    assert_says(run.out, "Weighted, ATE: not balanced. 10 of the 13|(serious): chemo 1.725, year "
                         "−1.183|trim extreme weights");
    program_clear(&run);
    run = program_run("sample_data/cohort.csv --psm --quiet");
    assert_says(run.out, "Matched 1:1: not balanced. 1 of the 47 rows below differs by|siteid=S4");
    program_clear(&run);
    run = program_run(ROTTERDAM "--iptw=ato");
    assert_code(run, 0);
    assert_says(run.out, "Overlap weights: means balanced, spreads not.|none by as much as 0.001");
    assert_null(strstr(run.out, "not balanced"));
    program_clear(&run);
}

/* Truncated overlap weights are not exact any more; at a landmark the population has another name. */
static void who_weights_by_overlap_is_not_told_to(void **state)
{
    (void)state;
    struct program_run run = program_run(
        "sample_data/cohort.csv --id usubjid --arm arm --control GP+Tis --treated GP+Tis+RT "
        "--endpoint pfs=pfs_mo,pfs_event --covariates age,oligo,liver_met,dfi_mo --exposure-start "
        "rt_start_mo --landmark=6 --iptw=ato --truncate 30 --balance --balance-limit 0.001");
    assert_code(run, 0);
    const char *first = strstr(run.out, "Overlap weights: not balanced.");
    assert_non_null(first);
    assert_non_null(strstr(first + 1, "Overlap weights: not balanced."));
    assert_null(strstr(run.out, "weight with --iptw=ato"));
    program_clear(&run);
}

static void each_population_has_warnings_of_its_own(void **state)
{
    (void)state;
    struct program_facts facts = program_facts_of(ROTTERDAM "--psm --iptw=ate");
    json_t *warnings = json_object_get(facts.root, "warnings"), *one;
    size_t k, imbalance = 0, ratio = 0;
    json_array_foreach(warnings, k, one)
    {
        const char *code = json_string_value(json_object_get(one, "code"));
        imbalance += strcmp(code, "imbalance") == 0;
        ratio += strcmp(code, "variance-ratio") == 0;
    }
    assert_int_equal(imbalance, 2);
    assert_int_equal(ratio, 2);
    assert_null(program_facts_find(&facts, "balance population=all term=(gate) passed"));
    program_facts_clear(&facts);
}

static void limits_are_those_that_are_asked_for(void **state)
{
    (void)state;
    struct program_facts facts =
        program_facts_of(ROTTERDAM "--psm --balance-limit 0.2 --balance-variance-ratio 4");
    assert_close(number_of(&facts, "matched", "term=(gate) passed"), 1, 0);
    assert_close(number_of(&facts, "matched", "term=(gate) n.failed"), 0, 0);
    program_facts_clear(&facts);
    struct program_run run =
        program_run(ROTTERDAM "--psm --balance-limit 0.2 --balance-variance-ratio 4");
    assert_says(run.out, "Matched 1:1: balanced.|at most 0.2|prognosis os, −0.176");
    program_clear(&run);
}

static void more_measures_and_products_are_shown_when_asked_for(void **state)
{
    (void)state;
    struct program_run run = program_run(ROTTERDAM "--psm");
    assert_null(strstr(run.out, "Distances of whole distributions"));
    assert_null(strstr(run.out, "squares and products"));
    program_clear(&run);
    run = program_run(ROTTERDAM "--psm --balance-more --balance-products");
    assert_says(run.out, "Distances of whole distributions|Distance of each population|squares and "
                         "products|above 0.1, of 58|nodes^2|The 10 worst");
    program_clear(&run);
    struct program_facts few = program_facts_of(ROTTERDAM "--psm");
    struct program_facts many = program_facts_of(ROTTERDAM "--psm --balance-more");
    assert_same_facts(many, few, 0);
    program_facts_clear(&few);
    program_facts_clear(&many);
}

/* ---- odd data ---- */

/* steady: constant in each arm, but not the same; gone: missing in all of arm a; kind: a level is
 * called "missing", and one value is. No control has an event of y. */
static const char odd[] = "id,arm,x,steady,gone,kind,t,y,z\n"
                          "1,a,1,5,,missing,1,0,1\n"
                          "2,a,2,5,,red,2,0,0\n"
                          "3,a,4,5,,red,3,0,1\n"
                          "4,a,3,5,,,4,0,1\n"
                          "5,b,1,7,3,red,5,1,0\n"
                          "6,b,2,7,4,missing,6,0,1\n"
                          "7,b,5,7,5,red,7,1,1\n"
                          "8,b,9,7,9,red,8,0,1\n";

static struct program_facts odd_facts(const char *folder, const char *more)
{
    return program_facts_of(
        "%s/odd.csv --id id --arm arm --endpoint y=t,y --endpoint z=t,z --balance %s", folder,
        more);
}

static json_t *find(const struct program_facts *facts, const char *rest)
{
    char *key = program_format("balance population=all %s", rest);
    json_t *value = program_facts_find(facts, key);
    free(key);
    if (value == NULL)
        fail_msg("no fact %s", rest);
    return value;
}

static void what_an_arm_lacks_is_null_and_not_zero(void **state)
{
    (void)state;
    char *folder = program_new_folder();
    free(program_write_file(folder, "odd.csv", odd));
    struct program_facts facts = odd_facts(folder, "--covariates x,steady,gone,kind");
    assert_true(json_is_null(find(&facts, "term=steady smd")));
    assert_true(json_is_null(find(&facts, "term=steady variance.ratio")));
    assert_close(json_number_value(find(&facts, "term=steady ks")), 1, 0);
    assert_true(json_is_null(find(&facts, "term=gone smd")));
    assert_true(json_is_null(find(&facts, "term=gone overlap")));
    assert_true(json_is_null(find(&facts, "term=gone level=missing smd")));
    /* 1 of 3 and 1 of 4 who have a value; 1 of 4 and 0 of 4 who have none */
    assert_close(json_number_value(find(&facts, "term=kind level=missing smd")),
                 (1.0 / 4 - 1.0 / 3) / sqrt((2.0 / 9 + 3.0 / 16) / 2), 1e-12);
    assert_close(json_number_value(find(&facts, "term=kind level=(missing) smd")),
                 -0.25 / sqrt(3.0 / 16 / 2), 1e-12);
    program_facts_clear(&facts);
    program_remove_folder(folder);
}

static void a_prognostic_model_that_cannot_be_fitted_is_left_out_with_the_reason(void **state)
{
    (void)state;
    char *folder = program_new_folder();
    free(program_write_file(folder, "odd.csv", odd));
    struct program_facts facts = odd_facts(folder, "--covariates x,steady");
    assert_null(
        program_facts_find(&facts, "balance population=all term=(prognostic score) level=y smd"));
    assert_true(json_is_number(find(&facts, "term=(prognostic score) level=z smd")));
    program_facts_clear(&facts);
    struct program_run run = program_run(
        "%s/odd.csv --id id --arm arm --endpoint y=t,y --covariates x --balance", folder);
    assert_says(run.out, "No prognostic score of y: no control with all covariates has an event");
    program_clear(&run);
    run = program_run("%s/odd.csv --id id --arm arm --endpoint z=t,z --covariates steady --balance",
                      folder);
    assert_says(run.out, "No prognostic score of z: no covariate differs between controls");
    program_clear(&run);
    free(program_write_file(folder, "odd.csv",
                            "arm,x,t,y\na,1,1,1\na,2,2,1\na,3,3,1\na,4,4,0\nb,2,5,1\nb,3,6,0\n"));
    run = program_run("%s/odd.csv --arm arm --endpoint y=t,y --covariates x --balance", folder);
    assert_says(run.out, "No prognostic score of y: among controls \"x\" foretells the events");
    program_clear(&run);
    program_remove_folder(folder);
}

/* A column that others determine adds nothing to the predictor. */
static void a_doubled_covariate_does_not_change_the_prognostic_score(void **state)
{
    (void)state;
    char *folder = program_new_folder();
    free(program_write_file(folder, "odd.csv",
                            "arm,x,twice,t,y\na,1,2,1,1\na,2,4,5,1\na,4,8,3,1\na,3,6,4,0\n"
                            "b,1,2,5,1\nb,2,4,6,0\nb,5,10,7,1\nb,9,18,8,0\n"));
    static const char *const key = "balance population=all term=(prognostic score) level=y smd";
    const char *line = "%s/odd.csv --arm arm --endpoint y=t,y --balance --covariates %s";
    struct program_facts one = program_facts_of(line, folder, "x");
    struct program_facts two = program_facts_of(line, folder, "x,twice");
    assert_close(number(&two, key), number(&one, key), 1e-12);
    assert_true(fabs(number(&one, key)) > 0.1);
    program_facts_clear(&one);
    program_facts_clear(&two);
    program_remove_folder(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rotterdam_matched_and_weighted_has_the_facts_of_r),
        cmocka_unit_test(lalonde_weighted_to_the_treated_has_the_facts_of_r),
        cmocka_unit_test(lung_with_missing_values_has_the_facts_of_r),
        cmocka_unit_test(peer_defect_d8_the_denominator_is_the_same_before_and_after_matching),
        cmocka_unit_test(overlap_weights_and_entropy_balancing_make_all_means_equal),
        cmocka_unit_test(the_whole_cohort_is_at_no_distance_from_itself),
        cmocka_unit_test(the_verdict_says_what_failed_by_how_much_and_what_helps),
        cmocka_unit_test(who_weights_by_overlap_is_not_told_to),
        cmocka_unit_test(each_population_has_warnings_of_its_own),
        cmocka_unit_test(limits_are_those_that_are_asked_for),
        cmocka_unit_test(more_measures_and_products_are_shown_when_asked_for),
        cmocka_unit_test(what_an_arm_lacks_is_null_and_not_zero),
        cmocka_unit_test(a_prognostic_model_that_cannot_be_fitted_is_left_out_with_the_reason),
        cmocka_unit_test(a_doubled_covariate_does_not_change_the_prognostic_score),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
