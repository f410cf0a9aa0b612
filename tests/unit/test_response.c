/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli.h"
#include "csv_table.h"
#include "program.h"

#include "rwe/analysis/analysis.h"
#include "rwe/analysis/estimates.h"
#include "rwe/data/response.h"
#include "rwe/stats/proportion.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void responses_are_read_as_charts_write_them(void **state)
{
    (void)state;
    assert_int_equal(rwe_response_parse("CR"), RWE_RESPONSE_CR);
    assert_int_equal(rwe_response_parse("pr"), RWE_RESPONSE_PR);
    assert_int_equal(rwe_response_parse("Stable disease"), RWE_RESPONSE_SD);
    assert_int_equal(rwe_response_parse("疾病进展"), RWE_RESPONSE_PD);
    assert_int_equal(rwe_response_parse("ne"), RWE_RESPONSE_NE);
    assert_int_equal(rwe_response_parse("1"), -1);
    assert_int_equal(rwe_response_parse("CRX"), -1);
    assert_int_equal(rwe_response_parse(""), -1);
    assert_int_equal(rwe_response_parse("non-CR/non-PD"), RWE_RESPONSE_NON);
    assert_int_equal(rwe_response_parse("NON-iCR/NON-iUPD"), RWE_RESPONSE_NON);
    assert_int_equal(rwe_response_parse("非CR/非PD"), RWE_RESPONSE_NON);
    assert_int_equal(rwe_response_parse("iPR"), RWE_RESPONSE_PR);
    assert_int_equal(rwe_response_parse("mCR"), RWE_RESPONSE_CR);
    assert_int_equal(rwe_response_parse("IUPD"), RWE_RESPONSE_IUPD);
    assert_int_equal(rwe_response_parse("iCPD"), RWE_RESPONSE_ICPD);
    assert_int_equal(rwe_response_parse("Not done"), RWE_RESPONSE_ND);
    assert_int_equal(rwe_response_parse("MISSING"), RWE_RESPONSE_ND);
    assert_int_equal(rwe_response_of_patient(RWE_RESPONSE_ICPD), RWE_RESPONSE_PD);
    assert_int_equal(rwe_response_of_patient(RWE_RESPONSE_ND), -1);
}

static void a_code_beside_the_same_in_words_is_one_response(void **state)
{
    (void)state;
    assert_int_equal(rwe_response_parse("PR(部分缓解)"), RWE_RESPONSE_PR);
    assert_int_equal(rwe_response_parse("部分缓解（PR）"), RWE_RESPONSE_PR);
    assert_int_equal(rwe_response_parse("CR (complete response)"), RWE_RESPONSE_CR);
    assert_int_equal(rwe_response_parse("PR (confirmed)"), RWE_RESPONSE_PR);
    assert_int_equal(rwe_response_parse("SD 疾病稳定"), RWE_RESPONSE_SD);
    assert_int_equal(rwe_response_parse("PD：疾病进展"), RWE_RESPONSE_PD);
    assert_int_equal(rwe_response_parse("PR部分缓解"), RWE_RESPONSE_PR);
    assert_int_equal(rwe_response_parse("iUPD(未确认的疾病进展)"), RWE_RESPONSE_IUPD);
    assert_int_equal(rwe_response_parse("SD(PD)"), -1);
    assert_int_equal(rwe_response_parse("CR/PR"), -1);
    assert_int_equal(rwe_response_parse("PR or SD"), -1);
    assert_int_equal(rwe_response_parse("PRR"), -1);
    assert_int_equal(rwe_response_parse("partial"), -1);
    assert_int_equal(rwe_response_parse("(PR)"), -1);
}

/* ---- the program on four against four ---- */

static const char four_and_four[] = "id,arm,bor,site\n"
                                    "1,A,PR,x\n2,A,sd,x\n3,A,PD,y\n4,A,NE,y\n"
                                    "5,B,CR,x\n6,B,PR,x\n7,B,partial response,y\n8,B,,y\n";

static struct program_facts facts_of(const char *text, const char *options)
{
    char *folder = program_new_folder();
    char *file = program_write_file(folder, "small.csv", text);
    struct program_facts facts =
        program_facts_of("%s --id id --arm arm --response --response-column bor %s", file, options);
    free(file);
    program_remove_folder(folder);
    return facts;
}

static double number(const struct program_facts *facts, const char *key)
{
    char *whole = program_format("response population=all %s", key);
    double value = program_facts_number(facts, whole);
    free(whole);
    return value;
}

/* One of four and three of four; exact limits of 1, 3 and 0 of n are powers (Clopper & Pearson 1934);
 * Fisher's p is that of the lady tasting tea, 34/70. */
static void four_and_four_by_hand(void **state)
{
    (void)state;
    struct program_facts f = facts_of(four_and_four, "");
    assert_close(number(&f, "group=A n"), 4, 0);
    assert_close(number(&f, "group=A term=ORR n"), 1, 0);
    assert_close(number(&f, "group=A term=ORR percent"), 25, 1e-14);
    assert_close(number(&f, "group=A term=ORR conf.low"), 100 * (1 - pow(0.975, 0.25)), 1e-12);
    assert_close(number(&f, "group=B term=ORR percent"), 75, 1e-14);
    assert_close(number(&f, "group=B term=ORR conf.high"), 100 * pow(0.975, 0.25), 1e-12);
    assert_close(number(&f, "group=A term=CR conf.high"), 100 * (1 - pow(0.025, 0.25)), 1e-12);
    assert_close(number(&f, "group=A term=DCR n"), 2, 0);
    assert_close(number(&f, "group=B term=DCR n"), 3, 0);
    assert_close(number(&f, "group=B term=PR n"), 2, 0);
    assert_close(number(&f, "group=A term=NE n"), 1, 0);
    assert_close(number(&f, "group=B term=missing n"), 1, 0);
    assert_close(number(&f, "term=ORR difference"), 0.5, 1e-14);
    assert_close(number(&f, "term=ORR p.value"), 34.0 / 70, 1e-12);
    const struct rwe_interval newcombe = rwe_proportion_difference(3, 4, 1, 4, 0.95);
    assert_close(number(&f, "term=ORR conf.low"), newcombe.low, 1e-14);
    assert_close(number(&f, "term=ORR conf.high"), newcombe.high, 1e-14);
    program_facts_clear(&f);
}

/* 1/3 against 3/3. Fisher: tables with 3, 2, 1 treated responders have 3, 9, 3 of 15 chances. */
static void who_is_not_evaluable_leaves_the_denominator_on_request(void **state)
{
    (void)state;
    struct program_facts f = facts_of(four_and_four, "--response-evaluable");
    assert_close(number(&f, "group=A n"), 3, 0);
    assert_close(number(&f, "group=A term=ORR percent"), 100.0 / 3, 1e-14);
    assert_close(number(&f, "group=B term=ORR percent"), 100, 0);
    assert_close(number(&f, "group=A term=NE n"), 1, 0);
    assert_close(number(&f, "group=B term=missing n"), 1, 0);
    assert_null(program_facts_find(&f, "response population=all group=A term=NE percent"));
    assert_close(number(&f, "term=ORR p.value"), 6.0 / 15, 1e-12);
    program_facts_clear(&f);
}

/* Stratum x: 2 of 2 against 1 of 2, y: 1 of 2 against 0 of 2. Observed 3, expected 1.5 + 0.5, variance
 * 1/4 + 1/4: χ² = 2, whose p is erfc(1). */
static void strata_are_tested_by_cochran_mantel_haenszel(void **state)
{
    (void)state;
    struct program_facts f = facts_of(four_and_four, "--strata site");
    assert_close(number(&f, "term=ORR p.value"), erfc(1), 1e-12);
    program_facts_clear(&f);
}

static void the_order_of_rows_does_not_matter_without_identifier(void **state)
{
    static const char turned[] = "arm,bor\nB,PR\nA,PD\nA,CR\nB,SD\n";
    static const char straight[] = "arm,bor\nA,CR\nA,PD\nB,PR\nB,SD\n";
    (void)state;
    const char *const text[] = {turned, straight};
    struct program_facts facts[2];
    for (int k = 0; k < 2; k++) {
        char *folder = program_new_folder();
        char *file = program_write_file(folder, "small.csv", text[k]);
        facts[k] = program_facts_of("%s --arm arm --response --response-column bor", file);
        free(file);
        program_remove_folder(folder);
    }
    assert_same_facts(facts[0], facts[1], 0);
    program_facts_clear(&facts[0]);
    program_facts_clear(&facts[1]);
}

/* ---- under designs ---- */

#define COHORT "sample_data/cohort.csv --response "

static void check_weighted(const char *options, const char *name)
{
    struct oracle *oracle = oracle_read("tests/oracle/shares.csv");
    struct program_facts f = program_facts_of(COHORT "--iptw=ato --variance robust %s", options);
    static const struct {
        const char *key, *name;
        double relative;
    } stats[] = {
        {"group=GP+Tis term=ORR n", "control.n", 0},
        {"group=GP+Tis term=ORR n.weighted", "control.n.weighted", 1e-10},
        {"group=GP+Tis term=ORR percent", "control.percent", 1e-10},
        {"group=GP+Tis+RT term=ORR percent", "treated.percent", 1e-10},
        {"group=GP+Tis+RT term=ORR conf.low", "treated.low", 1e-9},
        {"group=GP+Tis+RT term=ORR conf.high", "treated.high", 1e-9},
        {"term=ORR difference", "difference", 1e-9},
        {"term=ORR conf.low", "conf.low", 1e-9},
        {"term=ORR conf.high", "conf.high", 1e-9},
        {"term=ORR p.value", "p.value", 1e-8},
    };
    for (size_t s = 0; s < sizeof stats / sizeof *stats; s++) {
        char *key = program_format("response population=iptw-ato %s", stats[s].key);
        char *of = program_format("%s.%s", name, stats[s].name);
        assert_close(program_facts_number(&f, key), oracle_number(oracle, of), stats[s].relative);
        free(key);
        free(of);
    }
    program_facts_clear(&f);
    oracle_free(oracle);
}

static void weighted_rates_match_survey(void **state)
{
    (void)state;
    check_weighted("", "orr");
    check_weighted("--response-evaluable", "orr.evaluable");
}

/* The difference of the pairs is that of the discordant ones, and its limits are the paired ones. */
static void pairs_are_compared_as_pairs(void **state)
{
    (void)state;
    struct program_run run = program_run(COHORT "--psm");
    assert_code(run, RWE_EXIT_DONE);
    assert_says(run.out, "Response (resp_m3): Matched 1:1|score limits for matched pairs|McNemar");
    program_clear(&run);
    run = program_run(COHORT "--psm --response-evaluable");
    assert_code(run, RWE_EXIT_DONE);
    assert_says(run.out, "robust limits, clustered by matched set|Wald's test by the robust");
    program_clear(&run);
}

static void the_variance_is_named(void **state)
{
    (void)state;
    struct program_run run = program_run(COHORT "--iptw=ato");
    assert_says(run.out, "with the estimation of the weights|(M-estimation)|are weighted");
    program_clear(&run);
    run = program_run(COHORT "--iptw=ato --variance robust --cluster siteid");
    assert_says(run.out, "clustered by siteid|weights taken as known");
    program_clear(&run);
}

static void under_the_bootstrap_limits_are_those_of_replicates(void **state)
{
    static const char *const keys[] = {"term=ORR", "group=GP+Tis term=ORR", "group=GP+Tis term=PR"};
    (void)state;
    struct program_facts f = program_facts_of(COHORT "--bootstrap 25 --variance bootstrap");
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
        char *own = program_format("%s conf.low", keys[k]);
        char *drawn = program_format("%s bootstrap.conf.low", keys[k]);
        assert_close(number(&f, own), number(&f, drawn), 0);
        free(own);
        free(drawn);
    }
    double z = number(&f, "term=ORR difference") / number(&f, "term=ORR bootstrap.std.error");
    assert_close(number(&f, "term=ORR p.value"), 2 * gsl_cdf_ugaussian_Q(fabs(z)), 1e-12);
    program_facts_clear(&f);
}

/* The error of a difference of independent shares is sqrt(Σ p (1 − p) / n). */
static void replicates_have_the_error_of_the_formula(void **state)
{
    (void)state;
    struct program_facts f = program_facts_of(COHORT "--bootstrap 400");
    double p1 = number(&f, "group=GP+Tis+RT term=ORR percent") / 100;
    double p0 = number(&f, "group=GP+Tis term=ORR percent") / 100;
    double error = sqrt(p1 * (1 - p1) / number(&f, "group=GP+Tis+RT n") +
                        p0 * (1 - p0) / number(&f, "group=GP+Tis n"));
    assert_close(number(&f, "term=ORR bootstrap.std.error"), error, 0.1);
    program_facts_clear(&f);
}

/* ---- the recipe on designs made by hand ---- */

struct fixture {
    struct rwe_arena *arena, *document_arena;
    struct rwe_run run;
};

extern const struct rwe_analysis rwe_analysis_response;
static const char *const levels[] = {"A", "B"};

static struct fixture fixture_of(const struct rwe_cohort *cohort, struct rwe_design design)
{
    struct fixture f = {.arena = rwe_arena_new(), .document_arena = rwe_arena_new()};
    const struct rwe_options *lists[RWE_MOST_OPTION_LISTS];
    size_t n = rwe_option_lists(f.arena, lists);
    struct rwe_settings *settings = rwe_settings_new(f.arena, lists, n);
    assert_int_equal(rwe_settings_set(settings, "response-column", "bor", RWE_FROM_COMMAND, NULL),
                     RWE_OK);
    f.run = (struct rwe_run){.settings = settings,
                             .cohort = cohort,
                             .n_designs = 1,
                             .document = rwe_document_new(f.document_arena),
                             .estimates = rwe_estimates_new(f.document_arena),
                             .arena = f.arena,
                             .threads = 1};
    f.run.design[0] = design;
    assert_int_equal(rwe_design_complete(cohort, &f.run.design[0], f.arena, NULL), RWE_OK);
    assert_int_equal(rwe_analysis_response.run(&f.run, NULL, NULL), RWE_OK);
    return f;
}

static double fact(const struct fixture *f, const char *group, const char *stat)
{
    for (rwe_fact k = 0; k < rwe_document_n_facts(f->run.document); k++) {
        const struct rwe_fact_value *v = rwe_document_fact(f->run.document, k);
        bool same_group = group == NULL ? v->key.group == NULL
                                        : v->key.group != NULL && strcmp(v->key.group, group) == 0;
        if (same_group && v->key.term != NULL && strcmp(v->key.term, "ORR") == 0 &&
            strcmp(v->stat, stat) == 0)
            return v->number;
    }
    fail_msg("no fact %s", stat);
    return NAN;
}

static void check_difference(const struct fixture *f, double difference, double variance)
{
    double reach = gsl_cdf_ugaussian_Pinv(0.975) * sqrt(variance);
    assert_close(fact(f, NULL, "difference"), difference, 1e-14);
    assert_close(fact(f, NULL, "conf.low"), difference - reach, 1e-13);
    assert_close(fact(f, NULL, "conf.high"), difference + reach, 1e-13);
    assert_close(fact(f, NULL, "p.value"),
                 2 * gsl_cdf_ugaussian_Q(fabs(difference) / sqrt(variance)), 1e-12);
}

/* Treated 1/2; controls (½ · 1 + ½ · 0 + 1 · 0) / 2 = 1/4. Influences of the treated ±1/4, of the
 * controls 3/16, −1/16, −1/8: the sets sum to 1/8 and −1/8. */
static void two_controls_to_one_by_hand(void **state)
{
    static const uint32_t arm[] = {1, 1, 0, 0, 0}, set[] = {0, 1, 0, 0, 1};
    static const int8_t response[] = {RWE_RESPONSE_CR, RWE_RESPONSE_PD, RWE_RESPONSE_PR,
                                      RWE_RESPONSE_SD, -1};
    static const double weight[] = {1, 1, 0.5, 0.5, 1};
    static const size_t arm_size[] = {3, 2};
    static const struct rwe_cohort cohort = {.n = 5,
                                             .arm = arm,
                                             .n_arms = 2,
                                             .arm_level = levels,
                                             .arm_size = arm_size,
                                             .response = response};
    (void)state;
    struct fixture f = fixture_of(
        &cohort,
        (struct rwe_design){
            .name = "matched", .label = "Matched", .set = set, .n_sets = 2, .weight = weight});
    assert_close(fact(&f, "A", "n"), 1, 0);
    assert_close(fact(&f, "A", "n.weighted"), 0.5, 0);
    assert_close(fact(&f, "A", "percent"), 25, 1e-14);
    assert_close(fact(&f, "B", "percent"), 50, 1e-14);
    check_difference(&f, 0.25, 2 * 0.125 * 0.125);
    rwe_arena_free(f.arena);
    rwe_arena_free(f.document_arena);
}

/* One control stands in both sets: its rows weigh 1 and ½. Shares 1/2 and 3/4; variances by set
 * 0.03125, by subject 0.1953125, by row 0.1796875. */
static void a_control_in_two_sets_by_hand(void **state)
{
    static const uint32_t arm[] = {1, 1, 0, 0}, set[] = {0, 1, 0, 1, 1};
    static const int8_t response[] = {RWE_RESPONSE_CR, RWE_RESPONSE_PD, RWE_RESPONSE_PR,
                                      RWE_RESPONSE_SD};
    static const size_t start[] = {0, 1, 2, 4, 5}, arm_size[] = {2, 2};
    static const double weight[] = {1, 1, 1, 0.5, 0.5};
    static const struct rwe_cohort cohort = {.n = 4,
                                             .arm = arm,
                                             .n_arms = 2,
                                             .arm_level = levels,
                                             .arm_size = arm_size,
                                             .response = response};
    (void)state;
    struct fixture f = fixture_of(&cohort, (struct rwe_design){.name = "matched",
                                                               .label = "Matched",
                                                               .n_sets = 2,
                                                               .rows = {start, set, weight}});
    assert_close(fact(&f, "A", "n"), 1, 0);
    assert_close(fact(&f, "A", "n.weighted"), 1.5, 0);
    assert_close(fact(&f, "A", "percent"), 75, 1e-14);
    check_difference(&f, -0.25, 0.03125 + 0.1953125 - 0.1796875);
    rwe_arena_free(f.arena);
    rwe_arena_free(f.document_arena);
}

/* ---- refused ---- */

static void check_refused(const char *command, int code, const char *words)
{
    struct program_run run = program_run("%s", command);
    assert_code(run, code);
    assert_says(run.err, words);
    program_clear(&run);
}

static void what_is_no_column_of_responses_is_refused(void **state)
{
    (void)state;
    check_refused("sample_data/rotterdam.csv --study sample_data/rotterdam.yaml --response",
                  RWE_EXIT_USAGE, "--response-column COL");
    check_refused(COHORT "--response-column resp_m4", RWE_EXIT_USAGE, "resp_m3");
    check_refused(COHORT "--response-column sex", RWE_EXIT_FAILED,
                  "no response (line 2: \"M\"|CR, PR, SD, PD or NE");
}

/* A file without the column that the study names is still good for everything else. */
static void the_column_of_the_study_may_be_missing_until_it_is_asked_for(void **state)
{
    (void)state;
    char *folder = program_new_folder();
    char *data = program_write_file(folder, "small.csv", "id,arm\n1,A\n2,B\n");
    char *study =
        program_write_file(folder, "study.yaml", "id: id\narm: arm\nresponse-column: bor\n");
    struct program_run run = program_run("%s --study %s --table1", data, study);
    assert_code(run, RWE_EXIT_DONE);
    program_clear(&run);
    run = program_run("%s --study %s --response", data, study);
    assert_true(run.code != RWE_EXIT_DONE);
    assert_says(run.err, "response-column is \"bor\"");
    program_clear(&run);
    free(data);
    free(study);
    program_remove_folder(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(responses_are_read_as_charts_write_them),
        cmocka_unit_test(a_code_beside_the_same_in_words_is_one_response),
        cmocka_unit_test(four_and_four_by_hand),
        cmocka_unit_test(who_is_not_evaluable_leaves_the_denominator_on_request),
        cmocka_unit_test(strata_are_tested_by_cochran_mantel_haenszel),
        cmocka_unit_test(the_order_of_rows_does_not_matter_without_identifier),
        cmocka_unit_test(weighted_rates_match_survey),
        cmocka_unit_test(pairs_are_compared_as_pairs),
        cmocka_unit_test(the_variance_is_named),
        cmocka_unit_test(replicates_have_the_error_of_the_formula),
        cmocka_unit_test(under_the_bootstrap_limits_are_those_of_replicates),
        cmocka_unit_test(two_controls_to_one_by_hand),
        cmocka_unit_test(a_control_in_two_sets_by_hand),
        cmocka_unit_test(what_is_no_column_of_responses_is_refused),
        cmocka_unit_test(the_column_of_the_study_may_be_missing_until_it_is_asked_for),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
