/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What --logrank writes: which tests, under which keys, and what it refuses. */
#include "program.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define VETERAN "tests/oracle/data/veteran.csv --endpoint os=time,status --logrank"
#define LUNG "tests/oracle/data/lung.csv --arm sex --endpoint os=time,status:2 --logrank"
#define ROTTERDAM "sample_data/rotterdam.csv --study sample_data/rotterdam.yaml --logrank"

static bool has(const struct program_facts *facts, const char *key)
{
    return program_facts_find(facts, key) != NULL;
}

static void tests_are_facts_by_their_names(void **state)
{
    (void)state;
    struct program_facts facts =
        program_facts_of(LUNG " --tests logrank,gehan,tarone-ware,peto,fh(0.5,2),maxcombo");
    /* tests/oracle/logrank_family.csv: family.lung.sex.*, maxcombo.lung.sex */
    const struct {
        const char *key;
        double value;
    } expected[] = {
        {"logrank endpoint=os population=all term=logrank statistic", 10.326741954885653},
        {"logrank endpoint=os population=all term=gehan p.value", 0.00041306763201939},
        {"logrank endpoint=os population=all term=maxcombo statistic", 3.5656908729105381},
        {"logrank endpoint=os population=all term=maxcombo p.value", 0.00098399846},
    };
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
        assert_close(program_facts_number(&facts, expected[i].key), expected[i].value, 1e-5);
    assert_true(has(&facts, "logrank endpoint=os population=all term=tarone-ware df"));
    assert_true(has(&facts, "logrank endpoint=os population=all group=1 term=peto observed"));
    assert_true(has(&facts, "logrank endpoint=os population=all term=fh(0.5,2) p.value"));
    assert_string_equal(json_string_value(program_facts_find(
                            &facts, "logrank endpoint=os population=all term=maxcombo weight")),
                        "fh(1,0)");
    program_facts_clear(&facts);
}

static void without_tests_there_is_the_log_rank_alone(void **state)
{
    (void)state;
    struct program_facts facts = program_facts_of(LUNG);
    for (size_t i = 0; i < facts.n; i++)
        assert_null(strstr(facts.fact[i].key, "gehan"));
    assert_true(has(&facts, "logrank endpoint=os population=all term=logrank p.value"));
    assert_false(
        has(&facts, "logrank endpoint=os population=all model=robust term=logrank p.value"));
    program_facts_clear(&facts);
}

static void pairs_of_arms_are_levels(void **state)
{
    (void)state;
    struct program_facts facts =
        program_facts_of(VETERAN " --arm celltype --pairwise --tests logrank,trend");
    const struct {
        const char *stat;
        double value;
    } expected[] = {{"p.value", 0.00066892122504}, /* pairwise.* of the oracle, order as there */
                    {"p.holm", 0.0026756849002},
                    {"p.bh", 0.0013378424501}};
    size_t n_pairs = 0, found = 0;
    for (size_t i = 0; i < facts.n; i++) {
        n_pairs += strstr(facts.fact[i].key, " vs ") != NULL &&
                   strstr(facts.fact[i].key, "p.holm") != NULL;
        for (size_t k = 0; k < 3; k++)
            found += strstr(facts.fact[i].key, "squamous vs smallcell") != NULL &&
                     strstr(facts.fact[i].key, expected[k].stat) != NULL &&
                     fabs(json_number_value(facts.fact[i].value) / expected[k].value - 1) < 1e-8;
    }
    assert_int_equal(n_pairs, 6);
    assert_int_equal(found, 3);
    assert_close(program_facts_number(&facts, "logrank endpoint=os population=all term=trend z"),
                 -2.5313418870626747, 1e-10); /* trend.veteran.celltype.logrank */
    program_facts_clear(&facts);
}

static void matched_pairs_are_clusters_of_a_robust_test(void **state)
{
    (void)state;
    struct program_facts facts = program_facts_of(ROTTERDAM " --psm");
    assert_true(
        has(&facts, "logrank endpoint=os population=matched model=robust term=logrank p.value"));
    assert_true(
        has(&facts,
            "logrank endpoint=os population=matched model=pair-stratified term=logrank p.value"));
    assert_true(has(&facts, "logrank endpoint=os population=matched term=logrank p.value"));
    assert_false(
        has(&facts, "logrank endpoint=os population=all model=robust term=logrank p.value"));
    program_facts_clear(&facts);
}

static void permutations_depend_on_the_seed_alone(void **state)
{
    (void)state;
    struct program_facts one = program_facts_of(LUNG " --permutations 400 --threads 1");
    struct program_facts four = program_facts_of(LUNG " --permutations 400 --threads 4");
    assert_same_facts(four, one, 0);
    const char *key = "logrank endpoint=os population=all term=logrank p.permutation";
    double p = program_facts_number(&one, key);
    assert_true(p >= 1. / 401 && p < 0.02); /* the log-rank p is 0.0013 */
    program_facts_clear(&one);
    program_facts_clear(&four);
    struct program_facts null = program_facts_of(
        "tests/oracle/data/veteran.csv --arm trt --endpoint os=time,status --logrank "
        "--permutations 2000 --seed 3");
    double asymptotic =
        program_facts_number(&null, "logrank endpoint=os population=all term=logrank p.value");
    assert_true(fabs(program_facts_number(&null, key) - asymptotic) < 0.03);
    program_facts_clear(&null);
}

static void refuses(const char *arguments, const char *words)
{
    struct program_run run = program_run("%s", arguments);
    assert_code(run, 2);
    assert_says(run.err, words);
    program_clear(&run);
}

static void what_is_no_test_is_refused(void **state)
{
    (void)state;
    refuses(LUNG " --tests gehann", "gehann|Did you mean 'gehan'");
    refuses(LUNG " --tests wilcoxon", "wilcoxon|tarone-ware|maxcombo");
    refuses(LUNG " --tests fh(1)", "fh(1)|RHO,GAMMA");
    refuses(LUNG " --tests fh(1,-1)", "fh(1,-1)");
    refuses(LUNG " --tests fh(", "fh(");
    refuses(LUNG " --tests trend", "three arms");
    refuses(VETERAN " --arm celltype --tests maxcombo", "two arms|4");
    refuses(LUNG " --permutations 0", "permutations");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tests_are_facts_by_their_names),
        cmocka_unit_test(without_tests_there_is_the_log_rank_alone),
        cmocka_unit_test(pairs_of_arms_are_levels),
        cmocka_unit_test(matched_pairs_are_clusters_of_a_robust_test),
        cmocka_unit_test(permutations_depend_on_the_seed_alone),
        cmocka_unit_test(what_is_no_test_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
