/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The target trial beside its emulation: each line follows from a setting and changes with it. */
#include "program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_OF                                                                                    \
    "sample_data/cohort.csv --id usubjid --arm arm --control GP+Tis --treated GP+Tis+RT "
#define ENDPOINTS "--endpoint pfs=pfs_mo,pfs_event --endpoint os=os_mo,os_event:1 "
#define COVARIATES "--covariates age,sex,oligo "
#define STARTS "--exposure-start rt_start_mo --time-unit months "
#define READ FILE_OF ENDPOINTS COVARIATES STARTS

/* Whether a component has the line on that side. */
static bool says(const struct program_facts *facts, const char *term, const char *side,
                 const char *line)
{
    bool found = false;
    for (int i = 1; i < 49 && !found; i++) {
        char *key = program_format("protocol term=%s level=%d %s", term, i, side);
        const json_t *value = program_facts_find(facts, key);
        found = value != NULL && strcmp(json_string_value(value), line) == 0;
        free(key);
    }
    return found;
}

#define assert_protocol(facts, term, side, line) assert_true(says(&(facts), term, side, line))

static const char *estimand(const struct program_facts *facts, const char *population,
                            const char *attribute)
{
    char *key = program_format("protocol population=%s %s", population, attribute);
    const json_t *value = program_facts_find(facts, key);
    free(key);
    return value == NULL ? "" : json_string_value(value);
}

static void what_settings_do_not_say_is_not_declared(void **state)
{
    (void)state;
    struct program_facts facts = program_facts_of(FILE_OF "--protocol --rules-off W34");
    assert_protocol(facts, "eligibility", "target", "not declared");
    assert_protocol(facts, "eligibility", "emulation", "not declared: everybody in the file");
    assert_protocol(facts, "strategies", "target", "GP+Tis+RT from time zero");
    assert_protocol(facts, "strategies", "emulation", "arms by column arm");
    assert_protocol(facts, "strategies", "emulation", "start of exposure not declared: time zero");
    assert_protocol(facts, "assignment", "target", "at random, open label");
    assert_protocol(facts, "assignment", "emulation", "covariates: not declared");
    assert_protocol(facts, "outcomes", "target", "not declared");
    assert_protocol(facts, "outcomes", "emulation", "not declared");
    assert_protocol(facts, "follow-up", "emulation", "data cut-off: not declared");
    assert_protocol(facts, "contrast", "emulation", "as treated from time zero");
    assert_protocol(facts, "analysis", "target", "not declared");
    assert_string_equal(estimand(&facts, "all", "variable"), "not declared");
    assert_string_equal(estimand(&facts, "all", "summary"), "not declared");
    assert_string_equal(estimand(&facts, "all", "caution"), "");
    program_facts_clear(&facts);
}

/* Without --exposure-start, but with rt_start_mo in the file. */
static void a_start_that_the_file_tells_is_not_time_zero(void **state)
{
    (void)state;
    struct program_facts facts = program_facts_of(FILE_OF "--protocol");
    assert_protocol(facts, "strategies", "target", "GP+Tis+RT: exposure begun");
    assert_protocol(facts, "strategies", "emulation",
                    "start of exposure not declared; as column rt_start_mo tells it");
    assert_protocol(facts, "contrast", "emulation", "ever against never: none");
    program_facts_clear(&facts);
}

static void each_line_follows_from_its_setting(void **state)
{
    (void)state;
    struct program_facts facts = program_facts_of(
        READ "--protocol --km --rmst --tau 24 --eligibility kps=kps>=60 --cutoff 2025-06-30 "
             "--ccw=7 --ccw-step 0.25 --sequential=2 --landmark=4,6 --psm --iptw=ato "
             "--ccw-response --response-column resp_m3 --conf-level 0.9 --bootstrap 3");
    assert_protocol(facts, "eligibility", "target", "kps: kps>=60");
    assert_protocol(facts, "eligibility", "emulation", "kps: the same; without a value kept");
    assert_protocol(facts, "eligibility", "emulation",
                    "landmark: event- and progression-free, followed");
    assert_protocol(
        facts, "strategies", "target",
        "GP+Tis+RT: exposure begun within 7 months unless progression or death comes first");
    assert_protocol(facts, "strategies", "target", "GP+Tis: exposure not begun within 7 months");
    assert_protocol(facts, "strategies", "emulation", "exposure begins at the time rt_start_mo");
    assert_protocol(facts, "strategies", "emulation", "clones: weights change every 0.25 months");
    assert_protocol(facts, "assignment", "emulation", "covariates: age, sex, oligo");
    assert_protocol(facts, "assignment", "emulation", "population: Matched 1:1");
    assert_protocol(facts, "assignment", "emulation", "population: Overlap weights");
    assert_protocol(facts, "assignment", "emulation", "clones: given response too");
    assert_protocol(facts, "time-zero", "emulation", "landmark: at 4, 6 months");
    assert_protocol(facts, "time-zero", "emulation", "sequential: a trial every 2 months");
    assert_protocol(facts, "time-zero", "emulation", "ever against never: arms told by the future");
    assert_protocol(facts, "outcomes", "emulation", "pfs: pfs_event = 1, time pfs_mo");
    assert_protocol(facts, "follow-up", "emulation", "data cut-off: 2025-06-30");
    assert_protocol(facts, "contrast", "target", "per-protocol effect");
    assert_protocol(facts, "contrast", "emulation", "sequential: per protocol, in those who begin");
    assert_protocol(facts, "analysis", "target", "Kaplan–Meier curves");
    assert_protocol(facts, "analysis", "target", "restricted mean survival");
    assert_protocol(facts, "analysis", "emulation", "limits at 90%");
    assert_protocol(facts, "analysis", "emulation", "3 bootstrap replicates by patient");
    program_facts_clear(&facts);
}

static void lines_change_with_their_settings(void **state)
{
    (void)state;
    struct program_facts facts =
        program_facts_of(READ "--protocol --sequential=0 --sequential-weights censoring "
                              "--protocol-assignment cluster-randomised --protocol-strategies "
                              "early,never --protocol-eligibility consent");
    assert_protocol(facts, "eligibility", "target", "consent");
    assert_false(says(&facts, "eligibility", "target", "not declared"));
    assert_protocol(facts, "strategies", "target", "early");
    assert_protocol(facts, "strategies", "target", "never");
    assert_protocol(facts, "assignment", "target", "cluster-randomised");
    assert_protocol(facts, "time-zero", "emulation",
                    "sequential: a trial at each start of exposure");
    assert_protocol(facts, "contrast", "emulation",
                    "sequential: per protocol, in who are alike in covariates");
    assert_false(says(&facts, "time-zero", "emulation", "landmark: at 6 months"));
    assert_false(says(&facts, "eligibility", "emulation",
                      "landmark: event- and progression-free, followed"));
    assert_string_equal(estimand(&facts, "sequential", "population"),
                        "event-free, not exposed before, at each trial, among 570 of 600 (95%)");
    assert_string_equal(estimand(&facts, "ccw-9", "population"), "");
    assert_string_equal(estimand(&facts, "timedep", "population"), "");
    program_facts_clear(&facts);
}

static void endpoints_from_dates_name_their_rules_and_time_zero(void **state)
{
    (void)state;
    struct program_facts facts = program_facts_of(
        "sample_data/cohort.csv --id usubjid --derive os,rwpfs --censoring fda-b --exposure-date "
        "rt_start_date --exposure-site rt_site=lung --exposure-grace 9 --protocol --km");
    assert_protocol(facts, "outcomes", "emulation", "rwpfs: from dates, fda-b rules");
    assert_protocol(facts, "time-zero", "emulation", "the date index_date");
    assert_protocol(facts, "strategies", "emulation", "exposure begins on the date rt_start_date");
    assert_protocol(facts, "strategies", "emulation", "it counts where rt_site=lung");
    assert_protocol(facts, "strategies", "emulation", "it counts within 9 months");
    program_facts_clear(&facts);
}

static void each_population_has_the_six_attributes(void **state)
{
    (void)state;
    static const char *const attributes[] = {"population",   "strategies", "variable",
                                             "intercurrent", "summary",    "method"};
    static const char *const populations[] = {
        "all",     "matched", "landmark-6", "landmark-6-matched",
        "timedep", "ccw-9",   "sequential", "iptw-ato"};
    struct program_facts facts =
        program_facts_of(READ "--protocol --triangulation --iptw=ato --rmst --tau 24");
    for (size_t p = 0; p < sizeof populations / sizeof *populations; p++)
        for (size_t a = 0; a < sizeof attributes / sizeof *attributes; a++)
            if (estimand(&facts, populations[p], attributes[a])[0] == '\0')
                fail_msg("%s of %s", attributes[a], populations[p]);
    assert_string_equal(estimand(&facts, "matched", "caution"),
                        "Biased reference: not for inference");
    assert_string_equal(estimand(&facts, "landmark-6", "caution"), "");
    assert_string_equal(
        estimand(&facts, "timedep", "caution"),
        "os: Not the effect of a strategy: exposure begins before progression or never");
    assert_string_equal(
        estimand(&facts, "ccw-9", "strategies"),
        "exposure begun within 9 months unless progression or death comes first, against "
        "none within 9 months");
    assert_string_equal(estimand(&facts, "ccw-9", "summary"),
                        "hazard ratio, difference in restricted means");
    assert_string_equal(estimand(&facts, "iptw-ato", "population"),
                        "those who could have had either (ATO), among 570 of 600 (95%)");
    program_facts_clear(&facts);
}

static double left_out(const struct program_facts *facts, const char *population,
                       const char *reason)
{
    char *key = program_format("protocol population=%s level=%s left.out", population, reason);
    const json_t *value = program_facts_find(facts, key);
    const char *number = value == NULL ? NULL : strrchr(json_string_value(value), ':');
    free(key);
    return number == NULL ? 0 : strtod(number + 1, NULL);
}

/* The treated in a population, of whom it is about, and what kept the others out add up to them all. */
static void check_left_out(const struct program_facts *facts, const char *population)
{
    double n = 0, of = 0;
    assert_int_equal(
        sscanf(estimand(facts, population, "population"), "%lf of the %lf treated", &n, &of), 2);
    char *key = program_format("weights population=%s group=GP+Tis+RT n", population);
    assert_close(program_facts_number(facts, key), n, 0);
    free(key);
    assert_close(of, 281, 0);
    assert_close(
        n + left_out(facts, population, "missing") + left_out(facts, population, "support") +
            left_out(facts, population, "trimmed") + left_out(facts, population, "unmatched"),
        of, 0);
}

#define MORE FILE_OF ENDPOINTS "--covariates age,sex,oligo,nlr,max_lung_mm,ldh "

static void whom_it_is_about_counts_who_was_left_out_and_why(void **state)
{
    (void)state;
    struct program_facts facts = program_facts_of(
        MORE "--protocol --psm --replace --caliper 0.02 --iptw=att --trim 0.4 --common-support");
    check_left_out(&facts, "matched");
    check_left_out(&facts, "iptw-att");
    double missing = 281 - program_facts_number(&facts, "psm n.treated");
    assert_true(missing > 0);
    assert_close(left_out(&facts, "matched", "missing"), missing, 0);
    assert_close(left_out(&facts, "iptw-att", "missing"), missing, 0);
    assert_true(left_out(&facts, "matched", "unmatched") > 0);
    assert_true(left_out(&facts, "iptw-att", "trimmed") > 0);
    assert_close(left_out(&facts, "iptw-att", "support"), left_out(&facts, "matched", "support"),
                 0);
    assert_true(left_out(&facts, "matched", "support") > 0);
    program_facts_clear(&facts);
}

static void the_estimand_asked_for_is_the_one_told(void **state)
{
    (void)state;
    static const char *const told[][2] = {{"--psm=full --estimand att", "the treated (ATT)"},
                                          {"--psm=full --estimand atc", "the controls (ATC)"},
                                          {"--psm=full --estimand ate", "everybody (ATE)"}};
    for (size_t t = 0; t < sizeof told / sizeof *told; t++) {
        struct program_facts facts =
            program_facts_of(FILE_OF ENDPOINTS "--covariates age,sex --missing indicator "
                                               "--protocol --caliper 1000 %s",
                             told[t][0]);
        assert_string_equal(estimand(&facts, "matched", "population"), told[t][1]);
        assert_close(left_out(&facts, "matched", "missing"), 0, 0);
        program_facts_clear(&facts);
    }
}

static void the_estimand_at_a_landmark_is_of_those_at_risk_then(void **state)
{
    (void)state;
    struct program_facts facts = program_facts_of(READ "--protocol --landmark=6 --iptw=ate");
    assert_string_equal(
        estimand(&facts, "landmark-6", "population"),
        "all eligible, event-free and followed at 6 months, before progression or death");
    assert_string_equal(estimand(&facts, "landmark-6-iptw-ate", "population"),
                        "417 of 438 subjects (95%), event-free and followed at 6 months, before "
                        "progression or death");
    assert_string_equal(estimand(&facts, "landmark-6-iptw-ate", "variable"),
                        "time to pfs, os, from the landmark");
    program_facts_clear(&facts);
}

static void long_lists_go_on_in_lines_without_losing_a_name(void **state)
{
    (void)state;
    struct program_facts facts =
        program_facts_of("sample_data/cohort.csv --study sample_data/nct07062484.yaml --protocol");
    char all[2048] = "";
    for (int i = 1; i < 49; i++) {
        char *key = program_format("protocol term=assignment level=%d emulation", i);
        const json_t *value = program_facts_find(&facts, key);
        free(key);
        if (value == NULL)
            continue;
        const char *line = json_string_value(value);
        assert_true(strlen(line) <= 60);
        assert_true(line[strlen(line) - 1] != ' ');
        strncat(all, line, sizeof all - strlen(all) - 1);
        strncat(all, " ", sizeof all - strlen(all) - 1);
    }
    static const char *const names[] = {"age,",    "dfi_mo,", "max_lung_mm,", "ebv_log10,",
                                        "siteid,", "alb,",    "index_year"};
    for (size_t n = 0; n < sizeof names / sizeof *names; n++)
        assert_non_null(strstr(all, names[n]));
    program_facts_clear(&facts);
}

static void numbers_of_other_analyses_do_not_change(void **state)
{
    (void)state;
    struct program_facts without = program_facts_of(READ "--km");
    struct program_facts with = program_facts_of(READ "--km --protocol");
    size_t n = 0;
    for (size_t f = 0; f < without.n; f++) {
        const json_t *also = program_facts_find(&with, without.fact[f].key);
        assert_non_null(also);
        assert_true(json_equal(also, without.fact[f].value));
        n++;
    }
    assert_true(n > 100);
    program_facts_clear(&without);
    program_facts_clear(&with);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_settings_do_not_say_is_not_declared),
        cmocka_unit_test(a_start_that_the_file_tells_is_not_time_zero),
        cmocka_unit_test(each_line_follows_from_its_setting),
        cmocka_unit_test(lines_change_with_their_settings),
        cmocka_unit_test(endpoints_from_dates_name_their_rules_and_time_zero),
        cmocka_unit_test(each_population_has_the_six_attributes),
        cmocka_unit_test(whom_it_is_about_counts_who_was_left_out_and_why),
        cmocka_unit_test(the_estimand_asked_for_is_the_one_told),
        cmocka_unit_test(the_estimand_at_a_landmark_is_of_those_at_risk_then),
        cmocka_unit_test(long_lists_go_on_in_lines_without_losing_a_name),
        cmocka_unit_test(numbers_of_other_analyses_do_not_change),
    };
    return cmocka_run_group_tests_name("protocol", tests, check_setup_gsl, NULL);
}
