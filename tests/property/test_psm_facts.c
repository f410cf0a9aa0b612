/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --psm in its variants against brute force in R (tests/oracle/psm_variants.R), and what must hold of
 * every kind of matched population. */
#include "design_csv.h"
#include "program.h"

#include <gsl/gsl_errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ROTTERDAM                                                                                  \
    "tests/oracle/data/rotterdam.csv --id pid --arm hormon --endpoint os=dtime,death "             \
    "--covariates "                                                                                \
    "age,meno,size,grade,nodes,pgr,er,chemo,year --quiet"
#define LALONDE                                                                                    \
    "tests/oracle/data/lalonde.csv --id id --arm treat --covariates "                              \
    "age,educ,race,married,nodegree,re74,re75 --quiet"

/* ---- against R ---- */

struct variant {
    const char *name, *rotterdam, *lalonde;
};

static const struct variant variants[] = {
    {"ratio2", "--psm --ratio 2 --cox", "--psm --ratio 2"},
    {"ratio3", "--psm --ratio 3 --cox", "--psm --ratio 3"},
    {"replace", "--psm --replace --cox", "--psm --replace"},
    {"ratio2 replace", "--psm --replace --ratio 2 --cox", "--psm --replace --ratio 2"},
    {"exact", "--psm --exact size,meno --cox", "--psm --exact race,married"},
    {"atc replace", "--psm --estimand atc --replace --cox", "--psm --estimand atc --replace"},
    {"atc ratio2", "--psm --estimand atc --ratio 2 --cox", "--psm --estimand atc --ratio 2"},
    {"ps ratio2", "--psm --distance ps --ratio 2 --cox", "--psm --distance ps --ratio 2"},
    {"mahalanobis", "--psm --distance mahalanobis --cox", "--psm --distance mahalanobis"},
};
enum { N_VARIANTS = sizeof variants / sizeof variants[0] };

/* The model of the score is fitted to 1e-8, and the caliper, distances and differences follow it. */
static double tolerance_of(const char *fact)
{
    return strstr(fact, "robust.se") != NULL || strstr(fact, "distance") != NULL ? 1e-7 : 1e-8;
}

/* A weight of 1 in all of a population is not told as weights. */
static bool is_told(const struct program_facts *facts, const char *fact)
{
    return strncmp(fact, "weights", 7) != 0 || program_facts_find(facts, fact) != NULL;
}

static void check_variant(const struct design_csv *expected, const char *cohort,
                          const struct variant *variant, const char *arguments)
{
    struct program_facts facts = program_facts_of("%s", arguments);
    const double *value = design_csv_numbers(expected, "value");
    size_t n_checked = 0;
    for (size_t r = 0; r < expected->n_rows; r++) {
        const char *fact = design_csv_text(expected, r, "fact");
        if (strcmp(design_csv_text(expected, r, "cohort"), cohort) != 0 ||
            strcmp(design_csv_text(expected, r, "case"), variant->name) != 0)
            continue;
        if (is_told(&facts, fact))
            assert_close(program_facts_number(&facts, fact), value[r], tolerance_of(fact));
        else if (strstr(fact, " max") != NULL)
            assert_close(value[r], 1, 1e-12);
        n_checked++;
    }
    assert_true(n_checked >= 10);
    program_facts_clear(&facts);
}

static void sets_weights_and_ratios_are_those_of_brute_force_in_r(void **state)
{
    struct design_csv expected = design_csv_read("tests/oracle/psm_variants.csv", *state);
    for (size_t v = 0; v < N_VARIANTS; v++) {
        char *rotterdam = program_format(ROTTERDAM " %s", variants[v].rotterdam);
        char *lalonde = program_format(LALONDE " %s", variants[v].lalonde);
        check_variant(&expected, "rotterdam", &variants[v], rotterdam);
        check_variant(&expected, "lalonde", &variants[v], lalonde);
        free(rotterdam);
        free(lalonde);
    }
}

/* ---- every kind ---- */

static const char *const kinds[] = {
    "--psm",
    "--psm --ratio 2",
    "--psm --replace",
    "--psm --replace --ratio 3",
    "--psm --exact meno",
    "--psm --estimand atc",
    "--psm --estimand atc --replace",
    "--psm --distance ps --match-order random",
    "--psm --distance robust-mahalanobis --ratio 2",
    "--psm --distance mahalanobis --replace",
    "--psm=optimal",
    "--psm=optimal --ratio 3",
    "--psm=optimal --distance mahalanobis",
    "--psm=full",
    "--psm=full --estimand atc",
    "--psm=full --estimand ate",
    "--psm=full --distance robust-mahalanobis",
};
enum { N_KINDS = sizeof kinds / sizeof kinds[0] };

static double number(const struct program_facts *facts, const char *key)
{
    return program_facts_number(facts, key);
}

static void the_same_population_reaches_every_analysis(void **state)
{
    (void)state;
    static const char *const needed[] = {
        "km endpoint=os population=matched group=1 time=1826 std.error",
        "km endpoint=os population=matched group=0 time=1826 std.error",
        "cox endpoint=os population=matched model=arm term=arm robust.se",
        "cox endpoint=os population=matched model=adjusted term=arm robust.se",
        "logrank endpoint=os population=matched term=logrank p.value",
        "rmst endpoint=os population=matched term=difference std.error",
        "ph endpoint=os population=matched model=arm term=arm statistic",
        "balance population=matched term=age smd",
    };
    for (size_t k = 0; k < N_KINDS; k++) {
        struct program_facts facts = program_facts_of(
            ROTTERDAM " --km --cox --logrank --rmst --ph --table1 --balance --times 1826 %s",
            kinds[k]);
        for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++)
            assert_true(isfinite(number(&facts, needed[i])));
        assert_close(number(&facts, "table1 population=matched group=1 n"),
                     number(&facts, "psm n.matched.treated"), 0);
        assert_close(number(&facts, "table1 population=matched group=0 n"),
                     number(&facts, "psm n.matched.control"), 0);
        assert_close(number(&facts, "balance population=matched term=age smd"),
                     number(&facts, "table1 population=matched term=age smd"), 1e-12);
        program_facts_clear(&facts);
    }
}

/* Matched and left out together are the arm. */
static void means_of_matched_and_unmatched_make_the_mean_of_the_arm(void **state)
{
    (void)state;
    struct program_facts facts = program_facts_of(ROTTERDAM " --psm --ratio 2");
    double matched = number(&facts, "psm group=1 n.matched");
    double unmatched = number(&facts, "psm group=1 n.unmatched");
    assert_close(matched, number(&facts, "psm n.matched.treated"), 0);
    assert_close(matched + unmatched, 339, 0);
    assert_close((matched * number(&facts, "psm group=1 term=nodes mean.matched") +
                  unmatched * number(&facts, "psm group=1 term=nodes mean.unmatched")) /
                     339,
                 number(&facts, "table1 population=all group=1 term=nodes mean"), 1e-12);
    assert_true(number(&facts, "psm group=1 term=nodes smd.unmatched") > 1);
    assert_true(isfinite(number(&facts, "psm group=1 term=size level=>50 mean.matched")));
    program_facts_clear(&facts);
}

static void equal_sets_need_no_weights_and_only_pairs_are_paired(void **state)
{
    (void)state;
    const char *weights = "weights population=matched group=0 ess";
    const char *paired =
        "logrank endpoint=os population=matched model=pair-stratified term=logrank p.value";
    struct program_facts pairs = program_facts_of(ROTTERDAM " --psm --logrank");
    struct program_facts sets = program_facts_of(ROTTERDAM " --psm --logrank --ratio 2");
    struct program_facts far = /* nobody is short of partners: all sets are 1 + 2 */
        program_facts_of(ROTTERDAM " --psm --logrank --ratio 2 --caliper 1000");
    assert_null(program_facts_find(&pairs, weights));
    assert_non_null(program_facts_find(&pairs, paired));
    assert_non_null(program_facts_find(&sets, weights));
    assert_null(program_facts_find(&far, weights));
    assert_close(number(&far, "psm n.matched.control"), 2 * number(&far, "psm n.sets"), 0);
    program_facts_clear(&pairs);
    program_facts_clear(&sets);
    program_facts_clear(&far);
}

static void weights_of_each_arm_sum_to_its_number(void **state)
{
    (void)state;
    for (size_t k = 0; k < N_KINDS; k++) {
        struct program_facts facts = program_facts_of(ROTTERDAM " %s", kinds[k]);
        for (int arm = 0; arm < 2; arm++) {
            char *sum = program_format("weights population=matched group=%d sum", arm);
            char *n = program_format("psm n.matched.%s", arm == 1 ? "treated" : "control");
            if (program_facts_find(&facts, sum) != NULL)
                assert_close(number(&facts, sum), number(&facts, n), 1e-12);
            free(sum);
            free(n);
        }
        program_facts_clear(&facts);
    }
}

/* ---- the bootstrap ---- */

static void replicates_of_every_kind_are_the_same_for_any_number_of_threads(void **state)
{
    (void)state;
    for (size_t k = 0; k < N_KINDS; k++) {
        struct program_run one = program_run(
            "tests/oracle/data/gbsg.csv --id pid --arm hormon --endpoint os=rfstime,status "
            "--covariates age,meno,nodes --cox --quiet --no-provenance --format json --bootstrap 6 "
            "--threads 1 %s",
            kinds[k]);
        struct program_run three = program_run(
            "tests/oracle/data/gbsg.csv --id pid --arm hormon --endpoint os=rfstime,status "
            "--covariates age,meno,nodes --cox --quiet --no-provenance --format json --bootstrap 6 "
            "--threads 3 %s",
            kinds[k]);
        assert_code(one, 0);
        assert_code(three, 0);
        assert_non_null(strstr(one.out, "bootstrap.std.error"));
        assert_string_equal(three.out, one.out);
        program_clear(&one);
        program_clear(&three);
    }
}

static int set_up(void **state)
{
    gsl_set_error_handler_off();
    *state = rwe_arena_new();
    return *state == NULL;
}

static int tear_down(void **state)
{
    rwe_arena_free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sets_weights_and_ratios_are_those_of_brute_force_in_r),
        cmocka_unit_test(the_same_population_reaches_every_analysis),
        cmocka_unit_test(means_of_matched_and_unmatched_make_the_mean_of_the_arm),
        cmocka_unit_test(equal_sets_need_no_weights_and_only_pairs_are_paired),
        cmocka_unit_test(weights_of_each_arm_sum_to_its_number),
        cmocka_unit_test(replicates_of_every_kind_are_the_same_for_any_number_of_threads),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
