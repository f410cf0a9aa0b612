/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of answers side by side holds what the other analyses found, no more and no less, says of each
 * what it estimates, and marks those that are biased. */
#include "program.h"

#include <stdlib.h>
#include <string.h>

#define READ                                                                                       \
    "sample_data/cohort.csv --id usubjid --arm arm --control GP+Tis --treated GP+Tis+RT "          \
    "--endpoint pfs=pfs_mo,pfs_event --endpoint os=os_mo,os_event --covariates "                   \
    "age,sex,oligo,liver_met "
#define STARTS "--exposure-start rt_start_mo --time-unit months "

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static size_t count_facts(const struct program_facts *facts, const char *with, const char *end)
{
    size_t n = 0;
    for (size_t f = 0; f < facts->n; f++) {
        size_t length = strlen(facts->fact[f].key), tail = strlen(end);
        n += begins(facts->fact[f].key, with) && length >= tail &&
             strcmp(facts->fact[f].key + length - tail, end) == 0;
    }
    return n;
}

/* The five numbers of an answer are those of --cox in its population. */
static void check_answer(const struct program_facts *facts, const char *endpoint,
                         const char *population, const char *model, const char *term)
{
    static const char *const stats[][2] = {{"term=arm hr", "hr"},
                                           {"term=arm conf.low", "conf.low"},
                                           {"term=arm conf.high", "conf.high"},
                                           {"n", "n"},
                                           {"n.event", "n.event"}};
    for (size_t s = 0; s < sizeof stats / sizeof *stats; s++) {
        char *there = program_format("cox endpoint=%s population=%s model=%s %s", endpoint,
                                     population, model, stats[s][0]);
        char *here = program_format("triangulation endpoint=%s model=%s term=%s %s", endpoint,
                                    model, term, stats[s][1]);
        assert_true(program_facts_number(facts, here) == program_facts_number(facts, there));
        free(there);
        free(here);
    }
}

static void every_answer_is_the_one_of_its_own_section(void **state)
{
    (void)state;
    static const char *const endpoint[] = {"pfs", "os"};
    static const struct {
        const char *population, *model, *term;
    } answer[] = {
        {"all", "arm", "naive"},
        {"all", "adjusted", "naive"},
        {"matched", "arm", "matched"},
        {"landmark-6", "arm", "landmark-6"},
        {"landmark-6", "adjusted", "landmark-6"},
        {"landmark-6-matched", "arm", "landmark-6-matched"},
        {"timedep", "arm", "timedep"},
        {"timedep", "adjusted", "timedep"},
        {"ccw-9", "arm", "ccw-9"},
        {"sequential", "arm", "sequential"},
    };
    const size_t n = sizeof answer / sizeof *answer;
    struct program_facts facts = program_facts_of(READ STARTS "--triangulation");
    for (size_t e = 0; e < 2; e++)
        for (size_t a = 0; a < n; a++)
            check_answer(&facts, endpoint[e], answer[a].population, answer[a].model,
                         answer[a].term);
    assert_int_equal(count_facts(&facts, "triangulation ", " hr"), 2 * n);
    assert_int_equal(count_facts(&facts, "triangulation ", " estimand"), 2 * n);
    program_facts_clear(&facts);
}

static void one_flag_is_the_six_it_asks_for(void **state)
{
    (void)state;
    struct program_facts one = program_facts_of(READ STARTS "--triangulation");
    struct program_facts all = program_facts_of(
        READ STARTS
        "--triangulation --cox --psm=nearest --landmark=6 --timedep --ccw=9 --sequential=0.5");
    assert_same_facts(one, all, 0);
    program_facts_clear(&one);
    program_facts_clear(&all);
}

static void what_is_said_of_landmarks_grace_and_weights_is_kept(void **state)
{
    (void)state;
    struct program_facts facts = program_facts_of(
        READ STARTS "--triangulation --landmark=4,8 --ccw=7 --iptw=ato --psm=optimal");
    check_answer(&facts, "pfs", "landmark-4", "adjusted", "landmark-4");
    check_answer(&facts, "pfs", "landmark-8", "adjusted", "landmark-8");
    check_answer(&facts, "pfs", "iptw-ato", "arm", "iptw-ato");
    check_answer(&facts, "pfs", "landmark-8-iptw-ato", "arm", "landmark-8-iptw-ato");
    check_answer(&facts, "pfs", "ccw-7", "arm", "ccw-7");
    assert_int_equal(
        count_facts(&facts, "triangulation endpoint=pfs model=arm term=landmark-6", ""), 0);
    program_facts_clear(&facts);
}

static const char *text_of(const struct program_facts *facts, const char *key)
{
    json_t *value = program_facts_find(facts, key);
    return value == NULL ? "" : json_string_value(value);
}

static void ever_against_never_is_marked_and_the_others_are_not(void **state)
{
    (void)state;
    struct program_facts facts = program_facts_of(READ STARTS "--triangulation --iptw=ato");
    assert_int_equal(count_facts(&facts, "triangulation endpoint=pfs ", " caution"), 4);
    assert_string_equal(
        text_of(&facts, "triangulation endpoint=pfs model=arm term=iptw-ato caution"),
        "Biased reference: not for inference");
    assert_int_equal(count_facts(&facts, "triangulation endpoint=pfs model=arm term=l", " caution"),
                     0);
    assert_string_equal(
        text_of(&facts, "triangulation endpoint=pfs model=arm term=landmark-6 estimand"),
        "all eligible, event-free and followed at 6 months, before progression or death; exposed "
        "by then against not");
    assert_string_equal(text_of(&facts, "triangulation endpoint=pfs model=arm term=ccw-9 estimand"),
                        "563 of 600 subjects (94%); exposure begun within 9 months unless "
                        "progression or death comes first, against none within 9 months");
    assert_string_equal(
        text_of(&facts, "triangulation endpoint=pfs model=arm term=sequential estimand"),
        "those who begin exposure, when they do, among 563 of 600 (94%); begun against none");
    program_facts_clear(&facts);
}

/* Of overall survival the time-dependent rows are no effect of a strategy, and no way that confirms another. */
static void what_each_endpoint_can_rest_on_is_said_of_it(void **state)
{
    (void)state;
    static const char banner[] =
        "Not the effect of a strategy: exposure begins before progression or never";
    struct program_facts facts = program_facts_of(READ STARTS "--triangulation --timedep-weights");
    assert_string_equal(text_of(&facts, "triangulation endpoint=os model=arm term=timedep caution"),
                        banner);
    assert_string_equal(
        text_of(&facts, "triangulation endpoint=os model=adjusted term=timedep caution"), banner);
    assert_string_equal(
        text_of(&facts, "triangulation endpoint=pfs model=adjusted term=timedep caution"), "");
    assert_string_equal(text_of(&facts, "triangulation endpoint=os model=arm term=ccw-9 caution"),
                        "");
    check_answer(&facts, "pfs", "timedep", "weighted", "timedep");
    program_facts_clear(&facts);
    struct program_run run = program_run(READ STARTS "--triangulation --format text");
    assert_says(run.out,
                "pfs: a conclusion that holds in these rows (landmark, time-dependent, "
                "clone, sequential)|os: a conclusion that holds in these rows (landmark, "
                "clone, sequential)|Exposure as a state (not the effect of a strategy)|os goes "
                "on after progression, when exposure can no longer begin.");
    program_clear(&run);
}

static void where_nobody_knows_when_exposure_closes_all_ways_are_cautioned(void **state)
{
    (void)state;
    struct program_run run = program_run(
        "sample_data/cohort.csv --id usubjid --arm arm --control GP+Tis --treated GP+Tis+RT "
        "--endpoint death=os_mo,os_event --covariates age,oligo " STARTS
        "--triangulation --exposure-until death");
    assert_code(run, 0);
    assert_says(run.out, "death: a conclusion that holds in these rows (landmark, time-dependent, "
                         "clone, sequential)");
    program_clear(&run);
    run = program_run("tests/oracle/data/ccw.csv --id id --arm arm --control none --treated rt "
                      "--exposure-start rt_start --endpoint os=os,os_event --covariates age,kps "
                      "--triangulation");
    assert_code(run, 0);
    assert_says(run.out, "os: fewer than two ways of dealing with immortal time|Clones: strategies "
                         "from time zero (caution)|when exposure can no longer begin is not known");
    program_clear(&run);
}

static void trials_without_weights_of_initiation_answer_by_the_adjusted_model(void **state)
{
    (void)state;
    struct program_facts facts = program_facts_of(
        READ STARTS "--triangulation --sequential=2 --sequential-weights=censoring");
    check_answer(&facts, "pfs", "sequential", "adjusted", "sequential");
    assert_int_equal(
        count_facts(&facts, "triangulation endpoint=pfs model=arm term=sequential", ""), 0);
    assert_string_equal(
        text_of(&facts, "triangulation endpoint=pfs model=adjusted term=sequential estimand"),
        "event-free, not exposed before, at each trial, among 563 of 600 (94%); begun against "
        "none; "
        "given covariates");
    program_facts_clear(&facts);
}

static void it_stands_behind_the_landmarks(void **state)
{
    (void)state;
    struct program_run run = program_run(READ STARTS "--triangulation");
    assert_code(run, 0);
    const char *chapter = strstr(run.out, "Landmark at 6");
    const char *table = strstr(run.out, "Answers side by side: pfs");
    assert_non_null(chapter);
    assert_non_null(table);
    assert_true(table > chapter);
    program_clear(&run);
}

/* The study asks for it, the command for something else: then nothing of it runs. */
static void a_command_that_asks_for_less_gets_less(void **state)
{
    (void)state;
    char *folder = program_new_folder();
    char *study = program_write_file(folder, "s.yaml", "triangulation: true\n");
    struct program_facts less = program_facts_of(READ STARTS "--study %s --km", study);
    struct program_facts plain = program_facts_of(READ STARTS "--km");
    assert_same_facts(less, plain, 0);
    program_facts_clear(&less);
    program_facts_clear(&plain);
    struct program_facts whole = program_facts_of(READ STARTS "--study %s", study);
    check_answer(&whole, "os", "ccw-9", "arm", "ccw-9");
    program_facts_clear(&whole);
    program_remove_folder(folder);
    free(study);
}

static void without_a_start_of_exposure_it_is_refused(void **state)
{
    (void)state;
    struct program_run run = program_run(READ "--triangulation");
    assert_code(run, 2);
    assert_says(run.err, "--exposure-start");
    program_clear(&run);
}

static void without_covariates_it_is_refused(void **state)
{
    (void)state;
    struct program_run run =
        program_run("sample_data/cohort.csv --id usubjid --arm arm --control GP+Tis --treated "
                    "GP+Tis+RT --endpoint pfs=pfs_mo,pfs_event " STARTS "--triangulation");
    assert_code(run, 2);
    assert_says(run.err, "--covariates");
    program_clear(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_answer_is_the_one_of_its_own_section),
        cmocka_unit_test(one_flag_is_the_six_it_asks_for),
        cmocka_unit_test(what_is_said_of_landmarks_grace_and_weights_is_kept),
        cmocka_unit_test(ever_against_never_is_marked_and_the_others_are_not),
        cmocka_unit_test(what_each_endpoint_can_rest_on_is_said_of_it),
        cmocka_unit_test(where_nobody_knows_when_exposure_closes_all_ways_are_cautioned),
        cmocka_unit_test(trials_without_weights_of_initiation_answer_by_the_adjusted_model),
        cmocka_unit_test(it_stands_behind_the_landmarks),
        cmocka_unit_test(a_command_that_asks_for_less_gets_less),
        cmocka_unit_test(without_a_start_of_exposure_it_is_refused),
        cmocka_unit_test(without_covariates_it_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
