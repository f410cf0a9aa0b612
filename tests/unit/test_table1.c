/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli.h"
#include "csv_table.h"
#include "program.h"

#include <stdlib.h>
#include <string.h>

#define ROTTERDAM "sample_data/rotterdam.csv --study sample_data/rotterdam.yaml --table1 "

/* A fact of the weighted population against a line of tests/oracle/shares.R. */
static void check(const struct program_facts *facts, const struct oracle *oracle, const char *arm,
                  const char *what, const char *name)
{
    char *key = program_format("table1 population=iptw-ato group=%s %s", arm, what);
    assert_close(program_facts_number(facts, key), oracle_number(oracle, name), 1e-9);
    free(key);
}

/* svymean, svyvar, svyquantile(qrule = "hf7"). */
static void weighted_rotterdam_matches_survey(void **state)
{
    (void)state;
    static const char *const stats[] = {"mean", "sd", "q1", "median", "q3"};
    static const char *const terms[] = {"age", "nodes"};
    struct oracle *oracle = oracle_read("tests/oracle/shares.csv");
    struct program_facts facts = program_facts_of(ROTTERDAM "--iptw=ato");
    for (int a = 0; a < 2; a++) {
        const char *arm = a == 0 ? "0" : "1";
        char *names[3] = {program_format("meno.%d.percent", a),
                          program_format("size.%d.percent", a), program_format("ess.%d", a)};
        check(&facts, oracle, arm, "term=meno percent", names[0]);
        check(&facts, oracle, arm, "term=size level=>50 percent", names[1]);
        check(&facts, oracle, arm, "ess", names[2]);
        for (int k = 0; k < 3; k++)
            free(names[k]);
        for (int s = 0; s < 5; s++)
            for (int t = 0; t < 2; t++) {
                char *what = program_format("term=%s %s", terms[t], stats[s]);
                char *name = program_format("%s.%d.%s", terms[t], a, stats[s]);
                check(&facts, oracle, arm, what, name);
                free(what);
                free(name);
            }
    }
    program_facts_clear(&facts);
    oracle_free(oracle);
}

static void weighted_quantiles_of_the_cohort_match_survey(void **state)
{
    (void)state;
    static const char *const stats[] = {"q1", "median", "q3"}, *const terms[] = {"dfi_mo", "nlr"};
    struct oracle *oracle = oracle_read("tests/oracle/shares.csv");
    struct program_facts facts = program_facts_of("sample_data/cohort.csv --table1 --iptw=ato");
    for (int a = 0; a < 2; a++)
        for (int s = 0; s < 3; s++)
            for (int t = 0; t < 2; t++) {
                char *what = program_format("term=%s %s", terms[t], stats[s]);
                char *name = program_format("%s.%d.%s", terms[t], a, stats[s]);
                check(&facts, oracle, a == 0 ? "GP+Tis" : "GP+Tis+RT", what, name);
                free(what);
                free(name);
            }
    program_facts_clear(&facts);
    oracle_free(oracle);
}

/* Overlap weights make all means alike; the unweighted counts stay those of the subjects. */
static void counts_are_of_subjects_under_weights(void **state)
{
    (void)state;
    struct program_facts facts = program_facts_of(ROTTERDAM "--iptw=ato");
    static const char *const keys[] = {"group=0 n", "group=0 term=meno n",
                                       "group=1 term=size level=<=20 n"};
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
        char *all = program_format("table1 population=all %s", keys[k]);
        char *weighted = program_format("table1 population=iptw-ato %s", keys[k]);
        assert_close(program_facts_number(&facts, weighted), program_facts_number(&facts, all), 0);
        free(all);
        free(weighted);
    }
    program_facts_clear(&facts);
}

static size_t longest_line(const char *text)
{
    size_t longest = 0;
    for (const char *at = text; *at != '\0';) {
        size_t bytes = strcspn(at, "\n"), width = 0;
        for (size_t i = 0; i < bytes; i++)
            width += ((unsigned char)at[i] & 0xc0) != 0x80;
        longest = width > longest ? width : longest;
        at += bytes + (at[bytes] != '\0');
    }
    return longest;
}

static void three_populations_stand_below_each_other(void **state)
{
    (void)state;
    struct program_run run = program_run(ROTTERDAM "--psm --iptw");
    assert_code(run, RWE_EXIT_DONE);
    const char *begin = strstr(run.out, "Baseline characteristics");
    assert_non_null(begin);
    const char *end = strstr(begin, "Propensity score");
    assert_non_null(end);
    char *part = strndup(begin, (size_t)(end - begin));
    assert_says(part, "by arm: Whole cohort|by arm: Matched 1:1|by arm: Weighted, ATE|effective n");
    assert_true(longest_line(part) <= 80);
    free(part);
    program_clear(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weighted_rotterdam_matches_survey),
        cmocka_unit_test(weighted_quantiles_of_the_cohort_match_survey),
        cmocka_unit_test(counts_are_of_subjects_under_weights),
        cmocka_unit_test(three_populations_stand_below_each_other),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
