/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The propensity model as the user meets it: terms, missing values, separation, overlap. Expected numbers
 * are R's (tests/oracle/propensity_terms.R), sums by hand, or counted from the exported scores. */
#include "csv_table.h"
#include "program.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROTTERDAM "tests/oracle/data/rotterdam.csv --id pid --arm hormon --endpoint os=dtime,death "
#define GBSG "tests/oracle/data/gbsg.csv --id pid --arm hormon --endpoint rfs=rfstime,status "
#define LUNG "tests/oracle/data/lung.csv --arm sex --endpoint os=time,status:2 "
#define PBC "tests/oracle/data/pbc.csv --id id --arm sex --endpoint os=time,status:1+2 "

static double of_term(const struct program_facts *facts, const char *term, const char *stat)
{
    char *key = program_format("ps term=%s %s", term, stat);
    double value = program_facts_number(facts, key);
    free(key);
    return value;
}

/* Terms are cut at '|'. */
static void agrees(const struct program_facts *facts, const char *model, const char *terms)
{
    struct oracle *oracle = oracle_read("tests/oracle/propensity_terms.csv");
    char *list = program_format("(Intercept)|%s", terms), *rest = NULL;
    for (char *term = strtok_r(list, "|", &rest); term != NULL; term = strtok_r(NULL, "|", &rest)) {
        char *name = program_format("%s.%s", model, term);
        const double *want = oracle_vector(oracle, name, &(size_t){0});
        assert_close(of_term(facts, term, "estimate"), want[0], 1e-8);
        assert_close(of_term(facts, term, "std.error"), want[1], 1e-7);
        free(name);
    }
    char *auc = program_format("%s.auc", model);
    assert_close(program_facts_number(facts, "ps auc"), oracle_number(oracle, auc), 1e-12);
    assert_close(program_facts_number(facts, "ps penalised"), 0, 0);
    free(auc);
    free(list);
    oracle_free(oracle);
}

/* ---- terms ---- */

static void splines_products_and_squares_agree_with_r(void **state)
{
    (void)state;
    struct program_facts facts =
        program_facts_of(ROTTERDAM "--covariates age,meno,size,nodes --iptw=ato --ps-spline age "
                                   "--ps-interaction meno*nodes,size:nodes,nodes*nodes");
    agrees(&facts, "rotterdam",
           "age(spline 1)|age(spline 2)|age(spline 3)|meno|size=<=20|size=>50|nodes|meno:nodes|"
           "size=<=20:nodes|size=>50:nodes|nodes^2");
    struct oracle *oracle = oracle_read("tests/oracle/propensity_terms.csv");
    const double *want = oracle_vector(oracle, "rotterdam.age", &(size_t){0});
    const char *quartiles = "age level=65 against 45";
    assert_close(of_term(&facts, quartiles, "estimate"), want[0], 1e-8);
    assert_close(of_term(&facts, quartiles, "std.error"), want[1], 1e-7);
    assert_close(of_term(&facts, quartiles, "odds.ratio"), exp(want[0]), 1e-8);
    assert_close(of_term(&facts, "age", "wald.statistic"), want[2], 1e-7);
    assert_close(of_term(&facts, "age", "p.value"), want[3], 1e-6);
    oracle_free(oracle);
    program_facts_clear(&facts);
}

static void a_spline_times_a_number_agrees_with_r(void **state)
{
    (void)state;
    struct program_facts facts =
        program_facts_of(GBSG "--covariates age,grade,er --psm --ps-spline age --ps-interaction "
                              "age*grade,grade*grade");
    agrees(&facts, "gbsg",
           "age(spline 1)|age(spline 2)|age(spline 3)|grade|er|age(spline 1):grade|"
           "age(spline 2):grade|age(spline 3):grade|grade^2");
    program_facts_clear(&facts);
}

static void a_product_that_says_nothing_new_is_left_out(void **state)
{
    (void)state;
    /* y is 0 wherever x is 1, so their product is 0 in everybody */
    char *folder = program_new_folder();
    char *path = program_write_file(folder, "flat.csv",
                                    "arm,t,e,x,y\na,1,1,0,5\nb,2,0,0,6\na,3,1,0,7\nb,4,1,1,0\n"
                                    "a,5,1,1,0\nb,6,0,0,4\na,7,1,0,3\nb,8,1,1,0\na,9,1,1,0\n");
    struct program_run run = program_run(
        "%s --arm arm --endpoint os=t,e --covariates x,y --iptw --ps-interaction x*y", path);
    assert_code(run, 0);
    assert_says(run.out, "Left out, since nobody has them or the other terms say the same: x:y.");
    program_clear(&run);
    free(path);
    program_remove_folder(folder);
}

static void terms_that_cannot_be_are_refused_with_the_reason(void **state)
{
    (void)state;
    const struct {
        const char *options, *says;
    } cases[] = {
        {"--ps-spline agee", "--ps-spline: \"agee\" is not one of the covariates|\"age\"?"},
        {"--ps-spline unheard.of", "\"unheard.of\" is not one of the covariates: name it"},
        {"--ps-spline ph.ecog", "\"ph.ecog\" is a category; a spline bends numbers"},
        {"--ps-interaction age", "--ps-interaction age: write A*B or A:B"},
        {"--ps-interaction age*ag", "\"ag\" is not one of the covariates: did you mean \"age\"?"},
        {"--ps-interaction agg*age", "\"agg\" is not one of the covariates"},
        {"--ps-interaction ph.ecog*ph.ecog", "the square of a category is the category itself"},
        {"--ps-interaction age:ph.ecog,ph.ecog*age", "are the same product"},
        {"--ps-interaction age*age --ps-spline age", "\"age\" is a spline"},
        {"--missing impute", "--missing impute: must be one of complete|indicator"},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        struct program_run run = program_run(
            LUNG "--covariates age,ph.ecog --categorical ph.ecog --psm %s", cases[c].options);
        assert_code(run, 2);
        assert_says(run.err, cases[c].says);
        program_clear(&run);
    }
}

static void a_spline_of_few_values_is_refused_by_name(void **state)
{
    (void)state;
    struct program_run run =
        program_run(ROTTERDAM "--covariates age,grade,nodes --psm --ps-spline nodes,grade");
    assert_code(run, 1);
    assert_says(run.err, "--ps-spline: \"|cannot be bent|Leave it linear");
    program_clear(&run);
}

/* ---- missing values ---- */

static void indicators_of_missing_values_agree_with_r(void **state)
{
    (void)state;
    struct oracle *oracle = oracle_read("tests/oracle/propensity_terms.csv");
    const double *fill = oracle_vector(oracle, "lung.fill", &(size_t){0});
    struct program_facts facts = program_facts_of(
        LUNG "--covariates age,meal.cal,wt.loss --iptw --missing indicator --balance");
    agrees(&facts, "lung", "age|meal.cal|wt.loss|meal.cal=missing|wt.loss=missing");
    assert_close(program_facts_number(&facts, "ps n"), 228, 0);
    assert_close(program_facts_number(&facts, "ps n.missing"), 0, 0);
    assert_close(of_term(&facts, "meal.cal", "n.missing"), 47, 0);
    assert_close(of_term(&facts, "meal.cal", "fill"), fill[0], 1e-14);
    assert_close(of_term(&facts, "wt.loss", "fill"), fill[1], 1e-14);
    oracle_free(oracle);
    program_facts_clear(&facts);
}

static void one_indicator_speaks_for_two_that_are_missing_together(void **state)
{
    (void)state;
    const char *options =
        PBC "--covariates age,hepato,ascites --categorical hepato --iptw --missing indicator";
    struct program_facts facts = program_facts_of("%s", options);
    agrees(&facts, "pbc", "age|hepato=1|ascites|hepato=missing");
    assert_true(json_is_null(program_facts_find(&facts, "ps term=ascites=missing estimate")));
    program_facts_clear(&facts);
    struct program_run run = program_run("%s", options);
    assert_code(run, 0);
    assert_says(run.out, "ascites=missing.|level \"missing\"|"
                         "left out: \"ascites=missing\" (determined by \"hepato=missing\")");
    program_clear(&run);
}

static void without_missing_values_the_indicator_changes_nothing(void **state)
{
    (void)state;
    struct program_facts plain = program_facts_of(GBSG "--covariates age,grade --psm");
    struct program_facts with =
        program_facts_of(GBSG "--covariates age,grade --psm --missing indicator");
    assert_same_facts(with, plain, 0);
    program_facts_clear(&plain);
    program_facts_clear(&with);
}

static void a_level_called_missing_is_refused_beside_missing_values(void **state)
{
    (void)state;
    char *folder = program_new_folder();
    char *path = program_write_file(folder, "named.csv",
                                    "arm,t,e,x\na,1,1,missing\nb,2,0,u\na,3,1,\nb,4,1,u\n");
    struct program_run run = program_run(
        "%s --arm arm --endpoint os=t,e --covariates x --psm --missing indicator", path);
    assert_code(run, 2);
    assert_says(run.err, "\"x\" has cells \"missing\" and cells without a value|--missing-tokens");
    program_clear(&run);
    free(path);
    program_remove_folder(folder);
}

/* ---- separation ---- */

/* x is 1 in n[1] of arm b and in nobody of arm a; 0 in n[0] of b and in `a` of a. */
static char *write_table(const char *folder, int a, const int b[2])
{
    char *text = program_format("arm,t,e,x\n"), *next;
    for (int i = 0; i < a + b[0] + b[1]; i++) {
        next = program_format("%s%s,%d,%d,%d\n", text, i < a ? "a" : "b", 1 + i * 7 % 41, i % 3 > 0,
                              i >= a + b[0]);
        free(text);
        text = next;
    }
    char *path = program_write_file(folder, "table.csv", text);
    free(text);
    return path;
}

static void separation_is_penalised_said_and_used(void **state)
{
    (void)state;
    char *folder = program_new_folder();
    char *path = write_table(folder, 20, (const int[]){15, 5});
    const char *options = "--arm arm --endpoint os=t,e --covariates x --iptw --cox";
    struct program_facts facts = program_facts_of("%s %s", path, options);
    /* a half in each cell of the table: Firth's estimate of a saturated model */
    assert_close(of_term(&facts, "x", "estimate"), log(5.5 / 0.5 / (15.5 / 20.5)), 1e-8);
    assert_close(of_term(&facts, "(Intercept)", "estimate"), log(15.5 / 20.5), 1e-8);
    assert_close(program_facts_number(&facts, "ps penalised"), 1, 0);
    assert_true(json_is_null(program_facts_find(&facts, "ps term=x conf.low")));
    assert_true(json_is_null(program_facts_find(&facts, "ps term=x p.value")));
    const char *error = "cox endpoint=os population=iptw-ate model=arm term=arm robust.se";
    assert_true(program_facts_number(&facts, error) > 0);
    program_facts_clear(&facts);
    struct program_run run = program_run("%s %s", path, options);
    assert_code(run, 0);
    assert_says(run.out, "Propensity model (logistic, Firth)|(separation), most of all \"x\"");
    program_clear(&run);
    free(path);
    program_remove_folder(folder);
}

/* ---- replicates ---- */

/* Half of all draws lack the level that one subject has, so half would fail; where it is drawn it is in
 * one arm only, which is separation. */
static void replicates_without_a_rare_level_still_count(void **state)
{
    (void)state;
    char *folder = program_new_folder();
    char *text = program_format("arm,t,e,g,z\n"), *next;
    for (int i = 0; i < 80; i++) {
        const char *level = i == 7 ? "rare" : i % 3 == 0 ? "u" : "v";
        next = program_format("%s%s,%d,%d,%s,%d\n", text, i % 2 ? "a" : "b", i + 1, i % 4 > 0,
                              level, (i * 37) % 11);
        free(text);
        text = next;
    }
    char *path = program_write_file(folder, "rare.csv", text);
    struct program_facts facts =
        program_facts_of("%s --arm arm --endpoint os=t,e --covariates g,z --iptw=ato --cox "
                         "--bootstrap 60 --ps-interaction g*z",
                         path);
    const char *n = "cox endpoint=os population=iptw-ato model=arm term=arm bootstrap.n";
    assert_close(program_facts_number(&facts, n), 60, 0);
    program_facts_clear(&facts);
    free(text);
    free(path);
    program_remove_folder(folder);
}

/* ---- overlap ---- */

struct recount {
    size_t n[2], equipoise[2], below[2], above[2], extreme[2];
};

static struct recount count_scores(const struct csv_table *table)
{
    const double *score = csv_table_numbers(table, "ps");
    const double *arm = csv_table_numbers(table, "arm");
    double low[2] = {1, 1}, high[2] = {0, 0}, share = 0;
    struct recount of = {0};
    for (size_t i = 0; i < table->n_rows; i++) {
        int a = arm[i] == 1;
        low[a] = fmin(low[a], score[i]);
        high[a] = fmax(high[a], score[i]);
        share += a / (double)table->n_rows;
    }
    for (size_t i = 0; i < table->n_rows; i++) {
        int a = arm[i] == 1;
        double odds = score[i] / (1 - score[i]) / (share / (1 - share));
        double preference = odds / (1 + odds);
        of.n[a]++;
        of.equipoise[a] += preference >= 0.3 && preference <= 0.7;
        of.below[a] += score[i] < fmax(low[0], low[1]);
        of.above[a] += score[i] > fmin(high[0], high[1]);
        of.extreme[a] += score[i] < 0.01 || score[i] > 0.99;
    }
    return of;
}

static void overlap_counts_are_those_of_the_exported_scores(void **state)
{
    (void)state;
    char *folder = program_new_folder();
    char *path = program_format("%s/weights.csv", folder);
    struct program_facts facts = program_facts_of(
        ROTTERDAM "--covariates age,meno,size,nodes,year --iptw --export-weights %s", path);
    struct csv_table *table = csv_table_read(path);
    struct recount of = count_scores(table);
    const struct {
        const char *stat;
        const size_t *count;
    } counts[] = {{"equipoise", of.equipoise},
                  {"below", of.below},
                  {"above", of.above},
                  {"extreme", of.extreme}};
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++)
        for (int arm = 0; arm < 3; arm++) {
            double n = arm < 2 ? (double)of.n[arm] : (double)(of.n[0] + of.n[1]);
            double count = arm < 2 ? (double)counts[c].count[arm]
                                   : (double)(counts[c].count[0] + counts[c].count[1]);
            char *group = arm < 2 ? program_format(" group=%d", arm) : program_format("%s", "");
            char *key = program_format("ps%s n.%s", group, counts[c].stat);
            char *percent = program_format("ps%s %s.percent", group, counts[c].stat);
            assert_close(program_facts_number(&facts, key), count, 0);
            assert_close(program_facts_number(&facts, percent), 100 * count / n, 1e-14);
            free(group);
            free(key);
            free(percent);
        }
    assert_true(of.extreme[0] > 0 && of.below[0] > 0 && of.equipoise[1] > 0);
    csv_table_free(table);
    free(path);
    program_facts_clear(&facts);
    program_remove_folder(folder);
}

static void densities_of_the_score_sum_to_one_in_every_population(void **state)
{
    (void)state;
    struct program_facts facts =
        program_facts_of(ROTTERDAM "--covariates age,meno,nodes --iptw=ato --psm");
    size_t n = 0, i;
    json_t *series;
    json_array_foreach(json_object_get(facts.root, "series"), i, series)
    {
        const char *analysis = json_string_value(json_object_get(series, "analysis"));
        json_t *columns = json_object_get(series, "columns");
        double area = 0;
        if (analysis == NULL || strcmp(analysis, "ps") != 0)
            continue;
        for (size_t b = 0; b < json_array_size(json_object_get(columns, "density")); b++) {
            double low = json_number_value(json_array_get(json_object_get(columns, "ps.low"), b));
            double high = json_number_value(json_array_get(json_object_get(columns, "ps.high"), b));
            area += (high - low) *
                    json_number_value(json_array_get(json_object_get(columns, "density"), b));
        }
        assert_close(area, 1, 1e-12);
        n++;
    }
    assert_int_equal(n, 6); /* two arms in three populations */
    /* what the designs are for */
    double before = program_facts_number(&facts, "ps population=all overlap");
    assert_true(before < program_facts_number(&facts, "ps population=matched overlap"));
    assert_true(before < program_facts_number(&facts, "ps population=iptw-ato overlap"));
    program_facts_clear(&facts);
}

static void little_overlap_is_said_in_words_and_what_to_do(void **state)
{
    (void)state;
    /* the greater x, the surer arm b; two subjects stand on the wrong side */
    char *folder = program_new_folder();
    char *text = program_format("arm,t,e,x\n"), *next;
    for (int i = 0; i < 60; i++) {
        bool treated = (i >= 30) != (i == 20 || i == 39);
        next = program_format("%s%s,%d,%d,%d\n", text, treated ? "b" : "a", 1 + i * 7 % 60,
                              i % 3 > 0, i);
        free(text);
        text = next;
    }
    char *path = program_write_file(folder, "apart.csv", text);
    struct program_run run =
        program_run("%s --arm arm --endpoint os=t,e --covariates x --iptw", path);
    assert_code(run, 0);
    assert_says(run.out, "are in equipoise (preference 0.3–0.7)|overlap weights (--iptw=ato)|"
                         "(positivity)|c-statistic is 0.9|all but foretell the arm");
    program_clear(&run);
    free(text);
    free(path);
    program_remove_folder(folder);
    run = program_run(GBSG "--covariates grade --iptw");
    assert_code(run, 0);
    assert_null(strstr(run.out, "Warning"));
    program_clear(&run);
}

/* Who is outside is counted by the overlap table; what remains is all of the rest. */
static void common_support_leaves_out_who_is_beyond_the_other_arm(void **state)
{
    (void)state;
    static const char *const designs[] = {"--iptw", "--iptw=entropy", "--psm=full --caliper 100"};
    for (size_t d = 0; d < sizeof designs / sizeof designs[0]; d++) {
        struct program_facts facts = program_facts_of(
            ROTTERDAM "--covariates age,meno,size,nodes --balance --common-support %s", designs[d]);
        for (int arm = 0; arm < 2; arm++) {
            char *below = program_format("ps group=%d n.below", arm);
            char *above = program_format("ps group=%d n.above", arm);
            char *n = program_format("table1 population=all group=%d n", arm);
            char *left = d < 2
                             ? program_format("weights population=iptw-%s group=%d n",
                                              d == 0 ? "ate" : "entropy", arm)
                             : program_format("psm n.matched.%s", arm == 1 ? "treated" : "control");
            double outside =
                program_facts_number(&facts, below) + program_facts_number(&facts, above);
            assert_close(program_facts_number(&facts, left),
                         program_facts_number(&facts, n) - outside, 0);
            assert_true(arm == 1 || outside > 0);
            free(below);
            free(above);
            free(n);
            free(left);
        }
        program_facts_clear(&facts);
    }
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(splines_products_and_squares_agree_with_r),
        TEST(a_spline_times_a_number_agrees_with_r),
        TEST(a_product_that_says_nothing_new_is_left_out),
        TEST(terms_that_cannot_be_are_refused_with_the_reason),
        TEST(a_spline_of_few_values_is_refused_by_name),
        TEST(indicators_of_missing_values_agree_with_r),
        TEST(one_indicator_speaks_for_two_that_are_missing_together),
        TEST(without_missing_values_the_indicator_changes_nothing),
        TEST(a_level_called_missing_is_refused_beside_missing_values),
        TEST(separation_is_penalised_said_and_used),
        TEST(replicates_without_a_rare_level_still_count),
        TEST(overlap_counts_are_those_of_the_exported_scores),
        TEST(densities_of_the_score_sum_to_one_in_every_population),
        TEST(little_overlap_is_said_in_words_and_what_to_do),
        TEST(common_support_leaves_out_who_is_beyond_the_other_arm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
