/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --ccw against R (tests/oracle/ccw.R), and what must hold of clones. */
#include "csv_table.h"
#include "design_csv.h"
#include "program.h"

#include "rwe/base/arena.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COHORT                                                                                     \
    "tests/oracle/data/ccw.csv --id id --arm arm --control none --treated rt --endpoint "          \
    "pfs=pfs,pfs_event --endpoint os=os,os_event --exposure-start rt_start --covariates "          \
    "age,kps,oligo,liver,site --response-column resp --quiet"

/* ---- against R ---- */

struct variant {
    const char *name, *endpoint, *population, *options;
};

static const struct variant variants[] = {
    {"pfs9", "pfs", "ccw-9", "--ccw --ccw-truncate 99"},
    {"os9", "os", "ccw-9", "--ccw=9"},
    {"pfs6", "pfs", "ccw-6.25", "--ccw=6.25 --ccw-step 1"},
    {"resp", "pfs", "ccw-9", "--ccw --ccw-response --ccw-truncate 99"},
};
enum { N_VARIANTS = sizeof variants / sizeof variants[0] };

/* The oracle's number against a fact; `format` takes what comes after the population. */
static void compare(const struct program_facts *facts, const struct oracle *oracle,
                    const struct variant *variant, const char *name, const char *analysis,
                    const char *rest, double tolerance)
{
    char *key = program_format("%s endpoint=%s population=%s %s", analysis, variant->endpoint,
                               variant->population, rest);
    char *of = program_format("%s.%s", variant->name, name);
    assert_close(program_facts_number(facts, key), oracle_number(oracle, of), tolerance);
    free(key);
    free(of);
}

static void compare_arm(const struct program_facts *facts, const struct oracle *oracle,
                        const struct variant *variant, int arm)
{
    static const char *const levels[] = {"none", "rt"};
    static const struct {
        const char *name, *analysis, *stat;
        double tolerance;
    } items[] = {
        {"left", "ccw", "n.left", 0},       {"event", "ccw", "n.event", 0},
        {"n", "weights", "n", 0},           {"sum", "weights", "sum", 1e-8},
        {"ess", "weights", "ess", 1e-8},    {"max", "weights", "max", 1e-8},
        {"min", "weights", "min", 1e-8},    {"cv", "weights", "cv", 1e-7},
        {"rmst", "rmst", "estimate", 1e-8}, {"surv", "km", "6", 1e-8},
        {"surv", "km", "12", 1e-8},         {"surv", "km", "24", 1e-8},
    };
    for (size_t i = 0; i < sizeof items / sizeof *items; i++) {
        bool curve = strcmp(items[i].name, "surv") == 0;
        char *name = curve ? program_format("surv.%d.%s", arm, items[i].stat)
                           : program_format("%s.%d", items[i].name, arm);
        char *rest = curve ? program_format("group=%s time=%s estimate", levels[arm], items[i].stat)
                           : program_format("group=%s %s", levels[arm], items[i].stat);
        compare(facts, oracle, variant, name, items[i].analysis, rest, items[i].tolerance);
        free(name);
        free(rest);
    }
}

static void compare_models(const struct program_facts *facts, const struct oracle *oracle,
                           const struct variant *variant)
{
    static const char *const terms[][2] = {{"age", "age"},      {"kps", "kps"},
                                           {"oligo", "oligo"},  {"liver", "liver"},
                                           {"siteB", "site=B"}, {"siteC", "site=C"}};
    for (size_t t = 0; t < 6; t++) {
        char *hazard = program_format("hazard.%s", terms[t][0]);
        char *probability = program_format("probability.%s", terms[t][0]);
        char *first = program_format("model=exposure-hazard term=%s estimate", terms[t][1]);
        char *second = program_format("model=exposure-by-grace term=%s estimate", terms[t][1]);
        compare(facts, oracle, variant, hazard, "ccw", first, 1e-6);
        compare(facts, oracle, variant, probability, "ccw", second, 1e-6);
        free(hazard);
        free(probability);
        free(first);
        free(second);
    }
}

static void weights_curves_means_and_ratios_are_those_of_r(void **state)
{
    (void)state;
    struct oracle *oracle = oracle_read("tests/oracle/ccw.csv");
    for (size_t v = 0; v < N_VARIANTS; v++) {
        const struct variant *variant = &variants[v];
        struct program_facts facts =
            program_facts_of(COHORT " %s --km --rmst --tau 24 --times 6,12,24", variant->options);
        for (int arm = 0; arm < 2; arm++)
            compare_arm(&facts, oracle, variant, arm);
        compare_models(&facts, oracle, variant);
        compare(&facts, oracle, variant, "pieces", "weights", "n.rows", 0);
        compare(&facts, oracle, variant, "loghr", "cox", "model=arm term=arm estimate", 1e-7);
        compare(&facts, oracle, variant, "se", "cox", "model=arm term=arm robust.se", 1e-7);
        program_facts_clear(&facts);
    }
    oracle_free(oracle);
}

/* ---- weights piece by piece ---- */

/* Of a clone at the time just after `from`; NaN where it has no row then. */
static double weight_at(const struct design_csv *rows, const char *endpoint, const char *id,
                        const char *strategy, double from)
{
    const double *begin = design_csv_numbers(rows, "from"),
                 *end = design_csv_numbers(rows, "until");
    const double *weight = design_csv_numbers(rows, "weight");
    for (size_t r = 0; r < rows->n_rows; r++)
        if (strcmp(design_csv_text(rows, r, "endpoint"), endpoint) == 0 &&
            strcmp(design_csv_text(rows, r, "id"), id) == 0 &&
            strcmp(design_csv_text(rows, r, "strategy"), strategy) == 0 && begin[r] <= from &&
            end[r] > from)
            return weight[r];
    return NAN;
}

/* "pfs9.weight.ID.ARM.FROM" */
static bool check_weight(const struct design_csv *rows, const struct variant *variant,
                         const char *name, double expected)
{
    size_t length = strlen(variant->name);
    char id[16];
    int arm;
    double from;
    if (strncmp(name, variant->name, length) != 0 ||
        sscanf(name + length, ".weight.%15[0-9].%d.%lf", id, &arm, &from) != 3)
        return false;
    assert_close(weight_at(rows, variant->endpoint, id, arm == 1 ? "rt" : "none", from), expected,
                 1e-8);
    return true;
}

static void exported_weights_are_those_of_r_piece_by_piece(void **state)
{
    struct design_csv expected = design_csv_read("tests/oracle/ccw.csv", *state);
    const double *value = design_csv_numbers(&expected, "value");
    for (size_t v = 0; v < N_VARIANTS; v++) {
        char *path = check_write_file("", 0);
        size_t n = 0;
        struct program_run run =
            program_run(COHORT " %s --export-clones %s", variants[v].options, path);
        assert_code(run, 0);
        struct design_csv rows = design_csv_read(path, *state);
        for (size_t r = 0; r < expected.n_rows; r++)
            n += check_weight(&rows, &variants[v], design_csv_text(&expected, r, "name"), value[r]);
        assert_true(n > 50);
        program_clear(&run);
        check_remove_file(path);
    }
}

/* ---- what must hold ---- */

static void there_are_two_clones_for_each_subject(void **state)
{
    (void)state;
    struct program_facts facts = program_facts_of(COHORT " --ccw --km");
    assert_close(program_facts_number(&facts, "ccw population=ccw-9 n.clones"),
                 2 * program_facts_number(&facts, "ccw population=ccw-9 n"), 0);
    for (int arm = 0; arm < 2; arm++) {
        char *key =
            program_format("km endpoint=pfs population=ccw-9 group=%s n", arm ? "rt" : "none");
        assert_close(program_facts_number(&facts, key), 400, 0);
        free(key);
    }
    program_facts_clear(&facts);
}

static void only_outcomes_are_compared_between_clones(void **state)
{
    (void)state;
    struct program_facts facts =
        program_facts_of(COHORT " --ccw --iptw --psm --table1 --balance --response --subgroups "
                                "--km --ph --cox --univariable");
    bool outcome = false;
    for (size_t f = 0; f < facts.n; f++) {
        const char *key = facts.fact[f].key;
        if (strstr(key, "population=ccw-9") == NULL)
            continue;
        static const char *const outcomes[] = {"ccw ", "weights ", "km ",
                                               "cox ", "logrank ", "ph "};
        bool known = false;
        for (size_t o = 0; o < sizeof outcomes / sizeof *outcomes; o++)
            known = known || strncmp(key, outcomes[o], strlen(outcomes[o])) == 0;
        if (!known)
            fail_msg("%s", key);
        outcome = outcome || strncmp(key, "km ", 3) == 0;
    }
    assert_true(outcome);
    program_facts_clear(&facts);
}

static void other_populations_do_not_change(void **state)
{
    (void)state;
    const char *asked = "--iptw --psm --km --cox --rmst --tau 24 --subgroups --response";
    struct program_facts without = program_facts_of(COHORT " %s", asked);
    struct program_facts with = program_facts_of(COHORT " %s --ccw", asked);
    size_t n = 0;
    for (size_t f = 0; f < without.n; f++) {
        const json_t *also = program_facts_find(&with, without.fact[f].key);
        if (!json_is_number(without.fact[f].value))
            continue;
        assert_non_null(also);
        assert_close(json_number_value(also), json_number_value(without.fact[f].value), 0);
        n++;
    }
    assert_true(n > 500);
    program_facts_clear(&without);
    program_facts_clear(&with);
}

static void replicates_weigh_anew_whatever_the_threads(void **state)
{
    (void)state;
    struct program_facts one = program_facts_of(COHORT " --ccw --km --bootstrap 20 --threads 1");
    struct program_facts two = program_facts_of(COHORT " --ccw --km --bootstrap 20 --threads 2");
    const char *key = "cox endpoint=pfs population=ccw-9 model=arm term=arm bootstrap.std.error";
    assert_int_equal(one.n, two.n);
    for (size_t f = 0; f < one.n; f++) {
        assert_string_equal(one.fact[f].key, two.fact[f].key);
        if (json_is_number(one.fact[f].value))
            assert_close(json_number_value(two.fact[f].value), json_number_value(one.fact[f].value),
                         0);
    }
    /* Near the robust one, which takes the weights as known: within 40 % in 20 replicates. */
    assert_close(program_facts_number(&one, key), 0.098, 0.4);
    program_facts_clear(&one);
    program_facts_clear(&two);
}

static void what_cannot_be_done_is_said(void **state)
{
    (void)state;
    static const struct {
        const char *arguments, *says;
    } cases[] = {
        {"tests/oracle/data/ccw.csv --id id --arm arm --endpoint pfs=pfs,pfs_event --covariates "
         "age "
         "--ccw",
         "--exposure-start"},
        {"tests/oracle/data/ccw.csv --id id --arm arm --endpoint pfs=pfs,pfs_event "
         "--exposure-start rt_start --ccw",
         "--covariates"},
        {"tests/oracle/data/ccw.csv --id id --arm arm --exposure-start rt_start --covariates age "
         "--ccw",
         "--endpoint"},
        {"tests/oracle/data/ccw.csv --id id --arm arm --endpoint pfs=pfs,pfs_event "
         "--exposure-start rt_start --covariates age --ccw --ccw-response",
         "--response-column"},
        {COHORT " --ccw=x", "--ccw"},
        {COHORT " --ccw=-1", "--ccw"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct program_run run = program_run("%s", cases[i].arguments);
        assert_code(run, 2);
        assert_says(run.err, cases[i].says);
        program_clear(&run);
    }
    struct program_run run = program_run(COHORT " --ccw=0.01");
    assert_code(run, 1);
    assert_says(run.err, "nobody began exposure");
    program_clear(&run);
}

/* Sixty patients: z keeps from exposure, every third of the others is exposed at 2, and the arm of
 * the second is wrong. */
static char *write_without_a_choice(void)
{
    char *text = program_format("id,arm,z,age,start,t,e\n");
    for (int i = 1; i <= 60; i++) {
        bool z = i % 4 == 0, exposed = !z && i % 3 == 0;
        char *longer = program_format("%s%d,%d,%d,%d,%s,%g,%d\n", text, i, exposed || i == 2, z,
                                      40 + i * 7 % 30, exposed ? "2" : "",
                                      3 + i * 13 % 50 + i / 100., i % 5 != 0);
        free(text);
        text = longer;
    }
    char *path = check_write_file(text, strlen(text));
    free(text);
    return path;
}

static void what_weights_rest_on_is_warned_of(void **state)
{
    (void)state;
    char *path = write_without_a_choice();
    struct program_run run = program_run(
        "%s --id id --arm arm --endpoint os=t,e --exposure-start start --covariates z,age "
        "--ccw=8 --format json",
        path);
    assert_code(run, 0);
    assert_says(run.out,
                "positivity|told most of all by|empty-grace|nobody begins exposure after 2|"
                "arm-and-exposure|1 subjects of arm");
    program_clear(&run);
    check_remove_file(path);
    run = program_run(COHORT " --ccw --km --format json");
    assert_code(run, 0);
    for (size_t w = 0; w < 3; w++)
        assert_null(strstr(
            run.out, (const char *const[]){"positivity", "empty-grace", "arm-and-exposure"}[w]));
    program_clear(&run);
}

static void a_study_may_leave_the_grace_period_out(void **state)
{
    (void)state;
    static const struct {
        const char *study, *population;
    } cases[] = {{"ccw: true\n", "ccw-9"}, {"ccw: 6\n", "ccw-6"}, {"ccw: no\nkm: true\n", NULL}};
    for (size_t i = 0; i < 3; i++) {
        char *path = check_write_file(cases[i].study, strlen(cases[i].study));
        struct program_run run = program_run(COHORT " --study %s --format json", path);
        assert_code(run, 0);
        if (cases[i].population != NULL)
            assert_non_null(strstr(run.out, cases[i].population));
        else
            assert_null(strstr(run.out, "\"ccw-9\""));
        program_clear(&run);
        check_remove_file(path);
    }
}

static int set_up(void **state)
{
    *state = rwe_arena_new();
    return 0;
}

static int tear_down(void **state)
{
    rwe_arena_free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_curves_means_and_ratios_are_those_of_r),
        cmocka_unit_test_setup_teardown(exported_weights_are_those_of_r_piece_by_piece, set_up,
                                        tear_down),
        cmocka_unit_test(there_are_two_clones_for_each_subject),
        cmocka_unit_test(only_outcomes_are_compared_between_clones),
        cmocka_unit_test(other_populations_do_not_change),
        cmocka_unit_test(replicates_weigh_anew_whatever_the_threads),
        cmocka_unit_test(what_cannot_be_done_is_said),
        cmocka_unit_test(what_weights_rest_on_is_warned_of),
        cmocka_unit_test(a_study_may_leave_the_grace_period_out),
    };
    return cmocka_run_group_tests_name("ccw", tests, check_setup_gsl, NULL);
}
